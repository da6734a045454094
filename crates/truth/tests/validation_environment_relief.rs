//! Validation: slopes of the generated ground against baseline.
//! Source: [Rosenburg2011], median slopes in two dimensions at a baseline of about 17 m: maria 2.0°,
//! highlands 7.5°; deviation ∝ baseline^H with H about 0.76 and 0.95 upwards of that (their maps
//! span 57 m to 2.7 km). [CaiFa2020], LROC NAC terrain models: below 0.2 km H is 0.9 (0.7 to 0.95)
//! in both. Hence slope(L) = slope(17 m) (L/17 m)^(H − 1).
//! Compared: the median of the slope in two dimensions, at places of maria and highlands, over
//! baselines from 0.6 m to 1 km; and that the distribution has the long tail of cratered ground.
//! Tolerance: 20 %. The published exponents spread by ±0.1, which is 15 % over the decade and a half
//! from 17 m to either end; 5 % is left to the sampling (2000 places: 3 % of a median).

use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;
use truth::environment::terrain::{FINEST_M, Terrain, TerrainConfig};

const PLACES: usize = 2000;
/// From south, north, west, east, degrees: Imbrium, Serenitatis, Procellarum, Frigoris.
const MARIA: &[[f64; 4]] = &[
    [30.0, 38.0, -22.0, -12.0],
    [24.0, 30.0, 15.0, 21.0],
    [15.0, 20.0, -60.0, -55.0],
    [59.5, 60.8, -6.0, -4.0],
];
/// The far side twice, the southern near side.
const HIGHLANDS: &[[f64; 4]] =
    &[[-10.0, 20.0, 140.0, 175.0], [-60.0, -40.0, 20.0, 40.0], [10.0, 40.0, -160.0, -120.0]];

fn ground() -> Terrain {
    let config = TerrainConfig {
        seed: 3,
        age_gyr: 3.6,
        rock_abundance: 0.01,
        relief: true,
        tiles: Vec::new(),
    };
    Terrain::new(&config).unwrap()
}

fn at(u: Vector3<f64>) -> Vector<Position, M> {
    Vector::from_si(u * MOON_RADIUS_M)
}

/// Places that are wholly of one kind, spread by irrational strides.
fn places(ground: &Terrain, boxes: &[[f64; 4]], mare: bool) -> Vec<Vector3<f64>> {
    let all = (0..10 * PLACES).map(|k| {
        let [south, north, west, east] = boxes[k % boxes.len()];
        let k = k as f64;
        let latitude = (south + (k * 0.618_034) % 1.0 * (north - south)).to_radians();
        let longitude = (west + (k * 0.754_878) % 1.0 * (east - west)).to_radians();
        let (s, c) = latitude.sin_cos();
        Vector3::new(c * longitude.cos(), c * longitude.sin(), s)
    });
    let of_kind = |u: &Vector3<f64>| {
        let share = ground.mare_share(at(*u));
        if mare { share > 0.99 } else { share < 0.01 }
    };
    let found: Vec<_> = all.filter(of_kind).take(PLACES).collect();
    assert_eq!(found.len(), PLACES);
    found
}

/// Slopes in two dimensions over a baseline, degrees, sorted.
fn slopes_deg(ground: &Terrain, places: &[Vector3<f64>], baseline_m: f64) -> Vec<f64> {
    let slope = |(k, u): (usize, &Vector3<f64>)| {
        let east = Vector3::z().cross(u).normalize();
        let (s, c) = (k as f64 * 2.399_963).sin_cos();
        let d = (east * c + u.cross(&east) * s) * (0.5 * baseline_m / MOON_RADIUS_M);
        let rise = |d: Vector3<f64>| {
            let height_m = |u: Vector3<f64>| ground.elevation_m(at(u), FINEST_M);
            (height_m(u + d) - height_m(u - d)) / baseline_m
        };
        rise(d).hypot(rise(u.cross(&d))).atan().to_degrees()
    };
    let mut slopes: Vec<f64> = places.iter().enumerate().map(slope).collect();
    slopes.sort_by(f64::total_cmp);
    slopes
}

fn check(boxes: &[[f64; 4]], mare: bool, at_17_deg: f64, hurst_above: f64) {
    let ground = ground();
    let places = places(&ground, boxes, mare);
    for baseline_m in [0.6_f64, 2.0, 6.0, 17.0, 60.0, 200.0, 1000.0] {
        let hurst = if baseline_m > 17.0 { hurst_above } else { 0.9 };
        let published_deg = at_17_deg * (baseline_m / 17.0).powf(hurst - 1.0);
        let slopes = slopes_deg(&ground, &places, baseline_m);
        let median_deg = slopes[PLACES / 2];
        assert!(
            (median_deg / published_deg - 1.0).abs() < 0.2,
            "{baseline_m} m: median {median_deg}, published {published_deg}"
        );
        // A normal distribution in two dimensions has rms / median = 1.20; craters lengthen the
        // tail, but not beyond measure.
        let rms_deg = (slopes.iter().map(|s| s * s).sum::<f64>() / PLACES as f64).sqrt();
        let tail = rms_deg / median_deg;
        assert!((1.2..3.5).contains(&tail), "{baseline_m} m: rms {rms_deg}, median {median_deg}");
    }
}

#[test]
fn maria_have_the_published_slopes_from_half_a_metre_to_a_kilometre() {
    check(MARIA, true, 2.0, 0.76);
}

#[test]
fn highlands_have_the_published_slopes_from_half_a_metre_to_a_kilometre() {
    check(HIGHLANDS, false, 7.5, 0.95);
}

#[test]
fn slopes_steeper_than_loose_ground_can_stand_are_rare() {
    // The angle of repose is 32° to 35°: [Kreslavsky2016] find almost nothing steeper over 25 m.
    let ground = ground();
    for (boxes, mare) in [(MARIA, true), (HIGHLANDS, false)] {
        let slopes = slopes_deg(&ground, &places(&ground, boxes, mare), 25.0);
        let steep = slopes.iter().filter(|s| **s > 35.0).count();
        assert!(steep as f64 <= 0.005 * PLACES as f64, "{steep} of {PLACES}");
    }
}

#[test]
fn a_mare_can_be_landed_on() {
    let ground = ground();
    let places = places(&ground, &MARIA[3..], true);
    let slopes = slopes_deg(&ground, &places, 4.0);
    let gentle = slopes.iter().filter(|s| **s < 8.0).count() as f64 / PLACES as f64;
    assert!(gentle > 0.8, "{gentle}");
}
