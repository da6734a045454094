//! Samples that memory no longer holds, decoded from the archive again.

use super::Ground;
use super::ingest::Block;
use crate::archive::ArchiveError;
use crate::archive::reader::Reader;
use crate::decode::{Decoder, Item};
use crate::values::Sample;
use icd::link::packet::{self, Packet};
use icd::time::Time;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

impl Ground {
    /// One parameter's samples in `range` out of these blocks, which are in order.
    pub(super) fn older(
        &self,
        index: usize,
        range: &RangeInclusive<Time>,
        blocks: &[Block],
    ) -> Result<Vec<Sample>, ArchiveError> {
        let mut found: BTreeMap<Time, Sample> = BTreeMap::new();
        let mut runs = blocks.iter().peekable();
        while let Some(first) = runs.next() {
            // Neighbours are read through, so that what lies across their border is found.
            let mut end = first.end;
            while let Some(next) = runs.next_if(|next| Some(next.begin) == end) {
                end = next.end;
            }
            let mut reader = Reader::new(&self.folder, first.begin)?;
            let mut decoder = Decoder::default();
            while let Some((position, _, record)) = reader.next()? {
                if end.is_some_and(|end| position >= end) {
                    break;
                }
                decoder.take(&record, &mut |item| {
                    found.extend(self.sample(index, range, &item).map(|sample| (sample.t, sample)));
                });
            }
        }
        let memory = self.memory();
        Ok(found
            .into_values()
            .map(|sample| {
                let level = self.limits.level(index, memory.phases.at(sample.t), sample.value);
                Sample { level, ..sample }
            })
            .collect())
    }

    fn sample(
        &self,
        index: usize,
        range: &RangeInclusive<Time>,
        item: &Item<'_>,
    ) -> Option<Sample> {
        let Item::Packet { packet, received, channel, station, .. } = *item else { return None };
        let Packet::Housekeeping { t, list, data } = packet else { return None };
        if !range.contains(&t) {
            return None;
        }
        let at = index.checked_sub(self.keys.first(list, station)?)?;
        let (line, value) = packet::values(list, data).nth(at)?;
        let same = self.keys.all.get(index).is_some_and(|key| key.line.key == line.key);
        let level = crate::values::Level::Normal;
        same.then_some(Sample { t, received, value, level, channel })
    }
}
