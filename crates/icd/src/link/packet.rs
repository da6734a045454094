//! Telemetry packets: PUS-C housekeeping (3, 25), event reports (5, x) and answers to commands in CCSDS space
//! packets.
//!
//! Owns: packing a [`tm::List`], an [`Event`] or a [`Report`] and reading them back; time as CUC 4 + 2 octets.
//! Does not own: raw cycles (see `raw`), which list is sent when, frames (see `frame`).
//! Space packet: [CCSDS133]; secondary header and checksum: [ECSS41]; time code: [CCSDS301] §3.2,
//! agency epoch 1958-01-01 TAI, preamble implicit.

use super::raw;
use crate::events::Event;
use crate::station;
use crate::tc::{Header, Refusal, Report, SCHEDULE_MAX};
use crate::time::Time;
use crate::tm::{self, Layout, Line, Source, Wire};
use arbitrary_int::{u11, u14};
use spacepackets::SpHeader;
use spacepackets::ecss::tm::{
    CreatorConfig, MessageTypeId, PusTmCreator, PusTmReader, PusTmSecondaryHeader,
};

/// Application process identifier of the flight software.
pub const APID: u16 = 0x2A;
/// Octets of a packet at the most.
pub const PACKET_MAX: usize = 576;
/// Octets of source data at the most.
pub const SOURCE_DATA_MAX: usize = PACKET_MAX - OVERHEAD;
/// Octets of a packet beside its source data: headers, time, checksum.
pub const OVERHEAD: usize = 6 + 7 + TIME_OCTETS + 2;
/// Octets of the time code.
pub const TIME_OCTETS: usize = 6;

/// TAI seconds from 1958-01-01T00:00:00 to 2000-01-01T12:00:00.
const EPOCH_1958_TO_J2000_S: i64 = 15_340 * 86_400 + 43_200;

/// Why octets are not a packet of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Not a PUS telemetry packet with a good checksum.
    NotAPacket,
    /// Written by another application process.
    ForeignApid(u16),
    /// A service or subservice that the dictionary does not hold.
    UnknownService(u8, u8),
    /// A list or event number that the dictionary does not hold.
    UnknownNumber(u16),
    /// The source data ends at this offset, before the list does.
    Truncated(usize),
}

/// A decoded packet.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // there is no heap to put it on
pub enum Packet<'a> {
    /// Housekeeping, the beacon and a station's report among it: the list's number and its raw values, to be
    /// read by [`values`].
    Housekeeping {
        /// On-board time.
        t: Time,
        /// Structure identifier.
        list: u8,
        /// Values, big-endian, in the list's order.
        data: &'a [u8],
    },
    /// An event report.
    Event {
        /// On-board time.
        t: Time,
        /// Which event.
        event: Event,
    },
    /// An answer to a command.
    Report {
        /// On-board time.
        t: Time,
        /// What it says.
        report: Report,
    },
    /// Raw cycles, to be read by [`raw::cycles`].
    Raw {
        /// On-board time of the last of them.
        t: Time,
        /// Source data.
        data: &'a [u8],
    },
}

/// CUC 4 + 2: seconds and 2⁻¹⁶ seconds since 1958 TAI, rounded down.
pub fn encode_time(t: Time) -> [u8; TIME_OCTETS] {
    let ns = i128::from(t.tai_ns()) + i128::from(EPOCH_1958_TO_J2000_S) * 1_000_000_000;
    let ticks = (ns * 65_536).div_euclid(1_000_000_000).rem_euclid(1 << 48);
    let [.., a, b, c, d, e, f] = ticks.to_be_bytes();
    [a, b, c, d, e, f]
}

