//! Units and frames out of a stream of octets, past whatever lies between them.
//!
//! Owns: [`Deframer`]. A unit begins with its magic number and is believed if its CRC-32 is right; a bare frame begins
//! with the sync marker and is believed if its own checksum is right. Where neither is, one octet is skipped and the
//! search goes on inside what was claimed, so a damaged length takes no good unit with it.

use icd::link::delivery::{self, NotAUnit, Unit};
use icd::link::frame::{ASM, Frame};

/// One believed piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A delivery unit and its checksum.
    Unit(Unit<'a>, u32),
    /// A telemetry frame of a plain stream, without its sync marker.
    Frame(&'a [u8]),
}

/// What the octets at a place are.
enum Here {
    Unit(usize),
    Frame(usize),
    /// A whole unit of another version or content.
    Unknown(usize),
    /// So far so good, but not all is there.
    Wait,
    Skip,
}

/// The search in one stream.
#[derive(Debug, Default)]
pub struct Deframer {
    held: Vec<u8>,
}

fn here(octets: &[u8]) -> Here {
    match delivery::read(octets) {
        Ok((_, length)) => return Here::Unit(length),
        Err(NotAUnit::Incomplete(_)) => return Here::Wait,
        Err(NotAUnit::Unknown(length)) => return Here::Unknown(length),
        Err(NotAUnit::Checksum(_)) => return Here::Skip,
        Err(NotAUnit::Foreign) => {}
    }
    let seen = octets.len().min(ASM.len());
    if octets.get(..seen) != ASM.get(..seen) {
        return Here::Skip;
    }
    let Some(frame) = octets.get(ASM.len()..) else { return Here::Wait };
    let Some((identifier, _)) = frame.split_first_chunk::<2>() else { return Here::Wait };
    let scid = (u16::from_be_bytes(*identifier) >> 4) & 0x3FF;
    let Some(length) = Frame::octets_of(scid) else { return Here::Skip };
    match frame.get(..length) {
        None => Here::Wait,
        Some(frame) if Frame::read(frame).is_ok() => Here::Frame(ASM.len() + length),
        Some(_) => Here::Skip,
    }
}

/// Takes what can be taken of `octets`; returns how many of them are done with, and how many of those were garbage.
fn scan(octets: &[u8], last: bool, piece: &mut impl FnMut(Piece<'_>)) -> (usize, u64) {
    let (mut at, mut garbage) = (0, 0);
    while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
        match here(rest) {
            Here::Unit(length) => {
                if let Ok((unit, _)) = delivery::read(rest) {
                    let crc = rest.get(length - 4..length).and_then(|crc| crc.try_into().ok());
                    piece(Piece::Unit(unit, u32::from_be_bytes(crc.unwrap_or_default())));
                }
                at += length;
            }
            Here::Frame(length) => {
                piece(Piece::Frame(rest.get(ASM.len()..length).unwrap_or_default()));
                at += length;
            }
            Here::Unknown(length) => {
                garbage += length as u64;
                at += length;
            }
            Here::Wait if !last => break,
            Here::Wait | Here::Skip => {
                let begins = |octet: &u8| *octet == delivery::MAGIC[0] || *octet == ASM[0];
                let next = rest.iter().skip(1).position(begins).map_or(rest.len(), |n| n + 1);
                garbage += next as u64;
                at += next;
            }
        }
    }
    (at, garbage)
}

impl Deframer {
    /// The stream's next octets. Returns how many octets were garbage.
    pub fn take(&mut self, octets: &[u8], mut piece: impl FnMut(Piece<'_>)) -> u64 {
        if self.held.is_empty() {
            let (done, garbage) = scan(octets, false, &mut piece);
            self.held.extend_from_slice(octets.get(done..).unwrap_or_default());
            return garbage;
        }
        self.held.extend_from_slice(octets);
        let held = std::mem::take(&mut self.held);
        let (done, garbage) = scan(&held, false, &mut piece);
        self.held = held;
        self.held.drain(..done);
        garbage
    }

    /// A datagram, which nothing follows. Returns how many octets were garbage.
    pub fn datagram(octets: &[u8], mut piece: impl FnMut(Piece<'_>)) -> u64 {
        scan(octets, true, &mut piece).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::link::delivery::{Content, OVERHEAD, write};
    use icd::time::Time;
    use proptest::prelude::*;

    fn unit(number: u64, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0; payload.len() + OVERHEAD];
        let received = Time::from_utc("2025-06-05T19:00:00").unwrap();
        let unit = Unit { content: Content::Frame, station: 1, number, received, payload };
        write(&unit, &mut out).unwrap();
        out
    }

    fn numbers(pieces: &[&[u8]]) -> Vec<u64> {
        let (mut deframer, mut out) = (Deframer::default(), Vec::new());
        for octets in pieces {
            deframer.take(octets, |piece| {
                if let Piece::Unit(unit, _) = piece {
                    out.push(unit.number);
                }
            });
        }
        out
    }

    #[test]
    fn a_damaged_length_takes_no_good_unit_with_it() {
        let mut damaged = unit(2, &[7; 50]);
        damaged[10] = 0x0F; // claims 3 900 octets
        let mut stream = [unit(1, &[1; 40]), damaged].concat();
        for number in 3..60 {
            stream.extend(unit(number, &[3; 40]));
        }
        let found = numbers(&[&stream]);
        assert_eq!(found, std::iter::once(1).chain(3..60).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn units_are_found_in_any_pieces_and_between_any_garbage(
            garbage in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 6),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut stream = Vec::new();
            for (number, garbage) in (1..).zip(&garbage) {
                stream.extend(garbage);
                stream.extend(unit(number, &[number as u8; 33]));
            }
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
            // Garbage may by chance begin like a unit and claim what follows: then more must come.
            let mut with_more = pieces.clone();
            let more = vec![0; 5000];
            with_more.push(&more);
            prop_assert_eq!(numbers(&with_more), (1..=6).collect::<Vec<u64>>());
        }
    }
}
