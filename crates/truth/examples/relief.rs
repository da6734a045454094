//! Shows the generated ground against what is published about the Moon.
//!
//! Usage: `cargo run --release -p frigoris-truth --example relief -- OUT_DIRECTORY`
//!
//! Writes `slopes.csv` (median and rms slope in two dimensions against baseline), `craters.csv` and
//! `rocks.csv` (cumulative numbers against diameter, counted in the generated field), and
//! `relief.html` with the same as plots and with shaded maps, everything in the one file.
//! Published: slopes as in `tests/validation_environment_relief.rs`; craters by [Neukum2001] and
//! [Trask1966]; rocks by [GolombekRapp1997].

use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use truth::environment::terrain::{FINEST_M, Terrain, TerrainConfig};

const AGE_GYR: f64 = 3.6;
const ROCKS: f64 = 0.01;
const PLACES: usize = 4000;
/// Middle of a box, half its sides, degrees.
const MARE: [f64; 4] = [34.0, -17.0, 4.0, 5.0];
const HIGHLAND: [f64; 4] = [5.0, 157.0, 15.0, 17.0];

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args().nth(1).ok_or("usage: relief OUT_DIRECTORY")?;
    let out = Path::new(&out);
    std::fs::create_dir_all(out)?;
    let ground = Terrain::new(&TerrainConfig {
        seed: 3,
        age_gyr: AGE_GYR,
        rock_abundance: ROCKS,
        relief: true,
        tiles: Vec::new(),
    })?;
    let slopes = slopes(&ground);
    let craters = craters(&ground);
    let rocks = rocks(&ground);
    let mut html = String::from(
        "<!doctype html><meta charset=utf-8><title>Generated relief</title>\
         <style>body{font:14px sans-serif;margin:20px}figure{display:inline-block;margin:8px}\
         svg text{font-size:11px}</style><h1>Generated relief against the published Moon</h1>\
         <p>Points: counted and measured in the generated ground. Lines: published.</p>",
    );
    for (name, table, title, axes) in [
        ("slopes", &slopes, "Slope in two dimensions", ["baseline, m", "degrees"]),
        ("craters", &craters, "Craters of at least a diameter", ["diameter, m", "per km²"]),
        ("rocks", &rocks, "Rocks of at least a diameter", ["diameter, m", "per m²"]),
    ] {
        std::fs::write(out.join(format!("{name}.csv")), csv(table))?;
        plot(&mut html, title, axes, table)?;
    }
    html.push_str("<br>");
    for (title, place, side_m, pixels, elevation_deg) in [
        ("Mare, 60.5 N 4.6 W, 20 km, sun 10° up", (60.5, -4.6), 20_000.0, 500, 10.0),
        ("The same, 2 km, sun 10° up", (60.5, -4.6), 2000.0, 500, 10.0),
        ("The same, 200 m, sun 15° up", (60.5, -4.6), 200.0, 500, 15.0),
        ("The same, 50 m, sun 15° up", (60.5, -4.6), 50.0, 500, 15.0),
        ("Highland, 5 N 157 E, 20 km, sun 20° up", (5.0, 157.0), 20_000.0, 500, 20.0),
        ("The same, 2 km, sun 20° up", (5.0, 157.0), 2000.0, 500, 20.0),
    ] {
        let image = shaded(&ground, direction(place.0, place.1), side_m, pixels, elevation_deg);
        write!(html, "<figure><img src='{}'><figcaption>{title}</figcaption></figure>", image)?;
    }
    std::fs::write(out.join("relief.html"), html)?;
    Ok(())
}

/// One column of numbers over the first column, as points or as a line.
struct Series {
    name: &'static str,
    colour: &'static str,
    points: bool,
    values: Vec<f64>,
}

struct Table {
    x: Vec<f64>,
    series: Vec<Series>,
}

fn series(name: &'static str, colour: &'static str, points: bool, values: Vec<f64>) -> Series {
    Series { name, colour, points, values }
}

