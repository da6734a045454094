//! What happens on the way: zeros of functions of time and state, found on the dense output.
//!
//! Owns: events and the integration that looks for them. Does not own: the steps (see [`super::Stepper`]).
//! As published — [Ridders1979]: with f of different signs at a and b and m the middle,
//!     x = m + (m − a) sign(f_a) f_m / √(f_m² − f_a f_b)
//! lies between a and b; the narrowest bracket of a, m, x and b is taken next.
//! As programmed: each step is looked at in [`LOOKS`] places; a change of sign between two of them is
//! followed to the last bits of the time.
//! Refuses: pairs of events that lie between two looks, and tangents.

use super::{Cost, Dense, Failure, Settings, Stepper};

/// Places in a step at which an event is looked for.
pub const LOOKS: u32 = 4;
/// Halvings that Ridders' method may take: more than a double can be halved.
const HALVINGS: usize = 100;
/// Which way an event's function must pass through zero, seen along the integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From negative to positive.
    Rising,
    /// From positive to negative.
    Falling,
    /// Either way.
    Either,
}

/// Something that happens where a function of time and state is zero.
#[derive(Clone, Copy)]
pub struct Event<'a, const N: usize> {
    /// The function; continuous.
    pub function: &'a dyn Fn(f64, &[f64; N]) -> f64,
    /// Which way.
    pub direction: Direction,
    /// Whether the integration ends there.
    pub terminal: bool,
}

impl<const N: usize> Event<'_, N> {
    /// Whether it happens between two values; a start on zero is not counted.
    fn between(&self, before: f64, after: f64) -> bool {
        let (rising, falling) = (before < 0.0 && after >= 0.0, before > 0.0 && after <= 0.0);
        match self.direction {
            Direction::Rising => rising,
            Direction::Falling => falling,
            Direction::Either => rising || falling,
        }
    }
}

/// One event that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing<const N: usize> {
    /// Its position in the list of events.
    pub event: usize,
    /// When.
    pub t: f64,
    /// The state there, from the dense output.
    pub y: [f64; N],
}

/// Where an integration led.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<const N: usize> {
    /// End of the integration: the end asked for, or that of the terminal event.
    pub t: f64,
    /// The state there.
    pub y: [f64; N],
    /// Every event, in the order met; the last is the terminal one if there was one.
    pub crossings: Vec<Crossing<N>>,
    /// Whether a terminal event ended it.
    pub stopped: bool,
    /// What it cost.
    pub cost: Cost,
}

/// Carries `y` from the first to the second time of `span`, forwards or backwards, noting events.
///
/// - `system`: the derivative at a time and state; `None` where there is none.
/// - Cost: twelve evaluations a step, three more where there are events to look for.
///
/// # Errors
/// [`Failure`]; there is no partial answer.
pub fn propagate<const N: usize>(
    system: impl FnMut(f64, &[f64; N]) -> Option<[f64; N]>,
    span: (f64, f64),
    y: [f64; N],
    settings: Settings<N>,
    events: &[Event<'_, N>],
) -> Result<Outcome<N>, Failure> {
    let mut stepper = Stepper::new(system, span, y, settings)?;
    let mut crossings = Vec::new();
    let mut values: Vec<f64> = events.iter().map(|e| (e.function)(span.0, &y)).collect();
    while !stepper.done() {
        stepper.advance()?;
        if events.is_empty() {
            continue;
        }
        let dense = stepper.dense()?;
        let met = look(&dense, (stepper.t(), stepper.y()), events, &mut values);
        for crossing in met {
            crossings.push(crossing);
            if events[crossing.event].terminal {
                let (Crossing { t, y, .. }, cost) = (crossing, stepper.cost());
                return Ok(Outcome { t, y, crossings, stopped: true, cost });
            }
        }
    }
    let (t, y, cost) = (stepper.t(), *stepper.y(), stepper.cost());
    Ok(Outcome { t, y, crossings, stopped: false, cost })
}

/// Events within one step, in the order met; `values` goes from its start to its end.
fn look<const N: usize>(
    dense: &Dense<N>,
    (t_end, y_end): (f64, &[f64; N]),
    events: &[Event<'_, N>],
    values: &mut [f64],
) -> Vec<Crossing<N>> {
    let mut found = Vec::new();
    let mut from = dense.t;
    for n in 1..=LOOKS {
        let to = if n == LOOKS {
            t_end
        } else {
            dense.t + dense.step * (f64::from(n) / f64::from(LOOKS))
        };
        let y = if n == LOOKS { *y_end } else { dense.at(to) };
        for (k, event) in events.iter().enumerate() {
            let value = (event.function)(to, &y);
            if event.between(values[k], value) {
                let at = |t: f64| (event.function)(t, &dense.at(t));
                let t = ridders(at, (from, values[k]), (to, value));
                found.push(Crossing { event: k, t, y: dense.at(t) });
            }
            values[k] = value;
        }
        from = to;
    }
    let along = |c: &Crossing<N>| (c.t - dense.t) / dense.step;
    found.sort_by(|a, b| along(a).total_cmp(&along(b)));
    found
}

/// A zero between two points where `f` has different signs, to the last bit or two of the argument.
#[allow(clippy::float_cmp)] // brackets that can shrink no further
fn ridders(f: impl Fn(f64) -> f64, low: (f64, f64), high: (f64, f64)) -> f64 {
    let ((mut a, mut fa), (mut b, mut fb)) = (low, high);
    if fb == 0.0 {
        return b;
    }
    for _ in 0..HALVINGS {
        let m = a + 0.5 * (b - a);
        if m == a || m == b {
            break;
        }
        let fm = f(m);
        if fm == 0.0 {
            return m;
        }
        let root = (fm * fm - fa * fb).sqrt();
        let x = m + (m - a) * (fm / root).copysign(fm * fa);
        let x = if x.is_finite() && (x - a) * (b - x) > 0.0 { x } else { m };
        let fx = f(x);
        if fx == 0.0 {
            return x;
        }
        // The narrowest bracket among a, m, x and b.
        for (p, fp) in [(m, fm), (x, fx)] {
            let inside = (p - a) * (b - p) > 0.0;
            if inside && (fp < 0.0) == (fa < 0.0) {
                (a, fa) = (p, fp);
            } else if inside {
                (b, fb) = (p, fp);
            }
        }
    }
    if fa.abs() < fb.abs() { a } else { b }
}
