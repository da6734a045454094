//! Files of failures in a folder.

use std::io;
use std::path::{Path, PathBuf};

/// Whether a file is one that `frigoris rare` or `frigoris search` left for a failure: `failure-01.toml`,
/// `failure-01-against.toml`.
fn ours(name: &str) -> bool {
    let inner = name.strip_prefix("failure-").and_then(|rest| rest.strip_suffix(".toml"));
    let number = inner.map(|inner| inner.strip_suffix("-against").unwrap_or(inner));
    number.is_some_and(|n| n.len() >= 2 && n.bytes().all(|octet| octet.is_ascii_digit()))
}

/// Removes the failures of an earlier list, which the next one does not name. A folder that is not there has none.
///
/// # Errors
/// A file that cannot be removed, a folder that cannot be read, with its path.
pub fn forget(folder: &Path) -> Result<(), (PathBuf, io::Error)> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |reason| (path, reason)
    };
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        if ours(&entry.file_name().to_string_lossy()) {
            std::fs::remove_file(entry.path()).map_err(at(&entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_an_earlier_list_go_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("frigoris-forget-{}", std::process::id()));
        forget(&folder).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        let stay = ["failure-mine.toml", "failure-1-of-3.toml", "failure-01.txt", "flights.log"];
        let go = ["failure-01.toml", "failure-12-against.toml", "failure-100.toml"];
        for name in stay.iter().chain(&go) {
            std::fs::write(folder.join(name), "").unwrap();
        }
        forget(&folder).unwrap();
        assert!(stay.iter().all(|name| folder.join(name).exists()));
        assert!(!go.iter().any(|name| folder.join(name).exists()));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
