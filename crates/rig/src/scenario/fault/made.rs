//! Faults put together by the program, not read from a file.

use super::super::dispersion::Dispersed;
use super::{Family, Fault, Number, known};
use truth::faulty::Moment;

/// Why a fault cannot be put together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FaultRefused {
    /// No device or kind of that name.
    #[error("no device `{on}` can have a fault `{kind}`")]
    Unknown {
        /// The device.
        on: String,
        /// The kind.
        kind: String,
    },
    /// Other numbers than the kind has, or one outside its limits.
    #[error("fault `{kind}` on `{on}`: {key} = {value} lies outside [{min}, {max}]")]
    Number {
        /// The device.
        on: String,
        /// The kind.
        kind: &'static str,
        /// The number's key.
        key: String,
        /// What was given; NaN for a number that is missing.
        value: f64,
        /// Least accepted.
        min: f64,
        /// Largest accepted.
        max: f64,
    },
}

impl Fault {
    /// A fault from its numbers in the file's units, in the order of [`Self::keys`]; in every run.
    ///
    /// # Errors
    /// A device or kind that does not exist, a number that is missing or outside its limits.
    pub fn of(
        on: &str,
        kind: &str,
        numbers: &[f64],
        from: Moment,
        until: Option<Moment>,
    ) -> Result<Self, FaultRefused> {
        let known = known().into_iter().find(|(name, _)| name == on);
        let kind = known
            .and_then(|(_, kinds)| kinds.into_iter().find(|known| *known == kind))
            .ok_or_else(|| FaultRefused::Unknown { on: on.to_string(), kind: kind.to_string() })?;
        let family = Family::of(on);
        let one = |(n, number): (usize, &Number)| {
            let value = numbers.get(n).copied().unwrap_or(f64::NAN);
            let (key, Number { min, max, .. }) = (number.name(family), *number);
            match (min..=max).contains(&value) {
                true => Ok((key, Dispersed::Fixed(value))),
                false => {
                    Err(FaultRefused::Number { on: on.to_string(), kind, key, value, min, max })
                }
            }
        };
        let numbers = family
            .numbers(kind)
            .iter()
            .enumerate()
            .map(one)
            .collect::<Result<_, FaultRefused>>()?;
        let (from_drawn, chance, one_of) = (None, None, None);
        Ok(Self { on: on.to_string(), kind, numbers, from, from_drawn, until, chance, one_of })
    }

    /// The keys of the numbers that a kind of fault has on a device, as files spell them, with least and largest.
    pub fn keys(on: &str, kind: &str) -> Vec<(String, f64, f64)> {
        let family = Family::of(on);
        let numbers = family.numbers(kind);
        numbers.iter().map(|number| (number.name(family), number.min, number.max)).collect()
    }
}
