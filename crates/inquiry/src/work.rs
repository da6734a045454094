//! The journal of an inquiry: what was flown once is not flown again.
//!
//! Owns: [`Work`], one file `work.jsonl`, one line a piece of work: its key and its result as JSON. Does not own: what is
//! flown. An inquiry decides the same way every time, so one that was stopped is begun again and looks up what it had.
//! The first line names program, mission and evidence; a journal of another inquiry is begun anew. A line that is not
//! whole, as a kill leaves it, and everything behind it is not believed.
//! Every result is returned as it reads back from its line, the first time too: a resumed inquiry has the same bits.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Name of the journal in an inquiry's folder.
pub const FILE: &str = "work.jsonl";

/// Why the journal cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("{file}: the journal of the inquiry cannot be {done}")]
pub struct WorkError {
    /// The file.
    pub file: PathBuf,
    /// What was tried.
    pub done: &'static str,
    /// What the operating system said.
    #[source]
    pub reason: std::io::Error,
}

/// What was done so far; any number of threads may ask.
#[derive(Debug, Default)]
pub struct Work {
    file: Option<Mutex<File>>,
    kept: Mutex<BTreeMap<String, String>>,
    done: AtomicU64,
    found: AtomicU64,
}

impl Work {
    /// Keeps nothing on disk.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Opens the journal in a folder, or begins it.
    ///
    /// - `head`: what this inquiry is; one line. A journal that begins otherwise is forgotten.
    ///
    /// # Errors
    /// A folder that cannot be read or written.
    pub fn open(folder: &Path, head: &str) -> Result<Self, WorkError> {
        let path = folder.join(FILE);
        let failed = |done, reason| WorkError { file: path.clone(), done, reason };
        std::fs::create_dir_all(folder).map_err(|reason| failed("written", reason))?;
        let octets = match std::fs::read(&path) {
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|reason| failed("read", reason))?,
        };
        let text = String::from_utf8_lossy(&octets);
        let mut lines = text.split_inclusive('\n');
        let (mut kept, mut whole) = (BTreeMap::new(), String::new());
        if lines.next().and_then(|line| line.strip_suffix('\n')) == Some(head) {
            for line in lines {
                let Some((key, result)) = line.strip_suffix('\n').and_then(entry) else { break };
                kept.insert(key, result);
                whole += line;
            }
        }
        std::fs::write(&path, format!("{head}\n{whole}"))
            .map_err(|reason| failed("written", reason))?;
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.map_err(|reason| failed("written", reason))?;
        Ok(Self { file: Some(Mutex::new(file)), kept: Mutex::new(kept), ..Self::default() })
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
        let other = Work::open(&folder, "another head").unwrap();
        ask(&other, true).unwrap();
        assert_eq!(other.count(), (1, 0));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_journal_cut_anywhere_keeps_what_is_whole_before_the_cut() {
        let folder = folder("cut");
        let work = Work::open(&folder, "head").unwrap();
        for n in 0..4_u32 {
            work.once::<_, Infallible>(&format!("key {n}"), || Ok(n)).unwrap();
        }
        let octets = std::fs::read(folder.join(FILE)).unwrap();
        for end in 0..=octets.len() {
            std::fs::write(folder.join(FILE), &octets[..end]).unwrap();
            let whole = octets[..end].iter().filter(|octet| **octet == b'\n').count();
            let kept = Work::open(&folder, "head").unwrap().kept.into_inner().unwrap();
            assert_eq!(kept.len(), whole.saturating_sub(1), "cut at {end}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
