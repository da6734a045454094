//! Sunlight on the ground: where the Sun stands, what is in shadow, how bright the ground looks.
//!
//! Owns: [`Sun`], cast shadow with its penumbra, the photometric function of the regolith.
//! Does not own: the shape of the ground and its albedo (`terrain`), the Sun's place (`ephemeris`), the push
//! of its light (`radiation_pressure`).
//!
//! As published — [Hapke2002], [Sato2014], without macroscopic roughness: with μ₀, μ the cosines of
//! incidence and emission and g the phase angle,
//!     I/F = w/4 · μ₀/(μ₀ + μ) · [p(g)(1 + B(g)) + H(μ₀)H(μ) − 1],
//!     p(g) = (1+c)/2 (1−b²)/(1 − 2b cos g + b²)^1.5 + (1−c)/2 (1−b²)/(1 + 2b cos g + b²)^1.5,
//!     B(g) = B₀/(1 + tan(g/2)/h),   H(x)⁻¹ = 1 − w x [r₀ + (1 − 2 r₀ x)/2 · ln((1 + x)/x)],
//!     r₀ = (1 − γ)/(1 + γ),  γ = √(1 − w).
//! As programmed: the shape of this function with the map-mean parameters, scaled to the normal albedo
//! of the place. The visible share of the Sun's disc is the circular segment above the horizon that
//! rays towards it find, the horizon taken as straight over half a degree.
//! Refuses: aberration and light time (20″), earthshine, light from sunlit slopes, limb darkening.

use super::Environment;
use super::radiation_pressure::SUN_RADIUS_M;
use core::f64::consts::PI;
use icd::frames::{Direction, I, M, Position, Vector};
use icd::time::Time;
use nalgebra::Vector3;

/// Where a ray towards the Sun begins above the ground, m: lower things cast no shadow. Assumed.
const LIFT_M: f64 = 0.1;
/// Halvings of the Sun's disc in search of the horizon: to a sixty-fourth of its diameter.
const HALVINGS: usize = 6;

/// The Sun as seen from a place on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sun {
    /// Height of its centre over the level plane, rad.
    pub elevation_rad: f64,
    /// Azimuth of its centre from north over east, rad, −π to π.
    pub azimuth_rad: f64,
    /// Half its apparent width, rad.
    pub radius_rad: f64,
    /// Direction to its centre.
    pub d_M: Vector<Direction, M>,
}

impl Environment {
    /// The Sun from a place at or above the ground; `None` outside the ephemeris.
    pub fn sun(&self, p_MA_M: Vector<Position, M>, t: Time) -> Option<Sun> {
        let p_MS_I: Vector<Position, I> = self.ephemeris.sun(t)?;
        let to_sun = (self.R_IM(t)?.inverse() * p_MS_I).si() - p_MA_M.si();
        let distance_m = to_sun.norm();
        let d = to_sun / distance_m;
        let up = p_MA_M.direction().map_or(Vector3::z(), Vector::si);
        // At a pole itself there is no east: the x axis of M takes its place.
        let east = Vector3::z().cross(&up).try_normalize(1e-12).unwrap_or(Vector3::x());
        let north = up.cross(&east);
        Some(Sun {
            elevation_rad: libm::asin(d.dot(&up).clamp(-1.0, 1.0)),
            azimuth_rad: libm::atan2(d.dot(&east), d.dot(&north)),
            radius_rad: libm::asin((SUN_RADIUS_M / distance_m).min(1.0)),
            d_M: Vector::from_si(d),
        })
    }

    /// Visible share of the Sun's disc from the ground under `p_MA_M`, 0 in full shadow, 1 in full light;
    /// `None` outside the ephemeris. Cost: one ray in light or shadow, a few in the penumbra.
    pub fn sunlight(&self, p_MA_M: Vector<Position, M>, t: Time) -> Option<f64> {
        let up = p_MA_M.direction().map_or(Vector3::z(), Vector::si);
        let ground = p_MA_M.si() - up * (self.terrain.altitude_m(p_MA_M) - LIFT_M);
        let sun = self.sun(Vector::from_si(ground), t)?;
        let level = sun.d_M.si() - up * sun.d_M.si().dot(&up);
        let Some(ahead) = level.try_normalize(1e-12) else { return Some(1.0) }; // in the zenith
        let clear = |share: f64| {
            let angle_rad = sun.elevation_rad + share * sun.radius_rad;
            let d = ahead * libm::cos(angle_rad) + up * libm::sin(angle_rad);
            self.terrain.ray(Vector::from_si(ground), Vector::from_si(d), f64::MAX).is_none()
        };
        if clear(-1.0) {
            return Some(1.0);
        }
        if !clear(1.0) {
            return Some(0.0);
        }
        let (mut hidden, mut seen) = (-1.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (hidden + seen);
            *if clear(middle) { &mut seen } else { &mut hidden } = middle;
        }
        Some(segment(0.5 * (hidden + seen)))
    }
}

