//! Every scenario of Mission 2, flown to its end and held against what its own file expects.
//!
//! GIVEN, WHEN and THEN stand in the files under `scenarios/`; a failure prints what was not as expected.

use rig::closed_loop::{Flown, Stand, fly};
use rig::measures::MEASURES;
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

fn flown(name: &str) -> Flown {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
    let flown = fly(&stand, 0, Recording::Off, |_| {}).unwrap();
    println!("{name}: {} ({})", flown.judgement.outcome.name(), flown.judgement.grade.name());
    for measure in MEASURES {
        let value = (measure.read)(&flown.measures).unwrap_or(f64::NAN);
        println!("  {:40} {value:12.3} {}", measure.key, measure.unit);
    }
    for (t_s, event) in &flown.events {
        println!("  {t_s:9.2} s {}", event.name());
    }
    flown
}

fn as_expected(name: &str) {
    let flown = flown(name);
    assert!(flown.judgement.as_expected, "{name}: {:#?}", flown.judgement.reasons);
}

#[test]
fn the_nominal_flight_lands_softly_on_its_target() {
    as_expected("m2-nominal.toml");
}

#[test]
fn the_nominal_flight_lands_from_ignition_too() {
    as_expected("m2-nominal-from-ignition.toml");
}

#[test]
fn as_flown_is_lost_inside_every_published_band() {
    as_expected("m2-as-flown.toml");
}

#[test]
fn resilient_lands_with_the_same_faults() {
    as_expected("m2-resilient.toml");
}

#[test]
fn resilient_lands_on_the_sensors_the_lander_had() {
    as_expected("m2-resilient-same-sensors.toml");
}

#[test]
fn as_flown_lands_when_the_rangefinder_is_healthy() {
    as_expected("m2-as-flown-healthy-rangefinder.toml");
}

#[test]
fn as_flown_lands_when_navigation_is_right() {
    as_expected("m2-as-flown-no-misalignment.toml");
}
