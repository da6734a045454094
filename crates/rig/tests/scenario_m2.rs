//! Every scenario of Mission 2, flown to its end and held against what its own file expects.
//!
//! GIVEN, WHEN and THEN stand in the files under `scenarios/`; a failure prints what was not as expected.

use icd::events::Event;
use icd::limits::{Colour, LIMITS};
use icd::tm::Phase;
use rig::closed_loop::{Flown, Stand, fly};
use rig::measures::MEASURES;
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::verdict::Outcome;
use std::collections::BTreeSet;
use std::path::Path;

/// The published candidates for the late rangefinder that make the echo weaker, and the one that blurs it.
const WEAKER: [&str; 3] =
    ["m2-cause-surface.toml", "m2-cause-laser.toml", "m2-cause-receiver.toml"];
const BLURRED: &str = "m2-cause-speed.toml";

fn scenario(name: &str) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    Scenario::read(&file).unwrap()
}

fn flown(name: &str) -> Flown {
    told(name, scenario(name))
}

fn told(name: &str, scenario: Scenario) -> Flown {
    let stand = Stand::new(scenario).unwrap();
    let flown = fly(&stand, 0, Recording::Off, |_| {}).unwrap();
    println!("{name}: {} ({})", flown.judgement.outcome.name(), flown.judgement.grade.name());
    for measure in MEASURES {
        let value = (measure.read)(&flown.measures).unwrap_or(f64::NAN);
        println!("  {:40} {value:12.3} {}", measure.key, measure.unit);
    }
    for (t_s, event) in &flown.events {
        println!("  {t_s:9.2} s {}", event.name());
    }
    flown
}

fn as_expected(name: &str) {
    let flown = flown(name);
    assert!(flown.judgement.as_expected, "{name}: {:#?}", flown.judgement.reasons);
}

#[test]
fn the_nominal_flight_lands_softly_on_its_target() {
    as_expected("m2-nominal.toml");
}

/// The plan of the Series 1 lander as briefed in April 2023 (83 m/s at 3 km, vertical by 2 km, 33 m/s at
/// 1 km, 4.7 m/s at 20 m) and 60 to 69 minutes from deorbit; 15 % is what this project asks of itself.
/// 33 and 4.7 m/s are targets of the guidance; the others come out of the flight.
#[test]
fn the_nominal_flight_keeps_the_published_profile() {
    let m = flown("m2-nominal.toml").measures;
    let near = |name: &str, value: Option<f64>, published: f64| {
        let value = value.unwrap_or(f64::NAN);
        assert!((value / published - 1.0).abs() <= 0.15, "{name}: {value}, published {published}");
    };
    near("descent speed at 3 km", m.speed_at_3_km_m_s, 83.0);
    near("altitude where vertical", m.vertical_at_m, 2000.0);
    near("descent speed at 1 km", m.speed_at_1_km_m_s, 33.0);
    near("descent speed at 20 m", m.speed_at_20_m_m_s, 4.7);
    let minutes = m.descent_s.unwrap_or(f64::NAN) / 60.0;
    assert!((60.0..=69.0).contains(&minutes), "{minutes} minutes from deorbit to contact");
}

#[test]
fn as_flown_lands_where_nothing_is_wrong() {
    as_expected("m2-before-flight.toml");
}

#[test]
fn the_nominal_flight_lands_from_ignition_too() {
    as_expected("m2-nominal-from-ignition.toml");
}

#[test]
fn the_other_reading_of_the_vehicle_lands_too() {
    as_expected("m2-nominal-b.toml");
    as_expected("m2-nominal-b-from-ignition.toml");
}

#[test]
fn as_flown_is_lost_inside_every_published_band() {
    as_expected("m2-as-flown.toml");
}

#[test]
fn resilient_lands_with_the_same_faults() {
    as_expected("m2-resilient.toml");
}

#[test]
fn resilient_lands_on_the_sensors_the_lander_had() {
    as_expected("m2-resilient-same-sensors.toml");
}

#[test]
fn as_flown_lands_when_the_rangefinder_is_healthy() {
    as_expected("m2-as-flown-healthy-rangefinder.toml");
}

