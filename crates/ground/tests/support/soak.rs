//! Hours of flight through real sockets: 5 % of the frames corrupted, units out of order, twice, and between garbage.
//!
//! Two stations: one over TCP, which loses its connection now and then and sends again what was not acknowledged;
//! one over UDP. Compared at the end: every octet that was sent with the archive's, every value shown with the one
//! that was sampled.

use crate::traffic::{self, Lander, Random};
use ground::archive::Position;
use ground::archive::reader::Reader;
use ground::archive::record::Kind;
use ground::{Ground, Mission, Options, Update, receive};
use icd::link::delivery::{ACKNOWLEDGE_OCTETS, Content, acknowledged};
use icd::link::frame::TM_FRAME;
use icd::time::{Span, Time};
use icd::tm::{LISTS, Snapshot, Wire};
use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// For everything that must come at last.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much, and how fast.
pub struct Plan {
    /// Samples of flight, 10 each second of flight.
    pub samples: u64,
    /// Samples each second of this computer's time; `None`: as fast as it goes.
    pub pace_hz: Option<f64>,
    /// Where the archive goes; emptied.
    pub folder: PathBuf,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Figures {
    pub frames: u64,
    pub frames_corrupted: u64,
    pub units_tcp: u64,
    pub connections: usize,
    pub datagrams: u64,
    pub octets: u64,
    pub packets_sent: u64,
    pub packets_decoded: u64,
    pub packets_refused: u64,
    pub values_live: u64,
    pub updates_lagged: u64,
    pub values_history: u64,
    pub acknowledged: u64,
    pub seconds: f64,
    /// Resident memory of the whole process at twenty moments, kB; 0 where the system does not tell.
    pub resident_kb: Vec<u64>,
}

fn resident_kb() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).map_or(0, |pages| pages * 4)
}

/// One connection: own address, octets sent, number and end of each unit, what was acknowledged.
type Past = (String, u64, Vec<(u64, u64)>, Arc<AtomicU64>);

/// The TCP station.
struct Station {
    ground: SocketAddr,
    folder: PathBuf,
    line: Option<(TcpStream, std::fs::File, Arc<AtomicU64>)>,
    number: u64,
    unacknowledged: VecDeque<(u64, Vec<u8>)>,
    /// Of each connection: own address, octets sent, end of each unit, what was acknowledged.
    history: Vec<Past>,
}

impl Station {
    fn new(ground: SocketAddr, folder: PathBuf) -> Self {
        let (unacknowledged, history) = (VecDeque::new(), Vec::new());
        Self { ground, folder, line: None, number: 0, unacknowledged, history }
    }

    fn connect(&mut self, sent: &mut u64) {
        let socket = TcpStream::connect(self.ground).unwrap();
        let own = socket.local_addr().unwrap().to_string();
        *sent += own.len() as u64;
        let file =
            std::fs::File::create(self.folder.join(format!("{}", self.history.len()))).unwrap();
        let safe = Arc::new(AtomicU64::new(0));
        let (mut reader, told) = (socket.try_clone().unwrap(), Arc::clone(&safe));
        std::thread::spawn(move || {
            let mut answer = [0; ACKNOWLEDGE_OCTETS];
            while reader.read_exact(&mut answer).is_ok() {
                told.fetch_max(
                    acknowledged(&answer).expect("only acknowledgements"),
                    Ordering::SeqCst,
                );
            }
        });
        self.history.push((own, 0, Vec::new(), Arc::clone(&safe)));
        self.line = Some((socket, file, safe));
        for (number, unit) in std::mem::take(&mut self.unacknowledged) {
            self.send(&unit, Some(number), sent);
            self.unacknowledged.push_back((number, unit));
        }
    }

    fn send(&mut self, octets: &[u8], number: Option<u64>, sent: &mut u64) {
        let (socket, file, _) = self.line.as_mut().unwrap();
        socket.write_all(octets).unwrap();
        file.write_all(octets).unwrap();
        *sent += octets.len() as u64;
        let (_, total, ends, _) = self.history.last_mut().unwrap();
        *total += octets.len() as u64;
        ends.extend(number.map(|number| (number, *total)));
    }

    fn unit(&mut self, content: Content, frame: &[u8], at: Time, sent: &mut u64) {
        self.number += 1;
        let unit = traffic::unit(1, self.number, content, at, frame);
        self.send(&unit, Some(self.number), sent);
        self.unacknowledged.push_back((self.number, unit));
        let safe = self.line.as_ref().unwrap().2.load(Ordering::SeqCst);
        while self.unacknowledged.front().is_some_and(|(number, _)| *number <= safe) {
            self.unacknowledged.pop_front();
        }
    }

    fn drop_line(&mut self) {
        let (socket, ..) = self.line.take().unwrap();
        let _ = socket.shutdown(Shutdown::Both);
    }
}

