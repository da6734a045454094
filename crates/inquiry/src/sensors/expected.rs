//! What a healthy device had to show, by the estimated trajectory and the mission's models.
//!
//! Owns: [`Look`] (the trajectory at any time), [`Target`]s of beams on the mission's map, whether a star tracker, a radar
//! altimeter or a velocimeter had anything to show. Does not own: the trajectory, the link budget (`truth::sensors::link`).
//! As programmed: positions between samples are cubic, attitudes turn as the gyros say. A beam is followed down to the ground as an
//! orbiter's map shows it, [`MAP_RESOLUTION_M`] fine; what lies beneath is noise.
//! Refuses: dust (near the ground nothing is expected), shadows of the lander's own legs.

use super::readings::{Turned, blind_s, turned};
use crate::evidence::Evidence;
use crate::mission::Mission;
use crate::trajectory::{Sample, Trajectory};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{Direction, M, Position, Vector};
use icd::time::Time;
use nalgebra::{UnitQuaternion, Vector3};
use truth::sensors::link::{Surface, Target};
use truth::sensors::velocimeter;
use truth::vehicle::Vehicle;

/// How far trajectory, ground and brightness may be off together for a whole flight, in standard deviations, and how
/// probable that is: normal with longer tails, near enough for [`BETWEEN`] to fill what lies between. Assumed.
pub(crate) const ASTRAY: [(f64, f64); 17] = [
    (0.0, 0.15),
    (0.4, 0.14),
    (-0.4, 0.14),
    (0.8, 0.11),
    (-0.8, 0.11),
    (1.2, 0.075),
    (-1.2, 0.075),
    (1.6, 0.043),
    (-1.6, 0.043),
    (2.0, 0.022),
    (-2.0, 0.022),
    (2.5, 0.015),
    (-2.5, 0.015),
    (3.2, 0.01),
    (-3.2, 0.01),
    (5.0, 0.01),
    (-5.0, 0.01),
];
const BETWEEN: f64 = 0.2;
/// Cosine to the vertical below which a ray is too low over the ground for its range to be told. Assumed.
const GRAZING: f64 = 0.35;
/// Standard deviation of a range along the trajectory beside its own, which may be too small where an error is not among
/// its states, and that of a reach for the ground's brightness, as shares;
/// that of a speed as a share of the largest. Assumed.
pub(crate) const ALONG: f64 = 0.03;
const BRIGHT: f64 = 0.05;
const UNSTEADY: f64 = 0.01;
/// Finest detail of the ground that the mission knew, m. Assumed: the posting of an orbiter's altimeter.
pub(crate) const MAP_RESOLUTION_M: f64 = 60.0;
/// Shares of the star tracker's limit of rate between which nobody can say whether it sees: a turn begins and ends in tenths of
/// a second.
const RATE_OFF: (f64, f64) = (0.6, 1.5);
/// Part of Lommel and Seeliger's law in the ground's brightness, as `truth::world` has it. Assumed there.
const LOMMEL_SEELIGER: f64 = 0.95;
/// Least cosine to straight down of a beam that is followed.
const COSINE_MIN: f64 = 0.08;
/// Steps down a beam at the most.
const STEPS: usize = 12;
/// Height that dust reaches under a thrust of 12 kN, m, as `truth::sensors::dust` has it; half as much again is left out.
const DUST_M: f64 = 30.0;
const DUST_THRUST_N: f64 = 12_000.0;
const DUST_MARGIN: f64 = 1.5;

/// The lander at one time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pose {
    p_MB_I: Vector3<f64>,
    v_MB_I: Vector3<f64>,
    q_IB: UnitQuaternion<f64>,
    w_IB_B: Vector3<f64>,
    /// Altitude over the ground, m, and its standard deviation.
    pub altitude_m: (f64, f64),
    /// Standard deviation of the attitude, rad.
    pub sigma_rad: f64,
    /// How much higher it is than the trajectory has it, m.
    pub higher_m: f64,
    /// How long the inertial unit has delivered nothing that counts, s.
    pub blind_s: f64,
    t: Time,
}

impl Pose {
    /// Speed, inertial, m/s: near enough over a ground that moves at metres a second.
    pub fn speed_m_s(&self) -> f64 {
        self.v_MB_I.norm()
    }

    /// Size of the body rate, rad/s.
    pub fn rate_rad_s(&self) -> f64 {
        self.w_IB_B.norm()
    }
}

