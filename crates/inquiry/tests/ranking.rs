//! From packets to a ranking: one clear fault on the lander as it flew, lost, and found first.

use inquiry::evidence::Evidence;
use inquiry::inquiry::{Options, investigate};
use inquiry::mission::Mission;
use rig::closed_loop::fly;
use rig::record::Recording;
use rig::scenario::{Scenario, Tree};
use rig::stand::Stand;
use std::path::Path;

/// Ranges that are too long by this factor lead the lander into the ground.
const FACTOR: f64 = 1.3;

/// Mission 2 as it was built, from shortly before braking, with this fault alone.
fn scenario() -> Scenario {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/x.toml");
    let text = format!(
        "extends = \"m2-nominal-from-ignition.toml\"\n\
         [flight]\nconfiguration = \"as-flown\"\nvelocimeter = false\nradar_altimeter = false\ncamera = false\n\
         [[fault]]\non = \"rangefinder\"\nkind = \"scale\"\nfactor = {FACTOR}\nat_s = 0.0\n"
    );
    Scenario::check(&Tree::of_text(Path::new(path), &text).unwrap()).unwrap()
}

#[test]
fn from_packets_alone_a_scale_of_the_rangefinder_is_found_first() {
    let scenario = scenario();
    let flown = fly(&Stand::new(scenario.clone()).unwrap(), 0, Recording::Full, |_| {}).unwrap();
    assert_eq!(flown.judgement.outcome.name(), "lost");
    let record = flown.record.unwrap();
    let mut mission = Mission::of(&scenario, None).unwrap();
    let (load, nav) = flight::load::image::unpack(&record.uploaded).unwrap();
    (mission.load, mission.nav, mission.uploaded) = (Box::new(load), nav, true);
    assert!(mission.stand.scenario.faults.is_empty(), "the mission's file tells no fault");

    let options = Options { quick: true, ..Options::default() };
    let evidence = Evidence::read(&record.packets);
    let found = investigate(mission, evidence, &options, &|_| {}).unwrap();
    let first = &found.explained.ranking[0];
    let [fault] = &first.faults[..] else { panic!("{}", first.name) };
    assert_eq!((&*fault.cause.on, fault.cause.kind), ("rangefinder", "scale"), "{}", first.name);
    assert!(first.probability > 0.8, "{} {}", first.name, first.probability);
    let factor = fault.numbers.iter().find(|number| number.key == "factor").unwrap().value;
    // The trajectory shares a scale of all ranges with the height of the ground: a tenth is asked.
    assert!((factor / FACTOR - 1.0).abs() < 0.1, "{factor}");
    assert!(found.explained.families[0].name.contains("wrong ranges"));
    assert!(found.saved.is_none(), "a quick inquiry looks for no savers");
}
