//! How whole flights end: every landing with its figures, the classes counted, what flights bring to the ground, and
//! how much of that lies inside an envelope of `frigoris touchdown`.
//! `cargo run -p frigoris-rig --example touchdowns -- [FILE [RUNS [FIRST [SEED [SLOPE_DEG SPEED_M_S]]]]]`
//!
//! Tilt and rate before are those of the first contact, all else is as in campaigns.

#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

use rayon::prelude::*;
use rig::closed_loop::{Stand, fly};
use rig::measures::Measures;
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::statistics::Share;
use rig::touchdown_study::{Envelope, RATE_DEG_S, TILT_DEG, V_DOWN_M_S};
use rig::verdict::Class;
use std::path::Path;

/// One landing.
struct Row {
    run: u64,
    class: Option<Class>,
    measures: Measures,
    /// Tilt, degrees, and rate, degrees per second, at the first contact.
    before: [f64; 2],
}

impl Row {
    fn line(&self) -> String {
        let m = &self.measures;
        let x = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let [tilt_deg, rate_deg_s] = self.before;
        format!(
            "{:4} {:9} {:6.2} {:6.2} {tilt_deg:6.1} {rate_deg_s:6.1} {:6.1} {:6.2} {:7.3} {:6.1} {:6.1} {:6.1} {:6.2} {:6.2} {:6.2}",
            self.run,
            self.class.map_or("none", Class::name),
            x(m.v_vertical_m_s),
            x(m.v_horizontal_m_s),
            x(m.pads_slope_deg),
            x(m.pads_rock_m),
            x(m.topple_margin_J_kg),
            x(m.residual_tilt_deg),
            x(m.tilt_deg),
            x(m.propellant_kg),
            x(m.slide_m),
            x(m.bounce_m),
            x(m.leg_stroke_share),
        )
    }
}

/// What flights bring to the ground, by quantiles.
fn brought(rows: &[&Row]) {
    println!("at contact          median   95 %   99 %  worst");
    type Read = fn(&Row) -> Option<f64>;
    let table: [(&str, Read); 5] = [
        ("slope under pads, °", |row| row.measures.pads_slope_deg),
        ("horizontal, m/s", |row| row.measures.v_horizontal_m_s),
        ("down, m/s", |row| row.measures.v_vertical_m_s),
        ("tilt, °", |row| Some(row.before[0])),
        ("rate, °/s", |row| Some(row.before[1])),
    ];
    for (what, read) in table {
        let mut all: Vec<f64> = rows.iter().filter_map(|row| read(row)).collect();
        all.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let n = (share * all.len() as f64) as usize;
            all.get(n.min(all.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
        };
        let cells = [0.5, 0.95, 0.99, 1.0].map(|share| format!("{:7.2}", at(share))).concat();
        println!("{what:19}{cells}");
    }
}

/// How many landings lie inside the envelope, and how those ended.
fn inside(rows: &[&Row], envelope: &Envelope) {
    let share = |name: &str, count: usize, of: usize| {
        let share = Share::new(count as u64, of as u64);
        let (low, high) = (100.0 * share.low, 100.0 * share.high);
        println!("{name} {count} of {of} [{low:.2}, {high:.2}] %");
    };
    let within = |row: &&&Row| {
        let m = &row.measures;
        m.pads_slope_deg.zip(m.v_horizontal_m_s).is_some_and(|(deg, v)| envelope.has(deg, v))
    };
    let drawn = |row: &&&Row| {
        let [tilt_deg, rate_deg_s] = row.before;
        let slow = row.measures.v_vertical_m_s.is_some_and(|v_m_s| v_m_s <= V_DOWN_M_S[1]);
        slow && tilt_deg <= TILT_DEG && rate_deg_s <= RATE_DEG_S
    };
    let upright = |row: &&&Row| row.class == Some(Class::Upright);
    let held: Vec<&&Row> = rows.iter().filter(within).collect();
    println!("envelope: slope to {}°, {} m/s", envelope.slope_deg, envelope.v_m_s);
    share("inside it", held.len(), rows.len());
    let fewer = rows.iter().filter(within).filter(drawn).count();
    share("inside, and of the sink rate, tilt and rate that the study draws", fewer, rows.len());
    share(
        "upright, of those inside",
        rows.iter().filter(within).filter(upright).count(),
        held.len(),
    );
    let outside = rows.len() - held.len();
    let others = rows.iter().filter(|row| !within(row)).filter(upright).count();
    share("upright, of those outside", others, outside);
}

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |i: usize, other: u64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(other);
    let file = arguments.first().map_or("scenarios/m2-nominal-from-ignition.toml", String::as_str);
    let mut scenario = Scenario::read(Path::new(file))?;
    scenario.seed = number(3, scenario.seed);
    let (runs, first) = (number(1, 100), number(2, 1));
    let stand = Stand::new(scenario)?;
    let rows: Vec<Row> = (first..first + runs)
        .into_par_iter()
        .map(|run| {
            let flown = fly(&stand, run, Recording::Off, |_| {})?;
            let before = flown
                .touchdown
                .map_or([f64::NAN; 2], |met| [met.tilt_rad, met.rate_rad_s].map(f64::to_degrees));
            let (class, measures) = (flown.judgement.class, flown.measures);
            Ok(Row { run, class, measures, before })
        })
        .collect::<miette::Result<_>>()?;
    println!(
        " run class      v_down  v_hor   tilt   rate   pads   rock  margin   rest   most   left  slide bounce stroke"
    );
    rows.iter().for_each(|row| println!("{}", row.line()));
    for class in Class::ALL {
        let count = rows.iter().filter(|row| row.class == Some(class)).count() as u64;
        let share = Share::new(count, runs);
        let (low, high) = (100.0 * share.low, 100.0 * share.high);
        println!("{:10} {count} of {runs} [{low:.2}, {high:.2}] %", class.name());
    }
    let landed: Vec<&Row> = rows.iter().filter(|row| row.class.is_some()).collect();
    brought(&landed);
    let limit = |i: usize| arguments.get(i).and_then(|a| a.parse().ok());
    if let (Some(slope_deg), Some(v_m_s)) = (limit(4), limit(5)) {
        inside(&landed, &Envelope { slope_deg, v_m_s });
    }
    Ok(())
}
