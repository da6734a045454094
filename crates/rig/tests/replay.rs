//! The ground runs the flight software again on what it received: bit for bit, up to the first gap.

use icd::link::packet::{Packet, decode};
use icd::link::raw::cycles;
use rig::closed_loop::{Stand, fly};
use rig::record::{Record, Recording};
use rig::replay::{End, Recorded, Replay, ReplayError, replay};
use rig::scenario::Scenario;
use std::path::{Path, PathBuf};

/// The nominal flight from ignition with `lines` laid over it.
fn stand(name: &str, lines: &str) -> Stand {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("replay");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.toml"));
    let base = shipped.join("m2-nominal-from-ignition.toml").canonicalize().unwrap();
    std::fs::write(&file, format!("extends = {:?}\n{lines}\n", base.to_str().unwrap())).unwrap();
    Stand::new(Scenario::read(&file).unwrap()).unwrap()
}

fn flown(stand: &Stand, run: u64) -> Record {
    fly(stand, run, Recording::Full, |_| {}).unwrap().record.unwrap()
}

fn recorded(record: &Record) -> Recorded {
    let header = &record.header;
    Recorded {
        name: header.name.clone(),
        seed: header.seed,
        run: header.run,
        load: header.load.clone(),
        packets: record.packets.clone(),
    }
}

fn again(stand: &Stand, recorded: &Recorded) -> Replay {
    replay(stand, recorded).unwrap()
}

#[test]
fn a_flight_replays_bit_for_bit_from_its_files_alone() {
    let stand = stand("whole", "vehicle = \"../../../vehicles/resilience-sensors.toml\"");
    let record = flown(&stand, 5);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("replay/whole");
    record.write(&folder).unwrap();
    let read = Recorded::read(&folder).unwrap();
    assert_eq!(read, recorded(&record));
    let replay = again(&stand, &read);
    assert_eq!((&replay.end, replay.lost, replay.power_ups), (&End::Whole, 0, 1), "{replay:?}");
    let last_s = record.column("t_s").unwrap().last().unwrap();
    assert!(replay.cycles as f64 >= 50.0 * last_s - 2.0, "{replay:?} of {last_s} s");
    assert!(replay.snapshots > 20_000 && replay.events > 8, "{replay:?}");
}

#[test]
fn restarts_repeat_by_themselves() {
    let fault = |kind: &str, below_m: f64| {
        format!(
            "[[fault]]\non = \"computer\"\nkind = \"{kind}\"\noutage_s = 0.3\nbelow_m = {below_m}\n"
        )
    };
    let stand = stand("restarts", &(fault("restart", 9000.0) + &fault("cold_restart", 2000.0)));
    let replay = again(&stand, &recorded(&flown(&stand, 0)));
    assert_eq!((&replay.end, replay.power_ups), (&End::Whole, 2), "{replay:?}");
}

#[test]
fn after_a_lost_link_the_replay_is_exact_up_to_the_gap() {
    let gap = "[[fault]]\non = \"link\"\nkind = \"loss\"\nbelow_m = 5000.0\nuntil_below_m = 4000.0";
    let stand = stand("gap", gap);
    let record = flown(&stand, 0);
    let replay = again(&stand, &recorded(&record));
    let End::Gap(Some(t)) = replay.end else { panic!("{replay:?}") };
    let (t_s, altitude) =
        (record.column("t_s").unwrap(), record.column("truth.altitude_m").unwrap());
    let at = t_s.partition_point(|x| *x < (t - record.header.start).s());
    assert!((altitude[at] - 5000.0).abs() < 30.0, "{} m", altitude[at]);
    assert!(replay.lost > 100 && replay.snapshots > 1000, "{replay:?}");
}

/// Where the raw packets begin.
fn raw_packets(packets: &[u8]) -> Vec<usize> {
    let (mut at, mut out) = (0, vec![]);
    while at < packets.len() {
        let (packet, length) = decode(&packets[at..]).unwrap();
        if matches!(packet, Packet::Raw { .. }) {
            out.push(at);
        }
        at += length;
    }
    out
}

#[test]
fn a_damaged_packet_is_a_gap() {
    let stand = stand("damaged", "duration_s_max = 60.0");
    let mut recorded = recorded(&flown(&stand, 0));
    let raw = raw_packets(&recorded.packets);
    let Packet::Raw { data, .. } = decode(&recorded.packets[raw[100]..]).unwrap().0 else {
        panic!("not raw")
    };
    let first = cycles(data).next().unwrap().unwrap().number;
    recorded.packets[raw[100] + 50] ^= 1;
    let replay = again(&stand, &recorded);
    assert_eq!((replay.lost, replay.cycles), (1, u64::from(first)), "{replay:?}");
    assert!(matches!(replay.end, End::Gap(Some(_))), "{replay:?}");
    recorded.packets[raw[0] + 50] ^= 1;
    assert_eq!(again(&stand, &recorded).end, End::Gap(None), "the first cycles are gone");
}

#[test]
fn other_sensors_than_those_that_were_read_are_found_out() {
    let stand = stand("other", "duration_s_max = 60.0");
    let (mut one, other) = (recorded(&flown(&stand, 0)), recorded(&flown(&stand, 1)));
    one.packets = other.packets;
    let End::Differs(difference) = again(&stand, &one).end else { panic!("not found out") };
    assert_ne!(difference.downlinked, difference.replayed);
}

#[test]
fn another_load_is_refused() {
    let stand = stand("load", "duration_s_max = 1.0");
    let mut recorded = recorded(&flown(&stand, 1));
    recorded.run = 2;
    assert!(matches!(replay(&stand, &recorded), Err(ReplayError::OtherLoad { .. })));
}
