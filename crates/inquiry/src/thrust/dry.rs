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

impl Dry {
    /// At the time of a cycle, when the commands should have left so much.
    pub(super) fn at(t: Time, left_kg: f64, mission: &Mission) -> Self {
        let sigma_kg = mission.load.vehicle.propellant_sigma_kg;
        Self { t, sigma_s: SIGMA_S, left_kg: (left_kg, sigma_kg) }
    }
}
