//! Flights drawn where they agree with the points, and their weights.
//!
//! Owns: [`sample`], [`Drawn`]. Does not own: where the next are drawn (`proposal`), what agrees (`score`).
//! As published — adaptive multiple importance sampling [Cornuet2012]: in every round the flights of all rounds are weighted by
//! the mixture of all that they were drawn from, and the next round is drawn from what the weighted ones show:
//!     w = P(set) L / Σ_r n_r q_r(hypothesis)
//! the prior of numbers and nature being in q. For the search only: rounds are drawn where earlier ones had luck, which takes
//! weight from just these, and the evidence comes out too small (by a third in the closed form of the tests). What is told
//! rests on the flights after [`SEARCH`], each weighted by what it was drawn from itself [Cappe2004], whose expectation is the
//! evidence whatever the search found:
//!     w = P(set) L / (n q_r(hypothesis))
//! As programmed: as long as few flights agree, the points count with widened uncertainties, which are narrowed as far as
//! leaves the flights of each number of causes a worth of [`WORTH`], round by round and never back. One point is narrowed
//! before the others: alternately the first of the file and the last. Were all narrowed together, what explains most points
//! easily and leaves one to a wrong report would be found at once, and what explains all of them with difficulty never. Flights
//! with one cause and with two are weighed for themselves, so that pairs are found before their small prior counts; and the
//! numbers of each cause by its own flights, so that one is not forgotten because another was found first. How many
//! of a round each number of causes gets follows, once all uncertainties are the points' own, from the squares of their
//! weights [Neyman1934].

use super::Options;
use super::draw::{Hypothesis, Space};
use super::fly::Flight;
use super::proposal::{COUNTS, Counted, Proposal, worth};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// By how much the points' uncertainties are widened, one after the other: at first so far that the prior is seen.
pub(super) const WIDENED: [f64; 8] = [100.0, 50.0, 25.0, 12.0, 6.0, 3.0, 1.7, 1.0];
/// Place of the points' own uncertainties.
pub(super) const OWN: usize = WIDENED.len() - 1;
/// How long the way of one point is, in widenings.
pub(super) const END: f64 = WIDENED.len() as f64;
/// Flights that those of one number of causes must be worth for the next narrower step; assumed.
const WORTH: f64 = 10.0;
/// The same of those of one cause, for its numbers.
const WORTH_OF_CAUSE: f64 = 5.0;
/// Where the next are drawn by them, no flight's weight is more than this share: one that is found where hardly any was looked
/// for would have it all.
const MOST: f64 = 0.1;
/// Steps on the way, in widenings; the first, which are doubled up to these.
const FINE: f64 = 0.125;
const FINEST: f64 = FINE / 256.0;
/// Flights of the first round and of the others, at the most, and as shares of all: from as many flights on as both are the
/// same, what was flown for fewer is the beginning of what is flown for more. Assumed.
const ROUND: [usize; 2] = [900, 90];
const SHARES: [f64; 2] = [0.15, 0.015];
/// Share of the flights that are drawn for the search alone; assumed.
const SEARCH: f64 = 0.5;
/// Share of a round that one cause and two have at the least.
const LEAST: f64 = 0.1;
/// A round has no more flights: tells their noises apart.
const RUNS: u64 = 1_000_000;

/// One flight that counts.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub hypothesis: Hypothesis,
    pub flight: Flight,
    /// ln of its weight.
    pub ln_weight: f64,
}

/// One flown.
struct Member {
    hypothesis: Hypothesis,
    flight: Flight,
    /// Place of its set, and ln of the prior of that.
    place: usize,
    ln_prior: f64,
    /// Density of all that was drawn so far, times how many, over the prior of its numbers and nature.
    drawn: f64,
    /// The same of what it was drawn from itself.
    own: f64,
}

/// All flown, and what they were drawn from.
#[derive(Default)]
struct Pool {
    members: Vec<Member>,
    rounds: Vec<(usize, Proposal)>,
    /// How far the points are narrowed, the first of the file before the others or the last, by number of causes.
    ways: [[f64; 3]; 2],
}

