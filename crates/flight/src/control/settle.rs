//! Settling: what turns a lander that touches the ground too fast, and what is done against it.
//!
//! Owns: the torque, the bound on it. Does not own: when (`crate::settle`), the valves (`allocate`).
//! A lander of mass m whose centre stands h over its feet turns about the feet that are down, with
//!     I_f = I + m h²
//! about the horizontal axes. Let go on a slope it falls onto its lower feet, trips over them, and the
//! energy of the fall is what topples it [Messuri1985]. As programmed: a damper, torque = −K I w, with I_f
//! while a foot is down and I alone in the air; beyond the lean that the legs are made for a spring back
//! to the vertical beside it. Small rates are left to the legs.
//! Refuses: knowing which feet it turns about; the slope.

use nalgebra::Vector3;

/// Damper, 1/s.
const K_R: f64 = 1.8;
/// Spring beyond [`LEAN_RAD`], 1/s².
const K_P: f64 = 1.0;
/// Lean beyond which it is pushed back, rad: 12°, the slope that landers of this size are made for.
const LEAN_RAD: f64 = 0.21;
/// Rates below this are left alone, rad/s: half of what counts as landed.
const STILL_RAD_S: f64 = 0.01;

/// The lander as it touches the ground.
#[derive(Clone, Copy, Debug)]
pub struct Touching {
    /// Principal moments of inertia about the centre of mass, kg m².
    pub inertia: Vector3<f64>,
    /// Mass, kg.
    pub mass_kg: f64,
    /// Height of the centre of mass over the feet, m.
    pub height_m: f64,
    /// Whether a foot is down.
    pub down: bool,
    /// Local vertical, body axes.
    pub up_B: Vector3<f64>,
    /// Body rate, rad/s.
    pub w_B: Vector3<f64>,
}

impl Touching {
    /// Torque wanted, body axes, N m.
    pub fn torque(&self) -> Vector3<f64> {
        let arm = if self.down { self.mass_kg * self.height_m * self.height_m } else { 0.0 };
        let inertia = self.inertia + Vector3::new(arm, arm, 0.0);
        // The turn that has taken the body's axis away from the vertical.
        let lean = Vector3::new(self.up_B.y, -self.up_B.x, 0.0);
        let size = libm::sqrt(lean.norm_squared());
        let beyond = lean * ((size - LEAN_RAD).max(0.0) / size.max(1e-9));
        let fast = self.w_B.norm_squared() > STILL_RAD_S * STILL_RAD_S;
        let rate = if fast { self.w_B } else { Vector3::zeros() };
        -inertia.component_mul(&(rate * K_R + beyond * K_P))
    }
}