/// What a beam meets on the map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    /// For the link budget.
    pub target: Target,
    /// Standard deviation of its range, m.
    pub sigma_m: f64,
    /// Speed of the aperture along the beam, m/s, positive towards the ground.
    pub speed_m_s: f64,
    /// Cosine of the angle between the beam and straight down.
    pub cos_vertical: f64,
}

/// Looks along the trajectory.
pub(crate) struct Look<'a> {
    mission: &'a Mission,
    machine: Vehicle,
    samples: &'a [Sample],
    evidence: &'a Evidence,
    turned: Vec<Turned>,
    anchors: Vec<Anchor>,
    blind_s: Vec<f64>,
}

/// How much higher the lander was than the trajectory has it, m.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Anchor {
    t: Time,
    higher_m: f64,
}

/// Ranges and the moment of contact must be further from the trajectory than this many standard deviations, by the median,
/// before they are believed against it.
const CONTRADICTS: f64 = 4.0;
/// Standard deviation of an altitude that is wrong, as a share of what is wrong, and where it is right, m. Assumed.
const SHARE: f64 = 0.3;
const NEAR_M: f64 = 60.0;
/// Acceleration that a unit does not feel that delivers nothing that counts, m/s². Assumed: half of the thrust.
const UNFELT_M_S2: f64 = 1.0;
/// Without the gyros for longer than this the attitude says nothing of the stars, s. Assumed.
const BLIND_S: f64 = 0.5;
/// Length of a stretch of ranges that makes one anchor, s.
const STRETCH_S: f64 = 5.0;

impl<'a> Look<'a> {
    /// Along a trajectory as far as something was received; `None` where there is none.
    pub fn along(
        mission: &'a Mission,
        evidence: &'a Evidence,
        trajectory: &'a Trajectory,
    ) -> Option<Self> {
        let measured = trajectory.after_loss.min(trajectory.samples.len());
        let samples = &trajectory.samples[..measured];
        let machine = mission.stand.scenario.machine();
        let (turned, blind_s) = (turned(evidence), blind_s(evidence));
        (samples.len() > 1).then_some(Self {
            mission,
            machine,
            samples,
            evidence,
            turned,
            anchors: Vec::new(),
            blind_s,
        })
    }

    /// Sets the trajectory's altitude right where the ranges and the moment of contact say with one voice that it is wrong:
    /// an error that is not among its states would otherwise make every healthy silence look like a failure.
    ///
    /// - `ranges`: times and values of readings that are no exact pattern. `contact`: when the ground was met.
    pub fn anchor(&mut self, ranges: &[(Time, f64)], contact: Option<Time>) {
        let spec = &self.machine.rangefinder;
        let mut found: Vec<(Anchor, f64)> = Vec::new();
        for (t, range_m) in ranges {
            let Some(pose) = self.pose(*t) else { continue };
            let met = self.met(&pose, &spec.p_BA_B, &spec.d_B, 4.0 * spec.range_m_max);
            let Some(met) = met else { continue };
            let cosine = met.target.cos_incidence;
            let higher_m = (range_m - met.target.range_m) * cosine;
            let sigma_m = met.sigma_m * cosine + NEAR_M + 0.03 * range_m * cosine;
            found.push((Anchor { t: *t, higher_m }, higher_m / sigma_m));
        }
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let mut anchors: Vec<Anchor> = Vec::new();
        let off = middle(found.iter().map(|(_, z)| *z).collect());
        if off.is_some_and(|z| z.abs() > CONTRADICTS) {
            let stretch =
                |anchor: &Anchor| libm::floor((anchor.t - self.samples[0].t).s() / STRETCH_S);
            for group in found.chunk_by(|a, b| stretch(&a.0) == stretch(&b.0)) {
                let higher_m = middle(group.iter().map(|(anchor, _)| anchor.higher_m).collect());
                let t = group[group.len() / 2].0.t;
                anchors.extend(higher_m.map(|higher_m| Anchor { t, higher_m }));
            }
        }
        let down = contact.and_then(|t| self.pose(t)).filter(|pose| {
            let (altitude_m, sigma_m) = pose.altitude_m;
            altitude_m.abs() > CONTRADICTS * (sigma_m + NEAR_M)
        });
        anchors.extend(down.map(|pose| Anchor { t: pose.t, higher_m: -pose.altitude_m.0 }));
        anchors.sort_by_key(|anchor| anchor.t);
        self.anchors = anchors;
    }

