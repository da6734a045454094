//! How the machine answers its commands: engines and jets.
//!
//! Owns: [`account`]. Does not own: what the inertial unit itself does wrong (`sensors`, `motion`), how the
//! machine works (`truth::actuators`, `truth::dynamics`: used as the mission's model).
//! As programmed: the valves of all engines follow the commands in the machine's own model (`levels`); what is sensed is
//! freed of what the liquid and the turning of the body do (`body`, `felt`); a healthy machine with the vehicle's spreads
//! is fitted to the rest (`fit`); then every kind of fault of every engine is tried (`scan`), the best of them exactly
//! (`exact`), and once more beside the best (two faults). Engines together too strong or too weak are nobody's fault here:
//! that is the spread of thrust, or the scale of the accelerometers, which `motion` judges.
//! Refuses: faults of three engines at once, tanks that leak.

mod body;
mod dry;
mod exact;
mod felt;
mod fit;
mod guesses;
mod levels;
mod missed;
mod open;
mod scan;
mod scatter;
mod sensed;
mod statements;
mod weights;

pub use dry::Dry;
pub(crate) use open::left_open;

use crate::evidence::Evidence;
use crate::finding::{Channel, Fault, Finding};
use crate::library::{LN_LOOKS, Library};
use crate::mission::Mission;
use crate::replayed::Replayed;
use body::Six;
use exact::Exact;
use felt::Felt;
use fit::{Fit, Given};
use icd::time::Time;
use levels::{Course, Series, THRUSTERS};
use rayon::prelude::*;
use scan::{Kind, Tried};
use truth::vehicle::Vehicle;

/// Cycles that engines must be known in before anything is said.
const CYCLES_MIN: usize = 100;
/// Findings whose gain is less are not worth telling.
const GAIN_MIN: f64 = 0.5;
/// How many first guesses of each search are looked at exactly, and how many of them moved to where they fit best.
const GUESSES: usize = 8;
const REFINED: usize = 4;
/// Cycles beyond a healthy machine's spreads from which on something gross is looked for.
const ODD_MIN: usize = 3;
/// A first guess this far below the best is not.
const BEHIND: f64 = 0.02;
/// Single faults that are told.
const KEPT: usize = 10;
/// Gain above which a second fault is looked for beside the first, and that it must add. Assumed.
const FIRST_MIN: f64 = 8.0;
const SECOND_MIN: f64 = 6.0;
/// And of the first one's gain: a gross fault leaves so much of itself, for its mass changes the machine's answer to
/// everything. Assumed, after flights with one fault.
const SECOND_SHARE: f64 = 0.1;
/// Cycles left out around the beginning and end of the first fault while the second is looked for.
const EDGE: usize = 5;

/// Thrust asked for and thrust sensed over one pulse frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// End of the frame.
    pub t: Time,
    /// What the commands should have given along the thrust axis, N.
    pub commanded_N: f64,
    /// What was sensed along it, N, at the mass that the commands leave.
    pub sensed_N: f64,
}

/// What is to be said about engines and jets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Explanations of what was sensed, the best first; they compete.
    pub findings: Vec<Finding>,
    /// When the tanks ran dry, if they did.
    pub dry: Option<Dry>,
    /// Thrust over time, a pulse frame apart.
    pub answers: Vec<Answer>,
    /// Propellant that commands leave at the end, kg.
    pub left_kg: f64,
}

impl Account {
    /// How much speaks for something that is no known fault of an engine, nats.
    pub fn unknown(&self) -> f64 {
        let unknown = self.findings.iter().filter(|finding| finding.faults.is_empty());
        unknown.map(|finding| finding.gain).fold(0.0, f64::max)
    }

