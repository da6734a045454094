//! A site looked at: its ground sampled on a square, lit as at a given time, and put in figures.
//!
//! Owns: [`Survey`] and its statistics. Does not own: the ground and the light (`truth::environment`),
//! pictures (see `picture`) and the page (see `page`).
//! As programmed: a grid of points on the site's level plane, each taken to the ground under it; slopes
//! are those of a plane through the ground over a stated baseline; shadow is asked at the ground itself.

pub mod page;
pub mod picture;
mod relief;

pub use relief::relief;

use crate::scenario::{Scenario, ScenarioError};
use crate::stand::{environment, tile};
use icd::frames::{M, Position, Vector};
use icd::time::Time;
use nalgebra::Vector3;
use rayon::prelude::*;
use std::path::Path;
use truth::environment::light::{Regolith, Sun};
use truth::environment::terrain::{FINEST_M, Terrain};
use truth::environment::{Environment, Site};

/// Baselines of slopes, m: a lander's feet, then decades.
pub const BASELINES_M: [f64; 4] = [2.6, 10.0, 100.0, 1000.0];
/// Slopes that landers are built for, degrees. Published limits: Chang'e-3 class 8° to 15°, Apollo and
/// Chandrayaan-3 12°.
pub const SLOPE_LIMITS_DEG: [f64; 3] = [8.0, 12.0, 15.0];
/// Cells above this see averages of measured ground, m: finer ones resolve every measured grid there is
/// (the finest are of 2 m and 5 m). Assumed.
const AVERAGED_M: f64 = 8.0;
/// Points along a side for the statistics of slopes.
const SLOPE_SIDE: usize = 100;

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Length of a side of the square, m.
    pub size_m: f64,
    /// Samples along a side.
    pub pixels: usize,
    /// Time of the light.
    pub t: Time,
}

/// A square of ground around a site.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What was looked at.
    pub view: View,
    /// Length of one cell, m.
    pub cell_m: f64,
    /// Elevation above the sphere of 1737.4 km, m; rows from north to south, west to east.
    pub elevation_m: Vec<f64>,
    /// Slope over two cells, rad, in the same order.
    pub slope_rad: Vec<f64>,
    /// Visible share of the Sun's disc.
    pub sunlight: Vec<f64>,
    /// Radiance factor at 1064 nm seen from above.
    pub radiance: Vec<f64>,
    /// The Sun at the centre.
    pub sun: Sun,
    /// Slopes by baseline.
    pub slopes: Vec<Slopes>,
    /// Normal albedo at 1064 nm at the centre.
    pub albedo: f64,
    /// Share of mare at the centre.
    pub mare: f64,
    /// Elevation of the site itself, m.
    pub site_elevation_m: f64,
    /// Latitude and longitude of the site, rad.
    pub place_rad: [f64; 2],
}

/// Slopes over one baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slopes {
    /// Baseline, m.
    pub baseline_m: f64,
    /// Median, 95th and 99th percentile, rad.
    pub quantiles_rad: [f64; 3],
    /// Root mean square of the tangent, as an angle, rad.
    pub rms_rad: f64,
    /// Share of the area steeper than each of [`SLOPE_LIMITS_DEG`].
    pub beyond: [f64; 3],
}

impl Slopes {
    /// Head of the table of slopes.
    pub fn head() -> Vec<String> {
        let fixed = ["baseline, m", "median, °", "95 %, °", "99 %, °", "rms, °"].map(String::from);
        let steeper = SLOPE_LIMITS_DEG.map(|limit_deg| format!("over {limit_deg}°, %"));
        fixed.into_iter().chain(steeper).collect()
    }

    /// Its row of the table.
    pub fn row(&self) -> Vec<String> {
        let angles = self.quantiles_rad.into_iter().chain([self.rms_rad]);
        core::iter::once(format!("{}", self.baseline_m))
            .chain(angles.map(|rad| format!("{:.2}", rad.to_degrees())))
            .chain(self.beyond.map(|share| format!("{:.2}", 100.0 * share)))
            .collect()
    }
}

/// One figure of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// Its value, as printed.
    pub value: String,
    /// Its unit.
    pub unit: &'static str,
}

/// Turns a scenario to a file of measured elevation: its tile, its middle as the target. Returns the
/// smaller side, m.
///
/// # Errors
/// The file cannot be read.
pub fn whole_file(scenario: &mut Scenario, file: &Path) -> Result<f64, ScenarioError> {
    let tile = tile(&scenario.path, file)?;
    scenario.terrain.tiles = vec![file.to_path_buf()];
    scenario.target_rad = tile.middle_rad();
    Ok(tile.side_m())
}

