//! Line-of-sight speed of one Doppler beam.
//!
//! Derived: z = (1 + k) d·v + b with d = R u the beam and v = v_B + R (ω × a) the aperture's velocity over
//! ground, a its arm, k and b scale factor and bias of the unit; hence ∂z/∂v = d; since the arm turns with
//! the beam, ∂z/∂θ = d × v_B; ∂z/∂a = u × ω; ∂z/∂k = d·v; ∂z/∂b = 1.
//! Refuses: the 2.7e-6 s⁻¹ by which position moves the ground's own velocity; scale factors that differ
//! between the beams; k in the other partials.

use super::{EMPTY, Prediction, put};
use crate::load::{Load, direction};
use crate::nav::Nav;
use crate::nav::covariance::{BEAM, BEAM_SCALE, LEVER, THETA, V};
use crate::nav::state::Pose;
use icd::frames::{I, Position, Vector};
use nalgebra::Vector3;

/// Predicts the speed along beam number `beam` (towards the ground positive) at `pose`, m/s.
pub fn predict(load: &Load, nav: &Nav, pose: &Pose, beam: usize) -> Prediction {
    let unit = load.vehicle.velocimeter;
    let u_B = direction(unit.d_B.get(beam).copied().unwrap_or_default()).si();
    let d = pose.q_IB.rotation().si() * u_B;
    let p: Vector<Position, I> = Vector::from_si(pose.p_I);
    let v = pose.v_I - load.orientation.w_IM_I.cross(p).si();
    let arm_B = Vector3::from(unit.p_BA_B) + nav.considered.lever;
    let speed = d.dot(&v) + pose.w_B.cross(&arm_B).dot(&u_B);
    let mut h = EMPTY;
    put(&mut h, V, d);
    put(&mut h, THETA, d.cross(&v));
    put(&mut h, LEVER, u_B.cross(&pose.w_B));
    let mut bias = 0.0;
    for ((i, slot), value) in h.iter_mut().skip(BEAM).enumerate().zip(nav.considered.beam.iter()) {
        if i == beam {
            (*slot, bias) = (1.0, *value);
        }
    }
    if let Some(slot) = h.get_mut(BEAM_SCALE) {
        *slot = speed;
    }
    nav.carry(pose, &mut h);
    let value = speed * (1.0 + nav.considered.beam_scale) + bias;
    Prediction { value, h, r: unit.sigma_m_s * unit.sigma_m_s }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};
    use icd::rotation::Quaternion;

    #[test]
    fn beam_speed_jacobian_matches_central_differences() {
        let load = load();
        let (mut nav, _) = flight_state(&load, 1500.0, 0.4);
        nav.q_IB = Quaternion::<I, I>::exp(Vector3::new(0.1, -0.05, 0.3)) * nav.q_IB;
        nav.w_IB_B = Vector::new(0.02, -0.05, 0.01);
        for beam in 0..3 {
            // Position moves the ground's velocity by 2.7e-6 s⁻¹, which is refused.
            let found =
                jacobian::check(&nav, &[], 1e-5, |nav| predict(&load, nav, &nav.pose(), beam));
            let lever = [LEVER, LEVER + 1, LEVER + 2];
            let exact = [&[3, 4, 5, 6, 7, 8], &lever[..], &[BEAM_SCALE, BEAM + beam]].concat();
            assert_eq!(found, exact);
        }
    }
}
