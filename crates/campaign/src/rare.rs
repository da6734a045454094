//! Rare events: how probable is what plain counting would hardly ever see.
//!
//! Owns: what is estimated ([`Problem`]), one member of a population ([`Point`], [`Path`]), how large an
//! estimate's error is ([`Estimate`]). Methods in `rare/`: [`splitting`], [`subset`], [`importance`],
//! [`plain`]; problems of known probability in [`known`], how the methods do on them in [`proof`]; a scenario
//! as a problem in [`descent`].
//!
//! A problem is a score over two kinds of chance: inputs, independent standard normals in a vector, and
//! noise that comes step by step. The event is a score of +∞, so no level can be passed without it and
//! reaching it passes them all.
//! A point holds no state but its history: the number of a run, and at which steps its noise took another
//! key. Whoever has the history has the flight, bit by bit; a branch flies its parent's beginning again.
//! That costs the part before the branch, and saves the memory of a lander a particle.
//!
//! Every method but [`plain`] is repeated in independent batches. The estimate is their mean, its interval
//! comes from how they scatter, and nothing is assumed about the correlation inside a batch.

pub mod descent;
pub mod importance;
pub mod kept;
pub mod known;
mod mixture;
pub mod page;
mod particle;
pub mod plain;
pub mod proof;
pub mod splitting;
pub mod subset;

use rayon::prelude::*;
use rig::statistics::{CONFIDENCE, clopper_pearson, student_t};
use serde::{Deserialize, Serialize};

/// What is estimated: the probability that the score becomes +∞.
pub trait Problem: Sync {
    /// Why a point cannot be flown.
    type Error: Send;

    /// How many independent standard normal inputs there are.
    fn inputs(&self) -> usize;

    /// Whether there is noise that comes step by step, so that a path can be forked.
    fn stepped(&self) -> bool;

    /// Flies a point: the same path for the same point.
    ///
    /// # Errors
    /// A point that cannot be flown.
    fn fly(&self, point: &Point) -> Result<Path, Self::Error>;
}

/// From a step on, noise of another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// Steps done before it.
    pub step: u64,
    /// The key, of 63 bits.
    pub key: u64,
}

/// Where the noise of a point comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Number of the run, never 0.
    pub run: u64,
    /// Its forks, at ascending steps.
    pub forks: Vec<Fork>,
}

/// One member of a population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Its inputs, standard normal.
    pub inputs: Vec<f64>,
    /// Its noise.
    pub history: History,
}

/// How the running score of a point rose: each new largest score, with the steps done by then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    records: Vec<(u64, f64)>,
    /// Whether the simulation left its range of validity on the way; the score counts as any other.
    pub invalid: bool,
}

impl Path {
    /// The path of a score that is known at once.
    pub fn at_once(score: f64) -> Self {
        Self { records: vec![(0, score)], invalid: false }
    }

    /// Notes the score after `step` steps; only a new largest one counts.
    pub fn note(&mut self, step: u64, score: f64) {
        if score > self.score() {
            self.records.push((step, score));
        }
    }

    /// The largest score so far; −∞ before the first.
    pub fn score(&self) -> f64 {
        self.records.last().map_or(f64::NEG_INFINITY, |record| record.1)
    }

    /// Steps done when the score was first above `level`.
    pub fn first_above(&self, level: f64) -> Option<u64> {
        let place = self.records.partition_point(|record| record.1 <= level);
        self.records.get(place).map(|record| record.0)
    }

    /// Whether the event came.
    pub fn failed(&self) -> bool {
        self.score() == f64::INFINITY
    }
}

/// How an estimate is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// [`splitting`].
    Splitting,
    /// [`subset`].
    Subset,
    /// [`importance`].
    Importance,
    /// [`plain`].
    Plain,
}

