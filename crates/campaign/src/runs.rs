//! Many runs of one scenario, and what they amount to.
//!
//! Owns: running them on all cores, keeping what is done, making one result of it.
//! Does not own: one run (`closed_loop`), intervals (`statistics`), the screen (`app`).
//! Each run's random streams are keyed by (seed, run, component), so a run gives the same bits on any
//! thread and can be replayed alone by its number.
//! A folder is one campaign: one scenario, seed and program ([`crate::code`]). Runs are flown in ascending order
//! and kept in parts, each written at once when its runs are done; what a folder holds is taken and only what is
//! missing is flown, so a campaign that was stopped, in whatever way, goes on where it stood. Parts of a shard, of
//! another machine or of another thread count are parts like all others; [`merge`] makes one result of them.
//! Memory: the rows of the parts in progress; records are off.

mod error;
mod folder;
mod merge;
mod row;
mod tally;
pub mod worst;

pub use error::CampaignError;
pub use folder::{Damaged, Label, RESULT, TIMINGS, forget};
pub use row::{MARGINS, Row, each_row, read_rows};
pub use tally::{Spread, Tally, spreads};

use crate::slurm::quoted;
use folder::{Shelf, tidy, without};
use rayon::prelude::*;
use rig::closed_loop::fly;
use rig::measures::MEASURES;
use rig::parquet_file::Writer;
use rig::record::{Recording, WriteError};
use rig::stand::Stand;
use rig::statistics::Share;
use rig::verdict::{Class, Grade, Outcome};
use row::WALL;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Runs written together, at least and at most; in between a thousandth of those asked for.
const PART: Range<u64> = 100..1000;

/// What is to be flown.
#[derive(Clone, Debug)]
pub struct Order {
    /// The runs of the whole campaign.
    pub runs: Range<u64>,
    /// The piece of them that is flown here; `None` for all.
    pub shard: Option<Shard>,
    /// Runs written together.
    pub part_len: u64,
    /// The command that flies one of them, less its `--run`: for whoever reads the result.
    pub fly: String,
    /// The scenario file in it.
    pub file: String,
}

impl Order {
    /// All of `runs`.
    pub fn new(stand: &Stand, runs: Range<u64>) -> Self {
        let part_len = (runs.end.saturating_sub(runs.start) / 1000).clamp(PART.start, PART.end);
        let scenario = &stand.scenario;
        let file = scenario.path.display().to_string();
        // Whoever made the stand may have set another seed than the file's.
        let fly = format!("frigoris fly {} --seed {}", quoted(&file), scenario.seed);
        Self { runs, shard: None, part_len, fly, file }
    }

    /// The runs that are flown here.
    pub fn here(&self) -> Range<u64> {
        self.shard.map_or(self.runs.clone(), |shard| shard.of(&self.runs))
    }
}

/// One of several pieces of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub number: u64,
    /// Of how many.
    pub count: u64,
}

impl Shard {
    /// Its runs: the pieces are as equal as they can be, lie side by side and leave nothing out.
    pub fn of(self, runs: &Range<u64>) -> Range<u64> {
        let len = u128::from(runs.end.saturating_sub(runs.start));
        let count = u128::from(self.count.max(1));
        let at = |number: u64| {
            let offset = len * u128::from(number).min(count) / count;
            runs.start.saturating_add(u64::try_from(offset).unwrap_or(u64::MAX))
        };
        at(self.number.saturating_sub(1))..at(self.number)
    }
}

/// What a campaign amounts to.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// One row a run, ascending.
    pub rows: Vec<Row>,
    /// Runs that were there before.
    pub resumed: u64,
}

impl Campaign {
    /// The outcomes that occurred, best first.
    pub fn outcomes(&self) -> Vec<(Outcome, Share)> {
        Tally::of(&self.rows).outcomes()
    }

    /// The classes of touchdown that occurred, best first, as shares of all runs.
    pub fn classes(&self) -> Vec<(Class, Share)> {
        Tally::of(&self.rows).classes()
    }

    /// The grades that occurred, best first.
    pub fn grades(&self) -> Vec<(Grade, Share)> {
        Tally::of(&self.rows).grades()
    }

    /// The spread of every measure that any run has.
    pub fn spreads(&self) -> Vec<Spread> {
        let spread = |measure: &rig::measures::Measure| {
            let read = |row: &Row| (measure.read)(&row.measures);
            Spread::of(measure, self.rows.iter().filter_map(read).collect())
        };
        MEASURES.iter().filter_map(spread).collect()
    }
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs done, those from before included.
    pub done: u64,
    /// Runs asked for.
    pub total: u64,
    /// Runs among those done that were there before.
    pub resumed: u64,
    /// How the latest run ended.
    pub outcome: Outcome,
}

