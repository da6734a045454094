//! The handle that everything else holds: what the ground knows, and the way in and out.
//!
//! Owns: [`Ground`], its parts and the order in which they are locked: archive and decoder, then memory, then alarms.
//! The way of the octets is in `ground/ingest.rs`.

mod ingest;
mod keys;
mod memory;
mod older;

use crate::alarms::{Alarm, AlarmError, Alarms};
use crate::archive::{Archive, ArchiveError, Recovery};
use crate::clock::Clock;
use crate::limits::{LimitError, Limits, Rule};
use crate::mission::Mission;
use crate::store::{Answer, thin};
use crate::values::{EventSeen, Level, ReportSeen, Sample, Update};
use icd::time::Time;
use ingest::Core;
pub use ingest::{Connection, Source};
pub use keys::Key;
use keys::Keys;
use memory::Memory;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::broadcast;

/// Messages that a listener may lag behind.
const UPDATES_MAX: usize = 4_096;

/// What a ground is opened with.
#[derive(Debug, Default)]
pub struct Options {
    /// Folder of the archive; made if absent.
    pub archive: PathBuf,
    /// The plan.
    pub mission: Mission,
}

/// Why there is no ground.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    /// The archive cannot be opened.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The alarms of before cannot be read.
    #[error(transparent)]
    Alarms(#[from] AlarmError),
    /// The plan's limits cannot be used.
    #[error("mission.json: {0}")]
    Limits(#[from] LimitError),
    /// The system refuses a thread.
    #[error("the thread that waits for the disk cannot be started: {0}")]
    Thread(std::io::Error),
}

/// Why a history cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// No parameter has this key.
    #[error("there is no parameter `{0}`")]
    UnknownKey(String),
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Why nothing could be sent to a station.
#[derive(Debug, thiserror::Error)]
pub enum RadiateError {
    /// No connection on which this station was heard.
    #[error("station {0} is not connected")]
    NotConnected(u8),
    /// Longer than a unit can be.
    #[error(
        "a command link transmission unit of {octets} octets: at most {max} fit a delivery unit"
    )]
    TooLong {
        /// As given.
        octets: usize,
        /// Limit.
        max: usize,
    },
    /// Every connection's way out is full: the station does not read.
    #[error("station {0} does not take what is sent to it")]
    Stuck(u8),
    /// What is sent is archived first.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// What a history is thinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The latest samples, at most `size`.
    Latest,
    /// The least and the largest sample of each of `size / 2` equal intervals: no peak is lost.
    MinMax,
}

/// One station as the ground sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StationLink {
    /// Its number.
    pub number: u8,
    /// Connections on which it was heard and which are open.
    pub connections: usize,
    /// Receive time of its latest unit.
    pub last_received: Option<Time>,
    /// Receive time of its latest good frame.
    pub last_frame: Option<Time>,
    /// Delivery units that came, repetitions not counted.
    pub units: u64,
    /// Units that came again.
    pub units_again: u64,
    /// Frames that were good.
    pub frames_good: u64,
    /// Frames that failed their checks, by the station or here.
    pub frames_bad: u64,
    /// Latest values of its own packet, by the dictionary's key.
    pub values: Vec<(&'static str, f64)>,
}

/// The way from the stations into the archive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Every station heard so far, by number.
    pub stations: Vec<StationLink>,
    /// Octets archived, since the archive began.
    pub octets_archived: u64,
    /// Octets that were no unit and no frame.
    pub octets_garbage: u64,
    /// Packets decoded.
    pub packets: u64,
    /// Packets refused: bad checksum, unknown, cut.
    pub packets_refused: u64,
    /// Frames missing by the counters of the virtual channels.
    pub frames_missing: u64,
    /// Frames that came again, by another station or late.
    pub frames_again: u64,
    /// What keeps the archive from being written: names the file. Nothing is acknowledged while it stands.
    pub archive_fault: Option<String>,
}

