//! The page and its twin, from a sheet with everything in it, and from real evidence in every state.

use super::adapt::{Material, sheet};
use super::sheet::*;
use super::*;
use crate::catalogue::Family;
use crate::evidence::Evidence;
use crate::explanation::*;
use crate::finding::*;
use crate::mission::Mission;
use crate::replayed::Replayed;
use crate::sample;
use crate::timeline::timeline;
use crate::trajectory::Trajectory;
use icd::time::{Span, Time};
use rig::report::chart::{Band, Chart, Curve, Dots};
use serde_json::Value;
use std::collections::BTreeMap;

fn at(s: f64) -> Time {
    Time::from_utc("2025-06-05T19:15:44").unwrap() + Span::from_s(s)
}

fn seen() -> Seen {
    Seen { t: Some(at(-17.9)), grade: Grade::Measured, text: "no echo of 4031 <shots>".into() }
}

fn explanation() -> Explanation {
    let cause = Cause { on: "rangefinder".into(), kind: "range_limit" };
    let number = Fitted { key: "range_m_max".into(), value: 893.0, sigma: 12.0 };
    let mechanism = Mechanism {
        kind: MechanismKind::RejectedAfterTerrainStep,
        device: Device::Rangefinder,
        from: at(-50.0),
        seen: vec![seen()],
    };
    let reflown = Reflown {
        outcome: "lost".into(),
        end_s: 712.9,
        contact_s: Some(691.2),
        ground_m: Some([50.1, 31.0]),
        speed_m_s: Some([-30.3, 4.5]),
        propellant_kg: Some(66.6),
        profile: vec![],
        events: vec![],
    };
    Explanation {
        faults: vec![Fault {
            cause: cause.clone(),
            numbers: vec![number],
            from: (at(-700.0), 2.0),
            until: Some(at(-1.0)),
        }],
        unknown: vec![Channel::Thrust],
        mechanism: Some(mechanism),
        name: "late <rangefinder>".into(),
        families: vec![Family::LateRangefinder],
        equals: vec![vec![Cause { kind: "weak_laser", ..cause }]],
        probability: 0.93,
        ln_posterior: 812.3,
        parts: Parts {
            prior: -11.2,
            channels: vec![(Channel::Stream(Device::Rangefinder), 640.0)],
            reflight: Some(2.2),
        },
        seen: vec![seen(), Seen { t: None, ..seen() }],
        reflown: Some(reflown),
        predicts: vec![Prediction { test: "image".into(), says: "-50 ± 40 m east".into() }],
    }
}

fn chart() -> Chart {
    Chart {
        title: "a <title>",
        x_ticks: vec![0.0, 1.0],
        y_ticks: vec![0.0, 1.0],
        curves: vec![Curve { label: "c".into(), colour: "--nav", points: vec![(0.0, f64::NAN)] }],
        levels: vec![(0.5, "level")],
        marks: vec![(0.5, "mark".into())],
        bands: vec![Band { label: "b".into(), colour: "--nav", points: vec![(0.0, 0.0, 1.0)] }],
        dots: vec![Dots { label: "d".into(), colour: "--nav", points: vec![(0.0, 0.5)] }],
        ..Chart::default()
    }
}

