//! Landings as a whole: drops on a smooth Moon and on relief, to rest, on the side, to pieces.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::bus::Sensors;
use icd::frames::Vector;
use nalgebra::Vector3;
use std::sync::Arc;
use truth::environment::Environment;
use truth::environment::terrain::TerrainConfig;
use truth::world::{End, World, WorldConfig};

fn world(config: &WorldConfig, environment: &Arc<Environment>) -> World {
    World::new(config, environment.clone(), 42, 7).unwrap()
}

/// Drops the lander; returns the world at its end and the last sample.
fn drop_from(height_m: f64, tilt_rad: f64, v_LB_L: [f64; 3]) -> (World, Sensors) {
    let environment = environment(2);
    let mut config = config(&environment, height_m);
    config.start = above_site(&config.site, height_m, tilt_rad, v_LB_L);
    let mut world = world(&config, &environment);
    for n in 0..3000 {
        cycle(&mut world, n, |_| {});
        if world.ended().is_some() {
            break;
        }
    }
    let sensors = world.sense();
    (world, sensors)
}

#[test]
fn a_soft_drop_comes_to_rest() {
    let (mut world, sensors) = drop_from(1.5, 0.05, [0.3, -0.2, 0.0]);
    assert_eq!(world.ended(), Some(End::AtRest));
    assert_eq!(sensors.touchdown, [true; 4]);
    let touchdown = world.touchdown().unwrap();
    assert!((touchdown.v_horizontal_m_s - 0.13_f64.sqrt()).abs() < 1e-3);
    assert!((touchdown.tilt_rad - 0.05).abs() < 1e-4);
    let view = world.view();
    // What has sunk does not come back: a lander that came leaning may stay leaning.
    assert!(view.tilt_rad < 0.06 && view.v_LB_L.norm() < 1e-3, "{view:?}");
    let landing = world.landing().unwrap();
    // The feet stand as deep as the landing pressed them: a few centimetres of soil, no honeycomb.
    let deepest_m = landing.legs.iter().fold(0.0, |most: f64, leg| most.max(leg.sunk_m));
    assert!((0.01..0.06).contains(&deepest_m), "{landing:?}");
    assert!((view.altitude_m + deepest_m).abs() < 1e-2, "{} {deepest_m}", view.altitude_m);
    assert!(!landing.hull_broken && landing.hull_load_N_max == 0.0, "{landing:?}");
    // Polygon of feet 0.92 m out, centre of mass 1.4 m up, less what the lean and the slope take.
    assert!((0.5..0.6).contains(&landing.stability.angle_rad), "{landing:?}");
    assert!(view.p_LB_L.x() > 0.0 && view.p_LB_L.x() < 1.0);
    // Friction holds: no creep in the next 20 s.
    for n in 0..1000 {
        cycle(&mut world, n, |_| {});
    }
    let later = world.view();
    let crept_m = (later.p_LB_L - view.p_LB_L).norm();
    assert!(crept_m < 2e-4 && later.v_LB_L.norm() < 5e-6, "{crept_m} m, {later:?}");
    assert_eq!(world.ended(), Some(End::AtRest));
}

#[test]
fn contact_speed_is_that_of_free_fall() {
    let (world, _) = drop_from(2.5, 0.0, [0.0; 3]);
    let touchdown = world.touchdown().unwrap();
    let environment = environment(2);
    let config = config(&environment, 1.5);
    let start = &config.start;
    let g = environment.acceleration_I(start.p_MB_I, start.t, 0.0).unwrap().si();
    let w = environment.orientation.w_IM_I(start.t).unwrap().si();
    let centrifugal = w.cross(&w.cross(&start.p_MB_I.si()));
    let g_m_s2 = (centrifugal - g).dot(&start.p_MB_I.si().normalize());
    // The feet fall 2 m, less what the slope lifts towards the first of them; contact is found to
    // one substep of 1 ms, which is 1.6 mm/s.
    let nearest_m = 2.0 - 1.3 * touchdown.slope_rad.tan();
    let (least, most) = ((2.0 * g_m_s2 * nearest_m).sqrt(), (2.0 * g_m_s2 * 2.0).sqrt());
    let speed_m_s = -touchdown.v_up_m_s;
    assert!((least - 2e-3..most + 1e-4).contains(&speed_m_s), "{least} {speed_m_s} {most}");
    assert!(most - least < 0.05, "a gentle slope, {} rad", touchdown.slope_rad);
    assert!(touchdown.miss_m < 1e-3);
}

