//! The error covariance in factors, and its operations: through time, and at one scalar measurement.
//!
//! Owns: the index table of the error state, [`Covariance`].
//! Error state, 38: position and velocity in `I`; attitude as a rotation of `I`, R = (1 + [θ×]) R̂
//! ([Sola2017] §7, global error), of the star tracker's frame until
//! [`Covariance::fold_alignment`]; biases of gyros and accelerometers in `B`; terrain bias; map tie; gravity that
//! the on-board field has not; and
//! from [`CONSIDERED`] on what no measurement here can tell apart. Difference is true minus estimate.
//! As published — [Bierman1977]: P = U D Uᵀ, U unit upper triangular, D diagonal; scalar update ch. V;
//! time update after Thornton ch. VI, modified weighted Gram–Schmidt over the dynamic states and the
//! rank-one update of Agee and Turner for the rest; [Carpenter2018], its chapter on factors. Considered states
//! [Schmidt1966] by the optimal update, after which the considered part of K s Kᵀ is given back
//! [ZanettiDSouza2012].
//! As programmed: position, velocity and attitude come first and are the dynamic ones; the upper right
//! of U follows them as Φ_xx U_xb + Φ_xb U_bb, the lower right stays. U is kept by columns, so that every
//! inner loop runs along memory.
//! Refuses: correlation between the noise of position and that of velocity.

use nalgebra::{Matrix3, Vector3};

/// Number of error states.
pub const STATES: usize = 38;
/// First index of position, m.
pub const P: usize = 0;
/// First index of velocity, m/s.
pub const V: usize = 3;
/// First index of attitude, rad.
pub const THETA: usize = 6;
/// First index of gyro bias, rad/s.
pub const GYRO: usize = 9;
/// First index of accelerometer bias, m/s².
pub const ACCELEROMETER: usize = 12;
/// Index of terrain bias, m.
pub const TERRAIN: usize = 15;
/// First index of the map tie: how far the map and its landmarks lie from where they are, `M`, m.
pub const TIE: usize = 16;
/// First index of gravity beyond the on-board field, `I`, m/s².
pub const GRAVITY: usize = 19;
/// States from here on are considered, not estimated.
pub const CONSIDERED: usize = 22;
/// First index of star tracker alignment, rad.
pub const ALIGNMENT: usize = 22;
/// Index of accelerometer scale factor, dimensionless.
pub const SCALE: usize = 25;
/// First index of accelerometer misalignment: how the sensed force leans about body x and y, rad.
pub const MISALIGNMENT: usize = 26;
/// First index of gyro scale factor, dimensionless.
pub const GYRO_SCALE: usize = 28;
/// First index of the lever arm from the inertial unit to the other sensors, `B`, m.
pub const LEVER: usize = 31;
/// Index of the velocimeter's scale factor, dimensionless.
pub const BEAM_SCALE: usize = 34;
/// First index of the velocimeter's biases, one a beam, m/s.
pub const BEAM: usize = 35;

/// The dynamic states come first, and there are so many of them.
const DYNAMIC: usize = 9;
/// Sources of noise: the dynamic states before the step, then three axes each of velocity and attitude.
const SOURCES: usize = DYNAMIC + 6;

/// A row of the measurement matrix, a gain, or a correction of the state.
pub type Row = [f64; STATES];

/// Nothing.
pub const EMPTY: Row = [0.0; STATES];

/// Symmetric error covariance, in factors.
#[derive(Clone, Debug)]
pub struct Covariance {
    /// Column by column: `u[j][i]` is the element of row i and column j; ones on the diagonal.
    u: [Row; STATES],
    d: Row,
}

/// What moves the errors over one step: see [`Covariance::propagate`].
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// Step, s.
    pub dt_s: f64,
    /// Integrated specific force over the step, `I`, m/s.
    pub dv_I: Vector3<f64>,
    /// Body attitude, `I` from `B`, mid-step.
    pub R_IB: Matrix3<f64>,
    /// Turn about each body axis over the step, as columns in `I`: Σ R diag(Δθ), rad.
    pub turn_I: Matrix3<f64>,
    /// Accelerometers are being integrated, so that their bias reaches velocity.
    pub sensing: bool,
    /// Gravity gradient, s⁻².
    pub gradient: Matrix3<f64>,
    /// Growth of variance over the step: velocity, attitude.
    pub q: [f64; 2],
}

/// The optimal gain of one scalar and the variance of its innovation.
#[derive(Clone, Copy, Debug)]
pub struct Gain {
    /// K, per unit of the measurement.
    pub k: Row,
    /// H P Hᵀ + R.
    pub s: f64,
}

