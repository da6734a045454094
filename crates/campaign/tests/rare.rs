//! A descent as a rare-event problem: histories fly what they say, forks part where they say, losses pass every
//! level, and what is found can be flown again.

use campaign::rare::descent::{Descent, Event};
use campaign::rare::kept::Failure;
use campaign::rare::{Alone, Fork, History, Method, Point, Problem, Settings, estimate};
use rig::closed_loop::{Running, Simulation, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::verdict::Outcome;
use std::path::Path;

fn stand(name: &str) -> Stand {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    Stand::new(Scenario::read(&folder.join(name)).unwrap()).unwrap()
}

fn point(run: u64, forks: Vec<Fork>) -> Point {
    Point { inputs: vec![], history: History { run, forks } }
}

#[test]
fn a_history_without_forks_is_the_run_of_a_campaign() {
    let stand = stand("m2-nominal-from-ignition.toml");
    let descent = Descent::drawing_its_own(&stand, Event::NotStanding);
    let (_, flown, _) = descent.flown(&point(5, vec![]), Recording::Off, |_, _| {}).unwrap();
    let plain = fly(&stand, 5, Recording::Off, |_| {}).unwrap();
    assert_eq!(flown.digest(), plain.digest());
}

#[test]
fn a_clone_flies_on_bit_by_bit_and_a_fork_does_not() {
    let stand = stand("m2-nominal-from-ignition.toml");
    let load = stand.load(3);
    let mut parent = Box::new(Running::new(&stand, &load, 3, Recording::Off).unwrap());
    for _ in 0..20_000 {
        assert!(parent.step(&mut |_| {}).is_none());
    }
    let (clone, mut fork) = (parent.clone(), parent.clone());
    fork.rekey(9);
    let end = |mut running: Box<Running<'_>>| loop {
        if let Some(end) = running.step(&mut |_| {}) {
            return running.finish(&stand, end).unwrap();
        }
    };
    let (whole, again, other) = (end(parent), end(clone), end(fork));
    assert_eq!(whole.digest(), fly(&stand, 3, Recording::Off, |_| {}).unwrap().digest());
    assert_eq!(whole.digest(), again.digest());
    assert_ne!(whole.digest(), other.digest());
}

#[test]
fn forks_of_a_simulation_begin_as_their_parent_and_part_by_their_keys() {
    let stand = stand("m2-nominal-from-ignition.toml");
    let load = stand.load(3);
    let mut simulation = Box::new(Simulation::new(&stand, &load, 3).unwrap());
    for _ in 0..500 {
        simulation.step();
    }
    let here = simulation.world().view();
    let sensed = |key| {
        let mut fork = Box::new(simulation.fork(key));
        assert_eq!(fork.world().view(), here);
        fork.exchange().sensors.imu
    };
    assert_eq!(sensed(1), sensed(1));
    assert_ne!(sensed(1), sensed(2));
}

#[test]
fn a_loss_passes_every_level_and_its_forks_share_the_past() {
    let stand = stand("m2-as-flown.toml");
    let descent = Descent::drawing_its_own(&stand, Event::NotStanding);
    let lost = descent.fly(&point(1, vec![])).unwrap();
    assert!(lost.failed(), "{lost:?}");
    for level in [0.1, 1.0, 1e3, f64::MAX] {
        assert!(lost.first_above(level).is_some());
    }
    // The stop was out of reach before the ground came.
    let (early, end) = (lost.first_above(1.0).unwrap(), lost.first_above(f64::MAX).unwrap());
    assert!(early + 50 < end, "{early} of {end} cycles");
    let child = descent.fly(&point(1, vec![Fork { step: early, key: 4 }])).unwrap();
    assert_eq!(child.first_above(0.9), lost.first_above(0.9));
    assert!(child.score() > 1.0);
}

