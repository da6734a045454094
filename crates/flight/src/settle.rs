//! From the first contact to rest: when the lander is laid down and held, by what navigation knows.
//!
//! Owns: the valves between contact and landed. Does not own: the law (`control::settle`), contact and its
//! evidence (`faults::contact`), the phases (`mode`).
//! Contact that no switch has seen, the as-flown configuration and the logic of other missions: everything is
//! shut at once and stays shut.

use crate::Flight;
use crate::control::allocate;
use crate::control::settle::{Settling, Touching};
use crate::faults::table;
use crate::load::{Legacy, after};
use icd::bus::{Actuators, Sensors};
use icd::time::Time;
use icd::tm::Phase;
use nalgebra::Vector3;

/// Longest time that jets fire on the ground, s. Assumed.
const HELD_S_MAX: f64 = 20.0;

impl Flight<'_> {
    /// Contact was made, by switches or by what is felt.
    pub(crate) fn begin_settling(&mut self, by_switches: bool) {
        let by_engines = by_switches && self.settles();
        self.settling = Settling::new(&self.load.vehicle, by_engines, self.nav.w_IB_B.si());
    }

    /// Whether this load settles the lander at all.
    pub(crate) fn settles(&self) -> bool {
        self.load.faults.bank && self.load.faults.legacy == Legacy::None
    }

    /// Whether the engines are to be cut off, were the phase `Contact`; asked once a cycle.
    pub(crate) fn laid_down(&mut self, sensors: &Sensors) -> bool {
        self.settling.follow(sensors.touchdown, table::LAID.threshold, self.nav.w_IB_B.si())
    }

    /// Most that the jets open in this frame could push the lander with, m/s².
    pub(crate) fn jets_m_s2(&self) -> f64 {
        let vehicle = &self.load.vehicle;
        let each = self.actuators.jet_on_us.iter().zip(&vehicle.d_jet_B);
        let open = each.filter(|(us, _)| **us > 0).map(|(_, d)| Vector3::from(*d));
        let push = open.fold(Vector3::zeros(), |sum: Vector3<f64>, d| sum + d);
        libm::sqrt(push.norm_squared()) * vehicle.jet.thrust_N / self.mass_kg().max(1.0)
    }

    /// Valves for the frame that begins now, when there is nothing to fly to.
    pub(crate) fn settle(&mut self, t: Time) -> Actuators {
        let laying = self.mode.phase == Phase::Contact && self.settling.laying;
        let held = self.mode.phase == Phase::CutOff && after(t, self.mode.t_phase) < HELD_S_MAX;
        if self.mode.abandoned || !self.settles() || !(laying || held) {
            return Actuators::safe(t);
        }
        let vehicle = &self.load.vehicle;
        let (inertia, fill) = self.inertia();
        let up_I = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let touching = Touching {
            inertia,
            mass_kg: self.mass_kg(),
            cm_z_m: vehicle.cm_z_m[0] + (vehicle.cm_z_m[1] - vehicle.cm_z_m[0]) * fill,
            up_B: self.nav.q_IB.rotation().si().tr_mul(&up_I),
        };
        let out = self.engines.out();
        let (assist, jets) = touching.duties(vehicle, &self.settling, &mut self.jets, out);
        Actuators {
            t,
            new_frame: true,
            main_open: false,
            assist_on_us: assist.map(allocate::width_us),
            jet_on_us: jets.map(allocate::width_us),
            sweep: None,
            restart_rangefinder: false,
            reboot: None,
        }
    }
}
