//! The page: one HTML document that needs nothing but a browser.
//!
//! Owns: which section says what, and in which order. Does not own: the explanations (`explanations`), the pictures
//! (`plots`).

use super::explanations::explanations;
use super::sheet::{Change, Fork, Moment, NoReturn, Row, Sheet, Source};
use super::words::{clock, figure, grade, number, probability, prose, relative};
use crate::finding::Grade;
use icd::time::Time;
use rig::report::chart::CHART_STYLE;
use rig::report::{Shell, escape};
use std::fmt::Write;

const OWN_STYLE: &str = include_str!("../../assets/inquiry.css");
/// A longer timeline is folded.
const LONG: usize = 60;

/// The document.
pub fn page(sheet: &Sheet) -> String {
    let sections = [
        ("answer", "", answer(sheet)),
        ("evidence", "Evidence", evidence(sheet)),
        ("timeline", "Timeline", timeline(sheet)),
        ("explanations", "Explanations", explanations(sheet)),
        ("plots", "Plots", plots(sheet)),
        ("saved", "What would have saved it", saved(sheet)),
        ("unknown", "What remains unknown", list(&sheet.unknown)),
        ("quality", "Quality of the evidence", table(&sheet.quality)),
        ("method", "Method", table(&sheet.method)),
        ("repeat", "Again", repeat(&sheet.repeat)),
    ];
    let shown = sections.iter().filter(|(.., content)| !content.is_empty());
    let links: String = shown
        .clone()
        .filter(|(_, title, _)| !title.is_empty())
        .map(|(id, title, _)| format!("<a href=\"#{id}\">{title}</a>"))
        .collect();
    let body: String = shown
        .map(|(id, title, content)| match title.is_empty() {
            true => format!("{content}<nav>{links}</nav>\n"),
            false => format!("<section id=\"{id}\"><h2>{title}</h2>\n{content}</section>\n"),
        })
        .collect();
    let what = match sheet.source {
        Source::Telemetry => "investigation",
        Source::Points => "investigation from published points",
    };
    let title = format!("investigation · {}", sheet.title);
    Shell { title: &title, what, style: &[CHART_STYLE, OWN_STYLE], theme: true }.page(&format!(
        "<h1>{}</h1>\n<p class=\"purpose\">{}</p>\n{body}<footer>{}</footer>",
        escape(&sheet.title),
        escape(&sheet.question),
        footer(sheet)
    ))
}

fn footer(sheet: &Sheet) -> String {
    let zero = match &sheet.zero {
        Some((t, what)) => {
            format!("Times count from {}, {t} UTC. ", escape(what)).replace(".000 UTC", " UTC")
        }
        None => String::new(),
    };
    let rests = match sheet.source {
        Source::Telemetry => "what the ground received and on the mission's own models",
        Source::Points => "the points that were published and on the mission's own models",
    };
    format!(
        "{zero}± is one standard deviation. Measured: received as it stands. Derived: follows from what was received and a model \
         of the machine. Inferred: the best of several readings. The page rests on {rests}; nothing else was known. \
         The same for programs: {}.",
        super::TWIN
    )
}

fn answer(sheet: &Sheet) -> String {
    let answer = &sheet.answer;
    let tone = match answer.probability {
        Some(p) if p >= 0.9 => "firm",
        Some(p) if p >= 0.5 => "likely",
        Some(_) => "open",
        None => "void",
    };
    let chip = answer.probability.map_or(String::new(), |p| {
        format!("<span class=\"chip\">probability {}</span>", escape(&probability(p)))
    });
    let mut out = format!(
        "<section id=\"answer\" class=\"card answer {tone}\"><p class=\"word\">{}</p>{chip}\n<p>{}</p></section>\n",
        prose(&answer.word),
        prose(&answer.text)
    );
    if !sheet.facts.is_empty() {
        out += "<dl class=\"facts\">";
        for (name, value) in &sheet.facts {
            let _ = write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value));
        }
        out += "</dl>\n";
    }
    out
}

