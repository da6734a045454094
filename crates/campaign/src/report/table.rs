//! A campaign as its file holds it: columns by name, facts, the scenario's settings.
//!
//! Owns: reading `campaign.parquet` without knowing who wrote it: a merged one and one flown at a stretch are the same.
//! Run 0 is the reference, in which nothing is dispersed; it is no draw and left out here.

use rig::parquet_file::Reader;
use rig::record::WriteError;
use rig::scenario::REFERENCE_RUN;
use rig::verdict::{Class, Grade, Outcome};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Head of the names of dispersed inputs.
const INPUT: &str = "input.";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The campaign cannot be read, or the report not be written.
    #[error(transparent)]
    File(#[from] WriteError),
    /// The file is not a campaign's.
    #[error("{file}: is no campaign of ours: {what}")]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What is missing.
        what: String,
    },
    /// There is nothing to report on.
    #[error("{file}: holds no run but the reference; a report needs dispersed runs, from run 1 on")]
    NoRuns {
        /// The file.
        file: PathBuf,
    },
}

impl miette::Diagnostic for ReportError {}

/// One figure of every run.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name; of an input without its head.
    pub key: String,
    /// Unit.
    pub unit: String,
    /// One value a run, NaN for none.
    pub values: Vec<f64>,
}

/// A campaign.
#[derive(Clone, Debug)]
pub struct Table {
    /// The file.
    pub file: PathBuf,
    /// Run numbers, ascending, without the reference.
    pub runs: Vec<u64>,
    /// How each ended.
    pub outcomes: Vec<Outcome>,
    /// Each against the scenario's expectation.
    pub grades: Vec<Grade>,
    /// Class of each touchdown; `None` without one.
    pub classes: Vec<Option<Class>>,
    /// Everything measured, margins as `margin.KEY`.
    pub columns: Vec<Column>,
    /// What was dispersed.
    pub inputs: Vec<Column>,
    /// The facts of the file.
    pub facts: BTreeMap<String, String>,
    settings: BTreeMap<String, String>,
}

impl Table {
    /// Reads `campaign.parquet`.
    ///
    /// # Errors
    /// A file that is absent, damaged, not a campaign's, or without runs.
    pub fn read(file: &Path) -> Result<Self, ReportError> {
        let reader = Reader::open(file)?;
        // A result of an earlier program has no sum of its values.
        if reader.fact("frigoris.code").is_some() {
            reader.verify()?;
        }
        let column =
            |key: &String| Column { key: key.clone(), unit: String::new(), values: Vec::new() };
        let mut columns: Vec<Column> = reader.keys().iter().map(column).collect();
        for group in 0..reader.groups() {
            let values = reader.group(group)?;
            columns
                .iter_mut()
                .zip(values)
                .for_each(|(column, values)| column.values.extend(values));
        }
        Self::of(file, columns, reader.facts().into_iter().collect())
    }

