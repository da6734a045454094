//! Investigations of the program from outside: a flight's folder, and files in every state.

use icd::link::checksum::crc16;
use icd::link::packet::{decode, decode_time, encode_time};
use icd::time::Span;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// An empty folder of this test's own, with 40 s of a descent flown into `flight`.
fn flown(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("investigate-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let base =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/m2-nominal-from-ignition.toml");
    let base = base.canonicalize().unwrap();
    let fault = "[[fault]]\non = \"rangefinder\"\nkind = \"dead\"\nat_s = 0.0\n";
    let text = format!("extends = {:?}\nduration_s_max = 40.0\n{fault}", base.to_str().unwrap());
    std::fs::write(folder.join("short.toml"), text).unwrap();
    let arguments = ["fly", "short.toml", "--no-report", "--speed", "max", "--out", "flight"];
    let output = frigoris(&folder, &arguments);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text_of(&output.stderr));
    folder
}

fn frigoris(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frigoris"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn text_of(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn investigated(folder: &Path, arguments: &[&str]) -> String {
    let output = frigoris(folder, &[&["investigate"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
    text_of(&output.stdout)
}

#[test]
fn a_flight_leaves_its_mission_without_faults_beside_its_telemetry() {
    let folder = flown("mission");
    let mission = std::fs::read_to_string(folder.join("flight/mission.toml")).unwrap();
    assert!(!mission.contains("dead") && mission.contains("vehicle = \"vehicle.toml\""));
    for name in ["telemetry.tm", "uploaded.load", "vehicle.toml"] {
        assert!(folder.join("flight").join(name).exists(), "{name}");
    }
    // The folder is enough, wherever it is.
    let moved = folder.join("elsewhere/deep");
    std::fs::create_dir_all(&moved).unwrap();
    std::fs::rename(folder.join("flight"), moved.join("flight")).unwrap();
    std::fs::remove_file(folder.join("short.toml")).unwrap();
    let told = investigated(&moved, &["flight", "--quick"]);
    assert!(told.contains("Replay: bit-exact\n"), "{told}");
    for name in ["investigation.html", "investigation.json"] {
        let text = std::fs::read_to_string(moved.join("flight/investigation").join(name)).unwrap();
        for said in ["--out flight/investigation --quick", "quick: few flights"] {
            assert!(text.contains(said), "{name} does not say {said}: {told}");
        }
    }
}

/// Every packet stamped an hour late, its check sequence right.
fn skewed(whole: &[u8]) -> Vec<u8> {
    let (mut at, mut out) = (0, Vec::new());
    while at < whole.len() {
        let (_, length) = decode(&whole[at..]).unwrap();
        let mut packet = whole[at..at + length].to_vec();
        let t = decode_time(packet[13..19].try_into().unwrap());
        packet[13..19].copy_from_slice(&encode_time(t + Span::from_ms(3_600_000)));
        let end = length - 2;
        let crc = crc16(&packet[..end]);
        packet[end..].copy_from_slice(&crc.to_be_bytes());
        out.extend(packet);
        at += length;
    }
    out
}

#[test]
fn telemetry_in_any_state_is_answered() {
    let folder = flown("states");
    let whole = std::fs::read(folder.join("flight/telemetry.tm")).unwrap();
    let mut corrupted = whole.clone();
    corrupted.iter_mut().step_by(20_000).for_each(|octet| *octet ^= 0xA5);
    let late = skewed(&whole);
    let states: [(&str, &[u8], &str); 5] = [
        ("empty", &[], "nothing in it can be read as telemetry"),
        ("other", b"<!doctype html>".as_slice(), "nothing in it can be read as telemetry"),
        ("truncated", &whole[..whole.len() / 3 + 7], "the file ends within a packet"),
        ("corrupted", &corrupted, "stretches or packets are damaged"),
        ("skewed", &late, "the clock of the packets is wrong by up to 3600 s, corrected"),
    ];
    for (name, octets, said) in states {
        let file = format!("flight/{name}.tm");
        std::fs::write(folder.join(&file), octets).unwrap();
        let told = investigated(&folder, &[&file, "--quick", "--out", name]);
        assert!(told.contains(said), "{name}: {told}");
        assert!(folder.join(name).join("investigation.html").exists(), "{name}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let folder = flown("absent");
    let output = frigoris(&folder, &["investigate", "flight/no-such.tm"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text_of(&output.stderr).contains("no-such.tm"), "{}", text_of(&output.stderr));
    std::fs::remove_file(folder.join("flight/mission.toml")).unwrap();
    let output = frigoris(&folder, &["investigate", "flight"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text_of(&output.stderr).contains("mission.toml"), "{}", text_of(&output.stderr));
}

/// The flight in a folder of its own beside others.
fn copied(folder: &Path, name: &str) -> PathBuf {
    let own = folder.join(name);
    std::fs::create_dir_all(own.join("flight")).unwrap();
    for file in std::fs::read_dir(folder.join("flight")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), own.join("flight").join(file.file_name())).unwrap();
    }
    own
}

#[test]
fn an_investigation_that_is_killed_goes_on_where_it_was() {
    let folder = flown("killed");
    let (whole, killed) = (copied(&folder, "whole"), copied(&folder, "killed"));
    let arguments = ["investigate", "flight", "--threads", "1"];
    let journal_of =
        |of: &Path| std::fs::read_to_string(of.join("flight/investigation/work.jsonl"));
    let twin_of =
        |of: &Path| std::fs::read_to_string(of.join("flight/investigation/investigation.json"));
    investigated(&whole, &arguments[1..]);

    let mut command = Command::new(env!("CARGO_BIN_EXE_frigoris"));
    command.args(arguments).current_dir(&killed).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    // A head and some flights.
    while journal_of(&killed).map_or(0, |text| text.lines().count()) < 5 {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(twin_of(&killed).is_err(), "it was killed in the middle");

    let before = journal_of(&killed).unwrap();
    let kept = &before[..=before.rfind('\n').unwrap()];
    investigated(&killed, &arguments[1..]);
    let after = journal_of(&killed).unwrap();
    assert!(after.starts_with(kept) && after.len() > before.len());
    // No flight twice, and the same flights with the same bits.
    let lines = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&after), lines(&journal_of(&whole).unwrap()));
    assert_eq!(twin_of(&killed).unwrap(), twin_of(&whole).unwrap());

    // Done once more, it flies nothing; while another works in the folder, it says so.
    investigated(&killed, &arguments[1..]);
    assert_eq!(journal_of(&killed).unwrap(), after);
    let held = std::fs::File::open(killed.join("flight/investigation/work.jsonl")).unwrap();
    held.lock().unwrap();
    let output = frigoris(&killed, &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(text_of(&output.stderr).contains("another process"), "{}", text_of(&output.stderr));
}
