//! Line-of-sight speed of one Doppler beam.
//!
//! Derived: z = d·v with d = R u the beam and v = v_B + R (ω × a) the aperture's velocity over ground, a
//! its arm; hence ∂z/∂v = d and, since the arm turns with the beam, ∂z/∂θ = d × v_B.
//! Refuses: the 2.7e-6 s⁻¹ by which position moves the ground's own velocity.

use super::{EMPTY, Prediction, put};
use crate::load::{Load, direction};
use crate::nav::covariance::{THETA, V};
use crate::nav::state::Pose;
use icd::frames::{I, Position, Vector};
use nalgebra::Vector3;

/// Predicts the speed along beam direction `d_B` (towards the ground positive), m/s.
pub fn predict(load: &Load, pose: &Pose, d_B: [f64; 3]) -> Prediction {
    let d = pose.q_IB.rotation().si() * direction(d_B).si();
    let p: Vector<Position, I> = Vector::from_si(pose.p_I);
    let v = pose.v_I - load.orientation.w_IM_I.cross(p).si();
    let mut h = EMPTY;
    put(&mut h, V, d);
    put(&mut h, THETA, d.cross(&v));
    let unit = load.vehicle.velocimeter;
    let swing = pose.w_B.cross(&Vector3::from(unit.p_BA_B)).dot(&direction(d_B).si());
    Prediction { value: d.dot(&v) + swing, h, r: unit.sigma_m_s * unit.sigma_m_s }
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
