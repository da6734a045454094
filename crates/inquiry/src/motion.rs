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
mod scan;
mod size;
mod suspects;
mod system;
mod unknown;

use crate::evidence::Evidence;
use crate::finding::{Cause, Channel, Device, Fault, Finding, Fitted, Grade, Seen};
use crate::mission::Mission;
use crate::trajectory::linear::Linear;
use icd::time::{Span, Time};
use pairs::{One, Pair};
use rayon::prelude::*;
use scan::Fit;
use suspects::Suspect;
use system::{Place, System};
use unknown::Loose;

/// What says less than this is not reported, nats.
const LEAST: f64 = 0.5;
/// So many suspects are tried in pairs.
const PAIRED: usize = 6;
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
pub fn findings(mission: &Mission, evidence: &Evidence, linear: &Linear) -> Vec<Finding> {
    let Some(first) = evidence.start() else { return Vec::new() };
    if linear.readings.is_empty() {
        return Vec::new();
    }
    let origin = linear.epochs.first().map_or(mission.nav.t, |epoch| epoch.t.min(mission.nav.t));
    let system = suspects::system(linear, mission.nav.t);
    let clock = Clock { origin, first };
    let mut out = of_system(&system, &clock);
    if let Some(loose) = unknown::start(&system, &linear.start) {
        out.extend(start_finding(&loose, &clock));
    }
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
}

fn of_system(system: &System, clock: &Clock) -> Vec<Finding> {
    let all = suspects::suspects(system);
    let pass = scan::pass(system, &all);
    let fits: Vec<Option<Fit>> = all
        .iter()
        .zip(&pass.locals)
        .map(|(suspect, locals)| scan::scan(system, suspect, locals, &pass.nodes))
        .collect();
    let mut ones: Vec<One<'_>> = all
        .iter()
        .zip(&pass.locals)
        .zip(&fits)
        .filter_map(|((suspect, locals), fit)| Some(One { suspect, fit: fit.as_ref()?, locals }))
        .collect();
    ones.sort_by(|a, b| b.fit.gain.total_cmp(&a.fit.gain));
    let mut out: Vec<Finding> = ones.iter().map(|one| single(system, clock, one)).collect();
    out.extend(together(system, clock, &ones));
    let ways: Vec<(Device, Loose)> = suspects::devices()
        .filter_map(|device| Some((device, unknown::own_way(system, device)?)))
        .collect();
    if let Some((device, loose)) = ways.iter().max_by(|a, b| a.1.gain.total_cmp(&b.1.gain)) {
        let of = libm::log(ways.len() as f64);
        out.push(own_way_finding(*device, loose, of));
    }
    out
}

/// Pairs of the best, as far as they say more than each alone.
fn together(system: &System, clock: &Clock, ones: &[One<'_>]) -> Vec<Finding> {
    let best = &ones[..ones.len().min(PAIRED)];
    let pairs = (0..best.len()).flat_map(|a| (a + 1..best.len()).map(move |b| (a, b)));
    let pairs: Vec<(usize, usize)> = pairs.collect();
    let tried = pairs.par_iter().map(|(a, b)| {
        let (first, second) = (best[*a], best[*b]);
        let alone = first.fit.gain.max(second.fit.gain);
        let pair = pairs::pair(system, first, second)?;
        (pair.gain > alone.max(0.0) + MORE).then(|| joint(system, clock, [first, second], &pair))
    });
    tried.collect::<Vec<Option<Finding>>>().into_iter().flatten().collect()
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

fn single(system: &System, clock: &Clock, one: &One<'_>) -> Finding {
    let fault = fault(system, clock, one.suspect, one.fit);
    let text = format!(
        "innovations of all measurements shift as a {} of the {} would shift them: {}; ln Bayes factor {:.1}",
        one.suspect.cause.kind,
        words(&one.suspect.cause.on),
        written(&fault),
        one.fit.gain
    );
    let t = (one.fit.from.epoch > 0).then_some(fault.from.0);
    let seen = vec![Seen { t, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults: vec![fault], gain: one.fit.gain, seen }
}

fn joint(system: &System, clock: &Clock, ones: [One<'_>; 2], pair: &Pair) -> Finding {
    // The pair names its faults in the order in which they were held; the suspects are found by their fits.
    let held_first = pairs::order(&ones);
    let of = |n: usize| {
        let one = ones[if held_first { n } else { 1 - n }];
        fault(system, clock, one.suspect, &pair.fits[n])
    };
    let faults = vec![of(0), of(1)];
    let name = |fault: &Fault| {
        format!("{} {} ({})", words(&fault.cause.on), fault.cause.kind, written(fault))
    };
    let text = format!(
        "innovations shift as by {} together with {}; ln Bayes factor {:.1}, {:.1} more than the better alone",
        name(&faults[0]),
        name(&faults[1]),
        pair.gain,
        pair.gain - ones[0].fit.gain.max(ones[1].fit.gain)
    );
    let seen = vec![Seen { t: None, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults, gain: pair.gain, seen }
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
