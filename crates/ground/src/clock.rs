//! Mission time on the ground: what time it is where the stations are, in a live flight and in a replay.
//!
//! Owns: [`Clock`], carried on from the receive times that stations write; milliseconds of UTC, as screens and
//! browsers count them.
//! Refuses: the computer's calendar. A flight of 2025 shown today is at its own time, and goes on at its own
//! speed between two deliveries.

use icd::time::{Span, Time};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Marks that the speed is taken from are spread over this much of the computer's time.
const SPEED_OVER: Duration = Duration::from_secs(5);
/// Marks closer together than this are one.
const MARK_EVERY: Duration = Duration::from_millis(100);
/// Receive times this far behind the clock are of another run, unless the clock is confirmed meanwhile.
const BEHIND: Span = Span::from_ms(30_000);
/// A receive time this far ahead of the clock moves it only when a second one says the same.
const AHEAD: Span = Span::from_ms(30_000);
/// For so long nothing may confirm the clock before it is set back.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(5);

/// Milliseconds of UTC since 1970-01-01; a leap second repeats the one before it.
pub fn utc_ms(t: Time) -> i64 {
    let (year, month, day, hour, minute, second, ns) = t.utc();
    let days = days_since_1970(i64::from(year), i64::from(month), i64::from(day));
    let second = i64::from(second.min(59));
    let seconds = ((days * 24 + i64::from(hour)) * 60 + i64::from(minute)) * 60 + second;
    seconds * 1_000 + i64::from(ns / 1_000_000)
}

/// The inverse of [`utc_ms`], to the millisecond.
pub fn from_utc_ms(ms: i64) -> Time {
    const UTC_1970_TO_TAI_J2000_MS: i64 = 946_728_000_000;
    let as_if_tai = ms.saturating_sub(UTC_1970_TO_TAI_J2000_MS).saturating_mul(1_000_000);
    let guess = Time::from_tai_ns(as_if_tai);
    // TAI is ahead of UTC by whole seconds, fewer than a minute of them.
    let ahead_ms = ms.saturating_sub(utc_ms(guess));
    guess + Span::from_ms(ahead_ms)
}

/// An instant of the computer's clock, nanoseconds of UTC since 1970, to the millisecond.
pub fn from_unix_ns(ns: i64) -> Time {
    from_utc_ms(ns.div_euclid(1_000_000))
}

/// The computer's clock, nanoseconds of UTC since 1970.
pub fn unix_ns() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Days from 1970-01-01 in the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// The present on the ground, as the stations count it.
#[derive(Debug, Default)]
pub struct Clock {
    marks: VecDeque<(Instant, Time)>,
    confirmed: Option<Instant>,
    /// A receive time far ahead that nothing confirms yet.
    ahead: Option<Time>,
}

impl Clock {
    /// A station received something at `received`, and it is here at `here`.
    pub fn hear(&mut self, received: Time, here: Instant) {
        if let Some((_, newest)) = self.marks.back().filter(|(_, newest)| received < *newest) {
            let old = *newest - received > BEHIND;
            let confirmed = |c: Instant| here.saturating_duration_since(c) <= CONFIRMED_WITHIN;
            if !old {
                (self.confirmed, self.ahead) = (Some(here), None);
                return;
            }
            if self.confirmed.is_some_and(confirmed) {
                return;
            }
            self.marks.clear();
        }
        if self.at(here).is_some_and(|now| received - now > AHEAD) {
            let again = |ahead: Time| received - ahead <= AHEAD && ahead - received <= AHEAD;
            if !self.ahead.is_some_and(again) {
                self.ahead = Some(received);
                return;
            }
        }
        self.ahead = None;
        self.confirmed = Some(here);
        if self.marks.len() >= 2 {
            let before = self.marks.get(self.marks.len() - 2);
            if before.is_some_and(|(at, _)| here.saturating_duration_since(*at) < MARK_EVERY) {
                self.marks.pop_back();
            }
        }
        self.marks.push_back((here, received));
        while self.marks.len() > 2
            && self
                .marks
                .get(1)
                .is_some_and(|(at, _)| here.saturating_duration_since(*at) > SPEED_OVER)
        {
            self.marks.pop_front();
        }
    }

