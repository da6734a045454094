//! Link budget of a laser rangefinder: from the ground that a shot meets to the chance of an echo.
//!
//! Owns: [`Link`] (one instrument), [`Surface`] and [`Target`] (what it looks at), [`Health`] (what is
//! left of it), [`Echo`]. Does not own: the draws and the clock (see `rangefinder`).
//!
//! As published, direct detection of a beam smaller than its target, [Gardner1982], with the
//! lunar-Lambert law of [McEwen1991] at zero phase, where ρ is the normal albedo:
//!     P = E/τ · ρ/π · f(i) · (π D²/4)/R² · η_t η_r,     f(i) = L + (1 − L) cos i
//! L = 1 is Lommel and Seeliger's law (at zero phase as bright at the limb as in the middle, as the
//! full Moon nearly is), L = 0 is Lambert's.
//! The echo is longer than the pulse: by 2 R θ tan i / c across the footprint of a beam of full angle
//! θ on ground at incidence i, and by 2 v T / c over a shot of length T while closing at v. Its peak
//! falls as its width grows. As programmed: τ² = τ₀² + (2 R θ tan i / c)² + (2 v T / c)².
//! N averaged pulses leave σ² = (σ₀² + 2 hν X P B)/N: the receiver's own noise and the signal's shot
//! noise, X being the detector's excess noise factor over its quantum efficiency.
//! Detection is a threshold on a Gaussian peak, with T = k σ₀/√N:
//!     P_d = Q((T − P)/σ),     Q(x) = ½ erfc(x/√2)
//! and noise alone crosses it upward at the rate of [Rice1945] for a low-pass band B,
//!     B/√3 · exp(−k²/2)
//! A threshold crossing on a Gaussian flank at half its height has σ_R = c/2 · τ/(2 ln 2) · σ/P
//! (derived: the slope there is 2 ln 2 · P/τ).
//! Refuses: speckle, atmosphere, a footprint that sees two levels, echoes of the dust itself, walk of
//! the range with the echo's strength (in the instrument's own noise), a threshold that adapts.

use crate::vehicle;
use icd::constants::SPEED_OF_LIGHT_M_S;

/// Planck's constant, J s, exact: [SI2019].
const PLANCK_J_S: f64 = 6.626_070_15e-34;
/// Closing speed at which [`Health::smear`] is defined, m/s (our own convention).
pub const SMEAR_SPEED_M_S: f64 = 100.0;
/// Least cosine of incidence: beyond 89.4° the widening is that of 89.4°.
const COSINE_MIN: f64 = 0.01;
/// Halvings in the search for a reach: 1e6 m to well under a millimetre.
const HALVINGS: usize = 60;
/// Longest range ever looked for, m.
const SEARCH_M: f64 = 1e6;

/// How the ground returns light to where it came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surface {
    /// Normal albedo at the laser's wavelength: brightness at zero phase, met head on, over that of a
    /// white Lambert disc.
    pub normal_albedo: f64,
    /// Part of Lommel and Seeliger's law in the lunar-Lambert law: 1 for it alone, 0 for Lambert's.
    pub lommel_seeliger: f64,
}

impl Surface {
    /// ρ f(i) for the cosine of the angle between the beam and the ground's normal.
    pub fn reflectance(&self, cos_incidence: f64) -> f64 {
        let cosine = cos_incidence.clamp(COSINE_MIN, 1.0);
        self.normal_albedo * (self.lommel_seeliger + (1.0 - self.lommel_seeliger) * cosine)
    }
}

/// What one shot meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Range along the beam, m.
    pub range_m: f64,
    /// Cosine of the angle between the beam and the ground's normal.
    pub cos_incidence: f64,
    /// How it reflects.
    pub surface: Surface,
    /// Speed at which the range shrinks, m/s; only its size counts.
    pub closing_m_s: f64,
    /// Share of the light that passes the way once, 0 to 1: dust.
    pub transmission: f64,
}

/// What is left of each link of the chain, as factors of the echo's peak power; 1 is healthy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Health {
    /// Laser output.
    pub laser: f64,
    /// Window, optics and detector.
    pub receiver: f64,
    /// Light returned by the surface, beside what its albedo says.
    pub surface: f64,
    /// What a further widening of the echo, in proportion to the closing speed, leaves of the peak at
    /// [`SMEAR_SPEED_M_S`]; none at rest. In (0, 1].
    pub smear: f64,
}

impl Health {
    /// Nothing is wrong.
    pub const HEALTHY: Self = Self { laser: 1.0, receiver: 1.0, surface: 1.0, smear: 1.0 };

    /// Factor by which the further widening stretches an echo, at least 1.
    fn stretch(&self, closing_m_s: f64) -> f64 {
        let smear = self.smear.clamp(1e-6, 1.0);
        let per_unit = 1.0 / (smear * smear) - 1.0;
        let speed = closing_m_s / SMEAR_SPEED_M_S;
        libm::sqrt(1.0 + per_unit * speed * speed)
    }
}

/// The averaged echo of one shot at the comparator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echo {
    /// Peak of the optical power on the detector, W.
    pub peak_W: f64,
    /// Full width at half maximum, s.
    pub width_s: f64,
    /// Noise at the peak, 1 sigma, W.
    pub sigma_W: f64,
    /// Chance that it crosses the threshold.
    pub detection: f64,
    /// Noise of its range, the instrument's own included, 1 sigma, m.
    pub sigma_m: f64,
}

