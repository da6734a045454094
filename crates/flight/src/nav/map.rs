//! The on-board map: elevation along the approach, looked up by place.
//!
//! Owns: the lookup, the slope, what two places share of its error, the relief that it does not show. Does not
//! own: the grid (`load::Map`).
//! Refuses: extrapolation; beyond its edges the map repeats its edge, level.

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
    /// Error of the elevation: the map's, or beyond its end that of ground nobody has mapped.
    pub error: Relief,
}

/// How ground stands off what is believed of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relief {
    /// Standard deviation, m.
    pub sigma_m: f64,
    /// How far it correlates, m.
    pub correlation_m: f64,
    /// Distance up to which it is a slope and beyond which a random walk, m.
    pub smooth_m: f64,
}

impl Relief {
    /// Error of a map.
    pub fn of(map: &Map) -> Self {
        let Map { sigma_m, correlation_m, spacing_m: smooth_m, .. } = *map;
        Self { sigma_m, correlation_m, smooth_m }
    }
}

/// Unmapped ground about the map's edge. Assumed: the relief of highlands, so that ranges over it tell height and not
/// vertical speed; near by a slope of 10° (√2 σ/√(correlation · smooth)), where [Rosenburg2011] has a median of 7.5° at
/// 17 m and hardly less at longer baselines.
pub const UNMAPPED: Relief = Relief { sigma_m: 1000.0, correlation_m: 20_000.0, smooth_m: 3000.0 };

/// Splits a grid coordinate into a node inside `0..=count − 2` and a fraction in 0..=1; and whether it lies on the
/// grid, 1 or 0.
fn split(x: f64, count: usize) -> (usize, f64, f64) {
    let top = count.saturating_sub(2) as f64;
    let inside = if (0.0..=top + 1.0).contains(&x) { 1.0 } else { 0.0 };
    let x = if x.is_finite() { x.clamp(0.0, top + 1.0) } else { 0.0 };
    let node = libm::floor(x).min(top);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..count
    (node as usize, x - node, inside)
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
        let elevation_m = target.p_MT_M.norm() - MOON_RADIUS_M;
        return Ground { elevation_m, n_M: up, error: Relief::of(map) };
    }
    let (along_m, across_m) = track.along_across(up);
    let (i, u, on_along) = split((along_m - map.along_m_first) / map.spacing_m, MAP_ALONG);
    let middle = (MAP_ACROSS as f64 - 1.0) * 0.5;
    let (j, w, on_across) = split(across_m / map.spacing_m + middle, MAP_ACROSS);
    let at = |i: usize, j: usize| {
        f64::from(map.elevation_m.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0.0))
    };
    let (a, b, c, d) = (at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1));
    let elevation_m = (a * (1.0 - u) + b * u) * (1.0 - w) + (c * (1.0 - u) + d * u) * w;
    let slope_along = on_along * ((b - a) * (1.0 - w) + (d - c) * w) / map.spacing_m;
    let slope_across = on_across * ((c - a) * (1.0 - u) + (d - b) * u) / map.spacing_m;
    let n = up - track.along(up) * slope_along - track.across * slope_across;
    // Short of the map the lander is high, and what it is about to come over is mapped.
    let beyond = along_m > map.along_m_first + (MAP_ALONG as f64 - 1.0) * map.spacing_m;
    let error = if beyond { UNMAPPED } else { Relief::of(map) };
    Ground { elevation_m, n_M: n / libm::sqrt(n.norm_squared()), error }
}

/// Mean square of the ground's height over the map, `along_m` past the target, that the terrain bias does not
/// tell, m²: relief between the nodes. Within one spacing of the bias's place it was measured along with that, but
/// for slopes of the relief's own size a spacing.
pub fn unseen(map: &Map, along_m: f64, away_m: Option<f64>) -> f64 {
    let (i, u, _) = split((along_m - map.along_m_first) / map.spacing_m, MAP_ALONG);
    let row = if u < 0.5 { i } else { i + 1 };
    let relief_m = f64::from(map.relief_m.get(row).copied().unwrap_or(0.0));
    let share = away_m.map_or(1.0, |away_m| (away_m / map.spacing_m.max(1.0)).min(1.0));
    relief_m * relief_m * share * share
}

