//! The flight software run again on what it had read: what it commanded, believed and announced, cycle by cycle.
//!
//! Owns: [`Replayed`]. Does not own: the flight software.

use icd::bus::{ASSIST_ENGINES, JETS};
use icd::events::Event;
use icd::time::Time;
use icd::tm::{Phase, Snapshot};

/// What was commanded in one cycle; one for each of `Evidence::cycles`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commanded {
    /// Time at which it takes effect.
    pub t: Time,
    /// First cycle of a pulse frame: the widths are new and start now.
    pub new_frame: bool,
    /// Main engine valve.
    pub main_open: bool,
    /// Width of each assist engine's pulse in this frame, µs.
    pub assist_on_us: [u32; ASSIST_ENGINES],
    /// Width of each jet's pulse in this frame, µs.
    pub jet_on_us: [u32; JETS],
    /// Phase that the flight software was in after the cycle.
    pub phase: Phase,
}

/// Where replay and downlink part, or why there is no more to compare.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Everything received is bit-exact.
    Whole,
    /// Bit-exact up to a gap; from there on the state is the downlinked one no more, and estimates of the replay are marked
    /// as such.
    Gap(Time),
    /// Something downlinked is not what the replay gives: time, key, downlinked, replayed.
    Differs(Time, String, String, String),
    /// No load as uploaded: the replay follows the flight only roughly.
    OtherLoad,
}

/// The flight software's own account, made again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    /// One for each cycle of the evidence, in order.
    pub commanded: Vec<Commanded>,
    /// Snapshots at the pulse frame rate, as the flight software sampled them.
    pub snapshots: Vec<Snapshot>,
    /// Events with their times.
    pub events: Vec<(Time, Event)>,
    /// How the comparison ended; `None` when there was nothing to replay.
    pub end: Option<End>,
    /// Lists of parameters compared.
    pub compared: u64,
}
