//! From what the ground tells to what `signal` and `command` ask for.

use super::Inner;
use crate::command::Way;
use crate::ground::{Ground, Key, Strategy};
use crate::mission::Mission;
use crate::signal::extrapolate::impact;
use crate::signal::picture::Seen;
use crate::signal::status::Facts;
use crate::signal::watch::{Report, Watch};
use crate::values::{Channel, EventSeen, Values};
use icd::events::Event;
use icd::time::{Span, Time};
use std::collections::BTreeMap;

/// Light time where neither plan nor station tells it, s: to the Moon's mean distance.
const LIGHT_S: f64 = 1.28;
/// Control words older than this, beyond the patience of the link, are of no use for sequence, s.
const WORD_OLD_S: f64 = 5.0;
/// After a restart the last seconds are read again, for the accelerations.
const AGAIN: Span = Span::from_ms(4_000);

/// What a key means to the desk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    Phase,
    Altitude,
    SigmaAltitude,
    VUp,
    SigmaVUp,
    VHorizontal,
    SigmaVHorizontal,
    Tilt,
    Propellant,
    Alarms,
    Switches,
    Station(u8, StationRole),
}

/// What a station's key means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StationRole {
    Carrier,
    Frames,
    Doppler,
    BitRate,
    LightTime,
    Elevation,
    Transmitter,
}

/// Roles by key index.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles(Vec<Option<Role>>);

impl Roles {
    pub fn new(keys: &[Key]) -> Self {
        Self(keys.iter().map(role).collect())
    }
    fn of(&self, index: usize) -> Option<Role> {
        self.0.get(index).copied().flatten()
    }
}

fn role(key: &Key) -> Option<Role> {
    if let Some(number) = key.station {
        let role = match key.line.key {
            "station.carrier_locked" => StationRole::Carrier,
            "station.frame_locked" => StationRole::Frames,
            "station.doppler_Hz" => StationRole::Doppler,
            "station.bit_rate_bit_s" => StationRole::BitRate,
            "station.light_time_s" => StationRole::LightTime,
            "station.elevation_rad" => StationRole::Elevation,
            "station.transmitter" => StationRole::Transmitter,
            _ => return None,
        };
        return Some(Role::Station(number, role));
    }
    Some(match key.line.key {
        "phase" | "beacon.phase" => Role::Phase,
        "nav.altitude_m" | "beacon.altitude_m" => Role::Altitude,
        "nav.sigma_altitude_m" | "beacon.sigma_altitude_m" => Role::SigmaAltitude,
        "nav.v_up_m_s" | "beacon.v_up_m_s" => Role::VUp,
        "nav.sigma_v_up_m_s" => Role::SigmaVUp,
        "nav.v_horizontal_m_s" | "beacon.v_horizontal_m_s" => Role::VHorizontal,
        "nav.sigma_v_horizontal_m_s" => Role::SigmaVHorizontal,
        "nav.tilt_rad" | "beacon.tilt_rad" => Role::Tilt,
        "nav.propellant_kg" | "beacon.propellant_kg" => Role::Propellant,
        "alarms" | "beacon.alarms" => Role::Alarms,
        "touchdown" | "beacon.discretes" => Role::Switches,
        _ => return None,
    })
}

fn set(seen: &mut Seen, role: Role, value: f64) {
    let slot = match role {
        Role::Phase => &mut seen.phase,
        Role::Altitude => &mut seen.altitude_m,
        Role::SigmaAltitude => &mut seen.sigma_altitude_m,
        Role::VUp => &mut seen.v_up_m_s,
        Role::SigmaVUp => &mut seen.sigma_v_up_m_s,
        Role::VHorizontal => &mut seen.v_horizontal_m_s,
        Role::SigmaVHorizontal => &mut seen.sigma_v_horizontal_m_s,
        Role::Tilt => &mut seen.tilt_rad,
        Role::Propellant => &mut seen.propellant_kg,
        Role::Alarms => &mut seen.alarms,
        Role::Switches => &mut seen.switches,
        Role::Station(..) => return,
    };
    *slot = Some(value);
}

/// The plan's passes and occultations. Without any pass a signal is always expected.
pub(super) fn watch(mission: &Mission) -> Watch {
    let passes = mission.passes.iter().map(|p| (p.aos_utc.0, p.los_utc.0)).collect();
    let hidden = mission.occultations.iter().map(|o| (o.from_utc.0, o.to_utc.0)).collect();
    Watch::new(passes, hidden)
}

