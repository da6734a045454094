//! What was read of the motion, in the order of the times at which it was measured.
//!
//! Owns: [`Measured`], [`collect`], [`compare`]: readings against expectations; which stand alone against their neighbours.
//! Does not own: the expectations (`expect`), what becomes of the differences (`filter`).
//! No reading is weighed by how well it fits. One is left out only when its neighbours contradict it, whatever the motion:
//! when its difference from expectation is further than [`ALONE`] deviations from the median of the readings around it. A
//! step, a drift, a wrong scale move the median with them and stay in. A range that stands out less counts as noisier.

use super::expect::{Expect, Scalar};
use super::inertial::number;
use super::reference::Pose;
use super::states::{Errors, MOTION, RELIEF};
use crate::evidence::Evidence;
use crate::finding::{Device, Trust};
use icd::bus::{Landmark, Sensors, ShotQuality, SlantRange};
use icd::time::{Span, Time};
use nalgebra::Vector3;
use rayon::prelude::*;

/// A reading stands alone beyond so many standard deviations from the median around it.
const ALONE: f64 = 8.0;
/// Readings on either side that make the median; and those that make its scatter.
const AROUND: usize = 4;
const WIDE: usize = 25;
/// Readings on either side whose distances from their medians tell how they scatter; from so many specified deviations on
/// they count as that noisy: an echo too faint or too long scatters by hundreds of metres.
const NEAR: usize = 8;
const SCATTERED: f64 = 2.0;
/// Degrees of freedom of Student's law that the beam's difference from the median around it follows: craters make the tails
/// of relief long [LangeLittleTaylor1989]. Assumed.
const TAILS: f64 = 4.0;
/// Deviations up to which it counts as specified.
const PLAIN: f64 = 1.5;
/// A landmark stands alone in its frame beyond this many pixel more.
const ALONE_PX: f64 = 5.0;
/// Share of the vehicle's rangefinder gate within which a beam is followed.
const REACH: f64 = 1.5;

/// What one report said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// Rangefinder, m.
    Range(f64),
    /// Radar altimeter, m.
    Radar(f64),
    /// Velocimeter, m/s; those beams that hold lock.
    Beams([f64; 3], [bool; 3]),
    /// Star tracker.
    Stars([f64; 4]),
    /// One landmark of a camera frame: the landmark, its place in the frame, how often it was seen until now.
    Sight(Landmark, u8, u32),
    /// Accelerometers while nothing pushes: mean, m/s², over how long, s, and what the liquid may push, m/s².
    Coast(Vector3<f64>, f64, f64),
}

/// One report with its place in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Whose.
    pub device: Device,
    /// Cycle in which it arrived, place in `Evidence::cycles`.
    pub cycle: usize,
    /// Time of the measurement.
    pub t: Time,
    /// Pose of the reference that is nearest to it.
    pub pose: usize,
    /// What it says.
    pub report: Report,
}

/// One scalar of a report against its expectation at the linearisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Which report.
    pub of: usize,
    /// Which of its scalars.
    pub component: u8,
    /// As read less as expected.
    pub difference: f64,
    /// Expectation: partials and variance.
    pub scalar: Scalar,
    /// Where a beam met the ground, `M`.
    pub hit_M: Option<Vector3<f64>>,
    /// It stands alone and is left out.
    pub alone: bool,
    /// Variance added to its noise: it stands out.
    pub added: f64,
}

