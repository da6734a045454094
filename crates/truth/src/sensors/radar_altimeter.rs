//! Radar altimeter: range to the nearest ground inside a wide cone.
//!
//! Owns: [`nearest_m`] and the device. Does not own: the ground.
//! A wide beam answers with its first echo: over level ground the height, whatever the tilt, as long as
//! the vertical lies inside the cone; on a slope s the foot of the perpendicular, h cos s; the edge of
//! the cone where that lies outside. So it reads low on slopes, and over an edge it reads the upper level.
//! As programmed: the beam's axis and six rays on the rim of the cone are brought to the ground by two
//! evaluations and a secant each (exact on a plane). A plane fitted to the seven points says where in
//! the cone the nearest ground lies; one more ray goes there. The shortest of the eight counts.
//! The ground is taken at a resolution of half the footprint's radius: finer relief is less than
//! the noise, and is smeared in the echo's rise.
//! Noise: normal, a fixed share of the range plus a floor. Always drawn. Dust does not matter.
//! Refuses: reflectivity, antenna pattern within the cone, side lobes, structure and legs in the beam.

use super::{Delay, Schedule};
use crate::environment::terrain::FINEST_M;
use crate::random::Stream;
use crate::vehicle;
use icd::bus::{ShotQuality, SlantRange};
use icd::time::Time;
use nalgebra::{Matrix3, Vector3};

/// Rays on the rim.
const RIM: usize = 6;
/// Least cosine to the vertical of a ray that is followed: 84°.
const COSINE_MIN: f64 = 0.1;
/// Resolution of the first look straight down, m.
const FIRST_LOOK_M: f64 = 64.0;

/// A radar altimeter as it is in this run.
#[derive(Clone, Debug)]
pub struct RadarAltimeter {
    spec: vehicle::RadarAltimeter,
    schedule: Schedule,
    delay: Delay<SlantRange>,
    noise: Stream,
}

impl RadarAltimeter {
    /// A radar that measures first at `start`; noise from the stream `radar_altimeter`.
    pub fn new(spec: &vehicle::RadarAltimeter, start: Time, (seed, run): (u64, u64)) -> Self {
        Self {
            spec: *spec,
            schedule: Schedule::new(start, spec.period_s),
            delay: Delay::new(spec.latency_s),
            noise: Stream::new(seed, run, "radar_altimeter"),
        }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
    }

    /// Measures when due and returns the result that arrives in this cycle.
    ///
    /// - `exact`: range to the nearest ground in the cone now, m; asked only when a measurement is due.
    pub fn sense(&mut self, t: Time, exact: impl FnOnce() -> Option<f64>) -> Option<SlantRange> {
        if self.schedule.due(t) {
            let spec = &self.spec;
            let (share, floor) = (self.noise.normal(), self.noise.normal());
            let range_m = exact()
                .filter(|range_m| (spec.range_m_min..=spec.range_m_max).contains(range_m))
                .map(|range_m| range_m * (1.0 + spec.noise * share) + spec.sigma_m * floor);
            let quality =
                if range_m.is_some() { ShotQuality::Valid } else { ShotQuality::NoReturn };
            let range_m = range_m.unwrap_or(0.0).max(0.0) as f32;
            self.delay.push(t, SlantRange { t, range_m, quality });
        }
        self.delay.pop(t)
    }
}

/// Range from the antenna to the nearest ground inside a cone, m.
///
/// - `d`: axis, unit. `up`: local vertical, unit. Same axes, any.
/// - `height_m(offset, resolution_m)`: height over ground, m, of the point `offset` from the antenna.
/// - `None` when no ray meets ground, or the antenna is underground.
/// - Cost: 17 heights, 18 near the ground, some 10 µs over generated relief.
pub fn nearest_m(
    d: Vector3<f64>,
    up: Vector3<f64>,
    half_angle_rad: f64,
    mut height_m: impl FnMut(Vector3<f64>, f64) -> f64,
) -> Option<f64> {
    let mut start_m = height_m(Vector3::zeros(), FIRST_LOOK_M);
    if start_m < FIRST_LOOK_M {
        start_m = height_m(Vector3::zeros(), FINEST_M); // relief that the first look smooths away
    }
    if start_m <= 0.0 {
        return None;
    }
    let (sin, cos) = libm::sincos(half_angle_rad);
    let resolution_m = (0.5 * start_m * sin / cos.max(COSINE_MIN)).max(FINEST_M);
    let mut height_m = |offset| height_m(offset, resolution_m);
    let aside = if d.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    let e1 = d.cross(&aside).normalize();
    let e2 = d.cross(&e1);
    let rim = (0..RIM).map(|k| {
        let (across, along) = libm::sincos(core::f64::consts::TAU * k as f64 / RIM as f64);
        d * cos + (e1 * along + e2 * across) * sin
    });
    let (mut nearest, mut squares, mut sum) = (f64::INFINITY, Matrix3::zeros(), Vector3::zeros());
    for e in core::iter::once(d).chain(rim) {
        if let Some(range_m) = met_m(e, up, start_m, &mut height_m) {
            let point = e * range_m;
            nearest = nearest.min(range_m);
            squares += point * point.transpose();
            sum += point;
        }
    }
    // The plane w · p = 1 through the points; w points at the foot of its perpendicular.
    let foot = squares.try_inverse().map_or(Vector3::zeros(), |inverse| inverse * sum);
    let last = towards(foot, d, (sin, cos)).and_then(|e| met_m(e, up, start_m, &mut height_m));
    Some(last.map_or(nearest, |range_m| nearest.min(range_m))).filter(|range_m| range_m.is_finite())
}

/// The unit direction nearest to `aim` within the cone around `d`.
fn towards(aim: Vector3<f64>, d: Vector3<f64>, (sin, cos): (f64, f64)) -> Option<Vector3<f64>> {
    let length = aim.norm();
    if !(length.is_finite() && length > 0.0) {
        return None;
    }
    let aim = aim / length;
    let along = aim.dot(&d);
    if along >= cos {
        return Some(aim);
    }
    let off = aim - d * along;
    let across = off.norm();
    (across > 1e-9).then(|| d * cos + off * (sin / across))
}

/// Where the ray `e` meets the ground, m: two steps down the ray and the secant through them.
fn met_m(
    e: Vector3<f64>,
    up: Vector3<f64>,
    start_m: f64,
    height_m: &mut impl FnMut(Vector3<f64>) -> f64,
) -> Option<f64> {
    let fall = -e.dot(&up);
    if fall < COSINE_MIN {
        return None;
    }
    let first_m = start_m / fall;
    let above_first_m = height_m(e * first_m);
    let second_m = first_m + above_first_m / fall;
    let above_second_m = height_m(e * second_m);
    let change_m = above_first_m - above_second_m;
    let step_m = second_m - first_m;
    let correction_m = if change_m.abs() > 1e-6 { step_m * above_second_m / change_m } else { 0.0 };
    // Over an edge the secant means nothing: it may not go further than the step before.
    let third_m =
        if correction_m.abs() <= step_m.abs() { second_m + correction_m } else { second_m };
    (third_m > 0.0).then_some(third_m)
}

#[cfg(test)]
mod tests;
