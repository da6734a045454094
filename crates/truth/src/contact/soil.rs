//! The soil under a pad: how deep it lets a load sink, and what it takes to push a sunk pad sideways.
//!
//! Owns: [`Soil`] and the figures of the lunar surface layer. Does not own: where the ground is (`ground`).
//!
//! As published — [Bekker1969], pressure over a plate of half width b at the depth z, exponent 1:
//!     p = (k_c / b + k_φ) z
//! and Rankine's passive pressure on the front of a pad of width w, [Carrier1991] for the figures:
//!     H = w z (2 c √K_p + ½ K_p ρ g z),        K_p = tan²(45° + φ/2)
//! As programmed: the same. The Surveyors found 20 to 60 kPa at 2 to 5 cm under pads of 20 to 30 cm
//! [Christensen1968]; p is 17 to 42 kPa there.
//! Refuses: the pressure of fast penetration (ρ v², 6 kPa at 2 m/s), rock below the dust, soil thrown up.

use icd::constants::{GM_MOON_M3_S2, MOON_RADIUS_M};

/// Mechanical properties of soil.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Soil {
    /// Modulus k_c, N/m².
    pub cohesive_N_m2: f64,
    /// Modulus k_φ, N/m³.
    pub frictional_N_m3: f64,
    /// Cohesion c, N/m².
    pub cohesion_N_m2: f64,
    /// Coefficient of passive pressure K_p.
    pub passive: f64,
    /// Density ρ, kg/m³.
    pub density_kg_m3: f64,
}

/// Lunar soil between craters, the top 15 cm. [Carrier1991]: k_c 0.14 N/cm² and k_φ 0.82 N/cm³ with the
/// exponent 1 (table 9.14); cohesion 0.52 kPa, friction angle 42°, 1.50 g/cm³.
pub const REGOLITH: Soil = Soil {
    cohesive_N_m2: 1400.0,
    frictional_N_m3: 820e3,
    cohesion_N_m2: 520.0,
    passive: 5.045,
    density_kg_m3: 1500.0,
};

/// Ground that hardly yields: 100 N for a micrometre under a pad of 0.1 m². For tests on a hard floor.
pub const HARD_FLOOR: Soil = Soil {
    cohesive_N_m2: 0.0,
    frictional_N_m3: 1e9,
    cohesion_N_m2: 0.0,
    passive: 0.0,
    density_kg_m3: 0.0,
};

impl Soil {
    /// Load for each metre that a round pad sinks, N/m.
    pub(crate) fn bearing_N_m(&self, diameter_m: f64) -> f64 {
        let radius_m = 0.5 * diameter_m;
        let area_m2 = core::f64::consts::PI * radius_m * radius_m;
        (self.cohesive_N_m2 / radius_m + self.frictional_N_m3) * area_m2
    }

    /// Resistance to pushing a pad sideways at the depth `sunk_m`, N.
    pub(crate) fn ploughing_N(&self, diameter_m: f64, sunk_m: f64) -> f64 {
        let gravity_m_s2 = GM_MOON_M3_S2 / (MOON_RADIUS_M * MOON_RADIUS_M);
        let weight_N_m3 = self.density_kg_m3 * gravity_m_s2;
        let pressure_N_m2 = 2.0 * self.cohesion_N_m2 * self.passive.sqrt()
            + 0.5 * self.passive * weight_N_m3 * sunk_m;
        diameter_m * sunk_m * pressure_N_m2
    }
}
