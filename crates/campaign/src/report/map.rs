//! The map of the landings as a piece of SVG.
//!
//! Owns: the ground under it, dots, ellipses, the circle of the limit. Of more than [`POINTS_MAX`] landed runs it shows
//! every so-many-th, and every other run; the ellipses are of all.

use super::findings::landed;
use super::landing::{Landing, relief};
use super::plots::number;
use super::table::Table;
use rig::report::{base64, escape};
use std::fmt::Write;

/// Landed runs drawn on the map, at the most.
const POINTS_MAX: usize = 4000;
/// Side of the map.
const MAP: f64 = 620.0;
/// Pixels of the ground.
const PIXELS: usize = 360;
/// The map is never smaller than this times the circle of the limit.
const MAP_OF_LIMIT: f64 = 1.25;

/// The map: the ground, every landing, ellipses, the circle of the limit.
pub fn map(table: &Table, landing: &Landing, limit_m: Option<f64>) -> String {
    let half_m = half_side_m(landing, limit_m);
    let x = |east: f64| 0.5 * MAP * (1.0 + east / half_m);
    let y = |north: f64| 0.5 * MAP * (1.0 - north / half_m);
    let mut svg = String::new();
    let ground = relief(table, 2.0 * half_m, PIXELS);
    match &ground {
        Ok(png) => {
            let _ = write!(
                svg,
                "<image href=\"data:image/png;base64,{}\" width=\"{MAP}\" height=\"{MAP}\" preserveAspectRatio=\"none\"/>",
                base64(png)
            );
        }
        Err(_) => {
            let _ = write!(svg, "<rect width=\"{MAP}\" height=\"{MAP}\" style=\"fill:#39414d\"/>");
        }
    }
    points(&mut svg, table, landing, &x, &y);
    rings(&mut svg, landing, limit_m, half_m);
    let outside = landing.points_m.iter().filter(|p| p[0].abs().max(p[1].abs()) > half_m).count();
    scale_bar(&mut svg, half_m);
    let mut note = format!("North up, {} m across.", number(2.0 * half_m));
    if outside > 0 {
        let _ = write!(note, " {outside} runs came down outside of it.");
    }
    if let Err(reason) = &ground {
        let _ = write!(note, " The ground is not drawn: {}.", escape(reason));
    }
    format!(
        "<figure class=\"plot\"><div class=\"head\"><h3>Where the runs came down</h3></div>\
         <svg viewBox=\"0 0 {MAP} {MAP}\" role=\"img\" aria-label=\"Map of the landings\">{svg}</svg>\
         <div class=\"key\"><span class=\"dot\" style=\"--c:#3fc1ff\">landed</span><span class=\"dot\" style=\"--c:#ff5247\">otherwise</span>\
         <span style=\"--c:var(--muted)\">ellipses of 50, 95 and 99 %</span>{}</div>\
         <p class=\"note\">{note}</p></figure>\n",
        limit_m.map_or(String::new(), |m| format!(
            "<span style=\"--c:#d9a400;--style:dashed\">{} m from the target</span>",
            number(m)
        ))
    )
}

/// Ellipses, the circle of the limit, the target.
fn rings(svg: &mut String, landing: &Landing, limit_m: Option<f64>, half_m: f64) {
    let x = |east: f64| 0.5 * MAP * (1.0 + east / half_m);
    let y = |north: f64| 0.5 * MAP * (1.0 - north / half_m);
    let scale = 0.5 * MAP / half_m;
    let mut ring = |rx: f64, ry: f64, at: [f64; 2], turn_deg: f64, style: &str| {
        let _ = write!(
            svg,
            "<ellipse cx=\"{0:.1}\" cy=\"{1:.1}\" rx=\"{2:.1}\" ry=\"{3:.1}\" transform=\"rotate({turn_deg:.2} {0:.1} {1:.1})\" style=\"fill:none;{style}\"/>",
            x(at[0]),
            y(at[1]),
            rx * scale,
            ry * scale
        );
    };
    for ellipse in &landing.ellipses {
        let [long, short] = ellipse.semi_m;
        // The longer axis points to its azimuth; drawn upright, then turned clockwise.
        let turn_deg = landing.azimuth_rad.to_degrees();
        ring(short, long, landing.mean_m, turn_deg, "stroke:#0b1220;stroke-width:3.6;opacity:.55");
        ring(short, long, landing.mean_m, turn_deg, "stroke:#fff;stroke-width:1.6");
    }
    if let Some(limit_m) = limit_m {
        ring(limit_m, limit_m, [0.0, 0.0], 0.0, "stroke:#0b1220;stroke-width:3.6;opacity:.55");
        ring(
            limit_m,
            limit_m,
            [0.0, 0.0],
            0.0,
            "stroke:#ffd34d;stroke-width:2;stroke-dasharray:7 5",
        );
    }
    let _ = write!(
        svg,
        "<path d=\"M{0:.1} {1:.1}h18M{2:.1} {3:.1}v18\" style=\"stroke:#ffd34d;stroke-width:2\"/>",
        x(0.0) - 9.0,
        y(0.0),
        x(0.0),
        y(0.0) - 9.0
    );
}

