//! From the last packet to the ground.
//!
//! Owns: contact that was still received, the ways to the ground that nobody saw. Does not own: the ground (`ground`), the
//! estimate up to the last packet.
//! As programmed: from the last estimate the lander is carried on in steps of [`STEP_S`], in the attitude it had, once with
//! the force last felt and once with none, until its feet meet the mission's ground. Deviations: by differences over every
//! error of the motion, and over the force.
//! Refuses: turning on the way, mass that is burnt on the way.

use super::filter::Motion;
use super::samples::sample;
use super::*;
use icd::constants::MOON_RADIUS_M;
use nalgebra::{SMatrix, SVector};

/// Step, s, and longest way, s.
const STEP_S: f64 = 0.05;
const LONGEST_S: f64 = 600.0;
/// Time over which the last force is taken, s, and what it may change by, share.
const FELT_S: f64 = 1.0;
const FORCE: f64 = 0.1;
/// Samples on the way, steps.
const EVERY: usize = 10;
/// Height over the map's ground within which a closed switch means contact, m, beside three deviations.
const CONTACT_M: f64 = 5.0;
/// Force and the motion.
const VARIED: usize = MOTION + 1;
/// What is told of an impact: time, east, north, speed.
type Met = SVector<f64, 4>;

/// Where the lander is when it can be followed no more, and what it felt.
struct End {
    pose: Pose,
    covariance: Motion,
    force_B: Vector3<f64>,
}

/// Adds impacts and samples after the last packet.
pub(super) fn extend(estimator: &Estimator<'_>, done: &Done, trajectory: &mut Trajectory) {
    if let Some(contact) = contact(estimator, trajectory) {
        trajectory.impacts.push(contact);
        return;
    }
    let (Some(pose), Some(smoothed)) = (trajectory.poses.last(), done.smoothed.last()) else {
        return;
    };
    let force_B = felt(estimator, done);
    let end = End { pose: *pose, covariance: smoothed.covariance, force_B };
    for (case, share) in
        [("the engines go on as last felt", 1.0), ("no engine burns any more", 0.0)]
    {
        let Some((impact, samples)) = fall(estimator, &end, case, share) else { continue };
        if trajectory.impacts.is_empty() {
            trajectory.samples.extend(samples);
        }
        trajectory.impacts.push(impact);
        if force_B.norm() < 0.01 {
            break;
        }
    }
}

/// Mean force over the last second, body axes, m/s².
fn felt(estimator: &Estimator<'_>, done: &Done) -> Vector3<f64> {
    let (mut sum, mut time_s) = (Vector3::zeros(), 0.0);
    for step in estimator.steps.iter().rev() {
        if !step.coasting {
            sum += step.dv_B_m_s;
        }
        time_s += step.dt_s;
        if time_s >= FELT_S {
            break;
        }
    }
    let bias = Vector3::from_fn(|i, _| done.reference.errors[ACCELEROMETER_BIAS + i]);
    if sum.norm() > 0.0 { sum / time_s - bias } else { sum }
}

/// The first closed switch near the ground.
fn contact(estimator: &Estimator<'_>, trajectory: &Trajectory) -> Option<Impact> {
    let foot_m = estimator.mission.load.vehicle.foot_z_m;
    let cycles = &estimator.evidence.cycles;
    let closed = |sensors: &icd::bus::Sensors| sensors.touchdown.contains(&true);
    let near = |t: Time| {
        trajectory.at(t).filter(|sample| {
            let (altitude_m, sigma_m) = sample.altitude_m;
            altitude_m + foot_m < CONTACT_M + 3.0 * sigma_m
        })
    };
    let touching = cycles.iter().filter(|cycle| closed(&cycle.sensors));
    let sample = touching.into_iter().find_map(|cycle| near(cycle.sensors.t))?;
    let place = place(estimator.expect, sample.t, sample.p_MB_I_m);
    let speed_m_s = libm::hypot(sample.v_up_m_s.0, sample.v_horizontal_m_s.0);
    Some(Impact {
        case: "contact was received".to_owned(),
        t: sample.t,
        sigma_s: icd::bus::CYCLE.s(),
        latitude_deg: place.0,
        longitude_deg: place.1,
        sigma_m: sample.P_p_m2.symmetric_eigenvalues().max().max(0.0).sqrt(),
        speed_m_s,
        sigma_m_s: libm::hypot(sample.v_up_m_s.1, sample.v_horizontal_m_s.1),
    })
}

