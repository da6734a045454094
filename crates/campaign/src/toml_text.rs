//! Values as TOML writes them, and paths as files name others, for files that the program leaves.

use rig::scenario::{Entry, Node};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

/// A value on one line; `text` writes its texts, with the entry they stand in.
pub fn value(entry: &Entry, text: &dyn Fn(&Entry, &str) -> String) -> String {
    match &entry.node {
        Node::Text(own) => text(entry, own),
        Node::Integer(number) => number.to_string(),
        Node::Float(number) if number.is_nan() => "nan".to_string(),
        Node::Float(number) => format!("{number:?}"),
        Node::Flag(flag) => flag.to_string(),
        Node::Date(date) => date.clone(),
        Node::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| value(item, text)).collect();
            format!("[{}]", items.join(", "))
        }
        Node::Table(table) => {
            let pairs: Vec<_> = table
                .iter()
                .map(|(key, entry)| format!("{key} = {}", value(entry, text)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// A text in TOML's quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A path in quotes as a file in `folder` names it, so that both can be moved together; from the root where they
/// have nothing in common.
pub fn relative(path: &Path, folder: &Path) -> String {
    let (path, folder) = (settled(path), settled(folder));
    let both = path.components().zip(folder.components());
    let shared = both.take_while(|(a, b)| a == b).count();
    let named: PathBuf = match shared {
        0 => path,
        _ => {
            let up = folder.components().skip(shared).map(|_| Component::ParentDir);
            up.chain(path.components().skip(shared)).collect()
        }
    };
    quoted(&named.display().to_string())
}

/// The path from the root without links, as far as it is there.
fn settled(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let there = |ancestor: &Path| {
        let rest = whole.strip_prefix(ancestor).ok()?;
        Some(ancestor.canonicalize().ok()?.components().chain(rest.components()).collect())
    };
    whole.ancestors().find_map(there).unwrap_or_else(|| whole.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rig::scenario::Tree;

    #[test]
    fn a_path_is_named_from_the_folder_that_names_it() {
        let root = std::env::temp_dir().join(format!("frigoris-named-{}", std::process::id()));
        std::fs::create_dir_all(root.join("a")).unwrap();
        std::fs::write(root.join("a/x.toml"), "").unwrap();
        let named = |path: &str, folder: &str| relative(&root.join(path), &root.join(folder));
        assert_eq!(named("a/x.toml", "a"), "\"x.toml\"");
        assert_eq!(named("a/x.toml", "not/there"), "\"../../a/x.toml\"");
        assert_eq!(named("a/../a/x.toml", "a/deep"), "\"../x.toml\"");
        assert_eq!(named("not/there.toml", "a"), "\"../not/there.toml\"");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_value_reads_back_as_it_was() {
        let text = "odd = \"a \\u0000\\u001b\\\\ \\\" \\n ü\"\nday = 2024-02-22T23:23:53Z\nnone = nan\n\
                    far = [inf, -1e300, 0.1, 7, true]\nin = { x = { y = -inf }, z = [\"'\"] }\n";
        let read = |text: &str| Tree::of_text(Path::new("x.toml"), text).unwrap();
        let write = |tree: &Tree| {
            let line = |(key, entry): (&String, &Entry)| {
                format!("{key} = {}\n", value(entry, &|_, text| quoted(text)))
            };
            tree.root.iter().map(line).collect::<String>()
        };
        let once = write(&read(text));
        assert!(once.contains("day = 2024-02-22T23:23:53Z\n") && once.contains("none = nan\n"));
        let Node::Text(odd) = read(&once).root["odd"].node.clone() else { panic!("a text") };
        assert_eq!(odd, "a \0\u{1b}\\ \" \n ü");
        assert_eq!(write(&read(&once)), once);
    }
}
