//! A fault's exact answer, and where it fits best.
//!
//! Owns: [`Exact`]. Does not own: first guesses (`scan`), the machine's model (`levels`), the fit (`fit`).
//! As programmed: the engine is commanded again with the fault in the machine's own model, and the change of its level,
//! mass included, is worth what `fit` says. Number and times are moved one after the other, by steps that shrink, as long
//! as that is worth more.

use super::fit::{Fit, Given};
use super::levels::{Course, Series, name};
use super::scan::{Kind, Tried, size};

/// First and last step of times, s, and of the number, relative.
const STEPS_S: (f64, f64) = (0.08, 0.01);
const STEPS: (f64, f64) = (0.1, 0.001);

/// Errors of the model that last, over so many cycles, in units of what the model may be wrong by from cycle to cycle,
/// squared and summed.
pub(super) fn errors(cycles: f64) -> f64 {
    let (share, longest) = SWAYING;
    share * share * cycles.min(longest) + LASTING * LASTING * cycles
}

/// First step of the beginning of what grows, s.
const GROWN_S: f64 = 30.0;
/// Moves along a straight line.
const STRAIGHT: usize = 2;
/// Rounds of a search at the most.
const ROUNDS: usize = 8;

/// Errors of the model that last, as a share of those from cycle to cycle: for so many cycles, while the lander sways, and
/// for a whole flight. Assumed, after flights without a fault of an engine.
const SWAYING: (f64, f64) = (0.4, 125.0);
pub(super) const LASTING: f64 = 0.05;

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

    /// vᵀ W e and the square of a fault's answer v.
    fn measured(&self, tried: &Tried) -> (f64, f64) {
        let change = self.change(tried);
        self.fit.worth(&self.given, (tried.thruster, &change))
    }

    /// What it is worth.
    fn worth(&self, tried: &Tried) -> f64 {
        let (along, square) = self.measured(tried);
        along - 0.5 * square
    }

    /// How much of a fault's gain the model's own errors may be: where errors of the felt acceleration last, ½ v² J
    /// counts as ½ v² J/(1 + S), S the sum of ε² w N over [`SWAYING`] and [`LASTING`] for N cycles.
    pub fn doubtful(&self, tried: &Tried) -> f64 {
        if matches!(tried.kind, Kind::Rough(_)) {
            return 0.0;
        }
        let cycles = self.fit.cycles(&self.given, (tried.thruster, &self.change(tried)));
        let at_best = tried.at_best.max(0.0);
        at_best - at_best / (1.0 + errors(cycles))
    }

    /// A guess with what it is worth: a factor or a growth moved to where its answer, near enough a straight line, fits
    /// best; for that its number must not be known beforehand, it is far sharper than any grid.
    pub fn looked_at(&self, guess: &Tried) -> Tried {
        let mut best = *guess;
        let (mut along, mut square) = self.measured(&best);
        best.at_best = along - 0.5 * square;
        for _ in 0..STRAIGHT {
            let share = (along / square.max(1e-9)).clamp(0.1, 4.0);
            let Some(x) = best.kind.number().filter(|_| is_line(best.kind)) else { break };
            let mut tried = best;
            tried.kind = best.kind.with(apart(&best, x, share - 1.0));
            (along, square) = self.measured(&tried);
            tried.at_best = along - 0.5 * square;
            if tried.at_best <= best.at_best {
                break;
            }
            best = tried;
        }
        best
    }

    /// The fault moved to where it fits best.
    pub fn refined(&self, guess: &Tried) -> Tried {
        let mut search = Search { exact: self, best: *guess };
        search.best.at_best = search.worth(guess);
        search.times();
        search.number();
        if guess.from_s > 0.0 && guess.kind.number().is_some() {
            search.times();
        }
        let sigma = search.sharp();
        let mut best = Tried { occam: guess.occam, ..search.best };
        if guess.kind.number().is_some() {
            let on = name(best.thruster);
            best.occam += size(&on, best.kind, sigma) - size(&on, guess.kind, guess.sigma);
            best.sigma = sigma;
        }
        best
    }
}

/// A search from a first guess.
struct Search<'a, 'b> {
    exact: &'a Exact<'b>,
    best: Tried,
}

impl Search<'_, '_> {
    fn worth(&self, tried: &Tried) -> f64 {
        self.exact.worth(tried)
    }

    fn times(&mut self) {
        // Nothing shows when something began that grows: its number goes with the time.
        let grows = matches!(self.best.kind, Kind::Drift(_));
        let (mut step, rounds) = if grows { (GROWN_S, 2 * ROUNDS) } else { (STEPS_S.0, ROUNDS) };
        for _ in 0..rounds {
            let mut moved = false;
            for way in [-step, step] {
                let best = self.best;
                if best.from_s > 0.0 && best.from_s + way > 0.0 {
                    moved |= self.take(|tried| tried.from_s += way);
                }
                if best.until_s.is_some_and(|until| until + way > best.from_s + 0.02) {
                    moved |= self.take(|tried| tried.until_s = tried.until_s.map(|s| s + way));
                }
            }
            step *= if moved { 1.0 } else { 0.5 };
            if step < STEPS_S.1 {
                break;
            }
        }
    }

    fn number(&mut self) {
        let mut step = STEPS.0;
        for _ in 0..ROUNDS {
            let mut moved = false;
            for way in [-step, step] {
                moved |= self.take(|tried| {
                    if let Some(x) = tried.kind.number() {
                        tried.kind = tried.kind.with(apart(tried, x, way));
                    }
                });
            }
            step *= if moved { 1.0 } else { 0.25 };
            if step < STEPS.1 || self.best.kind.number().is_none() {
                break;
            }
        }
    }

    fn take(&mut self, change: impl Fn(&mut Tried)) -> bool {
        let mut tried = self.best;
        change(&mut tried);
        let moved = tried.from_s != self.best.from_s;
        if moved && matches!(tried.kind, Kind::Drift(_)) {
            tried = self.exact.looked_at(&tried);
        }
        tried.at_best = self.worth(&tried);
        let better = tried.at_best > self.best.at_best + 1e-3;
        if better {
            self.best = tried;
        }
        better
    }

    /// Standard deviation of the number: from what is lost on both sides of it.
    fn sharp(&self) -> f64 {
        let best = &self.best;
        let Some(x) = best.kind.number() else { return 0.0 };
        let way = 0.01;
        let moved = |way: f64| Tried { kind: best.kind.with(apart(best, x, way)), ..*best };
        let loss = |way: f64| (best.at_best - self.worth(&moved(way))).max(0.0);
        let curvature = (loss(way) + loss(-way)) / (way * way);
        (apart(best, x, way) - x).abs() / way / curvature.max(1e-4).sqrt()
    }
}

/// Whether the answer goes with the number as a straight line does.
fn is_line(kind: Kind) -> bool {
    matches!(kind, Kind::Scale(_) | Kind::Drift(_))
}

/// A number moved by a share of what it makes different.
fn apart(tried: &Tried, x: f64, share: f64) -> f64 {
    match tried.kind {
        Kind::Scale(_) => 1.0 + (x - 1.0) * (1.0 + share),
        Kind::Saturation(_) => (1.0 - (1.0 - x) * (1.0 + share)).clamp(0.0, 1.0),
        _ => x * (1.0 + share),
    }
}
