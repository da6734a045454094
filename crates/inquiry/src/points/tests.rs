use super::draw::{DIMENSIONS, Entry};
use super::file::{ALTITUDE, BELIEVED, TIME};
use super::proposal::{Counted, Proposal};
use super::sampling::{WIDENED, sample};
use super::score::{Moment, Scorer};
use super::*;
use crate::finding::Cause;
use rig::scenario::{Dispersed, Tree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use truth::random::Stream;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_shipped_points_are_read() {
    for name in ["m1-published", "m2-published", "m2-two-speeds"] {
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
fn a_flight_whose_state_is_no_number_keeps_what_it_passed_before() {
    let points = [point([(ALTITUDE, normal(893.0, 10.0)), (3, normal(66.0, 2.0))], None)];
    let likelihood = |broken: bool| {
        let mut scorer = Scorer::new(&points, &[1.0]);
        (0..400).for_each(|n| scorer.follow(&[0.0, 1000.0 - f64::from(n), 0.0, 66.0, 66.0]));
        if broken {
            (0..3).for_each(|_| scorer.follow(&[f64::NAN; 5]));
        }
        scorer.finish()[0][0]
    };
    assert!((likelihood(true) - likelihood(false)).abs() < 1e-12, "{}", likelihood(true));
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
    Space { entries: kinds.into_iter().take(n).map(entry).collect(), flight_s: 800.0, nature: 3 }
}

/// The same of several families.
fn families() -> Space {
    let mut space = space(6);
    for (entry, on) in
        space.entries.iter_mut().zip(["camera", "gyros", "gyros", "rangefinder", "star_tracker"])
    {
        entry.cause.on = on.into();
    }
    space
}

/// A flight whose likelihood is a function of the hypothesis: normal in the sizes of causes 1 and 3 where both are at work,
/// less in that of cause 1 alone; each with the right sign.
fn made(hypothesis: &Hypothesis) -> Result<fly::Flight, std::convert::Infallible> {
    let z = |cause: usize| {
        hypothesis.causes.iter().find(|(own, _)| *own == cause).map(|(_, z)| (z[0], z[1] > 0.0))
    };
    let at = |(size, side): (f64, bool), mean: f64, sigma: f64| {
        let z = (size - mean) / sigma;
        if side { (-0.5 * z * z).max(-60.0) } else { -60.0 }
    };
    let ln = |widened: f64| match (z(1), z(3)) {
        (Some(one), Some(other)) => at(one, 0.8, 0.15 * widened) + at(other, -0.5, 0.15 * widened),
        (Some(one), None) if hypothesis.causes.len() == 1 => at(one, 2.0, 0.2 * widened) - 5.0,
        _ => -120.0,
    };
    Ok(fly::Flight {
        ln: vec![WIDENED.map(ln).to_vec()],
        outcome: "lost".into(),
        impact: None,
        first_range_m: None,
        believed_over_true_m: 0.0,
        track: Vec::new(),
    })
}

#[test]
fn a_population_finds_what_is_known_in_closed_form() {
    for space in [space(6), families()] {
        found_in(&space);
    }
}

fn found_in(space: &Space) {
    // Prior × ∫ φ(z) L dz over the half with the right sign; the single and the pair.
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
    let (mut sizes, seeds) = ([0.0, 0.0], 16);
    let mut found = vec![[0.0, 0.0]; seeds];
    for (seed, found) in found.iter_mut().enumerate() {
        let options = Options { flights: 6000, seed: seed as u64 };
        let drawn = sample(space, &options, &made).unwrap();
        for d in drawn.iter().filter(|d| !d.hypothesis.causes.is_empty()) {
            let n = d.hypothesis.causes.len() - 1;
            let weight = libm::exp(d.ln_weight) / [alone, pair][n];
            found[n] += weight;
            sizes[n] += weight * d.hypothesis.causes[0].1[0];
        }
    }
    let mut means = [0.0; 2];
    for n in 0..2 {
        let mean = found.iter().map(|of| of[n]).sum::<f64>() / seeds as f64;
        let square = found.iter().map(|of| (of[n] - mean).powi(2)).sum::<f64>();
        let error = (square / (seeds * (seeds - 1)) as f64).sqrt();
        println!("{n}: {mean} ± {error}");
        // Unbiased, and not by being uncertain.
        assert!((mean - 1.0).abs() < 3.0 * error && error < 0.15, "{n}: {mean} ± {error}");
        means[n] = sizes[n] / (mean * seeds as f64);
    }
    // Posterior means: m/(1 + σ²).
    assert!(
        (means[0] - 2.0 / 1.04).abs() < 0.06 && (means[1] - 0.8 / 1.0225).abs() < 0.06,
        "{means:?}"
    );
}

#[test]
fn what_is_drawn_from_a_fitted_proposal_is_weighted_back_to_the_prior() {
    // Fitted to flights of one set near a size, on one side, with nature far from its mean.
    let space = space(6);
    let mut stream = Stream::new(5, 1, "fitted");
    let mut near = |n: u64| {
        let mut one = Hypothesis::fresh(&space, &[1, 3], n, &mut stream);
        one.causes[0].1[0] = 0.8 + 0.02 * one.causes[0].1[0];
        one.causes[1].1[1] = one.causes[1].1[1].abs();
        one.nature[2] += 1.5;
        one
    };
    let flown: Vec<Hypothesis> = (0..400).map(&mut near).collect();
    let counted: Vec<Counted<'_>> = flown
        .iter()
        .map(|hypothesis| Counted { hypothesis, weight: 1.0 / 400.0, numbers: [1.0; 2] })
        .collect();
    let proposal = Proposal::fitted(&space, [0.1, 0.2, 0.7], &counted);
    let n = 100_000;
    let drawn = proposal.draw(&space, (1, 1, n));
    let sets = space.sets();
    let (mut sets_found, mut moments) = (vec![0.0; sets.len()], [[0.0; 2]; 5]);
    let mut there = 0.0;
    for one in &drawn {
        let place = space.place(&one.set());
        assert_eq!(sets[place], one.set());
        let weight = 1.0 / proposal.density(place, one) / n as f64;
        sets_found[place] += weight;
        let Some((_, z)) = one.causes.iter().find(|(cause, _)| *cause == 1) else { continue };
        let pair = one.set() == [1, 3];
        there += if pair && (z[0] - 0.8).abs() < 0.05 { 1.0 / n as f64 } else { 0.0 };
        for (sums, z) in moments.iter_mut().zip([z[0], z[1], z[5], z[7], one.nature[2]]) {
            *sums = [sums[0] + weight * z / 6.0, sums[1] + weight * z * z / 6.0];
        }
    }
    // Each set counts one; the coordinates of a cause that is in six sets are standard normal.
    for (set, found) in sets.iter().zip(&sets_found) {
        assert!((found - 1.0).abs() < 0.15, "{set:?} {found}");
    }
    for (z, [mean, square]) in moments.iter().enumerate() {
        assert!(mean.abs() < 0.05 && (square - 1.0).abs() < 0.08, "{z}: {mean} {square}");
    }
    // The prior brings 0.003 of these there.
    assert!(there > 0.2, "{there}");
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
        let hypothesis = Hypothesis { causes: vec![(place, z)], nature: Vec::new(), run: 1 };
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
fn the_first_flights_take_every_set_of_families_alike() {
    let points = Points::read(&root().join("points/m2-published.toml")).unwrap();
    let space = Space::of(&Mission::of(&points.mission, None).unwrap());
    for count in 1..=2 {
        let kinds = space.kinds(count);
        let sets: usize = kinds.iter().map(|(_, sets)| sets.len()).sum();
        let all = space.sets().iter().filter(|set| set.len() == count).count();
        assert!(sets == all && kinds.len() > 4, "{count}");
        let prior: f64 = kinds.iter().map(|(_, sets)| libm::exp(space.ln_prior_of(sets))).sum();
        assert!(prior > 1e-3 && prior < 0.5, "{count}: {prior}");
    }
    assert!(space.nature > 20, "{}", space.nature);
}

#[test]
fn the_evidence_of_families_is_known_in_closed_form() {
    let space = space(6);
    let drawn = sample(&space, &Options { flights: 20_000, seed: 3 }, &made).unwrap();
    let found = evidence::evidence(&space, &drawn);
    let spread = 1.0_f64 + 0.2 * 0.2;
    let alone = 0.5 * 0.2 / spread.sqrt() * libm::exp(-2.0 / spread - 5.0);
    let single = found.iter().find(|of| of.causes == 1 && of.name == "wrong ranges").unwrap();
    // One of the five wrong ranges.
    let (ln, sigma) = single.ln_evidence;
    assert!((ln - libm::log(alone / 5.0)).abs() < 4.0 * sigma && sigma < 0.5, "{ln} {sigma}");
    assert!((single.prior - 0.25).abs() < 1e-9);
}

#[test]
fn more_flights_go_on_where_fewer_stopped() {
    let space = space(6);
    let flown = |flights: usize| {
        let keys = std::sync::Mutex::new(BTreeSet::new());
        let fly = |hypothesis: &Hypothesis| {
            keys.lock().unwrap().insert(hypothesis.key(&space));
            made(hypothesis)
        };
        let drawn = sample(&space, &Options { flights, seed: 1 }, &fly).unwrap();
        let keys = keys.into_inner().unwrap();
        assert!(keys.len() >= flights && keys.len() < flights + 90, "{}", keys.len());
        assert!(drawn.len() >= keys.len() / 2 && drawn.len() <= keys.len() / 2 + 90);
        keys
    };
    assert!(flown(6000).is_subset(&flown(6300)));
}

#[test]
fn enough_flights_tell_shares_that_sum_to_one() {
    let points = Points::read(&root().join("points/m2-published.toml")).unwrap();
    let space = space(6);
    let mut stream = Stream::new(1, 1, "told");
    let mut one = |n: usize| {
        let hypothesis = Hypothesis::fresh(&space, &[n % 3], n as u64, &mut stream);
        let mut flight = made(&hypothesis).unwrap();
        flight.ln = vec![vec![-1.0; WIDENED.len()]; points.points.len()];
        sampling::Drawn { hypothesis, flight, ln_weight: 0.0 }
    };
    let drawn: Vec<_> = (0..60).map(&mut one).collect();
    let told = told::told(&points, &space, &drawn, drawn.len());
    assert!(told.enough && (told.worth - 60.0).abs() < 1e-6, "{}", told.worth);
    let sum: f64 = told.together.iter().map(|share| share.probability).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    // One of three is of that family; √(p (1 − p)/59).
    let late = told.families.iter().find(|of| of.name == "late or silent rangefinder").unwrap();
    assert!((late.probability - 1.0 / 3.0).abs() < 1e-9, "{late:?}");
    assert!((late.sigma - libm::sqrt(2.0 / 9.0 / 59.0)).abs() < 1e-9, "{late:?}");
    assert!(!told::told(&points, &space, &drawn[..20], 20).enough);
}

#[test]
fn the_stated_uncertainty_of_a_share_is_that_of_its_scatter() {
    let space = space(6);
    let (mut shares, mut stated, mut worth) = (Vec::new(), 0.0, 0.0);
    let seeds = 16;
    for seed in 0..seeds {
        let drawn = sample(&space, &Options { flights: 4000, seed }, &made).unwrap();
        let all = told::Weighted::of(&space, &drawn);
        let share = all.share("two", |d| d.hypothesis.causes.len() == 2);
        shares.push(share.probability);
        stated += share.sigma * share.sigma / seeds as f64;
        worth += all.worth() / seeds as f64;
    }
    let mean = shares.iter().sum::<f64>() / seeds as f64;
    let scatter = shares.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / (seeds - 1) as f64;
    let truly = mean * (1.0 - mean) / scatter;
    // A variance from 16 is known to 37 %.
    assert!((0.4..2.5).contains(&(stated / scatter)), "{stated} {scatter}");
    assert!(worth < 3.0 * truly, "{worth} {truly}");
}

#[test]
fn an_inquiry_from_points_repeats_itself_and_says_that_it_knows_too_little() {
    let points = Points::read(&root().join("points/m2-published.toml")).unwrap();
    let options = Options { flights: 24, seed: 1 };
    let work = Work::in_memory();
    let first = investigate(&points, &options, &work, &|_| {}).unwrap();
    let again = investigate(&points, &options, &work, &|_| {}).unwrap();
    assert_eq!(first, again);
    let (flown, found) = work.count();
    assert!(flown > 0 && flown as usize + found as usize == 2 * first.flights);
    assert!(first.worth >= 1.0 && first.points.len() == 3);
    assert!(!first.enough && first.families.is_empty() && first.answer.contains("annot be told"));
    let sheet = sheet(&points, &first, Vec::new());
    assert!(sheet.answer.probability.is_none() && sheet.explained.ranking.is_empty());
}
