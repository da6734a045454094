//! Navigation: where the lander believes it is, how fast it moves, how it is turned, and how well it
//! knows each.
//!
//! Owns: strapdown propagation, the covariance filter, the aids, the on-board gravity and map.
//! Does not own: what to do about a sensor that disagrees for long (`faults`).
//! Works in `I` with the rotation of the Moon as uploaded; the site frame `L` is for guidance.

pub mod aid;
pub mod covariance;
pub mod filter;
pub mod gap;
pub mod gravity;
pub mod history;
pub mod map;
pub mod site;
pub mod state;
mod unknown;

pub use site::Site;
pub use state::Nav;
