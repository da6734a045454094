//! Where a landmark of the on-board catalogue appears in the camera's image.
//!
//! Derived: with s the vector from the pinhole to the landmark and r, w, d the image's right, down and the
//! boresight, the pinhole shows it at (u, v) = f (r·s, w·s)/(d·s). Let g = f (r − (u/f) d)/(d·s) be ∂u/∂s at a
//! fixed attitude (likewise for v). The catalogue lies the map tie τ away from the ground, and a rotation θ of
//! the body turns the axes and the arm a of the pinhole, hence
//!     ∂u/∂p = −g    ∂u/∂τ = −Rᵀ g    ∂u/∂θ = g × (a + s),
//! with τ in `M` and R from `M` to `I`. Until the alignment is folded the attitude state is the star
//! tracker's, and the alignment β turns the image by −R β.
//! Noise: the image's own, and the landmark's own place error. That error is the same whenever the landmark
//! is seen again; as programmed its n-th sight counts with n (n + 1) times its variance, so that all sights
//! together, Σ 1/(n (n + 1)) = 1, never tell more than one perfect sight.
//! Refuses: lens distortion, an error of focal length or boresight beside the attitude's.

use super::{EMPTY, Prediction, put};
use crate::load::{Load, direction};
use crate::nav::Nav;
use crate::nav::covariance::{ALIGNMENT, LEVER, P, THETA, TIE};
use crate::nav::state::Pose;
use nalgebra::Vector3;

/// Nearest depth at which a landmark is predicted, m.
const DEPTH_M_MIN: f64 = 1.0;

/// A landmark as the camera should see it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Right and down of the principal point, pixel.
    pub pixel: [Prediction; 2],
    /// Distance along the boresight, m.
    pub depth_m: f64,
}

