//! Star tracker: an attitude now and then.
//!
//! As programmed: `q_measured = q_IB ⊗ exp(e_B)` with e_B = constant alignment error + noise, the
//! noise σ_cross across the boresight and σ_boresight about it, both times √(1 + (ω/ω_smear)²): a star
//! trails over the pixels while the body turns at ω, and trail and point image add in quadrature.
//! No solution while the body turns faster than the limit; while the main or an assist engine burns,
//! unless the vehicle file says otherwise; while the boresight is nearer to the Moon's limb or to the
//! Sun than the baffle bears. The limb stands at the angle ρ from the Moon's centre, sin ρ = R/r; a Sun
//! behind it does not blind. The Moon's dark side blinds like its bright one: it hides the stars as
//! well, and the baffle's angle is small beside the Moon's disc.
//! Refuses: star catalogues, relief on the limb, the Earth in the field of view, aberration, latency
//! (the exposure is now).

use super::Schedule;
use crate::random::{Key, Normals, Stream};
use crate::vehicle;
use icd::bus;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{B, Direction, I, Position, Vector};
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

/// The lander during one exposure.
#[derive(Clone, Copy, Debug)]
pub struct Exposure {
    /// Position from the Moon's centre.
    pub p_MB_I: Vector<Position, I>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Size of the body rate, rad/s.
    pub rate_rad_s: f64,
    /// The main or an assist engine gives thrust.
    pub burning: bool,
}

impl StarTracker {
    /// Draws the alignment error from the stream `star_tracker.alignment`; noise from `star_tracker`.
    pub fn new<'a>(spec: &vehicle::StarTracker, start: Time, key: impl Into<Key<'a>>) -> Self {
        let key = key.into();
        let mut draws = key.constants("star_tracker.alignment");
        Self {
            spec: *spec,
            alignment_B_rad: draws.normal3() * spec.alignment_sigma_rad,
            schedule: Schedule::new(start, spec.period_s),
            noise: key.stream("star_tracker"),
        }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
    }

    /// The solution of this cycle, if one is due and possible.
    ///
    /// - `sun`: direction to the Sun; asked only when nothing else blinds; `None` when unknown.
    pub fn sense(
        &mut self,
        t: Time,
        exposure: &Exposure,
        sun: impl FnOnce() -> Option<Vector<Direction, I>>,
    ) -> Option<bus::StarTracker> {
        if !self.schedule.due(t) {
            return None;
        }
        // Always drawn: what blinds one exposure must not shift the noise of later ones.
        let (n, d) = (self.noise.normal3(), Vector3::from(self.spec.d_B));
        if self.blind(exposure, sun) {
            return None;
        }
        let along = d * n.dot(&d);
        let trail = exposure.rate_rad_s / self.spec.rate_rad_s_smear;
        let smear = (1.0 + trail * trail).sqrt();
        let noise = (n - along) * (self.spec.sigma_cross_rad * smear)
            + along * (self.spec.sigma_boresight_rad * smear);
        let q = exposure.q_IB * Quaternion::<B, B>::exp(self.alignment_B_rad + noise);
        Some(bus::StarTracker { t, q_IB: q.si() })
    }

    fn blind(
        &self,
        exposure: &Exposure,
        sun: impl FnOnce() -> Option<Vector<Direction, I>>,
    ) -> bool {
        let spec = &self.spec;
        if exposure.rate_rad_s > spec.rate_rad_s_max
            || (exposure.burning && !spec.usable_under_thrust)
        {
            return true;
        }
        let d_B: Vector<Direction, B> = Vector::from_si(Vector3::from(spec.d_B));
        let d_I = (exposure.q_IB.rotation() * d_B).si();
        let p_I = exposure.p_MB_I.si();
        let r_m = p_I.norm();
        let limb_rad = libm::asin((MOON_RADIUS_M / r_m).min(1.0));
        if angle_rad(d_I, -p_I / r_m) < limb_rad + spec.moon_limb_rad_min {
            return true;
        }
        sun().is_some_and(|sun_I| {
            let hidden = angle_rad(sun_I.si(), -p_I / r_m) < limb_rad;
            !hidden && angle_rad(d_I, sun_I.si()) < spec.sun_rad_min
        })
    }
}

