//! The hull as far as it can meet the ground.

use super::{Checked, within};

/// Points of the hull that can meet the ground: eight below, eight above, the nozzle.
pub const HULL_POINTS: usize = 17;

/// The hull: an octagonal prism around the body's z, and the nozzle below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hull {
    /// Radius of the corners, m.
    pub radius_m: f64,
    /// Height of the lower deck in `B`, m.
    pub base_height_m: f64,
    /// Height of the upper deck in `B`, m.
    pub top_height_m: f64,
    /// Height of the nozzle's exit on the axis, m; negative below the base plane.
    pub nozzle_height_m: f64,
    /// Diameter of the patch with which a corner presses on the soil, m.
    pub patch_diameter_m: f64,
    /// Load on one point that breaks the structure, N.
    pub load_N_max: f64,
}

impl Hull {
    /// The points, from the body origin, m.
    pub fn points_B(&self) -> [[f64; 3]; HULL_POINTS] {
        core::array::from_fn(|n| {
            if n == HULL_POINTS - 1 {
                return [0.0, 0.0, self.nozzle_height_m];
            }
            let azimuth_rad = core::f64::consts::FRAC_PI_4 * (n / 2) as f64;
            let z_m = if n % 2 == 0 { self.base_height_m } else { self.top_height_m };
            let (x, y) = (libm::cos(azimuth_rad), libm::sin(azimuth_rad));
            [self.radius_m * x, self.radius_m * y, z_m]
        })
    }

    pub(super) fn check(&self) -> Checked {
        within("hull.radius_m", self.radius_m, "m", 0.05, 20.0)?;
        within("hull.base_height_m", self.base_height_m, "m", -20.0, 20.0)?;
        within("hull.top_height_m", self.top_height_m, "m", self.base_height_m, 40.0)?;
        within("hull.nozzle_height_m", self.nozzle_height_m, "m", -20.0, 20.0)?;
        within("hull.patch_diameter_m", self.patch_diameter_m, "m", 0.01, 5.0)?;
        within("hull.load_N_max", self.load_N_max, "N", 10.0, 1e8)
    }
}
