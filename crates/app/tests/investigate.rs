//! Investigations of the program from outside: a flight's folder, and files in every state.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
        assert!(moved.join("flight/investigation").join(name).exists(), "{name}: {told}");
    }
}

#[test]
fn telemetry_in_any_state_is_answered() {
    let folder = flown("states");
    let whole = std::fs::read(folder.join("flight/telemetry.tm")).unwrap();
    let mut corrupted = whole.clone();
    corrupted.iter_mut().step_by(20_000).for_each(|octet| *octet ^= 0xA5);
    let states: [(&str, &[u8], &str); 4] = [
        ("empty", &[], "nothing in it can be read as telemetry"),
        ("other", b"<!doctype html>".as_slice(), "nothing in it can be read as telemetry"),
        ("truncated", &whole[..whole.len() / 3 + 7], "the file ends within a packet"),
        ("corrupted", &corrupted, "stretches or packets are damaged"),
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
