//! Every scenario of Mission 1, flown to its end and held against what its own file expects.

mod flown;

use flown::{as_expected, scenario, told};
use rig::closed_loop::{Stand, fly};
use rig::record::Recording;
use rig::verdict::Outcome;

#[test]
fn as_flown_runs_dry_above_the_ground_inside_every_band() {
    as_expected("m1-as-flown.toml");
    as_expected("m1-as-flown-a.toml");
}

#[test]
fn resilient_lands_on_the_sensors_the_lander_had() {
    as_expected("m1-resilient.toml");
    as_expected("m1-resilient-a.toml");
}

#[test]
fn as_flown_lands_on_a_plain() {
    as_expected("m1-flat-control.toml");
}

/// Not the one flight: five dispersed ones of each, on a seed that nothing was chosen by.
#[test]
fn dispersed_flights_end_as_the_reference_does() {
    for (name, expected) in
        [("m1-as-flown.toml", false), ("m1-resilient.toml", true)]
    {
        let stand = Stand::new(flown::Scenario { seed: 1, ..scenario(name) }).unwrap();
        for run in 1..=5 {
            let flown = fly(&stand, run, Recording::Off, |_| {}).unwrap();
            let outcome = flown.judgement.outcome;
            println!("{name} {run}: {}", outcome.name());
            let alive = matches!(outcome, Outcome::Landed | Outcome::HardLanding);
            assert_eq!(alive, expected, "{name} run {run}: {}", outcome.name());
        }
    }
}

#[test]
fn the_resilient_flight_is_told_in_the_same_words() {
    let flown = told("m1-resilient.toml", scenario("m1-resilient.toml"));
    assert_eq!(flown.measures.fall_s, None);
    assert!(flown.measures.impact_speed_m_s.is_some_and(|speed| speed < 2.0));
}