/// One instrument, prepared for many shots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Peak power times R² for ρ f = 1 and an echo as short as the pulse, W m².
    strength_W_m2: f64,
    width_s: f64,
    /// Widening by incidence, s per metre of range and unit of tan i.
    incidence_s_m: f64,
    /// Widening by speed, s per m/s.
    smear_s2_m: f64,
    /// Variance without signal.
    dark_W2: f64,
    /// Variance that the signal's own shots add for each watt of it.
    shot_W: f64,
    threshold_W: f64,
    false_alarm: f64,
    sigma_m: f64,
    range_m_max: f64,
}

impl Link {
    /// The budget of an instrument that passed its check.
    pub fn new(spec: &vehicle::Rangefinder) -> Self {
        let c = SPEED_OF_LIGHT_M_S;
        let pulses = spec.pulses().max(1.0);
        let area_m2 = 0.25 * core::f64::consts::PI * spec.aperture_m * spec.aperture_m;
        let power_W = spec.pulse_energy_J / spec.pulse_width_s;
        let dark_W2 = spec.noise_W * spec.noise_W / pulses;
        let photon_J = PLANCK_J_S * c / spec.wavelength_m;
        let k = spec.threshold_sigma;
        let alarms_hz = spec.bandwidth_hz / libm::sqrt(3.0) * libm::exp(-0.5 * k * k);
        let gate_s = 2.0 * (spec.range_m_max - spec.range_m_min) / c;
        Self {
            strength_W_m2: power_W * area_m2 / core::f64::consts::PI
                * spec.transmit_efficiency
                * spec.receive_efficiency,
            width_s: spec.pulse_width_s,
            incidence_s_m: 2.0 * spec.divergence_rad / c,
            smear_s2_m: 2.0 * spec.integration_s / c,
            dark_W2,
            shot_W: 2.0 * photon_J * spec.excess_noise * spec.bandwidth_hz / pulses,
            threshold_W: k * libm::sqrt(dark_W2),
            false_alarm: -libm::expm1(-alarms_hz * gate_s),
            sigma_m: spec.sigma_m,
            range_m_max: spec.range_m_max,
        }
    }

    /// Power that the peak must reach, W.
    pub fn threshold_W(&self) -> f64 {
        self.threshold_W
    }

    /// Chance that noise alone crosses the threshold somewhere in the range gate of one shot.
    pub fn false_alarm(&self) -> f64 {
        self.false_alarm
    }

    /// The echo of one shot. Cost: some tens of nanoseconds.
    pub fn echo(&self, target: &Target, health: &Health) -> Echo {
        let (peak_W, width_s) = self.peak(target, health);
        let sigma_W = libm::sqrt(self.dark_W2 + self.shot_W * peak_W);
        let short = (self.threshold_W - peak_W) / sigma_W;
        let range_s = width_s / (2.0 * core::f64::consts::LN_2) * sigma_W / peak_W.max(1e-30);
        let range_m = 0.5 * SPEED_OF_LIGHT_M_S * range_s;
        Echo {
            peak_W,
            width_s,
            sigma_W,
            detection: 0.5 * libm::erfc(short * core::f64::consts::FRAC_1_SQRT_2),
            sigma_m: libm::sqrt(self.sigma_m * self.sigma_m + range_m * range_m),
        }
    }

    /// Peak power and width.
    fn peak(&self, target: &Target, health: &Health) -> (f64, f64) {
        let range_m = target.range_m.max(1e-3);
        let cosine = target.cos_incidence.clamp(COSINE_MIN, 1.0);
        let tangent = libm::sqrt(1.0 - cosine * cosine) / cosine;
        let sloped_s = self.incidence_s_m * range_m * tangent;
        let smeared_s = self.smear_s2_m * target.closing_m_s;
        let square = self.width_s * self.width_s + sloped_s * sloped_s + smeared_s * smeared_s;
        let width_s = libm::sqrt(square) * health.stretch(target.closing_m_s);
        let left = health.laser * health.receiver * health.surface;
        let through = target.transmission * target.transmission;
        let reflectance = target.surface.reflectance(cosine);
        let peak_W = self.strength_W_m2 * reflectance * left * through / (range_m * range_m)
            * (self.width_s / width_s);
        (peak_W, width_s)
    }

    /// Range at which half of the shots are detected, m, had the range gate no end.
    ///
    /// - `incidence_rad`: angle between beam and normal. `closing_m_s`: speed along the beam.
    ///   `health`: what is left of the instrument. Clear sight.
    /// - At most 1000 km. Cost: some microseconds; not for the loop.
    pub fn threshold_range_m(
        &self,
        surface: Surface,
        incidence_rad: f64,
        closing_m_s: f64,
        health: &Health,
    ) -> f64 {
        let cos_incidence = libm::cos(incidence_rad);
        let (mut near_m, mut far_m) = (0.0, SEARCH_M);
        for _ in 0..HALVINGS {
            let range_m = 0.5 * (near_m + far_m);
            let at = Target { range_m, cos_incidence, surface, closing_m_s, transmission: 1.0 };
            if self.peak(&at, health).0 >= self.threshold_W {
                near_m = range_m;
            } else {
                far_m = range_m;
            }
        }
        near_m
    }

    /// Reach of the healthy instrument, m: where half of the shots are detected, or the range gate
    /// closes. Arguments as [`Self::threshold_range_m`].
    pub fn reach_m(&self, surface: Surface, incidence_rad: f64, closing_m_s: f64) -> f64 {
        let health = Health::HEALTHY;
        self.threshold_range_m(surface, incidence_rad, closing_m_s, &health).min(self.range_m_max)
    }
}

#[cfg(test)]
pub(crate) mod tests;
