//! The matrix file, and the scenario of each of its cells.
//!
//! Owns: [`Plan`], [`Cell`], the text of a cell's scenario. Does not own: what a scenario may say (`rig::scenario`):
//! `set` takes any of its keys, and the cell is checked as any scenario is.
//! Later wins: scenario, site, azimuth, vehicle, configuration; within each its `set` last.

use super::MatrixError;
use crate::toml_text::{quoted, relative, value};
use rig::scenario::{Entry, Node, Reader, ScenarioError, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A matrix as read from its file.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The file.
    pub file: PathBuf,
    /// The folder for the results; cells name other files from its `cells`.
    pub folder: PathBuf,
    /// Title.
    pub title: String,
    /// What it is to show.
    pub purpose: String,
    /// Seed of all cells.
    pub seed: u64,
    /// Runs of each cell, numbered from 1.
    pub runs: u64,
    /// Sites by name, in order of the file.
    pub sites: Vec<String>,
    /// Approach azimuths, degrees from north towards east, in order of the file.
    pub azimuths_deg: Vec<f64>,
    /// Vehicles by name, in order of the file.
    pub vehicles: Vec<String>,
    /// Flight configurations by name, in order of the file.
    pub configurations: Vec<String>,
    /// Row by row: site, azimuth, vehicle, configuration, the last running fastest.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Name: of its file, of its folder.
    pub name: String,
    /// Place of the site, the azimuth, the vehicle and the configuration in their lists.
    pub at: [usize; 4],
    /// Its scenario.
    pub toml: String,
}

/// Keys of a scenario by their full path, their values as TOML writes them.
type Keys = BTreeMap<String, String>;

/// A member of a list.
struct Item {
    name: String,
    keys: Keys,
}

/// Folder of the cells below that of the results.
pub(super) const CELLS: &str = "cells";
/// Azimuths at the most.
const AZIMUTHS_MAX: usize = 72;
/// Runs a cell at the most: more is a campaign.
const RUNS_MAX: i64 = 1_000_000;

impl Plan {
    /// Reads a matrix file; whether its cells are scenarios is found when they are flown.
    ///
    /// - `folder`: where the results go; it need not be there yet.
    ///
    /// # Errors
    /// A file that is not TOML or lacks a key, an empty list, a name given twice.
    pub fn read(file: &Path, folder: &Path) -> Result<Self, MatrixError> {
        let tree = Tree::read(file)?;
        let root = Reader::new(&tree);
        let cells = &folder.join(CELLS);
        let scenario = relative(root.file("scenario")?.path(), cells);
        let plan = Self {
            file: file.to_path_buf(),
            folder: folder.to_path_buf(),
            title: root.text("title")?.to_string(),
            purpose: root.text("purpose")?.to_string(),
            seed: root.integer("seed", 0, i64::MAX)?.unsigned_abs(),
            runs: root.integer("runs", 1, RUNS_MAX)?.unsigned_abs(),
            azimuths_deg: root.numbers_up_to(
                AZIMUTHS_MAX,
                "approach_azimuth_deg",
                -180.0,
                360.0,
            )?,
            sites: vec![],
            vehicles: vec![],
            configurations: vec![],
            cells: vec![],
        };
        let sites = items(&tree, &root, (file, cells), "site", |item, keys| {
            number(item, keys, "latitude_deg", "site.latitude_deg", [-90.0, 90.0])?;
            number(item, keys, "longitude_deg", "site.longitude_deg", [-180.0, 360.0])
        })?;
        let vehicles = items(&tree, &root, (file, cells), "vehicle", |item, keys| {
            let path = relative(item.file("file")?.path(), cells);
            keys.insert("vehicle".to_string(), path);
            Ok(())
        })?;
        let configurations = items(&tree, &root, (file, cells), "configuration", |item, keys| {
            let known = ["as-flown", "resilient"];
            let logic = known[item.choice("configuration", &known)?];
            keys.insert("flight.configuration".to_string(), quoted(logic));
            Ok(())
        })?;
        root.finish()?;
        let azimuths: Vec<Item> = plan.azimuths_deg.iter().map(|deg| azimuth(*deg)).collect();
        distinct(file, "approach_azimuth_deg", &azimuths)?;
        let cells = plan.cells(&scenario, [&sites, &azimuths, &vehicles, &configurations]);
        let names = |items: &[Item]| items.iter().map(|item| item.name.clone()).collect();
        Ok(Self {
            sites: names(&sites),
            vehicles: names(&vehicles),
            configurations: names(&configurations),
            cells,
            ..plan
        })
    }

    /// The same matrix with another seed or number of runs, where given.
    pub fn with(mut self, seed: Option<u64>, runs: Option<u64>) -> Self {
        self.runs = runs.unwrap_or(self.runs);
        if let Some(seed) = seed {
            for cell in &mut self.cells {
                let was = format!("\nseed = {}\n", self.seed);
                cell.toml = cell.toml.replace(&was, &format!("\nseed = {seed}\n"));
            }
            self.seed = seed;
        }
        self
    }

    /// Every combination, site by site.
    fn cells(&self, scenario: &str, lists: [&[Item]; 4]) -> Vec<Cell> {
        let [sites, azimuths, vehicles, configurations] = lists.map(<[Item]>::len);
        let per_site = azimuths * vehicles * configurations;
        let at = |n: usize| {
            let rest = n % per_site;
            let column = rest % (vehicles * configurations);
            let row = rest / (vehicles * configurations);
            [n / per_site, row, column / configurations, column % configurations]
        };
        let cell = |n: usize| {
            let at = at(n);
            let members: Vec<&Item> = lists.iter().zip(at).map(|(list, i)| &list[i]).collect();
            let slugs: Vec<String> = members.iter().map(|item| slug(&item.name)).collect();
            let name = slugs.join("-");
            let toml = self.toml(&name, scenario, &members);
            Cell { name, at, toml }
        };
        (0..sites * per_site).map(cell).collect()
    }

