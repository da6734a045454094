//! Many runs: campaigns, landing probability with its confidence, rare events, the search for failures.
//!
//! Duty: flies a scenario many times, on purpose, and says what that amounts to.
//! Doors: [`runs::run`] (a campaign), [`matrix::fly`] (sites, azimuths, vehicles and configurations).
//! Does not own: one run (`rig::closed_loop`), what a good landing is (`rig::verdict`), exact intervals
//! (`rig::statistics`), the terminal (`app`).
//!
//! | id | shall | test |
//! |---|---|---|
//! | CMP-1 | keep a campaign's partial results and resume them | `tests/runs.rs` |
//! | CMP-2 | give the same rows on any number of threads | `one_thread_and_two_give_the_same_rows` |
//! | CMP-30 | fly a matrix of sites, azimuths, vehicles and configurations with common random numbers, and go on with it | `a_small_matrix_flies_is_resumed_cell_by_cell_and_shares_its_draws` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

pub mod matrix;
pub mod runs;