fn direction(latitude_deg: f64, longitude_deg: f64) -> Vector3<f64> {
    let (a, b) = (latitude_deg.to_radians(), longitude_deg.to_radians());
    let (s, c) = (libm::sin(a), libm::cos(a));
    Vector3::new(c * libm::cos(b), c * libm::sin(b), s)
}

fn at(u: Vector3<f64>) -> Vector<Position, M> {
    Vector::from_si(u * MOON_RADIUS_M)
}

fn slopes(ground: &Terrain) -> Table {
    let x: Vec<f64> = (0..15).map(|k| 0.6 * libm::pow(1000.0 / 0.6, f64::from(k) / 14.0)).collect();
    let mut table = Table { x: x.clone(), series: Vec::new() };
    for (kind, names, colour, at_17_deg, above) in [
        (MARE, ["mare median", "mare rms", "published, mare"], "#06c", 2.0, 0.76),
        (HIGHLAND, ["highland median", "highland rms", "published, highland"], "#c40", 7.5, 0.95),
    ] {
        let measured: Vec<(f64, f64)> = x.iter().map(|&l| slope_deg(ground, kind, l)).collect();
        let published = x
            .iter()
            .map(|&l| at_17_deg * libm::pow(l / 17.0, if l > 17.0 { above } else { 0.9 } - 1.0));
        let line = series(names[2], colour, false, published.collect());
        table.series.push(series(names[0], colour, true, measured.iter().map(|m| m.0).collect()));
        table.series.push(series(names[1], "#999", true, measured.iter().map(|m| m.1).collect()));
        table.series.push(line);
    }
    table
}

/// Median and root mean square slope in two dimensions over a baseline, degrees.
fn slope_deg(ground: &Terrain, [lat, lon, tall, wide]: [f64; 4], baseline_m: f64) -> (f64, f64) {
    let mut slopes: Vec<f64> = (0..PLACES)
        .map(|k| {
            let k = k as f64;
            let part = |stride: f64| 2.0 * ((k * stride) % 1.0) - 1.0;
            let u = direction(lat + part(0.618_034) * tall, lon + part(0.754_878) * wide);
            let east = Vector3::z().cross(&u).normalize();
            let d = east * (0.5 * baseline_m / MOON_RADIUS_M);
            let rise = |d: Vector3<f64>| {
                let height_m = |u: Vector3<f64>| ground.elevation_m(at(u), FINEST_M);
                (height_m(u + d) - height_m(u - d)) / baseline_m
            };
            libm::atan(libm::hypot(rise(d), rise(u.cross(&d)))).to_degrees()
        })
        .collect();
    slopes.sort_by(f64::total_cmp);
    let squares: f64 = slopes.iter().map(|s| s * s).sum();
    (slopes[PLACES / 2], (squares / PLACES as f64).sqrt())
}

/// Cumulative numbers of craters, each size in a circle of 300 diameters.
fn craters(ground: &Terrain) -> Table {
    let x: Vec<f64> = (0..13).map(|k| libm::pow(2.0, 0.5 * f64::from(2 * k))).collect();
    let mut table = Table { x: x.clone(), series: Vec::new() };
    for (kind, name, colour) in [(MARE, "mare", "#06c"), (HIGHLAND, "highland", "#c40")] {
        let count = |d_m: f64| {
            let radius_m = (300.0 * d_m).min(50_000.0);
            let place = at(direction(kind[0], kind[1]));
            let area_km2 = core::f64::consts::PI * radius_m * radius_m * 1e-6;
            ground.craters_around(place, radius_m, d_m).len() as f64 / area_km2
        };
        table.series.push(series(name, colour, true, x.iter().map(|&d| count(d)).collect()));
    }
    for (name, colour, age_gyr) in
        [("published, 3.6 Gyr", "#06c", AGE_GYR), ("published, 4.0 Gyr", "#c40", 4.0)]
    {
        let values = x.iter().map(|&d| published_craters_per_km2(d / 1e3, age_gyr)).collect();
        table.series.push(series(name, colour, false, values));
    }
    table
}

