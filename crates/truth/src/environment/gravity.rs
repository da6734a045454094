//! The Moon's gravity field: GRAIL spherical harmonics to degree and order 150, in principal axes.
//!
//! Owns: the coefficients (`data/grail150/README.md`: the degree-150 head of GRGM660PRIM,
//! [Lemoine2013]) and their sum. Does not own: third bodies (see [`super::Environment::tide`]).
//!
//! As published, [MontenbruckGill2000] §3.2.4–5 after [Cunningham1970], normalised harmonics:
//!     U = GM/R Σ_nm (C_nm V_nm + S_nm W_nm),
//!     V_nm + i W_nm = (R/r)^(n+1) P_nm(sin φ) exp(i m λ),
//! and each Cartesian derivative of a V_nm is a combination of V, W of degree n + 1.
//! As programmed: the derivatives' combinations are folded into the coefficients once, at loading,
//! so each component of the acceleration is itself one harmonic series of degree N + 1. With
//! ρ = R/r, s + i t = (x + i y)/r, u = z/r the series is summed order by order:
//!     V_nm + i W_nm = A_mm ρ^(m+1) (s + i t)^m F_nm,
//!     F_mm = 1,  F_nm = α_nm ρ u F_(n−1)m − β_nm ρ² F_(n−2)m,
//! which has no singularity at the poles and needs no work array ([Pines1973] uses the same F).
//! Refuses: degrees above 150; the permanent-tide delta of the source (the field is tide-free);
//! points at the very centre, where the result is not finite.

use icd::frames::{Acceleration, P, Position, Vector};
use nalgebra::Vector3;

/// The excerpt, see `data/grail150/README.md`.
const GRAIL150: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/grail150/moon_grail150.bin"));
/// Bytes before the first coefficient: magic, version, degree, order, radius, GM, tide flag, delta.
const HEADER_BYTES: usize = 41;
/// Highest degree and order of the excerpt.
pub const DEGREE_MAX: usize = 150;

/// Why a gravity field could not be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GravityError {
    /// The degree lies beyond the data.
    #[error("gravity degree {degree} exceeds {max}, the highest of the GRAIL excerpt")]
    DegreeTooHigh {
        /// Degree asked for.
        degree: usize,
        /// Highest degree held.
        max: usize,
    },
    /// The order exceeds the degree.
    #[error("gravity order {order} exceeds the degree {degree}")]
    OrderAboveDegree {
        /// Order asked for.
        order: usize,
        /// Degree asked for.
        degree: usize,
    },
}

/// One step of the recursion in degree and what it adds to the three components.
#[derive(Clone, Copy, Debug, Default)]
struct Term {
    /// α and β of the recursion that leads to this degree.
    alpha: f64,
    beta: f64,
    /// Coefficients of V and W in the x, y and z components, of the degree-(N + 1) series.
    v: [f64; 3],
    w: [f64; 3],
}

/// A truncated field, ready to be summed.
#[derive(Clone, Debug)]
pub struct Field {
    degree: usize,
    order: usize,
    gm_m3_s2: f64,
    radius_m: f64,
    /// Normalised (C, S), row by row: (0,0), (1,0), (1,1), (2,0) …
    coefficients: Vec<(f64, f64)>,
    /// Terms of the derivative series, column by column: all degrees of order 0, then of order 1 …
    terms: Vec<Term>,
    /// Normalised sectoral factors `A_mm`.
    sectoral: Vec<f64>,
}

impl Field {
    /// The GRAIL field truncated to `degree` and `order`.
    ///
    /// Cost: about a millisecond at degree 150; build once, share.
    ///
    /// # Errors
    /// [`GravityError`] when `degree` exceeds 150 or `order` exceeds `degree`.
    pub fn grail(degree: usize, order: usize) -> Result<Self, GravityError> {
        if degree > DEGREE_MAX {
            return Err(GravityError::DegreeTooHigh { degree, max: DEGREE_MAX });
        }
        if order > degree {
            return Err(GravityError::OrderAboveDegree { order, degree });
        }
        let pairs = row_index(DEGREE_MAX + 1, 0);
        let number = |k: usize| f64_at(GRAIL150, HEADER_BYTES + 8 * k);
        let coefficients = (0..row_index(degree + 1, 0))
            .map(|k| (number(k), number(pairs + k)))
            .enumerate()
            .map(|(k, pair)| if column_of(k) > order { (0.0, 0.0) } else { pair })
            .collect();
        let (radius_m, gm_m3_s2) = (f64_at(GRAIL150, 16), f64_at(GRAIL150, 24));
        Ok(Self::from_coefficients(degree, order, gm_m3_s2, radius_m, coefficients))
    }