impl Method {
    /// As written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Splitting => "splitting",
            Self::Subset => "subset",
            Self::Importance => "importance",
            Self::Plain => "plain",
        }
    }

    /// Batches and particles of each that its intervals were found right with (`proof::CASES`); of plain counting,
    /// which is exact at any size, one that is soon done.
    pub fn usual_size(self) -> (u64, u64) {
        match self {
            Self::Splitting => (20, 100),
            Self::Subset => (16, 400),
            Self::Importance => (10, 200),
            Self::Plain => (10, 100),
        }
    }
}

/// How large an estimate shall be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Seed of every choice of the method.
    pub seed: u64,
    /// Independent batches, at least 2.
    pub batches: u64,
    /// Particles of one batch.
    pub particles: u64,
    /// Splitting: the fewest particles killed at a level.
    pub kill: u64,
    /// Splitting: moves of the inputs after each branching.
    pub moves: u64,
    /// Subset simulation: share of a population above the next level.
    pub share: f64,
    /// Importance sampling: particles of a batch in each stage before the last.
    pub pilot: u64,
}

impl Settings {
    /// A tenth above the next level [AuBeck2001]; one killed at a level; ten moves; half the particles, but no fewer than
    /// 100, to find the regions (assumed).
    pub fn new(seed: u64, batches: u64, particles: u64) -> Self {
        let pilot = (particles / 2).max(100);
        Self { seed, batches, particles, kill: 1, moves: 10, share: 0.1, pilot }
    }
}

/// A level that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The score.
    pub score: f64,
    /// Probability of a higher one, estimated.
    pub probability: f64,
}

/// What one batch amounts to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Its estimate.
    pub probability: f64,
    /// Runs it took.
    pub runs: u64,
    /// Runs in which the event came.
    pub failed: u64,
    /// Runs that left the simulation's range of validity.
    pub invalid: u64,
    /// No particle passed the last level: the estimate is 0, and the probability lies below its last level's.
    pub extinct: bool,
    /// First particles that those with the event descend from.
    pub families: u64,
    /// Share of moves taken.
    pub accepted: f64,
    /// Importance sampling: sum of the weights of the event, of their squares, and the largest.
    pub weights: [f64; 3],
    /// Levels passed, ascending.
    pub levels: Vec<Level>,
    /// Points with the event, a few.
    pub failures: Vec<Point>,
}

/// Points with the event kept of each batch.
const KEPT: usize = 20;

/// Below this a probability is not followed further: the event may be impossible.
const FLOOR: f64 = 1e-15;

/// An estimate, with all it takes to repeat and to doubt it.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// How it was made.
    pub method: Method,
    /// How large it was to be.
    pub settings: Settings,
    /// Runs it took, all told.
    pub runs: u64,
    /// The probability.
    pub probability: f64,
    /// Standard deviation of the estimate over the estimate; NaN without any event.
    pub cov: f64,
    /// Lower bound at 95 %.
    pub low: f64,
    /// Upper bound at 95 %.
    pub high: f64,
    /// Its batches.
    pub batches: Vec<Batch>,
    /// Importance sampling: effective number of events, and the largest share of one weight.
    pub weights: Option<Weights>,
}

/// How evenly the weights of importance sampling count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// (Σw)²/Σw² over runs with the event.
    pub effective: f64,
    /// Largest weight over their sum; an estimate above 0.05 rests on too few.
    pub largest_share: f64,
    /// Regions that runs were drawn around.
    pub regions: u64,
}

impl Estimate {
    /// From batches that are equally large, independent and unbiased.
    fn of_batches(method: Method, settings: &Settings, batches: Vec<Batch>) -> Self {
        let estimates: Vec<f64> = batches.iter().map(|batch| batch.probability).collect();
        let (probability, cov, mut low, mut high) = interval(&estimates);
        if probability == 0.0 {
            // Nothing above the last level: bounded there as if the last populations were independent.
            let n = settings.batches * settings.particles;
            let last = |batch: &Batch| batch.levels.last().map_or(1.0, |level| level.probability);
            let reached = batches.iter().map(last).sum::<f64>() / batches.len().max(1) as f64;
            (low, high) = (0.0, reached * clopper_pearson(0, n, CONFIDENCE).1);
        }
        let runs = batches.iter().map(|batch| batch.runs).sum();
        let (settings, weights) = (*settings, None);
        Self { method, settings, runs, probability, cov, low, high, batches, weights }
    }

