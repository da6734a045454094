//! What a person did wrong in a scenario or vehicle file, with the line that shows it.
//!
//! Owns: [`ScenarioError`] and its place in the file. Does not own: when each is raised (see the readers).

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use std::path::PathBuf;

/// A stretch of a file, to be underlined.
#[derive(Debug)]
pub struct Spot {
    /// The file's name and text.
    pub text: NamedSource<String>,
    /// Octets to underline.
    pub at: SourceSpan,
}

/// Why a scenario cannot run. Every variant names the file; most name the key and show the line.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{file}: cannot be read")]
    Unreadable {
        /// The file asked for.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// A file that another one names cannot be read.
    #[error("{file}: {key} = {named:?} cannot be read: there is no readable file {path}")]
    UnreadableLink {
        /// The file that names it.
        file: PathBuf,
        /// The key that names it.
        key: &'static str,
        /// The name as written.
        named: String,
        /// The file asked for.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
        /// Where.
        spot: Box<Spot>,
    },
    /// The file is not TOML.
    #[error("{file}: not TOML: {message}")]
    NotToml {
        /// The file.
        file: PathBuf,
        /// What the parser said.
        message: String,
        /// Where.
        spot: Box<Spot>,
    },
    /// `extends` leads back to a file already read.
    #[error("{file}: `extends` leads back to this file")]
    ExtendsItself {
        /// The file met twice.
        file: PathBuf,
    },
    /// A key that must be there is not.
    #[error("{file}: `{key}` is missing")]
    MissingKey {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// What the key holds.
        expected: String,
    },
    /// A key that nothing reads.
    #[error("{file}: `{key}` is not a key of this file")]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// Which key was probably meant, or which ones there are.
        help: String,
        /// Where.
        spot: Box<Spot>,
    },
    /// A value of the wrong kind.
    #[error("{file}: {key} must be {expected}, not {found}")]
    WrongType {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// What is accepted.
        expected: String,
        /// What was found.
        found: String,
        /// Where.
        spot: Box<Spot>,
    },
    /// A number outside its range, NaN and the infinities included.
    #[error("{file}: {key} = {value}{}{unit} lies outside [{min}, {max}]", gap(unit))]
    OutOfRange {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// The number given.
        value: f64,
        /// Its unit, empty for none.
        unit: &'static str,
        /// Least accepted.
        min: f64,
        /// Largest accepted.
        max: f64,
        /// Where.
        spot: Box<Spot>,
    },
    /// A word that is not one of the known ones: a fault, a target, a configuration, an event.
    #[error("{file}: {key} knows no `{value}`")]
    UnknownChoice {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// The word given.
        value: String,
        /// The known words, separated by commas.
        known: String,
        /// Where.
        spot: Box<Spot>,
    },
    /// A law of a dispersed value that no value follows.
    #[error("{file}: {key}: {reason}")]
    Law {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// Which number, with its limit.
        reason: LawError,
        /// Where.
        spot: Box<Spot>,
    },
    /// Dispersed values that cannot be correlated so.
    #[error("{file}: {key}: {reason}")]
    Correlation {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// Why not.
        reason: CorrelationError,
        /// Where.
        spot: Box<Spot>,
    },
    /// More dispersed values than a sampling has dimensions.
    #[error("{file}: {key}: {sampling} has {most} dimensions; {inputs} values are dispersed")]
    TooManyInputs {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// The sampling.
        sampling: &'static str,
        /// Dispersed values.
        inputs: usize,
        /// Dimensions there are.
        most: usize,
        /// Where.
        spot: Box<Spot>,
    },
    /// A sensor is to be used that is not on board.
    #[error("{file}: {key} names `{name}`, which {vehicle} does not carry")]
    NotCarried {
        /// The file.
        file: PathBuf,
        /// Full path of the key.
        key: String,
        /// The sensor.
        name: String,
        /// The vehicle.
        vehicle: String,
        /// Where.
        spot: Box<Spot>,
    },
    /// A vehicle whose numbers do not make a vehicle.
    #[error("{file}: no such vehicle can be built")]
    Vehicle {
        /// The vehicle file.
        file: PathBuf,
        /// Which number, with its limits.
        #[source]
        reason: truth::vehicle::VehicleError,
    },
    /// A radio or a link whose numbers do not go together.
    #[error("{file}: no such link can be built")]
    Radio {
        /// The scenario file.
        file: PathBuf,
        /// What does not fit.
        #[source]
        reason: truth::radio::RadioError,
    },
    /// A bit rate that the radio does not have.
    #[error("{file}: link.bit_rate_bit_s = {rate} bit/s; the radio has {known}")]
    NoSuchRate {
        /// The scenario file.
        file: PathBuf,
        /// The rate given, bit/s.
        rate: f64,
        /// Those there are.
        known: String,
    },
    /// A fault of a radio where there is none.
    #[error("{file}: a fault on `{on}` in a scenario without [link]: there is no radio to fail")]
    NoLink {
        /// The scenario file.
        file: PathBuf,
        /// The device.
        on: String,
    },
    /// A large terrain file whose damage showed only when a run looked at that part of it.
    #[error("{file}: a run looked at ground that cannot be read; it is worth nothing")]
    Ground {
        /// The scenario file.
        file: PathBuf,
        /// What is wrong with the tile.
        #[source]
        reason: std::sync::Arc<truth::environment::terrain::TerrainError>,
    },
    /// A terrain file that is absent or is not an elevation tile.
    #[error("{file}: the terrain tile {tile} cannot be used")]
    Terrain {
        /// The scenario file.
        file: PathBuf,
        /// The tile's file.
        tile: PathBuf,
        /// What is wrong with it.
        #[source]
        reason: Box<truth::environment::terrain::TerrainError>,
    },
    /// A kernel that is absent or cannot be used.
    #[error("{file}: truth.kernels names a kernel that cannot be used")]
    Kernel {
        /// The scenario file.
        file: PathBuf,
        /// Which kernel, and what is wrong with it.
        #[source]
        reason: Box<truth::environment::kernel::KernelError>,
    },
    /// A gravity file that is absent or does not hold the field asked for.
    #[error("{file}: the gravity field cannot be read")]
    Gravity {
        /// The scenario file.
        file: PathBuf,
        /// What is wrong with the gravity file.
        #[source]
        reason: Box<truth::environment::gravity::GravityFileError>,
    },
    /// The Moon cannot be built as asked.
    #[error("{file}: the environment cannot be built")]
    Environment {
        /// The scenario file.
        file: PathBuf,
        /// What is wrong.
        #[source]
        reason: truth::environment::EnvironmentError,
    },
    /// No orbit and deorbit burn meet what the scenario asks.
    #[error("{file}: the approach cannot be planned")]
    Arrival {
        /// The scenario file.
        file: PathBuf,
        /// Why.
        #[source]
        reason: crate::arrival::ArrivalError,
    },
    /// Truth refuses to start.
    #[error("{file}: the run cannot start")]
    World {
        /// The scenario file.
        file: PathBuf,
        /// Why.
        #[source]
        reason: truth::world::WorldError,
    },
}

