//! What survives a restart of the computer, and how the flight software goes on from there.
//!
//! A landing cannot be restarted with its engines off: Beresheet fell while its computer came up again
//! [BeresheetLoss2019]. So state and phase lie in memory that keeps (assumed: written once a cycle), and
//! whatever was going on goes on with them, coasted over the time that was lost, valves shut; belief
//! about sensors, and everything else that can be learned again, begins anew.
//! Where the logic as flown keeps nothing, or too old a state, what the ground has ordered is kept all the same (assumed:
//! memory of its own): go and no-go, diverts, uses of sensors, loaded values, the schedule; and that a burn has not been
//! flown because it was held.
//! [`Flight::taken_over`] is no restart and nothing that is flown: the same going on with another load and with the facts, for
//! inquiries into what could still have been saved.

use crate::Flight;
use crate::faults::table;
use crate::load::{Legacy, Load, NavStart, after};
use icd::events::Event;
use icd::frames::{B, I, Rate, Vector};
use icd::rotation::Quaternion;
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
        flight.aim = self.aim;
        flight.go_on_from(self);
        flight.resumed = true;
        flight
    }

    /// The flight software of another load in place of this one, in the same place of the descent, told the facts: state,
    /// attitude, rate and propellant. Belief about sensors begins anew. Where this one has shut the engines for good in
    /// flight, it goes down from there.
    ///
    /// - `known`: state of the body origin now, with the uncertainty to begin with.
    pub fn taken_over<'b>(
        &self,
        load: &'b Load,
        known: &NavStart,
        (q_IB, w_IB_B): (Quaternion<I, B>, Vector<Rate, B>),
        propellant_kg: f64,
    ) -> Flight<'b> {
        let mut flight = Flight::new(load, known);
        flight.go_on_from(self);
        flight.nav.align(load, q_IB);
        flight.nav.w_IB_B = w_IB_B;
        flight.nav.f_B = self.nav.f_B;
        flight.nav.folded = self.nav.folded;
        flight.propellant_kg = propellant_kg;
        if flight.mode.phase >= Phase::Contact {
            flight.mode.phase = Phase::Terminal;
        }
        flight.attitude = self.attitude;
        flight.jets = self.jets;
        flight.actuators = self.actuators;
        flight.snapshot = self.snapshot;
        flight.cycle = self.cycle;
        flight.thrusting_until = self.thrusting_until;
        flight
    }

    /// Goes on where another has stopped: phase, propellant, what is known of the thrust.
    fn go_on_from(&mut self, other: &Flight<'_>) {
        self.mode.phase = other.mode.phase;
        self.mode.t_phase = other.mode.t_phase;
        self.mode.deorbit_dv_m_s = other.mode.deorbit_dv_m_s;
        self.propellant_kg = other.propellant_kg;
        self.thrust_scale = other.thrust_scale;
        self.solution = other.solution;
        self.engines = other.engines;
        // What the next phase change looks at before guidance has run again.
        self.guide = other.guide;
    }

    /// Announces once that the descent was resumed.
    pub(crate) fn tell_resumed(&mut self) {
        self.announce.edge(Event::Resumed, self.resumed);
        self.resumed = false;
    }
}
