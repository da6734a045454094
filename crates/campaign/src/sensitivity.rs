//! Which input drives which figure, from the runs that were flown and no others.
//!
//! Owns: the first-order index with its interval and its floor of chance, the choice of inputs for the Shapley
//! effects (`shapley`), and the partial rank correlation (`rank`) that gives a sign.
//! As published — first-order Sobol index by ranks, [Gamboa2022]: with the runs in the order of input X,
//!     S = (Σ y_j y_{j+1} / n − ȳ²) / σ²
//! averaged over lags 1…K, which comes near the bound of efficiency, [KleinRochet2023].
//! As programmed: y centred, all lags weighted by their number of pairs, K = n^⅓.
//! The interval is ±1.96 deviations over random halves of the runs drawn without replacement, whose scatter is that
//! of the whole sample ([Politis1999] §2.2); drawing with replacement would pair runs with themselves.
//! The floor is what chance reaches: the largest index of [`PERMUTATIONS`] random orders, and no less than the normal
//! quantile of these orders that all inputs together exceed by chance in one figure of twenty ([`ALARMS`]).
//! An input that only changes the scatter of a figure has no first-order index; it is found by the same index of
//! the squared deviation, and shown by its Shapley effect.
//! Refuses: total indices. They need neighbours in all inputs but one, which 300 to 10,000 runs in some
//! twenty dimensions have not; and sensor noise, which is no input, would count in every one of them.

pub mod rank;
pub mod shapley;

use rayon::prelude::*;
use rig::random::Stream;
use shapley::Effect;

/// Random orders behind the floor.
pub const PERMUTATIONS: usize = 400;
/// Chance that any input without influence counts in a figure, in all three ways to count together.
pub const ALARMS: f64 = 0.05;
/// Random halves behind an interval.
const HALVES: usize = 60;
/// Inputs whose Shapley effects are worked out, at the most.
pub const EFFECTS_MAX: usize = 5;
/// Fewer runs than this say nothing.
pub const RUNS_MIN: usize = 50;

/// Values with a name; of inputs and figures alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name.
    pub key: String,
    /// One value a run; NaN for none.
    pub values: Vec<f64>,
}

/// What one input does to one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    /// Which: an index into the inputs.
    pub input: usize,
    /// First-order index: the share of the figure's variance that this input explains alone.
    pub first: f64,
    /// Its 95 % interval; NaN where the input does not count.
    pub interval: (f64, f64),
    /// The same index of the squared deviation.
    pub of_scatter: f64,
    /// Partial rank correlation; `None` where it cannot be told.
    pub prcc: Option<f64>,
    /// Shapley effect, of the inputs above the floor.
    pub shapley: Option<Effect>,
    /// Above what chance reaches in its index, in that of the squared deviation or in its correlation.
    pub counts: bool,
}

/// What drives one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// The figure.
    pub key: String,
    /// Runs that have it.
    pub runs: usize,
    /// First-order index that chance alone reaches.
    pub floor: f64,
    /// The inputs, most important first.
    pub drivers: Vec<Driver>,
    /// Share of the variance that the inputs with a Shapley effect explain together.
    pub explained: Option<f64>,
}

/// Sensitivities of each figure that varies in at least [`RUNS_MIN`] runs.
///
/// - `figures`, `inputs`: equally long series, one value a run. Inputs that do not vary are left out.
/// - Deterministic: the same series give the same figures on any number of threads.
/// - Cost: some seconds of one core for ten thousand runs, twenty inputs, six figures.
pub fn analyse(figures: &[Series], inputs: &[Series]) -> Vec<Sensitivity> {
    figures.par_iter().filter_map(|figure| of_figure(figure, inputs)).collect()
}

fn of_figure(figure: &Series, inputs: &[Series]) -> Option<Sensitivity> {
    let present: Vec<usize> =
        (0..figure.values.len()).filter(|j| figure.values[*j].is_finite()).collect();
    let y: Vec<f64> = present.iter().map(|j| figure.values[*j]).collect();
    let z = standardised(&y)?;
    if y.len() < RUNS_MIN {
        return None;
    }
    let columns: Vec<(usize, Vec<f64>)> = inputs
        .iter()
        .enumerate()
        .map(|(i, input)| (i, present.iter().map(|j| input.values[*j]).collect::<Vec<f64>>()))
        .filter(|(_, x)| varies(x))
        .collect();
    let squares: Vec<f64> = z.iter().map(|z| z * z).collect();
    let scatter = standardised(&squares);
    let deviations = deviations(columns.len());
    let floor = floor(&z, deviations, "floor");
    let scatter_floor =
        scatter.as_ref().map_or(f64::INFINITY, |s| self::floor(s, deviations, "scatter"));
    let xs: Vec<&[f64]> = columns.iter().map(|(_, x)| &x[..]).collect();
    let prcc = rank::partial_correlations(&xs, &y);
    let prcc_floor = rank::floor(y.len(), xs.len(), deviations);
    let halves = halves(y.len());
    let mut drivers: Vec<Driver> = columns
        .iter()
        .zip(prcc)
        .map(|((input, x), prcc)| {
            let order = rank::order(x);
            let first = index(&z, &order, lags(z.len()));
            let of_scatter = scatter.as_ref().map_or(0.0, |s| index(s, &order, lags(s.len())));
            let counts = first > floor
                || of_scatter > scatter_floor
                || prcc.is_some_and(|r| r.abs() > prcc_floor);
            // Of the others nobody asks for an interval.
            let interval = if counts {
                let half = 1.96 * scatter_of_halves(&z, &order, &halves);
                (first - half, (first + half).min(1.0))
            } else {
                (f64::NAN, f64::NAN)
            };
            Driver { input: *input, first, interval, of_scatter, prcc, shapley: None, counts }
        })
        .collect();
    let weight = |d: &Driver| (d.first / floor).max(d.of_scatter / scatter_floor);
    drivers.sort_by(|a, b| b.counts.cmp(&a.counts).then(weight(b).total_cmp(&weight(a))));
    let explained = effects(&mut drivers, &z, &columns);
    drivers.sort_by(|a, b| {
        let effect = |d: &Driver| d.shapley.map_or(f64::NEG_INFINITY, |effect| effect.share);
        effect(b).total_cmp(&effect(a)).then(b.first.total_cmp(&a.first))
    });
    Some(Sensitivity { key: figure.key.clone(), runs: y.len(), floor, drivers, explained })
}

