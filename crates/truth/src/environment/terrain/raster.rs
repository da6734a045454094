//! A grid of measured elevations and the smooth surface through it.
//!
//! Owns: interpolation, the edges and the poles. Does not own: the file (see [`super::geotiff`]).
//!
//! As published, [Keys1981]: cubic convolution with a = −1/2, exact for quadratics, with continuous
//! slope; as programmed, the same in both coordinates of an equirectangular grid. A grid around the
//! whole Moon wraps in longitude and goes on over the poles; a regional one fades out towards its
//! edges over a tenth of its smaller side.

use super::ceiling::Pyramid;
use icd::constants::MOON_RADIUS_M;
use std::sync::OnceLock;

/// Share of the smaller side over which a regional grid fades out. Assumed.
const FADE: f64 = 0.1;
/// Radius around a pole, in rows, within which a global grid is drawn to its polar mean: there the
/// meridians crowd and a grid in longitude has no single value.
const POLAR_CAP_ROWS: f64 = 1.5;

/// Elevations above the sphere of 1737.4 km, row 0 northernmost, placed by the centres of pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raster {
    pub width: usize,
    pub height: usize,
    /// Longitude of the first column and latitude of the first row.
    pub west_rad: f64,
    pub north_rad: f64,
    pub step_x_rad: f64,
    pub step_y_rad: f64,
    pub elevation_m: Vec<f32>,
    /// Whether it covers the whole Moon.
    pub global: bool,
    /// Maxima, made when first asked for.
    pub pyramid: OnceLock<Pyramid>,
}

impl Raster {
    /// Column of a meridian: of a global grid from 0 up to its width, of another one counted from
    /// its middle the shorter way round.
    pub fn column(&self, longitude_rad: f64) -> f64 {
        let turn = core::f64::consts::TAU;
        if self.global {
            let east = longitude_rad - self.west_rad;
            return (east - turn * libm::floor(east / turn)) / self.step_x_rad;
        }
        let half = 0.5 * (self.width as f64 - 1.0);
        let east = longitude_rad - (self.west_rad + half * self.step_x_rad);
        (east - turn * libm::rint(east / turn)) / self.step_x_rad + half
    }

    /// Width of the border over which a regional grid fades, samples.
    pub fn fade(&self) -> f64 {
        (FADE * self.width.min(self.height) as f64).max(1.0)
    }

    /// Maxima over squares of samples.
    pub fn pyramid(&self) -> &Pyramid {
        self.pyramid.get_or_init(|| {
            let at: Box<dyn Fn(isize, isize) -> f32> = if self.global {
                Box::new(|c, r| self.around(c, r))
            } else {
                Box::new(|c, r| self.inside(c, r))
            };
            Pyramid::new(self.width, self.height, at)
        })
    }

    /// A sample of a regional grid, the outermost ones repeated beyond its edges.
    fn inside(&self, c: isize, r: isize) -> f32 {
        let c = c.clamp(0, self.width as isize - 1) as usize;
        let r = r.clamp(0, self.height as isize - 1) as usize;
        self.elevation_m[r * self.width + c]
    }

    /// A sample of a global grid: over the pole the same row again, half a turn away.
    fn around(&self, c: isize, r: isize) -> f32 {
        let (w, h) = (self.width as isize, self.height as isize);
        let (c, r) = match r {
            r if r < 0 => (c + w / 2, -1 - r),
            r if r >= h => (c + w / 2, 2 * h - 1 - r),
            r => (c, r),
        };
        let c = if c < 0 {
            c + w
        } else if c >= w {
            c - w
        } else {
            c
        };
        let c = if c >= w { c - w } else { c };
        self.elevation_m[r as usize * self.width + c as usize]
    }

    /// Distance of neighbouring samples along a meridian, m.
    pub fn posting_m(&self) -> f64 {
        self.step_y_rad * MOON_RADIUS_M
    }

    /// Elevation and weight at a place: the weight is 1 well inside, 0 outside, smooth between.
    pub fn regional(&self, latitude_rad: f64, longitude_rad: f64) -> (f64, f64) {
        let (w, h) = (self.width as f64, self.height as f64);
        let column = self.column(longitude_rad);
        let row = (self.north_rad - latitude_rad) / self.step_y_rad;
        let inwards = column.min(w - 1.0 - column).min(row).min(h - 1.0 - row);
        if inwards <= 0.0 || inwards.is_nan() {
            return (0.0, 0.0);
        }
        let elevation_m = self.cubic(column, row, |c, r| self.inside(c, r));
        (elevation_m, smooth(inwards / self.fade()))
    }