    /// Mission time at `here`; `None` before the first delivery.
    pub fn at(&self, here: Instant) -> Option<Time> {
        let (at, received) = self.marks.back()?;
        let since_s = here.saturating_duration_since(*at).as_secs_f64();
        Some(*received + Span::from_s(since_s * self.speed()))
    }

    /// Mission seconds each second of the computer's: 1 in a live flight, more in a fast replay. Within a tenth
    /// of 1 it is 1.
    pub fn speed(&self) -> f64 {
        let (Some(first), Some(last)) = (self.marks.front(), self.marks.back()) else { return 1.0 };
        let here_s = last.0.saturating_duration_since(first.0).as_secs_f64();
        if here_s < 1.0 {
            return 1.0;
        }
        let speed = (last.1 - first.1).s() / here_s;
        if (speed - 1.0).abs() < 0.1 { 1.0 } else { speed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn milliseconds_of_utc_are_those_of_the_calendar() {
        // By hand: 20 244 days from 1970-01-01 to 2025-06-05.
        let t = Time::from_utc("2025-06-05T19:17:00").unwrap();
        assert_eq!(utc_ms(t), (20_244 * 86_400 + 19 * 3_600 + 17 * 60) * 1_000);
        assert_eq!(from_utc_ms(utc_ms(t)), t);
        assert_eq!(utc_ms(from_utc_ms(0)), 0);
    }

    #[test]
    fn the_clock_runs_on_at_the_speed_of_the_replay_and_ignores_what_comes_late() {
        let (start, t) = (Instant::now(), Time::from_utc("2025-06-05T19:00:00").unwrap());
        let mut clock = Clock::default();
        assert_eq!(clock.at(start), None);
        for k in 0..40 {
            let here = start + Duration::from_millis(250 * k);
            clock.hear(t + Span::from_ms(1_000 * i64::try_from(k).unwrap()), here);
            clock.hear(t, here);
        }
        let here = start + Duration::from_millis(250 * 39 + 500);
        assert!((clock.speed() - 4.0).abs() < 1e-9, "{}", clock.speed());
        assert!((clock.at(here).unwrap() - (t + Span::from_ms(41_000))).s().abs() < 1e-6);
    }

    #[test]
    fn a_flight_begun_anew_sets_the_clock_back() {
        let (start, t) = (Instant::now(), Time::from_utc("2025-06-05T19:00:00").unwrap());
        let mut clock = Clock::default();
        clock.hear(t + Span::from_ms(600_000), start);
        for k in 0..10 {
            clock.hear(
                t + Span::from_ms(1_000 * k),
                start + Duration::from_secs(1 + k.unsigned_abs()),
            );
        }
        let here = start + Duration::from_secs(10);
        assert!((clock.at(here).unwrap() - t).s() < 30.0);
    }

    #[test]
    fn one_wrong_receive_time_moves_nothing_and_a_gap_is_followed() {
        let (start, t) = (Instant::now(), Time::from_utc("2025-06-05T19:00:00").unwrap());
        let (here, hour) = (start + Duration::from_millis(100), Span::from_s(3600.0));
        let mut clock = Clock::default();
        clock.hear(t, start);
        clock.hear(t + hour, here);
        assert!((clock.at(here).unwrap() - t).s() < 1.0);
        clock.hear(t + Span::from_ms(100), here);
        clock.hear(t + hour, here);
        assert!((clock.at(here).unwrap() - t).s() < 1.0);
        clock.hear(t + hour + Span::from_ms(100), here);
        assert!((clock.at(here).unwrap() - t).s() > 3600.0);
    }

    proptest! {
        #[test]
        fn utc_and_back_is_the_same_millisecond(ms in 63_072_000_000i64..4_000_000_000_000) {
            prop_assert_eq!(utc_ms(from_utc_ms(ms)), ms);
        }
    }
}