/// The tag of a grade.
pub(super) fn tag(of: Grade) -> String {
    let name = grade(of);
    format!("<span class=\"grade-{name}\">{name}</span>")
}

/// A time in two columns: from the zero, and the clock.
fn when(t: Option<Time>, sigma_s: Option<f64>, sheet: &Sheet) -> String {
    let Some(t) = t else { return "<td class=\"when\" colspan=\"2\">all along</td>".to_string() };
    let sigma = sigma_s.filter(|s| *s >= 0.05);
    let sigma = sigma.map_or(String::new(), |s| format!(" <i>± {}</i>", number(s)));
    let from_zero = sheet.zero.as_ref().map_or(String::new(), |(zero, _)| relative(t, *zero));
    format!("<td class=\"when\">{from_zero}{sigma}</td><td class=\"when clock\">{}</td>", clock(t))
}

fn evidence(sheet: &Sheet) -> String {
    if sheet.evidence.is_empty() {
        return String::new();
    }
    let row = |row: &Row| {
        let shown = row.figure.as_ref().map_or(String::new(), figure);
        format!(
            "<tr>{}<td>{}</td><td class=\"wrap\">{}</td><td class=\"number\">{}</td><td class=\"wrap source\">{}</td></tr>\n",
            when(row.t, None, sheet),
            tag(row.grade),
            prose(&row.text),
            escape(&shown),
            escape(&row.source)
        )
    };
    let rows: String = sheet.evidence.iter().map(row).collect();
    format!(
        "<div class=\"card\"><table class=\"rows\"><thead><tr><th>{}</th><th>UTC</th><th></th><th>what</th>\
         <th class=\"number\">figure</th><th>from</th></tr></thead><tbody>\n{rows}</tbody></table></div>\n",
        zero_name(sheet)
    )
}

fn zero_name(sheet: &Sheet) -> String {
    sheet.zero.as_ref().map_or(String::new(), |(_, what)| format!("from {}", escape(what)))
}

fn timeline(sheet: &Sheet) -> String {
    if sheet.timeline.is_empty() {
        return String::new();
    }
    let row = |moment: &Moment| {
        let said = moment.text.contains(" for ");
        let lasted = moment.until.filter(|_| !said).map(|until| (until - moment.t).s());
        let lasted = lasted.map_or(String::new(), |s| format!(" <i>for {} s</i>", number(s)));
        format!(
            "<tr>{}<td>{}</td><td class=\"wrap\">{}{lasted}</td><td class=\"wrap source\">{}</td></tr>\n",
            when(Some(moment.t), Some(moment.sigma_s), sheet),
            tag(moment.grade),
            prose(&moment.text),
            escape(&moment.source)
        )
    };
    let rows: String = sheet.timeline.iter().map(row).collect();
    let table = format!(
        "<table class=\"rows\"><thead><tr><th>{}</th><th>UTC</th><th></th><th>what</th><th>from</th></tr></thead>\
         <tbody>\n{rows}</tbody></table>",
        zero_name(sheet)
    );
    match sheet.timeline.len() {
        n if n > LONG => {
            format!("<details class=\"card\"><summary>{n} entries</summary>{table}</details>\n")
        }
        _ => format!("<div class=\"card\">{table}</div>\n"),
    }
}

fn plots(sheet: &Sheet) -> String {
    if sheet.plots.is_empty() {
        return String::new();
    }
    let figures: String = sheet.plots.iter().map(|panel| panel.chart.figure()).collect();
    format!("<div class=\"plots\">\n{figures}</div>\n")
}

