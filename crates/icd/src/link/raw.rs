//! Raw telemetry: every cycle's [`Sensors`] as the flight software read them, bit for bit.
//!
//! Owns: packing cycles into PUS (3, 26) diagnostic reports [ECSS41], as many as one packet holds, and
//! reading them back. Does not own: what the ground does with them (`rig::replay`).
//! As programmed, big-endian: structure identifier, number of the first cycle (4 octets), then cycles: 2
//! octets of flags, time (8, nanoseconds of [`Time`]), six increments of the inertial unit (48), then only
//! those reports that arrived in the cycle, a telecommand last, its length before it. Floating point travels as its bits.
//! What it is for: a step of the flight software is a function of its state and one `Sensors`, so with the
//! load and the first state the ground repeats the whole flight.

use super::packet::{self, DecodeError, PACKET_MAX, SOURCE_DATA_MAX};
use crate::bus::{
    BeamSpeeds, Gauge, Imu, LANDMARKS, Landmark, Landmarks, LidarLine, SHOTS, Sensors, ShotQuality,
    SlantRange, StarTracker, Sweep, UPLINK_MAX, Uplink,
};
use crate::time::Time;

/// Structure identifier of the report.
pub const STRUCTURE: u8 = 16;
/// Service and subservice: diagnostic parameter report.
pub const SERVICE: (u8, u8) = (3, 26);

/// One cycle as the flight software read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cycle {
    /// Counts the cycles that were computed since the start of the recording.
    pub number: u32,
    /// The flight software was powered up in this cycle: nothing from before is remembered.
    pub powered_up: bool,
    /// What it read.
    pub sensors: Sensors,
}

/// Bits of the flags.
const SATURATED: u16 = 1;
const HEALTHY: u16 = 1 << 1;
const POWERED_UP: u16 = 1 << 2;
const STAR_TRACKER: u16 = 1 << 3;
const RANGEFINDER: u16 = 1 << 4;
const VELOCIMETER: u16 = 1 << 5;
const RADAR_ALTIMETER: u16 = 1 << 6;
const CAMERA: u16 = 1 << 7;
const GAUGE: u16 = 1 << 8;
const HAZARD_LIDAR: u16 = 1 << 9;
const UPLINK: u16 = 1 << 10;
const TOUCHDOWN: u16 = 12;

/// Octets before the first cycle.
const HEAD: usize = 5;
/// Octets of one cycle at the most: with every report there is and a full camera frame.
const CYCLE_OCTETS_MAX: usize = CYCLE_OCTETS_UNCOMMANDED + 1 + UPLINK_MAX;
/// The same without a telecommand.
const CYCLE_OCTETS_UNCOMMANDED: usize =
    2 + 8 + 48 + 40 + 13 + 21 + 13 + (10 + 10 * LANDMARKS) + 13 + (8 + 1 + 24 + 2 * SHOTS);
const _: () = assert_fits(HEAD + CYCLE_OCTETS_MAX);

/// Stops the build when a cycle could outgrow a packet.
const fn assert_fits(octets: usize) {
    let room = SOURCE_DATA_MAX;
    let _ = room - octets;
}

/// Source data that cycles are gathered up to. Only a cycle that carries a telecommand beside everything else
/// there is goes beyond it, alone in its packet.
const FILL: usize = 491;
const _: () = {
    let _ = FILL - HEAD - CYCLE_OCTETS_UNCOMMANDED;
};

/// Gathers cycles until a packet is full.
#[derive(Clone, Debug)]
pub struct Packer {
    data: [u8; SOURCE_DATA_MAX],
    at: usize,
    next: u32,
    t: Time,
}

impl Default for Packer {
    fn default() -> Self {
        Self::new()
    }
}

impl Packer {
    /// Before the first cycle.
    pub const fn new() -> Self {
        Self { data: [0; SOURCE_DATA_MAX], at: 0, next: 0, t: Time::from_tai_ns(0) }
    }

    /// Adds a cycle; `false` when it does not fit: then [`Self::take`] first and add it again.
    pub fn add(&mut self, sensors: &Sensors, powered_up: bool) -> bool {
        let mut out = Octets { octets: [0; CYCLE_OCTETS_MAX], count: 0 };
        out.cycle(sensors, powered_up);
        if self.at == 0 {
            let [a, b, c, d] = self.next.to_be_bytes();
            for (slot, octet) in self.data.iter_mut().zip([STRUCTURE, a, b, c, d]) {
                *slot = octet;
            }
            self.at = HEAD;
        }
        if self.at > HEAD && self.at + out.count > FILL {
            return false;
        }
        let Some(room) = self.data.get_mut(self.at..) else { return false };
        for (slot, octet) in room.iter_mut().zip(out.octets.iter().take(out.count)) {
            *slot = *octet;
        }
        self.at += out.count;
        self.next = self.next.wrapping_add(1);
        self.t = sensors.t;
        true
    }

