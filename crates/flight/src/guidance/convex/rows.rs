//! The constraints of one node, as rows over its state and control.
//!
//! Owns: slacks s = Λ (x, w) + h τ, the transposed product, and Λᵀ W⁻² Λ, each written out.
//! Published — [AcikmesePloen2007], with u = T/m, z = ln m, z₀ a reference mass history:
//!     |u| ≤ σ,   μ₁ [1 − (z−z₀) + (z−z₀)²/2] ≤ σ ≤ μ₂ [1 − (z−z₀)],   |S r| ≤ cᵀr;
//! pointing n·u ≥ σ cos θ as in [Acikmese2013]; speed |v| ≤ v_max, here v_max + k · height.
//! Programmed: the quadratic bound as a cone: with d = z−z₀ and e = σ/μ₁ − 1 + d, d² ≤ 2e is
//!     |(2e − 1, 2d)| ≤ 2e + 1.
//! A constraint that is not wanted has no rows and the slack one: every node has the same cones.

use super::riccati::{Control, Hessian, State};
use super::slack::{Scale, Slack};

/// Coefficients of one node.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Least thrust: of σ, of mass, and constants of the three rows.
    pub least: [f64; 2],
    pub least_one: [f64; 3],
    /// Most thrust: of σ, of mass, constant.
    pub most: [f64; 3],
    /// Pointing: of upward thrust, of σ, constant.
    pub pointing: [f64; 3],
    /// Glide slope: of height, of horizontal distance, constant.
    pub slope: [f64; 3],
    /// Speed: of height, of velocity, constant.
    pub speed: [f64; 3],
    /// Least mass: of mass, constant.
    pub mass: [f64; 2],
}

impl Rows {
    /// No constraint but |u| ≤ σ.
    pub const FREE: Self = Self {
        least: [0.0; 2],
        least_one: [1.0, 0.0, 0.0],
        most: [0.0, 0.0, 1.0],
        pointing: [0.0, 0.0, 1.0],
        slope: [0.0, 0.0, 1.0],
        speed: [0.0, 0.0, 1.0],
        mass: [0.0, 1.0],
    };

    /// Λ (x, w) + h τ.
    pub fn slack(&self, x: &State, w: &Control, tau: f64) -> Slack {
        let [rx, ry, rz, vx, vy, vz, mass] = *x;
        let [ux, uy, uz, sigma] = *w;
        let d = self.least[1] * mass;
        let both = self.least[0] * sigma + d;
        let [one_a, one_b, one_c] = self.least_one;
        let ([slope_z, slope_xy, slope_one], [speed_z, speed_v, speed_one]) =
            (self.slope, self.speed);
        Slack {
            thrust: [sigma, ux, uy, uz],
            least: [both + one_a * tau, both + one_b * tau, d + one_c * tau],
            slope: [slope_z * rz + slope_one * tau, slope_xy * rx, slope_xy * ry],
            speed: [speed_z * rz + speed_one * tau, speed_v * vx, speed_v * vy, speed_v * vz],
            line: [
                self.most[0] * sigma + self.most[1] * mass + self.most[2] * tau,
                self.pointing[0] * uz + self.pointing[1] * sigma + self.pointing[2] * tau,
                self.mass[0] * mass + self.mass[1] * tau,
            ],
        }
    }

    /// Λᵀ z: for the state and for the control.
    pub fn transposed(&self, z: &Slack) -> (State, Control) {
        let both = z.least[0] + z.least[1];
        let [most, pointing, mass] = z.line;
        let slope = self.slope[1];
        let speed = self.speed[1];
        let x = [
            slope * z.slope[1],
            slope * z.slope[2],
            self.slope[0] * z.slope[0] + self.speed[0] * z.speed[0],
            speed * z.speed[1],
            speed * z.speed[2],
            speed * z.speed[3],
            self.least[1] * (both + z.least[2]) + self.most[1] * most + self.mass[0] * mass,
        ];
        let w = [
            z.thrust[1],
            z.thrust[2],
            z.thrust[3] + self.pointing[0] * pointing,
            z.thrust[0] + self.least[0] * both + self.most[0] * most + self.pointing[1] * pointing,
        ];
        (x, w)
    }

    /// Λᵀ W⁻² Λ.
    pub fn hessian(&self, scale: &Scale) -> Hessian {
        let mut out = Hessian { xx: [[0.0; 7]; 7], mass_sigma: 0.0, ww: [[0.0; 4]; 4] };
        self.of_control(scale, &mut out);
        self.of_place(scale, &mut out);
        out
    }

