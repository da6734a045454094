//! A device's reports as one series: what arrived when, with which time tag, and what did not arrive.
//!
//! Owns: [`Stream`], [`Report`], [`Slot`]. Does not own: what was to be expected (`expected`), what is wrong (`presence`,
//! `exact`, `timing`, `scatter`).
//! As programmed: a device measures at its period from the first cycle on and answers after its latency, at the first cycle
//! that is not before it. Where a report is missing the measurement counts as not made, but only where the cycle in which
//! its report had to arrive was received.

use crate::evidence::Evidence;
use crate::finding::Device;
use icd::bus::{CYCLE, Sensors, ShotQuality, SlantRange};
use icd::events::Event;
use icd::time::{Span, Time};
use truth::sensors::rangefinder::RESTART;
use truth::vehicle::Vehicle;

/// What became of one measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No report.
    Absent,
    /// A report that says that nothing was found.
    Empty,
    /// A report by which the unit calls itself unfit.
    Unfit,
    /// A reading.
    Valid,
}

/// One report as it arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Report {
    /// Place of its cycle in `Evidence::cycles`.
    pub place: u32,
    /// Time of that cycle.
    pub arrival: Time,
    /// Its time tag.
    pub tag: Time,
    /// What it says.
    pub outcome: Outcome,
    /// Channels, SI: range; beam speeds; attitude as it stands is in [`Self::quaternion`]; propellant. NaN for none.
    pub value: [f64; 3],
    /// Attitude of a star tracker, scalar first.
    pub quaternion: [f64; 4],
    /// The same for two reports whose values are the same to the last bit; 0 for no value.
    pub bits: u64,
    /// Largest size of a channel, SI: what a limit cuts.
    pub largest: f64,
}

/// One measurement that was made or ought to have been.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slot {
    /// When it was made.
    pub taken: Time,
    /// Its report; `None` where it is missing.
    pub report: Option<Report>,
}

impl Slot {
    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        self.report.map_or(Outcome::Absent, |report| report.outcome)
    }

    /// Its report if that carries a value.
    pub fn valid(&self) -> Option<&Report> {
        self.report.as_ref().filter(|report| report.outcome == Outcome::Valid)
    }
}

/// All reports of a device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stream {
    /// Whose they are.
    pub device: Device,
    /// Time between measurements.
    pub period: Span,
    /// From measurement to report, in whole cycles.
    pub latency: Span,
    /// First and last cycle received.
    pub over: (Time, Time),
    /// Reports, ascending by arrival.
    pub reports: Vec<Report>,
}

/// What a dead unit delivers, and whether a healthy one always reports.
pub(crate) fn reports_silence(device: Device) -> bool {
    matches!(
        device,
        Device::Rangefinder | Device::RadarAltimeter | Device::Velocimeter | Device::HazardLidar
    )
}

/// The period and latency of a device that the vehicle has, s.
fn pace(device: Device, vehicle: &Vehicle) -> Option<(f64, f64)> {
    match device {
        Device::Rangefinder => Some((vehicle.rangefinder.period_s, vehicle.rangefinder.latency_s)),
        Device::StarTracker => Some((vehicle.star_tracker.period_s, 0.0)),
        Device::RadarAltimeter => {
            vehicle.radar_altimeter.as_ref().map(|unit| (unit.period_s, unit.latency_s))
        }
        Device::Velocimeter => {
            vehicle.velocimeter.as_ref().map(|unit| (unit.period_s, unit.latency_s))
        }
        Device::Camera => vehicle.camera.as_ref().map(|unit| (unit.period_s, unit.latency_s)),
        Device::Gauge => vehicle.gauge.as_ref().map(|unit| (unit.period_s, 0.0)),
        // It sweeps when it is told to, at most once a cycle.
        Device::HazardLidar => {
            vehicle.hazard_lidar.as_ref().map(|unit| (CYCLE.s(), unit.latency_s))
        }
        _ => None,
    }
}

