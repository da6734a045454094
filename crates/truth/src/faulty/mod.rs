//! Faults: wrappers around devices. The wrapped device does not know.
//!
//! Owns: [`Fault`] (what the scenario names), the list of which device can have which fault,
//! [`Window`] (when one acts), [`Faulty`] (a device with its faults).
//! Does not own: the devices; what a fault does to a reading (see `reading`) or to a thruster (see
//! `thruster`); the computer and the radio link, which fail in `rig`.
//! Any number of faults act at once, in the order of the scenario. Each has its own random numbers, named
//! after the device and the kind, so that adding one reshuffles nothing else; and anew for every reading,
//! command or step, by its time, so that what one of them shows shifts nothing in the next.
//! A fault acts from its beginning (inclusive) to its end (exclusive), by the time of the shot,
//! exposure, sample or step.

mod reading;
mod thruster;
mod window;

pub(crate) use reading::Faults;
pub use reading::Inertial;
pub use thruster::Command;
pub use window::{Moment, Now, Window};

use crate::random::Stream;
use icd::bus::{ASSIST_ENGINES, JETS, LEGS};
use icd::time::{Span, Time};

/// One fault of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Device, by a name of [`known`].
    pub on: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// When it begins.
    pub from: Moment,
    /// When it ends; `None` for never.
    pub until: Option<Moment>,
}

/// What goes wrong. Values are in the unit of the device's reading: m for a range, m/s for a beam
/// speed, rad for an attitude, m/s² and rad/s for the inertial unit, pixel for the camera, kg for the
/// gauge, a share of full thrust for an engine. Three values go to the three channels of a device; a
/// device with one channel takes the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Never switched on: no output at all; the inertial unit delivers zeros and calls itself healthy.
    NotEnabled,
    /// Range: no echo. Beam: no lock. Inertial unit: zeros, and not healthy. Engine: no thrust. Switch:
    /// open. Others: silent.
    Dead,
    /// The unit reports itself unfit.
    Unfit,
    /// The last good value again and again, with fresh time tags; the first good one when there was none
    /// before.
    Stuck,
    /// The valve stays open, the switch closed.
    StuckOn,
    /// A constant added.
    Bias {
        /// Added to each channel.
        value: [f64; 3],
    },
    /// An error that grows with the time since the fault began.
    Drift {
        /// Growth of each channel's error a second.
        rate: [f64; 3],
    },
    /// Multiplied.
    Scale {
        /// Factor.
        factor: f64,
    },
    /// Normal noise on top, growing with the time since the fault began.
    Noise {
        /// Standard deviation at the beginning.
        sigma: f64,
        /// Its growth a second.
        growth: f64,
    },
    /// Some readings are lost; an engine misses some pulses.
    Dropout {
        /// Share of readings, 0 to 1.
        probability: f64,
    },
    /// Some readings get a large normal error.
    Outliers {
        /// Share of readings, 0 to 1.
        probability: f64,
        /// Standard deviation of their error.
        sigma: f64,
    },
    /// Some readings are replaced by a false one: dust, plume, a wrong return.
    Ghost {
        /// Share of readings, 0 to 1.
        probability: f64,
        /// The false value.
        value: f64,
    },
    /// Readings arrive later; an engine answers later.
    Latency {
        /// Added, s.
        latency_s: f64,
    },
    /// Readings end at a limit; an engine does not go beyond a share of its thrust.
    Saturation {
        /// Largest size of a channel.
        limit: f64,
    },
    /// Readings carry a wrong time.
    TimeTag {
        /// Added to the time tag, s.
        offset_s: f64,
    },
    /// No echo beyond this range.
    RangeLimit {
        /// Longest range that still gives an echo, m.
        range_m_max: f64,
    },
    /// A term of the rangefinder's link budget is worse than designed.
    Weak {
        /// Which one.
        term: LinkTerm,
        /// Factor on it; 1 is healthy.
        factor: f64,
    },
}

/// Terms of the laser link that can degrade: the four published candidates for the loss of Mission 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkTerm {
    /// Light returned by the surface.
    Surface,
    /// Laser energy.
    Laser,
    /// What the receiver makes of the light: optics, detector, temperature, radiation.
    Receiver,
    /// Loss by closing speed.
    Speed,
}

/// What is wrong with a fault as named. `rig` adds the file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FaultError {
    /// No device of that name.
    #[error("the vehicle has no `{name}`; it has: {known}")]
    NoSuchDevice {
        /// The name given.
        name: String,
        /// Names that exist.
        known: String,
    },
    /// The device cannot fail that way.
    #[error("`{on}` has no fault `{kind}`; it has: {known}")]
    NoSuchKind {
        /// The device.
        on: String,
        /// The kind given.
        kind: &'static str,
        /// Kinds that exist.
        known: String,
    },
    /// A number lies outside its range.
    #[error("fault `{kind}` on `{on}`: {key} = {value} {unit} lies outside [{min}, {max}]")]
    OutOfRange {
        /// The device.
        on: String,
        /// The kind.
        kind: &'static str,
        /// Name of the number.
        key: &'static str,
        /// The number given.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Least accepted.
        min: f64,
        /// Largest accepted.
        max: f64,
    },
}

