//! Aids: one file each. An aid predicts; it does not decide.

pub mod beam_speed;
pub mod landmark;
pub mod quiet;
pub mod radar_altitude;
pub mod slant_range;
pub mod star_tracker;
pub mod touchdown;

use crate::nav::covariance::{P, Row, STATES, V};
use nalgebra::Vector3;

/// What an aid expects to measure, and how the error state moves it.
#[derive(Clone, Copy, Debug)]
pub struct Prediction {
    /// Expected value, in the measurement's unit.
    pub value: f64,
    /// ∂value/∂(error state).
    pub h: Row,
    /// Variance of the measurement, unit squared.
    pub r: f64,
}

/// Carries partials from the time of a measurement to `age_s` later: δp then = δp now − age δv now.
pub fn carried(mut h: Row, age_s: f64) -> Row {
    for i in 0..3 {
        let along = h.get(P + i).copied().unwrap_or(0.0);
        if let Some(slot) = h.get_mut(V + i) {
            *slot -= along * age_s;
        }
    }
    h
}

/// Puts three partials into a row.
fn put(h: &mut Row, first: usize, v: Vector3<f64>) {
    for i in 0..3 {
        if let Some(slot) = h.get_mut(first + i) {
            *slot = v[i];
        }
    }
}

/// An empty row.
const EMPTY: Row = [0.0; STATES];

#[cfg(test)]
pub(crate) mod jacobian {
    //! Central differences through the filter's own correction: sign and frame errors show.
    use super::*;
    use crate::nav::Nav;

    /// Compares `h` with the change of `predict` under corrections of every state in `states`.
    pub fn check(
        nav: &Nav,
        states: &[usize],
        tolerance: f64,
        predict: impl Fn(&Nav) -> Prediction,
    ) {
        let at = predict(nav);
        for &state in states {
            let step = if state < 3 { 1.0 } else { 1e-4 };
            let moved = |k: f64| {
                let mut dx = EMPTY;
                dx[state] = k * step;
                let mut nav = nav.clone();
                nav.correct(&dx);
                predict(&nav).value
            };
            let numeric = (moved(1.0) - moved(-1.0)) / (2.0 * step);
            let scale = at.h[state].abs().max(1.0);
            assert!(
                (numeric - at.h[state]).abs() < tolerance * scale,
                "state {state}: {numeric} by differences, {} by the aid",
                at.h[state]
            );
        }
    }
}
