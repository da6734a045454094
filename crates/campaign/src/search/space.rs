//! The space that is searched: what can be disturbed, and how likely a disturbance is.
//!
//! Owns: [`Dimension`], [`Point`] and its log-likelihood. Does not own: what a dimension does to a flight
//! (`library`, `bench`).
//! A point is a set of disturbances; each has a size in units of its dimension's scale, and a place in time or
//! along the track. Its log-likelihood is, as in adaptive stress testing [Lee2020], that of the disturbances as
//! drawn:
//!     ln p = Σ (ln rate − size²/2 − ln 2 [when the size has a sign])
//! rate being the chance that a flight has this disturbance at all, the size half-normal (normal when it has a
//! sign), the place uniform. Constants of the densities are left out: a disturbance without a size counts like
//! one of the likeliest size.

/// What values a size can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sized {
    /// None: it is there or it is not.
    No,
    /// Above zero.
    Positive,
    /// Either way.
    Signed,
}

/// One thing that can be disturbed.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Name: device, kind, channel.
    pub name: String,
    /// What failures are told apart by: the device and how it misleads, such as `rangefinder short-sighted`.
    pub class: String,
    /// Chance that a flight has it at all.
    pub rate: f64,
    /// Its size.
    pub sized: Sized,
    /// Places at which it is tried first, 0 to 1; one alone is the only one it has.
    pub places: Vec<f64>,
}

/// One disturbance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Which dimension.
    pub dimension: usize,
    /// Size in units of the dimension's scale; 1 when it has none.
    pub size: f64,
    /// Place, 0 to 1.
    pub place: f64,
}

/// A set of disturbances, ascending by dimension, no dimension twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point(pub Vec<Part>);

impl Point {
    /// Of one disturbance.
    pub fn of(part: Part) -> Self {
        Self(vec![part])
    }

    /// With one more; `None` when its dimension is there already.
    pub fn with(&self, part: Part) -> Option<Self> {
        let at = self.0.partition_point(|own| own.dimension < part.dimension);
        if self.0.get(at).is_some_and(|own| own.dimension == part.dimension) {
            return None;
        }
        let mut parts = self.0.clone();
        parts.insert(at, part);
        Some(Self(parts))
    }

    /// Without the `n`-th.
    #[must_use]
    pub fn without(&self, n: usize) -> Self {
        let keep = |(k, part): (usize, &Part)| (k != n).then_some(*part);
        Self(self.0.iter().enumerate().filter_map(keep).collect())
    }

    /// Every size times `factor`.
    #[must_use]
    pub fn scaled(&self, dimensions: &[Dimension], factor: f64) -> Self {
        let part = |part: &Part| match dimensions[part.dimension].sized {
            Sized::No => *part,
            _ => Part { size: part.size * factor, ..*part },
        };
        Self(self.0.iter().map(part).collect())
    }

    /// Log-likelihood; see the head of this module.
    pub fn log_likelihood(&self, dimensions: &[Dimension]) -> f64 {
        let part = |part: &Part| {
            let dimension = &dimensions[part.dimension];
            let rate = libm::log(dimension.rate);
            match dimension.sized {
                Sized::No => rate,
                Sized::Positive => rate - 0.5 * part.size * part.size,
                Sized::Signed => rate - 0.5 * part.size * part.size - core::f64::consts::LN_2,
            }
        };
        self.0.iter().map(part).sum()
    }

    /// Length of the vector of sizes: how far from no disturbance, in units of the scales.
    pub fn length(&self) -> f64 {
        self.0.iter().map(|part| part.size * part.size).sum::<f64>().sqrt()
    }

    /// The classes of what is disturbed, sorted, each once.
    pub fn classes<'a>(&self, dimensions: &'a [Dimension]) -> Vec<&'a str> {
        let class = |part: &Part| dimensions[part.dimension].class.as_str();
        let mut out: Vec<&str> = self.0.iter().map(class).collect();
        out.sort_unstable();
        out.dedup();
        out
    }
}

/// Whether every one of `few` is among `many`; both sorted.
pub(super) fn includes(many: &[&str], few: &[&str]) -> bool {
    few.iter().all(|class| many.binary_search(class).is_ok())
}
