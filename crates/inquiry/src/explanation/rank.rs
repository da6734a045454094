//! Explanations ranked: flown again, merged, named.
//!
//! Owns: [`explain`], [`TEMPERATURE`]. Does not own: sets and their gains (`combine`), flights (`refly`).
//! As programmed: gains are [`discounted`] for what the models do not know; the first sets are flown again; ln p = (prior + gains + agreement)/[`TEMPERATURE`], brought to a sum of
//! one; sets that no evidence can tell apart are one explanation, with the sum of their probabilities.

use super::groups::{Alike, Held, groups};
use super::refly::{self, Bench, Recorded};
use super::{Explained, Explanation, FamilyShare, Mechanism, MechanismKind, Parts, Reflown};
use super::{combine, decide, mechanism, needed, refine};
use crate::catalogue::{self, Family, Suspect};
use crate::evidence::Evidence;
use crate::finding::{Cause, Channel, Fault, Finding, Grade, Seen};
use crate::mission::Mission;
use crate::replayed::Replayed;
use crate::trajectory::Trajectory;
use crate::trajectory::linear::Linear;
use crate::work::Work;
use combine::Candidate;
use icd::time::Span;
use needed::{Asked, Part};
use rayon::prelude::*;
use rig::scenario::ScenarioError;
use std::collections::{BTreeMap, BTreeSet};

/// Logarithms of posteriors are divided by this: models are wrong in ways that gains do not know.
pub const TEMPERATURE: f64 = 1.0;
/// A channel whose largest gain is G has gains that are uncertain by this share of G: what models leave out is in every
/// reading, so evidence does not grow without end with their number. The same for all channels: of two aspects of one
/// device none wins by its channel alone.
const UNCERTAIN: f64 = 0.02;
/// Share of a channel's largest gain by which errors of the models can set two of its findings apart, of motion and thrust
/// and of readings that need hardly a model; assumed, after a range's drift that beat its constant error by as much.
const APART: [f64; 2] = [2e-3, 5e-4];
/// Of the gain of what the library does not hold this share counts: so flexible a model soaks up errors of the models too.
/// Streams have taken that off where there is a model.
const FLEXIBLE: f64 = 0.85;
/// Sets that are flown again, and flights of each; in a quick inquiry.
const FLOWN: (usize, u64) = (8, 3);
const FLOWN_QUICK: (usize, u64) = (6, 2);
/// Sets whose numbers are refined.
const REFINED: usize = 2;
/// Explanations listed at most, and those less probable than this are not.
const LISTED: usize = 12;
const LEAST: f64 = 1e-4;
/// Navigation is wrong where its altitude is off by more than this, m and standard deviations.
const WRONG: (f64, f64) = (50.0, 3.0);
/// The flight's last part, in which that matters.
const LATE: Span = Span::from_ms(300_000);

/// What an explanation is made from.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// What was known.
    pub mission: &'a Mission,
    /// What was received.
    pub evidence: &'a Evidence,
    /// The flight software again.
    pub replayed: &'a Replayed,
    /// The motion.
    pub trajectory: &'a Trajectory,
    /// The filter behind it.
    pub linear: &'a Linear,
    /// What each channel says.
    pub findings: &'a [Finding],
    /// Few flights.
    pub quick: bool,
}

