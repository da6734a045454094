//! The trajectory estimated again as if a fault were known: where an error is too large for one linearisation.
//!
//! As programmed: readings are freed of the fault as it fits, the trajectory is estimated from them (around where it settled
//! before, if it did), and what the fault adds to the new filter's innovations is put back, so that the same scan finds
//! what is left to change: Gauss-Newton steps on numbers and times. The likelihood of all readings about the new trajectory
//! against that about the first one is the gain's constant; readings that only one of them could use count [`UNMATCHED`]
//! against the other.

use super::scan::Fit;
use super::suspects::Suspect;
use super::system::{Injection, Place, Reading, System};
use crate::evidence::Evidence;
use crate::finding::Trust;
use crate::finding::{Device, Fault};
use crate::mission::Mission;
use crate::replayed::Replayed;
use crate::trajectory::linear::Linear;
use crate::trajectory::{self, Measured, Report, Settled, Step, Trajectory};
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::Time;
use nalgebra::Vector3;
use std::collections::BTreeMap;

/// ln density of a reading that was not foreseen, in units of its standard deviation; assumed: one in ten thousand.
const UNMATCHED: f64 = -10.0;
const DEG: f64 = std::f64::consts::PI / 180.0;
const CYCLE_S: f64 = 0.02;
/// Thrust is gone so many cycles after the last command; least number of cycles of coast.
const QUIET: usize = 15;
const COAST: usize = 100;

/// What a fault does to values of one channel at one time.
struct Error {
    added: f64,
    factor: f64,
}

fn error(fault: &Fault, channel: usize, t: Time) -> Option<Error> {
    if t < fault.from.0 || fault.until.is_some_and(|until| t >= until) {
        return None;
    }
    let si = match fault.cause.on.as_str() {
        "gyros" => DEG / 3600.0,
        "star_tracker" => DEG,
        _ => 1.0,
    };
    let number = |n: usize| fault.numbers.get(n).map_or(0.0, |number| number.value);
    Some(match fault.cause.kind {
        "bias" => Error { added: number(channel) * si, factor: 1.0 },
        "drift" => Error { added: number(channel) * si * (t - fault.from.0).s(), factor: 1.0 },
        // Readings multiplied by nearly nothing cannot be freed of it.
        "scale" => Error { added: 0.0, factor: number(0).clamp(0.05, 20.0) },
        _ => return None,
    })
}

/// What the accelerometers read on average while no valve is commanded, before the main engine first burns, m/s²; `None` of
/// less than two seconds of that.
pub fn coasting(evidence: &Evidence, replayed: &Replayed) -> Option<Vector3<f64>> {
    let (mut sum, mut count, mut quiet) = (Vector3::zeros(), 0_usize, 0_usize);
    for (cycle, commanded) in evidence.cycles.iter().zip(&replayed.commanded).skip(1) {
        let pulses = commanded.assist_on_us.iter().chain(&commanded.jet_on_us).any(|us| *us > 0);
        quiet = if commanded.main_open || pulses { 0 } else { quiet + 1 };
        if commanded.main_open {
            break;
        }
        if quiet > QUIET {
            sum += Vector3::from(cycle.sensors.imu.dv_B_m_s) / CYCLE_S;
            count += 1;
        }
    }
    (count >= COAST).then(|| sum / count as f64)
}

/// Takes faults off an inertial increment, later ones first.
pub fn free_step(step: &mut Step, faults: &[Fault]) {
    free_increments(step.t, &mut step.dtheta_B_rad, &mut step.dv_B_m_s, faults);
}

/// The trajectory as it was if these faults were; see [`trajectory::estimate`].
pub fn trajectory_without(
    (mission, evidence, replayed): (&Mission, &Evidence, &Replayed),
    trust: &Trust,
    faults: &[Fault],
) -> Option<(Trajectory, Linear)> {
    let step = |step: &mut Step| free_step(step, faults);
    let report = |measured: &mut Measured| free_report(measured, faults);
    trajectory::estimate_put_right(mission, evidence, replayed, trust, (&step, &report))
}

