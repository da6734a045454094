//! The ground: measured elevation where there is any, generated relief below its posting.
//!
//! Owns: [`Terrain`], what it is made of ([`Tile`], craters, roughness), and its errors.
//! Does not own: rays (see `ray`), light, what a sensor makes of it.
//!
//! As programmed: elevation above the sphere of 1737.4 km, along the radius, is
//!     coarse LOLA grid, faded into landforms and tiles, + roughness(λ) + craters(D) + rocks(D),
//! where an octave of wavelength λ (or diameter D) above twice the posting of a tile fades out
//! inside that tile, which has measured it. A point is looked up by its direction from the Moon's
//! centre. The generated part depends on (seed, age, abundance, place) alone, and on whether the
//! place is mare or highland; nothing is stored, whole-globe.
//! Refuses: overhangs, change with time.

mod albedo;
mod ceiling;
mod cells;
mod craters;
mod cube;
mod error;
mod geotiff;
mod grid;
mod hash;
mod label;
mod landform;
mod overview;
mod pds;
mod production;
mod projection;
mod pyramid;
mod raster;
mod raw;
mod ray;
mod rocks;
mod roughness;
mod tile;
mod values;

pub use error::TerrainError;
pub use landform::Landform;
pub use ray::EVALUATIONS_MAX;
pub use tile::Tile;

use albedo::Albedo;
use cells::{Areas, Faces, Thing};
use craters::Craters;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{Direction, M, Position, Vector};
use nalgebra::Vector3;
use raster::Raster;
use rocks::Rocks;
use roughness::Roughness;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The finest relief generated, m: diameter of the smallest rocks, half the shortest wavelength.
pub const FINEST_M: f64 = 0.3;
/// Oldest surface the chronology speaks of, Gyr. [Neukum2001].
const AGE_GYR_MAX: f64 = 4.5;
/// More ground than this is covered by rocks nowhere on the Moon but on crater walls. Assumed.
pub const ROCK_ABUNDANCE_MAX: f64 = 0.3;
/// The coarse global grid, see `data/lola-1024x512/README.md`.
const LOLA: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../data/lola-1024x512/lola_1024x512.tif"
));

/// What a terrain is made of.
#[derive(Clone, Debug)]
pub struct TerrainConfig {
    /// Seed of the generated relief.
    pub seed: u64,
    /// Age of the surface, Gyr, 0 to 4.5: how many craters it carries. Mare Frigoris: about 3.5.
    pub age_gyr: f64,
    /// Share of the ground that rocks cover, 0 to [`ROCK_ABUNDANCE_MAX`]: `k` of [GolombekRapp1997].
    pub rock_abundance: f64,
    /// Whether relief below the measured posting is generated.
    pub relief: bool,
    /// Measured tiles; where they overlap the finest one counts, of equally fine ones the first. Landforms
    /// come after them.
    pub tiles: Vec<Tile>,
}

/// The ground of the whole Moon. Immutable, shareable between threads, cheap to clone.
#[derive(Clone, Debug)]
pub struct Terrain {
    coarse: Arc<Raster>,
    albedo: &'static Albedo,
    /// The finest first, landforms last.
    tiles: Vec<Tile>,
    relief: Option<Arc<Relief>>,
}

/// What is generated.
#[derive(Clone, Debug)]
struct Relief {
    roughness: Roughness,
    craters: Craters,
    rocks: Rocks,
    areas: Areas,
    /// [`Terrain::generated_bound_m`] of the resolutions of a ray.
    reserves_m: [f64; ray::LEVELS],
}

impl Relief {
    fn bound_m(&self, resolution_m: f64) -> f64 {
        self.roughness.bound_m(resolution_m)
            + self.craters.bound_m(resolution_m)
            + self.rocks.bound_m(resolution_m)
    }
}

/// What was found around the last place, to be used again for the next: see
/// [`Terrain::elevation_near_m`]. For one terrain only.
#[derive(Clone, Debug)]
pub struct Nearby {
    lattices: roughness::Lattices,
    craters: craters::Blocks,
    rocks: rocks::Seen,
    cells: ceiling::Cells,
}

impl Default for Nearby {
    fn default() -> Self {
        Self {
            lattices: Roughness::UNSEEN,
            craters: Craters::UNSEEN,
            rocks: Rocks::UNSEEN,
            cells: ceiling::Cells::UNSEEN,
        }
    }
}

