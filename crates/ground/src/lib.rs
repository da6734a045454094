//! Mission control: bytes in, bytes out.
//!
//! Duty: keeps every octet that stations deliver, decodes it by the dictionary, checks limits, raises alarms,
//! serves what it knows, and sends commands.
//! Doors: [`Ground::open`] (archive and memory of one mission), [`receive::listen`] (sockets), [`Ground::feed`] (the
//! same without them), [`Ground::subscribe`], [`Ground::latest`], [`Ground::history`], [`serve::listen`] (browsers,
//! commands, the desk), [`feed::listen`] and [`export::write`] (for other ground systems).
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
//! | GND-CMD-1 | send nothing outside the dictionary, what is hazardous in two steps, and journal every refusal | `a_hazardous_command_needs_its_second_step_in_time_and_by_name`, `every_refusal_is_in_the_journal_and_nothing_of_it_goes_out` |
//! | GND-CMD-2 | send commands that no recorded or forged copy can repeat, over restarts and crashes too | `what_is_recorded_and_sent_again_is_refused_on_board`, `no_number_is_used_twice_over_any_number_of_crashes`, `numbers_go_on_over_restarts_and_records_are_read_again` |
//! | GND-CMD-3 | repeat lost frames and have no command carried out twice | `whatever_is_lost_nothing_arrives_twice_or_out_of_order`, `lost_frames_are_repeated_in_order_until_each_command_ran_once` |
//! | GND-CMD-4 | follow a command to its completion on board | `a_command_goes_to_the_station_and_its_verification_comes_back` |
//! | GND-WEB-1 | answer only its own names and pages, and change nothing without the token | `only_the_own_name_the_own_pages_and_the_token_get_through`, `a_page_from_elsewhere_gets_no_live_data` |
//! | GND-WEB-2 | tell browsers what is received; a slow one hurts no other | `a_value_is_in_the_browser_as_it_was_received`, `one_browser_that_does_not_read_is_dropped_and_the_others_are_told_everything` |
//! | GND-SIG-1 | notice a lost signal within seconds, and no loss where the plan has none | `a_signal_that_stops_in_a_pass_is_lost_within_seconds`, `going_behind_the_moon_is_no_loss_and_not_coming_back_is` |
//! | GND-SIG-2 | carry the last state on with an uncertainty that only grows | `mission_2_as_published_hits_the_ground_within_seconds_and_fast`, `uncertainty_only_grows_and_a_missed_ignition_opens_it_wide` |
//! | GND-SIG-3 | run the reconnect procedure, and no hazardous step of it unasked | `left_alone_it_tries_every_harmless_step_in_order_and_never_the_reboot`, `the_reboot_runs_only_when_confirmed_by_its_name` |
//! | GND-SIG-4 | call a landing from dissimilar evidence, never from the estimate alone | `mission_2_as_flown_is_called_lost_seconds_after_the_ground_must_have_come`, `contact_and_a_carrier_that_outlives_it_is_landed`, `a_hover_at_zero_by_navigation_is_not_landed_with_or_without_telemetry`, `the_estimate_alone_never_lands_and_never_loses` |
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
