//! The study as lines for a terminal.

use super::{Candidate, REQUIRED_M, SEEN_CLOSING_M_S, SEEN_M, Study, db};
use truth::sensors::link::Surface;

/// Albedos of the table of reaches.
const ALBEDOS: [f64; 5] = [0.05, 0.10, 0.15, 0.25, 0.40];
/// Angles of incidence of the table of reaches, deg.
const INCIDENCES_DEG: [f64; 5] = [0.0, 30.0, 45.0, 65.0, 75.0];

/// The study in plain text, a line each.
pub fn lines(study: &Study) -> Vec<String> {
    let mut out = vec![format!("Rangefinder of {}", study.vehicle), String::new()];
    out.extend(budget(study));
    out.push(String::new());
    out.extend(reaches(study));
    out.push(String::new());
    out.extend(candidates(study));
    out
}

fn budget(study: &Study) -> Vec<String> {
    let names: String = study.conditions().iter().map(|at| format!("{:>28}", at.name)).collect();
    let mut out = vec![format!("{:34} {:6}{names}", "Link budget", "")];
    for row in study.budget() {
        let values: String =
            row.values.iter().map(|x| format!("{:>28}", term(row.unit, *x))).collect();
        out.push(format!("  {:32} {:6}{values}", row.what, row.unit));
    }
    out
}

fn reaches(study: &Study) -> Vec<String> {
    let heads: String =
        INCIDENCES_DEG.iter().map(|deg| format!("{:>9}", format!("{deg}°"))).collect();
    let mut out = vec![
        format!(
            "Range at which half of the shots are detected, m, closing at {} m/s, by incidence:",
            study.closing_m_s
        ),
        format!("  {:24}{heads}", "normal albedo"),
    ];
    for normal_albedo in ALBEDOS {
        let surface = Surface { normal_albedo, ..study.surface };
        let cells: String = INCIDENCES_DEG
            .iter()
            .map(|deg| study.reach_m(surface, deg.to_radians(), study.closing_m_s))
            .map(|reach_m| format!("{reach_m:>9.0}"))
            .collect();
        out.push(format!("  {normal_albedo:<24}{cells}"));
    }
    out.push(format!("  The range gate ends at {:.0} m.", study.spec.range_m_max));
    out
}

fn candidates(study: &Study) -> Vec<String> {
    let (required, here) = study.deficits();
    let mut out = vec![
        format!(
            "Upright, closing at {SEEN_CLOSING_M_S} m/s, {SEEN_M} m are {:.1} dB short ({required:.1} times) of \
             {REQUIRED_M} m,",
            db(required)
        ),
        format!(
            "and {:.1} dB short ({here:.0} times) of what this unit reaches. Alone, it takes:",
            db(here)
        ),
        format!(
            "  {:36}{:36}{:>22}{:>22}",
            "candidate", "quantity", "just reaching 3 km", "this unit"
        ),
    ];
    for candidate in study.candidates() {
        let Candidate { name, quantity, unit, required, here, .. } = &candidate;
        let pair = |(healthy, failed): &(f64, f64)| {
            format!("{} → {} {unit}", number(*healthy), number(*failed)).trim_end().to_string()
        };
        out.push(format!("  {name:36}{quantity:36}{:>22}{:>22}", pair(required), pair(here)));
    }
    let share = libm::sqrt(libm::sqrt(required));
    out.push(format!(
        "  All four together, from 3 km: {share:.2} times each, {:.1} dB.",
        db(share)
    ));
    let sideways_m = study.required_sideways_m();
    out.push(format!(
        "  In braking, the unit that just reaches 3 km upright reaches {sideways_m:.0} m along its beam: {:.0} m of \
         altitude.",
        sideways_m * libm::cos(study.incidence_rad)
    ));
    out
}

/// A term of the budget: decibels to a tenth, the rest as [`number`].
pub(super) fn term(unit: &str, x: f64) -> String {
    if unit.starts_with("dB") { format!("{x:.1}").replace('-', "−") } else { number(x) }
}

/// A figure for a person: three significant digits and no needless zeros.
pub(super) fn number(x: f64) -> String {
    let magnitude = if x == 0.0 { 0.0 } else { libm::floor(libm::log10(x.abs())) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..=5
    let decimals = (2.0 - magnitude).clamp(0.0, 5.0) as usize;
    format!("{x:.decimals$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_three_digits() {
        let seen = [7702.8, 103.25, 14.23, -1.036, 0.0222, 0.305, 0.0].map(number);
        assert_eq!(seen, ["7703", "103", "14.2", "−1.04", "0.0222", "0.305", "0.00"]);
    }

    #[test]
    fn the_text_names_every_candidate_and_the_published_deficit() {
        let text = lines(&super::super::tests::study()).join("\n");
        for needle in
            ["surface", "laser output", "closing speed", "receiver", "10.5 dB", "11.3 times"]
        {
            assert!(text.contains(needle), "{needle}\n{text}");
        }
    }
}
