//! The best place of a map that the lander can reach.
//!
//! Owns: [`Reach`], [`weigh`].
//! As programmed: a place is in reach when neither the first nor the last acceleration of the divert
//! ([`crate::guidance::divert`]) exceeds what tilt and thrust give; the share of it that is needed is the
//! cost of the divert. A place is as bad as the worst within the distance by which it may
//! be missed. The least sum of risk, strain and cost wins; weights so that risk decides and the others
//! tell equally safe places apart.

use super::grid::{Grid, LINES};
use super::rate::Rated;
use crate::guidance::divert;
use nalgebra::Vector2;

/// Weights of the squares of strain and of the divert's share, against a risk of 1. Chosen: with more weight
/// on the divert landers stand on 7° where 3° was to be had, with more on the strain they fly for nothing.
const STRAIN: f32 = 0.2;
const COST: f32 = 0.1;

/// What can be reached.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Where the lander is, `H`, m.
    pub p_m: [f64; 2],
    /// Its horizontal velocity, m/s.
    pub v_m_s: [f64; 2],
    /// Time for the divert, s.
    pub time_s: f64,
    /// Largest horizontal acceleration, m/s².
    pub most_m_s2: f64,
}

impl Reach {
    /// Nothing is in reach.
    pub const NOWHERE: Self = Self { p_m: [0.0; 2], v_m_s: [0.0; 2], time_s: 0.0, most_m_s2: 0.0 };

    /// Share of the largest acceleration that coming to rest over a place takes; above 1 it is out of reach.
    pub fn share(&self, place_m: [f64; 2]) -> f64 {
        let r_m = Vector2::from(self.p_m) - Vector2::from(place_m);
        let both = divert::accelerations(r_m, Vector2::from(self.v_m_s), self.time_s);
        let most2 = both.iter().map(|a| a.norm_squared()).fold(0.0, f64::max);
        libm::sqrt(most2) / self.most_m_s2.max(1e-6)
    }
}

/// A place that may be landed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// Where, `H`, m.
    pub place_m: [f64; 2],
    /// Height of the ground, `H`, m.
    pub height_m: f64,
    /// Probability that it is not safe.
    pub risk: f64,
    /// What it was chosen by.
    pub score: f32,
}

/// Weighs the places of a line; keeps the best so far.
///
/// - `spread`: lines and columns by which a place may be missed.
pub fn weigh(
    grid: &Grid,
    rated: &Rated,
    reach: &Reach,
    (line, spread): (usize, usize),
    best: &mut Option<Best>,
) {
    let (from, to) = (line.saturating_sub(spread), line.saturating_add(spread).min(LINES - 1));
    let y_m = grid.middle_m[1] + grid.aside_m(line);
    let Some(strains) = rated.strain().get(line) else { return };
    let Some(heights) = grid.row(line) else { return };
    for (column, (strain, height_m)) in strains.iter().zip(heights).enumerate() {
        let (left, right) = (column.saturating_sub(spread), column.saturating_add(spread) + 1);
        let mut risk = 0.0_f32;
        for row in rated.risk().iter().take(to + 1).skip(from) {
            let near = row.iter().take(right).skip(left);
            risk = near.fold(risk, |worst, risk| worst.max(*risk));
        }
        if !risk.is_finite() || best.is_some_and(|best| best.score <= risk) {
            continue;
        }
        let place_m = [grid.middle_m[0] + grid.aside_m(column), y_m];
        let share = reach.share(place_m);
        if share > 1.0 {
            continue;
        }
        #[allow(clippy::cast_possible_truncation)] // between 0 and 1
        let share = share as f32;
        let score = risk + STRAIN * strain * strain + COST * share * share;
        if best.is_none_or(|best| score < best.score) {
            let (height_m, risk) = (f64::from(*height_m), f64::from(risk));
            *best = Some(Best { place_m, height_m, risk, score });
        }
    }
}
