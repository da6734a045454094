//! Fault management as one table: what is watched, when it counts, what is done, how it ends.
//!
//! The numbers here are those that the monitors read; there is no second copy of them. The test stand
//! renders [`TABLE`] as `docs/fault-management.md`.
//! Numbers without another source are assumed: wide enough for the healthy machine's scatter, fast
//! enough that the response still helps.
//! Rule: every row has an exit. The one that has none is the flaw of the as-flown configuration,
//! kept so that it can fail as it failed, and says so.

use super::velocimeter;
use crate::load;
use icd::events::Event;

/// One monitor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Monitor {
    /// Name, unique.
    pub name: &'static str,
    /// What is looked at.
    pub signal: &'static str,
    /// The signal's value at which the monitor trips, in `unit`.
    pub threshold: f64,
    /// Unit of `threshold`.
    pub unit: &'static str,
    /// How long it must hold, s.
    pub persistence_s: f64,
    /// What is done.
    pub response: &'static str,
    /// What is announced on the rising edge, if anything.
    pub event: Option<Event>,
    /// What ends it.
    pub exit: &'static str,
    /// Only the as-flown configuration has it.
    pub as_flown: bool,
}

macro_rules! monitors {
    ($($name:ident: $title:literal, $signal:literal, $threshold:expr, $unit:literal, $persistence:expr,
       $response:literal, $event:expr, $exit:literal, $as_flown:literal;)+) => {
        $(
            #[doc = $signal]
            pub const $name: Monitor = Monitor {
                name: $title, signal: $signal, threshold: $threshold, unit: $unit,
                persistence_s: $persistence, response: $response, event: $event, exit: $exit,
                as_flown: $as_flown,
            };
        )+
        /// How many monitors there are.
        pub const COUNT: usize = [$($title),+].len();
        /// Every monitor, in the order of the document.
        pub const TABLE: [Monitor; COUNT] = [$($name),+];
    };
}

