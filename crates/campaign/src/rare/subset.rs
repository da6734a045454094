//! Subset simulation.
//!
//! Owns: [`estimate`]. As published — [AuBeck2001]: a level is put where a share p₀ of N particles lies above it;
//! those are seeds of Markov chains that fill the population again above that level; the estimate is the
//! product of the shares and of the share with the event in the last population. The chains move by
//! conditional sampling [Papaioannou2015] (see `particle`), their scale adapted from one tenth of the chains to
//! the next. Of a stepped problem they fork as well.
//! As programmed: shares are counted, so ties need no care. Bias of order 1/N, of the adaptive levels; variance
//! larger than for independent particles by the correlation of the chains, hence batches.

use super::particle::{Crew, Particle, failures, families};
use super::{Batch, Desk, Estimate, FLOOR, Level, Method, Problem, Settings, all_batches};

/// Estimates by subset simulation.
///
/// # Errors
/// A point that cannot be flown.
pub fn estimate<P: Problem>(
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
) -> Result<Estimate, P::Error> {
    let stage = Method::Subset.name();
    let one = |batch| Ok(one(problem, settings, desk, batch)?.0);
    let batches = all_batches(stage, settings.batches, desk, one)?;
    Ok(Estimate::of_batches(Method::Subset, settings, batches))
}

/// One batch, and its last population.
pub(super) fn one<P: Problem>(
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
    batch: u64,
) -> Result<(Batch, Vec<Particle>), P::Error> {
    let mut crew = Crew::new(problem, desk, settings.seed, batch, "rare.subset");
    let mut all = crew.first(settings.particles)?;
    let n = all.len();
    let mut done = Batch { probability: 1.0, ..Batch::default() };
    let wanted = (settings.share * n as f64).max(1.0);
    loop {
        all.sort_by(|a, b| b.score().total_cmp(&a.score()));
        let failed = all.iter().filter(|particle| particle.path.failed()).count();
        if failed as f64 >= wanted {
            done.probability *= failed as f64 / n as f64;
            break;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most n
        let level = all[(wanted as usize).min(n - 1)].score();
        all.retain(|particle| particle.score() > level);
        done.probability *= all.len() as f64 / n as f64;
        if all.is_empty() || done.probability < FLOOR {
            (done.probability, done.extinct) = (0.0, true);
            break;
        }
        done.levels.push(Level { score: level, probability: done.probability });
        all = refill(&mut crew, all, level, n)?;
    }
    (done.runs, done.failed, done.accepted) = (crew.runs, crew.failed, crew.accepted());
    done.invalid = crew.invalid;
    (done.families, done.failures) = (families(&all), failures(&all));
    Ok((done, all))
}

/// `n` particles above the level by chains from `seeds`, which are among them.
fn refill<P: Problem, D: Desk>(
    crew: &mut Crew<'_, P, D>,
    mut seeds: Vec<Particle>,
    level: f64,
    n: usize,
) -> Result<Vec<Particle>, P::Error> {
    for i in (1..seeds.len()).rev() {
        let other = crew.below(i + 1);
        seeds.swap(i, other);
    }
    let (count, group) = (seeds.len(), seeds.len().div_ceil(10));
    let mut out = Vec::with_capacity(n);
    let mut before = crew.count();
    for (place, seed) in seeds.into_iter().enumerate() {
        let length = n / count + usize::from(place < n % count);
        let mut last = seed;
        for _ in 1..length {
            let next = crew.step(last.clone(), level)?;
            out.push(std::mem::replace(&mut last, next));
        }
        out.push(last);
        if (place + 1).is_multiple_of(group) {
            crew.adapt(before, ((place + 1) / group) as u64);
            before = crew.count();
        }
    }
    Ok(out)
}
