//! A population of flights brought from the prior to the posterior.
//!
//! Owns: [`sequence`], [`Drawn`]. Does not own: how a hypothesis moves (`draw`), what agrees (`score`).
//! As published — a sequence of distributions, the points' uncertainties widened less and less [DelMoral2006]: weights by the
//! ratio of likelihoods, systematic resampling, and one Metropolis step that leaves the present distribution as it is. The
//! product of the mean weights is the evidence. How far each step goes follows from the weights: as far as leaves
//! [`WORTH`] of the population [Jasra2011]. Variances by lineage: what descends from one flight of the first generation
//! counts as one [LeeWhiteley2018].
//! As programmed: sets of one cause and of two are populations of their own, every set as probable as any, so that pairs are
//! found before their small prior counts; it is put in at the end:
//!     w = Z_k P(set) / P_k(set) / n_k
//! The first generation is the largest, since what it does not come near is hardly found later: half of it has as many
//! flights of every set of families as of any other, half goes where the first half's weights are [Neyman1934], weighted back. The last ones are all kept. Flights in which nothing broke are
//! drawn once and weighted by their likelihood.

use super::Options;
use super::draw::{Hypothesis, Space};
use super::fly::Flight;
use rayon::prelude::*;
use truth::random::Stream;

/// By how much the points' uncertainties are widened, one after the other.
pub(super) const WIDENED: [f64; 7] = [12.0, 8.0, 5.0, 3.5, 2.4, 1.6, 1.0];
/// Place of the points' own uncertainties.
pub(super) const OWN: usize = WIDENED.len() - 1;
/// Share of a generation that its weights are worth after a step.
const WORTH: f64 = 0.5;
/// A step is no shorter, in widenings; halvings of its search.
const LEAST: f64 = 0.01;
const HALVINGS: usize = 20;
/// Generations that are kept: those with the points' own uncertainties.
const KEPT: usize = 3;
/// Share of a population's flights that are its first generation, and how many generations share the others; assumed, so
/// that what is flown is about what was asked for.
const FIRST: f64 = 0.3;
const GENERATIONS: f64 = 14.0;
/// What the first half of a first generation is worth where it says how to spend the second, and the share of that which is
/// spent alike all the same. Assumed.
const PILOT: f64 = 0.1;
const EVERY: f64 = 0.2;
/// Shares of the flights with no cause, one and two.
const COUNTS: [f64; 3] = [0.04, 0.46, 0.5];

/// More than a first generation ever has: tells the lineages of the populations apart.
const LINEAGES: usize = 1_000_000_000;

/// One flight that counts.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub hypothesis: Hypothesis,
    pub flight: Flight,
    /// ln of its weight.
    pub ln_weight: f64,
    /// Which flight of the first generation it descends from.
    pub lineage: usize,
}

/// One of a population.
#[derive(Clone)]
struct Member {
    hypothesis: Hypothesis,
    flight: Flight,
    lineage: usize,
    /// ln of how much oftener its set should have been drawn; zero after resampling.
    ln_drawn: f64,
}

/// What flies a hypothesis.
type Fly<'a, E> = &'a (dyn Fn(&Hypothesis) -> Result<Flight, E> + Sync);

/// Flies populations with no cause, one and two, and returns the flights that count with their weights.
pub(super) fn sequence<E: Send>(
    space: &Space,
    options: &Options,
    fly: Fly<'_, E>,
) -> Result<Vec<Drawn>, E> {
    let mut out = Vec::new();
    for (count, share) in COUNTS.into_iter().enumerate() {
        let flights = share * options.flights as f64;
        let at_least = |flights: f64| (flights as usize).max(2);
        let later = at_least(flights * (1.0 - FIRST) / GENERATIONS);
        let (members, ln_evidence) = match count {
            0 => (generation(space, (0, at_least(flights)), options.seed, fly)?, 0.0),
            _ => {
                let sizes = [at_least(flights * FIRST), later];
                population(space, (count, sizes), options.seed, fly)?
            }
        };
        let n = libm::log(members.len() as f64) + libm::log(1.0 / space.sets(count));
        out.extend(members.into_iter().map(|member| {
            let own = if count == 0 { member.flight.ln_likelihood(OWN) } else { ln_evidence };
            let ln_weight = own + space.ln_prior(&member.hypothesis.set()) - n;
            let Member { hypothesis, flight, lineage, .. } = member;
            Drawn { hypothesis, flight, ln_weight, lineage: count * LINEAGES + lineage }
        }));
    }
    Ok(out)
}

