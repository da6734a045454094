//! The way of the octets: archive, decoder, memory, alarms, listeners; and the disk's confirmation back to stations.
//!
//! Owns: [`Connection`], [`Ground::feed`], [`Ground::ingest`], [`Ground::radiate`], the thread that waits for the disk.

use super::memory::Notice;
use super::{Ground, Link, RadiateError, StationLink, Strategy, lock};
use crate::alarms::{Alarm, Alarms};
use crate::archive::record::{Kind, Record};
use crate::archive::{Archive, ArchiveError, Position};
use crate::clock::{Clock, unix_ns};
use crate::decode::{Decoder, Item, Taken};
use crate::values::{Level, Update};
use icd::link::delivery::{self, Content, OVERHEAD, PAYLOAD_MAX, Unit};
use icd::link::packet::Packet;
use icd::time::Time;
use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Octets of the archive that one block of its index covers.
const BLOCK_OCTETS: u64 = 1 << 20;
/// Blocks that one question about older data reads at the most.
const BLOCKS_READ_MAX: usize = 64;
/// Octets that may wait for the disk; beyond, receiving waits.
const UNCONFIRMED_MAX: usize = 32 << 20;
/// Between two confirmations: what comes meanwhile shares one.
const CONFIRM_EVERY: Duration = Duration::from_millis(5);
/// After a failure, until the next attempt.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// Units on their way to one connection.
const OUTGOING_MAX: usize = 64;
/// The alarm that says that the archive cannot be written.
pub(super) const ARCHIVE_ALARM: &str = "ground.archive";

/// A stretch of the archive and the times of the packets in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Block {
    pub begin: Position,
    /// Where the next one begins; `None` for the last.
    pub end: Option<Position>,
    first: Time,
    last: Time,
}

/// Decoder, and the index of what it has decoded.
#[derive(Debug, Default)]
pub(super) struct Replay {
    decoder: Decoder,
    blocks: Vec<Block>,
    heard: Option<(Time, i64)>,
    sent: u64,
}

