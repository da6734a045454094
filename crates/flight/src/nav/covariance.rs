//! The error covariance and its two operations: through time, and at one scalar measurement.
//!
//! Owns: the index table of the error state, [`Covariance`].
//! Error state, 20: position and velocity in `I`; attitude as a rotation of `I`, R = (1 + [θ×]) R̂
//! ([Sola2017] §7, global error), of the star tracker's frame until
//! [`Covariance::fold_alignment`]; gyro bias, accelerometer bias and star tracker alignment in `B`; one
//! terrain bias; one accelerometer scale factor. Difference is true minus estimate throughout.
//! Scalar update as in [Carpenter2018] ch. 3, symmetric by construction: only half is computed and
//! mirrored; the diagonal is kept positive.

use nalgebra::{Matrix3, Vector3};

/// Number of error states.
pub const STATES: usize = 35;
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
/// States from here on are considered, not estimated.
pub const CONSIDERED: usize = 19;
/// First index of star tracker alignment, rad.
pub const ALIGNMENT: usize = 19;
/// Index of accelerometer scale factor, dimensionless.
pub const SCALE: usize = 22;
/// First index of accelerometer misalignment: how the thrust axis leans about body x and y, rad.
pub const MISALIGNMENT: usize = 23;
/// First index of gyro scale factor, dimensionless.
pub const GYRO_SCALE: usize = 25;
/// First index of the lever arm from the inertial unit to the other sensors, `B`, m.
pub const LEVER: usize = 28;
/// Index of the velocimeter's scale factor, dimensionless.
pub const BEAM_SCALE: usize = 31;
/// First index of the velocimeter's biases, one a beam, m/s.
pub const BEAM: usize = 32;

/// A row of the measurement matrix, or a correction of the state.
pub type Row = [f64; STATES];

/// Symmetric error covariance.
#[derive(Clone, Debug)]
pub struct Covariance([[f64; STATES]; STATES]);

/// What moves the errors over one step: see [`Covariance::propagate`].
pub struct Transition {
    /// Step, s.
    pub dt_s: f64,
    /// Integrated specific force over the step, `I`, m/s.
    pub dv_I: Vector3<f64>,
    /// Body attitude, `I` from `B`, mid-step.
    pub R_IB: Matrix3<f64>,
    /// Accelerometers are being integrated, so that their bias reaches velocity.
    pub sensing: bool,
    /// Gravity gradient, s⁻².
    pub gradient: Matrix3<f64>,
    /// Growth of variance over the step: velocity, attitude, gyro bias, accelerometer bias.
    pub q: [f64; 4],
}

impl Covariance {
    /// No uncertainty at all.
    pub const fn zero() -> Self {
        Self([[0.0; STATES]; STATES])
    }

    /// Sets the 3×3 block at (`row`, `column`) and its mirror image.
    pub fn set_block(&mut self, row: usize, column: usize, block: &Matrix3<f64>) {
        for i in 0..3 {
            for j in 0..3 {
                self.set(row + i, column + j, block[(i, j)]);
            }
        }
    }

    /// Sets one element and its mirror image; out of range indices are ignored.
    pub fn set(&mut self, i: usize, j: usize, value: f64) {
        if i < STATES && j < STATES {
            self.0[i][j] = value;
            self.0[j][i] = value;
        }
    }

