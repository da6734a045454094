//! One fault as it explains part of a device's reports, and the sum over what is believed of its size.
//!
//! Owns: [`Part`], [`fitted`] (size integrated out), [`Clock`]. Does not own: the window (`window`), the law of sizes
//! (`crate::prior`).
//! What reports show has three aspects that do not depend on each other: when they come, whether they carry a value, and
//! how the values scatter. Faults that explain different ones add up.

use super::window::{Acting, Axis, acting, bound, ln_add, ln_sum};
use crate::finding::{Fitted, Seen};
use crate::prior::{Law, SIGMA_LN, Size, sizes};
use icd::time::{Span, Time};
use std::cell::Cell;

/// When the reports come and what their time tags say.
pub(crate) const TIMING: u8 = 1;
/// Whether they carry a value.
pub(crate) const PRESENCE: u8 = 2;
/// How the values scatter.
pub(crate) const VALUES: u8 = 4;

/// Sizes are tried this far from the typical one, standard deviations, at this step and, around the best, at this one.
const Z_MAX: f64 = 3.5;
const STEP: f64 = 0.35;
const FINE_STEP: f64 = 0.035;
/// Sets of unknowns this much worse than the best are not summed.
const HOPELESS: f64 = 12.0;

/// One fault as it explains part of the reports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// Kind, as the library spells it; `None` for something that it does not hold.
    pub kind: Option<&'static str>,
    /// What it explains: a sum of [`TIMING`], [`PRESENCE`], [`VALUES`].
    pub aspects: u8,
    /// ln p(these aspects | it) − ln p(these aspects | nothing wrong).
    pub gain: f64,
    /// Its numbers.
    pub numbers: Vec<Fitted>,
    /// Beginning with standard deviation, s.
    pub from: (Time, f64),
    /// End.
    pub until: Option<Time>,
    /// What says so.
    pub seen: Vec<Seen>,
}

/// Times of the flight and of one set of its readings.
pub(crate) struct Clock {
    /// First and last cycle.
    pub over: (Time, Time),
    /// The readings'.
    pub axis: Axis,
}

impl Clock {
    /// Readings at these times, ascending.
    pub fn new(over: (Time, Time), times: impl Iterator<Item = Time>) -> Self {
        let t_s = times.map(|t| (t - over.0).s()).collect();
        Self { over, axis: Axis::new(t_s, (over.1 - over.0).s()) }
    }

    /// Beginning with standard deviation, and end.
    pub fn window(&self, acting: &Acting) -> ((Time, f64), Option<Time>) {
        let at = |k: usize| self.over.0 + Span::from_s(self.axis.t_s(k));
        let from = match acting.from {
            0 => (self.over.0, 0.0),
            k => (at(k), acting.from_sigma_s),
        };
        (from, acting.until.map(at))
    }
}

/// Readings with nothing wrong, for each set of what the models do not know.
pub(crate) struct Nothing {
    /// ln of the whole evidence of a set, its own probability included, and ln of each reading's probability.
    sets: Vec<(f64, Vec<f64>)>,
    /// The best found so far of the kind in hand.
    best: Cell<f64>,
}

impl Nothing {
    /// Of ln of each set's probability, and ln of each reading's probability in it.
    pub fn new(sets: impl Iterator<Item = (f64, Vec<f64>)>) -> Self {
        let sets = sets.map(|(weight, l)| (weight + l.iter().sum::<f64>(), l)).collect();
        Self { sets, best: Cell::new(f64::NEG_INFINITY) }
    }

    /// ln of the evidence; from here on another kind is tried.
    pub fn ln_evidence(&self) -> f64 {
        self.best.set(f64::NEG_INFINITY);
        ln_sum(self.sets.iter().map(|(total, _)| *total))
    }

    /// The same with a fault under which reading `k` has ln of the probability `hit(set, k)` in its window, summed over
    /// sets and windows; only every `stride`-th set.
    pub fn instead(&self, axis: &Axis, stride: usize, hit: impl Fn(usize, usize) -> f64) -> Acting {
        let ratios = |(j, (_, l)): (usize, &(f64, Vec<f64>))| -> Vec<f64> {
            if j % stride != 0 {
                return vec![f64::NEG_INFINITY];
            }
            l.iter().enumerate().map(|(k, l)| hit(j, k) - l).collect()
        };
        let ratios: Vec<Vec<f64>> = self.sets.iter().enumerate().map(ratios).collect();
        let hope = |(l, (total, _)): (&Vec<f64>, &(f64, Vec<f64>))| match l.len() {
            n if n == axis.len() && n > 0 && l[0] > f64::NEG_INFINITY => bound(l) + total,
            _ => f64::NEG_INFINITY,
        };
        let hopes: Vec<f64> = ratios.iter().zip(&self.sets).map(hope).collect();
        let hope = hopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if hope < self.best.get() - HOPELESS {
            return Acting { ln_evidence: hope, from: 0, until: None, from_sigma_s: 0.0 };
        }
        let mut out =
            Acting { ln_evidence: f64::NEG_INFINITY, from: 0, until: None, from_sigma_s: 0.0 };
        let mut best = f64::NEG_INFINITY;
        for ((l, (total, _)), own) in ratios.iter().zip(&self.sets).zip(hopes) {
            if own < hope - HOPELESS || own == f64::NEG_INFINITY {
                continue;
            }
            let acts = acting(axis, l);
            let value = acts.ln_evidence + total;
            let ln_evidence = ln_add(out.ln_evidence, value);
            out = Acting { ln_evidence, ..if value > best { acts } else { out } };
            best = best.max(value);
        }
        self.best.set(self.best.get().max(out.ln_evidence));
        out
    }
}

