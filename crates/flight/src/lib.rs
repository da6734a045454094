//! On board: the software that flies the lander from lunar orbit to the ground.
//!
//! Duty: navigation, guidance, control, fault management, modes.
//! Doors: [`Flight::step`] takes one [`icd::bus::Sensors`] and returns one [`icd::bus::Actuators`];
//! [`Flight::down`] shows the telemetry snapshot; [`Flight::events`] what the last step announced.
//! A step is a pure function of the state and its input: no clock, no randomness, no I/O, no heap,
//! bounded loops, no panic paths. It never sees truth.
#![no_std]
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]
#![deny(clippy::cast_possible_truncation, clippy::print_stdout)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp))]

pub mod load;

use icd::bus::{Actuators, Sensors};
use icd::events::Event;
use icd::tm::Snapshot;
use load::{Load, NavStart};

/// The flight software's whole state.
#[derive(Clone, Debug)]
pub struct Flight<'a> {
    load: &'a Load,
    snapshot: Snapshot,
}

impl<'a> Flight<'a> {
    /// Powers up with a load and the last orbit determination.
    pub fn new(load: &'a Load, start: &NavStart) -> Self {
        let _ = start;
        Self { load, snapshot: Snapshot::default() }
    }
    /// One cycle of [`icd::bus::CYCLE`].
    pub fn step(&mut self, sensors: &Sensors) -> Actuators {
        let _ = self.load;
        self.snapshot.t = sensors.t;
        Actuators::safe(sensors.t)
    }
    /// The telemetry snapshot, refreshed once a pulse frame.
    pub fn down(&self) -> &Snapshot {
        &self.snapshot
    }
    /// Events raised by the last step.
    pub fn events(&self) -> &[Event] {
        &[]
    }
}
