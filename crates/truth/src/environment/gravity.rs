//! The Moon's gravity field: spherical harmonics in principal axes, GRAIL's to degree and order 150 or a file's.
//!
//! Owns: the coefficients (`data/grail150/README.md`: the degree-150 head of GRGM660PRIM,
//! [Lemoine2013]) and their sum. Does not own: fields of a user's own (see [`Field::read`]), third bodies
//! (see [`super::Environment::perturbation`]).
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
//! Orders are summed [`LANES`] at a time, so that their recursions do not wait for themselves.
//! Refuses: degrees above 150 of the excerpt and [`FILE_DEGREE_MAX`] of a file, where a double's range would
//! not hold F near the poles; the permanent-tide delta of the source (the field is tide-free);
//! points at the very centre, where the result is not finite.

mod file;

pub use file::{FILE_DEGREE_MAX, GravityFileError};
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

/// Orders that are summed side by side.
const LANES: usize = 2;
type Lanes = [f64; LANES];

/// One step of the recursion in degree for neighbouring orders, and what it adds to the three components.
/// In a group of orders m, m + 1, … the k-th row holds the degrees m + k, m + 1 + k, …; where a degree lies
/// beyond the series everything is zero.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    /// α and β of the recursion that leads to this degree.
    alpha: Lanes,
    beta: Lanes,
    /// Coefficients of V and W in the x, y and z components, of the degree-(N + 1) series.
    v: [Lanes; 3],
    w: [Lanes; 3],
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
    /// Rows of the derivative series, group by group of [`LANES`] orders.
    rows: Vec<Row>,
    /// Normalised sectoral factors `A_mm`, zero past the last order.
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
        let groups = (order + 2).div_ceil(LANES);
        let mut rows = vec![Row::default(); group_start(groups, degree)];
        let mut sectoral = vec![0.0; groups * LANES];
        let mut factor: f64 = 1.0;
        for (m, slot) in sectoral.iter_mut().enumerate().take(order + 2) {
            *slot = factor;
            let k = m as f64 + 1.0;
            let double = if m == 0 { 2.0 } else { 1.0 };
            factor *= (double * (2.0 * k + 1.0) / (2.0 * k)).sqrt();
            for n in m + 1..=degree + 1 {
                let (alpha, beta) = recursion(n, m);
                let row = &mut rows[row_of(n, m, degree)];
                (row.alpha[m % LANES], row.beta[m % LANES]) = (alpha, beta);
            }
        }
        let mut field = Self { degree, order, gm_m3_s2, radius_m, coefficients, rows, sectoral };
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
        let row = &mut self.rows[row_of(n, m, self.degree)];
        for axis in 0..3 {
            row.v[axis][m % LANES] += v[axis];
            row.w[axis][m % LANES] += w[axis];
        }
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
    /// radius. Not finite at the centre. No allocation; 1.6 µs at degree 50, 5.8 µs at 100
    /// (`benches/gravity.rs`, one core of an EPYC server).
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
        for (group, factors) in self.sectoral.chunks_exact(LANES).enumerate() {
            let end = group_start(group + 1, self.degree);
            let (v, w) = sum_group(&self.rows[start..end], rho_u, rho2);
            for lane in 0..LANES {
                for axis in 0..3 {
                    sum[axis] += factors[lane] * (re * v[axis][lane] + im * w[axis][lane]);
                }
                (re, im) = (re * s - im * t, re * t + im * s);
            }
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
                    let (alpha, beta) = recursion(n, m);
                    let next = alpha * (rho * p.z / r_m) * f - beta * rho * rho * f_last;
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

/// Sums a group of orders: Σ_n F_nm (coefficients of V, coefficients of W), lane by lane.
fn sum_group(rows: &[Row], rho_u: f64, rho2: f64) -> ([Lanes; 3], [Lanes; 3]) {
    let (mut f, mut f_last) = ([1.0; LANES], [0.0; LANES]);
    let (mut v, mut w) = ([[0.0; LANES]; 3], [[0.0; LANES]; 3]);
    for (k, row) in rows.iter().enumerate() {
        if k > 0 {
            let mut next = [0.0; LANES];
            for lane in 0..LANES {
                next[lane] =
                    row.alpha[lane] * rho_u * f[lane] - row.beta[lane] * rho2 * f_last[lane];
            }
            (f_last, f) = (f, next);
        }
        for axis in 0..3 {
            for lane in 0..LANES {
                v[axis][lane] += f[lane] * row.v[axis][lane];
                w[axis][lane] += f[lane] * row.w[axis][lane];
            }
        }
    }
    (v, w)
}

/// α and β of the normalised recursion that leads to degree n > m; [Pines1973] as normalised in
/// [FantinoCasotto2009].
fn recursion(n: usize, m: usize) -> (f64, f64) {
    let (nf, mf) = (n as f64, m as f64);
    let denominator = (nf - mf) * (nf + mf);
    let alpha = ((2.0 * nf - 1.0) * (2.0 * nf + 1.0) / denominator).sqrt();
    if n == m + 1 {
        return (alpha, 0.0);
    }
    let product = (2.0 * nf + 1.0) * (nf + mf - 1.0) * (nf - mf - 1.0);
    (alpha, (product / (denominator * (2.0 * nf - 3.0))).sqrt())
}

/// Rows before a group of orders: a group that begins with order m has one for each degree m … N + 1.
fn group_start(group: usize, degree: usize) -> usize {
    group * (degree + 2) - LANES * group * group.saturating_sub(1) / 2
}

/// The row of degree `n` and order `m`.
fn row_of(n: usize, m: usize, degree: usize) -> usize {
    group_start(m / LANES, degree) + n - m
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
mod tests;
