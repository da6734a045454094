//! The Moon as one run sees it: its orientation and its slow gravity, remembered between calls.
//!
//! As programmed: `R_IM(t) = exp(w (t − t₀)) R_IM(t₀)` with w the rotation from t₀ to t₀ + 1 s, so that
//! it is exact at both ends; the perturbation of gravity is extrapolated linearly from its last two
//! evaluations (the tests measure the error).

use crate::environment::Environment;
use crate::environment::orientation::Orientation;
use icd::frames::{I, M, Position, Vector};
use icd::rotation::{Quaternion, Rotation};
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// Orientation of the Moon, exact once a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moon {
    t0: Time,
    R0_IM: Rotation<I, M>,
    R1_IM: Rotation<I, M>,
    /// Mean rate from `t0` to one second later, inertial axes, rad/s.
    pub w_IM_I: Vector3<f64>,
}

const RENEWAL: Span = Span::from_ms(1000);

impl Moon {
    /// `None` outside the orientation's span.
    pub fn new(orientation: &Orientation, t0: Time) -> Option<Self> {
        Some(Self::between(t0, orientation.R_IM(t0)?, orientation.R_IM(t0 + RENEWAL)?))
    }

    fn between(t0: Time, R0_IM: Rotation<I, M>, R1_IM: Rotation<I, M>) -> Self {
        let turn: Rotation<I, I> = R1_IM * R0_IM.inverse();
        Self { t0, R0_IM, R1_IM, w_IM_I: Quaternion::from_rotation(turn).log() / RENEWAL.s() }
    }

    /// Moves the remembered second on when `t` has left it; `None` outside the orientation's span.
    pub fn follow(&mut self, orientation: &Orientation, t: Time) -> Option<()> {
        let next = self.t0 + RENEWAL;
        if t >= self.t0 && t < next {
            return Some(());
        }
        *self = if t >= next && t < next + RENEWAL {
            Self::between(next, self.R1_IM, orientation.R_IM(next + RENEWAL)?)
        } else {
            Self::new(orientation, t)?
        };
        Some(())
    }

    /// `R_IM` at a time within the remembered second.
    pub fn R_IM(&self, t: Time) -> Rotation<I, M> {
        let turned = Quaternion::<I, I>::exp(self.w_IM_I * (t - self.t0).s());
        turned.rotation() * self.R0_IM
    }
}

/// Gravity beyond the point mass, refreshed now and then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perturbation {
    t: Time,
    refresh: Span,
    a_I: Vector3<f64>,
    slope_I: Vector3<f64>,
}

impl Perturbation {
    /// `None` outside the ephemeris. The first slope comes from a second evaluation one refresh later.
    pub fn new(
        environment: &Environment,
        p_MB_I: Vector<Position, I>,
        v_I: Vector3<f64>,
        t: Time,
        refresh: Span,
    ) -> Option<Self> {
        let a_I = environment.perturbation(p_MB_I, t)?.si();
        let ahead = Vector::from_si(p_MB_I.si() + v_I * refresh.s());
        let slope_I = (environment.perturbation(ahead, t + refresh)?.si() - a_I) / refresh.s();
        Some(Self { t, refresh, a_I, slope_I })
    }

    /// Evaluates again when the last evaluation is older than the refresh; `None` outside the ephemeris.
    pub fn follow(
        &mut self,
        environment: &Environment,
        p_MB_I: Vector<Position, I>,
        t: Time,
    ) -> Option<()> {
        let age = t - self.t;
        if age < self.refresh {
            return Some(());
        }
        let a_I = environment.perturbation(p_MB_I, t)?.si();
        *self = Self { t, slope_I: (a_I - self.a_I) / age.s(), a_I, ..*self };
        Some(())
    }

    /// Value at `t`, m/s², and slope, m/s³.
    pub fn at(&self, t: Time) -> (Vector3<f64>, Vector3<f64>) {
        (self.a_I + self.slope_I * (t - self.t).s(), self.slope_I)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remembered_orientation_stays_on_the_exact_one() {
        let start = Time::from_tai_ns(802_422_000_000_000_000);
        let orientation = Orientation::de421();
        let mut moon = Moon::new(&orientation, start).unwrap();
        let mut worst_m = 0.0_f64;
        for n in 0..500 {
            let t = start + Span::from_ms(37 * n);
            moon.follow(&orientation, t).unwrap();
            let error = (moon.R_IM(t).si() - orientation.R_IM(t).unwrap().si()).norm();
            worst_m = worst_m.max(error * icd::constants::MOON_RADIUS_M);
        }
        // A double resolves the time past J2000 to 0.1 µs: 0.5 µm of turn, and the rate likewise.
        assert!(worst_m < 1e-5, "{worst_m} m on the surface");
    }

    #[test]
    fn the_rate_is_that_of_the_orientation() {
        let t = Time::from_tai_ns(802_422_000_000_000_000);
        let orientation = Orientation::de421();
        let w = Moon::new(&orientation, t).unwrap().w_IM_I;
        assert!((w - orientation.w_IM_I(t).unwrap().si()).norm() < 1e-11, "{w}");
    }

    #[test]
    fn a_jump_in_time_is_followed() {
        let t = Time::from_tai_ns(802_422_000_000_000_000);
        let orientation = Orientation::de421();
        let mut moon = Moon::new(&orientation, t).unwrap();
        for seconds in [500, -300] {
            let there = t + Span::from_ms(1000 * seconds);
            moon.follow(&orientation, there).unwrap();
            let exact = orientation.R_IM(there).unwrap();
            assert!((moon.R_IM(there).si() - exact.si()).norm() < 1e-15);
        }
    }

    #[test]
    fn where_the_orientation_ends_the_moon_ends() {
        let orientation = Orientation::de421();
        let last = Time::from_utc("2031-12-31T23:58:50").unwrap();
        let mut moon = Moon::new(&orientation, last - Span::from_ms(1000)).unwrap();
        assert!(moon.follow(&orientation, last + Span::from_ms(900)).is_none());
        assert!(Moon::new(&orientation, last + Span::from_ms(900)).is_none());
    }
}
