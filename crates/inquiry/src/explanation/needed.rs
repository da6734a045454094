//! Which faults of a set are needed: but for what the lander would have stood.
//!
//! Owns: [`needed`]. Does not own: sets (`combine`), flights (`refly`).
//! As published: a cause is what the outcome depends on in a smallest set that suffices for it [HalpernPearl2005]. As
//! programmed: a set that loses the lander in most of its flights and its proper parts are flown, smaller parts
//! first, of equal ones first what says most. In each flight all that is not known is drawn, for the parts as for the set, so that
//! nothing but the faults differs. The first part that loses most of the flights that the set loses, in the way that was
//! recorded, suffices, with the probability that it alone had lost this flight: (lost + ½)/(n + 1), n those that the set lost,
//! and of a lander with nothing wrong (lost + ½)/(n + 2½): four of five such are taken to stand before any is flown. So
//! much of the set's probability is the part's, and the rest of the set was then seen beside it; all of it where what the
//! library does not hold is all that is beside and the part lost every flight. A set without such a part is needed whole,
//! and so is one that does not lose the lander: its flights speak against it elsewhere (`refly::agreement`). A flight that
//! cannot be begun says nothing; one that ends in no numbers was lost. What the library does not hold cannot be flown: a set
//! with it is the recorded flight, and what it has of the library is tried as its only part.

use super::Reflown;
use super::combine::{self, Candidate};
use super::refly::{Bench, Recorded, agreement, stood};
use crate::catalogue::Suspect;
use crate::finding::{Cause, Fault, Finding};
use crate::work::Work;
use rayon::prelude::*;
use rig::scenario::ScenarioError;
use std::collections::{BTreeMap, BTreeSet};

/// Flights of each part, and in a quick inquiry.
const FLIGHTS: [u64; 2] = [8, 6];
/// Most sets that are looked into, of those that cannot be told apart one, most probable first, until so much of the
/// probability is; in a quick inquiry.
const SETS: [usize; 2] = [12, 6];
const SHARE: [f64; 2] = [0.995, 0.98];

/// Flights of a lander with nothing wrong that stood, beside the half that was lost, before any is flown. Assumed.
const SOUND_STANDS: f64 = 2.0;
/// A part's flights may agree so much worse with what was recorded than those of the whole set, nats; assumed.
const WORSE: f64 = 1.0;

/// What is asked.
pub struct Asked<'a, F, C> {
    /// The sets.
    pub candidates: &'a [Candidate],
    /// With their gains as found: what is to be preferred of equals.
    pub findings: &'a [Finding],
    /// The faults of a set, as the findings have them.
    pub faults: F,
    /// A set by what stands for its suspects; `None` of one that is not to be looked into.
    pub class: C,
    /// Probability of each.
    pub shares: &'a [f64],
    /// What was recorded.
    pub recorded: &'a Recorded,
    /// Few flights.
    pub quick: bool,
}

/// A part of a set that may suffice.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Ascending.
    pub suspects: Vec<Suspect>,
    /// Probability that it alone had lost the flight.
    pub suffices: f64,
}

