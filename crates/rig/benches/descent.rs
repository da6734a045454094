//! What a test flight costs: a whole powered descent, and one cycle of the flight software.

use criterion::{Criterion, criterion_group, criterion_main};
use icd::bus::CYCLE;
use rig::closed_loop::{Simulation, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::hint::black_box;
use std::path::Path;

fn stand() -> Option<Stand> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let scenario = Scenario::read(&folder.join("m2-nominal-from-ignition.toml")).ok()?;
    Stand::new(scenario).ok()
}

/// From braking ignition to touchdown: nature and flight software at 50 Hz, no record.
fn descent(c: &mut Criterion) {
    let Some(stand) = stand() else { return };
    let mut run = 0;
    c.bench_function("descent", |b| {
        b.iter(|| {
            run += 1;
            black_box(fly(&stand, run, Recording::Off, |_| {}).is_ok())
        });
    });
}

/// One cycle of the flight software in the middle of braking; one in five begins a pulse frame.
fn flight_cycle(c: &mut Criterion) {
    let Some(stand) = stand() else { return };
    let load = stand.load(0);
    let Ok(mut simulation) = Simulation::new(&stand, &load, 0) else { return };
    for _ in 0..20_000 {
        simulation.step();
    }
    let exchange = simulation.exchange();
    let mut flight = simulation.flight().clone();
    let mut sensors = exchange.sensors;
    c.bench_function("flight_cycle", |b| {
        b.iter(|| {
            sensors.t += CYCLE;
            black_box(flight.step(&sensors))
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = descent, flight_cycle
}
criterion_main!(benches);
