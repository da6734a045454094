//! The vehicle file: reads it into truth's description and into what the flight software is told.
//!
//! Owns: the file's keys and units, the layout of rings and pods. Does not own: the limits of a
//! plausible vehicle (`truth::vehicle` checks them).

use super::error::ScenarioError;
use super::file::Tree;
use super::reader::Reader;
use std::path::Path;
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
        let machine = machine(&root)?;
        let dispersions = dispersions(&root.table("dispersions")?)?;
        let table = root.table("believed")?;
        let believed = Believed {
            reserve_kg: table.number("reserve_kg", 0.0, machine.propellant.capacity_kg)?,
            slew_rad_s_max: table.number("slew_deg_s_max", 0.1, 90.0)? * DEG,
        };
        table.finish()?;
        root.finish()?;
        let refused = |reason| ScenarioError::Vehicle { file: path.to_path_buf(), reason };
        machine.check().map_err(refused)?;
        dispersions.check().map_err(refused)?;
        Ok(Self { machine, dispersions, believed, canonical: tree.canonical() })
    }
}

fn any(table: &Reader<'_>, key: &'static str) -> Read<f64> {
    table.number(key, -ANY, ANY)
}

fn machine(root: &Reader<'_>) -> Read<machine::Vehicle> {
    let vehicle = machine::Vehicle {
        name: root.text("name")?.to_string(),
        dry: dry(&root.table("dry")?)?,
        propellant: propellant(&root.table("propellant")?)?,
        main: main_engine(&root.table("main")?)?,
        assist: assist(&root.table("assist")?)?,
        jets: jets(&root.table("jets")?)?,
        legs: legs(&root.table("legs")?)?,
        imu: imu(&root.table("imu")?)?,
        star_tracker: star_tracker(&root.table("star_tracker")?)?,
        rangefinder: rangefinder(&root.table("rangefinder")?)?,
        velocimeter: Some(velocimeter(&root.table("velocimeter")?)?),
    };
    Ok(vehicle)
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

fn engine(t: &Reader<'_>, p_BA_B: [f64; 3], d_B: [f64; 3]) -> Read<machine::Engine> {
    Ok(machine::Engine {
        thrust_N: any(t, "thrust_N")?,
        isp_s: any(t, "isp_s")?,
        p_BA_B,
        d_B,
        lag_s: any(t, "lag_s")?,
        on_min_s: any(t, "on_s_min")?,
    })
}

fn main_engine(t: &Reader<'_>) -> Read<machine::Engine> {
    let place = t.numbers("place_m", -ANY, ANY)?;
    let engine = engine(t, place, t.numbers("direction", -1.0, 1.0)?)?;
    t.finish()?;
    Ok(engine)
}

/// A point at a radius, an azimuth from x towards y, and a height.
fn around(radius_m: f64, azimuth_deg: f64, height_m: f64) -> [f64; 3] {
    let azimuth_rad = azimuth_deg * DEG;
    [radius_m * libm::cos(azimuth_rad), radius_m * libm::sin(azimuth_rad), height_m]
}

fn assist(t: &Reader<'_>) -> Read<[machine::Engine; icd::bus::ASSIST_ENGINES]> {
    let (radius_m, height_m) = (any(t, "ring_radius_m")?, any(t, "ring_height_m")?);
    let azimuths_deg: [f64; icd::bus::ASSIST_ENGINES] =
        t.numbers("ring_azimuth_deg", 0.0, 360.0)?;
    let one = engine(t, [0.0; 3], [0.0, 0.0, 1.0])?;
    t.finish()?;
    Ok(azimuths_deg.map(|azimuth_deg| machine::Engine {
        p_BA_B: around(radius_m, azimuth_deg, height_m),
        ..one
    }))
}

/// Two jets a pod: the even one pushes counter-clockwise seen from above, the odd one clockwise.
fn jets(t: &Reader<'_>) -> Read<[machine::Engine; icd::bus::JETS]> {
    let (radius_m, height_m) = (any(t, "pod_radius_m")?, any(t, "pod_height_m")?);
    let azimuths_deg: [f64; icd::bus::JETS / 2] = t.numbers("pod_azimuth_deg", 0.0, 360.0)?;
    let one = engine(t, [0.0; 3], [0.0, 0.0, 1.0])?;
    t.finish()?;
    Ok(std::array::from_fn(|n| {
        let azimuth_deg = azimuths_deg[n / 2];
        let turn_deg = if n % 2 == 0 { 90.0 } else { -90.0 };
        machine::Engine {
            p_BA_B: around(radius_m, azimuth_deg, height_m),
            d_B: around(1.0, azimuth_deg + turn_deg, 0.0),
            ..one
        }
    }))
}

fn legs(t: &Reader<'_>) -> Read<machine::Legs> {
    let (radius_m, height_m) = (any(t, "foot_radius_m")?, any(t, "foot_height_m")?);
    let azimuths_deg: [f64; icd::bus::LEGS] = t.numbers("foot_azimuth_deg", 0.0, 360.0)?;
    let legs = machine::Legs {
        p_BF_B: azimuths_deg.map(|azimuth_deg| around(radius_m, azimuth_deg, height_m)),
        stiffness_N_m: any(t, "stiffness_N_m")?,
        damping_N_s_m: any(t, "damping_N_s_m")?,
        friction: any(t, "friction")?,
        crash_speed_m_s: any(t, "crash_speed_m_s")?,
    };
    t.finish()?;
    Ok(legs)
}

fn imu(t: &Reader<'_>) -> Read<machine::Imu> {
    let imu = machine::Imu {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        arw_rad_sqrt_s: any(t, "arw_deg_sqrt_h")? * DEG / HOUR_S.sqrt(),
        vrw_m_s_sqrt_s: any(t, "vrw_m_s_sqrt_h")? / HOUR_S.sqrt(),
        gyro_bias_sigma_rad_s: any(t, "gyro_bias_sigma_deg_h")? * DEG / HOUR_S,
        accelerometer_bias_sigma_m_s2: any(t, "accelerometer_bias_sigma_ug")? * UG_M_S2,
        gyro_scale_sigma: any(t, "gyro_scale_sigma_ppm")? * PPM,
        accelerometer_scale_sigma: any(t, "accelerometer_scale_sigma_ppm")? * PPM,
        dtheta_quantum_rad: any(t, "dtheta_quantum_arcsec")? * ARCSEC,
        dv_quantum_m_s: any(t, "dv_quantum_m_s")?,
        rate_rad_s_max: any(t, "rate_deg_s_max")? * DEG,
        specific_force_m_s2_max: any(t, "specific_force_m_s2_max")?,
    };
    t.finish()?;
    Ok(imu)
}

fn star_tracker(t: &Reader<'_>) -> Read<machine::StarTracker> {
    let star_tracker = machine::StarTracker {
        d_B: t.numbers("direction", -1.0, 1.0)?,
        sigma_cross_rad: any(t, "sigma_cross_arcsec")? * ARCSEC,
        sigma_boresight_rad: any(t, "sigma_boresight_arcsec")? * ARCSEC,
        alignment_sigma_rad: any(t, "alignment_sigma_deg")? * DEG,
        period_s: any(t, "period_s")?,
        rate_rad_s_max: any(t, "rate_deg_s_max")? * DEG,
        usable_under_thrust: t.flag("usable_under_thrust")?,
    };
    t.finish()?;
    Ok(star_tracker)
}

fn rangefinder(t: &Reader<'_>) -> Read<machine::Rangefinder> {
    let rangefinder = machine::Rangefinder {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        d_B: t.numbers("direction", -1.0, 1.0)?,
        range_m_min: any(t, "range_m_min")?,
        range_m_max: any(t, "range_m_max")?,
        sigma_m: any(t, "sigma_m")?,
        latency_s: any(t, "latency_s")?,
        period_s: any(t, "period_s")?,
        detection_probability: any(t, "detection_probability")?,
    };
    t.finish()?;
    Ok(rangefinder)
}

fn velocimeter(t: &Reader<'_>) -> Read<machine::Velocimeter> {
    let cone_rad = t.number("cone_deg", 1.0, 80.0)? * DEG;
    let azimuths_deg: [f64; 3] = t.numbers("azimuth_deg", 0.0, 360.0)?;
    let (across, down) = (libm::sin(cone_rad), libm::cos(cone_rad));
    let velocimeter = machine::Velocimeter {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        d_B: azimuths_deg.map(|azimuth_deg| around(across, azimuth_deg, -down)),
        range_m_max: any(t, "range_m_max")?,
        speed_m_s_max: any(t, "speed_m_s_max")?,
        sigma_m_s: any(t, "sigma_m_s")?,
        period_s: any(t, "period_s")?,
        latency_s: any(t, "latency_s")?,
    };
    t.finish()?;
    Ok(velocimeter)
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
