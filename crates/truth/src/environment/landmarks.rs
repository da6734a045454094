//! Landmarks: craters that a map-maker has measured along the approach, for the camera to find again.
//!
//! Owns: [`Catalogue`], where the landmarks of one approach lie. Does not own: what a camera makes of
//! them (`sensors`), the error of the map on board (`rig`).
//!
//! As programmed: bands along the ground track, the nearer the target the finer. A band is a grid of cells
//! 16 smallest diameters wide; each holds one landmark, anywhere in it, with a diameter drawn from
//! N(>D) ∝ D⁻², the slope of a surface in equilibrium [Trask1966], between the band's smallest and four
//! times that. That is a sixteenth of the craters which such a surface bears, or fewer: the distinct ones.
//! Refuses: craters of the generated relief (a landmark's place is on the ground, its bowl need not be).

use super::Site;
use super::terrain::{FINEST_M, Terrain};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{L, M, Position, Vector};
use std::sync::Arc;

/// One landmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landmark {
    /// Its centre, on the ground.
    pub p_MK_M: Vector<Position, M>,
    /// Its diameter, m.
    pub diameter_m: f64,
}

/// The landmarks of one approach; a landmark's number is its place in the list. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(Arc<[Landmark]>);

/// A stretch of the ground track with landmarks of one class of size.
struct Band {
    diameter_m: f64,
    /// From the target, ahead positive, m.
    along_m: [f64; 2],
    /// To either side of the track, m.
    across_m: f64,
}

/// Assumed: what a camera of 50° sees as 15 to 60 pixels from 20 km, 4 km, 1 km and 250 m.
const BANDS: [Band; 4] = [
    Band { diameter_m: 250.0, along_m: [-620e3, 12e3], across_m: 10e3 },
    Band { diameter_m: 60.0, along_m: [-60e3, 6e3], across_m: 3e3 },
    Band { diameter_m: 15.0, along_m: [-5e3, 2e3], across_m: 1.5e3 },
    Band { diameter_m: 4.0, along_m: [-500.0, 500.0], across_m: 500.0 },
];
/// Side of a cell over the band's smallest diameter. Assumed.
const CELL_PER_DIAMETER: f64 = 16.0;

impl Catalogue {
    /// Landmarks along the great circle through the site.
    ///
    /// - `azimuth_rad`: direction of flight at the site, from north to east.
    /// - `uniform`: draws on [0, 1); the same draws give the same catalogue.
    /// - Cost: one look-up of the terrain for each of some 1700 landmarks.
    pub fn along(
        terrain: &Terrain,
        site: &Site,
        azimuth_rad: f64,
        mut uniform: impl FnMut() -> f64,
    ) -> Self {
        let (sin, cos) = libm::sincos(azimuth_rad);
        let axis = |east: f64, north: f64, up: f64| {
            let d_L: Vector<Position, L> = Vector::new(east, north, up);
            (site.R_ML * d_L).si()
        };
        let (up, ahead, right) = (axis(0.0, 0.0, 1.0), axis(sin, cos, 0.0), axis(cos, -sin, 0.0));
        let mut list = Vec::new();
        for band in BANDS {
            let cell_m = CELL_PER_DIAMETER * band.diameter_m;
            let [first_m, last_m] = band.along_m;
            let rows = ((last_m - first_m) / cell_m) as usize;
            let columns = (2.0 * band.across_m / cell_m) as usize;
            for cell in 0..rows * columns {
                let (row, column) = ((cell / columns) as f64, (cell % columns) as f64);
                let along_rad = (first_m + (row + uniform()) * cell_m) / MOON_RADIUS_M;
                let across_rad = (column + uniform()) * cell_m - band.across_m;
                let (sin_a, cos_a) = libm::sincos(along_rad);
                let (sin_c, cos_c) = libm::sincos(across_rad / MOON_RADIUS_M);
                let u = (up * cos_a + ahead * sin_a) * cos_c + right * sin_c;
                let level: Vector<Position, M> = Vector::from_si(u * MOON_RADIUS_M);
                let radius_m = MOON_RADIUS_M + terrain.elevation_m(level, FINEST_M);
                // N(>D) ∝ D⁻² between d and 4d: share s of them is larger than d / √(1 − 15/16 s).
                let diameter_m = band.diameter_m / (1.0 - 0.9375 * uniform()).sqrt();
                list.push(Landmark { p_MK_M: Vector::from_si(u * radius_m), diameter_m });
            }
        }
        list.truncate(usize::from(u16::MAX));
        Self(list.into())
    }