/// All reports about the motion that may be used, by the time of measurement.
pub fn collect(evidence: &Evidence, trust: &Trust, times: &[Time]) -> Vec<Measured> {
    let mut out = Vec::new();
    let mut sights: Vec<u32> = Vec::new();
    let beside = [
        (Device::Rangefinder, beside_nothing(evidence, |sensors| sensors.rangefinder)),
        (Device::RadarAltimeter, beside_nothing(evidence, |sensors| sensors.radar_altimeter)),
    ];
    for (cycle, received) in evidence.cycles.iter().enumerate() {
        for (device, tag, report) in reports(&received.sensors) {
            let cut = beside.iter().any(|(own, cut)| *own == device && cut[cycle]);
            if cut || !trust.uses(device, number(cycle)) {
                continue;
            }
            let t = tag + Span::from_s(trust.time_s(device));
            let Some(pose) = nearest(times, |t| *t, t) else { continue };
            let report = match report {
                Report::Sight(seen, place, _) => {
                    let id = usize::from(seen.id);
                    sights.resize(sights.len().max(id + 1), 0);
                    sights[id] += 1;
                    Report::Sight(seen, place, sights[id])
                }
                other => other,
            };
            out.push(Measured { device, cycle, t, pose, report });
        }
    }
    out.sort_by_key(|measured| (measured.t, measured.device, measured.cycle));
    out
}

/// What is left of a range that came out negative: how far it was, it does not say.
fn of_nothing(shot: &SlantRange) -> bool {
    shot.quality == ShotQuality::Valid && shot.range_m <= 0.0
}

/// Cycles next to ranges of nothing: what scatters below zero there leaves the longer ones alone.
fn beside_nothing(evidence: &Evidence, shot: impl Fn(&Sensors) -> Option<SlantRange>) -> Vec<bool> {
    let mut out = vec![false; evidence.cycles.len()];
    let cycles = evidence.cycles.iter().enumerate();
    let shots = cycles.filter_map(|(n, cycle)| Some((n, shot(&cycle.sensors)?)));
    let met = |(_, shot): &(usize, SlantRange)| shot.quality == ShotQuality::Valid;
    let shots: Vec<(usize, SlantRange)> = shots.filter(met).collect();
    for (n, _) in shots.iter().enumerate().filter(|(_, (_, shot))| of_nothing(shot)) {
        let near = &shots[n.saturating_sub(NEAR)..(n + NEAR + 1).min(shots.len())];
        near.iter().for_each(|(cycle, _)| out[*cycle] = true);
    }
    out
}

/// The reports of one cycle with their time tags.
fn reports(sensors: &Sensors) -> Vec<(Device, Time, Report)> {
    let mut out = Vec::new();
    if let Some(stars) = &sensors.star_tracker
        && stars.q_IB.iter().map(|q| q * q).sum::<f64>() > 0.5
    {
        out.push((Device::StarTracker, stars.t, Report::Stars(stars.q_IB)));
    }
    let measures = |shot: &SlantRange| shot.quality == ShotQuality::Valid && !of_nothing(shot);
    if let Some(shot) = sensors.rangefinder.filter(measures) {
        out.push((Device::Rangefinder, shot.t, Report::Range(f64::from(shot.range_m))));
    }
    if let Some(pulse) = sensors.radar_altimeter.filter(measures) {
        out.push((Device::RadarAltimeter, pulse.t, Report::Radar(f64::from(pulse.range_m))));
    }
    if let Some(beams) = &sensors.velocimeter
        && beams.locked.contains(&true)
    {
        let speeds = beams.speed_m_s.map(f64::from);
        out.push((Device::Velocimeter, beams.t, Report::Beams(speeds, beams.locked)));
    }
    if let Some(frame) = &sensors.camera {
        let seen = frame.seen.iter().take(usize::from(frame.count)).zip(0_u8..);
        let sights = seen.map(|(seen, place)| Report::Sight(*seen, place, 0));
        out.extend(sights.map(|sight| (Device::Camera, frame.t, sight)));
    }
    out
}

/// Place of what is nearest to `t` of a list in the order of time; `None` more than half a second beyond the ends.
pub fn nearest<T>(list: &[T], time: impl Fn(&T) -> Time, t: Time) -> Option<usize> {
    let after = list.partition_point(|one| time(one) < t);
    let before = after.saturating_sub(1);
    let distance = |n: usize| list.get(n).map(|one| (time(one) - t).ns().abs());
    let best = match (distance(before), distance(after)) {
        (Some(a), Some(b)) if b < a => after,
        (Some(_), _) => before,
        (None, _) => return None,
    };
    (distance(best)? < 500_000_000).then_some(best)
}

