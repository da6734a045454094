//! Faults in a world: each kind that a device can have reaches it, and none reaches another device's chance.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::bus::{Actuators, Sensors, Sweep};
use icd::time::Span;
use std::sync::Arc;
use truth::environment::Environment;
use truth::environment::landmarks::Catalogue;
use truth::faulty::{Fault, FaultKind, LinkTerm, Moment, known};
use truth::random::Stream;
use truth::vehicle::RadarAltimeter;
use truth::world::{World, WorldConfig};

/// The reference vehicle with every sensor there is.
fn equipped(environment: &Environment, height_m: f64) -> WorldConfig {
    let mut config = config(environment, height_m);
    imperfect(&mut config);
    config.vehicle.camera = Some(camera());
    config.vehicle.gauge = Some(gauge());
    config.vehicle.hazard_lidar = Some(hazard_lidar());
    config.vehicle.radar_altimeter = Some(RadarAltimeter {
        p_BA_B: [0.0, 0.6, 0.0],
        d_B: [0.0, 0.0, -1.0],
        half_angle_rad: 0.35,
        range_m_min: 5.0,
        range_m_max: 10_000.0,
        noise: 0.015,
        sigma_m: 0.3,
        latency_s: 0.1,
        period_s: 0.2,
    });
    let mut stream = Stream::new(1, 0, "landmarks");
    config.landmarks =
        Catalogue::along(&environment.terrain, &config.site, 0.2, || stream.uniform());
    // A star tracker that looks up, so that nothing blinds it.
    let star_tracker = &mut config.vehicle.star_tracker;
    (star_tracker.d_B, star_tracker.usable_under_thrust) = ([0.0, 0.0, 1.0], true);
    (star_tracker.moon_limb_rad_min, star_tracker.sun_rad_min) = (0.0, 0.0);
    config
}

/// Cycles flown.
const CYCLES: usize = 160;

/// What the bus carries and where the lander goes, with all engines at work or none.
fn flown(
    config: &WorldConfig,
    environment: &Arc<Environment>,
    burns: bool,
) -> Vec<(Sensors, [f64; 3])> {
    let mut world = World::new(config, environment.clone(), 42, 7).unwrap();
    let command = |n: usize| {
        move |actuators: &mut Actuators| {
            let ends_B = [[-0.1, 0.0, -1.0], [0.1, 0.0, -1.0]];
            actuators.sweep = Some(Sweep { line: (n % 64) as u8, ends_B });
            actuators.main_open = burns && n % 100 < 60;
            actuators.assist_on_us = [if burns { 45_000 } else { 0 }; 6];
            actuators.jet_on_us = [if burns { 20_000 } else { 0 }; 8];
        }
    };
    let mut one = |n| {
        let mut sensors = cycle(&mut world, n, command(n));
        if let Some(solution) = &mut sensors.star_tracker {
            // A rotation by nothing may still turn the last bits.
            solution.q_IB = solution.q_IB.map(|q| (q * 1e12).round());
        }
        (sensors, world.state().v_MB_I.si().into())
    };
    (0..CYCLES).map(&mut one).collect()
}

/// A fault of every kind, strong enough to show on any device.
fn kinds() -> Vec<FaultKind> {
    let weak = |term| FaultKind::Weak { term, factor: 1e-4 };
    vec![
        FaultKind::NotEnabled,
        FaultKind::Dead,
        FaultKind::Unfit,
        FaultKind::Stuck,
        FaultKind::StuckOn,
        FaultKind::Bias { value: [0.3; 3] },
        FaultKind::Drift { rate: [-0.3; 3] },
        FaultKind::Scale { factor: 0.8 },
        FaultKind::Noise { sigma: 0.3, growth: 0.0 },
        FaultKind::Dropout { probability: 1.0 },
        FaultKind::Outliers { probability: 1.0, sigma: 0.3 },
        FaultKind::Ghost { probability: 1.0, value: 50.0 },
        FaultKind::Latency { latency_s: 0.1 },
        FaultKind::Saturation { limit: 1e-5 },
        FaultKind::TimeTag { offset_s: 0.1 },
        FaultKind::RangeLimit { range_m_max: 300.0 },
        weak(LinkTerm::Surface),
        weak(LinkTerm::Laser),
        weak(LinkTerm::Receiver),
        weak(LinkTerm::Speed),
    ]
}