    /// A campaign from its columns and facts; what [`Self::read`] makes of a file.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of(
        file: &Path,
        mut columns: Vec<Column>,
        facts: BTreeMap<String, String>,
    ) -> Result<Self, ReportError> {
        let foreign =
            |what: &str| ReportError::Foreign { file: file.to_path_buf(), what: what.into() };
        for column in &mut columns {
            if let Some(unit) = facts.get(&format!("unit.{}", column.key)) {
                column.unit.clone_from(unit);
            }
        }
        let mut take = |key: &str| {
            let place = columns.iter().position(|column| column.key == key);
            place
                .map(|place| columns.remove(place).values)
                .ok_or_else(|| foreign(&format!("it has no column {key}")))
        };
        let (runs, outcomes, grades) = (take("run")?, take("outcome")?, take("grade")?);
        let names =
            |key: &str| facts.get(key).ok_or_else(|| foreign(&format!("it has no fact {key}")));
        let outcome = Coded::new(names("frigoris.outcomes")?, Outcome::ALL.map(|o| (o.name(), o)));
        let grade = Coded::new(names("frigoris.grades")?, Grade::ALL.map(|g| (g.name(), g)));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // run numbers
        let number = |run: f64| run as u64;
        let mut kept: Vec<usize> =
            (0..runs.len()).filter(|i| number(runs[*i]) != REFERENCE_RUN).collect();
        kept.sort_by_key(|i| number(runs[*i]));
        if kept.is_empty() {
            return Err(ReportError::NoRuns { file: file.to_path_buf() });
        }
        let decoded = |i: &usize| Some((outcome.of(outcomes[*i])?, grade.of(grades[*i])?));
        let ends: Option<Vec<(Outcome, Grade)>> = kept.iter().map(decoded).collect();
        let (outcomes, grades) =
            ends.ok_or_else(|| foreign("an outcome is unknown"))?.into_iter().unzip();
        for column in &mut columns {
            column.values = kept.iter().map(|i| column.values[*i]).collect();
        }
        let (inputs, columns) =
            columns.into_iter().partition(|column| column.key.starts_with(INPUT));
        let mut table = Self {
            file: file.to_path_buf(),
            runs: kept.iter().map(|i| number(runs[*i])).collect(),
            outcomes,
            grades,
            classes: Vec::new(),
            columns,
            inputs,
            settings: settings(facts.get("frigoris.scenario").map_or("", String::as_str)),
            facts,
        };
        table.inputs.iter_mut().for_each(|input| drop(input.key.drain(..INPUT.len())));
        table.classes = table.classes_of_touchdown();
        Ok(table)
    }

    /// Number of runs.
    pub fn count(&self) -> u64 {
        self.runs.len() as u64
    }

    /// A column of figures.
    pub fn column(&self, key: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.key == key)
    }

    /// A fact, without its head `frigoris.`; empty when the file has none.
    pub fn fact(&self, key: &str) -> &str {
        self.facts.get(&format!("frigoris.{key}")).map_or("", String::as_str)
    }

    /// A setting of the scenario as its canonical text has it, texts without quotes.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str)
    }

    /// A setting that is a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.setting(key)?.parse().ok()
    }

    /// Settings in a list, `key[0]` and on.
    pub fn list(&self, key: &str) -> Vec<&str> {
        (0..).map_while(|i| self.setting(&format!("{key}[{i}]"))).collect()
    }

    /// How runs are drawn.
    pub fn sampling(&self) -> &str {
        self.setting("campaign.sampling").unwrap_or("monte-carlo")
    }

    /// The command that repeats a run.
    pub fn command(&self, run: u64) -> String {
        let fly = self.fact("fly");
        if fly.is_empty() {
            return format!("frigoris fly FILE --seed {} --run {run}", self.fact("seed"));
        }
        format!("{fly} --run {run}")
    }

    /// The scenario file that was flown; of an older campaign, the third word of the command that repeats a run.
    pub fn flown_file(&self) -> &str {
        match self.fact("file") {
            "" => self.fact("fly").split_whitespace().nth(2).unwrap_or_default(),
            file => file,
        }
    }

    /// Name of the scenario: that of its file, without folder and ending; empty when the file does not say.
    pub fn scenario(&self) -> String {
        Path::new(self.flown_file())
            .file_stem()
            .map_or(String::new(), |stem| stem.to_string_lossy().into_owned())
    }

    /// The outcome that the scenario expects.
    pub fn expected(&self) -> Option<Outcome> {
        Outcome::from_name(self.setting("expect.outcome")?)
    }

    fn classes_of_touchdown(&self) -> Vec<Option<Class>> {
        let columns: Vec<Option<&Column>> =
            rig::measures::MEASURES.iter().map(|measure| self.column(measure.key)).collect();
        let class = |(i, outcome): (usize, &Outcome)| {
            let values = columns.iter().map(|column| column.map_or(f64::NAN, |c| c.values[i]));
            Class::of(*outcome, &rig::measures::Measures::from_values(values))
        };
        self.outcomes.iter().enumerate().map(class).collect()
    }
}

/// Values by the place of their name in a list.
struct Coded<T>(Vec<Option<T>>);

impl<T: Copy> Coded<T> {
    fn new<const N: usize>(names: &str, known: [(&str, T); N]) -> Self {
        let by_name = |name: &str| known.iter().find(|(other, _)| *other == name).map(|(_, x)| *x);
        Self(names.split(',').map(by_name).collect())
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // NaN and negatives become 0: not a place
    fn of(&self, code: f64) -> Option<T> {
        *self.0.get(if code >= 0.0 { code as usize } else { usize::MAX })?
    }
}

/// The lines `key = value` of a canonical text before its vehicle.
fn settings(canonical: &str) -> BTreeMap<String, String> {
    let own = canonical.lines().take_while(|line| *line != "[vehicle]");
    // What the command line sets stands at the end, and counts instead.
    let set = canonical.lines().skip_while(|line| *line != "[command line]");
    let pair = |line: &str| {
        let (key, value) = line.split_once(" = ")?;
        Some((key.to_string(), value.trim_matches('"').to_string()))
    };
    own.chain(set).filter_map(pair).collect()
}
