//! How probable a flight makes the points.
//!
//! Owns: [`Moment`], [`Scorer`]. Does not own: which flight.
//! As programmed: a point at an event has the densities of what is said of it there. A point without one may be any moment of
//! the flight: with a time, the integral over time; else over the altitude flown through, so that lingering gains
//! nothing:
//!     L = ∫ p(h) p(v) … |dh|
//! A uniform law is softened at its edges by a tenth of its width. A report is wrong once in 1/[`WRONG`], and oftener the wider
//! its uncertainty is taken, by the square: then its density is flat over what it could say, which is also what a flight has
//! that never comes there.

use super::file::{ALTITUDE, BELIEVED, Event, Point, TIME};
use rig::normal::cumulative;
use rig::scenario::Dispersed;

/// Share of reports that are wrong; assumed.
const WRONG: f64 = 1e-4;
/// However wide, a report is wrong no oftener.
const DOUBT: f64 = 0.5;
/// What a wrong report could say: width of its flat density, by place in `KEYS`: s, m, m, m/s, m/s. Assumed.
const FLAT: [f64; 5] = [3600.0, 2e4, 2e4, 200.0, 200.0];
/// Softness of the edges of a uniform law, as a share of its width.
const SOFT: f64 = 0.1;

/// What is looked at in one moment, in the order of `KEYS`; NaN where there is nothing to see.
pub(super) type Moment = [f64; 5];

/// The density of a law, its uncertainty widened.
pub(super) fn density(law: &Dispersed, value: f64, widened: f64) -> f64 {
    match law {
        Dispersed::Normal { mean, sigma } => {
            let sigma = sigma * widened;
            let z = (value - mean) / sigma;
            libm::exp(-0.5 * z * z) / (sigma * (2.0 * std::f64::consts::PI).sqrt())
        }
        Dispersed::Uniform { min, max } => {
            let soft = SOFT * (max - min) * widened;
            let step = |edge: f64| cumulative((value - edge) / soft);
            (step(*min) - step(*max)) / (max - min)
        }
        _ => 0.0,
    }
}

/// Gathers, along a flight, the likelihood of the points that no event marks, and notes the others.
pub(super) struct Scorer<'a> {
    points: &'a [Point],
    widened: &'a [f64],
    last: Option<Moment>,
    /// By point, by widening.
    sums: Vec<Vec<f64>>,
    /// By event: the moment of it.
    events: [Option<Moment>; Event::ALL.len()],
}

impl<'a> Scorer<'a> {
    pub fn new(points: &'a [Point], widened: &'a [f64]) -> Self {
        let sums = vec![vec![0.0; widened.len()]; points.len()];
        Self { points, widened, last: None, sums, events: [None; Event::ALL.len()] }
    }

    /// An event happens; the first time counts.
    pub fn event(&mut self, event: Event, moment: Moment) {
        let place = Event::ALL.iter().position(|own| *own == event);
        if let Some(slot) = place.and_then(|place| self.events.get_mut(place)) {
            slot.get_or_insert(moment);
        }
    }

    /// The next moment of the flight.
    pub fn follow(&mut self, moment: &Moment) {
        if let Some(last) = self.last {
            for (point, sums) in self.points.iter().zip(&mut self.sums) {
                let Some(axis) = axis(point) else { continue };
                let way = (moment[axis] - last[axis]).abs();
                // A flight whose state is no number any more passes nothing.
                if !way.is_finite() {
                    continue;
                }
                let middle: Moment = std::array::from_fn(|i| 0.5 * (moment[i] + last[i]));
                for (sum, widened) in sums.iter_mut().zip(self.widened) {
                    *sum += way * all(point, &middle, *widened);
                }
            }
        }
        self.last = Some(*moment);
    }

    /// ln L of each point, by widening.
    pub fn finish(self) -> Vec<Vec<f64>> {
        let one = |(point, sums): (&Point, Vec<f64>)| {
            let at = point.event.and_then(|event| {
                let place = Event::ALL.iter().position(|own| *own == event)?;
                self.events[place]
            });
            let flat = flat(point);
            let each = sums.into_iter().zip(self.widened).map(|(sum, widened)| {
                let own = match (point.event, at) {
                    (None, _) => sum,
                    (Some(_), Some(moment)) => all(point, &moment, *widened),
                    (Some(_), None) => 0.0,
                };
                let wrong = (WRONG * widened * widened).min(DOUBT);
                libm::log((1.0 - wrong) * own + wrong * flat)
            });
            each.collect()
        };
        self.points.iter().zip(self.sums).map(one).collect()
    }
}

/// The density of all that a point says.
fn all(point: &Point, moment: &Moment, widened: f64) -> f64 {
    let each = point.says.iter().zip(moment).filter_map(|(law, value)| {
        law.as_ref().map(|law| if value.is_nan() { 0.0 } else { density(law, *value, widened) })
    });
    each.product()
}

/// Probability that a report is wrong, from its ln L.
pub(super) fn believed_wrong(point: &Point, ln: f64) -> f64 {
    (WRONG * flat(point) / libm::exp(ln)).min(1.0)
}

/// Along which of the things said the moment of a point is looked for; `None` for one that an event marks.
fn axis(point: &Point) -> Option<usize> {
    let said = |n: &usize| point.says[*n].is_some();
    if point.event.is_some() { None } else { [TIME, ALTITUDE, BELIEVED].into_iter().find(said) }
}

/// The density of a wrong report: of all that is said, but for the axis that is integrated over.
fn flat(point: &Point) -> f64 {
    let axis = axis(point);
    let each = point.says.iter().zip(FLAT).enumerate();
    let each = each.filter(|(n, (law, _))| law.is_some() && Some(*n) != axis);
    each.map(|(_, (_, width))| 1.0 / width).product()
}
