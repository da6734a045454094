//! The machine as built: mass, engines, legs and sensors, as numbers of the vehicle file.
//!
//! Owns: the plain description of one vehicle and its check. Does not own: files (see `rig`), what the
//! flight software believes of the vehicle (see `flight`), draws around these numbers (see
//! [`Dispersions`] for the spreads and `world` for the draws).
//! Frames: everything is in `B`, origin at the centre of the base plane, z along the main thrust.
//! Refuses: flexible legs, gimballed engines.

mod body;
mod camera;
mod engine;
mod gauge;
mod hazard_lidar;
mod hull;
mod imu;
mod legs;
mod optics;
mod radar_altimeter;
mod rangefinder;
mod star_tracker;
mod switches;
mod velocimeter;

pub use body::{Dry, Propellant, Tanks};
pub use camera::Camera;
pub use engine::{Engine, EngineDispersion};
pub use gauge::Gauge;
pub use hazard_lidar::HazardLidar;
pub use hull::{HULL_POINTS, Hull};
pub use imu::Imu;
pub use legs::Legs;
pub use optics::Optics;
pub use radar_altimeter::RadarAltimeter;
pub use rangefinder::Rangefinder;
pub use star_tracker::StarTracker;
pub use switches::Switches;
pub use velocimeter::Velocimeter;

use icd::bus::{ASSIST_ENGINES, JETS};

/// One vehicle.
#[derive(Clone, Debug, PartialEq)]
pub struct Vehicle {
    /// Name for reports.
    pub name: String,
    /// Everything but the propellant.
    pub dry: Dry,
    /// The propellant, one budget for all engines.
    pub propellant: Propellant,
    /// Its tanks; `None` when the propellant does not slosh.
    pub tanks: Option<Tanks>,
    /// Main engine, open or shut; without thrust where there is none.
    pub main: Engine,
    /// Assist engines, pulsed or throttled, in the order of the bus; those not fitted have no thrust.
    pub assist: [Engine; ASSIST_ENGINES],
    /// Reaction control jets, pulsed, in the order of the bus.
    pub jets: [Engine; JETS],
    /// What sunlight presses on.
    pub optics: Optics,
    /// Landing legs.
    pub legs: Legs,
    /// What else can meet the ground.
    pub hull: Hull,
    /// Inertial measurement unit.
    pub imu: Imu,
    /// Star tracker.
    pub star_tracker: StarTracker,
    /// Laser rangefinder.
    pub rangefinder: Rangefinder,
    /// Doppler velocimeter; `None` when the vehicle carries none.
    pub velocimeter: Option<Velocimeter>,
    /// Radar altimeter; `None` when the vehicle carries none.
    pub radar_altimeter: Option<RadarAltimeter>,
    /// Terrain-relative camera; `None` when the vehicle carries none.
    pub camera: Option<Camera>,
    /// Propellant gauge; `None` when the vehicle carries none.
    pub gauge: Option<Gauge>,
    /// Hazard lidar; `None` when the vehicle carries none.
    pub hazard_lidar: Option<HazardLidar>,
    /// Touchdown switches.
    pub switches: Switches,
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
    /// Two directions that must be at right angles are not.
    #[error("{key} and {other} must be at right angles; the cosine between them is {cosine}")]
    NotSquare {
        /// Path of one field.
        key: String,
        /// Path of the other.
        other: String,
        /// Cosine of their angle.
        cosine: f64,
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
        self.tanks.as_ref().map_or(Ok(()), Tanks::check)?;
        self.main.check("main")?;
        for (n, engine) in self.assist.iter().enumerate() {
            engine.check(&format!("assist.{n}"))?;
        }
        for (n, jet) in self.jets.iter().enumerate() {
            jet.check(&format!("jet.{n}"))?;
        }
        self.optics.check()?;
        self.legs.check()?;
        self.hull.check()?;
        self.imu.check()?;
        self.star_tracker.check()?;
        self.rangefinder.check()?;
        self.velocimeter.as_ref().map_or(Ok(()), Velocimeter::check)?;
        self.radar_altimeter.as_ref().map_or(Ok(()), RadarAltimeter::check)?;
        self.camera.as_ref().map_or(Ok(()), Camera::check)?;
        self.gauge.as_ref().map_or(Ok(()), Gauge::check)?;
        self.hazard_lidar.as_ref().map_or(Ok(()), HazardLidar::check)?;
        self.switches.check()
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
        Engine {
            thrust_N: 420.0,
            isp_s: 320.0,
            p_BA_B,
            d_B,
            lag_s: 0.0,
            opens_after_s: 0.0,
            shuts_after_s: 0.0,
            on_min_s: 0.01,
            waste_s: 0.0,
            throttled: false,
        }
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
