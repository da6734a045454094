//! What one second of flight costs: 50 steps of 20 ms, without and with the sensors.
#![allow(missing_docs)]

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use fixture::{config, environment, imperfect, tanks};
use std::hint::black_box;
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

criterion_group!(benches, step);
criterion_main!(benches);
