//! The tables: which value travels in which list, with unit, wire type and what it means.

use super::{
    ALARMS, Kind, Line, List, NO_YES, OUTCOMES, PHASES, Parameter, Receiver, SWITCHES, USES, VALVE,
    Wire,
};
use crate::tc::{self, Refusal};

/// One line of a table; the kind follows from the wire type where none is named.
macro_rules! p {
    ($key:literal, $unit:literal, $wire:ident, $text:literal, $read:expr) => {
        p!($key, $unit, $wire, $text, Wire::$wire.kind(), $read)
    };
    ($key:literal, $unit:literal, $wire:ident, $text:literal, $kind:expr, $read:expr) => {
        Parameter {
            line: Line { key: $key, unit: $unit, wire: Wire::$wire, text: $text, kind: $kind },
            read: $read,
        }
    };
}
pub(crate) use p;

#[rustfmt::skip] // a table
const NAV: &[Parameter] = &[
    p!("phase", "", U8, "Mission phase", PHASES, |s| f64::from(s.phase as u8)),
    p!("alarms", "", U16, "Alarms that stand", Kind::Bits(ALARMS), |s| f64::from(s.alarms)),
    p!("nav.p_LB_L.0", "m", F64, "Position from the target, east", |s| s.nav.p_LB_L[0]),
    p!("nav.p_LB_L.1", "m", F64, "Position from the target, north", |s| s.nav.p_LB_L[1]),
    p!("nav.p_LB_L.2", "m", F64, "Position from the target, up", |s| s.nav.p_LB_L[2]),
    p!("nav.v_LB_L.0", "m/s", F64, "Velocity over ground, east", |s| s.nav.v_LB_L[0]),
    p!("nav.v_LB_L.1", "m/s", F64, "Velocity over ground, north", |s| s.nav.v_LB_L[1]),
    p!("nav.v_LB_L.2", "m/s", F64, "Velocity over ground, up at the target", |s| s.nav.v_LB_L[2]),
    p!("nav.q_IB.0", "", F32, "Attitude from body to inertial axes, scalar part", |s| s.nav.q_IB
        [0]),
    p!("nav.q_IB.1", "", F32, "Attitude from body to inertial axes, x part", |s| s.nav.q_IB[1]),
    p!("nav.q_IB.2", "", F32, "Attitude from body to inertial axes, y part", |s| s.nav.q_IB[2]),
    p!("nav.q_IB.3", "", F32, "Attitude from body to inertial axes, z part", |s| s.nav.q_IB[3]),
    p!("nav.w_IB_B.0", "rad/s", F32, "Body rate about x", |s| s.nav.w_IB_B[0]),
    p!("nav.w_IB_B.1", "rad/s", F32, "Body rate about y", |s| s.nav.w_IB_B[1]),
    p!("nav.w_IB_B.2", "rad/s", F32, "Body rate about z", |s| s.nav.w_IB_B[2]),
    p!("nav.altitude_m", "m", F32, "Altitude of the legs over the ground, as guidance believes it", |s| s.nav.altitude_m),
    p!("nav.v_up_m_s", "m/s", F32, "Vertical speed, up positive", |s| s.nav.v_up_m_s),
    p!("nav.v_horizontal_m_s", "m/s", F32, "Horizontal speed over ground", |s| s
        .nav
        .v_horizontal_m_s),
    p!("nav.tilt_rad", "rad", F32, "Angle between the body axis and the vertical", |s| s
        .nav
        .tilt_rad),
    p!("nav.sigma_altitude_m", "m", F32, "Standard deviation of altitude", |s| s
        .nav
        .sigma_altitude_m),
    p!("nav.sigma_v_up_m_s", "m/s", F32, "Standard deviation of vertical speed", |s| s
        .nav
        .sigma_v_up_m_s),
    p!("nav.sigma_horizontal_m", "m", F32, "Standard deviation of horizontal position", |s| s
        .nav
        .sigma_horizontal_m),
    p!("nav.sigma_v_horizontal_m_s", "m/s", F32, "Standard deviation of horizontal speed", |s| s
        .nav
        .sigma_v_horizontal_m_s),
    p!("nav.sigma_attitude_rad", "rad", F32, "Standard deviation of attitude", |s| s
        .nav
        .sigma_attitude_rad),
    p!("nav.mass_kg", "kg", F32, "Mass, estimated", |s| s.nav.mass_kg),
    p!("nav.propellant_kg", "kg", F32, "Propellant left, estimated", |s| s.nav.propellant_kg),
];

