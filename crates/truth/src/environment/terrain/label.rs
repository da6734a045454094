//! PDS3 labels: keywords, values, units.
//!
//! Owns: the language. Does not own: what the keywords mean for an image (see [`super::pds`]).
//!
//! As published, [PDS3] chapter 12, Object Description Language: statements `KEY = VALUE <UNIT>`,
//! nested in `OBJECT = NAME … END_OBJECT` (or `GROUP`), ended by `END`; a value may be quoted or be a
//! list in parentheses or braces and run over several lines; comments stand between `/*` and `*/`.
//! As programmed: the same; keys are looked up in the object they belong to, whatever its depth.
//! Refuses: nothing; a line that is no statement is passed over, as images follow their labels.

/// One statement.
#[derive(Clone, Debug, PartialEq)]
struct Statement {
    object: String,
    key: String,
    value: Value,
}

/// What a key stands for: the text without quotes, and the unit if one is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub text: String,
    pub unit: Option<String>,
}

/// A label that has been read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label(Vec<Statement>);

impl Label {
    /// Reads the statements up to `END`. Cost: once over the text.
    pub fn parse(text: &str) -> Self {
        let (mut statements, mut objects) = (Vec::new(), Vec::<String>::new());
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let mut statement = without_comment(line).trim().to_owned();
            if statement.eq_ignore_ascii_case("END") {
                break;
            }
            while !complete(&statement) {
                let Some(more) = lines.next() else { break };
                statement.push(' ');
                statement.push_str(more.trim());
            }
            let upper = statement.to_ascii_uppercase();
            if upper.starts_with("END_OBJECT") || upper.starts_with("END_GROUP") {
                objects.pop();
                continue;
            }
            let Some((key, value)) = statement.split_once('=') else { continue };
            let (key, value) = (key.trim().to_ascii_uppercase(), value_of(value));
            if key == "OBJECT" || key == "GROUP" {
                objects.push(value.text.to_ascii_uppercase());
            } else {
                let object = objects.last().cloned().unwrap_or_default();
                statements.push(Statement { object, key, value });
            }
        }
        Self(statements)
    }

    /// The value of a key in an object; `""` is the label outside all objects.
    pub fn get(&self, object: &str, key: &str) -> Option<&Value> {
        self.0.iter().find(|s| s.object == object && s.key == key).map(|s| &s.value)
    }
}

impl Value {
    /// The value as a number: decimal, or `radix#digits#` whose bits are a whole number.
    pub fn number(&self) -> Option<f64> {
        match self.bits() {
            Some(bits) => Some(bits as f64),
            None => self.text.parse().ok().filter(|x: &f64| x.is_finite()),
        }
    }

    /// The bits of `radix#digits#`.
    pub fn bits(&self) -> Option<u64> {
        let (radix, digits) = self.text.strip_suffix('#')?.split_once('#')?;
        let radix = radix.parse().ok().filter(|r| (2..=16).contains(r))?;
        u64::from_str_radix(digits, radix).ok()
    }

    /// The items of a list, or the value itself.
    pub fn items(&self) -> impl Iterator<Item = Value> {
        let list = self.text.trim_start_matches(['(', '{']).trim_end_matches([')', '}']);
        list.split(',').map(value_of)
    }
}

/// Up to the comment; one that is not closed runs to the end of its line.
fn without_comment(line: &str) -> String {
    let Some((before, comment)) = line.split_once("/*") else {
        return line.to_owned();
    };
    if before.matches('"').count() % 2 == 1 {
        return line.to_owned(); // inside a quotation
    }
    let after = comment.split_once("*/").map_or("", |(_, after)| after);
    format!("{before} {}", without_comment(after))
}

/// Whether all quotation marks and brackets are closed.
fn complete(statement: &str) -> bool {
    let (mut quoted, mut depth) = (false, 0_i64);
    for c in statement.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '{' if !quoted => depth += 1,
            ')' | '}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    // A statement ends with its value, which may begin on the next line.
    !quoted && depth <= 0 && !statement.ends_with('=')
}

fn value_of(text: &str) -> Value {
    let text = text.trim();
    let closed = text.strip_suffix('>').filter(|_| !text.starts_with(['(', '{']));
    let (text, unit) = match closed.and_then(|t| t.rsplit_once('<')) {
        Some((value, unit)) => (value.trim(), Some(unit.trim().to_ascii_uppercase())),
        None => (text, None),
    };
    Value { text: text.trim_matches('"').trim().to_owned(), unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_lists_units_and_comments_are_understood() {
        let label = Label::parse(
            "/* a comment\nPDS_VERSION_ID = \"PDS3\" /* closed */\r\n\
             ^IMAGE = (\"LDEM.IMG\", 1025 <BYTES>)\n\
             NOTE = \"two\n lines = of /* text\"\n\
             OBJECT = IMAGE\n  LINES = 4\n SAMPLE_BITS\n  =\n  16\n  NULL = 16#FF7FFFFB#\n\
             END_OBJECT = IMAGE\n\
             OBJECT = IMAGE_MAP_PROJECTION\n A_AXIS_RADIUS = 1737.4 <km>\nEND_OBJECT\n\
             LINES = 7\nEND\nLINES = 9\n",
        );
        let text = |object: &str, key: &str| label.get(object, key).map(|v| v.text.as_str());
        assert_eq!(text("", "PDS_VERSION_ID"), Some("PDS3"));
        assert_eq!(text("", "NOTE"), Some("two lines = of /* text"));
        assert_eq!((text("IMAGE", "LINES"), text("", "LINES")), (Some("4"), Some("7")));
        let radius = label.get("IMAGE_MAP_PROJECTION", "A_AXIS_RADIUS").unwrap();
        assert_eq!((radius.number(), radius.unit.as_deref()), (Some(1737.4), Some("KM")));
        let image: Vec<Value> = label.get("", "^IMAGE").unwrap().items().collect();
        assert_eq!(image[0].text, "LDEM.IMG");
        assert_eq!((image[1].number(), image[1].unit.as_deref()), (Some(1025.0), Some("BYTES")));
        let null = label.get("IMAGE", "NULL").unwrap();
        assert_eq!(null.bits(), Some(0xFF7F_FFFB));
    }
}
