//! A recorded flight as delivery units: the way back into the path that a live flight takes.
//!
//! Owns: [`of_packets`] (the packets of a flight's folder), [`of_units`] (units as they were once delivered).
//! Does not own: the files' names, pace and sockets (the front door).
//! As programmed: packets were recorded without a radio, so they are framed as if one had carried them all: real
//! time, one station, the light time of the Moon's mean distance, a frame closed when it is full or 0.2 s old. That
//! station says once a second that it holds the signal, until 2.5 s after the last packet, and a minute longer that it
//! does not; what else it would say is not known and is zero.
//! Refuses: to make up what was not recorded.

use super::air::{Air, Delivery, Load};
use icd::constants::SPEED_OF_LIGHT_M_S;
use icd::link::cop::Clcw;
use icd::link::delivery::{self, Content, NotAUnit};
use icd::link::frame::{Channel, FrameWriter, SCID, TM_FRAME};
use icd::link::packet::{self, PACKET_MAX, Packet};
use icd::station::{self, Station};
use icd::time::{Span, Time};

/// Mean distance of the Moon, m.
const DISTANCE_M: f64 = 384_400e3;
/// A frame waits so long to be filled.
const FILLS: Span = Span::from_ms(200);
/// A signal without packets for so long is none.
const SILENT: Span = Span::from_ms(2_500);
/// The station goes on so long after the last packet.
const AFTER: Span = Span::from_ms(60_000);
const SECOND: Span = Span::from_ms(1_000);
/// Number of the station.
const STATION: u8 = 1;

/// Time of a packet.
fn time(packet: &Packet<'_>) -> Option<Time> {
    match packet {
        Packet::Housekeeping { t, .. } | Packet::Event { t, .. } | Packet::Raw { t, .. } => {
            Some(*t)
        }
        _ => None,
    }
}

/// Frames and the station's word, on their way.
struct Sender {
    air: Air,
    frames: FrameWriter<TM_FRAME>,
    /// Time of the first packet in the open frame.
    open: Option<Time>,
    way: Span,
    good: u32,
    tells: Option<Time>,
    last: Time,
    told: u16,
}

impl Sender {
    fn close(&mut self, now: Time) {
        if self.open.take().is_none() {
            return;
        }
        let mut frame = [0; TM_FRAME];
        self.frames.take(Channel::RealTime, Clcw::default(), &mut frame);
        self.good += 1;
        let (content, payload) = (Content::Frame, frame.to_vec());
        let received = now + self.way;
        self.air.send(received, Load { content, station: STATION, received, payload });
    }

    /// What the station says of itself up to `now`.
    fn tell(&mut self, now: Time) {
        let mut at = *self.tells.get_or_insert(now);
        while at <= now {
            let held = at - self.last <= SILENT;
            let seen = Station {
                t: at + self.way,
                number: STATION,
                carrier_locked: held,
                frame_locked: held,
                light_time_s: self.way.s(),
                frames_good: self.good,
                ..Station::default()
            };
            let mut out = [0; PACKET_MAX];
            let octets = packet::housekeeping(&station::LIST, &seen, self.told, &mut out);
            self.told = self.told.wrapping_add(1) & 0x3FFF;
            let (content, payload) = (Content::Station, out[..octets].to_vec());
            self.air.send(seen.t, Load { content, station: STATION, received: seen.t, payload });
            at += SECOND;
        }
        self.tells = Some(at);
    }
}