    /// One element; zero out of range.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        if i < STATES && j < STATES { self.0[i][j] } else { 0.0 }
    }

    /// The 3×3 block at (`row`, `column`).
    pub fn block(&self, row: usize, column: usize) -> Matrix3<f64> {
        Matrix3::from_fn(|i, j| self.get(row + i, column + j))
    }

    /// Variance along `direction` of the three states from `first`.
    pub fn variance(&self, first: usize, direction: &Vector3<f64>) -> f64 {
        (direction.transpose() * self.block(first, first) * direction).x.max(0.0)
    }

    /// `P Hᵀ`.
    pub fn times(&self, h: &Row) -> Row {
        let mut out = [0.0; STATES];
        for (o, row) in out.iter_mut().zip(&self.0) {
            *o = row.iter().zip(h).map(|(p, h)| p * h).sum();
        }
        out
    }

    /// Multiplies the sparse transition matrix onto the rows: `Φ X`.
    fn rows(x: &mut [[f64; STATES]; STATES], t: &Transition) {
        let f = -icd::rotation::skew(t.dv_I);
        let bias = t.R_IB * -t.dt_s;
        let gradient = t.gradient * t.dt_s;
        let half = 0.5 * t.dt_s;
        for k in 0..STATES {
            let at = |first: usize| Vector3::new(x[first][k], x[first + 1][k], x[first + 2][k]);
            let (p, v, theta) = (at(P), at(V), at(THETA));
            let mut dv = gradient * p + f * (theta - t.R_IB * at(ALIGNMENT)) - t.dv_I * x[SCALE][k];
            if t.sensing {
                dv += bias * at(ACCELEROMETER);
            }
            let p = p + v * t.dt_s + dv * half;
            let v = v + dv;
            let theta = theta + bias * at(GYRO);
            for i in 0..3 {
                x[P + i][k] = p[i];
                x[V + i][k] = v[i];
                x[THETA + i][k] = theta[i];
            }
        }
    }

    /// `P ← Φ P Φᵀ + Q`, exploiting that Φ differs from 1 in nine rows only.
    pub fn propagate(&mut self, t: &Transition) {
        let x = &mut self.0;
        Self::rows(x, t);
        // Now x = Φ P. Transposed it is P Φᵀ; rows again gives Φ P Φᵀ.
        for i in 0..STATES {
            for j in 0..i {
                let (a, b) = (x[i][j], x[j][i]);
                x[i][j] = b;
                x[j][i] = a;
            }
        }
        Self::rows(x, t);
        for i in 0..3 {
            x[V + i][V + i] += t.q[0];
            x[THETA + i][THETA + i] += t.q[1];
            x[GYRO + i][GYRO + i] += t.q[2];
            x[ACCELEROMETER + i][ACCELEROMETER + i] += t.q[3];
        }
        self.mirror();
    }

    /// Makes attitude that of the inertial unit: θ ← θ − R β, and forgets the alignment β.
    pub fn fold_alignment(&mut self, R_IB: &Matrix3<f64>) {
        let x = &mut self.0;
        for pass in 0..2 {
            for k in 0..STATES {
                let read = |i: usize| if pass == 0 { x[i][k] } else { x[k][i] };
                let beta = Vector3::new(read(ALIGNMENT), read(ALIGNMENT + 1), read(ALIGNMENT + 2));
                let turned = R_IB * beta;
                for i in 0..3 {
                    if pass == 0 {
                        x[THETA + i][k] -= turned[i];
                    } else {
                        x[k][THETA + i] -= turned[i];
                    }
                }
            }
        }
        for k in 0..STATES {
            for i in 0..3 {
                x[ALIGNMENT + i][k] = 0.0;
                x[k][ALIGNMENT + i] = 0.0;
            }
        }
    }

    /// One step of the terrain bias, a first-order Gauss–Markov process: decay, then added variance.
    pub fn forget_terrain(&mut self, decay: f64, added: f64) {
        for k in 0..STATES {
            self.0[TERRAIN][k] *= decay;
            self.0[k][TERRAIN] *= decay;
        }
        self.0[TERRAIN][TERRAIN] += added;
    }

    fn mirror(&mut self) {
        for i in 0..STATES {
            for j in 0..i {
                let mean = 0.5 * (self.0[i][j] + self.0[j][i]);
                self.0[i][j] = mean;
                self.0[j][i] = mean;
            }
        }
    }

    /// Scalar update with any gain: Joseph's form `P − K phᵀ − ph Kᵀ + K s Kᵀ`.
    ///
    /// - `ph`: `P Hᵀ` from [`Covariance::times`]; `s`: `H P Hᵀ + R`. The optimal gain is `ph / s`; a
    ///   smaller one underweights, a zero in a row makes that state a considered one [Schmidt1966].
    pub fn update(&mut self, ph: &Row, k: &Row, s: f64) {
        for i in 0..STATES {
            for j in 0..=i {
                let d = k[i] * ph[j] + ph[i] * k[j] - k[i] * s * k[j];
                let value = self.0[i][j] - d;
                self.0[i][j] = value;
                self.0[j][i] = value;
            }
            if self.0[i][i] < 1e-18 {
                self.0[i][i] = 1e-18;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transition() -> Transition {
        Transition {
            dt_s: 0.1,
            dv_I: Vector3::new(0.1, -0.2, 0.3),
            R_IB: icd::rotation::Quaternion::<icd::frames::I, icd::frames::B>::exp(Vector3::new(
                0.1, 0.7, -1.0,
            ))
            .rotation()
            .si(),
            sensing: true,
            gradient: Matrix3::from_diagonal(&Vector3::new(2e-6, -1e-6, -1e-6)),
            q: [1e-6, 1e-12, 0.0, 0.0],
        }
    }

    fn some() -> Covariance {
        let mut p = Covariance::zero();
        for i in 0..STATES {
            for j in 0..STATES {
                let (a, b) = (i as f64 + 1.0, j as f64 + 1.0);
                p.set(i, j, libm::cos(a - b) + if i == j { 2.0 } else { 0.0 });
            }
        }
        p
    }

    /// The same step with dense matrices, written independently.
    #[test]
    fn the_sparse_step_equals_the_dense_one() {
        let t = transition();
        type Dense = nalgebra::SMatrix<f64, STATES, STATES>;
        let mut phi = Dense::identity();
        let bias = t.R_IB * -t.dt_s;
        let f = -icd::rotation::skew(t.dv_I);
        let gradient = t.gradient * t.dt_s;
        let half = 0.5 * t.dt_s;
        let eye = Matrix3::identity();
        phi.fixed_view_mut::<3, 3>(P, P).copy_from(&(eye + gradient * half));
        phi.fixed_view_mut::<3, 3>(P, V).copy_from(&(eye * t.dt_s));
        phi.fixed_view_mut::<3, 3>(P, THETA).copy_from(&(f * half));
        phi.fixed_view_mut::<3, 3>(P, ACCELEROMETER).copy_from(&(bias * half));
        phi.fixed_view_mut::<3, 3>(V, P).copy_from(&gradient);
        phi.fixed_view_mut::<3, 3>(V, THETA).copy_from(&f);
        phi.fixed_view_mut::<3, 3>(V, ACCELEROMETER).copy_from(&bias);
        phi.fixed_view_mut::<3, 3>(THETA, GYRO).copy_from(&bias);
        phi.fixed_view_mut::<3, 3>(P, ALIGNMENT).copy_from(&(-f * t.R_IB * half));
        phi.fixed_view_mut::<3, 3>(V, ALIGNMENT).copy_from(&(-f * t.R_IB));
        phi.fixed_view_mut::<3, 1>(P, SCALE).copy_from(&(-t.dv_I * half));
        phi.fixed_view_mut::<3, 1>(V, SCALE).copy_from(&-t.dv_I);
        phi[(TERRAIN, TERRAIN)] = 0.9;
        let dense = Dense::from_fn(|i, j| some().get(i, j));
        let mut expected = phi * dense * phi.transpose();
        expected[(TERRAIN, TERRAIN)] += 5.0;
        for i in 0..3 {
            expected[(V + i, V + i)] += 1e-6;
            expected[(THETA + i, THETA + i)] += 1e-12;
        }
        let mut p = some();
        p.propagate(&t);
        p.forget_terrain(0.9, 5.0);
        for i in 0..STATES {
            for j in 0..STATES {
                assert!((p.get(i, j) - expected[(i, j)]).abs() < 1e-12, "({i}, {j})");
            }
        }
    }

    #[test]
    fn folding_the_alignment_is_the_linear_map_it_says() {
        type Dense = nalgebra::SMatrix<f64, STATES, STATES>;
        let R = transition().R_IB;
        let mut map = Dense::identity();
        map.fixed_view_mut::<3, 3>(THETA, ALIGNMENT).copy_from(&-R);
        for i in 0..3 {
            map[(ALIGNMENT + i, ALIGNMENT + i)] = 0.0;
        }
        let expected = map * Dense::from_fn(|i, j| some().get(i, j)) * map.transpose();
        let mut p = some();
        p.fold_alignment(&R);
        for i in 0..STATES {
            for j in 0..STATES {
                assert!((p.get(i, j) - expected[(i, j)]).abs() < 1e-12, "({i}, {j})");
            }
        }
    }

    #[test]
    fn a_perfect_measurement_leaves_no_variance_along_itself() {
        let mut p = some();
        let mut h = [0.0; STATES];
        h[P] = 1.0;
        h[TERRAIN] = -1.0;
        let ph = p.times(&h);
        let s: f64 = ph.iter().zip(&h).map(|(a, b)| a * b).sum();
        p.update(&ph, &ph.map(|x| x / s), s);
        let after: f64 = p.times(&h).iter().zip(&h).map(|(a, b)| a * b).sum();
        assert!(after.abs() < 1e-12, "{after}");
    }

    #[test]
    fn underweighting_never_makes_the_filter_surer_than_the_full_update() {
        let (mut full, mut under) = (some(), some());
        let mut h = [0.0; STATES];
        h[P + 2] = 1.0;
        let ph = full.times(&h);
        let s = ph[P + 2] + 0.1;
        full.update(&ph, &ph.map(|x| x / s), s);
        under.update(&ph, &ph.map(|x| x / (s + 0.2 * ph[P + 2])), s);
        assert!(under.get(P + 2, P + 2) > full.get(P + 2, P + 2));
    }
}
