//! The journal of an inquiry: what was flown once is not flown again.
//!
//! Owns: [`Work`], one file `work.jsonl`, one line a piece of work: its key and its result as JSON. Does not own: what is
//! flown. An inquiry decides the same way every time, so one that was stopped is begun again and looks up what it had.
//! The first line names program, mission and evidence; a journal of another inquiry is copied aside before its file is begun
//! anew. A line that is not whole is not believed, the others are; of the file only a last line without an end is cut off.
//! One process at a time: the file is locked while it is open.
//! Every result is returned as it reads back from its line, the first time too: a resumed inquiry has the same bits.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Name of the journal in an inquiry's folder.
pub const FILE: &str = "work.jsonl";

/// Why the journal cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// It cannot be read or written.
    #[error("{file}: the journal of the inquiry cannot be {done}")]
    File {
        /// The file.
        file: PathBuf,
        /// What was tried.
        done: &'static str,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// Another process has it open.
    #[error(
        "{file}: another process is at work in this folder; wait for it, or name another folder"
    )]
    Busy {
        /// The file.
        file: PathBuf,
    },
}

/// What was done so far; any number of threads may ask.
#[derive(Debug, Default)]
pub struct Work {
    file: Option<Mutex<File>>,
    kept: Mutex<BTreeMap<String, String>>,
    done: AtomicU64,
    found: AtomicU64,
    aside: Option<PathBuf>,
}

impl Work {
    /// Keeps nothing on disk.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Opens the journal in a folder, or begins it.
    ///
    /// - `head`: what this inquiry is; one line. A journal that begins otherwise is kept aside: see [`Work::aside`].
    ///
    /// # Errors
    /// A folder that cannot be read or written; another process that works in it.
    pub fn open(folder: &Path, head: &str) -> Result<Self, WorkError> {
        let path = folder.join(FILE);
        let failed = |done| {
            let file = path.clone();
            move |reason| WorkError::File { file, done, reason }
        };
        std::fs::create_dir_all(folder).map_err(failed("written"))?;
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(&path);
        let mut file = file.map_err(failed("written"))?;
        match file.try_lock() {
            // A file system that knows no locks keeps the journal all the same.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(WorkError::Busy { file: path }),
        }
        let mut octets = Vec::new();
        file.read_to_end(&mut octets).map_err(failed("read"))?;
        let begin = format!("{head}\n");
        let own = octets.strip_prefix(begin.as_bytes());
        let mut aside = None;
        if own.is_none() {
            if !begin.as_bytes().starts_with(&octets) {
                aside = Some(put_aside(folder, &octets).map_err(failed("kept aside"))?);
            }
            file.set_len(0).map_err(failed("written"))?;
            file.write_all(begin.as_bytes()).map_err(failed("written"))?;
        }
        let own = own.unwrap_or_default();
        let whole = own.iter().rposition(|octet| *octet == b'\n').map_or(0, |last| last + 1);
        if whole < own.len() {
            let length = (begin.len() + whole) as u64;
            file.set_len(length).map_err(failed("written"))?;
        }
        let lines = own[..whole].split(|octet| *octet == b'\n');
        let kept = lines.filter_map(|line| entry(std::str::from_utf8(line).ok()?)).collect();
        let (file, kept) = (Some(Mutex::new(file)), Mutex::new(kept));
        Ok(Self { file, kept, aside, ..Self::default() })
    }

    /// Where the journal of another inquiry, which was in the folder, is now.
    pub fn aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// The result of a piece of work, done only if it is not known yet. What cannot be written as JSON is returned as it
    /// is and not kept; a number that is not finite reads back as nothing, so results hold `Option` where one may be.
    ///
    /// - `key`: everything that decides the result, and that the head of the journal does not say.
    ///
    /// # Errors
    /// Those of the work.
    pub fn once<T, E>(&self, key: &str, make: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
    {
        let known = self.kept.lock().ok().and_then(|kept| kept.get(key).cloned());
        if let Some(result) = known.and_then(|text| serde_json::from_str(&text).ok()) {
            self.found.fetch_add(1, Ordering::Relaxed);
            return Ok(result);
        }
        let made = make()?;
        self.done.fetch_add(1, Ordering::Relaxed);
        let Ok(text) = serde_json::to_string(&made) else { return Ok(made) };
        let Ok(again) = serde_json::from_str(&text) else { return Ok(made) };
        self.keep(key, text);
        Ok(again)
    }

    /// A journal that cannot be written any more costs its convenience, not the inquiry.
    fn keep(&self, key: &str, result: String) {
        if let Some(file) = &self.file
            && let (Ok(mut file), Ok(key)) = (file.lock(), serde_json::to_string(key))
        {
            let _ = file.write_all(format!("[{key},{result}]\n").as_bytes());
        }
        if let Ok(mut kept) = self.kept.lock() {
            kept.insert(key.to_string(), result);
        }
    }

    /// Pieces of work done now, and found done.
    pub fn count(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.found.load(Ordering::Relaxed))
    }
}

