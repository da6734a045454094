//! How a device's values scatter: noise and outliers.
//!
//! Owns: [`Scatter`] (differences of neighbouring readings), [`parts`]. Does not own: expected values (`expected`), exact
//! patterns (`exact`).
//! A slow error (a bias, a drift, a wrong trajectory) is not looked at here: of three neighbouring readings the middle one is
//! compared with the line through the others,
//!     d = r₁ − (w₀ r₀ + w₂ r₂),     var d = σ₁² + w₀² σ₀² + w₂² σ₂²,
//! each reading used once, so that the differences are independent.
//! As programmed: with nothing wrong d is normal, and once in a hundred anything (terrain's edges, a wrong match), evenly
//! by its logarithm. How rough the ground is below what the map shows, or how far a device's noise is from the specified, is
//! integrated over as far without a fault as with one. Noise of σ adds σ² (1 + w₀² + w₂²); outliers add σ² of each reading
//! that is hit, all eight cases summed.
//! Refuses: noise that grows, correlated noise.

use super::part::{
    Clock, Fit, Nothing, Part, VALUES, fitted, flexible, ln_normal, sound, stretches,
};
use super::window::{ln_add, ln_sum};
use crate::finding::{Device, Grade, Seen};
use crate::library::LN_LOOKS;
use icd::time::{Span, Time};

/// How often a healthy difference is anything. Assumed.
const STRAY: f64 = 0.01;
/// Longest time between the first and the third of three readings, in periods.
const SPAN: i64 = 8;
/// Fewest differences that say anything.
const FEWEST: usize = 3;

/// One reading to compare with its neighbours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// When it was taken.
    pub taken: Time,
    /// Place in `Evidence::cycles`.
    pub place: u32,
    /// Value less what was expected, SI; NaN for a channel that says nothing.
    pub error: [f64; 3],
    /// Specified standard deviation.
    pub sigma: [f64; 3],
    /// What the ground adds for a roughness of one, same unit.
    pub rough: f64,
    /// Belongs to a stretch without gaps.
    pub stretch: u32,
}

/// One middle reading against its neighbours.
#[derive(Clone, Copy, Debug)]
struct Difference {
    t: Time,
    /// Places in `Evidence::cycles` of the three.
    places: [u32; 3],
    d: [f64; 3],
    /// Variance by the specification, and that of the ground for a roughness of one.
    variance: [f64; 3],
    rough2: f64,
    /// Squares of the weights of the three.
    weights: [f64; 3],
}

/// All differences of a device.
pub(crate) struct Scatter {
    device: Device,
    clock: Clock,
    differences: Vec<Difference>,
    /// Factor on the specified noise and roughness of the ground, with ln of its probability.
    unknowns: Vec<(f64, f64, f64)>,
    /// No healthy value is further off than this.
    extent: f64,
}

/// Unknown factors on the noise, and roughness of the ground; assumed.
fn unknowns(device: Device) -> Vec<(f64, f64, f64)> {
    let roughs: &[(f64, f64)] = match device {
        Device::Rangefinder | Device::RadarAltimeter => {
            &[(0.3, 0.15), (1.0, 0.3), (2.0, 0.25), (4.0, 0.2), (8.0, 0.08), (16.0, 0.02)]
        }
        _ => &[(0.0, 1.0)],
    };
    let factors: &[(f64, f64)] = match device {
        Device::Rangefinder => &[(1.0, 1.0)],
        Device::StarTracker => &[(1.0, 0.6), (1.2, 0.4)],
        _ => &[(1.0, 0.4), (1.3, 0.3), (1.8, 0.2), (3.0, 0.1)],
    };
    let pair = |(factor, p): &(f64, f64)| {
        let (factor, p) = (*factor, *p);
        roughs.iter().map(move |(rough, q)| (factor, *rough, libm::log(p * q)))
    };
    factors.iter().flat_map(pair).collect()
}

fn extent(device: Device) -> f64 {
    match device {
        Device::Rangefinder | Device::RadarAltimeter => 1e4,
        Device::StarTracker => 1.0,
        Device::Camera => 1e3,
        _ => 500.0,
    }
}

/// One of a kind's numbers in SI: the star tracker's are in degrees.
fn si(device: Device, value: f64) -> f64 {
    if device == Device::StarTracker { value.to_radians() } else { value }
}

impl Scatter {
    /// Differences of readings, ascending in time.
    pub fn new(device: Device, over: (Time, Time), period: Span, readings: &[Reading]) -> Self {
        let mut differences = Vec::new();
        let mut k = 0;
        while k + 2 < readings.len() {
            let three = [readings[k], readings[k + 1], readings[k + 2]];
            let span = three[2].taken - three[0].taken;
            let together = three.iter().all(|reading| reading.stretch == three[0].stretch);
            if span.ns() > SPAN * period.ns() || span.ns() <= 0 || !together {
                k += 1;
                continue;
            }
            differences.push(difference(&three));
            k += 3;
        }
        let clock = Clock::new(over, differences.iter().map(|difference| difference.t));
        Self { device, clock, differences, unknowns: unknowns(device), extent: extent(device) }
    }

