//! Mission control: bytes in, bytes out.
//!
//! Duty: keeps every octet that stations deliver, decodes it by the dictionary, checks limits, raises alarms,
//! serves what it knows, and sends commands.
//! Doors: [`Ground::open`] (archive and memory of one mission), [`Ground::feed`] (the
//! same without sockets), [`Ground::subscribe`], [`Ground::latest`], [`Ground::history`].
//! Does not own: frames, packets, commands and limits as tables (`icd`), the terminal (`app`).
//!
//! One chunk of octets goes through the archive (written to a file), then the decoder, the store, limits and
//! [`alarms`], then to listeners. A station is told that a unit is safe when the disk has confirmed it.
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

pub mod alarms;
pub mod archive;
pub mod clock;
pub mod command;
mod console;
pub mod decode;
pub mod desk;
pub mod export;
#[cfg(test)]
mod fed;
mod ground;
pub mod limits;
pub mod mission;
pub mod receive;
pub mod serve;
pub mod signal;
pub mod store;
pub mod values;

pub use ground::{
    Connection, Ground, GroundError, HistoryError, Key, Link, Options, RadiateError, Source,
    StationLink, Strategy,
};
pub use mission::Mission;
pub use values::{Channel, EventSeen, Level, ReportSeen, Sample, Update, Values};
