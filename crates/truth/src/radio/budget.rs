//! The link budget: from a transmitter's power to the chance of a frame.
//!
//! Owns: the sums in decibels, [`Antenna`], the loss of frames. Does not own: geometry (see `geometry`).
//!
//! As published ([Maral2009] §5), f in GHz, d in km:
//!     C/N0 = EIRP − FSPL − L + G/T + 228.6,   FSPL = 92.45 + 20 log f + 20 log d,
//!     10 log R = C/N0 − (Eb/N0) − losses − margin,
//! with Eb/N0 = 1.5 dB (LDPC or turbo code of rate 1/2), losses 3 dB, margin 3 dB. As programmed: the same. L is the line
//! between transmitter and antenna. The losses are the share of the power that stays in the carrier, one half: so the
//! carrier of a modulated signal is 3 dB below C/N0, and a bare one is not.
//!
//! Frames: the best that any code of rate 1/2 and n = 2k bits can do over a Gaussian channel is near
//! [Polyanskiy2010] eq. 223,
//!     ε = Q((n C − k + ½ log2 n) / √(n V)),  C = ½ log2(1 + P),  V = P (P + 2) / (2 (P + 1)²) log2² e,
//! with P = Eb/N0 (R = 1/2). Real decoders stand off it by [`GAP_DB`] (assumed: turbo and LDPC codes of these lengths lie
//! half a decibel to one from the bound). So short frames need more than long ones, as they do.

use nalgebra::Vector3;

/// Boltzmann's constant in decibels, as the formula above has it.
const BOLTZMANN_DB: f64 = 228.6;
/// Energy a bit that the code needs, dB.
pub const EBN0_DB: f64 = 1.5;
/// Power that stays in the carrier of a modulated signal, dB.
pub const LOSSES_DB: f64 = 3.0;
/// Kept in hand where a rate is planned, dB.
pub const MARGIN_DB: f64 = 3.0;
/// Distance of a decoder from the bound, dB. Assumed: see the header.
pub const GAP_DB: f64 = 0.75;

/// A ratio of powers in decibels.
#[must_use]
pub fn dB(ratio: f64) -> f64 {
    10.0 * libm::log10(ratio)
}

/// A ratio of powers from decibels.
#[must_use]
pub fn ratio(dB: f64) -> f64 {
    libm::exp10(0.1 * dB)
}

/// Loss of free space, dB.
#[must_use]
pub fn fspl_dB(frequency_Hz: f64, range_m: f64) -> f64 {
    92.45 + 2.0 * dB(frequency_Hz * 1e-9) + 2.0 * dB(range_m * 1e-3)
}

/// Carrier to noise density, dBHz.
#[must_use]
pub fn cn0_dBHz(eirp_dBW: f64, fspl_dB: f64, losses_dB: f64, merit_dB_K: f64) -> f64 {
    eirp_dBW - fspl_dB - losses_dB + merit_dB_K + BOLTZMANN_DB
}

/// The bit rate that closes with the planned margin, bit/s.
#[must_use]
pub fn rate_bit_s(cn0_dBHz: f64) -> f64 {
    ratio(cn0_dBHz - EBN0_DB - LOSSES_DB - MARGIN_DB)
}

/// Energy a bit over noise density at a bit rate, dB.
#[must_use]
pub fn ebn0_dB(cn0_dBHz: f64, rate_bit_s: f64) -> f64 {
    cn0_dBHz - LOSSES_DB - dB(rate_bit_s)
}

/// Chance that a frame of `octets` is lost at `ebn0_dB`; see the header.
#[must_use]
pub fn frame_loss(ebn0_dB: f64, octets: usize) -> f64 {
    let k = 8.0 * octets as f64;
    let n = 2.0 * k;
    let p = ratio(ebn0_dB - GAP_DB);
    let capacity = 0.5 * libm::log2(1.0 + p);
    let log2_e = core::f64::consts::LOG2_E;
    let dispersion = p * (p + 2.0) / (2.0 * (p + 1.0) * (p + 1.0)) * log2_e * log2_e;
    let beyond = (n * capacity - k + 0.5 * libm::log2(n)) / libm::sqrt(n * dispersion);
    0.5 * libm::erfc(beyond * core::f64::consts::FRAC_1_SQRT_2)
}

/// How an antenna fixed to the body radiates: G0 cosⁿ θ about its axis, and never less than the back lobe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Antenna {
    /// Its place in `B`, m.
    pub p_BA_B: [f64; 3],
    /// Its axis in `B`.
    pub d_B: [f64; 3],
    /// Gain along the axis, dBi.
    pub peak_dBi: f64,
    /// n of the pattern.
    pub exponent: f64,
    /// Gain behind, over that along the axis, dB; below zero.
    pub back_dB: f64,
}

