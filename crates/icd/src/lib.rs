//! The interface document: what two rooms of the house must agree on.
//!
//! Owns: time, frames and typed vectors, sourced constants, the sensor and actuator bus, the telemetry and
//! command dictionaries, events, limits, and their packing as CCSDS space packets and frames.
//! Does not own: any model of nature (`truth`) or of the vehicle's beliefs (`flight`).
//!
//! Builds without std and without an allocator.
//!
//! | id | shall | test |
//! |---|---|---|
//! | IC-1 | pack telemetry into frames from which another implementation reads the same | `another_implementation_reads_the_same_from_our_frames`, `packets_that_span_frames_come_out_whole` |
//! | IC-2 | lose with a frame only the packets that touched it, and count what is missing | `a_lost_frame_costs_the_packets_that_touched_it_and_no_other` |
//! | IC-3 | refuse a command that is changed, forged or repeated | `any_flipped_bit_is_refused`, `a_forged_code_is_refused`, `a_number_is_used_once` |
//! | IC-4 | refuse a command outside its range, naming the argument | `what_lies_outside_its_range_is_refused_with_the_argument_named` |
//! | IC-5 | take commands with one wrong bit in each codeblock, and frames by COP-1 | `a_frame_arrives_with_one_wrong_bit_in_each_codeblock`, `acceptance_follows_the_table_of_cop_1` |
//! | IC-6 | keep the essential state in one frame of the backup transmitter | `a_beacon_fills_its_frame_and_needs_no_other` |
//! | IC-7 | say of every value what it is, with the names of its codes, and know limits of known values alone | `every_line_says_what_it_is_and_names_ascend`, `every_limit_is_of_a_known_key_and_red_lies_beyond_yellow` |
#![no_std]
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]
#![deny(clippy::cast_possible_truncation, clippy::print_stdout)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp))]

pub mod beacon;
pub mod bus;
pub mod constants;
pub mod events;
pub mod frames;
pub mod limits;
pub mod link;
pub mod rotation;
pub mod station;
pub mod tc;
pub mod time;
pub mod tm;
