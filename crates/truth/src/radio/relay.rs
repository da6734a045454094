//! Satellites that pass on what a lander sends from where no Earth is seen.
//!
//! Owns: [`Relay`], its orbit and its two links. Does not own: what is passed on.
//!
//! As programmed: an ellipse about the Moon's centre, [MontenbruckGill2000] §2.2, its elements given against the Moon's
//! mean equator (the axes of `M` at the epoch, then held inertial). Refuses: the pull of Earth and Sun, the Moon's
//! figure. An elliptical frozen orbit is chosen so that these turn its plane and its apse by degrees a month, while what a
//! landing needs is hours; over a month the elements stand for their means. A relay keeps no frames: what arrives at
//! it leaves at once, its antennas point where they must, and it is never out of order.

use icd::constants::GM_MOON_M3_S2;
use icd::frames::{I, M};
use icd::rotation::Rotation;
use icd::time::Time;
use nalgebra::Vector3;

use super::geometry::Mover;

/// A relay satellite as a scenario describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Relay {
    /// Name for people.
    pub name: String,
    /// Half of the long axis, m.
    pub semi_major_axis_m: f64,
    /// Eccentricity, below 1.
    pub eccentricity: f64,
    /// Inclination to the Moon's equator, rad.
    pub inclination_rad: f64,
    /// From the x axis of `M` at the epoch to the ascending node, rad.
    pub node_rad: f64,
    /// From the node to the perilune, rad.
    pub perilune_rad: f64,
    /// Mean anomaly at the epoch, rad.
    pub mean_anomaly_rad: f64,
    /// When the elements hold.
    pub epoch: Time,
    /// Figure of merit towards the lander, dB/K.
    pub merit_dB_K: f64,
    /// Power towards the Earth, W, and the gain of that antenna, dBi.
    pub power_W: f64,
    /// Gain towards the Earth, dBi.
    pub gain_dBi: f64,
    /// Frequency towards the Earth, Hz.
    pub frequency_Hz: f64,
    /// Bit rate towards the Earth, bit/s.
    pub rate_bit_s: f64,
    /// Elevation over a smooth horizon below which it is not used, rad.
    pub elevation_rad_min: f64,
}

/// Steps of Newton's method for Kepler's equation: quadratic from a start good to e²/2.
const STEPS: usize = 8;

impl Relay {
    /// Where it is at `t`, from the Moon's centre.
    ///
    /// - `R_IM`: the Moon's axes at the epoch.
    #[must_use]
    pub fn at(&self, R_IM: Rotation<I, M>, t: Time) -> Mover {
        let (a, e) = (self.semi_major_axis_m, self.eccentricity);
        let motion_rad_s = (GM_MOON_M3_S2 / (a * a * a)).sqrt();
        let mean = self.mean_anomaly_rad + motion_rad_s * (t - self.epoch).s();
        let mean = libm::remainder(mean, core::f64::consts::TAU);
        let mut anomaly = mean + e * libm::sin(mean);
        for _ in 0..STEPS {
            let (s, c) = libm::sincos(anomaly);
            anomaly -= (anomaly - e * s - mean) / (1.0 - e * c);
        }
        let (s, c) = libm::sincos(anomaly);
        let minor = (1.0 - e * e).sqrt();
        let (sin_w, cos_w) = libm::sincos(self.perilune_rad);
        let (sin_n, cos_n) = libm::sincos(self.node_rad);
        let (sin_i, cos_i) = libm::sincos(self.inclination_rad);
        let node = Vector3::new(cos_n, sin_n, 0.0);
        let beside = Vector3::new(-sin_n * cos_i, cos_n * cos_i, sin_i);
        let apse = node * cos_w + beside * sin_w;
        let across = beside * cos_w - node * sin_w;
        let rate = motion_rad_s / (1.0 - e * c);
        let p_M = apse * (a * (c - e)) + across * (a * minor * s);
        let v_M = (across * (minor * c) - apse * s) * (a * rate);
        Mover { p_m: R_IM.si() * p_M, v_m_s: R_IM.si() * v_M }
    }
}
