//! The study as one HTML page that needs nothing but a browser, not even script.

use super::text::{gain_db, phase_deg, slosh_percent, summary};
use super::{AXES, GAIN_DB, Margins, PHASE_DEG, Point, Study};
use crate::report::chart::{CHART_STYLE, Chart, Curve, ticks};
use crate::report::{Shell, escape};

const COLOURS: [&str; 3] = ["--truth", "--nav", "--second"];
/// A longer stretch without power between two points breaks the curves, s.
const BREAK_S: f64 = 30.0;

/// The page.
pub fn page(study: &Study) -> String {
    let charts: String = charts(study).iter().map(Chart::figure).collect();
    let lines: String =
        summary(study).iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let shell = Shell {
        title: "stability margins",
        what: "stability margins",
        style: &[CHART_STYLE],
        theme: false,
    };
    shell.page(&format!(
        "<h1>The attitude loop of {} in {}</h1>\n<ul>{lines}</ul>\n\
         <div class=\"plots\">\n{charts}</div>\n\
         <footer>Linear analysis every two seconds of powered flight, from the last long coast on: body, sloshing \
         liquid, valves, pulses, gyros and the law as flown, sampled at its own rate and broken at the engines. \
         x and y: across the thrust; z: along it, on jets.</footer>",
        escape(&study.vehicle),
        escape(&study.name)
    ))
}

/// The points after the last stretch without power.
fn powered(study: &Study) -> &[Point] {
    let points = &study.points;
    let begins = |k: &usize| points[*k].at.t_s - points[*k - 1].at.t_s > BREAK_S;
    let first = (1..points.len()).rev().find(begins).unwrap_or(0);
    &points[first..]
}

fn charts(study: &Study) -> Vec<Chart> {
    let points = powered(study);
    let slosh = vec![
        curve(points, "liquid, loop closed".into(), "--truth", |p| p.margins[0].slosh.0),
        curve(points, "liquid, no control".into(), "--second", |p| p.loops[0].plant.open_slosh().0),
        curve(points, "loop's crossover".into(), "--nav", |p| p.margins[0].crossover_rad_s),
        curve(points, "thrust acceleration, m/s²".into(), "--reference", |p| p.thrust_m_s2),
    ];
    let mut damping = per_axis(points, slosh_percent);
    damping.push(curve(points, "about x, no control".into(), "--reference", |p| {
        100.0 * p.loops[0].plant.open_slosh().1
    }));
    let required = |value: f64| vec![(value, "required")];
    let gain = chart(points, "Gain margin", "gain margin, dB", per_axis(points, gain_db));
    let phase = chart(points, "Phase margin", "phase margin, degrees", per_axis(points, phase_deg));
    vec![
        Chart {
            note: "The lesser of what the gain may rise and fall.".to_string(),
            levels: required(GAIN_DB),
            ..gain
        },
        Chart {
            note: "The least over all crossings of unit gain.".to_string(),
            levels: required(PHASE_DEG),
            ..phase
        },
        Chart {
            note: "Extra delay between law and engines that the closed loop bears: room for a computer.".to_string(),
            ..chart(points, "Delay margin", "delay margin, ms", per_axis(points, |m| 1e3 * m.delay_s))
        },
        Chart {
            note: "Of its mode in the closed loop. Below zero it would grow.".to_string(),
            ..chart(points, "Damping of the liquid", "damping ratio, %", damping)
        },
        Chart {
            note: "Its frequency follows thrust and filling.".to_string(),
            ..chart(points, "Where the liquid swings, about x", "rad/s", slosh)
        },
    ]
}

fn curve(
    points: &[Point],
    label: String,
    colour: &'static str,
    value: impl Fn(&Point) -> f64,
) -> Curve {
    let points = points.iter().map(|point| (point.at.t_s, value(point))).collect();
    Curve { label, colour, points }
}

fn per_axis(points: &[Point], value: fn(&Margins) -> f64) -> Vec<Curve> {
    let axes = AXES.iter().zip(COLOURS).enumerate();
    let about = |(axis, (name, colour)): (usize, (&&str, &'static str))| {
        curve(points, format!("about {name}"), colour, move |p| value(&p.margins[axis]))
    };
    axes.map(about).collect()
}

/// A chart over the time of the points, from zero to the largest value.
fn chart(
    points: &[Point],
    title: &'static str,
    y_label: &'static str,
    curves: Vec<Curve>,
) -> Chart {
    let [first, last] = [points.first(), points.last()].map(|p| p.map_or(0.0, |p| p.at.t_s));
    let most = curves.iter().flat_map(|c| &c.points).map(|p| p.1).filter(|y| y.is_finite());
    Chart {
        title,
        note: String::new(),
        x_label: "time since the start, s",
        y_label,
        x_ticks: ticks(first, last, 8.0),
        y_ticks: ticks(0.0, most.fold(1.0, f64::max), 6.0),
        curves,
        ..Chart::default()
    }
}