/// Puts findings together, flies what comes out, ranks it.
///
/// - `progress`: called from any thread after each flight.
///
/// # Errors
/// A mission that cannot be flown.
pub fn explain(
    case: &Case<'_>,
    work: &Work,
    progress: &(dyn Fn(String) + Sync),
) -> Result<Explained, ScenarioError> {
    let (found, findings) = (case.findings, discounted(case.findings));
    let case = &Case { findings: &findings, ..*case };
    let candidates = combine::combine(case.findings);
    let bench = Bench::of(case.mission, case.trajectory);
    let nav = case.replayed.snapshots.iter().map(|down| (down.t, down.nav.altitude_m));
    let recorded = Recorded::of(case.evidence, case.trajectory, nav, bench.start.t);
    let before = work.count();
    let flights = fly(case, &candidates, &bench, work, progress)?;
    let agreements = agreements(&candidates, &flights, &recorded);
    let refined = refined(case, &candidates, &agreements, &bench, work, &recorded)?;
    let heard = (case.evidence, case.replayed);
    let deorbit_m_s = case.mission.load.deorbit.dv_m_s;
    let mechanisms = mechanism::mechanisms(heard, case.trajectory, case.linear, deorbit_m_s);
    let shares = shares(&candidates, &agreements);
    let alike = Alike::of(case.evidence);
    let class = |suspects: &[Suspect]| alike.class(suspects);
    let asked = Asked {
        candidates: &candidates,
        findings: found,
        faults: |candidate: &Candidate| faults(candidate, case.findings),
        class,
        shares: &shares,
        recorded: &recorded,
        quick: case.quick,
    };
    let needed = needed::needed(&asked, (&bench, work))?;
    let groups = groups(&candidates, &shares, &needed, class);
    let told = Told {
        candidates: &candidates,
        flights: &flights,
        agreements: &agreements,
        refined: &refined,
    };
    let mut ranking: Vec<Explanation> =
        groups.iter().map(|group| told.explanation(group, case.findings, &mechanisms)).collect();
    let too_high = too_high(case);
    let families = families(&ranking, &mechanisms, too_high);
    let outside_library = outside_library(&candidates, &shares, &needed, &mechanisms);
    ranking.truncate(LISTED);
    let listed = |one: &Explanation| one.probability >= LEAST;
    let count = ranking.iter().position(|one| !listed(one)).unwrap_or(ranking.len());
    ranking.truncate(count.max(1));
    let spreads = groups.iter().take(ranking.len());
    let spreads: Vec<&[Reflown]> =
        spreads.map(|group| flights.get(&group[0].place).map_or(&[][..], Vec::as_slice)).collect();
    let deciders = decide::decide(&mut ranking, &spreads, case.trajectory);
    let flights = work.count().0 + work.count().1 - before.0 - before.1;
    Ok(Explained { ranking, families, outside_library, mechanisms, deciders, flights })
}

/// Probability of something that the library does not hold, needed or not; but beside a loss that the software's own
/// mechanism explains it is an error of the models.
fn outside_library(
    candidates: &[Candidate],
    shares: &[f64],
    needed: &BTreeMap<usize, Part>,
    mechanisms: &[Mechanism],
) -> f64 {
    let unknown = |suspect: &Suspect| matches!(suspect, Suspect::Unknown(_));
    let explained = mechanisms.iter().any(|one| one.kind.trusts_sensor());
    let beside = |place: usize| {
        let part = needed.get(&place).filter(|part| explained && part.suspects.is_empty());
        part.map_or(0.0, |part| part.suffices)
    };
    let all = candidates.iter().zip(shares).enumerate();
    all.filter(|(_, (candidate, _))| candidate.suspects.iter().any(unknown))
        .fold(0.0, |sum, (place, (_, share))| sum + share * (1.0 - beside(place)))
}

/// What is known of every candidate.
struct Told<'a> {
    candidates: &'a [Candidate],
    flights: &'a BTreeMap<usize, Vec<Reflown>>,
    agreements: &'a [f64],
    refined: &'a BTreeMap<usize, Refined>,
}

impl Told<'_> {
    /// The explanation of candidates that cannot be told apart.
    fn explanation(
        &self,
        group: &[Held],
        findings: &[Finding],
        mechanisms: &[Mechanism],
    ) -> Explanation {
        let Self { candidates, flights, agreements, refined } = *self;
        let Held { place: first, suspects, .. } = &group[0];
        let candidate = &candidates[*first];
        let part = (*suspects != candidate.suspects).then_some(suspects.as_slice());
        // What is needed has been flown as a set of its own, perhaps.
        let own = |part| candidates.iter().position(|one| one.suspects == part);
        let place = part.and_then(own).unwrap_or(*first);
        let mut out = explanation(candidate, part, findings, mechanisms);
        out.probability = group.iter().map(|held| held.share).sum();
        out.ln_posterior = candidate.score() + agreements[*first];
        out.parts.reflight = flights.contains_key(first).then_some(agreements[*first]);
        out.reflown = flights.get(&place).and_then(|flown| flown.first()).cloned();
        // Better numbers are for the reader: what chose them has no say in the ranking.
        if let Some((faults, flown)) = refined.get(first) {
            let own = |fault: &&Fault| out.faults.iter().any(|own| own.cause == fault.cause);
            out.faults = faults.iter().filter(own).cloned().collect();
            out.reflown = Some(flown.clone());
            out.name = name(&out.faults, &out.unknown, out.mechanism.as_ref());
        }
        let own = causes(suspects);
        let others = group.iter().skip(1).map(|held| causes(&held.suspects));
        let others: BTreeSet<Vec<Cause>> = others.filter(|other| *other != own).collect();
        out.equals = others.into_iter().collect();
        out
    }
}

