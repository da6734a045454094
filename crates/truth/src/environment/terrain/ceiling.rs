//! How high and how steep measured ground can be within an angular distance of a place.
//!
//! Owns: which squares of a raster cover a disc. Does not own: the bounds of a square (see
//! [`super::pyramid`]).
//!
//! As programmed: the disc's rows and columns, and over them at most four squares.
//! Refuses: generated relief; whoever asks adds a bound of that.

use super::pyramid::{ANYTHING, LEAF, NOTHING, SIDE_MAX, Square, changes_m};
use super::raster::{HOLE_FADE, POLAR_CAP_ROWS, Raster};
use icd::constants::MOON_RADIUS_M;

/// What a raster says of a disc.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ceiling {
    /// Upper bound of its surface there, m; −∞ where it has none.
    pub elevation_m: f64,
    /// Lower bound, m; ∞ where it has none.
    pub lowest_m: f64,
    /// Bounds of its change from one column and from one row to the next, m.
    pub steepest_m: [f64; 2],
    /// Whether it alone is the ground all over the disc.
    pub alone: bool,
}

/// Greatest derivative of the weight 10 x³ − 15 x⁴ + 6 x⁵: at its middle.
const STEEPEST_FADE: f64 = 1.875;

/// Cells across a disc up to which it is looked at sample by sample.
const FEW: f64 = 1.0;

const NONE: Ceiling = Ceiling {
    elevation_m: f64::NEG_INFINITY,
    lowest_m: f64::INFINITY,
    steepest_m: [0.0; 2],
    alone: false,
};

/// Columns or rows, both ends included.
type Range = (f64, f64);

/// What was found of the last few cells, to be used again for the same ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    /// Which raster, and where the range begins and ends in it.
    key: [isize; 7],
    over: Square,
    steepest_m: [f32; 2],
}

impl Cells {
    /// None looked at yet.
    pub(super) const UNSEEN: Self =
        Self { key: [isize::MIN; 7], over: NOTHING, steepest_m: [0.0; 2] };
}

impl Raster {
    /// An upper bound of the surface within `reach_rad` of a place; radians.
    pub fn ceiling(&self, latitude_rad: f64, longitude_rad: f64, reach_rad: f64) -> Ceiling {
        self.ceiling_near(latitude_rad, longitude_rad, reach_rad, (0, &mut Cells::UNSEEN.clone()))
    }

    /// As [`Self::ceiling`], to the bit; `known`: this raster's number, and the cells last looked at.
    pub fn ceiling_near(
        &self,
        latitude_rad: f64,
        longitude_rad: f64,
        reach_rad: f64,
        known: (usize, &mut Cells),
    ) -> Ceiling {
        let (w, h) = (self.grid.width() as f64, self.grid.height() as f64);
        let (column, row) = self.pixel(latitude_rad, longitude_rad);
        let edges = self.edges;
        let cap = if edges.north || edges.south { POLAR_CAP_ROWS } else { 0.0 };
        let rows_of = |half: f64| (row - half, row + half);
        let (mut half_columns, half_rows) =
            self.projection.spread(latitude_rad, reach_rad.max(0.0));
        let (r0, r1) = rows_of(half_rows);
        if (edges.north && r0 < cap) || (edges.south && r1 > h - 1.0 - cap) {
            half_columns = f64::INFINITY; // near a pole every meridian counts
        }
        let (c0, c1) = (column - half_columns, column + half_columns);
        if (c1 + r1).is_nan() || (!edges.north && r1 < 0.0) || (!edges.south && r0 > h - 1.0) {
            return NONE;
        }
        // What lies on the far side of the Moon from the middle counts as off its nearer edge: a
        // disc can reach a grid from both sides.
        let turn = self.turn_columns;
        let both = c0 + turn <= w - 1.0 || c1 - turn >= 0.0;
        if !edges.wraps && !both && (c1 < 0.0 || c0 > w - 1.0) {
            return NONE;
        }
        let whole = !edges.wraps && both;
        let columns = if whole { (0.0, w) } else { (c0, c1) };
        // Of few cells the samples themselves say more than squares of eight.
        let few = !whole && c1 - c0 <= FEW && r1 - r0 <= FEW;
        let (over, near) = if few {
            self.few(columns, (r0, r1), known)
        } else {
            let over = self.over(columns, (r0, r1));
            (over, over.steepest_m)
        };
        let margin = |edge: bool, x: f64| if edge { f64::INFINITY } else { x };
        let inwards = margin(edges.wraps, c0.min(w - 1.0 - c1))
            .min(margin(edges.north, r0))
            .min(margin(edges.south, h - 1.0 - r1));
        let alone = !whole && !over.void && inwards >= self.fade();
        Ceiling {
            elevation_m: f64::from(over.highest_m),
            lowest_m: f64::from(over.lowest_m),
            steepest_m: [0, 1].map(|k| f64::from(near[k].min(over.steepest_m[k]))),
            alone,
        }
    }

