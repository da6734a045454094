//! Settling: laying a lander down on its feet after contact, and holding it there.
//!
//! Owns: [`Settling`], when the engines are to be cut off; [`Touching`], the torque against what turns; the
//! valves for both. Does not own: contact and its evidence (`faults::contact`), the phases (`mode`).
//!
//! Level feet meet a slope two at a time. With everything shut at that moment the lander falls over its
//! upper feet onto the lower ones, and trips: a lander of mass m whose centre stands h over its feet turns
//! about the feet that are down with
//!     I_f = I + m h²
//! and the energy of that fall is what topples it [Messuri1985]. So the assist engines go down to their
//! shortest pulses, by which the ground carries most of the weight, and beyond that only brake the turn.
//! They are cut off as soon as a third foot is down, nothing turns any more, or no foot is down: a bounce,
//! or it was no contact. From then on jets alone damp what turns, until the lander rests.
//! As programmed: a damper, torque = −K I w, with I_f while a foot is down and I in the air; beyond the lean
//! that the legs are made for a spring back to the vertical beside it. A jet's push sideways turns the lander
//! about its feet, wherever the jet sits above them.
//! Refuses: knowing which feet it turns about; the slope.

use super::allocate::{self, Jets};
use crate::faults::table;
use crate::load::Vehicle;
use icd::bus::{ASSIST_ENGINES, CYCLE, JETS, LEGS};
use nalgebra::Vector3;

/// Damper, 1/s.
const K_R: f64 = 1.8;
/// Spring beyond [`LEAN_RAD`], 1/s².
const K_P: f64 = 1.0;
/// Lean beyond which it is pushed back, rad: 12°, the slope that landers of this size are made for.
const LEAN_RAD: f64 = 0.21;
/// Rates below this are left alone, rad/s: half of what counts as landed.
const STILL_RAD_S: f64 = 0.01;
/// Longest time on the engines after contact, s: over 30° at the rate that the damper allows. Assumed.
const LAID_S_MAX: f64 = 5.0;
/// Nothing turns: rate, rad/s, and for how long, s. Assumed.
const QUIET_RAD_S: f64 = 0.03;
const QUIET_S: f64 = 0.3;
/// No foot down for so long is no contact, s: longer than switches chatter. Assumed.
const ALOFT_S: f64 = 0.2;

/// What is remembered since contact.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// Engines lay the lander down.
    pub laying: bool,
    /// A foot is down.
    pub down: bool,
    since_s: f64,
    quiet_s: f64,
    aloft_s: f64,
}

impl Settling {
    /// From contact on; `by_engines`: they are to lay it down, if they can turn it.
    pub fn new(vehicle: &Vehicle, by_engines: bool) -> Self {
        let sideways = Vector3::new(1.0, 1.0, 0.0);
        let turns = allocate::beyond_assist(vehicle, sideways).norm_squared() <= 0.0;
        Self { laying: by_engines && turns, ..Self::NONE }
    }

    /// In flight.
    pub const NONE: Self =
        Self { laying: false, down: false, since_s: 0.0, quiet_s: 0.0, aloft_s: 0.0 };

    /// One cycle on the ground: whether the engines are to be cut off.
    pub fn follow(&mut self, touchdown: [bool; LEGS], rate_rad_s: f64) -> bool {
        let closed = touchdown.iter().filter(|closed| **closed).count();
        let dt_s = CYCLE.s();
        self.down = closed > 0;
        self.since_s += dt_s;
        self.quiet_s = if rate_rad_s > QUIET_RAD_S { 0.0 } else { self.quiet_s + dt_s };
        self.aloft_s = if self.down { 0.0 } else { self.aloft_s + dt_s };
        let carried = closed as f64 >= table::LAID.threshold;
        let over = carried || self.quiet_s > QUIET_S || self.aloft_s > ALOFT_S;
        self.laying &= !(over || self.since_s > LAID_S_MAX);
        !self.laying
    }
}

/// The lander as it touches the ground.
#[derive(Clone, Copy, Debug)]
pub struct Touching {
    /// Principal moments of inertia about the centre of mass, kg m².
    pub inertia: Vector3<f64>,
    /// Mass, kg.
    pub mass_kg: f64,
    /// Height of the centre of mass over the base plane, m.
    pub cm_z_m: f64,
    /// Local vertical, body axes.
    pub up_B: Vector3<f64>,
    /// Body rate, rad/s.
    pub w_B: Vector3<f64>,
}

impl Touching {
    /// Torque wanted, body axes, N m; `down`: a foot is.
    pub fn torque(&self, vehicle: &Vehicle, down: bool) -> Vector3<f64> {
        let height_m = self.cm_z_m - vehicle.foot_z_m;
        let arm = if down { self.mass_kg * height_m * height_m } else { 0.0 };
        let inertia = self.inertia + Vector3::new(arm, arm, 0.0);
        // The turn that has taken the body's axis away from the vertical.
        let lean = Vector3::new(self.up_B.y, -self.up_B.x, 0.0);
        let size = libm::sqrt(lean.norm_squared());
        let beyond = lean * ((size - LEAN_RAD).max(0.0) / size.max(1e-9));
        let fast = self.w_B.norm_squared() > STILL_RAD_S * STILL_RAD_S;
        let rate = if fast { self.w_B } else { Vector3::zeros() };
        -inertia.component_mul(&(rate * K_R + beyond * K_P))
    }

    /// Duties of the assist engines and of the jets for the frame that begins now.
    ///
    /// - `out`: engines that give nothing.
    pub fn duties(
        &self,
        vehicle: &Vehicle,
        settling: &Settling,
        jets: &mut Jets,
        out: [bool; ASSIST_ENGINES],
    ) -> ([f64; ASSIST_ENGINES], [f64; JETS]) {
        let torque = self.torque(vehicle, settling.down);
        let pivot_z_m = if settling.down { vehicle.foot_z_m } else { self.cm_z_m };
        let least = if settling.laying { allocate::duty_min(vehicle) } else { 0.0 };
        let assist = allocate::assist(vehicle, least, torque, out);
        (assist, jets.duties(vehicle, pivot_z_m, torque))
    }
}
