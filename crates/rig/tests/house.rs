//! The house tests itself: imports, sizes, words, the map, the references.
//!
//! Each rule of ARCHITECTURE.md that a machine can check is checked here against the tree, and each
//! check is shown to fail on a small bad sample (`house/samples.rs`): a check that cannot fail
//! proves nothing.
//! Refuses: taste. What needs judgement is in CONTRIBUTING.md.

#[path = "house/checks.rs"]
mod checks;
#[path = "house/samples.rs"]
mod samples;
#[path = "house/source.rs"]
mod source;

use source::{File, files, root};
use std::collections::BTreeMap;

/// Who may import whom; development dependencies obey too.
const MAY_IMPORT: &checks::Walls = &[
    ("icd", &[]),
    ("flight", &["icd"]),
    ("truth", &["icd"]),
    ("rig", &["icd", "flight", "truth"]),
    ("campaign", &["icd", "rig"]),
    ("inquiry", &["icd", "flight", "truth", "rig"]),
    ("ground", &["icd"]),
    ("app", &["icd", "rig", "campaign", "inquiry", "ground"]),
];

/// Walls inside `flight`; modules that are not listed tie the others together.
const FLIGHT_MODULES: &checks::Walls = &[
    ("load", &[]),
    ("announce", &[]),
    ("nav", &["load"]),
    ("guidance", &["load", "nav"]),
    ("hazard", &["guidance"]),
    ("control", &["load"]),
    ("faults", &["load", "nav", "announce"]),
];

/// Walls inside `truth`; `world` and `faulty` tie the others together.
const TRUTH_MODULES: &checks::Walls = &[
    ("random", &[]),
    ("vehicle", &[]),
    ("environment", &[]),
    ("dynamics", &["vehicle", "environment"]),
    ("contact", &["vehicle", "environment", "dynamics"]),
    ("integrate", &["vehicle", "environment", "dynamics"]),
    ("sensors", &["random", "vehicle", "environment", "dynamics", "integrate"]),
    ("actuators", &["random", "vehicle", "dynamics", "faulty"]),
];

/// Production lines a file at the most.
const FILE_LINES_MAX: usize = 500;
/// Lines a function at the most, signature and closing brace included.
const FUNCTION_LINES_MAX: usize = 70;
/// Files that are tables of data, each with its reason. None so far.
const TABLES_OF_DATA: &[&str] = &[];

/// Where the repository's own files are.
const TOP_FOLDERS: &[&str] = &[
    "crates/",
    "data/",
    "docs/",
    "proof/",
    "scenarios/",
    "matrices/",
    "points/",
    "vehicles/",
    ".ci/",
];

/// What flight software and the interface document may not contain outside their tests. A literal is
/// blank here: `.expect( ` is the standard library's, a method of ours with that name takes values.
const NOT_ON_BOARD: &[&str] = &[
    ".unwrap()",
    ".unwrap_unchecked(",
    ".expect( ",
    "panic!",
    "unreachable!",
    "assert!(",
    "assert_eq!(",
    "unsafe",
    "std::",
    "alloc::",
    "println!",
    "mul_add(",
];

/// Functions of the platform's mathematics library, whose last bits differ between platforms: `libm`
/// has them all. `sqrt` is exact everywhere.
const PLATFORM_MATHS: &[&str] = &[
    ".sin(",
    ".cos(",
    ".tan(",
    ".sin_cos(",
    ".asin(",
    ".acos(",
    ".atan(",
    ".atan2(",
    ".sinh(",
    ".cosh(",
    ".tanh(",
    ".ln(",
    ".log2(",
    ".log10(",
    ".powf(",
    ".exp2(",
    ".cbrt(",
    ".hypot(",
    ".mul_add(",
];

fn rust() -> Vec<File> {
    files("crates", &[".rs"])
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[track_caller]
fn clean(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let manifests = files("crates", &["Cargo.toml"]);
    assert_eq!(manifests.len(), MAY_IMPORT.len());
    clean(checks::walls(&manifests, MAY_IMPORT));
}

#[test]
fn the_walls_inside_flight_and_truth_stand() {
    clean(checks::inner_walls(&rust(), "flight", FLIGHT_MODULES));
    clean(checks::inner_walls(&rust(), "truth", TRUTH_MODULES));
}

#[test]
fn no_file_and_no_function_is_too_long() {
    clean(checks::sizes(&rust(), FILE_LINES_MAX, FUNCTION_LINES_MAX, TABLES_OF_DATA));
}

#[test]
fn what_flies_neither_panics_nor_needs_std() {
    clean(checks::words(&rust(), &["flight", "icd"], NOT_ON_BOARD));
    for room in ["flight", "icd"] {
        assert!(read(&format!("crates/{room}/src/lib.rs")).contains("\n#![no_std]\n"), "{room}");
    }
}

#[test]
fn what_decides_a_record_uses_no_platform_mathematics() {
    let mut files = rust();
    files.retain(|file| !file.path.starts_with("crates/rig/src/report")); // pictures, not records
    clean(checks::words(&files, &["icd", "flight", "truth", "rig", "campaign"], PLATFORM_MATHS));
}

#[test]
fn unsafe_code_is_forbidden_in_the_whole_workspace() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let lint = &manifest["workspace"]["lints"]["rust"]["unsafe_code"];
    assert_eq!(lint.as_str(), Some("forbid"));
}

