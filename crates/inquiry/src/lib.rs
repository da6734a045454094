//! The inquiry: from a lost mission's telemetry to its cause.
//!
//! Duty: takes what the ground received and what the mission knew of itself, and says what happened, why, how sure that is,
//! and what would have saved the lander.
//! Doors: [`evidence::Evidence`] (what was received), [`mission::Mission::of`] (what was known), and
//! [`inquiry`].
//! Does not own: one flight (`rig::closed_loop`), the library of faults (`truth::faulty`), the terminal (`app`).
//! Refuses: truth. No record, seed or run of the flight in question reaches this room; the faults that a mission's file
//! names are struck out before anything looks at it.
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_MB_I`: see NOTATION.md

pub mod catalogue;
pub mod computer;
pub mod counterfactual;
pub mod evidence;
pub mod explanation;
pub mod finding;
pub mod inertial;
pub mod inquiry;
pub mod mission;
pub mod motion;
pub mod points;
pub mod prior;
pub mod replayed;
pub mod report;
#[cfg(test)]
mod sample;
pub mod sensors;
pub mod thrust;
pub mod timeline;
pub mod trajectory;
pub mod work;
