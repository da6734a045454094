//! Every command survives its way; what the table does not allow is refused by name.

extern crate std;
use super::*;
use proptest::prelude::*;
use spacepackets::CcsdsPacket;
use spacepackets::ecss::PusPacket;
use spacepackets::ecss::tc::{GenericPusTcSecondaryHeader, PusTcReader};
use std::vec::Vec;

fn packed(order: &Order, sequence: u16) -> Vec<u8> {
    let mut out = [0; UPLINK_MAX];
    let octets = encode(order, Header::new(sequence), &mut out);
    assert!(octets >= EMPTY, "{order:?} does not fit");
    out[..octets].to_vec()
}

/// Puts the right checksum behind what was changed.
fn resealed(mut packet: Vec<u8>) -> Vec<u8> {
    let end = packet.len() - 2;
    let checksum = crc16(&packet[..end]).to_be_bytes();
    packet[end..].copy_from_slice(&checksum);
    packet
}

/// An order of each command, with values inside their ranges.
fn orders() -> Vec<Order> {
    let values = |argument: &Argument| match argument.choices.last() {
        Some((choice, _)) => f64::from(*choice),
        None => argument.max.min(100.0),
    };
    let plain = COMMANDS.iter().filter(|command| command.code != code::SCHEDULE);
    let plain = plain.map(|command| {
        let mut values: Vec<f64> = command.arguments.iter().map(values).collect();
        if command.code == code::LOAD_PARAMETER {
            values[1] = PARAMETERS.last().unwrap().max;
        }
        command.order(&values).unwrap()
    });
    let mut all: Vec<_> = plain.collect();
    let at = Time::from_utc("2025-06-05T19:15:45").unwrap();
    let scheduled = all
        .iter()
        .map(|order| Order::scheduled(at, order, Header::new(9)).unwrap())
        .collect::<Vec<_>>();
    all.extend(scheduled);
    all
}

#[test]
fn every_command_arrives_as_it_was_sent() {
    for order in orders() {
        let packet = packed(&order, 77);
        assert_eq!(decode(&packet), Ok((Header::new(77), order)), "{order:?}");
        let Order::Schedule(inner) = order else { continue };
        assert!(decode(inner.packet()).is_ok());
    }
}

#[test]
fn another_reader_of_the_standard_sees_the_same_packet() {
    for order in orders() {
        let packet = packed(&order, 0x1234);
        let reader = PusTcReader::new(&packet).unwrap();
        let (command, _) = order.parts();
        let service = (PusPacket::service_type_id(&reader), PusPacket::message_subtype_id(&reader));
        assert_eq!(reader.packet_len(), packet.len());
        assert_eq!(service, command.service);
        assert!(reader.app_data().starts_with(command.prefix));
        assert_eq!(reader.source_id(), SOURCE);
    }
}

#[test]
fn the_table_is_consistent() {
    for (n, command) in COMMANDS.iter().enumerate() {
        assert!(command.arguments.len() <= ARGUMENTS_MAX);
        for other in &COMMANDS[..n] {
            assert!(other.code < command.code, "{}", command.name);
            assert_ne!(other.name, command.name);
            assert_ne!((other.service, other.prefix), (command.service, command.prefix));
        }
        let armed = NAMES.iter().any(|(code, name)| *code == command.code && *name == command.name);
        assert_eq!(command.hazardous, armed, "{}", command.name);
    }
    let loadable: Vec<_> = PARAMETERS.iter().map(|p| (p.id, p.name)).collect();
    let load = Command::named("load_parameter").unwrap();
    assert_eq!(load.arguments[0].choices, loadable);
    let lists = Command::named("housekeeping_on").unwrap().arguments[0].choices;
    let mut sent: Vec<_> = crate::tm::LISTS.iter().map(|list| (list.id, list.name)).collect();
    sent.push((crate::tm::RECEIVER.id, crate::tm::RECEIVER.name));
    sent.sort_unstable();
    assert_eq!(lists, sent);
}

