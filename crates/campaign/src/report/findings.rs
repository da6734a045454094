//! What is counted and ordered: outcomes, limits, spreads, endings, worst runs.
//!
//! Owns: which runs count as landed, how a limit is read out of the scenario, what is compared between failed runs.
//! A figure that a run never came to have counts as beyond its limit: a lander that is lost before the ground
//! has no touchdown speed to be proud of.

use super::table::{Column, Table};
use crate::clusters::{Feature, Stated};
use crate::order::{self, CONFIDENCE, SHARE, lower_bound, quantile, upper_bound};
use crate::requirements::{Claim, Evidence, Kept};
use crate::runs::MARGINS;
use crate::runs::worst::{Least, least, scales, worse};
use rig::measures::{MEASURES, measure};
use rig::report::adapt::label as label_of;
use rig::statistics::Share;
use rig::verdict::{Class, Grade, Outcome};
use std::collections::BTreeMap;
use std::path::Path;

/// Confidence of the sentence about landing.
pub const LANDING_CONFIDENCE: f64 = 0.95;
/// Runs listed as the worst.
const WORST: usize = 8;
/// The first of the measures that a touchdown gives, in the order of a flight.
const FIRST_OF_TOUCHDOWN: &str = "time_192_m_to_impact_s";
/// Later measures that are no consequence of a touchdown.
const SYMPTOMS: [&str; 5] =
    ["ranges_rejected", "false_landed", "sensors_shut_out", "pads_slope_deg", "pads_rock_m"];

/// Whether a run ended within the touchdown limits.
pub fn landed(outcome: Outcome) -> bool {
    outcome == Outcome::Landed
}

/// How often what happened.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Outcomes that occurred, best first.
    pub outcomes: Vec<(Outcome, Share)>,
    /// Classes of touchdown, best first, as shares of all runs.
    pub classes: Vec<(Class, Share)>,
    /// Grades, best first.
    pub grades: Vec<(Grade, Share)>,
    /// Runs within the touchdown limits.
    pub landed: u64,
    /// Runs that stand on their legs.
    pub stand: u64,
    /// Runs.
    pub of: u64,
}

impl Counts {
    /// Of a campaign.
    pub fn of(table: &Table) -> Self {
        let count = |of: fn(Outcome) -> bool| table.outcomes.iter().filter(|o| of(**o)).count();
        Self {
            outcomes: shares(table.outcomes.iter().copied(), table.count()),
            classes: shares(table.classes.iter().copied().flatten(), table.count()),
            grades: shares(table.grades.iter().copied(), table.count()),
            landed: count(landed) as u64,
            stand: count(Outcome::stands) as u64,
            of: table.count(),
        }
    }

    /// The share of all descents that land, shown with [`LANDING_CONFIDENCE`].
    pub fn landing_shown(&self) -> f64 {
        order::share_shown(self.of - self.landed, self.of, LANDING_CONFIDENCE)
    }

    /// The same of standing on its legs.
    pub fn standing_shown(&self) -> f64 {
        order::share_shown(self.of - self.stand, self.of, LANDING_CONFIDENCE)
    }
}

fn shares<K: Ord + Copy>(keys: impl Iterator<Item = K>, of: u64) -> Vec<(K, Share)> {
    let mut counts: BTreeMap<K, u64> = BTreeMap::new();
    keys.for_each(|key| *counts.entry(key).or_default() += 1);
    counts.into_iter().map(|(key, count)| (key, Share::new(count, of))).collect()
}

/// A limit and what the runs say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitFinding {
    /// The measure.
    pub key: String,
    /// Its label for people.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// Least permitted.
    pub min: f64,
    /// Most permitted.
    pub max: f64,
    /// "Within the limits in [`SHARE`] of runs, with [`CONFIDENCE`]".
    pub claim: Claim,
    /// Runs that keep it.
    pub evidence: Evidence,
    /// Runs that never came to have the figure, counted as beyond.
    pub absent: u64,
    /// What [`SHARE`] of all runs keep to with [`CONFIDENCE`]; infinite where absent figures reach so far, `None` with too
    /// few runs or two-sided limits.
    pub bound: Option<f64>,
}

