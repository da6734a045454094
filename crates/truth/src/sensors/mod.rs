//! Sensors: from the state of nature to what the wire carries.
//!
//! Owns: one model each of the inertial unit, the star tracker, the rangefinder (with its link budget), the
//! radar altimeter, the velocimeter, the camera, the hazard lidar, the propellant gauge and the touchdown
//! switches; the dust that blinds the optical ones.
//! Does not own: their faults (see `faulty`), the ground they look at (see `environment`).
//! A device is asked once a cycle; it fires at its own period and answers after its own latency.

pub mod camera;
pub mod dust;
pub mod gauge;
pub mod hazard_lidar;
pub mod imu;
pub mod link;
pub mod radar_altimeter;
pub mod rangefinder;
pub mod star_tracker;
pub mod switches;
pub mod velocimeter;

use icd::time::{Span, Time};
use std::collections::VecDeque;

/// When a device fires next: at the first cycle at or after each multiple of its period.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    next: Time,
    period: Span,
}

impl Schedule {
    pub fn new(start: Time, period_s: f64) -> Self {
        Self { next: start, period: Span::from_s(period_s).max(Span::from_ms(1)) }
    }

    pub fn due(&mut self, t: Time) -> bool {
        if t < self.next {
            return false;
        }
        self.next += self.period;
        if self.next <= t {
            self.next = t + self.period; // cycles were missed: no burst to catch up
        }
        true
    }
}

/// Results on their way: each comes out `latency` after it went in; at most one a cycle.
#[derive(Clone, Debug)]
pub(crate) struct Delay<T> {
    waiting: VecDeque<(Time, T)>,
    latency: Span,
}

impl<T> Delay<T> {
    pub fn new(latency_s: f64) -> Self {
        Self { waiting: VecDeque::new(), latency: Span::from_s(latency_s) }
    }

    pub fn push(&mut self, t: Time, result: T) {
        self.waiting.push_back((t + self.latency, result));
    }

    pub fn pop(&mut self, t: Time) -> Option<T> {
        match self.waiting.front() {
            Some((ready, _)) if *ready <= t => self.waiting.pop_front().map(|(_, result)| result),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_fires_at_its_period_on_the_grid_of_cycles() {
        let start = Time::default();
        let mut schedule = Schedule::new(start, 0.1);
        let fired: Vec<i64> =
            (0..20).filter(|n| schedule.due(start + Span::from_ms(n * 20))).collect();
        assert_eq!(fired, [0, 5, 10, 15]);
    }

    #[test]
    fn a_result_arrives_after_its_latency_in_order() {
        let mut delay = Delay::new(0.05);
        let at = |ms| Time::default() + Span::from_ms(ms);
        delay.push(at(0), 'a');
        delay.push(at(20), 'b');
        let arrivals: Vec<Option<char>> = (0..5).map(|n| delay.pop(at(n * 20))).collect();
        assert_eq!(arrivals, [None, None, None, Some('a'), Some('b')]);
    }
}
