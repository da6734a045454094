//! Many runs: campaigns, landing probability with its confidence, rare events, the search for failures.
//!
//! Duty: flies a scenario many times, on purpose, and says what that amounts to.
//! Doors: [`runs::run`] (a campaign), [`search::Study::of`] (a search for failures).
//! Does not own: one run (`rig::closed_loop`), what a good landing is (`rig::verdict`), exact intervals
//! (`rig::statistics`), the terminal (`app`).
//!
//! | id | shall | test |
//! |---|---|---|
//! | CMP-1 | keep a campaign's partial results and resume them | `tests/runs.rs` |
//! | CMP-2 | give the same rows on any number of threads | `one_thread_and_two_give_the_same_rows` |
//! | CMP-SEARCH-1 | find failures of known problems at their likeliest points | `two_regions_that_need_two_disturbances_each_are_both_found_at_their_likeliest_points` |
//! | CMP-SEARCH-2 | replay every failure it finds bit by bit from the file it leaves | `a_failure_replays_bit_by_bit_from_its_file_whatever_the_threads_and_after_a_stop` |
//! | CMP-SEARCH-3 | be able to write every disturbance of its library as a scenario | `every_disturbance_of_the_library_is_a_scenario` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

pub mod runs;
pub mod search;
