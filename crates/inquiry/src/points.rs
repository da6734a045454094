//! An inquiry without telemetry: from a few published points.
//!
//! Owns: [`Told`] and the order of the steps. Does not own: the file (`file`), how well a flight agrees (`score`), causes and
//! their numbers (`draw`), what is made of the flights (`told`).
//! Method: simulated hypotheses. Flights with no cause, one or two of the library, their numbers and times drawn, each with
//! nature's and the map's dispersions of its own, are weighted by how probable they make the points. Few flights drawn
//! from the prior come near two points, so rounds follow: each draws around the flights that came nearest so far, first
//! against widened uncertainties, then against the points' own (population Monte Carlo [Beaumont2009]). The flights of
//! the last rounds are weighted by prior × likelihood over the density of their own round:
//!     w = P(causes) φ(z) L / q_r(causes, z)
//! A probability is a share of the weights. How many equal flights these are worth is said beside it (Kish's effective
//! number, (Σ w)²/Σ w²).
//! Refuses: three causes at once; something that the library does not hold: points are too few to show it.

mod draw;
mod file;
mod fly;
mod score;
mod sheet;
mod told;

pub use draw::Hypothesis;
pub use file::{Event, Point, Points};
pub use sheet::sheet;
pub use told::{Combination, Interval, Like, Share, Told, Track};

use crate::mission::{Mission, MissionError};
use crate::work::Work;
use draw::{Proposal, Space};
use fly::{Flight, fly};
use rayon::prelude::*;
use rig::scenario::ScenarioError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much is flown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Flights in all.
    pub flights: usize,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// Share of the flights that are drawn from the prior in the first round.
const FIRST: f64 = 0.3;
/// By how much the points' uncertainties are widened in the rounds that follow.
pub(crate) const WIDENED: [f64; 6] = [8.0, 5.0, 3.0, 1.7, 1.0, 1.0];

/// From this round on flights count for the result: half of them.
pub(crate) const COUNTED: usize = 4;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum PointsError {
    /// The mission cannot be set up.
    #[error(transparent)]
    Mission(#[from] MissionError),
    /// A flight cannot be flown.
    #[error(transparent)]
    Flight(Box<ScenarioError>),
}

impl From<ScenarioError> for PointsError {
    fn from(reason: ScenarioError) -> Self {
        Self::Flight(Box::new(reason))
    }
}

/// One hypothesis flown, with what it was drawn from.
pub(crate) struct Drawn {
    pub round: usize,
    pub hypothesis: Hypothesis,
    pub flight: Flight,
}

/// Flies hypotheses and says what the points tell.
///
/// - `work`: what was flown before is not flown again.
/// - `progress`: told now and then, from any thread.
///
/// # Errors
/// A mission that cannot be set up or flown.
pub fn investigate(
    points: &Points,
    options: &Options,
    work: &Work,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Told, PointsError> {
    let mission = Mission::of(&points.mission, None)?;
    let space = Space::of(&mission);
    let head = format!("{} {}", mission.stand.scenario.hash(), points.canonical);
    let flown = AtomicUsize::new(0);
    let (mut drawn, mut proposals) = (Vec::<Drawn>::new(), Vec::<Proposal>::new());
    let first = (options.flights as f64 * FIRST) as usize;
    let rest = (options.flights - first).div_ceil(WIDENED.len());
    for round in 0..=WIDENED.len() {
        let left = options.flights.saturating_sub(drawn.len());
        let (count, proposal) = match round {
            0 => (first, Proposal::prior()),
            _ => (rest.min(left), Proposal::around(&drawn, &proposals, &space, round - 1)),
        };
        let base = drawn.len();
        let hypotheses: Vec<Hypothesis> =
            (base..base + count).map(|n| proposal.draw(&space, options.seed, n as u64)).collect();
        let flights = hypotheses.into_par_iter().enumerate().map(|(n, hypothesis)| {
            let run = (base + n + 1) as u64;
            let key = format!("point {head} {} run {run}", hypothesis.key(&space));
            let flight = work.once(&key, || fly(&mission, &space, &hypothesis, points, run))?;
            let count = flown.fetch_add(1, Ordering::Relaxed) + 1;
            if count.is_multiple_of(10) {
                let what = format!("{count} of {} flights, round {round}", options.flights);
                progress(&what);
            }
            Ok(Drawn { round, hypothesis, flight })
        });
        drawn.extend(flights.collect::<Result<Vec<Drawn>, ScenarioError>>()?);
        proposals.push(proposal);
    }
    Ok(told::told(points, &space, &drawn, &proposals))
}

#[cfg(test)]
mod tests;
