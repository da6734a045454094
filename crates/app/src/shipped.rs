//! The scenario, vehicle, matrix and point files that travel inside the program, so that it flies from any folder.
//!
//! Owns: finding what a person named. Order: the file as written, `scenarios/NAME.toml` or `vehicles/NAME.toml` below the current
//! folder, then the copy inside the program, which is unpacked into a folder for temporary files.

use std::path::{Path, PathBuf};

/// A file of the repository: its path below the root, and its text.
pub struct Shipped {
    /// Path below the repository's root, with `/`.
    pub path: &'static str,
    /// Text.
    pub text: &'static str,
}

/// Every shipped file, listed by `build.rs`.
pub const SHIPPED: &[Shipped] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Why a shipped file could not be unpacked.
#[derive(Debug, miette::Diagnostic)]
pub struct UnpackError {
    file: PathBuf,
    reason: std::io::Error,
}

impl std::fmt::Display for UnpackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: the built-in copy cannot be unpacked here", self.file.display())
    }
}

impl std::error::Error for UnpackError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.reason)
    }
}

/// The folder that built-in files were unpacked into; removed when dropped, unless it is to be kept.
#[derive(Default)]
pub struct Unpacked {
    folder: Option<PathBuf>,
    kept: Option<PathBuf>,
}

impl Unpacked {
    /// Unpacks into `folder`, should anything built-in be named, and leaves it there.
    pub fn kept_in(folder: &Path) -> Self {
        Self { folder: None, kept: Some(folder.to_path_buf()) }
    }

    /// The scenario that `named` means; a name that nothing matches is returned as it is.
    ///
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub fn locate(&mut self, named: &Path) -> Result<PathBuf, UnpackError> {
        self.locate_in("scenarios", named)
    }

    /// The vehicle that `named` means; as [`Self::locate`].
    ///
    /// # Errors
    /// As [`Self::locate`].
    pub fn locate_vehicle(&mut self, named: &Path) -> Result<PathBuf, UnpackError> {
        self.locate_in("vehicles", named)
    }

    /// The matrix that `named` means; as [`Self::locate`].
    ///
    /// # Errors
    /// As [`Self::locate`].
    pub fn locate_matrix(&mut self, named: &Path) -> Result<PathBuf, UnpackError> {
        self.locate_in("matrices", named)
    }

    /// The published points that `named` means; as [`Self::locate`].
    ///
    /// # Errors
    /// As [`Self::locate`].
    pub fn locate_points(&mut self, named: &Path) -> Result<PathBuf, UnpackError> {
        self.locate_in("points", named)
    }

    /// As [`Self::locate`], for what is named by files that stay: an absolute path; what is inside the program is
    /// unpacked below `folder` for good.
    ///
    /// # Errors
    /// As [`Self::locate`]; a file that is not there is left to whoever reads it.
    pub fn lasting(&mut self, named: &Path, folder: &Path) -> Result<PathBuf, UnpackError> {
        let path = self.locate(named)?;
        let inside = self.folder.as_ref().and_then(|own| path.strip_prefix(own).ok());
        let path = match inside {
            None => path,
            Some(below) => {
                let root = folder.join("shipped");
                unpack(&root)?;
                root.join(below)
            }
        };
        Ok(path.canonicalize().unwrap_or(path))
    }

    fn locate_in(&mut self, folder: &str, named: &Path) -> Result<PathBuf, UnpackError> {
        if named.exists() {
            return Ok(named.to_path_buf());
        }
        let beside = Path::new(folder).join(named).with_extension("toml");
        if beside.exists() {
            return Ok(beside);
        }
        let wanted = format!("{folder}/{}.toml", named.with_extension("").display());
        if SHIPPED.iter().any(|file| file.path == wanted) {
            return Ok(self.folder()?.join(wanted));
        }
        Ok(named.to_path_buf())
    }

    fn folder(&mut self) -> Result<PathBuf, UnpackError> {
        if let Some(folder) = &self.folder {
            return Ok(folder.clone());
        }
        let name = format!("frigoris-{}-{}", env!("CARGO_PKG_VERSION"), std::process::id());
        let root = self.kept.clone().unwrap_or_else(|| std::env::temp_dir().join(name));
        unpack(&root)?;
        self.folder = Some(root.clone());
        Ok(root)
    }
}

fn unpack(root: &Path) -> Result<(), UnpackError> {
    for file in SHIPPED {
        let path = root.join(file.path);
        let folder = path.parent().unwrap_or(root);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, file.text))
            .map_err(|reason| UnpackError { file: path.clone(), reason })?;
    }
    Ok(())
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.as_ref().filter(|_| self.kept.is_none()) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Name of a scenario for screens and folders: its file's name without the ending.
pub fn short_name(path: &Path) -> String {
    path.file_stem()
        .map_or_else(|| "flight".to_string(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_vehicle_and_matrix_of_the_repository_is_shipped() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["scenarios", "vehicles", "matrices"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let path = format!("{folder}/{name}");
                let known = SHIPPED.iter().any(|file| file.path == path);
                assert!(known || !name.ends_with(".toml"), "{path} is not in the list");
            }
        }
    }

    #[test]
    fn a_name_that_nothing_matches_stays_as_it_is() {
        let mut unpacked = Unpacked::default();
        let named = Path::new("no-such-scenario.toml");
        assert_eq!(unpacked.locate(named).unwrap(), named);
    }

    #[test]
    fn unpacked_files_equal_the_shipped_ones_and_vanish_afterwards() {
        let mut unpacked = Unpacked::default();
        let folder = unpacked.folder().unwrap();
        let first = &SHIPPED[0];
        assert_eq!(std::fs::read_to_string(folder.join(first.path)).unwrap(), first.text);
        drop(unpacked);
        assert!(!folder.exists());
    }
}
