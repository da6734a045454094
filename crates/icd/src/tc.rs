//! Commands: what the ground may order, as PUS telecommand packets.
//!
//! Owns: [`COMMANDS`] (the table: name, service, arguments with unit and range), [`Order`] (a command as
//! read), packing and reading, [`Refusal`], [`Report`] (what the lander answers).
//! Does not own: whether an order makes sense in this phase (`flight`), authentication (`link::security`).
//! Space packet: [CCSDS133]. Secondary header, services and verification: [ECSS41] §7.4.4, §8. As programmed:
//! functions of service 8 carry their number in one octet; every argument is big-endian in the table's order.

mod commands;
mod refusal;
mod report;

pub use commands::{COMMANDS, Loadable, NAMES, PARAMETERS, code};
pub use refusal::Refusal;
pub use report::{Report, SCHEDULE_MAX};

use crate::bus::{Reboot, UPLINK_MAX};
use crate::link::checksum::crc16;
use crate::link::packet::{APID, TIME_OCTETS, decode_time, encode_time, get_value, put, put_value};
use crate::time::{Span, Time};
use crate::tm::{Use, Wire};

/// Most arguments of one command.
pub const ARGUMENTS_MAX: usize = 2;
/// Octets before the application data.
const HEAD: usize = 11;
/// Octets of a packet without application data.
const EMPTY: usize = HEAD + 2;
/// Octets of a packet that can be scheduled at the most: it travels in another, after a count and a time.
pub const SCHEDULED_MAX: usize = UPLINK_MAX - EMPTY - 1 - TIME_OCTETS;
/// Source of commands: mission control. Assumed.
pub const SOURCE: u16 = 1;

/// One argument of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Argument {
    /// Name, with its unit where it has one.
    pub name: &'static str,
    /// Unit; empty for choices.
    pub unit: &'static str,
    /// Wire type.
    pub wire: Wire,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// What may be chosen, value and name; empty for a measure.
    pub choices: &'static [(u8, &'static str)],
}

/// One line of the command dictionary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    /// Number of the command; of a function of service 8 on the wire too.
    pub code: u8,
    /// Name for consoles and logs.
    pub name: &'static str,
    /// One sentence for a person.
    pub text: &'static str,
    /// Obeyed only after [`Order::Arm`], and released on the ground in two steps.
    pub hazardous: bool,
    /// PUS service and subservice.
    pub service: (u8, u8),
    /// Octets before the arguments.
    pub prefix: &'static [u8],
    /// Arguments in order of transmission.
    pub arguments: &'static [Argument],
}

impl Command {
    /// The command of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.name == name)
    }
    /// The command of that code.
    pub fn coded(code: u8) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.code == code)
    }
    /// The order with these values, one an argument, after the check of their ranges.
    ///
    /// `schedule` cannot be made here: see [`Order::scheduled`].
    pub fn order(&self, values: &[f64]) -> Result<Order, Refusal> {
        if values.len() != self.arguments.len() {
            return Err(Refusal::WrongLength);
        }
        let mut all = [0.0; ARGUMENTS_MAX];
        for (n, (argument, value)) in self.arguments.iter().zip(values).enumerate() {
            check(argument, n, *value)?;
            if let Some(slot) = all.get_mut(n) {
                *slot = *value;
            }
        }
        build(self.code, all)
    }
}

/// Refuses a value outside its argument's range or choices, NaN among them.
fn check(argument: &Argument, n: usize, value: f64) -> Result<(), Refusal> {
    let number = u8::try_from(n).unwrap_or(u8::MAX);
    if !argument.choices.is_empty() {
        let known =
            argument.choices.iter().any(|(choice, _)| f64::from(*choice).total_cmp(&value).is_eq());
        return if known { Ok(()) } else { Err(Refusal::NoSuchChoice { argument: number }) };
    }
    let inside = value >= argument.min && value <= argument.max;
    if inside { Ok(()) } else { Err(Refusal::OutOfRange { argument: number }) }
}

/// Sensors whose use the ground may order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sensor {
    /// Laser rangefinder.
    Rangefinder = 0,
    /// Doppler velocimeter.
    Velocimeter = 1,
    /// Star tracker.
    StarTracker = 2,
    /// Radar altimeter.
    RadarAltimeter = 3,
    /// Terrain-relative camera.
    Camera = 4,
}

/// A transmitter on board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Transmitter {
    /// The one for everything.
    Main = 0,
    /// The one for the beacon.
    Backup = 1,
}

/// A packet that waits for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// When it is to be carried out, by the on-board clock.
    pub at: Time,
    len: u8,
    octets: [u8; SCHEDULED_MAX],
}