/// Flies hypotheses with no cause, one and two, in whole rounds, and returns those after the search with their weights.
pub(super) fn sample<E: Send>(
    space: &Space,
    options: &Options,
    fly: &(dyn Fn(&Hypothesis) -> Result<Flight, E> + Sync),
) -> Result<Vec<Drawn>, E> {
    let all = options.flights.max(2);
    let size = |n: usize| ROUND[n].min((SHARES[n] * all as f64) as usize).max(1);
    let [first, later] = [0, 1].map(size);
    let mut pool = Pool::default();
    while pool.members.len() < all {
        let (proposal, size) = match pool.rounds.is_empty() {
            true => (Proposal::alike(space), first),
            false => (pool.proposal(space), later),
        };
        let run = 1 + pool.rounds.len() as u64 * RUNS;
        let hypotheses = proposal.draw(space, (options.seed, run, size));
        let flown = hypotheses.par_iter().map(fly).collect::<Result<Vec<Flight>, E>>()?;
        pool.put(space, proposal, hypotheses.into_iter().zip(flown).collect());
    }
    let kept = pool.members.split_off(pool.search());
    let n = kept.len() as f64;
    let one = |member: Member| {
        let Member { hypothesis, flight, ln_prior, own, .. } = member;
        let ln_weight = ln_prior + flight.ln_likelihood() - libm::log(n * own);
        Drawn { hypothesis, flight, ln_weight }
    };
    Ok(kept.into_iter().map(one).collect())
}

impl Member {
    fn ln_weight(&self, ln: impl Fn(&Flight) -> f64) -> f64 {
        self.ln_prior + ln(&self.flight) - libm::log(self.drawn)
    }
}

impl Pool {
    /// How many are the search's: whole rounds, since one is drawn set by set.
    fn search(&self) -> usize {
        let reached = self.rounds.iter().scan(0, |reached, (n, _)| {
            *reached += n;
            Some(*reached)
        });
        let search = SEARCH * self.members.len() as f64;
        reached.take_while(|reached| *reached as f64 <= search).last().unwrap_or(0)
    }

    /// What was drawn from a proposal.
    fn put(&mut self, space: &Space, proposal: Proposal, flown: Vec<(Hypothesis, Flight)>) {
        let size = flown.len() as f64;
        for member in &mut self.members {
            member.drawn += size * proposal.density(member.place, &member.hypothesis);
        }
        self.rounds.push((flown.len(), proposal));
        for (hypothesis, flight) in flown {
            let set = hypothesis.set();
            let (place, ln_prior) = (space.place(&set), space.ln_prior(&set));
            let density = |q: &Proposal| q.density(place, &hypothesis);
            let drawn = self.rounds.iter().map(|(n, q)| *n as f64 * density(q)).sum();
            let own = self.rounds.last().map_or(0.0, |(_, q)| density(q));
            self.members.push(Member { hypothesis, flight, place, ln_prior, drawn, own });
        }
    }

    /// Weights of some, the largest of them one.
    fn weights(&self, of: &[usize], ln: impl Fn(&Flight) -> f64) -> Vec<f64> {
        let ln: Vec<f64> = of.iter().map(|n| self.members[*n].ln_weight(&ln)).collect();
        let best = ln.iter().copied().fold(f64::MIN, f64::max);
        ln.iter().map(|ln| libm::exp(ln - best)).collect()
    }

    /// How far on the way from `from` on some flights are worth so many.
    fn way(&self, of: &[usize], first: usize, (least, from): (f64, f64)) -> f64 {
        let next = |way: f64| if way < FINE { (2.0 * way).max(FINEST) } else { way + FINE };
        let enough = |way: &f64| {
            let weights = self.weights(of, |flight| flight.ln_at(first, *way));
            *way <= 2.0 * END && worth(weights.into_iter()) >= least
        };
        let further = std::iter::successors(Some(next(from)), |way| Some(next(*way)));
        further.take_while(enough).last().unwrap_or(from)
    }

