//! A value that may be dispersed, written where the value stands.
//!
//! Owns: the laws ([`Dispersed`]), their inverse distribution functions, and how they are written:
//! `{ mean, sigma }` normal, `{ mean, sigma, min, max }` the same cut off, `{ min, max }` uniform,
//! `{ values, weights }` one of a list. Does not own: which coordinate a run takes (see `sampling`).
//! As published: inversion, X = F⁻¹(U) [Devroye1986] II.2; for a normal law cut off, with a = (min − mean)/σ and b
//! likewise, X = mean + σ Φ⁻¹(Φ(a) + U (Φ(b) − Φ(a))). As programmed: the same, worked from the nearer tail; `mean` is
//! that of the normal law before it is cut off.
//! Refuses: a mean outside the bounds, where the law would be a tail.

use super::error::{LawError, ScenarioError};
use super::file::{Entry, Node};
use super::reader::{Read, Reader, unit_of};
use crate::normal;
use std::collections::BTreeMap;
use truth::random::Stream;

/// The run in which nothing is dispersed: every value at its mean, every device exact but for its noise,
/// the orbit and the map as they are. Campaigns begin after it.
pub const REFERENCE_RUN: u64 = 0;

/// A value that is fixed, or drawn anew for each run.
#[derive(Clone, Debug, PartialEq)]
pub enum Dispersed {
    /// The same in every run.
    Fixed(f64),
    /// Normally distributed.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sigma: f64,
    },
    /// Normally distributed between bounds.
    Truncated {
        /// Mean before it is cut off, between the bounds.
        mean: f64,
        /// Standard deviation before it is cut off.
        sigma: f64,
        /// Least value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// Uniformly distributed.
    Uniform {
        /// Least value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// One of a list.
    Discrete {
        /// The list.
        values: Vec<f64>,
        /// How often each is taken, beside the others; as many, each positive.
        weights: Vec<f64>,
    },
}

impl Dispersed {
    /// The value of the [`REFERENCE_RUN`], with which plans are made: the mean as written, the middle of a uniform law,
    /// the likeliest of a list (the first of equals).
    pub fn reference(&self) -> f64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Normal { mean, .. } | Self::Truncated { mean, .. } => *mean,
            Self::Uniform { min, max } => 0.5 * (min + max),
            Self::Discrete { values, weights } => {
                let pairs = values.iter().zip(weights);
                let best = pairs.reduce(|best, pair| if pair.1 > best.1 { pair } else { best });
                best.map_or(f64::NAN, |(value, _)| *value)
            }
        }
    }

    /// Whether it is the same in every run.
    pub fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }

    /// The value below which a share `u` of all lie.
    ///
    /// - `u`: taken into the open interval from 0 to 1, for a normal law has no value at its ends.
    pub fn quantile(&self, u: f64) -> f64 {
        let u = u.clamp(f64::MIN_POSITIVE, 1.0 - 0.5 * f64::EPSILON);
        match self {
            Self::Fixed(value) => *value,
            Self::Normal { mean, sigma } => mean + sigma * normal::quantile(u),
            Self::Truncated { mean, sigma, min, max } => (mean
                + sigma * truncated([(min - mean) / sigma, (max - mean) / sigma], u))
            .clamp(*min, *max),
            Self::Uniform { min, max } => min + (max - min) * u,
            Self::Discrete { values, weights } => {
                let mut left = u * weights.iter().sum::<f64>();
                let mut chosen = f64::NAN;
                for (value, weight) in values.iter().zip(weights) {
                    chosen = *value;
                    left -= weight;
                    if left < 0.0 {
                        break;
                    }
                }
                chosen
            }
        }
    }

    /// The value where a standard normal deviate is `z`: [`Self::quantile`] of Φ(z), a normal law exactly.
    pub fn at_normal(&self, z: f64) -> f64 {
        match self {
            Self::Normal { mean, sigma } => mean + sigma * z,
            _ => self.quantile(normal::cumulative(z)),
        }
    }

    /// A value from a stream of its own.
    pub fn from_stream(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Fixed(value) => *value,
            Self::Normal { mean, sigma } => mean + sigma * stream.normal(),
            Self::Uniform { min, max } => stream.uniform_between(*min, *max),
            Self::Truncated { .. } | Self::Discrete { .. } => self.quantile(stream.uniform()),
        }
    }
}

