//! Slant range from a body-fixed beam to the ground as mapped.
//!
//! Derived: the echo comes from the point x = p + R (l + ρ u) at which up·x meets the mapped level. With
//! d = R u, w = R l + ρ d and c = −up·d, small errors obey up·(δp + θ × w) + up·d δρ = δb, hence
//!     ∂ρ/∂p = up/c    ∂ρ/∂θ = (w × up)/c    ∂ρ/∂b = −1/c.
//! As programmed: the hit point by fixed-point iteration on the ground's height, until the range changes by
//! less than [`CLOSE_M`] or [`ITERATIONS`] times; a shot `age` s ago feels δp − δv·age. The map's slope is no
//! partial but noise, slope × position deviation: a map of this spacing does not know its slopes well
//! enough to locate the lander by them.
//! Refuses: relief below the map's spacing; it enters as the terrain bias and as noise.

use super::{EMPTY, Prediction, put};
use crate::load::{Load, direction};
use crate::nav::covariance::{P, TERRAIN, THETA, V};
use crate::nav::map::{self, Ground};
use crate::nav::site::Site;
use crate::nav::state::Pose;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;

/// Most fixed-point iterations for the hit point; each divides the error by slope × tan(incidence).
const ITERATIONS: usize = 5;
/// Change of the range from which on it counts as found, m: far below the rangefinder's noise.
const CLOSE_M: f64 = 1e-3;
/// Steepest incidence that is still predicted: cosine of the angle between beam and ground normal.
const COSINE_MIN: f64 = 0.25;
/// Ground roughness that one shot feels: constant part, m, and part that grows with range, over a map and
/// over a plain, which hides all relief. Prototype: 30 m of terrain noise at 3 km over a plain.
const ROUGHNESS_M: f64 = 0.5;
const ROUGHNESS_PER_M: f64 = 0.002;
const PLAIN_PER_M: f64 = 0.01;

/// A predicted echo and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    /// Range, partials and variance.
    pub prediction: Prediction,
    /// The point of the ground that the beam meets, `M`.
    pub hit_M: Vector3<f64>,
    /// Range that one metre of horizontal error makes on the slope there.
    pub slope_per_m: f64,
}

/// Distance along `d` from `a` to the sphere of radius `radius_m`; `None` when the ray misses it.
fn to_sphere(a: Vector3<f64>, d: Vector3<f64>, radius_m: f64) -> Option<f64> {
    let b = a.dot(&d);
    let under = b * b - a.norm_squared() + radius_m * radius_m;
    let s = -b - libm::sqrt(under.max(0.0));
    (under > 0.0 && s > 0.0).then_some(s)
}

/// Predicts the range that the shot at `pose.t` should return.
///
/// - `age_s`: how long before now the shot was. `terrain_bias_m`: the filter's own.
/// - `None` when the beam misses the ground or grazes it: nothing to predict.
pub fn predict(
    load: &Load,
    site: &Site,
    pose: &Pose,
    age_s: f64,
    terrain_bias_m: f64,
) -> Option<Echo> {
    let finder = load.vehicle.rangefinder;
    let R_IB = pose.q_IB.rotation().si();
    let R_IM = load.orientation.R_IM(pose.t);
    let R_MI = R_IM.si().transpose();
    let arm_I = R_IB * Vector3::from(finder.p_BA_B);
    let d_I = R_IB * direction(finder.d_B).si();
    let (a_M, d_M) = (R_MI * (pose.p_I + arm_I), R_MI * d_I);
    let mut hit: Vector<Position, M> = Vector::from_si(a_M);
    let mut ground = Ground { elevation_m: 0.0, n_M: site.track.up };
    let mut range_m = 0.0;
    for _ in 0..ITERATIONS {
        ground = map::ground(&load.map, &load.target, &site.track, load.faults.use_map, hit);
        let radius_m = MOON_RADIUS_M + ground.elevation_m + terrain_bias_m;
        let found_m = to_sphere(a_M, d_M, radius_m)?;
        let close = (found_m - range_m).abs() < CLOSE_M;
        range_m = found_m;
        hit = Vector::from_si(a_M + d_M * range_m);
        if close {
            break;
        }
    }
    let up_M = hit.si() / hit.norm().max(1.0);
    let up_I = R_IM.si() * up_M;
    let cosine = -up_I.dot(&d_I);
    if cosine < COSINE_MIN {
        return None;
    }
    let h_p = up_I / cosine;
    let mut h = EMPTY;
    put(&mut h, P, h_p);
    put(&mut h, V, -h_p * age_s);
    put(&mut h, THETA, (arm_I + d_I * range_m).cross(&up_I) / cosine);
    if load.faults.use_map
        && let Some(slot) = h.get_mut(TERRAIN)
    {
        *slot = -1.0 / cosine;
    }
    let rise = ground.n_M.dot(&up_M).clamp(0.1, 1.0);
    let slope = libm::sqrt(1.0 - rise * rise) / rise;
    let per_m = if load.faults.use_map { ROUGHNESS_PER_M } else { PLAIN_PER_M };
    let rough = (ROUGHNESS_M + per_m * range_m) / cosine;
    let r = finder.sigma_m * finder.sigma_m + rough * rough;
    let prediction = Prediction { value: range_m, h, r };
    Some(Echo { prediction, hit_M: hit.si(), slope_per_m: slope / cosine })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{MAP_ACROSS, MAP_ALONG};
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};

    #[test]
    fn over_a_plain_the_range_is_height_over_cosine() {
        let mut load = load();
        load.faults.use_map = false;
        let (nav, site) = flight_state(&load, 1000.0, 0.3);
        let pose = nav.pose();
        let ahead = predict(&load, &site, &pose, 0.0, 0.0).unwrap().prediction;
        // The plain curves by s²/2R over the 309 m between nadir and hit: 2.7 cm.
        let arm = Vector3::from(load.vehicle.rangefinder.p_BA_B);
        let height = 1000.0 + (nav.R_LB(&site).si() * arm).z;
        assert!((ahead.value - height / 0.3f64.cos()).abs() < 0.05, "{}", ahead.value);
    }

    #[test]
    fn slant_range_jacobian_matches_central_differences() {
        let mut load = load();
        load.map.elevation_m = [[0.0; MAP_ACROSS]; MAP_ALONG];
        let (nav, site) = flight_state(&load, 1500.0, 0.4);
        jacobian::check(&nav, &[0, 1, 2, 6, 7, 8, 18], 2e-3, |nav| {
            predict(&load, &site, &nav.pose(), 0.0, nav.terrain_bias_m).unwrap().prediction
        });
    }

    #[test]
    fn a_beam_above_the_horizon_predicts_nothing() {
        let load = load();
        let (nav, site) = flight_state(&load, 1500.0, 2.0);
        assert!(predict(&load, &site, &nav.pose(), 0.0, 0.0).is_none());
    }
}
