//! How far flights scatter, from the reference run alone, beside the scatter of many.
//!
//! Owns: [`Study`], the runs it is held against. Parts: `sample` (what is taken of a flight, and where), `predict`
//! (from one run), `page`, `text`.
//! Does not own: the filter's covariance (`flight::nav`), whether it is right (`tests/consistency.rs`, with matched
//! models `tests/matched_consistency.rs`).
//!
//! As published, [GellerChristensen2009], [Maybeck1979] ch. 6: with δx the deviation of truth from the reference and
//! e = x̂ − x the navigation error, both linear about one flight, the closed loop moves δx̂ = δx + e, which is all
//! that guidance sees. As programmed, from run 0 and nothing else:
//! - navigation: the covariance that the filter carries along run 0, considered states included. It allows for gravity
//!   beyond the on-board degree as if that were chance; over one site it is the same in every run. Run 0 is
//!   therefore flown a second time with the allowance taken out of the load: what then remains differs from run to
//!   run, what went is common to them.
//! - where guidance meets its aim, δx̂ = 0 but for the length of a pulse frame, so δx = −e: the high gate and the
//!   touchdown. There the covariance of truth is that of navigation from the target as mapped, tie included. A
//!   frame of T s adds (ẋ T)²/12.
//! - velocity at the ground: beside −e what control leaves, its mean square over the last seconds of run 0.
//! - velocity change: a gate flown h too high costs g h/v, one too fast its speed: δ(Δv) = −(g/v) e_h + e_w. The
//!   covariance of height and fall speed at the gate is half the growth of the variance of height, there being no
//!   altimeter yet.
//! - propellant left: m_f = m_0 exp(−Σ Δv_i/c_i) by engine i, differentiated by what was loaded, dry mass, each
//!   engine's c_i, the main engine's thrust (the others make up for it), and Δv.
//!
//! Refuses: what is not linear. Targets given up, ground that slopes or is searched, editing, throttles on their
//! stops, the frame in which ignition falls; what the scenario itself disperses (delivery, load, faults), which
//! m2-nominal does not. What is beyond 4 σ of the prediction is counted, and the middle of the scatter shown
//! beside all of it.

mod page;
mod predict;
mod sample;
#[cfg(test)]
mod tests;
mod text;

pub use page::page;
pub use predict::{Gate, Prediction};
pub use sample::{CHECKPOINTS, Flight, QUANTITIES, Quantity, STATES, Sample};
pub use text::lines;

use crate::closed_loop::fly;
use crate::record::Recording;
use crate::scenario::{Scenario, ScenarioError};
use crate::stand::Stand;
use crate::statistics::deviation_interval;
use rayon::prelude::*;
use sample::Gather;

/// A prediction, and the runs it is held against.
#[derive(Clone, Debug)]
pub struct Study {
    /// The scenario's name.
    pub name: String,
    /// Seed of the runs.
    pub seed: u64,
    /// From run 0.
    pub prediction: Prediction,
    /// Runs 1 to N; may be empty.
    pub flights: Vec<Flight>,
}

/// One predicted deviation beside the one found.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What, and where.
    pub what: String,
    /// Its unit.
    pub unit: &'static str,
    /// Predicted standard deviation between runs.
    pub predicted: f64,
    /// Predicted deviation with what is common to all runs, but not known on board; NaN where there is no such part.
    pub with_common: f64,
    /// Found; `None` without runs.
    pub found: Option<Found>,
}

/// A deviation found in many runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Runs that came so far.
    pub runs: usize,
    /// Standard deviation, root sum square over axes.
    pub sigma: f64,
    /// Its exact interval for normal samples; for several axes on the safe side.
    pub interval: (f64, f64),
    /// Half of the span that holds the middle 68.27 %, root sum square over axes.
    pub middle: f64,
    /// Size of the mean, which is common to all runs.
    pub mean: f64,
    /// Runs further than four predicted deviations from the median on some axis.
    pub outside: usize,
}