/// The quantile of a standard normal law cut off at `a` ≤ 0 ≤ `b`, at least one of them not 0.
fn truncated([a, b]: [f64; 2], u: f64) -> f64 {
    let (below, above) = (normal::cumulative(a), normal::cumulative(-b));
    let (inside, p) = (1.0 - below - above, below + u * (1.0 - below - above));
    if p <= 0.5 { normal::quantile(p) } else { -normal::quantile(above + (1.0 - u) * inside) }
}

const EXPECTED: &str =
    "a number, { mean, sigma }, { mean, sigma, min, max }, { min, max } or { values, weights }";
/// Most values of a list, and limits of a weight. Assumed: more is not written by hand.
const VALUES_MAX: usize = 1000;
pub(super) const WEIGHTS: (f64, f64) = (1e-9, 1e9);

/// Whether a table is one dispersed value, whatever its numbers.
pub(super) fn is_law(table: &BTreeMap<String, Entry>) -> bool {
    let keys: Vec<&str> = table.keys().map(String::as_str).collect();
    LAWS.contains(&&keys[..])
}

/// The laws by their keys, in order of the alphabet.
const LAWS: [&[&str]; 4] =
    [&["mean", "sigma"], &["max", "mean", "min", "sigma"], &["max", "min"], &["values", "weights"]];

impl<'a> Reader<'a> {
    /// A number or a law of one; every value and bound in `[min, max]`, sigma ≥ 0.
    pub fn dispersed(&self, key: &str, min: f64, max: f64) -> Read<Dispersed> {
        let entry = self.entry(key, EXPECTED)?;
        if entry.number().is_some() {
            return self.number(key, min, max).map(Dispersed::Fixed);
        }
        let Node::Table(table) = &entry.node else { return Err(self.wrong(entry, key, EXPECTED)) };
        if !is_law(table) {
            return Err(self.wrong(entry, key, EXPECTED));
        }
        let number = |part: &str, min: f64, max: f64| -> Read<f64> {
            let part_key = format!("{key}.{part}");
            let Some(entry) = table.get(part) else { return Err(self.wrong(entry, key, EXPECTED)) };
            let value = entry.number().ok_or_else(|| self.wrong(entry, &part_key, "a number"))?;
            self.within(entry, &part_key, value, min, max)
        };
        let bounds = || -> Read<(f64, f64)> {
            let low = number("min", min, max)?;
            let high = number("max", low, max)?;
            if low < high {
                return Ok((low, high));
            }
            Err(self.no_law(entry, key, LawError::EmptyInterval { min: low, max: high }))
        };
        if table.contains_key("values") {
            return self.listed(entry, key, table, (min, max));
        }
        if !table.contains_key("sigma") {
            let (min, max) = bounds()?;
            return Ok(Dispersed::Uniform { min, max });
        }
        let sigma = number("sigma", 0.0, max - min)?;
        if !table.contains_key("min") {
            return Ok(Dispersed::Normal { mean: number("mean", min, max)?, sigma });
        }
        let (min, max) = bounds()?;
        let mean = number("mean", min, max)?;
        if sigma > 0.0 {
            return Ok(Dispersed::Truncated { mean, sigma, min, max });
        }
        Err(self.no_law(entry, key, LawError::NoSpread))
    }

