//! Where hypotheses are drawn from, round by round.
//!
//! Owns: [`Proposal`]. Does not own: weights (`sampling`), the prior (`draw`).
//! As programmed: q(hypothesis) = q(set) q(numbers, nature | number of causes). The first round is [`Proposal::alike`]: every
//! set of families as often as any, numbers and nature by the prior. Later ones are fitted to flights with weights
//! ([`Proposal::fitted`]). Of their sets [`ALIKE`] are as at first; the others are sets that have weight, or such a set with
//! one cause exchanged, added or left out. A cause's coordinates have a Pólya tree each [Lavine1992] on u = Φ(z): the unit
//! interval is halved again and again, and of m flights (as many as their weights are worth) on both halves of an interval of
//! level d, those on the left bring
//!     P(left) = (m_left + a d²)/(m + 2 a d²)
//! with a = [`FEW`], so that few flights leave the prior nearly as it is, and many resolve a narrow peak. Those of nature's
//! coordinates whose weighted means stand out of the noise of as many means [DonohoJohnstone1994] are normal with the flights'
//! mean and variance. [`PLAIN`] of all numbers and nature are of the prior, which bounds every weight.

use super::draw::{DIMENSIONS, Hypothesis, Space};
use crate::catalogue::Family;
use rig::normal::{cumulative, quantile};
use std::collections::BTreeMap;
use truth::random::Stream;

/// Shares of the flights with no cause, one and two of the first round, and of [`ALIKE`] of all others. Assumed.
pub(super) const COUNTS: [f64; 3] = [0.02, 0.6, 0.38];
/// Share of a later round's sets that are drawn as in the first.
const ALIKE: f64 = 0.1;
/// Share of the others that are a set with one cause exchanged, added or left out.
const CHANGED: f64 = 0.3;
/// Share of numbers and nature that are drawn by the prior.
const PLAIN: f64 = 0.1;
/// Share of pairs whose numbers and nature are drawn as those of single causes are: one of the two may change nothing.
const AS_ALONE: f64 = 0.4;
/// How many flights of the prior stand on either half of the unit interval; assumed.
const FEW: f64 = 0.25;
/// Flights of the prior in the variance of a coordinate of nature; assumed.
const FEW_OF_NATURE: f64 = 2.0;
/// A coordinate stays this far from the ends of the unit interval.
const END: f64 = 1e-12;

/// One flight and how much it counts.
pub(super) struct Counted<'a> {
    pub hypothesis: &'a Hypothesis,
    /// By number of causes, these sum to one.
    pub weight: f64,
    /// How much the numbers of each of its causes count.
    pub numbers: [f64; 2],
}

/// Where a round is drawn from.
pub(super) struct Proposal {
    /// Probability of each set, by its place in [`Space::sets`].
    sets: Vec<f64>,
    /// Fitted to flights with no cause, one and two.
    laws: [Law; 3],
}

/// Where numbers and nature are drawn from.
#[derive(Default)]
struct Law {
    /// By cause; one that is not here has those of the prior.
    numbers: BTreeMap<usize, [Tree; DIMENSIONS]>,
    /// By nature's coordinate; one that is not here is standard normal.
    nature: BTreeMap<usize, Normal>,
}

impl Proposal {
    /// Every set of families as often as any.
    pub fn alike(space: &Space) -> Self {
        let mut sets = vec![0.0; space.sets().len()];
        for (count, share) in COUNTS.into_iter().enumerate() {
            let kinds = space.kinds(count);
            for (_, of) in &kinds {
                let each = share / (kinds.len() * of.len()) as f64;
                of.iter().for_each(|set| sets[space.place(set)] = each);
            }
        }
        Self { sets, laws: Default::default() }
    }