/// A kind of fault with its size and window integrated out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fit {
    /// ln of the evidence, with whatever reference `tried` has.
    pub ln_evidence: f64,
    /// Most probable numbers with standard deviations, in the units of files.
    pub numbers: Vec<Fitted>,
    /// Window of the most probable size.
    pub acting: Acting,
}

/// Integrates a kind's size out: `tried` gives the evidence for numbers in the units of files, its window integrated out.
pub(crate) fn fitted(on: &str, kind: &'static str, mut tried: impl FnMut(&[f64]) -> Acting) -> Fit {
    let sizes = sizes(on, kind);
    let numbers =
        |z: f64, low: bool| -> Vec<f64> { sizes.iter().map(|size| size.at(z, low)).collect() };
    if sizes.iter().all(|size| size.law == Law::Fixed) {
        let numbers = numbers(0.0, false);
        let acting = tried(&numbers);
        let numbers = named(&sizes, &numbers, 0.0);
        return Fit { ln_evidence: acting.ln_evidence, numbers, acting };
    }
    let two_sided = sizes.iter().any(|size| matches!(size.law, Law::Signed | Law::Factor));
    let sides: &[bool] = if two_sided { &[false, true] } else { &[false] };
    let steps = libm::round(Z_MAX / STEP) as i32;
    let mut points: Vec<(f64, bool, f64, Acting)> = Vec::new();
    for low in sides {
        for k in -steps..=steps {
            let z = STEP * f64::from(k);
            points.push((z, *low, STEP, tried(&numbers(z, *low))));
        }
    }
    let score = |point: &(f64, bool, f64, Acting)| ln_normal(point.0) + point.3.ln_evidence;
    let best = |points: &[(f64, bool, f64, Acting)]| {
        let best = points.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
        best.map_or((0.0, false), |point| (point.0, point.1))
    };
    let (z, low) = best(&points);
    points.retain(|point| point.1 != low || (point.0 - z).abs() > 0.5 * STEP);
    let fine = libm::round(0.5 * STEP / FINE_STEP) as i32;
    for k in -fine..=fine {
        let z = z + FINE_STEP * f64::from(k);
        let width = STEP / f64::from(2 * fine + 1);
        points.push((z, low, width, tried(&numbers(z, low))));
    }
    let (z, low) = best(&points);
    summed(&sizes, &points, sides.len(), (z, low))
}

/// The integral over the points and the most probable numbers.
fn summed(
    sizes: &[Size],
    points: &[(f64, bool, f64, Acting)],
    sides: usize,
    (z, low): (f64, bool),
) -> Fit {
    let term = |point: &(f64, bool, f64, Acting)| {
        ln_normal(point.0) + libm::log(point.2 / sides as f64) + point.3.ln_evidence
    };
    let ln_evidence = points.iter().map(term).fold(f64::NEG_INFINITY, ln_add);
    let (mut total, mut square, mut acting) = (0.0, 0.0, None);
    for point in points.iter().filter(|point| point.1 == low) {
        let weight = libm::exp((term(point) - ln_evidence).min(0.0));
        total += weight;
        square += weight * (point.0 - z) * (point.0 - z);
        if point.0.total_cmp(&z).is_eq() {
            acting = Some(point.3);
        }
    }
    let sigma_z = f64::max(square / f64::max(total, 1e-300), 0.0).sqrt();
    let values: Vec<f64> = sizes.iter().map(|size| size.at(z, low)).collect();
    let nothing =
        Acting { ln_evidence: f64::NEG_INFINITY, from: 0, until: None, from_sigma_s: 0.0 };
    let numbers = named(sizes, &values, f64::max(sigma_z, 0.3 * FINE_STEP));
    Fit { ln_evidence, numbers, acting: acting.unwrap_or(nothing) }
}

/// Numbers with their keys; `sigma_z`: standard deviation of their common factor's logarithm, in those of the prior.
pub(crate) fn named(sizes: &[Size], values: &[f64], sigma_z: f64) -> Vec<Fitted> {
    let one = |(size, value): (&Size, &f64)| {
        let spread = match size.law {
            Law::Fixed => 0.0,
            Law::Positive | Law::Signed => value.abs(),
            Law::Factor => (value - 1.0).abs(),
            Law::Probability => value * (1.0 - value),
        };
        Fitted { key: size.key.clone(), value: *value, sigma: SIGMA_LN * sigma_z * spread }
    };
    sizes.iter().zip(values).map(one).collect()
}

