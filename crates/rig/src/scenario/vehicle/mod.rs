//! The vehicle file: reads it into truth's description and into what the flight software is told.
//!
//! Owns: the keys and units of it and of the file that grades its inertial unit, the layout of rings and
//! pods. Does not own: the limits of a
//! plausible vehicle (`truth::vehicle` checks them).

mod legs;
mod optics;
mod propulsion;
mod sensors;

use super::error::ScenarioError;
use super::file::Tree;
use super::reader::Reader;
use std::path::Path;
use truth::sensors::link::Surface;
use truth::vehicle as machine;

const ARCSEC: f64 = std::f64::consts::PI / 648_000.0;
const DEG: f64 = std::f64::consts::PI / 180.0;
const HOUR_S: f64 = 3600.0;
const PPM: f64 = 1e-6;
const PERCENT: f64 = 1e-2;
/// 1 µg in m/s².
const UG_M_S2: f64 = 1e-6 * icd::constants::STANDARD_GRAVITY_M_S2;
/// Limit where the vehicle's own check decides.
const ANY: f64 = 1e9;

/// A vehicle as its file describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleFile {
    /// The machine, without dispersions.
    pub machine: machine::Vehicle,
    /// Its spreads.
    pub dispersions: machine::Dispersions,
    /// What the flight software is told beyond it.
    pub believed: Believed,
    /// Every value of the file, one line each.
    pub canonical: String,
}

/// What the flight software is told of the vehicle beyond its nominal figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Believed {
    /// Propellant below which an alarm is raised, kg.
    pub reserve_kg: f64,
    /// Fastest turn that control may command, rad/s.
    pub slew_rad_s_max: f64,
    /// Error of the sensors' places against the inertial unit, per axis, 1 sigma, m.
    pub lever_arm_sigma_m: f64,
    /// The ground for which the rangefinder's reach is worked out.
    pub ranging_surface: Surface,
    /// The angle between beam and vertical for which it is worked out, rad.
    pub ranging_incidence_rad: f64,
    /// The closing speed for which it is worked out, m/s.
    pub ranging_closing_m_s: f64,
}

type Read<T> = Result<T, ScenarioError>;

impl VehicleFile {
    /// Reads and checks a vehicle file.
    ///
    /// # Errors
    /// [`ScenarioError`] for whatever is wrong with it.
    pub fn read(path: &Path) -> Read<Self> {
        let tree = Tree::read(path)?;
        let root = Reader::new(&tree);
        let (machine, imu) = machine(&root)?;
        let dispersions = dispersions(&root.table("dispersions")?)?;
        let table = root.table("believed")?;
        let believed = Believed {
            reserve_kg: table.number("reserve_kg", 0.0, machine.propellant.capacity_kg)?,
            slew_rad_s_max: table.number("slew_deg_s_max", 0.1, 90.0)? * DEG,
            lever_arm_sigma_m: table.number("lever_arm_sigma_m", 0.0, 1.0)?,
            ranging_surface: Surface {
                normal_albedo: table.number("ranging_albedo", 0.01, 1.0)?,
                lommel_seeliger: table.number("ranging_lommel_seeliger", 0.0, 1.0)?,
            },
            ranging_incidence_rad: table.number("ranging_incidence_deg", 0.0, 89.0)? * DEG,
            ranging_closing_m_s: table.number("ranging_closing_m_s", 0.0, 3000.0)?,
        };
        table.finish()?;
        root.finish()?;
        let refused = |reason| ScenarioError::Vehicle { file: path.to_path_buf(), reason };
        machine.check().map_err(refused)?;
        dispersions.check().map_err(refused)?;
        let canonical = format!("{}[imu]\n{imu}", tree.canonical());
        Ok(Self { machine, dispersions, believed, canonical })
    }
}

fn any(table: &Reader<'_>, key: &'static str) -> Read<f64> {
    table.number(key, -ANY, ANY)
}

