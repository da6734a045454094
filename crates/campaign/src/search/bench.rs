//! Flights as trials: a scenario disturbed, flown, scored; and the same disturbances in another configuration.
//!
//! Owns: [`Bench`]. Does not own: which disturbances there are (`library`), how near a loss a flight came (`score`).
//! What is flown is what a file says: a disturbed scenario is written as text, read and checked like any other, so
//! the file that the search leaves replays the flight bit for bit. Searched in run 0, where nothing is drawn but
//! noise: what is disturbed is then all that differs.

use super::journal::{Journal, Kept};
use super::library::Library;
use super::score::Score;
use super::space::{Dimension, Point};
use super::subject::{SearchError, Subject, Trial};
use crate::toml_text::{quoted, relative, value};
use rig::closed_loop::{Flown, fly};
use rig::record::Recording;
use rig::scenario::{Entry, Node, REFERENCE_RUN, Scenario, ScenarioError, Tree};
use rig::stand::Stand;
use rig::verdict::Outcome;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What the disturbances are flown against as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// Nothing: every loss counts.
    Nothing,
    /// The same scenario with the resilient configuration.
    Resilient,
    /// Another scenario: another release, another vehicle.
    Scenario(PathBuf),
}

/// A scenario to be disturbed.
struct Base {
    path: PathBuf,
    /// In place of the file's.
    configuration: Option<&'static str>,
    stand: Stand,
    /// Its own lists, which a file that extends it would replace.
    faults: String,
    craters: String,
}

/// Where trials are flown.
pub struct Bench {
    own: Base,
    other: Option<Base>,
    library: Library,
    folder: PathBuf,
    seed: Option<u64>,
    journal: Mutex<Journal>,
}

impl Bench {
    /// Reads the scenarios, flies them undisturbed, and lists what can be disturbed.
    ///
    /// - `path`, and that of `against`: a file that exists; the files left behind name it from their folder.
    /// - `seed`: in place of the scenarios' own.
    /// - `folder`: receives the log of flights.
    /// - `fresh`: forgets the log that is there.
    ///
    /// # Errors
    /// A scenario that is wrong, or that does not stand at the end of its undisturbed flight; a log of another
    /// search.
    pub fn new(
        path: &Path,
        against: &Against,
        seed: Option<u64>,
        folder: &Path,
        fresh: bool,
    ) -> Result<Self, SearchError> {
        // Names of other files begin in this folder, so it must be there.
        std::fs::create_dir_all(folder).map_err(|reason| SearchError::File {
            file: folder.to_path_buf(),
            done: "written",
            reason,
        })?;
        let own = Base::read(path, None, seed, folder)?;
        let other = match against {
            Against::Nothing => None,
            Against::Resilient => Some(Base::read(path, Some("resilient"), seed, folder)?),
            Against::Scenario(other) => Some(Base::read(other, None, seed, folder)?),
        };
        let flown = own.undisturbed("is not lost", |outcome| !outcome.struck())?;
        if let Some(other) = &other {
            other
                .undisturbed("stands at its end in the other configuration too", Outcome::stands)?;
        }
        let scenarios: Vec<&Scenario> = [Some(&own), other.as_ref()]
            .into_iter()
            .flatten()
            .map(|b| &*b.stand.scenario)
            .collect();
        let library = Library::of(&scenarios, flown.simulated_s);
        let other_hash = other.as_ref().map_or(String::new(), |o| o.stand.scenario.hash());
        let (hash, digest) = (own.stand.scenario.hash(), short(&flown));
        let code = crate::code();
        let head = format!("frigoris search 1 {code} {hash} {other_hash} {digest:016x}");
        let journal = Mutex::new(Journal::open(folder, &head, fresh)?);
        Ok(Self { own, other, library, folder: folder.to_path_buf(), seed, journal })
    }

    /// The scenario that is searched.
    pub fn scenario(&self) -> &Scenario {
        &self.own.stand.scenario
    }

