//! Candidates by what nothing tells apart.
//!
//! Owns: [`groups`], [`Alike`]. Does not own: what stands for a cause (`catalogue::class`), which part of a set is needed
//! (`needed`).

use super::combine::{self, Candidate};
use super::needed::Part;
use crate::catalogue::Suspect;
use crate::evidence::Evidence;
use crate::finding::{Cause, Device};
use icd::bus::{Imu, ShotQuality};
use std::collections::{BTreeMap, BTreeSet};

/// What of a candidate is held for the cause, with what probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Of the candidate.
    pub place: usize,
    /// All of it, or a part.
    pub suspects: Vec<Suspect>,
    /// Probability.
    pub share: f64,
}

/// Candidates that cannot be told apart, most probable first, in and among the groups: each whole, as far as no part of
/// it suffices, and as the part that may. A set that holds two that cannot be told apart says nothing that one does not,
/// and is left out.
pub fn groups(
    candidates: &[Candidate],
    shares: &[f64],
    needed: &BTreeMap<usize, Part>,
    class: impl Fn(&[Suspect]) -> Option<Vec<Suspect>>,
) -> Vec<Vec<Held>> {
    let mut by_class: BTreeMap<Vec<Suspect>, Vec<Held>> = BTreeMap::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let part = needed.get(&place);
        let suffices = part.map_or(0.0, |part| part.suffices);
        let whole = (candidate.suspects.clone(), shares[place] * (1.0 - suffices));
        let part = part.map(|part| (part.suspects.clone(), shares[place] * suffices));
        for (suspects, share) in part.into_iter().chain([whole]) {
            if let Some(class) = class(&suspects) {
                by_class.entry(class).or_default().push(Held { place, suspects, share });
            }
        }
    }
    let mut out: Vec<Vec<Held>> = by_class.into_values().collect();
    let order = |a: &Held, b: &Held| b.share.total_cmp(&a.share).then(a.place.cmp(&b.place));
    out.iter_mut().for_each(|group| group.sort_by(order));
    let total = |group: &[Held]| group.iter().map(|held| held.share).sum::<f64>();
    out.sort_by(|a, b| total(b).total_cmp(&total(a)).then_with(|| a[0].place.cmp(&b[0].place)));
    out
}

/// Samples that show how the inertial unit began: a quiet one gives zero one time in ten, and not so often in a row.
const BEGUN: usize = 25;

/// What this evidence cannot tell apart beyond what none can (`combine::classes`).
pub struct Alike {
    /// No range was ever received.
    silent: bool,
    /// Gyros and accelerometers read nothing but zero from their first sample on.
    zero: [bool; 2],
}

impl Alike {
    /// Of the evidence.
    pub fn of(evidence: &Evidence) -> Self {
        let mut shots = evidence.cycles.iter().filter_map(|cycle| cycle.sensors.rangefinder);
        // The first cycle covers no time.
        let first = evidence.cycles.get(1..=BEGUN).unwrap_or(&[]);
        let all = |zero: fn(&Imu) -> bool| {
            !first.is_empty() && first.iter().all(|cycle| zero(&cycle.sensors.imu))
        };
        let zero = [all(|imu| imu.dtheta_B_rad == [0.0; 3]), all(|imu| imu.dv_B_m_s == [0.0; 3])];
        Self { silent: !shots.any(|shot| shot.quality == ShotQuality::Valid), zero }
    }

    /// Suspects by what stands for them; `None` where two of a set cannot be told apart.
    pub fn class(&self, suspects: &[Suspect]) -> Option<Vec<Suspect>> {
        let one = |suspect| {
            let own = asleep(suspect, self.zero);
            if self.silent { unseeing(own) } else { own }
        };
        let out: BTreeSet<Suspect> = combine::classes(suspects)?.into_iter().map(one).collect();
        (out.len() == suspects.len()).then(|| out.into_iter().collect())
    }
}

/// An inertial unit, or a half of it, that has read nothing but zero from its first sample on may never have been switched
/// on or repeat its first zero: nothing tells. `zero`: whether gyros and accelerometers began so.
fn asleep(suspect: Suspect, zero: [bool; 2]) -> Suspect {
    let of = |cause: &Cause| match cause.on.as_str() {
        "imu" => zero == [true; 2],
        "gyros" => zero[0],
        "accelerometers" => zero[1],
        _ => false,
    };
    match suspect {
        Suspect::Known(cause) if cause.kind == "stuck" && of(&cause) => {
            Suspect::Known(Cause { kind: "not_enabled", ..cause })
        }
        other => other,
    }
}

/// A rangefinder that has never seen the ground may be dead or see less far than the flight went: nothing tells.
fn unseeing(suspect: Suspect) -> Suspect {
    let blind = |cause: &Cause| {
        cause.on == Device::Rangefinder.name()
            && (cause.kind == "range_limit" || cause.kind.starts_with("weak_"))
    };
    match suspect {
        Suspect::Known(cause) if blind(&cause) => Suspect::Known(Cause { kind: "dead", ..cause }),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_of_the_unit_that_began_at_zero_may_repeat_it_or_never_have_been_on() {
        let stuck = |on: &str| Suspect::Known(Cause { on: on.to_string(), kind: "stuck" });
        let kind = |suspect: Suspect| match suspect {
            Suspect::Known(cause) => cause.kind,
            Suspect::Unknown(_) => "",
        };
        assert_eq!(kind(asleep(stuck("gyros"), [true, false])), "not_enabled");
        assert_eq!(kind(asleep(stuck("gyros"), [false, true])), "stuck");
        assert_eq!(kind(asleep(stuck("imu"), [true, false])), "stuck");
        assert_eq!(kind(asleep(stuck("imu"), [true, true])), "not_enabled");
        assert_eq!(kind(asleep(stuck("rangefinder"), [true, true])), "stuck");
    }
}
