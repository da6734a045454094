//! Hypotheses: which causes, with which numbers, from when; how they are drawn, and how probable that was.
//!
//! Owns: [`Space`], [`Hypothesis`]. Does not own: the prior (`prior`, `catalogue`).
//! As programmed: each cause has [`DIMENSIONS`] standard normal coordinates, which its size, signs, beginning and end are
//! functions of, so that the prior of all numbers is φ(z). A hypothesis is moved by a kernel that leaves this prior as it
//! is: one of its causes exchanged for any other, or all moved: the size by
//!     z' = √(1 − s²) z + s ξ,    ξ ~ N(0, 1)
//! with s out of [`STEPS`]; what matters by its sign alone keeps the sign or is drawn anew, times are moved or drawn anew;
//! and nature's dispersions are kept or drawn anew. Like devices (engines, jets, switches) are drawn as the first of them
//! with the prior of all.

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
/// Shares of moves that exchange a cause, and of the others that keep nature's dispersions.
const EXCHANGED: f64 = 0.25;
const KEEP_NATURE: f64 = 0.7;
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

/// Causes by their places in the space, ascending, with their coordinates; and the run whose dispersions nature has.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    pub(super) causes: Vec<(usize, [f64; DIMENSIONS])>,
    pub(super) run: u64,
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
    pub fn ln_prior(&self, hypothesis: &Hypothesis) -> f64 {
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
        let causes = self.causes.iter().map(one).collect::<Vec<_>>().join(" and ");
        format!("{causes} run {}", self.run)
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
    /// With so many causes, none to two, every set as probable as any; `run`: nature's dispersions.
    pub(super) fn fresh(space: &Space, count: usize, run: u64, stream: &mut Stream) -> Self {
        let n = space.entries.len();
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
        let causes = causes.into_iter().map(|c| (c, coordinates(stream))).collect();
        Self { causes, run }
    }

    /// A step away by a kernel that leaves the prior as it is; `run`: nature's dispersions where they are not kept.
    pub(super) fn moved(&self, space: &Space, run: u64, stream: &mut Stream) -> Self {
        let mut out = self.clone();
        let (way, nature) = (stream.uniform(), stream.uniform());
        if self.causes.is_empty() || nature > KEEP_NATURE {
            out.run = run;
        }
        let count = self.causes.len();
        let exchanged = (way < EXCHANGED && count > 0).then(|| index(stream.uniform(), count));
        for (place, slot) in out.causes.iter_mut().enumerate() {
            match exchanged {
                Some(at) if at == place => {
                    *slot = (other(space, self, place, stream), coordinates(stream));
                }
                Some(_) => {}
                None => slot.1 = moved(&slot.1, stream),
            }
        }
        out.causes.sort_by_key(|(cause, _)| *cause);
        out
    }
}

fn index(u: f64, n: usize) -> usize {
    ((u * n as f64) as usize).min(n.saturating_sub(1))
}

fn coordinates(stream: &mut Stream) -> [f64; DIMENSIONS] {
    std::array::from_fn(|_| stream.normal())
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

/// A cause in place of the one at `place`: any but those that stay.
fn other(space: &Space, of: &Hypothesis, place: usize, stream: &mut Stream) -> usize {
    let chosen = index(stream.uniform(), space.entries.len() + 1 - of.causes.len());
    // Ascending: each that stays at or before it moves it up.
    let stay = of.causes.iter().enumerate().filter(|(n, _)| *n != place);
    stay.fold(chosen, |chosen, (_, (cause, _))| chosen + usize::from(chosen >= *cause))
}
