//! The study as one HTML page that needs nothing but a browser, not even script.

use super::text::{number, term};
use super::{Candidate, REQUIRED_M, Row, SEEN_CLOSING_M_S, SEEN_M, Study, db};
use crate::report::chart::{CHART_STYLE, Chart, Curve};
use crate::report::{Shell, escape};
use std::fmt::Write;
use truth::sensors::link::Surface;

/// Points of a curve.
const POINTS: usize = 161;
const KM: f64 = 1e3;

/// The page.
pub fn page(study: &Study) -> String {
    let name = escape(&study.vehicle);
    let charts: String = charts(study).iter().map(Chart::figure).collect();
    let shell = Shell {
        title: "rangefinder",
        what: "rangefinder study",
        style: &[CHART_STYLE],
        theme: false,
    };
    shell.page(&format!(
        "<h1>How far the rangefinder of {name} sees</h1>\n{}{}{}\
         <div class=\"plots\">\n{charts}</div>\n\
         <footer>Reach: the range at which half of the shots are detected, in clear sight, as if the range \
         gate had no end. Figures of the instrument are assumed: its maker published none.</footer>",
        facts(study),
        candidates(study),
        budget(study)
    ))
}

fn facts(study: &Study) -> String {
    let spec = &study.spec;
    let facts = [
        (
            "pulse",
            format!(
                "{} µJ in {} ns",
                number(spec.pulse_energy_J * 1e6),
                number(spec.pulse_width_s * 1e9)
            ),
        ),
        ("wavelength", format!("{:.0} nm", spec.wavelength_m * 1e9)),
        ("beam", format!("{} mrad", number(spec.divergence_rad * 1e3))),
        ("aperture", format!("{} mm", number(spec.aperture_m * 1e3))),
        ("receiver noise", format!("{} nW", number(spec.noise_W * 1e9))),
        ("shot", format!("{} pulses in {} ms", spec.pulses(), number(spec.integration_s * 1e3))),
        ("threshold", format!("{} σ", spec.threshold_sigma)),
        ("false ranges", format!("{} in a million shots", number(study.link.false_alarm() * 1e6))),
        ("range gate", format!("{} to {} m", spec.range_m_min, spec.range_m_max)),
        (
            "ground",
            format!(
                "albedo {}, L = {}",
                study.surface.normal_albedo, study.surface.lommel_seeliger
            ),
        ),
    ];
    let items: String = facts
        .iter()
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value)))
        .collect();
    format!("<dl class=\"facts\">{items}</dl>\n")
}

fn budget(study: &Study) -> String {
    let heads: String = study
        .conditions()
        .iter()
        .map(|at| format!("<th class=\"number\">{}</th>", escape(&at.name)))
        .collect();
    let mut out = format!(
        "<section class=\"card\"><h2>Link budget</h2>\n\
         <table><thead><tr><th>term</th>{heads}<th>unit</th></tr></thead><tbody>"
    );
    for Row { what, unit, values, sum } in study.budget() {
        let class = if sum { " class=\"sum\"" } else { "" };
        let cells: String = values
            .iter()
            .map(|x| format!("<td class=\"number\">{}</td>", term(unit, *x)))
            .collect();
        let _ = write!(
            out,
            "<tr{class}><th>{}</th>{cells}<td><i>{}</i></td></tr>",
            escape(what),
            escape(unit)
        );
    }
    out.push_str("</tbody></table>\n</section>\n");
    out
}