    /// The other one.
    pub fn other(&self) -> Option<&Scenario> {
        self.other.as_ref().map(|other| &*other.stand.scenario)
    }

    /// The file that is searched.
    pub fn path(&self) -> &Path {
        &self.own.path
    }

    /// What the other one is called.
    pub fn other_name(&self) -> Option<String> {
        let name = |other: &Base| match other.configuration {
            Some(configuration) => configuration.to_string(),
            None => other.path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        self.other.as_ref().map(name)
    }

    /// What can be disturbed.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Flights that an earlier, stopped search flew.
    pub fn resumed(&self) -> usize {
        self.journal.lock().map_or(0, |journal| journal.count())
    }

    /// A point in words.
    pub fn words(&self, point: &Point) -> Vec<String> {
        point.0.iter().map(|part| self.library.words(part, self.scenario())).collect()
    }

    /// The scenario file of a point, by what it is expected to end as; `other` for the other configuration.
    pub fn file(&self, point: &Point, title: &str, expected: Outcome, other: bool) -> String {
        let base = self.other.as_ref().filter(|_| other).unwrap_or(&self.own);
        let text = base.text(&self.library, point, (self.seed, &self.folder), title);
        format!("{text}\n[expect]\noutcome = \"{}\"\nevents  = []\nband    = []\n", expected.name())
    }

    /// Flies a point, whether it was flown before or not.
    ///
    /// # Errors
    /// A flight that cannot start.
    pub fn fly(&self, point: &Point, run: u64, other: bool) -> Result<Flown, SearchError> {
        let base = self.other.as_ref().filter(|_| other).unwrap_or(&self.own);
        let scenario = self.read(base, point)?;
        self.fly_on(base, scenario, point, run).map(|(flown, _)| flown)
    }

    fn failed(&self, point: &Point) -> impl Fn(ScenarioError) -> SearchError {
        let what = self.words(point).join("; ");
        move |reason| SearchError::Flight { what: what.clone(), reason: Box::new(reason) }
    }

    fn read(&self, base: &Base, point: &Point) -> Result<Scenario, SearchError> {
        let text = base.text(&self.library, point, (self.seed, &self.folder), "disturbed");
        let path = self.folder.join("disturbed.toml");
        let tree = Tree::of_text(&path, &text).map_err(self.failed(point))?;
        Scenario::check(&tree).map_err(self.failed(point))
    }

    fn fly_on(
        &self,
        base: &Base,
        scenario: Scenario,
        point: &Point,
        run: u64,
    ) -> Result<(Flown, Score), SearchError> {
        let stand = base.stand.again(scenario).map_err(self.failed(point))?;
        let mut score = Score::new(&stand.scenario);
        let flown = fly(&stand, run, Recording::Off, |frame| score.see(frame));
        Ok((flown.map_err(self.failed(point))?, score))
    }

    /// One flight, from the log if it is there.
    ///
    /// # Errors
    /// A flight that cannot start, a log that cannot be written.
    pub fn kept(&self, point: &Point, run: u64, other: bool) -> Result<Kept, SearchError> {
        let base = self.other.as_ref().filter(|_| other).unwrap_or(&self.own);
        let scenario = self.read(base, point)?;
        let key = format!("{}.{run}", scenario.hash());
        let known = self.journal.lock().ok().and_then(|journal| journal.find(&key).cloned());
        if let Some(kept) = known {
            return Ok(kept);
        }
        let (flown, score) = self.fly_on(base, scenario, point, run)?;
        let outcome = flown.judgement.outcome;
        let kept = Kept { outcome, digest: short(&flown), margins: score.margins(&flown) };
        if let Ok(mut journal) = self.journal.lock() {
            journal.keep(&key, &kept)?;
        }
        Ok(kept)
    }
}

impl Subject for Bench {
    fn dimensions(&self) -> &[Dimension] {
        &self.library.dimensions
    }

