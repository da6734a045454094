//! The image: a load and the first navigation state as octets, as the ground would uplink them.
//!
//! Owns: the order of the octets, their checksum, what is refused.
//! Does not own: the values (see `load`), packets and the radio.
//! As programmed, big-endian: [`MARK`], the octets of the content (4), the content, its checksum (4). The
//! content is every field in the order below, floating point as its bits, a matrix by columns, a choice as
//! one octet. A field that is not named below does not compile.
//! The checksum is the 32-bit frame check sequence of [V42] §8.1.1.6.2: any flip within 32 bits shows.
//! Refuses: judging values. What arrives whole is what was sent.

use super::{
    AidFlags, Avoidance, Camera, DeorbitPlan, DivertLaw, Engine, FaultManagement,
    GRAVITY_DEGREE_MAX, Gate, Gravity, Inertial, LANDMARKS_MAX, Landmarks, Law, Legacy, Load, Map,
    NavStart, Omitted, Orientation, RadarAltimeter, Rangefinder, Target, Vehicle, Velocimeter,
};
use icd::bus::ASSIST_ENGINES;
use icd::frames::Vector;
use icd::rotation::Rotation;
use icd::time::Time;
use icd::tm::Use;
use nalgebra::Matrix3;

/// The first octets: what this is, and which layout of it.
pub const MARK: [u8; 4] = *b"FL01";

/// Why octets are not an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// They do not begin with [`MARK`].
    NotAnImage,
    /// They are fewer or more than the image says, or than its fields take.
    Length,
    /// The checksum is not that of the content.
    Checksum,
    /// A choice, a count or a degree that does not exist.
    Impossible,
}

/// Hands the image to `sink`, a few octets at a time.
pub fn pack(load: &Load, start: &NavStart, mut sink: impl FnMut(&[u8])) {
    let mut octets = 0u32;
    content(load, start, &mut |some: &[u8]| {
        octets = octets.saturating_add(u32::try_from(some.len()).unwrap_or(u32::MAX));
    });
    sink(&MARK);
    sink(&octets.to_be_bytes());
    let mut check = Checksum::new();
    content(load, start, &mut |some: &[u8]| {
        check.add(some);
        sink(some);
    });
    sink(&check.value().to_be_bytes());
}

/// Reads an image. What it returns takes 140 kB.
///
/// # Errors
/// Octets that are not exactly one undamaged image.
pub fn unpack(image: &[u8]) -> Result<(Load, NavStart), Refused> {
    let (mark, rest) = image.split_first_chunk().ok_or(Refused::NotAnImage)?;
    if *mark != MARK {
        return Err(Refused::NotAnImage);
    }
    let (octets, rest) = rest.split_first_chunk().ok_or(Refused::Length)?;
    let (content, check) = rest.split_last_chunk().ok_or(Refused::Length)?;
    if usize::try_from(u32::from_be_bytes(*octets)) != Ok(content.len()) {
        return Err(Refused::Length);
    }
    let mut found = Checksum::new();
    found.add(content);
    if found.value() != u32::from_be_bytes(*check) {
        return Err(Refused::Checksum);
    }
    let mut from = Source { octets: content, refused: None };
    let load = Load::take(&mut from);
    let start = NavStart::take(&mut from);
    if !from.octets.is_empty() {
        from.refuse(Refused::Length);
    }
    let counts = [
        (load.gravity.degree, GRAVITY_DEGREE_MAX),
        (load.landmarks.count, LANDMARKS_MAX),
        (load.vehicle.assist_count, ASSIST_ENGINES),
    ];
    if counts.iter().any(|(count, most)| count > most) {
        from.refuse(Refused::Impossible);
    }
    from.refused.map_or(Ok((load, start)), Err)
}

fn content(load: &Load, start: &NavStart, sink: &mut impl FnMut(&[u8])) {
    load.put(sink);
    start.put(sink);
}

/// CRC-32 of octets, least significant bit first.
struct Checksum(u32);

