//! Validation: the gravity field against the published model, against a definition worked in many digits,
//! and against an independent evaluator.
//! Sources: GRGM660PRIM, [Lemoine2013], by way of `data/grail150/README.md`; a field of degree 3 defined by
//! its coefficients, its acceleration computed from differences of the potential in 40 digits.
//! Compared: normalised C and S of degrees 2 and 3, GM and reference radius; three components of the
//! acceleration at two points; all three at degrees 50, 100 and 150 around the Moon and at its poles.
//! Tolerance: half a unit of the last digit printed for the model, both sides being the same numbers;
//! 1e-12 m/s² for the definition, ten units of its last digits; 1e-12 m/s² between evaluators, some thousand
//! roundings of 1.6 m/s².
#![allow(non_snake_case, clippy::excessive_precision)] // digits as printed

#[path = "fixture/harmonics.rs"]
mod harmonics;

use icd::frames::Vector;
use nalgebra::Vector3;
use std::fmt::Write;
use std::path::Path;
use truth::environment::gravity::Field;

/// Degree, order, C, S, half of the last digit printed.
const PUBLISHED: [(usize, usize, f64, Option<f64>, f64); 6] = [
    (2, 0, -9.088_292_365_077_1e-5, None, 0.5e-18),
    (2, 1, 8.4954e-11, Some(9.7727e-10), 0.5e-14),
    (2, 2, 3.467_094_426_875_6e-5, None, 0.5e-18),
    (3, 0, -3.197_403_907_098_1e-6, None, 0.5e-19),
    (3, 1, 2.636_794_858_530_1e-5, Some(5.454_562_184_734_4e-6), 0.5e-18),
    (3, 3, 1.227_520_202_455_3e-5, Some(-1.774_374_788_959_5e-6), 0.5e-18),
];

#[test]
fn the_low_degrees_are_those_of_the_published_model() {
    let field = Field::grail(3, 3).expect("degree 3 is held");
    for (n, m, c, s, half_digit) in PUBLISHED {
        let (found_c, found_s) = field.coefficients(n, m).expect("held");
        assert!((found_c - c).abs() <= half_digit, "C({n},{m}) = {found_c:e}, published {c:e}");
        let s = s.unwrap_or(found_s);
        assert!((found_s - s).abs() <= half_digit, "S({n},{m}) = {found_s:e}, published {s:e}");
    }
    assert!((field.gm_m3_s2() - 4.902_799_806_931_69e12).abs() <= 0.5e-2);
    assert!((field.radius_m() - 1.738e6).abs() < f64::EPSILON);
}

/// The definition: degree, order, unnormalised C and S (J2 = −C20, J3 = −C30).
const DEFINED: [(u32, u32, f64, f64); 7] = [
    (2, 0, -2.032_156_846_495_257_0e-4, 0.0),
    (2, 1, 0.0, 0.0),
    (2, 2, 2.238_274_059_056_002_0e-5, 0.0),
    (3, 0, -8.459_702_697_459_457_0e-6, 0.0),
    (3, 1, 2.848_074_119_559_286_0e-5, 5.891_555_155_531_864_0e-6),
    (3, 2, 4.844_942_061_977_060_0e-6, 1.684_474_396_278_390_0e-6),
    (3, 3, 1.711_659_658_722_699_0e-6, -2.474_271_437_980_576_0e-7),
];

/// Latitude, longitude (degrees), height over 1737.4 km (m), acceleration in principal axes (m/s²).
const COMPUTED: [(f64, f64, f64, [f64; 3]); 2] = [
    (0.0, 0.0, 15_240.0, [-1.596_783_512_153_1, -3.108_434_831_1e-5, 1.328_626_951_0e-4]),
    (45.0, 45.0, 100_000.0, [-0.725_776_180_402_13, -0.726_179_958_806_15, -1.027_091_950_370_9]),
];

/// √((2 − δ_0m)(2n + 1)(n − m)!/(n + m)!): an unnormalised coefficient over it is the normalised one.
fn normalising(n: u32, m: u32) -> f64 {
    let factorial = |k: u32| (1..=k).map(f64::from).product::<f64>();
    let double = if m == 0 { 1.0 } else { 2.0 };
    (double * f64::from(2 * n + 1) * factorial(n - m) / factorial(n + m)).sqrt()
}

