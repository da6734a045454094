//! Rays against brute force: how often and by how much they differ, and what a ray costs.
//!
//! `cargo run --release -p frigoris-truth --example rays -- 100000`
//!
//! Brute force takes nothing for granted but that no slope exceeds [`STEEPEST`], looks at the finest
//! ground only and never steps less than [`STEP_M`].

use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;
use std::io::Cursor;
use std::path::PathBuf;
use std::time::Instant;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;
use truth::environment::terrain::{
    FINEST_M, Landform, Nearby, Terrain, TerrainConfig, TerrainError, Tile,
};

/// Slope that brute force allows for, and in a tile of walls.
const STEEPEST: f64 = 4.0;
const WALLS: f64 = 30.0;
/// Shortest step of brute force, m.
const STEP_M: f64 = 0.05;
/// Where the tile lies: west and north corner, degrees; its step, degrees (4.5 m), and side.
const CORNER_DEG: (f64, f64) = (-4.6, 60.5);
const STEP_DEG: f64 = 1.5e-4;
const SIDE: u32 = 800;

/// A ground to shoot at, and where.
struct Range {
    name: &'static str,
    ground: Terrain,
    corner_deg: (f64, f64),
    size_deg: f64,
    steepest: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u32 = std::env::args().nth(1).map_or(Ok(10_000), |n| n.parse())?;
    for range in ranges()? {
        compare(&range, count / 6);
    }
    Ok(())
}

fn ranges() -> Result<[Range; 6], Box<dyn std::error::Error>> {
    let ground = |rock_abundance: f64, tiles: Vec<Tile>| -> Result<Terrain, TerrainError> {
        Terrain::new(&TerrainConfig { seed: 7, age_gyr: 3.5, rock_abundance, relief: true, tiles })
    };
    let range = |name, ground, corner_deg, size_deg, steepest| Range {
        name,
        ground,
        corner_deg,
        size_deg,
        steepest,
    };
    let inner = 0.7 * STEP_DEG * f64::from(SIDE);
    let corner = (CORNER_DEG.0 + 0.2 * inner, CORNER_DEG.1 - 1.2 * inner);
    Ok([
        range("mare", ground(0.01, vec![])?, (-6.0, 59.0), 2.0, STEEPEST),
        range("highland", ground(0.01, vec![])?, (150.0, -9.0), 2.0, STEEPEST),
        range("rocky mare", ground(0.1, vec![])?, (-6.0, 59.0), 2.0, STEEPEST),
        range("ridges", ground(0.01, vec![tile(ridge)?])?, corner, inner, STEEPEST),
        range("walls", ground(0.01, vec![tile(wall)?])?, corner, inner, WALLS),
        // The northern wall, from the foot to the crest and beyond.
        range(
            "Atlas",
            ground(0.01, vec![Tile::landform(Landform::Atlas, 7)?])?,
            (44.0, 47.6),
            0.8,
            STEEPEST,
        ),
    ])
}

/// Ridges 120 m high, 180 m apart: slopes to 64°.
fn ridge(column: u32, row: u32) -> f32 {
    let phase = (f64::from(column) + 0.5 * f64::from(row)) * 0.17;
    (-2400.0 + 60.0 * libm::sin(phase)) as f32
}

/// Walls one posting thick and 80 m high in every fortieth row.
fn wall(_: u32, row: u32) -> f32 {
    if row % 40 == 20 { -2320.0 } else { -2400.0 }
}

fn tile(height_m: impl Fn(u32, u32) -> f32) -> Result<Tile, Box<dyn std::error::Error>> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes)?;
    let mut image = encoder.new_image::<colortype::Gray32Float>(SIDE, SIDE)?;
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[STEP_DEG, STEP_DEG, 0.0][..])?;
    let tie = [0.0, 0.0, 0.0, CORNER_DEG.0, CORNER_DEG.1, 0.0];
    tags.write_tag(Tag::ModelTiepointTag, &tie[..])?;
    let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2057, 34_736, 1, 0];
    tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..])?;
    tags.write_tag(Tag::GeoDoubleParamsTag, &[MOON_RADIUS_M][..])?;
    let samples: Vec<f32> = (0..SIDE * SIDE).map(|k| height_m(k % SIDE, k / SIDE)).collect();
    image.write_data(&samples)?;
    let name = format!("frigoris-rays-{}.tif", std::process::id());
    let file: PathBuf = std::env::temp_dir().join(name);
    std::fs::write(&file, bytes.into_inner())?;
    let tile = Tile::read(&file)?;
    std::fs::remove_file(&file)?;
    Ok(tile)
}

