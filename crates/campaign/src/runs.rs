//! Many runs of one scenario, and what they amount to.
//!
//! Owns: running them on all cores, keeping what is done, counting outcomes with exact intervals.
//! Does not own: one run (`closed_loop`), intervals (`statistics`), the screen (`app`).
//! Each run's random streams are keyed by (seed, run, component), so a run gives the same bits on any
//! thread and can be replayed alone by its number. Runs are done in parts of [`PART`]; a finished part
//! is written at once, so a campaign that was stopped goes on where it stood. A part of another
//! scenario, seed or vehicle has another name and is never mixed in.
//! Memory: one row of some 50 doubles a run; records are off.

use rayon::prelude::*;
use rig::closed_loop::{Flown, fly};
use rig::measures::{MEASURES, Measures};
use rig::parquet_file;
use rig::record::{Recording, WriteError};
use rig::scenario::ScenarioError;
use rig::stand::Stand;
use rig::statistics::Share;
use rig::verdict::{Class, Grade, Outcome};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Runs written together.
pub const PART: u64 = 100;

/// What a campaign keeps of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Run number.
    pub run: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Against the expectation.
    pub grade: Grade,
    /// Its figures.
    pub measures: Measures,
    /// Margins to the touchdown limits, in the order of [`MARGINS`]; NaN without a value.
    pub margins: [f64; MARGINS.len()],
    /// The first 64 bits of [`Flown::digest`].
    pub digest: u64,
    /// Wall time of the run, ms. Not reproducible, and no part of any comparison.
    pub wall_ms: f64,
}

/// The limits whose margins are kept.
pub const MARGINS: [&str; 5] =
    ["v_vertical_m_s", "v_horizontal_m_s", "tilt_deg", "miss_m", "propellant_kg"];

impl Row {
    /// Of a run flown in `wall_ms`.
    pub fn of(flown: &Flown, wall_ms: f64) -> Self {
        let margin = |key: &str| {
            let limit = flown.judgement.limits.iter().find(|limit| limit.key == key);
            limit.map_or(f64::NAN, |limit| limit.margin)
        };
        let digest = flown.digest();
        Self {
            run: flown.run,
            outcome: flown.judgement.outcome,
            grade: flown.judgement.grade,
            measures: flown.measures,
            margins: MARGINS.map(margin),
            digest: digest.iter().take(8).fold(0, |sum, octet| (sum << 8) | u64::from(*octet)),
            wall_ms,
        }
    }

    /// Whether two rows tell of the same flight, bit by bit.
    pub fn same_flight(&self, other: &Self) -> bool {
        (self.run, self.outcome, self.grade, self.digest)
            == (other.run, other.outcome, other.grade, other.digest)
    }

    fn values(&self) -> Vec<f64> {
        let code = |position: Option<usize>| position.map_or(f64::NAN, |i| i as f64);
        let mut out = vec![
            self.run as f64,
            code(Outcome::ALL.iter().position(|outcome| *outcome == self.outcome)),
            code(Grade::ALL.iter().position(|grade| *grade == self.grade)),
            (self.digest >> 32) as f64,
            (self.digest & 0xffff_ffff) as f64,
            self.wall_ms,
        ];
        out.extend(self.margins);
        let measures = MEASURES.iter().map(|measure| (measure.read)(&self.measures));
        out.extend(measures.map(|value| value.unwrap_or(f64::NAN)));
        out
    }

    /// The inverse of [`Self::values`]; `None` when a code is not one of ours.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // written by `values`
    fn from_values(values: &[f64]) -> Option<Self> {
        let &[run, outcome, grade, high, low, wall_ms, ref rest @ ..] = values else { return None };
        let (margins, measures) = rest.split_at_checked(MARGINS.len())?;
        Some(Self {
            run: run as u64,
            outcome: *Outcome::ALL.get(outcome as usize)?,
            grade: *Grade::ALL.get(grade as usize)?,
            measures: Measures::from_values(measures.iter().copied()),
            margins: margins.try_into().ok()?,
            digest: ((high as u64) << 32) | low as u64,
            wall_ms,
        })
    }
}

/// Keys and units of a row's values.
fn heads() -> Vec<(String, &'static str)> {
    let plain = ["run", "outcome", "grade", "digest_high", "digest_low"];
    let mut out: Vec<_> = plain.map(|key| (key.to_string(), "")).to_vec();
    out.push(("wall_ms".to_string(), "ms"));
    let unit = |key| rig::measures::measure(key).map_or("", |measure| measure.unit);
    out.extend(MARGINS.map(|key| (format!("margin.{key}"), unit(key))));
    out.extend(MEASURES.iter().map(|measure| (measure.key.to_string(), measure.unit)));
    out
}

/// Percentiles of one measure over the runs that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The measure.
    pub key: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Runs that have it.
    pub count: u64,
    /// Least, 5 %, median, 95 % and largest, by the nearest rank.
    pub percentiles: [f64; 5],
}

