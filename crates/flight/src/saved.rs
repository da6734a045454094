//! What survives a restart of the computer: the state that the flight software leaves in memory that
//! keeps, and how it goes on from there.
//!
//! A landing cannot be restarted with its engines off: Beresheet fell while its computer came up again
//! [BeresheetInquiry2019]. So whatever was going on goes on, with the state of at most [`table::RESTART`]
//! before, coasted to the present; belief about sensors begins anew.

use crate::Flight;
use crate::faults::table;
use crate::load::{Load, NavStart, after};
use crate::nav::Nav;
use icd::events::Event;
use icd::time::Time;
use icd::tm::Phase;

/// What is saved: once a second is enough.
#[derive(Clone, Debug)]
pub struct Saved {
    nav: Nav,
    phase: Phase,
    t_phase: Time,
    deorbit_dv_m_s: f64,
    propellant_kg: f64,
    thrust_scale: f64,
}

impl<'a> Flight<'a> {
    /// The state to save.
    pub fn save(&self) -> Saved {
        Saved {
            nav: self.nav.clone(),
            phase: self.mode.phase,
            t_phase: self.mode.t_phase,
            deorbit_dv_m_s: self.mode.deorbit_dv_m_s,
            propellant_kg: self.propellant_kg,
            thrust_scale: self.thrust_scale,
        }
    }

    /// Powers up with what was saved; at `t`, the present time.
    ///
    /// - Too old a state, or one from the future, is not used: then as [`Flight::new`].
    pub fn resume(load: &'a Load, start: &NavStart, saved: &Saved, t: Time) -> Self {
        let mut flight = Self::new(load, start);
        let age_s = after(t, saved.nav.t);
        if !(0.0..table::RESTART.threshold).contains(&age_s) {
            return flight;
        }
        flight.nav = saved.nav.clone();
        flight.mode.phase = saved.phase;
        flight.mode.t_phase = saved.t_phase;
        flight.mode.deorbit_dv_m_s = saved.deorbit_dv_m_s;
        flight.propellant_kg = saved.propellant_kg;
        flight.thrust_scale = saved.thrust_scale;
        flight.resumed = true;
        flight
    }

    /// Announces once that the descent was resumed.
    pub(crate) fn tell_resumed(&mut self) {
        self.announce.edge(Event::Resumed, self.resumed);
        self.resumed = false;
    }
}
