use super::*;
use crate::evidence::Cycle;
use crate::replayed::Commanded;
use crate::trajectory::linear::Reading;
use crate::trajectory::states::N;
use icd::bus::{ASSIST_ENGINES, Imu, JETS, SlantRange};
use icd::events::Event;
use icd::tm::Phase;
use nalgebra::{Matrix3, UnitQuaternion, Vector3};

fn at(s: i64) -> Time {
    Time::default() + Span::from_ms(1000 * s)
}

/// A minute of flight; from half of it on the rangefinder is rejected.
fn replayed() -> Replayed {
    let one = |s: i64| {
        let (fused, rejected) = (s.min(30) as u32, (s - 30).max(0) as u32);
        let outcome = if s > 30 { Outcome::Rejected } else { Outcome::Fused };
        let rangefinder = Innovation {
            measured: if s > 30 { 8000.0 } else { 5000.0 },
            nu: if s > 30 { 3000.0 } else { 1.0 },
            gate: 1000.0,
            outcome,
            fused,
            rejected,
            ..Innovation::default()
        };
        Snapshot { t: at(s), rangefinder, ..Snapshot::default() }
    };
    Replayed { snapshots: (0..60).map(one).collect(), ..Replayed::default() }
}

fn trajectory(step_m: f64) -> Trajectory {
    let one = |s: i64| {
        let ground_m = if s > 30 { -step_m } else { 0.0 };
        Sample {
            t: at(s),
            p_MB_I_m: Vector3::new(1.74e6, 0.0, 0.0),
            v_MB_I_m_s: Vector3::zeros(),
            q_IB: UnitQuaternion::identity(),
            P_p_m2: Matrix3::zeros(),
            P_v_m2_s2: Matrix3::zeros(),
            sigma_attitude_rad: [0.0; 3],
            altitude_m: (5000.0 - ground_m, 10.0),
            v_up_m_s: (0.0, 0.1),
            v_horizontal_m_s: (0.0, 0.1),
        }
    };
    let samples: Vec<Sample> = (0..60).map(one).collect();
    Trajectory { after_loss: samples.len(), samples, ..Trajectory::default() }
}

fn linear(innovation: f64) -> Linear {
    let one = |s: i64| Reading {
        device: Device::Rangefinder,
        component: 0,
        cycle: s as u32,
        t: at(s),
        innovation,
        variance: 1.0,
        partial: [0.0; N],
        gain: [0.0; N],
    };
    Linear { readings: (0..60).map(one).collect(), ..Linear::default() }
}

#[test]
fn a_valid_sensor_that_is_rejected_where_the_ground_falls_met_a_terrain_step() {
    let found = told(&replayed(), &trajectory(3000.0), &linear(1.0));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, MechanismKind::RejectedAfterTerrainStep);
    assert_eq!((found[0].device, found[0].from), (Device::Rangefinder, at(31)));
}

#[test]
fn over_flat_ground_navigation_was_wrong() {
    let found = told(&replayed(), &trajectory(0.0), &linear(1.0));
    assert_eq!(found[0].kind, MechanismKind::RejectedByWrongNavigation);
}

#[test]
fn a_sensor_that_is_wrong_is_rejected_rightly() {
    assert!(told(&replayed(), &trajectory(3000.0), &linear(300.0)).is_empty());
    let mut used = replayed();
    if let Some(last) = used.snapshots.last_mut() {
        last.rangefinder = Innovation { fused: 31, rejected: 29, ..last.rangefinder };
    }
    assert!(told(&used, &trajectory(3000.0), &linear(1.0)).is_empty(), "used again");
}

fn told(replayed: &Replayed, trajectory: &Trajectory, linear: &Linear) -> Vec<Mechanism> {
    mechanisms((&Evidence::default(), replayed), trajectory, linear, 20.0)
}

/// A minute of cycles, one a second.
fn evidence(of: impl Fn(i64, &mut Cycle)) -> Evidence {
    let one = |s: i64| {
        let shot = SlantRange { t: at(s), range_m: 8000.0, quality: ShotQuality::Valid };
        let sensors = Sensors {
            t: at(s),
            imu: Imu::default(),
            star_tracker: None,
            rangefinder: Some(shot),
            velocimeter: None,
            radar_altimeter: None,
            camera: None,
            gauge: None,
            hazard_lidar: None,
            touchdown: [false; 4],
            uplink: None,
        };
        let mut cycle = Cycle { number: s as u32, powered_up: s == 0, sensors };
        of(s, &mut cycle);
        cycle
    };
    Evidence { cycles: (0..60).map(one).collect(), ..Evidence::default() }
}