/// The inverse of [`encode_time`], to 15.3 µs; rounded up so that re-encoding is exact.
pub fn decode_time(octets: [u8; TIME_OCTETS]) -> Time {
    let ticks = octets.iter().fold(0i128, |sum, octet| (sum << 8) | i128::from(*octet));
    let ns = (ticks * 1_000_000_000 + 65_535).div_euclid(65_536);
    let since_j2000 = ns - i128::from(EPOCH_1958_TO_J2000_S) * 1_000_000_000;
    Time::from_tai_ns(i64::try_from(since_j2000).unwrap_or(i64::MAX))
}

pub(crate) fn put(out: &mut [u8], at: usize, octets: &[u8]) -> Option<usize> {
    out.get_mut(at..at + octets.len())?.copy_from_slice(octets);
    Some(at + octets.len())
}

/// Writes one value; integers saturate, single precision rounds. Returns the next offset.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` from float saturates
pub(crate) fn put_value(out: &mut [u8], at: usize, wire: Wire, value: f64) -> Option<usize> {
    match wire {
        Wire::U8 => put(out, at, &(value as u8).to_be_bytes()),
        Wire::U16 => put(out, at, &(value as u16).to_be_bytes()),
        Wire::U32 => put(out, at, &(value as u32).to_be_bytes()),
        Wire::F32 => put(out, at, &(value as f32).to_be_bytes()),
        Wire::F64 => put(out, at, &value.to_be_bytes()),
    }
}

pub(crate) fn get_value(data: &[u8], at: usize, wire: Wire) -> Option<f64> {
    let octets = data.get(at..at + wire.octets())?;
    Some(match wire {
        Wire::U8 => f64::from(*octets.first()?),
        Wire::U16 => f64::from(u16::from_be_bytes(octets.try_into().ok()?)),
        Wire::U32 => f64::from(u32::from_be_bytes(octets.try_into().ok()?)),
        Wire::F32 => f64::from(f32::from_be_bytes(octets.try_into().ok()?)),
        Wire::F64 => f64::from_be_bytes(octets.try_into().ok()?),
    })
}

#[inline(never)] // keeps the guard below in view of the optimiser: see proof/no-panic
pub(super) fn write(
    apid: u16,
    (service, subservice): (u8, u8),
    count: u16,
    t: Time,
    data: &[u8],
    out: &mut [u8; PACKET_MAX],
) -> usize {
    if data.len() > SOURCE_DATA_MAX {
        return 0; // cannot happen; lets the optimiser drop the writer's own bounds checks
    }
    let mut header = SpHeader::new_from_apid(u11::new(apid & 0x7FF));
    header.psc.seq_count = u14::new(count & 0x3FFF);
    let stamp = encode_time(t);
    let secondary =
        PusTmSecondaryHeader::new_simple(MessageTypeId::new(service, subservice), &stamp);
    let packet = PusTmCreator::new(header, secondary, data, CreatorConfig::default());
    packet.write_to_slice(out).unwrap_or(0)
}

/// Packs one list as PUS (3, 25), with the time and the process of its source.
///
/// - `count`: packet sequence count; 14 bits are used.
/// - Returns the octets written, at most [`PACKET_MAX`]; 0 if the list does not fit (tested never to).
pub fn housekeeping<S: Source>(
    list: &tm::List<S>,
    s: &S,
    count: u16,
    out: &mut [u8; PACKET_MAX],
) -> usize {
    let mut data = [0u8; SOURCE_DATA_MAX];
    let Some(mut at) = put(&mut data, 0, &[list.id]) else { return 0 };
    for parameter in list.parameters {
        let Some(next) = put_value(&mut data, at, parameter.line.wire, (parameter.read)(s)) else {
            return 0;
        };
        at = next;
    }
    write(S::APID, (3, 25), count, s.t(), data.get(..at).unwrap_or(&[]), out)
}

/// Packs an event as PUS (5, severity): its code, two octets.
pub fn event(event: Event, t: Time, count: u16, out: &mut [u8; PACKET_MAX]) -> usize {
    write(APID, (5, event.severity() as u8), count, t, &event.code().to_be_bytes(), out)
}