fn candidates(study: &Study) -> String {
    let (required, here) = study.deficits();
    let share = libm::sqrt(libm::sqrt(required));
    let sideways_m = study.required_sideways_m();
    let mut out = format!(
        "<section class=\"card\"><h2>From 3 km to 893 m: what each published candidate would take alone</h2>\n\
         <p>Reach goes with the root of the echo's power. Upright and closing at {SEEN_CLOSING_M_S:.0} m/s, a \
         first range at {SEEN_M:.0} m is <b>{:.1} dB</b> ({required:.1} times) short of {REQUIRED_M:.0} m, and \
         {:.1} dB ({here:.0} times) short of what this unit would reach upright. Losses multiply: of a unit that \
         just reaches 3 km all four together need {share:.2} times ({:.1} dB) each.</p>\n\
         <p>Attitude weighs as \
         much: in braking, {:.0}° off the vertical and closing at {:.0} m/s, that unit reaches {:.0} m along \
         its beam, {:.0} m of altitude.</p>\n\
         <table><thead><tr><th>candidate</th><th>quantity</th><th class=\"number\">unit that just reaches 3 km\
         </th><th class=\"number\">this unit</th><th>to hold against it</th></tr></thead><tbody>",
        db(required),
        db(here),
        db(share),
        study.incidence_rad.to_degrees(),
        study.closing_m_s,
        sideways_m,
        sideways_m * libm::cos(study.incidence_rad)
    );
    for candidate in study.candidates() {
        let Candidate { name, quantity, unit, required, here, remark, .. } = &candidate;
        let pair = |(healthy, failed): &(f64, f64)| {
            format!("{} → {} <i>{}</i>", number(*healthy), number(*failed), escape(unit))
        };
        let _ = write!(
            out,
            "<tr><th>{}</th><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
            escape(name),
            escape(quantity),
            pair(required),
            pair(here),
            escape(remark)
        );
    }
    out.push_str("</tbody></table>\n</section>\n");
    out
}

fn charts(study: &Study) -> Vec<Chart> {
    vec![by_albedo(study), by_incidence(study), by_speed(study), detection(study)]
}

/// A curve over the span of `ticks`.
fn curve(label: String, colour: &'static str, ticks: &[f64], value: impl Fn(f64) -> f64) -> Curve {
    let (first, last) = match ticks {
        [first, .., last] => (*first, *last),
        _ => (0.0, 0.0),
    };
    let at = |k: usize| first + (last - first) * k as f64 / (POINTS - 1) as f64;
    let points = (0..POINTS).map(|k| (at(k), value(at(k)))).collect();
    Curve { label, colour, points }
}

fn ticks(last: f64, step: f64) -> Vec<f64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and positive
    let n = libm::round(last / step) as usize;
    (0..=n).map(|k| libm::round(k as f64 * step * 1e6) / 1e6).collect()
}

fn levels(study: &Study) -> Vec<(f64, &'static str)> {
    vec![
        (study.spec.range_m_max / KM, "gate ends"),
        (REQUIRED_M / KM, "3 km, due"),
        (SEEN_M / KM, "893 m, seen"),
    ]
}

fn by_albedo(study: &Study) -> Chart {
    let x_ticks = ticks(0.4, 0.05);
    let curves =
        [(0.0, "--truth"), (45.0, "--second"), (study.incidence_rad.to_degrees(), "--nav")].map(
            |(deg, colour)| {
                curve(format!("met at {deg:.0}°"), colour, &x_ticks, |normal_albedo| {
                    let surface = Surface { normal_albedo, ..study.surface };
                    study.reach_m(surface, f64::to_radians(deg), study.closing_m_s) / KM
                })
            },
        );
    Chart {
        title: "Reach against the ground's albedo",
        note: format!(
            "Closing at {} m/s. Normal albedo at the laser's wavelength.",
            study.closing_m_s
        ),
        x_label: "normal albedo",
        y_label: "reach, km",
        y_ticks: ticks(20.0, 2.0),
        curves: curves.into(),
        levels: levels(study),
        x_ticks,
        ..Chart::default()
    }
}