/// Findings with what the models can be trusted for. The best gain G of a channel becomes G/(1 + εG): no channel says more
/// than 1/ε. One that is Δ behind it stays Δ/(1 + εΔ + ρG) behind: rivals share most errors of the models, not all. See
/// [`UNCERTAIN`]; a finding without a fault counts for less, see [`FLEXIBLE`].
fn discounted(findings: &[Finding]) -> Vec<Finding> {
    let gain = |finding: &Finding| {
        let models = matches!(finding.channel, Channel::Motion | Channel::Thrust);
        let own = if models && finding.faults.is_empty() { FLEXIBLE } else { 1.0 };
        own * finding.gain
    };
    let mut largest: BTreeMap<Channel, f64> = BTreeMap::new();
    for finding in findings {
        let own = largest.entry(finding.channel).or_default();
        *own = own.max(gain(finding));
    }
    let one = |finding: &Finding| {
        let most = largest.get(&finding.channel).copied().unwrap_or(0.0);
        let behind = most - gain(finding);
        let readings = matches!(finding.channel, Channel::Stream(_));
        let behind = behind / (1.0 + UNCERTAIN * behind + APART[usize::from(readings)] * most);
        Finding { gain: most / (1.0 + UNCERTAIN * most) - behind, ..finding.clone() }
    };
    findings.iter().map(one).collect()
}

/// The faults of a candidate, from the findings that it takes: a cause that two channels see, as the one with more gain
/// has it. A finding may have one cause twice (a computer that restarts again).
fn faults(candidate: &Candidate, findings: &[Finding]) -> Vec<Fault> {
    let mut by_gain: Vec<_> = candidate.channels.iter().collect();
    by_gain.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    let mut out: BTreeMap<&Cause, Vec<&Fault>> = BTreeMap::new();
    for (_, place, _) in by_gain {
        let mut own: BTreeMap<&Cause, Vec<&Fault>> = BTreeMap::new();
        for fault in findings.get(*place).map_or(&[][..], |finding| &finding.faults) {
            own.entry(&fault.cause).or_default().push(fault);
        }
        for (cause, faults) in own {
            out.entry(cause).or_insert(faults);
        }
    }
    out.into_values().flatten().cloned().collect()
}

/// Flights of the first candidates and of the empty one, by place.
fn fly(
    case: &Case<'_>,
    candidates: &[Candidate],
    bench: &Bench<'_>,
    work: &Work,
    progress: &(dyn Fn(String) + Sync),
) -> Result<BTreeMap<usize, Vec<Reflown>>, ScenarioError> {
    let (count, each) = if case.quick { FLOWN_QUICK } else { FLOWN };
    // What stands for others is flown for them.
    let mut seen = Vec::new();
    let distinct = |(n, candidate): (usize, &Candidate)| {
        let class = combine::classes(&candidate.suspects)?;
        let unknown = |suspect: &Suspect| matches!(suspect, Suspect::Unknown(_));
        let new = !seen.contains(&class) && !class.iter().any(unknown);
        seen.push(class);
        new.then_some(n)
    };
    let mut places: Vec<usize> =
        candidates.iter().enumerate().filter_map(distinct).take(count).collect();
    let empty = candidates.iter().position(|candidate| candidate.suspects.is_empty());
    places.extend(empty.filter(|empty| !places.contains(empty)));
    let jobs: Vec<(usize, u64)> =
        places.into_iter().flat_map(|place| (0..each).map(move |n| (place, n))).collect();
    let one = |(place, n): (usize, u64)| {
        let faults = faults(&candidates[place], case.findings);
        let flown = bench.fly(work, &faults, n)?;
        progress(format!("{}: {}", name_of(&faults), flown.outcome));
        Ok((place, flown))
    };
    let flown: Vec<(usize, Reflown)> =
        jobs.into_par_iter().map(one).collect::<Result<_, ScenarioError>>()?;
    let mut out: BTreeMap<usize, Vec<Reflown>> = BTreeMap::new();
    for (place, flight) in flown {
        out.entry(place).or_default().push(flight);
    }
    Ok(out)
}