/// What a campaign amounts to.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// One row a run, ascending.
    pub rows: Vec<Row>,
    /// Runs read back from an earlier, stopped campaign.
    pub resumed: u64,
}

impl Campaign {
    /// The outcomes that occurred, best first.
    pub fn outcomes(&self) -> Vec<(Outcome, Share)> {
        self.shares(|row| row.outcome)
    }

    /// The classes of touchdown that occurred, best first, as shares of all runs.
    pub fn classes(&self) -> Vec<(Class, Share)> {
        let shares = self.shares(|row| Class::of(row.outcome, &row.measures));
        shares.into_iter().filter_map(|(class, share)| Some((class?, share))).collect()
    }

    /// The grades that occurred, best first.
    pub fn grades(&self) -> Vec<(Grade, Share)> {
        self.shares(|row| row.grade)
    }

    fn shares<K: Ord + Copy>(&self, key: impl Fn(&Row) -> K) -> Vec<(K, Share)> {
        let mut counts: BTreeMap<K, u64> = BTreeMap::new();
        for row in &self.rows {
            *counts.entry(key(row)).or_default() += 1;
        }
        let of = self.rows.len() as u64;
        counts.into_iter().map(|(key, count)| (key, Share::new(count, of))).collect()
    }

    /// The spread of every measure that any run has.
    pub fn spreads(&self) -> Vec<Spread> {
        let spread = |measure: &rig::measures::Measure| {
            let read = |row: &Row| (measure.read)(&row.measures);
            let mut values: Vec<f64> = self.rows.iter().filter_map(read).collect();
            values.sort_by(f64::total_cmp);
            let last = values.len().checked_sub(1)?;
            let at = |share: f64| values[((share * last as f64).round() as usize).min(last)];
            let percentiles = [0.0, 0.05, 0.5, 0.95, 1.0].map(at);
            let (key, unit, count) = (measure.key, measure.unit, values.len() as u64);
            Some(Spread { key, unit, count, percentiles })
        };
        MEASURES.iter().filter_map(spread).collect()
    }
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs done, resumed ones included.
    pub done: u64,
    /// Runs asked for.
    pub total: u64,
    /// Runs among those done that an earlier, stopped campaign flew.
    pub resumed: u64,
    /// How the latest run ended.
    pub outcome: Outcome,
}

/// Why a campaign stopped.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// A run could not start.
    #[error("run {run} could not start")]
    Run {
        /// Its number.
        run: u64,
        /// Why.
        #[source]
        reason: Box<ScenarioError>,
    },
    /// Results could not be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl miette::Diagnostic for CampaignError {}

/// Flies `runs` of a scenario on the current `rayon` pool.
///
/// - `folder`: receives `campaign.parquet` and, until it is finished, one file a part.
/// - `progress`: called from any thread after each run.
/// - The rows and their files do not depend on the number of threads, wall times apart.
///
/// # Errors
/// A run that cannot start, or a folder that cannot be written.
pub fn run(
    stand: &Stand,
    runs: Range<u64>,
    folder: &Path,
    progress: impl Fn(Progress) + Sync,
) -> Result<Campaign, CampaignError> {
    run_in_parts(stand, runs, PART, folder, progress)
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
    std::fs::create_dir_all(folder)
        .map_err(|reason| WriteError::Folder { folder: folder.to_path_buf(), reason })?;
    let total = runs.end.saturating_sub(runs.start);
    let done = AtomicU64::new(0);
    let tell = |resumed, outcome| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(Progress { done, total, resumed, outcome });
    };
    let mut campaign = Campaign { rows: Vec::new(), resumed: 0 };
    let mut parts = Vec::new();
    let mut first = runs.start;
    while first < runs.end {
        let part = first..first.saturating_add(part_len.max(1)).min(runs.end);
        let file = folder.join(part_name(stand, &part));
        if let Some(rows) = kept(&file, &part) {
            campaign.resumed += rows.len() as u64;
            rows.iter().for_each(|row| tell(campaign.resumed, row.outcome));
            campaign.rows.extend(rows);
        } else {
            let tell = |outcome| tell(campaign.resumed, outcome);
            let rows = fly_part(stand, part.clone(), &tell)?;
            write_rows(stand, &file, &rows)?;
            campaign.rows.extend(rows);
        }
        parts.push(file);
        first = part.end;
    }
    write_rows(stand, &folder.join("campaign.parquet"), &campaign.rows)?;
    for file in parts {
        std::fs::remove_file(&file).map_err(|reason| WriteError::File { file, reason })?;
    }
    Ok(campaign)
}

/// A campaign that was finished earlier in `folder`: the same scenario, exactly these runs. What the program
/// was then is not asked.
pub fn finished(stand: &Stand, runs: Range<u64>, folder: &Path) -> Option<Campaign> {
    let file = folder.join("campaign.parquet");
    let facts = parquet_file::facts(&file).ok()?;
    let hash = stand.scenario.hash();
    let same = |(key, value): &(String, String)| key == "frigoris.scenario_hash" && *value == hash;
    let rows = facts.iter().any(same).then(|| kept(&file, &runs)).flatten()?;
    Some(Campaign { resumed: rows.len() as u64, rows })
}