    /// How long the inertial unit has delivered nothing that counts before `t`, and for how long that has been so, s.
    fn blind(&self, t: Time) -> (f64, f64) {
        let after = self.evidence.cycles.partition_point(|cycle| cycle.sensors.t < t);
        let Some(blind_s) = self.blind_s.get(after).filter(|blind_s| **blind_s > 0.0) else {
            return (0.0, 0.0);
        };
        let first = self.blind_s.partition_point(|blind_s| *blind_s <= 0.0);
        let since_s =
            self.evidence.cycles.get(first).map_or(0.0, |cycle| (t - cycle.sensors.t).s());
        (*blind_s, since_s)
    }

    /// How much higher than the trajectory has it the lander was at `t`, m: between anchors evenly, before the first as an
    /// acceleration that is wrong since the beginning.
    fn higher_m(&self, t: Time) -> f64 {
        let after = self.anchors.partition_point(|anchor| anchor.t <= t);
        let (before, next) =
            (after.checked_sub(1).map(|n| self.anchors[n]), self.anchors.get(after));
        match (before, next) {
            (Some(a), Some(b)) => {
                let u = (t - a.t).s() / (b.t - a.t).s().max(1e-3);
                a.higher_m + (b.higher_m - a.higher_m) * u
            }
            (Some(only), None) => only.higher_m,
            (None, Some(only)) => {
                let start = self.samples[0].t;
                let u = ((t - start).s() / (only.t - start).s().max(1e-3)).clamp(0.0, 1.0);
                only.higher_m * u * u
            }
            (None, None) => 0.0,
        }
    }

    /// The lander at `t`; `None` outside of what was received.
    pub fn pose(&self, t: Time) -> Option<Pose> {
        let after = self.samples.partition_point(|sample| sample.t <= t);
        let after = after.clamp(1, self.samples.len() - 1);
        let (a, b) = (&self.samples[after - 1], &self.samples[after]);
        let dt_s = (b.t - a.t).s();
        if dt_s <= 0.0 || t < a.t || (t - b.t).s() > 0.5 {
            return None;
        }
        let u = (t - a.t).s() / dt_s;
        let (u2, u3) = (u * u, u * u * u);
        let p_MB_I = a.p_MB_I_m * (2.0 * u3 - 3.0 * u2 + 1.0)
            + a.v_MB_I_m_s * ((u3 - 2.0 * u2 + u) * dt_s)
            + b.p_MB_I_m * (3.0 * u2 - 2.0 * u3)
            + b.v_MB_I_m_s * ((u3 - u2) * dt_s);
        let (q_IB, w_IB_B) = self.attitude((a, b), (t, u, dt_s));
        let mix = |a: f64, b: f64| a + (b - a) * u;
        let attitude = a.sigma_attitude_rad.iter().chain(&b.sigma_attitude_rad);
        let higher_m = self.higher_m(t);
        let (blind_s, since_s) = self.blind(t);
        let wrong_m = SHARE * higher_m.abs() + UNFELT_M_S2 * blind_s * (since_s + blind_s);
        let altitude_m = mix(a.altitude_m.0, b.altitude_m.0) + higher_m;
        let sigma_m = mix(a.altitude_m.1, b.altitude_m.1);
        Some(Pose {
            p_MB_I: p_MB_I + p_MB_I * (higher_m / p_MB_I.norm().max(1.0)),
            v_MB_I: a.v_MB_I_m_s + (b.v_MB_I_m_s - a.v_MB_I_m_s) * u,
            q_IB,
            w_IB_B,
            altitude_m: (altitude_m, (sigma_m * sigma_m + wrong_m * wrong_m).sqrt()),
            higher_m,
            blind_s,
            sigma_rad: attitude.copied().fold(0.0, f64::max),
            t,
        })
    }

    /// Attitude and rate between two samples: as the gyros turned, what they lack spread evenly.
    fn attitude(
        &self,
        (a, b): (&Sample, &Sample),
        (t, u, dt_s): (Time, f64, f64),
    ) -> (UnitQuaternion<f64>, Vector3<f64>) {
        let even = (a.q_IB.inverse() * b.q_IB).scaled_axis();
        let own = |t: Time| {
            let after = self.evidence.cycles.partition_point(|cycle| cycle.sensors.t < t);
            self.turned.get(after)
        };
        match (own(a.t), own(t), own(b.t)) {
            (Some(from), Some(at), Some(to)) if from.stretch == to.stretch => {
                let whole = from.q.inverse() * to.q;
                let lacks = (whole.inverse() * a.q_IB.inverse() * b.q_IB).scaled_axis();
                let q_IB = a.q_IB * (from.q.inverse() * at.q);
                (q_IB * UnitQuaternion::from_scaled_axis(lacks * u), at.w_B)
            }
            _ => (a.q_IB * UnitQuaternion::from_scaled_axis(even * u), even / dt_s),
        }
    }

