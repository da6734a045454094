//! Means and maxima over squares of samples, made where and when they are asked for.
//!
//! Owns: the squares. Does not own: the samples (see [`super::grid`]), what is looked up in the
//! squares (see [`super::ceiling`] and [`super::overview`]).
//!
//! Derived: cubic convolution [Keys1981] between two samples is a cubic with slopes (p₊ − p₋)/2 at
//! both, which in Bernstein's form has the control values p, p ± (p₊ − p₋)/6 at each; the surface
//! over a cell is their tensor product and lies below the highest control value. Around a sample h
//! with neighbours east, west, north, south and in the corners these values are
//!     h ± a ± b ± c,   a = (h_E − h_W)/6, b = (h_N − h_S)/6, c = (h_NE − h_NW − h_SE + h_SW)/36,
//! so that h + |a| + |b| + |c| bounds what a sample adds. A derivative along a row is three times a
//! difference of neighbouring control values, those of the row h ± b: with Δ the differences of the
//! samples,
//!     (Δ₋ + Δ)/2 and 2 Δ − (Δ₋ + Δ₊)/2,
//! linear in the rows, so that of rows h, N, S the greatest is |D_h| + |D_N − D_S|/6. Columns alike.
//! As programmed: the same, rounded up. Squares of 8 to 256 samples are made together, larger ones
//! of four smaller; each is a function of the file alone. Where a neighbour is missing a sample adds
//! nothing: a raster has no say there.
//! Refuses: squares above [`SIDE_MAX`], which would read too much of a file for one question.

use super::raster::{CLEARANCE, ELEVATION_M_MAX};
use std::sync::OnceLock;

/// Side of the smallest squares, samples.
pub(super) const LEAF: usize = 8;
/// Side of the squares made together, samples, and how many sizes they have.
const PATCH: usize = 256;
const SIZES: usize = 6;
/// Side of the largest squares, samples: 268 million of them are read in some seconds.
pub(super) const SIDE_MAX: usize = PATCH << LAYERS;
const LAYERS: usize = 6;

/// Lines and columns that are looked at around a patch: [`CLEARANCE`] and one more.
pub(super) const APRON: usize = 12;

/// What is known of a square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Square {
    /// Upper bound of the surface, m; −∞ where there is none.
    pub highest_m: f32,
    /// Lower bound, m; ∞ where there is none.
    pub lowest_m: f32,
    /// Bounds of its change from one column and from one row to the next, m.
    pub steepest_m: [f32; 2],
    /// Mean of the samples that hold an elevation, m; 0 where none does.
    pub mean_m: f32,
    /// How many hold one.
    pub samples: u32,
    /// Whether one that does not lies in it, or less than [`CLEARANCE`] from it.
    pub void: bool,
}

/// No ground.
pub(super) const NOTHING: Square = Square {
    highest_m: f32::NEG_INFINITY,
    lowest_m: f32::INFINITY,
    steepest_m: [0.0; 2],
    mean_m: 0.0,
    samples: 0,
    void: false,
};

/// Ground of which nothing is known but that it is on the Moon.
pub(super) const ANYTHING: Square = Square {
    highest_m: ELEVATION_M_MAX as f32,
    lowest_m: -ELEVATION_M_MAX as f32,
    steepest_m: [f32::INFINITY; 2],
    mean_m: 0.0,
    samples: 0,
    void: true,
};

impl Square {
    /// Bounds of both; the mean and the number of samples are this one's.
    pub(super) fn and(self, other: Self) -> Self {
        let (a, b) = (self.steepest_m, other.steepest_m);
        Self {
            highest_m: self.highest_m.max(other.highest_m),
            lowest_m: self.lowest_m.min(other.lowest_m),
            steepest_m: [a[0].max(b[0]), a[1].max(b[1])],
            void: self.void || other.void,
            ..self
        }
    }
}

/// All squares of a grid.
#[derive(Debug)]
pub(super) struct Pyramid {
    width: usize,
    height: usize,
    across: usize,
    down: usize,
    /// The squares of each patch, smallest first, line by line.
    patches: Vec<OnceLock<Box<[Square]>>>,
    /// Larger squares, each layer of twice the side of the one before.
    layers: Vec<Vec<OnceLock<Square>>>,
}

