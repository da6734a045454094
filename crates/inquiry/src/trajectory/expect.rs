//! What every sensor should read at a pose, and how that changes with each error.
//!
//! Owns: [`Expect`]. Does not own: what is done with it (`filter`), the devices' failures.
//! Derived, with R = R_IB, d a beam's direction and n the ground's normal where it meets it, all in `I`; θ turns R:
//!     range ρ along d from arm l:   ∂ρ/∂p = n/c,  ∂ρ/∂θ = ((R l + ρ d) × n)/c,  c = −n·d;  ground up by b: −b/c
//!     beam speed d·(v − w×(p + R l)) + ...:  ∂/∂v = d,  ∂/∂p = w × d,  ∂/∂θ = d × (v − w × p)
//!     star tracker, log(R̂⁻¹ R_read) along the body axis a:  ∂/∂θ = R a,  alignment: a
//!     pixel u of the landmark s away, with g = ∂u/∂s:  ∂u/∂p = −g,  ∂u/∂tie = −R_MIᵀ g,  ∂u/∂θ = g × (R l + s)
//! and of a sensor's own bias and scale 1 and the reading.
//! Refuses: whether there is a reading at all (`sensors`).

use super::ground::{Ground, Meeting};
use super::reference::Pose;
use super::states::*;
use crate::mission::Mission;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::Time;
use nalgebra::{Matrix3, Vector3};
use truth::sensors::link::{Health, Link, Surface, Target};
use truth::sensors::radar_altimeter;
use truth::vehicle::Vehicle;

/// Part of Lommel and Seeliger's law in the ground's brightness. As the mission's vehicle file believes it.
const LOMMEL_SEELIGER: f64 = 0.95;
/// Step of position for the radar altimeter's partials, m.
const RADAR_STEP_M: f64 = 10.0;
/// Nearest depth at which a landmark is expected, m.
const DEPTH_M_MIN: f64 = 1.0;

/// One scalar as expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar {
    /// Its value, the sensor's own errors and the ground's not counted.
    pub value: f64,
    /// ∂value/∂state.
    pub partial: Errors,
    /// Variance of its noise.
    pub variance: f64,
}

impl Scalar {
    fn new(value: f64, variance: f64) -> Self {
        Self { value, partial: [0.0; N], variance }
    }

    fn put(&mut self, first: usize, v: Vector3<f64>) {
        for (slot, value) in self.partial.iter_mut().skip(first).zip(v.iter()) {
            *slot += *value;
        }
    }
}

/// What the mission's models expect.
pub struct Expect<'a> {
    mission: &'a Mission,
    machine: Vehicle,
    /// The ground.
    pub ground: Ground<'a>,
    link: Link,
    R_ML: Matrix3<f64>,
}

impl<'a> Expect<'a> {
    /// The expectations of a mission over its ground at the finest.
    pub fn of(mission: &'a Mission) -> Self {
        Self::at_resolution(mission, super::ground::RESOLUTION_M)
    }

    /// The same over ground of a coarser resolution, m.
    pub fn at_resolution(mission: &'a Mission, resolution_m: f64) -> Self {
        let machine = mission.stand.scenario.machine();
        let link = Link::new(&machine.rangefinder);
        let R_ML = mission.stand.site.R_ML.si();
        Self { mission, machine, ground: Ground::of(mission, resolution_m), link, R_ML }
    }

    /// The vehicle as described, with the sensors that the mission carries.
    pub fn machine(&self) -> &Vehicle {
        &self.machine
    }

    /// From the Moon's axes to inertial ones; those of the load where the orientation is not known.
    pub fn R_IM(&self, t: Time) -> Matrix3<f64> {
        let moon = &self.mission.stand.environment.orientation;
        moon.R_IM(t).unwrap_or_else(|| self.mission.load.orientation.R_IM(t)).si()
    }

    /// Rate of the Moon, inertial axes, rad/s.
    pub fn w_IM_I(&self, t: Time) -> Vector3<f64> {
        let moon = &self.mission.stand.environment.orientation;
        moon.w_IM_I(t).unwrap_or(self.mission.load.orientation.w_IM_I).si()
    }

    /// Where the beam `d_B` from `p_BA_B` meets the ground.
    pub fn meet(
        &self,
        pose: &Pose,
        (p_BA_B, d_B): (&[f64; 3], &[f64; 3]),
        range_m_max: f64,
    ) -> Option<Meeting> {
        let (R_IB, R_IM) = (pose.q_IB.rotation().si(), self.R_IM(pose.t));
        let a_M = R_IM.tr_mul(&(pose.p_I + R_IB * Vector3::from(*p_BA_B)));
        let d_M = R_IM.tr_mul(&(R_IB * Vector3::from(*d_B)));
        self.ground.meet(a_M, d_M, range_m_max)
    }

