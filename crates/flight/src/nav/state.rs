//! The navigated state and its strapdown propagation.
//!
//! Owns: [`Nav`], the two-sample strapdown step, the sense-or-coast rule for the accelerometers.
//! As published — [Savage1998] part 2, velocity with the rotation half-step; position by the trapezoid.
//! As programmed: increments at 50 Hz, gravity's perturbation refreshed once a second at the middle of
//! that second, gravity's point mass every cycle.
//! Biases of the inertial unit are first-order Gauss–Markov processes in time, gravity beyond the on-board
//! degree is one in place ([`gravity::unknown`]); both are renewed once a second. What is
//! considered is believed as loaded. Partials of a past measurement are carried to now here.
//! Rule: while every valve is shut the accelerometers sense nothing but their own errors; their
//! increments are then used to calibrate them and are not integrated.

use crate::load::{Inertial, Load, NavStart};
use crate::nav::aid::star_tracker;
use crate::nav::covariance::{
    ACCELEROMETER, ALIGNMENT, BEAM, BEAM_SCALE, Covariance, EMPTY, GRAVITY, GYRO, GYRO_SCALE,
    LEVER, MISALIGNMENT, P, Row, SCALE, TERRAIN, THETA, TIE, Transition, V,
};
use crate::nav::gravity;
use crate::nav::history::History;
use crate::nav::map::Relief;
use crate::nav::site::Site;
use icd::bus::Imu;
use icd::frames::{Acceleration, B, I, L, M, Position, Rate, Vector, Velocity};
use icd::rotation::{Quaternion, Rotation};
use icd::time::{Span, Time};
use nalgebra::{Matrix3, Vector3};

/// Way over which the gravity perturbation is held, m: a second in low orbit; and the longest time, s. The
/// shortest wave of the on-board field is 200 km long.
const GRAVITY_REFRESH_M: f64 = 1700.0;
const GRAVITY_REFRESH_S: f64 = 5.0;
/// The tracker's frame turns slowly against the gyros' while the body turns, by its misalignment times
/// the orbital rate, 6e-7 rad/s; random walk that lets the filter follow, rad/√s.
const TRACKER_DRIFT_RAD_SQRT_S: f64 = 2e-6;
/// Biases of the inertial unit and unknown gravity are renewed this often.
const DRIFT_REFRESH: Span = Span::from_ms(1000);

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
    /// Specific force integrated since the start, `I`, m/s.
    pub dv_I: Vector3<f64>,
}

/// What the filter considers and never corrects, as believed: zero, since the load's geometry holds the
/// best values. Prediction and propagation read it, so that every partial can be checked by differences.
#[derive(Clone, Copy, Debug, Default)]
pub struct Considered {
    /// Star tracker alignment, rad.
    pub alignment: Vector3<f64>,
    /// Accelerometer scale factor error: reads this share too much.
    pub scale: f64,
    /// Lean of the sensed force about body x, y and z, rad; z is not considered.
    pub misalignment: Vector3<f64>,
    /// Gyro scale factor errors.
    pub gyro_scale: Vector3<f64>,
    /// Sensors stand this much further from the inertial unit, `B`, m.
    pub lever: Vector3<f64>,
    /// Velocimeter scale factor error.
    pub beam_scale: f64,
    /// Velocimeter biases, one a beam, m/s.
    pub beam: Vector3<f64>,
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
    /// Ground stands this much above the map, m, at the place last measured: see [`Nav::move_terrain`].
    pub terrain_bias_m: f64,
    /// Error of the ground believed below: the map's where it is mapped.
    pub ground_error: Relief,
    /// The map lies this much away from where the ground is, `M`, m.
    pub tie_M: Vector3<f64>,
    /// Gravity that the on-board field has not, `I`, m/s².
    pub anomaly_I: Vector3<f64>,
    /// Considered states.
    pub considered: Considered,
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
    pub(super) terrain_M: Option<Vector3<f64>>,
    t_drift: Time,
    dv_I: Vector3<f64>,
    turn_I: Matrix3<f64>,
    gradient: Matrix3<f64>,
    total_dv_I: Vector3<f64>,
    /// Mean thrust acceleration over the last pulse frame, m/s².
    pub frame_m_s2: f64,
}

/// Three axes along radius, along track and across it.
fn orbital_axes(p: Vector3<f64>, v: Vector3<f64>) -> [Vector3<f64>; 3] {
    let radial = p / libm::sqrt(p.norm_squared()).max(1.0);
    let across = p.cross(&v);
    let across = across / libm::sqrt(across.norm_squared()).max(1e-9);
    [radial, across.cross(&radial), across]
}

