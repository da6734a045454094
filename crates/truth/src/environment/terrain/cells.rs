//! What is strewn over the sphere: at most one thing a cell, found again by hashing.
//!
//! Owns: the cells of one octave of diameter, who lives in them, how big it is. Does not own: what
//! the thing looks like (see [`super::craters`], [`super::rocks`]).
//!
//! As programmed: each face of a cube carries a grid of equal-angle cells. A hash of (seed, octave,
//! face, cell) is the only source of chance: it gives the cell's chance, place and size. A cell is
//! inhabited with the probability (density × area), so numbers are binomial, at most Poisson's
//! spread. Two populations share the cells, a sparse one that is part of a dense one; a number from
//! 0 (dense) to 1 (sparse) says where between them a place is. Those of the sparse population are
//! always there; each of the others vanishes at a share of its own, sinking away over [`RISE`] of
//! the share before it, so that the ground stays continuous. What that takes from the dense
//! population is given back in its number: the sum of the weights has the density asked for.
//! Refuses: more than one thing a cell; the cells are made so large that none is asked for.

use super::cube::{self, OnFace};
use super::hash;
use icd::constants::MOON_RADIUS_M;
use nalgebra::Vector3;

/// Largest probability that a cell is inhabited.
const CROWDED: f64 = 0.95;
/// Side of a cell over the reach of its largest thing, at least: in the corner of a face, where
/// cells are smallest (by 1.23), the reach is still below half a cell.
const SIDE_PER_REACH: f64 = 2.5;
/// Change of the share over which a thing of the dense population sinks away. Assumed.
const RISE: f64 = 0.3;
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
    blocks_per_cell: f64,
    /// Area of a full-sized cell, m².
    cell_m2: f64,
    /// Reach of the largest thing, m.
    reach_m: f64,
    /// Probability that a cell of full area is inhabited: dense, sparse.
    inhabited: [f64; 2],
    /// Diameters at equal steps of the root of the share that is larger, m: dense, sparse.
    diameters_m: [[f64; STEPS + 1]; 2],
}