    /// ln of the density of a difference whose variance is enlarged by `more` in each channel.
    fn ln_density(&self, difference: &Difference, (factor, rough): (f64, f64), more: f64) -> f64 {
        let (mut normal, mut stray, mut any) = (0.0, 0.0, false);
        for (d, variance) in difference.d.iter().zip(difference.variance) {
            if d.is_nan() {
                continue;
            }
            any = true;
            let variance = variance * factor * factor + difference.rough2 * rough * rough + more;
            let sigma = f64::max(variance, 1e-18).sqrt();
            normal += ln_normal(d / sigma) - libm::log(sigma);
            let range = libm::log((self.extent + sigma) / sigma);
            stray -= libm::log(2.0 * range * (d.abs() + sigma));
        }
        if !any {
            return 0.0;
        }
        ln_add(libm::log(1.0 - STRAY) + normal, libm::log(STRAY) + stray)
    }

    fn healthy(&self, difference: &Difference, j: usize) -> f64 {
        let (factor, rough, _) = self.unknowns[j];
        self.ln_density(difference, (factor, rough), 0.0)
    }

    fn noisy(&self, difference: &Difference, j: usize, sigma: f64) -> f64 {
        let (factor, rough, _) = self.unknowns[j];
        let weights: f64 = difference.weights.iter().sum();
        self.ln_density(difference, (factor, rough), weights * sigma * sigma)
    }

    fn strewn(&self, difference: &Difference, j: usize, (share, sigma): (f64, f64)) -> f64 {
        let (factor, rough, _) = self.unknowns[j];
        let [w0, w1, w2] = difference.weights;
        let one = |case: u32| {
            let hit = |n: u32| f64::from(case >> n & 1);
            let weight = hit(0) * w0 + hit(1) * w1 + hit(2) * w2;
            let n = case.count_ones();
            let chance = libm::pow(share, f64::from(n)) * libm::pow(1.0 - share, f64::from(3 - n));
            libm::log(chance.max(1e-300))
                + self.ln_density(difference, (factor, rough), weight * sigma * sigma)
        };
        ln_sum((0..8).map(one))
    }

    fn nothing(&self) -> Nothing {
        let one = |(j, (_, _, ln_weight)): (usize, &(f64, f64, f64))| {
            (*ln_weight, self.differences.iter().map(|d| self.healthy(d, j)).collect())
        };
        Nothing::new(self.unknowns.iter().enumerate().map(one))
    }

    /// ln of the evidence of nothing more than what the readings are specified to scatter by.
    pub fn ln_evidence(&self) -> f64 {
        self.nothing().ln_evidence()
    }

    /// Typical size of a difference over its specified one.
    pub fn spread(&self) -> f64 {
        let ratio = |difference: &Difference| {
            let channels = difference.d.iter().zip(difference.variance);
            let known = channels.filter(|(d, _)| !d.is_nan());
            known
                .map(|(d, variance)| d.abs() / f64::max(variance, 1e-18).sqrt())
                .fold(0.0, f64::max)
        };
        let mut ratios: Vec<f64> = self.differences.iter().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).map_or(1.0, |median| median / 0.6745)
    }

    /// Places in `Evidence::cycles` of readings that may be the ones that make their three differ by more than `sigmas` of
    /// the noise specified; where most threes do, of all `readings` but those of the others.
    pub fn strays(&self, readings: &[Reading], rough: f64, sigmas: f64) -> Vec<u32> {
        let off = |difference: &Difference| {
            difference.d.iter().zip(difference.variance).any(|(d, variance)| {
                d.abs() > sigmas * (variance + rough * rough * difference.rough2).sqrt()
            })
        };
        let (off, sound): (Vec<&Difference>, Vec<&Difference>) =
            self.differences.iter().partition(|difference| off(difference));
        if off.len() <= sound.len() {
            return off.iter().flat_map(|difference| difference.places).collect();
        }
        let sound: Vec<u32> = sound.iter().flat_map(|difference| difference.places).collect();
        let rest = readings.iter().map(|reading| reading.place);
        rest.filter(|place| !sound.contains(place)).collect()
    }
}

fn difference(three: &[Reading; 3]) -> Difference {
    let [first, middle, last] = three;
    let span_s = (last.taken - first.taken).s();
    let w0 = (last.taken - middle.taken).s() / span_s;
    let w2 = 1.0 - w0;
    let weights = [w0 * w0, 1.0, w2 * w2];
    let d = core::array::from_fn(|n| middle.error[n] - (w0 * first.error[n] + w2 * last.error[n]));
    let variance = core::array::from_fn(|n| {
        let sigmas = [first.sigma[n], middle.sigma[n], last.sigma[n]];
        sigmas.iter().zip(weights).map(|(sigma, weight)| sigma * sigma * weight).sum()
    });
    let roughs = [first.rough, middle.rough, last.rough];
    let rough2 = roughs.iter().zip(weights).map(|(rough, weight)| rough * rough * weight).sum();
    Difference {
        t: middle.taken,
        places: [first, middle, last].map(|reading| reading.place),
        d,
        variance,
        rough2,
        weights,
    }
}

