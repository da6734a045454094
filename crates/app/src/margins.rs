//! `frigoris margins`: how far the attitude loop is from instability along a flight.
//!
//! Owns: the arguments, the file's name. Does not own: the study (`rig::margins`).

use crate::output::keep;
use crate::overrides::Overrides;
use crate::plain::say;
use crate::shipped::Unpacked;
use miette::IntoDiagnostic;
use rig::margins::{EVERY_S, Study, lines, page};
use rig::scenario::Scenario;
use std::path::PathBuf;

/// Arguments of `frigoris margins`.
#[derive(clap::Args)]
pub struct Margins {
    /// Scenario file, or name of a shipped scenario.
    #[arg(default_value = "m2-nominal")]
    scenario: PathBuf,
    /// Run number.
    #[arg(long, default_value_t = 0)]
    run: u64,
    /// Folder for margins.html.
    #[arg(long, default_value = "out")]
    out: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
}

impl Margins {
    /// Flies, prints the table and writes the page. Always `true`: nothing is judged.
    pub fn run(&self) -> miette::Result<bool> {
        let mut unpacked = Unpacked::default();
        let mut scenario = Scenario::read(&unpacked.locate(&self.scenario)?)?;
        self.overrides.apply(&mut scenario);
        let study = Study::of(scenario, self.run, EVERY_S)?;
        let mut stdout = std::io::stdout().lock();
        for line in lines(&study) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let path = self.out.join("margins.html");
        keep(&path, &page(&study))?;
        say(&mut stdout, &format!("\nwritten: {}", path.display())).into_diagnostic()?;
        Ok(true)
    }
}
