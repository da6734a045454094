//! Histograms as pieces of SVG.
//!
//! Owns: axes, bins, the distribution's curve, figures as people read them. Colours stand in the style sheet by role.
//! All runs count in every bin and curve.

use super::findings::{LimitFinding, Spread};
use rig::report::escape;
use std::fmt::Write;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 42.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 38.0;
/// Bins of a histogram; of a small one.
const BINS: usize = 48;
const SPARK_BINS: usize = 22;
/// Points of the distribution's curve.
const CURVE: usize = 160;

/// A figure as people read it: some four digits, a real minus.
pub fn number(x: f64) -> String {
    if x.is_nan() {
        return "–".to_string();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.to_string();
    }
    let size = if x == 0.0 { 0.0 } else { libm::floor(libm::log10(x.abs())) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    let decimals = (2.0 - size).clamp(0.0, 4.0) as usize;
    let text = format!("{x:.decimals$}");
    let zero = text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.');
    if zero { text.trim_start_matches('-').to_string() } else { text.replace('-', "−") }
}

/// Round ticks between two values, about so many.
pub fn ticks(first: f64, last: f64, about: f64) -> Vec<f64> {
    let span = (last - first).max(1e-9);
    let ten = libm::exp10(libm::floor(libm::log10(span / about)));
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * ten).into_iter().find(|s| span / s <= about);
    let step = step.unwrap_or(10.0 * ten);
    let (from, to) = (libm::ceil(first / step - 1e-9), libm::floor(last / step + 1e-9));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few
    let count = (to - from).max(0.0) as usize;
    (0..=count).map(|k| libm::round((from + k as f64) * step * 1e9) / 1e9).collect()
}

/// The values shown: all but the farthest thousandth on either side, and the limits where these are not far.
fn range(spread: &Spread, limits: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = (spread.at(0.001), spread.at(0.999));
    let span = (high - low).max(1e-3 * low.abs()).max(1e-6);
    for limit in limits.iter().filter(|limit| limit.is_finite()) {
        if *limit > low - 2.0 * span && *limit < high + 2.0 * span {
            (low, high) = (low.min(*limit), high.max(*limit));
        }
    }
    let margin = 0.03 * (high - low).max(span);
    (low - margin, high + margin)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to the bins
fn bins(values: &[f64], low: f64, high: f64, count: usize) -> Vec<u64> {
    let mut bins = vec![0; count];
    for value in values.iter().filter(|value| (low..=high).contains(*value)) {
        let place = ((value - low) / (high - low) * count as f64) as usize;
        bins[place.min(count - 1)] += 1;
    }
    bins
}

/// A histogram with the empirical distribution over it, the limits and the bound that is shown.
pub fn histogram(title: &str, spread: &Spread, limit: &LimitFinding) -> String {
    let bound = limit.bound.unwrap_or(f64::NAN);
    let (low, high) = range(spread, &[limit.min, limit.max, bound]);
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let x = |value: f64| LEFT + (value - low) / (high - low) * (right - LEFT);
    let y = |share: f64| bottom - share * (bottom - TOP);
    let mut svg = String::new();
    bars(&mut svg, spread, limit, (low, high), &x, &y);
    let count = spread.values.len() as f64;
    let curve = (0..=CURVE).map(|k| {
        let value = low + (high - low) * k as f64 / CURVE as f64;
        let below = spread.values.partition_point(|v| *v <= value) as f64;
        format!("{:.1},{:.1} ", x(value), y(below / count))
    });
    let _ = write!(
        svg,
        "<polyline class=\"ecdf\" points=\"{}\"/>",
        curve.collect::<String>().trim_end()
    );
    let levels = [("limit", limit.min), ("limit", limit.max), ("bound", bound)];
    for (class, value) in levels.into_iter().filter(|(_, v)| (low..=high).contains(v)) {
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1}\" y2=\"{bottom}\"/>",
            x(value),
            if class == "limit" { TOP - 8.0 } else { TOP + 4.0 }
        );
    }
    let outside = spread.values.iter().filter(|v| !(low..=high).contains(*v)).count();
    let note =
        if outside == 0 { String::new() } else { format!(" {outside} runs lie off the axis.") };
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        0.5 * (LEFT + right),
        HEIGHT - 6.0,
        escape(&if spread.unit.is_empty() { "number".to_string() } else { spread.unit.clone() })
    );
    format!(
        "<figure class=\"plot\"><div class=\"head\"><h3>{}</h3></div>\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{svg}</svg>\
         <p class=\"note\">{}{note}</p></figure>\n",
        escape(title),
        escape(title),
        bound_note(limit)
    )
}

/// Axes and bars. `x` and `y` take a value and a share to their places.
fn bars(
    svg: &mut String,
    spread: &Spread,
    limit: &LimitFinding,
    (low, high): (f64, f64),
    x: &dyn Fn(f64) -> f64,
    y: &dyn Fn(f64) -> f64,
) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let bins = bins(&spread.values, low, high, BINS);
    let most = bins.iter().copied().max().unwrap_or(1).max(1) as f64;
    let width = (high - low) / BINS as f64;
    for tick in ticks(low, high, 6.0) {
        let _ = write!(
            svg,
            "<line class=\"grid-line\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
             <text x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"middle\">{2}</text>",
            x(tick),
            bottom + 15.0,
            tick_label(tick)
        );
    }
    for share in [0.0, 0.5, 1.0] {
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{:.0} %</text>",
            right + 4.0,
            y(share) + 4.0,
            100.0 * share
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{most}</text>",
        LEFT - 5.0,
        TOP + 4.0
    );
    for (k, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = low + k as f64 * width;
        let beyond = from + 0.5 * width > limit.max || from + 0.5 * width < limit.min;
        let share = *count as f64 / most;
        let _ = write!(
            svg,
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            if beyond { "beyond" } else { "bar" },
            x(from),
            y(share).min(bottom - 1.0),
            (x(from + width) - x(from) - 0.6).max(0.6),
            (bottom - y(share)).max(1.0)
        );
    }
}

/// What the bound says.
fn bound_note(limit: &LimitFinding) -> String {
    match limit.bound {
        Some(bound) if bound.is_finite() => {
            let side = if limit.max.is_finite() { "at most" } else { "at least" };
            format!("99.73 % of runs: {side} {} {}, with 90 % confidence.", number(bound), escape(&limit.unit))
        }
        Some(_) => "99.73 % of runs reach beyond what was measured: too many never came to have the figure.".to_string(),
        None => String::new(),
    }
}

fn tick_label(tick: f64) -> String {
    format!("{tick}").replace('-', "−")
}

/// A small histogram for a line of a table.
pub fn spark(spread: &Spread) -> String {
    let (low, high) = range(spread, &[]);
    let bins = bins(&spread.values, low, high, SPARK_BINS);
    let most = bins.iter().copied().max().unwrap_or(1).max(1) as f64;
    let bars: String = bins
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(k, count)| {
            let height = (20.0 * *count as f64 / most).max(1.0);
            format!("M{} 22v-{height:.1}", 5 * k + 2)
        })
        .collect();
    format!(
        "<svg class=\"spark\" viewBox=\"0 0 110 22\" aria-hidden=\"true\"><path d=\"{bars}\" style=\"stroke:var(--nav);stroke-width:4;opacity:.6\"/></svg>"
    )
}
