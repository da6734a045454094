//! The telemetry dictionary: one table packs the bytes, decodes them, names the columns of a record
//! and labels the plots.
//!
//! Owns: [`Snapshot`] (what the flight software samples together), [`LISTS`] (which parameter goes
//! into which packet, with its unit and wire type).
//! Rule: the key is the field's path. All of one list is sampled in one cycle.

use crate::bus::{ASSIST_ENGINES, JETS};
use crate::time::Time;

/// How a value travels, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// IEEE 754 single.
    F32,
    /// IEEE 754 double.
    F64,
}

impl Wire {
    /// Octets on the wire.
    pub const fn octets(self) -> usize {
        match self {
            Wire::U8 => 1,
            Wire::U16 => 2,
            Wire::U32 | Wire::F32 => 4,
            Wire::F64 => 8,
        }
    }
}

/// One line of the dictionary.
pub struct Parameter {
    /// Path of the field in [`Snapshot`]: the one name from code to plot label.
    pub key: &'static str,
    /// Unit, as NOTATION.md spells it; empty for counts and codes.
    pub unit: &'static str,
    /// Wire type.
    pub wire: Wire,
    /// Reads the value from a snapshot.
    pub read: fn(&Snapshot) -> f64,
}

/// One housekeeping packet's content.
pub struct List {
    /// Structure identifier in PUS service 3 [ECSS41].
    pub id: u8,
    /// Name for people.
    pub name: &'static str,
    /// Parameters in order of transmission.
    pub parameters: &'static [Parameter],
}

/// Mission phases, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// On the parking orbit, waiting for deorbit.
    #[default]
    OrbitCoast = 0,
    /// Retrograde burn that lowers the perilune.
    Deorbit = 1,
    /// Unpowered fall to perilune.
    DescentCoast = 2,
    /// Turned to the burn attitude, waiting for the ignition solution.
    Ignition = 3,
    /// Full-thrust braking to the high gate.
    Braking = 4,
    /// Turning upright while braking.
    PitchUp = 5,
    /// Vertical descent.
    Terminal = 6,
    /// Legs sense the ground.
    Contact = 7,
    /// Valves shut, waiting for rest.
    CutOff = 8,
    /// At rest on the ground.
    Landed = 9,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 10] = [
        Phase::OrbitCoast,
        Phase::Deorbit,
        Phase::DescentCoast,
        Phase::Ignition,
        Phase::Braking,
        Phase::PitchUp,
        Phase::Terminal,
        Phase::Contact,
        Phase::CutOff,
        Phase::Landed,
    ];
    /// Name for screens and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::OrbitCoast => "orbit coast",
            Phase::Deorbit => "deorbit",
            Phase::DescentCoast => "descent coast",
            Phase::Ignition => "ignition",
            Phase::Braking => "braking",
            Phase::PitchUp => "pitch-up",
            Phase::Terminal => "terminal descent",
            Phase::Contact => "contact",
            Phase::CutOff => "cut-off",
            Phase::Landed => "landed",
        }
    }
}

/// What navigation did with the latest measurement of an aid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Nothing arrived yet.
    #[default]
    Silent = 0,
    /// Inside the gate and used.
    Fused = 1,
    /// Outside the gate.
    Rejected = 2,
    /// Not comparable: no prediction, stale, flagged by the unit.
    Unusable = 3,
    /// The aid is shut out.
    LockedOut = 4,
    /// Compared, and not used by the ground's order.
    Inhibited = 5,
    /// Weighed by the hypothesis bank, not used.
    Distrusted = 6,
}

/// What the ground has ordered about an aid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    /// Used where it passes the gate.
    #[default]
    Edit = 0,
    /// Compared and shown, never used.
    Inhibit = 1,
    /// Used whatever the gate says.
    Force = 2,
}

/// The latest innovation of one aid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Innovation {
    /// Measured value (m for a range, m/s for a beam, rad for an attitude, pixel for a landmark).
    pub measured: f64,
    /// Measured minus predicted, same unit.
    pub nu: f64,
    /// Standard deviation of `nu` by the filter, same unit.
    pub sigma: f64,
    /// Largest |nu| that the gate accepted, same unit.
    pub gate: f64,
    /// What became of it.
    pub outcome: Outcome,
    /// Measurements fused since start.
    pub fused: u32,
    /// Measurements rejected since start.
    pub rejected: u32,
    /// Measurements rejected since the last fused one.
    pub in_a_row: u32,
    /// What the ground has ordered.
    pub usage: Use,
    /// Time since the last fused measurement, s; large when there was none.
    pub age_s: f64,
}