/// A sheet in which nothing is empty.
fn whole() -> Sheet {
    let figure = |value: f64, unit: &str| Figure { value, sigma: Some(2.0), unit: unit.into() };
    let pair = || vec![("<name>".to_string(), "value".to_string())];
    let fork = Fork {
        t: at(-40.0),
        altitude: figure(2000.0, "m"),
        descent: figure(66.0, "m/s"),
        outcome: "lost".into(),
    };
    Sheet {
        title: "M <2>".into(),
        source: Source::Telemetry,
        question: "why?".into(),
        answer: Answer { word: "Late".into(), text: "text".into(), probability: Some(0.93) },
        facts: pair(),
        zero: Some((at(0.0), "loss of signal".into())),
        evidence: vec![Row {
            t: Some(at(-17.9)),
            grade: Grade::Derived,
            text: "first range".into(),
            figure: Some(figure(893.0, "m")),
            source: "replay".into(),
        }],
        timeline: vec![Moment {
            t: at(-17.9),
            until: Some(at(-1.0)),
            sigma_s: 0.1,
            grade: Grade::Measured,
            source: "event report".into(),
            text: "RangefinderAcquired".into(),
        }],
        explained: Explained {
            ranking: vec![explanation()],
            families: vec![FamilyShare { name: "late".into(), probability: 0.95 }],
            outside_library: 0.01,
            mechanisms: vec![],
            deciders: vec![Decider {
                between: (0, 1),
                test: "laser on ground".into(),
                says: ["weak".into(), "as specified".into()],
                sigmas: Some(12.0),
            }],
            flights: 57,
        },
        plots: vec![Panel { key: "altitude", chart: chart() }],
        changes: vec![Change {
            what: "corridor".into(),
            kind: "software".into(),
            outcome: "landed".into(),
            saves: true,
            minimal: true,
            v_down_m_s: Some(0.5),
            miss_m: Some(40.0),
            propellant_kg: None,
        }],
        no_return: Some(NoReturn {
            last: Some(fork.clone()),
            first: Some(fork.clone()),
            beyond_thrust: Some(fork),
            by: "the best".into(),
            text: "lost".into(),
        }),
        unknown: vec!["much".into()],
        quality: pair(),
        method: pair(),
        repeat: vec!["frigoris investigate a".into()],
    }
}

/// Every leaf of a JSON value: its path with `[]` for items, and its type.
fn leaves(path: &str, value: &Value, out: &mut BTreeMap<String, &'static str>) {
    let kind = match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(&path, value, out);
            }
            return;
        }
        Value::Array(items) => {
            items.iter().for_each(|item| leaves(&format!("{path}[]"), item, out));
            return;
        }
        Value::String(_) => "text",
        Value::Number(_) | Value::Null => "number or null",
        Value::Bool(_) => "flag",
    };
    out.insert(path.to_string(), kind);
}

#[test]
fn the_twin_has_exactly_the_keys_that_are_documented_with_their_types() {
    let value: Value = serde_json::from_str(&json(&whole())).unwrap();
    let mut found = BTreeMap::new();
    leaves("", &value, &mut found);
    let documented: BTreeMap<String, &str> =
        KEYS.iter().map(|(key, kind, _)| ((*key).to_string(), *kind)).collect();
    assert_eq!(KEYS.len(), documented.len(), "a key twice");
    assert_eq!(found, documented);
    let again = &value["explanations"][0]["flown_again"][0];
    assert_eq!([&again["v_down_m_s"], &again["contact_s"], &again["end_s"]], [30.3, 691.2, 712.9]);
    assert_eq!(value["plots"][0]["curves"][0]["y"][0], Value::Null);
}

#[test]
fn the_keys_are_those_of_the_document() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/investigation-keys.md");
    let written = std::fs::read_to_string(file).unwrap();
    let table = keys_table();
    assert!(written.ends_with(&table), "the document should end with\n{table}");
}

fn stands_alone(page: &str) {
    for needle in
        ["src=", "@import", "url(http", "NaN", ">inf", "<shots>", "<name>", "<rangefinder>"]
    {
        assert!(!page.contains(needle), "{needle}");
    }
    let ids = page.matches("<section").count();
    assert_eq!(ids, page.matches("</section>").count());
    assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
}

