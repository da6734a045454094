//! Batches and failures on file, so that a long estimate can be stopped, and a failure flown again.
//!
//! Owns: [`Folder`], [`Failure`]. A batch's file is named by all that its result depends on; one of another
//! scenario, seed, size or program is another file and never mixed in. Written aside and then renamed: a file
//! that is there is whole.

use super::{Batch, Desk, Point};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A folder that batches are kept in.
pub struct Folder<F> {
    folder: PathBuf,
    key: String,
    ran: F,
    trouble: Mutex<Option<KeptError>>,
}

/// Why something could not be kept or read back.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// A file could not be written.
    #[error("{}: cannot be written", file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// A failure's file could not be read.
    #[error("{}: cannot be read", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: is no failure that `frigoris rare` has written", file.display())]
    NotOurs {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        reason: Box<toml::de::Error>,
    },
    /// A value has no place in such a file.
    #[error("{}: cannot be put into words", file.display())]
    Unwritable {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        reason: Box<toml::ser::Error>,
    },
}

impl miette::Diagnostic for KeptError {}

impl<F: Fn() + Sync> Folder<F> {
    /// Keeps batches in `folder` under `key`; `ran` is told of every run.
    pub fn new(folder: &Path, key: &str, ran: F) -> Self {
        let (folder, key) = (folder.to_path_buf(), key.to_string());
        Self { folder, key, ran, trouble: Mutex::new(None) }
    }

    fn file(&self, stage: &str, batch: u64) -> PathBuf {
        self.folder.join(format!("batch-{}-{stage}-{batch:04}.toml", self.key))
    }

    /// The first trouble there was in keeping a batch.
    pub fn trouble(self) -> Option<KeptError> {
        self.trouble.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<F: Fn() + Sync> Desk for Folder<F> {
    fn ran(&self) {
        (self.ran)();
    }

    fn kept(&self, stage: &str, batch: u64) -> Option<Batch> {
        let text = std::fs::read_to_string(self.file(stage, batch)).ok()?;
        toml::from_str(&text).ok()
    }

    fn keep(&self, stage: &str, batch: u64, done: &Batch) {
        if let Err(error) = write(&self.file(stage, batch), done) {
            let mut trouble =
                self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            trouble.get_or_insert(error);
        }
    }
}

/// A flight with the event, and all it takes to fly it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The scenario, as it was named.
    pub scenario: PathBuf,
    /// Measured elevation named beside it.
    pub terrain: Vec<PathBuf>,
    /// Its seed.
    pub seed: u64,
    /// SHA-256 of the scenario: another one is another flight.
    pub scenario_hash: String,
    /// The event.
    pub event: String,
    /// Inputs and noise; without inputs the run draws its own.
    pub point: Point,
}

impl Failure {
    /// Writes it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), KeptError> {
        write(file, self)
    }

    /// Reads it back.
    ///
    /// # Errors
    /// A file that is absent or not one of ours.
    pub fn read(file: &Path) -> Result<Self, KeptError> {
        let named = || file.to_path_buf();
        let text = std::fs::read_to_string(file)
            .map_err(|reason| KeptError::Read { file: named(), reason })?;
        toml::from_str(&text)
            .map_err(|reason| KeptError::NotOurs { file: named(), reason: Box::new(reason) })
    }
}

fn write(file: &Path, what: &impl Serialize) -> Result<(), KeptError> {
    let text = toml::to_string(what).map_err(|reason| KeptError::Unwritable {
        file: file.to_path_buf(),
        reason: Box::new(reason),
    })?;
    let aside = file.with_extension("part");
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&aside, text))
        .and_then(|()| std::fs::rename(&aside, file))
        .map_err(|reason| KeptError::Write { file: file.to_path_buf(), reason })
}
