//! Scatter of the inertial unit's samples beyond its specification: noise and strays.
//!
//! As programmed: the second difference of three samples takes out what moves smoothly. Over [`BLOCK`] samples its first
//! decile is the floor beneath pulses of engines and jets, of a healthy unit √6 times its noise and more where the machine
//! shakes all the time; noise lifts the floor of every block alike. A stray is one sample off both its neighbours, which
//! agree: pulses turn the rate for good, so that gyros show none; of the accelerometers the two axes across the thrust
//! are looked at.
//! Refuses: samples after the feet touched or after the lander got out of control; noise that grows.

use super::exact::{Found, flag, ln_begins, ln_ends, some, unit};
use super::samples::{Sample, TRIADS, fine};
use crate::motion::ln_sum_exp;
use crate::prior::{self, SIGMA_LN};
use crate::replayed::Replayed;
use icd::bus::LEGS;
use truth::vehicle::Imu;

/// Samples of a block.
const BLOCK: usize = 100;
/// First decile of |x| of a standard normal deviate.
const DECILE: f64 = 0.125_66;
/// Scatter of the logarithm of a decile of 100 to 300 numbers that hang together.
const FLOOR_SIGMA: f64 = 0.25;
/// A block in which the machine shakes: share of them, and how much higher in logarithm its floor lies; assumed.
const SHAKEN: (f64, f64) = (0.5, 1.5);
/// Medians of rate, rad/s, and force, m/s², below which the machine coasts; assumed.
const COAST: [f64; TRIADS] = [0.02, 0.3];
/// Those above which it is out of control, and scatter means nothing.
const TUMBLING: [f64; TRIADS] = [0.3, 8.0];
/// Under thrust pulses lift the floor by up to this, in logarithm, always much alike; seen 1.3 to 2.4 on healthy flights,
/// and 3.1 at the most on others.
const PULSED: f64 = 3.3;
/// Most that one block can say either way, nats: neighbours are alike.
const BLOCK_MOST: f64 = 3.0;
/// A stray is so many times the noise off its neighbours at least, and so much at least, rad/s and m/s²; assumed: above what
/// a pulse within one cycle does across the thrust.
const STRAY: ([f64; TRIADS], f64) = ([2.5e-3, 0.25], 12.0);
/// Its neighbours agree within this share of it.
const AGREE: f64 = 0.2;
/// A healthy unit shows a stray with this probability a sample; assumed.
const NATURAL: f64 = 1e-5;
const NAMES: [&str; TRIADS] = ["gyros", "accelerometers"];

/// Whether a kind is one of how samples scatter.
pub fn of_scatter(kind: &str) -> bool {
    matches!(kind, "noise" | "outliers")
}

/// Noise and strays of both triads; `nothing` marks samples that mean nothing, `closed` the switches that are, a row for
/// each sample.
pub fn scatter(
    samples: &[Sample],
    imu: &Imu,
    replayed: &Replayed,
    closed: &[[bool; LEGS]],
    nothing: &[Vec<bool>; TRIADS],
) -> Vec<Found> {
    let fine = fine(imu);
    let end = flying(samples, replayed, closed);
    let samples = samples.get(..end).unwrap_or(samples);
    let mut out = Vec::new();
    for triad in 0..TRIADS {
        out.extend(noise(samples, triad, fine[triad], &nothing[triad]));
        out.extend(strays(samples, triad, fine[triad], &nothing[triad]));
    }
    out
}

/// Samples before the feet touch, before the last of all, which a fall may end in, and before the lander tumbles. Two
/// switches that close together are the ground; one may be stuck.
fn flying(samples: &[Sample], replayed: &Replayed, closed: &[[bool; LEGS]]) -> usize {
    let touched = replayed.events.iter().find(|(_, event)| *event == icd::events::Event::Contact);
    let touched = touched.map_or(samples.len(), |(t, _)| samples.partition_point(|s| s.t < *t));
    let tumbles = samples.chunks(BLOCK).position(|block| middle(block, 0) > TUMBLING[0]);
    let tumbles = tumbles.map_or(samples.len(), |block| (block * BLOCK).saturating_sub(BLOCK));
    let two = |legs: &[bool; LEGS]| legs.iter().filter(|closed| **closed).count() > 1;
    let stands = closed.iter().position(two).unwrap_or(samples.len());
    touched.min(stands).saturating_sub(BLOCK / 10).min(tumbles)
}

