//! Exact patterns of the inertial unit: zeros, repetition, a flag, a limit.
//!
//! As programmed: a fault that makes every sample of a window what a healthy unit hardly ever gives gains the sum of −ln of
//! that probability, and pays for the window: ½ for the start or ½ · 20 ms/flight for a sample, ½ for lasting or ½ · the law
//! of durations. Lost samples come with a probability that is integrated over its law.

use super::samples::{CYCLE_S, Sample, TRIADS};
use crate::motion::ln_sum_exp;
use crate::prior::{self, DURATION_S, SHARE_FOR_GOOD, SHARE_FROM_START, SIGMA_LN};

/// A healthy unit raises a flag with this probability a sample; assumed.
const FLAG: f64 = 1e-6;
/// Most that an exact pattern can say, nats.
pub const CERTAIN: f64 = 2000.0;
/// The last samples of a flight, which an impact ends, say nothing of an end.
const EDGE: usize = 10;
/// Least number of samples at a limit.
const CLIPPED: usize = 3;
/// A limit this near the unit's own is the unit's own.
const OWN_LIMIT: f64 = 0.98;
/// A clipped value is known this well, as a share.
const CLIP: f64 = 1e-3;

/// Which part of the unit: its triads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// As the library names it.
    pub on: &'static str,
    /// Which triads.
    pub triads: [bool; TRIADS],
}

/// The unit and its two halves.
pub const PARTS: [Part; 3] = [
    Part { on: "imu", triads: [true, true] },
    Part { on: "gyros", triads: [true, false] },
    Part { on: "accelerometers", triads: [false, true] },
];

/// One kind of fault as it fits.
#[derive(Clone, Debug)]
pub struct Found {
    /// Part of the unit.
    pub on: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Whether it is said to be that; else it is something that looks so and that the library does not hold.
    pub named: bool,
    /// Its numbers in SI, with standard deviations.
    pub numbers: Vec<(f64, f64)>,
    /// First sample, and last when it ended.
    pub from: usize,
    /// See `from`.
    pub until: Option<usize>,
    /// Standard deviation of the beginning, s.
    pub sigma_s: f64,
    /// ln of the evidence.
    pub gain: f64,
    /// How many samples show it.
    pub shown: usize,
    /// Samples that mean nothing.
    pub masked: Vec<usize>,
    /// Flags that it explains.
    pub flags: usize,
}

impl Part {
    fn all(&self, flags: &[bool; TRIADS]) -> bool {
        self.triads.iter().zip(flags).all(|(own, flag)| !own || *flag)
    }

    fn sum(&self, values: &[f64; TRIADS]) -> f64 {
        self.triads.iter().zip(values).filter(|(own, _)| **own).map(|(_, value)| value).sum()
    }
}

/// −ln of the flag's probability.
pub fn flag() -> f64 {
    -libm::log(FLAG)
}

/// ln of the law of beginnings between two samples (`low` < beginning ≤ `high`), the start included where `low` is none.
pub fn ln_begins(samples: &[Sample], low: Option<usize>, high: usize) -> f64 {
    let flight_s = samples.last().map_or(1.0, |sample| sample.t_s).max(CYCLE_S);
    let start = if low.is_none() { SHARE_FROM_START } else { 0.0 };
    let width_s = samples[high].t_s - low.map_or(0.0, |low| samples[low].t_s);
    libm::log(start + (1.0 - SHARE_FROM_START) * (width_s / flight_s).clamp(1e-9, 1.0))
}

/// ln of the law of ends between two samples (`low` < end ≤ `high`) of what began at `from`; `high` none: may last.
pub fn ln_ends(samples: &[Sample], from: usize, low: usize, high: Option<usize>) -> f64 {
    let (least_s, longest_s) = DURATION_S;
    let age = |n: usize| (samples[n].t_s - samples[from].t_s + CYCLE_S).clamp(least_s, longest_s);
    let low_s = (age(low) - 0.5 * CYCLE_S).max(least_s);
    let high_s = high.map_or(longest_s, age).max(low_s * 1.001);
    let ended = libm::log(high_s / low_s) / libm::log(longest_s / least_s);
    let lasts = if high.is_none() { SHARE_FOR_GOOD } else { 0.0 };
    libm::log(lasts + (1.0 - SHARE_FOR_GOOD) * ended)
}

