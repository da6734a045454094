//! From what an inquiry found to what its report shows.
//!
//! Owns: the answer's words, what remains unknown, how good the evidence is. Does not own: the rows of evidence (`rows`),
//! the pictures (`plots`).

use super::sheet::{Answer, Change, Figure, Fork, Moment, NoReturn, Sheet, Source};
use super::words::{capital, figure, probability};
use super::{plots, rows};
use crate::counterfactual::{self, Saved, Tried};
use crate::evidence::Evidence;
use crate::explanation::{Explained, Explanation};
use crate::finding::Finding;
use crate::inquiry::Inquiry;
use crate::mission::Mission;
use crate::replayed::{End, Replayed};
use crate::timeline::Entry;
use crate::trajectory::Trajectory;
use icd::time::{Span, Time};
use icd::tm::Phase;

/// What an inquiry found, as the report takes it.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// What was known.
    pub mission: &'a Mission,
    /// What was received.
    pub evidence: &'a Evidence,
    /// The flight software again.
    pub replayed: &'a Replayed,
    /// The motion.
    pub trajectory: &'a Trajectory,
    /// What each channel says.
    pub findings: &'a [Finding],
    /// What happened.
    pub explained: &'a Explained,
    /// What happened when.
    pub timeline: &'a [Entry],
    /// What would have saved the lander; `None` where it was not looked for.
    pub saved: Option<&'a Saved>,
    /// Start of the flights flown again: their times count from here.
    pub flown_from: Time,
}

impl<'a> Material<'a> {
    /// All of a finished inquiry.
    pub fn of(inquiry: &'a Inquiry) -> Self {
        Self {
            mission: &inquiry.mission,
            evidence: &inquiry.evidence,
            replayed: &inquiry.replayed,
            trajectory: &inquiry.trajectory,
            findings: &inquiry.findings,
            explained: &inquiry.explained,
            timeline: &inquiry.timeline,
            saved: inquiry.saved.as_ref(),
            flown_from: inquiry.flown_from,
        }
    }
}

/// Uncertainty of a figure that is large against the figure, as a share.
const POORLY_KNOWN: f64 = 0.3;
/// An explanation this improbable is no open question any more.
const OPEN: f64 = 0.02;

/// The report's content; `facts`: further ones for its head; `repeat`: commands that do it again.
pub fn sheet(told: Material<'_>, facts: Vec<(String, String)>, repeat: Vec<String>) -> Sheet {
    let zero = told.evidence.end().map(|t| (t, "loss of signal".to_string()));
    Sheet {
        title: title(&told.mission.stand.scenario.title),
        source: Source::Telemetry,
        question:
            "What happened to the lander, why, how sure is that, and what would have saved it?"
                .to_string(),
        answer: answer(&told),
        facts: own_facts(&told).into_iter().chain(facts).collect(),
        zero,
        evidence: rows::rows(&told),
        timeline: told.timeline.iter().map(moment).collect(),
        explained: told.explained.clone(),
        plots: plots::plots(told),
        changes: told.saved.map_or(Vec::new(), changes),
        no_return: told.saved.and_then(|saved| no_return(saved, told.flown_from)),
        unknown: unknown(&told),
        quality: quality(told.evidence, told.replayed, told.mission),
        method: super::method::telemetry(),
        repeat,
    }
}

/// A scenario's title without what it says of the outcome.
fn title(of: &str) -> String {
    of.split(':').next().unwrap_or(of).trim().to_string()
}

fn own_facts(told: &Material) -> Vec<(String, String)> {
    let scenario = &told.mission.stand.scenario;
    let mut facts = vec![("vehicle".to_string(), scenario.vehicle.machine.name.clone())];
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| (name.to_string(), value)));
    };
    let utc = |t: Time| format!("{t} UTC");
    fact("first cycle", told.evidence.start().map(utc));
    fact("loss of signal", told.evidence.end().map(utc));
    fact("planned touchdown", Some(utc(scenario.approach.touchdown)));
    let cycles = told.evidence.cycles.len();
    fact("cycles received", (cycles > 0).then(|| cycles.to_string()));
    facts
}

