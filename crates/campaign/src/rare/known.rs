//! Problems whose probability is known, to hold the estimators against.
//!
//! Owns: a plane in the space of the inputs, two planes on opposite sides of it, a walk to one of two ends, and
//! a state that is pulled back and pushed at random; each with its probability in closed form or by quadrature
//! to more digits than any estimate has.

use super::{History, Path, Point, Problem};
use rig::random::Stream;
use std::convert::Infallible;

/// Probability that a standard normal exceeds `x`.
pub fn normal_tail(x: f64) -> f64 {
    0.5 * libm::erfc(x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The x at which a falling function reaches `p`, by bisection.
fn solve(p: f64, mut low: f64, mut high: f64, falling: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if falling(middle) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

fn event(score: f64) -> f64 {
    if score >= 0.0 { f64::INFINITY } else { score }
}

/// Beyond a plane at some distance: p = Φ(−distance), whatever the number of inputs.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    /// How many inputs.
    pub inputs: usize,
    /// Distance from the origin.
    pub distance: f64,
}

impl Plane {
    /// The plane beyond which the probability is `p`.
    pub fn of(p: f64, inputs: usize) -> Self {
        Self { inputs, distance: solve(p, 0.0, 8.0, normal_tail) }
    }
}

impl Problem for Plane {
    type Error = Infallible;

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn stepped(&self) -> bool {
        false
    }

    fn fly(&self, point: &Point) -> Result<Path, Infallible> {
        let along = point.inputs.iter().sum::<f64>() / libm::sqrt(self.inputs as f64);
        Ok(Path::at_once(event(along - self.distance)))
    }
}

/// Beyond either of two planes on opposite sides: p = Φ(−near) + Φ(−far).
#[derive(Clone, Copy, Debug)]
pub struct TwoRegions {
    /// How many inputs.
    pub inputs: usize,
    /// Distance of the nearer plane.
    pub near: f64,
    /// Distance of the other.
    pub far: f64,
}

impl TwoRegions {
    /// How much farther the second plane is: it has a third to two fifths of the probability.
    const FARTHER: f64 = 0.1;

    /// The planes beyond which the probability is `p`.
    pub fn of(p: f64, inputs: usize) -> Self {
        let both = |near: f64| normal_tail(near) + normal_tail(near + Self::FARTHER);
        let near = solve(p, 0.0, 8.0, both);
        Self { inputs, near, far: near + Self::FARTHER }
    }
}

impl Problem for TwoRegions {
    type Error = Infallible;

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn stepped(&self) -> bool {
        false
    }

    fn fly(&self, point: &Point) -> Result<Path, Infallible> {
        let along = point.inputs.first().copied().unwrap_or(0.0);
        Ok(Path::at_once(event((along - self.near).max(-along - self.far))))
    }
}

/// The noise of a history, step by step.
struct Noise<'a> {
    stream: Stream,
    history: &'a History,
    next: usize,
}

impl<'a> Noise<'a> {
    fn new(seed: u64, history: &'a History) -> Self {
        Self { stream: Stream::new(seed, history.run, "known"), history, next: 0 }
    }

    /// The stream for the step after `done` steps.
    fn after(&mut self, done: u64) -> &mut Stream {
        while let Some(fork) = self.history.forks.get(self.next).filter(|fork| fork.step <= done) {
            self.stream.rekey(fork.key);
            self.next += 1;
        }
        &mut self.stream
    }
}

/// A walk on whole numbers from 1, up or down by one, until it is at 0 or at the top: the score takes few
/// values, so every level has ties.
///
/// P(top) = (r − 1)/(rⁿ − 1), r the odds of a step down, n the top [Feller1968] XIV.2.
#[derive(Clone, Copy, Debug)]
pub struct Ruin {
    /// Seed of its noise.
    pub seed: u64,
    /// Where the event is.
    pub top: u32,
    /// Probability of a step up.
    pub up: f64,
}

impl Ruin {
    /// The walk that reaches `top` with probability `p`.
    pub fn of(p: f64, top: u32) -> Self {
        let chance = |odds: f64| (odds - 1.0) / (libm::pow(odds, f64::from(top)) - 1.0);
        let odds = solve(p, 1.0 + 1e-6, 100.0, chance);
        Self { seed: 0, top, up: 1.0 / (1.0 + odds) }
    }
}

impl Problem for Ruin {
    type Error = Infallible;

    fn inputs(&self) -> usize {
        0
    }

    fn stepped(&self) -> bool {
        true
    }

    fn fly(&self, point: &Point) -> Result<Path, Infallible> {
        let mut noise = Noise::new(self.seed, &point.history);
        let (mut path, mut place) = (Path::at_once(1.0), 1);
        for step in 0.. {
            if place == 0 || place == self.top {
                break;
            }
            if noise.after(step).uniform() < self.up {
                place += 1
            } else {
                place -= 1
            }
            let score = if place == self.top { f64::INFINITY } else { f64::from(place) };
            path.note(step + 1, score);
        }
        Ok(path)
    }
}

/// A state that is pulled back to zero and pushed at random, x′ = a x + √(1 − a²) ξ, from x = 0: whether it leaves
/// (−limit, limit) on either side within some steps.
#[derive(Clone, Copy, Debug)]
pub struct Pulled {
    /// Seed of its noise.
    pub seed: u64,
    /// Share a that is left of the state after a step.
    pub kept: f64,
    /// Steps.
    pub steps: u64,
    /// Where the event is.
    pub limit: f64,
}

impl Pulled {
    /// The limit that is passed with probability `p`.
    pub fn of(p: f64, kept: f64, steps: u64) -> Self {
        let of = |limit| Self { seed: 0, kept, steps, limit }.probability();
        Self { seed: 0, kept, steps, limit: solve(p, 1.0, 8.0, of) }
    }

    /// The probability, by Simpson's rule over the state, step by step from the last: with k steps left
    /// h(x) = P(|x′| ≥ limit) + ∫ h′(y) φ((y − a x)/s)/s dy.
    pub fn probability(&self) -> f64 {
        let n = 160;
        let s = libm::sqrt(1.0 - self.kept * self.kept);
        let node = |i: usize| self.limit * (2.0 * i as f64 / n as f64 - 1.0);
        let weight = |i: usize| {
            let simpson = if i == 0 || i == n { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
            simpson * 2.0 * self.limit / (3.0 * n as f64)
        };
        let leaves = |x: f64| {
            let ahead = (self.limit - self.kept * x) / s;
            normal_tail(ahead) + normal_tail((self.limit + self.kept * x) / s)
        };
        let density = |x: f64, y: f64| {
            let z = (y - self.kept * x) / s;
            libm::exp(-0.5 * z * z) / (s * libm::sqrt(std::f64::consts::TAU))
        };
        let kernel: Vec<f64> = (0..=n)
            .flat_map(|i| (0..=n).map(move |j| (i, j)))
            .map(|(i, j)| density(node(i), node(j)) * weight(j))
            .collect();
        let mut h = vec![0.0; n + 1];
        for _ in 0..self.steps {
            let row = |i: usize| {
                let carried = kernel[i * (n + 1)..].iter().zip(&h).map(|(k, h)| k * h);
                leaves(node(i)) + carried.sum::<f64>()
            };
            h = (0..=n).map(row).collect();
        }
        h[n / 2]
    }
}

impl Problem for Pulled {
    type Error = Infallible;

    fn inputs(&self) -> usize {
        0
    }

    fn stepped(&self) -> bool {
        true
    }

    fn fly(&self, point: &Point) -> Result<Path, Infallible> {
        let mut noise = Noise::new(self.seed, &point.history);
        let push = libm::sqrt(1.0 - self.kept * self.kept);
        let (mut path, mut x) = (Path::at_once(-self.limit), 0.0_f64);
        for step in 0..self.steps {
            x = self.kept * x + push * noise.after(step).normal();
            path.note(step + 1, event(x.abs() - self.limit));
            if path.failed() {
                break;
            }
        }
        Ok(path)
    }
}
