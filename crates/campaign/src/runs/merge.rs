//! One result of many parts.
//!
//! Owns: [`write`]: all rows in ascending order, each run once, in row groups of one size, so that the result is
//! the same file however its runs were spread over parts, shards and machines. A run that is there twice must be
//! the same bit by bit and counts once.
//! Memory: one row group of the result, and of the parts those that overlap at one run.

use super::CampaignError;
use super::folder::{Label, RESULT, Source, TIMINGS};
use super::row::WALL;
use rig::parquet_file::{Reader, Writer};
use rig::record::WriteError;
use std::path::Path;

/// Rows of a row group.
const GROUP: usize = 10_000;

/// Writes the result with these facts, and beside it the wall times, from files of one campaign.
pub(super) fn write(
    label: &Label,
    facts: &[(&str, String)],
    mut sources: Vec<Source>,
    folder: &Path,
) -> Result<(), CampaignError> {
    sources.sort_by_key(Source::first);
    let heads: Vec<_> = label.heads.iter().map(|(key, unit)| (&key[..], &unit[..])).collect();
    let mut result = Table::create(&folder.join(RESULT), &heads)?;
    let mut timings = Table::create(&folder.join(TIMINGS), &[("run", ""), (WALL, "ms")])?;
    let mut waiting = sources.into_iter().peekable();
    let mut open: Vec<Cursor> = Vec::new();
    loop {
        let next = open.iter().map(Cursor::run).min_by(f64::total_cmp);
        let due = |source: &Source| next.is_none_or(|run| source.first() as f64 <= run);
        if let Some(source) = waiting.next_if(due) {
            open.extend(Cursor::open(&source)?);
            continue;
        }
        let Some(run) = next else { break };
        let mut holders = open.iter().filter(|cursor| cursor.run() == run);
        if let Some(first) = holders.next() {
            for other in holders {
                first.agrees(other, heads.len())?;
            }
            result.add((0..heads.len()).map(|column| first.value(column)))?;
            timings.add([run, first.wall_ms()].into_iter())?;
        }
        for cursor in open.iter_mut().filter(|cursor| cursor.run() == run) {
            cursor.advance()?;
        }
        open.retain(|cursor| !cursor.run().is_nan());
    }
    timings.finish(&[])?;
    result.finish(facts)
}

/// A file that is filled row by row.
struct Table {
    writer: Writer,
    columns: Vec<Vec<f64>>,
}

impl Table {
    fn create(path: &Path, heads: &[(&str, &str)]) -> Result<Self, WriteError> {
        Ok(Self { writer: Writer::create(path, heads)?, columns: vec![Vec::new(); heads.len()] })
    }

    fn add(&mut self, row: impl Iterator<Item = f64>) -> Result<(), WriteError> {
        self.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        if self.columns.first().map_or(0, Vec::len) < GROUP {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        let columns: Vec<&[f64]> = self.columns.iter().map(|column| &column[..]).collect();
        self.writer.group(&columns)?;
        self.columns.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    fn finish(mut self, facts: &[(&str, String)]) -> Result<(), CampaignError> {
        if self.columns.first().is_some_and(|column| !column.is_empty()) {
            self.flush()?;
        }
        Ok(self.writer.finish(facts)?)
    }
}

/// A place in a file of rows.
struct Cursor {
    file: std::path::PathBuf,
    reader: Reader,
    group: usize,
    columns: Vec<Vec<f64>>,
    at: usize,
    times: Times,
}

/// Where the wall times of a file are.
enum Times {
    /// In its column of that number.
    Beside(usize),
    /// In the file of times that belongs to a result: run and time.
    Apart(Vec<f64>, Vec<f64>),
}

impl Cursor {
    /// At the first row; `None` when there is none.
    fn open(source: &Source) -> Result<Option<Self>, WriteError> {
        let reader = Reader::open(&source.file)?;
        let wall = reader.keys().iter().position(|key| key == WALL);
        // Times are no evidence: where they are lost, the result still counts.
        let apart = || {
            let reader = Reader::open(&source.file.with_file_name(TIMINGS)).ok()?;
            Some(Times::Apart(reader.column("run").ok()??, reader.column(WALL).ok()??))
        };
        let none = || Times::Apart(Vec::new(), Vec::new());
        let times = match wall {
            Some(column) => Times::Beside(column),
            None if source.is_result() => apart().unwrap_or_else(none),
            None => none(),
        };
        let (file, columns) = (source.file.clone(), Vec::new());
        let mut cursor = Self { file, reader, group: 0, columns, at: 0, times };
        cursor.load()?;
        Ok((!cursor.run().is_nan()).then_some(cursor))
    }

    /// The next row group that has rows; without one the cursor has no run.
    fn load(&mut self) -> Result<(), WriteError> {
        self.columns.clear();
        self.at = 0;
        while self.columns.first().is_none_or(Vec::is_empty) && self.group < self.reader.groups() {
            self.columns = self.reader.group(self.group)?;
            self.group += 1;
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), WriteError> {
        self.at += 1;
        if self.run().is_nan() { self.load() } else { Ok(()) }
    }

    fn value(&self, column: usize) -> f64 {
        self.columns.get(column).and_then(|values| values.get(self.at)).copied().unwrap_or(f64::NAN)
    }

    /// The run at which it stands, NaN at the end. Runs are the first column of every file of ours.
    fn run(&self) -> f64 {
        self.value(0)
    }

    fn wall_ms(&self) -> f64 {
        match &self.times {
            Times::Beside(column) => self.value(*column),
            Times::Apart(runs, times) => {
                let at = runs.binary_search_by(|run| run.total_cmp(&self.run())).ok();
                at.and_then(|at| times.get(at)).copied().unwrap_or(f64::NAN)
            }
        }
    }

    /// An error unless both rows are the same, bit by bit.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a run number
    fn agrees(&self, other: &Self, columns: usize) -> Result<(), CampaignError> {
        let same = |column| self.value(column).to_bits() == other.value(column).to_bits();
        if (0..columns).all(same) {
            return Ok(());
        }
        let run = self.run() as u64;
        Err(CampaignError::Conflict { run, a: self.file.clone(), b: other.file.clone() })
    }
}