#[rustfmt::skip] // a table
const GUIDANCE: &[Parameter] = &[
    p!("guidance.a_L.0", "m/s2", F32, "Commanded thrust acceleration, east", |s| s.guidance.a_L[0]),
    p!("guidance.a_L.1", "m/s2", F32, "Commanded thrust acceleration, north", |s| s.guidance.a_L
        [1]),
    p!("guidance.a_L.2", "m/s2", F32, "Commanded thrust acceleration, up", |s| s.guidance.a_L[2]),
    p!("guidance.throttle", "", F32, "Commanded collective of the assist engines", |s| s
        .guidance
        .throttle),
    p!("guidance.v_up_m_s", "m/s", F32, "Vertical speed that guidance asks for", |s| s
        .guidance
        .v_up_m_s),
    p!("guidance.corridor_m_s", "m/s", F32, "Fastest descent that can still be stopped above the ground", |s| s.guidance.corridor_m_s),
    p!("guidance.altitude_m", "m", F32, "Altitude that braking decisions use", |s| s
        .guidance
        .altitude_m),
    p!("guidance.k_sigma", "", F32, "Standard deviations of altitude kept off the ground", |s| s
        .guidance
        .k_sigma),
    p!("guidance.risk_outrun", "", F32, "Probability that the first range comes too late to stop", |s| s.guidance.risk_outrun),
    p!("guidance.risk_dry", "", F32, "Probability that the tanks are empty before the ground", |s| s.guidance.risk_dry),
    p!("guidance.tgo_s", "s", F32, "Time to go in the present phase", |s| s.guidance.tgo_s),
    p!("guidance.downrange_m", "m", F32, "Distance to the target along the ground track", |s| s
        .guidance
        .downrange_m),
    p!("guidance.crossrange_m", "m", F32, "Distance of the target to the right of the ground track", |s| s.guidance.crossrange_m),
];

#[rustfmt::skip] // a table
const ORDERS: &[Parameter] = &[
    p!("touchdown", "", U8, "Touchdown switches that are closed", Kind::Bits(SWITCHES), |s| {
        f64::from(s.touchdown)
    }),
    p!("orders.accepted", "", U16, "Commands accepted since the start", |s| f64::from(
        s.orders.accepted
    )),
    p!("orders.refused", "", U16, "Commands refused since the start", |s| f64::from(
        s.orders.refused
    )),
    p!("orders.refusal", "", U8, "Why the last one was refused", Kind::Enumeration(Refusal::NAMES), |s| f64::from(s.orders.refusal)),
    p!("orders.last", "", U16, "Sequence count of the last command accepted", |s| f64::from(
        s.orders.last
    )),
    p!("orders.armed", "", U8, "Hazardous command that is armed", Kind::Enumeration(tc::NAMES), |s| f64::from(s.orders.armed)),
    p!("orders.held", "", U8, "Held on orbit by the ground", NO_YES, |s| f64::from(s.orders.held)),
    p!("orders.waved_off", "", U8, "Landing called off by the ground", NO_YES, |s| f64::from(
        s.orders.waved_off
    )),
    p!("orders.scheduled", "", U8, "Commands waiting in the schedule", |s| f64::from(
        s.orders.scheduled
    )),
    p!("orders.schedule_runs", "", U8, "Schedule carried out", NO_YES, |s| f64::from(
        s.orders.schedule_runs
    )),
    p!("orders.divert_east_m", "m", F32, "Landing point moved by the ground, east", |s| s
        .orders
        .divert_m[0]),
    p!("orders.divert_north_m", "m", F32, "Landing point moved by the ground, north", |s| s
        .orders
        .divert_m[1]),
];

