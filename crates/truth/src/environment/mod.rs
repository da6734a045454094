//! Nature around the vehicle: gravity, the Earth and the Sun, sunlight, the Moon's orientation and its
//! ground.
//!
//! Owns: [`Environment`] (what a world needs to know about the Moon) and [`Site`] (the frame `L`).
//! Does not own: the vehicle, its motion, its sensors.
//!
//! Total gravitational acceleration in the Moon-centred inertial frame, [MontenbruckGill2000] §3.3:
//!     a = R_IP g(R_PI p) + Σ_k GM_k ((s_k − p)/|s_k − p|³ − s_k/|s_k|³),   k = Earth, Sun
//! and the push of sunlight (see [`radiation_pressure`]) beside it.
//! As programmed: `a = point_mass(p) + perturbation(p, t)`; the second term is smooth and small
//! (about 1e-3 of the first) and may be refreshed at a lower rate than the integration's.
//! Refuses: times outside the ephemeris or the orientation (`None`); relativity and tides of the solid
//! Moon.

mod chebyshev;
pub mod ephemeris;
pub mod gravity;
pub mod kernel;
pub mod landmarks;
pub mod light;
pub mod orientation;
pub mod radiation_pressure;
pub mod terrain;

use ephemeris::Ephemeris;
use gravity::{Field, GravityError};
use icd::constants::{GM_EARTH_M3_S2, GM_SUN_M3_S2, MOON_RADIUS_M};
use icd::frames::{Acceleration, I, L, M, P, Position, Vector};
use icd::rotation::Rotation;
use icd::time::Time;
use kernel::Kernels;
use nalgebra::Vector3;
use orientation::Orientation;
use terrain::{Terrain, TerrainConfig, TerrainError};

/// Why an environment could not be built.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The gravity field was asked for more than it holds.
    #[error(transparent)]
    Gravity(#[from] GravityError),
    /// The terrain was configured wrongly.
    #[error(transparent)]
    Terrain(#[from] TerrainError),
}

/// The Moon and its neighbourhood, immutable once built.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Gravity field of the Moon, in `P`.
    pub gravity: Field,
    /// Earth and Sun seen from the Moon's centre.
    pub ephemeris: Ephemeris,
    /// Orientation of the Moon.
    pub orientation: Orientation,
    /// Gravitational parameter of the Earth, m³/s².
    pub gm_earth_m3_s2: f64,
    /// Gravitational parameter of the Sun, m³/s².
    pub gm_sun_m3_s2: f64,
    /// The ground.
    pub terrain: Terrain,
}

impl Environment {
    /// Builds the environment from what is built in.
    ///
    /// - `degree`: degree and order of the gravity field, 0 to 150.
    /// - `terrain`: seed, age and tiles of the ground.
    ///
    /// # Errors
    /// [`EnvironmentError`] when the degree or the terrain's configuration is out of range.
    pub fn new(degree: usize, terrain: &TerrainConfig) -> Result<Self, EnvironmentError> {
        Self::with_gravity(Field::grail(degree, degree)?, terrain)
    }

    /// As [`Self::new`], with a gravity field of one's own.
    ///
    /// # Errors
    /// [`EnvironmentError::Terrain`] when the terrain's configuration is out of range.
    pub fn with_gravity(gravity: Field, terrain: &TerrainConfig) -> Result<Self, EnvironmentError> {
        Ok(Self {
            gravity,
            ephemeris: Ephemeris::de421(),
            orientation: Orientation::de421(),
            gm_earth_m3_s2: GM_EARTH_M3_S2,
            gm_sun_m3_s2: GM_SUN_M3_S2,
            terrain: Terrain::new(terrain)?,
        })
    }

