//! What can be wrong with a kernel that a user names.
//!
//! Owns: [`KernelError`]. Does not own: when each is raised (see `daf` and the reader in `mod`).

use icd::time::Time;
use std::path::PathBuf;

/// Why a kernel cannot be used. Every variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The file cannot be read.
    #[error("{file}: cannot be read")]
    Unreadable {
        /// The kernel.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// The file does not begin as a kernel does.
    #[error(
        "{file}: begins with {found:?}; a kernel begins with DAF/SPK (positions), DAF/PCK (orientation) \
         or KPL/PCK (constants)"
    )]
    NotAKernel {
        /// The file.
        file: PathBuf,
        /// Its first characters.
        found: String,
    },
    /// The numbers are not little-endian IEEE.
    #[error("{file}: its numbers are {found:?}; only LTL-IEEE is read (NAIF's `bingo` converts)")]
    ByteOrder {
        /// The kernel.
        file: PathBuf,
        /// The file's own word for its numbers.
        found: String,
    },
    /// The file's structure is broken: cut short, overwritten or never complete.
    #[error("{file}: damaged or cut short: {what} at octet {octet} of {octets}")]
    Broken {
        /// The kernel.
        file: PathBuf,
        /// What does not hold.
        what: &'static str,
        /// Where in the file.
        octet: usize,
        /// The file's length.
        octets: usize,
    },
    /// The decoder refuses an array whose place in the file is sound.
    #[error("{file}: the array of {id} cannot be decoded: {message}")]
    Undecodable {
        /// The kernel.
        file: PathBuf,
        /// NAIF's number of the body or frame.
        id: i32,
        /// What the decoder said.
        message: String,
    },
    /// A position kernel does not lead from the Moon to the Earth or to the Sun.
    #[error("{file}: does not lead from the Moon (301) to the {body} ({id}); it holds {held}")]
    NoBody {
        /// The kernel.
        file: PathBuf,
        /// The body's name.
        body: &'static str,
        /// NAIF's number of it.
        id: i32,
        /// The bodies held, `target from centre`.
        held: String,
    },
    /// An orientation kernel holds no known frame of the Moon.
    #[error(
        "{file}: holds no known principal axes of the Moon (31006 MOON_PA_DE421, 31008 MOON_PA_DE440); \
         it holds {held}"
    )]
    NoFrame {
        /// The kernel.
        file: PathBuf,
        /// NAIF's numbers of the frames held.
        held: String,
    },
    /// An array is not given in the axes of the ICRF.
    #[error("{file}: the array of {id} is given in frame {frame}; only 1 (J2000, ICRF) is known")]
    UnknownFrame {
        /// The kernel.
        file: PathBuf,
        /// NAIF's number of the body or frame.
        id: i32,
        /// NAIF's number of the reference frame.
        frame: i32,
    },
    /// An array is of a type that is not evaluated here.
    #[error("{file}: the array of {id} is of type {data_type}; only Chebyshev, 2 and 3, is read")]
    UnknownType {
        /// The kernel.
        file: PathBuf,
        /// NAIF's number of the body or frame.
        id: i32,
        /// NAIF's number of the type.
        data_type: i32,
    },
    /// No array covers the time that is needed.
    #[error(
        "{file}: the array of {id} holds {from} to {to} UTC; needed are {need_from} to {need_to}"
    )]
    Span {
        /// The kernel.
        file: PathBuf,
        /// NAIF's number of the body or frame.
        id: i32,
        /// Start of the array that comes last in the file.
        from: Time,
        /// Its end.
        to: Time,
        /// Start of what is needed.
        need_from: Time,
        /// End of what is needed.
        need_to: Time,
    },
    /// A value that no kernel of this Moon can hold.
    #[error("{file}: {what} = {value} {unit} lies outside [{min}, {max}]: not this Moon's")]
    Implausible {
        /// The kernel.
        file: PathBuf,
        /// Which quantity.
        what: &'static str,
        /// What the kernel gives.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Least possible.
        min: f64,
        /// Largest possible.
        max: f64,
    },
    /// A constants kernel in which nothing is of use here.
    #[error(
        "{file}: holds neither BODY399_GM nor BODY10_GM, the constants that a kernel may replace"
    )]
    NoConstant {
        /// The kernel.
        file: PathBuf,
    },
    /// A constant that is not one number.
    #[error("{file}: {key} must be one number, not {found}")]
    NotANumber {
        /// The kernel.
        file: PathBuf,
        /// The constant's name.
        key: &'static str,
        /// What the kernel gives.
        found: String,
    },
    /// Two kernels hold the same thing.
    #[error("{file}: {what} are already given by another kernel of this list")]
    Twice {
        /// The second kernel.
        file: PathBuf,
        /// What both hold.
        what: &'static str,
    },
}
