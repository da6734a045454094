//! Where samples are kept: blocks of a file, decoded when first needed.
//!
//! Owns: which blocks are in memory, and the budget. Does not own: how a file is laid out (see
//! [`super::geotiff`] and [`super::pds`]), what the samples mean (see [`super::raster`]).
//!
//! As programmed: a grid of at most [`WHOLE_MAX`] samples is decoded at once into one block, so that
//! whatever is wrong with it is refused on opening. Of a larger one only the structure is read then.
//! A block decoded later stays for good, and is found without a lock, as long as all such blocks of
//! the process stay below [`BUDGET_BYTES`]; after that the last few are kept per grid, behind a lock.
//! What a sample is depends on the file alone, never on what was looked up before it.
//! A block that turns out to be damaged holds no elevations, and [`Grid::trouble`] tells why.

use super::TerrainError;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Memory of the blocks that stay, of all grids together, bytes: 100 million samples and a little.
pub(super) const BUDGET_BYTES: usize = 400 << 20;
/// Grids up to this size are decoded on opening, samples: some 30 ms.
pub(super) const WHOLE_MAX: usize = 4 << 20;
/// Largest block, samples: a strip or tile of 64 MB. Assumed.
pub(super) const BLOCK_MAX: usize = 16 << 20;
/// Largest side of a grid, samples: 36 m of posting once around the equator would need 303,000.
pub(super) const SIDE_MAX: usize = 1 << 20;
/// Largest grid, samples: four times a global one of 118 m. Assumed.
pub(super) const SAMPLES_MAX: usize = 1 << 32;
/// What is kept of the blocks that do not stay, per grid: samples, and blocks at least.
const PASSING_SAMPLES: usize = 8 << 20;
const PASSING_BLOCKS_MIN: usize = 4;

/// Bytes of all blocks that stay.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// A file that gives its samples block by block.
pub(super) trait Source: Send {
    /// The samples of block (`column`, `row`) of blocks, line by line, in metres, NaN where there is
    /// none; clipped to the grid.
    fn read(&mut self, column: usize, row: usize) -> Result<Vec<f32>, TerrainError>;
}

/// How large a grid and its blocks are, samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub width: usize,
    pub height: usize,
    pub block_width: usize,
    pub block_height: usize,
}

impl Layout {
    fn across(&self) -> usize {
        self.width.div_ceil(self.block_width)
    }
    fn down(&self) -> usize {
        self.height.div_ceil(self.block_height)
    }
    /// Width and height of a block, less at the right and lower edges of the grid.
    pub fn clipped(&self, column: usize, row: usize) -> (usize, usize) {
        let left = |size: usize, block: usize, k: usize| {
            size.saturating_sub(k.saturating_mul(block)).min(block)
        };
        (left(self.width, self.block_width, column), left(self.height, self.block_height, row))
    }
}

/// Some rows and columns of samples, metres.
struct Block {
    samples: Vec<f32>,
    width: usize,
    voids: bool,
}

/// A grid of samples; row 0 is the first of the file.
pub(super) struct Grid {
    layout: Layout,
    across: usize,
    slots: Vec<OnceLock<Block>>,
    /// `None` for a grid held as one block.
    reader: Option<Mutex<Reader>>,
    voids: bool,
    trouble: OnceLock<Arc<TerrainError>>,
}

/// The file, and the blocks that found no room.
struct Reader {
    source: Box<dyn Source>,
    passing: VecDeque<(usize, Block)>,
}