/// A point as the cells of one face see it: place in cells, and what depends on the point alone.
#[derive(Clone, Copy, Debug)]
struct View {
    x: f64,
    y: f64,
    metric_m2: [f64; 3],
    reach2_m2: f64,
    face_key: u64,
    sparse: f64,
    likely: f64,
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
        let [dense, sparse] = per_m2.map(|of| of(diameter_m) - of(2.0 * diameter_m));
        let density = [sparse + (dense - sparse) / (1.0 - 0.5 * RISE), sparse];
        let face_m = 2.0 * cube::HALF * MOON_RADIUS_M;
        let side_m = (SIDE_PER_REACH * reach_m).max((CROWDED / density[0].max(1e-12)).sqrt());
        let number = ((face_m / side_m) as u32).max(1);
        let side_m = face_m / f64::from(number);
        Self {
            diameter_m,
            key,
            number,
            per_rad: f64::from(number) / (2.0 * cube::HALF),
            blocks_per_cell: BLOCKS as f64 / f64::from(number),
            cell_m2: side_m * side_m,
            reach_m,
            inhabited: density.map(|d| (d * side_m * side_m).min(1.0)),
            diameters_m: per_m2.map(|of| diameters_m(diameter_m, of)),
        }
    }

    /// Visits what may be felt at a point; `sparse` is the share of the sparse population there.
    ///
    /// Two by two cells, no more and no less: nothing reaches further than half a cell.
    #[inline]
    pub(super) fn felt(
        &self,
        at: &OnFace,
        areas: &Areas,
        sparse: f64,
        mut visit: impl FnMut(Thing),
    ) {
        let view = self.view(at, sparse, self.reach_m);
        // Float to integer `as` saturates at zero; one below zero wraps and lies off the face.
        let (i, j) = ((view.x + 0.5) as u32, (view.y + 0.5) as u32);
        for (i, j) in [
            (i.wrapping_sub(1), j.wrapping_sub(1)),
            (i.wrapping_sub(1), j),
            (i, j.wrapping_sub(1)),
            (i, j),
        ] {
            self.look(&view, areas, i, j, &mut visit);
        }
    }

    /// Visits what lies within `reach_m` of a point.
    pub(super) fn within(
        &self,
        at: &OnFace,
        areas: &Areas,
        sparse: f64,
        reach_m: f64,
        mut visit: impl FnMut(Thing),
    ) {
        let view = self.view(at, sparse, reach_m);
        let reach = reach_m / MOON_RADIUS_M * self.per_rad;
        let span = |x: f64, gradient: f64| {
            let far = reach * gradient;
            (x - far) as u32..((x + far + 1.0) as u32).min(self.number)
        };
        for i in span(view.x, at.gradient[0]) {
            for j in span(view.y, at.gradient[1]) {
                self.look(&view, areas, i, j, &mut visit);
            }
        }
    }

    fn view(&self, at: &OnFace, sparse: f64, reach_m: f64) -> View {
        let [dense_p, sparse_p] = self.inhabited;
        let (k, likely) = (self.per_rad, dense_p + sparse * (sparse_p - dense_p));
        View {
            x: (at.X + cube::HALF) * k,
            y: (at.Y + cube::HALF) * k,
            metric_m2: at.metric.map(|g| g * self.cell_m2),
            reach2_m2: reach_m * reach_m,
            face_key: self.key ^ (u64::from(at.face) << 61),
            sparse,
            likely,
        }
    }

    /// Visits who lives in a cell, if anybody does, within reach of the view.
    #[inline]
    fn look(&self, view: &View, areas: &Areas, i: u32, j: u32, visit: &mut impl FnMut(Thing)) {
        let h = hash::mix(view.face_key.wrapping_add((u64::from(i) << 32) | u64::from(j)));
        let chance = part(h >> 40, 24);
        let dx = f64::from(i) + part((h >> 28) & 0xfff, 12) - view.x;
        let dy = f64::from(j) + part((h >> 16) & 0xfff, 12) - view.y;
        let [xx, xy, yy] = view.metric_m2;
        let distance2_m2 = dx * (xx * dx + 2.0 * xy * dy) + yy * dy * dy;
        // All at once: one branch that is rarely taken.
        if !((distance2_m2 < view.reach2_m2)
            & (chance < view.likely)
            & (i < self.number)
            & (j < self.number))
        {
            return;
        }
        let block = |n: u32| (f64::from(n) * self.blocks_per_cell) as usize;
        let area = f64::from(areas.0[(block(i) * BLOCKS + block(j)) % (BLOCKS * BLOCKS)]);
        let [dense_p, sparse_p] = self.inhabited;
        let beyond = view.likely * area - chance;
        if beyond > 0.0 {
            let rising = (dense_p - sparse_p) * area * RISE;
            let whole = chance < sparse_p * area || beyond >= rising;
            let on_face = [view.x + dx, view.y + dy].map(|c| c / self.per_rad - cube::HALF);
            visit(Thing {
                diameter_m: self.size_m(h, view.sparse),
                distance2_m2,
                weight: if whole { 1.0 } else { beyond / rising },
                hash: h,
                on_face,
            });
        }
    }

    /// The larger of two uniform numbers is below s with probability s²: the share of larger things,
    /// so that the few large ones have their own steps in the table.
    fn size_m(&self, hash: u64, sparse: f64) -> f64 {
        let s = (hash & 0xff).max((hash >> 8) & 0xff);
        let step = (part(s, 8) + 0.5 / 256.0) * STEPS as f64;
        let low = step as usize;
        let part = step - low as f64;
        let [dense, thin] = [0, 1].map(|of: usize| {
            let table = &self.diameters_m[of];
            table[low] + part * (table[low + 1] - table[low])
        });
        dense + sparse * (thin - dense)
    }
}

/// A number of so many bits, at most 32, as a part of 1.
pub(super) fn part(number: u64, bits: u32) -> f64 {
    // By way of 32 bits: one instruction where 64 take several.
    f64::from(number as u32) / (1_u64 << bits) as f64
}

/// Diameters, m, of which the shares 0, (1/STEPS)², (2/STEPS)² … 1 of an octave's population are
/// larger.
fn diameters_m(diameter_m: f64, per_m2: impl Fn(f64) -> f64) -> [f64; STEPS + 1] {
    let (all, larger) = (per_m2(diameter_m), per_m2(2.0 * diameter_m));
    core::array::from_fn(|k| {
        let s = k as f64 / STEPS as f64;
        let wanted = larger + (all - larger) * s * s;
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