/// A generated crater or rock.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Its middle, on the sphere of 1737.4 km.
    pub p_MC_M: Vector<Position, M>,
    /// Diameter, m.
    pub diameter_m: f64,
    /// Depth from rim to floor of a crater, height of a rock, m, before anything erased it.
    pub relief_m: f64,
}

/// Steepest measured ground, rise over run: 87°; what a grid says beyond is taken for this. Assumed.
pub const SLOPE_MAX: f64 = 20.0;
/// Most tiles that may overlap at one place; more are ignored there.
const OVERLAP: usize = 4;

/// Measured elevation at a place, and how far each tile has taken over from generated relief.
struct Base {
    elevation_m: f64,
    /// Weight and twice the posting, m, of the tiles that cover the place.
    taken: [(f64, f64); OVERLAP],
    tiles: usize,
}

impl Base {
    /// What is left to be generated at the scale `length_m`.
    fn gain(&self, length_m: f64) -> f64 {
        let taken = &self.taken[..self.tiles];
        taken
            .iter()
            .filter(|(_, seen_m)| length_m >= *seen_m)
            .map(|(weight, _)| 1.0 - weight)
            .product()
    }
}

impl Terrain {
    /// Builds the ground. Cost: some milliseconds the first time, then microseconds.
    ///
    /// # Errors
    /// [`TerrainError::Age`] when the age lies outside 0 to 4.5 Gyr,
    /// [`TerrainError::RockAbundance`] when the abundance lies outside 0 to 0.3.
    pub fn new(config: &TerrainConfig) -> Result<Self, TerrainError> {
        let age_gyr = config.age_gyr;
        if !(0.0..=AGE_GYR_MAX).contains(&age_gyr) {
            return Err(TerrainError::Age { age_gyr, max_gyr: AGE_GYR_MAX });
        }
        let rock_abundance = config.rock_abundance;
        if !(0.0..=ROCK_ABUNDANCE_MAX).contains(&rock_abundance) {
            return Err(TerrainError::RockAbundance { rock_abundance, max: ROCK_ABUNDANCE_MAX });
        }
        let relief = config.relief.then(|| {
            let roughness = Roughness::new(config.seed);
            let craters = Craters::new(config.seed, age_gyr);
            let rocks = Rocks::new(config.seed, rock_abundance);
            let (areas, reserves_m) = (Areas::new(), [0.0; ray::LEVELS]);
            let mut relief = Relief { roughness, craters, rocks, areas, reserves_m };
            relief.reserves_m = ray::RESOLUTIONS_M.map(|resolution_m| relief.bound_m(resolution_m));
            Arc::new(relief)
        });
        let coarse = lola()?;
        let albedo = albedo::wac(&coarse)?;
        let mut tiles = config.tiles.clone();
        let rank = |tile: &Tile| (tile.landform.is_some(), tile.posting_m());
        tiles.sort_by(|a, b| {
            let ((a, a_m), (b, b_m)) = (rank(a), rank(b));
            a.cmp(&b).then(a_m.total_cmp(&b_m))
        });
        Ok(Self { coarse, albedo, tiles, relief })
    }

    /// Elevation of the ground under `p_MA_M`, m above the sphere of 1737.4 km, along the radius.
    ///
    /// - `resolution_m`: waves and craters below twice this and rocks below this are left out;
    ///   [`FINEST_M`] for all there is. Measured elevation is always used at its own posting.
    /// - Cost: about 1.0 µs at 0.3 m, 0.65 µs at 5 m, 0.4 µs at 100 m, 0.1 µs without relief (bench
    ///   `terrain`). The Moon's centre itself counts as (0, 0, 1).
    pub fn elevation_m(&self, p_MA_M: Vector<Position, M>, resolution_m: f64) -> f64 {
        self.refined_m(p_MA_M, resolution_m, 0.0, None)
    }

    /// As [`Self::elevation_m`], to the bit, for many places near each other: what was hashed for the
    /// last one is used again where it still holds. Cost: 0.6 µs at 0.3 m where they are a metre apart.
    pub fn elevation_near_m(
        &self,
        p_MA_M: Vector<Position, M>,
        resolution_m: f64,
        nearby: &mut Nearby,
    ) -> f64 {
        self.refined_m(p_MA_M, resolution_m, 0.0, Some(nearby))
    }

    /// Elevation as seen from afar, for maps and horizons: measured elevation averaged over about
    /// `resolution_m` and what is generated above it, m above the sphere of 1737.4 km.
    ///
    /// - Cost: about 0.2 µs; the means of a large file are made where they are first asked for.
    pub fn overview_m(&self, p_MA_M: Vector<Position, M>, resolution_m: f64) -> f64 {
        self.refined_m(p_MA_M, resolution_m, resolution_m, None)
    }

