//! The mission as an investigation is given it: the scenario without its faults, in a folder that needs no other.
//!
//! Owns: `mission.toml` beside a flight's telemetry, and the files that it names: vehicle, inertial unit, radio.
//! As programmed: what a chain of files says, written out flat; a key a line. What chose a run's draws is left out with
//! the faults. Files of the user's (elevations, kernels, gravity) stay where they are and are named from here.

use crate::output::keep;
use campaign::toml_text::{quoted, relative, value};
use rig::scenario::{Entry, Node, Scenario, Tree};
use std::collections::BTreeMap;
use std::path::Path;

/// The mission's file beside its telemetry.
pub const MISSION: &str = "mission.toml";
/// Tables and keys that name files of ours, and what these are called beside the mission's.
const BESIDE: [(&str, &str, &str); 3] = [
    ("", "vehicle", "vehicle.toml"),
    ("imu", "grade", "imu.toml"),
    ("link", "radio", "radio.toml"),
];
/// Tables and keys whose texts name files of the user's.
const NAMES_FILES: [(&str, &str); 2] = [("truth", "gravity_file"), ("truth", "kernels")];
/// Tables and keys that say what was drawn, or what broke.
const LEFT_OUT: [(&str, &str); 3] = [("", "fault"), ("", "point"), ("", "correlation")];

/// Writes the mission of a flight into the flight's folder.
///
/// # Errors
/// A scenario whose files are no longer there; a folder that cannot be written.
pub fn write(folder: &Path, scenario: &Scenario) -> miette::Result<()> {
    let tree = Tree::read(&scenario.path)?;
    let values = flat(&tree, &tree.root, "", folder)?;
    let tiles: Vec<String> =
        scenario.terrain.tiles.iter().map(|tile| relative(tile, folder)).collect();
    let head = "# The mission without faults, as `frigoris investigate` is given it; written by \
                `frigoris fly`.\n";
    let text = format!("{head}{values}terrain.tiles = [{}]\n", tiles.join(", "));
    Ok(keep(&folder.join(MISSION), &text)?)
}

/// The values of a table, a line each; tables of the first level key by key. Files that are to lie beside are written.
fn flat(
    tree: &Tree,
    table: &BTreeMap<String, Entry>,
    of: &str,
    folder: &Path,
) -> miette::Result<String> {
    let mut out = String::new();
    for (key, entry) in table {
        let named = (of, &key[..]);
        if LEFT_OUT.contains(&named) || named == ("terrain", "tiles") {
            continue;
        }
        if let (Node::Table(inner), "") = (&entry.node, of) {
            out += &flat(tree, inner, key, folder)?;
            continue;
        }
        let beside = BESIDE.iter().find(|(table, key, _)| (*table, *key) == named);
        let written = match (&entry.node, beside) {
            (Node::Text(text), Some((.., name))) => {
                let other = Tree::read(&tree.resolve(entry, text))?;
                keep(&folder.join(name), &flat(&other, &other.root, "", folder)?)?;
                quoted(name)
            }
            _ if NAMES_FILES.contains(&named) => {
                value(entry, &|entry, text| relative(&tree.resolve(entry, text), folder))
            }
            _ => value(entry, &|_, text| quoted(text)),
        };
        let path = if of.is_empty() { bare(key) } else { format!("{of}.{}", bare(key)) };
        out += &format!("{path} = {written}\n");
    }
    Ok(out)
}

/// A key as TOML writes it.
fn bare(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain && !key.is_empty() { key.to_string() } else { quoted(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mission_reads_back_as_it_was_but_for_its_faults() {
        let root = std::env::temp_dir().join(format!("frigoris-missions-{}", std::process::id()));
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        for entry in std::fs::read_dir(scenarios).unwrap() {
            let path = entry.unwrap().path();
            let scenario = Scenario::read(&path).unwrap();
            let folder = root.join(path.file_stem().unwrap());
            write(&folder, &scenario).unwrap();
            let read = Scenario::read(&folder.join(MISSION)).unwrap();
            assert!(read.faults.is_empty(), "{path:?}");
            // Every value but what files are called.
            let plain = |scenario: &Scenario| -> Vec<String> {
                let left_out = ["fault[", "point.", "correlation[", "imu.grade", "link.radio"];
                let kept = |line: &&str| !left_out.iter().any(|head| line.starts_with(head));
                scenario.canonical.lines().filter(kept).map(String::from).collect()
            };
            assert_eq!(plain(&read), plain(&scenario), "{path:?}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
}