/// Mission control of one mission.
pub struct Ground {
    updates: broadcast::Sender<Update>,
    mission: Mission,
    folder: PathBuf,
    keys: Keys,
    limits: Limits,
    core: Mutex<Core>,
    memory: RwLock<Memory>,
    alarms: Mutex<Alarms>,
    clock: Mutex<Clock>,
    /// Open connections, by stream.
    connections: Mutex<BTreeMap<u64, Arc<ingest::Line>>>,
    /// Numbers the commands sent to stations.
    sent: Mutex<u64>,
    /// Something waits for the disk; told with `core`.
    written: Condvar,
    /// The disk has confirmed something; told with `core`.
    confirmed: Condvar,
    recovery: Recovery,
}

/// A lock whose holder panicked is as good as any other: no invariant spans two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ground {
    /// Opens the archive, decodes what it holds, and is ready to receive.
    pub fn open(options: Options) -> Result<Arc<Self>, GroundError> {
        let Options { archive: folder, mission } = options;
        let stations: Vec<u8> = mission.stations.iter().map(|station| station.number).collect();
        let keys = Keys::new(&stations);
        let names: Vec<_> = keys.all.iter().map(|key| (key.name.as_str(), key.line.key)).collect();
        let limits = Limits::new(&names, &mission.limits)?;
        let mut memory = Memory::new(keys.all.len());
        let mut replay = ingest::Replay::default();
        let journal = folder.join("alarms.jsonl");
        // Opened when the archive is ours.
        let mut alarms = None;
        let mut notices = Vec::new();
        let (archive, recovery) = Archive::open(&folder, |position, _, record| {
            replay.take(position, record, |item| {
                memory.take(&keys, &limits, item, &mut notices);
            });
            let opened = alarms.get_or_insert_with(|| Alarms::open(&journal));
            if let Ok(alarms) = opened {
                notices.drain(..).for_each(|notice| {
                    ingest::note(alarms, &notice);
                });
            }
        })?;
        replay.end();
        let alarms = alarms.unwrap_or_else(|| Alarms::open(&journal))?;
        let aside = alarms.aside().map(Path::to_path_buf);
        let mut clock = Clock::default();
        replay.set(&mut clock);
        let (updates, _) = broadcast::channel(UPDATES_MAX);
        let sent = replay.sent();
        let core = Core::new(archive, replay, recovery.octets);
        let ground = Arc::new(Self {
            updates,
            mission,
            folder,
            keys,
            limits,
            core: Mutex::new(core),
            memory: RwLock::new(memory),
            alarms: Mutex::new(alarms),
            clock: Mutex::new(clock),
            connections: Mutex::default(),
            sent: Mutex::new(sent),
            written: Condvar::new(),
            confirmed: Condvar::new(),
            recovery,
        });
        if let Some(aside) = aside {
            let text =
                format!("alarms: lines that are none were in the journal; see {}", aside.display());
            ground.raise("ground.alarms", Level::Yellow, &text);
        }
        // It can be written now, whatever was before.
        ground.clear(ingest::ARCHIVE_ALARM);
        let weak = Arc::downgrade(&ground);
        let thread = std::thread::Builder::new().name("confirm".to_string());
        thread.spawn(move || ingest::confirm_always(&weak)).map_err(GroundError::Thread)?;
        Ok(ground)
    }

    /// What opening found in the archive.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }
    /// Everything new from now on. A listener that lags loses the oldest and is told how many.
    pub fn subscribe(&self) -> broadcast::Receiver<Update> {
        self.updates.subscribe()
    }
    /// Every parameter, in the dictionary's order.
    pub fn keys(&self) -> &[Key] {
        &self.keys.all
    }
    /// The limits of a parameter, by its index in [`Ground::keys`]; of several that hold in a phase the first counts.
    pub fn limits(&self, index: usize) -> &[Rule] {
        self.limits.rules(index)
    }
    /// The sample with the latest on-board time.
    pub fn latest(&self, key: &str) -> Option<Sample> {
        let index = self.keys.find(key)?;
        self.memory().history(index)?.latest()
    }

    fn memory(&self) -> std::sync::RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Samples with `t` inside `range`, ascending, at most about `size`. Reads the archive where memory does not reach:
    /// may take a second, so call it where blocking is allowed.
    pub fn history(
        &self,
        key: &str,
        range: RangeInclusive<Time>,
        strategy: Strategy,
        size: usize,
    ) -> Result<Vec<Sample>, HistoryError> {
        let unknown = || HistoryError::UnknownKey(key.to_string());
        let index = self.keys.find(key).ok_or_else(unknown)?;
        let answer = match self.memory().history(index) {
            None => return Ok(Vec::new()),
            Some(history) => match strategy {
                Strategy::Latest => history.newest(&range, size),
                Strategy::MinMax => history.extremes(&range, size),
            },
        };
        let coarse = match answer {
            Answer::Known(samples) => return Ok(samples),
            Answer::Coarse(samples) => samples,
        };
        let Some(blocks) = lock(&self.core).blocks(&range, strategy) else { return Ok(coarse) };
        let samples = self.older(index, &range, &blocks)?;
        if samples.len() < coarse.len() {
            return Ok(coarse);
        }
        Ok(match strategy {
            Strategy::Latest => samples[samples.len().saturating_sub(size)..].to_vec(),
            Strategy::MinMax => thin(&samples, &range, size),
        })
    }

    /// Events with `t` inside `range`, ascending.
    pub fn events(&self, range: RangeInclusive<Time>) -> Vec<EventSeen> {
        self.memory().events().filter(|seen| range.contains(&seen.t)).copied().collect()
    }
    /// Verification reports and answers that are remembered, in order of arrival.
    pub fn reports(&self) -> Vec<Arc<ReportSeen>> {
        self.memory().reports().cloned().collect()
    }
    /// Every alarm that is remembered, oldest first.
    pub fn alarms(&self) -> Vec<Alarm> {
        lock(&self.alarms).all().cloned().collect()
    }
    /// A person has seen an alarm.
    pub fn acknowledge(&self, id: u64, by: &str) -> Result<Alarm, AlarmError> {
        let alarm = lock(&self.alarms).acknowledge(id, by, self.now_or_calendar())?;
        self.tell(Update::Alarm(alarm.clone()));
        Ok(alarm)
    }
    /// The ground itself raises an alarm, such as `ground.signal`; at mission time.
    pub fn raise(&self, source: &str, level: Level, text: &str) {
        let raised = lock(&self.alarms).raise_now(source, level, self.now_or_calendar(), text);
        raised.into_iter().for_each(|alarm| self.tell(Update::Alarm(alarm)));
    }
    /// What [`Ground::raise`] raised is over.
    pub fn clear(&self, source: &str) {
        let cleared = lock(&self.alarms).clear_now(source, self.now_or_calendar());
        cleared.into_iter().for_each(|alarm| self.tell(Update::Alarm(alarm)));
    }
    fn now_or_calendar(&self) -> Time {
        self.now().unwrap_or_else(|| crate::clock::from_unix_ns(crate::clock::unix_ns()))
    }
    fn tell(&self, update: Update) {
        // Nobody listening is no error.
        let _ = self.updates.send(update);
    }

    /// Stations, archive, counts.
    pub fn link(&self) -> Link {
        let mut link = lock(&self.core).link();
        let connections: Vec<_> = lock(&self.connections).values().cloned().collect();
        let memory = self.memory();
        for station in &mut link.stations {
            station.connections =
                connections.iter().filter(|line| line.serves(station.number)).count();
            let own = self.keys.all.iter().enumerate();
            let own = own.filter(|(_, key)| key.station == Some(station.number));
            station.values = own
                .filter_map(|(index, key)| {
                    Some((key.line.key, memory.history(index)?.latest()?.value))
                })
                .collect();
        }
        link
    }
    /// The plan.
    pub fn mission(&self) -> &Mission {
        &self.mission
    }
    /// Folder of the archive; others may keep files of their own in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// Mission time on the ground; `None` before anything was received.
    pub fn now(&self) -> Option<Time> {
        lock(&self.clock).at(Instant::now())
    }
    /// Mission seconds each second: 1 unless a replay is fast.
    pub fn speed(&self) -> f64 {
        lock(&self.clock).speed()
    }
}
