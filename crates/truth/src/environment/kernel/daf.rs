//! SPICE's binary kernels: their structure checked here, their arrays decoded by `anise`.
//!
//! Owns: the check of a DAF file's structure, and the way from its arrays to [`Segment`].
//! Does not own: which array is wanted (see `mod`).
//!
//! As published, [DAF]: a chain of 1024-octet records; a summary record holds the numbers of the next
//! and the previous one and up to 25 summaries of five words; a summary holds two doubles and, as
//! 32-bit integers, ids, type, first and last word of its array. [SPK], [PCK] type 2: records of a
//! midpoint, a radius and the Chebyshev coefficients of three coordinates (type 3: of three rates
//! too), then start, interval, size and number of the records.
//! As programmed: everything that a loop or an index depends on is checked before `anise` sees the
//! file. `anise` follows the chain of summary records without a bound (a record that names itself as
//! the next never ends) and reads all 25 summaries of a record whatever their count; so the chain is
//! walked here first, and the unused places are handed over as zeros.
//! Refuses: big-endian files, types other than 2 and 3, intervals of unequal length.

use super::error::KernelError;
use crate::environment::chebyshev::Segment;
use anise::naif::daf::DAF;
use anise::naif::daf::datatypes::{Type2ChebyshevSet, Type3ChebyshevSet};
use anise::naif::daf::{NAIFDataSet, NAIFSummaryRecord};
use anise::naif::pck::BPCSummaryRecord;
use anise::naif::spk::summary::SPKSummaryRecord;
use icd::time::{Span, Time};
use std::path::Path;

const RECORD: usize = 1024;
/// Octets of a summary record before its summaries, and of a summary: [DAF], ND = 2, NI = 5 or 6.
const SUMMARY_START: usize = 24;
const SUMMARY: usize = 40;
const SUMMARIES_MAX: usize = (RECORD - SUMMARY_START) / SUMMARY;
/// No JPL series has more than 18 coefficients a coordinate; more than this costs too much.
const COUNT_MAX: usize = 64;
/// How far a record's midpoint may lie from where equal intervals put it, of the interval: rounding.
const UNEVEN_MAX: f64 = 1e-6;
/// No kernel reaches further from J2000, s: 30 000 years, as DE441 does.
const EPOCH_S_MAX: f64 = 1e12;

/// What kind of array a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Positions: an SPK.
    Positions,
    /// Euler angles: a binary PCK.
    Angles,
}

/// One array as its summary describes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    /// The body or, of angles, the frame.
    pub target: i32,
    /// The body it is seen from; 0 of angles.
    pub center: i32,
    /// The reference frame.
    pub frame: i32,
    pub data_type: i32,
    /// First and last instant, TDB seconds past J2000.
    pub span_s: (f64, f64),
    /// Summary record (counted from 1) and place in it.
    place: (usize, usize),
}

/// A binary kernel with a sound structure.
#[derive(Debug)]
pub(super) struct Kernel<'a> {
    file: &'a Path,
    pub summaries: Vec<Summary>,
    arrays: Arrays,
}

#[derive(Debug)]
enum Arrays {
    Positions(DAF<SPKSummaryRecord>),
    Angles(DAF<BPCSummaryRecord>),
}

/// The records of one array.
struct Records<'a> {
    numbers: &'a [f64],
    size: usize,
    records: usize,
    /// Coordinates of which a record holds series: 3 or 6.
    coordinates: usize,
}

impl<'a> Kernel<'a> {
    /// Checks a file's structure and opens it.
    pub fn open(file: &'a Path, mut bytes: Vec<u8>, kind: Kind) -> Result<Self, KernelError> {
        let summaries = Structure { file, bytes: &bytes, kind }.summaries()?;
        blank_unused(&mut bytes, &summaries);
        let undecodable = |reason: anise::naif::daf::DAFError| KernelError::Undecodable {
            file: file.to_path_buf(),
            id: summaries.first().map_or(0, |summary| summary.target),
            message: reason.to_string(),
        };
        let arrays = match kind {
            Kind::Positions => Arrays::Positions(DAF::parse(&bytes[..]).map_err(undecodable)?),
            Kind::Angles => Arrays::Angles(DAF::parse(&bytes[..]).map_err(undecodable)?),
        };
        Ok(Self { file, summaries, arrays })
    }

