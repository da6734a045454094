//! What the software did with sensors that were right, and with engines that were needed.
//!
//! Owns: [`mechanisms`]. Does not own: the smoothed trajectory (`trajectory`), the software's account (`replayed`), where
//! engines and computer are looked at (`mechanism::engines`).
//! As programmed: an aid whose measurements were used at first or never, and from some time on only rejected until the
//! end, is held against the trajectory: where nearly all of what it gave later, readings that mean nothing included, lies
//! within [`VALID`] standard deviations of what the trajectory predicts without them, the sensor was right and the
//! rejection wrong. The ground below that rises or falls about that time by more than half of the gate makes it a terrain
//! step; otherwise navigation was wrong.

mod engines;

use super::{Mechanism, MechanismKind};
use crate::evidence::Evidence;
use crate::finding::{Device, Grade, Seen};
use crate::replayed::Replayed;
use crate::trajectory::linear::Linear;
use crate::trajectory::{Sample, Trajectory};
use icd::bus::{Sensors, ShotQuality};
use icd::time::{Span, Time};
use icd::tm::{Innovation, Outcome, Snapshot};

/// A reading within this many standard deviations of the prediction is a valid one.
const VALID: f64 = 4.0;
/// Share of the readings that must be valid; assumed: a sensor within its specification gives strays.
const SHARE: f64 = 0.8;
/// Rejections in a row that count, and readings that must be there to judge.
const COUNT: u32 = 3;
/// The ground is looked at this long before and after.
const ABOUT: Span = Span::from_ms(20_000);

type Read = fn(&Snapshot) -> &Innovation;
const AIDS: [(Device, Read); 3] = [
    (Device::Rangefinder, |down| &down.rangefinder),
    (Device::RadarAltimeter, |down| &down.radar_altimeter),
    (Device::Velocimeter, |down| &down.velocimeter),
];

/// Every valid sensor that was rejected to the end, then what was done with the engines.
///
/// - `deorbit_m_s`: velocity change that the deorbit burn was to give.
pub fn mechanisms(
    (evidence, replayed): (&Evidence, &Replayed),
    trajectory: &Trajectory,
    linear: &Linear,
    deorbit_m_s: f64,
) -> Vec<Mechanism> {
    // Readings are compared as far as the motion was judged.
    let judged_until = linear.epochs.last().map(|epoch| epoch.t);
    let one = |(device, read): &(Device, Read)| {
        let rejected = rejected(&replayed.snapshots, *read)?;
        let given = given(evidence, *device, (rejected.from.t, judged_until));
        mechanism(*device, &rejected, given, (trajectory, linear))
    };
    let mut out: Vec<Mechanism> = AIDS.iter().filter_map(one).collect();
    out.extend(engines::cut_off(evidence, replayed, trajectory));
    out.extend(engines::left_off(evidence, replayed, trajectory));
    out.extend(engines::by_time(evidence, replayed, deorbit_m_s));
    out
}

/// How many values a device gave from a time on, until another if there is one.
fn given(evidence: &Evidence, device: Device, (from, until): (Time, Option<Time>)) -> usize {
    let valid = |quality: ShotQuality| usize::from(quality == ShotQuality::Valid);
    let of = |sensors: &Sensors| match device {
        Device::Rangefinder => sensors.rangefinder.map_or(0, |shot| valid(shot.quality)),
        Device::RadarAltimeter => sensors.radar_altimeter.map_or(0, |pulse| valid(pulse.quality)),
        Device::Velocimeter => {
            sensors.velocimeter.map_or(0, |beams| beams.locked.iter().filter(|on| **on).count())
        }
        _ => 0,
    };
    let later = evidence.cycles.iter().filter(|cycle| {
        let t = cycle.sensors.t;
        t >= from && until.is_none_or(|until| t <= until)
    });
    later.map(|cycle| of(&cycle.sensors)).sum()
}

/// A rejection that lasted to the end.
struct Rejected {
    from: Snapshot,
    innovation: Innovation,
    used_before: u32,
    count: u32,
}