/// The packets of a recording, one after the other, as delivery units in the order of their arrival.
///
/// Octets that are no packet of ours end it.
pub fn of_packets(mut packets: &[u8]) -> Vec<Delivery> {
    let mut sender = Sender {
        air: Air::default(),
        frames: FrameWriter::new(SCID),
        open: None,
        way: Span::from_s(DISTANCE_M / SPEED_OF_LIGHT_M_S),
        good: 0,
        tells: None,
        last: Time::default(),
        told: 0,
    };
    while let Ok((packet, length)) = packet::decode(packets) {
        let Some((octets, rest)) = packets.split_at_checked(length) else { break };
        let t = time(&packet).unwrap_or(sender.last).max(sender.last);
        if sender.tells.is_none() {
            sender.last = t;
        }
        if sender.open.is_some_and(|open| t - open >= FILLS) {
            sender.close(sender.last.max(t - FILLS));
        }
        // A gap is told as one before the packet after it is.
        sender.tell(t - Span::from_ns(1));
        sender.last = t;
        let _ = sender.open.get_or_insert(t);
        sender.frames.push(Channel::RealTime, octets);
        if sender.frames.room(Channel::RealTime) == 0 {
            sender.close(t);
            // What did not fit has begun the next.
            sender.open = sender.frames.begun(Channel::RealTime).then_some(t);
        }
        packets = rest;
    }
    sender.close(sender.last);
    sender.tell(sender.last + AFTER);
    let end = sender.last + AFTER + AFTER;
    sender.air.deliver(end)
}

/// Units as they were delivered, one after the other, numbered anew from 1: the order stays, commands are left out.
///
/// What is no unit is skipped to the next one.
pub fn of_units(mut octets: &[u8]) -> Vec<Delivery> {
    let mut out: Vec<Delivery> = Vec::new();
    let mut at = Time::from_tai_ns(i64::MIN);
    while !octets.is_empty() {
        let used = match delivery::read(octets) {
            Ok((unit, length)) => {
                at = at.max(unit.received);
                let number = out.len() as u64 + 1;
                let unit = delivery::Unit { number, ..unit };
                let mut written = vec![0; length];
                let whole = delivery::write(&unit, &mut written);
                if whole.is_some() && unit.content != Content::Command {
                    out.push(Delivery { at, number, octets: written });
                }
                length
            }
            Err(NotAUnit::Unknown(length) | NotAUnit::Checksum(length)) => length,
            Err(_) => 1,
        };
        octets = octets.get(used..).unwrap_or(&[]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::events::Event;
    use icd::link::frame::Frame;
    use icd::link::reassemble::Packets;

    fn recording() -> (Vec<u8>, Vec<Vec<u8>>) {
        let t = Time::from_utc("2025-06-05T19:15:00").unwrap();
        let (mut all, mut each) = (Vec::new(), Vec::new());
        for n in 0..400u16 {
            // Four a second, and a gap of 20 s.
            let ms = 250 * i64::from(n) + if n < 200 { 0 } else { 20_000 };
            let mut out = [0; PACKET_MAX];
            let octets = packet::event(Event::RangeRejected, t + Span::from_ms(ms), n, &mut out);
            all.extend_from_slice(&out[..octets]);
            each.push(out[..octets].to_vec());
        }
        (all, each)
    }

    #[test]
    fn every_recorded_packet_arrives_as_it_was_and_the_gap_is_told() {
        let (all, each) = recording();
        let units = of_packets(&all);
        let (mut joined, mut came, mut held) = (Packets::new(), Vec::new(), Vec::new());
        for delivery in &units {
            let (unit, _) = delivery::read(&delivery.octets).unwrap();
            if unit.content == Content::Frame {
                let frame = Frame::read(unit.payload).unwrap();
                joined.take(&frame, |packet| came.push(packet.to_vec()));
            } else {
                let Ok((Packet::Housekeeping { list, data, .. }, _)) = packet::decode(unit.payload)
                else {
                    panic!("no packet of a station")
                };
                let locked =
                    packet::values(list, data).find(|(line, _)| line.key == "station.frame_locked");
                held.push(locked.is_some_and(|(_, value)| value > 0.0));
            }
        }
        assert_eq!(came, each);
        assert!(units.windows(2).all(|pair| pair[0].at <= pair[1].at));
        held.dedup();
        assert_eq!(held, [true, false, true, false]);
    }

    #[test]
    fn units_played_again_keep_their_order_and_skip_what_is_none() {
        let (all, _) = recording();
        let units = of_packets(&all);
        let mut stream: Vec<u8> = b"torn".to_vec();
        units.iter().for_each(|delivery| stream.extend(&delivery.octets));
        let again = of_units(&stream);
        assert_eq!(again.len(), units.len());
        assert!(again.iter().zip(&units).all(|(a, b)| a.octets == b.octets));
    }
}