#[test]
fn a_measure_is_known_at_the_end_and_one_that_is_not_there_lies_below_every_level() {
    let stand = stand("m2-nominal-from-ignition.toml");
    let path = |event: &str| {
        let descent = Descent::drawing_its_own(&stand, Event::read(event).unwrap());
        let (_, flown, cycles) =
            descent.flown(&point(3, vec![]), Recording::Off, |_, _| {}).unwrap();
        (descent.fly(&point(3, vec![])).unwrap(), flown, cycles)
    };
    // Far below its limit: no fork before the end could be trusted to stay above a level.
    let (near, flown, cycles) = path("miss_m>100000");
    let miss_m = flown.measures.miss_m.unwrap();
    assert_eq!(near.score(), miss_m - 100_000.0);
    for level in [f64::NEG_INFINITY, -1e9, -99_999.0] {
        let first = near.first_above(level);
        assert!(first == (near.score() > level).then_some(cycles), "{level}: {first:?}");
    }
    let (beyond, _, cycles) = path("miss_m>-1");
    assert!(beyond.failed() && beyond.first_above(0.0) == Some(cycles));
    let (unmeasured, flown, _) = path("height_at_estimate_zero_m>0");
    assert_eq!(flown.measures.height_at_estimate_zero_m, None);
    assert_eq!(unmeasured.score(), f64::NEG_INFINITY);
    assert_eq!(unmeasured.first_above(f64::NEG_INFINITY), None);
}

#[test]
fn a_run_that_leaves_the_simulation_does_not_stand_and_did_not_strike() {
    let stand = stand("m2-nominal-from-ignition.toml");
    let descent = Descent::drawing_its_own(&stand, Event::NotStanding);
    let (_, mut flown, _) = descent.flown(&point(3, vec![]), Recording::Off, |_, _| {}).unwrap();
    let came = |flown: &_| {
        [Event::NotStanding, Event::Lost, Event::NotLanded].map(|event| event.came(flown))
    };
    for (outcome, expected) in [
        (Outcome::Invalid, [true, false, true]),
        (Outcome::RanDry, [true, true, true]),
        (Outcome::Lost, [true, true, true]),
        (Outcome::TippedOver, [true, false, true]),
        (Outcome::HardLanding, [false, false, true]),
        (Outcome::Landed, [false, false, false]),
    ] {
        flown.judgement.outcome = outcome;
        assert_eq!(came(&flown), expected, "{outcome:?}");
    }
}

#[test]
fn what_an_estimate_finds_flies_again() {
    let stand = stand("m2-as-flown.toml");
    let descent = Descent::new(&stand, Event::NotStanding);
    assert!(descent.inputs() > 10);
    let Ok(done) = estimate(Method::Subset, &descent, &Settings::new(1, 2, 4), &Alone) else {
        panic!("every point can be flown")
    };
    // Most of these flights are lost: no level is needed.
    assert!(done.probability > 0.3 && done.runs == 8, "{done:?}");
    let failure = Failure {
        scenario: "m2-as-flown".into(),
        terrain: vec![],
        seed: stand.scenario.seed,
        scenario_hash: stand.scenario.hash(),
        event: "not-standing".into(),
        point: done.batches.iter().flat_map(|batch| &batch.failures).next().unwrap().clone(),
    };
    let file = std::env::temp_dir().join(format!("frigoris-failure-{}.toml", std::process::id()));
    failure.write(&file).unwrap();
    let back = Failure::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(back, failure);
    assert!(descent.fly(&back.point).unwrap().failed());
    std::fs::write(&file, "x = 1").unwrap();
    let error = Failure::read(&file).unwrap_err().to_string();
    std::fs::remove_file(&file).unwrap();
    assert!(error.contains("is no failure"), "{error}");
}

#[test]
fn an_event_is_an_outcome_or_a_measure_above_a_limit() {
    assert!(matches!(Event::read("not-standing"), Ok(Event::NotStanding)));
    assert!(matches!(Event::read("lost"), Ok(Event::Lost)));
    assert!(matches!(Event::read("not-landed"), Ok(Event::NotLanded)));
    let Ok(Event::Above { measure, limit }) = Event::read("miss_m > 100") else {
        panic!("a measure with a limit")
    };
    assert_eq!((measure.key, limit), ("miss_m", 100.0));
    for (text, part) in [
        ("crash", "`not-standing`, `lost`, `not-landed`, or a measure"),
        ("nonsense_m>3", "no measure `nonsense_m`"),
        ("miss_m>far", "`far` is not a finite number"),
    ] {
        let Err(error) = Event::read(text) else { panic!("{text} is no event") };
        assert!(error.to_string().contains(part), "{error}");
    }
}
