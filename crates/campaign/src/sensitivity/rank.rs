//! Ranks, and the partial correlation of ranks.
//!
//! Owns: orders, mid-ranks, the partial rank correlation coefficients (PRCC).
//! As published — [SaltelliMarivoet1990], [Marino2008]: the correlation of two ranks with what all other inputs
//! explain linearly taken out of both; with P the inverse of the correlation matrix, −P_iy / √(P_ii P_yy).
//! It says which way a figure goes with an input, where it goes one way.

/// Places of values in ascending order; NaN first, equal values in the order of the runs.
pub fn order(x: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    let key = |j: usize| if x[j].is_nan() { f64::NEG_INFINITY } else { x[j] };
    order.sort_by(|a, b| key(*a).total_cmp(&key(*b)));
    order
}

/// Ranks from 0; equal values share their mean, NaN is the least.
pub fn mid_ranks(x: &[f64]) -> Vec<f64> {
    let order = order(x);
    let same = |a: usize, b: usize| x[a].to_bits() == x[b].to_bits();
    let mut ranks = vec![0.0; x.len()];
    let mut first = 0;
    while first < order.len() {
        let mut end = first + 1;
        while end < order.len() && same(order[end], order[first]) {
            end += 1;
        }
        let rank = 0.5 * (first + end - 1) as f64;
        order[first..end].iter().for_each(|j| ranks[*j] = rank);
        first = end;
    }
    ranks
}

/// Partial rank correlation of `y` with each of `xs`.
///
/// - `None` where inputs repeat each other, or for all where there are not ten runs more than inputs.
pub fn partial_correlations(xs: &[&[f64]], y: &[f64]) -> Vec<Option<f64>> {
    let none = vec![None; xs.len()];
    if y.len() < xs.len() + 10 {
        return none;
    }
    let columns: Vec<Vec<f64>> =
        xs.iter().copied().chain([y]).map(|x| unit(mid_ranks(x))).collect();
    let size = columns.len();
    let product = |a: usize, b: usize| -> f64 {
        columns[a].iter().zip(&columns[b]).map(|(a, b)| a * b).sum()
    };
    let matrix: Vec<Vec<f64>> =
        (0..size).map(|a| (0..size).map(|b| product(a, b)).collect()).collect();
    let Some(inverse) = inverse(matrix) else { return none };
    let y = size - 1;
    let partial = |i: usize| {
        let scale = inverse[i][i] * inverse[y][y];
        (scale > 0.0).then(|| (-inverse[i][y] / scale.sqrt()).clamp(-1.0, 1.0))
    };
    (0..y).map(partial).collect()
}

/// The size that a partial correlation without substance exceeds, to either side, as seldom as a normal deviate exceeds
/// `deviations` to one: by Fisher's transform, [Fisher1924].
pub fn floor(runs: usize, inputs: usize, deviations: f64) -> f64 {
    let free = runs as f64 - inputs as f64 - 2.0;
    // Both tails, so the quantile of half the chance; 0.3 more covers that between 2 and 4 deviations.
    if free < 1.0 { 1.0 } else { libm::tanh((deviations + 0.3) / free.sqrt()) }
}

/// Zero mean, unit length; zeros for a constant.
fn unit(mut x: Vec<f64>) -> Vec<f64> {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.iter_mut().for_each(|x| *x -= mean);
    let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    x.iter_mut().for_each(|x| *x /= length.max(f64::MIN_POSITIVE));
    x
}

/// Inverse by Gauss and Jordan with row pivots; `None` when columns depend on each other to 1e-9.
fn inverse(mut a: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = a.len();
    for (i, row) in a.iter_mut().enumerate() {
        row.extend((0..n).map(|j| f64::from(u8::from(i == j))));
    }
    for k in 0..n {
        let pivot = (k..n).max_by(|i, j| a[*i][k].abs().total_cmp(&a[*j][k].abs()))?;
        a.swap(k, pivot);
        let scale = a[k][k];
        if scale.abs() < 1e-9 {
            return None;
        }
        a[k].iter_mut().for_each(|x| *x /= scale);
        let row = a[k].clone();
        for (i, other) in a.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let factor = other[k];
            debug_assert!(i != k);
            other.iter_mut().zip(&row).for_each(|(x, r)| *x -= factor * r);
        }
    }
    Some(a.into_iter().map(|row| row[n..].to_vec()).collect())
}
