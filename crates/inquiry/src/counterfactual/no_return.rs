//! From when on the lander was lost.
//!
//! Owns: [`NoReturn`]. Does not own: the flight, the bound (`stopping`).
//! As programmed: the explanation is flown to a moment. There every fault of a sensor ends, and the resilient
//! configuration with every sensor that the vehicle can carry takes over, told exact state, attitude and propellant.
//! Engines, jets and computer stay as they are. If it stands in the end, the lander was not yet lost. The moments lie evenly between
//! braking and the end; between the last from which it does and the next the moment is bisected.
//! It is a bound from one side: other software might do better. The other side is the stopping distance, which no
//! software beats.
//! Refuses: mending a fault whose end is tied to a height or a phase: it stays.

use super::stopping::{Stopping, stopping_m};
use super::{Bench, Changed, Flown, Tried};
use icd::time::Span;
use rayon::prelude::*;
use rig::scenario::Scenario;
use rig::scenario::fault::Fault;
use std::sync::Arc;
use truth::faulty::Moment;

/// The moment is found to this, s.
const WITHIN_S: f64 = 0.5;

/// One moment at which the best took over.
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// s after the start of the flight.
    pub t_s: f64,
    /// Altitude there, m.
    pub altitude_m: f64,
    /// Descent speed there, m/s.
    pub descent_m_s: f64,
    /// Whether the lander stands in the end.
    pub saved: bool,
    /// How it ends: `rig::verdict::Outcome::name`.
    pub outcome: String,
}

/// From when on nothing could save the lander.
#[derive(Clone, Debug, PartialEq)]
pub struct NoReturn {
    /// The last moment from which it was still saved; `None` when it was lost from the first one tried on.
    pub saved_last: Option<Fork>,
    /// The first moment after that from which it was not; `None` when it could be saved until the end.
    pub lost_first: Option<Fork>,
    /// The loss itself, at the first contact, s after the start of the flight.
    pub end_s: f64,
    /// The first valid range, if it came: time, s after the start; altitude, m; descent speed, m/s.
    pub first_range: Option<[f64; 3]>,
    /// Every moment tried, in the order of time.
    pub forks: Vec<Fork>,
    /// Stopping distance along the flight.
    pub bound: Vec<Stopping>,
    /// When altitude falls below it for good: from then on no software could have stopped the descent.
    pub beyond_thrust: Option<Stopping>,
}

/// Whether a fault is on something that measures.
fn measures(fault: &Fault) -> bool {
    !["main", "assist", "jet", "computer", "link"].iter().any(|on| fault.on.starts_with(on))
}

/// The flight from which the best takes over at a time, and what takes over.
fn handed_over(bench: &Bench<'_>, t_s: f64) -> Flown<(Changed, Changed)> {
    let best = bench.with(bench.features())?;
    let mut before = bench.unchanged();
    let mut scenario = Scenario::clone(&best.stand.scenario);
    let moment = Moment::After(Span::from_s(t_s));
    for fault in scenario.faults.iter_mut().filter(|fault| measures(fault)) {
        match fault.until {
            None => fault.until = Some(moment),
            Some(Moment::After(until)) if until.s() > t_s => fault.until = Some(moment),
            _ => {}
        }
    }
    before.stand = best.stand.clone();
    before.stand.scenario = Arc::new(scenario);
    Ok((before, best))
}

fn fork(bench: &Bench<'_>, base: &Tried, t_s: f64) -> Flown<Fork> {
    let tried = bench.once(&format!("taken over at {t_s} s"), || {
        let (before, best) = handed_over(bench, t_s)?;
        bench.flown(&before, Some((t_s, &best.load)))
    })?;
    let [altitude_m, descent_m_s] = at(base, t_s);
    Ok(Fork { t_s, altitude_m, descent_m_s, saved: tried.stands(), outcome: tried.outcome })
}

/// Altitude and descent speed of a flight at a time.
fn at(base: &Tried, t_s: f64) -> [f64; 2] {
    let after = base.profile.partition_point(|row| row[0] < t_s);
    let last = base.profile.len().saturating_sub(1);
    let (a, b) = (base.profile.get(after.saturating_sub(1)), base.profile.get(after.min(last)));
    let (Some(a), Some(b)) = (a, b) else { return [f64::NAN; 2] };
    let share = if b[0] > a[0] { ((t_s - a[0]) / (b[0] - a[0])).clamp(0.0, 1.0) } else { 0.0 };
    [1, 2].map(|i| a[i] + (b[i] - a[i]) * share)
}

/// The stopping distance along a flight, and from when on it is more than there is.
fn bound(bench: &Bench<'_>, base: &Tried) -> (Vec<Stopping>, Option<Stopping>) {
    let machine = &bench.equipped.scenario.vehicle.machine;
    let one = |row: &[f64; 6]| {
        let [t_s, altitude_m, descent_m_s, horizontal_m_s, mass_kg, _] = *row;
        let stopping_m = stopping_m(machine, mass_kg, descent_m_s.max(0.0), horizontal_m_s);
        Stopping { t_s, altitude_m, descent_m_s, stopping_m }
    };
    let bound: Vec<Stopping> = base.profile.iter().map(one).collect();
    let safe = bound.iter().rposition(|at| at.altitude_m > at.stopping_m);
    let first = bound.get(safe.map_or(0, |place| place + 1)).copied();
    (bound, first)
}

/// Looks for the moment; `None` for a flight that never came to braking.
pub(super) fn search(bench: &Bench<'_>, base: &Tried, count: usize) -> Flown<Option<NoReturn>> {
    let Some(first_s) = base.profile.first().map(|row| row[0]) else { return Ok(None) };
    let over_s = base.over_s();
    let step_s = (over_s - first_s) / (count + 1) as f64;
    let times: Vec<f64> = (0..=count).map(|n| rounded(first_s + step_s * n as f64)).collect();
    let forks = times.into_par_iter().map(|t_s| fork(bench, base, t_s));
    let mut forks = forks.collect::<Flown<Vec<Fork>>>()?;
    let last_saved = forks.iter().rposition(|fork| fork.saved);
    if let Some(place) = last_saved {
        let end_s = forks.get(place + 1).map_or(over_s, |fork| fork.t_s);
        let (mut saved_s, mut lost_s) = (forks[place].t_s, end_s);
        while lost_s - saved_s > WITHIN_S {
            let next = fork(bench, base, rounded(0.5 * (saved_s + lost_s)))?;
            if next.t_s <= saved_s || next.t_s >= lost_s {
                break;
            }
            *(if next.saved { &mut saved_s } else { &mut lost_s }) = next.t_s;
            forks.push(next);
        }
    }
    forks.sort_by(|a, b| a.t_s.total_cmp(&b.t_s));
    let place = forks.iter().rposition(|fork| fork.saved);
    let (bound, beyond_thrust) = bound(bench, base);
    Ok(Some(NoReturn {
        saved_last: place.map(|place| forks[place].clone()),
        lost_first: forks.get(place.map_or(0, |place| place + 1)).cloned(),
        end_s: over_s,
        first_range: base.first_range,
        forks,
        bound,
        beyond_thrust,
    }))
}

/// To the cycle: the journal finds it again.
fn rounded(t_s: f64) -> f64 {
    (t_s * 50.0).round() / 50.0
}
