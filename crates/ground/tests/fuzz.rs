//! No octets make a decoder panic: those of the wire and those of mission control.
//!
//! FRIGORIS_FUZZ_INPUTS=10000000 cargo test --release -p frigoris-ground --test fuzz -- --nocapture

#[path = "fuzz/corpus.rs"]
mod corpus;
#[path = "fuzz/mutate.rs"]
mod mutate;

use corpus::{checksum_repair, frames, samples, unit_repair, units};
use icd::link::command_frame::{Content, Directive, TC_FRAME_MAX, TcFrame, directive, seal};
use icd::link::cop::{Clcw, Farm};
use icd::link::delivery::{self, OVERHEAD, PAYLOAD_MAX};
use icd::link::frame::{BEACON_FRAME, Channel, Frame, SCID, SCID_BACKUP, TM_FRAME};
use icd::link::packet::{self, Packet, values};
use icd::link::reassemble::Packets;
use icd::link::security::{KEY_OCTETS, Key};
use icd::link::{cltu, raw};
use icd::tc::{self, COMMANDS, Header, Order};
use icd::time::Time;
use icd::tm::Layout;
use mutate::fuzz;

/// Length and checksum of a packet.
fn packet_repair(octets: &mut [u8]) {
    if octets.len() < 13 {
        return;
    }
    let [high, low] = (octets.len() as u16 - 7).to_be_bytes();
    (octets[4], octets[5]) = (high, low);
    checksum_repair(octets);
}

/// Reads all that there is in a packet.
fn read_packet(octets: &[u8]) -> bool {
    match packet::decode(octets) {
        Ok((Packet::Housekeeping { list, data, .. }, _)) => {
            assert_eq!(values(list, data).count(), Layout::find(list).unwrap().lines().count());
            true
        }
        Ok((Packet::Raw { data, .. }, _)) => raw::cycles(data).all(|cycle| cycle.is_ok()),
        Ok(_) => true,
        Err(_) => false,
    }
}

#[test]
fn no_octets_break_the_reader_of_packets() {
    fuzz("telemetry packets", &samples(), packet_repair, read_packet);
}

/// Source data with cycles: one with every report there is, one bare.
fn cycles() -> Vec<Vec<u8>> {
    let bare = [&[raw::STRUCTURE, 0, 0, 0, 7, 0, 2][..], &[0x11; 8 + 48]].concat();
    let mut every = [&[raw::STRUCTURE, 0, 0, 1, 7, 0xF7, 0xFF][..], &[0x22; 8 + 48]].concat();
    every.extend([0x33; 40 + 12]); // star tracker, range
    every.push(1); // its quality
    every.extend([0x44; 21 + 12]); // velocimeter, radar altimeter
    every.push(2);
    every.extend([0x55; 8]); // camera: count, entries
    every.extend([9, 2]);
    every.extend([0x66; 20 + 13 + 8 + 1 + 24 + 2 * icd::bus::SHOTS]); // landmarks, gauge, hazard lidar
    every.push(13);
    every.extend([0x77; 13]);
    vec![bare, every]
}

#[test]
fn no_octets_break_the_reader_of_raw_cycles() {
    let good = cycles();
    fuzz(
        "raw cycles",
        &good,
        |_| (),
        |octets| {
            let read: Vec<_> = raw::cycles(octets).collect();
            !read.is_empty() && read.iter().all(Result::is_ok)
        },
    );
}

/// Reads a frame and what the channel's packets become by it.
fn read_frame(packets: &mut Packets, octets: &[u8]) -> bool {
    let Ok(frame) = Frame::read(octets) else { return false };
    packets.take(&frame, |packet| {
        read_packet(packet);
    });
    true
}

#[test]
fn no_octets_break_the_reader_of_telemetry_frames() {
    let good = frames::<TM_FRAME>(SCID, &[Channel::RealTime, Channel::Stored]);
    let mut packets = Packets::new();
    fuzz("telemetry frames", &good, checksum_repair, |octets| read_frame(&mut packets, octets));
}

#[test]
fn no_octets_break_the_reader_of_short_frames() {
    let good = frames::<BEACON_FRAME>(SCID_BACKUP, &[Channel::RealTime]);
    let mut packets = Packets::new();
    fuzz("beacon frames", &good, checksum_repair, |octets| read_frame(&mut packets, octets));
}

