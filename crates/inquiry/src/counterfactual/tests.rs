use super::*;
use rig::scenario::{Scenario, Tree};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A mission as flown without the hour before braking, faults in it: truth and explanation in one.
fn stand(name: &str, propellant_kg: f64) -> Stand {
    let text = format!(
        "extends = \"{name}.toml\"\n[start]\nat = \"ignition\"\npropellant_kg = {propellant_kg:?}\n\
         [orbit]\narm_before_ignition_s = 60.0\n"
    );
    let path = root().join("scenarios/x.toml");
    let scenario = Scenario::check(&Tree::of_text(&path, &text).unwrap()).unwrap();
    Stand::new(scenario).unwrap()
}

fn m2() -> &'static (Stand, Saved) {
    static STUDY: OnceLock<(Stand, Saved)> = OnceLock::new();
    STUDY.get_or_init(|| {
        let stand = stand("m2-as-flown", 460.0);
        let sensors = VehicleFile::read(&root().join("vehicles/resilience-sensors.toml")).unwrap();
        let load = stand.load(0);
        let start = stand.start(0);
        let nav = rig::load::nav_start(&stand.scenario, &start, 0);
        let case = Case { stand: &stand, load: &load, nav, start, run: 0, sensors: Some(&sensors) };
        let options = Options { set_max: 1, forks: 6 };
        let saved = study(&case, &options, &Work::in_memory(), &|_| {}).unwrap();
        (stand.clone(), saved)
    })
}

#[test]
fn unchanged_it_is_the_flight_itself() {
    let (stand, saved) = m2();
    let flown = rig::closed_loop::fly(stand, 0, rig::record::Recording::Off, |_| {}).unwrap();
    let m = flown.measures;
    assert_eq!(saved.base.end_s, flown.simulated_s);
    assert_eq!(
        saved.base.speed_m_s,
        m.v_vertical_m_s.zip(m.v_horizontal_m_s).map(<[f64; 2]>::from)
    );
    assert_eq!(saved.base.outcome, "lost");
    // The descent is over where it first meets the ground, whatever bounces on.
    let met = flown.touchdown.unwrap();
    assert_eq!(saved.base.contact_s, Some((met.t - stand.start(0).t).s()));
    assert_eq!(saved.base.propellant_kg, Some(met.propellant_kg));
    let last = saved.base.profile.last().unwrap();
    assert!(last[0] <= saved.base.over_s() && last[1] < 100.0, "{last:?}");
}

#[test]
fn mission_2_is_saved_by_what_the_study_of_features_finds() {
    let (stand, saved) = m2();
    for row in &saved.rows {
        println!("{:?} {} -> {}", row.kind, row.text, row.tried.outcome);
        let Change::Feature(feature) = row.change else { continue };
        let mut equipped = Scenario::clone(&stand.scenario);
        let sensors = VehicleFile::read(&root().join("vehicles/resilience-sensors.toml")).unwrap();
        equipped.carry(&sensors);
        let other =
            Stand::new(equipped).unwrap().with_changes(Features::NONE.with(feature)).unwrap();
        let flown = rig::closed_loop::fly(&other, 0, rig::record::Recording::Off, |_| {}).unwrap();
        assert_eq!(row.tried.outcome, flown.judgement.outcome.name(), "{feature:?}");
        assert_eq!(row.tried.end_s, flown.simulated_s, "{feature:?}");
    }
    // Each fault alone lands: so each was needed.
    let without = saved.rows.iter().filter(|row| matches!(row.change, Change::Without(_)));
    let landed: Vec<bool> = without.map(|row| row.tried.stands()).collect();
    assert_eq!(landed.len(), 3);
    assert!(landed[0] && landed[1], "{landed:?}");
}

#[test]
fn mission_2_was_lost_before_its_first_range() {
    let (_, saved) = m2();
    let found = saved.no_return.as_ref().unwrap();
    let [first_s, altitude_m, descent_m_s] = found.first_range.unwrap();
    assert!((altitude_m - 893.0).abs() < 150.0 && descent_m_s > 60.0, "{altitude_m} {descent_m_s}");
    let (saved_last, lost_first) =
        (found.saved_last.as_ref().unwrap(), found.lost_first.as_ref().unwrap());
    println!("{saved_last:?}\n{lost_first:?}\n{:?}\n{:?}", found.beyond_thrust, found.first_range);
    assert!(saved_last.t_s < lost_first.t_s && lost_first.t_s - saved_last.t_s <= 0.52);
    assert!(lost_first.t_s <= first_s, "{lost_first:?} {first_s}");
    assert!(found.forks[0].saved, "a lander that has just begun to brake can be saved");
    // No software beats the thrust: once the bound is passed, the best is lost too.
    let beyond = found.beyond_thrust.unwrap();
    assert!(saved_last.t_s <= beyond.t_s + 1.0, "{saved_last:?} {beyond:?}");
}

#[test]
fn the_journal_spares_the_flights_and_changes_nothing() {
    let stand = stand("m2-as-flown", 460.0);
    let (load, start) = (stand.load(0), stand.start(0));
    let nav = rig::load::nav_start(&stand.scenario, &start, 0);
    let case = Case { stand: &stand, load: &load, nav, start, run: 0, sensors: None };
    let work = Work::in_memory();
    let bench = Bench::new(&case, &work, &|_| {}).unwrap();
    let first = bench.fly(&bench.unchanged()).unwrap();
    let again = bench.once("nothing", || panic!("flown again")).unwrap();
    assert_eq!(first, again);
}
