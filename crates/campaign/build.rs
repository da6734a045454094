//! Hashes what decides a run's bits: the sources of the rooms that fly it, the data and versions that they are
//! built with, the compiler. Build profile and machine are no part of it: they change no bit.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Below the repository's root.
const DECIDES: [&str; 7] = [
    "crates/icd/src",
    "crates/flight/src",
    "crates/truth/src",
    "crates/rig/src",
    "crates/campaign/src",
    "data",
    "Cargo.lock",
];

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut hash = Sha256::new();
    for below in DECIDES {
        println!("cargo::rerun-if-changed={}", root.join(below).display());
        let mut files = Vec::new();
        gather(&root.join(below), &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(&root).unwrap_or(&file).components();
            let name: Vec<_> = name.map(|part| part.as_os_str().to_string_lossy()).collect();
            let octets = std::fs::read(&file)?;
            hash.update(format!("{} {}\n", name.join("/"), octets.len()));
            hash.update(&octets);
        }
    }
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    hash.update(Command::new(compiler).arg("--version").output()?.stdout);
    let hex: String = hash.finalize().iter().map(|octet| format!("{octet:02x}")).collect();
    println!("cargo::rustc-env=FRIGORIS_CODE={hex}");
    Ok(())
}

/// The files at or below a path; none where there is nothing.
fn gather(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            gather(&entry?.path(), files)?;
        }
    } else if path.exists() {
        files.push(path.to_path_buf());
    }
    Ok(())
}