/// Packs an answer to a command.
pub fn report(report: &Report, t: Time, count: u16, out: &mut [u8; PACKET_MAX]) -> usize {
    let mut data = [0u8; 2 + SCHEDULE_MAX * (TIME_OCTETS + 4)];
    let at = put_report(report, &mut data).unwrap_or(0);
    write(APID, report.service(), count, t, data.get(..at).unwrap_or(&[]), out)
}

fn put_report(report: &Report, data: &mut [u8]) -> Option<usize> {
    match *report {
        Report::Accepted(header) | Report::Started(header) | Report::Completed(header) => {
            put(data, 0, &header.request())
        }
        Report::Refused(header, why)
        | Report::NotStarted(header, why)
        | Report::Failed(header, why) => {
            let at = put(data, 0, &header.request())?;
            let (code, argument) = why.wire();
            put(data, at, &[code, argument])
        }
        Report::Alive => Some(0),
        Report::Parameter { parameter, value } => {
            let at = put(data, 0, &[1, parameter])?;
            put(data, at, &value.to_be_bytes())
        }
        Report::Schedule { count, ref entries } => {
            let mut at = put(data, 0, &[count])?;
            for (t, header) in entries.iter().take(usize::from(count)) {
                at = put(data, at, &encode_time(*t))?;
                at = put(data, at, &header.request())?;
            }
            Some(at)
        }
    }
}

/// The answer in the source data of a service's report.
fn get_report(service: (u8, u8), data: &[u8]) -> Result<Report, DecodeError> {
    let short = DecodeError::Truncated(data.len());
    let header = || {
        let request = data.first_chunk::<4>().ok_or(short)?;
        Header::of_request(*request).ok_or(DecodeError::NotAPacket)
    };
    let refusal = || {
        let (Some(code), Some(argument)) = (data.get(4), data.get(5)) else { return Err(short) };
        Refusal::of_wire(*code, *argument).ok_or(DecodeError::UnknownNumber(u16::from(*code)))
    };
    Ok(match service {
        (1, 1) => Report::Accepted(header()?),
        (1, 2) => Report::Refused(header()?, refusal()?),
        (1, 3) => Report::Started(header()?),
        (1, 4) => Report::NotStarted(header()?, refusal()?),
        (1, 7) => Report::Completed(header()?),
        (1, 8) => Report::Failed(header()?, refusal()?),
        (17, 2) => Report::Alive,
        (20, 2) => {
            let parameter = *data.get(1).ok_or(short)?;
            let value = data.get(2..10).and_then(|eight| eight.try_into().ok()).ok_or(short)?;
            Report::Parameter { parameter, value: f64::from_be_bytes(value) }
        }
        (11, 13) => {
            let (count, mut rest) = data.split_first().ok_or(short)?;
            let mut entries = [(Time::default(), Header::new(0)); SCHEDULE_MAX];
            let used = entries.get_mut(..usize::from(*count));
            for slot in used.ok_or(DecodeError::UnknownNumber(u16::from(*count)))? {
                let (t, after) = rest.split_first_chunk::<TIME_OCTETS>().ok_or(short)?;
                let (request, after) = after.split_first_chunk::<4>().ok_or(short)?;
                let header = Header::of_request(*request).ok_or(DecodeError::NotAPacket)?;
                (*slot, rest) = ((decode_time(*t), header), after);
            }
            Report::Schedule { count: *count, entries }
        }
        (service, subservice) => return Err(DecodeError::UnknownService(service, subservice)),
    })
}

/// The packet at the start of the octets by the length that it claims. `None` when it claims less than its own
/// headers or more than there is: the reader of `spacepackets` 0.19 would panic on the first.
fn whole(octets: &[u8]) -> Option<&[u8]> {
    let [.., a, b] = *octets.first_chunk::<6>()?;
    let packet = octets.get(..usize::from(u16::from_be_bytes([a, b])) + 7)?;
    (packet.len() >= OVERHEAD).then_some(packet)
}

