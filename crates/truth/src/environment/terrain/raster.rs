//! A grid of measured elevations and the smooth surface through it.
//!
//! Owns: interpolation, the edges, the poles, and what becomes of missing samples. Does not own: the
//! file (see [`super::geotiff`], [`super::pds`]), the map (see [`super::projection`]).
//!
//! As published, [Keys1981]: cubic convolution with a = −1/2, exact for quadratics, with continuous
//! slope; as programmed, the same in columns and rows. A grid around the whole Moon wraps in
//! longitude, and goes on over a pole that it reaches; at its other edges it fades out over a tenth
//! of its smaller side. At distances d of missing samples, in samples, it has the weight S(1 − t),
//! S smooth, t⁸ the sum of all ((11 − d)/8)⁸, d < 11: close to the nearest one's, but without a
//! crease between two. No neighbour that interpolation needs is missing where the weight is not 0.
//! Refuses: to fill holes.

use super::TerrainError;
use super::grid::Grid;
use super::projection::Projection;
use super::pyramid::{APRON, Pyramid, Square};
use icd::constants::MOON_RADIUS_M;
use std::path::Path;
use std::sync::OnceLock;

/// No place on the Moon lies further from the sphere, m: LOLA's extremes are −9.1 and +10.8 km,
/// [Smith2010].
pub(super) const ELEVATION_M_MAX: f64 = 12_000.0;
/// Share of the smaller side over which a grid fades out. Assumed.
const FADE: f64 = 0.1;
/// Radius around a pole, in rows, within which a grid is drawn to its polar mean: there the
/// meridians crowd and a grid in longitude has no single value.
pub(super) const POLAR_CAP_ROWS: f64 = 1.5;
/// Distance of a missing sample below which there is no surface: interpolation reaches 2√2.
const HOLE: f64 = 3.0;
/// Width of the border around missing samples, in samples. Assumed.
pub(super) const HOLE_FADE: f64 = 8.0;
/// Distance of a missing sample, in samples, from which it no longer matters.
pub(super) const CLEARANCE: f64 = HOLE + HOLE_FADE;

/// Where a grid goes on instead of ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edges {
    /// In longitude, all around the Moon.
    pub wraps: bool,
    /// Over the north pole, over the south pole.
    pub north: bool,
    pub south: bool,
}

/// Elevations above the sphere of 1737.4 km, placed on the Moon.
#[derive(Debug)]
pub(super) struct Raster {
    pub grid: Grid,
    pub projection: Projection,
    pub edges: Edges,
    /// Columns in a full turn; infinite around a pole.
    pub turn_columns: f64,
    pyramid: Pyramid,
    /// Mean of the first and of the last row.
    polar_mean_m: [OnceLock<f64>; 2],
}

impl Raster {
    /// Places a grid.
    ///
    /// # Errors
    /// When it is not on the Moon, or holds no elevation at all; `file` names it.
    pub fn new(grid: Grid, projection: Projection, file: &Path) -> Result<Self, TerrainError> {
        let (width, height) = (grid.width(), grid.height());
        projection.check(width, height, file)?;
        let (mut edges, mut turn_columns) =
            (Edges { wraps: false, north: false, south: false }, f64::INFINITY);
        if let Projection::Cylindrical { north_rad, step_x_rad, step_y_rad, .. } = projection {
            let quarter = core::f64::consts::FRAC_PI_2;
            let south_rad = north_rad - step_y_rad * (height as f64 - 1.0);
            let at_pole = |edge_rad: f64| (edge_rad - quarter).abs() < 0.01 * step_y_rad;
            turn_columns = 4.0 * quarter / step_x_rad;
            edges.wraps = (turn_columns - width as f64).abs() < 0.01;
            edges.north = edges.wraps && at_pole(north_rad + 0.5 * step_y_rad);
            edges.south = edges.wraps && at_pole(0.5 * step_y_rad - south_rad);
        }
        if grid.all_void() {
            return Err(TerrainError::AllVoid { file: file.into() });
        }
        let pyramid = Pyramid::new(width, height);
        let polar_mean_m = [const { OnceLock::new() }; 2];
        Ok(Self { grid, projection, edges, turn_columns, pyramid, polar_mean_m })
    }

    /// Distance of neighbouring samples along a meridian, m.
    pub fn posting_m(&self) -> f64 {
        self.projection.posting_m()
    }