/// What was received, the inertial unit freed of these faults; `None` where it has none of them.
pub fn unit_without(evidence: &Evidence, faults: &[Fault]) -> Option<Evidence> {
    let unit = [Device::Gyros, Device::Accelerometers].map(Device::name);
    if !faults.iter().any(|fault| unit.contains(&fault.cause.on.as_str())) {
        return None;
    }
    let mut freed = evidence.clone();
    for cycle in &mut freed.cycles {
        let (t, imu) = (cycle.sensors.t, &mut cycle.sensors.imu);
        let mut increments = [imu.dtheta_B_rad, imu.dv_B_m_s].map(Vector3::from);
        let [turn, push] = &mut increments;
        free_increments(t, turn, push, faults);
        [imu.dtheta_B_rad, imu.dv_B_m_s] = increments.map(Into::into);
    }
    Some(freed)
}

/// `t`: of the cycle of the increments.
fn free_increments(t: Time, turn: &mut Vector3<f64>, push: &mut Vector3<f64>, faults: &[Fault]) {
    for fault in faults.iter().rev() {
        let increment = match fault.cause.on.as_str() {
            "gyros" => &mut *turn,
            "accelerometers" => &mut *push,
            _ => continue,
        };
        for (n, sum) in increment.iter_mut().enumerate() {
            *sum = undone(*sum / CYCLE_S, fault, n, t) * CYCLE_S;
        }
    }
}

/// Takes faults off a report, later ones first.
pub fn free_report(measured: &mut Measured, faults: &[Fault]) {
    let (device, t) = (measured.device.name(), measured.t);
    for fault in faults.iter().rev().filter(|fault| fault.cause.on == device) {
        let undo = |x: f64, channel: usize| undone(x, fault, channel, t);
        match &mut measured.report {
            Report::Range(range_m) | Report::Radar(range_m) => *range_m = undo(*range_m, 0),
            Report::Beams(speeds_m_s, _) => {
                for (n, speed_m_s) in speeds_m_s.iter_mut().enumerate() {
                    *speed_m_s = undo(*speed_m_s, n);
                }
            }
            Report::Stars(q_IB) => {
                let turn = Vector3::from_fn(|n, _| undo(0.0, n));
                let q = Quaternion::<I, B>::from_si(*q_IB) * Quaternion::<B, B>::exp(turn);
                *q_IB = q.si();
            }
            Report::Sight(seen, ..) => {
                for (n, pixel) in seen.pixel.iter_mut().enumerate() {
                    *pixel = undo(f64::from(*pixel), n) as f32;
                }
            }
            Report::Coast(..) => {}
        }
    }
}

fn undone(x: f64, fault: &Fault, channel: usize, t: Time) -> f64 {
    error(fault, channel, t).map_or(x, |error| (x - error.added) / error.factor)
}

/// Which reading it is, whatever trajectory it is compared with.
type Name = (Device, u8, u32, u16);

/// Squared innovation over its variance, and ln of the variance, of every reading by name.
pub struct Likelihood(BTreeMap<Name, (f64, f64)>);

impl Likelihood {
    /// Of all readings of a system, its innovations replaced by `nu`.
    pub fn of(system: &System, nu: &[f64]) -> Self {
        let one = |(reading, nu): (&Reading, &f64)| {
            ((reading.device, reading.component, reading.cycle), *nu, reading.s)
        };
        Self::named(system.readings().zip(nu).map(one))
    }

    /// Of all readings as a filter met them.
    pub fn of_filter(linear: &Linear) -> Self {
        let readings = linear.readings.iter();
        Self::named(
            readings
                .map(|own| ((own.device, own.component, own.cycle), own.innovation, own.variance)),
        )
    }

    /// Of innovations and variances in the order of the readings.
    fn named(readings: impl Iterator<Item = ((Device, u8, u32), f64, f64)>) -> Self {
        let mut out = BTreeMap::new();
        let mut again = 0_u16;
        let mut before = None;
        for (name, nu, s) in readings {
            let (device, component, cycle) = name;
            // Several landmarks of one frame have the same name: they are counted.
            again = if before == Some(name) { again + 1 } else { 0 };
            before = Some(name);
            out.insert((device, component, cycle, again), (nu * nu / s, libm::log(s)));
        }
        Self(out)
    }

