//! The Earth as it turns: where a point fixed to it stands in inertial axes.
//!
//! Owns: [`R_IE`], the geodetic place of a station. Does not own: where the Earth is (`environment::ephemeris`).
//!
//! As published: rotation angle of [IERS2010] eq. 5.15, with T_u days of UT1 past J2000,
//!     ERA = 2π (0.7790572732640 + 1.00273781191135448 T_u),
//! and the pole's direction by the shortest series of [WallaceCapitaine2006] (CPN d, largest error 0.9″), τ in days
//! of TT past J2000,
//!     Ω = 2.182 − 9.242e-4 τ,  X = 2.6603e-7 τ − 33.2e-6 sin Ω,  Y = −8.14e-14 τ² + 44.6e-6 cos Ω.
//! As programmed: the same, and R_IE = Q R3(−ERA) with Q the turn that takes the z axis to (X, Y, √(1 − X² − Y²)) the
//! shortest way ([IERS2010] eq. 5.10, s = 0).
//! UT1 is taken for UTC: below 0.9 s by definition, 0.004°; below 0.1 s from 2022 to 2026. Refuses: motion of the pole
//! (0.5″), tides of the solid Earth, refraction of the air (0.1° at 10° elevation).

#![allow(clippy::excessive_precision)] // digits as published

use icd::frames::{I, Vector};
use icd::rotation::Rotation;
use icd::time::Time;
use nalgebra::{Matrix3, Vector3};

/// Frame fixed to the Earth: z along the pole, x to the prime meridian on the equator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum E {}

/// Rate of the Earth's rotation, rad/s: of [IERS2010] eq. 5.15, a day of 86,400 s of UT1.
pub const EARTH_ROTATION_RAD_S: f64 = core::f64::consts::TAU * 1.002_737_811_911_354_48 / 86_400.0;
/// Equatorial radius of the ellipsoid of [WGS84], m.
const EQUATOR_M: f64 = 6_378_137.0;
/// Its flattening.
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Seconds of a day.
const DAY_S: f64 = 86_400.0;
/// TT minus TAI, s: [IERS2010].
const TT_TAI_S: f64 = 32.184;

/// Days of UTC past 2000-01-01T12:00, leap seconds left out as a calendar leaves them out.
fn utc_days(t: Time) -> f64 {
    let (year, month, day, hour, minute, second, ns) = t.utc();
    // Days of the Gregorian calendar since 0000-03-01.
    let (year, month) = (i64::from(year), i64::from(month));
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100)
        + y.div_euclid(400)
        + (153 * m + 2) / 5
        + i64::from(day)
        - 1;
    // 2000-01-01 is day 730,425 of that count.
    let seconds = f64::from(hour) * 3600.0
        + f64::from(minute) * 60.0
        + f64::from(second)
        + f64::from(ns) * 1e-9;
    (days - 730_425) as f64 - 0.5 + seconds / DAY_S
}

/// The Earth's axes in the inertial ones at `t`. Error against the full theory below 0.0003° but for UT1: see the
/// header. Cost: about 0.3 µs.
#[must_use]
pub fn R_IE(t: Time) -> Rotation<I, E> {
    let days = utc_days(t);
    // The whole turns leave first: what is left keeps its digits.
    let turns = 0.779_057_273_264 + 0.002_737_811_911_354_48 * days + libm::fmod(days, 1.0);
    let (s, c) = libm::sincos(core::f64::consts::TAU * turns);
    let spin = Matrix3::new(c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0);
    let tau = t.tai_ns() as f64 * 1e-9 / DAY_S + TT_TAI_S / DAY_S;
    let node_rad = 2.182 - 9.242e-4 * tau;
    let x = 2.6603e-7 * tau - 33.2e-6 * libm::sin(node_rad);
    let y = -8.14e-14 * tau * tau + 44.6e-6 * libm::cos(node_rad);
    let z = libm::sqrt(1.0 - x * x - y * y);
    let a = 1.0 / (1.0 + z);
    let pole = Matrix3::new(
        1.0 - a * x * x,
        -a * x * y,
        x,
        -a * x * y,
        1.0 - a * y * y,
        y,
        -x,
        -y,
        1.0 - a * (x * x + y * y),
    );
    Rotation::from_si(pole * spin)
}

/// A place by its geodetic coordinates on the ellipsoid of [WGS84], from the Earth's centre, m.
#[must_use]
pub fn place_m(latitude_rad: f64, longitude_rad: f64, height_m: f64) -> Vector3<f64> {
    let (sin, cos) = libm::sincos(latitude_rad);
    let e2 = FLATTENING * (2.0 - FLATTENING);
    let normal_m = EQUATOR_M / libm::sqrt(1.0 - e2 * sin * sin);
    let across_m = (normal_m + height_m) * cos;
    let (east, prime) = libm::sincos(longitude_rad);
    Vector3::new(across_m * prime, across_m * east, (normal_m * (1.0 - e2) + height_m) * sin)
}

/// The vertical of the ellipsoid there, upwards.
#[must_use]
pub fn vertical(latitude_rad: f64, longitude_rad: f64) -> Vector3<f64> {
    let ((sin, cos), (east, prime)) = (libm::sincos(latitude_rad), libm::sincos(longitude_rad));
    Vector3::new(cos * prime, cos * east, sin)
}