/// One-way light time by the stations, else by the plan, s.
pub(super) fn light_s(watch: &Watch, mission: &Mission) -> f64 {
    let planned = if mission.light_time_s > 0.0 { mission.light_time_s } else { LIGHT_S };
    watch.light_time_s().filter(|s| *s > 0.0).unwrap_or(planned)
}

/// States of one list in the seconds before `end`.
fn remembered(ground: &Ground, list: &str, end: Time, states: &mut BTreeMap<Time, Seen>) {
    for key in ground.keys().iter().filter(|key| key.station.is_none()) {
        let own = match key.name.split_once('.') {
            Some((prefix, _)) => prefix == list,
            None => list == "nav",
        };
        let Some(role) = role(key).filter(|_| own) else { continue };
        let samples = ground.history(&key.name, end - AGAIN..=end, Strategy::Latest, 100);
        for sample in samples.unwrap_or_default() {
            set(states.entry(sample.t).or_default(), role, sample.value);
        }
    }
}

/// The plan's descent speed at an altitude, between its points, m/s.
fn planned_m_s(mission: &Mission, altitude_m: f64) -> Option<f64> {
    let points = &mission.corridor;
    let below = points.iter().filter(|p| p.altitude_m <= altitude_m);
    let below = below.max_by(|a, b| a.altitude_m.total_cmp(&b.altitude_m))?;
    let above = points.iter().filter(|p| p.altitude_m > altitude_m);
    let above = above.min_by(|a, b| a.altitude_m.total_cmp(&b.altitude_m))?;
    let part = (altitude_m - below.altitude_m) / (above.altitude_m - below.altitude_m);
    Some(below.descent_m_s + part * (above.descent_m_s - below.descent_m_s))
}

impl Inner {
    /// How fast mission time passes: people and lines keep the time they need.
    pub(super) fn pace(&mut self, speed: f64) {
        self.pace = speed.max(1.0);
        self.watch.pace(speed);
        self.procedure.pace(self.pace);
        self.commander.pace(self.pace);
    }
    /// One packet's values.
    pub(super) fn values(&mut self, values: &Values, now: Time) {
        let mut seen = Seen::default();
        let mut station = None;
        let mut report = Report::default();
        let mut frequency_Hz = 0.0;
        for (index, value, _) in &values.values {
            match self.roles.of(*index) {
                Some(Role::Station(number, role)) => {
                    station = Some(number);
                    match role {
                        StationRole::Carrier => report.carrier = *value > 0.5,
                        StationRole::Frames => report.frames = *value > 0.5,
                        StationRole::Doppler => frequency_Hz = *value,
                        StationRole::BitRate => report.bit_rate_bit_s = *value,
                        StationRole::LightTime => report.light_time_s = *value,
                        StationRole::Elevation => report.elevation_rad = *value,
                        StationRole::Transmitter => report.transmitter = u8::from(*value > 0.5),
                    }
                }
                Some(role) => set(&mut seen, role, *value),
                None => {}
            }
        }
        if let Some(number) = station {
            if !self.watch.credible(values.received, now) {
                return;
            }
            report.doppler_Hz = frequency_Hz;
            self.watch.station(values.received, number, report);
            let heard = report.carrier.then_some(frequency_Hz);
            self.picture.frequency(values.received, number, report.transmitter, heard);
            return;
        }
        self.watch.frame(values.received, now);
        // What was stored on board tells of the past.
        if values.channel != Channel::Stored && seen.altitude_m.is_some() {
            self.picture.state(values.t, &seen);
            if self.watch.credible(values.received, now) {
                self.state_received = self.state_received.max(Some(values.received));
            }
        }
    }

