//! Does the filter do what its model says? Errors against covariance over many runs in which everything is
//! exactly as modelled.
//!
//! The truth of a run is the navigation state itself, corrected by one draw from the filter's first
//! covariance, considered states included, and carried on by the same mechanisation without the inertial
//! unit's noise; what the filter holds for random (gravity beyond the field, the tracker's drift, biases,
//! terrain) is drawn. Its measurements are the aids' own predictions plus noise of the variance they state; a
//! landmark's own error is part of that, drawn anew at each sight. So whatever is found here is the filter's
//! own doing: its algebra, its linearisation, its bookkeeping. What real terrain and sensors do beside the
//! model is in `consistency.rs`.
//! Three suites: beside stars, quiet accelerometers and beams they have ranges, or radar altitudes, or
//! landmarks.
//! Held against: mean normalised estimation error squared inside χ²(N d)/(N d), N = 100 and 500
//! ([BarShalom2001] §5.4); innovations of unit variance and white, |ρ(1)| < 2/√n over all runs together;
//! standard deviations within 10 % of the scatter of 500 runs.
//! Of a hundred comparisons at 95 % five lie outside by chance: over three seeds of all suites 4.6 % of 324 did,
//! and the means of 3000 flights lie between 0.97 and 1.02. Each suite has a seed whose flights are all
//! inside: the bounds then show a change, not the odds.
//! The flight is run 0 of the nominal landing from ignition, or of the one with a dead rangefinder: its inertial
//! samples are flown open loop, and the times of its pulses and the landmarks of its frames are those here.
#![allow(non_snake_case)]

use flight::load::Load;
use flight::nav::aid::{beam_speed, landmark, quiet, radar_altitude, slant_range, star_tracker};
use flight::nav::covariance::{EMPTY, P, Row, STATES, THETA, V};
use flight::nav::filter::{self, Epoch};
use flight::nav::state::Pose;
use flight::nav::{Nav, Site};
use icd::bus::{Imu, ShotQuality};
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::{Span, Time};
use icd::tm::Phase;
use nalgebra::{DMatrix, DVector, SMatrix, SVector, Vector3};
use rayon::prelude::*;
use rig::closed_loop::{Simulation, Stand};
use rig::scenario::Scenario;
use std::path::Path;
use std::sync::LazyLock;
use truth::random::Stream;

const RUNS: u64 = 500;
/// Cycles between two reports: star tracker, velocimeter, rangefinder; as the vehicle's files have it.
const STAR_CYCLES: usize = 10;
const BEAM_CYCLES: usize = 5;
const RANGE_CYCLES: usize = 5;
/// Ranges and beam speeds arrive this long after they were taken.
const LATENCY: Span = Span::from_ms(100);
/// The flight ends so high, m.
const END_M: f64 = 30.0;
/// Probability left outside the bounds, both tails together.
const OUTSIDE: f64 = 0.05;

/// What a suite has beside stars, quiet accelerometers and beams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suite {
    Ranges,
    Radar,
    Camera,
}

impl Suite {
    /// Chance of its own, seed and stream: no suite repeats another's draws.
    fn chance(self, run: u64) -> Stream {
        let (seed, name) = match self {
            Self::Ranges => (20_261_125, "matched with ranges"),
            Self::Radar => (20_261_123, "matched with radar"),
            Self::Camera => (20_261_127, "matched with camera"),
        };
        Stream::new(seed, run, name)
    }
}

const SUITES: [Suite; 3] = [Suite::Ranges, Suite::Radar, Suite::Camera];

/// One cycle of the reference flight.
struct Cycle {
    t: Time,
    imu: Imu,
    braking: bool,
    phase: Phase,
    /// When the radar's pulse was sent that arrives now.
    pulse: Option<Time>,
    /// When the frame was exposed that arrives now, and the landmarks in it.
    frame: Option<(Time, Vec<u16>)>,
}

struct Reference {
    load: Box<Load>,
    site: Site,
    start: flight::load::NavStart,
    q_IB: Quaternion<I, B>,
    cycles: Vec<Cycle>,
}

static PLAIN: LazyLock<Reference> = LazyLock::new(|| reference("m2-nominal-from-ignition.toml"));
static FURTHER: LazyLock<Reference> = LazyLock::new(|| reference("m2-dead-rangefinder.toml"));

