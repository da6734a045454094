//! What the step of integration costs in truth: `cargo run --release -p frigoris-rig --example steps -- FILE HZ...`.
//!
//! Flies the scenario once at 1000 Hz, then gives the same commands to worlds of other steps and prints
//! how far they are from the first, 20 m over the ground.

use icd::bus::Actuators;
use rig::closed_loop::{Exchange, Simulation, Stand};
use rig::scenario::Scenario;
use std::path::Path;
use std::sync::Arc;
use truth::dynamics::State;

const REFERENCE_HZ: u32 = 1000;
const LOWEST_M: f64 = 20.0;

/// Instants of comparison after the first cycle, s.
const AT_S: [f64; 5] = [20.0, 60.0, 200.0, 300.0, 600.0];

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().map_or("scenarios/m2-nominal-from-ignition.toml", String::as_str);
    let mut stand = Stand::new(Scenario::read(Path::new(file))?)?;
    let load = stand.load(1);
    Arc::make_mut(&mut stand.scenario).truth.step_hz = REFERENCE_HZ;
    let mut flight = Simulation::new(&stand, &load, 1)?;
    let start = flight.world().state().t;
    let mut commands: Vec<(Actuators, State)> = vec![];
    while flight.world().ended().is_none() && flight.world().view().altitude_m > LOWEST_M {
        let actuators = flight.step().actuators;
        commands.push((actuators, *flight.world().state()));
    }
    println!("{} cycles at {REFERENCE_HZ} Hz", commands.len());
    for hz in arguments.iter().skip(1).filter_map(|hz| hz.parse().ok()) {
        Arc::make_mut(&mut stand.scenario).truth.step_hz = hz;
        let mut replay = Simulation::new(&stand, &load, 1)?;
        for (actuators, reference) in &commands {
            let sensors = replay.exchange().sensors;
            replay.carry_on(&Exchange { sensors, actuators: *actuators });
            let (state, at_s) = (replay.world().state(), (reference.t - start).s());
            if AT_S.iter().all(|at| (at - at_s).abs() > 1e-6) {
                continue;
            }
            println!(
                "{hz:5} Hz {at_s:4} s: {:.1e} m, {:.1e} m/s, attitude {:.1e} rad, rate {:.1e} rad/s",
                (state.p_MB_I - reference.p_MB_I).norm(),
                (state.v_MB_I - reference.v_MB_I).norm(),
                (state.q_IB.inverse() * reference.q_IB).log().norm(),
                (state.w_IB_B - reference.w_IB_B).norm(),
            );
        }
    }
    Ok(())
}
