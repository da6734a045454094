//! `frigoris rangefinder`: how far a vehicle's rangefinder sees, and what it would take to lose that.
//!
//! Owns: the arguments, the file's name. Does not own: the study (`rig::rangefinder_study`).

use crate::output::keep;
use crate::plain::say;
use crate::shipped::Unpacked;
use miette::IntoDiagnostic;
use rig::rangefinder_study::{Study, lines, page};
use rig::scenario::VehicleFile;
use std::path::PathBuf;

/// Arguments of `frigoris rangefinder`.
#[derive(clap::Args)]
pub struct Rangefinder {
    /// Vehicle file, or the name of a shipped vehicle.
    #[arg(default_value = "resilience")]
    vehicle: PathBuf,
    /// Folder for rangefinder.html.
    #[arg(long, default_value = "out")]
    out: PathBuf,
}

impl Rangefinder {
    /// Prints the tables and writes the page. Always `true`: nothing is judged.
    pub fn run(&self) -> miette::Result<bool> {
        let mut unpacked = Unpacked::default();
        let file = VehicleFile::read(&unpacked.locate_vehicle(&self.vehicle)?)?;
        let study = Study::of(&file);
        let mut stdout = std::io::stdout().lock();
        for line in lines(&study) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let path = self.out.join("rangefinder.html");
        keep(&path, &page(&study))?;
        say(&mut stdout, &format!("\nwritten: {}", path.display())).into_diagnostic()?;
        Ok(true)
    }
}