/// A run of noise of its own for each flight of a study.
fn run(count: usize, generation: usize, n: usize) -> u64 {
    1 + ((count * 100 + generation) * 1_000_000 + n) as u64
}

/// The first generation: half of it every set of families in turn, at least once each; the other half where the first says
/// that the flights are that count [Neyman1934].
fn generation<E: Send>(
    space: &Space,
    (count, size): (usize, usize),
    seed: u64,
    fly: Fly<'_, E>,
) -> Result<Vec<Member>, E> {
    let kinds = space.kinds(count);
    let size = size.max(kinds.len());
    let pilot = (size / 2).max(kinds.len());
    let one = |(n, (place, turn)): (usize, (usize, usize))| {
        let sets = &kinds[place].1;
        let run = run(count, 0, n);
        let mut stream = Stream::new(seed, run, "points");
        // Through the sets of the kind from a place of its own, so that none comes twice before all have come.
        let first = Stream::new(seed, place as u64, "points first").uniform() * sets.len() as f64;
        let set = &sets[(first as usize + turn) % sets.len()];
        let hypothesis = Hypothesis::fresh(space, set, run, &mut stream);
        let flight = fly(&hypothesis)?;
        Ok(Member { hypothesis, flight, lineage: n, ln_drawn: 0.0 })
    };
    let mut places: Vec<usize> = (0..pilot).map(|n| n % kinds.len()).collect();
    let turns = (0..pilot).map(|n| (n % kinds.len(), n / kinds.len()));
    let flown = turns.enumerate().collect::<Vec<_>>().into_par_iter().map(one);
    let mut members: Vec<Member> = flown.collect::<Result<_, E>>()?;
    let share: Vec<f64> =
        kinds.iter().map(|(_, sets)| sets.len() as f64 / space.sets(count)).collect();
    let further = further(&mut members, (&places, &share), size - pilot);
    let mut flown = vec![0; kinds.len()];
    places.iter().for_each(|place| flown[*place] += 1);
    let more = further
        .iter()
        .enumerate()
        .flat_map(|(place, n)| (flown[place]..flown[place] + n).map(move |turn| (place, turn)));
    let more: Vec<(usize, (usize, usize))> = (pilot..).zip(more).collect();
    places.extend(more.iter().map(|(_, (place, _))| *place));
    members.extend(more.into_par_iter().map(one).collect::<Result<Vec<Member>, E>>()?);
    flown.iter_mut().zip(&further).for_each(|(flown, more)| *flown += more);
    let all = places.len();
    for (member, place) in members.iter_mut().zip(&places) {
        let drawn = flown[*place] as f64 / all as f64;
        member.ln_drawn = libm::log(share[*place] / drawn);
    }
    Ok(members)
}

/// How many more flights each kind gets: as its share times the root of its mean squared weight, [`EVERY`] of them alike.
fn further(pilot: &mut [Member], (places, share): (&[usize], &[f64]), more: usize) -> Vec<usize> {
    let count = |place: usize| places.iter().filter(|own| **own == place).count() as f64;
    let each: Vec<f64> = (0..share.len()).map(count).collect();
    for (member, place) in pilot.iter_mut().zip(places) {
        member.ln_drawn = libm::log(share[*place] / each[*place]);
    }
    let way = next(pilot, 0.0, PILOT * pilot.len() as f64);
    let weights = weights(pilot, 0.0, way).0;
    let mut merit = vec![0.0; share.len()];
    for (weight, place) in weights.iter().zip(places) {
        merit[*place] += weight * weight * each[*place];
    }
    merit.iter_mut().for_each(|square| *square = square.sqrt());
    let sum = merit.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let alike = EVERY / share.len() as f64;
    let mut reached = 0.0;
    let mut given = 0;
    let one = |merit: &f64| {
        reached += more as f64 * ((1.0 - EVERY) * merit / sum + alike);
        let own = (reached.round() as usize).min(more) - given;
        given += own;
        own
    };
    merit.iter().map(one).collect()
}