fn reference(name: &str) -> Reference {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
    let load = stand.load(0);
    let start = rig::load::nav_start(&stand.scenario, &stand.start(0), 0);
    let mut cycles = Vec::new();
    let mut simulation = Simulation::new(&stand, &load, 0).unwrap();
    let q_IB = simulation.world().state().q_IB;
    loop {
        let sensors = simulation.step().sensors;
        let phase = simulation.flight().down().phase;
        if phase >= Phase::Contact || simulation.world().view().altitude_m < END_M {
            break;
        }
        let pulse = sensors.radar_altimeter.filter(|p| p.quality == ShotQuality::Valid);
        cycles.push(Cycle {
            t: sensors.t,
            imu: sensors.imu,
            braking: phase >= Phase::Braking,
            phase,
            pulse: pulse.map(|pulse| pulse.t),
            frame: sensors.camera.map(|seen| {
                let ids = seen.seen.iter().take(usize::from(seen.count)).map(|one| one.id);
                (seen.t, ids.collect())
            }),
        });
    }
    drop(simulation);
    let site = Site::new(&load.target);
    Reference { load, site, start, q_IB, cycles }
}

/// Where errors are compared.
const CHECKPOINTS: [&str; 6] = ["coast", "braking", "late braking", "gate", "1 km", "end"];

/// At a checkpoint: errors and covariance of position, velocity and attitude.
#[derive(Clone, Debug)]
struct Sample {
    e: SVector<f64, 9>,
    P: SMatrix<f64, 9, 9>,
    up: Vector3<f64>,
}

impl Sample {
    fn of(nav: &Nav, truth: &Nav) -> Self {
        let theta = (truth.q_IB * nav.q_IB.inverse()).log();
        let dp = truth.p_MB_I.si() - nav.p_MB_I.si();
        let dv = truth.v_MB_I.si() - nav.v_MB_I.si();
        Self {
            e: SVector::from_fn(|i, _| [dp, dv, theta][i / 3][i % 3]),
            P: SMatrix::from_fn(|i, j| nav.covariance.get(i, j)),
            up: nav.p_MB_I.si().normalize(),
        }
    }

    /// Normalised error squared of the `D` states from `first`.
    fn nees<const D: usize>(&self, first: usize) -> f64 {
        let e = self.e.fixed_rows::<D>(first).into_owned();
        let block = self.P.fixed_view::<D, D>(first, first).into_owned();
        e.dot(&block.cholesky().expect("positive").solve(&e))
    }

    /// Error and deviation along `d` of the three states from `first`.
    fn along(&self, first: usize, d: &Vector3<f64>) -> (f64, f64) {
        let block = self.P.fixed_view::<3, 3>(first, first).into_owned();
        (self.e.fixed_rows::<3>(first).into_owned().dot(d), (block * d).dot(d).sqrt())
    }
}

/// Normalised innovations of one run, one list a sensor.
#[derive(Clone, Debug, Default)]
struct Innovations {
    star: Vec<f64>,
    quiet: Vec<f64>,
    beams: Vec<f64>,
    ranges: Vec<f64>,
    pulses: Vec<f64>,
    landmarks: Vec<f64>,
}

struct Run {
    samples: Vec<Sample>,
    innovations: Innovations,
}

/// The filter and the truth it is held against.
struct Pair<'a> {
    reference: &'a Reference,
    nav: Nav,
    truth: Nav,
    chance: Stream,
    sights: Vec<u8>,
    last_pulse_M: Option<Vector3<f64>>,
    quiet_sum: Vector3<f64>,
    t_drift: Time,
    found: Innovations,
}

/// A draw from the covariance of `nav`.
fn draw(nav: &Nav, chance: &mut Stream) -> Row {
    let at = |i: usize| nav.covariance.get(i, i);
    let random: Vec<usize> = (0..STATES).filter(|i| at(*i) > 0.0).collect();
    let scale: Vec<f64> = random.iter().map(|i| at(*i).sqrt()).collect();
    let n = random.len();
    let correlation = DMatrix::from_fn(n, n, |a, b| {
        nav.covariance.get(random[a], random[b]) / (scale[a] * scale[b])
            + if a == b { 1e-12 } else { 0.0 }
    });
    let normal = DVector::from_fn(n, |_, _| chance.normal());
    let drawn = correlation.cholesky().expect("a covariance").l() * normal;
    let mut dx = EMPTY;
    for ((i, scale), x) in random.iter().zip(&scale).zip(drawn.iter()) {
        dx[*i] = scale * x;
    }
    dx
}

