//! One inquiry from beginning to end.
//!
//! Owns: the order of the steps. Does not own: any of them.