    /// The same environment with what the user's kernels hold in place of what is built in.
    #[must_use]
    pub fn with_kernels(self, kernels: Kernels) -> Self {
        Self {
            ephemeris: kernels.ephemeris.unwrap_or(self.ephemeris),
            orientation: kernels.orientation.unwrap_or(self.orientation),
            gm_earth_m3_s2: kernels.gm_earth_m3_s2.unwrap_or(self.gm_earth_m3_s2),
            gm_sun_m3_s2: kernels.gm_sun_m3_s2.unwrap_or(self.gm_sun_m3_s2),
            ..self
        }
    }

    /// The mean-Earth frame in the inertial frame at `t`; `None` outside the orientation's span.
    pub fn R_IM(&self, t: Time) -> Option<Rotation<I, M>> {
        self.orientation.R_IM(t)
    }

    /// The principal axes in the inertial frame at `t`; `None` outside the orientation's span.
    pub fn R_IP(&self, t: Time) -> Option<Rotation<I, P>> {
        self.orientation.R_IP(t)
    }

    /// Central part of the Moon's gravity, m/s²; not finite at the centre. Cost: tens of
    /// nanoseconds.
    pub fn point_mass(&self, p_MB_I: Vector<Position, I>) -> Vector<Acceleration, I> {
        let p = p_MB_I.si();
        let r2_m2 = p.norm_squared();
        Vector::from_si(p * (-self.gravity.gm_m3_s2() / (r2_m2 * r2_m2.sqrt())))
    }

    /// All forces of nature on a coasting body but [`Self::point_mass`]: harmonics of the Moon, tides of
    /// the Earth and the Sun, and the pressure of sunlight, m/s².
    ///
    /// - `exposure_m2_kg`: area times reflectivity coefficient over mass, m²/kg; zero for gravity alone.
    /// - `None` outside the ephemeris or the orientation. Cost: one evaluation of the field, one of the orientation
    ///   and two of the ephemeris.
    pub fn perturbation(
        &self,
        p_MB_I: Vector<Position, I>,
        t: Time,
        exposure_m2_kg: f64,
    ) -> Option<Vector<Acceleration, I>> {
        let R_IP = self.R_IP(t)?;
        let harmonics_I = R_IP * self.gravity.harmonics(R_IP.inverse() * p_MB_I);
        let (p_ME_I, p_MS_I) = (self.ephemeris.earth(t)?, self.ephemeris.sun(t)?);
        let gravity_I = harmonics_I + self.tide(p_MB_I, p_ME_I, p_MS_I);
        if exposure_m2_kg <= 0.0 {
            return Some(gravity_I);
        }
        let pushed_I = radiation_pressure::acceleration_I(p_MB_I, p_MS_I, p_ME_I, exposure_m2_kg);
        Some(gravity_I + pushed_I)
    }

    /// Tides of the Earth and the Sun relative to the Moon's centre, m/s².
    fn tide(
        &self,
        p_MB_I: Vector<Position, I>,
        p_ME_I: Vector<Position, I>,
        p_MS_I: Vector<Position, I>,
    ) -> Vector<Acceleration, I> {
        let earth = third_body(p_MB_I.si(), p_ME_I.si(), self.gm_earth_m3_s2);
        Vector::from_si(earth + third_body(p_MB_I.si(), p_MS_I.si(), self.gm_sun_m3_s2))
    }

    /// Total acceleration of a coasting body at `p_MB_I` and `t`, m/s²; arguments and outcome as those of
    /// [`Self::perturbation`].
    pub fn acceleration_I(
        &self,
        p_MB_I: Vector<Position, I>,
        t: Time,
        exposure_m2_kg: f64,
    ) -> Option<Vector<Acceleration, I>> {
        Some(self.point_mass(p_MB_I) + self.perturbation(p_MB_I, t, exposure_m2_kg)?)
    }
}

