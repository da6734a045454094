//! What became of the lander: a call from dissimilar evidence, never from the estimate alone.
//!
//! Owns: [`RULES`], the table of evidence with weights and reasons; [`call`], the decision. Does not own: the facts
//! ([`Facts`] are gathered by `picture` and `watch`), the extrapolation.
//! As decided: a rule that holds adds its weight. *Landed* needs [`LANDED`] points or more from at least two different
//! sources that speak for it; *lost* −[`LOST`] or less from two that speak against, and no carrier;
//! *probable* (landing) needs [`PROBABLE`]. While telemetry is fresh and tells of no contact the lander is *in flight*, whatever navigation
//! believes its altitude to be; so it is before the earliest moment at which the ground can come. All else is
//! *unknown*. What navigation believes is shown with weight zero.
//! Weights are assumed: steps of trust, 1 a hint, 2 an indication, 3 strong, 4 hard to explain otherwise.

mod rules;

pub use rules::RULES;

use super::extrapolate::{Impact, LastState, burning};
use icd::time::{Span, Time};
use icd::tm::Phase;

/// Points for *landed*.
pub const LANDED: i32 = 6;
/// Points for *probable*.
pub const PROBABLE: i32 = 3;
/// Points against for *lost*.
pub const LOST: i32 = 6;
/// Contact at up to this descent speed is a touchdown, m/s: three times the planned speed, assumed.
const SOFT_M_S: f64 = 3.0;
/// No lander of this class survives an arrival faster than this, m/s: assumed, five times the touchdown limit.
const FATAL_M_S: f64 = 10.0;
/// A last state tells of the arrival when the ground is this near, s: assumed.
const NEAR_S: f64 = 30.0;
/// A carrier that holds this long after contact outlived it, s: assumed.
const HELD_S: f64 = 10.0;
/// A signal that ends within this of the expected impact ended with it, s: assumed.
const WITH_IMPACT_S: f64 = 2.0;
/// Line-of-sight acceleration of a place at rest on the Moon seen from a station, m/s²: the Earth's rotation gives
/// 0.034, the Moon's orbit 0.003; the rest is measurement.
const REST_M_S2: f64 = 0.06;
/// Offset from the predicted Doppler that still is rest, m/s: assumed for 6 km of map and target error.
const REST_M_S: f64 = 0.5;
/// Line-of-sight acceleration from which on a lander falls, m/s²: half of lunar gravity.
const FALL_M_S2: f64 = 0.8;

/// Kinds of evidence that do not fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The radio signal is there or not: needs a transmitter and power, no flight software.
    Carrier,
    /// Frequency of the carrier: motion, measured on Earth.
    Doppler,
    /// Last telemetry: speed, alarms.
    Telemetry,
    /// Touchdown switches and events on board.
    Contact,
    /// Navigation's own altitude and speed.
    Estimate,
    /// What was tried to reach it.
    Procedure,
}

impl Source {
    /// Name for screens.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Carrier => "carrier",
            Source::Doppler => "Doppler",
            Source::Telemetry => "last telemetry",
            Source::Contact => "contact",
            Source::Estimate => "navigation's estimate",
            Source::Procedure => "procedure",
        }
    }
}

/// Doppler of the newest seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doppler {
    /// Rate of the line-of-sight speed, m/s², averaged over `over_s`.
    pub rate_m_s2: f64,
    /// Line-of-sight speed less that of the target at rest, m/s; `None` without a prediction.
    pub off_rest_m_s: Option<f64>,
    /// Time averaged over, s.
    pub over_s: f64,
}

/// All that the call may look at. Times are on-board times: of emission, not of reception.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Newest on-board time whose signals have reached Earth by now.
    pub now: Time,
    /// Planned touchdown.
    pub planned_touchdown: Option<Time>,
    /// Planned ignition of the descent.
    pub planned_ignition: Option<Time>,
    /// A station should hear the lander now: above its horizon, not behind the Moon.
    pub expected: bool,
    /// Telemetry or beacon is fresh.
    pub fresh: bool,
    /// Newest carrier lock of either transmitter.
    pub carrier: Option<Time>,
    /// Either carrier is locked now.
    pub locked: bool,
    /// Doppler of a locked carrier.
    pub doppler: Option<Doppler>,
    /// Last state received.
    pub last: Option<LastState>,
    /// Where it leads.
    pub impact: Option<Impact>,
    /// First report of ground contact: event, or two switches closed; withdrawn by a revoked cut-off.
    pub contact: Option<Contact>,
    /// Engines reported cut off after contact.
    pub cut_off: bool,
    /// On board the landing was concluded from contact and inertial evidence.
    pub landed_on_board: bool,
    /// Alarm "speed exceeds corridor" stood in the last telemetry.
    pub too_fast: bool,
    /// Planned descent speed at the last state's altitude, m/s.
    pub planned_descent_m_s: Option<f64>,
    /// Alarm "altitude contradiction" stood in the last telemetry.
    pub contradiction: bool,
    /// The reconnect procedure has run to its end without an answer, every harmless command of it sent.
    pub tried_all: bool,
}

/// A reported contact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    /// When.
    pub t: Time,
    /// Descent speed in the last state before it, m/s.
    pub speed_m_s: f64,
}

