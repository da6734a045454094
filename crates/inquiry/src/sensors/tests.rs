use super::*;
use crate::finding::Channel;
use crate::trajectory;
use rig::closed_loop::fly;
use rig::record::Recording;
use rig::scenario::fault::Fault;
use rig::scenario::{Scenario, Tree};
use rig::stand::Stand;
use std::path::Path;
use std::sync::OnceLock;
use truth::faulty::Moment;

/// The base of all flights: reading A from braking ignition, as flown.
fn stand() -> &'static Stand {
    static STAND: OnceLock<Stand> = OnceLock::new();
    STAND.get_or_init(|| {
        let file =
            format!("{}/../../scenarios/m2-nominal-from-ignition.toml", env!("CARGO_MANIFEST_DIR"));
        Stand::new(Scenario::read(Path::new(&file)).unwrap()).unwrap()
    })
}

fn fault(on: &str, kind: &str, numbers: &[f64], from_s: f64, until_s: Option<f64>) -> Fault {
    let after = |s| Moment::After(Span::from_s(s));
    Fault::of(on, kind, numbers, after(from_s), until_s.map(after)).unwrap()
}

/// What a flight with these faults shows, without and with a trajectory.
struct Shown {
    start: Time,
    patterns: Vec<Finding>,
    findings: Vec<Finding>,
    trust: Trust,
}

fn flown(run: u64, faults: Vec<Fault>) -> Shown {
    flown_without(run, faults, &[])
}

/// The same with kinds of the rangefinder struck from the library.
fn flown_without(run: u64, faults: Vec<Fault>, struck: &[&str]) -> Shown {
    let struck = struck.iter().map(|kind| ("rangefinder".to_string(), kind.to_string()));
    shown(stand(), run, faults, &Library::without(&struck.collect::<Vec<_>>()))
}

fn shown(stand: &Stand, run: u64, faults: Vec<Fault>, library: &Library) -> Shown {
    let scenario = Scenario::clone(&stand.scenario);
    let broken = stand.again(scenario.with_faults(faults)).unwrap();
    let record = fly(&broken, run, Recording::Full, |_| {}).unwrap().record.unwrap();
    let (load, nav) = flight::load::image::unpack(&record.uploaded).unwrap();
    let mission = Mission { stand: stand.clone(), load: Box::new(load), nav, uploaded: true };
    let evidence = Evidence::read(&record.packets);
    let replayed = Replayed::of(&mission, &evidence);
    let contact = crate::control::contact(&evidence);
    let (patterns, trust) = patterns(&mission, &evidence, &replayed, library, contact);
    let (trajectory, _) = trajectory::estimate(&mission, &evidence, &replayed, &trust).unwrap();
    let (findings, trust) = against(&mission, &evidence, &replayed, &trajectory, library, contact);
    Shown { start: evidence.start().unwrap(), patterns, findings, trust }
}

fn first(findings: &[Finding], device: Device) -> &Finding {
    findings.iter().find(|finding| finding.channel == Channel::Stream(device)).unwrap()
}

fn kinds(finding: &Finding) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> =
        finding.faults.iter().map(|fault| fault.cause.kind).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn a_healthy_flight_shows_nothing() {
    let shown = flown(424_201, vec![]);
    let worst = shown.findings.iter().map(|finding| finding.gain).fold(0.0, f64::max);
    assert!(worst < 3.0, "{:?}", shown.findings);
    assert_eq!(shown.trust, Trust::default());
    assert!(shown.patterns.is_empty(), "{:?}", shown.patterns);
}

#[test]
fn a_healthy_radar_altimeter_sees_the_nearest_ground_in_its_cone_however_the_lander_leans() {
    let text = "extends = \"m2-nominal-from-ignition.toml\"\nvehicle = \"../vehicles/resilience-sensors.toml\"\n\
                [flight]\nradar_altimeter = true\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/x.toml");
    let scenario = Scenario::check(&Tree::of_text(&path, text).unwrap()).unwrap();
    let stand = Stand::new(scenario).unwrap();
    let shown = shown(&stand, 424_208, vec![], &Library::without(&[]));
    let own = Channel::Stream(Device::RadarAltimeter);
    let worst = shown.findings.iter().filter(|finding| finding.channel == own);
    assert!(worst.clone().all(|finding| finding.gain < 3.0), "{:?}", worst.collect::<Vec<_>>());
}

