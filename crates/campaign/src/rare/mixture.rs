//! A mixture of standard normal laws about several means, fitted to where the event comes.
//!
//! Owns: [`Mixture`]: drawing from it, the weight of what was drawn, its fit by expectation and maximisation
//! [DempsterEtAl1977] with the number of components by the criterion of [Schwarz1978].
//! One component is the law of the inputs itself, so no weight exceeds 1/[`SAFE`] and a region that nobody
//! found is still drawn from [Hesterberg1995]. The others keep unit covariance: tails as heavy as the inputs' own,
//! and nothing to fit but means. A coordinate of a mean within three standard errors of zero is zero, lest many
//! inputs without influence spoil the weights.

use rig::random::Stream;

/// Share drawn from the law of the inputs itself (assumed).
pub const SAFE: f64 = 0.1;
/// Most regions told apart.
const REGIONS: usize = 6;
const STARTS: usize = 2;
const ROUNDS: usize = 50;
/// A round that raises the mean logarithm of the density by less ends the fit.
const SETTLED: f64 = 1e-4;
/// Points looked at; of more, evenly spread ones.
const POINTS: usize = 500;
/// Standard errors below which a coordinate of a mean counts as zero.
const SIGNIFICANT: f64 = 3.0;

/// Components by share and mean, beside the safe one.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    share: f64,
    mean: Vec<f64>,
    /// |mean|²/2.
    half_square: f64,
}

impl Part {
    fn new(share: f64, mean: Vec<f64>) -> Self {
        let half_square = 0.5 * dot(&mean, &mean);
        Self { share, mean, half_square }
    }

