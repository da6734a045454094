//! `frigoris dictionary`: the telemetry and command dictionary in the formats of other ground systems.
//!
//! Owns: the arguments, the lines. Does not own: the formats (`ground::export`).

use crate::plain::say;
use miette::IntoDiagnostic;
use std::path::PathBuf;

/// Arguments of `frigoris dictionary`.
#[derive(clap::Args)]
#[command(after_help = "frigoris.xtce.xml     XTCE 1.2: any tool that reads it\n\
frigoris.fprime.json  F´ GDS, with python/frigoris_gds.py\n\
ccsdspy/*.csv         ccsdspy, one definition a packet\n\
yamcs/                configuration of a Yamcs server, which was never run: see its README")]
pub struct Dictionary {
    /// Folder for the files.
    #[arg(long, default_value = "dictionary")]
    out: PathBuf,
}

impl Dictionary {
    /// Writes and tells. Always `true`: nothing is judged.
    pub fn run(&self) -> miette::Result<bool> {
        let files = ground::export::write(&self.out).into_diagnostic()?;
        let mut stdout = std::io::stdout().lock();
        for file in files {
            say(&mut stdout, &format!("written: {}", file.display())).into_diagnostic()?;
        }
        Ok(true)
    }
}
