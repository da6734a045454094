//! Requirements and what shows them: tests, and campaigns with their figure and its confidence.
//!
//! Owns: reading `requirements.toml`, the tables at the heads of the rooms, the count of runs that keep a requirement, what that
//! count shows. Does not own: the bound (`order`), running the tests (the test suite; it fails when one does).
//! As published — a share is shown when its one-sided lower bound reaches it, [HansonBeard2010]; it is refuted when
//! the upper bound lies below it; between the two more runs decide.
//! A run counts once, in however many folders it lies: campaigns of the same scenario hash share their run numbers.
//! The bound is one of independent runs: runs of one seed and one number share their draws, whatever flew, so a pooled
//! claim counts one of them, that of the first campaign. Cells of a matrix are places on a grid and no draws: they are
//! no evidence of a pooled claim.

use crate::order::{runs_to_show, share_shown};
use crate::report::table::Table;
use rig::statistics::beta_quantile;
use rig::verdict::Outcome;
use std::collections::BTreeSet;

/// The file at the root of the repository.
const FILE: &str = include_str!("../../../requirements.toml");
/// Heads of the rooms, which hold a table of requirements each.
const ROOMS: [(&str, &str); 6] = [
    ("icd", include_str!("../../icd/src/lib.rs")),
    ("flight", include_str!("../../flight/src/lib.rs")),
    ("truth", include_str!("../../truth/src/lib.rs")),
    ("rig", include_str!("../../rig/src/lib.rs")),
    ("campaign", include_str!("lib.rs")),
    ("ground", include_str!("../../ground/src/lib.rs")),
];

/// What is wrong with a file of requirements.
#[derive(Debug, thiserror::Error)]
pub enum RequirementError {
    /// It is not TOML.
    #[error("requirements.toml: {0}")]
    NotToml(#[from] toml::de::Error),
    /// A key is absent or of the wrong kind.
    #[error("requirements.toml: {id}: {key} is missing, or is not {kind}")]
    Key {
        /// Which requirement, as far as it is known.
        id: String,
        /// The key.
        key: &'static str,
        /// What it should be.
        kind: &'static str,
    },
    /// A key that no requirement has.
    #[error("requirements.toml: {id}: unknown key {key}")]
    Unknown {
        /// Which requirement.
        id: String,
        /// The key.
        key: String,
    },
    /// A value that is not known or out of its range.
    #[error("requirements.toml: {id}: {key} = {value} is not {known}")]
    Value {
        /// Which requirement.
        id: String,
        /// The key.
        key: &'static str,
        /// What is written.
        value: String,
        /// What may be.
        known: &'static str,
    },
    /// Two requirements of one name.
    #[error("requirements.toml: {id} stands there twice")]
    Twice {
        /// The name.
        id: String,
    },
}

impl miette::Diagnostic for RequirementError {}

/// One requirement.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// Name.
    pub id: String,
    /// What shall be.
    pub shall: String,
    /// Patterns of the scenarios whose runs are evidence.
    pub scenarios: Vec<String>,
    /// Tests that fail when it is not met.
    pub tests: Vec<String>,
    /// What a campaign must show; `None` where tests are all there is.
    pub claim: Option<Claim>,
}

/// A claim about all runs that could be flown.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What a run must do.
    pub kept: Kept,
    /// In at least this share of them.
    pub share: f64,
    /// Shown with this confidence.
    pub confidence: f64,
    /// Whether the runs of all campaigns count together.
    pub pooled: bool,
}

/// What a run must do to keep a requirement.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// End in one of these ways.
    Ends(Vec<Outcome>),
    /// Keep a figure within bounds.
    Within {
        /// The measure.
        key: String,
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
}

impl Claim {
    /// The claim in words.
    pub fn words(&self) -> String {
        let what = match &self.kept {
            Kept::Ends(outcomes) => {
                outcomes.iter().map(|o| o.name()).collect::<Vec<_>>().join(" or ")
            }
            Kept::Within { key, min, max } => match (min.is_finite(), max.is_finite()) {
                (true, true) => format!("{key} from {min} to {max}"),
                (true, false) => format!("{key} at least {min}"),
                _ => format!("{key} at most {max}"),
            },
        };
        let (share, confidence) = (100.0 * self.share, 100.0 * self.confidence);
        format!("{what} in {share} % of runs, with {confidence} % confidence")
    }

