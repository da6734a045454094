//! What the software did with the engines: cut off above the ground, not used again after a restart, shut by a timer.
//!
//! Owns: [`cut_off`], [`left_off`], [`by_time`]. Does not own: what the engines gave (`thrust`).
//! As programmed: what the software commanded (`replayed`) is held against where the best-estimated trajectory has the lander:
//! above [`HIGH_M`] by [`SURE`] standard deviations there is no ground to stand on.

use super::{Mechanism, MechanismKind};
use crate::evidence::Evidence;
use crate::finding::{Device, Grade, Seen};
use crate::replayed::{Commanded, Replayed};
use crate::trajectory::Trajectory;
use icd::events::Event;
use icd::time::{Span, Time};
use icd::tm::Phase;

/// Engines are needed above this, m; assumed: legs, and a foot over a hollow.
const HIGH_M: f64 = 5.0;
/// The trajectory must say so by this many standard deviations.
const SURE: f64 = 4.0;
/// Engines that burnt within so long before a restart burnt when it came, and what is commanded within so long after it may
/// be a rest of before: longer than a pulse frame. Assumed.
const BEFORE: Span = Span::from_ms(1_000);
/// A burn that ends with less than this share of its velocity change sensed was not ended by it; assumed.
const SENSED: f64 = 0.5;

fn burns(one: &Commanded) -> bool {
    one.main_open || one.assist_on_us.iter().any(|us| *us > 0)
}

/// Altitude and its standard deviation at a time, m, where that is surely above the ground.
fn high(trajectory: &Trajectory, t: Time) -> Option<(f64, f64)> {
    let place = trajectory.samples.partition_point(|sample| sample.t < t);
    let sample = trajectory.samples.get(place).or(trajectory.samples.last())?;
    let (altitude_m, sigma_m) = sample.altitude_m;
    (altitude_m - SURE * sigma_m > HIGH_M).then_some((altitude_m, sigma_m))
}

fn seen(t: Time, grade: Grade, text: String) -> Seen {
    Seen { t: Some(t), grade, text }
}

/// All engines cut off for contact with the ground where there was none, for good.
pub(super) fn cut_off(
    evidence: &Evidence,
    replayed: &Replayed,
    trajectory: &Trajectory,
) -> Option<Mechanism> {
    let events = &replayed.events;
    let place = events.iter().rposition(|(_, event)| *event == Event::Contact)?;
    let t = events[place].0;
    let revoked = |(_, event): &(Time, Event)| *event == Event::CutOffRevoked;
    if events[place..].iter().any(revoked) {
        return None;
    }
    let (altitude_m, sigma_m) = high(trajectory, t)?;
    let truly = seen(
        t,
        Grade::Inferred,
        format!(
            "The software took the lander to be on the ground and cut off the engines; it was {altitude_m:.1} ± \
             {sigma_m:.1} m above it."
        ),
    );
    let closed = |cycle: &&crate::evidence::Cycle| cycle.sensors.touchdown.contains(&true);
    let before = evidence.cycles.iter().filter(|cycle| cycle.sensors.t <= t);
    let snapshot = replayed.snapshots.iter().rfind(|down| down.t <= t)?;
    let believed_m = snapshot.nav.altitude_m;
    if let Some(first) = before.clone().find(closed) {
        let at = first.sensors.t;
        let legs = (0..first.sensors.touchdown.len()).filter(|leg| first.sensors.touchdown[*leg]);
        let legs: Vec<String> = legs.map(|leg| leg.to_string()).collect();
        let cycles = before.filter(closed).count();
        let where_m = high(trajectory, at)?;
        let text = format!(
            "Touchdown switches (first of leg {}) were closed in {cycles} cycles before, the first time {:.1} ± {:.1} m above \
             the ground and {:.1} s before the cut-off.",
            legs.join(" and "),
            where_m.0,
            where_m.1,
            (t - at).s(),
        );
        let shut = seen(at, Grade::Measured, text);
        let kind = MechanismKind::CutOffByFalseContact;
        return Some(Mechanism {
            kind,
            device: Device::Switches,
            from: t,
            seen: vec![shut, truly],
        });
    }
    if believed_m > HIGH_M {
        return None;
    }
    let text = format!("Navigation believed {believed_m:.1} m of altitude; no switch had closed.");
    let believed = seen(t, Grade::Derived, text);
    let kind = MechanismKind::CutOffByWrongAltitude;
    Some(Mechanism { kind, device: Device::Rangefinder, from: t, seen: vec![believed, truly] })
}

