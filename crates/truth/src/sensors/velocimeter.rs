//! Doppler velocimeter: line-of-sight speeds of three body-fixed beams.
//!
//! Owns: [`reach_m`], the device. Does not own: whether a beam meets ground within its reach (`world`).
//!
//! As published — [Pierrottet2009]: a beam measures the projection of the velocity relative to the
//! ground it meets. As programmed: speed = d · (v_A − ω × p_A), positive towards the ground; the
//! ground point and the aperture A differ along d only, where ω × (ρ d) has no component.
//! A beam holds lock when its carrier stands far enough over the noise and its speed is within the
//! limit. In coherent detection the carrier goes with ρ f(i) T²/R² (reflectance, dust twice through,
//! range), so the range with lock goes with the root of the reflectance:
//!     reach = reach₀ · √(ρ f(i)/ρ₀) · T
//! Errors: a constant and a scale of each beam, drawn once a run, and normal noise.
//! Refuses: range output (the bus carries none), speckle, ambiguity, noise that grows as lock fades.

use super::link::Surface;
use super::{Delay, Schedule};
use crate::random::{Key, Normals, Stream};
use crate::vehicle;
use icd::bus::BeamSpeeds;
use icd::time::Time;
use nalgebra::Vector3;

/// Longest range at which a beam holds lock, m.
///
/// - `cos_incidence`: between beam and ground normal. `transmission`: of light once through the dust.
pub fn reach_m(
    spec: &vehicle::Velocimeter,
    surface: Surface,
    cos_incidence: f64,
    transmission: f64,
) -> f64 {
    let share = surface.reflectance(cos_incidence) / spec.albedo_reference;
    spec.range_m_max * libm::sqrt(share.max(0.0)) * transmission
}

/// A velocimeter as it is in this run.
#[derive(Clone, Debug)]
pub struct Velocimeter {
    spec: vehicle::Velocimeter,
    bias_m_s: Vector3<f64>,
    scale: Vector3<f64>,
    schedule: Schedule,
    delay: Delay<BeamSpeeds>,
    noise: Stream,
}

impl Velocimeter {
    /// A velocimeter that measures first at `start`; constant errors from the stream
    /// `velocimeter.errors`, noise from `velocimeter`.
    pub fn new<'a>(spec: &vehicle::Velocimeter, start: Time, key: impl Into<Key<'a>>) -> Self {
        let key = key.into();
        let mut draws = key.constants("velocimeter.errors");
        Self {
            spec: *spec,
            bias_m_s: draws.normal3() * spec.bias_sigma_m_s,
            scale: draws.normal3() * spec.scale_sigma,
            schedule: Schedule::new(start, spec.period_s),
            delay: Delay::new(spec.latency_s),
            noise: key.stream("velocimeter"),
        }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
    }

    /// Measures when due and returns the result that arrives in this cycle.
    ///
    /// - `exact`: velocity of the aperture over ground in body axes, m/s, and which beams meet ground
    ///   within reach; asked only when a measurement is due.
    pub fn sense(
        &mut self,
        t: Time,
        exact: impl FnOnce() -> (Vector3<f64>, [bool; 3]),
    ) -> Option<BeamSpeeds> {
        if self.schedule.due(t) {
            let (v_B, in_reach) = exact();
            let n = self.noise.normal3();
            let speed = self.spec.d_B.map(|d_B| Vector3::from(d_B).dot(&v_B));
            let locked =
                core::array::from_fn(|k| in_reach[k] && speed[k].abs() <= self.spec.speed_m_s_max);
            let measured = core::array::from_fn(|k| {
                let error_m_s =
                    self.bias_m_s[k] + self.scale[k] * speed[k] + self.spec.sigma_m_s * n[k];
                if locked[k] { (speed[k] + error_m_s) as f32 } else { 0.0 }
            });
            self.delay.push(t, BeamSpeeds { t, speed_m_s: measured, locked });
        }
        self.delay.pop(t)
    }
}

#[cfg(test)]
mod tests;
