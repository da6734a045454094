//! Values: limits that were passed, and expectation and fact where they part.

use super::{Entry, figure};
use crate::evidence::Evidence;
use crate::replayed::{Compared, Replayed};
use icd::limits::{Colour, LIMITS, limit};
use icd::time::Time;
use icd::tm::{Layout, Line, Phase, layouts};

/// A value outside its limits.
struct Outside {
    since: Time,
    worst: (Colour, f64),
    told: bool,
    last: Time,
    persistence_s: f64,
    beyond: f64,
}

/// Values that stayed outside their limits for as long as it takes to raise an alarm.
pub(super) fn limits(evidence: &Evidence, out: &mut Vec<Entry>) {
    let phases = evidence.series("phase");
    let mut keys: Vec<&'static str> = LIMITS.iter().map(|limit| limit.key).collect();
    keys.dedup();
    for key in keys {
        let Some(line) = layouts().flat_map(Layout::lines).find(|line| line.key == key) else {
            continue;
        };
        let (mut outside, mut phase_at): (Option<Outside>, usize) = (None, 0);
        for (t, value) in evidence.series(key) {
            while phases.get(phase_at + 1).is_some_and(|(next, _)| *next <= t) {
                phase_at += 1;
            }
            let code = phases.get(phase_at).map_or(0.0, |(_, code)| *code);
            let known = Phase::ALL.into_iter().find(|phase| f64::from(*phase as u8) >= code);
            let rule = limit(key, known.unwrap_or(Phase::Landed)).filter(|_| !value.is_infinite());
            let colour = rule.map_or(Colour::Green, |rule| rule.colour(value));
            let (Some(rule), true) = (rule, colour > Colour::Green) else {
                close(outside.take(), line, t, out);
                continue;
            };
            let high = rule.yellow_high.is_some_and(|high| value > high);
            let beyond = if high { rule.yellow_high } else { rule.yellow_low };
            let now = outside.get_or_insert(Outside {
                since: t,
                worst: (colour, value),
                told: false,
                last: t,
                persistence_s: rule.persistence_s,
                beyond: beyond.unwrap_or(f64::NAN),
            });
            now.last = t;
            now.told |= (t - now.since).s() >= now.persistence_s;
            let worse = (value - now.beyond).abs() > (now.worst.1 - now.beyond).abs();
            now.worst = (now.worst.0.max(colour), if worse { value } else { now.worst.1 });
        }
        if let Some(last) = outside.as_ref().map(|outside| outside.last) {
            close(outside, line, last, out);
        }
    }
}

/// Tells of a value that was outside until `t`.
fn close(outside: Option<Outside>, line: &Line, t: Time, out: &mut Vec<Entry>) {
    let Some(outside) = outside.filter(|outside| outside.told) else { return };
    let colour = if outside.worst.0 == Colour::Red { "red" } else { "yellow" };
    let (worst, beyond) = (figure(outside.worst.1), figure(outside.beyond));
    let unit = if line.unit.is_empty() { String::new() } else { format!(" {}", line.unit) };
    let text = format!("{}: {worst}{unit} at the worst, limit {beyond}{unit}, {colour}", line.text);
    out.push(Entry::measured(outside.since, "housekeeping", text).until(t));
}

/// For each aid the first reading that is not what was expected, and the first of those that stay apart.
pub(super) fn partings(evidence: &Evidence, replayed: &Replayed, out: &mut Vec<Entry>) {
    for account in replayed.accounts(evidence) {
        let name = account.aid.name().replace('_', " ");
        let source = if account.replayed { "replay" } else { "housekeeping" };
        let entry = |t, text| {
            if account.replayed {
                Entry::derived(t, source, text)
            } else {
                Entry::measured(t, source, text)
            }
        };
        let (first, lasting) = account.parting();
        let figures = |one: &Compared| {
            let (unit, sigma) = (account.unit, figure(one.sigma));
            let (measured, nu) = (figure(one.measured), figure(one.nu));
            format!(
                "{measured} {unit}, {nu} {unit} off the expected, whose sigma is {sigma} {unit}"
            )
        };
        if let Some(one) = first.filter(|first| lasting.is_none_or(|lasting| lasting.t > first.t)) {
            let text = format!(
                "First reading of the {name} that is not the expected one: {}",
                figures(one)
            );
            out.push(entry(one.t, text));
        }
        if let Some(one) = lasting {
            let text =
                format!("Expectation and {name} part, several readings in a row: {}", figures(one));
            out.push(entry(one.t, text));
        }
    }
}