    /// ln of its ratio to another.
    pub fn over(&self, other: &Self) -> f64 {
        let alone = |from: &Self, of: &Self| -> f64 {
            let lacking = from.0.iter().filter(|(name, _)| !of.0.contains_key(name));
            lacking.map(|(_, (square, _))| -0.5 * square - UNMATCHED).sum()
        };
        let ln = |(square, ln_s): &(f64, f64)| -0.5 * (square + ln_s);
        let common = self.0.iter().filter_map(|(name, own)| Some(ln(own) - ln(other.0.get(name)?)));
        common.sum::<f64>() + alone(self, other) - alone(other, self)
    }
}

/// What fits about one trajectory: its system, with the faults put back into the innovations.
pub struct About {
    /// The system.
    pub system: System,
    /// ln p of the readings with nothing wrong, in this system, over that in the first one.
    pub constant: f64,
    /// ln p of the readings freed of the faults, over that of the readings as they are in the first system.
    pub freed: f64,
    /// Mean square of the freed readings' whitened innovations.
    pub left: f64,
    /// Where its trajectory settled.
    pub settled: Settled,
}

/// A fault as it is put back: what comes in at its beginning and at its end.
pub struct PutBack<'a> {
    /// The suspect.
    pub suspect: &'a Suspect,
    /// Size and signs.
    pub fit: &'a Fit,
    /// Times, s of the system's clock.
    pub from_s: f64,
    /// Its end.
    pub until_s: Option<f64>,
}

impl PutBack<'_> {
    fn shifts(&self, system: &System) -> Vec<f64> {
        let scaled = |channels: Vec<Vec<(usize, f64)>>| -> Vec<(usize, f64)> {
            let own = channels.into_iter().zip(&self.fit.pattern);
            own.flat_map(|(channel, sign)| {
                channel.into_iter().map(move |(state, by)| (state, by * sign * self.fit.size))
            })
            .collect()
        };
        let begins = scaled(self.suspect.begins());
        let from = place_at(system, self.suspect.device, self.from_s);
        let mut injections = vec![Injection { place: from, added: begins }];
        if let Some(until_s) = self.until_s {
            let place = place_at(system, self.suspect.device, until_s);
            let added = scaled(self.suspect.ends(until_s - self.from_s));
            injections.push(Injection { place, added });
        }
        system.shifts(&injections)
    }
}

/// First place at or after a time at which a device's error can begin.
pub fn place_at(system: &System, device: Device, t_s: f64) -> Place {
    if t_s <= 0.0 {
        return Place::before(0);
    }
    let first = system.epochs.partition_point(|epoch| epoch.t_s < t_s - 1.0);
    for (k, epoch) in system.epochs.iter().enumerate().skip(first.max(1)) {
        for n in 0..epoch.readings.len().max(1) {
            let own = n == 0 || epoch.readings[n].device == device;
            let place = Place { epoch: k, reading: n };
            if own && system.t_s(place) >= t_s - 1e-6 {
                return place;
            }
        }
    }
    Place::before(system.epochs.len().saturating_sub(1))
}

/// A system estimated without faults, and these put back.
pub fn about(
    (mut system, settled): (System, Settled),
    faults: &[PutBack<'_>],
    first: &Likelihood,
) -> About {
    let mut nu = system.innovations();
    let freed = Likelihood::of(&system, &nu).over(first);
    let left = system.product(&nu, &nu) / nu.len().max(1) as f64;
    for fault in faults {
        nu.iter_mut().zip(fault.shifts(&system)).for_each(|(nu, shift)| *nu += shift);
    }
    let constant = Likelihood::of(&system, &nu).over(first);
    let readings = system.epochs.iter_mut().flat_map(|epoch| &mut epoch.readings);
    readings.zip(nu).for_each(|(reading, nu)| reading.nu = nu);
    About { system, constant, freed, left, settled }
}
