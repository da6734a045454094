//! Elevation grids from GeoTIFF files.
//!
//! Owns: the file format and what is refused of it. Does not own: interpolation (see
//! [`super::raster`]), which blocks are in memory (see [`super::grid`]).
//!
//! As published, [GeoTIFF2019]: a tie point and a pixel scale place the grid; geographic grids
//! (`GTModelType` 2) are in degrees, projected ones (1) in metres with `ProjCoordTrans` 17,
//! equirectangular, 15, polar stereographic, or 14, stereographic around a pole; see
//! [`super::projection`]. Samples lie in tiles or strips.
//! As programmed: the same; samples are int16, uint16, float32 or float64, one band, metres after
//! GDAL's scale and offset, above the sphere of 1737.4 km; row 0 is the northernmost, or the upper
//! one around a pole. A tile is a block; strips are taken together until a block has 16 rows. Samples
//! that GDAL's no-data value marks, and those that are no numbers, are missing.
//! Refuses, with the file's name and the number that is wrong: other bodies, other projections,
//! rotated grids, elevations no place on the Moon has, grids under 4 by 4, files cut short.

use super::TerrainError;
use super::grid::{Grid, Layout, Source};
use super::projection::Projection;
use super::raster::Raster;
use super::raw::{BLOCK, Format, Kind, Raw};
use super::values::{Values, check_size};
use icd::constants::MOON_RADIUS_M;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;
use tiff::ColorType;
use tiff::decoder::{ChunkType, Decoder, DecodingResult, DecodingSampleType, Limits};
use tiff::tags::{ByteOrder, Tag};

/// A body of another radius is not the Moon: tolerated difference, m (1736.0 to 1738.1 km are in
/// use).
pub(super) const RADIUS_TOLERANCE_M: f64 = 2_000.0;
/// Fewest rows of a block of strips: interpolation wants four at a time.
const BLOCK_ROWS_MIN: usize = 16;
/// Most bytes that one strip or tile, and one value of the header, may claim.
const CHUNK_BYTES_MAX: usize = 128 << 20;
const HEADER_BYTES_MAX: usize = 16 << 20;
const GDAL_METADATA: u16 = 42_112;
// Keys of [GeoTIFF2019].
const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const SEMI_MAJOR_AXIS: u16 = 2057;
const COORDINATE_TRANSFORMATION: u16 = 3075;
const STANDARD_PARALLEL: u16 = 3078;
/// Longitude and latitude of the projection's origin: center, natural.
const ORIGINS: [(u16, u16); 2] = [(3088, 3080), (3089, 3081)];
const FALSE_EASTING: u16 = 3082;
const FALSE_NORTHING: u16 = 3083;
const POLE_SCALE: u16 = 3092;
const POLE_LONGITUDE: u16 = 3095;
const STEREOGRAPHIC: u16 = 14;
const POLAR_STEREOGRAPHIC: u16 = 15;
const EQUIRECTANGULAR: u16 = 17;

/// Opens a file.
pub(super) fn read(path: &Path) -> Result<Raster, TerrainError> {
    let unreadable = |source| TerrainError::Unreadable { file: path.into(), source };
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    parse(BufReader::new(file), bytes, path)
}

/// Opens a file held in memory; `path` names it in errors.
pub(super) fn read_bytes(bytes: &'static [u8], path: &Path) -> Result<Raster, TerrainError> {
    parse(Cursor::new(bytes), bytes.len() as u64, path)
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

pub(super) fn parse<R: Read + Seek + Send + 'static>(
    mut reader: R,
    bytes: u64,
    path: &Path,
) -> Result<Raster, TerrainError> {
    let mut decoder = decoder(&mut reader, path)?;
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
    let corner = corner(&mut decoder, &keys, path)?;
    let projection = projection(&keys, &corner, radius_m, path)?;
    let structure = structure(&mut decoder, bytes, path)?;
    let (values, format) = values(&mut decoder, path)?;
    let voids = values.voids();
    let lines = lines(&mut decoder, &structure, format, path)?;
    projection.check(structure.layout.width, structure.layout.height, path)?;
    let (layout, source): (_, Box<dyn Source>) = match lines {
        Some(lines) => {
            let layout = Layout { block_width: BLOCK, block_height: BLOCK, ..structure.layout };
            (layout, Box::new(Raw { reader, lines, layout, format, values }))
        }
        None => {
            let decoder = self::decoder(reader, path)?;
            (structure.layout, Box::new(Tiff { decoder, structure, values }))
        }
    };
    Raster::new(Grid::open(layout, source, voids)?, projection, path)
}