    /// What the rangefinder's shot meets, for its link budget.
    pub fn target(&self, pose: &Pose, meeting: &Meeting) -> Target {
        let spec = &self.machine.rangefinder;
        let d_B = Vector3::from(spec.d_B);
        Target {
            range_m: meeting.range_m,
            cos_incidence: meeting.cosine,
            surface: Surface {
                normal_albedo: self.ground.normal_albedo(meeting.hit_M),
                lommel_seeliger: LOMMEL_SEELIGER,
            },
            closing_m_s: d_B.dot(&self.v_over_ground_B(pose, &spec.p_BA_B)),
            transmission: 1.0,
        }
    }

    /// The rangefinder's range, m, and where it meets the ground.
    pub fn range(&self, pose: &Pose, range_m_max: f64) -> Option<(Scalar, Meeting)> {
        let spec = &self.machine.rangefinder;
        let meeting = self.meet(pose, (&spec.p_BA_B, &spec.d_B), range_m_max)?;
        let echo = self.link.echo(&self.target(pose, &meeting), &Health::HEALTHY);
        // What fades out of reach is no noisier than at the end of its reach: the formula goes on.
        let sigma_m = echo.sigma_m.min(10.0 * spec.sigma_m);
        let quantum_m2 = spec.quantum_m * spec.quantum_m / 12.0;
        let mut scalar = Scalar::new(meeting.range_m, sigma_m * sigma_m + quantum_m2);
        let (R_IB, R_IM) = (pose.q_IB.rotation().si(), self.R_IM(pose.t));
        let (d_I, n_I) = (R_IB * Vector3::from(spec.d_B), R_IM * meeting.normal_M);
        let reach = R_IB * Vector3::from(spec.p_BA_B) + d_I * meeting.range_m;
        scalar.put(POSITION, n_I / meeting.cosine);
        scalar.put(ATTITUDE, reach.cross(&n_I) / meeting.cosine);
        let up = n_I.dot(&(R_IM * meeting.hit_M).normalize());
        scalar.partial[DATUM] = -up / meeting.cosine;
        scalar.partial[RELIEF] = -up * self.ground.relief_around_m(meeting.hit_M) / meeting.cosine;
        scalar.partial[RANGEFINDER_BIAS] = 1.0;
        scalar.partial[RANGEFINDER_SCALE] = meeting.range_m;
        Some((scalar, meeting))
    }

    /// The radar altimeter's range, m; `None` without one, or without ground in its cone.
    pub fn radar_range(&self, pose: &Pose) -> Option<Scalar> {
        let spec = self.machine.radar_altimeter.as_ref()?;
        let (R_IB, R_IM) = (pose.q_IB.rotation().si(), self.R_IM(pose.t));
        let a_M = R_IM.tr_mul(&(pose.p_I + R_IB * Vector3::from(spec.p_BA_B)));
        let d_M = R_IM.tr_mul(&(R_IB * Vector3::from(spec.d_B)));
        let up = a_M.normalize();
        let nearest = |shift: Vector3<f64>| {
            radar_altimeter::nearest_m(d_M, up, spec.half_angle_rad, |offset, resolution_m| {
                let p_M = a_M + shift + offset;
                let resolution_m = resolution_m.max(self.ground.resolution_m);
                self.ground.height_at_m(p_M, resolution_m)
            })
        };
        let range_m = nearest(Vector3::zeros())?;
        let sigma2 = spec.noise * range_m * (spec.noise * range_m) + spec.sigma_m * spec.sigma_m;
        let below_M = a_M - up * range_m;
        let relief_m = self.ground.relief_around_m(below_M);
        let mut scalar = Scalar::new(range_m, sigma2 + relief_m * relief_m);
        let slope = Vector3::from_fn(|i, _| {
            let step = Vector3::ith(i, RADAR_STEP_M);
            match (nearest(step), nearest(-step)) {
                (Some(more), Some(less)) => (more - less) / (2.0 * RADAR_STEP_M),
                _ => up[i],
            }
        });
        scalar.put(POSITION, R_IM * slope);
        scalar.partial[DATUM] = -slope.dot(&up);
        scalar.partial[RADAR_BIAS] = 1.0;
        scalar.partial[RADAR_SCALE] = range_m;
        Some(scalar)
    }

    /// Velocity of an aperture over ground, body axes, m/s.
    pub fn v_over_ground_B(&self, pose: &Pose, p_BA_B: &[f64; 3]) -> Vector3<f64> {
        let R_IB = pose.q_IB.rotation().si();
        let p_BA_B = Vector3::from(*p_BA_B);
        let w_I = self.w_IM_I(pose.t);
        R_IB.tr_mul(&(pose.v_I - w_I.cross(&(pose.p_I + R_IB * p_BA_B)))) + pose.w_B.cross(&p_BA_B)
    }

