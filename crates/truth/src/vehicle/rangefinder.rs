//! Laser rangefinder.

use super::{Checked, point, unit, within};

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

impl Rangefinder {
    pub(super) fn check(&self) -> Checked {
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