    /// What the squares say of a few cells, and what their samples say: it depends on whole numbers alone.
    fn few(
        &self,
        (c0, c1): Range,
        (r0, r1): Range,
        (number, known): (usize, &mut Cells),
    ) -> (Square, [f32; 2]) {
        let [c0_, c1_, r0_, r1_] = [c0, c1, r0, r1].map(|x| libm::floor(x) as isize);
        let beyond = |x: f64, whole: isize| whole + isize::from(x > whole as f64);
        let key = [number as isize, c0_, c1_, beyond(c1, c1_), r0_, r1_, beyond(r1, r1_)];
        if known.key != key {
            let steepest_m = self.steepest_of((c0, c1), (r0, r1));
            *known = Cells { key, over: self.over((c0, c1), (r0, r1)), steepest_m };
        }
        (known.over, known.steepest_m)
    }

    /// Bounds of the change from column to column and from row to row over a few cells; infinite where samples
    /// are missing.
    fn steepest_of(&self, (c0, c1): Range, (r0, r1): Range) -> [f32; 2] {
        let mut steepest_m = [0.0_f32; 2];
        for row in libm::floor(r0) as isize..=libm::floor(r1) as isize + 1 {
            for column in libm::floor(c0) as isize..=libm::floor(c1) as isize + 1 {
                let around =
                    [-1, 0, 1, 2].map(|j| [-1, 0, 1, 2].map(|i| self.sample(column + i, row + j)));
                for (known, change_m) in steepest_m.iter_mut().zip(changes_m(&around)) {
                    *known = if change_m.is_nan() { f32::INFINITY } else { known.max(change_m) };
                }
            }
        }
        steepest_m
    }

    /// Bound of the raster's slope within `reach_rad` of a place, rise over run, over being what
    /// [`Self::ceiling`] has said of it.
    pub fn slope(&self, latitude_rad: f64, reach_rad: f64, over: &Ceiling) -> f64 {
        let poles = self.edges.north || self.edges.south;
        let cap_rad = POLAR_CAP_ROWS * self.posting_m() / MOON_RADIUS_M;
        let cap_rad = if poles { cap_rad } else { 0.0 };
        let slope = self.projection.slope(latitude_rad, reach_rad, over.steepest_m, cap_rad);
        if core::f64::consts::FRAC_PI_2 - latitude_rad.abs() - reach_rad >= cap_rad {
            return slope;
        }
        slope + STEEPEST_FADE * (over.elevation_m - over.lowest_m) / (cap_rad * MOON_RADIUS_M)
    }

    /// Bound of the slope of this raster's weight where it is not alone, 1/m.
    pub fn fade_per_m(&self, latitude_rad: f64, reach_rad: f64) -> f64 {
        let samples = if self.grid.voids() { self.fade().min(HOLE_FADE) } else { self.fade() };
        let steepest = [STEEPEST_FADE / samples; 2];
        self.projection.slope(latitude_rad, reach_rad, steepest, 0.0)
    }

    /// The squares over columns and rows, as one.
    fn over(&self, (c0, c1): Range, rows: Range) -> Square {
        let w = self.grid.width() as f64;
        let one = |c0: f64, c1: f64| self.over_squares((c0, c1), rows);
        if !self.edges.wraps {
            one(c0, c1)
        } else if c1 - c0 >= w - 2.0 {
            one(0.0, w)
        } else if c0 < 0.0 {
            one(0.0, c1).and(one(c0 + w, w))
        } else if c1 > w - 1.0 {
            one(c0, w).and(one(0.0, c1 - w))
        } else {
            one(c0, c1)
        }
    }

    fn over_squares(&self, (c0, c1): Range, (r0, r1): Range) -> Square {
        let index = |x: f64, n: usize| x.clamp(0.0, n as f64 - 1.0) as usize;
        let (width, height) = (self.grid.width(), self.grid.height());
        let (c0, c1) = (index(libm::floor(c0), width), index(libm::ceil(c1), width));
        let (r0, r1) = (index(libm::floor(r0), height), index(libm::ceil(r1), height));
        let span = (c1 - c0).max(r1 - r0);
        let mut size = 0;
        while span > LEAF << size {
            size += 1;
        }
        let side = LEAF << size;
        if side > SIDE_MAX {
            return ANYTHING; // too much to read
        }
        let mut all = NOTHING;
        for row in r0 / side..=r1 / side {
            for column in c0 / side..=c1 / side {
                all = all.and(self.square(size, column, row));
            }
        }
        all
    }
}
