//! Elevation grids from PDS3 images: how LOLA's, SLDEM2015's and LROC's are archived.
//!
//! Owns: which keywords place and scale an image, and what is refused of it. Does not own: the
//! language of labels (see [`super::label`]), which blocks are in memory (see [`super::grid`]).
//!
//! As published, with line and sample of the first pixel's centre 0: [LOLAMAP] for
//! `SIMPLE CYLINDRICAL`,
//!     sample = SAMPLE_PROJECTION_OFFSET + MAP_RESOLUTION (λ − CENTER_LONGITUDE),
//!     line = LINE_PROJECTION_OFFSET − MAP_RESOLUTION (φ − CENTER_LATITUDE);
//! [LOLAPOLAR] for `POLAR STEREOGRAPHIC`, true to scale at the pole; [LROCMAP] for
//! `EQUIRECTANGULAR`, x = R (λ − CENTER_LONGITUDE) cos CENTER_LATITUDE, y = R φ, in units of
//! `MAP_SCALE`. A number stands for number · `SCALING_FACTOR` + `OFFSET`, which is a radius where the
//! offset is about the Moon's and else a height above `A_AXIS_RADIUS`.
//! As programmed: the same; samples are `LSB_INTEGER` or `MSB_INTEGER` of 16 bits, `PC_REAL` or
//! `IEEE_REAL` of 32, in `METER` or `KILOMETER` (without a unit: metres). The label stands beside
//! the image or at its head.
//! Refuses, with key and value: other projections and sample types, several bands, prefixes, labels
//! whose latitudes are not those of their grid, images that are shorter than their labels say.

use super::TerrainError;
use super::geotiff::RADIUS_TOLERANCE_M;
use super::grid::{Grid, Layout};
use super::label::{Label, Value};
use super::projection::Projection;
use super::raster::Raster;
use super::raw::{BLOCK, Format, Kind, Raw};
use super::values::{Values, check_size};
use icd::constants::MOON_RADIUS_M;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

/// What is read of a file in search of its label, bytes. LROC's heads are a line of the image long.
const LABEL_BYTES_MAX: u64 = 1 << 20;
/// A grid's edge may differ from the label's latitude by so much, degrees, besides two pixels:
/// labels round.
const LATITUDE_TOLERANCE_DEG: f64 = 0.01;
const IMAGE: &str = "IMAGE";
const MAP: &str = "IMAGE_MAP_PROJECTION";
/// Keys for numbers that stand for no elevation.
const MISSING: [&str; 3] = ["MISSING_CONSTANT", "CORE_NULL", "NULL_CONSTANT"];

/// Opens a file: a label, or an image whose label stands beside it or at its head.
pub(super) fn read(path: &Path) -> Result<Raster, TerrainError> {
    let is_label = |p: &Path| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("lbl"));
    let label_path = if is_label(path) {
        path.into()
    } else {
        let beside = ["lbl", "LBL"].map(|ending| path.with_extension(ending));
        beside.into_iter().find(|p| p.is_file()).unwrap_or_else(|| path.into())
    };
    let unreadable = |file: &Path| {
        let file = PathBuf::from(file);
        move |source| TerrainError::Unreadable { file, source }
    };
    let mut head = Vec::new();
    let file = File::open(&label_path).map_err(unreadable(&label_path))?;
    file.take(LABEL_BYTES_MAX).read_to_end(&mut head).map_err(unreadable(&label_path))?;
    let label = Label::parse(&String::from_utf8_lossy(&head));
    let pointer = Pointer::of(&label, &label_path)?;
    let image_path = match &pointer.name {
        // An image named on the command line is the one that is meant.
        Some(_) if !is_label(path) => path.into(),
        Some(name) => {
            let written = [name.clone(), name.to_lowercase(), name.to_uppercase()];
            let found = written.map(|name| label_path.with_file_name(name));
            found.iter().find(|p| p.is_file()).unwrap_or(&found[0]).clone()
        }
        None => label_path.clone(),
    };
    let image = File::open(&image_path).map_err(unreadable(&image_path))?;
    let bytes = image.metadata().map_err(unreadable(&image_path))?.len();
    parse(&label, pointer.start, image, bytes, &label_path, &image_path)
}