/// What the hypothesis bank believes about one ranging sensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Belief {
    /// Probability that sensor and navigation are both right.
    pub nominal: f64,
    /// Probability that the sensor's ranges mean nothing.
    pub invalid: f64,
    /// Probability that navigation's altitude is wrong.
    pub datum: f64,
    /// Probability that the sensor's scale is wrong, or the echo another's.
    pub scale: f64,
    /// How much higher than navigation believes the lander is if navigation is wrong, m.
    pub step_m: f64,
    /// Drift of the ranges against the inertial motion, m/s.
    pub rate_m_s: f64,
    /// Largest drift that the rate test passes, m/s.
    pub rate_m_s_max: f64,
    /// Noise of the ranges as they come, 1 sigma, m.
    pub noise_m: f64,
    /// Probability that a silent sensor is healthy and only out of reach.
    pub health: f64,
}

/// Navigation as downlinked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Nav {
    /// Position of the body origin from the target, frame L, m.
    pub p_LB_L: [f64; 3],
    /// Velocity over ground, frame L, m/s.
    pub v_LB_L: [f64; 3],
    /// Attitude `q_IB`, scalar first.
    pub q_IB: [f64; 4],
    /// Body rate, rad/s.
    pub w_IB_B: [f64; 3],
    /// Altitude of the landing legs over the ground that guidance believes in, m.
    pub altitude_m: f64,
    /// Vertical speed over ground, up positive, m/s.
    pub v_up_m_s: f64,
    /// Horizontal speed over ground, m/s.
    pub v_horizontal_m_s: f64,
    /// Angle between the body axis and local vertical, rad.
    pub tilt_rad: f64,
    /// Standard deviation of altitude, m.
    pub sigma_altitude_m: f64,
    /// Standard deviation of vertical speed, m/s.
    pub sigma_v_up_m_s: f64,
    /// Root sum square of the horizontal position standard deviations, m.
    pub sigma_horizontal_m: f64,
    /// Root sum square of the horizontal velocity standard deviations, m/s.
    pub sigma_v_horizontal_m_s: f64,
    /// Root sum square of the attitude standard deviations, rad.
    pub sigma_attitude_rad: f64,
    /// Estimated mass, kg.
    pub mass_kg: f64,
    /// Estimated propellant, kg.
    pub propellant_kg: f64,
}

/// Guidance as downlinked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guidance {
    /// Commanded thrust acceleration, frame L, m/s².
    pub a_L: [f64; 3],
    /// Commanded collective of the assist engines, 0 to 1.
    pub throttle: f64,
    /// Reference vertical speed, up positive, m/s.
    pub v_up_m_s: f64,
    /// Largest descent speed that can still be stopped above the worst believed ground, m/s.
    pub corridor_m_s: f64,
    /// Altitude that braking decisions use, m.
    pub altitude_m: f64,
    /// Standard deviations of altitude that the corridor keeps off the ground.
    pub k_sigma: f64,
    /// Probability, as weighed, that the first range comes too late to stop.
    pub risk_outrun: f64,
    /// Probability, as weighed, that the tanks are empty before the ground.
    pub risk_dry: f64,
    /// Time to go in the present phase, s.
    pub tgo_s: f64,
    /// Distance to the target along the ground track, m; positive ahead.
    pub downrange_m: f64,
    /// Distance of the target to the right of the ground track, m.
    pub crossrange_m: f64,
}

/// Control as downlinked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Control {
    /// Attitude error, body axes, rad.
    pub error_B_rad: [f64; 3],
    /// Duty of each assist engine in the present pulse frame, 0 to 1.
    pub assist: [f64; ASSIST_ENGINES],
    /// Duty of each jet in the present pulse frame, 0 to 1.
    pub jets: [f64; JETS],
    /// Main engine valve, 0 or 1.
    pub main: u8,
}

/// Everything the flight software shows of itself, sampled together once a pulse frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// On-board time of the sample.
    pub t: Time,
    /// Mission phase.
    pub phase: Phase,
    /// Navigation.
    pub nav: Nav,
    /// Rangefinder innovation, m.
    pub rangefinder: Innovation,
    /// Velocimeter innovation of the worst beam, m/s.
    pub velocimeter: Innovation,
    /// Star tracker innovation of the worst axis, rad.
    pub star_tracker: Innovation,
    /// Radar altimeter innovation, m.
    pub radar_altimeter: Innovation,
    /// Camera innovation of the landmark that fits worst, pixel; counts are of landmarks.
    pub camera: Innovation,
    /// Belief about the rangefinder.
    pub rangefinder_belief: Belief,
    /// Belief about the radar altimeter.
    pub radar_belief: Belief,
    /// Guidance.
    pub guidance: Guidance,
    /// Control.
    pub control: Control,
    /// Alarms that stand, one bit each: bit n is the n-th of [`ALARMS`].
    pub alarms: u16,
}

