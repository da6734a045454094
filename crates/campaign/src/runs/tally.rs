//! Counts and percentiles over many rows.
//!
//! Owns: [`Tally`], [`Spread`]. Does not own: intervals (`rig::statistics`), what a good landing is (`rig::verdict`).
//! Memory: counts, and one column of values at a time.

use super::Row;
use rig::measures::{MEASURES, Measure};
use rig::parquet_file::Reader;
use rig::record::WriteError;
use rig::statistics::Share;
use rig::verdict::{Class, Grade, Outcome};
use std::collections::BTreeMap;
use std::path::Path;

/// How often what occurred.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Runs counted.
    pub runs: u64,
    outcomes: BTreeMap<Outcome, u64>,
    classes: BTreeMap<Class, u64>,
    grades: BTreeMap<Grade, u64>,
}

impl Tally {
    /// Of rows.
    pub fn of(rows: &[Row]) -> Self {
        let mut tally = Self::default();
        rows.iter().for_each(|row| tally.add(row));
        tally
    }

    /// Counts one more.
    pub fn add(&mut self, row: &Row) {
        self.runs += 1;
        *self.outcomes.entry(row.outcome).or_default() += 1;
        *self.grades.entry(row.grade).or_default() += 1;
        if let Some(class) = Class::of(row.outcome, &row.measures) {
            *self.classes.entry(class).or_default() += 1;
        }
    }

    /// The outcomes that occurred, best first.
    pub fn outcomes(&self) -> Vec<(Outcome, Share)> {
        self.shares(&self.outcomes)
    }

    /// The classes of touchdown that occurred, best first, as shares of all runs.
    pub fn classes(&self) -> Vec<(Class, Share)> {
        self.shares(&self.classes)
    }

    /// The grades that occurred, best first.
    pub fn grades(&self) -> Vec<(Grade, Share)> {
        self.shares(&self.grades)
    }

    fn shares<K: Copy>(&self, counts: &BTreeMap<K, u64>) -> Vec<(K, Share)> {
        counts.iter().map(|(key, count)| (*key, Share::new(*count, self.runs))).collect()
    }
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

impl Spread {
    /// Of values, NaN for none; `None` when there is no other.
    pub(super) fn of(measure: &Measure, mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| !value.is_nan());
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a rank
        let at = |share: f64| values[((share * last as f64).round() as usize).min(last)];
        let percentiles = [0.0, 0.05, 0.5, 0.95, 1.0].map(at);
        Some(Self { key: measure.key, unit: measure.unit, count: values.len() as u64, percentiles })
    }
}

/// The spread of every measure that any run of a result has.
///
/// # Errors
/// A file that is absent, damaged or not one of ours.
pub fn spreads(file: &Path) -> Result<Vec<Spread>, WriteError> {
    let reader = Reader::open(file)?;
    let mut out = Vec::new();
    for measure in MEASURES {
        out.extend(reader.column(measure.key)?.and_then(|values| Spread::of(measure, values)));
    }
    Ok(out)
}
