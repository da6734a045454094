//! One run as a whole: burns, coasts, landings, sensors and faults against closed forms.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::bus::{Sensors, ShotQuality};
use icd::constants::STANDARD_GRAVITY_M_S2;
use icd::frames::{B, I, Vector};
use icd::rotation::Quaternion;
use icd::time::Span;
use nalgebra::Vector3;
use std::sync::Arc;
use truth::environment::Environment;
use truth::environment::terrain::TerrainConfig;
use truth::faulty::{Fault, FaultError, FaultKind, Moment};
use truth::integrate::propagate_coast;
use truth::world::{End, World, WorldConfig, WorldError};

fn world(config: &WorldConfig, environment: &Arc<Environment>) -> World {
    World::new(config, environment.clone(), 42, 7).unwrap()
}

fn fault(on: &str, kind: FaultKind) -> Fault {
    Fault { on: on.to_owned(), kind, from: Moment::After(Span::from_ms(0)), until: None }
}

#[test]
fn a_burn_in_empty_space_obeys_the_rocket_equation() {
    let environment = environment(2);
    // So far out that the gradient of gravity turns nothing.
    let mut config = config(&environment, 4e8);
    config.start.propellant_kg = 400.0;
    config.start.w_IB_B = Vector::zero();
    let mut world = world(&config, &environment);
    let m0 = world.mass_kg();
    let mut dv_B = Vector3::zeros();
    for n in 0..20_000 {
        dv_B += Vector3::from(cycle(&mut world, n, |a| a.main_open = true).imu.dv_B_m_s);
    }
    dv_B += Vector3::from(world.sense().imu.dv_B_m_s);
    let exhaust_m_s = 320.0 * STANDARD_GRAVITY_M_S2;
    let used_kg = 420.0 / exhaust_m_s * 400.0;
    assert!((m0 - world.mass_kg() - used_kg).abs() < 1e-8);
    let exact = exhaust_m_s * (m0 / (m0 - used_kg)).ln();
    assert!((dv_B.z / exact - 1.0).abs() < 1e-9, "{} against {exact}", dv_B.z);
    assert!(dv_B.xy().norm() < 1e-9);
}

#[test]
fn empty_tanks_give_exactly_their_propellant_and_then_nothing() {
    let environment = environment(2);
    let mut config = config(&environment, 20_000.0);
    config.start.propellant_kg = 0.333;
    config.start.w_IB_B = Vector::zero();
    let mut world = world(&config, &environment);
    let mut dv = 0.0;
    for n in 0..500 {
        dv += cycle(&mut world, n, |a| a.main_open = true).imu.dv_B_m_s[2];
    }
    assert_eq!(world.state().propellant_kg, 0.0);
    assert_eq!(world.view().main_thrust_N, 0.0);
    let exact = 320.0 * STANDARD_GRAVITY_M_S2 * (340.333_f64 / 340.0).ln();
    assert!((dv / exact - 1.0).abs() < 1e-6, "{dv} against {exact}");
}

#[test]
fn pulses_give_the_same_motion_at_any_step() {
    let environment = environment(2);
    let mut finals = vec![];
    for step_ms in [1, 5, 10, 20] {
        let mut config = config(&environment, 20_000.0);
        config.step = Span::from_ms(step_ms);
        config.vehicle.assist.iter_mut().for_each(|engine| {
            engine.lag_s = 0.012;
            (engine.opens_after_s, engine.shuts_after_s) = (0.0063, 0.0063);
        });
        let mut world = world(&config, &environment);
        let mut dv = 0.0;
        for n in 0..500 {
            let on_us = if n < 450 { [37_123; 6] } else { [0; 6] };
            dv += cycle(&mut world, n, |a| a.assist_on_us = on_us).imu.dv_B_m_s[2];
        }
        finals.push((dv, world.state().propellant_kg));
    }
    // 90 frames of six pulses of 37.123 ms.
    let exhaust_m_s = 275.0 * STANDARD_GRAVITY_M_S2;
    let used_kg = 90.0 * 6.0 * 216.0 * 0.037_123 / exhaust_m_s;
    for (dv, left_kg) in finals {
        assert!((60.0 - left_kg - used_kg).abs() < 1e-9 * used_kg, "{left_kg}");
        let exact = exhaust_m_s * (400.0 / (400.0 - used_kg)).ln();
        assert!((dv / exact - 1.0).abs() < 1e-7, "{dv} against {exact}");
    }
}