/// Tide of a body at `s` with parameter `gm_m3_s2` on a point at `p`, both from the Moon's centre.
///
/// Battin's form, free of cancellation, [Battin1999] §8.4: with q = p·(p − 2s)/s²,
/// f = q (3 + 3q + q²)/(1 + (1 + q)^1.5):  a = −GM (p + f s)/|s − p|³.
fn third_body(p: Vector3<f64>, s: Vector3<f64>, gm_m3_s2: f64) -> Vector3<f64> {
    let q = p.dot(&(p - 2.0 * s)) / s.norm_squared();
    let f = q * (3.0 + q * (3.0 + q)) / (1.0 + (1.0 + q) * (1.0 + q).sqrt());
    let d2 = (s - p).norm_squared();
    -(p + f * s) * (gm_m3_s2 / (d2 * d2.sqrt()))
}

/// A landing site: where the frame `L` stands in `M`.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The target on the ground: L's origin.
    pub p_ML_M: Vector<Position, M>,
    /// East, north and up in `M`.
    pub R_ML: Rotation<M, L>,
    /// Latitude of the target in `M`, radians, north positive.
    pub latitude_rad: f64,
    /// Longitude of the target in `M`, radians, east positive.
    pub longitude_rad: f64,
    /// Elevation of the target above the sphere of 1737.4 km, metres.
    pub elevation_m: f64,
}

impl Site {
    /// The site at a planetocentric latitude and longitude, on the ground of `terrain`.
    pub fn new(latitude_rad: f64, longitude_rad: f64, terrain: &Terrain) -> Self {
        let (sin_lat, cos_lat) = (libm::sin(latitude_rad), libm::cos(latitude_rad));
        let (sin_lon, cos_lon) = (libm::sin(longitude_rad), libm::cos(longitude_rad));
        let up = Vector3::new(cos_lat * cos_lon, cos_lat * sin_lon, sin_lat);
        let east = Vector3::new(-sin_lon, cos_lon, 0.0);
        let north = Vector3::new(-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat);
        let on_sphere_M = Vector::from_si(up * MOON_RADIUS_M);
        let elevation_m = terrain.elevation_m(on_sphere_M, terrain::FINEST_M);
        Self {
            p_ML_M: Vector::from_si(up * (MOON_RADIUS_M + elevation_m)),
            R_ML: Rotation::from_columns(east, north, up),
            latitude_rad,
            longitude_rad,
            elevation_m,
        }
    }

    /// Position in `L` of a point given in `M`.
    pub fn p_LA_L(&self, p_MA_M: Vector<Position, M>) -> Vector<Position, L> {
        self.R_ML.inverse() * (p_MA_M - self.p_ML_M)
    }

