//! How all measurements fit one motion: additive faults of anything that measures it.
//!
//! Owns: [`findings`] of the channel `Motion`. Does not own: the filter (`trajectory`), how readings come (`sensors`).
//! As published: generalised likelihood ratio [WillskyJones1976]: a fault is an error that comes into the filter's states
//! at an unknown time and shifts all later innovations by a known signature times an unknown size.
//! As programmed: sizes, signs, beginnings and ends are not maximised but integrated out over [`crate::prior`]. What cannot
//! be told apart comes out with nearly equal gains: a turned star tracker, a biased accelerometer and a wrong start shift the
//! first range of a lander without a velocimeter alike.
//! Refuses: what makes a device read something else than motion (`sensors`); an error so large that the filter's
//! linearisation no longer holds is found, but its size is not to be believed beyond it.

mod pairs;
mod refit;
mod scan;
mod size;
mod suspects;
mod system;
mod unknown;

use crate::evidence::Evidence;
use crate::finding::{Cause, Channel, Device, Fault, Finding, Fitted, Grade, Seen, Trust};
use crate::mission::Mission;
use crate::replayed::Replayed;
use crate::trajectory;
use crate::trajectory::linear::Linear;
use crate::trajectory::states::Errors;
use icd::time::{Span, Time};
use pairs::{One, Pair};
use rayon::prelude::*;
use scan::Fit;
pub use size::ln_sum_exp;
use suspects::Suspect;
use system::{Place, System};
use unknown::Loose;

/// What says less than this is not reported, nats.
const LEAST: f64 = 0.5;
/// So many suspects are tried with each other one, so many pairs of each about their own trajectory, so many reported.
const LEADING: usize = 2;
const REFITTED: usize = 2;
const PAIRED: usize = 6;
/// From this gain on the trajectory is estimated again for every suspect, nats: an error of four standard deviations may
/// leave the first linearisation.
const LARGE: f64 = 8.0;
/// Gauss-Newton steps.
const STEPS: usize = 3;
/// Further ones for suspects that gain this share of the best.
const NEAR: f64 = 0.7;
/// A suspect that leads by so many nats is the only one tried in pairs.
const AHEAD: f64 = 30.0;
/// A pair must explain so much more than the better of the two, nats.
const MORE: f64 = 2.0;
/// The pseudo-device and kind of a start other than navigation was told.
pub const START: (&str, &str) = ("navigation", "start");
const START_KEYS: [&str; 6] = [
    "position_x_m",
    "position_y_m",
    "position_z_m",
    "velocity_x_m_s",
    "velocity_y_m_s",
    "velocity_z_m_s",
];

/// Everything additive that could be wrong, with what the innovations say of it; the best first.
pub fn findings(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    trust: &Trust,
    linear: &Linear,
) -> Vec<Finding> {
    let Some(first) = evidence.start() else { return Vec::new() };
    if linear.readings.is_empty() {
        return Vec::new();
    }
    let origin = linear.epochs.first().map_or(mission.nav.t, |epoch| epoch.t.min(mission.nav.t));
    let clock = Clock { origin, first };
    let again = |faults: &[Fault]| {
        let freed = refit::freed(evidence, faults);
        let (_, linear) = trajectory::estimate(mission, &freed, replayed, trust)?;
        Some(suspects::system(&linear, mission.nav.t))
    };
    let system = suspects::system(linear, mission.nav.t);
    let mut out = of_system(system, &clock, &linear.start, &again);
    out.retain(|finding| finding.gain > LEAST);
    out.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    out
}

/// From seconds of the system to times of the flight.
struct Clock {
    origin: Time,
    /// The first cycle that was received.
    first: Time,
}

impl Clock {
    fn at(&self, system: &System, place: Place) -> Time {
        if place.epoch == 0 {
            return self.first;
        }
        self.origin + Span::from_s(system.t_s(place))
    }

    /// Seconds of the system; those of the first cycle are before everything.
    fn s(&self, t: Time) -> f64 {
        if t <= self.first { 0.0 } else { (t - self.origin).s() }
    }
}

/// Estimates the trajectory from readings freed of faults.
type Again<'a> = &'a (dyn Fn(&[Fault]) -> Option<System> + Sync);

/// One suspect as it fits about the trajectory that suits it best.
struct Own<'a> {
    suspect: &'a Suspect,
    fit: Fit,
    /// The same acting from the start, about the first trajectory.
    start: Fit,
    fault: Fault,
    /// ln of the evidence against nothing wrong.
    gain: f64,
    /// Where it was fitted; `None` for the first system.
    about: Option<refit::About>,
}

