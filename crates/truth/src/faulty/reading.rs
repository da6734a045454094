//! What faults do to a reading, whatever device it comes from.
//!
//! Owns: [`Reading`] (what all readings have in common), [`Faults`] (the faults of one device, applied
//! in the order of the scenario), [`Inertial`] (half of an inertial unit).

use super::{Armed, Fault, FaultKind, LinkTerm, Now};
use icd::bus::{BeamSpeeds, Gauge, Landmarks, LidarLine, ShotQuality, SlantRange, StarTracker};
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::{Span, Time};
use nalgebra::Vector3;
use std::collections::VecDeque;

/// What all readings have in common.
pub(crate) trait Reading: Copy {
    /// The time tag.
    fn tag(&mut self) -> &mut Time;
    /// Whether it carries a value.
    fn is_valid(&self) -> bool;
    /// Puts every valid channel through `change(channel, value)`, in SI.
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64);
    /// What the unit delivers when it finds nothing.
    fn silenced(self) -> Option<Self>;
    /// What it delivers before it was ever switched on.
    fn not_enabled(self) -> Option<Self> {
        None
    }
    /// What it delivers when it calls itself unfit.
    fn unfit(self) -> Option<Self> {
        self.silenced()
    }
    /// A valid reading of this value.
    fn ghost(&mut self, _value: f64) {}
    /// Notes that a channel ran into its limit.
    fn saturated(&mut self) {}
}

impl Reading for SlantRange {
    fn tag(&mut self) -> &mut Time {
        &mut self.t
    }
    fn is_valid(&self) -> bool {
        self.quality == ShotQuality::Valid
    }
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64) {
        if self.is_valid() {
            self.range_m = change(0, f64::from(self.range_m)).max(0.0) as f32;
        }
    }
    fn silenced(self) -> Option<Self> {
        Some(Self { quality: ShotQuality::NoReturn, range_m: 0.0, ..self })
    }
    fn unfit(self) -> Option<Self> {
        Some(Self { quality: ShotQuality::Fault, range_m: 0.0, ..self })
    }
    fn ghost(&mut self, value: f64) {
        self.quality = ShotQuality::Valid;
        self.range_m = value as f32;
    }
}

impl Reading for BeamSpeeds {
    fn tag(&mut self) -> &mut Time {
        &mut self.t
    }
    fn is_valid(&self) -> bool {
        self.locked == [true; 3]
    }
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64) {
        for (n, speed) in self.speed_m_s.iter_mut().enumerate().filter(|(n, _)| self.locked[*n]) {
            *speed = change(n, f64::from(*speed)) as f32;
        }
    }
    fn silenced(self) -> Option<Self> {
        Some(Self { locked: [false; 3], speed_m_s: [0.0; 3], ..self })
    }
    fn ghost(&mut self, value: f64) {
        self.locked = [true; 3];
        self.speed_m_s = [value as f32; 3];
    }
}

/// The channels are the error as a rotation vector in body axes: `q ⊗ exp(change(0))`.
impl Reading for StarTracker {
    fn tag(&mut self) -> &mut Time {
        &mut self.t
    }
    fn is_valid(&self) -> bool {
        true
    }
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64) {
        let error_B = Vector3::new(change(0, 0.0), change(1, 0.0), change(2, 0.0));
        let q = Quaternion::<I, B>::from_si(self.q_IB);
        self.q_IB = (q * Quaternion::<B, B>::exp(error_B)).si();
    }
    fn silenced(self) -> Option<Self> {
        None
    }
}

/// The channels are right and down in the image, the same for all landmarks of a frame.
impl Reading for Landmarks {
    fn tag(&mut self) -> &mut Time {
        &mut self.t
    }
    fn is_valid(&self) -> bool {
        self.count > 0
    }
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64) {
        for landmark in self.seen.iter_mut().take(usize::from(self.count)) {
            for (n, pixel) in landmark.pixel.iter_mut().enumerate() {
                *pixel = change(n, f64::from(*pixel)) as f32;
            }
        }
    }
    fn silenced(self) -> Option<Self> {
        None
    }
}

