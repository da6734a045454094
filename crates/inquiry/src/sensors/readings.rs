//! What a device's values are compared with.
//!
//! Owns: [`readings`] (values less what was expected, ready for `scatter`), [`off`] (for `exact`).
//! Does not own: the trajectory; what the differences mean.
//! As programmed: ranges and beam speeds less those of the trajectory, where there is one; else as they stand: neighbours
//! differ by less than the noise. Attitudes less the gyros' own account of the turn since the first reading, which needs no
//! trajectory: what the gyros have wrong grows slowly and cancels between neighbours. Along and across the boresight,
//! because the noise differs.
//! Ground that the map does not show makes neighbouring ranges differ the more the further apart they meet it, up to the
//! map's resolution: as (L/60 m)^0.8, over the cosine of incidence.

use super::exact::Off;
use super::expected::{Look, MAP_RESOLUTION_M};
use super::scatter::Reading;
use super::stream::{Slot, Stream};
use crate::evidence::{Cycle, Evidence};
use crate::finding::Device;
use icd::bus::{CYCLE, Imu};
use icd::time::Time;
use nalgebra::{Quaternion, UnitQuaternion, Vector3};
use truth::sensors::link::{Health, Link};
use truth::vehicle::Vehicle;

/// Exponent with which heights differ over distance: lunar ground at metres to hundreds of metres. Assumed.
const HURST: f64 = 0.8;
/// An altitude that is this wrong doubles what the ground adds, m. Assumed.
const LOST_M: f64 = 300.0;
/// Ranges of a weak link scatter by no more, m: what is farther off is a false alarm.
const FARTHEST_M: f64 = 1e3;
/// Share by which ranges to the ground may be off for reasons that are not noise.
const UNSURE: f64 = 0.01;

/// Values less what was expected.
pub(crate) fn readings(
    stream: &Stream,
    slots: &[Slot],
    look: Option<&Look<'_>>,
    (evidence, vehicle): (&Evidence, &Vehicle),
) -> Vec<Reading> {
    match stream.device {
        Device::StarTracker => attitudes(slots, evidence, vehicle),
        Device::Rangefinder => ranges(stream, slots, look, (vehicle, &|_| None)),
        Device::RadarAltimeter => radar(slots, look, vehicle),
        Device::Velocimeter => speeds(slots, look, vehicle),
        _ => Vec::new(),
    }
}

/// How far each value is off, with the standard deviation of what was expected.
pub(crate) fn off(
    device: Device,
    slots: &[Slot],
    look: Option<&Look<'_>>,
    vehicle: &Vehicle,
) -> Vec<Off> {
    let spec = &vehicle.rangefinder;
    let one = |slot: &Slot| {
        let (look, report) = (look?, slot.valid()?);
        let pose = look.pose(slot.taken)?;
        let met = match device {
            Device::Rangefinder => look.met(&pose, &spec.p_BA_B, &spec.d_B, spec.range_m_max),
            _ => None,
        }?;
        let unsure_m = UNSURE * met.target.range_m;
        let square = met.sigma_m * met.sigma_m + unsure_m * unsure_m + spec.sigma_m * spec.sigma_m;
        Some((report.value[0] - met.target.range_m, (square + 25.0).sqrt()))
    };
    slots.iter().map(one).collect()
}

fn reading(slot: &Slot, error: [f64; 3], sigma: [f64; 3]) -> Option<Reading> {
    let report = slot.valid()?;
    Some(Reading { taken: slot.taken, place: report.place, error, sigma, rough: 0.0, stretch: 0 })
}

/// What is left of the rangefinder's link in a measurement; `None`: it is healthy.
type Left<'a> = &'a dyn Fn(&Slot) -> Option<Health>;