#[test]
fn the_inertial_unit_at_rest_on_the_ground_reads_gravity_and_the_moons_rate() {
    let (mut world, _) = drop_from(0.7, 0.0, [0.0; 3]);
    assert_eq!(world.ended(), Some(End::AtRest));
    let environment = environment(2);
    let (mut dv_B, mut dtheta_B) = (Vector3::zeros(), Vector3::zeros());
    for n in 0..1000 {
        cycle(&mut world, n, |_| {});
    }
    for n in 0..500 {
        cycle(&mut world, n, |_| {});
        let imu = world.sense().imu;
        assert!(imu.healthy && !imu.saturated);
        dv_B += Vector3::from(imu.dv_B_m_s) / 10.0;
        dtheta_B += Vector3::from(imu.dtheta_B_rad) / 10.0;
    }
    let state = world.state();
    let g = environment.acceleration_I(state.p_MB_I, state.t, 0.0).unwrap().si();
    let w = environment.orientation.w_IM_I(state.t).unwrap().si();
    let felt_I = w.cross(&w.cross(&state.p_MB_I.si())) - g;
    let felt_B = state.q_IB.inverse().rotation().si() * felt_I;
    assert!((dv_B - felt_B).norm() < 2e-5, "{dv_B} against {felt_B}");
    let rate_B = state.q_IB.inverse().rotation().si() * w;
    assert!((dtheta_B - rate_B).norm() < 2e-8, "{dtheta_B} against {rate_B}");
}

#[test]
fn a_fast_contact_is_an_impact_and_ends_the_motion() {
    let (mut world, _) = drop_from(1000.0, 0.0, [20.0, 0.0, -60.0]);
    assert_eq!(world.ended(), Some(End::Impact));
    let touchdown = *world.touchdown().unwrap();
    let exact = -(60.0_f64 * 60.0 + 2.0 * 1.624 * 999.5).sqrt();
    assert!((touchdown.v_up_m_s - exact).abs() < 0.2, "{} {exact}", touchdown.v_up_m_s);
    let before = *world.state();
    cycle(&mut world, 0, |a| a.main_open = true);
    assert_eq!(before, *world.state());
}

#[test]
fn a_lander_upside_down_does_not_stand_on_its_head() {
    let (world, _) = drop_from(3.0, 3.1, [0.0; 3]);
    assert_eq!(world.ended(), Some(End::TippedOver));
    let landing = world.landing().unwrap();
    assert!(landing.hull_load_N_max > 0.0 && !landing.hull_broken, "{landing:?}");
    assert!(landing.legs.iter().all(|leg| leg.load_N_max == 0.0), "{landing:?}");
    assert!(landing.stability.angle_rad < 0.0, "{landing:?}");
}

#[test]
fn a_fast_sideways_contact_tips_the_lander_over() {
    let environment = environment(2);
    let mut config = config(&environment, 0.7);
    config.vehicle.legs.friction = 2.0;
    config.start = above_site(&config.site, 0.7, 0.0, [4.0, 0.0, -1.0]);
    let mut world = world(&config, &environment);
    for n in 0..1500 {
        cycle(&mut world, n, |_| {});
    }
    assert_eq!(world.ended(), Some(End::TippedOver));
}

