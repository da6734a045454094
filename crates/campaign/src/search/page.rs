//! A search as one HTML page that needs nothing but a browser, not even script.

use super::study::{Listed, Study};
use super::text::{dispersed, ending, summary};
use rig::report::{Shell, escape};
use std::fmt::Write;

/// What the page needs beyond the style of the reports.
const OWN_STYLE: &str = "svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; } \
svg text { fill: var(--muted); } svg .grid { stroke: var(--grid); } svg .bar { fill: var(--nav); } \
svg .single { fill: var(--muted); } td.number, th.number { text-align: right; } p { max-width: 100ch; } \
.scroll { overflow-x: auto; } table { min-width: 980px; } td { vertical-align: top; } \
td ul { margin: 0; padding-left: 1.1em; } td small { color: var(--muted); } \
.word { font-weight: 650; } .lost { color: var(--fail); } .stands { color: var(--pass); } \
summary { cursor: pointer; color: var(--muted); } code { font-size: 12px; overflow-wrap: anywhere; } \
@media (max-width: 700px) { table { min-width: 0; } thead { display: none; } table, tbody, tr, td { display: block; } \
tr { padding: 8px 0; border-bottom: 1px solid var(--grid); } td { border: 0; padding: 1px 0; white-space: normal; } \
td.number { text-align: left; color: var(--muted); } td.number:nth-child(3)::before { content: \"ln p \"; } \
td.number:nth-child(4)::before { content: \"size \"; } }";

const WIDTH: f64 = 900.0;
const LEFT: f64 = 330.0;
const RIGHT: f64 = 24.0;
const ROW: f64 = 22.0;

/// The page.
pub fn page(study: &Study) -> String {
    let against = study.other.as_ref().map_or(String::new(), |other| format!(" against {other}"));
    let rows: String = study.failures.iter().enumerate().map(|(n, f)| row(study, n, f)).collect();
    let other = study.other.as_ref().map_or(String::new(), |o| format!("<th>{}</th>", escape(o)));
    let shell =
        Shell { title: "search", what: "search for failures", style: &[OWN_STYLE], theme: false };
    shell.page(&format!(
        "<h1>How {} can be lost{}</h1>\n<p class=\"purpose\">{}</p>\n\
         <section class=\"card\"><h2>Likelihood</h2>{}</section>\n\
         <section class=\"card\"><h2>Size</h2>{}</section>\n\
         <section class=\"card\"><h2>Failures</h2><div class=\"scroll\"><table><thead><tr>\
         <th class=\"number\">no.</th><th>disturbed</th><th class=\"number\">ln p</th><th class=\"number\">size</th><th>{}</th>{other}\
         <th>dispersed runs</th><th>replay</th></tr></thead><tbody>\n{rows}</tbody></table></div></section>\n\
         <footer>Each line is the smallest disturbance of its kind that was found. Likelihood: by the rates and \
         scales that the library assumes, without the constants of densities; it orders the list and is no \
         probability of loss. Flights stand in run 0, where nothing else is drawn but noise; dispersed runs \
         draw everything.</footer>",
        escape(&study.name),
        escape(&against),
        escape(&format!("{}. {}", study.title, summary(study))),
        likelihoods(study),
        sizes(study),
        escape(&study.name),
    ))
}

fn row(study: &Study, n: usize, failure: &Listed) -> String {
    let what: String = failure.what.iter().map(|w| format!("<li>{}</li>", escape(w))).collect();
    let alike = match failure.alike.is_empty() {
        true => String::new(),
        false => {
            let items: String =
                failure.alike.iter().map(|w| format!("<li>{}</li>", escape(w))).collect();
            let count = failure.alike.len();
            format!("<details><summary>{count} more like it</summary><ul>{items}</ul></details>")
        }
    };
    let own = format!("<td class=\"word lost\">{}</td>", escape(&ending(&failure.own)));
    let other = failure.other.as_ref().filter(|_| study.other.is_some());
    let other = other.map_or(String::new(), |other| {
        format!("<td class=\"word stands\">{}</td>", escape(&ending(other)))
    });
    format!(
        "<tr><td class=\"number\">{}</td><td><b>{}</b><ul>{what}</ul>{alike}</td>\
         <td class=\"number\">{:.1}</td><td class=\"number\">{:.2}</td>{own}{other}<td>{}</td><td><code>{}</code></td></tr>\n",
        n + 1,
        escape(&failure.classes.join(" + ")),
        failure.log_likelihood,
        failure.length,
        escape(&dispersed(failure)),
        escape(&failure.replay)
    )
}

/// Log-likelihoods as bars, likeliest first.
fn likelihoods(study: &Study) -> String {
    let all = study.failures.iter().enumerate().map(|(n, f)| (n, f.log_likelihood)).collect();
    format!(
        "<p>Longer is likelier. In colour: only several disturbances together lose the lander.</p>{}",
        bars(study, all, -5.0, "ln p")
    )
}

/// Sizes as bars, smallest first.
fn sizes(study: &Study) -> String {
    let all = study.by_size().into_iter().map(|n| (n - 1, study.failures[n - 1].length)).collect();
    format!(
        "<p>How far from no disturbance, in severities: 1 is a fault as the table of severities has it; of several the \
         root of the sum of squares; a fault without a size counts 1. Shorter is smaller.</p>{}",
        bars(study, all, 0.5, "size")
    )
}

/// Bars of the failures named, those of several disturbances in colour; `step`: of the scale, below zero when it
/// falls from zero on the right.
fn bars(study: &Study, all: Vec<(usize, f64)>, step: f64, unit: &str) -> String {
    let farthest = all.iter().map(|(_, value)| (value / step).ceil()).fold(1.0, f64::max);
    let share = |value: f64| match step < 0.0 {
        true => 1.0 - value / (step * farthest),
        false => value / (step * farthest),
    };
    let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * share(value);
    let height = ROW * all.len() as f64;
    let mut svg = String::new();
    #[allow(clippy::cast_possible_truncation)] // some tens at the most
    for tick in 0..=farthest as i32 {
        let value = step * f64::from(tick);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"0\" y2=\"{height:.1}\"/>\
             <text x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"middle\">{2}</text>",
            x(value),
            height + 16.0,
            (value + 0.0).to_string().replace('-', "−")
        );
    }
    for (row, (n, value)) in all.iter().enumerate() {
        let (top, failure) = (ROW * row as f64, &study.failures[*n]);
        let class = if failure.what.len() > 1 { "bar" } else { "single" };
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}  {}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            LEFT - 8.0,
            top + 15.0,
            escape(&failure.classes.join(" + ")),
            n + 1,
            top + 4.0,
            (x(*value) - LEFT).max(1.0),
            ROW - 8.0
        );
    }
    format!(
        "<div class=\"scroll\"><svg viewBox=\"0 0 {WIDTH} {:.1}\" style=\"min-width:480px\" role=\"img\">{svg}\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{unit}</text></svg></div>",
        height + 38.0,
        0.5 * (LEFT + WIDTH - RIGHT),
        height + 34.0
    )
}
