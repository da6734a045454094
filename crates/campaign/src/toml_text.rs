//! Values as TOML writes them, for files that the program leaves.

use rig::scenario::{Entry, Node};
use std::fmt::Write;

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

#[cfg(test)]
mod tests {
    use super::*;
    use rig::scenario::Tree;
    use std::path::Path;

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
