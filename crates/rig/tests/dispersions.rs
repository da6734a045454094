//! What a stand says it has drawn is what flies.

use rig::closed_loop::{Simulation, Stand, fly};
use rig::load::nav_start;
use rig::record::Recording;
use rig::scenario::{REFERENCE_RUN, Scenario};
use std::path::Path;

const TEXT: &str = "
[start]
along_m      = { mean = 0.0, sigma = 300.0, min = -500.0, max = 400.0 }
radial_m_s   = { mean = 0.0, sigma = 0.2 }
across_m     = { values = [-20.0, 0.0, 20.0], weights = [1.0, 2.0, 1.0] }
propellant_kg = { min = 380.0, max = 390.0 }

[[correlation]]
between     = [\"start.along_m\", \"start.radial_m_s\"]
coefficient = -0.9

[[correlation]]
between     = [\"nature.main.thrust_percent\", \"knowledge.orbit_along_m_s\"]
coefficient = 0.8

[[fault]]
on     = \"assist.0\"
kind   = \"scale\"
factor = { min = 0.9, max = 1.0 }
below_m = { min = 1000.0, max = 9000.0 }
one_of = \"engine\"
weight = 1.0

[[fault]]
on     = \"assist.1\"
kind   = \"dead\"
phase  = \"terminal descent\"
one_of = \"engine\"
weight = 3.0
";

/// A scenario over `m2-nominal-from-ignition`.
fn stand(name: &str, lines: &str) -> Stand {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let base = root.join("scenarios/m2-nominal-from-ignition.toml").display().to_string();
    let file = std::env::temp_dir().join(format!("frigoris-{}-{name}.toml", std::process::id()));
    std::fs::write(&file, format!("extends = {base:?}\n{lines}")).unwrap();
    let scenario = Scenario::read(&file);
    std::fs::remove_file(&file).unwrap();
    Stand::new(scenario.unwrap()).unwrap()
}

/// The value of an input in a run.
fn drawn(stand: &Stand, run: u64, key: &str) -> f64 {
    let place = stand.inputs().iter().position(|input| input.key == key);
    stand.drawn(run)[place.unwrap_or_else(|| panic!("{key}"))]
}

#[test]
fn the_inputs_have_the_keys_of_the_file_and_their_units() {
    let stand = stand("inputs", TEXT);
    let inputs = stand.inputs();
    let named: Vec<(&str, &str)> =
        inputs.iter().map(|input| (input.key.as_str(), input.unit)).collect();
    assert_eq!(
        named[..8],
        [
            ("start.propellant_kg", "kg"),
            ("start.along_m", "m"),
            ("start.across_m", "m"),
            ("start.radial_m_s", "m/s"),
            ("fault.assist.0.scale.below_m", "m"),
            ("fault.assist.0.scale.factor", ""),
            ("fault.one_of.engine", ""),
            ("nature.dry_mass_kg", "kg"),
        ]
    );
    for key in [
        ("nature.main.thrust_percent", "%"),
        ("nature.gyros.bias_x_deg_h", "°/h"),
        ("nature.accelerometers.bias_z_ug", "µg"),
        ("nature.velocimeter.scale_2_ppm", "ppm"),
        ("knowledge.orbit_radial_m", "m"),
        ("knowledge.map_tie_north_m", "m"),
    ] {
        assert!(named.contains(&key), "{key:?} {named:?}");
    }
    let reference = stand.drawn(REFERENCE_RUN);
    assert_eq!(reference.len(), inputs.len());
    assert_eq!(reference[..7], [385.0, 0.0, 0.0, 0.0, 5000.0, 0.95, 1.0]);
    assert!(reference[7..].iter().all(|value| *value == 0.0));
    for run in 1..200 {
        assert!((-500.0..=400.0).contains(&drawn(&stand, run, "start.along_m")));
        assert!([-20.0, 0.0, 20.0].contains(&drawn(&stand, run, "start.across_m")));
    }
}

#[test]
fn what_is_drawn_is_what_flies() {
    for sampling in ["monte-carlo", "latin-hypercube", "sobol"] {
        let lines = format!("[campaign]\nsampling = {sampling:?}\n{TEXT}");
        let stand = stand(&format!("flies-{sampling}"), &lines);
        let load = stand.load(5);
        let simulation = Simulation::new(&stand, &load, 5).unwrap();
        let vehicle = simulation.world().vehicle();
        let described = &stand.scenario.vehicle.machine;
        let value = |key: &str| drawn(&stand, 5, key);
        let dry_kg = vehicle.dry.mass_kg - described.dry.mass_kg;
        assert!((dry_kg - value("nature.dry_mass_kg")).abs() < 1e-9, "{sampling}");
        let off_m = vehicle.dry.p_BC_B[1] - described.dry.p_BC_B[1];
        assert!((off_m - value("nature.centre_of_mass_y_m")).abs() < 1e-12, "{sampling}");
        let propellant_kg = simulation.world().state().propellant_kg;
        let expected = value("start.propellant_kg") + value("nature.propellant_kg");
        assert!((propellant_kg - expected).abs() < 1e-9, "{sampling}");
        let (start, planned) = (stand.start(5), stand.planned_start());
        let off = (start.p_MB_I - planned.p_MB_I).norm();
        let expected = value("start.along_m").hypot(value("start.across_m"));
        assert!((off - expected).abs() < 1e-6, "{sampling}: {off} {expected}");
        let nav = nav_start(&stand.scenario, &start, 5);
        let believed = (nav.p_MB_I - start.p_MB_I).norm();
        let of = |way: &str| value(&format!("knowledge.orbit_{way}_m")).powi(2);
        let expected = (of("radial") + of("along") + of("across")).sqrt();
        assert!((believed - expected).abs() < 1e-6, "{sampling}: {believed} {expected}");
        let moved = (load.target.p_MT_M - stand.load(REFERENCE_RUN).target.p_MT_M).si();
        let east = stand.site.R_ML.si().column(0).dot(&moved);
        assert!((east - value("knowledge.map_tie_east_m")).abs() < 1e-3, "{sampling}: {east}");
    }
}

#[test]
fn what_is_correlated_in_a_file_goes_together() {
    let stand = stand("together", TEXT);
    let keys = ["nature.main.thrust_percent", "knowledge.orbit_along_m_s"];
    let sigmas = [1.0, stand.scenario.knowledge.orbit_sigma_m_s[1]];
    let n = 500;
    let pairs = (1..=n).map(|run| [0, 1].map(|i| drawn(&stand, run, keys[i]) / sigmas[i]));
    let r = pairs.map(|[x, y]| x * y).sum::<f64>() / n as f64;
    // Standard error of the mean of x y: √(1 + r²)/√n = 0.057.
    assert!((r - 0.8).abs() < 4.0 * 0.057, "{r}");
}

#[test]
fn at_a_point_every_run_has_its_quantiles_and_noise_of_its_own() {
    let stand = stand("point", TEXT);
    let inputs = stand.inputs();
    let middle = stand.at_point(vec![0.5; inputs.len()]);
    assert_ne!(middle.scenario.hash(), stand.scenario.hash());
    for run in [REFERENCE_RUN, 4] {
        let drawn = middle.drawn(run);
        for (input, value) in inputs.iter().zip(&drawn) {
            let expected = input.value.quantile(0.5);
            let spread = input.value.quantile(0.8) - expected;
            assert!((value - expected).abs() < 1e-9 * (1.0 + spread.abs()), "{}", input.key);
        }
    }
    let place = inputs.iter().position(|input| input.key == "nature.dry_mass_kg").unwrap();
    let mut unit = vec![0.5; inputs.len()];
    unit[place] = 0.975;
    let heavy = stand.at_point(unit);
    let mass_kg = |stand: &Stand, run| {
        let load = stand.load(run);
        Simulation::new(stand, &load, run).unwrap().world().vehicle().dry.mass_kg
    };
    let more_kg = 1.959_964 * stand.scenario.vehicle.dispersions.dry_mass_sigma_kg;
    for run in [REFERENCE_RUN, 2] {
        assert!((mass_kg(&heavy, run) - mass_kg(&middle, run) - more_kg).abs() < 1e-5, "{run}");
    }
    // The same written in a file; the file's hash is another, the flight is not.
    let lines = heavy.scenario.design.point_toml();
    let written = self::stand("point-written", &format!("{TEXT}\n{lines}"));
    assert_eq!(written.drawn(3), heavy.drawn(3));
    let flown = |stand: &Stand| fly(stand, 3, Recording::Off, |_| {}).unwrap().digest();
    assert_eq!(flown(&written), flown(&heavy));
    let digest = |run| fly(&middle, run, Recording::Off, |_| {}).unwrap().digest();
    assert_ne!(digest(1), digest(2));
}

#[test]
fn one_input_at_a_point_leaves_the_others_to_their_runs() {
    let plain = stand("one-plain", TEXT);
    let text = format!("{TEXT}\n[point]\n\"nature.star_tracker.alignment_x_deg\" = 0.9\n");
    let one = stand("one", &text);
    let inputs = plain.inputs();
    for run in [REFERENCE_RUN, 6] {
        for (i, input) in inputs.iter().enumerate() {
            let (own, with) = (plain.drawn(run)[i], one.drawn(run)[i]);
            if input.key == "nature.star_tracker.alignment_x_deg" {
                assert_eq!(with, input.value.quantile(0.9), "{run}");
            } else {
                assert_eq!(with, own, "{} {run}", input.key);
            }
        }
    }
}

#[test]
fn a_fault_of_a_choice_flies_as_often_as_its_weight_says() {
    let stand = stand("choice", TEXT);
    let second = (1..=800).filter(|run| drawn(&stand, *run, "fault.one_of.engine") == 1.0).count();
    assert!((second as f64 - 600.0).abs() < 4.0 * 12.2, "{second}");
}
