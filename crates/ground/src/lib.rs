//! Mission control: bytes in, bytes out.
//!
//! Duty: keeps every octet that stations deliver, decodes it by the dictionary, checks limits, raises alarms,
//! serves what it knows, and sends commands.
//! Doors: [`Ground::open`] (archive and memory of one mission), [`receive::listen`] (sockets), [`Ground::feed`] (the
//! same without them), [`Ground::subscribe`], [`Ground::latest`], [`Ground::history`].
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
//! | GND-1 | archive every octet received before it is decoded, garbage too, and show no wrong value | `minutes_of_flight_with_bad_frames_repetitions_and_lost_connections_lose_no_octet_and_show_no_wrong_value` |
//! | GND-2 | acknowledge only what survives a kill at any moment | `killed_at_any_moment_every_acknowledged_unit_is_in_the_archive` |
//! | GND-3 | go on after a torn end, damage, a full disk, a disk that refuses to confirm, and name the file | `cut_at_any_octet_all_whole_records_are_kept_the_rest_is_set_aside_and_it_goes_on`, `a_damaged_record_costs_itself_alone_and_is_told`, `a_disk_that_refuses_to_confirm_loses_nothing_and_shows_nothing_twice`, `without_room_the_file_is_named_nothing_is_acknowledged_and_it_goes_on_with_room` |
//! | GND-4 | decode frames that come late, twice and out of order, the same after a restart | `values_in_any_order_are_those_that_were_sampled_also_after_a_restart`, `every_packet_comes_once_in_whatever_order_and_however_often_its_frames_come` |
//! | GND-5 | tell any stretch of any parameter's history with every peak, in bounded memory | `what_memory_has_forgotten_is_read_from_the_archive_and_a_peak_is_always_seen`, `memory_is_bounded_and_no_peak_is_lost_when_samples_are_forgotten` |
//! | GND-6 | check limits by phase with persistence, and keep an alarm until a person has seen it | `an_alarm_needs_patience_both_ways_and_late_samples_move_nothing`, `a_limit_raises_an_alarm_that_waits_for_a_person_across_a_restart` |
//! | GND-7 | serve each station whatever others send | `many_stations_floods_garbage_and_clients_that_never_read_leave_the_others_alone` |
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