    fn refined_m(
        &self,
        p_MA_M: Vector<Position, M>,
        resolution_m: f64,
        mean_m: f64,
        nearby: Option<&mut Nearby>,
    ) -> f64 {
        let u = direction(p_MA_M);
        let (latitude_rad, longitude_rad) = geographic(u);
        let base = self.base(latitude_rad, longitude_rad, mean_m);
        let Some(relief) = &self.relief else {
            return base.elevation_m;
        };
        let Relief { roughness, craters, rocks, areas, .. } = &**relief;
        let gain = |length_m: f64| base.gain(length_m);
        let mare = self.smooth_share(u, latitude_rad, longitude_rad);
        let (lattices, crater_blocks, rock_blocks) = match nearby {
            Some(near) => {
                (Some(&mut near.lattices), Some(&mut near.craters), Some(&mut near.rocks))
            }
            None => (None, None, None),
        };
        let on_sphere_m = u * MOON_RADIUS_M;
        let mut elevation_m =
            base.elevation_m + roughness.height_m(on_sphere_m, mare, resolution_m, gain, lattices);
        if 2.0 * resolution_m <= craters::LARGEST_OCTAVE_M {
            let faces = Faces::new(u, craters::REACH_M);
            let cratered = craters.at(&faces, areas, mare, resolution_m, gain, crater_blocks);
            let young = cratered.young;
            elevation_m += cratered.height_m
                + rocks.height_m(&faces, areas, young, resolution_m, gain, rock_blocks);
        }
        elevation_m
    }

    /// The generated craters of at least `diameter_m_min` that lie within `radius_m` of a place,
    /// in no order. Kind and age of ground are those of the place; measured tiles silence none here.
    ///
    /// - `radius_m`: to 20 km; distances are those of the tangent plane.
    /// - Cost: proportional to the area over the square of the smallest diameter.
    pub fn craters_around(
        &self,
        p_MA_M: Vector<Position, M>,
        radius_m: f64,
        diameter_m_min: f64,
    ) -> Vec<Feature> {
        let mut found = Vec::new();
        if let Some(relief) = &self.relief {
            let faces = Faces::new(direction(p_MA_M), radius_m);
            let mare = self.mare_share(p_MA_M);
            let bounds = (radius_m, diameter_m_min);
            relief.craters.around(&faces, &relief.areas, mare, bounds, |crater| {
                if crater.thing.weight >= 0.5 {
                    found.push(feature(&crater.thing, crater.face, crater.depth_m));
                }
            });
        }
        found
    }

    /// The generated rocks within `radius_m` of a place, those that young craters strew left out,
    /// in no order. Limits and cost as for [`Terrain::craters_around`].
    pub fn rocks_around(&self, p_MA_M: Vector<Position, M>, radius_m: f64) -> Vec<Feature> {
        let mut found = Vec::new();
        if let Some(relief) = &self.relief {
            let faces = Faces::new(direction(p_MA_M), radius_m);
            relief.rocks.around(&faces, &relief.areas, radius_m, |thing, face| {
                found.push(feature(&thing, face, rocks::HEIGHT * thing.diameter_m));
            });
        }
        found
    }

    /// How far the generated relief that [`Terrain::elevation_m`] leaves out at `resolution_m` can
    /// rise above what it returns, m: no ground lies higher, anywhere.
    ///
    /// With `f64::INFINITY`: how far all generated relief can rise above measured elevation.
    pub fn generated_bound_m(&self, resolution_m: f64) -> f64 {
        self.relief.as_ref().map_or(0.0, |relief| relief.bound_m(resolution_m))
    }

    /// How far it can fall below, m: the noise as far, floors of craters `FLOOR / RIM` times as far.
    fn generated_depth_m(&self, resolution_m: f64) -> f64 {
        craters::DEPTH_PER_RIM * self.generated_bound_m(resolution_m)
    }

    /// Measured elevation at a place, averaged over `mean_m`.
    fn base(&self, latitude_rad: f64, longitude_rad: f64, mean_m: f64) -> Base {
        let mut base = Base { elevation_m: 0.0, taken: [(0.0, 0.0); OVERLAP], tiles: 0 };
        // What the finer tiles have left over, down to the coarse grid, which covers everything.
        let mut left = 1.0;
        for tile in &self.tiles {
            let (elevation_m, weight) = tile.raster.overview(latitude_rad, longitude_rad, mean_m);
            if weight > 0.0 {
                base.elevation_m += left * weight * elevation_m;
                left *= 1.0 - weight;
                if tile.landform.is_none() && base.tiles < OVERLAP {
                    base.taken[base.tiles] = (weight, 2.0 * tile.posting_m());
                    base.tiles += 1;
                }
            }
            if left <= 0.0 {
                return base; // coarser tiles have measured nothing that this one has not
            }
        }
        base.elevation_m += left * self.coarse.overview(latitude_rad, longitude_rad, mean_m).0;
        base
    }

