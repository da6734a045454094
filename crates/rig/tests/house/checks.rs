//! The checks: each takes what it judges and returns what it found wrong, one line each.
//!
//! Owns: the rules. Does not own: where the files are (`source`), what is allowed (`house`).

use super::source::{self, File};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Who may import whom: a room and the rooms that it may name.
pub type Walls = [(&'static str, &'static [&'static str])];

/// Rooms that a manifest names as dependencies of any kind, by folder name.
fn imports(manifest: &toml::Table) -> BTreeSet<String> {
    let mut tables: Vec<&toml::Table> = Vec::new();
    let mut holders = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        holders.extend(targets.values().filter_map(toml::Value::as_table));
    }
    for holder in holders {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            tables.extend(holder.get(kind).and_then(toml::Value::as_table));
        }
    }
    let named = |(key, value): (&String, &toml::Value)| {
        let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
        package.strip_prefix("frigoris-").unwrap_or(package).to_owned()
    };
    tables.into_iter().flat_map(|table| table.iter().map(named)).collect()
}

/// Manifests of all rooms against the walls.
pub fn walls(manifests: &[File], rooms: &Walls) -> Vec<String> {
    let known: BTreeSet<&str> = rooms.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for file in manifests {
        let room = file.path.trim_end_matches("/Cargo.toml").rsplit('/').next().unwrap_or_default();
        let Some((_, allowed)) = rooms.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: no such room in the table of imports", file.path));
            continue;
        };
        let manifest: toml::Table = file.text.parse().expect("cargo read it before");
        for import in imports(&manifest) {
            if known.contains(import.as_str()) && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{}: {room} may not import {import}", file.path));
            }
        }
        if manifest.get("features").is_some() {
            wrong.push(format!("{}: the house has no cargo features", file.path));
        }
        if manifest.get("lints").and_then(|l| l.get("workspace")) != Some(&true.into()) {
            wrong.push(format!("{}: does not inherit the workspace's lints", file.path));
        }
    }
    wrong
}

/// Modules inside one room against that room's inner walls: `crate::x` only for allowed x.
pub fn inner_walls(files: &[File], room: &str, modules: &Walls) -> Vec<String> {
    let only_tests = test_only(files);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !only_tests.contains(&file.path)) {
        let Some(inside) = file.path.strip_prefix(&format!("crates/{room}/src/")) else { continue };
        let module = inside.split(['/', '.']).next().unwrap_or_default();
        let Some((_, allowed)) = modules.iter().find(|(name, _)| *name == module) else { continue };
        let code = source::production(&source::mask(&file.text).code);
        for (at, _) in code.match_indices("crate::") {
            let name: String = code[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if name != module && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{}: {room}::{module} may not use {room}::{name}", file.path));
            }
        }
    }
    wrong
}

/// Files that hold tests only: under `tests/`, or declared `#[cfg(test)] mod x;` by their folder.
fn test_only(files: &[File]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        let stem = file.path.trim_end_matches(".rs");
        let folder = match stem.rsplit_once('/') {
            Some((folder, "lib" | "main" | "mod")) => folder,
            _ => stem,
        };
        for module in source::test_modules(&source::mask(&file.text).code) {
            found.insert(format!("{folder}/{module}.rs"));
            found.insert(format!("{folder}/{module}/mod.rs"));
        }
    }
    found
}

/// Production lines a file, lines a function; `excepted` paths are tables of data.
pub fn sizes(
    files: &[File],
    lines_max: usize,
    function_max: usize,
    excepted: &[&str],
) -> Vec<String> {
    let only_tests = test_only(files);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !excepted.contains(&file.path.as_str())) {
        let code = source::mask(&file.text).code;
        let blanked = source::production(&code);
        let in_tests = code.lines().count() - untouched(&code, &blanked);
        let lines = code.lines().count() - in_tests;
        if lines > lines_max && !only_tests.contains(&file.path) {
            wrong.push(format!("{}: {lines} production lines, {lines_max} allowed", file.path));
        }
        for (name, line, length) in source::functions(&code) {
            if length > function_max {
                let at = format!("{}:{line}", file.path);
                wrong.push(format!("{at}: `{name}` has {length} lines, {function_max} allowed"));
            }
        }
    }
    wrong
}

/// Lines that blanking the tests left as they were.
fn untouched(code: &str, blanked: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for (before, after) in code.lines().zip(blanked.lines()) {
        if before != after {
            inside = true;
        } else if !before.trim().is_empty() {
            inside = false;
        }
        count += usize::from(!inside);
    }
    count
}

/// Words that production code of `rooms` must not contain.
pub fn words(files: &[File], rooms: &[&str], forbidden: &[&str]) -> Vec<String> {
    let only_tests = test_only(files);
    let mut wrong = Vec::new();
    for file in files {
        let in_room = rooms.iter().any(|r| file.path.starts_with(&format!("crates/{r}/src/")));
        if !in_room || only_tests.contains(&file.path) {
            continue;
        }
        let code = source::production(&source::mask(&file.text).code);
        wrong.extend(hits(&file.path, &code, forbidden));
    }
    wrong
}

/// Words that no code at all may contain, tests included; comments and literals are not code.
pub fn words_anywhere(files: &[File], forbidden: &[&str]) -> Vec<String> {
    let code = |file: &File| source::mask(&file.text).code;
    files.iter().flat_map(|file| hits(&file.path, &code(file), forbidden)).collect()
}

/// Words that no text of any kind may contain.
pub fn text(files: &[File], forbidden: &[String]) -> Vec<String> {
    let words: Vec<&str> = forbidden.iter().map(String::as_str).collect();
    files.iter().flat_map(|file| hits(&file.path, &file.text, &words)).collect()
}

