//! The best-estimated trajectory: one motion under all measurements, with its covariance.
//!
//! Owns: [`Trajectory`]. Does not own: the sensors' failures (`sensors`), causes (`finding`).

pub mod linear;
pub mod states;

use icd::time::Time;
use nalgebra::{Matrix3, UnitQuaternion, Vector3};

/// One instant of the estimated motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub t: Time,
    /// Body origin in the inertial frame, m.
    pub p_MB_I_m: Vector3<f64>,
    /// Its velocity, m/s.
    pub v_MB_I_m_s: Vector3<f64>,
    /// Attitude, body to inertial.
    pub q_IB: UnitQuaternion<f64>,
    /// Covariance of position, m², inertial axes.
    pub P_p_m2: Matrix3<f64>,
    /// Covariance of velocity, m²/s², inertial axes.
    pub P_v_m2_s2: Matrix3<f64>,
    /// Standard deviation of attitude, each axis, rad.
    pub sigma_attitude_rad: [f64; 3],
    /// Altitude of the body origin over the mission's ground model, m, and its standard deviation.
    pub altitude_m: (f64, f64),
    /// Vertical speed, up positive, m/s, and its standard deviation.
    pub v_up_m_s: (f64, f64),
    /// Horizontal speed over ground, m/s, and its standard deviation.
    pub v_horizontal_m_s: (f64, f64),
}

/// Where and when the ground was met.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    /// What is assumed of the engines after the last packet.
    pub case: String,
    /// When, and its standard deviation, s.
    pub t: Time,
    /// Its standard deviation, s.
    pub sigma_s: f64,
    /// Latitude of the place, mean Earth, degrees.
    pub latitude_deg: f64,
    /// Longitude, degrees, east positive.
    pub longitude_deg: f64,
    /// Standard deviation of the place along its worse axis, m.
    pub sigma_m: f64,
    /// Speed over ground, m/s.
    pub speed_m_s: f64,
    /// Its standard deviation, m/s.
    pub sigma_m_s: f64,
}

/// The best-estimated trajectory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// In the order of time, one a measurement epoch, from the first cycle to the impact.
    pub samples: Vec<Sample>,
    /// Place of the first sample after the last packet: from there on nothing was measured.
    pub after_loss: usize,
    /// When and where the ground was met; several where it depends on what the engines did after the last packet.
    pub impacts: Vec<Impact>,
    /// Estimates of the constant errors at the end, with their standard deviations, by state ([`states::STATES`]).
    pub errors: Vec<(f64, f64)>,
}