/// Everything exact that a part of the unit shows.
pub fn exact(
    samples: &[Sample],
    part: Part,
    ln_same: &[f64; TRIADS],
    limits: [f64; 2],
) -> Vec<Found> {
    if samples.len() < 2 {
        return Vec::new();
    }
    let zero = |sample: &Sample| part.all(&sample.zero);
    let ln_zero = |sample: &Sample| part.sum(&sample.ln_zero);
    let same = |sample: &Sample| {
        part.sum(&[0, 1].map(|n| if sample.zero[n] { sample.ln_zero[n] } else { ln_same[n] }))
    };
    let mut out = Vec::new();
    let mut run = |kind, flags, weight: &dyn Fn(&Sample) -> Option<f64>| {
        out.extend(longest(samples, part, kind, flags, weight));
    };
    run("not_enabled", false, &|s| (zero(s) && s.healthy).then(|| -ln_zero(s)));
    run("dead", true, &|s| (zero(s) && !s.healthy).then(|| flag() - ln_zero(s)));
    // A zero of an unfit unit is as probable as one of a healthy one.
    run("unfit", true, &|s| (!s.healthy).then(flag));
    // At its own limit a healthy unit repeats itself.
    let full = |s: &Sample| {
        let top = |n: usize| s.rates[n].iter().any(|x| x.abs() > OWN_LIMIT * limits[n]);
        part.all(&[top(0), top(1)])
    };
    run("stuck", false, &|s| (part.all(&s.same) && s.healthy && !full(s)).then(|| -same(s)));
    out.extend(dropout(samples, part));
    if part.on != "imu" {
        let triad = usize::from(part.on == "accelerometers");
        out.extend(clipped(samples, part, triad, limits[triad]));
    }
    out
}

/// The run of samples that weighs most, as a fault that makes every sample so.
fn longest(
    samples: &[Sample],
    part: Part,
    kind: &'static str,
    flags: bool,
    weight: &dyn Fn(&Sample) -> Option<f64>,
) -> Option<Found> {
    let mut best: Option<(f64, usize, usize)> = None;
    let mut run: Option<(f64, usize)> = None;
    for (n, sample) in samples.iter().enumerate() {
        run = weight(sample).map(|own| match run {
            Some((sum, from)) => (sum + own, from),
            None => (own, n),
        });
        if let Some((sum, from)) = run
            && best.is_none_or(|(top, ..)| sum > top)
        {
            best = Some((sum, from, n));
        }
    }
    let (sum, from, last) = best?;
    // What sticks repeats a sample from before; the first one of all cannot be told.
    let low = from.checked_sub(if kind == "stuck" { 2 } else { 1 });
    let low = if from == 0 || (kind == "stuck" && from == 1) { None } else { low.or(Some(0)) };
    let until = (last + EDGE < samples.len()).then_some(last + 1);
    let times = ln_begins(samples, low, from) + ln_ends(samples, from, last, until);
    let from = if low.is_none() { 0 } else { from };
    Some(Found {
        on: part.on,
        kind,
        named: true,
        numbers: Vec::new(),
        from,
        until,
        sigma_s: 0.0,
        gain: sum + times,
        shown: last + 1 - from,
        masked: if kind == "unfit" { Vec::new() } else { (from..=last).collect() },
        flags: if flags { last + 1 - from } else { 0 },
    })
}

/// ln ∫ pᵏ(1 − p)ⁿ⁻ᵏ over the law of a kind's probability, with its mean and standard deviation.
pub fn ln_binomial(on: &str, kind: &str, k: usize, n: usize) -> Option<(f64, f64, f64)> {
    let sizes = prior::sizes(on, kind);
    let size = sizes.iter().find(|size| size.key == "probability")?;
    let step = 0.02;
    let count = 500;
    let mut terms = Vec::with_capacity(count);
    let (hits, misses) = (k as f64, (n - k.min(n)) as f64);
    for m in 0..count {
        let z = step * (m as f64 - 0.5 * count as f64);
        let p = size.at(z, false);
        let ln = hits * libm::log(p) + misses * libm::log(1.0 - p) - 0.5 * z * z;
        terms.push((ln, p));
    }
    let all: Vec<f64> = terms.iter().map(|(ln, _)| *ln).collect();
    let whole = ln_sum_exp(&all);
    let weight = |(ln, _): &(f64, f64)| libm::exp(ln - whole);
    let mean: f64 = terms.iter().map(|term| weight(term) * term.1).sum();
    let square: f64 =
        terms.iter().map(|term| weight(term) * (term.1 - mean) * (term.1 - mean)).sum();
    Some((whole + libm::log(step) - 0.918_938_533_204_672_8, mean, square.sqrt()))
}