/// Share of a disc above a chord at `x` radii above its centre.
fn segment(x: f64) -> f64 {
    (libm::acos(x) - x * (1.0 - x * x).max(0.0).sqrt()) / PI
}

/// Parameters of the regolith's photometric function. [Hapke2002].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regolith {
    /// Single scattering albedo.
    pub w: f64,
    /// Width of the lobes of the particle phase function.
    pub b: f64,
    /// Share of the backward lobe, −1 to 1.
    pub c: f64,
    /// Amplitude of the shadow-hiding opposition effect.
    pub opposition: f64,
    /// Its angular width.
    pub width: f64,
}

impl Regolith {
    /// Mean over the Moon at 643 nm. [Sato2014].
    pub const MEAN: Self = Self { w: 0.386, b: 0.226, c: 0.456, opposition: 1.687, width: 0.049 };

    /// Radiance factor I/F of a smooth surface; 0 where it is unlit or unseen.
    ///
    /// - `mu0`, `mu`: cosines of incidence and emission. `phase_rad`: angle between Sun and observer.
    pub fn radiance_factor(&self, mu0: f64, mu: f64, phase_rad: f64) -> f64 {
        if mu0 <= 0.0 || mu <= 0.0 {
            return 0.0;
        }
        let b2 = self.b * self.b;
        let lobe = |sign: f64| {
            let x = 1.0 - sign * 2.0 * self.b * libm::cos(phase_rad) + b2;
            (1.0 - b2) / (x * x.sqrt())
        };
        let p = 0.5 * (1.0 + self.c) * lobe(1.0) + 0.5 * (1.0 - self.c) * lobe(-1.0);
        let opposition = self.opposition / (1.0 + libm::tan(0.5 * phase_rad) / self.width);
        let multiple = self.h(mu0) * self.h(mu) - 1.0;
        0.25 * self.w * mu0 / (mu0 + mu) * (p * (1.0 + opposition) + multiple)
    }

    /// Hapke's approximation of Chandrasekhar's H, good to 1 %. [Hapke2002].
    fn h(&self, x: f64) -> f64 {
        let gamma = (1.0 - self.w).sqrt();
        let r0 = (1.0 - gamma) / (1.0 + gamma);
        let log = 0.5 * (1.0 - 2.0 * r0 * x) * libm::log((1.0 + x) / x);
        1.0 / (1.0 - self.w * x * (r0 + log))
    }

