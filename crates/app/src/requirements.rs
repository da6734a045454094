//! `frigoris requirements`: each requirement with the tests and the campaigns that show it.
//!
//! Owns: finding the campaigns, the lines on the screen. Does not own: the requirements and what evidence amounts
//! to (`campaign::requirements`).

use crate::plain::say;
use ::campaign::report::table::Table;
use ::campaign::requirements::{
    Claim, Evidence, Ledger, Requirement, Status, of_rooms, requirements,
};
use miette::{IntoDiagnostic, miette};
use std::path::{Path, PathBuf};

/// Folders below a given one that are searched for campaigns.
const DEPTH: usize = 3;
/// Campaigns listed of one requirement, those not met first.
const LISTED: usize = 12;

/// Arguments of `frigoris requirements`.
#[derive(clap::Args)]
#[command(
    after_help = "Exit code: 0 no campaign refutes a requirement; 1 one does; 2 a campaign cannot be read."
)]
pub struct Requirements {
    /// Folders of campaigns, or folders that hold such.
    folders: Vec<PathBuf>,
    /// List the requirements of the rooms too.
    #[arg(long)]
    rooms: bool,
}

impl Requirements {
    /// Prints; `true` unless a campaign refutes a requirement.
    pub fn run(&self) -> miette::Result<bool> {
        let mut ledger = Ledger::new(requirements()?);
        let mut campaigns = 0;
        for folder in &self.folders {
            let found = campaigns_below(folder, DEPTH);
            if found.is_empty() {
                return Err(miette!("{}: no campaign.parquet here or below", folder.display()));
            }
            for folder in found {
                let table = Table::read(&folder.join("campaign.parquet"))?;
                ledger.add(&name(&table, &folder), &table, of_matrix(&folder));
                campaigns += 1;
            }
        }
        let mut stdout = std::io::stdout().lock();
        for line in lines(&ledger, campaigns, self.rooms) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let refuted = |(requirement, evidence): &(Requirement, Vec<Evidence>)| {
            let claim = requirement.claim.as_ref();
            claim.is_some_and(|c| evidence.iter().any(|e| e.status(c) == Status::Refuted))
        };
        Ok(!ledger.entries.iter().any(refuted))
    }
}

/// The campaign's scenario; of an older file, the folder's name.
fn name(table: &Table, folder: &Path) -> String {
    let named = table.scenario();
    if !named.is_empty() {
        return named;
    }
    let folder = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.strip_prefix("campaign-").unwrap_or(&folder).to_string()
}

/// Whether a campaign is a cell of a matrix, which leaves them in `runs` below its own folder.
fn of_matrix(folder: &Path) -> bool {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    whole.ancestors().nth(2).is_some_and(|matrix| matrix.join("matrix.parquet").is_file())
}

/// `folder` itself or the folders below it that hold a campaign, in the order of their names.
fn campaigns_below(folder: &Path, depth: usize) -> Vec<PathBuf> {
    if folder.join("campaign.parquet").is_file() {
        return vec![folder.to_path_buf()];
    }
    let entries = if depth == 0 { None } else { std::fs::read_dir(folder).ok() };
    let mut below: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    below.sort();
    below.iter().flat_map(|folder| campaigns_below(folder, depth - 1)).collect()
}