impl Pyramid {
    /// Over a grid of `width` by `height` samples.
    pub fn new(width: usize, height: usize) -> Self {
        let (across, down) = (width.div_ceil(PATCH), height.div_ceil(PATCH));
        let unmade = |n: usize| (0..n).map(|_| OnceLock::new()).collect();
        let layers = (1..=LAYERS).map(|k| unmade(across.div_ceil(1 << k) * down.div_ceil(1 << k)));
        Self {
            width,
            height,
            across,
            down,
            patches: (0..across * down).map(|_| OnceLock::new()).collect(),
            layers: layers.collect(),
        }
    }

    /// The square of side [`LEAF`] · 2^`size`, at most [`SIDE_MAX`], whose first sample is
    /// (side · `column`, side · `row`); nothing is in it outside the grid.
    ///
    /// `window`: gives the samples of as many lines and columns as its third argument, [`APRON`]
    /// more on each side, from (column, row) on; those beyond the grid as interpolation takes them.
    pub fn square(
        &self,
        size: usize,
        column: usize,
        row: usize,
        window: &impl Fn(usize, usize, usize) -> Vec<f32>,
    ) -> Square {
        if size < SIZES {
            let shift = SIZES - 1 - size;
            let (i, j) = (column >> shift, row >> shift);
            if i >= self.across || j >= self.down {
                return NOTHING;
            }
            let made = self.patches[j * self.across + i].get_or_init(|| {
                let (west, north) = (i * PATCH, j * PATCH);
                let size = (PATCH.min(self.width - west), PATCH.min(self.height - north));
                patch(&window(west, north, PATCH), size)
            });
            let (side, mask) = (1 << shift, (1 << shift) - 1);
            return made[first_of(size) + (row & mask) * side + (column & mask)];
        }
        let layer = (size - SIZES).min(LAYERS - 1);
        let across = self.across.div_ceil(2 << layer);
        if column >= across || row >= self.down.div_ceil(2 << layer) {
            return NOTHING;
        }
        *self.layers[layer][row * across + column].get_or_init(|| {
            let quarters = [(0, 0), (1, 0), (0, 1), (1, 1)];
            merged(
                quarters.map(|(i, j)| self.square(size - 1, 2 * column + i, 2 * row + j, window)),
            )
        })
    }
}

/// Where the squares of a size begin among those of a patch: 32², 16², … are before it.
const fn first_of(size: usize) -> usize {
    let mut first = 0;
    let mut k = 0;
    while k < size {
        first += 1 << (2 * (SIZES - 1 - k));
        k += 1;
    }
    first
}

fn merged(quarters: [Square; 4]) -> Square {
    let samples = quarters.iter().map(|q| q.samples).sum();
    let sum: f64 = quarters.iter().map(|q| f64::from(q.mean_m) * f64::from(q.samples)).sum();
    Square {
        mean_m: if samples > 0 { (sum / f64::from(samples)) as f32 } else { 0.0 },
        samples,
        ..quarters.into_iter().fold(NOTHING, Square::and)
    }
}

/// The squares of one patch from its samples and the [`APRON`] around them; the grid has `columns`
/// and `rows` of them without it.
fn patch(window: &[f32], (columns, rows): (usize, usize)) -> Box<[Square]> {
    let line = PATCH + 2 * APRON;
    let mut squares = vec![NOTHING; first_of(SIZES)];
    let leaves = PATCH / LEAF;
    let mut sums = vec![0.0_f64; leaves * leaves];
    for row in 0..rows {
        let middle = (row + APRON) * line + APRON - 1;
        let four = [0, 1, 2, 3].map(|k| &window[middle - line + k * line..][..PATCH + 3]);
        for column in 0..columns {
            let around = four.map(|l| [0, 1, 2, 3].map(|k| l[column + k]));
            let here_m = around[1][1];
            if here_m.is_nan() {
                continue;
            }
            let leaf = (row / LEAF) * leaves + column / LEAF;
            sums[leaf] += f64::from(here_m);
            let square = &mut squares[leaf];
            square.samples += 1;
            let control_m = control_m(&around);
            square.highest_m = square.highest_m.max(here_m + control_m);
            square.lowest_m = square.lowest_m.min(here_m - control_m);
            for (known, change_m) in square.steepest_m.iter_mut().zip(changes_m(&around)) {
                *known = known.max(change_m);
            }
        }
    }
    // The squares that the clearance of a missing sample touches.
    let clearance = libm::ceil(CLEARANCE) as usize;
    let touched = |at: usize| {
        let leaf = |x: usize| x.saturating_sub(APRON).min(PATCH - 1) / LEAF;
        leaf(at - at.min(clearance))..=leaf(at + clearance)
    };
    for (k, _) in window.iter().enumerate().filter(|(_, z)| z.is_nan()) {
        for j in touched(k / line) {
            for i in touched(k % line) {
                squares[j * leaves + i].void = true;
            }
        }
    }
    for (square, sum) in squares.iter_mut().zip(&sums) {
        if square.samples > 0 {
            square.mean_m = (sum / f64::from(square.samples)) as f32;
        }
    }
    for size in 1..SIZES {
        let (from, to, side) = (first_of(size - 1), first_of(size), leaves >> size);
        for k in 0..side * side {
            let corner = from + 4 * side * (k / side) + 2 * (k % side);
            let below = corner + 2 * side;
            squares[to + k] = merged([corner, corner + 1, below, below + 1].map(|at| squares[at]));
        }
    }
    squares.into_boxed_slice()
}

