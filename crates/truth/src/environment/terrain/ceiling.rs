//! How high measured ground can be within an angular distance of a place.
//!
//! Owns: the pyramid of maxima and the bound of the interpolated surface. Does not own: the surface
//! (see [`super::raster`]).
//!
//! Derived: cubic convolution [Keys1981] between two samples is a cubic with slopes
//! (p₊ − p₋)/2 at both, which in Bernstein's form has the control values p, p ± (p₊ − p₋)/6 at each;
//! the surface over a cell is their tensor product and lies below the highest control value. Around
//! a sample h with neighbours east, west, north, south and in the corners these values are
//!     h ± a ± b ± c,   a = (h_E − h_W)/6, b = (h_N − h_S)/6, c = (h_NE − h_NW − h_SE + h_SW)/36,
//! so that h + |a| + |b| + |c| bounds what a sample adds. As programmed: the same, rounded up, and
//! its maxima over squares of 8, 16, 32 … samples.
//! Refuses: generated relief; whoever asks adds a bound of that.

use super::raster::Raster;

/// Side of the smallest squares, samples.
const LEAF: usize = 8;

/// Maxima over squares of samples; level 0 has squares of [`LEAF`], each next one of twice that.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pyramid {
    levels: Vec<Level>,
}

#[derive(Clone, Debug, PartialEq)]
struct Level {
    across: usize,
    down: usize,
    highest_m: Vec<f32>,
}

impl Pyramid {
    /// Over `width` by `height` samples; `at` also answers one sample beyond each edge, as
    /// interpolation does there. Cost: nine samples each, once.
    pub fn new(width: usize, height: usize, at: impl Fn(isize, isize) -> f32) -> Self {
        let (across, down) = (width.div_ceil(LEAF), height.div_ceil(LEAF));
        let mut highest_m = vec![f32::NEG_INFINITY; across * down];
        for r in 0..height {
            for c in 0..width {
                let cell = &mut highest_m[(r / LEAF) * across + c / LEAF];
                *cell = cell.max(control_m(&at, c as isize, r as isize));
            }
        }
        let mut levels = vec![Level { across, down, highest_m }];
        while let Some(last) = levels.last().filter(|level| level.across * level.down > 1) {
            let next = last.halved();
            levels.push(next);
        }
        Self { levels }
    }

    /// The highest value over the samples `c0..=c1`, `r0..=r1`. Cost: at most nine look-ups.
    pub fn highest_m(&self, c0: usize, c1: usize, r0: usize, r1: usize) -> f64 {
        let span = (c1 - c0).max(r1 - r0);
        let mut k = 0;
        while k + 1 < self.levels.len() && span > 2 * (LEAF << k) {
            k += 1;
        }
        let (level, side) = (&self.levels[k], LEAF << k);
        let mut highest_m = f32::NEG_INFINITY;
        for j in r0 / side..=(r1 / side).min(level.down - 1) {
            for i in c0 / side..=(c1 / side).min(level.across - 1) {
                highest_m = highest_m.max(level.highest_m[j * level.across + i]);
            }
        }
        f64::from(highest_m)
    }
}

impl Level {
    fn halved(&self) -> Self {
        let (across, down) = (self.across.div_ceil(2), self.down.div_ceil(2));
        let mut highest_m = vec![f32::NEG_INFINITY; across * down];
        for (k, &value) in self.highest_m.iter().enumerate() {
            let cell = &mut highest_m[(k / self.across / 2) * across + k % self.across / 2];
            *cell = cell.max(value);
        }
        Self { across, down, highest_m }
    }
}

/// The highest control value around a sample, rounded up.
fn control_m(at: &impl Fn(isize, isize) -> f32, c: isize, r: isize) -> f32 {
    let h = |i: isize, j: isize| f64::from(at(c + i, r + j));
    let a = (h(1, 0) - h(-1, 0)) / 6.0;
    let b = (h(0, 1) - h(0, -1)) / 6.0;
    let twist = (h(1, 1) - h(-1, 1) - h(1, -1) + h(-1, -1)) / 36.0;
    ((h(0, 0) + a.abs() + b.abs() + twist.abs()) as f32).next_up()
}

/// What a raster says of a disc.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ceiling {
    /// Upper bound of its surface there, m; −∞ where it has none.
    pub elevation_m: f64,
    /// Whether it alone is the ground all over the disc.
    pub alone: bool,
}

impl Raster {
    /// An upper bound of the surface within `reach_rad` of a place; radians.
    ///
    /// A disc at angle r around latitude φ stays within r / cos(|φ| + r) of its centre's longitude.
    pub fn ceiling(&self, latitude_rad: f64, longitude_rad: f64, reach_rad: f64) -> Ceiling {
        let none = Ceiling { elevation_m: f64::NEG_INFINITY, alone: false };
        let (w, h) = (self.width as f64, self.height as f64);
        let reach_rad = reach_rad.max(0.0);
        let row = (self.north_rad - latitude_rad) / self.step_y_rad;
        let half_rows = reach_rad / self.step_y_rad;
        let (r0, r1) = (row - half_rows, row + half_rows);
        if r1.is_nan() || (!self.global && (r1 < 0.0 || r0 > h - 1.0)) {
            return none;
        }
        let rows = (clamped(libm::floor(r0), h), clamped(libm::ceil(r1), h));
        let furthest = latitude_rad.abs() + reach_rad + 2.0 * self.step_y_rad;
        let half_columns = if furthest < core::f64::consts::FRAC_PI_2 {
            reach_rad / libm::cos(furthest) / self.step_x_rad
        } else {
            f64::INFINITY
        };
        let column = self.column(longitude_rad);
        let (c0, c1) = (column - half_columns, column + half_columns);
        let pyramid = self.pyramid();
        let over = |c0: f64, c1: f64| {
            pyramid.highest_m(
                clamped(libm::floor(c0), w),
                clamped(libm::ceil(c1), w),
                rows.0,
                rows.1,
            )
        };
        if self.global {
            let elevation_m = if c1 - c0 >= w - 2.0 {
                over(0.0, w)
            } else if c0 < 0.0 {
                over(0.0, c1).max(over(c0 + w, w))
            } else if c1 > w - 1.0 {
                over(c0, w).max(over(0.0, c1 - w))
            } else {
                over(c0, c1)
            };
            return Ceiling { elevation_m, alone: true };
        }
        // What lies on the far side of the Moon from the grid's middle counts as off its nearer edge.
        let turn = core::f64::consts::TAU / self.step_x_rad;
        let around = c0 + turn <= w - 1.0 || c1 - turn >= 0.0;
        if !around && (c1 < 0.0 || c0 > w - 1.0) {
            return none;
        }
        let elevation_m = if around { over(0.0, w) } else { over(c0, c1) };
        let inwards = c0.min(w - 1.0 - c1).min(r0).min(h - 1.0 - r1);
        Ceiling { elevation_m, alone: !around && inwards >= self.fade() }
    }
}

/// An index below `n` from a number that may be off either end.
fn clamped(x: f64, n: f64) -> usize {
    x.clamp(0.0, n - 1.0) as usize
}
