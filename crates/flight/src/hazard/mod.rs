//! Hazards on the ground: the elevation map of a scan, how safe each place of it is, and the best in reach.
//!
//! Owns: [`grid`] (the map), [`rate`] (a place's risk), [`choose`] (the best place), [`Scan`] (the order of
//! things). Does not own: rays and attitude, when to scan, how to get there (`avoid`).
//! Frame: `H`, axes of `L`, origin where the lander was when it first scanned. Positions in it are sums of
//! velocity over time: they drift by centimetres over a descent, and no correction of the position on the
//! Moon moves the lander against a rock that it has seen.
//! Spread over cycles: a line arrives, a line is rated when its neighbours are there, a line is weighed when
//! its neighbours are rated: at most one of each a cycle.
//! Refuses: shadow (the laser brings its own light), several maps merged into one.

pub mod choose;
pub mod grid;
pub mod rate;

use choose::{Best, Reach};
use grid::{Grid, LINES};
use rate::{Footprint, Rated};

/// One scan from the first line to the choice, and the memory that it needs: some 33 kB.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The map.
    pub grid: Grid,
    rated: Rated,
    footprint: Footprint,
    reach: Reach,
    best: Option<Best>,
    /// Next line to command; all have been from [`LINES`] on.
    pub next: usize,
    next_rated: usize,
    next_weighed: usize,
    running: bool,
}

impl Scan {
    /// Nothing scanned yet.
    pub fn new() -> Self {
        Self {
            grid: Grid::new([0.0; 2], 1.0),
            rated: Rated::new(),
            footprint: Footprint::new(&rate::Lander::UNKNOWN, 1.0, 0.0),
            reach: Reach::NOWHERE,
            best: None,
            next: LINES,
            next_rated: LINES,
            next_weighed: LINES,
            running: false,
        }
    }

    /// Begins a scan of `half_m` to each side of `middle_m` (x, y in `H`).
    ///
    /// - `spread_m`: how far from a chosen place the lander may come down.
    pub fn begin(&mut self, middle_m: [f64; 2], half_m: f64, lander: &rate::Lander, spread_m: f64) {
        self.grid.begin(middle_m, half_m);
        self.rated.forget();
        self.footprint = Footprint::new(lander, self.grid.posting_m, spread_m);
        (self.next, self.next_rated, self.next_weighed) = (0, 0, 0);
        (self.best, self.running) = (None, true);
    }

    /// Whether a scan is going on.
    pub fn running(&self) -> bool {
        self.running
    }

    /// Gives up.
    pub fn abandon(&mut self) {
        self.running = false;
    }

    /// One cycle of rating and weighing; the choice, once, at the end.
    ///
    /// - `over`: no further line will come.
    /// - `reach`: what can be reached now; that of the first weighed line holds for the whole map.
    pub fn work(&mut self, over: bool, reach: impl FnOnce() -> Reach) -> Option<Best> {
        if !self.running {
            return None;
        }
        let margin = self.footprint.margin();
        if self.next_rated < LINES && (over || self.grid.complete_to(self.next_rated + margin)) {
            rate::rate(&self.grid, &self.footprint, self.next_rated, &mut self.rated);
            self.next_rated += 1;
        }
        let beyond = self.next_weighed + self.footprint.spread_lines();
        if self.next_weighed < LINES && beyond < self.next_rated.max(1) + over_by(self.next_rated) {
            if self.next_weighed == 0 {
                self.reach = reach();
            }
            let line = self.next_weighed;
            let spread = self.footprint.spread_lines();
            choose::weigh(&self.grid, &self.rated, &self.reach, (line, spread), &mut self.best);
            self.next_weighed += 1;
        }
        if self.next_weighed < LINES {
            return None;
        }
        self.running = false;
        self.best
    }

    /// The risk of every place, `[y][x]`; [`rate::UNKNOWN`] where it is not known.
    pub fn risk(&self) -> &[[f32; LINES]; LINES] {
        self.rated.risk()
    }
}

/// Once every line is rated nothing beyond is waited for.
fn over_by(next_rated: usize) -> usize {
    if next_rated >= LINES { LINES } else { 0 }
}

impl Default for Scan {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
