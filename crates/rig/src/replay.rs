//! Replay: the flight software run again on the ground from what was received, and compared bit by bit.
//!
//! Owns: reading packets back, running [`Flight`] on the raw cycles, comparing every snapshot and event.
//! Does not own: the packets (`icd::link`), the load: it is made again from scenario, seed and run, and its
//! digest must be the one on record.
//! As programmed: a step of the flight software is a function of its state and one `Sensors`. Raw packets
//! carry every `Sensors` that was read, and mark the first after each power-up, so warm and cold restarts
//! repeat by themselves. Where the link was lost cycles are missing; the state is unknown from there on, and
//! the replay ends and says so.
//! Refuses: going on after a gap; a recording whose load cannot be made again.

use crate::load::{digest, nav_start};
use crate::parquet_file;
use crate::record::WriteError;
use crate::scenario::ScenarioError;
use crate::stand::Stand;
use flight::Flight;
use icd::events::Event;
use icd::link::packet::{self, DecodeError, PACKET_MAX, Packet, TIME_OCTETS, encode_time};
use icd::link::raw;
use icd::tc::Report;
use icd::time::Time;
use icd::tm;
use std::path::{Path, PathBuf};

/// What identifies a recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Short name of the scenario.
    pub name: String,
    /// Campaign seed.
    pub seed: u64,
    /// Run number.
    pub run: u64,
    /// Digest of the load and of the state that navigation started with.
    pub load: String,
    /// What was received.
    pub packets: Vec<u8>,
}

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The record or its packets cannot be read.
    #[error(transparent)]
    Unreadable(#[from] WriteError),
    /// The record lacks a fact.
    #[error("{file}: no `{fact}` in it: recorded by an older version, or not a record of ours")]
    NoFact {
        /// The record.
        file: PathBuf,
        /// The fact's name.
        fact: &'static str,
    },
    /// The scenario is not the one that flew.
    #[error("the load made from {scenario}, run {run}, is not the one that flew")]
    OtherLoad {
        /// The scenario's file.
        scenario: PathBuf,
        /// Run number.
        run: u64,
        /// Digest on record.
        recorded: String,
        /// Digest of the load as made.
        made: String,
    },
    /// The scenario cannot be set up.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
}

impl miette::Diagnostic for ReplayError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            Self::OtherLoad { recorded, made, .. } => Some(Box::new(format!(
                "digest on record {recorded}, as made {made}: the scenario, its vehicle, the terrain or \
                 the program has changed since"
            ))),
            Self::Scenario(reason) => reason.help(),
            _ => None,
        }
    }
}

impl Recorded {
    /// Reads `record.parquet` and `telemetry.tm` of a flight's folder.
    ///
    /// # Errors
    /// Files that are absent or not ours.
    pub fn read(folder: &Path) -> Result<Self, ReplayError> {
        let file = folder.join("record.parquet");
        let facts = parquet_file::facts(&file)?;
        let fact = |name: &'static str| {
            let found = facts.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            found.ok_or(ReplayError::NoFact { file: file.clone(), fact: name })
        };
        let number = |name: &'static str| {
            let number = fact(name)?.parse();
            number.map_err(|_| ReplayError::NoFact { file: file.clone(), fact: name })
        };
        let path = folder.join("telemetry.tm");
        let packets =
            std::fs::read(&path).map_err(|reason| WriteError::File { file: path, reason })?;
        Ok(Self {
            name: fact("frigoris.name")?,
            seed: number("frigoris.seed")?,
            run: number("frigoris.run")?,
            load: fact("frigoris.load")?,
            packets,
        })
    }
}

/// Something downlinked that the replay does not reproduce.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Time of it, to the digits of the time code.
    pub t: Time,
    /// Key of the parameter, or the event.
    pub what: String,
    /// As downlinked.
    pub downlinked: String,
    /// As replayed.
    pub replayed: String,
}

/// How a replay ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// All of the recording is bit-exact.
    Whole,
    /// All that could be replayed is bit-exact; the cycles after this one were not received. `None` when
    /// the first ones were not.
    Gap(Option<Time>),
    /// The first difference.
    Differs(Difference),
}

/// What a replay amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Cycles computed again.
    pub cycles: u64,
    /// Times the flight software was powered up.
    pub power_ups: u64,
    /// Housekeeping packets compared, each a list of one snapshot.
    pub snapshots: u64,
    /// Events compared.
    pub events: u64,
    /// Packets that were sent and not received, or received damaged.
    pub lost: u64,
    /// How it ended.
    pub end: End,
}

/// Time as the packets carry it.
type Stamp = [u8; TIME_OCTETS];