impl<'a> Pair<'a> {
    fn new(reference: &'a Reference, suite: Suite, run: u64) -> Self {
        let mut chance = suite.chance(run);
        let nav = Nav::new(&reference.load, &reference.start);
        let mut truth = nav.clone();
        truth.correct(&draw(&nav, &mut chance));
        // Attitude: the truth is what the machine flew with; the first stars show it, with their noise.
        truth.aligned = true;
        truth.q_IB = reference.q_IB * Quaternion::<B, B>::exp(truth.considered.alignment);
        Self {
            reference,
            t_drift: nav.t,
            nav,
            truth,
            chance,
            sights: vec![0; reference.load.landmarks.count],
            last_pulse_M: None,
            quiet_sum: Vector3::zeros(),
            found: Innovations::default(),
        }
    }

    fn propagate(&mut self, cycle: &Cycle, dt_s: f64) {
        let load = &*self.reference.load;
        let unit = load.vehicle.inertial;
        let root = dt_s.sqrt();
        let noisy = |read: [f64; 3], sigma: f64, chance: &mut Stream| {
            let noise = chance.normal3() * (sigma * root);
            (Vector3::from(read) + noise).into()
        };
        // In the coast nothing pushes: the unit reads its own errors.
        let dv_B_m_s = if cycle.braking {
            cycle.imu.dv_B_m_s
        } else {
            (self.truth.accelerometer_bias * dt_s).into()
        };
        let exact = Imu { dv_B_m_s, ..cycle.imu };
        let read = Imu {
            dv_B_m_s: noisy(exact.dv_B_m_s, unit.vrw_m_s_sqrt_s, &mut self.chance),
            dtheta_B_rad: noisy(exact.dtheta_B_rad, unit.arw_rad_sqrt_s, &mut self.chance),
            ..cycle.imu
        };
        self.truth.propagate(load, &exact, cycle.t, cycle.braking);
        self.nav.propagate(load, &read, cycle.t, cycle.braking);
        self.quiet_sum += Vector3::from(read.dv_B_m_s);
    }

    /// The covariance's frame, and what the truth does at random in it.
    fn frame(&mut self, dt_s: f64, quiet: bool) {
        let load = &*self.reference.load;
        if quiet && self.nav.aligned {
            let mean = self.quiet_sum / dt_s;
            let mut epoch = Epoch::<3>::new();
            for axis in 0..3 {
                let p = quiet::predict(load, self.nav.accelerometer_bias, axis, dt_s);
                let c = filter::compare(&self.nav, &p, mean[axis]);
                self.found.quiet.push(c.nu / c.sigma);
                epoch.take(&c, f64::INFINITY);
            }
            epoch.fuse(&mut self.nav);
        }
        self.quiet_sum = Vector3::zeros();
        let q_drift = self.nav.tracker_drift(dt_s);
        self.nav.propagate_covariance(load, dt_s);
        let kick = self.chance.normal3() * q_drift.sqrt();
        self.truth.q_IB = Quaternion::<I, I>::exp(kick) * self.truth.q_IB;
        let elapsed = self.truth.t - self.t_drift;
        if elapsed >= Span::from_ms(1000) {
            self.t_drift = self.truth.t;
            let passed = self.truth.passed(load, elapsed.s());
            let up = self.truth.p_MB_I.si().normalize();
            let (level, radial) = (self.chance.normal3(), self.chance.normal());
            let fresh =
                level * passed.level2.sqrt() + up * (radial * (passed.up2 - passed.level2).sqrt());
            self.truth.anomaly_I = self.truth.anomaly_I * passed.keep + fresh;
            let inertial = load.vehicle.inertial;
            let n = [self.chance.normal3(), self.chance.normal3()];
            let renewed = |was: Vector3<f64>, n: Vector3<f64>, sigma: f64, drift: (f64, f64)| {
                let rate = drift.0 * drift.0 / (sigma * sigma * drift.1);
                let keep = libm::exp(-elapsed.s() * rate);
                was * keep + n * (sigma * (1.0 - keep * keep).sqrt())
            };
            let (gyro, accelerometer) = (self.truth.gyro_bias, self.truth.accelerometer_bias);
            self.truth.gyro_bias =
                renewed(gyro, n[0], inertial.gyro_bias_rad_s, inertial.gyro_drift);
            self.truth.accelerometer_bias = renewed(
                accelerometer,
                n[1],
                inertial.accelerometer_bias_m_s2,
                inertial.accelerometer_drift,
            );
        }
    }

