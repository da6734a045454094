//! What survives a restart of the computer, and how the flight software goes on from there.
//!
//! A landing cannot be restarted with its engines off: Beresheet fell while its computer came up again
//! [BeresheetLoss2019]. So state and phase lie in memory that keeps (assumed: written once a cycle), and
//! whatever was going on goes on with them, coasted over the time that was lost, valves shut; belief
//! about sensors, and everything else that can be learned again, begins anew.
//! Where the logic as flown keeps nothing, or too old a state, what the ground has ordered is kept all the same (assumed:
//! memory of its own): go and no-go, diverts, uses of sensors, loaded values, the schedule; and that a burn has not been
//! flown because it was held.

use crate::Flight;
use crate::faults::table;
use crate::load::{Legacy, NavStart, after};
use icd::events::Event;
use icd::time::Time;
use icd::tm::Phase;

impl<'a> Flight<'a> {
    /// Powers up again at `t` with what the last cycle left in memory that keeps.
    ///
    /// - `start`: the orbit given before the flight; all there is when what was kept is too old, from
    ///   the future, or not kept at all (as flown).
    pub fn restarted(&self, start: &NavStart, t: Time) -> Self {
        let mut flight = Self::new(self.load, start);
        let age_s = after(t, self.nav.t);
        // What the ground has ordered stays ordered, however much else is forgotten.
        flight.desk = self.desk.kept();
        flight.keep_uses(&self.lines);
        (flight.landing, flight.aim) = (self.landing, self.landing);
        if self.mode.phase == Phase::OrbitCoast && self.desk.hold.held_on() {
            // By the clock alone the burn, which was held, would seem to have been flown.
            flight.mode.phase = Phase::OrbitCoast;
        }
        let kept = self.load.faults.bank && self.load.faults.legacy != Legacy::Beresheet;
        if !kept || !(0.0..table::RESTART.threshold).contains(&age_s) {
            return flight;
        }
        flight.nav = self.nav.clone();
        flight.mode.phase = self.mode.phase;
        flight.mode.t_phase = self.mode.t_phase;
        flight.mode.deorbit_dv_m_s = self.mode.deorbit_dv_m_s;
        flight.propellant_kg = self.propellant_kg;
        flight.thrust_scale = self.thrust_scale;
        flight.solution = self.solution;
        flight.engines = self.engines;
        flight.aim = self.aim;
        // What the next phase change looks at before guidance has run again.
        flight.guide = self.guide;
        flight.resumed = true;
        flight
    }

    /// Announces once that the descent was resumed.
    pub(crate) fn tell_resumed(&mut self) {
        self.announce.edge(Event::Resumed, self.resumed);
        self.resumed = false;
    }
}
