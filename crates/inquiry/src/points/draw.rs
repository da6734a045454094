//! Hypotheses: which causes, with which numbers, from when; how they are drawn, and how probable that was.
//!
//! Owns: [`Space`], [`Hypothesis`], [`Proposal`]. Does not own: the prior (`prior`, `catalogue`).
//! As programmed: each cause has [`DIMENSIONS`] standard normal coordinates, which its size, signs, beginning and end are
//! functions of, so that the prior of all numbers is φ(z). A proposal is a mixture: a share of the prior, and flights that
//! came near, moved; some with one of their causes exchanged for any other. Moving a cause, its size goes by
//!     z' = √(1 − s²) z + s ξ,    ξ ~ N(0, 1)
//! with s out of [`STEPS`]; what matters by its sign alone keeps the sign or is drawn anew, times are moved or drawn anew:
//! coordinates that do not matter are thus close to their prior and cost little weight. Like devices (engines, jets,
//! switches) are drawn as the first of them with the prior of all.

use super::{Drawn, WIDENED};
use crate::catalogue::{NAVIGATION, Suspect, class, ln_prior};
use crate::finding::Cause;
use crate::mission::Mission;
use crate::prior::{DURATION_S, SHARE_FOR_GOOD, SHARE_FROM_START, sizes};
use icd::time::Span;
use rig::normal::cumulative;
use rig::scenario::fault::Fault;
use std::collections::BTreeMap;
use truth::faulty::Moment;
use truth::random::Stream;

/// Coordinates of a cause: size; three signs; at once, beginning, lasting, duration.
pub(super) const DIMENSIONS: usize = 8;
/// Steps around what came near.
const STEPS: [f64; 4] = [0.6, 0.25, 0.1, 0.04];
/// Shares of proposals: drawn from the prior; with one cause exchanged. The rest moves the coordinates.
const FRESH: f64 = 0.15;
const EXCHANGED: f64 = 0.25;
/// Shares of hypotheses drawn from the prior that have none, one and two causes. The weights bring it to `catalogue`'s.
const COUNTS: [f64; 3] = [0.05, 0.35, 0.6];
/// Shares of centres: by their posterior; among those with one cause, with two.
const AROUND: [f64; 3] = [0.4, 0.2, 0.4];
/// Centres of each that a proposal keeps at the most, and how many flights' worth they are to be at the least.
const CENTRES: usize = 60;
const WORTH: f64 = 25.0;
/// Likelihoods are not tempered further than to this power.
const POWER_MIN: f64 = 0.02;
/// The start of navigation is wrong by this many stated deviations, typically; assumed.
pub(super) const START_SIGMAS: f64 = 10.0;

/// One cause that may be at work.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub cause: Cause,
    /// ln of the prior that it alone is at work, of all that it stands for.
    pub ln_single: f64,
}

/// All that may be at work.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub entries: Vec<Entry>,
    /// How long the flight is to last, s: beginnings lie within.
    pub flight_s: f64,
}

/// Causes by their places in the space, ascending, with their coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    pub(super) causes: Vec<(usize, [f64; DIMENSIONS])>,
}

impl Space {
    /// The library on the devices that a mission carries and reads.
    pub fn of(mission: &Mission) -> Self {
        let scenario = &mission.stand.scenario;
        let (flight, machine) = (&scenario.flight, &scenario.vehicle.machine);
        let carried = |on: &str| match on.split_once('.').map_or(on, |(family, _)| family) {
            "velocimeter" => flight.uses_velocimeter() && machine.velocimeter.is_some(),
            "radar_altimeter" => flight.uses_radar_altimeter() && machine.radar_altimeter.is_some(),
            "camera" => flight.uses_camera() && machine.camera.is_some(),
            "hazard_lidar" => {
                flight.resilient && flight.hazard_lidar && machine.hazard_lidar.is_some()
            }
            "gauge" => flight.resilient && machine.gauge.is_some(),
            _ => true,
        };
        let own = [("computer", "restart"), ("computer", "cold_restart"), (NAVIGATION, "start")];
        let own = own.map(|(on, kind)| (on.to_string(), vec![kind]));
        let mut shares: BTreeMap<Cause, f64> = BTreeMap::new();
        for (on, kinds) in truth::faulty::known().into_iter().chain(own) {
            if !carried(&on) {
                continue;
            }
            for kind in kinds {
                let cause = Cause { on: on.clone(), kind };
                let first = match on.split_once('.') {
                    Some((family, _)) => format!("{family}.0"),
                    None => on.clone(),
                };
                let of = class(&Cause { on: first, kind });
                *shares.entry(of).or_default() += libm::exp(ln_prior(&[Suspect::Known(cause)]));
            }
        }
        let entry = |(cause, share): (Cause, f64)| Entry { cause, ln_single: libm::log(share) };
        let start = mission.stand.planned_start().t;
        let flight_s = (scenario.approach.touchdown - start).s().max(1.0);
        Self { entries: shares.into_iter().map(entry).collect(), flight_s }
    }