fn triple(x: &Row, first: usize) -> Vector3<f64> {
    let at = |i: usize| x.get(first + i).copied().unwrap_or(0.0);
    Vector3::new(at(0), at(1), at(2))
}

/// The part of a row that is not zero, widened to whole fours: sums over it have the same bits as over all.
fn support(h: &Row) -> core::ops::Range<usize> {
    let used = |x: &f64| *x != 0.0;
    let first = h.iter().position(used).unwrap_or(STATES);
    let end = h.iter().rposition(used).map_or(0, |last| last + 1);
    (first & !3)..end.next_multiple_of(4).min(STATES)
}

/// Sum of products in four interleaved parts: the order is fixed, and the parts do not wait for each other.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    let mut sum = [0.0; 4];
    for (x, y) in a.zip(b) {
        for ((s, x), y) in sum.iter_mut().zip(x).zip(y) {
            *s += x * y;
        }
    }
    (sum[0] + sum[1]) + (sum[2] + sum[3]) + rest
}

impl Transition {
    /// Multiplies the sparse transition matrix onto one column, whose elements after `last` are zero.
    fn onto(&self, x: &mut Row, last: usize) {
        let (p, v, theta) = (triple(x, P), triple(x, V), triple(x, THETA));
        // The force leans by attitude, less what the tracker's alignment and the accelerometers' take.
        let mut lean = theta;
        let mut dv = self.gradient * p * self.dt_s;
        let mut turn = Vector3::zeros();
        if last >= GYRO {
            turn = self.R_IB * triple(x, GYRO) * -self.dt_s;
        }
        if last >= ACCELEROMETER && self.sensing {
            dv -= self.R_IB * triple(x, ACCELEROMETER) * self.dt_s;
        }
        if last >= GRAVITY {
            dv += triple(x, GRAVITY) * self.dt_s;
        }
        if last >= ALIGNMENT {
            let [mx, my] = [x[MISALIGNMENT], x[MISALIGNMENT + 1]];
            lean -= self.R_IB * (triple(x, ALIGNMENT) + Vector3::new(mx, my, 0.0));
            dv -= self.dv_I * x[SCALE];
            turn -= self.turn_I * triple(x, GYRO_SCALE);
        }
        dv += lean.cross(&self.dv_I);
        let p = p + v * self.dt_s + dv * (0.5 * self.dt_s);
        let v = v + dv;
        let theta = theta + turn;
        for i in 0..3 {
            x[P + i] = p[i];
            x[V + i] = v[i];
            x[THETA + i] = theta[i];
        }
    }

    /// Carries partials from the start of the step to its end: `H Φ⁻¹`, to first order in gravity's gradient.
    pub fn back(&self, h: &mut Row) {
        let (hp, hv, htheta) = (triple(h, P), triple(h, V), triple(h, THETA));
        // p was p − v dt + dv dt/2, v was v − dv, attitude was θ − turn, with dv and turn as in `onto`.
        let by_dv = hp * (0.5 * self.dt_s) - hv;
        // A part of dv is the gradient's, by the position at the start.
        let by_fall = self.gradient.transpose() * by_dv * self.dt_s;
        let by_dv = by_dv + by_fall * (0.5 * self.dt_s);
        let by_lean = self.dv_I.cross(&by_dv);
        // dv leans with attitude at the start, which is θ − turn.
        let by_turn = -(htheta + by_lean);
        let R_BI = self.R_IB.transpose();
        let mut add = |first: usize, value: Vector3<f64>| {
            for i in 0..3 {
                if let Some(slot) = h.get_mut(first + i) {
                    *slot += value[i];
                }
            }
        };
        add(P, by_fall);
        add(V, (hp + by_fall) * -self.dt_s);
        add(THETA, by_lean);
        add(GYRO, R_BI * by_turn * -self.dt_s);
        if self.sensing {
            add(ACCELEROMETER, R_BI * by_dv * -self.dt_s);
        }
        add(GRAVITY, by_dv * self.dt_s);
        let by_alignment = -(R_BI * by_lean);
        add(ALIGNMENT, by_alignment);
        add(GYRO_SCALE, -(self.turn_I.transpose() * by_turn));
        h[SCALE] -= self.dv_I.dot(&by_dv);
        h[MISALIGNMENT] += by_alignment.x;
        h[MISALIGNMENT + 1] += by_alignment.y;
    }
}

impl Default for Covariance {
    fn default() -> Self {
        Self::zero()
    }
}

