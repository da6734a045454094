//! The best-estimated trajectory: one motion under all measurements, with its covariance.
//!
//! Owns: [`Trajectory`]. Does not own: the sensors' failures (`sensors`), causes (`finding`).

//! As published — [RauchTungStriebel1965], run again around its own outcome until the beams meet the ground where they
//! did. As programmed: the inertial increments make a reference; the filter estimates errors of it, of the sensors and of
//! the ground; twice more with the reference and all partials at the smoothed errors. No reading is weighed by its fit.
//! Refuses: what pushed in a hole of the telemetry beyond its neighbours; two motions that fit equally well.

mod again;
pub mod expect;
mod filter;
pub mod ground;
mod impact;
mod inertial;
pub mod linear;
mod readings;
pub mod reference;
mod samples;
pub mod states;

use crate::evidence::Evidence;
use crate::finding::{Device, Trust};
use crate::mission::Mission;
use crate::replayed::Replayed;
pub(crate) use again::{Again, Settled};
use expect::Expect;
use filter::{Passed, Plan, Smoothed};
use ground::RESOLUTION_M;
use icd::frames::{B, I};
use icd::rotation::{Quaternion, Rotation};
use icd::time::{Span, Time};
pub(crate) use inertial::Step;
use linear::Linear;
use nalgebra::{Matrix3, UnitQuaternion, Vector3};
use readings::Compared;
pub(crate) use readings::{Measured, Report};
use reference::{Pose, Reference};
use states::*;

/// Time between epochs without readings of the ground, steps.
const APART: usize = 50;
/// Resolutions of the ground in the passes around the smoothed motion, m: as long as the place is not known to a crater's
/// width, its slopes would lead to another crater.
const PASSES_M: [f64; 4] = [500.0, 150.0, RESOLUTION_M, RESOLUTION_M];
/// Least time over which accelerometers are read while nothing pushes, s.
const COAST_S: f64 = 0.3;
/// What liquid that still swings after a turn pushes, m/s² for each rad/s of the turn, and how fast it calms, s. Assumed,
/// from flights of the mission's models: 1.4e-4 m/s² after 0.07 rad/s.
const SLOSH_M_S: f64 = 2e-3;
const CALM_S: f64 = 20.0;

/// One instant of the estimated motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub t: Time,
    /// Body origin in the inertial frame, m.
    pub p_MB_I_m: Vector3<f64>,
    /// Its velocity, m/s.
    pub v_MB_I_m_s: Vector3<f64>,
    /// Attitude, body to inertial.
    pub q_IB: UnitQuaternion<f64>,
    /// Covariance of position, m², inertial axes.
    pub P_p_m2: Matrix3<f64>,
    /// Covariance of velocity, m²/s², inertial axes.
    pub P_v_m2_s2: Matrix3<f64>,
    /// Standard deviation of attitude, each axis, rad.
    pub sigma_attitude_rad: [f64; 3],
    /// Altitude of the body origin over the mission's ground model, m, and its standard deviation.
    pub altitude_m: (f64, f64),
    /// Vertical speed, up positive, m/s, and its standard deviation.
    pub v_up_m_s: (f64, f64),
    /// Horizontal speed over ground, m/s, and its standard deviation.
    pub v_horizontal_m_s: (f64, f64),
}

/// Where and when the ground was met.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    /// What is assumed of the engines after the last packet.
    pub case: String,
    /// When, and its standard deviation, s.
    pub t: Time,
    /// Its standard deviation, s.
    pub sigma_s: f64,
    /// Latitude of the place, mean Earth, degrees.
    pub latitude_deg: f64,
    /// Longitude, degrees, east positive.
    pub longitude_deg: f64,
    /// Standard deviation of the place along its worse axis, m.
    pub sigma_m: f64,
    /// Speed over ground, m/s.
    pub speed_m_s: f64,
    /// Its standard deviation, m/s.
    pub sigma_m_s: f64,
}

