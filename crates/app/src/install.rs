//! `frigoris console`: what the console needs from npm, at the versions that the lock file names.
//!
//! Owns: the folder with `package.json` and its lock file, the call of npm. Does not own: the pages (they travel in
//! the program, see `ground::console`). The lock file holds a checksum of every package; npm refuses another one, and
//! no script of a package is run.

use crate::plain::say;
use miette::{IntoDiagnostic, WrapErr, miette};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the folder must hold before npm is called.
const FILES: [(&str, &str); 2] = [
    ("package.json", include_str!("../../../console/package.json")),
    ("package-lock.json", include_str!("../../../console/package-lock.json")),
];
/// What shows that it is there.
const OPEN_MCT: &str = "node_modules/openmct/dist/openmct.js";

/// Arguments of `frigoris console`.
#[derive(clap::Args)]
#[command(
    after_help = "Needs npm, and the network once. Landing display, commands, loss of signal and the broadcast page \
work without it; Open MCT and the 3-D view do not.\n\nExit code: 0 installed, 2 not."
)]
pub struct Console {
    /// Folder to install into; `frigoris ground --console` and `frigoris fly --live` serve it.
    #[arg(long, default_value = "console")]
    dir: PathBuf,
}

impl Console {
    /// Brings Open MCT and three.js.
    pub fn run(&self) -> miette::Result<bool> {
        prepare(&self.dir)?;
        let npm = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
        let called = Command::new("npm").args(npm).current_dir(&self.dir).status();
        let status = called
            .into_diagnostic()
            .wrap_err("npm cannot be run; it comes with Node.js (Debian: apt install npm)")?;
        if !status.success() {
            return Err(miette!("npm ci ended with {status} in {}", self.dir.display()));
        }
        if !self.dir.join(OPEN_MCT).is_file() {
            return Err(miette!("npm ci brought no {OPEN_MCT} into {}", self.dir.display()));
        }
        say(&mut std::io::stdout(), &format!("installed in {}", self.dir.display()))
            .into_diagnostic()?;
        Ok(true)
    }
}

/// Writes what is missing; a folder of something else is left alone.
fn prepare(dir: &Path) -> miette::Result<()> {
    std::fs::create_dir_all(dir).into_diagnostic().wrap_err_with(|| dir.display().to_string())?;
    for (name, text) in FILES {
        let file = dir.join(name);
        match std::fs::read_to_string(&file) {
            Ok(there) if there == text => {}
            Ok(_) => {
                return Err(miette!(
                    help = "name another folder with --dir, or remove the file",
                    "{}: not the one of this program",
                    file.display()
                ));
            }
            Err(_) => std::fs::write(&file, text)
                .into_diagnostic()
                .wrap_err_with(|| file.display().to_string())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_prepared_once_and_another_packages_folder_is_left_alone() {
        let dir = std::env::temp_dir().join(format!("frigoris-console-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        prepare(&dir).unwrap();
        prepare(&dir).unwrap();
        assert_eq!(std::fs::read_to_string(dir.join("package.json")).unwrap(), FILES[0].1);
        std::fs::write(dir.join("package.json"), "{}").unwrap();
        assert!(prepare(&dir).unwrap_err().to_string().contains("package.json"));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn the_lock_file_pins_every_package_by_checksum_and_names_one_registry_at_most() {
        let [(_, package), (_, lock)] = FILES;
        for pinned in
            ["\"openmct\": \"4.2.0\"", "\"three\": \"0.187.0\"", "\"playwright-core\": \"1.65.1\""]
        {
            assert!(package.contains(pinned), "{pinned}");
        }
        let packages = lock.matches("\"node_modules/").count();
        assert_eq!(lock.matches("\"integrity\": \"sha512-").count(), packages);
        let elsewhere = lock
            .lines()
            .filter(|l| l.contains("\"resolved\"") && !l.contains("https://registry.npmjs.org/"));
        assert_eq!(elsewhere.count(), 0);
    }
}
