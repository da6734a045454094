//! From the first contact to rest: laying the lander down on its feet, and holding it there.
//!
//! Owns: [`Settling`], what the engines do in the phase `Contact` and the jets until the lander rests.
//! Does not own: contact and its evidence (`faults::contact`), the torque (`control::settle`).
//!
//! Level feet meet a slope two at a time. With everything shut at that moment the lander falls over its
//! upper feet onto the lower ones: on 20° it comes down at 0.6 rad/s, more than enough to trip it. So the
//! assist engines go down to their shortest pulses at contact, by which the ground carries most of the
//! weight, and beyond that only brake the turn; they are cut off as soon as
//! - a third foot is down, or nothing turns any more, or no foot is down: a bounce, or it was no contact;
//! - or [`LAID_S_MAX`] have passed.
//! Contact that no switch has seen, engines that cannot turn the lander, the logic of other missions: cut off
//! at once. From then on jets damp what still turns, until it has landed or [`HELD_S_MAX`] have passed.

use crate::Flight;
use crate::control::allocate;
use crate::control::settle::Touching;
use crate::faults::table;
use crate::load::{Legacy, after};
use icd::bus::{ASSIST_ENGINES, Actuators, CYCLE, Sensors};
use icd::time::Time;
use icd::tm::Phase;
use nalgebra::Vector3;

/// Longest time on the engines after contact, s: a fall over 25° at a third of its free rate. Assumed.
const LAID_S_MAX: f64 = 5.0;
/// Longest time that jets fire on the ground, s. Assumed.
const HELD_S_MAX: f64 = 20.0;
/// Nothing turns: rate, rad/s, and for how long, s. Assumed.
const QUIET_RAD_S: f64 = 0.03;
const QUIET_S: f64 = 0.3;
/// No foot down for so long is no contact, s: longer than switches chatter.
const ALOFT_S: f64 = 0.2;

/// What is remembered since contact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settling {
    /// Engines lay the lander down.
    laying: bool,
    quiet_s: f64,
    aloft_s: f64,
    down: bool,
}

impl Settling {
    /// In flight.
    pub const fn new() -> Self {
        Self { laying: false, quiet_s: 0.0, aloft_s: 0.0, down: false }
    }
}

impl Flight<'_> {
    /// Contact was made, by switches or by what is felt.
    pub(crate) fn begin_settling(&mut self, by_switches: bool) {
        let sideways = Vector3::new(1.0, 1.0, 0.0);
        let turns = allocate::beyond_assist(&self.load.vehicle, sideways) == Vector3::zeros();
        self.settling = Settling { laying: by_switches && turns && self.settles(), ..Settling::new() };
    }

    fn settles(&self) -> bool {
        self.load.faults.bank && self.load.faults.legacy == Legacy::None
    }

    /// Whether the engines are to be cut off, were the phase `Contact`; asked once a cycle.
    pub(crate) fn laid_down(&mut self, sensors: &Sensors, in_phase_s: f64) -> bool {
        let closed = sensors.touchdown.iter().filter(|closed| **closed).count();
        let turns = self.nav.w_IB_B.norm() > QUIET_RAD_S;
        let settling = &mut self.settling;
        settling.down = closed > 0;
        let dt_s = CYCLE.s();
        settling.quiet_s = if turns { 0.0 } else { settling.quiet_s + dt_s };
        settling.aloft_s = if closed > 0 { 0.0 } else { settling.aloft_s + dt_s };
        let over = closed as f64 >= table::LAID.threshold || settling.quiet_s > QUIET_S || settling.aloft_s > ALOFT_S;
        !settling.laying || over || in_phase_s > LAID_S_MAX
    }


    /// Most that the jets open in this frame could push the lander with, m/s².
    pub(crate) fn jets_m_s2(&self) -> f64 {
        let vehicle = &self.load.vehicle;
        let each = self.actuators.jet_on_us.iter().zip(&vehicle.d_jet_B);
        let open = each.filter(|(us, _)| **us > 0).map(|(_, d)| Vector3::from(*d));
        let push = open.fold(Vector3::zeros(), |sum: Vector3<f64>, d| sum + d);
        libm::sqrt(push.norm_squared()) * vehicle.jet.thrust_N / self.mass_kg().max(1.0)
    }

    fn touching(&self) -> (Touching, f64) {
        let vehicle = &self.load.vehicle;
        let (inertia, fill) = self.inertia();
        let cm_z_m = vehicle.cm_z_m[0] + (vehicle.cm_z_m[1] - vehicle.cm_z_m[0]) * fill;
        let up_I = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let touching = Touching {
            inertia,
            mass_kg: self.mass_kg(),
            height_m: cm_z_m - vehicle.foot_z_m,
            down: self.settling.down,
            up_B: self.nav.q_IB.rotation().si().tr_mul(&up_I),
            w_B: self.nav.w_IB_B.si(),
        };
        (touching, cm_z_m)
    }

    /// Valves for the frame that begins now, when there is nothing to fly to.
    pub(crate) fn settle(&mut self, t: Time) -> Actuators {
        let engines = self.mode.phase == Phase::Contact && self.settling.laying;
        let held = self.mode.phase == Phase::CutOff && after(t, self.mode.t_phase) < HELD_S_MAX;
        if self.mode.abandoned || !self.settles() || !(engines || held) {
            return Actuators::safe(t);
        }
        let vehicle = &self.load.vehicle;
        let (touching, cm_z_m) = self.touching();
        let torque = touching.torque();
        // A push at a jet's height turns the lander about the feet that are down.
        let pivot_z_m = if touching.down { vehicle.foot_z_m } else { cm_z_m };
        let jets = self.jets.duties(vehicle, pivot_z_m, torque);
        let out = self.engines.out();
        let none = [0.0; ASSIST_ENGINES];
        let least = allocate::duty_min(vehicle);
        let assist = if engines { allocate::assist(vehicle, least, torque, out) } else { none };
        Actuators {
            t,
            new_frame: true,
            main_open: false,
            assist_on_us: assist.map(allocate::width_us),
            jet_on_us: jets.map(allocate::width_us),
            sweep: None,
        }
    }
}
