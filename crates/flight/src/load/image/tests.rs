extern crate std;

use super::*;
use crate::test_load;
use proptest::prelude::*;
use std::string::String;
use std::sync::OnceLock;
use std::vec::Vec;

fn packed(load: &Load, start: &NavStart) -> Vec<u8> {
    let mut out = Vec::new();
    pack(load, start, |octets| out.extend_from_slice(octets));
    out
}

fn start() -> NavStart {
    NavStart {
        t: test_load::t0(),
        p_MB_I: Vector::new(1.0e6, -2.0, 3.5),
        v_MB_I: Vector::new(0.1, 1600.0, -0.0),
        sigma_p_m: [100.0, 200.0, 50.0],
        sigma_v_m_s: [0.1, 0.2, 0.3],
    }
}

/// The image of the test load.
fn image() -> &'static [u8] {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| packed(&test_load::load(), &start()))
}

fn text(load: &Load, start: &NavStart) -> String {
    std::format!("{load:?}{start:?}")
}

/// A content with a good head and a good checksum.
fn sealed(content: &[u8]) -> Vec<u8> {
    let mut check = Checksum::new();
    check.add(content);
    let octets = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&MARK[..], &octets, content, &check.value().to_be_bytes()].concat()
}

fn content_of(image: &[u8]) -> &[u8] {
    &image[8..image.len() - 4]
}

/// Octets without pattern: any value of any field, choices that exist and some that do not.
fn noise(seed: u64) -> Vec<u8> {
    let mut x = seed | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    let mut octet = || match next().to_be_bytes() {
        [kind, .., value] if kind & 1 == 0 => value % 6,
        [.., value] => value,
    };
    (0..content_of(image()).len() + 64).map(|_| octet()).collect()
}

#[test]
fn the_checksum_is_the_published_one() {
    // The value that every description of CRC-32 prints for these nine digits.
    let mut check = Checksum::new();
    check.add(b"123456789");
    assert_eq!(check.value(), 0xCBF4_3926);
}

#[test]
fn the_image_begins_as_laid_out() {
    let octets = image();
    let length = octets.len() - 12;
    assert_eq!(octets[..4], MARK);
    assert_eq!(octets[4..8], u32::try_from(length).unwrap().to_be_bytes());
    assert_eq!(octets[8..16], 340f64.to_be_bytes()); // dry_kg, the first field
    assert_eq!(octets[16..24], 460f64.to_be_bytes());
    // Landmarks, map and gravity field, and not much more.
    let large = 24 * LANDMARKS_MAX + 4 * 256 * 33 + 2 * 8 * 51 * 51;
    assert!((large..large + 2500).contains(&length), "{length}");
}

#[test]
fn what_is_not_an_image_is_refused_by_its_reason() {
    let good = image();
    assert!(unpack(good).is_ok());
    let mut other = good.to_vec();
    other[3] ^= 1;
    assert_eq!(unpack(&other).err(), Some(Refused::NotAnImage));
    assert_eq!(unpack(&[]).err(), Some(Refused::NotAnImage));
    assert_eq!(unpack(&good[..good.len() - 1]).err(), Some(Refused::Length));
    assert_eq!(unpack(&[good, &[0]].concat()).err(), Some(Refused::Length));
    // A good checksum over too few fields, or too many.
    let content = content_of(good);
    assert_eq!(unpack(&sealed(&content[..content.len() - 8])).err(), Some(Refused::Length));
    assert_eq!(unpack(&sealed(&[content, &[0; 8]].concat())).err(), Some(Refused::Length));
    let mut load = test_load::load();
    load.gravity.degree = GRAVITY_DEGREE_MAX + 1;
    assert_eq!(unpack(&packed(&load, &start())).err(), Some(Refused::Impossible));
    load.gravity.degree = GRAVITY_DEGREE_MAX;
    load.landmarks.count = LANDMARKS_MAX + 1;
    assert_eq!(unpack(&packed(&load, &start())).err(), Some(Refused::Impossible));
    // The aids' orders are the octets before the state, 8 + 4 × 24: one that does not exist.
    let mut content = content.to_vec();
    let last_order = content.len() - 8 - 4 * 24 - 1;
    assert_eq!(content[last_order], 0);
    content[last_order] = 3;
    assert_eq!(unpack(&sealed(&content)).err(), Some(Refused::Impossible));
}

#[test]
fn every_choice_travels() {
    let mut load = test_load::load();
    load.law = Law::Apollo11;
    for legacy in Legacy::ALL {
        for gate in [FaultManagement::AS_FLOWN.gate, FaultManagement::RESILIENT.gate] {
            for usage in [Use::Edit, Use::Inhibit, Use::Force] {
                load.faults.legacy = legacy;
                load.faults.gate = gate;
                load.aids.camera = usage;
                let (again, _) = unpack(&packed(&load, &start())).unwrap();
                assert_eq!(again.faults, load.faults);
                assert_eq!(again.aids, load.aids);
                assert_eq!(again.law, load.law);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_load_comes_back_bit_for_bit(seed in any::<u64>()) {
        let octets = noise(seed);
        let mut from = Source { octets: &octets, refused: None };
        let mut load = Load::take(&mut from);
        let start = NavStart::take(&mut from);
        load.gravity.degree %= GRAVITY_DEGREE_MAX + 1;
        load.landmarks.count %= LANDMARKS_MAX + 1;
        load.vehicle.assist_count %= ASSIST_ENGINES + 1;
        let sent = packed(&load, &start);
        let (load_again, start_again) = unpack(&sent).unwrap();
        prop_assert_eq!(packed(&load_again, &start_again), sent);
        prop_assert_eq!(text(&load_again, &start_again), text(&load, &start));
    }

    #[test]
    fn a_damaged_octet_is_refused(at in 0usize..1 << 20, flip in 1u8..) {
        let mut octets = image().to_vec();
        let at = at % octets.len();
        octets[at] ^= flip;
        prop_assert!(unpack(&octets).is_err());
    }

    #[test]
    fn a_cut_image_is_refused(keep in 0usize..1 << 20) {
        let octets = image();
        prop_assert!(unpack(&octets[..keep % octets.len()]).is_err());
    }

    #[test]
    fn no_octets_break_the_reader(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(unpack(&octets).is_err());
        prop_assert!(unpack(&sealed(&octets)).is_err());
    }
}