fn of_system(first: System, clock: &Clock, start: &[Errors], again: Again<'_>) -> Vec<Finding> {
    let all = suspects::suspects(&first);
    let nothing = refit::Likelihood::of(&first, &first.innovations());
    let scene = Scene { first: &first, nothing: &nothing, clock, again };
    let pass = scan::pass(&first, &all);
    let tried = all.par_iter().zip(&pass.locals).map(|(suspect, locals)| {
        let fit = scan::scan(&first, suspect, locals, &pass.nodes)?;
        let fault = fault(&first, clock, suspect, &fit);
        let (gain, start) = (fit.gain, scan::from_start(suspect, locals)?);
        Some(Own { suspect, fit, start, fault, gain, about: None })
    });
    let mut owns: Vec<Own<'_>> =
        tried.collect::<Vec<Option<Own<'_>>>>().into_iter().flatten().collect();
    let ways = own_ways(&first);
    let best_way = ways.iter().map(|(_, loose)| loose.gain).fold(0.0, f64::max);
    let top = owns.iter().map(|own| own.gain).fold(best_way, f64::max);
    if top > LARGE {
        owns = scene.refitted(owns);
    }
    owns.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let mut out: Vec<Finding> = owns.iter().map(single).collect();
    out.extend(scene.pairs(&owns));
    if let Some(loose) = unknown::start(&first, start) {
        out.extend(start_finding(&loose, clock));
    }
    if let Some((device, loose)) = ways.iter().max_by(|a, b| a.1.gain.total_cmp(&b.1.gain)) {
        let of = libm::log(ways.len() as f64);
        out.push(own_way_finding(*device, loose, of));
    }
    out
}

fn own_ways(system: &System) -> Vec<(Device, Loose)> {
    let all: Vec<Device> = suspects::devices().collect();
    let tried = all.par_iter().map(|device| Some((*device, unknown::own_way(system, *device)?)));
    tried.collect::<Vec<Option<(Device, Loose)>>>().into_iter().flatten().collect()
}

/// What all suspects of one flight share.
struct Scene<'a> {
    first: &'a System,
    nothing: &'a refit::Likelihood,
    clock: &'a Clock,
    again: Again<'a>,
}

impl<'a> Scene<'a> {
    /// The trajectory estimated as if these faults were known.
    fn about(&self, faults: &[(&Suspect, &Fit, &Fault)]) -> Option<refit::About> {
        let known: Vec<Fault> = faults.iter().map(|(.., fault)| (*fault).clone()).collect();
        let system = (self.again)(&known)?;
        let back: Vec<refit::PutBack<'_>> = faults
            .iter()
            .map(|(suspect, fit, fault)| refit::PutBack {
                suspect,
                fit,
                from_s: self.clock.s(fault.from.0),
                until_s: fault.until.map(|until| self.clock.s(until)),
            })
            .collect();
        Some(refit::about(system, &back, self.nothing))
    }

    /// All suspects about the trajectories that suit them: one step for each from its best fit and from one that acts from
    /// the start, further steps for those that come near the best.
    fn refitted(&self, owns: Vec<Own<'a>>) -> Vec<Own<'a>> {
        let seeds = |own: &Own<'a>| {
            let mut seeds = vec![(own.fit.clone(), own.fault.clone())];
            if own.fit.from.epoch > 0 || own.fit.until.is_some() {
                let fault = fault(self.first, self.clock, own.suspect, &own.start);
                seeds.push((own.start.clone(), fault));
            }
            seeds
        };
        let step =
            |suspect: &'a Suspect, (fit, known): &(Fit, Fault)| self.step(suspect, fit, known);
        let stepped = owns.into_par_iter().map(|own| {
            let tried = seeds(&own).into_iter().filter_map(|seed| step(own.suspect, &seed));
            tried.fold(own, better)
        });
        let stepped: Vec<Own<'a>> = stepped.collect();
        let top = stepped.iter().map(|own| own.gain).fold(0.0, f64::max);
        let further = stepped.into_par_iter().map(|mut own| {
            for _ in 1..STEPS {
                if own.about.is_none() || own.gain < NEAR * top {
                    break;
                }
                let Some(next) = step(own.suspect, &(own.fit.clone(), own.fault.clone())) else {
                    break;
                };
                let settled = settled(&own.fault, &next.fault);
                own = better(own, next);
                if settled {
                    break;
                }
            }
            own
        });
        further.collect()
    }

