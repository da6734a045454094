//! Nothing forged, changed or repeated gets through; COP-1 by its table.

extern crate std;
use super::*;
use crate::link::cop::{Accepted, Clcw, Farm, WINDOW};
use crate::link::security::{self, Sequence};
use crate::tc::{self, Header, Order};
use proptest::prelude::*;
use spacepacket::tctm::tc::TCTransferFrame;
use std::vec::Vec;

const KEY: Key = Key([7; 32]);

fn packet() -> Vec<u8> {
    let mut out = [0; UPLINK_MAX];
    let octets = tc::encode(&Order::WaveOff, Header::new(3), &mut out);
    out[..octets].to_vec()
}

fn sealed(sequence: u32, content: Content, number: u8, packet: &[u8]) -> Vec<u8> {
    let mut out = [0; TC_FRAME_MAX];
    let octets = seal(&KEY, sequence, content, number, packet, &mut out).unwrap();
    out[..octets].to_vec()
}

#[test]
fn the_code_is_that_of_rfc_4231() {
    // Test cases 1, 2 and 5 of [RFC4231]: keys no longer than ours, zeros behind them; case 5 prints 128 bits.
    let key = |octets: &[u8]| {
        let mut key = [0; 32];
        key[..octets.len()].copy_from_slice(octets);
        Key(key)
    };
    let first = security::mac(&key(&[0x0B; 20]), &[b"Hi There"]);
    assert_eq!(first, hex("b0344c61d8db38535ca8afceaf0bf12b"));
    let second = security::mac(&key(b"Jefe"), &[b"what do ya want ", b"for nothing?"]);
    assert_eq!(second, hex("5bdcc146bf60754e6a042426089575c7"));
    let fifth = security::mac(&key(&[0x0C; 20]), &[b"Test With Truncation"]);
    assert_eq!(fifth, hex("a3b6167473100ee06e0c796c2955552b"));
}

fn hex(text: &str) -> [u8; 16] {
    core::array::from_fn(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap())
}

#[test]
fn a_sealed_packet_is_opened_by_its_key_alone_whatever_its_number() {
    let mut frame = sealed(41, Content::Sequenced, 9, &packet());
    assert_eq!(TcFrame::read(&frame).unwrap().open(&KEY), Ok((41, &packet()[..])));
    renumber(&mut frame, 10);
    let read = TcFrame::read(&frame).unwrap();
    assert_eq!((read.number, read.open(&KEY)), (10, Ok((41, &packet()[..]))));
    assert_eq!(read.open(&Key([8; 32])), Err(Refusal::Forged));
    frame.extend([0x55; 6]);
    assert!(TcFrame::read(&frame).is_ok(), "fill behind the frame");
}

#[test]
fn another_implementation_reads_the_same_from_our_frames() {
    for content in [Content::Sequenced, Content::Bypass] {
        let frame = sealed(41, content, 9, &packet());
        let ours = TcFrame::read(&frame).unwrap();
        let theirs = TCTransferFrame::decode(&mut &frame[..]).unwrap();
        let head = theirs.header();
        assert_eq!((head.tfvn, head.scid, head.vcid), (0, SCID, CHANNEL));
        assert_eq!(head.sequence_number, ours.number);
        assert_eq!(head.bypass_flag as u8, u8::from(content == Content::Bypass));
        assert_eq!(head.control_flag as u8, 0);
        assert_eq!(theirs.payload()[..ours.data.len()], *ours.data);
        assert_eq!(theirs.encode(), frame);
    }
}

#[test]
fn a_number_is_used_once() {
    let mut used = Sequence::after(100);
    assert_eq!(used.take(101), Ok(()));
    assert_eq!(used.take(101), Err(Refusal::Replayed));
    assert_eq!(used.take(5), Err(Refusal::Replayed));
    assert_eq!(used.take(101 + security::WINDOW + 1), Err(Refusal::Replayed));
    assert_eq!(used.take(101 + security::WINDOW), Ok(()));
}

