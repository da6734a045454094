//! The reference: one motion through the inertial increments, and how errors move along it.
//!
//! Owns: [`Pose`], [`Reference`]. Does not own: the increments (`inertial`), which errors there are (`states`).
//! As published — strapdown with the rotation's half step, [Savage1998]; errors as in [Farrell2008] §11.3, in inertial axes:
//!     θ̇ = R δω    v̇ = G δp − (R f)×ᵀ θ + R δf    ṗ = δv
//! with δω and δf what the triads' errors leave: δω = −b − M ω, δf = −b − M f. As programmed: θ and δv are summed cycle by
//! cycle with the partials of every state, position by the trapezoid, gravity's gradient G held over an epoch.
//! Gravity is the mission's own field, renewed twice a second in low orbit, up to four times less often in slower flight.
//! Refuses: the Moon's rotation within the gradient, gravity's error (the mission's field is the best there is).

use super::inertial::Step;
use super::linear::Transition;
use super::states::*;
use icd::frames::{B, I, Position, Vector};
use icd::rotation::{Quaternion, skew};
use icd::time::{Span, Time};
use nalgebra::{Matrix3, Vector3};
use truth::environment::Environment;
use truth::vehicle::Imu;

/// Gravity's slow part is renewed so often at [`FAST_M_S`], s, and so many times slower at rest.
const REFRESH_S: f64 = 0.5;
const FAST_M_S: f64 = 1700.0;
const STRETCH_MAX: f64 = 4.0;

/// Place, velocity, attitude and rate at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// When.
    pub t: Time,
    /// Body origin, `I`, m.
    pub p_I: Vector3<f64>,
    /// Its velocity, `I`, m/s.
    pub v_I: Vector3<f64>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Body rate, rad/s.
    pub w_B: Vector3<f64>,
}

impl Pose {
    /// Carried on without acceleration; for a fraction of a second.
    pub fn advanced(&self, t: Time) -> Self {
        let dt_s = (t - self.t).s();
        let turn: Quaternion<B, B> = Quaternion::exp(self.w_B * dt_s);
        Self { t, p_I: self.p_I + self.v_I * dt_s, q_IB: self.q_IB * turn, ..*self }
    }

    /// With errors of position, velocity and attitude added.
    pub fn with(&self, e: &[f64]) -> Self {
        let three =
            |first: usize| Vector3::from_fn(|i, _| e.get(first + i).copied().unwrap_or(0.0));
        Self {
            p_I: self.p_I + three(POSITION),
            v_I: self.v_I + three(VELOCITY),
            q_IB: Quaternion::<I, I>::exp(three(ATTITUDE)) * self.q_IB,
            ..*self
        }
    }

    /// What must be added to `self` to have `other`: position, velocity, attitude.
    pub fn to(&self, other: &Self) -> [f64; MOTION] {
        let turn: Quaternion<I, I> = other.q_IB * self.q_IB.inverse();
        let parts = [other.p_I - self.p_I, other.v_I - self.v_I, turn.log()];
        let mut out = [0.0; MOTION];
        for (slot, value) in out.iter_mut().zip(parts.iter().flat_map(|part| part.iter())) {
            *slot = *value;
        }
        out
    }
}

/// Gravity beside the point mass, between two evaluations.
struct Slow<'a> {
    environment: &'a Environment,
    exposure_m2_kg: f64,
    from: (Time, Vector3<f64>),
    until: (Time, Vector3<f64>),
}

impl<'a> Slow<'a> {
    fn new(environment: &'a Environment, exposure_m2_kg: f64, pose: &Pose) -> Self {
        let mut slow = Self {
            environment,
            exposure_m2_kg,
            from: (pose.t, Vector3::zeros()),
            until: (pose.t, Vector3::zeros()),
        };
        slow.until.1 = slow.evaluate(pose.p_I, pose.t).unwrap_or_default();
        slow
    }

    fn evaluate(&self, p_I: Vector3<f64>, t: Time) -> Option<Vector3<f64>> {
        let p: Vector<Position, I> = Vector::from_si(p_I);
        self.environment.perturbation(p, t, self.exposure_m2_kg).map(|a| a.si())
    }

    /// m/s² at `t`, on the way that `pose` is on.
    fn at(&mut self, t: Time, pose: &Pose) -> Vector3<f64> {
        if t >= self.until.0 {
            let stretch = (FAST_M_S / pose.v_I.norm().max(1.0)).clamp(1.0, STRETCH_MAX);
            let ahead_s = REFRESH_S * stretch;
            let until = t + Span::from_s(ahead_s);
            let p = pose.p_I + pose.v_I * ahead_s;
            self.from = (t, self.until.1);
            // Where the ephemeris ends, the last value holds.
            self.until = (until, self.evaluate(p, until).unwrap_or(self.until.1));
        }
        let share = (t - self.from.0).s() / (self.until.0 - self.from.0).s().max(1e-3);
        self.from.1 * (1.0 - share) + self.until.1 * share
    }
}

