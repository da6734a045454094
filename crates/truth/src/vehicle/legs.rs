//! Landing legs.

use super::{Checked, point, within};
use icd::bus::LEGS;

/// Landing legs: where the feet are and how they meet the ground.
///
/// Each leg is a primary strut along the body's z whose honeycomb crushes in two stages, and secondary
/// struts that hold the foot sideways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Legs {
    /// Feet from the body origin, m.
    pub p_BF_B: [[f64; 3]; LEGS],
    /// Diameter of a pad, m.
    pub pad_diameter_m: f64,
    /// Axial load at which each stage crushes, N; the second not below the first.
    pub crush_load_N: [f64; 2],
    /// Stroke of each stage, m.
    pub crush_stroke_m: [f64; 2],
    /// Rise of the load when all stroke is used, N/m.
    pub stop_stiffness_N_m: f64,
    /// Load of a foot along the ground's normal that breaks its leg, N.
    pub ultimate_load_N: f64,
    /// Elastic stiffness of one leg along the ground normal, N/m.
    pub stiffness_N_m: f64,
    /// Stiffness of a foot sideways, N/m.
    pub lateral_stiffness_N_m: f64,
    /// Damping of a foot sideways, N s/m.
    pub lateral_damping_N_s_m: f64,
    /// Dissipation along the normal while nothing crushes: share of the load for each m/s, s/m.
    pub dissipation_s_m: f64,
    /// Coulomb friction coefficient of a foot on the ground.
    pub friction: f64,
}

impl Legs {
    pub(super) fn check(&self) -> Checked {
        self.p_BF_B.iter().try_for_each(|p_BF_B| point("legs.p_BF_B", p_BF_B))?;
        within("legs.pad_diameter_m", self.pad_diameter_m, "m", 0.02, 5.0)?;
        let [first_N, second_N] = self.crush_load_N;
        within("legs.crush_load_N", first_N, "N", 10.0, 1e7)?;
        within("legs.crush_load_N", second_N, "N", first_N, 1e7)?;
        for stroke_m in self.crush_stroke_m {
            within("legs.crush_stroke_m", stroke_m, "m", 0.001, 2.0)?;
        }
        within("legs.stop_stiffness_N_m", self.stop_stiffness_N_m, "N/m", 1e3, 1e8)?;
        within("legs.ultimate_load_N", self.ultimate_load_N, "N", second_N, 1e8)?;
        within("legs.stiffness_N_m", self.stiffness_N_m, "N/m", 1e3, 1e8)?;
        within("legs.lateral_stiffness_N_m", self.lateral_stiffness_N_m, "N/m", 1e3, 1e8)?;
        within("legs.lateral_damping_N_s_m", self.lateral_damping_N_s_m, "N s/m", 0.0, 1e6)?;
        within("legs.dissipation_s_m", self.dissipation_s_m, "s/m", 0.0, 20.0)?;
        within("legs.friction", self.friction, "", 0.0, 2.0)
    }
}
