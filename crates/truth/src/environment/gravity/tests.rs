use super::*;

/// GM and radius of round size, for closed forms.
fn zonal(n: usize, c_normalised: f64) -> Field {
    let mut coefficients = vec![(0.0, 0.0); row_index(n + 1, 0)];
    coefficients[row_index(n, 0)].0 = c_normalised;
    Field::from_coefficients(n, n, 4.9e12, 1.738e6, coefficients)
}

fn points() -> Vec<Vector3<f64>> {
    let mut points = Vec::new();
    for (latitude_deg, longitude_deg, r_m) in
        [(60.5, -4.6, 1.745e6), (0.0, 0.0, 1.8e6), (-89.0, 33.0, 1.75e6), (12.0, 170.0, 2.5e6)]
    {
        let (a, b) = (f64::to_radians(latitude_deg), f64::to_radians(longitude_deg));
        points.push(r_m * Vector3::new(a.cos() * b.cos(), a.cos() * b.sin(), a.sin()));
    }
    points
}

#[test]
fn the_excerpt_is_what_its_header_says() {
    assert_eq!(&GRAIL150[..4], b"JEOD");
    assert_eq!(GRAIL150.len(), HEADER_BYTES + 2 * 8 * row_index(DEGREE_MAX + 1, 0));
    let field = Field::grail(150, 150).unwrap();
    assert_eq!((field.gm_m3_s2(), field.radius_m()), (4.902_799_806_931_69e12, 1.738e6));
}

#[test]
fn degree_zero_is_a_point_mass() {
    let field = Field::grail(0, 0).unwrap();
    for p in points() {
        let a = field.acceleration(Vector::from_si(p)).si();
        let expected = -p * field.gm_m3_s2() / p.norm().powi(3);
        assert!((a - expected).norm() < 1e-15 * expected.norm());
    }
}

#[test]
fn an_oblate_moon_follows_the_closed_form_of_j2() {
    // J2 = −√5 C20; a = −(3/2) J2 GM R²/r⁵ · ((1 − 5 z²/r²) x, same y, (3 − 5 z²/r²) z).
    let field = zonal(2, -9.09e-5);
    let j2 = 9.09e-5 * 5.0_f64.sqrt();
    for p in points() {
        let r = p.norm();
        let k = -1.5 * j2 * 4.9e12 * 1.738e6_f64.powi(2) / r.powi(5);
        let q = 5.0 * p.z * p.z / (r * r);
        let expected = k * Vector3::new((1.0 - q) * p.x, (1.0 - q) * p.y, (3.0 - q) * p.z);
        let a = field.harmonics(Vector::from_si(p)).si();
        assert!((a - expected).norm() < 1e-14 * expected.norm(), "{a} {expected}");
    }
}

#[test]
fn tesseral_harmonics_are_normalised_as_published() {
    // U = GM/r (R/r)^n P_nm(sin φ) (C cos mλ + S sin mλ), P_nm normalised [Lemoine2013]:
    // P_22 = √(5/12) · 3 cos²φ; P_31 = √(7/6) · 1.5 cos φ (5 sin²φ − 1).
    let mut coefficients = vec![(0.0, 0.0); row_index(4, 0)];
    coefficients[row_index(2, 2)] = (3e-5, -2e-5);
    coefficients[row_index(3, 1)] = (1e-5, 4e-5);
    let field = Field::from_coefficients(3, 3, 4.9e12, 1.738e6, coefficients);
    for p in points() {
        let r = p.norm();
        let (sin, cos) = (p.z / r, p.x.hypot(p.y) / r);
        let longitude = p.y.atan2(p.x);
        let at = |m: f64, c: f64, s: f64| c * (m * longitude).cos() + s * (m * longitude).sin();
        let p22 = (5.0_f64 / 12.0).sqrt() * 3.0 * cos * cos * at(2.0, 3e-5, -2e-5);
        let p31 = (7.0_f64 / 6.0).sqrt() * 1.5 * cos * (5.0 * sin * sin - 1.0);
        let ratio = 1.738e6 / r;
        let sum = 1.0 + ratio.powi(2) * p22 + ratio.powi(3) * p31 * at(1.0, 1e-5, 4e-5);
        let potential = field.potential_m2_s2(Vector::from_si(p));
        assert!((potential / (4.9e12 / r * sum) - 1.0).abs() < 1e-14);
    }
}

#[test]
fn acceleration_is_the_gradient_of_the_potential() {
    for (degree, order) in [(2, 2), (8, 3), (50, 50)] {
        let field = Field::grail(degree, order).unwrap();
        for p in points() {
            let h_m = 50.0;
            let difference = |axis: usize| {
                let mut d = Vector3::zeros();
                d[axis] = h_m;
                let at = |q: Vector3<f64>| field.potential_m2_s2(Vector::from_si(q));
                // Fourth order, so that the truncation of degree 50 stays below 1e-9 m/s².
                (8.0 * (at(p + d) - at(p - d)) - at(p + 2.0 * d) + at(p - 2.0 * d)) / (12.0 * h_m)
            };
            let numeric = Vector3::new(difference(0), difference(1), difference(2));
            let a = field.acceleration(Vector::from_si(p)).si();
            assert!((a - numeric).norm() < 2e-10, "degree {degree} at {p}: {a} {numeric}");
        }
    }
}

#[test]
fn empty_space_has_no_sources() {
    let field = Field::grail(50, 50).unwrap();
    for p in points() {
        let h_m = 100.0;
        let mut divergence = 0.0;
        for axis in 0..3 {
            let mut d = Vector3::zeros();
            d[axis] = h_m;
            let at = |q: Vector3<f64>| field.harmonics(Vector::from_si(q)).si()[axis];
            divergence +=
                (8.0 * (at(p + d) - at(p - d)) - at(p + 2.0 * d) + at(p - 2.0 * d)) / (12.0 * h_m);
        }
        // The single derivatives are of order 1e-8 /s² at this degree.
        assert!(divergence.abs() < 1e-13, "{divergence} at {p}");
    }
}

#[test]
fn the_pole_is_a_place_like_any_other() {
    let field = Field::grail(150, 150).unwrap();
    let at = |x: f64, z: f64| field.acceleration(Vector::new(x, 0.0, z)).si();
    for z in [1.745e6, -1.745e6] {
        let on = at(0.0, z);
        assert!(on.iter().all(|a| a.is_finite()));
        assert!((on - at(0.01, z)).norm() < 1e-7, "{on}");
    }
}

#[test]
fn every_degree_stays_finite_and_small_beside_the_central_term() {
    let field = Field::grail(150, 150).unwrap();
    for k in 0..500 {
        let (a, b) = (f64::from(k) * 0.618 % 3.1 - 1.55, f64::from(k) * 0.754);
        let p = 1.739e6 * Vector3::new(a.cos() * b.cos(), a.cos() * b.sin(), a.sin());
        let h = field.harmonics(Vector::from_si(p)).si().norm();
        // One per cent of the central attraction, 1.6e-2 m/s²: a bound, not a measurement.
        assert!(h.is_finite() && h > 1e-6 && h < 1.6e-2, "{h} at {p}");
    }
}

#[test]
fn asking_for_too_much_is_refused() {
    let too_high = Field::grail(151, 0).unwrap_err();
    assert_eq!(too_high, GravityError::DegreeTooHigh { degree: 151, max: 150 });
    assert!(Field::grail(10, 11).is_err());
    assert_eq!(Field::grail(10, 4).unwrap().coefficients(10, 5), None);
}
