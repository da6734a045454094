//! The inertial unit's errors, tried with every sign and many sizes over the coarsest ground.
//!
//! Owns: [`wide`]. Does not own: the steps from there on (`motion`).
//! As programmed: an error that has carried the lander hundreds of metres off leads a linearisation to the wrong crater, so
//! that no step from nothing comes near it. Over ground without craters a quick estimate for each way the signs can be and
//! each of some sizes shows the hollow that the error lies in; the best of all suspects are where steps begin.
//! Errors begin at the start, or when another channel saw something begin or end.
//! Refuses: other beginnings, and ends: the steps find them.

use super::refit::Likelihood;
use super::scan::Fit;
use super::suspects::Suspect;
use super::system::Place;
use crate::finding::{Device, Fault};
use rayon::prelude::*;

/// Sizes in units of the typical one: the smallest and the largest, and their ratio.
const SIZES: (f64, f64, f64) = (0.2, 20.0, 2.25);
/// Then sizes larger and smaller by these are tried about the best of so many.
const FINER: [f64; 2] = [1.5, 1.22];
/// See [`FINER`].
const LEADING: usize = 4;
/// What gains this share of the best's gain is where steps begin; at most so many. Assumed.
const NEAR: f64 = 0.7;
/// See [`NEAR`].
const BEST: usize = 4;

/// A place to begin from: whose, the fit, the fault, and its gain.
type Tried = (usize, Fit, Fault, f64);

/// For each suspect the fits from which steps should begin; none for most.
///
/// - `beginnings`: when errors may begin. `fault`: a fit as a fault. `likelihood`: of the readings freed of it, over coarse ground.
pub(super) fn wide(
    suspects: &[&Suspect],
    beginnings: &[Place],
    fault: impl Fn(&Suspect, &Fit) -> Fault + Sync,
    likelihood: impl Fn(&[Fault]) -> Option<Likelihood> + Sync,
) -> Vec<Vec<(Fit, Fault)>> {
    let mut out = vec![Vec::new(); suspects.len()];
    let Some(nothing) = likelihood(&[]) else { return out };
    let gained = |(of, fit): (usize, Fit)| -> Option<Tried> {
        let known = fault(suspects[of], &fit);
        let gain = likelihood(std::slice::from_ref(&known))?.over(&nothing);
        gain.is_finite().then_some((of, fit, known, gain))
    };
    let inertial =
        |of: &usize| matches!(suspects[*of].device, Device::Gyros | Device::Accelerometers);
    let all = (0..suspects.len()).filter(inertial);
    let all: Vec<(usize, Fit)> = all
        .flat_map(|of| fits(suspects[of], beginnings).into_iter().map(move |fit| (of, fit)))
        .collect();
    let mut tried: Vec<Tried> = all.into_par_iter().filter_map(gained).collect();
    let best_first = |tried: &mut Vec<Tried>| tried.sort_by(|a, b| b.3.total_cmp(&a.3));
    best_first(&mut tried);
    for by in FINER {
        let finer: Vec<(usize, Fit)> = leading(&tried)
            .into_iter()
            .flat_map(|one| {
                [by, 1.0 / by].map(|by| (one.0, Fit { size: one.1.size * by, ..one.1.clone() }))
            })
            .collect();
        tried.extend(finer.into_par_iter().filter_map(gained).collect::<Vec<Tried>>());
        best_first(&mut tried);
    }
    let least = tried.first().map_or(0.0, |best| NEAR * best.3).max(0.0);
    tried.truncate(BEST);
    for (of, fit, known, _) in tried.into_iter().filter(|one| one.3 > least) {
        out[of].push((fit, known));
    }
    out
}

/// The best size of each suspect, signs and beginning; of these the best few.
fn leading(best_first: &[Tried]) -> Vec<&Tried> {
    let mut out: Vec<&Tried> = Vec::new();
    for one in best_first {
        let same = |other: &&Tried| {
            let (a, b) = (&other.1, &one.1);
            (other.0, &a.pattern, a.from) == (one.0, &b.pattern, b.from)
        };
        if !out.iter().any(same) {
            out.push(one);
        }
        if out.len() == LEADING {
            break;
        }
    }
    out
}

