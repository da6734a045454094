//! The study as one HTML page without script, and its map as a picture.

use super::text::lines;
use super::{After, Findings, ROCKS_M_S, V_M_S_MAX, Way};
use crate::report::chart::{CHART_STYLE, Chart, Curve};
use crate::report::{Shell, escape};

/// Points of a closed form.
const POINTS: usize = 81;
/// Steepest slope of the map, degrees.
const AXIS_DEG_MAX: f64 = 45.0;

const OWN_STYLE: &str = "pre { overflow-x: auto; font-size: 12.5px; }";

/// The page.
pub fn page(found: &Findings) -> String {
    let name = escape(&found.vehicle);
    let text = escape(&lines(found).join("\n"));
    let shell = Shell {
        title: "touchdown",
        what: "touchdown study",
        style: &[CHART_STYLE, OWN_STYLE],
        theme: false,
    };
    shell.page(&format!(
        "<h1>What {name} can land on</h1>\n{}\n\
         <section class=\"card\"><pre>{text}</pre></section>\n\
         <footer>Every landing has its own sink rate, tilt, rate, heading, friction, soil, masses and liquid. \
         Even slopes, no rocks.</footer>",
        chart(found).figure()
    ))
}

/// The map alone, as a file of its own.
pub fn picture(found: &Findings) -> String {
    chart(found).picture(&found.vehicle)
}

fn chart(found: &Findings) -> Chart {
    let mut curves: Vec<Curve> = found
        .boundaries
        .iter()
        .map(|line| Curve {
            label: format!("{}, {}", line.way.name(), line.after.name()),
            colour: match (line.after, line.way) {
                (After::Shut, _) => "--limit",
                (_, Way::Down) => "--nav",
                (_, Way::Across | Way::Any) => "--second",
            },
            points: line.points.iter().map(|(deg, least, _)| (*deg, *least)).collect(),
        })
        .collect();
    let geometry = &found.geometry;
    let static_deg = geometry.static_rad().to_degrees();
    // What lies above the axis is left out, and what follows the first zero.
    let closed = |speed: &dyn Fn(f64) -> f64| {
        let at = |n: usize| static_deg * n as f64 / (POINTS - 1) as f64;
        let points: Vec<_> = (0..POINTS).map(|n| (at(n), speed(at(n).to_radians()))).collect();
        let zero = points.iter().position(|(_, v_m_s)| *v_m_s <= 1e-9).unwrap_or(POINTS);
        points.into_iter().take(zero + 1).filter(|(_, v_m_s)| *v_m_s <= V_M_S_MAX).collect()
    };
    curves.push(Curve {
        label: format!("closed form: feet that stick trip, static limit {static_deg:.0}°"),
        colour: "--truth",
        points: closed(&|slope_rad| geometry.trips_m_s(slope_rad)),
    });
    curves.push(Curve {
        label: format!("closed form: falls over its upper feet at {ROCKS_M_S:.0} m/s down"),
        colour: "--muted",
        points: closed(&|slope_rad| geometry.rocks_m_s(slope_rad, ROCKS_M_S)),
    });
    let (slope_deg, v_m_s) = (found.envelope.slope_deg, found.envelope.v_m_s);
    curves.push(Curve {
        label: format!("envelope, ends upright: {slope_deg:.0}°, {v_m_s:.1} m/s"),
        colour: "--reference",
        points: vec![(0.0, v_m_s), (slope_deg, v_m_s), (slope_deg, 0.0)],
    });
    Chart {
        title: "Slope against horizontal speed",
        note: format!(
            "Below a line every one of {} landings at that slope and speed stood.",
            found.draws
        ),
        x_label: "slope, degrees",
        y_label: "horizontal speed at contact, m/s",
        x_ticks: (0..=9).map(|n| AXIS_DEG_MAX / 9.0 * f64::from(n)).collect(),
        y_ticks: (0..=5).map(|n| V_M_S_MAX / 5.0 * f64::from(n)).collect(),
        curves,
        ..Chart::default()
    }
}
