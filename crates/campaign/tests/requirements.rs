//! The file of requirements against the tree: what it names exists, and what scenarios claim stands in it.

use campaign::requirements::{matches, of_rooms, requirements};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, ending: &str, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if path.file_name().is_some_and(|name| name != "target") => {
                files(&path, ending, out);
            }
            false if path.extension().is_some_and(|e| e == ending) => out.push(path),
            _ => {}
        }
    }
}

/// Functions behind `#[test]` in all rooms.
fn tests() -> BTreeSet<String> {
    let mut sources = Vec::new();
    files(&root().join("crates"), "rs", &mut sources);
    let mut found = BTreeSet::new();
    for source in sources {
        let text = std::fs::read_to_string(source).unwrap();
        for after in text.split("#[test]").skip(1) {
            let name = after.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
            found.extend(name.map(str::to_string));
        }
    }
    found
}

/// Name and purpose of every scenario that ships.
fn scenarios() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    files(&root().join("scenarios"), "toml", &mut paths);
    let one = |path: PathBuf| {
        let text: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        let purpose = text["purpose"].as_str().unwrap().to_string();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), purpose)
    };
    paths.into_iter().map(one).collect()
}

#[test]
fn every_test_that_a_requirement_names_exists() {
    let known = tests();
    assert!(known.len() > 300, "the search finds nothing");
    for requirement in requirements().unwrap() {
        for test in &requirement.tests {
            assert!(known.contains(test), "{}: no test {test}", requirement.id);
        }
    }
}

#[test]
fn every_scenario_that_a_requirement_names_exists() {
    let scenarios = scenarios();
    for requirement in requirements().unwrap() {
        // Names with wild cards are for campaigns of cells too; one without must ship.
        for name in requirement.scenarios.iter().filter(|name| !name.contains(['*', '?', '!'])) {
            assert!(scenarios.iter().any(|(known, _)| known == name), "{}: {name}", requirement.id);
        }
    }
}

#[test]
fn every_purpose_of_a_scenario_is_a_requirement_that_names_the_scenario() {
    let (requirements, scenarios) = (requirements().unwrap(), scenarios());
    assert!(scenarios.len() > 40);
    for (name, purpose) in scenarios {
        let id = purpose.split(':').next().unwrap();
        let requirement = requirements.iter().find(|requirement| requirement.id == id);
        let requirement = requirement.unwrap_or_else(|| panic!("{name}: no requirement {id}"));
        assert!(matches(&requirement.scenarios, &name), "{id} does not name {name}");
    }
}

#[test]
fn only_what_needs_many_runs_has_no_test() {
    let requirements = requirements().unwrap();
    assert!(requirements.len() > 40 && of_rooms().len() > 40);
    for requirement in requirements {
        let shown = !requirement.tests.is_empty() || requirement.claim.is_some();
        assert!(shown, "{} can be shown by nothing", requirement.id);
    }
}
