//! The table of fault management as a document.
//!
//! Owns: [`markdown`]. Does not own: the table ([`flight::faults::table`]), whose numbers are those that
//! the monitors read.

use flight::faults::table::{Monitor, TABLE};
use std::fmt::Write;

const HEAD: &str = "# Fault management

Every monitor of the flight software: what it looks at, when it trips, what it does and how that ends. This
file is written by `frigoris faults` from `crates/flight/src/faults/table.rs`; the numbers are those that the
monitors read, and a test compares the two.

No state is for good, with one exception, which is the flaw of the as-flown configuration and shown as such.
";

/// The whole table in Markdown.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    out.push_str("\n| monitor | signal | threshold | for | response | event | exit |\n");
    out.push_str("|---|---|---|---|---|---|---|\n");
    for monitor in TABLE {
        out.push_str(&row(&monitor));
    }
    out
}

fn row(m: &Monitor) -> String {
    let mut out = String::new();
    let threshold = format!("{} {}", m.threshold, m.unit);
    let persistence =
        if m.persistence_s > 0.0 { format!("{} s", m.persistence_s) } else { "at once".into() };
    let event = m.event.map_or(String::new(), |event| format!("`{}`", event.name()));
    let name = if m.as_flown { format!("{} (as flown only)", m.name) } else { m.name.into() };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "| {name} | {} | {} | {persistence} | {} | {event} | {} |",
        m.signal.replace('|', "\\|"),
        threshold.trim(),
        m.response,
        m.exit
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_table() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/fault-management.md");
        let written = std::fs::read_to_string(file).unwrap();
        assert!(written == markdown(), "run `frigoris faults --out docs`");
    }

    #[test]
    fn every_monitor_has_a_row_of_seven_cells() {
        let text = markdown();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(rows.len(), TABLE.len() + 1);
        for row in rows {
            assert_eq!(row.replace("\\|", "").matches('|').count(), 8, "{row}");
        }
    }
}
