//! Slant range from a body-fixed beam to the ground as mapped.
//!
//! Derived: the echo comes from the point x = p + R (l + ρ u) at which up·x meets the mapped level. With
//! d = R u, w = R l + ρ d and c = −up·d, small errors obey up·(δp + θ × w) + up·d δρ = δb, hence
//!     ∂ρ/∂p = up/c    ∂ρ/∂θ = (w × up)/c    ∂ρ/∂b = −1/c    ∂ρ/∂l = Rᵀ up/c.
//! As programmed: the hit point by fixed-point iteration on the ground's height, until the range changes by
//! less than [`CLOSE_M`] or [`ITERATIONS`] times, in the map where its tie puts the hit. The map's slope is
//! no partial, neither for position nor for the tie, but noise: slope × deviation of position against the
//! map. A map of this spacing does not know its slopes well enough to locate the lander by them.
//! Refuses: relief below the map's spacing, and the tie's vertical part; both are in the terrain bias.

use super::{EMPTY, Prediction, put};
use crate::load::{Load, direction};
use crate::nav::Nav;
use crate::nav::covariance::{LEVER, P, TERRAIN, THETA, TIE};
use crate::nav::map::{self, Ground};
use crate::nav::site::Site;
use crate::nav::state::Pose;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::{Matrix3, Vector3};

/// Most fixed-point iterations for the hit point; each divides the error by slope × tan(incidence).
const ITERATIONS: usize = 5;
/// Change of the range from which on it counts as found, m: far below the rangefinder's noise.
const CLOSE_M: f64 = 1e-3;
/// Steepest incidence that is still predicted: cosine of the angle between beam and ground normal.
const COSINE_MIN: f64 = 0.25;
/// Ground roughness that one shot feels: constant part, m, and part that grows with range, over a map and
/// over a plain, which hides all relief. Prototype: 30 m of terrain noise at 3 km over a plain.
const ROUGHNESS_M: f64 = 0.2;
const ROUGHNESS_PER_M: f64 = 0.002;
const PLAIN_PER_M: f64 = 0.01;

/// Distance along `d` from `a` to the sphere of radius `radius_m`; `None` when the ray misses it.
fn to_sphere(a: Vector3<f64>, d: Vector3<f64>, radius_m: f64) -> Option<f64> {
    let b = a.dot(&d);
    let under = b * b - a.norm_squared() + radius_m * radius_m;
    let s = -b - libm::sqrt(under.max(0.0));
    (under > 0.0 && s > 0.0).then_some(s)
}

/// Variance of the horizontal place against the map, m²: position and map tie together.
pub(super) fn place(nav: &Nav, R_MI: &Matrix3<f64>, up_I: Vector3<f64>) -> f64 {
    let other = if up_I.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    let a = up_I.cross(&other);
    let a = a / libm::sqrt(a.norm_squared()).max(1e-9);
    let along = |axis: Vector3<f64>| nav.covariance.variance_of_two((P, axis), (TIE, R_MI * axis));
    along(a) + along(up_I.cross(&a))
}

/// Where the beam stands and points, at one pose.
#[derive(Clone, Copy, Debug)]
pub struct Beam {
    R_IB: Matrix3<f64>,
    R_IM: Matrix3<f64>,
    arm_I: Vector3<f64>,
    d_I: Vector3<f64>,
    a_M: Vector3<f64>,
    d_M: Vector3<f64>,
}

/// Where the beam meets the mapped ground.
#[derive(Clone, Copy, Debug)]
pub struct Meeting {
    /// The point of the ground, `M`.
    pub hit_M: Vector3<f64>,
    range_m: f64,
    ground: Ground,
    up_M: Vector3<f64>,
    up_I: Vector3<f64>,
    cosine: f64,
}

impl Beam {
    /// The beam at `pose`.
    pub fn new(load: &Load, nav: &Nav, pose: &Pose) -> Self {
        let finder = load.vehicle.rangefinder;
        let R_IB = pose.q_IB.rotation().si();
        let R_IM = load.orientation.R_IM(pose.t).si();
        let R_MI = R_IM.transpose();
        let arm_I = R_IB * (Vector3::from(finder.p_BA_B) + nav.considered.lever);
        let d_I = R_IB * direction(finder.d_B).si();
        Self { R_IB, R_IM, arm_I, d_I, a_M: R_MI * (pose.p_I + arm_I), d_M: R_MI * d_I }
    }

