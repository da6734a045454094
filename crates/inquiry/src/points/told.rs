//! What the points tell, and what they do not.
//!
//! Owns: [`Told`] and how weighted flights become it. Does not own: the weights (`sampling`).
//! As programmed: a probability is a share of the weights; its variance, with weights that sum to one, and how many independent
//! flights the weights are worth [Kong1992]:
//!     σ² = Σ w² (h − p)² / (1 − Σ w²),    worth = 1 / Σ w²
//! Weights worth fewer than [`ENOUGH`] flights tell nothing, and nothing is told from them.
//! Intervals are weighted quantiles. Causes that the points do not tell apart: inside the most probable combination of
//! families, those whose share of the weights is within [`APART`] of their share of the prior, on either side.

use super::draw::{Entry, Hypothesis, Space};
use super::evidence::{Weighed, evidence};
use super::file::{KEYS, Point, Points};
use super::sampling::{Drawn, OWN};
use super::score::believed_wrong;
use crate::catalogue::{self, Family, Suspect};
use crate::finding::Cause;
use rig::scenario::Dispersed;
use std::collections::BTreeMap;

/// Combinations listed at the most, causes of one family, tracks.
const LISTED: usize = 20;
const TRACKS: usize = 40;
/// Where all but this share of the weights is one flight's, they say nothing of how uncertain they are.
const ALONE: f64 = 1e-9;
/// Independent flights that weights must be worth for anything to be told; assumed: a share of one half is then known to
/// a tenth.
pub(super) const ENOUGH: f64 = 30.0;
/// A factor that evidence must change odds by to tell causes apart; assumed: that "worth mentioning" begins at 3.
const APART: f64 = 3.0;

/// A share of the probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Of what.
    pub name: String,
    /// Probability.
    pub probability: f64,
    /// Its standard deviation, from the number of flights.
    pub sigma: f64,
}

/// A figure as the points leave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Of what.
    pub name: String,
    /// Unit as printed.
    pub unit: &'static str,
    /// 5 %, 50 % and 95 % of the probability lie below.
    pub quantiles: [f64; 3],
}

/// One set of causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    /// The causes; those that stand for others by themselves.
    pub causes: Vec<Cause>,
    /// In words, with probability.
    pub share: Share,
    /// Flights flown of it.
    pub flights: usize,
    /// The numbers of each cause, in the order of the causes.
    pub numbers: Vec<Vec<Interval>>,
    /// When each began, s after the start of the flight: mean and standard deviation.
    pub began_s: Vec<[f64; 2]>,
}

/// Causes of one family inside the most probable combination of families.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    /// The family in words.
    pub family: String,
    /// Each cause in words, with its share among them after the points, and before.
    pub causes: Vec<(String, f64, f64)>,
    /// Those of them that the points do not tell apart.
    pub alike: Vec<String>,
}

/// One flight that agrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Its share of the weights.
    pub weight: f64,
    /// s after the planned touchdown, altitude in m, descent speed in m/s.
    pub rows: Vec<[f64; 3]>,
}

/// What the points tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Title of the file.
    pub title: String,
    /// Where the points were published.
    pub source: String,
    /// Title of the mission.
    pub mission: String,
    /// The points in words.
    pub points: Vec<String>,
    /// The answer in a few sentences.
    pub answer: String,
    /// Whether the flights are enough to tell anything; if not, all that follows is empty.
    pub enough: bool,
    /// Families of causes, alone or with others, most probable first; their probabilities overlap.
    pub families: Vec<Share>,
    /// Exact combinations of families, most probable first.
    pub together: Vec<Share>,
    /// What the points say of each number and families of causes, most probable first.
    pub evidence: Vec<Weighed>,
    /// Sets of causes, most probable first.
    pub combinations: Vec<Combination>,
    /// What can be said of the flight.
    pub said: Vec<Interval>,
    /// What cannot be told apart.
    pub alike: Vec<Like>,
    /// Points that no likely flight agrees with.
    pub unexplained: Vec<String>,
    /// What remains unknown, one sentence each.
    pub unknown: Vec<String>,
    /// How the likely flights end: outcome and probability.
    pub outcomes: Vec<Share>,
    /// The likeliest flights.
    pub tracks: Vec<Track>,
    /// Flights flown.
    pub flights: usize,
    /// Independent flights that their weights are worth.
    pub worth: f64,
}

/// Flights with weights that sum to one.
pub(super) struct Weighted<'a> {
    space: &'a Space,
    drawn: &'a [Drawn],
    weights: Vec<f64>,
}

