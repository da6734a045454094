//! What apertures fixed to the body see of the ground: ranges, light and speeds, exact.

use super::moon::Moon;
use crate::dynamics::State;
use crate::environment::Environment;
use crate::environment::terrain::Nearby;
use crate::sensors::dust::Dust;
use crate::sensors::link::{Surface, Target};
use crate::sensors::{radar_altimeter, velocimeter};
use crate::vehicle;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{B, Direction, I, M, Position, Vector};
use icd::rotation::Rotation;
use nalgebra::Vector3;

/// Part of Lommel and Seeliger's law in the ground's lunar-Lambert law at zero phase (assumed: the full
/// Moon hardly darkens towards its limb).
const LOMMEL_SEELIGER: f64 = 0.95;

/// Baseline of the slope that a laser's footprint sees, m: its width from some kilometres. Assumed.
const NORMAL_BASELINE_M: f64 = 4.0;

/// What a body-fixed aperture sees at one instant.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    /// The lander.
    pub state: &'a State,
    /// Orientation of the Moon.
    pub R_IM: Rotation<I, M>,
    /// Rate of the Moon, inertial axes, rad/s.
    pub w_IM_I: Vector3<f64>,
    /// The Moon.
    pub environment: &'a Environment,
    /// Height of the feet over the ground when it was last looked at, m.
    pub altitude_m: f64,
    /// Dust under the engines.
    pub dust: Dust,
}

impl<'a> Sight<'a> {
    /// What `state` sees; `ground`: height of the feet over it and the dust between.
    pub fn of(
        state: &'a State,
        moon: &Moon,
        environment: &'a Environment,
        ground: (f64, Dust),
    ) -> Self {
        let (altitude_m, dust) = ground;
        Self { state, R_IM: moon.R_IM(state.t), w_IM_I: moon.w_IM_I, environment, altitude_m, dust }
    }

    /// The aperture and the beam's direction, `M`.
    fn beam(
        &self,
        p_BA_B: &[f64; 3],
        d_B: &[f64; 3],
    ) -> (Vector<Position, M>, Vector<Direction, M>) {
        let (p_MA_M, R_MB) = self.pose(p_BA_B);
        let d_B: Vector<Direction, B> = Vector::from_si(Vector3::from(*d_B));
        (p_MA_M, R_MB * d_B)
    }

    /// Place of an aperture and the attitude, over ground.
    pub fn pose(&self, p_BA_B: &[f64; 3]) -> (Vector<Position, M>, Rotation<M, B>) {
        let R_MB = self.R_IM.inverse() * self.state.q_IB.rotation();
        let p_BA_B: Vector<Position, B> = Vector::from_si(Vector3::from(*p_BA_B));
        (self.R_IM.inverse() * self.state.p_MB_I + R_MB * p_BA_B, R_MB)
    }

    /// Direction to the Sun; `None` outside the ephemeris.
    pub fn sun_I(&self) -> Option<Vector<Direction, I>> {
        (self.environment.ephemeris.sun(self.state.t)? - self.state.p_MB_I).direction()
    }

    /// Whether ground within `range_m_max` can be ruled out without a ray: the last look at the ground is
    /// at most a fifth of the height off (see `World::look_at_ground`), and ground within reach would
    /// have to rise at 27° over the whole range.
    pub fn out_of_reach(&self, range_m_max: f64) -> bool {
        0.8 * self.altitude_m > 1.5 * range_m_max
    }

    /// Range from the aperture along the beam to the ground, m; `None` beyond `range_m_max`.
    pub fn range_m(&self, p_BA_B: &[f64; 3], d_B: &[f64; 3], range_m_max: f64) -> Option<f64> {
        let (p_MA_M, d_M) = self.beam(p_BA_B, d_B);
        self.environment.terrain.ray(p_MA_M, d_M, range_m_max)
    }

