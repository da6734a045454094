use super::*;
use crate::finding::{Device, Fitted};
use icd::time::Time;
use rig::scenario::Scenario;
use std::path::Path;

/// Mission 2 from braking ignition, as flown, nothing broken.
fn mission() -> Mission {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let base = root.join("scenarios/m2-nominal-from-ignition.toml");
    let off = ["velocimeter", "radar_altimeter", "camera", "hazard_lidar"]
        .map(|sensor| format!("{sensor} = false\n"));
    let text = format!(
        "extends = {:?}\n[flight]\nconfiguration = \"as-flown\"\n{}",
        base.to_str().unwrap(),
        off.concat()
    );
    let file = std::env::temp_dir().join(format!("frigoris-rank-{}.toml", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let scenario = Scenario::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    Mission::of(&scenario, None).unwrap()
}

fn fault(on: &str, kind: &'static str, numbers: &[(&str, f64)], from: Time) -> Fault {
    let number = |(key, value): &(&str, f64)| Fitted {
        key: (*key).to_string(),
        value: *value,
        sigma: 0.1 * value.abs(),
    };
    let cause = Cause { on: on.to_string(), kind };
    Fault { cause, numbers: numbers.iter().map(number).collect(), from: (from, 0.0), until: None }
}

fn finding(channel: Channel, faults: &[&Fault], gain: f64) -> Finding {
    Finding { channel, faults: faults.iter().copied().cloned().collect(), gain, seen: vec![] }
}

#[test]
fn an_explanation_that_loses_the_lander_as_it_was_lost_comes_first() {
    let mission = mission();
    let start = mission.stand.planned_start().t;
    let tilted = fault("star_tracker", "bias", &[("pitch_deg", 0.4)], start);
    let harmless = fault("gyros", "bias", &[("x_deg_h", 0.01)], start);
    let work = Work::in_memory();
    let bench = Bench::of(&mission, &Trajectory::default());
    let lost = bench.fly(&work, std::slice::from_ref(&tilted), 7).unwrap();
    let sound = bench.fly(&work, &[], 7).unwrap();
    assert!(!refly::stood(&lost) && refly::stood(&sound), "{} {}", lost.outcome, sound.outcome);
    let samples = lost.profile.iter().map(|sample| crate::trajectory::Sample {
        t: start + Span::from_s(sample[0]),
        p_MB_I_m: mission.stand.planned_start().p_MB_I.si(),
        v_MB_I_m_s: mission.stand.planned_start().v_MB_I.si(),
        q_IB: nalgebra::UnitQuaternion::identity(),
        P_p_m2: nalgebra::Matrix3::zeros(),
        P_v_m2_s2: nalgebra::Matrix3::zeros(),
        sigma_attitude_rad: [0.0; 3],
        altitude_m: (sample[1], 10.0),
        v_up_m_s: (sample[2], 0.1),
        v_horizontal_m_s: (sample[3], 0.1),
    });
    let samples: Vec<_> = samples.collect();
    let trajectory = Trajectory { after_loss: samples.len(), samples, ..Trajectory::default() };
    // Two gains that alone would say the other.
    let findings =
        [finding(Channel::Motion, &[&tilted], 20.0), finding(Channel::Motion, &[&harmless], 21.0)];
    let case = Case {
        mission: &mission,
        evidence: &Evidence::default(),
        replayed: &Replayed::default(),
        trajectory: &trajectory,
        linear: &Linear::default(),
        findings: &findings,
        quick: true,
    };
    let explained = explain(&case, &work, &|_| ()).unwrap();
    let first = &explained.ranking[0];
    assert_eq!(first.causes(), std::slice::from_ref(&tilted.cause));
    assert!(first.probability > 0.6, "{}", first.probability);
    assert_eq!(explained.flights, 3 * 2 + 3 * 6, "both and none, and whether each is needed");
    let sum: f64 = explained.families.iter().map(|family| family.probability).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    let again = explain(&case, &work, &|_| ()).unwrap();
    assert_eq!(again, explained, "from the journal");
}

#[test]
fn what_cannot_be_told_apart_is_one_explanation() {
    let numbers = [("factor", 0.003)];
    let at = Time::default();
    let weak = ["weak_surface", "weak_laser", "weak_receiver"]
        .map(|kind| fault("rangefinder", kind, &numbers, at));
    let limit = fault("rangefinder", "range_limit", &[("range_m_max", 900.0)], at);
    let stream = Channel::Stream(Device::Rangefinder);
    let mut findings: Vec<Finding> = weak.iter().map(|one| finding(stream, &[one], 40.0)).collect();
    findings.push(finding(stream, &[&limit], 40.0));
    let candidates = combine::combine(&findings);
    let shares = shares(&candidates, &vec![0.0; candidates.len()]);
    let groups = groups(&candidates, &shares, &BTreeMap::new(), combine::classes);
    assert_eq!(groups[0].len(), 3);
    let total: f64 = groups[0].iter().map(|held| held.share).sum();
    assert!((total - 0.75).abs() < 1e-6, "{total}");
}

#[test]
fn explanations_are_named_by_what_failed_and_what_the_software_did() {
    let at = Time::default();
    let late = fault("rangefinder", "latency", &[("latency_s", 1.9)], at);
    let bias = fault("star_tracker", "bias", &[("pitch_deg", 0.122)], at);
    let findings = [
        finding(Channel::Stream(Device::Rangefinder), &[&late], 40.0),
        finding(Channel::Motion, &[&bias], 40.0),
        finding(Channel::Thrust, &[], 2.0),
    ];
    let mechanism = Mechanism {
        kind: MechanismKind::RejectedByWrongNavigation,
        device: Device::Rangefinder,
        from: at,
        seen: vec![],
    };
    let candidates = combine::combine(&findings);
    let first = explanation(&candidates[0], None, &findings, std::slice::from_ref(&mechanism));
    assert!(first.name.contains("star tracker off by a constant"), "{}", first.name);
    assert_eq!(first.mechanism, None, "the rangefinder has failed itself");
    let families = families(std::slice::from_ref(&first), &[], Some(true));
    assert_eq!(families[0].name, "late or silent rangefinder together with navigation too high");
    let design = candidates.iter().find(|one| one.suspects.is_empty()).unwrap();
    let design = explanation(design, None, &findings, std::slice::from_ref(&mechanism));
    assert_eq!(design.name, mechanism.kind.text());
}
