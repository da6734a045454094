//! Where failures are looked for: each disturbance alone, then sets of them.
//!
//! Owns: [`explore`]. Does not own: making a failure small (`minimise`), what a trial is (`subject`).
//! Alone: every dimension at twice its scale, each sign, each place. What changes nothing is left out from then on;
//! what fails is made small, and goes into sets at two thirds of that, well below its edge; what each costs of the
//! margins is kept.
//! Sets: a best-first search over a tree whose children add one disturbance to a set that did not fail, up to
//! [`DEEPEST`]. The next set is the one with the largest
//!     ln p − W max(0, m) + C / √(1 + n)
//! the reward of adaptive stress testing [Lee2020] with the margin m still unknown: it is predicted as that of the
//! parent less what the new disturbance costs alone, each way of failing on its own, corrected by what sets of
//! the same classes have been found to differ by; n counts those sets, as in [Kocsis2006], and weighs so much that
//! every pair of classes is met once before any is met again: what matters only together shows in no prediction.
//! Of a set whose classes were never met the worst is expected: that what each costs, of whichever margin, comes out
//! of the least one. A believed altitude that is wrong and a range that comes late cost different margins until
//! they meet. One set in four is drawn by its likelihood alone, so that a wrong model cannot hide a failure for good.
//! Classes of failures that are known well are not tried again, nor sets that hold them: a failure that needs less
//! is likelier.
//! Everything is decided between batches; within one, trials are independent: any number of threads gives the same.

use super::minimise::{Small, likeliest, smallest};
use super::space::{Part, Point, Sized, includes};
use super::subject::{SearchError, Subject, Trial};
use rayon::prelude::*;
use rig::random::Stream;
use std::collections::{BTreeMap, BTreeSet};

/// Size at which disturbances are tried alone.
const TRIED: f64 = 2.0;
/// Share of the size that fails alone at which a disturbance goes into sets: so far below the edge that what
/// fails there owes it to both. Assumed; at the edge itself every other draw of the noise fails.
const HARMLESS: f64 = 0.65;
/// Size below which a part of a failing set is no cause. Assumed.
const HARDLY: f64 = 0.25;
/// Sets tried between two decisions.
const BATCH: usize = 32;
/// One set in so many is drawn at random.
const RANDOM: usize = 4;
/// Disturbances in a set at the most.
const DEEPEST: usize = 3;
/// Margin against log-likelihood, and curiosity: assumed; a margin of 0.1 is worth a size of 2.
const WEIGHT: f64 = 20.0;
const CURIOSITY: f64 = 15.0;
/// Failures of the same classes after which no more are looked for.
const ENOUGH: usize = 2;
/// Sets of a batch with the same classes at the most.
const ALIKE: usize = 1;
/// Sets that did not fail and are near enough to be built upon.
const PARENTS: usize = 12;
/// Trials spent on the way from a small failure to the likeliest.
const WALK: u64 = 24;

/// What to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Trials at the most, those of the other configuration included.
    pub trials: u64,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// A failure that was found.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is disturbed.
    pub point: Point,
    /// How it ended.
    pub trial: Trial,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Further failures of the same classes.
    pub alike: Vec<Point>,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Trials made.
    pub spent: u64,
    /// Trials there are.
    pub trials: u64,
    /// Distinct failures found.
    pub found: usize,
}

/// What a search amounts to.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// One failure for each set of classes, likeliest first.
    pub failures: Vec<Failure>,
    /// Trials made.
    pub spent: u64,
    /// Disturbances that changed nothing.
    pub without_effect: usize,
    /// Disturbances tried alone.
    pub tried_alone: usize,
    /// Sets tried.
    pub sets: u64,
    /// Failures that the other configuration shares; not listed.
    pub shared: u64,
}

/// A disturbance at a size that does not fail alone.
#[derive(Clone, Debug)]
struct Variant {
    part: Part,
    /// What it takes from each margin.
    cost: Vec<f64>,
}

