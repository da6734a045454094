//! Exact confidence intervals for a share counted in a campaign, and for a standard deviation found in one.
//!
//! Owns: the Clopper–Pearson interval and the regularised incomplete beta function behind it; quantiles of χ² and
//! the regularised incomplete gamma function behind them, by its power series, [DLMF] 8.11.4.
//! As published — [ClopperPearson1934]: with k of n, the bounds p solve I_p(k, n − k + 1) = α/2 and
//! I_p(k + 1, n − k) = 1 − α/2. The beta function by its continued fraction, [DLMF] 8.17.22, with
//! Lentz's method [Press2007] §6.4; the quantile by bisection, which cannot fail.
//! Refuses: approximate intervals. A campaign without failures still has an upper bound.

/// Confidence of every interval reported.
pub const CONFIDENCE: f64 = 0.95;

/// The exact two-sided interval of the probability behind `k` events in `n` trials.
///
/// - `confidence`: between 0 and 1, both excluded.
/// - Returns (lower, upper); (0, 1) when nothing was tried.
pub fn clopper_pearson(k: u64, n: u64, confidence: f64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let tail = 0.5 * (1.0 - confidence);
    let (successes, failures) = (k.min(n) as f64, n.saturating_sub(k) as f64);
    let lower = if k == 0 { 0.0 } else { beta_quantile(tail, successes, failures + 1.0) };
    let upper = if k >= n { 1.0 } else { beta_quantile(1.0 - tail, successes + 1.0, failures) };
    (lower, upper)
}

/// How often something happened, with the exact interval of its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Times it happened.
    pub count: u64,
    /// Times it was tried.
    pub of: u64,
    /// Lower bound of the probability at [`CONFIDENCE`].
    pub low: f64,
    /// Upper bound of the probability at [`CONFIDENCE`].
    pub high: f64,
}

impl Share {
    /// The share of `count` in `of`.
    pub fn new(count: u64, of: u64) -> Self {
        let (low, high) = clopper_pearson(count, of, CONFIDENCE);
        Self { count, of, low, high }
    }
}

/// The exact two-sided interval, at [`CONFIDENCE`], of the standard deviation behind one found in `n` normal
/// samples: (n − 1) s²/σ² is χ² with n − 1 degrees of freedom. (0, ∞) for fewer than two.
pub fn deviation_interval(found: f64, n: usize) -> (f64, f64) {
    if n < 2 {
        return (0.0, f64::INFINITY);
    }
    let (tail, k) = (0.5 * (1.0 - CONFIDENCE), (n - 1) as f64);
    let bound = |p: f64| found * (k / chi_square_quantile(p, k)).sqrt();
    (bound(1.0 - tail), bound(tail))
}

