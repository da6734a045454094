//! Timelines of flights.

use super::*;
use crate::sample;
use icd::link::packet::decode;

fn of(octets: &[u8]) -> Vec<Entry> {
    let mission = &sample::healthy().mission;
    let evidence = Evidence::read(octets);
    timeline(mission, &evidence, &Replayed::of(mission, &evidence))
}

/// The only entry whose text begins so.
fn one<'a>(entries: &'a [Entry], text: &str) -> &'a Entry {
    let found: Vec<&Entry> = entries.iter().filter(|entry| entry.text.starts_with(text)).collect();
    let [one] = found[..] else { panic!("{text}: {found:?}") };
    one
}

#[test]
fn a_flight_is_told_in_order_with_grade_source_and_uncertainty() {
    let record = &sample::healthy().record;
    let entries = of(&record.packets);
    assert!(entries.is_sorted_by_key(|entry| entry.t));
    let start = record.header.start;
    assert_eq!(one(&entries, "Recording begins, 0 s").t, start);
    assert_eq!(one(&entries, "Flight software powered up").t, start);
    let (braking_s, _) =
        record.events.iter().find(|(_, event)| event.name() == "BrakingStarted").unwrap();
    let braking = one(&entries, "BrakingStarted");
    assert_eq!((braking.grade, &braking.source[..]), (Grade::Measured, "event report"));
    assert!(((braking.t - start).s() - braking_s).abs() < 1e-9);
    let phase = one(&entries, "Phase: braking");
    assert_eq!((phase.t, phase.grade), (braking.t, Grade::Derived));
    let last = one(&entries, "Last packet");
    assert!((last.t - start).s() > 89.9 && last.until.unwrap() > last.t && last.sigma_s > 0.0);
    assert_eq!(one(&entries, "Planned touchdown").t, record.header.planned_touchdown);
    one(&entries, "The rangefinder reports and never measures anything");
    one(&entries, "First measurement of the star tracker: attitude");
    one(&entries, "Last state downlinked");
}

#[test]
fn housekeeping_alone_tells_phases_to_its_sampling() {
    let record = &sample::healthy().record;
    let (mut at, mut lists) = (0, vec![]);
    while at < record.packets.len() {
        let (packet, length) = decode(&record.packets[at..]).unwrap();
        if matches!(packet, icd::link::packet::Packet::Housekeeping { .. }) {
            lists.extend_from_slice(&record.packets[at..at + length]);
        }
        at += length;
    }
    let entries = of(&lists);
    let phase = one(&entries, "Phase: braking");
    assert_eq!((phase.grade, &phase.source[..]), (Grade::Measured, "housekeeping"));
    let whole = of(&record.packets);
    let truly = one(&whole, "Phase: braking").t;
    let off_s = (phase.t - truly).s().abs();
    assert!(off_s <= 0.5 && phase.sigma_s > 0.02 && off_s < 3.0 * phase.sigma_s, "{phase:?}");
    assert!(!entries.iter().any(|entry| entry.source == "replay"));
}

#[test]
fn restarts_and_gaps_are_told() {
    let entries = of(&sample::restarted().record.packets);
    let down = one(&entries, "Computer down for 0.3 s");
    assert!((down.until.unwrap() - down.t).s() < 0.31);
    one(&entries, "Flight software powered up again");
    let packets = &sample::healthy().record.packets;
    let mut damaged = packets.clone();
    damaged[packets.len() / 2..packets.len() / 2 + 3000].fill(0);
    let entries = of(&damaged);
    let gap = entries.iter().find(|entry| entry.text.ends_with("computed and not received"));
    assert!(gap.is_some_and(|gap| gap.until.is_some()), "{entries:?}");
    let replay = one(&entries, "Replay bit-exact up to here");
    assert!(gap.unwrap().t - replay.t == CYCLE);
}

#[test]
fn a_clock_that_runs_wrong_is_told_in_a_few_lines() {
    let mission = &sample::healthy().mission;
    let mut evidence = Evidence::read(&sample::healthy().record.packets);
    evidence.align(mission.nav.t + Span::from_ms(37_000));
    evidence.leaps.extend((1..500).map(|before| Leap { before, by: Span::from_us(2) }));
    let entries = timeline(mission, &evidence, &Replayed::default());
    one(&entries, "Clock of the recording is 37 s behind");
    one(&entries, "Clock leaps 490 times more, by 0.00098 s in all");
    assert_eq!(entries.iter().filter(|entry| entry.text.starts_with("Clock")).count(), 11);
}

#[test]
fn nothing_received_is_an_empty_timeline() {
    assert_eq!(of(&[]), []);
    assert_eq!(of(b"no telemetry"), []);
}

#[test]
fn figures_have_four_digits_that_count() {
    let all = [0.0, 887.7, -1269.43, 0.3, 66.6, 123456.0, 1e-7, 2.0e9, 0.012345];
    let read = all.map(figure);
    let written =
        ["0", "887.7", "-1269", "0.3", "66.6", "123456", "1.000e-7", "2.000e9", "0.01235"];
    assert_eq!(read, written.map(String::from));
}
