//! The pressure of sunlight on a ball, and the shadows of the Moon and the Earth.
//!
//! Owns: the force of direct sunlight and how much of the Sun is seen. Does not own: where Earth and Sun are
//! (see [`super::ephemeris`]), what the vehicle shows to the Sun (see `vehicle`).
//!
//! As published — [MontenbruckGill2000] §3.4: with S the irradiance at the distance A and c the speed of
//! light, a body of area F, mass m and reflectivity coefficient C_R at d from the Sun is pushed away from it by
//!     a = ν C_R (F/m) (S/c) (A/d)²,
//! and with the apparent radii a of the Sun and b of the body, c the angle between their centres,
//!     ν = 1 − (a² acos(x/a) + b² acos((c − x)/b) − c y)/(π a²),
//!     x = (c² + a² − b²)/(2 c),  y = √(a² − x²)        where |a − b| < c < a + b;
//! ν is 1 beyond, 0 in the umbra and 1 − b²/a² where the body is seen inside the Sun's disc.
//! As programmed: the same, once for each body; what both leave is their product. C_R is 1 for a black
//! ball and 2 for a mirror that faces the Sun.
//! Refuses: shape and attitude (no torque), light from the Moon's ground and from the Earth, limb darkening,
//! bending in the Earth's air, aberration (1e-4 of the force).

use icd::constants::{MOON_RADIUS_M, SPEED_OF_LIGHT_M_S};
use icd::frames::{Acceleration, I, Position, Vector};
use nalgebra::Vector3;

/// Irradiance of the Sun at one astronomical unit, W/m². Source: [IAU2015B3], nominal value.
pub const SOLAR_IRRADIANCE_W_M2: f64 = 1361.0;
/// Radius of the Sun, m. Source: [IAU2015B3], nominal value.
pub const SUN_RADIUS_M: f64 = 6.957e8;
/// Astronomical unit, m. Source: [SI2019], Table 8.
pub const ASTRONOMICAL_UNIT_M: f64 = 149_597_870_700.0;
/// Equatorial radius of the Earth, m. Source: [PCK11], BODY399_RADII.
pub const EARTH_RADIUS_M: f64 = 6_378_136.6;

/// Share of the Sun's disc, 0 to 1, that is seen from `p_MB_I`; from under the ground, that of a point on it.
///
/// - `p_MS_I`, `p_ME_I`: Sun and Earth from the Moon's centre.
pub fn sun_seen(
    p_MB_I: Vector<Position, I>,
    p_MS_I: Vector<Position, I>,
    p_ME_I: Vector<Position, I>,
) -> f64 {
    let p = p_MB_I.si();
    let to_sun = p_MS_I.si() - p;
    let moon = left_by(&to_sun, &-p, MOON_RADIUS_M);
    moon * left_by(&to_sun, &(p_ME_I.si() - p), EARTH_RADIUS_M)
}

/// Acceleration by direct sunlight, m/s², shadows included.
///
/// - `exposure_m2_kg`: area times reflectivity coefficient over mass, m²/kg.
/// - Cost: about 0.2 µs.
pub fn acceleration_I(
    p_MB_I: Vector<Position, I>,
    p_MS_I: Vector<Position, I>,
    p_ME_I: Vector<Position, I>,
    exposure_m2_kg: f64,
) -> Vector<Acceleration, I> {
    let away = p_MB_I.si() - p_MS_I.si();
    let d_m = away.norm();
    let pressure_Pa = SOLAR_IRRADIANCE_W_M2 / SPEED_OF_LIGHT_M_S
        * (ASTRONOMICAL_UNIT_M / d_m)
        * (ASTRONOMICAL_UNIT_M / d_m);
    let seen = sun_seen(p_MB_I, p_MS_I, p_ME_I);
    Vector::from_si(away * (seen * exposure_m2_kg * pressure_Pa / d_m))
}

/// Share of the Sun that a ball in the direction `to_body` leaves.
fn left_by(to_sun: &Vector3<f64>, to_body: &Vector3<f64>, radius_m: f64) -> f64 {
    let a = libm::asin((SUN_RADIUS_M / to_sun.norm()).min(1.0));
    let b = libm::asin((radius_m / to_body.norm()).min(1.0));
    let c = libm::atan2(to_sun.cross(to_body).norm(), to_sun.dot(to_body));
    if c >= a + b {
        return 1.0;
    }
    if c <= b - a {
        return 0.0;
    }
    if c <= a - b {
        return 1.0 - (b / a) * (b / a);
    }
    let x = 0.5 * (c * c + a * a - b * b) / c;
    let y = (a * a - x * x).max(0.0).sqrt();
    let sun = a * a * libm::acos((x / a).clamp(-1.0, 1.0));
    let body = b * b * libm::acos(((c - x) / b).clamp(-1.0, 1.0));
    (1.0 - (sun + body - c * y) / (core::f64::consts::PI * a * a)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
