//! Least velocity change between two states of a planar descent: full thrust along the primer vector.
//!
//! As published — [Lawden1963] ch. 3; the same equations as truth's own test of minimum-fuel descents, with both
//! ends free to choose: central gravity, Moon not turning, range free.

use icd::constants::{GM_MOON_M3_S2, MOON_RADIUS_M};
use nalgebra::{Matrix3, Vector3};
use truth::integrate::dop853::{Settings, propagate};

/// Radius, m, radial and transverse speed, m/s.
pub type Place = [f64; 3];

/// One burn at full thrust.
#[derive(Clone, Copy, Debug)]
pub struct Burn {
    pub from: Place,
    pub to: Place,
    pub mass_kg: f64,
    pub thrust_N: f64,
    pub exhaust_m_s: f64,
}

/// The burn found: velocity change, m/s, duration, s, range, m.
#[derive(Clone, Copy, Debug)]
pub struct Optimum {
    pub dv_m_s: f64,
    pub burn_s: f64,
    pub range_m: f64,
}

/// Radius, range angle, radial and transverse speed; adjoints of radius and of both speeds.
type State = [f64; 7];

impl Burn {
    fn flow(&self, t_s: f64, y: &State) -> State {
        let [r, _, u, v, lr, lu, lv] = *y;
        let mass_kg = self.mass_kg - self.thrust_N / self.exhaust_m_s * t_s;
        let a = self.thrust_N / mass_kg / (lu * lu + lv * lv).sqrt();
        let g = GM_MOON_M3_S2 / (r * r);
        [
            u,
            v / r,
            v * v / r - g - a * lu,
            -u * v / r - a * lv,
            lu * (v * v / (r * r) - 2.0 * g / r) - lv * u * v / (r * r),
            lv * v / r - lr,
            (lv * u - 2.0 * lu * v) / r,
        ]
    }

    /// End of a burn with the adjoints (lr, lu, 1) at its start.
    fn end(&self, guess: &Vector3<f64>) -> State {
        let [r, u, v] = self.from;
        let start = [r, 0.0, u, v, guess[0], guess[1], 1.0];
        let settings = Settings { relative: 1e-11, ..Settings::within(1e-11) };
        let system = |t: f64, y: &State| Some(self.flow(t, y));
        propagate(system, (0.0, guess[2]), start, settings, &[]).unwrap().y
    }

    fn miss(&self, guess: &Vector3<f64>) -> Vector3<f64> {
        let y = self.end(guess);
        Vector3::new(y[0] - self.to[0], y[2] - self.to[1], y[3] - self.to[2])
    }

    /// Newton's method on the two adjoints and the time, derivatives by central differences.
    pub fn solve(&self) -> Optimum {
        let flow_kg_s = self.thrust_N / self.exhaust_m_s;
        let lost = (self.from[2] - self.to[2]) * 1.06;
        let burn_s = self.mass_kg * (1.0 - libm::exp(-lost / self.exhaust_m_s)) / flow_kg_s;
        let mut guess = Vector3::new(2e-3, 0.1, burn_s);
        for _ in 0..60 {
            let miss = self.miss(&guess);
            if miss.norm() < 1e-6 {
                break;
            }
            let mut slope = Matrix3::zeros();
            for (j, h) in [1e-8, 1e-6, 1e-4].into_iter().enumerate() {
                let mut d = Vector3::zeros();
                d[j] = h;
                let change = self.miss(&(guess + d)) - self.miss(&(guess - d));
                slope.set_column(j, &(change / (2.0 * h)));
            }
            let step = slope.lu().solve(&-miss).unwrap();
            let most = step[0].abs() / 1e-3 + step[1].abs() / 0.1 + step[2].abs() / 20.0;
            guess += step * (1.0 / most).min(1.0);
        }
        assert!(self.miss(&guess).norm() < 1e-4, "not converged: {}", self.miss(&guess));
        let left = 1.0 - flow_kg_s * guess[2] / self.mass_kg;
        Optimum {
            dv_m_s: -self.exhaust_m_s * libm::log(left),
            burn_s: guess[2],
            range_m: self.end(&guess)[1] * MOON_RADIUS_M,
        }
    }
}