fn saved(sheet: &Sheet) -> String {
    let mut out = String::new();
    if let Some(lost) = &sheet.no_return {
        out += &no_return(lost, sheet);
    }
    if sheet.changes.is_empty() {
        return out;
    }
    out += &sentence_of_savers(&sheet.changes);
    let number = |value: Option<f64>| value.map_or(String::new(), number);
    let row = |change: &Change| {
        let tone = if change.saves { "saves" } else { "loses" };
        format!(
            "<tr class=\"{tone}{}\"><th>{}</th><td>{}</td><td class=\"outcome\">{}</td><td class=\"number\" data-l=\"down, m/s\">{}</td>\
             <td class=\"number\" data-l=\"miss, m\">{}</td><td class=\"number\" data-l=\"left, kg\">{}</td></tr>\n",
            if change.minimal { " minimal" } else { "" },
            escape(&change.what.replace('_', " ")),
            escape(&change.kind),
            escape(&change.outcome),
            number(change.v_down_m_s),
            number(change.miss_m),
            number(change.propellant_kg)
        )
    };
    let rows: String = sheet.changes.iter().map(row).collect();
    out + &format!(
        "<div class=\"card\"><table class=\"rows\"><thead><tr><th>changed</th><th>kind</th><th>ends</th><th class=\"number\">down, m/s</th>\
         <th class=\"number\">miss, m</th><th class=\"number\">propellant left, kg</th></tr></thead><tbody>\n{rows}</tbody></table>\
         <p class=\"small\">Each flown in closed loop under the first explanation, everything else the same; figures at the first \
         contact. Bold: no smaller set of \
         these changes saves the lander: leaves it standing on its legs, hard landings included.</p></div>\n"
    )
}

fn sentence_of_savers(changes: &[Change]) -> String {
    let enough = changes.iter().filter(|c| c.saves && c.minimal);
    let minimal: Vec<&str> = enough.map(|c| &*c.what).collect();
    let flown = changes.iter().filter(|c| !c.kind.is_empty()).count();
    match minimal.as_slice() {
        [] => format!("<p>Of {flown} changes shown none saves the lander.</p>\n"),
        all => format!(
            "<p>Enough, each of these on its own: {}.</p>\n",
            escape(&all.join("; ").replace('_', " "))
        ),
    }
}

fn no_return(lost: &NoReturn, sheet: &Sheet) -> String {
    let at = |t: Time| match &sheet.zero {
        Some((zero, _)) => format!("{} ({} UTC)", relative(t, *zero), clock(t)),
        None => format!("{} UTC", clock(t)),
    };
    let fork = |fork: &Fork| {
        let (altitude, descent) = (figure(&fork.altitude), figure(&fork.descent));
        format!("{}, {} up, descending at {}", at(fork.t), escape(&altitude), escape(&descent))
    };
    let head = match (&lost.last, &lost.first) {
        (None, _) => "Lost from the first moment tried on".to_string(),
        (Some(_), Some(first)) => format!("Lost from {} on", at(first.t)),
        (Some(_), None) => "It could be saved until the end".to_string(),
    };
    let mut out = format!("<div class=\"card lost\"><h3>{head}</h3><ul>");
    let mut item = |text: String| out += &format!("<li>{text}</li>");
    let by = escape(&lost.by);
    if let Some(last) = &lost.last {
        item(format!("Still saved by {by}: {}.", fork(last)));
    }
    if let Some(first) = &lost.first {
        item(format!("Not any more: {}; ends as “{}”.", fork(first), escape(&first.outcome)));
    }
    if let Some(beyond) = &lost.beyond_thrust {
        item(format!("From here on no software could have stopped the descent: {}.", fork(beyond)));
    }
    format!("{out}</ul><p>{}</p></div>\n", prose(&lost.text))
}

/// Sentences as a list in a card; nothing for none.
pub(super) fn list(sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let items: String = sentences.iter().map(|s| format!("<li>{}</li>", prose(s))).collect();
    format!("<ul class=\"card\">{items}</ul>\n")
}

fn table(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let row = |(name, value): &(String, String)| {
        format!("<tr><th>{}</th><td class=\"wrap\">{}</td></tr>", escape(name), escape(value))
    };
    let rows: String = pairs.iter().map(row).collect();
    format!("<div class=\"card\"><table class=\"pairs\">{rows}</table></div>\n")
}

fn repeat(commands: &[String]) -> String {
    if commands.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = commands.iter().map(|line| escape(line)).collect();
    format!("<pre class=\"card command\"><code>{}</code></pre>\n", lines.join("\n"))
}
