//! From a place on the Moon to a row and column of a grid.
//!
//! Owns: the projections. Does not own: what the grid holds there.
//!
//! As published, [Snyder1987] §12 and §21, on a sphere of radius R: equirectangular
//!     x = R cos φ_1 (λ − λ_0),   y = R (φ − φ_0),
//! and polar stereographic, scale k_0 at the pole, upper signs north, lower south:
//!     ρ = 2 R k_0 tan(π/4 ∓ φ/2),   x = ρ sin(λ − λ_0),   y = ∓ρ cos(λ − λ_0),
//! where k_0 = (1 + sin |φ_1|)/2 makes the scale 1 at the latitude φ_1.
//! As programmed: the same in rows and columns; a row is counted southwards along y.
//! Refuses: ellipsoids, rotated maps.

use super::TerrainError;
use core::f64::consts::{FRAC_PI_2, FRAC_PI_4, TAU};
use icd::constants::MOON_RADIUS_M;
use std::path::Path;

/// Where the samples of a grid lie; columns and rows are of the centres of pixels, from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Projection {
    /// Columns along parallels, rows along meridians.
    Cylindrical {
        /// Longitude of column 0 and latitude of row 0.
        west_rad: f64,
        north_rad: f64,
        step_x_rad: f64,
        step_y_rad: f64,
    },
    /// Around a pole.
    Polar {
        north: bool,
        /// Meridian that runs down (north) or up (south) from the pole.
        longitude_rad: f64,
        pole_column: f64,
        pole_row: f64,
        /// Samples per unit of tan of half the angle from the pole.
        per_unit: f64,
    },
}

impl Projection {
    /// Distance of neighbouring samples along a meridian, at the pole of a polar grid, m.
    pub fn posting_m(&self) -> f64 {
        match *self {
            Self::Cylindrical { step_y_rad, .. } => step_y_rad * MOON_RADIUS_M,
            Self::Polar { per_unit, .. } => 2.0 * MOON_RADIUS_M / per_unit,
        }
    }

    /// Column and row of a place. `around`: columns are counted from 0 once around the Moon,
    /// otherwise from the middle of `width` columns the shorter way.
    pub fn pixel(
        &self,
        latitude_rad: f64,
        longitude_rad: f64,
        width: usize,
        around: bool,
    ) -> (f64, f64) {
        match *self {
            Self::Cylindrical { west_rad, north_rad, step_x_rad, step_y_rad } => {
                let row = (north_rad - latitude_rad) / step_y_rad;
                if around {
                    let east = longitude_rad - west_rad;
                    return ((east - TAU * libm::floor(east / TAU)) / step_x_rad, row);
                }
                let half = 0.5 * (width as f64 - 1.0);
                let east = longitude_rad - (west_rad + half * step_x_rad);
                ((east - TAU * libm::rint(east / TAU)) / step_x_rad + half, row)
            }
            Self::Polar { north, longitude_rad: zero_rad, pole_column, pole_row, per_unit } => {
                let from_pole = if north { latitude_rad } else { -latitude_rad };
                let rho = per_unit * libm::tan(FRAC_PI_4 - 0.5 * from_pole);
                let east = longitude_rad - zero_rad;
                let down = if north { rho } else { -rho };
                (pole_column + rho * libm::sin(east), pole_row + down * libm::cos(east))
            }
        }
    }

    /// Latitude and longitude, rad, of a column and row: the inverse of [`Self::pixel`].
    pub fn place(&self, column: f64, row: f64) -> [f64; 2] {
        match *self {
            Self::Cylindrical { west_rad, north_rad, step_x_rad, step_y_rad } => {
                [north_rad - row * step_y_rad, west_rad + column * step_x_rad]
            }
            Self::Polar { north, longitude_rad, pole_column, pole_row, per_unit } => {
                let (x, y) = (column - pole_column, row - pole_row);
                let from_pole = FRAC_PI_2 - 2.0 * libm::atan(libm::hypot(x, y) / per_unit);
                let (latitude_rad, down) = if north { (from_pole, y) } else { (-from_pole, -y) };
                [latitude_rad, longitude_rad + libm::atan2(x, down)]
            }
        }
    }

