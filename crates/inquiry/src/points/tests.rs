use super::draw::{DIMENSIONS, Entry};
use super::file::{ALTITUDE, BELIEVED, TIME};
use super::score::{Moment, Scorer};
use super::*;
use crate::finding::Cause;
use rig::scenario::{Dispersed, Tree};
use std::path::{Path, PathBuf};
use truth::random::Stream;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_shipped_points_are_read() {
    for name in ["m1-published", "m2-published"] {
        let points = Points::read(&root().join(format!("points/{name}.toml"))).unwrap();
        assert_eq!(points.points.len(), 3, "{name}");
        assert!(points.mission.faults.is_empty() && !points.mission.flight.resilient);
    }
}

#[test]
fn a_point_that_is_wrong_is_refused_with_file_and_key() {
    let head =
        "title = \"t\"\nsource = \"s\"\nmission = \"m2-mission.toml\"\n[[point]]\nname = \"p\"\n";
    let refused = [
        ("altitude_m = 893.0\n", "altitude_m.sigma"),
        ("altitude_m = { mean = 893.0, sigma = 0.0 }\n", "altitude_m"),
        ("descent_m_s = { mean = 66.0, sigma = 2.0 }\n", "altitude_m"),
        ("height_m = { mean = 66.0, sigma = 2.0 }\n", "height_m"),
        ("event = \"explosion\"\n", "event"),
        ("event = \"impact\"\n", "altitude_m"),
        ("altitude_m = { mean = 1e9, sigma = 2.0 }\n", "altitude_m"),
    ];
    for (lines, key) in refused {
        let tree = Tree::of_text(&root().join("points/p.toml"), &format!("{head}{lines}")).unwrap();
        let error = Points::check(&tree).unwrap_err().to_string();
        assert!(error.contains("p.toml") && error.contains(key), "{lines}: {error}");
    }
}

fn point(says: [(usize, Dispersed); 2], event: Option<Event>) -> Point {
    let mut all = [const { None }; 5];
    for (n, law) in says {
        all[n] = Some(law);
    }
    Point { name: "p".into(), event, says: all }
}

fn normal(mean: f64, sigma: f64) -> Dispersed {
    Dispersed::Normal { mean, sigma }
}

#[test]
fn a_flight_that_passes_an_altitude_at_a_speed_has_the_density_of_that_speed() {
    // Steady fall through 893 m at 64 m/s, as fine as pulse frames and four times as fine; lingering elsewhere.
    for step_s in [0.1, 0.025] {
        let points = [point([(ALTITUDE, normal(893.0, 10.0)), (3, normal(66.0, 2.0))], None)];
        let mut scorer = Scorer::new(&points, &[1.0, 2.0]);
        let mut h = 1200.0;
        while h > 500.0 {
            scorer.follow(&[0.0, h, 0.0, 64.0, 64.0]);
            h -= 64.0 * step_s;
        }
        (0..1000).for_each(|_| scorer.follow(&[0.0, h, 0.0, 66.0, 66.0]));
        let ln = scorer.finish();
        for (found, sigma) in ln[0].iter().zip([2.0_f64, 4.0]) {
            let z = 2.0 / sigma;
            let exact = libm::exp(-0.5 * z * z) / (sigma * (2.0 * std::f64::consts::PI).sqrt());
            assert!((found - libm::log(exact)).abs() < 1e-3, "{found} {}", libm::log(exact));
        }
    }
}

#[test]
fn an_event_that_never_comes_is_a_wrong_report() {
    let points =
        [point([(TIME, normal(0.0, 10.0)), (ALTITUDE, normal(5.0, 1.0))], Some(Event::Impact))];
    let never = Scorer::new(&points, &[1.0]).finish()[0][0];
    let moment: Moment = [0.0, 5.0, f64::NAN, 0.0, 0.0];
    let mut scorer = Scorer::new(&points, &[1.0]);
    scorer.event(Event::Impact, moment);
    scorer.event(Event::Impact, [1e3; 5]);
    let exact = scorer.finish()[0][0];
    let density = 1.0 / (2.0 * std::f64::consts::PI * 10.0);
    assert!((exact - libm::log(density)).abs() < 1e-3, "{exact}");
    assert!(never.is_finite() && never < exact - 10.0, "{never}");
    assert!(super::score::believed_wrong(&points[0], never) > 0.999);
    let _ = BELIEVED;
}

