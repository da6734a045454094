//! Hypotheses: which causes, with which numbers, from when, in which nature; how they are drawn, and how probable that was.
//!
//! Owns: [`Space`], [`Hypothesis`]. Does not own: the prior (`prior`, `catalogue`), what nature disperses (`rig::stand`).
//! As programmed: each cause has [`DIMENSIONS`] standard normal coordinates, which its size, signs, beginning and end are
//! functions of, and nature has one for each constant that it disperses, so that the prior of all numbers is φ(z). A
//! hypothesis is moved by a kernel that leaves this prior as it is: one of its causes exchanged for any other, with its
//! numbers or with new ones; or causes, nature or both moved by [Neal1999]
//!     z' = √(1 − s²) z + s ξ,    ξ ~ N(0, 1)
//! with s out of [`STEPS`]. Noise is kept or drawn anew. Like devices (engines, jets, switches) are drawn as the first of
//! them with the prior of all. The first hypotheses are stratified: every set of families as often as any ([`Space::kinds`]).

use crate::catalogue::{Family, NAVIGATION, Suspect, class, ln_prior};
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
/// Shares of moves that exchange a cause, and of those the share that keep its numbers; of the others that move the causes
/// alone, and nature alone; that keep the noise. Assumed.
const EXCHANGED: f64 = 0.2;
const KEEP_NUMBERS: f64 = 0.5;
const CAUSES_ALONE: f64 = 0.4;
const NATURE_ALONE: f64 = 0.3;
const KEEP_NOISE: f64 = 0.7;
/// Share of a cause's moves in which one of its signs or times, or whether it acts at once or lasts, is drawn anew.
const JUMPS: f64 = 0.3;
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
    /// How many constants nature disperses.
    pub nature: usize,
}

/// Causes by their places in the space, ascending, with their coordinates; nature's constants; the run whose noise it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    pub(super) causes: Vec<(usize, [f64; DIMENSIONS])>,
    pub(super) nature: Vec<f64>,
    pub(super) run: u64,
}

