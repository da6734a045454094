//! Propellant gauge.

use super::{Checked, within};

/// Propellant gauge: a level probe and a point sensor near the tank's floor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// Error of the reading that is constant in a run, standard deviation, kg.
    pub bias_sigma_kg: f64,
    /// Noise of one reading, standard deviation, kg.
    pub sigma_kg: f64,
    /// Propellant by which the level at the probe seems to rise per radian of liquid angle, kg/rad.
    pub slosh_kg_rad: f64,
    /// Time constant of the reading's smoothing, s; 0 for none.
    pub lag_s: f64,
    /// Time between readings, s.
    pub period_s: f64,
    /// Least step of a reading, kg; 0 for none.
    pub quantum_kg: f64,
    /// Propellant at which the point sensor lies dry with the liquid level, kg.
    pub low_kg: f64,
}

impl Gauge {
    pub(super) fn check(&self) -> Checked {
        within("gauge.bias_sigma_kg", self.bias_sigma_kg, "kg", 0.0, 1e4)?;
        within("gauge.sigma_kg", self.sigma_kg, "kg", 0.0, 1e4)?;
        within("gauge.slosh_kg_rad", self.slosh_kg_rad, "kg/rad", -1e5, 1e5)?;
        within("gauge.lag_s", self.lag_s, "s", 0.0, 100.0)?;
        within("gauge.period_s", self.period_s, "s", 0.02, 60.0)?;
        within("gauge.quantum_kg", self.quantum_kg, "kg", 0.0, 100.0)?;
        within("gauge.low_kg", self.low_kg, "kg", 0.0, 1e5)
    }
}
