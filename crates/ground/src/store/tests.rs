//! Memory of one parameter against all samples that ever came.

use super::*;
use crate::values::{Channel, Level};
use proptest::prelude::*;

fn sample(ms: i64, value: f64) -> Sample {
    let t = Time::from_tai_ns(ms * 1_000_000);
    Sample { t, received: t, value, level: Level::Normal, channel: Channel::RealTime }
}

fn range(from_ms: i64, to_ms: i64) -> RangeInclusive<Time> {
    sample(from_ms, 0.0).t..=sample(to_ms, 0.0).t
}

fn known(answer: Answer) -> Vec<Sample> {
    match answer {
        Answer::Known(samples) => samples,
        Answer::Coarse(_) => panic!("memory should know"),
    }
}

#[test]
fn order_and_repetition_of_arrival_leave_no_trace() {
    let samples: Vec<Sample> = (0..200).map(|k| sample(k * 100, (k % 17) as f64)).collect();
    let (mut straight, mut shuffled) = (History::default(), History::default());
    samples.iter().for_each(|s| assert!(straight.insert(*s)));
    for k in 0..200 {
        shuffled.insert(samples[(k * 77) % 200]);
        assert!(!shuffled.insert(samples[(k * 77) % 200]));
    }
    for size in [3, 20, 500] {
        let asked = range(0, 20_000);
        assert_eq!(straight.extremes(&asked, size), shuffled.extremes(&asked, size));
        assert_eq!(straight.newest(&asked, size), shuffled.newest(&asked, size));
    }
    assert_eq!(shuffled.latest(), samples.last().copied());
    assert_eq!(shuffled.at(sample(150, 0.0).t), Some(samples[1]));
}

#[test]
fn memory_is_bounded_and_no_peak_is_lost_when_samples_are_forgotten() {
    let mut history = History::default();
    let count = 60_000; // 100 minutes at 10 Hz
    for k in 0..count {
        history.insert(sample(k * 100, if k == 7_000 { 99.0 } else { (k % 10) as f64 }));
    }
    assert_eq!(history.raw.len(), RAW_MAX);
    assert!(history.tables.iter().all(|table| table.buckets.len() <= BUCKETS_MAX));
    // The newest are all there.
    let newest = known(history.newest(&range((count - 100) * 100, count * 100), 1_000));
    assert_eq!(newest.len(), 100);
    // The peak of 11 minutes from the start is seen on a screen of the whole time.
    let seen = known(history.extremes(&range(0, count * 100), 400));
    assert!(seen.iter().any(|s| s.value == 99.0) && seen.len() <= 410, "{}", seen.len());
    assert!(seen.is_sorted_by_key(|s| s.t));
    // Finer than memory: the archive is named.
    assert!(matches!(history.extremes(&range(695_000, 705_000), 400), Answer::Coarse(_)));
    assert!(matches!(history.newest(&range(0, 10_000), 400), Answer::Coarse(_)));
    // What is older than all that is held changes nothing.
    assert!(!history.insert(sample(-5, 1.0)));
}

proptest! {
    #[test]
    fn thinning_keeps_the_extremes_of_every_interval(values in proptest::collection::vec(-1e6f64..1e6, 1..400), size in 2usize..60) {
        let samples: Vec<Sample> =
            (0i64..).zip(&values).map(|(k, v)| sample(k * 13, *v)).collect();
        let asked = range(0, i64::try_from(values.len()).unwrap() * 13);
        let thinned = thin(&samples, &asked, size);
        prop_assert!(thinned.len() <= size.max(2) + 2);
        prop_assert!(thinned.iter().all(|s| samples.contains(s)));
        prop_assert!(thinned.is_sorted_by(|a, b| a.t < b.t));
        let most = |all: &[Sample]| all.iter().map(|s| s.value).fold(f64::MIN, f64::max);
        let least = |all: &[Sample]| all.iter().map(|s| s.value).fold(f64::MAX, f64::min);
        prop_assert_eq!((most(&samples), least(&samples)), (most(&thinned), least(&thinned)));
    }
}
