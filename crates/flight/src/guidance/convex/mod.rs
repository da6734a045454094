//! Powered descent by convex optimisation, solved on board.
//!
//! Owns: the least-propellant way to a target under limits of thrust, tilt, glide slope and speed; its
//! duration; the proof by propagation that it can be flown; what is flown instead when it cannot.
//! Published — lossless convexification, [AcikmesePloen2007]: minimise ∫ σ dt with
//!     r' = v,   v' = u + g,   z' = −α σ,   |u| ≤ σ,   u = T/m,   z = ln m,
//! and the bounds listed in `rows`; at the optimum |u| = σ, so the bounds on σ are bounds on thrust.
//! Programmed: `N` nodes equally spaced, u and σ linear between them; z₀(t) = ln(m₀ − α ρ₂ t) first, then the
//! mass of the last solution; rotation of `L` and the shape of gravity enter as a disturbance along the last
//! solution, so that a few passes give the solution of the complete equations. Constraints of place hold at
//! the nodes, from the second to the last but one: where the lander is now it can no longer choose.
//! Parts: `cone`, `slack` the algebra; `rows` the constraints; `riccati` the linear system; `interior` the
//! method; `problem` units; `plan` the result and its verification; `search` its duration;
//! `planner` all of it in portions, divert, fallback.
//! Refuses: rotation of the body. How fast thrust may turn is the caller's to limit.

mod cone;
mod interior;
pub mod plan;
pub mod planner;
mod problem;
mod riccati;
mod rows;
mod search;
mod slack;

pub use interior::{Outcome, Status, Workspace};
pub use plan::{Defects, Plan, Residuals, verify};
pub use planner::{Course, Draft, Planner, Progress, Refusal};
pub use problem::{Field, Limits, Start, Target};
pub use search::Bounds;