/// Measurements that share one error of the map at the most. Assumed.
const SHARING_MAX: f64 = 100.0;

/// What the ground `away_m` from the place of the terrain bias shares of it, and the variance of its own part, m².
///
/// - `error`: see [`Ground::error`]; so below.
pub fn shared(error: Relief, away_m: f64) -> (f64, f64) {
    let apart_m = away_m * (away_m / error.smooth_m.max(1.0)).min(1.0);
    let phi = libm::exp(-apart_m / error.correlation_m.max(1.0));
    (phi, error.sigma_m * error.sigma_m * (1.0 - phi * phi))
}

/// Measurements `travel_m` apart that see the same own part: how often its variance is to be counted.
pub fn sharing(error: Relief, travel_m: f64) -> f64 {
    (error.correlation_m.max(1.0) / travel_m.max(1.0)).clamp(1.0, SHARING_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_load::load;

    #[test]
    fn ground_further_away_shares_less_of_the_bias_and_adds_an_error_of_its_own() {
        let load = load();
        let error = Relief::of(&load.map);
        assert_eq!(shared(error, 0.0), (1.0, 0.0));
        // One correlation length away, five measurements on the way over another: φ = 1/e.
        let (phi, own) = shared(error, 1000.0);
        assert!((phi - (-1.0f64).exp()).abs() < 1e-12);
        assert!((own - 900.0 * (1.0 - (-2.0f64).exp())).abs() < 1e-9);
        assert_eq!(sharing(error, 200.0), 5.0);
    }

    #[test]
    fn unmapped_ground_is_a_slope_of_ten_degrees_near_by_and_relief_far_away() {
        for away_m in [10.0, 80.0, 250.0, 500.0] {
            let (phi, own) = shared(UNMAPPED, away_m);
            let slope_deg = libm::atan(libm::sqrt(own) / away_m).to_degrees();
            assert!(phi > 0.99 && (slope_deg - 10.4).abs() < 0.2, "{away_m} m: {slope_deg}");
        }
        assert!(shared(UNMAPPED, 1e6).1 > 0.999 * UNMAPPED.sigma_m * UNMAPPED.sigma_m);
    }

    #[test]
    fn relief_between_the_nodes_counts_where_nothing_was_measured() {
        let mut load = load();
        // The target lies 96 km past the first row, 500 m apart.
        load.map.relief_m[192] = 5.0;
        let at = |away_m| unseen(&load.map, 0.0, away_m);
        assert_eq!([at(None), at(Some(800.0)), at(Some(0.0))], [25.0, 25.0, 0.0]);
        assert!((at(Some(100.0)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn on_ground_that_rises_ahead_the_normal_leans_back() {
        let mut load = load();
        for (i, row) in load.map.elevation_m.iter_mut().enumerate() {
            *row = [50.0 * i as f32; MAP_ACROSS];
        }
        let site = crate::nav::Site::new(&load.target);
        let ground = ground(&load.map, &load.target, &site.track, true, load.target.p_MT_M);
        // 50 m in 500 m.
        let lean = -ground.n_M.dot(&site.track.forward) / ground.n_M.dot(&site.track.up);
        assert!((lean - 0.1).abs() < 1e-6, "{lean}");
    }

    #[test]
    fn beyond_its_edge_the_map_is_level() {
        let mut load = load();
        for (i, row) in load.map.elevation_m.iter_mut().enumerate() {
            *row = [50.0 * i as f32; MAP_ACROSS];
        }
        let site = crate::nav::Site::new(&load.target);
        let along_m = load.map.along_m_first + MAP_ALONG as f64 * load.map.spacing_m;
        let far = site.moved(along_m / MOON_RADIUS_M).p_MT_M;
        let ground = ground(&load.map, &load.target, &site.track, true, far);
        let up = far.si() / far.norm();
        assert!((ground.elevation_m - 50.0 * (MAP_ALONG as f64 - 1.0)).abs() < 1e-3);
        assert!((ground.n_M - up).norm() < 1e-12, "{:?}", ground.n_M);
        assert!(ground.error.sigma_m > 10.0 * load.map.sigma_m);
    }
}