/// A set's faults refined, and their flight.
type Refined = (Vec<Fault>, Reflown);

/// The first sets with their numbers refined, by place; none in a quick inquiry.
fn refined(
    case: &Case<'_>,
    candidates: &[Candidate],
    agreements: &[f64],
    bench: &Bench<'_>,
    work: &Work,
    recorded: &Recorded,
) -> Result<BTreeMap<usize, Refined>, ScenarioError> {
    if case.quick {
        return Ok(BTreeMap::new());
    }
    let score = |n: usize| candidates[n].score() + agreements[n];
    let numbers = |n: &usize| !causes(&candidates[*n].suspects).is_empty();
    let mut places: Vec<usize> = (0..candidates.len()).filter(numbers).collect();
    places.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
    let one = |place: usize| {
        let faults = faults(&candidates[place], case.findings);
        let (faults, _, flown) = refine::refine(bench, work, recorded, &faults)?;
        Ok((place, (faults, flown)))
    };
    places.into_iter().take(REFINED).map(one).collect()
}

/// The re-flight term of every candidate. One that was not flown has that of the candidate of its class that was; others
/// the mean of those flown: nothing is known for or against them.
fn agreements(
    candidates: &[Candidate],
    flights: &BTreeMap<usize, Vec<Reflown>>,
    recorded: &Recorded,
) -> Vec<f64> {
    let flown: BTreeMap<usize, f64> =
        flights.iter().map(|(place, all)| (*place, refly::agreement(recorded, all))).collect();
    let mean = flown.values().sum::<f64>() / flown.len().max(1) as f64;
    let of_class = |candidate: &Candidate| {
        let class = combine::classes(&candidate.suspects)?;
        let same = |place: &usize| {
            candidates.get(*place).and_then(|own| combine::classes(&own.suspects)).as_ref()
                == Some(&class)
        };
        flown.iter().find(|(place, _)| same(place)).map(|(_, value)| *value)
    };
    candidates.iter().map(|candidate| of_class(candidate).unwrap_or(mean)).collect()
}

/// Probabilities, which sum to one.
fn shares(candidates: &[Candidate], agreements: &[f64]) -> Vec<f64> {
    let all = candidates.iter().zip(agreements);
    let scores: Vec<f64> =
        all.map(|(candidate, agreement)| (candidate.score() + agreement) / TEMPERATURE).collect();
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let raw: Vec<f64> = scores.iter().map(|score| libm::exp(score - best)).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|share| share / sum).collect()
}

fn causes(suspects: &[Suspect]) -> Vec<Cause> {
    let known = suspects.iter().filter_map(|suspect| match suspect {
        Suspect::Known(cause) => Some(cause.clone()),
        Suspect::Unknown(_) => None,
    });
    known.collect()
}

fn name_of(faults: &[Fault]) -> String {
    match faults.is_empty() {
        true => "nothing broke".to_string(),
        false => {
            let names: Vec<String> = faults.iter().map(catalogue::words).collect();
            names.join(" and ")
        }
    }
}

/// What a candidate says, before it has a probability; `part`: what of it is needed, where that is not all.
fn explanation(
    candidate: &Candidate,
    part: Option<&[Suspect]>,
    findings: &[Finding],
    mechanisms: &[Mechanism],
) -> Explanation {
    let suspects = part.unwrap_or(&candidate.suspects);
    let needed = |fault: &Fault| suspects.contains(&Suspect::Known(fault.cause.clone()));
    let (faults, beside): (Vec<Fault>, Vec<Fault>) =
        faults(candidate, findings).into_iter().partition(needed);
    let unknown: Vec<Channel> = suspects
        .iter()
        .filter_map(|suspect| match suspect {
            Suspect::Unknown(channel) => Some(*channel),
            Suspect::Known(_) => None,
        })
        .collect();
    // A sensor that has failed was not rejected wrongly.
    let of = |one: &Mechanism| faults.iter().any(|fault| fault.cause.on == one.device.name());
    let failed = |one: &&Mechanism| one.kind.trusts_sensor() && of(one);
    let mechanism = mechanisms.iter().find(|one| !failed(one)).cloned();
    let mut seen: Vec<Seen> = mechanism.iter().flat_map(|one| one.seen.clone()).collect();
    for (_, place, _) in &candidate.channels {
        seen.extend(findings.get(*place).into_iter().flat_map(|finding| finding.seen.clone()));
    }
    seen.extend(beside.iter().map(|fault| Seen {
        t: Some(fault.from.0),
        grade: Grade::Inferred,
        text: format!("beside it, and not needed to lose the lander: {}", catalogue::words(fault)),
    }));
    let left = |one: &&Suspect| !suspects.contains(one);
    seen.extend(candidate.suspects.iter().filter(left).filter_map(|one| match one {
        Suspect::Known(_) => None,
        Suspect::Unknown(own) => Some(Seen {
            t: None,
            grade: Grade::Inferred,
            text: format!(
                "beside it, and not needed to lose the lander: something that the library does not hold in the {}",
                channel(own)
            ),
        }),
    }));
    seen.sort_by_key(|seen| seen.t);
    Explanation {
        name: name(&faults, &unknown, mechanism.as_ref()),
        families: catalogue::families(suspects),
        faults,
        unknown,
        mechanism,
        equals: Vec::new(),
        probability: 0.0,
        ln_posterior: candidate.score(),
        parts: Parts {
            prior: candidate.prior,
            channels: candidate
                .channels
                .iter()
                .map(|(channel, _, gain)| (*channel, *gain))
                .collect(),
            reflight: None,
        },
        seen,
        reflown: None,
        predicts: Vec::new(),
    }
}

