//! Validation: the low degrees of the embedded field against the published model.
//! Source: GRGM660PRIM, [Lemoine2013], by way of `data/grail150/README.md`.
//! Compared: normalised C and S of degrees 2 and 3, GM and reference radius.
//! Tolerance: half a unit of the last digit printed; both sides are the same numbers.

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
