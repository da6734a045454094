//! What the search asks of whatever is searched.

use super::space::{Dimension, Point};
use rig::scenario::ScenarioError;

/// What became of one trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Whether it failed in the way that is looked for.
    pub lost: bool,
    /// How far it stayed from failing, each way of failing on its own: 1 untouched, 0 at the edge. As many in
    /// every trial of a subject.
    pub margins: Vec<f64>,
    /// Equal for equal trials.
    pub digest: u64,
}

impl Trial {
    /// The least margin.
    pub fn near(&self) -> f64 {
        self.margins.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// Why a search stopped.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A flight could not start.
    #[error("a disturbed flight could not start: {what}")]
    Flight {
        /// What was disturbed.
        what: String,
        /// Why.
        #[source]
        reason: Box<ScenarioError>,
    },
    /// Nothing can be searched from a start that is lost already.
    #[error(
        "{file}: flown undisturbed, it ends as {outcome}: a search starts from a flight that {wanted}"
    )]
    LostAlready {
        /// The scenario.
        file: String,
        /// How it ended.
        outcome: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// A file of the search cannot be read or written.
    #[error("{file}: cannot be {done}")]
    File {
        /// The file.
        file: std::path::PathBuf,
        /// What was tried.
        done: &'static str,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// The folder holds the flights of another search.
    #[error("{file}: flights of another scenario, seed or program")]
    Foreign {
        /// The log.
        file: std::path::PathBuf,
    },
}

impl miette::Diagnostic for SearchError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            Self::Foreign { .. } => Some(Box::new(
                "--out names another folder; --fresh forgets what is there and flies everything anew",
            )),
            _ => None,
        }
    }
}

/// Something that can be disturbed and fails or does not.
pub trait Subject: Sync {
    /// What can be disturbed.
    fn dimensions(&self) -> &[Dimension];

    /// Tries one set of disturbances.
    ///
    /// # Errors
    /// A trial that cannot be made.
    fn trial(&self, point: &Point) -> Result<Trial, SearchError>;

    /// Whether the other configuration survives the same disturbances; `None` without another. Costs a trial.
    ///
    /// # Errors
    /// As [`Self::trial`].
    fn other_survives(&self, point: &Point) -> Result<Option<bool>, SearchError>;
}
