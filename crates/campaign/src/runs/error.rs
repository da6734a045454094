//! Why a campaign stopped.

use rig::record::WriteError;
use rig::scenario::ScenarioError;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Ranges of missing runs that are listed.
const LISTED: usize = 20;

/// Why a campaign stopped.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// A run could not start.
    #[error("run {run} could not start")]
    Run {
        /// Its number.
        run: u64,
        /// Why.
        #[source]
        reason: Box<ScenarioError>,
    },
    /// Results could not be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The folder holds another campaign.
    #[error("{file}: runs of another {what}: {theirs}…, not {ours}…")]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What differs: scenario, seed, program or table.
        what: &'static str,
        /// What it is here.
        ours: String,
        /// What it is there.
        theirs: String,
    },
    /// A file whose values are not those that were written.
    #[error("{file}: damaged; nothing was merged")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// How.
        #[source]
        reason: WriteError,
    },
    /// One run, two results.
    #[error("run {run} is not the same in {a} and in {b}; nothing was merged")]
    Conflict {
        /// The run.
        run: u64,
        /// One file.
        a: PathBuf,
        /// The other.
        b: PathBuf,
    },
    /// Runs that were asked for are not there.
    #[error("{count} runs are missing; nothing was merged")]
    Missing {
        /// How many.
        count: u64,
        /// What flies them.
        commands: Vec<String>,
    },
    /// No file of a campaign.
    #[error("{folder}: no runs of a campaign")]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
}

impl CampaignError {
    /// Runs are missing; `campaign` is the command that flies runs of this campaign.
    pub(super) fn missing(ranges: &[Range<u64>], campaign: &str, out: &Path) -> Self {
        let command = |range: &Range<u64>| {
            let (first, runs, out) = (range.start, range.end - range.start, out.display());
            format!("{campaign} --first-run {first} --runs {runs} --out {out}")
        };
        let mut commands: Vec<String> = ranges.iter().take(LISTED).map(command).collect();
        if ranges.len() > LISTED {
            commands.push(format!("and {} ranges more", ranges.len() - LISTED));
        }
        Self::Missing { count: ranges.iter().map(|range| range.end - range.start).sum(), commands }
    }
}

impl miette::Diagnostic for CampaignError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let help = match self {
            Self::Foreign { .. } => {
                "--out names another folder; --fresh removes what is there and flies every run anew"
            }
            Self::Damaged { .. } => {
                "the command that flew it flies its runs again and sets the file aside"
            }
            Self::Missing { .. } => "the commands that fly them are listed above",
            Self::Conflict { .. } => {
                "runs repeat bit by bit: one of the two was flown by something else"
            }
            Self::Write(WriteError::File { .. } | WriteError::Folder { .. }) => {
                "what is finished stays; the same command goes on from there"
            }
            _ => return None,
        };
        Some(Box::new(help))
    }
}
