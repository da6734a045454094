//! The machine as built: mass, engines, legs and sensors, as numbers of the vehicle file.
//!
//! Owns: the plain description of one vehicle and its check. Does not own: files (see `rig`), what the
//! flight software believes of the vehicle (see `flight`), draws around these numbers (see
//! [`Dispersions`] for the spreads and `world` for the draws).
//! Frames: everything is in `B`, origin at the centre of the base plane, z along the main thrust.
//! Refuses: slosh, flexible legs, gimballed engines.

use icd::bus::{ASSIST_ENGINES, JETS, LEGS};

/// One vehicle.
#[derive(Clone, Debug, PartialEq)]
pub struct Vehicle {
    /// Name for reports.
    pub name: String,
    /// Everything but the propellant.
    pub dry: Dry,
    /// The propellant, one budget for all engines.
    pub propellant: Propellant,
    /// Main engine, open or shut.
    pub main: Engine,
    /// Assist engines, pulsed, in the order of the bus.
    pub assist: [Engine; ASSIST_ENGINES],
    /// Reaction control jets, pulsed, in the order of the bus.
    pub jets: [Engine; JETS],
    /// Landing legs.
    pub legs: Legs,
    /// Inertial measurement unit.
    pub imu: Imu,
    /// Star tracker.
    pub star_tracker: StarTracker,
    /// Laser rangefinder.
    pub rangefinder: Rangefinder,
    /// Doppler velocimeter; `None` when the vehicle carries none.
    pub velocimeter: Option<Velocimeter>,
}

/// Mass properties without propellant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dry {
    /// Burn-out mass, kg.
    pub mass_kg: f64,
    /// Centre of mass from the body origin, m.
    pub p_BC_B: [f64; 3],
    /// Moments of inertia about that centre, body axes, kg m².
    pub inertia_kg_m2: [f64; 3],
}

/// The propellant as one body whose centroid sinks linearly as it is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Propellant {
    /// Full load, kg.
    pub capacity_kg: f64,
    /// Centroid with a full load, m.
    pub p_BC_B_full: [f64; 3],
    /// Limit of the centroid as the tanks run dry, m.
    pub p_BC_B_empty: [f64; 3],
    /// Radius of gyration about each axis through the centroid, m.
    pub gyration_radius_m: f64,
}

/// One engine or jet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engine {
    /// Steady thrust in vacuum, N.
    pub thrust_N: f64,
    /// Specific impulse in vacuum, s.
    pub isp_s: f64,
    /// Point where the thrust acts, from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Direction of the force on the vehicle (not of the jet), unit.
    pub d_B: [f64; 3],
    /// Time constant of the first order rise and decay, s; 0 for none.
    pub lag_s: f64,
    /// Shortest valve opening that gives thrust, s; a shorter command opens nothing.
    pub on_min_s: f64,
}

/// Landing legs: where the feet are and how they meet the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Legs {
    /// Feet from the body origin, m.
    pub p_BF_B: [[f64; 3]; LEGS],
    /// Stiffness of one leg along the ground normal, and of a foot held by friction, N/m.
    pub stiffness_N_m: f64,
    /// Damping of one leg, N s/m.
    pub damping_N_s_m: f64,
    /// Coulomb friction coefficient of a foot on the ground.
    pub friction: f64,
    /// Speed over ground at first contact above which the landing is an impact, m/s.
    pub crash_speed_m_s: f64,
}

/// Inertial measurement unit, axes along `B`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imu {
    /// Place of the accelerometers from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Angle random walk of each gyro, rad/√s.
    pub arw_rad_sqrt_s: f64,
    /// Velocity random walk of each accelerometer, (m/s)/√s.
    pub vrw_m_s_sqrt_s: f64,
    /// Constant gyro bias per run, standard deviation, rad/s.
    pub gyro_bias_sigma_rad_s: f64,
    /// Constant accelerometer bias per run, standard deviation, m/s².
    pub accelerometer_bias_sigma_m_s2: f64,
    /// Gyro scale factor error per run, standard deviation, relative.
    pub gyro_scale_sigma: f64,
    /// Accelerometer scale factor error per run, standard deviation, relative.
    pub accelerometer_scale_sigma: f64,
    /// Least step of an angle increment, rad; 0 for none.
    pub dtheta_quantum_rad: f64,
    /// Least step of a velocity increment, m/s; 0 for none.
    pub dv_quantum_m_s: f64,
    /// Largest rate a gyro measures, rad/s.
    pub rate_rad_s_max: f64,
    /// Largest specific force an accelerometer measures, m/s².
    pub specific_force_m_s2_max: f64,
}

