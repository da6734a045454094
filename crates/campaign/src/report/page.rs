//! The page: one HTML document that needs nothing but a browser.
//!
//! Owns: which section says what, and the words. Does not own: the pictures (`plots`), how tables of requirements
//! read (`crate::requirements`).

use super::findings::{LANDING_CONFIDENCE, LimitFinding, QUANTILES, label, landed};
use super::map::map;
use super::plots::{histogram, number, spark};
use super::reasons::{clusters, sensitivity};
use super::{Report, landing};
use crate::requirements::{Evidence, Requirement, Status, percent};
use crate::sensitivity::PERMUTATIONS;
use rig::report::{Shell, escape};
use rig::statistics::Share;
use rig::verdict::Outcome;
use std::fmt::Write;

const OWN_STYLE: &str = include_str!("../../assets/campaign.css");

/// The document.
pub fn page(report: &Report) -> String {
    let table = &report.table;
    let title = table.fact("title");
    let sections = [
        verdict(report),
        facts(report),
        outcomes(report),
        requirements(report),
        limits(report),
        landing(report),
        sensitivity(report),
        clusters(report),
        worst(report),
        spreads(report),
    ];
    let shell = Shell {
        title: &format!("campaign · {title}"),
        what: "campaign",
        style: &[OWN_STYLE],
        theme: true,
    };
    shell.page(&format!(
        "<h1>{}</h1>\n<p class=\"purpose\">{}</p>\n{}\n<footer>{}</footer>",
        escape(title),
        escape(table.setting("purpose").unwrap_or_default()),
        sections.concat(),
        footer(report)
    ))
}

fn footer(report: &Report) -> String {
    let mut out = format!(
        "Shares with exact (Clopper–Pearson) bounds; quantiles with bounds by order statistics; first-order Sobol indices by ranks, \
         floor from {PERMUTATIONS} random orders; Shapley effects by nearest neighbours; groups by Gower's \
         dissimilarity around medoids. The same figures for programs: campaign.json."
    );
    if report.table.sampling() != "monte-carlo" {
        out += " Runs of a design are not independent draws: bounds and intervals are approximate, as a rule too wide.";
    }
    out
}

/// The answer in one sentence, and what stands beside it.
fn verdict(report: &Report) -> String {
    let counts = &report.counts;
    let worst = report.requirements.iter().filter_map(|(requirement, evidence)| {
        Some(evidence.as_ref()?.status(requirement.claim.as_ref()?))
    });
    let tone = match worst.max() {
        Some(Status::Refuted) => "lost",
        Some(Status::Open) => "doubtful",
        Some(Status::Shown) => "safe",
        None => "void",
    };
    let mut out = format!(
        "<section class=\"card verdict {tone}\"><span class=\"word\">At least {} % of such descents land, with {:.0} % confidence</span>\n<p>{}</p>",
        percent(counts.landing_shown()),
        100.0 * LANDING_CONFIDENCE,
        sentence(report)
    );
    if report.table.sampling() != "monte-carlo" {
        let _ = write!(
            out,
            "<p class=\"small\">Drawn by {}: runs are not independent, so the confidence is approximate.</p>",
            escape(report.table.sampling())
        );
    }
    out + "</section>\n"
}

fn sentence(report: &Report) -> String {
    let counts = &report.counts;
    let mut out = format!(
        "{} of {} runs landed within every limit on speed and tilt; {} stand on their legs, which shows at least {} %.",
        counts.landed,
        counts.of,
        counts.stand,
        percent(counts.standing_shown())
    );
    let others = counts.outcomes.iter().filter(|(outcome, _)| !landed(*outcome));
    let others: Vec<String> =
        others.map(|(outcome, share)| format!("{} {}", share.count, outcome.name())).collect();
    if !others.is_empty() {
        let _ = write!(out, " The others: {}.", others.join(", "));
    }
    if let Some(expected) = report.table.expected().filter(|outcome| !landed(*outcome)) {
        let share = counts.outcomes.iter().find(|(outcome, _)| *outcome == expected);
        let count = share.map_or(0, |(_, share)| share.count);
        let _ = write!(
            out,
            " This scenario is expected to end otherwise, as “{}”: {count} of {} runs did.",
            expected.name(),
            counts.of
        );
    }
    if counts.outcomes.iter().any(|(outcome, _)| *outcome == Outcome::Invalid) {
        out += " Where the simulation broke down (invalid) nothing is known of the lander; these runs count as not landed.";
    }
    out
}

