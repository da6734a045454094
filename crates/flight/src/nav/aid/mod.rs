//! Aids: one file each. An aid predicts; it does not decide.

pub mod beam_speed;
pub mod landmark;
pub mod quiet;
pub mod radar_altitude;
pub mod slant_range;
pub mod star_tracker;
pub mod touchdown;

pub use crate::nav::covariance::EMPTY;
use crate::nav::covariance::Row;
use nalgebra::Vector3;

/// What an aid expects to measure, and how the error state moves it.
#[derive(Clone, Copy, Debug)]
pub struct Prediction {
    /// Expected value, in the measurement's unit.
    pub value: f64,
    /// ∂value/∂(error state), the state of now however old the measurement is.
    pub h: Row,
    /// Variance of the measurement, unit squared.
    pub r: f64,
}

/// Puts three partials into a row.
pub fn put(h: &mut Row, first: usize, v: Vector3<f64>) {
    for i in 0..3 {
        if let Some(slot) = h.get_mut(first + i) {
            *slot = v[i];
        }
    }
}

#[cfg(test)]
pub(crate) mod jacobian {
    //! Central differences through the filter's own correction: sign and frame errors show.
    extern crate std;
    use super::*;
    use crate::nav::Nav;
    use crate::nav::covariance::{BEAM_SCALE, CONSIDERED, LEVER, STATES, TERRAIN, TIE};
    use std::vec::Vec;

    /// Compares every element of `h`, but those in `except`, with the change of `predict` under corrections
    /// of its state; the considered ones are corrected here alike. Returns the states with a partial.
    pub fn check(
        nav: &Nav,
        except: &[usize],
        tolerance: f64,
        predict: impl Fn(&Nav) -> Prediction,
    ) -> Vec<usize> {
        let at = predict(nav);
        for state in (0..STATES).filter(|state| !except.contains(state)) {
            let step = match state {
                0..3 | TERRAIN | TIE..CONSIDERED => 1.0,
                LEVER..BEAM_SCALE => 0.1,
                _ => 1e-4,
            };
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
        (0..STATES).filter(|state| at.h[*state] != 0.0).collect()
    }
}
