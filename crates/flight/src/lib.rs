//! On board: the software that flies the lander from lunar orbit to the ground.
//!
//! Duty: navigation, guidance, control, fault management, modes.
//! Doors: [`Flight::step`] takes one [`icd::bus::Sensors`] and returns one [`icd::bus::Actuators`];
//! [`Flight::down`] shows the telemetry snapshot; [`Flight::events`] what the last step announced.
//! A step is a pure function of the state and its input: no clock, no randomness, no I/O, no heap,
//! bounded loops, no panic paths. It never sees truth.
//!
//! | id | shall | test |
//! |---|---|---|
//! | FL-1 | land softly on the target with healthy sensors | `the_nominal_flight_lands_softly_on_its_target` |
//! | FL-2 | as flown, be lost where Mission 2 was lost | `as_flown_is_lost_inside_every_published_band` |
//! | FL-3 | resilient, land with the same faults | `resilient_lands_with_the_same_faults` |
//! | FL-4 | declare landed on contact and rest, never on altitude | `landed_needs_contact_and_rest` |
//! | FL-5 | never fly a plan that its own propagation does not confirm | `verification_sees_what_is_wrong_with_a_plan` |
//! | FL-6 | fly the closed form where there is no plan | `where_no_plan_fits_the_closed_form_is_flown_and_arrives` |
//! | FL-7 | land on ground that is safe where there is any in reach | `over_rocks_the_landing_point_moves_to_safe_ground`, `from_500_m_the_only_good_place_up_to_100_m_aside_is_found_and_reached` |
//! | FL-8 | on uneven ground, lay the lander down and hold it until it rests | `a_lander_on_two_feet_is_laid_down_by_its_engines_and_held_by_its_jets`, `laying_down_saves_landings_on_a_slope_that_topple_with_everything_shut` |
//! | FL-9 | divert by plans of least propellant that were verified, and by the closed form without one | `a_divert_of_up_to_100_m_from_500_m_is_flown_by_plans_that_are_kept_to_and_arrives`, `where_no_plan_fits_the_closed_form_flies_as_if_nobody_had_asked` |
//! | FL-10 | find a velocimeter that drifts by the ranges, and blame it for nothing else | `beams_that_drift_are_found_by_the_ranges_before_they_are_half_a_metre_a_second_wrong`, `an_accelerometer_that_drifts_is_not_blamed_on_the_beams`, `a_range_that_drifts_is_not_blamed_on_the_beams` |
//! | FL-11 | short of thrust, not linger for the planned gate, and stop over known ground | `a_lander_that_comes_low_does_not_linger_to_dive_for_its_gate`, `a_fall_on_the_assist_engines_alone_is_braked_in_time_only_without_credit_for_a_search` |
//! | FL-20 | obey the ground's orders where the dictionary, their arming and the state of the flight allow it, refuse them whole otherwise, and say which | `a_ping_is_answered_accepted_and_completed`, `an_arming_serves_once_in_time_for_its_own_command`, `the_ground_has_no_say_over_the_burns_once_braking_has_begun`, `loaded_values_are_used_told_and_kept_over_a_restart`, `no_single_packet_loads_a_value_and_no_deorbit_burn_far_from_the_plan`, `orders_outlive_a_restart_that_forgets_everything_else`, `low_down_neither_the_computer_nor_the_only_ranges_are_taken_away`, `diverts_add_up_to_what_can_be_flown_and_no_further` |
//! | FL-21 | let no command through that is forged, replayed or out of sequence | `what_is_forged_replayed_or_out_of_sequence_is_refused_and_says_why`, `far_outside_the_window_only_an_unlock_helps` |
//! | FL-22 | carry scheduled commands out at their time or not at all | `sixteen_packets_wait_and_are_carried_out_in_the_order_of_their_times`, `of_two_packets_for_the_same_time_the_first_sent_is_carried_out_first`, `a_packet_that_was_slept_over_is_dropped_and_so_is_one_from_the_past` |
//! | FL-30 | send what matters most first, and keep what the ground did not get until it has it, the least important dropped first and counted | `what_matters_most_goes_first`, `no_packet_is_lost_while_the_store_has_room`, `the_oldest_of_the_least_important_is_dropped_first_and_counted`, `a_dump_that_is_cut_off_goes_on_after_the_next_contact` |
#![no_std]
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]
#![deny(clippy::cast_possible_truncation, clippy::print_stdout)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp))]
#![allow(clippy::needless_range_loop)] // small fixed matrices read best with their indices

