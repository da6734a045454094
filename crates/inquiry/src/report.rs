//! The report: what an accident board starts from, as one page, and the same for programs.
//!
//! Owns: what a report shows ([`Sheet`]), [`page`], [`json`], [`write`].
//! Parts: `sheet` (its content), `adapt` and `rows` (from what was found to that content), `plots` (pictures), `page` and `explanations` (HTML), `twin` (JSON), `words` (figures and names).
//! Refuses: judging. Probabilities and figures arrive finished; the page shows them.

pub mod adapt;
mod explanations;
mod innovations;
mod method;
mod page;
mod plots;
mod rows;
pub mod sheet;
mod stopping;
mod twin;
mod words;

pub use page::page;
pub use sheet::Sheet;
pub use twin::{KEYS, json, keys_table};

use std::path::{Path, PathBuf};

/// The page's name in its folder.
pub const PAGE: &str = "investigation.html";
/// The twin's name in its folder.
pub const TWIN: &str = "investigation.json";

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{file}: cannot be written")]
pub struct Unwritten {
    /// The file.
    pub file: PathBuf,
    /// What the operating system said.
    #[source]
    pub reason: std::io::Error,
}

/// Writes page and twin into a folder, which is made if it is not there; returns their paths.
///
/// # Errors
/// A file that cannot be written.
pub fn write(folder: &Path, sheet: &Sheet) -> Result<Vec<PathBuf>, Unwritten> {
    let unwritten = |file: &Path| {
        let file = file.to_path_buf();
        |reason| Unwritten { file, reason }
    };
    std::fs::create_dir_all(folder).map_err(unwritten(folder))?;
    let mut written = Vec::new();
    for (name, text) in [(PAGE, page(sheet)), (TWIN, json(sheet))] {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(unwritten(&file))?;
        written.push(file);
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
