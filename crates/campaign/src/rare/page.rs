//! An estimate as lines, and as one HTML page that needs nothing but a browser.

use super::{Estimate, Level, Method};
use rig::report::chart::{CHART_STYLE, Chart, Curve};
use rig::report::{Shell, escape};
use std::fmt::Write;

/// What a page says beside the figures.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Title of the scenario.
    pub title: String,
    /// The event.
    pub event: String,
    /// What the inputs are: how many of the scenario's.
    pub inputs: usize,
    /// SHA-256 of the scenario.
    pub scenario_hash: String,
    /// SHA-256 of the program.
    pub code: String,
    /// The command that made it.
    pub command: String,
    /// Commands that fly failures again.
    pub replays: Vec<String>,
}

/// A probability in three figures.
pub fn figure(p: f64) -> String {
    if p == 0.0 || !p.is_finite() { p.to_string() } else { format!("{p:.2e}") }
}

/// Name and value of everything an estimate must come with.
pub fn facts(estimate: &Estimate, sheet: &Sheet) -> Vec<(&'static str, String)> {
    let settings = &estimate.settings;
    let percent = |share: f64| {
        if share.is_nan() {
            "none: no event".to_string()
        } else {
            format!("{:.1} %", 100.0 * share)
        }
    };
    let (low, high) = (figure(estimate.low), figure(estimate.high));
    let mut out = vec![
        ("event", sheet.event.clone()),
        ("probability", figure(estimate.probability)),
        ("95 % interval", format!("[{low}, {high}]")),
        ("coefficient of variation", percent(estimate.cov)),
        ("method", estimate.method.name().to_string()),
        ("particles", format!("{} batches of {}", settings.batches, settings.particles)),
        ("inputs", sheet.inputs.to_string()),
        ("runs", estimate.runs.to_string()),
    ];
    let plain = estimate.plain_runs();
    if plain.is_finite() && estimate.method != Method::Plain {
        out.push(("plain Monte Carlo for the same", format!("{plain:.0} runs")));
    }
    if let Some(weights) = &estimate.weights {
        let largest = 100.0 * weights.largest_share;
        let doubt = if weights.largest_share > 0.05 { ", too much for one" } else { "" };
        out.push(("regions drawn around", weights.regions.to_string()));
        out.push(("effective events", format!("{:.0}", weights.effective)));
        out.push(("largest weight", format!("{largest:.1} % of all{doubt}")));
    }
    let extinct = estimate.batches.iter().filter(|batch| batch.extinct).count();
    if extinct > 0 {
        out.push(("batches that died out", extinct.to_string()));
    }
    let invalid: u64 = estimate.batches.iter().map(|batch| batch.invalid).sum();
    if invalid > 0 {
        let text = format!("{invalid}, which do not stand as far as anyone knows");
        out.push(("runs beyond the simulation", text));
    }
    out.push(("seed", settings.seed.to_string()));
    out.push(("scenario hash", sheet.scenario_hash.clone()));
    out.push(("code hash", sheet.code.clone()));
    out
}

/// The estimate for a terminal.
pub fn lines(estimate: &Estimate, sheet: &Sheet) -> Vec<String> {
    let facts = facts(estimate, sheet);
    let widest = facts.iter().map(|fact| fact.0.len()).max().unwrap_or(0);
    let mut out = vec![sheet.title.clone()];
    out.extend(facts.iter().map(|(name, value)| format!("  {name:<widest$}  {value}")));
    if !sheet.replays.is_empty() {
        out.push("flights with the event".to_string());
        out.extend(sheet.replays.iter().map(|command| format!("  {command}")));
    }
    out
}

