//! The tables that a flight director reviews, as a page: the evidence behind the call, the reconnect procedure.

use super::procedure::STEPS;
use super::status::{LANDED, LOST, PROBABLE, RULES};

/// Both tables in Markdown; `docs/loss-of-signal.md` is this text.
pub fn markdown() -> String {
    let mut out = format!(
        "# Loss of signal\n\n\
What mission control looks at to call a landing, and what it tries when nobody hears the lander. Written by\n\
`cargo run -p frigoris-ground --example tables` from the tables that the program reads; a test compares the two.\n\n\
## The call\n\n\
A line that holds adds its points. *Landed*: {LANDED} points or more, at least two different sources for it. *Lost*:\n\
−{LOST} or less, at least two different sources against, no carrier. *Probable* (landing): {PROBABLE} or more. *In\n\
flight*: fresh telemetry without contact, or the ground cannot have come yet. Else *unknown*. Weights are assumed: 1 a\n\
hint, 2 an indication, 3 strong, 4 hard to explain otherwise.\n\n\
| evidence | source | holds when | points | why |\n|---|---|---|---|---|\n"
    );
    for rule in RULES {
        let (id, source) = (rule.id, rule.source.name());
        out += &format!("| {id} | {source} | {} | {:+} | {} |\n", rule.when, rule.weight, rule.why);
    }
    out += "\n## The procedure\n\n\
Each step lasts its time and twice the light time, and ends at once when frames come. A hazardous step waits 60 s for\n\
an operator who confirms it by its name, and is passed over without one. The procedure is started by a person, never by\n\
itself; the last step lets the present pass end and listens in the one after it.\n\n\
| step | what | time, s | hazardous |\n|---|---|---|---|\n";
    for step in STEPS {
        let hazardous = if step.hazardous { "yes" } else { "" };
        out += &format!("| {} | {} | {} | {hazardous} |\n", step.name, step.text, step.wait_s);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_the_tables() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/loss-of-signal.md");
        let written = std::fs::read_to_string(file).unwrap();
        let how = "cargo run -p frigoris-ground --example tables > docs/loss-of-signal.md";
        assert!(written == markdown(), "{how}");
    }

    #[test]
    fn every_line_of_the_tables_has_its_cells() {
        let rows = markdown()
            .lines()
            .filter(|line| line.starts_with("| "))
            .map(|line| line.matches('|').count())
            .collect::<Vec<_>>();
        assert_eq!(rows.len(), RULES.len() + STEPS.len() + 2);
        assert!(rows.iter().take(RULES.len() + 1).all(|cells| *cells == 6));
        assert!(rows.iter().skip(RULES.len() + 1).all(|cells| *cells == 5));
    }
}
