//! Mission control from outside: killed while it receives, without room on its disk, without a folder.

use ground::archive::Archive;
use ground::archive::record::Kind;
use ground::decode::deframe::{Deframer, Piece};
use icd::link::delivery::{
    ACKNOWLEDGE_OCTETS, Content, OVERHEAD, Unit, acknowledged, write as write_unit,
};
use icd::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mission-control-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

const SOCKETS: [&str; 6] =
    ["--frames-tcp", "127.0.0.1:0", "--frames-udp", "127.0.0.1:0", "--listen", "127.0.0.1:0"];

/// A running `frigoris ground`, what it has said, and where it receives.
struct Room {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    tcp: SocketAddr,
}

impl Room {
    /// Starts it; `limit_octets`: no file may grow beyond, which for a program is a disk that is full.
    fn start(folder: &Path, limit_octets: Option<u64>) -> Self {
        let program = env!("CARGO_BIN_EXE_frigoris");
        let mut command = match limit_octets {
            None => Command::new(program),
            Some(octets) => {
                let mut shell = Command::new("bash");
                let blocks = octets / 1024;
                let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' \"$@\"");
                shell.args(["-c", &script, "bash"]);
                shell
            }
        };
        command.args(["ground", "--archive", "archive"]).args(SOCKETS).current_dir(folder);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (lines, told) =
            (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                told.lock().unwrap().push(line);
            }
        });
        let tcp = until("it receives", || {
            let said = said.lock().unwrap();
            let line = said.iter().find_map(|line| line.strip_prefix("receiving at TCP "))?;
            line.split(' ').next()?.parse().ok()
        });
        Self { child, said, tcp }
    }

    fn says(&self, what: &str) -> bool {
        self.said.lock().unwrap().iter().any(|line| line.contains(what))
    }
}

