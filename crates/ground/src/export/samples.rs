//! Packets to try a client with: some of every kind but raw cycles, with every value that has a name.
//!
//! Owns: their values, which mean nothing. They are packed here from the dictionary, not by the lander's own
//! code, and our decoder reads them (tests): two ways of reading one table.

use super::model::{Encoding, Field, Packet};
use icd::link::checksum::crc16;
use icd::link::packet::{self, PACKET_MAX, TIME_OCTETS, encode_time};
use icd::tc::{Header, Refusal, Report, SCHEDULE_MAX};
use icd::time::{Span, Time};

/// Packets of each kind at the least.
const EACH: u32 = 8;

/// The packets, one after the other.
pub fn octets(packets: &[Packet]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut count = 0;
    for packet in packets.iter().filter(|packet| packet.name != "raw") {
        for n in 0..most_names(packet).max(EACH) {
            out.extend(sample(packet, n, count));
            count = (count + 1) & 0x3FFF;
        }
    }
    out
}

fn most_names(packet: &Packet) -> u32 {
    packet.fields.iter().map(|f| u32::try_from(f.names.len()).unwrap_or(0)).max().unwrap_or(0)
}

/// Some time, 2025-06-05 and later.
fn time(n: u32) -> Time {
    Time::from_tai_ns(802_500_000_000_000_000) + Span::from_ns(i64::from(n) * 1_234_567_891)
}

fn sample(packet: &Packet, n: u32, count: u16) -> Vec<u8> {
    if packet.name == "schedule" {
        let mut entries = [(Time::default(), Header::new(0)); SCHEDULE_MAX];
        for (k, slot) in (0..).zip(&mut entries) {
            *slot = (time(k), Header::new(k as u16));
        }
        let report = Report::Schedule { count: n as u8, entries };
        let mut whole = [0; PACKET_MAX];
        let length = packet::report(&report, time(n), count, &mut whole);
        return whole.iter().take(length).copied().collect();
    }
    let mut data = Vec::new();
    for (k, field) in (0..).zip(&packet.fields) {
        data.extend(value(packet, field, n, k));
    }
    assemble(packet, n, count, &data)
}

/// Codes of refusals.
fn refusals() -> impl Iterator<Item = u32> {
    Refusal::NAMES.iter().map(|(code, _)| u32::from(*code)).filter(|code| *code > 0)
}

/// A value of a field: its names in turn, otherwise numbers of any kind.
fn value(packet: &Packet, field: &Field, n: u32, k: u32) -> Vec<u8> {
    let any = (n + 1).wrapping_mul(2_654_435_761).wrapping_add(k.wrapping_mul(0x9E37_79B9));
    let known: Vec<u32> = match field.key.as_str() {
        "packet.structure" => packet.structure.iter().map(|id| u32::from(*id)).collect(),
        "request" => vec![u32::from_be_bytes(Header::new(n as u16).request())],
        "parameter.count" => vec![1],
        // Zero stands for no refusal, which no report of one carries.
        "refusal" => refusals().collect(),
        "refusal.argument" => refusals()
            .filter_map(|code| Refusal::of_wire(code as u8, n as u8))
            .map(|why| u32::from(why.wire().1))
            .collect(),
        _ => field.names.iter().map(|(value, _)| *value).collect(),
    };
    let integer = match known.len() {
        0 => any,
        names => known[n as usize % names],
    };
    let real = (f64::from(any) - 2e9) * 10f64.powi(n as i32 - 10);
    match field.encoding {
        Encoding::Unsigned(8) => vec![integer as u8],
        Encoding::Unsigned(16) => (integer as u16).to_be_bytes().to_vec(),
        Encoding::Unsigned(_) => integer.to_be_bytes().to_vec(),
        Encoding::Float(32) => (real as f32).to_be_bytes().to_vec(),
        Encoding::Float(_) => real.to_be_bytes().to_vec(),
        Encoding::Octets { .. } => Vec::new(),
    }
}

fn assemble(packet: &Packet, n: u32, count: u16, data: &[u8]) -> Vec<u8> {
    let length = 7 + TIME_OCTETS + data.len() + 2 - 1;
    let mut out = Vec::new();
    out.extend((0x0800 | packet.apid).to_be_bytes());
    out.extend((0xC000 | count).to_be_bytes());
    out.extend((length as u16).to_be_bytes());
    out.extend([0x20, packet.service, packet.subservice.unwrap_or(1 + n as u8 % 4), 0, 0, 0, 0]);
    out.extend(encode_time(time(n)));
    out.extend(data);
    out.extend(crc16(&out).to_be_bytes());
    out
}