impl Checksum {
    /// What each octet does to the remainder; the polynomial of [V42], bits reversed.
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut octet = 0u32;
        while octet < 256 {
            let (mut rest, mut bit) = (octet, 0);
            while bit < 8 {
                rest = (rest >> 1) ^ if rest & 1 == 1 { 0xEDB8_8320 } else { 0 };
                bit += 1;
            }
            table[octet as usize] = rest;
            octet += 1;
        }
        table
    };

    const fn new() -> Self {
        Self(u32::MAX)
    }
    fn add(&mut self, octets: &[u8]) {
        for octet in octets {
            let [.., lowest] = self.0.to_be_bytes();
            self.0 = (self.0 >> 8) ^ Self::TABLE[usize::from(lowest ^ octet)];
        }
    }
    const fn value(&self) -> u32 {
        !self.0
    }
}

/// Octets still to be read. What cannot be read is a zero here, and the whole is refused.
struct Source<'a> {
    octets: &'a [u8],
    refused: Option<Refused>,
}

impl Source<'_> {
    fn refuse(&mut self, why: Refused) {
        self.refused = self.refused.or(Some(why));
    }
    fn array<const N: usize>(&mut self) -> [u8; N] {
        if let Some((some, rest)) = self.octets.split_first_chunk() {
            self.octets = rest;
            *some
        } else {
            self.refuse(Refused::Length);
            [0; N]
        }
    }
}

/// What has a place in the image.
trait Item {
    fn put(&self, sink: &mut impl FnMut(&[u8]));
    fn take(from: &mut Source<'_>) -> Self;
}

macro_rules! numbers {
    ($($number:ty),+) => { $(impl Item for $number {
        fn put(&self, sink: &mut impl FnMut(&[u8])) {
            sink(&self.to_be_bytes());
        }
        fn take(from: &mut Source<'_>) -> Self {
            Self::from_be_bytes(from.array())
        }
    })+ };
}

/// Structures by their fields, all of them, in this order.
macro_rules! fields {
    ($($name:ident { $($field:ident),+ $(,)? })+) => { $(impl Item for $name {
        fn put(&self, sink: &mut impl FnMut(&[u8])) {
            let Self { $($field),+ } = self;
            $($field.put(sink);)+
        }
        fn take(from: &mut Source<'_>) -> Self {
            $(let $field = Item::take(from);)+
            Self { $($field),+ }
        }
    })+ };
}

/// Choices without values, by the octet of each.
macro_rules! choices {
    ($($name:ty { $first:ident = 0, $($choice:ident = $octet:literal),+ $(,)? })+) => { $(
        impl Item for $name {
            fn put(&self, sink: &mut impl FnMut(&[u8])) {
                sink(&[match self { Self::$first => 0, $(Self::$choice => $octet),+ }]);
            }
            fn take(from: &mut Source<'_>) -> Self {
                match from.array() {
                    [0] => Self::$first,
                    $([$octet] => Self::$choice,)+
                    _ => {
                        from.refuse(Refused::Impossible);
                        Self::$first
                    }
                }
            }
        }
    )+ };
}

numbers!(u8, u32, i64, f32, f64);

choices! {
    Legacy {
        None = 0, MarsPolarLander = 1, Schiaparelli = 2, Luna25 = 3, Beresheet = 4, Dart = 5,
        Vikram = 6,
    }
    Law { Own = 0, Apollo11 = 1 }
    DivertLaw { ClosedForm = 0, Convex = 1 }
    Use { Edit = 0, Inhibit = 1, Force = 2 }
}

fields! {
    Load { vehicle, target, orientation, gravity, map, landmarks, deorbit, faults, law, aids }
    Engine { thrust_N, isp_s, on_s_min, waste_s }
    Vehicle {
        dry_kg, propellant_kg, propellant_sigma_kg, reserve_kg, cm_z_m, full_kg, inertia_kg_m2,
        main, assist, assist_count, p_assist_B, jet, p_jet_B, d_jet_B, foot_z_m, slew_rad_s_max,
        rangefinder, velocimeter, radar_altimeter, camera, inertial, avoidance,
    }
    Avoidance { fitted, p_BA_B, range_m_max, sigma_m, foot_radius_m, pad_diameter_m, law }
    Rangefinder { p_BA_B, d_B, range_m_max, sigma_m }
    Velocimeter { fitted, p_BA_B, d_B, sigma_m_s, bias_m_s, scale }
    RadarAltimeter { fitted, p_BA_B, d_B, half_angle_rad, range_m_max, sigma }
    Camera { fitted, p_BA_B, d_B, right_B, focal_px, sigma_px }
    Inertial {
        p_BA_B, arw_rad_sqrt_s, vrw_m_s_sqrt_s, gyro_bias_rad_s, gyro_drift,
        accelerometer_bias_m_s2, accelerometer_drift, accelerometer_scale,
        accelerometer_misalignment_rad, gyro_scale, lever_m, star_tracker_d_B, star_tracker_rad,
        alignment_rad,
    }
    Target {
        p_MT_M, azimuth_rad, gate_v_up_m_s, gate_v_horizontal_m_s, gate_altitude_m,
        gate_downrange_m, braking_collective, profile, main_off_m,
    }
    Orientation { t0, R_IM0, w_IM_I }
    Gravity { gm_m3_s2, radius_m, degree, C, S, R_PM, p_ME_M, omitted }
    Omitted { sigma_m_s2, degree }
    Map { elevation_m, relief_m, along_m_first, spacing_m, sigma_m, correlation_m }
    Landmarks { p_MK_M, count, tie_m, sigma_m }
    DeorbitPlan { t_ignition, dv_m_s, t_arm }
    FaultManagement { gate, use_map, reacquire, corridor, bank, legacy }
    AidFlags { rangefinder, velocimeter, star_tracker, radar_altimeter, camera }
    NavStart { t, p_MB_I, v_MB_I, sigma_p_m, sigma_v_m_s }
}

impl Item for bool {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        u8::from(*self).put(sink);
    }
    fn take(from: &mut Source<'_>) -> Self {
        let octet = u8::take(from);
        if octet > 1 {
            from.refuse(Refused::Impossible);
        }
        octet == 1
    }
}