/// Runs the flight software of `run` again on what was received.
///
/// - `stand`: of the scenario that flew, with the seed that flew.
///
/// # Errors
/// The load is not the recorded one.
pub fn replay(stand: &Stand, recorded: &Recorded) -> Result<Replay, ReplayError> {
    let run = recorded.run;
    let load = stand.load(run);
    let start = nav_start(&stand.scenario, &stand.start(run), run);
    let made = digest(&load, &start);
    if made != recorded.load {
        let scenario = stand.scenario.path.clone();
        return Err(ReplayError::OtherLoad {
            scenario,
            run,
            recorded: recorded.load.clone(),
            made,
        });
    }
    let mut heard = Heard::read(&recorded.packets);
    let mut out = Replay {
        cycles: 0,
        power_ups: 0,
        snapshots: 0,
        events: 0,
        lost: heard.lost,
        end: End::Whole,
    };
    let mut flight = Flight::new(&load, &start);
    let mut last = None;
    for cycle in raw_cycles(&recorded.packets) {
        let unbroken = last.is_some() || cycle.powered_up;
        if u64::from(cycle.number) != out.cycles || !unbroken {
            break;
        }
        if cycle.powered_up {
            out.power_ups += 1;
            let again = out.power_ups > 1;
            flight = if again {
                flight.restarted(&start, cycle.sensors.t)
            } else {
                Flight::new(&load, &start)
            };
        }
        flight.step(&cycle.sensors);
        out.cycles += 1;
        last = Some(cycle.sensors.t);
        let difference = heard.compare(&flight, cycle.sensors.t);
        (out.snapshots, out.events) = heard.compared();
        if let Some(difference) = difference {
            out.end = End::Differs(difference);
            return Ok(out);
        }
    }
    let all = raw_cycles(&recorded.packets).count() as u64;
    if let Some(difference) = heard.left_over(last) {
        out.end = End::Differs(difference);
    } else if all != out.cycles || out.cycles == 0 {
        out.end = End::Gap(last);
    }
    Ok(out)
}

/// One packet with its sequence count; `None` for one that is damaged, its length taken on trust.
struct Packets<'a>(&'a [u8]);

impl<'a> Iterator for Packets<'a> {
    type Item = (u16, Option<Packet<'a>>);

    fn next(&mut self) -> Option<Self::Item> {
        let word = |at: usize| Some(u16::from_be_bytes(self.0.get(at..at + 2)?.try_into().ok()?));
        let (count, length) = (word(2)? & 0x3FFF, usize::from(word(4)?) + 7);
        let (packet, length) = match packet::decode(self.0) {
            Ok((packet, length)) => (Some(packet), length),
            Err(_) => (None, length),
        };
        self.0 = self.0.get(length..).unwrap_or(&[]);
        Some((count, packet))
    }
}

/// The raw cycles in the order of the packets; a packet that is damaged leaves a gap in their numbers.
fn raw_cycles(packets: &[u8]) -> impl Iterator<Item = raw::Cycle> + '_ {
    let data = Packets(packets).filter_map(|(_, packet)| match packet? {
        Packet::Raw { data, .. } => Some(data),
        _ => None,
    });
    data.flat_map(|data| raw::cycles(data).filter_map(Result::<_, DecodeError>::ok))
}

/// What was received beside the raw cycles, in order, with how far it was compared.
#[derive(Clone, Debug, Default)]
pub struct Heard<'a> {
    lists: Vec<(Stamp, u8, &'a [u8])>,
    events: Vec<(Stamp, Event)>,
    answers: Vec<(Stamp, Report)>,
    next_answer: usize,
    next_list: usize,
    next_event: usize,
    lost: u64,
}