/// The same minute as commanded, the main engine open until some second; one event.
fn engines(until_s: i64, events: Vec<(Time, Event)>) -> Replayed {
    let one = |s: i64| Commanded {
        t: at(s),
        new_frame: true,
        main_open: s < until_s,
        assist_on_us: [0; ASSIST_ENGINES],
        jet_on_us: [0; JETS],
        phase: Phase::Terminal,
    };
    let down = |s: i64| Snapshot { t: at(s), ..Snapshot::default() };
    Replayed {
        commanded: (0..60).map(one).collect(),
        snapshots: (0..60).map(down).collect(),
        events,
        ..Replayed::default()
    }
}

/// Level flight at an altitude.
fn level(altitude_m: f64) -> Trajectory {
    let mut out = trajectory(0.0);
    for sample in &mut out.samples {
        sample.altitude_m = (altitude_m, 0.5);
    }
    out
}

#[test]
fn readings_that_mean_nothing_do_not_make_a_sensor_right() {
    let all = evidence(|_, _| {});
    let mut few = linear(1.0);
    few.readings.retain(|reading| reading.t < at(40));
    let told = |linear: &Linear| mechanisms((&all, &replayed()), &trajectory(0.0), linear, 20.0);
    assert_eq!(told(&linear(1.0)).len(), 1);
    assert!(told(&few).is_empty(), "ten of thirty are left");
}

#[test]
fn switches_that_touched_nothing_cut_the_engines_off() {
    let heard = evidence(|s, cycle| cycle.sensors.touchdown[2] = s == 20);
    let events = vec![(at(40), Event::Contact), (at(40), Event::EnginesCutOff)];
    let none = Linear::default();
    let told = |events: &[(Time, Event)], altitude_m: f64| {
        let replayed = engines(40, events.to_vec());
        mechanisms((&heard, &replayed), &level(altitude_m), &none, 20.0)
    };
    let found = told(&events, 40.0);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, MechanismKind::CutOffByFalseContact);
    assert_eq!((found[0].device, found[0].from), (Device::Switches, at(40)));
    assert!(found[0].seen[0].text.contains("leg 2"), "{}", found[0].seen[0].text);
    assert!(told(&events, 1.0).is_empty(), "on the ground");
    let again = [events, vec![(at(42), Event::CutOffRevoked)]].concat();
    assert!(told(&again, 40.0).is_empty(), "they burn again");
}

#[test]
fn an_altitude_of_nothing_cut_the_engines_off() {
    let mut replayed = engines(40, vec![(at(40), Event::Contact)]);
    let told = |replayed: &Replayed| {
        let heard = evidence(|_, _| {});
        mechanisms((&heard, replayed), &level(3700.0), &Linear::default(), 20.0)
    };
    let found = told(&replayed);
    assert_eq!(found[0].kind, MechanismKind::CutOffByWrongAltitude);
    for down in &mut replayed.snapshots {
        down.nav.altitude_m = 3700.0;
    }
    assert!(told(&replayed).is_empty(), "nothing says why");
}

#[test]
fn engines_that_a_restart_left_off_are_told() {
    let heard = evidence(|s, cycle| cycle.powered_up |= s == 30);
    let none = Linear::default();
    let told = |until_s: i64, altitude_m: f64| {
        mechanisms((&heard, &engines(until_s, vec![])), &level(altitude_m), &none, 20.0)
    };
    let found = told(30, 9000.0);
    assert_eq!(found[0].kind, MechanismKind::LeftOffAfterRestart);
    assert_eq!((found[0].device, found[0].from), (Device::Computer, at(30)));
    assert!(told(60, 9000.0).is_empty(), "they burn again");
    assert!(told(10, 9000.0).is_empty(), "they had not burnt");
    assert!(told(30, 1.0).is_empty(), "on the ground");
}

#[test]
fn a_burn_whose_velocity_change_is_not_sensed_ended_by_time() {
    let events = vec![(at(10), Event::DeorbitStarted), (at(50), Event::DeorbitEnded)];
    let told = |each_m_s: f64| {
        // A cycle of 20 ms stands for a second here: as many of them as the burn is long.
        let mut heard = evidence(|_, cycle| cycle.sensors.imu.dv_B_m_s[2] = each_m_s);
        let cycles: Vec<Cycle> =
            heard.cycles.iter().flat_map(|one| vec![one.clone(); 50]).collect();
        heard.cycles = cycles;
        mechanisms((&heard, &engines(50, events.clone())), &level(9e4), &Linear::default(), 20.0)
    };
    assert_eq!(told(0.0)[0].kind, MechanismKind::BurnEndedByTime);
    assert!(told(0.01).is_empty(), "20 m/s of 20 m/s");
}
