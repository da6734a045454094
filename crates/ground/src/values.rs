//! What the ground tells its listeners: samples, events, reports, and the one message type that carries them.

use crate::alarms::Alarm;
use icd::events::Event;
use icd::link::cop::Clcw;
use icd::tc::Report;
use icd::time::Time;
use std::sync::Arc;

/// How a value stands to its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Inside, or not limited.
    #[default]
    Normal = 0,
    /// Outside the yellow limits.
    Yellow = 1,
    /// Outside the red limits.
    Red = 2,
}

impl Level {
    /// As screens know it; `None` inside.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Level::Normal => None,
            Level::Yellow => Some("yellow"),
            Level::Red => Some("red"),
        }
    }
}

/// The way a value came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Channel {
    /// Main transmitter, as it was sampled.
    #[default]
    RealTime = 0,
    /// From the store on board, later.
    Stored = 1,
    /// Backup transmitter.
    Backup = 2,
    /// A station about itself.
    Station = 3,
}

impl Channel {
    /// As screens know it.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::RealTime => "real time",
            Channel::Stored => "stored",
            Channel::Backup => "backup",
            Channel::Station => "station",
        }
    }
}

/// One value of one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When it was sampled: on-board time, for a station its own.
    pub t: Time,
    /// When the station received it.
    pub received: Time,
    /// Value, in the dictionary's unit.
    pub value: f64,
    /// Against the limits of the phase at `t`.
    pub level: Level,
    /// How it came.
    pub channel: Channel,
}

/// All values of one packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// When they were sampled.
    pub t: Time,
    /// When the station received them.
    pub received: Time,
    /// How they came.
    pub channel: Channel,
    /// Index of the key in [`crate::Ground::keys`], value, and how it stands.
    pub values: Vec<(usize, f64, Level)>,
}

/// An event report that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSeen {
    /// On-board time.
    pub t: Time,
    /// When the station received it.
    pub received: Time,
    /// Which.
    pub event: Event,
    /// How it came.
    pub channel: Channel,
}

/// An answer to a command, or its verification.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportSeen {
    /// On-board time.
    pub t: Time,
    /// When the station received it.
    pub received: Time,
    /// What it says.
    pub report: Report,
}

/// What listeners hear, in the order in which it was decoded.
#[derive(Clone, Debug)]
pub enum Update {
    /// Values of one packet. Late ones too: their `t` is before what was already told.
    Values(Arc<Values>),
    /// An event.
    Event(EventSeen),
    /// A verification report or an answer.
    Report(Arc<ReportSeen>),
    /// An alarm began, changed, ended or was acknowledged.
    Alarm(Alarm),
    /// The command link control word of a frame, as received.
    Clcw {
        /// The station.
        station: u8,
        /// When the station received the frame.
        received: Time,
        /// The word.
        clcw: Clcw,
    },
    /// A station has radiated a unit that [`crate::Ground::radiate`] gave it.
    Radiated {
        /// The station.
        station: u8,
        /// When its last octet left the antenna, by the station.
        at: Time,
        /// The unit's number, as `radiate` returned it.
        number: u64,
    },
    /// What is archived, or a station's state, has changed: ask [`crate::Ground::link`].
    Link,
}
