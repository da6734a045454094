//! One inquiry from beginning to end.
//!
//! Owns: the order of the steps, [`investigate`]. Does not own: any of them.

use crate::evidence::Evidence;
use crate::explanation::Explained;
use crate::finding::{Finding, Trust};
use crate::mission::Mission;
use crate::replayed::Replayed;
use crate::trajectory::Trajectory;
use crate::work::WorkError;
use rig::scenario::ScenarioError;
use std::path::PathBuf;

/// How an inquiry is conducted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where its journal is kept; nothing is kept without.
    pub folder: Option<PathBuf>,
    /// The program's code version (`campaign::code`), for the journal.
    pub code: String,
    /// Few flights and no counterfactuals: for many inquiries at once.
    pub quick: bool,
}

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The flight software again.
    Replay,
    /// How the readings come.
    Streams,
    /// The motion.
    Trajectory,
    /// How all readings fit one motion.
    Motion,
    /// How the machine answers its commands.
    Thrust,
    /// Findings put together and flown again.
    Explanation,
    /// What would have saved the lander.
    Counterfactuals,
}

impl Step {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Replay => "flight software again",
            Self::Streams => "how the readings come",
            Self::Trajectory => "best-estimated trajectory",
            Self::Motion => "one motion under all readings",
            Self::Thrust => "answers to commands",
            Self::Explanation => "explanations, flown again",
            Self::Counterfactuals => "what would have saved it",
        }
    }
}

/// How far an inquiry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The step at work.
    pub step: Step,
    /// What of it was done last; empty at its beginning.
    pub what: String,
}

/// Why there is no inquiry.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// The mission cannot be flown.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
    /// The journal cannot be kept.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<ScenarioError> for InquiryError {
    fn from(reason: ScenarioError) -> Self {
        Self::Scenario(Box::new(reason))
    }
}

/// One inquiry, finished.
pub struct Inquiry {
    /// What was known.
    pub mission: Mission,
    /// What was received.
    pub evidence: Evidence,
    /// The flight software again.
    pub replayed: Replayed,
    /// The motion.
    pub trajectory: Trajectory,
    /// Readings that mean nothing, and how noisy the others are.
    pub trust: Trust,
    /// What each channel says.
    pub findings: Vec<Finding>,
    /// What happened.
    pub explained: Explained,
}

/// Conducts an inquiry.
///
/// - `progress`: called from any thread.
///
/// # Errors
/// A mission that cannot be flown; a journal that cannot be kept. Evidence that is empty or damaged is no error: the
/// inquiry says what can still be said.
pub fn investigate(
    mission: Mission,
    evidence: Evidence,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Inquiry, InquiryError> {
    let _ = options;
    progress(Progress { step: Step::Replay, what: String::new() });
    let (replayed, trajectory) = (Replayed::default(), Trajectory::default());
    let (trust, findings, explained) = (Trust::default(), Vec::new(), Explained::default());
    Ok(Inquiry { mission, evidence, replayed, trajectory, trust, findings, explained })
}
