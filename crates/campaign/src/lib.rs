//! Many runs: campaigns, landing probability with its confidence, rare events, the search for failures.
//!
//! Duty: flies a scenario many times, on purpose, and says what that amounts to.
//! Doors: [`runs::run`] (a campaign), [`runs::merge`] (one result of many parts), [`slurm`] (on a cluster),
//! [`matrix::fly`] (sites, azimuths, vehicles and configurations), [`report::make`] (a campaign's report),
//! [`rare::estimate`] (a rare event), [`search::Study::of`] (a search for failures), [`requirements::requirements`].
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
//! | CMP-30 | fly a matrix of sites, azimuths, vehicles and configurations with common random numbers, and go on with it | `a_small_matrix_flies_is_resumed_cell_by_cell_and_shares_its_draws` |
//! | CMP-20 | show a share or a quantile by order statistics, with the runs that it takes | `runs_needed_are_those_of_the_published_table`, `bounds_cover_the_quantile_as_often_as_they_say` |
//! | CMP-21 | name the inputs that drive a margin, and none that does not | `indices_of_the_ishigami_function_are_those_in_closed_form`, `indices_of_a_linear_gaussian_model_are_those_in_closed_form`, `intervals_cover_and_the_floor_holds_with_the_runs_of_a_small_campaign` |
//! | CMP-22 | group failed runs by what they share, with a rule that chance would not find | `two_planted_ways_to_fail_are_found_with_their_rules`, `one_way_to_fail_stays_one_and_chance_makes_no_rule` |
//! | CMP-23 | give the same report from the file alone, however its rows came together | `the_report_is_that_of_the_file_whatever_the_order_of_its_rows` |
//! | CMP-24 | state for each requirement the tests and runs that show it | `every_purpose_of_a_scenario_is_a_requirement_that_names_the_scenario`, `evidence_is_weighed_as_the_published_table_says` |
//! | CMP-40 | find failures of known problems at their likeliest points | `two_regions_that_need_two_disturbances_each_are_both_found_at_their_likeliest_points` |
//! | CMP-41 | replay every failure it finds bit by bit from the file it leaves | `a_failure_replays_bit_by_bit_from_its_file_whatever_the_threads_and_after_a_stop` |
//! | CMP-42 | be able to write every disturbance of its library as a scenario | `every_disturbance_of_the_library_is_a_scenario` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

pub mod clusters;
pub mod failures;
pub mod matrix;
pub mod order;
pub mod rare;
pub mod report;
pub mod requirements;
pub mod runs;
pub mod search;
pub mod sensitivity;
pub mod slurm;
pub mod toml_text;

/// SHA-256 of what decides a run's bits: the sources, data and versions that this program was built of, and the
/// compiler. Two builds of the same sources have the same.
pub const fn code() -> &'static str {
    env!("FRIGORIS_CODE")
}