    /// How many columns and rows a disc of angle `reach_rad` around a place stretches from it at most.
    ///
    /// On a parallel: a great-circle arc of r from latitude φ changes longitude by at most
    /// r / cos(|φ| + r). In the polar map, whose scale grows outwards: the arc that leads outwards.
    pub fn spread(&self, latitude_rad: f64, reach_rad: f64) -> (f64, f64) {
        match *self {
            Self::Cylindrical { step_x_rad, step_y_rad, .. } => {
                let furthest = latitude_rad.abs() + reach_rad;
                let rows = reach_rad / step_y_rad;
                if furthest < FRAC_PI_2 {
                    (reach_rad / libm::cos(furthest) / step_x_rad, rows)
                } else {
                    (f64::INFINITY, rows)
                }
            }
            Self::Polar { north, per_unit, .. } => {
                let from_pole = FRAC_PI_2 - if north { latitude_rad } else { -latitude_rad };
                let outer = 0.5 * (from_pole + reach_rad);
                if outer >= FRAC_PI_2 {
                    return (f64::INFINITY, f64::INFINITY);
                }
                let samples = per_unit * (libm::tan(outer) - libm::tan(0.5 * from_pole));
                (samples, samples)
            }
        }
    }

    /// Steepest slope within `reach_rad` of a place, rise over run on the sphere, of a surface that changes
    /// by at most so much from one column and from one row to the next, m.
    ///
    /// In the cylindrical map columns crowd towards a pole. `cap_rad`: the angle from it within which
    /// the surface is drawn to a mean by 10 x³ − 15 x⁴ + 6 x⁵, x the share of the angle; over x that
    /// is below 1.2, so that columns are never closer in effect than at 0.83 of it.
    pub fn slope(
        &self,
        latitude_rad: f64,
        reach_rad: f64,
        steepest_m: [f64; 2],
        cap_rad: f64,
    ) -> f64 {
        let [across_m, down_m] = match *self {
            Self::Cylindrical { step_x_rad, step_y_rad, .. } => {
                let from_pole = FRAC_PI_2 - latitude_rad.abs() - reach_rad;
                let parallel = libm::sin(from_pole.clamp(0.0, FRAC_PI_2)).max(0.83 * cap_rad);
                [step_x_rad * parallel, step_y_rad].map(|step_rad| step_rad * MOON_RADIUS_M)
            }
            Self::Polar { north, .. } => {
                let from_pole = FRAC_PI_2 - if north { latitude_rad } else { -latitude_rad };
                let outer = libm::cos((0.5 * (from_pole + reach_rad)).min(FRAC_PI_2));
                [self.posting_m() * outer * outer; 2]
            }
        };
        libm::hypot(steepest_m[0] / across_m, steepest_m[1] / down_m)
    }

    /// Refuses a grid of `width` by `height` samples that is not on the Moon.
    ///
    /// # Errors
    /// [`TerrainError::OffTheMap`], [`TerrainError::Placement`].
    pub fn check(&self, width: usize, height: usize, file: &Path) -> Result<(), TerrainError> {
        let (w, h) = (width as f64 - 1.0, height as f64 - 1.0);
        match *self {
            Self::Cylindrical { west_rad, north_rad, step_x_rad, step_y_rad } => {
                for (key, value) in [("step_x", step_x_rad), ("step_y", step_y_rad)] {
                    placed(key, value, value > 0.0, file)?;
                }
                placed("west", west_rad, west_rad.abs() <= 2.0 * TAU, file)?;
                let south_rad = north_rad - step_y_rad * h;
                let width_rad = step_x_rad * (w + 1.0);
                // One column more than there is room for: USGS's GLD100 of 100 m has it.
                let fits = north_rad <= FRAC_PI_2 + 1e-9
                    && south_rad >= -FRAC_PI_2 - 1e-9
                    && width_rad <= TAU + step_x_rad;
                if fits {
                    return Ok(());
                }
                Err(TerrainError::OffTheMap {
                    file: file.into(),
                    north_deg: north_rad.to_degrees(),
                    south_deg: south_rad.to_degrees(),
                    width_deg: width_rad.to_degrees(),
                })
            }
            Self::Polar { longitude_rad, pole_column, pole_row, per_unit, .. } => {
                placed("scale", per_unit, per_unit > 0.0, file)?;
                placed("longitude", longitude_rad, longitude_rad.abs() <= 2.0 * TAU, file)?;
                let (x, y) = (pole_column.abs().max((w - pole_column).abs()), pole_row);
                let y = y.abs().max((h - y).abs());
                // 1 is the equator; no polar product comes near.
                let furthest = libm::hypot(x, y) / per_unit;
                placed("corner", furthest, furthest <= 1.0, file)
            }
        }
    }
}