fn space(n: usize) -> Space {
    let kinds = ["dead", "bias", "drift", "scale", "noise", "stuck"];
    let cause = |kind| Cause { on: "rangefinder".into(), kind };
    let entry = |kind| Entry { cause: cause(kind), ln_single: libm::log(0.05) };
    Space { entries: kinds.into_iter().take(n).map(entry).collect(), flight_s: 800.0 }
}

/// A flight whose likelihood is a function of the hypothesis: normal in the sizes of causes 1 and 3, where both are at work.
fn made(round: usize, hypothesis: Hypothesis) -> Drawn {
    let z = |cause: usize| {
        hypothesis.causes.iter().find(|(own, _)| *own == cause).map(|(_, z)| (z[0], z[1] > 0.0))
    };
    let at = |(size, side): (f64, bool), mean: f64, sigma: f64| {
        let z = (size - mean) / sigma;
        if side { -0.5 * z * z } else { -1e3 }
    };
    let ln = |widened: f64| match (z(1), z(3)) {
        (Some(one), Some(other)) => {
            at(one, 0.8, 0.15 * widened).max(-60.0) + at(other, -0.5, 0.15 * widened).max(-60.0)
        }
        (Some(one), None) if hypothesis.causes.len() == 1 => {
            at(one, 2.0, 0.2 * widened).max(-60.0) - 5.0
        }
        _ => -120.0,
    };
    let flight = Flight {
        ln: vec![WIDENED.map(ln).to_vec()],
        outcome: "lost".into(),
        impact: None,
        first_range_m: None,
        believed_over_true_m: 0.0,
        track: Vec::new(),
    };
    Drawn { round, hypothesis, flight }
}

/// Rounds as `investigate` flies them, on the made flights.
fn rounds(space: &Space, flights: usize, seed: u64) -> (Vec<Drawn>, Vec<Proposal>) {
    let (mut drawn, mut proposals) = (Vec::<Drawn>::new(), Vec::<Proposal>::new());
    for round in 0..=WIDENED.len() {
        let proposal = match round {
            0 => Proposal::prior(),
            _ => Proposal::around(&drawn, &proposals, space, round - 1),
        };
        for _ in 0..flights / 7 {
            let hypothesis = proposal.draw(space, seed, drawn.len() as u64);
            drawn.push(made(round, hypothesis));
        }
        proposals.push(proposal);
    }
    (drawn, proposals)
}

#[test]
fn the_rounds_find_what_is_known_in_closed_form() {
    // Of pairs: prior × ∫ φ(z) L dz, the half with the right sides; of the single likewise.
    let space = space(6);
    let gauss = |mean: f64, sigma: f64| {
        let spread = 1.0 + sigma * sigma;
        sigma / spread.sqrt() * libm::exp(-0.5 * mean * mean / spread)
    };
    let alone = 0.05 * 0.5 * gauss(2.0, 0.2) * libm::exp(-5.0);
    let cause = |kind| crate::catalogue::Suspect::Known(Cause { on: "rangefinder".into(), kind });
    let single = |kind| crate::catalogue::ln_prior(&[cause(kind)]);
    let together = crate::catalogue::ln_prior(&[cause("dead"), cause("bias")])
        - single("dead")
        - single("bias");
    let pair = libm::exp(together) * 0.05 * 0.05 * 0.25 * gauss(0.8, 0.15) * gauss(-0.5, 0.15);
    let (mut found, mut worths) = ([0.0, 0.0], Vec::new());
    let seeds = 12;
    for seed in 0..seeds {
        let (drawn, proposals) = rounds(&space, 1200, seed);
        let last: Vec<Drawn> = drawn.into_iter().filter(|d| d.round >= COUNTED).collect();
        let ln = draw::weights(&last, &proposals, &space, |d| d.flight.ln_likelihood(draw::OWN));
        let weights: Vec<f64> = ln.iter().map(|ln| libm::exp(*ln) / last.len() as f64).collect();
        for (d, weight) in last.iter().zip(&weights) {
            found[usize::from(d.hypothesis.causes.len() == 2)] += weight / f64::from(seeds as u32);
        }
        worths.push(draw::worth(&weights));
    }
    // The evidence itself comes out, of either kind.
    let ratios = [found[0] / alone, found[1] / pair];
    println!("{ratios:?} {worths:?}");
    assert!(ratios.iter().all(|ratio| (ratio - 1.0).abs() < 0.3), "{ratios:?}");
    assert!(worths.iter().sum::<f64>() > 5.0 * worths.len() as f64, "{worths:?}");
}