    fn stars(&mut self) {
        let load = &*self.reference.load;
        let mut noise = Vector3::zeros();
        for (axis_B, sigma_rad) in star_tracker::axes(&load.vehicle.inertial) {
            noise += axis_B * (self.chance.normal() * sigma_rad);
        }
        let report: Quaternion<I, B> = self.truth.q_IB * Quaternion::<B, B>::exp(noise);
        if !self.nav.aligned {
            self.nav.align(load, report);
            return;
        }
        let pose = self.nav.pose();
        let z = star_tracker::measured(&pose, report);
        let mut epoch = Epoch::<3>::new();
        for (axis_B, sigma_rad) in star_tracker::axes(&load.vehicle.inertial) {
            let p = star_tracker::predict(&self.nav, &pose, axis_B, sigma_rad);
            let c = filter::compare(&self.nav, &p, z.dot(&axis_B));
            self.found.star.push(c.nu / c.sigma);
            epoch.take(&c, f64::INFINITY);
        }
        epoch.fuse(&mut self.nav);
    }

    fn fold(&mut self) {
        let beta = self.truth.considered.alignment;
        self.truth.q_IB = self.truth.q_IB * Quaternion::<B, B>::exp(-beta);
        self.truth.considered.alignment = Vector3::zeros();
        self.truth.folded = true;
        self.nav.fold_alignment();
    }

    fn beams(&mut self, t: Time) {
        let load = &*self.reference.load;
        let (Some(pose), Some(fact)) = (self.nav.history.at(t), self.truth.history.at(t)) else {
            return;
        };
        let mut epoch = Epoch::<3>::new();
        for beam in 0..3 {
            let exact = beam_speed::predict(load, &self.truth, &fact, beam);
            let p = beam_speed::predict(load, &self.nav, &pose, beam);
            let measured = exact.value + self.chance.normal() * p.r.sqrt();
            let c = filter::compare(&self.nav, &p, measured);
            self.found.beams.push(c.nu / c.sigma);
            epoch.take(&c, f64::INFINITY);
        }
        epoch.fuse(&mut self.nav);
    }

    fn range(&mut self, t: Time) {
        let (load, site) = (&*self.reference.load, &self.reference.site);
        let (Some(pose), Some(fact)) = (self.nav.history.at(t), self.truth.history.at(t)) else {
            return;
        };
        let predict = |nav: &Nav, pose: &Pose| slant_range::predict(load, site, nav, pose);
        let beam = slant_range::Beam::new(load, &self.nav, &pose);
        let Some(at) = beam.meet(load, site, &self.nav) else { return };
        self.move_terrain(at.hit_M);
        let (Some(p), Some(exact)) = (predict(&self.nav, &pose), predict(&self.truth, &fact))
        else {
            return;
        };
        let measured = exact.value + self.chance.normal() * p.r.sqrt();
        let c = filter::compare(&self.nav, &p, measured);
        self.found.ranges.push(c.nu / c.sigma);
        filter::fuse(&mut self.nav, &c, f64::INFINITY);
    }

    /// The terrain bias becomes that of another place; in truth too, where what is new is drawn.
    fn move_terrain(&mut self, place_M: Vector3<f64>) {
        let load = &*self.reference.load;
        let travel_m = self.nav.move_terrain(place_M);
        self.truth.move_terrain(place_M);
        let keep = libm::exp(-travel_m / load.map.correlation_m);
        let fresh = load.map.sigma_m * (1.0 - keep * keep).sqrt() * self.chance.normal();
        self.truth.terrain_bias_m += fresh;
    }

    fn pulse(&mut self, t: Time) {
        let (load, site) = (&*self.reference.load, &self.reference.site);
        let (Some(pose), Some(fact)) = (self.nav.history.at(t), self.truth.history.at(t)) else {
            return;
        };
        let below_M = (self.nav.R_IM.inverse() * self.nav.p_MB_I).si();
        let below_M = below_M * (icd::constants::MOON_RADIUS_M / below_M.norm());
        let travel_m = self.last_pulse_M.map_or(0.0, |last| (below_M - last).norm());
        self.last_pulse_M = Some(below_M);
        self.move_terrain(below_M);
        let predict = |nav: &Nav, pose| radar_altitude::predict(load, site, nav, pose, travel_m);
        let (Some(p), Some(exact)) = (predict(&self.nav, &pose), predict(&self.truth, &fact))
        else {
            return;
        };
        let measured = exact.value + self.chance.normal() * p.r.sqrt();
        let c = filter::compare(&self.nav, &p, measured);
        self.found.pulses.push(c.nu / c.sigma);
        filter::fuse(&mut self.nav, &c, f64::INFINITY);
    }

