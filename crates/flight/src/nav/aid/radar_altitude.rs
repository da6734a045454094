//! Range to the nearest ground inside a wide cone, over the on-board map.
//!
//! Derived: a wide beam answers with its first echo. Let e be the direction in which it comes, n the ground's
//! normal there, c = −n·e, up the local vertical. Where the nearest ground lies inside the cone, e = −n, and
//! turning the lander changes nothing; where the cone's edge binds, e turns with the body:
//!     ∂ρ/∂p = up (n·up)/c    ∂ρ/∂b = −(n·up)/c    ∂ρ/∂θ = arm × n (inside), (arm + ρ e) × n / c (edge),
//! with b the terrain bias. Over level ground ρ is the height whatever the tilt; on a slope s it is h cos s.
//! As programmed: the axis and six rays on the rim are brought to the mapped ground, [`ITERATIONS`] times
//! each; the mean of the normals met says where the nearest ground lies; one more ray goes there, and the
//! shortest counts. Nearer than [`LEVEL_M`], or believed underground, the ground is taken as level.
//! Horizontal position enters as noise, slope × position deviation, as in [`super::slant_range`].
//! The terrain bias is that of one place, the ground below or where the rangefinder's beam meets it. The echo's
//! place, d away, shares φ = exp(−d/l) of it, the map error's correlation; its own share, σ²(1 − φ²), stays
//! the same while the place moves on by l and is therefore counted once for all pulses in that time. Between
//! nodes the map's error changes smoothly.
//! Refuses: relief below the map's spacing; it enters as the terrain bias and as noise.

use super::{EMPTY, Prediction, put, slant_range};
use crate::load::{Load, direction};
use crate::nav::Nav;
use crate::nav::covariance::{LEVER, P, TERRAIN, THETA};
use crate::nav::map;
use crate::nav::site::Site;
use crate::nav::state::Pose;
use icd::constants::MOON_RADIUS_M;
use icd::frames::Vector;
use nalgebra::Vector3;

/// Rays on the rim.
const RIM: usize = 6;
/// Steps of a ray down to the ground; each divides the error by slope × tan(incidence).
const ITERATIONS: usize = 5;
/// Least cosine to the vertical of a ray that is followed: 75°.
const COSINE_MIN: f64 = 0.25;
/// Height under which the ground is level for a radar, m.
const LEVEL_M: f64 = 2.0;
/// What relief that the map does not show does to the first echo: constant part, m, and parts that grow with
/// range, over a map and over a plain. Assumed, and held against truth by the example `ground_aids`.
const ROUGHNESS_M: f64 = 0.5;
const ROUGHNESS_PER_M: f64 = 0.005;
const PLAIN_PER_M: f64 = 0.02;

/// A ray's meeting with the ground.
#[derive(Clone, Copy)]
struct Meeting {
    range_m: f64,
    n_M: Vector3<f64>,
}

/// The ground under a radar.
struct Scene<'a> {
    load: &'a Load,
    site: &'a Site,
    nav: &'a Nav,
    a_M: Vector3<f64>,
    up_M: Vector3<f64>,
}

impl Scene<'_> {
    /// Height of a point over the believed ground, m, and the ground's normal.
    fn height(&self, p_M: Vector3<f64>) -> (f64, Vector3<f64>) {
        let load = self.load;
        let mapped = Vector::from_si(p_M + self.nav.tie_M);
        let use_map = load.faults.use_map;
        let ground = map::ground(&load.map, &load.target, &self.site.track, use_map, mapped);
        let radius_m = MOON_RADIUS_M + ground.elevation_m + self.nav.terrain_bias_m;
        (libm::sqrt(p_M.norm_squared()) - radius_m, ground.n_M)
    }

    /// Where the ray `e` meets the ground; `height_m`: of the antenna.
    fn meet(&self, e: Vector3<f64>, height_m: f64) -> Option<Meeting> {
        let fall = -e.dot(&self.up_M);
        if fall < COSINE_MIN {
            return None;
        }
        let mut range_m = height_m / fall;
        let (mut above_m, mut n_M) = (0.0, self.up_M);
        for _ in 0..ITERATIONS {
            (above_m, n_M) = self.height(self.a_M + e * range_m);
            range_m = (range_m + above_m / fall).max(0.0).min(4.0 * height_m / fall);
        }
        let met = above_m.abs() < 0.01 * range_m + 1.0;
        met.then_some(Meeting { range_m, n_M })
    }
}

