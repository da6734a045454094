//! The tables: what may be ordered, and what may be loaded in flight.

use super::{Argument, Command};
use crate::tm::Wire;

/// Numbers of the commands; those of functions of service 8 are on the wire.
#[allow(missing_docs)]
pub mod code {
    pub const ARM: u8 = 1;
    pub const GO: u8 = 2;
    pub const NO_GO: u8 = 3;
    pub const WAVE_OFF: u8 = 4;
    pub const DIVERT: u8 = 5;
    pub const SENSOR_USE: u8 = 6;
    pub const RESTART_RANGEFINDER: u8 = 7;
    pub const REBOOT: u8 = 8;
    pub const TRANSMITTER: u8 = 9;
    pub const BIT_RATE: u8 = 10;
    pub const ANTENNA: u8 = 11;
    pub const LOAD_PARAMETER: u8 = 20;
    pub const REPORT_PARAMETER: u8 = 21;
    pub const PING: u8 = 22;
    pub const DUMP: u8 = 23;
    pub const SCHEDULE: u8 = 30;
    pub const SCHEDULE_RESET: u8 = 31;
    pub const SCHEDULE_ENABLE: u8 = 32;
    pub const SCHEDULE_DISABLE: u8 = 33;
    pub const SCHEDULE_REPORT: u8 = 34;
    pub const HOUSEKEEPING_ON: u8 = 40;
    pub const HOUSEKEEPING_OFF: u8 = 41;
}

/// Names of the commands by code, for the parameter that tells which one is armed.
pub const NAMES: &[(u8, &str)] = &[
    (0, "none"),
    (code::WAVE_OFF, "wave_off"),
    (code::DIVERT, "divert"),
    (code::REBOOT, "reboot"),
    (code::LOAD_PARAMETER, "load_parameter"),
];
const HAZARDOUS: &[(u8, &str)] = &[
    (code::WAVE_OFF, "wave_off"),
    (code::DIVERT, "divert"),
    (code::REBOOT, "reboot"),
    (code::LOAD_PARAMETER, "load_parameter"),
];
const SENSORS: &[(u8, &str)] = &[
    (0, "rangefinder"),
    (1, "velocimeter"),
    (2, "star tracker"),
    (3, "radar altimeter"),
    (4, "camera"),
];
const USES: &[(u8, &str)] = &[(0, "edit"), (1, "inhibit"), (2, "force")];
const STATES: &[(u8, &str)] = &[(0, "warm"), (1, "cold")];
const TRANSMITTERS: &[(u8, &str)] = &[(0, "main"), (1, "backup")];
const ANTENNAS: &[(u8, &str)] = &[(0, "first"), (1, "second")];
const SWITCH: &[(u8, &str)] = &[(0, "off"), (1, "on")];
const LISTS: &[(u8, &str)] = &[
    (1, "nav"),
    (2, "guidance"),
    (3, "control"),
    (4, "aids"),
    (5, "ground aids"),
    (6, "orders"),
    (7, "uplink"),
    (8, "belief"),
];
/// Bit rates of the main transmitter: eight of them.
const RATE_LAST: f64 = 7.0;
/// How far a divert may move the landing point each way, m; what propellant allows is decided on board.
const DIVERT_M: f64 = 2000.0;
/// Seconds from 2000 to the end of the time code's range in 2094.
const TIME_S: f64 = 2.96e9;

