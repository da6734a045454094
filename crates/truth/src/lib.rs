//! Nature and hardware: what happens to the lander, whether or not anyone computes it.
//!
//! Duty: gravity, ephemeris, orientation and terrain of the Moon; the vehicle's six degrees of
//! freedom with mass flow; its engines, sensors and legs; faults as wrappers around them.
//! Doors: [`world::World`] (one run), [`environment`] (shared by many runs),
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
pub mod random;
pub mod sensors;
pub mod vehicle;
pub mod world;