/// The reports of a device; `None` where the vehicle has no such device or nothing was received.
pub(crate) fn stream(device: Device, vehicle: &Vehicle, evidence: &Evidence) -> Option<Stream> {
    let (period_s, latency_s) = pace(device, vehicle)?;
    let (first, last) = (evidence.cycles.first()?, evidence.cycles.last()?);
    let mut reports = Vec::new();
    for (place, cycle) in evidence.cycles.iter().enumerate() {
        if let Some(report) = report(device, &cycle.sensors) {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            reports.push(Report { place, arrival: cycle.sensors.t, ..report });
        }
    }
    let latency = Span::from_ns(cycles(Span::from_s(latency_s)) * CYCLE.ns());
    let over = (first.sensors.t, last.sensors.t);
    Some(Stream { device, period: Span::from_s(period_s), latency, over, reports })
}

/// Whole cycles that a span takes, rounded up.
pub(crate) fn cycles(span: Span) -> i64 {
    (span.ns() + CYCLE.ns() - 1).div_euclid(CYCLE.ns())
}

fn report(device: Device, sensors: &Sensors) -> Option<Report> {
    let blank = |tag: Time, outcome: Outcome| Report {
        place: 0,
        arrival: tag,
        tag,
        outcome,
        value: [f64::NAN; 3],
        quaternion: [f64::NAN; 4],
        bits: 0,
        largest: f64::NAN,
    };
    match device {
        Device::Rangefinder => sensors.rangefinder.map(|shot| slant(&shot, blank)),
        Device::RadarAltimeter => sensors.radar_altimeter.map(|shot| slant(&shot, blank)),
        Device::Velocimeter => sensors.velocimeter.map(|beams| {
            let locked = beams.locked;
            let value = core::array::from_fn(|n| match locked[n] {
                true => f64::from(beams.speed_m_s[n]),
                false => f64::NAN,
            });
            let outcome = if locked.contains(&true) { Outcome::Valid } else { Outcome::Empty };
            let bits = mixed(beams.speed_m_s.iter().map(|speed| u64::from(speed.to_bits())));
            Report { value, bits, largest: largest(value), ..blank(beams.t, outcome) }
        }),
        Device::StarTracker => sensors.star_tracker.map(|solution| {
            let bits = mixed(solution.q_IB.iter().map(|q| q.to_bits()));
            Report { quaternion: solution.q_IB, bits, ..blank(solution.t, Outcome::Valid) }
        }),
        Device::Camera => sensors.camera.map(|frame| {
            let seen = &frame.seen[..usize::from(frame.count).min(frame.seen.len())];
            let pixels = || seen.iter().flat_map(|landmark| landmark.pixel);
            let outcome = if seen.is_empty() { Outcome::Empty } else { Outcome::Valid };
            let bits = mixed(pixels().map(|pixel| u64::from(pixel.to_bits())));
            let largest = largest(pixels().map(f64::from));
            Report { bits, largest, ..blank(frame.t, outcome) }
        }),
        Device::Gauge => sensors.gauge.map(|gauge| {
            let kg = f64::from(gauge.propellant_kg);
            let bits = mixed([u64::from(gauge.propellant_kg.to_bits())]);
            let value = [kg, f64::NAN, f64::NAN];
            Report { value, bits, largest: kg.abs(), ..blank(gauge.t, Outcome::Valid) }
        }),
        Device::HazardLidar => sensors.hazard_lidar.map(|line| {
            let any = line.range_cm.iter().any(|cm| *cm > 0);
            let outcome = if any { Outcome::Valid } else { Outcome::Empty };
            let bits = mixed(line.range_cm.iter().map(|cm| u64::from(*cm)));
            Report { bits, ..blank(line.t, outcome) }
        }),
        _ => None,
    }
}

