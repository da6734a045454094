//! Laser rangefinder: one shot along a body-fixed beam.
//!
//! Owns: the draws of a shot, its time and its way to the bus. Does not own: how strong the echo is
//! and what the threshold makes of it (see `link`).
//! As programmed: the range gate opens with the shot and the first crossing of the threshold counts.
//! Noise crosses it somewhere in the gate, evenly, with the chance of a false alarm; the echo crosses it
//! with its own chance if it lies inside the gate. The echo's range has normal noise that grows as the
//! echo fades, and is rounded to the counter's step. The result carries the shot's time and arrives
//! after the latency; a shot without a crossing arrives as `NoReturn`.
//! A unit that restarts ([`RESTART`]) says nothing; its clock and its random numbers run on, so that what it says
//! afterwards is what it would have said then.
//! Refuses: sunlight as a thing of its own (it is part of the receiver's noise), false echoes of dust or
//! plume (those are faults, see `faulty`).

use super::link::{Health, Link, Target};
use super::{Delay, Schedule};
use crate::random::Stream;
use crate::vehicle;
use icd::bus::{ShotQuality, SlantRange};
use icd::time::{Span, Time};

/// From the command to restart it until it fires again. Assumed: laser and counter warm up within seconds.
pub const RESTART: Span = Span::from_ms(5_000);

/// A rangefinder as it is in this run.
#[derive(Clone, Debug)]
pub struct Rangefinder {
    spec: vehicle::Rangefinder,
    link: Link,
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
            link: Link::new(spec),
            schedule: Schedule::new(start, spec.period_s),
            delay: Delay::new(spec.latency_s),
            noise: Stream::new(seed, run, "rangefinder"),
            exact_range_m: None,
        }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
    }

    /// Fires when due and returns the result that arrives in this cycle.
    ///
    /// - `health`: what is left of the unit now.
    /// - `target`: what the beam meets now; asked only when a shot is fired; `None` when there is no
    ///   ground before the range gate closes.
    pub fn sense(
        &mut self,
        t: Time,
        health: &Health,
        target: impl FnOnce() -> Option<Target>,
    ) -> Option<SlantRange> {
        if self.schedule.due(t) {
            let target = target();
            self.exact_range_m = target.map(|target| target.range_m);
            let shot = match self.crossing(target.as_ref(), health) {
                Some(range_m) => {
                    SlantRange { t, range_m: range_m as f32, quality: ShotQuality::Valid }
                }
                None => SlantRange { t, range_m: 0.0, quality: ShotQuality::NoReturn },
            };
            self.delay.push(t, shot);
        }
        self.delay.pop(t)
    }

    /// Range of the first crossing of the threshold, m.
    fn crossing(&mut self, target: Option<&Target>, health: &Health) -> Option<f64> {
        let spec = &self.spec;
        let (nearest_m, farthest_m) = (spec.range_m_min, spec.range_m_max);
        // Always all four draws: what the beam meets must not shift the noise of later shots.
        let (chance, n) = (self.noise.uniform(), self.noise.normal());
        let alarm = self.noise.uniform() < self.link.false_alarm();
        let alarm_m = self.noise.uniform_between(nearest_m, farthest_m);
        let echo_m = target
            .filter(|target| (nearest_m..=farthest_m).contains(&target.range_m))
            .map(|target| (target.range_m, self.link.echo(target, health)))
            .filter(|(_, echo)| chance < echo.detection)
            .map(|(range_m, echo)| range_m + echo.sigma_m * n);
        let first_m = match echo_m {
            Some(range_m) if alarm => range_m.min(alarm_m),
            Some(range_m) => range_m,
            None if alarm => alarm_m,
            None => return None,
        };
        Some(counted(first_m, spec.quantum_m).max(0.0))
    }

    /// Exact range of the last shot, m, when the beam met ground before the range gate closed.
    pub fn exact_range_m(&self) -> Option<f64> {
        self.exact_range_m
    }
}

/// The nearest whole number of steps.
fn counted(range_m: f64, quantum_m: f64) -> f64 {
    if quantum_m > 0.0 { libm::round(range_m / quantum_m) * quantum_m } else { range_m }
}

#[cfg(test)]
mod tests;