    /// What the archive and the memory hold: after a restart, and when messages were missed. Events in their order,
    /// each contact with the seconds before it, and the last seconds of all. What is later than now is of another
    /// flight.
    pub(super) fn take_up(&mut self, ground: &Ground) {
        let Some(now) = ground.now() else { return };
        let events = ground.events(Time::from_tai_ns(i64::MIN)..=now);
        let mut states: BTreeMap<Time, Seen> = BTreeMap::new();
        for list in ["nav", "beacon"] {
            let touched =
                |seen: &&EventSeen| matches!(seen.event, Event::Contact | Event::ContactInferred);
            let mut ends: Vec<Time> = events.iter().filter(touched).map(|seen| seen.t).collect();
            let newest = ground.latest(&format!("{list}.altitude_m"));
            if let Some(newest) = newest.filter(|sample| sample.channel != Channel::Stored) {
                if self.watch.credible(newest.received, now) {
                    self.watch.frame(newest.received, now);
                    self.state_received = self.state_received.max(Some(newest.received));
                }
                ends.push(newest.t.min(now));
            }
            ends.iter().for_each(|end| remembered(ground, list, *end, &mut states));
        }
        self.picture = self.picture.anew();
        let mut events = events.iter().peekable();
        for (t, seen) in &states {
            while let Some(earlier) = events.next_if(|event| event.t < *t) {
                self.picture.event(earlier.t, earlier.event);
            }
            self.picture.state(*t, seen);
        }
        events.for_each(|seen| self.picture.event(seen.t, seen.event));
        for station in ground.link().stations {
            if let Some(frame) = station.last_frame {
                self.watch.frame(frame, now);
            }
        }
        for report in ground.reports() {
            self.commander.hear_report(now, report.report);
        }
    }

    /// Everything that the call may look at.
    pub(super) fn facts(&self, mission: &Mission, now: Time) -> Facts {
        let light = Span::from_s(light_s(&self.watch, mission));
        let last = self.picture.last();
        let patience_s = self.watch.patience_s(now) + 1.0;
        let young = self.state_received.is_some_and(|t| (now - t).s() <= patience_s);
        let locked = self.watch.locked(now);
        // A frame proves a carrier, also where no station reports.
        let framed = self.watch.last_contact();
        let carrier = self.watch.carrier().map(|(t, _)| t).max(framed);
        Facts {
            now: now - light,
            planned_touchdown: mission.planned_touchdown_utc.map(|utc| utc.0),
            planned_ignition: mission.ignition_utc.map(|utc| utc.0),
            expected: self.watch.expected(now),
            fresh: young && self.watch.fresh(now),
            carrier: carrier.map(|t| t - light),
            locked: locked || self.watch.fresh(now),
            doppler: if locked { self.picture.doppler() } else { None },
            last,
            impact: last.as_ref().and_then(impact),
            contact: self.picture.contact(),
            cut_off: self.picture.cut_off(),
            landed_on_board: self.picture.landed(),
            too_fast: self.picture.alarm("speed exceeds corridor"),
            planned_descent_m_s: last.and_then(|last| planned_m_s(mission, last.altitude_m)),
            contradiction: self.picture.alarm("altitude contradiction"),
            tried_all: self.procedure.tried_all(),
        }
    }

    /// Takes note of a control word; says whether it is the newest by its time of sending: two stations hear the same
    /// frames some milliseconds apart, and a line may deliver late.
    pub(super) fn newest_word(
        &mut self,
        mission: &Mission,
        now: Time,
        station: u8,
        received: Time,
    ) -> bool {
        if !self.watch.credible(received, now) {
            return false;
        }
        let planned_s = light_s(&self.watch, mission);
        let sent = received - Span::from_s(self.watch.light_of_s(station).unwrap_or(planned_s));
        if self.word_sent.is_some_and(|newest| sent < newest) {
            return false;
        }
        self.word_sent = Some(sent);
        self.word_received = self.word_received.max(Some(received));
        true
    }

    /// The way to the lander and back, for frames in sequence.
    pub(super) fn way(&self, mission: &Mission, now: Time) -> Way {
        let patience_s = self.watch.patience_s(now);
        let trip_s = 2.0 * light_s(&self.watch, mission);
        let old_s = patience_s + WORD_OLD_S;
        Way {
            round_trip: Span::from_s(trip_s + 0.5 * self.pace),
            timeout: Span::from_s(trip_s + 1.0 * self.pace + patience_s),
            heard: self.word_received.is_some_and(|t| (now - t).s() <= old_s),
        }
    }

    /// Connected stations, the best first: those that hear the lander, then by elevation.
    pub(super) fn stations(&self, ground: &Ground, now: Time) -> Vec<u8> {
        let quality = |number: u8| {
            let reports = self.watch.reports(now).filter(|(station, _)| *station == number);
            reports.fold((false, f64::NEG_INFINITY), |(carrier, elevation), (_, report)| {
                (carrier || report.carrier, elevation.max(report.elevation_rad))
            })
        };
        let mut all: Vec<(u8, (bool, f64))> = ground
            .link()
            .stations
            .iter()
            .filter(|station| station.connections > 0)
            .map(|station| (station.number, quality(station.number)))
            .collect();
        all.sort_by(|(_, a), (_, b)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
        all.into_iter().map(|(number, _)| number).collect()
    }
}
