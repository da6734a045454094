use super::linear::Transition;
use super::*;
use crate::sample::healthy;
use flight::load::image;
use icd::frames::{L, Position, Vector, Velocity};
use nalgebra::DMatrix;
use rig::closed_loop::fly;
use rig::record::{Record, Recording};
use rig::scenario::Scenario;
use rig::stand::Stand;
use std::path::Path;
use truth::random::Stream;

/// Body rate of the cases below, rad/s.
const RATE: Vector3<f64> = Vector3::new(0.01, -0.02, 0.015);

/// Upright but for some tilt, `height_m` over the target and beside it, sinking and drifting.
fn pose(mission: &Mission, height_m: f64) -> Pose {
    let t = mission.nav.t;
    let R_IM = mission.stand.environment.R_IM(t).unwrap().si();
    let R_IL = R_IM * mission.stand.site.R_ML.si();
    let place = Vector3::new(400.0, -250.0, height_m);
    let p_I = R_IM * mission.stand.site.p_ML_M.si() + R_IL * place;
    let q_IL: Quaternion<I, I> = Quaternion::from_rotation(Rotation::from_si(R_IL));
    let tilt: Quaternion<I, B> = Quaternion::exp(Vector3::new(0.25, -0.3, 0.7));
    let w_IM_I = mission.stand.environment.orientation.w_IM_I(t).unwrap().si();
    let v_I = w_IM_I.cross(&p_I) + R_IL * Vector3::new(12.0, 7.0, -40.0);
    Pose { t, p_I, v_I, q_IB: q_IL * tilt, w_B: RATE }
}

/// Partials of one scalar against central differences; how far they may differ, share and absolute.
fn check(
    value: impl Fn(&Pose) -> Found,
    pose: &Pose,
    places: std::ops::Range<usize>,
    (step, share, floor): (f64, f64, f64),
) {
    let found = value(pose).1;
    for k in places {
        let mut e = [0.0; MOTION];
        e[k] = step;
        let more = value(&pose.with(&e)).0;
        e[k] = -step;
        let difference = (more - value(&pose.with(&e)).0) / (2.0 * step);
        let off = (found[k] - difference).abs();
        assert!(off < share * difference.abs() + floor, "{k}: {} {difference}", found[k]);
    }
}

type Found = (f64, Errors);

#[test]
fn partials_of_every_expectation_match_central_differences() {
    let mission = &healthy().mission;
    let expect = Expect::of(mission);
    let from = pose(mission, 1500.0);
    let range = |pose: &Pose| {
        let (scalar, _) = expect.range(pose, 1e5).unwrap();
        (scalar.value, scalar.partial)
    };
    // The slope is taken over one resolution: between its ends the ground is not straight.
    check(range, &from, POSITION..POSITION + 3, (20.0, 0.05, 0.06));
    check(range, &from, ATTITUDE..ATTITUDE + 3, (0.01, 0.1, 60.0));
    for beam in 0..3 {
        let speed = |pose: &Pose| {
            let scalar = expect.beam_speeds(pose).unwrap()[beam];
            (scalar.value, scalar.partial)
        };
        check(speed, &from, POSITION..POSITION + 3, (100.0, 1e-6, 1e-9));
        check(speed, &from, VELOCITY..VELOCITY + 3, (1.0, 1e-9, 1e-9));
        check(speed, &from, ATTITUDE..ATTITUDE + 3, (1e-4, 1e-5, 1e-5));
    }
    let report = from.with(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-5, -2e-5, 3e-5]).q_IB.si();
    for axis in 0..3 {
        // What remains of the turn falls as the belief turns to the report.
        let turn =
            |pose: &Pose| (-expect.star_turn(pose, report)[axis], expect.stars(pose)[axis].partial);
        check(turn, &from, ATTITUDE..ATTITUDE + 3, (1e-4, 1e-4, 1e-4));
    }
}

