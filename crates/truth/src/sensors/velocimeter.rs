//! Doppler velocimeter: line-of-sight speeds of three body-fixed beams.
//!
//! As published — [Pierrottet2009]: a beam measures the projection of the velocity relative to the
//! ground it meets. As programmed: speed = d · (v_A − ω × p_A), positive towards the ground; the
//! ground point and the aperture A differ along d only, where ω × (ρ d) has no component.
//! A beam holds lock when the ground is within range and the speed within its limit.
//! Refuses: range output, speckle, ambiguity.

use super::{Delay, Schedule};
use crate::random::Stream;
use crate::vehicle;
use icd::bus::BeamSpeeds;
use icd::time::Time;
use nalgebra::Vector3;

/// A velocimeter as it is in this run.
#[derive(Clone, Debug)]
pub struct Velocimeter {
    spec: vehicle::Velocimeter,
    schedule: Schedule,
    delay: Delay<BeamSpeeds>,
    noise: Stream,
}

impl Velocimeter {
    /// A velocimeter that measures first at `start`; noise from the stream `velocimeter`.
    pub fn new(spec: &vehicle::Velocimeter, start: Time, (seed, run): (u64, u64)) -> Self {
        Self {
            spec: *spec,
            schedule: Schedule::new(start, spec.period_s),
            delay: Delay::new(spec.latency_s),
            noise: Stream::new(seed, run, "velocimeter"),
        }
    }

    /// Measures when due and returns the result that arrives in this cycle.
    ///
    /// - `exact`: velocity of the aperture over ground in body axes, m/s, and which beams meet ground
    ///   within range; asked only when a measurement is due.
    pub fn sense(
        &mut self,
        t: Time,
        exact: impl FnOnce() -> (Vector3<f64>, [bool; 3]),
    ) -> Option<BeamSpeeds> {
        if self.schedule.due(t) {
            let (v_B, in_range) = exact();
            let n = self.noise.normal3();
            let speed = self.spec.d_B.map(|d_B| Vector3::from(d_B).dot(&v_B));
            let locked =
                core::array::from_fn(|k| in_range[k] && speed[k].abs() <= self.spec.speed_m_s_max);
            let measured = core::array::from_fn(|k| {
                if locked[k] { (speed[k] + self.spec.sigma_m_s * n[k]) as f32 } else { 0.0 }
            });
            self.delay.push(t, BeamSpeeds { t, speed_m_s: measured, locked });
        }
        self.delay.pop(t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> vehicle::Velocimeter {
        // Three beams 30° off the nadir, 120° apart.
        let beam = |azimuth_deg: f64| {
            let a = azimuth_deg.to_radians();
            [0.5 * a.cos(), 0.5 * a.sin(), -(0.75_f64.sqrt())]
        };
        vehicle::Velocimeter {
            p_BA_B: [0.0; 3],
            d_B: [beam(0.0), beam(120.0), beam(240.0)],
            range_m_max: 1000.0,
            speed_m_s_max: 60.0,
            sigma_m_s: 0.0,
            period_s: 0.05,
            latency_s: 0.0,
        }
    }

    #[test]
    fn a_pure_descent_shows_the_same_positive_speed_on_all_beams() {
        let mut unit = Velocimeter::new(&spec(), Time::default(), (1, 1));
        let result = unit.sense(Time::default(), || (Vector3::new(0.0, 0.0, -10.0), [true; 3]));
        let expected = 10.0 * 0.75_f64.sqrt();
        for speed in result.unwrap().speed_m_s {
            assert!((f64::from(speed) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn a_beam_without_ground_or_too_fast_loses_lock() {
        let mut unit = Velocimeter::new(&spec(), Time::default(), (1, 1));
        let v_B = Vector3::new(90.0, 0.0, -50.0);
        let result = unit.sense(Time::default(), || (v_B, [true, true, false])).unwrap();
        // Beam 0: 45 + 43.3 m/s, too fast; beam 1: −22.5 + 43.3, fine; beam 2 sees nothing.
        assert_eq!(result.locked, [false, true, false]);
        assert!((result.speed_m_s[1] - 20.801_27).abs() < 1e-4);
        assert_eq!(result.speed_m_s[2], 0.0);
    }
}
