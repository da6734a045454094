//! The relief of a square of ground alone: no light, no slopes in figures.
//!
//! Owns: [`relief`]. Refuses: everything a [`super::Survey`] has beside it.

use super::picture::{Heights, Picture, median};
use super::{elevation_m, on_ground, rises_of_grid};
use crate::scenario::{Ground, ScenarioError};
use crate::stand::terrain_config;
use rayon::prelude::*;
use std::path::Path;
use truth::environment::Site;
use truth::environment::terrain::Terrain;

/// Shaded relief of a square around a place, north up.
///
/// - `ground`: as a scenario describes it; `path`: the file that does, for complaints.
/// - `place_rad`: latitude and longitude of the middle, rad; `size_m`: length of a side; `pixels` along a side, at least 3.
/// - Cost: one elevation a pixel, on all cores.
///
/// # Errors
/// A tile that cannot be read, a ground that does not exist.
pub fn relief(
    ground: &Ground,
    path: &Path,
    place_rad: [f64; 2],
    size_m: f64,
    pixels: usize,
) -> Result<Picture, ScenarioError> {
    let terrain = Terrain::new(&terrain_config(ground, path)?).map_err(|reason| {
        ScenarioError::Environment { file: path.to_path_buf(), reason: reason.into() }
    })?;
    let site = Site::new(place_rad[0], place_rad[1], &terrain);
    let side = pixels.max(3);
    let cell_m = size_m / (side - 1) as f64;
    let height = |k: usize| {
        let east_m = cell_m * (k % side) as f64 - 0.5 * size_m;
        let north_m = 0.5 * size_m - cell_m * (k / side) as f64;
        elevation_m(&terrain, on_ground(&site, east_m, north_m), cell_m)
    };
    let elevation_m: Vec<f64> = (0..side * side).into_par_iter().map(height).collect();
    let rises = rises_of_grid(&elevation_m, side, cell_m);
    let slopes: Vec<f64> = rises.iter().map(|[x, y]| libm::atan(libm::hypot(*x, *y))).collect();
    Ok(Picture::shaded(&Heights { side, cell_m, elevation_m: &elevation_m }, median(&slopes)))
}