#[rustfmt::skip] // a table
const CONTROL: &[Parameter] = &[
    p!("control.error_B_rad.0", "rad", F32, "Attitude error about x", |s| s.control.error_B_rad[0]),
    p!("control.error_B_rad.1", "rad", F32, "Attitude error about y", |s| s.control.error_B_rad[1]),
    p!("control.error_B_rad.2", "rad", F32, "Attitude error about z", |s| s.control.error_B_rad[2]),
    p!("control.assist.0", "", F32, "Duty of assist engine 0", |s| s.control.assist[0]),
    p!("control.assist.1", "", F32, "Duty of assist engine 1", |s| s.control.assist[1]),
    p!("control.assist.2", "", F32, "Duty of assist engine 2", |s| s.control.assist[2]),
    p!("control.assist.3", "", F32, "Duty of assist engine 3", |s| s.control.assist[3]),
    p!("control.assist.4", "", F32, "Duty of assist engine 4", |s| s.control.assist[4]),
    p!("control.assist.5", "", F32, "Duty of assist engine 5", |s| s.control.assist[5]),
    p!("control.jets.0", "", F32, "Duty of jet 0", |s| s.control.jets[0]),
    p!("control.jets.1", "", F32, "Duty of jet 1", |s| s.control.jets[1]),
    p!("control.jets.2", "", F32, "Duty of jet 2", |s| s.control.jets[2]),
    p!("control.jets.3", "", F32, "Duty of jet 3", |s| s.control.jets[3]),
    p!("control.jets.4", "", F32, "Duty of jet 4", |s| s.control.jets[4]),
    p!("control.jets.5", "", F32, "Duty of jet 5", |s| s.control.jets[5]),
    p!("control.jets.6", "", F32, "Duty of jet 6", |s| s.control.jets[6]),
    p!("control.jets.7", "", F32, "Duty of jet 7", |s| s.control.jets[7]),
    p!("control.main", "", U8, "Main engine valve", VALVE, |s| f64::from(s.control.main)),
];

#[rustfmt::skip] // a table
const AIDS: &[Parameter] = &[
    p!("rangefinder.measured", "m", F32, "Rangefinder: measured", |s| s.rangefinder.measured),
    p!("rangefinder.nu", "m", F32, "Rangefinder: measured minus predicted", |s| s.rangefinder.nu),
    p!("rangefinder.sigma", "m", F32, "Rangefinder: standard deviation of the difference", |s| s
        .rangefinder
        .sigma),
    p!("rangefinder.gate", "m", F32, "Rangefinder: largest difference that passes", |s| s
        .rangefinder
        .gate),
    p!("rangefinder.outcome", "", U8, "Rangefinder: what became of the last measurement", OUTCOMES, |s| f64::from(s.rangefinder.outcome as u8)),
    p!("rangefinder.fused", "", U32, "Rangefinder: measurements used", |s| f64::from(
        s.rangefinder.fused
    )),
    p!("rangefinder.rejected", "", U32, "Rangefinder: measurements rejected", |s| f64::from(
        s.rangefinder.rejected
    )),
    p!("rangefinder.in_a_row", "", U32, "Rangefinder: rejected since the last one used", |s| {
        f64::from(s.rangefinder.in_a_row)
    }),
    p!("rangefinder.usage", "", U8, "Rangefinder: order of the ground", USES, |s| f64::from(
        s.rangefinder.usage as u8
    )),
    p!("rangefinder.age_s", "s", F32, "Rangefinder: time since the last one used", |s| s
        .rangefinder
        .age_s),
    p!("velocimeter.measured", "m/s", F32, "Velocimeter, worst beam: measured", |s| s
        .velocimeter
        .measured),
    p!("velocimeter.nu", "m/s", F32, "Velocimeter, worst beam: measured minus predicted", |s| s
        .velocimeter
        .nu),
    p!("velocimeter.sigma", "m/s", F32, "Velocimeter, worst beam: standard deviation of the difference", |s| s.velocimeter.sigma),
    p!("velocimeter.gate", "m/s", F32, "Velocimeter, worst beam: largest difference that passes", |s| s.velocimeter.gate),
    p!("velocimeter.outcome", "", U8, "Velocimeter, worst beam: what became of the last measurement", OUTCOMES, |s| f64::from(s.velocimeter.outcome as u8)),
    p!("velocimeter.fused", "", U32, "Velocimeter, worst beam: measurements used", |s| f64::from(
        s.velocimeter.fused
    )),
    p!("velocimeter.rejected", "", U32, "Velocimeter, worst beam: measurements rejected", |s| {
        f64::from(s.velocimeter.rejected)
    }),
    p!("velocimeter.in_a_row", "", U32, "Velocimeter, worst beam: rejected since the last one used", |s| f64::from(s.velocimeter.in_a_row)),
    p!("velocimeter.usage", "", U8, "Velocimeter, worst beam: order of the ground", USES, |s| {
        f64::from(s.velocimeter.usage as u8)
    }),
    p!("velocimeter.age_s", "s", F32, "Velocimeter, worst beam: time since the last one used", |s| s.velocimeter.age_s),
    p!("star_tracker.measured", "rad", F32, "Star tracker, worst axis: measured", |s| s
        .star_tracker
        .measured),
    p!("star_tracker.nu", "rad", F32, "Star tracker, worst axis: measured minus predicted", |s| s
        .star_tracker
        .nu),
    p!("star_tracker.sigma", "rad", F32, "Star tracker, worst axis: standard deviation of the difference", |s| s.star_tracker.sigma),
    p!("star_tracker.gate", "rad", F32, "Star tracker, worst axis: largest difference that passes", |s| s.star_tracker.gate),
    p!("star_tracker.outcome", "", U8, "Star tracker, worst axis: what became of the last measurement", OUTCOMES, |s| f64::from(s.star_tracker.outcome as u8)),
    p!("star_tracker.fused", "", U32, "Star tracker, worst axis: measurements used", |s| f64::from(s.star_tracker.fused)),
    p!("star_tracker.rejected", "", U32, "Star tracker, worst axis: measurements rejected", |s| {
        f64::from(s.star_tracker.rejected)
    }),
    p!("star_tracker.in_a_row", "", U32, "Star tracker, worst axis: rejected since the last one used", |s| f64::from(s.star_tracker.in_a_row)),
    p!("star_tracker.usage", "", U8, "Star tracker, worst axis: order of the ground", USES, |s| {
        f64::from(s.star_tracker.usage as u8)
    }),
    p!("star_tracker.age_s", "s", F32, "Star tracker, worst axis: time since the last one used", |s| s.star_tracker.age_s),
];

