//! Hazard avoidance in flight: the scenario as its file expects, a divert of 100 m, and what happens without.

use icd::events::Event;
use rayon::prelude::*;
use rig::closed_loop::{Flown, Stand, fly};
use rig::measures::Measures;
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::scenario::file::Tree;
use rig::verdict::Outcome;
use std::path::Path;

fn scenario() -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/hazard-avoidance.toml");
    Scenario::read(&file).unwrap()
}

fn flown(scenario: Scenario, run: u64) -> Flown {
    fly(&Stand::new(scenario).unwrap(), run, Recording::Off, |_| {}).unwrap()
}

fn safe(m: &Measures) -> bool {
    m.pads_slope_deg.unwrap() < 10.0 && m.pads_rock_m.unwrap() <= 0.3
}
