//! Evidence worked by hand, and files that are wrong.

use super::*;
use crate::report::table::Column;
use rig::verdict::Grade;
use std::path::Path;

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
        ("measure = \"miss_m\"\nmin = 0.0\nmax = 1\n", "max is missing, or is not a number with a"),
        ("share = 0.9\nconfidence = 0.9\n", "measure is missing"),
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

/// A campaign of runs 1 to 3 with a seed; the last is lost.
fn campaign(hash: &str, seed: &str) -> Table {
    let column = |key: &str, values: [f64; 3]| Column {
        key: key.to_string(),
        unit: String::new(),
        values: values.to_vec(),
    };
    let columns = vec![
        column("run", [1.0, 2.0, 3.0]),
        column("outcome", [0.0, 0.0, 1.0]),
        column("grade", [0.0, 0.0, 0.0]),
    ];
    let facts = [
        ("outcomes", "landed,lost"),
        ("grades", Grade::ALL[0].name()),
        ("scenario_hash", hash),
        ("seed", seed),
    ];
    let facts = facts.map(|(key, value)| (format!("frigoris.{key}"), value.to_string()));
    Table::of(Path::new("campaign.parquet"), columns, facts.into()).unwrap()
}

#[test]
fn runs_with_the_same_draws_count_once_for_a_pooled_claim() {
    let requirement = |id: &str, pooled: bool| Requirement {
        id: id.to_string(),
        shall: "land".to_string(),
        scenarios: vec!["*".to_string()],
        tests: Vec::new(),
        claim: Some(Claim { pooled, ..claim(0.99) }),
    };
    let mut ledger = Ledger::new(vec![requirement("A", true), requirement("B", false)]);
    ledger.add("one", &campaign("h1", "7"), false);
    // Another scenario over the same draws, one over others, a cell of a matrix, and the first once more.
    ledger.add("two", &campaign("h2", "7"), false);
    ledger.add("three", &campaign("h3", "8"), false);
    ledger.add("cell", &campaign("h4", "9"), true);
    ledger.add("one", &campaign("h1", "7"), false);
    let [(_, pooled), (_, single)] = &ledger.entries[..] else { panic!("two requirements") };
    assert_eq!(pooled.len(), 1);
    assert_eq!((&pooled[0].campaign[..], pooled[0].kept, pooled[0].of), ("one, three", 4, 6));
    assert_eq!((ledger.alike, ledger.doubled), (3, 3));
    assert_eq!((ledger.other_program, ledger.laid_out), (5, 0), "their files name no program");
    assert_eq!(single.len(), 4);
    assert!(single.iter().all(|evidence| (evidence.kept, evidence.of) == (2, 3)));
}
