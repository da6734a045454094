//! What is known now: histories, events, reports, the phase of each time, and the watches over limits.
//!
//! Owns: [`Memory`], which takes packets and says what is new and what is wrong. All of it has a fixed size.

use super::keys::Keys;
use crate::decode::Item;
use crate::limits::{Limits, Verdict, Watch};
use crate::store::History;
use crate::values::{EventSeen, Level, ReportSeen, Sample, Update, Values};
use icd::events::Severity;
use icd::link::packet::{self, Packet};
use icd::time::{Span, Time};
use icd::tm::{Kind, Phase};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Events that are remembered.
const EVENTS_MAX: usize = 50_000;
/// Reports that are remembered.
const REPORTS_MAX: usize = 10_000;
/// Changes of phase that are remembered.
const PHASES_MAX: usize = 4_096;

/// News for the alarms.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
    /// Something is wrong.
    Raise { source: String, level: Level, t: Time, value: Option<f64>, text: String },
    /// It is over.
    Clear { source: String, t: Time },
}

/// Which phase the flight was in, when.
#[derive(Debug, Default)]
pub(crate) struct Phases(BTreeMap<Time, Phase>);

impl Phases {
    /// The phase at a time; before anything is known, the first.
    pub fn at(&self, t: Time) -> Phase {
        let last = self.0.range(..=t).next_back();
        last.map_or(Phase::default(), |(_, phase)| *phase)
    }

    fn hear(&mut self, t: Time, value: f64) {
        let Some(phase) = Phase::ALL.into_iter().find(|phase| f64::from(*phase as u8) == value)
        else {
            return;
        };
        let last = self.0.range(..=t).next_back();
        if last.is_none_or(|(_, known)| *known != phase) {
            self.0.insert(t, phase);
            // The same phase known from later on began here.
            let after = Time::from_tai_ns(t.tai_ns().saturating_add(1));
            let next = self.0.range(after..).next().map(|(t, next)| (*t, *next));
            if let Some((begin, _)) = next.filter(|(_, next)| *next == phase) {
                self.0.remove(&begin);
            }
            if self.0.len() > PHASES_MAX {
                self.0.pop_first();
            }
        }
    }
}

/// What is known now.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    histories: Vec<Option<Box<History>>>,
    watches: Vec<Watch>,
    events: BTreeMap<(Time, u16), EventSeen>,
    reports: VecDeque<Arc<ReportSeen>>,
    pub phases: Phases,
    /// Bits that stood, by parameter, and when.
    bits: BTreeMap<usize, (Time, u32)>,
}

impl Memory {
    /// Empty, for so many parameters.
    pub fn new(parameters: usize) -> Self {
        Self {
            histories: (0..parameters).map(|_| None).collect(),
            watches: vec![Watch::default(); parameters],
            ..Self::default()
        }
    }

    /// A parameter's history, if it ever had a value.
    pub fn history(&self, index: usize) -> Option<&History> {
        self.histories.get(index)?.as_deref()
    }
    /// Events, ascending.
    pub fn events(&self) -> impl Iterator<Item = &EventSeen> {
        self.events.values()
    }
    /// Reports, as they came.
    pub fn reports(&self) -> impl Iterator<Item = &Arc<ReportSeen>> {
        self.reports.iter()
    }

    /// Takes what was decoded. Returns what listeners should hear.
    pub fn take(
        &mut self,
        keys: &Keys,
        limits: &Limits,
        item: &Item<'_>,
        notices: &mut Vec<Notice>,
    ) -> Option<Update> {
        match *item {
            Item::Packet { packet, received, channel, station, .. } => match packet {
                Packet::Housekeeping { t, list, data } => {
                    let first = keys.first(list, station)?;
                    let head = Values { t, received, channel, values: Vec::new() };
                    let values = packet::values(list, data).map(|(_, value)| value);
                    self.values(keys, limits, head, first, values, notices)
                }
                Packet::Event { t, event } => {
                    self.event(EventSeen { t, received, event, channel }, notices)
                }
                Packet::Report { t, report } => self.report(ReportSeen { t, received, report }),
                Packet::Raw { .. } => None,
            },
            Item::Clcw { station, received, clcw } => {
                Some(Update::Clcw { station, received, clcw })
            }
            Item::Radiated { station, at, number } => {
                Some(Update::Radiated { station, at, number })
            }
            Item::Heard { .. } => None,
        }
    }

