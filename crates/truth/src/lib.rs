//! Nature and hardware: what happens to the lander, whether or not anyone computes it.
//!
//! Duty: gravity, ephemeris, orientation and terrain of the Moon; the vehicle's six degrees of
//! freedom with mass flow; its engines, sensors and legs; faults as wrappers around them; its radio and
//! who hears it.
//! Doors: [`world::World`] (one run), [`radio::Radio`] (its link), [`environment`] (shared by many runs),
//! [`integrate::propagate_coast`] (arrival computations), [`integrate::dop853`] (any smooth system).
//! Does not own: what the flight software believes (`flight`), files and scenarios (`rig`).
//!
//! | id | shall | test |
//! |---|---|---|
//! | TRUTH-1 | deliver the commanded impulse exactly at any step | `a_pulse_that_ends_inside_a_step_keeps_its_impulse` |
//! | TRUTH-2 | conserve angular momentum and energy without torque | `free_rotation_conserves_momentum_and_energy` |
//! | TRUTH-3 | obey the rocket equation | `a_burn_in_empty_space_obeys_the_rocket_equation` |
//! | TRUTH-4 | repeat bit for bit from the same seed | `the_same_seed_repeats_bit_for_bit` |
//! | TRUTH-5 | let a fault change only what it names | `a_fault_changes_only_what_it_names` |
//! | TRUTH-6 | come to rest after a soft contact | `a_soft_drop_comes_to_rest` |
//! | TRUTH-7 | keep momentum while its liquid swings | `without_outer_forces_momentum_is_kept_while_the_liquid_swings` |
//! | TRUTH-8 | gain no energy from the ground | `energy_never_grows` |
//! | TRUTH-9 | trip at the speed of a plastic impact | `the_speed_that_trips_a_lander_is_that_of_a_plastic_impact` |
//! | TRUTH-10 | attract as the published field does, at every degree and at the poles | `an_independent_evaluator_agrees_at_every_degree`, `at_the_poles_themselves_the_field_is_the_closed_form_there` |
//! | TRUTH-11 | have Earth, Sun and the Moon's axes where DE421 has them | `the_moon_and_the_sun_stand_where_de421_puts_them`, `the_principal_axes_stand_where_de421_puts_them` |
//! | TRUTH-12 | carry an orbiter as other means do | `a_low_orbiter_is_the_same_after_two_hours_by_other_means` |
//! | TRUTH-13 | turn as a free body and under torque as published | `a_free_asymmetric_body_follows_the_exact_solution`, `a_turning_station_turns_under_a_torque_as_case_9b_says` |
//! | TRUTH-14 | push with sunlight, and shade it | `the_pressure_at_one_astronomical_unit_is_the_textbooks`, `the_shadow_of_the_moon_is_what_rays_say_it_is` |
//! | TRUTH-15 | swing its liquid at the published frequency and decay | `the_liquid_swings_at_the_published_frequency_and_decay` |
//! | TRUTH-16 | have ground of the published slopes, craters and rocks | `maria_have_the_published_slopes_from_half_a_metre_to_a_kilometre`, `highlands_have_the_published_slopes_from_half_a_metre_to_a_kilometre`, `as_many_craters_lie_there_as_published_at_every_size`, `as_many_rocks_lie_there_as_published_at_every_size` |
//! | TRUTH-17 | read the same ground from a file however it is laid out, and survive a damaged one | `the_same_samples_make_the_same_ground_however_they_lie_in_the_file`, `flipped_bytes_in_a_tile_never_panic` |
//! | TRUTH-18 | let no ray pass through ground | `rays_over_generated_ground_are_those_of_brute_force`, `rays_over_steep_measured_ground_are_those_of_brute_force` |
//! | TRUTH-19 | return laser light as the link equation has it, and detect it by chance | `the_peak_power_is_the_published_equation_worked_by_hand`, `echoes_come_as_often_and_as_noisy_as_the_link_says` |
//! | TRUTH-20 | hide the ground behind the dust of the engines | `dust_under_the_engines_blinds_the_beams_near_the_ground_and_goes_with_them` |
//! | TRUTH-21 | give an inertial unit the errors of its data sheet | `allan_variance_of_the_random_walk_falls_with_time`, `allan_variance_of_the_bias_in_run_has_its_published_form_and_peak` |
//! | TRUTH-22 | measure a beam's speed over the turning ground, a radar's height over its nearest | `beams_measure_the_velocity_over_the_turning_ground`, `the_radar_reads_the_height_over_smooth_ground_whatever_the_tilt` |
//! | TRUTH-23 | let a device that is added change no other | `a_camera_and_a_gauge_change_no_other_device` |
//! | TRUTH-24 | accept every fault that a device can have and name what is wrong with others | `every_known_fault_is_accepted_and_wrong_ones_are_named` |
//! | TRUTH-25 | take kernels and fields of a user's, or say what is wrong with them | `kernels_written_from_the_built_in_series_give_the_built_in_moon`, `both_formats_give_the_field_that_was_written` |
//! | TRUTH-26 | sweep the ground for hazards as told, and say what lies under the pads | `it_fires_only_when_told_and_beyond_its_reach_nothing_comes_back`, `rocks_under_pads_are_those_that_stand_there_and_slopes_are_those_of_the_plane` |
//! | TRUTH-27 | list every number that is drawn once a run, and take it as given | `every_constant_of_the_list_is_one_that_counts_and_no_other_is_drawn`, `giving_what_would_be_drawn_changes_no_bit` |
//! | TRUTH-28 | hear of the lander as far as the sky allows | `the_moon_stands_over_every_station_where_another_program_puts_it`, `the_moon_hides_the_earth_for_46_5_minutes_of_a_revolution`, `stations_cover_a_month_as_published` |
//! | TRUTH-29 | and as well as the link budget says | `the_loss_of_free_space_is_that_of_the_table`, `bit_rates_are_those_of_the_table`, `it_locks_after_a_search_and_lets_go_after_a_second_below` |
//! | TRUTH-30 | keep a beacon of its own beside the main radio | `the_backup_path_lives_when_the_main_one_dies`, `short_frames_are_found_sooner` |
//! | TRUTH-31 | let a radio that nobody answers try what may help, step by step | `a_lower_rate_brings_frames_back`, `the_other_antenna_brings_the_link_back`, `the_other_transmitter_brings_the_link_back`, `the_bare_carrier_is_heard_where_nothing_else_is`, `off_and_on_again_brings_the_link_back`, `listening_with_a_beacon_lives_through_the_hours_without_a_station` |
//! | TRUTH-32 | pass on through relays what no station sees | `two_relays_cover_the_far_side_as_published`, `at_schroedinger_the_earth_never_rises` |
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod actuators;
pub mod contact;
pub mod dynamics;
pub mod environment;
pub mod faulty;
pub mod integrate;
pub mod radio;
pub mod random;
pub mod sensors;
pub mod vehicle;
pub mod world;
