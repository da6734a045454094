//! What the ground costs: elevations of the mare and of highlands at several resolutions.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;
use std::hint::black_box;
use truth::environment::terrain::{FINEST_M, Nearby, Terrain, TerrainConfig};

/// Places some kilometres apart from each other, so that nothing is still in a cache of ours.
fn places(latitude_deg: f64, longitude_deg: f64) -> Vec<Vector<Position, M>> {
    (0..1024)
        .map(|k| {
            let k = f64::from(k);
            let latitude = (latitude_deg + (k * 0.618_034) % 1.0).to_radians();
            let longitude = (longitude_deg + (k * 0.754_878) % 1.0).to_radians();
            let (c, s) = (libm::cos(latitude), libm::sin(latitude));
            let u = Vector3::new(c * libm::cos(longitude), c * libm::sin(longitude), s);
            Vector::from_si(u * MOON_RADIUS_M)
        })
        .collect()
}

fn elevation(c: &mut Criterion) {
    let config = TerrainConfig {
        seed: 3,
        age_gyr: 3.6,
        rock_abundance: 0.01,
        relief: true,
        tiles: Vec::new(),
    };
    let ground = Terrain::new(&config).expect("the configuration is sound");
    let mut group = c.benchmark_group("elevation");
    for (kind, latitude_deg, longitude_deg) in [("mare", 59.5, -6.0), ("highland", -9.0, 150.0)] {
        let places = places(latitude_deg, longitude_deg);
        for resolution_m in [FINEST_M, 5.0, 100.0, 1000.0, 1e6] {
            let mut k = 0;
            group.bench_function(format!("{kind}, {resolution_m} m"), |b| {
                b.iter(|| {
                    k = (k + 1) % places.len();
                    black_box(ground.elevation_m(places[k], resolution_m))
                });
            });
        }
    }
    // A place every metre along a line, what was found for the last one kept.
    let line: Vec<Vector<Position, M>> = (0..1024)
        .map(|k| Vector::from_si(Vector3::new(0.87, 0.2, 0.45 + f64::from(k) * 6e-7)))
        .collect();
    for resolution_m in [FINEST_M, 5.0, 100.0] {
        let (mut k, mut nearby) = (0, Nearby::default());
        group.bench_function(format!("nearby, {resolution_m} m"), |b| {
            b.iter(|| {
                k = (k + 1) % line.len();
                black_box(ground.elevation_near_m(line[k], resolution_m, &mut nearby))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, elevation);
criterion_main!(benches);