/// One channel: the range of every shot of a line.
impl Reading for LidarLine {
    fn tag(&mut self) -> &mut Time {
        &mut self.t
    }
    fn is_valid(&self) -> bool {
        self.range_cm.iter().any(|cm| *cm > 0)
    }
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64) {
        for cm in self.range_cm.iter_mut().filter(|cm| **cm > 0) {
            let range_m = change(0, 0.01 * f64::from(*cm));
            *cm = (100.0 * range_m).round().clamp(1.0, f64::from(u16::MAX)) as u16;
        }
    }
    fn silenced(self) -> Option<Self> {
        Some(Self { range_cm: [0; icd::bus::SHOTS], ..self })
    }
    fn not_enabled(self) -> Option<Self> {
        None
    }
}

impl Reading for Gauge {
    fn tag(&mut self) -> &mut Time {
        &mut self.t
    }
    fn is_valid(&self) -> bool {
        true
    }
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64) {
        self.propellant_kg = change(0, f64::from(self.propellant_kg)) as f32;
    }
    fn silenced(self) -> Option<Self> {
        None
    }
    fn ghost(&mut self, value: f64) {
        self.propellant_kg = value as f32;
    }
}

/// One triad of an inertial unit over one cycle: mean rates instead of increments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inertial {
    /// End of the cycle.
    pub t: Time,
    /// Mean specific force, m/s², or mean rate, rad/s, over the cycle.
    pub rates: [f64; 3],
    /// A channel hit its limit.
    pub saturated: bool,
    /// The triad's own self-test.
    pub healthy: bool,
}

impl Reading for Inertial {
    fn tag(&mut self) -> &mut Time {
        &mut self.t
    }
    fn is_valid(&self) -> bool {
        self.healthy
    }
    fn change(&mut self, change: &mut dyn FnMut(usize, f64) -> f64) {
        for (n, rate) in self.rates.iter_mut().enumerate() {
            *rate = change(n, *rate);
        }
    }
    fn silenced(self) -> Option<Self> {
        Some(Self { rates: [0.0; 3], healthy: false, ..self })
    }
    fn not_enabled(self) -> Option<Self> {
        Some(Self { rates: [0.0; 3], ..self })
    }
    fn unfit(self) -> Option<Self> {
        Some(Self { healthy: false, ..self })
    }
    fn saturated(&mut self) {
        self.saturated = true;
    }
}

/// The faults of one device.
#[derive(Clone, Debug)]
pub(crate) struct Faults<R> {
    pub(super) armed: Vec<Armed>,
    /// Last good reading, for a device that gets stuck.
    held: Option<R>,
    /// Readings (or commands) on their way, with the time they arrive.
    pub(super) late: VecDeque<(Time, R)>,
}

impl<R> Faults<R> {
    pub fn new(name: &str, faults: &[Fault], start: Time, key: (u64, u64)) -> Self {
        let armed = Armed::all(faults, name, start, key);
        Self { armed, held: None, late: VecDeque::new() }
    }

    /// Adds the faults of the whole unit `name` to those of its part; all parts have the same chance.
    pub fn and_of(mut self, name: &str, faults: &[Fault], start: Time, key: (u64, u64)) -> Self {
        self.armed.extend(Armed::all(faults, name, start, key));
        self
    }

    /// Whether nothing can be wrong with it.
    pub fn none(&self) -> bool {
        self.armed.is_empty()
    }

    /// Other random numbers from now on: those of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.armed.iter_mut().for_each(|fault| fault.rekey(key));
    }

    /// Notes the beginning and end of faults; once a cycle.
    #[inline]
    pub fn follow(&mut self, now: &Now) {
        for fault in &mut self.armed {
            fault.window.follow(now);
        }
    }

    /// The device was restarted at `t`: what that clears is over, and nothing is on its way any more.
    pub fn restarted(&mut self, t: Time) {
        self.armed.iter_mut().for_each(|fault| fault.window.restarted(t));
        self.held = None;
        self.late.clear();
    }

    /// Product of the factors on one term of the rangefinder's link at `t`; 1 when healthy.
    pub fn link_factor(&self, term: LinkTerm, t: Time) -> f64 {
        let acting = self.armed.iter().filter(|fault| fault.age_s(t).is_some());
        acting.fold(1.0, |product, fault| match fault.kind {
            FaultKind::Weak { term: weak, factor } if weak == term => product * factor,
            _ => product,
        })
    }

    /// Whether the output is forced on or off at `t`, for a device that can only be on or off.
    pub fn switch(&self, t: Time, on: bool) -> bool {
        let mut shown = on;
        for fault in &self.armed {
            if fault.age_s(t).is_none() {
                continue;
            }
            match fault.kind {
                FaultKind::Dead => shown = false,
                FaultKind::StuckOn => shown = true,
                FaultKind::Dropout { probability } => {
                    shown &= fault.chance(t).uniform() >= probability;
                }
                _ => {}
            }
        }
        shown
    }
}

