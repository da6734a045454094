//! A fault's exact answer, and where it fits best.
//!
//! Owns: [`Exact`]. Does not own: first guesses (`scan`), the machine's model (`levels`), the fit (`fit`).
//! As programmed: the engine is commanded again with the fault in the machine's own model, and the change of its level,
//! mass included, is worth what `fit` says. Number and times are moved one after the other, by steps that shrink, as long
//! as that is worth more.

use super::fit::{Fit, Given};
use super::levels::name;
use super::levels::{Course, Series};
use super::scan::{Tried, size};

/// First and last step of times, s, and of the number, relative.
const STEPS_S: (f64, f64) = (0.16, 0.01);
const STEPS: (f64, f64) = (0.2, 0.012);

/// Everything that a fault's answer is compared with.
#[derive(Clone, Copy)]
pub(super) struct Exact<'a> {
    pub fit: &'a Fit,
    pub given: Given<'a>,
    pub course: &'a Course,
}

impl Exact<'_> {
    /// The change of level by a fault.
    pub fn change(&self, tried: &Tried) -> Series {
        let own = &self.given.series[tried.thruster];
        let mut changed = self.course.series(self.given.vehicle, tried.thruster, &[tried.fault()]);
        let less = |all: &mut Vec<f64>, own: &Vec<f64>| {
            all.iter_mut().zip(own).for_each(|(x, own)| *x -= own);
        };
        less(&mut changed.level, &own.level);
        less(&mut changed.turning, &own.turning);
        changed
    }

    /// What it is worth: at its number, and how sharp in it.
    fn worth(&self, tried: &Tried) -> (f64, f64) {
        let change = self.change(tried);
        let (along, square) =
            self.fit.worth(&self.given, tried.thruster, &change.level, &change.turning);
        (along - 0.5 * square, square)
    }

    /// The fault moved to where it fits best.
    pub fn refined(&self, guess: &Tried) -> Tried {
        let mut best = *guess;
        let (worth, _) = self.worth(&best);
        best.at_best = worth;
        best = self.with_times(best);
        best = self.with_number(best);
        if guess.from_s > 0.0 && guess.kind.number().is_some() {
            best = self.with_times(best);
        }
        best.occam = guess.occam;
        if let (Some(now), Some(before)) = (best.kind.number(), guess.kind.number()) {
            let on = name(best.thruster);
            let sigma = self.sharp(&best);
            best.occam +=
                size(&on, best.kind, sigma) - size(&on, guess.kind.with(before), guess.sigma);
            best.sigma = sigma;
            debug_assert!(now.is_finite());
        }
        best
    }

    fn with_times(&self, mut best: Tried) -> Tried {
        let mut step = STEPS_S.0;
        while step > STEPS_S.1 {
            let mut moved = false;
            for way in [-step, step] {
                if best.from_s > 0.0 && best.from_s + way > 0.0 {
                    moved |= self.take(&mut best, |tried| tried.from_s += way);
                }
                if best.until_s.is_some_and(|until| until + way > best.from_s + 0.01) {
                    moved |= self.take(&mut best, |tried| {
                        tried.until_s = tried.until_s.map(|until| until + way);
                    });
                }
            }
            if !moved {
                step *= 0.5;
            }
        }
        best
    }

    fn with_number(&self, mut best: Tried) -> Tried {
        let mut step = STEPS.0;
        while step > STEPS.1 && best.kind.number().is_some() {
            let mut moved = false;
            for way in [-step, step] {
                moved |= self.take(&mut best, |tried| {
                    if let Some(x) = tried.kind.number() {
                        tried.kind = tried.kind.with(apart(tried, x, way));
                    }
                });
            }
            if !moved {
                step *= 0.4;
            }
        }
        best
    }

    fn take(&self, best: &mut Tried, change: impl Fn(&mut Tried)) -> bool {
        let mut tried = *best;
        change(&mut tried);
        tried.at_best = self.worth(&tried).0;
        let better = tried.at_best > best.at_best + 1e-3;
        if better {
            *best = tried;
        }
        better
    }

    /// Standard deviation of the number: where its worth has fallen by one half.
    fn sharp(&self, best: &Tried) -> f64 {
        let Some(x) = best.kind.number() else { return 0.0 };
        let way = 0.01;
        let moved = |way: f64| Tried { kind: best.kind.with(apart(best, x, way)), ..*best };
        let loss = |way: f64| (best.at_best - self.worth(&moved(way)).0).max(0.0);
        let curvature = (loss(way) + loss(-way)) / (way * way);
        (apart(best, x, way) - x).abs() / way / curvature.max(1e-4).sqrt()
    }
}

/// A number moved by a share of what it makes different.
fn apart(tried: &Tried, x: f64, share: f64) -> f64 {
    use super::scan::Kind;
    match tried.kind {
        Kind::Scale(_) => 1.0 + (x - 1.0) * (1.0 + share),
        Kind::Saturation(_) => (1.0 - (1.0 - x) * (1.0 + share)).clamp(0.0, 1.0),
        _ => x * (1.0 + share),
    }
}
