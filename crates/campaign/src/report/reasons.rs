//! The sections of the page that say why: what drives the margins, how failures are alike.
//!
//! Owns: HTML and its words. Does not own: what is found (`crate::sensitivity`, `crate::clusters`).

use super::Report;
use super::findings::label;
use crate::clusters::Cluster;
use crate::sensitivity::{Driver, EFFECTS_MAX, Sensitivity};
use rig::report::escape;
use std::fmt::Write;

/// Inputs listed of each figure.
const DRIVERS: usize = 8;

/// What drives the margins.
pub fn sensitivity(report: &Report) -> String {
    let mut out = String::from("<section class=\"card\"><h2>What drives the margins</h2>\n");
    if report.table.inputs.is_empty() {
        return out
            + "<p>The file has no dispersed inputs: either nothing is dispersed, or it comes from an older program.</p></section>\n";
    }
    let _ = write!(
        out,
        "<p class=\"small\">Of the variance of each margin: the share that an input explains, alone and with others (bar, Shapley effect with 95 % interval; at most {EFFECTS_MAX} inputs), \
         and alone (first-order Sobol index with 95 % interval). ↑ or ↓: the margin rises or falls with the input (partial rank correlation). \
         Inputs below the floor of chance are not shown; what no input explains is noise of sensors and engines, the ground, or an interaction of many.</p></section>\n<div class=\"grid\">\n"
    );
    for found in &report.sensitivities {
        out += &drivers(report, found);
    }
    out + "</div>\n"
}

fn drivers(report: &Report, found: &Sensitivity) -> String {
    let title = match found.key.as_str() {
        "landed" => "whether it lands".to_string(),
        key => format!("margin: {}", label(key)),
    };
    let counting: Vec<&Driver> = found.drivers.iter().filter(|d| d.counts).take(DRIVERS).collect();
    let mut rows = String::new();
    for driver in &counting {
        let input = &report.table.inputs[driver.input];
        let bar = driver.shapley.map_or(String::new(), |effect| {
            let at = |x: f64| 100.0 * x.clamp(0.0, 1.0);
            let (low, high) =
                (effect.share - effect.uncertainty, effect.share + effect.uncertainty);
            format!(
                "<b style=\"width:{:.1}%\"></b><u style=\"left:{:.1}%;width:{:.1}%\"></u>",
                at(effect.share),
                at(low),
                at(high) - at(low)
            )
        });
        let arrow = driver.prcc.map_or("", |r| if r > 0.0 { "↑" } else { "↓" });
        let _ = write!(
            rows,
            "<span class=\"name\">{}</span><span class=\"track\">{bar}</span><span>{:.0} <small class=\"small\">{:.0} to {:.0} %</small> {arrow} {}</span>",
            escape(&input.key),
            100.0 * driver.first.max(0.0),
            100.0 * driver.interval.0.max(0.0),
            100.0 * driver.interval.1.max(0.0),
            driver.prcc.map_or("–".to_string(), |r| format!("{:.2}", r.abs()))
        );
    }
    let body = if rows.is_empty() {
        "<p class=\"small\">No input stands out.</p>".to_string()
    } else {
        format!(
            "<div class=\"drivers\"><span class=\"head\">effect</span><span class=\"head\">alone, correlation</span>{rows}</div>"
        )
    };
    let explained = found.explained.map_or(String::new(), |share| {
        format!(" Together the inputs with a bar explain {:.0} %.", 100.0 * share.clamp(0.0, 1.0))
    });
    format!(
        "<section class=\"card\"><h3>{}</h3>{body}<p class=\"small\">{} runs; chance alone reaches {:.1} %.{explained}</p></section>\n",
        escape(&title),
        found.runs,
        100.0 * found.floor
    )
}

/// The groups of failures.
pub fn clusters(report: &Report) -> String {
    let head = "<section class=\"card\"><h2>Failures, grouped by what they share</h2>\n";
    if report.clusters.is_empty() {
        return format!("{head}<p>Every run landed within every limit.</p></section>\n");
    }
    let cards: String = report.clusters.iter().map(|c| cluster(report, c)).collect();
    format!(
        "{head}<p class=\"small\">Runs that did not land, and landings beyond a limit. The run that stands for a group is the one most like all others in it. A rule is given only where chance would not find as good a one.</p></section>\n<div class=\"grid\">\n{cards}</div>\n"
    )
}

fn cluster(report: &Report, cluster: &Cluster) -> String {
    let rule = |rule: &Option<crate::clusters::rule::Rule>, none: &str| match rule {
        None => none.to_string(),
        Some(rule) => format!(
            "{} <small>({} of its {} runs, {} others)</small>",
            escape(&rule.words(&report.features)),
            rule.held,
            rule.members,
            rule.others
        ),
    };
    let count = cluster.members.len();
    let split = cluster.silhouette.map_or(String::new(), |s| {
        format!(" <small class=\"small\">one of several ways, silhouette {s:.2}</small>")
    });
    let cause = if report.table.inputs.is_empty() {
        String::new()
    } else {
        format!(
            "<dt>input</dt><dd>{}</dd>",
            rule(&cluster.cause, "none tells them from the others")
        )
    };
    format!(
        "<section class=\"card cluster\"><h3>{}: {count} {}{split}</h3><dl>{cause}<dt>in flight</dt><dd>{}</dd></dl>\
         <pre class=\"command\"><code>{}</code></pre></section>\n",
        escape(&cluster.ending),
        if count == 1 { "run" } else { "runs" },
        rule(&cluster.symptom, "nothing before the touchdown tells them from the others"),
        escape(&report.table.command(report.table.runs[cluster.medoid]))
    )
}
