//! The liquid in the tanks of a whole run.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::frames::Vector;
use truth::world::World;

#[test]
fn the_liquid_answers_to_the_jets_and_comes_to_rest_under_thrust() {
    let environment = environment(2);
    let mut config = config(&environment, 400_000.0);
    config.start.propellant_kg = 300.0;
    config.start.w_IB_B = Vector::zero();
    let mut still = World::new(&config, environment.clone(), 42, 7).unwrap();
    config.vehicle.tanks = Some(tanks());
    let mut world = World::new(&config, environment.clone(), 42, 7).unwrap();
    // Jets 0 and 5, on opposite sides, push towards +y: the liquid stays behind, towards −y.
    let jets = [100_000, 0, 0, 0, 0, 100_000, 0, 0];
    let push = |a: &mut icd::bus::Actuators| {
        a.main_open = true;
        a.jet_on_us = jets;
    };
    let mut furthest = 0.0_f64;
    for n in 0..50 {
        cycle(&mut world, n, push);
        cycle(&mut still, n, push);
        furthest = furthest.min(world.slosh_rad()[1]);
    }
    // 40 N against 420 N along the tanks would stand at 0.095 rad; the body's turn adds to it.
    assert!((-0.3..-0.05).contains(&furthest), "{furthest}");
    assert_eq!(still.slosh_rad(), [0.0; 2]);
    assert!((still.state().w_IB_B - world.state().w_IB_B).norm() > 1e-3, "the body feels it");
    for n in 50..10_050 {
        cycle(&mut world, n, |a| a.main_open = true);
    }
    // ζ ω = 0.03 × 1.9 rad/s: 200 s leave e⁻¹¹ of the swing; the turning body keeps a steady tilt.
    let settled = world.slosh_rad();
    cycle(&mut world, 10_050, |a| a.main_open = true);
    let rate = (world.slosh_rad()[1] - settled[1]).abs() / 0.02;
    assert!(rate < 2e-3, "{settled:?}, {rate} rad/s");
}