    fn trial(&self, point: &Point) -> Result<Trial, SearchError> {
        let Kept { outcome, digest, margins } = self.kept(point, REFERENCE_RUN, false)?;
        Ok(Trial { lost: outcome.struck(), margins, digest })
    }

    fn other_survives(&self, point: &Point) -> Result<Option<bool>, SearchError> {
        if self.other.is_none() {
            return Ok(None);
        }
        Ok(Some(self.kept(point, REFERENCE_RUN, true)?.outcome.stands()))
    }
}

impl Base {
    fn read(
        path: &Path,
        configuration: Option<&'static str>,
        seed: Option<u64>,
        folder: &Path,
    ) -> Result<Self, SearchError> {
        let failed = |reason: ScenarioError| SearchError::Flight {
            what: format!("{}, undisturbed", path.display()),
            reason: Box::new(reason),
        };
        let tree = Tree::read(path).map_err(failed)?;
        let faults = list(&tree.root, "fault", "fault");
        let ground = tree.root.get("terrain").map(|entry| &entry.node);
        let craters = match ground {
            Some(Node::Table(ground)) => list(ground, "crater", "terrain.crater"),
            _ => String::new(),
        };
        let text = head(path, folder, None, seed) + &own_configuration(configuration);
        let tree = Tree::of_text(&folder.join("undisturbed.toml"), &text).map_err(failed)?;
        let scenario = Scenario::check(&tree).map_err(failed)?;
        let stand = Stand::new(scenario).map_err(failed)?;
        Ok(Self { path: path.to_path_buf(), configuration, stand, faults, craters })
    }

    fn undisturbed(
        &self,
        wanted: &'static str,
        good: fn(Outcome) -> bool,
    ) -> Result<Flown, SearchError> {
        let flown = fly(&self.stand, REFERENCE_RUN, Recording::Off, |_| {});
        let flown = flown.map_err(|reason| SearchError::Flight {
            what: format!("{}, undisturbed", self.path.display()),
            reason: Box::new(reason),
        })?;
        let outcome = flown.judgement.outcome;
        if good(outcome) {
            return Ok(flown);
        }
        let (file, outcome) = (self.path.display().to_string(), outcome.name());
        Err(SearchError::LostAlready { file, outcome, wanted })
    }

    fn text(
        &self,
        library: &Library,
        point: &Point,
        (seed, folder): (Option<u64>, &Path),
        title: &str,
    ) -> String {
        let lists = (&self.faults[..], &self.craters[..]);
        head(&self.path, folder, Some(title), seed)
            + &library.toml(point, &self.stand.scenario, lists, self.configuration)
    }
}

fn head(path: &Path, folder: &Path, title: Option<&str>, seed: Option<u64>) -> String {
    let title = title.map(|title| format!("title   = {}\n", quoted(title))).unwrap_or_default();
    let seed = seed.map(|seed| format!("seed    = {seed}\n")).unwrap_or_default();
    format!("extends = {}\n{title}{seed}", relative(path, folder))
}

fn own_configuration(configuration: Option<&str>) -> String {
    let line = |name| format!("\n[flight]\nconfiguration = \"{name}\"\n");
    configuration.map(line).unwrap_or_default()
}

/// The first 64 bits of a flight's digest.
fn short(flown: &Flown) -> u64 {
    flown.digest().iter().take(8).fold(0, |sum, octet| (sum << 8) | u64::from(*octet))
}

/// A list of tables as lines of a file.
fn list(table: &BTreeMap<String, Entry>, key: &str, path: &str) -> String {
    let Some(Node::Array(items)) = table.get(key).map(|entry| &entry.node) else {
        return String::new();
    };
    let mut out = String::new();
    for item in items {
        let Node::Table(inner) = &item.node else { continue };
        let _ = writeln!(out, "[[{path}]]");
        for (key, entry) in inner {
            let _ = writeln!(out, "{key} = {}", value(entry, &|_, text| quoted(text)));
        }
    }
    out
}
