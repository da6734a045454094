//! The report for programs: every figure of the page by name, as JSON.
//!
//! Owns: the names. They are those of the columns and of the code.

use super::Report;
use super::findings::QUANTILES;
use crate::clusters::rule::Rule;
use rig::report::Json;
use rig::statistics::Share;

/// The document.
pub fn twin(report: &Report) -> String {
    let table = &report.table;
    // Not the file's own: its columns, its sum.
    let facts = ["title", "seed", "scenario_hash", "code", "version", "fly"];
    let facts = facts.map(|key| (key.to_string(), Json::text(table.fact(key)))).to_vec();
    let counts = &report.counts;
    let json = Json::object([
        ("facts", Json::Object(facts)),
        ("scenario", Json::text(table.scenario())),
        ("sampling", Json::text(table.sampling())),
        ("runs", Json::Number(table.count() as f64)),
        ("landed", Json::Number(counts.landed as f64)),
        ("landed_share_at_least", Json::Number(counts.landing_shown())),
        ("standing", Json::Number(counts.stand as f64)),
        ("standing_share_at_least", Json::Number(counts.standing_shown())),
        ("confidence", Json::Number(super::findings::LANDING_CONFIDENCE)),
        ("outcomes", shares(counts.outcomes.iter().map(|(o, s)| (o.name(), s)))),
        ("classes", shares(counts.classes.iter().map(|(c, s)| (c.name(), s)))),
        ("grades", shares(counts.grades.iter().map(|(g, s)| (g.name(), s)))),
        ("requirements", requirements(report)),
        ("limits", limits(report)),
        ("landing", landing(report)),
        ("sensitivities", sensitivities(report)),
        ("clusters", clusters(report)),
        ("worst", worst(report)),
        ("figures", figures(report)),
    ]);
    json.to_script() + "\n"
}

fn numbers(values: impl IntoIterator<Item = f64>) -> Json {
    Json::List(values.into_iter().map(Json::Number).collect())
}

fn optional(value: Option<f64>) -> Json {
    Json::Number(value.unwrap_or(f64::NAN))
}

fn shares<'a>(shares: impl Iterator<Item = (&'a str, &'a Share)>) -> Json {
    let share = |(name, share): (&str, &Share)| {
        let share = Json::object([
            ("runs", Json::Number(share.count as f64)),
            ("interval", numbers([share.low, share.high])),
        ]);
        (name.to_string(), share)
    };
    Json::Object(shares.map(share).collect())
}

fn requirements(report: &Report) -> Json {
    let one = |(requirement, evidence): &(crate::requirements::Requirement, Option<_>)| {
        let mut pairs = vec![
            ("id".to_string(), Json::text(&*requirement.id)),
            ("shall".to_string(), Json::text(&*requirement.shall)),
            (
                "tests".to_string(),
                Json::List(requirement.tests.iter().map(|t| Json::text(&**t)).collect()),
            ),
        ];
        let both = requirement.claim.as_ref().zip(evidence.as_ref());
        if let Some((claim, evidence)) = both {
            let evidence: &crate::requirements::Evidence = evidence;
            pairs.extend([
                ("asked_share".to_string(), Json::Number(claim.share)),
                ("confidence".to_string(), Json::Number(claim.confidence)),
                ("kept".to_string(), Json::Number(evidence.kept as f64)),
                ("of".to_string(), Json::Number(evidence.of as f64)),
                ("shown_share".to_string(), Json::Number(evidence.shown(claim))),
                ("status".to_string(), Json::text(evidence.status(claim).name())),
            ]);
        }
        Json::Object(pairs)
    };
    Json::List(report.requirements.iter().map(one).collect())
}

fn limits(report: &Report) -> Json {
    let one = |limit: &super::findings::LimitFinding| {
        Json::object([
            ("key", Json::text(&*limit.key)),
            ("unit", Json::text(&*limit.unit)),
            ("min", Json::Number(limit.min)),
            ("max", Json::Number(limit.max)),
            ("kept", Json::Number(limit.evidence.kept as f64)),
            ("of", Json::Number(limit.evidence.of as f64)),
            ("absent", Json::Number(limit.absent as f64)),
            ("asked_share", Json::Number(limit.claim.share)),
            ("confidence", Json::Number(limit.claim.confidence)),
            ("shown_share", Json::Number(limit.evidence.shown(&limit.claim))),
            ("bound", optional(limit.bound)),
            ("status", Json::text(limit.evidence.status(&limit.claim).name())),
        ])
    };
    Json::List(report.limits.iter().map(one).collect())
}