    /// The last array of `target` in the file that covers `need_s`, as SPICE gives the last one
    /// precedence; `None` when there is none of it at all.
    pub fn covering(
        &self,
        target: i32,
        need_s: (f64, f64),
    ) -> Result<Option<&Summary>, KernelError> {
        let covers = |s: &&Summary| s.span_s.0 <= need_s.0 && need_s.1 <= s.span_s.1;
        let of_target = || self.summaries.iter().rev().filter(move |s| s.target == target);
        let Some(last) = of_target().next() else { return Ok(None) };
        match of_target().find(covers) {
            Some(summary) => Ok(Some(summary)),
            None => Err(KernelError::Span {
                file: self.file.to_path_buf(),
                id: target,
                from: instant(last.span_s.0),
                to: instant(last.span_s.1),
                need_from: instant(need_s.0),
                need_to: instant(need_s.1),
            }),
        }
    }

    /// The series of an array over `need_s`: its records from the first to the last that is needed.
    pub fn segment(&self, summary: &Summary, need_s: (f64, f64)) -> Result<Segment, KernelError> {
        let (file, id) = (self.file.to_path_buf(), summary.target);
        if summary.frame != 1 {
            return Err(KernelError::UnknownFrame { file, id, frame: summary.frame });
        }
        let records = match &self.arrays {
            Arrays::Positions(daf) => records(daf, summary),
            Arrays::Angles(daf) => records(daf, summary),
        };
        let records = match records {
            Ok(Some(records)) => records,
            Ok(None) => {
                return Err(KernelError::UnknownType { file, id, data_type: summary.data_type });
            }
            Err(message) => return Err(KernelError::Undecodable { file, id, message }),
        };
        records.cut(need_s).map_err(|message| KernelError::Undecodable {
            file,
            id,
            message: message.to_string(),
        })
    }
}

/// An instant for a message: TDB − TAI is 32.184 s to 2 ms.
fn instant(tdb_s: f64) -> Time {
    Time::default() + Span::from_s(tdb_s - 32.184)
}

/// The array's records by `anise`; `None` for a type that is not read here.
fn records<'a, R: NAIFSummaryRecord>(
    daf: &'a DAF<R>,
    summary: &Summary,
) -> Result<Option<Records<'a>>, String> {
    let (record, place) = summary.place;
    let says = |reason: anise::naif::daf::DAFError| reason.to_string();
    Ok(Some(match summary.data_type {
        2 => {
            let set: Type2ChebyshevSet<'_> = daf.nth_data(Some(record), place).map_err(says)?;
            set.check_integrity().map_err(|reason| reason.to_string())?;
            let (numbers, size) = (set.record_data, set.rsize);
            Records { numbers, size, records: set.num_records, coordinates: 3 }
        }
        3 => {
            let set: Type3ChebyshevSet<'_> = daf.nth_data(Some(record), place).map_err(says)?;
            set.check_integrity().map_err(|reason| reason.to_string())?;
            let (numbers, size) = (set.record_data, set.rsize);
            Records { numbers, size, records: set.num_records, coordinates: 6 }
        }
        _ => return Ok(None),
    }))
}

impl Records<'_> {
    /// The series over `need_s`, or what is wrong with the records.
    fn cut(&self, need_s: (f64, f64)) -> Result<Segment, &'static str> {
        let all = self.size.checked_sub(2).ok_or("its records are too small")?;
        let count = all / self.coordinates;
        if count == 0 || all % self.coordinates != 0 || count > COUNT_MAX {
            return Err("its records are of no size that a series can have");
        }
        let record = |k: usize| self.numbers.get(k * self.size..(k + 1) * self.size);
        let first = record(0).ok_or("it has no record")?;
        let (interval_s, start_s) = (2.0 * first[1], first[0] - first[1]);
        if !(interval_s > 0.0 && interval_s <= EPOCH_S_MAX && start_s.abs() <= EPOCH_S_MAX) {
            return Err("its first interval is none");
        }
        let (from, to) = (
            ((need_s.0 - start_s) / interval_s).floor(),
            ((need_s.1 - start_s) / interval_s).ceil(),
        );
        if from < 0.0 || to > self.records as f64 || from >= to {
            return Err("its records do not cover the span that it claims");
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within `records`
        let (from, to) = (from as usize, to as usize);
        let mut coefficients = Vec::with_capacity((to - from) * 3 * count);
        for k in from..to {
            let numbers = record(k).ok_or("it has fewer records than it claims")?;
            let middle_s = start_s + (k as f64 + 0.5) * interval_s;
            let off = (numbers[0] - middle_s).abs().max((2.0 * numbers[1] - interval_s).abs());
            if off > UNEVEN_MAX * interval_s || off.is_nan() {
                return Err("its intervals are not of equal length");
            }
            coefficients.extend_from_slice(&numbers[2..2 + 3 * count]);
        }
        let start_s = start_s + from as f64 * interval_s;
        Ok(Segment { start_s, interval_s, count, coefficients })
    }
}

