//! From records to packets.

use super::*;
use icd::link::delivery::{OVERHEAD, write};
use icd::link::packet::{PACKET_MAX, housekeeping};
use icd::station::{self, Station};
use icd::time::Span;
use proptest::prelude::*;

fn t() -> Time {
    Time::from_utc("2025-06-05T19:00:00").unwrap()
}

fn unit(station: u8, number: u64, content: Content, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; payload.len() + OVERHEAD];
    write(&Unit { content, station, number, received: t(), payload }, &mut out).unwrap();
    out
}

fn datagram(payload: &[u8]) -> Record<'_> {
    Record { kind: Kind::Datagram, stream: 0, at_ns: 0, payload }
}

fn station_packet(number: u8) -> Vec<u8> {
    let mut out = [0; PACKET_MAX];
    let s = Station { t: t() + Span::from_ms(5), number, ..Station::default() };
    let octets = housekeeping(&station::LIST, &s, 1, &mut out);
    out[..octets].to_vec()
}

#[test]
fn units_are_known_again_and_a_station_may_begin_anew() {
    let mut decoder = Decoder::default();
    let mut packets = 0;
    let mut hear = |number, station| {
        let octets = unit(2, number, Content::Station, &station_packet(station));
        decoder.take(&datagram(&octets), &mut |item| {
            packets += u32::from(matches!(item, Item::Packet { .. }));
        })
    };
    for number in [1, 2, 5, 4, 4, 2] {
        assert_eq!(hear(number, 2), Taken { unit: Some(number), station: Some(2) });
    }
    hear(1, 3); // the same number with another content: it counts from 1 again
    hear(2, 2);
    let counts = &decoder.stations()[&2];
    assert_eq!((counts.units, counts.again), (6, 2));
    assert_eq!((packets, decoder.counts().packets), (6, 6));
}

#[test]
fn a_lander_does_not_speak_for_a_station() {
    let mut decoder = Decoder::default();
    let mut out = [0; PACKET_MAX];
    let n = icd::link::packet::event(icd::events::Event::Landed, t(), 1, &mut out);
    let octets = unit(2, 1, Content::Station, &out[..n]);
    decoder.take(&datagram(&octets), &mut |item| assert!(matches!(item, Item::Heard { .. })));
    assert_eq!((decoder.counts().packets, decoder.counts().refused), (0, 1));
}

#[test]
fn a_confirmation_of_radiation_names_the_unit() {
    let mut decoder = Decoder::default();
    let mut heard = Vec::new();
    let octets = unit(3, 1, Content::Radiated, &77u64.to_be_bytes());
    decoder.take(&datagram(&octets), &mut |item| {
        if let Item::Radiated { station, at, number } = item {
            heard.push((station, number, (at - t()).ns().abs() < 20_000));
        }
    });
    assert_eq!(heard, [(3, 77, true)]);
}

proptest! {
    #[test]
    fn no_record_breaks_the_decoder(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..8), framed in any::<bool>()) {
        let mut decoder = Decoder::default();
        for payload in &payloads {
            let mut octets = payload.clone();
            if framed {
                octets = unit(1, u64::from(payload.first().copied().unwrap_or(0)), Content::Frame, payload);
                octets.extend(unit(1, 300, Content::Station, payload));
            }
            decoder.take(&datagram(&octets), &mut |_| {});
            decoder.take(&Record { kind: Kind::Stream, stream: 4, at_ns: 0, payload: &octets }, &mut |_| {});
        }
    }
}
