//! The evidence for a fault whose size is not known: its likelihood integrated over the law of sizes.
//!
//! As programmed: one size a = exp(1.5 z), z standard normal ([`crate::prior`]), common to the channels of a device. In units
//! of the typical size the likelihood ratio is exp(u a − ½ w a²); with b = a √w and t = u/√w it is exp(t b − ½ b²), of which
//! [`evidence`] is the mean over z. Smooth integrands are summed over equal steps, which is exact to better than 10⁻³ where a
//! step is no longer than the integrand's own width; a peak narrower than that is summed about its place.
//! [`evidence_of_two`] is the same of two faults that share the readings.

use crate::prior::SIGMA_LN;

/// ln √(2π).
const LN_ROOT_2PI: f64 = 0.918_938_533_204_672_8;
/// Beyond so many standard deviations of ln size nothing is looked for.
const Z_MAX: f64 = 5.5;
/// ln of what adds nothing.
const DEEPEST: f64 = -30.0;
/// From this t on the peak is summed by itself.
const SHARP: f64 = 6.0;

/// ln Σ exp, the largest taken out.
pub fn ln_sum_exp(terms: &[f64]) -> f64 {
    let top = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return top;
    }
    top + libm::log(terms.iter().map(|term| libm::exp(term - top)).sum())
}

/// Sums exp of `f` over equal steps, which it takes the logarithm of.
fn ln_sum(from: f64, step: f64, count: usize, f: impl Fn(f64) -> f64) -> f64 {
    let (mut top, mut sum) = (f64::NEG_INFINITY, 0.0);
    for n in 0..count {
        let value = f(from + step * n as f64);
        if value > top {
            sum = sum * libm::exp(top - value) + 1.0;
            top = value;
        } else {
            sum += libm::exp(value - top);
        }
    }
    top + libm::log(sum * step)
}

/// ln of the mean of exp(u a − ½ w a²) over the law of sizes.
pub fn evidence(u: f64, w: f64) -> f64 {
    if w <= 0.0 {
        return 0.0;
    }
    let f = |z: f64| {
        let a = libm::exp(SIGMA_LN * z);
        u * a - 0.5 * w * a * a - 0.5 * z * z - LN_ROOT_2PI
    };
    let t = u / w.sqrt();
    if t < SHARP {
        // The integrand's narrowest feature is 1/(1.5 t) wide; it nowhere exceeds exp(18).
        let step = if t < 2.0 { 0.2 } else { 0.1 };
        let (mut a, factor) = (libm::exp(-SIGMA_LN * Z_MAX), libm::exp(SIGMA_LN * step));
        let (mut z, mut sum) = (-Z_MAX, 0.0);
        while z < Z_MAX {
            let value = u * a - 0.5 * w * a * a - 0.5 * z * z;
            if value > DEEPEST {
                sum += libm::exp(value);
            } else if w * a > u.abs() && z > 0.0 {
                break; // it only falls from here
            }
            a *= factor;
            z += step;
        }
        return libm::log(sum.max(f64::MIN_POSITIVE) * step) - LN_ROOT_2PI;
    }
    let (z, width) = peak(u, w);
    ln_sum(z - 6.0 * width, 0.75 * width, 17, f)
}

/// Most probable z and the width of its peak.
fn peak(u: f64, w: f64) -> (f64, f64) {
    let mut z = libm::log(u / w) / SIGMA_LN;
    for _ in 0..30 {
        let a = libm::exp(SIGMA_LN * z);
        let slope = SIGMA_LN * (u * a - w * a * a) - z;
        let bend = SIGMA_LN * SIGMA_LN * (2.0 * w * a * a - u * a) + 1.0;
        let step = (slope / bend.max(1.0)).clamp(-0.5, 0.5);
        z += step;
        if step.abs() < 1e-9 {
            break;
        }
    }
    let a = libm::exp(SIGMA_LN * z);
    (z, 1.0 / (SIGMA_LN * SIGMA_LN * (2.0 * w * a * a - u * a) + 1.0).max(1.0).sqrt())
}

/// Most probable size in units of the typical one, and its standard deviation; where the readings say little, the law of
/// sizes does.
pub fn fitted(u: f64, w: f64) -> (f64, f64) {
    if w > 0.0 && u > 2.0 * w.sqrt() {
        let (z, width) = peak(u, w);
        let a = libm::exp(SIGMA_LN * z);
        return (a, SIGMA_LN * a * width);
    }
    let f = |z: f64| {
        let a = libm::exp(SIGMA_LN * z);
        u * a - 0.5 * w * a * a - 0.5 * z * z
    };
    let (z, top) = climb(0.0, 0.5, &f);
    let a = libm::exp(SIGMA_LN * z);
    (a, SIGMA_LN * a * width_at(z, top, &f).min(1.0))
}

/// What the readings say of two sizes a, b: exp(uₐa + u_b b − ½ wₐa² − ½ w_b b² − c a b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Two {
    /// Of each alone.
    pub u: [f64; 2],
    /// Of each alone.
    pub w: [f64; 2],
    /// Of both.
    pub c: f64,
}