    /// Position in `M` of a point given in `L`.
    pub fn p_MA_M(&self, p_LA_L: Vector<Position, L>) -> Vector<Position, M> {
        self.p_ML_M + self.R_ML * p_LA_L
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    pub(super) fn bare() -> TerrainConfig {
        TerrainConfig {
            seed: 1,
            age_gyr: 3.5,
            rock_abundance: 0.01,
            relief: true,
            tiles: Vec::new(),
        }
    }

    pub(super) fn environment() -> Environment {
        Environment::new(20, &bare()).unwrap()
    }

    fn landing() -> Time {
        Time::from_utc("2025-06-05T19:17:00").unwrap()
    }

    #[test]
    fn a_tide_is_the_difference_of_two_attractions() {
        // Directly, with a body so near that nothing cancels.
        let (p, s) = (Vector3::new(3.0, -1.0, 2.0), Vector3::new(10.0, 7.0, -5.0));
        let gm = 6.0;
        let d: Vector3<f64> = s - p;
        let expected = gm * (d / d.norm().powi(3) - s / s.norm().powi(3));
        assert!((third_body(p, s, gm) - expected).norm() < 1e-16);
    }

    #[test]
    fn the_earth_stretches_the_moon_along_the_line_to_it() {
        // To first order +2 GM r/d³ along the line and −GM r/d³ across it.
        let (r_m, d_m) = (1.745e6, 3.844e8);
        let k = GM_EARTH_M3_S2 * r_m / (d_m * d_m * d_m);
        let s = Vector3::x() * d_m;
        let along = third_body(Vector3::x() * r_m, s, GM_EARTH_M3_S2);
        let across = third_body(Vector3::y() * r_m, s, GM_EARTH_M3_S2);
        // The next order is r/d = 0.5 %, times 1.5 along the line.
        assert!((along.x / (2.0 * k) - 1.0).abs() < 8e-3, "{along}");
        assert!((across.y / -k - 1.0).abs() < 8e-3 && across.x.abs() < 8e-3 * k, "{across}");
    }

    #[test]
    fn gravity_has_no_curl() {
        // All parts derive from potentials: the matrix of derivatives is symmetric.
        let (environment, t) = (environment(), landing());
        let p = Vector3::new(0.9e6, -0.4e6, 1.45e6);
        let at =
            |q: Vector3<f64>| environment.perturbation(Vector::from_si(q), t, 0.0).unwrap().si();
        let derivative = |axis: usize| {
            let mut h = Vector3::zeros();
            h[axis] = 200.0;
            (at(p + h) - at(p - h)) / 400.0
        };
        let (dx, dy, dz) = (derivative(0), derivative(1), derivative(2));
        for (one, other) in [(dx.y, dy.x), (dx.z, dz.x), (dy.z, dz.y)] {
            assert!((one - other).abs() < 1e-13 && one.abs() > 1e-11, "{one} {other}");
        }
    }

    #[test]
    fn the_perturbation_may_be_held_for_a_second() {
        // At 1.7 km/s it changes by less than 1e-5 m/s² in a second: 5 µm.
        let (environment, t) = (environment(), landing());
        let p: Vector<Position, I> = Vector::new(0.9e6, -0.4e6, 1.45e6);
        let later = p + Vector::new(1500.0, 700.0, 0.0);
        let now = environment.perturbation(p, t, 0.0).unwrap();
        let then = environment.perturbation(later, t + Span::from_s(1.0), 0.0).unwrap();
        assert!((then - now).norm() < 1e-5 && now.norm() < 5e-3, "{now:?} {then:?}");
        let total = environment.acceleration_I(p, t, 0.0).unwrap();
        assert_eq!(total, environment.point_mass(p) + now);
    }

    #[test]
    fn beyond_the_ephemeris_there_is_no_answer() {
        let t = Time::from_utc("2040-01-01T00:00:00").unwrap();
        assert!(environment().acceleration_I(Vector::new(1.8e6, 0.0, 0.0), t, 0.0).is_none());
    }

    #[test]
    fn a_site_stands_on_the_ground_with_its_axes_east_north_and_up() {
        let environment = environment();
        let (latitude_rad, longitude_rad) = (60.5_f64.to_radians(), -4.6_f64.to_radians());
        let site = Site::new(latitude_rad, longitude_rad, &environment.terrain);
        assert!(environment.terrain.altitude_m(site.p_ML_M).abs() < 1e-6);
        assert!((site.p_ML_M.norm() - MOON_RADIUS_M - site.elevation_m).abs() < 1e-6);
        let R_ML = site.R_ML.si();
        assert!((R_ML.determinant() - 1.0).abs() < 1e-14);
        // A kilometre to the north raises the latitude, a kilometre to the east the longitude.
        let north = site.p_MA_M(Vector::new(0.0, 1000.0, 0.0)).si();
        let east = site.p_MA_M(Vector::new(1000.0, 0.0, 0.0)).si();
        assert!(
            north.z > site.p_ML_M.z()
                && (libm::atan2(north.y, north.x) - longitude_rad).abs() < 1e-12
        );
        assert!(libm::atan2(east.y, east.x) > longitude_rad);
        let back = site.p_LA_L(site.p_MA_M(Vector::new(10.0, -20.0, 30.0)));
        assert!((back - Vector::new(10.0, -20.0, 30.0)).norm() < 1e-8);
    }
}
