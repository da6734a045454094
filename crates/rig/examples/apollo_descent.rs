//! Draws Apollo 11's descent as its law flies it here, the planned table and the landing radar beside it.
//!
//! `cargo run -p frigoris-rig --example apollo_descent -- apollo.svg`
//! The flight is that of the test `validation_apollo_descent`; the radar's range is slant and counts to the
//! ground below, so it agrees with the altitude only once the lander stands upright.
#![allow(non_snake_case, clippy::print_stdout)]

#[path = "../tests/apollo/replay.rs"]
mod replay;

use replay::{Descent, Event, FT, Point, descent, planned};
use std::fmt::Write as _;

/// As in the test: how much farther from the site than by the rule the engine is lit, m.
const SHIFT_M: f64 = 11_000.0 * FT;
/// Size of one panel and the room around it, pixel.
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 70.0;
const GAP: f64 = 46.0;
const END_S: f64 = 760.0;
/// Ignition, ground elapsed time, s: 102:33:05.01.
const IGNITION_S: f64 = 102.0 * 3600.0 + 33.0 * 60.0 + 5.01;

/// One panel: a title, the vertical range, a line, dots of the plan, dots of the radar.
struct Panel {
    title: &'static str,
    range: [f64; 2],
    line: Vec<(f64, f64)>,
    plan: Vec<(f64, f64)>,
    radar: Vec<(f64, f64)>,
}

fn radar() -> Vec<(f64, f64)> {
    let text = include_str!("../../../data/apollo-11/radar.csv");
    let row = |line: &str| {
        let (time, range_m) = line.split_once(',').unwrap_or(("0:0:0", "0"));
        let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
        let t_s = time.split(':').fold(0.0, |sum, part| 60.0 * sum + number(part));
        (t_s - IGNITION_S, number(range_m) / 1e3)
    };
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(row).collect()
}

fn draw(out: &mut String, panel: &Panel, top: f64) {
    let [low, high] = panel.range;
    let x = |t: f64| LEFT + WIDTH * t / END_S;
    let y = |v: f64| top + HEIGHT * (1.0 - (v - low) / (high - low));
    let _ = writeln!(
        out,
        "<rect x='{LEFT}' y='{top}' width='{WIDTH}' height='{HEIGHT}' class='frame'/>\
         <text x='{LEFT}' y='{:.0}' class='title'>{}</text>",
        top - 8.0,
        panel.title
    );
    for k in 0..=4 {
        let value = low + (high - low) * f64::from(k) / 4.0;
        let _ = writeln!(
            out,
            "<line x1='{LEFT}' x2='{:.0}' y1='{y:.1}' y2='{y:.1}' class='grid'/>\
             <text x='{:.0}' y='{:.1}' class='y'>{value}</text>",
            LEFT + WIDTH,
            LEFT - 6.0,
            y(value) + 4.0,
            y = y(value)
        );
    }
    for minute in 0..=12 {
        let at = x(60.0 * f64::from(minute));
        let _ = writeln!(
            out,
            "<text x='{at:.1}' y='{:.0}' class='x'>{minute}</text>",
            top + HEIGHT + 14.0
        );
    }
    let path: Vec<String> =
        panel.line.iter().map(|(t, v)| format!("{:.1},{:.1}", x(*t), y(*v))).collect();
    let _ = writeln!(out, "<polyline points='{}' class='flown'/>", path.join(" "));
    for (t, v) in &panel.radar {
        let _ =
            writeln!(out, "<circle cx='{:.1}' cy='{:.1}' r='2.5' class='radar'/>", x(*t), y(*v));
    }
    for (t, v) in &panel.plan {
        let _ = writeln!(out, "<circle cx='{:.1}' cy='{:.1}' r='4' class='plan'/>", x(*t), y(*v));
    }
}

/// Planned beside flown, one line an event.
fn print(flown: &Descent, table: &[Event]) {
    println!(
        "event                    s   planned | speed m/s      | altitude m      | dv m/s         | to go km"
    );
    for event in table {
        let p = flown.at(event);
        println!(
            "{:22} {:4.0} {:5.0} | {:6.1} {:6.1} | {:7.0} {:7.0} | {:6.1} {:6.1} | {:6.1} {:?} {:.1} m/s over ground",
            event.name,
            p.t_s,
            event.t_s,
            p.speed_m_s,
            event.speed_m_s,
            p.altitude_m,
            event.altitude_m,
            p.dv_m_s,
            event.dv_m_s,
            p.to_go_m / 1e3,
            p.program,
            p.ground_m_s
        );
    }
}

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "apollo.svg".to_string());
    let flown = descent(SHIFT_M);
    let table = planned();
    let line = |value: fn(&Point) -> f64| flown.points.iter().map(|p| (p.t_s, value(p))).collect();
    let plan = |value: fn(&Event) -> f64| table.iter().map(|e| (e.t_s, value(e))).collect();
    let panels = [
        Panel {
            title: "altitude over the site, km",
            range: [0.0, 16.0],
            line: line(|p| p.altitude_m / 1e3),
            plan: plan(|e| e.altitude_m / 1e3),
            radar: radar(),
        },
        Panel {
            title: "inertial speed, m/s",
            range: [0.0, 1800.0],
            line: line(|p| p.speed_m_s),
            plan: plan(|e| e.speed_m_s),
            radar: Vec::new(),
        },
        Panel {
            title: "vertical speed, m/s",
            range: [-60.0, 0.0],
            line: line(|p| p.v_up_m_s),
            plan: plan(|e| e.v_up_m_s),
            radar: Vec::new(),
        },
        Panel {
            title: "thrust, kN",
            range: [0.0, 48.0],
            line: line(|p| p.thrust_N / 1e3),
            plan: Vec::new(),
            radar: Vec::new(),
        },
    ];
    let (width, height) = (LEFT + WIDTH + 20.0, (HEIGHT + GAP) * panels.len() as f64 + 60.0);
    let mut out = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' font-family='sans-serif'>\
         <style>.frame{{fill:none;stroke:#888}}.grid{{stroke:#ddd}}.flown{{fill:none;stroke:#1b62a8;\
         stroke-width:1.6}}.plan{{fill:none;stroke:#c0392b;stroke-width:1.6}}.radar{{fill:#2e8b57}}\
         .title{{font-size:13px}}.x{{font-size:11px;text-anchor:middle}}.y{{font-size:11px;\
         text-anchor:end}}</style><rect width='{width}' height='{height}' fill='white'/>\
         <text x='{LEFT}' y='20' font-size='15'>Apollo 11: line flown here by its law and targets, red the \
         planned table, green the landing radar (slant); minutes from ignition</text>\n"
    );
    for (k, panel) in panels.iter().enumerate() {
        draw(&mut out, panel, 52.0 + k as f64 * (HEIGHT + GAP));
    }
    out.push_str("</svg>\n");
    std::fs::write(&path, out)?;
    println!("engine lit {:.1} km before the site; {path}", flown.range_m / 1e3);
    print(&flown, &table);
    Ok(())
}
