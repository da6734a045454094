//! Mass: the dry body, the propellant and the tanks it moves in.

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

/// Upright cylindrical tanks in a ring around the vehicle's axis, filled alike, opposite ones equal.
///
/// Their bottom is at the height of `p_BC_B_empty`; the liquid stands twice as high over it as its centroid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tanks {
    /// Radius of one tank, m.
    pub radius_m: f64,
    /// Distance of each tank's axis from the ring's axis, m.
    pub ring_radius_m: f64,
    /// Damping ratio of the first lateral mode.
    pub damping_ratio: f64,
    /// Axial specific force that vanes hold the liquid with where thrust gives less, m/s².
    pub held_m_s2: f64,
}

impl Tanks {
    pub(super) fn check(&self) -> Checked {
        within("tanks.radius_m", self.radius_m, "m", 0.01, 10.0)?;
        within("tanks.ring_radius_m", self.ring_radius_m, "m", 0.0, 10.0)?;
        within("tanks.damping_ratio", self.damping_ratio, "", 0.0, 1.0)?;
        within("tanks.held_m_s2", self.held_m_s2, "m/s²", 1e-3, 10.0)
    }
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
