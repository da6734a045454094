//! Importance sampling from a mixture that is found, refined and then held fast.
//!
//! Owns: [`estimate`]. Three stages. Independent populations of subset simulation climb to the event, each from
//! other particles, so that separate regions are found by one or the other. A mixture (`mixture`) is fitted to
//! where they ended, drawn from, and fitted again to what came, weighted: cross-entropy [RubinsteinKroese2004], with
//! components as in [KurtzSong2013]. Then that mixture is drawn from afresh,
//!     p = mean of w over the runs with the event, w = φ(u)/q(u)
//! which is unbiased whatever the earlier stages found; their runs count as cost only.
//! The variance is that of independent terms. Noise that is no input keeps its own law and needs no weight.

use super::mixture::{Mixture, SAFE};
use super::particle::{Crew, Particle};
use super::{
    Batch, Desk, Estimate, KEPT, Method, Point, Problem, Settings, Weights, all_batches, subset,
};
use rig::random::Stream;
use rig::statistics::{CONFIDENCE, student_t};

/// Estimates by importance sampling; the problem must have inputs, or nothing is gained.
///
/// # Errors
/// A point that cannot be flown.
pub fn estimate<P: Problem>(
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
) -> Result<Estimate, P::Error> {
    let mut chance = Stream::new(settings.seed, 0, "rare.mixture");
    let pilots = pilots(problem, settings, desk)?;
    let climbed = pilots.iter().flat_map(|pilot| {
        let weight = pilot.probability / pilot.failures.len().max(1) as f64;
        pilot.failures.iter().map(move |point| (point.inputs.clone(), weight))
    });
    let first = Mixture::fit(&climbed.collect::<Vec<_>>(), &mut chance);
    let few = Settings { particles: settings.pilot, ..*settings };
    let stage = Stage { name: "refine", kept: usize::MAX, mixture: &first };
    let refined = stage.run(problem, &few, desk)?;
    let points = refined.iter().flat_map(|batch| &batch.failures);
    let points: Vec<_> =
        points.map(|point| (point.inputs.clone(), first.weight(&point.inputs))).collect();
    let second = if points.is_empty() { first } else { Mixture::fit(&points, &mut chance) };
    let stage = Stage { name: "importance", kept: KEPT, mixture: &second };
    let batches = stage.run(problem, settings, desk)?;
    let before = pilots.iter().chain(&refined).map(|batch| batch.runs).sum();
    Ok(weighed(settings, batches, before, second.regions()))
}

/// Independent populations that climb to the event; all their last particles with it are kept.
fn pilots<P: Problem>(
    problem: &P,
    settings: &Settings,
    desk: &impl Desk,
) -> Result<Vec<Batch>, P::Error> {
    let few = Settings { particles: settings.pilot, ..*settings };
    let one = |batch| {
        let (mut done, all) = subset::one(problem, &few, desk, batch)?;
        let failed = all.into_iter().filter(|particle: &Particle| particle.path.failed());
        done.failures = failed.map(|particle| particle.point).collect();
        Ok(done)
    };
    all_batches("pilot", settings.batches, desk, one)
}

/// Runs drawn from one mixture.
struct Stage<'a> {
    name: &'a str,
    /// Points with the event kept.
    kept: usize,
    mixture: &'a Mixture,
}

impl Stage<'_> {
    fn run<P: Problem>(
        &self,
        problem: &P,
        settings: &Settings,
        desk: &impl Desk,
    ) -> Result<Vec<Batch>, P::Error> {
        let one = |batch| {
            // Run numbers of other batches than the pilots'.
            let batch_of_runs =
                batch + settings.batches * if self.name == "refine" { 1 } else { 2 };
            let stream = format!("rare.{}", self.name);
            let mut crew = Crew::new(problem, desk, settings.seed, batch_of_runs, &stream);
            let mut done = Batch { accepted: f64::NAN, ..Batch::default() };
            for _ in 0..settings.particles {
                let inputs = self.mixture.draw(problem.inputs(), &mut crew.chance);
                let point = Point { inputs, history: crew.fresh() };
                if crew.fly(&point)?.failed() {
                    let weight = self.mixture.weight(&point.inputs);
                    let [sum, squares, largest] = &mut done.weights;
                    *sum += weight;
                    *squares += weight * weight;
                    *largest = largest.max(weight);
                    if done.failures.len() < self.kept {
                        done.failures.push(point);
                    }
                }
            }
            (done.runs, done.failed, done.families) = (crew.runs, crew.failed, crew.failed);
            done.invalid = crew.invalid;
            done.probability = done.weights[0] / settings.particles.max(1) as f64;
            Ok(done)
        };
        all_batches(self.name, settings.batches, desk, one)
    }
}

fn weighed(settings: &Settings, batches: Vec<Batch>, before: u64, regions: u64) -> Estimate {
    let runs: u64 = batches.iter().map(|batch| batch.runs).sum();
    let n = runs as f64;
    let sum: f64 = batches.iter().map(|batch| batch.weights[0]).sum();
    if sum <= 0.0 {
        let mut none = Estimate::of_batches(Method::Importance, settings, batches);
        none.runs += before;
        if regions > 0 {
            // Drawn from the mixture, not from the inputs' law: q is at least SAFE times that law everywhere.
            none.high = (none.high / SAFE).min(1.0);
        }
        return none;
    }
    let squares: f64 = batches.iter().map(|batch| batch.weights[1]).sum();
    let largest = batches.iter().map(|batch| batch.weights[2]).fold(0.0, f64::max);
    let probability = sum / n;
    let variance = (squares / n - probability * probability) / (n - 1.0);
    let cov = libm::sqrt(variance.max(0.0)) / probability;
    let effective = sum * sum / squares;
    let spread = libm::exp(student_t(CONFIDENCE, (effective - 1.0).max(1.0)) * cov);
    Estimate {
        method: Method::Importance,
        settings: *settings,
        runs: runs + before,
        probability,
        cov,
        low: probability / spread,
        high: (probability * spread).min(1.0),
        batches,
        weights: Some(Weights { effective, largest_share: largest / sum, regions }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_event_the_bound_allows_for_what_was_drawn_from() {
        let settings = Settings::new(1, 10, 400);
        let bound = |regions| {
            let empty = Batch { runs: 400, ..Batch::default() };
            weighed(&settings, vec![empty; 10], 0, regions).high
        };
        // None of 4000: Clopper and Pearson's upper bound; a mixture sees a tenth of it at the least.
        assert!((bound(0) - 9.218e-4).abs() < 1e-6, "{}", bound(0));
        assert!((bound(2) - 9.218e-3).abs() < 1e-5, "{}", bound(2));
        let few = Settings { batches: 2, particles: 4, ..settings };
        let empty = Batch { runs: 4, ..Batch::default() };
        assert_eq!(weighed(&few, vec![empty; 2], 0, 1).high, 1.0);
    }
}
