//! Evidence worked by hand, and files that are wrong.

use super::*;

fn claim(share: f64) -> Claim {
    Claim { kept: Kept::Ends(vec![Outcome::Landed]), share, confidence: 0.95, pooled: false }
}

fn evidence(kept: u64, of: u64) -> Evidence {
    Evidence { campaign: "m2".to_string(), kept, of }
}

#[test]
fn evidence_is_weighed_as_the_published_table_says() {
    // 299 runs without failure show 0.99 at 95 %, 298 do not; 473 with one.
    assert_eq!(evidence(299, 299).status(&claim(0.99)), Status::Shown);
    assert_eq!(evidence(298, 298).status(&claim(0.99)), Status::Open);
    assert_eq!(evidence(472, 473).status(&claim(0.99)), Status::Shown);
    assert_eq!(evidence(471, 472).status(&claim(0.99)), Status::Open);
    // 7 failures of 300: the upper bound is 0.989, by the same sum from the other side.
    assert_eq!(evidence(293, 300).status(&claim(0.99)), Status::Refuted);
    assert_eq!(evidence(0, 10).status(&claim(0.99)), Status::Refuted);
}

#[test]
fn words_say_what_is_shown_and_what_is_missing() {
    let words = evidence(100, 100).words(&claim(0.99));
    assert_eq!(
        words,
        "100 of 100: at least 97.0 % with 95 % confidence; 299 runs would show it if they went on so"
    );
    assert_eq!(claim(0.99).words(), "landed in 99 % of runs, with 95 % confidence");
    // A bound never rounds up to what was asked.
    let percents = [0.98999, 0.999_899, 0.5, 0.997].map(percent);
    assert_eq!(percents, ["98.9", "99.989", "50.0", "99.70"]);
}

#[test]
fn patterns_take_in_and_out() {
    let patterns = ["a-*", "m2-?", "!*-as-flown"].map(str::to_string);
    for (name, taken) in
        [("a-rangefinder-bias", true), ("a-x-as-flown", false), ("m2-b", true), ("m2-bb", false)]
    {
        assert_eq!(matches(&patterns, name), taken, "{name}");
    }
    assert!(!matches(&[], "a"));
}

#[test]
fn what_is_wrong_in_the_file_is_named() {
    let wrong = |text: &str| {
        let head = "[[requirement]]\nid = \"REQ-X-1\"\nshall = \"s\"\nscenarios = []\ntests = []\n";
        read(&format!("{head}{text}")).unwrap_err().to_string()
    };
    for (text, complaint) in [
        ("colour = 1\n", "requirements.toml: REQ-X-1: unknown key colour"),
        ("measure = \"height\"\n", "measure = height is not a measure"),
        ("outcomes = [\"sunk\"]\n", "outcomes = \"sunk\" is not an outcome"),
        (
            "measure = \"miss_m\"\nmax = 1.0\nshare = 0.9\n",
            "pooled is missing, or is not true or false",
        ),
        ("measure = \"miss_m\"\npooled = true\n", "max is missing"),
        (
            "outcomes = [\"lost\"]\npooled = true\nshare = 1.5\nconfidence = 0.9\n",
            "share = 1.5 is not between 0 and 1",
        ),
        ("[[requirement]]\nid = \"REQ-X-2\"\n", "REQ-X-2: shall is missing"),
        (
            "[[requirement]]\nid = \"REQ-X-1\"\nshall = \"s\"\nscenarios = []\ntests = []\n",
            "REQ-X-1 stands there twice",
        ),
        ("= 3", "requirements.toml: "),
    ] {
        assert!(wrong(text).contains(complaint), "{text}: {}", wrong(text));
    }
}

#[test]
fn the_rooms_tables_are_read() {
    let rooms = of_rooms();
    for id in ["FL-1", "TRUTH-1", "RIG-1", "CMP-1"] {
        let found = rooms.iter().find(|(_, requirement)| requirement.id == id);
        assert!(found.is_some_and(|(_, requirement)| !requirement.tests.is_empty()), "{id}");
    }
}
