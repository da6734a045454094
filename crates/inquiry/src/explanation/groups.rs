//! Candidates by what nothing tells apart.
//!
//! Owns: [`groups`]. Does not own: what stands for a cause (`catalogue::class`), which part of a set is needed (`needed`).

use super::combine::Candidate;
use super::needed::Part;
use crate::catalogue::Suspect;
use crate::finding::{Cause, Device};
use std::collections::BTreeMap;

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

/// An inertial unit, or a half of it, that has read nothing but zero from its first sample on may never have been switched
/// on or repeat its first zero: nothing tells. `zero`: whether gyros and accelerometers began so.
pub fn asleep(suspect: Suspect, zero: [bool; 2]) -> Suspect {
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
pub fn unseeing(suspect: Suspect) -> Suspect {
    let blind = |cause: &Cause| {
        cause.on == Device::Rangefinder.name()
            && (cause.kind == "range_limit" || cause.kind.starts_with("weak_"))
    };
    match suspect {
        Suspect::Known(cause) if blind(&cause) => Suspect::Known(Cause { kind: "dead", ..cause }),
        other => other,
    }
}