    /// Packs what was gathered, stamped with the time of the last cycle, and begins the next packet.
    ///
    /// - `count`: packet sequence count; 14 bits are used.
    /// - Returns the octets written, at most [`PACKET_MAX`]; 0 when nothing was gathered.
    pub fn take(&mut self, count: u16, out: &mut [u8; PACKET_MAX]) -> usize {
        let data = self.data.get(..self.at).unwrap_or(&[]);
        if data.is_empty() {
            return 0;
        }
        let octets = packet::write(packet::APID, SERVICE, count, self.t, data, out);
        self.at = 0;
        octets
    }
}

/// Octets being written; what does not fit is dropped, and the size above says that all fits.
struct Octets {
    octets: [u8; CYCLE_OCTETS_MAX],
    count: usize,
}

impl Octets {
    fn put<const N: usize>(&mut self, octets: [u8; N]) {
        for octet in octets {
            if let Some(slot) = self.octets.get_mut(self.count) {
                *slot = octet;
                self.count += 1;
            }
        }
    }
    fn time(&mut self, t: Time) {
        self.put(t.tai_ns().to_be_bytes());
    }
    fn doubles(&mut self, values: &[f64]) {
        values.iter().for_each(|value| self.put(value.to_bits().to_be_bytes()));
    }
    fn single(&mut self, value: f32) {
        self.put(value.to_bits().to_be_bytes());
    }

    fn cycle(&mut self, s: &Sensors, powered_up: bool) {
        let mut flags = 0;
        for (bit, set) in [
            (SATURATED, s.imu.saturated),
            (HEALTHY, s.imu.healthy),
            (POWERED_UP, powered_up),
            (STAR_TRACKER, s.star_tracker.is_some()),
            (RANGEFINDER, s.rangefinder.is_some()),
            (VELOCIMETER, s.velocimeter.is_some()),
            (RADAR_ALTIMETER, s.radar_altimeter.is_some()),
            (CAMERA, s.camera.is_some()),
            (GAUGE, s.gauge.is_some()),
            (HAZARD_LIDAR, s.hazard_lidar.is_some()),
            (UPLINK, s.uplink.is_some()),
        ] {
            flags |= if set { bit } else { 0 };
        }
        for (leg, closed) in s.touchdown.iter().enumerate() {
            flags |= u16::from(*closed) << (TOUCHDOWN as usize + leg);
        }
        self.put(flags.to_be_bytes());
        self.time(s.t);
        self.doubles(&s.imu.dv_B_m_s);
        self.doubles(&s.imu.dtheta_B_rad);
        if let Some(report) = &s.star_tracker {
            self.time(report.t);
            self.doubles(&report.q_IB);
        }
        if let Some(shot) = &s.rangefinder {
            self.shot(shot);
        }
        if let Some(beams) = &s.velocimeter {
            self.time(beams.t);
            beams.speed_m_s.iter().for_each(|speed| self.single(*speed));
            self.put([beams.locked.iter().rev().fold(0, |bits, on| (bits << 1) | u8::from(*on))]);
        }
        if let Some(pulse) = &s.radar_altimeter {
            self.shot(pulse);
        }
        if let Some(frame) = &s.camera {
            self.frame(frame);
        }
        if let Some(gauge) = &s.gauge {
            self.time(gauge.t);
            self.single(gauge.propellant_kg);
            self.put([u8::from(gauge.low)]);
        }
        if let Some(line) = &s.hazard_lidar {
            self.time(line.t);
            self.put([line.sweep.line]);
            line.sweep.ends_B.as_flattened().iter().for_each(|c| self.single(*c));
            line.range_cm.iter().for_each(|range_cm| self.put(range_cm.to_be_bytes()));
        }
        if let Some(uplink) = &s.uplink {
            self.put([u8::try_from(uplink.packet().len()).unwrap_or(0)]);
            uplink.packet().iter().for_each(|octet| self.put([*octet]));
        }
    }

    fn shot(&mut self, shot: &SlantRange) {
        self.time(shot.t);
        self.single(shot.range_m);
        self.put([match shot.quality {
            ShotQuality::Valid => 0,
            ShotQuality::NoReturn => 1,
            ShotQuality::Fault => 2,
        }]);
    }

    /// The entries up to the last one that is not all zero.
    fn frame(&mut self, frame: &Landmarks) {
        let zero = |seen: &Landmark| seen.id == 0 && seen.pixel.iter().all(|p| p.to_bits() == 0);
        let used = LANDMARKS - frame.seen.iter().rev().take_while(|seen| zero(seen)).count();
        self.time(frame.t);
        let entries = u8::try_from(used).unwrap_or(u8::MAX);
        self.put([frame.count, entries]);
        for seen in frame.seen.iter().take(used) {
            self.put(seen.id.to_be_bytes());
            seen.pixel.iter().for_each(|pixel| self.single(*pixel));
        }
    }
}

/// The cycles of a raw packet's source data; an error ends them.
pub fn cycles(data: &[u8]) -> Cycles<'_> {
    let mut read = Cycles { data, at: 0, next: 0, over: false };
    match (read.array(), read.array().map(u32::from_be_bytes)) {
        (Some([STRUCTURE]), Some(first)) => read.next = first,
        _ => read.over = true,
    }
    read
}