/// What [`fly_parts`] did.
#[derive(Debug)]
pub struct Flown {
    /// Runs flown now.
    pub flown: u64,
    /// Runs that were there before.
    pub resumed: u64,
    /// Files that could not be believed: their runs were flown again, and they lie under another name.
    pub damaged: Vec<Damaged>,
}

/// Flies `runs` of a scenario on the current `rayon` pool and leaves one result in `folder`.
///
/// - `folder`: receives [`RESULT`], [`TIMINGS`] and, until they are finished, one file a part. What it holds of the
///   same campaign is taken, and is in the result too.
/// - `progress`: called from any thread after each run that is flown.
/// - The result does not depend on the number of threads, nor on how often the campaign was stopped.
///
/// # Errors
/// A run that cannot start, a folder of another campaign, or one that cannot be written.
pub fn run(
    stand: &Stand,
    runs: Range<u64>,
    folder: &Path,
    progress: impl Fn(Progress) + Sync,
) -> Result<Campaign, CampaignError> {
    let part_len = Order::new(stand, runs.clone()).part_len;
    run_in_parts(stand, runs, part_len, folder, progress)
}

/// As [`run`], writing what is done every `part_len` runs.
///
/// # Errors
/// As [`run`].
pub fn run_in_parts(
    stand: &Stand,
    runs: Range<u64>,
    part_len: u64,
    folder: &Path,
    progress: impl Fn(Progress) + Sync,
) -> Result<Campaign, CampaignError> {
    let order = Order { part_len, ..Order::new(stand, runs.clone()) };
    let resumed = fly_parts(stand, &order, folder, progress)?.resumed;
    gather(folder)?;
    let mut rows = Vec::new();
    each_row(&folder.join(RESULT), |row| {
        if runs.contains(&row.run) {
            rows.push(row);
        }
    })?;
    Ok(Campaign { rows, resumed })
}

/// Flies what is missing of an order and leaves it in parts.
///
/// # Errors
/// As [`run`].
pub fn fly_parts(
    stand: &Stand,
    order: &Order,
    folder: &Path,
    progress: impl Fn(Progress) + Sync,
) -> Result<Flown, CampaignError> {
    std::fs::create_dir_all(folder)
        .map_err(|reason| WriteError::Folder { folder: folder.to_path_buf(), reason })?;
    let label = Label::of(stand, order);
    let mut shelf = Shelf { label: Some(label.clone()), ..Shelf::default() };
    shelf.add(folder)?;
    for damaged in &shelf.damaged {
        let file = damaged.file.clone();
        match std::fs::rename(&file, file.with_extension("damaged")) {
            // Another shard has set it aside.
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => {}
            moved => moved.map_err(|reason| WriteError::File { file, reason })?,
        }
    }
    let here = order.here();
    let total = here.end.saturating_sub(here.start);
    let parts: Vec<Range<u64>> = without(&[here], &shelf.held())
        .into_iter()
        .flat_map(|range| pieces(range, order.part_len))
        .collect();
    let flown: u64 = parts.iter().map(|part| part.end - part.start).sum();
    let resumed = total.saturating_sub(flown);
    let done = AtomicU64::new(resumed);
    let tell = |outcome| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(Progress { done, total, resumed, outcome });
    };
    fly_all(stand, &parts, &tell, |part, rows| {
        let file = folder.join(label.part_name(part));
        write_part(stand, &label, &label.part_facts(&order.runs), &file, rows)
    })?;
    Ok(Flown { flown, resumed, damaged: shelf.damaged })
}

/// Cuts a range into pieces of `len`, the last shorter.
fn pieces(range: Range<u64>, len: u64) -> Vec<Range<u64>> {
    let len = len.max(1);
    let count = (range.end - range.start).div_ceil(len);
    let start = |n: u64| range.start.saturating_add(n.saturating_mul(len)).min(range.end);
    (0..count).map(|n| start(n)..start(n + 1)).collect()
}

