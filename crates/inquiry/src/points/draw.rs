//! Hypotheses: which causes, with which numbers, from when, in which nature; how they are drawn, and how probable that was.
//!
//! Owns: [`Space`], [`Hypothesis`]. Does not own: the prior (`prior`, `catalogue`), what nature disperses (`rig::stand`).
//! As programmed: each cause has [`DIMENSIONS`] standard normal coordinates, which its size, signs, beginning and end are
//! functions of, and nature has one for each constant that it disperses, so that the prior of all numbers is φ(z). Like devices
//! (engines, jets, switches) are drawn as the first of them with the prior of all.

use crate::catalogue::{Family, NAVIGATION, Suspect, class, ln_prior};
use crate::finding::Cause;
use crate::mission::Mission;
use crate::prior::{DURATION_S, Law, SHARE_FOR_GOOD, SHARE_FROM_START, sizes};
use icd::time::Span;
use rig::normal::cumulative;
use rig::scenario::fault::Fault;
use std::collections::BTreeMap;
use truth::faulty::Moment;
use truth::random::Stream;

/// Coordinates of a cause: size; three signs; at once, beginning, lasting, duration.
pub(super) const DIMENSIONS: usize = 8;
/// How finely coordinates are told apart, in halvings: a size; times alone; those of the start of navigation.
const SIZE: u32 = 8;
const TIMES: [u32; DIMENSIONS] = [0, 0, 0, 0, 1, 6, 1, 4];
const PATTERN: [u32; DIMENSIONS] = [6, 5, 5, 5, 0, 5, 5, 5];
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

    /// All sets of causes: none, one, two.
    pub fn sets(&self) -> Vec<Vec<usize>> {
        let n = self.entries.len();
        let pairs = (0..n).flat_map(|c| (c + 1..n).map(move |d| vec![c, d]));
        [Vec::new()].into_iter().chain((0..n).map(|c| vec![c])).chain(pairs).collect()
    }

    /// Place of a set, ascending, among all.
    pub fn place(&self, set: &[usize]) -> usize {
        let n = self.entries.len();
        match *set {
            [] => 0,
            [c] => 1 + c,
            [c, d, ..] => n + c * (2 * n - c - 1) / 2 + d - c,
        }
    }

    /// All sets of so many causes by the families that they are of.
    pub fn kinds(&self, count: usize) -> Vec<Kind> {
        let sets = self.sets().into_iter().filter(|set| set.len() == count);
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

    /// How finely each coordinate of a cause is worth telling apart, in halvings: none where it changes nothing.
    pub fn depths(&self, place: usize) -> [u32; DIMENSIONS] {
        let Cause { on, kind } = &self.entries[place].cause;
        if on == NAVIGATION {
            return PATTERN;
        }
        let laws = sizes(on, kind);
        let mut out = TIMES;
        if laws.iter().any(|size| size.law != Law::Fixed) {
            out[0] = SIZE;
        }
        for (n, size) in laws.iter().enumerate() {
            if [Law::Signed, Law::Factor].contains(&size.law) {
                out[1 + n.min(2)] = 1;
            }
        }
        out
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
}

fn coordinates(stream: &mut Stream) -> [f64; DIMENSIONS] {
    std::array::from_fn(|_| stream.normal())
}
