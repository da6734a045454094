//! The dictionary for other people's ground systems, written from the one table that packs the bytes.
//!
//! Owns: [`write`], which makes a folder with XTCE, an F´ dictionary, a configuration for Yamcs and one
//! packet definition for ccsdspy a packet. All of it is generated: no file there is to be edited.
//! Does not own: the table (`icd`), our own decoder.
//! What was run against which client: README.md, "Other ground systems". Yamcs was not run.

mod ccsdspy;
mod fprime;
mod model;
mod samples;
mod xml;
mod xtce;
mod xtce_commands;
mod yamcs;

use std::path::{Path, PathBuf};

/// Why a dictionary cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file or folder cannot be made.
    #[error("{}: cannot be written", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Packets to try a client with: some of every kind but raw cycles, with every value that has a name.
pub fn samples() -> Vec<u8> {
    samples::octets(&model::telemetry())
}

/// Writes every format into `folder`, which is made if need be; returns the files, in order of writing.
pub fn write(folder: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let packets = model::telemetry();
    let orders = model::commands();
    let database = xtce::document(&packets, &orders);
    let mut files = vec![
        (PathBuf::from("frigoris.xtce.xml"), database.clone()),
        (PathBuf::from("frigoris.fprime.json"), fprime::document(&packets, &orders)),
    ];
    for packet in &packets {
        let name = format!("{}.csv", packet.name);
        files.push((Path::new("ccsdspy").join(name), ccsdspy::document(packet)));
    }
    files.extend(yamcs::documents(database));
    let mut files: Vec<(PathBuf, Vec<u8>)> =
        files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    files.push((PathBuf::from("samples.ccsds"), samples::octets(&packets)));
    for (name, content) in &files {
        let path = folder.join(name);
        let failed = |source| ExportError::Write { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, content).map_err(failed)?;
    }
    Ok(files.into_iter().map(|(name, _)| folder.join(name)).collect())
}

#[cfg(test)]
mod tests;
