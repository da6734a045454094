//! What the software did with sensors that were right.
//!
//! Owns: [`mechanisms`]. Does not own: the smoothed trajectory (`trajectory`), the software's account (`replayed`).
//! As programmed: an aid whose measurements were used at first or never, and from some time on only rejected until the
//! end, is held against the trajectory: where nearly all of its later readings lie within [`VALID`] standard deviations of
//! what the trajectory predicts without them, the sensor was right and the rejection wrong. The ground below that rises or
//! falls about that time by more than half of the gate makes it a terrain step; otherwise navigation was wrong.

use super::{Mechanism, MechanismKind};
use crate::finding::{Device, Grade, Seen};
use crate::replayed::Replayed;
use crate::trajectory::linear::Linear;
use crate::trajectory::{Sample, Trajectory};
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

/// Every valid sensor that was rejected to the end.
pub fn mechanisms(replayed: &Replayed, trajectory: &Trajectory, linear: &Linear) -> Vec<Mechanism> {
    let one = |(device, read): &(Device, Read)| {
        let rejected = rejected(&replayed.snapshots, *read)?;
        mechanism(*device, &rejected, trajectory, linear)
    };
    AIDS.iter().filter_map(one).collect()
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
    trajectory: &Trajectory,
    linear: &Linear,
) -> Option<Mechanism> {
    let from = rejected.from.t;
    let later = linear.readings.iter().filter(|one| one.device == device && one.t >= from);
    let whitened: Vec<f64> = later.map(|reading| reading.whitened().abs()).collect();
    let valid = whitened.iter().filter(|z| **z < VALID).count();
    if whitened.len() < COUNT as usize || (valid as f64) < SHARE * whitened.len() as f64 {
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
                "{name}: {valid} of {} readings from then on lie within {VALID} standard deviations of the \
                 best-estimated trajectory: the sensor was right.",
                whitened.len(),
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
mod tests {
    use super::*;
    use crate::trajectory::linear::Reading;
    use crate::trajectory::states::N;
    use nalgebra::{Matrix3, UnitQuaternion, Vector3};

    fn at(s: i64) -> Time {
        Time::default() + Span::from_ms(1000 * s)
    }

    /// A minute of flight; from half of it on the rangefinder is rejected.
    fn replayed() -> Replayed {
        let one = |s: i64| {
            let (fused, rejected) = (s.min(30) as u32, (s - 30).max(0) as u32);
            let outcome = if s > 30 { Outcome::Rejected } else { Outcome::Fused };
            let rangefinder = Innovation {
                measured: if s > 30 { 8000.0 } else { 5000.0 },
                nu: if s > 30 { 3000.0 } else { 1.0 },
                gate: 1000.0,
                outcome,
                fused,
                rejected,
                ..Innovation::default()
            };
            Snapshot { t: at(s), rangefinder, ..Snapshot::default() }
        };
        Replayed { snapshots: (0..60).map(one).collect(), ..Replayed::default() }
    }

    fn trajectory(step_m: f64) -> Trajectory {
        let one = |s: i64| {
            let ground_m = if s > 30 { -step_m } else { 0.0 };
            Sample {
                t: at(s),
                p_MB_I_m: Vector3::new(1.74e6, 0.0, 0.0),
                v_MB_I_m_s: Vector3::zeros(),
                q_IB: UnitQuaternion::identity(),
                P_p_m2: Matrix3::zeros(),
                P_v_m2_s2: Matrix3::zeros(),
                sigma_attitude_rad: [0.0; 3],
                altitude_m: (5000.0 - ground_m, 10.0),
                v_up_m_s: (0.0, 0.1),
                v_horizontal_m_s: (0.0, 0.1),
            }
        };
        let samples: Vec<Sample> = (0..60).map(one).collect();
        Trajectory { after_loss: samples.len(), samples, ..Trajectory::default() }
    }

    fn linear(innovation: f64) -> Linear {
        let one = |s: i64| Reading {
            device: Device::Rangefinder,
            component: 0,
            cycle: s as u32,
            t: at(s),
            innovation,
            variance: 1.0,
            partial: [0.0; N],
            gain: [0.0; N],
        };
        Linear { readings: (0..60).map(one).collect(), ..Linear::default() }
    }

    #[test]
    fn a_valid_sensor_that_is_rejected_where_the_ground_falls_met_a_terrain_step() {
        let found = mechanisms(&replayed(), &trajectory(3000.0), &linear(1.0));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, MechanismKind::RejectedAfterTerrainStep);
        assert_eq!((found[0].device, found[0].from), (Device::Rangefinder, at(31)));
    }

    #[test]
    fn over_flat_ground_navigation_was_wrong() {
        let found = mechanisms(&replayed(), &trajectory(0.0), &linear(1.0));
        assert_eq!(found[0].kind, MechanismKind::RejectedByWrongNavigation);
    }

    #[test]
    fn a_sensor_that_is_wrong_is_rejected_rightly() {
        assert!(mechanisms(&replayed(), &trajectory(3000.0), &linear(300.0)).is_empty());
        let mut used = replayed();
        if let Some(last) = used.snapshots.last_mut() {
            last.rangefinder = Innovation { fused: 31, rejected: 29, ..last.rangefinder };
        }
        assert!(mechanisms(&used, &trajectory(3000.0), &linear(1.0)).is_empty(), "used again");
    }
}
