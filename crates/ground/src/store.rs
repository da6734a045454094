//! What is remembered of each parameter: the latest samples as they came, and extremes of all that came before.
//!
//! Owns: [`History`], one parameter's memory of fixed size; thinning for screens.
//! Does not own: samples that memory no longer holds (they are decoded from the archive again: see `older`).
//!
//! Beside the latest [`RAW_MAX`] samples, three tables keep the least and the largest sample of each interval of 1, 16
//! and 256 s. Each table holds [`BUCKETS_MAX`] intervals: 17 minutes, 4.5 hours, 3 days if there are samples all the
//! time. A sample that comes late, twice or out of order ends where it belongs; the order of arrival leaves no trace.

use crate::values::Sample;
use icd::time::{Span, Time};
use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// Samples of one parameter as they came.
pub const RAW_MAX: usize = 4_096;
/// Intervals of one table.
pub const BUCKETS_MAX: usize = 1_024;
/// Lengths of the intervals.
const WIDTHS: [Span; 3] = [Span::from_ms(1_000), Span::from_ms(16_000), Span::from_ms(256_000)];

/// Extremes of one interval.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    index: i64,
    least: Sample,
    most: Sample,
}

#[derive(Debug, Default)]
struct Table {
    /// The newest interval: nearly every sample falls into it, so it lies with the others of its parameter.
    open: Option<Bucket>,
    /// Those before it.
    buckets: VecDeque<Bucket>,
    /// Nothing up to here is held any more.
    forgotten: Option<Time>,
}

/// What is remembered of one parameter.
#[derive(Debug, Default)]
pub struct History {
    raw: VecDeque<Sample>,
    /// Some sample up to here is held no more.
    forgotten: Option<Time>,
    tables: [Table; 3],
}

/// What memory knows of an interval.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// All that was asked for.
    Known(Vec<Sample>),
    /// Coarser than was asked for; the archive has more.
    Coarse(Vec<Sample>),
}

fn before(a: &Sample, b: &Sample) -> bool {
    a.value < b.value || (a.value.is_nan() && !b.value.is_nan())
}

impl Bucket {
    fn widen(&mut self, sample: &Sample) {
        if before(sample, &self.least) {
            self.least = *sample;
        }
        if before(&self.most, sample) {
            self.most = *sample;
        }
    }
}

impl Table {
    fn insert(&mut self, width: Span, sample: &Sample) {
        let index = sample.t.tai_ns().div_euclid(width.ns());
        let fresh = Bucket { index, least: *sample, most: *sample };
        match &mut self.open {
            Some(open) if open.index == index => open.widen(sample),
            Some(open) if open.index > index => self.insert_late(width, sample, fresh),
            open => {
                if let Some(done) = open.replace(fresh) {
                    self.buckets.push_back(done);
                    self.forget(width);
                }
            }
        }
    }

    fn insert_late(&mut self, width: Span, sample: &Sample, fresh: Bucket) {
        let found = self.buckets.binary_search_by_key(&fresh.index, |bucket| bucket.index);
        match found.map(|at| self.buckets.get_mut(at)) {
            Ok(Some(bucket)) => bucket.widen(sample),
            Ok(None) => {}
            Err(at) => {
                if self.forgotten.is_none_or(|t| sample.t > t) {
                    self.buckets.insert(at, fresh);
                    self.forget(width);
                }
            }
        }
    }

    fn forget(&mut self, width: Span) {
        if self.buckets.len() >= BUCKETS_MAX {
            let gone = self.buckets.pop_front();
            let end = gone.map(|b| Time::from_tai_ns((b.index + 1).saturating_mul(width.ns())));
            self.forgotten = self.forgotten.max(end);
        }
    }

    fn samples(&self, range: &RangeInclusive<Time>) -> Vec<Sample> {
        let mut out = Vec::new();
        for bucket in self.buckets.iter().chain(&self.open) {
            push_pair(&mut out, bucket.least, bucket.most);
        }
        out.retain(|sample| range.contains(&sample.t));
        out
    }

    fn count(&self, width: Span, range: &RangeInclusive<Time>) -> usize {
        let first = range.start().tai_ns().div_euclid(width.ns());
        let last = range.end().tai_ns().div_euclid(width.ns());
        let from = self.buckets.partition_point(|bucket| bucket.index < first);
        let closed =
            self.buckets.partition_point(|bucket| bucket.index <= last).saturating_sub(from);
        let open = self.open.is_some_and(|open| (first..=last).contains(&open.index));
        closed + usize::from(open)
    }
}

