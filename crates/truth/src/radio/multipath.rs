//! What the ground under a lander does to its signal: two rays, direct and reflected.
//!
//! As published, [BeckmannSpizzichino1963] and [Ament1953]: the field at the receiver is that of the direct ray times
//!     1 + ρ Γ √(G_r / G_d) exp(−i φ),  φ = 4π h sin ψ / λ,
//! h the antenna's height, ψ the elevation of the far end over the local horizon; Γ the reflection of a smooth dielectric,
//! the mean of both polarisations for a circular one that stays what it was; ρ = exp(−2 (2π σ sin ψ / λ)²) for ground of
//! roughness σ. As programmed: the same; below [`REACH_M`] only, above it the fringes are narrower than a receiver follows.
//! Refuses: slopes, rocks, the lander's own body.

use super::budget::dB;

/// Height above which the reflected ray is left out, m.
pub const REACH_M: f64 = 200.0;
/// Deepest fade, dB: assumed, the rays are never exactly equal.
const FADE_DB: f64 = -30.0;

/// The ground as a mirror.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mirror {
    /// Relative permittivity of the regolith.
    pub permittivity: f64,
    /// Height of its roughness, standard deviation, m.
    pub roughness_m: f64,
}

impl Mirror {
    /// Reflection of a circular wave that keeps its sense, at elevation ψ: the mean of both linear ones.
    fn reflection(&self, sin: f64) -> f64 {
        let cos2 = 1.0 - sin * sin;
        let root = (self.permittivity - cos2).max(0.0).sqrt();
        let across = (sin - root) / (sin + root);
        let along = (self.permittivity * sin - root) / (self.permittivity * sin + root);
        0.5 * (across + along)
    }

    /// What the reflected ray adds, dB.
    ///
    /// - `height_m`: of the antenna over ground; `sin`: sine of the elevation of the far end; `gain_dB`: of the antenna
    ///   towards the reflecting place over that along the direct ray; `wavelength_m`: of the signal.
    #[must_use]
    pub fn gain_dB(&self, height_m: f64, sin: f64, gain_dB: f64, wavelength_m: f64) -> f64 {
        if !(0.0..=REACH_M).contains(&height_m) || sin <= 0.0 {
            return 0.0;
        }
        let phase = 4.0 * core::f64::consts::PI * height_m * sin / wavelength_m;
        let rough = 2.0 * core::f64::consts::PI * self.roughness_m * sin / wavelength_m;
        let size = libm::exp(-2.0 * rough * rough) * libm::exp10(0.05 * gain_dB);
        let (s, c) = libm::sincos(phase);
        let echo = size * self.reflection(sin);
        let (real, imaginary) = (1.0 + echo * c, echo * s);
        dB(real * real + imaginary * imaginary).max(FADE_DB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMOOTH: Mirror = Mirror { permittivity: 3.0, roughness_m: 0.0 };

    #[test]
    fn straight_down_a_dielectric_reflects_its_textbook_share() {
        // At normal incidence ±(n − 1)/(n + 1) in the two polarisations: their mean is nothing, the sense is turned.
        assert!(SMOOTH.reflection(1.0).abs() < 1e-15);
        // Grazing: −1 in both.
        assert!((SMOOTH.reflection(1e-9) + 1.0).abs() < 1e-6);
    }

    #[test]
    fn at_the_polarising_angle_half_of_the_across_part_is_left() {
        // tan of the angle from the vertical is √ε: the along part vanishes there.
        let sin = 1.0 / (1.0 + 3.0_f64).sqrt();
        let across = (1.0 - 3.0) / (1.0 + 3.0);
        assert!((SMOOTH.reflection(sin) - 0.5 * across).abs() < 1e-12);
    }

    #[test]
    fn fringes_follow_the_height_by_half_a_wavelength_over_the_sine() {
        let (sin, wavelength_m) = (0.3, 0.0355);
        let fringe_m = wavelength_m / (2.0 * sin);
        let at = |h: f64| SMOOTH.gain_dB(h, sin, 0.0, wavelength_m);
        assert!((at(20.0) - at(20.0 + fringe_m)).abs() < 1e-9);
        let echo = SMOOTH.reflection(sin);
        let heights = (0..1000).map(|n| 20.0 + fringe_m * f64::from(n) / 1000.0);
        let (low, high) =
            heights.map(at).fold((1e9_f64, -1e9_f64), |(l, h), x| (l.min(x), h.max(x)));
        assert!((high - 2.0 * dB(1.0 + echo.abs())).abs() < 1e-3, "{high}");
        assert!((low - 2.0 * dB(1.0 - echo.abs())).abs() < 1e-3, "{low}");
    }

    #[test]
    fn above_two_hundred_metres_and_on_rough_ground_there_is_none() {
        assert_eq!(SMOOTH.gain_dB(200.1, 0.3, 0.0, 0.03), 0.0);
        assert_eq!(SMOOTH.gain_dB(50.0, -0.1, 0.0, 0.03), 0.0);
        let rough = Mirror { permittivity: 3.0, roughness_m: 0.1 };
        assert!(rough.gain_dB(50.0, 0.5, 0.0, 0.0355).abs() < 1e-6);
    }
}
