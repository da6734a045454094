//! Doppler velocimeter.

use super::{Checked, point, unit, within};

/// Doppler velocimeter with three beams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Velocimeter {
    /// Aperture from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Beams, unit.
    pub d_B: [[f64; 3]; 3],
    /// Longest range with lock on ground of `albedo_reference` met head on in clear sight, m.
    pub range_m_max: f64,
    /// Normal albedo at which `range_m_max` is specified.
    pub albedo_reference: f64,
    /// Largest line-of-sight speed with lock, m/s.
    pub speed_m_s_max: f64,
    /// Noise of one beam's speed, m/s.
    pub sigma_m_s: f64,
    /// Constant error of each beam's speed, 1 sigma over runs, m/s.
    pub bias_sigma_m_s: f64,
    /// Error of each beam's scale, 1 sigma over runs.
    pub scale_sigma: f64,
    /// Time between measurements, s.
    pub period_s: f64,
    /// Time from measurement to result, s.
    pub latency_s: f64,
}

impl Velocimeter {
    pub(super) fn check(&self) -> Checked {
        point("velocimeter.p_BA_B", &self.p_BA_B)?;
        self.d_B.iter().try_for_each(|d_B| unit("velocimeter.d_B", d_B))?;
        within("velocimeter.range_m_max", self.range_m_max, "m", 0.1, 1e6)?;
        within("velocimeter.albedo_reference", self.albedo_reference, "", 1e-3, 1.0)?;
        within("velocimeter.speed_m_s_max", self.speed_m_s_max, "m/s", 0.1, 1e4)?;
        within("velocimeter.sigma_m_s", self.sigma_m_s, "m/s", 0.0, 100.0)?;
        within("velocimeter.bias_sigma_m_s", self.bias_sigma_m_s, "m/s", 0.0, 10.0)?;
        within("velocimeter.scale_sigma", self.scale_sigma, "", 0.0, 0.1)?;
        within("velocimeter.period_s", self.period_s, "s", 0.02, 60.0)?;
        within("velocimeter.latency_s", self.latency_s, "s", 0.0, 10.0)
    }
}