/// Standing alarms, by bit of [`Snapshot::alarms`].
pub const ALARMS: &[&str] = &[
    "rangefinder late",
    "rangefinder locked out",
    "rangefinder stuck",
    "speed exceeds corridor",
    "thrust deviates",
    "imu",
    "altitude contradiction",
    "propellant low",
    "rangefinder distrusted",
    "rangefinder noisy",
    "radar altimeter distrusted",
    "velocimeter lost",
    "accelerometers silent",
    "engine out",
    "jet stuck",
    "altitude reset",
];

macro_rules! p {
    ($key:literal, $unit:literal, $wire:ident, $read:expr) => {
        Parameter { key: $key, unit: $unit, wire: Wire::$wire, read: $read }
    };
}

const NAV: &[Parameter] = &[
    p!("phase", "", U8, |s| f64::from(s.phase as u8)),
    p!("alarms", "", U16, |s| f64::from(s.alarms)),
    p!("nav.p_LB_L.0", "m", F64, |s| s.nav.p_LB_L[0]),
    p!("nav.p_LB_L.1", "m", F64, |s| s.nav.p_LB_L[1]),
    p!("nav.p_LB_L.2", "m", F64, |s| s.nav.p_LB_L[2]),
    p!("nav.v_LB_L.0", "m/s", F64, |s| s.nav.v_LB_L[0]),
    p!("nav.v_LB_L.1", "m/s", F64, |s| s.nav.v_LB_L[1]),
    p!("nav.v_LB_L.2", "m/s", F64, |s| s.nav.v_LB_L[2]),
    p!("nav.q_IB.0", "", F32, |s| s.nav.q_IB[0]),
    p!("nav.q_IB.1", "", F32, |s| s.nav.q_IB[1]),
    p!("nav.q_IB.2", "", F32, |s| s.nav.q_IB[2]),
    p!("nav.q_IB.3", "", F32, |s| s.nav.q_IB[3]),
    p!("nav.w_IB_B.0", "rad/s", F32, |s| s.nav.w_IB_B[0]),
    p!("nav.w_IB_B.1", "rad/s", F32, |s| s.nav.w_IB_B[1]),
    p!("nav.w_IB_B.2", "rad/s", F32, |s| s.nav.w_IB_B[2]),
    p!("nav.altitude_m", "m", F32, |s| s.nav.altitude_m),
    p!("nav.v_up_m_s", "m/s", F32, |s| s.nav.v_up_m_s),
    p!("nav.v_horizontal_m_s", "m/s", F32, |s| s.nav.v_horizontal_m_s),
    p!("nav.tilt_rad", "rad", F32, |s| s.nav.tilt_rad),
    p!("nav.sigma_altitude_m", "m", F32, |s| s.nav.sigma_altitude_m),
    p!("nav.sigma_v_up_m_s", "m/s", F32, |s| s.nav.sigma_v_up_m_s),
    p!("nav.sigma_horizontal_m", "m", F32, |s| s.nav.sigma_horizontal_m),
    p!("nav.sigma_v_horizontal_m_s", "m/s", F32, |s| s.nav.sigma_v_horizontal_m_s),
    p!("nav.sigma_attitude_rad", "rad", F32, |s| s.nav.sigma_attitude_rad),
    p!("nav.mass_kg", "kg", F32, |s| s.nav.mass_kg),
    p!("nav.propellant_kg", "kg", F32, |s| s.nav.propellant_kg),
];

const GUIDANCE: &[Parameter] = &[
    p!("guidance.a_L.0", "m/s2", F32, |s| s.guidance.a_L[0]),
    p!("guidance.a_L.1", "m/s2", F32, |s| s.guidance.a_L[1]),
    p!("guidance.a_L.2", "m/s2", F32, |s| s.guidance.a_L[2]),
    p!("guidance.throttle", "", F32, |s| s.guidance.throttle),
    p!("guidance.v_up_m_s", "m/s", F32, |s| s.guidance.v_up_m_s),
    p!("guidance.corridor_m_s", "m/s", F32, |s| s.guidance.corridor_m_s),
    p!("guidance.altitude_m", "m", F32, |s| s.guidance.altitude_m),
    p!("guidance.k_sigma", "", F32, |s| s.guidance.k_sigma),
    p!("guidance.risk_outrun", "", F32, |s| s.guidance.risk_outrun),
    p!("guidance.risk_dry", "", F32, |s| s.guidance.risk_dry),
    p!("guidance.tgo_s", "s", F32, |s| s.guidance.tgo_s),
    p!("guidance.downrange_m", "m", F32, |s| s.guidance.downrange_m),
    p!("guidance.crossrange_m", "m", F32, |s| s.guidance.crossrange_m),
];

