//! What lies in a campaign's folder.
//!
//! Owns: names, [`Label`] (what the files of one campaign have in common), [`Shelf`] (the files there, each with
//! the runs it holds). Does not own: rows (`row`), making one result of many parts (`merge`).
//! A file is believed when its values are the ones that were written (their SHA-256 stands beside them) and when
//! scenario, seed and program are those of the campaign; its name is believed nothing.

use super::row::{WALL, columns};
use super::{CampaignError, MARGINS, Order};
use parquet::errors::ParquetError;
use rig::parquet_file::Reader;
use rig::record::WriteError;
use rig::stand::Stand;
use rig::verdict::{Grade, Outcome};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The result of a campaign: one row a run, ascending, the same bits however it was flown.
pub const RESULT: &str = "campaign.parquet";
/// The wall time of each run, which no two campaigns share.
pub const TIMINGS: &str = "timings.parquet";

/// Facts that make runs comparable, and what a person calls them.
const SAME: [(&str, &str); 3] = [
    ("frigoris.scenario_hash", "scenario"),
    ("frigoris.seed", "seed"),
    ("frigoris.code", "program"),
];
/// Facts of every file, in order; units stand before them.
const FACTS: [&str; 11] = [
    "frigoris.title",
    "frigoris.seed",
    "frigoris.scenario_hash",
    "frigoris.code",
    "frigoris.version",
    "frigoris.outcomes",
    "frigoris.grades",
    "frigoris.limits",
    "frigoris.fly",
    "frigoris.file",
    "frigoris.scenario",
];
/// Of parts, and of results that lack some: the runs that were asked for together with theirs, `START END` each.
const ASKED: &str = "frigoris.asked";
/// Something half written that is older than this is what a killed program left, s. Assumed: no part or result takes so
/// long to write.
const STALE_S: u64 = 3600;

/// What the files of one campaign have in common.
#[derive(Clone, Debug)]
pub struct Label {
    /// Facts, in one order.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Keys and units of the columns of a result.
    pub(super) heads: Vec<(String, String)>,
}

impl Label {
    /// Of an order of runs on a stand.
    pub fn of(stand: &Stand, order: &Order) -> Self {
        let names = |names: Vec<&str>| names.join(",");
        let expect = &stand.scenario.expect;
        let limits = [
            expect.v_vertical_m_s_max,
            expect.v_horizontal_m_s_max,
            expect.tilt_deg_max,
            expect.miss_m_max,
            expect.propellant_kg_min,
        ];
        let limits = MARGINS.iter().zip(limits).map(|(key, limit)| format!("{key}={limit}"));
        let values = [
            stand.scenario.title.clone(),
            stand.scenario.seed.to_string(),
            stand.scenario.hash(),
            crate::code().to_string(),
            env!("CARGO_PKG_VERSION").to_string(),
            names(Outcome::ALL.iter().map(|o| o.name()).collect()),
            names(Grade::ALL.iter().map(|g| g.name()).collect()),
            limits.collect::<Vec<_>>().join(","),
            order.fly.clone(),
            order.file.clone(),
            stand.scenario.canonical.clone(),
        ];
        Self { facts: FACTS.into_iter().zip(values).collect(), heads: columns(stand) }
    }

    /// Of a file.
    fn read(reader: &Reader) -> Self {
        let all = reader.facts();
        let fact =
            |key: &str| all.iter().find(|(other, _)| other == key).map(|(_, value)| value.clone());
        let own = reader.keys().iter().filter(|key| *key != WALL);
        let unit = |key: &String| fact(&format!("unit.{key}")).unwrap_or_default();
        Self {
            facts: FACTS.map(|key| (key, fact(key).unwrap_or_default())).to_vec(),
            heads: own.map(|key| (key.clone(), unit(key))).collect(),
        }
    }

    /// One fact; empty when it is not there.
    pub fn fact(&self, key: &str) -> &str {
        self.facts.iter().find(|(other, _)| *other == key).map_or("", |(_, value)| value)
    }

    /// The name of a part with these runs.
    pub(super) fn part_name(&self, runs: &Range<u64>) -> String {
        let short = |key: &str| self.fact(key).get(..12).unwrap_or_default().to_string();
        let (scenario, code) = (short("frigoris.scenario_hash"), short("frigoris.code"));
        format!("part-{scenario}-{code}-{:08}-{:08}.parquet", runs.start, runs.end)
    }

    /// The facts of a part.
    pub(super) fn part_facts(&self, asked: &Range<u64>) -> Vec<(&'static str, String)> {
        let mut facts = self.facts.clone();
        facts.push((ASKED, format!("{} {}", asked.start, asked.end)));
        facts
    }

