//! Beams and antennas on a flying lander: what they meet, how far they reach, what dust does to them.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::bus::ShotQuality;
use icd::frames::Vector;
use nalgebra::Vector3;
use std::sync::Arc;
use truth::environment::Environment;
use truth::vehicle::RadarAltimeter;
use truth::world::{World, WorldConfig};

fn world(config: &WorldConfig, environment: &Arc<Environment>) -> World {
    World::new(config, environment.clone(), 42, 7).unwrap()
}

#[test]
fn a_tilted_beam_ends_on_the_ground() {
    let environment = environment(2);
    for (height_m, tilt_deg) in [(50.0, 0.0), (1200.0, 20.0), (5000.0, -35.0)] {
        let mut config = config(&environment, height_m);
        let tilt_rad = f64::to_radians(tilt_deg);
        let site = config.site;
        config.start = above_site(&site, height_m, tilt_rad, [0.0; 3]);
        let mut world = world(&config, &environment);
        let result = world.sense().rangefinder.unwrap();
        assert_eq!(result.quality, ShotQuality::Valid);
        // Turned about y by the tilt, the beam −z points along (−sin, 0, −cos).
        let (range_m, (sin, cos)) = (f64::from(result.range_m), tilt_rad.sin_cos());
        let end_L = Vector::new(-range_m * sin, 0.0, height_m - range_m * cos);
        let above_m = environment.terrain.altitude_m(site.p_MA_M(end_L));
        assert!(above_m.abs() < 0.05, "{tilt_deg}°: the beam ends {above_m} m above ground");
        assert!((world.view().tilt_rad - tilt_rad.abs()).abs() < 1e-7);
        assert!((world.exact_range_m(1e4).unwrap() - range_m).abs() < 1e-3);
    }
}

#[test]
fn ground_out_of_range_is_silent_near_and_far() {
    let environment = environment(2);
    for height_m in [8100.0, 15_000.0, 60_000.0] {
        let config = config(&environment, height_m);
        let shot = world(&config, &environment).sense().rangefinder;
        assert_eq!(shot.map(|shot| shot.quality), Some(ShotQuality::NoReturn), "{height_m}");
    }
}

const RADAR: RadarAltimeter = RadarAltimeter {
    p_BA_B: [0.0; 3],
    d_B: [0.0, 0.0, -1.0],
    half_angle_rad: 0.35,
    range_m_min: 5.0,
    range_m_max: 1e4,
    noise: 0.0,
    sigma_m: 0.0,
    latency_s: 0.0,
    period_s: 0.1,
};

#[test]
fn the_radar_reads_the_height_over_smooth_ground_whatever_the_tilt() {
    let environment = environment(2);
    for (height_m, tilt_deg) in [(50.0, 0.0), (1200.0, 15.0), (5000.0, -15.0)] {
        let mut config = config(&environment, height_m);
        config.start = above_site(&config.site, height_m, f64::to_radians(tilt_deg), [0.0; 3]);
        config.vehicle.radar_altimeter = Some(RADAR);
        let result = world(&config, &environment).sense().radar_altimeter.unwrap();
        assert_eq!(result.quality, ShotQuality::Valid);
        // The measured ground at the site slopes by less than 1°, and 0.02 % is cos 1°.
        let ratio = f64::from(result.range_m) / height_m;
        assert!(ratio > 0.9995 && ratio < 1.000_05, "{height_m} m, {tilt_deg}°: {ratio}");
    }
    let mut config = config(&environment, 4000.0);
    assert_eq!(world(&config, &environment).sense().radar_altimeter, None);
    config.vehicle.radar_altimeter = Some(RadarAltimeter { range_m_max: 3000.0, ..RADAR });
    let silent = world(&config, &environment).sense().radar_altimeter;
    assert_eq!(silent.map(|shot| shot.quality), Some(ShotQuality::NoReturn));
}

#[test]
fn dust_under_the_engines_blinds_the_beams_near_the_ground_and_goes_with_them() {
    let environment = environment(2);
    let mut config = config(&environment, 3.0);
    config.vehicle.rangefinder.pulse_energy_J = 1e-6;
    let mut world = world(&config, &environment);
    let mut locked = vec![];
    for n in 0..50 {
        // Half a second of full thrust lifts the lander a little, then half a second without.
        let sensors = cycle(&mut world, n, |actuators| {
            actuators.main_open = n < 25;
            actuators.assist_on_us = [if n < 25 { 100_000 } else { 0 }; 6];
        });
        if let (Some(shot), Some(beams)) = (sensors.rangefinder, sensors.velocimeter) {
            locked.push((n, shot.quality == ShotQuality::Valid, beams.locked == [true; 3]));
        }
    }
    let seen = |n| locked.iter().find(|(at, ..)| *at == n).map(|(_, shot, beams)| (*shot, *beams));
    assert_eq!(seen(0), Some((true, true)));
    assert_eq!(seen(20), Some((false, false)), "{locked:?}");
    assert_eq!(seen(45), Some((true, true)), "{locked:?}");
}

#[test]
fn beams_measure_the_velocity_over_the_turning_ground() {
    let environment = environment(2);
    let mut config = config(&environment, 500.0);
    let v_LB_L = [3.0, -2.0, -10.0];
    config.start = above_site(&config.site, 500.0, 0.0, v_LB_L);
    let beams = world(&config, &environment).sense().velocimeter.unwrap();
    assert_eq!(beams.locked, [true; 3]);
    let spec = config.vehicle.velocimeter.unwrap();
    for (speed, d_B) in beams.speed_m_s.iter().zip(spec.d_B) {
        let exact = Vector3::from(d_B).dot(&Vector3::from(v_LB_L));
        assert!((f64::from(*speed) - exact).abs() < 1e-5, "{speed} against {exact}");
    }
}
