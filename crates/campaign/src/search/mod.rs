//! The search for failures nobody listed: adaptive stress testing of a scenario, against another configuration.
//!
//! Owns: the space of disturbances (`library`), where to look in it (`explore`), the smallest and the likeliest
//! failure (`minimise`), flights as trials (`bench`), what is kept of them (`journal`), the list (`study`), lines
//! (`text`), page (`page`).
//! Does not own: one flight (`rig::closed_loop`), what a loss is (`rig::verdict`), severities (`rig::severity`).
//!
//! As published, [Lee2020]: the most likely path to a failure maximises Σ ln p(x) over disturbances x, with a bonus
//! for failing and, short of it, a penalty for how far the system stayed from failing; differential, when two
//! systems meet the same x and one of them must survive. There a tree search draws x step by step.
//! As programmed: x is a set of disturbances fixed before the flight, few out of some hundred. With 2,000 flights a
//! tree that knew nothing of its leaves would not see every pair; so each disturbance is flown alone first, and
//! what it costs predicts the sets (`explore`).
//!
//! Refuses: the probability of a loss (see `rare`): a list of likely failures is no sum of them; disturbances
//! that answer what the lander does; more than three at once; what the library of faults cannot express.

mod bench;
pub mod explore;
mod journal;
mod library;
mod minimise;
mod page;
mod score;
pub mod space;
pub mod study;
pub mod subject;
#[cfg(test)]
mod tests;
mod text;

pub use bench::Against;
pub use explore::Progress;
pub use page::page;
pub use study::{Request, Study};
pub use subject::SearchError;
pub use text::{json, lines};
