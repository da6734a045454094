//! Flights that were flown, kept on disk, so that a search that was stopped goes on where it stood.
//!
//! Owns: `flights.log`, one line a flight: key, outcome, digest, margins, all exact. A search decides the same way
//! every time, so it is begun again and looks up what it flew before.
//! A line that is not whole, as a kill leaves it, and everything behind it is not believed. The first line names
//! program and scenarios, and the undisturbed flight by its digest, which is always flown: a log of another search is
//! refused until it is to be forgotten.

use super::subject::SearchError;
use rig::verdict::Outcome;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What is kept of one flight.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// How it ended.
    pub outcome: Outcome,
    /// The first 64 bits of the flight's digest.
    pub digest: u64,
    /// Its margins.
    pub margins: Vec<f64>,
}

/// The log of a search.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    kept: BTreeMap<String, Kept>,
}

impl Journal {
    /// Opens the log in a folder, or begins it.
    ///
    /// - `head`: what this search is.
    /// - `fresh`: a log that is there is forgotten.
    ///
    /// # Errors
    /// A log whose first line is another; a folder that cannot be read or written.
    pub fn open(folder: &Path, head: &str, fresh: bool) -> Result<Self, SearchError> {
        let path = folder.join("flights.log");
        let failed = |done, reason| SearchError::File { file: path.clone(), done, reason };
        std::fs::create_dir_all(folder).map_err(|reason| failed("written", reason))?;
        let octets = match std::fs::read(&path) {
            _ if fresh => Vec::new(),
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|reason| failed("read", reason))?,
        };
        let text = String::from_utf8_lossy(&octets);
        let mut whole = String::new();
        let mut kept = BTreeMap::new();
        let mut lines = text.split_inclusive('\n');
        if let Some(first) = lines.next().and_then(|line| line.strip_suffix('\n')) {
            if first != head {
                return Err(SearchError::Foreign { file: path });
            }
            for line in lines {
                let Some((key, one)) = line.strip_suffix('\n').and_then(read) else { break };
                kept.insert(key, one);
                whole += line;
            }
        }
        std::fs::write(&path, format!("{head}\n{whole}"))
            .map_err(|reason| failed("written", reason))?;
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.map_err(|reason| failed("written", reason))?;
        Ok(Self { file, kept, path })
    }

    /// Flights in it.
    pub fn count(&self) -> usize {
        self.kept.len()
    }

    /// A flight that was flown.
    pub fn find(&self, key: &str) -> Option<&Kept> {
        self.kept.get(key)
    }

    /// Keeps one more.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn keep(&mut self, key: &str, one: &Kept) -> Result<(), SearchError> {
        let margins: Vec<String> =
            one.margins.iter().map(|m| format!("{:016x}", m.to_bits())).collect();
        let line = format!(
            "{key}\t{}\t{:016x}\t{}\tend\n",
            one.outcome.name(),
            one.digest,
            margins.join(" ")
        );
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|reason| SearchError::File {
            file: self.path.clone(),
            done: "written",
            reason,
        })?;
        self.kept.insert(key.to_string(), one.clone());
        Ok(())
    }
}

fn read(line: &str) -> Option<(String, Kept)> {
    let mut fields = line.split('\t');
    let key = fields.next()?.to_string();
    let outcome = Outcome::from_name(fields.next()?)?;
    let digest = u64::from_str_radix(fields.next()?, 16).ok()?;
    let margin = |text: &str| u64::from_str_radix(text, 16).ok().map(f64::from_bits);
    let margins = fields.next()?.split(' ').map(margin).collect::<Option<Vec<f64>>>()?;
    (fields.next()? == "end").then_some((key, Kept { outcome, digest, margins }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_cut_anywhere_gives_back_whole_flights_only() {
        let folder = std::env::temp_dir().join(format!("frigoris-journal-{}", std::process::id()));
        let one = |n: u64| Kept {
            outcome: Outcome::ALL[n as usize % 5],
            digest: n << 40,
            margins: vec![0.1 * n as f64, f64::NAN.copysign(-1.0)],
        };
        let mut journal = Journal::open(&folder, "head 1", true).unwrap();
        for n in 0..10 {
            journal.keep(&format!("key{n}"), &one(n)).unwrap();
        }
        let path = folder.join("flights.log");
        let whole = std::fs::read(&path).unwrap();
        for end in 0..=whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let journal = Journal::open(&folder, "head 1", false).unwrap();
            let lines = whole[..end].iter().filter(|octet| **octet == b'\n').count();
            assert_eq!(journal.count(), lines.saturating_sub(1), "cut at {end}");
            for n in 0..journal.count() as u64 {
                let kept = journal.find(&format!("key{n}")).unwrap();
                assert_eq!(kept.margins[0].to_bits(), one(n).margins[0].to_bits());
                assert_eq!((kept.outcome, kept.digest), (one(n).outcome, one(n).digest));
            }
        }
        std::fs::write(&path, &whole).unwrap();
        let refused = Journal::open(&folder, "head 2", false);
        assert!(matches!(refused, Err(SearchError::Foreign { .. })), "{refused:?}");
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        assert_eq!(Journal::open(&folder, "head 2", true).unwrap().count(), 0);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