#[rustfmt::skip] // a table
const GROUND_AIDS: &[Parameter] = &[
    p!("radar_altimeter.measured", "m", F32, "Radar altimeter: measured", |s| s
        .radar_altimeter
        .measured),
    p!("radar_altimeter.nu", "m", F32, "Radar altimeter: measured minus predicted", |s| s
        .radar_altimeter
        .nu),
    p!("radar_altimeter.sigma", "m", F32, "Radar altimeter: standard deviation of the difference", |s| s.radar_altimeter.sigma),
    p!("radar_altimeter.gate", "m", F32, "Radar altimeter: largest difference that passes", |s| s
        .radar_altimeter
        .gate),
    p!("radar_altimeter.outcome", "", U8, "Radar altimeter: what became of the last measurement", OUTCOMES, |s| f64::from(s.radar_altimeter.outcome as u8)),
    p!("radar_altimeter.fused", "", U32, "Radar altimeter: measurements used", |s| f64::from(
        s.radar_altimeter.fused
    )),
    p!("radar_altimeter.rejected", "", U32, "Radar altimeter: measurements rejected", |s| {
        f64::from(s.radar_altimeter.rejected)
    }),
    p!("radar_altimeter.age_s", "s", F32, "Radar altimeter: time since the last one used", |s| s
        .radar_altimeter
        .age_s),
    p!("camera.measured", "pixel", F32, "Camera, worst landmark: measured", |s| s.camera.measured),
    p!("camera.nu", "pixel", F32, "Camera, worst landmark: measured minus predicted", |s| s
        .camera
        .nu),
    p!("camera.sigma", "pixel", F32, "Camera, worst landmark: standard deviation of the difference", |s| s.camera.sigma),
    p!("camera.gate", "pixel", F32, "Camera, worst landmark: largest difference that passes", |s| s.camera.gate),
    p!("camera.outcome", "", U8, "Camera, worst landmark: what became of the last measurement", OUTCOMES, |s| f64::from(s.camera.outcome as u8)),
    p!("camera.fused", "", U32, "Camera, worst landmark: measurements used", |s| f64::from(
        s.camera.fused
    )),
    p!("camera.rejected", "", U32, "Camera, worst landmark: measurements rejected", |s| f64::from(
        s.camera.rejected
    )),
    p!("camera.age_s", "s", F32, "Camera, worst landmark: time since the last one used", |s| s
        .camera
        .age_s),
];

