//! The dictionary as formats for others need it: every packet as a list of fields.
//!
//! Owns: putting lists, events and reports of `icd` into one form. Keys are those of `icd`; what the
//! headers hold has keys that begin with `packet.`.

use icd::events::Event;
use icd::limits::{LIMITS, Limit};
use icd::link::{packet, raw};
use icd::tc::{self, COMMANDS, PARAMETERS, Refusal};
use icd::tm::{self, Kind, Layout, Line, Phase, Wire};

/// A field of a header: key, bits, text.
pub struct HeaderField {
    /// Key, beginning with `packet.`.
    pub key: &'static str,
    /// Length, bits.
    pub bits: u32,
    /// For people.
    pub text: &'static str,
}

const fn header(key: &'static str, bits: u32, text: &'static str) -> HeaderField {
    HeaderField { key, bits, text }
}

/// The primary header of a space packet [CCSDS133].
pub const PRIMARY_HEADER: &[HeaderField] = &[
    header("packet.version", 3, "Packet version number, 0"),
    header("packet.type", 1, "0 telemetry, 1 telecommand"),
    header("packet.secondary_header", 1, "1: a secondary header follows"),
    header("packet.apid", 11, "Application process identifier"),
    header("packet.sequence_flags", 2, "3: not segmented"),
    header("packet.sequence_count", 14, "Counts packets of one application process"),
    header("packet.data_length", 16, "Octets after this header, less one"),
];

/// The secondary header of telemetry [ECSS41], with CUC 4 + 2 time [CCSDS301].
pub const SECONDARY_HEADER: &[HeaderField] = &[
    header("packet.pus_version", 4, "2: PUS-C"),
    header("packet.time_status", 4, "Status of the on-board time reference"),
    header("packet.service", 8, "Service type"),
    header("packet.subservice", 8, "Message subtype"),
    header("packet.message_count", 16, "Message type counter, not used"),
    header("packet.destination", 16, "Destination, not used"),
    header("packet.time", 48, "On-board time: 2^-16 s of TAI since 1958-01-01"),
];

/// Key of the field that tells housekeeping lists apart.
pub const STRUCTURE: &str = "packet.structure";

/// How a field is packed, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Unsigned integer of so many bits.
    Unsigned(u32),
    /// IEEE 754 of so many bits.
    Float(u32),
    /// What is left before the checksum.
    Octets {
        /// Octets of source data before them.
        before: u32,
    },
}

/// One field of a packet's source data.
pub struct Field {
    /// The one name from code to plot.
    pub key: String,
    /// For people.
    pub text: String,
    /// Unit as NOTATION.md spells it; empty for counts and codes.
    pub unit: &'static str,
    /// On the wire.
    pub encoding: Encoding,
    /// What values mean, where each has a name.
    pub names: Vec<(u32, String)>,
    /// What its bits mean, the lowest first, with their numbers.
    pub bits: Vec<(u32, String)>,
    /// Where it becomes an alarm, by phases.
    pub limits: Vec<&'static Limit>,
}

impl Field {
    /// A word of bits as fields of its own, in order of transmission: key, bits, text. Empty for other fields.
    pub fn parts(&self) -> Vec<(String, u32, String)> {
        let Encoding::Unsigned(width) = self.encoding else { return Vec::new() };
        let named = u32::try_from(self.bits.len()).unwrap_or(width);
        let mut out = Vec::new();
        if named > 0 && named < width {
            out.push((format!("{}.spare", self.key), width - named, "Spare".to_string()));
        }
        let bits = self.bits.iter().rev();
        out.extend(bits.map(|(_, name)| (format!("{}.{name}", self.key), 1, name.clone())));
        out
    }
}

/// From the first phase to the last: a limit that always holds.
pub const ALWAYS: (Phase, Phase) = (Phase::OrbitCoast, Phase::Landed);

/// One kind of packet.
pub struct Packet {
    /// File and container name.
    pub name: String,
    /// For people.
    pub text: String,
    /// Application process.
    pub apid: u16,
    /// Service.
    pub service: u8,
    /// Subservice; `None` where it only grades the report.
    pub subservice: Option<u8>,
    /// Structure identifier, the first field of housekeeping.
    pub structure: Option<u8>,
    /// The source data in order.
    pub fields: Vec<Field>,
}

fn plain(key: &str, text: &str, bits: u32) -> Field {
    Field {
        key: key.to_string(),
        text: text.to_string(),
        unit: "",
        encoding: Encoding::Unsigned(bits),
        names: Vec::new(),
        bits: Vec::new(),
        limits: Vec::new(),
    }
}

/// The error control of a packet.
pub fn checksum() -> Field {
    plain("packet.checksum", "CRC-16 of the packet, polynomial 1021 hex, start FFFF hex", 16)
}

/// The structure identifier.
pub fn structure() -> Field {
    plain(STRUCTURE, "Structure identifier of the report", 8)
}

fn encoding(wire: Wire) -> Encoding {
    match wire {
        Wire::U8 => Encoding::Unsigned(8),
        Wire::U16 => Encoding::Unsigned(16),
        Wire::U32 => Encoding::Unsigned(32),
        Wire::F32 => Encoding::Float(32),
        Wire::F64 => Encoding::Float(64),
    }
}

fn named<'a>(names: impl IntoIterator<Item = &'a (u8, &'static str)>) -> Vec<(u32, String)> {
    names.into_iter().map(|(value, name)| (u32::from(*value), (*name).to_string())).collect()
}