/// A row with one vector in it, or two.
fn row(first: usize, a: Vector3<f64>, second: usize, b: Vector3<f64>) -> Row {
    let mut row = EMPTY;
    for i in 0..3 {
        for (start, v) in [(first, a), (second, b)] {
            if let Some(slot) = row.get_mut(start + i) {
                *slot += v[i];
            }
        }
    }
    row
}

/// Covariance at the start: a sum of what orbit determination, calibration and the map leave open.
fn uncertainty(load: &Load, start: &NavStart) -> Covariance {
    let mut covariance = Covariance::zero();
    let zero = Vector3::zeros();
    let (inertial, velocimeter) = (load.vehicle.inertial, load.vehicle.velocimeter);
    // The orbit's energy is known far better than radius or speed: see `NavStart`.
    let tie = -start.v_MB_I.norm() / start.p_MB_I.norm().max(1.0);
    let axes = orbital_axes(start.p_MB_I.si(), start.v_MB_I.si());
    let [_, along, _] = axes;
    let tied = [along * tie, zero, zero];
    for (axis, (sigma, tied)) in axes.into_iter().zip(start.sigma_p_m.into_iter().zip(tied)) {
        covariance.add(&row(P, axis, V, tied), sigma * sigma);
    }
    for (axis, sigma) in axes.into_iter().zip(start.sigma_v_m_s) {
        covariance.add(&row(V, axis, P, zero), sigma * sigma);
    }
    let map = if load.faults.use_map { 1.0 } else { 0.0 };
    let single = [
        (TERRAIN, load.map.sigma_m * map),
        (SCALE, inertial.accelerometer_scale),
        (MISALIGNMENT, inertial.accelerometer_misalignment_rad),
        (MISALIGNMENT + 1, inertial.accelerometer_misalignment_rad),
        (BEAM_SCALE, velocimeter.scale),
    ];
    let triple = [
        (GYRO, inertial.gyro_bias_rad_s),
        (ACCELEROMETER, inertial.accelerometer_bias_m_s2),
        (ALIGNMENT, inertial.alignment_rad),
        (GYRO_SCALE, inertial.gyro_scale),
        (LEVER, inertial.lever_m),
        (BEAM, velocimeter.bias_m_s),
    ];
    // Horizontal at the target: heights have an error of their own.
    let up = load.target.p_MT_M.si() / load.target.p_MT_M.norm().max(1.0);
    let other = if up.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    let level = up.cross(&other);
    let level = level / libm::sqrt(level.norm_squared()).max(1e-9);
    let tie_m = load.landmarks.tie_m * map;
    for axis in [level, up.cross(&level)] {
        covariance.add(&row(TIE, axis, P, zero), tie_m * tie_m);
    }
    let (radius_m, [radial, _, _]) = (start.p_MB_I.norm(), axes);
    let [up2, level2] = gravity::unknown(&load.gravity, radius_m);
    for i in 0..3 {
        covariance.renew(GRAVITY + i, 0.0, level2);
    }
    covariance.add(&row(GRAVITY, radial, P, zero), up2 - level2);
    for (state, sigma) in single {
        covariance.renew(state, 0.0, sigma * sigma);
    }
    for (first, sigma) in triple {
        for i in 0..3 {
            covariance.renew(first + i, 0.0, sigma * sigma);
        }
    }
    covariance
}

