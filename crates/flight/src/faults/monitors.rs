//! Slow monitors: thrust, contradiction, propellant. Each alarm stands while its condition does.

use super::table::{self, Monitor};
use crate::announce::Announce;
use icd::bus::PULSE_FRAME;
use icd::events::Event;

/// A condition that must persist before it counts.
#[derive(Clone, Copy, Debug)]
pub struct Persistent {
    frames: u32,
    needed: u32,
    /// The condition has persisted.
    pub stands: bool,
}

impl Persistent {
    /// Needs the monitor's persistence in pulse frames in a row, one at least.
    pub fn of(monitor: &Monitor) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few seconds
        let needed = libm::round(monitor.persistence_s / PULSE_FRAME.s()) as u32;
        Self { frames: 0, needed: needed.max(1), stands: false }
    }
    /// One frame's worth of evidence; announces the rising edge.
    pub fn update(&mut self, condition: bool, event: Event, announce: &mut Announce) {
        self.frames = if condition { self.frames.saturating_add(1) } else { 0 };
        let stands = self.frames >= self.needed;
        announce.edge(event, stands && !self.stands);
        self.stands = stands;
    }
}

/// The monitors of the descent.
#[derive(Clone, Copy, Debug)]
pub struct Monitors {
    /// Sensed thrust is off the commanded one.
    pub thrust: Persistent,
    /// Altitude below the ground without contact.
    pub contradiction: Persistent,
    /// At rest at the ground, carried by thrust, without contact.
    pub hovering: Persistent,
    /// No beam used for long.
    pub velocimeter: Persistent,
    /// Faster than the corridor.
    pub corridor: Persistent,
    /// Propellant below the reserve.
    pub propellant: Persistent,
    /// Inertial unit saturated or unfit.
    pub imu: Persistent,
}

impl Monitors {
    /// All quiet.
    pub fn new() -> Self {
        Self {
            thrust: Persistent::of(&table::THRUST),
            contradiction: Persistent::of(&table::SUNK),
            hovering: Persistent::of(&table::HOVERING),
            velocimeter: Persistent::of(&table::VELOCIMETER_LOST),
            corridor: Persistent::of(&table::CORRIDOR),
            propellant: Persistent::of(&table::PROPELLANT),
            imu: Persistent::of(&table::UNFIT),
        }
    }
}

impl Default for Monitors {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_counts_only_after_it_persisted_and_ends_with_it() {
        let mut monitor = Persistent::of(&Monitor { persistence_s: 0.3, ..table::THRUST });
        let mut announce = Announce::default();
        for (condition, stands) in
            [(true, false), (true, false), (true, true), (true, true), (false, false)]
        {
            monitor.update(condition, Event::ThrustDeviates, &mut announce);
            assert_eq!(monitor.stands, stands);
        }
        assert_eq!(announce.events(), [Event::ThrustDeviates]);
    }
}