/// Four octets whatever the processor.
impl Item for usize {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        u32::try_from(*self).unwrap_or(u32::MAX).put(sink);
    }
    fn take(from: &mut Source<'_>) -> Self {
        Self::try_from(u32::take(from)).unwrap_or(Self::MAX)
    }
}

impl<T: Item, const N: usize> Item for [T; N] {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        self.iter().for_each(|item| item.put(sink));
    }
    fn take(from: &mut Source<'_>) -> Self {
        core::array::from_fn(|_| T::take(from))
    }
}

impl<T: Item, U: Item> Item for (T, U) {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        self.0.put(sink);
        self.1.put(sink);
    }
    fn take(from: &mut Source<'_>) -> Self {
        let first = T::take(from);
        (first, U::take(from))
    }
}

impl Item for Time {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        self.tai_ns().put(sink);
    }
    fn take(from: &mut Source<'_>) -> Self {
        Self::from_tai_ns(i64::take(from))
    }
}

impl Item for Matrix3<f64> {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        self.iter().for_each(|item| item.put(sink));
    }
    fn take(from: &mut Source<'_>) -> Self {
        Self::from(<[[f64; 3]; 3]>::take(from))
    }
}

impl<A, B> Item for Rotation<A, B> {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        self.si().put(sink);
    }
    fn take(from: &mut Source<'_>) -> Self {
        Self::from_si(Matrix3::take(from))
    }
}

impl<Q, F> Item for Vector<Q, F> {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        self.si().iter().for_each(|item| item.put(sink));
    }
    fn take(from: &mut Source<'_>) -> Self {
        Self::from_si(<[f64; 3]>::take(from).into())
    }
}

impl Item for Gate {
    fn put(&self, sink: &mut impl FnMut(&[u8])) {
        match self {
            Self::Fixed { half_width_m, lock_out_after } => {
                sink(&[0]);
                half_width_m.put(sink);
                lock_out_after.put(sink);
            }
            Self::Sigma { k } => {
                sink(&[1]);
                k.put(sink);
            }
        }
    }
    fn take(from: &mut Source<'_>) -> Self {
        match from.array() {
            [0] => Self::Fixed { half_width_m: f64::take(from), lock_out_after: u32::take(from) },
            [kind] => {
                if kind != 1 {
                    from.refuse(Refused::Impossible);
                }
                Self::Sigma { k: f64::take(from) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