    /// The facts of a result; what was asked for stands in it as long as runs are missing.
    pub(super) fn result_facts(
        &self,
        asked: &[Range<u64>],
        missing: &[Range<u64>],
    ) -> Vec<(&'static str, String)> {
        let mut facts = self.facts.clone();
        if !missing.is_empty() {
            let ranges: Vec<String> =
                asked.iter().map(|range| format!("{} {}", range.start, range.end)).collect();
            facts.push((ASKED, ranges.join(",")));
        }
        facts
    }

    /// An error unless a file's label tells of the same campaign.
    fn same(&self, file: &Path, other: &Self) -> Result<(), CampaignError> {
        let differs = |what: &'static str, ours: &str, theirs: &str| CampaignError::Foreign {
            file: file.to_path_buf(),
            what,
            ours: ours.chars().take(16).collect(),
            theirs: theirs.chars().take(16).collect(),
        };
        for (key, what) in SAME {
            if self.fact(key) != other.fact(key) {
                return Err(differs(what, self.fact(key), other.fact(key)));
            }
        }
        if self.heads != other.heads {
            let count = |label: &Self| format!("{} columns", label.heads.len());
            return Err(differs("table", &count(self), &count(other)));
        }
        Ok(())
    }
}

/// A file with rows.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub file: PathBuf,
    /// The runs in it, ascending.
    pub runs: Vec<Range<u64>>,
    /// The runs that were asked for with them.
    pub asked: Vec<Range<u64>>,
}

impl Source {
    pub fn first(&self) -> u64 {
        self.runs.first().map_or(0, |runs| runs.start)
    }

    pub fn is_result(&self) -> bool {
        self.file.file_name().is_some_and(|name| name == RESULT)
    }

    fn read(file: &Path) -> Result<(Self, Label), WriteError> {
        let foreign = |what: &str| WriteError::Parquet {
            file: file.to_path_buf(),
            reason: ParquetError::General(what.to_string()),
        };
        let reader = Reader::open(file)?;
        let label = Label::read(&reader);
        // A result of an earlier program has no sum of its values; it is refused for its label.
        if !label.fact("frigoris.code").is_empty() {
            reader.verify()?;
        }
        let column = reader.column("run")?.ok_or_else(|| foreign("it has no column run"))?;
        let runs = ascending(&column).ok_or_else(|| foreign("its runs do not ascend"))?;
        let range = |text: &str| {
            let (start, end) = text.split_once(' ')?;
            Some(start.parse().ok()?..end.parse().ok()?)
        };
        let asked = reader.fact(ASKED).and_then(|text| {
            let ranges: Option<Vec<Range<u64>>> = text.split(',').map(range).collect();
            Some(union(ranges?.into_iter()))
        });
        let asked = asked.unwrap_or_else(|| runs.clone());
        Ok((Self { file: file.to_path_buf(), runs, asked }, label))
    }
}

/// Run numbers as ranges; `None` when they are no numbers or do not ascend.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked here
fn ascending(column: &[f64]) -> Option<Vec<Range<u64>>> {
    let mut out: Vec<Range<u64>> = Vec::new();
    for value in column {
        if !(*value >= 0.0 && *value < 9e15 && value.fract() == 0.0) {
            return None;
        }
        let run = *value as u64;
        match out.last_mut() {
            Some(last) if run < last.end => return None,
            Some(last) if run == last.end => last.end += 1,
            _ => out.push(run..run + 1),
        }
    }
    Some(out)
}

/// A file that cannot be believed.
#[derive(Debug)]
pub struct Damaged {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: WriteError,
}

/// What lies in a folder.
#[derive(Default)]
pub(super) struct Shelf {
    /// What they have in common; `None` without files.
    pub label: Option<Label>,
    pub sources: Vec<Source>,
    pub damaged: Vec<Damaged>,
}

impl Shelf {
    /// Adds the files of a folder, which must be of the same campaign as those that are there.
    pub fn add(&mut self, folder: &Path) -> Result<(), CampaignError> {
        for file in files(folder, |name| name == RESULT || is_part(name))? {
            match Source::read(&file) {
                Ok((source, label)) => {
                    match &self.label {
                        Some(ours) => ours.same(&file, &label)?,
                        None => self.label = Some(label),
                    }
                    self.sources.push(source);
                }
                Err(reason @ WriteError::Parquet { .. }) if file.exists() => {
                    self.damaged.push(Damaged { file, reason });
                }
                // In the result of another process, or set aside by it, since the folder was read.
                Err(_) if !file.exists() => {}
                Err(reason) => return Err(reason.into()),
            }
        }
        Ok(())
    }

