//! The archive: every octet that was received, in the order and in the pieces in which it came, before anyone has
//! looked at it.
//!
//! Owns: a folder of segments, each a row of records ([`record`]); appending, confirmation by the disk, recovery
//! after the program or the computer stopped at any moment.
//! Does not own: what the octets mean. Garbage is kept as faithfully as frames.
//!
//! Rules. A record is written before its octets are decoded. It is confirmed when `fdatasync` has returned for its
//! file, and only then may a station be told; many records share one confirmation. If the disk refuses to confirm,
//! its pages may be gone although a second call succeeds, so all that is not confirmed is written anew into a new
//! segment. If a write fails, the file is cut back to its last whole record and the write can be repeated. After a
//! kill, what follows the last whole record is moved aside, not deleted.
//! Refuses: two programs in one folder (a lock file), silent repair (what was skipped is told).

pub mod reader;
pub mod record;

use reader::{Damage, Reader};
use record::Record;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A segment that has reached this size is followed by the next.
pub const SEGMENT_OCTETS: u64 = 64 << 20;
/// A program that is just ending has this long to leave its archive.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
/// After the second refusal of the disk in a row, until everything unconfirmed is written again; twice as long after
/// each further one.
const BACK_OFF: Duration = Duration::from_secs(1);
/// At the most so long.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);
/// What a segment begins with.
const SEGMENT_MAGIC: [u8; 16] = *b"FRIGORIS ARCH 01";
pub(crate) const SEGMENT_HEADER: u64 = SEGMENT_MAGIC.len() as u64;

/// Why the archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The folder cannot be made or listed.
    #[error("{folder}: the archive's folder cannot be used: {reason}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Another program writes there.
    #[error("{folder}: another program is using this archive")]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A segment cannot be read.
    #[error("{file}: cannot be read: {reason}")]
    Unreadable {
        /// The segment.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A segment cannot be written: disk full, or worse. Nothing more is acknowledged.
    #[error("{file}: cannot be written: {reason}")]
    Unwritable {
        /// The segment.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The disk does not confirm what was written, and is not asked again yet.
    #[error(
        "{folder}: the disk does not confirm what was written; nothing more is taken until it does"
    )]
    Refused {
        /// The archive's folder.
        folder: PathBuf,
    },
    /// A file with a segment's name that is none.
    #[error("{file}: is no segment of an archive")]
    Foreign {
        /// The file.
        file: PathBuf,
    },
}

/// A place in the archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the segment, from 1.
    pub segment: u32,
    /// Octets from its beginning.
    pub offset: u64,
}

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whole records.
    pub records: u64,
    /// Octets of their payloads.
    pub octets: u64,
    /// What was skipped, and the torn end; the latter was moved into a file beside it.
    pub damage: Vec<Damage>,
}

/// Files to confirm, and what is confirmed with them.
#[derive(Debug)]
pub struct Confirmation {
    files: Vec<(Arc<File>, PathBuf)>,
    number: u64,
}

impl Confirmation {
    /// Waits for the disk. Needs no access to the archive, which goes on writing meanwhile.
    pub fn wait(&self) -> Result<(), ArchiveError> {
        for (file, path) in &self.files {
            let synced = file.sync_data();
            synced.map_err(|reason| ArchiveError::Unwritable { file: path.clone(), reason })?;
        }
        Ok(())
    }
}

/// The open archive.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    _lock: File,
    /// Written and not confirmed; the last is the one that grows.
    files: Vec<(Arc<File>, PathBuf)>,
    segment: u32,
    /// Octets of the growing file that are whole records.
    end: u64,
    /// Whether there may be half a record after `end`.
    torn: bool,
    /// Number of the next record.
    next: u64,
    confirmed: u64,
    /// What is not confirmed: last number and octets of each write.
    unconfirmed: VecDeque<(u64, Vec<u8>)>,
    unconfirmed_octets: usize,
    /// The disk has refused to confirm: everything unconfirmed goes into a new segment first.
    refused: bool,
    /// Refusals in a row.
    refusals: u32,
    /// Not to be written again before.
    again_at: Instant,
    segment_octets: u64,
}

/// Segments of a folder, by number.
pub(crate) fn segments(folder: &Path) -> Result<Vec<(u32, PathBuf)>, ArchiveError> {
    let failed = |reason| ArchiveError::Folder { folder: folder.to_path_buf(), reason };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("segment-"));
        let number = number.and_then(|name| name.strip_suffix(".frar")?.parse().ok());
        found.extend(number.map(|number: u32| (number, entry.path())));
    }
    found.sort();
    Ok(found)
}

/// A file that was not there before, with its name: this one, or with a number after it.
pub(crate) fn fresh(first: &Path) -> std::io::Result<(PathBuf, File)> {
    let mut name = first.to_path_buf();
    for n in 2_u32.. {
        match OpenOptions::new().write(true).create_new(true).open(&name) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                name = first.to_path_buf();
                name.as_mut_os_string().push(format!("-{n}"));
            }
            opened => return opened.map(|file| (name, file)),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

fn segment_path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("segment-{segment:06}.frar"))
}

