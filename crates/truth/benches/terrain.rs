//! What the ground costs: elevations at several resolutions and rays, in the mare and in highlands.
#![allow(missing_docs, non_snake_case)]

use criterion::{Criterion, criterion_group, criterion_main};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{Direction, M, Position, Vector};
use nalgebra::Vector3;
use std::hint::black_box;
use truth::environment::terrain::{FINEST_M, Nearby, Terrain, TerrainConfig};

/// Places some kilometres apart from each other, so that nothing is still in a cache of ours.
/// Where a ray begins and where it goes.
type Shot = (Vector<Position, M>, Vector<Direction, M>);

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

fn ground() -> Terrain {
    let config = TerrainConfig {
        seed: 3,
        age_gyr: 3.6,
        rock_abundance: 0.01,
        relief: true,
        tiles: Vec::new(),
    };
    Terrain::new(&config).expect("the configuration is sound")
}

fn elevation(c: &mut Criterion) {
    let ground = ground();
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

/// Rays as a descent fires them: height above the ground, m, and angle off the vertical, degrees.
const SHOTS: [(f64, f64); 4] = [(3000.0, 65.0), (3000.0, 45.0), (1000.0, 20.0), (50.0, 0.0)];

fn ray(c: &mut Criterion) {
    let ground = ground();
    let mut group = c.benchmark_group("ray");
    for (kind, latitude_deg, longitude_deg) in [("mare", 59.5, -6.0), ("highland", -9.0, 150.0)] {
        let places = places(latitude_deg, longitude_deg);
        let shots = SHOTS.map(|(height_m, off_deg)| {
            let shot = |(k, place): (usize, &Vector<Position, M>)| {
                let up = place.si().normalize();
                let level_m = ground.elevation_m(*place, FINEST_M);
                let east = Vector3::z().cross(&up).normalize();
                let (across, along) = libm::sincos(k as f64);
                let side = east * along + up.cross(&east) * across;
                let (sin, cos) = libm::sincos(off_deg.to_radians());
                let p_MA_M: Vector<Position, M> =
                    Vector::from_si(up * (MOON_RADIUS_M + level_m + height_m));
                let d_M: Vector<Direction, M> = Vector::from_si(side * sin - up * cos);
                (p_MA_M, d_M)
            };
            places.iter().enumerate().map(shot).collect::<Vec<_>>()
        });
        let mut each = |name: String, shots: &[&[Shot]]| {
            let mut k = 0;
            group.bench_function(name, |b| {
                b.iter(|| {
                    k += 1;
                    let of = shots[k % shots.len()];
                    let (p_MA_M, d_M) = of[k / shots.len() % of.len()];
                    black_box(ground.ray(p_MA_M, d_M, 1e4))
                });
            });
        };
        for ((height_m, off_deg), shots) in SHOTS.iter().zip(&shots) {
            each(format!("{kind}, {height_m} m, {off_deg}°"), &[shots]);
        }
        each(format!("{kind}, mixed"), &[&shots[0], &shots[1], &shots[2], &shots[3]]);
    }
    group.finish();
}

criterion_group!(benches, elevation, ray);
criterion_main!(benches);
