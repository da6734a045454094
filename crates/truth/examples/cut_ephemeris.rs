//! Cuts the ephemeris excerpt `data/de421/de421_2022_2032.bin` out of JPL's `de421.bsp`.
//!
//! Usage: `cargo run -p frigoris-truth --example cut_ephemeris -- de421.bsp de421_2022_2032.bin`
//!
//! As published, [DAF] and [SPK]: a DAF file is a chain of 1024-byte records; a summary holds two
//! doubles and six integers per segment; the last four numbers of a type-2 segment are the start,
//! the interval length, the numbers per record and the number of records.
//! Refuses: big-endian files, and segments of another type.

use std::error::Error;
use std::path::Path;

const RECORD_BYTES: usize = 1024;
/// First and last instant kept, TDB seconds past J2000: JD 2459731.5 and 2463232.5.
const SPAN_TDB_S: (f64, f64) =
    ((2_459_731.5 - 2_451_545.0) * 86_400.0, (2_463_232.5 - 2_451_545.0) * 86_400.0);
/// Target and centre: Moon and Earth-Moon barycentre; that and the Sun from the solar system's.
const WANTED: [(i32, i32); 3] = [(301, 3), (3, 0), (10, 0)];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else {
        return Err("usage: cut_ephemeris DE421.BSP OUTPUT".into());
    };
    let bytes = std::fs::read(Path::new(from))?;
    if bytes.get(..7) != Some(b"DAF/SPK") || bytes.get(88..96) != Some(b"LTL-IEEE") {
        return Err(format!("{from}: not a little-endian DAF/SPK file").into());
    }
    let mut out = b"DE421CUT".to_vec();
    out.extend(u32::try_from(WANTED.len())?.to_le_bytes());
    for (target, center) in WANTED {
        let segment = find(&bytes, target, center)
            .ok_or_else(|| format!("{from}: no type-2 segment of {target} from {center}"))?;
        cut(&bytes, segment, target, center, &mut out)?;
    }
    std::fs::write(Path::new(to), out)?;
    Ok(())
}

/// First and last word (8 bytes, counted from 1) of a type-2 segment.
fn find(bytes: &[u8], target: i32, center: i32) -> Option<(usize, usize)> {
    let mut record = usize::try_from(i32_at(bytes, 76)?).ok()?;
    while record > 0 {
        let start = (record - 1) * RECORD_BYTES;
        let summaries = f64_at(bytes, start + 16)? as usize;
        for k in 0..summaries {
            let integers = start + 24 + 40 * k + 16;
            let number = |j: usize| i32_at(bytes, integers + 4 * j);
            if (number(0)?, number(1)?, number(3)?) == (target, center, 2) {
                return Some((number(4)?.try_into().ok()?, number(5)?.try_into().ok()?));
            }
        }
        record = f64_at(bytes, start)? as usize;
    }
    None
}

/// Appends the records of the segment that touch the span, without their midpoint and radius.
fn cut(
    bytes: &[u8],
    (first, last): (usize, usize),
    target: i32,
    center: i32,
    out: &mut Vec<u8>,
) -> Result<(), Box<dyn Error>> {
    let word = |k: usize| f64_at(bytes, (k - 1) * 8).ok_or("the segment leaves the file");
    let (start_s, interval_s) = (word(last - 3)?, word(last - 2)?);
    let (size, records) = (word(last - 1)? as usize, word(last)? as usize);
    let from = ((SPAN_TDB_S.0 - start_s) / interval_s).floor() as usize;
    let to = ((SPAN_TDB_S.1 - start_s) / interval_s).ceil() as usize;
    if from >= to || to > records {
        return Err("the segment does not cover the span".into());
    }
    let count = (size - 2) / 3;
    out.extend(target.to_le_bytes());
    out.extend(center.to_le_bytes());
    out.extend((start_s + from as f64 * interval_s).to_le_bytes());
    out.extend(interval_s.to_le_bytes());
    out.extend(u32::try_from(count)?.to_le_bytes());
    out.extend(u32::try_from(to - from)?.to_le_bytes());
    for record in from..to {
        for k in 2..size {
            out.extend(word(first + record * size + k)?.to_le_bytes());
        }
    }
    Ok(())
}

fn i32_at(bytes: &[u8], offset: usize) -> Option<i32> {
    Some(i32::from_le_bytes(bytes.get(offset..offset + 4)?.try_into().ok()?))
}

fn f64_at(bytes: &[u8], offset: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(offset..offset + 8)?.try_into().ok()?))
}