/// The limits of a campaign's scenario. Touchdown limits count where it expects a landing.
pub fn limits(table: &Table) -> Vec<LimitFinding> {
    let mut out = Vec::new();
    let mut add = |key: &str, min: Option<f64>, max: Option<f64>| {
        if min.is_some() || max.is_some() {
            let (min, max) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
            out.extend(table.column(key).map(|column| limit(table, column, min, max)));
        }
    };
    if table.expected() == Some(Outcome::Landed) {
        for key in MARGINS {
            let bound = |end: &str| table.number(&format!("expect.{key}_{end}"));
            add(key, bound("min"), bound("max"));
        }
    }
    for i in 0.. {
        let band = |part: &str| format!("expect.band[{i}].{part}");
        let Some(key) = table.setting(&band("measure")) else { break };
        add(key, table.number(&band("min")), table.number(&band("max")));
    }
    out
}

fn limit(table: &Table, column: &Column, min: f64, max: f64) -> LimitFinding {
    let claim = Claim {
        kept: Kept::Within { key: column.key.clone(), min, max },
        share: SHARE,
        confidence: CONFIDENCE,
        pooled: false,
    };
    let kept = claim.kept(table).into_iter().flatten().filter(|kept| *kept).count() as u64;
    let evidence = Evidence { campaign: table.scenario(), kept, of: table.count() };
    let ordered = |absent: f64| {
        let mut values: Vec<f64> =
            column.values.iter().map(|x| if x.is_nan() { absent } else { *x }).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let bound = match (min.is_finite(), max.is_finite()) {
        (false, true) => upper_bound(&ordered(f64::INFINITY), SHARE, CONFIDENCE),
        (true, false) => lower_bound(&ordered(f64::NEG_INFINITY), SHARE, CONFIDENCE),
        _ => None,
    };
    LimitFinding {
        key: column.key.clone(),
        label: label(&column.key).to_string(),
        unit: column.unit.clone(),
        min,
        max,
        claim,
        evidence,
        absent: column.values.iter().filter(|value| value.is_nan()).count() as u64,
        bound,
    }
}

/// A measure's label; of anything else its key.
pub fn label(key: &str) -> &str {
    measure(key).map_or(key, |measure| label_of(measure.key))
}

/// The distribution of one figure over the runs that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The measure.
    pub key: String,
    /// Its unit.
    pub unit: String,
    /// Ascending values.
    pub values: Vec<f64>,
    /// Runs without one.
    pub absent: u64,
}

/// Quantiles that are listed.
pub const QUANTILES: [f64; 5] = [0.0, 0.05, 0.5, 0.95, 1.0];

impl Spread {
    /// The value at a quantile, by the nearest rank.
    pub fn at(&self, q: f64) -> f64 {
        quantile(&self.values, q).unwrap_or(f64::NAN)
    }

    /// The 95 % interval of a quantile.
    pub fn interval(&self, q: f64) -> Option<(f64, f64)> {
        order::interval(&self.values, q, 0.95)
    }
}

