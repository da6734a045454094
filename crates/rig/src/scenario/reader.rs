//! Reads checked values out of a [`Tree`], keeping count of the keys that were asked for.
//!
//! Owns: presence, kind and range of each value; the complaint about keys nobody asked for.
//! Does not own: which keys there are (see `scenario` and `vehicle`).
//! The unit of a value is the suffix of its key; a misspelt unit is answered with the right key.

use super::error::ScenarioError;
use super::file::{Entry, Node, Tree};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Units as key suffixes, longest first, with the way they are printed.
const UNITS: &[(&str, &str)] = &[
    ("_m_s_sqrt_h", "m/s/√h"),
    ("_bit_s", "bit/s"),
    ("_db_k", "dB/K"),
    ("_dbi", "dBi"),
    ("_ghz", "GHz"),
    ("_db", "dB"),
    ("_Wh", "Wh"),
    ("_W", "W"),
    ("_K", "K"),
    ("_deg_h_s", "°/h/s"),
    ("_m_s2_s", "m/s³"),
    ("_m_s_s", "m/s²"),
    ("_pixel_s", "pixel/s"),
    ("_kg_s", "kg/s"),
    ("_deg_sqrt_h", "°/√h"),
    ("_deg_h_g", "°/h/g"),
    ("_kg_rad", "kg/rad"),
    ("_percent", "%"),
    ("_arcsec", "arcsec"),
    ("_N_s_m", "N s/m"),
    ("_s_m", "s/m"),
    ("_deg_h", "°/h"),
    ("_deg_s", "°/s"),
    ("_kg_m2", "kg m²"),
    ("_m2", "m²"),
    ("_m_s2", "m/s²"),
    ("_rad_s", "rad/s"),
    ("_m_s", "m/s"),
    ("_km_s", "km/s"),
    ("_mm_s", "mm/s"),
    ("_N_m", "N/m"),
    ("_mrad", "mrad"),
    ("_gyr", "Gyr"),
    ("_ppm", "ppm"),
    ("_deg", "°"),
    ("_rad", "rad"),
    ("_min", "min"),
    ("_ug", "µg"),
    ("_km", "km"),
    ("_mhz", "MHz"),
    ("_uJ", "µJ"),
    ("_nW", "nW"),
    ("_nm", "nm"),
    ("_mm", "mm"),
    ("_ns", "ns"),
    ("_ms", "ms"),
    ("_us", "µs"),
    ("_kg", "kg"),
    ("_px", "pixel"),
    ("_pixel", "pixel"),
    ("_hz", "Hz"),
    ("_utc", "UTC"),
    ("_N", "N"),
    ("_m", "m"),
    ("_s", "s"),
    ("_h", "h"),
    ("_g", "g"),
];

/// Splits `altitude_m_max` into `altitude`, its unit and `_max`.
fn parts(key: &str) -> (&str, &'static str, &str) {
    let bare = key.strip_suffix("_min").or_else(|| key.strip_suffix("_max")).unwrap_or(key);
    let qualifier = key.get(bare.len()..).unwrap_or("");
    for (suffix, unit) in UNITS {
        if let Some(stem) = bare.strip_suffix(suffix) {
            return (stem, unit, qualifier);
        }
    }
    (bare, "", qualifier)
}

/// The unit that a key's suffix states, as printed; empty when it states none.
pub fn unit_of(key: &str) -> &'static str {
    parts(key).1
}

/// What is read, or what is wrong with it.
pub(super) type Read<T> = Result<T, ScenarioError>;