fn facts(report: &Report) -> String {
    let table = &report.table;
    let short = |text: &str| text.chars().take(12).collect::<String>();
    let (first, last) = (table.runs.first().copied(), table.runs.last().copied());
    let wall = report.wall_s.map_or(String::new(), |s| {
        format!("{} s, {} ms a run", number(s), number(1e3 * s / table.count() as f64))
    });
    let rows = [
        ("scenario", table.scenario()),
        ("runs", format!("{} ({} to {})", table.count(), first.unwrap_or(0), last.unwrap_or(0))),
        ("seed", table.fact("seed").to_string()),
        ("sampling", table.sampling().to_string()),
        ("version", table.fact("version").to_string()),
        ("code", short(table.fact("code"))),
        ("scenario hash", short(table.fact("scenario_hash"))),
        ("dispersed inputs", table.inputs.len().to_string()),
        ("computing time", wall),
    ];
    let mut out = String::from("<dl class=\"facts\">");
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", escape(value));
    }
    out + "</dl>\n"
}

/// Colours of outcomes, best first.
fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Landed => "var(--pass)",
        Outcome::HardLanding => "var(--degraded)",
        Outcome::TippedOver => "var(--second)",
        Outcome::Lost | Outcome::RanDry => "var(--fail)",
        Outcome::TimedOut | Outcome::Invalid => "var(--invalid)",
    }
}

fn outcomes(report: &Report) -> String {
    let counts = &report.counts;
    let mut out = String::from(
        "<section class=\"card\"><h2>How they ended</h2>\n<div class=\"stack\" role=\"img\" aria-label=\"shares of outcomes\">",
    );
    for (outcome, share) in &counts.outcomes {
        let percent = 100.0 * share.count as f64 / share.of.max(1) as f64;
        let _ = write!(out, "<i style=\"--c:{};width:{percent:.3}%\"></i>", colour(*outcome));
    }
    out += "</div>\n<table><thead><tr><th></th><th class=\"number\">runs</th><th class=\"number\">share</th><th class=\"number\">95 % interval</th></tr></thead>\n";
    let mut group = |name: &str, rows: Vec<(&str, &Share)>| {
        let _ = write!(out, "<tbody><tr><th colspan=\"4\" class=\"small\">{name}</th></tr>");
        for (name, share) in rows {
            let _ = write!(
                out,
                "<tr><th>{name}</th><td class=\"number\">{}</td><td class=\"number\">{:.2} %</td><td class=\"number\">{:.2} to {:.2} %</td></tr>",
                share.count,
                100.0 * share.count as f64 / share.of.max(1) as f64,
                100.0 * share.low,
                100.0 * share.high
            );
        }
        out += "</tbody>\n";
    };
    group("outcome", counts.outcomes.iter().map(|(o, s)| (o.name(), s)).collect());
    group("what the touchdown did", counts.classes.iter().map(|(c, s)| (c.name(), s)).collect());
    group(
        "against the scenario's expectation",
        counts.grades.iter().map(|(g, s)| (g.name(), s)).collect(),
    );
    out + "</table></section>\n"
}

fn status(status: Status) -> String {
    let class = match status {
        Status::Shown => "met",
        Status::Open => "open",
        Status::Refuted => "refuted",
    };
    format!("<td class=\"status {class}\">{}</td>", status.name())
}

fn requirements(report: &Report) -> String {
    let head = "<section class=\"card\"><h2>Requirements that this scenario is evidence of</h2>\n";
    if report.requirements.is_empty() {
        return format!("{head}<p>None names it.</p></section>\n");
    }
    let rows: String =
        report.requirements.iter().map(|(r, e)| requirement(r, e.as_ref())).collect();
    format!(
        "{head}<table class=\"rows\"><thead><tr><th></th><th>shall</th><th></th><th>these runs</th><th>tests</th></tr></thead>\n<tbody>{rows}</tbody></table></section>\n"
    )
}

fn requirement(requirement: &Requirement, evidence: Option<&Evidence>) -> String {
    let Requirement { id, shall, tests, claim, .. } = requirement;
    let (verdict, figure) = match (claim, evidence) {
        (Some(claim), Some(evidence)) => (
            status(evidence.status(claim)),
            format!(
                "{}<br><small>asked: {}</small>",
                escape(&evidence.words(claim)),
                escape(&claim.words())
            ),
        ),
        (Some(claim), None) => {
            (status(Status::Open), format!("<small>asked: {}</small>", escape(&claim.words())))
        }
        (None, _) => (
            "<td class=\"status\"></td>".to_string(),
            "<small>shown by its tests; claims nothing of many runs</small>".to_string(),
        ),
    };
    let tests = match tests.len() {
        0 => "<span class=\"open\">none</span>".to_string(),
        count => {
            let names: String =
                tests.iter().map(|test| format!("<br><code>{}</code>", escape(test))).collect();
            format!("<details><summary>{count}</summary>{names}</details>")
        }
    };
    format!(
        "<tr><th>{}</th><td class=\"wrap\">{}</td>{verdict}<td class=\"wrap\">{figure}</td><td class=\"wrap\" data-l=\"tests\">{tests}</td></tr>\n",
        escape(id),
        escape(shall)
    )
}

