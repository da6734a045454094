//! A scenario or vehicle file as written: its values, each with the file and octets it came from.
//!
//! Owns: reading TOML, `extends`, the canonical text that is hashed.
//! Does not own: what the keys mean (see `scenario` and `vehicle`).
//! Inheritance: `extends` names one other file; tables merge key by key, everything else, lists of
//! tables such as `[[fault]]` included, is replaced whole. Values are kept in a tree of our own and
//! not in `serde` structures because those forget, after a merge, which file a value came from.

use super::dispersion::is_law;
use super::error::{ScenarioError, Spot};
use miette::NamedSource;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Files that one scenario may chain by `extends`.
const EXTENDS_MAX: usize = 8;

/// One value.
#[derive(Clone, Debug)]
pub enum Node {
    /// Named values, sorted.
    Table(BTreeMap<String, Entry>),
    /// Values in order.
    Array(Vec<Entry>),
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A date: not used by any key.
    Date(String),
}

/// One value and where it was written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The value.
    pub node: Node,
    file: usize,
    span: Range<usize>,
}

impl Entry {
    /// The value as a number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self.node {
            Node::Integer(value) => Some(value as f64),
            Node::Float(value) => Some(value),
            _ => None,
        }
    }
    fn kind(&self) -> String {
        match &self.node {
            Node::Table(_) => "a table".to_string(),
            Node::Array(items) => format!("a list of {}", items.len()),
            Node::Text(text) => format!("the text \"{text}\""),
            Node::Integer(value) => format!("the whole number {value}"),
            Node::Float(value) => format!("the number {value}"),
            Node::Flag(flag) => format!("{flag}"),
            Node::Date(date) => format!("the date {date}; put it in quotes"),
        }
    }
}

/// A file with everything it extends.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The values after `extends`.
    pub root: BTreeMap<String, Entry>,
    files: Vec<(PathBuf, String)>,
}

/// The next file of a chain, and the value that names it.
type Named = Option<(PathBuf, Option<Entry>)>;

/// A scenario as written; [`super::Scenario`] is what was checked. Only the second can run.
pub type ScenarioFile = Tree;

impl Tree {
    /// Reads a file and the files it extends.
    ///
    /// # Errors
    /// A file that is absent, is not TOML, or extends itself.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let mut tree = Self { root: BTreeMap::new(), files: Vec::new() };
        tree.chain(Some((path.to_path_buf(), None)))?;
        Ok(tree)
    }

    /// What a file of this name with this text would say, whether it exists or not.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_text(path: &Path, text: &str) -> Result<Self, ScenarioError> {
        let mut tree = Self { root: BTreeMap::new(), files: Vec::new() };
        let next = tree.add(path.to_path_buf(), text.to_string())?;
        tree.chain(next)?;
        Ok(tree)
    }

    /// Adds a file and those that it extends.
    fn chain(&mut self, first: Named) -> Result<(), ScenarioError> {
        let (tree, mut next) = (self, first);
        while let Some((path, named_by)) = next {
            if tree.files.len() >= EXTENDS_MAX || tree.files.iter().any(|(seen, _)| *seen == path) {
                return Err(ScenarioError::ExtendsItself { file: path });
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|reason| tree.unreadable(&path, "extends", named_by.as_ref(), reason))?;
            next = tree.add(path, text)?;
        }
        Ok(())
    }

    /// The complaint about a file that cannot be read.
    ///
    /// - `named_by`: the value of `key` that names it; `None` for the file a person asked for.
    pub fn unreadable(
        &self,
        path: &Path,
        key: &'static str,
        named_by: Option<&Entry>,
        reason: std::io::Error,
    ) -> ScenarioError {
        let path = path.to_path_buf();
        let Some(entry) = named_by else { return ScenarioError::Unreadable { file: path, reason } };
        let named = if let Node::Text(name) = &entry.node { name.clone() } else { entry.kind() };
        let (file, spot) = (self.file_of(entry).to_path_buf(), self.spot(entry));
        ScenarioError::UnreadableLink { file, key, named, path, reason, spot }
    }

    /// Adds a file below the ones already there; returns the file that it extends and what names it.
    fn add(&mut self, path: PathBuf, text: String) -> Result<Named, ScenarioError> {
        let number = self.files.len();
        self.files.push((path.clone(), text.clone()));
        let parsed = DeTable::parse(&text).map_err(|error| ScenarioError::NotToml {
            file: path.clone(),
            message: error.message().to_string(),
            spot: self.spot_of(number, error.span().unwrap_or(0..0)),
        })?;
        let mut base = table(parsed.get_ref(), number);
        let extends = base.remove("extends");
        merge(&mut self.root, base);
        let Some(entry) = extends else { return Ok(None) };
        let Node::Text(name) = &entry.node else {
            return Err(self.wrong_type(&entry, "extends".to_string(), "the name of a file"));
        };
        Ok(Some((path.parent().unwrap_or(Path::new("")).join(name), Some(entry))))
    }

    /// The file that was asked for.
    pub fn path(&self) -> &Path {
        self.files.first().map_or(Path::new(""), |(path, _)| path)
    }
    /// The file that a value was written in.
    pub fn file_of(&self, entry: &Entry) -> &Path {
        self.files.get(entry.file).map_or(Path::new(""), |(path, _)| path)
    }
    /// A path written in a file, relative to that file's folder.
    pub fn resolve(&self, entry: &Entry, name: &str) -> PathBuf {
        self.file_of(entry).parent().unwrap_or(Path::new("")).join(name)
    }
    /// Where a value was written.
    pub fn spot(&self, entry: &Entry) -> Box<Spot> {
        self.spot_of(entry.file, entry.span.clone())
    }
    fn spot_of(&self, file: usize, span: Range<usize>) -> Box<Spot> {
        let (path, text) = self.files.get(file).cloned().unwrap_or_default();
        Box::new(Spot { text: NamedSource::new(path.display().to_string(), text), at: span.into() })
    }

    /// The complaint about a key that nothing reads.
    pub fn unknown_key(&self, entry: &Entry, key: String, help: String) -> ScenarioError {
        let file = self.file_of(entry).to_path_buf();
        ScenarioError::UnknownKey { file, key, help, spot: self.spot(entry) }
    }
    /// The complaint about a value of the wrong kind.
    pub fn wrong_type(&self, entry: &Entry, key: String, expected: &str) -> ScenarioError {
        ScenarioError::WrongType {
            file: self.file_of(entry).to_path_buf(),
            key,
            expected: expected.to_string(),
            found: entry.kind(),
            spot: self.spot(entry),
        }
    }
    /// The complaint about a number outside its limits.
    pub fn out_of_range(
        &self,
        entry: &Entry,
        key: String,
        value: f64,
        unit: &'static str,
        (min, max): (f64, f64),
    ) -> ScenarioError {
        let (file, spot) = (self.file_of(entry).to_path_buf(), self.spot(entry));
        ScenarioError::OutOfRange { file, key, value, unit, min, max, spot }
    }

    /// Every value, one line each, sorted by key: the same text for the same meaning.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        for (key, entry) in &self.root {
            write_canonical(&mut out, key, &entry.node);
        }
        out
    }
}

