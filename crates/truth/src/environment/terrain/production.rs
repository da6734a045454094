//! How many craters a lunar surface of a given age carries.
//!
//! Owns: production, chronology and equilibrium as cumulative densities per km².
//! Does not own: where the craters lie and what they look like (see [`super::craters`]).
//!
//! As published, [Neukum2001] eq. 2 and table 1 ("new N(D)", Moon), eq. 5:
//!     log10 N(D) = Σ a_j (log10 D_km)^j,   0.01 km ≤ D ≤ 300 km,
//!     N(1 km, T) = 5.44e-14 (exp(6.93 T) − 1) + 8.38e-4 T   per km², T in Gyr,
//! and the line at which small craters destroy as many as they make, [Trask1966]:
//!     N(D) = 10^−1.1 D_km^−2.
//! As programmed: the polynomial scaled to N(1 km, T), cut off by the line; below 10 m the
//! production goes on with the index −3 (assumed; the line rules there for any surface older than
//! some 10 Myr).

/// Polynomial coefficients a_0 … a_11. [Neukum2001] table 1.
const A: [f64; 12] = [
    -3.0876, -3.557_528, 0.781_027, 1.021_521, -0.156_012, -0.444_058, 0.019_977, 0.086_850,
    -0.005_874, -0.006_809, 8.25e-4, 5.54e-5,
];
/// Smallest diameter of the production function, km. [Neukum2001].
const SMALLEST_KM: f64 = 0.01;

/// Craters of 1 km and more per km² on a surface `age_gyr` old.
pub(super) fn chronology_per_km2(age_gyr: f64) -> f64 {
    5.44e-14 * (libm::exp(6.93 * age_gyr) - 1.0) + 8.38e-4 * age_gyr
}

/// Craters of `diameter_km` and more ever made per km² of a surface `age_gyr` old.
pub(super) fn produced_per_km2(diameter_km: f64, age_gyr: f64) -> f64 {
    let x = libm::log10(diameter_km.max(SMALLEST_KM));
    let exponent = A.iter().skip(1).rev().fold(0.0, |sum, a| (sum + a) * x);
    let beyond = (SMALLEST_KM / diameter_km).max(1.0);
    chronology_per_km2(age_gyr) * libm::pow(10.0, exponent) * beyond * beyond * beyond
}

/// Craters of `diameter_km` and more per km² in equilibrium.
pub(super) fn equilibrium_per_km2(diameter_km: f64) -> f64 {
    libm::pow(10.0, -1.1) / (diameter_km * diameter_km)
}

/// Craters of `diameter_km` and more that are there to be seen, per km².
pub(super) fn present_per_km2(diameter_km: f64, age_gyr: f64) -> f64 {
    produced_per_km2(diameter_km, age_gyr).min(equilibrium_per_km2(diameter_km))
}

/// The diameter, km, below which the surface is in equilibrium; by bisection between 1 mm and 10
/// km.
pub(super) fn equilibrium_diameter_km(age_gyr: f64) -> f64 {
    let (mut low, mut high) = (1e-6_f64, 10.0_f64);
    for _ in 0..60 {
        let middle = (low * high).sqrt();
        if produced_per_km2(middle, age_gyr) > equilibrium_per_km2(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_polynomial_gives_its_own_value_at_one_kilometre() {
        // At 1 km all powers of log10 D vanish and the scale is the chronology's.
        for age_gyr in [0.1, 1.0, 3.5] {
            assert_eq!(produced_per_km2(1.0, age_gyr), chronology_per_km2(age_gyr));
        }
        // a_0 is the chronology at 1 Gyr: 10^−3.0876 = 8.17e-4 against 8.38e-4, as published.
        assert!((chronology_per_km2(1.0) / libm::pow(10.0, A[0]) - 1.0).abs() < 0.03);
    }

    #[test]
    fn a_mare_of_3_5_gyr_carries_about_five_kilometre_craters_per_1000_km2() {
        // By hand: 5.44e-14 (e^24.255 − 1) = 1.86e-3, plus 2.93e-3.
        assert!((chronology_per_km2(3.5) - 4.79e-3).abs() < 2e-5, "{}", chronology_per_km2(3.5));
    }

    #[test]
    fn counts_fall_with_diameter_and_rise_with_age() {
        for k in -26..20 {
            let d_km = libm::pow(10.0, f64::from(k) * 0.1);
            assert!(produced_per_km2(d_km * 1.1, 3.0) < produced_per_km2(d_km, 3.0), "{d_km}");
            assert!(produced_per_km2(d_km, 3.5) > produced_per_km2(d_km, 3.0));
        }
    }

    #[test]
    fn old_mare_is_in_equilibrium_below_some_hundred_metres() {
        // By hand at 0.2 km and 3.5 Gyr: production 1.71 per km² just below the line, 1.99.
        let (young, old) = (equilibrium_diameter_km(1.0), equilibrium_diameter_km(3.5));
        assert!(young < old && (0.05..0.4).contains(&old), "{young} {old}");
        assert!((produced_per_km2(old, 3.5) / equilibrium_per_km2(old) - 1.0).abs() < 1e-9);
    }
}
