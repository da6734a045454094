//! Faults of every device, begun and ended by time, height or phase, and those of the test stand itself:
//! the computer and the radio link. Short flights from ignition; what the flight software makes of them
//! is judged elsewhere.

use icd::bus::Sensors;
use icd::tm::Phase;
use rig::closed_loop::{Simulation, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::{Path, PathBuf};

/// A file of its own beside the shipped scenarios' copies, with `faults` added to the nominal flight.
fn stand(name: &str, faults: &str) -> Stand {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.toml"));
    let base = shipped.join("m2-nominal-from-ignition.toml").canonicalize().unwrap();
    let text = format!("extends = {:?}\ntitle = \"{name}\"\n{faults}", base.to_str().unwrap());
    std::fs::write(&file, text).unwrap();
    Stand::new(Scenario::read(&file).unwrap()).unwrap()
}

fn fault(on: &str, kind: &str, rest: &str) -> String {
    format!("[[fault]]\non = \"{on}\"\nkind = \"{kind}\"\n{rest}\n")
}

/// Cycles flown with what the bus carried, `seconds` long.
fn cycles(
    stand: &Stand,
    seconds: f64,
    mut look: impl FnMut(f64, &Sensors, Phase, &Simulation<'_>),
) {
    let load = stand.load(0);
    let mut simulation = Simulation::new(stand, &load, 0).unwrap();
    let start = simulation.world().state().t;
    loop {
        let exchange = simulation.exchange();
        let t_s = (exchange.sensors.t - start).s();
        if t_s >= seconds || simulation.world().ended().is_some() {
            return;
        }
        let phase = simulation.flight().down().phase;
        look(t_s, &exchange.sensors, phase, &simulation);
        simulation.carry_on(&exchange);
    }
}

#[test]
fn a_fault_begins_with_a_phase_and_ends_with_another() {
    let window = "phase = \"braking\"\nuntil_phase = \"pitch-up\"";
    let stand = stand("phases", &fault("switch.2", "stuck_on", window));
    let (mut inside, mut outside, mut wrong) = (0, 0, 0);
    let mut before = Phase::OrbitCoast;
    cycles(&stand, 800.0, |_, sensors, phase, _| {
        let expected = (Phase::Braking..Phase::PitchUp).contains(&before);
        (inside, outside) = (inside + i32::from(expected), outside + i32::from(!expected));
        wrong += i32::from(sensors.touchdown[2] != expected);
        before = phase;
    });
    assert!(inside > 1000 && outside > 1000, "{inside} {outside}");
    assert!(wrong <= 2, "{wrong} cycles of {inside} and {outside}");
}

#[test]
fn a_fault_begins_below_a_height() {
    let stand = stand("height", &fault("rangefinder", "dead", "below_m = 1500.0"));
    let (mut above, mut below) = (0, 0);
    cycles(&stand, 1000.0, |_, sensors, _, simulation| {
        let valid = sensors.rangefinder.is_some_and(|shot| shot.range_m > 0.0);
        let altitude_m = simulation.world().view().altitude_m;
        above += i32::from(valid && altitude_m > 1520.0);
        below += i32::from(valid && altitude_m < 1450.0);
    });
    assert!(above > 20, "{above} ranges before it");
    assert_eq!(below, 0);
}

#[test]
fn a_computer_that_restarts_shuts_the_valves_and_goes_on() {
    let stand =
        stand("restart", &fault("computer", "restart", "outage_s = 2.0\nphase = \"braking\""));
    let (mut down, mut thrust_after) = (0, 0.0_f64);
    cycles(&stand, 400.0, |_, _, phase, simulation| {
        if phase == Phase::Braking {
            let thrust = simulation.world().thrust().main_N;
            down += i32::from(!simulation.received());
            if !simulation.received() && down > 50 {
                assert!(thrust < 1e-3, "the main valve is open with the computer down");
            }
            thrust_after = if down >= 100 { thrust_after.max(thrust) } else { 0.0 };
        }
    });
    assert_eq!(down, 100, "cycles of 20 ms in 2 s");
    assert!(thrust_after > 400.0, "{thrust_after} N after the restart");
}

/// Whether braking was reached, and a phase before it afterwards, with a cold restart in braking.
fn forgets(name: &str, rest: &str) -> (bool, bool) {
    let cold = fault("computer", "cold_restart", "outage_s = 0.5\nphase = \"braking\"");
    let stand = stand(name, &format!("{rest}{cold}"));
    let (mut braking, mut forgotten) = (false, false);
    cycles(&stand, 400.0, |_, _, phase, _| {
        braking |= phase == Phase::Braking;
        forgotten |= braking && phase < Phase::Braking;
    });
    (braking, forgotten)
}

#[test]
fn a_cold_restart_forgets_the_phase_as_flown_and_resumes_it_else() {
    let as_flown = "[flight]\nconfiguration = \"as-flown\"\n";
    assert_eq!(forgets("cold-as-flown", as_flown), (true, true));
    assert_eq!(forgets("cold", ""), (true, false));
}

#[test]
fn a_lost_link_leaves_a_gap_in_the_packets_and_changes_nothing_else() {
    let whole = fly(&stand("link-whole", ""), 0, Recording::Full, |_| {}).unwrap();
    let gap = fault("link", "loss", "below_m = 1000.0\nuntil_below_m = 100.0");
    let holed = fly(&stand("link-lost", &gap), 0, Recording::Full, |_| {}).unwrap();
    assert_eq!(whole.digest(), holed.digest());
    let (all, fewer) = (whole.record.unwrap().packets, holed.record.unwrap().packets);
    assert!(fewer.len() < all.len());
    // What was received is the beginning and the end of what was sent.
    let head = all.iter().zip(&fewer).take_while(|(a, b)| a == b).count();
    let tail = all.iter().rev().zip(fewer.iter().rev()).take_while(|(a, b)| a == b).count();
    assert!(head + tail >= fewer.len(), "{head} + {tail} of {}", fewer.len());
    assert!(head > 0 && tail > 0 && tail < fewer.len());
}

#[test]
fn a_sensor_that_is_shut_out_for_good_is_counted() {
    let as_flown = "[flight]\nconfiguration = \"as-flown\"\n";
    let step = fault("rangefinder", "bias", "bias_m = 20000.0\nat_s = 0.0");
    let shut_out = |name, lines: &str| {
        let flown = fly(&stand(name, lines), 0, Recording::Off, |_| {}).unwrap();
        for (t_s, event) in &flown.events {
            println!("{name} {t_s:.1} s {}", event.name());
        }
        flown.measures.sensors_shut_out
    };
    assert_eq!(shut_out("shut-out", &(as_flown.to_string() + &step)), Some(1.0));
    assert_eq!(shut_out("asked-again", &step), Some(0.0));
}

#[test]
fn any_number_of_faults_at_once_still_ends_and_repeats() {
    let many = [
        fault("rangefinder", "noise", "sigma_m = 5.0\ngrowth_m_s = 0.1\nat_s = 0.0"),
        fault("rangefinder", "dropout", "probability = 0.2\nat_s = 100.0"),
        fault("rangefinder", "time_tag", "offset_s = -0.2\nbelow_m = 2000.0"),
        fault(
            "velocimeter",
            "drift",
            "beam_0_m_s_s = 0.01\nbeam_1_m_s_s = 0.0\nbeam_2_m_s_s = 0.0\nphase = \"braking\"",
        ),
        fault("star_tracker", "latency", "latency_s = 0.5\nat_s = 0.0"),
        fault("accelerometers", "scale", "factor = 1.001\nat_s = 0.0"),
        fault("gyros", "saturation", "limit_deg_h = 20000.0\nphase = \"terminal descent\""),
        fault("switch.1", "stuck_on", "below_m = 50.0"),
        fault("assist.2", "drift", "share_s = -0.001\nphase = \"braking\""),
        fault("jet.3", "latency", "latency_s = 0.02\nat_s = 0.0"),
        fault("main", "noise", "sigma = 0.01\ngrowth_s = 0.0\nat_s = 0.0"),
        fault("computer", "restart", "outage_s = 0.1\nbelow_m = 500.0"),
        fault("link", "loss", "below_m = 300.0"),
    ];
    let stand = stand("many", &many.concat());
    let one = fly(&stand, 3, Recording::Off, |_| {}).unwrap();
    let two = fly(&stand, 3, Recording::Off, |_| {}).unwrap();
    assert_eq!(one.digest(), two.digest());
    assert_eq!(stand.scenario.faults.len(), 13);
}