#[test]
fn partials_of_the_camera_and_the_radar_altimeter_match_central_differences() {
    let file = format!("{}/../../scenarios/m2-further-sensors.toml", env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::read(Path::new(&file)).unwrap();
    let mission = Mission::of(&scenario, None).unwrap();
    let expect = Expect::of(&mission);
    let from = pose(&mission, 1500.0);
    let radar = |pose: &Pose| {
        let scalar = expect.radar_range(pose).unwrap();
        (scalar.value, scalar.partial)
    };
    // The vertical turns by a hundred thousandth on the way of the difference.
    check(radar, &from, POSITION..POSITION + 3, (10.0, 1e-4, 1e-4));
    let seen = (0..u16::try_from(mission.load.landmarks.count).unwrap())
        .filter(|id| expect.pixel(&from, *id, 1).is_some());
    let ids: Vec<u16> = seen.take(3).collect();
    assert!(!ids.is_empty());
    for (id, axis) in ids.into_iter().flat_map(|id| [(id, 0), (id, 1)]) {
        let pixel = |pose: &Pose| {
            let scalar = expect.pixel(pose, id, 1).unwrap()[axis];
            (scalar.value, scalar.partial)
        };
        check(pixel, &from, POSITION..POSITION + 3, (0.1, 1e-4, 1e-5));
        check(pixel, &from, ATTITUDE..ATTITUDE + 3, (1e-5, 1e-4, 1e-2));
    }
}

/// Steps of a lander that pushes and turns.
fn steps(t: Time, count: usize) -> Vec<Step> {
    let step = |n: usize| Step {
        t: t + Span::from_ms(20 * (n as i64 + 1)),
        dt_s: 0.02,
        cycle: n,
        dtheta_B_rad: RATE * 0.02,
        dv_B_m_s: Vector3::new(0.2, -0.1, 3.0) * 0.02,
        coasting: false,
        down: false,
        turn_rad2: 0.0,
        push_m2_s2: 0.0,
    };
    (0..count).map(step).collect()
}

#[test]
fn errors_move_as_the_reference_does_with_them() {
    let mission = &healthy().mission;
    // What errors make of the swing on the unit's lever arm is refused.
    let imu =
        truth::vehicle::Imu { p_BA_B: [0.0; 3], ..mission.stand.scenario.vehicle.machine.imu };
    let environment = &mission.stand.environment;
    let start = pose(mission, 15_000.0);
    let steps = steps(start.t, 250);
    let fly = |start: &Pose, errors: &Errors| {
        Reference::fly(environment, (&imu, 0.0), &steps, start, (errors, Vector3::zeros()))
    };
    let base = fly(&start, &[0.0; N]);
    let gm_m3_s2 = environment.gravity.gm_m3_s2();
    let (transition, _) = base.transition((&imu, gm_m3_s2), &steps, (0, steps.len()));
    let end = base.poses.last().unwrap();
    let of_unit = (GYRO_BIAS..GYRO_WANDER).chain(GYRO_SCALE..STAR_TRACKER_ALIGNMENT);
    for place in (0..MOTION).chain(of_unit) {
        let size = match place {
            0..VELOCITY => 100.0,
            VELOCITY..ATTITUDE => 1.0,
            _ => 1e-4,
        };
        let mut e = [0.0; N];
        e[place] = size;
        let moved = if place < MOTION { fly(&start.with(&e), &[0.0; N]) } else { fly(&start, &e) };
        let found = end.to(moved.poses.last().unwrap());
        let expected = transition.carry(&e);
        // Five seconds at 3 m/s²: what a radian makes of position, velocity and attitude.
        let scales = [40.0, 40.0, 40.0, 15.0, 15.0, 15.0, 1.0, 1.0, 1.0];
        for (k, scale) in scales.into_iter().enumerate() {
            let off = (found[k] - expected[k]).abs();
            let most = 1e-3 * (expected[k].abs() + scale * size.min(1e-2));
            assert!(off < most, "{place} to {k}: {} for {}", found[k], expected[k]);
        }
    }
}

/// Plans and differences of a small problem without process noise, and its batch solution: all errors at the start.
type Batch = (Vec<f64>, DMatrix<f64>);

fn small(prior: &Prior) -> (Vec<Plan>, Vec<Measured>, Vec<Compared>, Batch) {
    let mut draws = Stream::new(1, 0, "small");
    let t = Time::default();
    let (mut plans, mut measured, mut compared) = (Vec::new(), Vec::new(), Vec::new());
    let mut through = DMatrix::<f64>::identity(N, N);
    let (mut rows, mut values, mut noises) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..4 {
        let mut transition = Transition::identity();
        for row in transition.motion.iter_mut() {
            row.iter_mut().for_each(|slot| *slot += 0.05 * draws.normal());
        }
        let mut step = DMatrix::<f64>::identity(N, N);
        for (i, row) in transition.motion.iter().enumerate() {
            row.iter().enumerate().for_each(|(j, value)| step[(i, j)] = *value);
        }
        through = step * through;
        let mut readings = Vec::new();
        for _ in 0..3 {
            let partial: Errors = std::array::from_fn(|_| draws.normal());
            let (value, variance) = (draws.normal(), 0.5 + draws.uniform());
            readings.push(compared.len());
            let scalar = expect::Scalar { value: 0.0, partial, variance };
            let (of, component, alone, added) = (measured.len(), 0, false, 0.0);
            let (difference, hit_M) = (value, None);
            compared.push(Compared { of, component, difference, scalar, hit_M, alone, added });
            let report = Report::Range(0.0);
            measured.push(Measured { device: Device::Rangefinder, cycle: 0, t, pose: n, report });
            let h = DMatrix::from_row_slice(1, N, &partial) * &through;
            rows.push(h);
            values.push(value);
            noises.push(variance);
        }
        let (noise, from) = (reference::Noise::default(), [0.0; MOTION]);
        plans.push(Plan { pose: n, t, transition, noise, readings, from });
    }
    let P0 = DMatrix::from_fn(N, N, |i, j| filter::start(prior)[i][j]);
    let mut H = DMatrix::zeros(rows.len(), N);
    rows.iter().enumerate().for_each(|(k, row)| H.row_mut(k).copy_from(row));
    let R = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(noises));
    let gain = &P0 * H.transpose() * (&H * &P0 * H.transpose() + R).try_inverse().unwrap();
    let x = &gain * nalgebra::DVector::from_vec(values);
    let P = &P0 - &gain * H * &P0;
    (plans, measured, compared, (x.iter().copied().collect(), P))
}

