//! Slow monitors: thrust, contradiction, propellant. Each alarm stands while its condition does.

use crate::announce::Announce;
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
    /// Needs `needed` pulse frames in a row.
    pub const fn new(needed: u32) -> Self {
        Self { frames: 0, needed, stands: false }
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
    /// Sensed thrust is off the commanded one by more than 15 % for 1 s.
    pub thrust: Persistent,
    /// Altitude below −20 m without contact for 2 s.
    pub contradiction: Persistent,
    /// Faster than the corridor by more than 3 m/s for half a second.
    pub corridor: Persistent,
    /// Propellant below the reserve.
    pub propellant: Persistent,
    /// Inertial unit saturated or unfit.
    pub imu: Persistent,
}

impl Monitors {
    /// All quiet.
    pub const fn new() -> Self {
        Self {
            thrust: Persistent::new(10),
            contradiction: Persistent::new(20),
            corridor: Persistent::new(5),
            propellant: Persistent::new(10),
            imu: Persistent::new(1),
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
        let mut monitor = Persistent::new(3);
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
