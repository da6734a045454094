//! How all measurements fit one motion: additive faults of anything that measures it.
//!
//! Owns: [`findings`] of the channel `Motion` (their words: `told`). Does not own: the filter (`trajectory`), how readings come (`sensors`).
//! As published: generalised likelihood ratio [WillskyJones1976]: a fault is an error that comes into the filter's states
//! at an unknown time and shifts all later innovations by a known signature times an unknown size.
//! As programmed: sizes, signs, beginnings and ends are not maximised but integrated out over [`crate::prior`]. What cannot
//! be told apart comes out with nearly equal gains: a turned star tracker, a biased accelerometer and a wrong start shift the
//! first range of a lander without a velocimeter alike.
//! Refuses: what makes a device read something else than motion (`sensors`); an error so large that the filter's
//! linearisation no longer holds is found, but its size is not to be believed beyond it.

mod own;
mod pairs;
mod refit;
mod scan;
mod size;
mod suspects;
mod system;
mod told;
mod unknown;
mod wide;
mod window;

use crate::evidence::Evidence;
use crate::finding::{Device, Fault, Finding, Fitted, Trust};
use crate::mission::Mission;
use crate::prior::{Law, Size};
use crate::replayed::Replayed;
use crate::trajectory::linear::Linear;
use crate::trajectory::states::Errors;
use crate::trajectory::{Again, Measured, Settled, Step};
use icd::time::{Span, Time};
use nalgebra::Vector3;
use own::{Own, before, better, freed, in_coast, settled};
use pairs::{One, Pair};
use rayon::prelude::*;
pub use refit::{trajectory_without, unit_without};
use scan::Fit;
pub use size::{evidence as size_evidence, ln_sum_exp};
use suspects::Suspect;
use system::{Place, System};
use unknown::Loose;

/// A bias that accelerometers read in coast is tried from this many specified deviations on.
const BIASED: f64 = 5.0;
/// Suspects that gain this share of the best's gain linearly are estimated again first; those that come that near it about
/// their own trajectories get further steps; that share of the settled best's gain makes a rival. Assumed.
const LEAD: f64 = 0.9;
const NEAR: f64 = 0.7;
const RIVAL: f64 = 0.6;
/// A rival where the best leaves something unexplained: what acts from the start may look small about a torn motion.
const FAR: f64 = 0.1;
/// Mean square of whitened innovations up to which a trajectory leaves nothing to be explained. Assumed.
const CLEAN: f64 = 1.3;
/// What says less than this is not reported, nats.
const LEAST: f64 = 0.5;
/// So many suspects are tried with each other one, so many pairs of each about their own trajectory, so many reported.
const LEADING: usize = 2;
const REFITTED: usize = 2;
const PAIRED: usize = 6;
/// From this gain on the trajectory is estimated again for what may lead, nats: an error of four standard deviations may
/// leave the first linearisation.
const LARGE: f64 = 8.0;
/// Most Gauss-Newton steps.
const STEPS: usize = 6;
/// A step that gains no more than this is the last, nats.
const SETTLED: f64 = 0.5;
/// A suspect that leads by so many nats is the only one tried in pairs.
const AHEAD: f64 = 30.0;
/// A pair must explain so much more than the better of the two, nats.
const MORE: f64 = 2.0;
/// Most times at which errors may begin that no linearisation leads to.
const BEGINNINGS: usize = 4;
/// The pseudo-device and kind of a start other than navigation was told.
pub const START: (&str, &str) = ("navigation", "start");

