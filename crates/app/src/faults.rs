//! `frigoris faults`: the table of every fault monitor on board.
//!
//! Owns: the arguments, the file's name. Does not own: the table (`rig::fault_table`).

use crate::output::keep;
use crate::plain::say;
use miette::IntoDiagnostic;
use rig::fault_table::markdown;
use std::path::PathBuf;

/// Arguments of `frigoris faults`.
#[derive(clap::Args)]
pub struct Faults {
    /// Folder for fault-management.md; without it the table is printed.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Faults {
    /// Prints or writes the table. Always `true`: nothing is judged.
    pub fn run(&self) -> miette::Result<bool> {
        let mut stdout = std::io::stdout().lock();
        match &self.out {
            None => say(&mut stdout, markdown().trim_end()).into_diagnostic()?,
            Some(folder) => {
                let path = folder.join("fault-management.md");
                keep(&path, &markdown())?;
                say(&mut stdout, &format!("written: {}", path.display())).into_diagnostic()?;
            }
        }
        Ok(true)
    }
}