/// Latitude and longitude, degrees.
fn place(expect: &Expect<'_>, t: Time, p_I: Vector3<f64>) -> (f64, f64) {
    let p_M = expect.R_IM(t).tr_mul(&p_I);
    let latitude = libm::asin((p_M.z / p_M.norm()).clamp(-1.0, 1.0));
    (latitude.to_degrees(), libm::atan2(p_M.y, p_M.x).to_degrees())
}

/// One step under a constant force in `I`.
fn step(gravity: impl Fn(Vector3<f64>) -> Vector3<f64>, pose: &mut Pose, force_I: Vector3<f64>) {
    let middle = pose.p_I + pose.v_I * (0.5 * STEP_S);
    let v_I = pose.v_I + (gravity(middle) + force_I) * STEP_S;
    pose.p_I += (pose.v_I + v_I) * (0.5 * STEP_S);
    pose.v_I = v_I;
    pose.t += Span::from_s(STEP_S);
}

/// Height of the feet over the ground.
fn height_m(estimator: &Estimator<'_>, pose: &Pose) -> f64 {
    let up_I = pose.p_I.normalize();
    let z_I = pose.q_IB.rotation().si() * Vector3::z();
    let foot_m = estimator.mission.load.vehicle.foot_z_m * up_I.dot(&z_I).abs();
    estimator.expect.ground.height_m(estimator.expect.R_IM(pose.t).tr_mul(&pose.p_I)) + foot_m
}

/// Carried on to the ground: its poses, the last one on the ground.
fn carried(estimator: &Estimator<'_>, start: &Pose, force_B: Vector3<f64>) -> Option<Vec<Pose>> {
    let environment = &estimator.mission.stand.environment;
    let gm_m3_s2 = environment.gravity.gm_m3_s2();
    let at = icd::frames::Vector::from_si(start.p_I);
    let slow = environment.perturbation(at, start.t, 0.0).map_or(Vector3::zeros(), |a| a.si());
    let gravity = |p: Vector3<f64>| p * (-gm_m3_s2 / (p.norm_squared() * p.norm())) + slow;
    let force_I = start.q_IB.rotation().si() * force_B;
    let mut pose = *start;
    let mut out = vec![pose];
    let mut above_m = height_m(estimator, &pose);
    if above_m <= 0.0 {
        return Some(out);
    }
    for _ in 0..(LONGEST_S / STEP_S) as usize {
        let before = pose;
        step(gravity, &mut pose, force_I);
        let now_m = height_m(estimator, &pose);
        if now_m <= 0.0 {
            let share = above_m / (above_m - now_m).max(1e-9);
            out.push(Pose {
                t: before.t + Span::from_s(STEP_S * share),
                p_I: before.p_I + (pose.p_I - before.p_I) * share,
                v_I: before.v_I + (pose.v_I - before.v_I) * share,
                ..pose
            });
            return Some(out);
        }
        above_m = now_m;
        out.push(pose);
    }
    None
}

/// What is told of the way's end.
fn met(estimator: &Estimator<'_>, from: &Pose, end: &Pose) -> Met {
    let expect = estimator.expect;
    let p_M = expect.R_IM(end.t).tr_mul(&end.p_I);
    let at_L = estimator.mission.stand.site.R_ML.si().tr_mul(&p_M);
    let over_I = end.v_I - expect.w_IM_I(end.t).cross(&end.p_I);
    Met::new((end.t - from.t).s(), at_L.x, at_L.y, over_I.norm())
}

