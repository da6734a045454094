//! Members of one batch's population, and how they move without leaving what lies above a level.
//!
//! Owns: [`Crew`], which draws, forks and moves particles and counts its runs.
//! Does not own: which particles go and which stay (the methods).
//!
//! Each move leaves the law of (inputs, noise) given a score above the level as it is:
//! - fork: from the step at which the score was first above the level, noise of another key
//!   ([CerouGuyader2007], [BrehierEtAl2016]); the level stays passed, so it is always taken;
//! - conditional sampling [Papaioannou2015]: u' = √(1 − s²) u + s ξ, ξ standard normal, taken when the score stays
//!   above the level. It is reversible with respect to the normal law, so no density enters. Of a stepped
//!   problem every other one also takes the noise of a new run.
//!
//! `scale` s is adapted to a share of moves taken of 0.44, as there.

use super::{Desk, Fork, History, KEPT, Path, Point, Problem};
use rig::random::Stream;

/// Share of moves taken that is aimed at.
const TAKEN: f64 = 0.44;
/// Run numbers of one batch.
const RUNS: u64 = 1_000_000_000;

/// A point and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Particle {
    pub point: Point,
    pub path: Path,
    /// The first particle it descends from.
    pub family: u64,
}

impl Particle {
    pub fn score(&self) -> f64 {
        self.path.score()
    }
}

/// Who flies the particles of one batch.
pub(super) struct Crew<'a, P, D> {
    problem: &'a P,
    desk: &'a D,
    pub chance: Stream,
    first_run: u64,
    numbers: u64,
    /// Runs flown.
    pub runs: u64,
    /// Runs flown in which the event came.
    pub failed: u64,
    /// Runs that left the simulation's range of validity.
    pub invalid: u64,
    /// Scale of the moves.
    scale: f64,
    moved: u64,
    taken: u64,
}

impl<'a, P: Problem, D: Desk> Crew<'a, P, D> {
    pub fn new(problem: &'a P, desk: &'a D, seed: u64, batch: u64, stage: &str) -> Self {
        Self {
            problem,
            desk,
            chance: Stream::new(seed, batch, stage),
            first_run: 1 + batch * RUNS,
            numbers: 0,
            runs: 0,
            failed: 0,
            invalid: 0,
            scale: 0.6,
            moved: 0,
            taken: 0,
        }
    }

    /// The noise of a run that nobody had before.
    pub fn fresh(&mut self) -> History {
        self.numbers += 1;
        History { run: self.first_run + self.numbers - 1, forks: Vec::new() }
    }

    /// `n` particles as chance gives them.
    pub fn first(&mut self, n: u64) -> Result<Vec<Particle>, P::Error> {
        let one = |family: u64| {
            let inputs = (0..self.problem.inputs()).map(|_| self.chance.normal()).collect();
            let point = Point { inputs, history: self.fresh() };
            Ok(Particle { path: self.fly(&point)?, point, family })
        };
        (0..n).map(one).collect()
    }

    pub fn fly(&mut self, point: &Point) -> Result<Path, P::Error> {
        let path = self.problem.fly(point)?;
        self.runs += 1;
        self.failed += u64::from(path.failed());
        self.invalid += u64::from(path.invalid);
        self.desk.ran();
        Ok(path)
    }

    /// A whole number below `n`, which is far below 2⁵³.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below n
    pub fn below(&mut self, n: usize) -> usize {
        ((self.chance.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// The same particle with other noise from where it first was above `level`; itself without steps.
    pub fn fork(&mut self, parent: &Particle, level: f64) -> Result<Particle, P::Error> {
        let Some(step) = parent.path.first_above(level).filter(|_| self.problem.stepped()) else {
            return Ok(parent.clone());
        };
        let mut point = parent.point.clone();
        point.history.forks.retain(|fork| fork.step < step);
        point.history.forks.push(Fork { step, key: self.chance.bits() >> 1 });
        Ok(Particle { path: self.fly(&point)?, point, family: parent.family })
    }

    /// The particle after one move of its inputs above `level`: itself when the move is not taken.
    pub fn shift(&mut self, old: Particle, level: f64) -> Result<Particle, P::Error> {
        let keep = libm::sqrt(1.0 - self.scale * self.scale);
        let inputs = old.point.inputs.iter().map(|u| keep * u + self.scale * self.chance.normal());
        let inputs = inputs.collect();
        let renew = self.chance.uniform() < 0.5;
        let history =
            if renew && self.problem.stepped() { self.fresh() } else { old.point.history.clone() };
        let point = Point { inputs, history };
        let path = self.fly(&point)?;
        self.moved += 1;
        if path.score() > level {
            self.taken += 1;
            return Ok(Particle { path, point, family: old.family });
        }
        Ok(old)
    }

    /// One move of whichever kind the problem has: a fork or a shift, in turn by chance where there are both.
    pub fn step(&mut self, old: Particle, level: f64) -> Result<Particle, P::Error> {
        let (inputs, stepped) = (self.problem.inputs() > 0, self.problem.stepped());
        let fork = self.chance.uniform() < 0.5;
        if stepped && (fork || !inputs) { self.fork(&old, level) } else { self.shift(old, level) }
    }

    /// Whether inputs can be moved.
    pub fn shifts(&self) -> bool {
        self.problem.inputs() > 0
    }

    /// Adapts the scale to the share of moves taken since `before`, with a gain that falls with `round`.
    pub fn adapt(&mut self, before: (u64, u64), round: u64) {
        let moved = self.moved - before.0;
        if moved > 0 {
            let share = (self.taken - before.1) as f64 / moved as f64;
            let gain = 1.0 / libm::sqrt(round.max(1) as f64);
            self.scale = (self.scale * libm::exp(gain * (share - TAKEN))).clamp(0.05, 1.0);
        }
    }

    /// Moves tried and taken so far.
    pub fn count(&self) -> (u64, u64) {
        (self.moved, self.taken)
    }

    /// Share of moves taken; NaN without any.
    pub fn accepted(&self) -> f64 {
        self.taken as f64 / self.moved as f64
    }
}

/// A few of those with the event.
pub(super) fn failures(particles: &[Particle]) -> Vec<Point> {
    let failed: Vec<_> = particles.iter().filter(|particle| particle.path.failed()).collect();
    let every = failed.len().div_ceil(KEPT).max(1); // neighbours are kin
    failed.into_iter().step_by(every).map(|particle| particle.point.clone()).collect()
}

/// First particles that those with the event descend from.
pub(super) fn families(particles: &[Particle]) -> u64 {
    let failed = particles.iter().filter(|particle| particle.path.failed());
    let mut all: Vec<u64> = failed.map(|particle| particle.family).collect();
    all.sort_unstable();
    all.dedup();
    all.len() as u64
}
