//! Designs against closed forms: strata, nets, moments, and integrals that are known.

use super::*;
use rayon::prelude::*;

const NORMAL: Dispersed = Dispersed::Normal { mean: 10.0, sigma: 3.0 };
const UNIFORM: Dispersed = Dispersed::Uniform { min: 0.0, max: 1.0 };

/// A design of inputs `a`, `b`, … with these laws.
fn design(sampling: Sampling, runs: u64, laws: &[Dispersed]) -> Design {
    correlated(sampling, runs, laws, &[])
}

fn correlated(
    sampling: Sampling,
    runs: u64,
    laws: &[Dispersed],
    between: &[(usize, usize, f64)],
) -> Design {
    let key = |i: usize| format!("start.{i}");
    let drawing = |(i, law): (usize, &Dispersed)| {
        Drawing::new(&key(i), &format!("scenario.{i}"), law, UNBOUNDED)
    };
    let correlation = |&(one, other, coefficient): &(usize, usize, f64)| Correlation {
        between: [key(one), key(other)],
        coefficient,
    };
    let correlations = between.iter().map(correlation).collect();
    let plan = CampaignPlan { sampling, runs, correlations, point: Vec::new() };
    Design::of(laws.iter().enumerate().map(drawing).collect(), &plan)
}

#[test]
fn monte_carlo_draws_from_a_stream_of_its_own_for_each_input() {
    let design = design(Sampling::MonteCarlo, 1, &[NORMAL, UNIFORM]);
    for run in [1, 2, 77] {
        let normal = 10.0 + 3.0 * Stream::new(5, run, "scenario.0").normal();
        let uniform = Stream::new(5, run, "scenario.1").uniform();
        assert_eq!(design.drawn(5, run), [normal, uniform]);
    }
    assert_eq!(design.drawn(5, REFERENCE_RUN), [10.0, 0.5]);
}

#[test]
fn each_share_of_each_input_comes_once_in_a_latin_hypercube() {
    for n in [1_u64, 2, 7, 64, 1000] {
        let design = design(Sampling::LatinHypercube, n, &[UNIFORM, UNIFORM, NORMAL]);
        // The first hypercube, and a further one.
        for first in [1, 1 + 3 * n] {
            let mut seen = vec![[0_u32; 3]; n as usize];
            for run in first..first + n {
                let mut values = design.drawn(9, run);
                values[2] = normal::cumulative((values[2] - 10.0) / 3.0);
                for (i, u) in values.iter().enumerate() {
                    seen[(u * n as f64) as usize][i] += 1;
                }
            }
            assert!(seen.iter().all(|counts| *counts == [1; 3]), "{n} from {first}");
        }
    }
}

#[test]
fn every_permutation_of_a_latin_hypercube_comes_equally_often() {
    // Of four things there are 24: χ² with 23 degrees of freedom, 0.1 % limit 49.7.
    let mut counts = std::collections::BTreeMap::<[u64; 4], u32>::new();
    for key in 0..24_000 {
        *counts.entry([0, 1, 2, 3].map(|place| shuffled(key, place, 4))).or_default() += 1;
    }
    let chi2: f64 = counts.values().map(|n| (f64::from(*n) - 1000.0).powi(2) / 1000.0).sum();
    assert!(counts.len() == 24 && chi2 < 49.7, "{} permutations, chi2 {chi2}", counts.len());
    // Two of two things.
    let turned = (0..10_000).filter(|key| shuffled(*key, 0, 2) == 1).count() as f64;
    assert!((turned - 5000.0).abs() < 4.0 * 50.0, "{turned}");
}

#[test]
fn scrambled_points_stay_a_net() {
    // The first two dimensions are a (0, 2)-sequence: every box of area 1/n has one of n points.
    let design = design(Sampling::Sobol, 1, &[UNIFORM; 2]);
    let points: Vec<Vec<f64>> = (1..=256).map(|run| design.drawn(3, run)).collect();
    for split in 0..=8 {
        let (wide, high) = ((1 << split) as f64, (256 >> split) as f64);
        let mut seen = [0; 256];
        for point in &points {
            let place = (point[0] * wide).floor() * high + (point[1] * high).floor();
            seen[place as usize] += 1;
        }
        assert_eq!(seen, [1; 256], "{split}");
    }
}

