//! The navigated state and its strapdown propagation.
//!
//! Owns: [`Nav`], the two-sample strapdown step, the sense-or-coast rule for the accelerometers.
//! As published — [Savage1998] part 2, velocity with the rotation half-step; position by the trapezoid.
//! As programmed: increments at 50 Hz, gravity's perturbation refreshed once a second at the middle of
//! that second, gravity's point mass every cycle.
//! Rule: while every valve is shut the accelerometers sense nothing but their own errors; their
//! increments are then used to calibrate them and are not integrated.

use crate::load::{Load, NavStart};
use crate::nav::aid::star_tracker;
use crate::nav::covariance::{
    ACCELEROMETER, ALIGNMENT, Covariance, GYRO, P, Row, SCALE, TERRAIN, THETA, TIE, Transition, V,
};
use crate::nav::gravity;
use crate::nav::history::History;
use crate::nav::site::Site;
use icd::bus::Imu;
use icd::frames::{Acceleration, B, I, L, M, Position, Rate, Vector, Velocity};
use icd::rotation::{Quaternion, Rotation};
use icd::time::{Span, Time};
use nalgebra::{Matrix3, Vector3};

/// Refresh of the gravity perturbation.
const GRAVITY_REFRESH: Span = Span::from_ms(1000);
/// The tracker's frame turns slowly against the gyros' while the body turns, by its misalignment times
/// the orbital rate, 6e-7 rad/s; random walk that lets the filter follow, rad/√s.
const TRACKER_DRIFT_RAD_SQRT_S: f64 = 2e-6;
/// White acceleration that stands for gravity beyond the on-board degree, m²/s³ at the surface: anomalies
/// of 4 mGal that last 200 s at descent speeds, assumed; and its fall with height, m, that of degree 50.
const GRAVITY_NOISE_M2_S3: f64 = 3e-7;
const GRAVITY_NOISE_HEIGHT_M: f64 = 17_000.0;

/// A gap in time longer than this is not integrated over, s.
const LONGEST_STEP_S: f64 = 1.0;
/// Pose and velocity at one time.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// Time.
    pub t: Time,
    /// Position from the Moon's centre, `I`, m.
    pub p_I: Vector3<f64>,
    /// Velocity, `I`, m/s.
    pub v_I: Vector3<f64>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Body rate, rad/s.
    pub w_B: Vector3<f64>,
}

impl Pose {
    /// Carried on to `t` without acceleration; meant for a pulse frame at the most.
    pub fn advanced(&self, t: Time) -> Self {
        let dt_s = (t - self.t).s();
        Self {
            t,
            p_I: self.p_I + self.v_I * dt_s,
            q_IB: self.q_IB * Quaternion::<B, B>::exp(self.w_B * dt_s),
            ..*self
        }
    }
}

/// The navigated state.
#[derive(Clone, Debug)]
pub struct Nav {
    /// Time of the state.
    pub t: Time,
    /// Position of the body origin.
    pub p_MB_I: Vector<Position, I>,
    /// Velocity of the body origin.
    pub v_MB_I: Vector<Velocity, I>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Body rate.
    pub w_IB_B: Vector<Rate, B>,
    /// Thrust acceleration of the last cycle, bias removed.
    pub f_B: Vector<Acceleration, B>,
    /// Gyro bias, rad/s.
    pub gyro_bias: Vector3<f64>,
    /// Accelerometer bias, m/s².
    pub accelerometer_bias: Vector3<f64>,
    /// Ground stands this much above the map, m.
    pub terrain_bias_m: f64,
    /// The map and its landmarks lie this far from where the ground is, `M`, m.
    pub tie_M: Vector3<f64>,
    /// Accelerometer scale factor error: reads this share too much.
    pub scale: f64,
    /// Error covariance.
    pub covariance: Covariance,
    /// Past poses.
    pub history: History,
    /// Orientation of the Moon now.
    pub R_IM: Rotation<I, M>,
    /// A star tracker has set the attitude.
    pub aligned: bool,
    /// Attitude is the inertial unit's from here on; the star tracker is done.
    pub folded: bool,
    perturbation_I: Vector3<f64>,
    t_perturbation: Option<Time>,
    dv_I: Vector3<f64>,
    /// Mean thrust acceleration over the last pulse frame, m/s².
    pub frame_m_s2: f64,
}