#[test]
fn acceptance_follows_the_table_of_cop_1() {
    let mut farm = Farm::new();
    let mut take = |number: u8| {
        let frame = sealed(1, Content::Sequenced, number, &packet());
        let taken = farm.accept(&TcFrame::read(&frame).unwrap());
        (taken, farm.clcw())
    };
    let (taken, word) = take(0);
    assert_eq!((taken, word.expected, word.retransmit), (Ok(Accepted::Packet), 1, false)); // E1
    let (taken, word) = take(1 + WINDOW / 2 - 1);
    assert_eq!((taken, word.expected, word.retransmit), (Err(Refusal::OutOfSequence), 1, true)); // E3
    let (taken, word) = take(1);
    assert_eq!((taken, word.expected, word.retransmit), (Ok(Accepted::Packet), 2, false));
    let (taken, word) = take(2u8.wrapping_sub(WINDOW / 2));
    assert_eq!((taken, word.lockout), (Err(Refusal::OutOfSequence), false)); // E4
    let (taken, word) = take(2 + WINDOW / 2);
    assert_eq!((taken, word.lockout), (Err(Refusal::LockedOut), true)); // E5
    assert_eq!(take(2).0, Err(Refusal::LockedOut));
    let bypass = sealed(1, Content::Bypass, 0, &packet());
    assert_eq!(farm.accept(&TcFrame::read(&bypass).unwrap()), Ok(Accepted::Packet)); // E6
    assert_eq!(farm.clcw().bypassed, 1);
    let mut control = |which: Directive| {
        let mut out = [0; TC_FRAME_MAX];
        let octets = directive(which, &mut out);
        assert_eq!(farm.accept(&TcFrame::read(&out[..octets]).unwrap()), Ok(Accepted::Control));
        farm.clcw()
    };
    assert_eq!(control(Directive::SetExpected(50)).expected, 2, "not while locked out"); // E8
    assert!(!control(Directive::Unlock).lockout); // E7
    let word = control(Directive::SetExpected(50));
    assert_eq!((word.expected, word.bypassed), (50, 0), "four frames since, modulo 4");
}

#[test]
fn the_control_word_lies_as_the_standard_draws_it() {
    let word = Clcw { channel: 5, lockout: true, bypassed: 2, expected: 0xAB, ..Clcw::default() };
    assert_eq!(word.encode(), [0x01, 0x14, 0x24, 0xAB]);
    assert_eq!(Clcw::decode([0x80, 0, 0, 0]), None);
}

proptest! {
    #[test]
    fn any_flipped_bit_is_refused(at in any::<prop::sample::Index>(), resealed in any::<bool>()) {
        let good = sealed(41, Content::Sequenced, 9, &packet());
        let mut frame = good.clone();
        let bit = at.index((frame.len() - 2) * 8);
        frame[bit / 8] ^= 1 << (bit % 8);
        if !resealed {
            prop_assert!(TcFrame::read(&frame).is_err());
        } else if bit / 8 != 4 {
            // With a new checksum it is the code that tells; the frame's own number is not covered.
            let number = frame[4];
            renumber(&mut frame, number);
            let opened = TcFrame::read(&frame).and_then(|read| read.open(&KEY).map(|_| ()));
            prop_assert!(opened.is_err());
        }
    }

    #[test]
    fn a_forged_code_is_refused(code in any::<[u8; 16]>()) {
        let mut frame = sealed(41, Content::Bypass, 0, &packet());
        let end = frame.len() - 2;
        frame[end - 16..end].copy_from_slice(&code);
        renumber(&mut frame, 0);
        prop_assert_eq!(TcFrame::read(&frame).unwrap().open(&KEY), Err(Refusal::Forged));
    }

    #[test]
    fn control_words_survive_their_way(octets in any::<[u8; 4]>()) {
        if let Some(word) = Clcw::decode(octets) {
            prop_assert_eq!(Clcw::decode(word.encode()), Some(word));
        }
    }

    #[test]
    fn no_octets_break_the_reader(mut octets in proptest::collection::vec(any::<u8>(), 5..120)) {
        let _ = TcFrame::read(&octets);
        (octets[2], octets[3]) = (0, u8::try_from(octets.len() - 1).unwrap());
        let number = octets[4];
        renumber(&mut octets, number);
        if let Ok(frame) = TcFrame::read(&octets) {
            let _ = (frame.open(&KEY), Farm::new().accept(&frame));
        }
    }
}