#[test]
fn what_lies_outside_its_range_is_refused_with_the_argument_named() {
    let divert = Command::named("divert").unwrap();
    assert_eq!(divert.order(&[0.0, 2000.5]), Err(Refusal::OutOfRange { argument: 1 }));
    assert_eq!(divert.order(&[f64::NAN, 0.0]), Err(Refusal::OutOfRange { argument: 0 }));
    assert_eq!(divert.order(&[0.0]), Err(Refusal::WrongLength));
    let sensor = Command::named("sensor_use").unwrap();
    assert_eq!(sensor.order(&[0.5, 0.0]), Err(Refusal::NoSuchChoice { argument: 0 }));
    let load = Command::named("load_parameter").unwrap();
    assert_eq!(load.order(&[3.0, -1.0]), Err(Refusal::OutOfRange { argument: 1 }));
    let dump = Command::named("dump").unwrap();
    assert_eq!(dump.order(&[20.0, 10.0]), Err(Refusal::OutOfRange { argument: 1 }));

    let mut far = packed(&Order::Divert { east_m: 1.0, north_m: 2.0 }, 1);
    far[12..16].copy_from_slice(&3e9f32.to_be_bytes());
    let refused = (Some(Header::new(1)), Refusal::OutOfRange { argument: 0 });
    assert_eq!(decode(&resealed(far)), Err(refused));
}

#[test]
fn each_way_of_being_no_command_has_its_own_refusal() {
    let ping = packed(&Order::Ping, 1);
    let changed = |at: usize, octet: u8| {
        let mut packet = ping.clone();
        packet[at] = octet;
        decode(&resealed(packet)).unwrap_err().1
    };
    assert_eq!(decode(&ping[..12]).unwrap_err(), (None, Refusal::NotAPacket));
    assert_eq!(changed(0, 0x08), Refusal::NotAPacket); // telemetry
    assert_eq!(changed(1, 0x2B), Refusal::ForeignProcess);
    assert_eq!(changed(7, 99), Refusal::UnknownService);
    assert_eq!(changed(8, 2), Refusal::UnknownService);
    assert_eq!(changed(7, 8), Refusal::UnknownCommand); // a function without its number
    let mut function = packed(&Order::Go, 1);
    function[11] = 200;
    assert_eq!(decode(&resealed(function)).unwrap_err().1, Refusal::UnknownCommand);
    let mut long = ping.clone();
    long.insert(11, 0);
    long[5] += 1;
    assert_eq!(decode(&resealed(long)).unwrap_err().1, Refusal::WrongLength);
}

#[test]
fn a_schedule_holds_no_schedule() {
    let at = Time::from_tai_ns(0);
    let ping = Order::scheduled(at, &Order::Ping, Header::new(1)).unwrap();
    assert_eq!(Order::scheduled(at, &ping, Header::new(2)), None);
    // Built by hand, it is refused on board too.
    let inner = packed(&Order::ScheduleReset, 3);
    let mut data =
        packed(&Order::Schedule(Scheduled { at, len: 0, octets: [0; SCHEDULED_MAX] }), 4);
    data.truncate(data.len() - 2);
    let mut nested = inner.clone();
    nested[8] = 4;
    data.extend(resealed(nested));
    data.extend([0, 0]);
    let length = u16::try_from(data.len() - 7).unwrap().to_be_bytes();
    data[4..6].copy_from_slice(&length);
    assert_eq!(decode(&resealed(data)).unwrap_err().1, Refusal::UnknownCommand);
}

#[test]
fn refusals_survive_their_way_to_the_ground() {
    for (code, text) in &Refusal::NAMES[1..] {
        let refusal = Refusal::of_wire(*code, 1).unwrap();
        assert_eq!((refusal.code(), refusal.text()), (*code, *text));
        let (code, argument) = refusal.wire();
        assert_eq!(Refusal::of_wire(code, argument), Some(refusal));
    }
    assert_eq!(Refusal::of_wire(0, 0), None);
}

proptest! {
    #[test]
    fn any_flipped_bit_is_refused(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let orders = orders();
        let mut packet = packed(&orders[which.index(orders.len())], 5);
        let bit = at.index(packet.len() * 8);
        packet[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(decode(&packet).is_err());
    }

    #[test]
    fn no_octets_break_the_reader(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&octets);
        // Behind a good header and checksum.
        let mut packet = packed(&Order::Ping, 5)[..9].to_vec();
        packet.extend(&octets);
        packet.extend([0, 0]);
        let length = u16::try_from(packet.len() - 7).unwrap().to_be_bytes();
        packet[4..6].copy_from_slice(&length);
        for command in COMMANDS {
            (packet[7], packet[8]) = command.service;
            let _ = decode(&resealed(packet.clone()));
        }
    }

    #[test]
    fn values_inside_their_ranges_arrive(east_m in -2000.0f32..=2000.0, north_m in -2000.0f32..=2000.0, value in 2.0..50.0f64) {
        let divert = Order::Divert { east_m: east_m.into(), north_m: north_m.into() };
        let load = Order::LoadParameter { parameter: 1, value };
        for order in [divert, load] {
            prop_assert_eq!(decode(&packed(&order, 0x3FFF)), Ok((Header::new(0x3FFF), order)));
        }
    }
}