/// Reads one packet from the start of `octets`; also returns its length in octets.
pub fn decode(octets: &[u8]) -> Result<(Packet<'_>, usize), DecodeError> {
    let octets = whole(octets).ok_or(DecodeError::NotAPacket)?;
    let reader = PusTmReader::new(octets, TIME_OCTETS).map_err(|_| DecodeError::NotAPacket)?;
    let apid = reader.apid().value();
    if apid != APID && apid != station::APID {
        return Err(DecodeError::ForeignApid(apid));
    }
    let stamp = reader.timestamp().try_into().map_err(|_| DecodeError::NotAPacket)?;
    let t = decode_time(stamp);
    let data = reader.source_data();
    let packet = match (reader.service_type_id(), reader.message_subtype_id()) {
        (3, 25) => {
            let (id, data) = data.split_first().ok_or(DecodeError::Truncated(0))?;
            let known = Layout::find(*id).filter(|layout| layout.apid() == apid);
            let layout = known.ok_or(DecodeError::UnknownNumber(u16::from(*id)))?;
            if data.len() < layout.octets() {
                return Err(DecodeError::Truncated(data.len()));
            }
            Packet::Housekeeping { t, list: *id, data }
        }
        _ if apid != APID => return Err(DecodeError::ForeignApid(apid)),
        (5, _) => {
            let code = data.get(..2).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes);
            let code = code.ok_or(DecodeError::Truncated(data.len()))?;
            let known = Event::ALL.iter().find(|event| event.code() == code);
            Packet::Event { t, event: *known.ok_or(DecodeError::UnknownNumber(code))? }
        }
        raw::SERVICE => Packet::Raw { t, data },
        service => Packet::Report { t, report: get_report(service, data)? },
    };
    Ok((packet, reader.packet_len()))
}

