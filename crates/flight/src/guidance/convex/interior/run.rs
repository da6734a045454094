//! One solution, in one go or a few steps at a time.
//!
//! Owns: the loop over the steps, when it ends, and what is kept between two calls. The steps are the same
//! ones however many are taken in a call.

use super::{GAP, Outcome, RESIDUAL, STEPS_MAX, Status, Workspace};

/// A solution under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    steps: u32,
    /// The iterate before the present one.
    last: Outcome,
    /// No further step is to be had.
    over: bool,
}

impl Run {
    /// Nothing under way.
    pub const NONE: Self = Self {
        steps: 0,
        last: Outcome {
            status: Status::Unfinished,
            steps: 0,
            primal: f64::INFINITY,
            dual: f64::INFINITY,
            gap: f64::INFINITY,
            cost: 0.0,
        },
        over: true,
    };
}

impl<const N: usize> Workspace<N> {
    /// Begins with the problem in `points`, `start` and `end`; from the last solution if there is one.
    pub(in super::super) fn begin(&mut self) {
        self.free_motion();
        let begun = (self.warm && self.start_warm()) || self.start_cold();
        self.warm = false;
        let last = self.outcome(Status::Unfinished, 0, &self.sums_of_nothing());
        self.run = Run { steps: 0, last, over: !begun };
    }

    /// Takes at most `most` steps; how it ended, if it did.
    pub(in super::super) fn advance_by(&mut self, most: u32) -> Option<Outcome> {
        for _ in 0..most.min(STEPS_MAX + 1) {
            let Run { steps, last, over } = self.run;
            if over || steps >= STEPS_MAX {
                return Some(last);
            }
            let sums = self.residuals();
            let now = self.outcome(Status::Unfinished, steps, &sums);
            if now.primal.max(now.dual) < RESIDUAL && now.gap < GAP {
                self.warm = true;
                return Some(Outcome { status: Status::Optimal, ..now });
            }
            if self.certificate() {
                return Some(Outcome { status: Status::Infeasible, ..now });
            }
            if !now.cost.is_finite() {
                return Some(last);
            }
            let over = !self.step(&sums);
            self.run = Run { steps: steps + 1, last: now, over };
        }
        None
    }

    /// How the last iterate stands.
    pub(in super::super) fn last(&self) -> Outcome {
        self.run.last
    }
}