/// The best-estimated trajectory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// In the order of time, one a measurement epoch, from the first cycle to the impact.
    pub samples: Vec<Sample>,
    /// Place of the first sample after the last packet: from there on nothing was measured.
    pub after_loss: usize,
    /// When and where the ground was met; several where it depends on what the engines did after the last packet.
    pub impacts: Vec<Impact>,
    /// Estimated constants of nature as `rig::stand::Stand::inputs` names them: name, value, standard deviation, in the
    /// name's unit.
    pub constants: Vec<(String, f64, f64)>,
    /// The motion at every step, for what needs it at any instant.
    pub(crate) poses: Vec<Pose>,
    /// Estimates of the constant errors at the end, with their standard deviations, by state ([`states::STATES`]).
    pub errors: Vec<(f64, f64)>,
}

/// The best-estimated trajectory, and the filter of the last pass; `None` when no cycle was received.
pub fn estimate(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    trust: &Trust,
) -> Option<(Trajectory, Linear)> {
    estimate_put_right(mission, evidence, replayed, trust, (&|_| {}, &|_| {}))
}

/// As [`estimate`], from inertial increments and reports that are put right first.
pub(crate) fn estimate_put_right(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    trust: &Trust,
    right: PutRight<'_>,
) -> Option<(Trajectory, Linear)> {
    let read = Read::of(mission, evidence, replayed, trust, right)?;
    let prior = Prior::of(mission);
    let mut mean = [0.0; N];
    let mut start = planned(mission);
    let mut around: Vec<Pose> = Vec::new();
    for (pass, resolution_m) in PASSES_M.into_iter().enumerate() {
        let last = pass + 1 == PASSES_M.len();
        let expect = &Expect::at_resolution(mission, resolution_m);
        let estimator = Estimator::of(mission, evidence, trust, (&read, expect, &prior));
        let done =
            estimator.pass(&start, &mean, &around, Way { every: 1, whole: last, plans: None });
        if last {
            return Some(estimator.outcome(done, &mean));
        }
        done.settle(&mut start, &mut mean);
        around = done.poses();
    }
    None
}

/// What puts inertial increments and reports right.
pub(crate) type PutRight<'a> = (&'a dyn Fn(&mut Step), &'a dyn Fn(&mut Measured));

/// States that the reference takes over.
fn constant() -> impl Iterator<Item = usize> {
    (0..GYRO_WANDER).chain(GYRO_SCALE..STAR_TRACKER_ALIGNMENT)
}

/// Centre of mass as believed at the start.
fn centre_of_mass(vehicle: &flight::load::Vehicle) -> Vector3<f64> {
    let [empty_m, full_m] = vehicle.cm_z_m;
    let share = vehicle.propellant_kg / vehicle.full_kg.max(1.0);
    Vector3::new(0.0, 0.0, empty_m + (full_m - empty_m) * share)
}

/// What was read, ready for a pass.
struct Read {
    steps: Vec<Step>,
    measured: Vec<Measured>,
}

impl Read {
    /// `None` without cycles.
    fn of(
        mission: &Mission,
        evidence: &Evidence,
        replayed: &Replayed,
        trust: &Trust,
        (put_step, put_report): PutRight<'_>,
    ) -> Option<Self> {
        let received = inertial::received(evidence, trust, mission.nav.t);
        if received.steps.is_empty() {
            return None;
        }
        let times = times(mission, &received.steps);
        let mut measured = readings::collect(evidence, trust, &times);
        measured.iter_mut().for_each(put_report);
        let mut steps = received.steps.clone();
        steps.iter_mut().for_each(put_step);
        let steps = inertial::filled(steps, &received, replayed, bias_m_s2(mission));
        Some(Self { steps, measured })
    }
}

/// Times of the poses: the start of navigation, then the end of every step.
fn times(mission: &Mission, steps: &[Step]) -> Vec<Time> {
    std::iter::once(mission.nav.t).chain(steps.iter().map(|step| step.t)).collect()
}

/// The accelerometers' bias as specified.
fn bias_m_s2(mission: &Mission) -> f64 {
    mission.stand.scenario.machine().imu.accelerometer_bias_sigma_m_s2
}

/// How a pass is made.
struct Way {
    /// One report of so many is used.
    every: usize,
    /// With covariances.
    whole: bool,
    /// Those of an earlier pass over the same readings: errors moved as good as alike there.
    plans: Option<Vec<Plan>>,
}