#[test]
fn the_even_jets_spin_the_lander_up_about_its_axis() {
    let environment = environment(2);
    let mut config = config(&environment, 20_000.0);
    config.start.w_IB_B = Vector::zero();
    let mut world = world(&config, &environment);
    let inertia_before = 150.0 + 60.0 * 0.45 * 0.45;
    for n in 0..50 {
        let even = core::array::from_fn(|k| if k % 2 == 0 { 50_000 } else { 0 });
        cycle(&mut world, n, |a| a.jet_on_us = even);
    }
    // Half of a second of 4 × 20 N at 1.1 m; the inertia loses less than 0.02 kg m² meanwhile.
    let exact = 4.0 * 20.0 * 1.1 * 0.5 / inertia_before;
    let w = world.state().w_IB_B.si();
    assert!((w.z / exact - 1.0).abs() < 2e-4, "{} against {exact}", w.z);
    assert!(w.xy().norm() < 1e-12);
}

#[test]
fn a_tumbling_coast_follows_the_path_of_a_point() {
    let environment = environment(20);
    let mut config = config(&environment, 20_000.0);
    config.vehicle.dry.p_BC_B = [0.0; 3];
    config.vehicle.propellant.p_BC_B_full = [0.0; 3];
    config.vehicle.propellant.p_BC_B_empty = [0.0; 3];
    config.start.v_MB_I = Vector::from_si(config.start.v_MB_I.si() + Vector3::new(9e2, 9e2, 9e2));
    config.start.w_IB_B = Vector::new(0.01, -0.02, 0.015);
    let mut world = world(&config, &environment);
    for n in 0..5000 {
        cycle(&mut world, n, |_| {});
    }
    let (start, state) = (&config.start, world.state());
    let from = (start.p_MB_I, start.v_MB_I);
    let mass_kg = world.mass_kg();
    let exposure_m2_kg = config.vehicle.optics.exposure_m2_kg(mass_kg);
    let end = propagate_coast(&environment, from, (start.t, state.t), exposure_m2_kg).unwrap();
    let (dp, dv) = ((end.0 - state.p_MB_I).norm(), (end.1 - state.v_MB_I).norm());
    assert!(dp < 1e-3 && dv < 2e-5, "{dp} m, {dv} m/s after 100 s");
}

#[test]
fn gravity_refreshed_twice_a_second_stays_close_to_gravity_at_every_step() {
    let environment = environment(50);
    let mut config = config(&environment, 15_000.0);
    let east = Vector3::z().cross(&config.start.p_MB_I.si()).normalize();
    config.start.v_MB_I = Vector::from_si(east * 1600.0);
    let mut ends = vec![];
    for refresh_ms in [5, 500] {
        config.gravity_refresh = Span::from_ms(refresh_ms);
        let mut world = world(&config, &environment);
        for n in 0..10_000 {
            cycle(&mut world, n, |_| {});
        }
        ends.push(*world.state());
    }
    let dp = (ends[0].p_MB_I - ends[1].p_MB_I).norm();
    let dv = (ends[0].v_MB_I - ends[1].v_MB_I).norm();
    println!("200 s at 1.6 km/s, degree 50: {dp:.2e} m, {dv:.2e} m/s");
    assert!(dp < 1e-4 && dv < 2e-6, "{dp} m, {dv} m/s");
}

#[test]
fn a_lander_that_turns_with_the_moon_has_no_velocity_over_ground() {
    let environment = environment(2);
    let world = world(&config(&environment, 100.0), &environment);
    let view = world.view();
    assert!(view.v_LB_L.norm() < 1e-6, "{:?}", view.v_LB_L);
    assert!(view.v_up_m_s.abs() < 1e-6 && view.v_horizontal_m_s < 1e-6);
    assert!((view.p_LB_L.si() - Vector3::new(0.0, 0.0, 100.0)).norm() < 1e-6);
    assert!((view.altitude_m - 99.5).abs() < 1e-6);
    assert!(view.tilt_rad < 1e-7);
}

