//! What a screen shows of a running flight, copied out of the loop once a pulse frame.
//!
//! Owns: [`Status`], [`Notice`], and how times are printed. Refuses: physics; every figure is read, none made.

use icd::events::Event;
use icd::time::Time;
use icd::tm::{Innovation, Phase};

/// The same four figures by truth or by navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// Altitude of the landing legs over ground, m.
    pub altitude_m: f64,
    /// Vertical speed over ground, up positive, m/s.
    pub v_up_m_s: f64,
    /// Horizontal speed over ground, m/s.
    pub v_horizontal_m_s: f64,
    /// Angle between the body axis and local vertical, rad.
    pub tilt_rad: f64,
    /// Propellant, kg.
    pub propellant_kg: f64,
}

/// One moment of a flight.
#[derive(Clone, Copy, Debug, Default)]
pub struct Status {
    /// The moment.
    pub t: Time,
    /// Planned touchdown.
    pub planned: Time,
    /// Mission phase by the flight software.
    pub phase: Phase,
    /// What nature did.
    pub truth: Motion,
    /// What navigation believes.
    pub nav: Motion,
    /// Navigation's own 3 sigma of the altitude, m.
    pub altitude_3_sigma_m: f64,
    /// Mean duty of the assist engines, 0 to 1.
    pub throttle: f64,
    /// Main engine valve.
    pub main_open: bool,
    /// Rangefinder innovation.
    pub rangefinder: Innovation,
    /// Standing alarms, one bit each of [`icd::tm::ALARMS`].
    pub alarms: u16,
}

impl Status {
    /// Time from the planned touchdown, s.
    pub fn t_s(&self) -> f64 {
        (self.t - self.planned).s()
    }
    /// Names of the standing alarms.
    pub fn alarm_names(&self) -> Vec<&'static str> {
        let stands = |bit: &usize| self.alarms & (1u16 << (bit & 15)) != 0;
        (0..icd::tm::ALARMS.len().min(16)).filter(stands).map(|bit| icd::tm::ALARMS[bit]).collect()
    }
}

/// What a flight tells its audience.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A moment passed.
    Moment(Box<Status>),
    /// The flight software announced something.
    Raised(Time, Event),
    /// The flight is over.
    Over,
}

/// `T−12:34.5` before the planned touchdown, `T+0:01.0` after.
pub fn t_minus(seconds: f64) -> String {
    let sign = if seconds < 0.0 { '−' } else { '+' };
    let tenths = (seconds.abs() * 10.0).round();
    let minutes = (tenths / 600.0).floor();
    format!("T{sign}{minutes}:{:04.1}", (tenths - 600.0 * minutes) / 10.0)
}

/// `19:17:00.0`: the clock part of a UTC instant to a tenth of a second.
pub fn clock(t: Time) -> String {
    let (_, _, _, hour, minute, second, ns) = t.utc();
    format!("{hour:02}:{minute:02}:{second:02}.{}", ns / 100_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_are_named_by_their_bits() {
        let status = Status { alarms: 0b1000_0001, ..Status::default() };
        assert_eq!(status.alarm_names(), ["rangefinder late", "propellant low"]);
    }

    #[test]
    fn a_minute_that_rounds_up_carries() {
        assert_eq!(t_minus(-59.97), "T−1:00.0");
        assert_eq!(t_minus(736.5), "T+12:16.5");
    }

    #[test]
    fn the_clock_is_the_utc_of_the_instant() {
        assert_eq!(clock(Time::from_utc("2025-06-05T19:17:00").unwrap()), "19:17:00.0");
    }
}
