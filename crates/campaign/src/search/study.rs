//! The search of a scenario from beginning to end: explored, confirmed, listed, each failure as a file.
//!
//! Owns: [`Study`], what is spent on what. Does not own: words and pages (`text`, `page`).
//! The list is cut to [`LISTED`]: the likeliest, and of the rest the [`SMALLEST`] smallest. Each of its failures is flown once more in both configurations, and in
//! [`DISPERSED`] dispersed runs of each: a failure that hangs on one draw of the noise shows.

use super::bench::{Against, Bench};
use super::explore::{Exploration, Failure, Options, Progress, explore};
use super::space::Point;
use super::subject::SearchError;
use rayon::prelude::*;
use rig::measures::Measures;
use rig::scenario::REFERENCE_RUN;
use rig::verdict::Outcome;
use std::path::{Path, PathBuf};

/// Failures listed at the most.
pub const LISTED: usize = 20;
/// Failures listed because they are small, however unlikely.
pub const SMALLEST: usize = 6;
/// Dispersed runs of each listed failure in each configuration.
pub const DISPERSED: u64 = 5;

/// What to search.
#[derive(Clone, Debug)]
pub struct Request {
    /// The scenario, a file that exists.
    pub file: PathBuf,
    /// What it is flown against.
    pub against: Against,
    /// Flights at the most, of both configurations together.
    pub runs: u64,
    /// Seed of the search; of the flights too, when they are not to have their scenario's.
    pub seed: Option<u64>,
    /// Folder for the results and the log.
    pub folder: PathBuf,
    /// Whether the log of an earlier search is forgotten; else its flights are not flown again.
    pub fresh: bool,
}

/// One flight of a listed failure.
#[derive(Clone, Debug)]
pub struct Ending {
    /// How it ended.
    pub outcome: Outcome,
    /// Its figures.
    pub measures: Measures,
    /// Digest of the flight: equal flights have equal digests.
    pub digest: [u8; 32],
    /// Of dispersed runs: lost, standing.
    pub dispersed: (u64, u64),
}

/// One failure of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// File that replays it, below the folder.
    pub file: String,
    /// The command that does.
    pub replay: String,
    /// What is disturbed, one sentence each.
    pub what: Vec<String>,
    /// The classes of what is disturbed.
    pub classes: Vec<String>,
    /// Sizes in units of their scales.
    pub sizes: Vec<f64>,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// How far from no disturbance, in units of the scales.
    pub length: f64,
    /// The flight.
    pub own: Ending,
    /// The other configuration under the same disturbances.
    pub other: Option<Ending>,
    /// Further failures of the same classes.
    pub alike: Vec<String>,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Study {
    /// Title of the scenario.
    pub title: String,
    /// Short name of it.
    pub name: String,
    /// Of what it is flown against.
    pub other: Option<String>,
    /// Seed of the flights.
    pub seed: u64,
    /// Flights flown, of both configurations.
    pub flights: u64,
    /// Of them from an earlier, stopped search.
    pub resumed: usize,
    /// Dimensions of the space.
    pub dimensions: usize,
    /// Disturbances tried alone, of them without any effect, sets tried, failures that the other configuration
    /// shares.
    pub counts: [u64; 4],
    /// Distinct failures found, listed or not.
    pub found: usize,
    /// The failures, likeliest first.
    pub failures: Vec<Listed>,
}