    /// Whether each run of a campaign keeps it; `None` where the campaign did not measure it.
    pub fn kept(&self, table: &Table) -> Option<Vec<bool>> {
        Some(match &self.kept {
            Kept::Ends(outcomes) => table.outcomes.iter().map(|o| outcomes.contains(o)).collect(),
            Kept::Within { key, min, max } => {
                let values = table.column(key)?.values.iter();
                values.map(|value| value >= min && value <= max).collect()
            }
        })
    }
}

/// Runs that keep a claim among those flown.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The campaign, or the campaigns.
    pub campaign: String,
    /// Runs that keep it.
    pub kept: u64,
    /// Runs.
    pub of: u64,
}

/// What evidence amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Shown with the confidence asked.
    Shown,
    /// Neither shown nor refuted: too few runs.
    Open,
    /// Refuted with the confidence asked.
    Refuted,
}

impl Status {
    /// In a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Shown => "met",
            Status::Open => "not shown",
            Status::Refuted => "not met",
        }
    }
}

impl Evidence {
    /// The share that the runs show.
    pub fn shown(&self, claim: &Claim) -> f64 {
        share_shown(self.of - self.kept, self.of, claim.confidence)
    }

    /// What they amount to.
    pub fn status(&self, claim: &Claim) -> Status {
        let failed = self.of - self.kept;
        let most = match failed {
            0 => 1.0,
            _ => beta_quantile(claim.confidence, self.kept as f64 + 1.0, failed as f64),
        };
        match () {
            () if self.shown(claim) >= claim.share => Status::Shown,
            () if most < claim.share => Status::Refuted,
            () => Status::Open,
        }
    }

    /// The figure in words, with the runs that are missing.
    pub fn words(&self, claim: &Claim) -> String {
        let percent = percent(self.shown(claim));
        let confidence = 100.0 * claim.confidence;
        let figure = format!(
            "{} of {}: at least {percent} % with {confidence} % confidence",
            self.kept, self.of
        );
        if self.status(claim) != Status::Open {
            return figure;
        }
        match runs_to_show(self.of - self.kept, self.of, claim.share, claim.confidence) {
            Some(runs) => format!("{figure}; {runs} runs would show it if they went on so"),
            None => format!("{figure}; no number of runs would show it if they went on so"),
        }
    }
}

/// A share in percent with as many digits as tell it from 100.
pub fn percent(share: f64) -> String {
    let missing = (1.0 - share).max(1e-9);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    let decimals = (-libm::floor(libm::log10(missing)) - 1.0).clamp(1.0, 6.0) as usize;
    // Downwards: a bound must not round up to what was asked.
    let scale = libm::pow(10.0, decimals as f64);
    format!("{:.decimals$}", libm::floor(100.0 * share * scale + 1e-9) / scale)
}

/// The requirements with what campaigns show of them.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The requirements, each with its evidence in the order it was added.
    pub entries: Vec<(Requirement, Vec<Evidence>)>,
    /// Runs that had been counted before and were not counted again.
    pub doubled: u64,
    /// Runs that no pooled claim counts beside others with the same draws.
    pub alike: u64,
    /// Campaigns that another program flew than this one.
    pub other_program: u64,
    /// Campaigns whose runs are no independent draws: laid out over their inputs.
    pub laid_out: u64,
    seen: BTreeSet<(String, u64)>,
    /// Of each requirement with a pooled claim, the draws that it counts, by seed and run.
    drawn: Vec<BTreeSet<(String, u64)>>,
}

impl Ledger {
    /// Without evidence.
    pub fn new(requirements: Vec<Requirement>) -> Self {
        let drawn = vec![BTreeSet::new(); requirements.len()];
        let entries = requirements.into_iter().map(|r| (r, Vec::new())).collect();
        let (doubled, alike, other_program, laid_out) = (0, 0, 0, 0);
        Self { entries, doubled, alike, other_program, laid_out, seen: BTreeSet::new(), drawn }
    }

