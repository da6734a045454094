//! The page itself: head, verdict cards, tables, and the places that the script fills with plots.
//!
//! Owns: HTML and its escaping. Refuses: the network. Style, script and data travel inside the file.

use super::json::Json;
use super::plots::{FLOWN, PLANNED, PLOTS, Plot, ProfilePoint};
use super::series::{FINAL_S, Grid};
use super::{Anchor, Criterion, EventLine, FlightSheet, Limit, Tone, VerdictCard};
use icd::events::Severity;
use icd::time::Time;
use std::fmt::Write;
use std::path::Path;

/// The style sheet of every page.
pub const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");
const MAPS: &str = include_str!("../../assets/maps.js");
const UPLOT_STYLE: &str = include_str!("../../assets/uplot/uPlot.min.css");
const UPLOT: &str = include_str!("../../assets/uplot/uPlot.iife.min.js");

/// Writes the page of one flight, or of several side by side, to `path`.
///
/// Errors: those of the file system.
pub fn write(path: &Path, flights: &[FlightSheet]) -> std::io::Result<()> {
    std::fs::write(path, page(flights))
}

/// One HTML document that needs nothing but a browser.
pub fn page(flights: &[FlightSheet]) -> String {
    let title: Vec<_> = flights.iter().map(|flight| escape(&flight.name)).collect();
    let title = title.join(" · ");
    let data = data(flights).to_script();
    let pair = if flights.len() > 1 { "pair" } else { "single" };
    let heads: String = flights.iter().enumerate().map(|(i, f)| head(i, f)).collect();
    let bodies: String = flights.iter().enumerate().map(|(i, f)| body(i, f)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Frigoris · {title}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>{UPLOT_STYLE}\n{STYLE}</style>\n</head>\n<body class=\"{pair}\">\n\
         <header class=\"top\"><div class=\"brand\"><span class=\"disc\"></span>Frigoris</div>\
         <div class=\"what\">flight report</div>\
         <button id=\"theme\" type=\"button\" title=\"light or dark\">◐</button></header>\n\
         <main>\n<div class=\"flights\">\n{heads}</div>\n<section id=\"together\"></section>\n\
         <div class=\"flights\">\n{bodies}</div>\n\
         <footer>Times count from the planned touchdown. Drag across a plot to zoom, double-click to reset. \
         Plots by uPlot 1.6.32 (MIT), inside this file.</footer>\n</main>\n\
         <noscript>The plots need JavaScript; the tables do not.</noscript>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n\
         <script>{UPLOT}</script>\n<script>{MAPS}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn head(index: usize, flight: &FlightSheet) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<article class=\"flight\" id=\"flight-{index}\">\n<h1>{}</h1>\n<p class=\"purpose\">{}</p>\n",
        escape(&flight.title),
        escape(&flight.purpose)
    );
    out.push_str("<dl class=\"facts\">");
    for (name, value) in &flight.facts {
        let _ = write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value));
    }
    out.push_str("</dl>\n");
    out.push_str(&card(&flight.card));
    out.push_str("</article>\n");
    out
}

fn body(index: usize, flight: &FlightSheet) -> String {
    let mut out = format!("<article class=\"flight\" data-name=\"{}\">\n", escape(&flight.name));
    let _ = writeln!(out, "<div class=\"plots\" data-flight=\"{index}\"></div>");
    out.push_str(&anchors(&flight.anchors));
    out.push_str(&events(&flight.events, flight.planned_touchdown));
    out.push_str("</article>\n");
    out
}

fn card(card: &VerdictCard) -> String {
    let tone = match card.tone {
        Tone::Safe => "safe",
        Tone::Doubtful => "doubtful",
        Tone::Lost => "lost",
        Tone::Void => "void",
    };
    let expected =
        if card.as_expected { "as the scenario expects" } else { "not what the scenario expects" };
    let mut out = format!(
        "<section class=\"card verdict {tone}\">\n<div class=\"word\">{}</div>\
         <div class=\"grade {}\">{} · {expected}</div>\n",
        escape(&card.outcome),
        if card.as_expected { "kept" } else { "broken" },
        escape(&card.grade)
    );
    if !card.reasons.is_empty() {
        let items = card.reasons.iter().map(|reason| format!("<li>{}</li>", escape(reason)));
        let _ = write!(out, "<ul>{}</ul>", items.collect::<String>());
    }
    out.push_str(
        "<table><thead><tr><th>criterion</th><th>limit</th><th>measured</th><th>margin</th></tr></thead><tbody>",
    );
    out.extend(card.criteria.iter().map(criterion));
    out.push_str("</tbody></table>\n</section>\n");
    out
}