const CONTROL: &[Parameter] = &[
    p!("control.error_B_rad.0", "rad", F32, |s| s.control.error_B_rad[0]),
    p!("control.error_B_rad.1", "rad", F32, |s| s.control.error_B_rad[1]),
    p!("control.error_B_rad.2", "rad", F32, |s| s.control.error_B_rad[2]),
    p!("control.assist.0", "", F32, |s| s.control.assist[0]),
    p!("control.assist.1", "", F32, |s| s.control.assist[1]),
    p!("control.assist.2", "", F32, |s| s.control.assist[2]),
    p!("control.assist.3", "", F32, |s| s.control.assist[3]),
    p!("control.assist.4", "", F32, |s| s.control.assist[4]),
    p!("control.assist.5", "", F32, |s| s.control.assist[5]),
    p!("control.jets.0", "", F32, |s| s.control.jets[0]),
    p!("control.jets.1", "", F32, |s| s.control.jets[1]),
    p!("control.jets.2", "", F32, |s| s.control.jets[2]),
    p!("control.jets.3", "", F32, |s| s.control.jets[3]),
    p!("control.jets.4", "", F32, |s| s.control.jets[4]),
    p!("control.jets.5", "", F32, |s| s.control.jets[5]),
    p!("control.jets.6", "", F32, |s| s.control.jets[6]),
    p!("control.jets.7", "", F32, |s| s.control.jets[7]),
    p!("control.main", "", U8, |s| f64::from(s.control.main)),
];

const AIDS: &[Parameter] = &[
    p!("rangefinder.measured", "m", F32, |s| s.rangefinder.measured),
    p!("rangefinder.nu", "m", F32, |s| s.rangefinder.nu),
    p!("rangefinder.sigma", "m", F32, |s| s.rangefinder.sigma),
    p!("rangefinder.gate", "m", F32, |s| s.rangefinder.gate),
    p!("rangefinder.outcome", "", U8, |s| f64::from(s.rangefinder.outcome as u8)),
    p!("rangefinder.fused", "", U32, |s| f64::from(s.rangefinder.fused)),
    p!("rangefinder.rejected", "", U32, |s| f64::from(s.rangefinder.rejected)),
    p!("rangefinder.in_a_row", "", U32, |s| f64::from(s.rangefinder.in_a_row)),
    p!("rangefinder.usage", "", U8, |s| f64::from(s.rangefinder.usage as u8)),
    p!("rangefinder.age_s", "s", F32, |s| s.rangefinder.age_s),
    p!("velocimeter.measured", "m/s", F32, |s| s.velocimeter.measured),
    p!("velocimeter.nu", "m/s", F32, |s| s.velocimeter.nu),
    p!("velocimeter.sigma", "m/s", F32, |s| s.velocimeter.sigma),
    p!("velocimeter.gate", "m/s", F32, |s| s.velocimeter.gate),
    p!("velocimeter.outcome", "", U8, |s| f64::from(s.velocimeter.outcome as u8)),
    p!("velocimeter.fused", "", U32, |s| f64::from(s.velocimeter.fused)),
    p!("velocimeter.rejected", "", U32, |s| f64::from(s.velocimeter.rejected)),
    p!("velocimeter.in_a_row", "", U32, |s| f64::from(s.velocimeter.in_a_row)),
    p!("velocimeter.usage", "", U8, |s| f64::from(s.velocimeter.usage as u8)),
    p!("velocimeter.age_s", "s", F32, |s| s.velocimeter.age_s),
    p!("star_tracker.measured", "rad", F32, |s| s.star_tracker.measured),
    p!("star_tracker.nu", "rad", F32, |s| s.star_tracker.nu),
    p!("star_tracker.sigma", "rad", F32, |s| s.star_tracker.sigma),
    p!("star_tracker.gate", "rad", F32, |s| s.star_tracker.gate),
    p!("star_tracker.outcome", "", U8, |s| f64::from(s.star_tracker.outcome as u8)),
    p!("star_tracker.fused", "", U32, |s| f64::from(s.star_tracker.fused)),
    p!("star_tracker.rejected", "", U32, |s| f64::from(s.star_tracker.rejected)),
    p!("star_tracker.in_a_row", "", U32, |s| f64::from(s.star_tracker.in_a_row)),
    p!("star_tracker.usage", "", U8, |s| f64::from(s.star_tracker.usage as u8)),
    p!("star_tracker.age_s", "s", F32, |s| s.star_tracker.age_s),
];

