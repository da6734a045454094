//! Landings that others lost, flown to their end and held against what their own files expect.
//!
//! GIVEN, WHEN and THEN stand in the files under `scenarios/`; a failure prints what was not as expected.

use rig::closed_loop::{Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

fn as_expected(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
    let flown = fly(&stand, 0, Recording::Off, |_| {}).unwrap();
    println!("{name}: {} {:#?}", flown.judgement.headline(), flown.measures);
    assert!(flown.judgement.as_expected, "{name}: {:#?}", flown.judgement.reasons);
}

#[test]
fn without_an_altimeter_the_lander_is_lost() {
    as_expected("history-im-1-as-flown.toml");
}

#[test]
fn noise_taken_for_altitude_loses_the_lander() {
    as_expected("history-im-2-as-flown.toml");
}

#[test]
fn a_biased_velocity_does_not_lose_the_lander() {
    as_expected("history-dart.toml");
}
