//! Landings that others lost, flown to their end and held against what their own files expect.
//!
//! GIVEN, WHEN and THEN stand in the files under `scenarios/`; a failure prints what was not as expected.
//! Each chain of failures is flown twice: with our logic, and with the logic that it defeated.

use rig::closed_loop::{Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

fn as_expected(chain: &str, old: &str) {
    for name in [chain.to_string(), format!("{chain}-{old}")] {
        let file = format!("../../scenarios/history-{name}.toml");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
        let flown = fly(&stand, 0, Recording::Off, |_| {}).unwrap();
        println!("{name}: {} {:#?}", flown.judgement.headline(), flown.measures);
        assert!(flown.judgement.as_expected, "{name}: {:#?}", flown.judgement.reasons);
    }
}

#[test]
fn a_lander_without_its_altimeter_lands_on_the_second_one_only() {
    as_expected("im-1", "as-flown");
}

#[test]
fn noise_is_weighed_and_not_taken_for_altitude() {
    as_expected("im-2", "as-flown");
}

#[test]
fn a_saturated_inertial_unit_is_not_integrated_as_it_is() {
    as_expected("schiaparelli", "legacy");
}

#[test]
fn switches_closed_by_the_deployment_of_the_legs_do_not_end_the_flight() {
    as_expected("mars-polar-lander", "legacy");
}

#[test]
fn a_burn_without_accelerometers_ends_on_time() {
    as_expected("luna-25", "legacy");
}

#[test]
fn a_restart_in_braking_goes_on_with_the_burn() {
    as_expected("beresheet", "legacy");
}

#[test]
fn a_biased_velocity_is_not_let_in_again_and_again() {
    as_expected("dart", "legacy");
}

#[test]
fn thrust_in_excess_does_not_carry_the_lander_past_its_target() {
    as_expected("vikram", "legacy");
}

#[test]
fn an_engine_lost_on_one_side_near_the_ground_does_not_turn_the_lander_over() {
    as_expected("slim", "as-flown");
}
