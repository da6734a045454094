//! Elevation grids from GeoTIFF files.
//!
//! Owns: the file format and what is refused of it. Does not own: interpolation (see
//! [`super::raster`]).
//!
//! As published, [GeoTIFF2019]: a tie point and a pixel scale place the grid; geographic grids
//! (`GTModelType` 2) are in degrees, projected ones (1) in metres with `ProjCoordTrans` 17,
//! equirectangular [Snyder1987] §12:
//!     x = R cos φ_1 (λ − λ_0) + x_0,   y = R (φ − φ_0) + y_0.
//! As programmed: the same; samples are int16, uint16, float32 or float64, one band, metres after
//! GDAL's scale and offset, above the sphere of 1737.4 km; row 0 is the northernmost.
//! Refuses, with the file's name and the number that is wrong: other bodies, other projections,
//! rotated grids, voids, elevations no place on the Moon has, grids under 4 by 4.

use super::TerrainError;
use super::raster::Raster;
use icd::constants::MOON_RADIUS_M;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

/// No place on the Moon lies further from the sphere, m: LOLA's extremes are −9.1 and +10.8 km.
const ELEVATION_M_MAX: f64 = 12_000.0;
/// A body of another radius is not the Moon: tolerated difference, m (1736.0 to 1738.1 km are in
/// use).
const RADIUS_TOLERANCE_M: f64 = 2_000.0;
const GDAL_METADATA: u16 = 42_112;
// Keys of [GeoTIFF2019].
const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const SEMI_MAJOR_AXIS: u16 = 2057;
const COORDINATE_TRANSFORMATION: u16 = 3075;
const STANDARD_PARALLEL: u16 = 3078;
const ORIGINS: [(u16, u16); 2] = [(3088, 3080), (3089, 3081)];
const FALSE_EASTING: u16 = 3082;
const FALSE_NORTHING: u16 = 3083;
const EQUIRECTANGULAR: u16 = 17;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Raster, TerrainError> {
    let unreadable = |source| TerrainError::Unreadable { file: path.into(), source };
    let file = File::open(path).map_err(unreadable)?;
    parse(BufReader::new(file), path)
}

/// Reads a file held in memory; `path` names it in errors.
pub(super) fn read_bytes(bytes: &[u8], path: &Path) -> Result<Raster, TerrainError> {
    parse(Cursor::new(bytes), path)
}

/// The metadata that place a grid.
struct Keys {
    directory: Vec<u16>,
    doubles: Vec<f64>,
}

impl Keys {
    fn entry(&self, key: u16) -> Option<&[u16]> {
        self.directory.chunks_exact(4).skip(1).find(|entry| entry[0] == key)
    }
    fn short(&self, key: u16) -> Option<u16> {
        self.entry(key).filter(|entry| entry[1] == 0).map(|entry| entry[3])
    }
    fn double(&self, key: u16) -> Option<f64> {
        let entry = self.entry(key).filter(|entry| entry[1] == Tag::GeoDoubleParamsTag.to_u16())?;
        self.doubles.get(usize::from(entry[3])).copied()
    }
}

fn parse<R: Read + Seek>(reader: R, path: &Path) -> Result<Raster, TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: path.into(), source };
    let mut decoder = Decoder::new(reader).map_err(corrupt)?;
    let (width, height) = decoder.dimensions().map_err(corrupt)?;
    let (width, height) = (width as usize, height as usize);
    if width < 4 || height < 4 {
        return Err(TerrainError::TooSmall { file: path.into(), width, height });
    }
    let keys = Keys {
        directory: shorts(&mut decoder, Tag::GeoKeyDirectoryTag, path)?,
        doubles: doubles(&mut decoder, Tag::GeoDoubleParamsTag, path)?,
    };
    let radius_m =
        keys.double(SEMI_MAJOR_AXIS).ok_or_else(|| ungeoreferenced(path, "GeogSemiMajorAxis"))?;
    let deviation_m = (radius_m - MOON_RADIUS_M).abs();
    if deviation_m > RADIUS_TOLERANCE_M || deviation_m.is_nan() {
        return Err(TerrainError::NotTheMoon { file: path.into(), radius_m });
    }
    let scale = doubles(&mut decoder, Tag::ModelPixelScaleTag, path)?;
    let tie = doubles(&mut decoder, Tag::ModelTiepointTag, path)?;
    if scale.len() < 2 {
        return Err(ungeoreferenced(path, "ModelPixelScale"));
    }
    if tie.len() != 6 {
        return Err(ungeoreferenced(path, "ModelTiepoint"));
    }
    // A tie point names the corner of a pixel unless the file says that pixels are points.
    let half = if keys.short(RASTER_TYPE) == Some(2) { 0.0 } else { 0.5 };
    let west = tie[3] + (half - tie[0]) * scale[0];
    let north = tie[4] - (half - tie[1]) * scale[1];
    let to_rad = projection(&keys, radius_m, path)?;
    let (west_rad, north_rad) = (to_rad.longitude(west), to_rad.latitude(north));
    let (step_x_rad, step_y_rad) = (scale[0] * to_rad.per_x, scale[1] * to_rad.per_y);
    let elevation_m = samples(&mut decoder, width * height, path)?;
    let raster = Raster {
        width,
        height,
        west_rad,
        north_rad,
        step_x_rad,
        step_y_rad,
        elevation_m,
        global: false,
        pyramid: OnceLock::new(),
    };
    let south_rad = north_rad - step_y_rad * (height as f64 - 1.0);
    let quarter = core::f64::consts::FRAC_PI_2;
    let fits = step_x_rad > 0.0
        && step_y_rad > 0.0
        && north_rad <= quarter
        && south_rad >= -quarter
        && west_rad.is_finite()
        && step_x_rad * width as f64 <= 4.0 * quarter + 1e-9;
    if fits {
        Ok(raster)
    } else {
        Err(TerrainError::OffTheMap {
            file: path.into(),
            north_deg: north_rad.to_degrees(),
            south_deg: south_rad.to_degrees(),
            width_deg: (step_x_rad * width as f64).to_degrees(),
        })
    }
}

