//! The study as lines for a terminal, and as a table for other programs.

use super::{Minimal, Study, Trial};
use crate::measures::measure;
use std::fmt::Write;

/// Figures in the table for other programs.
const KEYS: [&str; 10] = [
    "v_vertical_m_s",
    "v_horizontal_m_s",
    "impact_speed_m_s",
    "tilt_deg",
    "miss_m",
    "propellant_kg",
    "first_valid_range_m",
    "altitude_error_at_first_valid_m",
    "ranges_rejected",
    "false_landed",
];

/// The study as lines.
pub fn lines(study: &Study) -> Vec<String> {
    let mut out = vec![
        String::new(),
        study.title.clone(),
        format!(
            "{}, seed {}, run {}, {} sets flown",
            study.name,
            study.seed,
            study.run,
            study.trials.len()
        ),
        carried(study).to_string(),
        String::new(),
        head("single changes"),
    ];
    let few = |trial: &&Trial| trial.changes.count() <= 1 || trial.changes == study.features;
    out.extend(study.trials.iter().filter(few).map(|trial| row(study, trial)));
    out.push(String::new());
    if study.minimal.is_empty() {
        out.push("no set of changes lands it".to_string());
        return out;
    }
    let necessary = study.necessary();
    if necessary.count() > 0 {
        out.push(format!("every set that lands it has: {necessary}"));
    }
    out.push(format!(
        "{}   dispersed runs landed, 95 % interval",
        head("smallest sets that land it")
    ));
    for minimal in &study.minimal {
        let trial = study.trial(minimal.changes).map_or(String::new(), |trial| row(study, trial));
        out.push(format!("{trial}   {}", robust(minimal)));
    }
    out
}

/// What became of the check that sensors which are carried and not used change nothing.
pub(super) fn carried(study: &Study) -> &'static str {
    match study.carried_is_same {
        true => {
            "as written, with and without the further sensors on board: the same flight, bit for bit"
        }
        false => "as written, the further sensors on board CHANGE the flight: compare with care",
    }
}

/// Share of the dispersed runs that landed, with its interval, and those that were lost.
pub(super) fn robust(minimal: &Minimal) -> String {
    let share = &minimal.landed;
    let interval = format!("[{:.0}, {:.0}] %", 100.0 * share.low, 100.0 * share.high);
    let lost = if minimal.lost > 0 { format!(", {} lost", minimal.lost) } else { String::new() };
    format!("{} of {} {interval}{lost}", share.count, share.of)
}

fn head(what: &str) -> String {
    format!("{what:<62} {:<22} {:>9} {:>9} {:>8}", "outcome", "down m/s", "miss m", "left kg")
}

fn row(study: &Study, trial: &Trial) -> String {
    let m = &trial.measures;
    format!(
        "  {:<60} {:<22} {:>9} {:>9} {:>8}",
        name(study, trial),
        outcome(trial),
        figure(m.v_vertical_m_s),
        figure(m.miss_m),
        figure(m.propellant_kg)
    )
}

/// The set in words.
pub(super) fn name(study: &Study, trial: &Trial) -> String {
    match trial.changes {
        none if none.count() == 0 => "as written".to_string(),
        all if all == study.features => "all of them".to_string(),
        some => some.to_string(),
    }
}

/// Outcome and class.
pub(super) fn outcome(trial: &Trial) -> String {
    let class = trial.class.map_or(String::new(), |class| format!(" ({})", class.name()));
    format!("{}{class}", trial.outcome.name())
}

/// A figure with one or two decimals; a dash when it was never measured.
pub(super) fn figure(value: Option<f64>) -> String {
    let Some(x) = value else { return "–".to_string() };
    if x.abs() < 100.0 { format!("{x:.2}") } else { format!("{x:.0}") }.replace('-', "−")
}

/// One line a trial; figures that were never measured are empty.
pub fn csv(studies: &[Study]) -> String {
    let mut out = String::from("scenario,seed,run,changes,size,outcome,touchdown,minimal,");
    out += &KEYS.join(",");
    out += ",dispersed_runs,dispersed_landed,dispersed_lost,digest\n";
    for study in studies {
        for trial in &study.trials {
            let minimal = study.minimal(trial.changes);
            let class = trial.class.map_or("", |class| class.name());
            let _ = write!(
                out,
                "{},{},{},{},{},{},{class},{}",
                study.name,
                study.seed,
                study.run,
                trial.changes.iter().map(|f| f.name()).collect::<Vec<_>>().join(" + "),
                trial.changes.count(),
                trial.outcome.name(),
                u8::from(minimal.is_some())
            );
            for key in KEYS {
                let value = measure(key).and_then(|measure| (measure.read)(&trial.measures));
                let _ = write!(out, ",{}", value.map_or(String::new(), |x| format!("{x:.6}")));
            }
            let dispersed = minimal.map_or(",,,".to_string(), |m| {
                format!(",{},{},{}", m.landed.of, m.landed.count, m.lost)
            });
            let digest: String = trial.digest.iter().take(8).map(|x| format!("{x:02x}")).collect();
            let _ = writeln!(out, "{dispersed},{digest}");
        }
    }
    out
}
