//! Alarms: latched until a person has acknowledged them, kept across restarts.
//!
//! Owns: [`Alarms`], one entry for each time that something was wrong, and its journal on disk: one line of JSON for
//! each change, the last line of an alarm being its state.
//! Does not own: what is wrong (see `limits`).
//!
//! The same data may come twice, late, or again from the archive after a restart. An alarm therefore begins only at
//! an on-board time after everything that is known of its source; what is older is no news.

use crate::clock::utc_ms;
use crate::values::Level;
use icd::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Alarms that are remembered; beyond, the oldest that are over and acknowledged are forgotten.
const KEPT_MAX: usize = 4_000;
/// Lines after which the journal is written anew with one line an alarm.
const LINES_MAX: usize = 20_000;

/// Why alarms cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum AlarmError {
    /// The journal cannot be read or written.
    #[error("{file}: alarms cannot be kept: {reason}")]
    Journal {
        /// The journal.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// No alarm has this number.
    #[error("there is no alarm {0}")]
    Unknown(u64),
}

/// Who has seen an alarm, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// As they call themselves.
    pub by: String,
    /// Mission time on the ground.
    pub at: Time,
}

/// One alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Counts from 1; never used again.
    pub id: u64,
    /// What it is about: a parameter's key, `alarms.N` for a bit of the flight software's, `event.NAME`, `ground.…`.
    pub source: String,
    /// The worst that was reached.
    pub level: Level,
    /// For a person.
    pub text: String,
    /// When it first began; on-board time.
    pub raised: Time,
    /// When it last began: later than `raised` if it came back before anyone had seen it.
    pub since: Time,
    /// When it was over; `None` while it stands.
    pub cleared: Option<Time>,
    /// How often it began.
    pub count: u32,
    /// The value that raised it, where there is one.
    pub value: Option<f64>,
    /// Who has seen it; `None` while nobody has.
    pub acknowledged: Option<Acknowledged>,
}

impl Alarm {
    /// Whether it stands.
    pub fn active(&self) -> bool {
        self.cleared.is_none()
    }
    /// Whether it still wants a person's eye, or stands.
    pub fn open(&self) -> bool {
        self.active() || self.acknowledged.is_none()
    }
    fn newest(&self) -> Time {
        self.cleared.map_or(self.since, |cleared| cleared.max(self.since))
    }
}

/// An alarm in the journal. Times: TAI nanoseconds past J2000.
#[derive(Serialize, Deserialize)]
struct Line {
    id: u64,
    source: String,
    level: u8,
    text: String,
    raised_ns: i64,
    since_ns: i64,
    cleared_ns: Option<i64>,
    count: u32,
    value: Option<f64>,
    by: Option<String>,
    at_ns: Option<i64>,
    /// The same as `raised_ns`, for people.
    #[serde(default)]
    raised_utc_ms: i64,
}

impl From<&Alarm> for Line {
    fn from(alarm: &Alarm) -> Self {
        let seen = alarm.acknowledged.as_ref();
        Line {
            id: alarm.id,
            source: alarm.source.clone(),
            level: alarm.level as u8,
            text: alarm.text.clone(),
            raised_ns: alarm.raised.tai_ns(),
            since_ns: alarm.since.tai_ns(),
            cleared_ns: alarm.cleared.map(Time::tai_ns),
            count: alarm.count,
            // JSON has no infinity.
            value: alarm.value.filter(|value| value.is_finite()),
            by: seen.map(|seen| seen.by.clone()),
            at_ns: seen.map(|seen| seen.at.tai_ns()),
            raised_utc_ms: utc_ms(alarm.raised),
        }
    }
}

impl From<Line> for Alarm {
    fn from(line: Line) -> Self {
        let at = line.at_ns.map_or_else(Time::default, Time::from_tai_ns);
        Alarm {
            id: line.id,
            source: line.source,
            level: if line.level >= Level::Red as u8 { Level::Red } else { Level::Yellow },
            text: line.text,
            raised: Time::from_tai_ns(line.raised_ns),
            since: Time::from_tai_ns(line.since_ns),
            cleared: line.cleared_ns.map(Time::from_tai_ns),
            count: line.count,
            value: line.value,
            acknowledged: line.by.map(|by| Acknowledged { by, at }),
        }
    }
}

