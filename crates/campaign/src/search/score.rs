//! How far a flight stayed from being lost.
//!
//! Owns: [`Score`]: four ways of being lost, each with a margin from 1 (untouched) to 0 (lost).
//! - *stopping*: 1 less the share of all thrust there is that stopping over the ground took at the worst moment after
//!   braking: v²/2h over F/m − g; a share above one cannot be stopped any more.
//! - *altitude*: 1 less the error of the believed altitude over the true one and 200 m (assumed: below that a
//!   rangefinder that sees the ground is right), at the worst moment after braking.
//! - *propellant*: what is left over 20 kg (assumed: a minute's hover of the vehicles here).
//! - *impact*: 1 less the descent speed at contact over three times its limit (assumed: the structure's).
//!
//! Only their order matters: they say where to look, not what is lost; that is the verdict's.

use icd::constants::MOON_GRAVITY_M_S2;
use icd::tm::Phase;
use rig::closed_loop::{Flown, Frame};
use rig::scenario::Scenario;
use rig::verdict::Outcome;

/// Speeds and heights below which stopping is touching down.
const SLOW_M_S: f64 = 2.0;
const LOW_M: f64 = 10.0;
const SEEN_M: f64 = 200.0;
const SPARE_KG: f64 = 20.0;
/// A flight that is not lost has at least this.
const EDGE: f64 = 0.01;

/// Gathers the margins of one flight.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    thrust_N: f64,
    limit_m_s: f64,
    stopping: f64,
    altitude: f64,
}

impl Score {
    /// Before the flight.
    pub fn new(scenario: &Scenario) -> Self {
        let machine = &scenario.vehicle.machine;
        let assist: f64 = machine.assist.iter().map(|engine| engine.thrust_N).sum();
        let limit_m_s = 3.0 * scenario.expect.v_vertical_m_s_max.max(0.1);
        Self { thrust_N: machine.main.thrust_N + assist, limit_m_s, stopping: 0.0, altitude: 0.0 }
    }

    /// One frame.
    pub fn see(&mut self, frame: &Frame<'_>) {
        if !matches!(frame.telemetry.phase, Phase::PitchUp | Phase::Terminal) {
            return;
        }
        let view = frame.view;
        let (h, v) = (view.altitude_m, -view.v_up_m_s);
        let error = (frame.telemetry.nav.altitude_m - h).abs() / (h.max(0.0) + SEEN_M);
        self.altitude = self.altitude.max(error);
        if h > LOW_M && v > SLOW_M_S {
            let have = (self.thrust_N / view.mass_kg - MOON_GRAVITY_M_S2).max(1e-3);
            self.stopping = self.stopping.max(v * v / (2.0 * h * have));
        }
    }

    /// The margins of a flight that is over.
    pub fn margins(&self, flown: &Flown) -> Vec<f64> {
        let outcome = flown.judgement.outcome;
        let dry = outcome == Outcome::RanDry;
        let left = flown.measures.propellant_kg.unwrap_or(SPARE_KG) / SPARE_KG;
        let hit = flown.measures.v_vertical_m_s.map_or(1.0, |v| 1.0 - v / self.limit_m_s);
        let raw = [1.0 - self.stopping, 1.0 - self.altitude, left, hit];
        let mut out: Vec<f64> = raw.iter().map(|m| m.clamp(EDGE, 1.0)).collect();
        if outcome.struck() {
            out[if dry { 2 } else { 3 }] = 0.0;
        }
        out
    }
}