    /// Speed along each beam of the velocimeter, m/s, positive towards the ground; `None` without one.
    pub fn beam_speeds(&self, pose: &Pose) -> Option<[Scalar; 3]> {
        let spec = self.machine.velocimeter.as_ref()?;
        let v_B = self.v_over_ground_B(pose, &spec.p_BA_B);
        let (R_IB, w_I) = (pose.q_IB.rotation().si(), self.w_IM_I(pose.t));
        let over_I = pose.v_I - w_I.cross(&pose.p_I);
        let sigma2 = spec.sigma_m_s * spec.sigma_m_s;
        let beam = |k: usize| {
            let d_B = Vector3::from(spec.d_B[k]);
            let d_I = R_IB * d_B;
            let speed_m_s = d_B.dot(&v_B);
            let mut scalar = Scalar::new(speed_m_s, sigma2);
            scalar.put(VELOCITY, d_I);
            scalar.put(POSITION, w_I.cross(&d_I));
            scalar.put(ATTITUDE, d_I.cross(&over_I));
            scalar.partial[VELOCIMETER_BIAS + k] = 1.0;
            scalar.partial[VELOCIMETER_SCALE + k] = speed_m_s;
            scalar
        };
        Some([beam(0), beam(1), beam(2)])
    }

    /// The star tracker's axes in the body: two across the boresight, the boresight.
    pub fn star_axes(&self) -> [Vector3<f64>; 3] {
        let d = Vector3::from(self.machine.star_tracker.d_B);
        let other = if d.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
        let a = d.cross(&other).normalize();
        [a, d.cross(&a), d]
    }

    /// What the turn from the believed to the reported attitude should be along each axis: zero.
    pub fn stars(&self, pose: &Pose) -> [Scalar; 3] {
        let spec = &self.machine.star_tracker;
        let R_IB = pose.q_IB.rotation().si();
        let trail = pose.w_B.norm() / spec.rate_rad_s_smear;
        let smear2 = 1.0 + trail * trail;
        let quantum = self.machine.imu.dtheta_quantum_rad;
        let [cross, along] = [spec.sigma_cross_rad, spec.sigma_boresight_rad]
            .map(|sigma| sigma * sigma * smear2 + quantum * quantum);
        let axes = self.star_axes();
        [(0, cross), (1, cross), (2, along)].map(|(k, variance)| {
            let mut scalar = Scalar::new(0.0, variance);
            scalar.put(ATTITUDE, R_IB * axes[k]);
            scalar.put(STAR_TRACKER_ALIGNMENT, axes[k]);
            scalar
        })
    }

    /// The turn from the believed to the reported attitude along the axes of [`Self::star_axes`], rad.
    pub fn star_turn(&self, pose: &Pose, report: [f64; 4]) -> [f64; 3] {
        let report: Quaternion<I, B> = Quaternion::from_si(report);
        let turn: Quaternion<B, B> = pose.q_IB.inverse() * report;
        let turn = turn.log();
        self.star_axes().map(|axis| axis.dot(&turn))
    }

    /// Where landmark `id` of the uploaded catalogue should be seen for the `sight`-th time, pixel right and down; `None`
    /// for a number that it has not, and behind the camera.
    pub fn pixel(&self, pose: &Pose, id: u16, sight: u32) -> Option<[Scalar; 2]> {
        let spec = self.machine.camera.as_ref()?;
        let catalogue = &self.mission.load.landmarks;
        let id = usize::from(id);
        if id >= catalogue.count {
            return None;
        }
        let p_MK_M = Vector3::from(*catalogue.p_MK_M.get(id)?);
        let (R_IB, R_IM) = (pose.q_IB.rotation().si(), self.R_IM(pose.t));
        let arm = R_IB * Vector3::from(spec.p_BA_B);
        let s = R_IM * p_MK_M - pose.p_I - arm;
        let (d_B, right_B) = (Vector3::from(spec.d_B), Vector3::from(spec.right_B));
        let [right, down, d] = [right_B, d_B.cross(&right_B), d_B].map(|axis_B| R_IB * axis_B);
        let depth_m = d.dot(&s);
        if depth_m.is_nan() || depth_m < DEPTH_M_MIN {
            return None;
        }
        // One landmark's own place error is the same at every sight: all of them together tell no more than one.
        let n = f64::from(sight.max(1));
        let own_m2 = catalogue.sigma_m * catalogue.sigma_m * n * (n + 1.0);
        let axis = |k: usize, a: Vector3<f64>| {
            let over = a.dot(&s) / depth_m;
            let g = (a - d * over) * (spec.focal_px / depth_m);
            let variance = spec.sigma_px * spec.sigma_px + own_m2 * g.norm_squared();
            let mut scalar = Scalar::new(spec.focal_px * over, variance);
            scalar.put(POSITION, -g);
            scalar.put(ATTITUDE, g.cross(&(arm + s)));
            let tie = (R_IM * self.R_ML).tr_mul(&g);
            (scalar.partial[TIE], scalar.partial[TIE + 1]) = (-tie.x, -tie.y);
            scalar.partial[CAMERA_BIAS + k] = 1.0;
            scalar.partial[CAMERA_SCALE] = scalar.value;
            scalar
        };
        Some([axis(0, right), axis(1, down)])
    }
}
