//! A search as one HTML page that needs nothing but a browser, not even script.

use super::study::{Listed, Study};
use super::text::{dispersed, ending, summary};
use rig::report::{STYLE, escape};
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
td.number { text-align: left; color: var(--muted); } td.number:nth-child(3)::before { content: \"ln p \"; } }";

const WIDTH: f64 = 900.0;
const LEFT: f64 = 330.0;
const RIGHT: f64 = 24.0;
const ROW: f64 = 22.0;

/// The page.
pub fn page(study: &Study) -> String {
    let against = study.other.as_ref().map_or(String::new(), |other| format!(" against {other}"));
    let rows: String = study.failures.iter().enumerate().map(|(n, f)| row(study, n, f)).collect();
    let other = study.other.as_ref().map_or(String::new(), |o| format!("<th>{}</th>", escape(o)));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Frigoris · search</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>{STYLE}\n{OWN_STYLE}</style>\n</head>\n<body>\n\
         <header class=\"top\"><div class=\"brand\"><span class=\"disc\"></span>Frigoris</div>\
         <div class=\"what\">search for failures</div></header>\n<main>\n\
         <h1>How {} can be lost{}</h1>\n<p class=\"purpose\">{}</p>\n\
         <section class=\"card\"><h2>Likelihood</h2>{}</section>\n\
         <section class=\"card\"><h2>Failures</h2><div class=\"scroll\"><table><thead><tr>\
         <th class=\"number\">no.</th><th>disturbed</th><th class=\"number\">ln p</th><th>{}</th>{other}\
         <th>dispersed runs</th><th>replay</th></tr></thead><tbody>\n{rows}</tbody></table></div></section>\n\
         <footer>Each line is the smallest disturbance of its kind that was found. Likelihood: by the rates and \
         scales that the library assumes, without the constants of densities; it orders the list and is no \
         probability of loss. Flights stand in run 0, where nothing else is drawn but noise; dispersed runs \
         draw everything.</footer>\n</main>\n</body>\n</html>\n",
        escape(&study.name),
        escape(&against),
        escape(&format!("{}. {}", study.title, summary(study))),
        bars(study),
        escape(&study.name),
    )
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
         <td class=\"number\">{:.1}</td>{own}{other}<td>{}</td><td><code>{}</code></td></tr>\n",
        n + 1,
        escape(&failure.classes.join(" + ")),
        failure.log_likelihood,
        escape(&dispersed(failure)),
        escape(&failure.replay)
    )
}

/// Log-likelihoods as bars, those of several disturbances in colour.
fn bars(study: &Study) -> String {
    let least = study.failures.iter().map(|f| f.log_likelihood).fold(-1.0, f64::min);
    #[allow(clippy::cast_possible_truncation)] // some tens at the most
    let last = (least / 5.0).floor() as i32;
    let end = f64::from(last) * 5.0;
    let x = |ln_p: f64| LEFT + (WIDTH - LEFT - RIGHT) * (1.0 - ln_p / end);
    let height = ROW * study.failures.len() as f64;
    let mut svg = String::new();
    for tick in last..=0 {
        let at = x(5.0 * f64::from(tick));
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"0\" y2=\"{height:.1}\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            height + 16.0,
            (5 * tick).to_string().replace('-', "−")
        );
    }
    for (n, failure) in study.failures.iter().enumerate() {
        let top = ROW * n as f64;
        let class = if failure.what.len() > 1 { "bar" } else { "single" };
        let right = x(failure.log_likelihood);
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}  {}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            LEFT - 8.0,
            top + 15.0,
            escape(&failure.classes.join(" + ")),
            n + 1,
            top + 4.0,
            (right - LEFT).max(1.0),
            ROW - 8.0
        );
    }
    format!(
        "<p>Longer is likelier. In colour: only several disturbances together lose the lander.</p>\
         <div class=\"scroll\"><svg viewBox=\"0 0 {WIDTH} {:.1}\" style=\"min-width:480px\" role=\"img\">{svg}\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">ln p</text></svg></div>",
        height + 38.0,
        0.5 * (LEFT + WIDTH - RIGHT),
        height + 34.0
    )
}