/// The lines of a housekeeping packet with their values; ends early on truncated data.
pub fn values(list: u8, data: &[u8]) -> impl Iterator<Item = (&'static Line, f64)> + '_ {
    let mut at = 0;
    Layout::find(list).into_iter().flat_map(Layout::lines).map_while(move |line| {
        let value = get_value(data, at, line.wire)?;
        at += line.wire.octets();
        Some((line, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::checksum::crc16;
    use crate::station::Station;
    use crate::tm::{Receiver, Snapshot};
    use proptest::prelude::*;

    fn snapshot() -> Snapshot {
        let mut s =
            Snapshot { t: Time::from_utc("2025-06-05T19:15:45").unwrap(), ..Default::default() };
        s.nav.altitude_m = 192.0;
        s.nav.v_up_m_s = -42.0;
        s.rangefinder.fused = 70_000;
        s.control.assist[5] = 0.85;
        s
    }

    #[test]
    fn every_list_decodes_to_what_was_packed() {
        let s = snapshot();
        for list in tm::LISTS {
            let mut out = [0; PACKET_MAX];
            let n = housekeeping(list, &s, 17, &mut out);
            let (packet, length) = decode(&out[..n]).unwrap();
            assert_eq!(length, n);
            let Packet::Housekeeping { t, list: id, data } = packet else { unreachable!() };
            assert_eq!((t, id), (s.t, list.id));
            assert_eq!(values(id, data).count(), list.parameters.len());
            for ((line, value), parameter) in values(id, data).zip(list.parameters) {
                let sent = (parameter.read)(&s);
                assert_eq!(*line, parameter.line);
                assert!((value - sent).abs() <= 1e-7 * sent.abs(), "{}: {value}", line.key);
            }
        }
    }

    #[test]
    fn stations_and_receiver_report_as_the_lander_does_each_under_its_own_process() {
        let t = snapshot().t;
        let station = Station {
            t,
            number: 4,
            doppler_Hz: -46_123.456,
            via_relay: true,
            ..Default::default()
        };
        let receiver =
            Receiver { t, frames_good: 7, sequence: 1 << 30, lockout: true, ..Default::default() };
        let mut out = [0; PACKET_MAX];
        let n = housekeeping(&station::LIST, &station, 3, &mut out);
        let seen = |octets: &[u8], key: &str| {
            let (Packet::Housekeeping { list, data, .. }, _) = decode(octets).unwrap() else {
                unreachable!()
            };
            values(list, data).find(|(line, _)| line.key == key).unwrap().1
        };
        assert_eq!(seen(&out[..n], "station.doppler_Hz"), -46_123.456);
        assert_eq!(seen(&out[..n], "station.via_relay"), 1.0);
        let n = housekeeping(&tm::RECEIVER, &receiver, 3, &mut out);
        assert_eq!(seen(&out[..n], "uplink.sequence"), f64::from(1 << 30));
        // A list under another's process is none.
        let n = write(APID, (3, 25), 0, t, &[station::LIST.id; 60], &mut out);
        assert_eq!(decode(&out[..n]), Err(DecodeError::UnknownNumber(30)));
        let n = write(station::APID, (5, 1), 0, t, &[0, 1], &mut out);
        assert_eq!(decode(&out[..n]), Err(DecodeError::ForeignApid(station::APID)));
    }

    #[test]
    fn every_answer_decodes_to_what_was_sent() {
        let (t, header, why) =
            (snapshot().t, Header::new(0x2ABC), Refusal::OutOfRange { argument: 1 });
        let mut entries = [(Time::default(), Header::new(0)); SCHEDULE_MAX];
        for (n, entry) in (0..).zip(entries.iter_mut()) {
            *entry = (t, Header::new(n));
        }
        let reports = [
            Report::Accepted(header),
            Report::Refused(header, why),
            Report::Started(header),
            Report::NotStarted(header, Refusal::NotArmed),
            Report::Completed(header),
            Report::Failed(header, Refusal::NotFitted),
            Report::Alive,
            Report::Parameter { parameter: 3, value: 0.1 },
            Report::Schedule { count: 16, entries },
        ];
        for sent in reports {
            let mut out = [0; PACKET_MAX];
            let n = report(&sent, t, 1, &mut out);
            assert_eq!(decode(&out[..n]), Ok((Packet::Report { t, report: sent }, n)));
        }
    }

    #[test]
    fn a_flipped_bit_is_refused() {
        let mut out = [0; PACKET_MAX];
        let n = event(Event::Landed, snapshot().t, 1, &mut out);
        assert!(decode(&out[..n]).is_ok());
        out[n - 3] ^= 1;
        assert_eq!(decode(&out[..n]), Err(DecodeError::NotAPacket));
    }

    proptest! {
        #[test]
        fn no_octets_break_the_decoder(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = decode(&octets);
        }

        #[test]
        fn no_length_breaks_the_decoder(mut octets in proptest::collection::vec(any::<u8>(), 6..80), apid in prop_oneof![Just(APID), Just(station::APID)]) {
            for claimed in 0..=octets.len() {
                octets[..2].copy_from_slice(&(0x0800 | apid).to_be_bytes());
                octets[4..6].copy_from_slice(&u16::try_from(claimed).unwrap().to_be_bytes());
                let length = claimed + 7;
                if let Some(packet) = octets.get_mut(..length) {
                    let checksum = crc16(&packet[..length - 2]).to_be_bytes();
                    packet[length - 2..].copy_from_slice(&checksum);
                }
                let _ = decode(&octets);
            }
        }

        #[test]
        fn the_time_code_keeps_fifteen_microseconds(ns in -1_000_000_000_000_000_000i64..2_900_000_000_000_000_000) {
            let t = Time::from_tai_ns(ns);
            let back = decode_time(encode_time(t));
            prop_assert!((back - t).ns().abs() <= 15_259);
            prop_assert_eq!(encode_time(back), encode_time(t));
        }
    }
}