#[rustfmt::skip] // a table
const BELIEF: &[Parameter] = &[
    p!("rangefinder_belief.nominal", "", F32, "Rangefinder: probability that it and navigation are right", |s| s.rangefinder_belief.nominal),
    p!("rangefinder_belief.invalid", "", F32, "Rangefinder: probability that its ranges mean nothing", |s| s.rangefinder_belief.invalid),
    p!("rangefinder_belief.datum", "", F32, "Rangefinder: probability that the altitude is wrong", |s| s.rangefinder_belief.datum),
    p!("rangefinder_belief.scale", "", F32, "Rangefinder: probability that its scale is wrong", |s| s.rangefinder_belief.scale),
    p!("rangefinder_belief.step_m", "m", F32, "Rangefinder: altitude above the believed one if that is wrong", |s| s.rangefinder_belief.step_m),
    p!("rangefinder_belief.rate_m_s", "m/s", F32, "Rangefinder: drift against the inertial motion", |s| s.rangefinder_belief.rate_m_s),
    p!("rangefinder_belief.rate_m_s_max", "m/s", F32, "Rangefinder: largest drift that passes", |s| s.rangefinder_belief.rate_m_s_max),
    p!("rangefinder_belief.noise_m", "m", F32, "Rangefinder: noise of its ranges", |s| s
        .rangefinder_belief
        .noise_m),
    p!("rangefinder_belief.health", "", F32, "Rangefinder: probability that it is healthy while silent", |s| s.rangefinder_belief.health),
    p!("radar_belief.nominal", "", F32, "Radar altimeter: probability that it and navigation are right", |s| s.radar_belief.nominal),
    p!("radar_belief.invalid", "", F32, "Radar altimeter: probability that its ranges mean nothing", |s| s.radar_belief.invalid),
    p!("radar_belief.datum", "", F32, "Radar altimeter: probability that the altitude is wrong", |s| s.radar_belief.datum),
    p!("radar_belief.scale", "", F32, "Radar altimeter: probability that its scale is wrong", |s| s.radar_belief.scale),
    p!("radar_belief.step_m", "m", F32, "Radar altimeter: altitude above the believed one if that is wrong", |s| s.radar_belief.step_m),
    p!("radar_belief.rate_m_s", "m/s", F32, "Radar altimeter: drift against the inertial motion", |s| s.radar_belief.rate_m_s),
    p!("radar_belief.rate_m_s_max", "m/s", F32, "Radar altimeter: largest drift that passes", |s| s.radar_belief.rate_m_s_max),
    p!("radar_belief.noise_m", "m", F32, "Radar altimeter: noise of its ranges", |s| s
        .radar_belief
        .noise_m),
    p!("radar_belief.health", "", F32, "Radar altimeter: probability that it is healthy while silent", |s| s.radar_belief.health),
];

#[rustfmt::skip] // a table
const RECEIVED: &[Parameter<Receiver>] = &[
    p!("uplink.locked", "", U8, "Receiver locked to a carrier", NO_YES, |r| f64::from(r.locked)),
    p!("uplink.units", "", U16, "Command link units received", |r| f64::from(r.units)),
    p!("uplink.corrected", "", U16, "Codeblocks with a bit corrected", |r| f64::from(r.corrected)),
    p!("uplink.frames_good", "", U16, "Command frames that passed every check", |r| f64::from(
        r.frames_good
    )),
    p!("uplink.frames_bad", "", U16, "Command frames refused", |r| f64::from(r.frames_bad)),
    p!("uplink.refusal", "", U8, "Why the last frame was refused", Kind::Enumeration(Refusal::NAMES), |r| f64::from(r.refusal)),
    p!("uplink.sequence", "", U32, "Security sequence number of the last good frame", |r| {
        f64::from(r.sequence)
    }),
    p!("uplink.expected", "", U8, "Next frame number expected", |r| f64::from(r.expected)),
    p!("uplink.lockout", "", U8, "Frame acceptance locked out", NO_YES, |r| f64::from(r.lockout)),
];

/// Every housekeeping list of the flight software, by ascending structure identifier.
pub const LISTS: &[List] = &[
    List { id: 1, name: "nav", parameters: NAV },
    List { id: 2, name: "guidance", parameters: GUIDANCE },
    List { id: 3, name: "control", parameters: CONTROL },
    List { id: 4, name: "aids", parameters: AIDS },
    List { id: 5, name: "ground aids", parameters: GROUND_AIDS },
    List { id: 6, name: "orders", parameters: ORDERS },
    List { id: 8, name: "belief", parameters: BELIEF },
];

/// What the receiver of commands says of itself.
pub const RECEIVER: List<Receiver> = List { id: 7, name: "uplink", parameters: RECEIVED };