/// Star tracker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StarTracker {
    /// Boresight, unit.
    pub d_B: [f64; 3],
    /// Noise of one solution across the boresight, each axis, rad.
    pub sigma_cross_rad: f64,
    /// Noise of one solution about the boresight, rad.
    pub sigma_boresight_rad: f64,
    /// Constant alignment error per run, each body axis, standard deviation, rad.
    pub alignment_sigma_rad: f64,
    /// Time between solutions, s.
    pub period_s: f64,
    /// Largest body rate with a solution, rad/s.
    pub rate_rad_s_max: f64,
    /// Whether it solves while the main or an assist engine burns.
    pub usable_under_thrust: bool,
}

/// Laser rangefinder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rangefinder {
    /// Aperture from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Beam, unit.
    pub d_B: [f64; 3],
    /// Shortest range it reports, m.
    pub range_m_min: f64,
    /// Longest range it reports, m.
    pub range_m_max: f64,
    /// Noise of one shot, m.
    pub sigma_m: f64,
    /// Time from shot to result, s.
    pub latency_s: f64,
    /// Time between shots, s.
    pub period_s: f64,
    /// Probability that a shot within range gives an echo.
    pub detection_probability: f64,
}

/// Doppler velocimeter with three beams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Velocimeter {
    /// Aperture from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Beams, unit.
    pub d_B: [[f64; 3]; 3],
    /// Longest range with lock, m.
    pub range_m_max: f64,
    /// Largest line-of-sight speed with lock, m/s.
    pub speed_m_s_max: f64,
    /// Noise of one beam's speed, m/s.
    pub sigma_m_s: f64,
    /// Time between measurements, s.
    pub period_s: f64,
    /// Time from measurement to result, s.
    pub latency_s: f64,
}

/// Standard deviations of one class of engine, drawn once per engine and run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineDispersion {
    /// Thrust, relative.
    pub thrust_sigma: f64,
    /// Specific impulse, relative.
    pub isp_sigma: f64,
    /// Direction of thrust, about each of two axes across it, rad.
    pub alignment_sigma_rad: f64,
}

/// How far a vehicle may differ from its description, standard deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dispersions {
    /// Main engine.
    pub main: EngineDispersion,
    /// Each assist engine.
    pub assist: EngineDispersion,
    /// Each jet.
    pub jets: EngineDispersion,
    /// Dry mass, kg.
    pub dry_mass_sigma_kg: f64,
    /// Propellant at the start, kg.
    pub propellant_sigma_kg: f64,
    /// Dry centre of mass, x and y, m.
    pub cm_sigma_m: f64,
}

/// What is wrong with a vehicle's description. `rig` adds the file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VehicleError {
    /// A number lies outside its range.
    #[error("{key} = {value} {unit} lies outside [{min}, {max}]")]
    OutOfRange {
        /// Path of the field.
        key: String,
        /// The number given.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Least accepted.
        min: f64,
        /// Largest accepted.
        max: f64,
    },
    /// A direction is not a unit vector.
    #[error("{key} has length {length}; a direction must have length 1 within 1e-6")]
    NotUnit {
        /// Path of the field.
        key: String,
        /// The length found.
        length: f64,
    },
    /// Moments of inertia that no rigid body has.
    #[error(
        "{key}: the largest moment of inertia {largest} kg m² exceeds the sum {sum} of the others"
    )]
    NotABody {
        /// Path of the field.
        key: String,
        /// Largest moment, kg m².
        largest: f64,
        /// Sum of the other two, kg m².
        sum: f64,
    },
}

type Checked = Result<(), VehicleError>;

fn within(key: &str, value: f64, unit: &'static str, min: f64, max: f64) -> Checked {
    if value >= min && value <= max {
        return Ok(());
    }
    Err(VehicleError::OutOfRange { key: key.to_owned(), value, unit, min, max })
}

fn point(key: &str, p_B: &[f64; 3]) -> Checked {
    p_B.iter().try_for_each(|c| within(key, *c, "m", -20.0, 20.0))
}

fn unit(key: &str, d_B: &[f64; 3]) -> Checked {
    let length = libm::sqrt(d_B.iter().map(|c| c * c).sum());
    if (length - 1.0).abs() <= 1e-6 {
        return Ok(());
    }
    Err(VehicleError::NotUnit { key: key.to_owned(), length })
}

impl Vehicle {
    /// Checks ranges, finiteness, unit directions and that the inertia is that of a body.
    ///
    /// The limits are those of a robotic lander of 10 kg to 100 t (assumed): they catch a wrong unit.
    ///
    /// # Errors
    /// The first field found wrong, by its path.
    pub fn check(&self) -> Result<(), VehicleError> {
        self.dry.check()?;
        self.propellant.check()?;
        self.main.check("main")?;
        for (n, engine) in self.assist.iter().enumerate() {
            engine.check(&format!("assist.{n}"))?;
        }
        for (n, jet) in self.jets.iter().enumerate() {
            jet.check(&format!("jet.{n}"))?;
        }
        self.legs.check()?;
        self.imu.check()?;
        self.star_tracker.check()?;
        self.rangefinder.check()?;
        self.velocimeter.as_ref().map_or(Ok(()), Velocimeter::check)
    }
}