impl Replay {
    pub fn take(
        &mut self,
        position: Position,
        record: &Record<'_>,
        mut heed: impl FnMut(&Item<'_>),
    ) -> Taken {
        let fresh = self.blocks.last().is_none_or(|block| {
            block.begin.segment != position.segment
                || position.offset >= block.begin.offset + BLOCK_OCTETS
        });
        if fresh {
            if let Some(before) = self.blocks.last_mut() {
                before.end = Some(position);
            }
            let (first, last) = (Time::from_tai_ns(i64::MAX), Time::from_tai_ns(i64::MIN));
            self.blocks.push(Block { begin: position, end: None, first, last });
        }
        if let (Kind::Sent, Ok((unit, _))) = (record.kind, delivery::read(record.payload)) {
            self.sent = self.sent.max(unit.number);
        }
        let (blocks, heard) = (&mut self.blocks, &mut self.heard);
        self.decoder.take(record, &mut |item| {
            match (&item, blocks.last_mut()) {
                (Item::Packet { packet: Packet::Housekeeping { t, .. }, .. }, Some(block)) => {
                    (block.first, block.last) = (block.first.min(*t), block.last.max(*t));
                }
                (Item::Heard { received }, _) if heard.is_none_or(|(t, _)| *received > t) => {
                    *heard = Some((*received, record.at_ns));
                }
                _ => {}
            }
            heed(&item);
        })
    }

    /// Connections of before the program was started are gone.
    pub fn end(&mut self) {
        self.decoder.forget_streams();
    }

    /// Sets the clock by the last delivery of before the program was started.
    pub fn set(&self, clock: &mut Clock) {
        let Some((received, at_ns)) = self.heard else { return };
        let ago = u64::try_from(unix_ns().saturating_sub(at_ns)).unwrap_or(0);
        if let Some(then) = Instant::now().checked_sub(Duration::from_nanos(ago)) {
            clock.hear(received, then);
        }
    }

    /// The highest number given to a unit that was sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

/// What is behind the first lock.
pub(super) struct Core {
    archive: Archive,
    replay: Replay,
    /// Units that wait for the disk: record, connection, unit.
    waiting: VecDeque<(u64, Arc<Line>, u64)>,
    octets: u64,
    fault: Option<String>,
    /// The last attempt to write has failed.
    unwritten: bool,
}

impl Core {
    pub fn new(archive: Archive, replay: Replay, octets: u64) -> Self {
        Self { archive, replay, waiting: VecDeque::new(), octets, fault: None, unwritten: false }
    }

    /// Blocks that may hold samples of `range`, the latest; `None` if there are too many to read them all, but for
    /// the latest samples the latest blocks do.
    pub fn blocks(&self, range: &RangeInclusive<Time>, strategy: Strategy) -> Option<Vec<Block>> {
        let all = &self.replay.blocks;
        let mut wanted = BTreeSet::new();
        for (at, block) in all.iter().enumerate() {
            if block.first <= *range.end() && block.last >= *range.start() {
                // A packet may begin in the block before.
                wanted.extend([at.saturating_sub(1), at]);
            }
        }
        let many = wanted.len().saturating_sub(BLOCKS_READ_MAX);
        if many > 0 && strategy == Strategy::MinMax {
            return None;
        }
        Some(wanted.into_iter().skip(many).filter_map(|at| all.get(at).copied()).collect())
    }

    pub fn link(&self) -> Link {
        let decoder = &self.replay.decoder;
        let counts = decoder.counts();
        let stations = decoder.stations().iter().map(|(number, station)| StationLink {
            number: *number,
            last_received: station.last_received,
            last_frame: station.last_frame,
            units: station.units,
            units_again: station.again,
            frames_good: station.frames_good,
            frames_bad: station.frames_bad,
            ..StationLink::default()
        });
        Link {
            stations: stations.collect(),
            octets_archived: self.octets,
            octets_garbage: counts.garbage,
            packets: counts.packets,
            packets_refused: counts.refused,
            frames_missing: decoder.frames_missing(),
            frames_again: counts.frames_again,
            archive_fault: self.fault.clone(),
        }
    }
}

/// The ground's end of a connection.
#[derive(Debug)]
pub(super) struct Line {
    safe: watch::Sender<u64>,
    out: mpsc::Sender<Vec<u8>>,
    stations: Mutex<BTreeSet<u8>>,
}

impl Line {
    pub fn serves(&self, station: u8) -> bool {
        lock(&self.stations).contains(&station)
    }
}

/// One open connection, as the socket's side holds it.
#[derive(Debug)]
pub struct Connection {
    /// Number of its stream in the archive.
    pub stream: u64,
    /// Number of the last unit that is on disk for certain.
    pub safe: watch::Receiver<u64>,
    /// Units to be sent.
    pub outgoing: mpsc::Receiver<Vec<u8>>,
}

/// Where octets came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The next octets of a connection.
    Stream(u64),
    /// One datagram.
    Datagram,
}

/// Hands news to the alarms.
pub(super) fn note(alarms: &mut Alarms, notice: &Notice) -> Option<Alarm> {
    match notice {
        Notice::Raise { source, level, t, value, text } => {
            alarms.raise(source, *level, *t, *value, text)
        }
        Notice::Clear { source, t } => alarms.clear(source, *t),
    }
}

impl Ground {
    /// Octets as if they had come in one datagram: delivery units, or frames each after its sync marker. When it
    /// returns, they are in the archive's file and decoded, but perhaps not yet confirmed by the disk.
    pub fn feed(&self, octets: &[u8]) -> Result<(), ArchiveError> {
        self.ingest(&[(Source::Datagram, octets)])
    }

    /// A station has connected.
    pub fn connect(&self, peer: &str) -> Result<Connection, ArchiveError> {
        let record =
            [Record { kind: Kind::Opened, stream: 0, at_ns: unix_ns(), payload: peer.as_bytes() }];
        let stream = self.keep(&record)?;
        let (safe, safe_there) = watch::channel(0);
        let (out, outgoing) = mpsc::channel(OUTGOING_MAX);
        let line = Line { safe, out, stations: Mutex::default() };
        lock(&self.connections).insert(stream, Arc::new(line));
        Ok(Connection { stream, safe: safe_there, outgoing })
    }

