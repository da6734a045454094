//! Many runs: campaigns, landing probability with its confidence, rare events, the search for failures.
//!
//! Duty: flies a scenario many times, on purpose, and says what that amounts to.
//! Doors: [`runs::run`] (a campaign).
//! Does not own: one run (`rig::closed_loop`), what a good landing is (`rig::verdict`), exact intervals
//! (`rig::statistics`), the terminal (`app`).
//!
//! | id | shall | test |
//! |---|---|---|
//! | CMP-1 | keep a campaign's partial results and resume them | `tests/runs.rs` |
//! | CMP-2 | give the same rows on any number of threads | `one_thread_and_two_give_the_same_rows` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

pub mod runs;
pub mod search;