#[test]
fn the_page_stands_alone_and_has_every_section() {
    let page = page(&whole());
    stands_alone(&page);
    for id in ["answer", "evidence", "timeline", "explanations", "plots", "saved", "unknown"] {
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
    for text in [
        "probability 93 %",
        "893 ± 12\u{a0}m",
        "893.0 ± 2.0\u{a0}m",
        "−17.9 s",
        "19:15:26.1",
        "grade-derived",
        "Lost from −40.0 s",
        "Enough, each of these on its own: corridor.",
        "meets the ground after 691.2 s, at 30.3 m/s down",
        "−50 ± 40 m east",
        "not in the library",
        "rangefinder: weak laser",
        "12.0 σ",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn rivals_that_say_the_same_stand_in_one_row() {
    let mut sheet = whole();
    let names = ["late <rangefinder>", "first rival", "second rival", "third rival"];
    let named = |name: &str| Explanation { name: name.into(), ..explanation() };
    sheet.explained.ranking = names.map(named).to_vec();
    let first = sheet.explained.deciders[0].clone();
    let against = |place| Decider { between: (0, place), ..first.clone() };
    let other = Decider { says: ["weak".into(), "strong".into()], ..against(3) };
    sheet.explained.deciders = vec![against(1), against(2), other];
    let page = page(&sheet);
    let (_, rows) = page.split_once("What would decide").unwrap();
    let (rows, _) = rows.split_once("</table>").unwrap();
    assert_eq!(rows.matches("laser on ground").count(), 2, "{rows}");
    assert!(rows.contains("<i>first rival<br>second rival:</i> as specified"), "{rows}");
    assert!(rows.contains("<i>third rival:</i> strong"), "{rows}");
}

fn told(mission: &Mission, octets: &[u8]) -> Sheet {
    let evidence = Evidence::read(octets);
    let replayed = Replayed::of(mission, &evidence);
    let entries = timeline(mission, &evidence, &replayed);
    let material = Material {
        mission,
        evidence: &evidence,
        replayed: &replayed,
        trajectory: &Trajectory::default(),
        findings: &[],
        explained: &Explained::default(),
        timeline: &entries,
        saved: None,
        flown_from: mission.nav.t,
    };
    sheet(material, vec![], vec![])
}

#[test]
fn evidence_in_any_state_gives_a_page_that_says_what_can_be_said() {
    let sample = sample::healthy();
    let packets = &sample.record.packets;
    let whole = told(&sample.mission, packets);
    let keys: Vec<&str> = whole.plots.iter().map(|panel| panel.key).collect();
    for key in ["altitude", "innovation_star_tracker", "thrust", "thrust_difference"] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    assert!(whole.quality.iter().any(|(_, value)| value.starts_with("bit-exact")));
    let cut = told(&sample.mission, &packets[packets.len() / 3 + 5..packets.len() / 2 + 3]);
    assert!(cut.answer.probability.is_none() && !cut.timeline.is_empty());
    let empty = told(&sample.mission, &[]);
    assert_eq!(empty.answer.word, "Nothing can be said");
    assert!(empty.answer.text.contains("empty") && empty.plots.is_empty());
    let noise = told(&sample.mission, &[0xA5; 5000]);
    assert!(noise.answer.text.contains("5000 octets"), "{}", noise.answer.text);
    for sheet in [whole, cut, empty, noise] {
        stands_alone(&page(&sheet));
        serde_json::from_str::<Value>(&json(&sheet)).unwrap();
    }
}

#[test]
fn the_thrust_sensed_is_that_commanded_where_nothing_is_wrong() {
    let sample = sample::healthy();
    let sheet = told(&sample.mission, &sample.record.packets);
    let panel = sheet.plots.iter().find(|panel| panel.key == "thrust").unwrap();
    let last = |n: usize| *panel.chart.curves[n].points.last().unwrap();
    let ((t, commanded), (_, sensed)) = (last(0), last(1));
    assert!(t < 0.0 && commanded > 1.0);
    assert!((sensed / commanded - 1.0).abs() < 0.03, "{sensed} m/s² of {commanded} m/s²");
}

#[test]
fn page_and_twin_are_written_and_what_cannot_be_is_named() {
    let folder = std::env::temp_dir().join(format!("frigoris-report-{}", std::process::id()));
    let written = write(&folder, &whole()).unwrap();
    assert_eq!(written.len(), 2);
    assert!(written.iter().all(|file| file.is_file()));
    let inside_a_file = written[0].join("deeper");
    let refused = write(&inside_a_file, &whole()).unwrap_err();
    assert_eq!(refused.file, inside_a_file);
    std::fs::remove_dir_all(&folder).unwrap();
}
