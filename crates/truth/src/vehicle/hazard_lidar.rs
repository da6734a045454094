//! Hazard lidar.

use super::{Checked, point, unit, within};

/// Laser that a mirror sweeps over the ground, line by line, as commanded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HazardLidar {
    /// Place of the mirror from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Axis of the field that the mirror can reach, unit.
    pub d_B: [f64; 3],
    /// Largest angle off it, rad.
    pub half_angle_rad: f64,
    /// Shortest range, m.
    pub range_m_min: f64,
    /// Longest range, m.
    pub range_m_max: f64,
    /// Noise of one range, standard deviation, m.
    pub sigma_m: f64,
    /// Error common to all ranges, 1 sigma over runs, m.
    pub bias_sigma_m: f64,
    /// Probability that a shot brings no echo.
    pub dropout_probability: f64,
    /// Mounting error of the mirror against the inertial unit, about each axis, 1 sigma over runs, rad.
    pub alignment_sigma_rad: f64,
    /// What the encoders do not see of the mirror's motion, across the line of sight, each axis, one
    /// draw a line, 1 sigma, rad.
    pub jitter_sigma_rad: f64,
    /// Time from the line to the result, s.
    pub latency_s: f64,
}

impl HazardLidar {
    pub(super) fn check(&self) -> Checked {
        point("hazard_lidar.p_BA_B", &self.p_BA_B)?;
        unit("hazard_lidar.d_B", &self.d_B)?;
        within("hazard_lidar.half_angle_rad", self.half_angle_rad, "rad", 0.01, 1.2)?;
        within("hazard_lidar.range_m_min", self.range_m_min, "m", 0.0, 100.0)?;
        // The bus counts centimetres in 16 bits.
        within("hazard_lidar.range_m_max", self.range_m_max, "m", self.range_m_min, 655.0)?;
        within("hazard_lidar.sigma_m", self.sigma_m, "m", 0.0, 10.0)?;
        within("hazard_lidar.bias_sigma_m", self.bias_sigma_m, "m", 0.0, 10.0)?;
        within("hazard_lidar.dropout_probability", self.dropout_probability, "", 0.0, 1.0)?;
        within("hazard_lidar.alignment_sigma_rad", self.alignment_sigma_rad, "rad", 0.0, 0.1)?;
        within("hazard_lidar.jitter_sigma_rad", self.jitter_sigma_rad, "rad", 0.0, 0.1)?;
        within("hazard_lidar.latency_s", self.latency_s, "s", 0.0, 2.0)
    }
}