/// Gravity's gradient of a point mass, 1/s².
fn gradient(gm_m3_s2: f64, p: Vector3<f64>) -> Matrix3<f64> {
    let r2 = p.norm_squared().max(1.0);
    let k = gm_m3_s2 / (r2 * r2.sqrt());
    (p * p.transpose() * (3.0 / r2) - Matrix3::identity()) * k
}

/// The reference motion: one pose a step, the start before them.
pub struct Reference {
    /// Place 0 is the start; place n ends step n − 1.
    pub poses: Vec<Pose>,
    /// The inertial unit's errors that were taken out.
    pub errors: Errors,
}

/// Rate and force of a step with the triads' believed errors taken out.
fn corrected(step: &Step, errors: &Errors) -> (Vector3<f64>, Vector3<f64>) {
    let three = |first: usize| Vector3::new(errors[first], errors[first + 1], errors[first + 2]);
    let dt_s = step.dt_s;
    let (w, f) = (step.dtheta_B_rad / dt_s, step.dv_B_m_s / dt_s);
    let lean = |n: usize| errors[GYRO_LEAN + n];
    let leaned = Vector3::new(
        lean(0) * w.y + lean(1) * w.z,
        lean(2) * w.z + lean(3) * w.x,
        lean(4) * w.x + lean(5) * w.y,
    );
    let rate = w - three(GYRO_BIAS) - w.component_mul(&three(GYRO_SCALE)) - leaned;
    let lean_z =
        Vector3::new(errors[ACCELEROMETER_LEAN], errors[ACCELEROMETER_LEAN + 1], 0.0) * f.z;
    let force =
        f - three(ACCELEROMETER_BIAS) - f.component_mul(&three(ACCELEROMETER_SCALE)) - lean_z;
    (rate, force)
}

impl Reference {
    /// Flies through `steps` from `start`, the inertial unit reading wrong by `errors`; while nothing pushes, the body origin
    /// turns about the centre of mass.
    pub fn fly(
        environment: &Environment,
        (imu, exposure_m2_kg): (&Imu, f64),
        steps: &[Step],
        start: &Pose,
        (errors, p_BC_B): (&Errors, Vector3<f64>),
    ) -> Self {
        let arm = Vector3::from(imu.p_BA_B);
        let gm_m3_s2 = environment.gravity.gm_m3_s2();
        let mut slow = Slow::new(environment, exposure_m2_kg, start);
        let mut pose = *start;
        let mut poses = Vec::with_capacity(steps.len() + 1);
        poses.push(pose);
        for step in steps {
            let dt_s = step.dt_s;
            let (w_B, force) = corrected(step, errors);
            let turn = w_B * dt_s;
            let swing = (w_B - pose.w_B).cross(&arm) + w_B.cross(&w_B.cross(&arm)) * dt_s;
            let free = -w_B.cross(&w_B.cross(&p_BC_B)) * dt_s;
            let dv = if step.coasting { free } else { force * dt_s - swing };
            let dv_I = pose.q_IB.rotation().si() * (dv + turn.cross(&dv) * 0.5);
            let middle = pose.p_I + pose.v_I * (0.5 * dt_s);
            let r2 = middle.norm_squared();
            let g = middle * (-gm_m3_s2 / (r2 * r2.sqrt())) + slow.at(step.t, &pose);
            let v_I = pose.v_I + dv_I + g * dt_s;
            pose = Pose {
                t: step.t,
                p_I: pose.p_I + (pose.v_I + v_I) * (0.5 * dt_s),
                v_I,
                q_IB: pose.q_IB * Quaternion::<B, B>::exp(turn),
                w_B,
            };
            poses.push(pose);
        }
        Self { poses, errors: *errors }
    }

    /// How errors move over the steps `from..until`, and what noise they gather: variances of velocity and of attitude,
    /// each axis, and the time, s.
    pub fn transition(
        &self,
        (imu, gm_m3_s2): (&Imu, f64),
        steps: &[Step],
        (from, until): (usize, usize),
    ) -> (Transition, Noise) {
        let mut sums = Sums::default();
        let mut noise = Noise::default();
        for n in from..until {
            let (Some(step), Some(pose)) = (steps.get(n), self.poses.get(n)) else { break };
            sums.add(step, pose, &self.errors);
            noise.dt_s += step.dt_s;
            noise.turn_rad2 += imu.arw_rad_sqrt_s * imu.arw_rad_sqrt_s * step.dt_s + step.turn_rad2;
            let walk = if step.coasting { 0.0 } else { imu.vrw_m_s_sqrt_s };
            noise.push_m2_s2 += walk * walk * step.dt_s + step.push_m2_s2;
        }
        let middle = self.poses.get((from + until) / 2).map_or(Vector3::zeros(), |pose| pose.p_I);
        (sums.transition(gradient(gm_m3_s2, middle), noise.dt_s, imu), noise)
    }
}

