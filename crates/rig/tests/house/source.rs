//! Reads Rust source just well enough to judge it: what is code, what is comment, what is test.
//!
//! Owns: masking of comments and literals, spans of `#[cfg(test)]` items, functions and their length.
//! Refuses: macros that build items, `#[path]` modules; the house has neither outside its tests.

use std::path::{Path, PathBuf};

/// One file: its path from the root, with `/`, and its text.
#[derive(Clone, Debug)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file below `folder` (from the root) whose name ends in one of `ends`, sorted by path.
/// Build output and hidden folders are left out.
pub fn files(folder: &str, ends: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut |path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if ends.iter().any(|end| name.ends_with(end)) {
            let inside = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{inside}: {e}"));
            found.push(File { path: inside, text });
        }
    });
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let hidden = name.starts_with('.') && name != ".ci";
            if !hidden
                && !["target", "out", "reports", "__pycache__", "node_modules"]
                    .contains(&name.as_str())
            {
                walk(&path, visit);
            }
        } else {
            visit(&path);
        }
    }
}

/// The text split in two of equal length: code with comments and literals blanked, and comments
/// with everything else blanked. Line ends stay in both, so offsets and lines agree.
pub struct Masked {
    pub code: String,
    pub comments: String,
}

/// Masks one file.
pub fn mask(text: &str) -> Masked {
    let bytes = text.as_bytes();
    let mut code = vec![b' '; bytes.len()];
    let mut comments = vec![b' '; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let (kind, end) = token(bytes, at);
        for i in at..end {
            match (bytes[i], kind) {
                (b'\n', _) => (code[i], comments[i]) = (b'\n', b'\n'),
                (byte, Kind::Code) if byte.is_ascii() => code[i] = byte,
                (byte, Kind::Comment) if byte.is_ascii() => comments[i] = byte,
                _ => {}
            }
        }
        at = end;
    }
    let string = |bytes| String::from_utf8(bytes).expect("only ASCII was copied");
    Masked { code: string(code), comments: string(comments) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Kind and end of the token that starts at `at`; one byte for plain code.
fn token(bytes: &[u8], at: usize) -> (Kind, usize) {
    let rest = &bytes[at..];
    let until = |needle: &[u8]| {
        rest.windows(needle.len()).position(|w| w == needle).map_or(bytes.len(), |n| at + n)
    };
    if rest.starts_with(b"//") {
        return (Kind::Comment, until(b"\n"));
    }
    if rest.starts_with(b"/*") {
        return (Kind::Comment, (until(b"*/") + 2).min(bytes.len()));
    }
    let inside_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if rest[0] == b'r' && !inside_word {
        let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
        if rest.get(1 + hashes) == Some(&b'"') {
            let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            let from = 2 + hashes;
            let end = rest[from..].windows(close.len()).position(|w| w == close);
            return (Kind::Literal, end.map_or(bytes.len(), |n| at + from + n + close.len()));
        }
    }
    if rest[0] == b'"' {
        return (Kind::Literal, at + quoted(rest, b'"'));
    }
    // A character, not a lifetime: 'x' or '\…'.
    if rest[0] == b'\'' && rest.get(1) == Some(&b'\\') {
        return (Kind::Literal, at + quoted(rest, b'\''));
    }
    if rest[0] == b'\'' {
        let width =
            rest.get(1).map_or(1, |b| if *b < 0x80 { 1 } else { b.leading_ones() as usize });
        if rest.get(1 + width) == Some(&b'\'') {
            return (Kind::Literal, at + width + 2);
        }
    }
    (Kind::Code, at + 1)
}

/// Length of the literal that starts with a quote, escapes respected.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut i = 1;
    while i < rest.len() {
        match rest[i] {
            b'\\' => i += 2,
            b if b == quote => return i + 1,
            _ => i += 1,
        }
    }
    rest.len()
}

/// Blanks every item under `#[cfg(test)]`: what is left is production code.
pub fn production(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(at) = code[from..].find("#[cfg(test)]").map(|n| from + n) {
        let end = item_end(code, at + "#[cfg(test)]".len());
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        from = end;
    }
    String::from_utf8(out).expect("only ASCII was blanked")
}

/// Names of the modules that are declared for tests only (`#[cfg(test)] mod x;`).
pub fn test_modules(code: &str) -> Vec<String> {
    let parts = code.split("#[cfg(test)]").skip(1);
    parts
        .filter_map(|after| {
            let item = after[..after.find([';', '{'])?].trim();
            let name = item.rsplit_once("mod ").map(|(_, name)| name.trim())?;
            after[after.find([';', '{'])?..].starts_with(';').then(|| name.to_owned())
        })
        .collect()
}

/// Offset past the item that starts at `from`: its closing brace or its semicolon.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0usize;
    for (i, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i + 1;
                }
            }
            b';' if depth == 0 => return i + 1,
            _ => {}
        }
    }
    code.len()
}

/// Name, first line (from 1) and length in lines of every function that has a body.
pub fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let word = at > 0 && (code.as_bytes()[at - 1].is_ascii_alphanumeric());
        let name: String =
            code[at + 3..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let end = item_end(code, at);
        if word || name.is_empty() || !code[at..end].ends_with('}') {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        found.push((name, line, code[at..end].matches('\n').count() + 1));
    }
    found
}
