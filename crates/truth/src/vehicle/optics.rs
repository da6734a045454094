//! What the vehicle shows to the Sun.

use super::{Checked, within};

/// The vehicle as a ball in sunlight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optics {
    /// Cross-section, m².
    pub area_m2: f64,
    /// Reflectivity coefficient: 1 for a black ball, 2 for a mirror that faces the Sun.
    pub reflectivity: f64,
}

impl Optics {
    /// Area times reflectivity coefficient over mass, m²/kg: what sunlight acts on.
    pub fn exposure_m2_kg(&self, mass_kg: f64) -> f64 {
        self.area_m2 * self.reflectivity / mass_kg
    }

    pub(super) fn check(&self) -> Checked {
        within("optics.area_m2", self.area_m2, "m²", 0.0, 1e3)?;
        within("optics.reflectivity", self.reflectivity, "", 0.0, 2.0)
    }
}
