//! What the parts of an inquiry tell each other: causes, how they fit, what is seen.
//!
//! Owns: the vocabulary. Does not own: any judgement.
//! All logarithms of probability are natural; a gain is ln p(evidence | cause) − ln p(evidence | nothing wrong), the
//! cause's numbers and beginning integrated out over their prior, so that gains of different causes compare as they stand.

use icd::time::Time;

/// A device as the bus knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // they say it
pub enum Device {
    Rangefinder,
    RadarAltimeter,
    Velocimeter,
    StarTracker,
    Camera,
    Gauge,
    HazardLidar,
    Gyros,
    Accelerometers,
    Switches,
    Engines,
    Computer,
}

impl Device {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Rangefinder,
        Self::RadarAltimeter,
        Self::Velocimeter,
        Self::StarTracker,
        Self::Camera,
        Self::Gauge,
        Self::HazardLidar,
        Self::Gyros,
        Self::Accelerometers,
        Self::Switches,
        Self::Engines,
        Self::Computer,
    ];

    /// As `truth::faulty` names it; engines, jets, switches and the inertial unit by what they have in common.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rangefinder => "rangefinder",
            Self::RadarAltimeter => "radar_altimeter",
            Self::Velocimeter => "velocimeter",
            Self::StarTracker => "star_tracker",
            Self::Camera => "camera",
            Self::Gauge => "gauge",
            Self::HazardLidar => "hazard_lidar",
            Self::Gyros => "gyros",
            Self::Accelerometers => "accelerometers",
            Self::Switches => "switch",
            Self::Engines => "engine",
            Self::Computer => "computer",
        }
    }
}

/// One way in which a device can have failed, as the library spells it (`truth::faulty::known`, `computer`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// Device, such as `rangefinder` or `assist.3`.
    pub on: String,
    /// Kind, such as `range_limit`.
    pub kind: &'static str,
}

/// A number with its uncertainty.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// Key as scenario files spell it, unit included.
    pub key: String,
    /// Most probable value, in the file's unit.
    pub value: f64,
    /// Standard deviation, same unit.
    pub sigma: f64,
}

/// One cause as it fits the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What failed.
    pub cause: Cause,
    /// Its numbers, in the order of `rig::scenario::fault::Fault::keys`.
    pub numbers: Vec<Fitted>,
    /// When it began: most probable, and the standard deviation, s. The first cycle received when it acted from the start.
    pub from: (Time, f64),
    /// When it ended; `None` while it lasted.
    pub until: Option<Time>,
}

/// How a statement about the flight came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Received as it stands.
    Measured,
    /// Follows from what was received and a model of the machine.
    Derived,
    /// The best of several readings.
    Inferred,
}

/// One piece of evidence, for the table of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// When; `None` for the whole flight.
    pub t: Option<Time>,
    /// How it came to be.
    pub grade: Grade,
    /// What is seen, with figures and units, one sentence.
    pub text: String,
}

/// A stream of evidence. Findings of one channel compete for the same data; those of different channels do not, and their
/// gains add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// How one device's own readings come, one after the other: silence, repetition, scatter, timing.
    Stream(Device),
    /// How all measurements fit one motion: biases, drifts and scales of anything that measures motion.
    Motion,
    /// How the machine answers its commands: engines and jets.
    Thrust,
}

/// One explanation of one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The data that it explains.
    pub channel: Channel,
    /// What failed; more than one where only together they explain it. Empty for "something that the library does not
    /// hold".
    pub faults: Vec<Fault>,
    /// ln p(channel | these) − ln p(channel | nothing wrong), numbers and beginnings integrated out.
    pub gain: f64,
    /// What in the evidence says so.
    pub seen: Vec<Seen>,
}

/// Readings that are not to be taken for measurements of the motion, and how much noisier than specified the others are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trust {
    /// By device: numbers of the cycles (places in `Evidence::cycles`) whose reading means nothing, ascending.
    pub masked: Vec<(Device, Vec<u32>)>,
    /// By device: factor on the specified noise, 1 or more.
    pub noise: Vec<(Device, f64)>,
    /// By device: added to the time tag to have the true time of the measurement, s.
    pub time_s: Vec<(Device, f64)>,
}

impl Trust {
    /// Adds what is known of other devices.
    pub fn join(&mut self, other: &Self) {
        self.masked.extend(other.masked.iter().cloned());
        self.noise.extend(&other.noise);
        self.time_s.extend(&other.time_s);
    }

    /// Whether a device's reading in a cycle may be used.
    pub fn uses(&self, device: Device, cycle: u32) -> bool {
        let of = self.masked.iter().filter(|(own, _)| *own == device);
        !of.into_iter().any(|(_, cycles)| cycles.binary_search(&cycle).is_ok())
    }

    /// Factor on a device's specified noise.
    pub fn noise(&self, device: Device) -> f64 {
        self.noise.iter().find(|(own, _)| *own == device).map_or(1.0, |(_, factor)| *factor)
    }

    /// What a device's time tags lack, s.
    pub fn time_s(&self, device: Device) -> f64 {
        self.time_s.iter().find(|(own, _)| *own == device).map_or(0.0, |(_, s)| *s)
    }
}
