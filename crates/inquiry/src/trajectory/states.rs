//! The errors that the trajectory is estimated with: which, in what unit, how large before any reading.
//!
//! Owns: the order of the states, [`STATES`], [`Prior`]. Does not own: how they move (`transition`) or are seen
//! (`expect`).
//! A state is what must be added to the reference to have the truth: position, velocity and a small turn θ in inertial
//! axes, R = exp(θ) R̂; of a sensor the error that its reading carries, of the ground what stands above the mission's model.
//! Refuses: the inertial unit's sensitivity of gyros to force (none in the units flown), lean of accelerometers about the
//! thrust axis (no force acts across it).

use crate::mission::Mission;
use nalgebra::Matrix3;
use std::ops::Range;

/// Position, inertial axes.
pub const POSITION: usize = 0;
/// Velocity, inertial axes.
pub const VELOCITY: usize = 3;
/// Attitude, inertial axes.
pub const ATTITUDE: usize = 6;
/// Constant bias of each gyro.
pub const GYRO_BIAS: usize = 9;
/// Constant bias of each accelerometer.
pub const ACCELEROMETER_BIAS: usize = 12;
/// Bias of each gyro that wanders in the run.
pub const GYRO_WANDER: usize = 15;
/// Bias of each accelerometer that wanders in the run.
pub const ACCELEROMETER_WANDER: usize = 18;
/// Scale error of each gyro.
pub const GYRO_SCALE: usize = 21;
/// Lean of each gyro's axis towards the next and the one after: xy, xz, yz, yx, zx, zy.
pub const GYRO_LEAN: usize = 24;
/// Scale error of each accelerometer.
pub const ACCELEROMETER_SCALE: usize = 30;
/// Force along z that the x and the y accelerometer read, as a share.
pub const ACCELEROMETER_LEAN: usize = 33;
/// Alignment of the star tracker, body axes.
pub const STAR_TRACKER_ALIGNMENT: usize = 35;
/// Bias of the rangefinder.
pub const RANGEFINDER_BIAS: usize = 38;
/// Scale error of the rangefinder.
pub const RANGEFINDER_SCALE: usize = 39;
/// Bias of the radar altimeter.
pub const RADAR_BIAS: usize = 40;
/// Scale error of the radar altimeter.
pub const RADAR_SCALE: usize = 41;
/// Bias of each beam of the velocimeter.
pub const VELOCIMETER_BIAS: usize = 42;
/// Scale error of each beam of the velocimeter.
pub const VELOCIMETER_SCALE: usize = 45;
/// Bias of the camera, right and down.
pub const CAMERA_BIAS: usize = 48;
/// Scale error of the camera.
pub const CAMERA_SCALE: usize = 50;
/// Ground above the mission's model everywhere.
pub const DATUM: usize = 51;
/// Ground above the mission's model where the beam is now, relief that the model does not show: in units of its size there.
pub const RELIEF: usize = 52;
/// The uploaded landmarks' offset from the ground, east and north at the target.
pub const TIE: usize = 53;
/// Number of states.
pub const N: usize = 55;
/// States of the motion; the others are constants, or wander by themselves.
pub const MOTION: usize = 9;

/// One value of each state.
pub type Errors = [f64; N];

/// One group of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateLine {
    /// Name.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Place of the first.
    pub first: usize,
    /// How many.
    pub count: usize,
}

impl StateLine {
    /// Their places.
    pub const fn places(&self) -> Range<usize> {
        self.first..self.first + self.count
    }
}

const fn line(name: &'static str, unit: &'static str, first: usize, count: usize) -> StateLine {
    StateLine { name, unit, first, count }
}

/// All states in their order.
pub const STATES: [StateLine; 23] = [
    line("position", "m", POSITION, 3),
    line("velocity", "m/s", VELOCITY, 3),
    line("attitude", "rad", ATTITUDE, 3),
    line("gyro bias", "rad/s", GYRO_BIAS, 3),
    line("accelerometer bias", "m/s²", ACCELEROMETER_BIAS, 3),
    line("gyro bias in run", "rad/s", GYRO_WANDER, 3),
    line("accelerometer bias in run", "m/s²", ACCELEROMETER_WANDER, 3),
    line("gyro scale", "", GYRO_SCALE, 3),
    line("gyro lean", "rad", GYRO_LEAN, 6),
    line("accelerometer scale", "", ACCELEROMETER_SCALE, 3),
    line("accelerometer lean", "rad", ACCELEROMETER_LEAN, 2),
    line("star tracker alignment", "rad", STAR_TRACKER_ALIGNMENT, 3),
    line("rangefinder bias", "m", RANGEFINDER_BIAS, 1),
    line("rangefinder scale", "", RANGEFINDER_SCALE, 1),
    line("radar altimeter bias", "m", RADAR_BIAS, 1),
    line("radar altimeter scale", "", RADAR_SCALE, 1),
    line("velocimeter bias", "m/s", VELOCIMETER_BIAS, 3),
    line("velocimeter scale", "", VELOCIMETER_SCALE, 3),
    line("camera bias", "pixel", CAMERA_BIAS, 2),
    line("camera scale", "", CAMERA_SCALE, 1),
    line("terrain datum", "m", DATUM, 1),
    line("relief below", "", RELIEF, 1),
    line("map tie", "m", TIE, 2),
];

