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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::terrain::TerrainConfig;
    use icd::frames::Vector;

    fn legs() -> Legs {
        let foot = |azimuth_deg: f64| {
            let (sin, cos) = libm::sincos(azimuth_deg.to_radians());
            [1.3 * cos, 1.3 * sin, -0.5]
        };
        Legs {
            p_BF_B: [45.0, 135.0, 225.0, 315.0].map(foot),
            pad_diameter_m: 0.3,
            crush_load_N: [2400.0, 4800.0],
            crush_stroke_m: [0.1, 0.15],
            stop_stiffness_N_m: 1e6,
            ultimate_load_N: 1e4,
            stiffness_N_m: 1e6,
            lateral_stiffness_N_m: 3e5,
            lateral_damping_N_s_m: 2e3,
            dissipation_s_m: 5.0,
            friction: 0.6,
        }
    }

    fn terrain(relief: bool) -> Terrain {
        let config =
            TerrainConfig { seed: 8, age_gyr: 3.5, rock_abundance: 0.1, relief, tiles: vec![] };
        Terrain::new(&config).unwrap()
    }

    #[test]
    fn rocks_under_pads_are_those_that_stand_there_and_slopes_are_those_of_the_plane() {
        let ground = terrain(true);
        let site = Vector3::new(0.5, -0.1, 0.86).normalize() * MOON_RADIUS_M;
        let rocks = ground.rocks_around(Vector::from_si(site), 40.0);
        let mut met = 0;
        for rock in rocks.iter().filter(|rock| rock.diameter_m > 0.6) {
            let p = rock.p_MC_M;
            // What a place lies on is at least the rock in whose middle it is, and stands as high there.
            assert!(ground.rock_m(p) >= rock.relief_m - 1e-9);
            // The same rock under the first pad: the lander stands 1.3 m to the side of it.
            let up = p.si().normalize();
            let east = Vector3::z().cross(&up).normalize();
            let north = up.cross(&east);
            let (sin, cos) = libm::sincos(45f64.to_radians());
            // Heading north: x points north, y west.
            let foot = north * (1.3 * cos) - east * (1.3 * sin);
            let at = Vector::from_si(p.si() - foot);
            assert!(upright(&ground, at, 0.0, &legs()).rock_m >= rock.relief_m - 1e-9);
            met += 1;
        }
        assert!(met > 10, "{met} rocks");
        let smooth = terrain(false);
        assert_eq!(smooth.rock_m(Vector::from_si(site)), 0.0);
        // Where nothing is generated the ground is the plane of the measured grid.
        let found = upright(&smooth, Vector::from_si(site), 0.3, &legs());
        let n_M = smooth.normal(Vector::from_si(site), 2.6).si();
        let slope_rad = libm::acos(n_M.dot(&site.normalize()).clamp(-1.0, 1.0));
        assert_eq!(found.rock_m, 0.0);
        assert!((found.slope_rad - slope_rad).abs() < 1e-6, "{} {slope_rad}", found.slope_rad);
    }
}
