//! Order statistics: what a sample's extremes say of all runs that could have been flown.
//!
//! Owns: how many exceedances a claim bears, how many runs it needs, bounds and intervals of quantiles.
//! As published — [HansonBeard2010]: "met in a share y of the cases at consumer risk β" is shown by n runs
//! with k exceedances when Σ_{i≤k} C(n, i) (1 − y)^i y^(n−i) ≤ β. The (k + 1)-th worst value then bounds the
//! quantile y with confidence 1 − β, whatever the distribution is.
//! As programmed: the sum is the regularised incomplete beta function I_y(n − k, k + 1).
//! Refuses: fitted distributions; and it knows nothing of designs. Runs must be independent draws: for a
//! Latin hypercube or a Sobol sequence the figures are no longer exact.

use rig::statistics::{beta_quantile, beta_regularised};

/// Share of runs behind "3 sigma", of [HansonBeard2010].
pub const SHARE: f64 = 0.9973;
/// Confidence that goes with it there: 10 % consumer risk.
pub const CONFIDENCE: f64 = 0.90;
/// More runs than this are called unreachable.
pub const RUNS_MAX: u64 = 1 << 40;

/// Chance of at most `k` exceedances in `n` runs when each exceeds with probability 1 − `share`.
pub fn chance_of_at_most(k: u64, n: u64, share: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    beta_regularised(share, (n - k) as f64, k as f64 + 1.0)
}

/// The most exceedances with which `n` runs show that a share is met; `None` when even none would not do.
pub fn exceedances_borne(n: u64, share: f64, confidence: f64) -> Option<u64> {
    let shown = |k: u64| chance_of_at_most(k, n, share) <= 1.0 - confidence;
    if n == 0 || !shown(0) {
        return None;
    }
    let (mut shown_at, mut not_at) = (0, n);
    while not_at - shown_at > 1 {
        let middle = shown_at + (not_at - shown_at) / 2;
        if shown(middle) { shown_at = middle } else { not_at = middle }
    }
    Some(shown_at)
}

/// The fewest runs that show a share with `k` exceedances among them; `None` beyond [`RUNS_MAX`].
pub fn runs_needed(k: u64, share: f64, confidence: f64) -> Option<u64> {
    let shown = |n: u64| chance_of_at_most(k, n, share) <= 1.0 - confidence;
    let mut enough = k + 1;
    while !shown(enough) {
        enough = enough.checked_mul(2).filter(|n| *n <= RUNS_MAX)?;
    }
    let mut too_few = k;
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if shown(middle) { enough = middle } else { too_few = middle }
    }
    Some(enough)
}

/// Runs that would show a share if exceedances went on as often as `k` in `n`; `None` when they come too often
/// for any number of runs.
pub fn runs_to_show(k: u64, n: u64, share: f64, confidence: f64) -> Option<u64> {
    if k == 0 {
        return runs_needed(0, share, confidence);
    }
    let rate = k as f64 / n.max(1) as f64;
    if rate >= 1.0 - share {
        return None;
    }
    // The exceedances at n runs: those seen, at their rate, rounded up.
    let shown = |n: u64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below n
        let k = libm::ceil(rate * n as f64 - 1e-9) as u64;
        chance_of_at_most(k, n, share) <= 1.0 - confidence
    };
    let mut enough = n.max(1);
    while !shown(enough) {
        enough = enough.checked_mul(2).filter(|n| *n <= RUNS_MAX)?;
    }
    let mut too_few = 0;
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if shown(middle) { enough = middle } else { too_few = middle }
    }
    Some(enough)
}

/// The share that `k` exceedances in `n` runs show: its one-sided lower bound (Clopper–Pearson).
pub fn share_shown(k: u64, n: u64, confidence: f64) -> f64 {
    if k >= n {
        return 0.0;
    }
    beta_quantile(1.0 - confidence, (n - k) as f64, k as f64 + 1.0)
}

/// Lower bound of the quantile 1 − `share` of ascending `values`: with the given confidence at least `share` of
/// all runs lie above it. `None` when there are too few runs for any bound.
pub fn lower_bound(ascending: &[f64], share: f64, confidence: f64) -> Option<f64> {
    let k = exceedances_borne(ascending.len() as u64, share, confidence)?;
    ascending.get(usize::try_from(k).ok()?).copied()
}

/// As [`lower_bound`], from above: at least `share` of all runs lie below it.
pub fn upper_bound(ascending: &[f64], share: f64, confidence: f64) -> Option<f64> {
    let k = usize::try_from(exceedances_borne(ascending.len() as u64, share, confidence)?).ok()?;
    ascending.get(ascending.len().checked_sub(k + 1)?).copied()
}

