//! `frigoris matrix`: campaigns over sites, approach azimuths, vehicles and flight configurations.
//!
//! Owns: the arguments, the progress bar, the files' names. Does not own: the matrix (`campaign::matrix`).

use crate::plain::say;
use crate::progress::bar;
use crate::shipped::{Unpacked, short_name};
use ::campaign::matrix::{self, Plan, Step, Summary};
use miette::IntoDiagnostic;
use rig::record::WriteError;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `frigoris matrix`.
#[derive(clap::Args)]
#[command(
    after_help = "FILE is looked for as written, then as matrices/NAME.toml below the current folder, \
then inside the program.\n\n\
Runs that are in the folder are not flown again. Those of another scenario, seed or program are refused; --fresh \
removes the runs of every cell and flies them anew.\n\n\
Exit code: 0 the matrix was flown, whatever became of its runs; 2 it could not be."
)]
pub struct Matrix {
    /// Matrix file, or name of a shipped matrix.
    file: PathBuf,
    /// Runs a cell, instead of the file's.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    runs: Option<u64>,
    /// Seed of the random streams, instead of the file's.
    #[arg(long)]
    seed: Option<u64>,
    /// Folder for the results [default: out/matrix-NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Remove the runs of every cell that are in the folder, and fly them anew.
    #[arg(long)]
    fresh: bool,
}

impl Matrix {
    /// Flies and prints; always `true`: the shares are the result, not a verdict.
    pub fn run(&self) -> miette::Result<bool> {
        let default = Path::new("out").join(format!("matrix-{}", short_name(&self.file)));
        let folder = self.out.clone().unwrap_or(default);
        // Cells extend the scenario they were made from: a built-in one must stay where they can find it.
        let mut unpacked = Unpacked::kept_in(&folder.join("shipped"));
        let plan =
            Plan::read(&unpacked.locate_matrix(&self.file)?, &folder)?.with(self.seed, self.runs);
        let began = Instant::now();
        let cells = self.fly(&plan, &folder)?;
        let mut stdout = std::io::stdout().lock();
        say(&mut stdout, "").into_diagnostic()?;
        for line in matrix::lines(&plan, &cells) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let flown: u64 = cells.iter().map(|cell| cell.survived.of).sum();
        let wall_s = began.elapsed().as_secs_f64();
        let page = folder.join("matrix.html");
        let last = format!(
            "\n{} cells, {flown} runs, {wall_s:.1} s; written: {}",
            cells.len(),
            page.display()
        );
        say(&mut stdout, &last).into_diagnostic()?;
        Ok(true)
    }

    fn fly(&self, plan: &Plan, folder: &Path) -> miette::Result<Vec<Summary>> {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().into_diagnostic()?;
        let bar = bar(Some(plan.cells.len() as u64 * plan.runs), "runs  {eta} left  {msg}");
        let began = Instant::now();
        let tell = |step: Step<'_>| {
            let (cell, _) = step.cell;
            bar.set_position(cell as u64 * plan.runs + step.progress.done);
            bar.set_message(step.name.to_string());
        };
        let done = |cells: &[Summary]| {
            let (n, of) = (cells.len(), plan.cells.len());
            bar.set_position(n as u64 * plan.runs);
            if bar.is_hidden()
                && let Some(cell) = cells.last()
            {
                let left_s = began.elapsed().as_secs_f64() / n as f64 * (of - n) as f64;
                let line = format!("{n} of {of}  {}  ({left_s:.0} s left)", matrix::line(cell));
                let _ = say(&mut std::io::stdout().lock(), &line);
            }
            // Written each time: a matrix that is stopped leaves what it has.
            write(plan, cells, folder)
        };
        let cells = pool.install(|| matrix::fly(plan, self.fresh, tell, done));
        bar.finish_and_clear();
        Ok(cells?)
    }
}

fn write(plan: &Plan, cells: &[Summary], folder: &Path) -> Result<(), WriteError> {
    let text = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(|reason| WriteError::File { file, reason })
    };
    text("matrix.csv", &matrix::csv(plan, cells))?;
    text("matrix.html", &matrix::page(plan, cells))?;
    matrix::write_parquet(plan, cells, &folder.join("matrix.parquet"))
}