/// A channel in words.
fn channel(channel: &Channel) -> String {
    match channel {
        Channel::Stream(device) => format!("readings of {}", device.name().replace('_', " ")),
        Channel::Motion => "measurements of the motion".to_string(),
        Channel::Thrust => "answers of engines and jets".to_string(),
    }
}

fn name(faults: &[Fault], unknown: &[Channel], mechanism: Option<&Mechanism>) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !faults.is_empty() {
        parts.push(name_of(faults));
    }
    if !unknown.is_empty() {
        let channels: Vec<String> = unknown.iter().map(channel).collect();
        parts.push(format!("something not in the library in the {}", channels.join(" and the ")));
    }
    parts.extend(mechanism.map(|one| one.kind.text().to_string()));
    match parts.is_empty() {
        true => "nothing broke".to_string(),
        false => parts.join("; "),
    }
}

/// Whether navigation believed itself too high in the last part of the flight where it was most wrong for its knowledge;
/// `None` when it was not wrong.
fn too_high(case: &Case<'_>) -> Option<bool> {
    let snapshots = &case.replayed.snapshots;
    let mut worst: Option<(f64, f64)> = None;
    let end = case.evidence.end()?;
    for sample in case.trajectory.samples.iter().take(case.trajectory.after_loss) {
        let place = snapshots.partition_point(|down| down.t < sample.t);
        let Some(down) = snapshots.get(place).filter(|_| sample.t >= end - LATE) else { continue };
        let (altitude_m, sigma_m) = sample.altitude_m;
        let error_m = down.nav.altitude_m - altitude_m;
        let z = error_m.abs() / libm::hypot(sigma_m, 1.0);
        let wrong = error_m.abs() > WRONG.0 && z > WRONG.1;
        if wrong && worst.is_none_or(|(_, other)| error_m.abs() > other.abs()) {
            worst = Some((z, error_m));
        }
    }
    worst.map(|(_, error_m)| error_m > 0.0)
}

/// Probability by family, most probable first.
fn families(
    ranking: &[Explanation],
    mechanisms: &[Mechanism],
    too_high: Option<bool>,
) -> Vec<FamilyShare> {
    let mut out: BTreeMap<String, f64> = BTreeMap::new();
    for one in ranking {
        let design = one.families == [Family::Design];
        let mechanism: Option<MechanismKind> = mechanisms.first().map(|m| m.kind);
        let name = match mechanism.filter(|_| design) {
            Some(kind) => kind.text().to_string(),
            None => {
                let mut names: Vec<&str> =
                    one.families.iter().map(|family| family.text(too_high)).collect();
                // What a silent rangefinder cannot have led astray was astray by itself.
                if one.families == [Family::LateRangefinder] && too_high.is_some() {
                    names.push(Family::WrongNavigation.text(too_high));
                }
                names.join(" together with ")
            }
        };
        *out.entry(name).or_default() += one.probability;
    }
    let mut out: Vec<FamilyShare> =
        out.into_iter().map(|(name, probability)| FamilyShare { name, probability }).collect();
    out.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.name.cmp(&b.name)));
    out
}

#[cfg(test)]
mod tests;
