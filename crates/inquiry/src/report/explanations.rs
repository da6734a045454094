//! The part of the page that says what happened: probabilities by family and one by one, the first ones at length, what
//! would decide.

use super::page::tag;
use super::sheet::Sheet;
use super::words::{capital, cause, channel, clock, number, numbers, probability, prose, relative};
use crate::explanation::{Decider, Explanation, Reflown};
use crate::finding::{Fault, Seen};
use icd::time::Time;
use rig::report::escape;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Explanations that are told at length.
const AT_LENGTH: usize = 3;
/// Explanations that are listed.
const LISTED: usize = 12;

/// The section; empty where there is nothing to explain.
pub fn explanations(sheet: &Sheet) -> String {
    let explained = &sheet.explained;
    if explained.ranking.is_empty() && explained.families.is_empty() {
        return String::new();
    }
    let families: Vec<_> =
        explained.families.iter().map(|f| (f.name.clone(), f.probability)).collect();
    let singles: Vec<_> =
        explained.ranking.iter().take(LISTED).map(|e| (e.name.clone(), e.probability)).collect();
    let rest: f64 = explained.ranking.iter().skip(LISTED).map(|e| e.probability).sum();
    let mut out = String::from("<div class=\"two\">");
    out += &bars("By family", &families, None);
    let more = explained.ranking.len().saturating_sub(LISTED);
    let more = (more > 0).then(|| (format!("{more} others"), rest));
    out += &bars("One by one", &singles, more);
    out += "</div>\n";
    let _ = writeln!(
        out,
        "<p>Something that the library of faults does not hold: {}. Explanations were flown again {} times.</p>",
        escape(&probability(explained.outside_library)),
        explained.flights
    );
    for (place, explanation) in explained.ranking.iter().take(AT_LENGTH).enumerate() {
        out += &told(place, explanation, sheet);
    }
    out + &deciders(&explained.deciders, &explained.ranking)
}

/// Probabilities as bars.
fn bars(title: &str, shares: &[(String, f64)], more: Option<(String, f64)>) -> String {
    if shares.is_empty() {
        return String::new();
    }
    let bar = |(name, p): &(String, f64)| {
        format!(
            "<div class=\"name\">{}</div><div class=\"track\"><b style=\"width:{:.2}%\"></b></div><div class=\"p\">{}</div>",
            prose(name),
            100.0 * p.clamp(0.0, 1.0),
            escape(&probability(*p))
        )
    };
    let rows: String = shares.iter().chain(&more).map(bar).collect();
    format!("<div class=\"card\"><h3>{title}</h3><div class=\"bars\">{rows}</div></div>")
}

/// One explanation at length.
fn told(place: usize, explanation: &Explanation, sheet: &Sheet) -> String {
    let mut out = format!(
        "<article class=\"card told\"><div class=\"head\"><h3>{}. {}</h3><span class=\"chip\">{}</span></div>\n",
        place + 1,
        prose(&explanation.name),
        escape(&probability(explanation.probability))
    );
    out += &faults(explanation, sheet);
    if let Some(mechanism) = &explanation.mechanism {
        let _ = write!(
            out,
            "<h4>What the software did</h4><p>{}, from {} on.</p>{}",
            escape(&capital(mechanism.kind.text())),
            at(mechanism.from, sheet),
            seen(&mechanism.seen, sheet)
        );
    }
    let told = explanation.mechanism.as_ref().map_or(&[][..], |mechanism| &mechanism.seen);
    let further = explanation.seen.iter().filter(|seen| !told.contains(seen)).cloned();
    let further: Vec<Seen> = further.collect();
    if !further.is_empty() {
        let _ = write!(out, "<h4>What speaks for it</h4>{}", seen(&further, sheet));
    }
    out += &parts(explanation);
    if let Some(flown) = &explanation.reflown {
        let _ = write!(out, "<h4>Flown again</h4><p>{}</p>", again(flown));
    }
    if !explanation.predicts.is_empty() {
        out += "<h4>What would show it</h4><dl class=\"predicts\">";
        for prediction in &explanation.predicts {
            let _ = write!(
                out,
                "<dt>{}</dt><dd>{}</dd>",
                prose(&prediction.test),
                prose(&prediction.says)
            );
        }
        out += "</dl>";
    }
    if !explanation.equals.is_empty() {
        let set = |set: &Vec<crate::finding::Cause>| {
            let names: Vec<String> = set.iter().map(|c| cause(&c.on, c.kind)).collect();
            names.join(" with ")
        };
        let sets: Vec<String> = explanation.equals.iter().map(set).collect();
        let _ = write!(
            out,
            "<p class=\"small\">No evidence can tell it from: {}.</p>",
            escape(&sets.join("; "))
        );
    }
    out + "</article>\n"
}

