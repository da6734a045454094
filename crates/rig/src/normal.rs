//! The standard normal distribution and its inverse.
//!
//! Owns: [`cumulative`], [`quantile`]. Does not own: laws of dispersed values (`scenario::dispersion`).
//! As published — the quantile by rational functions, routine PPND16 of [Wichura1988], good to about one part in 10¹⁶;
//! the distribution function Φ(x) = erfc(−x/√2)/2 [DLMF] 7.2. As programmed: the same, with `libm`.

/// Share of a standard normal distribution below `x`; relative accuracy in the lower tail too.
pub fn cumulative(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The number below which a share `p` of a standard normal distribution lies.
///
/// - `p`: 0 and less give −∞, 1 and more give ∞, NaN stays NaN.
pub fn quantile(p: f64) -> f64 {
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * polynomial(&MIDDLE[0], r) / polynomial(&MIDDLE[1], r);
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    if tail.is_nan() {
        return f64::NAN;
    }
    if tail <= 0.0 {
        return if centred < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = libm::sqrt(-libm::log(tail));
    let size = if r <= 5.0 {
        polynomial(&SHOULDER[0], r - 1.6) / polynomial(&SHOULDER[1], r - 1.6)
    } else {
        polynomial(&TAIL[0], r - 5.0) / polynomial(&TAIL[1], r - 5.0)
    };
    if centred < 0.0 { -size } else { size }
}

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Numerator and denominator, constant term first: [Wichura1988], |p − 1/2| ≤ 0.425.
const MIDDLE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
];
/// Likewise, as far as a tail of e⁻²⁵.
const SHOULDER: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_8e-9,
    ],
];
/// Likewise, beyond.
const TAIL: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_meets_published_digits() {
        // The test values of [Wichura1988], then values worked in 40 digits.
        for (p, published) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
            (1e-300, -37.047_096_299_361_2),
            (1e-9, -5.997_807_015_007_687),
            (0.07, -1.475_791_028_179_170_7),
            (0.4, -0.253_347_103_135_799_7),
            (0.975, 1.959_963_984_540_053_9),
        ] {
            let x = quantile(p);
            assert!((x / published - 1.0).abs() < 1e-15, "{p}: {x} {published}");
        }
        assert_eq!(quantile(0.5), 0.0);
        assert_eq!((quantile(0.0), quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(quantile(f64::NAN).is_nan());
    }

    #[test]
    fn quantile_and_distribution_undo_each_other() {
        for i in 1..=600 {
            let p = 10.0_f64.powf(-0.05 * f64::from(i));
            // The relative error of Φ is |x| φ/Φ ≈ x² times that of x, three units in the last place.
            let (back, x) = (cumulative(quantile(p)), quantile(p));
            assert!((back / p - 1.0).abs() < 1e-15 * (4.0 + 2.0 * x * x), "{p}: {back}");
        }
    }
}