/// One table of a tree, being read.
pub struct Reader<'a> {
    tree: &'a Tree,
    table: &'a BTreeMap<String, Entry>,
    path: String,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Reader<'a> {
    /// Reads a whole tree.
    pub fn new(tree: &'a Tree) -> Self {
        Self { tree, table: &tree.root, path: String::new(), asked: RefCell::default() }
    }

    /// Full path of a key of this table.
    pub fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }

    /// Whether the key is written; asking makes it known.
    pub fn has(&self, key: &str) -> bool {
        self.asked.borrow_mut().insert(key.to_string());
        self.table.contains_key(key)
    }

    pub(super) fn entry(&self, key: &str, expected: &str) -> Read<&'a Entry> {
        if self.has(key) {
            return Ok(&self.table[key]);
        }
        let (stem, _, qualifier) = parts(key);
        let twin = self.table.iter().find(|(other, _)| {
            let (other_stem, unit, other_qualifier) = parts(other);
            other_stem == stem && other_qualifier == qualifier && !unit.is_empty()
        });
        if let Some((other, entry)) = twin {
            let unit = unit_of(key);
            let help = format!("write `{key}`: this value is given in {unit}");
            return Err(self.tree.unknown_key(entry, self.key(other), help));
        }
        let (file, expected) = (self.tree.path().to_path_buf(), expected.to_string());
        Err(ScenarioError::MissingKey { file, key: self.key(key), expected })
    }

    pub(super) fn wrong(&self, entry: &Entry, key: &str, expected: &str) -> ScenarioError {
        self.tree.wrong_type(entry, self.key(key), expected)
    }

    /// Where a value was written.
    pub(super) fn place(&self, entry: &Entry) -> (std::path::PathBuf, Box<super::Spot>) {
        (self.tree.file_of(entry).to_path_buf(), self.tree.spot(entry))
    }

    pub(super) fn within(
        &self,
        entry: &Entry,
        key: &str,
        value: f64,
        min: f64,
        max: f64,
    ) -> Read<f64> {
        if value >= min && value <= max {
            return Ok(value);
        }
        let unit = unit_of(key.split(['.', '[']).next().unwrap_or(key));
        Err(self.tree.out_of_range(entry, self.key(key), value, unit, (min, max)))
    }

    /// A number in `[min, max]`.
    pub fn number(&self, key: &str, min: f64, max: f64) -> Read<f64> {
        let entry = self.entry(key, "a number")?;
        let value = entry.number().ok_or_else(|| self.wrong(entry, key, "a number"))?;
        self.within(entry, key, value, min, max)
    }

    /// A number in `[min, max]`, if the key is written.
    pub fn number_if_any(&self, key: &str, min: f64, max: f64) -> Read<Option<f64>> {
        if self.has(key) { self.number(key, min, max).map(Some) } else { Ok(None) }
    }

    /// A whole number in `[min, max]`.
    pub fn integer(&self, key: &str, min: i64, max: i64) -> Read<i64> {
        let entry = self.entry(key, "a whole number")?;
        let Node::Integer(value) = entry.node else {
            return Err(self.wrong(entry, key, "a whole number"));
        };
        self.within(entry, key, value as f64, min as f64, max as f64)?;
        Ok(value)
    }

    /// Exactly `N` numbers, each in `[min, max]`.
    pub fn numbers<const N: usize>(&self, key: &str, min: f64, max: f64) -> Read<[f64; N]> {
        let expected = format!("a list of {N} numbers");
        let entry = self.entry(key, &expected)?;
        let Node::Array(items) = &entry.node else {
            return Err(self.wrong(entry, key, &expected));
        };
        if items.len() != N {
            return Err(self.wrong(entry, key, &expected));
        }
        let mut out = [0.0; N];
        for (i, (slot, item)) in out.iter_mut().zip(items).enumerate() {
            let key = format!("{key}[{i}]");
            let value = item.number().ok_or_else(|| self.wrong(item, &key, "a number"))?;
            *slot = self.within(item, &key, value, min, max)?;
        }
        Ok(out)
    }

    /// One to `most` numbers, each in `[min, max]`.
    pub fn numbers_up_to(&self, most: usize, key: &str, min: f64, max: f64) -> Read<Vec<f64>> {
        let expected = format!("a list of 1 to {most} numbers");
        let entry = self.entry(key, &expected)?;
        let Node::Array(items) = &entry.node else {
            return Err(self.wrong(entry, key, &expected));
        };
        if !(1..=most).contains(&items.len()) {
            return Err(self.wrong(entry, key, &expected));
        }
        let number = |(i, item): (usize, &Entry)| {
            let key = format!("{key}[{i}]");
            let value = item.number().ok_or_else(|| self.wrong(item, &key, "a number"))?;
            self.within(item, &key, value, min, max)
        };
        items.iter().enumerate().map(number).collect()
    }

    /// A text.
    pub fn text(&self, key: &str) -> Read<&'a str> {
        let entry = self.entry(key, "a text")?;
        match &entry.node {
            Node::Text(text) => Ok(text),
            _ => Err(self.wrong(entry, key, "a text")),
        }
    }

    /// A text with its place, if the key is written.
    pub fn text_if_any(&self, key: &str) -> Read<Option<(&'a str, &'a Entry)>> {
        if self.has(key) { Ok(Some((self.text(key)?, &self.table[key]))) } else { Ok(None) }
    }

    /// A list of texts; empty when the key is not written.
    pub fn texts(&self, key: &str) -> Read<Vec<(&'a str, &'a Entry)>> {
        if !self.has(key) {
            return Ok(Vec::new());
        }
        let entry = self.entry(key, "a list of texts")?;
        let wrong = |entry| self.wrong(entry, key, "a list of texts");
        let Node::Array(items) = &entry.node else { return Err(wrong(entry)) };
        let text = |item: &'a Entry| match &item.node {
            Node::Text(text) => Ok((text.as_str(), item)),
            _ => Err(wrong(item)),
        };
        items.iter().map(text).collect()
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str) -> Read<bool> {
        let entry = self.entry(key, "true or false")?;
        match entry.node {
            Node::Flag(flag) => Ok(flag),
            _ => Err(self.wrong(entry, key, "true or false")),
        }
    }

    /// One of the known words; returns its position among them.
    pub fn choice(&self, key: &str, known: &[&str]) -> Read<usize> {
        let value = self.text(key)?;
        let position = known.iter().position(|word| *word == value);
        position.ok_or_else(|| self.unknown_choice(&self.table[key], key, value, known))
    }

    /// One of the known words, if the key is written; returns its place in the list.
    pub fn choice_if_any(&self, key: &str, known: &[&str]) -> Read<Option<usize>> {
        if self.has(key) { self.choice(key, known).map(Some) } else { Ok(None) }
    }

    /// The complaint about a word that is not among the known ones.
    pub fn unknown_choice(
        &self,
        entry: &Entry,
        key: &str,
        value: &str,
        known: &[&str],
    ) -> ScenarioError {
        let (file, spot) = self.place(entry);
        let (key, value, known) = (self.key(key), value.to_string(), known.join(", "));
        ScenarioError::UnknownChoice { file, key, value, known, spot }
    }

    /// The complaint about a sensor that the vehicle does not carry.
    pub fn not_carried(&self, entry: &Entry, key: &str, name: &str, on: &str) -> ScenarioError {
        let (file, spot) = self.place(entry);
        let (key, name, vehicle) = (self.key(key), name.to_string(), on.to_string());
        ScenarioError::NotCarried { file, key, name, vehicle, spot }
    }

    /// An instant in UTC, ISO 8601.
    pub fn utc(&self, key: &str) -> Read<icd::time::Time> {
        let text = self.text(key)?;
        let expected = "a time in UTC such as \"2025-06-05T19:17:00\"";
        icd::time::Time::from_utc(text).ok_or_else(|| self.wrong(&self.table[key], key, expected))
    }

    /// A table that must be there.
    pub fn table(&self, key: &str) -> Read<Reader<'a>> {
        let entry = self.entry(key, "a table")?;
        self.reader_of(entry, key.to_string())
    }

    /// A table, if the key is written.
    pub fn table_if_any(&self, key: &str) -> Read<Option<Reader<'a>>> {
        if self.has(key) { self.table(key).map(Some) } else { Ok(None) }
    }

    /// What the file says that a text names, relative to the folder of the file that names it.
    pub fn file(&self, key: &'static str) -> Read<Tree> {
        let (name, entry) = (self.text(key)?, &self.table[key]);
        Tree::read(&self.tree.resolve(entry, name)).map_err(|error| match error {
            ScenarioError::Unreadable { file: path, reason } => {
                self.tree.unreadable(&path, key, Some(entry), reason)
            }
            other => other,
        })
    }

    /// The tables of a list such as `[[fault]]`; none when the key is not written.
    pub fn tables(&self, key: &str) -> Read<Vec<Reader<'a>>> {
        if !self.has(key) {
            return Ok(Vec::new());
        }
        let entry = self.entry(key, "a list of tables")?;
        let Node::Array(items) = &entry.node else {
            return Err(self.wrong(entry, key, "a list of tables"));
        };
        let each = |(i, item)| self.reader_of(item, format!("{key}[{i}]"));
        items.iter().enumerate().map(each).collect()
    }

    fn reader_of(&self, entry: &'a Entry, key: String) -> Read<Reader<'a>> {
        let Node::Table(table) = &entry.node else {
            return Err(self.wrong(entry, &key, "a table"));
        };
        Ok(Reader { tree: self.tree, table, path: self.key(&key), asked: RefCell::default() })
    }

    /// Refuses the first key that was never asked for.
    pub fn finish(&self) -> Read<()> {
        let asked = self.asked.borrow();
        for (key, entry) in self.table {
            if asked.contains(key.as_str()) {
                continue;
            }
            let stem = parts(key).0;
            let meant = asked.iter().find(|other| parts(other).0 == stem);
            let help = match meant {
                Some(other) => format!("write `{other}`"),
                None => {
                    let known: Vec<_> = asked.iter().map(String::as_str).collect();
                    format!("the keys here are {}", known.join(", "))
                }
            };
            return Err(self.tree.unknown_key(entry, self.key(key), help));
        }
        Ok(())
    }
}
