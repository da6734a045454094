//! What can be wrong with a terrain.

use std::path::PathBuf;

/// Why a terrain or a tile was refused.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each field is named in the message above it
pub enum TerrainError {
    /// The file is absent or may not be read.
    #[error("{}: cannot be read", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// The file is not a TIFF, is cut short, or uses a compression that is not supported.
    #[error("{}: not a readable TIFF", file.display())]
    NotATiff { file: PathBuf, source: tiff::TiffError },
    /// The file does not say where on the Moon it lies.
    #[error("{}: not georeferenced, `{missing}` is missing", file.display())]
    NotGeoreferenced { file: PathBuf, missing: &'static str },
    /// The grid belongs to another body.
    #[error("{}: a body of radius {radius_m} m is not the Moon (1737400 m)", file.display())]
    NotTheMoon { file: PathBuf, radius_m: f64 },
    /// The grid is drawn in a projection other than equirectangular.
    #[error(
        "{}: model type {model} with coordinate transformation {transformation} is neither \
         geographic (2) nor equirectangular (1 with 17)", file.display()
    )]
    Projection { file: PathBuf, model: u16, transformation: u16 },
    /// The grid leaves the map.
    #[error(
        "{}: the grid runs from {north_deg}° to {south_deg}° latitude and is {width_deg}° wide; \
         the Moon has 90° to -90° and 360°", file.display()
    )]
    OffTheMap { file: PathBuf, north_deg: f64, south_deg: f64, width_deg: f64 },
    /// The samples are of a type that is not read.
    #[error("{}: samples must be int16, uint16, float32 or float64", file.display())]
    SampleFormat { file: PathBuf },
    /// The file has several bands.
    #[error("{}: {samples} samples for {pixels} pixels; one band is needed", file.display())]
    Bands { file: PathBuf, samples: usize, pixels: usize },
    /// The grid has holes.
    #[error("{}: {voids} samples hold no elevation; fill or crop them", file.display())]
    Voids { file: PathBuf, voids: usize },
    /// An elevation that no place on the Moon has: wrong unit, wrong datum, or not elevation.
    #[error("{}: elevation {elevation_m} m lies outside ±{limit_m} m", file.display())]
    Implausible { file: PathBuf, elevation_m: f64, limit_m: f64 },
    /// The grid is too small to interpolate.
    #[error("{}: {width} x {height} samples; at least 4 x 4 are needed", file.display())]
    TooSmall { file: PathBuf, width: usize, height: usize },
    /// The surface age lies outside the chronology.
    #[error("surface age {age_gyr} Gyr lies outside 0 to {max_gyr} Gyr")]
    Age { age_gyr: f64, max_gyr: f64 },
    /// More rocks than the Moon has.
    #[error(
        "rock abundance {rock_abundance} lies outside 0 to {max} (share of the ground covered)"
    )]
    RockAbundance { rock_abundance: f64, max: f64 },
}