impl Dry {
    fn check(&self) -> Checked {
        within("dry.mass_kg", self.mass_kg, "kg", 10.0, 1e5)?;
        point("dry.p_BC_B", &self.p_BC_B)?;
        for moment in self.inertia_kg_m2 {
            within("dry.inertia_kg_m2", moment, "kg m²", 0.1, 1e7)?;
        }
        let largest = self.inertia_kg_m2.iter().fold(0.0_f64, |a, b| a.max(*b));
        let sum = self.inertia_kg_m2.iter().sum::<f64>() - largest;
        if largest > sum {
            let key = "dry.inertia_kg_m2".to_owned();
            return Err(VehicleError::NotABody { key, largest, sum });
        }
        Ok(())
    }
}

impl Propellant {
    fn check(&self) -> Checked {
        within("propellant.capacity_kg", self.capacity_kg, "kg", 0.1, 1e5)?;
        point("propellant.p_BC_B_full", &self.p_BC_B_full)?;
        point("propellant.p_BC_B_empty", &self.p_BC_B_empty)?;
        within("propellant.gyration_radius_m", self.gyration_radius_m, "m", 0.0, 10.0)
    }
}

impl Engine {
    fn check(&self, name: &str) -> Checked {
        let key = |field: &str| format!("{name}.{field}");
        within(&key("thrust_N"), self.thrust_N, "N", 0.0, 1e6)?;
        within(&key("isp_s"), self.isp_s, "s", 10.0, 1000.0)?;
        point(&key("p_BA_B"), &self.p_BA_B)?;
        unit(&key("d_B"), &self.d_B)?;
        within(&key("lag_s"), self.lag_s, "s", 0.0, 5.0)?;
        within(&key("on_min_s"), self.on_min_s, "s", 0.0, 1.0)
    }
}

impl Legs {
    fn check(&self) -> Checked {
        self.p_BF_B.iter().try_for_each(|p_BF_B| point("legs.p_BF_B", p_BF_B))?;
        within("legs.stiffness_N_m", self.stiffness_N_m, "N/m", 100.0, 2e5)?;
        within("legs.damping_N_s_m", self.damping_N_s_m, "N s/m", 0.0, 2e4)?;
        within("legs.friction", self.friction, "", 0.0, 2.0)?;
        within("legs.crash_speed_m_s", self.crash_speed_m_s, "m/s", 0.1, 100.0)
    }
}

impl Imu {
    fn check(&self) -> Checked {
        point("imu.p_BA_B", &self.p_BA_B)?;
        within("imu.arw_rad_sqrt_s", self.arw_rad_sqrt_s, "rad/√s", 0.0, 0.1)?;
        within("imu.vrw_m_s_sqrt_s", self.vrw_m_s_sqrt_s, "(m/s)/√s", 0.0, 1.0)?;
        within("imu.gyro_bias_sigma_rad_s", self.gyro_bias_sigma_rad_s, "rad/s", 0.0, 0.1)?;
        let bias = self.accelerometer_bias_sigma_m_s2;
        within("imu.accelerometer_bias_sigma_m_s2", bias, "m/s²", 0.0, 1.0)?;
        within("imu.gyro_scale_sigma", self.gyro_scale_sigma, "", 0.0, 0.1)?;
        within("imu.accelerometer_scale_sigma", self.accelerometer_scale_sigma, "", 0.0, 0.1)?;
        within("imu.dtheta_quantum_rad", self.dtheta_quantum_rad, "rad", 0.0, 0.01)?;
        within("imu.dv_quantum_m_s", self.dv_quantum_m_s, "m/s", 0.0, 0.1)?;
        within("imu.rate_rad_s_max", self.rate_rad_s_max, "rad/s", 1e-3, 1e3)?;
        let limit = self.specific_force_m_s2_max;
        within("imu.specific_force_m_s2_max", limit, "m/s²", 0.1, 1e5)
    }
}

impl StarTracker {
    fn check(&self) -> Checked {
        unit("star_tracker.d_B", &self.d_B)?;
        within("star_tracker.sigma_cross_rad", self.sigma_cross_rad, "rad", 0.0, 0.1)?;
        within("star_tracker.sigma_boresight_rad", self.sigma_boresight_rad, "rad", 0.0, 0.1)?;
        within("star_tracker.alignment_sigma_rad", self.alignment_sigma_rad, "rad", 0.0, 0.1)?;
        within("star_tracker.period_s", self.period_s, "s", 0.02, 60.0)?;
        within("star_tracker.rate_rad_s_max", self.rate_rad_s_max, "rad/s", 0.0, 10.0)
    }
}