    fn of_control(&self, scale: &Scale, out: &mut Hessian) {
        let (q, w) = scale.thrust.inverse_square();
        let ww = &mut out.ww;
        for i in 0..3 {
            for j in 0..3 {
                ww[i][j] = 2.0 * q * w[1 + i] * w[1 + j];
            }
            ww[i][i] += q;
            ww[i][3] = 2.0 * q * w[1 + i] * w[0];
            ww[3][i] = ww[i][3];
        }
        ww[3][3] = q * (2.0 * w[0] * w[0] - 1.0);
        // Columns (1, 1, 0) and (1, 1, 1); Jᵀ of the first with either is zero.
        let (q, w) = scale.least.inverse_square();
        let (sigma, mass) = (w[0] + w[1], w[0] + w[1] + w[2]);
        let [by_sigma, by_mass] = self.least;
        ww[3][3] += 2.0 * q * by_sigma * by_sigma * sigma * sigma;
        out.mass_sigma = 2.0 * q * by_sigma * by_mass * sigma * mass;
        out.xx[6][6] = q * by_mass * by_mass * (2.0 * mass * mass + 1.0);
        let [most, pointing, least_mass] = scale.line.map(|line| line.per_w * line.per_w);
        ww[3][3] += most * self.most[0] * self.most[0];
        out.mass_sigma += most * self.most[0] * self.most[1];
        out.xx[6][6] +=
            most * self.most[1] * self.most[1] + least_mass * self.mass[0] * self.mass[0];
        let mixed = pointing * self.pointing[0] * self.pointing[1];
        ww[2][2] += pointing * self.pointing[0] * self.pointing[0];
        ww[2][3] += mixed;
        ww[3][2] += mixed;
        ww[3][3] += pointing * self.pointing[1] * self.pointing[1];
    }

    fn of_place(&self, scale: &Scale, out: &mut Hessian) {
        let xx = &mut out.xx;
        let (q, w) = scale.slope.inverse_square();
        let [z, xy, _] = self.slope;
        for i in 0..2 {
            for j in 0..2 {
                xx[i][j] = 2.0 * q * xy * xy * w[1 + i] * w[1 + j];
            }
            xx[i][i] += q * xy * xy;
            xx[i][2] = 2.0 * q * xy * z * w[1 + i] * w[0];
            xx[2][i] = xx[i][2];
        }
        xx[2][2] = q * z * z * (2.0 * w[0] * w[0] - 1.0);
        let (q, w) = scale.speed.inverse_square();
        let [z, v, _] = self.speed;
        for i in 0..3 {
            for j in 0..3 {
                xx[3 + i][3 + j] = 2.0 * q * v * v * w[1 + i] * w[1 + j];
            }
            xx[3 + i][3 + i] += q * v * v;
            xx[3 + i][2] = 2.0 * q * v * z * w[1 + i] * w[0];
            xx[2][3 + i] = xx[3 + i][2];
        }
        xx[2][2] += q * z * z * (2.0 * w[0] * w[0] - 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const ROWS: Rows = Rows {
        least: [5.0, 0.4],
        least_one: [-0.8, -2.8, 0.2],
        most: [-1.0, -0.2, 1.1],
        pointing: [1.0, -0.7, 0.0],
        slope: [2.0, 0.3, 0.1],
        speed: [0.5, 3.0, 1.0],
        mass: [4.0, 1.0],
    };

    fn inside(a: &[f64]) -> Slack {
        fn cone<const D: usize>(a: &[f64]) -> [f64; D] {
            let mut out = [0.0; D];
            out[1..].copy_from_slice(&a[1..D]);
            out[0] = libm::sqrt(out.iter().map(|x| x * x).sum::<f64>()) + 0.1 + a[0].abs();
            out
        }
        Slack {
            thrust: cone(a),
            least: cone(&a[4..]),
            slope: cone(&a[7..]),
            speed: cone(&a[10..]),
            line: [0.1 + a[14].abs(), 0.1 + a[15].abs(), 0.1 + a[16].abs()],
        }
    }

    fn split(a: &[f64]) -> (State, Control) {
        (a[..7].try_into().unwrap(), a[7..11].try_into().unwrap())
    }

    proptest! {
        #[test]
        fn the_transpose_is_the_transpose(a in vec(-2.0..2.0f64, 11), b in vec(-2.0..2.0f64, 17)) {
            let ((x, w), z) = (split(&a), inside(&b));
            let (gx, gw) = ROWS.transposed(&z);
            let there = ROWS.slack(&x, &w, 0.0).dot(&z);
            let back: f64 = gx.iter().zip(&x).chain(gw.iter().zip(&w)).map(|(a, b)| a * b).sum();
            prop_assert!((there - back).abs() < 1e-10 * there.abs().max(1.0));
        }

        #[test]
        fn the_second_derivative_is_the_square_of_the_scaled_slack(
            a in vec(-2.0..2.0f64, 11), s in vec(-2.0..2.0f64, 17), z in vec(-2.0..2.0f64, 17),
        ) {
            let (x, w) = split(&a);
            let scale = Scale::new(&inside(&s), &inside(&z));
            let h = ROWS.hessian(&scale);
            let mut form = 2.0 * h.mass_sigma * x[6] * w[3];
            for i in 0..7 {
                for j in 0..7 {
                    form += h.xx[i][j] * x[i] * x[j];
                }
            }
            for i in 0..4 {
                for j in 0..4 {
                    form += h.ww[i][j] * w[i] * w[j];
                }
            }
            let scaled = scale.per(&ROWS.slack(&x, &w, 0.0));
            prop_assert!((form - scaled.dot(&scaled)).abs() < 1e-9 * form.abs().max(1.0));
        }
    }
}