fn decoder<R: Read + Seek>(mut reader: R, path: &Path) -> Result<Decoder<R>, TerrainError> {
    reader.rewind().map_err(|source| TerrainError::Unreadable { file: path.into(), source })?;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = CHUNK_BYTES_MAX;
    limits.intermediate_buffer_size = CHUNK_BYTES_MAX;
    limits.ifd_value_size = HEADER_BYTES_MAX;
    let decoder = Decoder::new(reader)
        .map_err(|source| TerrainError::NotATiff { file: path.into(), source })?;
    Ok(decoder.with_limits(limits))
}

/// Centre of the first pixel and size of all, in the units of the file.
struct Corner {
    x: f64,
    y: f64,
    step_x: f64,
    step_y: f64,
}

fn corner<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    keys: &Keys,
    path: &Path,
) -> Result<Corner, TerrainError> {
    let scale = doubles(decoder, Tag::ModelPixelScaleTag, path)?;
    let tie = doubles(decoder, Tag::ModelTiepointTag, path)?;
    let &[step_x, step_y, ..] = &scale[..] else {
        return Err(ungeoreferenced(path, "ModelPixelScale"));
    };
    let &[column, row, _, x, y, _] = &tie[..] else {
        return Err(ungeoreferenced(path, "ModelTiepoint"));
    };
    // A tie point names the corner of a pixel unless the file says that pixels are points.
    let half = if keys.short(RASTER_TYPE) == Some(2) { 0.0 } else { 0.5 };
    let (x, y) = (x + (half - column) * step_x, y - (half - row) * step_y);
    Ok(Corner { x, y, step_x, step_y })
}

fn projection(
    keys: &Keys,
    corner: &Corner,
    radius_m: f64,
    path: &Path,
) -> Result<Projection, TerrainError> {
    let degree = 1.0_f64.to_radians();
    let number = |key: u16| keys.double(key).unwrap_or(0.0);
    let origin = |(center, natural): (u16, u16)| keys.double(center).or(keys.double(natural));
    let cylindrical = |west_rad, north_rad, per_x: f64, per_y: f64| Projection::Cylindrical {
        west_rad,
        north_rad,
        step_x_rad: corner.step_x * per_x,
        step_y_rad: corner.step_y * per_y,
    };
    let (x, y) = (corner.x - number(FALSE_EASTING), corner.y - number(FALSE_NORTHING));
    let latitude_deg = origin(ORIGINS[1]);
    let model = keys.short(MODEL_TYPE);
    match (model, keys.short(COORDINATE_TRANSFORMATION)) {
        (Some(2), _) => Ok(cylindrical(corner.x * degree, corner.y * degree, degree, degree)),
        (Some(1), Some(EQUIRECTANGULAR)) => {
            let per_x = 1.0 / (radius_m * libm::cos(number(STANDARD_PARALLEL) * degree));
            let per_y = 1.0 / radius_m;
            let east_rad = origin(ORIGINS[0]).unwrap_or(0.0) * degree;
            let up_rad = latitude_deg.unwrap_or(0.0) * degree;
            Ok(cylindrical(east_rad + x * per_x, up_rad + y * per_y, per_x, per_y))
        }
        (Some(1), Some(kind @ (STEREOGRAPHIC | POLAR_STEREOGRAPHIC))) => {
            let latitude_deg = latitude_deg.or(keys.double(STANDARD_PARALLEL)).unwrap_or(0.0);
            let pole = kind == POLAR_STEREOGRAPHIC || latitude_deg.abs() == 90.0;
            let square = (corner.step_x - corner.step_y).abs() <= 1e-6 * corner.step_x.abs();
            if !pole || latitude_deg == 0.0 || !square {
                return Err(TerrainError::NotPolar {
                    file: path.into(),
                    latitude_deg,
                    step_x_m: corner.step_x,
                    step_y_m: corner.step_y,
                });
            }
            let scale = keys.double(POLE_SCALE).unwrap_or(1.0)
                * 0.5
                * (1.0 + libm::sin(latitude_deg.abs() * degree));
            let east_deg = keys.double(POLE_LONGITUDE).or(origin(ORIGINS[0])).unwrap_or(0.0);
            Ok(Projection::Polar {
                north: latitude_deg > 0.0,
                longitude_rad: east_deg * degree,
                pole_column: -x / corner.step_x,
                pole_row: y / corner.step_y,
                per_unit: 2.0 * radius_m * scale / corner.step_x,
            })
        }
        (model, transformation) => Err(TerrainError::Projection {
            file: path.into(),
            model: model.unwrap_or(0),
            transformation: transformation.unwrap_or(0),
        }),
    }
}

