//! How whole flights end: every landing with its figures, and the classes counted.
//! `cargo run -p frigoris-rig --example touchdowns -- [FILE [RUNS [FIRST [SEED]]]]`
//!
//! Tilt and rate are those of the last pulse frame before contact, all else is as in campaigns.

#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

use icd::tm::Phase;
use rayon::prelude::*;
use rig::closed_loop::{Stand, fly};
use rig::measures::Measures;
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::statistics::Share;
use rig::verdict::Class;
use std::path::Path;

/// One landing.
struct Row {
    run: u64,
    class: Option<Class>,
    measures: Measures,
    /// Tilt, degrees, and rate, degrees per second, before contact.
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
            let mut before = [0.0; 2];
            let flown = fly(&stand, run, Recording::Off, |frame| {
                if frame.telemetry.phase < Phase::Contact {
                    let turning = frame.view.w_IB_B.norm();
                    before = [frame.view.tilt_rad, turning].map(f64::to_degrees);
                }
            })?;
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
    Ok(())
}