/// Three axes along radius, along track and across it.
fn orbital_axes(p: Vector3<f64>, v: Vector3<f64>) -> Matrix3<f64> {
    let radial = p / libm::sqrt(p.norm_squared()).max(1.0);
    let across = p.cross(&v);
    let across = across / libm::sqrt(across.norm_squared()).max(1e-9);
    Matrix3::from_columns(&[radial, across.cross(&radial), across])
}

impl Nav {
    /// From the last orbit determination; attitude waits for the star tracker.
    pub fn new(load: &Load, start: &NavStart) -> Self {
        let mut covariance = Covariance::zero();
        let axes = orbital_axes(start.p_MB_I.si(), start.v_MB_I.si());
        let spread = |sigma: [f64; 3]| {
            let squares = Vector3::from(sigma).map(|s| s * s);
            axes * Matrix3::from_diagonal(&squares) * axes.transpose()
        };
        covariance.set_block(P, P, &spread(start.sigma_p_m));
        covariance.set_block(V, V, &spread(start.sigma_v_m_s));
        // The orbit's energy is known far better than radius or speed: see `NavStart`.
        let tie = -start.v_MB_I.norm() / start.p_MB_I.norm().max(1.0);
        let radius2 = start.sigma_p_m[0] * start.sigma_p_m[0];
        let (radial, along) = (axes.column(0), axes.column(1));
        covariance.set_block(P, V, &(radial * along.transpose() * (tie * radius2)));
        let speed = covariance.block(V, V) + along * along.transpose() * (tie * tie * radius2);
        covariance.set_block(V, V, &speed);
        let inertial = load.vehicle.inertial;
        for i in 0..3 {
            covariance.set(GYRO + i, GYRO + i, inertial.gyro_bias_rad_s * inertial.gyro_bias_rad_s);
            let bias = inertial.accelerometer_bias_m_s2;
            covariance.set(ACCELEROMETER + i, ACCELEROMETER + i, bias * bias);
            let align = inertial.alignment_rad;
            covariance.set(ALIGNMENT + i, ALIGNMENT + i, align * align);
        }
        let scale = inertial.accelerometer_scale;
        covariance.set(SCALE, SCALE, scale * scale);
        if load.faults.use_map {
            covariance.set(TERRAIN, TERRAIN, load.map.sigma_m * load.map.sigma_m);
            // Horizontal at the target: heights have an error of their own.
            let up = load.target.p_MT_M.si() / load.target.p_MT_M.norm().max(1.0);
            let level = Matrix3::identity() - up * up.transpose();
            let tie_m = load.landmarks.tie_m;
            covariance.set_block(TIE, TIE, &(level * (tie_m * tie_m)));
        }
        Self {
            t: start.t,
            p_MB_I: start.p_MB_I,
            v_MB_I: start.v_MB_I,
            q_IB: Quaternion::identity(),
            w_IB_B: Vector::zero(),
            f_B: Vector::zero(),
            gyro_bias: Vector3::zeros(),
            accelerometer_bias: Vector3::zeros(),
            terrain_bias_m: 0.0,
            tie_M: Vector3::zeros(),
            scale: 0.0,
            covariance,
            history: History::new(),
            R_IM: load.orientation.R_IM(start.t),
            aligned: false,
            folded: false,
            perturbation_I: Vector3::zeros(),
            t_perturbation: None,
            dv_I: Vector3::zeros(),
            frame_m_s2: 0.0,
        }
    }

    /// Gravity now: point mass plus the perturbation last refreshed.
    pub fn gravity_I(&self, load: &Load) -> Vector3<f64> {
        gravity::point_mass(load.gravity.gm_m3_s2, self.p_MB_I.si()) + self.perturbation_I
    }

