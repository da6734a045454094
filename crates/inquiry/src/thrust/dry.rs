//! Whether and when the tanks ran dry.
//!
//! Owns: [`Dry`]. Does not own: the propellant that commands took (`levels`).
//! As programmed: the tanks are dry from the frame on after which no engine gives anything any more while valves are
//! open, to the end of what was felt.

use super::body::Six;
use super::felt::Felt;
use crate::mission::Mission;
use icd::time::Time;

/// Cycles that are averaged, and how many such must show it.
const FRAME: usize = 5;
const FRAMES_MIN: usize = 4;
/// Of the thrust commanded: what is none, and what is some. Assumed.
const NONE: f64 = 0.05;
/// Specific force that must be commanded for a frame to say something, m/s²: a tenth of a hover.
const COMMANDED_M_S2: f64 = 0.15;

/// A frame holds its moment, s: 0.1/√12, and as much again for what is left in the chambers.
const SIGMA_S: f64 = 0.05;

/// The end of the propellant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dry {
    /// When thrust ended.
    pub t: Time,
    /// Its standard deviation, s.
    pub sigma_s: f64,
    /// Propellant that the commands should have left then, and its standard deviation, kg.
    pub left_kg: (f64, f64),
}

/// Place of the first cycle without thrust.
pub(super) fn place(felt: &Felt, model: &[Six]) -> Option<usize> {
    let frames = felt.pushed.len() / FRAME;
    let mut dry = None;
    let mut seen = 0;
    for frame in (0..frames).rev() {
        let cycles = frame * FRAME..(frame + 1) * FRAME;
        if !cycles.clone().all(|k| felt.valid[k][0]) {
            continue;
        }
        let mean = |of: &[Six]| cycles.clone().map(|k| of[k][2]).sum::<f64>() / FRAME as f64;
        let commanded = mean(model);
        if commanded < COMMANDED_M_S2 {
            continue;
        }
        if mean(&felt.pushed) > NONE * commanded {
            break;
        }
        seen += 1;
        dry = Some(frame * FRAME);
    }
    dry.filter(|_| seen >= FRAMES_MIN)
}

/// The first of the last cycles without thrust, too few as they may be to say why: nothing is to be learnt from them.
pub(super) fn fading(felt: &Felt, model: &[Six]) -> Option<usize> {
    let none = |k: &usize| {
        model[*k][2] < COMMANDED_M_S2
            || !felt.valid[*k][0]
            || felt.pushed[*k][2] < NONE * model[*k][2]
    };
    let first = (0..felt.pushed.len()).rev().take_while(none).last()?;
    (first..felt.pushed.len()).find(|k| model[*k][2] >= COMMANDED_M_S2)
}

impl Dry {
    /// At the time of a cycle, when the commands should have left so much.
    pub(super) fn at(t: Time, left_kg: f64, mission: &Mission) -> Self {
        let sigma_kg = mission.load.vehicle.propellant_sigma_kg;
        Self { t, sigma_s: SIGMA_S, left_kg: (left_kg, sigma_kg) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cycles_without_thrust_begin_where_it_was_commanded_in_vain() {
        let six = |z: f64| Six::new(0.0, 0.0, z, 0.0, 0.0, 0.0);
        let of = |pushed: &[f64], commanded: &[f64]| {
            let felt = Felt {
                pushed: pushed.iter().map(|z| six(*z)).collect(),
                valid: vec![[true; 2]; pushed.len()],
                ..Felt::default()
            };
            let model: Vec<Six> = commanded.iter().map(|z| six(*z)).collect();
            fading(&felt, &model)
        };
        assert_eq!(of(&[2.0, 2.0, 0.001, 0.0], &[2.0; 4]), Some(2));
        assert_eq!(of(&[2.0, 0.0, 2.0, 2.0], &[2.0; 4]), None, "it was back");
        assert_eq!(of(&[2.0, 2.0, 0.0, 0.0], &[2.0, 2.0, 0.0, 0.0]), None, "cut off");
        assert_eq!(of(&[2.0, 0.0, 0.0, 0.0], &[2.0, 0.0, 2.0, 2.0]), Some(2));
    }
}
