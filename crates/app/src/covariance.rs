//! `frigoris covariance`: how far flights scatter, from one run, beside many.
//!
//! Owns: the arguments, the progress, the file's name. Does not own: the study (`rig::linear_covariance`).

use crate::fly::live;
use crate::output::keep;
use crate::overrides::Overrides;
use crate::plain::say;
use crate::shipped::{Unpacked, short_name};
use indicatif::{ProgressBar, ProgressDrawTarget};
use miette::IntoDiagnostic;
use rig::linear_covariance::{Study, lines, page};
use rig::scenario::Scenario;
use std::path::{Path, PathBuf};

/// Arguments of `frigoris covariance`.
#[derive(clap::Args)]
pub struct Covariance {
    /// Scenario file, or name of a shipped scenario.
    #[arg(default_value = "m2-nominal-from-ignition")]
    scenario: PathBuf,
    /// Runs that the prediction is held against; 0 for the prediction alone.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    runs: u64,
    /// Folder for covariance.html [default: out/covariance-NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    #[command(flatten)]
    overrides: Overrides,
}

impl Covariance {
    /// Predicts, flies, prints the table and writes the page. Always `true`: nothing is judged.
    pub fn run(&self) -> miette::Result<bool> {
        let mut unpacked = Unpacked::default();
        let mut scenario = Scenario::read(&unpacked.locate(&self.scenario)?)?;
        self.overrides.apply(&mut scenario);
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().into_diagnostic()?;
        let bar = if live() { ProgressBar::new(self.runs) } else { ProgressBar::hidden() };
        bar.set_draw_target(if live() {
            ProgressDrawTarget::stdout()
        } else {
            ProgressDrawTarget::hidden()
        });
        let study = pool.install(|| Study::of(scenario, self.runs, || bar.inc(1)))?;
        bar.finish_and_clear();
        let mut stdout = std::io::stdout().lock();
        for line in lines(&study) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let name = short_name(&self.scenario);
        let default = || Path::new("out").join(format!("covariance-{name}"));
        let path = self.out.clone().unwrap_or_else(default).join("covariance.html");
        keep(&path, &page(&study))?;
        say(&mut stdout, &format!("\nwritten: {}", path.display())).into_diagnostic()?;
        Ok(true)
    }
}