    /// As weighted flights say.
    ///
    /// - `shares`: of the sets of no cause, one and two that are not drawn as in the first round.
    pub fn fitted(space: &Space, shares: [f64; 3], flights: &[Counted<'_>]) -> Self {
        let mut out = Self::alike(space);
        out.sets.iter_mut().for_each(|share| *share *= ALIKE);
        let near = near(space, flights);
        for (count, share) in shares.into_iter().enumerate() {
            let own = |one: &&Counted<'_>| one.hypothesis.causes.len() == count;
            let of: Vec<&Counted<'_>> = flights.iter().filter(own).collect();
            let sum: f64 = near[count].values().sum();
            let changed = if sum > 0.0 { CHANGED } else { 0.0 };
            for (place, weight) in &near[count] {
                out.sets[*place] += (1.0 - ALIKE) * share * changed * weight / sum;
            }
            for one in &of {
                let place = space.place(&one.hypothesis.set());
                out.sets[place] += (1.0 - ALIKE) * share * (1.0 - changed) * one.weight;
            }
            out.laws[count] = Law::fitted(space, &of);
        }
        let sum: f64 = out.sets.iter().sum();
        out.sets.iter_mut().for_each(|share| *share /= sum);
        out
    }

    /// `n` hypotheses; sets by systematic sampling.
    ///
    /// - `run`: the noise of the first; the next have the next.
    pub fn draw(&self, space: &Space, (seed, run, n): (u64, u64, usize)) -> Vec<Hypothesis> {
        let sets = space.sets();
        let offset = Stream::new(seed, run, "points sets").uniform();
        let (mut place, mut reached) = (0, 0.0);
        let mut out = Vec::with_capacity(n);
        for k in 0..n {
            let wanted = (k as f64 + offset) / n as f64;
            while place + 1 < sets.len() && reached + self.sets[place] <= wanted {
                reached += self.sets[place];
                place += 1;
            }
            let run = run + k as u64;
            let mut stream = Stream::new(seed, run, "points");
            let set = &sets[place];
            let mut wanted = stream.uniform();
            let law = self.mixed(set.len()).into_iter().find(|(share, _)| {
                wanted -= share;
                wanted < 0.0
            });
            out.push(match law {
                Some((_, law)) => law.draw(space, set, run, &mut stream),
                None => Hypothesis::fresh(space, set, run, &mut stream),
            });
        }
        out
    }

    /// Laws that hypotheses of so many causes are drawn from, with their shares; what is left is the prior's.
    fn mixed(&self, count: usize) -> [(f64, &Law); 2] {
        let alone = if count == 2 { AS_ALONE } else { 0.0 };
        [(alone, &self.laws[1]), (1.0 - PLAIN - alone, &self.laws[count])]
    }

    /// Density of a hypothesis over the prior of its numbers and of nature.
    pub fn density(&self, place: usize, of: &Hypothesis) -> f64 {
        let mixed = self.mixed(of.causes.len()).into_iter();
        let fitted: f64 = mixed.map(|(share, law)| share * libm::exp(law.ln_density(of))).sum();
        self.sets[place] * (PLAIN + fitted)
    }
}

/// By number of causes: how much weight lies one cause away from each set that has such: one exchanged, half of them for one
/// of its family, left out or added.
fn near(space: &Space, flights: &[Counted<'_>]) -> [BTreeMap<usize, f64>; 3] {
    let mut out: [BTreeMap<usize, f64>; 3] = Default::default();
    let family = |cause: usize| Family::of(&space.entries[cause].cause);
    for Counted { hypothesis, weight, .. } in flights.iter().filter(|one| one.weight > 0.0) {
        let set = hypothesis.set();
        let mut put = |mut set: Vec<usize>, share: f64| {
            set.sort_unstable();
            *out[set.len()].entry(space.place(&set)).or_default() += weight * share;
        };
        let others: Vec<usize> = (0..space.entries.len()).filter(|c| !set.contains(c)).collect();
        for left in &set {
            let rest: Vec<usize> = set.iter().copied().filter(|cause| cause != left).collect();
            let alike = others.iter().filter(|cause| family(**cause) == family(*left)).count();
            for other in &others {
                let own = if family(*other) == family(*left) { 1.0 / alike as f64 } else { 0.0 };
                let share = 0.5 * (own + 1.0 / others.len() as f64);
                put([&rest[..], &[*other]].concat(), share / set.len() as f64);
            }
            put(rest, 1.0 / set.len() as f64);
        }
        if set.len() == 1 {
            others.iter().for_each(|other| put(vec![set[0], *other], 1.0 / others.len() as f64));
        }
    }
    out
}

impl Law {
    fn fitted(space: &Space, of: &[&Counted<'_>]) -> Self {
        let worth = worth(of.iter().map(|one| one.weight));
        let normals = (0..space.nature).map(|d| {
            Normal::fitted(worth, of.iter().map(|one| (one.weight, one.hypothesis.nature[d])))
        });
        // The largest of so many means of nothing but noise, squared [DonohoJohnstone1994].
        let noise = 2.0 * libm::log(space.nature.max(1) as f64) / worth;
        let stands_out = |(_, normal): &(usize, Normal)| normal.mean * normal.mean > noise;
        let nature = normals.enumerate().filter(stands_out).collect();
        let mut by_cause: BTreeMap<usize, Vec<(f64, &[f64; DIMENSIONS])>> = BTreeMap::new();
        for one in of {
            for ((cause, z), weight) in one.hypothesis.causes.iter().zip(one.numbers) {
                by_cause.entry(*cause).or_default().push((weight, z));
            }
        }
        let fit = |(cause, own): (usize, Vec<(f64, &[f64; DIMENSIONS])>)| {
            let depths = space.depths(cause);
            let scale = worth_of(&own) / own.iter().map(|(w, _)| w).sum::<f64>();
            let tree = |d: usize| {
                Tree::fitted(depths[d], own.iter().map(|(w, z)| (w * scale, cumulative(z[d]))))
            };
            (cause, std::array::from_fn(tree))
        };
        Self { numbers: by_cause.into_iter().map(fit).collect(), nature }
    }

    fn draw(&self, space: &Space, set: &[usize], run: u64, stream: &mut Stream) -> Hypothesis {
        let mut out = Hypothesis::fresh(space, set, run, stream);
        for (cause, z) in &mut out.causes {
            if let Some(trees) = self.numbers.get(cause) {
                for (z, tree) in z.iter_mut().zip(trees) {
                    *z = quantile(tree.draw(stream));
                }
            }
        }
        for (d, Normal { mean, sigma }) in &self.nature {
            out.nature[*d] = mean + sigma * out.nature[*d];
        }
        out
    }

    fn ln_density(&self, of: &Hypothesis) -> f64 {
        let numbers = of.causes.iter().filter_map(|(cause, z)| {
            let trees = self.numbers.get(cause)?;
            Some(trees.iter().zip(z).map(|(tree, z)| tree.ln_density(cumulative(*z))).sum::<f64>())
        });
        let nature = self.nature.iter().map(|(d, normal)| normal.ln_density(of.nature[*d]));
        numbers.sum::<f64>() + nature.sum::<f64>()
    }
}

/// How many flights weights are worth [Kong1992].
pub(super) fn worth(weights: impl Iterator<Item = f64>) -> f64 {
    let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

fn worth_of(own: &[(f64, &[f64; DIMENSIONS])]) -> f64 {
    worth(own.iter().map(|(w, _)| *w))
}

/// A normal distribution.
struct Normal {
    mean: f64,
    sigma: f64,
}

impl Normal {
    /// - `flights`: how much each counts, in sum one, and where it lies; together worth `worth`.
    fn fitted(worth: f64, flights: impl Iterator<Item = (f64, f64)>) -> Self {
        let (mean, square) =
            flights.fold((0.0, 0.0), |(mean, square), (w, z)| (mean + w * z, square + w * z * z));
        let variance = (square - mean * mean).max(0.0);
        let variance = (worth * variance + FEW_OF_NATURE) / (worth + FEW_OF_NATURE);
        Self { mean, sigma: variance.sqrt() }
    }

    /// Over the standard one.
    fn ln_density(&self, z: f64) -> f64 {
        let own = (z - self.mean) / self.sigma;
        0.5 * (z * z - own * own) - libm::log(self.sigma)
    }
}

/// A distribution on the unit interval.
struct Tree {
    /// Mass of each of 2^depth equal parts.
    mass: Vec<f64>,
}

impl Tree {
    /// - `flights`: how much each counts, and where it lies.
    fn fitted(depth: u32, flights: impl Iterator<Item = (f64, f64)>) -> Self {
        let leaves = 1_usize << depth;
        let mut count = vec![0.0; leaves];
        flights.for_each(|(weight, u)| count[leaf(leaves, u)] += weight);
        let mut mass = vec![1.0];
        for level in 1..=depth {
            let width = leaves >> level;
            let on = |part: usize| count[part * width..(part + 1) * width].iter().sum::<f64>();
            let few = FEW * f64::from(level * level);
            let halves = |(place, mass): (usize, &f64)| {
                let [left, right] = [2 * place, 2 * place + 1].map(on);
                let share = (left + few) / (left + right + 2.0 * few);
                [mass * share, mass * (1.0 - share)]
            };
            mass = mass.iter().enumerate().flat_map(halves).collect();
        }
        Self { mass }
    }

    fn draw(&self, stream: &mut Stream) -> f64 {
        let [mut wanted, within] = std::array::from_fn(|_| stream.uniform());
        let last = self.mass.len() - 1;
        let found = self.mass.iter().position(|mass| {
            wanted -= mass;
            wanted < 0.0
        });
        let u = (found.unwrap_or(last) as f64 + within) / self.mass.len() as f64;
        u.clamp(END, 1.0 - END)
    }

    fn ln_density(&self, u: f64) -> f64 {
        libm::log(self.mass[leaf(self.mass.len(), u)] * self.mass.len() as f64)
    }
}

fn leaf(leaves: usize, u: f64) -> usize {
    ((u * leaves as f64) as usize).min(leaves - 1)
}