/// Median over a block of a triad's largest channel.
fn middle(block: &[Sample], triad: usize) -> f64 {
    let size = |s: &Sample| s.rates[triad].iter().map(|x| x.abs()).fold(0.0, f64::max);
    let mut all: Vec<f64> = block.iter().map(size).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}

/// The floor of one block.
#[derive(Clone, Copy, Debug)]
struct Floor {
    /// ln over that of the specified noise.
    height: f64,
    /// No engine burns and nothing turns fast.
    quiet: bool,
}

/// Whether a block is one of coast: what pushes is less than [`COAST`], what turns too.
fn still(block: &[Sample]) -> bool {
    let burning = block.iter().any(|sample| sample.burning);
    !burning && middle(block, 0) < COAST[0] && middle(block, 1) < COAST[1]
}

/// Whether a block is one of a flight in control.
fn steady(block: &[Sample]) -> bool {
    middle(block, 0) < TUMBLING[0] && middle(block, 1) < TUMBLING[1]
}

/// ln of the floor's height over that of the specified noise, by block; `None` where too little can be used.
fn floors(samples: &[Sample], triad: usize, fine: f64, nothing: &[bool]) -> Vec<Option<Floor>> {
    let axes = if triad == 0 { 0..3 } else { 0..2 };
    let floor = |block: usize| -> Option<Floor> {
        let mut found = Vec::with_capacity(3 * BLOCK);
        for n in (block * BLOCK).max(1)..((block + 1) * BLOCK).min(samples.len() - 1) {
            if (n - 1..=n + 1).any(|n| nothing[n]) {
                continue;
            }
            let at = |n: usize, axis: usize| samples[n].rates[triad][axis];
            found
                .extend(axes.clone().map(|a| (at(n - 1, a) - 2.0 * at(n, a) + at(n + 1, a)).abs()));
        }
        if found.len() < BLOCK
            || !steady(&samples[block * BLOCK..((block + 1) * BLOCK).min(samples.len())])
        {
            return None;
        }
        found.sort_by(f64::total_cmp);
        let low = found[found.len() / 10];
        let height = libm::log((low / (DECILE * 6.0_f64.sqrt() * fine)).max(0.3));
        let quiet = still(&samples[block * BLOCK..((block + 1) * BLOCK).min(samples.len())]);
        Some(Floor { height, quiet })
    };
    (0..samples.len() / BLOCK).map(floor).collect()
}

/// What a block says of noise that lifts all floors by `lift`, against none.
fn score(floor: &Floor, lift: f64) -> f64 {
    let Floor { height, quiet } = *floor;
    let off = (height - lift) / FLOOR_SIGMA;
    let score = if quiet {
        ln_floor(height, lift) - ln_floor(height, 0.0)
    } else if off < -2.0 {
        -BLOCK_MOST
    } else if lift > PULSED && off < 2.0 {
        // Higher than pulses ever lift it, and just as high as this noise would.
        BLOCK_MOST * ((height.min(lift) - PULSED) / FLOOR_SIGMA).clamp(0.0, 1.0)
    } else {
        0.0
    };
    score.clamp(-BLOCK_MOST, BLOCK_MOST)
}

/// ln density of a coasting block's floor where noise lifts all floors by `lift`.
fn ln_floor(found: f64, lift: f64) -> f64 {
    let (share, scale) = SHAKEN;
    let z = (found - lift) / FLOOR_SIGMA;
    let still = libm::exp(-0.5 * z * z) / (FLOOR_SIGMA * 2.506_628_274_631);
    let above = (found - lift).max(0.0);
    let shaken = if z > -2.0 { libm::exp(-above / scale) / scale } else { 0.0 };
    libm::log((1.0 - share) * still + share * shaken + 1e-6)
}

