//! Prints one flight as a table: `cargo run -p frigoris-rig --example trace -- FILE [EVERY_S [FROM_S [RUN]]]`.
//!
//! The quick look for whoever tunes: fact beside estimate, one line every so many seconds.

use icd::frames::{B, I};
use icd::rotation::Quaternion;
use rig::closed_loop::{Stand, fly};
use rig::measures::MEASURES;
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |i: usize, other: f64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(other);
    let file = arguments.first().map_or("scenarios/m2-nominal.toml", String::as_str);
    let (every_s, from_s) = (number(1, 20.0), number(2, 0.0));
    let stand = Stand::new(Scenario::read(Path::new(file))?)?;
    let run = number(3, 0.0).abs() as u64;
    let mut next_s = from_s;
    println!(
        "      t_s phase   altitude  believed  sigma    v_up believed  v_hor believed  tilt     mass believed thrust  throttle  along    across  east   north   turned             innovation"
    );
    let flown = fly(&stand, run, Recording::Full, |frame| {
        if frame.t_s < next_s {
            return;
        }
        next_s = frame.t_s + every_s - 1e-6;
        let (view, down) = (frame.view, frame.telemetry);
        let believed = Quaternion::<I, B>::from_si(down.nav.q_IB);
        let turn = (view.q_IB.inverse() * believed).log().map(f64::to_degrees);
        println!(
            "{:9.2} {:5} {:10.1} {:9.1} {:6.1} {:7.2} {:8.2} {:7.2} {:7.2} {:6.1} {:8.2} {:7.2} {:6.0} {:7.3} {:9.0} {:8.0} {:7.0} {:7.0} {:8.4} {:8.4} {:8.4} {:8.1}",
            frame.t_s,
            down.phase as u8,
            view.altitude_m,
            down.nav.altitude_m,
            down.nav.sigma_altitude_m,
            view.v_up_m_s,
            down.nav.v_up_m_s,
            view.v_horizontal_m_s,
            down.nav.v_horizontal_m_s,
            view.tilt_rad.to_degrees(),
            view.mass_kg,
            down.nav.mass_kg,
            view.main_thrust_N + view.assist_thrust_N,
            down.guidance.throttle,
            down.guidance.downrange_m,
            down.guidance.crossrange_m,
            view.p_LB_L.x(),
            view.p_LB_L.y(),
            turn[0],
            turn[1],
            turn[2],
            down.rangefinder.nu,
        );
    })?;
    for (t_s, event) in &flown.events {
        println!("{t_s:9.2} s {}", event.name());
    }
    for measure in MEASURES {
        let value = (measure.read)(&flown.measures).unwrap_or(f64::NAN);
        println!("{:40} {value:12.3} {}", measure.key, measure.unit);
    }
    println!("{} ({})", flown.judgement.outcome.name(), flown.judgement.grade.name());
    for reason in &flown.judgement.reasons {
        println!("  {reason}");
    }
    println!("record hash {}", flown.record.map_or(String::new(), |record| record.hash()));
    Ok(())
}