/// One line of the table.
pub struct Rule {
    /// Short name.
    pub id: &'static str,
    /// Kind of evidence.
    pub source: Source,
    /// When it holds.
    pub when: &'static str,
    /// Points; positive speaks for a lander standing on the Moon.
    pub weight: i32,
    /// Why that many.
    pub why: &'static str,
    holds: fn(&Facts) -> Option<String>,
}

/// One piece of evidence that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Rule.
    pub id: &'static str,
    /// Kind.
    pub source: Source,
    /// With its figures.
    pub says: String,
    /// Points.
    pub weight: i32,
}

/// The call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Not down yet.
    InFlight,
    /// Standing on the Moon and alive.
    Landed,
    /// Probably landed; not proven.
    Probable,
    /// Evidence does not tell.
    Unknown,
    /// Destroyed, by all that is known.
    Lost,
}

impl Call {
    /// Name for screens and the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Call::InFlight => "in flight",
            Call::Landed => "landed",
            Call::Probable => "probable",
            Call::Unknown => "unknown",
            Call::Lost => "lost",
        }
    }
}

/// Longest that a lander can stay up after the last state: its propellant, then the fall from where it may hang,
/// s. Two and a half minutes of fall are 18 km.
const FALL_AFTER_DRY_S: f64 = 150.0;
/// Propellant of unknown flow lasts no longer than this after the planned touchdown, s: assumed.
const RESERVE_S: f64 = 600.0;

impl Facts {
    /// After this the lander cannot be in the air. Only what has begun to brake must come down: before that it can be
    /// held or waved off, and stay on its orbit for as long as it likes.
    pub fn down_by(&self) -> Option<Time> {
        let last = self.last.filter(|last| last.phase >= Phase::Braking)?;
        if !burning(last.phase) {
            return Some(self.planned_touchdown? + Span::from_s(RESERVE_S));
        }
        let left_s = super::extrapolate::burn_left_s(&last);
        if left_s.is_finite() {
            return Some(last.t + Span::from_s(left_s + FALL_AFTER_DRY_S));
        }
        Some(self.planned_touchdown? + Span::from_s(RESERVE_S))
    }
    fn surely_down(&self) -> bool {
        self.down_by().is_some_and(|by| self.now > by)
    }
    fn soft_contact(&self) -> Option<Contact> {
        self.contact.filter(|contact| contact.speed_m_s <= SOFT_M_S)
    }
    fn carrier_after(&self, t: Time) -> f64 {
        self.carrier.map_or(f64::NEG_INFINITY, |carrier| (carrier - t).s())
    }
    /// The last state's way to the ground, when it is near enough to tell.
    fn near(&self) -> Option<Impact> {
        let (last, impact) = (self.last.filter(|last| last.altitude_m > 0.0)?, self.impact?);
        let end = impact.expected?;
        ((end - last.t).s() <= NEAR_S).then_some(impact)
    }
    fn window_closed(&self) -> bool {
        match (self.near(), self.down_by()) {
            (Some(impact), _) => impact.latest.is_some_and(|latest| self.now > latest),
            (None, Some(by)) => self.now > by,
            (None, None) => false,
        }
    }
    fn silent_since_s(&self) -> f64 {
        self.carrier.map_or(f64::INFINITY, |carrier| (self.now - carrier).s())
    }
}

/// All evidence that holds, in the order of the table.
pub fn evidence(facts: &Facts) -> Vec<Evidence> {
    let holding = |rule: &Rule| {
        let says = (rule.holds)(facts)?;
        Some(Evidence { id: rule.id, source: rule.source, says, weight: rule.weight })
    };
    RULES.iter().filter_map(holding).collect()
}

/// The call and what it rests on.
pub fn call(facts: &Facts) -> (Call, Vec<Evidence>) {
    let evidence = evidence(facts);
    (decide(facts, &evidence), evidence)
}

fn decide(f: &Facts, evidence: &[Evidence]) -> Call {
    let falls = f.doppler.is_some_and(|d| d.over_s >= 3.0 && d.rate_m_s2.abs() > FALL_M_S2);
    let aloft = f.last.is_none_or(|last| last.phase < Phase::Contact);
    if f.contact.is_none() && f.fresh && aloft {
        return Call::InFlight;
    }
    let points: i32 = evidence.iter().map(|e| e.weight).sum();
    let sources = |sign: i32| {
        let mut seen: Vec<Source> =
            evidence.iter().filter(|e| e.weight * sign > 0).map(|e| e.source).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    if points >= LANDED && sources(1) >= 2 {
        return Call::Landed;
    }
    if points <= -LOST && sources(-1) >= 2 && !f.locked {
        return Call::Lost;
    }
    if f.contact.is_none() && (falls && f.locked || before_ground(f)) {
        return Call::InFlight;
    }
    if points >= PROBABLE { Call::Probable } else { Call::Unknown }
}

/// Nothing can have reached the ground yet: coasting before the planned ignition, or falling for less than the
/// earliest impact takes. Holds until the signal is found missing too.
fn before_ground(f: &Facts) -> bool {
    let Some(last) = f.last else { return false };
    match f.impact {
        Some(impact) => last.altitude_m > 0.0 && f.now < impact.earliest,
        None if last.phase < Phase::Braking => f.planned_ignition.is_none_or(|t| f.now < t),
        None => false,
    }
}

#[cfg(test)]
mod tests;
