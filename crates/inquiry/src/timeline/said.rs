//! What lander and ground told each other: events, phases, commands and answers.

use super::{Entry, figure, one_cycle, within};
use crate::evidence::Evidence;
use crate::replayed::{End, Replayed};
use icd::events::Event;
use icd::tc::{self, Report};
use icd::time::{Span, Time};
use icd::tm::Phase;

/// The same event again within this time is told in one line. Assumed.
const AGAIN: Span = Span::from_ms(5_000);

/// Announced events: downlinked ones are measured, those that only the replay gives derived.
pub(super) fn events(evidence: &Evidence, replayed: &Replayed, out: &mut Vec<Entry>) {
    let told = |events: &[(Time, Event)], make: &dyn Fn(Time, String) -> Entry| {
        let mut rest: Vec<(Time, Event)> = events.to_vec();
        let mut lines = Vec::new();
        while let Some((first, event)) = rest.first().copied() {
            let (mut last, mut count) = (first, 0u32);
            rest.retain(|(t, other)| {
                let same = *other == event && *t - last <= AGAIN;
                if same {
                    (last, count) = (*t, count + 1);
                }
                !same
            });
            let text = format!("{}: {}", event.name(), event.text());
            lines.push(if count > 1 {
                make(first, format!("{text} ({count} times)")).until(last)
            } else {
                make(first, text)
            });
        }
        lines
    };
    out.extend(told(&evidence.events, &|t, text| Entry::measured(t, "event report", text)));
    if !exact(replayed) {
        return;
    }
    let heard = |one: &(Time, Event)| evidence.events.contains(one);
    let only: Vec<_> = replayed.events.iter().filter(|one| !heard(one)).copied().collect();
    out.extend(told(&only, &|t, text| Entry::derived(t, "replay", text)));
}

/// Whether what the replay says is what the flight software did, all along.
fn exact(replayed: &Replayed) -> bool {
    matches!(replayed.end, Some(End::Whole))
}

/// Changes of phase: by the replay to the cycle, else by housekeeping to its sampling.
pub(super) fn phases(evidence: &Evidence, replayed: &Replayed, out: &mut Vec<Entry>) {
    if exact(replayed) {
        let mut last = None;
        for commanded in &replayed.commanded {
            if last != Some(commanded.phase) {
                let text = format!("Phase: {}", commanded.phase.name());
                out.push(Entry::derived(commanded.t, "replay", text));
            }
            last = Some(commanded.phase);
        }
        return;
    }
    let series = evidence.series("phase");
    let name = |code: f64| {
        let known =
            Phase::ALL.iter().find(|phase| f64::from(**phase as u8).total_cmp(&code).is_eq());
        format!("Phase: {}", known.map_or("unknown", |phase| phase.name()))
    };
    if let Some((t, code)) = series.first() {
        out.push(Entry::measured(*t, "housekeeping", name(*code)));
    }
    for pair in series.windows(2) {
        let [(before, was), (t, is)] = pair else { continue };
        if was.total_cmp(is).is_ne() {
            let middle = *before + Span::from_ns((*t - *before).ns() / 2);
            let sigma_s = within(*t - *before).max(one_cycle());
            out.push(Entry::measured(middle, "housekeeping", name(*is)).sigma(sigma_s));
        }
    }
}

/// Commands as read on board, and what was answered.
pub(super) fn commands(evidence: &Evidence, out: &mut Vec<Entry>) {
    for cycle in &evidence.cycles {
        let Some(uplink) = &cycle.sensors.uplink else { continue };
        let text = match tc::decode(uplink.packet()) {
            Ok((header, order)) => {
                let (command, values) = order.parts();
                let arguments = command.arguments.iter().zip(values).map(|(argument, value)| {
                    format!(", {} = {} {}", argument.name, figure(value), argument.unit)
                });
                let arguments: Vec<String> = arguments.map(|one| one.trim_end().into()).collect();
                format!("Command {} read: {}{}", header.sequence, command.name, arguments.concat())
            }
            Err((_, why)) => format!("Command read that is none: {}", why.text()),
        };
        out.push(Entry::measured(cycle.sensors.t, "telecommand on the bus", text));
    }
    for (t, report) in &evidence.answers {
        out.push(Entry::measured(*t, "answer", answer(report)));
    }
}

fn answer(report: &Report) -> String {
    match report {
        Report::Accepted(header) => format!("Command {} accepted", header.sequence),
        Report::Refused(header, why) => {
            format!("Command {} refused: {}", header.sequence, why.text())
        }
        Report::Started(header) => format!("Command {} begun", header.sequence),
        Report::NotStarted(header, why) => {
            format!("Command {} not begun: {}", header.sequence, why.text())
        }
        Report::Completed(header) => format!("Command {} carried out", header.sequence),
        Report::Failed(header, why) => {
            format!("Command {} failed: {}", header.sequence, why.text())
        }
        Report::Alive => "Lander answers that it is alive".to_string(),
        Report::Parameter { parameter, value } => {
            format!("Loaded value {parameter} is {}", figure(*value))
        }
        Report::Schedule { count, .. } => format!("{count} commands are scheduled"),
    }
}