/// How the samples lie in the file.
struct Structure {
    layout: Layout,
    /// Strips that make a block; 0 for tiles.
    strips: usize,
    /// Rows of a strip or tile.
    rows: usize,
    /// Where each strip or tile begins, and how many bytes it has.
    chunks: Vec<(u64, u64)>,
}

/// Every strip or tile must lie inside the file of `bytes`.
fn structure<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    bytes: u64,
    path: &Path,
) -> Result<Structure, TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: path.into(), source };
    let (width, height) = decoder.dimensions().map_err(corrupt)?;
    let (width, height) = (width as usize, height as usize);
    let tiled = decoder.get_chunk_type() == ChunkType::Tile;
    let (offsets, counts, block) = if tiled {
        (Tag::TileOffsets, Tag::TileByteCounts, [Tag::TileWidth, Tag::TileLength])
    } else {
        (Tag::StripOffsets, Tag::StripByteCounts, [Tag::ImageWidth, Tag::RowsPerStrip])
    };
    let side = |decoder: &mut Decoder<R>, tag: Tag, default: usize| {
        let found = decoder.find_tag_unsigned::<u64>(tag).map_err(corrupt)?;
        Ok(found.map_or(default, |n| usize::try_from(n).unwrap_or(usize::MAX)))
    };
    let block_width = side(decoder, block[0], width)?;
    let rows = side(decoder, block[1], height)?;
    let rows = if tiled { rows } else { rows.min(height) };
    // Strips of few rows go together in blocks of sixteen.
    let strips = if tiled { 0 } else { BLOCK_ROWS_MIN.div_ceil(rows.max(1)) };
    let block_height = rows.saturating_mul(strips.max(1));
    let layout = Layout { width, height, block_width, block_height };
    check_size(&layout, path)?;
    let offsets: Vec<u64> = decoder.get_tag_u64_vec(offsets).map_err(corrupt)?;
    let counts: Vec<u64> = decoder.get_tag_u64_vec(counts).map_err(corrupt)?;
    let needed = width.div_ceil(block_width) * height.div_ceil(rows);
    if offsets.len() != needed || counts.len() != needed {
        return Err(TerrainError::Bands { file: path.into(), found: offsets.len(), needed });
    }
    let chunks: Vec<(u64, u64)> = offsets.into_iter().zip(counts).collect();
    match chunks.iter().map(|(from, n)| from.saturating_add(*n)).max() {
        Some(needed) if needed > bytes => {
            Err(TerrainError::CutShort { file: path.into(), bytes, needed })
        }
        _ => Ok(Structure { layout, strips, rows, chunks }),
    }
}

/// Where each line begins when strips are not compressed, so that parts of them can be read.
fn lines<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    structure: &Structure,
    format: Format,
    path: &Path,
) -> Result<Option<Vec<u64>>, TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: path.into(), source };
    let compression = decoder.find_tag_unsigned::<u16>(Tag::Compression).map_err(corrupt)?;
    let predictor = decoder.find_tag_unsigned::<u16>(Tag::Predictor).map_err(corrupt)?;
    if structure.strips == 0 || compression.unwrap_or(1) != 1 || predictor.unwrap_or(1) != 1 {
        return Ok(None);
    }
    let Layout { width, height, .. } = structure.layout;
    let line = (width * format.bytes()) as u64;
    let mut lines = Vec::with_capacity(height);
    for (strip, &(from, bytes)) in structure.chunks.iter().enumerate() {
        let rows = structure.rows.min(height - strip * structure.rows) as u64;
        if bytes < rows * line {
            let needed = from + rows * line;
            return Err(TerrainError::CutShort { file: path.into(), bytes, needed });
        }
        lines.extend((0..rows).map(|row| from + row * line));
    }
    Ok(Some(lines))
}