impl core::fmt::Debug for Grid {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Grid").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl Drop for Grid {
    fn drop(&mut self) {
        let bytes: usize = self.slots.iter().filter_map(OnceLock::get).map(Block::bytes).sum();
        KEPT.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Block {
    fn new(samples: Vec<f32>, width: usize) -> Self {
        let voids = samples.iter().any(|z| z.is_nan());
        Self { samples, width, voids }
    }
    fn bytes(&self) -> usize {
        self.samples.len() * size_of::<f32>()
    }
}

impl Grid {
    /// A grid whose samples come from `source`. `voids`: whether any of them may be missing.
    ///
    /// # Errors
    /// Those of the source, when the grid is small enough to be read at once.
    pub fn open(
        layout: Layout,
        mut source: Box<dyn Source>,
        voids: bool,
    ) -> Result<Self, TerrainError> {
        let (width, height) = (layout.width, layout.height);
        let (across, down) = (layout.across(), layout.down());
        if width * height > WHOLE_MAX {
            return Ok(Self {
                layout,
                across,
                slots: (0..across * down).map(|_| OnceLock::new()).collect(),
                reader: Some(Mutex::new(Reader { source, passing: VecDeque::new() })),
                voids,
                trouble: OnceLock::new(),
            });
        }
        let mut samples = vec![f32::NAN; width * height];
        for k in 0..across * down {
            let (column, row) = (k % across, k / across);
            let block = source.read(column, row)?;
            let first = row * layout.block_height * width + column * layout.block_width;
            let lines = block.chunks_exact(layout.clipped(column, row).0.max(1));
            for (line, from) in lines.enumerate() {
                let at = first + line * width;
                samples[at..at + from.len()].copy_from_slice(from);
            }
        }
        Ok(Self::whole(width, height, samples))
    }

    /// A grid held in memory, `width` times `height` samples line by line.
    pub fn whole(width: usize, height: usize, samples: Vec<f32>) -> Self {
        let block = Block::new(samples, width);
        KEPT.fetch_add(block.bytes(), Ordering::Relaxed);
        Self {
            layout: Layout { width, height, block_width: width, block_height: height },
            across: 1,
            voids: block.voids,
            slots: vec![OnceLock::from(block)],
            reader: None,
            trouble: OnceLock::new(),
        }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.layout.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.layout.height
    }

    /// Whether samples may be missing.
    pub fn voids(&self) -> bool {
        self.voids || self.trouble.get().is_some()
    }

    /// Whether a grid held as one block has no elevation at all.
    pub fn all_void(&self) -> bool {
        self.reader.is_none()
            && self.voids
            && self.with(0, |b| b.samples.iter().all(|z| z.is_nan()))
    }

    /// What went wrong with a block that was decoded after opening, the first time it did.
    pub fn trouble(&self) -> Option<Arc<TerrainError>> {
        self.trouble.get().cloned()
    }

    /// One sample, m; NaN where there is none. Both indices must lie in the grid.
    pub fn sample(&self, column: usize, row: usize) -> f32 {
        let (k, i, j) = self.locate(column, row);
        self.with(k, |block| block.samples[j * block.width + i])
    }

    /// The samples `column..column + 4`, `row..row + 4` when one block holds them all.
    pub fn stencil(&self, column: usize, row: usize) -> Option<[[f32; 4]; 4]> {
        let (k, i, j) = self.locate(column, row);
        let (block_width, block_height) = (self.layout.block_width, self.layout.block_height);
        if i + 4 > block_width || j + 4 > block_height {
            return None;
        }
        self.with(k, |block| {
            let mut stencil = [[0.0; 4]; 4];
            for (line, from) in stencil.iter_mut().enumerate() {
                let at = (j + line) * block.width + i;
                *from = *line_at(&block.samples, at)?;
            }
            Some(stencil)
        })
    }

    /// Whether a block that overlaps the samples `c0..=c1`, `r0..=r1` has voids.
    pub fn voids_near(&self, (c0, c1): (usize, usize), (r0, r1): (usize, usize)) -> bool {
        let ((k0, ..), (k1, ..)) = (self.locate(c0, r0), self.locate(c1, r1));
        if k0 == k1 {
            return self.with(k0, |block| block.voids);
        }
        let (first, last) = (k0 % self.across, k1 % self.across);
        (k0 / self.across..=k1 / self.across)
            .any(|row| (first..=last).any(|c| self.with(row * self.across + c, |b| b.voids)))
    }

    /// Hands over the samples `c0..c1`, `r0..r1`, which must lie in the grid, in runs of a line:
    /// column and row of the first, and the run.
    pub fn visit(
        &self,
        (c0, c1): (usize, usize),
        (r0, r1): (usize, usize),
        mut each: impl FnMut(usize, usize, &[f32]),
    ) {
        let (block_width, block_height) = (self.layout.block_width, self.layout.block_height);
        if c0 >= c1 || r0 >= r1 {
            return;
        }
        for block_row in r0 / block_height..=(r1 - 1) / block_height {
            for block_column in c0 / block_width..=(c1 - 1) / block_width {
                let (west, north) = (block_column * block_width, block_row * block_height);
                let (from, to) = (c0.max(west), c1.min(west + block_width));
                self.with(block_row * self.across + block_column, |block| {
                    for row in r0.max(north)..r1.min(north + block_height) {
                        let line = (row - north) * block.width;
                        each(from, row, &block.samples[line + from - west..line + to - west]);
                    }
                });
            }
        }
    }

    /// Block, column and row in it.
    fn locate(&self, column: usize, row: usize) -> (usize, usize, usize) {
        if self.reader.is_none() {
            return (0, column, row);
        }
        // 32 bits divide several times faster than 64; a grid has less rows and columns than that.
        let (c, r) = (column as u32, row as u32);
        let (width, height) = (self.layout.block_width as u32, self.layout.block_height as u32);
        let (block_column, block_row) = (c / width, r / height);
        (
            block_row as usize * self.across + block_column as usize,
            (c - block_column * width) as usize,
            (r - block_row * height) as usize,
        )
    }

    #[inline]
    fn with<T>(&self, k: usize, f: impl FnOnce(&Block) -> T) -> T {
        match self.slots[k].get() {
            Some(block) => f(block),
            None => self.with_new(k, f),
        }
    }

    #[cold]
    #[inline(never)]
    fn with_new<T>(&self, k: usize, f: impl FnOnce(&Block) -> T) -> T {
        let Some(reader) = &self.reader else {
            return f(&self.void(k)); // a whole grid has its only block
        };
        let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = self.slots[k].get() {
            return f(block); // another thread was faster
        }
        if let Some((_, block)) = reader.passing.iter().find(|(held, _)| *held == k) {
            return f(block);
        }
        let (column, row) = (k % self.across, k / self.across);
        let block = match reader.source.read(column, row) {
            Ok(samples) => Block::new(samples, self.layout.clipped(column, row).0),
            Err(reason) => {
                let _ = self.trouble.set(Arc::new(reason)); // only the first is kept
                self.void(k)
            }
        };
        if KEPT.fetch_add(block.bytes(), Ordering::Relaxed) + block.bytes() <= BUDGET_BYTES {
            return f(self.slots[k].get_or_init(|| block));
        }
        KEPT.fetch_sub(block.bytes(), Ordering::Relaxed);
        let room = (PASSING_SAMPLES / block.samples.len().max(1)).max(PASSING_BLOCKS_MIN);
        reader.passing.truncate(room - 1);
        reader.passing.push_front((k, block));
        f(&reader.passing[0].1)
    }

    /// A block without elevations.
    fn void(&self, k: usize) -> Block {
        let (width, height) = self.layout.clipped(k % self.across, k / self.across);
        Block::new(vec![f32::NAN; width * height], width)
    }
}

fn line_at(samples: &[f32], at: usize) -> Option<&[f32; 4]> {
    samples.get(at..at + 4)?.first_chunk()
}
