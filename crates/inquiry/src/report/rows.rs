//! The table of evidence: the figures that an inquiry rests on, each with how it came to be.

use super::adapt::{Material, estimate, shown};
use super::sheet::{Figure, Row};
use super::words::{channel, device_name};
use crate::finding::Grade;
use crate::replayed::{Account, End};
use crate::trajectory::states::STATES;
use icd::bus::ShotQuality;
use icd::time::Time;
use icd::tm::{Phase, Snapshot};

/// Findings with a smaller gain are no evidence.
const GAIN_MIN: f64 = 5.0;
/// Rows of findings at the most.
const FINDINGS: usize = 24;
/// An estimated error this many standard deviations from zero is shown.
const SIGMAS: f64 = 4.0;
/// Believed altitude that counts as the ground, m.
const GROUND_M: f64 = 1.0;
/// Belief to be on the ground is worth a line so long before the end, s.
const WELL_BEFORE_S: f64 = 5.0;

/// Everything, in the order of time; what holds for the whole flight first.
pub(super) fn rows(told: &Material) -> Vec<Row> {
    let mut out = Vec::new();
    received(told, &mut out);
    replayed(told, &mut out);
    motion(told, &mut out);
    errors(told, &mut out);
    findings(told, &mut out);
    out.sort_by_key(|row| row.t);
    out
}

fn row(t: Option<Time>, grade: Grade, text: String, figure: Option<Figure>, source: &str) -> Row {
    Row { t, grade, text, figure, source: source.to_string() }
}

fn exact(value: f64, unit: &str) -> Option<Figure> {
    Some(Figure { value, sigma: None, unit: unit.to_string() })
}

/// Ranges as they came.
fn received(told: &Material, out: &mut Vec<Row>) {
    let shots = told.evidence.cycles.iter().filter_map(|cycle| cycle.sensors.rangefinder);
    let (mut all, mut valid) = (0_u32, 0_u32);
    let (mut first, mut last) = (None, None);
    for shot in shots {
        all += 1;
        if shot.quality == ShotQuality::Valid {
            valid += 1;
            first = first.or(Some(shot));
            last = Some(shot);
        }
    }
    if all > 0 {
        let share = 100.0 * f64::from(valid) / f64::from(all);
        let text = format!("{valid} of {all} shots of the rangefinder gave a range");
        out.push(row(None, Grade::Measured, text, exact(share, "%"), "raw cycles"));
    }
    for (shot, which) in [(first, "First"), (last, "Last")] {
        if let Some(shot) = shot {
            let text = format!("{which} valid range");
            let figure = exact(f64::from(shot.range_m), "m");
            out.push(row(Some(shot.t), Grade::Measured, text, figure, "raw cycles"));
        }
    }
}

/// What the flight software, run again, says of itself.
fn replayed(told: &Material, out: &mut Vec<Row>) {
    let text = match &told.replayed.end {
        Some(End::Whole) => {
            Some("The flight software run again repeats everything that came down, bit by bit")
        }
        Some(End::Gap(_)) => Some(
            "The flight software run again repeats everything that came down up to the first gap",
        ),
        _ => None,
    };
    if let Some(text) = text {
        let figure = exact(told.replayed.compared as f64, "lists of parameters");
        out.push(row(None, Grade::Derived, text.to_string(), figure, "replay"));
    }
    for account in told.replayed.accounts(told.evidence) {
        account_rows(&account, out);
    }
}

fn account_rows(account: &Account, out: &mut Vec<Row>) {
    let name = device_name(account.aid);
    let source = if account.replayed { "replay" } else { "housekeeping" };
    let grade = if account.replayed { Grade::Derived } else { Grade::Measured };
    let (used, refused) = account.counts();
    let text = format!("{name}: {used} readings used by navigation, {refused} not");
    let share = 100.0 * used as f64 / (used + refused).max(1) as f64;
    out.push(row(None, grade, text, exact(share, "% used"), source));
    if let (_, Some(parted)) = account.parting() {
        let text = format!(
            "{name}: from here on readings are not what navigation expects; measured less expected"
        );
        let figure =
            Figure { value: parted.nu, sigma: Some(parted.sigma), unit: account.unit.to_string() };
        out.push(row(Some(parted.t), grade, text, Some(figure), source));
    }
}

fn believed(told: &Material, t: Time) -> Option<Snapshot> {
    let after = told.replayed.snapshots.partition_point(|s| s.t < t);
    told.replayed.snapshots.get(after).or(told.replayed.snapshots.last()).copied()
}

