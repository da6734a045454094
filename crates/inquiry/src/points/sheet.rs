//! What points tell, as a report shows it.
//!
//! Owns: [`sheet`]. Does not own: the page (`report`).

use super::evidence::Weighed;
use super::file::{KEYS, Points};
use super::told::{Combination, Interval, Told};
use crate::catalogue::{Family, Suspect, families};
use crate::explanation::{Explained, Explanation, FamilyShare, Parts};
use crate::finding::{Fault, Fitted, Grade, Seen};
use crate::report::sheet::{Answer, Figure, Panel, Row, Sheet, Source};
use icd::time::Span;
use rig::report::chart::{Chart, Curve, ticks};
use rig::scenario::Dispersed;

/// From 5 % to 95 % of a normal law, standard deviations.
const SPREAD: f64 = 3.29;
/// The picture shows the flights below this, m.
const SHOWN_M: f64 = 4000.0;
/// Weight that a flight has at the least to be drawn, as a share of the heaviest.
const DRAWN: f64 = 0.05;

/// The report of an inquiry from points.
///
/// - `repeat`: commands that do it again.
pub fn sheet(points: &Points, told: &Told, repeat: Vec<String>) -> Sheet {
    let first = told.together.first();
    let counts = [
        ("flights flown".to_string(), told.flights.to_string()),
        (
            "independent flights that their weights are worth".to_string(),
            format!("{:.1}", told.worth),
        ),
        (
            "points that no likely flight agrees with".to_string(),
            told.unexplained.len().to_string(),
        ),
    ];
    Sheet {
        title: told.title.clone(),
        source: Source::Points,
        question: "What can be said of the loss from what was published, and what cannot?".into(),
        answer: Answer {
            word: first.map_or_else(|| "cannot be told".to_string(), |share| share.name.clone()),
            text: told.answer.clone(),
            probability: first.map(|share| share.probability),
        },
        facts: vec![
            ("mission".into(), told.mission.clone()),
            ("source".into(), told.source.clone()),
        ],
        evidence: evidence(points, told),
        explained: explained(points, told),
        plots: plots(points, told),
        unknown: told.unknown.clone(),
        quality: counts.to_vec(),
        method: method(),
        repeat,
        ..Sheet::default()
    }
}

/// The points as published, and what follows from them.
fn evidence(points: &Points, told: &Told) -> Vec<Row> {
    let published = told.points.iter().map(|text| Row {
        t: None,
        grade: Grade::Measured,
        text: text.clone(),
        figure: None,
        source: points.source.clone(),
    });
    let inferred = told.said.iter().map(|interval| Row {
        t: None,
        grade: Grade::Inferred,
        text: interval.name.clone(),
        figure: Some(figure(interval)),
        source: "flights that agree with the points".to_string(),
    });
    let weighed = told.evidence.iter().map(|of| Row {
        t: None,
        grade: Grade::Inferred,
        text: format!("natural logarithm of the evidence for {}", words(of)),
        figure: Some(Figure {
            value: of.ln_evidence.0,
            sigma: Some(of.ln_evidence.1),
            unit: String::new(),
        }),
        source: "flights that agree with the points".to_string(),
    });
    published.chain(inferred).chain(weighed).collect()
}

/// Number and families of causes in words.
pub fn words(of: &Weighed) -> String {
    let Weighed { name, causes, .. } = of;
    match causes {
        0 => name.clone(),
        1 => format!("one cause: {name}"),
        _ => format!("{causes} causes: {name}"),
    }
}

fn figure(interval: &Interval) -> Figure {
    let [low, value, high] = interval.quantiles;
    Figure { value, sigma: Some((high - low) / SPREAD), unit: interval.unit.to_string() }
}

fn explained(points: &Points, told: &Told) -> Explained {
    let share = |share: &super::told::Share| FamilyShare {
        name: share.name.clone(),
        probability: share.probability,
    };
    let likely = told.combinations.iter().filter(|of| of.share.probability > 1e-3);
    Explained {
        ranking: likely.map(|of| explanation(points, of)).collect(),
        families: told.together.iter().map(share).collect(),
        flights: told.flights as u64,
        ..Explained::default()
    }
}