/// A population from the prior to the posterior: the generations kept, and ln of the evidence.
fn population<E: Send>(
    space: &Space,
    (count, [first, size]): (usize, [usize; 2]),
    seed: u64,
    fly: Fly<'_, E>,
) -> Result<(Vec<Member>, f64), E> {
    let mut members = generation(space, (count, first), seed, fly)?;
    let (mut kept, mut ln_evidence) = (Vec::new(), 0.0);
    let (mut way, end) = (0.0, WIDENED.len() as f64);
    let mut number = 0;
    let mut left = KEPT;
    while left > 0 {
        number += 1;
        let next = next(&members, way, WORTH * size as f64);
        let weights = weights(&members, way, next);
        ln_evidence += weights.1;
        let offset = Stream::new(seed, run(count, number, size), "points resampled").uniform();
        // At the end nothing is weighted any more, and a resampling would only lose.
        let chosen = match way < end {
            true => resampled(&weights.0, size, offset),
            false => (0..members.len()).collect(),
        };
        way = next;
        let one = |(n, from): (usize, usize)| {
            let own = run(count, number, n);
            let mut stream = Stream::new(seed, own, "points");
            let member = &members[from];
            let hypothesis = member.hypothesis.moved(space, own, &mut stream);
            let flight = fly(&hypothesis)?;
            let gain = flight.ln_at(way) - member.flight.ln_at(way);
            let accepted = libm::log(stream.uniform().max(f64::MIN_POSITIVE)) < gain;
            let lineage = member.lineage;
            let moved = Member { hypothesis, flight, lineage, ln_drawn: 0.0 };
            Ok(if accepted { moved } else { Member { ln_drawn: 0.0, ..member.clone() } })
        };
        let moved: Result<Vec<Member>, E> = chosen.into_par_iter().enumerate().map(one).collect();
        members = moved?;
        if way >= end {
            kept.extend(members.iter().cloned());
            left -= 1;
        }
    }
    Ok((kept, ln_evidence))
}

/// How much each counts from one place on the way to the next, and ln of the mean.
fn weights(members: &[Member], way: f64, next: f64) -> (Vec<f64>, f64) {
    let ln: Vec<f64> = (members.iter())
        .map(|one| one.ln_drawn + one.flight.ln_at(next) - one.flight.ln_at(way))
        .collect();
    let best = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = ln.iter().map(|ln| libm::exp(ln - best)).collect();
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    (weights, best + libm::log(mean))
}

/// The farthest place on the way to which the weights are worth `worth` flights.
fn next(members: &[Member], way: f64, worth: f64) -> f64 {
    let enough = |next: f64| {
        let (weights, _) = weights(members, way, next);
        let (sum, squares) = weights.iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
        sum * sum >= worth * squares
    };
    let end = WIDENED.len() as f64;
    if enough(end) {
        return end;
    }
    let (mut low, mut high) = (way, end);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if enough(middle) { low = middle } else { high = middle }
    }
    low.max(way + LEAST).min(end)
}

/// Systematic resampling: `n` places, each as often as its weight says to within one.
fn resampled(weights: &[f64], n: usize, offset: f64) -> Vec<usize> {
    let sum = weights.iter().sum::<f64>();
    let (mut out, mut reached, mut place) = (Vec::with_capacity(n), 0.0, 0);
    for k in 0..n {
        let wanted = (k as f64 + offset) / n as f64 * sum;
        while place + 1 < weights.len() && reached + weights[place] <= wanted {
            reached += weights[place];
            place += 1;
        }
        out.push(place);
    }
    out
}