#[test]
fn nothing_is_ignored_and_nothing_is_left_to_do() {
    clean(checks::words_anywhere(&rust(), &["#[ignore", "todo!", "unimplemented!", "dbg!"]));
}

#[test]
fn no_text_names_a_place_on_one_machine() {
    let places = ["work", "tmp", "root", "home"].map(|folder| format!("/{folder}/"));
    let ends = [".rs", ".md", ".toml", ".sh", ".js", ".css", ".py", "run"];
    let texts: Vec<File> =
        files(".", &ends).into_iter().filter(|f| f.path != "Cargo.lock").collect();
    assert!(texts.iter().any(|f| f.path.ends_with("README.md")), "the search finds nothing");
    clean(checks::text(&texts, &places));
}

#[test]
fn the_map_is_true() {
    let mut folders = vec![];
    for file in rust() {
        let folder = file.path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        folders.extend(folder.filter(|f| f.contains("/src") && f.matches('/').count() <= 3));
    }
    folders.sort();
    folders.dedup();
    clean(checks::map(&read("ARCHITECTURE.md"), &root(), &folders));
}

#[test]
fn the_other_documents_name_only_what_exists() {
    for document in ["README.md", "NOTATION.md", "CONTRIBUTING.md", "REFERENCES.md"] {
        let mut named = checks::paths_named(&read(document));
        // Paths into the repository; what a flight writes is not there yet.
        named.retain(|path| TOP_FOLDERS.iter().any(|top| path.starts_with(top)));
        let gone: Vec<String> =
            named.into_iter().filter(|path| !root().join(path).exists()).collect();
        assert!(gone.is_empty(), "{document} names {gone:?}");
    }
}

#[test]
fn the_readme_lists_every_scenario() {
    let readme = read("README.md");
    let shipped = files("scenarios", &[".toml"]);
    let names =
        shipped.iter().filter_map(|f| f.path.strip_prefix("scenarios/")?.strip_suffix(".toml"));
    let missing: Vec<&str> =
        names.filter(|name| !readme.contains(&format!("| `{name}` |"))).collect();
    assert!(!shipped.is_empty() && missing.is_empty(), "README.md does not list {missing:?}");
    let table = readme.lines().skip_while(|line| !line.starts_with("| scenario |")).skip(2);
    let rows = table.take_while(|line| line.starts_with("| `")).count();
    assert_eq!(rows, shipped.len(), "README.md lists a scenario that is not there");
}

#[test]
fn the_readme_names_every_device_and_kind_of_fault() {
    let readme = read("README.md");
    let mut names = vec!["computer".to_owned(), "link".to_owned()];
    names.extend(["restart", "cold_restart", "loss"].map(str::to_owned));
    let radio = truth::radio::DEVICES.map(|(name, _, kinds)| (name.to_owned(), kinds.to_vec()));
    for (device, kinds) in truth::faulty::known().into_iter().chain(radio) {
        let another = device.split_once('.').is_some_and(|(_, number)| number != "0");
        names.extend((!another).then_some(device));
        names.extend(kinds.into_iter().map(str::to_owned));
    }
    let missing: Vec<&String> =
        names.iter().filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(names.len() > 50 && missing.is_empty(), "README.md does not name {missing:?}");
}

#[test]
fn every_key_is_referenced_and_every_reference_is_used() {
    let mut used = BTreeMap::new();
    for file in rust().iter().filter(|f| !f.path.starts_with("crates/rig/tests/house")) {
        let comments = source::mask(&file.text).comments;
        used.extend(checks::keys(&comments).into_iter().map(|key| (key, file.path.clone())));
    }
    for folder in ["vehicles", "scenarios", "matrices", "points", "data"] {
        for file in files(folder, &[".toml", ".md"]) {
            used.extend(checks::keys(&file.text).into_iter().map(|key| (key, file.path.clone())));
        }
    }
    assert!(used.len() > 5, "the search finds nothing");
    clean(checks::references(&read("REFERENCES.md"), &used));
}

#[test]
fn every_requirement_names_a_test_that_exists() {
    clean(checks::requirements(&rust(), |path| root().join(path).exists()));
}

#[test]
fn the_proofs_are_made_with_the_workspaces_own_dependencies() {
    for proof in ["no-panic", "processors"] {
        let lock = format!("proof/{proof}/Cargo.lock");
        clean(checks::locks(&read("Cargo.lock"), &read(&lock)));
    }
}
