//! The flight computer as a machine: it runs the flight software, and it can go down.
//!
//! Owns: [`Computer`]. Does not own: the flight software (`flight`), what it does after a restart.
//! As programmed: while the computer is down nothing is computed and the valve drivers shut every valve
//! (assumed: a watchdog). It restarts by a fault, or because the flight software asks for it: by order, at the end of the
//! cycle. After a restart it goes on with what it remembers; after a cold one with its
//! load, the orbit it was given before the flight, and what the flight software keeps for that case.

use crate::scenario::fault::Restart;
use flight::Flight;
use flight::load::{Load, NavStart};
use icd::bus::{Actuators, Reboot, Sensors};
use icd::time::{Span, Time};
use truth::dynamics::State;
use truth::faulty::{Now, Window};

/// How long a restart by order takes: with the state in memory, and from the load. Assumed: of the order of Beresheet's
/// second, see `scenarios/history-beresheet.toml`.
const WARM: Span = Span::from_ms(500);
const COLD: Span = Span::from_ms(2_000);

/// A computer with its restarts.
#[derive(Clone)]
pub(crate) struct Computer<'a> {
    flight: Flight<'a>,
    start: NavStart,
    restarts: Vec<Pending>,
    up_again: Option<(Time, bool)>,
    /// Ordered in the last cycle: when it is up again, and whether cold.
    ordered: Option<(Time, bool)>,
    powered_up: bool,
    next_powers_up: bool,
}

#[derive(Clone)]
struct Pending {
    window: Window,
    restart: Restart,
    done: bool,
}

impl<'a> Computer<'a> {
    /// Powers up at the start of the run.
    pub fn new(load: &'a Load, start: NavStart, restarts: &[Restart]) -> Self {
        let pending = |restart: &Restart| Pending {
            window: Window::new(restart.from, None, start.t),
            restart: *restart,
            done: false,
        };
        let restarts = restarts.iter().map(pending).collect();
        let flight = Flight::new(load, &start);
        let (powered_up, next_powers_up) = (false, true);
        let (up_again, ordered) = (None, None);
        Self { flight, start, restarts, up_again, ordered, powered_up, next_powers_up }
    }

    /// One cycle.
    pub fn step(&mut self, now: &Now, sensors: &Sensors) -> Actuators {
        for pending in &mut self.restarts {
            pending.window.follow(now);
            if !pending.done && pending.window.age(now.t).is_some() {
                pending.done = true;
                let up = now.t + Span::from_s(pending.restart.outage_s);
                self.up_again = later(self.up_again, (up, pending.restart.cold));
            }
        }
        if let Some(ordered) = self.ordered.take() {
            self.up_again = later(self.up_again, ordered);
        }
        if let Some((up, cold)) = self.up_again {
            if now.t < up {
                return Actuators::safe(now.t);
            }
            if cold {
                self.power_up(sensors.t);
            }
            self.up_again = None;
        }
        self.powered_up = std::mem::take(&mut self.next_powers_up);
        let actuators = self.flight.step(sensors);
        self.ordered = actuators.reboot.map(|reboot| match reboot {
            Reboot::Warm => (now.t + WARM, false),
            Reboot::Cold => (now.t + COLD, true),
        });
        actuators
    }

    #[inline(never)] // a second flight software, large: not on the stack of every cycle
    fn power_up(&mut self, t: Time) {
        self.flight = self.flight.restarted(&self.start, t);
        self.next_powers_up = true;
    }

    /// From now on the flight software of another load, told the facts; a restart under way is over. See
    /// [`Flight::taken_over`].
    #[inline(never)] // a second flight software, large
    pub fn hand_over(&mut self, load: &'a Load, known: NavStart, state: &State) {
        let attitude = (state.q_IB, state.w_IB_B);
        self.flight = self.flight.taken_over(load, &known, attitude, state.propellant_kg);
        (self.start, self.up_again, self.ordered) = (known, None, None);
    }

    /// Whether it computes.
    pub fn up(&self) -> bool {
        self.up_again.is_none()
    }

    /// Whether the last cycle was the first that the flight software computed after a power-up.
    pub fn powered_up(&self) -> bool {
        self.powered_up
    }

    /// The flight software.
    pub fn flight(&self) -> &Flight<'a> {
        &self.flight
    }
}

/// Two restarts at once: up with the later, cold if one of them is.
fn later(one: Option<(Time, bool)>, (up, cold): (Time, bool)) -> Option<(Time, bool)> {
    let (first, was_cold) = one.unwrap_or((up, cold));
    Some((first.max(up), was_cold || cold))
}