    fn listed(
        &self,
        entry: &Entry,
        key: &str,
        table: &BTreeMap<String, Entry>,
        (min, max): (f64, f64),
    ) -> Read<Dispersed> {
        let numbers = |part: &str, unit: &'static str, (min, max): (f64, f64)| -> Read<Vec<f64>> {
            let part_key = format!("{key}.{part}");
            let Some(Node::Array(items)) = table.get(part).map(|entry| &entry.node) else {
                let found = table.get(part).unwrap_or(entry);
                return Err(self.wrong(found, &part_key, "a list of numbers"));
            };
            let number = |(i, item): (usize, &Entry)| {
                let key = format!("{part_key}[{i}]");
                let value = item.number().ok_or_else(|| self.wrong(item, &key, "a number"))?;
                let (file, spot) = self.place(item);
                let key = self.key(&key);
                if value >= min && value <= max {
                    return Ok(value);
                }
                Err(ScenarioError::OutOfRange { file, key, value, unit, min, max, spot })
            };
            items.iter().enumerate().map(number).collect()
        };
        let values = numbers("values", unit_of(key), (min, max))?;
        let weights = numbers("weights", "", WEIGHTS)?;
        if !(1..=VALUES_MAX).contains(&values.len()) || values.len() != weights.len() {
            let (values, weights, most) = (values.len(), weights.len(), VALUES_MAX);
            return Err(self.no_law(entry, key, LawError::Lengths { values, weights, most }));
        }
        Ok(Dispersed::Discrete { values, weights })
    }

    fn no_law(&self, entry: &Entry, key: &str, reason: LawError) -> ScenarioError {
        let (file, spot) = self.place(entry);
        ScenarioError::Law { file, key: self.key(key), reason, spot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truncated_law() -> Dispersed {
        Dispersed::Truncated { mean: 1.0, sigma: 2.0, min: 0.0, max: 6.0 }
    }

    #[test]
    fn every_quantile_is_the_inverse_of_its_distribution() {
        let Dispersed::Truncated { mean, sigma, min, max } = truncated_law() else { panic!() };
        let share = |x: f64| normal::cumulative((x - mean) / sigma);
        for i in 0..=1000 {
            let u = f64::from(i) / 1000.0;
            let x = truncated_law().quantile(u);
            let back = (share(x) - share(min)) / (share(max) - share(min));
            assert!((back - u).abs() < 1e-14, "{u}: {x} {back}");
            assert!((min..=max).contains(&x));
            let uniform = Dispersed::Uniform { min: -2.0, max: 6.0 }.quantile(u);
            assert!((uniform - (8.0 * u - 2.0)).abs() < 1e-14);
        }
        let normal = Dispersed::Normal { mean: 10.0, sigma: 3.0 };
        assert!((normal.quantile(0.975) - 15.879_891_953_620_162).abs() < 1e-13);
        assert_eq!(normal.at_normal(1.5), 14.5);
    }

    #[test]
    fn a_law_cut_off_close_to_its_mean_becomes_uniform_and_far_from_it_normal() {
        let close = Dispersed::Truncated { mean: 0.0, sigma: 1e4, min: -1.0, max: 3.0 };
        let far = Dispersed::Truncated { mean: 5.0, sigma: 0.5, min: -1e3, max: 1e3 };
        for u in [1e-6, 0.01, 0.3, 0.5, 0.77, 1.0 - 1e-6] {
            assert!((close.quantile(u) - (4.0 * u - 1.0)).abs() < 1e-7, "{u}");
            let plain = Dispersed::Normal { mean: 5.0, sigma: 0.5 }.quantile(u);
            assert!((far.quantile(u) - plain).abs() < 1e-12, "{u}");
        }
    }

    #[test]
    fn a_list_is_taken_by_its_weights_and_the_likeliest_is_the_reference() {
        let (values, weights) = (vec![3.0, -1.0, 8.0], vec![1.0, 2.0, 1.0]);
        let law = Dispersed::Discrete { values, weights };
        let taken = [0.0, 0.2499, 0.25, 0.7499, 0.75, 1.0].map(|u| law.quantile(u));
        assert_eq!(taken, [3.0, 3.0, -1.0, -1.0, 8.0, 8.0]);
        assert_eq!(law.reference(), -1.0);
        let even = Dispersed::Discrete { values: vec![4.0, 5.0], weights: vec![1.0, 1.0] };
        assert_eq!(even.reference(), 4.0);
    }

    #[test]
    fn no_coordinate_gives_a_value_that_is_none() {
        for law in [Dispersed::Normal { mean: 0.0, sigma: 1.0 }, truncated_law()] {
            for u in [0.0, 1.0, -5.0, 7.0, f64::MIN_POSITIVE] {
                assert!(law.quantile(u).is_finite(), "{law:?} {u}");
            }
        }
    }
}