/// Every report against what is expected at the pose that `at` gives for it.
pub fn compare(
    expect: &Expect<'_>,
    measured: &[Measured],
    at: impl Fn(usize) -> Pose + Sync,
    noise: impl Fn(Device) -> f64,
) -> Vec<Compared> {
    let one = |of: usize, measured: &Measured| {
        let pose = at(measured.pose).advanced(measured.t);
        let all = scalars(expect, measured, &pose);
        let compared = all.into_iter().map(move |(component, difference, scalar, hit_M)| {
            Compared { of, component, difference, scalar, hit_M, alone: false, added: 0.0 }
        });
        compared.collect::<Vec<_>>()
    };
    let parts: Vec<Vec<Compared>> =
        measured.par_iter().enumerate().map(|(of, measured)| one(of, measured)).collect();
    let mut out: Vec<Compared> = parts.into_iter().flatten().collect();
    mark_alone(measured, &mut out, noise);
    out
}

type Difference = (u8, f64, Scalar, Option<Vector3<f64>>);

fn scalars(expect: &Expect<'_>, measured: &Measured, pose: &Pose) -> Vec<Difference> {
    match measured.report {
        Report::Range(range_m) => {
            let reach_m = REACH * expect.machine().rangefinder.range_m_max.max(range_m);
            let met = expect.range(pose, reach_m);
            let one = |(scalar, meeting): (Scalar, super::ground::Meeting)| {
                (0, range_m - scalar.value, scalar, Some(meeting.hit_M))
            };
            met.map(one).into_iter().collect()
        }
        Report::Radar(range_m) => {
            let one = |scalar: Scalar| (0, range_m - scalar.value, scalar, None);
            expect.radar_range(pose).map(one).into_iter().collect()
        }
        Report::Beams(speeds, locked) => {
            let Some(expected) = expect.beam_speeds(pose) else { return Vec::new() };
            let beams = expected.into_iter().zip(speeds).zip(locked).zip(0_u8..);
            let held = beams.filter(|((_, locked), _)| *locked);
            held.map(|(((scalar, speed), _), n)| (n, speed - scalar.value, scalar, None)).collect()
        }
        Report::Stars(q_IB) => {
            let turn = expect.star_turn(pose, q_IB);
            let axes = expect.stars(pose).into_iter().zip(turn).zip(0_u8..);
            axes.map(|((scalar, turn), n)| (n, turn, scalar, None)).collect()
        }
        Report::Sight(seen, place, sight) => {
            let Some(expected) = expect.pixel(pose, seen.id, sight) else { return Vec::new() };
            let pixels = expected.into_iter().zip(seen.pixel).zip(0_u8..);
            let one = |((scalar, pixel), n): ((Scalar, f32), u8)| {
                (2 * place + n, f64::from(pixel) - scalar.value, scalar, None)
            };
            pixels.map(one).collect()
        }
        Report::Coast(mean, time_s, sigma_m_s2) => {
            let axes = coast(expect, mean, time_s, sigma_m_s2).into_iter().zip(0_u8..);
            axes.map(|((difference, scalar), n)| (n, difference, scalar, None)).collect()
        }
    }
}