/// Every measure that any run has.
pub fn spreads(table: &Table) -> Vec<Spread> {
    let spread = |key: &str| {
        let column = table.column(key)?;
        let mut values: Vec<f64> = column.values.iter().copied().filter(|x| !x.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        let absent = column.values.len() as u64 - values.len() as u64;
        let (key, unit) = (column.key.clone(), column.unit.clone());
        (!values.is_empty()).then_some(Spread { key, unit, values, absent })
    };
    MEASURES.iter().filter_map(|measure| spread(measure.key)).collect()
}

/// Runs that are no full success, by how they ended: every outcome but a landing by its name, and of the landings
/// those beyond a limit by which.
pub fn endings(table: &Table) -> Vec<(String, Vec<usize>)> {
    let margins: Vec<(&str, &Column)> = MARGINS
        .into_iter()
        .filter_map(|key| Some((key, table.column(&format!("margin.{key}"))?)))
        .collect();
    let judged = table.expected() == Some(Outcome::Landed);
    let mut endings: BTreeMap<(Outcome, String), Vec<usize>> = BTreeMap::new();
    for (place, outcome) in table.outcomes.iter().enumerate() {
        let ending = if !landed(*outcome) {
            outcome.name().to_string()
        } else {
            let beyond = margins.iter().filter(|(_, margin)| margin.values[place] < 0.0);
            let beyond: Vec<&str> = beyond.map(|(key, _)| label(key)).collect();
            if beyond.is_empty() || !judged {
                continue;
            }
            format!("landed, beyond its limit: {}", beyond.join(", "))
        };
        endings.entry((*outcome, ending)).or_default().push(place);
    }
    endings.into_iter().map(|((_, ending), places)| (ending, places)).collect()
}

/// What failed runs are compared by: inputs, and measures with what they are to a rule.
pub fn features(table: &Table) -> Vec<Feature> {
    let input = |column: &Column| Feature {
        name: column.key.clone(),
        unit: column.unit.clone(),
        values: column.values.clone(),
        stated: Stated::Input,
    };
    let touchdown = MEASURES.iter().position(|measure| measure.key == FIRST_OF_TOUCHDOWN);
    let figure = |(i, measure): (usize, &rig::measures::Measure)| {
        let column = table.column(measure.key)?;
        let early = touchdown.is_some_and(|first| i < first) || SYMPTOMS.contains(&measure.key);
        Some(Feature {
            name: label_of(measure.key).to_string(),
            unit: column.unit.clone(),
            values: column.values.clone(),
            stated: if early { Stated::Symptom } else { Stated::No },
        })
    };
    let figures = MEASURES.iter().enumerate().filter_map(figure);
    table.inputs.iter().map(input).chain(figures).collect()
}

/// One of the worst runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// Its place in the table.
    pub place: usize,
    /// The limit that it came nearest to, or went furthest beyond.
    pub key: String,
    /// Unit of the margin.
    pub unit: String,
    /// Margin.
    pub margin: f64,
}

/// The worst runs, as [`crate::runs::worst`] orders them.
pub fn worst(table: &Table) -> Vec<Worst> {
    let columns = MARGINS.map(|key| table.column(&format!("margin.{key}")));
    let limit = |key: &str| {
        let bound = |end: &str| table.number(&format!("expect.{key}_{end}"));
        bound("max").or_else(|| bound("min"))
    };
    let scales = scales(limit);
    let of = |place: usize| {
        least(&columns.map(|column| column.map_or(f64::NAN, |c| c.values[place])), &scales)
    };
    let mut all: Vec<(usize, Least)> =
        (0..table.runs.len()).map(|place| (place, of(place))).collect();
    let key = |place: usize| (table.grades[place], table.runs[place]);
    all.sort_by(|(a, x), (b, y)| {
        let ((grade_a, run_a), (grade_b, run_b)) = (key(*a), key(*b));
        worse((grade_a, x, run_a), (grade_b, y, run_b))
    });
    let one = |(place, least): (usize, Least)| Worst {
        place,
        key: least.key.to_string(),
        unit: least.unit.to_string(),
        margin: least.margin,
    };
    all.into_iter().take(WORST).map(one).collect()
}

/// Time that all runs took together, s: of a column of the campaign, or of the file of times beside it.
pub fn wall_s(table: &Table) -> Option<f64> {
    let sum = |values: &[f64]| values.iter().filter(|ms| ms.is_finite()).sum::<f64>() / 1e3;
    if let Some(column) = table.column("wall_ms") {
        return Some(sum(&column.values));
    }
    let beside = table.file.parent().unwrap_or(Path::new("")).join("timings.parquet");
    let (keys, rows) = rig::parquet_file::read(&beside).ok()?;
    let place = keys.iter().position(|key| key == "wall_ms")?;
    let times: Vec<f64> = rows.iter().filter_map(|row| row.get(place).copied()).collect();
    Some(sum(&times))
}