    /// Elevation at a place of a grid that covers the whole Moon.
    pub fn global(&self, latitude_rad: f64, longitude_rad: f64) -> f64 {
        let (w, h) = (self.width as f64, self.height as f64);
        let column = self.column(longitude_rad);
        let row = (self.north_rad - latitude_rad) / self.step_y_rad;
        let elevation_m = self.cubic(column, row, |c, r| self.around(c, r));
        let from_pole = (row + 0.5).min(h - 0.5 - row);
        if from_pole < POLAR_CAP_ROWS {
            let first = if row < 1.0 { 0 } else { self.width * (self.height - 1) };
            let polar = &self.elevation_m[first..first + self.width];
            let mean = polar.iter().map(|&e| f64::from(e)).sum::<f64>() / w;
            return mean + smooth(from_pole / POLAR_CAP_ROWS) * (elevation_m - mean);
        }
        elevation_m
    }

    fn cubic(&self, column: f64, row: f64, at: impl Fn(isize, isize) -> f32) -> f64 {
        let (c, r) = (libm::floor(column), libm::floor(row));
        let (wc, wr) = (weights(column - c), weights(row - r));
        let (c, r) = (c as isize - 1, r as isize - 1);
        let mut sum = 0.0;
        for (j, wj) in wr.iter().enumerate() {
            let mut line = 0.0;
            for (i, wi) in wc.iter().enumerate() {
                line += wi * f64::from(at(c + i as isize, r + j as isize));
            }
            sum += wj * line;
        }
        sum
    }
}

/// Weights of the four neighbours at `t` between the middle two: [Keys1981].
fn weights(t: f64) -> [f64; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        0.5 * (-t3 + 2.0 * t2 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (-3.0 * t3 + 4.0 * t2 + t),
        0.5 * (t3 - t2),
    ]
}

/// 0 below 0, 1 above 1, with a continuous second derivative between.
fn smooth(x: f64) -> f64 {
    let t = x.clamp(0.0, 1.0);
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width: usize, height: usize, f: impl Fn(usize, usize) -> f32) -> Raster {
        let step = core::f64::consts::TAU / width as f64;
        Raster {
            width,
            height,
            west_rad: -core::f64::consts::PI + 0.5 * step,
            north_rad: core::f64::consts::FRAC_PI_2 - 0.5 * step,
            step_x_rad: step,
            step_y_rad: step,
            elevation_m: (0..width * height).map(|k| f(k % width, k / width)).collect(),
            global: true,
            pyramid: OnceLock::new(),
        }
    }

    #[test]
    fn a_quadratic_surface_is_reproduced_exactly() {
        let f = |c: f64, r: f64| 3.0 - 0.5 * c + 0.25 * r + 0.125 * c * c - 0.0625 * r * r;
        let grid = raster(64, 32, |c, r| f(c as f64, r as f64) as f32);
        for (c, r) in [(10.25, 7.5), (30.0, 16.0), (40.9, 20.1)] {
            let (longitude, latitude) =
                (grid.west_rad + c * grid.step_x_rad, grid.north_rad - r * grid.step_y_rad);
            assert!((grid.global(latitude, longitude) - f(c, r)).abs() < 1e-9);
            assert!((grid.regional(latitude, longitude).0 - f(c, r)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_date_line_and_the_poles_are_no_edges() {
        let grid = raster(64, 32, |c, r| ((c * 7 + r * 13) % 10) as f32);
        let pi = core::f64::consts::PI;
        for latitude in [-1.2, 0.0, 0.9] {
            let (east, west) =
                (grid.global(latitude, pi - 1e-9), grid.global(latitude, -pi + 1e-9));
            assert!((east - west).abs() < 1e-6);
        }
        for pole in [0.5 * pi, -0.5 * pi] {
            let first = grid.global(pole, 0.0);
            assert!((0..60).all(|k| (grid.global(pole, f64::from(k) * 0.1) - first).abs() < 1e-9));
        }
    }

    #[test]
    fn a_regional_grid_fades_out_before_it_ends() {
        let mut grid = raster(64, 32, |_, _| 5.0);
        (grid.step_x_rad, grid.step_y_rad, grid.north_rad) = (1e-3, 1e-3, 0.5);
        let at = |column: f64| grid.regional(0.5 - 15.5e-3, grid.west_rad + column * 1e-3);
        assert_eq!(at(31.0).1, 1.0);
        assert_eq!((at(-0.01).1, at(63.01).1), (0.0, 0.0));
        assert!(at(1e-3).1 < 1e-6);
        // Longitude is counted either way round.
        assert_eq!(grid.regional(0.4845, grid.west_rad + 0.031 + core::f64::consts::TAU).1, 1.0);
    }
}