/// What the numbers mean, and how they are written.
fn values<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    path: &Path,
) -> Result<(Values, Format), TerrainError> {
    let corrupt = |source| TerrainError::NotATiff { file: path.into(), source };
    let other = || TerrainError::SampleFormat { file: path.into() };
    if !matches!(decoder.colortype().map_err(corrupt)?, ColorType::Gray(_)) {
        return Err(other());
    }
    let kind = decoder.image_chunk_buffer_layout(0).map_err(corrupt)?.sample_type;
    let kind = match kind {
        Some(DecodingSampleType::I16) => Kind::I16,
        Some(DecodingSampleType::U16) => Kind::U16,
        Some(DecodingSampleType::F32) => Kind::F32,
        Some(DecodingSampleType::F64) => Kind::F64,
        _ => return Err(other()),
    };
    let format = Format { kind, big_endian: decoder.byte_order() == ByteOrder::BigEndian };
    let floating = format.floating();
    let metadata = text(decoder, Tag::Unknown(GDAL_METADATA), path)?.unwrap_or_default();
    let scale_m = role(&metadata, "scale").unwrap_or(1.0);
    let offset_m = role(&metadata, "offset").unwrap_or(0.0);
    for (key, value) in [("scale", scale_m), ("offset", offset_m)] {
        if !value.is_finite() || (key == "scale" && value == 0.0) {
            return Err(TerrainError::Placement { file: path.into(), key, value });
        }
    }
    let no_data: Option<f64> = text(decoder, Tag::GdalNodata, path)?
        .and_then(|value| value.trim_end_matches('\0').trim().parse().ok());
    let mut missing: Vec<f64> = no_data.into_iter().collect();
    // A single-precision file cannot hold all digits of a number written out.
    missing.extend(no_data.map(|value| f64::from(value as f32)).filter(|_| floating));
    Ok((Values { file: path.into(), scale_m, offset_m, missing, floating }, format))
}

/// An open file whose strips or tiles have to be decoded.
struct Tiff<R: Read + Seek> {
    decoder: Decoder<R>,
    structure: Structure,
    values: Values,
}

impl<R: Read + Seek + Send> Source for Tiff<R> {
    fn read(&mut self, column: usize, row: usize) -> Result<Vec<f32>, TerrainError> {
        let (layout, strips) = (self.structure.layout, self.structure.strips);
        let (width, height) = layout.clipped(column, row);
        let needed = width * height;
        let mut samples = Vec::with_capacity(needed);
        let across = layout.width.div_ceil(layout.block_width);
        let first = if strips == 0 { row * across + column } else { row * strips };
        for chunk in first..first + strips.max(1) {
            if samples.len() < needed {
                self.chunk(chunk, &mut samples)?;
            }
        }
        if samples.len() == needed {
            return Ok(samples);
        }
        let found = samples.len();
        Err(TerrainError::Bands { file: self.values.file.clone(), found, needed })
    }
}

impl<R: Read + Seek> Tiff<R> {
    fn chunk(&mut self, chunk: usize, samples: &mut Vec<f32>) -> Result<(), TerrainError> {
        let values = &self.values;
        let corrupt = |source| TerrainError::NotATiff { file: values.file.clone(), source };
        let chunk = u32::try_from(chunk).unwrap_or(u32::MAX);
        let mut take = |number: f64| values.metres(number).map(|z| samples.push(z));
        match self.decoder.read_chunk(chunk).map_err(corrupt)? {
            DecodingResult::I16(v) => v.into_iter().try_for_each(|n| take(f64::from(n))),
            DecodingResult::U16(v) => v.into_iter().try_for_each(|n| take(f64::from(n))),
            DecodingResult::F32(v) => v.into_iter().try_for_each(|n| take(f64::from(n))),
            DecodingResult::F64(v) => v.into_iter().try_for_each(&mut take),
            _ => Err(TerrainError::SampleFormat { file: values.file.clone() }),
        }
    }
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
    let corrupt = |source| TerrainError::NotATiff { file: path.into(), source };
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
    let corrupt = |source| TerrainError::NotATiff { file: path.into(), source };
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
    let corrupt = |source| TerrainError::NotATiff { file: path.into(), source };
    let value = decoder.find_tag(tag).map_err(corrupt)?;
    value.map(|value| value.into_string().map_err(corrupt)).transpose()
}

fn ungeoreferenced(path: &Path, missing: &'static str) -> TerrainError {
    TerrainError::NotGeoreferenced { file: path.into(), missing }
}
