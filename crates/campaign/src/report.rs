//! The report of a campaign: what it shows, how sure that is, what drives it, what went wrong.
//!
//! Owns: [`Report`], made of `campaign.parquet` alone, so that merged shards give the report of one machine; the files
//! `campaign.html` and `campaign.json` beside it.
//! Parts: `table` (the file), `findings` (limits, endings, worst runs), `landing` (where they came down), `plots`, `map`,
//! `reasons` and `page` (HTML without network), `twin` (the same as JSON). Drivers and groups are `crate::sensitivity` and `crate::clusters`.
//! Refuses: judging single runs (`rig::verdict`), and smoothing: every figure is counted or is an order statistic, and
//! what rests on a normal distribution (the ellipses) says so and is counted beside it.

pub mod findings;
pub mod landing;
mod map;
mod page;
mod plots;
mod reasons;
pub mod table;
mod twin;

use crate::clusters::{Cluster, Feature, clusters};
use crate::requirements::{Evidence, Ledger, Requirement, requirements};
use crate::runs::MARGINS;
use crate::sensitivity::{Sensitivity, Series, analyse};
use findings::{Counts, LimitFinding, Spread, Worst};
use landing::Landing;
use rig::record::WriteError;
use std::path::{Path, PathBuf};
use table::{ReportError, Table};

/// What a campaign shows.
#[derive(Clone, Debug)]
pub struct Report {
    /// The campaign.
    pub table: Table,
    /// Outcomes, classes and grades.
    pub counts: Counts,
    /// The touchdown limits and the scenario's bands.
    pub limits: Vec<LimitFinding>,
    /// Requirements that this scenario is evidence of.
    pub requirements: Vec<(Requirement, Option<Evidence>)>,
    /// Where the runs came down; `None` where none did.
    pub landing: Option<Landing>,
    /// Every measure that a run has.
    pub spreads: Vec<Spread>,
    /// What drives the margins.
    pub sensitivities: Vec<Sensitivity>,
    /// What clusters are found in.
    pub features: Vec<Feature>,
    /// Failed runs in groups.
    pub clusters: Vec<Cluster>,
    /// The runs of least margin.
    pub worst: Vec<Worst>,
    /// Time that the runs took, s; `None` where nobody kept it.
    pub wall_s: Option<f64>,
}

impl Report {
    /// Of a campaign.
    ///
    /// - Cost: at ten thousand runs some seconds, most of them for sensitivities.
    pub fn of(table: Table) -> Self {
        let counts = Counts::of(&table);
        let limits = findings::limits(&table);
        let features = findings::features(&table);
        let clusters = clusters(&findings::endings(&table), &features);
        Self {
            requirements: evidence(&table),
            landing: Landing::of(&table),
            spreads: findings::spreads(&table),
            sensitivities: analyse(&figures(&table), &inputs(&table)),
            worst: findings::worst(&table),
            wall_s: findings::wall_s(&table),
            table,
            counts,
            limits,
            features,
            clusters,
        }
    }

    /// The page.
    pub fn page(&self) -> String {
        page::page(self)
    }

    /// The same for programs.
    pub fn twin(&self) -> String {
        twin::twin(self)
    }
}

/// Makes the report of `folder/campaign.parquet` beside it; returns it with the path of its page.
///
/// # Errors
/// A campaign that cannot be read, a page that cannot be written.
pub fn make(folder: &Path) -> Result<(Report, PathBuf), ReportError> {
    let report = Report::of(Table::read(&folder.join("campaign.parquet"))?);
    let page = folder.join("campaign.html");
    keep(&page, &report.page())?;
    keep(&folder.join("campaign.json"), &report.twin())?;
    Ok((report, page))
}

/// Writes a file whole or not at all.
fn keep(file: &Path, text: &str) -> Result<(), WriteError> {
    let error = |reason| WriteError::File { file: file.to_path_buf(), reason };
    let half = file.with_extension("half");
    std::fs::write(&half, text).map_err(error)?;
    std::fs::rename(&half, file).map_err(error)
}

/// What is driven: the margins to the limits, and whether a run landed where both happen often enough.
fn figures(table: &Table) -> Vec<Series> {
    let margin = |key: &str| {
        let column = table.column(&format!("margin.{key}"))?;
        Some(Series { key: key.to_string(), values: column.values.clone() })
    };
    let mut out: Vec<Series> = MARGINS.into_iter().filter_map(margin).collect();
    let landed: Vec<f64> =
        table.outcomes.iter().map(|o| f64::from(u8::from(findings::landed(*o)))).collect();
    let of_landed = landed.iter().sum::<f64>();
    if of_landed.min(landed.len() as f64 - of_landed) >= 10.0 {
        out.push(Series { key: "landed".to_string(), values: landed });
    }
    out
}

fn inputs(table: &Table) -> Vec<Series> {
    let series =
        |column: &table::Column| Series { key: column.key.clone(), values: column.values.clone() };
    table.inputs.iter().map(series).collect()
}

fn evidence(table: &Table) -> Vec<(Requirement, Option<Evidence>)> {
    // The file is part of the program and read by its tests; one that cannot be read leaves the table empty.
    let mut ledger = Ledger::new(requirements().unwrap_or_default());
    let name = table.scenario();
    if name.is_empty() {
        return Vec::new();
    }
    ledger.add(&name, table, false);
    let named = |(requirement, _): &(Requirement, _)| {
        crate::requirements::matches(&requirement.scenarios, &name)
    };
    let entries = ledger.entries.into_iter().filter(named);
    entries.map(|(requirement, evidence)| (requirement, evidence.into_iter().next())).collect()
}

#[cfg(test)]
mod tests;