fn slant(shot: &SlantRange, blank: impl Fn(Time, Outcome) -> Report) -> Report {
    let outcome = match shot.quality {
        ShotQuality::Valid => Outcome::Valid,
        ShotQuality::NoReturn => Outcome::Empty,
        ShotQuality::Fault => Outcome::Unfit,
    };
    if outcome != Outcome::Valid {
        return blank(shot.t, outcome);
    }
    let range_m = f64::from(shot.range_m);
    // A range of nothing is where noise ends: not a value that repeats.
    let bits = match range_m > 0.0 {
        true => mixed([u64::from(shot.range_m.to_bits())]),
        false => mixed([shot.t.tai_ns().cast_unsigned()]),
    };
    let value = [range_m, f64::NAN, f64::NAN];
    Report { value, bits, largest: range_m, ..blank(shot.t, outcome) }
}

fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().map(f64::abs).fold(f64::NAN, f64::max)
}

/// One number for many, never 0: SplitMix64's last step over a running sum.
fn mixed(parts: impl IntoIterator<Item = u64>) -> u64 {
    let mut out = 0x9E37_79B9_7F4A_7C15_u64;
    for part in parts {
        out = (out ^ part).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        out ^= out >> 29;
    }
    out.max(1)
}

impl Stream {
    /// Time tags and first channels of the values that no other report repeats to the bit.
    pub fn unrepeated(&self) -> Vec<(Time, f64)> {
        let valid = || self.reports.iter().filter(|report| report.outcome == Outcome::Valid);
        let mut bits: Vec<u64> = valid().map(|report| report.bits).collect();
        bits.sort_unstable();
        let once = |report: &&Report| {
            let first = bits.partition_point(|other| *other < report.bits);
            bits.get(first + 1) != Some(&report.bits)
        };
        valid().filter(once).map(|report| (report.tag, report.value[0])).collect()
    }

    /// Every measurement that was made or ought to have been, ascending; `late`: what the reports arrive later than
    /// specified, `ahead`: what is to be added to a report's tag to have the time at which it was taken.
    ///
    /// - Of the hazard lidar, which measures on command, only what arrived.
    pub fn slots(
        &self,
        evidence: &Evidence,
        late: impl Fn(Time) -> Span,
        ahead: impl Fn(&Report) -> Span,
    ) -> Vec<Slot> {
        let mut taken: Vec<Slot> = self
            .reports
            .iter()
            .map(|report| Slot { taken: report.tag + ahead(report), report: Some(*report) })
            .collect();
        taken.sort_by_key(|slot| slot.taken);
        if self.device == Device::HazardLidar {
            return taken;
        }
        let mut out: Vec<Slot> = Vec::with_capacity(taken.len());
        let mut due = self.over.0;
        let half = Span::from_ns(self.period.ns() / 2);
        let awaited = |at: Time| {
            let arrival = at + self.latency + late(at);
            arrival <= self.over.1 && received(evidence, arrival) && !restarting(self, evidence, at)
        };
        for slot in taken {
            while due + half < slot.taken {
                if awaited(due) {
                    out.push(Slot { taken: due, report: None });
                }
                due += self.period;
            }
            out.push(slot);
            due = slot.taken + self.period;
        }
        while due <= self.over.1 {
            if awaited(due) {
                out.push(Slot { taken: due, report: None });
            }
            due += self.period;
        }
        out
    }
}

/// Whether the cycle in which something arrives at `t` was received.
fn received(evidence: &Evidence, t: Time) -> bool {
    let after = evidence.cycles.partition_point(|cycle| cycle.sensors.t < t);
    evidence.cycles.get(after).is_some_and(|cycle| cycle.sensors.t - t < CYCLE)
}

/// Whether the rangefinder was being switched off and on by order.
fn restarting(stream: &Stream, evidence: &Evidence, t: Time) -> bool {
    let wait = Span::from_ns(RESTART.ns() + stream.latency.ns() + 2 * CYCLE.ns());
    let ordered = |at: &(Time, Event)| at.1 == Event::RangefinderRestarted;
    let during = |at: &(Time, Event)| t + stream.latency + CYCLE >= at.0 && t < at.0 + wait;
    stream.device == Device::Rangefinder
        && evidence.events.iter().filter(|at| ordered(at)).any(during)
}