impl Study {
    /// Searches, and writes a scenario file for each failure.
    ///
    /// - `progress`: called now and then, from one thread.
    ///
    /// # Errors
    /// A scenario that cannot be searched, a folder that cannot be written.
    pub fn of(
        request: &Request,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Self, SearchError> {
        let Request { file, against, runs, seed, folder, fresh } = request;
        let bench = Bench::new(file, against, *seed, folder, *fresh)?;
        let resumed = bench.resumed();
        // What listing takes is kept back: at most a quarter.
        let each = (1 + DISPERSED) * if bench.other().is_some() { 2 } else { 1 };
        let listing = (each * LISTED as u64).min(runs / 4);
        let seed = seed.unwrap_or(bench.scenario().seed);
        let options = Options { trials: runs - listing, seed };
        let mut explored = explore(&bench, &options, progress)?;
        let found = explored.failures.len();
        explored.failures = listed(explored.failures, usize::try_from(listing / each).unwrap_or(0));
        let failures: Result<Vec<Listed>, SearchError> = explored
            .failures
            .par_iter()
            .enumerate()
            .map(|(n, failure)| Listed::of(&bench, folder, n + 1, failure))
            .collect();
        let failures = failures?;
        crate::failures::forget(folder).map_err(|(file, reason)| SearchError::File {
            file,
            done: "removed",
            reason,
        })?;
        for (listed, failure) in failures.iter().zip(&explored.failures) {
            listed.write(&bench, folder, &failure.point)?;
        }
        let mut study = Self::tell(&bench, &explored, failures, seed, each, resumed);
        study.found = found;
        Ok(study)
    }

    /// Numbers of the listed failures from one, smallest disturbance first.
    pub fn by_size(&self) -> Vec<usize> {
        let length = |n: &usize| self.failures[n - 1].length;
        let mut order: Vec<usize> = (1..=self.failures.len()).collect();
        order.sort_by(|a, b| length(a).total_cmp(&length(b)));
        order
    }

    fn tell(
        bench: &Bench,
        explored: &Exploration,
        failures: Vec<Listed>,
        seed: u64,
        each: u64,
        resumed: usize,
    ) -> Self {
        let scenario = bench.scenario();
        let name =
            |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let counts = [explored.tried_alone as u64, explored.without_effect as u64];
        let [alone, without] = counts;
        Self {
            title: scenario.title.clone(),
            name: name(bench.path()),
            other: bench.other_name(),
            seed,
            flights: explored.spent + each * failures.len() as u64,
            resumed,
            dimensions: bench.library().dimensions.len(),
            counts: [alone, without, explored.sets, explored.shared],
            found: explored.failures.len(),
            failures,
        }
    }
}

/// Of all failures, likeliest first, those that are listed, in the same order.
fn listed(all: Vec<Failure>, count: usize) -> Vec<Failure> {
    let likeliest = count.saturating_sub(SMALLEST).min(all.len());
    let mut rest: Vec<usize> = (likeliest..all.len()).collect();
    let length = |n: &usize| all[*n].point.length();
    rest.sort_by(|a, b| length(a).total_cmp(&length(b)));
    rest.truncate(count - likeliest);
    let keep = |n: usize| n < likeliest || rest.contains(&n);
    all.iter().enumerate().filter(|(n, _)| keep(*n)).map(|(_, failure)| failure.clone()).collect()
}

impl Listed {
    fn of(
        bench: &Bench,
        folder: &Path,
        number: usize,
        failure: &Failure,
    ) -> Result<Self, SearchError> {
        let point = &failure.point;
        let dimensions = &bench.library().dimensions;
        let own = Ending::of(bench, point, false)?;
        let other = bench.other().map(|_| Ending::of(bench, point, true)).transpose()?;
        let alike = failure.alike.iter().map(|point| bench.words(point).join(" + "));
        let file = format!("failure-{number:02}.toml");
        Ok(Self {
            replay: format!("frigoris fly {}", folder.join(&file).display()),
            file,
            what: bench.words(point),
            classes: point.classes(dimensions).into_iter().map(str::to_string).collect(),
            sizes: point.0.iter().map(|part| part.size).collect(),
            log_likelihood: failure.log_likelihood,
            length: point.length(),
            own,
            other,
            alike: alike.collect(),
        })
    }

    fn write(&self, bench: &Bench, folder: &Path, point: &Point) -> Result<(), SearchError> {
        let title = self.classes.join(" + ");
        let mut texts =
            vec![(self.file.clone(), bench.file(point, &title, self.own.outcome, false))];
        if let Some(other) = &self.other {
            let name = self.file.replace(".toml", "-against.toml");
            texts.push((name, bench.file(point, &title, other.outcome, true)));
        }
        for (name, text) in texts {
            let file = folder.join(name);
            let written = std::fs::write(&file, text);
            written.map_err(|reason| SearchError::File { file, done: "written", reason })?;
        }
        Ok(())
    }
}

impl Ending {
    fn of(bench: &Bench, point: &Point, other: bool) -> Result<Self, SearchError> {
        let flown = bench.fly(point, REFERENCE_RUN, other)?;
        let mut dispersed = (0, 0);
        for run in 1..=DISPERSED {
            let outcome = bench.kept(point, run, other)?.outcome;
            dispersed.0 += u64::from(outcome.struck());
            dispersed.1 += u64::from(outcome.stands());
        }
        let (outcome, measures, digest) = (flown.judgement.outcome, flown.measures, flown.digest());
        Ok(Self { outcome, measures, digest, dispersed })
    }
}
