//! Settling: laying a lander down on its feet after contact, and holding it there.
//!
//! Owns: [`Settling`], when the engines are to be cut off; [`Touching`], the torque against what turns; the
//! valves for both. Does not own: contact and its evidence (`faults::contact`), the phases (`mode`).
//!
//! Level feet meet a slope two at a time. With everything shut at that moment the lander falls over its
//! upper feet onto the lower ones, and trips: a lander of mass m whose centre stands h over its feet turns
//! about the feet that are down with
//!     I_f = I + m h²
//! and the energy of that fall is what topples it [Messuri1985]. So the assist engines go down to their
//! shortest pulses, by which the ground carries most of the weight, and beyond that only brake the turn.
//! They are cut off as soon as a third foot is down, nothing turns any more, or no foot is down: a bounce,
//! or it was no contact. From then on jets alone damp what turns, until the lander rests.
//! As programmed: a damper, torque = −K I w, with I_f while a foot is down and I in the air; beyond the lean
//! that the legs are made for a spring back to the vertical beside it. A jet's push sideways turns the lander
//! about its feet, wherever the jet sits above them.
//! Refuses: knowing which feet it turns about; the slope.

use super::allocate::{self, Jets};
use crate::load::Vehicle;
use icd::bus::{ASSIST_ENGINES, CYCLE, JETS, LEGS};
use nalgebra::Vector3;

/// Damper, 1/s.
const K_R: f64 = 1.8;
/// Spring beyond [`LEAN_RAD`], 1/s².
const K_P: f64 = 1.0;
/// Lean beyond which it is pushed back, rad: 12°, the slope that landers of this size are made for.
const LEAN_RAD: f64 = 0.21;
/// Rates below this are left to the legs, rad/s: half as much again as counts as landed.
const STILL_RAD_S: f64 = 0.03;
/// Share of a cycle's rate in the smoothed one: over a pulse frame.
const SMOOTH: f64 = 0.2;
/// Longest time on the engines after contact, s: over 30° at the rate that the damper allows. Assumed.
const LAID_S_MAX: f64 = 5.0;
/// Nothing turns: rate, rad/s, and for how long, s. Assumed.
const QUIET_RAD_S: f64 = 0.03;
const QUIET_S: f64 = 0.3;
/// No foot down for so long is no contact, s: longer than switches chatter. Assumed.
const ALOFT_S: f64 = 0.2;

/// What is remembered since contact.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// Engines lay the lander down.
    pub laying: bool,
    /// A foot is down.
    pub down: bool,
    /// Body rate over some cycles, rad/s: elastic legs tremble at 10 to 20 Hz.
    pub w_B: Vector3<f64>,
    since_s: f64,
    quiet_s: f64,
    aloft_s: f64,
}

impl Settling {
    /// From contact on, turning at `w_B`; `by_engines`: they are to lay it down, if they can turn it.
    pub fn new(vehicle: &Vehicle, by_engines: bool, w_B: Vector3<f64>) -> Self {
        let sideways = Vector3::new(1.0, 1.0, 0.0);
        let turns = allocate::beyond_assist(vehicle, sideways).norm_squared() <= 0.0;
        Self { laying: by_engines && turns, w_B, ..Self::NONE }
    }

    /// In flight.
    pub const NONE: Self = Self {
        laying: false,
        down: false,
        w_B: Vector3::new(0.0, 0.0, 0.0),
        since_s: 0.0,
        quiet_s: 0.0,
        aloft_s: 0.0,
    };

    /// One cycle on the ground, turning at `w_B`: whether the engines are to be cut off.
    ///
    /// - `feet`: how many switches closed carry a lander.
    pub fn follow(&mut self, touchdown: [bool; LEGS], feet: f64, w_B: Vector3<f64>) -> bool {
        let closed = touchdown.iter().filter(|closed| **closed).count() as f64;
        let dt_s = CYCLE.s();
        self.down = closed > 0.0;
        self.since_s += dt_s;
        self.w_B += (w_B - self.w_B) * SMOOTH;
        let turns = self.w_B.norm_squared() > QUIET_RAD_S * QUIET_RAD_S;
        self.quiet_s = if turns { 0.0 } else { self.quiet_s + dt_s };
        self.aloft_s = if self.down { 0.0 } else { self.aloft_s + dt_s };
        let carried = closed >= feet;
        let over = carried || self.quiet_s > QUIET_S || self.aloft_s > ALOFT_S;
        self.laying &= !(over || self.since_s > LAID_S_MAX);
        !self.laying
    }
}

