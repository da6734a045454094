//! The outcome of the last pass as samples and constants.
//!
//! Owns: how errors and their covariance become what is told. Does not own: the estimate.

use super::filter::{Motion, part};
use super::*;

/// Degrees in a radian.
const DEG: f64 = 180.0 / std::f64::consts::PI;

impl Estimator<'_> {
    /// The trajectory and the linear system of the last pass; `mean`: what was believed of the errors before it.
    pub(super) fn outcome(&self, done: Done, mean: &Errors) -> (Trajectory, Linear) {
        let poses = done.poses();
        let epochs = done.plans.iter().zip(&done.smoothed);
        let samples: Vec<Sample> = core::iter::once((0, &done.before))
            .chain(epochs.map(|(plan, smoothed)| (plan.pose, &smoothed.covariance)))
            .filter_map(|(place, covariance)| Some((poses.get(place)?, covariance)))
            .map(|(pose, covariance)| sample(self.expect, pose, covariance))
            .collect();
        let last = done.passed.last();
        let x: Errors = last.map_or([0.0; N], |passed| {
            std::array::from_fn(|i| passed.x[i] + if i < MOTION { 0.0 } else { -mean[i] })
        });
        let sigma: Errors =
            std::array::from_fn(|i| done.variance.get(i).map_or(0.0, |v| v.max(0.0).sqrt()));
        let errors: Vec<(f64, f64)> = x.into_iter().zip(sigma).collect();
        let after_loss = samples.len();
        let mut trajectory = Trajectory {
            samples,
            after_loss,
            impacts: Vec::new(),
            constants: constants(&errors),
            errors,
            poses,
        };
        impact::extend(self, &done, &mut trajectory);
        (trajectory, done.linear)
    }
}

/// One sample of a motion known with a covariance.
pub(super) fn sample(expect: &Expect<'_>, pose: &Pose, covariance: &Motion) -> Sample {
    let R_IM = expect.R_IM(pose.t);
    let up_I = pose.p_I.normalize();
    let over_I = pose.v_I - expect.w_IM_I(pose.t).cross(&pose.p_I);
    let v_up_m_s = over_I.dot(&up_I);
    let level = over_I - up_I * v_up_m_s;
    let along = if level.norm() > 1e-6 { level.normalize() } else { Vector3::zeros() };
    let (P_p_m2, P_v_m2_s2) = (part(covariance, POSITION), part(covariance, VELOCITY));
    let of = |P: &Matrix3<f64>, axis: Vector3<f64>| axis.dot(&(P * axis)).max(0.0).sqrt();
    let [w, x, y, z] = pose.q_IB.si();
    let attitude = |k: usize| covariance[(ATTITUDE + k, ATTITUDE + k)].max(0.0).sqrt();
    Sample {
        t: pose.t,
        p_MB_I_m: pose.p_I,
        v_MB_I_m_s: pose.v_I,
        q_IB: UnitQuaternion::new_normalize(nalgebra::Quaternion::new(w, x, y, z)),
        P_p_m2,
        P_v_m2_s2,
        sigma_attitude_rad: [attitude(0), attitude(1), attitude(2)],
        altitude_m: (expect.ground.height_m(R_IM.tr_mul(&pose.p_I)), of(&P_p_m2, up_I)),
        v_up_m_s: (v_up_m_s, of(&P_v_m2_s2, up_I)),
        v_horizontal_m_s: (level.norm(), of(&P_v_m2_s2, along)),
    }
}

/// The constants of nature that states correspond to.
fn constants(errors: &[(f64, f64)]) -> Vec<(String, f64, f64)> {
    const AXES: [&str; 3] = ["x", "y", "z"];
    let deg_h = DEG * 3600.0;
    let ug = 1e6 / icd::constants::STANDARD_GRAVITY_M_S2;
    let mut out = Vec::new();
    let mut axes = |stem: &str, unit: &str, first: usize, factor: f64| {
        for (k, axis) in AXES.into_iter().enumerate() {
            let Some((value, sigma)) = errors.get(first + k) else { continue };
            let name = format!("nature.{stem}_{axis}_{unit}");
            out.push((name, value * factor, sigma * factor));
        }
    };
    axes("gyros.bias", "deg_h", GYRO_BIAS, deg_h);
    axes("gyros.scale", "ppm", GYRO_SCALE, 1e6);
    axes("accelerometers.bias", "ug", ACCELEROMETER_BIAS, ug);
    axes("accelerometers.scale", "ppm", ACCELEROMETER_SCALE, 1e6);
    axes("star_tracker.alignment", "deg", STAR_TRACKER_ALIGNMENT, DEG);
    const LEAN: [&str; 6] = ["xy", "xz", "yz", "yx", "zx", "zy"];
    let mut one = |name: String, place: usize, factor: f64| {
        if let Some((value, sigma)) = errors.get(place) {
            out.push((format!("nature.{name}"), value * factor, sigma * factor));
        }
    };
    for (k, axes) in LEAN.into_iter().enumerate() {
        one(format!("gyros.misalignment_{axes}_deg"), GYRO_LEAN + k, DEG);
    }
    for (k, axes) in ["xz", "yz"].into_iter().enumerate() {
        one(format!("accelerometers.misalignment_{axes}_deg"), ACCELEROMETER_LEAN + k, DEG);
    }
    for beam in 0..3 {
        one(format!("velocimeter.bias_{beam}_m_s"), VELOCIMETER_BIAS + beam, 1.0);
        one(format!("velocimeter.scale_{beam}_ppm"), VELOCIMETER_SCALE + beam, 1e6);
    }
    out
}

impl Trajectory {
    /// The motion at `t`, straight between samples; `None` outside them.
    pub fn at(&self, t: Time) -> Option<Sample> {
        let after = self.samples.partition_point(|sample| sample.t < t);
        let b = self.samples.get(after)?;
        if b.t == t {
            return Some(*b);
        }
        let a = self.samples.get(after.checked_sub(1)?)?;
        let share = (t - a.t).s() / (b.t - a.t).s();
        let both =
            |x: (f64, f64), y: (f64, f64)| (x.0 + (y.0 - x.0) * share, x.1 + (y.1 - x.1) * share);
        let near = if share < 0.5 { a } else { b };
        let pose = self.pose(t);
        let straight = a.p_MB_I_m + (b.p_MB_I_m - a.p_MB_I_m) * share;
        Some(Sample {
            t,
            p_MB_I_m: pose.map_or(straight, |pose| pose.p_I),
            v_MB_I_m_s: a.v_MB_I_m_s + (b.v_MB_I_m_s - a.v_MB_I_m_s) * share,
            altitude_m: both(a.altitude_m, b.altitude_m),
            v_up_m_s: both(a.v_up_m_s, b.v_up_m_s),
            v_horizontal_m_s: both(a.v_horizontal_m_s, b.v_horizontal_m_s),
            ..*near
        })
    }

    /// Pose at `t`, from the nearest cycle; `None` beyond the last packet.
    pub fn pose(&self, t: Time) -> Option<Pose> {
        let nearest = readings::nearest(&self.poses, |pose| pose.t, t)?;
        Some(self.poses.get(nearest)?.advanced(t))
    }
}