/// What accelerometers read while nothing pushes: their bias.
fn coast(
    expect: &Expect<'_>,
    mean: Vector3<f64>,
    time_s: f64,
    sigma_m_s2: f64,
) -> Vec<(f64, Scalar)> {
    let imu = &expect.machine().imu;
    let quantum = imu.dv_quantum_m_s / time_s;
    let variance = imu.vrw_m_s_sqrt_s * imu.vrw_m_s_sqrt_s / time_s
        + quantum * quantum / 6.0
        + sigma_m_s2 * sigma_m_s2;
    let axis = |k: usize| {
        let mut partial: Errors = [0.0; super::states::N];
        partial[super::states::ACCELEROMETER_BIAS + k] = 1.0;
        partial[super::states::ACCELEROMETER_WANDER + k] = 1.0;
        (mean[k], Scalar { value: 0.0, partial, variance: variance.max(1e-18) })
    };
    (0..3).map(axis).collect()
}

/// Marks what its neighbours contradict.
fn mark_alone(measured: &[Measured], compared: &mut [Compared], noise: impl Fn(Device) -> f64) {
    for device in
        [Device::StarTracker, Device::Rangefinder, Device::RadarAltimeter, Device::Velocimeter]
    {
        for component in 0..3_u8 {
            let places: Vec<usize> = compared
                .iter()
                .enumerate()
                .filter(|(_, one)| measured[one.of].device == device && one.component == component)
                .map(|(place, _)| place)
                .collect();
            let series: Vec<f64> = places.iter().map(|place| compared[*place].difference).collect();
            let off = |n: usize| (series[n] - median(around(&series, n, AROUND))).abs();
            let offs: Vec<f64> = (0..series.len()).map(off).collect();
            for (n, place) in places.iter().enumerate() {
                mark_one(&mut compared[*place], (&series, &offs, n), device, noise(device));
            }
        }
    }
    mark_frames(measured, compared);
}

/// `n`: its place in the series of differences and in that of their distances from the median around them; `factor`: on its
/// specified noise.
fn mark_one(
    one: &mut Compared,
    (series, offs, n): (&[f64], &[f64], usize),
    device: Device,
    factor: f64,
) {
    let relief = one.scalar.partial[RELIEF] * one.scalar.partial[RELIEF];
    let specified = (one.scalar.variance + relief).sqrt() * factor;
    let scatter = 1.4826 * median(around(offs, n, NEAR));
    let echo = matches!(device, Device::Rangefinder | Device::RadarAltimeter);
    let noisy = echo && scatter > SCATTERED * specified;
    let sigma = if noisy { scatter } else { specified };
    let far = offs[n] / sigma;
    let tails = if device == Device::Rangefinder && far > PLAIN {
        (TAILS + far * far) / (TAILS + PLAIN * PLAIN)
    } else {
        1.0
    };
    one.added = (sigma * sigma * tails - specified * specified) / (factor * factor);
    if far > ALONE {
        let wide = around(series, n, WIDE);
        let middle = median(wide.clone());
        let scatter = 1.4826 * median(wide.iter().map(|x| (x - middle).abs()).collect());
        one.alone = offs[n] > ALONE * sigma.max(scatter);
    }
}

/// Marks landmarks that the others of their frame contradict.
fn mark_frames(measured: &[Measured], compared: &mut [Compared]) {
    let mut at = 0;
    while at < compared.len() {
        let (device, t) = (measured[compared[at].of].device, measured[compared[at].of].t);
        let same = |one: &Compared| measured[one.of].device == device && measured[one.of].t == t;
        let end = (at..compared.len()).find(|n| !same(&compared[*n])).unwrap_or(compared.len());
        if device == Device::Camera {
            for axis in 0..2 {
                let of_axis = |one: &&Compared| one.component % 2 == axis;
                let all = compared[at..end].iter().filter(of_axis);
                let middle = median(all.map(|one| one.difference).collect());
                for one in compared[at..end].iter_mut().filter(|one| one.component % 2 == axis) {
                    let off = (one.difference - middle).abs();
                    one.alone = off > ALONE * one.scalar.variance.sqrt() + ALONE_PX;
                }
            }
        }
        at = end;
    }
}

/// The values around one place.
fn around(series: &[f64], n: usize, count: usize) -> Vec<f64> {
    series[n.saturating_sub(count)..(n + count + 1).min(series.len())].to_vec()
}