/// Angle between two unit vectors, rad.
fn angle_rad(a: Vector3<f64>, b: Vector3<f64>) -> f64 {
    libm::acos(a.dot(&b).clamp(-1.0, 1.0))
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
            rate_rad_s_smear: 0.01,
            rate_rad_s_max: 0.03,
            moon_limb_rad_min: 0.3,
            sun_rad_min: 0.6,
            usable_under_thrust: false,
        }
    }

    fn at(n: i64) -> Time {
        Time::default() + Span::from_ms(20 * n)
    }

    /// At rest, `height_m` over the sphere, with the Moon's centre towards −y of `I`.
    fn exposure(height_m: f64) -> Exposure {
        Exposure {
            p_MB_I: Vector::new(0.0, MOON_RADIUS_M + height_m, 0.0),
            q_IB: Quaternion::identity(),
            rate_rad_s: 0.0,
            burning: false,
        }
    }

    /// Variances of the attitude error over many solutions at a body rate.
    fn variances(rate_rad_s: f64, n: i64) -> Vector3<f64> {
        let mut tracker = StarTracker::new(&spec(), Time::default(), (1, 1));
        let mut sum2 = Vector3::zeros();
        let seen = Exposure { rate_rad_s, ..exposure(1e5) };
        for k in 0..n {
            let q = tracker.sense(at(k), &seen, || None).unwrap().q_IB;
            let e_B = (seen.q_IB.inverse() * Quaternion::<I, B>::from_si(q)).log();
            sum2 += e_B.component_mul(&e_B) / n as f64;
        }
        sum2
    }

    #[test]
    fn noise_is_larger_about_the_boresight_and_grows_with_the_rate() {
        let n = 4000;
        for (rate_rad_s, growth) in [(0.0, 1.0), (0.01, 2.0), (0.03, 10.0)] {
            let measured = variances(rate_rad_s, n);
            for (axis, sigma) in [1e-5_f64, 8e-5, 1e-5].into_iter().enumerate() {
                let ratio = measured[axis] / (sigma * sigma * growth);
                let tolerance = 4.0 * (2.0 / n as f64).sqrt();
                assert!(
                    (ratio - 1.0).abs() < tolerance,
                    "{rate_rad_s} rad/s, axis {axis}: {ratio}"
                );
            }
        }
    }

    #[test]
    fn no_solution_above_the_rate_limit_or_under_thrust() {
        let mut tracker = StarTracker::new(&spec(), Time::default(), (1, 1));
        let with = |rate_rad_s, burning| Exposure { rate_rad_s, burning, ..exposure(1e5) };
        assert!(tracker.sense(at(0), &with(0.02, false), || None).is_some());
        assert!(tracker.sense(at(1), &with(0.04, false), || None).is_none());
        assert!(tracker.sense(at(2), &with(0.02, true), || None).is_none());
        tracker.spec.usable_under_thrust = true;
        assert!(tracker.sense(at(3), &with(0.02, true), || None).is_some());
    }

    #[test]
    fn the_moon_blinds_up_to_its_limb_and_the_baffles_angle() {
        let mut tracker = StarTracker::new(&spec(), Time::default(), (1, 1));
        let mut n = 0;
        // 100 km up: sin ρ = 1737.4/1837.4, ρ = 71.0°. At 2 R from the centre: 30°.
        for (height_m, limb_deg) in [(1e5, 71.009), (MOON_RADIUS_M, 30.0), (0.0, 90.0)] {
            let edge_rad = f64::to_radians(limb_deg) + 0.3;
            for (off_rad, seen) in [(1e-4, true), (-1e-4, false)] {
                // The boresight y turned about x: its angle from −y becomes the edge's.
                let turn = Vector3::new(core::f64::consts::PI - edge_rad - off_rad, 0.0, 0.0);
                let q_IB = Quaternion::exp(turn);
                let exposure = Exposure { q_IB, ..exposure(height_m) };
                let solved = tracker.sense(at(n), &exposure, || None).is_some();
                assert_eq!(solved, seen, "{height_m} m, {off_rad} rad");
                n += 1;
            }
        }
    }

    #[test]
    fn the_sun_blinds_within_its_angle_unless_the_moon_hides_it() {
        let mut tracker = StarTracker::new(&spec(), Time::default(), (1, 1));
        let towards = |angle_rad: f64| {
            Some(Vector::from_si(Vector3::new(angle_rad.sin(), angle_rad.cos(), 0.0)))
        };
        let high = exposure(1e5);
        assert!(tracker.sense(at(0), &high, || towards(0.601)).is_some());
        assert!(tracker.sense(at(1), &high, || towards(0.599)).is_none());
        // A baffle that bears nothing near the Sun; the Sun 1 mrad above and below the limb.
        tracker.spec.sun_rad_min = 1.6;
        tracker.spec.moon_limb_rad_min = 0.0;
        let limb_rad = (MOON_RADIUS_M / high.p_MB_I.norm()).asin();
        let level = Exposure { q_IB: Quaternion::exp(Vector3::new(0.0, 0.0, -1.5)), ..high };
        let past = core::f64::consts::PI - limb_rad;
        assert!(tracker.sense(at(2), &level, || towards(past - 1e-3)).is_none());
        assert!(tracker.sense(at(3), &level, || towards(past + 1e-3)).is_some());
    }

    #[test]
    fn an_exposure_that_fails_does_not_shift_the_noise_of_the_next() {
        let mut one = StarTracker::new(&spec(), Time::default(), (1, 1));
        let mut other = one.clone();
        let clear = exposure(1e5);
        one.sense(at(0), &clear, || None);
        other.sense(at(0), &Exposure { burning: true, ..clear }, || None);
        assert_eq!(one.sense(at(1), &clear, || None), other.sense(at(1), &clear, || None));
    }
}