/// Writes what another inquiry kept into a file of its own beside the journal.
fn put_aside(folder: &Path, octets: &[u8]) -> std::io::Result<PathBuf> {
    let mut number = 1_u32;
    loop {
        let path = folder.join(format!("work-{number}.jsonl"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(octets)?;
                file.sync_all()?;
                return Ok(path);
            }
            Err(reason) if reason.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(reason) => return Err(reason),
        }
    }
}

/// One line: an array of key and result.
fn entry(line: &str) -> Option<(String, String)> {
    let (key, result): (String, serde_json::Value) = serde_json::from_str(line).ok()?;
    // As it stands in the line: a number must not be read and written once more.
    let at = serde_json::to_string(&key).ok()?.len() + 2;
    let text = line.get(at..line.len().checked_sub(1)?)?;
    (!result.is_null()).then(|| (key, text.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("frigoris-work-{name}-{}", std::process::id()))
    }

    #[test]
    fn what_was_done_once_is_not_done_again_and_has_the_same_bits() {
        let folder = folder("again");
        let value = vec![0.1 + 0.2, 1.0 / 3.0, 5e-324];
        let ask = |work: &Work, may: bool| {
            work.once::<_, Infallible>("flight \"a\"", || {
                assert!(may, "done again");
                Ok(value.clone())
            })
        };
        let first = ask(&Work::open(&folder, "head").unwrap(), true).unwrap();
        let second = ask(&Work::open(&folder, "head").unwrap(), false).unwrap();
        let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&first), bits(&second));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_journal_of_another_inquiry_is_kept_aside() {
        let folder = folder("aside");
        let ask = |head: &str, n: u32| {
            let work = Work::open(&folder, head).unwrap();
            work.once::<_, Infallible>("key", || Ok(n)).unwrap();
            (work.count(), work.aside().map(Path::to_path_buf))
        };
        assert_eq!(ask("head", 1), ((1, 0), None));
        let first = std::fs::read(folder.join(FILE)).unwrap();
        let (count, aside) = ask("another head", 2);
        assert_eq!(count, (1, 0));
        assert_eq!(std::fs::read(aside.unwrap()).unwrap(), first);
        let (count, aside) = ask("head", 3);
        assert_eq!((count, aside), ((1, 0), Some(folder.join("work-2.jsonl"))));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn one_process_at_a_time_works_in_a_folder() {
        let folder = folder("busy");
        let work = Work::open(&folder, "head").unwrap();
        let refused = Work::open(&folder, "head").unwrap_err();
        assert!(matches!(refused, WorkError::Busy { .. }), "{refused}");
        drop(work);
        Work::open(&folder, "head").unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_damaged_line_costs_itself_alone() {
        let folder = folder("damaged");
        let work = Work::open(&folder, "head").unwrap();
        for n in 0..3_u32 {
            work.once::<_, Infallible>(&format!("key {n}"), || Ok(n)).unwrap();
        }
        drop(work);
        let text = std::fs::read_to_string(folder.join(FILE)).unwrap();
        let damaged = text.replace("\"key 1\",", "\"key 1\"\0");
        assert_ne!(damaged, text);
        std::fs::write(folder.join(FILE), &damaged).unwrap();
        let work = Work::open(&folder, "head").unwrap();
        let again = |n: u32| work.once::<_, Infallible>(&format!("key {n}"), || Ok(n)).unwrap();
        assert_eq!([0, 1, 2].map(again), [0, 1, 2]);
        assert_eq!(work.count(), (1, 2));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_journal_cut_anywhere_keeps_what_is_whole_before_the_cut() {
        let folder = folder("cut");
        let work = Work::open(&folder, "head").unwrap();
        for n in 0..4_u32 {
            work.once::<_, Infallible>(&format!("key {n}"), || Ok(n)).unwrap();
        }
        drop(work);
        let octets = std::fs::read(folder.join(FILE)).unwrap();
        for end in 0..=octets.len() {
            std::fs::write(folder.join(FILE), &octets[..end]).unwrap();
            let whole = octets[..end].iter().filter(|octet| **octet == b'\n').count();
            let kept = Work::open(&folder, "head").unwrap().kept.into_inner().unwrap();
            assert_eq!(kept.len(), whole.saturating_sub(1), "cut at {end}");
            let left = std::fs::read(folder.join(FILE)).unwrap();
            assert!(octets.starts_with(&left) && left.ends_with(b"\n"), "cut at {end}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