impl Study {
    /// Predicts from run 0, then flies runs 1 to `runs` on the current `rayon` pool.
    ///
    /// - `progress`: called from any thread after each run.
    ///
    /// # Errors
    /// A scenario that cannot be flown.
    pub fn of(
        scenario: Scenario,
        runs: u64,
        progress: impl Fn() + Sync,
    ) -> Result<Self, ScenarioError> {
        let (name, seed) = (scenario.name(), scenario.seed);
        let stand = Stand::new(scenario)?;
        let prediction = Prediction::of(&stand)?;
        let one = |run: u64| {
            let mut gather = Gather::new(&stand, run);
            let flown = fly(&stand, run, Recording::Off, |frame| gather.frame(frame))?;
            progress();
            Ok(gather.finish(&flown.measures))
        };
        let flights = (1..=runs).into_par_iter().map(one).collect::<Result<_, ScenarioError>>()?;
        Ok(Self { name, seed, prediction, flights })
    }

    /// Every predicted deviation, beside what was found.
    pub fn lines(&self) -> Vec<Line> {
        let p = &self.prediction;
        let mut out = Vec::new();
        for (k, place) in CHECKPOINTS.iter().enumerate() {
            let (Some(own), Some(with)) = (&p.scatter[k], &p.whole[k]) else { continue };
            for (q, quantity) in QUANTITIES.iter().enumerate() {
                let read = |flight: &Flight| {
                    flight.at[k].as_ref().map(|s| s.error[q][..quantity.axes].to_vec())
                };
                out.push(Line {
                    what: format!("{place}: {}", quantity.name),
                    unit: quantity.unit,
                    predicted: own.sigma[q],
                    with_common: with.sigma[q],
                    found: self.found(own.sigma[q], quantity.axes, read),
                });
            }
        }
        for dispersion in &p.dispersions {
            let axes = dispersion.axes;
            out.push(Line {
                what: dispersion.what.to_string(),
                unit: dispersion.unit,
                predicted: dispersion.sigma,
                with_common: f64::NAN,
                found: self.found(dispersion.sigma, axes, |flight| (dispersion.read)(flight)),
            });
        }
        out
    }

    /// Scatter of a quantity over the runs that have it.
    fn found(
        &self,
        predicted: f64,
        axes: usize,
        read: impl Fn(&Flight) -> Option<Vec<f64>>,
    ) -> Option<Found> {
        let values: Vec<Vec<f64>> = self.flights.iter().filter_map(read).collect();
        let n = values.len();
        if n < 2 {
            return None;
        }
        let (mut variance, mut middle2, mut mean2) = (0.0, 0.0, 0.0);
        let mut far = vec![false; n];
        for axis in 0..axes {
            let mut all: Vec<f64> = values.iter().map(|value| value[axis]).collect();
            let mean = all.iter().sum::<f64>() / n as f64;
            variance += all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1) as f64;
            mean2 += mean * mean;
            let unsorted = all.clone();
            all.sort_by(f64::total_cmp);
            let half = 0.5 * (quantile(&all, 0.841_345) - quantile(&all, 0.158_655));
            middle2 += half * half;
            let median = quantile(&all, 0.5);
            let bound = 4.0 * predicted / (axes as f64).sqrt();
            far.iter_mut().zip(&unsorted).for_each(|(far, x)| *far |= (x - median).abs() > bound);
        }
        let sigma = variance.sqrt();
        Some(Found {
            runs: n,
            sigma,
            interval: deviation_interval(sigma, n),
            middle: middle2.sqrt(),
            mean: mean2.sqrt(),
            outside: far.into_iter().filter(|far| *far).count(),
        })
    }
}

/// The value below which a share of the sorted values lies, interpolated.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and the length
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    let below = libm::floor(at);
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(last)];
    low + (at - below) * (high - low)
}