    /// Follows the beam to the ground; `None` when it misses it or grazes it.
    pub fn meet(&self, load: &Load, site: &Site, nav: &Nav) -> Option<Meeting> {
        let mut hit: Vector<Position, M> = Vector::from_si(self.a_M);
        let mut ground =
            Ground { elevation_m: 0.0, n_M: site.track.up, error: map::Relief::of(&load.map) };
        let mut range_m = 0.0;
        for _ in 0..ITERATIONS {
            let mapped = Vector::from_si(hit.si() + nav.tie_M);
            ground = map::ground(&load.map, &load.target, &site.track, load.faults.use_map, mapped);
            let radius_m = MOON_RADIUS_M + ground.elevation_m + nav.terrain_bias_m;
            let found_m = to_sphere(self.a_M, self.d_M, radius_m)?;
            let close = (found_m - range_m).abs() < CLOSE_M;
            range_m = found_m;
            hit = Vector::from_si(self.a_M + self.d_M * range_m);
            if close {
                break;
            }
        }
        let up_M = hit.si() / hit.norm().max(1.0);
        let up_I = self.R_IM * up_M;
        let cosine = -up_I.dot(&self.d_I);
        let meeting = Meeting { hit_M: hit.si(), range_m, ground, up_M, up_I, cosine };
        (cosine >= COSINE_MIN).then_some(meeting)
    }

    /// Range, partials and variance of the shot that was at `pose` and meets the ground `at`.
    pub fn expect(&self, load: &Load, nav: &Nav, pose: &Pose, at: &Meeting) -> Prediction {
        let Meeting { range_m, ground, up_M, up_I, cosine, .. } = *at;
        let h_p = up_I / cosine;
        let mut h = EMPTY;
        put(&mut h, P, h_p);
        put(&mut h, LEVER, self.R_IB.transpose() * h_p);
        put(&mut h, THETA, (self.arm_I + self.d_I * range_m).cross(&up_I) / cosine);
        if load.faults.use_map
            && let Some(slot) = h.get_mut(TERRAIN)
        {
            *slot = -1.0 / cosine;
        }
        nav.carry(pose, &mut h);
        let per_m = if load.faults.use_map { ROUGHNESS_PER_M } else { PLAIN_PER_M };
        let rough = (ROUGHNESS_M + per_m * range_m) / cosine;
        let sigma_m = load.vehicle.rangefinder.sigma_m;
        let mut r = sigma_m * sigma_m + rough * rough;
        if load.faults.use_map {
            let rise = ground.n_M.dot(&up_M).clamp(0.1, 1.0);
            let slope2 = (1.0 - rise * rise) / (rise * rise);
            r += slope2 * place(nav, &self.R_IM.transpose(), up_I) / (cosine * cosine);
        }
        Prediction { value: range_m, h, r }
    }
}

/// Predicts the range that the shot at `pose` should return.
///
/// - `None` when the beam misses the ground or grazes it: nothing to predict.
pub fn predict(load: &Load, site: &Site, nav: &Nav, pose: &Pose) -> Option<Prediction> {
    let beam = Beam::new(load, nav, pose);
    let at = beam.meet(load, site, nav)?;
    Some(beam.expect(load, nav, pose, &at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{MAP_ACROSS, MAP_ALONG};
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};
    use icd::frames::I;
    use icd::rotation::Quaternion;

    #[test]
    fn over_a_plain_the_range_is_height_over_cosine() {
        let mut load = load();
        load.faults.use_map = false;
        let (nav, site) = flight_state(&load, 1000.0, 0.3);
        let pose = nav.pose();
        let ahead = predict(&load, &site, &nav, &pose).unwrap();
        // The plain curves by s²/2R over the 309 m between nadir and hit: 2.7 cm.
        let arm = Vector3::from(load.vehicle.rangefinder.p_BA_B);
        let height = 1000.0 + (nav.R_LB(&site).si() * arm).z;
        assert!((ahead.value - height / 0.3f64.cos()).abs() < 0.05, "{}", ahead.value);
    }

    #[test]
    fn slant_range_jacobian_matches_central_differences() {
        let mut load = load();
        load.map.elevation_m = [[0.0; MAP_ACROSS]; MAP_ALONG];
        let (mut nav, site) = flight_state(&load, 1500.0, 0.4);
        // Off the plane of symmetry, so that no partial vanishes by chance.
        nav.p_MB_I += Vector::new(0.0, 3000.0, 0.0);
        nav.q_IB = Quaternion::<I, I>::exp(Vector3::new(0.1, -0.05, 0.3)) * nav.q_IB;
        let found = jacobian::check(&nav, &[], 2e-3, |nav| {
            predict(&load, &site, nav, &nav.pose()).unwrap()
        });
        assert_eq!(found, [0, 1, 2, 6, 7, 8, TERRAIN, LEVER, LEVER + 1, LEVER + 2]);
    }

    #[test]
    fn a_beam_above_the_horizon_predicts_nothing() {
        let load = load();
        let (nav, site) = flight_state(&load, 1500.0, 2.0);
        assert!(predict(&load, &site, &nav, &nav.pose()).is_none());
    }
}