/// The lander as it touches the ground.
#[derive(Clone, Copy, Debug)]
pub struct Touching {
    /// Principal moments of inertia about the centre of mass, kg m².
    pub inertia: Vector3<f64>,
    /// Mass, kg.
    pub mass_kg: f64,
    /// Height of the centre of mass over the base plane, m.
    pub cm_z_m: f64,
    /// Local vertical, body axes.
    pub up_B: Vector3<f64>,
}

impl Touching {
    /// Torque wanted, body axes, N m.
    pub fn torque(&self, vehicle: &Vehicle, settling: &Settling) -> Vector3<f64> {
        let (down, w_B) = (settling.down, settling.w_B);
        let height_m = self.cm_z_m - vehicle.foot_z_m;
        let arm = if down { self.mass_kg * height_m * height_m } else { 0.0 };
        let inertia = self.inertia + Vector3::new(arm, arm, 0.0);
        // The turn that has taken the body's axis away from the vertical.
        let lean = Vector3::new(self.up_B.y, -self.up_B.x, 0.0);
        let size = libm::sqrt(lean.norm_squared());
        let beyond = lean * ((size - LEAN_RAD).max(0.0) / size.max(1e-9));
        let fast = w_B.norm_squared() > STILL_RAD_S * STILL_RAD_S;
        let rate = if fast { w_B } else { Vector3::zeros() };
        -inertia.component_mul(&(rate * K_R + beyond * K_P))
    }

