//! The map of one scan: heights at the nodes of a square lattice.
//!
//! Owns: [`Grid`]. A line of the lidar is a row of the map: shots were aimed evenly over the row on level
//! ground, so shot k is node k. Ground that stands dz off that level is met dz · tan(angle off the
//! vertical) aside of its node; the middle of the map, where the lander goes, is exact.
//! A shot without an echo takes the height of its neighbour; a line that has lost too many is left out.

use icd::bus::SHOTS;

/// Rows of a map; a row has as many nodes.
pub const LINES: usize = SHOTS;
/// Most shots of a line without an echo.
const LOST_MAX: usize = SHOTS / 4;

/// Heights around a place.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Height in `H`, m, `[y][x]`; not a number where nothing is known.
    height_m: [[f32; SHOTS]; LINES],
    known: [bool; LINES],
    /// The middle, `H`, m.
    pub middle_m: [f64; 2],
    /// Distance of neighbouring nodes, m.
    pub posting_m: f64,
}

impl Grid {
    /// An empty map, `half_m` to each side of `middle_m`.
    pub fn new(middle_m: [f64; 2], half_m: f64) -> Self {
        let posting_m = 2.0 * half_m / (LINES - 1) as f64;
        Self { height_m: [[f32::NAN; SHOTS]; LINES], known: [false; LINES], middle_m, posting_m }
    }

    /// Forgets everything and begins elsewhere.
    pub fn begin(&mut self, middle_m: [f64; 2], half_m: f64) {
        self.height_m.as_flattened_mut().fill(f32::NAN);
        self.known = [false; LINES];
        self.middle_m = middle_m;
        self.posting_m = 2.0 * half_m / (LINES - 1) as f64;
    }

    /// Distance of a row or a column from the middle, m.
    pub fn aside_m(&self, number: usize) -> f64 {
        (number as f64 - 0.5 * (LINES - 1) as f64) * self.posting_m
    }

    /// Takes the heights of a line, m, `None` where no echo came back.
    pub fn put(&mut self, line: usize, heights_m: &[Option<f32>; SHOTS]) {
        let (Some(row), Some(known)) = (self.height_m.get_mut(line), self.known.get_mut(line))
        else {
            return;
        };
        *known = true;
        let lost = heights_m.iter().filter(|height| height.is_none()).count();
        let Some(mut last) = heights_m.iter().flatten().next().copied() else { return };
        if lost > LOST_MAX {
            return;
        }
        for (slot, height_m) in row.iter_mut().zip(heights_m) {
            last = height_m.unwrap_or(last);
            *slot = last;
        }
    }

    /// Whether every line up to `line` has arrived; lines beyond the last count as arrived.
    pub fn complete_to(&self, line: usize) -> bool {
        self.known.iter().take(line.saturating_add(1)).all(|known| *known)
    }

    /// Heights of a row, m.
    pub fn row(&self, line: usize) -> Option<&[f32; SHOTS]> {
        self.height_m.get(line)
    }
}
