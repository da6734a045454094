//! Star tracker.

use super::{Checked, unit, within};

/// Star tracker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StarTracker {
    /// Boresight, unit.
    pub d_B: [f64; 3],
    /// Noise of one solution across the boresight, each axis, at rest, rad.
    pub sigma_cross_rad: f64,
    /// Noise of one solution about the boresight, at rest, rad.
    pub sigma_boresight_rad: f64,
    /// Constant alignment error per run, each body axis, standard deviation, rad.
    pub alignment_sigma_rad: f64,
    /// Time between solutions, s.
    pub period_s: f64,
    /// Body rate at which smear raises the noise by the root of two, rad/s.
    pub rate_rad_s_smear: f64,
    /// Largest body rate with a solution, rad/s.
    pub rate_rad_s_max: f64,
    /// Least angle between the boresight and the Moon's limb, rad.
    pub moon_limb_rad_min: f64,
    /// Least angle between the boresight and the Sun, rad.
    pub sun_rad_min: f64,
    /// Whether it solves while the main or an assist engine burns.
    pub usable_under_thrust: bool,
}

impl StarTracker {
    pub(super) fn check(&self) -> Checked {
        unit("star_tracker.d_B", &self.d_B)?;
        within("star_tracker.sigma_cross_rad", self.sigma_cross_rad, "rad", 0.0, 0.1)?;
        within("star_tracker.sigma_boresight_rad", self.sigma_boresight_rad, "rad", 0.0, 0.1)?;
        within("star_tracker.alignment_sigma_rad", self.alignment_sigma_rad, "rad", 0.0, 0.1)?;
        within("star_tracker.period_s", self.period_s, "s", 0.02, 60.0)?;
        within("star_tracker.rate_rad_s_smear", self.rate_rad_s_smear, "rad/s", 1e-5, 10.0)?;
        within("star_tracker.rate_rad_s_max", self.rate_rad_s_max, "rad/s", 0.0, 10.0)?;
        within("star_tracker.moon_limb_rad_min", self.moon_limb_rad_min, "rad", 0.0, 1.6)?;
        within("star_tracker.sun_rad_min", self.sun_rad_min, "rad", 0.0, 1.6)
    }
}