    /// Height below which dust may hide the ground, m.
    pub fn dust_m(&self) -> f64 {
        let vehicle = &self.machine;
        let assist_N: f64 = vehicle.assist.iter().map(|engine| engine.thrust_N).sum();
        let share = (vehicle.main.thrust_N + assist_N) / DUST_THRUST_N;
        DUST_MARGIN * DUST_M * share.sqrt()
    }

    /// What a beam meets within about `range_m_max`; `None` for no ground there.
    pub fn met(
        &self,
        pose: &Pose,
        p_BA_B: &[f64; 3],
        d_B: &[f64; 3],
        range_m_max: f64,
    ) -> Option<Met> {
        if pose.altitude_m.0 - 3.0 * pose.altitude_m.1 > 1.5 * range_m_max {
            return None;
        }
        let environment = &self.mission.stand.environment;
        let R_MI = environment.R_IM(pose.t)?.inverse().si();
        let (arm_B, d_B) = (Vector3::from(*p_BA_B), Vector3::from(*d_B));
        let p_M = R_MI * (pose.p_MB_I + pose.q_IB * arm_B);
        let d_M = R_MI * (pose.q_IB * d_B);
        let height_m = |range_m: f64| {
            let at: Vector<Position, M> = Vector::from_si(p_M + d_M * range_m);
            at.norm() - MOON_RADIUS_M - environment.terrain.elevation_m(at, MAP_RESOLUTION_M)
        };
        let cos_vertical = -d_M.dot(&p_M) / p_M.norm().max(1.0);
        let mut range_m = 0.0;
        for _ in 0..STEPS {
            let above_m = height_m(range_m);
            let here = p_M + d_M * range_m;
            let fall = (-d_M.dot(&here) / here.norm().max(1.0)).max(COSINE_MIN);
            range_m += above_m / fall;
            if above_m.abs() < 0.5 || range_m > 2.0 * range_m_max {
                break;
            }
        }
        if !(range_m > 0.0 && range_m < 2.0 * range_m_max) || cos_vertical < COSINE_MIN {
            return None;
        }
        let ground: Vector<Position, M> = Vector::from_si(p_M + d_M * range_m);
        let n_M: Vector<Direction, M> = environment.terrain.normal(ground, 2.0 * MAP_RESOLUTION_M);
        let cos_incidence = (-d_M.dot(&n_M.si())).clamp(COSINE_MIN, 1.0);
        let surface = Surface {
            normal_albedo: environment.terrain.normal_albedo(ground),
            lommel_seeliger: LOMMEL_SEELIGER,
        };
        let speed_m_s = self.v_over_ground_B(pose, p_BA_B)?.dot(&d_B);
        let closing_m_s = speed_m_s;
        let target = Target { range_m, cos_incidence, surface, closing_m_s, transmission: 1.0 };
        let tangent = (1.0 - cos_incidence * cos_incidence).sqrt() / cos_incidence;
        let turned_m = range_m * tangent * pose.sigma_rad;
        let moved_m = pose.altitude_m.1 / cos_incidence;
        let sigma_m = (turned_m * turned_m + moved_m * moved_m).sqrt();
        Some(Met { target, sigma_m, speed_m_s, cos_vertical })
    }

    /// Velocity of an aperture over ground, body axes, m/s.
    pub fn v_over_ground_B(&self, pose: &Pose, p_BA_B: &[f64; 3]) -> Option<Vector3<f64>> {
        let arm_B = Vector3::from(*p_BA_B);
        let w_IM_I = self.mission.stand.environment.orientation.w_IM_I(pose.t)?.si();
        let p_MA_I = pose.p_MB_I + pose.q_IB * arm_B;
        let v_I = pose.v_MB_I - w_IM_I.cross(&p_MA_I);
        Some(pose.q_IB.inverse() * v_I + pose.w_IB_B.cross(&arm_B))
    }