impl<'a> Weighted<'a> {
    /// Weights of flights, brought to a sum of one.
    pub fn of(space: &'a Space, drawn: &'a [Drawn]) -> Self {
        let best = drawn.iter().map(|d| d.ln_weight).fold(f64::NEG_INFINITY, f64::max);
        let raw: Vec<f64> = drawn.iter().map(|d| libm::exp(d.ln_weight - best)).collect();
        let sum = raw.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        Self { space, drawn, weights: raw.into_iter().map(|w| w / sum).collect() }
    }

    /// Probability of what holds for some flights, with its standard deviation; one half where one flight has it all.
    pub fn share(&self, name: &str, holds: impl Fn(&Drawn) -> bool) -> Share {
        let pairs = || self.drawn.iter().zip(&self.weights);
        let probability: f64 = pairs().filter(|(d, _)| holds(d)).map(|(_, w)| w).sum();
        let miss = |d: &Drawn, w: f64| w * (f64::from(u8::from(holds(d))) - probability);
        let square: f64 = pairs().map(|(d, w)| miss(d, *w).powi(2)).sum();
        let alone: f64 = self.weights.iter().map(|w| w * w).sum();
        let sigma = if alone < 1.0 - ALONE { (square / (1.0 - alone)).sqrt() } else { 0.5 };
        Share { name: name.to_string(), probability, sigma }
    }

    /// How many independent flights the weights are worth.
    pub fn worth(&self) -> f64 {
        super::proposal::worth(self.weights.iter().copied())
    }