#[test]
fn every_input_of_every_design_is_uniform_over_seeds_and_runs() {
    for sampling in Sampling::ALL {
        let design = design(sampling, 100, &vec![UNIFORM; sobol::DIMENSIONS]);
        for i in [0, 1, 17, 255] {
            // One run of each seed: nothing is stratified here. χ² of 16 bins, 0.1 % limit 37.7.
            let mut bins = [0_u32; 16];
            for seed in 0..4000 {
                let u = design.value(i, seed, 1 + seed % 7);
                bins[(u * 16.0) as usize] += 1;
            }
            let chi2: f64 = bins.iter().map(|n| (f64::from(*n) - 250.0).powi(2) / 250.0).sum();
            assert!(chi2 < 37.7, "{} input {i}: {chi2}", sampling.name());
        }
    }
}

#[test]
fn inputs_do_not_go_together_unless_they_are_told_to() {
    for sampling in Sampling::ALL {
        let design = design(sampling, 1024, &[NORMAL; 5]);
        let rows: Vec<Vec<f64>> = (1..=1024).map(|run| design.drawn(8, run)).collect();
        for (i, j) in [(0, 1), (0, 4), (2, 3)] {
            // Four standard errors of independent numbers.
            let r = coefficient(rows.iter().map(|row| (row[i], row[j])));
            assert!(r.abs() < 4.0 / 32.0, "{} {i} {j}: {r}", sampling.name());
        }
    }
}

fn coefficient(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let n = pairs.len() as f64;
    let mean = |read: fn(&(f64, f64)) -> f64| pairs.iter().map(read).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let sum = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    let (xx, yy) = (sum(&|p| (p.0 - x).powi(2)), sum(&|p| (p.1 - y).powi(2)));
    sum(&|p| (p.0 - x) * (p.1 - y)) / (xx * yy).sqrt()
}

#[test]
fn correlated_inputs_have_the_coefficients_asked_and_the_first_keeps_its_numbers() {
    let laws = [NORMAL, NORMAL, UNIFORM, NORMAL];
    let between = [(0, 1, -0.9), (1, 2, 0.3)];
    for sampling in Sampling::ALL {
        let n = 20_000;
        let tied = correlated(sampling, n, &laws, &between);
        let free = design(sampling, n, &laws);
        let rows: Vec<Vec<f64>> = (1..=n).map(|run| tied.drawn(2, run)).collect();
        let of = |i: usize, j: usize| coefficient(rows.iter().map(|row| (row[i], row[j])));
        // Standard error (1 − r²)/√n at the most 0.007.
        assert!((of(0, 1) + 0.9).abs() < 4.0 * 0.19 / 141.0, "{} {}", sampling.name(), of(0, 1));
        assert!(of(0, 3).abs() < 4.0 / 141.0 && of(0, 2).abs() < 4.0 / 141.0, "{}", of(0, 3));
        // Of a uniform law beside a normal one: ρ √(3/π).
        let uniform = 0.3 * (3.0 / std::f64::consts::PI).sqrt();
        assert!((of(1, 2) - uniform).abs() < 4.0 / 141.0, "{} {}", sampling.name(), of(1, 2));
        for run in 1..20 {
            let (tied, free) = (tied.drawn(2, run), free.drawn(2, run));
            assert_eq!((tied[0], tied[3]), (free[0], free[3]), "{}", sampling.name());
            assert_ne!(tied[1], free[1]);
        }
    }
}

#[test]
fn coefficients_that_contradict_each_other_are_no_matrix() {
    let mut rows = Rows::new(3);
    rows.set(0, 1, 0.9);
    rows.set(1, 2, 0.9);
    // The determinant is 2 · 0.81 r − r² − 0.62, positive between 0.62 and 1.
    for (coefficient, possible) in [(0.61, false), (0.63, true), (0.99, true), (1.0, false)] {
        rows.set(0, 2, coefficient);
        assert_eq!(rows.factor().is_ok(), possible, "{coefficient}");
    }
}

