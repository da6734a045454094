//! `frigoris report`: the report of a campaign again, from its file alone.
//!
//! Owns: the arguments, the lines on the screen. Does not own: what is reported (`campaign::report`).

use crate::plain::say;
use ::campaign::report::table::ReportError;
use ::campaign::report::{Report as Found, make};
use ::campaign::requirements::percent;
use miette::IntoDiagnostic;
use std::path::{Path, PathBuf};

/// Arguments of `frigoris report`.
#[derive(clap::Args)]
pub struct Report {
    /// Folders with a campaign.parquet; each receives campaign.html and campaign.json.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
}

impl Report {
    /// Makes the reports; always `true`: what they say is no verdict.
    pub fn run(&self) -> miette::Result<bool> {
        for folder in &self.folders {
            show(folder)?;
        }
        Ok(true)
    }
}

/// More runs than this are reported when somebody asks: the report holds them all in memory, some 1.5 kB a run.
const AT_ONCE: u64 = 100_000;

/// As [`show`], of a campaign that was just flown; one of the reference alone has no report.
pub fn beside(folder: &Path, runs: u64) -> miette::Result<()> {
    if runs > AT_ONCE {
        let line = format!("report: frigoris report {}", folder.display());
        return say(&mut std::io::stdout().lock(), &line).into_diagnostic();
    }
    match make(folder) {
        Err(ReportError::NoRuns { .. }) => Ok(()),
        made => told(&made?),
    }
}

/// Makes the report of the campaign in `folder` and says where it is.
pub fn show(folder: &Path) -> miette::Result<()> {
    told(&make(folder)?)
}

fn told((found, page): &(Found, PathBuf)) -> miette::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for line in lines(found, page) {
        say(&mut stdout, &line).into_diagnostic()?;
    }
    Ok(())
}

fn lines(found: &Found, page: &Path) -> Vec<String> {
    let counts = &found.counts;
    vec![
        format!(
            "{} of {} runs landed: at least {} % of such descents do, with 95 % confidence",
            counts.landed,
            counts.of,
            percent(counts.landing_shown())
        ),
        format!("report: {}", page.display()),
    ]
}
