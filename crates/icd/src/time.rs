//! Time as an integer count of nanoseconds, with real epochs behind it.
//!
//! Owns: [`Time`] (TAI nanoseconds past J2000, 2000-01-01T12:00:00 TAI), [`Span`] (their difference),
//! conversion to UTC through `hifitime`, to TDB by the usual series.
//! Refuses: `t += dt` in floating point. The loop counts ticks.

use core::ops::{Add, AddAssign, Sub};
use core::str::FromStr;
use hifitime::{Duration, Epoch, TimeScale};

/// An instant: TAI nanoseconds past 2000-01-01T12:00:00 TAI. Range: ±292 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A signed duration in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// TAI seconds from 1900-01-01T00:00:00 (hifitime's zero) to 2000-01-01T12:00:00.
const J2000_TAI_PAST_1900_S: i64 = (36_524 * 86_400) + 43_200;

impl Time {
    /// From TAI nanoseconds past 2000-01-01T12:00:00 TAI.
    pub const fn from_tai_ns(ns: i64) -> Self {
        Self(ns)
    }
    /// TAI nanoseconds past 2000-01-01T12:00:00 TAI.
    pub const fn tai_ns(self) -> i64 {
        self.0
    }
    /// From an ISO 8601 string in UTC, such as `2025-06-05T19:17:00`. `None` when it is not one.
    pub fn from_utc(text: &str) -> Option<Self> {
        Self::from_epoch(Epoch::from_str(text).ok()?)
    }
    /// UTC as (year, month, day, hour, minute, second, nanosecond), leap seconds included.
    pub fn utc(self) -> (i32, u8, u8, u8, u8, u8, u32) {
        self.epoch().to_gregorian_utc()
    }
    /// TDB seconds past J2000 (2000-01-01T12:00:00 TDB): the argument of the JPL ephemerides.
    ///
    /// TDB − TT = K sin(M + e sin M), good to 30 µs: [NAIFTIME]. With `libm`, so that every platform
    /// gives the same bits whatever `hifitime` is built with.
    pub fn tdb_s(self) -> f64 {
        let (whole, rest) = (self.0.div_euclid(1_000_000_000), self.0.rem_euclid(1_000_000_000));
        let anomaly_rad = 6.239_996 + 1.990_968_71e-7 * whole as f64;
        let wave_s = 1.657e-3 * libm::sin(anomaly_rad + 1.671e-2 * libm::sin(anomaly_rad));
        // Small parts first: the sum is rounded once.
        whole as f64 + (rest as f64 * 1e-9 + 32.184 + wave_s)
    }
    fn epoch(self) -> Epoch {
        let since_1900 = i128::from(self.0) + i128::from(J2000_TAI_PAST_1900_S) * 1_000_000_000;
        Epoch::from_tai_duration(Duration::from_total_nanoseconds(since_1900))
    }
    fn from_epoch(epoch: Epoch) -> Option<Self> {
        let since_1900 = epoch.to_time_scale(TimeScale::TAI).duration.total_nanoseconds();
        let ns = since_1900 - i128::from(J2000_TAI_PAST_1900_S) * 1_000_000_000;
        i64::try_from(ns).ok().map(Self)
    }
}

/// `2025-06-05T19:17:00.000` in UTC, milliseconds truncated.
impl core::fmt::Display for Time {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (y, mo, d, h, mi, s, ns) = self.utc();
        write!(f, "{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{:03}", ns / 1_000_000)
    }
}

impl Span {
    /// From whole nanoseconds.
    pub const fn from_ns(ns: i64) -> Self {
        Self(ns)
    }
    /// From whole microseconds.
    pub const fn from_us(us: i64) -> Self {
        Self(us * 1_000)
    }
    /// From whole milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms * 1_000_000)
    }
    /// From seconds, rounded to the nanosecond; saturates, and NaN becomes zero.
    pub fn from_s(seconds: f64) -> Self {
        #[allow(clippy::cast_possible_truncation)] // float to integer `as` saturates
        Self(libm::round(seconds * 1e9) as i64)
    }
    /// Whole nanoseconds.
    pub const fn ns(self) -> i64 {
        self.0
    }
    /// Seconds.
    pub fn s(self) -> f64 {
        self.0 as f64 * 1e-9
    }
}

impl Sub for Time {
    type Output = Span;
    fn sub(self, other: Self) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}
impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}
impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn the_planned_touchdown_of_resilience_survives_the_round_trip() {
        let t = Time::from_utc("2025-06-05T19:17:00").unwrap();
        assert_eq!(t.to_string(), "2025-06-05T19:17:00.000");
        // By hand: 9287 days after 2000-01-01 12:00 UTC-labelled, plus 7 h 17 min, plus 37 leap seconds
        // of TAI − UTC in 2025.
        assert_eq!(t.tai_ns(), ((9287 * 86_400 + 7 * 3600 + 17 * 60) + 37) * 1_000_000_000);
    }

    #[test]
    fn tdb_runs_32_184_s_ahead_of_tai_to_two_milliseconds() {
        let t = Time::from_utc("2025-06-05T19:17:00").unwrap();
        let tai_s = t.tai_ns() as f64 * 1e-9;
        assert!((t.tdb_s() - tai_s - 32.184).abs() < 2e-3, "{}", t.tdb_s() - tai_s);
    }

    #[test]
    fn tdb_agrees_with_the_time_library_within_what_both_claim() {
        // Both are series good to 30 µs; over ten years, every 37 days.
        for k in 0..100 {
            let t = Time::from_tai_ns(700_000_000_000_000_000 + k * 37 * 86_400 * 1_000_000_000);
            let off_s = t.tdb_s() - t.epoch().to_tdb_seconds();
            assert!(off_s.abs() < 3e-5, "{off_s}");
        }
    }

    #[test]
    fn nonsense_is_not_a_time() {
        assert!(Time::from_utc("the day after").is_none());
    }
}