fn table(raw: &DeTable<'_>, file: usize) -> BTreeMap<String, Entry> {
    let each =
        |(key, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
            (key.get_ref().to_string(), entry(value, file, key.span()))
        };
    raw.iter().map(each).collect()
}

fn entry(raw: &toml::Spanned<DeValue<'_>>, file: usize, key: Range<usize>) -> Entry {
    let span = raw.span();
    let span = if span.is_empty() { key.clone() } else { span };
    let node = match raw.get_ref() {
        DeValue::String(text) => Node::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(value) => Node::Integer(value),
            Err(_) => Node::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        },
        DeValue::Float(number) => Node::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Node::Flag(*flag),
        DeValue::Datetime(date) => Node::Date(date.to_string()),
        DeValue::Array(items) => {
            Node::Array(items.iter().map(|item| entry(item, file, key.clone())).collect())
        }
        DeValue::Table(inner) => Node::Table(table(inner, file)),
    };
    Entry { node, file, span }
}

/// Adds what `base` has and `over` lacks; tables merge, but for those that are one dispersed value; everything else of
/// `over` stays.
fn merge(over: &mut BTreeMap<String, Entry>, base: BTreeMap<String, Entry>) {
    for (key, below) in base {
        match over.get_mut(&key) {
            None => {
                over.insert(key, below);
            }
            Some(above) => {
                if let (Node::Table(above), Node::Table(below)) = (&mut above.node, below.node)
                    && !(is_law(above) || is_law(&below))
                {
                    merge(above, below);
                }
            }
        }
    }
}

fn write_canonical(out: &mut String, key: &str, node: &Node) {
    let _ = match node {
        Node::Table(inner) => {
            for (part, entry) in inner {
                write_canonical(out, &format!("{key}.{part}"), &entry.node);
            }
            Ok(())
        }
        Node::Array(items) => {
            for (i, entry) in items.iter().enumerate() {
                write_canonical(out, &format!("{key}[{i}]"), &entry.node);
            }
            Ok(())
        }
        Node::Text(text) => writeln!(out, "{key} = {text:?}"),
        Node::Integer(value) => writeln!(out, "{key} = {:?}", *value as f64),
        Node::Float(value) => writeln!(out, "{key} = {value:?}"),
        Node::Flag(flag) => writeln!(out, "{key} = {flag}"),
        Node::Date(date) => writeln!(out, "{key} = {date:?}"),
    };
}