#[test]
fn forward_and_back_give_what_one_batch_of_all_readings_gives() {
    let mut prior = Prior::of(&healthy().mission);
    prior.sigma = [1.0; N];
    let (plans, measured, compared, (x, P)) = small(&prior);
    let data = (measured.as_slice(), compared.as_slice());
    let (linear, passed, _) = filter::forward(&prior, &[0.0; N], &plans, data, |_| 1.0);
    let (smoothed, learnt, before) = filter::backward(&linear, &passed, true);
    for (place, (found, expected)) in learnt.iter().zip(&x).enumerate() {
        assert!((found - expected).abs() < 1e-9, "{place}: {found} {expected}");
    }
    for (i, k) in (0..MOTION).flat_map(|i| (0..MOTION).map(move |k| (i, k))) {
        assert!((before[(i, k)] - P[(i, k)]).abs() < 1e-9, "{i} {k}");
    }
    // Without process noise every epoch's estimate is the start's, carried on.
    let mut e: Errors = std::array::from_fn(|i| x[i]);
    for (epoch, smoothed) in linear.epochs.iter().zip(&smoothed) {
        e = epoch.transition.carry(&e);
        for (found, expected) in smoothed.motion.iter().zip(&e) {
            assert!((found - expected).abs() < 1e-8, "{found} {expected}");
        }
    }
}