    /// Adds what was found after contact: other evidence than that of the flight before, for one fault more or for one
    /// that was seen there, too.
    pub(crate) fn join(&mut self, after: &Finding) {
        let cause = after.faults.first().map(|fault| &fault.cause);
        let mut both = Vec::new();
        for found in &mut self.findings {
            let own = |fault: &Fault| Some(&fault.cause) == cause;
            if found.faults.iter().any(own) || found.faults.is_empty() && cause.is_none() {
                found.gain += after.gain;
            } else if found.faults.len() == 1 && cause.is_some() {
                let mut one = found.clone();
                one.faults.extend(after.faults.iter().cloned());
                one.seen.extend(after.seen.iter().cloned());
                one.gain += after.gain;
                both.push(one);
            }
            if found.faults.is_empty() && cause.is_some() {
                found.gain += (after.gain - LN_LOOKS).max(0.0);
            }
        }
        self.findings.extend(both);
        self.findings.push(after.clone());
        self.findings.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    }
}

/// How the machine answered its commands; `contact`: when the ground was met.
pub fn account(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    library: &Library,
    contact: Option<Time>,
) -> Account {
    let vehicle = mission.stand.scenario.machine();
    let end = felt::airborne(evidence, contact);
    let Some(mut flown) = Flown::of(mission, &vehicle, (evidence, replayed, library), end) else {
        return Account::default();
    };
    let answers = flown.answers();
    let left_kg = flown.loaded_kg - flown.used_kg.last().unwrap_or(&0.0);
    let dried = dry::place(&flown.felt, &flown.model);
    let mut ran_dry = None;
    if let Some(place) = dried {
        let left_kg = flown.loaded_kg - flown.used_kg.get(place).unwrap_or(&0.0);
        ran_dry = flown.ticks().get(place).map(|tick| Dry::at(tick.t, left_kg, mission));
    }
    let without = [dried, dry::fading(&flown.felt, &flown.model)];
    if let Some(place) = without.into_iter().flatten().min() {
        // Bubbles come first.
        let end = place.saturating_sub(2 * EDGE);
        match Flown::of(mission, &vehicle, (evidence, replayed, library), end) {
            Some(shorter) => flown = shorter,
            None => return Account { findings: Vec::new(), dry: ran_dry, answers, left_kg },
        }
    }
    Account { findings: flown.findings(mission), dry: ran_dry, answers, left_kg }
}

/// The flight up to its end here, with what was asked for and what was felt.
struct Flown<'a> {
    vehicle: &'a Vehicle,
    library: &'a Library,
    course: Course,
    series: Vec<Series>,
    used_kg: Vec<f64>,
    loaded_kg: f64,
    felt: Felt,
    /// What healthy engines should have made felt.
    model: Vec<Six>,
}