/// `Ok` for a finite value that `fits`.
fn placed(key: &'static str, value: f64, fits: bool, file: &Path) -> Result<(), TerrainError> {
    if fits && value.is_finite() {
        Ok(())
    } else {
        Err(TerrainError::Placement { file: file.into(), key, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polar(north: bool, lines: f64, scale_m: f64) -> Projection {
        let middle = 0.5 * lines - 0.5;
        Projection::Polar {
            north,
            longitude_rad: 0.0,
            pole_column: middle,
            pole_row: middle,
            per_unit: 2.0 * MOON_RADIUS_M / scale_m,
        }
    }

    #[test]
    fn the_edges_of_lolas_polar_maps_are_at_the_printed_latitudes() {
        // [LOLAPOLAR]: a map to 60° reaches 48.48755° at its corners and 59.996° at the middle of
        // its edges; 7760 lines of 240 m are the even number that does. Half a unit of the last
        // digit printed is 5e-6° and 5e-4°: 0.0006 and 0.06 of a pixel of 0.0073° there.
        let projection = polar(true, 7760.0, 240.0);
        let corner = projection.pixel(48.487_55_f64.to_radians(), FRAC_PI_4, 7760, false);
        assert!((corner.0 - 7759.5).abs() < 1e-3 && (corner.1 - 7759.5).abs() < 1e-3, "{corner:?}");
        let edge = projection.pixel(59.996_f64.to_radians(), 0.0, 7760, false);
        assert!((edge.1 - 7759.5).abs() < 0.07 && (edge.0 - 3879.5).abs() < 1e-9, "{edge:?}");
        // Meridian 0 runs down in the north and up in the south, 90° E to the right in both.
        let south = polar(false, 7760.0, 240.0);
        assert!(south.pixel(-1.2, 0.0, 7760, false).1 < 3879.0);
        assert!(projection.pixel(1.2, FRAC_PI_2, 7760, false).0 > 3880.0);
        assert!(south.pixel(-1.2, FRAC_PI_2, 7760, false).0 > 3880.0);
    }

    #[test]
    fn a_disc_stays_within_its_spread() {
        let cylindrical = Projection::Cylindrical {
            west_rad: -0.3,
            north_rad: 1.5,
            step_x_rad: 2e-3,
            step_y_rad: 1e-3,
        };
        for (projection, width) in [(cylindrical, 300), (polar(true, 900.0, 1000.0), 900)] {
            for k in 0..2000 {
                let kf = f64::from(k);
                let latitude = 0.4 + (kf * 0.618) % 1.1;
                let reach = 1e-4 * libm::exp(0.004 * (kf % 1000.0));
                let (sin, cos) = (libm::sin(latitude), libm::cos(latitude));
                // The place at angle `reach` along an azimuth.
                let azimuth = kf * 0.37;
                let z = sin * libm::cos(reach) + cos * libm::sin(reach) * libm::cos(azimuth);
                let east = libm::atan2(
                    libm::sin(azimuth) * libm::sin(reach) * cos,
                    libm::cos(reach) - sin * z,
                );
                let center = projection.pixel(latitude, 0.0, width, false);
                let there = projection.pixel(libm::asin(z), east, width, false);
                let spread = projection.spread(latitude, reach);
                assert!((there.0 - center.0).abs() <= spread.0 + 1e-6, "{latitude} {reach}");
                assert!((there.1 - center.1).abs() <= spread.1 + 1e-6, "{latitude} {reach}");
            }
        }
    }

    #[test]
    fn a_place_and_its_pixel_are_inverse_to_each_other() {
        let (west_rad, north_rad, step_x_rad, step_y_rad) = (0.5, 1.0, 1e-3, 2e-3);
        let cylindrical = Projection::Cylindrical { west_rad, north_rad, step_x_rad, step_y_rad };
        for projection in [polar(true, 100.0, 500.0), polar(false, 90.0, 500.0), cylindrical] {
            for (column, row) in [(3.0, 4.0), (70.0, 12.5), (20.25, 90.0)] {
                let [latitude_rad, longitude_rad] = projection.place(column, row);
                let (c, r) = projection.pixel(latitude_rad, longitude_rad, 100, false);
                assert!((c - column).abs() < 1e-8 && (r - row).abs() < 1e-8, "{projection:?}");
            }
        }
    }
}