impl Survey {
    /// Looks at the ground around a scenario's target; `None` when the ephemeris does not cover the time.
    ///
    /// # Errors
    /// The scenario's Moon cannot be built.
    pub fn of(scenario: &Scenario, view: &View) -> Result<Option<Self>, ScenarioError> {
        let environment = environment(scenario)?;
        let [latitude_rad, longitude_rad] = scenario.target_rad;
        let site = Site::new(latitude_rad, longitude_rad, &environment.terrain);
        Ok(Self::new(&environment, &site, view))
    }

    /// Looks at the ground; `None` when the ephemeris does not cover the time.
    ///
    /// - `pixels` of the view: at least 3. Cost: one elevation and one ray towards the Sun a pixel, on all
    ///   cores.
    pub fn new(environment: &Environment, site: &Site, view: &View) -> Option<Self> {
        let n = view.pixels.max(3);
        let cell_m = view.size_m / (n - 1) as f64;
        let terrain = &environment.terrain;
        let point = |row: usize, column: usize| {
            let east_m = cell_m * column as f64 - 0.5 * view.size_m;
            let north_m = 0.5 * view.size_m - cell_m * row as f64;
            on_ground(site, east_m, north_m)
        };
        let sun = environment.sun(site.p_ML_M, view.t)?;
        let elevation = |k: usize| elevation_m(terrain, point(k / n, k % n), cell_m);
        let elevation_m: Vec<f64> = (0..n * n).into_par_iter().map(elevation).collect();
        let rises = rises_of_grid(&elevation_m, n, cell_m);
        let slope_rad = rises.iter().map(|[x, y]| libm::atan(libm::hypot(*x, *y))).collect();
        let light = |k: usize| environment.sunlight(point(k / n, k % n), view.t).unwrap_or(0.0);
        let sunlight: Vec<f64> = (0..n * n).into_par_iter().map(light).collect();
        let seen = |k: usize| {
            let p_MA_M = point(k / n, k % n);
            let (up, d) = (p_MA_M.si().normalize(), sun.d_M.si());
            let [east, north] = rises[k];
            let level_M = site.R_ML.si() * Vector3::new(east, north, 0.0);
            let n_M = (up - level_M).normalize();
            let (mu0, mu) = (n_M.dot(&d), n_M.dot(&up));
            let phase_rad = libm::acos(up.dot(&d).clamp(-1.0, 1.0));
            let albedo = terrain.normal_albedo(p_MA_M);
            sunlight[k] * albedo * Regolith::MEAN.relative(mu0, mu, phase_rad)
        };
        let radiance = (0..n * n).into_par_iter().map(seen).collect();
        let slopes = BASELINES_M
            .into_iter()
            .filter(|baseline_m| 2.0 * baseline_m <= view.size_m)
            .map(|baseline_m| slopes(environment, site, view.size_m, baseline_m))
            .collect();
        let (albedo, mare) = (terrain.normal_albedo(site.p_ML_M), terrain.mare_share(site.p_ML_M));
        let place_rad = [site.latitude_rad, site.longitude_rad];
        let site_elevation_m = site.elevation_m;
        let view = View { pixels: n, ..*view };
        Some(Self {
            view,
            cell_m,
            elevation_m,
            slope_rad,
            sunlight,
            radiance,
            sun,
            slopes,
            albedo,
            mare,
            site_elevation_m,
            place_rad,
        })
    }

