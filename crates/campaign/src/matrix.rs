//! One campaign a cell over sites, approach azimuths, vehicles and flight configurations: what moving the
//! landing site does.
//!
//! Owns: the matrix file and its cells ([`Plan`]), flying them ([`fly`]), what each amounts to
//! ([`Summary`]), the heat map ([`page`]) and the tables ([`lines`], [`csv`], [`write_parquet`]).
//! Does not own: a campaign (`runs`), what a cell's scenario may say (`rig::scenario`), the terminal (`app`).
//!
//! A cell is a whole scenario of its own: a file that extends the matrix's scenario and writes what the cell
//! changes. It expects a landing; events and bands that the scenario expects are its own and are dropped.
//! All cells have the same seed and the same run numbers, and random streams are keyed by seed, run and
//! component: what two cells have in common is drawn alike in both (common random numbers), so that cells
//! differ by what they are and less by chance.
//! An approach that does not exist is no fault of the file but an answer, and stands in its cell.
//! Refuses: fitting the plan (ignition point, propellant) to a cell. A vehicle brings its own in `set`.

mod page;
mod plan;
mod summary;
mod text;

pub use page::page;
pub use plan::{Cell, Plan};
pub use summary::{Summary, Worst};
pub use text::{csv, line, lines, write_parquet};

use crate::runs::{self, CampaignError, Progress};
use rig::record::WriteError;
use rig::scenario::{Scenario, ScenarioError, Tree};
use rig::stand::Stand;
use std::path::{Path, PathBuf};

/// Why a matrix cannot be flown.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// The matrix file is not as it must be.
    #[error(transparent)]
    File(Box<ScenarioError>),
    /// A list without which there are no cells is empty.
    #[error("{file}: `{key}` is an empty list: a matrix needs at least one")]
    Empty {
        /// The matrix file.
        file: PathBuf,
        /// The list.
        key: &'static str,
    },
    /// Two members of a list have one name, or the same azimuth.
    #[error("{file}: two entries of `{key}` are named {name:?}; a cell is found by its name")]
    Twice {
        /// The matrix file.
        file: PathBuf,
        /// The list.
        key: &'static str,
        /// The name.
        name: String,
    },
    /// A cell's scenario is not one.
    #[error("{file}: the cell {cell} is no scenario")]
    Cell {
        /// The matrix file.
        file: PathBuf,
        /// The cell.
        cell: String,
        /// What is wrong with it.
        #[source]
        reason: Box<ScenarioError>,
    },
    /// A cell could not be flown.
    #[error("the cell {cell} could not be flown")]
    Campaign {
        /// The cell.
        cell: String,
        /// Why.
        #[source]
        reason: CampaignError,
    },
    /// A result could not be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl MatrixError {
    /// What it is about, which has more to say.
    fn inner(&self) -> Option<&dyn miette::Diagnostic> {
        match self {
            Self::File(reason) | Self::Cell { reason, .. } => Some(&**reason),
            Self::Campaign { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

impl miette::Diagnostic for MatrixError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.inner().and_then(|reason| reason.help())
    }
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.inner().and_then(|reason| reason.source_code())
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.inner().and_then(|reason| reason.labels())
    }
}

impl From<ScenarioError> for MatrixError {
    fn from(reason: ScenarioError) -> Self {
        Self::File(Box::new(reason))
    }
}

/// How far a matrix is.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Which cell, counted from 0, of how many.
    pub cell: (usize, usize),
    /// Its name.
    pub name: &'a str,
    /// How far it is.
    pub progress: Progress,
}