/// The unit direction nearest to `aim` within the cone around `d`, and whether `aim` itself lies in it.
fn towards(aim: Vector3<f64>, d: Vector3<f64>, (sin, cos): (f64, f64)) -> (Vector3<f64>, bool) {
    let aim = aim / libm::sqrt(aim.norm_squared()).max(1e-9);
    let along = aim.dot(&d);
    if along >= cos {
        return (aim, true);
    }
    let off = aim - d * along;
    (d * cos + off * (sin / libm::sqrt(off.norm_squared()).max(1e-9)), false)
}

/// The first echo: direction, range, mean normal, whether it turns with the body, mean square of slopes.
struct First {
    e_M: Vector3<f64>,
    range_m: f64,
    n_M: Vector3<f64>,
    inside: bool,
    slope2: f64,
}

fn first(scene: &Scene<'_>, d: Vector3<f64>, half_angle_rad: f64) -> Option<First> {
    let cone = (libm::sin(half_angle_rad), libm::cos(half_angle_rad));
    let up_M = scene.up_M;
    let (height_m, n_below) = scene.height(scene.a_M);
    if height_m < LEVEL_M {
        let (e_M, inside) = towards(-up_M, d, cone);
        let fall = -e_M.dot(&up_M);
        let level = First { e_M, range_m: height_m / fall, n_M: up_M, inside, slope2: 0.0 };
        return (fall >= COSINE_MIN).then_some(level);
    }
    let aside = if d.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    let e1 = d.cross(&aside);
    let e1 = e1 / libm::sqrt(e1.norm_squared()).max(1e-9);
    let e2 = d.cross(&e1);
    let rim = |k: usize| {
        let a = core::f64::consts::TAU * k as f64 / RIM as f64;
        d * cone.1 + (e1 * libm::cos(a) + e2 * libm::sin(a)) * cone.0
    };
    let (mut sum, mut slope2, mut count) = (Vector3::zeros(), 0.0, 0.0);
    let mut nearest: Option<(Vector3<f64>, f64)> = None;
    for k in 0..=RIM {
        let e = if k == RIM { d } else { rim(k) };
        let Some(met) = scene.meet(e, height_m) else { continue };
        if nearest.is_none_or(|(_, range_m)| met.range_m < range_m) {
            nearest = Some((e, met.range_m));
        }
        let rise = met.n_M.dot(&up_M).clamp(0.1, 1.0);
        (sum, count) = (sum + met.n_M, count + 1.0);
        slope2 += 1.0 / (rise * rise) - 1.0;
    }
    let n_M = if count > 0.0 { sum } else { n_below };
    let n_M = n_M / libm::sqrt(n_M.norm_squared()).max(1e-9);
    let slope2 = slope2 / f64::max(count, 1.0);
    let (e_M, inside) = towards(-n_M, d, cone);
    let aimed = scene.meet(e_M, height_m).map(|met| met.range_m);
    match (aimed, nearest) {
        (Some(range_m), None) => Some(First { e_M, range_m, n_M, inside, slope2 }),
        (Some(range_m), Some((_, other_m))) if range_m <= other_m => {
            Some(First { e_M, range_m, n_M, inside, slope2 })
        }
        (_, Some((e_M, range_m))) => Some(First { e_M, range_m, n_M, inside: false, slope2 }),
        (None, None) => None,
    }
}