/// What failed, with numbers and times.
fn faults(explanation: &Explanation, sheet: &Sheet) -> String {
    if explanation.faults.is_empty() && explanation.unknown.is_empty() {
        return "<p>Nothing in the library of faults is needed.</p>".to_string();
    }
    let row = |fault: &Fault| {
        let (from, sigma_s) = fault.from;
        let sigma =
            if sigma_s >= 0.05 { format!(" ± {} s", number(sigma_s)) } else { String::new() };
        let until = fault.until.map_or(String::new(), |t| format!(" until {}", at(t, sheet)));
        format!(
            "<tr><th>{}</th><td class=\"wrap\">{}</td><td class=\"wrap\">from {}{sigma}{until}</td></tr>",
            escape(&cause(&fault.cause.on, fault.cause.kind)),
            escape(&numbers(fault)),
            at(from, sheet),
        )
    };
    let mut rows: String = explanation.faults.iter().map(row).collect();
    for unknown in &explanation.unknown {
        let _ = write!(
            rows,
            "<tr><th>not in the library</th><td class=\"wrap\" colspan=\"2\">{}</td></tr>",
            escape(&channel(*unknown))
        );
    }
    format!("<table class=\"rows\">{rows}</table>")
}

fn at(t: Time, sheet: &Sheet) -> String {
    match &sheet.zero {
        Some((zero, _)) => format!("{} ({} UTC)", relative(t, *zero), clock(t)),
        None => format!("{} UTC", clock(t)),
    }
}

fn seen(all: &[Seen], sheet: &Sheet) -> String {
    let one = |seen: &Seen| {
        let t = seen.t.map_or(String::new(), |t| format!(" <i>{}</i>", at(t, sheet)));
        format!("<li>{} {}{t}</li>", tag(seen.grade), prose(&seen.text))
    };
    let items: String = all.iter().map(one).collect();
    format!("<ul class=\"seen\">{items}</ul>")
}

/// What the posterior is made of, in natural logarithms.
fn parts(explanation: &Explanation) -> String {
    let parts = &explanation.parts;
    let mut terms = vec![format!("prior {}", signed(parts.prior))];
    terms.extend(
        parts.channels.iter().map(|(c, gain)| format!("{} {}", channel(*c), signed(*gain))),
    );
    terms.extend(parts.reflight.map(|ln| format!("flown again {}", signed(ln))));
    format!(
        "<p class=\"small\">Logarithm of the posterior {}: {}.</p>",
        signed(explanation.ln_posterior),
        escape(&terms.join(", "))
    )
}

fn signed(x: f64) -> String {
    let text = format!("{x:+.1}").replace('-', "−");
    if x.is_finite() { text } else { "–".to_string() }
}

/// How the flight under an explanation ended, in a sentence.
fn again(flown: &Reflown) -> String {
    let mut out = format!("Ends as “{}”", escape(&flown.outcome));
    let _ = match flown.contact_s {
        Some(contact_s) => write!(out, "; meets the ground after {contact_s:.1} s"),
        None => write!(out, " after {:.1} s", flown.end_s),
    };
    if let Some([down, across]) = flown.speed_m_s {
        let _ = write!(
            out,
            ", at {} m/s down and {} m/s across",
            number(down.abs()),
            number(across.abs())
        );
    }
    if let Some([east, north]) = flown.ground_m {
        let _ =
            write!(out, ", {} m east and {} m north of the target", number(east), number(north));
    }
    if let Some(kg) = flown.propellant_kg {
        let _ = write!(out, ", with {} kg of propellant left", number(kg));
    }
    out + "."
}

/// Tests with what each side says of them; rivals that say the same stand together.
fn deciders(deciders: &[Decider], ranking: &[Explanation]) -> String {
    if deciders.is_empty() {
        return String::new();
    }
    let mut rows: Vec<(&Decider, Vec<&Decider>)> = Vec::new();
    for decider in deciders {
        let alike = |one: &Decider| one.test == decider.test && one.says == decider.says;
        match rows.iter_mut().find(|(first, _)| alike(first)) {
            Some((_, others)) => others.push(decider),
            None => rows.push((decider, vec![decider])),
        }
    }
    let names = |places: &BTreeSet<usize>| {
        let names = places.iter().filter_map(|place| ranking.get(*place)).map(|e| prose(&e.name));
        names.collect::<Vec<_>>().join("<br>")
    };
    let row = |(first, all): &(&Decider, Vec<&Decider>)| {
        let sigmas = all.iter().filter_map(|one| one.sigmas).reduce(f64::min);
        let apart = sigmas.map_or(String::new(), |s| format!("{} σ", number(s)));
        let sides =
            [all.iter().map(|d| d.between.0).collect(), all.iter().map(|d| d.between.1).collect()];
        let [one, other] = sides.map(|places| names(&places));
        format!(
            "<tr><th>{}</th><td class=\"wrap\"><i>{one}:</i> {}</td><td class=\"wrap\"><i>{other}:</i> {}</td>\
             <td class=\"number\">{}</td></tr>\n",
            prose(&first.test),
            prose(&first.says[0]),
            prose(&first.says[1]),
            escape(&apart)
        )
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<div class=\"card\"><h3>What would decide</h3><table class=\"rows\"><thead><tr><th>measurement, test or image</th><th></th><th></th>\
         <th class=\"number\">apart</th></tr></thead><tbody>\n{rows}</tbody></table></div>\n"
    )
}