    /// Duties of the assist engines and of the jets for the frame that begins now.
    ///
    /// - `out`: engines that give nothing.
    pub fn duties(
        &self,
        vehicle: &Vehicle,
        settling: &Settling,
        jets: &mut Jets,
        out: [bool; ASSIST_ENGINES],
    ) -> ([f64; ASSIST_ENGINES], [f64; JETS]) {
        let torque = self.torque(vehicle, settling);
        let pivot_z_m = if settling.down { vehicle.foot_z_m } else { self.cm_z_m };
        let least = if settling.laying { allocate::duty_min(vehicle) } else { 0.0 };
        let assist = allocate::assist(vehicle, least, torque, out);
        (assist, jets.duties(vehicle, pivot_z_m, torque))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_load::load;

    const EDGE: [bool; LEGS] = [true, true, false, false];

    fn touching(up_B: Vector3<f64>) -> Touching {
        let inertia = Vector3::new(200.0, 220.0, 150.0);
        Touching { inertia, mass_kg: 400.0, cm_z_m: 0.9, up_B }
    }

    fn turning(w_B: Vector3<f64>, down: bool) -> Settling {
        Settling { w_B, down, ..Settling::NONE }
    }

    /// Cycles until the engines are cut off.
    fn cut_after(legs: [bool; LEGS], rate_rad_s: f64) -> usize {
        let w_B = Vector3::new(rate_rad_s, 0.0, 0.0);
        let mut settling = Settling::new(&load().vehicle, true, w_B);
        (1..1000).find(|_| settling.follow(legs, 3.0, w_B)).unwrap()
    }

    #[test]
    fn engines_are_cut_off_on_three_feet_on_none_at_rest_and_in_the_end() {
        assert_eq!(cut_after([true, true, true, false], 0.5), 1);
        assert_eq!(cut_after([false; LEGS], 0.5), 11, "ALOFT_S");
        assert_eq!(cut_after(EDGE, 0.0), 16, "QUIET_S");
        assert_eq!(cut_after(EDGE, 0.5), 251, "LAID_S_MAX");
        // A foot that chatters while the lander turns is no bounce.
        let w_B = Vector3::new(0.1, 0.0, 0.0);
        let mut settling = Settling::new(&load().vehicle, true, w_B);
        for n in 0..200 {
            let legs = if n % 8 == 0 { EDGE } else { [false; LEGS] };
            assert!(!settling.follow(legs, 3.0, w_B), "cycle {n}");
        }
    }

    #[test]
    fn engines_that_cannot_turn_the_lander_are_cut_off_at_once() {
        let mut vehicle = load().vehicle;
        (vehicle.assist_count, vehicle.p_assist_B[0]) = (1, [0.0; 3]);
        assert!(Settling::new(&vehicle, true, Vector3::x()).follow(EDGE, 3.0, Vector3::x()));
        assert!(Settling::new(&load().vehicle, false, Vector3::x()).follow(
            EDGE,
            3.0,
            Vector3::x()
        ));
    }

    #[test]
    fn the_torque_brakes_the_turn_about_the_feet_and_leans_back_from_a_slope() {
        let vehicle = load().vehicle;
        let up = Vector3::z();
        let w_B = Vector3::new(0.1, -0.2, 0.05);
        let torque = touching(up).torque(&vehicle, &turning(w_B, true));
        let h2 = (0.9 - vehicle.foot_z_m) * (0.9 - vehicle.foot_z_m);
        let by_hand = Vector3::new(
            -1.8 * (200.0 + 400.0 * h2) * 0.1,
            1.8 * (220.0 + 400.0 * h2) * 0.2,
            -1.8 * 150.0 * 0.05,
        );
        assert!((torque - by_hand).norm() < 1e-9, "{torque:?} {by_hand:?}");
        // In the air the lander turns about its own centre.
        let aloft = touching(up).torque(&vehicle, &turning(w_B, false));
        assert!((aloft.x + 1.8 * 200.0 * 0.1).abs() < 1e-9);
        // Leaning by 20° about +x, the axis towards −y, at rest: pushed back about −x.
        let lean = 20f64.to_radians();
        let up_B = Vector3::new(0.0, libm::sin(lean), libm::cos(lean));
        let back = touching(up_B).torque(&vehicle, &turning(Vector3::zeros(), true));
        assert!(back.x < 0.0 && back.y.abs() < 1e-9 && back.z.abs() < 1e-9, "{back:?}");
        // On a slope that legs are made for, at rest: nothing.
        let up_B = Vector3::new(0.2, 0.0, libm::sqrt(0.96));
        assert_eq!(touching(up_B).torque(&vehicle, &turning(Vector3::zeros(), true)).norm(), 0.0);
    }

    #[test]
    fn engines_and_jets_push_against_a_fall_over_the_upper_feet() {
        let vehicle = load().vehicle;
        let mut settling = Settling::new(&vehicle, true, Vector3::new(0.3, 0.0, 0.0));
        settling.follow(EDGE, 3.0, settling.w_B);
        let falling = touching(Vector3::z());
        let none = [false; ASSIST_ENGINES];
        let (assist, jets) = falling.duties(&vehicle, &settling, &mut Jets::new(), none);
        let about_x: f64 = vehicle.p_assist_B.iter().zip(&assist).map(|(p, d)| p[1] * d).sum();
        assert!(about_x * vehicle.assist.thrust_N < -100.0, "{assist:?}");
        // The jets' push about the feet, not about the centre of mass.
        let each = vehicle.p_jet_B.iter().zip(&vehicle.d_jet_B).zip(&jets);
        let about_feet: Vector3<f64> = each
            .map(|((p, d), duty)| {
                let arm = Vector3::new(p[0], p[1], p[2] - vehicle.foot_z_m);
                arm.cross(&Vector3::from(*d)) * (*duty * vehicle.jet.thrust_N)
            })
            .sum();
        assert!(about_feet.x < -50.0, "{about_feet:?}");
        // After the cut-off the jets alone.
        settling.follow([true; LEGS], 3.0, settling.w_B);
        let (assist, jets) = falling.duties(&vehicle, &settling, &mut Jets::new(), none);
        assert!(assist == [0.0; ASSIST_ENGINES] && jets.iter().any(|duty| *duty > 0.0));
    }
}