impl<'a> Flown<'a> {
    fn of(
        mission: &Mission,
        vehicle: &'a Vehicle,
        (evidence, replayed, library): (&Evidence, &Replayed, &'a Library),
        end: usize,
    ) -> Option<Self> {
        let course = Course::of(evidence, replayed, end);
        let end = course.ticks.len();
        if end < CYCLES_MIN {
            return None;
        }
        let series: Vec<Series> =
            (0..THRUSTERS).into_par_iter().map(|n| course.series(vehicle, n, &[])).collect();
        let used_kg = felt::used_kg(&series, end);
        let loaded_kg = mission.load.vehicle.propellant_kg;
        let felt = Felt::of(vehicle, evidence, &course.ticks, &used_kg, loaded_kg);
        let model = fit::model(vehicle, &felt, &series);
        Some(Self { vehicle, library, course, series, used_kg, loaded_kg, felt, model })
    }

    fn ticks(&self) -> &[levels::Tick] {
        &self.course.ticks
    }

    fn answers(&self) -> Vec<Answer> {
        let frame = scan::GROUP;
        let mean = |of: &[Six], at: usize| {
            of[at..at + frame].iter().map(|six| six[2]).sum::<f64>() / frame as f64
        };
        let one = |at: usize| {
            let mass_kg = self.felt.bodies[at / felt::BLOCK].mass_kg;
            Answer {
                t: self.ticks()[at + frame - 1].t,
                commanded_N: mean(&self.model, at) * mass_kg,
                sensed_N: mean(&self.felt.pushed, at) * mass_kg,
            }
        };
        let last = self.felt.pushed.len().saturating_sub(frame);
        (0..last).step_by(frame).map(one).collect()
    }

    fn findings(&self, mission: &Mission) -> Vec<Finding> {
        let dispersions = mission.stand.scenario.vehicle.dispersions;
        let given = Given {
            vehicle: self.vehicle,
            dispersions: &dispersions,
            felt: &self.felt,
            series: &self.series,
            used_kg: &self.used_kg,
        };
        let pairs = self.felt.pushed.iter().zip(&self.model);
        let rest: Vec<Six> = pairs.map(|(pushed, model)| pushed - model).collect();
        let fit = Fit::of(&given, &self.model, &rest, &[]);
        let exact = Exact { fit: &fit, given, course: &self.course };
        let single = self.tried(&exact, &rest);
        let mut found: Vec<Finding> =
            single.iter().map(|one| self.finding(&exact, &[*one])).collect();
        let known =
            |first: &&Tried| first.gain() > FIRST_MIN && !matches!(first.kind, Kind::Rough(_));
        if let Some(first) = single.first().filter(known) {
            let second = self.beside(&exact, &rest, first);
            let wrong = second.first().map_or(0.0, |second| exact.doubtful(second));
            for second in &second {
                let both = self.finding(&exact, &[*first, *second]);
                found.push(Finding { gain: both.gain - wrong, ..both });
            }
        }
        found.extend(statements::unknown(&fit, self.ticks()));
        let start = self.ticks().first().map_or(Time::default(), |tick| tick.t);
        let sensed: Vec<(Finding, f64)> = sensed::sensed(&fit, &given, start)
            .into_iter()
            .filter(|(finding, _)| self.library.allows(finding))
            .collect();
        // What the model may be wrong by counts against all alike: what one says against another stays.
        let engine = single.first().map(|first| (first.gain(), exact.doubtful(first)));
        let all = sensed.iter().map(|(finding, wrong)| (finding.gain, *wrong)).chain(engine);
        let wrong = all.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, wrong)| wrong);
        found.extend(sensed.into_iter().map(|(finding, _)| finding));
        found.iter_mut().for_each(|finding| finding.gain -= wrong);
        found.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        found.retain(|finding| finding.gain > GAIN_MIN);
        found
    }

    /// Single faults, the best first; `rest`: what was felt beyond healthy engines.
    fn tried(&self, exact: &Exact<'_>, rest: &[Six]) -> Vec<Tried> {
        let odd = exact.fit.unusual.iter().filter(|unusual| **unusual).count();
        let held = |one: &Tried| self.library.holds(&levels::name(one.thruster), one.kind.name());
        let mut all: Vec<Tried> = Vec::new();
        for gross in [false, true] {
            if gross && odd < ODD_MIN {
                continue;
            }
            let one = |n| scan::scan(exact.fit, self.vehicle, &self.course, &self.series, n, gross);
            let scanned: Vec<Vec<Tried>> = (0..THRUSTERS).into_par_iter().map(one).collect();
            let mut own: Vec<Tried> = scanned.concat().into_iter().map(guesses::named).collect();
            own.retain(held);
            own.sort_by(|a, b| b.gain().total_cmp(&a.gain()));
            own.truncate(GUESSES);
            all.extend(own.iter().filter_map(guesses::after));
            all.extend(own.iter().filter_map(guesses::late));
            all.extend(own);
        }
        all.extend(
            (0..THRUSTERS).flat_map(|n| guesses::from_the_start(exact.fit, n, odd >= ODD_MIN)),
        );
        let flight_s = self.ticks().len() as f64 * icd::bus::CYCLE.s();
        all.extend((0..THRUSTERS).flat_map(|n| guesses::from_the_oddities(exact.fit, n, flight_s)));
        all.retain(held);
        let mut all: Vec<Tried> = all.par_iter().map(|one| exact.looked_at(one)).collect();
        all.sort_by(|a, b| b.gain().total_cmp(&a.gain()));
        let best = all.first().map_or(0.0, Tried::gain);
        all.retain(|one| one.gain() > (BEHIND * best).max(-3.0));
        // Guesses of one fault that were moved to the same place are one.
        let mut places: Vec<(usize, &'static str, bool, i64)> = Vec::new();
        all.retain(|one| {
            let place =
                (one.thruster, one.kind.name(), one.until_s.is_some(), one.from_s.round() as i64);
            let new = !places.contains(&place);
            places.push(place);
            new
        });
        all.truncate(REFINED);
        let refined = |one: &Tried| {
            let refined = exact.refined(one);
            match refined.kind.is_dead() {
                true => exact.refined(&guesses::named(refined)),
                false => refined,
            }
        };
        let mut out: Vec<Tried> = all.par_iter().map(refined).collect();
        let best = out.iter().max_by(|a, b| a.gain().total_cmp(&b.gain()));
        let twin = best.and_then(guesses::twin).map(|twin| exact.refined(&twin));
        out.extend(twin);
        // Pulses missed one and all are no dropout: what looks so is among those above.
        out.extend(self.rough(exact, rest, odd).into_iter().filter(|one| !one.kind.is_dead()));
        out.retain(held);
        out.sort_by(|a, b| b.gain().total_cmp(&a.gain()));
        let mut told: Vec<(usize, &'static str)> = Vec::new();
        out.retain(|one| {
            let own = (one.thruster, one.kind.name());
            let new = !told.contains(&own);
            told.push(own);
            new
        });
        out.truncate(KEPT);
        out
    }

    /// Engines that are rough or miss pulses; `odd`: cycles beyond a healthy machine's spreads.
    fn rough(&self, exact: &Exact<'_>, rest: &[Six], odd: usize) -> Vec<Tried> {
        let engines = || (0..THRUSTERS).into_par_iter();
        let noisy = engines().filter_map(|n| scatter::scan(exact.fit, &self.series, n));
        let mut out: Vec<Tried> = noisy.collect();
        if odd >= ODD_MIN {
            let missed = engines().filter_map(|n| missed::scan(exact, n));
            let missed: Vec<Tried> = missed.collect();
            let best = missed.iter().max_by(|a, b| a.gain().total_cmp(&b.gain()));
            out.extend(
                best.and_then(|best| missed::again(exact, (rest, &self.model), best.thruster)),
            );
            out.extend(missed);
        }
        out
    }

    /// What fits beside a first fault.
    fn beside(&self, exact: &Exact<'_>, rest: &[Six], first: &Tried) -> Vec<Tried> {
        let change = exact.change(first);
        let left = exact.fit.without(&exact.given, rest, (first.thruster, &change));
        let edge = |s: f64| {
            let at = (s / icd::bus::CYCLE.s()) as usize;
            at.saturating_sub(EDGE)..at + 2 * EDGE
        };
        let mut edges = vec![];
        if first.from_s > 0.0 {
            edges.push(edge(first.from_s));
        }
        edges.extend(first.until_s.map(edge));
        let fit = Fit::of(&exact.given, &self.model, &left, &edges);
        let again = Exact { fit: &fit, ..*exact };
        let second = self.tried(&again, &left);
        let least = SECOND_MIN.max(SECOND_SHARE * first.gain());
        let same =
            |one: &Tried| one.thruster == first.thruster && one.kind.name() == first.kind.name();
        second.into_iter().filter(|one| one.gain() > least && !same(one)).take(3).collect()
    }

    fn finding(&self, exact: &Exact<'_>, faults: &[Tried]) -> Finding {
        let start = self.ticks().first().map_or(Time::default(), |tick| tick.t);
        Finding {
            channel: Channel::Thrust,
            faults: faults.iter().map(|one| statements::fault(one, start)).collect(),
            gain: faults.iter().map(Tried::gain).sum(),
            seen: faults.iter().map(|one| statements::seen(exact, one, start)).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
