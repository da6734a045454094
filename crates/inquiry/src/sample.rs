//! Short flights for tests.

use crate::mission::Mission;
use icd::time::Span;
use rig::closed_loop::fly;
use rig::record::{Record, Recording};
use rig::scenario::Dispersed;
use rig::scenario::Scenario;
use rig::scenario::fault::Fault;
use rig::stand::Stand;
use std::path::Path;
use std::sync::OnceLock;
use truth::faulty::Moment;

/// A flight from some time before braking ignition, and the mission that it belongs to.
pub struct Sample {
    pub record: Record,
    pub mission: Mission,
}

/// A shipped scenario, cut off after `duration_s`.
fn scenario(name: &str, duration_s: f64) -> Scenario {
    let file = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut scenario = Scenario::read(Path::new(&file)).unwrap();
    scenario.duration_s_max = duration_s;
    scenario
}

fn flown(scenario: Scenario, run: u64) -> Sample {
    let stand = Stand::new(scenario.clone()).unwrap();
    let record = fly(&stand, run, Recording::Full, |_| {}).unwrap().record.unwrap();
    let mut mission = Mission::of(&scenario, None).unwrap();
    let (load, nav) = flight::load::image::unpack(&record.uploaded).unwrap();
    (mission.load, mission.nav, mission.uploaded) = (Box::new(load), nav, true);
    Sample { record, mission }
}

/// A minute and a half of a healthy flight, ignition included.
pub fn healthy() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| flown(scenario("m2-nominal-from-ignition", 90.0), 5))
}

/// The same with the computer down for 0.3 s after 20 s, its memory lost.
pub fn restarted() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let fault = Fault {
            on: "computer".into(),
            kind: "cold_restart",
            numbers: vec![("outage_s".into(), Dispersed::Fixed(0.3))],
            from: Moment::After(Span::from_ms(20_000)),
            from_drawn: None,
            until: None,
            chance: None,
            one_of: None,
        };
        flown(scenario("m2-nominal-from-ignition", 30.0).with_faults(vec![fault]), 0)
    })
}

/// A reading of Mission 2 with faults, from before ignition on.
pub fn with_faults(faults: Vec<Fault>, duration_s: f64) -> Sample {
    flown(scenario("m2-nominal-from-ignition", duration_s).with_faults(faults), 5)
}