#[test]
fn as_flown_lands_when_navigation_is_right() {
    as_expected("m2-as-flown-no-misalignment.toml");
}

#[test]
fn each_candidate_cause_alone_is_lost_inside_every_published_band() {
    for name in WEAKER {
        as_expected(name);
    }
    as_expected(BLURRED);
}

/// Surface, laser and receiver are factors of one product: no range can tell which of them failed.
#[test]
fn a_dark_surface_a_weak_laser_and_a_poor_receiver_fly_the_same_bits() {
    let [surface, laser, receiver] = WEAKER.map(|name| flown(name).digest());
    assert_eq!(surface, laser);
    assert_eq!(laser, receiver);
    assert_ne!(laser, flown(BLURRED).digest());
}

#[test]
fn resilient_lands_with_every_candidate_cause_on_the_sensors_the_lander_had() {
    for name in [WEAKER[0], BLURRED] {
        let mut changed = scenario(name);
        assert!(!changed.flight.resilient && !changed.flight.velocimeter);
        changed.flight.resilient = true;
        let flown = told(name, changed);
        assert_eq!(flown.judgement.outcome, Outcome::Landed, "{name}");
    }
}

#[test]
fn further_sensors_are_used_and_land_as_softly() {
    as_expected("m2-further-sensors.toml");
}

#[test]
fn sensors_that_nothing_reads_change_nothing() {
    let name = "m2-further-sensors.toml";
    let mut carried = scenario(name);
    (carried.flight.radar_altimeter, carried.flight.camera) = (false, false);
    carried.flight.hazard_lidar = false;
    assert_eq!(told(name, carried).digest(), flown("m2-nominal.toml").digest());
}

#[test]
fn a_dead_rangefinder_is_replaced_by_radar_and_camera() {
    as_expected("m2-dead-rangefinder.toml");
}

#[test]
fn a_dead_rangefinder_is_replaced_by_the_radar_alone() {
    let name = "m2-dead-rangefinder.toml";
    let mut changed = scenario(name);
    changed.flight.camera = false;
    let flown = told(name, changed);
    assert_eq!(flown.judgement.outcome, Outcome::Landed);
    assert!(flown.events.iter().all(|(_, event)| *event != Event::RangefinderAcquired));
}

#[test]
fn ten_ordinary_faults_at_once_do_not_move_the_touchdown() {
    as_expected("m2-many-faults.toml");
    assert_eq!(scenario("m2-many-faults.toml").faults.len(), 10);
}

/// Keys that mission control would raise an alarm for, by colour: beyond their default limit for longer than its
/// persistence.
fn alarmed(name: &str) -> BTreeSet<(Colour, &'static str)> {
    let stand = Stand::new(scenario(name)).unwrap();
    let record = fly(&stand, 0, Recording::Full, |_| {}).unwrap().record.unwrap();
    let (t_s, phases) = (record.column("t_s").unwrap(), record.column("phase").unwrap());
    let phase = |n: usize| Phase::ALL[phases[n] as usize];
    let mut out = BTreeSet::new();
    for limit in LIMITS {
        let Some(values) = record.column(limit.key) else { continue };
        for colour in [Colour::Yellow, Colour::Red] {
            let mut since = None;
            for (n, value) in values.iter().enumerate() {
                if !limit.holds(phase(n)) || limit.colour(*value) < colour {
                    since = None;
                    continue;
                }
                let since = *since.get_or_insert(t_s[n]);
                if t_s[n] - since >= limit.persistence_s && out.insert((colour, limit.key)) {
                    println!("{name}: {:9.1} s {colour:?} {} = {value}", t_s[n], limit.key);
                }
            }
        }
    }
    out
}

#[test]
fn limits_are_silent_in_a_nominal_flight_and_not_where_it_is_lost() {
    let nominal = alarmed("m2-nominal.toml");
    assert!(nominal.is_empty(), "{nominal:?}");
    let lost = alarmed("m2-as-flown.toml");
    assert!(lost.iter().any(|(colour, _)| *colour == Colour::Red), "{lost:?}");
}
