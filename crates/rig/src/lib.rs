//! Test stand: scenarios, the closed loop, records, verdicts, reports.
//!
//! Duty: puts the flight software in front of nature and judges what comes of it.
//! Doors: [`scenario::Scenario::read`] (a file, checked), [`stand::Stand::new`] (the Moon, the
//! plan and the load, shared by all runs), [`closed_loop::fly`] (one run).
//! Does not own: models of nature (`truth`), what runs on board (`flight`), the terminal (`app`).
//! This is the only room that sees both the fact and the estimate.
//!
//! | id | shall | test |
//! |---|---|---|
//! | RIG-1 | refuse every malformed scenario with file, key, value and limit | `tests/scenario_errors.rs` |
//! | RIG-2 | give the same record hash for the same scenario, seed and run | `tests/determinism.rs` |
//! | RIG-3 | end every run in exactly one of pass, degraded, fail, invalid | `verdict` |
//! | RIG-5 | state every counted share with its exact confidence interval | `published_intervals_are_met_to_their_last_digit` |
//! | RIG-6 | lose Mission 2 by each published candidate cause alone | `each_candidate_cause_alone_is_lost_inside_every_published_band`, `every_candidate_alone_leaves_the_published_range` |
//! | RIG-7 | fly any number of faults at once | `any_number_of_faults_at_once_still_ends_and_repeats`, `ten_ordinary_faults_at_once_do_not_move_the_touchdown` |
//! | RIG-8 | repeat a flight bit by bit from its telemetry, and say where that ends | `tests/replay.rs` |
//! | RIG-9 | find the smallest sets of changes with which a lost flight lands | `tests/counterfactual.rs` |
//! | RIG-10 | try every fault that the library has | `every_kind_of_every_device_has_one_severity_and_no_other` |
//! | RIG-11 | draw dispersed values by the law, design and correlation that the file asks for | `every_quantile_is_the_inverse_of_its_distribution`, `correlated_inputs_have_the_coefficients_asked_and_the_first_keeps_its_numbers` |
//! | RIG-12 | stratify the runs of a Latin hypercube, keep scrambled points a net, and give any run alone | `each_share_of_each_input_comes_once_in_a_latin_hypercube`, `scrambled_points_stay_a_net`, `a_run_is_the_same_alone_in_any_order_and_on_any_thread` |
//! | RIG-13 | fly the values that it says it has drawn | `what_is_drawn_is_what_flies` |
//! | RIG-14 | predict the scatter of navigation errors and of flights from the reference run alone | `one_run_predicts_the_scatter_of_many` |
//! | RIG-20 | fly a scenario's orders of the ground, and replay a commanded flight bit by bit | `tests/commands.rs`, `a_commanded_flight_replays_bit_for_bit` |
//! | RIG-30 | deliver a flight frame by frame through its radio, the same octets for the same seed, and nothing that the store can hold lost | `equal_runs_deliver_equal_octets`, `what_a_loss_hides_comes_out_of_the_store_after_it` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

pub mod arrival;
pub mod closed_loop;
mod computer;
pub mod counterfactual;
pub mod fault_table;
pub mod linear_covariance;
pub mod live;
pub mod load;
pub mod margins;
pub mod measures;
pub mod normal;
pub mod parquet_file;
pub mod rangefinder_study;
pub mod record;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod severity;
pub mod site;
pub mod stand;
pub mod statistics;
pub mod touchdown_study;
pub mod verdict;
pub mod watch;

/// Random streams by seed, number and name: other rooms draw as truth does.
pub use truth::random;
