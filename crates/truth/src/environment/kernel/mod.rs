//! Kernels of the user's: SPICE files that replace the built-in ephemeris, orientation and constants.
//!
//! Owns: [`Kernels`], what of a file is used, and the check that it can be this Moon's.
//! Does not own: evaluation (see `ephemeris`, `orientation`), the files' structure (see `daf`).
//!
//! | file begins with | holds | replaces |
//! |---|---|---|
//! | `DAF/SPK` | positions that lead from the Moon (301) to the Earth (399) and the Sun (10) | the ephemeris |
//! | `DAF/PCK` | principal axes of the Moon, one of [`FRAMES`] | the orientation |
//! | `KPL/PCK` | `BODY399_GM`, `BODY10_GM`, km³/s² | the Earth's and the Sun's GM |
//!
//! As programmed: a kernel is read once, by `anise`, into the same series that the excerpts are kept
//! in; only what covers the time asked for is kept, so a run evaluates a kernel as it evaluates an
//! excerpt. Where a body is given more than once, the last array of the file counts, as in SPICE.
//! Refuses: what [`KernelError`] lists; the Moon's own GM, which belongs to the gravity field, and its
//! radius, on which the elevations stand; frame and leap second kernels; two kernels of one sort.

mod daf;
mod error;

use super::ephemeris::{Ephemeris, Parts, Term};
use super::orientation::{FRAMES, Orientation};
use anise::naif::kpl::parser::parse_bytes;
use anise::naif::kpl::tpc::TPCItem;
use anise::naif::kpl::{KPLItem, KPLValue, Parameter};
use daf::{Kernel, Kind, Summary};
pub use error::KernelError;
use icd::constants::{GM_EARTH_M3_S2, GM_SUN_M3_S2};
use icd::frames::{I, Position, Vector};
use icd::time::{Span, Time};
use nalgebra::Vector3;
use std::path::{Path, PathBuf};

/// NAIF's numbers of the bodies.
const MOON: i32 = 301;
const EARTH: i32 = 399;
const SUN: i32 = 10;
/// Longest way from a body to the root of the bodies' tree.
const DEPTH_MAX: usize = 8;

/// Distance of Earth and Sun from the Moon, m: their extremes and half a percent.
const EARTH_M: (f64, f64) = (3.545e8, 4.09e8);
const SUN_M: (f64, f64) = (1.459e11, 1.533e11);
/// Moon's rate, rad/s: 2.6617e-6 [Archinal2018] and one percent; the librations are far smaller.
const RATE_RAD_S: (f64, f64) = (2.635e-6, 2.689e-6);
/// Angle of x in `M` from the Earth, rad: optical librations reach 8° and 7°.
const LIBRATION_RAD_MAX: f64 = 12.0 * std::f64::consts::PI / 180.0;
/// Angle of z in `M` from the pole of the ecliptic, rad: Cassini's law says 1.54°.
const POLE_RAD_MAX: f64 = 2.0 * std::f64::consts::PI / 180.0;
/// Obliquity of the ecliptic at J2000, rad: 23.439 291° [MontenbruckGill2000] §3.3.2.
const OBLIQUITY_RAD: f64 = 23.439_291 * std::f64::consts::PI / 180.0;
/// How far a GM may lie from the built-in one, relative: 0.1 %; published values agree to 1e-8.
const GM_WITHIN: f64 = 1e-3;

/// What a list of kernels holds; `None` is what the list does not replace.
#[derive(Clone, Debug, Default)]
pub struct Kernels {
    /// Earth and Sun from the Moon.
    pub(super) ephemeris: Option<Ephemeris>,
    /// Orientation of the Moon.
    pub(super) orientation: Option<Orientation>,
    /// Gravitational parameter of the Earth, m³/s².
    pub(super) gm_earth_m3_s2: Option<f64>,
    /// Gravitational parameter of the Sun, m³/s².
    pub(super) gm_sun_m3_s2: Option<f64>,
}

/// The time that a kernel must cover.
#[derive(Clone, Copy, Debug)]
struct Need {
    from: Time,
    to: Time,
}

impl Need {
    fn span_s(&self) -> (f64, f64) {
        (self.from.tdb_s(), self.to.tdb_s())
    }

    /// Start, middle and end.
    fn samples(&self) -> [Time; 3] {
        [self.from, self.from + Span::from_ns((self.to - self.from).ns() / 2), self.to]
    }
}

impl Kernels {
    /// Reads kernels; each must hold something of use from `from` to `to`.
    ///
    /// # Errors
    /// [`KernelError`], the first thing found wrong. Cost: reading and decoding each file once.
    pub fn read(files: &[PathBuf], from: Time, to: Time) -> Result<Self, KernelError> {
        let mut read = Vec::new();
        for file in files {
            let bytes = std::fs::read(file)
                .map_err(|reason| KernelError::Unreadable { file: file.clone(), reason })?;
            read.push((file.as_path(), bytes));
        }
        Self::of(read, Need { from, to })
    }

