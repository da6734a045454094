//! Validation: the Moon's orientation against the angles printed from DE421's own kernel, and against
//! the IAU's closed series; and, with the ephemeris, against NAIF's printed example.
//! Source: [DE421] angles; the excerpt, retrieval, licence and checksum in
//! `data/de421-librations/README.md`. Series: [Archinal2018] with the constants of [PCK11] (BODY301):
//! pole α, δ and prime meridian W, each a polynomial plus a sum over the angles E1…E13, T in
//! centuries and d in days of TDB past J2000; R_MI = T3(W) T1(90° − δ) T3(90° + α).
//! Compared: φ, θ, ψ at JD 2460000.5 TDB; the displacement of a surface point between series and
//! librations, every day from 2022-06-02 to 2031-12-31.
//! the Earth in the Moon's sky in the example of [FK220930], 2022-09-30 TDB, which is DE440.
//! Tolerance: half a unit of the last digit printed; of the series what [FK080317] measured between
//! it and the librations over 2000-2020: mean 76 m, amplitude 155 m;
//! of the example the largest turn between MOON_ME_DE421 and MOON_ME_DE440_ME421 that [FK220930] found in
//! 2000 to 2040, 3.0710e-7 rad, and in distance the digits, 1 m.
#![allow(non_snake_case)]

use icd::constants::MOON_RADIUS_M;
use icd::time::{Span, Time};
use nalgebra::{Matrix3, Vector3};
use truth::environment::ephemeris::Ephemeris;
use truth::environment::orientation::Orientation;

const DEG: f64 = core::f64::consts::PI / 180.0;
const DAY_S: f64 = 86_400.0;
const CENTURY_S: f64 = 36_525.0 * DAY_S;

/// E1…E13: degrees and degrees per century. [PCK11] BODY3_NUT_PREC_ANGLES.
const ANGLES_DEG: [(f64, f64); 13] = [
    (125.045, -1_935.536_452_5),
    (250.089, -3_871.072_905),
    (260.008, 475_263.332_872_5),
    (176.625, 487_269.629_985),
    (357.529, 35_999.050_957_5),
    (311.589, 964_468.499_31),
    (134.963, 477_198.869_325),
    (276.617, 12_006.300_765),
    (34.226, 63_863.513_242_5),
    (15.134, -5_806.609_357_5),
    (119.743, 131.840_64),
    (239.961, 6_003.150_382_5),
    (25.053, 473_327.796_42),
];
/// Amplitudes of sin E in α, of cos E in δ, of sin E in W, degrees. [PCK11] BODY301_NUT_PREC_*.
const AMPLITUDES_DEG: [(f64, f64, f64); 13] = [
    (-3.8787, 1.5419, 3.5610),
    (-0.1204, 0.0239, 0.1208),
    (0.0700, -0.0278, -0.0642),
    (-0.0172, 0.0068, 0.0158),
    (0.0, 0.0, 0.0252),
    (0.0072, -0.0029, -0.0066),
    (0.0, 0.0009, -0.0047),
    (0.0, 0.0, -0.0046),
    (0.0, 0.0, 0.0028),
    (-0.0052, 0.0008, 0.0052),
    (0.0, 0.0, 0.0040),
    (0.0, 0.0, 0.0019),
    (0.0043, -0.0009, -0.0044),
];
/// Right ascension of the pole: degrees, degrees per century. [PCK11] BODY301_POLE_RA.
const POLE_RA_DEG: (f64, f64) = (269.9949, 0.0031);
/// Declination of the pole: degrees, degrees per century. [PCK11] BODY301_POLE_DEC.
const POLE_DEC_DEG: (f64, f64) = (66.5392, 0.0130);
/// Prime meridian: degrees, degrees per day, degrees per day². [PCK11] BODY301_PM.
const MERIDIAN_DEG: (f64, f64, f64) = (38.3213, 13.176_358_15, -1.4e-12);

