//! The search on problems whose answer is known in closed form.

use super::explore::{Exploration, Options, explore};
use super::space::{Dimension, Point, Sized};
use super::subject::{SearchError, Subject, Trial};
use std::sync::atomic::{AtomicU64, Ordering};

/// Fails where any of its half-spaces Σ a x ≥ b is reached.
struct HalfSpaces {
    dimensions: Vec<Dimension>,
    /// Coefficients by dimension, and b.
    regions: Vec<(Vec<(usize, f64)>, f64)>,
    /// Of these the other configuration fails too.
    shared: Vec<usize>,
    trials: AtomicU64,
}

impl HalfSpaces {
    fn new(count: usize, regions: Vec<(Vec<(usize, f64)>, f64)>) -> Self {
        let dimension = |n: usize| Dimension {
            name: format!("x{n}"),
            class: format!("x{n:02}"),
            rate: 0.1,
            sized: Sized::Signed,
            places: vec![0.0],
        };
        let dimensions = (0..count).map(dimension).collect();
        Self { dimensions, regions, shared: vec![], trials: AtomicU64::new(0) }
    }

    fn margin(&self, point: &Point, region: usize) -> f64 {
        let (terms, bound) = &self.regions[region];
        let size = |n: usize| point.0.iter().find(|p| p.dimension == n).map_or(0.0, |p| p.size);
        1.0 - terms.iter().map(|(n, a)| a * size(*n)).sum::<f64>() / bound
    }

    fn search(&self, trials: u64, seed: u64) -> Exploration {
        explore(self, &Options { trials, seed }, &|_| {}).unwrap()
    }

    /// Sizes of the likeliest failure of a region: its point next to the origin, b a / |a|².
    fn nearest(&self, region: usize) -> Vec<(usize, f64)> {
        let (terms, bound) = &self.regions[region];
        let squares: f64 = terms.iter().map(|(_, a)| a * a).sum();
        terms.iter().map(|(n, a)| (*n, bound * a / squares)).collect()
    }
}

impl Subject for HalfSpaces {
    fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    fn trial(&self, point: &Point) -> Result<Trial, SearchError> {
        self.trials.fetch_add(1, Ordering::Relaxed);
        let margins: Vec<f64> = (0..self.regions.len()).map(|n| self.margin(point, n)).collect();
        let digest = margins.iter().fold(0, |sum: u64, m| sum.rotate_left(9) ^ m.to_bits());
        Ok(Trial { lost: margins.iter().any(|m| *m <= 0.0), margins, digest })
    }

    fn other_survives(&self, point: &Point) -> Result<Option<bool>, SearchError> {
        self.trials.fetch_add(1, Ordering::Relaxed);
        Ok(Some(self.shared.iter().all(|n| self.margin(point, *n) > 0.0)))
    }
}

/// Whether a failure lies in the dimensions of `nearest` and is as likely as that, the likeliest there is, but
/// for 0.1.
fn found(problem: &HalfSpaces, exploration: &Exploration, region: usize) -> bool {
    let part = |(dimension, size): &(usize, f64)| super::space::Part {
        dimension: *dimension,
        size: *size,
        place: 0.0,
    };
    let nearest = Point(problem.nearest(region).iter().map(part).collect());
    let best = nearest.log_likelihood(&problem.dimensions);
    let alike = |point: &Point| {
        let own = point.0.iter().map(|p| (p.dimension, p.size < 0.0));
        own.eq(nearest.0.iter().map(|p| (p.dimension, p.size < 0.0)))
    };
    let close = |ll: f64| ll <= best + 1e-12 && ll > best - 0.1;
    exploration.failures.iter().any(|f| alike(&f.point) && close(f.log_likelihood))
}