/// The machine, and every value of the file that grades its inertial unit.
fn machine(root: &Reader<'_>) -> Read<(machine::Vehicle, String)> {
    let (imu, grade) = sensors::imu(&root.table("imu")?)?;
    let vehicle = machine::Vehicle {
        name: root.text("name")?.to_string(),
        dry: dry(&root.table("dry")?)?,
        propellant: propellant(&root.table("propellant")?)?,
        tanks: Some(propulsion::tanks(&root.table("tanks")?)?),
        main: propulsion::main_engine(&root.table("main")?)?,
        assist: propulsion::assist(&root.table("assist")?)?,
        jets: propulsion::jets(&root.table("jets")?)?,
        optics: optics::optics(&root.table("optics")?)?,
        legs: legs::legs(&root.table("legs")?)?,
        hull: legs::hull(&root.table("hull")?)?,
        radar_altimeter: root
            .table_if_any("radar_altimeter")?
            .as_ref()
            .map(sensors::radar_altimeter)
            .transpose()?,
        imu,
        star_tracker: sensors::star_tracker(&root.table("star_tracker")?)?,
        rangefinder: sensors::rangefinder(&root.table("rangefinder")?)?,
        velocimeter: Some(sensors::velocimeter(&root.table("velocimeter")?)?),
        camera: root.table_if_any("camera")?.as_ref().map(sensors::camera).transpose()?,
        gauge: root.table_if_any("gauge")?.as_ref().map(sensors::gauge).transpose()?,
        hazard_lidar: root
            .table_if_any("hazard_lidar")?
            .as_ref()
            .map(sensors::hazard_lidar)
            .transpose()?,
        switches: sensors::switches(&root.table("switches")?)?,
    };
    Ok((vehicle, grade))
}

fn dry(t: &Reader<'_>) -> Read<machine::Dry> {
    let dry = machine::Dry {
        mass_kg: any(t, "mass_kg")?,
        p_BC_B: t.numbers("centre_of_mass_m", -ANY, ANY)?,
        inertia_kg_m2: t.numbers("inertia_kg_m2", -ANY, ANY)?,
    };
    t.finish()?;
    Ok(dry)
}

fn propellant(t: &Reader<'_>) -> Read<machine::Propellant> {
    let propellant = machine::Propellant {
        capacity_kg: any(t, "capacity_kg")?,
        p_BC_B_full: t.numbers("centroid_full_m", -ANY, ANY)?,
        p_BC_B_empty: t.numbers("centroid_empty_m", -ANY, ANY)?,
        gyration_radius_m: any(t, "gyration_radius_m")?,
    };
    t.finish()?;
    Ok(propellant)
}

/// A point at a radius, an azimuth from x towards y, and a height.
fn around(radius_m: f64, azimuth_deg: f64, height_m: f64) -> [f64; 3] {
    let azimuth_rad = azimuth_deg * DEG;
    [radius_m * libm::cos(azimuth_rad), radius_m * libm::sin(azimuth_rad), height_m]
}

fn dispersions(t: &Reader<'_>) -> Read<machine::Dispersions> {
    let engine = |t: Reader<'_>| -> Read<machine::EngineDispersion> {
        let out = machine::EngineDispersion {
            thrust_sigma: any(&t, "thrust_sigma_percent")? * PERCENT,
            isp_sigma: any(&t, "isp_sigma_percent")? * PERCENT,
            alignment_sigma_rad: any(&t, "alignment_sigma_deg")? * DEG,
        };
        t.finish()?;
        Ok(out)
    };
    let out = machine::Dispersions {
        main: engine(t.table("main")?)?,
        assist: engine(t.table("assist")?)?,
        jets: engine(t.table("jets")?)?,
        dry_mass_sigma_kg: any(t, "dry_mass_sigma_kg")?,
        propellant_sigma_kg: any(t, "propellant_sigma_kg")?,
        cm_sigma_m: any(t, "cm_sigma_m")?,
    };
    t.finish()?;
    Ok(out)
}
