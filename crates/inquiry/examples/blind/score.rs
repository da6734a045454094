//! What the inquiries of the blind test amount to.
//!
//! First: the most probable explanation names every device and kind that was injected and no other, or is said to be
//! equal to one that does. Flagged: probability of something outside the library of one half or more.

use crate::flights::Case;
use rig::report::chart::{Chart, Curve, Dots};
use rig::statistics::Share;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Which part of the test a flight belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// One fault.
    Single,
    /// Two faults, both needed.
    Pair,
    /// One fault whose kind is struck from the library.
    Withheld,
}

/// One explanation as it is scored: its causes, those that cannot be told from them, probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// Sets of device and kind; the first is the explanation itself.
    pub causes: Vec<Vec<(String, String)>>,
    /// Probability.
    pub probability: f64,
}

/// What one inquiry said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Part of the test.
    pub part: Part,
    /// The flight.
    pub case: Case,
    /// The first explanations.
    pub ranking: Vec<Ranked>,
    /// Probability that the library does not hold the cause.
    pub outside: f64,
    /// Time on one core, s.
    pub seconds: f64,
}

impl Said {
    fn truth(&self) -> Vec<(String, String)> {
        let faults = self.case.faults.iter();
        let mut out: Vec<_> = faults.map(|fault| (fault.on.clone(), fault.kind.clone())).collect();
        out.sort();
        out
    }

    /// Place of the true cause in the ranking, from 0.
    pub fn place(&self) -> Option<usize> {
        let truth = self.truth();
        self.ranking.iter().position(|ranked| ranked.causes.contains(&truth))
    }

    fn within(&self, places: usize) -> bool {
        self.place().is_some_and(|place| place < places)
    }

    fn flagged(&self) -> bool {
        self.outside >= 0.5
    }
}

fn share<'a>(of: impl Iterator<Item = &'a Said>, is: impl Fn(&Said) -> bool) -> Share {
    let (mut count, mut all) = (0, 0);
    for said in of {
        all += 1;
        count += u64::from(is(said));
    }
    Share::new(count, all)
}

fn percent(share: &Share) -> String {
    if share.of == 0 {
        return "none".to_string();
    }
    let Share { low, high, .. } = share;
    let found = 100.0 * share.count as f64 / share.of as f64;
    format!(
        "{} of {}: {found:.1} [{:.1}, {:.1}] %",
        share.count,
        share.of,
        100.0 * low,
        100.0 * high
    )
}

/// One bin of the reliability curve: mean stated probability, share that was right, flights.
pub struct Bin {
    stated: f64,
    right: f64,
    flights: usize,
}

/// The reliability of the first explanation's probability in ten bins, and the expected calibration error.
pub fn reliability(said: &[Said]) -> (Vec<Bin>, f64) {
    let judged: Vec<(f64, bool)> = said
        .iter()
        .filter(|said| said.part != Part::Withheld)
        .map(|said| (said.ranking.first().map_or(0.0, |first| first.probability), said.within(1)))
        .collect();
    let bin = |n: usize| {
        let inside = |p: f64| ((p * 10.0) as usize).min(9) == n;
        let own: Vec<&(f64, bool)> = judged.iter().filter(|(p, _)| inside(*p)).collect();
        let flights = own.len();
        let mean = |sum: f64| if flights > 0 { sum / flights as f64 } else { f64::NAN };
        let stated = mean(own.iter().map(|(p, _)| p).sum());
        let right = mean(own.iter().filter(|(_, right)| *right).count() as f64);
        Bin { stated, right, flights }
    };
    let bins: Vec<Bin> = (0..10).map(bin).filter(|bin| bin.flights > 0).collect();
    let weigh = |bin: &Bin| bin.flights as f64 * (bin.stated - bin.right).abs();
    let error = bins.iter().map(weigh).sum::<f64>() / judged.len().max(1) as f64;
    (bins, error)
}

/// The reliability curve as a picture.
pub fn picture(bins: &[Bin]) -> String {
    let curve = |label: &str, colour, points| Curve { label: label.to_string(), colour, points };
    let found: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.stated, bin.right)).collect();
    let ticks: Vec<f64> = (0..=5).map(|n| f64::from(n) / 5.0).collect();
    let chart = Chart {
        x_label: "stated probability of the first explanation",
        y_label: "share that was right",
        x_ticks: ticks.clone(),
        y_ticks: ticks,
        dots: vec![Dots { label: String::new(), colour: "--nav", points: found.clone() }],
        curves: vec![
            curve("found", "--nav", found),
            curve("perfect", "--muted", vec![(0.0, 0.0), (1.0, 1.0)]),
        ],
        ..Chart::default()
    };
    chart.picture("Reliability of stated probabilities")
}

/// The tables, as Markdown.
pub fn summary(said: &[Said], heading: &str) -> String {
    let of = |part: Part| said.iter().filter(move |said| said.part == part);
    let mut out = format!(
        "{heading}\n\n| part | true cause first | within the first three | flagged as outside the library |\n|---|---|---|---|\n"
    );
    for (part, name) in
        [(Part::Single, "one fault"), (Part::Pair, "two faults"), (Part::Withheld, "withheld")]
    {
        let cells = [
            share(of(part), |said| said.within(1)),
            share(of(part), |said| said.within(3)),
            share(of(part), Said::flagged),
        ];
        let [first, three, flagged] = cells.map(|share| percent(&share));
        let _ = writeln!(out, "| {name} | {first} | {three} | {flagged} |");
    }
    let (bins, error) = reliability(said);
    let seconds = said.iter().map(|said| said.seconds).sum::<f64>() / said.len().max(1) as f64;
    let _ = writeln!(out, "\nExpected calibration error {error:.3}; {seconds:.1} s an inquiry.\n");
    out += "| stated | right | flights |\n|--:|--:|--:|\n";
    for Bin { stated, right, flights } in &bins {
        let _ = writeln!(out, "| {stated:.2} | {right:.2} | {flights} |");
    }
    out += "\n| cause | flights | first | within three | flagged |\n|---|--:|--:|--:|--:|\n";
    let mut causes: BTreeMap<(Part, String), [usize; 4]> = BTreeMap::new();
    for said in said {
        let row = causes.entry((said.part, said.case.name())).or_default();
        let found = [true, said.within(1), said.within(3), said.flagged()];
        row.iter_mut().zip(found).for_each(|(count, is)| *count += usize::from(is));
    }
    for ((part, cause), [flights, first, three, flagged]) in causes {
        let part = if part == Part::Withheld { " (withheld)" } else { "" };
        let _ = writeln!(out, "| {cause}{part} | {flights} | {first} | {three} | {flagged} |");
    }
    out
}
