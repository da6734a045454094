use super::known::{Plane, Pulled, Ruin, TwoRegions, normal_tail};
use super::proof::{CASES, Case, Known, PROBABILITIES, repeat};
use super::*;

/// Repetitions of each case here; a thousand are in the example `estimators`.
const REPETITIONS: u64 = 120;

/// Six standard deviations of a share of 95 % would let anything through: three and a half, so that of the 36
/// cases below less than one in sixty runs of this test would fail by chance (the seeds are fixed).
fn covers(covered: u64) -> bool {
    let n = REPETITIONS as f64;
    let bound = 3.5 * libm::sqrt(0.95 * 0.05 * n);
    (covered as f64 - 0.95 * n).abs() < bound
}

fn check(method: Method, which: usize) {
    for case in CASES.iter().filter(|case| case.method == method) {
        let score = repeat(case, which, REPETITIONS, 7 << 32);
        let what = (method.name(), case.known.name(), PROBABILITIES[which], score);
        assert!(covers(score.covered), "{what:?}");
        // The mean of the estimates is right: four of its standard errors, and the bias of order 1/N that two of
        // the methods admit to.
        assert!((score.mean - 1.0).abs() < 4.0 * score.error + 0.03, "{what:?}");
        // What an estimate claims of its own error is its error: the spread of a deviation over 120.
        let ratio = score.scatter / score.claimed;
        assert!((0.7..1.4).contains(&ratio), "{what:?}");
    }
}

#[test]
fn plain_counting_covers_the_truth() {
    check(Method::Plain, 0);
    check(Method::Plain, 3);
}

#[test]
fn splitting_covers_the_truth() {
    check(Method::Splitting, 0);
    check(Method::Splitting, 2);
}

#[test]
fn subset_simulation_covers_the_truth() {
    check(Method::Subset, 0);
    check(Method::Subset, 2);
}

#[test]
fn importance_sampling_covers_the_truth_also_with_two_regions() {
    for which in 0..PROBABILITIES.len() {
        check(Method::Importance, which);
    }
}

#[test]
fn the_usual_size_of_a_method_is_one_that_was_held_against_the_truth() {
    for method in [Method::Splitting, Method::Subset, Method::Importance] {
        let held = |case: &&Case| case.method == method && case.size == [method.usual_size(); 4];
        assert!(CASES.iter().any(|case| held(&case)), "{method:?}");
    }
}

#[test]
fn splitting_reaches_ten_percent_at_1e_5_with_300_times_fewer_runs() {
    let walk = CASES.iter().find(|c| c.method == Method::Splitting && c.known == Known::Ruin);
    let score = repeat(walk.unwrap(), 2, 200, 9 << 32);
    // The scatter of 200 estimates is known to 5 %.
    assert!(score.scatter < 0.11 && score.gain > 300.0, "{score:?}");
}

#[test]
fn the_problems_have_the_probabilities_they_say() {
    // Φ(−4.2649) = 1e-5, as tabulated.
    assert!((Plane::of(1e-5, 3).distance - 4.2649).abs() < 5e-5);
    let two = TwoRegions::of(1e-4, 2);
    assert!((normal_tail(two.near) + normal_tail(two.far) - 1e-4).abs() < 1e-15);
    // A fair share of steps: up with 1/3 the walk from 1 reaches 3 with (2 − 1)/(8 − 1).
    let walk = Ruin { seed: 4, top: 3, up: 1.0 / 3.0 };
    let count = |problem: &dyn Fn(&Point) -> bool, n: u64| {
        let point = |run| Point { inputs: vec![], history: History { run, forks: vec![] } };
        (1..=n).filter(|run| problem(&point(*run))).count() as f64 / n as f64
    };
    let share = count(&|point| walk.fly(point).is_ok_and(|path| path.failed()), 40_000);
    let error = libm::sqrt(1.0 / 7.0 * 6.0 / 7.0 / 40_000.0);
    assert!((share - 1.0 / 7.0).abs() < 4.0 * error, "{share}");
    // One step from 0 leaves ±limit with twice the tail of limit/s.
    let once = Pulled { seed: 1, kept: 0.8, steps: 1, limit: 1.2 };
    assert!((once.probability() - 2.0 * normal_tail(2.0)).abs() < 1e-12);
    let state = Pulled { seed: 5, ..Pulled::of(0.05, 0.95, 60) };
    let share = count(&|point| state.fly(point).is_ok_and(|path| path.failed()), 40_000);
    assert!((share - 0.05).abs() < 4.0 * libm::sqrt(0.05 * 0.95 / 40_000.0), "{share}");
}

