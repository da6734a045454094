//! The signal: whether it is there, what the lander does meanwhile, how to get it back, and what became of the lander.
//!
//! Owns: nothing of its own; its parts are [`watch`], [`extrapolate`], [`picture`], [`procedure`], [`status`], [`tables`].

pub mod extrapolate;
pub mod picture;
pub mod procedure;
pub mod status;
pub mod tables;
pub mod watch;