    /// From normalised coefficients in row order; `(0, 0)` is taken as zero here, the central term
    /// being separate.
    fn from_coefficients(
        degree: usize,
        order: usize,
        gm_m3_s2: f64,
        radius_m: f64,
        coefficients: Vec<(f64, f64)>,
    ) -> Self {
        let mut terms = Vec::new();
        let mut sectoral = vec![1.0];
        for m in 0..=order + 1 {
            for n in m..=degree + 1 {
                terms.push(recursion(n, m));
            }
            let k = m as f64 + 1.0;
            let last = sectoral[m];
            let double = if m == 0 { 2.0 } else { 1.0 };
            sectoral.push(last * (double * (2.0 * k + 1.0) / (2.0 * k)).sqrt());
        }
        let mut field = Self { degree, order, gm_m3_s2, radius_m, coefficients, terms, sectoral };
        for n in 1..=degree {
            for m in 0..=n.min(order) {
                field.fold_derivatives(n, m);
            }
        }
        field
    }

    /// Adds the gradient of one harmonic to the three series: [MontenbruckGill2000] eq. 3.33, with
    /// the ratios of the normalising factors worked in.
    fn fold_derivatives(&mut self, n: usize, m: usize) {
        let (c, s) = self.coefficients[row_index(n, m)];
        let (nf, mf) = (n as f64, m as f64);
        let common = (2.0 * nf + 1.0) / (2.0 * nf + 3.0);
        let along_z = (common * (nf + mf + 1.0) * (nf - mf + 1.0)).sqrt();
        self.add(n + 1, m, [0.0, 0.0, -along_z * c], [0.0, 0.0, -along_z * s]);
        let from_zonal = if m == 0 { 0.5 } else { 1.0 };
        let up = (from_zonal * common * (nf + mf + 2.0) * (nf + mf + 1.0)).sqrt();
        if m == 0 {
            self.add(n + 1, 1, [-up * c, 0.0, 0.0], [0.0, -up * c, 0.0]);
            return;
        }
        let up = 0.5 * up;
        self.add(n + 1, m + 1, [-up * c, up * s, 0.0], [-up * s, -up * c, 0.0]);
        let to_zonal = if m == 1 { 2.0 } else { 1.0 };
        let down = 0.5 * (to_zonal * common * (nf - mf + 2.0) * (nf - mf + 1.0)).sqrt();
        self.add(n + 1, m - 1, [down * c, down * s, 0.0], [down * s, -down * c, 0.0]);
    }

    fn add(&mut self, n: usize, m: usize, v: [f64; 3], w: [f64; 3]) {
        let k = self.column_start(m) + n - m;
        for axis in 0..3 {
            self.terms[k].v[axis] += v[axis];
            self.terms[k].w[axis] += w[axis];
        }
    }

    /// Where the terms of order `m` begin.
    fn column_start(&self, m: usize) -> usize {
        m * (self.degree + 2) - m * m.saturating_sub(1) / 2
    }

    /// Degree of the truncation.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Gravitational parameter of the field, m³/s².
    pub fn gm_m3_s2(&self) -> f64 {
        self.gm_m3_s2
    }

    /// Reference radius of the coefficients, m.
    pub fn radius_m(&self) -> f64 {
        self.radius_m
    }

    /// Fully normalised (C, S) of degree `n` and order `m`; `None` beyond the truncation.
    /// (0, 0) is given as (1, 0), the central term.
    pub fn coefficients(&self, n: usize, m: usize) -> Option<(f64, f64)> {
        if (n, m) == (0, 0) {
            return Some((1.0, 0.0));
        }
        (n <= self.degree && m <= n.min(self.order)).then(|| self.coefficients[row_index(n, m)])
    }

    /// Gravitational acceleration at `p_MA_P`, m/s²: central term and harmonics.
    ///
    /// Cost: see [`Self::harmonics`].
    pub fn acceleration(&self, p_MA_P: Vector<Position, P>) -> Vector<Acceleration, P> {
        let p = p_MA_P.si();
        let r2_m2 = p.norm_squared();
        let central: Vector<Acceleration, P> =
            Vector::from_si(p * (-self.gm_m3_s2 / (r2_m2 * r2_m2.sqrt())));
        central + self.harmonics(p_MA_P)
    }

