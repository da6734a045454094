//! What the ground received: packets, read as far as they can be read.
//!
//! Owns: [`Evidence`]. Does not own: the packets (`icd::link`).

use icd::bus::Sensors;
use icd::events::Event;
use icd::tc::Report;
use icd::time::{Span, Time};

/// One cycle of the flight computer as it was downlinked.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// Counts the cycles since the start of the recording, those that were not received too.
    pub number: u32,
    /// The flight software was powered up in this cycle.
    pub powered_up: bool,
    /// What it read.
    pub sensors: Sensors,
}

/// One list of parameters as received: time of its snapshot, number of the list, its octets (`icd::link::packet::values`).
#[derive(Clone, Debug, PartialEq)]
pub struct Housekeeping {
    /// Time of the snapshot.
    pub t: Time,
    /// Number of the list in `icd::tm::LISTS`.
    pub list: u8,
    /// Its octets.
    pub data: Vec<u8>,
}

/// A stretch of time of which cycles were not received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Place in [`Evidence::cycles`] of the first cycle after it.
    pub before: usize,
    /// Time of the last cycle before it and of the first after it.
    pub between: (Time, Time),
    /// Cycles that were computed and not received; 0 when the computer was down.
    pub lost: u32,
}

/// What was wrong with the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Octets of the file.
    pub octets: u64,
    /// Octets that belong to no packet that could be read.
    pub skipped: u64,
    /// Packets that were read.
    pub packets: u64,
    /// Packets whose check sequence or content was wrong.
    pub damaged: u64,
    /// Packets missing by their sequence counts.
    pub missing: u64,
    /// Packets that came again.
    pub repeated: u64,
    /// Packets that had to be put back into their order.
    pub reordered: u64,
    /// Offset of the times of packets against those of the cycles within, as far as it exceeds one packet, s: a clock on the
    /// way that is wrong.
    pub skew: Span,
}

/// All that was received, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Cycles, each once, ascending by number.
    pub cycles: Vec<Cycle>,
    /// Lists of parameters.
    pub lists: Vec<Housekeeping>,
    /// Events.
    pub events: Vec<(Time, Event)>,
    /// Answers to commands.
    pub answers: Vec<(Time, Report)>,
    /// Stretches without cycles.
    pub gaps: Vec<Gap>,
    /// What was wrong with the file.
    pub damage: Damage,
}

impl Evidence {
    /// Time of the first cycle; of the first anything where no cycle was received.
    pub fn start(&self) -> Option<Time> {
        let first = self.cycles.first().map(|cycle| cycle.sensors.t);
        first.or_else(|| self.lists.first().map(|list| list.t))
    }

    /// Time of the last sign of life.
    pub fn end(&self) -> Option<Time> {
        let last = self.cycles.last().map(|cycle| cycle.sensors.t);
        let list = self.lists.last().map(|list| list.t);
        let event = self.events.last().map(|(t, _)| *t);
        last.max(list).max(event)
    }
}
