//! One clock for everything: cycles count it.
//!
//! Owns: leaps of the on-board clock, gaps between cycles, offsets of packets' times.
//! As programmed: a cycle lasts 20 ms, so that numbers and times go together. While the computer is down numbers stand
//! and time goes on, by whole cycles. Any other step of time (back, off the grid, longer than [`OUTAGE`]) is a leap of the
//! clock; everything after it is put back by it.

use super::order::Placed;
use super::{Cycle, Gap, Leap};
use icd::bus::{CYCLE, Sensors};
use icd::link::packet::{Packet, decode_time, encode_time};
use icd::link::raw;
use icd::time::{Span, Time};

/// Longest time for which a computer may be down: what a scenario may say (`rig::scenario`).
const OUTAGE: Span = Span::from_ms(1_000_000);

pub(super) fn back(t: Time, by: i64) -> Time {
    Time::from_tai_ns(t.tai_ns().saturating_sub(by))
}

/// All times of a cycle put back.
pub(super) fn put_back(sensors: &mut Sensors, by: i64) {
    let mut tags = [
        Some(&mut sensors.t),
        sensors.star_tracker.as_mut().map(|report| &mut report.t),
        sensors.rangefinder.as_mut().map(|report| &mut report.t),
        sensors.velocimeter.as_mut().map(|report| &mut report.t),
        sensors.radar_altimeter.as_mut().map(|report| &mut report.t),
        sensors.camera.as_mut().map(|report| &mut report.t),
        sensors.gauge.as_mut().map(|report| &mut report.t),
        sensors.hazard_lidar.as_mut().map(|report| &mut report.t),
    ];
    tags.iter_mut().flatten().for_each(|t| **t = back(**t, by));
}

/// Makes times follow numbers; cycles stand in the order of their numbers.
pub(super) fn straighten(cycles: &mut [Cycle]) -> Vec<Leap> {
    let (mut leaps, mut by) = (Vec::new(), 0i64);
    let mut last: Option<(u32, i64)> = None;
    for (place, cycle) in cycles.iter_mut().enumerate() {
        let read = cycle.sensors.t.tai_ns();
        if let Some((number, t)) = last {
            let least = i64::from(cycle.number - number) * CYCLE.ns();
            let more = read.saturating_sub(t).saturating_sub(least);
            let down = more >= 0 && more % CYCLE.ns() == 0 && more <= OUTAGE.ns();
            if !down {
                by = by.saturating_add(more);
                leaps.push(Leap { before: place, by: Span::from_ns(more) });
            }
        }
        last = Some((cycle.number, read));
        if by != 0 {
            put_back(&mut cycle.sensors, by);
        }
    }
    leaps
}

/// Stretches without cycles; the first begins with the recording.
pub(super) fn gaps(cycles: &[Cycle]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if let Some(first) = cycles.first().filter(|first| first.number > 0) {
        let t = first.sensors.t;
        let begun = back(t, i64::from(first.number) * CYCLE.ns());
        gaps.push(Gap { before: 0, between: (begun, t), lost: first.number });
    }
    for (place, pair) in cycles.windows(2).enumerate() {
        let [a, b] = pair else { continue };
        let lost = b.number - a.number - 1;
        if lost > 0 || b.sensors.t - a.sensors.t > CYCLE {
            gaps.push(Gap { before: place + 1, between: (a.sensors.t, b.sensors.t), lost });
        }
    }
    gaps
}

/// The time of the cycle that a time code means, which has digits of 15 µs; else the time itself. Cycles stand on a grid,
/// received or not.
pub(super) fn snap(cycles: &[Cycle], t: Time) -> Time {
    /// Three digits: rounding of the time and of what it was corrected by.
    const NEAR_NS: i64 = 46_000;
    let Some(first) = cycles.first() else { return t };
    let short = (first.sensors.t - t).ns().rem_euclid(CYCLE.ns());
    let nearest = if 2 * short > CYCLE.ns() { short - CYCLE.ns() } else { short };
    if nearest.abs() <= NEAR_NS { t + Span::from_ns(nearest) } else { t }
}

/// What packets' times lack, by place.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    /// Place of a raw packet, and what to add to its time, ns.
    by_place: Vec<(i64, i64)>,
    /// The largest.
    pub skew: Span,
}

/// Compares the times of raw packets with those of the cycles within.
pub(super) fn offsets(packets: &[Placed<'_>], cycles: &[Cycle]) -> Offsets {
    let mut out = Offsets::default();
    for placed in packets {
        let (Packet::Raw { t, data }, Some(place)) = (placed.found.packet, placed.place) else {
            continue;
        };
        let last = raw::cycles(data).map_while(Result::ok).last();
        let Some(last) = last else { continue };
        let known = cycles.binary_search_by_key(&last.number, |cycle| cycle.number).ok();
        let Some(cycle) = known.and_then(|n| cycles.get(n)) else { continue };
        let stamped = decode_time(encode_time(last.sensors.t));
        let skew = stamped - t;
        if skew.ns().saturating_abs() > out.skew.ns().saturating_abs() {
            out.skew = Span::from_ns(skew.ns().saturating_neg());
        }
        let leapt = cycle.sensors.t - last.sensors.t;
        out.by_place.push((place, skew.ns().saturating_add(leapt.ns())));
    }
    out
}

impl Offsets {
    /// The time of a packet by the clock of the cycles: as that of the raw packet that follows it.
    pub(super) fn correct(&self, placed: &Placed<'_>, t: Time) -> Time {
        let Some(place) = placed.place else { return t };
        let next = self.by_place.partition_point(|(raw, _)| *raw < place);
        let offset = self.by_place.get(next).or(self.by_place.last()).map_or(0, |(_, ns)| *ns);
        t + Span::from_ns(offset)
    }
}
