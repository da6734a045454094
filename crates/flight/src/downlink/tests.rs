//! The downlink by its properties: nothing is lost while the store has room, importance decides what is.

#![allow(clippy::cast_possible_truncation)] // the numbers are small

extern crate std;

use super::store::Store;
use super::*;
use icd::link::frame::Frame;
use icd::link::reassemble::Packets;
use icd::tm::LISTS;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::vec;
use std::vec::Vec;

fn at(ms: i64) -> Time {
    Time::from_utc("2025-06-05T19:00:00").unwrap() + Span::from_ms(ms)
}

/// A downlink, the transmitter, and a ground that hears it at times.
struct Bench {
    downlink: Downlink<Vec<Block>>,
    ms: i64,
    channels: [Packets; 2],
    /// Packets as they came: virtual channel, sequence count.
    came: Vec<(u8, u16)>,
    /// Class of every packet made, by sequence count.
    made: BTreeMap<u16, Class>,
    frames: Vec<Channel>,
}

impl Bench {
    fn new(blocks: usize, bit_rate: u32) -> Self {
        let memory = vec![Block::EMPTY; blocks];
        Self {
            downlink: Downlink::new(memory, bit_rate, at(0)),
            ms: 0,
            channels: [Packets::new(), Packets::new()],
            came: Vec::new(),
            made: BTreeMap::new(),
            frames: Vec::new(),
        }
    }

    /// Makes one packet of a class.
    fn make(&mut self, class: Class) {
        let now = at(self.ms);
        let sequence = u16::try_from(self.made.len()).unwrap();
        let list = match class {
            Class::Report => None,
            Class::Essential => Some(&beacon::LIST),
            _ => LISTS.iter().find(|list| (list.id == NAV_LIST) == (class == Class::Nav)),
        };
        let snapshot = Snapshot { t: now, ..Snapshot::default() };
        self.downlink.add(class, now, class < Class::Raw, |count, out| {
            assert_eq!(count, sequence);
            match list {
                None => packet::event(Event::Landed, now, count, out),
                Some(list) => packet::housekeeping(list, &snapshot, count, out),
            }
        });
        self.made.insert(sequence, class);
    }

    /// One cycle of 20 ms: frames of the last, then packets by their frequency.
    fn cycle(&mut self, board_hears: bool, ground_hears: bool, make: bool) {
        self.ms += 20;
        let now = at(self.ms);
        self.downlink.set_contact(board_hears, now);
        while let Some(sent) = self.downlink.next_frame(now, Clcw::default()) {
            self.frames.push(sent.channel);
            let frame = Frame::read(&sent.octets).unwrap();
            let channel = frame.channel;
            if let (true, Some(packets)) =
                (ground_hears, self.channels.get_mut(usize::from(channel)))
            {
                let came = &mut self.came;
                packets.take(&frame, |octets| {
                    let (_, length) = packet::decode(octets).unwrap();
                    assert_eq!(length, octets.len());
                    came.push((channel, u16::from_be_bytes([octets[2], octets[3]]) & 0x3FFF));
                });
            }
        }
        if make {
            for (class, every) in Class::ALL.into_iter().zip([370, 1000, 100, 100, 60]) {
                if self.ms % every < 20 {
                    self.make(class);
                }
            }
        }
    }

    fn run(&mut self, s: i64, board_hears: bool, ground_hears: bool, make: bool) {
        (0..s * 50).for_each(|_| self.cycle(board_hears, ground_hears, make));
    }

    fn missing(&self) -> Vec<u16> {
        let came: BTreeSet<u16> = self.came.iter().map(|(_, sequence)| *sequence).collect();
        self.made.keys().copied().filter(|sequence| !came.contains(sequence)).collect()
    }

    fn dropped(&self) -> u32 {
        self.downlink.tallies().iter().map(|tally| tally.dropped).sum()
    }
}

