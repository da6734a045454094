//! Engines that are rough: a kind whose answer is not known beforehand, only its spread.
//!
//! Owns: [`scan`]. Does not own: kinds with one answer (`scan` beside it), missed pulses (`missed`).
//! As programmed: the strength of one engine in a pulse frame, felt beyond the fitted machine, is s/J with s = vᵀ W e and
//! J = vᵀ W v, v the frame's own answer. Noise of a share σ in every cycle makes it normal with σ² Σx⁴/(Σx²)²:
//!     ln p/p₀ = −½ ln(1 + σ²κJ) + ½ σ²κ s²/(1 + σ²κJ),      κ = Σx⁴/(Σx²)².
//! Sums over frames give every beginning and end; numbers stand on a grid. Frames are those of the commands only on
//! average: a pulse frame that a new phase has moved spreads over two.

use super::body::split;
use super::fit::Fit;
use super::levels::{Series, name};
use super::scan::{DURATIONS_S, GROUP, GROUP_S, Kind, Rough, Tried};
use crate::prior::{self, DURATION_S, SHARE_FOR_GOOD, SHARE_FROM_START};

/// The numbers that are tried: so many standard deviations from the library's.
const Z: [f64; 13] = [-3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0];
const Z_STEP: f64 = 0.5;
/// Part of a frame's square that the model may be wrong by: (share of level)²; assumed, after flights without a fault of an
/// engine whose lander swayed.
const FLOOR2: f64 = 1e-4;

/// One frame of one engine.
#[derive(Clone, Copy, Default)]
struct Frame {
    along: f64,
    square: f64,
    kappa: f64,
}

fn frames(fit: &Fit, thruster: usize, own: &Series) -> Vec<Frame> {
    let one = |at: usize| {
        let mut frame = Frame::default();
        let (mut two, mut four) = (0.0, 0.0);
        for k in at..at + GROUP {
            let (x, u) = (own.level[k], own.turning[k]);
            if x == 0.0 && u == 0.0 || fit.w[k].min() <= 0.0 {
                continue;
            }
            let v = split(fit.answer(k, thruster), x, u);
            frame.along += v.dot(&fit.we[k]);
            frame.square += v.component_mul(&fit.w[k]).dot(&v);
            (two, four) = (two + x * x, four + x * x * x * x);
        }
        frame.kappa = if two > 0.0 { four / (two * two) } else { 0.0 };
        // What the model itself may be wrong by softens both.
        let soft = 1.0 + FLOOR2 * frame.square;
        (frame.along, frame.square) = (frame.along / soft, frame.square / soft);
        frame
    };
    let last = own.level.len().saturating_sub(GROUP);
    (0..last).step_by(GROUP).map(one).collect()
}

/// ln p of the frames under a noise, less that of none.
fn worth(frames: &[Frame], sigma: f64) -> Vec<f64> {
    let one = |frame: &Frame| {
        if frame.square <= 0.0 {
            return 0.0;
        }
        let spread = sigma * sigma * frame.kappa * frame.square;
        0.5 * (frame.along * frame.along / frame.square * spread / (1.0 + spread))
            - 0.5 * libm::log1p(spread)
    };
    frames.iter().map(one).collect()
}

/// The best window of sums: from, until and worth with the prior of its times.
pub(super) fn window(worths: &[f64], flight_s: f64) -> (usize, Option<usize>, f64, f64) {
    let mut sums = Vec::with_capacity(worths.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for worth in worths {
        sum += worth;
        sums.push(sum);
    }
    let last = worths.len();
    let from = |from: usize| match from {
        0 => libm::log(SHARE_FROM_START),
        _ => libm::log((1.0 - SHARE_FROM_START) * GROUP_S / flight_s),
    };
    let mut best = (0, None, f64::NEG_INFINITY, 0.0);
    for begin in 0..last {
        let total = sums[last] - sums[begin] + from(begin) + libm::log(SHARE_FOR_GOOD);
        if total > best.2 {
            best = (begin, None, total, sums[last] - sums[begin]);
        }
    }
    for begin in (0..last).step_by(2) {
        for duration_s in DURATIONS_S {
            let end = begin + (duration_s / GROUP_S) as usize;
            if end >= last {
                break;
            }
            let density = GROUP_S / (duration_s * libm::log(DURATION_S.1 / DURATION_S.0));
            let prior = from(begin) + libm::log((1.0 - SHARE_FOR_GOOD) * density);
            let own = sums[end] - sums[begin];
            if own + prior > best.2 {
                best = (begin, Some(end), own + prior, own);
            }
        }
    }
    best
}

/// Noise of one engine.
pub(super) fn scan(fit: &Fit, series: &[Series], thruster: usize) -> Option<Tried> {
    let own = series.get(thruster).filter(|own| own.level.len() > 20 * GROUP)?;
    let frames = frames(fit, thruster, own);
    let flight_s = own.level.len() as f64 * 0.02;
    let size = prior::sizes(&name(thruster), "noise").into_iter().next()?;
    let mut weighed: Vec<(f64, Tried)> = Vec::new();
    for z in Z {
        let x = size.at(z, false);
        let (from, until, total, at_best) = window(&worth(&frames, x), flight_s);
        let prior = libm::log(Z_STEP) - 0.5 * z * z - 0.5 * libm::log(core::f64::consts::TAU);
        let gain = total + prior;
        let rough = Rough::Noise(x);
        weighed.push((gain, tried(thruster, rough, (from, until), at_best, gain)));
    }
    let best = weighed.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let sum: f64 = weighed.iter().map(|(gain, _)| libm::exp(gain - best.0)).sum();
    let x = best.1.kind.number()?;
    let mut out = best.1;
    out.occam += libm::log(sum);
    out.sigma = 0.3 * x;
    (out.at_best > 1.0).then_some(out)
}

/// A rough engine in a window; `gain`: with the prior of its times and number.
pub(super) fn tried(
    thruster: usize,
    rough: Rough,
    (from, until): (usize, Option<usize>),
    at_best: f64,
    gain: f64,
) -> Tried {
    Tried {
        thruster,
        kind: Kind::Rough(rough),
        sigma: 0.0,
        from_s: from as f64 * GROUP_S,
        from_sigma_s: if from == 0 { 0.0 } else { 0.5 },
        until_s: until.map(|until| until as f64 * GROUP_S),
        at_best,
        occam: gain - at_best,
    }
}