#[test]
fn one_disturbance_is_made_as_small_as_still_fails() {
    let problem = HalfSpaces::new(30, vec![(vec![(7, 1.0)], 1.3)]);
    let exploration = problem.search(100, 1);
    assert_eq!(exploration.failures.len(), 1);
    let part = exploration.failures[0].point.0[0];
    // Halved four times from 2: at most 0.125 above the edge.
    assert!(part.dimension == 7 && (1.3..=1.425).contains(&part.size), "{part:?}");
}

#[test]
fn two_regions_that_need_two_disturbances_each_are_both_found_at_their_likeliest_points() {
    let regions = vec![(vec![(3, 1.0), (17, -1.0)], 2.6), (vec![(8, 0.8), (25, 0.6)], 1.9)];
    let problem = HalfSpaces::new(30, regions);
    for seed in 1..=5 {
        let exploration = problem.search(600, seed);
        for region in 0..2 {
            assert!(
                found(&problem, &exploration, region),
                "{seed} {region}: {:?}",
                exploration.failures
            );
        }
        // By likelihood: the first region lies nearer, at 1.84 against 1.90.
        let first = exploration.failures[0].point.0[0].dimension;
        assert_eq!((first, exploration.failures.len()), (3, 2), "{:?}", exploration.failures);
    }
}

#[test]
fn three_disturbances_that_fail_only_together_are_found() {
    let problem = HalfSpaces::new(12, vec![(vec![(1, 1.0), (5, 1.0), (9, 1.0)], 4.2)]);
    let exploration = problem.search(1000, 3);
    assert!(found(&problem, &exploration, 0), "{:?}", exploration.failures);
}

#[test]
fn what_the_other_configuration_fails_too_is_not_listed() {
    let regions = vec![(vec![(2, 1.0)], 1.1), (vec![(4, 1.0)], 1.2)];
    let problem = HalfSpaces { shared: vec![0], ..HalfSpaces::new(6, regions) };
    let exploration = problem.search(100, 1);
    assert_eq!((exploration.failures.len(), exploration.shared), (1, 1));
    assert_eq!(exploration.failures[0].point.0[0].dimension, 4);
}

#[test]
fn no_more_is_spent_than_there_is_and_every_trial_is_counted() {
    let regions = vec![(vec![(3, 1.0), (17, -1.0)], 2.6), (vec![(8, 1.0)], 1.9)];
    for trials in [1, 10, 63, 64, 65, 200, 400] {
        let problem = HalfSpaces::new(30, regions.clone());
        let exploration = problem.search(trials, 2);
        assert!(exploration.spent <= trials, "{} of {trials}", exploration.spent);
        assert_eq!(exploration.spent, problem.trials.into_inner());
    }
}

#[test]
fn one_thread_and_four_find_the_same_bit_by_bit() {
    let regions = vec![(vec![(3, 1.0), (17, -1.0)], 2.6), (vec![(8, 0.8), (25, 0.6)], 1.9)];
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let exploration = pool.install(|| HalfSpaces::new(30, regions.clone()).search(500, 9));
        let part = |p: &super::space::Part| (p.dimension, p.size.to_bits(), p.place.to_bits());
        let point = |f: &super::explore::Failure| f.point.0.iter().map(part).collect::<Vec<_>>();
        (exploration.failures.iter().map(point).collect::<Vec<_>>(), exploration.spent)
    };
    assert_eq!(bits(1), bits(4));
}

#[test]
fn the_log_likelihood_is_that_of_rates_and_half_normal_sizes() {
    let mut problem = HalfSpaces::new(3, vec![]);
    problem.dimensions[1].sized = Sized::No;
    problem.dimensions[2].sized = Sized::Positive;
    let part = |dimension, size| super::space::Part { dimension, size, place: 0.0 };
    let point = Point(vec![part(0, -1.0), part(1, 1.0), part(2, 2.0)]);
    // Three rates of 0.1; sizes 1 and 2; one sign.
    let expected = 3.0 * 0.1_f64.ln() - 0.5 - 2.0 - 2.0_f64.ln();
    assert!((point.log_likelihood(&problem.dimensions) - expected).abs() < 1e-12);
}