fn moment(entry: &Entry) -> Moment {
    Moment {
        t: entry.t,
        until: entry.until,
        sigma_s: entry.sigma_s,
        grade: entry.grade,
        source: entry.source.clone(),
        text: entry.text.clone(),
    }
}

/// The answer: the family or the explanation that is more probable, in words.
fn answer(told: &Material) -> Answer {
    let explained = told.explained;
    let Some(first) = explained.ranking.first() else { return nothing(told) };
    let family = explained.families.first().filter(|f| f.probability > first.probability);
    let (word, p) = match family {
        Some(family) => (family.name.clone(), family.probability),
        None => (first.name.clone(), first.probability),
    };
    let mut text = vec![span_sentence(told)];
    if family.is_some() {
        text.push(format!(
            "The single explanation that fits best is {} ({}).",
            first.name,
            probability(first.probability)
        ));
    }
    if let Some(mechanism) = &first.mechanism {
        let device = super::words::device_name(mechanism.device);
        text.push(format!("What the software did: {}, {device}.", mechanism.kind.text()));
    }
    text.extend(rows::belief_sentence(told));
    text.extend(told.saved.and_then(saved_sentence));
    if let Some(second) = explained.ranking.get(1).filter(|e| e.probability > OPEN) {
        text.push(format!("Next: {} ({}).", second.name, probability(second.probability)));
    }
    Answer { word: capital(&word), text: text.join(" "), probability: Some(p) }
}

/// How much of the flight is on record.
fn span_sentence(told: &Material) -> String {
    let (Some(start), Some(end)) = (told.evidence.start(), told.evidence.end()) else {
        return String::new();
    };
    let phase = told.replayed.snapshots.last().map(|s| s.phase);
    let within = match phase {
        Some(Phase::Landed) => ", at rest".to_string(),
        Some(phase) => format!(", in the phase “{}”", phase.name()),
        None => String::new(),
    };
    format!("{:.0} s of the flight are on record, up to {end} UTC{within}.", (end - start).s())
}

/// What is said where nothing is explained.
fn nothing(told: &Material) -> Answer {
    let damage = &told.evidence.damage;
    let none = told.evidence.cycles.is_empty();
    let (word, text) = match (damage.octets, damage.packets) {
        (0, _) => ("Nothing can be said", "The file is empty.".to_string()),
        (octets, 0) => (
            "Nothing can be said",
            format!(
                "In {octets} octets there is no packet that can be read: this is no telemetry of this lander, or wholly damaged."
            ),
        ),
        (_, packets) if none => (
            "No cause can be named",
            format!(
                "{packets} packets were read, and none of them holds what the sensors measured. Events and parameters that came \
                 down stand in the timeline; without the sensors' readings nothing can be told apart."
            ),
        ),
        _ => (
            "No explanation was looked for",
            "What was received and what follows from it stands below.".to_string(),
        ),
    };
    let text = [text, span_sentence(told)].join(" ").trim().to_string();
    Answer { word: word.to_string(), text, probability: None }
}

/// What would have been enough, and until when.
fn saved_sentence(saved: &Saved) -> Option<String> {
    if saved.base.stands() {
        return Some("Flown again under it, the lander stands: it is not the whole explanation, or chance had a part.".to_string());
    }
    let fewest = saved.minimal.iter().map(Vec::len).min()?;
    let sets: Vec<String> = (saved.minimal.iter().filter(|set| set.len() == fewest))
        .map(|set| set.join(" with ").replace('_', " "))
        .collect();
    let head = if sets.len() == 1 { "This" } else { "Each of these" };
    let further = match saved.minimal.len() - sets.len() {
        0 => String::new(),
        1 => ", and one larger set of changes".to_string(),
        n => format!(", and {n} larger sets of changes"),
    };
    Some(format!("{head} would have been enough: {}{further}.", sets.join("; ")))
}

