//! When a fault acted: all beginnings and ends at once, over readings in the order of time.
//!
//! Owns: [`Axis`] (the readings' times and the prior of a beginning), [`acting`] (the sum over all windows).
//! Does not own: what a fault makes of a reading (`presence`, `scatter`, `exact`, `timing`).
//!
//! As programmed, with l_k the logarithm of the ratio of one reading's probabilities with and without the fault and S its
//! running sum, the evidence is
//!     Σ_a π(a) [ ½ exp(S_n − S_a) + ½ Σ_b π(b | a) exp(S_b − S_a) ],
//! a the first reading that is hit and b the first that is not any more; π as `prior` states it: a is the first reading
//! with one half, else uniform in time; the duration is uniform in its logarithm. Within a factor of two of the duration its
//! density is taken as constant, so that the inner sum runs over blocks that are summed once.
//! Refuses: a fault that comes and goes.

use crate::prior::{DURATION_S, SHARE_FOR_GOOD, SHARE_FROM_START};

/// Logarithms further apart than this add up to the larger one.
const NEGLIGIBLE: f64 = 37.0;

/// ln(eᵃ + eᵇ).
pub(crate) fn ln_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high - low > NEGLIGIBLE || low == f64::NEG_INFINITY {
        return high;
    }
    high + libm::log1p(libm::exp(low - high))
}

/// ln Σ exp.
pub(crate) fn ln_sum(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        return most;
    }
    let share = |term: f64| if most - term > NEGLIGIBLE { 0.0 } else { libm::exp(term - most) };
    most + libm::log(terms.map(share).sum::<f64>())
}

/// Times of readings, s after the first cycle, ascending, and the prior of a beginning at each.
pub(crate) struct Axis {
    t_s: Vec<f64>,
    /// Time to the reading before, s.
    step_s: Vec<f64>,
    ln_onset: Vec<f64>,
}

/// A fault's window summed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Acting {
    /// ln of the ratio of evidences with and without the fault.
    pub ln_evidence: f64,
    /// First reading that is hit, most probable; 0 for one that acts from the start.
    pub from: usize,
    /// First reading that is not hit any more; `None` while it lasts.
    pub until: Option<usize>,
    /// Standard deviation of the beginning, s.
    pub from_sigma_s: f64,
}

impl Axis {
    /// Readings at `t_s`, ascending, of a flight that lasts `flight_s`.
    pub(crate) fn new(t_s: Vec<f64>, flight_s: f64) -> Self {
        let total_s = flight_s.max(t_s.last().copied().unwrap_or(0.0)).max(1e-3);
        let before = std::iter::once(0.0).chain(t_s.iter().copied());
        let step_s: Vec<f64> =
            t_s.iter().zip(before).map(|(t_s, before_s)| (t_s - before_s).max(1e-3)).collect();
        let share = |(k, step_s): (usize, &f64)| {
            let at_once = if k == 0 { SHARE_FROM_START } else { 0.0 };
            libm::log(at_once + (1.0 - SHARE_FROM_START) * step_s / total_s)
        };
        let ln_onset = step_s.iter().enumerate().map(share).collect();
        Self { t_s, step_s, ln_onset }
    }

    /// How many readings.
    pub(crate) fn len(&self) -> usize {
        self.t_s.len()
    }

    /// Time of one of them, s after the first cycle.
    pub(crate) fn t_s(&self, k: usize) -> f64 {
        self.t_s.get(k).copied().unwrap_or(0.0)
    }

    /// When a window that begins with reading `a` begins, s.
    fn onset_s(&self, a: usize) -> f64 {
        if a == 0 { 0.0 } else { self.t_s[a] - 0.5 * self.step_s[a] }
    }
}

/// Sums over aligned blocks of one, two, four, ... terms.
struct Blocks(Vec<Vec<f64>>);

