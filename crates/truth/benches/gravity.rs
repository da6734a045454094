//! What one evaluation of gravity costs: the field alone by degree, and all slow forces together.
#![allow(missing_docs, non_snake_case)]

use criterion::{Criterion, criterion_group, criterion_main};
use icd::frames::{P, Position, Vector};
use icd::time::Time;
use std::hint::black_box;
use truth::environment::Environment;
use truth::environment::gravity::Field;
use truth::environment::terrain::TerrainConfig;

fn gravity(c: &mut Criterion) {
    let mut group = c.benchmark_group("gravity");
    let p_MB_P: Vector<Position, P> = Vector::new(0.9e6, -0.4e6, 1.45e6);
    for degree in [20, 50, 60, 100, 150] {
        let field = Field::grail(degree, degree).expect("within the excerpt");
        group.bench_function(format!("harmonics of degree {degree}"), |b| {
            b.iter(|| field.harmonics(black_box(p_MB_P)));
        });
    }
    let smooth =
        TerrainConfig { seed: 1, age_gyr: 3.5, rock_abundance: 0.01, relief: false, tiles: vec![] };
    let environment = Environment::new(60, &smooth).expect("the configuration is sound");
    let t = Time::from_utc("2025-06-05T19:00:00").expect("a date");
    let p_MB_I = Vector::new(0.9e6, -0.4e6, 1.45e6);
    for (name, exposure_m2_kg) in [("without sunlight", 0.0), ("with sunlight", 0.005)] {
        group.bench_function(format!("all slow forces at degree 60, {name}"), |b| {
            b.iter(|| environment.perturbation(black_box(p_MB_I), black_box(t), exposure_m2_kg));
        });
    }
    group.bench_function("orientation", |b| b.iter(|| environment.R_IM(black_box(t))));
    group.bench_function("Sun and Earth", |b| {
        b.iter(|| {
            let t = black_box(t);
            (environment.ephemeris.earth(t), environment.ephemeris.sun(t))
        });
    });
    group.finish();
}

criterion_group!(benches, gravity);
criterion_main!(benches);
