//! Fault management: what disagrees, for how long, and what is done about it.
//!
//! Owns: the table of every monitor ([`table`]), the belief about the ranging sensors ([`rangefinder`]
//! with [`bank`] and [`window`]) and about the velocimeter ([`velocimeter`]), the other monitors.

pub mod bank;
pub mod contact;
pub mod engines;
pub mod inertial;
pub mod monitors;
pub mod rangefinder;
pub mod table;
pub mod velocimeter;
pub mod window;
