//! Faults: wrappers around devices. The wrapped device does not know.
//!
//! Owns: [`Fault`] (what the scenario names), [`Faulty`] (a device with its faults), the list of which
//! device can have which fault. Does not own: the devices.
//! Every fault has its own random stream, named after the device and the kind, so that adding one
//! reshuffles nothing else.
//! A fault acts from `onset` (inclusive) to `end` (exclusive), by the time of the shot, exposure,
//! sample or step.

use crate::actuators::engine::Thruster;
use crate::dynamics::Wrench;
use crate::integrate::Increments;
use crate::random::Stream;
use crate::sensors::imu::Imu;
use crate::sensors::rangefinder::Rangefinder;
use crate::sensors::star_tracker::{Exposure, StarTracker};
use crate::sensors::velocimeter::Velocimeter;
use icd::bus::{self, ASSIST_ENGINES, JETS, ShotQuality};
use icd::frames::{B, Direction, I, Vector};
use icd::rotation::Quaternion;
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// One fault of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Device: `rangefinder`, `velocimeter`, `star_tracker`, `imu`, `main`, `assist.0` … `jet.7`.
    pub on: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// When it begins, since the start of the run.
    pub onset: Span,
    /// When it ends, since the start of the run; `None` for never.
    pub end: Option<Span>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// No output at all (velocimeter, star tracker); the device seems not to be there.
    Absent,
    /// Rangefinder: no echo. Velocimeter: no lock. Star tracker: silent. Engine: no thrust.
    /// Inertial unit: zeros and not healthy.
    Dead,
    /// The last good value again and again (rangefinder, velocimeter).
    Stuck,
    /// No echo beyond this range (rangefinder).
    RangeLimit {
        /// Longest range that still gives an echo, m.
        range_m_max: f64,
    },
    /// A constant added to every valid range (rangefinder).
    Bias {
        /// Added, m.
        bias_m: f64,
    },
    /// Every valid range or beam speed multiplied (rangefinder, velocimeter).
    Scale {
        /// Factor.
        factor: f64,
    },
    /// Some valid ranges get a large normal error (rangefinder).
    Outliers {
        /// Share of shots, 0 to 1.
        probability: f64,
        /// Standard deviation of their error, m.
        sigma_m: f64,
    },
    /// Some shots report a false echo at a fixed range, dust or plume (rangefinder).
    Ghost {
        /// Share of shots, 0 to 1.
        probability: f64,
        /// False range, m.
        range_m: f64,
    },
    /// The unit reports itself unfit (rangefinder).
    Unfit,
    /// A constant rotation of the reported attitude, `q ⊗ exp(rotation)` (star tracker).
    Misalignment {
        /// Roll, pitch, yaw as a rotation vector in body axes, rad.
        rotation_B_rad: [f64; 3],
    },
    /// A constant added to the specific force (inertial unit).
    AccelerometerBias {
        /// Added, body axes, m/s².
        bias_B_m_s2: [f64; 3],
    },
    /// A constant added to the rate (inertial unit).
    GyroBias {
        /// Added, body axes, rad/s.
        bias_B_rad_s: [f64; 3],
    },
    /// Thrust and flow multiplied (engines, jets).
    ThrustScale {
        /// Factor, 0 to 1.5.
        factor: f64,
    },
    /// The valve stays open (engines, jets).
    StuckOn,
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

const ENGINE_KINDS: &[&str] = &["dead", "thrust_scale", "stuck_on"];
const SENSOR_KINDS: &[(&str, &[&str])] = &[
    (
        "rangefinder",
        &["range_limit", "bias", "scale", "stuck", "dead", "outliers", "ghost", "unfit"],
    ),
    ("velocimeter", &["absent", "dead", "stuck", "scale"]),
    ("star_tracker", &["absent", "dead", "misalignment"]),
    ("imu", &["dead", "accelerometer_bias", "gyro_bias"]),
];

/// Every device a fault can name, with the kinds it can have, in a fixed order.
pub fn known() -> Vec<(String, &'static [&'static str])> {
    let sensors = SENSOR_KINDS.iter().map(|(name, kinds)| ((*name).to_owned(), *kinds));
    let engines = core::iter::once("main".to_owned())
        .chain((0..ASSIST_ENGINES).map(|n| format!("assist.{n}")))
        .chain((0..JETS).map(|n| format!("jet.{n}")))
        .map(|name| (name, ENGINE_KINDS));
    sensors.chain(engines).collect()
}

impl FaultError {
    /// The vehicle has no device `name`; lists all others that a fault can name.
    pub(crate) fn no_such_device(name: &str) -> Self {
        let others: Vec<String> =
            known().into_iter().map(|(device, _)| device).filter(|device| device != name).collect();
        Self::NoSuchDevice { name: name.to_owned(), known: others.join(", ") }
    }
}