fn criterion(c: &Criterion) -> String {
    let limit = match c.limit {
        Limit::AtMost(max) => format!("≤ {}", bound(max)),
        Limit::AtLeast(min) => format!("≥ {}", bound(min)),
        Limit::Between(min, max) => format!("{} … {}", bound(min), bound(max)),
    };
    let (class, note) = match (c.kept(), c.judged) {
        (true, _) => ("kept", ""),
        (false, true) => ("broken", ""),
        (false, false) => ("", " not judged"),
    };
    let unit = escape(&c.unit);
    format!(
        "<tr class=\"{class}\"><th>{}</th><td>{limit} <i>{unit}</i></td><td>{} <i>{unit}</i></td>\
         <td class=\"margin\">{} <i>{unit}{note}</i></td></tr>",
        escape(&c.what),
        figure(c.measured),
        signed(c.limit.margin(c.measured))
    )
}

fn anchors(anchors: &[Anchor]) -> String {
    if anchors.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<section class=\"card\"><h2>Figures of this flight</h2><table><thead><tr><th>figure</th>\
         <th>this flight</th><th>published plan</th><th>Mission 2, published</th><th>band</th></tr></thead><tbody>",
    );
    for a in anchors {
        let (class, mark) = match a.inside {
            Some(true) => ("kept", "inside"),
            Some(false) => ("broken", "outside"),
            None => ("", ""),
        };
        let _ = write!(
            out,
            "<tr class=\"{class}\"><th>{}</th><td>{} <i>{}</i></td><td>{}</td><td>{}</td>\
             <td class=\"margin\">{mark}</td></tr>",
            escape(&a.what),
            if a.unit.is_empty() { bound(a.here) } else { figure(a.here) },
            escape(&a.unit),
            escape(&a.planned),
            escape(&a.published)
        );
    }
    out.push_str("</tbody></table></section>\n");
    out
}

fn events(events: &[EventLine], planned: Time) -> String {
    let mut out = String::from(
        "<section class=\"card events\"><h2>Events</h2><table>\
         <thead><tr><th>UTC</th><th>T</th><th>event</th><th></th></tr></thead><tbody>",
    );
    for e in events {
        let utc = e.t.to_string();
        let clock = utc.split('T').nth(1).unwrap_or(&utc);
        let clock = clock.get(..clock.len().saturating_sub(2)).unwrap_or(clock);
        let _ = write!(
            out,
            "<tr class=\"{}\"><td>{clock}</td><td>{}</td><th>{}</th><td>{}</td></tr>",
            severity(e.severity),
            t_minus((e.t - planned).s()),
            escape(&e.name),
            escape(&e.text)
        );
    }
    out.push_str("</tbody></table></section>\n");
    out
}

/// `T−12:34.5` before the planned touchdown, `T+0:01.0` after.
pub(super) fn t_minus(seconds: f64) -> String {
    let sign = if seconds < 0.0 { '−' } else { '+' };
    let tenths = (seconds.abs() * 10.0).round();
    let minutes = (tenths / 600.0).floor();
    let rest = (tenths - 600.0 * minutes) / 10.0;
    format!("T{sign}{minutes}:{rest:04.1}")
}

/// A figure for a person: four significant digits; a dash when it was never measured.
fn figure(x: f64) -> String {
    if !x.is_finite() {
        return "–".to_string();
    }
    let magnitude = if x == 0.0 { 0.0 } else { x.abs().log10().floor() };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..=4
    let decimals = (3.0 - magnitude).clamp(0.0, 3.0) as usize;
    format!("{x:.decimals$}").replace('-', "−")
}

/// A bound as it was written, to four digits.
fn bound(x: f64) -> String {
    let text = figure(x);
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_string();
    }
    text
}