impl Covariance {
    /// No uncertainty at all.
    pub const fn zero() -> Self {
        let mut u = [EMPTY; STATES];
        let mut j = 0;
        while j < STATES {
            u[j][j] = 1.0;
            j += 1;
        }
        Self { u, d: EMPTY }
    }

    /// One element; zero out of range.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let product = |(column, d): (&Row, &f64)| match (column.get(i), column.get(j)) {
            (Some(a), Some(b)) => a * d * b,
            _ => 0.0,
        };
        self.u.iter().zip(&self.d).map(product).sum()
    }

    /// Sum of the variances of the three states from `first`.
    pub fn trace(&self, first: usize) -> f64 {
        let columns = self.u.iter().zip(&self.d).skip(first);
        columns.map(|(u, d)| triple(u, first).norm_squared() * d).sum()
    }

    /// Variance along `direction` of the three states from `first`.
    pub fn variance(&self, first: usize, direction: &Vector3<f64>) -> f64 {
        let along = |(u, d): (&Row, &f64)| {
            let f = triple(u, first).dot(direction);
            f * d * f
        };
        self.u.iter().zip(&self.d).skip(first).map(along).sum()
    }

    /// Variance of `A x + B y`, x and y the three states from two places: along `direction`, and in all.
    pub fn variance_of_sum(
        &self,
        (x, a): (usize, &Matrix3<f64>),
        (y, b): (usize, &Matrix3<f64>),
        direction: &Vector3<f64>,
    ) -> (f64, f64) {
        let mut sum = (0.0, 0.0);
        for (u, d) in self.u.iter().zip(&self.d) {
            let f = a * triple(u, x) + b * triple(u, y);
            let along = f.dot(direction);
            sum.0 += along * along * d;
            sum.1 += f.norm_squared() * d;
        }
        sum
    }

    /// Variance of the sum of two triples, each along a vector: `H P Hᵀ` where `H` is zero elsewhere.
    pub fn variance_of_two(&self, one: (usize, Vector3<f64>), two: (usize, Vector3<f64>)) -> f64 {
        let along = |(u, d): (&Row, &f64)| {
            let (x, y) = (triple(u, one.0), triple(u, two.0));
            let (a, b) = (x.component_mul(&one.1), y.component_mul(&two.1));
            let f = (a.x + b.x) + (a.y + b.y) + (a.z + b.z);
            f * d * f
        };
        self.u.iter().zip(&self.d).map(along).sum()
    }

    /// `Uᵀ hᵀ`.
    fn along(&self, h: &Row) -> Row {
        let mut f = EMPTY;
        let part = support(h);
        let Some(h) = h.get(part.clone()) else { return f };
        // Columns to the left have only zeros there, and below the diagonal there are zeros too.
        for (j, (f, column)) in f.iter_mut().zip(&self.u).enumerate().skip(part.start) {
            let count = ((j & !3) + 4 - part.start).min(h.len());
            let end = part.start + count;
            let upper = column.get(part.start..end).zip(h.get(..count));
            *f = upper.map_or(0.0, |(column, h)| dot(column, h));
        }
        f
    }

    /// `H P Hᵀ`: never negative.
    pub fn hph(&self, h: &Row) -> f64 {
        self.along(h).iter().zip(&self.d).map(|(f, d)| f * d * f).sum()
    }

    /// `A P Aᵀ`, `B P Bᵀ` and `A P Bᵀ`.
    pub fn pair(&self, a: &Row, b: &Row) -> [f64; 3] {
        let (a, b) = (self.along(a), self.along(b));
        let sum = |x: &Row, y: &Row| -> f64 {
            x.iter().zip(&self.d).zip(y).map(|((x, d), y)| x * d * y).sum()
        };
        [sum(&a, &a), sum(&b, &b), sum(&a, &b)]
    }

    /// `P Hᵀ`.
    pub fn times(&self, h: &Row) -> Row {
        let f = self.along(h);
        let mut out = EMPTY;
        for ((column, f), d) in self.u.iter().zip(&f).zip(&self.d) {
            let v = f * d;
            for (o, u) in out.iter_mut().zip(column) {
                *o += u * v;
            }
        }
        out
    }

    /// The smallest element of D: negative never, zero where something is known for certain.
    pub fn least(&self) -> f64 {
        self.d.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// `P ← P + c a aᵀ` for `c` ≥ 0: Agee and Turner, [Bierman1977] ch. III.
    pub fn add(&mut self, a: &Row, c: f64) {
        let (mut a, mut c) = (*a, c);
        for j in (0..STATES).rev() {
            let (s, d) = (a[j], self.d[j]);
            let weight = c * s;
            let sum = d + weight * s;
            if sum > 0.0 && weight.abs() > 0.0 {
                let beta = weight / sum;
                c *= d / sum;
                self.d[j] = sum;
                for (a, u) in a.iter_mut().zip(&mut self.u[j]).take(j) {
                    *a -= s * *u;
                    *u += beta * *a;
                }
            }
        }
    }

    /// State `k` becomes `keep` times itself plus noise of variance `added`.
    pub fn renew(&mut self, k: usize, keep: f64, added: f64) {
        if k >= STATES {
            return;
        }
        // Its own column leaves as a vector, scaled; what is left of the state is its row to the right.
        let mut column = self.u[k];
        let weight = self.d[k];
        for u in self.u.iter_mut().skip(k + 1) {
            u[k] *= keep;
        }
        self.u[k] = EMPTY;
        self.u[k][k] = 1.0;
        self.d[k] = added;
        column[k] = keep;
        self.add(&column, weight);
    }

    /// `P ← Φ P Φᵀ + Q`.
    pub fn propagate(&mut self, t: &Transition) {
        for (j, column) in self.u.iter_mut().enumerate() {
            t.onto(column, j);
        }
        // Rows of the dynamic states over every source of theirs, and the sources' variances.
        let mut w = [[0.0; SOURCES]; DYNAMIC];
        let mut variance = [0.0; SOURCES];
        for (j, (column, d)) in self.u.iter().zip(&self.d).enumerate().take(DYNAMIC) {
            for (row, u) in w.iter_mut().zip(column) {
                row[j] = *u;
            }
            variance[j] = *d;
        }
        for i in 0..3 {
            w[V + i][DYNAMIC + i] = 1.0;
            w[THETA + i][DYNAMIC + 3 + i] = 1.0;
            variance[DYNAMIC + i] = t.q[0];
            variance[DYNAMIC + 3 + i] = t.q[1];
        }
        for j in (0..DYNAMIC).rev() {
            let last = w[j];
            let mut weighted = last;
            for (x, d) in weighted.iter_mut().zip(&variance) {
                *x *= d;
            }
            let d: f64 = dot(&last, &weighted);
            self.d[j] = d;
            let column = &mut self.u[j];
            for (i, (row, u)) in w.iter_mut().zip(column.iter_mut()).enumerate().take(DYNAMIC) {
                *u = if i == j { 1.0 } else { 0.0 };
                if i < j && d > 0.0 {
                    let share = dot(row, &weighted) / d;
                    *u = share;
                    for (x, y) in row.iter_mut().zip(&last) {
                        *x -= share * y;
                    }
                }
            }
        }
    }

    /// Makes attitude that of the inertial unit: θ ← θ − R β, and forgets the alignment β.
    pub fn fold_alignment(&mut self, R_IB: &Matrix3<f64>) {
        for column in self.u.iter_mut().skip(ALIGNMENT) {
            let turned = R_IB * triple(column, ALIGNMENT);
            for i in 0..3 {
                column[THETA + i] -= turned[i];
            }
        }
        for i in 0..3 {
            self.renew(ALIGNMENT + i, 0.0, 0.0);
        }
    }

    /// Optimal scalar update of every state, considered ones included: [Bierman1977] ch. V.
    ///
    /// - `r`: variance of the measurement, which must be positive.
    /// - Call [`Covariance::give_back`] for every gain of an epoch when its last scalar is in.
    pub fn update(&mut self, h: &Row, r: f64) -> Gain {
        let f = self.along(h);
        let mut b = EMPTY;
        let mut alpha = r;
        for j in 0..STATES {
            let (f, d) = (f[j], self.d[j]);
            let v = d * f;
            let next = alpha + v * f;
            self.d[j] = d * (alpha / next);
            let lambda = -f / alpha;
            alpha = next;
            b[j] = v;
            if v.abs() > 0.0 || f.abs() > 0.0 {
                for (b, u) in b.iter_mut().zip(&mut self.u[j]).take(j) {
                    let was = *u;
                    *u += lambda * *b;
                    *b += was * v;
                }
            }
        }
        Gain { k: b.map(|x| x / alpha), s: alpha }
    }

    /// Gives the considered states back what an optimal update took from their variances.
    pub fn give_back(&mut self, gain: &Gain) {
        let mut k = gain.k;
        for x in k.iter_mut().take(CONSIDERED) {
            *x = 0.0;
        }
        self.add(&k, gain.s);
    }
}

#[cfg(test)]
mod tests;