/// Where an image begins.
pub(super) struct Pointer {
    name: Option<String>,
    /// Bytes before it.
    pub start: u64,
}

impl Pointer {
    /// `^IMAGE`: a file, a record or byte counted from 1, or both.
    pub fn of(label: &Label, file: &Path) -> Result<Self, TerrainError> {
        let key = "^IMAGE";
        let value = label.get("", key).or_else(|| label.get("UNCOMPRESSED_FILE", key));
        let value = value.ok_or_else(|| lacks(key, file))?;
        let mut pointer = Self { name: None, start: 0 };
        for item in value.items() {
            match item.number() {
                Some(at) => {
                    let record = match item.unit.as_deref() {
                        Some("BYTES") => 1.0,
                        _ => number(label, "", "RECORD_BYTES", file)?,
                    };
                    let start = (at - 1.0) * record;
                    // Up to 2^53 bytes are counted exactly.
                    if !(at >= 1.0 && record >= 1.0 && start < 9e15) {
                        return Err(wrong(key, value, "a record or byte from 1 on", file));
                    }
                    pointer.start = start as u64;
                }
                // The file lies beside its label: no folders, wherever they lead.
                None => {
                    let name = Path::new(&item.text).file_name();
                    pointer.name = name.map(|n| n.to_string_lossy().into_owned());
                }
            }
        }
        Ok(pointer)
    }
}

/// Opens an image of `bytes`, of which `start` come before the samples.
pub(super) fn parse<R: Read + Seek + Send + 'static>(
    label: &Label,
    start: u64,
    image: R,
    bytes: u64,
    label_path: &Path,
    image_path: &Path,
) -> Result<Raster, TerrainError> {
    let size = |key| count(label, key, label_path);
    let (width, height) = (size("LINE_SAMPLES")?, size("LINES")?);
    let layout = Layout { width, height, block_width: BLOCK, block_height: BLOCK };
    check_size(&layout, label_path)?;
    for (key, only) in [("BANDS", 1.0), ("LINE_PREFIX_BYTES", 0.0), ("LINE_SUFFIX_BYTES", 0.0)] {
        if let Some(value) = label.get(IMAGE, key).filter(|v| v.number() != Some(only)) {
            return Err(wrong(key, value, "one band without prefixes is read", label_path));
        }
    }
    let format = format(label, label_path)?;
    let needed = start + (width * height * format.bytes()) as u64;
    if needed > bytes {
        return Err(TerrainError::CutShort { file: image_path.into(), bytes, needed });
    }
    let radius_m = radius_m(label, label_path)?;
    let projection = projection(label, radius_m, label_path)?;
    projection.check(width, height, label_path)?;
    check_latitudes(label, &projection, height, label_path)?;
    let values = Values { file: image_path.into(), ..values(label, format, radius_m, label_path)? };
    let voids = values.voids();
    let line = (width * format.bytes()) as u64;
    let lines = (0..height as u64).map(|row| start + row * line).collect();
    let source = Raw { reader: image, lines, layout, format, values };
    Raster::new(Grid::open(layout, Box::new(source), voids)?, projection, label_path)
}

/// How samples are written.
fn format(label: &Label, file: &Path) -> Result<Format, TerrainError> {
    let (key, bits_key) = ("SAMPLE_TYPE", "SAMPLE_BITS");
    let said = label.get(IMAGE, key).ok_or_else(|| lacks(key, file))?;
    let (kind, big_endian) = match said.text.to_ascii_uppercase().as_str() {
        "LSB_INTEGER" => (Kind::I16, false),
        "MSB_INTEGER" => (Kind::I16, true),
        "PC_REAL" => (Kind::F32, false),
        "IEEE_REAL" => (Kind::F32, true),
        _ => {
            let wanted = "LSB_INTEGER, MSB_INTEGER, PC_REAL and IEEE_REAL are read";
            return Err(wrong(key, said, wanted, file));
        }
    };
    let format = Format { kind, big_endian };
    let bits = label.get(IMAGE, bits_key).ok_or_else(|| lacks(bits_key, file))?;
    if bits.number() == Some(8.0 * format.bytes() as f64) {
        return Ok(format);
    }
    Err(wrong(bits_key, bits, "integers of 16 and reals of 32 bits are read", file))
}