fn by_incidence(study: &Study) -> Chart {
    let x_ticks =
        ticks(85.0, 10.0).into_iter().chain([85.0]).filter(|x| *x <= 85.0).collect::<Vec<_>>();
    let usual = study.surface.lommel_seeliger;
    let curves = [(1.0, "--truth"), (usual, "--nav"), (0.0, "--second")].map(|(l, colour)| {
        let label = match l {
            1.0 => "Lommel–Seeliger (L = 1)".to_string(),
            0.0 => "Lambert (L = 0)".to_string(),
            l => format!("as assumed (L = {l})"),
        };
        let surface = Surface { lommel_seeliger: l, ..study.surface };
        curve(label, colour, &x_ticks, |deg| {
            study.reach_m(surface, deg.to_radians(), study.closing_m_s) / KM
        })
    });
    Chart {
        title: "Reach against the angle at which the ground is met",
        note: format!(
            "Albedo {}, closing at {} m/s. Most of the loss is the echo stretched over the footprint.",
            study.surface.normal_albedo, study.closing_m_s
        ),
        x_label: "incidence, degrees",
        y_label: "reach, km",
        y_ticks: ticks(20.0, 2.0),
        curves: curves.into(),
        levels: levels(study),
        x_ticks,
        ..Chart::default()
    }
}

fn by_speed(study: &Study) -> Chart {
    let x_ticks = ticks(400.0, 50.0);
    let upright = |factor: f64, speed: f64| {
        // The same pulses spread over a longer shot smear as a faster approach does.
        study.reach_m(study.surface, 0.0, factor * speed) / KM
    };
    let integration_ms = study.spec.integration_s * 1e3;
    let label = |factor: f64| format!("upright, {} ms a shot", number(factor * integration_ms));
    let curves = vec![
        curve(label(1.0), "--truth", &x_ticks, |v| upright(1.0, v)),
        curve(label(5.0), "--second", &x_ticks, |v| upright(5.0, v)),
        curve(label(25.0), "--reference", &x_ticks, |v| upright(25.0, v)),
        curve(
            format!("met at {:.0}°", study.incidence_rad.to_degrees()),
            "--nav",
            &x_ticks,
            |v| study.reach_m(study.surface, study.incidence_rad, v) / KM,
        ),
    ];
    Chart {
        title: "Reach against the closing speed",
        note: format!(
            "Albedo {}. Longer shots at the same number of pulses.",
            study.surface.normal_albedo
        ),
        x_label: "closing speed, m/s",
        y_label: "reach, km",
        y_ticks: ticks(20.0, 2.0),
        curves,
        levels: levels(study),
        x_ticks,
        ..Chart::default()
    }
}

fn detection(study: &Study) -> Chart {
    let x_ticks = ticks(6.0, 0.5);
    let (required, here) = study.deficits();
    let curves = vec![
        curve("unit that just reaches 3 km".into(), "--nav", &x_ticks, |km| {
            study.detection(km * KM, required / here)
        }),
        curve("10.5 dB less of it: 893 m".into(), "--limit", &x_ticks, |km| {
            study.detection(km * KM, 1.0 / here)
        }),
        curve("three halvings of it".into(), "--second", &x_ticks, |km| {
            study.detection(km * KM, 0.125 * required / here)
        }),
    ];
    Chart {
        title: "Chance of detection against range",
        note: format!(
            "Upright, closing at {SEEN_CLOSING_M_S:.0} m/s. Nine shots in ten are seen at {:.0} %, one in ten \
             at {:.0} % of the reach.",
            100.0 * study.reach_share(0.9),
            100.0 * study.reach_share(0.1)
        ),
        x_label: "range, km",
        y_label: "chance of detection",
        y_ticks: ticks(1.0, 0.2),
        curves,
        x_ticks,
        ..Chart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stands_alone_and_shows_charts_and_tables() {
        let page = page(&super::super::tests::study());
        for needle in ["src=", "@import", "url(http", "<script"] {
            assert!(!page.contains(needle), "{needle}");
        }
        assert_eq!(page.matches("<svg").count(), 4);
        assert_eq!(page.matches("<table>").count(), 2);
        for needle in ["NaN", ">inf", ">−inf", "inf,", "inf "] {
            assert!(!page.contains(needle), "a figure is not finite: {needle}");
        }
    }
}