/// Some samples lost: zeros, and the unit not healthy.
fn dropout(samples: &[Sample], part: Part) -> Option<Found> {
    let lost = |sample: &Sample| part.all(&sample.zero) && !sample.healthy;
    let at: Vec<usize> = (0..samples.len()).filter(|n| lost(&samples[*n])).collect();
    let (first, last) = (*at.first()?, *at.last()?);
    let weight: f64 = at.iter().map(|n| flag() - part.sum(&samples[*n].ln_zero)).sum();
    some(samples, part.on, "dropout", &at, (first, last), weight)
        .map(|found| Found { flags: at.len(), ..found })
}

/// A share of the samples of a window: the four windows between start, first, last and end, each with its own share.
pub fn some(
    samples: &[Sample],
    on: &'static str,
    kind: &'static str,
    at: &[usize],
    (first, last): (usize, usize),
    weight: f64,
) -> Option<Found> {
    let end = samples.len() - 1;
    let k = at.len();
    let mut tried = Vec::new();
    for from in [0, first] {
        for until in [end, last] {
            let n = until + 1 - from;
            let (ln, p, sigma) = ln_binomial(on, kind, k, n)?;
            // Between two that show it lie some 1/p beginnings and ends that fit as well.
            let near = ((1.0 / p.max(1e-6)) as usize).max(1);
            let begins = match from {
                0 => ln_begins(samples, None, 0),
                _ => ln_begins(samples, Some(first.saturating_sub(near)), first),
            };
            let ends = match until == end {
                true => ln_ends(samples, from, end, None),
                false => ln_ends(samples, from, last, Some((last + near).min(end))),
            };
            tried.push((ln + begins + ends, from, until, p, sigma, near));
        }
    }
    let terms: Vec<f64> = tried.iter().map(|(ln, ..)| *ln).collect();
    let (_, from, until, p, sigma, near) = *tried.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Found {
        on,
        kind,
        named: true,
        numbers: vec![(p, sigma)],
        from,
        until: (until < end).then_some(until),
        sigma_s: if from == 0 { 0.0 } else { near as f64 * CYCLE_S },
        gain: weight + ln_sum_exp(&terms),
        shown: k,
        masked: at.to_vec(),
        flags: 0,
    })
}

/// Values that end at a limit below the unit's own, flagged.
fn clipped(samples: &[Sample], part: Part, triad: usize, own_limit: f64) -> Option<Found> {
    let top = |sample: &Sample| sample.rates[triad].iter().map(|x| x.abs()).fold(0.0, f64::max);
    let counts = |n: &usize| samples[*n].saturated && !samples[*n].same[triad];
    let flagged: Vec<usize> = (0..samples.len()).filter(counts).collect();
    let mut tops: Vec<f64> = flagged.iter().map(|n| top(&samples[*n])).collect();
    tops.sort_by(f64::total_cmp);
    let limit = *tops.get(tops.len() / 2)?;
    let at_limit = |n: &usize| (top(&samples[*n]) - limit).abs() <= 1e-6 * limit;
    // All axes at the limit repeat each other; where one is held that is below it, the unit repeats itself.
    let held = |n: &usize| {
        samples[*n].same[triad]
            && samples[*n].rates[triad].iter().any(|x| x.abs() < limit * (1.0 - 1e-6))
    };
    let clips = |n: &usize| samples[*n].saturated && at_limit(n) && !held(n);
    let at: Vec<usize> = (0..samples.len()).filter(clips).collect();
    if limit <= 0.0 || limit > OWN_LIMIT * own_limit || at.len() < CLIPPED {
        return None;
    }
    let (first, last) = (*at.first()?, *at.last()?);
    let beyond = |n: &usize| top(&samples[*n]) > limit * (1.0 + 1e-6);
    if (first..=last).any(|n| beyond(&n)) {
        return None; // a limit that is sometimes none
    }
    let low = (0..first).rev().find(|n| beyond(n));
    let high = (last + 1..samples.len()).find(|n| beyond(n));
    let sizes = prior::sizes(part.on, "saturation");
    let size = sizes.first()?;
    let unit = unit(part.on);
    let z = size.z(limit / unit);
    let ln_size = -0.5 * z * z + libm::log(CLIP / SIGMA_LN);
    let times =
        ln_begins(samples, low, first) + ln_ends(samples, low.map_or(0, |_| first), last, high);
    Some(Found {
        on: part.on,
        kind: "saturation",
        named: true,
        numbers: vec![(limit, limit * CLIP)],
        from: if low.is_none() { 0 } else { first },
        until: high.map(|_| last + 1),
        sigma_s: 0.0,
        gain: at.len() as f64 * flag() + ln_size + times,
        shown: at.len(),
        masked: at,
        flags: 0,
    })
}

/// One of the file's unit in SI.
pub fn unit(on: &str) -> f64 {
    if on == "gyros" { std::f64::consts::PI / 180.0 / 3600.0 } else { 1.0 }
}
