//! Small craters everywhere: drawn from the production function, shaped and worn, found again by
//! hashing.
//!
//! Owns: which craters lie near a point, their shape, their wear. Does not own: how many there
//! ought to be (see [`super::production`]).
//!
//! As published: fresh simple craters are 0.196 D deep below a rim 0.036 D high, [Pike1977];
//! craters wear by diffusion, the small ones faster, the life of a crater growing as D²,
//! [FassettThomson2014], [Trask1966].
//! As programmed: per octave of diameter a grid of equal-angle cells on each face of a cube. The
//! number in a cell is Poisson with the mean of [`super::production::present_per_km2`]; a hash of
//! (seed, octave, face, cell) is the only source of chance. With x = (distance / radius)²:
//!     height = q D (−0.164 (1 − x)² + 0.036 x² (3 − 2x))     x < 1
//!     height = q D 0.036 (1 − y)⁵ (1 + 5y), y = (x − 1)/3     1 ≤ x < 4, nothing beyond,
//! which is smooth, 0.2 q D deep and 32° steep at most when fresh; the outer part follows the
//! cubic fall of ejecta [McGetchin1973] to a quarter of the rim height. The wear is
//!     q = f(D) / (1 + 15 u min(1, (D_eq/D)²)),   u uniform: the crater's age over its life,
//! so that craters in equilibrium run from fresh to 1/16 of their depth (assumed), and craters
//! above the equilibrium diameter D_eq are the fresher the larger they are. f is 1 from 400 m up
//! and falls to 0.65 at 50 m: fresh craters below a kilometre are the shallower the smaller, from
//! about 0.2 to about 0.1 of their diameter [Sun2018]; the course between is assumed.
//! Refuses: secondaries, rays, rocks, craters above 1 km (the measured grid has the large ones).

use super::cube::{self, OnFace};
use super::{hash, production};
use icd::constants::MOON_RADIUS_M;
use nalgebra::Vector3;

/// Smallest diameter of the largest octave, m.
const LARGEST_OCTAVE_M: f64 = 512.0;
/// Octaves: 512–1024 m down to 2–4 m.
const OCTAVES: usize = 9;
/// A crater is felt to this multiple of its radius; its square is the 4 of the header.
const REACH: f64 = 2.0;
/// Depth of the bowl's floor under the old surface, and height of the rim, per diameter.
/// [Pike1977].
const FLOOR: f64 = 0.164;
const RIM: f64 = 0.036;
/// Wear of a crater at the end of its life: depth divided by 1 + this. Assumed.
const WEAR: f64 = 15.0;
/// Depth of fresh craters of `SHALLOW_M` and less over that of fresh craters of `DEEP_M` and more:
/// 0.13 against 0.2 of the diameter, inside the range of [Sun2018].
const FRESH_SMALL: f64 = 0.65;
const SHALLOW_M: f64 = 50.0;
const DEEP_M: f64 = 400.0;
/// Side of a cell over the octave's smallest diameter: the reach of its largest crater, twice.
const CELL_PER_DIAMETER: f64 = 2.0 * REACH;
/// Blocks per face side of the table of area densities.
const BLOCKS: usize = 64;
/// Steps of the table of diameters.
const STEPS: usize = 32;
/// Craters per cell at most; the mean never exceeds 0.96, so one cell in a million is cut short.
const CROWD: usize = 8;