impl Rangefinder {
    fn check(&self) -> Checked {
        point("rangefinder.p_BA_B", &self.p_BA_B)?;
        unit("rangefinder.d_B", &self.d_B)?;
        within("rangefinder.range_m_max", self.range_m_max, "m", 0.1, 1e6)?;
        within("rangefinder.range_m_min", self.range_m_min, "m", 0.0, self.range_m_max)?;
        within("rangefinder.sigma_m", self.sigma_m, "m", 0.0, 1e4)?;
        within("rangefinder.latency_s", self.latency_s, "s", 0.0, 10.0)?;
        within("rangefinder.period_s", self.period_s, "s", 0.02, 60.0)?;
        within("rangefinder.detection_probability", self.detection_probability, "", 0.0, 1.0)
    }
}

impl Velocimeter {
    fn check(&self) -> Checked {
        point("velocimeter.p_BA_B", &self.p_BA_B)?;
        self.d_B.iter().try_for_each(|d_B| unit("velocimeter.d_B", d_B))?;
        within("velocimeter.range_m_max", self.range_m_max, "m", 0.1, 1e6)?;
        within("velocimeter.speed_m_s_max", self.speed_m_s_max, "m/s", 0.1, 1e4)?;
        within("velocimeter.sigma_m_s", self.sigma_m_s, "m/s", 0.0, 100.0)?;
        within("velocimeter.period_s", self.period_s, "s", 0.02, 60.0)?;
        within("velocimeter.latency_s", self.latency_s, "s", 0.0, 10.0)
    }
}

impl EngineDispersion {
    fn check(&self, name: &str) -> Checked {
        let key = |field: &str| format!("dispersions.{name}.{field}");
        within(&key("thrust_sigma"), self.thrust_sigma, "", 0.0, 0.3)?;
        within(&key("isp_sigma"), self.isp_sigma, "", 0.0, 0.3)?;
        within(&key("alignment_sigma_rad"), self.alignment_sigma_rad, "rad", 0.0, 0.3)
    }
}

impl Dispersions {
    /// Checks that every spread is finite, not negative and plausible (limits assumed).
    ///
    /// # Errors
    /// The first field found wrong, by its path.
    pub fn check(&self) -> Result<(), VehicleError> {
        self.main.check("main")?;
        self.assist.check("assist")?;
        self.jets.check("jets")?;
        within("dispersions.dry_mass_sigma_kg", self.dry_mass_sigma_kg, "kg", 0.0, 1e4)?;
        within("dispersions.propellant_sigma_kg", self.propellant_sigma_kg, "kg", 0.0, 1e4)?;
        within("dispersions.cm_sigma_m", self.cm_sigma_m, "m", 0.0, 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> Engine {
        let d_B = [0.0, 0.0, 1.0];
        let p_BA_B = [0.0; 3];
        Engine { thrust_N: 420.0, isp_s: 320.0, p_BA_B, d_B, lag_s: 0.0, on_min_s: 0.01 }
    }

    #[test]
    fn a_direction_that_is_not_a_unit_vector_is_refused_by_its_path() {
        let wrong = Engine { d_B: [0.0, 0.1, 1.0], ..engine() };
        let error = wrong.check("assist.2").unwrap_err();
        assert!(error.to_string().starts_with("assist.2.d_B has length 1.00"), "{error}");
    }

    #[test]
    fn numbers_out_of_range_or_not_numbers_are_refused() {
        assert_eq!(engine().check("main"), Ok(()));
        for isp_s in [3200.0, 0.0, f64::NAN, f64::INFINITY] {
            let error = Engine { isp_s, ..engine() }.check("main").unwrap_err();
            assert!(matches!(error, VehicleError::OutOfRange { key, .. } if key == "main.isp_s"));
        }
    }

    #[test]
    fn an_inertia_that_no_body_has_is_refused() {
        let dry = Dry { mass_kg: 340.0, p_BC_B: [0.0; 3], inertia_kg_m2: [190.0, 40.0, 145.0] };
        assert!(matches!(dry.check(), Err(VehicleError::NotABody { .. })));
        assert_eq!(Dry { inertia_kg_m2: [190.0, 50.0, 145.0], ..dry }.check(), Ok(()));
    }

    #[test]
    fn negative_spreads_are_refused() {
        let wrong = Dispersions { cm_sigma_m: -0.01, ..Dispersions::default() };
        assert!(wrong.check().is_err());
        assert_eq!(Dispersions::default().check(), Ok(()));
    }
}
