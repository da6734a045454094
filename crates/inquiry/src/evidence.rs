//! What the ground received: packets, read as far as they can be read.
//!
//! Owns: [`Evidence`]. Does not own: the packets (`icd::link`).
//! As programmed: packets are found one after the other, after damage by the next header whose check sequence is good
//! (`packets`); each is taken once and put where its sequence count says (`order`); cycles stand in the order of their own
//! numbers, and where the clock leaps the numbers say what time it is (`clock`).
//! Refuses: frames; repair of a packet whose check sequence is wrong.

mod clock;
mod order;
mod packets;
#[cfg(test)]
mod tests;

use icd::bus::Sensors;
use icd::events::Event;
use icd::link::packet::{Packet, values};
use icd::link::raw;
use icd::tc::Report;
use icd::time::{Span, Time};
use icd::tm::layouts;
use std::path::{Path, PathBuf};

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
    /// The file ends within a packet.
    pub cut: bool,
    /// Octets that belong to no packet that could be read.
    pub skipped: u64,
    /// Packets that were read.
    pub packets: u64,
    /// Stretches of octets that are no packet, and packets of good check sequence whose content cannot be.
    pub damaged: u64,
    /// Packets missing by their sequence counts.
    pub missing: u64,
    /// Packets that came again.
    pub repeated: u64,
    /// Packets that had to be put back into their order.
    pub reordered: u64,
    /// Largest offset of the time of a packet against that of the last cycle within: a clock on the way that is wrong. Zero
    /// within the time code's digits. Times of lists, events and answers are corrected by it.
    pub skew: Span,
}

/// A recording that begins so much earlier or later than its mission is of another one. Assumed.
const ANOTHER: Span = Span::from_ms(86_400_000);

/// The on-board clock leapt, or, before the first cycle, was wrong all along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leap {
    /// Place in [`Evidence::cycles`] of the first cycle after it.
    pub before: usize,
    /// By how much, forward positive; times here are put back by it.
    pub by: Span,
}

/// Why there is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The file cannot be read.
    #[error("{file}: cannot be read")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
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
    /// Leaps of the on-board clock.
    pub leaps: Vec<Leap>,
    /// What was wrong with the file.
    pub damage: Damage,
}

impl Evidence {
    /// Reads a file of packets.
    ///
    /// # Errors
    /// What the operating system refuses. What the file holds is no error, see [`Self::read`].
    pub fn of_file(file: &Path) -> Result<Self, EvidenceError> {
        let octets = std::fs::read(file)
            .map_err(|reason| EvidenceError::Unreadable { file: file.to_path_buf(), reason })?;
        Ok(Self::read(&octets))
    }

    /// Reads packets, whatever state they are in: what cannot be read is counted.
    pub fn read(octets: &[u8]) -> Self {
        let scan = packets::scan(octets);
        let ordered = order::in_order(scan.found);
        let mut out = Self {
            damage: Damage {
                octets: octets.len() as u64,
                cut: scan.cut,
                skipped: scan.skipped,
                packets: ordered.packets.len() as u64,
                damaged: scan.damaged,
                missing: ordered.missing,
                repeated: ordered.repeated,
                reordered: ordered.reordered,
                skew: Span::default(),
            },
            ..Self::default()
        };
        out.damage.damaged += out.take_cycles(&ordered.packets);
        let leaps = clock::straighten(&mut out.cycles);
        let offsets = clock::offsets(&ordered.packets, &out.cycles);
        (out.gaps, out.leaps) = (clock::gaps(&out.cycles), leaps);
        out.damage.skew = offsets.skew;
        out.take_others(&ordered.packets, &offsets);
        out
    }