    /// The scenario file of one cell.
    fn toml(&self, name: &str, scenario: &str, members: &[&Item]) -> String {
        let mut keys = Keys::new();
        let names: Vec<&str> = members.iter().map(|item| &*item.name).collect();
        let title = format!("{}: {}", self.title, names.join(", "));
        let mut put = |key: &str, value: String| keys.insert(key.to_string(), value);
        put("title", quoted(&title));
        put("purpose", quoted(&self.purpose));
        put("seed", self.seed.to_string());
        put("expect.outcome", quoted("landed"));
        put("expect.events", "[]".to_string());
        put("expect.band", "[]".to_string());
        for item in members {
            keys.extend(item.keys.clone());
        }
        let mut out = format!(
            "# The cell {name} of a matrix. Written by `frigoris matrix`; `frigoris fly` flies its runs.\n\
             extends = {scenario}\n",
        );
        for (key, value) in keys {
            let _ = writeln!(out, "{key} = {value}");
        }
        out
    }
}

/// The members of a list of tables; `own` reads what is special to the list.
fn items(
    tree: &Tree,
    root: &Reader<'_>,
    (file, cells): (&Path, &Path),
    key: &'static str,
    own: impl Fn(&Reader<'_>, &mut Keys) -> Result<(), ScenarioError>,
) -> Result<Vec<Item>, MatrixError> {
    let readers = root.tables(key)?;
    if readers.is_empty() {
        return Err(MatrixError::Empty { file: file.to_path_buf(), key });
    }
    let mut out = Vec::new();
    for (i, reader) in readers.iter().enumerate() {
        let mut keys = Keys::new();
        let name = reader.text("name")?.to_string();
        let entry = member(tree, key, i);
        if let Some(entry) = entry.and_then(|item| item.get("name"))
            && slug(&name).is_empty()
        {
            let expected = "a name with letters or digits in it";
            return Err(tree.wrong_type(entry, reader.key("name"), expected).into());
        }
        own(reader, &mut keys)?;
        if reader.table_if_any("set")?.is_some()
            && let Some(Entry { node: Node::Table(set), .. }) =
                entry.and_then(|item| item.get("set"))
        {
            flatten(tree, set, (&reader.key("set"), cells), &mut keys)?;
        }
        reader.finish()?;
        out.push(Item { name, keys });
    }
    distinct(file, key, &out)?;
    Ok(out)
}

/// A member of a list as written.
fn member<'a>(tree: &'a Tree, key: &str, i: usize) -> Option<&'a BTreeMap<String, Entry>> {
    let Node::Array(list) = &tree.root.get(key)?.node else { return None };
    let Node::Table(table) = &list.get(i)?.node else { return None };
    Some(table)
}

/// No two members may share a cell's name.
fn distinct(file: &Path, key: &'static str, items: &[Item]) -> Result<(), MatrixError> {
    let mut seen = BTreeSet::new();
    match items.iter().find(|item| !seen.insert(slug(&item.name))) {
        None => Ok(()),
        Some(item) => {
            Err(MatrixError::Twice { file: file.to_path_buf(), key, name: item.name.clone() })
        }
    }
}

fn azimuth(deg: f64) -> Item {
    let keys = [("orbit.approach_azimuth_deg".to_string(), format!("{deg:?}"))];
    Item { name: format!("{deg}°"), keys: keys.into() }
}

fn number(
    item: &Reader<'_>,
    keys: &mut Keys,
    from: &str,
    to: &str,
    [min, max]: [f64; 2],
) -> Result<(), ScenarioError> {
    keys.insert(to.to_string(), format!("{:?}", item.number(from, min, max)?));
    Ok(())
}

/// Keys that name files, relative to the file they are written in.
const FILES: [&str; 4] = ["vehicle", "truth.gravity_file", "truth.kernels", "terrain.tiles"];

/// Adds what `set` writes: tables are a scenario's sections, what is below them are values.
fn flatten(
    tree: &Tree,
    set: &BTreeMap<String, Entry>,
    (path, cells): (&str, &Path),
    keys: &mut Keys,
) -> Result<(), ScenarioError> {
    for (section, entry) in set {
        if section == "extends" {
            let help = "a matrix has one `scenario`; write what differs".to_string();
            return Err(tree.unknown_key(entry, format!("{path}.extends"), help));
        }
        let mut put = |key: String, entry: &Entry| {
            let path = |entry: &Entry, text: &str| relative(&tree.resolve(entry, text), cells);
            let plain = |_: &Entry, text: &str| quoted(text);
            let files = FILES.contains(&&*key);
            keys.insert(key, if files { value(entry, &path) } else { value(entry, &plain) });
        };
        match &entry.node {
            Node::Table(inner) => {
                inner.iter().for_each(|(key, entry)| put(format!("{section}.{key}"), entry));
            }
            _ => put(section.clone(), entry),
        }
    }
    Ok(())
}

/// A name as part of a file's: lower-case letters and digits, everything else one hyphen.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let spaced: String = name.replace('°', "deg").chars().map(plain).collect();
    let west = if name.starts_with('-') { "minus-" } else { "" };
    format!("{west}{}", spaced.split_whitespace().collect::<Vec<_>>().join("-"))
}
