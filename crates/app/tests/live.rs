//! `frigoris fly --live` and `frigoris play` against a mission control of this test's own.
//!
//! GIVEN a flight, a seed and no commands, WHEN it is flown at any speed, over a line that breaks or not, THEN mission
//! control has the same units, octet by octet; and WHEN what was written is played, THEN it has them again.

use icd::link::delivery;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// A folder of its own with a scenario of 20 s in it.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("frigoris-live-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let scenario = format!(
        "extends = {:?}\ntitle = \"short\"\npurpose = \"REQ-TEST\"\nduration_s_max = 20.0\n\
         [start]\nat = \"ignition\"\npropellant_kg = 425.0\n",
        scenarios.canonicalize().unwrap().join("m2-live.toml")
    );
    std::fs::write(folder.join("short.toml"), scenario).unwrap();
    folder
}

/// Takes units from one connection, acknowledging each; hangs up after `most` of them.
fn serve(stream: &mut TcpStream, most: usize) -> Vec<(u64, Vec<u8>)> {
    let (mut octets, mut piece, mut out) = (Vec::new(), [0; 65_536], Vec::new());
    while out.len() < most {
        match delivery::read(&octets) {
            Ok((unit, length)) => {
                let number = unit.number;
                out.push((number, octets.drain(..length).collect()));
                // Only what the disk has is acknowledged: here, nothing of the last ten before hanging up.
                if out.len() + 10 < most
                    && stream.write_all(&delivery::acknowledge(number)).is_err()
                {
                    break;
                }
            }
            Err(_) => match stream.read(&mut piece) {
                Ok(count @ 1..) => octets.extend_from_slice(&piece[..count]),
                _ => break,
            },
        }
    }
    out
}

/// A mission control that hangs up once after `most` units; gives all units by their number when the line is closed.
fn control(most: usize) -> (String, Receiver<Vec<(u64, Vec<u8>)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, hear) = channel();
    std::thread::spawn(move || {
        let mut all: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut limit = most;
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let units = serve(&mut stream, limit);
            let broken = units.len() >= limit;
            all.extend(units);
            limit = usize::MAX;
            if !broken {
                break;
            }
        }
        all.sort();
        all.dedup();
        let _ = tell.send(all);
    });
    (address, hear)
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frigoris"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn flown(folder: &Path, speed: &str, most: usize) -> (Vec<(u64, Vec<u8>)>, Output) {
    let (address, units) = control(most);
    let (scenario, out) = (folder.join("short.toml"), folder.join(format!("out-{speed}")));
    let [scenario, out] = [&scenario, &out].map(|path| path.to_str().unwrap());
    let output = run(&[
        "fly",
        "--live",
        scenario,
        "--speed",
        speed,
        "--to",
        &address,
        "--open-loop",
        "--after",
        "3",
        "--out",
        out,
    ]);
    (units.recv().unwrap(), output)
}

#[test]
fn the_pace_and_a_broken_line_change_no_octet_and_a_flight_can_be_played_again() {
    let folder = folder("pace");
    let (fast, output) = flown(&folder, "max", usize::MAX);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.code().is_some_and(|code| code < 2),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let numbers: Vec<u64> = fast.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "a unit is missing");
    assert!(fast.len() > 200, "{}", fast.len());
    for said in
        ["main path", "backup path", "events and answers", "safe on its disk", "frigoris play"]
    {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    let (slow, _) = flown(&folder, "20", 150);
    assert!(fast == slow, "{} and {} units, or other octets", fast.len(), slow.len());
    let kept: Vec<u8> = fast.iter().flat_map(|(_, octets)| octets.iter().copied()).collect();
    assert_eq!(std::fs::read(folder.join("out-20/units.frsd")).unwrap(), kept);
    assert!(folder.join("out-max/mission.json").exists());

    let (address, units) = control(usize::MAX);
    let out = folder.join("out-20");
    let output = run(&["play", out.to_str().unwrap(), "--speed", "max", "--to", &address]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(units.recv().unwrap() == fast, "played otherwise than it was delivered");
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn what_cannot_be_flown_live_or_played_is_told() {
    let output = run(&["fly", "--live", "m2-nominal", "--speed", "max"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("no [link]"), "{told}");
    let folder = folder("nothing");
    let output = run(&["play", folder.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("nothing in it to play"), "{told}");
    let _ = std::fs::remove_dir_all(folder);
}