/// Families of the causes of a set, ascending, and all sets of them.
pub(super) type Kind = (Vec<Family>, Vec<Vec<usize>>);

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
        let nature = mission.stand.inputs().len();
        Self { entries: shares.into_iter().map(entry).collect(), flight_s, nature }
    }

    /// All sets of so many causes by the families that they are of.
    pub fn kinds(&self, count: usize) -> Vec<Kind> {
        let n = self.entries.len();
        let sets: Vec<Vec<usize>> = match count {
            0 => vec![Vec::new()],
            1 => (0..n).map(|c| vec![c]).collect(),
            _ => (0..n).flat_map(|c| (c + 1..n).map(move |d| vec![c, d])).collect(),
        };
        let mut out: BTreeMap<Vec<Family>, Vec<Vec<usize>>> = BTreeMap::new();
        for set in sets {
            out.entry(self.families(&set)).or_default().push(set);
        }
        out.into_iter().collect()
    }

    /// Families of a set of causes, one for each cause, ascending.
    pub fn families(&self, set: &[usize]) -> Vec<Family> {
        let mut out: Vec<Family> =
            set.iter().map(|c| Family::of(&self.entries[*c].cause)).collect();
        out.sort_unstable();
        out
    }

    /// ln P of all sets of so many causes of these families.
    pub fn ln_prior_of(&self, sets: &[Vec<usize>]) -> f64 {
        libm::log(sets.iter().map(|set| libm::exp(self.ln_prior(set))).sum::<f64>())
    }

    /// In how many ways there are so many causes.
    pub fn sets(&self, count: usize) -> f64 {
        let n = self.entries.len() as f64;
        match count {
            0 => 1.0,
            1 => n,
            _ => 0.5 * n * (n - 1.0),
        }
    }

    /// ln P of a set of causes.
    pub fn ln_prior(&self, set: &[usize]) -> f64 {
        let singles = set.iter().map(|c| self.entries[*c].ln_single);
        match set.len() {
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

    /// Places of its causes in the space.
    pub(super) fn set(&self) -> Vec<usize> {
        self.causes.iter().map(|(place, _)| *place).collect()
    }

    /// Nature's constants as places in the unit cube.
    pub(super) fn point(&self) -> Vec<f64> {
        self.nature.iter().map(|z| cumulative(*z)).collect()
    }

    /// What it is called in the journal: every bit that decides a flight.
    pub(super) fn key(&self, space: &Space) -> String {
        let one = |(place, z): &(usize, [f64; DIMENSIONS])| {
            let Cause { on, kind } = &space.entries[*place].cause;
            format!("{on} {kind} {z:?}")
        };
        let causes = self.causes.iter().map(one).collect::<Vec<_>>().join(" and ");
        format!("{causes} nature {:?} run {}", self.nature, self.run)
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
    pub(super) fn begins_s(&self, space: &Space, nth: usize) -> f64 {
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

impl Hypothesis {
    /// With these causes, ascending; `run`: the noise.
    pub(super) fn fresh(space: &Space, set: &[usize], run: u64, stream: &mut Stream) -> Self {
        let causes = set.iter().map(|c| (*c, coordinates(stream))).collect();
        let nature = (0..space.nature).map(|_| stream.normal()).collect();
        Self { causes, nature, run }
    }

    /// A step away by a kernel that leaves the prior as it is, every set as probable as any; `run`: the noise where it is not
    /// kept.
    pub(super) fn moved(&self, space: &Space, run: u64, stream: &mut Stream) -> Self {
        let mut out = self.clone();
        let [way, block, noise] = std::array::from_fn(|_| stream.uniform());
        let count = self.causes.len();
        if noise > KEEP_NOISE {
            out.run = run;
        }
        if way < EXCHANGED && count > 0 {
            let place = index(stream.uniform(), count);
            let keep = stream.uniform() < KEEP_NUMBERS;
            let numbers = if keep { self.causes[place].1 } else { coordinates(stream) };
            out.causes[place] = (other(space, self, place, stream), numbers);
            out.causes.sort_by_key(|(cause, _)| *cause);
            return out;
        }
        let both = block >= CAUSES_ALONE + NATURE_ALONE || count == 0;
        let s = STEPS[index(stream.uniform(), STEPS.len())];
        if block < CAUSES_ALONE || both {
            for (_, z) in &mut out.causes {
                *z = moved(z, s, stream);
            }
        }
        if block >= CAUSES_ALONE || both {
            let s = STEPS[index(stream.uniform(), STEPS.len())];
            for z in &mut out.nature {
                *z = step(*z, s, stream);
            }
        }
        out
    }
}

/// A step of a standard normal coordinate.
fn step(z: f64, s: f64, stream: &mut Stream) -> f64 {
    (1.0 - s * s).sqrt() * z + s * stream.normal()
}

fn index(u: f64, n: usize) -> usize {
    ((u * n as f64) as usize).min(n.saturating_sub(1))
}

fn coordinates(stream: &mut Stream) -> [f64; DIMENSIONS] {
    std::array::from_fn(|_| stream.normal())
}

/// A cause's coordinates moved; the size, which stands first, never jumps.
fn moved(from: &[f64; DIMENSIONS], s: f64, stream: &mut Stream) -> [f64; DIMENSIONS] {
    let jumps = stream.uniform() < JUMPS;
    let which = 1 + index(stream.uniform(), DIMENSIONS - 1);
    let mut out = *from;
    for (n, z) in out.iter_mut().enumerate() {
        *z = step(*z, if jumps && n == which { 1.0 } else { s }, stream);
    }
    out
}

/// A cause in place of the one at `place`: any but those that stay.
fn other(space: &Space, of: &Hypothesis, place: usize, stream: &mut Stream) -> usize {
    let chosen = index(stream.uniform(), space.entries.len() + 1 - of.causes.len());
    // Ascending: each that stays at or before it moves it up.
    let stay = of.causes.iter().enumerate().filter(|(n, _)| *n != place);
    stay.fold(chosen, |chosen, (_, (cause, _))| chosen + usize::from(chosen >= *cause))
}