/// How far the control values around the second sample of the second line lie from it at most,
/// rounded up; NaN if a neighbour is.
fn control_m(around: &[[f32; 4]; 4]) -> f32 {
    let [north, here, south, _] = around;
    let a = (here[2] - here[0]) / 6.0;
    let b = (north[1] - south[1]) / 6.0;
    let c = (north[2] - north[0] - south[2] + south[0]) / 36.0;
    // Roundings of single precision: three of values below 2^14 m, others smaller: under 0.003 m.
    a.abs() + b.abs() + c.abs() + 0.005
}

/// The greatest derivatives near the second sample of the second line and on to the third, by column
/// and by row; NaN where a neighbour is.
pub(super) fn changes_m(around: &[[f32; 4]; 4]) -> [f32; 2] {
    let turned = [0, 1, 2, 3].map(|k| around.map(|l| l[k]));
    [around, &turned].map(|lines| change_m([lines[0], lines[1], lines[2]]))
}

/// The greatest derivative along the second of three lines, per sample, near its second sample and
/// on to the third; rounded up, NaN where a neighbour is.
fn change_m(lines: [[f32; 4]; 3]) -> f32 {
    let [before, here, after] = lines.map(|l| {
        let [first, middle, last] = [l[1] - l[0], l[2] - l[1], l[3] - l[2]];
        [0.5 * (first + middle), 2.0 * middle - 0.5 * (first + last)]
    });
    let of = |k: usize| here[k].abs() + (before[k] - after[k]).abs() / 6.0;
    of(0).max(of(1)) + 0.005
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_hold_the_mean_the_number_and_the_voids_of_their_samples() {
        let (width, height) = (600, 300);
        let at = |c: usize, r: usize| match (c, r) {
            (130, 77) => f32::NAN,
            (c, r) => (c * 3 + r * 5) as f32,
        };
        let window = |c0: usize, r0: usize, side: usize| {
            let line = side + 2 * APRON;
            // The outermost samples are repeated beyond the edges.
            let edge = |x: usize, n: usize| x.clamp(APRON, n + APRON - 1) - APRON;
            (0..line * line)
                .map(|k| at(edge(c0 + k % line, width), edge(r0 + k / line, height)))
                .collect()
        };
        let pyramid = Pyramid::new(width, height);
        for size in 0..SIZES + 2 {
            let side = LEAF << size;
            for (i, j) in [(0, 0), (1, 0), (130 / side, 77 / side), (width / side, height / side)] {
                let mut samples = Vec::new();
                for c in i * side..((i + 1) * side).min(width) {
                    samples.extend((j * side..((j + 1) * side).min(height)).map(|r| at(c, r)));
                }
                let good: Vec<f64> =
                    samples.iter().filter(|z| z.is_finite()).map(|&z| f64::from(z)).collect();
                let square = pyramid.square(size, i, j, &window);
                assert_eq!(square.samples as usize, good.len(), "{size} {i} {j}");
                let reach = |from: usize, x: usize| from < x + 12 && x < from + side + 11;
                assert_eq!(square.void, reach(i * side, 130) && reach(j * side, 77), "{size}");
                if !good.is_empty() {
                    let mean = good.iter().sum::<f64>() / good.len() as f64;
                    assert!((f64::from(square.mean_m) - mean).abs() < 1e-3, "{size} {i} {j}");
                }
            }
        }
        assert_eq!(pyramid.square(0, 9999, 0, &window), NOTHING);
    }
}
