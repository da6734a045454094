//! What one second of flight costs: 50 steps of 20 ms, without and with the sensors.
#![allow(missing_docs)]

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use fixture::{config, environment, imperfect, tanks};
use icd::constants::MOON_RADIUS_M;
use icd::frames::Vector;
use icd::time::Span;
use nalgebra::Vector3;
use std::hint::black_box;
use truth::environment::terrain::{Terrain, TerrainConfig};
use truth::sensors::link::{Health, Surface, Target};
use truth::sensors::radar_altimeter::nearest_m;
use truth::sensors::rangefinder::Rangefinder;
use truth::world::World;

fn busy_world(height_m: f64) -> World {
    let environment = environment(20);
    let mut config = config(&environment, height_m);
    imperfect(&mut config);
    config.start.propellant_kg = 400.0;
    config.step = icd::bus::CYCLE;
    config.vehicle.tanks = Some(tanks());
    config.vehicle.assist.iter_mut().for_each(|engine| {
        engine.lag_s = 0.01;
        (engine.opens_after_s, engine.shuts_after_s) = (0.006, 0.006);
    });
    World::new(&config, environment, 1, 1).expect("the fixture is sound")
}

fn command(n: usize, t: icd::time::Time) -> icd::bus::Actuators {
    icd::bus::Actuators {
        t,
        new_frame: n.is_multiple_of(5),
        main_open: true,
        assist_on_us: [61_234; 6],
        jet_on_us: [41_000; 8],
        sweep: None,
        restart_rangefinder: false,
        reboot: None,
    }
}

/// Each sample flies one second (50 steps of 20 ms) from a copy of the same world.
fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("one second, every thruster pulsing");
    for (name, height_m, sensors) in [
        ("motion alone, 20 km up", 20_000.0, false),
        ("with sensors, 20 km up", 20_000.0, true),
        ("with sensors, rangefinder and beams in range", 1000.0, true),
    ] {
        let world = busy_world(height_m);
        group.bench_function(name, |b| {
            let fly = |mut world: World| {
                for n in 0..50 {
                    if sensors {
                        black_box(world.sense());
                    }
                    world.step(&command(n, world.state().t));
                }
                world
            };
            b.iter_batched(|| world.clone(), fly, BatchSize::SmallInput);
        });
    }
    group.finish();
}

/// What one sample costs beyond its ray (rangefinder), and with its look at the ground (radar).
fn samples(c: &mut Criterion) {
    let environment = environment(2);
    let spec = truth::vehicle::Rangefinder {
        period_s: 0.001,
        ..config(&environment, 1e3).vehicle.rangefinder
    };
    let surface = Surface { normal_albedo: 0.25, lommel_seeliger: 0.95 };
    let target = Target {
        range_m: 7000.0,
        cos_incidence: 0.4,
        surface,
        closing_m_s: 80.0,
        transmission: 1.0,
    };
    let mut group = c.benchmark_group("one sample");
    group.bench_function("rangefinder shot beyond its ray", |b| {
        let mut t = fixture::epoch();
        let mut unit = Rangefinder::new(&spec, t, (1, 1));
        b.iter(|| {
            t += Span::from_ms(20);
            unit.sense(t, &Health::HEALTHY, || Some(black_box(target)))
        });
    });
    let rough =
        TerrainConfig { seed: 1, age_gyr: 3.5, rock_abundance: 0.01, relief: true, tiles: vec![] };
    let terrain = Terrain::new(&rough).expect("the age is sound");
    for height_m in [50.0, 1000.0, 8000.0] {
        let up = Vector3::new(0.1, 0.3, 0.8).normalize();
        let antenna = up * (MOON_RADIUS_M - 2000.0 + height_m);
        let above_m = terrain.altitude_m(Vector::from_si(antenna));
        let antenna = antenna + up * (height_m - above_m);
        group.bench_function(format!("radar altimeter {height_m} m up"), |b| {
            b.iter(|| {
                nearest_m(-up, up, 0.35, |offset, resolution_m| {
                    let p = Vector::from_si(antenna + offset);
                    p.norm() - MOON_RADIUS_M - terrain.elevation_m(p, resolution_m)
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, step, samples);
criterion_main!(benches);
