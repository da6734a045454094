//! A population of flights brought from the prior to the posterior.
//!
//! Owns: [`sequence`], [`Drawn`]. Does not own: how a hypothesis moves (`draw`), what agrees (`score`).
//! As published — a sequence of distributions, the points' uncertainties widened less and less [DelMoral2006]: weights by the
//! ratio of likelihoods, systematic resampling, and one Metropolis step that leaves the present distribution as it is. The
//! product of the mean weights is the evidence. Variances by lineage: what descends from one flight of the first generation
//! counts as one [LeeWhiteley2018].
//! As programmed: sets of one cause and of two are populations of their own, every set as probable as any, so that pairs are
//! found before their small prior counts; it is put in at the end:
//!     w = Z_k P(set) / P_k(set) / n_k
//! The first generation is the largest, since what it does not come near is never found; the last ones are all kept. Flights in which nothing broke are drawn once and weighted by their likelihood.

use super::Options;
use super::draw::{Hypothesis, Space};
use super::fly::Flight;
use rayon::prelude::*;
use truth::random::Stream;

/// By how much the points' uncertainties are widened, generation by generation.
pub(super) const WIDENED: [f64; 9] = [12.0, 8.0, 5.0, 3.5, 2.4, 1.6, 1.0, 1.0, 1.0];
/// Place of the points' own uncertainties.
pub(super) const OWN: usize = WIDENED.len() - 1;
/// Generations that are kept: those with the points' own uncertainties.
const KEPT: usize = 3;
/// Share of a population's flights that are its first generation.
const FIRST: f64 = 0.4;
/// Shares of the flights with no cause, one and two.
const COUNTS: [f64; 3] = [0.06, 0.44, 0.5];

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
        let later = at_least(flights * (1.0 - FIRST) / WIDENED.len() as f64);
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
            let ln_weight = own + space.ln_prior(&member.hypothesis) - n;
            let Member { hypothesis, flight, lineage } = member;
            Drawn { hypothesis, flight, ln_weight, lineage: count * LINEAGES + lineage }
        }));
    }
    Ok(out)
}

/// A run of nature of its own for each flight of a study.
fn run(count: usize, generation: usize, n: usize) -> u64 {
    1 + ((count * 100 + generation) * 1_000_000 + n) as u64
}

/// The first generation.
fn generation<E: Send>(
    space: &Space,
    (count, size): (usize, usize),
    seed: u64,
    fly: Fly<'_, E>,
) -> Result<Vec<Member>, E> {
    let one = |n: usize| {
        let run = run(count, 0, n);
        let mut stream = Stream::new(seed, run, "points");
        let hypothesis = Hypothesis::fresh(space, count, run, &mut stream);
        let flight = fly(&hypothesis)?;
        Ok(Member { hypothesis, flight, lineage: n })
    };
    (0..size).into_par_iter().map(one).collect()
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
    for step in 0..WIDENED.len() {
        let ln: Vec<f64> = (members.iter())
            .map(|member| {
                let before = if step == 0 { 0.0 } else { member.flight.ln_likelihood(step - 1) };
                member.flight.ln_likelihood(step) - before
            })
            .collect();
        let best = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = ln.iter().map(|ln| libm::exp(ln - best)).collect();
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        ln_evidence += best + libm::log(mean);
        let offset = Stream::new(seed, run(count, step + 1, size), "points resampled").uniform();
        let chosen = resampled(&weights, size, offset);
        let one = |(n, from): (usize, usize)| {
            let own = run(count, step + 1, n);
            let mut stream = Stream::new(seed, own, "points");
            let member = &members[from];
            let hypothesis = member.hypothesis.moved(space, own, &mut stream);
            let flight = fly(&hypothesis)?;
            let gain = flight.ln_likelihood(step) - member.flight.ln_likelihood(step);
            let accepted = libm::log(stream.uniform().max(f64::MIN_POSITIVE)) < gain;
            let lineage = member.lineage;
            Ok(if accepted { Member { hypothesis, flight, lineage } } else { member.clone() })
        };
        let next: Result<Vec<Member>, E> = chosen.into_par_iter().enumerate().map(one).collect();
        members = next?;
        if step + KEPT >= WIDENED.len() {
            kept.extend(members.iter().cloned());
        }
    }
    Ok((kept, ln_evidence))
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
