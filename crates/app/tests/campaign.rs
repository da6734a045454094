//! Campaigns of the program from outside: killed, without room, without a folder, in shards.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const RUNS: &str = "600";

/// An empty folder of this test's own, with the scenario: the first second of a descent, which has every draw of
/// a run and little of its time.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("campaign-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let base =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/m2-nominal-from-ignition.toml");
    let base = base.canonicalize().unwrap();
    let mut text = format!("extends = {:?}\n", base.display().to_string());
    let _ = writeln!(text, "title = \"One second\"\nduration_s_max = 1.0");
    std::fs::write(folder.join("second.toml"), text).unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frigoris"));
    command.args(["campaign", "second.toml", "--threads", "2"]).args(arguments).current_dir(folder);
    command
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn good(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn result(folder: &Path, out: &str) -> Vec<u8> {
    std::fs::read(folder.join(out).join("campaign.parquet")).unwrap()
}

/// Numbers that repeat: a linear congruential generator with the constants of Knuth (MMIX).
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

#[test]
fn a_campaign_killed_twenty_times_leaves_the_file_of_an_uninterrupted_one() {
    let folder = folder("killed");
    good(&command(&folder, &["--runs", RUNS, "--out", "whole"]).output().unwrap());
    let mut state = 20_261_122;
    for _ in 0..20 {
        let mut child = command(&folder, &["--runs", RUNS, "--out", "killed"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // A line of progress is a twentieth of the runs; a part is three and a third of them.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let _ = lines.take(random(&mut state, 5) as usize).count();
        std::thread::sleep(Duration::from_millis(random(&mut state, 60)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let said = good(&command(&folder, &["--runs", RUNS, "--out", "killed"]).output().unwrap());
    assert!(
        said.contains("600 runs in the result") && !said.contains("s, 0 from before"),
        "{said}"
    );
    assert_eq!(result(&folder, "killed"), result(&folder, "whole"));
    let entries = std::fs::read_dir(folder.join("killed")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // What was half written when the program was killed stays until nobody can be writing it any more.
    let names: Vec<_> = names.filter(|name| !name.ends_with(".half")).collect();
    assert_eq!(names.len(), 4, "{names:?}"); // result, times, report for people and programs
    // Once more, nothing is flown and nothing changes.
    let said = good(&command(&folder, &["--runs", RUNS, "--out", "killed"]).output().unwrap());
    assert!(said.contains("0 runs in ") && said.contains("600 from before"), "{said}");
    assert_eq!(result(&folder, "killed"), result(&folder, "whole"));
}

/// No file may grow beyond a limit: for a program, a disk that is full.
fn without_room(folder: &Path, octets: u64, arguments: &str) -> Output {
    let (program, blocks) = (env!("CARGO_BIN_EXE_frigoris"), octets / 512);
    let script = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec '{program}' campaign second.toml {arguments}"
    );
    Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap()
}

#[test]
fn a_full_disk_is_named_and_what_was_done_is_kept() {
    let folder = folder("full");
    good(&command(&folder, &["--runs", "300", "--out", "whole"]).output().unwrap());
    let whole = result(&folder, "whole");
    let arguments = "--runs 300 --threads 2 --out full";
    // Not even a part has room.
    let output = without_room(&folder, 4096, arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("part-") && said.contains("File too large"), "{said}");
    assert!(std::fs::read_dir(folder.join("full")).unwrap().next().is_none(), "nothing is left");
    // The parts have room, the result has not.
    let output = without_room(&folder, whole.len() as u64 - 512, arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("campaign.parquet") && said.contains("File too large"), "{said}");
    let said = good(&command(&folder, &["--runs", "300", "--out", "full"]).output().unwrap());
    assert!(said.contains("0 runs in ") && said.contains("300 from before"), "{said}");
    assert_eq!(result(&folder, "full"), whole);
}

#[test]
fn a_folder_that_cannot_be_written_and_a_damaged_part_are_named() {
    let folder = folder("damaged");
    std::fs::write(folder.join("file"), "in the way").unwrap();
    let output = command(&folder, &["--runs", "2", "--out", "file/below"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("file/below"), "{}", text(&output.stderr));

    for shard in ["1/2", "2/2"] {
        good(
            &command(&folder, &["--runs", "8", "--shard", shard, "--out", "kept"])
                .output()
                .unwrap(),
        );
    }
    let parts = std::fs::read_dir(folder.join("kept")).unwrap();
    let mut parts: Vec<PathBuf> = parts.map(|entry| entry.unwrap().path()).collect();
    parts.sort();
    assert_eq!(parts.len(), 2);
    let whole = std::fs::read(&parts[1]).unwrap();
    std::fs::write(&parts[1], &whole[..whole.len() - 9]).unwrap();
    let merge = || {
        let mut merge = Command::new(env!("CARGO_BIN_EXE_frigoris"));
        merge.args(["campaign", "--merge", "kept"]).current_dir(&folder).output().unwrap()
    };
    let said = text(&merge().stderr);
    assert!(said.contains("part-") && said.contains("damaged"), "{said}");
    std::fs::remove_file(&parts[1]).unwrap();
    let said = text(&merge().stderr);
    assert!(
        said.contains("4 runs are missing") && said.contains("--first-run 5 --runs 4"),
        "{said}"
    );
    let said = good(
        &command(&folder, &["--runs", "8", "--shard", "2/2", "--out", "kept"]).output().unwrap(),
    );
    assert!(said.contains("shard 2 of 2: 4 runs in "), "{said}");
    assert!(good(&merge()).contains("8 runs in the result"));
    good(&command(&folder, &["--runs", "8", "--out", "whole"]).output().unwrap());
    assert_eq!(result(&folder, "kept"), result(&folder, "whole"));
}

#[test]
fn another_seed_is_refused_in_the_same_folder_until_it_is_flown_afresh() {
    let folder = folder("seed");
    good(&command(&folder, &["--runs", "2", "--out", "kept"]).output().unwrap());
    let before = result(&folder, "kept");
    let other = ["--runs", "2", "--out", "kept", "--seed", "31"];
    let output = command(&folder, &other).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("another scenario") && said.contains("--fresh"), "{said}");
    assert_eq!(result(&folder, "kept"), before);
    good(&command(&folder, &[&other[..], &["--fresh"]].concat()).output().unwrap());
    assert_ne!(result(&folder, "kept"), before);
}

#[test]
fn arguments_that_would_be_ignored_or_do_harm_are_refused() {
    let folder = folder("arguments");
    for wrong in [
        &["--shard", "1/2", "--fresh"][..],
        &["--shards", "4"],
        &["--runs", "99999999999999"],
        &["--first-run", "18446744073709551615"],
        &["--seed", "9223372036854775808"],
    ] {
        let output = command(&folder, wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(text(&output.stderr).contains(wrong[0]), "{}", text(&output.stderr));
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing was flown");
}

#[test]
fn without_slurm_the_scripts_are_written_and_the_error_says_so() {
    let folder = folder("slurm");
    let output = command(&folder, &["--runs", "8", "--slurm", "--shards", "4", "--out", "kept"])
        .env("PATH", folder.display().to_string())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("sbatch"), "{}", text(&output.stderr));
    let script = std::fs::read_to_string(folder.join("kept/slurm/array.sbatch")).unwrap();
    assert!(script.contains("--array=1-4\n") && script.contains("--runs 8"), "{script}");
}