impl FaultKind {
    /// Name as scenario files spell it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Dead => "dead",
            Self::Stuck => "stuck",
            Self::RangeLimit { .. } => "range_limit",
            Self::Bias { .. } => "bias",
            Self::Scale { .. } => "scale",
            Self::Outliers { .. } => "outliers",
            Self::Ghost { .. } => "ghost",
            Self::Unfit => "unfit",
            Self::Misalignment { .. } => "misalignment",
            Self::AccelerometerBias { .. } => "accelerometer_bias",
            Self::GyroBias { .. } => "gyro_bias",
            Self::ThrustScale { .. } => "thrust_scale",
            Self::StuckOn => "stuck_on",
        }
    }

    /// Every number: its key, value, unit and limits (assumed: they catch a wrong unit).
    fn numbers(&self) -> Vec<(&'static str, f64, &'static str, f64, f64)> {
        let three = |key, values: &[f64; 3], unit, limit: f64| {
            values.iter().map(|value| (key, *value, unit, -limit, limit)).collect()
        };
        match self {
            Self::RangeLimit { range_m_max } => vec![("range_m_max", *range_m_max, "m", 0.0, 1e6)],
            Self::Bias { bias_m } => vec![("bias_m", *bias_m, "m", -1e5, 1e5)],
            Self::Scale { factor } => vec![("factor", *factor, "", 0.0, 10.0)],
            Self::Outliers { probability, sigma_m } => vec![
                ("probability", *probability, "", 0.0, 1.0),
                ("sigma_m", *sigma_m, "m", 0.0, 1e6),
            ],
            Self::Ghost { probability, range_m } => vec![
                ("probability", *probability, "", 0.0, 1.0),
                ("range_m", *range_m, "m", 0.0, 1e6),
            ],
            Self::Misalignment { rotation_B_rad } => {
                three("rotation_B_rad", rotation_B_rad, "rad", 3.2)
            }
            Self::AccelerometerBias { bias_B_m_s2 } => {
                three("bias_B_m_s2", bias_B_m_s2, "m/s²", 100.0)
            }
            Self::GyroBias { bias_B_rad_s } => three("bias_B_rad_s", bias_B_rad_s, "rad/s", 10.0),
            Self::ThrustScale { factor } => vec![("factor", *factor, "", 0.0, 1.5)],
            Self::Absent | Self::Dead | Self::Stuck | Self::Unfit | Self::StuckOn => vec![],
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
        if let Some(end) = self.end.filter(|end| *end <= self.onset) {
            let (key, value, min) = ("end_s", end.s(), self.onset.s());
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
struct Armed {
    from: Time,
    until: Option<Time>,
    kind: FaultKind,
    stream: Stream,
}

impl Armed {
    fn acts(&self, t: Time) -> bool {
        t >= self.from && self.until.is_none_or(|until| t < until)
    }
}

/// A device with the faults that the scenario gave it.
#[derive(Clone, Debug)]
pub struct Faulty<D, Held = ()> {
    /// The device itself, none the wiser.
    pub device: D,
    faults: Vec<Armed>,
    /// Last good output, for a device that gets stuck.
    held: Option<Held>,
}

impl<D, Held> Faulty<D, Held> {
    /// Wraps `device` with those of `faults` that name it; times count from `start`.
    pub fn new(
        device: D,
        name: &str,
        faults: &[Fault],
        start: Time,
        (seed, run): (u64, u64),
    ) -> Self {
        let armed = |fault: &Fault| Armed {
            from: start + fault.onset,
            until: fault.end.map(|end| start + end),
            kind: fault.kind,
            stream: Stream::new(seed, run, &format!("fault.{name}.{}", fault.kind.name())),
        };
        let faults = faults.iter().filter(|fault| fault.on == name).map(armed).collect();
        Self { device, faults, held: None }
    }

    /// Whether any fault of this device acts at `t`.
    pub fn acts(&self, t: Time) -> bool {
        self.faults.iter().any(|fault| fault.acts(t))
    }
}

impl Faulty<Thruster> {
    /// Adds the mean wrench and the flow of the step that begins at `t`; returns the thrust, N.
    #[inline]
    pub fn add_mean(&mut self, t: Time, wrench: &mut Wrench, used_kg: &mut f64) -> f64 {
        let mut open = self.device.open_in_step(t);
        let mut factor = 1.0;
        for fault in &self.faults {
            match fault.kind {
                FaultKind::Dead if fault.acts(t) => open = Span::from_ns(0),
                FaultKind::StuckOn if fault.acts(t) => open = self.device.step(),
                FaultKind::ThrustScale { factor: k } if fault.acts(t) => factor *= k,
                _ => {}
            }
        }
        let level = self.device.mean_level(open);
        if level <= 0.0 {
            return 0.0;
        }
        self.device.add(level * factor, wrench, used_kg)
    }
}

impl Faulty<Rangefinder, f32> {
    /// As [`Rangefinder::sense`], through the faults.
    pub fn sense(
        &mut self,
        t: Time,
        exact: impl FnOnce() -> Option<f64>,
    ) -> Option<bus::SlantRange> {
        let mut shot = self.device.sense(t, exact)?;
        let mut sticks = false;
        let fired = shot.t;
        for fault in self.faults.iter_mut().filter(|fault| fault.acts(fired)) {
            let valid = shot.quality == ShotQuality::Valid;
            let silence = |shot: &mut bus::SlantRange| {
                shot.quality = ShotQuality::NoReturn;
                shot.range_m = 0.0;
            };
            match fault.kind {
                FaultKind::RangeLimit { range_m_max } if f64::from(shot.range_m) > range_m_max => {
                    silence(&mut shot);
                }
                FaultKind::Dead => silence(&mut shot),
                FaultKind::Bias { bias_m } if valid => shot.range_m += bias_m as f32,
                FaultKind::Scale { factor } if valid => shot.range_m *= factor as f32,
                FaultKind::Outliers { probability, sigma_m } => {
                    let (chance, n) = (fault.stream.uniform(), fault.stream.normal());
                    if valid && chance < probability {
                        shot.range_m = (f64::from(shot.range_m) + sigma_m * n).max(0.0) as f32;
                    }
                }
                FaultKind::Ghost { probability, range_m }
                    if fault.stream.uniform() < probability =>
                {
                    shot.quality = ShotQuality::Valid;
                    shot.range_m = range_m as f32;
                }
                FaultKind::Unfit => {
                    silence(&mut shot);
                    shot.quality = ShotQuality::Fault;
                }
                FaultKind::Stuck => sticks = true,
                _ => {}
            }
        }
        Some(self.stick(shot, sticks))
    }

    fn stick(&mut self, mut shot: bus::SlantRange, sticks: bool) -> bus::SlantRange {
        match self.held {
            Some(range_m) if sticks => {
                shot.range_m = range_m;
                shot.quality = ShotQuality::Valid;
            }
            _ if shot.quality == ShotQuality::Valid => self.held = Some(shot.range_m),
            _ => {}
        }
        shot
    }
}

impl Faulty<Velocimeter, bus::BeamSpeeds> {
    /// As [`Velocimeter::sense`], through the faults.
    pub fn sense(
        &mut self,
        t: Time,
        exact: impl FnOnce() -> (Vector3<f64>, [bool; 3]),
    ) -> Option<bus::BeamSpeeds> {
        let mut beams = self.device.sense(t, exact)?;
        let mut sticks = false;
        for fault in self.faults.iter().filter(|fault| fault.acts(beams.t)) {
            match fault.kind {
                FaultKind::Absent => return None,
                FaultKind::Dead => {
                    beams.locked = [false; 3];
                    beams.speed_m_s = [0.0; 3];
                }
                FaultKind::Scale { factor } => {
                    beams.speed_m_s = beams.speed_m_s.map(|speed| speed * factor as f32);
                }
                FaultKind::Stuck => sticks = true,
                _ => {}
            }
        }
        match self.held {
            Some(held) if sticks => Some(bus::BeamSpeeds { t: beams.t, ..held }),
            _ => {
                if beams.locked == [true; 3] {
                    self.held = Some(beams);
                }
                Some(beams)
            }
        }
    }
}

impl Faulty<StarTracker> {
    /// As [`StarTracker::sense`], through the faults.
    pub fn sense(
        &mut self,
        t: Time,
        exposure: &Exposure,
        sun: impl FnOnce() -> Option<Vector<Direction, I>>,
    ) -> Option<bus::StarTracker> {
        let mut solution = self.device.sense(t, exposure, sun)?;
        for fault in self.faults.iter().filter(|fault| fault.acts(solution.t)) {
            match fault.kind {
                FaultKind::Absent | FaultKind::Dead => return None,
                FaultKind::Misalignment { rotation_B_rad } => {
                    let q = Quaternion::<I, B>::from_si(solution.q_IB);
                    let turn = Quaternion::<B, B>::exp(Vector3::from(rotation_B_rad));
                    solution.q_IB = (q * turn).si();
                }
                _ => {}
            }
        }
        Some(solution)
    }
}

impl Faulty<Imu> {
    /// As [`Imu::sense`], through the faults; `t` is the end of the sample.
    pub fn sense(&mut self, t: Time, increments: &Increments) -> bus::Imu {
        let mut sample = self.device.sense(increments);
        let dt_s = increments.dt_s;
        let add = |values: &mut [f64; 3], rates: [f64; 3]| {
            values.iter_mut().zip(rates).for_each(|(value, rate)| *value += rate * dt_s);
        };
        for fault in self.faults.iter().filter(|fault| fault.acts(t)) {
            match fault.kind {
                FaultKind::AccelerometerBias { bias_B_m_s2 } => {
                    add(&mut sample.dv_B_m_s, bias_B_m_s2);
                }
                FaultKind::GyroBias { bias_B_rad_s } => {
                    add(&mut sample.dtheta_B_rad, bias_B_rad_s);
                }
                FaultKind::Dead => sample = bus::Imu::default(),
                _ => {}
            }
        }
        sample
    }
}

#[cfg(test)]
mod tests;