    /// Latitude and longitude of the middle of the grid, rad.
    pub fn middle_rad(&self) -> [f64; 2] {
        let half = |n: usize| 0.5 * (n as f64 - 1.0);
        self.projection.place(half(self.grid.width()), half(self.grid.height()))
    }

    /// The smaller side on the ground, a parallel measured through the middle, m.
    pub fn side_m(&self) -> f64 {
        let (width, height) = (self.grid.width() as f64, self.grid.height() as f64);
        match self.projection {
            Projection::Cylindrical { step_x_rad, step_y_rad, .. } => {
                let [latitude_rad, _] = self.middle_rad();
                let across_rad = width * step_x_rad * libm::cos(latitude_rad);
                across_rad.min(height * step_y_rad) * MOON_RADIUS_M
            }
            Projection::Polar { .. } => width.min(height) * self.posting_m(),
        }
    }

    /// Column and row of a place.
    pub fn pixel(&self, latitude_rad: f64, longitude_rad: f64) -> (f64, f64) {
        self.projection.pixel(latitude_rad, longitude_rad, self.grid.width(), self.edges.wraps)
    }

    /// Width of the border over which the grid fades where it ends, samples.
    pub fn fade(&self) -> f64 {
        (FADE * self.grid.width().min(self.grid.height()) as f64).max(1.0)
    }

    /// Elevation and weight at a place: the weight is 1 well inside, 0 outside and where samples
    /// are missing, smooth between.
    pub fn at(&self, latitude_rad: f64, longitude_rad: f64) -> (f64, f64) {
        let (column, row) = self.pixel(latitude_rad, longitude_rad);
        let weight = self.border(column, row);
        if weight == 0.0 {
            return (0.0, 0.0);
        }
        let weight = if self.grid.voids() { weight * self.intact(column, row) } else { weight };
        if weight == 0.0 {
            return (0.0, 0.0);
        }
        let elevation_m = self.cubic(column, row);
        (self.drawn_to_pole(elevation_m, row, 1), weight)
    }

    /// Weight of the grid as far as its edges go.
    pub fn border(&self, column: f64, row: f64) -> f64 {
        let (w, h) = (self.grid.width() as f64, self.grid.height() as f64);
        let margin = |endless: bool, x: f64| if endless { f64::INFINITY } else { x };
        let edges = self.edges;
        let inwards = margin(edges.wraps, column.min(w - 1.0 - column))
            .min(margin(edges.north, row))
            .min(margin(edges.south, h - 1.0 - row));
        if inwards <= 0.0 || (column + row).is_nan() {
            return 0.0;
        }
        smooth(inwards / self.fade())
    }

    /// Weight of the grid as far as missing samples go.
    fn intact(&self, column: f64, row: f64) -> f64 {
        let range = |x: f64, n: usize| {
            let inside = |x: f64| x.clamp(0.0, n as f64 - 1.0) as usize;
            (inside(libm::ceil(x - CLEARANCE)), inside(libm::floor(x + CLEARANCE)))
        };
        let (w, h) = (self.grid.width(), self.grid.height());
        let rows = range(row, h);
        let mut sum = 0.0;
        // Once more a turn away, for what lies beyond the seam of a grid that wraps.
        let turn = if self.edges.wraps { w as f64 } else { 0.0 };
        for column in [column, column - turn, column + turn] {
            if column + CLEARANCE < 0.0 || column - CLEARANCE > w as f64 - 1.0 {
                continue;
            }
            let columns = range(column, w);
            if self.grid.voids_near(columns, rows) {
                let scan = |c0: usize, r: usize, run: &[f32]| {
                    for (i, _) in run.iter().enumerate().filter(|(_, z)| z.is_nan()) {
                        let (x, y) = ((c0 + i) as f64 - column, r as f64 - row);
                        let t = (CLEARANCE - (x * x + y * y).sqrt()).max(0.0) / HOLE_FADE;
                        let t2 = t * t;
                        sum += (t2 * t2) * (t2 * t2);
                    }
                };
                self.grid.visit((columns.0, columns.1 + 1), (rows.0, rows.1 + 1), scan);
            }
            if turn == 0.0 {
                break;
            }
        }
        smooth(1.0 - f64::sqrt(f64::sqrt(f64::sqrt(sum))))
    }

