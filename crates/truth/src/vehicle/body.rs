//! Mass: the dry body and the propellant.

use super::{Checked, VehicleError, point, within};

/// Mass properties without propellant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dry {
    /// Burn-out mass, kg.
    pub mass_kg: f64,
    /// Centre of mass from the body origin, m.
    pub p_BC_B: [f64; 3],
    /// Moments of inertia about that centre, body axes, kg m².
    pub inertia_kg_m2: [f64; 3],
}

/// The propellant as one body whose centroid sinks linearly as it is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Propellant {
    /// Full load, kg.
    pub capacity_kg: f64,
    /// Centroid with a full load, m.
    pub p_BC_B_full: [f64; 3],
    /// Limit of the centroid as the tanks run dry, m.
    pub p_BC_B_empty: [f64; 3],
    /// Radius of gyration about each axis through the centroid, m.
    pub gyration_radius_m: f64,
}

impl Dry {
    pub(super) fn check(&self) -> Checked {
        within("dry.mass_kg", self.mass_kg, "kg", 10.0, 1e5)?;
        point("dry.p_BC_B", &self.p_BC_B)?;
        for moment in self.inertia_kg_m2 {
            within("dry.inertia_kg_m2", moment, "kg m²", 0.1, 1e7)?;
        }
        let largest = self.inertia_kg_m2.iter().fold(0.0_f64, |a, b| a.max(*b));
        let sum = self.inertia_kg_m2.iter().sum::<f64>() - largest;
        if largest > sum {
            let key = "dry.inertia_kg_m2".to_owned();
            return Err(VehicleError::NotABody { key, largest, sum });
        }
        Ok(())
    }
}

impl Propellant {
    pub(super) fn check(&self) -> Checked {
        within("propellant.capacity_kg", self.capacity_kg, "kg", 0.1, 1e5)?;
        point("propellant.p_BC_B_full", &self.p_BC_B_full)?;
        point("propellant.p_BC_B_empty", &self.p_BC_B_empty)?;
        within("propellant.gyration_radius_m", self.gyration_radius_m, "m", 0.0, 10.0)
    }
}
