//! What a campaign keeps of one run, and where it stands in a file.
//!
//! Owns: [`Row`], the columns of a result. Does not own: files (`folder`), what a run is (`rig::closed_loop`).
//! A result holds what a run gives again, bit by bit, whenever and wherever it is flown; the time that it
//! took stands in a file of its own.

use parquet::errors::ParquetError;
use rig::closed_loop::Flown;
use rig::measures::{MEASURES, Measures};
use rig::parquet_file::Reader;
use rig::record::WriteError;
use rig::scenario::Input;
use rig::stand::Stand;
use rig::verdict::{Grade, Outcome};
use std::path::Path;

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
    /// Wall time of the run, ms; NaN in rows that were read from a result. Not reproducible, and no part of any
    /// comparison.
    pub wall_ms: f64,
}

/// The limits whose margins are kept.
pub const MARGINS: [&str; 5] =
    ["v_vertical_m_s", "v_horizontal_m_s", "tilt_deg", "miss_m", "propellant_kg"];
/// Values of a row that are neither margins nor measures.
const PLAIN: [&str; 5] = ["run", "outcome", "grade", "digest_high", "digest_low"];
/// The column of wall times, in parts alone.
pub(super) const WALL: &str = "wall_ms";

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

    /// Its values, in the order of [`heads`].
    pub(super) fn values(&self) -> Vec<f64> {
        let code = |position: Option<usize>| position.map_or(f64::NAN, |i| i as f64);
        let mut out = vec![
            self.run as f64,
            code(Outcome::ALL.iter().position(|outcome| *outcome == self.outcome)),
            code(Grade::ALL.iter().position(|grade| *grade == self.grade)),
            (self.digest >> 32) as f64,
            (self.digest & 0xffff_ffff) as f64,
        ];
        out.extend(self.margins);
        let measures = MEASURES.iter().map(|measure| (measure.read)(&self.measures));
        out.extend(measures.map(|value| value.unwrap_or(f64::NAN)));
        out
    }

    /// The inverse of [`Self::values`]; `None` when a code is not one of ours.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // written by `values`
    fn from_values(values: &[f64], wall_ms: f64) -> Option<Self> {
        let &[run, outcome, grade, high, low, ref rest @ ..] = values else { return None };
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

/// Head of the columns of inputs, which stand after a row's own values.
const INPUT: &str = "input.";

/// Keys and units of a result's columns: a row's own values, then the inputs of its run.
pub(super) fn columns(stand: &Stand) -> Vec<(String, String)> {
    let input = |input: &Input| (format!("{INPUT}{}", input.key), input.unit.to_string());
    heads().into_iter().chain(stand.inputs().iter().map(input)).collect()
}

/// Keys and units of a row's own values.
pub(super) fn heads() -> Vec<(String, String)> {
    let mut out = PLAIN.map(|key| (key.to_string(), String::new())).to_vec();
    let unit = |key| rig::measures::measure(key).map_or("", |measure| measure.unit).to_string();
    out.extend(MARGINS.map(|key| (format!("margin.{key}"), unit(key))));
    out.extend(MEASURES.iter().map(|measure| (measure.key.to_string(), measure.unit.to_string())));
    out
}

/// Shows every row of a result or a part of one, in the order of the file; memory: one row group.
///
/// # Errors
/// A file that is absent, damaged or not one of ours.
pub fn each_row(file: &Path, mut show: impl FnMut(Row)) -> Result<(), WriteError> {
    let foreign = |what: String| WriteError::Parquet {
        file: file.to_path_buf(),
        reason: ParquetError::General(what),
    };
    let reader = Reader::open(file)?;
    let place = |key: &str| reader.keys().iter().position(|other| other == key);
    let own: Vec<usize> = heads()
        .iter()
        .map(|(key, _)| place(key).ok_or_else(|| foreign(format!("it has no column {key}"))))
        .collect::<Result<_, _>>()?;
    let wall = place(WALL);
    for group in 0..reader.groups() {
        let columns = reader.group(group)?;
        let at = |column: usize, i: usize| columns.get(column)?.get(i).copied();
        for i in 0..columns.first().map_or(0, Vec::len) {
            let values: Option<Vec<f64>> = own.iter().map(|column| at(*column, i)).collect();
            let wall_ms = wall.and_then(|column| at(column, i)).unwrap_or(f64::NAN);
            let row = values.and_then(|values| Row::from_values(&values, wall_ms));
            show(row.ok_or_else(|| foreign(format!("its row {i} is not ours")))?);
        }
    }
    Ok(())
}

/// Reads the rows of a result or a part of one, all at once.
///
/// # Errors
/// As [`each_row`].
pub fn read_rows(file: &Path) -> Result<Vec<Row>, WriteError> {
    let mut rows = Vec::new();
    each_row(file, |row| rows.push(row))?;
    Ok(rows)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::runs) fn row(run: u64, outcome: Outcome) -> Row {
        let measures = Measures { miss_m: Some(run as f64), ..Measures::default() };
        let (margins, digest) = ([0.5, 1.0, f64::NAN, 2.0, 3.0], 0xfedc_ba98_7654_3210 ^ run);
        Row { run, outcome, grade: Grade::Pass, measures, margins, digest, wall_ms: 12.5 }
    }

    #[test]
    fn a_row_survives_as_doubles() {
        let row = row(7, Outcome::RanDry);
        let back = Row::from_values(&row.values(), row.wall_ms).unwrap();
        assert!(back.same_flight(&row));
        assert_eq!((back.measures, back.wall_ms), (row.measures, row.wall_ms));
        assert_eq!(row.values().len(), heads().len());
    }
}
