//! The maps of one flight's scans, as drawn on board: relief, risk, the place chosen; and what they cost.
//! `cargo run -p frigoris-rig --example hazard_map -- [FILE [RUN [OUT.png]]]`
//!
//! One row a scan, from high to low. Left the ground as measured, lit from the north-west; right the
//! risk: green none, red certain, grey not known. A white ring is the circle of the pads at the place chosen.

#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

use flight::Flight;
use flight::hazard::Scan;
use flight::hazard::choose::Best;
use flight::hazard::grid::LINES;
use icd::bus::Sensors;
use rig::closed_loop::{Simulation, Stand};
use rig::load::nav_start;
use rig::scenario::Scenario;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// Pixels a node, and between pictures.
const PX: usize = 5;
const GAP: usize = 8;
const SIDE: usize = LINES * PX;

type Colour = [f64; 3];

/// One scan, ready to be drawn.
struct Drawn {
    relief: Vec<Colour>,
    risk: Vec<Colour>,
    ring_px: f64,
    place_px: [f64; 2],
}

fn height_m(scan: &Scan, y: usize, x: usize) -> f64 {
    scan.grid.row(y).and_then(|row| row.get(x)).map_or(f64::NAN, |z| f64::from(*z))
}

fn drawn(scan: &Scan, best: &Best, foot_radius_m: f64) -> Drawn {
    let posting_m = scan.grid.posting_m;
    let shade = |y: usize, x: usize| {
        let (x0, x1) = (x.saturating_sub(1), (x + 1).min(LINES - 1));
        let (y0, y1) = (y.saturating_sub(1), (y + 1).min(LINES - 1));
        let to_east = (height_m(scan, y, x1) - height_m(scan, y, x0)) / posting_m;
        let to_north = (height_m(scan, y1, x) - height_m(scan, y0, x)) / posting_m;
        0.5 + 0.5 * libm::tanh(1.2 * (to_east - to_north))
    };
    let nodes = || (0..LINES).rev().flat_map(|y| (0..LINES).map(move |x| (y, x)));
    let relief = nodes()
        .map(|(y, x)| {
            let s = shade(y, x);
            if s.is_nan() { [0.4; 3] } else { [s, 0.98 * s, 0.93 * s] }
        })
        .collect();
    let risk = nodes()
        .map(|(y, x)| {
            let risk = f64::from(scan.risk()[y][x]);
            if !risk.is_finite() {
                return [0.4; 3];
            }
            let light = 0.55 + 0.45 * shade(y, x);
            [0.15 + 0.75 * risk, 0.65 - 0.5 * risk, 0.3 - 0.1 * risk].map(|c| c * light)
        })
        .collect();
    let [x_m, y_m] = [0, 1].map(|k| best.place_m[k] - scan.grid.middle_m[k]);
    let px = |m: f64| (m / posting_m + 0.5 * LINES as f64) * PX as f64;
    let ring_px = (foot_radius_m / posting_m * PX as f64).max(4.0);
    Drawn { relief, risk, ring_px, place_px: [px(x_m), SIDE as f64 - px(y_m)] }
}

fn png(scans: &[Drawn]) -> Result<Vec<u8>, png::EncodingError> {
    let (width, height) = (2 * SIDE + GAP, scans.len() * (SIDE + GAP) - GAP);
    let mut rgb = vec![255_u8; 3 * width * height];
    for (k, scan) in scans.iter().enumerate() {
        for (left, picture) in [(0, &scan.relief), (SIDE + GAP, &scan.risk)] {
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let away = libm::hypot(
                        x as f64 + 0.5 - scan.place_px[0],
                        y as f64 + 0.5 - scan.place_px[1],
                    );
                    let ring = (away - scan.ring_px).abs() < 1.0;
                    let colour = if ring { [1.0; 3] } else { picture[(y / PX) * LINES + x / PX] };
                    let at = 3 * ((k * (SIDE + GAP) + y) * width + left + x);
                    for (slot, c) in rgb[at..at + 3].iter_mut().zip(colour) {
                        *slot = (255.0 * c.clamp(0.0, 1.0)).round() as u8;
                    }
                }
            }
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&rgb)?;
    Ok(out)
}

/// What a step of the flight software takes, while it scans and else; the sensors of a whole flight.
fn cost(stand: &Stand, run: u64, fed: &[(Sensors, bool)]) {
    let load = stand.load(run);
    let mut flight = Flight::new(&load, &nav_start(&stand.scenario, &stand.start(run), run));
    let mut took_us = [Vec::new(), Vec::new()];
    for (sensors, scanning) in fed {
        let began = Instant::now();
        black_box(flight.step(black_box(sensors)));
        took_us[usize::from(*scanning)].push(began.elapsed().as_secs_f64() * 1e6);
    }
    for (name, list) in ["else", "while scanning"].into_iter().zip(&mut took_us) {
        list.sort_by(f64::total_cmp);
        let mean = list.iter().sum::<f64>() / list.len().max(1) as f64;
        println!(
            "step {name}: mean {mean:.1} us, median {:.1} us, 99 % below {:.1} us",
            list[list.len() / 2],
            list[list.len() * 99 / 100]
        );
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().map_or("scenarios/hazard-avoidance.toml", String::as_str);
    let run = arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(0);
    let out = arguments.get(2).map_or("hazards.png", String::as_str);
    let stand = Stand::new(Scenario::read(Path::new(file))?)?;
    let load = stand.load(run);
    let mut simulation = Simulation::new(&stand, &load, run)?;
    let mut scans = Vec::new();
    let mut was = false;
    let (mut first, mut last) = (None, (f64::NAN, f64::NAN));
    let mut fed = Vec::new();
    while simulation.world().ended().is_none() {
        let exchange = simulation.step();
        let (scan, best, p_HB_H) = simulation.flight().hazards();
        fed.push((exchange.sensors, was));
        if was
            && !scan.running()
            && let Some(best) = best
        {
            println!(
                "scan {}: {:.0} m up, posting {:.2} m; place {:.1} m from the middle, risk {:.4}",
                scans.len() + 1,
                simulation.world().view().altitude_m,
                scan.grid.posting_m,
                libm::hypot(
                    best.place_m[0] - scan.grid.middle_m[0],
                    best.place_m[1] - scan.grid.middle_m[1]
                ),
                best.risk
            );
            scans.push(drawn(scan, &best, load.vehicle.avoidance.foot_radius_m));
        }
        was = scan.running();
        if simulation.world().touchdown().is_none()
            && let Some(best) = best
        {
            // Where the place lies by the lander's own frame, against truth's: how far that has drifted.
            let p = simulation.world().view().p_LB_L.si() - p_HB_H;
            first = first.or(Some(p));
            let off = [p_HB_H.x - best.place_m[0], p_HB_H.y - best.place_m[1]];
            last =
                (libm::hypot(off[0], off[1]), first.map_or(0.0, |first| (p - first).xy().norm()));
        }
    }
    if scans.is_empty() {
        println!("nothing was scanned");
        return Ok(());
    }
    println!("at contact {:.2} m from the place, the frame has drifted by {:.2} m", last.0, last.1);
    cost(&stand, run, &fed);
    if let Some(touchdown) = simulation.world().touchdown() {
        println!(
            "touchdown: {:.1} m off target, slope {:.1} deg, rock {:.2} m",
            touchdown.miss_m,
            touchdown.pads_slope_rad.to_degrees(),
            touchdown.pads_rock_m
        );
    }
    std::fs::write(out, png(&scans)?)?;
    Ok(())
}