const fn choice(name: &'static str, choices: &'static [(u8, &'static str)]) -> Argument {
    Argument { name, unit: "", wire: Wire::U8, min: 0.0, max: 255.0, choices }
}
const fn measure(
    name: &'static str,
    unit: &'static str,
    wire: Wire,
    min: f64,
    max: f64,
) -> Argument {
    Argument { name, unit, wire, min, max, choices: &[] }
}
const fn function(
    code: u8,
    name: &'static str,
    text: &'static str,
    prefix: &'static [u8],
    arguments: &'static [Argument],
) -> Command {
    Command { code, name, text, hazardous: false, service: (8, 1), prefix, arguments }
}
const fn hazardous(command: Command) -> Command {
    Command { hazardous: true, ..command }
}
const fn standard(
    code: u8,
    name: &'static str,
    text: &'static str,
    service: (u8, u8),
    prefix: &'static [u8],
    arguments: &'static [Argument],
) -> Command {
    Command { code, name, text, hazardous: false, service, prefix, arguments }
}

pub(super) const PING: Command = standard(code::PING, "ping", "Answer", (17, 1), &[], &[]);

/// Every command, by ascending code.
#[rustfmt::skip] // a table
pub const COMMANDS: &[Command] = &[
    function(code::ARM, "arm", "Let the hazardous command named follow within ten seconds", &[code::ARM],
        &[choice("command", HAZARDOUS)]),
    function(code::GO, "go", "Go on with the descent", &[code::GO], &[]),
    function(code::NO_GO, "no_go", "Stay on orbit until told to go", &[code::NO_GO], &[]),
    hazardous(function(code::WAVE_OFF, "wave_off", "Call the landing off before braking begins", &[code::WAVE_OFF], &[])),
    hazardous(function(code::DIVERT, "divert", "Move the landing point", &[code::DIVERT],
        &[measure("east_m", "m", Wire::F32, -DIVERT_M, DIVERT_M), measure("north_m", "m", Wire::F32, -DIVERT_M, DIVERT_M)])),
    function(code::SENSOR_USE, "sensor_use", "Edit, inhibit or force a sensor", &[code::SENSOR_USE],
        &[choice("sensor", SENSORS), choice("use", USES)]),
    function(code::RESTART_RANGEFINDER, "restart_rangefinder", "Switch the rangefinder off and on", &[code::RESTART_RANGEFINDER], &[]),
    hazardous(function(code::REBOOT, "reboot", "Restart the flight computer: warm with its saved state, cold with the load alone", &[code::REBOOT],
        &[choice("cold", STATES)])),
    function(code::TRANSMITTER, "transmitter", "A transmitter on or off", &[code::TRANSMITTER],
        &[choice("which", TRANSMITTERS), choice("state", SWITCH)]),
    function(code::BIT_RATE, "bit_rate", "Bit rate of the main transmitter, the slowest is 0", &[code::BIT_RATE],
        &[measure("index", "", Wire::U8, 0.0, RATE_LAST)]),
    function(code::ANTENNA, "antenna", "Antenna of the main transmitter", &[code::ANTENNA], &[choice("number", ANTENNAS)]),
    hazardous(standard(code::LOAD_PARAMETER, "load_parameter", "Load another value of a parameter", (20, 3), &[1],
        &[choice("parameter", PARAMETER_NAMES), measure("value", "", Wire::F64, -1e9, 1e9)])),
    standard(code::REPORT_PARAMETER, "report_parameter", "Report the value of a parameter", (20, 1), &[1],
        &[choice("parameter", PARAMETER_NAMES)]),
    PING,
    standard(code::DUMP, "dump", "Send again what was stored between two on-board times, seconds past 2000-01-01T12:00:00 TAI", (15, 9), &[],
        &[measure("from_s", "s", Wire::F64, 0.0, TIME_S), measure("to_s", "s", Wire::F64, 0.0, TIME_S)]),
    standard(code::SCHEDULE, "schedule", "Carry a command out at a time: the time and the command's packet follow", (11, 4), &[1], &[]),
    standard(code::SCHEDULE_RESET, "schedule_reset", "Forget every scheduled command", (11, 3), &[], &[]),
    standard(code::SCHEDULE_ENABLE, "schedule_enable", "Carry scheduled commands out", (11, 1), &[], &[]),
    standard(code::SCHEDULE_DISABLE, "schedule_disable", "Let scheduled commands pass", (11, 2), &[], &[]),
    standard(code::SCHEDULE_REPORT, "schedule_report", "Report what is scheduled", (11, 17), &[], &[]),
    standard(code::HOUSEKEEPING_ON, "housekeeping_on", "Send a housekeeping list", (3, 5), &[1], &[choice("list", LISTS)]),
    standard(code::HOUSEKEEPING_OFF, "housekeeping_off", "Send a housekeeping list no more", (3, 6), &[1], &[choice("list", LISTS)]),
];

/// A value that may be loaded in flight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loadable {
    /// Number on the wire.
    pub id: u8,
    /// Name for consoles and logs.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// A few words for a person.
    pub text: &'static str,
}

/// Everything that may be loaded in flight. The ranges are assumed. They keep out slips, not every value that loses a
/// flight: that is why loading is hazardous, and why a deorbit burn is checked against that of the load on board. The
/// collective of braking leaves 0.05 to what braking may use at the most, 0.95.
#[rustfmt::skip] // a table
pub const PARAMETERS: &[Loadable] = &[
    Loadable { id: 1, name: "gate_sigmas", unit: "", min: 2.0, max: 50.0, text: "Gate of the rangefinder, standard deviations" },
    Loadable { id: 2, name: "gate_half_width_m", unit: "m", min: 10.0, max: 10_000.0, text: "Gate of the rangefinder as flown, half width in altitude" },
    Loadable { id: 3, name: "reserve_kg", unit: "kg", min: 0.0, max: 500.0, text: "Propellant to be left at touchdown" },
    Loadable { id: 4, name: "main_off_m", unit: "m", min: 0.0, max: 10_000.0, text: "Altitude below which the main engine may be shut down" },
    Loadable { id: 5, name: "braking_collective", unit: "", min: 0.7, max: 0.90, text: "Collective of the assist engines that braking counts on" },
    Loadable { id: 6, name: "corridor_sigmas", unit: "", min: 0.0, max: 6.0, text: "Standard deviations of altitude that the corridor keeps off the ground at the most" },
    Loadable { id: 7, name: "deorbit_dv_m_s", unit: "m/s", min: 0.0, max: 60.0, text: "Velocity change of the deorbit burn; on board within 2 m/s of the load's" },
];
/// The same by number, as an argument offers them.
const PARAMETER_NAMES: &[(u8, &str)] = &[
    (1, "gate_sigmas"),
    (2, "gate_half_width_m"),
    (3, "reserve_kg"),
    (4, "main_off_m"),
    (5, "braking_collective"),
    (6, "corridor_sigmas"),
    (7, "deorbit_dv_m_s"),
];