    /// Normal albedo under `p_MA_M`: reflectance at 1064 nm and zero phase, relative to a white
    /// Lambert surface seen squarely; 0.10 to 0.55. Does not depend on the relief.
    ///
    /// Cost: 0.1 µs. Source: LROC WAC image scaled to [Sato2014] and [Lucey2014].
    pub fn normal_albedo(&self, p_MA_M: Vector<Position, M>) -> f64 {
        let (latitude_rad, longitude_rad) = geographic(direction(p_MA_M));
        self.albedo.normal(latitude_rad, longitude_rad)
    }

    /// Share of mare under `p_MA_M`: 1 well inside a mare and on the plain that a landform brings, 0 in
    /// highlands, smooth between.
    ///
    /// Cost: 0.1 µs. Derived from the darkness of the LROC WAC image and the smoothness of LOLA.
    pub fn mare_share(&self, p_MA_M: Vector<Position, M>) -> f64 {
        let u = direction(p_MA_M);
        let (latitude_rad, longitude_rad) = geographic(u);
        self.smooth_share(u, latitude_rad, longitude_rad)
    }

    fn smooth_share(&self, u: Vector3<f64>, latitude_rad: f64, longitude_rad: f64) -> f64 {
        let mare = self.albedo.mare_share(latitude_rad, longitude_rad);
        let plains = self.tiles.iter().filter_map(|tile| tile.landform).map(|l| l.plain_share(u));
        plains.fold(mare, f64::max)
    }

    /// An upper bound of the measured elevation, generated relief apart, within an angle of a
    /// direction, m above the sphere of 1737.4 km.
    ///
    /// - `u`: unit vector in `M`; `reach_rad`: angle at the Moon's centre, counts as 0 below 0.
    /// - Close: the maximum of the interpolated surface over at most two by two squares, each at
    ///   most twice as wide as the disc, or 8 postings wide where the disc is smaller; 12 km where
    ///   the disc is wider than 16,384 postings of a larger file.
    /// - Cost: below 0.1 µs a tile; maxima are made where they are first asked for, 256 postings
    ///   square at a time, and are a function of the file alone.
    pub fn measured_ceiling_m(&self, u: Vector3<f64>, reach_rad: f64) -> f64 {
        let (latitude_rad, longitude_rad) = geographic(u);
        let over = |raster: &Raster| raster.ceiling(latitude_rad, longitude_rad, reach_rad);
        let mut ceiling_m = f64::NEG_INFINITY;
        // The finest tile that is alone all over the disc hides the others.
        for tile in &self.tiles {
            let found = over(&tile.raster);
            ceiling_m = ceiling_m.max(found.elevation_m);
            if found.alone {
                return ceiling_m;
            }
        }
        ceiling_m.max(over(&self.coarse).elevation_m)
    }

    /// An upper bound of the slope of measured ground within an angle of a direction, rise over run; at most
    /// [`SLOPE_MAX`]. Inputs and cost as for [`Self::measured_ceiling_m`].
    ///
    /// Where two grids fade into each other: the steeper of them, and what their difference adds.
    pub fn measured_slope(&self, u: Vector3<f64>, reach_rad: f64) -> f64 {
        self.measured_slope_near(u, reach_rad, &mut ceiling::Cells::UNSEEN.clone())
    }

    /// As [`Self::measured_slope`], to the bit, for discs near each other.
    fn measured_slope_near(
        &self,
        u: Vector3<f64>,
        reach_rad: f64,
        cells: &mut ceiling::Cells,
    ) -> f64 {
        let (latitude_rad, longitude_rad) = geographic(u);
        let (mut slope, mut fade_per_m) = (0.0_f64, 0.0);
        let (mut highest_m, mut lowest_m) = (f64::NEG_INFINITY, f64::INFINITY);
        let rasters = self.tiles.iter().map(|tile| &*tile.raster).chain([&*self.coarse]);
        for (number, raster) in rasters.enumerate() {
            let known = (number, &mut *cells);
            let over = raster.ceiling_near(latitude_rad, longitude_rad, reach_rad, known);
            if over.lowest_m > over.elevation_m {
                continue;
            }
            slope = slope.max(raster.slope(latitude_rad, reach_rad, &over));
            highest_m = highest_m.max(over.elevation_m);
            lowest_m = lowest_m.min(over.lowest_m);
            if over.alone {
                break;
            }
            fade_per_m += raster.fade_per_m(latitude_rad, reach_rad);
        }
        let slope =
            slope + if fade_per_m > 0.0 { fade_per_m * (highest_m - lowest_m) } else { 0.0 };
        if slope < SLOPE_MAX { slope } else { SLOPE_MAX }
    }