fn lines(ledger: &Ledger, campaigns: usize, rooms: bool) -> Vec<String> {
    let mut out = Vec::new();
    for (requirement, evidence) in &ledger.entries {
        out.extend(of_requirement(requirement, evidence));
    }
    if rooms {
        for (room, requirement) in of_rooms() {
            out.push(format!("{}  {} ({room})", requirement.id, requirement.shall));
            out.push(format!("    tests: {}", requirement.tests.join(", ")));
        }
    }
    let without =
        |entry: &&(Requirement, Vec<Evidence>)| entry.0.tests.is_empty() && entry.1.is_empty();
    let none: Vec<&str> =
        ledger.entries.iter().filter(without).map(|(r, _)| r.id.as_str()).collect();
    let unflown =
        |entry: &&(Requirement, Vec<Evidence>)| entry.0.claim.is_some() && entry.1.is_empty();
    let unflown: Vec<&str> =
        ledger.entries.iter().filter(unflown).map(|(r, _)| r.id.as_str()).collect();
    out.push(format!("\n{} requirements; {campaigns} campaigns read", ledger.entries.len()));
    if ledger.doubled > 0 {
        out.push(format!("{} runs lie in more than one folder and count once", ledger.doubled));
    }
    if ledger.alike > 0 {
        out.push(format!(
            "{} runs share their draws with others: a pooled claim counts one of each",
            ledger.alike
        ));
    }
    if ledger.other_program > 0 {
        out.push(format!(
            "{} campaigns were flown by another program than this",
            ledger.other_program
        ));
    }
    if ledger.laid_out > 0 {
        out.push(format!(
            "{} campaigns lay their runs out over the inputs (Latin hypercube, Sobol): the confidences are of independent runs",
            ledger.laid_out
        ));
    }
    let list =
        |names: Vec<&str>| if names.is_empty() { "none".to_string() } else { names.join(", ") };
    out.push(format!("claims without a campaign: {}", list(unflown)));
    out.push(format!("without any evidence: {}", list(none)));
    out
}

fn of_requirement(requirement: &Requirement, evidence: &[Evidence]) -> Vec<String> {
    let mut out = vec![format!("{}  {}", requirement.id, requirement.shall)];
    let tests = match requirement.tests.is_empty() {
        true => "none".to_string(),
        false => requirement.tests.join(", "),
    };
    out.push(format!("    tests: {tests}"));
    let Some(claim) = &requirement.claim else { return out };
    out.push(format!("    asked: {}", claim.words()));
    if evidence.is_empty() {
        out.push("    campaigns: none read".to_string());
        return out;
    }
    let mut sorted: Vec<&Evidence> = evidence.iter().collect();
    sorted.sort_by_key(|e| std::cmp::Reverse(e.status(claim)));
    let count = |status| evidence.iter().filter(|e| e.status(claim) == status).count();
    if evidence.len() > 1 {
        let each = [Status::Shown, Status::Open, Status::Refuted]
            .map(|status| format!("{} {}", count(status), status.name()));
        out.push(format!("    {} campaigns: {}", evidence.len(), each.join(", ")));
    }
    out.extend(sorted.iter().take(LISTED).map(|e| of_campaign(e, claim)));
    if sorted.len() > LISTED {
        out.push(format!("    and {} more", sorted.len() - LISTED));
    }
    out
}

fn of_campaign(evidence: &Evidence, claim: &Claim) -> String {
    let names: Vec<&str> = evidence.campaign.split(", ").collect();
    let name = match names.len() {
        0..=3 => evidence.campaign.clone(),
        count => format!("{count} scenarios together"),
    };
    format!("    {}: {name}: {}", evidence.status(claim).name(), evidence.words(claim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_evidence_is_named_plainly() {
        let text = "[[requirement]]\nid = \"REQ-A-1\"\nshall = \"fly\"\nscenarios = []\ntests = []\n\
                    [[requirement]]\nid = \"REQ-A-2\"\nshall = \"land\"\nscenarios = [\"*\"]\ntests = [\"one\"]\n\
                    outcomes = [\"landed\"]\nshare = 0.9\nconfidence = 0.9\npooled = false\n";
        let mut ledger = Ledger::new(::campaign::requirements::read(text).unwrap());
        let lines = super::lines(&ledger, 0, false);
        assert!(lines.contains(&"without any evidence: REQ-A-1".to_string()), "{lines:?}");
        assert!(lines.contains(&"claims without a campaign: REQ-A-2".to_string()));
        // With a campaign the figure stands there, worst first.
        let evidence = |kept| Evidence { campaign: format!("c{kept}"), kept, of: 100 };
        ledger.entries[1].1 = vec![evidence(100), evidence(50)];
        let lines = super::lines(&ledger, 2, false);
        let place = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
        assert!(place("not met: c50: 50 of 100") < place("met: c100: 100 of 100: at least 97."));
        assert!(lines.contains(&"    2 campaigns: 1 met, 0 not shown, 1 not met".to_string()));
    }
}
