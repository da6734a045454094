//! What stations send to mission control, and what it sends back: units over TCP or UDP.
//!
//! Owns: the unit and its acknowledgement. Ours: no standard is claimed; the SLE services [CCSDS911] do this
//! between agencies.
//! As programmed, big-endian: `FRSD`, version, kind, station, spare; length of the payload (4 octets), number
//! (8), earth receive time (CUC 4 + 2, two octets spare), payload, CRC-32 over all before it.
//! A sender numbers its units from 1 without a gap. Over TCP mission control answers with the number up to which
//! everything is on its disk; what is not acknowledged is sent again on the next connection.

use super::checksum::crc32;
use super::packet::{TIME_OCTETS, decode_time, encode_time, put};
use crate::time::Time;

/// First octets of a unit.
pub const MAGIC: [u8; 4] = *b"FRSD";
/// First octets of an acknowledgement.
pub const ACKNOWLEDGE: [u8; 4] = *b"FRSA";
/// Version of the format.
pub const VERSION: u8 = 1;
/// Octets before the payload.
pub const HEAD: usize = 28;
/// Octets beside the payload.
pub const OVERHEAD: usize = HEAD + 4;
/// Octets of payload at the most.
pub const PAYLOAD_MAX: usize = 4096;
/// Octets of an acknowledgement.
pub const ACKNOWLEDGE_OCTETS: usize = 16;

/// What a unit carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Content {
    /// Telemetry frame that passed its checks.
    Frame = 1,
    /// Telemetry frame that failed them.
    BadFrame = 2,
    /// Packet of the station about itself.
    Station = 3,
    /// A command link transmission unit was radiated: its number at the ground, 8 octets.
    Radiated = 4,
    /// Command link transmission unit to be radiated; from mission control to the station.
    Command = 5,
}

impl Content {
    /// The inverse of `as u8`.
    pub const fn of_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Frame),
            2 => Some(Self::BadFrame),
            3 => Some(Self::Station),
            4 => Some(Self::Radiated),
            5 => Some(Self::Command),
            _ => None,
        }
    }
}

/// One unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit<'a> {
    /// What it carries.
    pub content: Content,
    /// Station that sent it, or is to radiate it.
    pub station: u8,
    /// Counts the sender's units from 1.
    pub number: u64,
    /// When the station received the payload's first bit, or radiated it.
    pub received: Time,
    /// The payload.
    pub payload: &'a [u8],
}

/// Why octets are not a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAUnit {
    /// So far so good; this many octets in all are needed.
    Incomplete(usize),
    /// They begin otherwise, or claim a length that no unit has.
    Foreign,
    /// Version or content that is not known here; the unit has this many octets.
    Unknown(usize),
    /// The checksum is wrong; the unit claimed to have this many octets.
    Checksum(usize),
}

/// Writes a unit. Returns its octets; `None` when `out` or [`PAYLOAD_MAX`] is too small.
pub fn write(unit: &Unit<'_>, out: &mut [u8]) -> Option<usize> {
    let length = u32::try_from(unit.payload.len()).ok()?;
    if unit.payload.len() > PAYLOAD_MAX {
        return None;
    }
    let mut at = put(out, 0, &MAGIC)?;
    at = put(out, at, &[VERSION, unit.content as u8, unit.station, 0])?;
    at = put(out, at, &length.to_be_bytes())?;
    at = put(out, at, &unit.number.to_be_bytes())?;
    at = put(out, at, &encode_time(unit.received))?;
    at = put(out, at, &[0, 0])?;
    at = put(out, at, unit.payload)?;
    let checksum = crc32(out.get(..at)?);
    put(out, at, &checksum.to_be_bytes())
}

/// Reads the unit at the start of `octets`; also returns its length in octets.
pub fn read(octets: &[u8]) -> Result<(Unit<'_>, usize), NotAUnit> {
    let seen = octets.len().min(MAGIC.len());
    if octets.get(..seen) != MAGIC.get(..seen) {
        return Err(NotAUnit::Foreign);
    }
    let Some((head, _)) = octets.split_first_chunk::<HEAD>() else {
        return Err(NotAUnit::Incomplete(HEAD));
    };
    let [_, _, _, _, version, content, station, _, a, b, c, d, number @ .., _, _] = *head;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if length > PAYLOAD_MAX {
        return Err(NotAUnit::Foreign);
    }
    let whole = OVERHEAD + length;
    let Some(unit) = octets.get(..whole) else { return Err(NotAUnit::Incomplete(whole)) };
    let Some((body, checksum)) = unit.split_last_chunk::<4>() else {
        return Err(NotAUnit::Foreign);
    };
    if crc32(body) != u32::from_be_bytes(*checksum) {
        return Err(NotAUnit::Checksum(whole));
    }
    let (true, Some(content)) = (version == VERSION, Content::of_code(content)) else {
        return Err(NotAUnit::Unknown(whole));
    };
    let [n0, n1, n2, n3, n4, n5, n6, n7, time @ ..] = number;
    let time: [u8; TIME_OCTETS] = time;
    Ok((
        Unit {
            content,
            station,
            number: u64::from_be_bytes([n0, n1, n2, n3, n4, n5, n6, n7]),
            received: decode_time(time),
            payload: body.get(HEAD..).unwrap_or(&[]),
        },
        whole,
    ))
}

/// Everything up to unit `number` is safely on disk.
pub const fn acknowledge(number: u64) -> [u8; ACKNOWLEDGE_OCTETS] {
    let [m0, m1, m2, m3] = ACKNOWLEDGE;
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    [m0, m1, m2, m3, VERSION, 0, 0, 0, a, b, c, d, e, f, g, h]
}

/// The number of an acknowledgement; `None` when it is none.
pub fn acknowledged(octets: &[u8; ACKNOWLEDGE_OCTETS]) -> Option<u64> {
    let [m0, m1, m2, m3, VERSION, _, _, _, number @ ..] = *octets else { return None };
    ([m0, m1, m2, m3] == ACKNOWLEDGE).then_some(u64::from_be_bytes(number))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn written(number: u64, payload: &[u8]) -> Vec<u8> {
        let received = Time::from_utc("2025-06-05T19:15:45").unwrap();
        let unit = Unit { content: Content::Frame, station: 3, number, received, payload };
        let mut out = [0; PAYLOAD_MAX + OVERHEAD];
        let octets = write(&unit, &mut out).unwrap();
        assert_eq!(read(&out), Ok((unit, octets)));
        out[..octets].to_vec()
    }

    #[test]
    fn a_unit_arrives_as_it_was_sent_and_says_how_much_is_missing() {
        let unit = written(7, b"frame");
        for octets in 0..unit.len() {
            let needed = if octets < HEAD { HEAD } else { unit.len() };
            assert_eq!(read(&unit[..octets]), Err(NotAUnit::Incomplete(needed)));
        }
        written(u64::MAX, &[0; PAYLOAD_MAX]);
        assert_eq!(acknowledged(&acknowledge(1 << 40)), Some(1 << 40));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_noticed(payload in proptest::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>()) {
            let mut unit = written(1, &payload);
            let bit = at.index(unit.len() * 8);
            unit[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(read(&unit).is_err());
        }

        #[test]
        fn no_octets_break_the_reader(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut unit = MAGIC.to_vec();
            unit.extend(&octets);
            let _ = (read(&octets), read(&unit));
        }
    }
}