    /// The `count` landmarks nearest to `p_M`, nearest first; unchanged when there are no more than that.
    pub fn nearest(self, p_M: Vector<Position, M>, count: usize) -> Self {
        if self.0.len() <= count {
            return self;
        }
        let mut list = self.0.to_vec();
        let distance = |landmark: &Landmark| (landmark.p_MK_M - p_M).norm();
        list.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        list.truncate(count);
        Self(list.into())
    }

    /// The landmarks, by number.
    pub fn landmarks(&self) -> &[Landmark] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::terrain::TerrainConfig;

    /// Draws that fill [0, 1) evenly: multiples of the golden ratio.
    fn even() -> impl FnMut() -> f64 {
        let mut x = 0.5_f64;
        move || {
            x = (x + 0.618_033_988_749_895).fract();
            x
        }
    }

    fn catalogue() -> (Terrain, Site, Catalogue) {
        let config = TerrainConfig {
            seed: 3,
            age_gyr: 3.5,
            rock_abundance: 0.01,
            relief: true,
            tiles: vec![],
        };
        let terrain = Terrain::new(&config).unwrap();
        let site = Site::new(1.05, -0.08, &terrain);
        let catalogue = Catalogue::along(&terrain, &site, 0.2, even());
        (terrain, site, catalogue)
    }

    #[test]
    fn every_landmark_lies_on_the_ground_inside_its_corridor() {
        let (terrain, site, catalogue) = catalogue();
        let up = site.p_ML_M.si().normalize();
        let ahead = (site.R_ML.si() * nalgebra::Vector3::new(0.2_f64.sin(), 0.2_f64.cos(), 0.0))
            .normalize();
        let right = ahead.cross(&up);
        for landmark in catalogue.landmarks() {
            assert!(terrain.altitude_m(landmark.p_MK_M).abs() < 1e-6);
            let u = landmark.p_MK_M.si().normalize();
            let along_m = u.dot(&ahead).atan2(u.dot(&up)) * MOON_RADIUS_M;
            let across_m = u.dot(&right).asin() * MOON_RADIUS_M;
            let d_m = landmark.diameter_m;
            let fits = |band: &Band| {
                (band.diameter_m..=4.0 * band.diameter_m).contains(&d_m)
                    && (band.along_m[0]..=band.along_m[1]).contains(&along_m)
                    && across_m.abs() <= band.across_m
            };
            assert!(BANDS.iter().any(fits), "{landmark:?}: {along_m} m, {across_m} m");
        }
        let count = catalogue.landmarks().len();
        assert!((1500..2000).contains(&count), "{count}");
    }

    #[test]
    fn sizes_follow_the_slope_of_a_surface_in_equilibrium() {
        let (_, _, catalogue) = catalogue();
        let first: Vec<f64> =
            catalogue.landmarks().iter().map(|k| k.diameter_m).filter(|d| *d >= 250.0).collect();
        for times in [1.5, 2.0, 3.0] {
            // N(>kd)/N(>d) = (k⁻² − 4⁻²)/(1 − 4⁻²).
            let exact = (1.0 / (times * times) - 0.0625) / 0.9375;
            let larger = first.iter().filter(|d| **d > 250.0 * times).count() as f64;
            let share = larger / first.len() as f64;
            let tolerance = 4.0 * (exact * (1.0 - exact) / first.len() as f64).sqrt();
            assert!((share - exact).abs() < tolerance, "{times}: {share} against {exact}");
        }
    }

    #[test]
    fn the_nearest_landmarks_are_kept_and_a_short_list_stays_as_it_is() {
        let (_, site, catalogue) = catalogue();
        let all = catalogue.landmarks().to_vec();
        assert_eq!(catalogue.clone().nearest(site.p_ML_M, all.len()).landmarks(), all);
        let kept = catalogue.nearest(site.p_ML_M, 100);
        let distance = |landmark: &Landmark| (landmark.p_MK_M - site.p_ML_M).norm();
        let last = distance(&kept.landmarks()[99]);
        assert_eq!(all.iter().filter(|landmark| distance(landmark) <= last).count(), 100);
    }

    #[test]
    fn the_same_draws_give_the_same_landmarks() {
        let (terrain, site, catalogue) = catalogue();
        let again = Catalogue::along(&terrain, &site, 0.2, even());
        assert_eq!(catalogue.landmarks(), again.landmarks());
        assert!(Catalogue::default().landmarks().is_empty());
    }
}