    /// How many runs of plain Monte Carlo would give the same coefficient of variation.
    pub fn plain_runs(&self) -> f64 {
        (1.0 - self.probability) / (self.probability * self.cov * self.cov)
    }
}

/// Estimates by a method.
///
/// # Errors
/// A point that cannot be flown.
pub fn estimate<P: Problem>(
    method: Method,
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
) -> Result<Estimate, P::Error> {
    match method {
        Method::Splitting => splitting::estimate(problem, settings, desk),
        Method::Subset => subset::estimate(problem, settings, desk),
        Method::Importance => importance::estimate(problem, settings, desk),
        Method::Plain => plain::estimate(problem, settings, desk),
    }
}

/// Mean, its coefficient of variation and the interval of what independent estimates scatter around.
///
/// A product of many shares scatters as a log-normal variable does. With m and s² the mean and variance of the
/// logarithms of B estimates, ln p lies within m + s²/2 ± t √(s²/B + s⁴/(2 (B − 1))), t of B − 1 degrees: Cox's
/// interval [ZhouGao1997], with Student's t. It is the wider the more the estimates scatter, and does not lean
/// on the mean of a few large ones. With an estimate of 0 among them, which has no logarithm: t about the mean
/// itself, on the scale of its logarithm. The probability is the arithmetic mean in any case, which is without
/// bias where the estimates are.
pub fn interval(estimates: &[f64]) -> (f64, f64, f64, f64) {
    let n = estimates.len() as f64;
    let (mean, variance) = moments(estimates);
    if estimates.len() < 2 || mean <= 0.0 {
        return (mean, f64::NAN, 0.0, 1.0);
    }
    let cov = libm::sqrt(variance / n) / mean;
    let t = student_t(CONFIDENCE, n - 1.0);
    let (centre, half) = if estimates.contains(&0.0) {
        (libm::log(mean), t * cov)
    } else {
        let logarithms: Vec<f64> = estimates.iter().map(|x| libm::log(*x)).collect();
        let (m, s2) = moments(&logarithms);
        (m + 0.5 * s2, t * libm::sqrt(s2 / n + s2 * s2 / (2.0 * (n - 1.0))))
    };
    (mean, cov, libm::exp(centre - half), libm::exp(centre + half).min(1.0))
}

/// Mean and variance of a sample.
fn moments(sample: &[f64]) -> (f64, f64) {
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n.max(1.0);
    let square = |x: &f64| (x - mean) * (x - mean);
    (mean, sample.iter().map(square).sum::<f64>() / (n - 1.0).max(1.0))
}

/// Where an estimate's progress goes, and its batches when it may be stopped.
pub trait Desk: Sync {
    /// One more run is done.
    fn ran(&self) {}

    /// A batch of stage `stage` that is on file from before.
    fn kept(&self, stage: &str, batch: u64) -> Option<Batch> {
        let _ = (stage, batch);
        None
    }

    /// Puts a finished batch on file.
    fn keep(&self, stage: &str, batch: u64, done: &Batch) {
        let _ = (stage, batch, done);
    }
}

/// Nobody watches and nothing is kept.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Desk for Alone {}

/// Does every batch that is not on file, on the current `rayon` pool.
fn all_batches<E: Send>(
    stage: &str,
    count: u64,
    desk: &impl Desk,
    one: impl Fn(u64) -> Result<Batch, E> + Sync,
) -> Result<Vec<Batch>, E> {
    let batch = |number: u64| {
        if let Some(kept) = desk.kept(stage, number) {
            return Ok(kept);
        }
        let done = one(number)?;
        desk.keep(stage, number, &done);
        Ok(done)
    };
    (0..count).into_par_iter().map(batch).collect()
}

#[cfg(test)]
mod tests;