/// Half the side of the map: the limit, the widest ellipse, nearly all landings at rest.
fn half_side_m(landing: &Landing, limit_m: Option<f64>) -> f64 {
    let mean = landing.mean_m[0].abs().max(landing.mean_m[1].abs());
    let widest = landing.ellipses.last().map_or(0.0, |ellipse| mean + ellipse.semi_m[0]);
    let (most, _) = landing.circle_m(0.999);
    let need_m = MAP_OF_LIMIT * limit_m.unwrap_or(0.0);
    let need_m = need_m.max(1.05 * widest).max(1.05 * most).max(10.0);
    let ten = libm::exp10(libm::floor(libm::log10(need_m)));
    let round = [1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0].map(|m| m * ten);
    round.into_iter().find(|half| *half >= need_m).unwrap_or(need_m)
}

/// Dots as the round ends of lines without length: a path a colour.
fn points(
    svg: &mut String,
    table: &Table,
    landing: &Landing,
    x: &dyn Fn(f64) -> f64,
    y: &dyn Fn(f64) -> f64,
) {
    let good = |i: usize| landed(table.outcomes[landing.places[i]]);
    let of_good = (0..landing.places.len()).filter(|i| good(*i)).count();
    let stride = of_good.div_ceil(POINTS_MAX).max(1);
    let width = if of_good > 1000 { 3.2 } else { 4.6 };
    for (landed, colour) in [(true, "#3fc1ff"), (false, "#ff5247")] {
        let mut path = String::new();
        let shown = (0..landing.places.len()).filter(|i| good(*i) == landed);
        for i in shown.step_by(if landed { stride } else { 1 }) {
            let [east, north] = landing.points_m[i];
            let (x, y) = (x(east), y(north));
            if (0.0..=MAP).contains(&x) && (0.0..=MAP).contains(&y) {
                let _ = write!(path, "M{x:.1} {y:.1}h0");
            }
        }
        let _ = write!(
            svg,
            "<g style=\"fill:none;stroke-linecap:round\"><path d=\"{path}\" style=\"stroke:#0b1220;stroke-width:{};opacity:.45\"/>\
             <path d=\"{path}\" style=\"stroke:{colour};stroke-width:{width};opacity:.9\"/></g>",
            width + 1.8
        );
    }
}

fn scale_bar(svg: &mut String, half_m: f64) {
    let about_m = 0.5 * half_m;
    let ten = libm::exp10(libm::floor(libm::log10(about_m)));
    let length_m = [5.0, 2.0, 1.0].map(|m| m * ten).into_iter().find(|m| *m <= about_m);
    let length_m = length_m.unwrap_or(ten);
    let (left, base) = (18.0, MAP - 20.0);
    let _ = write!(
        svg,
        "<path d=\"M{left} {base}h{:.1}\" style=\"stroke:#fff;stroke-width:3\"/>\
         <text x=\"{left}\" y=\"{}\" style=\"fill:#fff;font-size:16px;paint-order:stroke;stroke:#0b1220;stroke-width:3px\">{} m</text>",
        length_m / half_m * 0.5 * MAP,
        base - 8.0,
        number(length_m)
    );
}
