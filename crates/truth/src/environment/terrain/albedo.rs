//! How bright the ground is, and whether it is mare or highland.
//!
//! Owns: the global image, its scale in reflectance, the share of mare. Does not own: how light
//! scatters (incidence, phase), which is the sensor's business.
//!
//! As published: LROC WAC global image, 8 bits without a scale, see `data/wac-1024x512/README.md`.
//! Normal albedo at 643 nm from the Hapke maps of [Sato2014]: Mare Frigoris (60.5 N 4.6 W) 0.187,
//! Atlas 0.243, Apollo 11 0.131, Apollo 16 0.224; there the image reads 60, 86, 38 and 86 of 255
//! (means of 5 × 5 pixels). Zero-phase reflectance at 1064 nm, [Lucey2014] (seen in its abstract;
//! figures assumed): about 0.3 on average, maria 0.15 to 0.25, highlands 0.35 to 0.4.
//! As programmed: the straight line through the four anchors by least squares (it meets each to
//! 5 %), times the one factor that brings the global mean of the image to 0.30; bilinear between
//! pixels, clamped. Beyond 70° latitude the image is no longer photometric (long shadows, gaps) and
//! fades into the mean of the highlands.
//! Mare is what is dark and smooth at 20 km: the product of two soft thresholds, so chosen that
//! maria cover a sixth of the Moon, [HeadWilson1992].
//! Refuses: variation below the pixel (10.7 km), colour, phase.

use super::TerrainError;
use super::raster::Raster;
use core::f64::consts::{FRAC_PI_2, PI, TAU};
use std::io::Cursor;
use std::path::Path;
use std::sync::OnceLock;
use tiff::decoder::{Decoder, DecodingResult};

/// The global image.
const WAC: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../data/wac-1024x512/wac_1024x512.tif"
));
const WIDTH: usize = 1024;
const HEIGHT: usize = 512;
/// Normal albedo at 643 nm of a pixel that reads zero, and per count: the line of the header.
const ZERO_643: f64 = 0.0537;
const PER_COUNT_643: f64 = 0.002_115;
/// Global mean at 1064 nm, 0.30, over that of the image at 643 nm (78.1 counts: 0.219).
const REDDER: f64 = 1.37;
/// Limits of the result: the darkest maria and the brightest ejecta. Assumed.
const ALBEDO_MIN: f64 = 0.10;
const ALBEDO_MAX: f64 = 0.55;
/// Counts of the mean highland, where the image cannot be trusted.
const HIGHLAND_COUNTS: f64 = 90.0;
/// Latitudes between which the image fades, rad: the maps of [Sato2014] end at 70°. No mare lies
/// beyond.
const FADES_RAD: [f64; 2] = [1.187, 1.274];
/// Cells of the grid of the share of mare: two by two pixels of the image.
const CELLS_X: usize = WIDTH / 2;
const CELLS_Y: usize = HEIGHT / 2;
/// Counts between which ground turns from dark to bright, and curvature over one cell, m rms, at
/// which it turns from smooth to rough. Chosen, see the header and the tests.
const DARK_COUNTS: [f64; 2] = [64.0, 74.0];
const SMOOTH_M: [f64; 2] = [200.0, 320.0];

/// Brightness and kind of ground of the whole Moon.
#[derive(Clone, Debug)]
pub(super) struct Albedo {
    counts: Vec<u8>,
    mare: Vec<f32>,
}

/// The image decoded, and its maria told apart by the elevations of `coarse`, once. Some ten
/// milliseconds.
pub(super) fn wac(coarse: &Raster) -> Result<&'static Albedo, TerrainError> {
    static SHARED: OnceLock<Albedo> = OnceLock::new();
    if let Some(albedo) = SHARED.get() {
        return Ok(albedo);
    }
    let counts = decode()?;
    let mare = mare(&counts, coarse);
    Ok(SHARED.get_or_init(|| Albedo { counts, mare }))
}

impl Albedo {
    /// Reflectance at 1064 nm and zero phase, relative to a white Lambert surface seen squarely.
    pub(super) fn normal(&self, latitude_rad: f64, longitude_rad: f64) -> f64 {
        let at = |c: usize, r: usize| f64::from(self.counts[r * WIDTH + c]);
        let seen = bilinear(latitude_rad, longitude_rad, [WIDTH, HEIGHT], at);
        let counts = seen + (HIGHLAND_COUNTS - seen) * polar(latitude_rad);
        (REDDER * (ZERO_643 + PER_COUNT_643 * counts)).clamp(ALBEDO_MIN, ALBEDO_MAX)
    }