/// Noise, outliers and something else, each with its gain.
pub(crate) fn parts(scatter: &Scatter) -> Vec<Part> {
    if scatter.differences.len() < FEWEST {
        return Vec::new();
    }
    let (device, name) = (scatter.device, scatter.device.name());
    let nothing = scatter.nothing();
    let axis = &scatter.clock.axis;
    let base = nothing.ln_evidence();
    let noise = fitted(name, "noise", |numbers| {
        let sigma = si(device, numbers.first().copied().unwrap_or(0.0));
        nothing.instead(axis, 1, |j, k| scatter.noisy(&scatter.differences[k], j, sigma))
    });
    nothing.ln_evidence();
    let outliers = fitted(name, "outliers", |numbers| {
        let share = numbers.first().copied().unwrap_or(0.0);
        let sigma = si(device, numbers.get(1).copied().unwrap_or(0.0));
        nothing.instead(axis, 1, |j, k| scatter.strewn(&scatter.differences[k], j, (share, sigma)))
    });
    let spread = scatter.spread();
    let part = |kind: &'static str, fit: Fit| {
        let (from, until) = scatter.clock.window(&fit.acting);
        let text = format!(
            "Neighbouring values of the {name} differ by {spread:.1} times what its specified noise allows, by the \
             median of {} differences.",
            scatter.differences.len()
        );
        let seen = vec![Seen { t: Some(from.0), grade: Grade::Derived, text }];
        let gain = fit.ln_evidence - base;
        let numbers = fit.numbers;
        Part { kind: Some(kind), aspects: VALUES, gain, numbers, from, until, seen }
    };
    let unknown = unknown(scatter, base);
    vec![part("noise", noise), part("outliers", outliers), unknown]
}

/// Something that the library does not hold: a scatter of its own in each of some stretches.
fn unknown(scatter: &Scatter, base: f64) -> Part {
    let mut all = f64::NEG_INFINITY;
    for (j, (_, _, ln_weight)) in scatter.unknowns.iter().enumerate() {
        let healthy: Vec<f64> = scatter.differences.iter().map(|d| scatter.healthy(d, j)).collect();
        let free = stretches(&healthy, |within| {
            let own = &scatter.differences[within];
            // Eleven sizes a factor of two apart, from the specified noise on.
            let typical = own.first().map_or(1e-9, |d| d.variance[0].max(1e-18).sqrt());
            let noisy = |n: i32| -> f64 {
                let sigma = typical * libm::ldexp(1.0, n);
                own.iter().map(|d| scatter.noisy(d, j, sigma)).sum()
            };
            ln_sum((0..11).map(noisy)) - libm::log(11.0)
        });
        all = ln_add(all, ln_weight + free);
    }
    let ln_weights: Vec<f64> = scatter.unknowns.iter().map(|(_, _, weight)| *weight).collect();
    let ln = |j: usize, k: usize| scatter.healthy(&scatter.differences[k], j);
    let base = sound(&ln_weights, scatter.differences.len(), ln).max(base);
    let text = format!(
        "The scatter of the {}'s values follows none of the failures that the library holds.",
        scatter.device.name()
    );
    Part {
        kind: None,
        aspects: VALUES,
        gain: flexible(all - base - LN_LOOKS),
        numbers: Vec::new(),
        from: (scatter.clock.over.0, 0.0),
        until: None,
        seen: vec![Seen { t: None, grade: Grade::Derived, text }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings a second apart with these errors, deviations of one.
    fn readings(errors: &[f64]) -> Vec<Reading> {
        let one = |(n, error): (usize, &f64)| Reading {
            taken: Time::from_tai_ns(0) + Span::from_s(n as f64),
            place: n as u32,
            error: [*error, f64::NAN, f64::NAN],
            sigma: [1.0; 3],
            rough: 0.0,
            stretch: 0,
        };
        errors.iter().enumerate().map(one).collect()
    }

    fn strays(errors: &[f64]) -> Vec<u32> {
        let readings = readings(errors);
        let over = (readings[0].taken, readings[errors.len() - 1].taken);
        let scatter = Scatter::new(Device::StarTracker, over, Span::from_s(1.0), &readings);
        scatter.strays(&readings, 0.0, 5.0)
    }

    #[test]
    fn any_of_three_that_differ_may_be_the_stray() {
        let mut errors = [0.0; 31];
        errors[9] = 50.0; // the first of three
        errors[13] = -50.0; // the middle of three
        assert_eq!(strays(&errors), [9, 10, 11, 12, 13, 14]);
    }

    #[test]
    fn where_most_stray_those_never_compared_do_too() {
        let mut errors: Vec<f64> = (0..32).map(|n| f64::from(n * n * 100)).collect();
        errors[6..9].fill(0.0);
        let all = (0..32).filter(|n| !(6..9).contains(n));
        assert_eq!(strays(&errors), all.collect::<Vec<u32>>());
    }
}
