//! From a disturbance that fails to the smallest one, and on to the likeliest.
//!
//! Owns: [`smallest`], [`likeliest`]. Does not own: where failures are looked for (`explore`).
//! Smallest: parts that are not needed are dropped one by one, as delta debugging does [ZellerHildebrandt2002];
//! then all sizes shrink together by bisection, then each alone, until less does not fail.
//! Likeliest: the failure nearest to no disturbance in units of the scales is the likeliest there is around it
//! (the design point of reliability analysis, [HasoferLind1974]). A proposal turns the vector of sizes a little
//! and asks for a shorter one; it is taken when it still fails. The step grows with success and shrinks without,
//! by the one-fifth rule [Rechenberg1973].

use super::space::{Dimension, Part, Point, Sized};
use super::subject::{SearchError, Subject, Trial};
use rig::random::Stream;

/// Sizes are found to this share of them.
const RESOLUTION: f64 = 1.0 / 16.0;
/// Halvings of the interval of one size.
const HALVINGS: u32 = 4;
/// A part smaller than this would leave its set: units of its scale.
const LEAST: f64 = 0.1;

/// Something that failed, and what it cost to make it small.
#[derive(Clone, Debug)]
pub(super) struct Small {
    /// The disturbance.
    pub point: Point,
    /// How it ended.
    pub trial: Trial,
    /// Trials spent.
    pub spent: u64,
}

/// The smallest part of a failing point that still fails.
pub(super) fn smallest(
    subject: &dyn Subject,
    point: &Point,
    trial: &Trial,
) -> Result<Small, SearchError> {
    let mut small = Small { point: point.clone(), trial: trial.clone(), spent: 0 };
    let mut n = 0;
    while small.point.0.len() > 1 && n < small.point.0.len() {
        let fewer = small.point.without(n);
        if !small.take(subject, fewer)? {
            n += 1;
        }
    }
    let together = small.point.clone();
    small.shrink(
        subject,
        &|point, factor| point.scaled(subject.dimensions(), factor),
        &together,
    )?;
    if small.point.0.len() > 1 {
        for n in 0..small.point.0.len() {
            let from = small.point.clone();
            if subject.dimensions()[from.0[n].dimension].sized != Sized::No {
                small.shrink(subject, &|point, factor| one_scaled(point, n, factor), &from)?;
            }
        }
    }
    Ok(small)
}

fn one_scaled(point: &Point, n: usize, factor: f64) -> Point {
    let scale = |(k, part): (usize, &Part)| match k == n {
        true => Part { size: part.size * factor, ..*part },
        false => *part,
    };
    Point(point.0.iter().enumerate().map(scale).collect())
}

impl Small {
    /// Tries a smaller point; keeps it when it fails too.
    fn take(&mut self, subject: &dyn Subject, point: Point) -> Result<bool, SearchError> {
        let trial = subject.trial(&point)?;
        self.spent += 1;
        if trial.lost {
            (self.point, self.trial) = (point, trial);
            return Ok(true);
        }
        Ok(false)
    }

    /// The least factor on `from` that still fails, by halving.
    fn shrink(
        &mut self,
        subject: &dyn Subject,
        scaled: &dyn Fn(&Point, f64) -> Point,
        from: &Point,
    ) -> Result<(), SearchError> {
        if scaled(from, 0.5) == *from {
            return Ok(());
        }
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            if high - low <= RESOLUTION * high {
                break;
            }
            let middle = 0.5 * (low + high);
            match self.take(subject, scaled(from, middle))? {
                true => high = middle,
                false => low = middle,
            }
        }
        Ok(())
    }
}

/// Walks from a failing point to likelier ones that fail too and that the other configuration survives.
///
/// - `trials`: what may be spent.
pub(super) fn likeliest(
    subject: &dyn Subject,
    point: &Point,
    trial: &Trial,
    trials: u64,
    stream: &mut Stream,
) -> Result<Small, SearchError> {
    let mut best = Small { point: point.clone(), trial: trial.clone(), spent: 0 };
    let dimensions = subject.dimensions();
    let mut step = 0.3;
    while best.spent + 1 < trials {
        let Some(proposal) = turned(&best.point, dimensions, step, stream) else { break };
        let (before, kept) = (best.point.clone(), best.trial.clone());
        let mut taken = best.take(subject, proposal)?;
        if taken {
            let survives = subject.other_survives(&best.point)?;
            best.spent += u64::from(survives.is_some());
            if survives == Some(false) {
                (best.point, best.trial, taken) = (before, kept, false);
            }
        }
        step *= if taken { 1.5 } else { 0.9 };
        step = step.clamp(0.02, 0.5);
    }
    Ok(best)
}

/// A shorter vector of sizes in a direction near by, its places moved a little; `None` without anything to move.
fn turned(
    point: &Point,
    dimensions: &[Dimension],
    step: f64,
    stream: &mut Stream,
) -> Option<Point> {
    let sized = |part: &Part| dimensions[part.dimension].sized != Sized::No;
    let norm = |point: &Point| {
        let squares = point.0.iter().filter(|part| sized(part)).map(|part| part.size * part.size);
        squares.sum::<f64>().sqrt()
    };
    let length = norm(point);
    if length <= 0.0 {
        return None;
    }
    let mut out = point.clone();
    for part in &mut out.0 {
        let (turn, shift) = (stream.normal(), stream.normal());
        let dimension = &dimensions[part.dimension];
        if sized(part) {
            let size = part.size + step * length * turn;
            // A part that would leave its set stays at its edge: without it the set is another.
            part.size = if part.size < 0.0 { size.min(-LEAST) } else { size.max(LEAST) };
        }
        if dimension.places.len() > 1 {
            part.place = (part.place + 0.3 * step * shift).clamp(0.0, 1.0);
        }
    }
    let shorter = (1.0 - 0.3 * step) * length / norm(&out);
    Some(out.scaled(dimensions, shorter))
}
