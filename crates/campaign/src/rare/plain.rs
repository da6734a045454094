//! Plain Monte Carlo: what the other methods are held against.
//!
//! Owns: [`estimate`]. Runs are numbered from 1 on, as a campaign numbers them; the interval is the exact one of
//! [ClopperPearson1934].

use super::{Batch, Desk, Estimate, History, KEPT, Method, Point, Problem, Settings, all_batches};
use rig::random::Stream;
use rig::statistics::{CONFIDENCE, clopper_pearson};

/// Estimates by counting: `batches` times `particles` runs.
///
/// # Errors
/// A point that cannot be flown.
pub fn estimate<P: Problem>(
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
) -> Result<Estimate, P::Error> {
    let one = |batch: u64| {
        let mut done = Batch { accepted: f64::NAN, ..Batch::default() };
        let mut chance = Stream::new(settings.seed, batch, "rare.plain");
        for i in 0..settings.particles {
            let inputs = (0..problem.inputs()).map(|_| chance.normal()).collect();
            let run = 1 + batch * settings.particles + i;
            let point = Point { inputs, history: History { run, forks: Vec::new() } };
            let path = problem.fly(&point)?;
            done.invalid += u64::from(path.invalid);
            if path.failed() {
                done.failed += 1;
                if done.failures.len() < KEPT {
                    done.failures.push(point);
                }
            }
            desk.ran();
        }
        (done.runs, done.families) = (settings.particles, done.failed);
        done.probability = done.failed as f64 / settings.particles.max(1) as f64;
        Ok(done)
    };
    let batches = all_batches(Method::Plain.name(), settings.batches, desk, one)?;
    Ok(counted(settings, batches))
}

/// The estimate that batches of plain runs amount to.
pub(super) fn counted(settings: &Settings, batches: Vec<Batch>) -> Estimate {
    let runs = batches.iter().map(|batch| batch.runs).sum();
    let failed = batches.iter().map(|batch| batch.failed).sum();
    let (low, high) = clopper_pearson(failed, runs, CONFIDENCE);
    let probability = failed as f64 / runs.max(1) as f64;
    let cov = match failed {
        0 => f64::NAN,
        _ => libm::sqrt((1.0 - probability) / failed as f64),
    };
    let (method, settings, weights) = (Method::Plain, *settings, None);
    Estimate { method, settings, runs, probability, cov, low, high, batches, weights }
}