/// `M` in `I` by the series, its columns.
fn series_R_IM(t: Time) -> Matrix3<f64> {
    let tdb_s = t.tdb_s();
    let (centuries, days) = (tdb_s / CENTURY_S, tdb_s / DAY_S);
    let mut alpha = POLE_RA_DEG.0 + POLE_RA_DEG.1 * centuries;
    let mut delta = POLE_DEC_DEG.0 + POLE_DEC_DEG.1 * centuries;
    let mut meridian = MERIDIAN_DEG.0 + days * (MERIDIAN_DEG.1 + days * MERIDIAN_DEG.2);
    for (&(start, per_century), &(in_alpha, in_delta, in_meridian)) in
        ANGLES_DEG.iter().zip(&AMPLITUDES_DEG)
    {
        let (sin, cos) = libm::sincos((start + per_century * centuries) * DEG);
        alpha += in_alpha * sin;
        delta += in_delta * cos;
        meridian += in_meridian * sin;
    }
    let turn = |axis: Vector3<f64>, angle_deg: f64| {
        let axis = nalgebra::Unit::new_unchecked(axis);
        nalgebra::Rotation3::from_axis_angle(&axis, libm::fmod(angle_deg, 360.0) * DEG)
    };
    let (x, z) = (Vector3::x(), Vector3::z());
    (turn(z, 90.0 + alpha) * turn(x, 90.0 - delta) * turn(z, meridian)).into_inner()
}

/// TDB seconds past J2000 as a `Time`, by iteration on its own TDB.
fn at_tdb_s(wanted_s: f64) -> Time {
    let mut t = Time::from_utc("2023-02-25T00:00:00").expect("a date");
    for _ in 0..3 {
        t += Span::from_s(wanted_s - t.tdb_s());
    }
    t
}

#[test]
fn the_principal_axes_stand_where_de421_puts_them() {
    let t = at_tdb_s((2_460_000.5 - 2_451_545.0) * DAY_S);
    let R_IP = Orientation::de421().R_IP(t).expect("inside the excerpt").si();
    // z of P is (sin θ sin φ, −sin θ cos φ, cos θ) in I; z of I is (sin ψ sin θ, cos ψ sin θ, cos θ) in P.
    let (pole, row) = (R_IP.column(2), R_IP.row(2));
    let phi = libm::atan2(pole[0], -pole[1]);
    let theta = libm::acos(pole[2]);
    let psi = libm::atan2(row[0], row[1]);
    let turn = core::f64::consts::TAU;
    let psi_off = libm::remainder(psi - 4_508.766_41, turn);
    assert!((phi - -0.042_333_358_5).abs() < 0.5e-10, "{phi:.12}");
    assert!((theta - 0.387_704_724).abs() < 0.5e-9, "{theta:.12}");
    assert!(psi_off.abs() < 0.5e-5, "{psi_off:.3e}");
}

#[test]
fn the_earth_stands_in_the_moons_sky_where_naif_prints_it() {
    let t = at_tdb_s(717_768_000.0);
    let R_IM = Orientation::de421().R_IM(t).expect("inside the excerpt");
    let earth_I = Ephemeris::de421().earth(t).expect("inside the excerpt");
    let earth_km = (R_IM.inverse() * earth_I).si() / 1e3;
    let printed_km = Vector3::new(374_008.654, -23_435.970, 10_141.334);
    let angle_rad = earth_km.cross(&printed_km).norm() / printed_km.norm_squared();
    assert!(angle_rad < 3.071e-7, "{angle_rad:e}");
    assert!((earth_km.norm() - printed_km.norm()).abs() < 1e-3, "{}", earth_km.norm());
}

#[test]
fn the_series_of_the_iau_stays_as_near_as_its_authors_say() {
    let orientation = Orientation::de421();
    let start = Time::from_utc("2022-06-02T00:00:00").expect("a date");
    let (mut sum_m, mut worst_m, days) = (0.0, 0.0_f64, 3500);
    for day in 0..days {
        let t = start + Span::from_s(DAY_S * f64::from(day));
        let exact = orientation.R_IM(t).expect("inside the excerpt").si();
        let apart = series_R_IM(t).transpose() * exact;
        let apart_m =
            libm::asin((apart - apart.transpose()).norm() / 8.0_f64.sqrt()) * MOON_RADIUS_M;
        sum_m += apart_m;
        worst_m = worst_m.max(apart_m);
    }
    let mean_m = sum_m / f64::from(days);
    assert!(mean_m < 76.0 && worst_m < 155.0, "mean {mean_m} m, largest {worst_m} m");
    // Not the same thing by another name.
    assert!(mean_m > 30.0, "{mean_m}");
}