/// Noise in one window of blocks.
fn noise(samples: &[Sample], triad: usize, fine: f64, nothing: &[bool]) -> Option<Found> {
    let on = NAMES[triad];
    let size = prior::sizes(on, "noise").into_iter().next()?;
    let floors = floors(samples, triad, fine, nothing);
    let steps = 121;
    let step = 0.05;
    let mut tried = Vec::with_capacity(steps);
    for n in 0..steps {
        let z = step * (n as f64 - 0.5 * (steps - 1) as f64);
        let sigma = size.at(z, false) * unit(on);
        let lift = 0.5 * libm::log(1.0 + sigma * sigma / (fine * fine));
        let score = |floor: &Option<Floor>| floor.as_ref().map_or(0.0, |floor| score(floor, lift));
        let (sum, from, until) = best_window(&floors.iter().map(score).collect::<Vec<f64>>())?;
        tried.push((sum - 0.5 * z * z, sigma, from, until));
    }
    let terms: Vec<f64> = tried.iter().map(|(ln, ..)| *ln).collect();
    let whole = ln_sum_exp(&terms) + libm::log(step) - 0.918_938_533_204_672_8;
    let (top, sigma, from, until) = *tried.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let near = tried.iter().filter(|(ln, ..)| *ln > top - 0.5).count() as f64;
    let (first, last) = (from * BLOCK, (until * BLOCK).min(samples.len() - 1));
    let low = if from == 0 { None } else { Some(first.saturating_sub(BLOCK)) };
    let ended = until < floors.len();
    let high = ended.then_some((last + BLOCK).min(samples.len() - 1));
    let times =
        ln_begins(samples, low, first) + ln_ends(samples, first, last.saturating_sub(1), high);
    Some(Found {
        on,
        kind: "noise",
        named: true,
        numbers: vec![(sigma, sigma * SIGMA_LN * step * near.max(2.0) * 0.5), (0.0, 0.0)],
        from: first,
        until: ended.then_some(last),
        sigma_s: if from == 0 { 0.0 } else { BLOCK as f64 * super::samples::CYCLE_S * 0.5 },
        gain: whole + times,
        shown: last - first,
        masked: Vec::new(),
        flags: 0,
    })
}

/// The stretch with the largest sum: its sum, first, one beyond the last.
fn best_window(scores: &[f64]) -> Option<(f64, usize, usize)> {
    let mut best: Option<(f64, usize, usize)> = None;
    let (mut sum, mut from) = (0.0, 0);
    for (n, score) in scores.iter().enumerate() {
        if sum <= 0.0 {
            (sum, from) = (0.0, n);
        }
        sum += score;
        if best.is_none_or(|(top, ..)| sum > top) {
            best = Some((sum, from, n + 1));
        }
    }
    best
}

/// Single samples off their neighbours.
fn strays(samples: &[Sample], triad: usize, fine: f64, nothing: &[bool]) -> Option<Found> {
    let on = NAMES[triad];
    let (least, times_noise) = STRAY;
    let least = least[triad].max(times_noise * fine);
    let axes = if triad == 0 { 0..3 } else { 0..2 };
    let stray = |n: usize, axis: usize| {
        let at = |n: usize| samples[n].rates[triad][axis];
        let off = at(n) - 0.5 * (at(n - 1) + at(n + 1));
        let agree = (at(n + 1) - at(n - 1)).abs() < AGREE * off.abs();
        (off.abs() > least && agree).then_some(off)
    };
    let mut offs = Vec::new();
    let mut at = Vec::new();
    let tumbling: Vec<bool> = samples.chunks(BLOCK).map(|block| !steady(block)).collect();
    for n in 1..samples.len().saturating_sub(1) {
        if (n - 1..=n + 1).any(|n| nothing[n]) || tumbling[n / BLOCK] {
            continue;
        }
        let own: Vec<f64> = axes.clone().filter_map(|axis| stray(n, axis)).collect();
        if !own.is_empty() {
            at.push(n);
            offs.extend(own);
        }
    }
    let (first, last) = (*at.first()?, *at.last()?);
    let sizes = prior::sizes(on, "outliers");
    let sigma = (offs.iter().map(|off| off * off).sum::<f64>() / offs.len() as f64).sqrt();
    let spread = sigma / (2.0 * offs.len() as f64).sqrt();
    let z = sizes.get(1)?.z(sigma / unit(on));
    // Size known to `spread`: its law there, times that width.
    let ln_size = -0.5 * z * z + libm::log((spread / sigma / SIGMA_LN).min(1.0));
    let natural = (-libm::log(NATURAL)).min(flag());
    let found = some(samples, on, "outliers", &at, (first, last), at.len() as f64 * natural)?;
    let numbers = vec![found.numbers.first().copied()?, (sigma, spread)];
    let gain = found.gain + ln_size;
    Some(Found { numbers, gain, ..found })
}
