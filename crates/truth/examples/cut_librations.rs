//! Cuts the librations excerpt `data/de421-librations/librations_2022_2032.bin` out of the array
//! `jpl-librations.npy` of the Python package `de421`.
//!
//! Usage: `cargo run -p frigoris-truth --example cut_librations -- jpl-librations.npy OUTPUT`
//!
//! The array holds, per interval of 8 days from JD 2414992.5 TDB, the Chebyshev coefficients of the
//! three Euler angles of the Moon's principal axes; JD and interval are those of its `constants.npy`
//! (`jalpha`, `jomega`) and of the array's length.
//! Refuses: an array of another shape.

use std::error::Error;
use std::path::Path;

/// The array's own description of itself.
const DESCRIPTION: &[u8] = b"{'descr': '<f8', 'fortran_order': False, 'shape': (13704, 3, 10), }";
const INTERVALS: usize = 13_704;
const COUNT: usize = 10;
const J2000_JD: f64 = 2_451_545.0;
/// First and last Julian date of the array, and of what is kept: that of the ephemeris excerpt.
const ARRAY_JD: (f64, f64) = (2_414_992.5, 2_524_624.5);
const KEPT_JD: (f64, f64) = (2_459_731.5, 2_463_232.5);
/// Target and centre, as NAIF's binary kernels name them: MOON_PA_DE421 and the ICRF.
const FRAMES: (u32, u32) = (31_006, 1);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else {
        return Err("usage: cut_librations JPL-LIBRATIONS.NPY OUTPUT".into());
    };
    let bytes = std::fs::read(Path::new(from))?;
    let header = 10 + usize::from(*bytes.get(8).ok_or("not an array")?);
    let size = 3 * COUNT * 8;
    if bytes.get(10..10 + DESCRIPTION.len()) != Some(DESCRIPTION)
        || bytes.len() != header + INTERVALS * size
    {
        return Err(format!("{from}: not the array of librations").into());
    }
    let interval_d = (ARRAY_JD.1 - ARRAY_JD.0) / INTERVALS as f64;
    let first = ((KEPT_JD.0 - ARRAY_JD.0) / interval_d).floor() as usize;
    let last = ((KEPT_JD.1 - ARRAY_JD.0) / interval_d).ceil() as usize;
    let start_s = (ARRAY_JD.0 + first as f64 * interval_d - J2000_JD) * 86_400.0;
    let mut out = b"DE421CUT".to_vec();
    out.extend(1_u32.to_le_bytes());
    out.extend(FRAMES.0.to_le_bytes());
    out.extend(FRAMES.1.to_le_bytes());
    out.extend(start_s.to_le_bytes());
    out.extend((interval_d * 86_400.0).to_le_bytes());
    out.extend(u32::try_from(COUNT)?.to_le_bytes());
    out.extend(u32::try_from(last - first)?.to_le_bytes());
    out.extend(&bytes[header + first * size..header + last * size]);
    std::fs::write(Path::new(to), out)?;
    Ok(())
}
