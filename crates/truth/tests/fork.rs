//! A world that is cloned goes on as its parent; with another key every noise in it, and nothing else, is other.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::time::Span;
use truth::faulty::{Fault, FaultKind, Moment, known};
use truth::vehicle::RadarAltimeter;
use truth::world::World;

/// Every device there is, each with a fault that draws.
fn world() -> World {
    let environment = environment(2);
    let mut config = config(&environment, 2_000.0);
    imperfect(&mut config);
    config.vehicle.hazard_lidar = Some(hazard_lidar());
    config.vehicle.camera = Some(camera());
    config.vehicle.gauge = Some(gauge());
    config.vehicle.radar_altimeter = Some(RadarAltimeter {
        p_BA_B: [0.0, 0.6, 0.0],
        d_B: [0.0, 0.0, -1.0],
        half_angle_rad: 0.3,
        range_m_min: 1.0,
        range_m_max: 5_000.0,
        noise: 0.003,
        sigma_m: 0.3,
        latency_s: 0.1,
        period_s: 0.2,
    });
    let from = Moment::After(Span::from_ms(0));
    let kind = FaultKind::Dropout { probability: 0.5 };
    let on = known().into_iter().filter(|(_, kinds)| kinds.contains(&kind.name()));
    config.faults = on.map(|(on, _)| Fault { on, kind, from, until: None }).collect();
    assert!(config.faults.len() > 20, "{}", config.faults.len());
    World::new(&config, environment, 42, 7).unwrap()
}

/// Every number that noise is drawn from, with the path of its field, as the state prints itself: a device that
/// is added later is among them.
fn streams(world: &World) -> Vec<(String, String)> {
    let text = format!("{world:#?}");
    let mut path: Vec<&str> = Vec::new();
    let mut out = Vec::new();
    for line in text.lines() {
        let field = line.trim_start();
        path.truncate((line.len() - field.len()) / 4);
        let (name, value) = field.split_once(": ").unwrap_or((field, ""));
        let of = |kind| path.last().is_some_and(|parent| parent.ends_with(kind));
        if (name == "state" && of("Stream {")) || (name == "key" && of("Armed {")) {
            out.push((path.join(" "), value.to_owned()));
        }
        path.push(field);
    }
    out
}

/// The paths of streams that are the same in both.
fn not_rekeyed(a: &World, b: &World) -> Vec<String> {
    let pairs = streams(a).into_iter().zip(streams(b));
    pairs.filter(|((_, x), (_, y))| x == y).map(|((path, _), _)| path).collect()
}

fn flown(mut world: World, cycles: usize) -> World {
    for n in 0..cycles {
        cycle(&mut world, n, |a| {
            a.main_open = true;
            a.assist_on_us = [50_000; 6];
        });
    }
    world
}

#[test]
fn a_clone_flies_the_same_bits() {
    let parent = flown(world(), 300);
    let (a, b) = (flown(parent.clone(), 200), flown(parent, 200));
    assert_eq!(streams(&a), streams(&b));
    assert_eq!(a.view(), b.view());
}

#[test]
fn another_key_changes_every_stream_of_noise_and_nothing_that_is_drawn() {
    let parent = flown(world(), 300);
    let mut fork = parent.clone();
    // Without another key every stream is found to be the same: the check can fail.
    let all = not_rekeyed(&parent, &fork);
    assert!(all.len() > 30, "{all:?}");
    fork.rekey(5);
    assert_eq!(not_rekeyed(&parent, &fork), Vec::<String>::new());
    assert_eq!(parent.view(), fork.view());
    let mut again = parent.clone();
    again.rekey(5);
    assert_eq!(streams(&again), streams(&fork));
}

#[test]
fn forks_with_other_keys_part() {
    let parent = flown(world(), 300);
    let fork = |key| {
        let mut fork = parent.clone();
        fork.rekey(key);
        let sensed = fork.sense();
        (sensed.imu, flown(fork, 50))
    };
    let ((imu_1, one), (imu_2, two), (imu_3, three)) = (fork(1), fork(2), fork(1));
    assert!(imu_1 != imu_2 && imu_1 == imu_3);
    // Valves that open by chance.
    assert_ne!(one.view().v_up_m_s, two.view().v_up_m_s);
    assert_eq!(one.view(), three.view());
}