    /// What was found damaged in a large tile since it was opened, if anything: see [`Tile::trouble`].
    pub fn trouble(&self) -> Option<Arc<TerrainError>> {
        self.tiles.iter().find_map(Tile::trouble)
    }

    /// Height of a point above the ground under it, along the radius, m; negative underground.
    pub fn altitude_m(&self, p_MA_M: Vector<Position, M>) -> f64 {
        p_MA_M.norm() - MOON_RADIUS_M - self.elevation_m(p_MA_M, FINEST_M)
    }

    /// As [`Self::altitude_m`], to the bit, for many places near each other.
    pub fn altitude_near_m(&self, p_MA_M: Vector<Position, M>, nearby: &mut Nearby) -> f64 {
        p_MA_M.norm() - MOON_RADIUS_M - self.elevation_near_m(p_MA_M, FINEST_M, nearby)
    }

    /// Outward unit normal of the ground under `p_MA_M`, by central differences over `baseline_m`.
    ///
    /// What is finer than half the baseline is left out. Cost: four elevations. A baseline that is
    /// not positive counts as [`FINEST_M`].
    pub fn normal(&self, p_MA_M: Vector<Position, M>, baseline_m: f64) -> Vector<Direction, M> {
        self.normal_near(p_MA_M, baseline_m, &mut Nearby::default())
    }

    /// As [`Self::normal`], to the bit, for many places near each other.
    pub fn normal_near(
        &self,
        p_MA_M: Vector<Position, M>,
        baseline_m: f64,
        nearby: &mut Nearby,
    ) -> Vector<Direction, M> {
        let u = direction(p_MA_M);
        let baseline_m = if baseline_m > 0.0 { baseline_m } else { FINEST_M };
        let aside = if u.z.abs() < 0.7 { Vector3::z() } else { Vector3::x() };
        let e1 = aside.cross(&u).normalize();
        let e2 = u.cross(&e1);
        let resolution_m = (0.5 * baseline_m).max(FINEST_M);
        let half = e1 * (0.5 * baseline_m / MOON_RADIUS_M);
        let other_half = e2 * (0.5 * baseline_m / MOON_RADIUS_M);
        let mut at =
            |q: Vector3<f64>| self.elevation_near_m(Vector::from_si(q), resolution_m, nearby);
        let slope_1 = (at(u + half) - at(u - half)) / baseline_m;
        let slope_2 = (at(u + other_half) - at(u - other_half)) / baseline_m;
        Vector::from_si((u - slope_1 * e1 - slope_2 * e2).normalize())
    }
}

fn feature(thing: &Thing, face: u32, relief_m: f64) -> Feature {
    let [X, Y] = thing.on_face;
    let p_MC_M = Vector::from_si(cube::direction(face, X, Y) * MOON_RADIUS_M);
    Feature { p_MC_M, diameter_m: thing.diameter_m, relief_m }
}

/// Unit vector towards a place; the Moon's centre itself counts as (0, 0, 1).
fn direction(p_MA_M: Vector<Position, M>) -> Vector3<f64> {
    p_MA_M.direction().map_or(Vector3::z(), Vector::si)
}

/// Latitude and longitude of the direction `u`, radians.
fn geographic(u: Vector3<f64>) -> (f64, f64) {
    (libm::asin(u.z.clamp(-1.0, 1.0)), libm::atan2(u.y, u.x))
}

/// The coarse grid, decoded once.
fn lola() -> Result<Arc<Raster>, TerrainError> {
    static SHARED: OnceLock<Arc<Raster>> = OnceLock::new();
    if let Some(raster) = SHARED.get() {
        return Ok(raster.clone());
    }
    let raster = geotiff::read_bytes(LOLA, Path::new("lola_1024x512.tif"))?;
    Ok(SHARED.get_or_init(|| Arc::new(raster)).clone())
}

#[cfg(test)]
mod tests;