/// The value of ascending `values` at a quantile, by the nearest rank.
pub fn quantile(ascending: &[f64], q: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to last
    ascending.get(libm::round(q.clamp(0.0, 1.0) * last as f64) as usize).copied()
}

/// Two-sided interval of a quantile by two order statistics; `None` when the sample is too small for it.
///
/// - Each side takes half of the risk.
pub fn interval(ascending: &[f64], q: f64, confidence: f64) -> Option<(f64, f64)> {
    let one_sided = 0.5 * (1.0 + confidence);
    Some((lower_bound(ascending, 1.0 - q, one_sided)?, upper_bound(ascending, q, one_sided)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_needed_are_those_of_the_published_table() {
        // Zero failures: n = ln(1 − c) / ln y. More: [HansonBeard2010], 0.9973 at 90 % and others by summation.
        for (p, confidence, needed) in [
            (0.1, 0.90, [22, 38, 52, 65]),
            (0.05, 0.95, [59, 93, 124, 153]),
            (0.01, 0.90, [230, 388, 531, 667]),
            (0.01, 0.95, [299, 473, 628, 773]),
            (0.0027, 0.90, [852, 1440, 1970, 2473]),
            (0.001, 0.95, [2995, 4742, 6294, 7752]),
        ] {
            for (k, n) in (0..).zip(needed) {
                assert_eq!(runs_needed(k, 1.0 - p, confidence), Some(n), "{p} {confidence} {k}");
                assert_eq!(exceedances_borne(n, 1.0 - p, confidence), Some(k));
                let borne = exceedances_borne(n - 1, 1.0 - p, confidence);
                assert_eq!(borne, k.checked_sub(1));
            }
        }
    }

    #[test]
    fn a_share_is_shown_exactly_when_its_lower_bound_reaches_it() {
        for (k, n) in [(0, 851), (0, 852), (1, 1439), (1, 1440), (3, 2473), (3, 2472)] {
            let borne = exceedances_borne(n, SHARE, CONFIDENCE).is_some_and(|most| k <= most);
            assert_eq!(share_shown(k, n, CONFIDENCE) >= SHARE, borne, "{k} of {n}");
        }
    }

    #[test]
    fn the_runs_that_would_show_it_bear_what_is_expected_of_them() {
        assert_eq!(runs_to_show(0, 100, SHARE, CONFIDENCE), Some(852));
        assert_eq!(runs_to_show(3, 1000, SHARE, CONFIDENCE), None);
        let n = runs_to_show(1, 1000, SHARE, CONFIDENCE).unwrap();
        let k = n.div_ceil(1000);
        assert!(chance_of_at_most(k, n, SHARE) <= 0.1 && n > 1000, "{n}");
    }

    #[test]
    fn bounds_cover_the_quantile_as_often_as_they_say() {
        // Uniform draws: the bound of the 95 % quantile at 90 % lies above 0.95 in 90 % of the trials or more.
        let mut stream = rig::random::Stream::new(5, 0, "order");
        let (mut above, mut inside) = (0_u32, 0_u32);
        for _ in 0..2000 {
            let mut values: Vec<f64> = (0..120).map(|_| stream.uniform()).collect();
            values.sort_by(f64::total_cmp);
            above += u32::from(upper_bound(&values, 0.95, 0.9).unwrap() >= 0.95);
            let (low, high) = interval(&values, 0.5, 0.95).unwrap();
            inside += u32::from(low <= 0.5 && 0.5 <= high);
        }
        // The exact coverages, each within 3 deviations of 2000 trials.
        let borne = |share, confidence| exceedances_borne(120, share, confidence).unwrap();
        let one_sided = 1.0 - chance_of_at_most(borne(0.95, 0.9), 120, 0.95);
        let two_sided = 1.0 - 2.0 * chance_of_at_most(borne(0.5, 0.975), 120, 0.5);
        assert!(one_sided >= 0.9 && two_sided >= 0.95);
        assert!((f64::from(above) / 2000.0 - one_sided).abs() < 0.02, "{above} {one_sided}");
        assert!((f64::from(inside) / 2000.0 - two_sided).abs() < 0.015, "{inside} {two_sided}");
    }

    #[test]
    fn the_bound_from_below_mirrors_the_one_from_above() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let k = exceedances_borne(100, 0.9, 0.9).unwrap() as usize;
        assert_eq!(lower_bound(&values, 0.9, 0.9), Some(k as f64));
        assert_eq!(upper_bound(&values, 0.9, 0.9), Some((99 - k) as f64));
        assert_eq!(upper_bound(&values[..10], 0.9, 0.9), None);
    }
}