/// Predicts pixel u and v of landmark `id`, as seen at `pose`, for the `sight`-th time (from 1).
///
/// - `None` for a number outside the catalogue and for a landmark behind the camera.
pub fn predict(load: &Load, nav: &Nav, pose: &Pose, (id, sight): (u16, u8)) -> Option<Place> {
    let (camera, catalogue) = (&load.vehicle.camera, &load.landmarks);
    let id = usize::from(id);
    if id >= catalogue.count {
        return None;
    }
    let p_MK_M = Vector3::from(*catalogue.p_MK_M.get(id)?) - nav.tie_M;
    let R_IB = pose.q_IB.rotation().si();
    let R_IM = load.orientation.R_IM(pose.t).si();
    let arm = R_IB * (Vector3::from(camera.p_BA_B) + nav.considered.lever);
    let s = R_IM * p_MK_M - pose.p_I - arm;
    let (d_B, right_B) = (direction(camera.d_B).si(), direction(camera.right_B).si());
    let [right, down, d] = [right_B, d_B.cross(&right_B), d_B].map(|axis_B| R_IB * axis_B);
    let depth_m = d.dot(&s);
    if depth_m.is_nan() || depth_m < DEPTH_M_MIN {
        return None;
    }
    let n = f64::from(sight.max(1));
    let sigma2_m2 = catalogue.sigma_m * catalogue.sigma_m * n * (n + 1.0);
    let axis = |a: Vector3<f64>| {
        let over = a.dot(&s) / depth_m;
        let g = (a - d * over) * (camera.focal_px / depth_m);
        let turn = g.cross(&(arm + s));
        let mut h = EMPTY;
        put(&mut h, P, -g);
        put(&mut h, THETA, turn);
        put(&mut h, TIE, -(R_IM.transpose() * g));
        put(&mut h, LEVER, -(R_IB.transpose() * g));
        if !nav.folded {
            put(&mut h, ALIGNMENT, -(R_IB.transpose() * turn));
        }
        let r = camera.sigma_px * camera.sigma_px + sigma2_m2 * g.norm_squared();
        nav.carry(pose, &mut h);
        Prediction { value: camera.focal_px * over, h, r }
    };
    Some(Place { pixel: [axis(right), axis(down)], depth_m })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nav::Site;
    use crate::nav::aid::jacobian;
    use crate::nav::state::Nav;
    use crate::test_load::{flight_state, load};

    /// A landmark where the image shows (u, v) at the depth given, and the state that sees it.
    fn scene(u: f64, v: f64, depth_m: f64) -> (Load, Nav, Site) {
        let mut load = load();
        let (mut nav, site) = flight_state(&load, 1500.0, 0.4);
        nav.folded = true;
        let camera = load.vehicle.camera;
        let (d, right) = (Vector3::from(camera.d_B), Vector3::from(camera.right_B));
        let s_B = (right * (u / camera.focal_px) + d.cross(&right) * (v / camera.focal_px) + d)
            * depth_m
            + Vector3::from(camera.p_BA_B);
        let p_I = nav.p_MB_I.si() + nav.q_IB.rotation().si() * s_B;
        let p_M = load.orientation.R_IM(nav.t).si().transpose() * p_I;
        load.landmarks.p_MK_M[0] = p_M.into();
        load.landmarks.count = 1;
        load.landmarks.sigma_m = 5.0;
        (load, nav, site)
    }

    #[test]
    fn a_landmark_placed_at_a_pixel_is_predicted_there() {
        for (u, v) in [(0.0, 0.0), (300.0, -120.0), (-500.0, 450.0)] {
            let (load, nav, _) = scene(u, v, 2500.0);
            let pose = nav.pose();
            let [x, y] = predict(&load, &nav, &pose, (0, 1)).unwrap().pixel;
            assert!((x.value - u).abs() < 1e-6 && (y.value - v).abs() < 1e-6);
            assert!(predict(&load, &nav, &pose, (1, 1)).is_none(), "not in the catalogue");
        }
    }

    #[test]
    fn landmark_jacobian_matches_central_differences() {
        let (load, nav, _) = scene(250.0, -400.0, 1800.0);
        for axis in 0..2 {
            let found = jacobian::check(&nav, &[], 2e-4, |nav| {
                predict(&load, nav, &nav.pose(), (0, 1)).unwrap().pixel[axis]
            });
            assert!([P, THETA, TIE, LEVER].iter().all(|first| found.contains(first)), "{found:?}");
        }
    }

    #[test]
    fn before_the_fold_an_alignment_error_turns_the_image_against_the_attitude() {
        let (load, mut nav, _) = scene(250.0, -400.0, 1800.0);
        nav.folded = false;
        let [u, _] = predict(&load, &nav, &nav.pose(), (0, 1)).unwrap().pixel;
        // The body is where the tracker's frame, turned by −R β, says: by differences of the attitude.
        let beta = Vector3::new(1e-5, -2e-5, 3e-5);
        let turn = icd::rotation::Quaternion::exp(nav.q_IB.rotation().si() * -beta);
        nav.q_IB = turn * nav.q_IB;
        nav.folded = true;
        let [moved, _] = predict(&load, &nav, &nav.pose(), (0, 1)).unwrap().pixel;
        let linear: f64 = (0..3).map(|i| u.h[ALIGNMENT + i] * beta[i]).sum();
        assert!((moved.value - u.value - linear).abs() < 1e-3 * linear.abs(), "{linear}");
    }

    #[test]
    fn head_on_the_noise_is_that_of_image_and_landmark() {
        let (load, nav, _) = scene(0.0, 0.0, 2500.0);
        let first = predict(&load, &nav, &nav.pose(), (0, 1)).unwrap().pixel[0].r;
        let third = predict(&load, &nav, &nav.pose(), (0, 3)).unwrap().pixel[0].r;
        let own = (1100.0 * 5.0 / 2500.0f64).powi(2);
        assert!((first - 0.49 - 2.0 * own).abs() < 1e-9, "{first}");
        assert!((third - 0.49 - 12.0 * own).abs() < 1e-9, "{third}");
    }

    #[test]
    fn a_landmark_behind_the_camera_is_not_predicted() {
        let (load, nav, _) = scene(10.0, 10.0, -500.0);
        assert!(predict(&load, &nav, &nav.pose(), (0, 1)).is_none());
    }
}
