//! Many runs: campaigns, landing probability with its confidence, rare events, the search for failures.
//!
//! Duty: flies a scenario many times, on purpose, and says what that amounts to.
//! Doors: [`runs::run`] (a campaign), [`runs::merge`] (one result of many parts), [`slurm`] (on a cluster),
//! [`rare::estimate`] (a rare event).
//! Does not own: one run (`rig::closed_loop`), what a good landing is (`rig::verdict`), exact intervals
//! (`rig::statistics`), the terminal (`app`).
//!
//! | id | shall | test |
//! |---|---|---|
//! | CMP-1 | keep a campaign's partial results and resume them | `tests/runs.rs` |
//! | CMP-2 | give the same rows on any number of threads | `one_thread_and_two_give_the_same_rows` |
//! | CMP-3 | leave the same file however its runs were stopped, sharded, doubled or merged | `shards_merge_into_the_file_of_one_process` |
//! | CMP-4 | give the probability of a rare event with an interval that holds what it says | `splitting_covers_the_truth`, `subset_simulation_covers_the_truth`, `importance_sampling_covers_the_truth_also_with_two_regions` |
//! | CMP-5 | fly every failure found again, bit by bit | `what_an_estimate_finds_flies_again` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

pub mod rare;
pub mod runs;
pub mod slurm;

/// SHA-256 of what decides a run's bits: the sources, data and versions that this program was built of, and the
/// compiler. Two builds of the same sources have the same.
pub const fn code() -> &'static str {
    env!("FRIGORIS_CODE")
}
