//! What full flights do in their last second: share upright inside the envelope, and every landing that was not.
//! `cargo run -p frigoris-rig --example touchdowns -- FILE [RUNS [FIRST [SEED]]]`
#![allow(non_snake_case)]

use icd::tm::Phase;
use rayon::prelude::*;
use rig::closed_loop::{Stand, fly};
use rig::measures::Measures;
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::verdict::Class;
use std::path::Path;

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |i: usize, other: u64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(other);
    let file = arguments.first().map_or("scenarios/m2-nominal-from-ignition.toml", String::as_str);
    let mut scenario = Scenario::read(Path::new(file))?;
    scenario.seed = number(3, scenario.seed);
    let (runs, first) = (number(1, 100), number(2, 1));
    let stand = Stand::new(scenario)?;
    let rows: Vec<(u64, Option<Class>, Measures, [f64; 2])> = (first..first + runs)
        .into_par_iter()
        .map(|run| {
            let mut last = [0.0; 2];
            let flown = fly(&stand, run, Recording::Off, |frame| {
                if frame.telemetry.phase < Phase::Contact {
                    last = [frame.view.tilt_rad, frame.view.w_IB_B.norm()].map(f64::to_degrees);
                }
            })?;
            Ok((run, flown.judgement.class, flown.measures, last))
        })
        .collect::<miette::Result<_>>()?;
    println!(
        " run class      v_up  v_hor  tilt  rate  pads  rock  margin rest  max  kg  slide bounce stroke"
    );
    for (run, class, m, last) in &rows {
        let x = |value: Option<f64>| value.unwrap_or(f64::NAN);
        println!(
            "{run:4} {:9} {:5.2} {:5.2} {:5.2} {:5.2} {:5.1} {:5.2} {:7.3} {:5.1} {:5.1} {:5.1} {:5.2} {:5.2} {:4.2}",
            class.map_or("none", Class::name),
            x(m.v_vertical_m_s),
            x(m.v_horizontal_m_s),
            last[0],
            last[1],
            x(m.pads_slope_deg),
            x(m.pads_rock_m),
            x(m.topple_margin_J_kg),
            x(m.residual_tilt_deg),
            x(m.tilt_deg),
            x(m.propellant_kg),
            x(m.slide_m),
            x(m.bounce_m),
            x(m.leg_stroke_share),
        );
    }
    for class in Class::ALL {
        println!("{:10} {}", class.name(), rows.iter().filter(|row| row.1 == Some(class)).count());
    }
    Ok(())
}