    /// Shares of what each flight is one or more of, most probable first.
    fn shares(&self, of: impl Fn(&Drawn) -> Vec<String>) -> Vec<Share> {
        let mut names: Vec<String> = self.drawn.iter().flat_map(&of).collect();
        names.sort();
        names.dedup();
        let one = |name: &String| self.share(name, |d| of(d).contains(name));
        let mut out: Vec<Share> = names.iter().map(one).collect();
        out.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.name.cmp(&b.name)));
        out
    }

    /// Quantiles of a figure over the flights that have it; `None` where hardly any likely flight does.
    fn interval(
        &self,
        name: &str,
        unit: &'static str,
        of: impl Fn(&Drawn) -> Option<f64>,
    ) -> Option<Interval> {
        let pairs = self.drawn.iter().zip(&self.weights);
        let mut values: Vec<(f64, f64)> =
            pairs.filter_map(|(d, w)| Some((of(d)?, *w))).filter(|(v, _)| v.is_finite()).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let sum: f64 = values.iter().map(|(_, w)| w).sum();
        if sum <= 0.0 {
            return None;
        }
        let quantile = |p: f64| {
            let mut below = 0.0;
            let found = values.iter().find(|(_, w)| {
                below += w / sum;
                below >= p
            });
            found.or(values.last()).map_or(f64::NAN, |(v, _)| *v)
        };
        Some(Interval { name: name.to_string(), unit, quantiles: [0.05, 0.5, 0.95].map(quantile) })
    }

    fn causes(&self, of: &Hypothesis) -> Vec<Cause> {
        of.of(self.space).into_iter().cloned().collect()
    }

    fn families(&self, d: &Drawn) -> Vec<Family> {
        let suspects: Vec<Suspect> =
            self.causes(&d.hypothesis).into_iter().map(Suspect::Known).collect();
        catalogue::families(&suspects)
    }

    /// Families in words: which way navigation was wrong, if it was led astray.
    fn words(&self, d: &Drawn) -> Vec<String> {
        let too_high = Some(d.flight.believed_over_true_m > 0.0);
        self.families(d).into_iter().map(|family| family.text(too_high).to_string()).collect()
    }

    /// Sets of causes, most probable first.
    fn combinations(&self) -> Vec<Combination> {
        let mut sets: BTreeMap<Vec<Cause>, (usize, f64)> = BTreeMap::new();
        for (d, weight) in self.drawn.iter().zip(&self.weights) {
            let slot = sets.entry(self.causes(&d.hypothesis)).or_default();
            *slot = (slot.0 + 1, slot.1 + weight);
        }
        let mut order: Vec<(Vec<Cause>, (usize, f64))> = sets.into_iter().collect();
        order.sort_by(|a, b| b.1.1.total_cmp(&a.1.1).then(a.0.cmp(&b.0)));
        order.truncate(LISTED);
        order.into_iter().map(|(causes, (flights, _))| self.combination(causes, flights)).collect()
    }

    fn combination(&self, causes: Vec<Cause>, flights: usize) -> Combination {
        let names: Vec<String> = causes.iter().map(catalogue::name).collect();
        let name = match names.is_empty() {
            true => "nothing broke".to_string(),
            false => names.join(" and "),
        };
        let own = |d: &Drawn| self.causes(&d.hypothesis) == causes;
        let share = self.share(&name, own);
        let numbers = (0..causes.len()).map(|nth| self.numbers(&causes, nth)).collect();
        let began_s = (0..causes.len()).map(|nth| self.began_s(&causes, nth)).collect();
        Combination { causes, share, flights, numbers, began_s }
    }

    /// The numbers of one cause of a set.
    fn numbers(&self, causes: &[Cause], nth: usize) -> Vec<Interval> {
        let cause = &causes[nth];
        let keys = rig::scenario::fault::Fault::keys(&cause.on, cause.kind);
        let one = |(n, (key, ..)): (usize, &(String, f64, f64))| {
            let unit = rig::scenario::unit_of(key);
            self.interval(key, unit, |d| {
                let fault = d.hypothesis.fault(self.space, nth);
                let fault = fault.filter(|_| self.causes(&d.hypothesis) == causes)?;
                fault.numbers.get(n).map(|(_, value)| value.reference())
            })
        };
        keys.iter().enumerate().filter_map(one).collect()
    }

    /// When one cause of a set began.
    fn began_s(&self, causes: &[Cause], nth: usize) -> [f64; 2] {
        let (mut sum, mut mean, mut square) = (0.0, 0.0, 0.0);
        for (d, w) in self.drawn.iter().zip(&self.weights) {
            if self.causes(&d.hypothesis) == causes {
                let from_s = d.hypothesis.begins_s(self.space, nth);
                (sum, mean, square) = (sum + w, mean + w * from_s, square + w * from_s * from_s);
            }
        }
        let sum = if sum > 0.0 { sum } else { 1.0 };
        let mean = mean / sum;
        [mean, (square / sum - mean * mean).max(0.0).sqrt()]
    }

    /// Inside a combination of families: which causes of each the points do not tell apart.
    fn alike(&self, together: &str) -> Vec<Like> {
        let inside: Vec<bool> =
            self.drawn.iter().map(|d| self.words(d).join(" and ") == together).collect();
        let mut by_family: BTreeMap<Family, BTreeMap<Cause, f64>> = BTreeMap::new();
        for ((d, w), _) in self.drawn.iter().zip(&self.weights).zip(&inside).filter(|(_, i)| **i) {
            for cause in self.causes(&d.hypothesis) {
                let family = by_family.entry(Family::of(&cause)).or_default();
                *family.entry(cause).or_default() += w;
            }
        }
        by_family.into_iter().map(|(family, causes)| self.like(family, &causes)).collect()
    }

    fn like(&self, family: Family, causes: &BTreeMap<Cause, f64>) -> Like {
        let of = |entry: &&Entry| Family::of(&entry.cause) == family;
        let entries: Vec<&Entry> = self.space.entries.iter().filter(of).collect();
        let prior: f64 = entries.iter().map(|entry| libm::exp(entry.ln_single)).sum();
        let after: f64 = causes.values().sum();
        let share = |entry: &&Entry| {
            let own =
                causes.get(&entry.cause).copied().unwrap_or(0.0) / after.max(f64::MIN_POSITIVE);
            (catalogue::name(&entry.cause), own, libm::exp(entry.ln_single) / prior)
        };
        let mut shares: Vec<(String, f64, f64)> = entries.iter().map(share).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let gain = |(_, after, prior): &(String, f64, f64)| after / prior;
        let best = shares.iter().map(gain).fold(0.0, f64::max);
        let alike = shares.iter().filter(|own| gain(own) * APART >= best);
        let alike = alike.map(|(name, ..)| name.clone()).collect();
        shares.truncate(LISTED);
        Like { family: family.text(None).to_string(), causes: shares, alike }
    }
}

/// A point in words.
fn text(point: &Point) -> String {
    let one = |(law, (key, ..)): (&Option<Dispersed>, (&str, f64, f64))| {
        let unit = rig::scenario::unit_of(key);
        let what = key.rsplit_once(&format!("_{}", unit.replace('/', "_"))).map_or(key, |(w, _)| w);
        let what = what.replace('_', " ");
        match law.as_ref()? {
            Dispersed::Normal { mean, sigma } => Some(format!("{what} {mean} ± {sigma} {unit}")),
            Dispersed::Uniform { min, max } => Some(format!("{what} {min} to {max} {unit}")),
            _ => None,
        }
    };
    let says: Vec<String> = point.says.iter().zip(KEYS).filter_map(one).collect();
    format!("{}: {}", point.name, says.join(", "))
}