    /// A station has gone. Even if the archive cannot note it, the connection is closed.
    pub fn disconnect(&self, stream: u64) -> Result<(), ArchiveError> {
        lock(&self.connections).remove(&stream);
        self.keep(&[Record { kind: Kind::Closed, stream, at_ns: unix_ns(), payload: &[] }])?;
        Ok(())
    }

    fn keep(&self, records: &[Record<'_>]) -> Result<u64, ArchiveError> {
        let mut core = lock(&self.core);
        let core = &mut *core;
        let (position, first) = self.append(core, records)?;
        for (number, record) in (first..).zip(records) {
            let stream = if record.kind == Kind::Opened { number } else { record.stream };
            core.replay.take(position, &Record { stream, ..*record }, |_| {});
        }
        Ok(first)
    }

    fn append(
        &self,
        core: &mut Core,
        records: &[Record<'_>],
    ) -> Result<(Position, u64), ArchiveError> {
        if core.archive.suspect() {
            // The alarm stands since the disk has refused.
            return Err(ArchiveError::Refused { folder: self.folder.clone() });
        }
        let appended = core.archive.append(records);
        core.unwritten = appended.is_err();
        self.written.notify_one();
        let octets: usize = records.iter().map(|record| record.payload.len()).sum();
        match appended {
            Ok(at) => {
                core.octets += octets as u64;
                Ok(at)
            }
            Err(error) => {
                self.fault(core, Some(&error));
                Err(error)
            }
        }
    }

    /// Says once that the archive cannot be written, and once that it can: when the disk has confirmed it.
    fn fault(&self, core: &mut Core, error: Option<&ArchiveError>) {
        let said = error.map(ToString::to_string);
        if core.fault == said {
            return;
        }
        core.fault.clone_from(&said);
        match said {
            Some(text) => self.raise(ARCHIVE_ALARM, Level::Red, &text),
            None => self.clear(ARCHIVE_ALARM),
        }
        self.tell(Update::Link);
    }

    /// Archives octets, then decodes them. After an error nothing was done, and the same call can be made again.
    /// Waits while too much waits for the disk: call it where blocking is allowed.
    pub fn ingest(&self, pieces: &[(Source, &[u8])]) -> Result<(), ArchiveError> {
        let at_ns = unix_ns();
        let records: Vec<Record<'_>> = pieces
            .iter()
            .flat_map(|(source, octets)| {
                let (kind, stream) = match source {
                    Source::Stream(stream) => (Kind::Stream, *stream),
                    Source::Datagram => (Kind::Datagram, 0),
                };
                let parts = octets.chunks(crate::archive::record::PAYLOAD_MAX);
                parts.map(move |payload| Record { kind, stream, at_ns, payload })
            })
            .collect();
        let mut core = lock(&self.core);
        while core.archive.unconfirmed_octets() > UNCONFIRMED_MAX {
            let waited = self.confirmed.wait_timeout(core, RETRY_AFTER);
            core = waited.unwrap_or_else(PoisonError::into_inner).0;
            if core.fault.is_some() {
                break;
            }
        }
        let core = &mut *core;
        let (position, first) = self.append(core, &records)?;
        for (number, record) in (first..).zip(&records) {
            let taken = self.decode(&mut core.replay, position, record);
            if let (Some(unit), Kind::Stream) = (taken.unit, record.kind) {
                self.await_disk(core, number, record.stream, unit, taken.station);
            }
        }
        Ok(())
    }

    fn await_disk(
        &self,
        core: &mut Core,
        record: u64,
        stream: u64,
        unit: u64,
        station: Option<u8>,
    ) {
        let Some(line) = lock(&self.connections).get(&stream).cloned() else { return };
        lock(&line.stations).extend(station);
        core.waiting.push_back((record, line, unit));
    }

    fn decode(&self, replay: &mut Replay, position: Position, record: &Record<'_>) -> Taken {
        let mut notices = Vec::new();
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        let here = Instant::now();
        let taken = replay.take(position, record, |item| {
            // Before anything that was received then is told.
            if let Item::Heard { received } = item {
                lock(&self.clock).hear(*received, here);
            }
            if let Some(update) = memory.take(&self.keys, &self.limits, item, &mut notices) {
                self.tell(update);
            }
        });
        drop(memory);
        if !notices.is_empty() {
            self.note(&notices);
        }
        taken
    }

    fn note(&self, notices: &[Notice]) {
        let mut alarms = lock(&self.alarms);
        for notice in notices {
            if let Some(alarm) = note(&mut alarms, notice) {
                self.tell(Update::Alarm(alarm));
            }
        }
    }

    /// Hands a CLTU to a station, on every connection on which it was heard. Archived first. Returns the unit's
    /// number, which the station's confirmation will name.
    pub fn radiate(&self, station: u8, cltu: &[u8]) -> Result<u64, RadiateError> {
        let (octets, max) = (cltu.len(), PAYLOAD_MAX);
        let mut unit = vec![0; octets + OVERHEAD];
        let mut sent = lock(&self.sent);
        let number = *sent + 1;
        let head = Unit {
            content: Content::Command,
            station,
            number,
            received: self.now_or_calendar(),
            payload: cltu,
        };
        delivery::write(&head, &mut unit).ok_or(RadiateError::TooLong { octets, max })?;
        let lines: Vec<(u64, Arc<Line>)> = lock(&self.connections)
            .iter()
            .map(|(stream, line)| (*stream, Arc::clone(line)))
            .collect();
        let lines: Vec<_> = lines.into_iter().filter(|(_, line)| line.serves(station)).collect();
        let Some((stream, _)) = lines.first() else {
            return Err(RadiateError::NotConnected(station));
        };
        self.keep(&[Record {
            kind: Kind::Sent,
            stream: *stream,
            at_ns: unix_ns(),
            payload: &unit,
        }])?;
        *sent = number;
        let taken =
            lines.iter().filter(|(_, line)| line.out.try_send(unit.clone()).is_ok()).count();
        if taken == 0 { Err(RadiateError::Stuck(station)) } else { Ok(number) }
    }

    /// Waits until everything fed so far is on disk for certain.
    pub fn confirm(&self) -> Result<(), ArchiveError> {
        let confirmation = {
            let mut core = lock(&self.core);
            match core.archive.confirmation() {
                Some(confirmation) => confirmation,
                None if core.archive.suspect() => {
                    return Err(ArchiveError::Refused { folder: self.folder.clone() });
                }
                None => return Ok(()),
            }
        };
        let answer = confirmation.wait();
        let mut core = lock(&self.core);
        let again = core.archive.answered(&confirmation, &answer);
        let confirmed = core.archive.confirmed();
        while core.waiting.front().is_some_and(|(record, ..)| *record <= confirmed) {
            if let Some((_, line, unit)) = core.waiting.pop_front() {
                line.safe.send_replace(unit);
            }
        }
        let refused = answer.and(again);
        match &refused {
            Err(error) => self.fault(&mut core, Some(error)),
            Ok(()) if !core.unwritten && !core.archive.suspect() => self.fault(&mut core, None),
            Ok(()) => {}
        }
        self.confirmed.notify_all();
        refused
    }
}

/// Confirms what is written, as long as there is a ground.
pub(super) fn confirm_always(ground: &Weak<Ground>) {
    while let Some(ground) = ground.upgrade() {
        let waiting = {
            let mut core = lock(&ground.core);
            if core.archive.confirmation().is_none() {
                let waited = ground.written.wait_timeout(core, RETRY_AFTER);
                core = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if let Err(error) = core.archive.retry() {
                ground.fault(&mut core, Some(&error));
            }
            core.archive.confirmation().is_some()
        };
        let answer = if waiting { ground.confirm() } else { Ok(()) };
        drop(ground);
        std::thread::sleep(if answer.is_ok() { CONFIRM_EVERY } else { RETRY_AFTER });
    }
}

impl Drop for Ground {
    /// What was received last reaches the disk as well; nobody is left to be told if it does not.
    fn drop(&mut self) {
        let _ = self.confirm();
    }
}
