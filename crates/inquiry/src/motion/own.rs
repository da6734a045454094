//! One suspect with what is known of it so far, and which of two states of that knowledge is the better.
//!
//! Owns: [`Own`]. Does not own: the steps between (`motion`).

use super::refit;
use super::scan::Fit;
use super::suspects::Suspect;
use super::system::Place;
use crate::finding::{Device, Fault, Fitted};
use nalgebra::Vector3;

/// One suspect as it fits about the trajectory that suits it best.
pub(super) struct Own<'a> {
    pub suspect: &'a Suspect,
    pub fit: Fit,
    /// The same acting from the start, about the first trajectory.
    pub start: Fit,
    pub fault: Fault,
    /// ln of the evidence against nothing wrong.
    pub gain: f64,
    /// Where it was fitted; `None` for the first system.
    pub about: Option<refit::About>,
    /// Another step would change nothing.
    pub settled: bool,
}

/// A bias of the accelerometers from the start, as they show it in coast, where nothing pushes.
pub(super) fn in_coast(own: &Own<'_>, read: Vector3<f64>) -> Option<Fit> {
    let Suspect { cause, channels, sizes, .. } = own.suspect;
    if (cause.on.as_str(), cause.kind) != (Device::Accelerometers.name(), "bias") {
        return None;
    }
    let typical = sizes.first()?.typical.abs();
    let pattern = channels.iter().map(|channel| {
        let towards = read.get(channel.number).copied().unwrap_or_default();
        let own = channel.added.first().map_or(1.0, |(_, by)| *by);
        if towards * own < 0.0 { -1.0 } else { 1.0 }
    });
    let size = read.iter().map(|x| x.abs()).sum::<f64>() / 3.0 / typical;
    Some(Fit { size, pattern: pattern.collect(), ..own.start.clone() })
}

/// What begins and lasts may have ended there instead, with the other sign: the states of a start take in what differs.
/// Nothing of what grows.
pub(super) fn before(own: &Own<'_>) -> Option<Fit> {
    let Fit { from, until, ref pattern, .. } = own.fit;
    let begins = from.epoch > 0 && until.is_none() && own.suspect.grows.is_empty();
    let pattern = pattern.iter().map(|sign| -sign).collect();
    begins.then(|| Fit { from: Place::before(0), until: Some(from), pattern, ..own.fit.clone() })
}

/// How well the readings suit its trajectory, freed of its fault.
pub(super) fn freed(own: &Own<'_>) -> f64 {
    own.about.as_ref().map_or(0.0, |about| about.freed)
}

/// The one whose trajectory suits the readings better.
pub(super) fn better<'a>(own: Own<'a>, next: Own<'a>) -> Own<'a> {
    if freed(&next) > freed(&own) { Own { start: own.start, ..next } } else { own }
}

/// Whether a step changed a fault by less than a third of what it is uncertain by.
pub(super) fn settled(before: &Fault, after: &Fault) -> bool {
    let numbers = before.numbers.iter().zip(&after.numbers);
    let same = |(a, b): (&Fitted, &Fitted)| (a.value - b.value).abs() <= 0.3 * b.sigma;
    let apart_s = (before.from.0 - after.from.0).s().abs();
    numbers.into_iter().all(same)
        && apart_s <= 0.3 * after.from.1 + 0.1
        && before.until.is_some() == after.until.is_some()
}

#[cfg(test)]
mod tests {
    use super::super::suspects::Channel;
    use super::*;
    use crate::finding::Cause;
    use icd::time::Time;

    fn suspect(grows: Vec<usize>) -> Suspect {
        let cause = Cause { on: "gyros".to_string(), kind: "bias" };
        let channels = vec![Channel { number: 0, added: vec![(0, 1.0)] }];
        Suspect { cause, device: Device::Gyros, sizes: Vec::new(), channels, grows }
    }

    fn own(suspect: &Suspect, from: usize, until: Option<usize>) -> Own<'_> {
        let (from, until) = (Place::before(from), until.map(Place::before));
        let pattern = vec![1.0, -1.0];
        let fit =
            Fit { gain: 0.0, here: 0.0, from, sigma_s: 0.0, until, pattern, size: 2.0, sigma: 0.1 };
        let from = (Time::default(), 0.0);
        let cause = suspect.cause.clone();
        let fault = Fault { cause, numbers: Vec::new(), from, until: None };
        let start = fit.clone();
        Own { suspect, fit, start, fault, gain: 0.0, about: None, settled: false }
    }

    #[test]
    fn what_begins_and_lasts_may_have_ended_there_with_the_other_sign() {
        let steady = suspect(Vec::new());
        let fit = before(&own(&steady, 9, None)).unwrap();
        assert_eq!((fit.from, fit.until), (Place::before(0), Some(Place::before(9))));
        assert_eq!((fit.pattern, fit.size), (vec![-1.0, 1.0], 2.0));
        for (from, until) in [(0, None), (9, Some(12))] {
            assert!(before(&own(&steady, from, until)).is_none(), "{from} {until:?}");
        }
        assert!(before(&own(&suspect(vec![0]), 9, None)).is_none(), "it grows");
    }
}
