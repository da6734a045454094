//! Packets out of octets in any state.
//!
//! Owns: [`scan`]. Does not own: what a packet holds (`icd::link::packet`).
//! As programmed: where a packet ends the next begins. Where none does, each following octet may be the first of one of
//! the lander's or a station's, and is if its length is possible and its check sequence good: 16 bits of header and 16 of
//! check sequence together let chance through once in some 10¹¹ octets.

use icd::link::packet::{self, APID, DecodeError, OVERHEAD, PACKET_MAX, Packet};
use icd::station;
use icd::time::Time;

/// One packet and where it stood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    /// Place of its first octet.
    pub at: usize,
    /// All of it.
    pub octets: &'a [u8],
    /// Application process.
    pub apid: u16,
    /// Packet sequence count, 14 bits.
    pub count: u16,
    /// Its time.
    pub t: Time,
    /// What it holds.
    pub packet: Packet<'a>,
}

/// All packets in the order of the file, and what was between them.
#[derive(Debug, Default)]
pub(super) struct Scan<'a> {
    pub found: Vec<Found<'a>>,
    /// Octets that belong to none of them.
    pub skipped: u64,
    /// Stretches of octets that are no packet, and packets that the dictionary does not hold.
    pub damaged: u64,
    /// The last stretch looks like the beginning of a packet.
    pub cut: bool,
}

/// Application process and length by the header. `None` where no telemetry packet begins.
fn header(octets: &[u8]) -> Option<(u16, usize)> {
    let [a, b, _, _, e, f] = *octets.first_chunk::<6>()?;
    let (word, length) = (u16::from_be_bytes([a, b]), usize::from(u16::from_be_bytes([e, f])) + 7);
    // Version 0, telemetry, with a secondary header.
    let plausible = word & 0xF800 == 0x0800 && (OVERHEAD..=PACKET_MAX).contains(&length);
    plausible.then_some((word & 0x7FF, length))
}

/// What stands at one place.
enum Here<'a> {
    Packet(Box<Found<'a>>),
    /// A packet of good check sequence that the dictionary does not hold, and its length.
    Strange(usize),
    Nothing,
}

fn here(octets: &[u8], at: usize, searching: bool) -> Here<'_> {
    let rest = octets.get(at..).unwrap_or(&[]);
    let Some((apid, length)) = header(rest) else { return Here::Nothing };
    if searching && apid != APID && apid != station::APID {
        return Here::Nothing;
    }
    match packet::decode(rest) {
        Ok((packet, length)) => {
            let t = match packet {
                Packet::Housekeeping { t, .. }
                | Packet::Event { t, .. }
                | Packet::Report { t, .. }
                | Packet::Raw { t, .. } => t,
            };
            let octets = rest.get(..length).unwrap_or(rest);
            let word = octets.get(2..4).and_then(|two| two.try_into().ok());
            let count = word.map_or(0, u16::from_be_bytes) & 0x3FFF;
            Here::Packet(Box::new(Found { at, octets, apid, count, t, packet }))
        }
        Err(DecodeError::NotAPacket) => Here::Nothing,
        Err(_) => Here::Strange(length),
    }
}

/// Finds every packet.
pub(super) fn scan(octets: &[u8]) -> Scan<'_> {
    let mut out = Scan::default();
    let (mut at, mut lost_at) = (0, None);
    while at < octets.len() {
        match here(octets, at, lost_at.is_some()) {
            Here::Packet(found) => {
                at += found.octets.len();
                out.found.push(*found);
                lost_at = None;
            }
            Here::Strange(length) => {
                out.damaged += 1;
                out.skipped += length as u64;
                at += length;
                lost_at = None;
            }
            Here::Nothing => {
                out.damaged += u64::from(lost_at.is_none());
                lost_at = lost_at.or(Some(at));
                out.skipped += 1;
                at += 1;
            }
        }
    }
    if let Some(from) = lost_at {
        let rest = octets.get(from..).unwrap_or(&[]);
        let claimed = header(rest).map(|(_, length)| length);
        out.cut = claimed.map_or(rest.len() < 6, |length| length > rest.len());
    }
    out
}