fn field(line: &Line) -> Field {
    let mut out = Field {
        unit: line.unit,
        encoding: encoding(line.wire),
        limits: LIMITS.iter().filter(|limit| limit.key == line.key).collect(),
        ..plain(line.key, line.text, 0)
    };
    match line.kind {
        Kind::Float | Kind::Integer => {}
        Kind::Enumeration(names) => out.names = named(names),
        Kind::Bits(names) => out.bits = (0..).zip(names.iter().map(|n| (*n).to_string())).collect(),
    }
    out
}

/// Every kind of telemetry packet there is.
pub fn telemetry() -> Vec<Packet> {
    let mut out: Vec<Packet> = tm::layouts().map(housekeeping).collect();
    out.push(Packet {
        subservice: None,
        fields: vec![Field {
            names: Event::ALL.iter().map(|e| (u32::from(e.code()), e.name().to_string())).collect(),
            ..plain("event", "Which event", 16)
        }],
        ..report("event", "Event report; the subservice is the severity, 1 to 4", (5, 0))
    });
    out.extend(answers());
    out.push(Packet {
        structure: Some(raw::STRUCTURE),
        fields: vec![
            structure(),
            plain("raw.first", "Number of the first cycle", 32),
            octets("raw.cycles", "Cycles, packed: see icd::link::raw", 5),
        ],
        ..report("raw", "Cycles as the flight software read them", raw::SERVICE)
    });
    out
}

fn housekeeping(layout: Layout) -> Packet {
    Packet {
        apid: layout.apid(),
        structure: Some(layout.id()),
        fields: [structure()].into_iter().chain(layout.lines().map(field)).collect(),
        ..report(&layout.name().replace(' ', "_"), layout.name(), (3, 25))
    }
}

fn report(name: &str, text: &str, (service, subservice): (u8, u8)) -> Packet {
    Packet {
        name: name.to_string(),
        text: text.to_string(),
        apid: packet::APID,
        service,
        subservice: Some(subservice),
        structure: None,
        fields: Vec::new(),
    }
}

fn octets(key: &str, text: &str, before: u32) -> Field {
    Field { encoding: Encoding::Octets { before }, ..plain(key, text, 0) }
}

/// What the lander answers to commands, as `icd::link::packet::report` packs it.
fn answers() -> Vec<Packet> {
    let request = || plain("request", "First four octets of the telecommand", 32);
    let refusal = || {
        [
            Field { names: named(Refusal::NAMES), ..plain("refusal", "Why not", 8) },
            plain("refusal.argument", "Number of the argument that is wrong, 255: none", 8),
        ]
    };
    let verified = [
        ("accepted", "Command accepted", (1, 1), false),
        ("refused", "Command refused", (1, 2), true),
        ("started", "Command started", (1, 3), false),
        ("not_started", "Command not started", (1, 4), true),
        ("completed", "Command completed", (1, 7), false),
        ("failed", "Command failed", (1, 8), true),
    ];
    let mut out: Vec<Packet> = verified
        .into_iter()
        .map(|(name, text, service, why)| Packet {
            fields: [request()].into_iter().chain(refusal().into_iter().filter(|_| why)).collect(),
            ..report(name, text, service)
        })
        .collect();
    out.push(report("alive", "Answer to a ping", (17, 2)));
    out.push(Packet {
        fields: vec![
            plain("parameter.count", "Parameters that follow, 1", 8),
            Field {
                names: PARAMETERS.iter().map(|p| (u32::from(p.id), p.name.to_string())).collect(),
                ..plain("parameter", "Which parameter", 8)
            },
            Field { encoding: Encoding::Float(64), ..plain("parameter.value", "Value in use", 0) },
        ],
        ..report("parameter", "Value of a parameter", (20, 2))
    });
    out.push(Packet {
        fields: vec![
            plain("schedule.count", "Commands that wait", 8),
            octets("schedule.entries", "For each its time (6 octets) and its request (4)", 1),
        ],
        ..report("schedule", "What is scheduled", (11, 13))
    });
    out
}

/// One argument of a telecommand.
pub struct Argument {
    /// Name with its unit.
    pub name: String,
    /// Unit.
    pub unit: &'static str,
    /// On the wire.
    pub encoding: Encoding,
    /// Smallest and largest value.
    pub range: (f64, f64),
    /// What may be chosen; empty for a measure.
    pub names: Vec<(u32, String)>,
}

/// One telecommand.
pub struct Order {
    /// Name, as the console spells it.
    pub name: &'static str,
    /// For people.
    pub text: &'static str,
    /// Obeyed only when armed.
    pub hazardous: bool,
    /// Service and subservice.
    pub service: (u8, u8),
    /// Octets before the arguments.
    pub prefix: &'static [u8],
    /// In order of transmission.
    pub arguments: Vec<Argument>,
}

/// Every telecommand but `schedule`, whose argument is a telecommand.
pub fn commands() -> Vec<Order> {
    let mut out = Vec::new();
    for command in COMMANDS.iter().filter(|command| command.code != tc::code::SCHEDULE) {
        let argument = |a: &tc::Argument| Argument {
            name: a.name.to_string(),
            unit: a.unit,
            encoding: encoding(a.wire),
            range: (a.min, a.max),
            names: named(a.choices),
        };
        out.push(Order {
            name: command.name,
            text: command.text,
            hazardous: command.hazardous,
            service: command.service,
            prefix: command.prefix,
            arguments: command.arguments.iter().map(argument).collect(),
        });
    }
    out
}