fn explanation(points: &Points, of: &Combination) -> Explanation {
    let start = points.mission.approach.touchdown;
    let start = start - Span::from_s(points.mission.approach.ignition_before_touchdown_s);
    let fitted = |interval: &Interval| {
        let Figure { value, sigma, .. } = figure(interval);
        Fitted { key: interval.name.clone(), value, sigma: sigma.unwrap_or_default() }
    };
    let each = of.causes.iter().zip(&of.numbers).zip(&of.began_s);
    let faults: Vec<Fault> = each
        .map(|((cause, numbers), [mean_s, sigma_s])| Fault {
            cause: cause.clone(),
            numbers: numbers.iter().map(fitted).collect(),
            from: (start + Span::from_s(*mean_s), *sigma_s),
            until: None,
        })
        .collect();
    let suspects: Vec<Suspect> = of.causes.iter().cloned().map(Suspect::Known).collect();
    let own: Vec<Family> = families(&suspects);
    let text = format!(
        "{} of the flights were of this set; its probability is known to {:.1} %",
        of.flights,
        100.0 * of.share.sigma
    );
    Explanation {
        faults,
        unknown: Vec::new(),
        mechanism: None,
        name: of.share.name.clone(),
        families: own,
        equals: Vec::new(),
        probability: of.share.probability,
        ln_posterior: libm::log(of.share.probability.max(f64::MIN_POSITIVE)),
        parts: Parts::default(),
        seen: vec![Seen { t: None, grade: Grade::Inferred, text }],
        reflown: None,
        predicts: Vec::new(),
    }
}

/// Likely flights through the points: altitude over time, and over descent speed.
fn plots(points: &Points, told: &Told) -> Vec<Panel> {
    let heaviest = told.tracks.first().map_or(0.0, |track| track.weight);
    let shown: Vec<_> = told.tracks.iter().filter(|t| t.weight > DRAWN * heaviest).collect();
    let rows = || shown.iter().flat_map(|t| t.rows.iter()).filter(|row| row[1] < SHOWN_M);
    let range = |n: usize| {
        rows()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), row| (a.min(row[n]), b.max(row[n])))
    };
    if rows().next().is_none() {
        return Vec::new();
    }
    let curves = |n: usize| -> Vec<Curve> {
        let one = |(k, track): (usize, &&super::told::Track)| Curve {
            label: if k == 0 { "likely flights".into() } else { String::new() },
            colour: "--reference",
            points: (track.rows.iter().filter(|row| row[1] < SHOWN_M))
                .map(|row| (row[n], row[1]))
                .collect(),
        };
        shown.iter().enumerate().map(one).collect()
    };
    let chart = |title, note: &str, x_label, n: usize| Chart {
        title,
        note: note.to_string(),
        x_label,
        y_label: "altitude, m",
        x_ticks: ticks(range(n).0, range(n).1, 8.0),
        y_ticks: ticks(0.0, range(1).1, 6.0),
        curves: curves(n),
        ..Chart::default()
    };
    let mut speed = chart(
        "Altitude over descent speed",
        "Crosses: the points as published, three standard deviations each way.",
        "descent speed, m/s",
        2,
    );
    speed.curves.extend(crosses(points));
    let time = chart(
        "Altitude over time",
        "Flights by their weight, the heaviest only.",
        "time after the planned touchdown, s",
        0,
    );
    vec![Panel { key: "points_speed", chart: speed }, Panel { key: "points_time", chart: time }]
}

/// The points that say altitude and descent speed.
fn crosses(points: &Points) -> Vec<Curve> {
    let spread = |law: &Option<Dispersed>| match law {
        Some(Dispersed::Normal { mean, sigma }) => Some((mean - 3.0 * sigma, mean + 3.0 * sigma)),
        Some(Dispersed::Uniform { min, max }) => Some((*min, *max)),
        _ => None,
    };
    let at = |key: &str| KEYS.iter().position(|(own, ..)| *own == key).unwrap_or_default();
    let (altitude, descent) = (at("altitude_m"), at("descent_m_s"));
    let one = |point: &super::file::Point| {
        let (h, v) = (spread(&point.says[altitude])?, spread(&point.says[descent])?);
        let middle = (0.5 * (v.0 + v.1), 0.5 * (h.0 + h.1));
        let broken = (f64::NAN, f64::NAN);
        let points =
            vec![(v.0, middle.1), (v.1, middle.1), broken, (middle.0, h.0), (middle.0, h.1)];
        Some(Curve { label: String::new(), colour: "--limit", points })
    };
    points.points.iter().filter_map(one).collect()
}

fn method() -> Vec<(String, String)> {
    let step = |name: &str, text: &str| (name.to_string(), text.to_string());
    vec![
        step(
            "Hypotheses",
            "No cause, one, or two of the library of faults, their sizes and times drawn from the prior; each flight \
             with dispersions of vehicle, sensors, map and orbit of its own.",
        ),
        step(
            "Agreement",
            "Each flight is weighted by how probable it makes the points; where no time is given a point may be any \
             moment at which the flight passes its altitude. One report in 10,000 is taken to be wrong.",
        ),
        step(
            "Search",
            "Rounds of flights, the first of every set of families alike, each later one drawn where the flights before \
             agree with the points, whose uncertainties are widened at first and narrowed as long as enough flights agree, \
             the first point's before the others' (adaptive importance sampling [Cornuet2012], [Cappe2004]). What is told \
             rests on the later half, each flight weighted by what it was drawn from.",
        ),
    ]
}