/// The craters of one seed and age.
#[derive(Clone, Debug)]
pub(super) struct Craters {
    octaves: Vec<Octave>,
    /// Share of the drawn craters that stay, by place on a face: the cells' true area.
    area: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Octave {
    diameter_m: f64,
    key: u64,
    cells: u32,
    /// Cells per radian of face coordinate.
    cells_per_rad: f64,
    /// Probability of at most k craters in a cell of full area.
    at_most: [f64; CROWD],
    /// Diameters at equal steps of probability, m.
    diameters_m: [f64; STEPS + 1],
    /// `15 min(1, (D_eq/D)²)` of the header.
    wear: f64,
    /// `f(D)` of the header.
    fresh: f64,
}

/// One crater, in its octave's cell units on its face.
#[derive(Clone, Copy, Debug)]
struct Crater {
    x: f64,
    y: f64,
    diameter_m: f64,
    freshness: f64,
}

impl Craters {
    /// - `age_gyr`: age of the surface; 0 is a surface without craters.
    pub(super) fn new(seed: u64, age_gyr: f64) -> Self {
        let equilibrium_m = 1e3 * production::equilibrium_diameter_km(age_gyr);
        let octaves = (0..OCTAVES)
            .map(|k| {
                let diameter_m = LARGEST_OCTAVE_M / f64::from(1_u32 << k);
                let key = hash::mix(seed ^ hash::mix(0xc0a7_0000 + k as u64));
                Octave::new(diameter_m, key, age_gyr, equilibrium_m)
            })
            .collect();
        let side = 2.0 * cube::HALF / BLOCKS as f64;
        let middle = |k: usize| -cube::HALF + (k as f64 + 0.5) * side;
        let area = (0..BLOCKS * BLOCKS)
            .map(|k| cube::area_density(middle(k / BLOCKS), middle(k % BLOCKS)))
            .collect();
        Self { octaves, area }
    }

    /// Upper bound of the octaves that `height_m` leaves out at `resolution_m`, m: three fresh rims
    /// on each other in each.
    pub(super) fn bound_m(&self, resolution_m: f64) -> f64 {
        let left_out = self.octaves.iter().filter(|octave| octave.diameter_m < resolution_m);
        left_out.map(|octave| 3.0 * RIM * 2.0 * octave.diameter_m * octave.fresh).sum()
    }

    /// Height, m, of all craters at the unit vector `u`; octaves that begin below `resolution_m`
    /// are left out, the others weighted by `gain(diameter_m)`.
    pub(super) fn height_m(
        &self,
        u: Vector3<f64>,
        resolution_m: f64,
        gain: impl Fn(f64) -> f64,
    ) -> f64 {
        if resolution_m > LARGEST_OCTAVE_M {
            return 0.0;
        }
        let reach_rad = REACH * LARGEST_OCTAVE_M / MOON_RADIUS_M;
        let (faces, count) = cube::faces(u, reach_rad);
        let mut sum = 0.0;
        for octave in self.octaves.iter().take_while(|octave| octave.diameter_m >= resolution_m) {
            let weight = gain(octave.diameter_m);
            if weight > 0.0 {
                for on_face in &faces[..count] {
                    sum += weight * octave.height_m(on_face, &self.area);
                }
            }
        }
        sum
    }
}

impl Octave {
    fn new(diameter_m: f64, key: u64, age_gyr: f64, equilibrium_m: f64) -> Self {
        let cells = (2.0 * cube::HALF * MOON_RADIUS_M / (CELL_PER_DIAMETER * diameter_m)) as u32;
        let cell_km = 2.0 * cube::HALF * MOON_RADIUS_M / f64::from(cells) / 1e3;
        let present = |d_m: f64| production::present_per_km2(d_m / 1e3, age_gyr);
        let (all, larger) = (present(diameter_m), present(2.0 * diameter_m));
        let mean = (all - larger) * cell_km * cell_km;
        let mut term = libm::exp(-mean);
        let mut at_most = [term; CROWD];
        for k in 1..CROWD {
            term *= mean / k as f64;
            at_most[k] = at_most[k - 1] + term;
        }
        // Diameter of which the share k/STEPS of the octave's craters is smaller.
        let diameters_m = core::array::from_fn(|k| {
            let wanted = all - (all - larger) * k as f64 / STEPS as f64;
            let (mut low, mut high) = (diameter_m, 2.0 * diameter_m);
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                if present(middle) > wanted { low = middle } else { high = middle }
            }
            low
        });
        let ratio = equilibrium_m / diameter_m;
        let cells_per_rad = f64::from(cells) / (2.0 * cube::HALF);
        let wear = WEAR * (ratio * ratio).min(1.0);
        let shallow = libm::log2(diameter_m / SHALLOW_M) / libm::log2(DEEP_M / SHALLOW_M);
        let fresh = FRESH_SMALL + (1.0 - FRESH_SMALL) * shallow.clamp(0.0, 1.0);
        Self { diameter_m, key, cells, cells_per_rad, at_most, diameters_m, wear, fresh }
    }

