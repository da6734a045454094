//! The interface document: what two rooms of the house must agree on.
//!
//! Owns: time, frames and typed vectors, sourced constants, the sensor and actuator bus, the telemetry and
//! command dictionaries, events, limits, and their packing as CCSDS space packets and frames.
//! Does not own: any model of nature (`truth`) or of the vehicle's beliefs (`flight`).
//!
//! Builds without std and without an allocator.
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
