//! The program from outside: what it prints, where, and how it exits.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn frigoris(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frigoris"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

#[test]
fn a_file_that_is_not_there_exits_2_and_is_named() {
    let folder = folder("absent");
    for command in
        [&["fly", "no-such-flight.toml"][..], &["campaign", "no-such-flight.toml", "--runs", "1"]]
    {
        let output = frigoris(&folder, command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(text(&output.stderr).contains("no-such-flight.toml"), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_file_that_is_not_toml_exits_2_and_shows_the_line() {
    let folder = folder("not-toml");
    std::fs::write(folder.join("broken.toml"), "title = \"x\"\nseed = = 3\n").unwrap();
    let output = frigoris(&folder, &["fly", "broken.toml"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("broken.toml") && said.contains("seed = = 3"), "{said}");
}

#[test]
fn an_unknown_speed_is_refused_before_anything_flies() {
    let output = frigoris(&folder("speed"), &["fly", "--speed=-3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--speed"));
}

#[test]
fn the_help_says_where_scenarios_are_looked_for() {
    let output = frigoris(&folder("help"), &["fly", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stdout);
    assert!(said.contains("scenarios/NAME.toml") && said.contains("inside the program"), "{said}");
}

#[test]
fn a_flight_in_a_pipe_prints_lines_without_control_codes_and_leaves_its_files() {
    let folder = folder("pipe");
    let output = frigoris(&folder, &["fly", "m2-nominal-from-ignition", "--out", "kept"]);
    assert!(!output.stdout.contains(&0x1b), "an escape code in a pipe");
    let said = text(&output.stdout);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
    assert!(said.contains("phase braking") && said.contains("written: "), "{said}");
    for file in ["record.parquet", "telemetry.tm", "summary.json", "report.html"] {
        assert!(std::fs::metadata(folder.join("kept").join(file)).unwrap().len() > 100, "{file}");
    }
}

#[test]
fn a_campaign_in_a_pipe_counts_with_intervals_and_names_the_command_of_its_worst_run() {
    let folder = folder("campaign");
    let arguments = [
        "campaign",
        "m2-nominal-from-ignition",
        "--runs",
        "2",
        "--first-run",
        "5",
        "--threads",
        "1",
    ];
    let output = frigoris(&folder, &[&arguments[..], &["--out", "kept"]].concat());
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!output.stdout.contains(&0x1b), "an escape code in a pipe");
    assert!(said.contains("2 of 2 runs") && said.contains("Clopper-Pearson"), "{said}");
    let repeats =
        |run: u64| said.contains(&format!("frigoris fly m2-nominal-from-ignition --run {run}"));
    assert!(repeats(5) && repeats(6) && !repeats(0), "{said}");
    assert!(folder.join("kept/campaign.parquet").exists());
}

#[test]
fn a_matrix_leaves_its_cells_tables_and_page_and_the_same_when_it_is_asked_again() {
    let folder = folder("matrix");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let file = |name: &str| root.join(name).display().to_string();
    let matrix = format!(
        "title = \"One cell\"\npurpose = \"a test\"\nscenario = {:?}\nseed = 5\nruns = 2\n\
         approach_azimuth_deg = [10.0]\n\
         [[site]]\nname = \"Mare Frigoris\"\nlatitude_deg = 60.454\nlongitude_deg = -4.604\n\
         [[vehicle]]\nname = \"A\"\nfile = {:?}\n\
         [[configuration]]\nname = \"resilient\"\nconfiguration = \"resilient\"\n",
        file("scenarios/m2-nominal-from-ignition.toml"),
        file("vehicles/resilience.toml")
    );
    std::fs::write(folder.join("one.toml"), matrix).unwrap();
    let arguments = ["matrix", "one.toml", "--runs", "1", "--threads", "1", "--out", "kept"];
    let output = frigoris(&folder, &arguments);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(said.contains("1 cells, 1 runs") && said.contains("survived / landed"), "{said}");
    for file in ["matrix.csv", "matrix.parquet", "matrix.html"] {
        assert!(std::fs::metadata(folder.join("kept").join(file)).unwrap().len() > 100, "{file}");
    }
    let cell = "kept/cells/mare-frigoris-10deg-a-resilient.toml";
    let flown = frigoris(&folder, &["fly", cell, "--run", "1", "--no-report", "--out", "again"]);
    assert!(matches!(flown.status.code(), Some(0 | 1)), "{}", text(&flown.stderr));
    let rows = folder.join("kept/runs/mare-frigoris-10deg-a-resilient/campaign.parquet");
    let written = || std::fs::read(&rows).unwrap();
    let before = written();
    frigoris(&folder, &arguments);
    assert_eq!(written(), before);
    let unknown = frigoris(&folder, &["matrix", "no-such-matrix"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no-such-matrix"), "{}", text(&unknown.stderr));
}

#[test]
fn a_prediction_of_scatter_needs_one_run_and_leaves_a_page() {
    let folder = folder("covariance");
    let output = frigoris(&folder, &["covariance", "--runs", "0", "--out", "kept"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(said.contains("high gate: altitude") && said.contains("propellant left"), "{said}");
    let page = std::fs::read_to_string(folder.join("kept/covariance.html")).unwrap();
    assert!(page.contains("<svg") && !page.contains("<script"));
}

#[test]
fn a_flight_replays_from_its_folder_and_a_damaged_one_does_not_in_silence() {
    let folder = folder("replay");
    frigoris(
        &folder,
        &["fly", "m2-nominal-from-ignition", "--seed", "11", "--no-report", "--out", "kept"],
    );
    let output = frigoris(&folder, &["replay", "kept"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(said.contains("seed 11") && said.contains("  bit-exact\n"), "{said}");
    let packets = folder.join("kept/telemetry.tm");
    let whole = std::fs::read(&packets).unwrap();
    std::fs::write(&packets, &whole[..whole.len() / 2 + 1]).unwrap();
    let said = text(&frigoris(&folder, &["replay", "kept"]).stdout);
    assert!(said.contains("1 packets lost"), "{said}");
    let other = frigoris(&folder, &["replay", "kept", "--scenario", "m2-as-flown"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("is not the one that flew"), "{}", text(&other.stderr));
    assert_eq!(frigoris(&folder, &["replay", "nowhere"]).status.code(), Some(2));
}

#[test]
fn the_same_run_flown_twice_leaves_the_same_record() {
    let folder = folder("twice");
    let hash = |out: &str| {
        frigoris(
            &folder,
            &["fly", "m2-nominal-from-ignition", "--run", "3", "--no-report", "--out", out],
        );
        let summary = std::fs::read_to_string(folder.join(out).join("summary.json")).unwrap();
        summary.split("\"record_hash\":").nth(1).unwrap().to_string()
    };
    let first = hash("a");
    assert!(first.len() > 64, "{first}");
    assert_eq!(first, hash("b"));
    assert!(!folder.join("a/report.html").exists());
}
