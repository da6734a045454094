//! The coast of a point: position and velocity under gravity and sunlight, to a time or to an event.
//!
//! Owns: the tolerance of a coast and the events it may end on. Does not own: forces (`environment`), the
//! method (see [`super::dop853`]).
//! As programmed: y = (p, v) in `I`, seconds from the start; the ends are whole nanoseconds, and a state
//! at an event is moved to the nearest nanosecond by p + v δ + …, v + a δ with δ below 0.5 ns.
//! Error, measured in the tests on one low orbit of 20 by 100 km at degree 60: 1e-5 m for some 2500
//! evaluations of the acceleration. Each edge of a shadow, a kink in the force, adds up to 1 µm/s.
//! Refuses: contact; a coast goes through the ground if nothing stops it.

use super::dop853::{Direction, Event, Failure, Outcome, Settings, propagate};
use crate::environment::Environment;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{Acceleration, I, Position, Vector, Velocity};
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// Position and velocity of a coasting point.
pub type Coast = (Vector<Position, I>, Vector<Velocity, I>);

/// Tolerances of the local error: relative, in m and in m/s. See the header for what they give.
const RELATIVE: f64 = 1e-12;
const POSITION_M: f64 = 1e-6;
const VELOCITY_M_S: f64 = 1e-9;
/// Longest step, s: an event pair such as two crossings of an altitude is then not stepped over.
const STEP_S_MAX: f64 = 300.0;
/// Most steps: a year of low orbits at about 10 s a step.
const STEPS_MAX: usize = 4_000_000;

/// Why a coast could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CoastError {
    /// The forces are not known at a time on the way.
    #[error("the ephemeris does not cover {t}")]
    OutsideEphemeris {
        /// The time asked for.
        t: Time,
    },
    /// The integration failed: a path through the Moon's centre, or a start that is not finite.
    #[error("the coast from {t} cannot be integrated")]
    Failed {
        /// Its start.
        t: Time,
        /// Why.
        #[source]
        reason: Failure,
    },
}

/// Where a coast may end before its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stop {
    /// Nearest to the Moon's centre: the radial speed turns from falling to climbing.
    Perilune,
    /// Farthest from it.
    Apolune,
    /// At this height over the sphere of 1737.4 km, from above or below.
    Altitude {
        /// The height, m.
        altitude_m: f64,
    },
}

impl Stop {
    /// A function that is zero there; dimensions do not matter.
    fn function(self, y: &[f64; 6]) -> f64 {
        match self {
            Self::Perilune | Self::Apolune => y[0] * y[3] + y[1] * y[4] + y[2] * y[5],
            Self::Altitude { altitude_m } => {
                (y[0] * y[0] + y[1] * y[1] + y[2] * y[2]).sqrt() - (MOON_RADIUS_M + altitude_m)
            }
        }
    }

    /// The direction of the passage through zero, seen along the coast.
    fn direction(self, backwards: bool) -> Direction {
        match self {
            Self::Altitude { .. } => Direction::Either,
            Self::Perilune if backwards => Direction::Falling,
            Self::Perilune => Direction::Rising,
            Self::Apolune if backwards => Direction::Rising,
            Self::Apolune => Direction::Falling,
        }
    }
}

/// Carries a coasting point between two times, forwards or backwards, under gravity and sunlight.
///
/// - `exposure_m2_kg`: area times reflectivity coefficient over mass, m²/kg; zero for gravity alone.
/// - Cost: some 2500 evaluations of gravity an orbit at degree 60.
///
/// # Errors
/// [`CoastError`] when the ephemeris does not cover the span or the path has no solution.
pub fn propagate_coast(
    environment: &Environment,
    from: Coast,
    span: (Time, Time),
    exposure_m2_kg: f64,
) -> Result<Coast, CoastError> {
    coast(from, span, |p, t| environment.acceleration_I(p, t, exposure_m2_kg))
}

/// As [`propagate_coast`], but to the first `stop` after the start; `None` when the span holds none.
///
/// # Errors
/// As [`propagate_coast`].
pub fn coast_to(
    environment: &Environment,
    from: Coast,
    span: (Time, Time),
    exposure_m2_kg: f64,
    stop: Stop,
) -> Result<Option<(Time, Coast)>, CoastError> {
    let force = |p, t| environment.acceleration_I(p, t, exposure_m2_kg);
    let end = integrated(from, span, Some(stop), &force)?;
    if !end.stopped {
        return Ok(None);
    }
    let t = span.0 + Span::from_s(end.t);
    let ahead_s = (t - span.0).s() - end.t;
    let (p, v) = parts(&end.y);
    let a = force(Vector::from_si(p), t).ok_or(CoastError::OutsideEphemeris { t })?.si();
    Ok(Some((t, (Vector::from_si(p + v * ahead_s), Vector::from_si(v + a * ahead_s)))))
}

/// As [`propagate_coast`], under any acceleration; `None` from it is the end of the ephemeris.
///
/// # Errors
/// As [`propagate_coast`].
pub fn coast(
    from: Coast,
    span: (Time, Time),
    acceleration_I: impl Fn(Vector<Position, I>, Time) -> Option<Vector<Acceleration, I>>,
) -> Result<Coast, CoastError> {
    let end = integrated(from, span, None, &acceleration_I)?;
    let (p, v) = parts(&end.y);
    Ok((Vector::from_si(p), Vector::from_si(v)))
}

fn integrated(
    (p_MB_I, v_MB_I): Coast,
    (t0, t1): (Time, Time),
    stop: Option<Stop>,
    acceleration_I: &impl Fn(Vector<Position, I>, Time) -> Option<Vector<Acceleration, I>>,
) -> Result<Outcome<6>, CoastError> {
    let system = |elapsed_s: f64, y: &[f64; 6]| {
        let (p, v) = parts(y);
        let a = acceleration_I(Vector::from_si(p), t0 + Span::from_s(elapsed_s))?.si();
        Some([v.x, v.y, v.z, a.x, a.y, a.z])
    };
    let (p, v) = (p_MB_I.si(), v_MB_I.si());
    let (metres, speed) = (POSITION_M, VELOCITY_M_S);
    let settings = Settings {
        relative: RELATIVE,
        absolute: [metres, metres, metres, speed, speed, speed],
        step_max: STEP_S_MAX,
        steps_max: STEPS_MAX,
    };
    let zero = |_: f64, y: &[f64; 6]| stop.map_or(1.0, |stop| stop.function(y));
    let event = stop.map(|stop| Event {
        function: &zero,
        direction: stop.direction(t1 < t0),
        terminal: true,
    });
    let (span_s, start) = ((t1 - t0).s(), [p.x, p.y, p.z, v.x, v.y, v.z]);
    propagate(system, (0.0, span_s), start, settings, event.as_slice()).map_err(|reason| {
        match reason {
            Failure::Undefined { t } => CoastError::OutsideEphemeris { t: t0 + Span::from_s(t) },
            reason => CoastError::Failed { t: t0, reason },
        }
    })
}

fn parts(y: &[f64; 6]) -> (Vector3<f64>, Vector3<f64>) {
    (Vector3::new(y[0], y[1], y[2]), Vector3::new(y[3], y[4], y[5]))
}

#[cfg(test)]
mod tests;
