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

/// Four neighbouring cells, who lives there and where: all that does not depend on the point asked
/// about, so that the next point among the same four need not hash again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Face and cell of the last of the four; `u32::MAX` before the first use.
    corner: [u32; 3],
    hash: [u64; 4],
    /// Place, in cells.
    x: [f64; 4],
    y: [f64; 4],
    /// Inhabited when below what is likely; 2 off the face.
    chance: [f64; 4],
    /// Where nothing is felt, in cells of the same face: x and y, from and to.
    empty: [f64; 4],
    /// Whose traits are known, one bit each.
    known: u32,
    traits: [Traits; 4],
}

/// What a thing is, wherever it is felt.
#[derive(Clone, Copy, Debug)]
struct Traits {
    /// Diameter in the dense and in the sparse population, m.
    diameters_m: [f64; 2],
    /// Share of a full-sized cell's area that its cell has.
    area: f64,
    /// Chance for its other properties, 0 to 1.
    age: f64,
}

const UNKNOWN: Traits = Traits { diameters_m: [0.0; 2], area: 0.0, age: 0.0 };

/// No square at all.
const NOWHERE: [f64; 4] = [f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0];
/// Distances measured with the metric of a place half a cell away are off by less than this factor: the
/// largest cells are 33 km wide, over which lengths change by 2 %.
const WARP: f64 = 1.03;

impl Block {
    pub(super) const UNSEEN: Self = Self {
        corner: [u32::MAX; 3],
        hash: [0; 4],
        x: [0.0; 4],
        y: [0.0; 4],
        chance: [2.0; 4],
        empty: NOWHERE,
        known: 0,
        traits: [UNKNOWN; 4],
    };
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
    /// Chance for its other properties, 0 to 1.
    pub age: f64,
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
    /// Two by two cells, no more and no less: nothing reaches further than half a cell. `block`: the
    /// four of the last point, or [`Block::UNSEEN`]. `aside_m`: to be visited is also what is felt only so
    /// far from the point, at most [`Self::aside_m_max`].
    #[inline]
    pub(super) fn felt(
        &self,
        at: &OnFace,
        areas: &Areas,
        (sparse, aside_m): (f64, f64),
        block: &mut Block,
        mut visit: impl FnMut(Thing),
    ) {
        let [x0, x1, y0, y1] = block.empty;
        let aside = 1.5 * aside_m / MOON_RADIUS_M * self.per_rad;
        let [x, y] = [at.X, at.Y].map(|X| (X + cube::HALF) * self.per_rad);
        let clear = (x - aside > x0) & (x + aside < x1) & (y - aside > y0) & (y + aside < y1);
        if clear && block.corner[0] == at.face {
            return;
        }
        let view = self.view(at, sparse, self.reach_m + aside_m);
        // Float to integer `as` saturates at zero; one below zero wraps and lies off the face.
        let corner = [at.face, (view.x + 0.5) as u32, (view.y + 0.5) as u32];
        // Among the same four for the second time: likely not the last.
        let again = block.corner == corner;
        if !again {
            self.fill(block, view.face_key, corner);
        }
        let [xx, xy, yy] = view.metric_m2;
        let xy = 2.0 * xy;
        let mut distance2_m2 = [0.0; 4];
        let mut met = 0_u32;
        for (k, distance2_m2) in distance2_m2.iter_mut().enumerate() {
            let (dx, dy) = (block.x[k] - view.x, block.y[k] - view.y);
            *distance2_m2 = dx * (xx * dx + xy * dy) + yy * dy * dy;
            let is_met = (*distance2_m2 < view.reach2_m2) & (block.chance[k] < view.likely);
            met |= u32::from(is_met) << k;
        }
        if again && met == 0 {
            block.empty = self.empty(&view, block, &distance2_m2);
        }
        // One branch for all four, that is rarely taken.
        while met != 0 {
            let k = met.trailing_zeros() as usize;
            met &= met - 1;
            if block.known >> k & 1 == 0 {
                let [_, i, j] = cell_of(corner, k);
                block.traits[k] = self.traits(areas, block.hash[k], [i, j]);
                block.known |= 1 << k;
            }
            let found = Found {
                chance: block.chance[k],
                place: [block.x[k], block.y[k]],
                distance2_m2: distance2_m2[k],
            };
            self.meet(&view, &block.traits[k], &found, &mut visit);
        }
    }

    /// How far from a point two by two cells still hold everything that is felt there, m.
    pub(super) fn aside_m_max(&self) -> f64 {
        // Half a cell, where cells are smallest (see `SIDE_PER_REACH`).
        0.4 * self.cell_m2.sqrt() - self.reach_m
    }