#[test]
fn what_is_drawn_has_the_density_that_is_stated() {
    // ∫ q = 1: the mean of prior over proposal, under the proposal, over all sets and coordinates.
    let space = space(4);
    let (drawn, proposals) = rounds(&space, 600, 3);
    let proposal = &proposals[3];
    let n = 6_000;
    let mut counts = [0.0_f64; 3];
    let sets = [1.0, 4.0, 6.0];
    for k in 0..n {
        let hypothesis = proposal.draw(&space, 99, k);
        let count = hypothesis.causes.len();
        // Of each number of causes the uniform prior over sets, as a test density.
        counts[count] += 1.0 / (sets[count] * proposal.density(&space, &hypothesis)) / n as f64;
    }
    assert!(!drawn.is_empty());
    for count in counts {
        assert!((count - 1.0).abs() < 0.1, "{counts:?}");
    }
}

#[test]
fn a_fault_is_drawn_as_the_prior_says() {
    let mission = Points::read(&root().join("points/m2-published.toml")).unwrap();
    let space = Space::of(&Mission::of(&mission.mission, None).unwrap());
    let found = |on: &str, kind: &str| {
        space.entries.iter().find(|entry| entry.cause.on == on && entry.cause.kind == kind)
    };
    assert!(
        found("rangefinder", "range_limit").is_some() && found("velocimeter", "bias").is_none()
    );
    assert!(found("assist.0", "scale").is_some() && found("assist.1", "scale").is_none());
    let sum: f64 = space.entries.iter().map(|entry| libm::exp(entry.ln_single)).sum();
    assert!(sum > 0.1 && sum < 0.5, "{sum}");
    let mut stream = Stream::new(1, 1, "test");
    for place in 0..space.entries.len() {
        let z: [f64; DIMENSIONS] = std::array::from_fn(|_| stream.normal());
        let hypothesis = Hypothesis { causes: vec![(place, z)] };
        let start = space.entries[place].cause.on == crate::catalogue::NAVIGATION;
        assert_eq!(
            hypothesis.faults(&space).len(),
            usize::from(!start),
            "{:?}",
            space.entries[place]
        );
    }
}

#[test]
fn an_inquiry_from_points_repeats_itself_and_says_how_little_it_knows() {
    let points = Points::read(&root().join("points/m2-published.toml")).unwrap();
    let options = Options { flights: 24, seed: 1 };
    let work = Work::in_memory();
    let first = investigate(&points, &options, &work, &|_| {}).unwrap();
    let again = investigate(&points, &options, &work, &|_| {}).unwrap();
    assert_eq!(first, again);
    assert_eq!(work.count(), (24, 24));
    assert_eq!(first.flights, 24);
    assert!(first.worth >= 1.0 && !first.answer.is_empty() && first.points.len() == 3);
    let sum: f64 = first.together.iter().map(|share| share.probability).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
}
