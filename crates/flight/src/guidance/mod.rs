//! Guidance: which thrust acceleration to ask for.
//!
//! Owns: the braking solution, the approach and terminal laws, the speed corridor and how much of it the
//! propellant allows; the plan of least propellant (`convex`) and laws in closed form (`analytic`).
//! Does not own: attitude and valves (`control`), phase changes (`mode`).

pub mod analytic;
pub mod apollo;
pub mod approach;
pub mod braking;
pub mod chase;
pub mod convex;
pub mod corridor;
pub mod divert;
pub mod linear;
pub mod risk;

use nalgebra::Vector3;

/// What guidance asks of control.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// Direction of thrust, `I`, unit.
    pub d_I: Vector3<f64>,
    /// Left of the motion, `I`: the body y axis points there, so that x points forward when upright.
    pub left_I: Vector3<f64>,
    /// Main engine wanted.
    pub main: bool,
    /// Collective of the assist engines, 0 to 1; zero shuts them.
    pub collective: f64,
}