/// What a pass works on.
struct Estimator<'a> {
    mission: &'a Mission,
    evidence: &'a Evidence,
    trust: &'a Trust,
    expect: &'a Expect<'a>,
    steps: &'a [Step],
    measured: &'a [Measured],
    prior: &'a Prior,
    /// Centre of mass with the propellant at the start, m.
    p_BC_B: Vector3<f64>,
}

/// One pass.
struct Done {
    reference: Reference,
    plans: Vec<Plan>,
    linear: Linear,
    passed: Vec<Passed>,
    /// Variances of all errors after the last reading.
    variance: Errors,
    smoothed: Vec<Smoothed>,
    /// Smoothed errors at the start.
    start: Errors,
    /// Covariance of the motion there, smoothed.
    before: filter::Motion,
}

impl Done {
    /// The reference moves to the smoothed start; what is believed of the errors before any reading moves against it.
    fn settle(&self, start: &mut Pose, mean: &mut Errors) {
        let first = self.reference.poses.first().copied().unwrap_or(*start);
        *start = first.with(&self.start);
        // What wanders fades against zero, not against what it was at the start: it stays an error of the filter.
        for place in constant() {
            mean[place] -= self.start[place];
        }
    }

    /// The smoothed motion at every step: the reference with errors straight between epochs.
    fn poses(&self) -> Vec<Pose> {
        let mut out = Vec::with_capacity(self.reference.poses.len());
        let mut before: (usize, [f64; MOTION]) = (0, [0.0; MOTION]);
        before.1.copy_from_slice(&self.start[..MOTION]);
        for (plan, smoothed) in self.plans.iter().zip(&self.smoothed) {
            let (from, errors) = before;
            for n in out.len()..=plan.pose {
                let share = (n - from) as f64 / (plan.pose - from).max(1) as f64;
                let e: [f64; MOTION] =
                    std::array::from_fn(|i| errors[i] * (1.0 - share) + smoothed.motion[i] * share);
                out.push(self.reference.poses[n].with(&e));
            }
            before = (plan.pose, smoothed.motion);
        }
        out
    }
}

/// Where navigation was told to start, in the attitude planned.
fn planned(mission: &Mission) -> Pose {
    let nav = &mission.nav;
    let (p_I, v_I) = (nav.p_MB_I.si(), nav.v_MB_I.si());
    let z = -v_I.normalize();
    let y = z.cross(&p_I).normalize();
    let R_IB: Rotation<I, B> = Rotation::from_columns(y.cross(&z), y, z);
    let q_IB = Quaternion::from_rotation(R_IB);
    Pose { t: nav.t, p_I, v_I, q_IB, w_B: Vector3::zeros() }
}

impl<'a> Estimator<'a> {
    fn of(
        mission: &'a Mission,
        evidence: &'a Evidence,
        trust: &'a Trust,
        (read, expect, prior): (&'a Read, &'a Expect<'a>, &'a Prior),
    ) -> Self {
        let Read { steps, measured } = read;
        let p_BC_B = centre_of_mass(&mission.load.vehicle);
        Self { mission, evidence, trust, expect, steps, measured, prior, p_BC_B }
    }

    /// - `around`: the smoothed motion of the pass before; empty in the first.
    fn pass(&self, start: &Pose, mean: &Errors, around: &[Pose], way: Way) -> Done {
        let machine = self.expect.machine();
        let kg = self.mission.load.vehicle.dry_kg + self.mission.load.vehicle.propellant_kg;
        let exposure_m2_kg = machine.optics.exposure_m2_kg(kg);
        let believed: Errors = std::array::from_fn(|i| if i < MOTION { 0.0 } else { -mean[i] });
        let environment = &self.mission.stand.environment;
        let imu = (&machine.imu, exposure_m2_kg);
        let reference =
            Reference::fly(environment, imu, self.steps, start, (&believed, self.p_BC_B));
        let at = |n: usize| around.get(n).copied().unwrap_or_else(|| reference.poses[n]);
        let mut measured: Vec<Measured> =
            self.measured.iter().step_by(way.every).copied().collect();
        let gm_m3_s2 = environment.gravity.gm_m3_s2();
        let planned =
            |poses: &[usize]| filter::plan(&reference, self.steps, (&machine.imu, gm_m3_s2), poses);
        let mut plans = way.plans.unwrap_or_else(|| planned(&self.epochs(self.measured)));
        self.coasts(&plans, &reference, &mut measured);
        let noise = |device: Device| self.trust.noise(device);
        let compared = readings::compare(self.expect, &measured, at, noise);
        self.assign(&mut plans, (&measured, &compared), |n| reference.poses[n].to(&at(n)));
        let (linear, passed, variance) =
            filter::forward(self.prior, mean, &plans, (&measured, &compared), noise);
        let (smoothed, learnt, before) = filter::backward(&linear, &passed, way.whole);
        let start = std::array::from_fn(|i| mean[i] + learnt[i]);
        Done { reference, plans, linear, passed, variance, smoothed, start, before }
    }