impl Variant {
    /// What it takes from the margin that it takes most from.
    fn most(&self) -> f64 {
        self.cost.iter().copied().fold(f64::MIN, f64::max)
    }
}

/// Looks for failures.
///
/// # Errors
/// A trial that cannot be made.
pub fn explore(
    subject: &dyn Subject,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Exploration, SearchError> {
    let base = subject.trial(&Point::default())?;
    let mut state = State {
        subject,
        options: *options,
        progress,
        base,
        spent: 1,
        without_effect: 0,
        tried_alone: 0,
        sets: 0,
        shared: 0,
        variants: Vec::new(),
        found: BTreeMap::new(),
        shared_by: BTreeMap::new(),
        seen: BTreeSet::new(),
        parents: Vec::new(),
        learnt: BTreeMap::new(),
        stream: Stream::new(options.seed, 0, "search"),
    };
    state.alone()?;
    state.together()?;
    state.walk()?;
    Ok(state.finish())
}

type Classes = Vec<String>;

struct State<'a> {
    subject: &'a dyn Subject,
    options: Options,
    progress: &'a (dyn Fn(Progress) + Sync),
    base: Trial,
    spent: u64,
    without_effect: usize,
    tried_alone: usize,
    sets: u64,
    shared: u64,
    variants: Vec<Variant>,
    found: BTreeMap<Classes, Vec<(Point, Trial)>>,
    /// Failures that are not listed, by classes: the other configuration shares them, or they are luck.
    shared_by: BTreeMap<Classes, usize>,
    seen: BTreeSet<Vec<usize>>,
    /// Sets that did not fail: variants and margins.
    parents: Vec<(Vec<usize>, Trial)>,
    /// By classes: sets tried, and by how much the least margin fell short of its prediction, summed.
    learnt: BTreeMap<Classes, (f64, f64)>,
    stream: Stream,
}

