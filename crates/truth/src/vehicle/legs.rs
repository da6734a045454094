//! Landing legs.

use super::{Checked, point, within};
use icd::bus::LEGS;

/// Landing legs: where the feet are and how they meet the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Legs {
    /// Feet from the body origin, m.
    pub p_BF_B: [[f64; 3]; LEGS],
    /// Stiffness of one leg along the ground normal, and of a foot held by friction, N/m.
    pub stiffness_N_m: f64,
    /// Damping of one leg, N s/m.
    pub damping_N_s_m: f64,
    /// Coulomb friction coefficient of a foot on the ground.
    pub friction: f64,
    /// Speed over ground at first contact above which the landing is an impact, m/s.
    pub crash_speed_m_s: f64,
}

impl Legs {
    pub(super) fn check(&self) -> Checked {
        self.p_BF_B.iter().try_for_each(|p_BF_B| point("legs.p_BF_B", p_BF_B))?;
        within("legs.stiffness_N_m", self.stiffness_N_m, "N/m", 100.0, 2e5)?;
        within("legs.damping_N_s_m", self.damping_N_s_m, "N s/m", 0.0, 2e4)?;
        within("legs.friction", self.friction, "", 0.0, 2.0)?;
        within("legs.crash_speed_m_s", self.crash_speed_m_s, "m/s", 0.1, 100.0)
    }
}