    /// The acceleration without the central term, m/s².
    ///
    /// Valid outside the Moon's mass and, as an extrapolation, some kilometres under the reference
    /// radius. Not finite at the centre. No allocation; about 4 µs at degree 50.
    pub fn harmonics(&self, p_MA_P: Vector<Position, P>) -> Vector<Acceleration, P> {
        if self.degree < 1 {
            return Vector::zero();
        }
        let p = p_MA_P.si();
        let r_m = p.norm_squared().sqrt();
        let rho = self.radius_m / r_m;
        let (s, t) = (rho * p.x / r_m, rho * p.y / r_m);
        let (rho_u, rho2) = (rho * p.z / r_m, rho * rho);
        // ρ^(m+1) (s + i t)^m, advanced with m.
        let (mut re, mut im) = (rho, 0.0);
        let mut sum = Vector3::zeros();
        let mut start = 0;
        for m in 0..=self.order + 1 {
            let end = start + self.degree + 2 - m;
            let (v, w) = sum_column(&self.terms[start..end], rho_u, rho2);
            sum += self.sectoral[m] * (re * v + im * w);
            (re, im) = (re * s - im * t, re * t + im * s);
            start = end;
        }
        Vector::from_si(sum * (self.gm_m3_s2 / (self.radius_m * self.radius_m)))
    }

    /// Gravitational potential at `p_MA_P`, m²/s², positive towards the Moon (geodesy's sign).
    ///
    /// The same recursion summed with the coefficients themselves; for checks and energies.
    pub fn potential_m2_s2(&self, p_MA_P: Vector<Position, P>) -> f64 {
        let p = p_MA_P.si();
        let r_m = p.norm_squared().sqrt();
        let rho = self.radius_m / r_m;
        let (s, t) = (rho * p.x / r_m, rho * p.y / r_m);
        let (mut re, mut im) = (rho, 0.0);
        let mut sum = rho;
        for m in 0..=self.order {
            let (mut f, mut f_last) = (1.0, 0.0);
            for n in m..=self.degree {
                if n > m {
                    let term = self.terms[self.column_start(m) + n - m];
                    let next = term.alpha * (rho * p.z / r_m) * f - term.beta * rho * rho * f_last;
                    (f_last, f) = (f, next);
                }
                if n > 0 {
                    let (c, d) = self.coefficients[row_index(n, m)];
                    sum += self.sectoral[m] * f * (c * re + d * im);
                }
            }
            (re, im) = (re * s - im * t, re * t + im * s);
        }
        sum * self.gm_m3_s2 / self.radius_m
    }
}

/// Sums one order: Σ_n F_nm (coefficients of V, coefficients of W).
fn sum_column(column: &[Term], rho_u: f64, rho2: f64) -> (Vector3<f64>, Vector3<f64>) {
    let (mut f, mut f_last) = (1.0, 0.0);
    let (mut v, mut w) = ([0.0; 3], [0.0; 3]);
    for (k, term) in column.iter().enumerate() {
        if k > 0 {
            let next = term.alpha * rho_u * f - term.beta * rho2 * f_last;
            (f_last, f) = (f, next);
        }
        for axis in 0..3 {
            v[axis] += f * term.v[axis];
            w[axis] += f * term.w[axis];
        }
    }
    (Vector3::from(v), Vector3::from(w))
}

/// α and β of the normalised recursion in degree; [Pines1973] as normalised in
/// [FantinoCasotto2009].
fn recursion(n: usize, m: usize) -> Term {
    let (nf, mf) = (n as f64, m as f64);
    if n == m {
        return Term::default();
    }
    let denominator = (nf - mf) * (nf + mf);
    let alpha = ((2.0 * nf - 1.0) * (2.0 * nf + 1.0) / denominator).sqrt();
    let beta = if n == m + 1 {
        0.0
    } else {
        ((2.0 * nf + 1.0) * (nf + mf - 1.0) * (nf - mf - 1.0) / (denominator * (2.0 * nf - 3.0)))
            .sqrt()
    };
    Term { alpha, beta, ..Term::default() }
}

/// Place of (n, m) when rows follow each other.
fn row_index(n: usize, m: usize) -> usize {
    n * (n + 1) / 2 + m
}

/// The order m of the `k`-th pair of the row sequence.
fn column_of(k: usize) -> usize {
    let mut n = 0;
    while row_index(n + 1, 0) <= k {
        n += 1;
    }
    k - row_index(n, 0)
}

/// Little-endian number at a byte offset of the embedded excerpt, whose length the tests check.
fn f64_at(bytes: &[u8], offset: usize) -> f64 {
    let mut raw = [0; 8];
    raw.copy_from_slice(&bytes[offset..offset + 8]);
    f64::from_le_bytes(raw)
}

#[cfg(test)]
mod tests {
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
                    (8.0 * (at(p + d) - at(p - d)) - at(p + 2.0 * d) + at(p - 2.0 * d))
                        / (12.0 * h_m)
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
                divergence += (8.0 * (at(p + d) - at(p - d)) - at(p + 2.0 * d) + at(p - 2.0 * d))
                    / (12.0 * h_m);
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
}