impl Two {
    /// Largest of the logarithm over all sizes of either sign, and where.
    pub fn best(&self) -> (f64, [f64; 2]) {
        let Self { u, w, c } = *self;
        let det = w[0] * w[1] - c * c;
        if det <= 1e-12 * w[0] * w[1] {
            return ((u[0] * u[0] / w[0]).max(u[1] * u[1] / w[1]) / 2.0, [f64::NAN; 2]);
        }
        let a = [(u[0] * w[1] - c * u[1]) / det, (u[1] * w[0] - c * u[0]) / det];
        (0.5 * (u[0] * a[0] + u[1] * a[1]), a)
    }
}

/// ln of the mean over both laws of sizes.
pub fn evidence_of_two(two: &Two) -> f64 {
    let Two { u, w, c } = *two;
    if w[0] <= 0.0 || w[1] <= 0.0 {
        return evidence(u[0], w[0]) + evidence(u[1], w[1]);
    }
    let outer = |z: f64| {
        let a = libm::exp(SIGMA_LN * z);
        let own = u[0] * a - 0.5 * w[0] * a * a - 0.5 * z * z - LN_ROOT_2PI;
        own + evidence(u[1] - c * a, w[1])
    };
    let coarse = 0.25;
    let count = (2.0 * Z_MAX / coarse) as usize + 1;
    let values: Vec<f64> = (0..count).map(|n| outer(-Z_MAX + coarse * n as f64)).collect();
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at = values.iter().position(|value| *value == top).unwrap_or(0);
    let around = -Z_MAX + coarse * at as f64;
    // A peak that falls between two steps: found by halving, summed about its place.
    let (place, height) = climb(around, coarse, &outer);
    let width = width_at(place, height, &outer).min(1.0);
    if width > 1.2 * coarse {
        return ln_sum_exp(&values) + libm::log(coarse);
    }
    ln_sum(place - 6.0 * width, 0.75 * width, 17, outer)
}

/// The top next to a place.
fn climb(from: f64, step: f64, f: &impl Fn(f64) -> f64) -> (f64, f64) {
    let (mut at, mut best, mut step) = (from, f(from), step);
    for _ in 0..40 {
        let sides = [f(at - step), f(at + step)];
        match sides {
            [low, _] if low > best => (at, best) = (at - step, low),
            [_, high] if high > best => (at, best) = (at + step, high),
            _ => step *= 0.5,
        }
        if step < 1e-6 {
            break;
        }
    }
    (at, best)
}

/// Distance over which exp(f) falls by a standard deviation's worth.
fn width_at(at: f64, top: f64, f: &impl Fn(f64) -> f64) -> f64 {
    let mut width = 1e-6;
    while width < 1.0 && top - 0.5 * (f(at - width) + f(at + width)) < 0.5 {
        width *= 1.5;
    }
    let drop = top - 0.5 * (f(at - width) + f(at + width));
    if drop > 0.0 { width / (2.0 * drop).sqrt() } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean over z by brute force: a million equal steps.
    fn brute(u: f64, w: f64) -> f64 {
        let count = 1_000_000;
        let step = 16.0 / f64::from(count);
        ln_sum(-8.0, step, count as usize, |z| {
            let a = libm::exp(SIGMA_LN * z);
            u * a - 0.5 * w * a * a - 0.5 * z * z - LN_ROOT_2PI
        })
    }

    #[test]
    fn evidence_is_that_of_brute_quadrature() {
        for w in [1e-4_f64, 0.01, 1.0, 30.0, 1e4] {
            for t in [-3.0, 0.0, 1.0, 3.0, 5.9, 6.1, 10.0, 30.0] {
                let (exact, found) = (brute(t * w.sqrt(), w), evidence(t * w.sqrt(), w));
                assert!((exact - found).abs() < 3e-3, "w {w}, t {t}: {found} against {exact}");
            }
        }
        assert_eq!(evidence(0.0, 0.0), 0.0);
    }

    #[test]
    fn two_faults_that_share_nothing_have_the_sum_of_their_evidence() {
        for (u, w) in [([3.0, -1.0], [4.0, 0.5]), ([200.0, 30.0], [150.0, 9.0])] {
            let two = Two { u, w, c: 0.0 };
            let sum = evidence(u[0], w[0]) + evidence(u[1], w[1]);
            assert!((evidence_of_two(&two) - sum).abs() < 5e-3);
        }
    }

    #[test]
    fn two_faults_that_share_readings_have_the_evidence_of_brute_quadrature() {
        for (u, w, c) in [
            ([3.0, 2.0], [4.0, 1.5], 2.0),
            ([12.0, 15.0], [9.0, 16.0], -9.0),
            ([40.0, 35.0], [400.0, 300.0], 330.0),
        ] {
            let count = 3000;
            let step = 14.0 / f64::from(count);
            let exact = ln_sum(-7.0, step, count as usize, |z| {
                let a = libm::exp(SIGMA_LN * z);
                let own = u[0] * a - 0.5 * w[0] * a * a - 0.5 * z * z - LN_ROOT_2PI;
                own + ln_sum(-7.0, step, count as usize, |z| {
                    let b = libm::exp(SIGMA_LN * z);
                    (u[1] - c * a) * b - 0.5 * w[1] * b * b - 0.5 * z * z - LN_ROOT_2PI
                })
            });
            let found = evidence_of_two(&Two { u, w, c });
            assert!((found - exact).abs() < 5e-3, "{u:?} {w:?} {c}: {found} against {exact}");
        }
    }
}