    /// Takes all files in. Orientation last: it is checked against where the Earth stands.
    fn of(files: Vec<(&Path, Vec<u8>)>, need: Need) -> Result<Self, KernelError> {
        let mut kernels = Self::default();
        let (angles, others): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(_, bytes)| bytes.starts_with(b"DAF/PCK"));
        for (file, bytes) in others.into_iter().chain(angles) {
            kernels.add(file, bytes, need)?;
        }
        Ok(kernels)
    }

    /// Takes one file in.
    fn add(&mut self, file: &Path, bytes: Vec<u8>, need: Need) -> Result<(), KernelError> {
        let once = |held: bool, what| {
            let twice = || KernelError::Twice { file: file.to_path_buf(), what };
            if held { Err(twice()) } else { Ok(()) }
        };
        match bytes.get(..7) {
            Some(b"DAF/SPK") => {
                once(self.ephemeris.is_some(), "positions")?;
                let kernel = Kernel::open(file, bytes, Kind::Positions)?;
                self.ephemeris = Some(ephemeris(file, &kernel, need)?);
            }
            Some(b"DAF/PCK") => {
                once(self.orientation.is_some(), "angles of the Moon")?;
                let kernel = Kernel::open(file, bytes, Kind::Angles)?;
                let seen = self.ephemeris.clone().unwrap_or_else(Ephemeris::de421);
                self.orientation = Some(orientation(file, &kernel, need, &seen)?);
            }
            Some(b"KPL/PCK") => {
                let [earth, sun] = constants(file, &bytes)?;
                once(self.gm_earth_m3_s2.is_some() && earth.is_some(), "the Earth's GM")?;
                once(self.gm_sun_m3_s2.is_some() && sun.is_some(), "the Sun's GM")?;
                self.gm_earth_m3_s2 = self.gm_earth_m3_s2.or(earth);
                self.gm_sun_m3_s2 = self.gm_sun_m3_s2.or(sun);
            }
            _ => {
                let found = bytes.iter().take(8).map(|octet| char::from(*octet)).collect();
                return Err(KernelError::NotAKernel { file: file.to_path_buf(), found });
            }
        }
        Ok(())
    }
}

/// Refuses a value outside `[min, max]`, NaN included.
fn plausible(
    file: &Path,
    what: &'static str,
    value: f64,
    unit: &'static str,
    (min, max): (f64, f64),
) -> Result<(), KernelError> {
    if min <= value && value <= max {
        return Ok(());
    }
    Err(KernelError::Implausible { file: file.to_path_buf(), what, value, unit, min, max })
}

/// The ephemeris that a position kernel holds.
fn ephemeris(file: &Path, kernel: &Kernel<'_>, need: Need) -> Result<Ephemeris, KernelError> {
    let span_s = need.span_s();
    let mut parts = Parts { span_s, segments: Vec::new(), earth: Vec::new(), sun: Vec::new() };
    let from_moon = way_up(kernel, MOON, span_s)?;
    for (body, id, terms) in [("Earth", EARTH, &mut parts.earth), ("Sun", SUN, &mut parts.sun)] {
        let from_body = way_up(kernel, id, span_s)?;
        let Some((ups, downs)) = joined(&from_body, &from_moon, id) else {
            let each = |s: &Summary| format!("{} from {}", s.target, s.center);
            let held = kernel.summaries.iter().map(each).collect::<Vec<_>>().join(", ");
            return Err(KernelError::NoBody { file: file.to_path_buf(), body, id, held });
        };
        for (weight, summary) in ups.iter().map(|s| (1.0, s)).chain(downs.iter().map(|s| (-1.0, s)))
        {
            let term: Term = (weight, parts.segments.len());
            parts.segments.push(kernel.segment(summary, span_s)?);
            terms.push(term);
        }
    }
    let ephemeris = Ephemeris::of(parts);
    for t in need.samples() {
        let distance_m = |at: Option<Vector<Position, I>>| at.map_or(f64::NAN, |p| p.norm());
        let (earth_m, sun_m) = (distance_m(ephemeris.earth(t)), distance_m(ephemeris.sun(t)));
        plausible(file, "the Earth's distance from the Moon", earth_m, "m", EARTH_M)?;
        plausible(file, "the Sun's distance from the Moon", sun_m, "m", SUN_M)?;
    }
    Ok(ephemeris)
}

