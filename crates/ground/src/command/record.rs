//! What became of each command, in memory and on disk.
//!
//! Owns: [`Record`], [`State`], [`Journal`] (one line of JSON for each step and for each refusal, kept in the
//! archive's folder, read again after a restart).

use crate::clock::{from_utc_ms, utc_ms};
use icd::time::Time;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Records that are remembered.
const KEPT: usize = 500;

macro_rules! states {
    ($($name:ident $text:literal;)+) => {
        /// Where a command stands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum State { $(#[doc = $text] $name,)+ }
        impl State {
            /// Every state, in order.
            pub const ALL: &'static [State] = &[$(State::$name),+];
            /// Name for screens, the interface and the journal.
            pub const fn name(self) -> &'static str {
                match self { $(State::$name => $text),+ }
            }
        }
    };
}

states! {
    Checked "checked";
    Awaiting "awaiting release";
    Released "released";
    Radiated "radiated";
    Received "received";
    Accepted "accepted";
    Started "started";
    Expired "expired";
    Failed "failed";
    Refused "refused";
    Completed "completed";
}

impl State {
    /// Nothing more is to come.
    pub const fn over(self) -> bool {
        matches!(self, State::Expired | State::Failed | State::Refused | State::Completed)
    }
}

/// One step of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Mission time on the ground.
    pub t: Time,
    /// Where it stands after it.
    pub state: State,
    /// For a person.
    pub text: String,
}

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Counts from 1, over restarts.
    pub id: u64,
    /// Name in the dictionary.
    pub name: String,
    /// As written.
    pub arguments: Map<String, Value>,
    /// When it is to be carried out on board.
    pub at: Option<Time>,
    /// Where it stands.
    pub state: State,
    /// End of the wait for release.
    pub until: Option<Time>,
    /// Sequence counts of its packets, its own last: by them the lander's reports name it.
    pub requests: Vec<u16>,
    /// Every step.
    pub history: Vec<Entry>,
}

impl Record {
    /// Still may be released; a clock that was set back ends the wait too.
    pub fn waits(&self, now: Time) -> bool {
        let asked = self.history.last().map(|entry| entry.t);
        self.state == State::Awaiting
            && self.until.is_some_and(|until| now <= until)
            && asked.is_some_and(|asked| now >= asked)
    }
}

/// The journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens or begins it; also gives what it holds. A line that is not ours (cut off by a crash) is passed over.
    pub fn open(path: &Path) -> std::io::Result<(Self, BTreeMap<u64, Record>)> {
        let mut records = BTreeMap::new();
        let mut cut = false;
        if let Ok(file) = File::open(path) {
            let mut reader = BufReader::new(file);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line)? > 0 {
                cut = !line.ends_with(b"\n");
                if let Ok(value) = serde_json::from_slice::<Value>(&line) {
                    restore(&mut records, &value);
                }
                line.clear();
                while records.len() > KEPT {
                    records.pop_first();
                }
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if cut {
            file.write_all(b"\n")?;
        }
        Ok((Self { path: path.to_owned(), file }, records))
    }
    /// Goes on in another file.
    #[cfg(test)]
    pub fn write_to(&mut self, file: File) {
        self.file = file;
    }
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Writes the newest step of a record; on the disk when it returns.
    pub fn step(&mut self, record: &Record) -> std::io::Result<()> {
        let Some(entry) = record.history.last() else { return Ok(()) };
        self.line(&json!({
            "id": record.id, "name": record.name, "arguments": record.arguments,
            "at_utc_ms": record.at.map(utc_ms), "utc_ms": utc_ms(entry.t),
            "state": entry.state.name(), "text": entry.text, "requests": record.requests,
        }))
    }
    /// Writes that something was refused before it became a command.
    pub fn refusal(&mut self, t: Option<Time>, what: &str, why: &str) -> std::io::Result<()> {
        self.line(&json!({ "id": 0, "utc_ms": t.map(utc_ms), "name": what, "refused": why }))
    }
    fn line(&mut self, value: &Value) -> std::io::Result<()> {
        self.file.write_all(format!("{value}\n").as_bytes())?;
        self.file.sync_data()
    }
}

fn restore(records: &mut BTreeMap<u64, Record>, line: &Value) -> Option<()> {
    let id = line.get("id")?.as_u64().filter(|id| *id > 0)?;
    let state = line.get("state")?.as_str()?;
    let state = *State::ALL.iter().find(|known| known.name() == state)?;
    let entry = Entry {
        t: from_utc_ms(line.get("utc_ms")?.as_i64()?),
        state,
        text: line.get("text")?.as_str()?.to_owned(),
    };
    let record = records.entry(id).or_insert_with(|| Record {
        id,
        name: line.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        arguments: line.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default(),
        at: line.get("at_utc_ms").and_then(Value::as_i64).map(from_utc_ms),
        state,
        until: None,
        requests: Vec::new(),
        history: Vec::new(),
    });
    let requests = line.get("requests").and_then(Value::as_array).into_iter().flatten();
    let requests = requests.filter_map(|n| u16::try_from(n.as_u64()?).ok());
    record.requests = requests.collect();
    record.state = state;
    record.history.push(entry);
    Some(())
}
