//! Codeblocks against published ones; every single wrong bit is corrected, two are noticed.

extern crate std;
use super::*;
use proptest::prelude::*;
use spacepacket::tctm::cltu::{EncodingScheme, generate_cltu};
use std::vec::Vec;

/// Codeblocks that other implementations are tested with: [YamcsBch5].
const KNOWN: [[u8; 8]; 4] = [
    [0x22, 0xF6, 0x00, 0xFF, 0x00, 0x42, 0x1A, 0x12],
    [0x8C, 0xC0, 0x0E, 0x01, 0x0D, 0x19, 0x06, 0x5A],
    [0x30, 0x1B, 0x00, 0x09, 0x00, 0x82, 0x00, 0x54],
    [0x10, 0xE4, 0xC1, 0x55, 0x55, 0x55, 0x55, 0x3E],
];

#[test]
fn parity_is_that_of_known_codeblocks() {
    for block in KNOWN {
        assert_eq!(parity(block.first_chunk().unwrap()), block[7], "{block:02X?}");
    }
}

#[test]
fn any_single_wrong_bit_is_corrected_and_any_two_are_noticed() {
    for block in KNOWN {
        for first in 0..63 {
            let wrong = flipped(block, first);
            let mut information = *wrong.first_chunk().unwrap();
            assert_eq!(correct(&mut information, wrong[7]), Some(true), "bit {first}");
            assert_eq!(information, block[..7]);
            for second in 0..first {
                let wrong = flipped(wrong, second);
                let mut information = *wrong.first_chunk().unwrap();
                assert_eq!(correct(&mut information, wrong[7]), None, "bits {first}, {second}");
            }
        }
    }
}

fn flipped(mut block: [u8; 8], bit: usize) -> [u8; 8] {
    block[bit / 8] ^= 0x80 >> (bit % 8);
    block
}

#[test]
fn the_tail_ends_a_unit_even_with_a_bit_wrong() {
    let mut out = [0; CLTU_MAX];
    let octets = encode(&[1, 2, 3, 4, 5, 6, 7], &mut out);
    assert_eq!(octets, 2 + 8 + 8);
    assert_eq!(out[..2], START);
    assert_eq!(out[10..18], TAIL);
    for bit in 0..63 {
        let tail = flipped(TAIL, bit);
        out[10..18].copy_from_slice(&tail);
        assert!(decode(&out[..octets]).unwrap().octets().starts_with(&[1, 2, 3, 4, 5, 6, 7]));
    }
}

proptest! {
    #[test]
    fn another_implementation_makes_the_same_unit(frame in proptest::collection::vec(any::<u8>(), 1..=TC_FRAME_MAX)) {
        let mut out = [0; CLTU_MAX];
        let octets = encode(&frame, &mut out);
        prop_assert_eq!(&generate_cltu(&frame, EncodingScheme::BCH)[..], &out[..octets]);
    }

    #[test]
    fn a_frame_arrives_with_one_wrong_bit_in_each_codeblock(
        frame in proptest::collection::vec(any::<u8>(), 1..=TC_FRAME_MAX),
        wrong in proptest::collection::vec(option_bit(), BLOCKS_MAX),
    ) {
        let mut out = [0; CLTU_MAX];
        let octets = encode(&frame, &mut out);
        let unit = &mut out[..octets];
        let blocks = unit[2..].chunks_exact_mut(8).take(frame.len().div_ceil(7));
        let mut corrected = 0;
        for (block, bit) in blocks.zip(&wrong) {
            if let Some(bit) = bit {
                block[bit / 8] ^= 0x80 >> (bit % 8);
                corrected += 1;
            }
        }
        let decoded = decode(unit).unwrap();
        prop_assert!(decoded.octets().starts_with(&frame));
        prop_assert_eq!(decoded.corrected, corrected);
        prop_assert!(decoded.octets()[frame.len()..].iter().all(|octet| *octet == FILL));
    }

    #[test]
    fn no_octets_break_the_decoder(mut octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&octets);
        octets.splice(..0, START);
        let _: Vec<u8> = decode(&octets).unwrap().octets().to_vec();
    }
}

fn option_bit() -> impl Strategy<Value = Option<usize>> {
    proptest::option::of(0usize..63)
}