    /// Poses at which there are epochs: where the ground is measured, one a second otherwise, and the last.
    fn epochs(&self, measured: &[Measured]) -> Vec<usize> {
        let of_ground = |one: &&Measured| one.device != Device::StarTracker;
        let mut at: Vec<usize> = measured.iter().filter(of_ground).map(|one| one.pose).collect();
        at.push(self.steps.len());
        at.dedup();
        let mut out = Vec::with_capacity(at.len() + self.steps.len() / APART);
        let mut before = 0;
        for pose in at {
            while pose > before + APART {
                before += APART;
                out.push(before);
            }
            if pose > before {
                out.push(pose);
                before = pose;
            }
        }
        out
    }

    /// Adds what the accelerometers read while nothing pushed, one reading an epoch.
    fn coasts(&self, plans: &[Plan], reference: &Reference, measured: &mut Vec<Measured>) {
        let arm = Vector3::from(self.expect.machine().imu.p_BA_B) - self.p_BC_B;
        let mut from = 0;
        let mut stirred_rad_s = 0.0_f64;
        for pose in plans.iter().map(|plan| &plan.pose) {
            let (mut sum, mut time_s, mut cycle) = (Vector3::zeros(), 0.0, 0);
            for n in from..*pose {
                let step = &self.steps[n];
                stirred_rad_s *= 1.0 - step.dt_s / CALM_S;
                stirred_rad_s = stirred_rad_s.max(reference.poses[n + 1].w_B.norm());
                if step.coasting && step.push_m2_s2 <= 0.0 {
                    let w_B = reference.poses[n + 1].w_B;
                    sum += step.dv_B_m_s - w_B.cross(&w_B.cross(&arm)) * step.dt_s;
                    time_s += step.dt_s;
                    cycle = step.cycle;
                }
            }
            if time_s >= COAST_S {
                let e = |first: usize| Vector3::from_fn(|i, _| reference.errors[first + i]);
                let wrong = e(ACCELEROMETER_BIAS) + e(ACCELEROMETER_WANDER);
                let sigma_m_s2 = SLOSH_M_S * stirred_rad_s;
                let report = Report::Coast(sum / time_s - wrong, time_s, sigma_m_s2);
                let t = reference.poses[*pose].t;
                let device = Device::Accelerometers;
                measured.push(Measured { device, cycle, t, pose: *pose, report });
            }
            from = *pose;
        }
    }

    /// Gives every scalar to its epoch, and lets the relief change with the way of the beam.
    fn assign(
        &self,
        plans: &mut [Plan],
        (measured, compared): (&[Measured], &[Compared]),
        from: impl Fn(usize) -> [f64; MOTION],
    ) {
        plans.iter_mut().for_each(|plan| plan.readings.clear());
        for (place, one) in compared.iter().enumerate().filter(|(_, one)| !one.alone) {
            let pose = measured[one.of].pose;
            let epoch = plans.partition_point(|plan| plan.pose < pose);
            if let Some(plan) = plans.get_mut(epoch) {
                plan.readings.push(place);
            }
        }
        let mut beam: Option<Vector3<f64>> = None;
        for plan in plans {
            plan.from = from(plan.pose);
            plan.transition.keep[RELIEF - MOTION] = 1.0;
            let hit = plan.readings.iter().find_map(|place| compared[*place].hit_M);
            if let Some(hit) = hit {
                if let Some(before) = beam {
                    let share = (hit - before).norm() / self.expect.ground.correlation_m;
                    plan.transition.keep[RELIEF - MOTION] = libm::exp(-share);
                }
                beam = Some(hit);
            }
        }
    }
}

#[cfg(test)]
mod tests;
