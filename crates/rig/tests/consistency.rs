//! Does navigation know how wrong it is? Errors of dispersed runs against the standard deviations that
//! the lander downlinks with them, as Monte Carlo filter consistency of [BarShalom2001] §5.4.
//!
//! Programmed: with e the error and σ its deviation in each of N runs, the mean of (e/σ)² is χ²(N)/N for a
//! consistent filter of one axis. A horizontal pair has only the root sum square of its two deviations; the
//! mean of |e|²/σ² then scatters less than χ²(N)/N, whatever the ratio of the axes, so the same bounds hold.
//! Where an error has a part that is the same in all runs, and the text says which, that part is bounded by
//! name and what is left, the scatter about the mean, is held to χ²(N − 1)/(N − 1).

use icd::tm::Phase;
use nalgebra::Vector3;
use rayon::prelude::*;
use rig::closed_loop::{Frame, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;
use std::sync::LazyLock;

/// Runs flown; the first is number 1, for run 0 has no dispersions.
const RUNS: u64 = 64;
/// Probability left outside the bounds, both tails together.
const OUTSIDE: f64 = 0.001;
/// Altitude of the last checkpoint, m.
const LOW_M: f64 = 200.0;

/// An error with its standard deviation; a horizontal one has two components.
#[derive(Clone, Copy, Debug)]
struct Error {
    e: [f64; 2],
    sigma: f64,
}

/// What is compared at a checkpoint.
#[derive(Clone, Copy, Debug)]
struct Sample {
    altitude: Error,
    radial: Error,
    v_up: Error,
    v_up_scalar: Error,
    horizontal: Error,
    v_horizontal: Error,
}

fn sample(stand: &Stand, frame: &Frame<'_>) -> Sample {
    assert_eq!(frame.telemetry.t, frame.sensors.t, "telemetry and bus are of one instant");
    assert_eq!(frame.telemetry.t, frame.view.t, "telemetry and facts are of one instant");
    let nav = &frame.telemetry.nav;
    let (p, v) = (frame.view.p_LB_L.si(), frame.view.v_LB_L.si());
    let up = Vector3::new(p.x, p.y, p.z + stand.site.p_ML_M.norm()).normalize();
    let forward = (v - up * v.dot(&up)).normalize();
    let right = forward.cross(&up);
    let dp = Vector3::from(nav.p_LB_L) - p;
    let dv = Vector3::from(nav.v_LB_L) - v;
    let one = |e: f64, sigma: f64| Error { e: [e, 0.0], sigma };
    let two = |d: Vector3<f64>, sigma| Error { e: [d.dot(&forward), d.dot(&right)], sigma };
    let map_m = stand.scenario.knowledge.map_sigma_m;
    let radial_m2 = nav.sigma_altitude_m * nav.sigma_altitude_m - map_m * map_m;
    Sample {
        altitude: one(nav.altitude_m - frame.view.altitude_m, nav.sigma_altitude_m),
        radial: one(dp.dot(&up), radial_m2.max(0.0).sqrt()),
        v_up: one(dv.dot(&up), nav.sigma_v_up_m_s),
        v_up_scalar: one(nav.v_up_m_s - frame.view.v_up_m_s, nav.sigma_v_up_m_s),
        horizontal: two(dp, nav.sigma_horizontal_m),
        v_horizontal: two(dv, nav.sigma_v_horizontal_m_s),
    }
}

/// One sample a run at each checkpoint.
struct Flights {
    coast: Vec<Sample>,
    gate: Vec<Sample>,
    low: Vec<Sample>,
}

static FLIGHTS: LazyLock<Flights> = LazyLock::new(|| {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/m2-nominal-from-ignition.toml");
    let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
    let one = |run: u64| {
        let (mut coast, mut gate, mut low) = (None, None, None);
        fly(&stand, run, Recording::Off, |frame| {
            let phase = frame.telemetry.phase;
            if phase < Phase::Braking {
                coast = Some(sample(&stand, frame));
            } else if phase == Phase::PitchUp && gate.is_none() {
                gate = Some(sample(&stand, frame));
            } else if gate.is_some() && frame.view.altitude_m < LOW_M && low.is_none() {
                low = Some(sample(&stand, frame));
            }
        })
        .unwrap();
        (coast.unwrap(), (gate.unwrap(), low.unwrap()))
    };
    let (coast, (gate, low)) = (1..=RUNS).into_par_iter().map(one).unzip();
    Flights { coast, gate, low }
});

/// Mean of |e|²/σ², and how it divides into the mean's part and the scatter's.
#[derive(Clone, Copy, Debug)]
struct Consistency {
    ratio: f64,
    common: f64,
    scatter: f64,
}

fn consistency(name: &str, samples: &[Sample], read: fn(&Sample) -> Error) -> Consistency {
    let n = samples.len() as f64;
    assert_eq!(samples.len() as u64, RUNS);
    let scaled = |axis: usize| {
        samples.iter().map(move |s| {
            let error = read(s);
            assert!(error.sigma > 0.0 && error.sigma.is_finite());
            error.e[axis] / error.sigma
        })
    };
    let ratio = (0..2).map(|axis| scaled(axis).map(|x| x * x).sum::<f64>()).sum::<f64>() / n;
    let common = (0..2).map(|axis| (scaled(axis).sum::<f64>() / n).powi(2)).sum::<f64>();
    let out = Consistency { ratio, common, scatter: (ratio - common) * n / (n - 1.0) };
    let rms = |f: fn(&Error) -> f64| {
        (samples.iter().map(|s| f(&read(s))).sum::<f64>() / n).sqrt()
    };
    let mean = [0, 1].map(|axis| samples.iter().map(|s| read(s).e[axis]).sum::<f64>() / n);
    println!(
        "{name:32} ratio {ratio:8.3}  common {common:8.3}  scatter {:8.3}  rms {:9.4}  mean {:9.4?}  σ {:9.4}",
        out.scatter,
        rms(|error| error.e[0] * error.e[0] + error.e[1] * error.e[1]),
        mean,
        rms(|error| error.sigma * error.sigma),
    );
    out
}

#[test]
fn measure() {
    for (name, s) in [("coast", &FLIGHTS.coast), ("gate", &FLIGHTS.gate), ("low", &FLIGHTS.low)] {
        println!("{name}");
        consistency("altitude", s, |s| s.altitude);
        if name == "coast" { consistency("radial", s, |s| s.radial); }
        consistency("v up", s, |s| s.v_up);
        consistency("v up scalar", s, |s| s.v_up_scalar);
        consistency("horizontal", s, |s| s.horizontal);
        consistency("v horizontal", s, |s| s.v_horizontal);
    }
}
