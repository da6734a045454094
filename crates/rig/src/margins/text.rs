//! The study as lines for a terminal.

use super::{AXES, GAIN_DB, Margins, PHASE_DEG, Study};

/// Time between two lines of the table, s.
const EVERY_S: f64 = 20.0;

/// Decibels of a factor.
pub(super) fn db(factor: f64) -> f64 {
    20.0 * libm::log10(factor)
}

/// The lesser of the gain margins up and down, dB.
pub(super) fn gain_db(margins: &Margins) -> f64 {
    if margins.stable { db(margins.gain_up).min(-db(margins.gain_down)) } else { 0.0 }
}

/// Phase margin, deg.
pub(super) fn phase_deg(margins: &Margins) -> f64 {
    if margins.stable { margins.phase_rad.to_degrees() } else { 0.0 }
}

/// Damping of the liquid in the closed loop, percent.
pub(super) fn slosh_percent(margins: &Margins) -> f64 {
    100.0 * margins.slosh.1
}

/// The study in plain text, a line each.
pub fn lines(study: &Study) -> Vec<String> {
    let mut out = vec![
        format!("Attitude loop of {} in {}, broken at the engines", study.vehicle, study.name),
        String::new(),
        format!("{:52}{}", "", AXES.map(|axis| format!("axis {axis:<25}")).concat()),
        format!(
            "{:>8} {:14}{:>10}{:>8}{:>8}   {}",
            "t, s",
            "phase",
            "feet, m",
            "kg",
            "m/s²",
            format!("{:>6}{:>6}{:>6}{:>6}{:>5} ", "dB", "deg", "ms", "rad/s", "ζ %").repeat(3)
        ),
    ];
    let mut next_s = f64::NEG_INFINITY;
    for (k, point) in study.points.iter().enumerate() {
        if point.at.t_s < next_s && k + 1 < study.points.len() {
            continue;
        }
        next_s = point.at.t_s + EVERY_S - 0.1;
        let axes: String = point
            .margins
            .iter()
            .map(|m| {
                format!(
                    "{:>6.1}{:>6.0}{:>6.0}{:>6.2}{:>5.1} ",
                    gain_db(m),
                    phase_deg(m),
                    1e3 * m.delay_s,
                    m.slosh.0,
                    slosh_percent(m)
                )
            })
            .collect();
        out.push(format!(
            "{:>8.0} {:14}{:>10.0}{:>8.0}{:>8.2}   {axes}",
            point.at.t_s,
            point.at.phase.name(),
            point.at.altitude_m,
            point.mass_kg,
            point.thrust_m_s2
        ));
    }
    out.push(String::new());
    out.extend(summary(study));
    out
}

/// The least margins with where they are, a line each.
pub(super) fn summary(study: &Study) -> Vec<String> {
    type Read = fn(&Margins) -> f64;
    let rows: [(&str, &str, Option<f64>, Read); 4] = [
        ("gain margin", "dB", Some(GAIN_DB), gain_db),
        ("phase margin", "deg", Some(PHASE_DEG), phase_deg),
        ("delay margin", "ms", None, |m| 1e3 * m.delay_s),
        ("slosh damping", "%", None, slosh_percent),
    ];
    let mut out = Vec::new();
    for (name, unit, required, read) in rows {
        let mut line = format!("Least {name:14}");
        for (axis, label) in AXES.iter().enumerate() {
            if let Some((point, value)) = study.least(axis, read) {
                line += &format!("  {label} {value:.1} {unit} at {:.0} s;", point.at.t_s);
            }
        }
        if let Some(required) = required {
            let met = (0..3).all(|axis| study.least(axis, read).is_none_or(|(_, x)| x >= required));
            line +=
                &format!("  required {required} {unit}: {}", if met { "met" } else { "not met" });
        }
        out.push(line);
    }
    out
}
