//! Whatever goes into frames comes out, as it was or not at all; gaps are counted.

extern crate std;
use super::*;
use crate::link::packet::{self, PACKET_MAX, Packet};
use crate::link::reassemble::{Packets, Taken};
use crate::tm::Snapshot;
use crate::{beacon, tm};
use proptest::prelude::*;
use spacepacket::tctm::tm::{BooleanFieldFlag, TMRandomization, TMTransferFrame};
use std::vec;
use std::vec::Vec;

fn housekeeping(count: u16) -> Vec<u8> {
    let mut out = [0; PACKET_MAX];
    let list = &tm::LISTS[usize::from(count) % tm::LISTS.len()];
    let octets = packet::housekeeping(list, &Snapshot::default(), count, &mut out);
    out[..octets].to_vec()
}

/// A space packet of so many octets.
fn plain(octets: usize, seed: u8) -> Vec<u8> {
    let mut packet: Vec<u8> =
        (0..=255u8).cycle().take(octets).map(|n| n.wrapping_mul(seed)).collect();
    let length = u16::try_from(octets - 7).unwrap().to_be_bytes();
    packet[..6].copy_from_slice(&[0x08, 0x2A, 0xC0, seed, length[0], length[1]]);
    packet
}

fn framed<const N: usize>(packets: &[Vec<u8>]) -> Vec<[u8; N]> {
    let mut writer = FrameWriter::<N>::new(SCID);
    let (mut frames, mut out) = (Vec::new(), [0; N]);
    for packet in packets {
        while !writer.push(Channel::RealTime, packet) {
            writer.take(Channel::RealTime, Clcw::default(), &mut out);
            frames.push(out);
        }
    }
    while writer.begun(Channel::RealTime) && frames.len() < 1000 {
        let room = writer.room(Channel::RealTime);
        writer.take(Channel::RealTime, Clcw::default(), &mut out);
        frames.push(out);
        if room >= PACKET_MIN {
            break;
        }
    }
    frames
}

fn joined<const N: usize>(frames: &[[u8; N]]) -> (Vec<Vec<u8>>, Vec<Taken>) {
    let (mut join, mut packets, mut taken) = (Packets::new(), Vec::new(), Vec::new());
    for frame in frames {
        let frame = Frame::read(frame).unwrap();
        taken.push(join.take(&frame, |packet| packets.push(packet.to_vec())));
    }
    (packets, taken)
}

#[test]
fn packets_that_span_frames_come_out_whole() {
    let packets: Vec<_> = (0..200).map(housekeeping).collect();
    let frames = framed::<TM_FRAME>(&packets);
    let octets: usize = packets.iter().map(Vec::len).sum();
    assert_eq!(frames.len(), octets.div_ceil(FrameWriter::<TM_FRAME>::DATA));
    let (out, taken) = joined(&frames);
    assert_eq!(out, packets);
    assert!(taken.iter().all(|taken| taken.missing == 0 && taken.broken == 0));
}

#[test]
fn the_header_lies_as_the_standard_draws_it() {
    let mut writer = FrameWriter::<TM_FRAME>::new(SCID);
    let mut out = [0; TM_FRAME];
    let clcw = Clcw { expected: 9, ..Clcw::default() };
    writer.take(Channel::Idle, clcw, &mut out);
    writer.push(Channel::Stored, &plain(20, 1));
    writer.take(Channel::Stored, clcw, &mut out);
    // Version 00, 0001011101, channel 001, field present; counters 1 and 0; segment length 3, first header at 0.
    assert_eq!(out[..6], [0x05, 0xD3, 1, 0, 0x18, 0x00]);
    assert_eq!(out[TM_FRAME - 6..TM_FRAME - 2], clcw.encode());
    assert_eq!(crc16(&out), 0);
    let frame = Frame::read(&out).unwrap();
    assert_eq!((frame.scid, frame.channel, frame.clcw), (SCID, 1, Some(clcw)));
}

#[test]
fn another_implementation_reads_the_same_from_our_frames() {
    let packets: Vec<_> = (0..50).map(housekeeping).collect();
    for octets in framed::<TM_FRAME>(&packets) {
        let ours = Frame::read(&octets).unwrap();
        let theirs = TMTransferFrame::decode(&octets[..], TM_FRAME, TMRandomization::None).unwrap();
        let head = theirs.primary_header;
        assert_eq!(
            (head.tfvn, head.scid, u16::from(head.vcid)),
            (0, ours.scid, u16::from(ours.channel))
        );
        assert_eq!(head.ocf_flag, BooleanFieldFlag::Present);
        assert_eq!(
            (head.mc_frame_count, head.vc_frame_count),
            (ours.master_count, ours.channel_count)
        );
        let status = head.data_field_status;
        assert_eq!(status.secondary_header_flag, BooleanFieldFlag::NotPresent);
        assert_eq!(status.first_header_pointer.into_u16(), ours.first_header);
        assert_eq!(theirs.data_field[..ours.data.len()], *ours.data);
        assert_eq!(theirs.encode(TMRandomization::None), octets);
    }
}