fn values(
    label: &Label,
    format: Format,
    radius_m: f64,
    file: &Path,
) -> Result<Values, TerrainError> {
    let key = "UNIT";
    let unit_m = match label.get(IMAGE, key) {
        None => 1.0,
        Some(unit) => match unit.text.to_ascii_uppercase().as_str() {
            "METER" | "METERS" | "M" => 1.0,
            "KILOMETER" | "KILOMETERS" | "KM" => 1000.0,
            _ => return Err(wrong(key, unit, "METER and KILOMETER are read", file)),
        },
    };
    let optional = |key, default| match label.get(IMAGE, key) {
        None => Ok(default),
        Some(_) => number(label, IMAGE, key, file),
    };
    let (scale_m, offset_m) =
        (optional("SCALING_FACTOR", 1.0)? * unit_m, optional("OFFSET", 0.0)? * unit_m);
    if scale_m == 0.0 {
        return Err(TerrainError::Placement {
            file: file.into(),
            key: "SCALING_FACTOR",
            value: 0.0,
        });
    }
    let is_radius = (offset_m - MOON_RADIUS_M).abs() <= RADIUS_TOLERANCE_M;
    let zero_m = if is_radius { 0.0 } else { radius_m };
    let floating = format.floating();
    let mut missing = Vec::new();
    for value in MISSING.into_iter().filter_map(|key| label.get(IMAGE, key)) {
        match value.bits() {
            Some(bits) if floating => missing.push(f64::from(f32::from_bits(bits as u32))),
            Some(bits) => missing.push(f64::from(bits as u16 as i16)),
            None => missing.extend(value.number()),
        }
    }
    missing.retain(|x| x.is_finite());
    let offset_m = offset_m + zero_m - MOON_RADIUS_M;
    Ok(Values { file: file.into(), scale_m, offset_m, missing, floating })
}

fn radius_m(label: &Label, file: &Path) -> Result<f64, TerrainError> {
    let radius_m = length_m(label, "A_AXIS_RADIUS", 1000.0, file)?;
    if (radius_m - MOON_RADIUS_M).abs() <= RADIUS_TOLERANCE_M {
        return Ok(radius_m);
    }
    Err(TerrainError::NotTheMoon { file: file.into(), radius_m })
}

fn projection(label: &Label, radius_m: f64, file: &Path) -> Result<Projection, TerrainError> {
    let degree = 1.0_f64.to_radians();
    let of = |key| number(label, MAP, key, file);
    let key = "POSITIVE_LONGITUDE_DIRECTION";
    if let Some(value) = label.get(MAP, key).filter(|v| !v.text.eq_ignore_ascii_case("EAST")) {
        return Err(wrong(key, value, "EAST is read", file));
    }
    let key = "MAP_PROJECTION_ROTATION";
    if let Some(value) = label.get(MAP, key).filter(|v| v.number() != Some(0.0)) {
        return Err(wrong(key, value, "maps that are not rotated are read", file));
    }
    let (east_rad, center_deg) = (of("CENTER_LONGITUDE")? * degree, of("CENTER_LATITUDE")?);
    let (line, sample) = (of("LINE_PROJECTION_OFFSET")?, of("SAMPLE_PROJECTION_OFFSET")?);
    let key = "MAP_PROJECTION_TYPE";
    let kind = label.get(MAP, key).ok_or_else(|| lacks(key, file))?;
    match kind.text.to_ascii_uppercase().replace('_', " ").as_str() {
        "SIMPLE CYLINDRICAL" => {
            let step_rad = degree / of("MAP_RESOLUTION")?;
            Ok(Projection::Cylindrical {
                west_rad: east_rad - sample * step_rad,
                north_rad: center_deg * degree + line * step_rad,
                step_x_rad: step_rad,
                step_y_rad: step_rad,
            })
        }
        "EQUIRECTANGULAR" => {
            let step_rad = length_m(label, "MAP_SCALE", f64::NAN, file)? / radius_m;
            let step_x_rad = step_rad / libm::cos(center_deg * degree);
            Ok(Projection::Cylindrical {
                west_rad: east_rad - sample * step_x_rad,
                north_rad: line * step_rad,
                step_x_rad,
                step_y_rad: step_rad,
            })
        }
        "POLAR STEREOGRAPHIC" if center_deg.abs() == 90.0 => Ok(Projection::Polar {
            north: center_deg > 0.0,
            longitude_rad: east_rad,
            pole_column: sample,
            pole_row: line,
            per_unit: 2.0 * radius_m / length_m(label, "MAP_SCALE", f64::NAN, file)?,
        }),
        _ => {
            let wanted = "SIMPLE CYLINDRICAL, EQUIRECTANGULAR and POLAR STEREOGRAPHIC around a \
                          pole are read";
            Err(wrong(key, kind, wanted, file))
        }
    }
}

