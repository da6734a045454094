//! Groups around medoids.
//!
//! Owns: the dissimilarity of two runs, the search for medoids, the silhouette.
//! As published — [Gower1971]: the weighted mean over features of |a − b| / range. [KaufmanRousseeuw1990] ch. 2:
//! medoids are added one by one where they lower the sum of dissimilarities most, then exchanged as long as that lowers it.
//! As programmed: the range of a feature is that between its 5 % and 95 % quantiles, so that one far value does
//! not flatten all others; differences beyond it count 1. A value that is absent in one of two runs counts 1 too.

use super::Feature;
use crate::order::quantile;

/// The dissimilarity.
pub struct Gower<'a> {
    features: &'a [Feature],
    weights: &'a [f64],
    ranges: Vec<f64>,
    total: f64,
}

impl<'a> Gower<'a> {
    /// With the ranges of the runs at `places`.
    pub fn new(features: &'a [Feature], weights: &'a [f64], places: &[usize]) -> Self {
        let range = |feature: &Feature| {
            let values = places.iter().map(|place| feature.values[*place]);
            let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            let at = |q| quantile(&values, q).unwrap_or(0.0);
            let inner = at(0.95) - at(0.05);
            if inner > 0.0 { inner } else { at(1.0) - at(0.0) }
        };
        let ranges = features.iter().map(range).collect();
        Self { features, weights, ranges, total: weights.iter().sum::<f64>().max(1e-12) }
    }

    /// Of the runs at two places, 0 to 1.
    pub fn distance(&self, a: usize, b: usize) -> f64 {
        let part = |feature: &Feature, range: f64| {
            let (a, b) = (feature.values[a], feature.values[b]);
            match (a.is_finite(), b.is_finite()) {
                (true, true) if range > 0.0 => ((a - b).abs() / range).min(1.0),
                (true, true) | (false, false) => 0.0,
                _ => 1.0,
            }
        };
        let parts = self.features.iter().zip(&self.ranges).zip(self.weights);
        let sum: f64 = parts.map(|((feature, range), w)| w * part(feature, *range)).sum();
        sum / self.total
    }
}

/// Dissimilarities of all pairs.
pub type Table = Vec<Vec<f64>>;

/// The table of the runs at `places`.
pub fn table(gower: &Gower<'_>, places: &[usize]) -> Table {
    let row = |a: &usize| places.iter().map(|b| gower.distance(*a, *b)).collect();
    places.iter().map(row).collect()
}

/// Sum over all of the distance to the nearest of `medoids`.
fn cost(table: &Table, medoids: &[usize]) -> f64 {
    let nearest = |row: &Vec<f64>| medoids.iter().map(|m| row[*m]).fold(f64::INFINITY, f64::min);
    table.iter().map(nearest).sum()
}

/// `k` medoids.
///
/// - Cost: at most 20 rounds of k n² additions.
pub fn around(table: &Table, k: usize) -> Vec<usize> {
    let n = table.len();
    let mut medoids: Vec<usize> = Vec::new();
    let mut nearest = vec![f64::INFINITY; n];
    while medoids.len() < k.min(n) {
        let with =
            |m: usize| -> f64 { nearest.iter().zip(&table[m]).map(|(d, e)| d.min(*e)).sum() };
        let free = (0..n).filter(|m| !medoids.contains(m));
        let Some(best) = free.min_by(|a, b| with(*a).total_cmp(&with(*b))) else { break };
        nearest.iter_mut().zip(&table[best]).for_each(|(d, e)| *d = d.min(*e));
        medoids.push(best);
    }
    let mut least = cost(table, &medoids);
    for _ in 0..20 {
        let before = least;
        for i in 0..medoids.len() {
            // What the others leave to each run, then the best place for this one.
            let left: Vec<f64> = table
                .iter()
                .map(|row| {
                    let others = medoids.iter().enumerate().filter(|(j, _)| *j != i);
                    others.map(|(_, m)| row[*m]).fold(f64::INFINITY, f64::min)
                })
                .collect();
            let with =
                |m: usize| -> f64 { left.iter().zip(&table[m]).map(|(d, e)| d.min(*e)).sum() };
            let best = (0..n).map(|m| (with(m), m)).min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((cost, m)) = best.filter(|(cost, _)| *cost < least - 1e-12) {
                (medoids[i], least) = (m, cost);
            }
        }
        if least >= before {
            break;
        }
    }
    medoids
}

/// Mean silhouette, −1 to 1; 0 for a single group.
pub fn silhouette(table: &Table, medoids: &[usize]) -> f64 {
    let n = table.len();
    let group = |row: &Vec<f64>| {
        let by = |a: &usize, b: &usize| row[medoids[*a]].total_cmp(&row[medoids[*b]]);
        (0..medoids.len()).min_by(by).unwrap_or(0)
    };
    let groups: Vec<usize> = table.iter().map(group).collect();
    let of = |j: usize| {
        let mut sums = vec![(0.0, 0_u32); medoids.len()];
        for (other, g) in groups.iter().enumerate().filter(|(other, _)| *other != j) {
            sums[*g].0 += table[j][other];
            sums[*g].1 += 1;
        }
        let mean = |(sum, count): &(f64, u32)| sum / f64::from((*count).max(1));
        let (own, others) = (groups[j], sums.iter().enumerate());
        if sums[own].1 == 0 {
            return 0.0;
        }
        let others = others.filter(|(g, (_, count))| *g != own && *count > 0);
        let (a, b) = (mean(&sums[own]), others.map(|(_, s)| mean(s)).fold(f64::INFINITY, f64::min));
        if b.is_finite() && a.max(b) > 0.0 { (b - a) / a.max(b) } else { 0.0 }
    };
    (0..n).map(of).sum::<f64>() / n.max(1) as f64
}
