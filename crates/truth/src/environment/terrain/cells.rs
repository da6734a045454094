//! What is strewn over the sphere: at most one thing a cell, found again by hashing.
//!
//! Owns: the cells of one octave of diameter, who lives in them, how big it is. Does not own: what
//! the thing looks like (see [`super::craters`], [`super::rocks`]).
//!
//! As programmed: each face of a cube carries a grid of equal-angle cells. A hash of (seed, octave,
//! face, cell) is the only source of chance: it gives the cell's chance, place and size. A cell is
//! inhabited with the probability (density × area), so numbers are binomial, at most Poisson's
//! spread. Two populations share the cells, a sparse one that is part of a dense one; a number from
//! 0 (dense) to 1 (sparse) says where between them a place is. Between, things appear by rising
//! from nothing, so that the ground stays continuous: with p the probability at the place, p_s that
//! of the sparse population and c the cell's chance, weight = (p − c)/((p − p_s) share), within 0
//! and 1; at either end it is 0 or 1 and nothing is half there.
//! Refuses: more than one thing a cell; the cells are made so large that none is asked for.

use super::cube::{self, OnFace};
use super::hash;
use icd::constants::MOON_RADIUS_M;
use nalgebra::Vector3;

/// Largest probability that a cell is inhabited.
const CROWDED: f64 = 0.95;
/// Side of a cell over the reach of its largest thing, at least: a point then lies within reach of
/// no more than four cells.
const SIDE_PER_REACH: f64 = 2.0;
/// Steps of the tables of diameters.
const STEPS: usize = 16;
/// Blocks per face side of the table of areas.
const BLOCKS: usize = 32;

/// Share of a full-sized cell's area, by place on a face.
#[derive(Clone, Debug)]
pub(super) struct Areas([f32; BLOCKS * BLOCKS]);

impl Areas {
    pub(super) fn new() -> Self {
        let side = 2.0 * cube::HALF / BLOCKS as f64;
        let middle = |k: usize| -cube::HALF + (k as f64 + 0.5) * side;
        Self(core::array::from_fn(|k| {
            cube::area_density(middle(k / BLOCKS), middle(k % BLOCKS)) as f32
        }))
    }
}

/// One octave of diameter, from `diameter_m` to twice that.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub diameter_m: f64,
    key: u64,
    number: u32,
    per_rad: f64,
    /// Reach of the largest thing, m.
    reach_m: f64,
    /// Probability that a cell of full area is inhabited: dense, sparse.
    inhabited: [f64; 2],
    /// Diameters at equal steps of probability, m: dense, sparse.
    diameters_m: [[f64; STEPS + 1]; 2],
}

/// One thing within reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub diameter_m: f64,
    /// Square of the distance from the point asked about, m².
    pub distance2_m2: f64,
    /// How much of it is there, above 0 to 1.
    pub weight: f64,
    /// Chance for its other properties.
    pub hash: u64,
    /// Place on its face, radians.
    pub on_face: [f64; 2],
}

impl Cells {
    /// - `diameter_m`: smallest of the octave; `reach`: how far a thing is felt, per diameter.
    /// - `per_m2`: how many of at least a diameter lie on a square metre: dense, sparse.
    pub(super) fn new(
        key: u64,
        diameter_m: f64,
        reach: f64,
        per_m2: [&dyn Fn(f64) -> f64; 2],
    ) -> Self {
        let reach_m = reach * 2.0 * diameter_m;
        let density = per_m2.map(|of| of(diameter_m) - of(2.0 * diameter_m));
        let face_m = 2.0 * cube::HALF * MOON_RADIUS_M;
        let side_m = (SIDE_PER_REACH * reach_m).max((CROWDED / density[0].max(1e-12)).sqrt());
        let number = ((face_m / side_m) as u32).max(1);
        let side_m = face_m / f64::from(number);
        Self {
            diameter_m,
            key,
            number,
            per_rad: f64::from(number) / (2.0 * cube::HALF),
            reach_m,
            inhabited: density.map(|d| (d * side_m * side_m).min(1.0)),
            diameters_m: per_m2.map(|of| diameters_m(diameter_m, of)),
        }
    }

    /// Probability, dense and sparse, that a cell of full area is inhabited.
    #[cfg(test)]
    pub(super) fn inhabited(&self) -> [f64; 2] {
        self.inhabited
    }

