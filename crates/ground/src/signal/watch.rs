//! Is the signal there, and should it be?
//!
//! Owns: [`Watch`], which turns what stations report and when frames came into one [`Signal`]. All times are Earth
//! receive times. Does not own: what the lander does meanwhile (`extrapolate`), what to do about it (`procedure`).
//! As decided: *acquired* while good frames are younger than three frames' time at the reported bit rate, 3 s at the
//! least; a station that reports its carrier gone shortens that to 1 s. Without a signal it is *occulted* where the
//! plan has the lander behind the Moon or no station in a pass, give or take [`MARGIN`], *waiting* before the first
//! contact, *ended* when no station reports either, which says something about the ground and nothing about the
//! lander, and *lost* in all other cases.

use icd::time::{Span, Time};
use std::collections::BTreeMap;

/// Prediction error of rise, set and occultation, assumed.
pub const MARGIN: Span = Span::from_ms(30_000);
/// Shortest silence that counts, with a carrier that is still reported or not reported at all.
const SILENCE_S: f64 = 3.0;
/// Silence that counts once the carrier is reported gone.
const SILENCE_NO_CARRIER_S: f64 = 1.0;
/// Bits of the longest frame with its marker.
const FRAME_BITS: f64 = (1115.0 + 4.0) * 8.0;
/// Stations report once a second; silent for this long, they are gone.
const STATION_GONE_S: f64 = 10.0;

/// Receive times further ahead of the clock than this are wrong, s.
const AHEAD_S: f64 = 2.0;

/// State of the signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signal {
    /// No contact yet.
    #[default]
    Waiting,
    /// Good frames arrive.
    Acquired,
    /// Missing although a station should hear it.
    Lost,
    /// Missing, as planned.
    Occulted,
    /// No station delivers anything.
    Ended,
}

impl Signal {
    /// Name for screens and the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Signal::Waiting => "waiting",
            Signal::Acquired => "acquired",
            Signal::Lost => "lost",
            Signal::Occulted => "occulted",
            Signal::Ended => "ended",
        }
    }
}

/// What one station says of one path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Receiver holds the carrier.
    pub carrier: bool,
    /// Frames are in step.
    pub frames: bool,
    /// Frequency shift of the carrier, Hz.
    pub doppler_Hz: f64,
    /// Bit rate that it receives at, bit/s; 0 unknown.
    pub bit_rate_bit_s: f64,
    /// One-way light time, s.
    pub light_time_s: f64,
    /// Elevation of the Moon, rad.
    pub elevation_rad: f64,
    /// 0 main, 1 backup transmitter.
    pub transmitter: u8,
}

/// From a time to a time.
pub type Interval = (Time, Time);

/// The watch.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    passes: Vec<Interval>,
    occultations: Vec<Interval>,
    reports: BTreeMap<(u8, u8), (Time, Report)>,
    first: Option<Time>,
    newest_frame: Option<Time>,
    newest_carrier: Option<(Time, Report)>,
    signal: Signal,
    since: Option<Time>,
    /// Added to every patience, s of mission time: a fast replay that stalls for a moment has lost nothing.
    haste_s: f64,
}