monitors! {
    TIME_TAG: "time tag", "age of a range's time tag; repeats and the future count as too old",
        5.0, "s", 0.0, "the range is not used", Some(Event::TimeTagRefused), "next range with a possible tag", false;
    TIME_TAG_REPLACED: "time tag, for long", "time tags from the future or repeated, and no others",
        1.0, "s", 1.0, "ranges count as taken on arrival, with the noise of half a second's fall",
        None, "next possible tag", false;
    STUCK: "stuck range", "ranges that repeat the last one exactly",
        4.0, "in a row", 0.0, "the range is not used", Some(Event::RangefinderStuck), "first other value", false;
    FROZEN: "frozen range", "spread of the ranges over the spread that the motion predicts (5 m or more)",
        0.1, "", 2.0, "the range is not used", Some(Event::RangefinderStuck), "ranges spread again", false;
    NOISY: "noisy ranges", "noise by successive differences over the noise of the model",
        3.0, "", 2.0, "ranges weighed by their real noise, from twice the model's on",
        Some(Event::RangefinderNoisy), "noise below the threshold", false;
    RANGE_GATE: "range gate", "|ν| of a range over its deviation (as flown: a fixed width)",
        load::GATE_SIGMAS, "", 0.0, "the range is not used", Some(Event::RangeRejected), "next range inside", false;
    LOCK_OUT: "lock-out", "ranges rejected",
        load::LOCK_OUT_AFTER as f64, "in a row", 0.0, "rangefinder shut out",
        Some(Event::RangefinderLockedOut), "none: the flaw that lost Mission 1", true;
    RATE_TEST: "rate test", "drift of the ranges against the inertial vertical speed, over 2.5 s, over its deviation",
        3.0, "", 0.0, "no new altitude from these ranges", None, "drift within", false;
    REACQUIRE: "wrong altitude", "probability that the altitude is wrong, with the rate test passed",
        0.95, "", 1.0, "altitude widened by the step and set by the ranges",
        Some(Event::RangefinderReacquired), "done at once", false;
    REACQUIRE_ALONE: "wrong altitude, without the bank", "scatter of the rejected ranges about a line over its deviation",
        3.0, "", 1.5, "altitude widened by the step and set by the ranges",
        Some(Event::RangefinderReacquired), "done at once", false;
    REACQUIRE_APART: "loop guard: spacing", "time since the last new altitude",
        5.0, "s", 0.0, "no new altitude", None, "time passes", false;
    REACQUIRE_COUNT: "loop guard: count", "new altitudes without another sensor's agreement",
        4.0, "a descent", 0.0, "no new altitude from this sensor alone", None,
        "another sensor agrees, or a minute passes", false;
    REACQUIRE_LOCKED: "loop guard: size", "step once locked, over the root of variance and (40 m)²",
        5.0, "", 0.0, "no new altitude from this sensor alone", None,
        "another sensor agrees, the step undoes the last one, or the altitude is reset", false;
    DISTRUST: "distrust", "probability that ranges mean nothing or are of another scale",
        0.95, "", 1.0, "ranges weighed, not used", Some(Event::RangefinderDistrusted),
        "trust, or a new altitude", false;
    TRIAL: "trial", "time distrusted since the last trial",
        2.0, "s", 0.0, "all explanations as likely as each other", None, "done at once", false;
    TRUST: "trust", "probability that sensor and navigation are right, distrusted",
        0.5, "", 1.0, "ranges used again", Some(Event::RangefinderTrusted), "distrust", false;
    LATE: "late rangefinder", "probability that a silent sensor is healthy, by the link's own chances",
        0.1, "", 0.0, "corridor counts on no range", Some(Event::RangefinderLate), "first range used", false;
    IMAGE: "frozen image", "camera frames that repeat the last one exactly",
        1.0, "in a row", 0.0, "the frame is not used", None, "first other frame", false;
    RADAR_DISTRUST: "distrust of the radar", "as for the rangefinder",
        0.95, "", 1.0, "ranges weighed, not used", Some(Event::RadarDistrusted), "trust, or a new altitude", false;
    RADAR_TRUST: "trust of the radar", "as for the rangefinder",
        0.5, "", 1.0, "ranges used again", Some(Event::RadarTrusted), "distrust", false;
    OVERRULED: "two that disagree", "a second sensor's step of the altitude below the first's, over its deviation",
        3.0, "", 2.0, "the lower altitude is believed, the higher sensor distrusted: a wrong low one shows as ground \
        that does not come, a wrong high one as a crash", Some(Event::RangefinderDistrusted),
        "agreement, or an altitude reset", false;
    SLOWER: "rate near its limit", "share of the rate at which the gyros were saturated",
        0.7, "", 0.0, "no faster turn is commanded", None, "the end of the flight; turns go on more slowly", false;
    VELOCITY_FIRST: "first velocities", "|ν| of a beam's speed over its deviation, the last four alike, none used yet",
        10.0, "", 0.3, "the beam is used from here on, where the gate alone would refuse it", None, "first speed used", false;
    VELOCITY_GATE: "velocity gate", "|ν| of a beam's speed over its deviation",
        5.0, "", 0.0, "the beam is not used", Some(Event::VelocityRejected), "next speed inside", false;
    VELOCIMETER_LOST: "velocimeter lost", "time without a beam used, where it was used before",
        3.0, "s", 0.0, "alarm; inertial velocity goes on", Some(Event::VelocimeterLost), "next beam used", false;
    VELOCITY_CONTRADICTED: "velocities contradicted", "drift of the ranges that taking back what the beams did to velocity would explain",
        0.2, "m/s", 2.0, "beams weighed, not used; velocity widened by what they did to it",
        Some(Event::VelocimeterDistrusted), "trust", false;
    VELOCITY_TRUST: "trust of the velocimeter", "|ν| of every beam's speed over its deviation, distrusted",
        velocimeter::AGREES, "", 10.0, "beams used again", Some(Event::VelocimeterTrusted), "contradiction", false;
    VELOCITY_WRONG: "wrong velocity", "vertical speed by which all beams and the ranges' drift say that navigation is wrong",
        0.4, "m/s", 2.0, "velocity widened by what the beams miss: they are used again",
        Some(Event::VelocityReopened), "done at once", false;
    SATURATED: "inertial unit saturated", "the unit's own flag",
        1.0, "sample", 0.0, "sample void: last good rate and modelled thrust held, covariance widened",
        Some(Event::ImuSaturated), "next good sample", false;
    UNFIT: "inertial unit unfit", "the unit's own test",
        1.0, "sample", 0.0, "sample void: last good rate and modelled thrust held, covariance widened",
        Some(Event::ImuFault), "next good sample", false;
    ATTITUDE: "no attitude yet", "star tracker reports since start",
        1.0, "report", 0.0, "no valve opens: a turn could only lose the stars", None, "the first report", false;
    SILENT: "accelerometers silent", "samples alike to the last bit while engines burn",
        10.0, "in a row", 0.0, "thrust model in place of the sample; burns end by it too",
        Some(Event::AccelerometersSilent), "acceleration sensed again", false;
    BURN: "burn too long", "deorbit burn over its planned time",
        1.1, "", 0.0, "the burn ends", Some(Event::DeorbitEnded), "done at once", false;
    THRUST: "thrust off", "|sensed over commanded thrust − 1| while braking",
        0.15, "", 1.0, "guidance counts on the sensed thrust", Some(Event::ThrustDeviates), "agreement", false;
    EXCESS: "thrust in excess", "sensed less commanded thrust over what is commanded",
        0.25, "", 1.0, "alarm; thrust is steered by what is sensed", Some(Event::ThrustInExcess), "agreement", false;
    ENGINE_OUT: "engine out", "share of one assist engine's thrust missing, by its force and torque",
        0.5, "", 0.5, "that engine is asked for nothing, the others for its share",
        Some(Event::EngineOut), "tried with short pulses for 1 s in every 20 s; it turns the lander", false;
    MAIN_OUT: "main engine out", "share of the main engine's thrust missing, with no torque beside it",
        0.6, "", 0.5, "guidance counts on the assist engines alone", Some(Event::EngineOut),
        "the thrust comes back: it is still commanded", false;
    JET_STUCK: "jet stuck", "share of one jet's torque about the long axis that no jet was asked for",
        0.5, "", 2.0, "alarm; the attitude loop's integral carries the torque",
        Some(Event::JetStuck), "torque as asked", false;
    CLOCK: "clock", "step of time (as flown: not integrated over)",
        0.1, "s", 0.0, "the gap is coasted over, covariance widened; time running backwards is not followed",
        Some(Event::ClockJumped), "next step of one cycle", false;
    RESTART: "restart in flight", "state saved within",
        30.0, "s", 0.0, "phase and state resumed, the gap coasted over", Some(Event::Resumed), "done at once", false;
    CORRIDOR: "corridor", "descent speed over the corridor's",
        3.0, "m/s", 0.5, "full thrust", Some(Event::SpeedExceedsCorridor), "speed inside", false;
    CREEP: "creep", "altitude's deviation at the corridor's creep speed",
        20.0, "m", 0.0, "fall at the creep speed", Some(Event::CreepStarted), "altitude known", false;
    PROPELLANT: "propellant low", "estimate below the reserve",
        0.0, "kg", 1.0, "alarm", Some(Event::PropellantLow), "estimate above", false;
    SUNK: "below the ground", "altitude without contact, after the gate",
        -20.0, "m", 2.0, "altitude reset", Some(Event::AltitudeContradiction), "altitude above", false;
    HOVERING: "hovering at the ground", "altitude without contact at rest, thrust equal to weight",
        0.0, "m", 2.0, "altitude reset", Some(Event::AltitudeContradiction), "motion, or altitude above", false;
    RESET: "altitude reset", "deviation given to the altitude",
        3000.0, "m", 0.0, "every range is on trial; descent goes on by velocity until one is used or contact",
        Some(Event::AltitudeReset), "altitude's deviation below 100 m", false;
    SWITCH: "switch closed in flight", "touchdown switch closed when contact is first looked for, or long alone",
        5.0, "s", 5.0, "no vote", Some(Event::SwitchDisbelieved), "it opens", false;
    CONTACT: "contact", "touchdown switches closed since contact is looked for",
        2.0, "legs", 0.02, "engines lay the lander down", Some(Event::Contact), "free fall revokes it", false;
    FIRST_FOOT: "first foot", "altitude with one switch closed after a contact shock",
        2.0, "m", 0.02, "engines lay the lander down", Some(Event::Contact), "free fall revokes it", false;
    LAID: "laid down", "switches closed after contact; nothing turns or no foot down do as well",
        3.0, "legs", 0.0, "engines cut off", Some(Event::EnginesCutOff), "free fall revokes it", false;
    SHOCK: "contact shock", "velocity gained beyond thrust and gravity in 0.4 s",
        0.3, "m/s", 0.0, "confirms a single switch, and others where the altitude says neither", None, "memory of 1 s fades", false;
    CONTACT_UNKNOWN: "contact, altitude against it", "switches closed and the lander carried",
        2.0, "legs", 1.0, "engines lay the lander down", Some(Event::Contact), "free fall revokes it", false;
    CARRIED: "carried by the ground", "force beyond thrust, share of weight, at rest against the command to sink",
        0.25, "", 3.0, "contact inferred where no switch says so", Some(Event::ContactInferred),
        "free fall revokes it", false;
    FREE_FALL: "cut off in free fall", "sensed force after cut-off, share of weight",
        0.2, "", 1.0, "engines burn again: terminal descent", Some(Event::CutOffRevoked), "contact", false;
    LANDED: "landed", "rate below 0.02 rad/s, a switch closed or the weight carried",
        0.02, "rad/s", 2.0, "mission ends on the ground", Some(Event::Landed), "the end of the flight", false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_state_is_absorbing_but_the_as_flown_lock_out() {
        for monitor in TABLE {
            let endless = monitor.exit.starts_with("none");
            assert_eq!(endless, monitor.as_flown, "{}", monitor.name);
            assert!(!monitor.exit.is_empty() && !monitor.response.is_empty(), "{}", monitor.name);
        }
        assert_eq!(TABLE.iter().filter(|m| m.as_flown).count(), 1);
    }

    #[test]
    fn names_are_unique_and_numbers_are_numbers() {
        for (i, monitor) in TABLE.iter().enumerate() {
            assert!(TABLE.iter().skip(i + 1).all(|other| other.name != monitor.name));
            assert!(monitor.threshold.is_finite() && monitor.persistence_s >= 0.0);
        }
    }
}
