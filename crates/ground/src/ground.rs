//! The handle that everything else holds: what the ground knows, and the way in and out.

use crate::alarms::{Alarm, AlarmError};
use crate::mission::Mission;
use crate::values::{EventSeen, Level, ReportSeen, Sample, Update};
use icd::time::{Span, Time};
use icd::tm::Parameter;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::broadcast;

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
    /// The alarms of before cannot be read.
    #[error(transparent)]
    Alarms(#[from] AlarmError),
}

/// Why a history cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// No parameter has this key.
    #[error("there is no parameter `{0}`")]
    UnknownKey(String),
}

/// Why nothing could be sent to a station.
#[derive(Debug, thiserror::Error)]
pub enum RadiateError {
    /// No connection on which this station was heard.
    #[error("station {0} is not connected")]
    NotConnected(u8),
}

/// One parameter as the ground names it.
#[derive(Clone)]
pub struct Key {
    /// Key: the dictionary's, for a station with its number (`station.1.cn0_dBHz`).
    pub name: String,
    /// The dictionary's line.
    pub parameter: &'static Parameter,
    /// Name of the list that carries it.
    pub list: &'static str,
    /// The station, if it is one's.
    pub station: Option<u8>,
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
    /// Numbers that never came (may still).
    pub units_missing: u64,
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
    /// Octets that were no unit and no frame, since the program started.
    pub octets_garbage: u64,
    /// Packets decoded, since the program started.
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
    keys: Vec<Key>,
}

impl Ground {
    /// Opens the archive, decodes what it holds, and is ready to receive.
    pub fn open(options: Options) -> Result<Arc<Self>, GroundError> {
        let (updates, _) = broadcast::channel(1);
        Ok(Arc::new(Self {
            updates,
            mission: options.mission,
            folder: options.archive,
            keys: Vec::new(),
        }))
    }
    /// Octets as if they had come in one datagram: delivery units, or frames each after its ASM. When it returns,
    /// they are in the archive's file and decoded, but perhaps not yet confirmed by the disk.
    pub fn feed(&self, octets: &[u8]) -> Result<(), GroundError> {
        let _ = octets;
        Ok(())
    }
    /// Everything new from now on. A listener that lags loses the oldest and is told how many.
    pub fn subscribe(&self) -> broadcast::Receiver<Update> {
        self.updates.subscribe()
    }
    /// Every parameter, in the dictionary's order.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }
    /// The sample with the latest on-board time.
    pub fn latest(&self, key: &str) -> Option<Sample> {
        let _ = key;
        None
    }
    /// Samples with `t` inside `range`, ascending, at most `size`. Reads the archive where memory does not reach:
    /// may take a second, so call it where blocking is allowed.
    pub fn history(
        &self,
        key: &str,
        range: RangeInclusive<Time>,
        strategy: Strategy,
        size: usize,
    ) -> Result<Vec<Sample>, HistoryError> {
        let _ = (range, strategy, size);
        Err(HistoryError::UnknownKey(key.to_string()))
    }
    /// Events with `t` inside `range`, ascending.
    pub fn events(&self, range: RangeInclusive<Time>) -> Vec<EventSeen> {
        let _ = range;
        Vec::new()
    }
    /// Verification reports and answers that are remembered, in order of arrival.
    pub fn reports(&self) -> Vec<Arc<ReportSeen>> {
        Vec::new()
    }
    /// Every alarm that is remembered, oldest first.
    pub fn alarms(&self) -> Vec<Alarm> {
        Vec::new()
    }
    /// A person has seen an alarm.
    pub fn acknowledge(&self, id: u64, by: &str) -> Result<Alarm, AlarmError> {
        let _ = by;
        Err(AlarmError::Unknown(id))
    }
    /// The ground itself raises an alarm, such as `ground.signal`; at mission time.
    pub fn raise(&self, source: &str, level: Level, text: &str) {
        let _ = (source, level, text);
    }
    /// What [`Ground::raise`] raised is over.
    pub fn clear(&self, source: &str) {
        let _ = source;
    }
    /// Stations, archive, counts.
    pub fn link(&self) -> Link {
        Link::default()
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
        Some(Time::default() + Span::default())
    }
    /// Mission seconds each second: 1 unless a replay is fast.
    pub fn speed(&self) -> f64 {
        1.0
    }
    /// Hands a CLTU to a station, on every connection on which it was heard. Archived as well. Returns the unit's
    /// number, which the station's confirmation will name.
    pub fn radiate(&self, station: u8, cltu: &[u8]) -> Result<u64, RadiateError> {
        let _ = cltu;
        Err(RadiateError::NotConnected(station))
    }
}