/// What the flights tell.
pub(super) fn told(points: &Points, space: &Space, drawn: &[Drawn], flights: usize) -> Told {
    let all = Weighted::of(space, drawn);
    let worth = all.worth();
    let enough = worth >= ENOUGH && !points.points.is_empty();
    let out = Told {
        title: points.title.clone(),
        source: points.source.clone(),
        mission: points.mission.title.clone(),
        points: points.points.iter().map(text).collect(),
        answer: too_few(points, worth),
        unknown: vec!["Everything that the points themselves do not say.".to_string()],
        flights,
        worth,
        ..Told::default()
    };
    if enough { tell(points, &all, out) } else { out }
}

/// What enough flights tell.
fn tell(points: &Points, all: &Weighted<'_>, before: Told) -> Told {
    let (drawn, worth) = (all.drawn, before.worth);
    let families = all.shares(|d| all.words(d));
    let together = all.shares(|d| vec![all.words(d).join(" and ")]);
    let wrong = |(n, point): (usize, &Point)| {
        let doubt = |(d, w): (&Drawn, &f64)| w * believed_wrong(point, d.flight.ln[n][OWN]);
        let doubt: f64 = drawn.iter().zip(&all.weights).map(doubt).sum();
        (doubt > 0.5).then(|| point.name.clone())
    };
    let unexplained: Vec<String> = points.points.iter().enumerate().filter_map(wrong).collect();
    let alike = together.first().map_or_else(Vec::new, |first| all.alike(&first.name));
    let said = said(all);
    let mut order: Vec<usize> = (0..drawn.len()).collect();
    order.sort_by(|a, b| all.weights[*b].total_cmp(&all.weights[*a]).then(a.cmp(b)));
    let track = |n: &usize| Track { weight: all.weights[*n], rows: drawn[*n].flight.track.clone() };
    Told {
        enough: true,
        answer: answer(&families, &together, worth, &unexplained),
        unknown: unknown(&alike, &said),
        evidence: evidence(all.space, drawn),
        combinations: all.combinations(),
        outcomes: all.shares(|d| vec![d.flight.outcome.clone()]),
        tracks: order.iter().take(TRACKS).map(track).collect(),
        families,
        together,
        said,
        alike,
        unexplained,
        ..before
    }
}

/// Figures of the flight.
fn said(all: &Weighted<'_>) -> Vec<Interval> {
    let believed = "altitude believed less true at 2 km";
    [
        all.interval(believed, "m", |d| Some(d.flight.believed_over_true_m)),
        all.interval("first valid range", "m", |d| d.flight.first_range_m),
        all.interval("first contact after the planned touchdown", "s", |d| {
            d.flight.impact.map(|i| i[0])
        }),
        all.interval("speed at first contact", "m/s", |d| d.flight.impact.map(|i| i[1])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn percent(share: &Share) -> String {
    format!("{:.0} % ± {:.0} %", 100.0 * share.probability, 100.0 * share.sigma)
}

/// Why nothing is told.
fn too_few(points: &Points, worth: f64) -> String {
    match points.points.is_empty() {
        true => "Cannot be told: no point was published.".to_string(),
        false => format!(
            "Cannot be told: the flights that agree with the points are worth {worth:.1} independent ones, and fewer than \
             {ENOUGH:.0} tell nothing. More flights may."
        ),
    }
}

fn answer(families: &[Share], together: &[Share], worth: f64, unexplained: &[String]) -> String {
    let (Some(family), Some(first)) = (families.first(), together.first()) else {
        return "Nothing was flown.".to_string();
    };
    let mut out = format!(
        "Most probably: {} ({}); as a combination: {} ({}). The flights that say so are worth {worth:.0} independent ones.",
        family.name,
        percent(family),
        first.name,
        percent(first)
    );
    if !unexplained.is_empty() {
        out += &format!(" No likely flight agrees with: {}.", unexplained.join("; "));
    }
    out
}

fn unknown(alike: &[Like], said: &[Interval]) -> Vec<String> {
    let several = alike.iter().filter(|like| like.alike.len() > 1);
    let causes = several.map(|like| {
        let names = like.alike.join("; ");
        format!("{}: the points do not tell apart: {names}.", like.family)
    });
    let wide = said.iter().map(|interval| {
        let [low, middle, high] = interval.quantiles;
        let Interval { name, unit, .. } = interval;
        format!("{name}: {middle:.0} {unit}, with 90 % between {low:.0} and {high:.0} {unit}.")
    });
    causes.chain(wide).collect()
}
