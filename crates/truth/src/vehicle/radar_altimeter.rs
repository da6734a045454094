//! Radar altimeter.

use super::{Checked, point, unit, within};

/// Radar altimeter with one wide beam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarAltimeter {
    /// Antenna from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Axis of the beam, unit.
    pub d_B: [f64; 3],
    /// Half angle of the beam's cone, rad.
    pub half_angle_rad: f64,
    /// Shortest range it reports, m.
    pub range_m_min: f64,
    /// Longest range it reports, m.
    pub range_m_max: f64,
    /// Noise in proportion to the range, 1 sigma.
    pub noise: f64,
    /// Noise at zero range, m.
    pub sigma_m: f64,
    /// Time from pulse to result, s.
    pub latency_s: f64,
    /// Time between results, s.
    pub period_s: f64,
}

impl RadarAltimeter {
    pub(super) fn check(&self) -> Checked {
        point("radar_altimeter.p_BA_B", &self.p_BA_B)?;
        unit("radar_altimeter.d_B", &self.d_B)?;
        within("radar_altimeter.half_angle", self.half_angle_rad, "rad", 0.0, 1.2)?;
        within("radar_altimeter.range_m_max", self.range_m_max, "m", 0.1, 1e6)?;
        within("radar_altimeter.range_m_min", self.range_m_min, "m", 0.0, self.range_m_max)?;
        within("radar_altimeter.noise", self.noise, "", 0.0, 1.0)?;
        within("radar_altimeter.sigma_m", self.sigma_m, "m", 0.0, 1e4)?;
        within("radar_altimeter.latency_s", self.latency_s, "s", 0.0, 10.0)?;
        within("radar_altimeter.period_s", self.period_s, "s", 0.02, 60.0)
    }
}
