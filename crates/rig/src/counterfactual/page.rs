//! The studies as one HTML page that needs nothing but a browser, not even script.

use super::text::{carried, figure, name, outcome, robust};
use super::{Study, Trial};
use crate::report::chart::{CHART_STYLE, Chart, Curve};
use crate::report::{Shell, escape};
use crate::scenario::Features;
use crate::verdict::Outcome;
use std::fmt::Write;

/// Colours of the curves and of the matrix beyond the style of the reports.
const OWN_STYLE: &str = ":root { --c0: #cf2f3c; --c1: #0a6fd1; --c2: #b45f06; --c3: #1f8a5b; --c4: #7b4fb5; \
--c5: #0f8f9c; --c6: #a33b7a; --c7: #6b7280; --c8: #8a7a12; --c9: #16202c; } \
table.sets td, table.sets thead th { text-align: center; } table.sets thead th { font-size: 12px; } \
table.sets tbody th { text-align: left; } \
table.sets td.on { color: var(--nav); } table.sets td.off { color: var(--grid); } \
table.sets td.word { color: #fff; font-weight: 650; border-radius: 4px; padding: 2px 8px; white-space: nowrap; } \
td.landed { background: var(--pass); } td.doubtful { background: var(--degraded); } \
td.lost { background: var(--fail); } td.void { background: var(--invalid); } \
tr.minimal th { font-weight: 700; } details { margin: 0 0 16px; } summary { cursor: pointer; }";
const COLOURS: [&str; 10] =
    ["--c0", "--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8", "--c9"];

/// The page.
pub fn page(studies: &[Study]) -> String {
    let bodies: String = studies.iter().map(body).collect();
    let shell = Shell {
        title: "counterfactuals",
        what: "what would have had to be different",
        style: &[CHART_STYLE, OWN_STYLE],
        theme: false,
    };
    shell.page(&format!(
        "{bodies}<footer>Every flight of a table has the same seed and run. Landed: at rest on its legs within the \
         touchdown limits. A set that holds a smaller sufficient one was not flown; all changes together \
         always were.</footer>"
    ))
}

fn body(study: &Study) -> String {
    let few = |trial: &Trial| {
        trial.changes.count() <= 1
            || trial.changes == study.features
            || study.minimal(trial.changes).is_some()
    };
    let (shown, rest): (Vec<_>, Vec<_>) = study.trials.iter().partition(|trial| few(trial));
    let rest = match rest.is_empty() {
        true => String::new(),
        false => format!(
            "<details><summary>the other {} sets that were flown</summary>{}</details>\n",
            rest.len(),
            matrix(study, &rest)
        ),
    };
    format!(
        "<h1>{}</h1>\n<p class=\"purpose\">{}, seed {}, run {}: {} sets of changes flown; {}.</p>\n\
         <section class=\"card\">{}</section>\n{rest}<div class=\"plots\">{}</div>\n",
        escape(&study.title),
        escape(&study.name),
        study.seed,
        study.run,
        study.trials.len(),
        carried(study),
        matrix(study, &shown),
        profiles(study).figure(),
    )
}

/// Sets against features, with what became of each.
fn matrix(study: &Study, trials: &[&Trial]) -> String {
    let heads: String =
        study.features.iter().map(|feature| format!("<th>{}</th>", feature.name())).collect();
    let mut out = format!(
        "<table class=\"sets\"><thead><tr><th>changed</th>{heads}<th>outcome</th><th>down, m/s</th>\
         <th>miss, m</th><th>left, kg</th><th>dispersed runs landed</th></tr></thead><tbody>\n"
    );
    for trial in trials {
        let minimal = study.minimal(trial.changes);
        let marks: String = study.features.iter().map(|f| mark(trial.changes, f)).collect();
        let m = &trial.measures;
        let _ = writeln!(
            out,
            "<tr class=\"{}\"><th>{}</th>{marks}<td class=\"word {}\">{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td></tr>",
            if minimal.is_some() { "minimal" } else { "" },
            escape(&name(study, trial)),
            tone(trial.outcome),
            escape(&outcome(trial)),
            figure(m.v_vertical_m_s),
            figure(m.miss_m),
            figure(m.propellant_kg),
            minimal.map_or(String::new(), robust)
        );
    }
    out + "</tbody></table>"
}

fn mark(changes: Features, feature: crate::scenario::Feature) -> &'static str {
    match changes.contains(feature) {
        true => "<td class=\"on\">●</td>",
        false => "<td class=\"off\">·</td>",
    }
}

const fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Landed => "landed",
        Outcome::HardLanding | Outcome::TimedOut => "doubtful",
        Outcome::TippedOver | Outcome::Lost | Outcome::RanDry => "lost",
        Outcome::Invalid => "void",
    }
}

/// Altitude against descent speed of the flight as written, of each single change, and of all.
fn profiles(study: &Study) -> Chart {
    let few = |trial: &&Trial| trial.changes.count() <= 1 || trial.changes == study.features;
    let shown: Vec<&Trial> = study.trials.iter().filter(few).collect();
    let fastest =
        shown.iter().flat_map(|t| &t.profile).map(|(speed, _)| *speed).fold(10.0, f64::max);
    let step = if fastest > 100.0 { 20.0 } else { 10.0 };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // some hundreds at the most
    let ticks = (fastest / step).ceil() as usize;
    // Flights that are the same bit by bit are one curve.
    let mut kinds: Vec<Vec<&Trial>> = Vec::new();
    for trial in &shown {
        match kinds.iter_mut().find(|kind| kind[0].digest == trial.digest) {
            Some(kind) => kind.push(trial),
            None => kinds.push(vec![trial]),
        }
    }
    let curve = |(kind, colour): (&Vec<&Trial>, &'static str)| Curve {
        label: format!(
            "{}: {}",
            kind.iter().map(|trial| name(study, trial)).collect::<Vec<_>>().join(", "),
            kind[0].outcome.name()
        ),
        colour,
        points: kind[0].profile.iter().map(|(speed, m)| (*speed, m / 1000.0)).collect(),
    };
    Chart {
        title: "Altitude over ground against descent speed",
        note: "The flight as written, each change alone, all changes together; equal flights once."
            .to_string(),
        x_label: "descent speed, m/s",
        y_label: "altitude, km",
        x_ticks: (0..=ticks).map(|k| k as f64 * step).collect(),
        y_ticks: (0..=6).map(f64::from).collect(),
        curves: kinds.iter().zip(COLOURS).map(curve).collect(),
        ..Chart::default()
    }
}