/// Predicts the range that the pulse at `pose` should return.
///
/// - `travel_m`: ground passed below since the last pulse.
/// - `None` when no ray meets ground at less than 75° from the vertical.
/// - Cost: 40 map look-ups, some 3 µs.
pub fn predict(
    load: &Load,
    site: &Site,
    nav: &Nav,
    pose: &Pose,
    travel_m: f64,
) -> Option<Prediction> {
    let unit = load.vehicle.radar_altimeter;
    let R_IB = pose.q_IB.rotation().si();
    let R_IM = load.orientation.R_IM(pose.t).si();
    let R_MI = R_IM.transpose();
    let arm_I = R_IB * (Vector3::from(unit.p_BA_B) + nav.considered.lever);
    let a_M = R_MI * (pose.p_I + arm_I);
    let up_M = a_M / libm::sqrt(a_M.norm_squared()).max(1.0);
    let d_M = R_MI * (R_IB * direction(unit.d_B).si());
    let echo = first(&Scene { load, site, nav, a_M, up_M }, d_M, unit.half_angle_rad)?;
    let cosine = -echo.n_M.dot(&echo.e_M);
    if cosine < COSINE_MIN {
        return None;
    }
    let (up_I, n_I, e_I) = (R_IM * up_M, R_IM * echo.n_M, R_IM * echo.e_M);
    let rise = echo.n_M.dot(&up_M) / cosine;
    let mut h = EMPTY;
    put(&mut h, P, up_I * rise);
    put(&mut h, LEVER, R_IB.transpose() * up_I * rise);
    let turning = if echo.inside { arm_I } else { arm_I + e_I * echo.range_m };
    put(&mut h, THETA, turning.cross(&n_I) / cosine);
    let away_m = nav.from_terrain(a_M + echo.e_M * echo.range_m).unwrap_or(0.0);
    let (phi, own) = map::shared(nav.ground_error, away_m);
    let use_map = if load.faults.use_map { 1.0 } else { 0.0 };
    let own = own * map::sharing(nav.ground_error, travel_m) * use_map;
    let value = echo.range_m + rise * (1.0 - phi) * nav.terrain_bias_m;
    if load.faults.use_map
        && let Some(slot) = h.get_mut(TERRAIN)
    {
        *slot = -rise * phi;
    }
    let per_m = if load.faults.use_map { ROUGHNESS_PER_M } else { PLAIN_PER_M };
    let [share, floor_m] = unit.sigma;
    let rough = (ROUGHNESS_M + per_m * echo.range_m) / cosine;
    let noise = share * echo.range_m;
    let slide2 = echo.slope2 * slant_range::place(nav, &R_MI, up_I) / (cosine * cosine);
    let r = noise * noise + floor_m * floor_m + rough * rough + slide2 + own * rise * rise;
    nav.carry(pose, &mut h);
    Some(Prediction { value, h, r })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{MAP_ACROSS, MAP_ALONG};
    use crate::nav::aid::jacobian;
    use crate::test_load::{flight_state, load};

    fn flat() -> Load {
        let mut load = load();
        load.map.elevation_m = [[0.0; MAP_ACROSS]; MAP_ALONG];
        load
    }

    fn height_m(load: &Load, nav: &Nav, site: &Site) -> f64 {
        let arm = Vector3::from(load.vehicle.radar_altimeter.p_BA_B);
        nav.p_MB_I.norm() - MOON_RADIUS_M + (nav.R_LB(site).si() * arm).z
    }

    #[test]
    fn over_level_ground_it_reads_the_height_until_the_vertical_leaves_the_cone() {
        let load = flat();
        for (altitude_m, tilt_rad, cosine) in [
            (1500.0, 0.0, 1.0),
            (1500.0, 0.3, 1.0),
            (1500.0, 0.75, 0.4f64.cos()),
            (80.0, 0.1, 1.0),
            (1.0, 0.1, 1.0),
        ] {
            let (nav, site) = flight_state(&load, altitude_m, tilt_rad);
            let p = predict(&load, &site, &nav, &nav.pose(), 10.0).unwrap();
            let exact = height_m(&load, &nav, &site) / cosine;
            // The ground falls away by s²/2R beyond the edge: 0.15 m.
            assert!((p.value - exact).abs() < 2e-4 * exact + 1e-3, "{} {exact}", p.value);
            let bound = p.h[THETA].hypot(p.h[THETA + 1]).hypot(p.h[THETA + 2]);
            assert!((cosine == 1.0) == (bound < 1.0), "{tilt_rad}: {bound}");
        }
    }

    #[test]
    #[allow(clippy::cast_possible_truncation)]
    fn on_a_slope_it_reads_the_foot_of_the_perpendicular() {
        let mut load = load();
        let slope: f64 = 0.1;
        for (i, row) in load.map.elevation_m.iter_mut().enumerate() {
            let along_m = load.map.along_m_first + load.map.spacing_m * i as f64;
            *row = [(slope * along_m) as f32; MAP_ACROSS];
        }
        let (nav, site) = flight_state(&load, 1500.0, 0.0);
        let p = predict(&load, &site, &nav, &nav.pose(), 10.0).unwrap();
        // The ground below lies 0.1 × 4000 m under the target.
        let above_m = height_m(&load, &nav, &site) + slope * 4000.0;
        let exact = above_m * slope.atan().cos();
        assert!((p.value - exact).abs() < 2.0, "{} {exact}", p.value);
    }

    #[test]
    fn radar_altitude_jacobian_matches_central_differences() {
        let load = flat();
        for tilt_rad in [0.2, 0.8] {
            // The bias is that of the ground below.
            let (mut nav, site) = flight_state(&load, 1500.0, tilt_rad);
            nav.move_terrain((nav.R_IM.inverse() * nav.p_MB_I).si());
            jacobian::check(&nav, &[], 2e-3, |nav| {
                predict(&load, &site, nav, &nav.pose(), 10.0).unwrap()
            });
        }
    }

    #[test]
    fn an_echo_from_further_away_shares_less_of_the_bias() {
        let load = flat();
        let (mut nav, site) = flight_state(&load, 1500.0, 0.75);
        let first = predict(&load, &site, &nav, &nav.pose(), 10.0).unwrap();
        assert!((first.h[TERRAIN] + 1.0 / 0.4f64.cos()).abs() < 1e-3, "nothing seen before");
        nav.move_terrain((nav.R_IM.inverse() * nav.p_MB_I).si());
        let away = predict(&load, &site, &nav, &nav.pose(), 10.0).unwrap();
        // 1500 m × tan 0.4, at 500 m of spacing beyond the smooth part.
        let exact = -(-1500.0 * 0.4f64.tan() / 1000.0).exp() / 0.4f64.cos();
        assert!((away.h[TERRAIN] - exact).abs() < 1e-3, "{} {exact}", away.h[TERRAIN]);
    }

    #[test]
    fn without_a_map_the_plain_at_the_targets_level_is_what_it_sees() {
        let mut load = load();
        load.faults.use_map = false;
        let (nav, site) = flight_state(&load, 3000.0, 0.0);
        let p = predict(&load, &site, &nav, &nav.pose(), 10.0).unwrap();
        assert!((p.value - 3000.0).abs() < 1.0 && p.h[TERRAIN] == 0.0, "{}", p.value);
        assert!(p.r.sqrt() > 0.02 * 3000.0);
    }

    #[test]
    fn a_beam_at_the_horizon_predicts_nothing() {
        let load = load();
        let (nav, site) = flight_state(&load, 1500.0, 2.2);
        assert!(predict(&load, &site, &nav, &nav.pose(), 10.0).is_none());
    }
}
