//! Adaptive multilevel splitting.
//!
//! Owns: [`estimate`]. As published — [CerouGuyader2007], [BrehierEtAl2016]: of N particles kill those whose score
//! is at most the k-th smallest, K of them; replace each by a survivor chosen at random that branches where its
//! score was first above that level; the estimate is the product of (N − K)/N over the levels times the share
//! with the event at the end. With ties K is larger than k, and when nobody survives the estimate is 0: in that
//! form its mean is the probability for any N, k and score, where branches are forks.
//! As programmed: of a problem with inputs the branch also moves them ([`Settings::moves`] times), which
//! leaves a bias of order 1/N through the correlation of parent and child, as in [CerouEtAl2012].
//! Variance at best −ln p/N, its square root relative to p; worse where the score tells little.

use super::particle::{Crew, Particle, failures, families};
use super::{Batch, Desk, Estimate, FLOOR, Level, Method, Problem, Settings, all_batches};

/// Estimates by splitting.
///
/// # Errors
/// A point that cannot be flown.
pub fn estimate<P: Problem>(
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
) -> Result<Estimate, P::Error> {
    let stage = Method::Splitting.name();
    let one = |batch| one(problem, settings, desk, batch);
    let batches = all_batches(stage, settings.batches, desk, one)?;
    Ok(Estimate::of_batches(Method::Splitting, settings, batches))
}

fn one<P: Problem>(
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
    batch: u64,
) -> Result<Batch, P::Error> {
    let mut crew = Crew::new(problem, desk, settings.seed, batch, "rare.splitting");
    let mut all = crew.first(settings.particles)?;
    let n = all.len() as f64;
    let mut done = Batch { probability: 1.0, ..Batch::default() };
    let mut scores = Vec::with_capacity(all.len());
    for round in 1.. {
        let level = least(&all, settings.kill, &mut scores);
        if level == f64::INFINITY {
            let failed = all.iter().filter(|particle| particle.path.failed()).count();
            done.probability *= failed as f64 / n;
            break;
        }
        let survivors: Vec<usize> = (0..all.len()).filter(|i| all[*i].score() > level).collect();
        done.probability *= survivors.len() as f64 / n;
        if survivors.is_empty() || done.probability < FLOOR {
            (done.probability, done.extinct) = (0.0, true);
            break;
        }
        done.levels.push(Level { score: level, probability: done.probability });
        let before = crew.count();
        for i in 0..all.len() {
            if all[i].score() <= level {
                let parent = survivors[crew.below(survivors.len())];
                all[i] = branch(&mut crew, &all[parent], level, settings.moves)?;
            }
        }
        crew.adapt(before, 1 + round / settings.particles.max(1));
    }
    (done.runs, done.failed, done.accepted) = (crew.runs, crew.failed, crew.accepted());
    done.invalid = crew.invalid;
    (done.families, done.failures) = (families(&all), failures(&all));
    Ok(done)
}

/// The k-th smallest score.
fn least(all: &[Particle], k: u64, scores: &mut Vec<f64>) -> f64 {
    scores.clear();
    scores.extend(all.iter().map(Particle::score));
    let place = usize::try_from(k.max(1) - 1).unwrap_or(usize::MAX);
    let place = place.min(scores.len().saturating_sub(1));
    *scores.select_nth_unstable_by(place, f64::total_cmp).1
}

fn branch<P: Problem, D: Desk>(
    crew: &mut Crew<'_, P, D>,
    parent: &Particle,
    level: f64,
    moves: u64,
) -> Result<Particle, P::Error> {
    let mut child = crew.fork(parent, level)?;
    if crew.shifts() {
        for _ in 0..moves {
            child = crew.shift(child, level)?;
        }
    }
    Ok(child)
}