fn rough() -> Arc<Environment> {
    let rough =
        TerrainConfig { seed: 5, age_gyr: 3.5, rock_abundance: 0.01, relief: true, tiles: vec![] };
    Arc::new(Environment::new(2, &rough).unwrap())
}

/// Comes down at `v_m_s` on the ground of Mare Frigoris, relief and all.
fn land_at(v_m_s: f64) -> World {
    let environment = rough();
    let mut config = config(&environment, 2.5);
    config.start = above_site(&config.site, 2.5, 0.0, [0.3, 0.1, -v_m_s]);
    let mut world = world(&config, &environment);
    for n in 0..3000 {
        cycle(&mut world, n, |_| {});
        if world.ended().is_some() {
            break;
        }
    }
    world
}

#[test]
fn each_foot_stands_on_the_ground_under_it() {
    let mut world = land_at(0.5);
    assert_eq!(world.ended(), Some(End::AtRest));
    // Slower than what counts as rest it may still sway on a diagonal, milliradians to either side.
    for n in 0..1500 {
        cycle(&mut world, n, |_| {});
    }
    assert!(world.state().w_IB_B.norm() < 1e-5, "it stands still");
    let closed = world.sense().touchdown;
    let (state, landing) = (world.state(), world.landing().unwrap());
    let R_MB = rough().R_IM(state.t).unwrap().inverse() * state.q_IB.rotation();
    let p_MB_M = rough().R_IM(state.t).unwrap().inverse() * state.p_MB_I;
    let terrain = &rough().terrain;
    let feet = world.vehicle().legs.p_BF_B;
    let mut standing = 0;
    for ((p_BF_B, leg), closed) in feet.iter().zip(&landing.legs).zip(closed) {
        let p_BF_B = Vector3::from(*p_BF_B) + Vector3::z() * leg.stroke_m;
        let p_MF_M = p_MB_M.si() + R_MB.si() * p_BF_B;
        let above_m = terrain.altitude_m(Vector::from_si(p_MF_M));
        // As deep as its hole, to a millimetre of elasticity and 1 % for the slope; or not pressing.
        let off_m = above_m + leg.sunk_m;
        assert!(if closed { off_m.abs() < 2e-3 } else { off_m > -1e-3 }, "{above_m} {leg:?}");
        standing += usize::from(leg.sunk_m > 0.0 && off_m.abs() < 2e-3);
    }
    // The fourth may hang in the air; a diagonal carries nearly all, and the third hardly presses.
    assert!(standing >= 3, "{landing:?}");
    assert!(landing.stability.angle_rad > 0.3, "{landing:?}");
}

#[test]
fn three_metres_a_second_crush_honeycomb_and_seven_break_legs() {
    let worst = |world: &World| {
        let legs = world.landing().unwrap().legs;
        let broken = legs.iter().filter(|leg| leg.broken).count();
        (legs.iter().fold(0.0, |most: f64, leg| most.max(leg.stroke_share)), broken)
    };
    let (mut shares, mut ends) = (vec![], vec![]);
    for v_m_s in [0.5, 2.2, 2.8, 4.0, 6.0, 7.0, 20.0] {
        let world = land_at(v_m_s);
        let speed_m_s = -world.touchdown().unwrap().v_up_m_s;
        let (share, broken) = worst(&world);
        println!(
            "{speed_m_s:.2} m/s: {share:.2} of the stroke, {broken} broken, {:?}",
            world.ended()
        );
        shares.push((share, broken));
        ends.push(world.ended());
    }
    assert!(shares.windows(2).all(|pair| pair[0].0 <= pair[1].0 || pair[1].1 > 0), "{shares:?}");
    assert!(shares[2].0 < 1.0 && shares[2].1 == 0, "3.6 m/s leave stroke: {shares:?}");
    assert!(shares[5].1 > 0, "7 m/s break legs: {shares:?}");
    assert_eq!(ends[0], Some(End::AtRest));
    assert_eq!(ends[6], Some(End::Impact));
}