    /// A frame, landmark by landmark: each is compared with what those before it taught.
    fn image(&mut self, t: Time, ids: &[u16]) {
        let load = &*self.reference.load;
        if !self.nav.aligned {
            return;
        }
        let Some(mut fact) = self.truth.history.at(t) else { return };
        if !self.truth.folded {
            // Until then the attitude state is the tracker's; the camera turns with the body.
            let beta = self.truth.considered.alignment;
            fact.q_IB = fact.q_IB * Quaternion::<B, B>::exp(-beta);
        }
        for id in ids {
            let Some(pose) = self.nav.history.at(t) else { return };
            let Some(sights) = self.sights.get_mut(usize::from(*id)) else { continue };
            let sight = (*id, sights.saturating_add(1));
            let place = landmark::predict(load, &self.nav, &pose, sight);
            let exact = landmark::predict(load, &self.truth, &fact, sight);
            let (Some(place), Some(exact)) = (place, exact) else { continue };
            *sights = sights.saturating_add(1);
            let mut noisy =
                |i: usize| exact.pixel[i].value + self.chance.normal() * place.pixel[i].r.sqrt();
            let measured = [noisy(0), noisy(1)];
            let (both, _) = filter::compare_two(&self.nav, &place.pixel, measured);
            let mut epoch = Epoch::<2>::new();
            for c in &both {
                // Before the fold the tracker's alignment is considered: what the filter is not to learn
                // from one sight stays in the next, and innovations are not white.
                if self.truth.folded {
                    self.found.landmarks.push(c.nu / c.sigma);
                }
                epoch.take(c, f64::INFINITY);
            }
            epoch.fuse(&mut self.nav);
        }
    }
}

fn flown(suite: Suite, run: u64) -> Run {
    let reference: &Reference = if suite == Suite::Ranges { &PLAIN } else { &FURTHER };
    let mut pair = Pair::new(reference, suite, run);
    let mut samples = Vec::new();
    let ignition = reference.cycles.iter().position(|c| c.braking).expect("a burn");
    let gate = reference.cycles.iter().position(|c| c.phase >= Phase::PitchUp).expect("a gate");
    let at = [
        ignition - 1,
        ignition + (gate - ignition) / 3,
        ignition + 2 * (gate - ignition) / 3,
        gate,
        usize::MAX,
        reference.cycles.len() - 1,
    ];
    let mut low = false;
    let mut before = reference.start.t;
    for (n, cycle) in reference.cycles.iter().enumerate() {
        pair.propagate(cycle, (cycle.t - before).s());
        before = cycle.t;
        if n == ignition {
            pair.fold();
        }
        if n % 5 == 4 {
            pair.frame(0.1, !cycle.braking && n > 5);
        }
        if !cycle.braking && n % STAR_CYCLES == 0 {
            pair.stars();
        }
        let height_m = pair.nav.p_MB_I.norm() - reference.load.target.p_MT_M.norm();
        // From the gate on, by time: what is used must not depend on what is believed.
        if suite == Suite::Ranges && n > gate && n % RANGE_CYCLES == 1 {
            pair.range(cycle.t - LATENCY);
        }
        if let Some(t) = cycle.pulse.filter(|_| suite == Suite::Radar) {
            pair.pulse(t);
        }
        if let Some((t, ids)) = cycle.frame.as_ref().filter(|_| suite == Suite::Camera) {
            pair.image(*t, ids);
        }
        if n > gate && n % BEAM_CYCLES == 3 {
            pair.beams(cycle.t - LATENCY);
        }
        let due = at.contains(&n) || (n > gate && height_m < 1000.0 && !low);
        low |= n > gate && height_m < 1000.0;
        if due {
            samples.push(Sample::of(&pair.nav, &pair.truth));
        }
    }
    assert_eq!(samples.len(), CHECKPOINTS.len());
    Run { samples, innovations: pair.found }
}

type Flown = [Vec<Run>; SUITES.len()];

static RUNS_FLOWN: LazyLock<Flown> = LazyLock::new(|| {
    SUITES.map(|suite| (0..RUNS).into_par_iter().map(|run| flown(suite, run)).collect())
});

/// The z below which a unit normal lies with probability `p`, by bisection.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..100 {
        let z = 0.5 * (low + high);
        let below = 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
        if below < p { low = z } else { high = z }
    }
    0.5 * (low + high)
}

