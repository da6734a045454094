//! What a lander would stand on: the ground under its four pads at a place.
//!
//! Owns: [`Standing`]. Does not own: whether that is good ground (`rig`).
//! As programmed: the pads lie flat around the place as the body is headed; the plane z = a + b x + c y
//! that fits the ground at their middles best gives the slope; for feet on a square it is that of the two
//! diagonals. A rock counts when it covers the middle of a pad or one of [`RIM`] points on its rim.
//! Refuses: legs that reach down at different angles when the lander leans, what the hull meets.

use crate::environment::terrain::{FINEST_M, Terrain};
use crate::vehicle::Legs;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::{Matrix3, Vector3};

/// Points on the rim of a pad where rocks are looked for: every 6 cm for a pad of 0.3 m.
const RIM: usize = 16;

/// The ground under four pads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Slope of the plane that fits best, rad.
    pub slope_rad: f64,
    /// Height of the tallest rock under a pad, m; 0 for none.
    pub rock_m: f64,
}

/// The ground under the pads of a lander at `p_MB_M`.
///
/// - `R_MB`: its attitude; only the heading counts. Cost: some 70 look-ups of rocks.
pub fn under(
    terrain: &Terrain,
    p_MB_M: Vector<Position, M>,
    R_MB: Matrix3<f64>,
    legs: &Legs,
) -> Standing {
    let up = p_MB_M.si() / p_MB_M.norm();
    let ahead = R_MB.column(0) - up * R_MB.column(0).dot(&up);
    let x = ahead / ahead.norm().max(1e-9);
    let y = up.cross(&x);
    let place = |x_m: f64, y_m: f64| -> Vector<Position, M> {
        Vector::from_si(p_MB_M.si() + x * x_m + y * y_m)
    };
    let elevation_m = |x_m: f64, y_m: f64| {
        // The Moon falls away from the tangent plane by a micrometre a metre: left out.
        MOON_RADIUS_M + terrain.elevation_m(place(x_m, y_m), FINEST_M)
    };
    let pads = legs.p_BF_B.map(|p| (p[0], p[1]));
    let z_m = pads.map(|(x_m, y_m)| elevation_m(x_m, y_m));
    let n = pads.len() as f64;
    let mean = |values: [f64; 4]| values.iter().sum::<f64>() / n;
    let middle = [mean(pads.map(|(x_m, _)| x_m)), mean(pads.map(|(_, y_m)| y_m)), mean(z_m)];
    let (mut squares, mut sums) = (nalgebra::Matrix2::zeros(), nalgebra::Vector2::zeros());
    for ((x_m, y_m), z_m) in pads.into_iter().zip(z_m) {
        let d = nalgebra::Vector2::new(x_m - middle[0], y_m - middle[1]);
        squares += d * d.transpose();
        sums += d * (z_m - middle[2]);
    }
    let rise = squares.try_inverse().map_or(sums * f64::NAN, |inverse| inverse * sums);
    let mut rock_m = 0.0_f64;
    for (x_m, y_m) in pads {
        rock_m = rock_m.max(terrain.rock_m(place(x_m, y_m)));
        for k in 0..RIM {
            let (sin, cos) = libm::sincos(core::f64::consts::TAU * k as f64 / RIM as f64);
            let radius_m = 0.5 * legs.pad_diameter_m;
            let rim = place(x_m + radius_m * cos, y_m + radius_m * sin);
            rock_m = rock_m.max(terrain.rock_m(rim));
        }
    }
    Standing { slope_rad: libm::atan(rise.norm()), rock_m }
}

/// As [`under`], for a lander that stands upright with its x axis towards `azimuth_rad`, from north towards
/// east.
pub fn upright(
    terrain: &Terrain,
    p_MB_M: Vector<Position, M>,
    azimuth_rad: f64,
    legs: &Legs,
) -> Standing {
    let up = p_MB_M.si() / p_MB_M.norm();
    let east = Vector3::z().cross(&up);
    let east = if east.norm() > 1e-9 { east.normalize() } else { Vector3::y() };
    let (sin, cos) = libm::sincos(azimuth_rad);
    let x = up.cross(&east) * cos + east * sin;
    under(terrain, p_MB_M, Matrix3::from_columns(&[x, up.cross(&x), up]), legs)
}
