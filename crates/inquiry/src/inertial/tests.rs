//! A healthy flight's samples, broken by hand as `truth::faulty` breaks them.

use super::*;
use crate::sample;
use icd::bus::Imu;
use truth::random::Stream;

const START: usize = 1500;
const END: usize = 1550;

fn healthy() -> Evidence {
    Evidence::read(&sample::healthy().record.packets)
}

/// The healthy flight with every sample changed: place, sample, the one before the fault.
fn broken(mut change: impl FnMut(usize, &mut Imu, Imu)) -> Evidence {
    let mut evidence = healthy();
    let before = evidence.cycles[START - 1].sensors.imu;
    for (n, cycle) in evidence.cycles.iter_mut().enumerate().skip(1) {
        change(n, &mut cycle.sensors.imu, before);
    }
    evidence
}

fn found(evidence: &Evidence) -> (Vec<Finding>, Trust) {
    patterns(&sample::healthy().mission, evidence, &Replayed::default(), &Library::default())
}

/// The first finding, which must be this one; its fault.
fn first(evidence: &Evidence, on: &str, kind: &str) -> Fault {
    let (findings, _) = found(evidence);
    let best = findings.first().unwrap_or_else(|| panic!("{on} {kind}: nothing found"));
    let shown: Vec<_> =
        findings.iter().map(|f| (f.gain, f.faults.first().map(|own| &own.cause))).collect();
    let cause = Cause { on: on.into(), kind: best.faults[0].cause.kind };
    assert_eq!((&best.faults[0].cause, best.faults[0].cause.kind), (&cause, kind), "{shown:?}");
    assert!(best.gain > 20.0, "{shown:?}");
    best.faults[0].clone()
}

/// From and until of a fault, as places of cycles.
fn window(evidence: &Evidence, fault: &Fault) -> (usize, Option<usize>) {
    let place = |t| evidence.cycles.partition_point(|cycle| cycle.sensors.t < t);
    (place(fault.from.0), fault.until.map(place))
}

#[test]
fn a_healthy_unit_shows_nothing() {
    let (findings, trust) = found(&healthy());
    let shown: Vec<_> = findings.iter().map(|f| (f.gain, &f.faults)).collect();
    assert!(findings.iter().all(|finding| finding.gain < 3.0), "{shown:?}");
    assert_eq!(trust, Trust::default());
}

#[test]
fn nothing_received_shows_nothing() {
    let (findings, trust) = found(&Evidence::default());
    assert!(findings.is_empty() && trust == Trust::default());
    let mut one = healthy();
    one.cycles.truncate(1);
    assert!(found(&one).0.is_empty());
}

#[test]
fn exact_patterns_are_found_with_part_kind_and_times() {
    let window_of = |evidence: &Evidence, on, kind| window(evidence, &first(evidence, on, kind));
    let during = |n: usize| (START..END).contains(&n);
    let dead = broken(|n, imu, _| {
        if during(n) {
            *imu = Imu { dv_B_m_s: [0.0; 3], dtheta_B_rad: [0.0; 3], healthy: false, ..*imu };
        }
    });
    assert_eq!(window_of(&dead, "imu", "dead"), (START, Some(END)));
    let masked = found(&dead).1.masked;
    let cycles: Vec<u32> = (START as u32..END as u32).collect();
    assert_eq!(masked, [(Device::Gyros, cycles.clone()), (Device::Accelerometers, cycles)]);
    let silent = broken(|n, imu, _| {
        if n >= START {
            imu.dtheta_B_rad = [0.0; 3];
        }
    });
    assert_eq!(window_of(&silent, "gyros", "not_enabled"), (START, None));
    let unfit = broken(|_, imu, _| imu.healthy = false);
    let findings = found(&unfit).0;
    let named = findings.iter().flat_map(|finding| &finding.faults);
    assert_eq!(named.filter(|own| own.cause.kind == "unfit").count(), 3);
    let stuck = broken(|n, imu, before| {
        if during(n) {
            imu.dtheta_B_rad = before.dtheta_B_rad;
        }
    });
    assert_eq!(window_of(&stuck, "gyros", "stuck"), (START, Some(END)));
    // It turns, unseen, faster than the unit can tell: the held value is no limit. A hole of the link is in it.
    let mut turning = broken(|n, imu, before| {
        if n >= START {
            imu.dtheta_B_rad = before.dtheta_B_rad;
            imu.saturated = n >= END;
        }
    });
    turning.cycles.drain(END + 100..END + 110);
    assert_eq!(window_of(&turning, "gyros", "stuck"), (START, None));
}

#[test]
fn zeros_that_the_library_has_no_name_for_are_outside_of_it_and_named_else() {
    let silent = broken(|n, imu, _| {
        if (START..END).contains(&n) {
            imu.dtheta_B_rad = [0.0; 3];
        }
    });
    let (named, trust) = found(&silent);
    assert_eq!(named[0].faults[0].cause.kind, "not_enabled");
    let unknown = named.iter().find(|finding| finding.faults.is_empty()).unwrap();
    assert!(unknown.gain < named[0].gain - 2.0, "{} {}", unknown.gain, named[0].gain);
    let struck = Library::without(&[("gyros".into(), "not_enabled".into())]);
    let mission = &sample::healthy().mission;
    let (unnamed, same) = patterns(mission, &silent, &Replayed::default(), &struck);
    assert!(unnamed[0].faults.is_empty(), "{unnamed:?}");
    assert!(unnamed.iter().skip(1).all(|other| other.gain < unnamed[0].gain - 3.0), "{unnamed:?}");
    assert!(unnamed.iter().flat_map(|f| &f.faults).all(|own| own.cause.kind != "not_enabled"));
    assert_eq!(trust, same, "zeros mean nothing, whatever makes them");
}