/// Both bounds of the mean of `n` squares of unit normals, `OUTSIDE`/`tests` outside, by the cube root that
/// makes χ² normal [WilsonHilferty1931].
fn bounds(n: f64, tests: usize) -> [f64; 2] {
    let z = normal_quantile(1.0 - 0.5 * OUTSIDE / tests as f64);
    [-z, z].map(|z| {
        let a = 2.0 / (9.0 * n);
        (1.0 - a + z * a.sqrt()).powi(3)
    })
}

fn anees(states: &str, runs: &[Run], of: impl Fn(&Sample) -> f64, d: f64) {
    for (k, name) in CHECKPOINTS.iter().enumerate() {
        let n = runs.len() as f64;
        let mean = runs.iter().map(|run| of(&run.samples[k])).sum::<f64>() / (n * d);
        let [low, high] = bounds(n * d, 1);
        println!("{states:28} {name:14} N {n:4} {mean:7.4} in [{low:.4}, {high:.4}]");
        assert!((low..high).contains(&mean), "{states}, {name}, N {n}: {mean}");
    }
}

#[test]
fn errors_agree_with_covariance_at_every_phase() {
    for (suite, runs) in SUITES.iter().zip(RUNS_FLOWN.iter()) {
        println!("{suite:?}");
        for n in [100, 500] {
            let runs = &runs[..n];
            anees("position and velocity", runs, |s| s.nees::<6>(P), 6.0);
            anees("attitude", runs, |s| s.nees::<3>(THETA), 3.0);
            anees("all nine", runs, |s| s.nees::<9>(P), 9.0);
        }
    }
}

#[test]
fn innovations_are_white_and_of_unit_variance() {
    type Read = fn(&Innovations) -> &Vec<f64>;
    let [plain, radar, camera] = &*RUNS_FLOWN;
    let sensors: [(&str, &Vec<Run>, Read, usize); 8] = [
        ("star tracker", plain, |i| &i.star, 3),
        ("quiet accelerometers", plain, |i| &i.quiet, 3),
        ("beams", plain, |i| &i.beams, 3),
        ("ranges", plain, |i| &i.ranges, 1),
        ("radar altitudes", radar, |i| &i.pulses, 1),
        ("beams beside the radar", radar, |i| &i.beams, 3),
        ("landmarks", camera, |i| &i.landmarks, 2),
        ("beams beside the camera", camera, |i| &i.beams, 3),
    ];
    for (name, runs, read, channels) in sensors {
        let (mut sum2, mut lagged, mut n) = (0.0, 0.0, 0.0);
        for run in runs {
            let all = read(&run.innovations);
            for (k, x) in all.iter().enumerate() {
                sum2 += x * x;
                n += 1.0;
                // The same channel one report later.
                lagged += all.get(k + channels).map_or(0.0, |next| x * next);
            }
        }
        let (variance, correlation) = (sum2 / n, lagged / sum2);
        println!(
            "{name:24} n {n:9} variance {variance:.4}, ρ(1) {correlation:8.5}, 2/√n {:.5}",
            2.0 / n.sqrt()
        );
        // Channels of one report share errors: their number, not that of reports, sets the looser bound.
        let [low, high] = bounds(n / channels as f64, 1);
        assert!((low..high).contains(&variance), "{name}: {variance}");
        assert!(correlation.abs() < 2.0 / n.sqrt(), "{name}: {correlation}");
    }
}

#[test]
fn deviations_are_those_of_the_scatter() {
    for (suite, runs) in SUITES.iter().zip(RUNS_FLOWN.iter()) {
        println!("{suite:?}");
        scatter(runs);
    }
}

fn scatter(runs: &[Run]) {
    for (k, name) in CHECKPOINTS.iter().enumerate() {
        for (what, first, vertical) in [
            ("height", P, true),
            ("horizontal position", P, false),
            ("vertical speed", V, true),
            ("horizontal speed", V, false),
            ("attitude", THETA, true),
        ] {
            let (mut scatter, mut believed) = (0.0, 0.0);
            for run in runs {
                let s = &run.samples[k];
                let other = s.up.cross(&Vector3::x()).normalize();
                let d = if vertical { s.up } else { other };
                let (e, sigma) = s.along(first, &d);
                scatter += e * e;
                believed += sigma * sigma;
            }
            let ratio = (believed / scatter).sqrt();
            println!(
                "{name:14} {what:20} σ {:10.5} ratio {ratio:.4}",
                (believed / RUNS as f64).sqrt()
            );
            assert!((0.9..1.1).contains(&ratio), "{name}, {what}: {ratio}");
        }
    }
}
