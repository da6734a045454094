//! Frames in any order.

use super::*;
use icd::link::cop::Clcw;
use icd::link::frame::{BEACON_FRAME, Channel, FrameWriter, SCID, TM_FRAME};
use proptest::prelude::*;

/// A packet whose content follows from its number.
fn packet(number: u16, octets: usize) -> Vec<u8> {
    let mut out = vec![0x08, 0x2A];
    out.extend(number.to_be_bytes());
    out.extend(u16::try_from(octets - HEAD - 1).unwrap().to_be_bytes());
    out.extend((HEAD..octets).map(|k| (k as u8).wrapping_mul(31).wrapping_add(number as u8)));
    out
}

fn frames<const OCTETS: usize>(packets: &[Vec<u8>], close_every: usize) -> Vec<Vec<u8>> {
    let mut writer = FrameWriter::<OCTETS>::new(SCID);
    let mut out = Vec::new();
    let take = |writer: &mut FrameWriter<OCTETS>| {
        let mut frame = [0; OCTETS];
        writer.take(Channel::RealTime, Clcw::default(), &mut frame);
        frame.to_vec()
    };
    for (k, packet) in packets.iter().enumerate() {
        while !writer.push(Channel::RealTime, packet) {
            out.push(take(&mut writer));
        }
        if k % close_every == close_every - 1 {
            out.push(take(&mut writer));
        }
    }
    while writer.begun(Channel::RealTime) {
        out.push(take(&mut writer));
    }
    out
}

fn joined<'a>(frames: impl IntoIterator<Item = &'a Vec<u8>>) -> (Vec<Vec<u8>>, Joiner) {
    let (mut joiner, mut out) = (Joiner::default(), Vec::new());
    for octets in frames {
        let frame = Frame::read(octets).unwrap();
        joiner.take(&frame, |packet| out.push(packet.to_vec()));
    }
    (out, joiner)
}

/// Moves each frame by at most `reach` places.
fn disorder(frames: &[Vec<u8>], keys: &[u8], reach: usize) -> Vec<Vec<u8>> {
    let mut order: Vec<usize> = (0..frames.len()).collect();
    order.sort_by_key(|k| k + usize::from(keys[k % keys.len()]) % (reach + 1));
    order.into_iter().map(|k| frames[k].clone()).collect()
}

#[test]
fn a_turn_of_the_counter_joins_nothing_to_what_was_there_before() {
    let packets: Vec<_> = (0..3_000).map(|k| packet(k, 300)).collect();
    let frames = frames::<TM_FRAME>(&packets, usize::MAX);
    assert!(frames.len() > 700);
    // Every third frame is lost: whole packets come, none is patched together.
    let heard: Vec<_> =
        frames.iter().enumerate().filter(|(k, _)| k % 3 != 1).map(|(_, f)| f).collect();
    let (found, joiner) = joined(heard);
    assert!(found.len() > 1_500);
    assert!(found.iter().all(|found| packets.contains(found)));
    assert_eq!(joiner.missing(), frames.len() as u64 / 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_packet_comes_once_in_whatever_order_and_however_often_its_frames_come(
        sizes in proptest::collection::vec(HEAD + 1..=PACKET_MAX, 1..120),
        keys in proptest::collection::vec(any::<u8>(), 32),
        close_every in 1usize..20,
    ) {
        let packets: Vec<_> = (0..).zip(&sizes).map(|(k, octets)| packet(k, *octets)).collect();
        for frames in [frames::<TM_FRAME>(&packets, close_every), frames::<BEACON_FRAME>(&packets, close_every)] {
            // No frame further than the counter can tell.
            let mut disordered = disorder(&frames, &keys, 60);
            let twice: Vec<_> = disordered.iter().step_by(3).cloned().collect();
            for (k, again) in twice.into_iter().enumerate() {
                let at = (4 * k + 7).min(disordered.len());
                disordered.insert(at, again);
            }
            let (mut found, joiner) = joined(&disordered);
            prop_assert_eq!(joiner.missing(), 0);
            found.sort();
            let mut sent = packets.clone();
            sent.sort();
            prop_assert_eq!(found, sent);
        }
    }

    #[test]
    fn no_frame_breaks_the_joiner(data in proptest::collection::vec((any::<u8>(), any::<u16>(), proptest::collection::vec(any::<u8>(), 0..90)), 0..40)) {
        let mut joiner = Joiner::default();
        for (channel_count, first_header, data) in &data {
            let frame = Frame {
                scid: SCID, channel: 0, master_count: 0, channel_count: *channel_count,
                first_header: first_header & 0x7FF, data, clcw: None,
            };
            joiner.take(&frame, |packet| assert!(packet.len() <= PACKET_MAX));
        }
    }
}
