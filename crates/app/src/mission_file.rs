//! The mission as an investigation is given it: the scenario without its faults, in one file that names no other folder.
//!
//! Owns: `mission.toml`, `vehicle.toml` and, of a scenario with a radio, `radio.toml` beside a flight's telemetry.
//! As programmed: what a chain of files says, written out flat; a key a line. What chose a run's draws is left out with
//! the faults. Files of the user's (elevations, kernels, gravity) stay where they are and are named from here.

use crate::output::keep;
use campaign::toml_text::{quoted, relative, value};
use rig::scenario::{Entry, Node, Scenario, Tree};
use std::collections::BTreeMap;
use std::path::Path;

/// The mission's file beside its telemetry.
pub const MISSION: &str = "mission.toml";
/// The vehicle's.
const VEHICLE: &str = "vehicle.toml";
/// The radio's.
const RADIO: &str = "radio.toml";
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
    let beside = |name: &str, named_by: Option<&Entry>| -> miette::Result<()> {
        let Some(entry) = named_by else { return Ok(()) };
        let Node::Text(named) = &entry.node else { return Ok(()) };
        let other = Tree::read(&tree.resolve(entry, named))?;
        Ok(keep(&folder.join(name), &flat(&other, &other.root, "", folder))?)
    };
    beside(VEHICLE, tree.root.get("vehicle"))?;
    let link = tree.root.get("link").and_then(|link| match &link.node {
        Node::Table(link) => link.get("radio"),
        _ => None,
    });
    beside(RADIO, link)?;
    let tiles: Vec<String> =
        scenario.terrain.tiles.iter().map(|tile| relative(tile, folder)).collect();
    let head = "# The mission without faults, as `frigoris investigate` is given it; written by `frigoris fly`.\n";
    let text = format!(
        "{head}{}terrain.tiles = [{}]\n",
        flat(&tree, &tree.root, "", folder),
        tiles.join(", ")
    );
    Ok(keep(&folder.join(MISSION), &text)?)
}

/// The values of a table, a line each; tables of the first level key by key.
fn flat(tree: &Tree, table: &BTreeMap<String, Entry>, of: &str, folder: &Path) -> String {
    let mut out = String::new();
    for (key, entry) in table {
        let left_out = LEFT_OUT.contains(&(of, key)) || (of, &key[..]) == ("terrain", "tiles");
        if left_out {
            continue;
        }
        let path = if of.is_empty() { bare(key) } else { format!("{of}.{}", bare(key)) };
        let written = match (&entry.node, (of, &key[..])) {
            (Node::Table(inner), ("", _)) => {
                out += &flat(tree, inner, key, folder);
                continue;
            }
            (_, ("", "vehicle")) => quoted(VEHICLE),
            (_, ("link", "radio")) => quoted(RADIO),
            (_, names) if NAMES_FILES.contains(&names) => {
                value(entry, &|entry, text| relative(&tree.resolve(entry, text), folder))
            }
            _ => value(entry, &|_, text| quoted(text)),
        };
        out += &format!("{path} = {written}\n");
    }
    out
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
            let plain = |scenario: &Scenario| scenario.with_faults(Vec::new()).hash();
            assert_eq!(plain(&read), plain(&scenario), "{path:?}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
}
