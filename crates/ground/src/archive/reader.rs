//! Reading the archive from the beginning or from a place in it, past damage.
//!
//! A payload may hold what looks like a record: stations may send anything. So what is found after octets that were
//! skipped is believed only if its number fits: later than the one before it in the file, and by no more than the
//! skipped octets could hold.

use super::record::{self, Found, HEADER, MAGIC, Record};
use super::{ArchiveError, Position, SEGMENT_HEADER, segments};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Octets read at once.
const WINDOW: usize = 1 << 20;

/// Octets that are no record, between records or after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// File.
    pub file: PathBuf,
    /// First octet.
    pub offset: u64,
    /// How many.
    pub octets: u64,
}

/// Goes through the records, in order, each once.
#[derive(Debug)]
pub struct Reader {
    /// Files still to read, the next one last.
    files: Vec<(u32, PathBuf)>,
    file: Option<(File, PathBuf)>,
    window: Vec<u8>,
    /// Next octet in the window, and its place in the file.
    at: usize,
    position: Position,
    ended: bool,
    number: u64,
    /// Whether `number` is that of the record before: not so after a segment that is missing.
    known: bool,
    /// Number of the last record in this file.
    before: u64,
    /// Octets skipped since the last record.
    lost: u64,
    damage: Vec<Damage>,
}

impl Reader {
    /// From `from`, which must be the place of a record or the beginning of a segment.
    pub fn new(folder: &Path, from: Position) -> Result<Self, ArchiveError> {
        Self::after(folder, from, 0)
    }

    /// As [`Reader::new`], where the record before `from` is known to have this number.
    pub fn after(folder: &Path, from: Position, number: u64) -> Result<Self, ArchiveError> {
        let mut files = segments(folder)?;
        files.retain(|(segment, _)| *segment >= from.segment);
        files.reverse();
        let mut reader = Self {
            files,
            file: None,
            window: Vec::new(),
            at: 0,
            position: from,
            ended: false,
            number,
            known: number > 0 || from.segment <= 1 && from.offset <= SEGMENT_HEADER,
            before: 0,
            lost: 0,
            damage: Vec::new(),
        };
        let begin = from.offset.max(SEGMENT_HEADER);
        reader.open(from.segment, begin)?;
        Ok(reader)
    }

    /// The next record with its place; `None` after the last.
    #[allow(clippy::should_implement_trait)] // what it gives is lent
    pub fn next(&mut self) -> Result<Option<(Position, u64, Record<'_>)>, ArchiveError> {
        loop {
            match self.step()? {
                Step::Record { octets, number } => {
                    let (position, begin) = (self.position, self.at);
                    self.advance(octets);
                    (self.known, self.before, self.lost) = (true, number, 0);
                    if number <= self.number {
                        continue; // written again after the disk refused to confirm it
                    }
                    self.number = number;
                    let whole = self.window.get(begin..begin + octets).unwrap_or_default();
                    return Ok(record::read(whole).map(|record| (position, number, record)));
                }
                Step::EndOfFile => {
                    let Some((segment, _)) = self.files.last() else { return Ok(None) };
                    let segment = *segment;
                    self.open(segment, SEGMENT_HEADER)?;
                }
            }
        }
    }

    /// Where the last record that was read ends.
    pub fn position(&self) -> Position {
        self.position
    }
    /// What was skipped so far; the end of the last file is among it if it was cut.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }
    /// Number of the last record.
    pub fn number(&self) -> u64 {
        self.number
    }

    fn open(&mut self, segment: u32, offset: u64) -> Result<(), ArchiveError> {
        use std::io::{Seek, SeekFrom};
        let Some((next, path)) = self.files.pop() else { return Ok(()) };
        let offset = if next == segment { offset } else { SEGMENT_HEADER };
        let failed = |reason| ArchiveError::Unreadable { file: path.clone(), reason };
        let mut file = File::open(&path).map_err(failed)?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        self.file = Some((file, path));
        self.known &= next <= self.position.segment + 1;
        self.before = 0;
        self.position = Position { segment: next, offset };
        (self.at, self.ended) = (0, false);
        self.window.clear();
        Ok(())
    }

    fn advance(&mut self, octets: usize) {
        self.at += octets;
        self.position.offset += octets as u64;
    }

    /// Makes `octets` octets visible, fewer where the file ends.
    fn fill(&mut self, octets: usize) -> Result<(), ArchiveError> {
        if self.window.len() - self.at >= octets || self.ended {
            return Ok(());
        }
        self.window.drain(..self.at);
        self.at = 0;
        let Some((file, path)) = &mut self.file else {
            self.ended = true;
            return Ok(());
        };
        while self.window.len() < octets && !self.ended {
            let have = self.window.len();
            self.window.resize(have + WINDOW, 0);
            let read = file.read(&mut self.window[have..]);
            let read =
                read.map_err(|reason| ArchiveError::Unreadable { file: path.clone(), reason })?;
            self.window.truncate(have + read);
            self.ended = read == 0;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Step, ArchiveError> {
        let mut skipped = 0;
        let begin = self.position.offset;
        loop {
            self.fill(HEADER)?;
            let mut found = record::find(&self.window[self.at..]);
            if let Found::Needs(octets) = found {
                self.fill(octets)?;
                found = match record::find(&self.window[self.at..]) {
                    Found::Needs(_) => Found::Foreign,
                    found => found,
                };
            }
            match found {
                Found::Whole { number, octets } if self.fits(number, skipped) => {
                    self.note(begin, skipped);
                    return Ok(Step::Record { octets, number });
                }
                _ if self.at >= self.window.len() => {
                    self.note(begin, skipped);
                    if skipped > 0 {
                        self.position.offset = begin; // nothing whole follows: it ends here
                    }
                    return Ok(Step::EndOfFile);
                }
                _ => {
                    let rest = &self.window[self.at + 1..];
                    let next = rest.iter().position(|octet| *octet == MAGIC[0]);
                    let step = 1 + next.unwrap_or(rest.len());
                    self.advance(step);
                    skipped += step as u64;
                    self.lost += step as u64;
                }
            }
        }
    }

    /// Whether a record of this number may follow `skipped` octets that are none.
    fn fits(&self, number: u64, skipped: u64) -> bool {
        let most = self.number.saturating_add(1 + self.lost / HEADER as u64);
        skipped == 0 || number > self.before && (!self.known || number <= most)
    }

    fn note(&mut self, offset: u64, octets: u64) {
        if let (true, Some((_, file))) = (octets > 0, &self.file) {
            self.damage.push(Damage { file: file.clone(), offset, octets });
        }
    }
}

enum Step {
    Record { octets: usize, number: u64 },
    EndOfFile,
}
