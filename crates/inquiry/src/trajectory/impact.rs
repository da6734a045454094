//! From the last packet to the ground.
//!
//! Owns: [`extend`]. Does not own: the ground (`ground`), the estimate before.

use super::*;

pub(super) fn extend(_estimator: &Estimator<'_>, _done: &Done, _trajectory: &mut Trajectory) {}