/// Impact and samples of one way.
fn fall(
    estimator: &Estimator<'_>,
    end: &End,
    case: &str,
    share: f64,
) -> Option<(Impact, Vec<Sample>)> {
    let force_B = end.force_B * share;
    let way = carried(estimator, &end.pose, force_B)?;
    let last = way.last()?;
    let here = met(estimator, &end.pose, last);
    // Deviations of the motion, the ground's datum and relief among those of height, and of the force.
    let mut P = SMatrix::<f64, VARIED, VARIED>::zeros();
    P.fixed_view_mut::<MOTION, MOTION>(0, 0).copy_from(&end.covariance);
    P[(MOTION, MOTION)] = FORCE * FORCE;
    let up_I = last.p_I / (MOON_RADIUS_M + 1.0);
    let relief_m = estimator.expect.ground.relief_m;
    let ground_m2 =
        estimator.prior.sigma[DATUM] * estimator.prior.sigma[DATUM] + relief_m * relief_m;
    for i in 0..3 {
        for k in 0..3 {
            P[(POSITION + i, POSITION + k)] += ground_m2 * up_I[i] * up_I[k];
        }
    }
    let mut J = SMatrix::<f64, 4, VARIED>::zeros();
    for k in 0..VARIED {
        let sigma = P[(k, k)].max(1e-18).sqrt();
        let varied = |sign: f64| {
            let mut e = [0.0; MOTION];
            let force = if k < MOTION { force_B } else { force_B * (1.0 + sign * sigma) };
            if let Some(slot) = e.get_mut(k) {
                *slot = sign * sigma;
            }
            let start = end.pose.with(&e);
            let way = carried(estimator, &start, force)?;
            Some(met(estimator, &end.pose, way.last()?))
        };
        // A deviation that does not come down again says nothing about this way.
        let column = match (varied(1.0), varied(-1.0)) {
            (Some(more), Some(less)) => (more - less) / (2.0 * sigma),
            (Some(one), None) => (one - here) / sigma,
            (None, Some(one)) => (here - one) / sigma,
            (None, None) => Met::zeros(),
        };
        J.set_column(k, &column);
    }
    let C = J * P * J.transpose();
    let spread = C.fixed_view::<2, 2>(1, 1).into_owned().symmetric_eigenvalues().max();
    let (latitude_deg, longitude_deg) = place(estimator.expect, last.t, last.p_I);
    let impact = Impact {
        case: case.to_owned(),
        t: last.t,
        sigma_s: C[(0, 0)].max(0.0).sqrt(),
        latitude_deg,
        longitude_deg,
        sigma_m: spread.max(0.0).sqrt(),
        speed_m_s: here[3],
        sigma_m_s: C[(3, 3)].max(0.0).sqrt(),
    };
    Some((impact, samples(estimator, end, &way, force_B)))
}

/// Samples along a way; their covariance grows with what velocity and force leave open.
fn samples(
    estimator: &Estimator<'_>,
    end: &End,
    way: &[Pose],
    force_B: Vector3<f64>,
) -> Vec<Sample> {
    let places = (1..way.len()).filter(|n| n % EVERY == 0 || n + 1 == way.len());
    let force_m_s2 = FORCE * force_B.norm();
    places
        .filter_map(|n| way.get(n))
        .map(|pose| {
            let dt_s = (pose.t - end.pose.t).s();
            let mut transition = Motion::identity();
            for k in 0..3 {
                transition[(POSITION + k, VELOCITY + k)] = dt_s;
            }
            let mut covariance = transition * end.covariance * transition.transpose();
            for k in 0..3 {
                let v = force_m_s2 * dt_s;
                covariance[(VELOCITY + k, VELOCITY + k)] += v * v;
                covariance[(POSITION + k, POSITION + k)] += 0.25 * v * v * dt_s * dt_s;
            }
            sample(estimator.expect, pose, &covariance)
        })
        .collect()
}