    fn values(
        &mut self,
        keys: &Keys,
        limits: &Limits,
        mut told: Values,
        first: usize,
        values: impl Iterator<Item = f64>,
        notices: &mut Vec<Notice>,
    ) -> Option<Update> {
        let Values { t, received, channel, .. } = told;
        let mut phase = None;
        for (index, value) in (first..).zip(values) {
            let Some(key) = keys.all.get(index) else { break };
            if key.line.key == "phase" || key.line.key == "beacon.phase" {
                self.phases.hear(t, value);
            }
            let phase = *phase.get_or_insert_with(|| self.phases.at(t));
            let level = limits.level(index, phase, value);
            let sample = Sample { t, received, value, level, channel };
            let Some(slot) = self.histories.get_mut(index) else { break };
            if !slot.get_or_insert_default().insert(sample) {
                continue;
            }
            told.values.push((index, value, level));
            let alarms = key.line.key.ends_with("alarms");
            if let (Kind::Bits(names), true) = (key.line.kind, alarms) {
                self.bits(index, names, t, value, notices);
            }
            if limits.rules(index).is_empty() {
                continue;
            }
            let persistence =
                limits.rule(index, phase).map_or(0.0, |rule| rule.limit.persistence_s);
            let Some(watch) = self.watches.get_mut(index) else { break };
            match watch.hear(t, level, Span::from_s(persistence)) {
                Verdict::Same => {}
                Verdict::Clear => notices.push(Notice::Clear { source: key.name.clone(), t }),
                Verdict::Raise(level) => notices.push(Notice::Raise {
                    source: key.name.clone(),
                    level,
                    t,
                    value: Some(value),
                    text: format!("{}: {value:.4} {}", key.line.text, key.line.unit)
                        .trim_end()
                        .to_string(),
                }),
            }
        }
        (!told.values.is_empty()).then(|| Update::Values(Arc::new(told)))
    }

    /// Bits that the flight software sets: each is an alarm while it stands.
    fn bits(
        &mut self,
        index: usize,
        names: &'static [&'static str],
        t: Time,
        value: f64,
        notices: &mut Vec<Notice>,
    ) {
        let known = self.bits.get(&index).copied();
        if known.is_some_and(|(newest, _)| t <= newest) {
            return;
        }
        let bits = value as u32; // from at most 16 bits
        self.bits.insert(index, (t, bits));
        for (bit, name) in names.iter().enumerate() {
            let stands = bits >> bit & 1 == 1;
            // The first time, all are told: one may stand from before a restart.
            if known.is_some_and(|(_, before)| (before >> bit & 1 == 1) == stands) {
                continue;
            }
            let source = format!("alarms.{bit}");
            notices.push(if stands {
                let text = format!("On board: {name}");
                Notice::Raise { source, level: Level::Yellow, t, value: None, text }
            } else {
                Notice::Clear { source, t }
            });
        }
    }

    fn event(&mut self, seen: EventSeen, notices: &mut Vec<Notice>) -> Option<Update> {
        let at = (seen.t, seen.event.code());
        if self.events.contains_key(&at) {
            return None;
        }
        if self.events.len() >= EVENTS_MAX {
            if self.events.first_key_value().is_some_and(|(first, _)| at < *first) {
                return None;
            }
            self.events.pop_first();
        }
        self.events.insert(at, seen);
        if seen.event.severity() >= Severity::High {
            let (source, t) = (format!("event.{}", seen.event.name()), seen.t);
            let text = seen.event.text().to_string();
            notices.push(Notice::Raise {
                source: source.clone(),
                level: Level::Red,
                t,
                value: None,
                text,
            });
            notices.push(Notice::Clear { source, t });
        }
        Some(Update::Event(seen))
    }

    fn report(&mut self, seen: ReportSeen) -> Option<Update> {
        let known = self.reports.iter().rev().take(256);
        if known.into_iter().any(|known| known.t == seen.t && known.report == seen.report) {
            return None;
        }
        if self.reports.len() >= REPORTS_MAX {
            self.reports.pop_front();
        }
        let seen = Arc::new(seen);
        self.reports.push_back(Arc::clone(&seen));
        Some(Update::Report(seen))
    }
}
