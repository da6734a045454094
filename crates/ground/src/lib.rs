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
//!
//! | id | shall | test |
//! |---|---|---|
//! | GND-EXP-1 | export one dictionary to other ground systems, as it is on the wire | `every_list_is_as_long_in_the_dictionary_as_on_the_wire`, `our_decoder_reads_every_sample_to_its_end` |
//! | GND-EXP-2 | describe commands so that what is packed by the description is read on board | `an_order_as_the_dictionary_describes_it_is_what_the_lander_reads` |
//! | GND-EXP-3 | hand packets on unchanged, those that were archived before too | `a_client_gets_every_packet_from_the_first_on_and_what_comes_later` |
//! | GND-FUZ-1 | not panic on any octets from outside | `tests/fuzz.rs`, `tests/fuzz_ground.rs` |
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
pub mod feed;
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