fn landing(report: &Report) -> Json {
    let Some(landing) = &report.landing else { return Json::List(Vec::new()) };
    let ellipse = |ellipse: &super::landing::Ellipse| {
        Json::object([
            ("probability", Json::Number(ellipse.probability)),
            ("semi_m", numbers(ellipse.semi_m)),
            ("holds", Json::Number(ellipse.holds as f64)),
        ])
    };
    let circle = |share: f64| {
        let (radius, interval) = landing.circle_m(share);
        let (low, high) = interval.unwrap_or((f64::NAN, f64::NAN));
        Json::object([
            ("share", Json::Number(share)),
            ("radius_m", Json::Number(radius)),
            ("interval_m", numbers([low, high])),
        ])
    };
    Json::object([
        ("runs", Json::Number(landing.distances_m.len() as f64)),
        ("mean_east_north_m", numbers(landing.mean_m)),
        ("azimuth_deg", Json::Number(landing.azimuth_rad.to_degrees())),
        ("ellipses", Json::List(landing.ellipses.iter().map(ellipse).collect())),
        ("circles", Json::List([0.5, 0.95, 0.99].map(circle).to_vec())),
    ])
}

fn sensitivities(report: &Report) -> Json {
    let driver = |driver: &crate::sensitivity::Driver| {
        Json::object([
            ("input", Json::text(&*report.table.inputs[driver.input].key)),
            ("first_order", Json::Number(driver.first)),
            ("interval", numbers([driver.interval.0, driver.interval.1])),
            ("of_scatter", Json::Number(driver.of_scatter)),
            ("prcc", optional(driver.prcc)),
            ("shapley", optional(driver.shapley.map(|effect| effect.share))),
            ("shapley_uncertainty", optional(driver.shapley.map(|effect| effect.uncertainty))),
            ("above_floor", Json::Number(f64::from(u8::from(driver.counts)))),
        ])
    };
    let one = |found: &crate::sensitivity::Sensitivity| {
        Json::object([
            ("figure", Json::text(&*found.key)),
            ("runs", Json::Number(found.runs as f64)),
            ("floor", Json::Number(found.floor)),
            ("explained", optional(found.explained)),
            ("inputs", Json::List(found.drivers.iter().map(driver).collect())),
        ])
    };
    Json::List(report.sensitivities.iter().map(one).collect())
}

fn clusters(report: &Report) -> Json {
    let rule = |rule: &Option<Rule>| match rule {
        None => Json::Number(f64::NAN),
        Some(rule) => Json::object([
            ("words", Json::text(rule.words(&report.features))),
            ("holds_for", Json::Number(rule.held as f64)),
            ("others", Json::Number(rule.others as f64)),
        ]),
    };
    let one = |cluster: &crate::clusters::Cluster| {
        let run = |place: &usize| report.table.runs[*place] as f64;
        Json::object([
            ("ending", Json::text(&*cluster.ending)),
            ("silhouette", optional(cluster.silhouette)),
            ("input_rule", rule(&cluster.cause)),
            ("flight_rule", rule(&cluster.symptom)),
            ("representative", Json::Number(run(&cluster.medoid))),
            ("command", Json::text(report.table.command(report.table.runs[cluster.medoid]))),
            ("runs", numbers(cluster.members.iter().map(run))),
        ])
    };
    Json::List(report.clusters.iter().map(one).collect())
}

fn worst(report: &Report) -> Json {
    let one = |worst: &super::findings::Worst| {
        let run = report.table.runs[worst.place];
        Json::object([
            ("run", Json::Number(run as f64)),
            ("outcome", Json::text(report.table.outcomes[worst.place].name())),
            ("limit", Json::text(&*worst.key)),
            ("margin", Json::Number(worst.margin)),
            ("command", Json::text(report.table.command(run))),
        ])
    };
    Json::List(report.worst.iter().map(one).collect())
}

fn figures(report: &Report) -> Json {
    let one = |spread: &super::findings::Spread| {
        let (low, high) = spread.interval(0.5).unwrap_or((f64::NAN, f64::NAN));
        Json::object([
            ("key", Json::text(&*spread.key)),
            ("unit", Json::text(&*spread.unit)),
            ("runs", Json::Number(spread.values.len() as f64)),
            ("absent", Json::Number(spread.absent as f64)),
            ("quantiles", numbers(QUANTILES)),
            ("values", numbers(QUANTILES.map(|q| spread.at(q)))),
            ("median_interval", numbers([low, high])),
        ])
    };
    Json::List(report.spreads.iter().map(one).collect())
}