/// A limit in words.
fn bounds(limit: &LimitFinding) -> String {
    let LimitFinding { min, max, unit, .. } = limit;
    let text = match (min.is_finite(), max.is_finite()) {
        (true, true) => format!("{} to {}", number(*min), number(*max)),
        (true, false) => format!("at least {}", number(*min)),
        _ => format!("at most {}", number(*max)),
    };
    format!("{text} <i>{}</i>", escape(unit))
}

fn limits(report: &Report) -> String {
    if report.limits.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<section class=\"card\"><h2>Limits: kept in 99.73 % of runs, at 90 % confidence?</h2>\n\
         <p class=\"small\">By order statistics, without any assumed distribution. A run that never came to have the figure counts as beyond its limit.</p>\n\
         <table class=\"rows\"><thead><tr><th></th><th>limit</th><th class=\"number\">kept</th><th class=\"number\">shown share</th><th class=\"number\">99.73 % keep to</th><th></th><th>runs needed</th></tr></thead><tbody>\n",
    );
    for limit in &report.limits {
        let LimitFinding { evidence, claim, .. } = limit;
        let verdict = evidence.status(claim);
        let bound = limit
            .bound
            .map_or("–".to_string(), |b| format!("{} <i>{}</i>", number(b), escape(&limit.unit)));
        let needed = match (verdict, needed(limit)) {
            (Status::Shown, _) => "enough".to_string(),
            (_, Some(runs)) => runs.to_string(),
            (_, None) => "no number: exceeded too often".to_string(),
        };
        let absent = if limit.absent > 0 {
            format!("<br><small>{} without the figure</small>", limit.absent)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "<tr><th>{}</th><td data-l=\"limit\">{}</td><td class=\"number\" data-l=\"kept\">{} of {}{absent}</td><td class=\"number\" data-l=\"shown share\">{} %</td><td class=\"number\" data-l=\"99.73 % keep to\">{bound}</td>{}<td class=\"wrap\" data-l=\"runs needed\">{needed}</td></tr>",
            escape(&limit.label),
            bounds(limit),
            evidence.kept,
            evidence.of,
            percent(evidence.shown(claim)),
            status(verdict),
        );
    }
    out += "</tbody></table></section>\n<div class=\"grid\">\n";
    for limit in &report.limits {
        let spread = report.spreads.iter().find(|spread| spread.key == limit.key);
        out.extend(spread.map(|spread| histogram(&limit.label, spread, limit)));
    }
    out + "</div>\n"
}

/// Runs that would show a limit if exceedances went on as they came.
fn needed(limit: &LimitFinding) -> Option<u64> {
    let Evidence { kept, of, .. } = limit.evidence;
    crate::order::runs_to_show(of - kept, of, limit.claim.share, limit.claim.confidence)
}

fn landing(report: &Report) -> String {
    let Some(landing) = &report.landing else { return String::new() };
    let limit_m = report.limits.iter().find(|limit| limit.key == "miss_m").map(|limit| limit.max);
    let mut rows = String::new();
    let mut row = |name: &str, value: String| {
        let _ = writeln!(rows, "<tr><th>{name}</th><td class=\"number\">{value}</td></tr>");
    };
    for (share, name) in
        [(0.5, "half land within (CEP)"), (0.95, "95 % within"), (0.99, "99 % within")]
    {
        let (radius, interval) = landing.circle_m(share);
        let interval = interval.map_or(String::new(), |(low, high)| {
            format!(" <small>{} to {}</small>", number(low), number(high))
        });
        row(name, format!("{} m{interval}", number(radius)));
    }
    if let Some(bound) = landing.bound_m(0.99, 0.95) {
        row("99 % of all, at 95 % confidence", format!("{} m", number(bound)));
    }
    let [east, north] = landing.mean_m;
    row("mean, east and north of the target", format!("{}, {} m", number(east), number(north)));
    for ellipse in &landing.ellipses {
        let [long, short] = ellipse.semi_m;
        row(
            &format!("{:.0} % ellipse, semi-axes", 100.0 * ellipse.probability),
            format!(
                "{} × {} m <small>holds {:.1} %</small>",
                number(long),
                number(short),
                100.0 * ellipse.holds as f64 / landing.distances_m.len().max(1) as f64
            ),
        );
    }
    if !landing.ellipses.is_empty() {
        row("longer axis, azimuth", format!("{:.0}°", landing.azimuth_rad.to_degrees()));
    }
    format!(
        "<div class=\"two\">{}<section class=\"card\"><h2>Landing accuracy</h2><table>{rows}</table>\
         <p class=\"small\">Of {} runs that {}; small figures are 95 % intervals. The ellipses hold the next landing with their \
         probability if the errors are normal; how many they hold in fact stands beside them.</p>{}</section></div>\n",
        map(&report.table, landing, limit_m),
        landing.distances_m.len(),
        if landing.rested { "came to rest" } else { "met the ground: none came to rest" },
        farthest(report, landing)
    )
}

