//! Every scenario of Mission 1, flown to its end and held against what its own file expects.
//!
//! GIVEN, WHEN and THEN stand in the files under `scenarios/`; a failure prints what was not as expected.

use rig::closed_loop::{Flown, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::verdict::Outcome;
use std::path::Path;

fn scenario(name: &str) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    Scenario::read(&file).unwrap()
}

fn flown(scenario: Scenario, run: u64) -> Flown {
    let name = scenario.name();
    let flown = fly(&Stand::new(scenario).unwrap(), run, Recording::Off, |_| {}).unwrap();
    println!("{name} {run}: {:?} {:#?}", flown.judgement.headline(), flown.measures);
    flown
}

fn as_expected(name: &str) {
    let flown = flown(scenario(name), 0);
    assert!(flown.judgement.as_expected, "{name}: {:#?}", flown.judgement.reasons);
}

#[test]
fn as_flown_runs_dry_above_the_ground_inside_every_band() {
    as_expected("m1-as-flown.toml");
}

#[test]
fn as_flown_lands_where_it_was_to_land_before_the_site_was_moved() {
    as_expected("m1-before-flight.toml");
}

#[test]
fn the_loss_does_not_hang_on_the_reading_of_the_vehicle() {
    as_expected("m1-as-flown-a.toml");
}

#[test]
fn resilient_lands_on_both_readings_of_the_vehicle() {
    as_expected("m1-resilient.toml");
    as_expected("m1-resilient-a.toml");
}

#[test]
fn resilient_lands_on_the_sensors_the_lander_had() {
    as_expected("m1-resilient-same-sensors.toml");
}

#[test]
fn as_flown_lands_on_a_plain() {
    as_expected("m1-flat-control.toml");
}

/// Not the one flight alone: dispersed ones, on a seed that nothing was chosen by.
#[test]
fn dispersed_flights_end_as_the_reference_does() {
    for run in 1..=3 {
        let lost = flown(Scenario { seed: 1, ..scenario("m1-as-flown.toml") }, run);
        assert!(lost.measures.impact_speed_m_s.is_some_and(|speed| speed > 50.0), "{run}");
        assert_eq!(lost.measures.ranges_fused_after_rejection, Some(0.0), "{run}");
        let landed = flown(Scenario { seed: 1, ..scenario("m1-resilient.toml") }, run);
        assert_eq!(landed.judgement.outcome, Outcome::Landed, "{run}");
    }
}
