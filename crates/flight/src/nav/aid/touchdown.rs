//! What contact with the ground says: the feet stand on it, and at rest nothing moves over it.
//!
//! z = height of the feet over the believed ground = 0: ∂z/∂p = up, ∂z/∂b = −1.
//! z = velocity over ground along an axis a = 0: ∂z/∂v = a.
//! Decides nothing: contact and rest are decided before, from switches and the inertial unit.
//! Refuses: which foot stands where; it is part of the noise.

use super::{EMPTY, Prediction, put};
use crate::load::Load;
use crate::nav::Nav;
use crate::nav::covariance::{P, TERRAIN, V};
use nalgebra::Vector3;

/// Ground under four feet against their mean, and legs pressed in, m. Assumed: rocks of the size that the
/// legs bear and a stroke of 0.15 m.
const FEET_M: f64 = 0.3;
/// Relief under the feet that a map of any spacing does not show but its error counts, m: see `load::Map`.
/// Without a map the ground may stand anywhere a mare does.
const PLAIN_M: f64 = 100.0;
/// What rest allows, m/s: 0.02 rad/s about a foot 1.4 m away.
const REST_M_S: f64 = 0.03;

/// Predicts the height of the feet over the believed ground, m; it is measured as zero.
///
/// - `altitude_m`: of the feet over the believed ground.
pub fn height(load: &Load, nav: &Nav, altitude_m: f64) -> Prediction {
    let up_I = nav.p_MB_I.si() / nav.p_MB_I.norm().max(1.0);
    let mut h = EMPTY;
    put(&mut h, P, up_I);
    let sigma_m = if load.faults.use_map { FEET_M } else { PLAIN_M };
    if load.faults.use_map
        && let Some(slot) = h.get_mut(TERRAIN)
    {
        *slot = -1.0;
    }
    Prediction { value: altitude_m, h, r: sigma_m * sigma_m }
}

/// Predicts the velocity over ground along axis `axis` of `I`, m/s; at rest it is measured as zero.
pub fn velocity(load: &Load, nav: &Nav, axis: usize) -> Prediction {
    let v = nav.v_ground_I(load).si();
    let (a, value) = match axis {
        0 => (Vector3::x(), v.x),
        1 => (Vector3::y(), v.y),
        _ => (Vector3::z(), v.z),
    };
    let mut h = EMPTY;
    put(&mut h, V, a);
    Prediction { value, h, r: REST_M_S * REST_M_S }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{MAP_ACROSS, MAP_ALONG};
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};

    #[test]
    fn touchdown_jacobians_match_central_differences() {
        let mut load = load();
        load.map.elevation_m = [[0.0; MAP_ACROSS]; MAP_ALONG];
        let (nav, _) = flight_state(&load, 1.0, 0.0);
        jacobian::check(&nav, &[], 1e-5, |nav| {
            let altitude_m = nav.p_MB_I.norm() - icd::constants::MOON_RADIUS_M - nav.terrain_bias_m;
            height(&load, nav, altitude_m)
        });
        for axis in 0..3 {
            // Position moves the ground's own velocity by 2.7e-6 s⁻¹: refused.
            jacobian::check(&nav, &[], 1e-5, |nav| velocity(&load, nav, axis));
        }
    }

    #[test]
    fn without_a_map_contact_says_little_about_height() {
        let mut load = load();
        load.faults.use_map = false;
        let (nav, _) = flight_state(&load, 1.0, 0.0);
        let p = height(&load, &nav, 40.0);
        assert!(p.r >= 1e4 && p.h[TERRAIN] == 0.0 && p.value == 40.0);
    }
}
