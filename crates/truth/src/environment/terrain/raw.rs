//! Lines of numbers as they are: what PDS3 images and GeoTIFF strips without compression hold.
//!
//! Owns: how a number is written, and reading squares of a file whose lines lie anywhere in it.
//! Does not own: labels and tags.

use super::TerrainError;
use super::grid::{Layout, Source};
use super::values::Values;
use std::io::{Read, Seek, SeekFrom};

/// Side of a block, samples.
pub(super) const BLOCK: usize = 256;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers of 16 bits.
    I16,
    U16,
    /// Floating point of 32 and 64 bits.
    F32,
    F64,
}

/// A kind of number and its byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub kind: Kind,
    pub big_endian: bool,
}

impl Format {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self.kind {
            Kind::I16 | Kind::U16 => 2,
            Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }

    /// Whether numbers can say of themselves that they are none.
    pub fn floating(self) -> bool {
        matches!(self.kind, Kind::F32 | Kind::F64)
    }

    /// The number in the first bytes.
    fn number(self, bytes: &[u8]) -> f64 {
        match self.kind {
            Kind::I16 => f64::from(u16::from_le_bytes(self.first(bytes)) as i16),
            Kind::U16 => f64::from(u16::from_le_bytes(self.first(bytes))),
            Kind::F32 => f64::from(f32::from_le_bytes(self.first(bytes))),
            Kind::F64 => f64::from_le_bytes(self.first(bytes)),
        }
    }

    /// The first bytes, the least significant one first.
    fn first<const N: usize>(self, bytes: &[u8]) -> [u8; N] {
        let mut first = bytes.first_chunk().copied().unwrap_or([0; N]);
        if self.big_endian {
            first.reverse();
        }
        first
    }
}

/// An open file.
pub(super) struct Raw<R> {
    pub reader: R,
    /// Where each line begins, bytes.
    pub lines: Vec<u64>,
    pub layout: Layout,
    pub format: Format,
    pub values: Values,
}

impl<R: Read + Seek + Send> Source for Raw<R> {
    fn read(&mut self, column: usize, row: usize) -> Result<Vec<f32>, TerrainError> {
        let (width, height) = self.layout.clipped(column, row);
        let bytes = self.format.bytes();
        let mut run = vec![0_u8; width * bytes];
        let mut samples = Vec::with_capacity(width * height);
        let west = (column * self.layout.block_width * bytes) as u64;
        let first = row * self.layout.block_height;
        for line in self.lines.iter().skip(first).take(height) {
            let at = SeekFrom::Start(line.saturating_add(west));
            let read = self.reader.seek(at).and_then(|_| self.reader.read_exact(&mut run));
            let file = &self.values.file;
            read.map_err(|source| TerrainError::Unreadable { file: file.clone(), source })?;
            for number in run.chunks_exact(bytes) {
                samples.push(self.values.metres(self.format.number(number))?);
            }
        }
        Ok(samples)
    }
}