/// Why no value follows a law.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LawError {
    /// No number lies between the bounds.
    #[error("min = {min} must be less than max = {max}")]
    EmptyInterval {
        /// The lower bound.
        min: f64,
        /// The upper bound.
        max: f64,
    },
    /// Bounds around a value that does not spread.
    #[error("sigma = 0 between bounds; it must be positive, or the value a number")]
    NoSpread,
    /// The lists do not go together.
    #[error("{values} values and {weights} weights; there must be as many, 1 to {most}")]
    Lengths {
        /// Values given.
        values: usize,
        /// Weights given.
        weights: usize,
        /// Most accepted.
        most: usize,
    },
}

/// Why values cannot be correlated as asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CorrelationError {
    /// A value beside itself.
    #[error("`{key}` with itself")]
    WithItself {
        /// Its key.
        key: String,
    },
    /// A pair for the second time.
    #[error("`{one}` and `{other}` have a coefficient already")]
    Twice {
        /// One key.
        one: String,
        /// The other.
        other: String,
    },
    /// Coefficients that no random numbers can have together.
    #[error(
        "no random numbers have the coefficients given for `{key}` beside the others: their matrix is not positive \
         definite"
    )]
    NotPositiveDefinite {
        /// The first input whose coefficients contradict those before it.
        key: String,
    },
}

fn gap(unit: &str) -> &'static str {
    if unit.is_empty() { "" } else { " " }
}

impl ScenarioError {
    fn spot(&self) -> Option<&Spot> {
        match self {
            Self::NotToml { spot, .. }
            | Self::UnknownKey { spot, .. }
            | Self::UnreadableLink { spot, .. }
            | Self::WrongType { spot, .. }
            | Self::OutOfRange { spot, .. }
            | Self::UnknownChoice { spot, .. }
            | Self::Law { spot, .. }
            | Self::Correlation { spot, .. }
            | Self::TooManyInputs { spot, .. }
            | Self::NotCarried { spot, .. } => Some(spot),
            _ => None,
        }
    }
}

impl Diagnostic for ScenarioError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            Self::UnknownKey { help, .. } => Some(Box::new(help)),
            Self::UnknownChoice { known, .. } => Some(Box::new(format!("known: {known}"))),
            Self::MissingKey { expected, .. } => Some(Box::new(format!(
                "it holds {expected}; no value is built in, `extends` a file that has it or write it"
            ))),
            Self::NotCarried { .. } => {
                Some(Box::new("`vehicle` names the file that says what is carried"))
            }
            Self::UnreadableLink { .. } => {
                Some(Box::new("paths in a file are relative to that file's folder"))
            }
            _ => None,
        }
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.spot().map(|spot| &spot.text as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let spot = self.spot()?;
        let label = LabeledSpan::new_with_span(Some("here".to_string()), spot.at);
        Some(Box::new(std::iter::once(label)))
    }
}
