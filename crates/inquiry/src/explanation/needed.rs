//! Which faults of a set are needed: but for what the lander would have stood.
//!
//! Owns: [`needed`]. Does not own: sets (`combine`), flights (`refly`).
//! As published: a cause is what the outcome depends on in a smallest set that suffices for it [HalpernPearl2005]. As
//! programmed: a set and its proper parts are flown again, smaller ones first, of equal ones first what says most; the first
//! that loses the lander as often, or but once less and mostly, stands for the set, and the rest of it was seen beside it.
//! A set without such a part is needed whole. What the library does not hold cannot be flown: a set with it is the recorded
//! flight, which was lost, and it is needed where the rest of the set does not lose the lander.

use super::combine::{self, Candidate};
use super::refly::{Bench, stood};
use crate::catalogue::Suspect;
use crate::finding::{Fault, Finding};
use crate::work::Work;
use rayon::prelude::*;
use rig::scenario::ScenarioError;
use std::collections::BTreeMap;

/// Flights of each part.
const FLIGHTS: u64 = 4;
/// Most sets that are looked into, most probable first, until so much of the probability is.
const SETS: usize = 16;
const SHARE: f64 = 0.995;

/// By place of a candidate what of it is needed, ascending; nothing of those that are needed whole.
///
/// - `findings`: with their gains as found: what is to be preferred of equals.
/// - `faults`: of each candidate, as the findings have them.
/// - `shares`: probability of each.
///
/// # Errors
/// A mission that cannot be flown.
pub fn needed(
    candidates: &[Candidate],
    findings: &[Finding],
    faults: impl Fn(&Candidate) -> Vec<Fault> + Sync,
    shares: &[f64],
    (bench, work): (&Bench<'_>, &Work),
) -> Result<BTreeMap<usize, Vec<Suspect>>, ScenarioError> {
    let mut places: Vec<usize> = (0..candidates.len()).collect();
    places.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    let mut open = Vec::new();
    let mut sum = 0.0;
    for place in places {
        if sum > SHARE || open.len() == SETS {
            break;
        }
        sum += shares[place];
        if !candidates[place].suspects.is_empty() {
            open.push(place);
        }
    }
    let said = |suspect: &Suspect| {
        let own = findings.iter().filter(|one| combine::suspects(one).contains(suspect));
        own.map(|one| one.gain).fold(0.0, f64::max)
    };
    let lost = |faults: &[Fault]| -> Result<u64, ScenarioError> {
        let mut count = 0;
        for n in 0..FLIGHTS {
            count += u64::from(!stood(&bench.fly(work, faults, n)?));
        }
        Ok(count)
    };
    let one = |place: usize| {
        let candidate = &candidates[place];
        let all = faults(candidate);
        let whole = lost(&all)?;
        if whole == 0 {
            return Ok(None);
        }
        let mut parts = parts(&candidate.suspects);
        let merit = |part: &[Suspect]| part.iter().map(said).sum::<f64>();
        parts.sort_by(|a, b| {
            a.len().cmp(&b.len()).then(merit(b).total_cmp(&merit(a))).then_with(|| a.cmp(b))
        });
        for part in parts {
            let holds = |fault: &&Fault| part.contains(&Suspect::Known(fault.cause.clone()));
            let own: Vec<Fault> = all.iter().filter(holds).cloned().collect();
            if own.len() < part.len() {
                continue;
            }
            let part_lost = lost(&own)?;
            if part_lost == whole || (2 * part_lost >= FLIGHTS && part_lost + 1 >= whole) {
                return Ok(Some((place, part)));
            }
        }
        Ok(None)
    };
    let found: Vec<Option<(usize, Vec<Suspect>)>> =
        open.into_par_iter().map(one).collect::<Result<_, ScenarioError>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// All proper parts of a set, the empty one too: what is lost when nothing broke needs no fault. None that holds what the
/// library does not.
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
    fn the_parts_of_a_set_are_all_smaller_ones_of_the_library() {
        let known = |on: &str| Suspect::Known(Cause { on: on.to_string(), kind: "dead" });
        let set = [known("a"), known("b"), Suspect::Unknown(Channel::Motion)];
        let parts = parts(&set);
        let both = vec![known("a"), known("b")];
        assert_eq!(parts, [vec![], vec![known("a")], vec![known("b")], both]);
        assert_eq!(super::parts(&[known("a")]), [vec![]]);
    }
}