/// [Neukum2001] eq. 2 and 5, table 1, under the line of [Trask1966].
fn published_craters_per_km2(d_km: f64, age_gyr: f64) -> f64 {
    const A: [f64; 11] = [
        -3.557_528, 0.781_027, 1.021_521, -0.156_012, -0.444_058, 0.019_977, 0.086_850, -0.005_874,
        -0.006_809, 8.25e-4, 5.54e-5,
    ];
    let x = libm::log10(d_km.max(0.01));
    let exponent = A.iter().rev().fold(0.0, |sum, a| (sum + a) * x);
    let at_1_km = 5.44e-14 * (libm::exp(6.93 * age_gyr) - 1.0) + 8.38e-4 * age_gyr;
    let made = at_1_km * libm::pow(10.0, exponent) * libm::pow((0.01 / d_km).max(1.0), 3.0);
    made.min(libm::pow(10.0, -1.1) / (d_km * d_km))
}

fn rocks(ground: &Terrain) -> Table {
    let x: Vec<f64> = (0..9).map(|k| 0.3 * libm::pow(1.12, f64::from(k))).collect();
    let radius_m = 1500.0;
    let found = ground.rocks_around(at(direction(MARE[0], MARE[1])), radius_m);
    let area_m2 = core::f64::consts::PI * radius_m * radius_m;
    let count =
        |d_m: f64| found.iter().filter(|rock| rock.diameter_m >= d_m).count() as f64 / area_m2;
    // The derivative of the area covered over the area of one, integrated by small steps.
    let q = 1.79 + 0.152 / ROCKS;
    let published = |d_m: f64| {
        let step_m = 1e-4;
        (0..40_000)
            .map(|k| d_m + (f64::from(k) + 0.5) * step_m)
            .map(|d| {
                ROCKS * q * libm::exp(-q * d) * step_m / (core::f64::consts::FRAC_PI_4 * d * d)
            })
            .sum::<f64>()
    };
    let counted = x.iter().map(|&d| count(d)).collect();
    let line = x.iter().map(|&d| published(d)).collect();
    Table {
        x: x.clone(),
        series: vec![
            series("counted, k = 1 %", "#06c", true, counted),
            series("published", "#06c", false, line),
        ],
    }
}

fn csv(table: &Table) -> String {
    let names: Vec<&str> = table.series.iter().map(|s| s.name).collect();
    let mut text = format!("x,{}\n", names.join(",").replace(", ", " "));
    for (k, x) in table.x.iter().enumerate() {
        let values: Vec<String> =
            table.series.iter().map(|s| format!("{:.4e}", s.values[k])).collect();
        text.push_str(&format!("{x:.4},{}\n", values.join(",")));
    }
    text
}