    /// Height of this octave's craters at a point, m.
    fn height_m(&self, at: &OnFace, area: &[f64]) -> f64 {
        let k = self.cells_per_rad;
        let (x, y) = ((at.X + cube::HALF) * k, (at.Y + cube::HALF) * k);
        let reach = REACH * self.diameter_m / MOON_RADIUS_M * k;
        let (i0, i1) = self.cells_within(x, reach * at.gradient[0]);
        let (j0, j1) = self.cells_within(y, reach * at.gradient[1]);
        // Square metres per square cell.
        let scale = (MOON_RADIUS_M / k) * (MOON_RADIUS_M / k);
        let [xx, xy, yy] = at.metric.map(|g| g * scale);
        let mut sum = 0.0;
        for i in i0..i1 {
            for j in j0..j1 {
                self.in_cell(at.face, i, j, area, |crater| {
                    let (dx, dy) = (crater.x - x, crater.y - y);
                    let distance2_m2 = dx * (xx * dx + 2.0 * xy * dy) + yy * dy * dy;
                    let d_m = crater.diameter_m;
                    let relative2 = 4.0 * distance2_m2 / (d_m * d_m);
                    if relative2 < REACH * REACH {
                        sum += d_m * crater.freshness * profile(relative2);
                    }
                });
            }
        }
        sum
    }

    /// Cells from first to before last that lie on the face and within `reach` of `x`.
    fn cells_within(&self, x: f64, reach: f64) -> (u32, u32) {
        // Float to integer `as` saturates at zero.
        (((x - reach) as u32).min(self.cells), ((x + reach + 1.0) as u32).min(self.cells))
    }

    /// Visits the craters of one cell.
    fn in_cell(&self, face: u32, i: u32, j: u32, area: &[f64], mut visit: impl FnMut(Crater)) {
        let place = (u64::from(face) << 58) ^ (u64::from(i) << 29) ^ u64::from(j);
        let mut h = hash::mix(self.key ^ hash::mix(place));
        let chance = unit(h >> 11, 53);
        if chance < self.at_most[0] {
            return;
        }
        let block = |k: u32| (k as usize * BLOCKS) / self.cells as usize;
        let keep = area[block(i) * BLOCKS + block(j)];
        let number = 1 + self.at_most[1..].iter().take_while(|&&p| chance >= p).count();
        for _ in 0..number {
            h = hash::mix(h);
            let (x, y) = (unit(h & 0x1f_ffff, 21), unit((h >> 21) & 0x1f_ffff, 21));
            let step = unit(h >> 42, 22) * STEPS as f64;
            h = hash::mix(h);
            if unit(h >> 32, 32) >= keep {
                continue;
            }
            let (low, part) = (step as usize, step - f64::from(step as u32));
            let (smaller, larger) = (self.diameters_m[low], self.diameters_m[low + 1]);
            visit(Crater {
                x: f64::from(i) + x,
                y: f64::from(j) + y,
                diameter_m: smaller + part * (larger - smaller),
                freshness: self.fresh / (1.0 + self.wear * unit(h & 0xffff_ffff, 32)),
            });
        }
    }
}

/// The low `bits` bits as a number in [0, 1).
fn unit(value: u64, bits: u32) -> f64 {
    value as f64 / (1_u64 << bits) as f64
}