#[test]
fn a_jump_carried_along_is_what_it_does_to_the_innovations() {
    let mut prior = Prior::of(&healthy().mission);
    prior.sigma = [1.0; N];
    let (plans, measured, mut compared, _) = small(&prior);
    let run = |compared: &[Compared]| {
        filter::forward(&prior, &[0.0; N], &plans, (&measured, compared), |_| 1.0).0
    };
    let before = run(&compared);
    let signature = before.signature(|epoch, _, e| {
        if epoch == 1 {
            e[RANGEFINDER_BIAS] += 3.0;
        }
    });
    // From the second epoch on every reading is wrong by what has become of that error.
    let mut wrong = [0.0; N];
    wrong[RANGEFINDER_BIAS] = 3.0;
    for (n, plan) in plans.iter().enumerate().skip(1) {
        if n > 1 {
            wrong = plan.transition.carry(&wrong);
        }
        for place in &plan.readings {
            compared[*place].difference += linear::dot(&compared[*place].scalar.partial, &wrong);
        }
    }
    let after = run(&compared);
    for ((a, b), shift) in before.readings.iter().zip(&after.readings).zip(signature) {
        assert!((b.whitened() - a.whitened() - shift).abs() < 1e-10);
    }
}

/// A whole flight from ignition with its mission; faults none.
fn flown(run: u64) -> (Record, Mission, Evidence) {
    let name = "m2-nominal-from-ignition";
    let file = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut scenario = Scenario::read(Path::new(&file)).unwrap();
    scenario.seed = 424_201;
    let stand = Stand::new(scenario.clone()).unwrap();
    let record = fly(&stand, run, Recording::Full, |_| {}).unwrap().record.unwrap();
    let mut mission = Mission::of(&scenario, None).unwrap();
    let (load, nav) = image::unpack(&record.uploaded).unwrap();
    (mission.load, mission.nav, mission.uploaded) = (Box::new(load), nav, true);
    let evidence = Evidence::read(&record.packets);
    (record, mission, evidence)
}

/// Squared errors in standard deviations at a sample: position, velocity.
fn squares(record: &Record, mission: &Mission, sample: &Sample) -> Option<(f64, f64)> {
    let t_s = (sample.t - mission.nav.t).s();
    let times = record.column("t_s")?;
    let at = times.iter().position(|t| (t - t_s).abs() < 0.005)?;
    let three =
        |key: &str| Vector3::from_fn(|k, _| record.column(&format!("{key}.{k}")).unwrap()[at]);
    let p_LB_L: Vector<Position, L> = Vector::from_si(three("truth.p_LB_L"));
    let v_LB_L: Vector<Velocity, L> = Vector::from_si(three("truth.v_LB_L"));
    let (site, environment) = (&mission.stand.site, &mission.stand.environment);
    let R_IM = environment.R_IM(sample.t)?.si();
    let p_I = R_IM * site.p_MA_M(p_LB_L).si();
    let w_IM_I = environment.orientation.w_IM_I(sample.t)?.si();
    let v_I = R_IM * site.R_ML.si() * v_LB_L.si() + w_IM_I.cross(&p_I);
    let square = |e: Vector3<f64>, P: Matrix3<f64>| e.dot(&(P.try_inverse().unwrap() * e));
    Some((
        square(sample.p_MB_I_m - p_I, sample.P_p_m2),
        square(sample.v_MB_I_m_s - v_I, sample.P_v_m2_s2),
    ))
}

