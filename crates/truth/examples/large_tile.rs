//! What it costs to open a file of 100 million elevations, and to look into it.
//!
//! Usage: `cargo run --release -p frigoris-truth --example large_tile -- write FILE KIND`, with KIND
//! one of int16-tiles, float32-tiles (256 × 256, deflated), int16-strips, float32-strips (one row, as
//! they are), int16-deflated-strips; then `… -- open FILE` in a process of its own.
//!
//! `write` makes a file of 10,000 × 10,000 samples of 2 m near 60 N. `open` prints times, and the peak
//! of resident memory where the system tells (`/proc/self/status`).

#[path = "../tests/fixture/geotiff.rs"]
#[allow(dead_code)]
mod geotiff;

use geotiff::{GeoTiff, Kind, Place};
use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::Path;
use std::time::Instant;
use truth::environment::terrain::Tile;

const SIDE: usize = 10_000;
const STEP_DEG: f64 = 6.6e-5;
const CORNER_DEG: (f64, f64) = (-5.0, 61.0);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["write", file, kind] => write(file, kind),
        ["open", file] => open(file),
        _ => Err("usage: large_tile write FILE KIND | open FILE".into()),
    }
}

fn write(file: &str, kind: &str) -> Result<(), Box<dyn Error>> {
    let (west_deg, north_deg) = CORNER_DEG;
    let place = Place::Geographic { west_deg, north_deg, step_deg: STEP_DEG };
    let mut made = GeoTiff::new(SIDE, SIDE, place);
    made.kind = if kind.starts_with("int16") { Kind::Int16 } else { Kind::Float32 };
    made.tile = kind.ends_with("tiles").then_some(256);
    made.deflate = kind.ends_with("tiles") || kind.contains("deflated");
    // Hills of 300 m with a little roughness, so that deflating has something to do.
    let relief = |c: usize, r: usize| {
        let (x, y) = (c as f64 * 0.004, r as f64 * 0.003);
        let mixed = (c.wrapping_mul(73_856_093) ^ r.wrapping_mul(19_349_663)) % 64;
        -2000.0 + 300.0 * x.sin() * y.cos() + mixed as f64 * 0.05
    };
    made.write(&mut BufWriter::new(File::create(file)?), relief)?;
    Ok(())
}

fn open(file: &str) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let tile = Tile::read(Path::new(file))?;
    println!("open          {:9.3} ms, peak {}", start.elapsed().as_secs_f64() * 1e3, peak());
    let at = |c: f64, r: f64| {
        let (west_deg, north_deg) = CORNER_DEG;
        ((north_deg - r * STEP_DEG).to_radians(), (west_deg + c * STEP_DEG).to_radians())
    };
    let pass = |what: &str, place: &dyn Fn(usize) -> (f64, f64)| {
        let n = 1_000_000;
        let start = Instant::now();
        for k in 0..n {
            let (latitude, longitude) = place(k);
            black_box(tile.elevation_m(latitude, longitude));
        }
        let each = start.elapsed().as_secs_f64() * 1e9 / n as f64;
        println!("{what} {each:9.1} ns an elevation, peak {}", peak());
    };
    let track = |k: usize| at(1000.0 + k as f64 * 0.008, 1500.0 + k as f64 * 0.007);
    pass("track, cold  ", &track);
    for _ in 0..5 {
        pass("track, warm  ", &track);
    }
    let start = Instant::now();
    let (latitude, longitude) = at(5000.0, 5000.0);
    black_box(tile.ceiling_m(latitude, longitude, 3e-3));
    println!("widest ceiling{:9.3} ms, peak {}", start.elapsed().as_secs_f64() * 1e3, peak());
    let everywhere = |k: usize| {
        let k = k as f64;
        at(100.0 + (k * 6180.34) % 9800.0, 100.0 + (k * 7548.78) % 9800.0)
    };
    pass("everywhere   ", &everywhere);
    pass("again        ", &everywhere);
    for _ in 0..5 {
        let n = 1_000_000;
        let start = Instant::now();
        for k in 0..n {
            let (latitude, longitude) = track(k);
            black_box(tile.ceiling_m(latitude, longitude, 1e-5 * (k % 50) as f64));
        }
        let each = start.elapsed().as_secs_f64() * 1e9 / n as f64;
        println!("ceiling       {each:9.1} ns");
    }
    match tile.trouble() {
        Some(trouble) => Err(trouble.to_string().into()),
        None => Ok(()),
    }
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or("unknown".into(), |line| line[6..].trim().to_owned())
}
