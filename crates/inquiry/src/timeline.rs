//! What happened when, from all that was received.
//!
//! Owns: [`timeline`], [`Entry`]. Does not own: any judgement of causes.
//! As programmed: what was received as it stands is measured; what the replay adds, or what follows from counting, is
//! derived. Every time has an uncertainty: that of a cycle for what one cycle shows, that of the sampling for what
//! housekeeping alone shows. A rectangular law of width w has a standard deviation of w/√12.

mod devices;
mod said;
#[cfg(test)]
mod tests;
mod values;

use crate::evidence::{Evidence, Gap, Leap};
use crate::finding::Grade;
use crate::mission::Mission;
use crate::replayed::{End, Replayed};
use icd::bus::CYCLE;
use icd::time::{Span, Time};

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it happened, or began.
    pub t: Time,
    /// When it ended, for what lasted.
    pub until: Option<Time>,
    /// Standard deviation of `t`, s.
    pub sigma_s: f64,
    /// How it is known.
    pub grade: Grade,
    /// Where it is taken from.
    pub source: String,
    /// What happened, one sentence, figures with units.
    pub text: String,
}

/// Standard deviation of a moment somewhere within a stretch, s.
fn within(stretch: Span) -> f64 {
    stretch.s().abs() / libm::sqrt(12.0)
}

/// Standard deviation of what one cycle shows, s.
fn one_cycle() -> f64 {
    within(CYCLE)
}

impl Entry {
    fn new(t: Time, grade: Grade, source: &str, text: String) -> Self {
        let (until, sigma_s) = (None, one_cycle());
        Self { t, until, sigma_s, grade, source: source.to_string(), text }
    }
    fn measured(t: Time, source: &str, text: String) -> Self {
        Self::new(t, Grade::Measured, source, text)
    }
    fn derived(t: Time, source: &str, text: String) -> Self {
        Self::new(t, Grade::Derived, source, text)
    }
    fn until(self, until: Time) -> Self {
        Self { until: Some(until), ..self }
    }
    fn sigma(self, sigma_s: f64) -> Self {
        Self { sigma_s, ..self }
    }
}