/// A descent under thrust that a restart of the computer above the ground ended for good: the software either does not come
/// back to braking, or leaves the engines shut in it.
pub(super) fn left_off(
    evidence: &Evidence,
    replayed: &Replayed,
    trajectory: &Trajectory,
) -> Option<Mechanism> {
    let commanded = &replayed.commanded;
    let place = evidence.cycles.iter().rposition(|cycle| cycle.powered_up)?;
    let (before, after) = (commanded.get(..place)?, commanded.get(place..)?);
    let brakes = |one: &Commanded| one.phase >= Phase::Braking && burns(one);
    let last = before.last()?;
    let burnt = before.iter().rev().take_while(|one| one.t >= last.t - BEFORE).any(brakes);
    let t = evidence.cycles.get(place)?.sensors.t;
    let again = after.iter().filter(|one| one.t > t + BEFORE).any(brakes);
    if !burnt || again {
        return None;
    }
    let (altitude_m, sigma_m) = high(trajectory, t)?;
    let phase = after.iter().find(|one| one.t > t + BEFORE).map_or(last.phase, |one| one.phase);
    let text = format!(
        "The computer came back {:.2} s after its last cycle, {altitude_m:.0} ± {sigma_m:.0} m above the ground, in the phase \
         {} instead of {}, and did not brake again in the {:.0} s that were left.",
        (t - last.t).s(),
        phase.name(),
        last.phase.name(),
        (evidence.cycles.last()?.sensors.t - t).s(),
    );
    let kind = MechanismKind::LeftOffAfterRestart;
    let seen = vec![seen(t, Grade::Derived, text)];
    Some(Mechanism { kind, device: Device::Computer, from: t, seen })
}

/// A deorbit burn that ended although its velocity change was not sensed.
pub(super) fn by_time(
    evidence: &Evidence,
    replayed: &Replayed,
    planned_m_s: f64,
) -> Option<Mechanism> {
    let at = |event: Event| replayed.events.iter().rfind(|(_, own)| *own == event);
    let (from, until) = (at(Event::DeorbitStarted)?.0, at(Event::DeorbitEnded)?.0);
    let within = evidence.cycles.iter().map(|cycle| &cycle.sensors);
    let within = within.filter(|sensors| sensors.t > from && sensors.t <= until);
    let (mut count, mut sensed_m_s) = (0, 0.0);
    for sensors in within {
        let [_, _, along] = sensors.imu.dv_B_m_s;
        (count, sensed_m_s) = (count + 1, sensed_m_s + along);
    }
    // Where cycles are missing, their share of the velocity change is.
    let heard =
        f64::from(count) * icd::bus::CYCLE.s() / (until - from).s().max(icd::bus::CYCLE.s());
    if heard < SENSED || sensed_m_s >= SENSED * heard * planned_m_s {
        return None;
    }
    let text = format!(
        "The deorbit burn lasted {:.1} s; {sensed_m_s:.2} m/s of the {planned_m_s:.2} m/s planned were sensed: its velocity \
         change did not end it.",
        (until - from).s(),
    );
    let kind = MechanismKind::BurnEndedByTime;
    let seen = vec![seen(until, Grade::Measured, text)];
    Some(Mechanism { kind, device: Device::Accelerometers, from: until, seen })
}