/// Fills in the Shapley effects of the first drivers that count; returns what they explain together.
fn effects(drivers: &mut [Driver], z: &[f64], columns: &[(usize, Vec<f64>)]) -> Option<f64> {
    let chosen: Vec<usize> =
        (0..drivers.len()).take_while(|i| drivers[*i].counts).take(EFFECTS_MAX).collect();
    let column = |i: &usize| columns.iter().find(|(input, _)| *input == drivers[*i].input);
    let xs: Vec<&[f64]> = chosen.iter().filter_map(|i| Some(&column(i)?.1[..])).collect();
    let (effects, explained) = shapley::effects(z, &xs)?;
    for (i, effect) in chosen.into_iter().zip(effects) {
        drivers[i].shapley = Some(effect);
    }
    Some(explained)
}

/// Zero mean, unit variance; `None` for a constant.
fn standardised(y: &[f64]) -> Option<Vec<f64>> {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let sigma = (y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n).sqrt();
    let constant = sigma.is_nan() || sigma <= 1e-12 * mean.abs() || sigma <= 0.0;
    (!constant).then(|| y.iter().map(|y| (y - mean) / sigma).collect())
}

fn varies(x: &[f64]) -> bool {
    x.first().is_some_and(|first| x.iter().any(|x| x.to_bits() != first.to_bits()))
}

/// Lags that are averaged for `n` runs.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and positive
fn lags(n: usize) -> usize {
    (libm::round(libm::cbrt(n as f64)) as usize).clamp(1, n.saturating_sub(1).max(1))
}

/// The index of standardised `z` taken in an order, over lags 1 to `lags`.
fn index(z: &[f64], order: &[usize], lags: usize) -> f64 {
    let ordered: Vec<f64> = order.iter().map(|j| z[*j]).collect();
    autocorrelation(&ordered, lags)
}

/// Mean product of two values at most `lags` apart.
fn autocorrelation(y: &[f64], lags: usize) -> f64 {
    let (n, lags) = (y.len(), lags.min(y.len().saturating_sub(1)));
    if lags == 0 {
        return 0.0;
    }
    // The sum of the next `lags` values slides along.
    let mut ahead: f64 = y[1..=lags].iter().sum();
    let mut sum = 0.0;
    for j in 0..n {
        sum += y[j] * ahead;
        ahead += y.get(j + 1 + lags).copied().unwrap_or(0.0) - y.get(j + 1).copied().unwrap_or(0.0);
    }
    sum / (lags * n - lags * (lags + 1) / 2) as f64
}

/// Deviations that one test of `inputs` in three ways exceeds by chance so seldom that all together keep to [`ALARMS`].
fn deviations(inputs: usize) -> f64 {
    rig::normal::quantile(1.0 - ALARMS / (3 * inputs.max(1)) as f64)
}

/// The index that chance reaches: of random orders the largest, or so many deviations above their mean.
fn floor(z: &[f64], deviations: f64, name: &str) -> f64 {
    let mut stream = Stream::new(z.len() as u64, 0, name);
    let mut y = z.to_vec();
    let (mut most, mut sum, mut squares) = (0.0_f64, 0.0, 0.0);
    for _ in 0..PERMUTATIONS {
        shuffle(&mut y, &mut stream);
        let index = autocorrelation(&y, lags(z.len()));
        (most, sum, squares) = (most.max(index), sum + index, squares + index * index);
    }
    let mean = sum / PERMUTATIONS as f64;
    let sigma = (squares / PERMUTATIONS as f64 - mean * mean).max(0.0).sqrt();
    most.max(mean + deviations * sigma)
}

/// As [Press2007] §7.8 and everyone: each place takes one of those not yet taken.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below the length
pub(crate) fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for i in (1..items.len()).rev() {
        items.swap(i, ((stream.uniform() * (i + 1) as f64) as usize).min(i));
    }
}

/// Random halves of `n` runs: whether each run is in.
fn halves(n: usize) -> Vec<Vec<bool>> {
    let mut stream = Stream::new(n as u64, 0, "halves");
    let mut inside: Vec<bool> = (0..n).map(|j| j < n / 2).collect();
    let half = |_| {
        shuffle(&mut inside, &mut stream);
        inside.clone()
    };
    (0..HALVES).map(half).collect()
}

/// Standard deviation of the index over halves.
fn scatter_of_halves(z: &[f64], order: &[usize], halves: &[Vec<bool>]) -> f64 {
    let of_half = |inside: &Vec<bool>| {
        let y: Vec<f64> = order.iter().filter(|j| inside[**j]).map(|j| z[*j]).collect();
        standardised(&y).map_or(0.0, |z| autocorrelation(&z, lags(order.len())))
    };
    let indices: Vec<f64> = halves.iter().map(of_half).collect();
    let n = indices.len() as f64;
    let mean = indices.iter().sum::<f64>() / n;
    (indices.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests;
