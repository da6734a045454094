//! A file of measured elevations.
//!
//! Owns: [`Tile`] and which reader reads what. Does not own: the formats (see `geotiff`, `pds`).

use super::landform::Landform;
use super::raster::Raster;
use super::{TerrainError, geotiff, pds};
use std::path::Path;
use std::sync::Arc;

/// One regional or global grid of measured elevation. Cheap to clone: the samples are shared.
#[derive(Clone, Debug)]
pub struct Tile {
    pub(super) raster: Arc<Raster>,
    /// What it is the shape of; `None` for a file of measured elevation.
    pub(super) landform: Option<Landform>,
}

impl Tile {
    /// Opens a file by its ending: `.tif`, `.tiff` GeoTIFF; `.lbl`, `.img` PDS3 image, whose label
    /// stands beside it or at its head.
    ///
    /// - Elevations: metres above 1737.4 km (GeoTIFF), what the label says (PDS3); equirectangular or
    ///   polar stereographic on the Moon.
    /// - Cost: up to four million samples are read at once. Of larger files only the structure is:
    ///   milliseconds; their blocks are decoded when first looked at, and at most 400 MB of them
    ///   are kept in a process, see [`Tile::trouble`].
    ///
    /// # Errors
    /// [`TerrainError`], naming the file and what is wrong with it; never a panic.
    pub fn read(path: &Path) -> Result<Self, TerrainError> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let raster = match ending.as_deref() {
            Some("tif" | "tiff") => geotiff::read(path)?,
            Some("lbl" | "img") => pds::read(path)?,
            _ => return Err(TerrainError::Ending { file: path.into() }),
        };
        Ok(Self { raster: Arc::new(raster), landform: None })
    }

    /// Ground of a shape that is known, for where no file is at hand: see [`Landform`].
    ///
    /// - `seed`: how it differs from its mean with azimuth.
    /// - It stands in for the coarse global grid: any file counts before it, and what is generated
    ///   goes on top of it at every scale.
    /// - Cost: some 20 ms.
    ///
    /// # Errors
    /// Those of the coarse grid, into which it blends.
    pub fn landform(landform: Landform, seed: u64) -> Result<Self, TerrainError> {
        let raster = Arc::new(landform.raster(seed)?);
        Ok(Self { raster, landform: Some(landform) })
    }

    /// Distance of its samples along a meridian (at the pole of a polar grid), m.
    pub fn posting_m(&self) -> f64 {
        self.raster.posting_m()
    }

    /// Latitude and longitude of its middle, rad.
    pub fn middle_rad(&self) -> [f64; 2] {
        self.raster.middle_rad()
    }

    /// The smaller of its sides on the ground, m.
    pub fn side_m(&self) -> f64 {
        self.raster.side_m()
    }

    /// Whether the tile has a say at a place (its faded border included); radians.
    pub fn covers(&self, latitude_rad: f64, longitude_rad: f64) -> bool {
        self.raster.at(latitude_rad, longitude_rad).1 > 0.0
    }

    /// Elevation that this tile alone has measured, m above the sphere of 1737.4 km; `None` where
    /// it has no say. Radians. Cost: below 0.1 µs once the block is in memory.
    pub fn elevation_m(&self, latitude_rad: f64, longitude_rad: f64) -> Option<f64> {
        let (elevation_m, weight) = self.raster.at(latitude_rad, longitude_rad);
        (weight > 0.0).then_some(elevation_m)
    }

    /// An upper bound of this tile's elevations within `reach_rad` of a place, m; −∞ where it has
    /// none. Radians. See [`super::Terrain::measured_ceiling_m`].
    pub fn ceiling_m(&self, latitude_rad: f64, longitude_rad: f64, reach_rad: f64) -> f64 {
        self.raster.ceiling(latitude_rad, longitude_rad, reach_rad).elevation_m
    }

    /// What was found damaged in a large file after opening, if anything: the tile has no say
    /// there. A run that looked at such ground is worth nothing.
    pub fn trouble(&self) -> Option<Arc<TerrainError>> {
        self.raster.grid.trouble()
    }
}