    /// One step from a fit.
    fn step(&self, suspect: &'a Suspect, fit: &Fit, known: &Fault) -> Option<Own<'a>> {
        let about = self.about(&[(suspect, fit, known)])?;
        let pass = scan::pass(&about.system, std::slice::from_ref(suspect));
        let locals = pass.locals.first()?;
        let next = match known.until {
            Some(_) => scan::scan(&about.system, suspect, locals, &pass.nodes),
            None => scan::lasting(&about.system, suspect, locals),
        }?;
        let fault = fault(&about.system, self.clock, suspect, &next);
        let gain = next.gain + about.constant;
        let start = fit.clone();
        Some(Own { suspect, fit: next, start, fault, gain, about: Some(about) })
    }

    /// The best with each other suspect, as far as both say more than each alone.
    fn pairs(&self, owns: &[Own<'_>]) -> Vec<Finding> {
        let mut out = Vec::new();
        let top = owns.first().map_or(0.0, |own| own.gain);
        for (n, own) in owns.iter().take(LEADING).enumerate() {
            if own.gain < LEAST || own.gain < top - AHEAD {
                continue;
            }
            let others: Vec<&Own<'_>> = owns.iter().skip(n + 1).collect();
            out.extend(self.beside(own, &others));
        }
        out.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        out.truncate(PAIRED);
        out
    }

    /// One with each of the others, about the trajectory that suits it; the best about their own.
    fn beside(&self, own: &Own<'_>, others: &[&Own<'_>]) -> Vec<Finding> {
        let (system, constant) =
            own.about.as_ref().map_or((self.first, 0.0), |about| (&about.system, about.constant));
        let suspects: Vec<Suspect> = std::iter::once(own.suspect)
            .chain(others.iter().map(|other| other.suspect))
            .cloned()
            .collect();
        let pass = scan::pass(system, &suspects);
        let free = |n: usize| -> Option<Fit> {
            let locals = pass.locals.get(n)?;
            if n == 0 {
                scan::scan(system, &suspects[n], locals, &pass.nodes)
            } else {
                scan::lasting(system, &suspects[n], locals)
            }
        };
        let Some(of_own) = free(0) else { return Vec::new() };
        let alone = others.iter().map(|other| other.gain).fold(own.gain, f64::max).max(0.0);
        let tried = (1..suspects.len()).into_par_iter().map(|n| {
            let fit = free(n)?;
            let held = One { suspect: &suspects[0], fit: &of_own, locals: &pass.locals[0] };
            let other = One { suspect: &suspects[n], fit: &fit, locals: &pass.locals[n] };
            let pair = pairs::pair(system, held, other)?;
            (pair.gain + constant > alone + MORE).then_some((n, pair))
        });
        let mut tried: Vec<(usize, Pair)> =
            tried.collect::<Vec<Option<_>>>().into_iter().flatten().collect();
        tried.sort_by(|a, b| b.1.gain.total_cmp(&a.1.gain));
        tried.truncate(REFITTED);
        let joint = |(n, pair): &(usize, Pair)| {
            let both = [&suspects[0], &suspects[*n]];
            self.joint(system, constant, both, pair, alone)
        };
        tried.par_iter().map(joint).collect()
    }

    /// Both about the trajectory that suits them together.
    fn joint(
        &self,
        system: &System,
        constant: f64,
        both: [&Suspect; 2],
        pair: &Pair,
        alone: f64,
    ) -> Finding {
        let known = [0, 1].map(|n| fault(system, self.clock, both[n], &pair.fits[n]));
        let mut best = (pair.gain + constant, known.clone());
        let large = alone > LARGE;
        let fits = &pair.fits;
        let about = large
            .then(|| self.about(&[(both[0], &fits[0], &known[0]), (both[1], &fits[1], &known[1])]))
            .flatten();
        if let Some(about) = about {
            let suspects = both.map(Clone::clone);
            let pass = scan::pass(&about.system, &suspects);
            let placed = |n: usize| Fit {
                from: refit::place_at(&about.system, both[n].device, self.clock.s(known[n].from.0)),
                until: known[n]
                    .until
                    .map(|t| refit::place_at(&about.system, both[n].device, self.clock.s(t))),
                ..fits[n].clone()
            };
            let fits = [placed(0), placed(1)];
            let one =
                |n: usize| One { suspect: &suspects[n], fit: &fits[n], locals: &pass.locals[n] };
            if let Some(again) = pairs::pair(&about.system, one(0), one(1))
                && again.gain + about.constant > best.0
            {
                let known =
                    [0, 1].map(|n| fault(&about.system, self.clock, both[n], &again.fits[n]));
                best = (again.gain + about.constant, known);
            }
        }
        joint(best.1, best.0, alone)
    }
}

/// The one whose trajectory suits the readings better, freed of its fault.
fn better<'a>(own: Own<'a>, next: Own<'a>) -> Own<'a> {
    let freed = |own: &Own<'_>| own.about.as_ref().map_or(0.0, |about| about.freed);
    if freed(&next) > freed(&own) { next } else { own }
}

/// Whether a step changed a fault by less than a third of what it is uncertain by.
fn settled(before: &Fault, after: &Fault) -> bool {
    let numbers = before.numbers.iter().zip(&after.numbers);
    let same = |(a, b): (&Fitted, &Fitted)| (a.value - b.value).abs() <= 0.3 * b.sigma;
    let apart_s = (before.from.0 - after.from.0).s().abs();
    numbers.into_iter().all(same)
        && apart_s <= 0.3 * after.from.1 + 0.1
        && before.until.is_some() == after.until.is_some()
}

fn fault(system: &System, clock: &Clock, suspect: &Suspect, fit: &Fit) -> Fault {
    let values = suspect.numbers(fit.size, &fit.pattern);
    let sigmas = suspect.sigmas(fit.sigma);
    let numbers = suspect.sizes.iter().zip(values.into_iter().zip(sigmas));
    let numbers =
        numbers.map(|(size, (value, sigma))| Fitted { key: size.key.clone(), value, sigma });
    Fault {
        cause: suspect.cause.clone(),
        numbers: numbers.collect(),
        from: (clock.at(system, fit.from), fit.sigma_s),
        until: fit.until.map(|place| clock.at(system, place)),
    }
}

fn single(own: &Own<'_>) -> Finding {
    let Own { fault, gain, .. } = own;
    let text = format!(
        "innovations of all measurements shift as a {} of the {} would shift them: {}; ln Bayes factor {gain:.1}",
        fault.cause.kind,
        words(&fault.cause.on),
        written(fault),
    );
    let t = (own.fit.from.epoch > 0).then_some(fault.from.0);
    let seen = vec![Seen { t, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults: vec![fault.clone()], gain: *gain, seen }
}

fn joint(faults: [Fault; 2], gain: f64, alone: f64) -> Finding {
    let name = |fault: &Fault| {
        format!("{} {} ({})", words(&fault.cause.on), fault.cause.kind, written(fault))
    };
    let text = format!(
        "innovations shift as by {} together with {}; ln Bayes factor {gain:.1}, {:.1} more than the better alone",
        name(&faults[0]),
        name(&faults[1]),
        gain - alone
    );
    let seen = vec![Seen { t: None, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults: faults.to_vec(), gain, seen }
}

fn start_finding(loose: &Loose, clock: &Clock) -> Option<Finding> {
    let number = |(key, (value, sigma)): (&&str, &(f64, f64))| Fitted {
        key: (*key).to_string(),
        value: *value,
        sigma: *sigma,
    };
    let numbers: Vec<Fitted> = START_KEYS.iter().zip(&loose.sizes).map(number).collect();
    let length = |range: std::ops::Range<usize>| -> f64 {
        let own = numbers.get(range).unwrap_or(&[]);
        own.iter().map(|number| number.value * number.value).sum::<f64>().sqrt()
    };
    let text = format!(
        "innovations shift as by a start {:.0} m and {:.2} m/s from where navigation was told to start; ln Bayes factor \
         {:.1}",
        length(0..3),
        length(3..6),
        loose.gain
    );
    let cause = Cause { on: START.0.to_string(), kind: START.1 };
    let fault = Fault { cause, numbers, from: (clock.first, 0.0), until: None };
    let seen = vec![Seen { t: None, grade: Grade::Inferred, text }];
    Some(Finding { channel: Channel::Motion, faults: vec![fault], gain: loose.gain, seen })
}

/// `of`: ln of the number of devices that were tried.
fn own_way_finding(device: Device, loose: &Loose, of: f64) -> Finding {
    let text = format!(
        "innovations shift as by an error of the {} that steps as it likes: it takes {:.0} off the sum of squared \
         innovations",
        words(device.name()),
        loose.explains
    );
    let seen = vec![Seen { t: None, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults: Vec::new(), gain: loose.gain - of, seen }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// The numbers that are not fixed at zero, with their standard deviations.
fn written(fault: &Fault) -> String {
    let number =
        |number: &Fitted| format!("{} = {:.3e} ± {:.1e}", number.key, number.value, number.sigma);
    let own: Vec<String> = fault.numbers.iter().filter(|own| own.sigma > 0.0).map(number).collect();
    own.join(", ")
}

#[cfg(test)]
mod tests;