/// Height over diameter of a fresh crater at (distance / radius)² = `x`, 0 to 4.
fn profile(x: f64) -> f64 {
    if x < 1.0 {
        let z = 1.0 - x;
        -FLOOR * z * z + RIM * x * x * (3.0 - 2.0 * x)
    } else {
        let y = (x - 1.0) / (REACH * REACH - 1.0);
        let z = (1.0 - y).max(0.0);
        let z2 = z * z;
        RIM * z2 * z2 * z * (1.0 + 5.0 * y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_crater_is_a_fifth_as_deep_as_wide_and_32_degrees_steep() {
        assert!((profile(1.0) - profile(0.0) - 0.2).abs() < 1e-15);
        let slope = |r: f64| (profile((r + 1e-5).powi(2)) - profile((r - 1e-5).powi(2))) / 1e-5;
        // Heights are per diameter, distances per radius: dh/dr = slope/2 · D/R = slope.
        let steepest = (0..200).map(|k| slope(f64::from(k) * 0.01).abs()).fold(0.0, f64::max);
        assert!((steepest.atan().to_degrees() - 32.0).abs() < 1.0, "{steepest}");
        assert!(slope(1.0).abs() < 1e-3 && profile(4.0) == 0.0 && slope(2.0).abs() < 1e-3);
    }

    /// Craters per km² of at least `diameter_m` in a block of cells in the middle of a face.
    fn counted(craters: &Craters, octave: usize, diameter_m: f64, side: u32) -> (usize, f64) {
        let octave = &craters.octaves[octave];
        let (mut number, mut area_km2) = (0, 0.0);
        let cell_km = MOON_RADIUS_M / octave.cells_per_rad / 1e3;
        for i in 0..side {
            for j in 0..side {
                let middle = |k: u32| (f64::from(k) + 0.5) / octave.cells_per_rad - cube::HALF;
                area_km2 += cube::area_density(middle(i), middle(j)) * cell_km * cell_km;
                octave.in_cell(4, i, j, &craters.area, |crater| {
                    number += usize::from(crater.diameter_m >= diameter_m);
                });
            }
        }
        (number, area_km2)
    }

    #[test]
    fn as_many_craters_lie_there_as_the_production_function_says() {
        // From the corner of a face inwards, where cells are most distorted. Both diameters lie
        // above equilibrium (0.18 km at 3.5 Gyr); the numbers are Poisson: four standard
        // deviations.
        let craters = Craters::new(11, 3.5);
        for (octave, diameter_m) in [(0, 600.0), (1, 300.0)] {
            let (number, area_km2) = counted(&craters, octave, diameter_m, 300);
            let top_m = 2.0 * craters.octaves[octave].diameter_m;
            let per_km2 = |d_m: f64| production::produced_per_km2(d_m / 1e3, 3.5);
            let expected = area_km2 * (per_km2(diameter_m) - per_km2(top_m));
            assert!(production::equilibrium_per_km2(diameter_m / 1e3) > per_km2(diameter_m));
            assert!(expected > 1000.0, "{expected}");
            assert!(
                (number as f64 - expected).abs() < 4.0 * expected.sqrt(),
                "{number} {expected}"
            );
        }
    }

    #[test]
    fn small_craters_stop_at_equilibrium() {
        let craters = Craters::new(5, 3.5);
        let octave = 5; // 16 m to 32 m
        let (number, area_km2) = counted(&craters, octave, 16.0, 200);
        let per_km2 = production::equilibrium_per_km2;
        let expected = area_km2 * (per_km2(0.016) - per_km2(0.032));
        assert!((number as f64 - expected).abs() < 4.0 * expected.sqrt(), "{number} {expected}");
        assert!(production::produced_per_km2(0.016, 3.5) > 10.0 * per_km2(0.016));
    }

    #[test]
    fn an_ageless_surface_is_bare() {
        let craters = Craters::new(5, 0.0);
        for k in 0..1000 {
            let u = Vector3::new(f64::from(k).sin(), f64::from(k).cos(), 0.3).normalize();
            assert_eq!(craters.height_m(u, 2.0, |_| 1.0), 0.0);
        }
    }

    #[test]
    fn relief_is_continuous_across_cells_and_faces() {
        let craters = Craters::new(5, 3.5);
        let at = |u: Vector3<f64>| craters.height_m(u.normalize(), 2.0, |_| 1.0);
        // Along an arc across two edges of the cube (longitude 45°, latitude about 35°), steps of
        // 0.1 m: no more than a slope of 60° per step.
        for (start, along) in [
            (Vector3::new(1.0, 1.0, 0.2), Vector3::new(-1.0, 1.0, 0.0)),
            (Vector3::new(1.0, 0.3, 1.0), Vector3::new(-1.0, 0.0, 1.0)),
            (Vector3::new(0.2, -0.4, 1.0), Vector3::new(1.0, 0.0, 0.0)),
        ] {
            let start = start.normalize();
            let step = along.normalize() * (0.1 / MOON_RADIUS_M);
            for k in -5000..5000 {
                let (here, there) = (start + step * f64::from(k), start + step * f64::from(k + 1));
                assert!((at(here) - at(there)).abs() < 0.1 * 1.73, "{k}");
            }
        }
    }
}