/// Appends a plot with two logarithmic axes.
fn plot(html: &mut String, title: &str, axes: [&str; 2], table: &Table) -> std::fmt::Result {
    const W: f64 = 430.0;
    const H: f64 = 360.0;
    const EDGE: f64 = 50.0;
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let logs = values.filter(|v| *v > 0.0).map(libm::log10);
        let (low, high) = logs.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        (libm::floor(low * 2.0) / 2.0, libm::ceil(high * 2.0) / 2.0)
    };
    let (x0, x1) = range(&mut table.x.iter().copied());
    let (y0, y1) = range(&mut table.series.iter().flat_map(|s| s.values.iter().copied()));
    let px = |v: f64| EDGE + (libm::log10(v) - x0) / (x1 - x0) * (W - EDGE - 10.0);
    let py = |v: f64| H - EDGE + 10.0 - (libm::log10(v) - y0) / (y1 - y0) * (H - EDGE - 10.0);
    write!(html, "<figure><figcaption><b>{title}</b></figcaption><svg width={W} height={H}>")?;
    for (low, high, horizontal) in [(x0, x1, true), (y0, y1, false)] {
        for decade in libm::ceil(low) as i32..=libm::floor(high) as i32 {
            let v = libm::pow(10.0, f64::from(decade));
            let (a, b, c, d, tx, ty) = if horizontal {
                (px(v), 10.0, px(v), H - EDGE + 10.0, px(v) - 12.0, H - EDGE + 24.0)
            } else {
                (EDGE, py(v), W - 10.0, py(v), 8.0, py(v) + 4.0)
            };
            write!(html, "<line x1={a} y1={b} x2={c} y2={d} stroke=#ddd />")?;
            write!(html, "<text x={tx} y={ty}>1e{decade}</text>")?;
        }
    }
    for (n, s) in table.series.iter().enumerate() {
        let seen = || table.x.iter().zip(&s.values).filter(|(_, v)| **v > 0.0);
        let colour = s.colour;
        if s.points {
            for (x, v) in seen() {
                write!(html, "<circle cx={} cy={} r=3 fill={colour} />", px(*x), py(*v))?;
            }
        } else {
            let line: Vec<String> =
                seen().map(|(x, v)| format!("{:.1},{:.1}", px(*x), py(*v))).collect();
            let line = line.join(" ");
            write!(html, "<polyline points='{line}' fill=none stroke={colour} />")?;
        }
        let (y, mark) = (24.0 + 14.0 * n as f64, if s.points { "●" } else { "—" });
        let (x, name) = (W - 150.0, s.name);
        write!(html, "<text x={x} y={y} fill={colour}>{mark} {name}</text>")?;
    }
    let [x, y] = axes;
    write!(html, "<text x={} y={}>{x}</text><text x=8 y=10>{y}</text>", W / 2.0, H - 12.0)?;
    html.push_str("</svg></figure>");
    Ok(())
}

/// A shaded map, north up, light from the west, as the address of an image: Lommel-Seeliger's law
/// without cast shadows.
fn shaded(
    ground: &Terrain,
    middle: Vector3<f64>,
    side_m: f64,
    pixels: usize,
    sun_deg: f64,
) -> String {
    let east = Vector3::z().cross(&middle).normalize();
    let north = middle.cross(&east);
    let step_m = side_m / pixels as f64;
    let height_m: Vec<f64> = (0..=pixels)
        .flat_map(|row| (0..=pixels).map(move |column| (row, column)))
        .map(|(row, column)| {
            let offset = |k: usize| (k as f64 - 0.5 * pixels as f64) * step_m / MOON_RADIUS_M;
            let u = middle + east * offset(column) - north * offset(row);
            ground.elevation_m(at(u.normalize()), FINEST_M.max(0.5 * step_m))
        })
        .collect();
    let (sun_up, sun_west) = (libm::sin(sun_deg.to_radians()), libm::cos(sun_deg.to_radians()));
    let grey = |row: usize, column: usize| {
        let h = |r: usize, c: usize| height_m[r * (pixels + 1) + c];
        let slope_east = (h(row, column + 1) - h(row, column)) / step_m;
        let slope_south = (h(row + 1, column) - h(row, column)) / step_m;
        let steep = (1.0 + slope_east * slope_east + slope_south * slope_south).sqrt();
        let lit = ((sun_up + slope_east * sun_west) / steep).max(0.0);
        let seen = 1.0 / steep;
        (255.0 * (lit / (lit + seen) * 2.2).min(1.0)) as u8
    };
    let mut bytes = bitmap_head(pixels as u32);
    for row in (0..pixels).rev() {
        bytes.extend((0..pixels).map(|column| grey(row, column)));
    }
    format!("data:image/bmp;base64,{}", base64(&bytes))
}

/// The head of a square Windows bitmap of 256 greys; the side is a multiple of four.
fn bitmap_head(side: u32) -> Vec<u8> {
    let head = 14 + 40 + 1024;
    let mut bytes = b"BM".to_vec();
    for word in [head + side * side, 0, head, 40, side, side] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend([1, 0, 8, 0]);
    for word in [0, side * side, 2835, 2835, 256, 0] {
        bytes.extend(u32::to_le_bytes(word));
    }
    bytes.extend((0..=255_u8).flat_map(|grey| [grey, grey, grey, 0]));
    bytes
}

/// [RFC4648], section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let three = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for k in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * k)) as usize & 63];
            text.push(if k <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