#[test]
fn healthy_flights_lie_within_their_own_uncertainty_and_innovations_are_white() {
    let (mut places, mut speeds) = ([0.0; 2], [0.0; 2]);
    let (mut sum, mut square, mut lagged, mut count) = (0.0, 0.0, 0.0, 0.0);
    const FLIGHTS: u64 = 4;
    for run in 1..=FLIGHTS {
        let (record, mission, evidence) = flown(run);
        let replayed = Replayed::of(&mission, &evidence);
        let (trajectory, linear) =
            estimate(&mission, &evidence, &replayed, &Trust::default()).unwrap();
        // In braking, and near the ground.
        for (n, t_s) in [300.0, 780.0].into_iter().enumerate() {
            let near = |sample: &&Sample| (sample.t - mission.nav.t).s() >= t_s;
            let found = trajectory.samples.iter().filter(near);
            let found = found.into_iter().find_map(|sample| squares(&record, &mission, sample));
            let (p, v) = found.unwrap();
            places[n] += p;
            speeds[n] += v;
        }
        for device in [Device::StarTracker, Device::Rangefinder, Device::Velocimeter] {
            let of = linear.readings.iter().filter(|reading| reading.device == device);
            let of: Vec<f64> = of.filter(|r| r.component == 0).map(|r| r.whitened()).collect();
            sum += of.iter().sum::<f64>();
            square += of.iter().map(|w| w * w).sum::<f64>();
            lagged += of.windows(2).map(|w| w[0] * w[1]).sum::<f64>();
            count += of.len() as f64;
        }
    }
    println!("NEES sums {places:?} {speeds:?}");
    println!("mean {} variance {} lag one {}", sum / count, square / count, lagged / count);
    // 95 % of chi squared with 3 × 4 degrees of freedom lie in 4.40 to 23.34.
    for sum in places.into_iter().chain(speeds) {
        assert!((4.40..23.34).contains(&sum), "{places:?} {speeds:?}");
    }
    // Relief is taken rather too large: variances below 1 are the safe side.
    assert!((0.7..1.1).contains(&(square / count)), "{}", square / count);
    assert!((lagged / count).abs() < 0.1, "{}", lagged / count);
    assert!((sum / count).abs() < 0.1, "{}", sum / count);
}

#[test]
fn without_cycles_there_is_no_trajectory() {
    let mission = &healthy().mission;
    let nothing = Evidence::default();
    let replayed = Replayed::default();
    assert!(estimate(mission, &nothing, &replayed, &Trust::default()).is_none());
}

#[test]
fn contact_or_the_way_to_the_ground_ends_a_trajectory() {
    let sample = healthy();
    let evidence = Evidence::read(&sample.record.packets);
    let replayed = Replayed::of(&sample.mission, &evidence);
    let (trajectory, _) =
        estimate(&sample.mission, &evidence, &replayed, &Trust::default()).unwrap();
    // Half a minute into braking at 20 km: with no engine it falls to the Moon far ahead, minutes later.
    let last = evidence.end().unwrap();
    let falls = trajectory.impacts.iter().find(|impact| impact.case.contains("no engine"));
    if let Some(impact) = falls {
        assert!(impact.t > last && impact.speed_m_s > 1000.0 && impact.sigma_s > 0.0);
    }
    let first = trajectory.samples.first().unwrap();
    assert_eq!(first.t, sample.mission.nav.t);
    assert!(trajectory.samples.windows(2).all(|pair| pair[0].t < pair[1].t));
    let middle = first.t + Span::from_ms(30_130);
    let at = trajectory.at(middle).unwrap();
    assert_eq!(at.t, middle);
    assert!((at.p_MB_I_m - trajectory.pose(middle).unwrap().p_I).norm() < 1e-6);
}

#[test]
fn an_estimate_made_again_from_the_same_readings_is_the_same() {
    let sample = healthy();
    let evidence = Evidence::read(&sample.record.packets);
    let replayed = Replayed::of(&sample.mission, &evidence);
    let trust = Trust::default();
    let (_, whole) = estimate(&sample.mission, &evidence, &replayed, &trust).unwrap();
    let estimates = Again::of(&sample.mission, &evidence, &replayed, &trust);
    let (again, settled) = estimates.estimate(|_| {}, |_| {}, None).unwrap();
    let (once_more, _) = estimates.estimate(|_| {}, |_| {}, Some(&settled)).unwrap();
    for linear in [again, once_more] {
        assert_eq!(linear.readings.len(), whole.readings.len());
        for (found, first) in linear.readings.iter().zip(&whole.readings) {
            let off = (found.innovation - first.innovation).abs() / first.variance.sqrt();
            assert!(off < 0.05, "{:?} {} off by {off}", first.device, first.component);
        }
    }
}