    /// Puts all times back to a mission whose first cycle is at `start`, where the very first cycle was received at another
    /// time by less than [`ANOTHER`]: the clock was wrong all along. Told as a leap before the first cycle.
    pub fn align(&mut self, start: Time) {
        let first = self.cycles.first().filter(|first| first.number == 0);
        let Some(by) = first.map(|first| first.sensors.t - start) else { return };
        if by.ns() == 0 || by.ns().saturating_abs() > ANOTHER.ns() {
            return;
        }
        let back = |t: &mut Time| *t = clock::back(*t, by.ns());
        self.cycles.iter_mut().for_each(|cycle| clock::put_back(&mut cycle.sensors, by.ns()));
        self.lists.iter_mut().for_each(|list| back(&mut list.t));
        self.events.iter_mut().for_each(|(t, _)| back(t));
        self.answers.iter_mut().for_each(|(t, _)| back(t));
        for Gap { between: (from, to), .. } in &mut self.gaps {
            back(from);
            back(to);
        }
        self.leaps.insert(0, Leap { before: 0, by });
    }

    /// Cycles by their numbers, each once. Returns how many packets contradict others or themselves.
    fn take_cycles(&mut self, packets: &[order::Placed<'_>]) -> u64 {
        let raw = || {
            packets.iter().filter_map(|placed| match placed.found.packet {
                Packet::Raw { data, .. } => Some(data),
                _ => None,
            })
        };
        let mut damaged = 0;
        self.cycles.reserve_exact(raw().map(|data| raw::cycles(data).count()).sum());
        for cycle in raw().flat_map(raw::cycles) {
            match cycle {
                Ok(raw::Cycle { number, powered_up, sensors }) => {
                    self.cycles.push(Cycle { number, powered_up, sensors });
                }
                Err(_) => damaged += 1,
            }
        }
        if !self.cycles.is_sorted_by_key(|cycle| cycle.number) {
            self.cycles.sort_by_key(|cycle| cycle.number);
        }
        self.cycles.dedup_by(|again, first| {
            let same = again.number == first.number;
            damaged += u64::from(same && again != first);
            same
        });
        damaged
    }

    /// Everything beside the cycles, at the time by the clock of the cycles.
    fn take_others(&mut self, packets: &[order::Placed<'_>], offsets: &clock::Offsets) {
        for placed in packets {
            let t = clock::snap(&self.cycles, offsets.correct(placed, placed.found.t));
            match placed.found.packet {
                Packet::Housekeeping { list, data, .. } => {
                    self.lists.push(Housekeeping { t, list, data: data.to_vec() });
                }
                Packet::Event { event, .. } => self.events.push((t, event)),
                Packet::Report { report, .. } => self.answers.push((t, report)),
                Packet::Raw { .. } => {}
            }
        }
        self.lists.sort_by_key(|list| list.t);
        self.events.sort_by_key(|(t, _)| *t);
        self.answers.sort_by_key(|(t, _)| *t);
    }

    /// All values of one parameter that were downlinked, in the order of time. Empty for a key that no list holds.
    pub fn series(&self, key: &str) -> Vec<(Time, f64)> {
        let mut places = [None; 256];
        for layout in layouts() {
            let place = layout.lines().position(|line| line.key == key);
            if let Some(slot) = places.get_mut(usize::from(layout.id())) {
                *slot = place;
            }
        }
        let value = |own: &Housekeeping| {
            let place = (*places.get(usize::from(own.list))?)?;
            values(own.list, &own.data).nth(place).map(|(_, value)| (own.t, value))
        };
        self.lists.iter().filter_map(value).collect()
    }

    /// What was received until `t`, that included.
    pub fn until(&self, t: Time) -> Self {
        let cycles = self.cycles.partition_point(|cycle| cycle.sensors.t <= t);

        Self {
            cycles: self.cycles[..cycles].to_vec(),
            lists: self.lists.iter().filter(|list| list.t <= t).cloned().collect(),
            events: self.events.iter().filter(|(own, _)| *own <= t).copied().collect(),
            answers: self.answers.iter().filter(|(own, _)| *own <= t).copied().collect(),
            gaps: self.gaps.iter().filter(|gap| gap.before < cycles).copied().collect(),
            leaps: self.leaps.iter().filter(|leap| leap.before < cycles).copied().collect(),
            damage: self.damage,
        }
    }

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
