//! From archived records to packets: units, frames, packets, each checked; nothing is believed without its checksum.
//!
//! Owns: [`Decoder`], which may be fed the archive from any place; what is counted on the way.
//! Does not own: octets of frames and packets (`icd::link`), what values mean to people (`limits`, `alarms`).
//!
//! Frames come late, twice, from several stations, out of order. A unit that came before is known by station, number
//! and checksum; a frame that came before by channel, counter and content. Order is not restored and not needed:
//! every packet carries its own time.

pub mod deframe;
pub mod join;

use crate::archive::record::{Kind, Record};
use crate::clock;
use crate::values::Channel;
use deframe::{Deframer, Piece};
use icd::link::cop::Clcw;
use icd::link::delivery::{Content, Unit};
use icd::link::frame::{Channel as VirtualChannel, Frame, SCID_BACKUP};
use icd::link::packet::{self, Packet};
use icd::time::Time;
use join::{Joiner, Placed};
use std::collections::BTreeMap;

/// Units of one station that are remembered, to know them again.
const UNITS_MAX: usize = 8_192;
/// The station of frames in a plain stream.
pub const NO_STATION: u8 = 0;

/// What a record held.
#[allow(clippy::large_enum_variant)] // lent for the length of a call, never kept
#[derive(Debug)]
pub enum Item<'a> {
    /// A good packet.
    Packet {
        /// As decoded.
        packet: Packet<'a>,
        /// As received.
        octets: &'a [u8],
        /// When the station received the frame that completed it.
        received: Time,
        /// How it came.
        channel: Channel,
        /// The station that delivered it.
        station: u8,
    },
    /// The control word of a new frame of the real-time channels.
    Clcw {
        /// Station that received it.
        station: u8,
        /// When the station received the frame.
        received: Time,
        /// The word.
        clcw: Clcw,
    },
    /// A station has radiated a command.
    Radiated {
        /// The station.
        station: u8,
        /// When.
        at: Time,
        /// The unit's number at the ground.
        number: u64,
    },
    /// A unit or frame came, good or bad, new or not: the stations' clocks go on.
    Heard {
        /// When the station received it.
        received: Time,
    },
}

/// What is known of one station.
#[derive(Debug, Default)]
pub struct StationCounts {
    /// Receive time of the latest unit.
    pub last_received: Option<Time>,
    /// Receive time of the latest good frame.
    pub last_frame: Option<Time>,
    /// New units.
    pub units: u64,
    /// Units that came again.
    pub again: u64,
    /// Frames that were good.
    pub frames_good: u64,
    /// Frames that were not.
    pub frames_bad: u64,
    /// Number and checksum of the latest units.
    known: Vec<(u64, u32)>,
    highest: u64,
    distinct: u64,
}

impl StationCounts {
    /// Whether the unit is new.
    fn news(&mut self, unit: &Unit<'_>, crc: u32) -> bool {
        let at = (unit.number % UNITS_MAX as u64) as usize;
        if self.known.len() <= at {
            self.known.resize(at + 1, (0, 0));
        }
        let known = self.known.get(at).copied().unwrap_or_default();
        if known == (unit.number, crc) && self.distinct > 0 {
            self.again += 1;
            return false;
        }
        // The same number with another content, or far back: the station counts from the beginning again.
        let anew = (known.0 == unit.number && self.distinct > 0)
            || unit.number.saturating_add(UNITS_MAX as u64) < self.highest;
        if anew || self.distinct == 0 {
            (self.highest, self.distinct) = (unit.number, 0);
            self.known.fill((0, 0));
        }
        if let Some(slot) = self.known.get_mut(at) {
            *slot = (unit.number, crc);
        }
        self.distinct += 1;
        self.highest = self.highest.max(unit.number);
        self.units += 1;
        true
    }
}

/// What is counted over all stations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Octets that were no unit and no frame.
    pub garbage: u64,
    /// Good packets.
    pub packets: u64,
    /// Packets with a bad checksum, or of no dictionary of ours.
    pub refused: u64,
    /// Frames that came again.
    pub frames_again: u64,
}

/// What a record's last unit was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Number of the last unit that ended in this record, to be acknowledged.
    pub unit: Option<u64>,
    /// Its station.
    pub station: Option<u8>,
}

/// Decodes records in order.
#[derive(Debug, Default)]
pub struct Decoder {
    streams: BTreeMap<u64, Deframer>,
    stations: BTreeMap<u8, StationCounts>,
    channels: BTreeMap<(u16, u8), Joiner>,
    counts: Counts,
}

impl Decoder {
    /// Stations heard, by number.
    pub fn stations(&self) -> &BTreeMap<u8, StationCounts> {
        &self.stations
    }
    /// Counts over all stations.
    pub fn counts(&self) -> Counts {
        self.counts
    }
    /// Frames missing by the counters of the virtual channels.
    pub fn frames_missing(&self) -> u64 {
        self.channels.values().map(Joiner::missing).sum()
    }

    /// Connections that ended without a record: the program was killed.
    pub fn forget_streams(&mut self) {
        self.streams.clear();
    }