/// Attitude at the start against the planned one, each axis, rad. Assumed: attitude control before the recording held it to
/// a third of a degree; the first stars know it a hundred times better.
const ATTITUDE_RAD: f64 = 5e-3;
/// What a rangefinder, a radar altimeter, a camera within their specification are still wrong by, always. Assumed: below
/// what one reading resolves; their descriptions name no such error.
const RANGEFINDER: (f64, f64) = (0.1, 1e-5);
const RADAR: (f64, f64) = (0.3, 1e-4);
const CAMERA: (f64, f64) = (0.05, 1e-5);
/// The mission's model of the ground against the ground over hundreds of metres, m. Assumed: laser altimetry as it is read
/// after a loss, with the tracks nearest to the site.
const DATUM_M: f64 = 1.0;

/// Standard deviation of every state before any reading, and how position and velocity hang together.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// Standard deviations; those of position and velocity along radius, along track and across it.
    pub sigma: Errors,
    /// Columns: radius, along track, across it, inertial axes.
    pub axes: Matrix3<f64>,
    /// Speed along track that a metre of radius takes away, 1/s: the orbit's energy is known best (`flight::load::NavStart`).
    pub tie_per_s: f64,
}

impl Prior {
    /// What the mission knew before the flight.
    pub fn of(mission: &Mission) -> Self {
        let machine = &mission.stand.scenario.vehicle.machine;
        let (imu, nav) = (&machine.imu, &mission.nav);
        let mut sigma = [0.0; N];
        let mut put = |first: usize, values: &[f64]| {
            for (slot, value) in sigma.iter_mut().skip(first).zip(values) {
                *slot = *value;
            }
        };
        put(POSITION, &nav.sigma_p_m);
        put(VELOCITY, &nav.sigma_v_m_s);
        put(ATTITUDE, &[ATTITUDE_RAD; 3]);
        put(GYRO_BIAS, &[imu.gyro_bias_sigma_rad_s; 3]);
        put(ACCELEROMETER_BIAS, &[imu.accelerometer_bias_sigma_m_s2; 3]);
        put(GYRO_WANDER, &[imu.gyro_drift_sigma_rad_s; 3]);
        put(ACCELEROMETER_WANDER, &[imu.accelerometer_drift_sigma_m_s2; 3]);
        put(GYRO_SCALE, &[imu.gyro_scale_sigma; 3]);
        put(GYRO_LEAN, &[imu.gyro_misalignment_sigma_rad; 6]);
        put(ACCELEROMETER_SCALE, &[imu.accelerometer_scale_sigma; 3]);
        put(ACCELEROMETER_LEAN, &[imu.accelerometer_misalignment_sigma_rad; 2]);
        put(STAR_TRACKER_ALIGNMENT, &[machine.star_tracker.alignment_sigma_rad; 3]);
        put(RANGEFINDER_BIAS, &[RANGEFINDER.0, RANGEFINDER.1, RADAR.0, RADAR.1]);
        if let Some(velocimeter) = &machine.velocimeter {
            put(VELOCIMETER_BIAS, &[velocimeter.bias_sigma_m_s; 3]);
            put(VELOCIMETER_SCALE, &[velocimeter.scale_sigma; 3]);
        }
        put(CAMERA_BIAS, &[CAMERA.0, CAMERA.0, CAMERA.1, DATUM_M, 1.0]);
        put(TIE, &[mission.load.landmarks.tie_m; 2]);
        let (p, v) = (nav.p_MB_I.si(), nav.v_MB_I.si());
        let radial = p.normalize();
        let across = p.cross(&v).normalize();
        Self {
            sigma,
            axes: Matrix3::from_columns(&[radial, across.cross(&radial), across]),
            tie_per_s: -v.norm() / p.norm(),
        }
    }
}