/// Four digits that count, trailing zeros dropped.
fn figure(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = libm::floor(libm::log10(value.abs()));
    if !(-4.0..7.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 7
    let places = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// All that happened, in the order of time.
pub fn timeline(mission: &Mission, evidence: &Evidence, replayed: &Replayed) -> Vec<Entry> {
    let mut out = Vec::new();
    if evidence.start().is_none() && evidence.end().is_none() {
        return out;
    }
    begin(mission, evidence, &mut out);
    said::events(evidence, replayed, &mut out);
    said::phases(evidence, replayed, &mut out);
    said::commands(evidence, &mut out);
    values::limits(evidence, &mut out);
    devices::reports(evidence, &mut out);
    devices::unit_and_switches(evidence, &mut out);
    values::partings(evidence, replayed, &mut out);
    breaks(evidence, &mut out);
    end(evidence, replayed, &mut out);
    out.sort_by_key(|entry| entry.t);
    out
}

/// The recording's beginning, and what was planned.
fn begin(mission: &Mission, evidence: &Evidence, out: &mut Vec<Entry>) {
    if let Some(t) = evidence.start() {
        let late_s = (t - mission.nav.t).s();
        let text = format!(
            "Recording begins, {} s after the state that navigation was told to start with",
            figure(late_s)
        );
        out.push(Entry::measured(t, "packets", text));
    }
    let planned = mission.stand.scenario.approach.touchdown;
    out.push(Entry::derived(planned, "plan", "Planned touchdown".to_string()).sigma(0.0));
}

/// Power-ups, restarts, gaps, leaps of the clock.
fn breaks(evidence: &Evidence, out: &mut Vec<Entry>) {
    let powered_up = evidence.cycles.iter().filter(|cycle| cycle.powered_up);
    for (n, cycle) in powered_up.enumerate() {
        let text = match n {
            0 => "Flight software powered up".to_string(),
            _ => "Flight software powered up again, with nothing but its load and what it keeps"
                .into(),
        };
        out.push(Entry::measured(cycle.sensors.t, "flag of the cycle", text));
    }
    for Gap { between: (from, to), lost, .. } in &evidence.gaps {
        let down_s = (*to - *from).s() - f64::from(lost + 1) * CYCLE.s();
        let entry = if *lost == 0 {
            let text = format!("Computer down for {} s: no cycle was computed", figure(down_s));
            Entry::derived(*from + CYCLE, "numbers and times of cycles", text)
        } else {
            let text = format!("{lost} cycles were computed and not received");
            Entry::measured(*from + CYCLE, "numbers of cycles", text)
        };
        out.push(entry.until(*to));
    }
    leaps(evidence, out);
}

/// Leaps of the clock, the largest of many.
fn leaps(evidence: &Evidence, out: &mut Vec<Entry>) {
    /// Leaps that are told.
    const TOLD: usize = 10;
    let mut all: Vec<&Leap> = evidence.leaps.iter().collect();
    all.sort_by_key(|leap| (std::cmp::Reverse(leap.by.ns().saturating_abs()), leap.before));
    let mut tell = |place: usize, text: String| {
        if let Some(cycle) = evidence.cycles.get(place) {
            out.push(Entry::derived(cycle.sensors.t, "numbers and times of cycles", text));
        }
    };
    for leap in all.iter().take(TOLD) {
        let (by_s, off_s) = (figure(leap.by.s()), figure(leap.by.s().abs()));
        let side = if leap.by.ns() > 0 { "ahead of" } else { "behind" };
        tell(
            leap.before,
            match leap.before {
                0 => format!(
                    "Clock of the recording is {off_s} s {side} the mission's; all times are put back by it"
                ),
                _ => format!(
                    "Clock leaps by {by_s} s against the count of cycles; later times are put back by it"
                ),
            },
        );
    }
    if let Some(next) = all.get(TOLD) {
        let sum_s: f64 = all.iter().skip(TOLD).map(|leap| leap.by.s()).sum();
        let count = all.len() - TOLD;
        let first = all.iter().skip(TOLD).map(|leap| leap.before).min().unwrap_or(next.before);
        tell(
            first,
            format!(
                "Clock leaps {count} times more, by {} s in all, put back as well",
                figure(sum_s)
            ),
        );
    }
}

/// What one more packet would have covered: the longest recent wait between packets of one kind.
fn packet_span(evidence: &Evidence) -> Span {
    /// Packets looked at.
    const RECENT: usize = 20;
    let tail = |times: &mut dyn Iterator<Item = Time>| {
        let mut times: Vec<Time> = times.take(RECENT).collect();
        times.dedup();
        times
            .windows(2)
            .filter_map(|pair| pair.first().zip(pair.get(1)))
            .map(|(b, a)| *b - *a)
            .max()
    };
    let lists = tail(&mut evidence.lists.iter().rev().map(|list| list.t));
    // A packet of raw cycles holds eight at the most, of 58 octets and more each.
    let cycles = evidence.cycles.last().map(|_| Span::from_ns(8 * CYCLE.ns()));
    [lists, cycles].into_iter().flatten().min().unwrap_or(CYCLE)
}

/// The last sign of life, and how the replay ended.
fn end(evidence: &Evidence, replayed: &Replayed, out: &mut Vec<Entry>) {
    if let Some(t) = evidence.end() {
        let span = packet_span(evidence);
        let text = format!(
            "Last packet: the signal was lost, or the recording stopped, within {} s of it",
            figure(span.s())
        );
        out.push(Entry::measured(t, "packets", text).until(t + span).sigma(within(span)));
    }
    let last = |key: &str| evidence.series(key).last().copied();
    if let (Some((t, altitude_m)), Some((_, v_up_m_s)), Some((_, v_horizontal_m_s))) =
        (last("nav.altitude_m"), last("nav.v_up_m_s"), last("nav.v_horizontal_m_s"))
    {
        let text = format!(
            "Last state downlinked, as navigation believed: altitude {} m, vertical speed {} m/s, horizontal {} m/s",
            figure(altitude_m),
            figure(v_up_m_s),
            figure(v_horizontal_m_s)
        );
        out.push(Entry::measured(t, "housekeeping", text));
    }
    match &replayed.end {
        Some(End::Gap(t)) => {
            let text = "Replay bit-exact up to here: the next cycles were not received".to_string();
            out.push(Entry::derived(*t, "replay", text));
        }
        Some(End::Differs(t, what, down, again)) => {
            let text =
                format!("Replay and downlink part: {what} is {down} downlinked, {again} replayed");
            out.push(Entry::derived(*t, "replay", text));
        }
        Some(End::Whole | End::OtherLoad) | None => {}
    }
}
