//! A receiver's hold on a carrier and on frames.
//!
//! As programmed, states with times: locks when the carrier's C/N0 has stood above [`LOCK_DBHZ`] for as long as the search
//! takes, drawn anew for each search between [`SEARCH_S`]; lets go when it has been below [`LOSS_DBHZ`] for
//! [`LOSS_S`] (or is gone: at once nothing more can be decoded, the state follows). Frames are found [`FRAMES`] frame
//! lengths after the carrier, while a bit has the energy that half of the frames need.
//! Refuses: sweeps, cycle slips, locks on a side lobe.

use super::budget;
use crate::random::Stream;
use icd::link::frame::ASM;
use icd::time::{Span, Time};

/// Carrier to noise density that a search needs, dBHz.
pub const LOCK_DBHZ: f64 = 28.0;
/// Below this the loop slips, dBHz.
pub const LOSS_DBHZ: f64 = 25.0;
/// For so long, s.
const LOSS_S: f64 = 1.0;
/// How long a search takes, least and most, s.
const SEARCH_S: [f64; 2] = [2.0, 20.0];
/// Frames until their marks are trusted. Assumed: two.
const FRAMES: f64 = 2.0;

/// A receiver.
#[derive(Clone, Debug)]
pub struct Lock {
    stream: Stream,
    /// Length of a frame on the way, its mark included, bit.
    frame_bits: f64,
    /// What the present search still needs, since when it hears.
    search: Option<(Time, Span)>,
    /// Since when it is locked.
    locked: Option<Time>,
    /// Since when the signal is too weak.
    weak: Option<Time>,
    frames: bool,
}

impl Lock {
    /// A receiver that has heard nothing, with its random numbers.
    ///
    /// - `frame_octets`: of the frames that it looks for, without their mark.
    #[must_use]
    pub fn new(stream: Stream, frame_octets: usize) -> Self {
        let frame_bits = 8.0 * (frame_octets + ASM.len()) as f64;
        Self { stream, frame_bits, search: None, locked: None, weak: None, frames: false }
    }

    /// One that has been on the signal since before `t`.
    pub fn hold(&mut self, t: Time) {
        self.locked = Some(t - Span::from_s(3600.0));
    }

    /// What comes in at `t`: the carrier's own C/N0, dBHz, and the data's bit rate with Eb/N0, bit/s and dB; `None` where
    /// nothing comes in, or nothing but the carrier.
    pub fn follow(&mut self, t: Time, carrier_dBHz: Option<f64>, data: Option<(f64, f64)>) {
        let carrier_dBHz = carrier_dBHz.unwrap_or(f64::NEG_INFINITY);
        // One number each time, searched or not: what is heard moves no other's numbers.
        let takes_s = self.stream.uniform_between(SEARCH_S[0], SEARCH_S[1]);
        if self.locked.is_some() {
            if carrier_dBHz >= LOSS_DBHZ {
                self.weak = None;
            } else if (t - *self.weak.get_or_insert(t)).s() >= LOSS_S {
                (self.locked, self.weak) = (None, None);
            }
        }
        if self.locked.is_none() {
            self.search(t, carrier_dBHz, takes_s);
        }
        let long_enough = |(rate, _): (f64, f64)| {
            self.locked.is_some_and(|since| (t - since).s() >= FRAMES * self.frame_bits / rate)
        };
        self.frames = carrier_dBHz >= LOSS_DBHZ
            && data.is_some_and(|(rate, ebn0)| ebn0 >= budget::GAP_DB && long_enough((rate, ebn0)));
    }

    fn search(&mut self, t: Time, carrier_dBHz: f64, takes_s: f64) {
        if carrier_dBHz <= LOCK_DBHZ {
            self.search = None;
            return;
        }
        let (since, takes) = *self.search.get_or_insert((t, Span::from_s(takes_s)));
        if t - since >= takes {
            (self.locked, self.search) = (Some(t), None);
        }
    }

    /// Whether it is on the carrier.
    #[must_use]
    pub fn carrier(&self) -> bool {
        self.locked.is_some()
    }

    /// Whether frames come out.
    #[must_use]
    pub fn frames(&self) -> bool {
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: f64) -> Time {
        Time::default() + Span::from_s(s)
    }

    #[test]
    fn it_locks_after_a_search_and_lets_go_after_a_second_below() {
        let mut lock = Lock::new(Stream::new(1, 2, "lock"), 1115);
        let mut locked_at_s = None;
        for n in 0..300 {
            let t_s = 0.1 * f64::from(n);
            lock.follow(at(t_s), Some(30.0), None);
            if lock.carrier() {
                locked_at_s.get_or_insert(t_s);
            }
        }
        let locked_at_s = locked_at_s.unwrap();
        assert!((2.0..=20.1).contains(&locked_at_s), "{locked_at_s}");
        // Between the thresholds it holds, below for less than a second too.
        lock.follow(at(40.0), Some(26.0), None);
        lock.follow(at(50.0), Some(24.0), None);
        lock.follow(at(50.9), Some(24.0), None);
        assert!(lock.carrier());
        lock.follow(at(51.0), Some(24.0), None);
        assert!(!lock.carrier());
        // And 26 dBHz are not enough to begin with.
        for n in 0..600 {
            lock.follow(at(52.0 + 0.1 * f64::from(n)), Some(27.9), None);
        }
        assert!(!lock.carrier());
    }

    #[test]
    fn searches_fill_the_time_between_two_and_twenty_seconds() {
        let mut sum_s = 0.0;
        let mut least_s = f64::INFINITY;
        for run in 0..400 {
            let mut lock = Lock::new(Stream::new(3, run, "lock"), 1115);
            let mut t_s = 0.0;
            while !lock.carrier() {
                t_s += 0.05;
                lock.follow(at(t_s), Some(40.0), None);
            }
            sum_s += t_s / 400.0;
            least_s = least_s.min(t_s);
        }
        // Mean 11 s and a step's delay; four standard errors of 18/√12/20.
        assert!((sum_s - 11.05).abs() < 4.0 * 0.26 && least_s >= 2.0, "{sum_s}");
    }

    #[test]
    fn frames_need_the_carrier_energy_and_two_of_them() {
        let mut lock = Lock::new(Stream::new(1, 2, "lock"), 1115);
        lock.hold(at(0.0));
        lock.follow(at(0.0), Some(50.0), Some((1e5, 3.0)));
        assert!(lock.frames());
        lock.follow(at(0.1), Some(50.0), Some((1e5, 0.5)));
        assert!(lock.carrier() && !lock.frames());
        lock.follow(at(0.2), None, Some((1e5, 3.0)));
        assert!(lock.carrier() && !lock.frames(), "nothing comes in, the loop still runs");
    }

    #[test]
    fn short_frames_are_found_sooner() {
        for (octets, least_s) in [(1115, 8.952), (64, 0.544)] {
            let mut lock = Lock::new(Stream::new(1, 2, "lock"), octets);
            let (mut locked, mut found) = (None, None);
            for n in 0..4000 {
                let t_s = 0.01 * f64::from(n);
                lock.follow(at(t_s), Some(50.0), Some((2000.0, 9.0)));
                locked = locked.or(lock.carrier().then_some(t_s));
                found = found.or(lock.frames().then_some(t_s));
            }
            let wait_s = found.unwrap() - locked.unwrap();
            assert!((wait_s - least_s).abs() < 0.011, "{octets}: {wait_s} s");
        }
    }
}