#[test]
fn a_late_and_short_sighted_rangefinder_is_both() {
    let limit = fault("rangefinder", "range_limit", &[893.0], 0.0, None);
    let late = fault("rangefinder", "latency", &[1.9], 0.0, None);
    let shown = flown(424_202, vec![limit, late]);
    let best = first(&shown.findings, Device::Rangefinder);
    assert!(kinds(best).contains(&"latency"), "{best:?}");
    assert!(
        ["range_limit", "weak_laser", "weak_surface", "weak_receiver"]
            .iter()
            .any(|kind| kinds(best).contains(kind)),
        "{best:?}"
    );
    let fault = best.faults.iter().find(|fault| fault.cause.kind == "latency").unwrap();
    assert!((fault.numbers[0].value - 1.9).abs() <= 0.02, "{fault:?}");
    assert_eq!((fault.from.0, fault.until), (shown.start, None));
    let both = shown.findings.iter().find(|one| kinds(one) == ["latency", "range_limit"]).unwrap();
    let limit = both.faults.iter().find(|fault| fault.cause.kind == "range_limit").unwrap();
    assert!((limit.numbers[0].value - 893.0).abs() < 5.0 * limit.numbers[0].sigma.max(10.0));
    assert!(best.gain - both.gain < 10.0);
}

#[test]
fn a_noisy_rangefinder_that_loses_shots_is_both() {
    let noise = fault("rangefinder", "noise", &[30.0, 0.0], 0.0, None);
    let dropout = fault("rangefinder", "dropout", &[0.5], 0.0, None);
    let shown = flown(424_203, vec![noise, dropout]);
    let best = first(&shown.findings, Device::Rangefinder);
    assert_eq!(kinds(best), ["dropout", "noise"], "{best:?}");
    for (kind, value) in [("noise", 30.0), ("dropout", 0.5)] {
        let fault = best.faults.iter().find(|fault| fault.cause.kind == kind).unwrap();
        let number = &fault.numbers[0];
        assert!((number.value - value).abs() < 4.0 * number.sigma + 0.02 * value, "{fault:?}");
    }
    assert!(shown.trust.noise(Device::Rangefinder) > 10.0);
}

#[test]
fn one_false_value_again_and_again_is_masked() {
    // Rare ones show before there is a trajectory, because nothing around them has a value.
    for (seed, share, from_s) in [(424_204, 0.3, 500.0), (424_207, 0.1, 0.0)] {
        let ghost = fault("rangefinder", "ghost", &[share, 40.0], from_s, None);
        let shown = flown(seed, vec![ghost]);
        for findings in [&shown.patterns, &shown.findings] {
            let best = first(findings, Device::Rangefinder);
            assert_eq!(kinds(best), ["ghost"], "{best:?}");
            assert!((best.faults[0].numbers[0].value - share).abs() < share / 3.0);
            let began_s = (best.faults[0].from.0 - shown.start).s();
            assert!((began_s - from_s).abs() < 3.0, "{began_s}");
        }
        assert!(shown.trust.masked.iter().any(|(device, _)| *device == Device::Rangefinder));
    }
}

#[test]
fn a_repeated_value_that_the_library_has_no_name_for_is_outside_of_it() {
    let stuck = || vec![fault("rangefinder", "stuck", &[], 740.0, None)];
    let named = flown(424_205, stuck());
    let best = first(&named.findings, Device::Rangefinder);
    assert_eq!(kinds(best), ["stuck"], "{best:?}");
    let unnamed = flown_without(424_205, stuck(), &["stuck"]);
    let other = first(&unnamed.findings, Device::Rangefinder);
    assert!(other.faults.is_empty(), "{other:?}");
    assert!(best.gain - other.gain < 1.0, "{} and {}", best.gain, other.gain);
    let second = unnamed.findings.iter().find(|one| !one.faults.is_empty());
    assert!(second.is_none_or(|one| one.gain < other.gain - 10.0), "{second:?}");
    // What repeats means nothing, whatever makes it repeat.
    assert_eq!(named.trust.masked, unnamed.trust.masked);
}