impl Antenna {
    /// Gain towards a direction in `B`, dBi.
    #[must_use]
    pub fn gain_dBi(&self, d_B: &Vector3<f64>) -> f64 {
        let cos = Vector3::from(self.d_B).dot(d_B);
        if cos <= 0.0 {
            return self.peak_dBi + self.back_dB;
        }
        self.peak_dBi + (self.exponent * dB(cos)).max(self.back_dB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOON_M: f64 = 384_400e3;
    const FAR_M: [f64; 2] = [1.1e9, 1.4e9];

    #[test]
    fn the_loss_of_free_space_is_that_of_the_table() {
        // Half a unit of the last digit printed; distances exact.
        let table = [(2.25e9, [211.2, 220.3, 222.4]), (8.45e9, [222.7, 231.8, 233.9])];
        for (frequency_Hz, losses_dB) in table {
            for (range_m, expected_dB) in [MOON_M, FAR_M[0], FAR_M[1]].into_iter().zip(losses_dB) {
                let loss_dB = fspl_dB(frequency_Hz, range_m);
                assert!((loss_dB - expected_dB).abs() < 0.06, "{frequency_Hz} {range_m} {loss_dB}");
            }
        }
        assert!((fspl_dB(26e9, MOON_M) - 232.4).abs() < 0.06);
    }

    #[test]
    fn bit_rates_are_those_of_the_table() {
        // Transmitter W, antenna dBi, frequency, figure of merit of the station, rates at the Moon, 1.1 and 1.4 million
        // km, as printed; the line takes 1 dB. A figure of merit of one decimal is good to 0.05 dB, 1.2 %, and a rate of
        // two figures to half a unit of the second: 5 % of 10.
        let rows = [
            (5.0, 0.0, 2.25e9, 28.3, [27e3, 3.3e3, 2.0e3]),
            (5.0, 0.0, 2.25e9, 38.5, [274e3, 33e3, 21e3]),
            (8.0, 0.0, 8.45e9, 40.7, [52e3, 6.3e3, 3.9e3]),
            (8.0, 0.0, 8.45e9, 51.2, [580e3, 71e3, 44e3]),
            (8.0, 12.0, 8.45e9, 43.7, [1.6e6, 0.20e6, 0.12e6]),
            (8.0, 12.0, 8.45e9, 51.2, [9.2e6, 1.1e6, 0.69e6]),
            (8.0, 24.0, 8.45e9, 40.7, [13e6, 1.6e6, 1.0e6]),
            (8.0, 24.0, 8.45e9, 43.7, [26e6, 3.2e6, 2.0e6]),
        ];
        for (power_W, gain_dBi, frequency_Hz, merit_dB_K, rates) in rows {
            for (range_m, expected) in [MOON_M, FAR_M[0], FAR_M[1]].into_iter().zip(rates) {
                let fspl = fspl_dB(frequency_Hz, range_m);
                let rate = rate_bit_s(cn0_dBHz(dB(power_W) + gain_dBi, fspl, 1.0, merit_dB_K));
                let unit = libm::exp10(libm::floor(libm::log10(expected)) - 1.0);
                let allowed = 0.5 * unit + 0.012 * expected;
                assert!(
                    (rate - expected).abs() < allowed,
                    "{power_W} W {merit_dB_K}: {rate} {expected}"
                );
            }
        }
    }

    #[test]
    fn a_beacon_of_one_watt_closes_with_twenty_decibels_to_spare() {
        // 100 bit/s at 2.25 GHz, no gain, 15 m dish at the Moon's distance: over what the code needs and the losses.
        let cn0 = cn0_dBHz(0.0, fspl_dB(2.25e9, MOON_M), 1.0, 28.3);
        let margin_dB = ebn0_dB(cn0, 100.0) - EBN0_DB;
        assert!(margin_dB > 20.0 && margin_dB < 20.5, "{margin_dB}");
    }

    #[test]
    fn a_relay_hears_three_kilobits_at_its_farthest() {
        let cn0 = cn0_dBHz(dB(5.0) + 3.0, fspl_dB(2.25e9, 8_100e3), 1.0, -18.0);
        let rate = rate_bit_s(cn0);
        assert!((rate - 3e3).abs() < 0.5e3, "{rate}");
        // With ten decibels at each end.
        let better = rate_bit_s(cn0 + 7.0 + 10.0);
        assert!(better > 100e3, "{better}");
    }

    #[test]
    fn frames_are_lost_in_a_narrow_band_of_signal() {
        // The bound at one half: P where capacity is the rate, Eb/N0 = 0 dB, plus the gap.
        let half_dB = GAP_DB;
        assert!((frame_loss(half_dB, 1115) - 0.5).abs() < 0.05);
        assert!(frame_loss(EBN0_DB, 1115) < 1e-9, "{}", frame_loss(EBN0_DB, 1115));
        assert!(frame_loss(0.0, 1115) > 0.999);
        // Short frames need more, and all fall with the signal.
        assert!(frame_loss(1.2, 64) > 100.0 * frame_loss(1.2, 1115));
        let mut last = 1.0;
        for step in 0..40 {
            let loss = frame_loss(-1.0 + 0.1 * f64::from(step), 64);
            assert!(loss <= last);
            last = loss;
        }
    }

    #[test]
    fn an_antenna_falls_with_the_cosine_to_its_back_lobe() {
        let antenna = Antenna {
            p_BA_B: [0.0; 3],
            d_B: [0.0, 0.0, 1.0],
            peak_dBi: 6.0,
            exponent: 2.0,
            back_dB: -10.0,
        };
        let at = |deg: f64| {
            let (s, c) = libm::sincos(deg.to_radians());
            antenna.gain_dBi(&Vector3::new(s, 0.0, c))
        };
        assert!((at(0.0) - 6.0).abs() < 1e-12);
        // cos² 60° is a quarter.
        assert!((at(60.0) - (6.0 - 6.0206)).abs() < 1e-4);
        assert_eq!([at(89.0), at(120.0), at(180.0)], [-4.0; 3]);
    }
}