/// Kinds of every device that tags its readings with a time.
const READING_KINDS: &[&str] = &[
    "not_enabled",
    "dead",
    "stuck",
    "bias",
    "drift",
    "noise",
    "dropout",
    "outliers",
    "latency",
    "time_tag",
];
/// Further kinds of those whose reading has a size; an attitude has none.
const SIZE_KINDS: &[&str] = &["scale", "saturation"];
const RANGE_KINDS: &[&str] = &["ghost", "unfit", "range_limit"];
const LINK_KINDS: &[&str] = &["weak_surface", "weak_laser", "weak_receiver", "weak_at_speed"];
const INERTIAL_KINDS: &[&str] = &[
    "not_enabled",
    "dead",
    "unfit",
    "stuck",
    "bias",
    "drift",
    "scale",
    "noise",
    "dropout",
    "outliers",
    "saturation",
];
const SENSOR_KINDS: &[(&str, &[&[&str]])] = &[
    ("rangefinder", &[READING_KINDS, SIZE_KINDS, RANGE_KINDS, LINK_KINDS]),
    ("radar_altimeter", &[READING_KINDS, SIZE_KINDS, RANGE_KINDS]),
    ("velocimeter", &[READING_KINDS, SIZE_KINDS, &["ghost"]]),
    ("star_tracker", &[READING_KINDS]),
    ("camera", &[READING_KINDS, SIZE_KINDS]),
    ("gauge", &[READING_KINDS, SIZE_KINDS, &["ghost"]]),
    ("hazard_lidar", &[READING_KINDS]),
    ("imu", &[&["not_enabled", "dead", "unfit", "stuck", "dropout"]]),
    ("gyros", &[INERTIAL_KINDS]),
    ("accelerometers", &[INERTIAL_KINDS]),
];
const SWITCH_KINDS: &[&str] = &["dead", "stuck_on", "dropout"];
const ENGINE_KINDS: &[&str] =
    &["dead", "stuck_on", "scale", "drift", "noise", "dropout", "latency", "saturation"];

/// Every device a fault can name, with the kinds it can have, in a fixed order.
pub fn known() -> Vec<(String, Vec<&'static str>)> {
    let sensors = SENSOR_KINDS.iter().map(|(name, kinds)| ((*name).to_owned(), kinds.concat()));
    let switches = (0..LEGS).map(|n| (format!("switch.{n}"), SWITCH_KINDS.to_vec()));
    let engines = core::iter::once("main".to_owned())
        .chain((0..ASSIST_ENGINES).map(|n| format!("assist.{n}")))
        .chain((0..JETS).map(|n| format!("jet.{n}")))
        .map(|name| (name, ENGINE_KINDS.to_vec()));
    sensors.chain(switches).chain(engines).collect()
}

impl FaultError {
    /// The vehicle has no device `name`; lists all others that a fault can name.
    pub(crate) fn no_such_device(name: &str) -> Self {
        let others: Vec<String> =
            known().into_iter().map(|(device, _)| device).filter(|device| device != name).collect();
        Self::NoSuchDevice { name: name.to_owned(), known: others.join(", ") }
    }
}

/// Name, value, unit, least and largest of one number of a fault.
type Number = (&'static str, f64, &'static str, f64, f64);