/// The farthest misses, each with the command that flies it again.
fn farthest(report: &Report, landing: &landing::Landing) -> String {
    let mut far: Vec<(f64, usize)> = landing
        .points_m
        .iter()
        .zip(&landing.places)
        .map(|([east, north], place)| (libm::hypot(*east, *north), *place))
        .collect();
    far.sort_by(|a, b| b.0.total_cmp(&a.0));
    let rows: String = far
        .into_iter()
        .take(3)
        .map(|(miss, place)| {
            let run = report.table.runs[place];
            let outcome = report.table.outcomes[place].name();
            format!(
                "<pre class=\"command\"><code># {} m, {outcome}\n{}</code></pre>",
                number(miss),
                escape(&report.table.command(run))
            )
        })
        .collect();
    format!("<p class=\"small\">The farthest:</p>{rows}")
}

fn worst(report: &Report) -> String {
    let mut out = String::from(
        "<section class=\"card\"><h2>Worst runs</h2>\n<table class=\"rows\"><thead><tr><th>run</th><th>ended</th><th>nearest to or furthest beyond</th><th class=\"number\">margin</th><th>again, with full records</th></tr></thead><tbody>\n",
    );
    for worst in &report.worst {
        let (run, outcome) = (report.table.runs[worst.place], report.table.outcomes[worst.place]);
        let grade = report.table.grades[worst.place];
        let what = if worst.key.is_empty() { "no limit measured" } else { label(&worst.key) };
        let _ = writeln!(
            out,
            "<tr><th>{run}</th><td>{} <i>{}</i></td><td class=\"wrap\">{}</td><td class=\"number\" data-l=\"margin\">{} <i>{}</i></td><td class=\"wrap\"><code>{}</code></td></tr>",
            outcome.name(),
            grade.name(),
            escape(what),
            number(worst.margin),
            escape(&worst.unit),
            escape(&report.table.command(run))
        );
    }
    out + "</tbody></table></section>\n"
}

fn spreads(report: &Report) -> String {
    let mut out = String::from(
        "<section class=\"card\"><h2>Every figure</h2>\n<table class=\"rows\"><thead><tr><th></th><th></th><th class=\"number\">runs</th>",
    );
    for q in QUANTILES {
        let head = match q {
            q if q <= 0.0 => "least".to_string(),
            q if q >= 1.0 => "largest".to_string(),
            0.5 => "median, 95 % interval".to_string(),
            q => format!("{:.0} %", 100.0 * q),
        };
        let _ = write!(out, "<th class=\"number\">{head}</th>");
    }
    out += "</tr></thead><tbody>\n";
    for spread in &report.spreads {
        let _ = write!(
            out,
            "<tr><th>{}{}</th><td>{}</td><td class=\"number\" data-l=\"runs\">{}</td>",
            escape(label(&spread.key)),
            if spread.unit.is_empty() {
                String::new()
            } else {
                format!(", <i>{}</i>", escape(&spread.unit))
            },
            spark(spread),
            spread.values.len()
        );
        for q in QUANTILES {
            let interval = spread.interval(q).filter(|_| (0.4..0.6).contains(&q));
            let interval = interval.map_or(String::new(), |(low, high)| {
                format!(" <small>{} to {}</small>", number(low), number(high))
            });
            let name = match q {
                q if q <= 0.0 => "least".to_string(),
                q if q >= 1.0 => "largest".to_string(),
                q => format!("{:.0} %", 100.0 * q),
            };
            let _ = write!(
                out,
                "<td class=\"number\" data-l=\"{name}\">{}{interval}</td>",
                number(spread.at(q))
            );
        }
        out += "</tr>\n";
    }
    out + "</tbody></table></section>\n"
}