impl Drop for Room {
    /// As no program can prevent.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Payload of a unit, which follows from its number.
fn payload(number: u64) -> Vec<u8> {
    let length = 40 + number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 1_100;
    (0..length).map(|k| (number.wrapping_mul(31) ^ k.wrapping_mul(7)) as u8).collect()
}

fn unit(number: u64) -> Vec<u8> {
    let payload = payload(number);
    let mut out = vec![0; payload.len() + OVERHEAD];
    let (content, received) = (Content::BadFrame, Time::from_utc("2025-06-05T19:00:00").unwrap());
    write_unit(&Unit { content, station: 1, number, received, payload: &payload }, &mut out)
        .unwrap();
    out
}

/// A station: sends units from the first that is not acknowledged, until the connection or `end` ends it.
fn station(tcp: SocketAddr, safe: &Arc<AtomicU64>, end: impl Fn() -> bool) {
    let mut socket = TcpStream::connect(tcp).unwrap();
    let (mut reader, told) = (socket.try_clone().unwrap(), Arc::clone(safe));
    let acknowledgements = std::thread::spawn(move || {
        let mut answer = [0; ACKNOWLEDGE_OCTETS];
        while reader.read_exact(&mut answer).is_ok() {
            told.fetch_max(acknowledged(&answer).expect("only acknowledgements"), Ordering::SeqCst);
        }
    });
    let mut number = safe.load(Ordering::SeqCst);
    socket.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    while !end() {
        let mut octets = Vec::new();
        for _ in 0..8 {
            number += 1;
            octets.extend(unit(number));
        }
        if socket.write_all(&octets).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = socket.shutdown(std::net::Shutdown::Both);
    acknowledgements.join().unwrap();
}

/// Numbers of all units in the archive, each with the content that was sent.
fn archived(folder: &Path) -> BTreeSet<u64> {
    let (mut streams, mut found) = (BTreeMap::<u64, Deframer>::new(), BTreeSet::new());
    let opened = Archive::open(&folder.join("archive"), |_, _, record| {
        if record.kind == Kind::Stream {
            streams.entry(record.stream).or_default().take(record.payload, |piece| {
                if let Piece::Unit(unit, _) = piece {
                    assert_eq!(unit.payload, payload(unit.number));
                    found.insert(unit.number);
                }
            });
        }
    });
    opened.unwrap();
    found
}

/// Five kills; `FRIGORIS_KILLS=50` makes it fifty.
#[test]
fn killed_at_any_moment_every_acknowledged_unit_is_in_the_archive() {
    let kills = std::env::var("FRIGORIS_KILLS").map_or(5, |kills| kills.parse().unwrap());
    let folder = folder("killed");
    let safe = Arc::new(AtomicU64::new(0));
    let mut random = 20_250_605u64;
    for _ in 0..kills {
        let room = Room::start(&folder, None);
        let before = safe.load(Ordering::SeqCst);
        let (tcp, sender) = (room.tcp, Arc::clone(&safe));
        let sending = std::thread::spawn(move || station(tcp, &sender, || false));
        until("something is acknowledged", || (safe.load(Ordering::SeqCst) > before).then_some(()));
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((random >> 33) % 200_000));
        drop(room);
        sending.join().unwrap();
    }
    let (found, safe) = (archived(&folder), safe.load(Ordering::SeqCst));
    let lost = (1..=safe).filter(|number| !found.contains(number)).count();
    println!(
        "{kills} kills, {safe} units acknowledged, {} in the archive, {lost} lost",
        found.len()
    );
    assert_eq!(lost, 0);
}

#[test]
fn without_room_the_file_is_named_nothing_is_acknowledged_and_it_goes_on_with_room() {
    let folder = folder("full");
    let safe = Arc::new(AtomicU64::new(0));
    let room = Room::start(&folder, Some(256 * 1024));
    let (tcp, sender) = (room.tcp, Arc::clone(&safe));
    let start = Instant::now();
    let ended = move || start.elapsed() > Duration::from_secs(20);
    // Ends when the room takes no more.
    station(tcp, &sender, ended);
    until("the file is named", || {
        room.says("segment-000001.frar: cannot be written: File too large").then_some(())
    });
    let full = safe.load(Ordering::SeqCst);
    assert!(full > 10);
    let octets = std::fs::metadata(folder.join("archive/segment-000001.frar")).unwrap().len();
    assert!(octets <= 256 * 1024, "{octets}");
    drop(room);
    let found = archived(&folder);
    assert!((1..=full).all(|number| found.contains(&number)));

    let room = Room::start(&folder, None);
    let target = Arc::clone(&safe);
    station(room.tcp, &safe, move || target.load(Ordering::SeqCst) > full + 500);
    drop(room);
    let (found, safe) = (archived(&folder), safe.load(Ordering::SeqCst));
    assert!(safe > full + 500 && (1..=safe).all(|number| found.contains(&number)));
}

#[test]
fn what_is_in_the_way_is_named_and_ends_with_code_2() {
    let folder = folder("way");
    let run = |arguments: &[&str]| -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frigoris"));
        command.arg("ground").args(SOCKETS).args(arguments).current_dir(&folder);
        let Output { status, stderr, .. } = command.output().unwrap();
        (status.code(), String::from_utf8_lossy(&stderr).into_owned())
    };
    std::fs::write(folder.join("file"), "in the way").unwrap();
    let (code, said) = run(&["--archive", "file/below"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("file/below") && said.contains("Not a directory"), "{said}");
    let (code, said) = run(&["--archive", "a", "--mission", "absent.json"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("absent.json"), "{said}");
    let room = Room::start(&folder, None);
    let mut taken = Command::new(env!("CARGO_BIN_EXE_frigoris"));
    let there = room.tcp.to_string();
    taken.args(["ground", "--archive", "a", "--frames-tcp", &there]).args(&SOCKETS[2..]);
    let output = taken.current_dir(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("TCP {there}")) && said.contains("listened"), "{said}");
    let (code, said) = run(&["--archive", "archive"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("another program is using this archive"), "{said}");
    drop(room);
}
