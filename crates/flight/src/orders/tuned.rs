//! Values that can be loaded in flight: [`icd::tc::PARAMETERS`].
//!
//! Owns: their present values, begun with those of the load. A value that is loaded counts from the next frame on.

use crate::load::{Gate, Load};
use icd::tc::Refusal;

/// Number of the deorbit burn's velocity change, which belongs to the plan: see `hold`.
pub(super) const DEORBIT_DV: u8 = 7;
/// How far from the load's own it may be, m/s. Assumed: 9 km of perilune from an orbit of 100 km, of 17 km
/// 8 km are left.
pub(super) const DEORBIT_DV_OFF_M_S: f64 = 2.0;

/// Values in place of the load's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuned {
    /// Gate of the rangefinder.
    pub gate: Gate,
    /// Standard deviations of altitude that the corridor keeps off the ground at the most.
    pub corridor_sigmas: f64,
    /// Propellant below which an alarm is raised, kg.
    pub reserve_kg: f64,
    /// Collective of the assist engines that braking counts on.
    pub braking_collective: f64,
    /// Altitude below which the main engine may be shut down, m.
    pub main_off_m: f64,
}

impl Tuned {
    /// As loaded before the flight.
    pub fn new(load: &Load) -> Self {
        Self {
            gate: load.faults.gate,
            corridor_sigmas: crate::guidance::corridor::K_SIGMA,
            reserve_kg: load.vehicle.reserve_kg,
            braking_collective: load.target.braking_collective,
            main_off_m: load.target.main_off_m,
        }
    }

    /// Loads a value; its range was checked against the dictionary. A gate that the configuration has not is refused.
    pub fn load(&mut self, parameter: u8, value: f64) -> Result<(), Refusal> {
        match (parameter, &mut self.gate) {
            (1, Gate::Sigma { k }) => *k = value,
            (2, Gate::Fixed { half_width_m, .. }) => *half_width_m = value,
            (3, _) => self.reserve_kg = value,
            (4, _) => self.main_off_m = value,
            (5, _) => self.braking_collective = value,
            (6, _) => self.corridor_sigmas = value,
            _ => return Err(Refusal::NotFitted),
        }
        Ok(())
    }

    /// The present value; `None` where the configuration has none.
    pub fn value(&self, parameter: u8) -> Option<f64> {
        Some(match (parameter, self.gate) {
            (1, Gate::Sigma { k }) => k,
            (2, Gate::Fixed { half_width_m, .. }) => half_width_m,
            (3, _) => self.reserve_kg,
            (4, _) => self.main_off_m,
            (5, _) => self.braking_collective,
            (6, _) => self.corridor_sigmas,
            _ => return None,
        })
    }
}
