//! The ground as the mission knew it after the flight: what an orbiter's map shows.
//!
//! Owns: [`Ground`]: heights, where a beam meets it, how much relief it does not show. Does not own: the terrain
//! (`truth::environment`), of which it is the part that is [`RESOLUTION_M`] and longer.
//! As programmed: a ray goes down by its height over the ground, divided by how fast it can lose height over ground that
//! rises by [`STEEP`] towards it; so it does not pass through a wall. The last piece is a secant.
//! Relief that the map does not show is taken as a process with exponential correlation; its size and length are measured
//! on the mission's terrain around the site, where they are the same everywhere but for mare and highland.
//! Refuses: where the rocks lie; the ground's error over hundreds of metres (a state of the filter).

use crate::mission::Mission;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;
use rig::load::ground_point;
use truth::environment::terrain::Terrain;

/// Resolution of the map, m: digital models made from stereo images and laser altimetry have posts every 59 m
/// [Barker2016].
pub const RESOLUTION_M: f64 = 60.0;
/// Steepest ground that a ray cannot pass through, tangent.
const STEEP: f64 = 0.7;
/// A ray is that near when the last piece begins, m.
const NEAR_M: f64 = 2.0;
/// Most steps of a ray.
const STEPS: usize = 60;
/// Least cosine to the vertical of a beam that is followed.
const COSINE_MIN: f64 = 0.15;
/// Resolution at which relief counts, m: a footprint from some kilometres.
const FINE_M: f64 = 3.0;
/// Lines, points of each and their distance, m, of the samples of relief.
const LINES: usize = 9;
const POINTS: usize = 40;
const SPACING_M: f64 = 15.0;

/// The mission's ground.
pub struct Ground<'a> {
    terrain: &'a Terrain,
    /// Relief that it does not show, root mean square, m.
    pub relief_m: f64,
    /// Way over which that relief is the same, m.
    pub correlation_m: f64,
}

/// Where a beam meets the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meeting {
    /// Distance along the beam, m.
    pub range_m: f64,
    /// The point, `M`.
    pub hit_M: Vector3<f64>,
    /// The ground's normal there over the baseline asked for, `M`, unit.
    pub normal_M: Vector3<f64>,
    /// Cosine between the beam, reversed, and the normal.
    pub cosine: f64,
}

impl<'a> Ground<'a> {
    /// The ground of a mission.
    pub fn of(mission: &'a Mission) -> Self {
        let stand = &mission.stand;
        let terrain = &stand.environment.terrain;
        let mut ground = Self { terrain, relief_m: 0.0, correlation_m: RESOLUTION_M };
        let azimuth_rad = stand.scenario.approach.azimuth_rad;
        let (mut square, mut product, mut count) = (0.0, 0.0, 0.0);
        for line in 0..LINES {
            // From the site back along the track, lines a kilometre apart.
            let right_m = 200.0 * (line % 3) as f64 - 200.0;
            let along_m = -1000.0 * line as f64;
            let mut last = None;
            for point in 0..POINTS {
                let at_m = along_m - SPACING_M * point as f64;
                let p = ground_point(azimuth_rad, &stand.site, at_m, right_m);
                let hidden_m = terrain.elevation_m(p, FINE_M) - ground.elevation_m(p.si());
                square += hidden_m * hidden_m;
                if let Some(before_m) = last {
                    product += hidden_m * before_m;
                    count += 1.0;
                }
                last = Some(hidden_m);
            }
        }
        let variance = square / (LINES * POINTS) as f64;
        ground.relief_m = variance.sqrt();
        let correlation = (product / count / variance.max(1e-12)).clamp(0.05, 0.95);
        ground.correlation_m = -SPACING_M / libm::log(correlation);
        ground
    }

    /// Elevation of the ground under a point, m above the sphere.
    pub fn elevation_m(&self, p_M: Vector3<f64>) -> f64 {
        let p: Vector<Position, M> = Vector::from_si(p_M);
        self.terrain.elevation_m(p, RESOLUTION_M)
    }

    /// Height of a point over the ground, along the radius, m.
    pub fn height_m(&self, p_M: Vector3<f64>) -> f64 {
        p_M.norm() - MOON_RADIUS_M - self.elevation_m(p_M)
    }

    /// The same over ground at another resolution, m.
    pub fn height_at_m(&self, p_M: Vector3<f64>, resolution_m: f64) -> f64 {
        let p: Vector<Position, M> = Vector::from_si(p_M);
        p_M.norm() - MOON_RADIUS_M - self.terrain.elevation_m(p, resolution_m)
    }

    /// Reflectance at zero phase of the ground at a point.
    pub fn normal_albedo(&self, p_M: Vector3<f64>) -> f64 {
        self.terrain.normal_albedo(Vector::from_si(p_M))
    }

    /// Where the ray from `a_M` along the unit direction `d_M` meets the ground.
    ///
    /// - `baseline_m`: length over which the ground's slope is taken.
    /// - `None`: within `range_m_max` it does not, or grazes it.
    pub fn meet(
        &self,
        a_M: Vector3<f64>,
        d_M: Vector3<f64>,
        range_m_max: f64,
        baseline_m: f64,
    ) -> Option<Meeting> {
        let mut s = 0.0;
        let mut before: Option<(f64, f64)> = None;
        for _ in 0..STEPS {
            let p = a_M + d_M * s;
            let height_m = self.height_m(p);
            if height_m.abs() < 1e-3 {
                break;
            }
            if height_m < NEAR_M
                && let Some((last_s, last_m)) = before
            {
                // Secant; from below the ground it comes back.
                let change = last_m - height_m;
                if change.abs() < 1e-9 {
                    return None;
                }
                let next = s + height_m * (s - last_s) / change;
                before = Some((s, height_m));
                if (next - s).abs() < 1e-3 {
                    s = next;
                    break;
                }
                s = next;
                continue;
            }
            let cosine = -d_M.dot(&p) / p.norm();
            if cosine < COSINE_MIN {
                return None;
            }
            before = Some((s, height_m));
            // A beam that starts below the ground (relief that the map does not show) goes back.
            s += height_m / (cosine + STEEP * (1.0 - cosine * cosine).max(0.0).sqrt());
            if s > range_m_max {
                return None;
            }
        }
        let hit_M = a_M + d_M * s;
        let normal_M = self.normal(hit_M, baseline_m);
        let cosine = -normal_M.dot(&d_M);
        (cosine >= COSINE_MIN && s.is_finite()).then_some(Meeting {
            range_m: s,
            hit_M,
            normal_M,
            cosine,
        })
    }

    /// The ground's normal over a baseline, unit.
    pub fn normal(&self, p_M: Vector3<f64>, baseline_m: f64) -> Vector3<f64> {
        let up = p_M.normalize();
        let other = if up.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
        let a = up.cross(&other).normalize();
        let half_m = 0.5 * baseline_m;
        let rise = |axis: Vector3<f64>| {
            let step = axis * half_m;
            (self.elevation_m(p_M + step) - self.elevation_m(p_M - step)) / baseline_m
        };
        let b = up.cross(&a);
        (up - a * rise(a) - b * rise(b)).normalize()
    }
}