/// Flies every cell on the current `rayon` pool, one after the other.
///
/// The plan's folder receives `cells/NAME.toml`, and under `runs/NAME` what [`runs::run`] leaves of each. Runs that
/// are there are not flown again; those of another scenario, seed or program are refused before anything is written.
///
/// - `fresh`: the runs that are there of these cells are removed first, whatever they are of.
/// - `progress`: called from any thread after each run. `done`: called after each cell with all there are, so that
///   a matrix that is stopped leaves what it has.
///
/// All cells are read and checked before the first is flown.
///
/// # Errors
/// A cell that is no scenario, runs of another one, a run that cannot start, a folder that cannot be written.
pub fn fly(
    plan: &Plan,
    fresh: bool,
    progress: impl Fn(Step<'_>) + Sync,
    mut done: impl FnMut(&[Summary]) -> Result<(), WriteError>,
) -> Result<Vec<Summary>, MatrixError> {
    let folder = &plan.folder;
    let cells = folder.join(plan::CELLS);
    std::fs::create_dir_all(&cells)
        .map_err(|reason| WriteError::Folder { folder: cells.clone(), reason })?;
    let mut scenarios = Vec::new();
    for cell in &plan.cells {
        let file = cells.join(format!("{}.toml", cell.name));
        let tree = Tree::of_text(&file, &cell.toml);
        let scenario = tree.and_then(|tree| Scenario::check(&tree));
        let scenario = scenario.map_err(|reason| MatrixError::Cell {
            file: plan.file.clone(),
            cell: cell.name.clone(),
            reason: Box::new(reason),
        })?;
        let own = folder.join("runs").join(&cell.name);
        if fresh {
            runs::forget(&own)?;
        } else if let Some(reason) = foreign(&own, &scenario) {
            return Err(MatrixError::Campaign { cell: cell.name.clone(), reason });
        }
        scenarios.push(scenario);
    }
    for (cell, scenario) in plan.cells.iter().zip(&scenarios) {
        let file = scenario.path.clone();
        std::fs::write(&file, &cell.toml)
            .map_err(|reason| WriteError::File { file: file.clone(), reason })?;
    }
    let mut out = Vec::new();
    let of = plan.cells.len();
    for (n, (cell, scenario)) in plan.cells.iter().zip(scenarios).enumerate() {
        let tell = |of_runs| progress(Step { cell: (n, of), name: &cell.name, progress: of_runs });
        out.push(one(cell, scenario, plan, folder, &tell)?);
        done(&out)?;
    }
    Ok(out)
}

/// Runs in a cell's folder that are not of its scenario, its seed and this program. What cannot be read is left to
/// [`runs::run`].
fn foreign(own: &Path, scenario: &Scenario) -> Option<CampaignError> {
    let parquet = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "parquet");
    let entries = std::fs::read_dir(own).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = entries.filter(parquet).collect();
    files.sort();
    let (hash, seed, code) =
        (scenario.hash(), scenario.seed.to_string(), crate::code().to_string());
    let ours =
        [("scenario_hash", "scenario", hash), ("seed", "seed", seed), ("code", "program", code)];
    files.into_iter().find_map(|file| {
        let facts = rig::parquet_file::facts(&file).ok()?;
        let other = |(key, what, ours): &(&str, &'static str, String)| {
            let key = format!("frigoris.{key}");
            let (_, theirs) = facts.iter().find(|(other, _)| *other == key)?;
            let short = |text: &str| text.chars().take(16).collect::<String>();
            let (ours, theirs, differ) = (short(ours), short(theirs), ours != theirs);
            differ.then(|| CampaignError::Foreign { file: file.clone(), what, ours, theirs })
        };
        ours.iter().find_map(other)
    })
}

/// One cell: flown, read back, or without an approach.
fn one(
    cell: &Cell,
    scenario: Scenario,
    plan: &Plan,
    folder: &Path,
    tell: &(impl Fn(Progress) + Sync),
) -> Result<Summary, MatrixError> {
    let file = scenario.path.clone();
    let failed = |reason| MatrixError::Campaign { cell: cell.name.clone(), reason };
    let expect = scenario.expect.clone();
    let stand = match Stand::new(scenario) {
        Ok(stand) => stand,
        Err(ScenarioError::Arrival { reason, .. }) => {
            return Ok(Summary::without_approach(cell, &file, reason.to_string()));
        }
        Err(reason) => {
            let (file, cell) = (plan.file.clone(), cell.name.clone());
            return Err(MatrixError::Cell { file, cell, reason: Box::new(reason) });
        }
    };
    let range = 1..plan.runs + 1;
    let own = folder.join("runs").join(&cell.name);
    let campaign = runs::run(&stand, range, &own, tell).map_err(failed)?;
    Ok(Summary::of(cell, &file, &campaign, &expect))
}

#[cfg(test)]
mod tests;