fn fly_part(
    stand: &Stand,
    part: Range<u64>,
    tell: &(impl Fn(Outcome) + Sync),
) -> Result<Vec<Row>, CampaignError> {
    let one = |run: u64| {
        let began = Instant::now();
        let flown = fly(stand, run, Recording::Off, |_| {})
            .map_err(|reason| CampaignError::Run { run, reason: Box::new(reason) })?;
        let row = Row::of(&flown, began.elapsed().as_secs_f64() * 1e3);
        tell(row.outcome);
        Ok(row)
    };
    part.into_par_iter().map(one).collect()
}

fn part_name(stand: &Stand, part: &Range<u64>) -> String {
    let hash = stand.scenario.hash();
    let short = hash.get(..16).unwrap_or(&hash);
    format!("part-{short}-{:08}-{:08}.parquet", part.start, part.end)
}

/// The rows of a part that was finished earlier; a file that is not whole is flown again.
fn kept(file: &Path, part: &Range<u64>) -> Option<Vec<Row>> {
    let rows = read_rows(file).ok()?;
    let whole = rows.iter().map(|row| row.run).eq(part.clone());
    whole.then_some(rows)
}

fn write_rows(stand: &Stand, file: &Path, rows: &[Row]) -> Result<(), WriteError> {
    let heads = heads();
    let mut columns = vec![Vec::with_capacity(rows.len()); heads.len()];
    for row in rows {
        columns.iter_mut().zip(row.values()).for_each(|(column, value)| column.push(value));
    }
    let columns: Vec<parquet_file::Column<'_>> = heads
        .iter()
        .zip(&columns)
        .map(|((key, unit), values)| (&key[..], *unit, &values[..]))
        .collect();
    let names = |names: Vec<&str>| names.join(",");
    let facts = [
        ("frigoris.title", stand.scenario.title.clone()),
        ("frigoris.seed", stand.scenario.seed.to_string()),
        ("frigoris.scenario_hash", stand.scenario.hash()),
        ("frigoris.outcomes", names(Outcome::ALL.iter().map(|o| o.name()).collect())),
        ("frigoris.grades", names(Grade::ALL.iter().map(|g| g.name()).collect())),
        ("frigoris.scenario", stand.scenario.canonical.clone()),
    ];
    parquet_file::write(file, &columns, &facts)
}

/// Reads the rows of a campaign or a part of one.
///
/// # Errors
/// A file that is absent or is not one of ours.
pub fn read_rows(file: &Path) -> Result<Vec<Row>, WriteError> {
    let foreign = |what: &str| WriteError::Parquet {
        file: file.to_path_buf(),
        reason: parquet::errors::ParquetError::General(what.to_string()),
    };
    let (keys, rows) = parquet_file::read(file)?;
    if !heads().iter().map(|(key, _)| key).eq(&keys) {
        return Err(foreign("its columns are not those of a campaign"));
    }
    rows.iter()
        .map(|row| Row::from_values(row).ok_or_else(|| foreign("a row is not ours")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(run: u64, outcome: Outcome) -> Row {
        let measures = Measures { miss_m: Some(run as f64), ..Measures::default() };
        let (margins, digest) = ([0.5, 1.0, f64::NAN, 2.0, 3.0], 0xfedc_ba98_7654_3210 ^ run);
        Row { run, outcome, grade: Grade::Pass, measures, margins, digest, wall_ms: 12.5 }
    }

    #[test]
    fn a_row_survives_as_doubles() {
        let row = row(7, Outcome::RanDry);
        let back = Row::from_values(&row.values()).unwrap();
        assert!(back.same_flight(&row));
        assert_eq!((back.measures, back.wall_ms), (row.measures, row.wall_ms));
        assert_eq!(row.values().len(), heads().len());
    }

    #[test]
    fn outcomes_are_counted_with_exact_intervals() {
        let outcome = |run| if run == 3 { Outcome::Lost } else { Outcome::Landed };
        let rows = (0..20).map(|run| row(run, outcome(run))).collect();
        let campaign = Campaign { rows, resumed: 0 };
        let outcomes = campaign.outcomes();
        assert_eq!(outcomes.len(), 2);
        assert_eq!((outcomes[0].0, outcomes[0].1.count), (Outcome::Landed, 19));
        // 1 of 20: [0.0013, 0.2487], exact.
        let lost = outcomes[1].1;
        assert!((lost.low - 0.0013).abs() < 5e-5 && (lost.high - 0.2487).abs() < 5e-5, "{lost:?}");
    }

    #[test]
    fn percentiles_are_ranks() {
        let campaign =
            Campaign { rows: (0..101).map(|run| row(run, Outcome::Landed)).collect(), resumed: 0 };
        let spreads = campaign.spreads();
        assert_eq!(spreads.len(), 1);
        assert_eq!(
            (spreads[0].key, spreads[0].percentiles),
            ("miss_m", [0.0, 5.0, 50.0, 95.0, 100.0])
        );
    }
}