/// Iterates over the cycles of one packet.
#[derive(Clone, Debug)]
pub struct Cycles<'a> {
    data: &'a [u8],
    at: usize,
    next: u32,
    over: bool,
}

impl Iterator for Cycles<'_> {
    type Item = Result<Cycle, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over || self.at >= self.data.len() {
            return None;
        }
        let begun = self.at;
        let cycle = self.cycle();
        self.over = cycle.is_none();
        Some(cycle.ok_or(DecodeError::Truncated(begun)))
    }
}

impl Cycles<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let octets = self.data.get(self.at..)?.get(..N)?.try_into().ok()?;
        self.at += N;
        Some(octets)
    }
    fn time(&mut self) -> Option<Time> {
        Some(Time::from_tai_ns(i64::from_be_bytes(self.array()?)))
    }
    fn doubles<const N: usize>(&mut self) -> Option<[f64; N]> {
        let mut out = [0.0; N];
        for slot in &mut out {
            *slot = f64::from_bits(u64::from_be_bytes(self.array()?));
        }
        Some(out)
    }
    fn single(&mut self) -> Option<f32> {
        Some(f32::from_bits(u32::from_be_bytes(self.array()?)))
    }
    fn octet(&mut self) -> Option<u8> {
        self.array().map(|[octet]| octet)
    }

    /// `None` when the data end, or hold what no cycle holds.
    fn cycle(&mut self) -> Option<Cycle> {
        let flags = u16::from_be_bytes(self.array()?);
        let set = |bit: u16| flags & bit != 0;
        let t = self.time()?;
        let imu = Imu {
            dv_B_m_s: self.doubles()?,
            dtheta_B_rad: self.doubles()?,
            saturated: set(SATURATED),
            healthy: set(HEALTHY),
        };
        let sensors = Sensors {
            t,
            imu,
            star_tracker: self.if_set(set(STAR_TRACKER), |read| {
                Some(StarTracker { t: read.time()?, q_IB: read.doubles()? })
            })?,
            rangefinder: self.if_set(set(RANGEFINDER), Self::shot)?,
            velocimeter: self.if_set(set(VELOCIMETER), Self::beams)?,
            radar_altimeter: self.if_set(set(RADAR_ALTIMETER), Self::shot)?,
            camera: self.if_set(set(CAMERA), Self::frame)?,
            gauge: self.if_set(set(GAUGE), |read| {
                let (t, propellant_kg) = (read.time()?, read.single()?);
                Some(Gauge { t, propellant_kg, low: read.octet()? != 0 })
            })?,
            hazard_lidar: self.if_set(set(HAZARD_LIDAR), Self::lidar_line)?,
            touchdown: core::array::from_fn(|leg| flags >> (TOUCHDOWN as usize + leg) & 1 == 1),
            uplink: self.if_set(set(UPLINK), Self::uplink)?,
        };
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        Some(Cycle { number, powered_up: set(POWERED_UP), sensors })
    }

    /// `Some(None)` when there is nothing to read.
    fn if_set<T>(
        &mut self,
        set: bool,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        if set { read(self).map(Some) } else { Some(None) }
    }

    fn shot(&mut self) -> Option<SlantRange> {
        let (t, range_m) = (self.time()?, self.single()?);
        let quality = match self.octet()? {
            0 => ShotQuality::Valid,
            1 => ShotQuality::NoReturn,
            2 => ShotQuality::Fault,
            _ => return None,
        };
        Some(SlantRange { t, range_m, quality })
    }

    fn beams(&mut self) -> Option<BeamSpeeds> {
        let t = self.time()?;
        let speed_m_s = [self.single()?, self.single()?, self.single()?];
        let locked = self.octet()?;
        let locked = core::array::from_fn(|beam| locked >> beam & 1 == 1);
        Some(BeamSpeeds { t, speed_m_s, locked })
    }

    fn lidar_line(&mut self) -> Option<LidarLine> {
        let (t, line) = (self.time()?, self.octet()?);
        let mut ends_B = [[0.0; 3]; 2];
        for slot in ends_B.as_flattened_mut() {
            *slot = self.single()?;
        }
        let mut range_cm = [0; SHOTS];
        for slot in &mut range_cm {
            *slot = u16::from_be_bytes(self.array()?);
        }
        Some(LidarLine { t, sweep: Sweep { line, ends_B }, range_cm })
    }

    fn uplink(&mut self) -> Option<Uplink> {
        let len = usize::from(self.octet()?);
        let packet = self.data.get(self.at..)?.get(..len)?;
        self.at += len;
        Uplink::new(packet)
    }

    fn frame(&mut self) -> Option<Landmarks> {
        let t = self.time()?;
        let [count, entries] = self.array()?;
        let mut seen = [Landmark::default(); LANDMARKS];
        for slot in seen.get_mut(..usize::from(entries))? {
            let id = u16::from_be_bytes(self.array()?);
            *slot = Landmark { id, pixel: [self.single()?, self.single()?] };
        }
        Some(Landmarks { t, count, seen })
    }
}

#[cfg(test)]
mod tests;
