//! What the backup path knows of the flight software.

use icd::tm::Snapshot;

/// The last snapshot that the backup path was shown. It has its own memory: when the computer is down it goes on sending
/// this, and says how old it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latched<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// Its age, s.
    pub age_s: f64,
}