    /// Visits what may be felt at a point; `sparse` is the share of the sparse population there.
    #[inline]
    pub(super) fn felt(&self, at: &OnFace, areas: &Areas, sparse: f64, visit: impl FnMut(Thing)) {
        self.within(at, areas, sparse, self.reach_m, visit);
    }

    /// Visits what lies within `reach_m` of a point, and some more.
    #[inline]
    pub(super) fn within(
        &self,
        at: &OnFace,
        areas: &Areas,
        sparse: f64,
        reach_m: f64,
        mut visit: impl FnMut(Thing),
    ) {
        let [dense_p, sparse_p] = self.inhabited;
        let likely = dense_p + sparse * (sparse_p - dense_p);
        let k = self.per_rad;
        let (x, y) = ((at.X + cube::HALF) * k, (at.Y + cube::HALF) * k);
        let reach = reach_m / MOON_RADIUS_M * k;
        let (i0, i1) = self.cells_within(x, reach * at.gradient[0]);
        let (j0, j1) = self.cells_within(y, reach * at.gradient[1]);
        let face_key = self.key ^ (u64::from(at.face) << 61);
        for i in i0..i1 {
            for j in j0..j1 {
                let place = (u64::from(i) << 32) | u64::from(j);
                let h = hash::mix(face_key.wrapping_add(place));
                let chance = (h >> 40) as f64 * (1.0 / 16_777_216.0);
                if chance >= likely {
                    continue;
                }
                let block =
                    |n: u32| ((u64::from(n) * BLOCKS as u64) / u64::from(self.number)) as usize;
                let area = f64::from(areas.0[block(i) * BLOCKS + block(j)]);
                let beyond = likely * area - chance;
                if beyond <= 0.0 {
                    continue;
                }
                let part = |n: u64, bits: u32| n as f64 / f64::from(1_u32 << bits);
                let dx = f64::from(i) + part((h >> 26) & 0x3fff, 14) - x;
                let dy = f64::from(j) + part((h >> 12) & 0x3fff, 14) - y;
                let scale = MOON_RADIUS_M / k;
                let [xx, xy, yy] = at.metric;
                let distance2_m2 = scale * scale * (dx * (xx * dx + 2.0 * xy * dy) + yy * dy * dy);
                if distance2_m2 >= reach_m * reach_m {
                    continue;
                }
                let rising = (likely - sparse_p) * area * sparse;
                visit(Thing {
                    diameter_m: self.size_m(part(h & 0xfff, 12), sparse),
                    distance2_m2,
                    weight: if beyond >= rising { 1.0 } else { beyond / rising },
                    hash: h,
                    on_face: [(x + dx) / k - cube::HALF, (y + dy) / k - cube::HALF],
                });
            }
        }
    }

    /// Cells from first to before last that lie on the face and within `reach` of `x`.
    fn cells_within(&self, x: f64, reach: f64) -> (u32, u32) {
        // Float to integer `as` saturates at zero.
        (((x - reach) as u32).min(self.number), ((x + reach + 1.0) as u32).min(self.number))
    }

    fn size_m(&self, chance: f64, sparse: f64) -> f64 {
        let step = chance * STEPS as f64;
        let low = step as usize;
        let part = step - low as f64;
        let [dense, thin] = [0, 1].map(|of: usize| {
            let table = &self.diameters_m[of];
            table[low] + part * (table[low + 1] - table[low])
        });
        dense + sparse * (thin - dense)
    }
}

/// Diameters, m, of which the shares 0, 1/STEPS … 1 of an octave's population are smaller.
fn diameters_m(diameter_m: f64, per_m2: impl Fn(f64) -> f64) -> [f64; STEPS + 1] {
    let (all, larger) = (per_m2(diameter_m), per_m2(2.0 * diameter_m));
    core::array::from_fn(|k| {
        let wanted = all - (all - larger) * k as f64 / STEPS as f64;
        let (mut low, mut high) = (diameter_m, 2.0 * diameter_m);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if per_m2(middle) > wanted { low = middle } else { high = middle }
        }
        low
    })
}

/// A point's view of the faces near it: one, near an edge two or three.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faces {
    faces: [OnFace; 3],
    count: usize,
}

impl Faces {
    pub(super) fn new(u: Vector3<f64>, reach_m: f64) -> Self {
        let (faces, count) = cube::faces(u, reach_m / MOON_RADIUS_M);
        Self { faces, count }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &OnFace> {
        self.faces[..self.count].iter()
    }
}