/// Linear map from the file's coordinates to radians.
struct ToRadians {
    per_x: f64,
    per_y: f64,
    x_zero: f64,
    y_zero: f64,
    longitude_zero: f64,
    latitude_zero: f64,
}

impl ToRadians {
    fn longitude(&self, x: f64) -> f64 {
        self.longitude_zero + (x - self.x_zero) * self.per_x
    }
    fn latitude(&self, y: f64) -> f64 {
        self.latitude_zero + (y - self.y_zero) * self.per_y
    }
}

fn projection(keys: &Keys, radius_m: f64, path: &Path) -> Result<ToRadians, TerrainError> {
    let degree = 1.0_f64.to_radians();
    let number = |key: u16| keys.double(key).unwrap_or(0.0);
    let origin =
        |(center, natural): (u16, u16)| keys.double(center).or(keys.double(natural)).unwrap_or(0.0);
    match (keys.short(MODEL_TYPE), keys.short(COORDINATE_TRANSFORMATION)) {
        (Some(2), _) => Ok(ToRadians {
            per_x: degree,
            per_y: degree,
            x_zero: 0.0,
            y_zero: 0.0,
            longitude_zero: 0.0,
            latitude_zero: 0.0,
        }),
        (Some(1), Some(EQUIRECTANGULAR)) => Ok(ToRadians {
            per_x: 1.0 / (radius_m * libm::cos(number(STANDARD_PARALLEL) * degree)),
            per_y: 1.0 / radius_m,
            x_zero: number(FALSE_EASTING),
            y_zero: number(FALSE_NORTHING),
            longitude_zero: origin(ORIGINS[0]) * degree,
            latitude_zero: origin(ORIGINS[1]) * degree,
        }),
        (model, transformation) => Err(TerrainError::Projection {
            file: path.into(),
            model: model.unwrap_or(0),
            transformation: transformation.unwrap_or(0),
        }),
    }
}

/// The samples in metres, scaled, checked.
fn samples<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    expected: usize,
    path: &Path,
) -> Result<Vec<f32>, TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: PathBuf::from(path), source };
    let metadata = text(decoder, Tag::Unknown(GDAL_METADATA), path)?.unwrap_or_default();
    let scale = role(&metadata, "scale").unwrap_or(1.0);
    let offset = role(&metadata, "offset").unwrap_or(0.0);
    let no_data: Option<f64> = text(decoder, Tag::GdalNodata, path)?
        .and_then(|value| value.trim_end_matches('\0').trim().parse().ok());
    let raw: Vec<f64> = match decoder.read_image().map_err(corrupt)? {
        DecodingResult::I16(v) => v.into_iter().map(f64::from).collect(),
        DecodingResult::U16(v) => v.into_iter().map(f64::from).collect(),
        DecodingResult::F32(v) => v.into_iter().map(f64::from).collect(),
        DecodingResult::F64(v) => v,
        _ => return Err(TerrainError::SampleFormat { file: path.into() }),
    };
    if raw.len() != expected {
        return Err(TerrainError::Bands {
            file: path.into(),
            samples: raw.len(),
            pixels: expected,
        });
    }
    let void = |v: &&f64| !v.is_finite() || Some(**v) == no_data;
    let voids = raw.iter().filter(void).count();
    if voids > 0 {
        return Err(TerrainError::Voids { file: path.into(), voids });
    }
    let mut elevation_m = Vec::with_capacity(expected);
    for value in raw {
        let metres = value * scale + offset;
        if metres.abs() > ELEVATION_M_MAX || metres.is_nan() {
            return Err(TerrainError::Implausible {
                file: path.into(),
                elevation_m: metres,
                limit_m: ELEVATION_M_MAX,
            });
        }
        elevation_m.push(metres as f32);
    }
    Ok(elevation_m)
}

/// The number of a GDAL metadata item such as `<Item name="SCALE" sample="0"
/// role="scale">0.5</Item>`.
fn role(metadata: &str, role: &str) -> Option<f64> {
    let after = metadata.split_once(&format!("role=\"{role}\">"))?.1;
    after.split_once('<')?.0.trim().parse().ok()
}

fn doubles<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    tag: Tag,
    path: &Path,
) -> Result<Vec<f64>, TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: PathBuf::from(path), source };
    match decoder.find_tag(tag).map_err(corrupt)? {
        Some(value) => value.into_f64_vec().map_err(corrupt),
        None => Ok(Vec::new()),
    }
}

fn shorts<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    tag: Tag,
    path: &Path,
) -> Result<Vec<u16>, TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: PathBuf::from(path), source };
    match decoder.find_tag(tag).map_err(corrupt)? {
        Some(value) => value.into_u16_vec().map_err(corrupt),
        None => Err(ungeoreferenced(path, "GeoKeyDirectory")),
    }
}

fn text<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    tag: Tag,
    path: &Path,
) -> Result<Option<String>, TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: PathBuf::from(path), source };
    let value = decoder.find_tag(tag).map_err(corrupt)?;
    value.map(|value| value.into_string().map_err(corrupt)).transpose()
}

fn ungeoreferenced(path: &Path, missing: &'static str) -> TerrainError {
    TerrainError::NotGeoreferenced { file: path.into(), missing }
}
