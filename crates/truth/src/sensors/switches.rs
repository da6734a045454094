//! Touchdown switches: one a leg, pressed by the ground or by a shock, debounced.
//!
//! As programmed, per leg: the report changes when the switch has stood against it for `close_s` (to
//! contact) or `open_s` (to none) without a break, counted from the first cycle in which it did. With 0 s the report is the switch. A shock of the structure, from an engine that starts or a
//! leg that locks, presses every switch while it lasts; the device cannot tell it from the ground. Mars
//! Polar Lander was lost to such a transient: it stood for two readings, which was all that was asked of
//! it, and was remembered, [CasaniMPL2000].
//! Refuses: the strut between foot and switch, contact bounce within a cycle, a memory of past contact.

use crate::vehicle;
use icd::bus::LEGS;
use icd::time::{Span, Time};

/// The switches of one lander.
#[derive(Clone, Debug)]
pub struct TouchdownSwitches {
    close: Span,
    open: Span,
    reported: [bool; LEGS],
    /// Since when each switch has stood against its report.
    against: [Option<Time>; LEGS],
}

impl TouchdownSwitches {
    /// Switches that report no contact.
    pub fn new(spec: &vehicle::Switches) -> Self {
        Self {
            close: Span::from_s(spec.close_s),
            open: Span::from_s(spec.open_s),
            reported: [false; LEGS],
            against: [None; LEGS],
        }
    }

    /// The report of this cycle.
    ///
    /// - `pressed`: which feet press on the ground now.
    /// - `shaken`: a shock presses every switch now.
    pub fn sense(&mut self, t: Time, pressed: [bool; LEGS], shaken: bool) -> [bool; LEGS] {
        let switches = pressed.iter().zip(&mut self.reported).zip(&mut self.against);
        for ((pressed, reported), against) in switches {
            let closed = *pressed || shaken;
            if closed == *reported {
                *against = None;
                continue;
            }
            let since = *against.get_or_insert(t);
            if t - since >= if closed { self.close } else { self.open } {
                *reported = closed;
                *against = None;
            }
        }
        self.reported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [bool; LEGS] = [false; LEGS];
    const FIRST: [bool; LEGS] = [true, false, false, false];

    fn at(n: i64) -> Time {
        Time::default() + Span::from_ms(20 * n)
    }

    fn switches(close_s: f64, open_s: f64) -> TouchdownSwitches {
        TouchdownSwitches::new(&vehicle::Switches { close_s, open_s })
    }

    #[test]
    fn without_delay_the_report_is_the_switch() {
        let mut unit = switches(0.0, 0.0);
        for (n, pressed) in [NONE, FIRST, NONE, [true; LEGS], FIRST].into_iter().enumerate() {
            assert_eq!(unit.sense(at(n as i64), pressed, false), pressed);
        }
    }

    #[test]
    fn contact_is_reported_after_its_time_and_a_break_starts_it_anew() {
        let mut unit = switches(0.06, 0.04);
        let pressed = [1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0];
        let reports: Vec<bool> = (0..pressed.len())
            .map(|n| unit.sense(at(n as i64), [pressed[n] == 1; LEGS], false)[2])
            .collect();
        let first = reports.iter().position(|closed| *closed);
        let last = reports.iter().rposition(|closed| *closed);
        assert_eq!((first, last), (Some(6), Some(8)), "{reports:?}");
    }

    #[test]
    fn a_shock_gets_through_when_it_lasts_longer_than_the_contact_time() {
        for (shock, gets_through) in [(2, false), (3, false), (4, true)] {
            let mut unit = switches(0.06, 0.0);
            let seen = (0..20).any(|n| unit.sense(at(n), NONE, n < shock) == [true; LEGS]);
            assert_eq!(seen, gets_through, "{shock} cycles");
        }
    }
}
