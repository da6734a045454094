//! Calibration in the quiet: with every valve shut the accelerometers read their own bias.
//!
//! z = mean reading over the pulse frame = bias + noise; ∂z/∂bias = 1.

use super::{EMPTY, Prediction};
use crate::load::Load;
use crate::nav::covariance::ACCELEROMETER;
use nalgebra::Vector3;

/// Predicts the mean reading of axis `axis` over a quiet frame of `dt_s`, m/s².
pub fn predict(load: &Load, bias: Vector3<f64>, axis: usize, dt_s: f64) -> Prediction {
    let mut h = EMPTY;
    if let Some(slot) = h.get_mut(ACCELEROMETER + axis) {
        *slot = 1.0;
    }
    let vrw = load.vehicle.inertial.vrw_m_s_sqrt_s;
    let value = match axis {
        0 => bias.x,
        1 => bias.y,
        _ => bias.z,
    };
    Prediction { value, h, r: vrw * vrw / dt_s.max(1e-3) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};

    #[test]
    fn quiet_jacobian_matches_central_differences() {
        let load = load();
        let (nav, _) = flight_state(&load, 1500.0, 0.4);
        for axis in 0..3 {
            let found = jacobian::check(&nav, &[], 1e-9, |nav| {
                predict(&load, nav.accelerometer_bias, axis, 0.1)
            });
            assert_eq!(found, [ACCELEROMETER + axis]);
        }
    }
}
