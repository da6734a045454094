//! What is believed about the size and the time of a fault before anything is looked at.
//!
//! Owns: [`sizes`], [`Size`], [`Onset`]. Does not own: how bad a kind is tried (`rig::severity`).
//! As programmed: around the library's severity the logarithm of a size is normal with [`SIGMA_LN`], which leaves two
//! thirds within a factor of 4.5; signed sizes are of either sign, and the channels of one device have the library's
//! pattern of sizes with a common factor, each with its own sign. A factor near one spreads by its distance from one, a
//! probability by its log odds. Assumed; the blind test draws from the same laws.

use rig::scenario::fault::Fault;
use rig::severity::SEVERITIES;
use truth::random::Stream;

/// Standard deviation of the logarithm of a size; assumed.
pub const SIGMA_LN: f64 = 1.5;
/// Share of faults that act from the start, and of those that last.
pub const SHARE_FROM_START: f64 = 0.5;
/// See [`SHARE_FROM_START`].
pub const SHARE_FOR_GOOD: f64 = 0.5;
/// Durations of those that do not last: uniform in the logarithm between these, s; assumed.
pub const DURATION_S: (f64, f64) = (0.2, 100.0);
/// The computer's restarts have no severity in the library; assumed.
const RESTART: &str = "outage_s = 1.0";
/// A probability is no larger.
const PROBABILITY_MAX: f64 = 0.98;

/// How a number spreads around its typical value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// ln x normal.
    Positive,
    /// ln |x| normal, either sign.
    Signed,
    /// ln |x − 1| normal, either side of one.
    Factor,
    /// ln (x/(1 − x)) normal.
    Probability,
    /// Always the typical value.
    Fixed,
}

/// One number of a kind of fault before anything is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Key as files spell it.
    pub key: String,
    /// The library's value, in the file's unit.
    pub typical: f64,
    /// How it spreads.
    pub law: Law,
    /// Least and largest that the key takes.
    pub limits: (f64, f64),
}

/// The numbers of a kind of fault, in the order of [`Fault::keys`]; none where the library has no severity for it or the
/// kind has no numbers. `on` may be any of several like devices.
pub fn sizes(on: &str, kind: &str) -> Vec<Size> {
    let first = match on.split_once('.') {
        Some((family, _)) => format!("{family}.0"),
        None => on.to_string(),
    };
    let found = SEVERITIES.iter().find(|tried| tried.on == first && tried.kind == kind);
    let lines = if on == "computer" { RESTART } else { found.map_or("", |tried| tried.lines) };
    let written: toml::Table = lines.parse().unwrap_or_default();
    let number = |key: &str| {
        let value = written.get(key)?;
        value.as_float().or_else(|| value.as_integer().map(|n| n as f64))
    };
    let size = |(key, min, max): (String, f64, f64)| {
        let typical = number(&key)?;
        Some(Size { law: law(kind, &key, typical), key, typical, limits: (min, max) })
    };
    Fault::keys(on, kind).into_iter().filter_map(size).collect()
}

fn law(kind: &str, key: &str, typical: f64) -> Law {
    match (kind, key) {
        _ if typical == 0.0 => Law::Fixed,
        // A false value is a property of what is seen by mistake, not of how bad it is.
        ("ghost", key) if key != "probability" => Law::Fixed,
        (_, "probability") => Law::Probability,
        ("scale", _) => Law::Factor,
        ("bias" | "drift" | "time_tag", _) => Law::Signed,
        _ => Law::Positive,
    }
}

impl Size {
    /// The value that lies `z` standard deviations from the typical one, on the negative side of a signed law where
    /// `negative`.
    pub fn at(&self, z: f64, negative: bool) -> f64 {
        let factor = libm::exp(SIGMA_LN * z);
        let sign = if negative { -1.0 } else { 1.0 };
        let value = match self.law {
            Law::Fixed => self.typical,
            Law::Positive => self.typical * factor,
            Law::Signed => sign * self.typical.abs() * factor,
            Law::Factor => 1.0 + sign * (self.typical - 1.0).abs() * factor,
            Law::Probability => {
                let odds = self.typical / (1.0 - self.typical) * factor;
                (odds / (1.0 + odds)).min(PROBABILITY_MAX)
            }
        };
        value.clamp(self.limits.0, self.limits.1)
    }

    /// How many standard deviations a value lies from the typical one; infinite where the law has no such value.
    pub fn z(&self, value: f64) -> f64 {
        let ratio = match self.law {
            Law::Fixed if (value - self.typical).abs() < 1e-12 => 1.0,
            Law::Fixed => f64::NAN,
            Law::Positive => value / self.typical,
            Law::Signed => (value / self.typical).abs(),
            Law::Factor => ((value - 1.0) / (self.typical - 1.0)).abs(),
            Law::Probability => value / (1.0 - value) * (1.0 - self.typical) / self.typical,
        };
        let z = libm::log(ratio) / SIGMA_LN;
        if z.is_nan() { f64::INFINITY } else { z }
    }
}

/// The numbers of one fault, drawn: a common factor for all its channels, a sign for each.
pub fn draw(on: &str, kind: &str, stream: &mut Stream) -> Vec<f64> {
    let z = stream.normal();
    sizes(on, kind).iter().map(|size| size.at(z, stream.uniform() < 0.5)).collect()
}

/// When a fault acts, s after the first cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Onset {
    /// Beginning.
    pub from_s: f64,
    /// End; `None` for never.
    pub until_s: Option<f64>,
}

impl Onset {
    /// Drawn for a flight that lasts `flight_s`.
    pub fn draw(flight_s: f64, stream: &mut Stream) -> Self {
        let [at_once, from, lasts, duration] = std::array::from_fn(|_| stream.uniform());
        let from_s = if at_once < SHARE_FROM_START { 0.0 } else { from * flight_s };
        let (least, longest) = DURATION_S;
        let duration_s = least * libm::pow(longest / least, duration);
        let until_s = (lasts >= SHARE_FOR_GOOD).then_some(from_s + duration_s);
        Self { from_s, until_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_as_far_from_the_typical_one_as_it_was_drawn() {
        for tried in SEVERITIES {
            for size in sizes(tried.on, tried.kind) {
                let typical = size
                    .at(0.0, size.typical < 0.0 || (size.law == Law::Factor && size.typical < 1.0));
                assert!(
                    (typical - size.typical).abs() <= 1e-12 * size.typical.abs(),
                    "{tried:?} {size:?}"
                );
                if size.law != Law::Fixed && size.at(0.3, false) < size.limits.1.min(0.95) {
                    assert!((size.z(size.at(0.3, false)) - 0.3).abs() < 1e-9, "{tried:?} {size:?}");
                }
            }
        }
    }

    #[test]
    fn every_number_of_the_library_has_a_law() {
        for tried in SEVERITIES {
            let keys = Fault::keys(tried.on, tried.kind).len();
            assert_eq!(sizes(tried.on, tried.kind).len(), keys, "{tried:?}");
        }
    }

    #[test]
    fn half_of_the_faults_act_from_the_start_and_half_for_good() {
        let mut stream = Stream::new(1, 1, "onset");
        let drawn: Vec<Onset> = (0..4000).map(|_| Onset::draw(800.0, &mut stream)).collect();
        let count = |which: fn(&Onset) -> bool| drawn.iter().filter(|onset| which(onset)).count();
        for found in [count(|onset| onset.from_s == 0.0), count(|onset| onset.until_s.is_none())] {
            assert!((found as f64 - 2000.0).abs() < 4.0 * 31.7, "{found}");
        }
    }
}