    /// One inertial sample, moved from the unit to the body origin: carries position, velocity and attitude to `t`.
    ///
    /// - `thrusting`: some valve was open in the sample's cycle or shortly before.
    pub fn propagate(&mut self, load: &Load, imu: &Imu, t: Time, thrusting: bool) {
        let dt_s = (t - self.t).s();
        if dt_s <= 0.0 || dt_s > LONGEST_STEP_S {
            self.t = t;
            self.R_IM = load.orientation.R_IM(t);
            return;
        }
        let turn = Vector3::from(imu.dtheta_B_rad) - self.gyro_bias * dt_s;
        let w_B = turn / dt_s;
        let arm = Vector3::from(load.vehicle.inertial.p_BA_B);
        let swing = (w_B - self.w_IB_B.si()).cross(&arm) + w_B.cross(&w_B.cross(&arm)) * dt_s;
        let sensed = Vector3::from(imu.dv_B_m_s) * (1.0 - self.scale);
        let force = sensed - self.accelerometer_bias * dt_s - swing;
        let dv_B = if thrusting { force + turn.cross(&force) * 0.5 } else { Vector3::zeros() };
        let due = self.t_perturbation.is_none_or(|last| t - last >= GRAVITY_REFRESH);
        if due {
            let ahead = GRAVITY_REFRESH.s() * 0.5;
            let p = self.p_MB_I + Vector::from_si(self.v_MB_I.si() * ahead);
            let R_IM = load.orientation.R_IM(t + Span::from_s(ahead));
            self.perturbation_I = gravity::perturbation(&load.gravity, R_IM, p).si();
            self.t_perturbation = Some(t);
        }
        let dv_I = self.q_IB.rotation().si() * dv_B;
        let v0 = self.v_MB_I.si();
        let middle = self.p_MB_I.si() + v0 * (0.5 * dt_s);
        let g = gravity::point_mass(load.gravity.gm_m3_s2, middle) + self.perturbation_I;
        let v1 = v0 + dv_I + g * dt_s;
        self.p_MB_I += Vector::from_si((v0 + v1) * (0.5 * dt_s));
        self.v_MB_I = Vector::from_si(v1);
        if self.aligned {
            self.q_IB = self.q_IB * Quaternion::<B, B>::exp(turn);
        }
        self.w_IB_B = Vector::from_si(w_B);
        self.f_B = Vector::from_si(dv_B / dt_s);
        self.dv_I += dv_I;
        self.t = t;
        self.R_IM = load.orientation.R_IM(t);
        self.history.push(self.pose());
    }

    /// Carries the covariance over the pulse frame that ends now.
    pub fn propagate_covariance(&mut self, load: &Load, dt_s: f64) {
        let inertial = load.vehicle.inertial;
        let thrusting = self.dv_I.norm_squared() > 0.0;
        let vrw = if thrusting { inertial.vrw_m_s_sqrt_s } else { 0.0 };
        let arw = inertial.arw_rad_sqrt_s;
        let drift = if self.folded { 0.0 } else { TRACKER_DRIFT_RAD_SQRT_S };
        let height_m = self.p_MB_I.norm() - icd::constants::MOON_RADIUS_M;
        let gravity_noise =
            GRAVITY_NOISE_M2_S3 * libm::exp(-height_m.max(0.0) / GRAVITY_NOISE_HEIGHT_M);
        let transition = Transition {
            dt_s,
            dv_I: self.dv_I,
            R_IB: self.q_IB.rotation().si(),
            sensing: thrusting,
            gradient: gravity::gradient(load.gravity.gm_m3_s2, self.p_MB_I.si()),
            q: [
                (vrw * vrw + gravity_noise) * dt_s,
                (arw * arw + drift * drift) * dt_s,
                1e-18 * dt_s,
                1e-14 * dt_s,
            ],
        };
        self.covariance.propagate(&transition);
        self.frame_m_s2 = libm::sqrt(self.dv_I.norm_squared()) / dt_s.max(1e-3);
        self.dv_I = Vector3::zeros();
    }