impl Scheduled {
    /// The packet inside.
    pub fn packet(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

/// A command as read: checked against the dictionary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// The hazardous command of this code may follow.
    Arm {
        /// Its [`Command::code`].
        code: u8,
    },
    /// Go on with the descent.
    Go,
    /// Stay on orbit.
    NoGo,
    /// Call the landing off.
    WaveOff,
    /// Land elsewhere.
    Divert {
        /// To the east of the present landing point, m.
        east_m: f64,
        /// To its north, m.
        north_m: f64,
    },
    /// How a sensor is to be used.
    SensorUse {
        /// Which.
        sensor: Sensor,
        /// How.
        usage: Use,
    },
    /// Another value of one of [`PARAMETERS`].
    LoadParameter {
        /// Its number.
        parameter: u8,
        /// The value.
        value: f64,
    },
    /// Tell the value of one of [`PARAMETERS`].
    ReportParameter {
        /// Its number.
        parameter: u8,
    },
    /// Take the rangefinder's power away and give it back.
    RestartRangefinder,
    /// Restart the flight computer.
    Reboot(Reboot),
    /// Answer.
    Ping,
    /// Send again what was stored between two on-board times.
    Dump {
        /// From here on.
        from: Time,
        /// Up to here.
        to: Time,
    },
    /// A transmitter on or off.
    Transmitter {
        /// Which.
        which: Transmitter,
        /// On.
        on: bool,
    },
    /// Bit rate of the main transmitter by its number, the slowest first.
    BitRate {
        /// Number.
        index: u8,
    },
    /// Antenna of the main transmitter by its number.
    Antenna {
        /// Number, from zero.
        number: u8,
    },
    /// Carry a command out later.
    Schedule(Scheduled),
    /// Forget every scheduled command.
    ScheduleReset,
    /// Carry scheduled commands out.
    ScheduleEnable,
    /// Let scheduled commands pass.
    ScheduleDisable,
    /// Tell what is scheduled.
    ScheduleReport,
    /// A housekeeping list on or off.
    Housekeeping {
        /// Structure identifier.
        list: u8,
        /// On.
        on: bool,
    },
}

impl Order {
    /// Wraps an order to be carried out at `at`; `None` for an order that cannot be wrapped again.
    pub fn scheduled(at: Time, order: &Self, header: Header) -> Option<Self> {
        if matches!(order, Self::Schedule(_)) {
            return None;
        }
        let mut whole = [0; UPLINK_MAX];
        let len = encode(order, header, &mut whole);
        wrap(at, whole.get(..len)?)
    }