impl Archive {
    /// Opens or begins the archive in `folder`, hands every record to `heed`, repairs the end.
    pub fn open(
        folder: &Path,
        mut heed: impl FnMut(Position, u64, &Record<'_>),
    ) -> Result<(Self, Recovery), ArchiveError> {
        let failed = |reason| ArchiveError::Folder { folder: folder.to_path_buf(), reason };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let lock = folder.join("lock");
        let unwritable = |reason| ArchiveError::Unwritable { file: lock.clone(), reason };
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&lock);
        let locked = opened.map_err(unwritable)?;
        let begun = Instant::now();
        while let Err(error) = locked.try_lock() {
            match error {
                TryLockError::WouldBlock if begun.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(LOCK_PATIENCE / 100);
                }
                TryLockError::WouldBlock => {
                    return Err(ArchiveError::InUse { folder: folder.to_path_buf() });
                }
                TryLockError::Error(reason) => return Err(unwritable(reason)),
            }
        }
        for (_, path) in segments(folder)? {
            Self::check_header(&path)?;
        }
        let mut recovery = Recovery::default();
        let mut reader = Reader::new(folder, Position { segment: 1, offset: 0 })?;
        while let Some((position, number, record)) = reader.next()? {
            recovery.records += 1;
            recovery.octets += record.payload.len() as u64;
            heed(position, number, &record);
        }
        recovery.damage = reader.damage().to_vec();
        let mut archive = Self {
            folder: folder.to_path_buf(),
            _lock: locked,
            files: Vec::new(),
            segment: 0,
            end: 0,
            torn: false,
            next: reader.number().saturating_add(1),
            confirmed: reader.number(),
            unconfirmed: VecDeque::new(),
            unconfirmed_octets: 0,
            refused: false,
            refusals: 0,
            again_at: begun,
            segment_octets: SEGMENT_OCTETS,
        };
        archive.resume(reader.position())?;
        Ok((archive, recovery))
    }

    /// A segment of a program that was killed while it began may lack its header; it holds nothing then.
    fn check_header(path: &Path) -> Result<(), ArchiveError> {
        use std::io::Read;
        let unreadable = |reason| ArchiveError::Unreadable { file: path.to_path_buf(), reason };
        let mut begin = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(SEGMENT_HEADER).read_to_end(&mut begin).map_err(unreadable)?;
        if SEGMENT_MAGIC.starts_with(&begin) {
            return Ok(());
        }
        Err(ArchiveError::Foreign { file: path.to_path_buf() })
    }

    /// Goes on after the last whole record; moves what follows it aside.
    fn resume(&mut self, end: Position) -> Result<(), ArchiveError> {
        let mut found = segments(&self.folder)?;
        // A program that was killed may have left in any of them what the disk has never confirmed.
        for (_, path) in &found {
            let opened = OpenOptions::new().append(true).open(path);
            let synced = opened.and_then(|file| file.sync_all());
            synced.map_err(|reason| ArchiveError::Unwritable { file: path.clone(), reason })?;
        }
        self.sync_folder()?;
        let Some((segment, path)) = found.pop() else { return self.begin(1) };
        let unwritable = |reason| ArchiveError::Unwritable { file: path.clone(), reason };
        let file = OpenOptions::new().append(true).open(&path).map_err(unwritable)?;
        let octets = file.metadata().map_err(unwritable)?.len();
        if octets < SEGMENT_HEADER {
            file.set_len(0).map_err(unwritable)?;
            return self.begin(segment);
        }
        let whole = if segment == end.segment { end.offset } else { SEGMENT_HEADER };
        if octets > whole {
            self.set_aside(&path, whole)?;
            file.set_len(whole).map_err(unwritable)?;
        }
        file.sync_all().map_err(unwritable)?;
        self.files.push((Arc::new(file), path));
        (self.segment, self.end) = (segment, whole);
        Ok(())
    }

    /// Copies what follows `whole` into a file of its own.
    fn set_aside(&self, path: &Path, whole: u64) -> Result<(), ArchiveError> {
        use std::io::{Seek, SeekFrom};
        let first = path.with_extension(format!("torn-{whole}"));
        let copy = || -> std::io::Result<()> {
            let mut from = File::open(path)?;
            from.seek(SeekFrom::Start(whole))?;
            let (_, mut to) = fresh(&first)?;
            std::io::copy(&mut from, &mut to)?;
            to.sync_all()
        };
        copy().map_err(|reason| ArchiveError::Unwritable { file: first.clone(), reason })?;
        self.sync_folder()
    }

    /// A file's name is on disk when its folder is.
    fn sync_folder(&self) -> Result<(), ArchiveError> {
        // Not every system opens folders.
        let Ok(folder) = File::open(&self.folder) else { return Ok(()) };
        let failed = |reason| ArchiveError::Folder { folder: self.folder.clone(), reason };
        folder.sync_all().map_err(failed)
    }

    /// Begins a segment.
    fn begin(&mut self, segment: u32) -> Result<(), ArchiveError> {
        let path = segment_path(&self.folder, segment);
        let unwritable = |reason| ArchiveError::Unwritable { file: path.clone(), reason };
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(unwritable)?;
        // Ours alone: no whole record was ever written to a segment of this number.
        file.set_len(0).map_err(unwritable)?;
        (&file).write_all(&SEGMENT_MAGIC).map_err(unwritable)?;
        file.sync_all().map_err(unwritable)?;
        self.sync_folder()?;
        self.files.push((Arc::new(file), path.clone()));
        (self.segment, self.end, self.torn) = (segment, SEGMENT_HEADER, false);
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), ArchiveError> {
        let Some((file, path)) = self.files.last() else { return Ok(()) };
        let unwritable = |reason| ArchiveError::Unwritable { file: path.clone(), reason };
        if self.torn {
            file.set_len(self.end).map_err(unwritable)?;
            self.torn = false;
        }
        if let Err(reason) = (&**file).write_all(octets) {
            self.torn = file.set_len(self.end).is_err();
            return Err(unwritable(reason));
        }
        self.end += octets.len() as u64;
        Ok(())
    }

    /// Writes records, all or none. After an error the same call can be made again.
    ///
    /// Returns the place and the number of the first of them.
    pub fn append(&mut self, records: &[Record<'_>]) -> Result<(Position, u64), ArchiveError> {
        self.retry()?;
        if self.refused {
            return Err(ArchiveError::Refused { folder: self.folder.clone() });
        }
        if self.end >= self.segment_octets {
            self.begin(self.segment + 1)?;
        }
        let octets = records.iter().map(|record| record::HEADER + record.payload.len()).sum();
        let mut buffer = Vec::with_capacity(octets);
        let first = self.next;
        for (number, record) in (first..).zip(records) {
            record::write(number, record, &mut buffer);
        }
        let position = self.position();
        self.write(&buffer)?;
        self.next += records.len() as u64;
        self.unconfirmed_octets += buffer.len();
        self.unconfirmed.push_back((self.next - 1, buffer));
        Ok((position, first))
    }

    fn start_over(&mut self) -> Result<(), ArchiveError> {
        self.begin(self.segment + 1)?;
        let again = std::mem::take(&mut self.unconfirmed);
        let written = again.iter().try_for_each(|(_, octets)| self.write(octets));
        self.unconfirmed = again;
        written?;
        // The others hold nothing that is not here as well.
        self.files.drain(..self.files.len() - 1);
        self.refused = false;
        Ok(())
    }

    /// Where the next record will be.
    pub fn position(&self) -> Position {
        Position { segment: self.segment, offset: self.end }
    }
    /// Octets that are written and not confirmed.
    pub fn unconfirmed_octets(&self) -> usize {
        self.unconfirmed_octets
    }
    /// Number of the last record that is on disk for certain.
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// What is to be confirmed next; `None` if nothing is.
    pub fn confirmation(&mut self) -> Option<Confirmation> {
        let (number, _) = self.unconfirmed.back()?;
        (!self.refused).then(|| Confirmation { files: self.files.clone(), number: *number })
    }

    /// The disk has answered. After a refusal everything unconfirmed is written again; an error says that even this
    /// failed, and it is tried again with the next [`Archive::append`] or [`Archive::retry`].
    pub fn answered(
        &mut self,
        confirmation: &Confirmation,
        answer: &Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        if answer.is_err() {
            self.refuse();
            return self.retry();
        }
        // A file that the disk has refused may be said to be confirmed later: its pages are gone all the same.
        let newest = confirmation.files.last().map(|(file, _)| file);
        let ours = |newest| self.files.iter().any(|(file, _)| Arc::ptr_eq(file, newest));
        if self.refused || !newest.is_some_and(ours) {
            return Ok(());
        }
        self.refusals = 0;
        self.confirmed = self.confirmed.max(confirmation.number);
        while let Some((number, octets)) = self.unconfirmed.front() {
            if *number > confirmation.number {
                break;
            }
            self.unconfirmed_octets -= octets.len();
            self.unconfirmed.pop_front();
        }
        // Files before the growing one are done with.
        if let Some(newest) = newest {
            let done = self.files.iter().position(|(file, _)| Arc::ptr_eq(file, newest));
            self.files.drain(..done.unwrap_or(0));
        }
        Ok(())
    }

    /// The first refusal is answered at once; after further ones the disk is given time, and its room is spared.
    fn refuse(&mut self) {
        self.refused = true;
        let wait = self.refusals.checked_sub(1).map_or(Duration::ZERO, |further| {
            BACK_OFF.saturating_mul(1 << further.min(10)).min(BACK_OFF_MAX)
        });
        self.again_at = Instant::now() + wait;
        self.refusals = self.refusals.saturating_add(1);
    }

    /// Whether the disk has refused and has confirmed nothing since.
    pub fn suspect(&self) -> bool {
        self.refusals > 0
    }

    /// Tries to come out of a refusal, when it is time.
    pub fn retry(&mut self) -> Result<(), ArchiveError> {
        if !self.refused || Instant::now() < self.again_at {
            return Ok(());
        }
        let written = self.start_over();
        if written.is_err() {
            self.refuse();
        }
        written
    }
}

#[cfg(test)]
#[path = "archive/tests.rs"]
mod tests;
