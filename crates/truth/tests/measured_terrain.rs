//! Files of measured elevation, through the door that scenarios use.
//!
//! Closed forms: planes and waves that cubic convolution reproduces; the map corners that LOLA's
//! archive prints are in `environment::terrain::projection`.
#![allow(missing_docs)]

#[path = "fixture/geotiff.rs"]
#[allow(dead_code)]
mod geotiff;
#[path = "measured_terrain/labels.rs"]
mod labels;
#[path = "measured_terrain/mutations.rs"]
mod mutations;
#[path = "fixture/survey.rs"]
mod survey;

use geotiff::{GeoTiff, Kind, Place};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;
use std::path::PathBuf;
use truth::environment::terrain::{Terrain, TerrainConfig, TerrainError, Tile};

/// A file of the test run's own folder.
fn scratch(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn tile(name: &str, bytes: &[u8]) -> Tile {
    Tile::read(&scratch(name, bytes)).unwrap()
}

fn refusal(path: PathBuf) -> String {
    Tile::read(&path).unwrap_err().to_string()
}

fn ground(tiles: Vec<Tile>) -> Terrain {
    Terrain::new(&TerrainConfig {
        seed: 1,
        age_gyr: 3.5,
        rock_abundance: 0.01,
        relief: false,
        tiles,
    })
    .unwrap()
}

fn place(latitude_deg: f64, longitude_deg: f64) -> Vector3<f64> {
    let (a, b) = (latitude_deg.to_radians(), longitude_deg.to_radians());
    Vector3::new(a.cos() * b.cos(), a.cos() * b.sin(), a.sin())
}

fn at(ground: &Terrain, latitude_deg: f64, longitude_deg: f64) -> f64 {
    let p: Vector<Position, M> = Vector::from_si(place(latitude_deg, longitude_deg));
    ground.elevation_m(p, 2.0)
}

fn elevation_m(tile: &Tile, latitude_deg: f64, longitude_deg: f64) -> Option<f64> {
    tile.elevation_m(latitude_deg.to_radians(), longitude_deg.to_radians())
}

/// North-west corner at 61 N, 5 W.
fn mare(step_deg: f64) -> Place {
    Place::Geographic { west_deg: -5.0, north_deg: 61.0, step_deg }
}

fn waves(c: usize, r: usize) -> f64 {
    (-2000.0 + 300.0 * (c as f64 * 0.11).sin() * (r as f64 * 0.07).cos()).round()
}

#[test]
fn the_same_samples_make_the_same_ground_however_they_lie_in_the_file() {
    let plain = GeoTiff::new(150, 133, mare(0.01));
    let first = tile("plain.tif", &plain.bytes(waves));
    for kind in [Kind::Int16, Kind::Float32] {
        for (tile_side, strip_rows) in [(Some(16), 0), (Some(64), 0), (None, 7), (None, 133)] {
            for deflate in [false, true] {
                let made = GeoTiff { kind, tile: tile_side, strip_rows, deflate, ..plain };
                let name = format!("same-{kind:?}-{tile_side:?}-{strip_rows}-{deflate}.tif");
                let other = tile(&name, &made.bytes(waves));
                for k in 0..300 {
                    let k = f64::from(k);
                    let (latitude, longitude) =
                        (61.0 - (k * 0.618_034) % 1.33, -5.0 + (k * 0.754_878) % 1.5);
                    assert_eq!(
                        elevation_m(&first, latitude, longitude).map(f64::to_bits),
                        elevation_m(&other, latitude, longitude).map(f64::to_bits),
                        "{name}"
                    );
                }
            }
        }
    }
    // Half metres, as LOLA's integers are.
    let halves = GeoTiff { kind: Kind::Int16, scale: Some(0.5), ..plain };
    let halves = tile("halves.tif", &halves.bytes(|c, r| 2.0 * waves(c, r)));
    assert_eq!(elevation_m(&first, 60.3, -4.3), elevation_m(&halves, 60.3, -4.3));
}

#[test]
fn a_large_file_read_in_pieces_is_the_ground_of_a_small_one_read_at_once() {
    let step_deg = 1e-4;
    let samples: Vec<f64> = (0..2304 * 2304).map(|k| waves(k % 2304, k / 2304)).collect();
    let waves = |c: usize, r: usize| samples[r * 2304 + c];
    // 4.2 million samples is where reading at once ends.
    let large = GeoTiff::new(2304, 2304, mare(step_deg));
    let (c0, r0) = (200, 180);
    let (west_deg, north_deg) = (-5.0 + c0 as f64 * step_deg, 61.0 - r0 as f64 * step_deg);
    let cut = GeoTiff::new(700, 700, Place::Geographic { west_deg, north_deg, step_deg });
    let cut = tile("cut.tif", &cut.bytes(|c, r| waves(c + c0, r + r0)));
    let forms = [
        GeoTiff { tile: Some(256), ..large },
        GeoTiff { tile: Some(80), deflate: true, ..large },
        GeoTiff { strip_rows: 3, deflate: true, ..large },
        large,
    ];
    for (k, form) in forms.iter().enumerate() {
        let path = scratch(&format!("large-{k}.tif"), &form.bytes(waves));
        let place = |k: u32| {
            let (c, r) = ((k * 37) % 530, (k * 61) % 530);
            let column = (c0 + 80) as f64 + f64::from(c) + 0.3;
            let row = (r0 + 80) as f64 + f64::from(r) + 0.6;
            (61.0 - row * step_deg, -5.0 + column * step_deg)
        };
        // Four threads, each in an order of its own.
        let large = Tile::read(&path).unwrap();
        let seen: Vec<Vec<Option<f64>>> = std::thread::scope(|scope| {
            let look = |turn: u32| {
                let (large, place) = (&large, &place);
                scope.spawn(move || {
                    let mut seen = vec![None; 2000];
                    for k in 0..2000 {
                        let k = if turn.is_multiple_of(2) { k } else { 1999 - k };
                        let (latitude, longitude) = place(k);
                        seen[k as usize] = elevation_m(large, latitude, longitude);
                    }
                    seen
                })
            };
            let threads: Vec<_> = (0..4).map(look).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(seen.iter().all(|one| *one == seen[0]));
        for (k, found) in (0..2000).zip(&seen[0]) {
            let (latitude, longitude) = place(k);
            let expected = elevation_m(&cut, latitude, longitude).unwrap();
            // Rows are counted from another corner: the last digits of a latitude differ.
            assert!((found.unwrap() - expected).abs() < 1e-6, "{k}: {found:?} {expected}");
        }
        // Ceilings, small and beyond one patch, lie above the ground and not far.
        for reach in [1e-6, 1e-5, 1e-4] {
            let (latitude, longitude) = (60.95_f64.to_radians(), (-4.93_f64).to_radians());
            let (whole, piece) = (
                large.ceiling_m(latitude, longitude, reach),
                cut.ceiling_m(latitude, longitude, reach),
            );
            assert!((-2300.0..=-1699.0).contains(&whole) && (whole - piece).abs() < 600.0);
        }
        assert!(large.trouble().is_none());
    }
}

#[test]
fn a_damaged_block_of_a_large_file_is_empty_and_says_so_when_looked_at() {
    let large = GeoTiff { tile: Some(256), deflate: true, ..GeoTiff::new(2304, 2304, mare(1e-4)) };
    let mut bytes = large.bytes(waves);
    // The last tile ends before the directory, which the header points to.
    let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    bytes[directory - 400..directory].fill(0x5a);
    let tile = tile("damaged.tif", &bytes);
    assert!(elevation_m(&tile, 60.9, -4.9).is_some() && tile.trouble().is_none());
    // Inside the border of a tenth that fades, column and row 2060.
    assert!(elevation_m(&tile, 61.0 - 0.2073, -5.0 + 0.2073).is_none());
    let trouble = tile.trouble().expect("the block is damaged");
    assert!(trouble.to_string().contains("damaged.tif"), "{trouble}");
}

#[test]
fn a_file_cut_short_is_refused_on_opening_with_both_sizes() {
    let large = GeoTiff { tile: Some(256), ..GeoTiff::new(2304, 2304, mare(1e-4)) };
    let mut bytes = large.bytes(waves);
    // The directory goes to the front of what is left: here the offsets are made to point beyond.
    let n = bytes.len();
    let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let count = u16::from_le_bytes(bytes[directory..directory + 2].try_into().unwrap());
    for entry in 0..usize::from(count) {
        let at = directory + 2 + 12 * entry;
        let tag = u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
        if tag == 324 {
            let list = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap()) as usize;
            bytes[list..list + 4].copy_from_slice(&(n as u32).to_le_bytes());
        }
    }
    let path = scratch("short.tif", &bytes);
    let Err(TerrainError::CutShort { bytes, needed, .. }) = Tile::read(&path) else {
        panic!("the first tile lies beyond the end")
    };
    assert_eq!((bytes, needed), (n as u64, n as u64 + 4 * 256 * 256));
}

#[test]
fn a_hole_has_no_say_and_a_smooth_border() {
    let hole = |c: usize, r: usize| {
        let (x, y) = (c as f64 - 60.0, r as f64 - 60.0);
        if x * x + y * y < 50.0 { -32768.0 } else { 1000.0 }
    };
    for kind in [Kind::Int16, Kind::Float32] {
        let made = GeoTiff { kind, no_data: Some(-32768.0), ..GeoTiff::new(120, 120, mare(0.01)) };
        let tile = tile(&format!("hole-{kind:?}.tif"), &made.bytes(hole));
        let (terrain, bare) = (ground(vec![tile.clone()]), ground(vec![]));
        let (latitude, longitude) = (61.0 - 0.605, -5.0 + 0.605);
        assert_eq!(elevation_m(&tile, latitude, longitude), None);
        assert_eq!(at(&terrain, latitude, longitude), at(&bare, latitude, longitude));
        assert!((at(&terrain, latitude + 0.25, longitude) - 1000.0).abs() < 1e-9);
        // Eleven samples from the last missing one everything is measured; no step on the way.
        let line: Vec<f64> =
            (0..=3000).map(|k| at(&terrain, latitude + f64::from(k) * 1e-4, longitude)).collect();
        let jump = line.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
        // From −2450 m to 1000 m over eight samples of 100 steps: 1.875 times the mean slope, and
        // some more where several missing samples are near.
        assert!(jump < 1.3 * 1.875 * 3500.0 / 800.0, "{jump}");
        assert!((line[1900] - 1000.0).abs() < 1e-9, "{}", line[1900]);
        for k in 0..400 {
            let k = f64::from(k);
            let (a, b) = (60.2 + (k * 0.618) % 0.4, -4.6 + (k * 0.755) % 0.4);
            let bound = terrain.measured_ceiling_m(place(a, b), 1e-5 * (k % 40.0));
            assert!(bound >= at(&terrain, a, b), "{a} {b}");
        }
    }
    let all = GeoTiff { no_data: Some(-32768.0), ..GeoTiff::new(40, 40, mare(0.01)) };
    let path = scratch("all-void.tif", &all.bytes(|_, _| -32768.0));
    assert!(refusal(path).contains("not one sample holds an elevation"));
}

#[test]
fn grids_around_the_poles_are_right_side_up() {
    // A plane in space, z = a + b x + c y with x, y along meridians 0 and 90 E, is smooth over the
    // pole; a map turned or mirrored would show another one.
    let plane = |u: Vector3<f64>| 500.0 + 4000.0 * u.x - 9000.0 * u.y;
    let (side, step_m) = (400_usize, 500.0);
    for (latitude_deg, code) in [(90.0, 15), (-90.0, 15), (90.0, 14), (-90.0, 14), (-71.0, 15)] {
        for longitude_deg in [0.0, 35.0] {
            let edge_m = 0.5 * side as f64 * step_m;
            let (x_m, y_m) = (-edge_m, edge_m);
            let place_of = Place::Polar { x_m, y_m, step_m, latitude_deg, longitude_deg, code };
            let made = GeoTiff::new(side, side, place_of);
            let sign = f64::signum(latitude_deg);
            // The scale at the pole that makes it 1 at the latitude: (1 + sin φ)/2.
            let scale = 0.5 * (1.0 + latitude_deg.abs().to_radians().sin());
            let sample = |c: usize, r: usize| {
                let (x, y) = (x_m + (c as f64 + 0.5) * step_m, y_m - (r as f64 + 0.5) * step_m);
                let from_pole =
                    2.0 * ((x * x + y * y).sqrt() / (2.0 * MOON_RADIUS_M * scale)).atan();
                // North: x = ρ sin λ, y = −ρ cos λ; south: y = ρ cos λ. [Snyder1987] §21.
                let longitude = f64::atan2(x, -sign * y) + longitude_deg.to_radians();
                plane(place(sign * (90.0 - from_pole.to_degrees()), longitude.to_degrees()))
            };
            let name = format!("polar{latitude_deg}-{longitude_deg}-{code}.tif");
            let tile = tile(&name, &made.bytes(sample));
            assert!((tile.posting_m() * scale - step_m).abs() < 1e-6);
            for k in 0..200 {
                let k = f64::from(k);
                let (a, b) = (sign * (90.0 - (k * 0.618) % 2.4), (k * 75.5) % 360.0);
                let (found, expected) = (elevation_m(&tile, a, b).unwrap(), plane(place(a, b)));
                assert!((found - expected).abs() < 0.01, "{name} {a} {b}: {found} {expected}");
            }
            assert_eq!(elevation_m(&tile, -sign * 89.0, 10.0), None);
            let bound = tile.ceiling_m(sign * 1.56, 0.4, 0.01);
            let found = (0..360)
                .filter_map(|k| tile.elevation_m(sign * (1.56 + 0.009), f64::from(k) * 0.02))
                .fold(f64::NEG_INFINITY, f64::max);
            assert!(bound >= found);
        }
    }
    let oblique = Place::Polar {
        x_m: 0.0,
        y_m: 0.0,
        step_m: 500.0,
        latitude_deg: 45.0,
        longitude_deg: 0.0,
        code: 14,
    };
    let path = scratch("oblique.tif", &GeoTiff::new(20, 20, oblique).bytes(|_, _| 0.0));
    assert!(refusal(path).contains("latitude 45°"));
}

#[test]
fn the_finest_tile_counts_whatever_the_order_they_are_listed_in() {
    let flat = |step_deg: f64, z: f64| {
        let n = (2.0 / step_deg) as usize;
        let name = format!("flat-{step_deg}-{z}.tif");
        tile(&name, &GeoTiff::new(n, n, mare(step_deg)).bytes(|_, _| z))
    };
    let (coarse, fine, same) = (flat(0.02, 100.0), flat(0.01, 200.0), flat(0.01, 300.0));
    for tiles in [vec![coarse.clone(), fine.clone()], vec![fine.clone(), coarse.clone()]] {
        assert_eq!(at(&ground(tiles), 60.0, -4.0), 200.0);
    }
    // Of equally fine ones the first.
    assert_eq!(at(&ground(vec![same.clone(), fine.clone()]), 60.0, -4.0), 300.0);
    assert_eq!(at(&ground(vec![fine, same]), 60.0, -4.0), 200.0);
    // The border of a fine tile inside a coarse one is a blend of the two, without a step.
    let place_of = Place::Geographic { west_deg: -4.5, north_deg: 60.5, step_deg: 0.005 };
    let inner = tile("inner.tif", &GeoTiff::new(200, 200, place_of).bytes(|_, _| 500.0));
    let both = ground(vec![coarse, inner]);
    let line: Vec<f64> = (0..=1000).map(|k| at(&both, 60.0, -4.7 + f64::from(k) * 7e-4)).collect();
    assert!(line.iter().all(|z| (99.999..500.001).contains(z)));
    assert!(line.windows(2).all(|w| (w[1] - w[0]).abs() < 6.0));
    assert!((line[0] - 100.0).abs() < 1e-9 && (line[1000] - 500.0).abs() < 1e-9);
}

#[test]
fn an_overview_averages_what_a_map_cannot_show() {
    // A ripple four samples long on a slope: its mean is the slope.
    let ripple = |c: usize, r: usize| {
        0.5 * c as f64 - 0.25 * r as f64 + if (c + r) % 4 < 2 { 200.0 } else { -200.0 }
    };
    let made = GeoTiff::new(512, 512, mare(0.002));
    let tile = tile("ripple.tif", &made.bytes(ripple));
    let terrain = ground(vec![tile.clone()]);
    let overview = |a: f64, b: f64, resolution_m: f64| {
        let p: Vector<Position, M> = Vector::from_si(place(a, b));
        terrain.overview_m(p, resolution_m)
    };
    let posting_m = tile.posting_m();
    for k in 0..200 {
        let k = f64::from(k);
        let (a, b) = (61.0 - 0.3 - (k * 0.618) % 0.4, -5.0 + 0.3 + (k * 0.755) % 0.4);
        let slope = 0.5 * ((b + 5.0) / 0.002 - 0.5) - 0.25 * ((61.0 - a) / 0.002 - 0.5);
        // Squares of 4 samples and more.
        for postings in [8.0, 16.0, 33.0, 100.0] {
            let found = overview(a, b, postings * posting_m);
            assert!((found - slope).abs() < 0.02, "{postings}: {found} {slope}");
        }
        assert_eq!(overview(a, b, posting_m), at(&terrain, a, b));
    }
    // A map of 361 columns of 1° fades where it meets itself; one of 363 is none.
    let around = |columns: usize| {
        let place = Place::Geographic { west_deg: -180.0, north_deg: 60.0, step_deg: 1.0 };
        let bytes = GeoTiff::new(columns, 120, place).bytes(|_, _| 7.0);
        Tile::read(&scratch(&format!("around-{columns}.tif"), &bytes))
    };
    assert_eq!(at(&ground(vec![around(360).unwrap()]), 10.0, 180.0), 7.0);
    assert_eq!(at(&ground(vec![around(361).unwrap()]), 10.0, 0.0), 7.0);
    assert!(around(363).unwrap_err().to_string().contains("363° wide"));
    // The whole Moon from afar: seamless over the date line and single-valued at the poles.
    let global = ground(vec![]);
    let far = |a: f64, b: f64| global.overview_m(Vector::from_si(place(a, b)), 200_000.0);
    for k in -8..=8 {
        let a = f64::from(k) * 10.0;
        assert!((far(a, 180.0 - 1e-7) - far(a, -180.0 + 1e-7)).abs() < 0.01);
    }
    assert!((0..36).all(|k| (far(89.999_999, f64::from(k) * 10.0) - far(90.0, 0.0)).abs() < 0.1));
}

#[test]
fn a_crater_is_measured_as_it_was_made() {
    // Around 46.7 N 44.3 E: radius 40 km, rim 1200 m over the plain, floor 1500 m below it.
    let (latitude_deg, longitude_deg, radius_m) = (46.7_f64, 44.3_f64, 40_000.0);
    let (west_deg, north_deg, step_deg) = (41.8, 48.6, 0.01);
    let middle = place(latitude_deg, longitude_deg);
    let made = GeoTiff::new(500, 380, Place::Geographic { west_deg, north_deg, step_deg });
    let shape = |c: usize, r: usize| {
        let u =
            place(north_deg - (r as f64 + 0.5) * step_deg, west_deg + (c as f64 + 0.5) * step_deg);
        let share = middle.angle(&u) * MOON_RADIUS_M / radius_m;
        match share {
            s if s < 0.6 => -3500.0,
            s if s < 1.0 => -3500.0 + 2700.0 * ((s - 0.6) / 0.4).powi(2),
            s => -2000.0 + 1200.0 * s.powi(-3),
        }
    };
    let tile = tile("crater.tif", &made.bytes(shape));
    let center = (latitude_deg.to_radians(), longitude_deg.to_radians());
    let crater = survey::survey(&tile, center, (2_000.0, 70_000.0)).unwrap();
    assert_eq!(crater.azimuths, 360);
    // Within a posting of 303 m; the crest is sharp, so interpolation lowers it by less than the
    // fall of one posting, 60 m on the inside.
    assert!((crater.rim_radius_m - radius_m).abs() < 303.0, "{crater:?}");
    assert!((crater.median_rim_radius_m - radius_m).abs() < 303.0, "{crater:?}");
    assert!((crater.rim_m + 800.0).abs() < 60.0 && crater.rim_radius_sigma_m < 303.0);
    assert!(crater.rim_range_m.1 - crater.rim_range_m.0 < 60.0);
    assert!((crater.floor_m + 3500.0).abs() < 1.0, "{crater:?}");
    let along = survey::profile(&tile, center, 0.5, 60_000.0);
    assert!(along.len() > 190 && (along[0] + 3500.0).abs() < 1.0);
}
