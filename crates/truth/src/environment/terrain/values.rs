//! From the numbers of a file to elevations in metres.
//!
//! Owns: scale, offset, what counts as missing, and the size a file may claim. Does not own: formats.

use super::TerrainError;
use super::grid::{BLOCK_MAX, Layout, SAMPLES_MAX, SIDE_MAX};
use super::raster::ELEVATION_M_MAX;
use std::path::{Path, PathBuf};

/// Numbers beyond this are marks of missing samples: ISIS and GDAL use those near ±3.4e38.
const SPECIAL: f64 = 1e30;

/// What the numbers of a file mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values {
    pub file: PathBuf,
    /// Elevation = number · `scale_m` + `offset_m`.
    pub scale_m: f64,
    pub offset_m: f64,
    /// Numbers that stand for no elevation.
    pub missing: Vec<f64>,
    /// Whether the numbers are floating point, which can say "missing" of themselves.
    pub floating: bool,
}

impl Values {
    /// Whether any sample can be missing.
    pub fn voids(&self) -> bool {
        self.floating || !self.missing.is_empty()
    }

    /// One elevation in metres, NaN for a missing one.
    ///
    /// # Errors
    /// [`TerrainError::Implausible`] for an elevation that no place on the Moon has.
    pub fn metres(&self, number: f64) -> Result<f32, TerrainError> {
        if number.is_nan() || number.abs() >= SPECIAL || self.missing.contains(&number) {
            return Ok(f32::NAN);
        }
        let elevation_m = number * self.scale_m + self.offset_m;
        if elevation_m.abs() <= ELEVATION_M_MAX {
            return Ok(elevation_m as f32);
        }
        Err(TerrainError::Implausible {
            file: self.file.clone(),
            elevation_m,
            limit_m: ELEVATION_M_MAX,
        })
    }
}

/// Refuses sizes that no elevation grid of the Moon has, before anything is allocated for them.
///
/// # Errors
/// [`TerrainError::TooSmall`], [`TerrainError::TooLarge`].
pub(super) fn check_size(layout: &Layout, file: &Path) -> Result<(), TerrainError> {
    let (width, height) = (layout.width, layout.height);
    if width < 4 || height < 4 {
        return Err(TerrainError::TooSmall { file: file.into(), width, height });
    }
    let block = layout.block_width.saturating_mul(layout.block_height);
    for (what, value, limit) in [
        ("columns", width, SIDE_MAX),
        ("rows", height, SIDE_MAX),
        ("samples", width.saturating_mul(height), SAMPLES_MAX),
        ("samples in a block", block, BLOCK_MAX),
    ] {
        if value > limit || value == 0 {
            return Err(TerrainError::TooLarge { file: file.into(), what, value, limit });
        }
    }
    Ok(())
}
