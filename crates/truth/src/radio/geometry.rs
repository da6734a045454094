//! Lines of sight: from a spacecraft near the Moon to a station or another spacecraft.
//!
//! Owns: light time, range rate, elevation, what stands in the way. Does not own: what is sent along it.
//!
//! As published: a signal that leaves at t arrives at t + τ with c τ = |p_R(t + τ) − p_T(t)|; the shift of its frequency
//! is −ρ˙/c to first order ([MontenbruckGill2000] §6.2). As programmed: the same by iteration, in axes that move with the
//! Moon's centre; the receiver is carried along its parabola for τ. What relativity adds is left out: below 0.2 ms of
//! light time (the Moon's own 30 km/s), below 1e-9 of frequency.
//! The Moon is in the way where a ray of its own from the sender meets the ground ([`Terrain::ray`]); only where the line
//! passes between the lowest and the highest ground is the ray needed.
//! Refuses: the Sun in the way or behind, the air's refraction, the ionosphere.
//!
//! [`Terrain::ray`]: crate::environment::terrain::Terrain::ray

use super::earth::{Carried, R_IE, in_I};
use super::stations::Station;
use crate::environment::Environment;
use icd::constants::{MOON_RADIUS_M, SPEED_OF_LIGHT_M_S};
use icd::frames::{Direction, I, M, Vector};
use icd::rotation::Rotation;
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// No ground stands higher than this over the sphere of 1737.4 km, m, none lies lower than the other: LOLA's extremes,
/// 10.8 km and −9.1 km, and what is generated on them.
const HIGHEST_M: f64 = 12_500.0;
const LOWEST_M: f64 = -11_000.0;
/// Steps of the iteration for light time: each gains four digits.
const ITERATIONS: usize = 4;
/// Half of the time over which the Earth's velocity is taken, s: its acceleration changes by 1e-8 m/s² in it.
const HALF_S: f64 = 10.0;

/// A sender or receiver, in axes of `I` from the Moon's centre, m and m/s.
#[derive(Clone, Copy, Debug)]
pub struct Mover {
    /// Position, m.
    pub p_m: Vector3<f64>,
    /// Velocity, m/s.
    pub v_m_s: Vector3<f64>,
}

/// A line from a sender to a receiver.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// From the sender to where the receiver is when the signal arrives.
    pub d_I: Vector3<f64>,
    /// Length, m.
    pub range_m: f64,
    /// How long the signal takes, s.
    pub light_time_s: f64,
    /// Growth of the range, m/s.
    pub range_rate_m_s: f64,
}

impl Line {
    /// The line along which a signal leaves `from` now and meets a receiver that is at `to(τ)` after τ seconds.
    pub fn between(from: &Mover, to: impl Fn(f64) -> (Vector3<f64>, Vector3<f64>)) -> Self {
        let (mut light_time_s, mut found) = (0.0, to(0.0));
        for _ in 0..ITERATIONS {
            light_time_s = (found.0 - from.p_m).norm() / SPEED_OF_LIGHT_M_S;
            found = to(light_time_s);
        }
        let range = found.0 - from.p_m;
        let range_m = range.norm();
        let d_I = range / range_m;
        Self { d_I, range_m, light_time_s, range_rate_m_s: d_I.dot(&(found.1 - from.v_m_s)) }
    }

    /// Shift of a frequency, Hz; positive when the two come nearer.
    #[must_use]
    pub fn doppler_Hz(&self, frequency_Hz: f64) -> f64 {
        -frequency_Hz * self.range_rate_m_s / SPEED_OF_LIGHT_M_S
    }
}

/// The Earth near one instant: where it is and how it turns.
#[derive(Clone, Copy, Debug)]
pub struct Earth {
    p_m: Vector3<f64>,
    v_m_s: Vector3<f64>,
    R_IE: Rotation<I, super::earth::E>,
}

impl Earth {
    /// The Earth at `t`; `None` outside the ephemeris.
    #[must_use]
    pub fn at(environment: &Environment, t: Time) -> Option<Self> {
        let ephemeris = &environment.ephemeris;
        let half = Span::from_s(HALF_S);
        let (before, after) = (ephemeris.earth(t - half)?.si(), ephemeris.earth(t + half)?.si());
        let (p_m, v_m_s) = (ephemeris.earth(t)?.si(), (after - before) / (2.0 * HALF_S));
        Some(Self { p_m, v_m_s, R_IE: R_IE(t) })
    }

    /// From the Moon's centre to the Earth's, m.
    #[must_use]
    pub fn p_m(&self) -> Vector3<f64> {
        self.p_m
    }

    /// The line to a station, and the elevation of the sender there, rad.
    #[must_use]
    pub fn line_to(&self, station: &Station, from: &Mover) -> (Line, f64) {
        let carried = Carried::new(self.R_IE, station.place_m());
        let line = Line::between(from, |tau_s| {
            let (p, v) = carried.after(tau_s);
            (self.p_m + self.v_m_s * tau_s + p, self.v_m_s + v)
        });
        let up: Vector<Direction, I> = in_I(self.R_IE, station.vertical());
        (line, libm::asin((-line.d_I.dot(&up.si())).clamp(-1.0, 1.0)))
    }
}

/// Whether the Moon stands in the way of a line of length `range_m` from `p_m` along `d_I`.
///
/// - `R_IM`: the Moon's axes then. Cost: some nanoseconds; near the limb and near the ground one ray, tens of microseconds.
#[must_use]
pub fn hidden(
    environment: &Environment,
    R_IM: Rotation<I, M>,
    (p_m, d_I): (Vector3<f64>, Vector3<f64>),
    range_m: f64,
) -> bool {
    let ahead_m = -p_m.dot(&d_I);
    let across2 = (p_m.norm_squared() - ahead_m * ahead_m).max(0.0);
    let across_m = across2.sqrt();
    let nearest_m = if ahead_m > 0.0 { across_m } else { p_m.norm() };
    let highest_m = MOON_RADIUS_M + HIGHEST_M;
    if nearest_m > highest_m {
        return false;
    }
    let lowest_m = MOON_RADIUS_M + LOWEST_M;
    if ahead_m > 0.0 && ahead_m < range_m && across_m < lowest_m {
        return true;
    }
    let leaves_m = ahead_m + (highest_m * highest_m - across2).max(0.0).sqrt();
    let R_MI = R_IM.inverse();
    let p_MA_M = R_MI * Vector::<icd::frames::Position, I>::from_si(p_m);
    let d_M = R_MI * Vector::<Direction, I>::from_si(d_I);
    environment.terrain.ray(p_MA_M, d_M, leaves_m.min(range_m)).is_some()
}

/// Whether the sphere of the Moon stands in the way: where its relief does not count, for satellites.
#[must_use]
pub fn behind_the_sphere(p_m: Vector3<f64>, d_I: Vector3<f64>, range_m: f64) -> bool {
    let ahead_m = -p_m.dot(&d_I);
    let across2 = p_m.norm_squared() - ahead_m * ahead_m;
    ahead_m > 0.0 && ahead_m < range_m && across2 < MOON_RADIUS_M * MOON_RADIUS_M
}