/// Every way the signs can be, each from every beginning, and sizes far apart.
fn fits(suspect: &Suspect, beginnings: &[Place]) -> Vec<Fit> {
    let (smallest, largest, ratio) = SIZES;
    let sizes = std::iter::successors(Some(smallest), |size| Some(size * ratio));
    let sizes: Vec<f64> = sizes.take_while(|size| *size <= largest).collect();
    let mut out = Vec::new();
    for signs in suspect.patterns() {
        for signs in [signs.iter().map(|sign| -sign).collect(), signs] {
            for from in beginnings {
                out.extend(sizes.iter().map(|size| lasting(&signs, *from, *size)));
            }
        }
    }
    out
}

fn lasting(signs: &[f64], from: Place, size: f64) -> Fit {
    Fit {
        gain: 0.0,
        here: 0.0,
        from,
        sigma_s: 0.0,
        until: None,
        pattern: signs.to_vec(),
        size,
        sigma: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::suspects::Channel;
    use super::super::system::{Epoch, Reading, System};
    use super::*;
    use crate::finding::{Cause, Fitted};
    use crate::prior;
    use icd::time::Time;

    fn suspect(device: Device, kind: &'static str) -> Suspect {
        let sizes = prior::sizes(device.name(), kind);
        let channel = |number: usize| Channel { number, added: vec![(number, 1.0)] };
        let channels = (0..sizes.len()).map(channel).collect();
        let cause = Cause { on: device.name().to_string(), kind };
        Suspect { cause, device, sizes, channels, grows: Vec::new() }
    }

    fn fault(suspect: &Suspect, fit: &Fit) -> Fault {
        let values = suspect.numbers(fit.size, &fit.pattern).into_iter().zip(&suspect.sizes);
        let number = |(value, size): (f64, &prior::Size)| Fitted {
            key: size.key.clone(),
            value,
            sigma: 0.0,
        };
        let from = (Time::default(), fit.from.epoch as f64);
        let numbers = values.map(number).collect();
        Fault { cause: suspect.cause.clone(), numbers, from, until: None }
    }

    /// One reading so many deviations off.
    fn off(nu: f64) -> Likelihood {
        let reading = Reading {
            device: Device::Rangefinder,
            component: 0,
            cycle: 0,
            t_s: 0.0,
            h: Vec::new(),
            nu,
            s: 1.0,
            gain: Vec::new(),
        };
        let epochs = vec![Epoch { t_s: 0.0, phi: Vec::new(), readings: vec![reading] }];
        Likelihood::of(&System { epochs, ..System::default() }, &[nu])
    }

    /// Where steps begin if accelerometers were biased by these multiples of the typical bias from epoch 7 on.
    fn found(truth: [f64; 3]) -> [Vec<(Fit, Fault)>; 3] {
        let drift = suspect(Device::Gyros, "drift");
        let bias = suspect(Device::Accelerometers, "bias");
        let other = suspect(Device::Rangefinder, "bias");
        let likelihood = |faults: &[Fault]| {
            let own = faults.iter().find(|fault| fault.cause == bias.cause && fault.from.1 == 7.0);
            let left = |n: usize| {
                let taken = own.map_or(0.0, |own| own.numbers[n].value / bias.sizes[n].typical);
                truth[n] - taken
            };
            Some(off(10.0 * (0..3).map(left).map(|left| left * left).sum::<f64>().sqrt()))
        };
        let beginnings = [Place::before(0), Place::before(7)];
        let out = wide(&[&drift, &bias, &other], &beginnings, fault, likelihood);
        out.try_into().unwrap()
    }

    #[test]
    fn steps_begin_near_the_error_whatever_its_signs_and_size() {
        for size in [0.3, 3.1, 14.0] {
            let [drift, bias, other] = found([size, -size, size]);
            assert!(drift.is_empty() && other.is_empty());
            let (fit, _) = &bias[0];
            assert_eq!((&fit.pattern[..], fit.from.epoch), (&[1.0, -1.0, 1.0][..], 7));
            assert!((fit.size / size).ln().abs() < 1.22_f64.ln(), "{} of {size}", fit.size);
        }
    }

    #[test]
    fn where_nothing_is_gained_no_step_begins() {
        assert!(found([0.0; 3]).iter().all(Vec::is_empty));
    }
}