    /// Share of mare, 0 (highland) to 1.
    pub(super) fn mare_share(&self, latitude_rad: f64, longitude_rad: f64) -> f64 {
        let at = |c: usize, r: usize| f64::from(self.mare[r * CELLS_X + c]);
        bilinear(latitude_rad, longitude_rad, [CELLS_X, CELLS_Y], at)
    }
}

/// 0 where the image is photometric, 1 around the poles.
fn polar(latitude_rad: f64) -> f64 {
    between(latitude_rad.abs(), FADES_RAD)
}

/// 0 below the first, 1 above the second, smooth between.
fn between(x: f64, [zero, one]: [f64; 2]) -> f64 {
    let t = ((x - zero) / (one - zero)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Bilinear in a global grid of pixels that are areas, from 180° W and 90° N.
fn bilinear(
    latitude_rad: f64,
    longitude_rad: f64,
    [width, height]: [usize; 2],
    at: impl Fn(usize, usize) -> f64,
) -> f64 {
    let turn = (longitude_rad + PI) / TAU;
    let column = (turn - libm::floor(turn)) * width as f64 + (width as f64 - 0.5);
    let row = (FRAC_PI_2 - latitude_rad) / PI * height as f64 - 0.5;
    let row = row.clamp(0.0, (height - 1) as f64);
    let (c, r) = (column as usize, row as usize);
    let (x, y) = (column - c as f64, row - r as f64);
    let (c0, c1, r1) = (c % width, (c + 1) % width, (r + 1).min(height - 1));
    let north = at(c0, r) + x * (at(c1, r) - at(c0, r));
    let south = at(c0, r1) + x * (at(c1, r1) - at(c0, r1));
    north + y * (south - north)
}

fn decode() -> Result<Vec<u8>, TerrainError> {
    let file = Path::new("wac_1024x512.tif");
    let corrupt = |source| TerrainError::NotATiff { file: file.into(), source };
    let mut decoder = Decoder::new(Cursor::new(WAC)).map_err(corrupt)?;
    match decoder.read_image().map_err(corrupt)? {
        DecodingResult::U8(counts) if counts.len() == WIDTH * HEIGHT => Ok(counts),
        _ => Err(TerrainError::SampleFormat { file: file.into() }),
    }
}

/// The share of mare of every cell.
fn mare(counts: &[u8], coarse: &Raster) -> Vec<f32> {
    let cells = || (0..CELLS_Y).flat_map(|r| (0..CELLS_X).map(move |c| (c, r)));
    let latitude_rad = |r: usize| FRAC_PI_2 - (r as f64 + 0.5) * PI / CELLS_Y as f64;
    let longitude_rad = |c: usize| (c as f64 + 0.5) * TAU / CELLS_X as f64 - PI;
    let bright: Vec<f64> = cells()
        .map(|(c, r)| {
            let first = 2 * r * WIDTH + 2 * c;
            let four = [first, first + 1, first + WIDTH, first + WIDTH + 1];
            four.iter().map(|&k| f64::from(counts[k])).sum::<f64>() / 4.0
        })
        .collect();
    let height_m: Vec<f64> =
        cells().map(|(c, r)| coarse.at(latitude_rad(r), longitude_rad(c)).0).collect();
    let curvature2_m2: Vec<f64> = cells()
        .map(|(c, r)| {
            let [west, east, north, south] = [(-1, 0), (1, 0), (0, -1), (0, 1)]
                .map(|(dc, dr)| height_m[neighbour(c, r, dc, dr)]);
            let bend_m = height_m[r * CELLS_X + c] - 0.25 * (west + east + north + south);
            bend_m * bend_m
        })
        .collect();
    cells()
        .map(|(c, r)| {
            let around = |of: &[f64]| {
                let nine = (0..9).map(|k| of[neighbour(c, r, k % 3 - 1, k / 3 - 1)]);
                nine.sum::<f64>() / 9.0
            };
            let dark = 1.0 - between(around(&bright), DARK_COUNTS);
            let smooth = 1.0 - between(around(&curvature2_m2).sqrt(), SMOOTH_M);
            (dark * smooth * (1.0 - polar(latitude_rad(r)))) as f32
        })
        .collect()
}

/// Index of the cell so many columns and rows away; around the Moon, stopping at the poles.
fn neighbour(c: usize, r: usize, columns: isize, rows: isize) -> usize {
    let c = (c as isize + columns).rem_euclid(CELLS_X as isize) as usize;
    let r = (r as isize + rows).clamp(0, CELLS_Y as isize - 1) as usize;
    r * CELLS_X + c
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moon() -> &'static Albedo {
        wac(&super::super::lola().unwrap()).unwrap()
    }

    fn at(f: impl Fn(&Albedo, f64, f64) -> f64, latitude_deg: f64, longitude_deg: f64) -> f64 {
        f(moon(), latitude_deg.to_radians(), longitude_deg.to_radians())
    }

    /// Mean over 1.4° around a place, the 5 × 5 pixels of the anchors.
    fn mean(latitude_deg: f64, longitude_deg: f64) -> f64 {
        let step = |k: i32| f64::from(k - 2) * 360.0 / 1024.0;
        let one =
            |k: i32| at(Albedo::normal, latitude_deg + step(k / 5), longitude_deg + step(k % 5));
        (0..25).map(one).sum::<f64>() / 25.0
    }

    #[test]
    fn the_anchors_are_met_to_six_percent() {
        // [Sato2014] at 643 nm, times the factor to 1064 nm; the line leaves 5 %, the centres of
        // the pixels 1 %.
        for (latitude, longitude, at_643) in
            [(60.5, -4.6, 0.187), (47.5, 44.4, 0.243), (0.674, 23.473, 0.131), (-8.97, 15.5, 0.224)]
        {
            let ratio = mean(latitude, longitude) / (REDDER * at_643);
            assert!((ratio - 1.0).abs() < 0.06, "{latitude}: {ratio}");
        }
    }

    #[test]
    fn maria_are_dark_highlands_bright_and_the_moon_reflects_three_tenths() {
        for (latitude, longitude) in [(35.0, -17.0), (18.56, 61.8), (27.0, 18.0), (-20.0, -16.0)] {
            let albedo = mean(latitude, longitude);
            assert!((0.15..0.25).contains(&albedo), "{latitude}: {albedo}");
        }
        for (latitude, longitude) in [(20.0, 180.0), (0.0, 150.0), (5.0, -140.0)] {
            let albedo = mean(latitude, longitude);
            assert!((0.30..0.50).contains(&albedo), "{latitude}: {albedo}");
        }
        let (mut sum, mut weights) = (0.0, 0.0);
        for k in 0..90 * 180 {
            let latitude = f64::from(k / 180) * 2.0 - 89.0;
            let weight = libm::cos(latitude.to_radians());
            sum += weight * at(Albedo::normal, latitude, f64::from(k % 180) * 2.0);
            weights += weight;
        }
        assert!((sum / weights - 0.30).abs() < 0.01, "{}", sum / weights);
    }

    #[test]
    fn landing_sites_are_known_to_be_mare_or_highland() {
        // HAKUTO-R M2, Apollo 11, 12, 15 plain, Blue Ghost M1, Chang'e-3, -4, -5; then Atlas's
        // rim, Apollo 16, Tycho, the far side, both poles.
        for (latitude, longitude) in [
            (60.5, -4.6),
            (0.674, 23.473),
            (-3.0, -23.4),
            (18.562, 61.81),
            (44.12, -19.51),
            (-45.46, 177.6),
            (43.06, -51.92),
        ] {
            let share = at(Albedo::mare_share, latitude, longitude);
            assert!(share > 0.75, "{latitude} {longitude}: {share}");
        }
        for (latitude, longitude) in
            [(46.0, 46.0), (-8.97, 15.5), (-43.3, -11.2), (20.0, 180.0), (89.9, 0.0), (-89.9, 9.0)]
        {
            let share = at(Albedo::mare_share, latitude, longitude);
            assert!(share < 0.1, "{latitude} {longitude}: {share}");
        }
    }

    #[test]
    fn maria_cover_a_sixth_of_the_moon_and_nearly_all_face_the_earth() {
        let (mut near, mut far, mut weights) = (0.0, 0.0, 0.0);
        for k in 0..180 * 360 {
            let (latitude, longitude) = (f64::from(k / 360) - 89.5, f64::from(k % 360) - 179.5);
            let weight = libm::cos(latitude.to_radians());
            let share = weight * at(Albedo::mare_share, latitude, longitude);
            *(if longitude.abs() < 90.0 { &mut near } else { &mut far }) += share;
            weights += weight;
        }
        // [HeadWilson1992]: 17 %.
        assert!(((near + far) / weights - 0.17).abs() < 0.02, "{}", (near + far) / weights);
        assert!(near > 10.0 * far, "{near} {far}");
    }

    #[test]
    fn the_date_line_and_the_poles_are_no_edges() {
        for latitude in [-80.0, -30.0, 0.0, 45.0, 66.0] {
            for f in [Albedo::normal, Albedo::mare_share] {
                let (east, west) = (at(f, latitude, 180.0 - 1e-9), at(f, latitude, -180.0 + 1e-9));
                assert!((east - west).abs() < 1e-6);
            }
        }
        assert!((0..36).all(|k| {
            at(Albedo::normal, 90.0, f64::from(k) * 10.0) == at(Albedo::normal, 90.0, 0.0)
        }));
    }
}
