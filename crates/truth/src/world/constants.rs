//! What is drawn once a run for a vehicle: which component draws it, as which of its numbers, how far it spreads.
//!
//! Owns: the list, [`constants`]. Does not own: the draws themselves, which stand where each component is built; all are
//! normal, about what the vehicle's description says. A test holds list and draws together.
//! Refuses: the bias that wanders in the run, and the noise.

use crate::vehicle::{Dispersions, EngineDispersion, Vehicle};
use core::f64::consts::PI;
use icd::constants::STANDARD_GRAVITY_M_S2;

/// One number that is drawn once a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// Its name; ends in its unit.
    pub name: String,
    /// Standard deviation, in that unit.
    pub sigma: f64,
    /// The stream that it is drawn from.
    pub component: String,
    /// How many normal deviates are drawn there before it.
    pub nth: usize,
}

const DEG: f64 = 180.0 / PI;
const DEG_H: f64 = DEG * 3600.0;
const PERCENT: f64 = 100.0;
const PPM: f64 = 1e6;
const UG: f64 = 1e6 / STANDARD_GRAVITY_M_S2;
const AXES: [&str; 3] = ["x", "y", "z"];

/// The constants of a vehicle that do spread, a component's in the order of its draws.
pub fn constants(vehicle: &Vehicle, spread: &Dispersions) -> Vec<Constant> {
    let mut list = List { out: Vec::new(), component: String::new(), nth: 0 };
    list.masses(spread);
    list.engine("main", vehicle.main.thrust_N, &spread.main);
    for (n, engine) in vehicle.assist.iter().enumerate() {
        list.engine(&format!("assist.{n}"), engine.thrust_N, &spread.assist);
    }
    for (n, jet) in vehicle.jets.iter().enumerate() {
        list.engine(&format!("jet.{n}"), jet.thrust_N, &spread.jets);
    }
    list.sensors(vehicle);
    list.out.retain(|constant| constant.sigma > 0.0);
    list.out
}

struct List {
    out: Vec<Constant>,
    component: String,
    nth: usize,
}

impl List {
    /// The draws that follow are of this stream.
    fn of(&mut self, component: &str) {
        (self.component, self.nth) = (component.to_owned(), 0);
    }

    fn add(&mut self, name: String, sigma: f64) {
        let (component, nth) = (self.component.clone(), self.nth);
        self.out.push(Constant { name, sigma, component, nth });
        self.nth += 1;
    }

    fn axes(&mut self, stem: &str, unit: &str, sigma: f64) {
        AXES.iter().for_each(|axis| self.add(format!("{stem}_{axis}_{unit}"), sigma));
    }

    /// The elements of a matrix, column by column.
    fn matrix(&mut self, stem: &str, unit: &str, sigma: f64, diagonal: bool) {
        for column in AXES {
            for row in AXES.iter().filter(|row| diagonal || **row != column) {
                self.add(format!("{stem}_{row}{column}_{unit}"), sigma);
            }
        }
    }

    fn masses(&mut self, spread: &Dispersions) {
        self.of("vehicle.mass");
        self.add("dry_mass_kg".to_owned(), spread.dry_mass_sigma_kg);
        self.add("propellant_kg".to_owned(), spread.propellant_sigma_kg);
        for axis in ["x", "y"] {
            self.add(format!("centre_of_mass_{axis}_m"), spread.cm_sigma_m);
        }
    }

    fn engine(&mut self, name: &str, thrust_N: f64, spread: &EngineDispersion) {
        self.of(name);
        let fitted = if thrust_N > 0.0 { 1.0 } else { 0.0 };
        self.add(format!("{name}.thrust_percent"), fitted * spread.thrust_sigma * PERCENT);
        self.add(format!("{name}.isp_percent"), fitted * spread.isp_sigma * PERCENT);
        for way in ["a", "b"] {
            self.add(format!("{name}.tilt_{way}_deg"), fitted * spread.alignment_sigma_rad * DEG);
        }
    }

    fn sensors(&mut self, vehicle: &Vehicle) {
        let imu = &vehicle.imu;
        self.of("imu.bias");
        self.axes("gyros.bias", "deg_h", imu.gyro_bias_sigma_rad_s * DEG_H);
        self.axes("gyros.scale", "ppm", imu.gyro_scale_sigma * PPM);
        self.axes("accelerometers.bias", "ug", imu.accelerometer_bias_sigma_m_s2 * UG);
        self.axes("accelerometers.scale", "ppm", imu.accelerometer_scale_sigma * PPM);
        self.of("imu.misalignment");
        let sigma = imu.gyro_misalignment_sigma_rad * DEG;
        self.matrix("gyros.misalignment", "deg", sigma, false);
        let sigma = imu.accelerometer_misalignment_sigma_rad * DEG;
        self.matrix("accelerometers.misalignment", "deg", sigma, false);
        let sigma = imu.gyro_g_sensitivity_sigma_rad_s_m * DEG_H * STANDARD_GRAVITY_M_S2;
        self.matrix("gyros.g_sensitivity", "deg_h_g", sigma, true);
        self.of("star_tracker.alignment");
        let sigma = vehicle.star_tracker.alignment_sigma_rad * DEG;
        self.axes("star_tracker.alignment", "deg", sigma);
        if let Some(velocimeter) = &vehicle.velocimeter {
            self.of("velocimeter.errors");
            for beam in 0..3 {
                self.add(format!("velocimeter.bias_{beam}_m_s"), velocimeter.bias_sigma_m_s);
            }
            for beam in 0..3 {
                self.add(format!("velocimeter.scale_{beam}_ppm"), velocimeter.scale_sigma * PPM);
            }
        }
        if let Some(lidar) = &vehicle.hazard_lidar {
            self.of("hazard_lidar.errors");
            self.axes("hazard_lidar.alignment", "deg", lidar.alignment_sigma_rad * DEG);
            self.add("hazard_lidar.bias_m".to_owned(), lidar.bias_sigma_m);
        }
        if let Some(gauge) = &vehicle.gauge {
            self.of("gauge.bias");
            self.add("gauge.bias_kg".to_owned(), gauge.bias_sigma_kg);
        }
    }
}