#[test]
fn every_list_that_is_switched_off_is_sent_no_more() {
    let mut bench = Bench::new(64, 0);
    let mut made = |on: bool| {
        let downlink = &mut bench.downlink;
        let before = downlink.packets;
        downlink.set_list(tm::RECEIVER.id, on);
        downlink.receiver(&tm::Receiver { t: at(0), ..tm::Receiver::default() });
        downlink.packets - before
    };
    assert_eq!((made(false), made(true)), (0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// The ground loses the lander before the lander knows, and finds it after; frames go astray in between.
    #[test]
    fn no_packet_is_lost_while_the_store_has_room(
        bit_rate in 12_000u32..400_000,
        losses in proptest::collection::vec((1i64..20, 0i64..9, 1i64..15, 0i64..9), 1..4),
    ) {
        let mut bench = Bench::new(20_000, bit_rate);
        for (held, unknown, lost, unheard) in losses {
            bench.run(held, true, true, true);
            bench.run(unknown, true, false, true);
            bench.run(lost, false, false, true);
            bench.run(unheard, true, false, true);
        }
        bench.run(700, true, true, false);
        prop_assert_eq!(bench.dropped(), 0);
        prop_assert_eq!(bench.missing(), Vec::<u16>::new());
        // Once all has been sent nothing is sent again.
        let came = bench.came.len();
        bench.run(30, true, true, false);
        prop_assert_eq!(bench.came.len(), came);
    }
}

#[test]
fn what_matters_most_goes_first() {
    let mut bench = Bench::new(1000, 100_000);
    bench.run(20, true, true, false);
    for class in [Class::Raw, Class::Rest, Class::Nav, Class::Essential, Class::Report] {
        (0..3).for_each(|_| bench.make(class));
    }
    bench.run(10, true, true, false);
    let classes: Vec<Class> = bench.came.iter().map(|(_, n)| bench.made[n]).collect();
    let mut sorted = classes.clone();
    sorted.sort();
    assert_eq!(classes, sorted);
    assert_eq!(classes.len(), 15);
    // Raw cycles, which the plan holds back, came out of the store.
    assert!(bench.came.iter().all(|(channel, n)| (*channel == 1) == (bench.made[n] == Class::Raw)));
}

#[test]
fn a_report_made_while_the_rest_waits_overtakes_it() {
    let mut bench = Bench::new(4000, 8_000);
    bench.run(15, true, true, true);
    bench.make(Class::Report);
    let report = u16::try_from(bench.made.len() - 1).unwrap();
    bench.run(6, true, true, true);
    let came = bench.came.iter().position(|(_, n)| *n == report).unwrap();
    let waits = bench.came.iter().skip(came).filter(|(_, n)| *n < report).count();
    assert!(waits > 20, "{waits}");
}

#[test]
fn without_contact_all_is_sent_and_counts_as_not_sent() {
    let mut bench = Bench::new(20_000, 200_000);
    bench.run(30, false, true, true);
    let live: u32 = bench.downlink.tallies().iter().map(|tally| tally.live).sum();
    assert!(live > 600, "{live}");
    assert!(bench.frames.iter().all(|channel| *channel != Channel::Stored));
    bench.run(60, true, true, false);
    let twice = bench.came.iter().filter(|(channel, _)| *channel == 1).count();
    assert!(twice >= bench.made.len(), "{twice} of {}", bench.made.len());
}

#[test]
fn a_dump_that_is_cut_off_goes_on_after_the_next_contact() {
    let mut bench = Bench::new(20_000, 60_000);
    bench.run(60, false, false, true);
    bench.run(14, true, true, false);
    let first = bench.came.len();
    assert!(first > 50 && !bench.missing().is_empty(), "{first}");
    bench.run(5, true, false, false); // lost, and nobody on board knows
    bench.run(20, false, false, false);
    assert!(!bench.missing().is_empty());
    bench.run(200, true, true, false);
    assert_eq!(bench.missing(), []);
}

#[test]
fn a_backlog_longer_than_every_contact_comes_down_in_the_end() {
    let mut bench = Bench::new(20_000, 60_000);
    bench.run(90, false, false, true);
    let mut left = vec![bench.missing().len()];
    for _ in 0..4 {
        bench.run(32, true, true, false);
        bench.run(20, false, false, false);
        left.push(bench.missing().len());
    }
    assert!(left.windows(2).all(|pair| pair[1] < pair[0] || pair[0] == 0), "{left:?}");
    assert!(left[2] > 0 && left[4] == 0, "more than two contacts and no more than four: {left:?}");
}

#[test]
fn what_the_ground_asks_for_by_time_is_sent_again_and_nothing_else() {
    let mut bench = Bench::new(20_000, 300_000);
    bench.run(60, true, true, true);
    bench.run(20, true, true, false);
    assert_eq!(bench.missing(), []);
    let before = bench.came.len();
    bench.downlink.dump(at(30_000), at(35_000), at(bench.ms));
    assert!(bench.downlink.dumping());
    bench.run(20, true, true, false);
    assert!(!bench.downlink.dumping());
    let again: BTreeSet<u16> = bench.came.split_off(before).into_iter().map(|(_, n)| n).collect();
    // A second makes 10 of two classes, 16 or 17 raw, one essential and 2 or 3 reports: 39 or so, times five.
    assert!((190..=210).contains(&again.len()), "{}", again.len());
    let (first, last) = (again.first().unwrap(), again.last().unwrap());
    assert_eq!(usize::from(last - first) + 1, again.len());
}

#[test]
fn the_plan_sends_more_the_more_there_is_and_fits_its_rate() {
    let plans: Vec<Plan> = [1_000, 4_000, 16_000, 64_000, 256_000].map(Plan::of).to_vec();
    for pair in plans.windows(2) {
        assert!(pair[1].nav_ms <= pair[0].nav_ms && pair[1].rest_ms <= pair[0].rest_ms);
        assert!(pair[0] != pair[1], "{pair:?}");
    }
    assert!(plans[4].raw && plans[4].nav_ms == 100);
    assert_eq!(Plan::of(0), *[Plan::of(1)].last().unwrap());
}

#[test]
fn frames_fill_the_air_without_a_break_and_not_more() {
    for bit_rate in [1_000, 52_000, 580_000] {
        let mut bench = Bench::new(1000, bit_rate);
        bench.run(100, true, true, false);
        let expected = 100.0 * f64::from(bit_rate) / (ON_AIR as f64 * 8.0);
        let sent = bench.frames.len() as f64;
        assert!((sent - expected).abs() <= 1.0 + 1e-6 * expected, "{sent} of {expected}");
    }
}

#[test]
fn a_beacon_is_one_packet_in_one_frame() {
    let mut downlink = Downlink::new(vec![Block::EMPTY; 8], 0, at(0));
    let mut packets = Packets::new();
    let mut seen = Vec::new();
    for cycle in 1..=500 {
        let now = at(cycle * 20);
        assert_eq!(downlink.next_frame(now, Clcw::default()), None);
        let mut s = Snapshot { t: now, ..Snapshot::default() };
        s.nav.altitude_m = 192.0;
        while let Some(sent) = downlink.next_beacon(now, 1_000, &s, Clcw::default()) {
            let frame = Frame::read(&sent.octets).unwrap();
            assert_eq!(frame.scid, SCID_BACKUP);
            packets.take(&frame, |octets| seen.push((sent.ends, packet::decode(octets).is_ok())));
        }
    }
    // 68 octets at 1000 bit/s take 0.544 s.
    assert_eq!(seen.len(), 19);
    assert!(seen.iter().all(|(_, good)| *good));
    assert!(seen.windows(2).all(|pair| pair[1].0 - pair[0].0 == Span::from_ms(544)));
}

/// The store as it is meant, by brute force.
#[derive(Default)]
struct Model {
    kept: VecDeque<(usize, u64, usize)>,
    dropped: [u32; CLASSES],
}

impl Model {
    fn put(&mut self, class: usize, number: u64, blocks: usize, room: usize) {
        while self.kept.iter().map(|kept| kept.2).sum::<usize>() + blocks > room {
            let least = self.kept.iter().map(|kept| kept.0).max();
            let Some(least) = least.filter(|least| *least >= class) else {
                self.dropped[class] += 1;
                return;
            };
            let oldest = self.kept.iter().position(|kept| kept.0 == least).unwrap();
            self.kept.remove(oldest);
            self.dropped[least] += 1;
        }
        self.kept.push_back((class, number, blocks));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_oldest_of_the_least_important_is_dropped_first_and_counted(
        room in 0usize..40,
        puts in proptest::collection::vec((0usize..CLASSES, 1usize..=PACKET_MAX), 0..120),
    ) {
        let mut store = Store::new(vec![Block::EMPTY; room]);
        let mut model = Model::default();
        for (number, (class, octets)) in puts.into_iter().enumerate() {
            let packet = vec![number as u8; octets];
            store.put(class, at(number as i64), &packet, at(0));
            model.put(class, number as u64, octets.div_ceil(Store::<Vec<Block>>::BLOCK), room);
        }
        prop_assert_eq!(store.dropped(), model.dropped);
        let mut expected: Vec<_> = model.kept.into_iter().collect();
        expected.sort_by_key(|kept| kept.0); // stable: oldest first in each class
        let mut out = [0; PACKET_MAX];
        for (class, number, _) in expected {
            let kept = store.next(at(1 << 30)).unwrap();
            let octets = store.get(kept, &mut out);
            prop_assert_eq!(kept.class(), class);
            prop_assert!(octets > 0 && out[..octets].iter().all(|octet| *octet == number as u8));
            store.sent(kept, at(1 << 20));
        }
        prop_assert_eq!(store.next(at(1 << 30)), None);
    }

    /// What the ground has makes way before anything that it has not.
    #[test]
    fn what_has_arrived_is_forgotten_first(sent in 1usize..20, waiting in 1usize..20) {
        let mut store = Store::new(vec![Block::EMPTY; sent + waiting]);
        for number in 0..sent {
            let kept = store.put(0, at(number as i64), &[1], at(0)).unwrap();
            store.sent(kept, at(number as i64));
        }
        (0..waiting).for_each(|n| assert!(store.put(4, at(n as i64), &[2], at(5000)).is_some()));
        (0..sent).for_each(|n| assert!(store.put(4, at(n as i64), &[3], at(5000)).is_some()));
        prop_assert_eq!(store.packets(), [0, 0, 0, 0, (sent + waiting) as u32]);
        prop_assert_eq!(store.dropped(), [0; CLASSES]);
    }
}