impl FaultKind {
    /// Name as scenario files spell it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotEnabled => "not_enabled",
            Self::Dead => "dead",
            Self::Unfit => "unfit",
            Self::Stuck => "stuck",
            Self::StuckOn => "stuck_on",
            Self::Bias { .. } => "bias",
            Self::Drift { .. } => "drift",
            Self::Scale { .. } => "scale",
            Self::Noise { .. } => "noise",
            Self::Dropout { .. } => "dropout",
            Self::Outliers { .. } => "outliers",
            Self::Ghost { .. } => "ghost",
            Self::Latency { .. } => "latency",
            Self::Saturation { .. } => "saturation",
            Self::TimeTag { .. } => "time_tag",
            Self::RangeLimit { .. } => "range_limit",
            Self::Weak { term: LinkTerm::Surface, .. } => "weak_surface",
            Self::Weak { term: LinkTerm::Laser, .. } => "weak_laser",
            Self::Weak { term: LinkTerm::Receiver, .. } => "weak_receiver",
            Self::Weak { term: LinkTerm::Speed, .. } => "weak_at_speed",
        }
    }

    /// Every number (limits assumed: they catch a wrong unit).
    fn numbers(&self) -> Vec<Number> {
        let three = |key, values: &[f64; 3]| {
            values.iter().map(|value| (key, *value, "", -1e6, 1e6)).collect()
        };
        let share = |probability: f64| ("probability", probability, "", 0.0, 1.0);
        match *self {
            Self::Bias { value } => three("value", &value),
            Self::Drift { rate } => three("rate", &rate),
            Self::Scale { factor } => vec![("factor", factor, "", -10.0, 10.0)],
            Self::Noise { sigma, growth } => {
                vec![("sigma", sigma, "", 0.0, 1e6), ("growth", growth, "", 0.0, 1e6)]
            }
            Self::Dropout { probability } => vec![share(probability)],
            Self::Outliers { probability, sigma } => {
                vec![share(probability), ("sigma", sigma, "", 0.0, 1e6)]
            }
            Self::Ghost { probability, value } => {
                vec![share(probability), ("value", value, "", -1e6, 1e6)]
            }
            Self::Latency { latency_s } => vec![("latency_s", latency_s, "s", 0.0, 100.0)],
            Self::Saturation { limit } => vec![("limit", limit, "", 0.0, 1e6)],
            Self::TimeTag { offset_s } => vec![("offset_s", offset_s, "s", -1e4, 1e4)],
            Self::RangeLimit { range_m_max } => vec![("range_m_max", range_m_max, "m", 0.0, 1e6)],
            Self::Weak { factor, .. } => vec![("factor", factor, "", 0.0, 1e3)],
            Self::NotEnabled | Self::Dead | Self::Unfit | Self::Stuck | Self::StuckOn => vec![],
        }
    }
}

impl Fault {
    /// Checks that the device exists, that it can fail that way and that every number is in range.
    ///
    /// # Errors
    /// [`FaultError`], listing the names that would have been right.
    pub fn check(&self) -> Result<(), FaultError> {
        let known = known();
        let Some((_, kinds)) = known.iter().find(|(name, _)| *name == self.on) else {
            return Err(FaultError::no_such_device(&self.on));
        };
        let (on, kind) = (self.on.clone(), self.kind.name());
        if !kinds.contains(&kind) {
            return Err(FaultError::NoSuchKind { on, kind, known: kinds.join(", ") });
        }
        if let (Moment::After(from), Some(Moment::After(until))) = (self.from, self.until)
            && until <= from
        {
            let (key, value, min) = ("until_s", until.s(), from.s());
            let (unit, max) = ("s", f64::INFINITY);
            return Err(FaultError::OutOfRange { on, kind, key, value, unit, min, max });
        }
        for (key, value, unit, min, max) in self.kind.numbers() {
            if !(value >= min && value <= max) {
                return Err(FaultError::OutOfRange { on, kind, key, value, unit, min, max });
            }
        }
        Ok(())
    }
}

/// One fault armed for one run.
#[derive(Clone, Debug)]
pub(crate) struct Armed {
    window: Window,
    kind: FaultKind,
    /// Of its random numbers.
    key: u64,
}

impl Armed {
    /// Those of `faults` that name `device`. The n-th of one kind has the n-th numbers of that kind.
    fn all(faults: &[Fault], device: &str, start: Time, (seed, run): (u64, u64)) -> Vec<Self> {
        let named: Vec<&Fault> = faults.iter().filter(|fault| fault.on == device).collect();
        let armed = |(place, fault): (usize, &&Fault)| {
            let kind = fault.kind.name();
            let n = named[..place].iter().filter(|earlier| earlier.kind.name() == kind).count();
            Self {
                window: Window::new(fault.from, fault.until, start),
                kind: fault.kind,
                key: Stream::new(seed, run, &format!("fault.{device}.{kind}.{n}")).bits(),
            }
        };
        named.iter().enumerate().map(armed).collect()
    }

    /// Other random numbers from now on; faults that shared theirs still do.
    fn rekey(&mut self, key: u64) {
        self.key = Stream::part(self.key, key).bits();
    }

    /// Its random numbers for what happens at `t`.
    fn chance(&self, t: Time) -> Stream {
        Stream::part(self.key, t.tai_ns().cast_unsigned())
    }

    /// Time since the fault began, s; `None` when it does not act at `t`.
    fn age_s(&self, t: Time) -> Option<f64> {
        self.window.age(t).map(Span::s)
    }
}

/// A device with the faults that the scenario gave it; `R` is what it reads.
#[derive(Clone, Debug)]
pub struct Faulty<D, R = ()> {
    /// The device itself, none the wiser.
    pub device: D,
    /// What is wrong with it.
    pub(crate) faults: Faults<R>,
}

impl<D, R> Faulty<D, R> {
    /// Wraps `device` with those of `faults` that name it; times count from `start`.
    pub fn new(device: D, name: &str, faults: &[Fault], start: Time, key: (u64, u64)) -> Self {
        Self { device, faults: Faults::new(name, faults, start, key) }
    }
}

#[cfg(test)]
mod tests;