/// Ranges, each by what is left of the link.
pub(crate) fn ranges(
    stream: &Stream,
    slots: &[Slot],
    look: Option<&Look<'_>>,
    (vehicle, left): (&Vehicle, Left<'_>),
) -> Vec<Reading> {
    let (spec, link) = (&vehicle.rangefinder, Link::new(&vehicle.rangefinder));
    let one = |slot: &Slot| {
        let report = slot.valid()?;
        let mut out = reading(slot, report.value, [spec.sigma_m; 3])?;
        out.rough = 1.0;
        let seen = look.and_then(|look| {
            let pose = look.pose(slot.taken)?;
            let met = look.met(&pose, &spec.p_BA_B, &spec.d_B, spec.range_m_max)?;
            (pose.blind_s <= LOST_S).then_some((pose, met))
        });
        if let Some((pose, met)) = seen {
            out.error[0] -= met.target.range_m;
            let counter_m = spec.quantum_m * spec.quantum_m / 12.0;
            let own_m = match left(slot) {
                Some(left) => link.echo(&met.target, &left).sigma_m.min(FARTHEST_M),
                None => link.echo(&met.target, &Health::HEALTHY).sigma_m.min(10.0 * spec.sigma_m),
            };
            out.sigma = [(own_m * own_m + counter_m).sqrt(); 3];
            let swept_m_s = pose.speed_m_s() + pose.rate_rad_s() * met.target.range_m;
            let apart = swept_m_s * stream.period.s() / MAP_RESOLUTION_M;
            // Where the trajectory is wrong, so is the place on the map.
            let lost = 1.0 + (pose.higher_m.abs() / LOST_M).min(3.0);
            out.rough = lost * libm::pow(apart.min(1.0), HURST) / met.target.cos_incidence;
        } else if look.is_some() {
            return None;
        }
        Some(out)
    };
    slots.iter().filter_map(one).collect()
}

fn radar(slots: &[Slot], look: Option<&Look<'_>>, vehicle: &Vehicle) -> Vec<Reading> {
    let Some(spec) = &vehicle.radar_altimeter else { return Vec::new() };
    let one = |slot: &Slot| {
        let report = slot.valid()?;
        let share_m = spec.noise * report.value[0];
        let sigma_m = (share_m * share_m + spec.sigma_m * spec.sigma_m).sqrt();
        let mut out = reading(slot, report.value, [sigma_m; 3])?;
        out.rough = 1.0;
        if let Some(pose) = look.and_then(|look| look.pose(slot.taken)) {
            out.error[0] -= pose.altitude_m.0;
        }
        Some(out)
    };
    slots.iter().filter_map(one).collect()
}

fn speeds(slots: &[Slot], look: Option<&Look<'_>>, vehicle: &Vehicle) -> Vec<Reading> {
    let Some(spec) = &vehicle.velocimeter else { return Vec::new() };
    let one = |slot: &Slot| {
        let report = slot.valid()?;
        let mut out = reading(slot, report.value, [spec.sigma_m_s; 3])?;
        let expected = look.and_then(|look| {
            let pose = look.pose(slot.taken).filter(|pose| pose.blind_s <= LOST_S)?;
            look.v_over_ground_B(&pose, &spec.p_BA_B)
        });
        if expected.is_none() && look.is_some() {
            return None;
        }
        if let Some(v_B) = expected {
            for (error, d_B) in out.error.iter_mut().zip(&spec.d_B) {
                *error -= v_B.dot(&Vector3::from(*d_B));
            }
        }
        Some(out)
    };
    slots.iter().filter_map(one).collect()
}

fn attitudes(slots: &[Slot], evidence: &Evidence, vehicle: &Vehicle) -> Vec<Reading> {
    let spec = &vehicle.star_tracker;
    let d_B = Vector3::from(spec.d_B);
    let aside = if d_B.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    let across = d_B.cross(&aside).normalize();
    let axes = [across, d_B.cross(&across), d_B];
    let (turned, usual_rad) = (turned(evidence), jumps_rad(evidence));
    let mut first: Option<(u32, UnitQuaternion<f64>)> = None;
    let mut out = Vec::new();
    for slot in slots {
        let Some(report) = slot.valid() else { continue };
        let after = evidence.cycles.partition_point(|cycle| cycle.sensors.t < slot.taken);
        let Some(Turned { stretch, q: own, w_B }) = turned.get(after) else { continue };
        let [w, x, y, z] = report.quaternion;
        let read = UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z));
        // What leads from the gyros' frame to the stars', set by the first reading of each stretch.
        let lead = match first {
            Some((own_stretch, lead)) if own_stretch == *stretch => lead,
            _ => read * own.inverse(),
        };
        first = Some((*stretch, lead));
        let error_B = ((lead * own).inverse() * read).scaled_axis();
        let smear = w_B.norm() / spec.rate_rad_s_smear;
        let smear = (1.0 + smear * smear).sqrt();
        // Noise of the gyros over the ten cycles between two readings, as it grows in the differences of three.
        let gyros_rad = 1.8 * 0.46 * usual_rad;
        let both = |own: f64| (own * own * smear * smear + gyros_rad * gyros_rad).sqrt();
        let [c, b] = [both(spec.sigma_cross_rad), both(spec.sigma_boresight_rad)];
        let error = axes.map(|axis| error_B.dot(&axis));
        if let Some(one) = reading(slot, error, [c, c, b]) {
            out.push(Reading { stretch: *stretch, ..one });
        }
    }
    out
}

