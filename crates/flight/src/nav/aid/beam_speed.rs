//! Line-of-sight speed of one Doppler beam.
//!
//! Derived: z = d·v with d = R u the beam and v the velocity over ground; hence
//!     ∂z/∂v = d    ∂z/∂θ = d × v.
//! Refuses: the rotation of the arm (1 cm/s at a tenth of a radian per second enters as noise) and the
//! 2.7e-6 s⁻¹ by which position moves the ground's own velocity.

use super::{EMPTY, Prediction, put};
use crate::load::{Load, direction};
use crate::nav::covariance::{THETA, V};
use crate::nav::state::Pose;
use icd::frames::{I, Position, Vector};

/// Predicts the speed along beam direction `d_B` (towards the ground positive), m/s.
pub fn predict(load: &Load, pose: &Pose, d_B: [f64; 3]) -> Prediction {
    let d = pose.q_IB.rotation().si() * direction(d_B).si();
    let p: Vector<Position, I> = Vector::from_si(pose.p_I);
    let v = pose.v_I - load.orientation.w_IM_I.cross(p).si();
    let mut h = EMPTY;
    put(&mut h, V, d);
    put(&mut h, THETA, d.cross(&v));
    let arm = 0.5 * libm::sqrt(pose.w_B.norm_squared());
    let sigma = load.vehicle.velocimeter.sigma_m_s;
    Prediction { value: d.dot(&v), h, r: sigma * sigma + arm * arm * 0.01 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};

    #[test]
    fn beam_speed_jacobian_matches_central_differences() {
        let load = load();
        let (nav, _) = flight_state(&load, 1500.0, 0.4);
        let d = load.vehicle.velocimeter.d_B[0];
        jacobian::check(&nav, &[3, 4, 5, 6, 7, 8], 1e-5, |nav| predict(&load, &nav.pose(), d));
    }
}