impl<R: Reading> Faults<R> {
    /// What arrives at `t` of what the device delivers then.
    #[inline]
    pub fn pass(&mut self, t: Time, reading: Option<R>) -> Option<R> {
        if self.armed.is_empty() {
            return reading;
        }
        let shown = reading.and_then(|reading| self.distorted(reading));
        self.delayed(t, shown)
    }

    fn distorted(&mut self, mut reading: R) -> Option<R> {
        let taken = *reading.tag();
        let (mut sticks, mut offset_s) = (false, 0.0);
        for fault in &self.armed {
            let Some(age_s) = fault.age_s(taken) else { continue };
            match fault.kind {
                FaultKind::NotEnabled => reading = reading.not_enabled()?,
                FaultKind::Dead => reading = reading.silenced()?,
                FaultKind::Unfit => reading = reading.unfit()?,
                FaultKind::Dropout { probability } => {
                    if fault.chance(taken).uniform() < probability {
                        reading = reading.silenced()?;
                    }
                }
                FaultKind::Stuck => sticks = true,
                FaultKind::TimeTag { offset_s: more_s } => offset_s += more_s,
                _ => fault.bend(&mut reading, taken, age_s),
            }
        }
        if reading.is_valid() && !(sticks && self.held.is_some()) {
            self.held = Some(reading);
        }
        let mut shown = if sticks { self.held.unwrap_or(reading) } else { reading };
        *shown.tag() = taken + Span::from_s(offset_s);
        Some(shown)
    }

    fn delayed(&mut self, t: Time, reading: Option<R>) -> Option<R> {
        if let Some(reading) = reading {
            let acting = self.armed.iter().filter(|fault| fault.age_s(t).is_some());
            let added_s = acting.fold(0.0, |sum, fault| match fault.kind {
                FaultKind::Latency { latency_s } => sum + latency_s,
                _ => sum,
            });
            if added_s <= 0.0 && self.late.is_empty() {
                return Some(reading);
            }
            let added = Span::from_s(added_s);
            self.late.push_back((t + added, reading));
        }
        let ready = self.late.front().is_some_and(|(arrives, _)| *arrives <= t);
        if ready { self.late.pop_front().map(|(_, reading)| reading) } else { None }
    }
}

impl Armed {
    /// Changes the values of one reading, taken at `taken`.
    fn bend<R: Reading>(&self, reading: &mut R, taken: Time, age_s: f64) {
        let mut stream = self.chance(taken);
        match self.kind {
            FaultKind::Bias { value } => reading.change(&mut |n, x| x + value[n % 3]),
            FaultKind::Drift { rate } => reading.change(&mut |n, x| x + rate[n % 3] * age_s),
            FaultKind::Scale { factor } => reading.change(&mut |_, x| x * factor),
            FaultKind::Noise { sigma, growth } => {
                let n = stream.normal3() * (sigma + growth * age_s);
                reading.change(&mut |k, x| x + n[k % 3]);
            }
            FaultKind::Outliers { probability, sigma } => {
                let (chance, n) = (stream.uniform(), stream.normal3() * sigma);
                if chance < probability {
                    reading.change(&mut |k, x| x + n[k % 3]);
                }
            }
            FaultKind::Ghost { probability, value } if stream.uniform() < probability => {
                reading.ghost(value);
            }
            FaultKind::Saturation { limit } => {
                let mut high = false;
                reading.change(&mut |_, x| {
                    high |= x.abs() > limit;
                    x.clamp(-limit, limit)
                });
                if high {
                    reading.saturated();
                }
            }
            FaultKind::RangeLimit { range_m_max } => {
                let mut beyond = false;
                reading.change(&mut |_, x| {
                    beyond |= x > range_m_max;
                    x
                });
                if beyond && let Some(silent) = reading.silenced() {
                    *reading = silent;
                }
            }
            _ => {}
        }
    }
}
