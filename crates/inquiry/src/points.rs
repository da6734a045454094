//! An inquiry without telemetry: from a few published points.
//!
//! Owns: [`Told`] and the order of the steps. Does not own: the file (`file`), how well a flight agrees (`score`), causes and
//! their numbers (`draw`), what is made of the flights (`told`).
//! Method: simulated hypotheses. Flights with no cause, one or two of the library, their numbers and times drawn, each with
//! nature's and the map's dispersions, are weighed by how probable they make the points (`sampling`). A probability is a
//! share of the weights. How many independent flights these are worth is said beside it; where they are too few, nothing
//! is told.
//! Refuses: three causes at once; something that the library does not hold: points are too few to show it.

mod draw;
mod evidence;
mod file;
mod fly;
mod proposal;
mod sampling;
mod score;
mod sheet;
mod told;

pub use draw::Hypothesis;
pub use evidence::Weighed;
pub use file::{Event, Point, Points};
pub use sheet::{sheet, words};
pub use told::{Combination, Interval, Like, Share, Told, Track};

use crate::mission::{Mission, MissionError};
use crate::work::Work;
use draw::Space;
use fly::fly;
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
    let each = |hypothesis: &Hypothesis| -> Result<fly::Flight, ScenarioError> {
        let key = format!("point {head} {}", hypothesis.key(&space));
        let flight = work.once(&key, || fly(&mission, &space, hypothesis, points))?;
        let count = flown.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_multiple_of(10) {
            progress(&format!("{count} of {} flights", options.flights));
        }
        Ok(flight)
    };
    let drawn = sampling::sample(&space, options, &each)?;
    Ok(told::told(points, &space, &drawn, flown.load(Ordering::Relaxed)))
}

#[cfg(test)]
mod tests;
