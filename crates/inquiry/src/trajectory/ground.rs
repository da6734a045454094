//! The ground as the mission knew it after the flight: what an orbiter's map shows.
//!
//! Owns: [`Ground`]: heights, where a beam meets it, how much relief it does not show. Does not own: the terrain
//! (`truth::environment`), of which it is the part that is as long as a resolution, [`RESOLUTION_M`] at the finest.
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

/// Resolution of the map, m: digital models made from stereo images and laser altimetry have posts every 60 m
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
/// Lines, points of each and their distance in resolutions, of the samples of relief.
const LINES: usize = 9;
const POINTS: usize = 40;
const SPACING: f64 = 0.25;
/// From line to line, back along the track and aside, m.
const BACK_M: f64 = 1000.0;
const ASIDE_M: f64 = 200.0;
/// Rings around a point on which relief is measured, in resolutions, and samples of each; the mean over all ground counts as so many.
const RINGS: [f64; 3] = [0.25, 0.7, 1.3];
const RING: usize = 6;
const LEAST: f64 = 4.0;
/// Share of the largest square among them that the mean square is at least: one crater makes little of a mean.
const LARGEST: f64 = 0.25;

/// The mission's ground.
pub struct Ground<'a> {
    terrain: &'a Terrain,
    /// What is shorter is not shown, m.
    pub resolution_m: f64,
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
    /// The ground's normal there, over one resolution, `M`, unit.
    pub normal_M: Vector3<f64>,
    /// Cosine between the beam, reversed, and the normal.
    pub cosine: f64,
}

impl<'a> Ground<'a> {
    /// The ground of a mission as a map of a resolution shows it.
    pub fn of(mission: &'a Mission, resolution_m: f64) -> Self {
        let stand = &mission.stand;
        let terrain = &stand.environment.terrain;
        let mut ground = Self { terrain, resolution_m, relief_m: 0.0, correlation_m: resolution_m };
        let spacing_m = SPACING * resolution_m;
        let azimuth_rad = stand.scenario.approach.azimuth_rad;
        let (mut square, mut product) = (0.0, 0.0);
        for line in 0..LINES {
            let right_m = ASIDE_M * ((line % 3) as f64 - 1.0);
            let along_m = -BACK_M * line as f64;
            let mut last_m = 0.0;
            for point in 0..POINTS {
                let at_m = along_m - spacing_m * point as f64;
                let p = ground_point(azimuth_rad, &stand.site, at_m, right_m);
                let hidden_m = ground.hidden_m(p.si());
                square += hidden_m * hidden_m;
                product += hidden_m * last_m;
                last_m = hidden_m;
            }
        }
        ground.relief_m = (square / (LINES * POINTS) as f64).sqrt();
        // The first point of a line has none before it.
        let pairs = (LINES * (POINTS - 1)) as f64 / (LINES * POINTS) as f64;
        let correlation = (product / square.max(1e-12) / pairs).clamp(0.05, 0.95);
        ground.correlation_m = -spacing_m / libm::log(correlation);
        ground
    }

    /// What the map does not show at one point, m.
    fn hidden_m(&self, p_M: Vector3<f64>) -> f64 {
        self.terrain.elevation_m(Vector::from_si(p_M), FINE_M) - self.elevation_m(p_M)
    }

    /// Root mean square of what the map does not show around a point, m: images show where craters lie, the map does not
    /// show how deep they are.
    pub fn relief_around_m(&self, p_M: Vector3<f64>) -> f64 {
        let up = p_M.normalize();
        let other = if up.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
        let a = up.cross(&other).normalize();
        let b = up.cross(&a);
        let (mut square, mut largest) = (LEAST * self.relief_m * self.relief_m, 0.0_f64);
        for (n, radius) in RINGS.into_iter().enumerate() {
            let radius_m = radius * self.resolution_m;
            for k in 0..RING {
                let angle = core::f64::consts::TAU * (k as f64 + 0.5 * n as f64) / RING as f64;
                let (sin, cos) = libm::sincos(angle);
                let hidden_m = self.hidden_m(p_M + (a * cos + b * sin) * radius_m);
                square += hidden_m * hidden_m;
                largest = largest.max(hidden_m * hidden_m);
            }
        }
        let mean = square / (LEAST + (RINGS.len() * RING) as f64);
        mean.max(LARGEST * largest).sqrt()
    }

    /// Elevation of the ground under a point, m above the sphere.
    pub fn elevation_m(&self, p_M: Vector3<f64>) -> f64 {
        let p: Vector<Position, M> = Vector::from_si(p_M);
        self.terrain.elevation_m(p, self.resolution_m)
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
    /// - `None`: within `range_m_max` it does not, or grazes it.
    pub fn meet(&self, a_M: Vector3<f64>, d_M: Vector3<f64>, range_m_max: f64) -> Option<Meeting> {
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
        let normal_M = self.normal(hit_M);
        let cosine = -normal_M.dot(&d_M);
        (cosine >= COSINE_MIN && s.is_finite()).then_some(Meeting {
            range_m: s,
            hit_M,
            normal_M,
            cosine,
        })
    }

    /// The ground's normal over one resolution, unit.
    pub fn normal(&self, p_M: Vector3<f64>) -> Vector3<f64> {
        let baseline_m = self.resolution_m;
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