/// Every command there is, and each of them scheduled.
fn orders() -> Vec<Order> {
    let mut out = Vec::new();
    for command in COMMANDS {
        let middle = |a: &tc::Argument| match a.choices.first() {
            Some((choice, _)) => f64::from(*choice),
            None => (a.min + a.max) / 2.0,
        };
        let mut arguments: Vec<f64> = command.arguments.iter().map(middle).collect();
        if command.name == "load_parameter" {
            arguments = vec![1.0, 5.0];
        }
        if let Ok(order) = command.order(&arguments) {
            out.push(order);
            out.extend(Order::scheduled(Time::from_tai_ns(8 << 56), &order, Header::new(3)));
        }
    }
    out
}

fn telecommands() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (n, order) in (0..).zip(orders()) {
        let mut packet = [0; icd::bus::UPLINK_MAX];
        let length = tc::encode(&order, Header::new(n), &mut packet);
        out.push(packet[..length].to_vec());
    }
    out
}

#[test]
fn no_octets_break_the_reader_of_telecommands_and_what_it_takes_can_be_sent() {
    fuzz("telecommands", &telecommands(), packet_repair, |octets| {
        let Ok((header, order)) = tc::decode(octets) else { return false };
        let mut again = [0; icd::bus::UPLINK_MAX];
        let length = tc::encode(&order, header, &mut again);
        let (_, read) = tc::decode(&again[..length]).unwrap();
        match (order, read) {
            // Travels as seconds.
            (Order::Dump { from, to }, Order::Dump { from: a, to: b }) => {
                assert!([from - a, to - b].iter().all(|off| off.ns().abs() < 1_000));
            }
            _ => assert_eq!(read, order),
        }
        true
    });
}

const KEY: Key = Key([7; KEY_OCTETS]);

fn command_frames() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (n, packet) in (0u8..).zip(telecommands()) {
        for content in [Content::Sequenced, Content::Bypass] {
            let mut frame = [0; TC_FRAME_MAX];
            let number = if content == Content::Sequenced { n } else { 0 };
            let length =
                seal(&KEY, u32::from(n) + 1, content, number, &packet, &mut frame).unwrap();
            out.push(frame[..length].to_vec());
        }
    }
    for what in [Directive::Unlock, Directive::SetExpected(3)] {
        let mut frame = [0; TC_FRAME_MAX];
        let length = directive(what, &mut frame);
        out.push(frame[..length].to_vec());
    }
    out
}

fn command_frame_repair(octets: &mut [u8]) {
    if octets.len() > 7 {
        let [high, low] = (octets.len() as u16 - 1).to_be_bytes();
        octets[2] = (octets[2] & 0xFC) | (high & 3);
        octets[3] = low;
        checksum_repair(octets);
    }
}

/// Reads a frame of commands as the receiver does.
fn read_command_frame(farm: &mut Farm, octets: &[u8]) -> bool {
    let Ok(frame) = TcFrame::read(octets) else { return false };
    if let Ok((_, packet)) = frame.open(&KEY) {
        let _ = tc::decode(packet);
    }
    let _ = farm.accept(&frame);
    Clcw::decode(farm.clcw().encode()).is_some()
}

#[test]
fn no_octets_break_the_reader_of_command_frames() {
    let mut farm = Farm::new();
    fuzz("command frames", &command_frames(), command_frame_repair, |octets| {
        read_command_frame(&mut farm, octets)
    });
}

#[test]
fn no_octets_break_the_reader_of_command_link_transmission_units() {
    let mut good = Vec::new();
    for frame in command_frames() {
        let mut unit = [0; cltu::CLTU_MAX];
        let length = cltu::encode(&frame, &mut unit);
        good.push(unit[..length].to_vec());
    }
    let mut farm = Farm::new();
    // The parity of every block.
    let repair = |octets: &mut [u8]| {
        for block in octets.get_mut(2..).unwrap_or_default().chunks_exact_mut(8) {
            if let Some((information, parity)) = block.split_first_chunk_mut::<7>()
                && parity != [0x79]
            {
                parity.fill(cltu::parity(information));
            }
        }
    };
    fuzz("command link transmission units", &good, repair, |octets| {
        let Some(decoded) = cltu::decode(octets) else { return false };
        read_command_frame(&mut farm, decoded.octets())
    });
}

#[test]
fn no_octets_break_the_reader_of_delivery_units_and_what_it_takes_can_be_sent() {
    fuzz("delivery units", &units(), unit_repair, |octets| {
        let Ok((unit, length)) = delivery::read(octets) else { return false };
        assert!(length <= octets.len());
        let mut again = [0; PAYLOAD_MAX + OVERHEAD];
        let written = delivery::write(&unit, &mut again).unwrap();
        assert_eq!(delivery::read(&again[..written]), Ok((unit, length)));
        true
    });
}