impl<'a> Heard<'a> {
    /// What was received, each kind in the order of time.
    ///
    /// - `lists`: time, number and octets of each list of parameters that the flight software sampled.
    /// - `lost`: packets that were not received; with none, everything that the flight software says must be there.
    pub fn new(
        lists: impl Iterator<Item = (Time, u8, &'a [u8])>,
        events: impl Iterator<Item = (Time, Event)>,
        answers: impl Iterator<Item = (Time, Report)>,
        lost: u64,
    ) -> Self {
        Self {
            lists: lists.map(|(t, list, data)| (encode_time(t), list, data)).collect(),
            events: events.map(|(t, event)| (encode_time(t), event)).collect(),
            answers: answers.map(|(t, answer)| (encode_time(t), answer)).collect(),
            lost,
            ..Self::default()
        }
    }

    fn read(packets: &'a [u8]) -> Self {
        let mut out = Self::default();
        let (mut expected, mut damaged) = (0, 0);
        for (count, packet) in Packets(packets) {
            damaged += 1;
            let Some(packet) = packet else { continue };
            out.lost += u64::from(count.wrapping_sub(expected) & 0x3FFF);
            (expected, damaged) = (count.wrapping_add(1) & 0x3FFF, 0);
            match packet {
                Packet::Housekeeping { t, list, data } => {
                    out.lists.push((encode_time(t), list, data));
                }
                Packet::Event { t, event } => out.events.push((encode_time(t), event)),
                Packet::Report { t, report } => out.answers.push((encode_time(t), report)),
                Packet::Raw { .. } => {}
            }
        }
        out.lost += damaged;
        out
    }

    /// Lists and events that were found the same.
    pub fn compared(&self) -> (u64, u64) {
        (self.next_list as u64, self.next_event as u64)
    }

    /// Compares all that was received of the cycle that ended at `t`; the first difference.
    pub fn compare(&mut self, flight: &Flight<'_>, t: Time) -> Option<Difference> {
        let stamp = encode_time(t);
        for event in flight.events() {
            let received = self.events.get(self.next_event).filter(|(at, _)| *at == stamp);
            match received {
                Some((_, downlinked)) if downlinked == event => {
                    self.next_event += 1;
                }
                // One that was not received, perhaps; what is left over in the end tells.
                _ if self.lost > 0 => {}
                other => {
                    let downlinked = other.map_or("nothing", |(_, event)| event.name());
                    return Some(difference(t, "event", downlinked, event.name()));
                }
            }
        }
        if let Some(difference) = self.compare_answers(flight, t) {
            return Some(difference);
        }
        if flight.down().t != t {
            return None;
        }
        while let Some((_, id, data)) =
            self.lists.get(self.next_list).filter(|(at, ..)| *at == stamp)
        {
            let list = tm::LISTS.iter().find(|list| list.id == *id)?;
            let mut packed = [0; PACKET_MAX];
            let octets = packet::housekeeping(list, flight.down(), 0, &mut packed);
            let again = match packet::decode(&packed[..octets]) {
                Ok((Packet::Housekeeping { data, .. }, _)) => data,
                _ => &[],
            };
            if again != *data {
                return Some(first_parameter(t, *id, data, again));
            }
            self.next_list += 1;
        }
        None
    }

    /// Compares the answers to commands, as they are packed.
    fn compare_answers(&mut self, flight: &Flight<'_>, t: Time) -> Option<Difference> {
        let stamp = encode_time(t);
        for answer in flight.reports() {
            let mut packed = [0; PACKET_MAX];
            let octets = packet::report(answer, t, 0, &mut packed);
            let again = match packet::decode(&packed[..octets]) {
                Ok((Packet::Report { report, .. }, _)) => Some(report),
                _ => None,
            };
            let received = self.answers.get(self.next_answer).filter(|(at, _)| *at == stamp);
            let received = received.map(|(_, report)| *report);
            if received.is_some() && received == again {
                self.next_answer += 1;
            } else if self.lost == 0 {
                let (down, again) = (format!("{received:?}"), format!("{again:?}"));
                return Some(difference(t, "answer", &down, &again));
            }
        }
        None
    }

    /// The first thing downlinked up to `last` that the replay passed over.
    pub fn left_over(&self, last: Option<Time>) -> Option<Difference> {
        let until = last.map(encode_time)?;
        let t = |stamp: Stamp| packet::decode_time(stamp);
        let event = self.events.get(self.next_event).filter(|(at, _)| *at <= until);
        if let Some((at, event)) = event {
            return Some(difference(t(*at), "event", event.name(), "nothing"));
        }
        let answer = self.answers.get(self.next_answer).filter(|(at, _)| *at <= until);
        if let Some((at, answer)) = answer {
            return Some(difference(t(*at), "answer", &format!("{answer:?}"), "nothing"));
        }
        let list = self.lists.get(self.next_list).filter(|(at, ..)| *at <= until);
        list.map(|(at, id, _)| difference(t(*at), &format!("list {id}"), "a snapshot", "nothing"))
    }
}

fn difference(t: Time, what: &str, downlinked: &str, replayed: &str) -> Difference {
    let (downlinked, replayed) = (downlinked.to_string(), replayed.to_string());
    Difference { t, what: what.to_string(), downlinked, replayed }
}

/// The first parameter of a list whose bits differ.
fn first_parameter(t: Time, id: u8, down: &[u8], again: &[u8]) -> Difference {
    let pairs = packet::values(id, down).zip(packet::values(id, again));
    let differs = |(a, b): &(f64, f64)| a.to_bits() != b.to_bits();
    let values = pairs.map(|((line, a), (_, b))| (line.key, (a, b)));
    let first = values.into_iter().find(|(_, pair)| differs(pair));
    match first {
        Some((key, (a, b))) => difference(t, key, &format!("{a:?}"), &format!("{b:?}")),
        None => difference(t, &format!("list {id}"), "other octets", "other octets"),
    }
}