impl Nav {
    /// From the last orbit determination; attitude waits for the star tracker.
    pub fn new(load: &Load, start: &NavStart) -> Self {
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
            ground_error: Relief::of(&load.map),
            tie_M: Vector3::zeros(),
            anomaly_I: Vector3::zeros(),
            considered: Considered::default(),
            covariance: uncertainty(load, start),
            history: History::new(),
            R_IM: load.orientation.R_IM(start.t),
            aligned: false,
            folded: false,
            perturbation_I: Vector3::zeros(),
            t_perturbation: None,
            terrain_M: None,
            t_drift: start.t,
            dv_I: Vector3::zeros(),
            turn_I: Matrix3::zeros(),
            gradient: Matrix3::zeros(),
            total_dv_I: Vector3::zeros(),
            frame_m_s2: 0.0,
        }
    }

    /// Gravity now: point mass, the perturbation last refreshed, and what is believed beyond the field.
    pub fn gravity_I(&self, load: &Load) -> Vector3<f64> {
        let beside = self.perturbation_I + self.anomaly_I;
        gravity::point_mass(load.gravity.gm_m3_s2, self.p_MB_I.si()) + beside
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
        let considered = self.considered;
        let raw = Vector3::from(imu.dtheta_B_rad);
        let turn = raw - raw.component_mul(&considered.gyro_scale) - self.gyro_bias * dt_s;
        let w_B = turn / dt_s;
        let arm = Vector3::from(load.vehicle.inertial.p_BA_B);
        let swing = (w_B - self.w_IB_B.si()).cross(&arm) + w_B.cross(&w_B.cross(&arm)) * dt_s;
        let read = Vector3::from(imu.dv_B_m_s);
        let lean = considered.alignment + considered.misalignment;
        let sensed = read * (1.0 - considered.scale) - lean.cross(&read);
        let force = sensed - self.accelerometer_bias * dt_s - swing;
        let dv_B = if thrusting { force + turn.cross(&force) * 0.5 } else { Vector3::zeros() };
        let due = self.t_perturbation.is_none_or(|until| t >= until);
        if due {
            let speed_m_s = self.v_MB_I.norm().max(1.0);
            let held_s = (GRAVITY_REFRESH_M / speed_m_s).min(GRAVITY_REFRESH_S);
            let ahead = held_s * 0.5;
            let p = self.p_MB_I + Vector::from_si(self.v_MB_I.si() * ahead);
            let R_IM = load.orientation.R_IM(t + Span::from_s(ahead));
            self.perturbation_I = gravity::perturbation(&load.gravity, R_IM, p).si();
            self.t_perturbation = Some(t + Span::from_s(held_s));
        }
        let R_IB = self.q_IB.rotation().si();
        let dv_I = R_IB * dv_B;
        let v0 = self.v_MB_I.si();
        let middle = self.p_MB_I.si() + v0 * (0.5 * dt_s);
        let beside = self.perturbation_I + self.anomaly_I;
        let g = gravity::point_mass(load.gravity.gm_m3_s2, middle) + beside;
        let v1 = v0 + dv_I + g * dt_s;
        self.p_MB_I += Vector::from_si((v0 + v1) * (0.5 * dt_s));
        self.v_MB_I = Vector::from_si(v1);
        // Before the first stars too: then it counts turns from an attitude that is not known.
        self.q_IB = self.q_IB * Quaternion::<B, B>::exp(turn);
        self.w_IB_B = Vector::from_si(w_B);
        self.f_B = Vector::from_si(dv_B / dt_s);
        self.dv_I += dv_I;
        for (mut column, (axis, angle)) in
            self.turn_I.column_iter_mut().zip(R_IB.column_iter().zip(turn.iter()))
        {
            column += axis * *angle;
        }
        self.total_dv_I += dv_I;
        self.t = t;
        self.R_IM = load.orientation.R_IM(t);
        self.history.push(self.pose());
    }

    /// Variance that `dt_s` adds to attitude on each axis, beside the gyros' noise: the tracker's frame turns
    /// against them, rad².
    pub fn tracker_drift(&self, dt_s: f64) -> f64 {
        let drift = if self.folded { 0.0 } else { TRACKER_DRIFT_RAD_SQRT_S };
        drift * drift * dt_s
    }

    /// What the frame of `dt_s` that ends now did to the errors.
    pub(crate) fn transition(&self, load: &Load, dt_s: f64) -> Transition {
        let inertial = load.vehicle.inertial;
        let thrusting = self.dv_I.norm_squared() > 0.0;
        let vrw = if thrusting { inertial.vrw_m_s_sqrt_s } else { 0.0 };
        let arw = inertial.arw_rad_sqrt_s;
        let drift = self.tracker_drift(dt_s);
        Transition {
            dt_s,
            dv_I: self.dv_I,
            R_IB: self.q_IB.rotation().si(),
            turn_I: self.turn_I,
            sensing: thrusting,
            gradient: gravity::gradient(load.gravity.gm_m3_s2, self.p_MB_I.si()),
            q: [vrw * vrw * dt_s, arw * arw * dt_s + drift],
        }
    }

    /// Carries the covariance over the pulse frame that ends now.
    pub fn propagate_covariance(&mut self, load: &Load, dt_s: f64) {
        let transition = self.transition(load, dt_s);
        self.gradient = transition.gradient;
        self.covariance.propagate(&transition);
        self.frame_m_s2 = libm::sqrt(self.dv_I.norm_squared()) / dt_s.max(1e-3);
        self.dv_I = Vector3::zeros();
        self.turn_I = Matrix3::zeros();
        let elapsed = self.t - self.t_drift;
        if elapsed >= DRIFT_REFRESH {
            self.t_drift = self.t;
            self.renew_gravity(load, elapsed.s());
            self.renew_biases(&load.vehicle.inertial, elapsed.s());
        }
    }

    /// Biases of the inertial unit after `dt_s`: each is a constant and a first-order Gauss–Markov process
    /// of deviation σ and correlation time τ, together one state of deviation Σ. As one such process of
    /// correlation time τ Σ²/σ² it keeps Σ for ever and grows after a calibration by 2σ²/τ a second.
    fn renew_biases(&mut self, inertial: &Inertial, dt_s: f64) {
        let keep = |bias: f64, (drift, tau_s): (f64, f64)| {
            let rate = drift * drift / (bias * bias * tau_s.max(1.0)).max(1e-30);
            let keep = libm::exp(-dt_s * rate);
            (keep, bias * bias * (1.0 - keep * keep))
        };
        let (gyro, gyro_q) = keep(inertial.gyro_bias_rad_s, inertial.gyro_drift);
        let (accelerometer, accelerometer_q) =
            keep(inertial.accelerometer_bias_m_s2, inertial.accelerometer_drift);
        self.gyro_bias *= gyro;
        self.accelerometer_bias *= accelerometer;
        for i in 0..3 {
            self.covariance.renew(GYRO + i, gyro, gyro_q);
            self.covariance.renew(ACCELEROMETER + i, accelerometer, accelerometer_q);
        }
    }

    /// The present pose.
    pub fn pose(&self) -> Pose {
        Pose {
            t: self.t,
            p_I: self.p_MB_I.si(),
            v_I: self.v_MB_I.si(),
            q_IB: self.q_IB,
            w_B: self.w_IB_B.si(),
            dv_I: self.total_dv_I,
        }
    }

    /// Carries partials with respect to the state at `pose` to the state now: `H Φ⁻¹`. Between them the
    /// force is taken as constant.
    pub fn carry(&self, pose: &Pose, h: &mut Row) {
        let dt_s = (self.t - pose.t).s();
        if dt_s <= 0.0 {
            return;
        }
        let dv_I = self.total_dv_I - pose.dv_I;
        let R_IB = self.q_IB.rotation().si();
        let turn_B = (pose.q_IB.inverse() * self.q_IB).log();
        Transition {
            dt_s,
            dv_I,
            R_IB,
            turn_I: R_IB * Matrix3::from_diagonal(&turn_B),
            sensing: dv_I.norm_squared() > 0.0,
            gradient: self.gradient,
            q: [0.0; 2],
        }
        .back(h);
    }

    /// Applies a correction of the error state (true minus estimate). The filter's corrections have
    /// zeros where states are considered.
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
        self.anomaly_I += at(GRAVITY);
        let considered = &mut self.considered;
        considered.alignment += at(ALIGNMENT);
        considered.scale += at(SCALE).x;
        considered.misalignment += Vector3::new(at(MISALIGNMENT).x, at(MISALIGNMENT).y, 0.0);
        considered.gyro_scale += at(GYRO_SCALE);
        considered.lever += at(LEVER);
        considered.beam_scale += at(BEAM_SCALE).x;
        considered.beam += at(BEAM);
        self.history.correct(self.t, dp, dv, at(THETA));
    }

    /// Sets the attitude from the star tracker; the tracker's alignment stays a consider state [Schmidt1966].
    pub fn align(&mut self, load: &Load, q_IB: Quaternion<I, B>) {
        self.q_IB = q_IB;
        self.aligned = true;
        let R = q_IB.rotation().si();
        for i in 0..3 {
            self.covariance.renew(THETA + i, 0.0, 0.0);
        }
        for (axis_B, sigma) in star_tracker::axes(&load.vehicle.inertial) {
            self.covariance.add(&row(THETA, R * axis_B, P, Vector3::zeros()), sigma * sigma);
        }
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

    /// Variance of the position from the target, m²: along `up_I`, and in all. The map's displacement carries
    /// the target along.
    pub fn from_target(&self, up_I: &Vector3<f64>) -> (f64, f64) {
        self.covariance.variance_of_sum((P, &Matrix3::identity()), (TIE, &self.R_IM.si()), up_I)
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