/// Writes zeros where a summary record has room that it does not use.
fn blank_unused(bytes: &mut [u8], summaries: &[Summary]) {
    for (n, summary) in summaries.iter().enumerate() {
        let (record, place) = summary.place;
        if summaries.get(n + 1).is_none_or(|next| next.place.0 != record) {
            let start = (record - 1) * RECORD;
            bytes[start + SUMMARY_START + (place + 1) * SUMMARY..start + RECORD].fill(0);
        }
    }
}

/// A file whose structure is being checked.
struct Structure<'a> {
    file: &'a Path,
    bytes: &'a [u8],
    kind: Kind,
}

impl Structure<'_> {
    fn broken(&self, what: &'static str, octet: usize) -> KernelError {
        let (file, octets) = (self.file.to_path_buf(), self.bytes.len());
        KernelError::Broken { file, what, octet, octets }
    }

    fn octets<const N: usize>(&self, at: usize) -> Result<[u8; N], KernelError> {
        let found = self.bytes.get(at..at.saturating_add(N));
        let found = found.and_then(|found| <[u8; N]>::try_from(found).ok());
        found.ok_or_else(|| self.broken("the file ends", at))
    }

    fn integer(&self, at: usize) -> Result<i32, KernelError> {
        Ok(i32::from_le_bytes(self.octets(at)?))
    }

    fn double(&self, at: usize) -> Result<f64, KernelError> {
        Ok(f64::from_le_bytes(self.octets(at)?))
    }

    /// A whole number that is stored as a double, at the most `max`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
    fn count(&self, at: usize, max: usize, what: &'static str) -> Result<usize, KernelError> {
        let value = self.double(at)?;
        if !(0.0..=max as f64).contains(&value) || value as usize as f64 != value {
            return Err(self.broken(what, at));
        }
        Ok(value as usize)
    }

    /// All summaries of the file, in its order.
    fn summaries(&self) -> Result<Vec<Summary>, KernelError> {
        let order: [u8; 8] = self.octets(88)?;
        if &order != b"LTL-IEEE" {
            let found = String::from_utf8_lossy(&order).into_owned();
            return Err(KernelError::ByteOrder { file: self.file.to_path_buf(), found });
        }
        let integers = if self.kind == Kind::Positions { 6 } else { 5 };
        if (self.integer(8)?, self.integer(12)?) != (2, integers) {
            return Err(self.broken("the size of its summaries is not its kind's", 8));
        }
        let records = self.bytes.len() / RECORD;
        let next = self.integer(76)?;
        let mut record = usize::try_from(next).map_err(|_| self.broken("no first record", 76))?;
        let mut out = Vec::new();
        let mut seen = 0;
        loop {
            // A name record follows each summary record.
            if record < 2 || record >= records {
                return Err(self.broken("a summary record is not in the file", 76));
            }
            let start = (record - 1) * RECORD;
            seen += 1;
            if seen > records {
                return Err(self.broken("the summary records run in a circle", start));
            }
            let next = self.count(start, records, "the next summary record is none")?;
            self.count(start + 8, records, "the previous summary record is none")?;
            let summaries = self.count(start + 16, SUMMARIES_MAX, "the number of summaries")?;
            for place in 0..summaries {
                out.push(self.summary(record, place)?);
            }
            if next == 0 {
                break;
            }
            record = next;
        }
        if out.is_empty() {
            return Err(self.broken("it holds no array", 76));
        }
        Ok(out)
    }

    fn summary(&self, record: usize, place: usize) -> Result<Summary, KernelError> {
        let at = (record - 1) * RECORD + SUMMARY_START + place * SUMMARY;
        let span_s = (self.double(at)?, self.double(at + 8)?);
        let in_reach = |s: f64| s.abs() <= EPOCH_S_MAX;
        if !(in_reach(span_s.0) && in_reach(span_s.1) && span_s.0 <= span_s.1) {
            return Err(self.broken("an array's span is none", at));
        }
        let integer = |k: usize| self.integer(at + 16 + 4 * k);
        let (center, frame, rest) = match self.kind {
            Kind::Positions => (integer(1)?, integer(2)?, 3),
            Kind::Angles => (0, integer(1)?, 2),
        };
        let (first, last) = (integer(rest + 1)?, integer(rest + 2)?);
        let words = i64::try_from(self.bytes.len() / 8).unwrap_or(i64::MAX);
        if first < 1 || last < first || i64::from(last) > words {
            return Err(self.broken("an array is not in the file", at + 16 + 4 * (rest + 1)));
        }
        let (target, data_type) = (integer(0)?, integer(rest)?);
        Ok(Summary { target, center, frame, data_type, span_s, place: (record, place) })
    }
}
