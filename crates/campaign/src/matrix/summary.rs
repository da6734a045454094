//! What a cell amounts to.
//!
//! Owns: [`Summary`], which run is the worst, the main cause of loss. Does not own: outcomes (`rig::verdict`).
//! Survived: at rest on its legs, whatever the limits say. Landed: within the touchdown limits too.
//! The worst run is the one with the poorest outcome and, among those, with the least margin as a share of its
//! limit.

use super::plan::Cell;
use crate::runs::{Campaign, MARGINS, Row};
use rig::measures::measure;
use rig::report::adapt::label;
use rig::statistics::Share;
use rig::verdict::{Expect, Grade, Outcome};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// For propellant, whose limit is often zero, a margin counts as a share of this at least, kg. Assumed.
const PROPELLANT_KG: f64 = 10.0;
/// Announcing the ground from higher than this is a cause of its own, m: beyond any bounce.
const HIGH_M: f64 = 100.0;

/// What a cell amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// Place of the site, the azimuth, the vehicle and the configuration in their lists.
    pub at: [usize; 4],
    /// Its scenario.
    pub file: PathBuf,
    /// Why it was not flown: no approach exists.
    pub no_approach: Option<String>,
    /// Runs at rest on their legs.
    pub survived: Share,
    /// Runs within the touchdown limits too.
    pub landed: Share,
    /// Runs that keep the limits of place and propellant too.
    pub passed: Share,
    /// The outcomes that occurred, best first.
    pub outcomes: Vec<(Outcome, u64)>,
    /// The most frequent way not to land, with how often; `None` when all landed.
    pub cause: Option<(String, u64)>,
    /// The worst run; `None` when nothing was flown.
    pub worst: Option<Worst>,
    /// Median and largest distance from the target, m, and least propellant left, kg; NaN without one.
    pub miss_m: [f64; 2],
    /// Least propellant left, kg; NaN without one.
    pub propellant_kg: f64,
}

/// The worst run of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// Its number.
    pub run: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// The limit that it kept worst; empty when it never came to any.
    pub limit: &'static str,
    /// The limit's unit.
    pub unit: &'static str,
    /// Margin to it; NaN when there is none.
    pub margin: f64,
}

impl Summary {
    /// Of a cell that was flown.
    pub fn of(cell: &Cell, file: &Path, campaign: &Campaign, expect: &Expect) -> Self {
        let rows = &campaign.rows;
        let of = rows.len() as u64;
        let share = |is: &dyn Fn(&Row) -> bool| {
            Share::new(rows.iter().filter(|row| is(row)).count() as u64, of)
        };
        let mut miss: Vec<f64> = rows.iter().filter_map(|row| row.measures.miss_m).collect();
        miss.sort_by(f64::total_cmp);
        let at = |n: usize| miss.get(n).copied().unwrap_or(f64::NAN);
        let left = rows.iter().filter_map(|row| row.measures.propellant_kg);
        Self {
            survived: share(&|row| survived(row.outcome)),
            landed: share(&|row| row.outcome == Outcome::Landed),
            passed: share(&|row| row.grade == Grade::Pass),
            outcomes: campaign.outcomes().iter().map(|(o, share)| (*o, share.count)).collect(),
            cause: cause(rows),
            worst: worst(rows, expect),
            miss_m: [at(miss.len() / 2), at(miss.len().saturating_sub(1))],
            propellant_kg: left.fold(f64::NAN, f64::min),
            no_approach: None,
            ..Self::without_approach(cell, file, String::new())
        }
    }

    /// Of a cell to which no approach exists.
    pub fn without_approach(cell: &Cell, file: &Path, reason: String) -> Self {
        let none = Share::new(0, 0);
        Self {
            name: cell.name.clone(),
            at: cell.at,
            file: file.to_path_buf(),
            no_approach: Some(reason),
            survived: none,
            landed: none,
            passed: none,
            outcomes: vec![],
            cause: None,
            worst: None,
            miss_m: [f64::NAN; 2],
            propellant_kg: f64::NAN,
        }
    }

    /// The command that flies the worst run again.
    pub fn replay(&self) -> Option<String> {
        let worst = self.worst.as_ref()?;
        Some(format!("frigoris fly {} --run {}", self.file.display(), worst.run))
    }
}

const fn survived(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Landed | Outcome::HardLanding)
}

/// The most frequent way not to land; of two as frequent the worse one.
fn cause(rows: &[Row]) -> Option<(String, u64)> {
    let mut counts: BTreeMap<(Outcome, String), u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.outcome != Outcome::Landed) {
        *counts.entry((row.outcome, words(row))).or_default() += 1;
    }
    // A loss before a hard landing, then the number.
    let rank = |(key, count): &(&(Outcome, String), &u64)| (!survived(key.0), **count, key.0);
    let most = counts.iter().max_by_key(rank)?;
    Some((most.0.1.clone(), *most.1))
}

/// How a run did not land, in words: its outcome, and what of it tells losses apart.
fn words(row: &Row) -> String {
    let m = &row.measures;
    let some = |value: Option<f64>| value.is_some_and(|x| x > 0.0);
    let mut out = row.outcome.name().to_string();
    if row.outcome == Outcome::HardLanding {
        let broken = MARGINS.iter().zip(row.margins).take(3).find(|(_, margin)| *margin < 0.0);
        return out + &broken.map_or(String::new(), |(key, _)| format!(": {}", label(key)));
    }
    if m.height_at_estimate_zero_m.is_some_and(|m| m > HIGH_M) {
        out += ", believed itself down while high";
    }
    if some(m.sensors_shut_out) {
        out += ", a sensor shut out";
    }
    if m.first_valid_range_m.is_none() {
        out += ", never a valid range";
    }
    out
}

/// The run of the poorest outcome and, among those, of the least margin as a share of its limit.
fn worst(rows: &[Row], expect: &Expect) -> Option<Worst> {
    let scales = MARGINS.map(|key| match key {
        "v_vertical_m_s" => expect.v_vertical_m_s_max,
        "v_horizontal_m_s" => expect.v_horizontal_m_s_max,
        "tilt_deg" => expect.tilt_deg_max,
        "miss_m" => expect.miss_m_max,
        _ => expect.propellant_kg_min.max(PROPELLANT_KG),
    });
    let least = |row: &Row| {
        let margins = MARGINS.into_iter().zip(row.margins).zip(scales);
        let shares = margins.map(|((key, margin), scale)| (key, margin, margin / scale.max(1e-9)));
        let known = shares.filter(|(_, margin, _)| !margin.is_nan());
        known.min_by(|a, b| a.2.total_cmp(&b.2)).unwrap_or(("", f64::NAN, f64::INFINITY))
    };
    let all = rows.iter().map(|row| (row, least(row)));
    let (row, (limit, margin, _)) = all.max_by(|(a, x), (b, y)| {
        a.outcome.cmp(&b.outcome).then(y.2.total_cmp(&x.2)).then(b.run.cmp(&a.run))
    })?;
    let unit = measure(limit).map_or("", |measure| measure.unit);
    Some(Worst { run: row.run, outcome: row.outcome, limit, unit, margin })
}
