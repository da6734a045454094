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
//! Of a hundred comparisons at 95 % five lie outside by chance (over three seeds of all suites 4.6 % of 324 did,
//! and the means of 3000 flights lie between 0.97 and 1.02), and no seed is chosen to hide them. So of all
//! comparisons together at most twice as many may lie outside the 95 % bounds as chance puts there, and none
//! outside the bounds that all of them keep at once in 95 % of such tests.
//! The flight is run 0 of the nominal landing from ignition, or of the one with a dead rangefinder: its inertial
//! samples are flown open loop, and the times of its pulses and the landmarks of its frames are those here.
#![allow(non_snake_case)]

#[path = "matched_consistency/pair.rs"]
mod pair;

use flight::load::Load;
use flight::nav::covariance::{P, THETA, V};
use flight::nav::{Nav, Site};
use icd::bus::{Imu, ShotQuality};
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::{Span, Time};
use icd::tm::Phase;
use nalgebra::{SMatrix, SVector, Vector3};
use pair::Pair;
use rayon::prelude::*;
use rig::closed_loop::{Simulation, Stand};
use rig::scenario::Scenario;
use std::path::Path;
use std::sync::LazyLock;
use truth::random::Stream;

const RUNS: u64 = 500;
const SEED: u64 = 20_261_127;
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
    /// Chance of its own: no suite repeats another's draws.
    fn chance(self, run: u64) -> Stream {
        let name = match self {
            Self::Ranges => "matched with ranges",
            Self::Radar => "matched with radar",
            Self::Camera => "matched with camera",
        };
        Stream::new(SEED, run, name)
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

/// Comparisons made, and which lie outside the plain 95 % bounds.
struct Tally {
    /// How many there will be.
    all: usize,
    made: usize,
    outside: Vec<String>,
}

impl Tally {
    fn of(all: usize) -> Self {
        Self { all, made: 0, outside: vec![] }
    }

    /// Takes one mean of `n` squares of unit normals.
    fn mean2(&mut self, what: &str, mean: f64, n: f64) {
        let [low, high] = bounds(n, 1);
        println!("{what:56} {mean:7.4} in [{low:.4}, {high:.4}]");
        let [least, most] = bounds(n, self.all);
        assert!((least..most).contains(&mean), "{what}: {mean} outside [{least}, {most}]");
        self.take(what, (low..high).contains(&mean));
    }

    fn take(&mut self, what: &str, inside: bool) {
        self.made += 1;
        if !inside {
            self.outside.push(what.to_string());
        }
    }

    /// At most twice as many outside as chance puts there.
    fn holds(&self) {
        assert_eq!(self.made, self.all);
        let chance = OUTSIDE * self.all as f64;
        println!("{} of {} outside, {chance:.1} by chance", self.outside.len(), self.all);
        assert!(self.outside.len() as f64 <= (2.0 * chance).ceil(), "{:?}", self.outside);
    }
}

fn anees(tally: &mut Tally, states: &str, runs: &[Run], of: impl Fn(&Sample) -> f64, d: f64) {
    for (k, name) in CHECKPOINTS.iter().enumerate() {
        let n = runs.len() as f64;
        let mean = runs.iter().map(|run| of(&run.samples[k])).sum::<f64>() / (n * d);
        tally.mean2(&format!("{states}, {name}, N {n}"), mean, n * d);
    }
}

#[test]
fn errors_agree_with_covariance_at_every_phase() {
    let mut tally = Tally::of(SUITES.len() * 2 * 3 * CHECKPOINTS.len());
    for (suite, runs) in SUITES.iter().zip(RUNS_FLOWN.iter()) {
        println!("{suite:?}");
        for n in [100, 500] {
            let runs = &runs[..n];
            anees(&mut tally, "position and velocity", runs, |s| s.nees::<6>(P), 6.0);
            anees(&mut tally, "attitude", runs, |s| s.nees::<3>(THETA), 3.0);
            anees(&mut tally, "all nine", runs, |s| s.nees::<9>(P), 9.0);
        }
    }
    tally.holds();
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
    let (mut variances, mut correlations) = (Tally::of(sensors.len()), Tally::of(sensors.len()));
    let together = normal_quantile(1.0 - 0.5 * OUTSIDE / sensors.len() as f64);
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
        println!("{name:24} n {n:9} ρ(1) {correlation:8.5}, 2/√n {:.5}", 2.0 / n.sqrt());
        // Channels of one report share errors: their number, not that of reports, sets the looser bound.
        variances.mean2(name, variance, n / channels as f64);
        assert!(correlation.abs() < together / n.sqrt(), "{name}: {correlation}");
        correlations.take(name, correlation.abs() < 2.0 / n.sqrt());
    }
    variances.holds();
    correlations.holds();
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