mod announce;
mod apollo;
mod avoid;
mod command;
pub mod control;
mod course;
mod descent;
mod down;
pub mod downlink;
pub mod faults;
pub mod guidance;
pub mod hazard;
pub mod load;
mod mode;
pub mod nav;
mod orders;
mod respond;
mod saved;
mod sense;
mod sense_ground;
mod settle;
#[cfg(test)]
mod test_load;
#[cfg(test)]
mod tests;
mod thrust;
pub mod uplink;

use announce::Announce;
use control::allocate::{self, Jets};
use control::attitude::{Attitude, Plant, believed_inertia, pointing};
use control::settle::Settling;
use faults::contact::ContactWatch;
use faults::engines::EngineWatch;
use faults::inertial::InertialWatch;
use faults::monitors::Monitors;
use faults::rangefinder::{RangeWatch, Ranging};
use faults::velocimeter::BeamWatch;
use guidance::Demand;
use guidance::braking::Solution;
use icd::bus::{Actuators, PULSE_FRAME, Sensors};
use icd::events::Event;
use icd::time::{Span, Time};
use icd::tm::{Innovation, Phase, Snapshot};
use load::{Load, NavStart};
use nalgebra::Vector3;
use nav::{Nav, Site};
use orders::Desk;

/// Cycles in a pulse frame.
const CYCLES: u32 = 5;
/// Share of a deviation of sensed from commanded thrust that is thrust and not mass: variances of 0.75 % and
/// 0.5 %, which is what dispersions of engines, tanks and structure come to.
const THRUST_OF_RATIO: f64 = 0.7;
/// After the last open valve the accelerometers are still read for thrust: lag of the engines.
const THRUST_TAIL: Span = Span::from_ms(400);

/// The innovation lines of the aids.
#[derive(Clone, Copy, Debug, Default)]
struct Lines {
    rangefinder: Innovation,
    velocimeter: Innovation,
    star_tracker: Innovation,
    radar_altimeter: Innovation,
    camera: Innovation,
}

/// The flight software's whole state.
#[derive(Clone, Debug)]
pub struct Flight<'a> {
    load: &'a Load,
    site: Site,
    /// Where the ground wants the lander: the site, or where a divert has moved it.
    landing: Site,
    /// Where guidance wants to land: the same, or a place beyond it where thrust is short.
    aim: Site,
    nav: Nav,
    watch: RangeWatch,
    radar: RangeWatch,
    engines: EngineWatch,
    inertial: InertialWatch,
    beams: BeamWatch,
    contact: ContactWatch,
    monitors: Monitors,
    announce: Announce,
    lines: Lines,
    ground: sense_ground::Memory,
    first_speeds: [sense::FirstSpeeds; 3],
    mode: mode::Mode,
    attitude: Attitude,
    jets: Jets,
    solution: Option<Solution>,
    apollo: apollo::Memory,
    guide: command::Guide,
    actuators: Actuators,
    snapshot: Snapshot,
    /// Touchdown switches as read, one bit each.
    switches: u8,
    propellant_kg: f64,
    thrust_scale: f64,
    thrusting_until: Time,
    quiet_cycles: u32,
    quiet_sum: Vector3<f64>,
    cycle: u32,
    resumed: bool,
    altitude_reset: Option<Time>,
    disagreement: (Option<Ranging>, Time),
    backwards: u32,
    doubt: (f64, f64),
    avoid: avoid::Avoid,
    settling: Settling,
    course: course::Course,
    desk: Desk,
}

