//! Terrain-relative camera: which landmarks of a frame the image processing matched, and where.
//!
//! As programmed, at the level of measurements, without an image. In the frame `S` (x right, y down,
//! z along the boresight) a landmark at (x, y, z) falls on the pinhole's
//!     (u, v) = f (x, y)/z + σ n.
//! It is a disc of diameter D at range r: its axes measure f D/r, and f D sin e/r across the line of
//! sight, which meets the ground there at the elevation e. It is matched with the probability
//!     P · ramp(f D sin e/r) · ramp(elevation of the Sun) · τ,
//! ramp rising from 0 to 1 between the two figures of the vehicle file, τ the transmission of dust.
//! A match carries, with the mismatch probability, the number of the nearest other landmark. Of the
//! matches the largest [`LANDMARKS`] are reported; a frame without any arrives too, empty.
//! Chance: one draw a frame; each landmark's own numbers are mixed from it and the landmark's number, so
//! what one frame shows shifts nothing in the next.
//! Refuses: rays (a landmark is hidden by the horizon, not by a hill before it), cast shadows, the loss
//! of contrast under a high Sun, lens distortion, smear by translation, the time the readout takes.

use super::{Delay, Schedule};
use crate::environment::landmarks::Landmark;
use crate::random::Stream;
use crate::vehicle;
use icd::bus::{self, LANDMARKS, Landmarks};
use icd::frames::{B, Direction, M, Position, Vector};
use icd::rotation::Rotation;
use icd::time::Time;
use nalgebra::Vector3;

/// A camera as it is in this run.
#[derive(Clone, Debug)]
pub struct Camera {
    spec: vehicle::Camera,
    schedule: Schedule,
    delay: Delay<Landmarks>,
    noise: Stream,
}

/// What is before the camera at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Place of the pinhole.
    pub p_MA_M: Vector<Position, M>,
    /// Attitude over ground.
    pub R_MB: Rotation<M, B>,
    /// Direction to the Sun; `None` when unknown: then it is night.
    pub sun_M: Option<Vector<Direction, M>>,
    /// Size of the body rate, rad/s.
    pub rate_rad_s: f64,
    /// Share of light that dust lets through, 0 to 1.
    pub transmission: f64,
    /// All landmarks; the number is the place in the list.
    pub landmarks: &'a [Landmark],
}

/// A landmark as an ideal camera sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Image {
    pixel: [f64; 2],
    /// Shorter axis, pixel.
    size_px: f64,
    /// Probability of a match.
    probability: f64,
}

impl Camera {
    /// A camera that exposes first at `start`; chance from the stream `camera`.
    pub fn new(spec: &vehicle::Camera, start: Time, (seed, run): (u64, u64)) -> Self {
        Self {
            spec: *spec,
            schedule: Schedule::new(start, spec.period_s),
            delay: Delay::new(spec.latency_s),
            noise: Stream::new(seed, run, "camera"),
        }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
    }

    /// Exposes when due and returns the result that arrives in this cycle.
    ///
    /// - `look`: asked only for an exposure. Cost: some 10 ns a landmark of the list.
    pub fn sense<'a>(&mut self, t: Time, look: impl FnOnce() -> Scene<'a>) -> Option<Landmarks> {
        if self.schedule.due(t) {
            let key = self.noise.bits();
            let result = self.frame(t, &look(), key);
            self.delay.push(t, result);
        }
        self.delay.pop(t)
    }

    fn frame(&self, t: Time, scene: &Scene<'_>, key: u64) -> Landmarks {
        let mut matched: Vec<(f64, bus::Landmark)> = Vec::new();
        if scene.rate_rad_s <= self.spec.rate_rad_s_max {
            let axes_M = self.axes_M(scene);
            for (id, landmark) in scene.landmarks.iter().enumerate() {
                let Some(image) = self.image(scene, &axes_M, landmark) else { continue };
                let mut own = Stream::part(key, id as u64);
                // Always all draws of a landmark in view, in this order.
                let (chance, swap) = (own.uniform(), own.uniform());
                let noise = [own.normal(), own.normal()];
                if chance >= image.probability {
                    continue;
                }
                let swapped = swap < self.spec.mismatch_probability;
                let id = if swapped { nearest(scene.landmarks, id) } else { id };
                let pixel = [0, 1].map(|k| (image.pixel[k] + self.spec.sigma_px * noise[k]) as f32);
                let id = u16::try_from(id).unwrap_or(u16::MAX);
                matched.push((image.size_px, bus::Landmark { id, pixel }));
            }
        }
        matched.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut seen = [bus::Landmark::default(); LANDMARKS];
        let count = matched.len().min(LANDMARKS);
        for (slot, (_, landmark)) in seen.iter_mut().zip(&matched) {
            *slot = *landmark;
        }
        Landmarks { t, count: count as u8, seen }
    }

    /// Right, down and the boresight, in `M`.
    fn axes_M(&self, scene: &Scene<'_>) -> [Vector3<f64>; 3] {
        let R_MB = scene.R_MB.si();
        let (right, d) = (Vector3::from(self.spec.right_B), Vector3::from(self.spec.d_B));
        [right, d.cross(&right), d].map(|axis_B| R_MB * axis_B)
    }

    /// `None` when the landmark is outside the image, beyond the horizon, too small or too large.
    fn image(
        &self,
        scene: &Scene<'_>,
        axes_M: &[Vector3<f64>; 3],
        landmark: &Landmark,
    ) -> Option<Image> {
        let spec = &self.spec;
        let p_AK_M = (landmark.p_MK_M - scene.p_MA_M).si();
        let depth_m = axes_M[2].dot(&p_AK_M);
        if depth_m <= 0.0 {
            return None;
        }
        let pixel = [0, 1].map(|k| spec.focal_px * axes_M[k].dot(&p_AK_M) / depth_m);
        if pixel[0].abs() > spec.half_px[0] || pixel[1].abs() > spec.half_px[1] {
            return None;
        }
        let (range_m, up) = (p_AK_M.norm(), landmark.p_MK_M.si().normalize());
        let sin_sight = -p_AK_M.dot(&up) / range_m;
        let across_px = spec.focal_px * landmark.diameter_m / range_m;
        let size_px = across_px * sin_sight;
        if sin_sight < libm::sin(spec.sight_rad_min)
            || size_px < spec.size_px_min
            || across_px > spec.size_px_max
        {
            return None;
        }
        let light = scene.sun_M.map_or(0.0, |sun_M| {
            let elevation_rad = libm::asin(sun_M.si().dot(&up).clamp(-1.0, 1.0));
            ramp(elevation_rad, spec.sun_rad_min, spec.sun_rad_full)
        });
        let probability = spec.detection_probability
            * ramp(size_px, spec.size_px_min, spec.size_px_full)
            * light
            * scene.transmission;
        Some(Image { pixel, size_px, probability })
    }
}

/// 0 up to `low`, 1 from `high`, straight between.
fn ramp(x: f64, low: f64, high: f64) -> f64 {
    if x >= high { 1.0 } else { ((x - low) / (high - low)).max(0.0) }
}

/// The landmark nearest to another one; itself when it is alone.
fn nearest(landmarks: &[Landmark], id: usize) -> usize {
    let here = landmarks[id].p_MK_M;
    let distance = |k: usize| (landmarks[k].p_MK_M - here).norm();
    let others = (0..landmarks.len()).filter(|k| *k != id);
    others.min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(id)
}

#[cfg(test)]
mod tests;