    /// Its line of the dictionary, and the values of its arguments.
    pub fn parts(&self) -> (&'static Command, [f64; ARGUMENTS_MAX]) {
        let two = |a: u8, b: u8| [f64::from(a), f64::from(b)];
        let one = |a: u8| two(a, 0);
        let (code, values) = match *self {
            Self::Arm { code } => (code::ARM, one(code)),
            Self::Go => (code::GO, one(0)),
            Self::NoGo => (code::NO_GO, one(0)),
            Self::WaveOff => (code::WAVE_OFF, one(0)),
            Self::Divert { east_m, north_m } => (code::DIVERT, [east_m, north_m]),
            Self::SensorUse { sensor, usage } => (code::SENSOR_USE, two(sensor as u8, usage as u8)),
            Self::LoadParameter { parameter, value } => {
                (code::LOAD_PARAMETER, [f64::from(parameter), value])
            }
            Self::ReportParameter { parameter } => (code::REPORT_PARAMETER, one(parameter)),
            Self::RestartRangefinder => (code::RESTART_RANGEFINDER, one(0)),
            Self::Reboot(how) => (code::REBOOT, one(how as u8)),
            Self::Ping => (code::PING, one(0)),
            Self::Dump { from, to } => {
                let zero = Time::from_tai_ns(0);
                (code::DUMP, [(from - zero).s(), (to - zero).s()])
            }
            Self::Transmitter { which, on } => (code::TRANSMITTER, two(which as u8, u8::from(on))),
            Self::BitRate { index } => (code::BIT_RATE, one(index)),
            Self::Antenna { number } => (code::ANTENNA, one(number)),
            Self::Schedule(_) => (code::SCHEDULE, one(0)),
            Self::ScheduleReset => (code::SCHEDULE_RESET, one(0)),
            Self::ScheduleEnable => (code::SCHEDULE_ENABLE, one(0)),
            Self::ScheduleDisable => (code::SCHEDULE_DISABLE, one(0)),
            Self::ScheduleReport => (code::SCHEDULE_REPORT, one(0)),
            Self::Housekeeping { list, on: true } => (code::HOUSEKEEPING_ON, one(list)),
            Self::Housekeeping { list, on: false } => (code::HOUSEKEEPING_OFF, one(list)),
        };
        (Command::coded(code).unwrap_or(&commands::PING), values)
    }
}

/// The order with these values; the table's ranges hold.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` from float saturates
fn build(code: u8, [a, b]: [f64; ARGUMENTS_MAX]) -> Result<Order, Refusal> {
    let (first, second) = (a as u8, b as u8);
    let time = |s: f64| Time::from_tai_ns(0) + Span::from_s(s);
    Ok(match code {
        code::ARM => Order::Arm { code: first },
        code::GO => Order::Go,
        code::NO_GO => Order::NoGo,
        code::WAVE_OFF => Order::WaveOff,
        code::DIVERT => Order::Divert { east_m: a, north_m: b },
        code::SENSOR_USE => Order::SensorUse {
            sensor: match first {
                0 => Sensor::Rangefinder,
                1 => Sensor::Velocimeter,
                2 => Sensor::StarTracker,
                3 => Sensor::RadarAltimeter,
                4 => Sensor::Camera,
                _ => return Err(Refusal::NoSuchChoice { argument: 0 }),
            },
            usage: match second {
                0 => Use::Edit,
                1 => Use::Inhibit,
                2 => Use::Force,
                _ => return Err(Refusal::NoSuchChoice { argument: 1 }),
            },
        },
        code::LOAD_PARAMETER => {
            let known = PARAMETERS.iter().find(|p| p.id == first);
            let known = known.ok_or(Refusal::NoSuchChoice { argument: 0 })?;
            if !(b >= known.min && b <= known.max) {
                return Err(Refusal::OutOfRange { argument: 1 });
            }
            Order::LoadParameter { parameter: first, value: b }
        }
        code::REPORT_PARAMETER => Order::ReportParameter { parameter: first },
        code::RESTART_RANGEFINDER => Order::RestartRangefinder,
        code::REBOOT => Order::Reboot(if first == 0 { Reboot::Warm } else { Reboot::Cold }),
        code::PING => Order::Ping,
        code::DUMP if a > b => return Err(Refusal::OutOfRange { argument: 1 }),
        code::DUMP => Order::Dump { from: time(a), to: time(b) },
        code::TRANSMITTER => Order::Transmitter {
            which: if first == 0 { Transmitter::Main } else { Transmitter::Backup },
            on: second != 0,
        },
        code::BIT_RATE => Order::BitRate { index: first },
        code::ANTENNA => Order::Antenna { number: first },
        code::SCHEDULE_RESET => Order::ScheduleReset,
        code::SCHEDULE_ENABLE => Order::ScheduleEnable,
        code::SCHEDULE_DISABLE => Order::ScheduleDisable,
        code::SCHEDULE_REPORT => Order::ScheduleReport,
        code::HOUSEKEEPING_ON => Order::Housekeeping { list: first, on: true },
        code::HOUSEKEEPING_OFF => Order::Housekeeping { list: first, on: false },
        _ => return Err(Refusal::UnknownCommand),
    })
}

/// What a telecommand packet says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Packet sequence count, 14 bits; together with the process it names the request in every report.
    pub sequence: u16,
    /// Which reports are asked for: bit 3 acceptance, 2 start, 1 progress, 0 completion.
    pub acknowledge: u8,
}

impl Header {
    /// Every report is asked for.
    pub const fn new(sequence: u16) -> Self {
        Self { sequence: sequence & 0x3FFF, acknowledge: 0xF }
    }
    /// The request identifier of [ECSS41] §8.1: the first four octets of the packet.
    pub const fn request(self) -> [u8; 4] {
        let [a, b] = (0x1800 | APID).to_be_bytes();
        let [c, d] = (0xC000 | (self.sequence & 0x3FFF)).to_be_bytes();
        [a, b, c, d]
    }
    /// Of a request identifier; `None` when it is not one of ours.
    pub fn of_request(request: [u8; 4]) -> Option<Self> {
        let [.., c, d] = request;
        let header = Self::new(u16::from_be_bytes([c, d]));
        (header.request() == request).then_some(header)
    }
}

/// Packs an order. Returns the octets written, 13 to [`UPLINK_MAX`]; 0 never happens for what fits the table.
pub fn encode(order: &Order, header: Header, out: &mut [u8; UPLINK_MAX]) -> usize {
    write(order, header, out).unwrap_or(0)
}

