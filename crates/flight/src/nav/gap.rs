//! Time without samples: the state coasts, and knows less afterwards.
//!
//! Owns: [`Nav::coast`], for the gap that a restart of the computer leaves, valves shut; [`Nav::doubt`],
//! for a sample that was void.
//! As programmed: position and velocity under gravity by steps of half a second at the most, each exact
//! to second order; attitude by the mean of the rates before and after the gap; the covariance as over
//! pulse frames, then widened by what the end of the last pulses may have left and by the change of rate.

use crate::load::Load;
use crate::nav::Nav;
use crate::nav::covariance::{EMPTY, P, THETA, V};
use icd::frames::{B, Vector};
use icd::rotation::Quaternion;
use icd::time::Time;
use nalgebra::Vector3;

/// Longest step, s, and most steps.
const STEP_S: f64 = 0.5;
const STEPS_MAX: u32 = 240;
/// What the last pulses and the engines' lag may leave unsensed, m/s: 3.5 m/s² over a tenth of a second.
const TAIL_M_S: f64 = 0.35;
/// Attitude that the gap leaves unknown beside the change of rate, rad. Assumed.
const TURN_RAD: f64 = 1e-3;

impl Nav {
    /// Coasts to `t`, with every valve shut; `w_after` is the first body rate after the gap, rad/s.
    pub fn coast(&mut self, load: &Load, t: Time, w_after: Vector3<f64>) {
        let gap_s = (t - self.t).s();
        if gap_s <= 0.0 {
            return;
        }
        let w_before = self.w_IB_B.si();
        let count = libm::ceil(gap_s / STEP_S).clamp(1.0, f64::from(STEPS_MAX));
        let step_s = gap_s / count;
        let mut left = count;
        while left > 0.5 {
            left -= 1.0;
            let (p, v) = (self.p_MB_I.si(), self.v_MB_I.si());
            let here = self.gravity_I(load);
            self.p_MB_I = Vector::from_si(p + (v + here * (0.5 * step_s)) * step_s);
            let g = (here + self.gravity_I(load)) * 0.5;
            self.v_MB_I = Vector::from_si(v + g * step_s);
            self.propagate_covariance(load, step_s);
        }
        let turn = (w_before + w_after) * (0.5 * gap_s);
        self.q_IB = self.q_IB * Quaternion::<B, B>::exp(turn);
        self.w_IB_B = Vector::from_si(w_after);
        self.t = t;
        self.R_IM = load.orientation.R_IM(t);
        let change = libm::sqrt((w_after - w_before).norm_squared()) * gap_s * 0.5;
        self.widen_isotropic(P, TAIL_M_S * gap_s);
        self.widen_isotropic(V, TAIL_M_S);
        self.widen_isotropic(THETA, libm::hypot(change, TURN_RAD));
        self.history.push(self.pose());
    }

    /// A sample was void and something was put in its place: adds these deviations, m/s and rad.
    pub fn doubt(&mut self, v_m_s: f64, turn_rad: f64) {
        self.widen_isotropic(V, v_m_s);
        self.widen_isotropic(THETA, turn_rad);
    }

    /// Steps aside from samples that were lost: `t` is believed as it is.
    pub fn jump(&mut self, load: &Load, t: Time) {
        self.t = t;
        self.R_IM = load.orientation.R_IM(t);
        self.history = crate::nav::history::History::new();
    }

    fn widen_isotropic(&mut self, first: usize, sigma: f64) {
        if sigma > 0.0 {
            for axis in 0..3 {
                let mut row = EMPTY;
                if let Some(slot) = row.get_mut(first + axis) {
                    *slot = 1.0;
                }
                self.covariance.add(&row, sigma * sigma);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_load::{flight_state, load};
    use icd::bus::{CYCLE, Imu};
    use icd::time::Span;

    #[test]
    fn a_gap_is_flown_as_if_every_sample_had_been_quiet() {
        let load = load();
        let (mut whole, _) = flight_state(&load, 8000.0, 0.3);
        let mut gapped = whole.clone();
        let mut t = whole.t;
        for _ in 0..500 {
            t += CYCLE;
            let imu = Imu { healthy: true, ..Imu::default() };
            whole.propagate(&load, &imu, t, false);
        }
        gapped.coast(&load, t, Vector3::zeros());
        let apart = (whole.p_MB_I.si() - gapped.p_MB_I.si()).norm();
        assert!(apart < 0.05, "{apart} m after ten seconds");
        assert!((whole.v_MB_I.si() - gapped.v_MB_I.si()).norm() < 1e-2);
    }

    #[test]
    fn what_a_gap_hides_is_in_the_covariance() {
        let load = load();
        let (mut nav, _) = flight_state(&load, 8000.0, 0.3);
        let before = (nav.covariance.trace(V), nav.covariance.trace(THETA));
        let t = nav.t + Span::from_s(2.0);
        nav.coast(&load, t, Vector3::new(0.05, 0.0, 0.0));
        assert!(nav.covariance.trace(V) > before.0 + 3.0 * TAIL_M_S * TAIL_M_S * 0.99);
        assert!(nav.covariance.trace(THETA) > before.1 + 3.0 * 0.05 * 0.05 * 0.99);
        assert_eq!(nav.t, t);
    }
}