    /// Counts the runs of a campaign.
    ///
    /// - `name`: of its scenario; what requirements name.
    /// - `cell`: whether it is a cell of a matrix.
    pub fn add(&mut self, name: &str, table: &Table, cell: bool) {
        let (hash, seed) = (table.fact("scenario_hash"), table.fact("seed"));
        self.other_program += u64::from(table.fact("code") != crate::code());
        self.laid_out += u64::from(table.sampling() != "monte-carlo");
        let mut alike = 0;
        let fresh: Vec<bool> =
            table.runs.iter().map(|run| self.seen.insert((hash.to_string(), *run))).collect();
        let of = fresh.iter().filter(|fresh| **fresh).count() as u64;
        self.doubled += table.count() - of;
        if of == 0 {
            return;
        }
        for ((requirement, evidence), drawn) in self.entries.iter_mut().zip(&mut self.drawn) {
            let Some(claim) = &requirement.claim else { continue };
            if !matches(&requirement.scenarios, name) || (claim.pooled && cell) {
                continue;
            }
            let Some(kept) = claim.kept(table) else { continue };
            let mut counted = fresh.clone();
            if claim.pooled {
                for (counted, run) in counted.iter_mut().zip(&table.runs) {
                    *counted = *counted && drawn.insert((seed.to_string(), *run));
                }
            }
            let whole = of;
            let of = counted.iter().filter(|counted| **counted).count() as u64;
            alike = alike.max(whole - of);
            if of == 0 {
                continue;
            }
            let both = kept.iter().zip(&counted).filter(|(kept, counted)| **kept && **counted);
            let kept = both.count() as u64;
            // Parts of one campaign, and of a pooled claim all campaigns, are one.
            let same = evidence.iter_mut().find(|e| claim.pooled || e.campaign == name);
            match same {
                Some(found) => {
                    found.kept += kept;
                    found.of += of;
                    if !found.campaign.split(", ").any(|campaign| campaign == name) {
                        found.campaign += &format!(", {name}");
                    }
                }
                None => evidence.push(Evidence { campaign: name.to_string(), kept, of }),
            }
        }
        self.alike += alike;
    }
}

/// Whether a name is one of `patterns`: `*` any characters, `?` any one, `!` in front takes it out again.
pub fn matches(patterns: &[String], name: &str) -> bool {
    let one = |pattern: &str| like(pattern.as_bytes(), name.as_bytes());
    let taken_out = |pattern: &String| pattern.strip_prefix('!').is_some_and(one);
    patterns.iter().any(|pattern| one(pattern)) && !patterns.iter().any(taken_out)
}

fn like(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            like(rest, name) || (!name.is_empty() && like(pattern, &name[1..]))
        }
        ([b'?', rest @ ..], [_, others @ ..]) => like(rest, others),
        ([a, rest @ ..], [b, others @ ..]) => a == b && like(rest, others),
        _ => false,
    }
}

/// The requirements of the repository.
///
/// # Errors
/// The first thing wrong in the file.
pub fn requirements() -> Result<Vec<Requirement>, RequirementError> {
    read(FILE)
}

/// The requirements at the heads of the rooms: name of the room, requirement.
pub fn of_rooms() -> Vec<(&'static str, Requirement)> {
    let of_room = |(room, text): (&'static str, &'static str)| {
        text.lines().filter_map(move |line| {
            let cells: Vec<&str> = line.strip_prefix("//! | ")?.split(" | ").collect();
            let [id, shall, tests] = cells[..] else { return None };
            let tests: Vec<String> =
                tests.split('`').skip(1).step_by(2).map(str::to_string).collect();
            let (id, shall) = (id.to_string(), shall.to_string());
            let known = !tests.is_empty();
            let requirement = Requirement { id, shall, tests, scenarios: Vec::new(), claim: None };
            known.then_some((room, requirement))
        })
    };
    ROOMS.into_iter().flat_map(of_room).collect()
}

/// Reads a file of requirements.
///
/// # Errors
/// The first thing wrong in it.
pub fn read(text: &str) -> Result<Vec<Requirement>, RequirementError> {
    let file: toml::Table = text.parse()?;
    let list = file.get("requirement").and_then(toml::Value::as_array);
    let mut out: Vec<Requirement> = Vec::new();
    for entry in list.into_iter().flatten() {
        let requirement = requirement(entry)?;
        if out.iter().any(|other| other.id == requirement.id) {
            return Err(RequirementError::Twice { id: requirement.id });
        }
        out.push(requirement);
    }
    Ok(out)
}