    /// What a laser beam meets; `None` beyond `range_m_max`. Cost: one ray and little more.
    ///
    /// - `nearby`: what the beam's last shots have found of the ground; so below.
    pub fn target(
        &self,
        (p_BA_B, d_B): (&[f64; 3], &[f64; 3]),
        range_m_max: f64,
        nearby: &mut Nearby,
    ) -> Option<Target> {
        let (p_MA_M, d_M) = self.beam(p_BA_B, d_B);
        let terrain = &self.environment.terrain;
        let range_m = terrain.ray_near(p_MA_M, d_M, range_m_max, nearby)?;
        let p_MH_M = Vector::from_si(p_MA_M.si() + d_M.si() * range_m);
        Some(Target {
            range_m,
            cos_incidence: -d_M.dot(terrain.normal_near(p_MH_M, NORMAL_BASELINE_M, nearby)),
            surface: self.surface(p_MH_M),
            closing_m_s: self.v_over_ground_B(p_BA_B).dot(&Vector3::from(*d_B)),
            transmission: self.transmission(p_MA_M, d_M),
        })
    }

    /// Range to the ground along a beam, m, and the share of light that dust lets through once; `None`
    /// beyond `range_m_max`. Cost: one ray.
    pub fn echo(
        &self,
        (p_BA_B, d_B): (&[f64; 3], &[f64; 3]),
        range_m_max: f64,
        nearby: &mut Nearby,
    ) -> Option<(f64, f64)> {
        let (p_MA_M, d_M) = self.beam(p_BA_B, d_B);
        let range_m = self.environment.terrain.ray_near(p_MA_M, d_M, range_m_max, nearby)?;
        Some((range_m, self.transmission(p_MA_M, d_M)))
    }

    /// Share of the light that passes the dust once along a line of sight.
    pub fn transmission(&self, p_MA_M: Vector<Position, M>, d_M: Vector<Direction, M>) -> f64 {
        self.dust.transmission(self.altitude_m, cos_vertical(p_MA_M, d_M))
    }

    /// How the ground at a place returns laser light.
    fn surface(&self, p_MH_M: Vector<Position, M>) -> Surface {
        let normal_albedo = self.environment.terrain.normal_albedo(p_MH_M);
        Surface { normal_albedo, lommel_seeliger: LOMMEL_SEELIGER }
    }

    /// Whether a beam of a velocimeter meets ground within the reach that the ground's brightness, the
    /// angle to the vertical and the dust leave it.
    pub fn locks(&self, spec: &vehicle::Velocimeter, d_B: &[f64; 3], nearby: &mut Nearby) -> bool {
        let (p_MA_M, d_M) = self.beam(&spec.p_BA_B, d_B);
        let cos_vertical = cos_vertical(p_MA_M, d_M);
        let through = self.dust.transmission(self.altitude_m, cos_vertical);
        let reach_m = velocimeter::reach_m(spec, self.surface(p_MA_M), cos_vertical, through);
        !self.out_of_reach(reach_m) && self.environment.terrain.meets(p_MA_M, d_M, reach_m, nearby)
    }

    /// Range from an antenna to the nearest ground in its cone, m.
    pub fn nearest_m(
        &self,
        (p_BA_B, d_B): (&[f64; 3], &[f64; 3]),
        half_angle_rad: f64,
        nearby: &mut Nearby,
    ) -> Option<f64> {
        let (p_MA_M, d_M) = self.beam(p_BA_B, d_B);
        let terrain = &self.environment.terrain;
        let up = p_MA_M.direction()?.si();
        radar_altimeter::nearest_m(d_M.si(), up, half_angle_rad, |offset, resolution_m| {
            let p_M = Vector::from_si(p_MA_M.si() + offset);
            p_M.norm() - MOON_RADIUS_M - terrain.elevation_near_m(p_M, resolution_m, nearby)
        })
    }

    /// Velocity of the aperture over ground, body axes, m/s.
    pub fn v_over_ground_B(&self, p_BA_B: &[f64; 3]) -> Vector3<f64> {
        let R_IB = self.state.q_IB.rotation().si();
        let p_BA_B = Vector3::from(*p_BA_B);
        let p_MA_I = self.state.p_MB_I.si() + R_IB * p_BA_B;
        R_IB.tr_mul(&(self.state.v_MB_I.si() - self.w_IM_I.cross(&p_MA_I)))
            + self.state.w_IB_B.si().cross(&p_BA_B)
    }
}

/// Cosine of the angle between a beam and straight down.
fn cos_vertical(p_MA_M: Vector<Position, M>, d_M: Vector<Direction, M>) -> f64 {
    p_MA_M.direction().map_or(1.0, |up| -up.dot(d_M))
}
