//! Laser rangefinder: one shot along a body-fixed beam.
//!
//! As programmed: the exact range of the shot time, plus normal noise; the result carries the shot's
//! time and arrives after the latency. A shot out of range, or lost by chance, arrives as `NoReturn`.
//! Refuses: beam footprint, walk error, sunlight, false echoes (those are faults, see `faulty`).

use super::{Delay, Schedule};
use crate::random::Stream;
use crate::vehicle;
use icd::bus::{ShotQuality, SlantRange};
use icd::time::Time;

/// A rangefinder as it is in this run.
#[derive(Clone, Debug)]
pub struct Rangefinder {
    spec: vehicle::Rangefinder,
    schedule: Schedule,
    delay: Delay<SlantRange>,
    noise: Stream,
    exact_range_m: Option<f64>,
}

impl Rangefinder {
    /// A rangefinder that fires first at `start`; noise from the stream `rangefinder`.
    pub fn new(spec: &vehicle::Rangefinder, start: Time, (seed, run): (u64, u64)) -> Self {
        Self {
            spec: *spec,
            schedule: Schedule::new(start, spec.period_s),
            delay: Delay::new(spec.latency_s),
            noise: Stream::new(seed, run, "rangefinder"),
            exact_range_m: None,
        }
    }

    /// Fires when due and returns the result that arrives in this cycle.
    ///
    /// - `exact`: range along the beam to the ground now, m; asked only when a shot is fired;
    ///   `None` when there is no ground within the longest range.
    pub fn sense(&mut self, t: Time, exact: impl FnOnce() -> Option<f64>) -> Option<SlantRange> {
        if self.schedule.due(t) {
            self.exact_range_m = exact();
            // Always both draws: what the beam meets must not shift the noise of later shots.
            let (chance, n) = (self.noise.uniform(), self.noise.normal());
            let spec = &self.spec;
            let echo = self
                .exact_range_m
                .filter(|r| *r >= spec.range_m_min && *r <= spec.range_m_max)
                .filter(|_| chance < spec.detection_probability);
            let shot = match echo {
                Some(range_m) => SlantRange {
                    t,
                    range_m: (range_m + spec.sigma_m * n) as f32,
                    quality: ShotQuality::Valid,
                },
                None => SlantRange { t, range_m: 0.0, quality: ShotQuality::NoReturn },
            };
            self.delay.push(t, shot);
        }
        self.delay.pop(t)
    }

    /// Exact range of the last shot, m, when the ground was within the longest range.
    pub fn exact_range_m(&self) -> Option<f64> {
        self.exact_range_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    fn spec() -> vehicle::Rangefinder {
        vehicle::Rangefinder {
            p_BA_B: [0.0; 3],
            d_B: [0.0, 0.0, -1.0],
            range_m_min: 5.0,
            range_m_max: 3000.0,
            sigma_m: 0.5,
            latency_s: 0.06,
            period_s: 0.02,
            detection_probability: 0.9,
        }
    }

    fn at(n: i64) -> Time {
        Time::default() + Span::from_ms(20 * n)
    }

    #[test]
    fn a_result_carries_the_time_of_its_shot_and_arrives_late() {
        let mut unit = Rangefinder::new(&spec(), at(0), (1, 1));
        for n in 0..10 {
            let result = unit.sense(at(n), || Some(1000.0));
            assert_eq!(result.map(|r| r.t), (n >= 3).then(|| at(n - 3)));
        }
    }

    #[test]
    fn out_of_range_is_silence_and_silence_arrives_too() {
        let spec = vehicle::Rangefinder { latency_s: 0.0, detection_probability: 1.0, ..spec() };
        let mut unit = Rangefinder::new(&spec, at(0), (1, 1));
        let mut quality = |n, exact| unit.sense(at(n), || exact).map(|r| r.quality);
        assert_eq!(quality(0, Some(3000.1)), Some(ShotQuality::NoReturn));
        assert_eq!(quality(1, Some(4.9)), Some(ShotQuality::NoReturn));
        assert_eq!(quality(2, None), Some(ShotQuality::NoReturn));
        assert_eq!(quality(3, Some(2999.9)), Some(ShotQuality::Valid));
    }

    #[test]
    fn noise_and_losses_have_the_stated_statistics() {
        let mut unit = Rangefinder::new(&spec(), at(0), (1, 1));
        let n = 10_000;
        let results: Vec<SlantRange> =
            (0..n).filter_map(|k| unit.sense(at(k), || Some(100.0))).collect();
        let valid: Vec<f64> = results
            .iter()
            .filter(|r| r.quality == ShotQuality::Valid)
            .map(|r| f64::from(r.range_m) - 100.0)
            .collect();
        let share = valid.len() as f64 / results.len() as f64;
        assert!((share - 0.9).abs() < 4.0 * (0.9 * 0.1 / n as f64).sqrt(), "{share}");
        let mean2 = valid.iter().map(|e| e * e).sum::<f64>() / valid.len() as f64;
        assert!((mean2 / 0.25 - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt() + 1e-3, "{mean2}");
    }
}
