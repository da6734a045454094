//! What the ground costs: elevations at several resolutions and rays, in the mare and in highlands.
#![allow(missing_docs, non_snake_case)]

use criterion::{Criterion, criterion_group, criterion_main};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{Direction, M, Position, Vector};
use nalgebra::Vector3;
use std::hint::black_box;
use std::time::Instant;
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

/// The way down as the scenario m2-nominal flies it: altitude, m, tilt, degrees, speeds down and forward,
/// m/s.
const WAY_DOWN: [[f64; 4]; 11] = [
    [10_000.0, 64.0, 68.0, 305.0],
    [7000.0, 63.0, 70.0, 175.0],
    [4400.0, 69.0, 67.0, 46.0],
    [3950.0, 46.0, 72.0, 35.0],
    [2700.0, 40.0, 72.0, 14.0],
    [2200.0, 32.0, 63.0, 4.0],
    [1750.0, 4.0, 53.0, 8.0],
    [1000.0, 12.0, 33.0, 6.0],
    [500.0, 4.0, 23.0, 1.5],
    [200.0, 2.0, 15.0, 0.6],
    [20.0, 1.0, 5.0, 0.1],
];
/// Time between two shots of a beam, s; angle of the Doppler beams to the rangefinder's, degrees.
const PERIOD_S: f64 = 0.1;
const CONE_DEG: f64 = 20.0;
/// Longest range of the rangefinder and of the Doppler beams, m.
const REACH_M: [f64; 2] = [8000.0, 4000.0];

/// A shot of one of the beams (0: the rangefinder), from so high, with its longest range.
struct Fired {
    beam: usize,
    altitude_m: f64,
    reach_m: f64,
    shot: Shot,
}

/// Every shot of four beams on the way down, those left out that the world leaves out.
fn fired(ground: &Terrain, latitude_deg: f64, longitude_deg: f64) -> Vec<Fired> {
    let mut fired = Vec::new();
    let place = places(latitude_deg, longitude_deg)[0].si().normalize();
    let east = Vector3::z().cross(&place).normalize();
    let (mut altitude_m, mut along_m) = (WAY_DOWN[0][0], 0.0);
    while altitude_m > WAY_DOWN[10][0] {
        let leg = WAY_DOWN.iter().rposition(|leg| leg[0] >= altitude_m).unwrap_or(0).min(9);
        let (from, to) = (WAY_DOWN[leg], WAY_DOWN[leg + 1]);
        let share = (from[0] - altitude_m) / (from[0] - to[0]);
        let [_, tilt_deg, down, forward] =
            [0, 1, 2, 3].map(|k| from[k] + share * (to[k] - from[k]));
        let up = (place + east * (along_m / MOON_RADIUS_M)).normalize();
        let ahead = (east - up * east.dot(&up)).normalize();
        let (sin, cos) = libm::sincos(tilt_deg.to_radians());
        let axis = ahead * sin - up * cos;
        let level_m = ground.elevation_m(Vector::from_si(up), FINEST_M);
        let (x, y) = (ahead * cos + up * sin, axis.cross(&(ahead * cos + up * sin)));
        for beam in 0..4 {
            let reach_m = REACH_M[beam.min(1)];
            if 0.8 * altitude_m > 1.5 * reach_m {
                continue;
            }
            let off = if beam == 0 { 0.0 } else { CONE_DEG.to_radians() };
            let (across, along) = libm::sincos((120.0 * beam as f64).to_radians());
            let d = axis * libm::cos(off) + (x * along + y * across) * libm::sin(off);
            let p = up * (MOON_RADIUS_M + level_m + altitude_m);
            let shot = (Vector::from_si(p), Vector::from_si(d.normalize()));
            fired.push(Fired { beam, altitude_m, reach_m, shot });
        }
        altitude_m -= down * PERIOD_S;
        along_m += forward * PERIOD_S;
    }
    fired
}

/// Times every shot by itself and prints medians: of all that meet ground, and by altitude.
fn print_medians(kind: &str, ground: &Terrain, fired: &[Fired]) {
    let mut costs: Vec<(f64, f64)> = Vec::new();
    for _ in 0..5 {
        let mut nearby: [Nearby; 4] = Default::default();
        for Fired { beam, altitude_m, reach_m, shot: (p, d) } in fired {
            let begun = Instant::now();
            let met = black_box(ground.ray_near(*p, *d, *reach_m, &mut nearby[*beam]));
            let cost_us = begun.elapsed().as_secs_f64() * 1e6;
            if met.is_some() {
                costs.push((*altitude_m, cost_us));
            }
        }
    }
    costs.sort_by(|a, b| a.1.total_cmp(&b.1));
    let print = |name: &str, low_m: f64, high_m: f64| {
        let within = |(altitude_m, _): &&(f64, f64)| (low_m..high_m).contains(altitude_m);
        let inside: Vec<f64> = costs.iter().filter(within).map(|(_, cost)| *cost).collect();
        let at = |share: f64| inside[(share * (inside.len() - 1) as f64) as usize];
        let (median, late) = (at(0.5), at(0.95));
        println!(
            "descent, {kind}, {name}: {} rays, median {median:.2} us, 95 % {late:.2} us",
            inside.len()
        );
    };
    print("all that meet ground", 0.0, 1e5);
    for (low_m, high_m) in [(2000.0, 1e5), (1000.0, 2000.0), (200.0, 1000.0), (0.0, 200.0)] {
        print(&format!("from {low_m} m up"), low_m, high_m);
    }
}

/// The rays of a descent one after the other, what each beam found kept for its next shot.
fn descent(c: &mut Criterion) {
    let ground = ground();
    let mut group = c.benchmark_group("descent");
    for (kind, latitude_deg, longitude_deg) in [("mare", 59.5, -6.0), ("highland", -9.0, 150.0)] {
        let fired = fired(&ground, latitude_deg, longitude_deg);
        print_medians(kind, &ground, &fired);
        let (mut k, mut nearby): (usize, [Nearby; 4]) = (0, Default::default());
        group.bench_function(format!("{kind}, mean of a ray"), |b| {
            b.iter(|| {
                k = (k + 1) % fired.len();
                let Fired { beam, reach_m, shot: (p, d), .. } = &fired[k];
                black_box(ground.ray_near(*p, *d, *reach_m, &mut nearby[*beam]))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, elevation, ray, descent);
criterion_main!(benches);