impl Watch {
    /// With the plan's passes over stations or relays and the times behind the Moon, as seen on Earth. Without a
    /// pass in the plan a signal is always expected.
    pub fn new(passes: Vec<Interval>, occultations: Vec<Interval>) -> Self {
        Self { passes, occultations, ..Self::default() }
    }
    /// How fast mission time passes: in a replay, patience is a second of the computer's time longer.
    pub fn pace(&mut self, speed: f64) {
        self.haste_s = if speed > 1.5 { speed } else { 0.0 };
    }
    /// A receive time that can be true at `now`: a station whose clock is ahead proves nothing of the present.
    pub fn credible(&self, received: Time, now: Time) -> bool {
        (received - now).s() <= AHEAD_S + self.haste_s
    }
    /// A good frame came, of telemetry or beacon.
    pub fn frame(&mut self, received: Time, now: Time) {
        if !self.credible(received, now) {
            return;
        }
        self.first.get_or_insert(received);
        self.newest_frame = self.newest_frame.max(Some(received));
    }
    /// A station's report on one of its paths.
    pub fn station(&mut self, received: Time, station: u8, report: Report) {
        let kept = self.reports.entry((station, report.transmitter)).or_insert((received, report));
        if received >= kept.0 {
            *kept = (received, report);
        }
        if report.carrier && self.newest_carrier.is_none_or(|(t, _)| received >= t) {
            self.newest_carrier = Some((received, report));
        }
    }
    /// A station should hear the lander at `now`, prediction errors set aside in the lander's favour.
    pub fn expected(&self, now: Time) -> bool {
        let inside = |(from, to): &Interval| now >= *from + MARGIN && now <= *to - MARGIN;
        let behind = |(from, to): &Interval| now >= *from - MARGIN && now <= *to + MARGIN;
        (self.passes.is_empty() || self.passes.iter().any(inside))
            && !self.occultations.iter().any(behind)
    }
    /// Reports no older than a few seconds, by station and transmitter.
    pub fn reports(&self, now: Time) -> impl Iterator<Item = (u8, &Report)> {
        let gone_s = STATION_GONE_S + self.haste_s;
        let live = move |t: Time| (now - t).s() <= gone_s;
        self.reports.iter().filter(move |(_, (t, _))| live(*t)).map(|((s, _), (_, r))| (*s, r))
    }
    /// Newest time at which any receiver held the carrier, with that report.
    pub fn carrier(&self) -> Option<(Time, Report)> {
        self.newest_carrier
    }
    /// A receiver holds the carrier now.
    pub fn locked(&self, now: Time) -> bool {
        self.reports(now).any(|(_, report)| report.carrier)
    }
    /// Newest good frame.
    pub fn last_contact(&self) -> Option<Time> {
        self.newest_frame
    }
    /// One-way light time as last reported, s.
    pub fn light_time_s(&self) -> Option<f64> {
        let newest = self.reports.values().max_by_key(|(t, _)| *t)?;
        Some(newest.1.light_time_s)
    }
    /// One-way light time to a station as it last reported it, s.
    pub fn light_of_s(&self, station: u8) -> Option<f64> {
        let own = self.reports.iter().filter(|((number, _), _)| *number == station);
        let newest = own.map(|(_, report)| report).max_by_key(|(t, _)| *t)?;
        Some(newest.1.light_time_s).filter(|s| *s > 0.0)
    }
    /// Silence that counts as a loss at `now`, s.
    pub fn patience_s(&self, now: Time) -> f64 {
        let known = self.reports(now).count() > 0;
        if known && !self.locked(now) {
            return SILENCE_NO_CARRIER_S + self.haste_s;
        }
        let slowest = self
            .reports(now)
            .filter(|(_, report)| report.frames && report.bit_rate_bit_s > 0.0)
            .map(|(_, report)| 3.0 * FRAME_BITS / report.bit_rate_bit_s)
            .fold(SILENCE_S, f64::max);
        slowest.min(60.0) + self.haste_s
    }
    /// Frames are fresh at `now`.
    pub fn fresh(&self, now: Time) -> bool {
        self.newest_frame
            .is_some_and(|t| (now - t).s() <= self.patience_s(now) && self.credible(t, now))
    }
    /// The state at `now`, and since when it stands.
    pub fn tick(&mut self, now: Time) -> (Signal, Time) {
        let signal = self.judge(now);
        if signal != self.signal || self.since.is_none() {
            self.signal = signal;
            self.since = Some(match (signal, self.newest_frame) {
                (Signal::Lost | Signal::Occulted, Some(last)) => last,
                _ => now,
            });
        }
        (self.signal, self.since.unwrap_or(now))
    }
    fn judge(&self, now: Time) -> Signal {
        if self.fresh(now) {
            return Signal::Acquired;
        }
        let stations_gone = match self.reports.values().map(|(t, _)| *t).max() {
            Some(newest) => (now - newest).s() > STATION_GONE_S + self.haste_s,
            None => self.newest_frame.is_some_and(|t| (now - t).s() > 60.0),
        };
        match self.first {
            None if !self.expected(now) && !self.occultations.is_empty() => Signal::Occulted,
            None => Signal::Waiting,
            Some(_) if self.signal == Signal::Lost => Signal::Lost, // stays so until it is heard again
            Some(_) if stations_gone => Signal::Ended,
            Some(_) if !self.expected(now) => Signal::Occulted,
            Some(_) => Signal::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: f64) -> Time {
        Time::from_utc("2025-06-05T19:00:00").unwrap() + Span::from_s(s)
    }

    fn report(carrier: bool, bit_rate_bit_s: f64) -> Report {
        Report { carrier, frames: carrier, bit_rate_bit_s, light_time_s: 1.28, ..Report::default() }
    }

    #[test]
    fn a_signal_that_stops_in_a_pass_is_lost_within_seconds() {
        let mut watch = Watch::new(vec![(at(-600.0), at(3600.0))], vec![]);
        assert_eq!(watch.tick(at(0.0)).0, Signal::Waiting);
        for k in 0..100 {
            watch.station(at(f64::from(k)), 1, report(true, 500e3));
            watch.frame(at(f64::from(k)), at(f64::from(k)));
            assert_eq!(watch.tick(at(f64::from(k) + 0.5)).0, Signal::Acquired);
        }
        watch.station(at(100.0), 1, report(false, 0.0));
        let (signal, since) = watch.tick(at(100.5));
        assert_eq!((signal, since), (Signal::Lost, at(99.0)));
    }

    #[test]
    fn a_slow_link_is_given_the_time_of_three_frames() {
        let mut watch = Watch::new(vec![], vec![]);
        watch.frame(at(0.0), at(0.0));
        watch.station(at(0.0), 1, report(true, 1000.0));
        watch.station(at(20.0), 1, report(true, 1000.0));
        assert_eq!(watch.tick(at(20.0)).0, Signal::Acquired);
        watch.station(at(28.0), 1, report(true, 1000.0));
        assert_eq!(watch.tick(at(28.0)).0, Signal::Lost);
    }

    #[test]
    fn going_behind_the_moon_is_no_loss_and_not_coming_back_is() {
        let mut watch = Watch::new(vec![(at(-600.0), at(9000.0))], vec![(at(100.0), at(2800.0))]);
        watch.frame(at(95.0), at(95.0));
        watch.station(at(99.0), 1, report(false, 0.0));
        assert_eq!(watch.tick(at(99.0)).0, Signal::Occulted);
        watch.station(at(2825.0), 1, report(false, 0.0));
        assert_eq!(watch.tick(at(2825.0)).0, Signal::Occulted);
        watch.station(at(2831.0), 1, report(false, 0.0));
        assert_eq!(watch.tick(at(2831.0)).0, Signal::Lost);
    }

    #[test]
    fn a_stall_of_a_fast_replay_is_no_loss() {
        let mut watch = Watch::new(vec![], vec![]);
        watch.pace(30.0);
        watch.station(at(0.0), 1, report(true, 500e3));
        watch.frame(at(0.0), at(0.0));
        assert_eq!(watch.tick(at(20.0)).0, Signal::Acquired);
        watch.station(at(40.0), 1, report(false, 0.0));
        assert_eq!(watch.tick(at(40.0)).0, Signal::Lost);
    }

    #[test]
    fn stations_that_deliver_nothing_say_nothing_about_the_lander() {
        let mut watch = Watch::new(vec![], vec![]);
        watch.frame(at(0.0), at(0.0));
        watch.station(at(0.0), 1, report(true, 500e3));
        // Last word of the station: all well. Then the line to it is cut.
        assert_eq!(watch.tick(at(2.0)).0, Signal::Acquired);
        assert_eq!(watch.tick(at(11.0)).0, Signal::Ended);
    }
}
