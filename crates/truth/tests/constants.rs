//! What is drawn once a run: the list of it and the draws themselves say the same.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::bus::{Sensors, Sweep};
use std::sync::Arc;
use truth::environment::Environment;
use truth::random::{Given, Key, Stream};
use truth::world::constants::{Constant, constants};
use truth::world::{World, WorldConfig};

const SEED: (u64, u64) = (11, 3);
/// Cycles flown: the gauge's first reading is in them, with every engine at work.
const CYCLES: usize = 60;

/// A vehicle that carries every device that has constants, all of which spread.
fn varied(environment: &Environment) -> WorldConfig {
    let mut config = config(environment, 100.0);
    imperfect(&mut config);
    let vehicle = &mut config.vehicle;
    vehicle.imu.gyro_scale_sigma = 1e-4;
    vehicle.imu.accelerometer_scale_sigma = 1e-4;
    vehicle.imu.gyro_g_sensitivity_sigma_rad_s_m = 1e-5;
    (vehicle.imu.dtheta_quantum_rad, vehicle.imu.dv_quantum_m_s) = (0.0, 0.0);
    vehicle.star_tracker.rate_rad_s_max = 1.0;
    vehicle.hazard_lidar = Some(hazard_lidar());
    vehicle.gauge = Some(gauge());
    let velocimeter = vehicle.velocimeter.as_mut().unwrap();
    (velocimeter.bias_sigma_m_s, velocimeter.scale_sigma) = (0.05, 1e-3);
    config.start.w_IB_B = icd::frames::Vector::new(0.02, 0.03, 0.05);
    config.start.v_MB_I += icd::frames::Vector::new(3.0, 4.0, 5.0);
    config
}

/// Everything that the world shows in a flight with every engine at work.
fn shown(config: &WorldConfig, environment: &Arc<Environment>, given: &[Given]) -> Vec<Sensors> {
    let key = Key::new(SEED.0, SEED.1, given);
    let mut world = World::with_constants(config, environment.clone(), key).unwrap();
    let sweep = Sweep { line: 1, ends_B: [[-0.3, 0.0, -0.954], [0.3, 0.0, -0.954]] };
    let one = |n| {
        cycle(&mut world, n, |actuators| {
            actuators.main_open = n > 5;
            actuators.assist_on_us = [30_000; 6];
            // Not all alike, or what two jets differ by could be hidden behind a third.
            actuators.jet_on_us = std::array::from_fn(|n| 10_000 + 3_000 * n as u32);
            actuators.sweep = Some(sweep);
        })
    };
    (0..CYCLES).map(one).collect()
}

/// The numbers that the streams themselves would give, each component's with one more than are listed.
fn own(list: &[Constant]) -> Vec<Given> {
    let mut out: Vec<Given> = Vec::new();
    for constant in list {
        if out.last().is_none_or(|given| given.component != constant.component) {
            let mut stream = Stream::new(SEED.0, SEED.1, &constant.component);
            let count = list.iter().filter(|other| other.component == constant.component).count();
            let normals = (0..=count).map(|_| stream.normal()).collect();
            out.push(Given { component: constant.component.clone(), normals });
        }
    }
    out
}

#[test]
fn giving_what_would_be_drawn_changes_no_bit() {
    let environment = environment(2);
    let config = varied(&environment);
    let given = own(&constants(&config.vehicle, &config.dispersions));
    assert_eq!(shown(&config, &environment, &given), shown(&config, &environment, &[]));
}

#[test]
fn every_constant_of_the_list_is_one_that_counts_and_no_other_is_drawn() {
    let environment = environment(2);
    let config = varied(&environment);
    let list = constants(&config.vehicle, &config.dispersions);
    // Mass 4, engines 15 × 4, inertial unit 12 + 21, star tracker 3, velocimeter 6, lidar 4, gauge 1.
    assert_eq!(list.len(), 4 + 60 + 33 + 3 + 6 + 4 + 1);
    let given = own(&list);
    let plain = shown(&config, &environment, &given);
    let moved = |component: &str, nth: usize| {
        let mut given = given.clone();
        let own = given.iter_mut().find(|given| given.component == component).unwrap();
        own.normals[nth] += 1.0;
        shown(&config, &environment, &given) != plain
    };
    for constant in &list {
        assert!(moved(&constant.component, constant.nth), "{}", constant.name);
    }
    for given in &given {
        assert!(!moved(&given.component, given.normals.len() - 1), "{}", given.component);
    }
}

#[test]
fn a_constant_is_as_large_as_its_name_and_unit_say() {
    let environment = environment(2);
    let config = varied(&environment);
    let list = constants(&config.vehicle, &config.dispersions);
    let built = |name: &str, deviate: f64| {
        let constant = list.iter().find(|constant| constant.name == name).unwrap();
        let zeros = |constant: &Constant| Given {
            component: constant.component.clone(),
            normals: vec![0.0; 40],
        };
        let mut given: Vec<Given> = list.iter().map(zeros).collect();
        given.dedup();
        let own = given.iter_mut().find(|given| given.component == constant.component).unwrap();
        own.normals[constant.nth] = deviate;
        let key = Key::new(SEED.0, SEED.1, &given);
        let world = World::with_constants(&config, environment.clone(), key).unwrap();
        (world, deviate * constant.sigma)
    };
    let (mut heavy, kg) = built("dry_mass_kg", 2.0);
    assert!((heavy.mass_kg() - built("dry_mass_kg", 0.0).0.mass_kg() - kg).abs() < 1e-9);
    assert_eq!(kg, 4.0);
    let (shifted, m) = built("centre_of_mass_y_m", -1.0);
    let moved_m = shifted.vehicle().dry.p_BC_B[1] - config.vehicle.dry.p_BC_B[1];
    assert!((moved_m - m).abs() < 1e-15);
    let (mut strong, percent) = built("main.thrust_percent", 3.0);
    for world in [&mut heavy, &mut strong] {
        cycle(world, 0, |actuators| actuators.main_open = true);
        cycle(world, 1, |actuators| actuators.main_open = true);
    }
    let more = strong.thrust().main_N / heavy.thrust().main_N - 1.0;
    assert!((100.0 * more - percent).abs() < 1e-9, "{more} {percent}");
    let difference = |name: &str, read: &dyn Fn(&Sensors) -> f64| {
        let [(mut plain, _), (mut off, amount)] = [0.0, 1.5].map(|deviate| built(name, deviate));
        let second = |world: &mut World| {
            cycle(world, 0, |_| {});
            cycle(world, 1, |_| {})
        };
        (read(&second(&mut off)) - read(&second(&mut plain)), amount)
    };
    let per_hour = 50.0 * 3600.0_f64.to_degrees();
    let (turned, deg_h) = difference("gyros.bias_y_deg_h", &|s| s.imu.dtheta_B_rad[1] * per_hour);
    assert!((turned - deg_h).abs() < 1e-6 * deg_h, "{turned} {deg_h}");
    let in_ug = 50.0 * 1e6 / icd::constants::STANDARD_GRAVITY_M_S2;
    let read = |s: &Sensors| s.imu.dv_B_m_s[2] * in_ug;
    let (pushed, ug) = difference("accelerometers.bias_z_ug", &read);
    assert!((pushed - ug).abs() < 1e-6 * ug, "{pushed} {ug}");
    // Turning about z is felt by the gyro about x: row x, column z.
    let (leaked, deg) =
        difference("gyros.misalignment_xz_deg", &|s| s.imu.dtheta_B_rad[0].to_degrees() * 50.0);
    assert!((leaked - 0.05 * deg).abs() < 1e-4 * deg, "{leaked} {deg}");
}