/// By place of a candidate the part of it that may suffice; nothing of those that are needed whole.
///
/// # Errors
/// A mission that cannot be flown.
pub fn needed<F, C>(
    asked: &Asked<'_, F, C>,
    (bench, work): (&Bench<'_>, &Work),
) -> Result<BTreeMap<usize, Part>, ScenarioError>
where
    F: Fn(&Candidate) -> Vec<Fault> + Sync,
    C: Fn(&[Suspect]) -> Option<Vec<Suspect>> + Sync,
{
    let Asked { candidates, findings, faults, recorded, quick, .. } = asked;
    let flights = FLIGHTS[usize::from(*quick)];
    let alike = alike(asked);
    let said = |suspect: &Suspect| {
        let own = findings.iter().filter(|one| combine::suspects(one).contains(suspect));
        own.map(|one| one.gain).fold(0.0, f64::max)
    };
    // The flights that could be begun, by run.
    let fly = |faults: &[Fault], freed: &[Fault], runs: &[u64]| {
        let fly = |n: &u64| Ok((*n, bench.fly_freed(work, faults, freed, *n)?));
        let mut flown = runs.iter().map(fly).collect::<Result<Vec<_>, ScenarioError>>()?;
        flown.retain(|(_, flight)| flight.begun());
        Ok::<_, ScenarioError>(flown)
    };
    let agrees = |flown: Vec<(u64, Reflown)>| {
        let flown: Vec<Reflown> = flown.into_iter().map(|(_, flight)| flight).collect();
        agreement(recorded, &flown)
    };
    let one = |place: usize| {
        let candidate = &candidates[place];
        let all = faults(candidate);
        let known = |suspect: &Suspect| matches!(suspect, Suspect::Known(_));
        let flyable = candidate.suspects.iter().all(known);
        let mut runs: Vec<u64> = (0..flights).collect();
        // Of the recorded flight itself nothing is known of how well others would agree.
        let mut whole = f64::NEG_INFINITY;
        if flyable {
            let mut flown = fly(&all, &all, &runs)?;
            flown.retain(|(_, flight)| !stood(flight));
            runs = flown.iter().map(|(n, _)| *n).collect();
            whole = agrees(flown);
        }
        if 2 * runs.len() as u64 <= flights {
            return Ok(None);
        }
        for part in in_order(&candidate.suspects, said) {
            let holds = |fault: &&Fault| part.contains(&Suspect::Known(fault.cause.clone()));
            let own: Vec<Fault> = all.iter().filter(holds).cloned().collect();
            let named: BTreeSet<&Cause> = own.iter().map(|fault| &fault.cause).collect();
            if named.len() < part.len() {
                continue;
            }
            let flown = fly(&own, &all, &runs)?;
            let (count, lost) = (flown.len(), flown.iter().filter(|one| !stood(&one.1)).count());
            if 2 * lost > count && agrees(flown) >= whole - WORSE {
                let suffices = match flyable || lost < count {
                    true => suffices(lost, count, part.is_empty()),
                    // Nothing shows that what cannot be flown is needed.
                    false => 1.0,
                };
                return Ok(Some(Part { suspects: part, suffices }));
            }
        }
        Ok(None)
    };
    let found = alike.par_iter().map(|members| one(members[0]));
    let found: Vec<Option<Part>> = found.collect::<Result<_, ScenarioError>>()?;
    Ok(shared(asked, &alike, found))
}

/// Probability that a part alone had lost the flight, of so many of which so many were lost. `nothing`: it holds no fault,
/// and a lander without one is built to land.
fn suffices(lost: usize, flights: usize, nothing: bool) -> f64 {
    let stands = if nothing { SOUND_STANDS } else { 0.5 };
    (lost as f64 + 0.5) / (flights as f64 + 0.5 + stands)
}

/// What is needed of one set of a class is needed of all.
fn shared<F, C>(
    asked: &Asked<'_, F, C>,
    alike: &[Vec<usize>],
    found: Vec<Option<Part>>,
) -> BTreeMap<usize, Part>
where
    C: Fn(&[Suspect]) -> Option<Vec<Suspect>>,
{
    let Asked { candidates, class, .. } = asked;
    let mut out = BTreeMap::new();
    for (members, part) in alike.iter().zip(found) {
        let Some(part) = part else { continue };
        let Some(kept) = class(&part.suspects) else { continue };
        for place in members {
            let stays = |one: &&Suspect| {
                class(std::slice::from_ref(one)).is_some_and(|own| kept.contains(&own[0]))
            };
            let suspects = &candidates[*place].suspects;
            let suspects = suspects.iter().filter(stays).cloned().collect();
            out.insert(*place, Part { suspects, suffices: part.suffices });
        }
    }
    out
}

/// The sets to be looked into, by class: the places of its members, the most probable one first.
fn alike<F, C>(asked: &Asked<'_, F, C>) -> Vec<Vec<usize>>
where
    C: Fn(&[Suspect]) -> Option<Vec<Suspect>>,
{
    let Asked { candidates, class, shares, quick, .. } = asked;
    let mut places: Vec<usize> = (0..candidates.len()).collect();
    places.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    let mut out: Vec<(Vec<Suspect>, Vec<usize>)> = Vec::new();
    let mut sum = 0.0;
    for place in places {
        let suspects = &candidates[place].suspects;
        let Some(own) = class(suspects).filter(|_| !suspects.is_empty()) else { continue };
        let open = out.len() < SETS[usize::from(*quick)] && sum <= SHARE[usize::from(*quick)];
        match out.iter_mut().find(|(other, _)| *other == own) {
            Some((_, members)) => members.push(place),
            None if open => out.push((own, vec![place])),
            None => {}
        }
        sum += shares[place];
    }
    out.into_iter().map(|(_, members)| members).collect()
}

/// The proper parts of a set, smaller ones first, of equal ones first of which most is `said`.
fn in_order(suspects: &[Suspect], said: impl Fn(&Suspect) -> f64) -> Vec<Vec<Suspect>> {
    let merit = |part: &[Suspect]| part.iter().map(&said).sum::<f64>();
    let mut parts = parts(suspects);
    parts.sort_by(|a, b| {
        a.len().cmp(&b.len()).then(merit(b).total_cmp(&merit(a))).then_with(|| a.cmp(b))
    });
    parts
}

/// All proper parts of a set that can be flown, the empty one too: what is lost when nothing broke needs no fault. None
/// that holds what the library does not.
fn parts(suspects: &[Suspect]) -> Vec<Vec<Suspect>> {
    let whole = (1_usize << suspects.len()) - 1;
    let part = |mask: usize| -> Vec<Suspect> {
        let inside = |(n, _): &(usize, &Suspect)| mask >> n & 1 == 1;
        suspects.iter().enumerate().filter(inside).map(|(_, suspect)| suspect.clone()).collect()
    };
    let known = |part: &Vec<Suspect>| part.iter().all(|one| matches!(one, Suspect::Known(_)));
    (0..whole).map(part).filter(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Cause, Channel};

    #[test]
    fn a_lander_with_nothing_wrong_is_taken_to_stand_until_its_flights_say_otherwise() {
        assert!((suffices(3, 3, false) - 0.875).abs() < 1e-12);
        assert!((suffices(3, 3, true) - 3.5 / 5.5).abs() < 1e-12);
        assert!(suffices(2, 3, true) < 0.5 && suffices(12, 12, true) > 0.8);
    }

    #[test]
    fn the_parts_of_a_set_are_all_smaller_ones_of_the_library() {
        let known = |on: &str| Suspect::Known(Cause { on: on.to_string(), kind: "dead" });
        let set = [known("a"), known("b"), Suspect::Unknown(Channel::Motion)];
        let parts = parts(&set);
        let both = vec![known("a"), known("b")];
        assert_eq!(parts, [vec![], vec![known("a")], vec![known("b")], both]);
        assert_eq!(super::parts(&[known("a")]), [vec![]]);
    }
}