/// Every change that was flown, fixes first, what failed last, sets of several at the end.
fn changes(saved: &Saved) -> Vec<Change> {
    let minimal = |names: &[String]| saved.minimal.iter().any(|set| set == names);
    let change = |what: String, kind: &str, minimal: bool, tried: &Tried| Change {
        what,
        kind: kind.to_string(),
        outcome: tried.outcome.clone(),
        saves: tried.stands(),
        minimal,
        v_down_m_s: tried.speed_m_s.map(|[down, _]| down),
        miss_m: tried.miss_m,
        propellant_kg: tried.propellant_kg,
    };
    let mut out = vec![change("nothing: as explained".to_string(), "", false, &saved.base)];
    let mut rows: Vec<&counterfactual::Row> = saved.rows.iter().collect();
    rows.sort_by_key(|row| (row.kind, !row.tried.stands()));
    out.extend(rows.iter().map(|row| {
        let own = minimal(std::slice::from_ref(&row.text));
        change(row.text.clone(), row.kind.text(), own, &row.tried)
    }));
    for (set, tried) in saved.sets.iter().filter(|(_, tried)| tried.stands()) {
        let names: Vec<String> = set.iter().map(|feature| feature.name().to_string()).collect();
        out.push(change(names.join(" with "), "set", minimal(&names), tried));
    }
    out
}

/// The moment of no return in absolute times.
fn no_return(saved: &Saved, from: Time) -> Option<NoReturn> {
    let lost = saved.no_return.as_ref()?;
    let exact = |value: f64, unit: &str| Figure { value, sigma: None, unit: unit.to_string() };
    let fork = |t_s: f64, altitude_m: f64, descent_m_s: f64, outcome: &str| Fork {
        t: from + Span::from_s(t_s),
        altitude: exact(altitude_m, "m"),
        descent: exact(descent_m_s, "m/s"),
        outcome: outcome.to_string(),
    };
    let tried =
        |at: &counterfactual::Fork| fork(at.t_s, at.altitude_m, at.descent_m_s, &at.outcome);
    let beyond = lost.beyond_thrust.as_ref();
    let mut text = Vec::new();
    if let (Some([range_s, altitude_m, _]), Some(first)) = (lost.first_range, &lost.lost_first) {
        let early_s = range_s - first.t_s;
        let place = format!("the first valid range, {altitude_m:.0} m up");
        text.push(match early_s {
            early_s if early_s > 0.0 => format!("It was lost {early_s:.1} s before {place}."),
            early_s => format!("It was lost {:.1} s after {place}.", -early_s),
        });
    }
    Some(NoReturn {
        last: lost.saved_last.as_ref().map(tried),
        first: lost.lost_first.as_ref().map(tried),
        beyond_thrust: beyond.map(|at| fork(at.t_s, at.altitude_m, at.descent_m_s, "")),
        by: "the resilient configuration with healthy sensors and exact knowledge of its state"
            .to_string(),
        text: text.join(" "),
    })
}

/// What the evidence leaves open.
fn unknown(told: &Material) -> Vec<String> {
    let explained = told.explained;
    let mut out = Vec::new();
    if let Some(first) = explained.ranking.first() {
        let rest = 1.0 - first.probability;
        if rest > 1e-3 {
            out.push(format!(
                "With a probability of {} it was not “{}”.",
                probability(rest),
                first.name
            ));
        }
        if explained.outside_library > 1e-3 {
            out.push(format!(
                "With a probability of {} something acted that the library of faults does not hold.",
                probability(explained.outside_library)
            ));
        }
        out.extend(alike(first));
        out.extend(poorly_known(first));
        if told.saved.is_none() {
            out.push(
                "What would have saved the lander: a quick inquiry does not look for it."
                    .to_string(),
            );
        }
    } else {
        out.push("The cause.".to_string());
    }
    if told.trajectory.after_loss < told.trajectory.samples.len() {
        out.push(
            "What happened after the last packet: from there on nothing was measured, and the motion is carried on by the models."
                .to_string(),
        );
    }
    match &told.replayed.end {
        Some(End::Gap(t)) => out.push(format!(
            "What the flight software believed after {t} UTC is known approximately: cycles are missing there."
        )),
        Some(End::OtherLoad) => out.push(
            "What was uploaded: the load was made from the mission's plan, so the flight software run again follows the flight \
             roughly."
                .to_string(),
        ),
        Some(End::Differs(t, key, ..)) => out.push(format!(
            "Why the flight software run again differs from what came down, from {t} UTC on ({key})."
        )),
        Some(End::Whole) | None => {}
    }
    out
}

