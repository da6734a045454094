//! Limits by default: which values are out of order, in which phases, and for how long before someone is told.
//!
//! Owns: the table that mission control colours and alarms by. A mission may override it.
//! All figures are assumed: wider than what the nominal flight of Mission 2 shows, narrow enough that the flight
//! that was lost turns red (`crates/rig/tests/scenario_m2.rs`). A sensor that a lander may lack has no limit of
//! its age: what is missed of it is an alarm of the flight software.

use crate::tm::Phase;

/// Limits of one value in some phases. A value on a limit is within it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Key of the dictionary.
    pub key: &'static str,
    /// Below it: red.
    pub red_low: Option<f64>,
    /// Below it: yellow.
    pub yellow_low: Option<f64>,
    /// Above it: yellow.
    pub yellow_high: Option<f64>,
    /// Above it: red.
    pub red_high: Option<f64>,
    /// First and last phase in which it holds.
    pub phases: (Phase, Phase),
    /// For how long without a break before an alarm is raised, s.
    pub persistence_s: f64,
}

/// How far out a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colour {
    /// Within its limits, or without any.
    Green,
    /// Beyond the first.
    Yellow,
    /// Beyond the last; what is not a number is too.
    Red,
}

impl Limit {
    /// Whether it holds in a phase.
    pub fn holds(&self, phase: Phase) -> bool {
        (self.phases.0..=self.phases.1).contains(&phase)
    }
    /// Colour of a value.
    pub fn colour(&self, value: f64) -> Colour {
        let beyond = |low: Option<f64>, high: Option<f64>| {
            low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high)
        };
        if value.is_nan() || beyond(self.red_low, self.red_high) {
            Colour::Red
        } else if beyond(self.yellow_low, self.yellow_high) {
            Colour::Yellow
        } else {
            Colour::Green
        }
    }
}

const ALWAYS: (Phase, Phase) = (Phase::OrbitCoast, Phase::Landed);
const POWERED: (Phase, Phase) = (Phase::Braking, Phase::Terminal);
const TERMINAL: (Phase, Phase) = (Phase::Terminal, Phase::Terminal);
const GROUND: (Phase, Phase) = (Phase::CutOff, Phase::Landed);

const fn above(key: &'static str, yellow: f64, red: f64, phases: (Phase, Phase), s: f64) -> Limit {
    Limit {
        key,
        red_low: None,
        yellow_low: None,
        yellow_high: Some(yellow),
        red_high: Some(red),
        phases,
        persistence_s: s,
    }
}
const fn below(key: &'static str, yellow: f64, red: f64, phases: (Phase, Phase), s: f64) -> Limit {
    Limit {
        key,
        red_low: Some(red),
        yellow_low: Some(yellow),
        yellow_high: None,
        red_high: None,
        phases,
        persistence_s: s,
    }
}
const fn within(key: &'static str, yellow: f64, red: f64, phases: (Phase, Phase), s: f64) -> Limit {
    Limit { red_low: Some(-red), yellow_low: Some(-yellow), ..above(key, yellow, red, phases, s) }
}

/// Every limit; of one key the first that holds in the phase counts.
#[rustfmt::skip] // a table
pub const LIMITS: &[Limit] = &[
    above("nav.tilt_rad", 0.40, 0.70, TERMINAL, 1.0),
    above("nav.tilt_rad", 0.17, 0.35, GROUND, 1.0),
    above("nav.sigma_altitude_m", 500.0, 1500.0, (Phase::Braking, Phase::Braking), 1.0),
    above("nav.sigma_altitude_m", 100.0, 300.0, (Phase::PitchUp, Phase::PitchUp), 10.0),
    above("nav.sigma_altitude_m", 20.0, 100.0, TERMINAL, 1.0),
    above("nav.sigma_v_up_m_s", 2.0, 5.0, TERMINAL, 1.0),
    above("nav.sigma_attitude_rad", 0.01, 0.03, POWERED, 1.0),
    below("nav.propellant_kg", 10.0, 5.0, (Phase::OrbitCoast, Phase::Terminal), 0.0),
    above("nav.v_horizontal_m_s", 1.0, 2.0, (Phase::Contact, Phase::Contact), 0.0),
    above("guidance.risk_outrun", 0.1, 0.3, POWERED, 0.5),
    above("guidance.risk_dry", 0.1, 0.3, POWERED, 0.5),
    within("control.error_B_rad.0", 0.3, 0.6, POWERED, 5.0),
    within("control.error_B_rad.1", 0.3, 0.6, POWERED, 5.0),
    within("control.error_B_rad.2", 0.3, 0.6, POWERED, 5.0),
    above("rangefinder.in_a_row", 3.0, 9.0, POWERED, 0.0),
    above("rangefinder.age_s", 5.0, 15.0, TERMINAL, 0.0),
    above("velocimeter.in_a_row", 5.0, 20.0, POWERED, 0.0),
    above("rangefinder_belief.invalid", 0.5, 0.9, POWERED, 0.3),
    above("rangefinder_belief.datum", 0.5, 0.9, POWERED, 0.3),
    above("radar_belief.invalid", 0.5, 0.9, POWERED, 0.3),
    above("radar_belief.datum", 0.5, 0.9, POWERED, 0.3),
    above("uplink.lockout", 0.5, 1.5, ALWAYS, 0.0),
    above("beacon.tilt_rad", 0.40, 0.70, TERMINAL, 1.0),
    above("beacon.tilt_rad", 0.17, 0.35, GROUND, 1.0),
    above("beacon.sigma_altitude_m", 100.0, 300.0, (Phase::PitchUp, Phase::PitchUp), 10.0),
    above("beacon.sigma_altitude_m", 20.0, 100.0, TERMINAL, 1.0),
    below("beacon.propellant_kg", 10.0, 5.0, (Phase::OrbitCoast, Phase::Terminal), 0.0),
    below("station.cn0_dBHz", 35.0, 28.0, ALWAYS, 2.0),
];

/// The limit of a key in a phase.
pub fn limit(key: &str, phase: Phase) -> Option<&'static Limit> {
    LIMITS.iter().find(|limit| limit.key == key && limit.holds(phase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tm::{Layout, layouts};

    #[test]
    fn every_limit_is_of_a_known_key_and_red_lies_beyond_yellow() {
        for limit in LIMITS {
            assert!(
                layouts().flat_map(Layout::lines).any(|line| line.key == limit.key),
                "{}",
                limit.key
            );
            assert!(limit.phases.0 <= limit.phases.1);
            if let (Some(yellow), Some(red)) = (limit.yellow_high, limit.red_high) {
                assert_eq!([yellow, red].map(|v| limit.colour(v)), [Colour::Green, Colour::Yellow]);
                assert_eq!(limit.colour(red + 1.0), Colour::Red);
            }
            if let (Some(yellow), Some(red)) = (limit.yellow_low, limit.red_low) {
                assert_eq!([yellow, red].map(|v| limit.colour(v)), [Colour::Green, Colour::Yellow]);
                assert_eq!(limit.colour(red - 1.0), Colour::Red);
            }
        }
    }
}
