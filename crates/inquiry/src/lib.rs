//! The inquiry: from a lost mission's telemetry to its cause.
//!
//! Duty: takes what the ground received and what the mission knew of itself, and says what happened, why, how sure that is,
//! and what would have saved the lander.
//! Doors: [`evidence::Evidence`] (what was received), [`mission::Mission::of`] (what was known), and
//! [`inquiry`].
//! Does not own: one flight (`rig::closed_loop`), the library of faults (`truth::faulty`), the terminal (`app`).
//! Refuses: truth. No record, seed or run of the flight in question reaches this room; the faults that a mission's file
//! names are struck out before anything looks at it.
//!
//! | id | shall | test |
//! |---|---|---|
//! | INQ-1 | say of telemetry in any state what can be said, and never panic | `telemetry_in_any_state_is_answered` |
//! | INQ-2 | replay what was received bit by bit, and say from where on it is not exact | `over_a_gap_the_replay_goes_on_and_says_that_it_is_not_exact` |
//! | INQ-3 | estimate the motion with an uncertainty that holds | `healthy_flights_lie_within_their_own_uncertainty_and_innovations_are_white` |
//! | INQ-4 | find nothing on a healthy flight | `a_healthy_flight_shows_nothing`, `a_healthy_flight_with_its_spreads_shows_no_fault`, `a_healthy_unit_shows_nothing` |
//! | INQ-5 | give evidence as a probability that holds | `stated_probabilities_hold_over_two_thousand_flights` |
//! | INQ-6 | name the mechanism of Mission 1 | `a_valid_sensor_that_is_rejected_where_the_ground_falls_met_a_terrain_step` |
//! | INQ-7 | say from when on Mission 2 was lost, and what would have saved it | `mission_2_was_lost_before_its_first_range`, `mission_2_is_saved_by_what_the_study_of_features_finds` |
//! | INQ-8 | go on after an interruption with nothing lost and no bit changed | `a_journal_cut_anywhere_keeps_what_is_whole_before_the_cut`, `the_journal_spares_the_flights_and_changes_nothing` |
//! | INQ-9 | write the report for people and for programs from one content | `the_twin_has_exactly_the_keys_that_are_documented_with_their_types` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_MB_I`: see NOTATION.md

pub mod catalogue;
pub mod computer;
mod control;
pub mod counterfactual;
pub mod evidence;
pub mod explanation;
pub mod finding;
pub mod inertial;
pub mod inquiry;
pub mod library;
pub mod mission;
pub mod motion;
pub mod points;
pub mod prior;
pub mod replayed;
pub mod report;
#[cfg(test)]
mod sample;
pub mod sensors;
pub mod thrust;
pub mod timeline;
pub mod trajectory;
pub mod work;