#[test]
fn lost_samples_have_a_share() {
    let mut stream = Stream::new(1, 1, "lost");
    let lost = broken(|_, imu, _| {
        if stream.uniform() < 0.05 {
            *imu = Imu { dv_B_m_s: [0.0; 3], healthy: false, ..*imu };
        }
    });
    let fault = first(&lost, "accelerometers", "dropout");
    let Fitted { value, sigma, .. } = &fault.numbers[0];
    assert!((value - 0.05).abs() < 4.0 * sigma && *sigma < 0.01, "{fault:?}");
    assert_eq!(window(&lost, &fault), (0, None));
}

#[test]
fn a_limit_is_found_by_value() {
    // 90 s hold the ignition: more than 1 m/s².
    let clipped = broken(|_, imu, _| {
        let high = imu.dv_B_m_s.iter().any(|dv| dv.abs() > 0.02);
        imu.dv_B_m_s = imu.dv_B_m_s.map(|dv| dv.clamp(-0.02, 0.02));
        imu.saturated |= high;
    });
    let fault = first(&clipped, "accelerometers", "saturation");
    assert!((fault.numbers[0].value - 1.0).abs() < 1e-6, "{fault:?}");
    assert_eq!(fault.from.0, clipped.start().unwrap());
}

#[test]
fn noise_and_strays_are_found_with_their_size() {
    let mut stream = Stream::new(1, 2, "noise");
    let deg_h = std::f64::consts::PI / 180.0 / 3600.0;
    let noisy = broken(|_, imu, _| {
        let n = stream.normal3() * (60.0 * deg_h * 0.02);
        imu.dtheta_B_rad = std::array::from_fn(|axis| imu.dtheta_B_rad[axis] + n[axis]);
    });
    let fault = first(&noisy, "gyros", "noise");
    assert!((fault.numbers[0].value / 60.0 - 1.0).abs() < 0.3, "{fault:?}");
    let (.., trust) = found(&noisy);
    assert!(trust.noise.iter().any(|(device, factor)| *device == Device::Gyros && *factor > 5.0));
    let mut stream = Stream::new(1, 3, "strays");
    let strays = broken(|_, imu, _| {
        let (chance, n) = (stream.uniform(), stream.normal3() * 0.02);
        if chance < 0.02 {
            imu.dv_B_m_s = std::array::from_fn(|axis| imu.dv_B_m_s[axis] + n[axis]);
        }
    });
    let fault = first(&strays, "accelerometers", "outliers");
    let [share, size] = [&fault.numbers[0], &fault.numbers[1]];
    assert!((share.value - 0.02).abs() < 0.006 && (size.value - 1.0).abs() < 0.3, "{fault:?}");
}

#[test]
fn gyros_and_accelerometers_that_fail_apart_are_found_together() {
    let both = broken(|n, imu, before| {
        if (START..END).contains(&n) {
            imu.dtheta_B_rad = before.dtheta_B_rad;
        }
        if n >= 2000 {
            imu.dv_B_m_s = [0.0; 3];
        }
    });
    let (findings, _) = found(&both);
    let kinds: Vec<_> =
        findings[0].faults.iter().map(|f| (f.cause.on.as_str(), f.cause.kind)).collect();
    assert!(kinds.contains(&("gyros", "stuck")), "{kinds:?}");
    assert!(kinds.contains(&("accelerometers", "not_enabled")), "{kinds:?}");
}

#[test]
fn a_switch_that_is_closed_alone_is_stuck_and_one_that_flutters_is_loose() {
    let mut evidence = healthy();
    evidence.cycles.iter_mut().for_each(|cycle| cycle.sensors.touchdown[2] = true);
    let fault = first(&evidence, "switch.2", "stuck_on");
    assert_eq!(fault.from.0, evidence.start().unwrap());
    let mut evidence = healthy();
    let mut stream = Stream::new(1, 4, "loose");
    let end = evidence.cycles.len() - 1;
    for cycle in &mut evidence.cycles[end - 100..] {
        cycle.sensors.touchdown = [true, stream.uniform() < 0.5, true, true];
    }
    let fault = first(&evidence, "switch.1", "dropout");
    assert!((fault.numbers[0].value - 0.5).abs() < 0.2, "{fault:?}");
}

#[test]
fn two_switches_that_close_together_high_above_the_ground_are_stuck() {
    let mut evidence = healthy();
    for cycle in &mut evidence.cycles[START..END] {
        (cycle.sensors.touchdown[0], cycle.sensors.touchdown[2]) = (true, true);
    }
    let mission = &sample::healthy().mission;
    let replayed = Replayed::of(mission, &evidence);
    let trust = Trust::default();
    let (trajectory, _) =
        crate::trajectory::estimate(mission, &evidence, &replayed, &trust).unwrap();
    let library = Library::default();
    let found = switches_in_flight(mission, &evidence, &replayed, &trajectory, &library);
    let both = found.last().unwrap();
    let named: Vec<_> = both.faults.iter().map(|fault| fault.cause.on.as_str()).collect();
    assert_eq!(named, ["switch.0", "switch.2"]);
    assert_eq!(both.faults[0].from.0, evidence.cycles[START].sensors.t);
    assert_eq!(both.faults[1].until, Some(evidence.cycles[END].sensors.t));
}