    /// How much the numbers of each cause of each flight count: by number of causes, for each cause as far on the way as leaves
    /// its own flights worth enough.
    fn numbers(&self, first: usize) -> Vec<[f64; 2]> {
        let mut by_cause: BTreeMap<(usize, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for (n, member) in self.members.iter().enumerate() {
            let causes = &member.hypothesis.causes;
            for (nth, (cause, _)) in causes.iter().enumerate() {
                by_cause.entry((causes.len(), *cause)).or_default().push((n, nth));
            }
        }
        let each: Vec<Vec<(usize, usize)>> = by_cause.into_values().collect();
        let weighed = |own: &Vec<(usize, usize)>| {
            let of: Vec<usize> = own.iter().map(|(n, _)| *n).collect();
            let way = self.way(&of, first, (WORTH_OF_CAUSE, 0.0));
            self.weights(&of, |flight| flight.ln_at(first, way))
        };
        let weights: Vec<Vec<f64>> = each.par_iter().map(weighed).collect();
        let mut out = vec![[0.0; 2]; self.members.len()];
        for (own, weights) in each.iter().zip(weights) {
            own.iter().zip(weights).for_each(|((n, nth), weight)| out[*n][*nth] = weight);
        }
        out
    }

    /// Where the next are to be drawn.
    fn proposal(&mut self, space: &Space) -> Proposal {
        let points = self.members.first().map_or(0, |member| member.flight.ln.len());
        let turn = self.rounds.len() % 2;
        let first = if turn == 0 { points.saturating_sub(1) } else { 0 };
        let mut weights = vec![0.0; self.members.len()];
        for count in 0..3 {
            let own = |n: &usize| self.members[*n].hypothesis.causes.len() == count;
            let of: Vec<usize> = (0..self.members.len()).filter(own).collect();
            let way = self.way(&of, first, (WORTH, self.ways[turn][count]));
            self.ways[turn][count] = way;
            let own = capped(self.weights(&of, |flight| flight.ln_at(first, way)));
            let sum = own.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            of.iter().zip(own).for_each(|(n, weight)| weights[*n] = weight / sum);
        }
        let each = self.members.iter().zip(weights).zip(self.numbers(first));
        let flights: Vec<Counted<'_>> = each
            .map(|((Member { hypothesis, .. }, weight), numbers)| Counted {
                hypothesis,
                weight,
                numbers,
            })
            .collect();
        let own = self.ways[turn][1..].iter().all(|way| *way >= 2.0 * END);
        Proposal::fitted(space, if own { self.shares() } else { COUNTS }, &flights)
    }

    /// Shares of the next round by number of causes: as √(n Σ w²), at least [`LEAST`] each of one and of two.
    fn shares(&self) -> [f64; 3] {
        let ln = || self.members.iter().map(|member| member.ln_weight(Flight::ln_likelihood));
        let best = ln().fold(f64::NEG_INFINITY, f64::max);
        let mut sums = [[0.0; 2]; 3];
        for (member, ln) in self.members.iter().zip(ln()) {
            let [n, squares] = &mut sums[member.hypothesis.causes.len()];
            *n += 1.0;
            *squares += libm::exp(2.0 * (ln - best));
        }
        let merits = sums.map(|[n, squares]| libm::sqrt(n * squares));
        let sum = merits.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let least = [0.0, LEAST, LEAST];
        std::array::from_fn(|n| least[n] + (1.0 - 2.0 * LEAST) * merits[n] / sum)
    }
}

/// Weights of which none is more than [`MOST`] of the sum.
fn capped(mut weights: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<f64> = weights.iter().copied().filter(|w| *w > 0.0).collect();
    order.sort_by(|a, b| b.total_cmp(a));
    let mut rest: f64 = order.iter().sum();
    let most = (1.0 / MOST) as usize;
    for (above, next) in order.into_iter().enumerate().take(most) {
        // With so many above it, what is a share of the sum.
        let cap = rest / (most - above) as f64;
        if next <= cap {
            weights.iter_mut().for_each(|w| *w = w.min(cap));
            break;
        }
        rest -= next;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_capped_weight_is_more_than_its_share() {
        let weights = capped([100.0, 50.0].into_iter().chain(vec![1.0; 40]).collect());
        let sum: f64 = weights.iter().sum();
        assert!((weights[0] - MOST * sum).abs() < 1e-9 && (weights[1] - weights[0]).abs() < 1e-9);
        assert!(weights[2..].iter().all(|w| (w - 1.0).abs() < 1e-12), "{weights:?}");
        let alike = capped(vec![1.0; 30]);
        assert!(alike.iter().all(|w| (w - 1.0).abs() < 1e-12));
    }
}