impl State<'_> {
    fn left(&self) -> u64 {
        self.options.trials.saturating_sub(self.spent)
    }

    fn tell(&self) {
        let (spent, trials) = (self.spent, self.options.trials);
        (self.progress)(Progress { spent, trials, found: self.found.len() });
    }

    fn classes(&self, point: &Point) -> Classes {
        let classes = point.classes(self.subject.dimensions());
        classes.into_iter().map(str::to_string).collect()
    }

    /// Tries points side by side; those that the budget has no room for are left out.
    fn trials(&mut self, points: Vec<Point>) -> Result<Vec<(Point, Trial)>, SearchError> {
        let room = usize::try_from(self.left()).unwrap_or(usize::MAX);
        let subject = self.subject;
        let one = |point: Point| Ok((subject.trial(&point)?, point));
        let done: Result<Vec<_>, SearchError> =
            points.into_par_iter().take(room).map(one).collect();
        let done: Vec<_> = done?.into_iter().map(|(trial, point)| (point, trial)).collect();
        self.spent += done.len() as u64;
        Ok(done)
    }

    /// Makes failures small, asks the other configuration, keeps what it survives.
    fn settle(&mut self, lost: Vec<(Point, Trial)>) -> Result<Vec<Small>, SearchError> {
        // As many as there is room for, a minimisation taking as much as it may.
        let dearest = |point: &Point| 5 * (1 + point.0.len() as u64) + 3;
        let mut room = self.left();
        let affordable = |(point, _): &(Point, Trial)| {
            let cost = dearest(point);
            room = room.checked_sub(cost)?;
            Some(())
        };
        let count = lost.iter().map_while(affordable).count();
        let subject = self.subject;
        let one = |(point, trial): &(Point, Trial)| {
            let small = smallest(subject, point, trial)?;
            let survives = subject.other_survives(&small.point)?;
            Ok((small, survives))
        };
        let done: Result<Vec<_>, SearchError> = lost[..count].par_iter().map(one).collect();
        let mut out = Vec::new();
        for (small, survives) in done? {
            self.spent += small.spent + u64::from(survives.is_some());
            let classes = self.classes(&small.point);
            if survives == Some(false) || self.by_luck(&small.point) {
                self.shared += u64::from(survives == Some(false));
                *self.shared_by.entry(classes).or_default() += 1;
            } else {
                let own = self.found.entry(classes).or_default();
                own.push((small.point.clone(), small.trial.clone()));
            }
            out.push(small);
        }
        self.tell();
        Ok(out)
    }

    /// Whether a set fails by one disturbance near its edge and another that is hardly there: any other draw of the
    /// noise would do as well.
    fn by_luck(&self, point: &Point) -> bool {
        let dimensions = self.subject.dimensions();
        let hardly = |p: &Part| dimensions[p.dimension].sized != Sized::No && p.size.abs() < HARDLY;
        point.0.len() > 1 && point.0.iter().any(hardly)
    }

    /// Every disturbance alone.
    fn alone(&mut self) -> Result<(), SearchError> {
        let mut points = Vec::new();
        for (dimension, own) in self.subject.dimensions().iter().enumerate() {
            let sizes: &[f64] = match own.sized {
                Sized::No => &[1.0],
                Sized::Positive => &[TRIED],
                Sized::Signed => &[TRIED, -TRIED],
            };
            for place in &own.places {
                let part = |size: &f64| Point::of(Part { dimension, size: *size, place: *place });
                points.extend(sizes.iter().map(part));
            }
        }
        let side = |part: &Part| (part.dimension, part.size < 0.0);
        let (mut landed, mut failed) = (Vec::new(), BTreeSet::new());
        while !points.is_empty() && self.left() > 0 {
            let rest = points.split_off(points.len().min(BATCH));
            let done = self.trials(std::mem::replace(&mut points, rest))?;
            self.tried_alone += done.len();
            let (mut lost, stood): (Vec<_>, Vec<_>) =
                done.into_iter().partition(|(_, trial)| trial.lost);
            landed.extend(stood);
            // The first place that fails stands for the others.
            lost.retain(|(point, _)| point.0.first().is_none_or(|part| failed.insert(side(part))));
            let dimensions = self.subject.dimensions();
            let sized = |point: &Point| dimensions[point.0[0].dimension].sized != Sized::No;
            let small = self.settle(lost)?.into_iter().map(|small| small.point).filter(sized);
            let harmless = small.map(|point| point.scaled(dimensions, HARMLESS)).collect();
            let done = self.trials(harmless)?;
            landed.extend(done.into_iter().filter(|(_, trial)| !trial.lost));
        }
        for (point, trial) in landed {
            let (Some(part), false) = (point.0.first(), trial.digest == self.base.digest) else {
                self.without_effect += 1;
                continue;
            };
            let cost = self.base.margins.iter().zip(&trial.margins).map(|(base, own)| base - own);
            self.keep(Variant { part: *part, cost: cost.collect() });
        }
        Ok(())
    }

    /// Keeps a variant; of the same disturbance to the same side the place that costs most.
    fn keep(&mut self, variant: Variant) {
        let same = |own: &&mut Variant| {
            own.part.dimension == variant.part.dimension
                && (own.part.size < 0.0) == (variant.part.size < 0.0)
        };
        match self.variants.iter_mut().find(same) {
            Some(own) if own.most() < variant.most() => *own = variant,
            Some(_) => {}
            None => self.variants.push(variant),
        }
    }

    /// Sets of disturbances.
    fn together(&mut self) -> Result<(), SearchError> {
        // A fifth of what is left goes to making small and likely what is found.
        let end = self.spent + self.left() * 4 / 5;
        let alone = |n: usize, v: &Variant| {
            let margins = self.base.margins.iter().zip(&v.cost).map(|(base, cost)| base - cost);
            (vec![n], Trial { lost: false, margins: margins.collect(), digest: 0 })
        };
        self.parents = self.variants.iter().enumerate().map(|(n, v)| alone(n, v)).collect();
        let mut roots = self.parents.len();
        while self.spent < end {
            let batch = self.next_batch(roots);
            if batch.is_empty() {
                break;
            }
            let points = batch.iter().map(|set| self.point(&set.members)).collect();
            let done = self.trials(points)?;
            self.sets += done.len() as u64;
            let mut lost = Vec::new();
            for (set, (point, trial)) in batch.iter().zip(done) {
                let classes = self.classes(&point);
                let (tried, short) = self.learnt.entry(classes).or_default();
                (*tried, *short) = (*tried + 1.0, *short + set.predicted - trial.near());
                match trial.lost {
                    true => lost.push((point, trial)),
                    false => self.parents.push((set.members.clone(), trial)),
                }
            }
            // The nearest sets are built upon.
            roots = roots.min(self.parents.len());
            self.parents[roots..].sort_by(|a, b| a.1.near().total_cmp(&b.1.near()));
            self.parents.truncate(roots + PARENTS);
            self.settle(lost)?;
        }
        Ok(())
    }

    fn point(&self, members: &[usize]) -> Point {
        let add = |point: Point, n: &usize| point.with(self.variants[*n].part).unwrap_or(point);
        members.iter().fold(Point::default(), add)
    }

    /// Whether failures of these classes, or of fewer, are known well.
    fn exhausted(&self, classes: &[&str]) -> bool {
        let known = |(own, points): (&Classes, &Vec<(Point, Trial)>)| {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            points.len() >= ENOUGH && own.len() > 1 && includes(classes, &own)
        };
        let same = |own: &Classes| own.iter().map(String::as_str).eq(classes.iter().copied());
        self.found.iter().any(known)
            || self.shared_by.iter().any(|(own, count)| *count > ENOUGH && same(own))
    }

    /// Whether less than this has failed already.
    fn holds_a_failure(&self, point: &Point) -> bool {
        let same =
            |a: &Part, b: &Part| a.dimension == b.dimension && (a.size < 0.0) == (b.size < 0.0);
        let held = |few: &Point| few.0.iter().all(|own| point.0.iter().any(|part| same(own, part)));
        let several = self.found.values().flatten().filter(|(few, _)| few.0.len() > 1);
        several.map(|(few, _)| few).any(held)
    }

    /// The sets to try next.
    fn next_batch(&mut self, roots: usize) -> Vec<Candidate> {
        let mut all = self.candidates(roots);
        all.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.members.cmp(&b.members)));
        let mut batch: Vec<Candidate> = Vec::new();
        let mut alike: BTreeMap<Classes, usize> = BTreeMap::new();
        let mut rest = Vec::new();
        for candidate in all {
            let count = alike.entry(candidate.classes.clone()).or_default();
            if batch.len() < BATCH - BATCH / RANDOM && *count < ALIKE {
                *count += 1;
                batch.push(candidate);
            } else {
                rest.push(candidate);
            }
        }
        while batch.len() < BATCH && !rest.is_empty() {
            // By likelihood: exponential race, the least of −ln(u)/p wins.
            let race = |c: &Candidate, u: f64| libm::log(-libm::log(1.0 - u)) - c.log_likelihood;
            let drawn: Vec<f64> = rest.iter().map(|c| race(c, self.stream.uniform())).collect();
            let least = (0..drawn.len()).min_by(|a, b| drawn[*a].total_cmp(&drawn[*b]));
            batch.push(rest.swap_remove(least.unwrap_or(0)));
        }
        self.seen.extend(batch.iter().map(|candidate| candidate.members.clone()));
        batch
    }

    /// Every child of a parent that was not tried.
    fn candidates(&self, roots: usize) -> Vec<Candidate> {
        let dimensions = self.subject.dimensions();
        let mut out: BTreeMap<Vec<usize>, Candidate> = BTreeMap::new();
        for (members, trial) in &self.parents {
            if members.len() >= DEEPEST {
                continue;
            }
            for (n, variant) in self.variants.iter().enumerate().take(roots) {
                let mut set = members.clone();
                set.insert(set.partition_point(|own| *own < n), n);
                if members.contains(&n) || self.seen.contains(&set) || out.contains_key(&set) {
                    continue;
                }
                let point = self.point(&set);
                let classes = point.classes(dimensions);
                // Two of a class are one disturbance in two words.
                if point.0.len() < set.len()
                    || classes.len() < set.len()
                    || self.exhausted(&classes)
                    || self.holds_a_failure(&point)
                {
                    continue;
                }
                let margins = trial.margins.iter().zip(&variant.cost).map(|(m, cost)| m - cost);
                let predicted = margins.fold(f64::INFINITY, f64::min);
                let log_likelihood = point.log_likelihood(dimensions);
                let classes: Classes = classes.into_iter().map(str::to_string).collect();
                let (tried, short) = self.learnt.get(&classes).copied().unwrap_or_default();
                let near = match tried > 0.0 {
                    true => predicted - short / tried,
                    false => trial.near() - variant.most(),
                };
                let near = near.max(0.0);
                let value = log_likelihood - WEIGHT * near + CURIOSITY / (1.0 + tried).sqrt();
                out.insert(
                    set.clone(),
                    Candidate { members: set, classes, predicted, log_likelihood, value },
                );
            }
        }
        out.into_values().collect()
    }

    /// From the likeliest failure of each set of classes to a likelier one, as far as the budget goes.
    fn walk(&mut self) -> Result<(), SearchError> {
        let dimensions = self.subject.dimensions();
        let likelihood = |point: &Point| point.log_likelihood(dimensions);
        for points in self.found.values_mut() {
            points.sort_by(|a, b| likelihood(&b.0).total_cmp(&likelihood(&a.0)));
        }
        let mut order: Vec<Classes> = self.found.keys().cloned().collect();
        // Where sizes can be traded against each other, the likeliest first.
        order.retain(|classes| classes.len() > 1 || self.subject.dimensions().len() == 1);
        let best = |classes: &Classes| likelihood(&self.found[classes][0].0);
        order.sort_by(|a, b| best(b).total_cmp(&best(a)));
        let room = usize::try_from(self.left() / WALK).unwrap_or(0);
        order.truncate(room);
        let (subject, seed) = (self.subject, self.options.seed);
        let found = &self.found;
        let one = |classes: &Classes| {
            let (point, trial) = &found[classes][0];
            let mut stream = Stream::new(seed, 0, &format!("search.walk.{}", classes.join(".")));
            likeliest(subject, point, trial, WALK, &mut stream)
        };
        let done: Result<Vec<Small>, SearchError> = order.par_iter().map(one).collect();
        for (classes, small) in order.iter().zip(done?) {
            self.spent += small.spent;
            if let Some(points) = self.found.get_mut(classes) {
                points[0] = (small.point, small.trial);
            }
        }
        self.tell();
        Ok(())
    }

    fn finish(self) -> Exploration {
        let dimensions = self.subject.dimensions();
        let mut failures: Vec<Failure> = Vec::new();
        for points in self.found.into_values() {
            let mut points = points.into_iter();
            let Some((point, trial)) = points.next() else { continue };
            let log_likelihood = point.log_likelihood(dimensions);
            let alike = points.map(|(point, _)| point).collect();
            failures.push(Failure { point, trial, log_likelihood, alike });
        }
        failures.sort_by(|a, b| b.log_likelihood.total_cmp(&a.log_likelihood));
        Exploration {
            failures,
            spent: self.spent,
            without_effect: self.without_effect,
            tried_alone: self.tried_alone,
            sets: self.sets,
            shared: self.shared,
        }
    }
}

/// A set that could be tried.
struct Candidate {
    members: Vec<usize>,
    classes: Classes,
    predicted: f64,
    log_likelihood: f64,
    value: f64,
}
