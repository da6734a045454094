//! How the estimators do where the probability is known.
//!
//! Owns: [`CASES`], [`repeat`], [`Score`]. Each case is one method on one problem; it is repeated with other seeds,
//! and what counts is how often the 95 % interval covers the truth, whether the mean is right, and how many runs
//! it took against plain Monte Carlo. The same code serves the tests (fewer repetitions) and
//! `cargo run --release -p frigoris-campaign --example estimators` (a thousand).

use super::known::{Plane, Pulled, Ruin, TwoRegions};
use super::{Alone, Batch, Estimate, Method, Problem, Settings, estimate, plain};
use rayon::prelude::*;
use rig::random::Stream;
use std::convert::Infallible;

/// Probabilities asked for.
pub const PROBABILITIES: [f64; 4] = [1e-2, 1e-4, 1e-5, 1e-6];

/// A problem of known probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// [`Plane`] of five inputs.
    Plane,
    /// [`TwoRegions`] of five inputs.
    TwoRegions,
    /// [`Ruin`], all ties.
    Ruin,
    /// [`Pulled`] out on either side within 60 steps.
    Pulled,
}

impl Known {
    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plane => "one region, 5 inputs",
            Self::TwoRegions => "two separate regions, 5 inputs",
            Self::Ruin => "gambler's walk, all ties",
            Self::Pulled => "pulled state, out on either side",
        }
    }
}

/// A method on a problem, and how large.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The method.
    pub method: Method,
    /// The problem.
    pub known: Known,
    /// Batches and particles of each at the [`PROBABILITIES`].
    pub size: [(u64, u64); 4],
}

const fn case(method: Method, known: Known, size: [(u64, u64); 4]) -> Case {
    Case { method, known, size }
}

/// Every method on every problem it can be used on.
pub const CASES: [Case; 12] = [
    case(
        Method::Plain,
        Known::Plane,
        [(10, 4_000), (10, 400_000), (10, 4_000_000), (10, 40_000_000)],
    ),
    case(
        Method::Plain,
        Known::TwoRegions,
        [(10, 4_000), (10, 400_000), (10, 4_000_000), (10, 40_000_000)],
    ),
    case(Method::Splitting, Known::Plane, [(16, 50); 4]),
    case(Method::Splitting, Known::TwoRegions, [(16, 50); 4]),
    case(Method::Splitting, Known::Ruin, [(20, 100); 4]),
    case(Method::Splitting, Known::Pulled, [(20, 100); 4]),
    case(Method::Subset, Known::Plane, [(16, 400); 4]),
    case(Method::Subset, Known::TwoRegions, [(16, 400); 4]),
    case(Method::Subset, Known::Ruin, [(16, 400); 4]),
    case(Method::Subset, Known::Pulled, [(16, 400); 4]),
    case(Method::Importance, Known::Plane, [(10, 200); 4]),
    case(Method::Importance, Known::TwoRegions, [(10, 200); 4]),
];

/// What many repetitions of a case showed.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// Repetitions.
    pub repetitions: u64,
    /// Of these, intervals that cover the truth.
    pub covered: u64,
    /// Mean estimate over the truth, and its standard error.
    pub mean: f64,
    /// Standard error of [`Self::mean`].
    pub error: f64,
    /// Standard deviation of one estimate over the truth.
    pub scatter: f64,
    /// Mean of the coefficient of variation that each estimate claims.
    pub claimed: f64,
    /// Mean runs of one estimate.
    pub runs: f64,
    /// Runs of plain Monte Carlo with the same scatter, over those.
    pub gain: f64,
}

/// Repeats a case at [`PROBABILITIES`]`[which]`.
pub fn repeat(case: &Case, which: usize, repetitions: u64, first_seed: u64) -> Score {
    let p = PROBABILITIES[which];
    let (batches, particles) = case.size[which];
    let settings = |seed| Settings::new(first_seed + seed, batches, particles);
    let all: Vec<Estimate> = (0..repetitions)
        .into_par_iter()
        .map(|seed| match (case.method, case.known) {
            (Method::Plain, _) if which > 0 => by_gaps(p, &settings(seed)),
            (_, Known::Plane) => one(case.method, &Plane::of(p, 5), &settings(seed)),
            (_, Known::TwoRegions) => one(case.method, &TwoRegions::of(p, 5), &settings(seed)),
            (_, Known::Ruin) => {
                let walk = Ruin { seed: first_seed + seed, ..Ruin::of(p, [8, 14, 17, 20][which]) };
                one(case.method, &walk, &settings(seed))
            }
            (_, Known::Pulled) => {
                let state = Pulled { seed: first_seed + seed, ..pulled(which) };
                one(case.method, &state, &settings(seed))
            }
        })
        .collect();
    score(&all, p)
}

/// The pulled state at one of [`PROBABILITIES`]: solved for once.
fn pulled(which: usize) -> Pulled {
    static SOLVED: std::sync::OnceLock<[Pulled; 4]> = std::sync::OnceLock::new();
    SOLVED.get_or_init(|| PROBABILITIES.map(|p| Pulled::of(p, 0.95, 60)))[which]
}

fn one(
    method: Method,
    problem: &impl Problem<Error = Infallible>,
    settings: &Settings,
) -> Estimate {
    match estimate(method, problem, settings, &Alone) {
        Ok(done) => done,
        Err(never) => match never {},
    }
}

/// Plain Monte Carlo without the runs in which nothing happens: the gaps between events are geometric.
fn by_gaps(p: f64, settings: &Settings) -> Estimate {
    let batch = |number: u64| {
        let mut chance = Stream::new(settings.seed, number, "proof.gaps");
        let (mut done, mut at) = (Batch { runs: settings.particles, ..Batch::default() }, 0.0);
        loop {
            at += 1.0 + libm::floor(libm::log(1.0 - chance.uniform()) / libm::log1p(-p));
            if at > settings.particles as f64 {
                break;
            }
            done.failed += 1;
        }
        done
    };
    plain::counted(settings, (0..settings.batches).map(batch).collect())
}

fn score(all: &[Estimate], p: f64) -> Score {
    let n = all.len() as f64;
    let mean_of = |read: &dyn Fn(&Estimate) -> f64| all.iter().map(read).sum::<f64>() / n;
    let mean = mean_of(&|e| e.probability / p);
    let square = |e: &Estimate| (e.probability / p - mean) * (e.probability / p - mean);
    let scatter = libm::sqrt(mean_of(&square) * n / (n - 1.0));
    let runs = mean_of(&|e| e.runs as f64);
    Score {
        repetitions: all.len() as u64,
        covered: all.iter().filter(|e| e.low <= p && p <= e.high).count() as u64,
        mean,
        error: scatter / libm::sqrt(n),
        scatter,
        claimed: mean_of(&|e| e.cov),
        runs,
        gain: (1.0 - p) / (p * scatter * scatter) / runs,
    }
}