fn requirement(entry: &toml::Value) -> Result<Requirement, RequirementError> {
    const KEYS: [&str; 11] = [
        "id",
        "shall",
        "scenarios",
        "tests",
        "outcomes",
        "measure",
        "min",
        "max",
        "share",
        "confidence",
        "pooled",
    ];
    let id = entry.get("id").and_then(toml::Value::as_str).unwrap_or("a requirement without id");
    let absent = |key, kind| RequirementError::Key { id: id.to_string(), key, kind };
    let text = |key| entry.get(key).and_then(toml::Value::as_str).map(str::to_string);
    let texts = |key| -> Option<Vec<String>> {
        let items = entry.get(key)?.as_array()?.iter();
        items.map(|item| item.as_str().map(str::to_string)).collect()
    };
    let unknown = entry.as_table().into_iter().flat_map(toml::Table::keys);
    if let Some(key) = unknown.into_iter().find(|key| !KEYS.contains(&&key[..])) {
        return Err(RequirementError::Unknown { id: id.to_string(), key: key.clone() });
    }
    let list = |key| texts(key).ok_or_else(|| absent(key, "a list of texts"));
    Ok(Requirement {
        id: text("id").ok_or_else(|| absent("id", "a text"))?,
        shall: text("shall").ok_or_else(|| absent("shall", "a text"))?,
        scenarios: list("scenarios")?,
        tests: list("tests")?,
        claim: claim(entry, id)?,
    })
}

/// The claim, when there is one.
fn claim(entry: &toml::Value, id: &str) -> Result<Option<Claim>, RequirementError> {
    let absent = |key, kind| RequirementError::Key { id: id.to_string(), key, kind };
    let value = |key, value: String, known| RequirementError::Value {
        id: id.to_string(),
        key,
        value,
        known,
    };
    let number = |key| match entry.get(key) {
        None => Ok(None),
        Some(toml::Value::Float(number)) => Ok(Some(*number)),
        Some(_) => Err(absent(key, "a number with a decimal point")),
    };
    let kept = match (entry.get("outcomes"), entry.get("measure")) {
        (None, None) => {
            let part = ["min", "max", "share", "confidence", "pooled"];
            return match part.iter().any(|key| entry.get(key).is_some()) {
                true => Err(absent("measure", "beside its claim, nor are outcomes")),
                false => Ok(None),
            };
        }
        (Some(outcomes), None) => {
            let names = outcomes.as_array().ok_or_else(|| absent("outcomes", "a list of texts"))?;
            let outcome = |name: &toml::Value| {
                let known = name.as_str().and_then(Outcome::from_name);
                known.ok_or_else(|| value("outcomes", name.to_string(), "an outcome"))
            };
            Kept::Ends(names.iter().map(outcome).collect::<Result<_, _>>()?)
        }
        (None, Some(key)) => {
            let key = key.as_str().ok_or_else(|| absent("measure", "a text"))?.to_string();
            if rig::measures::measure(&key).is_none() {
                return Err(value("measure", key, "a measure"));
            }
            let (min, max) = (number("min")?, number("max")?);
            if min.is_none() && max.is_none() {
                return Err(absent("max", "a number with a decimal point"));
            }
            let (min, max) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
            Kept::Within { key, min, max }
        }
        (Some(_), Some(_)) => return Err(value("measure", "beside outcomes".into(), "alone")),
    };
    let share = |key| {
        let found = number(key)?.ok_or_else(|| absent(key, "a number with a decimal point"))?;
        let inside = found > 0.0 && found < 1.0;
        inside.then_some(found).ok_or_else(|| value(key, found.to_string(), "between 0 and 1"))
    };
    let pooled = entry.get("pooled").and_then(toml::Value::as_bool);
    let pooled = pooled.ok_or_else(|| absent("pooled", "true or false"))?;
    Ok(Some(Claim { kept, share: share("share")?, confidence: share("confidence")?, pooled }))
}

#[cfg(test)]
mod tests;
