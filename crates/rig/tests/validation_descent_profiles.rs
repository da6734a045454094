//! Validation: descents of other vehicles against what was published of the real ones.
//! Source: [BlueGhost2025], [Chandrayaan3], [ChangE3], [Bennett1970]; the figures stand below.
//! Compared: durations, altitudes, speeds and ranges of the descents that `scenarios/` fly with our software in
//! six degrees of freedom, their reference run. Altitude is over the target's level.
//! Tolerance: 15 %: masses and thrusts are partly assumed and chosen for the duration of braking; nothing else is
//! fitted to the speeds and heights on the way.
#![allow(non_snake_case)]

use icd::events::Event;
use icd::tm::Phase;
use rig::closed_loop::{Flown, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

const TOLERANCE: f64 = 0.15;

/// The flight at one time, from the start of the run.
#[derive(Clone, Copy, Debug)]
struct Point {
    t_s: f64,
    phase: Phase,
    altitude_m: f64,
    ground_m: f64,
    v_up_m_s: f64,
    v_horizontal_m_s: f64,
    collective: f64,
}

impl Point {
    fn speed_m_s(&self) -> f64 {
        libm::hypot(self.v_up_m_s, self.v_horizontal_m_s)
    }
}

struct Descent {
    flown: Flown,
    points: Vec<Point>,
}

impl Descent {
    fn of(name: &str) -> Self {
        let descent = Self::run(name, 0);
        let judgement = &descent.flown.judgement;
        assert!(judgement.as_expected, "{name}: {:#?}", judgement.reasons);
        descent
    }

    fn run(name: &str, run: u64) -> Self {
        let file = format!("../../scenarios/{name}.toml");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
        let radius_m = stand.site.p_ML_M.norm();
        let mut points = Vec::new();
        let flown = fly(&stand, run, Recording::Off, |frame| {
            let p = frame.view.p_LB_L.si();
            let (level, up) = (libm::hypot(p.x, p.y), p.z + radius_m);
            points.push(Point {
                t_s: frame.t_s,
                phase: frame.telemetry.phase,
                altitude_m: libm::hypot(level, up) - radius_m,
                ground_m: libm::atan2(level, up) * radius_m,
                v_up_m_s: frame.view.v_up_m_s,
                v_horizontal_m_s: frame.view.v_horizontal_m_s,
                collective: frame.telemetry.guidance.throttle,
            });
        })
        .unwrap();
        Self { flown, points }
    }

    fn first(&self, met: impl Fn(&Point) -> bool) -> &Point {
        self.points.iter().find(|point| met(point)).unwrap()
    }

    fn at_phase(&self, phase: Phase) -> &Point {
        self.first(|point| point.phase >= phase)
    }

    fn event_s(&self, event: Event) -> f64 {
        self.flown.events.iter().rev().find(|(_, other)| *other == event).unwrap().0
    }
}

/// Flown and published figures, side by side.
fn alike(name: &str, figures: &[(&str, f64, f64)]) {
    for (what, flown, published) in figures {
        let off = flown / published - 1.0;
        println!(
            "{name:14} {what:42} flown {flown:9.1} published {published:9.1} {:+6.1} %",
            100.0 * off
        );
    }
    for (what, flown, published) in figures {
        assert!((flown / published - 1.0).abs() <= TOLERANCE, "{name}: {what} {flown} {published}");
    }
}

#[test]
fn blue_ghost_brakes_for_nine_minutes_and_lands_on_its_thrusters() {
    let descent = Descent::of("blue-ghost");
    let (lit, gate) = (descent.at_phase(Phase::Braking), descent.at_phase(Phase::PitchUp));
    let contact_s = descent.event_s(Event::Contact);
    let off_s = descent.event_s(Event::MainEngineOff);
    let off = descent.first(|point| point.t_s >= off_s);
    alike(
        "Blue Ghost",
        &[
            ("ignition, altitude m (18 to 20 km)", lit.altitude_m, 19_000.0),
            ("ignition, speed m/s", lit.speed_m_s(), 1_700.0),
            ("braking s", gate.t_s - lit.t_s, 540.0),
            ("main engine off, speed m/s", off.speed_m_s(), 40.0),
            ("main engine off to touchdown s", contact_s - off_s, 100.0),
            ("ignition to touchdown s", contact_s - lit.t_s, 660.0),
        ],
    );
}

#[test]
fn chandrayaan_3_passes_the_end_of_its_rough_braking() {
    let descent = Descent::of("chandrayaan-3");
    let lit = descent.at_phase(Phase::Braking);
    // Rough braking ended at 358 m/s of horizontal speed; fine braking, after 10 s, 175 s later at 800 to 1300 m.
    let rough = descent.first(|p| p.phase == Phase::Braking && p.v_horizontal_m_s <= 358.0);
    let fine = descent.first(|p| p.altitude_m <= 1050.0);
    alike(
        "Chandrayaan-3",
        &[
            ("ignition, altitude m", lit.altitude_m, 30_000.0),
            ("ignition, horizontal speed m/s", lit.v_horizontal_m_s, 1_680.0),
            ("rough braking s", rough.t_s - lit.t_s, 690.0),
            ("its end, altitude m", rough.altitude_m, 7_420.0),
            ("its end, descent m/s", -rough.v_up_m_s, 61.0),
            ("its range m", lit.ground_m - rough.ground_m, 713_500.0),
            ("from there to 1050 m s", fine.t_s - rough.t_s, 185.0),
        ],
    );
}

#[test]
fn chang_e_3_brakes_and_approaches() {
    let descent = Descent::of("chang-e-3");
    let (lit, gate) = (descent.at_phase(Phase::Braking), descent.at_phase(Phase::PitchUp));
    alike(
        "Chang'E-3",
        &[
            ("ignition, altitude m", lit.altitude_m, 15_000.0),
            ("braking s", gate.t_s - lit.t_s, 487.0),
            ("its end, altitude m", gate.altitude_m, 3_000.0),
            ("its end, speed m/s", gate.speed_m_s(), 57.0),
            ("ignition to touchdown s", descent.event_s(Event::Contact) - lit.t_s, 720.0),
        ],
    );
}

#[test]
fn the_lunar_module_flies_apollo_s_law_to_the_ground() {
    let descent = Descent::of("apollo-11");
    let (lit, gate) = (descent.at_phase(Phase::Braking), descent.at_phase(Phase::PitchUp));
    let recovery = descent.first(|p| p.t_s > lit.t_s + 60.0 && p.collective < 0.9);
    let at = |t_s: f64| descent.first(|p| p.t_s >= lit.t_s + t_s);
    let low = descent.first(|p| p.altitude_m <= 156.0);
    alike(
        "Apollo 11",
        &[
            ("ignition, altitude m", lit.altitude_m, 14_878.0),
            ("176 s, altitude m", at(176.0).altitude_m, 13_696.0),
            ("258 s, altitude m", at(258.0).altitude_m, 11_948.0),
            ("258 s, speed over ground m/s", at(258.0).speed_m_s(), 938.8),
            ("throttle recovery s", recovery.t_s - lit.t_s, 384.0),
            ("throttle recovery, altitude m", recovery.altitude_m, 7_510.0),
            ("high gate s", gate.t_s - lit.t_s, 506.0),
            ("high gate, altitude m", gate.altitude_m, 2_291.0),
            ("high gate, descent m/s", -gate.v_up_m_s, 44.2),
            ("high gate, speed over ground m/s", gate.speed_m_s(), 158.8),
            ("low gate s", low.t_s - lit.t_s, 606.0),
            ("contact s", descent.event_s(Event::Contact) - lit.t_s, 714.0),
        ],
    );
}

#[test]
fn slim_and_apex_land_where_they_should() {
    for name in ["slim", "apex-1"] {
        let descent = Descent::of(name);
        println!("{name}: {}", descent.flown.judgement.headline());
    }
}

#[test]
fn a_main_engine_that_outweighs_the_lander_never_carries_it_up() {
    for run in [20, 22] {
        let descent = Descent::run("blue-ghost", run);
        let gate_m = descent.at_phase(Phase::PitchUp).altitude_m;
        let after = descent.points.iter().skip_while(|point| point.phase < Phase::PitchUp);
        let most_m = after.map(|point| point.altitude_m).fold(0.0, f64::max);
        println!("run {run}: gate at {gate_m:.0} m, then at most {most_m:.0} m");
        assert!(most_m < gate_m + 50.0);
    }
}
