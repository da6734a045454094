//! A scenario as a problem.