/// The arrays that lead from a body to the root of the tree, in this order.
fn way_up(kernel: &Kernel<'_>, body: i32, need_s: (f64, f64)) -> Result<Vec<Summary>, KernelError> {
    let mut way: Vec<Summary> = Vec::new();
    let mut node = body;
    while let Some(summary) = kernel.covering(node, need_s)? {
        way.push(*summary);
        node = summary.center;
        if way.len() == DEPTH_MAX {
            break;
        }
    }
    Ok(way)
}

/// Both ways up to the first node that they share; `None` when they share none.
fn joined<'a>(
    body: &'a [Summary],
    moon: &'a [Summary],
    id: i32,
) -> Option<(&'a [Summary], &'a [Summary])> {
    let nodes = |first: i32, way: &[Summary]| -> Vec<i32> {
        std::iter::once(first).chain(way.iter().map(|summary| summary.center)).collect()
    };
    let (of_body, of_moon) = (nodes(id, body), nodes(MOON, moon));
    let (ups, node) = of_body.iter().enumerate().find(|(_, node)| of_moon.contains(node))?;
    let downs = of_moon.iter().position(|other| other == node)?;
    Some((&body[..ups], &moon[..downs]))
}

/// The orientation that a binary kernel of angles holds; `seen`: where the Earth stands.
fn orientation(
    file: &Path,
    kernel: &Kernel<'_>,
    need: Need,
    seen: &Ephemeris,
) -> Result<Orientation, KernelError> {
    let span_s = need.span_s();
    let known = FRAMES.iter().find(|frame| kernel.summaries.iter().any(|s| s.target == frame.id));
    let no_frame = || {
        let held: Vec<_> = kernel.summaries.iter().map(|s| s.target.to_string()).collect();
        KernelError::NoFrame { file: file.to_path_buf(), held: held.join(", ") }
    };
    let frame = known.ok_or_else(no_frame)?;
    let summary = kernel.covering(frame.id, span_s)?.ok_or_else(no_frame)?;
    let orientation = Orientation::of(kernel.segment(summary, span_s)?, span_s, frame);
    let (sin, cos) = libm::sincos(OBLIQUITY_RAD);
    let ecliptic_pole = Vector3::new(0.0, -sin, cos);
    let angle_rad = |one: Vector3<f64>, other: Vector3<f64>| {
        libm::atan2(one.cross(&other).norm(), one.dot(&other))
    };
    for t in need.samples() {
        let rate_rad_s = orientation.w_IM_I(t).map_or(f64::NAN, |w| w.norm());
        plausible(file, "the Moon's rate", rate_rad_s, "rad/s", RATE_RAD_S)?;
        let Some(R_IM) = orientation.R_IM(t) else { continue };
        let pole_rad = angle_rad(R_IM.si() * Vector3::z(), ecliptic_pole);
        plausible(file, "the pole's tilt", pole_rad, "rad", (0.0, POLE_RAD_MAX))?;
        if let Some(earth) = seen.earth(t) {
            let libration_rad = angle_rad(R_IM.si() * Vector3::x(), earth.si());
            let limits = (0.0, LIBRATION_RAD_MAX);
            plausible(
                file,
                "the prime meridian's angle from the Earth",
                libration_rad,
                "rad",
                limits,
            )?;
        }
    }
    Ok(orientation)
}

/// GM of Earth and Sun in a text kernel, m³/s².
fn constants(file: &Path, bytes: &[u8]) -> Result<[Option<f64>; 2], KernelError> {
    // The parser fails only where reading fails, and memory does not.
    let items = parse_bytes::<_, TPCItem>(&mut &bytes[..], false).unwrap_or_default();
    let gm_m3_s2 = |id: i32, key: &'static str, built_in_m3_s2: f64| {
        let value =
            items.get(&id).and_then(|item| item.data().get(&Parameter::GravitationalParameter));
        let gm_m3_s2 = match value {
            None => return Ok(None),
            Some(KPLValue::Float(gm_km3_s2)) => 1e9 * gm_km3_s2,
            Some(KPLValue::Integer(gm_km3_s2)) => 1e9 * f64::from(*gm_km3_s2),
            Some(other) => {
                let (file, found) = (file.to_path_buf(), format!("{other:?}"));
                return Err(KernelError::NotANumber { file, key, found });
            }
        };
        let limits = (built_in_m3_s2 * (1.0 - GM_WITHIN), built_in_m3_s2 * (1.0 + GM_WITHIN));
        plausible(file, key, gm_m3_s2, "m3/s2", limits)?;
        Ok(Some(gm_m3_s2))
    };
    let found =
        [gm_m3_s2(EARTH, "BODY399_GM", GM_EARTH_M3_S2)?, gm_m3_s2(SUN, "BODY10_GM", GM_SUN_M3_S2)?];
    if found == [None, None] {
        return Err(KernelError::NoConstant { file: file.to_path_buf() });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
