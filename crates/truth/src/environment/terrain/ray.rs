//! Where a ray first meets the ground.
//!
//! Owns: the march and the bracket. Does not own: the surface.
//!
//! Sphere tracing after [Hart1996]: with c the height of the ray's point above the ground, no
//! ground can be met within
//!     s = c / (−d·up + SLOPE |d_horizontal|)
//! as long as no slope exceeds SLOPE. As programmed: far from the ground the elevation is taken at
//! a coarse resolution and c is reduced by [`Terrain::generated_bound_m`], more than what is left
//! out can rise; near it everything counts. The first step below ground is bisected.
//! Refuses: slopes above SLOPE (50°) that stand for longer than a step; at most [`EVALUATIONS_MAX`]
//! elevations are looked up, of which the last quarter stride on evenly (only rays that graze the
//! ground for many kilometres come so far).

use super::{FINEST_M, Terrain};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{Direction, M, Position, Vector};
use nalgebra::Vector3;

/// Steepest slope the march allows for, rise over run: 50°. The relief's craters reach 32° one by
/// one.
const SLOPE: f64 = 1.2;
/// Coarsest resolution of the march, m.
const COARSEST_M: f64 = 1024.0;
/// Shell above which there is no ground, m: LOLA's highest point is 10.8 km.
const CEILING_M: f64 = 12_500.0;
/// Shortest step, m.
const STEP_M_MIN: f64 = 0.3;
/// Width of the last bracket, m.
const BRACKET_M: f64 = 0.02;
/// Longest single step, m, and the turn of the vertical along it.
const STEP_M_MAX: f64 = 50_000.0;
const TURN: f64 = STEP_M_MAX / MOON_RADIUS_M;
/// Baseline of the normal at the hit, m: a lander's footprint.
const NORMAL_BASELINE_M: f64 = 4.0;
/// Most elevations looked up in one march.
pub const EVALUATIONS_MAX: usize = 512;

/// Where a ray meets the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Distance along the ray, m.
    pub range_m: f64,
    /// Outward unit normal of the ground there, over a 4 m baseline.
    pub n_M: Vector<Direction, M>,
}

impl Terrain {
    /// The first point of the ground on the ray from `p_MA_M` along the unit vector `d_M`.
    ///
    /// - `range_m_max`: nothing beyond is reported.
    /// - Returns `None` when the ray meets no ground; range 0 when it starts underground.
    /// - Accuracy 0.02 m along the ray on the surface of resolution [`FINEST_M`].
    /// - Cost: about 20 elevations for a ray 45° off the vertical from 3 km, [`EVALUATIONS_MAX`] at
    ///   most.
    pub fn ray(
        &self,
        p_MA_M: Vector<Position, M>,
        d_M: Vector<Direction, M>,
        range_m_max: f64,
    ) -> Option<Hit> {
        let (p, d) = (p_MA_M.si(), d_M.si());
        let (enter_m, leave_m) = shell(p, d)?;
        let end_m = leave_m.min(range_m_max);
        let range_m = self.march(p, d, enter_m, end_m)?;
        let n_M = self.normal(Vector::from_si(p + d * range_m), NORMAL_BASELINE_M);
        Some(Hit { range_m, n_M })
    }

    fn march(&self, p: Vector3<f64>, d: Vector3<f64>, start_m: f64, end_m: f64) -> Option<f64> {
        let (mut s_m, mut last_m, mut resolution_m) = (start_m, start_m, COARSEST_M);
        for evaluation in 0..EVALUATIONS_MAX {
            let q = p + d * s_m;
            let r_m = q.norm();
            let ground_m = self.elevation_m(Vector::from_si(q), resolution_m);
            let fine = resolution_m <= FINEST_M;
            let reserve_m = self.generated_bound_m(resolution_m);
            let clear_m = r_m - MOON_RADIUS_M - ground_m - reserve_m;
            if clear_m <= 0.0 {
                if fine {
                    return Some(self.bisect(p, d, last_m, s_m));
                }
                resolution_m = finer(0.25 * resolution_m);
                continue;
            }
            if s_m >= end_m {
                return None;
            }
            let climb = d.dot(&q) / r_m;
            let level = (1.0 - climb * climb).max(0.0).sqrt();
            let closing = (SLOPE * (level + TURN).min(1.0) - climb).max(1e-6);
            let stride_m = even_stride_m(evaluation, end_m - s_m);
            let step_m = (clear_m / closing).clamp(STEP_M_MIN, STEP_M_MAX).max(stride_m);
            last_m = s_m;
            s_m = (s_m + step_m).min(end_m);
            // What is left out may take a quarter of the clearance that will remain.
            let remaining_m = (clear_m - step_m * (-climb).max(0.0)).max(0.0);
            resolution_m = finer(remaining_m.min(COARSEST_M));
        }
        None
    }

    /// The ground between `above_m`, where the ray is above it or starts, and `below_m`.
    fn bisect(&self, p: Vector3<f64>, d: Vector3<f64>, above_m: f64, below_m: f64) -> f64 {
        let (mut above_m, mut below_m) = (above_m, below_m);
        while below_m - above_m > BRACKET_M {
            let middle_m = 0.5 * (above_m + below_m);
            if self.altitude_m(Vector::from_si(p + d * middle_m)) > 0.0 {
                above_m = middle_m;
            } else {
                below_m = middle_m;
            }
        }
        below_m
    }
}

/// Resolutions below twice the finest are the finest.
fn finer(resolution_m: f64) -> f64 {
    if resolution_m < 2.0 * FINEST_M { FINEST_M } else { resolution_m }
}

/// Nothing while evaluations abound; then what brings the march to its end in the last quarter.
fn even_stride_m(evaluation: usize, remaining_m: f64) -> f64 {
    let left = EVALUATIONS_MAX - evaluation;
    if left > EVALUATIONS_MAX / 4 { 0.0 } else { 2.0 * remaining_m / left as f64 }
}

/// Where a ray enters and leaves the shell that holds all ground; `None` when it misses it.
fn shell(p: Vector3<f64>, d: Vector3<f64>) -> Option<(f64, f64)> {
    let ceiling_m = MOON_RADIUS_M + CEILING_M;
    let (b, c) = (p.dot(&d), p.norm_squared() - ceiling_m * ceiling_m);
    let discriminant = b * b - c;
    if discriminant < 0.0 || discriminant.is_nan() {
        return None;
    }
    let root = discriminant.sqrt();
    (root - b >= 0.0).then_some(((-b - root).max(0.0), root - b))
}
