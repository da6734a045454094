//! A search in lines, and as JSON for other programs.

use super::study::{DISPERSED, Ending, Listed, Study};
use rig::measures::MEASURES;
use rig::report::Json;

/// How a flight ended, in words.
pub(super) fn ending(ending: &Ending) -> String {
    let speed = ending.measures.impact_speed_m_s;
    let speed = speed.map_or(String::new(), |speed| format!(" at {speed:.1} m/s"));
    format!("{}{speed}", ending.outcome.name())
}

/// How often dispersed runs ended so, in words.
pub(super) fn dispersed(failure: &Listed) -> String {
    let own = format!("{} of {DISPERSED} lost", failure.own.dispersed.0);
    let other = failure.other.as_ref().map(|o| format!("; {} of {DISPERSED} stand", o.dispersed.1));
    own + &other.unwrap_or_default()
}

/// One paragraph on what was flown.
pub(super) fn summary(study: &Study) -> String {
    let [alone, without, sets, shared] = study.counts;
    let other = study.other.as_ref().map_or(String::new(), |other| {
        format!(" Lost here and standing with {other}; {shared} that it loses too are left out.")
    });
    format!(
        "{} flights, the log had {} from before; seed {}. {} disturbances, alone in {alone} ways ({without} without any \
         effect), {sets} sets of them. {} distinct failures.{other}",
        study.flights, study.resumed, study.seed, study.dimensions, study.found
    )
}

/// The list in lines.
pub fn lines(study: &Study) -> Vec<String> {
    let mut out = vec![study.title.clone(), summary(study), String::new()];
    for (n, failure) in study.failures.iter().enumerate() {
        let (own, ln_p) = (ending(&failure.own), failure.log_likelihood);
        let (classes, length) = (failure.classes.join(" + "), failure.length);
        out.push(format!("{:>3}  {classes}   ln p {ln_p:.1}, size {length:.2}", n + 1));
        out.extend(failure.what.iter().map(|what| format!("       {what}")));
        let other = match (&failure.other, &study.other) {
            (Some(other), Some(name)) => format!("; {name}: {}", ending(other)),
            _ => String::new(),
        };
        out.push(format!("     {own}{other}   (dispersed: {})", dispersed(failure)));
        out.push(format!("     {}", failure.replay));
    }
    if !study.failures.is_empty() {
        out.extend([
            String::new(),
            "Smallest first (size in severities, of several the root of squares):".into(),
        ]);
    }
    for n in study.by_size() {
        let failure = &study.failures[n - 1];
        out.push(format!("     {:5.2}  {:>3}  {}", failure.length, n, failure.classes.join(" + ")));
    }
    out
}

fn flight(ending: &Ending) -> Json {
    let measure = |m: &rig::measures::Measure| {
        let value = (m.read)(&ending.measures)?;
        Some((m.key.to_string(), Json::Number(value)))
    };
    Json::object([
        ("outcome", Json::text(ending.outcome.name())),
        ("dispersed_lost", Json::Number(ending.dispersed.0 as f64)),
        ("dispersed_standing", Json::Number(ending.dispersed.1 as f64)),
        ("measures", Json::Object(MEASURES.iter().filter_map(measure).collect())),
    ])
}

/// The search as JSON.
pub fn json(study: &Study) -> String {
    let texts = |texts: &[String]| Json::List(texts.iter().map(Json::text).collect());
    let failure = |failure: &Listed| {
        let sizes = failure.sizes.iter().map(|size| Json::Number(*size)).collect();
        let mut pairs = vec![
            ("file".to_string(), Json::text(failure.file.as_str())),
            ("replay".to_string(), Json::text(failure.replay.as_str())),
            ("classes".to_string(), texts(&failure.classes)),
            ("disturbed".to_string(), texts(&failure.what)),
            ("sizes".to_string(), Json::List(sizes)),
            ("log_likelihood".to_string(), Json::Number(failure.log_likelihood)),
            ("size".to_string(), Json::Number(failure.length)),
            ("own".to_string(), flight(&failure.own)),
            ("alike".to_string(), texts(&failure.alike)),
        ];
        pairs.extend(failure.other.as_ref().map(|other| ("other".to_string(), flight(other))));
        Json::Object(pairs)
    };
    let counts = study.counts.map(|count| Json::Number(count as f64));
    let [alone, without, sets, shared] = counts;
    let study = Json::object([
        ("scenario", Json::text(study.name.as_str())),
        ("title", Json::text(study.title.as_str())),
        ("against", study.other.as_ref().map_or(Json::text("nothing"), Json::text)),
        ("seed", Json::Text(study.seed.to_string())),
        ("flights", Json::Number(study.flights as f64)),
        ("dispersed_runs", Json::Number(DISPERSED as f64)),
        ("disturbances", Json::Number(study.dimensions as f64)),
        ("tried_alone", alone),
        ("without_effect", without),
        ("sets", sets),
        ("shared", shared),
        ("found", Json::Number(study.found as f64)),
        ("failures", Json::List(study.failures.iter().map(failure).collect())),
    ]);
    study.to_script() + "\n"
}