/// What a stretch adds to the variances, each axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Its length, s.
    pub dt_s: f64,
    /// Of velocity, m²/s².
    pub push_m2_s2: f64,
    /// Of attitude, rad².
    pub turn_rad2: f64,
}

/// Partials gathered over a stretch: of attitude, velocity, position with respect to all states.
struct Sums {
    attitude: [Errors; 3],
    velocity: [Errors; 3],
    position: [Errors; 3],
}

impl Default for Sums {
    fn default() -> Self {
        let mut attitude = [[0.0; N]; 3];
        for (axis, row) in attitude.iter_mut().enumerate() {
            row[ATTITUDE + axis] = 1.0;
        }
        Self { attitude, velocity: [[0.0; N]; 3], position: [[0.0; N]; 3] }
    }
}

/// Attitude's partials, and velocity's and position's by them, end before this state.
const TURNED: usize = ACCELEROMETER_LEAN + 2;

impl Sums {
    fn add(&mut self, step: &Step, pose: &Pose, errors: &Errors) {
        let dt_s = step.dt_s;
        let (w, force) = corrected(step, errors);
        let R = (pose.q_IB * Quaternion::<B, B>::exp(w * (0.5 * dt_s))).rotation().si();
        let half = 0.5 * dt_s;
        // Position by the trapezoid: half a step with the velocity before, half with the one after.
        self.drift(half);
        if !step.coasting {
            let pushed = skew(R * force * dt_s); // θ × a = −a × θ
            for i in 0..3 {
                for j in ATTITUDE..TURNED {
                    let turned = (0..3).map(|k| pushed[(i, k)] * self.attitude[k][j]).sum::<f64>();
                    self.velocity[i][j] -= turned;
                }
                for k in 0..3 {
                    self.velocity[i][ACCELEROMETER_BIAS + k] -= R[(i, k)] * dt_s;
                    self.velocity[i][ACCELEROMETER_WANDER + k] -= R[(i, k)] * dt_s;
                    self.velocity[i][ACCELEROMETER_SCALE + k] -= R[(i, k)] * force[k] * dt_s;
                }
                for k in 0..2 {
                    self.velocity[i][ACCELEROMETER_LEAN + k] -= R[(i, k)] * force.z * dt_s;
                }
            }
        }
        self.drift(half);
        // Lean n: the gyro's axis, the rate that it reads.
        const LEAN: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 2), (1, 0), (2, 0), (2, 1)];
        for i in 0..3 {
            let row = &mut self.attitude[i];
            for k in 0..3 {
                row[GYRO_BIAS + k] -= R[(i, k)] * dt_s;
                row[GYRO_WANDER + k] -= R[(i, k)] * dt_s;
                row[GYRO_SCALE + k] -= R[(i, k)] * w[k] * dt_s;
            }
            for (n, (axis, rate)) in LEAN.into_iter().enumerate() {
                row[GYRO_LEAN + n] -= R[(i, axis)] * w[rate] * dt_s;
            }
        }
    }

    fn drift(&mut self, dt_s: f64) {
        for (position, velocity) in self.position.iter_mut().zip(&self.velocity) {
            for j in ATTITUDE..TURNED {
                position[j] += velocity[j] * dt_s;
            }
        }
    }

    fn transition(&self, G: Matrix3<f64>, dt_s: f64, imu: &Imu) -> Transition {
        let mut out = Transition::identity();
        for i in 0..3 {
            out.motion[POSITION + i] = self.position[i];
            out.motion[VELOCITY + i] = self.velocity[i];
            out.motion[ATTITUDE + i] = self.attitude[i];
        }
        for i in 0..3 {
            for k in 0..3 {
                let (one, g) = (if i == k { 1.0 } else { 0.0 }, G[(i, k)]);
                let around = one + 0.5 * g * dt_s * dt_s;
                out.motion[POSITION + i][POSITION + k] = around;
                out.motion[POSITION + i][VELOCITY + k] = one * dt_s + g * dt_s * dt_s * dt_s / 6.0;
                out.motion[VELOCITY + i][POSITION + k] = g * dt_s;
                out.motion[VELOCITY + i][VELOCITY + k] = around;
            }
        }
        let kept = |tau_s: f64| libm::exp(-dt_s / tau_s);
        for k in 0..3 {
            out.keep[GYRO_WANDER - MOTION + k] = kept(imu.gyro_drift_tau_s);
            out.keep[ACCELEROMETER_WANDER - MOTION + k] = kept(imu.accelerometer_drift_tau_s);
        }
        out
    }
}