#[test]
fn a_fork_keeps_the_past_and_changes_what_follows() {
    let state = Pulled { seed: 5, kept: 0.95, steps: 60, limit: 9.0 };
    let fly = |forks| {
        let Ok(path) = state.fly(&Point { inputs: vec![], history: History { run: 3, forks } });
        path
    };
    let parent = fly(vec![]);
    let level = parent.records[parent.records.len() / 2].1;
    let step = parent.first_above(level).unwrap();
    let child = fly(vec![Fork { step, key: 77 }]);
    let shared = parent.records.iter().take_while(|record| record.0 <= step).count();
    assert_eq!(parent.records[..shared], child.records[..shared]);
    assert_ne!(parent, child);
    assert!(child.score() > level);
    assert_eq!(child, fly(vec![Fork { step, key: 77 }]));
}

/// Every tenth run leaves the range of validity and counts as the event.
struct Leaving;

impl Problem for Leaving {
    type Error = std::convert::Infallible;

    fn inputs(&self) -> usize {
        1
    }

    fn stepped(&self) -> bool {
        false
    }

    fn fly(&self, point: &Point) -> Result<Path, Self::Error> {
        let invalid = normal_tail(point.inputs[0]) < 0.1;
        let path = Path::at_once(if invalid { f64::INFINITY } else { point.inputs[0] });
        Ok(Path { invalid, ..path })
    }
}

#[test]
fn runs_beyond_the_simulation_are_counted_and_end_no_estimate() {
    let settings = Settings::new(3, 10, 400);
    for method in [Method::Splitting, Method::Subset, Method::Importance, Method::Plain] {
        let Ok(done) = estimate(method, &Leaving, &settings, &Alone);
        assert!(done.low < 0.1 && 0.1 < done.high, "{method:?}");
        let invalid: u64 = done.batches.iter().map(|batch| batch.invalid).sum();
        let failed: u64 = done.batches.iter().map(|batch| batch.failed).sum();
        assert!(invalid == failed && invalid > 100, "{method:?}: {invalid}");
    }
}

/// A score that no level can separate from the event, and one that never has it.
struct Flat(f64);

impl Problem for Flat {
    type Error = std::convert::Infallible;

    fn inputs(&self) -> usize {
        1
    }

    fn stepped(&self) -> bool {
        false
    }

    fn fly(&self, point: &Point) -> Result<Path, Self::Error> {
        let failed = normal_tail(point.inputs[0]) < self.0;
        Ok(Path::at_once(if failed { f64::INFINITY } else { 0.0 }))
    }
}

#[test]
fn without_levels_every_method_counts_what_it_saw() {
    let settings = Settings::new(3, 10, 400);
    for method in [Method::Splitting, Method::Subset, Method::Plain] {
        let Ok(done) = estimate(method, &Flat(0.2), &settings, &Alone);
        assert!(done.low < 0.2 && 0.2 < done.high && done.high < 0.24, "{done:?}");
    }
}