/// Flies the runs of all parts in ascending order, each by the next thread that is free, and hands a part on when
/// its last run is done: no thread waits for another.
fn fly_all(
    stand: &Stand,
    parts: &[Range<u64>],
    tell: &(impl Fn(Outcome) + Sync),
    finished: impl Fn(&Range<u64>, &[Row]) -> Result<(), WriteError> + Sync,
) -> Result<(), CampaignError> {
    // The number of runs before each part.
    let mut before = Vec::with_capacity(parts.len());
    let mut count = 0;
    for part in parts {
        before.push(count);
        count += usize::try_from(part.end - part.start).unwrap_or(usize::MAX);
    }
    let next = AtomicUsize::new(0);
    let open: Mutex<BTreeMap<usize, Vec<Row>>> = Mutex::default();
    let one = |_| {
        let place = next.fetch_add(1, Ordering::Relaxed);
        let number = before.partition_point(|before| *before <= place) - 1;
        let part = &parts[number];
        let row = fly_one(stand, part.start + (place - before[number]) as u64)?;
        tell(row.outcome);
        let whole = {
            let mut open = open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let rows = open.entry(number).or_default();
            rows.push(row);
            let whole = rows.len() as u64 == part.end - part.start;
            if whole { open.remove(&number) } else { None }
        };
        if let Some(mut rows) = whole {
            rows.sort_by_key(|row| row.run);
            finished(part, &rows)?;
        }
        Ok(())
    };
    (0..count).into_par_iter().try_for_each(one)
}

fn fly_one(stand: &Stand, run: u64) -> Result<Row, CampaignError> {
    let began = Instant::now();
    let flown = fly(stand, run, Recording::Off, |_| {})
        .map_err(|reason| CampaignError::Run { run, reason: Box::new(reason) })?;
    Ok(Row::of(&flown, began.elapsed().as_secs_f64() * 1e3))
}

fn write_part(
    stand: &Stand,
    label: &Label,
    facts: &[(&str, String)],
    file: &Path,
    rows: &[Row],
) -> Result<(), WriteError> {
    let mut heads: Vec<_> = label.heads.iter().map(|(key, unit)| (&key[..], &unit[..])).collect();
    heads.push((WALL, "ms"));
    let mut columns = vec![Vec::with_capacity(rows.len()); heads.len()];
    for row in rows {
        let inputs = stand.drawn(row.run);
        let values = row.values().into_iter().chain(inputs).chain([row.wall_ms]);
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    let mut writer = Writer::create(file, &heads)?;
    writer.group(&columns.iter().map(|column| &column[..]).collect::<Vec<_>>())?;
    writer.finish(facts)
}

/// Makes one result of what a folder holds, whatever else was asked for.
///
/// # Errors
/// As [`merge`], missing runs apart.
pub fn gather(folder: &Path) -> Result<(), CampaignError> {
    join(&[folder.to_path_buf()], folder, false)
}

/// Makes one result, in `out`, of all that folders hold of one campaign. A second time changes nothing, and a run that
/// is there twice counts once. Parts that lie in `out` are removed when they are in the result; what another process
/// has added since is left.
///
/// # Errors
/// Files of different campaigns, a file that is damaged, two rows of one run that differ, a run that was asked for
/// and is not there, a folder that cannot be written.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<(), CampaignError> {
    join(folders, out, true)
}

fn join(folders: &[PathBuf], out: &Path, all: bool) -> Result<(), CampaignError> {
    let mut shelf = Shelf::default();
    folders.iter().try_for_each(|folder| shelf.add(folder))?;
    if let Some(Damaged { file, reason }) = shelf.damaged.pop() {
        return Err(CampaignError::Damaged { file, reason });
    }
    let Some(label) = &shelf.label else {
        let folder = folders.first().cloned().unwrap_or_default();
        return Err(CampaignError::Empty { folder });
    };
    let missing = without(&shelf.asked(), &shelf.held());
    if all && !missing.is_empty() {
        let campaign = label.fact("frigoris.fly").replacen(" fly ", " campaign ", 1);
        return Err(CampaignError::missing(&missing, &campaign, out));
    }
    std::fs::create_dir_all(out)
        .map_err(|reason| WriteError::Folder { folder: out.to_path_buf(), reason })?;
    let result = out.join(RESULT);
    let finished = matches!(&shelf.sources[..], [one] if one.file == result);
    let merged: Vec<PathBuf> = shelf.sources.iter().map(|source| source.file.clone()).collect();
    if !finished {
        let facts = label.result_facts(&shelf.asked(), &missing);
        merge::write(label, &facts, shelf.sources, out)?;
    }
    Ok(tidy(out, &merged)?)
}

/// The shards of an order that still have runs to fly in a folder, by their numbers.
///
/// # Errors
/// As [`run`].
pub fn open_shards(
    stand: &Stand,
    order: &Order,
    shards: u64,
    folder: &Path,
) -> Result<Vec<u64>, CampaignError> {
    let mut shelf = Shelf { label: Some(Label::of(stand, order)), ..Shelf::default() };
    if folder.exists() {
        shelf.add(folder)?;
    }
    let held = shelf.held();
    let open = |number: &u64| {
        let runs = Shard { number: *number, count: shards }.of(&order.runs);
        !without(&[runs], &held).is_empty()
    };
    Ok((1..=shards).filter(open).collect())
}

#[cfg(test)]
mod tests;