/// The page.
pub fn page(estimate: &Estimate, sheet: &Sheet) -> String {
    let facts: String = facts(estimate, sheet)
        .iter()
        .map(|(name, value)| {
            format!("<tr><th>{}</th><td class=\"wrap\">{}</td></tr>", escape(name), escape(value))
        })
        .collect();
    let chart = levels(estimate).map_or(String::new(), |chart| chart.figure());
    let replays: String =
        sheet.replays.iter().map(|c| format!("<li><code>{}</code></li>", escape(c))).collect();
    let replays = if replays.is_empty() {
        String::new()
    } else {
        format!("<h2>Flights with the event</h2><ul class=\"commands\">{replays}</ul>")
    };
    let shell = Shell {
        title: "rare event",
        what: "rare event",
        style: &[CHART_STYLE, OWN_STYLE],
        theme: false,
    };
    shell.page(&format!(
        "<h1>{}</h1>\n<p>How probable is: {}?</p>\n<table class=\"facts\">{facts}</table>\n\
         <div class=\"plots\">\n{chart}</div>\n<h2>Batches</h2>\n{}\n{replays}\n\
         <footer>Independent batches; the interval is that of how they scatter. Made by <code>{}</code>.</footer>",
        escape(&sheet.title),
        escape(&sheet.event),
        batches(estimate),
        escape(&sheet.command)
    ))
}

const OWN_STYLE: &str = "td.wrap { overflow-wrap: anywhere; } table.facts th { text-align: left; } \
.scroll { overflow-x: auto; } ul.commands li { overflow-wrap: anywhere; }";

fn batches(estimate: &Estimate) -> String {
    let mut out = String::from(
        "<div class=\"scroll\"><table><tr><th class=\"number\">batch</th><th class=\"number\">estimate</th>\
         <th class=\"number\">runs</th><th class=\"number\">with the event</th>\
         <th class=\"number\">levels</th><th class=\"number\">families</th>\
         <th class=\"number\">moves taken</th></tr>",
    );
    for (number, batch) in estimate.batches.iter().enumerate() {
        let taken = if batch.accepted.is_nan() {
            "–".to_string()
        } else {
            format!("{:.0} %", 100.0 * batch.accepted)
        };
        let (levels, estimate) = (batch.levels.len(), figure(batch.probability));
        let cells = [
            number.to_string(),
            estimate,
            batch.runs.to_string(),
            batch.failed.to_string(),
            levels.to_string(),
            batch.families.to_string(),
            taken,
        ];
        let cells: String =
            cells.iter().map(|cell| format!("<td class=\"number\">{cell}</td>")).collect();
        let _ = write!(out, "<tr>{cells}</tr>");
    }
    out + "</table></div>"
}

/// How the probability falls from level to level, batch by batch.
fn levels(estimate: &Estimate) -> Option<Chart> {
    // A level of −∞ lies below every flight that has the measure.
    let finite = |level: &&Level| level.score.is_finite();
    let all = || estimate.batches.iter().flat_map(|batch| &batch.levels).filter(finite);
    let scores = all().map(|level| level.score);
    let (low, high) = scores.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| {
        (low.min(score), high.max(score))
    });
    let least = all().map(|level| level.probability).fold(1.0, f64::min);
    if low >= high {
        return None;
    }
    let curve = |(number, batch): (usize, &super::Batch)| Curve {
        label: if number == 0 { "one batch each".to_string() } else { String::new() },
        colour: "--nav",
        points: (batch.levels.iter().filter(finite))
            .map(|l| (l.score, libm::log10(l.probability)))
            .collect(),
    };
    let bottom = libm::floor(libm::log10(least)).min(-1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 1 to 15
    let decades = -bottom as usize;
    let mut levels = Vec::new();
    if estimate.probability > 0.0 {
        levels.push((libm::log10(estimate.probability).max(bottom), "the event"));
    }
    Some(Chart {
        title: "Level by level",
        note: "Probability of a score above each level that was passed. The event lies beyond all of them.".into(),
        x_label: "score",
        y_label: "logarithm (base 10) of the probability",
        x_ticks: ticks(low, high),
        y_ticks: (0..=decades).map(|k| bottom + k as f64).collect(),
        curves: estimate.batches.iter().enumerate().map(curve).collect(),
        levels,
        ..Chart::default()
    })
}

/// Some six round ticks that enclose two values.
fn ticks(first: f64, last: f64) -> Vec<f64> {
    let span = (last - first).max(1e-9);
    let ten = libm::exp10(libm::floor(libm::log10(span / 6.0)));
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * ten);
    let step = step.into_iter().find(|step| span / step <= 6.0).unwrap_or(10.0 * ten);
    let (from, to) = (libm::floor(first / step + 1e-9), libm::ceil(last / step - 1e-9));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few
    let count = (to - from) as usize;
    (0..=count).map(|k| libm::round((from + k as f64) * step * 1e6) / 1e6).collect()
}