#[test]
fn a_run_is_the_same_alone_in_any_order_and_on_any_thread() {
    let laws = vec![NORMAL; 40];
    for sampling in Sampling::ALL {
        let design = correlated(sampling, 50, &laws, &[(3, 5, 0.3)]);
        let forward: Vec<Vec<f64>> = (0..120).map(|run| design.drawn(4, run)).collect();
        let mut backward: Vec<Vec<f64>> =
            (0..120).rev().map(|run| design.clone().drawn(4, run)).collect();
        backward.reverse();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        let threads: Vec<Vec<f64>> =
            pool.install(|| (0..120_u64).into_par_iter().map(|run| design.drawn(4, run)).collect());
        assert_eq!(forward, backward);
        assert_eq!(forward, threads);
        let single = |i: usize| design.draw(&format!("start.{i}"), &NORMAL, 4, 77);
        assert_eq!((0..40).map(single).collect::<Vec<_>>(), forward[77]);
    }
}

#[test]
fn a_point_gives_every_run_the_quantiles_of_its_coordinates() {
    let laws = [NORMAL, UNIFORM, NORMAL];
    let design = correlated(Sampling::Sobol, 10, &laws, &[(0, 2, 0.6)]);
    let at = design.at_point(vec![0.975, 0.25]);
    let z = 1.959_963_984_540_054;
    for run in [REFERENCE_RUN, 1, 5] {
        let drawn = at.drawn(1, run);
        let expected = [10.0 + 3.0 * z, 0.25, 10.0 + 3.0 * 0.6 * z];
        for (drawn, expected) in drawn.iter().zip(expected) {
            assert!((drawn - expected).abs() < 1e-12, "{drawn} {expected}");
        }
    }
    assert!(at.at_point(vec![0.0, 1.0, 7.0]).drawn(1, 1).iter().all(|value| value.is_finite()));
}

/// The root mean square error of the mean of a function whose mean is 1, over seeds.
fn error(sampling: Sampling, runs: u64, seeds: u64) -> f64 {
    // The usual test function of Sobol: each factor has the mean 1, the first matter most.
    const A: [f64; 6] = [0.0, 0.5, 3.0, 9.0, 99.0, 99.0];
    let design = design(sampling, runs, &[UNIFORM; 6]);
    let value = |seed, run| {
        let drawn = design.drawn(seed, run);
        let factors = drawn.iter().zip(A).map(|(u, a)| ((4.0 * u - 2.0).abs() + a) / (1.0 + a));
        factors.product::<f64>()
    };
    let mean = |seed| (1..=runs).map(|run| value(seed, run)).sum::<f64>() / runs as f64;
    ((0..seeds).map(|seed| (mean(seed) - 1.0).powi(2)).sum::<f64>() / seeds as f64).sqrt()
}

#[test]
fn the_error_of_a_known_integral_falls_as_fast_as_theory_says() {
    // From 64 to 1024 runs, 24 seeds each: the root mean square of 24 is known to a seventh.
    let [monte_carlo, latin, sobol] = Sampling::ALL.map(|sampling| {
        let [few, many] = [64, 1024].map(|runs| error(sampling, runs, 24));
        let rate = libm::log(few / many) / libm::log(16.0);
        println!("{}: {few:.5} at 64, {many:.6} at 1024, rate {rate:.2}", sampling.name());
        (many, rate)
    });
    // Monte Carlo: the standard deviation of one value over √n. The variance is Π(1 + 1/(3 (1 + a)²)) − 1 = 0.568.
    assert!((monte_carlo.0 / (0.568_f64 / 1024.0).sqrt() - 1.0).abs() < 0.45, "{monte_carlo:?}");
    assert!((0.3..0.7).contains(&monte_carlo.1), "{monte_carlo:?}");
    // A hypercube removes what inputs do alone, nine tenths of that variance; what is left falls as before.
    assert!(latin.0 < 0.5 * monte_carlo.0, "{latin:?}");
    assert!(sobol.0 < 0.1 * monte_carlo.0 && sobol.1 > 0.8, "{sobol:?}");
}