    /// Probability that the velocimeter holds at least one lock, for each of [`ASTRAY`].
    pub fn locks(&self, pose: &Pose) -> Option<[f64; ASTRAY.len()]> {
        let spec = self.machine.velocimeter.as_ref()?;
        let longest_m = 2.0 * spec.range_m_max;
        let mut none = [1.0; ASTRAY.len()];
        for d_B in &spec.d_B {
            let Some(met) = self.met(pose, &spec.p_BA_B, d_B, longest_m) else { continue };
            let Met { target, sigma_m, speed_m_s, cos_vertical } = met;
            let reach_m = velocimeter::reach_m(spec, target.surface, cos_vertical, 1.0);
            let unsure_m = libm::hypot(ALONG * target.range_m, BRIGHT * reach_m);
            let sigma_m = libm::hypot(sigma_m, unsure_m);
            let slow_m_s = spec.speed_m_s_max;
            let slow = below((slow_m_s - speed_m_s.abs()) / (UNSTEADY * slow_m_s));
            for (none, (off, _)) in none.iter_mut().zip(ASTRAY) {
                let left_m = reach_m - target.range_m - off * sigma_m;
                *none *= 1.0 - slow * below(left_m / (BETWEEN * sigma_m));
            }
        }
        Some(none.map(|none| 1.0 - none))
    }

    /// Probability that the radar altimeter has an echo, for each of [`ASTRAY`]: of the ground nearest in its cone, straight below or
    /// at the cone's edge; NaN where that edge grazes the ground.
    pub fn echoes(&self, pose: &Pose) -> Option<[f64; ASTRAY.len()]> {
        let spec = self.machine.radar_altimeter.as_ref()?;
        let (low_m, sigma_m) = pose.altitude_m;
        // The nearest ground in the cone is the height or less; over relief by up to a fifth (assumed).
        let sigma_m = libm::hypot(sigma_m, 0.1 * low_m).max(1.0);
        let up = pose.p_MB_I / pose.p_MB_I.norm().max(1.0);
        let down = -(pose.q_IB * Vector3::from(spec.d_B)).dot(&up);
        let aside_rad = libm::acos(down.clamp(-1.0, 1.0)) - spec.half_angle_rad;
        let cosine = libm::cos(aside_rad.clamp(0.0, core::f64::consts::PI));
        if cosine < GRAZING {
            // The Moon's curvature only makes it farther.
            let beyond = low_m - 3.0 * sigma_m > GRAZING * spec.range_m_max;
            return Some([if beyond { 0.0 } else { f64::NAN }; ASTRAY.len()]);
        }
        let (range_m, sigma_m) = (low_m / cosine, sigma_m / cosine);
        Some(ASTRAY.map(|(off, _)| {
            let (range_m, soft_m) = (range_m + off * sigma_m, BETWEEN * sigma_m);
            let near = below((range_m - spec.range_m_min) / soft_m);
            near * below((spec.range_m_max - range_m) / soft_m)
        }))
    }

    /// Whether nothing but thrust kept the star tracker from a solution; `None` where it is too close to tell.
    pub fn stars(&self, pose: &Pose) -> Option<bool> {
        let spec = &self.machine.star_tracker;
        if pose.blind_s > BLIND_S {
            return None;
        }
        let rate = pose.rate_rad_s() / spec.rate_rad_s_max.max(1e-9);
        let d_I = pose.q_IB * Vector3::from(spec.d_B);
        let up = pose.p_MB_I / pose.p_MB_I.norm().max(1.0);
        let limb_rad = libm::asin((MOON_RADIUS_M / pose.p_MB_I.norm()).min(1.0));
        let off = |v: Vector3<f64>| libm::acos(d_I.dot(&v).clamp(-1.0, 1.0));
        let moon_rad = off(-up) - limb_rad - spec.moon_limb_rad_min;
        let position: Vector<Position, icd::frames::I> = Vector::from_si(pose.p_MB_I);
        let sun = self.mission.stand.environment.ephemeris.sun(pose.t);
        let sun_rad = sun.and_then(|sun| (sun - position).direction()).map_or(1.0, |sun_I| {
            let hidden = libm::acos((-up).dot(&sun_I.si()).clamp(-1.0, 1.0)) < limb_rad;
            if hidden { 1.0 } else { off(sun_I.si()) - spec.sun_rad_min }
        });
        let margin_rad = 0.01 + 3.0 * pose.sigma_rad;
        if rate > RATE_OFF.1 || moon_rad < -margin_rad || sun_rad < -margin_rad {
            return Some(false);
        }
        (rate < RATE_OFF.0 && moon_rad > margin_rad && sun_rad > margin_rad).then_some(true)
    }
}

/// Standard normal distribution function.
pub(crate) fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z * core::f64::consts::FRAC_1_SQRT_2)
}