/// Both extremes in order of time, once if they are the same sample.
fn push_pair(out: &mut Vec<Sample>, least: Sample, most: Sample) {
    let (first, second) = if least.t <= most.t { (least, most) } else { (most, least) };
    out.push(first);
    if second.t != first.t {
        out.push(second);
    }
}

impl History {
    /// Remembers a sample; `false` if one of the same time is known already, or it is older than all that is held.
    pub fn insert(&mut self, sample: Sample) -> bool {
        let at = match self.raw.back() {
            Some(last) if last.t < sample.t => self.raw.len(),
            None => 0,
            Some(_) => match self.raw.binary_search_by_key(&sample.t, |known| known.t) {
                Ok(_) => return false,
                Err(at) => at,
            },
        };
        for (table, width) in self.tables.iter_mut().zip(WIDTHS) {
            table.insert(width, &sample);
        }
        if self.raw.len() >= RAW_MAX {
            if at == 0 {
                self.forgotten = self.forgotten.max(Some(sample.t));
                return false;
            }
            let gone = self.raw.pop_front();
            self.forgotten = self.forgotten.max(gone.map(|gone| gone.t));
            self.raw.insert(at - 1, sample);
        } else {
            self.raw.insert(at, sample);
        }
        true
    }

    /// The sample with the latest time.
    pub fn latest(&self) -> Option<Sample> {
        self.raw.back().copied()
    }

    /// The value that held at `t`: of the latest sample not after it.
    pub fn at(&self, t: Time) -> Option<Sample> {
        let after = self.raw.partition_point(|sample| sample.t <= t);
        self.raw.get(after.checked_sub(1)?).copied()
    }

    fn raw_in(&self, range: &RangeInclusive<Time>) -> impl DoubleEndedIterator<Item = &Sample> {
        let from = self.raw.partition_point(|sample| sample.t < *range.start());
        let to = self.raw.partition_point(|sample| sample.t <= *range.end());
        self.raw.range(from..to.max(from))
    }

    /// The latest `size` samples in `range`, ascending.
    pub fn newest(&self, range: &RangeInclusive<Time>, size: usize) -> Answer {
        let mut samples: Vec<Sample> = self.raw_in(range).rev().take(size).copied().collect();
        samples.reverse();
        let whole = self.forgotten.is_none_or(|t| t < *range.start());
        if whole || samples.len() >= size {
            Answer::Known(samples)
        } else {
            Answer::Coarse(samples)
        }
    }

    /// The extremes in `range`, at most about `size` samples, ascending.
    pub fn extremes(&self, range: &RangeInclusive<Time>, size: usize) -> Answer {
        if self.forgotten.is_none_or(|t| t < *range.start()) {
            let samples: Vec<Sample> = self.raw_in(range).copied().collect();
            return Answer::Known(thin(&samples, range, size));
        }
        let wanted = (size / 2).max(1);
        for (table, width) in self.tables.iter().zip(WIDTHS) {
            let whole = table.forgotten.is_none_or(|t| t < *range.start());
            let last = width == WIDTHS[2];
            if !(whole || last) {
                continue;
            }
            // A quarter of what a screen can show is enough; finer, only the archive has it, which takes long.
            let fine = table.count(width, range) * 4 >= wanted;
            let samples = thin(&table.samples(range), range, size);
            return if fine && whole { Answer::Known(samples) } else { Answer::Coarse(samples) };
        }
        Answer::Known(Vec::new())
    }
}

/// At most about `size` samples that keep every peak: the least and the largest of `size / 2` equal intervals.
pub fn thin(samples: &[Sample], range: &RangeInclusive<Time>, size: usize) -> Vec<Sample> {
    let intervals = i64::try_from(size / 2).unwrap_or(i64::MAX).max(1);
    if samples.len() <= size.max(2) {
        return samples.to_vec();
    }
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Vec::new() };
    let (start, end) = (first.t.max(*range.start()), last.t.min(*range.end()));
    let width = ((end - start).ns() / intervals).saturating_add(1).max(1);
    let mut out = Vec::with_capacity(size.min(samples.len()));
    let mut open: Option<Bucket> = None;
    for sample in samples {
        let index = (sample.t - start).ns() / width;
        match &mut open {
            Some(bucket) if bucket.index == index => bucket.widen(sample),
            _ => {
                if let Some(done) = open.replace(Bucket { index, least: *sample, most: *sample }) {
                    push_pair(&mut out, done.least, done.most);
                }
            }
        }
    }
    if let Some(done) = open {
        push_pair(&mut out, done.least, done.most);
    }
    out
}

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