/// Position, velocity and acceleration of a point fixed to the Earth, from its centre, at a time near another.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    p_m: Vector3<f64>,
    v_m_s: Vector3<f64>,
    a_m_s2: Vector3<f64>,
}

impl Carried {
    /// What the Earth carries at `place_m` when its axes are `R_IE`.
    #[must_use]
    pub fn new(R_IE: Rotation<I, E>, place_m: Vector3<f64>) -> Self {
        let w = R_IE.si().column(2) * EARTH_ROTATION_RAD_S;
        let p_m = R_IE.si() * place_m;
        let v_m_s = w.cross(&p_m);
        Self { p_m, v_m_s, a_m_s2: w.cross(&v_m_s) }
    }

    /// Position from the Earth's centre and velocity `dt_s` later, m and m/s; to the millimetre within 5 s.
    #[must_use]
    pub fn after(&self, dt_s: f64) -> (Vector3<f64>, Vector3<f64>) {
        let p_m = self.p_m + (self.v_m_s + self.a_m_s2 * (0.5 * dt_s)) * dt_s;
        (p_m, self.v_m_s + self.a_m_s2 * dt_s)
    }
}

/// A direction fixed to the Earth, in inertial axes.
pub(super) fn in_I<Q>(R_IE: Rotation<I, E>, d_E: Vector3<f64>) -> Vector<Q, I> {
    Vector::from_si(R_IE.si() * d_E)
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    /// Angle of the prime meridian from the x axis around the pole, rad.
    fn meridian_rad(t: Time) -> f64 {
        let x = R_IE(t).si().column(0).into_owned();
        libm::atan2(x.y, x.x)
    }

    #[test]
    fn sidereal_time_is_that_of_the_almanac() {
        // [Meeus1998] example 12.a: mean sidereal time at Greenwich, 1987-04-10T00:00 UT, 13 h 10 min 46.3668 s. It is
        // counted from the equinox of date, our angle from that of the ICRF: precession of the equinox between, 4612″
        // a century on the equator ([Capitaine2003]), −0.127297 centuries; nutation 0.9″ of sidereal time at the most.
        let t = Time::from_utc("1987-04-10T00:00:00").unwrap();
        let gmst_rad = (13.0 + 10.0 / 60.0 + 46.3668 / 3600.0) * core::f64::consts::PI / 12.0;
        let arcsec = core::f64::consts::PI / 648_000.0;
        let expected = gmst_rad - 4612.2 * -0.127_297 * arcsec;
        let off = meridian_rad(t) - expected;
        let off = off - core::f64::consts::TAU * (off / core::f64::consts::TAU).round();
        // Also the meridian's x axis is projected: second order, (4e-3)².
        assert!(off.abs() < 20.0 * arcsec, "{}″", off / arcsec);
    }

    #[test]
    fn the_pole_moves_by_precession() {
        // Twenty-five years of 2004.19″ a century [Capitaine2003], nutation 9″ at the most.
        let t = Time::from_utc("2025-01-01T12:00:00").unwrap();
        let pole = R_IE(t).si().column(2).into_owned();
        let arcsec = core::f64::consts::PI / 648_000.0;
        assert!((pole.x / arcsec - 501.0).abs() < 9.0, "{}", pole.x / arcsec);
        assert!((pole.y / arcsec).abs() < 12.0, "{}", pole.y / arcsec);
    }

    #[test]
    fn a_sidereal_day_brings_a_station_back() {
        let t = Time::from_utc("2025-06-05T19:15:45").unwrap();
        let later = t + Span::from_s(86_164.098_9);
        let moved = (R_IE(later).si() - R_IE(t).si()) * place_m(0.0, 0.0, 0.0);
        // A day of precession and nutation, below 0.2″ of the Earth's radius.
        assert!(moved.norm() < 10.0, "{moved}");
    }

    #[test]
    fn a_carried_station_moves_as_the_earth_turns() {
        let t = Time::from_utc("2025-06-05T19:15:45").unwrap();
        let place = place_m(0.5, 1.0, 100.0);
        let carried = Carried::new(R_IE(t), place);
        let (p_m, _) = carried.after(4.0);
        let exact = R_IE(t + Span::from_s(4.0)).si() * place;
        assert!((p_m - exact).norm() < 0.02, "{}", (p_m - exact).norm());
    }

    #[test]
    fn the_ellipsoid_is_that_of_the_published_station() {
        // New Norcia as NAIF's PINPOINT gives it: 116.1914678° E, 31.0482254° S, 252 m; km from the centre.
        let (lat, lon) = ((-31.048_225_4_f64).to_radians(), 116.191_467_8_f64.to_radians());
        let p_km = place_m(lat, lon, 252.0) / 1e3;
        let published = Vector3::new(-2_414.063_804_502, 4_907.870_242_295, -3_270.605_163_873);
        // Its ellipsoid is 0.4 m smaller.
        assert!((p_km - published).norm() < 1e-3, "{p_km}");
    }
}