    /// The runs that are there, as ascending ranges that do not touch.
    pub fn held(&self) -> Vec<Range<u64>> {
        union(self.sources.iter().flat_map(|source| source.runs.clone()))
    }

    /// The runs that were asked for, likewise.
    pub fn asked(&self) -> Vec<Range<u64>> {
        union(self.sources.iter().flat_map(|source| source.asked.clone()))
    }
}

fn is_part(name: &str) -> bool {
    name.starts_with("part-") && name.ends_with(".parquet")
}

/// Files of a folder by name, in the order of their names.
fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, WriteError> {
    let folder_error = |reason| WriteError::Folder { folder: folder.to_path_buf(), reason };
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(folder_error)? {
        let entry = entry.map_err(folder_error)?;
        if wanted(&entry.file_name().to_string_lossy()) {
            out.push(entry.path());
        }
    }
    out.sort();
    Ok(out)
}

fn remove(file: PathBuf) -> Result<(), WriteError> {
    match std::fs::remove_file(&file) {
        Err(reason) if reason.kind() != std::io::ErrorKind::NotFound => {
            Err(WriteError::File { file, reason })
        }
        _ => Ok(()),
    }
}

fn is_half(name: &str) -> bool {
    let ours = ["part-", "campaign.", "timings."].iter().any(|head| name.starts_with(head));
    ours && name.ends_with(".half")
}

/// Whether nobody has written to a file for long; one that is gone is nobody's.
fn is_stale(file: &Path) -> bool {
    let age = std::fs::metadata(file).and_then(|about| about.modified()).map(|time| time.elapsed());
    matches!(age, Ok(Ok(age)) if age.as_secs() >= STALE_S)
}

/// Removes what is in the result by now: those of `merged` that are parts in `folder`, and what programs that were
/// killed left half written. Parts and halves of a program that flies into the same folder stay.
pub(super) fn tidy(folder: &Path, merged: &[PathBuf]) -> Result<(), WriteError> {
    let part = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        file.parent() == Some(folder) && is_part(&name)
    };
    merged.iter().filter(|file| part(file)).cloned().try_for_each(remove)?;
    let stale = files(folder, is_half)?.into_iter().filter(|file| is_stale(file));
    stale.into_iter().try_for_each(remove)
}

/// Removes a campaign from a folder, so that every run is flown anew. A folder that is not there has none.
///
/// # Errors
/// A file that cannot be removed.
pub fn forget(folder: &Path) -> Result<(), WriteError> {
    if !folder.exists() {
        return Ok(());
    }
    files(folder, |name| is_part(name) || is_half(name))?.into_iter().try_for_each(remove)?;
    [RESULT, TIMINGS].into_iter().try_for_each(|name| remove(folder.join(name)))
}

/// Ascending ranges that do not touch, of any.
fn union(ranges: impl Iterator<Item = Range<u64>>) -> Vec<Range<u64>> {
    let mut all: Vec<Range<u64>> = ranges.filter(|range| range.start < range.end).collect();
    all.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<u64>> = Vec::new();
    for range in all {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// What of `whole` is not in `held`; both ascending and apart.
pub(super) fn without(whole: &[Range<u64>], held: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut out = Vec::new();
    for range in whole {
        let mut from = range.start;
        for there in held.iter().filter(|there| there.end > range.start && there.start < range.end)
        {
            if there.start > from {
                out.push(from..there.start);
            }
            from = from.max(there.end);
        }
        if from < range.end {
            out.push(from..range.end);
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)] // lists of ranges, some with one
mod tests {
    use super::*;

    #[test]
    fn ranges_add_up_and_what_is_missing_is_found() {
        assert_eq!(union([5..9, 1..3, 3..4, 8..12, 20..20].into_iter()), [1..4, 5..12]);
        assert_eq!(without(&[0..10], &[2..4, 9..30]), [0..2, 4..9]);
        assert_eq!(without(&[0..10, 20..25], &[]), [0..10, 20..25]);
        assert_eq!(without(&[3..5], &[0..9]), []);
    }

    #[test]
    fn runs_that_do_not_ascend_are_refused() {
        assert_eq!(ascending(&[1.0, 2.0, 5.0]), Some(vec![1..3, 5..6]));
        for bad in [[1.0, 1.0], [2.0, 1.0], [0.5, 1.0], [-1.0, 0.0], [f64::NAN, 1.0]] {
            assert_eq!(ascending(&bad), None, "{bad:?}");
        }
    }
}