#[test]
fn every_fault_that_a_device_can_have_shows_on_the_bus_or_in_the_motion() {
    let environment = environment(2);
    // High up for what looks and burns, and a drop from a metre for the switches and the hazard lidar.
    let mut high = equipped(&environment, 900.0);
    high.start = above_site(&high.site, 900.0, 0.05, [10.0, 0.0, -30.0]);
    let low = equipped(&environment, 1.0);
    let flights = [(&high, true), (&low, false)];
    let healthy = flights.map(|(config, burns)| flown(config, &environment, burns));
    assert!(healthy[1].iter().any(|(sensors, _)| sensors.touchdown == [true; 4]), "it lands");
    let mut idle = vec![];
    for (on, names) in known() {
        let place = usize::from(on.starts_with("switch") || on == "hazard_lidar");
        for kind in kinds().into_iter().filter(|kind| names.contains(&kind.name())) {
            let from = Moment::After(Span::from_ms(100));
            let (config, burns) = flights[place];
            let faults = vec![Fault { on: on.clone(), kind, from, until: None }];
            let config = WorldConfig { faults, ..config.clone() };
            if flown(&config, &environment, burns) == healthy[place] {
                idle.push(format!("{on} {}", kind.name()));
            }
        }
    }
    assert!(idle.is_empty(), "without any effect: {idle:?}");
}

#[test]
fn an_inertial_unit_loses_whole_samples_in_the_stated_share() {
    let environment = environment(2);
    let mut config = config(&environment, 20_000.0);
    let (kind, from) = (FaultKind::Dropout { probability: 0.3 }, Moment::After(Span::from_ms(0)));
    config.faults = vec![Fault { on: "imu".to_owned(), kind, from, until: None }];
    config.start.w_IB_B = icd::frames::Vector::new(0.1, 0.2, 0.3);
    let mut world = World::new(&config, environment, 42, 7).unwrap();
    let (count, mut lost) = (2000, 0);
    cycle(&mut world, 0, |_| {});
    for n in 1..=count {
        let imu = cycle(&mut world, n, |actuators| actuators.main_open = true).imu;
        let (still, silent) = (imu.dtheta_B_rad == [0.0; 3], imu.dv_B_m_s == [0.0; 3]);
        assert!(still == silent && silent != imu.healthy, "{n}: {imu:?}");
        lost += usize::from(silent);
    }
    let share = lost as f64 / count as f64;
    assert!((share - 0.3).abs() < 4.0 * (0.21 / count as f64).sqrt(), "{share}");
}

#[test]
fn a_restart_silences_the_rangefinder_for_its_time_and_clears_what_a_restart_clears() {
    let environment = environment(2);
    let at = |ms| Moment::After(Span::from_ms(ms));
    let dead = |until| {
        let (on, kind, from) = ("rangefinder".to_string(), FaultKind::Dead, at(0));
        vec![Fault { on, kind, from, until }]
    };
    let ranges = |faults: Vec<Fault>, restart: Option<usize>| -> Vec<Option<bool>> {
        let config = WorldConfig { faults, ..config(&environment, 3000.0) };
        let mut world = World::new(&config, environment.clone(), 42, 7).unwrap();
        let order = |n| move |a: &mut Actuators| a.restart_rangefinder = restart == Some(n);
        let shot = |n| cycle(&mut world, n, order(n)).rangefinder;
        let valid = |shot: icd::bus::SlantRange| shot.quality == icd::bus::ShotQuality::Valid;
        (0..350).map(shot).map(|shot| shot.map(valid)).collect()
    };
    let plain = ranges(vec![], None);
    assert!(plain.iter().flatten().all(|valid| *valid) && plain[300..].iter().any(Option::is_some));
    // Ordered in cycle 50, off from the next one on for 5 s; then as if nothing had been.
    let restarted = ranges(vec![], Some(50));
    assert_eq!(restarted[..=50], plain[..=50]);
    assert!(restarted[51..300].iter().all(Option::is_none), "{restarted:?}");
    assert_eq!(restarted[300..], plain[300..]);
    let hung = ranges(dead(Some(Moment::Restart)), Some(50));
    assert!(hung[..51].iter().flatten().all(|valid| !valid), "no echo until then");
    assert_eq!(hung[300..], plain[300..], "it is back");
    for (faults, restart) in [(dead(Some(Moment::Restart)), None), (dead(None), Some(50))] {
        let stays = ranges(faults, restart);
        assert!(
            stays.iter().flatten().all(|valid| !valid),
            "nobody restarts it, or it does not help"
        );
    }
}
