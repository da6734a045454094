//! Mission 2 as flown, from ignition: what of the resilient configuration would have been enough.

use rig::counterfactual::{Options, Study};
use rig::scenario::{Scenario, VehicleFile};
use rig::verdict::Outcome;
use std::path::{Path, PathBuf};

/// `m2-as-flown` without the hour before ignition.
fn scenario(root: &Path) -> Scenario {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("counterfactual");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("from-ignition.toml");
    let base = root.join("scenarios/m2-as-flown.toml");
    let text = format!(
        "extends = {:?}\n[start]\nat = \"ignition\"\npropellant_kg = 460.0\n\
         [orbit]\narm_before_ignition_s = 60.0\n",
        base.to_str().unwrap()
    );
    std::fs::write(&file, text).unwrap();
    Scenario::read(&file).unwrap()
}

#[test]
fn the_smallest_sufficient_sets_are_sufficient_and_smallest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let sensors = VehicleFile::read(&root.join("vehicles/resilience-sensors.toml")).unwrap();
    let options = Options { run: 0, dispersed: 2 };
    let study = Study::of(&scenario(&root), &sensors, &options, |_| {}).unwrap();
    assert!(study.carried_is_same, "sensors that nothing reads change the flight");
    assert_eq!(study.features.count(), 8);
    assert_eq!(study.trials[0].outcome, Outcome::Lost, "as flown");
    let all = study.trial(study.features).unwrap();
    assert_eq!(all.outcome, Outcome::Landed, "with every change");
    assert!(!study.minimal.is_empty());
    for minimal in &study.minimal {
        assert!(study.trial(minimal.changes).unwrap().landed(), "{}", minimal.changes);
        assert_eq!(minimal.landed.of, 2);
        let inside = |trial: &&rig::counterfactual::Trial| {
            trial.changes != minimal.changes && minimal.changes.contains_all(trial.changes)
        };
        let smaller: Vec<_> = study.trials.iter().filter(inside).collect();
        assert_eq!(smaller.len(), (1 << minimal.changes.count()) - 1, "{}", minimal.changes);
        assert!(smaller.iter().all(|trial| !trial.landed()), "{}", minimal.changes);
    }
}
