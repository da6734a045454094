//! Integration in time: the rigid body's step, any smooth system with error control, the coast of a point.
//!
//! Owns: the methods. Does not own: derivatives (`dynamics`, `environment`), step sizes of the closed loop
//! (configuration).
//! [`rigid_body`] steps at a fixed rate and is the only one used inside a run; [`dop853`] chooses its own
//! steps and serves [`coast`], the studies and the checks. Both repeat bit for bit.

pub mod coast;
pub mod dop853;
mod rigid_body;

pub use coast::{Coast, CoastError, propagate_coast};
pub use rigid_body::Increments;
pub(crate) use rigid_body::rigid_body_step;