/// The middle value; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// What remains of a difference when the motion is known to be off by `e` from where it was expected, and the other errors
/// are as in `e`; `from`: errors of the motion at which it was expected.
pub fn remaining(compared: &Compared, e: &Errors, from: &[f64; MOTION]) -> f64 {
    let partial = &compared.scalar.partial;
    let moved: f64 = partial.iter().zip(e).map(|(h, e)| h * e).sum();
    let expected: f64 = partial.iter().zip(from).map(|(h, e)| h * e).sum();
    compared.difference - moved + expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Evidence;
    use crate::sample;

    #[test]
    fn a_range_of_nothing_is_no_measurement() {
        let evidence = Evidence::read(&sample::healthy().record.packets);
        let of = |range_m: f32| {
            let cycle = evidence.cycles[5].sensors;
            let shot = SlantRange { t: cycle.t, range_m, quality: ShotQuality::Valid };
            let shot = Some(shot);
            let sensors = Sensors { rangefinder: shot, radar_altimeter: shot, ..cycle };
            let of = [Device::Rangefinder, Device::RadarAltimeter];
            reports(&sensors).iter().filter(|(device, ..)| of.contains(device)).count()
        };
        assert_eq!((of(0.0), of(0.3)), (0, 2));
    }

    #[test]
    fn what_scattered_below_zero_leaves_its_neighbours_out() {
        let mut evidence = Evidence::read(&sample::healthy().record.packets);
        evidence.cycles.truncate(60);
        for (n, cycle) in evidence.cycles.iter_mut().enumerate() {
            let range_m = if n == 30 { 0.0 } else { 50.0 };
            let shot = SlantRange { t: cycle.sensors.t, range_m, quality: ShotQuality::Valid };
            cycle.sensors.rangefinder = Some(shot);
        }
        let times: Vec<Time> = evidence.cycles.iter().map(|cycle| cycle.sensors.t).collect();
        let of_range = |one: &Measured| one.device == Device::Rangefinder;
        let all = collect(&evidence, &Trust::default(), &times);
        let used: Vec<usize> = all.into_iter().filter(of_range).map(|one| one.cycle).collect();
        let left: Vec<usize> = (0..60).filter(|n: &usize| n.abs_diff(30) > NEAR).collect();
        assert_eq!(used, left);
    }

    /// Ranges that differ so from what is expected, each 1 m good.
    fn ranges(differences: &[f64]) -> Vec<Compared> {
        let one = |(of, difference): (usize, &f64)| {
            let scalar =
                Scalar { value: 0.0, partial: [0.0; super::super::states::N], variance: 1.0 };
            let difference = *difference;
            Compared { of, component: 0, difference, scalar, hit_M: None, alone: false, added: 0.0 }
        };
        let mut compared: Vec<Compared> = differences.iter().enumerate().map(one).collect();
        let measured = |cycle: usize| Measured {
            device: Device::Rangefinder,
            cycle,
            t: Time::from_tai_ns(0),
            pose: cycle,
            report: Report::Range(0.0),
        };
        let measured: Vec<Measured> = (0..differences.len()).map(measured).collect();
        mark_alone(&measured, &mut compared, |_| 1.0);
        compared
    }

    #[test]
    fn ranges_that_scatter_count_as_noisy_even_those_that_fit_by_chance() {
        let wild: Vec<f64> = (0..60).map(|n| f64::from(n * 37 % 61 - 30) * 10.0).collect();
        let least = ranges(&wild).iter().map(|one| one.added.sqrt()).fold(f64::MAX, f64::min);
        assert!(least > 80.0, "as good as {least} m");
        // A step is no scatter.
        let stepped: Vec<f64> = (0..60).map(|n| if n < 30 { 0.0 } else { 100.0 }).collect();
        assert!(ranges(&stepped).iter().all(|one| one.added == 0.0 && !one.alone));
    }
}