fn signed(x: f64) -> String {
    if x > 0.0 { format!("+{}", figure(x)) } else { figure(x) }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

/// Text that is safe inside HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

fn data(flights: &[FlightSheet]) -> Json {
    Json::object([
        ("final_s", Json::Number(FINAL_S)),
        ("planned", profile(PLANNED)),
        ("flown", profile(FLOWN)),
        ("plots", Json::List(PLOTS.iter().map(plot).collect())),
        ("flights", Json::List(flights.iter().map(flight).collect())),
    ])
}

fn profile(points: &[ProfilePoint]) -> Json {
    let pair =
        |p: &ProfilePoint| Json::List(vec![Json::Number(p.speed_m_s), Json::Number(p.altitude_m)]);
    Json::List(points.iter().map(pair).collect())
}

fn plot(plot: &Plot) -> Json {
    let curves = plot.curves.iter().map(|curve| {
        Json::object([
            ("series", Json::text(curve.series)),
            ("label", Json::text(curve.label)),
            ("role", Json::text(curve.role.name())),
        ])
    });
    Json::object([
        ("id", Json::text(plot.id)),
        ("title", Json::text(plot.title)),
        ("unit", Json::text(plot.unit)),
        ("note", Json::text(plot.note)),
        ("window", Json::text(plot.window.name())),
        ("curves", Json::List(curves.collect())),
    ])
}

/// Series beyond those of the plots: the ground track, as it was and as it was believed.
const TRACK: [&str; 4] = ["truth.p_LB_L.0", "truth.p_LB_L.1", "nav.p_LB_L.0", "nav.p_LB_L.1"];

fn flight(sheet: &FlightSheet) -> Json {
    let since = |t: &Time| (*t - sheet.planned_touchdown).s();
    let times_s: Vec<f64> = sheet.times.iter().map(since).collect();
    let grid = Grid::new(sheet.columns, &times_s);
    let mut series: Vec<(String, Json)> = Vec::new();
    for name in PLOTS.iter().flat_map(|p| p.curves).map(|c| c.series).chain(TRACK) {
        let held = series.iter().any(|(known, _)| known == name);
        if let Some(values) = grid.series(name).filter(|v| !held && v.iter().any(|x| x.is_finite()))
        {
            series.push((name.to_string(), Json::Curve { values, digits: 5 }));
        }
    }
    let phases = grid.phases().into_iter().map(|(name, begin, end)| {
        Json::List(vec![Json::text(name), Json::Number(begin), Json::Number(end)])
    });
    let events = sheet.events.iter().map(|e| {
        let class = Json::text(severity(e.severity));
        Json::List(vec![Json::Number(since(&e.t)), class, Json::text(&*e.name)])
    });
    Json::object([
        ("name", Json::text(&*sheet.name)),
        ("powered_s", Json::Number(grid.powered_s)),
        ("t", Json::Curve { values: grid.t_s.clone(), digits: 7 }),
        ("phases", Json::List(phases.collect())),
        ("events", Json::List(events.collect())),
        ("series", Json::Object(series)),
        ("terrain", Json::List(sheet.terrain.iter().filter_map(|p| p.to_json()).collect())),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Synthetic, sheet};
    use super::*;

    #[test]
    fn a_page_asks_nothing_of_the_network() {
        let record = Synthetic::flight(1500.0, 10.0);
        let page = page(&[sheet("one", &record)]);
        for needle in
            ["src=\"http", "href=\"http", "@import", "url(http", "fetch(", "XMLHttpRequest"]
        {
            assert!(!page.contains(needle), "{needle}");
        }
    }

    #[test]
    fn a_pair_shows_both_flights_and_every_event() {
        let record = Synthetic::flight(1500.0, 10.0);
        let page = page(&[sheet("one", &record), sheet("two", &record)]);
        assert!(page.contains("id=\"flight-0\"") && page.contains("id=\"flight-1\""));
        assert_eq!(page.matches("<th>BrakingStarted</th>").count(), 2);
        assert!(page.contains("T−12:16.0"));
    }

    #[test]
    fn a_title_cannot_inject_markup() {
        let record = Synthetic::one_row(&[("phase", 0.0)]);
        let mut flight = sheet("<img>", &record);
        flight.title = "<script>alert(1)</script>".into();
        let page = page(&[flight]);
        assert!(!page.contains("<img>") && !page.contains("<script>alert"));
    }

    #[test]
    fn a_minute_that_rounds_up_carries() {
        assert_eq!(t_minus(-59.97), "T−1:00.0");
        assert_eq!(t_minus(61.24), "T+1:01.2");
    }

    #[test]
    fn figures_carry_four_digits_and_absent_ones_a_dash() {
        assert_eq!(figure(12345.6), "12346");
        assert_eq!(figure(-1.23456), "−1.235");
        assert_eq!(figure(f64::NAN), "–");
    }
}
