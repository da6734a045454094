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
use truth::faulty::{Fault, FaultError, FaultKind, Moment};
use truth::integrate::propagate_coast;
use truth::world::{World, WorldConfig, WorldError};

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
fn a_pair_of_jets_turns_the_lander_by_the_same_angle_at_any_step() {
    // Forces that cancel to the last bit; an answer after 30 ms must not lose the moment of the pulse.
    let environment = environment(2);
    let mut turns = vec![];
    for step_ms in [1, 20] {
        let mut config = config(&environment, 4e8);
        config.step = Span::from_ms(step_ms);
        config.start.w_IB_B = Vector::zero();
        let jets = &mut config.vehicle.jets;
        (jets[0].p_BA_B, jets[0].d_B) = ([1.0, 0.0, 1.0], [0.0, 1.0, 0.0]);
        (jets[1].p_BA_B, jets[1].d_B) = ([-1.0, 0.0, 1.0], [0.0, -1.0, 0.0]);
        let q_IB = config.start.q_IB;
        let mut world = world(&config, &environment);
        for n in 0..10 {
            cycle(&mut world, n, |a| (a.jet_on_us[0], a.jet_on_us[1]) = (12_000, 12_000));
        }
        turns.push((q_IB.inverse() * world.state().q_IB).log().z);
    }
    assert!((turns[1] / turns[0] - 1.0).abs() < 1e-6 && turns[0] > 1e-4, "{turns:?}");
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