/// The x at which χ² of `k` degrees of freedom reaches `p`, by bisection; `k` up to some thousands.
pub fn chi_square_quantile(p: f64, k: f64) -> f64 {
    let (mut low, mut high) = (0.0, 10.0 * k + 100.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if gamma_regularised(0.5 * k, 0.5 * middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(a, x), the regularised incomplete gamma function; a, x > 0.
fn gamma_regularised(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    let mut n = a;
    // The terms fall once n exceeds x.
    while term > 1e-17 * sum {
        n += 1.0;
        term *= x / n;
        sum += term;
        if sum > 1e290 {
            return 1.0;
        }
    }
    sum * libm::exp(a * libm::log(x) - x - libm::lgamma(a))
}

/// The t that Student's variable stays within, both ways, with `confidence`.
///
/// - `degrees`: of freedom, positive. By [DLMF] 8.17: P(|T| > t) = I_x(ν/2, 1/2), x = ν/(ν + t²).
pub fn student_t(confidence: f64, degrees: f64) -> f64 {
    let x = beta_quantile(1.0 - confidence, 0.5 * degrees, 0.5);
    libm::sqrt(degrees * (1.0 / x - 1.0))
}

/// The x at which I_x(a, b) reaches `p`, by bisection to the last bits of a double.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_regularised(middle, a, b) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// I_x(a, b), the regularised incomplete beta function; `a`, `b` > 0, x in [0, 1].
pub fn beta_regularised(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let front = libm::exp(ln_front);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(x, a, b) / a
    } else {
        1.0 - front * continued_fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guarded = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut product = d;
    for m in 1..=10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d);
        c = guarded(1.0 + even / c);
        product *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d);
        c = guarded(1.0 + odd / c);
        product *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_t_is_the_tabulated_one() {
        // Two-sided 95 % and 99 %, as every table prints them, to three decimals.
        for (confidence, degrees, published) in [
            (0.95, 1.0, 12.706),
            (0.95, 2.0, 4.303),
            (0.95, 9.0, 2.262),
            (0.95, 30.0, 2.042),
            (0.99, 9.0, 3.250),
            (0.95, 1e6, 1.960),
        ] {
            let t = student_t(confidence, degrees);
            assert!((t - published).abs() < 5e-4, "{degrees}: {t}, published {published}");
        }
    }

    #[test]
    fn without_events_the_upper_bound_is_the_closed_form() {
        // k = 0: 1 − (α/2)^(1/n); k = n: (α/2)^(1/n).
        for n in [1_u64, 10, 500, 10_000] {
            let root = 0.025_f64.powf(1.0 / n as f64);
            let (low, high) = clopper_pearson(0, n, 0.95);
            assert!(low == 0.0 && (high - (1.0 - root)).abs() < 1e-12, "{n}: {high}");
            let (low, high) = clopper_pearson(n, n, 0.95);
            assert!((low - root).abs() < 1e-12 && high >= 1.0, "{n}: {low}");
        }
    }

    #[test]
    fn published_intervals_are_met_to_their_last_digit() {
        // [Newcombe1998] table I, method 5 (exact): 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (k, n, low, high) in [
            (81, 263, 0.2527, 0.3676),
            (15, 148, 0.0578, 0.1617),
            (0, 20, 0.0, 0.1684),
            (1, 29, 0.0009, 0.1776),
        ] {
            let interval = clopper_pearson(k, n, 0.95);
            assert!((interval.0 - low).abs() <= 5e-5, "{k} of {n}: {interval:?}");
            assert!((interval.1 - high).abs() <= 5e-5, "{k} of {n}: {interval:?}");
        }
    }

    #[test]
    fn the_beta_function_is_the_binomial_tail() {
        // I_p(k, n − k + 1) = P(at least k of n), by summation.
        let (n, p) = (12_u32, 0.3_f64);
        let choose = |k: u32| (0..k).fold(1.0, |c, i| c * f64::from(n - i) / f64::from(i + 1));
        for k in 1..=n {
            let tail: f64 = (k..=n)
                .map(|j| choose(j) * p.powi(j as i32) * (1.0 - p).powi((n - j) as i32))
                .sum();
            let beta = beta_regularised(p, f64::from(k), f64::from(n - k + 1));
            assert!((beta - tail).abs() < 1e-12, "{k}: {beta} {tail}");
        }
    }

    #[test]
    fn the_quantiles_of_chi_square_are_the_published_ones() {
        // [AbramowitzStegun1964] table 26.8.
        for (q, k, x) in [
            (0.001, 50.0, 86.6608),
            (0.005, 50.0, 79.4900),
            (0.995, 50.0, 27.9907),
            (0.001, 100.0, 149.449),
            (0.050, 1.0, 3.841_46),
        ] {
            let found = chi_square_quantile(1.0 - q, k);
            assert!((found - x).abs() < 1e-3, "{q} {k}: {found} against {x}");
        }
        // Many degrees: the cube root that makes it normal, [WilsonHilferty1931].
        let cube =
            |z: f64, k: f64| k * (1.0 - 2.0 / (9.0 * k) + z * (2.0 / (9.0 * k)).sqrt()).powi(3);
        let found = chi_square_quantile(0.975, 3000.0);
        assert!((found / cube(1.959_964, 3000.0) - 1.0).abs() < 1e-5, "{found}");
    }

    #[test]
    fn a_deviation_is_bounded_by_chi_square() {
        // 51 samples: 50 degrees, from [AbramowitzStegun1964]: 0.975 at 32.3574, 0.025 at 71.4202.
        let (low, high) = deviation_interval(2.0, 51);
        assert!((low - 2.0 * (50.0_f64 / 71.4202).sqrt()).abs() < 1e-5, "{low}");
        assert!((high - 2.0 * (50.0_f64 / 32.3574).sqrt()).abs() < 1e-5, "{high}");
        assert_eq!(deviation_interval(2.0, 1), (0.0, f64::INFINITY));
    }

    #[test]
    fn nothing_tried_says_nothing() {
        assert_eq!(clopper_pearson(0, 0, 0.95), (0.0, 1.0));
    }
}