/// The `k`th ray: from 0.1 m to 3 km above the ground, from straight down to 5° above the horizon.
fn shot(range: &Range, k: u32) -> (Vector3<f64>, Vector3<f64>) {
    let part = |stride: f64| (f64::from(k) * stride) % 1.0;
    let longitude = (range.corner_deg.0 + range.size_deg * part(0.754_877_67)).to_radians();
    let latitude = (range.corner_deg.1 + range.size_deg * part(0.569_840_29)).to_radians();
    let (sin, cos) = libm::sincos(latitude);
    let up = Vector3::new(cos * libm::cos(longitude), cos * libm::sin(longitude), sin);
    let level_m = range.ground.elevation_m(Vector::from_si(up), FINEST_M);
    let above_m = 0.1 * libm::pow(30_000.0, part(0.220_744_08));
    let off = (95.0 * part(0.856_674_88)).to_radians();
    let (across, along) = libm::sincos(core::f64::consts::TAU * part(0.618_033_99));
    let east = Vector3::z().cross(&up).normalize();
    let side = east * along + up.cross(&east) * across;
    let d = side * libm::sin(off) - up * libm::cos(off);
    (up * (MOON_RADIUS_M + level_m + above_m), d.normalize())
}

/// Beyond this nothing is asked, m.
const FAR_M: f64 = 8000.0;

fn brute(range: &Range, p: Vector3<f64>, d: Vector3<f64>) -> Option<f64> {
    let mut nearby = Nearby::default();
    let mut above = |s_m: f64| {
        let q: Vector<Position, M> = Vector::from_si(p + d * s_m);
        q.norm() - MOON_RADIUS_M - range.ground.elevation_near_m(q, FINEST_M, &mut nearby)
    };
    let (mut s_m, mut before_m) = (0.0, 0.0);
    loop {
        let above_m = above(s_m);
        if above_m <= 0.0 {
            let (mut clear_m, mut hit_m) = (before_m, s_m);
            while hit_m - clear_m > 1e-3 {
                let middle_m = 0.5 * (clear_m + hit_m);
                *(if above(middle_m) > 0.0 { &mut clear_m } else { &mut hit_m }) = middle_m;
            }
            return Some(hit_m);
        }
        if s_m >= FAR_M {
            return None;
        }
        before_m = s_m;
        s_m = (s_m + (above_m / (1.0 + range.steepest)).max(STEP_M)).min(FAR_M);
    }
}

fn compare(range: &Range, count: u32) {
    let (mut worst_m, mut beyond, mut nearer, mut hits) = (0.0_f64, 0, 0, 0);
    let mut costs_us: Vec<f64> = Vec::new();
    for k in 0..count {
        let (p, d) = shot(range, k);
        let begun = Instant::now();
        let found = range.ground.ray(Vector::from_si(p), Vector::from_si(d), FAR_M);
        costs_us.push(begun.elapsed().as_secs_f64() * 1e6);
        let expected = brute(range, p, d);
        hits += u32::from(expected.is_some());
        let (found_m, expected_m) = (found.unwrap_or(FAR_M), expected.unwrap_or(FAR_M));
        let apart_m = found_m - expected_m;
        if apart_m < -0.1 {
            // Brute force stepped over something thin, if the ground is there.
            let q = Vector::from_si(p + d * found_m);
            if range.ground.altitude_m(q).abs() < 0.02 {
                nearer += 1;
                continue;
            }
        }
        worst_m = worst_m.max(apart_m.abs());
        if apart_m.abs() > 0.1 {
            beyond += 1;
            println!("    ray {k}: {found_m:.3} m against {expected_m:.3} m");
        }
    }
    costs_us.sort_by(f64::total_cmp);
    let cost_us = |share: f64| costs_us[((costs_us.len() - 1) as f64 * share) as usize];
    println!(
        "{}: {count} rays, {hits} meet ground; {beyond} differ by more than 0.1 m, greatest difference \
         of all {worst_m:.3} m; {nearer} met what brute force stepped over; {:.1} µs median, {:.1} µs \
         95 %, {:.1} µs at most",
        range.name,
        cost_us(0.5),
        cost_us(0.95),
        cost_us(1.0),
    );
}
