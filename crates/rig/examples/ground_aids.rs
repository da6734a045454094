//! How well radar altimeter and camera stand in for a dead rangefinder: errors against their own deviations.
//! `cargo run -p frigoris-rig --example ground_aids -- [RUNS [FIRST [FILE]]]`
//!
//! At each height over the ground: root mean square error, root mean square deviation and the mean of e²/σ²,
//! for altitude, vertical speed and the horizontal place over the target (two components, their sum's mean).
//! For the sensors themselves: the mean square of innovation over deviation, of the radar's pulses and of each
//! frame's landmark that fits worst of those fused.

use icd::tm::{Innovation, Outcome, Phase};
use nalgebra::Vector3;
use rayon::prelude::*;
use rig::closed_loop::{Frame, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::verdict::Outcome as Fate;
use std::path::Path;

const HEIGHTS_M: [f64; 5] = [10_000.0, 6_000.0, 3_000.0, 1_000.0, 100.0];

/// Error and deviation of altitude, vertical speed and place.
type Sample = [(f64, f64); 3];

#[derive(Default, Clone)]
struct Run {
    samples: [Option<Sample>; HEIGHTS_M.len()],
    /// Squares of innovations over their variance, and how many: radar, camera.
    innovations: [(f64, f64); 2],
    rejected: [u32; 2],
    fused: [u32; 2],
    landed: bool,
    miss_m: f64,
    fate: String,
}

fn sample(stand: &Stand, frame: &Frame<'_>) -> Sample {
    let nav = &frame.telemetry.nav;
    let (p, v) = (frame.view.p_LB_L.si(), frame.view.v_LB_L.si());
    let up = Vector3::new(p.x, p.y, p.z + stand.site.p_ML_M.norm()).normalize();
    let dp = Vector3::from(nav.p_LB_L) - p;
    let dv = Vector3::from(nav.v_LB_L) - v;
    let level = dp - up * dp.dot(&up);
    [
        (nav.altitude_m - frame.view.altitude_m, nav.sigma_altitude_m),
        (dv.dot(&up), nav.sigma_v_up_m_s),
        (level.norm(), nav.sigma_horizontal_m),
    ]
}

fn one(stand: &Stand, run: u64) -> Run {
    let mut out = Run::default();
    let mut last = [0, 0];
    let flown = fly(stand, run, Recording::Full, |frame| {
        if frame.telemetry.phase < Phase::Braking {
            return;
        }
        for (slot, height_m) in out.samples.iter_mut().zip(HEIGHTS_M) {
            if slot.is_none() && frame.view.altitude_m < height_m {
                *slot = Some(sample(stand, frame));
            }
        }
        let lines: [&Innovation; 2] = [&frame.telemetry.radar_altimeter, &frame.telemetry.camera];
        for (k, line) in lines.into_iter().enumerate() {
            let count = line.fused + line.rejected;
            if count != last[k] && line.outcome == Outcome::Fused {
                let z = line.nu / line.sigma;
                out.innovations[k].0 += z * z;
                out.innovations[k].1 += 1.0;
            }
            last[k] = count;
            (out.fused[k], out.rejected[k]) = (line.fused, line.rejected);
        }
    });
    if let Ok(flown) = flown {
        out.landed = flown.judgement.outcome == Fate::Landed;
        out.fate = format!("{:?}", flown.judgement.outcome);
        out.miss_m = flown.measures.miss_m.unwrap_or(f64::NAN);
    }
    out
}

fn table(name: &str, runs: &[Run]) {
    let landed = runs.iter().filter(|run| run.landed).count();
    let miss = runs.iter().map(|run| run.miss_m).fold(0.0, f64::max);
    println!("{name}: {landed} of {} landed, largest miss {miss:.0} m", runs.len());
    for (run, lost) in runs.iter().enumerate().filter(|(_, run)| !run.landed) {
        println!("    number {run} in the list: {}", lost.fate);
    }
    for (k, height_m) in HEIGHTS_M.iter().enumerate() {
        let all: Vec<Sample> = runs.iter().filter_map(|run| run.samples[k]).collect();
        let n = all.len() as f64;
        print!("{height_m:8.0} m {:4} runs", all.len());
        for (q, label) in ["altitude", "v_up", "place"].iter().enumerate() {
            let mean = |f: &dyn Fn((f64, f64)) -> f64| all.iter().map(|s| f(s[q])).sum::<f64>() / n;
            let error = mean(&|(e, _)| e * e).sqrt();
            let sigma = mean(&|(_, s)| s * s).sqrt();
            let bias = mean(&|(e, _)| e);
            let ratio = mean(&|(e, s)| (e / s).powi(2));
            print!(" | {label}: rms {error:8.3} mean {bias:8.3} σ {sigma:8.3} e²/σ² {ratio:6.2}");
        }
        println!();
    }
    for (k, label) in ["radar", "camera"].iter().enumerate() {
        let (squares, count) = runs
            .iter()
            .fold((0.0, 0.0), |a, r| (a.0 + r.innovations[k].0, a.1 + r.innovations[k].1));
        let fused: u32 = runs.iter().map(|run| run.fused[k]).sum();
        let rejected: u32 = runs.iter().map(|run| run.rejected[k]).sum();
        println!(
            "    {label}: ν²/S {:.2} of {count:.0} shown; {fused} fused, {rejected} rejected",
            squares / count
        );
    }
}

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |i: usize, other: u64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(other);
    let file = arguments.get(2).map_or("scenarios/m2-dead-rangefinder.toml", String::as_str);
    let (runs, first) = (number(0, 30), number(1, 1));
    for (name, radar, camera) in
        [("radar alone", true, false), ("camera alone", false, true), ("both", true, true)]
    {
        let mut scenario = Scenario::read(Path::new(file))?;
        scenario.flight.radar_altimeter = radar;
        scenario.flight.camera = camera;
        let stand = Stand::new(scenario)?;
        let flown: Vec<Run> =
            (first..first + runs).into_par_iter().map(|run| one(&stand, run)).collect();
        table(name, &flown);
    }
    Ok(())
}
