//! Hazard avoidance in flight: the scenario as its file expects, its ground without avoidance, and the lidar's
//! faults.

use flight::load::DivertLaw;
use icd::events::Event;
use rig::closed_loop::{Flown, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::severity::SEVERITIES;
use rig::verdict::Outcome;
use std::path::Path;

fn scenarios() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn scenario() -> Scenario {
    Scenario::read(&scenarios().join("hazard-avoidance.toml")).unwrap()
}

fn flown(scenario: Scenario) -> Flown {
    fly(&Stand::new(scenario).unwrap(), 0, Recording::Off, |_| {}).unwrap()
}

#[test]
fn over_rocks_the_landing_point_moves_to_safe_ground() {
    let flown = flown(scenario());
    assert!(flown.judgement.as_expected, "{:#?}", flown.judgement.reasons);
    let raised = |event: Event| flown.events.iter().filter(|(_, e)| *e == event).count();
    assert_eq!(raised(Event::HazardScan), 5);
    assert!(raised(Event::SiteChosen) > 0 && raised(Event::NoSafeSite) == 0);
    assert!(raised(Event::PlanReady) > 0 && raised(Event::PlanLeft) == 0);
}

#[test]
fn by_the_closed_form_the_same_flight_lands_safely_too_and_makes_no_plan() {
    let mut scenario = scenario();
    scenario.flight.divert_law = DivertLaw::ClosedForm;
    let flown = flown(scenario);
    assert!(!flown.events.iter().any(|(_, event)| *event == Event::PlanReady));
    let m = &flown.measures;
    assert_eq!(flown.judgement.outcome, Outcome::Landed);
    let (slope_deg, rock_m) = (m.pads_slope_deg.unwrap(), m.pads_rock_m.unwrap());
    assert!(slope_deg < 10.0 && rock_m <= 0.3, "{slope_deg} deg, {rock_m} m");
}

#[test]
fn the_same_flight_without_avoidance_comes_down_where_it_should_not() {
    let mut scenario = scenario();
    scenario.flight.hazard_lidar = false;
    let flown = flown(scenario);
    let m = &flown.measures;
    let (slope_deg, rock_m) = (m.pads_slope_deg.unwrap(), m.pads_rock_m.unwrap());
    assert!(slope_deg > 10.0 || rock_m > 0.3, "{slope_deg} deg, {rock_m} m");
}

/// A lander whose hazard lidar fails lands as one that has none, or where the lidar misleads it: softly.
#[test]
fn no_fault_of_the_hazard_lidar_keeps_the_lander_from_landing() {
    let folder = std::env::temp_dir().join(format!("frigoris-hazards-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut lost = vec![];
    for severity in SEVERITIES.iter().filter(|severity| severity.on == "hazard_lidar") {
        let base = scenarios().canonicalize().unwrap().join("m2-nominal-from-ignition.toml");
        let vehicle = base.parent().unwrap().join("../vehicles/resilience-sensors.toml");
        let text = format!("extends = {base:?}\nvehicle = {vehicle:?}\n{}", severity.toml());
        let file = folder.join(format!("{}.toml", severity.name()));
        std::fs::write(&file, text).unwrap();
        let flown = flown(Scenario::read(&file).unwrap());
        println!("{}: {}", severity.name(), flown.judgement.headline());
        if !matches!(flown.judgement.outcome, Outcome::Landed) {
            lost.push((severity.name(), flown.judgement.headline()));
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(lost.is_empty(), "{lost:?}");
}