/// Numbers that the reports show exactly, with the standard deviations given, and ln of the prior's mass for them.
pub(crate) fn exact(on: &str, kind: &str, values: &[(f64, f64)]) -> (Vec<Fitted>, f64) {
    let sizes = sizes(on, kind);
    let mut ln_prior = 0.0;
    let mut numbers = Vec::new();
    for (size, (value, sigma)) in sizes.iter().zip(values) {
        let z = size.z(*value);
        // The law of the size at the value, and the width of what would have looked the same.
        let width = (2.0 * sigma / (SIGMA_LN * value.abs().max(1e-12))).clamp(1e-6, 1.0);
        if size.law != Law::Fixed && z.is_finite() {
            ln_prior += ln_normal(z) + libm::log(width);
        }
        numbers.push(Fitted { key: size.key.clone(), value: *value, sigma: *sigma });
    }
    (numbers, ln_prior)
}

/// Most stretches in which something that the library does not hold may be different.
const STRETCHES: usize = 8;
/// A stretch is as healthy with this probability. Assumed.
const HEALTHY: f64 = 0.9;
/// Of the gain of something without a law of its own this share counts, down from no more than the second figure: so free
/// a model soaks up errors of the mission's models too. Assumed.
const FLEXIBLE: (f64, f64) = (0.85, 2000.0);

/// ln of the evidence for readings that are as healthy, or anything of one kind, in each of one, two, four or eight
/// stretches; `healthy`: ln of each reading's probability with nothing wrong, `free`: ln of the evidence of a stretch
/// without.
pub(crate) fn stretches(healthy: &[f64], free: impl Fn(std::ops::Range<usize>) -> f64) -> f64 {
    let of = |count: usize| -> f64 {
        let per = healthy.len().div_ceil(count).max(1);
        let one = |n: usize| {
            let within = (n * per).min(healthy.len())..((n + 1) * per).min(healthy.len());
            let sound: f64 = healthy[within.clone()].iter().sum();
            ln_add(sound + libm::log(HEALTHY), free(within) + libm::log(1.0 - HEALTHY))
        };
        (0..count).map(one).sum()
    };
    let counts = std::iter::successors(Some(1), |n| (*n < STRETCHES).then_some(2 * n));
    let each: Vec<f64> = counts.map(of).collect();
    ln_sum(each.iter().copied()) - libm::log(each.len() as f64)
}

/// ln of the evidence for nothing wrong where what the models do not know may be different in each of some stretches, as
/// something that the library does not hold may be: of all numbers of stretches the best.
///
/// - `ln_weights`: of each set of unknowns. `ln`: of the probability of a reading, by set and reading.
pub(crate) fn sound(ln_weights: &[f64], readings: usize, ln: impl Fn(usize, usize) -> f64) -> f64 {
    let finest = 2 * STRETCHES;
    let within = |n: usize| n * readings / finest..(n + 1) * readings / finest;
    let of_set = |j: usize| (0..finest).map(|n| within(n).map(|k| ln(j, k)).sum()).collect();
    let sums: Vec<Vec<f64>> = (0..ln_weights.len()).map(of_set).collect();
    let of = |count: usize| -> f64 {
        let per = finest / count;
        let one = |n: usize| {
            let own = |(weight, sums): (&f64, &Vec<f64>)| {
                weight + sums[n * per..(n + 1) * per].iter().sum::<f64>()
            };
            ln_sum(ln_weights.iter().zip(&sums).map(own))
        };
        (0..count).map(one).sum()
    };
    let counts = std::iter::successors(Some(1), |n| (*n < finest).then_some(2 * n));
    counts.map(of).fold(f64::NEG_INFINITY, f64::max)
}

/// A gain less what errors of the mission's models may have in it.
pub(crate) fn flexible(gain: f64) -> f64 {
    let (share, most) = FLEXIBLE;
    gain - (1.0 - share) * gain.clamp(0.0, most)
}

/// ln of the standard normal density.
pub(crate) fn ln_normal(z: f64) -> f64 {
    -0.5 * z * z - 0.918_938_533_204_672_7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_models_do_not_know_may_be_different_in_each_stretch() {
        let halves = |j: usize, k: usize| if (k < 32) == (j == 0) { 0.0 } else { -1.0 };
        let even = [0.5_f64.ln(); 2];
        let found = sound(&even, 64, halves);
        assert!((found - 2.0 * 0.5_f64.ln()).abs() < 1e-9, "{found}");
        let one = sound(&[0.0], 50, |_, k| -0.1 * k as f64);
        assert!((one + 0.1 * 1225.0).abs() < 1e-9, "{one}");
        assert_eq!(sound(&[0.0], 0, |_, _| f64::NAN), 0.0);
    }
}