    /// What is to be said of the square as a whole.
    pub fn figures(&self) -> Vec<Figure> {
        let figure =
            |label: &str, value: String, unit| Figure { label: label.to_string(), value, unit };
        let count = self.elevation_m.len() as f64;
        let low = self.elevation_m.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.elevation_m.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = self.elevation_m.iter().sum::<f64>() / count;
        let share = |lit: fn(&f64) -> bool| {
            format!("{:.1}", 100.0 * self.sunlight.iter().filter(|s| lit(s)).count() as f64 / count)
        };
        let degrees = |rad: f64| format!("{:.2}", rad.to_degrees());
        vec![
            figure("latitude", format!("{:.4}", self.place_rad[0].to_degrees()), "°"),
            figure("longitude, east", format!("{:.4}", self.place_rad[1].to_degrees()), "°"),
            figure("side of the square", format!("{:.3}", self.view.size_m / 1000.0), "km"),
            figure("size of a cell", format!("{:.2}", self.cell_m), "m"),
            figure("elevation at the centre", format!("{:.1}", self.site_elevation_m), "m"),
            figure("elevation, lowest", format!("{low:.1}"), "m"),
            figure("elevation, mean", format!("{mean:.1}"), "m"),
            figure("elevation, highest", format!("{high:.1}"), "m"),
            figure("normal albedo at the centre, 1064 nm", format!("{:.3}", self.albedo), ""),
            figure("share of mare at the centre", format!("{:.0}", 100.0 * self.mare), "%"),
            figure("Sun, elevation", degrees(self.sun.elevation_rad), "°"),
            figure("Sun, azimuth from north over east", degrees(self.sun.azimuth_rad), "°"),
            figure("area in full sunlight", share(|s| *s >= 1.0), "%"),
            figure("area in full shadow", share(|s| *s <= 0.0), "%"),
        ]
    }
}

/// The place east and north of a site, on its level plane.
fn on_ground(site: &Site, east_m: f64, north_m: f64) -> Vector<Position, M> {
    site.p_MA_M(Vector::new(east_m, north_m, 0.0))
}

/// Elevation of a cell: coarse cells see measured ground averaged, or a grid finer than they are
/// would alias.
fn elevation_m(terrain: &Terrain, p_MA_M: Vector<Position, M>, cell_m: f64) -> f64 {
    if cell_m > AVERAGED_M {
        terrain.overview_m(p_MA_M, cell_m)
    } else {
        terrain.elevation_m(p_MA_M, cell_m.max(FINEST_M))
    }
}

/// Rise towards east and north of each cell of a grid by central differences, one-sided at the edge.
fn rises_of_grid(elevation_m: &[f64], n: usize, cell_m: f64) -> Vec<[f64; 2]> {
    let along = |k: usize, place: usize, stride: usize| {
        let (before, after) = (usize::from(place > 0), usize::from(place + 1 < n));
        let rise_m = elevation_m[k + after * stride] - elevation_m[k - before * stride];
        rise_m / ((before + after) as f64 * cell_m)
    };
    (0..n * n).map(|k| [along(k, k % n, 1), -along(k, k / n, n)]).collect()
}

/// Statistics of slopes over one baseline, on a grid of places inside the square.
fn slopes(environment: &Environment, site: &Site, size_m: f64, baseline_m: f64) -> Slopes {
    let inside_m = size_m - baseline_m;
    let place = |k: usize| inside_m * (k as f64 / (SLOPE_SIDE - 1) as f64 - 0.5);
    let tangent = |k: usize| {
        let p_MA_M = on_ground(site, place(k % SLOPE_SIDE), place(k / SLOPE_SIDE));
        let n_M = environment.terrain.normal(p_MA_M, baseline_m).si();
        let cos = n_M.dot(&p_MA_M.si().normalize()).clamp(1e-6, 1.0);
        (1.0 - cos * cos).sqrt() / cos
    };
    let mut tangents: Vec<f64> =
        (0..SLOPE_SIDE * SLOPE_SIDE).into_par_iter().map(tangent).collect();
    tangents.sort_by(f64::total_cmp);
    let count = tangents.len();
    let quantile = |q: f64| libm::atan(tangents[((count - 1) as f64 * q) as usize]);
    let squares: f64 = tangents.iter().map(|x| x * x).sum();
    let beyond = SLOPE_LIMITS_DEG.map(|limit_deg| {
        let limit = libm::tan(limit_deg.to_radians());
        (count - tangents.partition_point(|x| *x <= limit)) as f64 / count as f64
    });
    Slopes {
        baseline_m,
        quantiles_rad: [quantile(0.5), quantile(0.95), quantile(0.99)],
        rms_rad: libm::atan((squares / count as f64).sqrt()),
        beyond,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_tilted_plane_is_its_tilt_in_every_cell() {
        let (n, cell_m) = (5, 10.0);
        let height = |k: usize| 1.5 * (k % n) as f64 - 2.0 * (k / n) as f64;
        let grid: Vec<f64> = (0..n * n).map(height).collect();
        // Rows run from north to south.
        let near = |[x, y]: &[f64; 2]| (x - 0.15).abs() < 1e-14 && (y - 0.2).abs() < 1e-14;
        assert!(rises_of_grid(&grid, n, cell_m).iter().all(near));
    }
}
