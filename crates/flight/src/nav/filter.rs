//! One report of a sensor at a time: compare, edit, fuse. The verdict is a value, never an error.
//!
//! Owns: [`compare`], [`Epoch`], the bookkeeping in [`icd::tm::Innovation`].
//! As published — [Carpenter2018] ch. 4: every residual and partial of an epoch at one a-priori state;
//! residual edit ν²/(H P Hᵀ + R) < k², scalar by scalar; underweighting after Lear, R + β H P Hᵀ for R,
//! while the prior is much wider than the sensor; one correction for all. The considered states are given
//! back what the scalars took, and none is corrected [Schmidt1966] [ZanettiDSouza2012]: the result
//! is that of the batch, whatever the order of the scalars.

use crate::nav::Nav;
use crate::nav::aid::Prediction;
use crate::nav::covariance::{CONSIDERED, EMPTY, Gain, Row};
use icd::tm::{Innovation, Outcome, Use};

/// Underweighting factor β, and the prior standard deviation (in the measurement's unit) above which
/// it acts. Source: [Carpenter2018] ch. 4 gives β ≈ 0.2 for Shuttle; the threshold is assumed.
const BETA: f64 = 0.2;

/// A measurement beside its prediction.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Measured minus predicted.
    pub nu: f64,
    /// Standard deviation of `nu`.
    pub sigma: f64,
    h: Row,
    hph: f64,
    r: f64,
}

impl Comparison {
    fn of(prediction: &Prediction, hph: f64, measured: f64) -> Self {
        let r = prediction.r.max(1e-30);
        let (nu, sigma) = (measured - prediction.value, libm::sqrt(hph + r));
        Self { nu, sigma, h: prediction.h, hph, r }
    }
}

/// Compares without changing anything.
pub fn compare(nav: &Nav, prediction: &Prediction, measured: f64) -> Comparison {
    Comparison::of(prediction, nav.covariance.hph(&prediction.h), measured)
}

/// Compares two scalars without changing anything; last, the covariance of the two innovations by navigation's.
pub fn compare_two(
    nav: &Nav,
    [one, two]: &[Prediction; 2],
    measured: [f64; 2],
) -> ([Comparison; 2], f64) {
    let [a, b, ab] = nav.covariance.pair(&one.h, &two.h);
    ([Comparison::of(one, a, measured[0]), Comparison::of(two, b, measured[1])], ab)
}

/// The scalars of one report that are to be fused, at most `N`; all compared with the same state.
#[derive(Clone, Copy, Debug)]
pub struct Epoch<const N: usize> {
    scalars: [(Row, f64, f64); N],
    count: usize,
}

impl<const N: usize> Epoch<N> {
    /// Nothing to fuse yet.
    pub const fn new() -> Self {
        Self { scalars: [(EMPTY, 0.0, 1.0); N], count: 0 }
    }

    /// Takes one scalar in; beyond `N` it is ignored.
    ///
    /// - `wide`: prior standard deviation above which the scalar is underweighted.
    pub fn take(&mut self, c: &Comparison, wide: f64) {
        let beta = if c.hph > wide * wide { BETA } else { 0.0 };
        if let Some(slot) = self.scalars.get_mut(self.count) {
            *slot = (c.h, c.nu, c.r + beta * c.hph);
            self.count += 1;
        }
    }

    /// Fuses all of them and corrects the state once.
    pub fn fuse(&self, nav: &mut Nav) {
        if self.count == 0 {
            return;
        }
        let mut dx = EMPTY;
        let mut gains = [Gain { k: EMPTY, s: 0.0 }; N];
        for ((h, nu, r), slot) in self.scalars.iter().zip(&mut gains).take(self.count) {
            let gain = nav.covariance.update(h, *r);
            // What the scalars before it have corrected is not news any more.
            let news = nu - h.iter().zip(&dx).map(|(h, dx)| h * dx).sum::<f64>();
            for (dx, k) in dx.iter_mut().zip(&gain.k) {
                *dx += k * news;
            }
            *slot = gain;
        }
        for gain in gains.iter().take(self.count) {
            nav.covariance.give_back(gain);
        }
        for dx in dx.iter_mut().skip(CONSIDERED) {
            *dx = 0.0;
        }
        nav.correct(&dx);
    }
}

impl<const N: usize> Default for Epoch<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Fuses one scalar that was compared.
///
/// - `wide`: prior standard deviation above which the update is underweighted.
pub fn fuse(nav: &mut Nav, c: &Comparison, wide: f64) {
    let mut epoch = Epoch::<1>::new();
    epoch.take(c, wide);
    epoch.fuse(nav);
}

/// What becomes of a scalar that is `inside` its gate or not, as the ground's flag has it.
pub fn verdict(usage: Use, inside: bool) -> Outcome {
    match (usage, inside) {
        (Use::Inhibit, _) => Outcome::Inhibited,
        (Use::Force, _) | (Use::Edit, true) => Outcome::Fused,
        (Use::Edit, false) => Outcome::Rejected,
    }
}

/// Writes down what became of a measurement.
pub fn note(
    line: &mut Innovation,
    measured: f64,
    c: Option<&Comparison>,
    gate: f64,
    outcome: Outcome,
) {
    line.measured = measured;
    if let Some(c) = c {
        line.nu = c.nu;
        line.sigma = c.sigma;
        line.gate = gate;
    }
    line.outcome = outcome;
    match outcome {
        Outcome::Fused => {
            line.fused = line.fused.saturating_add(1);
            line.in_a_row = 0;
            line.age_s = 0.0;
        }
        Outcome::Rejected => {
            line.rejected = line.rejected.saturating_add(1);
            line.in_a_row = line.in_a_row.saturating_add(1);
        }
        Outcome::Silent
        | Outcome::Unusable
        | Outcome::LockedOut
        | Outcome::Inhibited
        | Outcome::Distrusted => {}
    }
}

/// Refuses a measurement whose time tag memory does not reach; `true` for the first of them in a row.
pub fn refuse_tag(line: &mut Innovation) -> bool {
    let before = core::mem::replace(&mut line.outcome, Outcome::Unusable);
    before != Outcome::Unusable
}

/// Gates one scalar at `k` standard deviations of the state before the epoch and takes it in or not.
pub fn gate<const N: usize>(
    nav: &Nav,
    epoch: &mut Epoch<N>,
    prediction: &Prediction,
    measured: f64,
    k: f64,
    line: &mut Innovation,
) -> Outcome {
    let c = compare(nav, prediction, measured);
    let gate = k * c.sigma;
    let outcome = verdict(line.usage, c.nu.abs() <= gate);
    if outcome == Outcome::Fused {
        epoch.take(&c, f64::INFINITY);
    }
    note(line, measured, Some(&c), gate, outcome);
    outcome
}

/// Compares one scalar of a sensor that is not believed; it is noted, not fused.
pub fn weigh(
    nav: &Nav,
    prediction: &Prediction,
    measured: f64,
    k: f64,
    line: &mut Innovation,
) -> Outcome {
    let c = compare(nav, prediction, measured);
    note(line, measured, Some(&c), k * c.sigma, Outcome::Distrusted);
    Outcome::Distrusted
}

/// Gates a report of one scalar at `k` standard deviations and fuses or rejects.
pub fn gate_and_fuse(
    nav: &mut Nav,
    prediction: &Prediction,
    measured: f64,
    k: f64,
    line: &mut Innovation,
) -> Outcome {
    let mut epoch = Epoch::<1>::new();
    let outcome = gate(nav, &mut epoch, prediction, measured, k, line);
    epoch.fuse(nav);
    outcome
}

#[cfg(test)]
mod tests;