#[test]
fn a_field_of_degree_three_attracts_as_forty_digits_say() {
    let mut text = "earth_gravity_constant 4902.800066e9\nradius 1738000\nmax_degree 3\n\
                    norm fully_normalized\nend_of_head\n"
        .to_owned();
    for (n, m, c, s) in DEFINED {
        let factor = normalising(n, m);
        writeln!(text, "gfc {n} {m} {:e} {:e}", c / factor, s / factor).unwrap();
    }
    let field = Field::from_text(Path::new("defined.gfc"), &text, 3).unwrap();
    for (latitude_deg, longitude_deg, h_m, expected) in COMPUTED {
        let (a, b) = (f64::to_radians(latitude_deg), f64::to_radians(longitude_deg));
        let up = Vector3::new(a.cos() * b.cos(), a.cos() * b.sin(), a.sin());
        let found = field.acceleration(Vector::from_si(up * (1_737_400.0 + h_m))).si();
        let miss = (found - Vector3::from(expected)).amax();
        assert!(miss < 1e-12, "{latitude_deg} {longitude_deg}: {found} misses by {miss:e}");
    }
}

#[test]
fn an_independent_evaluator_agrees_at_every_degree() {
    for (degree, height_m) in [(2, 0.0), (50, 15_000.0), (100, 15_000.0), (150, 0.0), (150, 1e5)] {
        let field = Field::grail(degree, degree).unwrap();
        let mut worst = 0.0_f64;
        for k in 0..60 {
            let (a, b) = (f64::from(k) * 0.618 % 3.13 - 1.565, f64::from(k) * 2.754);
            let up = Vector3::new(a.cos() * b.cos(), a.cos() * b.sin(), a.sin());
            let p = Vector::from_si(up * (1_737_400.0 + height_m));
            let (one, other) = (field.acceleration(p).si(), harmonics::acceleration(&field, p));
            worst = worst.max((one - other).norm());
        }
        println!("degree {degree}, {height_m} m up: {worst:.1e} m/s²");
        assert!(worst < 1e-12, "degree {degree}: {worst:e}");
    }
}

#[test]
fn at_the_poles_themselves_the_field_is_the_closed_form_there() {
    // On the axis only orders 0 and 1 act. With normalised P_n0(±1) = (±1)^n √(2n + 1) and
    // P_n1/cos φ → (±1)^(n−1) √((2n + 1) n (n + 1)/2):
    //   a_z = ∓GM/r² Σ (n + 1)(R/r)^n (±1)^n √(2n + 1) C_n0,
    //   (a_x, a_y) = GM/r² Σ (R/r)^n (±1)^(n−1) √((2n + 1) n (n + 1)/2) (C_n1, S_n1).
    let field = Field::grail(150, 150).unwrap();
    for (sign, r_m) in [(1.0_f64, 1.745e6), (-1.0, 1.745e6), (1.0, 1.7374e6), (-1.0, 1.9e6)] {
        let mut a = Vector3::new(0.0, 0.0, -sign);
        for n in 2..=150 {
            let nf = n as f64;
            let power = (field.radius_m() / r_m).powi(n as i32);
            let (flip, flip_less) = (sign.powi(n as i32), sign.powi(n as i32 - 1));
            let (zonal, _) = field.coefficients(n, 0).unwrap();
            let (c, s) = field.coefficients(n, 1).unwrap();
            a.z -= sign * (nf + 1.0) * power * flip * (2.0 * nf + 1.0).sqrt() * zonal;
            let across = power * flip_less * ((2.0 * nf + 1.0) * nf * (nf + 1.0) / 2.0).sqrt();
            a.x += across * c;
            a.y += across * s;
        }
        let exact = a * (field.gm_m3_s2() / (r_m * r_m));
        let found = field.acceleration(Vector::new(0.0, 0.0, sign * r_m)).si();
        assert!((found - exact).norm() < 1e-12, "{sign} {r_m}: {found} {exact}");
        assert!(found.x.abs() > 1e-6 && found.y.abs() > 1e-6, "the tesserals act there: {found}");
    }
}
