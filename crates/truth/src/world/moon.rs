//! The Moon as one run sees it: its orientation and its slow gravity, remembered between calls.
//!
//! As programmed: `R_IM(t) = exp(w (t − t₀)) R_IM(t₀)` with w the rotation from t₀ to t₀ + 1 s, so that
//! it is exact at both ends; the perturbation of gravity is extrapolated linearly from its last two
//! evaluations (the tests measure the error).

use crate::environment::{Environment, orientation};
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
    pub fn new(t0: Time) -> Self {
        Self::between(t0, orientation::R_IM(t0), orientation::R_IM(t0 + RENEWAL))
    }

    fn between(t0: Time, R0_IM: Rotation<I, M>, R1_IM: Rotation<I, M>) -> Self {
        let turn: Rotation<I, I> = R1_IM * R0_IM.inverse();
        Self { t0, R0_IM, R1_IM, w_IM_I: Quaternion::from_rotation(turn).log() / RENEWAL.s() }
    }

    /// Moves the remembered second on when `t` has left it.
    pub fn follow(&mut self, t: Time) {
        let next = self.t0 + RENEWAL;
        if t >= self.t0 && t < next {
            return;
        }
        *self = if t >= next && t < next + RENEWAL {
            Self::between(next, self.R1_IM, orientation::R_IM(next + RENEWAL))
        } else {
            Self::new(t)
        };
    }

    /// `R_IM` at a time within the remembered second.
    pub fn R_IM(&self, t: Time) -> Rotation<I, M> {
        let turned = Quaternion::<I, I>::exp(self.w_IM_I * (t - self.t0).s());
        turned.rotation() * self.R0_IM
    }
}

/// Slow forces, refreshed now and then: see [`Environment::perturbation`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Perturbation {
    refresh: Span,
    /// The last three evaluations, oldest first: time and m/s².
    nodes: [(Time, Vector3<f64>); 3],
    /// First and second divided differences at the newest, m/s³ and m/s⁴.
    slope_I: Vector3<f64>,
    bend_I: Vector3<f64>,
}

impl Perturbation {
    /// `None` outside the ephemeris. The first two refreshes are evaluated in advance, along free fall.
    pub fn new(
        environment: &Environment,
        (p_MB_I, v_I): (Vector<Position, I>, Vector3<f64>),
        t: Time,
        refresh: Span,
        exposure_m2_kg: f64,
    ) -> Option<Self> {
        let a_I = environment.acceleration_I(p_MB_I, t, exposure_m2_kg)?.si();
        let mut nodes = [(t, Vector3::zeros()); 3];
        for (n, node) in nodes.iter_mut().enumerate() {
            let then = t + Span::from_ns(refresh.ns() * n as i64);
            let ahead_s = (then - t).s();
            let p = p_MB_I.si() + (v_I + a_I * (0.5 * ahead_s)) * ahead_s;
            let force_I = environment.perturbation(Vector::from_si(p), then, exposure_m2_kg)?;
            *node = (then, force_I.si());
        }
        Some(Self::through(nodes, refresh))
    }

    fn through(nodes: [(Time, Vector3<f64>); 3], refresh: Span) -> Self {
        let [(t0, a0), (t1, a1), (t2, a2)] = nodes;
        let slope_I = (a2 - a1) / (t2 - t1).s();
        let bend_I = (slope_I - (a1 - a0) / (t1 - t0).s()) / (t2 - t0).s();
        Self { refresh, nodes, slope_I, bend_I }
    }

    /// Evaluates again when the last evaluation is older than the refresh; `None` outside the ephemeris.
    pub fn follow(
        &mut self,
        environment: &Environment,
        p_MB_I: Vector<Position, I>,
        t: Time,
        exposure_m2_kg: f64,
    ) -> Option<()> {
        let [_, middle, newest] = self.nodes;
        if t - newest.0 < self.refresh {
            return Some(());
        }
        let a_I = environment.perturbation(p_MB_I, t, exposure_m2_kg)?.si();
        *self = Self::through([middle, newest, (t, a_I)], self.refresh);
        Some(())
    }

    /// Value at `t`, m/s², and slope, m/s³.
    pub fn at(&self, t: Time) -> (Vector3<f64>, Vector3<f64>) {
        let [_, (t1, _), (t2, a2)] = self.nodes;
        let (x, y) = ((t - t2).s(), (t - t1).s());
        (a2 + self.slope_I * x + self.bend_I * (x * y), self.slope_I + self.bend_I * (x + y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remembered_orientation_stays_on_the_exact_one() {
        let start = Time::from_tai_ns(802_422_000_000_000_000);
        let mut moon = Moon::new(start);
        let mut worst_m = 0.0_f64;
        for n in 0..500 {
            let t = start + Span::from_ms(37 * n);
            moon.follow(t);
            let error = (moon.R_IM(t).si() - orientation::R_IM(t).si()).norm();
            worst_m = worst_m.max(error * icd::constants::MOON_RADIUS_M);
        }
        // A double resolves the time past J2000 to 0.1 µs: 0.5 µm of turn, and the rate likewise.
        assert!(worst_m < 1e-5, "{worst_m} m on the surface");
    }

    #[test]
    fn the_rate_is_that_of_the_orientation() {
        let t = Time::from_tai_ns(802_422_000_000_000_000);
        let w = Moon::new(t).w_IM_I;
        assert!((w - orientation::w_IM_I(t).si()).norm() < 1e-11, "{w}");
    }

    #[test]
    fn a_jump_in_time_is_followed() {
        let t = Time::from_tai_ns(802_422_000_000_000_000);
        let mut moon = Moon::new(t);
        for seconds in [500, -300] {
            let there = t + Span::from_ms(1000 * seconds);
            moon.follow(there);
            assert!((moon.R_IM(there).si() - orientation::R_IM(there).si()).norm() < 1e-15);
        }
    }
}