impl<'a> Flight<'a> {
    /// Powers up with a load and the last orbit determination.
    pub fn new(load: &'a Load, start: &NavStart) -> Self {
        let line = |usage| Innovation { age_s: 1e6, usage, ..Innovation::default() };
        let aids = load.aids;
        Self {
            load,
            site: Site::new(&load.target),
            landing: Site::new(&load.target),
            aim: Site::new(&load.target),
            nav: Nav::new(load, start),
            watch: RangeWatch::new(Ranging::Rangefinder),
            radar: RangeWatch::new(Ranging::RadarAltimeter),
            engines: EngineWatch::new(),
            inertial: InertialWatch::new(),
            beams: BeamWatch::new(),
            contact: ContactWatch::new(),
            monitors: Monitors::new(),
            announce: Announce::default(),
            lines: Lines {
                rangefinder: line(aids.rangefinder),
                velocimeter: line(aids.velocimeter),
                star_tracker: line(aids.star_tracker),
                radar_altimeter: line(aids.radar_altimeter),
                camera: line(aids.camera),
            },
            ground: sense_ground::Memory::new(),
            first_speeds: Default::default(),
            mode: mode::Mode::new(load, start.t),
            attitude: Attitude::new(),
            jets: Jets::new(),
            solution: None,
            apollo: apollo::Memory::new(),
            guide: command::Guide::new(),
            actuators: Actuators::safe(start.t),
            snapshot: Snapshot::default(),
            switches: 0,
            propellant_kg: load.vehicle.propellant_kg,
            thrust_scale: 1.0,
            thrusting_until: start.t - THRUST_TAIL,
            quiet_cycles: 0,
            quiet_sum: Vector3::zeros(),
            cycle: 0,
            resumed: false,
            altitude_reset: None,
            disagreement: (None, start.t),
            backwards: 0,
            doubt: (0.0, 0.0),
            avoid: avoid::Avoid::new(),
            settling: Settling::NONE,
            course: course::Course::new(),
            desk: Desk::new(load),
        }
    }

    /// One cycle of [`icd::bus::CYCLE`].
    ///
    /// - `sensors`: what the machine reports; its time must not run backwards.
    /// - Returns valve commands that take effect at `sensors.t`.
    pub fn step(&mut self, sensors: &Sensors) -> Actuators {
        self.announce.clear();
        let frame = self.cycle.is_multiple_of(CYCLES);
        self.cycle = self.cycle.wrapping_add(1);
        self.sense(sensors, frame);
        self.switches =
            sensors.touchdown.iter().rev().fold(0, |bits, on| (bits << 1) | u8::from(*on));
        self.spend();
        self.obey(sensors);
        self.change_mode(sensors);
        if frame {
            self.command();
            self.refresh_snapshot();
        } else if self.mode.valves_shut() {
            // Engines are cut in the cycle that decides it, not at the next frame.
            self.actuators = Actuators::safe(sensors.t);
        } else {
            self.actuators.new_frame = false;
            self.actuators.t = sensors.t;
        }
        self.actuators.sweep = self.look_for_hazards(sensors);
        self.plan_on();
        self.command_units();
        if self.actuators.main_open
            || self.actuators.assist_on_us.iter().chain(&self.actuators.jet_on_us).any(|us| *us > 0)
        {
            self.thrusting_until = sensors.t + PULSE_FRAME + THRUST_TAIL;
        }
        self.actuators
    }

