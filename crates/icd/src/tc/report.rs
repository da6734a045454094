//! What the lander answers to commands.

use super::{Header, Refusal};
use crate::time::Time;

/// Commands that the schedule holds at the most.
pub const SCHEDULE_MAX: usize = 16;

/// An answer to a command, or the report that one asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // there is no heap to put it on
pub enum Report {
    /// Read and taken up: PUS (1, 1).
    Accepted(Header),
    /// Not taken up: (1, 2).
    Refused(Header, Refusal),
    /// Begun: (1, 3).
    Started(Header),
    /// Not begun: (1, 4).
    NotStarted(Header, Refusal),
    /// Done: (1, 7).
    Completed(Header),
    /// Begun and not done: (1, 8).
    Failed(Header, Refusal),
    /// The answer to a ping: (17, 2).
    Alive,
    /// Value of a parameter: (20, 2).
    Parameter {
        /// Its number in [`super::PARAMETERS`].
        parameter: u8,
        /// The value in use.
        value: f64,
    },
    /// What is scheduled: (11, 13).
    Schedule {
        /// How many of `entries` count; the rest is default.
        count: u8,
        /// When, and which request, in the order in which they will be carried out.
        entries: [(Time, Header); SCHEDULE_MAX],
    },
}

impl Report {
    /// Service and subservice.
    pub const fn service(&self) -> (u8, u8) {
        match self {
            Self::Accepted(_) => (1, 1),
            Self::Refused(..) => (1, 2),
            Self::Started(_) => (1, 3),
            Self::NotStarted(..) => (1, 4),
            Self::Completed(_) => (1, 7),
            Self::Failed(..) => (1, 8),
            Self::Alive => (17, 2),
            Self::Parameter { .. } => (20, 2),
            Self::Schedule { .. } => (11, 13),
        }
    }
}
