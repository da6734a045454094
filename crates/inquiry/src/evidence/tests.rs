//! Evidence in every state.

use super::*;
use crate::sample;
use icd::link::packet::{PACKET_MAX, decode, decode_time, encode_time};
use proptest::prelude::*;

/// The packets of a recording, one slice each.
fn split(octets: &[u8]) -> Vec<&[u8]> {
    let (mut at, mut out) = (0, vec![]);
    while at < octets.len() {
        let (_, length) = decode(&octets[at..]).unwrap();
        out.push(&octets[at..at + length]);
        at += length;
    }
    out
}

fn healthy() -> &'static [u8] {
    &sample::healthy().record.packets
}

/// Some 1.5 s of it: enough for damage, quick to read.
fn short() -> &'static [u8] {
    let packets = split(healthy());
    let octets = packets.iter().take(150).map(|packet| packet.len()).sum();
    &healthy()[..octets]
}

/// Content without what is said about the file.
fn content(evidence: &Evidence) -> Evidence {
    Evidence { damage: Damage::default(), ..evidence.clone() }
}

/// Writes a check sequence anew.
fn seal(packet: &mut [u8]) {
    let end = packet.len() - 2;
    // CRC-16-CCITT, as ECSS-E-ST-70-41 has it.
    let crc = packet[..end].iter().fold(0xFFFFu16, |crc, octet| {
        (0..8).fold(crc ^ (u16::from(*octet) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    });
    packet[end..].copy_from_slice(&crc.to_be_bytes());
}

#[test]
fn a_whole_recording_is_read_whole() {
    let evidence = Evidence::read(healthy());
    let packets = split(healthy());
    let damage = Damage {
        octets: healthy().len() as u64,
        packets: packets.len() as u64,
        ..Damage::default()
    };
    assert_eq!(evidence.damage, damage);
    assert!((4_495..=4_501).contains(&evidence.cycles.len()), "{}", evidence.cycles.len());
    for (n, pair) in evidence.cycles.windows(2).enumerate() {
        assert_eq!(pair[0].number as usize, n);
        assert_eq!(pair[1].sensors.t - pair[0].sensors.t, icd::bus::CYCLE);
    }
    assert!(evidence.gaps.is_empty() && evidence.leaps.is_empty());
    let named: Vec<Event> = evidence.events.iter().map(|(_, event)| *event).collect();
    let recorded: Vec<Event> = sample::healthy().record.events.iter().map(|(_, e)| *e).collect();
    assert_eq!(named, recorded);
    // Every time is that of a cycle, to the nanosecond.
    let known = |t: Time| evidence.cycles.binary_search_by_key(&t, |cycle| cycle.sensors.t).is_ok();
    assert!(evidence.events.iter().all(|(t, _)| known(*t)));
    assert!(evidence.lists.iter().all(|list| known(list.t)));
    let propellant = evidence.series("nav.propellant_kg");
    assert!(propellant.len() > 300 && propellant[0].1 > propellant.last().unwrap().1);
    assert!(evidence.series("no.such_key").is_empty());
}

#[test]
fn nothing_and_what_is_no_telemetry_are_empty_evidence() {
    assert_eq!(Evidence::read(&[]), Evidence::default());
    let evidence = Evidence::read(b"<!doctype html><title>404</title>".repeat(1000).as_slice());
    assert_eq!(content(&evidence), Evidence::default());
    let Damage { octets, skipped, damaged, packets, .. } = evidence.damage;
    assert_eq!((skipped, damaged, packets), (octets, 1, 0));
    assert_eq!((evidence.start(), evidence.end()), (None, None));
    let absent = Evidence::of_file(Path::new("/no/such.tm")).unwrap_err();
    assert!(absent.to_string().starts_with("/no/such.tm"), "{absent}");
}

#[test]
fn packets_in_any_order_and_number_are_the_same_evidence() {
    let whole = Evidence::read(healthy());
    let mut packets = split(healthy());
    // The second half first, backwards, every tenth packet twice.
    let half = packets.len() / 2;
    packets.rotate_left(half);
    packets[..half].reverse();
    let again: Vec<&[u8]> = packets.iter().step_by(10).copied().collect();
    let (made, repeated) = (packets.len() as u64, again.len() as u64);
    packets.extend(again);
    let evidence = Evidence::read(&packets.concat());
    assert!(content(&evidence) == content(&whole));
    let damage = evidence.damage;
    assert_eq!((damage.packets, damage.repeated, damage.missing), (made, repeated, 0));
    assert!(damage.reordered > made / 2 - 2, "{damage:?}");
}

#[test]
fn packets_that_are_absent_are_counted_and_leave_a_gap() {
    let whole = Evidence::read(healthy());
    let mut packets = split(healthy());
    packets.drain(300..340);
    let evidence = Evidence::read(&packets.concat());
    assert_eq!((evidence.damage.missing, evidence.damage.damaged), (40, 0));
    let [gap] = evidence.gaps[..] else { panic!("{:?}", evidence.gaps) };
    assert_eq!(gap.lost as usize, whole.cycles.len() - evidence.cycles.len());
    assert_eq!(evidence.cycles[gap.before].sensors.t, gap.between.1);
    assert_eq!(evidence.cycles[gap.before - 1].sensors.t, gap.between.0);
    // The beginning is absent.
    let late = Evidence::read(&split(healthy())[300..].concat());
    assert_eq!((late.gaps[0].before, late.gaps[0].lost), (0, late.cycles[0].number));
    assert_eq!(late.gaps[0].between.0, whole.start().unwrap());
}

#[test]
fn a_restart_is_a_gap_in_time_and_not_in_numbers() {
    let evidence = Evidence::read(&sample::restarted().record.packets);
    let [gap] = evidence.gaps[..] else { panic!("{:?}", evidence.gaps) };
    assert_eq!((gap.lost, gap.between.1 - gap.between.0), (0, Span::from_ms(320)));
    assert!(evidence.cycles[gap.before].powered_up && evidence.leaps.is_empty());
}

#[test]
fn a_wrong_clock_on_the_way_is_found_and_undone() {
    let whole = Evidence::read(healthy());
    let skewed: Vec<u8> = split(healthy())
        .into_iter()
        .enumerate()
        .flat_map(|(n, packet)| {
            let mut packet = packet.to_vec();
            let t = decode_time(packet[13..19].try_into().unwrap());
            // An hour ahead, and a second more from the middle on.
            let ahead = Span::from_ms(if n > 1000 { 3_601_000 } else { 3_600_000 });
            packet[13..19].copy_from_slice(&encode_time(t + ahead));
            seal(&mut packet);
            packet
        })
        .collect();
    let evidence = Evidence::read(&skewed);
    assert_eq!(evidence.damage.skew, Span::from_ms(3_601_000));
    assert_eq!(evidence.damage.damaged, 0);
    assert!(evidence.cycles == whole.cycles);
    // A list between two raw packets may be taken for the one or the other.
    let off = evidence.lists.iter().filter(|list| !whole.lists.contains(list)).count();
    assert!(off < 20, "{off} of {}", whole.lists.len());
    assert_eq!(evidence.events, whole.events);
}

#[test]
fn a_clock_that_leaps_on_board_is_put_back_by_the_count_of_cycles() {
    let whole = Evidence::read(healthy());
    for by in [Span::from_ms(7_200_000), Span::from_ms(-5_000), Span::from_ms(7)] {
        let mut packer = raw::Packer::new();
        let (mut out, mut octets) = ([0; PACKET_MAX], vec![]);
        for (n, cycle) in whole.cycles.iter().enumerate() {
            let mut sensors = cycle.sensors;
            if n >= 1000 {
                sensors.t += by;
                sensors.star_tracker = sensors.star_tracker.map(|mut report| {
                    report.t += by;
                    report
                });
                sensors.velocimeter = sensors.velocimeter.map(|mut beams| {
                    beams.t += by;
                    beams
                });
                sensors.rangefinder = sensors.rangefinder.map(|mut shot| {
                    shot.t += by;
                    shot
                });
            }
            if !packer.add(&sensors, cycle.powered_up) {
                let length = packer.take(0, &mut out);
                octets.extend_from_slice(&out[..length]);
                packer.add(&sensors, cycle.powered_up);
            }
        }
        let evidence = Evidence::read(&octets);
        assert_eq!(evidence.leaps, [Leap { before: 1000, by }]);
        let read = evidence.cycles.len();
        assert!(evidence.cycles[..] == whole.cycles[..read], "{by:?}");
        assert!(evidence.gaps.is_empty() && read + 10 > whole.cycles.len());
    }
}

#[test]
fn a_clock_that_is_wrong_all_along_is_put_back_to_the_mission() {
    let whole = Evidence::read(healthy());
    let start = whole.start().unwrap();
    let mut evidence = whole.clone();
    evidence.align(start);
    assert!(evidence == whole);
    // Leap seconds forgotten.
    evidence.align(start + Span::from_ms(-37_000));
    assert_eq!(evidence.leaps, [Leap { before: 0, by: Span::from_ms(37_000) }]);
    assert_eq!(evidence.start(), Some(start + Span::from_ms(-37_000)));
    let mut again = evidence.clone();
    again.align(start);
    again.leaps.clear();
    assert!(again == whole);
    // Another mission's.
    let mut other = whole.clone();
    other.align(start + Span::from_s(1e8));
    assert!(other == whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_octets_break_it(octets in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let evidence = Evidence::read(&octets);
        prop_assert_eq!(evidence.damage.octets, octets.len() as u64);
    }

    #[test]
    fn of_a_cut_file_every_whole_packet_is_read(share in 0.0..1.0f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let cut = (share * short().len() as f64) as usize;
        let evidence = Evidence::read(&short()[..cut]);
        let (mut whole, mut end) = (0, 0);
        for packet in split(short()) {
            if end + packet.len() <= cut {
                (whole, end) = (whole + 1, end + packet.len());
            } else {
                break;
            }
        }
        let damage = evidence.damage;
        prop_assert_eq!((damage.packets, damage.skipped), (whole, (cut - end) as u64));
        prop_assert_eq!(damage.cut, cut > end);
    }

    #[test]
    fn bits_that_flip_cost_their_own_packets_alone(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 0..8u8), 1..12),
    ) {
        let mut octets = short().to_vec();
        for (place, bit) in &flips {
            let place = place.index(octets.len());
            octets[place] ^= 1 << bit;
        }
        let (read, whole) = (Evidence::read(&octets), Evidence::read(short()));
        let hit = whole.damage.packets - read.damage.packets;
        prop_assert!(hit <= flips.len() as u64);
        prop_assert!(read.cycles.iter().all(|cycle| whole.cycles.contains(cycle)));
        prop_assert!(read.lists.iter().all(|list| whole.lists.contains(list)));
        prop_assert!(read.cycles.len() as u64 + 10 * hit >= whole.cycles.len() as u64);
    }

    #[test]
    fn rubbish_between_packets_is_skipped(
        rubbish in proptest::collection::vec(
            (any::<prop::sample::Index>(), proptest::collection::vec(any::<u8>(), 1..100)), 1..6),
    ) {
        let mut packets: Vec<Vec<u8>> = split(short()).into_iter().map(<[u8]>::to_vec).collect();
        let added: usize = rubbish.iter().map(|(_, octets)| octets.len()).sum();
        for (place, octets) in rubbish {
            let at = place.index(packets.len());
            packets.insert(at, octets);
        }
        let read = Evidence::read(&packets.concat());
        prop_assert!(content(&read) == content(&Evidence::read(short())));
        prop_assert_eq!(read.damage.skipped, added as u64);
    }

    #[test]
    fn sealed_nonsense_is_read_and_breaks_nothing(
        nonsense in proptest::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut packets: Vec<Vec<u8>> = split(short()).into_iter().map(<[u8]>::to_vec).collect();
        for (which, place, octet) in nonsense {
            let at = which.index(packets.len());
            let packet = &mut packets[at];
            // Whatever stands behind the header: counts, times, numbers, readings.
            let at = 6 + place.index(packet.len() - 8);
            packet[at] = octet;
            packet[2] = 0xC0 | (octet & 0x3F);
            seal(packet);
        }
        let mission = &sample::healthy().mission;
        let evidence = Evidence::read(&packets.concat());
        let replayed = crate::replayed::Replayed::of(mission, &evidence);
        prop_assert_eq!(replayed.commanded.len(), evidence.cycles.len());
        let entries = crate::timeline::timeline(mission, &evidence, &replayed);
        prop_assert!(entries.is_sorted_by_key(|entry| entry.t));
    }
}

#[test]
fn what_was_received_until_a_time_is_a_prefix_of_all() {
    let all = Evidence::read(healthy());
    let t = all.cycles[all.cycles.len() / 3].sensors.t;
    let part = all.until(t);
    assert_eq!(part.cycles, all.cycles[..=all.cycles.len() / 3]);
    assert!(all.lists.starts_with(&part.lists) && all.events.starts_with(&part.events));
    assert!(part.lists.len() < all.lists.len() && part.end() == Some(t));
    let last = all.cycles.last().map(|cycle| cycle.sensors.t);
    assert_eq!(all.until(last.unwrap()).cycles, all.cycles);
    assert!(all.until(icd::time::Time::default()).cycles.is_empty());
}