    /// Its density at `u` over that of the inputs.
    fn ratio(&self, u: &[f64]) -> f64 {
        libm::exp(dot(&self.mean, u) - self.half_square)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl Mixture {
    /// How many regions it is drawn around.
    pub fn regions(&self) -> u64 {
        self.parts.len() as u64
    }

    /// Inputs drawn from it.
    pub fn draw(&self, inputs: usize, chance: &mut Stream) -> Vec<f64> {
        let (safe, mut left) = (chance.uniform() < SAFE, chance.uniform());
        let mut u: Vec<f64> = (0..inputs).map(|_| chance.normal()).collect();
        if safe {
            return u;
        }
        let chosen = self.parts.iter().find(|part| {
            left -= part.share;
            left < 0.0
        });
        if let Some(part) = chosen.or(self.parts.last()) {
            u.iter_mut().zip(&part.mean).for_each(|(u, mean)| *u += mean);
        }
        u
    }

    /// Density of the inputs' law over its own.
    pub fn weight(&self, u: &[f64]) -> f64 {
        if self.parts.is_empty() {
            return 1.0;
        }
        let parts: f64 = self.parts.iter().map(|part| part.share * part.ratio(u)).sum();
        1.0 / (SAFE + (1.0 - SAFE) * parts)
    }

    /// Fits the weighted points; without any it is the inputs' own law.
    pub fn fit(points: &[(Vec<f64>, f64)], chance: &mut Stream) -> Self {
        let every = points.len().div_ceil(POINTS).max(1);
        let few: Vec<_> = points.iter().step_by(every).cloned().collect();
        let points = &few[..];
        let sum: f64 = points.iter().map(|point| point.1).sum();
        if points.is_empty() || sum <= 0.0 {
            return Self { parts: Vec::new() };
        }
        let (count, inputs) = (points.len() as f64, points[0].0.len() as f64);
        let mut best = (f64::INFINITY, Vec::new());
        for regions in 1..=REGIONS.min(points.len()) {
            let before = best.0;
            let free = regions as f64 * (inputs + 1.0) - 1.0;
            for _ in 0..STARTS {
                let (parts, likelihood) = fit_parts(points, sum, regions, chance);
                let criterion = free * libm::log(count) - 2.0 * count * likelihood;
                if criterion < best.0 {
                    best = (criterion, parts);
                }
            }
            if best.0 >= before {
                break;
            }
        }
        Self { parts: best.1 }
    }
}

/// Parts by expectation and maximisation, and the mean logarithm of their density over the inputs'.
fn fit_parts(
    points: &[(Vec<f64>, f64)],
    sum: f64,
    regions: usize,
    chance: &mut Stream,
) -> (Vec<Part>, f64) {
    let mut parts = first_parts(points, regions, chance);
    let mut likelihood = f64::NEG_INFINITY;
    for _ in 0..ROUNDS {
        let mut totals = vec![[0.0; 2]; parts.len()];
        let mut means = vec![vec![0.0; points[0].0.len()]; parts.len()];
        let mut logarithm = 0.0;
        for (u, weight) in points {
            let each: Vec<f64> = parts.iter().map(|part| part.share * part.ratio(u)).collect();
            let density: f64 = each.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            logarithm += weight * libm::log(density) / sum;
            for ((total, mean), share) in totals.iter_mut().zip(&mut means).zip(&each) {
                let part = weight * share / density;
                total[0] += part;
                total[1] += part * part;
                mean.iter_mut().zip(u).for_each(|(mean, u)| *mean += part * u);
            }
        }
        parts = maximised(&totals, means, sum);
        if logarithm - likelihood < SETTLED {
            break;
        }
        likelihood = logarithm;
    }
    let density = |u: &[f64]| parts.iter().map(|part| part.share * part.ratio(u)).sum::<f64>();
    let logarithm =
        |(u, weight): &(Vec<f64>, f64)| weight * libm::log(density(u).max(f64::MIN_POSITIVE)) / sum;
    let likelihood = points.iter().map(logarithm).sum();
    (parts, likelihood)
}

/// Shares and significant means from sums over the points: of each part its weights and their squares.
fn maximised(totals: &[[f64; 2]], means: Vec<Vec<f64>>, sum: f64) -> Vec<Part> {
    let part = |(total, mean): (&[f64; 2], Vec<f64>)| {
        if total[0] < 1e-9 * sum {
            return None;
        }
        let error = SIGNIFICANT * libm::sqrt(total[1]) / total[0];
        let mean = mean.into_iter().map(|x| x / total[0]);
        let mean = mean.map(|x| if x.abs() < error { 0.0 } else { x }).collect();
        Some(Part::new(total[0] / sum, mean))
    };
    totals.iter().zip(means).filter_map(part).collect()
}

/// Means at points far from each other: each next one with a chance that grows with its distance squared
/// [ArthurVassilvitskii2007].
fn first_parts(points: &[(Vec<f64>, f64)], regions: usize, chance: &mut Stream) -> Vec<Part> {
    let share = 1.0 / regions as f64;
    let mut nearest = vec![1.0; points.len()];
    let mut parts: Vec<Part> = Vec::with_capacity(regions);
    for _ in 0..regions {
        let chances = nearest.iter().zip(points).map(|(square, point)| square * point.1);
        let mut left = chance.uniform() * chances.clone().sum::<f64>();
        let found = chances.into_iter().position(|chance| {
            left -= chance;
            left < 0.0
        });
        let mean = points[found.unwrap_or(0)].0.clone();
        for (near, (u, _)) in nearest.iter_mut().zip(points) {
            let square: f64 = u.iter().zip(&mean).map(|(a, b)| (a - b) * (a - b)).sum();
            *near = if parts.is_empty() { square } else { near.min(square) };
        }
        parts.push(Part::new(share, mean));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_clouds(n: usize, inputs: usize) -> Vec<(Vec<f64>, f64)> {
        let mut chance = Stream::new(3, 1, "clouds");
        let cloud = |i: usize| {
            let mut u: Vec<f64> = (0..inputs).map(|_| chance.normal()).collect();
            u[0] = if i.is_multiple_of(4) { -4.5 } else { 4.5 } + 0.2 * u[0];
            (u, 1.0)
        };
        (0..n).map(cloud).collect()
    }

    #[test]
    fn two_clouds_are_two_regions_with_their_shares_and_means() {
        for inputs in [1, 2, 30] {
            let mixture = Mixture::fit(&two_clouds(200, inputs), &mut Stream::new(1, 1, "fit"));
            assert_eq!(mixture.regions(), 2, "{inputs} inputs");
            let mut parts = mixture.parts.clone();
            parts.sort_by(|a, b| a.share.total_cmp(&b.share));
            assert!((parts[0].share - 0.25).abs() < 1e-3 && (parts[1].share - 0.75).abs() < 1e-3);
            assert!((parts[0].mean[0] + 4.5).abs() < 0.1 && (parts[1].mean[0] - 4.5).abs() < 0.1);
            let idle = parts.iter().flat_map(|part| &part.mean[1..]).filter(|x| **x != 0.0).count();
            assert!(idle <= 1, "{idle} of {} coordinates", 2 * (inputs - 1));
        }
    }

    #[test]
    fn weights_are_densities_so_their_mean_is_one_and_they_are_bounded() {
        let mixture = Mixture::fit(&two_clouds(200, 2), &mut Stream::new(1, 1, "fit"));
        let mut chance = Stream::new(5, 1, "draws");
        let n = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let weight = mixture.weight(&mixture.draw(2, &mut chance));
            assert!(weight <= 1.0 / SAFE);
            sum += weight;
            squares += weight * weight;
        }
        let mean = sum / f64::from(n);
        let error = ((squares / f64::from(n) - mean * mean) / f64::from(n)).sqrt();
        assert!((mean - 1.0).abs() < 4.0 * error, "{mean} ± {error}");
    }

    #[test]
    fn without_points_the_mixture_is_the_law_of_the_inputs() {
        let mixture = Mixture::fit(&[], &mut Stream::new(1, 1, "fit"));
        assert_eq!((mixture.regions(), mixture.weight(&[3.0, -2.0])), (0, 1.0));
    }
}