/// Everything additive that could be wrong, with what the innovations say of it; the best first. `shown`: faults that
/// another channel shows, tried as they are.
pub fn findings(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    trust: &Trust,
    linear: &Linear,
    shown: &[Fault],
) -> Vec<Finding> {
    let Some(first) = evidence.start() else { return Vec::new() };
    if linear.readings.is_empty() {
        return Vec::new();
    }
    let origin = linear.epochs.first().map_or(mission.nav.t, |epoch| epoch.t.min(mission.nav.t));
    let clock = Clock { origin, first };
    let estimates = Again::of(mission, evidence, replayed, trust);
    let again = |faults: &[Fault], around: Option<&Settled>| {
        let step = |step: &mut Step| refit::free_step(step, faults);
        let report = |measured: &mut Measured| refit::free_report(measured, faults);
        let (linear, settled) = estimates.estimate(step, report, around)?;
        Some((suspects::system(&linear, mission.nav.t), settled))
    };
    let coarse = |faults: &[Fault]| {
        let step = |step: &mut Step| refit::free_step(step, faults);
        let report = |measured: &mut Measured| refit::free_report(measured, faults);
        Some(refit::Likelihood::of_filter(&estimates.coarse(step, report)?))
    };
    let system = suspects::system(linear, mission.nav.t);
    let sigma_m_s2 = mission.stand.scenario.machine().imu.accelerometer_bias_sigma_m_s2;
    let coasting = refit::coasting(evidence, replayed);
    let coasting = coasting.filter(|read_m_s2| read_m_s2.amax() > BIASED * sigma_m_s2);
    let seeds = Seeds { coasting, shown };
    let mut out = of_system(system, &clock, &linear.start, seeds, (&again, &coarse));
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

/// Estimates the trajectory from readings freed of faults, around where it settled before, if it did.
type Estimate<'a> = &'a (dyn Fn(&[Fault], Option<&Settled>) -> Option<(System, Settled)> + Sync);

/// How well readings freed of faults suit any motion over the coarsest ground.
type Coarse<'a> = &'a (dyn Fn(&[Fault]) -> Option<refit::Likelihood> + Sync);

fn of_system(
    first: System,
    clock: &Clock,
    start: &[Errors],
    seeds: Seeds<'_>,
    (again, coarse): (Estimate<'_>, Coarse<'_>),
) -> Vec<Finding> {
    let all = suspects::suspects(&first);
    let nothing = refit::Likelihood::of(&first, &first.innovations());
    let scene = Scene { first: &first, nothing: &nothing, clock, seeds, again, coarse };
    let pass = scan::pass(&first, &all);
    let tried = all.par_iter().zip(&pass.locals).map(|(suspect, locals)| {
        let fit = scan::scan(&first, suspect, locals, &pass.nodes, None)?;
        let fault = fault(&first, clock, suspect, &fit);
        let (gain, start) = (fit.gain, scan::from_start(suspect, locals)?);
        Some(Own { suspect, fit, start, fault, gain, about: None, settled: false })
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
    let healthy = scene.healthy(&owns);
    let mut out: Vec<Finding> = owns.iter().map(told::single).collect();
    out.extend(scene.pairs(&owns));
    if let Some(loose) = unknown::start(&first, start) {
        out.extend(told::start(&loose, clock));
    }
    if let Some((device, loose)) = ways.iter().max_by(|a, b| a.1.gain.total_cmp(&b.1.gain)) {
        let of = libm::log(ways.len() as f64);
        out.push(told::own_way(*device, loose, of));
    }
    out.iter_mut().for_each(|finding| finding.gain -= healthy);
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
    seeds: Seeds<'a>,
    again: Estimate<'a>,
    coarse: Coarse<'a>,
}

/// What is known of suspects from elsewhere.
#[derive(Clone, Copy)]
struct Seeds<'a> {
    /// What the accelerometers read in coast.
    coasting: Option<Vector3<f64>>,
    /// Faults that another channel shows.
    shown: &'a [Fault],
}

impl<'a> Scene<'a> {
    /// The trajectory estimated as if these faults were known, around where it settled before.
    fn about(
        &self,
        faults: &[(&Suspect, &Fit, &Fault)],
        before: Option<&refit::About>,
    ) -> Option<refit::About> {
        let known: Vec<Fault> = faults.iter().map(|(.., fault)| (*fault).clone()).collect();
        let estimated = (self.again)(&known, before.map(|about| &about.settled))?;
        let back: Vec<refit::PutBack<'_>> = faults
            .iter()
            .map(|(suspect, fit, fault)| refit::PutBack {
                suspect,
                fit,
                from_s: self.clock.s(fault.from.0),
                until_s: fault.until.map(|until| self.clock.s(until)),
            })
            .collect();
        Some(refit::about(estimated, &back, self.nothing))
    }

    /// Suspects about the trajectories that suit them: first those that come near the best and what coast shows, then
    /// their rivals. Where the best leaves something unexplained, rivals are tried as acting from the start too.
    fn refitted(&self, owns: Vec<Own<'a>>) -> Vec<Own<'a>> {
        let best = |owns: &[Own<'_>]| owns.iter().map(|own| own.gain).fold(0.0, f64::max);
        let linear: Vec<f64> = owns.iter().map(|own| own.gain).collect();
        let top = best(&owns);
        let leaders = owns.into_par_iter().map(|own| {
            let mut seeds = Vec::new();
            if own.gain >= LEAD * top {
                seeds.extend(self.as_found(&own));
            }
            for known in self.seeds.shown.iter().filter(|known| known.cause == own.suspect.cause) {
                seeds.push((self.shown(&own, known), known.clone()));
            }
            if let Some(fit) = self.seeds.coasting.and_then(|read| in_coast(&own, read)) {
                let fault = fault(self.first, self.clock, own.suspect, &fit);
                seeds.push((fit, fault));
            }
            self.seeded(own, &seeds)
        });
        let leaders = self.further(leaders.collect());
        let first = leaders.iter().max_by(|a, b| a.gain.total_cmp(&b.gain));
        let left = first.and_then(|own| own.about.as_ref()).map_or(f64::INFINITY, |own| own.left);
        let clean = left < CLEAN;
        let least = if clean { RIVAL * best(&leaders) } else { FAR * top };
        let wide = if clean { vec![Vec::new(); leaders.len()] } else { self.wide(&leaders) };
        let tried = leaders.into_par_iter().zip(linear).zip(wide);
        let rivals = tried.map(|((own, linear), wide)| {
            let mut seeds = Vec::new();
            if linear >= least {
                if own.about.is_none() {
                    seeds.extend(self.as_found(&own));
                }
                if !clean && (own.fit.from.epoch > 0 || own.fit.until.is_some()) {
                    let fault = fault(self.first, self.clock, own.suspect, &own.start);
                    seeds.push((own.start.clone(), fault));
                }
            }
            seeds.extend(wide);
            self.seeded(own, &seeds)
        });
        self.further(rivals.collect())
    }

    /// Where steps should begin from that no linearisation leads to, by suspect.
    fn wide(&self, owns: &[Own<'_>]) -> Vec<Vec<(Fit, Fault)>> {
        let suspects: Vec<&Suspect> = owns.iter().map(|own| own.suspect).collect();
        let fault = |suspect: &Suspect, fit: &Fit| fault(self.first, self.clock, suspect, fit);
        let start = Place::before(0);
        let times = self.seeds.shown.iter().flat_map(|known| [Some(known.from.0), known.until]);
        let mut beginnings: Vec<Place> =
            times.flatten().map(|t| self.place(t)).chain([start]).collect();
        beginnings.sort();
        beginnings.dedup();
        beginnings.truncate(BEGINNINGS);
        wide::wide(&suspects, &beginnings, fault, self.coarse)
    }

    /// Before the readings of the first epoch from a time on.
    fn place(&self, t: Time) -> Place {
        let t_s = self.clock.s(t);
        Place::before(self.first.epochs.partition_point(|epoch| epoch.t_s < t_s))
    }

    /// What nothing wrong gains about the trajectory that the best settled about, which may suit the readings better than
    /// the first one.
    fn healthy(&self, owns: &[Own<'_>]) -> f64 {
        let best = owns.first().and_then(|own| own.about.as_ref());
        let about = best.and_then(|about| self.about(&[], Some(about)));
        about.map_or(0.0, |about| about.freed.max(0.0))
    }

    /// A suspect as it fits about the first trajectory, and what looks alike there.
    fn as_found(&self, own: &Own<'a>) -> Vec<(Fit, Fault)> {
        let mut out = vec![(own.fit.clone(), own.fault.clone())];
        if let Some(fit) = before(own) {
            let fault = fault(self.first, self.clock, own.suspect, &fit);
            out.push((fit, fault));
        }
        out
    }

    /// A fault as another channel shows it.
    fn shown(&self, own: &Own<'a>, known: &Fault) -> Fit {
        let Suspect { channels, sizes, .. } = own.suspect;
        let apart = |number: usize| {
            let value = known.numbers.get(number).map_or(0.0, |number| number.value);
            let Size { law, typical, .. } = &sizes[number];
            if *law == Law::Factor { (value - 1.0) / (typical - 1.0) } else { value / typical }
        };
        Fit {
            from: self.place(known.from.0),
            until: known.until.map(|t| self.place(t)),
            pattern: channels.iter().map(|channel| apart(channel.number).signum()).collect(),
            size: channels.first().map_or(1.0, |channel| apart(channel.number).abs()),
            ..own.fit.clone()
        }
    }

    /// One step from each of several fits: the best of them and the suspect as it is. Where a step promises more than there
    /// was and is no better itself, the one after it counts.
    fn seeded(&self, own: Own<'a>, seeds: &[(Fit, Fault)]) -> Own<'a> {
        let suspect = own.suspect;
        let before = (own.gain, freed(&own));
        let step = |(fit, known): &(Fit, Fault)| {
            let next = self.step(suspect, (fit, known), None)?;
            let promises = next.gain > before.0 + SETTLED && freed(&next) <= before.1;
            let second = promises.then(|| self.step(suspect, (&next.fit, &next.fault), None));
            Some(second.flatten().unwrap_or(next))
        };
        seeds.iter().filter_map(step).fold(own, better)
    }

    /// Further steps for those that come near the best.
    fn further(&self, owns: Vec<Own<'a>>) -> Vec<Own<'a>> {
        let top = owns.iter().map(|own| own.gain).fold(0.0, f64::max);
        let further = owns.into_par_iter().map(|mut own| {
            for _ in 1..STEPS {
                if own.settled || own.about.is_none() || own.gain < NEAR * top {
                    return own;
                }
                let from = (&own.fit, &own.fault);
                // Where much is left unexplained the place is not known to a crater's width: from the beginning again.
                let before = own.about.as_ref().filter(|about| about.left < CLEAN);
                let Some(next) = self.step(own.suspect, from, before) else { break };
                let gained = next.gain - own.gain;
                let settled = settled(&own.fault, &next.fault) || gained < SETTLED;
                own = better(own, next);
                own.settled = settled;
            }
            own.settled = true;
            own
        });
        further.collect()
    }

    /// One step from a fit, around where the one before settled.
    fn step(
        &self,
        suspect: &'a Suspect,
        (fit, known): (&Fit, &Fault),
        before: Option<&refit::About>,
    ) -> Option<Own<'a>> {
        let about = self.about(&[(suspect, fit, known)], before)?;
        let pass = scan::pass(&about.system, std::slice::from_ref(suspect));
        let locals = pass.locals.first()?;
        let next = match known.until {
            Some(until) => {
                let at = |t| refit::place_at(&about.system, suspect.device, self.clock.s(t));
                let window = Some((at(known.from.0), at(until)));
                scan::scan(&about.system, suspect, locals, &pass.nodes, window)
            }
            None => scan::lasting(&about.system, suspect, locals),
        }?;
        let fault = fault(&about.system, self.clock, suspect, &next);
        let gain = next.gain + about.constant;
        let start = fit.clone();
        let about = Some(about);
        Some(Own { suspect, fit: next, start, fault, gain, about, settled: false })
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
                scan::scan(system, &suspects[n], locals, &pass.nodes, None)
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
            self.joint((system, constant), both, pair, alone)
        };
        tried.par_iter().map(joint).collect()
    }

    /// Both about the trajectory that suits them together.
    fn joint(
        &self,
        (system, constant): (&System, f64),
        both: [&Suspect; 2],
        pair: &Pair,
        alone: f64,
    ) -> Finding {
        let known = [0, 1].map(|n| fault(system, self.clock, both[n], &pair.fits[n]));
        let mut best = (pair.gain + constant, known.clone());
        let large = alone > LARGE;
        let fits = &pair.fits;
        let about = large
            .then(|| {
                let both = [(both[0], &fits[0], &known[0]), (both[1], &fits[1], &known[1])];
                self.about(&both, None)
            })
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
        told::joint(best.1, best.0, alone)
    }
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

#[cfg(test)]
mod tests;