    /// ln P of a set of causes.
    fn ln_prior(&self, hypothesis: &Hypothesis) -> f64 {
        let singles = hypothesis.causes.iter().map(|(c, _)| self.entries[*c].ln_single);
        match hypothesis.causes.len() {
            0 => ln_prior(&[]),
            1 => singles.sum(),
            _ => singles.sum::<f64>() + ln_together(),
        }
    }
}

/// ln of what two causes together are over the product of what each is alone; the same for any two.
fn ln_together() -> f64 {
    let known = |kind| Suspect::Known(Cause { on: "rangefinder".to_string(), kind });
    let (one, other) = (known("dead"), known("bias"));
    let alone = ln_prior(std::slice::from_ref(&one)) + ln_prior(std::slice::from_ref(&other));
    ln_prior(&[one, other]) - alone
}

impl Hypothesis {
    /// Its causes.
    pub(super) fn of<'a>(&self, space: &'a Space) -> Vec<&'a Cause> {
        self.causes.iter().map(|(place, _)| &space.entries[*place].cause).collect()
    }

    /// What it is called in the journal: every bit that decides a flight.
    pub(super) fn key(&self, space: &Space) -> String {
        let one = |(place, z): &(usize, [f64; DIMENSIONS])| {
            let Cause { on, kind } = &space.entries[*place].cause;
            format!("{on} {kind} {z:?}")
        };
        self.causes.iter().map(one).collect::<Vec<_>>().join(" and ")
    }

    /// The fault that its `nth` cause stands for; the start of navigation is none.
    pub(super) fn fault(&self, space: &Space, nth: usize) -> Option<Fault> {
        let (place, z) = self.causes.get(nth)?;
        let cause = &space.entries[*place].cause;
        let laws = sizes(&cause.on, cause.kind);
        let numbers: Vec<f64> =
            laws.iter().zip(signs(z)).map(|(size, sign)| size.at(z[0], sign)).collect();
        let (from_s, until_s) = acts(z, space.flight_s);
        let until = until_s.map(|s| Moment::After(Span::from_s(s)));
        Fault::of(&cause.on, cause.kind, &numbers, Moment::After(Span::from_s(from_s)), until).ok()
    }

    /// When its `nth` cause begins, s after the start of the flight.
    pub(super) fn from_s(&self, space: &Space, nth: usize) -> f64 {
        self.causes.get(nth).map_or(0.0, |(_, z)| acts(z, space.flight_s).0)
    }

    /// All of them.
    pub(super) fn faults(&self, space: &Space) -> Vec<Fault> {
        (0..self.causes.len()).filter_map(|nth| self.fault(space, nth)).collect()
    }
}

/// Which channels are negative; channels beyond the third are as the last.
fn signs(z: &[f64; DIMENSIONS]) -> impl Iterator<Item = bool> + '_ {
    z[1..4].iter().map(|z| *z < 0.0).chain(std::iter::repeat(z[3] < 0.0))
}

/// When it acts, s after the start.
fn acts(z: &[f64; DIMENSIONS], flight_s: f64) -> (f64, Option<f64>) {
    let [at_once, from, lasts, duration] = [4, 5, 6, 7].map(|n| cumulative(z[n]));
    let from_s = if at_once < SHARE_FROM_START { 0.0 } else { from * flight_s };
    let (least, longest) = DURATION_S;
    let duration_s = least * libm::pow(longest / least, duration);
    (from_s, (lasts >= SHARE_FOR_GOOD).then_some(from_s + duration_s))
}

/// How a round draws its hypotheses.
pub(super) struct Proposal {
    centres: Vec<(f64, Hypothesis)>,
}

impl Proposal {
    /// From the prior.
    pub fn prior() -> Self {
        Self { centres: Vec::new() }
    }

    /// Around the flights so far that came nearest, the points' uncertainties widened: some by their posterior; some among
    /// those with one cause and some among those with two as if every set of causes were as probable as any, for a pair
    /// must be found before its small prior can count.
    pub fn around(drawn: &[Drawn], proposals: &[Proposal], space: &Space, widening: usize) -> Self {
        let likelihood = |d: &Drawn| d.flight.ln_likelihood(widening);
        let posterior = weights(drawn, proposals, space, likelihood);
        let of = |count: usize| -> Vec<f64> {
            let each = drawn.iter().zip(&posterior).map(|(d, ln)| {
                let same = d.hypothesis.causes.len() == count;
                if same { ln - space.ln_prior(&d.hypothesis) } else { f64::NEG_INFINITY }
            });
            each.collect()
        };
        let mut centres = Vec::new();
        for (share, ln) in AROUND.into_iter().zip([posterior.clone(), of(1), of(2)]) {
            let (order, weight) = chosen(&ln);
            let sum: f64 = order.iter().map(|n| weight[*n]).sum();
            let centre = |n: usize| (share * weight[n] / sum, drawn[n].hypothesis.clone());
            if sum > 0.0 {
                centres.extend(order.into_iter().map(centre));
            }
        }
        let sum: f64 = centres.iter().map(|(share, _)| share).sum();
        centres.iter_mut().for_each(|(share, _)| *share /= sum);
        Self { centres }
    }

