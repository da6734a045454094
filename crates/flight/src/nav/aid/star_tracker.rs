//! Attitude from the star tracker, with its constant misalignment to the inertial unit.
//!
//! Derived: the tracker reports R_meas = R (1 + [β×]), β its constant misalignment. Until a long burn the
//! attitude state is that of the tracker's frame, θ' = θ + R̂ β, so that a report shows it directly: in body
//! axes z = R̂ᵀ θ', along a body axis a: ∂z_a/∂θ' = R̂ a. What β does to the direction of thrust is in the
//! covariance ([`crate::nav::covariance`]): however many stars are seen, thrust is known no better than
//! the alignment, and a later altitude error is traced back to it.
//! As programmed: along the boresight and two axes across it, because the noise differs between them.

use super::{EMPTY, Prediction, put};
use crate::load::{Inertial, direction};
use crate::nav::Nav;
use crate::nav::covariance::THETA;
use crate::nav::state::Pose;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use nalgebra::Vector3;

/// Rotation from the estimated to the reported attitude, body axes, rad.
pub fn measured(pose: &Pose, report_IB: Quaternion<I, B>) -> Vector3<f64> {
    (pose.q_IB.inverse() * report_IB).log()
}

/// The tracker's axes in the body: two across, then the boresight, each with its noise, rad.
pub fn axes(inertial: &Inertial) -> [(Vector3<f64>, f64); 3] {
    let d = direction(inertial.star_tracker_d_B).si();
    let other = if d.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    let a = d.cross(&other);
    let a = a / libm::sqrt(a.norm_squared()).max(1e-9);
    let [across, along] = inertial.star_tracker_rad;
    [(a, across), (d.cross(&a), across), (d, along)]
}

/// Predicts the component of [`measured`] along the body axis `axis_B` with noise `sigma_rad`.
pub fn predict(nav: &Nav, pose: &Pose, axis_B: Vector3<f64>, sigma_rad: f64) -> Prediction {
    let mut h = EMPTY;
    put(&mut h, THETA, pose.q_IB.rotation().si() * axis_B);
    nav.carry(pose, &mut h);
    Prediction { value: 0.0, h, r: sigma_rad * sigma_rad }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};

    #[test]
    fn the_innovation_shows_the_attitude_error_with_the_right_sign() {
        let load = load();
        let (mut nav, _) = flight_state(&load, 1500.0, 0.4);
        let truth = nav.q_IB;
        // The estimate is off by −θ: true = (1 + [θ×]) estimate.
        let theta = Vector3::new(-2e-4, 4e-4, 1e-4);
        nav.q_IB = Quaternion::<I, I>::exp(-theta) * truth;
        let z = measured(&nav.pose(), truth);
        for (axis, sigma) in axes(&load.vehicle.inertial) {
            let p = predict(&nav, &nav.pose(), axis, sigma);
            let linear: f64 = (0..3).map(|i| p.h[THETA + i] * theta[i]).sum();
            assert!((z.dot(&axis) - linear).abs() < 1e-6, "{} {linear}", z.dot(&axis));
        }
    }

    /// The residual is the reported attitude less the believed one: it falls as the belief turns to it.
    #[test]
    fn star_tracker_jacobian_matches_central_differences() {
        let load = load();
        let (nav, _) = flight_state(&load, 1500.0, 0.4);
        let report = Quaternion::<I, I>::exp(Vector3::new(3e-5, -2e-5, 1e-5)) * nav.q_IB;
        for (axis, sigma) in axes(&load.vehicle.inertial) {
            let found = jacobian::check(&nav, &[], 1e-4, |nav| {
                let value = -measured(&nav.pose(), report).dot(&axis);
                Prediction { value, ..predict(nav, &nav.pose(), axis, sigma) }
            });
            assert!(found.iter().all(|state| (THETA..THETA + 3).contains(state)));
        }
    }
}
