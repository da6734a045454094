//! Planted groups and planted rules.

use super::rule::Test;
use super::*;
use rig::random::Stream;

const RUNS: usize = 1000;

fn feature(name: &str, stated: Stated, value: impl Fn(usize) -> f64) -> Feature {
    Feature {
        name: name.to_string(),
        unit: "m".to_string(),
        values: (0..RUNS).map(value).collect(),
        stated,
    }
}

fn noise(name: &str) -> Vec<f64> {
    let mut stream = Stream::new(77, 0, name);
    (0..RUNS).map(|_| stream.normal()).collect()
}

/// A fault with little propellant loses the lander fast, a late first range loses it slowly; ten inputs and ten
/// figures have nothing to do with either.
fn planted() -> (Vec<Feature>, Vec<usize>, Vec<usize>) {
    let mut stream = Stream::new(8, 0, "planted");
    let uniform: Vec<[f64; 3]> =
        (0..RUNS).map(|_| std::array::from_fn(|_| stream.uniform())).collect();
    let fault = |j: usize| f64::from(u8::from(uniform[j][0] < 0.3));
    let (propellant, range) = (|j: usize| 40.0 * uniform[j][1], |j: usize| 3000.0 * uniform[j][2]);
    let fast = |j: usize| fault(j) > 0.5 && propellant(j) < 10.0;
    let slow = |j: usize| range(j) < 150.0 && !fast(j);
    let jitter = noise("jitter");
    let speed = |j: usize| {
        let mean = if fast(j) {
            40.0
        } else if slow(j) {
            12.0
        } else {
            1.0
        };
        mean + 0.5 * jitter[j]
    };
    let mut features = vec![
        feature("fault", Stated::Input, fault),
        feature("propellant", Stated::Input, propellant),
        feature("first range", Stated::Symptom, range),
        feature("speed", Stated::No, speed),
        feature("load", Stated::No, |j| if slow(j) { f64::NAN } else { 3.0 * speed(j) }),
    ];
    for k in 0..10 {
        let (x, y) = (noise(&format!("input {k}")), noise(&format!("figure {k}")));
        features.push(feature(&format!("input {k}"), Stated::Input, |j| x[j]));
        features.push(feature(&format!("figure {k}"), Stated::Symptom, |j| y[j]));
    }
    let places = |of: &dyn Fn(usize) -> bool| (0..RUNS).filter(|j| of(*j)).collect::<Vec<_>>();
    (features, places(&fast), places(&slow))
}

#[test]
fn two_planted_ways_to_fail_are_found_with_their_rules() {
    let (features, fast, slow) = planted();
    let mut lost: Vec<usize> = fast.iter().chain(&slow).copied().collect();
    lost.sort_unstable();
    let found = clusters(&[("lost".to_string(), lost)], &features);
    assert_eq!(found.len(), 2, "{found:#?}");
    let of = |members: &[usize]| found.iter().find(|c| c.members == members).unwrap();
    let (fast, slow) = (of(&fast), of(&slow));
    assert!(fast.members.contains(&fast.medoid) && slow.members.contains(&slow.medoid));
    assert!(fast.silhouette.unwrap() > 0.62);
    // The rule of the first, in both its conditions; nothing in it that was not planted.
    let rule = fast.cause.as_ref().unwrap();
    let mut stated: Vec<usize> = rule.conditions.iter().map(|c| c.feature).collect();
    stated.sort_unstable();
    assert_eq!(stated, [0, 1], "{}", rule.words(&features));
    assert_eq!((rule.held, rule.others), (fast.members.len(), 0));
    let of_propellant = rule.conditions.iter().find(|c| c.feature == 1).unwrap();
    let Test::Below(most) = of_propellant.test else { panic!("{of_propellant:?}") };
    assert!((most - 10.0).abs() < 0.5, "{most}");
    // The second has no cause among the inputs, and a symptom.
    assert_eq!(slow.cause, None);
    let rule = slow.symptom.as_ref().unwrap();
    assert_eq!(rule.conditions.len(), 1);
    assert!(
        rule.words(&features).starts_with("first range at most 1"),
        "{}",
        rule.words(&features)
    );
}

#[test]
fn one_way_to_fail_stays_one_and_chance_makes_no_rule() {
    let (mut features, ..) = planted();
    features.truncate(0);
    for k in 0..12 {
        let x = noise(&format!("input {k}"));
        features.push(feature(&format!("input {k}"), Stated::Input, |j| x[j]));
    }
    let any: Vec<usize> = (0..RUNS).filter(|j| j % 25 == 3).collect();
    let found = clusters(&[("lost".to_string(), any.clone())], &features);
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].members, &found[0].cause, &found[0].symptom), (&any, &None, &None));
}

#[test]
fn endings_are_never_mixed_and_the_largest_group_comes_first() {
    let (features, fast, slow) = planted();
    let endings = [("ran dry".to_string(), slow[..3].to_vec()), ("lost".to_string(), fast.clone())];
    let found = clusters(&endings, &features);
    assert_eq!((&found[0].ending[..], &found[0].members), ("lost", &fast));
    assert_eq!((&found[1].ending[..], found[1].members.len()), ("ran dry", 3));
    assert!(clusters(&[], &features).is_empty());
}

#[test]
fn the_distance_of_distributions_is_that_worked_by_hand() {
    // Inside {1, 2}, outside {2, 3}: after 1 a half apart, after both 2s again a half.
    let distance = distance_of_distributions(&[1.0, 2.0, 2.0, 3.0], &[true, true, false, false]);
    assert!((distance - 0.5).abs() < 1e-12, "{distance}");
}

#[test]
fn the_dissimilarity_counts_what_is_absent_in_one_of_two() {
    let feature = |values: [f64; 3]| Feature {
        name: String::new(),
        unit: String::new(),
        values: values.to_vec(),
        stated: Stated::No,
    };
    let features = [feature([0.0, 5.0, 10.0]), feature([1.0, f64::NAN, f64::NAN])];
    let gower = medoids::Gower::new(&features, &[3.0, 1.0], &[0, 1, 2]);
    // (3 · 0.5 + 1 · 1) / 4, and (3 · 0.5 + 0) / 4.
    assert!((gower.distance(0, 1) - 0.625).abs() < 1e-12);
    assert!((gower.distance(1, 2) - 0.375).abs() < 1e-12);
}
