//! The vehicles that are shipped, and the grades of inertial units beside them.
//!
//! The figures of the grades are compared with the tables they were taken from in the tables' own units,
//! converted here by hand and not by the reader's constants; tolerance: half a unit of the last digit written.

use icd::bus::LANDMARKS;
use icd::tm::Phase;
use rig::closed_loop::{Simulation, Stand};
use rig::scenario::{Scenario, VehicleFile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use truth::vehicle::Imu;

fn vehicles() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vehicles")
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files
}

/// Reads a file with `text` from a folder of its own.
fn written<T>(name: &str, text: &str, read: impl FnOnce(&Path) -> T) -> T {
    let folder = std::env::temp_dir().join(format!("frigoris-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("file.toml");
    std::fs::write(&file, text).unwrap();
    let value = read(&file);
    std::fs::remove_dir_all(&folder).unwrap();
    value
}

/// The vehicle with the inertial unit that the file at `grade` describes.
fn graded(test: &str, grade: &Path) -> VehicleFile {
    let base = vehicles().join("resilience.toml").display().to_string();
    let path = grade.display().to_string();
    let name = format!("{test}-{}", grade.file_stem().unwrap().to_string_lossy());
    let text = format!("extends = {base:?}\n[imu]\ngrade = {path:?}\n");
    written(&name, &text, VehicleFile::read).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn unit(name: &str) -> Imu {
    graded("figures", &vehicles().join("imu").join(name)).machine.imu
}

#[test]
fn every_shipped_vehicle_and_grade_is_accepted() {
    let shipped = names(&vehicles());
    assert!(shipped.len() >= 3, "{shipped:?}");
    for file in shipped {
        VehicleFile::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let grades = names(&vehicles().join("imu"));
    assert_eq!(grades.len(), 7);
    let mut canonical: Vec<String> =
        grades.iter().map(|grade| graded("all", grade).canonical).collect();
    canonical.sort();
    canonical.dedup();
    assert_eq!(canonical.len(), 7, "the grade is part of what names a scenario");
}

/// °/h, °/√h, µg, ppm in SI: 1° = π/180 rad, 1 h = 3600 s, √h = 60 √s, 1 µg = 9.80665e-6 m/s².
#[test]
fn grades_have_the_figures_of_their_tables_in_si() {
    let near = |name: &str, value: f64, expected: f64| {
        assert!((value / expected - 1.0).abs() < 1e-9, "{name}: {value} against {expected}");
    };
    let deg = 0.017_453_292_519_943_295;
    let g = 9.806_65;
    let fog = unit("ln-200s.toml");
    near("LN-200S walk", fog.arw_rad_sqrt_s, 0.07 * deg / 60.0);
    near("LN-200S bias", fog.gyro_bias_sigma_rad_s, 1.0 * deg / 3600.0);
    near("LN-200S drift", fog.gyro_drift_sigma_rad_s, 0.1 * deg / 3600.0);
    near("LN-200S scale", fog.gyro_scale_sigma, 100e-6);
    near("LN-200S bias", fog.accelerometer_bias_sigma_m_s2, 300e-6 * g);
    near("LN-200S scale", fog.accelerometer_scale_sigma, 300e-6);
    // 35 µg/√Hz is a random walk of 35 µg √s; the file has three digits of it.
    assert!((fog.vrw_m_s_sqrt_s / (35e-6 * g) - 1.0).abs() < 0.5 / 206.0);
    let mems = unit("hg4930.toml");
    near("HG4930 bias", mems.accelerometer_bias_sigma_m_s2, 2e-3 * g);
    near("HG4930 drift", mems.accelerometer_drift_sigma_m_s2, 50e-6 * g);
    near("HG4930 walk", mems.vrw_m_s_sqrt_s, 0.035 / 60.0);
    near("HG4930 g", mems.gyro_g_sensitivity_sigma_rad_s_m, deg / 3600.0 / g);
    near("HG4930 tilt", mems.gyro_misalignment_sigma_rad, deg / 60.0);
    let laser = unit("honeywell-mimu.toml");
    near("MIMU walk", laser.arw_rad_sqrt_s, 0.005 * deg / 60.0);
    near("MIMU bias", laser.gyro_bias_sigma_rad_s, 0.01 * deg / 3600.0);
    near("MIMU walk", laser.vrw_m_s_sqrt_s, 0.003 / 60.0);
    near("MIMU bias", laser.accelerometer_bias_sigma_m_s2, 100e-6 * g);
    let best = unit("hg9900.toml");
    near("HG9900 walk", best.arw_rad_sqrt_s, 0.002 * deg / 60.0);
    near("HG9900 bias", best.gyro_bias_sigma_rad_s, 0.0035 * deg / 3600.0);
    near("HG9900 bias", best.accelerometer_bias_sigma_m_s2, 25e-6 * g);
    let old = unit("hg1700.toml");
    near("HG1700 walk", old.arw_rad_sqrt_s, 0.125 * deg / 60.0);
    near("HG1700 bias", old.accelerometer_bias_sigma_m_s2, 1e-3 * g);
    // Quoted twice: 3.3e-4 m/s^1.5, and 0.065 ft/s/√h of 0.3048 m.
    assert!((old.vrw_m_s_sqrt_s - 3.3e-4).abs() < 0.5e-5);
    assert!((old.vrw_m_s_sqrt_s - 0.065 * 0.3048 / 60.0).abs() < 0.5 * 0.001 * 0.3048 / 60.0);
    let gyro = unit("astrix-1090.toml");
    near("Astrix 1090 walk", gyro.arw_rad_sqrt_s, 0.005 * deg / 60.0);
    near("Astrix 1090 bias", gyro.gyro_bias_sigma_rad_s, 0.01 * deg / 3600.0);
}

/// What arrived on the bus in one phase of a flight.
#[derive(Clone, Copy, Debug, Default)]
struct Arrived {
    duration_s: f64,
    stars: u32,
    frames: u32,
    landmarks: u32,
    most: u8,
    readings: u32,
    gauge_kg_worst: f64,
}

/// The nominal flight in the vehicle with all sensors, in its reference run.
fn arrivals() -> BTreeMap<Phase, Arrived> {
    let file = vehicles().join("../scenarios/m2-further-sensors.toml");
    let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
    let load = stand.load(0);
    let mut simulation = Simulation::new(&stand, &load, 0).unwrap();
    let mut by_phase: BTreeMap<Phase, Arrived> = BTreeMap::new();
    while simulation.world().ended().is_none() {
        let propellant_kg = simulation.world().state().propellant_kg;
        let sensors = simulation.step().sensors;
        let arrived = by_phase.entry(simulation.flight().down().phase).or_default();
        arrived.duration_s += 0.02;
        arrived.stars += u32::from(sensors.star_tracker.is_some());
        if let Some(seen) = sensors.camera {
            arrived.frames += 1;
            arrived.landmarks += u32::from(seen.count);
            arrived.most = arrived.most.max(seen.count);
        }
        if let Some(gauge) = sensors.gauge {
            let error_kg = f64::from(gauge.propellant_kg) - propellant_kg;
            arrived.readings += 1;
            arrived.gauge_kg_worst = arrived.gauge_kg_worst.max(error_kg.abs());
        }
    }
    by_phase
}

#[test]
fn stars_are_seen_in_both_coasts_landmarks_in_braking_and_propellant_under_thrust() {
    let by_phase = arrivals();
    for (phase, arrived) in &by_phase {
        println!("{phase:?}: {arrived:?}");
    }
    // The tracker solves five times a second but in the seconds of a turn that is too fast for it.
    for phase in [Phase::OrbitCoast, Phase::DescentCoast] {
        let coast = by_phase[&phase];
        let share = f64::from(coast.stars) * 0.2 / coast.duration_s;
        assert!(share > 0.98, "{phase:?}: {share}");
        assert!(coast.readings <= 2, "nothing presses the liquid down but the end of a burn");
    }
    let braking = by_phase[&Phase::Braking];
    assert!(f64::from(braking.frames) > 0.99 * braking.duration_s - 1.0, "{braking:?}");
    assert!(f64::from(braking.landmarks) > 3.0 * f64::from(braking.frames), "{braking:?}");
    assert!(by_phase.values().all(|arrived| usize::from(arrived.most) <= LANDMARKS));
    assert!(f64::from(braking.readings) > 0.99 * braking.duration_s - 1.0, "{braking:?}");
    // Four standard deviations of noise and step, and 1.3 kg/s of flow smoothed over 2 s.
    assert!(braking.gauge_kg_worst < 4.0 * 1.1 + 3.0, "{braking:?}");
}

#[test]
fn a_ring_has_one_to_six_engines() {
    let base = vehicles().join("resilience.toml").display().to_string();
    let ring = |name: &str, azimuths: &str| {
        let text = format!("extends = {base:?}\n[assist]\nring_azimuth_deg = [{azimuths}]\n");
        written(name, &text, VehicleFile::read)
    };
    let four = ring("four", "45.0, 135.0, 225.0, 315.0").unwrap();
    let thrusts = four.machine.assist.map(|engine| engine.thrust_N);
    assert!(thrusts[..4].iter().all(|thrust| *thrust == 216.0), "{thrusts:?}");
    assert!(thrusts[4..].iter().all(|thrust| *thrust == 0.0), "{thrusts:?}");
    for (name, azimuths) in [("none", ""), ("seven", "0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0")] {
        let error = ring(name, azimuths).unwrap_err().to_string();
        assert!(error.contains("assist.ring_azimuth_deg"), "{error}");
        assert!(error.contains("a list of 1 to 6 numbers"), "{error}");
    }
}
