//! The on-board map: elevation along the approach, looked up by place.
//!
//! Owns: the lookup and the slope. Does not own: the grid (`load::Map`).
//! Refuses: extrapolation; beyond its edges the map repeats its edge.

use crate::load::{MAP_ACROSS, MAP_ALONG, Map, Target};
use crate::nav::site::Track;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;

/// Ground under a point: elevation and its slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// Elevation above the reference sphere, m.
    pub elevation_m: f64,
    /// Outward normal of the ground, `M`.
    pub n_M: Vector3<f64>,
}

/// Splits a grid coordinate into a node inside `0..=count − 2` and a fraction in 0..=1.
fn split(x: f64, count: usize) -> (usize, f64) {
    let top = count.saturating_sub(2) as f64;
    let x = if x.is_finite() { x.clamp(0.0, top + 1.0) } else { 0.0 };
    let node = libm::floor(x).min(top);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..count
    (node as usize, x - node)
}

/// Ground as mapped at the place under `p_M`.
///
/// - `use_map`: `false` gives a sphere at the target's level, as a lander without a map believes.
pub fn ground(
    map: &Map,
    target: &Target,
    track: &Track,
    use_map: bool,
    p_M: Vector<Position, M>,
) -> Ground {
    let p = p_M.si();
    let up = p / p_M.norm().max(1.0);
    if !use_map {
        return Ground { elevation_m: target.p_MT_M.norm() - MOON_RADIUS_M, n_M: up };
    }
    let (along_m, across_m) = track.along_across(up);
    let (i, u) = split((along_m - map.along_m_first) / map.spacing_m, MAP_ALONG);
    let middle = (MAP_ACROSS as f64 - 1.0) * 0.5;
    let (j, w) = split(across_m / map.spacing_m + middle, MAP_ACROSS);
    let at = |i: usize, j: usize| {
        f64::from(map.elevation_m.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0.0))
    };
    let (a, b, c, d) = (at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1));
    let elevation_m = (a * (1.0 - u) + b * u) * (1.0 - w) + (c * (1.0 - u) + d * u) * w;
    let slope_along = ((b - a) * (1.0 - w) + (d - c) * w) / map.spacing_m;
    let slope_across = ((c - a) * (1.0 - u) + (d - b) * u) / map.spacing_m;
    let n = up - track.along(up) * slope_along - track.across * slope_across;
    Ground { elevation_m, n_M: n / libm::sqrt(n.norm_squared()) }
}
