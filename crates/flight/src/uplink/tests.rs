use super::*;
use icd::link::cltu::CLTU_MAX;
use icd::link::command_frame::{Directive, TC_FRAME_MAX, directive, renumber, seal};
use icd::tc::{self, Header, Order};
use proptest::prelude::*;

const KEY: Key = Key([0x5A; 32]);
const OTHER: Key = Key([0xA5; 32]);

fn packet(sequence: u16) -> Uplink {
    let mut out = [0; icd::bus::UPLINK_MAX];
    let octets = tc::encode(&Order::Ping, Header::new(sequence), &mut out);
    Uplink::new(&out[..octets]).unwrap()
}

/// A frame with the `n`-th packet.
fn frame(key: &Key, security: u32, content: Content, number: u8) -> ([u8; TC_FRAME_MAX], usize) {
    let mut out = [0; TC_FRAME_MAX];
    let octets =
        seal(key, security, content, number, packet(u16::from(number)).packet(), &mut out).unwrap();
    (out, octets)
}

fn unit(frame: &[u8]) -> ([u8; CLTU_MAX], usize) {
    let mut out = [0; CLTU_MAX];
    let octets = cltu::encode(frame, &mut out);
    (out, octets)
}

/// What becomes of a frame as it is radiated.
fn sent(
    receiver: &mut Receiver,
    (frame, octets): ([u8; TC_FRAME_MAX], usize),
) -> Result<Option<Uplink>, Refusal> {
    let (unit, octets) = unit(&frame[..octets]);
    receiver.take(&unit[..octets])
}

fn control(receiver: &mut Receiver, order: Directive) -> Result<Option<Uplink>, Refusal> {
    let mut out = [0; TC_FRAME_MAX];
    let octets = directive(order, &mut out);
    sent(receiver, (out, octets))
}

#[test]
fn packets_come_through_in_sequence_and_the_ground_is_told() {
    let mut receiver = Receiver::new(KEY, 100);
    assert!(receiver.clcw().no_carrier && receiver.clcw().no_bit_lock);
    receiver.lock(true, true);
    for number in 0..5 {
        let frame = frame(&KEY, 101 + u32::from(number), Content::Sequenced, number);
        assert_eq!(sent(&mut receiver, frame), Ok(Some(packet(u16::from(number)))));
        assert_eq!(receiver.clcw().expected, number + 1);
    }
    let down = receiver.down(Time::from_tai_ns(7));
    assert_eq!((down.units, down.frames_good, down.frames_bad, down.sequence), (5, 5, 0, 105));
    assert!(down.locked && !receiver.clcw().no_carrier && receiver.last_refusal().is_none());
}

#[test]
fn what_is_forged_replayed_or_out_of_sequence_is_refused_and_says_why() {
    let mut receiver = Receiver::new(KEY, 0);
    let good = frame(&KEY, 1, Content::Sequenced, 0);
    assert!(sent(&mut receiver, good).is_ok());
    let mut told = |frame, why| {
        let before = receiver;
        assert_eq!(sent(&mut receiver, frame), Err(why));
        assert_eq!(receiver.last_refusal(), Some(why));
        assert_eq!(receiver.sequence, before.sequence, "{why:?}: no security number is used up");
        assert_eq!(receiver.down(Time::default()).frames_bad, before.bad + 1);
        receiver.farm == before.farm
    };
    // Another's key, a stolen code, a packet changed under its code.
    assert!(told(frame(&OTHER, 2, Content::Sequenced, 1), Refusal::Forged));
    let mut altered = frame(&KEY, 2, Content::Sequenced, 1);
    altered.0[20] ^= 1;
    renumber(&mut altered.0[..altered.1], 1); // which also puts the checksum right
    assert!(told(altered, Refusal::Forged));
    // The same again: as it was, with a new number, in a frame that bypasses the sequence.
    assert!(told(good, Refusal::Replayed));
    let mut again = good;
    renumber(&mut again.0[..again.1], 1);
    assert!(told(again, Refusal::Replayed));
    let bypass = frame(&KEY, 1, Content::Bypass, 0);
    assert!(told(bypass, Refusal::Replayed));
    // Genuine, but one is missing before it: the ground is told to repeat.
    assert!(!told(frame(&KEY, 3, Content::Sequenced, 2), Refusal::OutOfSequence));
    assert!(receiver.clcw().retransmit);
    // The missing one, then that one again, under the security numbers that they had.
    assert!(sent(&mut receiver, frame(&KEY, 2, Content::Sequenced, 1)).is_ok());
    assert!(sent(&mut receiver, frame(&KEY, 3, Content::Sequenced, 2)).is_ok());
    assert!(!receiver.clcw().retransmit);
}

#[test]
fn far_outside_the_window_only_an_unlock_helps() {
    let mut receiver = Receiver::new(KEY, 0);
    assert_eq!(
        sent(&mut receiver, frame(&KEY, 1, Content::Sequenced, 100)),
        Err(Refusal::LockedOut)
    );
    assert!(receiver.clcw().lockout && receiver.down(Time::default()).lockout);
    assert_eq!(sent(&mut receiver, frame(&KEY, 2, Content::Sequenced, 0)), Err(Refusal::LockedOut));
    assert!(
        sent(&mut receiver, frame(&KEY, 3, Content::Bypass, 0)).is_ok(),
        "a bypass needs no number"
    );
    assert_eq!(control(&mut receiver, Directive::Unlock), Ok(None));
    assert_eq!(control(&mut receiver, Directive::SetExpected(42)), Ok(None));
    assert!(sent(&mut receiver, frame(&KEY, 4, Content::Sequenced, 42)).is_ok());
}

#[test]
fn one_wrong_bit_in_each_block_is_corrected_and_two_are_refused() {
    let mut receiver = Receiver::new(KEY, 0);
    let (frame, octets) = frame(&KEY, 1, Content::Sequenced, 0);
    let (mut unit, octets) = unit(&frame[..octets]);
    let blocks = (octets - 10) / 8;
    for block in 0..blocks {
        unit[2 + 8 * block + block % 8] ^= 1 << (1 + block % 7);
    }
    let mut worse = unit;
    worse[2 + 8 + 3] ^= 0x60;
    assert!(receiver.take(&worse[..octets]).is_err());
    assert!(receiver.take(&unit[..octets]).is_ok());
    assert!(usize::from(receiver.down(Time::default()).corrected) >= blocks);
}

proptest! {
    #[test]
    fn no_octets_break_the_receiver_and_none_get_through(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut receiver = Receiver::new(KEY, 0);
        prop_assert!(receiver.take(&octets).is_err());
        let mut begun = [0; 202];
        begun[..2].copy_from_slice(&cltu::START);
        begun[2..2 + octets.len()].copy_from_slice(&octets);
        prop_assert!(!matches!(receiver.take(&begun[..2 + octets.len()]), Ok(Some(_))));
    }
}
