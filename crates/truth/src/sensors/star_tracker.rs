//! Star tracker: an attitude now and then.
//!
//! As programmed: `q_measured = q_IB ⊗ exp(e_B)` with e_B = constant alignment error + noise, the
//! noise σ_cross across the boresight and σ_boresight about it.
//! No solution while the body turns faster than the limit, or while the main or an assist engine
//! burns unless the vehicle file says otherwise.
//! Refuses: star catalogues, the Moon or the Sun in the field of view, latency (the exposure is now).

use super::Schedule;
use crate::random::Stream;
use crate::vehicle;
use icd::bus;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::Time;
use nalgebra::Vector3;

/// A star tracker as it is in this run.
#[derive(Clone, Debug)]
pub struct StarTracker {
    spec: vehicle::StarTracker,
    alignment_B_rad: Vector3<f64>,
    schedule: Schedule,
    noise: Stream,
}

impl StarTracker {
    /// Draws the alignment error from the stream `star_tracker.alignment`; noise from `star_tracker`.
    pub fn new(spec: &vehicle::StarTracker, start: Time, (seed, run): (u64, u64)) -> Self {
        let mut draws = Stream::new(seed, run, "star_tracker.alignment");
        Self {
            spec: *spec,
            alignment_B_rad: draws.normal3() * spec.alignment_sigma_rad,
            schedule: Schedule::new(start, spec.period_s),
            noise: Stream::new(seed, run, "star_tracker"),
        }
    }

    /// The solution of this cycle, if one is due and possible.
    ///
    /// - `rate_rad_s`: size of the body rate. `burning`: the main or an assist engine gives thrust.
    pub fn sense(
        &mut self,
        t: Time,
        q_IB: Quaternion<I, B>,
        rate_rad_s: f64,
        burning: bool,
    ) -> Option<bus::StarTracker> {
        if !self.schedule.due(t) {
            return None;
        }
        let blinded = burning && !self.spec.usable_under_thrust;
        if blinded || rate_rad_s > self.spec.rate_rad_s_max {
            return None;
        }
        let (n, d) = (self.noise.normal3(), Vector3::from(self.spec.d_B));
        let along = d * n.dot(&d);
        let noise = (n - along) * self.spec.sigma_cross_rad + along * self.spec.sigma_boresight_rad;
        let q = q_IB * Quaternion::<B, B>::exp(self.alignment_B_rad + noise);
        Some(bus::StarTracker { t, q_IB: q.si() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    fn spec() -> vehicle::StarTracker {
        vehicle::StarTracker {
            d_B: [0.0, 1.0, 0.0],
            sigma_cross_rad: 1e-5,
            sigma_boresight_rad: 8e-5,
            alignment_sigma_rad: 0.0,
            period_s: 0.02,
            rate_rad_s_max: 0.03,
            usable_under_thrust: false,
        }
    }

    #[test]
    fn noise_is_larger_about_the_boresight_than_across() {
        let mut tracker = StarTracker::new(&spec(), Time::default(), (1, 1));
        let q_IB = Quaternion::from_si([0.5, 0.5, -0.5, 0.5]);
        let n = 4000;
        let mut sum2 = Vector3::zeros();
        for k in 0..n {
            let t = Time::default() + Span::from_ms(20 * k);
            let q: Quaternion<I, B> =
                Quaternion::from_si(tracker.sense(t, q_IB, 0.0, false).unwrap().q_IB);
            let e_B = (q_IB.inverse() * q).log();
            sum2 += e_B.component_mul(&e_B) / n as f64;
        }
        let expected: Vector3<f64> = Vector3::new(1e-5, 8e-5, 1e-5);
        for axis in 0..3 {
            let ratio = sum2[axis] / (expected[axis] * expected[axis]);
            assert!((ratio - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt(), "axis {axis}: {ratio}");
        }
    }

    #[test]
    fn no_solution_above_the_rate_limit_or_under_thrust() {
        let mut tracker = StarTracker::new(&spec(), Time::default(), (1, 1));
        let at = |n: i64| Time::default() + Span::from_ms(20 * n);
        let q = Quaternion::identity();
        assert!(tracker.sense(at(0), q, 0.02, false).is_some());
        assert!(tracker.sense(at(1), q, 0.04, false).is_none());
        assert!(tracker.sense(at(2), q, 0.02, true).is_none());
        tracker.spec.usable_under_thrust = true;
        assert!(tracker.sense(at(3), q, 0.02, true).is_some());
    }
}