#[test]
fn the_star_tracker_is_blind_under_thrust_and_between_pulses() {
    let environment = environment(2);
    let mut config = config(&environment, 20_000.0);
    config.start.w_IB_B = Vector::zero();
    let mut world = world(&config, &environment);
    for n in 0..10 {
        cycle(&mut world, n, |_| {});
    }
    let mut solutions = 0;
    for n in 10..100 {
        let seen = cycle(&mut world, n, |a| a.assist_on_us = [20_000; 6]).star_tracker;
        solutions += usize::from(seen.is_some());
    }
    assert_eq!(solutions, 1, "only the one before the first pulse");
    let after = (100..150).filter(|n| cycle(&mut world, *n, |_| {}).star_tracker.is_some());
    assert!(after.count() >= 3);
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
    println!("{landing:?}");
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
    let closed = world.sense().touchdown;
    let (state, landing) = (world.state(), world.landing().unwrap());
    let R_MB = rough().R_IM(state.t).unwrap().inverse() * state.q_IB.rotation();
    let p_MB_M = rough().R_IM(state.t).unwrap().inverse() * state.p_MB_I;
    let terrain = &rough().terrain;
    let feet = world.vehicle().legs.p_BF_B;
    for ((p_BF_B, leg), closed) in feet.iter().zip(&landing.legs).zip(closed) {
        let p_BF_B = Vector3::from(*p_BF_B) + Vector3::z() * leg.stroke_m;
        let p_MF_M = p_MB_M.si() + R_MB.si() * p_BF_B;
        let above_m = terrain.altitude_m(Vector::from_si(p_MF_M));
        // As deep as its hole, to a millimetre of elasticity and 1 % for the slope; or not pressing.
        let off_m = above_m + leg.sunk_m;
        println!("{above_m:.4} m, {leg:?}, {closed}");
        assert!(if closed { off_m.abs() < 2e-3 } else { off_m > -1e-3 }, "{above_m} {leg:?}");
    }
    assert!(closed.iter().filter(|closed| **closed).count() >= 3, "{landing:?}");
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

fn busy(world: &mut World, cycles: usize) -> Vec<Sensors> {
    let command = |n: usize| {
        move |a: &mut icd::bus::Actuators| {
            a.main_open = n % 200 < 100;
            a.assist_on_us = core::array::from_fn(|k| 50_000 + 1000 * ((n / 5 + k) % 30) as u32);
            a.jet_on_us =
                core::array::from_fn(|k| if (n / 5 + k).is_multiple_of(4) { 12_000 } else { 0 });
        }
    };
    (0..cycles).map(|n| cycle(world, n, command(n))).collect()
}

#[test]
fn the_same_seed_repeats_bit_for_bit() {
    let environment = environment(8);
    let mut config = config(&environment, 2000.0);
    imperfect(&mut config);
    let run = |run| {
        let mut world = World::new(&config, environment.clone(), 1, run).unwrap();
        (busy(&mut world, 1000), *world.state())
    };
    let (first, second, other) = (run(1), run(1), run(2));
    assert!(first == second);
    assert!(first.1 != other.1 && first.0[0] != other.0[0]);
}

#[test]
fn a_fault_changes_only_what_it_names() {
    let environment = environment(2);
    let mut config = config(&environment, 2000.0);
    imperfect(&mut config);
    let mut healthy = world(&config, &environment);
    config.faults = vec![
        fault("rangefinder", FaultKind::Bias { value: [30.0, 0.0, 0.0] }),
        fault("velocimeter", FaultKind::Dead),
    ];
    config.faults[0].from = Moment::After(Span::from_ms(2000));
    let mut faulty = world(&config, &environment);
    let (a, b) = (busy(&mut healthy, 500), busy(&mut faulty, 500));
    assert_eq!(healthy.state(), faulty.state());
    let mut biased = 0;
    for (a, b) in a.iter().zip(&b) {
        let mut cleaned = *b;
        cleaned.rangefinder = a.rangefinder;
        cleaned.velocimeter = a.velocimeter;
        assert_eq!(*a, cleaned);
        if let (Some(a), Some(b)) = (a.rangefinder, b.rangefinder) {
            assert_eq!((a.t, a.quality), (b.t, b.quality));
            let late = a.quality == ShotQuality::Valid && (b.t - config.start.t).s() >= 2.0;
            assert_eq!(b.range_m, if late { a.range_m + 30.0 } else { a.range_m });
            biased += usize::from(late);
        }
        assert!(b.velocimeter.is_none_or(|v| v.locked == [false; 3]));
    }
    assert!(biased > 50);
}

#[test]
fn an_engine_fault_shows_in_the_thrust_of_that_engine() {
    let environment = environment(2);
    let thrust = |faults: Vec<Fault>| {
        let mut config = config(&environment, 20_000.0);
        config.faults = faults;
        let mut world = world(&config, &environment);
        cycle(&mut world, 0, |a| {
            a.main_open = true;
            a.assist_on_us = [90_000; 6];
        });
        let view = world.view();
        (view.main_thrust_N, view.assist_thrust_N, view.jets_thrust_N)
    };
    let near = |(a, b, c): (f64, f64, f64), (x, y, z): (f64, f64, f64)| {
        (a - x).abs() + (b - y).abs() + (c - z).abs() < 1e-9
    };
    assert!(near(thrust(vec![]), (420.0, 1296.0, 0.0)));
    assert!(near(thrust(vec![fault("assist.3", FaultKind::Dead)]), (420.0, 1080.0, 0.0)));
    let weak = FaultKind::Scale { factor: 0.9 };
    assert!(near(thrust(vec![fault("main", weak)]), (378.0, 1296.0, 0.0)));
    assert!(near(thrust(vec![fault("jet.5", FaultKind::StuckOn)]), (420.0, 1296.0, 20.0)));
}

#[test]
fn inertial_and_star_tracker_faults_have_the_stated_size_and_sense() {
    let environment = environment(2);
    let mut config = config(&environment, 20_000.0);
    let rotation_B_rad = [1e-3, -2e-3, 3e-3];
    config.faults = vec![
        fault("accelerometers", FaultKind::Bias { value: [0.1, 0.0, -0.2] }),
        fault("gyros", FaultKind::Bias { value: [0.0, 0.01, 0.0] }),
        fault("star_tracker", FaultKind::Bias { value: rotation_B_rad }),
    ];
    let mut world = world(&config, &environment);
    let first = cycle(&mut world, 0, |_| {});
    let q_IB: Quaternion<I, B> = Quaternion::from_si(first.star_tracker.unwrap().q_IB);
    let error = (config.start.q_IB.inverse() * q_IB).log();
    assert!((error - Vector3::from(rotation_B_rad)).norm() < 1e-12);
    let imu = world.sense().imu;
    assert!((imu.dv_B_m_s[0] - 0.002).abs() < 1e-8 && (imu.dv_B_m_s[2] + 0.004).abs() < 1e-8);
    assert!((imu.dtheta_B_rad[1] - 2e-4).abs() < 1e-7);
}

#[test]
fn what_cannot_be_simulated_is_refused_by_name() {
    let environment = environment(2);
    let build = |change: fn(&mut WorldConfig)| {
        let mut config = config(&environment, 100.0);
        change(&mut config);
        World::new(&config, environment.clone(), 1, 1).map(|_| ())
    };
    assert_eq!(build(|_| {}), Ok(()));
    assert!(matches!(
        build(|c| c.step = Span::from_ms(7)),
        Err(WorldError::StepDoesNotDivideCycle { .. })
    ));
    assert!(matches!(
        build(|c| c.start.propellant_kg = 466.0),
        Err(WorldError::PropellantBeyondTanks { .. })
    ));
    assert!(matches!(
        build(|c| c.start.v_MB_I = Vector::new(f64::NAN, 0.0, 0.0)),
        Err(WorldError::StartNotFinite { key: "v_MB_I" })
    ));
    assert!(matches!(
        build(|c| c.start.t = icd::time::Time::from_utc("1950-01-01T00:00:00").unwrap()),
        Err(WorldError::OutsideEphemeris { .. })
    ));
    let typo = build(|c| c.faults = vec![fault("altimeter", FaultKind::Dead)]);
    let Err(WorldError::Fault(FaultError::NoSuchDevice { known, .. })) = typo else {
        panic!("{typo:?}");
    };
    assert!(known.contains("rangefinder") && known.contains("assist.5"));
    let missing = build(|c| {
        c.vehicle.velocimeter = None;
        c.faults = vec![fault("velocimeter", FaultKind::Dead)];
    });
    assert!(matches!(missing, Err(WorldError::Fault(FaultError::NoSuchDevice { .. }))));
}