/// `path:line: word` for each line with a forbidden word; `ax!` does not contain the word `x!`.
fn hits(path: &str, text: &str, forbidden: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in forbidden {
            let found = line.match_indices(word).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let continues = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
                !(continues && word.starts_with(|c: char| c.is_alphanumeric()))
            });
            if found {
                wrong.push(format!("{path}:{}: `{word}`", number + 1));
            }
        }
    }
    wrong
}

/// Everything between backticks in a document that looks like a path.
pub fn paths_named(document: &str) -> BTreeSet<String> {
    let ends = [".rs", ".md", ".toml", ".sh", ".js", ".css", ".bin", ".csv"];
    let looks = |word: &str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        plain && (word.contains('/') || ends.iter().any(|end| word.ends_with(end)))
    };
    document.split('`').skip(1).step_by(2).filter(|word| looks(word)).map(str::to_owned).collect()
}

/// Paths that the map names and that do not exist; folders that exist and the map does not name.
pub fn map(document: &str, root: &Path, folders: &[String]) -> Vec<String> {
    let named = paths_named(document);
    let gone = named.iter().filter(|path| !root.join(path.as_str()).exists());
    let mut wrong: Vec<String> = gone.map(|path| format!("names {path}: no such path")).collect();
    for folder in folders {
        let covered = named.iter().any(|path| path.trim_end_matches('/') == folder);
        if !covered {
            wrong.push(format!("does not name the folder {folder}"));
        }
    }
    wrong
}

/// Citation keys in a text: `[Name2017]` or `[ABC]`, not followed by `(` or `[` as links are, and
/// not between backticks.
pub fn keys(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let plain = |line| str::split(line, '`').step_by(2).collect::<Vec<_>>().join("`");
    let text = text.lines().map(plain).collect::<Vec<_>>().join("\n");
    for (at, _) in text.match_indices('[') {
        let Some(length) = text[at..].find(']') else { break };
        let key = &text[at + 1..at + length];
        let after = text[at + length + 1..].chars().next();
        let word = key.len() >= 3 && key.chars().all(|c| c.is_ascii_alphanumeric());
        let capital = key.chars().next().is_some_and(|c| c.is_ascii_uppercase());
        let dated = key.chars().any(|c| c.is_ascii_digit());
        let acronym = key.chars().all(|c| c.is_ascii_uppercase());
        if word && capital && (dated || acronym) && !matches!(after, Some('(' | '[')) {
            found.insert(key.to_owned());
        }
    }
    found
}

/// Keys that REFERENCES.md defines: lines that start with `**[Key]**`, after a list mark or not.
pub fn defined(references: &str) -> Vec<String> {
    let start = |line: &str| {
        let line = line.trim_start_matches(['-', '*', ' ']);
        let (key, _) = line.strip_prefix('[')?.split_once("]**")?;
        Some(key.to_owned())
    };
    references.lines().filter_map(start).collect()
}

/// Keys used and not defined, defined and not used, defined twice.
pub fn references(references: &str, used: &BTreeMap<String, String>) -> Vec<String> {
    let list = defined(references);
    let set: BTreeSet<&String> = list.iter().collect();
    let mut wrong = Vec::new();
    for (key, place) in used.iter().filter(|(key, _)| !set.contains(key)) {
        wrong.push(format!("{place}: [{key}] is not in REFERENCES.md"));
    }
    for key in set.iter().filter(|key| !used.contains_key(**key)) {
        wrong.push(format!("REFERENCES.md: [{key}] is used nowhere"));
    }
    if set.len() != list.len() {
        wrong.push("REFERENCES.md: a key is defined twice".to_owned());
    }
    wrong
}

/// Tests that the requirement tables (`| ID | shall | test |`) name and nobody wrote.
///
/// A test may be a function's name, a file below the room's folder, or a module of the room.
pub fn requirements(files: &[File], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut functions = BTreeSet::new();
    for file in files {
        let code = source::mask(&file.text).code;
        functions.extend(source::functions(&code).into_iter().map(|(name, ..)| name));
    }
    let mut wrong = Vec::new();
    for file in files {
        for line in file.text.lines().filter(|line| line.starts_with("//! | ")) {
            let cells: Vec<&str> = line.trim_start_matches("//!").trim().split('|').collect();
            let Some(cell) = cells.iter().rev().nth(1).filter(|cell| cell.contains('`')) else {
                continue;
            };
            let room = file.path.split("/src/").next().unwrap_or_default();
            for name in cell.split('`').skip(1).step_by(2) {
                let found = functions.contains(name)
                    || exists(&format!("{room}/{name}"))
                    || exists(&format!("{room}/src/{name}.rs"));
                if !found {
                    wrong.push(format!("{}: no test `{name}`", file.path));
                }
            }
        }
    }
    wrong
}

/// Packages of `lock` that `main` holds in another version.
pub fn locks(main: &str, lock: &str) -> Vec<String> {
    let versions = |text: &str| {
        let table: toml::Table = text.parse().expect("cargo wrote it");
        let packages = table["package"].as_array().expect("a lock file lists packages").clone();
        let pair = |p: &toml::Value| (p["name"].to_string(), p["version"].to_string());
        packages.iter().map(pair).collect::<BTreeSet<_>>()
    };
    let (main, lock) = (versions(main), versions(lock));
    let names: BTreeSet<&String> = main.iter().map(|(name, _)| name).collect();
    let strange = lock
        .iter()
        .filter(|(name, v)| names.contains(name) && !main.contains(&(name.clone(), v.clone())));
    strange
        .map(|(name, version)| format!("{name} {version} differs from the workspace's"))
        .collect()
}
