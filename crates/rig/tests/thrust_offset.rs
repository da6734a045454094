//! Whether the observed distance of the thrust line from the centre of mass is the one there is.
//!
//! GIVEN dispersed vehicles: centre of mass 3 mm, each engine's thrust 1 %, its direction 0.1° (1 sigma).
//! WHEN a hundred seconds of braking have passed.
//! THEN the observer's distance, averaged over ten seconds, is that of nature's torque about the drawn centre of
//! mass, less the torque asked for, over the thrust asked for: to a twentieth of what the dispersions make of it.
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

use icd::tm::Phase;
use nalgebra::{Vector2, Vector3};
use rig::closed_loop::Simulation;
use rig::scenario::Scenario;
use rig::stand::Stand;
use std::path::Path;
use truth::dynamics::mass_properties;

/// Cycles of braking before the look, and of it.
const SETTLED: usize = 100 * 50;
const LOOKED_AT: usize = 10 * 50;
const RUNS: std::ops::RangeInclusive<u64> = 1..=8;

/// Mean distance along x and y, m: as there is, and as observed.
fn offsets(stand: &Stand, run: u64) -> [Vector2<f64>; 2] {
    let load = stand.load(run);
    let vehicle = &load.vehicle;
    let mut simulation = Simulation::new(stand, &load, run).unwrap();
    while simulation.flight().down().phase != Phase::Braking {
        simulation.step();
    }
    for _ in 0..SETTLED {
        simulation.step();
    }
    let (mut torque, mut force_N, mut seen) = (Vector3::zeros(), 0.0, Vector2::zeros());
    for _ in 0..LOOKED_AT {
        let exchange = simulation.step();
        let world = simulation.world();
        let machine = world.vehicle();
        let kg = world.state().propellant_kg;
        let r = mass_properties(&machine.dry, &machine.propellant, kg).p_BC_B;
        let wrench = world.thrust().wrench;
        torque += wrench.t_B - r.cross(&wrench.f_B);
        force_N += vehicle.main.thrust_N;
        for (p, us) in vehicle.p_assist_B.iter().zip(exchange.actuators.assist_on_us) {
            let asked_N = vehicle.assist.thrust_N * f64::from(us) / 1e5;
            torque -= Vector3::new(p[1], -p[0], 0.0) * asked_N;
            force_N += asked_N;
        }
        seen += Vector2::from(simulation.flight().thrust_offset_m());
    }
    [Vector2::new(-torque.y, torque.x) / force_N, seen / LOOKED_AT as f64]
}

#[test]
fn the_observed_offset_of_the_thrust_is_the_one_there_is() {
    let file = Path::new("../../scenarios/m2-nominal-from-ignition.toml");
    let stand = Stand::new(Scenario::read(file).unwrap()).unwrap();
    let (mut there, mut missed) = (0.0, 0.0);
    for run in RUNS {
        let [is, seen] = offsets(&stand, run);
        println!(
            "run {run}: is {:.3} {:.3} mm, seen {:.3} {:.3} mm",
            1e3 * is.x,
            1e3 * is.y,
            1e3 * seen.x,
            1e3 * seen.y
        );
        there += is.norm_squared();
        missed += (seen - is).norm_squared();
    }
    let axes = 2.0 * RUNS.count() as f64;
    let (there_m, missed_m) = ((there / axes).sqrt(), (missed / axes).sqrt());
    println!("root mean square an axis: is {there_m} m, missed by {missed_m} m");
    assert!((1.5e-3..8e-3).contains(&there_m), "{there_m}");
    assert!(missed_m < 0.05 * there_m, "{missed_m} of {there_m}");
}
