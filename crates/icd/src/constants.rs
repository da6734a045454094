//! Sourced constants. Each carries its value, unit and source; one place each.
#![allow(clippy::excessive_precision)] // digits as published

/// Gravitational parameter of the Moon, m³/s². Source: [DE440], `gm_de440.tpc`, 4902.80011845755 km³/s².
pub const GM_MOON_M3_S2: f64 = 4.902_800_118_457_55e12;
/// Gravitational parameter of the Earth, m³/s². Source: [DE440], 398600.43550702266 km³/s².
pub const GM_EARTH_M3_S2: f64 = 3.986_004_355_070_226_6e14;
/// Gravitational parameter of the Sun, m³/s². Source: [DE440], 132712440041.27942 km³/s².
pub const GM_SUN_M3_S2: f64 = 1.327_124_400_412_794_2e20;
/// Radius of the lunar reference sphere, m: elevations are above it. Source: [PCK11].
pub const MOON_RADIUS_M: f64 = 1_737_400.0;
/// Ratio of the masses of Earth and Moon. Source: [DE421], 81.3005690699.
pub const EARTH_MOON_MASS_RATIO: f64 = 81.300_569_069_9;
/// Standard gravity, m/s²: ties specific impulse in seconds to exhaust speed. Source: [SI2019].
pub const STANDARD_GRAVITY_M_S2: f64 = 9.806_65;
/// Speed of light in vacuum, m/s. Source: [SI2019], exact.
pub const SPEED_OF_LIGHT_M_S: f64 = 299_792_458.0;
/// Mean lunar surface gravity, m/s²: `GM / R²` of the two constants above.
pub const MOON_GRAVITY_M_S2: f64 = GM_MOON_M3_S2 / (MOON_RADIUS_M * MOON_RADIUS_M);
/// Rate of the Moon's prime meridian, rad/s. Source: [PCK11], 13.17635815 °/day.
pub const MOON_ROTATION_RAD_S: f64 = 13.176_358_15 * core::f64::consts::PI / 180.0 / 86_400.0;
