//! The study as one HTML page without script, and its map as a picture.

use super::text::lines;
use super::{After, Findings, ROCKS_M_S, V_M_S_MAX, Way};
use crate::report::chart::{CHART_STYLE, Chart, Curve};
use crate::report::{STYLE, escape};

/// Points of a closed form.
const POINTS: usize = 81;
/// Steepest slope of the map, degrees.
const SLOPE_DEG_MAX: f64 = 35.0;

/// The page.
pub fn page(found: &Findings) -> String {
    let name = escape(&found.vehicle);
    let text = escape(&lines(found).join("\n"));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Frigoris · touchdown</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>{STYLE}\n{CHART_STYLE} pre {{ overflow-x: auto; font-size: 12.5px; }}</style>\n</head>\n<body>\n\
         <header class=\"top\"><div class=\"brand\"><span class=\"disc\"></span>Frigoris</div>\
         <div class=\"what\">touchdown study</div></header>\n<main>\n\
         <h1>What {name} can land on</h1>\n{}\n\
         <section class=\"card\"><pre>{text}</pre></section>\n\
         <footer>Every landing has its own sink rate, tilt, rate, heading, friction, soil, masses and liquid. \
         Even slopes, no rocks.</footer>\n</main>\n</body>\n</html>\n",
        chart(found).figure()
    )
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
                (_, Way::Across) => "--second",
                (_, Way::Up | Way::Any) => "--reference",
            },
            points: line.points.iter().map(|(deg, least, _)| (*deg, *least)).collect(),
        })
        .collect();
    let static_deg = found.geometry.static_rad().to_degrees();
    let at = |n: usize| static_deg * n as f64 / (POINTS - 1) as f64;
    let trips = |deg: f64| found.geometry.trips_m_s(deg.to_radians());
    curves.push(Curve {
        label: format!("closed form: feet that stick trip, static limit {static_deg:.0}°"),
        colour: "--second",
        points: (0..POINTS).map(|n| (at(n), trips(at(n)))).collect(),
    });
    let rocks = |deg: f64| found.geometry.rocks_m_s(deg.to_radians(), ROCKS_M_S).min(V_M_S_MAX);
    let rocking = (0..POINTS).map(|n| (at(n), rocks(at(n))));
    curves.push(Curve {
        label: format!("closed form: falls over its upper feet at {ROCKS_M_S:.0} m/s down"),
        colour: "--truth",
        points: rocking.take_while(|(_, v_m_s)| *v_m_s > 0.0).collect(),
    });
    let (slope_deg, v_m_s) = (found.envelope.slope_deg, found.envelope.v_m_s);
    curves.push(Curve {
        label: format!("envelope, ends upright: {slope_deg:.0}°, {v_m_s:.1} m/s"),
        colour: "--muted",
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
        x_ticks: (0..=7).map(|n| SLOPE_DEG_MAX / 7.0 * f64::from(n)).collect(),
        y_ticks: (0..=5).map(|n| V_M_S_MAX / 5.0 * f64::from(n)).collect(),
        curves,
        levels: vec![],
    }
}