/// Compares every value that listeners hear.
fn listen(ground: &Arc<Ground>, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<(u64, u64)> {
    let parameters: BTreeMap<usize, &'static icd::tm::Parameter> = ground
        .keys()
        .iter()
        .enumerate()
        .filter_map(|(index, key)| {
            let mut all = LISTS.iter().flat_map(|list| list.parameters);
            all.find(|p| p.line.key == key.name).map(|p| (index, p))
        })
        .collect();
    let mut updates = ground.subscribe();
    std::thread::spawn(move || {
        let (mut compared, mut lagged) = (0, 0);
        let mut last: Option<(u64, Snapshot)> = None;
        loop {
            let update = match updates.try_recv() {
                Ok(update) => update,
                Err(tokio::sync::broadcast::error::TryRecvError::Lagged(count)) => {
                    lagged += count;
                    continue;
                }
                Err(_) if stop.load(Ordering::SeqCst) => return (compared, lagged),
                Err(_) => {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
            };
            let Update::Values(heard) = update else { continue };
            let k = traffic::number(heard.t);
            let s =
                last.filter(|(of, _)| *of == k).map_or_else(|| traffic::snapshot(k), |(_, s)| s);
            last = Some((k, s));
            for (index, value, _) in &heard.values {
                let Some(parameter) = parameters.get(index) else { continue };
                let was = (parameter.read)(&s);
                let was =
                    if parameter.line.wire == Wire::F32 { f64::from(was as f32) } else { was };
                assert_eq!(value.to_bits(), was.to_bits(), "{} at {}", parameter.line.key, heard.t);
                compared += 1;
            }
        }
    })
}

/// What is on its way: both stations and the ground.
struct Way {
    ground: Arc<Ground>,
    random: Random,
    tcp: Station,
    udp: UdpSocket,
    to: SocketAddr,
    /// Datagrams that are held back, to come in another order.
    held: Vec<Vec<u8>>,
    number: u64,
    /// Datagrams: count, octets, sum of checksums.
    sums: (u64, u64, u64),
    sent: u64,
}

impl Way {
    /// One frame, by one station or both.
    fn frame(&mut self, frame: &[u8; TM_FRAME], at: Time, figures: &mut Figures) {
        figures.frames += 1;
        let mut corrupted = *frame;
        let bad = self.random.once_in(20);
        if bad {
            figures.frames_corrupted += 1;
            for _ in 0..=self.random.below(20) {
                corrupted[self.random.below(TM_FRAME as u64) as usize] ^= 1 << self.random.below(8);
            }
        }
        let content =
            if bad && self.random.once_in(2) { Content::BadFrame } else { Content::Frame };
        // A frame is corrupted on its way to one station, or before both.
        let both = self.random.once_in(4);
        if both || self.random.below(10) < 7 {
            self.tcp.unit(content, &corrupted, at, &mut self.sent);
            figures.units_tcp += 1;
            if self.random.once_in(200) {
                let octets = self.random.below(300);
                let garbage: Vec<u8> = (0..octets).map(|_| self.random.below(256) as u8).collect();
                self.tcp.send(&garbage, None, &mut self.sent);
            }
        }
        if both || self.random.below(10) < 6 {
            self.datagram(if both { &corrupted } else { frame }, at);
        }
        if figures.frames.is_multiple_of(16) {
            arrived(&self.ground, self.sent);
        }
        if figures.frames.is_multiple_of(4_999) {
            arrived(&self.ground, self.sent);
            self.tcp.drop_line();
            self.tcp.connect(&mut self.sent);
        }
    }

    /// A frame over UDP: sometimes twice, sometimes damaged, in another order.
    fn datagram(&mut self, frame: &[u8; TM_FRAME], at: Time) {
        self.number += 1;
        let mut unit = traffic::unit(2, self.number, Content::Frame, at, frame);
        if self.random.once_in(50) {
            let octets = unit.len() as u64;
            unit[self.random.below(octets) as usize] ^= 1 << self.random.below(8);
        }
        if self.random.once_in(33) {
            self.held.push(unit.clone());
        }
        self.held.push(unit);
        while self.held.len() > 8 {
            let next = self.held.swap_remove(self.random.below(8) as usize);
            self.give(&next);
        }
    }

    fn give(&mut self, octets: &[u8]) {
        assert_eq!(self.udp.send_to(octets, self.to).unwrap(), octets.len());
        let (count, total, sum) = self.sums;
        let sum = sum + u64::from(crc32fast::hash(octets));
        self.sums = (count + 1, total + octets.len() as u64, sum);
        self.sent += octets.len() as u64;
    }

    /// Everything is on its way, archived, confirmed and acknowledged.
    fn end(&mut self) {
        for unit in std::mem::take(&mut self.held) {
            self.give(&unit);
        }
        arrived(&self.ground, self.sent);
        self.ground.confirm().unwrap();
        let (_, _, safe) = self.tcp.line.as_ref().unwrap();
        let patience = Instant::now();
        while safe.load(Ordering::SeqCst) < self.tcp.number {
            assert!(patience.elapsed() < PATIENCE, "the last unit is not acknowledged");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Flies the plan.
pub fn run(plan: &Plan) -> Figures {
    let _ = std::fs::remove_dir_all(&plan.folder);
    let (archive, kept) = (plan.folder.join("archive"), plan.folder.join("sent"));
    std::fs::create_dir_all(&kept).unwrap();
    let options = || Options { archive: archive.clone(), mission: Mission::none() };
    let ground = Ground::open(options()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = runtime.block_on(receive::listen(&ground, any, any)).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let listener = listen(&ground, Arc::clone(&stop));
    let mut way = Way {
        ground: Arc::clone(&ground),
        random: Random(20_250_605),
        tcp: Station::new(listening.tcp, kept.clone()),
        udp: UdpSocket::bind(any).unwrap(),
        to: listening.udp,
        held: Vec::new(),
        number: 0,
        sums: (0, 0, 0),
        sent: 0,
    };
    let mut figures = Figures::default();
    fly(plan, &mut way, &mut figures);
    stop.store(true, Ordering::SeqCst);
    (figures.values_live, figures.updates_lagged) =
        listener.join().expect("a wrong value was told");
    let link = ground.link();
    assert_eq!(link.archive_fault, None);
    (figures.packets_decoded, figures.packets_refused) = (link.packets, link.packets_refused);
    figures.values_history = traffic::check_all(&ground);
    figures.acknowledged = way.tcp.number;
    figures.connections = way.tcp.history.len();
    figures.datagrams = way.sums.0;
    figures.octets = way.sent;
    way.tcp.drop_line();
    let Way { tcp, sums, ground: also, .. } = way;
    drop(listening);
    runtime.shutdown_timeout(PATIENCE);
    drop((ground, also));
    compare(&archive, &kept, &tcp, sums);
    // Everything again, from the archive alone.
    let again = Ground::open(options()).unwrap();
    assert_eq!(again.link().packets, figures.packets_decoded);
    figures.values_history += traffic::check_all(&again);
    figures
}

/// All samples, paced or not.
fn fly(plan: &Plan, way: &mut Way, figures: &mut Figures) {
    let mut lander = Lander::default();
    way.tcp.connect(&mut way.sent);
    let start = Instant::now();
    for k in 0..plan.samples {
        if k.is_multiple_of((plan.samples / 20).max(1)) {
            figures.resident_kb.push(resident_kb());
        }
        let mut frames = Vec::new();
        lander.sample(|frame| frames.push(frame));
        let at = traffic::snapshot(k).t + Span::from_ms(1_300);
        frames.iter().for_each(|frame| way.frame(frame, at, figures));
        if let Some(hz) = plan.pace_hz {
            let due = start + Duration::from_secs_f64(k as f64 / hz);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    way.end();
    figures.resident_kb.push(resident_kb());
    figures.seconds = start.elapsed().as_secs_f64();
    figures.packets_sent = lander.packets;
}

/// Waits until everything sent is archived, so that no socket's buffer runs over.
fn arrived(ground: &Ground, sent: u64) {
    let patience = Instant::now();
    while ground.link().octets_archived < sent {
        assert!(patience.elapsed() < PATIENCE, "octets are missing");
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// Every octet of every connection and every datagram is in the archive.
fn compare(archive: &Path, kept: &Path, tcp: &Station, sums: (u64, u64, u64)) {
    let mut reader = Reader::new(archive, Position { segment: 1, offset: 0 }).unwrap();
    let mut streams: BTreeMap<u64, (usize, std::io::BufReader<std::fs::File>, u64)> =
        BTreeMap::new();
    let (mut found, mut opened) = ((0, 0, 0), 0);
    while let Some((_, number, record)) = reader.next().unwrap() {
        match record.kind {
            Kind::Opened => {
                let own = String::from_utf8(record.payload.to_vec()).unwrap();
                assert_eq!(own, tcp.history[opened].0);
                let file = std::fs::File::open(kept.join(opened.to_string())).unwrap();
                streams.insert(number, (opened, std::io::BufReader::new(file), 0));
                opened += 1;
            }
            Kind::Stream => {
                let (_, file, octets) = streams.get_mut(&record.stream).unwrap();
                let mut sent = vec![0; record.payload.len()];
                file.read_exact(&mut sent).unwrap();
                assert!(sent == record.payload, "an archived octet differs");
                *octets += sent.len() as u64;
            }
            Kind::Datagram => {
                let crc = u64::from(crc32fast::hash(record.payload));
                found = (found.0 + 1, found.1 + record.payload.len() as u64, found.2 + crc);
            }
            Kind::Closed | Kind::Sent => {}
        }
    }
    assert!(reader.damage().is_empty());
    assert_eq!(found, sums, "datagrams: count, octets, sum of checksums");
    assert_eq!(opened, tcp.history.len());
    for (connection, _, octets) in streams.values() {
        let (_, total, ends, safe) = &tcp.history[*connection];
        assert_eq!(octets, total, "octets of connection {connection}");
        let safe = safe.load(Ordering::SeqCst);
        assert!(ends.iter().all(|(number, end)| *number > safe || end <= octets));
    }
}