    /// Radiance factor relative to that at normal incidence and emission and zero phase: times a place's
    /// normal albedo it is the place's radiance factor.
    pub fn relative(&self, mu0: f64, mu: f64, phase_rad: f64) -> f64 {
        self.radiance_factor(mu0, mu, phase_rad) / self.radiance_factor(1.0, 1.0, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::terrain::TerrainConfig;
    use crate::environment::{Site, tests::environment};
    use icd::time::Span;

    fn landing() -> Time {
        Time::from_utc("2025-06-05T19:17:00").unwrap()
    }

    #[test]
    fn normal_albedo_of_four_places_is_that_of_the_published_parameters() {
        // Parameters of the WAC Hapke maps [Sato2014] at 643 nm, normal albedo worked out from them
        // beforehand; half a unit of its last digit.
        let cases = [
            (0.3189, 0.2292, 0.4108, 1.7293, 0.187),
            (0.4141, 0.2304, 0.3986, 1.6611, 0.243),
            (0.2224, 0.2543, 0.1600, 1.9933, 0.131),
            (0.3773, 0.2077, 0.6450, 1.6112, 0.224),
        ];
        for (w, b, c, opposition, published) in cases {
            let place = Regolith { w, b, c, opposition, width: 0.05 };
            let albedo = place.radiance_factor(1.0, 1.0, 0.0);
            assert!((albedo - published).abs() < 5e-4, "{albedo} against {published}");
        }
    }

    #[test]
    fn the_full_moon_has_no_limb_darkening_and_the_opposition_stands_out() {
        let moon = Regolith::MEAN;
        // At zero phase μ₀ = μ: Lommel–Seeliger's factor is 1/2 whatever the incidence.
        let (centre, limb) = (moon.relative(1.0, 1.0, 0.0), moon.relative(0.2, 0.2, 0.0));
        assert!((centre - 1.0).abs() < 1e-15 && (limb / centre - 1.0).abs() < 0.08, "{limb}");
        // Reciprocity: exchanging Sun and observer scales by μ/μ₀.
        let (a, b) = (moon.relative(0.3, 0.8, 0.7), moon.relative(0.8, 0.3, 0.7));
        assert!((a / b - 0.3 / 0.8).abs() < 1e-12);
        assert!(moon.relative(1.0, 1.0, 0.1) < 0.8, "it falls steeply within 6°");
        assert_eq!(moon.relative(-0.1, 0.5, 1.0), 0.0);
    }

    #[test]
    fn the_share_of_a_disc_above_a_chord_is_the_closed_form() {
        for (x, share) in [(-1.0, 1.0), (0.0, 0.5), (1.0, 0.0)] {
            assert!((segment(x) - share).abs() < 1e-15);
        }
        // Chord at half the radius: a third of the disc's angle, (π/3 − √3/4)/π.
        assert!((segment(0.5) - (1.0 / 3.0 - 3.0_f64.sqrt() / (4.0 * PI))).abs() < 1e-15);
    }

    #[test]
    fn the_sun_stands_where_it_stood_over_mare_frigoris() {
        let environment = environment();
        let site =
            Site::new(60.454_f64.to_radians(), -4.604_f64.to_radians(), &environment.terrain);
        let sun = environment.sun(site.p_ML_M, landing()).unwrap();
        // First quarter was on 3 June 2025 03:41 UTC: the terminator, then near longitude 0, has moved on
        // by 2.65 days of 12.19°, so the Sun is 32° past its rise at the equator there, less 4.6° west.
        let hour = (90.0 - 32.3 + 4.6_f64).to_radians();
        let expected = libm::asin(60.454_f64.to_radians().cos() * hour.cos());
        let off_deg = (sun.elevation_rad - expected).to_degrees();
        // The Sun's latitude is within 1.6° of the equator and the phase angle is not the longitude.
        assert!(off_deg.abs() < 4.0, "{}°", sun.elevation_rad.to_degrees());
        assert!(sun.azimuth_rad > 0.0, "in the morning it stands in the east");
        assert!((sun.radius_rad.to_degrees() - 0.2666).abs() < 0.006);
        assert!(
            environment.sun(site.p_ML_M, Time::from_utc("2060-01-01T00:00:00").unwrap()).is_none()
        );
    }

    #[test]
    fn the_night_side_is_dark_and_noon_is_bright_with_a_penumbra_between() {
        let terrain = TerrainConfig { relief: false, ..super::super::tests::bare() };
        let environment = Environment::new(2, &terrain).unwrap();
        let at = |longitude_deg: f64| {
            let site = Site::new(0.0, longitude_deg.to_radians(), &environment.terrain);
            environment.sunlight(site.p_ML_M, landing()).unwrap()
        };
        let shares: Vec<f64> =
            (-180..180).map(|longitude_deg| at(f64::from(longitude_deg))).collect();
        let (dark, bright) = (
            shares.iter().filter(|share| **share <= 0.0).count(),
            shares.iter().filter(|share| **share >= 1.0).count(),
        );
        assert!((160..200).contains(&dark) && (160..200).contains(&bright), "{dark} {bright}");
        // Through a sunrise at one place the share grows from 0 to 1 without falling back.
        let p = Site::new(0.0, 0.0, &environment.terrain).p_ML_M;
        let rise = Time::from_utc("2025-06-02T12:00:00").unwrap();
        let through: Vec<f64> = (0..200)
            .map(|n| environment.sunlight(p, rise + Span::from_s(900.0 * f64::from(n))).unwrap())
            .collect();
        assert!(through[0] <= 0.0 && through[199] >= 1.0);
        assert!(through.windows(2).all(|pair| pair[1] >= pair[0] - 0.02));
        assert!(
            through.iter().any(|share| *share > 0.0 && *share < 1.0),
            "the penumbra takes an hour"
        );
    }
}
