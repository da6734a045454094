//! `frigoris fly --counterfactuals`: what would have had to be different for a lost flight to land.
//!
//! Owns: which scenarios, the progress, the files' names. Does not own: the study (`rig::counterfactual`).

use crate::output::keep;
use crate::overrides::Overrides;
use crate::plain::say;
use crate::progress::bar;
use crate::shipped::{SHIPPED, Unpacked};
use miette::IntoDiagnostic;
use rig::counterfactual::{Options, Progress, Study, csv, lines, page};
use rig::scenario::{Scenario, VehicleFile};
use std::path::{Path, PathBuf};

/// Studied when nothing is named, in the order of the flights.
const DEFAULT: [&str; 2] = ["m1-as-flown", "m2-as-flown"];
/// The vehicle that carries the sensors which might have been there.
const SENSORS: &str = "resilience-sensors";
/// Lines of progress when there is no terminal: one in so many flights.
const PLAIN_EVERY: u64 = 20;

/// The default scenarios that the program carries.
pub fn shipped() -> Vec<PathBuf> {
    let carried = |name: &&str| {
        let path = format!("scenarios/{name}.toml");
        SHIPPED.iter().any(|file| file.path == path)
    };
    DEFAULT.into_iter().filter(carried).map(PathBuf::from).collect()
}

/// Studies every scenario, prints the tables and writes the files. Always `true`: nothing is judged.
pub fn run(
    files: &[PathBuf],
    overrides: &Overrides,
    options: &Options,
    out: &Path,
    unpacked: &mut Unpacked,
) -> miette::Result<bool> {
    let sensors = VehicleFile::read(&unpacked.locate_vehicle(Path::new(SENSORS))?)?;
    let mut studies = Vec::new();
    for file in files {
        let mut scenario = Scenario::read(&unpacked.locate(file)?)?;
        overrides.apply(&mut scenario);
        let bar = bar(None, "{msg}  {elapsed}");
        let name = scenario.name();
        let tell = |progress: Progress| {
            let Progress { flights, what } = progress;
            bar.set_message(format!("{name}: {flights} flights, {what}"));
            if bar.is_hidden() && flights.is_multiple_of(PLAIN_EVERY) {
                let line = format!("{name}: {flights} flights, {what}");
                let _ = say(&mut std::io::stdout().lock(), &line);
            }
        };
        let study = Study::of(&scenario, &sensors, options, tell)?;
        bar.finish_and_clear();
        let mut stdout = std::io::stdout().lock();
        for line in lines(&study) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        studies.push(study);
    }
    keep(&out.join("counterfactuals.csv"), &csv(&studies))?;
    let path = out.join("counterfactuals.html");
    keep(&path, &page(&studies))?;
    let written = format!("\nwritten: {}", path.display());
    say(&mut std::io::stdout().lock(), &written).into_diagnostic()?;
    Ok(true)
}
