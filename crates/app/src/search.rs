//! `frigoris search`: looks for failures of a scenario that nobody listed.
//!
//! Owns: the arguments, the progress, the files' names. Does not own: the search (`campaign::search`).

use crate::output::keep;
use crate::plain::say;
use crate::progress::bar;
use crate::shipped::{Unpacked, short_name};
use ::campaign::search::{self, Against, Progress, Request, Study};
use miette::IntoDiagnostic;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `frigoris search`.
#[derive(clap::Args)]
#[command(
    after_help = "FILE is looked for as by `frigoris fly`. It must not be lost undisturbed. Flights that are in the \
folder's log are not flown again: the same command goes on where it was stopped. A log of another search is refused; \
--fresh forgets it.\n\n\
Exit code: 0 the search was made, whatever it found; 2 it could not be."
)]
pub struct Search {
    /// Scenario file, or name of a shipped scenario.
    file: PathBuf,
    /// What must survive the same disturbances: `resilient` for the same scenario with that configuration, or
    /// another scenario. Without it every loss counts.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Flights at the most, of both configurations together.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(50..))]
    runs: u64,
    /// Seed of search and flights, instead of the scenario's.
    #[arg(long)]
    seed: Option<u64>,
    /// Folder for the failures, search.html and search.json [default: out/search-NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Forget the flights in the folder; without it a search that was stopped goes on with them.
    #[arg(long)]
    fresh: bool,
}

impl Search {
    /// Searches, prints and writes; always `true`: the list is the result, not a verdict.
    pub fn run(&self) -> miette::Result<bool> {
        let default = Path::new("out").join(format!("search-{}", short_name(&self.file)));
        let folder = self.out.clone().unwrap_or(default);
        let mut unpacked = Unpacked::default();
        let against = match &self.against {
            None => Against::Nothing,
            Some(name) if name == Path::new("resilient") => Against::Resilient,
            Some(file) => Against::Scenario(unpacked.lasting(file, &folder)?),
        };
        let request = Request {
            file: unpacked.lasting(&self.file, &folder)?,
            against,
            runs: self.runs,
            seed: self.seed,
            folder: folder.clone(),
            fresh: self.fresh,
        };
        let study = self.search(&request)?;
        let mut stdout = std::io::stdout().lock();
        for line in search::lines(&study) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        keep(&folder.join("search.json"), &search::json(&study))?;
        let path = folder.join("search.html");
        keep(&path, &search::page(&study))?;
        say(&mut stdout, &format!("\nwritten: {}", path.display())).into_diagnostic()?;
        Ok(true)
    }

    fn search(&self, request: &Request) -> miette::Result<Study> {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().into_diagnostic()?;
        let bar = bar(Some(self.runs), "flights  {msg}  {elapsed}");
        let began = Instant::now();
        let tell = |progress: Progress| {
            bar.set_position(progress.spent);
            bar.set_message(format!("{} found", progress.found));
            if bar.is_hidden() {
                let line = progress_line(&progress, began.elapsed().as_secs_f64());
                let _ = say(&mut std::io::stdout().lock(), &line);
            }
        };
        let study = pool.install(|| Study::of(request, &tell));
        bar.finish_and_clear();
        Ok(study?)
    }
}

fn progress_line(progress: &Progress, elapsed_s: f64) -> String {
    let Progress { spent, trials, found } = progress;
    format!("{spent} of {trials} flights, {found} failures found, {elapsed_s:.0} s")
}