    /// The `n`-th hypothesis of a study.
    pub fn draw(&self, space: &Space, seed: u64, n: u64) -> Hypothesis {
        let mut stream = Stream::new(seed, n, "points");
        let way = stream.uniform();
        if self.centres.is_empty() || way < FRESH {
            return fresh(space, &mut stream);
        }
        let mut left = stream.uniform();
        let chosen = self.centres.iter().find(|(share, _)| {
            left -= share;
            left < 0.0
        });
        let Some((_, centre)) = chosen.or(self.centres.last()) else {
            return fresh(space, &mut stream);
        };
        let mut out = centre.clone();
        let count = out.causes.len();
        let exchanged = (way < FRESH + EXCHANGED && count > 0).then(|| {
            let place = index(stream.uniform(), count);
            (place, other(space, centre, place, &mut stream))
        });
        for (place, (cause, z)) in out.causes.iter_mut().enumerate() {
            match exchanged {
                Some((at, other)) if at == place => {
                    (*cause, *z) = (other, coordinates(&mut stream));
                }
                _ => *z = moved(z, &mut stream),
            }
        }
        out.causes.sort_by_key(|(cause, _)| *cause);
        out
    }

    /// Density of drawing a hypothesis, over the prior of its coordinates.
    pub fn density(&self, space: &Space, of: &Hypothesis) -> f64 {
        let fresh = first(space, of);
        if self.centres.is_empty() {
            return fresh;
        }
        let around: f64 =
            self.centres.iter().map(|(share, centre)| share * near(space, centre, of)).sum();
        FRESH * fresh + around
    }
}

/// The heaviest flights, tempered until they are worth enough, and the weights of all.
fn chosen(ln: &[f64]) -> (Vec<usize>, Vec<f64>) {
    let best = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !best.is_finite() {
        return (Vec::new(), Vec::new());
    }
    let tempered =
        |power: f64| -> Vec<f64> { ln.iter().map(|ln| libm::exp(power * (ln - best))).collect() };
    let mut power = 1.0;
    while worth(&tempered(power)) < WORTH && power > POWER_MIN {
        power *= 0.8;
    }
    let weight = tempered(power);
    let mut order: Vec<usize> = (0..ln.len()).collect();
    order.sort_by(|a, b| weight[*b].total_cmp(&weight[*a]).then(a.cmp(b)));
    order.truncate(CENTRES);
    (order, weight)
}

/// Density of drawing a set of causes in the first round.
fn first(space: &Space, of: &Hypothesis) -> f64 {
    COUNTS.get(of.causes.len()).map_or(0.0, |share| share / sets(space, of))
}

/// In how many ways a set of so many causes is drawn.
fn sets(space: &Space, of: &Hypothesis) -> f64 {
    let n = space.entries.len() as f64;
    match of.causes.len() {
        0 => 1.0,
        1 => n,
        _ => 0.5 * n * (n - 1.0),
    }
}

fn index(u: f64, n: usize) -> usize {
    ((u * n as f64) as usize).min(n.saturating_sub(1))
}

fn coordinates(stream: &mut Stream) -> [f64; DIMENSIONS] {
    std::array::from_fn(|_| stream.normal())
}

/// From the prior, but for the number of causes and their shares: all alike.
fn fresh(space: &Space, stream: &mut Stream) -> Hypothesis {
    let (u, n) = (stream.uniform(), space.entries.len());
    let count = if u < COUNTS[0] {
        0
    } else if u < COUNTS[0] + COUNTS[1] {
        1
    } else {
        2
    };
    let mut causes: Vec<usize> = Vec::new();
    if count > 0 {
        causes.push(index(stream.uniform(), n));
    }
    if count > 1 && n > 1 {
        // Any other: those behind the first move up.
        let other = index(stream.uniform(), n - 1);
        causes.push(if other >= causes[0] { other + 1 } else { other });
        causes.sort_unstable();
    }
    Hypothesis { causes: causes.into_iter().map(|c| (c, coordinates(stream))).collect() }
}

