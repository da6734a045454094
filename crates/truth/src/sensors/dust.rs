//! Dust that the engines raise, as a veil in front of optical sensors.
//!
//! Owns: [`Dust`]: how much light passes from the lander to the ground.
//! Does not own: what a sensor makes of it. A radar sees through.
//!
//! Seen on Apollo: a first transparent sheet about 30 m up, the ground almost completely obscured from
//! about 12 m down to contact, the view back within seconds of the cut of the engine [SP4009].
//! As published — [Roberts1963]: a jet erodes in proportion to what its shear has above a threshold.
//! As programmed: shear goes with thrust over height squared, s = F/F₀ · (h₀/h)², 1 where dust first
//! shows; the optical depth straight down is a multiple of its excess,
//!     τ = K max(s − 1, 0),     transmission once through = exp(−τ / cos(angle off the vertical))
//! h₀ = 30 m belongs to the thrust F₀ under which a lunar module hovered; τ = 3 (5 % of the light) at
//! 12 m gives K. A lander with a twentieth of that thrust meets its dust at 7 m.
//! The thrust that counts follows the engines within `LINGER_S`, so that pulses merge.
//! Refuses: size and speed of grains, the height profile within the veil, what hits the lander, dust
//! that lingers after the cut, wet or cohesive ground, several jets that meet.

/// Height at which dust was first seen, m: [SP4009].
const ONSET_M: f64 = 30.0;
/// Height from which the ground was almost completely obscured, m: [SP4009].
const OBSCURED_M: f64 = 12.0;
/// Optical depth there (assumed: 5 % of the light is "almost completely obscured").
const OBSCURED_DEPTH: f64 = 3.0;
/// Thrust of a lunar module at those heights, N (assumed: some 7.3 t hovering).
const ONSET_THRUST_N: f64 = 12_000.0;
/// Optical depth for each unit of excess shear.
const DEPTH: f64 = OBSCURED_DEPTH / (ONSET_M * ONSET_M / (OBSCURED_M * OBSCURED_M) - 1.0);
/// Height below which the veil grows no further, m (assumed: the plume is as wide as the lander).
const FLOOR_M: f64 = 1.0;
/// Time in which the veil follows the engines, s (assumed: metres at some tens of metres per second).
const LINGER_S: f64 = 0.1;
/// Least cosine of a line of sight off the vertical: beyond 84° the veil counts ten times.
const COSINE_MIN: f64 = 0.1;

/// The veil under one lander.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dust {
    /// Thrust that raises it, N.
    thrust_N: f64,
}

impl Dust {
    /// The engines pushed down on the ground with a mean of `thrust_N` for `dt_s`.
    pub fn follow(&mut self, thrust_N: f64, dt_s: f64) {
        self.thrust_N += (thrust_N - self.thrust_N) * (dt_s / LINGER_S).min(1.0);
    }

    /// Optical depth straight down from `altitude_m` over ground.
    pub fn depth(&self, altitude_m: f64) -> f64 {
        let height = ONSET_M / altitude_m.max(FLOOR_M);
        DEPTH * (self.thrust_N / ONSET_THRUST_N * height * height - 1.0).max(0.0)
    }

    /// Share of the light that passes once from `altitude_m` to the ground, 0 to 1, along a line of
    /// sight whose angle to the vertical has the cosine `cos_vertical`. Cost: nanoseconds out of the veil.
    pub fn transmission(&self, altitude_m: f64, cos_vertical: f64) -> f64 {
        let depth = self.depth(altitude_m);
        if depth <= 0.0 {
            return 1.0;
        }
        libm::exp(-depth / cos_vertical.clamp(COSINE_MIN, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(thrust_N: f64) -> Dust {
        let mut dust = Dust::default();
        dust.follow(thrust_N, 1.0);
        dust
    }

    #[test]
    fn a_lunar_module_sees_what_apollo_12_saw() {
        let dust = steady(ONSET_THRUST_N);
        assert_eq!(dust.transmission(30.0, 1.0), 1.0);
        assert!(dust.transmission(29.0, 1.0) < 1.0);
        assert!((dust.transmission(12.0, 1.0) - libm::exp(-3.0)).abs() < 1e-12);
    }

    #[test]
    fn a_weaker_lander_meets_its_dust_lower_by_the_root_of_its_thrust() {
        let dust = steady(ONSET_THRUST_N / 16.0);
        assert_eq!(dust.depth(7.5), 0.0);
        assert!((dust.depth(3.0) - OBSCURED_DEPTH).abs() < 1e-12);
        assert_eq!(steady(0.0).transmission(1.0, 1.0), 1.0);
    }

    #[test]
    fn an_oblique_view_passes_more_of_the_veil() {
        let dust = steady(ONSET_THRUST_N);
        let (down, aside) = (dust.transmission(15.0, 1.0), dust.transmission(15.0, 0.5));
        assert!((aside - down * down).abs() < 1e-15);
    }

    #[test]
    fn pulses_merge_into_their_mean() {
        let mut dust = Dust::default();
        let mut seen = (f64::INFINITY, 0.0_f64);
        for n in 0..500 {
            dust.follow(if n % 5 < 3 { 1000.0 } else { 0.0 }, 0.02);
            if n >= 250 {
                seen = (seen.0.min(dust.thrust_N), seen.1.max(dust.thrust_N));
            }
        }
        // A first order lag with 0.8 a cycle, three cycles on and two off, in closed form.
        let q = 0.8_f64;
        let most_N = 1000.0 * (1.0 - q * q * q) / (1.0 - q.powi(5));
        let least_N = most_N * q * q;
        assert!((seen.1 - most_N).abs() < 1e-6 && (seen.0 - least_N).abs() < 1e-6, "{seen:?}");
    }
}