    /// The telemetry snapshot, refreshed once a pulse frame.
    pub fn down(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The phase after the last step.
    pub fn phase(&self) -> Phase {
        self.mode.phase
    }

    /// Distance of the thrust line from the centre of mass along body x and y as observed, m.
    pub fn thrust_offset_m(&self) -> [f64; 2] {
        self.attitude.thrust_offset_m()
    }

    /// Events raised by the last step.
    pub fn events(&self) -> &[Event] {
        self.announce.events()
    }

    /// Estimated mass, kg.
    fn mass_kg(&self) -> f64 {
        self.load.vehicle.dry_kg + self.propellant_kg.max(0.0)
    }

    /// Books the propellant that the last cycle's commands used, what each opening wastes included.
    fn spend(&mut self) {
        let vehicle = &self.load.vehicle;
        let share = icd::bus::CYCLE.s() / PULSE_FRAME.s();
        let frame_us = PULSE_FRAME.s() * 1e6;
        // A valve that stays open over the whole frame does not open in it.
        let seconds = |widths: &[u32], waste_s: f64| {
            let open = widths.iter().map(|us| f64::from(*us)).filter(|us| *us > 0.0);
            open.map(|us| us * 1e-6 + if us < frame_us { waste_s } else { 0.0 }).sum::<f64>()
        };
        let (assist, jet) = (&vehicle.assist, &vehicle.jet);
        let mut used = seconds(&self.actuators.assist_on_us, assist.waste_s) * assist.flow_kg_s();
        used += seconds(&self.actuators.jet_on_us, jet.waste_s) * jet.flow_kg_s();
        used *= share;
        if self.actuators.main_open {
            used += icd::bus::CYCLE.s() * vehicle.main.flow_kg_s();
        }
        // Of a sensed thrust off the commanded one the tanks feel what cannot be an error of mass.
        used *= 1.0 + THRUST_OF_RATIO * (self.thrust_scale - 1.0);
        self.propellant_kg = (self.propellant_kg - used).max(0.0);
    }

    /// Thrust acceleration asked for in the present frame, m/s², along body z, by the sensed scale.
    fn asked_m_s2(&self) -> f64 {
        let vehicle = &self.load.vehicle;
        let us: f64 = self.actuators.assist_on_us.iter().map(|us| f64::from(*us)).sum();
        let main = if self.actuators.main_open { vehicle.main.thrust_N } else { 0.0 };
        let thrust = main + us * 1e-6 / PULSE_FRAME.s() * vehicle.assist.thrust_N;
        self.thrust_scale * thrust / self.mass_kg().max(1.0)
    }

    /// Guidance and control for the frame that begins now.
    fn command(&mut self) {
        let t = self.nav.t;
        self.actuators = match self.guide() {
            Some(demand) => self.actuate(&demand, t),
            None => self.settle(t),
        };
    }

    /// Principal moments of inertia, kg m², and how full the tanks are, 0 to 1.
    fn inertia(&self) -> (Vector3<f64>, f64) {
        believed_inertia(&self.load.vehicle, self.propellant_kg)
    }

    fn actuate(&mut self, demand: &Demand, t: Time) -> Actuators {
        let vehicle = &self.load.vehicle;
        let (inertia, fill) = self.inertia();
        let cm_z_m = vehicle.cm_z_m[0] + (vehicle.cm_z_m[1] - vehicle.cm_z_m[0]) * fill;
        let powered = demand.collective > 0.0 || demand.main;
        let p = self.propulsion();
        let thrust_N = if demand.main { p.main.0 } else { 0.0 } + demand.collective * p.assist.0;
        if let Some(disturbance) = self.engines.disturbance() {
            self.attitude.settle(disturbance);
        }
        let torque = self.attitude.torque(
            pointing(demand.d_I, demand.left_I),
            self.nav.q_IB,
            self.nav.w_IB_B.si(),
            &Plant {
                inertia,
                slew_rad_s_max: self.slew_rad_s(),
                powered,
                thrust_N,
                dt_s: PULSE_FRAME.s(),
            },
        );
        let out = self.engines.out();
        let mut assist = allocate::assist(vehicle, demand.collective, torque, out);
        if demand.collective > 0.0 {
            self.engines.try_again(t, &mut assist);
        }
        if demand.main && self.guide.frames.is_multiple_of(thrust::ROOF_FRAMES) {
            let all = allocate::assist(vehicle, self.duty_max(), torque, out);
            self.guide.follow_roof(allocate::collective_of(vehicle, &all, out));
        }
        let for_jets =
            if demand.collective > 0.0 { allocate::beyond_assist(vehicle, torque) } else { torque };
        let jets = self.jets.duties(vehicle, cm_z_m, for_jets);
        Actuators {
            t,
            new_frame: true,
            main_open: demand.main && vehicle.main.thrust_N > 0.0,
            assist_on_us: assist.map(allocate::width_us),
            jet_on_us: jets.map(allocate::width_us),
            sweep: None,
            restart_rangefinder: false,
            reboot: None,
        }
    }
}
