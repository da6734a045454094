//! Measured ground seen from afar: means instead of samples.
//!
//! Owns: the smooth surface through the means of squares. Does not own: the squares (see
//! [`super::pyramid`]).
//!
//! As programmed: squares of the largest power of two of samples that is at most half the
//! resolution, around the place three by three of them, weighted by the quadratic B-spline
//! [DeBoor2001], which never overshoots and has a continuous slope; a square counts as far as it
//! has elevations. Of a grid that wraps, the squares must divide it evenly.
//! Refuses: shapes of squares; in a cylindrical grid they narrow towards the poles.

use super::pyramid::{LEAF, SIDE_MAX};
use super::raster::Raster;

impl Raster {
    /// Mean elevation and weight at a place over about `resolution_m`; where that is below four
    /// postings, the elevation itself.
    pub fn overview(&self, latitude_rad: f64, longitude_rad: f64, resolution_m: f64) -> (f64, f64) {
        let side = self.side(resolution_m);
        if side < 2 {
            return self.at(latitude_rad, longitude_rad);
        }
        let (column, row) = self.pixel(latitude_rad, longitude_rad);
        let weight = self.border(column, row);
        if weight == 0.0 {
            return (0.0, 0.0);
        }
        let ((i, wi), (j, wj)) = (spline(column, side), spline(row, side));
        let (mut sum, mut share) = (0.0, 0.0);
        for (dj, wj) in wj.iter().enumerate() {
            for (di, wi) in wi.iter().enumerate() {
                let (mean_m, held) = self.mean(side, i + di as isize, j + dj as isize);
                sum += wi * wj * held * mean_m;
                share += wi * wj * held;
            }
        }
        if share <= 0.0 {
            return (0.0, 0.0);
        }
        (self.drawn_to_pole(sum / share, row, side), weight * share.min(1.0))
    }

    /// Side of the squares for a resolution, samples.
    fn side(&self, resolution_m: f64) -> usize {
        let (width, height) = (self.grid.width(), self.grid.height());
        let pole = self.edges.north || self.edges.south;
        let most = 0.5 * resolution_m / self.posting_m();
        let mut side = 1;
        while side < SIDE_MAX && side < width.min(height) && 2.0 * side as f64 <= most {
            let next = 2 * side;
            if (self.edges.wraps && width % next != 0) || (pole && height % next != 0) {
                break;
            }
            side = next;
        }
        side
    }

    /// Mean of a square, and the share of it that has elevations; beyond the edges as samples are.
    fn mean(&self, side: usize, column: isize, row: isize) -> (f64, f64) {
        let (width, height) = (self.grid.width(), self.grid.height());
        let (w, h) = (width.div_ceil(side) as isize, height.div_ceil(side) as isize);
        let (c, r) = match row {
            r if r < 0 && self.edges.north => (column + w / 2, -1 - r),
            r if r >= h && self.edges.south => (column + w / 2, 2 * h - 1 - r),
            r => (column, r.clamp(0, h - 1)),
        };
        let c = if self.edges.wraps { c.rem_euclid(w) } else { c.clamp(0, w - 1) } as usize;
        let r = r.clamp(0, h - 1) as usize;
        let (west, north) = (c * side, r * side);
        let (east, south) = ((west + side).min(width), (north + side).min(height));
        let all = ((east - west) * (south - north)) as f64;
        if side >= LEAF {
            let square = self.square((side / LEAF).trailing_zeros() as usize, c, r);
            return (f64::from(square.mean_m), f64::from(square.samples) / all);
        }
        let (mut sum, mut count) = (0.0, 0.0);
        self.grid.visit((west, east), (north, south), |_, _, run| {
            for &z in run.iter().filter(|z| !z.is_nan()) {
                sum += f64::from(z);
                count += 1.0;
            }
        });
        (if count > 0.0 { sum / count } else { 0.0 }, count / all)
    }
}

/// The first of the three squares around a column or row, and their weights.
fn spline(x: f64, side: usize) -> (isize, [f64; 3]) {
    let side = side as f64;
    let x = (x - 0.5 * (side - 1.0)) / side;
    let middle = libm::rint(x);
    let t = x - middle;
    let weights = [0.5 * (0.5 - t) * (0.5 - t), 0.75 - t * t, 0.5 * (0.5 + t) * (0.5 + t)];
    (middle as isize - 1, weights)
}