/// Every alarm of a mission, and the journal.
#[derive(Debug)]
pub struct Alarms {
    path: PathBuf,
    /// Where a journal with damaged lines was kept.
    aside: Option<PathBuf>,
    journal: File,
    lines: usize,
    /// The journal lacks a change, or ends in half a line: it must be written anew.
    behind: bool,
    next: u64,
    all: BTreeMap<u64, Alarm>,
    /// The latest alarm of each source.
    latest: BTreeMap<String, u64>,
}

impl Alarms {
    /// Reads the journal, or begins one. A last line that was cut off is dropped. Lines that are no alarm are passed
    /// over; the journal as it was is kept beside, see [`Alarms::aside`].
    pub fn open(path: &Path) -> Result<Self, AlarmError> {
        let failed = |reason| AlarmError::Journal { file: path.to_path_buf(), reason };
        let octets = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed)?,
        };
        let whole = octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
        let mut all = BTreeMap::new();
        let lines = octets.get(..whole).unwrap_or_default().split(|octet| *octet == b'\n');
        let mut aside = None;
        for line in lines.filter(|line| !line.is_empty()) {
            match serde_json::from_slice::<Line>(line) {
                Ok(line) => drop(all.insert(line.id, Alarm::from(line))),
                Err(_) => aside = Some(path.with_extension("damaged")),
            }
        }
        if let Some(aside) = &mut aside {
            let (kept, mut file) = crate::archive::fresh(aside).map_err(failed)?;
            file.write_all(&octets).and_then(|()| file.sync_all()).map_err(failed)?;
            *aside = kept;
        }
        let next = all.keys().next_back().map_or(1, |id| id.saturating_add(1));
        let latest = all.values().map(|alarm| (alarm.source.clone(), alarm.id)).collect();
        let journal = Self::rewrite(path, &all).map_err(failed)?;
        Ok(Self {
            path: path.to_path_buf(),
            aside,
            journal,
            lines: all.len(),
            behind: false,
            next,
            all,
            latest,
        })
    }

    /// One line an alarm, in a new file that takes the old one's place.
    fn rewrite(path: &Path, all: &BTreeMap<u64, Alarm>) -> std::io::Result<File> {
        let mut text = Vec::new();
        for alarm in all.values() {
            serde_json::to_writer(&mut text, &Line::from(alarm))?;
            text.push(b'\n');
        }
        let beside = path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        OpenOptions::new().append(true).open(path)
    }

    /// Keeps an alarm that has changed. What cannot be written now is written with the next that can.
    fn keep(&mut self, id: u64) -> Option<Alarm> {
        let alarm = self.all.get(&id).cloned()?;
        self.forget();
        self.behind = self.write(&alarm).is_err();
        Some(alarm)
    }

    fn write(&mut self, alarm: &Alarm) -> std::io::Result<()> {
        if self.behind || self.lines >= LINES_MAX {
            self.journal = Self::rewrite(&self.path, &self.all)?;
            self.lines = self.all.len();
            return Ok(());
        }
        let mut line = serde_json::to_vec(&Line::from(alarm))?;
        line.push(b'\n');
        self.lines += 1;
        self.journal.write_all(&line)
    }

    fn forget(&mut self) {
        while self.all.len() > KEPT_MAX {
            let over = self.all.values().find(|alarm| !alarm.open()).map(|alarm| alarm.id);
            let Some(id) = over.or_else(|| self.all.keys().next().copied()) else { return };
            let gone = self.all.remove(&id);
            if let Some(gone) = gone.filter(|gone| self.latest.get(&gone.source) == Some(&id)) {
                self.latest.remove(&gone.source);
            }
        }
    }

    /// Something is wrong since `t`. Returns the alarm if that is news. It stands although the journal may not be
    /// writable: what raised it is in the archive.
    pub fn raise(
        &mut self,
        source: &str,
        level: Level,
        t: Time,
        value: Option<f64>,
        text: &str,
    ) -> Option<Alarm> {
        let latest = self.latest.get(source).and_then(|id| self.all.get_mut(id));
        if let Some(alarm) = latest {
            if t <= alarm.newest() {
                return None;
            }
            if alarm.active() && level <= alarm.level {
                return None;
            }
            if alarm.active() || alarm.acknowledged.is_none() {
                if alarm.active() {
                    alarm.acknowledged = None; // it has become worse: to be seen again
                } else {
                    alarm.count = alarm.count.saturating_add(1);
                    alarm.cleared = None;
                }
                if level >= alarm.level {
                    (alarm.level, alarm.value) = (level, value);
                    alarm.text = text.to_string();
                }
                alarm.since = t;
                let id = alarm.id;
                return self.keep(id);
            }
        }
        let id = self.next;
        self.next += 1;
        let alarm = Alarm {
            id,
            source: source.to_string(),
            level,
            text: text.to_string(),
            raised: t,
            since: t,
            cleared: None,
            count: 1,
            value,
            acknowledged: None,
        };
        self.latest.insert(alarm.source.clone(), id);
        self.all.insert(id, alarm);
        self.keep(id)
    }

    /// It is over since `t`. Returns the alarm if that is news.
    pub fn clear(&mut self, source: &str, t: Time) -> Option<Alarm> {
        let alarm = self.latest.get(source).and_then(|id| self.all.get_mut(id))?;
        if !alarm.active() || t < alarm.since {
            return None;
        }
        alarm.cleared = Some(t);
        let id = alarm.id;
        self.keep(id)
    }

    /// As [`Alarms::raise`], for what the ground itself finds: its clock may have been set back since.
    pub fn raise_now(
        &mut self,
        source: &str,
        level: Level,
        now: Time,
        text: &str,
    ) -> Option<Alarm> {
        let latest = self.latest.get(source).and_then(|id| self.all.get(id));
        let t = latest.map_or(now, |alarm| now.max(alarm.newest() + Span::from_ns(1)));
        self.raise(source, level, t, None, text)
    }

    /// As [`Alarms::clear`], for what the ground itself finds.
    pub fn clear_now(&mut self, source: &str, now: Time) -> Option<Alarm> {
        let latest = self.latest.get(source).and_then(|id| self.all.get(id));
        let t = latest.map_or(now, |alarm| now.max(alarm.since));
        self.clear(source, t)
    }

    /// A person has seen it; again is no error. Nothing else knows that, so it counts when it is on disk.
    pub fn acknowledge(&mut self, id: u64, by: &str, at: Time) -> Result<Alarm, AlarmError> {
        let alarm = self.all.get_mut(&id).ok_or(AlarmError::Unknown(id))?;
        if alarm.acknowledged.is_some() {
            return Ok(alarm.clone());
        }
        alarm.acknowledged = Some(Acknowledged { by: by.to_string(), at });
        let seen = alarm.clone();
        if let Err(reason) = self.write(&seen).and_then(|()| self.journal.sync_data()) {
            self.behind = true;
            if let Some(alarm) = self.all.get_mut(&id) {
                alarm.acknowledged = None;
            }
            return Err(AlarmError::Journal { file: self.path.clone(), reason });
        }
        self.behind = false;
        Ok(seen)
    }

    /// Where the journal was kept that had lines that are no alarm.
    pub fn aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// Whether the source's latest alarm stands.
    pub fn stands(&self, source: &str) -> bool {
        let latest = self.latest.get(source).and_then(|id| self.all.get(id));
        latest.is_some_and(Alarm::active)
    }

    /// Every alarm that is remembered, in order of its number.
    pub fn all(&self) -> impl Iterator<Item = &Alarm> {
        self.all.values()
    }
}

#[cfg(test)]
#[path = "alarms/tests.rs"]
mod tests;