/// The edges of a cylindrical grid must be where the label says the map ends.
fn check_latitudes(
    label: &Label,
    projection: &Projection,
    height: usize,
    file: &Path,
) -> Result<(), TerrainError> {
    let Projection::Cylindrical { north_rad, step_y_rad, .. } = *projection else {
        return Ok(());
    };
    let edge_rad = north_rad + 0.5 * step_y_rad;
    let step_deg = step_y_rad.to_degrees();
    for (key, down) in [("MAXIMUM_LATITUDE", 0.0), ("MINIMUM_LATITUDE", height as f64)] {
        let Some(value) = label.get(MAP, key) else { continue };
        let said_deg = number(label, MAP, key, file)?;
        let found_deg = edge_rad.to_degrees() - down * step_deg;
        if (said_deg - found_deg).abs() > LATITUDE_TOLERANCE_DEG + 2.0 * step_deg {
            return Err(wrong(key, value, "the projection offset puts the edge elsewhere", file));
        }
    }
    Ok(())
}

/// A whole number of the image object.
fn count(label: &Label, key: &'static str, file: &Path) -> Result<usize, TerrainError> {
    let value = label.get(IMAGE, key).ok_or_else(|| lacks(key, file))?;
    value.text.parse().map_err(|_| wrong(key, value, "a whole number is needed", file))
}

fn number(
    label: &Label,
    object: &str,
    key: &'static str,
    file: &Path,
) -> Result<f64, TerrainError> {
    let value = label.get(object, key).ok_or_else(|| lacks(key, file))?;
    value.number().ok_or_else(|| wrong(key, value, "a number is needed", file))
}

/// A length of the map in metres; `default_m` where it has no unit, NaN when it must have one.
fn length_m(
    label: &Label,
    key: &'static str,
    default_m: f64,
    file: &Path,
) -> Result<f64, TerrainError> {
    let value = label.get(MAP, key).ok_or_else(|| lacks(key, file))?;
    let unit_m = match value.unit.as_deref() {
        None => default_m,
        Some(unit) if unit.starts_with('K') => 1000.0,
        Some(unit) if unit.starts_with('M') => 1.0,
        Some(_) => f64::NAN,
    };
    let length_m = number(label, MAP, key, file)? * unit_m;
    if length_m > 0.0 && length_m.is_finite() {
        return Ok(length_m);
    }
    Err(wrong(key, value, "a positive length with its unit, M or KM, is needed", file))
}

fn lacks(key: &'static str, file: &Path) -> TerrainError {
    TerrainError::LabelLacks { file: file.into(), key }
}

fn wrong(key: &'static str, value: &Value, wanted: &'static str, file: &Path) -> TerrainError {
    let unit = value.unit.as_ref().map_or(String::new(), |unit| format!(" <{unit}>"));
    TerrainError::Label { file: file.into(), key, value: format!("{}{unit}", value.text), wanted }
}