    /// Within the polar cap of a grid of squares `side` samples wide, the mean over the pole's row.
    pub fn drawn_to_pole(&self, elevation_m: f64, row: f64, side: usize) -> f64 {
        let edges = self.edges;
        if !edges.north && !edges.south {
            return elevation_m;
        }
        let (h, side) = (self.grid.height() as f64, side as f64);
        let (north, south) = ((row + 0.5) / side, (h - 0.5 - row) / side);
        let (from_pole, last) = match (edges.north, edges.south) {
            (true, _) if north < POLAR_CAP_ROWS => (north, 0),
            (_, true) if south < POLAR_CAP_ROWS => (south, 1),
            _ => return elevation_m,
        };
        let mean_m = *self.polar_mean_m[last].get_or_init(|| {
            let row = if last == 0 { 0 } else { self.grid.height() - 1 };
            let (mut sum, mut count) = (0.0, 0_u32);
            self.grid.visit((0, self.grid.width()), (row, row + 1), |_, _, run| {
                for &z in run.iter().filter(|z| !z.is_nan()) {
                    sum += f64::from(z);
                    count += 1;
                }
            });
            sum / f64::from(count.max(1))
        });
        mean_m + smooth(from_pole / POLAR_CAP_ROWS) * (elevation_m - mean_m)
    }

    fn cubic(&self, column: f64, row: f64) -> f64 {
        let (c, r) = (libm::floor(column), libm::floor(row));
        let (wc, wr) = (weights(column - c), weights(row - r));
        let (c, r) = (c as isize - 1, r as isize - 1);
        let stencil = self.stencil(c, r);
        let mut sum = 0.0;
        for (line, wj) in stencil.iter().zip(wr) {
            let mut of_line = 0.0;
            for (&z, wi) in line.iter().zip(wc) {
                of_line += wi * f64::from(z);
            }
            sum += wj * of_line;
        }
        sum
    }

    /// The sixteen samples from column `c` and row `r` on.
    fn stencil(&self, c: isize, r: isize) -> [[f32; 4]; 4] {
        let (w, h) = (self.grid.width() as isize, self.grid.height() as isize);
        let inside = c >= 0 && r >= 0 && c + 4 <= w && r + 4 <= h;
        let in_one_block = inside.then(|| self.grid.stencil(c as usize, r as usize)).flatten();
        if let Some(stencil) = in_one_block {
            return stencil;
        }
        let line = [0, 1, 2, 3];
        line.map(|j| line.map(|i| self.sample(c + i, r + j)))
    }

    /// A sample, also beyond the edges: over a pole the same row again, half a turn away; around the
    /// Moon a whole turn away; elsewhere the outermost one again.
    pub fn sample(&self, c: isize, r: isize) -> f32 {
        let (w, h) = (self.grid.width() as isize, self.grid.height() as isize);
        let (c, r) = match r {
            r if r < 0 && self.edges.north => (c + w / 2, (-1 - r).min(h - 1)),
            r if r >= h && self.edges.south => (c + w / 2, (2 * h - 1 - r).max(0)),
            r => (c, r.clamp(0, h - 1)),
        };
        let c = if self.edges.wraps { c.rem_euclid(w) } else { c.clamp(0, w - 1) };
        self.grid.sample(c as usize, r as usize)
    }

    /// A square of the pyramid, see [`Pyramid::square`].
    pub fn square(&self, size: usize, column: usize, row: usize) -> Square {
        self.pyramid.square(size, column, row, &|c, r, side| self.window(c, r, side))
    }

    /// What the pyramid asks for: `side` lines and columns from (`column`, `row`) on and the apron
    /// around them.
    fn window(&self, column: usize, row: usize, side: usize) -> Vec<f32> {
        let (w, h) = (self.grid.width(), self.grid.height());
        let line = side + 2 * APRON;
        let mut window = vec![0.0; line * line];
        let (c0, c1) = (column.saturating_sub(APRON), (column + side + APRON).min(w));
        let (r0, r1) = (row.saturating_sub(APRON), (row + side + APRON).min(h));
        self.grid.visit((c0, c1), (r0, r1), |c, r, run| {
            let at = (r + APRON - row) * line + c + APRON - column;
            window[at..at + run.len()].copy_from_slice(run);
        });
        // What lies beyond the edges of the grid.
        let inside = |k: usize| {
            let (c, r) = (column + k % line, row + k / line);
            (c0 + APRON..c1 + APRON).contains(&c) && (r0 + APRON..r1 + APRON).contains(&r)
        };
        if c1 - c0 < line || r1 - r0 < line {
            for k in (0..line * line).filter(|&k| !inside(k)) {
                let (c, r) = ((column + k % line) as isize, (row + k / line) as isize);
                window[k] = self.sample(c - APRON as isize, r - APRON as isize);
            }
        }
        window
    }
}

