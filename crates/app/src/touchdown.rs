//! `frigoris touchdown`: what a vehicle can land on, slope against horizontal speed.
//!
//! Owns: the arguments, the files' names. Does not own: the study (`rig::touchdown_study`).

use crate::output::keep;
use crate::plain::say;
use crate::shipped::Unpacked;
use miette::IntoDiagnostic;
use rig::scenario::VehicleFile;
use rig::touchdown_study::{Study, lines, page, picture};
use std::path::PathBuf;

/// Arguments of `frigoris touchdown`.
#[derive(clap::Args)]
pub struct Touchdown {
    /// Vehicle file, or the name of a shipped vehicle.
    #[arg(default_value = "resilience")]
    vehicle: PathBuf,
    /// Landings at each point of the map.
    #[arg(long, default_value_t = 24)]
    draws: u64,
    /// Landings over the whole box, by which the envelope is chosen.
    #[arg(long, default_value_t = 4000)]
    survey: u64,
    /// Landings with which the envelope is tried; a quarter of them with everything shut and at its corner.
    #[arg(long, default_value_t = 4000)]
    landings: u64,
    /// Seed of the draws that choose the envelope.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seed of the draws with which it is tried.
    #[arg(long, default_value_t = 2)]
    fresh: u64,
    /// Folder for touchdown.html and touchdown.svg.
    #[arg(long, default_value = "out")]
    out: PathBuf,
}

impl Touchdown {
    /// Prints the tables, writes page and picture. Always `true`: nothing is judged.
    pub fn run(&self) -> miette::Result<bool> {
        let mut unpacked = Unpacked::default();
        let file = VehicleFile::read(&unpacked.locate_vehicle(&self.vehicle)?)?;
        let study = Study::of(&file, self.seed);
        let (draws, landings) = (self.draws.max(1), self.landings.max(1));
        let found = study.findings(draws, self.survey, landings, self.fresh);
        let mut stdout = std::io::stdout().lock();
        for line in lines(&found) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let path = self.out.join("touchdown.html");
        keep(&path, &page(&found))?;
        keep(&self.out.join("touchdown.svg"), &picture(&found))?;
        say(&mut stdout, &format!("\nwritten: {}", path.display())).into_diagnostic()?;
        Ok(true)
    }
}