/// Density of coming from a centre to a hypothesis, other than afresh, over the prior of its coordinates.
fn near(space: &Space, centre: &Hypothesis, to: &Hypothesis) -> f64 {
    let n = centre.causes.len();
    if n != to.causes.len() {
        return 0.0;
    }
    let moved_share = if n == 0 { 1.0 - FRESH } else { 1.0 - FRESH - EXCHANGED };
    // Density of each cause of the centre moved to where the other has it; `None` where it has it not.
    let each: Vec<Option<f64>> = (centre.causes.iter())
        .map(|(cause, from)| {
            let to = to.causes.iter().find(|(other, _)| other == cause);
            to.map(|(_, to)| ratio(from, to))
        })
        .collect();
    let all: Option<f64> = each.iter().copied().product();
    let mut density = moved_share * all.unwrap_or(0.0);
    if n > 0 {
        let chance = EXCHANGED / (n * (space.entries.len() + 1 - n)) as f64;
        for place in 0..n {
            let others = each.iter().enumerate().filter(|(m, _)| *m != place);
            let kept: Option<f64> = others.map(|(_, ratio)| *ratio).product();
            density += chance * kept.unwrap_or(0.0);
        }
    }
    density
}

/// Coordinates that matter by their sign alone: signs, whether at once, whether lasting.
const SIDED: [usize; 5] = [1, 2, 3, 4, 6];
/// Times.
const TIMES: [usize; 2] = [5, 7];
/// Share of moves that keep a side, and that move a time and do not draw it anew.
const KEEP_SIDE: f64 = 0.8;
const KEEP_TIME: f64 = 0.5;

/// A cause's coordinates moved.
fn moved(from: &[f64; DIMENSIONS], stream: &mut Stream) -> [f64; DIMENSIONS] {
    let s = STEPS[index(stream.uniform(), STEPS.len())];
    let keep = (1.0 - s * s).sqrt();
    let mut out = *from;
    out[0] = keep * from[0] + s * stream.normal();
    for n in SIDED {
        let (u, z) = (stream.uniform(), stream.normal());
        out[n] = if u < KEEP_SIDE { libm::copysign(z, from[n]) } else { z };
    }
    for n in TIMES {
        let (u, z) = (stream.uniform(), stream.normal());
        out[n] = if u < KEEP_TIME { keep * from[n] + s * z } else { z };
    }
    out
}

/// Density of [`moved`] over that of the prior.
fn ratio(from: &[f64; DIMENSIONS], to: &[f64; DIMENSIONS]) -> f64 {
    let sided = |n: usize| {
        let same = (from[n] < 0.0) == (to[n] < 0.0);
        (1.0 - KEEP_SIDE) + if same { 2.0 * KEEP_SIDE } else { 0.0 }
    };
    let step = |s: f64| -> f64 {
        let times = TIMES.map(|n| (1.0 - KEEP_TIME) + KEEP_TIME * stepped(from[n], to[n], s));
        stepped(from[0], to[0], s) * times.iter().product::<f64>()
    };
    let steps = STEPS.iter().map(|s| step(*s)).sum::<f64>() / STEPS.len() as f64;
    steps * SIDED.map(sided).iter().product::<f64>()
}

/// N(to; √(1 − s²) from, s²) / N(to; 0, 1).
fn stepped(from: f64, to: f64, s: f64) -> f64 {
    let z = (to - (1.0 - s * s).sqrt() * from) / s;
    libm::exp(0.5 * (to * to - z * z)) / s
}

/// A cause in place of the one at `place`: any but those that stay.
fn other(space: &Space, centre: &Hypothesis, place: usize, stream: &mut Stream) -> usize {
    let chosen = index(stream.uniform(), space.entries.len() + 1 - centre.causes.len());
    // Ascending: each that stays at or before it moves it up.
    let stay = centre.causes.iter().enumerate().filter(|(n, _)| *n != place);
    stay.fold(chosen, |chosen, (_, (cause, _))| chosen + usize::from(chosen >= *cause))
}

/// ln weights of flights: prior × likelihood over the density of the round that drew them. Not over the mixture of all
/// rounds: later ones are laid around the flights of earlier ones, and would belittle those.
pub(super) fn weights(
    drawn: &[Drawn],
    proposals: &[Proposal],
    space: &Space,
    ln_likelihood: impl Fn(&Drawn) -> f64,
) -> Vec<f64> {
    let one = |d: &Drawn| {
        let density = proposals.get(d.round).map_or(0.0, |p| p.density(space, &d.hypothesis));
        space.ln_prior(&d.hypothesis) + ln_likelihood(d) - libm::log(density)
    };
    drawn.iter().map(one).collect()
}

/// How many equal flights weights are worth.
pub(super) fn worth(weights: &[f64]) -> f64 {
    let (sum, squares) =
        weights.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Place of the points' own uncertainties among the widenings.
pub(super) const OWN: usize = WIDENED.len() - 1;
