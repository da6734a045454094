//! The flight software fed from a recorded descent: a hash of all it says, and what its steps cost.
//!
//! Owns: the tape's layout, the hash, the counts by phase. The same on every processor.
//! Does not own: the tape (`crates/rig/examples/tape.rs` makes it), how instructions are counted.
//! The tape, big-endian: octets of the load's image (4), the image (`flight::load::image`), octets of the
//! packets (4), the packets: the raw cycles of the descent (`icd::link::raw`), in order.
//! The hash is FNV-1a of 64 bits [FNV]. Into it goes, for each cycle, every valve command and every event
//! packet; and at each new snapshot every parameter's double and every housekeeping packet.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use core::fmt;
use flight::Flight;
use flight::load::image::{self, Refused};
use icd::bus::Actuators;
use icd::link::packet::{self, PACKET_MAX, Packet};
use icd::link::raw;
use icd::time::Time;
use icd::tm::{self, Phase};

/// Why a tape cannot be flown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is shorter than it says.
    Short,
    /// Its load is refused.
    Load(Refused),
    /// The raw packet at this offset cannot be read.
    Packet(usize),
    /// This cycle is missing, or its reader found it damaged.
    Cycle(u32),
}

/// What the steps that ended in one phase cost, in the counter's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Steps.
    pub steps: u64,
    /// Sum over them.
    pub sum: u64,
    /// The most that one took.
    pub worst: u64,
}

/// What a descent amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Over all that the flight software said.
    pub hash: u64,
    /// Snapshots in it.
    pub snapshots: u64,
    /// Events in it.
    pub events: u64,
    /// By phase, in the order of [`Phase::ALL`].
    pub costs: [Cost; Phase::ALL.len()],
}

/// Lines of `key value` and `phase name|steps|mean|worst`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "hash {:016x}", self.hash)?;
        writeln!(f, "snapshots {}", self.snapshots)?;
        writeln!(f, "events {}", self.events)?;
        let mut all = Cost::default();
        for (phase, cost) in Phase::ALL.iter().zip(&self.costs).filter(|(_, cost)| cost.steps > 0) {
            line(f, phase.name(), cost)?;
            all.steps += cost.steps;
            all.sum += cost.sum;
            all.worst = all.worst.max(cost.worst);
        }
        line(f, "all", &all)
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, cost: &Cost) -> fmt::Result {
    let mean = (cost.sum + cost.steps / 2) / cost.steps.max(1);
    writeln!(f, "phase {name}|{}|{mean}|{}", cost.steps, cost.worst)
}

/// Flies a tape.
///
/// - `counter`: instructions so far; read before and after each step, and nothing else is counted.
///
/// # Errors
/// A tape that is not whole.
pub fn run(tape: &[u8], mut counter: impl FnMut() -> u64) -> Result<Summary, Trouble> {
    let (image, rest) = section(tape)?;
    let (mut packets, _) = section(rest)?;
    let (load, start) = image::unpack(image).map_err(Trouble::Load)?;
    let mut flight = Flight::new(&load, &start);
    let mut said = Said { hash: Hash(0xCBF2_9CE4_8422_2325), snapshots: 0, events: 0 };
    let mut costs = [Cost::default(); Phase::ALL.len()];
    let (mut at, mut expected) = (0, 0);
    while !packets.is_empty() {
        let Ok((Packet::Raw { data, .. }, octets)) = packet::decode(packets) else {
            return Err(Trouble::Packet(at));
        };
        for cycle in raw::cycles(data) {
            let cycle = cycle.ok().filter(|cycle| cycle.number == expected);
            let raw::Cycle { sensors, powered_up, .. } = cycle.ok_or(Trouble::Cycle(expected))?;
            if powered_up && expected > 0 {
                flight = flight.restarted(&start, sensors.t);
            }
            expected += 1;
            let before = counter();
            let actuators = flight.step(&sensors);
            let took = counter().wrapping_sub(before);
            if let Some(cost) = costs.get_mut(flight.down().phase as usize) {
                cost.steps += 1;
                cost.sum += took;
                cost.worst = cost.worst.max(took);
            }
            said.add(&flight, &actuators, sensors.t);
        }
        packets = packets.get(octets..).unwrap_or(&[]);
        at += octets;
    }
    let Said { hash: Hash(hash), snapshots, events } = said;
    Ok(Summary { hash, snapshots, events, costs })
}

/// The octets that the next four count, and what follows them.
fn section(tape: &[u8]) -> Result<(&[u8], &[u8]), Trouble> {
    let (octets, rest) = tape.split_first_chunk().ok_or(Trouble::Short)?;
    let octets = usize::try_from(u32::from_be_bytes(*octets)).map_err(|_| Trouble::Short)?;
    rest.split_at_checked(octets).ok_or(Trouble::Short)
}

/// What the flight software has said so far.
struct Said {
    hash: Hash,
    snapshots: u64,
    events: u64,
}

impl Said {
    /// One cycle, which began at `t`.
    fn add(&mut self, flight: &Flight<'_>, actuators: &Actuators, t: Time) {
        let mut out = [0; PACKET_MAX];
        self.hash.add(&actuators.t.tai_ns().to_be_bytes());
        self.hash.add(&[u8::from(actuators.new_frame), u8::from(actuators.main_open)]);
        for us in actuators.assist_on_us.iter().chain(&actuators.jet_on_us) {
            self.hash.add(&us.to_be_bytes());
        }
        for event in flight.events() {
            self.events += 1;
            let octets = packet::event(*event, t, 0, &mut out);
            self.hash.add(out.get(..octets).unwrap_or(&[]));
        }
        let snapshot = flight.down();
        if snapshot.t != t {
            return;
        }
        self.snapshots += 1;
        for list in tm::LISTS {
            for parameter in list.parameters {
                self.hash.add(&(parameter.read)(snapshot).to_bits().to_be_bytes());
            }
            let octets = packet::housekeeping(list, snapshot, 0, &mut out);
            self.hash.add(out.get(..octets).unwrap_or(&[]));
        }
    }
}

/// FNV-1a, 64 bits.
struct Hash(u64);

impl Hash {
    fn add(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = (self.0 ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // [FNV], test vectors of 64-bit FNV-1a: the empty string, "a", "foobar".
        let hash = |text: &str| {
            let mut hash = Hash(0xCBF2_9CE4_8422_2325);
            hash.add(text.as_bytes());
            hash.0
        };
        assert_eq!(hash(""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(hash("a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(hash("foobar"), 0x8594_4171_F739_67E8);
    }

    #[test]
    fn a_tape_that_is_not_whole_is_refused() {
        assert_eq!(run(&[0, 0, 0], || 0), Err(Trouble::Short));
        assert_eq!(run(&[0, 0, 0, 2, 1], || 0), Err(Trouble::Short));
        let empty_load = [0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(run(&empty_load, || 0), Err(Trouble::Load(Refused::NotAnImage)));
    }
}