/// What the gyros say of one cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Turned {
    /// Number of its stretch without gaps.
    pub stretch: u32,
    /// Attitude at its end against that at the beginning of the stretch.
    pub q: UnitQuaternion<f64>,
    /// Mean rate, rad/s.
    pub w_B: Vector3<f64>,
}

/// What the gyros say, by cycle.
pub(crate) fn turned(evidence: &Evidence) -> Vec<Turned> {
    let mut out = Vec::with_capacity(evidence.cycles.len());
    let (mut stretch, mut q) = (0, UnitQuaternion::identity());
    let mut before: Option<(Time, [f64; 3])> = None;
    let usual_rad = jumps_rad(evidence);
    let frozen = frozen(evidence, |imu| imu.dtheta_B_rad);
    for (cycle, frozen) in evidence.cycles.iter().zip(frozen) {
        let (t, imu) = (cycle.sensors.t, &cycle.sensors.imu);
        let step = Vector3::from(imu.dtheta_B_rad);
        let broken = before.is_none_or(|(before, last)| {
            let jump_rad = (step - Vector3::from(last)).norm();
            t - before > CYCLE || jump_rad > (JUMP * usual_rad).max(JUMP_RAD)
        });
        if broken || frozen {
            stretch += 1;
        }
        q *= UnitQuaternion::from_scaled_axis(step);
        out.push(Turned { stretch, q, w_B: step / CYCLE.s() });
        before = Some((t, imu.dtheta_B_rad));
    }
    out
}

/// A change of rate from one cycle to the next that is this much larger than usual is not a turn of the lander. Assumed.
const JUMP: f64 = 12.0;
/// A smaller one can be a jet's, rad. Assumed: 0.1 rad/s², more than jets give.
const JUMP_RAD: f64 = 5e-5;
/// Longest time without the inertial unit after which ranges and speeds are still expected, s. Assumed.
pub(crate) const LOST_S: f64 = 2.0;

/// Usual size of the change of the gyros' increments from one cycle to the next, rad: the median.
fn jumps_rad(evidence: &Evidence) -> f64 {
    let step = |cycle: &Cycle| Vector3::from(cycle.sensors.imu.dtheta_B_rad);
    let pairs = evidence.cycles.windows(2);
    let mut jumps: Vec<f64> = pairs.map(|pair| (step(&pair[1]) - step(&pair[0])).norm()).collect();
    jumps.sort_by(f64::total_cmp);
    jumps.get(jumps.len() / 2).copied().unwrap_or(0.0).max(1e-7)
}

/// This many samples in a row that are zero or like the one before are no measurement. Assumed: of a quiet unit one in ten
/// repeats the one before, its counter being as coarse as its noise.
const FROZEN: usize = 10;

/// By cycle: whether gyros or accelerometers deliver nothing that counts.
fn frozen(evidence: &Evidence, values: impl Fn(&Imu) -> [f64; 3]) -> Vec<bool> {
    let own: Vec<[f64; 3]> =
        evidence.cycles.iter().map(|cycle| values(&cycle.sensors.imu)).collect();
    let mut out = vec![false; own.len()];
    let mut first = 0;
    for k in 1..=own.len() {
        if k < own.len() && own[k] == own[first] {
            continue;
        }
        if k - first >= FROZEN {
            out[first..k].fill(true);
        }
        first = k;
    }
    for (out, cycle) in out.iter_mut().zip(&evidence.cycles) {
        *out |= !cycle.sensors.imu.healthy || cycle.sensors.imu.saturated;
    }
    out
}

/// By cycle: how long the inertial unit has delivered nothing that counts until then, s.
pub(crate) fn blind_s(evidence: &Evidence) -> Vec<f64> {
    let gyros = frozen(evidence, |imu| imu.dtheta_B_rad);
    let accelerometers = frozen(evidence, |imu| imu.dv_B_m_s);
    let mut sum_s = 0.0;
    let mut add = |blind: bool| {
        sum_s += if blind { CYCLE.s() } else { 0.0 };
        sum_s
    };
    gyros.iter().zip(accelerometers).map(|(gyros, others)| add(*gyros || others)).collect()
}
