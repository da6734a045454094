//! One scalar measurement at a time: compare, gate, fuse. The verdict is a value, never an error.
//!
//! Owns: [`compare`], [`fuse`], the bookkeeping in [`icd::tm::Innovation`].
//! As published — [Carpenter2018] ch. 4: residual edit ν²/S < k²; underweighting after Lear,
//! K = P Hᵀ [(1 + β) H P Hᵀ + R]⁻¹, while the prior is much wider than the sensor.

use crate::nav::Nav;
use crate::nav::aid::Prediction;
use crate::nav::covariance::Row;
use icd::tm::{Innovation, Outcome};

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
    ph: Row,
    hph: f64,
    s: f64,
}

/// Compares without changing anything.
pub fn compare(nav: &Nav, prediction: &Prediction, measured: f64) -> Comparison {
    let ph = nav.covariance.times(&prediction.h);
    let hph = ph.iter().zip(&prediction.h).map(|(a, b)| a * b).sum::<f64>().max(0.0);
    let s = (hph + prediction.r).max(1e-30);
    Comparison { nu: measured - prediction.value, sigma: libm::sqrt(s), ph, hph, s }
}

/// Fuses what was compared.
///
/// - `wide`: prior standard deviation above which the update is underweighted.
pub fn fuse(nav: &mut Nav, c: &Comparison, wide: f64) {
    let beta = if c.hph > wide * wide { BETA } else { 0.0 };
    apply(nav, c, c.ph.map(|x| x / (c.s + beta * c.hph)));
}

/// Fuses with the optimal gain.
pub fn fuse_plainly(nav: &mut Nav, c: &Comparison) {
    fuse(nav, c, f64::INFINITY);
}

fn apply(nav: &mut Nav, c: &Comparison, gain: Row) {
    nav.covariance.update(&c.ph, &gain, c.s);
    nav.correct(&gain.map(|k| k * c.nu));
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
            line.age_s = 0.0;
        }
        Outcome::Rejected => line.rejected = line.rejected.saturating_add(1),
        Outcome::Silent | Outcome::Unusable | Outcome::LockedOut | Outcome::Distrusted => {}
    }
}

/// Gates at `k` standard deviations and fuses or rejects.
pub fn gate_and_fuse(
    nav: &mut Nav,
    prediction: &Prediction,
    measured: f64,
    k: f64,
    line: &mut Innovation,
) -> Outcome {
    let c = compare(nav, prediction, measured);
    let gate = k * c.sigma;
    let outcome = if c.nu.abs() <= gate { Outcome::Fused } else { Outcome::Rejected };
    if outcome == Outcome::Fused {
        fuse_plainly(nav, &c);
    }
    note(line, measured, Some(&c), gate, outcome);
    outcome
}