#[test]
fn a_beacon_fills_its_frame_and_needs_no_other() {
    let snapshot = Snapshot { alarms: 5, touchdown: 0b1010, ..Snapshot::default() };
    let mut packet = [0; PACKET_MAX];
    let octets = packet::housekeeping(&beacon::LIST, &snapshot, 1, &mut packet);
    assert_eq!(octets, BEACON_DATA);
    let mut writer = FrameWriter::<BEACON_FRAME>::new(SCID_BACKUP);
    let mut out = [0; BEACON_FRAME];
    for count in 0..3 {
        assert!(writer.push(Channel::RealTime, &packet[..octets]));
        writer.take(Channel::RealTime, Clcw::default(), &mut out);
        let frame = Frame::read(&out).unwrap();
        assert_eq!((frame.first_header, frame.channel_count, frame.scid), (0, count, SCID_BACKUP));
        let (Packet::Housekeeping { list, data, .. }, _) = packet::decode(frame.data).unwrap()
        else {
            unreachable!()
        };
        let discretes = packet::values(list, data).find(|(line, _)| line.key == "beacon.discretes");
        assert_eq!(discretes.unwrap().1, 10.0);
    }
}

#[test]
fn a_lost_frame_costs_the_packets_that_touched_it_and_no_other() {
    let packets: Vec<_> = (0..100).map(housekeeping).collect();
    let frames = framed::<TM_FRAME>(&packets);
    for lost in 0..frames.len() {
        let mut rest = frames.clone();
        rest.remove(lost);
        let (out, taken) = joined(&rest);
        // In order, each as it was sent.
        let mut sent = packets.iter();
        assert!(out.iter().all(|packet| sent.any(|other| other == packet)));
        let missing: u32 = taken.iter().map(|taken| u32::from(taken.missing)).sum();
        let between = (1..frames.len() - 1).contains(&lost);
        assert_eq!(missing, u32::from(between), "frame {lost}");
        let most = FrameWriter::<TM_FRAME>::DATA / packets.iter().map(Vec::len).min().unwrap() + 2;
        assert!(out.len() + most >= packets.len(), "{} of {} left", out.len(), packets.len());
    }
}

#[test]
fn a_frame_that_comes_twice_counts_once() {
    let packets: Vec<_> = (0..60).map(housekeeping).collect();
    let twice: Vec<_> = framed::<TM_FRAME>(&packets).iter().flat_map(|frame| [*frame; 2]).collect();
    let (out, taken) = joined(&twice);
    assert_eq!(out, packets);
    assert!(taken.iter().all(|taken| taken.missing == 0));
}

#[test]
fn too_long_or_no_packets_are_not_taken() {
    let mut writer = FrameWriter::<TM_FRAME>::new(SCID);
    assert!(!writer.push(Channel::RealTime, &[0; PACKET_MAX + 1]));
    assert!(!writer.push(Channel::RealTime, &[]));
    assert!(!writer.begun(Channel::RealTime));
}

proptest! {
    #[test]
    fn packets_of_any_length_come_out_as_they_went_in(
        lengths in proptest::collection::vec((7usize..=PACKET_MAX, any::<u8>()), 1..40),
    ) {
        let packets: Vec<_> = lengths.iter().map(|(octets, seed)| plain(*octets, *seed)).collect();
        prop_assert_eq!(joined(&framed::<TM_FRAME>(&packets)).0, packets.clone());
        prop_assert_eq!(joined(&framed::<BEACON_FRAME>(&packets)).0, packets);
    }

    #[test]
    fn any_flipped_bit_of_a_frame_is_noticed(at in any::<prop::sample::Index>()) {
        let mut frame = framed::<BEACON_FRAME>(&[plain(30, 3)])[0];
        let bit = at.index(frame.len() * 8);
        frame[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(Frame::read(&frame), Err(BadFrame::Checksum));
    }

    #[test]
    fn no_frames_break_the_joining(
        frames in proptest::collection::vec((any::<u8>(), any::<u16>(), proptest::collection::vec(any::<u8>(), 0..200)), 1..20),
    ) {
        let mut join = Packets::new();
        for (count, first, data) in &frames {
            let frame = Frame {
                scid: SCID, channel: 0, master_count: *count, channel_count: *count,
                first_header: first & 0x7FF, data, clcw: None,
            };
            join.take(&frame, |packet| assert!(packet.len() <= PACKET_MAX));
        }
        let octets: Vec<u8> = frames.into_iter().flat_map(|(_, _, data)| data).collect();
        let _ = Frame::read(&octets);
        let _ = vec![octets];
    }
}
