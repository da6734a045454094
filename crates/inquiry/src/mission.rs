//! What the mission knew of itself before the flight: its models, its plan, what it had uploaded.
//!
//! Owns: [`Mission`]. Does not own: the scenario's keys (`rig::scenario`).
//! Of a mission's file the faults are struck out, and seed and run mean nothing here: what nature drew is for the
//! evidence to say.

use flight::load::image::{self, Refused};
use flight::load::{Load, NavStart};
use rig::load::nav_start;
use rig::scenario::{REFERENCE_RUN, Scenario, ScenarioError};
use rig::stand::Stand;
use std::path::{Path, PathBuf};

/// What the mission knew of itself.
pub struct Mission {
    /// The mission as planned, nothing broken; run 0 of it draws nothing.
    pub stand: Stand,
    /// What was uploaded.
    pub load: Box<Load>,
    /// Where navigation was told to start.
    pub nav: NavStart,
    /// Whether load and start are those that were uploaded; else they are made from the plan, and a replay cannot be
    /// bit-exact.
    pub uploaded: bool,
}

/// Why there is no mission to compare with.
#[derive(Debug, thiserror::Error)]
pub enum MissionError {
    /// The mission's file cannot be used.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
    /// The image of the load cannot be read.
    #[error("{file}: cannot be read")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// The file is not an image of a load.
    #[error("{file}: not the image of a load: {refused:?}")]
    NotALoad {
        /// The file.
        file: PathBuf,
        /// Why.
        refused: Refused,
    },
}

impl From<ScenarioError> for MissionError {
    fn from(reason: ScenarioError) -> Self {
        Self::Scenario(Box::new(reason))
    }
}

impl Mission {
    /// The mission of a checked scenario; `uploaded`: file with the image of the load, written by a flight as
    /// `uploaded.load`.
    ///
    /// # Errors
    /// A scenario that cannot be set up; an image that is not one.
    pub fn of(scenario: &Scenario, uploaded: Option<&Path>) -> Result<Self, MissionError> {
        let stand = Stand::new(scenario.with_faults(Vec::new()))?;
        let Some(file) = uploaded else {
            let load = stand.load(REFERENCE_RUN);
            let nav = nav_start(&stand.scenario, &stand.planned_start(), REFERENCE_RUN);
            return Ok(Self { stand, load, nav, uploaded: false });
        };
        let octets = std::fs::read(file)
            .map_err(|reason| MissionError::Unreadable { file: file.to_path_buf(), reason })?;
        let (load, nav) = image::unpack(&octets)
            .map_err(|refused| MissionError::NotALoad { file: file.to_path_buf(), refused })?;
        Ok(Self { stand, load: Box::new(load), nav, uploaded: true })
    }
}
