//! Attitude from the star tracker, with its constant misalignment to the inertial unit.
//!
//! Derived: the tracker reports R_meas = R (1 + [β×]) with R = (1 + [θ×]) R̂; to first order the
//! rotation from estimate to report is θ + R̂ β, so that ∂z/∂θ = 1 and ∂z/∂β = R̂.
//! The misalignment is a state of its own: however many stars are seen, attitude is known no better
//! than the alignment, and a later altitude error is traced back to it.

use super::{EMPTY, Prediction, put};
use crate::load::Load;
use crate::nav::covariance::{ALIGNMENT, THETA};
use crate::nav::state::Pose;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use nalgebra::Vector3;

/// Rotation from the estimated to the reported attitude, `I`, rad.
pub fn measured(pose: &Pose, report_IB: Quaternion<I, B>) -> Vector3<f64> {
    (report_IB * pose.q_IB.inverse()).log()
}

/// Predicts component `axis` (0, 1, 2) of [`measured`].
pub fn predict(load: &Load, pose: &Pose, alignment: Vector3<f64>, axis: usize) -> Prediction {
    let row = (pose.q_IB.rotation().si().transpose() * unit(axis)).into_owned();
    let mut h = EMPTY;
    put(&mut h, THETA, unit(axis));
    put(&mut h, ALIGNMENT, row);
    let sigma = load.vehicle.inertial.star_tracker_rad;
    Prediction { value: row.dot(&alignment), h, r: sigma * sigma }
}

fn unit(axis: usize) -> Vector3<f64> {
    match axis {
        0 => Vector3::x(),
        1 => Vector3::y(),
        _ => Vector3::z(),
    }
}