#[test]
fn an_event_that_cannot_come_has_a_bound_and_no_estimate() {
    let settings = Settings::new(3, 10, 400);
    for method in [Method::Splitting, Method::Subset, Method::Importance, Method::Plain] {
        let Ok(done) = estimate(method, &Flat(0.0), &settings, &Alone);
        assert_eq!((done.probability, done.low), (0.0, 0.0), "{method:?}");
        assert!(done.cov.is_nan() && !done.plain_runs().is_finite(), "{method:?}");
        // None of 4000: Clopper and Pearson's upper bound.
        assert!((done.high - 9.218e-4).abs() < 1e-6, "{method:?}: {}", done.high);
        assert!(method == Method::Plain || method == Method::Importance || done.batches[0].extinct);
    }
}

#[test]
fn an_estimate_does_not_depend_on_the_number_of_threads() {
    let problem = TwoRegions::of(1e-3, 3);
    for method in [Method::Splitting, Method::Subset, Method::Importance, Method::Plain] {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let Ok(done) =
                pool.install(|| estimate(method, &problem, &Settings::new(1, 4, 100), &Alone));
            done
        };
        let (one, three) = (on(1), on(3));
        assert_eq!(one.probability.to_bits(), three.probability.to_bits());
        let both = [&one, &three].map(|e| format!("{:?}", e.batches));
        assert_eq!(both[0], both[1]);
    }
}

#[test]
fn importance_sampling_says_how_many_regions_and_how_even_its_weights_are() {
    let Ok(done) =
        estimate(Method::Importance, &TwoRegions::of(1e-5, 5), &Settings::new(1, 10, 400), &Alone);
    let weights = done.weights.unwrap();
    assert_eq!(weights.regions, 2);
    assert!(weights.effective > 200.0 && weights.largest_share < 0.05, "{weights:?}");
}

#[test]
fn an_interval_needs_two_estimates_and_widens_with_their_scatter() {
    assert_eq!(interval(&[0.1]).3, 1.0);
    let (mean, cov, low, high) = interval(&[1e-4, 2e-4, 1.5e-4, 1.4e-4]);
    assert!((mean - 1.475e-4).abs() < 1e-12 && cov > 0.1 && low < mean && mean < high);
    let wide = interval(&[1e-5, 9e-4, 1.5e-4, 1.4e-4]);
    assert!(wide.3 / wide.2 > high / low);
    let with_none = interval(&[0.0, 2e-4, 1.5e-4, 1.4e-4]);
    assert!(with_none.2 > 0.0 && with_none.3 > with_none.0);
}

#[test]
fn a_stopped_estimate_goes_on_with_its_batches_and_ends_the_same() {
    use super::kept::Folder;
    use std::sync::atomic::{AtomicU64, Ordering};
    let folder = std::env::temp_dir().join(format!("frigoris-rare-{}", std::process::id()));
    let (problem, settings) = (Ruin { seed: 2, ..Ruin::of(1e-3, 10) }, Settings::new(1, 4, 100));
    let runs = AtomicU64::new(0);
    let fly = |key: &str| {
        runs.store(0, Ordering::Relaxed);
        let ran = || {
            runs.fetch_add(1, Ordering::Relaxed);
        };
        let desk = Folder::new(&folder, key, ran);
        let Ok(done) = estimate(Method::Splitting, &problem, &settings, &desk);
        assert!(desk.trouble().is_none());
        (done, runs.load(Ordering::Relaxed))
    };
    let (whole, all) = fly("one");
    assert_eq!(whole.runs, all);
    // One batch is lost, another damaged: both are flown again, the others are not.
    std::fs::remove_file(folder.join("batch-one-splitting-0001.toml")).unwrap();
    std::fs::write(folder.join("batch-one-splitting-0003.toml"), "probability = 0.5").unwrap();
    let (again, flown) = fly("one");
    assert_eq!(flown, whole.batches[1].runs + whole.batches[3].runs);
    assert_eq!(format!("{:?}", whole.batches), format!("{:?}", again.batches));
    // Another key, another file.
    assert_eq!(fly("two").1, all);
    std::fs::remove_dir_all(&folder).unwrap();
}
