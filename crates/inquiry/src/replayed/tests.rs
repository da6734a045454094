//! The flight software again, on what was received and on less.

use super::*;
use crate::evidence::Housekeeping;
use crate::finding::Device;
use crate::sample::{self, Sample};
use icd::tm::{Innovation, Outcome};

fn read(sample: &Sample) -> Evidence {
    Evidence::read(&sample.record.packets)
}

/// Without the cycles in these places.
fn without(evidence: &Evidence, places: std::ops::Range<usize>) -> Evidence {
    let mut out = evidence.clone();
    let cycles = &evidence.cycles;
    let between = (cycles[places.start - 1].sensors.t, cycles[places.end].sensors.t);
    let lost = u32::try_from(places.len()).unwrap();
    out.gaps.push(Gap { before: places.start, between, lost });
    out.cycles.drain(places);
    out
}

#[test]
fn a_flight_repeats_bit_for_bit_and_shows_what_it_commanded() {
    for sample in [sample::healthy(), sample::restarted()] {
        let evidence = read(sample);
        let replayed = Replayed::of(&sample.mission, &evidence);
        assert_eq!(replayed.end, Some(End::Whole));
        assert_eq!(replayed.compared, evidence.lists.len() as u64);
        assert_eq!(replayed.commanded.len(), evidence.cycles.len());
        assert_eq!(replayed.events, evidence.events);
        for (commanded, cycle) in replayed.commanded.iter().zip(&evidence.cycles) {
            assert_eq!(commanded.t, cycle.sensors.t);
        }
    }
    // Ignition is at 59.5 s; what was commanded is what was downlinked as commanded.
    let sample = sample::healthy();
    let (evidence, replayed) = (read(sample), Replayed::of(&sample.mission, &read(sample)));
    let at = |t: Time| {
        let place = replayed.commanded.partition_point(|commanded| commanded.t < t);
        &replayed.commanded[place]
    };
    let mains = evidence.series("control.main");
    assert!(mains.iter().all(|(t, open)| at(*t).main_open == (*open > 0.5)));
    assert!(mains.iter().any(|(_, open)| *open > 0.5));
    let duties = evidence.series("control.assist.3");
    assert!(
        duties
            .iter()
            .all(|(t, duty)| { (f64::from(at(*t).assist_on_us[3]) * 1e-5 - duty).abs() < 1e-5 })
    );
    assert!(replayed.commanded.iter().any(|c| c.phase == Phase::Braking));
}

#[test]
fn over_a_gap_the_replay_goes_on_and_says_that_it_is_not_exact() {
    let sample = sample::healthy();
    let evidence = read(sample);
    let whole = Replayed::of(&sample.mission, &evidence);
    // Two seconds of full thrust.
    let gapped = without(&evidence, 4000..4100);
    let replayed = Replayed::of(&sample.mission, &gapped);
    assert_eq!(replayed.end, Some(End::Gap(evidence.cycles[3999].sensors.t)));
    assert_eq!(replayed.commanded.len(), gapped.cycles.len());
    assert_eq!(replayed.commanded[..4000], whole.commanded[..4000]);
    let (a, b) = (whole.snapshots.last().unwrap(), replayed.snapshots.last().unwrap());
    assert_eq!(a.t, b.t, "pulse frames go on");
    let off_m = (a.nav.altitude_m - b.nav.altitude_m).abs();
    let off_m_s = (a.nav.v_horizontal_m_s - b.nav.v_horizontal_m_s).abs();
    // Thrust comes in pulses: the mean of two cycles is not that of two seconds.
    assert!(off_m < 20.0 && off_m_s < 2.0, "{off_m} m, {off_m_s} m/s");
    assert_ne!(a, b);
}

#[test]
fn what_was_downlinked_otherwise_is_found() {
    let sample = sample::healthy();
    let mut evidence = read(sample);
    let place = evidence.lists.iter().rposition(|list| list.list == 1).unwrap();
    let Housekeeping { t, data, .. } = &mut evidence.lists[place];
    let t = *t;
    // The last octet of phase, alarms, east.
    data[10] ^= 1;
    let replayed = Replayed::of(&sample.mission, &evidence);
    let Some(End::Differs(at, key, ..)) = replayed.end else { panic!("{:?}", replayed.end) };
    assert_eq!((at, &key[..]), (t, "nav.p_LB_L.0"));
}

#[test]
fn without_what_was_uploaded_the_replay_says_so() {
    let flown = sample::healthy();
    let scenario = &flown.mission.stand.scenario;
    let planned = Mission::of(scenario, None).unwrap();
    let replayed = Replayed::of(&planned, &read(flown));
    assert_eq!(replayed.end, Some(End::OtherLoad));
    assert_eq!(Replayed::of(&planned, &Evidence::default()), Replayed::default());
}

/// Snapshots whose rangefinder line runs through these innovations, sigma 1.
fn snapshots(nu: &[f64]) -> Replayed {
    let line = |(n, nu): (usize, &f64)| Snapshot {
        t: Time::from_tai_ns(n as i64),
        rangefinder: Innovation {
            measured: 100.0,
            nu: *nu,
            sigma: 1.0,
            gate: 6.0,
            outcome: if nu.abs() < 6.0 { Outcome::Fused } else { Outcome::Rejected },
            ..Innovation::default()
        },
        ..Snapshot::default()
    };
    Replayed { snapshots: nu.iter().enumerate().map(line).collect(), ..Replayed::default() }
}

#[test]
fn expectation_and_fact_part_at_the_first_and_for_good_at_the_fifth_in_a_row() {
    let nu = [0.5, 3.5, 0.1, 0.1, -4.0, -4.1, -7.2, -4.3, -3.01, -9.0];
    let accounts = snapshots(&nu).accounts(&Evidence::default());
    let [account] = &accounts[..] else { panic!("{accounts:?}") };
    // A line that has not changed is no new reading.
    assert_eq!((account.compared.len(), account.counts()), (9, (7, 2)));
    let (first, lasting) = account.parting();
    assert_eq!((first.unwrap().nu, lasting.unwrap().nu), (3.5, -4.0));
    let accounts = snapshots(&[0.1, 2.9, -2.9, 1.0]).accounts(&Evidence::default());
    assert_eq!(accounts[0].parting(), (None, None));
}

#[test]
fn downlinked_lines_tell_the_same_as_the_replay() {
    let sample = sample::healthy();
    let evidence = read(sample);
    let again = Replayed::of(&sample.mission, &evidence).accounts(&evidence);
    let heard = Replayed::default().accounts(&evidence);
    assert_eq!((again.len(), heard.len()), (1, 1));
    let (again, heard) = (&again[0], &heard[0]);
    assert_eq!((again.aid, heard.aid), (Device::StarTracker, Device::StarTracker));
    assert!(again.replayed && !heard.replayed && heard.compared.len() > 20);
    for one in &heard.compared {
        let twin = again.compared.iter().find(|twin| {
            (twin.nu - one.nu).abs() <= 1e-6 * one.nu.abs() && twin.outcome == one.outcome
        });
        assert!(twin.is_some(), "{one:?}");
    }
}