    /// The square around a point in which nothing is felt.
    fn empty(&self, view: &View, block: &Block, distance2_m2: &[f64; 4]) -> [f64; 4] {
        let [dense_p, sparse_p] = self.inhabited;
        let likely = dense_p.max(sparse_p);
        let nearest2_m2 = (0..4)
            .filter(|&k| block.chance[k] < likely)
            .map(|k| distance2_m2[k])
            .fold(f64::INFINITY, f64::min);
        let reach_m = WARP * self.reach_m;
        if nearest2_m2 <= reach_m * reach_m {
            return NOWHERE;
        }
        let free_m = nearest2_m2.sqrt() - reach_m;
        let [xx, xy, yy] = view.metric_m2;
        let half = free_m / (WARP * WARP * (xx + 2.0 * xy.abs() + yy)).sqrt();
        let [_, i, j] = block.corner;
        let side = |x: f64, i: u32| {
            ((x - half).max(f64::from(i) - 0.5), (x + half).min(f64::from(i) + 0.5))
        };
        let ((x0, x1), (y0, y1)) = (side(view.x, i), side(view.y, j));
        [x0, x1, y0, y1]
    }

    fn fill(&self, block: &mut Block, face_key: u64, corner: [u32; 3]) {
        block.corner = corner;
        block.known = 0;
        for k in 0..4 {
            let [_, i, j] = cell_of(corner, k);
            let drawn = draw(face_key, i, j);
            block.hash[k] = drawn.hash;
            block.x[k] = drawn.x;
            block.y[k] = drawn.y;
            block.chance[k] =
                if (i < self.number) & (j < self.number) { drawn.chance } else { 2.0 };
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
    fn look(&self, view: &View, areas: &Areas, i: u32, j: u32, visit: &mut impl FnMut(Thing)) {
        let Drawn { hash, chance, x, y } = draw(view.face_key, i, j);
        let (dx, dy) = (x - view.x, y - view.y);
        let [xx, xy, yy] = view.metric_m2;
        let distance2_m2 = dx * (xx * dx + 2.0 * xy * dy) + yy * dy * dy;
        if distance2_m2 < view.reach2_m2
            && chance < view.likely
            && i < self.number
            && j < self.number
        {
            let found = Found { chance, place: [x, y], distance2_m2 };
            self.meet(view, &self.traits(areas, hash, [i, j]), &found, visit);
        }
    }

    /// Visits what has been found, if its cell is inhabited there.
    #[inline]
    fn meet(&self, view: &View, traits: &Traits, found: &Found, visit: &mut impl FnMut(Thing)) {
        let area = traits.area;
        let [dense_p, sparse_p] = self.inhabited;
        let beyond = view.likely * area - found.chance;
        if beyond > 0.0 {
            let rising = (dense_p - sparse_p) * area * RISE;
            let whole = found.chance < sparse_p * area || beyond >= rising;
            let [dense_m, thin_m] = traits.diameters_m;
            visit(Thing {
                diameter_m: dense_m + view.sparse * (thin_m - dense_m),
                distance2_m2: found.distance2_m2,
                weight: if whole { 1.0 } else { beyond / rising },
                age: traits.age,
                on_face: found.place.map(|c| c / self.per_rad - cube::HALF),
            });
        }
    }

    /// Who lives in a cell with such a hash.
    fn traits(&self, areas: &Areas, hash: u64, cell: [u32; 2]) -> Traits {
        let block = |n: u32| (f64::from(n) * self.blocks_per_cell) as usize;
        let [i, j] = cell.map(block);
        Traits {
            diameters_m: self.diameters_m(hash),
            area: f64::from(areas.0[(i * BLOCKS + j) % (BLOCKS * BLOCKS)]),
            age: part(hash::mix(hash) >> 40, 24),
        }
    }

    /// The larger of two uniform numbers is below s with probability s²: the share of larger things,
    /// so that the few large ones have their own steps in the table.
    fn diameters_m(&self, hash: u64) -> [f64; 2] {
        let s = (hash & 0xff).max((hash >> 8) & 0xff);
        let step = (part(s, 8) + 0.5 / 256.0) * STEPS as f64;
        let low = step as usize;
        let part = step - low as f64;
        [0, 1].map(|of: usize| {
            let table = &self.diameters_m[of];
            table[low] + part * (table[low + 1] - table[low])
        })
    }
}

/// Face and indices of the `k`th of the four cells that end with `corner`.
fn cell_of([face, i, j]: [u32; 3], k: usize) -> [u32; 3] {
    [face, i.wrapping_sub(u32::from(k < 2)), j.wrapping_sub(u32::from(k.is_multiple_of(2)))]
}

/// What chance has put into a cell: its place in cells, and whether it is there at all.
#[derive(Clone, Copy)]
struct Drawn {
    hash: u64,
    chance: f64,
    x: f64,
    y: f64,
}

/// One of those, as seen from a point.
struct Found {
    chance: f64,
    /// In cells.
    place: [f64; 2],
    distance2_m2: f64,
}

#[inline]
fn draw(face_key: u64, i: u32, j: u32) -> Drawn {
    let h = hash::mix(face_key.wrapping_add((u64::from(i) << 32) | u64::from(j)));
    Drawn {
        hash: h,
        chance: part(h >> 40, 24),
        x: f64::from(i) + part((h >> 28) & 0xfff, 12),
        y: f64::from(j) + part((h >> 16) & 0xfff, 12),
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