const GROUND_AIDS: &[Parameter] = &[
    p!("radar_altimeter.measured", "m", F32, |s| s.radar_altimeter.measured),
    p!("radar_altimeter.nu", "m", F32, |s| s.radar_altimeter.nu),
    p!("radar_altimeter.sigma", "m", F32, |s| s.radar_altimeter.sigma),
    p!("radar_altimeter.gate", "m", F32, |s| s.radar_altimeter.gate),
    p!("radar_altimeter.outcome", "", U8, |s| f64::from(s.radar_altimeter.outcome as u8)),
    p!("radar_altimeter.fused", "", U32, |s| f64::from(s.radar_altimeter.fused)),
    p!("radar_altimeter.rejected", "", U32, |s| f64::from(s.radar_altimeter.rejected)),
    p!("radar_altimeter.age_s", "s", F32, |s| s.radar_altimeter.age_s),
    p!("camera.measured", "pixel", F32, |s| s.camera.measured),
    p!("camera.nu", "pixel", F32, |s| s.camera.nu),
    p!("camera.sigma", "pixel", F32, |s| s.camera.sigma),
    p!("camera.gate", "pixel", F32, |s| s.camera.gate),
    p!("camera.outcome", "", U8, |s| f64::from(s.camera.outcome as u8)),
    p!("camera.fused", "", U32, |s| f64::from(s.camera.fused)),
    p!("camera.rejected", "", U32, |s| f64::from(s.camera.rejected)),
    p!("camera.age_s", "s", F32, |s| s.camera.age_s),
];

const BELIEF: &[Parameter] = &[
    p!("rangefinder_belief.nominal", "", F32, |s| s.rangefinder_belief.nominal),
    p!("rangefinder_belief.invalid", "", F32, |s| s.rangefinder_belief.invalid),
    p!("rangefinder_belief.datum", "", F32, |s| s.rangefinder_belief.datum),
    p!("rangefinder_belief.scale", "", F32, |s| s.rangefinder_belief.scale),
    p!("rangefinder_belief.step_m", "m", F32, |s| s.rangefinder_belief.step_m),
    p!("rangefinder_belief.rate_m_s", "m/s", F32, |s| s.rangefinder_belief.rate_m_s),
    p!("rangefinder_belief.rate_m_s_max", "m/s", F32, |s| s.rangefinder_belief.rate_m_s_max),
    p!("rangefinder_belief.noise_m", "m", F32, |s| s.rangefinder_belief.noise_m),
    p!("rangefinder_belief.health", "", F32, |s| s.rangefinder_belief.health),
    p!("radar_belief.nominal", "", F32, |s| s.radar_belief.nominal),
    p!("radar_belief.invalid", "", F32, |s| s.radar_belief.invalid),
    p!("radar_belief.datum", "", F32, |s| s.radar_belief.datum),
    p!("radar_belief.scale", "", F32, |s| s.radar_belief.scale),
    p!("radar_belief.step_m", "m", F32, |s| s.radar_belief.step_m),
    p!("radar_belief.rate_m_s", "m/s", F32, |s| s.radar_belief.rate_m_s),
    p!("radar_belief.rate_m_s_max", "m/s", F32, |s| s.radar_belief.rate_m_s_max),
    p!("radar_belief.noise_m", "m", F32, |s| s.radar_belief.noise_m),
    p!("radar_belief.health", "", F32, |s| s.radar_belief.health),
];

/// Every housekeeping list, by ascending structure identifier.
pub const LISTS: &[List] = &[
    List { id: 1, name: "nav", parameters: NAV },
    List { id: 2, name: "guidance", parameters: GUIDANCE },
    List { id: 3, name: "control", parameters: CONTROL },
    List { id: 4, name: "aids", parameters: AIDS },
    List { id: 5, name: "ground aids", parameters: GROUND_AIDS },
    List { id: 8, name: "belief", parameters: BELIEF },
];

/// Every parameter of every list, in order.
pub fn parameters() -> impl Iterator<Item = &'static Parameter> {
    LISTS.iter().flat_map(|list| list.parameters)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_key_is_unique_and_every_list_fits_a_packet() {
        let keys: BTreeSet<_> = parameters().map(|p| p.key).collect();
        assert_eq!(keys.len(), parameters().count());
        for list in LISTS {
            let octets: usize = list.parameters.iter().map(|p| p.wire.octets()).sum();
            assert!(octets < crate::link::packet::SOURCE_DATA_MAX, "{}: {octets}", list.name);
        }
    }
}