fn write(order: &Order, header: Header, out: &mut [u8; UPLINK_MAX]) -> Option<usize> {
    let (command, values) = order.parts();
    let mut at = put(out, HEAD, command.prefix)?;
    if let Order::Schedule(inner) = order {
        at = put(out, at, &encode_time(inner.at))?;
        at = put(out, at, inner.packet())?;
    }
    for (argument, value) in command.arguments.iter().zip(values) {
        at = put_value(out, at, argument.wire, value)?;
    }
    let length = u16::try_from(at + 2).ok()?.checked_sub(7)?;
    let (service, subservice) = command.service;
    put(out, 0, &header.request())?;
    put(out, 4, &length.to_be_bytes())?;
    put(out, 6, &[0x20 | (header.acknowledge & 0xF), service, subservice])?;
    put(out, 9, &SOURCE.to_be_bytes())?;
    let checksum = crc16(out.get(..at)?);
    put(out, at, &checksum.to_be_bytes())
}

/// Reads one telecommand packet: all of `packet`, no more.
///
/// A refusal comes with the header as far as the packet could be read at all: nothing answers noise.
pub fn decode(packet: &[u8]) -> Result<(Header, Order), (Option<Header>, Refusal)> {
    let (header, service, data) = open(packet).map_err(|why| (None, why))?;
    read(service, data).map(|order| (header, order)).map_err(|why| (Some(header), why))
}

/// Header, service and application data of a packet with a good checksum.
#[allow(clippy::type_complexity)] // of three plain parts
fn open(packet: &[u8]) -> Result<(Header, (u8, u8), &[u8]), Refusal> {
    let Some((head, rest)) = packet.split_first_chunk::<HEAD>() else {
        return Err(Refusal::NotAPacket);
    };
    let Some((data, _)) = rest.split_last_chunk::<2>() else { return Err(Refusal::NotAPacket) };
    let [a, b, c, d, length_high, length_low, pus, service, subservice, _, _] = *head;
    let first = u16::from_be_bytes([a, b]);
    let length = usize::from(u16::from_be_bytes([length_high, length_low])) + 7;
    if first & 0xF800 != 0x1800 || c & 0xC0 != 0xC0 || length != packet.len() || pus & 0xF0 != 0x20
    {
        return Err(Refusal::NotAPacket);
    }
    if crc16(packet) != 0 {
        return Err(Refusal::Checksum);
    }
    if first & 0x07FF != APID {
        return Err(Refusal::ForeignProcess);
    }
    let header = Header { acknowledge: pus & 0xF, ..Header::new(u16::from_be_bytes([c, d])) };
    Ok((header, (service, subservice), data))
}

fn read(service: (u8, u8), data: &[u8]) -> Result<Order, Refusal> {
    let (command, data) = find(service, data)?;
    if command.code == code::SCHEDULE { schedule(data) } else { arguments(command, data) }
}

/// The command that a service and the beginning of its data name, and the rest of the data.
fn find(service: (u8, u8), data: &[u8]) -> Result<(&'static Command, &[u8]), Refusal> {
    if !COMMANDS.iter().any(|command| command.service == service) {
        return Err(Refusal::UnknownService);
    }
    let mut of_service = COMMANDS.iter().filter(|command| command.service == service);
    let found = of_service.find_map(|command| Some((command, data.strip_prefix(command.prefix)?)));
    found.ok_or(Refusal::UnknownCommand)
}

fn arguments(command: &Command, data: &[u8]) -> Result<Order, Refusal> {
    let mut values = [0.0; ARGUMENTS_MAX];
    let mut at = 0;
    for (slot, (n, argument)) in values.iter_mut().zip(command.arguments.iter().enumerate()) {
        *slot = get_value(data, at, argument.wire).ok_or(Refusal::WrongLength)?;
        check(argument, n, *slot)?;
        at += argument.wire.octets();
    }
    if at != data.len() {
        return Err(Refusal::WrongLength);
    }
    build(command.code, values)
}

/// A packet to be scheduled must be one that would be read now, and none that schedules.
fn schedule(data: &[u8]) -> Result<Order, Refusal> {
    let (time, packet) = data.split_first_chunk::<TIME_OCTETS>().ok_or(Refusal::WrongLength)?;
    let (_, service, inside) = open(packet)?;
    let (command, inside) = find(service, inside)?;
    if command.code == code::SCHEDULE {
        return Err(Refusal::Nested);
    }
    arguments(command, inside)?;
    wrap(decode_time(*time), packet).ok_or(Refusal::WrongLength)
}

fn wrap(at: Time, packet: &[u8]) -> Option<Order> {
    let mut octets = [0; SCHEDULED_MAX];
    octets.get_mut(..packet.len())?.copy_from_slice(packet);
    Some(Order::Schedule(Scheduled { at, len: u8::try_from(packet.len()).ok()?, octets }))
}

#[cfg(test)]
mod tests;