/// The moments at which belief and estimate are compared.
fn moments(told: &Material) -> Vec<(Time, &'static str)> {
    let mut out = Vec::new();
    let shots = told.evidence.cycles.iter().filter_map(|cycle| cycle.sensors.rangefinder);
    let first = shots.into_iter().find(|shot| shot.quality == ShotQuality::Valid);
    out.extend(first.map(|shot| (shot.t, "at the first valid range")));
    let end = told.evidence.cycles.last().map(|cycle| cycle.sensors.t);
    let early = |t: &Time| end.is_none_or(|end| (end - *t).s() > WELL_BEFORE_S);
    let down = believed_down(told).filter(early);
    out.extend(down.map(|t| (t, "when navigation first believed itself on the ground")));
    out.extend(end.map(|t| (t, "at the last packet")));
    out
}

/// When navigation first believed the ground reached, in powered flight.
fn believed_down(told: &Material) -> Option<Time> {
    let flying = |s: &&Snapshot| (Phase::Braking..=Phase::Terminal).contains(&s.phase);
    let down = |s: &&Snapshot| s.nav.altitude_m <= GROUND_M;
    told.replayed.snapshots.iter().filter(flying).find(down).map(|s| s.t)
}

/// The best estimate at the moments that matter, and the impact.
fn motion(told: &Material, out: &mut Vec<Row>) {
    let source = "best-estimated trajectory";
    for (t, when) in moments(told) {
        let Some(sample) = told.trajectory.at(t) else { continue };
        let mut put = |text: String, pair: (f64, f64), unit: &str| {
            let figure = Some(estimate(pair, unit));
            out.push(row(Some(t), Grade::Inferred, text, figure, source));
        };
        let (v_up, sigma) = sample.v_up_m_s;
        put(format!("Altitude {when}"), sample.altitude_m, "m");
        put(format!("Descent speed {when}"), (-v_up, sigma), "m/s");
        if let Some(snapshot) = believed(told, t) {
            let error = snapshot.nav.altitude_m - sample.altitude_m.0;
            let text = format!("Altitude believed on board less the estimate, {when}");
            put(text, (error, sample.altitude_m.1), "m");
        }
    }
    for impact in &told.trajectory.impacts {
        let place =
            format!("{:.4}° latitude, {:.4}° longitude", impact.latitude_deg, impact.longitude_deg);
        let text = format!(
            "Meets the ground, {} (± {:.1} s), at {} (± {:.0} m); speed",
            impact.case,
            impact.sigma_s,
            place.replace('-', "−"),
            impact.sigma_m
        );
        let figure = Some(estimate((impact.speed_m_s, impact.sigma_m_s), "m/s"));
        out.push(row(Some(impact.t), Grade::Inferred, text, figure, source));
    }
}

/// Constant errors that the trajectory finds away from zero.
fn errors(told: &Material, out: &mut Vec<Row>) {
    const AXES: [&str; 6] = ["1", "2", "3", "4", "5", "6"];
    for line in STATES.iter().skip(3) {
        for (n, place) in line.places().enumerate() {
            let Some((value, sigma)) = told.trajectory.errors.get(place).copied() else { continue };
            if sigma > 0.0 && value.abs() > SIGMAS * sigma {
                let of = AXES.get(n).filter(|_| line.count > 1).map_or("", |axis| axis);
                let text = format!("{} {of}", line.name).trim().to_string();
                let figure = Some(estimate((value, sigma), line.unit));
                out.push(row(None, Grade::Inferred, text, figure, "best-estimated trajectory"));
            }
        }
    }
}

/// What two sentences share that say the same of different kinds of faults, which stand between backticks: each kind
/// counts its own readings, and the strongest speaks for all.
fn alike(text: &str) -> String {
    match text.split_once('`') {
        Some((before, _)) => before.chars().filter(|letter| !letter.is_ascii_digit()).collect(),
        None => text.to_string(),
    }
}

/// What the strongest findings rest on.
fn findings(told: &Material, out: &mut Vec<Row>) {
    let mut strong: Vec<_> = told.findings.iter().filter(|f| f.gain >= GAIN_MIN).collect();
    strong.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let mut shown: Vec<String> = Vec::new();
    for finding in strong {
        for seen in &finding.seen {
            let alike = alike(&seen.text);
            if shown.len() < FINDINGS && !shown.contains(&alike) {
                shown.push(alike);
                let source = channel(finding.channel);
                out.push(row(seen.t, seen.grade, seen.text.clone(), None, &source));
            }
        }
    }
}

/// How wrong navigation was when it mattered, in a sentence.
pub(super) fn belief_sentence(told: &Material) -> Option<String> {
    let (t, when) = moments(told).first().copied()?;
    let sample = told.trajectory.at(t)?;
    let snapshot = believed(told, t)?;
    let (v_up, sigma) = sample.v_up_m_s;
    let (altitude, speed) = (shown(sample.altitude_m, "m"), shown((-v_up, sigma), "m/s"));
    Some(format!(
        "{} the lander was {altitude} up and descending at {speed}; navigation believed {:.0} m.",
        super::words::capital(when),
        snapshot.nav.altitude_m
    ))
}