/// The first snapshot after which nothing was used and at least [`COUNT`] measurements were rejected or shut out.
fn rejected(snapshots: &[Snapshot], read: Read) -> Option<Rejected> {
    let last = read(snapshots.last()?);
    let used = last.fused;
    let begin = snapshots.partition_point(|down| read(down).fused < used);
    let refused =
        |down: &&Snapshot| matches!(read(down).outcome, Outcome::Rejected | Outcome::LockedOut);
    let from = snapshots.get(begin..)?.iter().find(refused)?;
    let before = snapshots.get(begin).map_or(0, |down| read(down).rejected);
    let shut_out = last.outcome == Outcome::LockedOut;
    let count = last.rejected.saturating_sub(before);
    let found = Rejected { from: *from, innovation: *read(from), used_before: used, count };
    (count >= COUNT || shut_out).then_some(found)
}

fn mechanism(
    device: Device,
    rejected: &Rejected,
    given: usize,
    (trajectory, linear): (&Trajectory, &Linear),
) -> Option<Mechanism> {
    let from = rejected.from.t;
    let later = linear.readings.iter().filter(|one| one.device == device && one.t >= from);
    let whitened: Vec<f64> = later.map(|reading| reading.whitened().abs()).collect();
    let valid = whitened.iter().filter(|z| **z < VALID).count();
    // What was left out of the trajectory was not valid.
    let given = given.max(whitened.len());
    if whitened.len() < COUNT as usize || (valid as f64) < SHARE * given as f64 {
        return None;
    }
    let about: Vec<&Sample> = trajectory
        .samples
        .iter()
        .take(trajectory.after_loss)
        .filter(|sample| sample.t >= from - ABOUT && sample.t <= from + ABOUT)
        .collect();
    let ground = about.iter().map(|sample| sample.p_MB_I_m.norm() - sample.altitude_m.0);
    let (low, high) =
        ground.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), g| (low.min(g), high.max(g)));
    let step_m = high - low;
    let gate = rejected.innovation.gate;
    let is_range = device != Device::Velocimeter;
    let kind = match is_range && step_m > 0.5 * gate {
        true => MechanismKind::RejectedAfterTerrainStep,
        false => MechanismKind::RejectedByWrongNavigation,
    };
    let unit = if is_range { "m" } else { "m/s" };
    let name = device.name().replace('_', " ");
    let mut seen = vec![
        Seen {
            t: Some(from),
            grade: Grade::Derived,
            text: format!(
                "{name}: {:.1} {unit} measured where {:.1} {unit} were expected, gate {gate:.1} {unit}: rejected; {} \
                 measurements used before, none after, {} rejected.",
                rejected.innovation.measured,
                rejected.innovation.measured - rejected.innovation.nu,
                rejected.used_before,
                rejected.count,
            ),
        },
        Seen {
            t: Some(from),
            grade: Grade::Inferred,
            text: format!(
                "{name}: {valid} of {given} readings from then on lie within {VALID} standard deviations of the \
                 best-estimated trajectory: the sensor was right.",
            ),
        },
    ];
    seen.extend((kind == MechanismKind::RejectedAfterTerrainStep).then(|| Seen {
        t: Some(from),
        grade: Grade::Inferred,
        text: format!("The ground below changes by {step_m:.0} m within {:.0} s of it.", ABOUT.s()),
    }));
    seen.extend(error(about.first().copied(), rejected));
    Some(Mechanism { kind, device, from, seen })
}

/// How wrong navigation was as the rejection began.
fn error(before: Option<&Sample>, rejected: &Rejected) -> Option<Seen> {
    let (altitude_m, sigma_m) = before?.altitude_m;
    let believed_m = rejected.from.nav.altitude_m;
    let t: Option<Time> = Some(rejected.from.t);
    let text = format!(
        "Navigation believed {believed_m:.0} m of altitude; {:.0} s before, the lander was {altitude_m:.0} ± {sigma_m:.0} m \
         above the ground.",
        ABOUT.s()
    );
    Some(Seen { t, grade: Grade::Derived, text })
}

#[cfg(test)]
mod tests;