fn alike(first: &Explanation) -> Option<String> {
    let cause = |c: &crate::finding::Cause| super::words::cause(&c.on, c.kind);
    let sets =
        first.equals.iter().map(|set| set.iter().map(cause).collect::<Vec<_>>().join(" with "));
    let sets: Vec<String> = sets.collect();
    (!sets.is_empty()).then(|| {
        format!(
            "Which of causes that act alike it was: as well {} would look the same.",
            sets.join("; ")
        )
    })
}

/// Numbers of the first explanation that are known badly.
fn poorly_known(first: &Explanation) -> Vec<String> {
    let mut out = Vec::new();
    for fault in &first.faults {
        for fitted in &fault.numbers {
            if fitted.sigma > POORLY_KNOWN * fitted.value.abs() {
                out.push(format!(
                    "How large: {}, {}.",
                    super::words::cause(&fault.cause.on, fault.cause.kind),
                    super::words::fitted(fitted)
                ));
            }
        }
    }
    out
}

/// How good the evidence is.
fn quality(evidence: &Evidence, replayed: &Replayed, mission: &Mission) -> Vec<(String, String)> {
    let damage = &evidence.damage;
    let mut out = Vec::new();
    let mut line = |name: &str, value: String| out.push((name.to_string(), value));
    line("octets", damage.octets.to_string());
    let cut = if damage.cut { ", the last one cut off" } else { "" };
    line("packets read", format!("{}{cut}", damage.packets));
    let wrong = [
        (damage.missing, "missing by their counts"),
        (damage.damaged, "damaged stretches"),
        (damage.skipped, "octets that belong to no packet"),
        (damage.repeated, "came again"),
        (damage.reordered, "put back into order"),
    ];
    let wrong: Vec<String> =
        wrong.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    line("damage", if wrong.is_empty() { "none".to_string() } else { wrong.join(", ") });
    let lost: u64 = evidence.gaps.iter().map(|gap| u64::from(gap.lost)).sum();
    let down = evidence.gaps.iter().filter(|gap| gap.lost == 0).count();
    line(
        "gaps",
        match evidence.gaps.len() {
            0 => "none".to_string(),
            n => format!("{n}: {lost} cycles not received, {down} times the computer was down"),
        },
    );
    let leaps: Vec<String> =
        evidence.leaps.iter().map(|leap| format!("{:+.3} s", leap.by.s())).collect();
    line(
        "clock",
        if leaps.is_empty() { "no leaps".into() } else { format!("leaps of {}", leaps.join(", ")) },
    );
    if damage.skew != Span::default() {
        line(
            "packets' clock",
            format!("off by {:+.3} s against the cycles within", damage.skew.s()),
        );
    }
    let uploaded = match mission.uploaded {
        true => "the image that was uploaded",
        false => "made from the mission's plan; the one that was uploaded was not given",
    };
    line("load", uploaded.to_string());
    let compared = format!("{} lists of parameters compared", replayed.compared);
    line(
        "replay",
        match &replayed.end {
            Some(End::Whole) => format!("bit-exact, {compared}"),
            Some(End::Gap(t)) => {
                format!("bit-exact up to {t} UTC, {compared}; followed across gaps from there on")
            }
            Some(End::Differs(t, key, down, again)) => {
                format!("parts at {t} UTC: {key} is {down} as downlinked, {again} as run again")
            }
            Some(End::OtherLoad) => "follows the flight roughly: another load".to_string(),
            None => "nothing to run again".to_string(),
        },
    );
    out
}

/// A figure of the estimate.
pub(super) fn estimate((value, sigma): (f64, f64), unit: &str) -> Figure {
    Figure { value, sigma: Some(sigma), unit: unit.to_string() }
}

/// `1254 ± 30 m`.
pub(super) fn shown(pair: (f64, f64), unit: &str) -> String {
    figure(&estimate(pair, unit))
}