    /// Decodes one record of the archive.
    pub fn take(&mut self, record: &Record<'_>, heed: &mut impl FnMut(Item<'_>)) -> Taken {
        let here = clock::from_unix_ns(record.at_ns);
        let mut taken = Taken::default();
        match record.kind {
            Kind::Opened | Kind::Sent => {}
            Kind::Closed => {
                self.streams.remove(&record.stream);
            }
            Kind::Stream => {
                let mut deframer = self.streams.remove(&record.stream).unwrap_or_default();
                let garbage = deframer.take(record.payload, |piece| {
                    taken = self.piece(&piece, here, heed).or(taken);
                });
                self.counts.garbage += garbage;
                self.streams.insert(record.stream, deframer);
            }
            Kind::Datagram => {
                let garbage = Deframer::datagram(record.payload, |piece| {
                    taken = self.piece(&piece, here, heed).or(taken);
                });
                self.counts.garbage += garbage;
            }
        }
        taken
    }

    fn piece(&mut self, piece: &Piece<'_>, here: Time, heed: &mut impl FnMut(Item<'_>)) -> Taken {
        match piece {
            Piece::Frame(frame) => {
                heed(Item::Heard { received: here });
                self.frame(NO_STATION, here, frame, heed);
                Taken::default()
            }
            Piece::Unit(unit, crc) => {
                self.unit(unit, *crc, heed);
                Taken { unit: Some(unit.number), station: Some(unit.station) }
            }
        }
    }

    fn unit(&mut self, unit: &Unit<'_>, crc: u32, heed: &mut impl FnMut(Item<'_>)) {
        let station = self.stations.entry(unit.station).or_default();
        station.last_received = station.last_received.max(Some(unit.received));
        heed(Item::Heard { received: unit.received });
        if !station.news(unit, crc) {
            return;
        }
        let (number, received) = (unit.station, unit.received);
        match unit.content {
            Content::Frame => self.frame(number, received, unit.payload, heed),
            Content::BadFrame => station.frames_bad += 1,
            Content::Station => self.packet(unit.payload, received, Channel::Station, number, heed),
            Content::Radiated => {
                if let Some(of) = unit.payload.first_chunk::<8>() {
                    let of = u64::from_be_bytes(*of);
                    heed(Item::Radiated { station: number, at: received, number: of });
                }
            }
            Content::Command => {}
        }
    }

    fn frame(
        &mut self,
        station: u8,
        received: Time,
        octets: &[u8],
        heed: &mut impl FnMut(Item<'_>),
    ) {
        let counts = self.stations.entry(station).or_default();
        let Ok(frame) = Frame::read(octets) else {
            counts.frames_bad += 1;
            return;
        };
        if Frame::octets_of(frame.scid) != Some(octets.len()) {
            counts.frames_bad += 1;
            return;
        }
        counts.frames_good += 1;
        counts.last_received = counts.last_received.max(Some(received));
        counts.last_frame = counts.last_frame.max(Some(received));
        let channel = match frame.channel {
            stored if stored == VirtualChannel::Stored as u8 => Channel::Stored,
            _ if frame.scid == SCID_BACKUP => Channel::Backup,
            _ => Channel::RealTime,
        };
        if frame.channel == VirtualChannel::Idle as u8 {
            Self::clcw(&frame, station, received, heed);
            return;
        }
        let key = (frame.scid, frame.channel);
        let mut joiner = self.channels.remove(&key).unwrap_or_default();
        let placed = joiner.take(&frame, |octets| {
            self.packet(octets, received, channel, station, heed);
        });
        self.channels.insert(key, joiner);
        match placed {
            Placed::New => Self::clcw(&frame, station, received, heed),
            Placed::Again => self.counts.frames_again += 1,
        }
    }

    fn clcw(frame: &Frame<'_>, station: u8, received: Time, heed: &mut impl FnMut(Item<'_>)) {
        if let (Some(clcw), true) = (frame.clcw, frame.scid != SCID_BACKUP) {
            heed(Item::Clcw { station, received, clcw });
        }
    }

    fn packet(
        &mut self,
        octets: &[u8],
        received: Time,
        channel: Channel,
        station: u8,
        heed: &mut impl FnMut(Item<'_>),
    ) {
        let from_station = apid(octets) == Some(icd::station::APID);
        match packet::decode(octets) {
            // A lander does not speak for stations, nor the other way round.
            Ok((packet, length))
                if length == octets.len() && from_station == (channel == Channel::Station) =>
            {
                self.counts.packets += 1;
                heed(Item::Packet { packet, octets, received, channel, station });
            }
            _ => self.counts.refused += 1,
        }
    }
}

impl Taken {
    fn or(self, other: Taken) -> Taken {
        if self.unit.is_some() { self } else { other }
    }
}

fn apid(octets: &[u8]) -> Option<u16> {
    octets.first_chunk::<2>().map(|two| u16::from_be_bytes(*two) & 0x7FF)
}

#[cfg(test)]
#[path = "decode/tests.rs"]
mod tests;