/// Weights of the four neighbours at `t` between the middle two: [Keys1981].
pub(super) fn weights(t: f64) -> [f64; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        0.5 * (-t3 + 2.0 * t2 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (-3.0 * t3 + 4.0 * t2 + t),
        0.5 * (t3 - t2),
    ]
}

/// 0 below 0, 1 above 1, with a continuous second derivative between.
pub(super) fn smooth(x: f64) -> f64 {
    let t = x.clamp(0.0, 1.0);
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(
        width: usize,
        height: usize,
        projection: impl Fn(f64) -> Projection,
        f: impl Fn(usize, usize) -> f32,
    ) -> Raster {
        let samples = (0..width * height).map(|k| f(k % width, k / width)).collect();
        let step = core::f64::consts::TAU / width as f64;
        let grid = Grid::whole(width, height, samples);
        Raster::new(grid, projection(step), Path::new("made.tif")).unwrap()
    }

    fn global(step: f64) -> Projection {
        Projection::Cylindrical {
            west_rad: -core::f64::consts::PI + 0.5 * step,
            north_rad: core::f64::consts::FRAC_PI_2 - 0.5 * step,
            step_x_rad: step,
            step_y_rad: step,
        }
    }

    /// A corner at 0.5 N, 0.25 E.
    fn regional(_: f64) -> Projection {
        let (west_rad, north_rad) = (0.25, 0.5);
        Projection::Cylindrical { west_rad, north_rad, step_x_rad: 1e-3, step_y_rad: 1e-3 }
    }

    #[test]
    fn a_quadratic_surface_is_reproduced_exactly() {
        let f = |c: f64, r: f64| 3.0 - 0.5 * c + 0.25 * r + 0.125 * c * c - 0.0625 * r * r;
        for kind in [global, regional] {
            let grid = raster(64, 32, kind, |c, r| f(c as f64, r as f64) as f32);
            let Projection::Cylindrical { west_rad, north_rad, step_x_rad, step_y_rad } =
                grid.projection
            else {
                panic!()
            };
            for (c, r) in [(10.25, 7.5), (30.0, 16.0), (40.9, 20.1)] {
                let (longitude, latitude) = (west_rad + c * step_x_rad, north_rad - r * step_y_rad);
                let (elevation_m, weight) = grid.at(latitude, longitude);
                assert!((elevation_m - f(c, r)).abs() < 1e-9 && weight == 1.0);
            }
        }
    }

    #[test]
    fn the_date_line_and_the_poles_are_no_edges() {
        let grid = raster(64, 32, global, |c, r| ((c * 7 + r * 13) % 10) as f32);
        let pi = core::f64::consts::PI;
        for latitude in [-1.2, 0.0, 0.9] {
            let (east, west) = (grid.at(latitude, pi - 1e-9), grid.at(latitude, -pi + 1e-9));
            assert!((east.0 - west.0).abs() < 1e-6 && east.1 == 1.0);
        }
        for pole in [0.5 * pi, -0.5 * pi] {
            let first = grid.at(pole, 0.0).0;
            assert!((0..60).all(|k| (grid.at(pole, f64::from(k) * 0.1).0 - first).abs() < 1e-9));
        }
    }

    #[test]
    fn a_regional_grid_fades_out_before_it_ends() {
        let grid = raster(64, 32, regional, |_, _| 5.0);
        let at = |column: f64| grid.at(0.5 - 15.5e-3, 0.25 + column * 1e-3);
        assert_eq!(at(31.0).1, 1.0);
        assert_eq!((at(-0.01).1, at(63.01).1), (0.0, 0.0));
        assert!(at(1e-3).1 < 1e-6);
        // Longitude is counted either way round.
        assert_eq!(grid.at(0.4845, 0.25 + 0.031 + core::f64::consts::TAU).1, 1.0);
    }
}