    /// The beam has moved on by `travel_m` of ground: what the terrain bias knew fades.
    pub fn forget_terrain(&mut self, load: &Load, travel_m: f64) {
        let decay = libm::exp(-travel_m.abs() / load.map.correlation_m.max(1.0));
        let variance = load.map.sigma_m * load.map.sigma_m;
        self.terrain_bias_m *= decay;
        self.covariance.forget_terrain(decay, variance * (1.0 - decay * decay));
    }

    /// The present pose.
    pub fn pose(&self) -> Pose {
        Pose {
            t: self.t,
            p_I: self.p_MB_I.si(),
            v_I: self.v_MB_I.si(),
            q_IB: self.q_IB,
            w_B: self.w_IB_B.si(),
        }
    }

    /// Applies a correction of the error state (true minus estimate).
    pub fn correct(&mut self, dx: &Row) {
        let at = |first: usize| {
            let take = |i: usize| dx.get(first + i).copied().unwrap_or(0.0);
            Vector3::new(take(0), take(1), take(2))
        };
        let (dp, dv) = (at(P), at(V));
        self.p_MB_I += Vector::from_si(dp);
        self.v_MB_I += Vector::from_si(dv);
        self.q_IB = Quaternion::<I, I>::exp(at(THETA)) * self.q_IB;
        self.gyro_bias += at(GYRO);
        self.accelerometer_bias += at(ACCELEROMETER);
        self.terrain_bias_m += dx.get(TERRAIN).copied().unwrap_or(0.0);
        self.tie_M += at(TIE);
        self.scale += dx.get(SCALE).copied().unwrap_or(0.0);
        self.history.correct(self.t, dp, dv, at(THETA));
    }

    /// Sets the attitude from the star tracker; the tracker's alignment stays a consider state [Schmidt1966].
    pub fn align(&mut self, load: &Load, q_IB: Quaternion<I, B>) {
        self.q_IB = q_IB;
        self.aligned = true;
        let R = q_IB.rotation().si();
        let noise = star_tracker::noise(&load.vehicle.inertial);
        self.covariance.set_block(THETA, THETA, &(R * noise * R.transpose()));
    }

    /// The last stars before a long burn: the alignment error becomes attitude error.
    pub fn fold_alignment(&mut self) {
        self.folded = true;
        self.covariance.fold_alignment(&self.q_IB.rotation().si());
    }

    /// Position in the site frame.
    pub fn p_LB_L(&self, site: &Site) -> Vector<Position, L> {
        site.R_ML.inverse() * (self.R_IM.inverse() * self.p_MB_I - self.target_M(site))
    }

    /// The target: where the map has it, less the map's own displacement as far as it is known.
    pub fn target_M(&self, site: &Site) -> Vector<Position, M> {
        site.p_MT_M - Vector::from_si(self.tie_M)
    }

    /// Covariance of the position from the target, `I`: the map's displacement carries the target along.
    pub fn from_target(&self) -> Matrix3<f64> {
        let R_IM = self.R_IM.si();
        let across = self.covariance.block(P, TIE) * R_IM.transpose();
        let tie = R_IM * self.covariance.block(TIE, TIE) * R_IM.transpose();
        self.covariance.block(P, P) + across + across.transpose() + tie
    }

    /// Velocity over ground in `I`.
    pub fn v_ground_I(&self, load: &Load) -> Vector<Velocity, I> {
        self.v_MB_I - load.orientation.w_IM_I.cross(self.p_MB_I)
    }

    /// Velocity over ground in the site frame.
    pub fn v_LB_L(&self, load: &Load, site: &Site) -> Vector<Velocity, L> {
        site.R_ML.inverse() * (self.R_IM.inverse() * self.v_ground_I(load))
    }

    /// Attitude to the site.
    pub fn R_LB(&self, site: &Site) -> Rotation<L, B> {
        site.R_ML.inverse() * (self.R_IM.inverse() * self.q_IB.rotation())
    }
}