impl Blocks {
    fn new(terms: Vec<f64>) -> Self {
        let mut levels = vec![terms];
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            let next = last.chunks(2).map(|pair| match pair {
                [a, b] => ln_add(*a, *b),
                others => others.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            });
            levels.push(next.collect());
        }
        Self(levels)
    }

    /// ln Σ over the terms from `low` up to `high`, exclusive.
    fn sum(&self, mut low: usize, mut high: usize) -> f64 {
        let mut out = f64::NEG_INFINITY;
        for level in &self.0 {
            if low >= high {
                break;
            }
            if low % 2 == 1 {
                out = ln_add(out, level[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                out = ln_add(out, level[high]);
            }
            (low, high) = (low / 2, high / 2);
        }
        out
    }
}

/// The largest sum over any window, an upper bound of what [`acting`] gives.
pub(crate) fn bound(l: &[f64]) -> f64 {
    let (mut best, mut here) = (0.0_f64, 0.0_f64);
    for l in l {
        here = (here + l).max(0.0);
        best = best.max(here);
    }
    best
}

/// The evidence for a fault whose logarithms of ratios are `l`, one for each reading of the axis.
pub(crate) fn acting(axis: &Axis, l: &[f64]) -> Acting {
    let n = axis.len().min(l.len());
    let nothing =
        Acting { ln_evidence: f64::NEG_INFINITY, from: 0, until: None, from_sigma_s: 0.0 };
    if n == 0 {
        return nothing;
    }
    let mut sums = Vec::with_capacity(n + 1);
    sums.push(0.0);
    let mut sum = 0.0;
    for l in l.iter().take(n) {
        sum += l;
        sums.push(sum);
    }
    let begins = |a: usize| axis.ln_onset[a] - sums[a];
    let for_good = ln_sum((0..n).map(begins)) + sums[n] + libm::log(SHARE_FOR_GOOD);
    let ended = ended(axis, &sums);
    let (from, until) = likeliest(axis, &sums);
    let from_sigma_s = onset_sigma_s(axis, &sums, from, until.unwrap_or(n));
    Acting { ln_evidence: ln_add(for_good, ended), from, until, from_sigma_s }
}

/// The part of the evidence in which the fault ends.
fn ended(axis: &Axis, sums: &[f64]) -> f64 {
    let n = axis.len();
    let (least_s, longest_s) = DURATION_S;
    let ln_range = libm::log(longest_s / least_s);
    let blocks = Blocks::new((0..n).map(|b| sums[b] + libm::log(axis.step_s[b])).collect());
    // Edges of the durations: least, twice that, ... longest; where each stands among the readings.
    let mut edges_s = vec![least_s];
    while let Some(edge_s) = edges_s.last().copied().filter(|edge_s| *edge_s < longest_s) {
        edges_s.push((2.0 * edge_s).min(longest_s));
    }
    let mut at = vec![0_usize; edges_s.len()];
    let mut out = f64::NEG_INFINITY;
    for a in 0..n {
        let onset_s = axis.onset_s(a);
        for (at, edge_s) in at.iter_mut().zip(&edges_s) {
            while *at < n && (*at <= a || axis.t_s[*at] < onset_s + edge_s) {
                *at += 1;
            }
        }
        let mut inner = f64::NEG_INFINITY;
        for (place, edge_s) in at.windows(2).zip(edges_s.windows(2)) {
            let density = libm::log(edge_s[1] / edge_s[0]) / (edge_s[1] - edge_s[0]) / ln_range;
            inner = ln_add(inner, blocks.sum(place[0], place[1]) + libm::log(density));
        }
        // One that ends after the last reading.
        let left_s = (axis.t_s[n - 1] - onset_s).max(least_s);
        if left_s < longest_s {
            inner = ln_add(inner, sums[n] + libm::log(libm::log(longest_s / left_s) / ln_range));
        }
        out = ln_add(out, axis.ln_onset[a] - sums[a] + inner);
    }
    out + libm::log(1.0 - SHARE_FOR_GOOD)
}

/// The most probable window.
fn likeliest(axis: &Axis, sums: &[f64]) -> (usize, Option<usize>) {
    let n = axis.len();
    let (least_s, longest_s) = DURATION_S;
    let ln_range = libm::log(longest_s / least_s);
    let mut lead = (f64::NEG_INFINITY, 0);
    let mut best = (f64::NEG_INFINITY, 0, None);
    let mut first = 0;
    for b in 0..=n {
        if b < n && b > 0 {
            // Of the beginnings that are not too long ago, the best; sought anew when it has become too old.
            let old = |a: usize| axis.t_s[b] - axis.onset_s(a) > longest_s;
            while first < b && old(first) {
                first += 1;
            }
            if lead.1 < first {
                lead = (f64::NEG_INFINITY, first);
                for a in first..b {
                    let value = axis.ln_onset[a] - sums[a];
                    lead = if value > lead.0 { (value, a) } else { lead };
                }
            }
            let lasted_s = (axis.t_s[b] - axis.onset_s(lead.1)).max(least_s);
            let ln_end = libm::log(axis.step_s[b] / (lasted_s * ln_range));
            let value = lead.0 + sums[b] + ln_end + libm::log(1.0 - SHARE_FOR_GOOD);
            if first < b && value > best.0 {
                best = (value, lead.1, Some(b));
            }
        }
        if b < n {
            let value = axis.ln_onset[b] - sums[b];
            lead = if value > lead.0 { (value, b) } else { lead };
        }
    }
    let value = |a: usize| axis.ln_onset[a] - sums[a] + sums[n] + libm::log(SHARE_FOR_GOOD);
    for a in 0..n {
        if value(a) > best.0 {
            best = (value(a), a, None);
        }
    }
    (best.1, best.2)
}

/// Standard deviation of the beginning of windows that end before `until`, s.
fn onset_sigma_s(axis: &Axis, sums: &[f64], from: usize, until: usize) -> f64 {
    if from == 0 {
        return 0.0;
    }
    let likeliest = axis.ln_onset[from] - sums[from];
    let (mut total, mut mean, mut square) = (0.0, 0.0, 0.0);
    for a in 1..until {
        let weight = libm::exp((axis.ln_onset[a] - sums[a] - likeliest).min(0.0));
        let off_s = axis.onset_s(a) - axis.onset_s(from);
        total += weight;
        mean += weight * off_s;
        square += weight * off_s * off_s;
    }
    let total = f64::max(total, 1e-300);
    let variance = (square / total - (mean / total) * (mean / total)).max(0.0);
    // A beginning between two readings is never known better than their distance allows.
    (variance + axis.step_s[from] * axis.step_s[from] / 12.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over all windows as the law is written, one by one.
    fn by_hand(t_s: &[f64], flight_s: f64, l: &[f64]) -> f64 {
        let n = t_s.len();
        let axis = Axis::new(t_s.to_vec(), flight_s);
        let ln_range = (DURATION_S.1 / DURATION_S.0).ln();
        let sum = |a: usize, b: usize| l[a..b].iter().sum::<f64>();
        let mut total = 0.0;
        for a in 0..n {
            let onset_s = axis.onset_s(a);
            let mut inner = 0.5 * sum(a, n).exp();
            for b in a + 1..n {
                let lasted_s = t_s[b] - onset_s;
                if (DURATION_S.0..DURATION_S.1).contains(&lasted_s) {
                    inner += 0.5 * (t_s[b] - t_s[b - 1]) / (lasted_s * ln_range) * sum(a, b).exp();
                }
            }
            let left_s = t_s[n - 1] - onset_s;
            if left_s < DURATION_S.1 {
                inner += 0.5 * (DURATION_S.1 / left_s.max(0.2)).ln() / ln_range * sum(a, n).exp();
            }
            total += axis.ln_onset[a].exp() * inner;
        }
        total.ln()
    }

    fn wave(n: usize, hit: std::ops::Range<usize>, size: f64) -> Vec<f64> {
        let sign = |k| if hit.contains(&k) { 1.0 } else { -1.0 };
        (0..n).map(|k| size * sign(k) + 0.3 * (1.7 * k as f64).sin()).collect()
    }

    #[test]
    fn the_sum_over_all_windows_is_that_of_the_law() {
        let t_s: Vec<f64> = (0..300).map(|k| 0.3 * f64::from(k)).collect();
        for (hit, size) in [(0..300, 0.05), (100..300, 0.2), (40..90, 0.3), (200..210, 1.0)] {
            let l = wave(300, hit.clone(), size);
            let exact = by_hand(&t_s, 100.0, &l);
            let got = acting(&Axis::new(t_s.clone(), 100.0), &l).ln_evidence;
            assert!((got - exact).abs() < 0.25, "{hit:?}: {got} against {exact}");
        }
    }

    #[test]
    fn the_most_probable_window_is_the_one_that_was_hit() {
        let t_s: Vec<f64> = (0..600).map(|k| 0.1 * f64::from(k)).collect();
        let axis = Axis::new(t_s, 60.0);
        for hit in [0..600, 250..600, 0..70, 300..420] {
            let found = acting(&axis, &wave(600, hit.clone(), 2.0));
            assert_eq!(found.from, hit.start);
            assert_eq!(found.until, (hit.end < 600).then_some(hit.end));
            assert!(found.from_sigma_s < 0.1);
        }
    }

    #[test]
    fn a_fault_that_explains_nothing_is_only_believed_where_it_shows_nothing() {
        let axis = Axis::new((0..600).map(|k| 0.1 * f64::from(k)).collect(), 60.0);
        let found = acting(&axis, &vec![-5.0; 600]);
        assert!(found.ln_evidence < -5.0 && found.ln_evidence.is_finite(), "{found:?}");
        assert_eq!(bound(&[-1.0, 2.0, 3.0, -1.0, 0.5]), 5.0);
        assert_eq!(acting(&Axis::new(vec![], 10.0), &[]).ln_evidence, f64::NEG_INFINITY);
    }
}
