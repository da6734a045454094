//! Phases: when one ends and the next begins.
//!
//! Landed is decided from dissimilar evidence, switches and rest; navigation altitude has no vote.

use crate::Flight;
use crate::load::{Load, after};
use icd::bus::{CYCLE, LEGS, Sensors};
use icd::events::Event;
use icd::time::Time;
use icd::tm::Phase;

/// Switches that must agree, and cycles for which they must.
const CONTACT_LEGS: usize = 2;
const CONTACT_CYCLES: u32 = 2;
/// Rest: rate below this, rad/s, for this long, s, with contact.
const REST_RAD_S: f64 = 0.02;
const REST_S: f64 = 2.0;
/// Longest wait for the ignition solution, s: past any planned ignition, so that a solution that never
/// converges ends in a long landing and not in a coast into the ground. Assumed: the plan arms 60 to 180 s
/// ahead.
const IGNITION_S_MAX: f64 = 240.0;
/// Upright: tilt, rad, and horizontal speed, m/s, that end the pitch-up, or its longest duration, s.
const UPRIGHT_RAD: f64 = 0.12;
const UPRIGHT_M_S: f64 = 8.0;
const PITCH_UP_S_MAX: f64 = 40.0;

/// The phase and what decides the next.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Present phase.
    pub phase: Phase,
    /// When it began.
    pub t_phase: Time,
    contact_cycles: u32,
    rest_s: f64,
    cut: bool,
    /// Velocity change sensed in the deorbit burn, m/s.
    pub deorbit_dv_m_s: f64,
}

impl Mode {
    /// The first phase follows from the start time and the plan.
    pub fn new(load: &Load, t: Time) -> Self {
        let coasting_down = t > load.deorbit.t_ignition;
        let phase = if coasting_down { Phase::DescentCoast } else { Phase::OrbitCoast };
        Self { phase, t_phase: t, contact_cycles: 0, rest_s: 0.0, cut: false, deorbit_dv_m_s: 0.0 }
    }
}

impl Mode {
    /// The phase began with a cut-off: every valve is to be shut at once, inside a frame too.
    pub fn valves_shut(&self) -> bool {
        matches!(self.phase, Phase::Contact | Phase::CutOff | Phase::Landed) || self.cut
    }
}

impl Flight<'_> {
    fn enter(&mut self, phase: Phase, event: Option<Event>) {
        self.mode.phase = phase;
        self.mode.t_phase = self.nav.t;
        if let Some(event) = event {
            self.announce.now(event);
        }
    }

    /// Lets at most one phase change happen in a cycle.
    pub(crate) fn change_mode(&mut self, sensors: &Sensors) {
        self.mode.cut = false;
        let in_phase_s = after(self.nav.t, self.mode.t_phase);
        let contact = self.contact(sensors.touchdown);
        let rest = self.at_rest(sensors.touchdown);
        let plan = self.load.deorbit;
        match self.mode.phase {
            Phase::OrbitCoast if self.nav.t >= plan.t_ignition => {
                self.enter(Phase::Deorbit, Some(Event::DeorbitStarted));
            }
            Phase::Deorbit => {
                let f = self.nav.f_B.si();
                self.mode.deorbit_dv_m_s += f.z.max(0.0) * CYCLE.s();
                // Half a cycle's worth ahead: the valve shuts at the nearer cycle.
                if self.mode.deorbit_dv_m_s + 0.5 * f.z * CYCLE.s() >= plan.dv_m_s {
                    self.mode.cut = true;
                    self.enter(Phase::DescentCoast, Some(Event::DeorbitEnded));
                }
            }
            Phase::DescentCoast if self.nav.t >= plan.t_arm => {
                self.enter(Phase::Ignition, Some(Event::IgnitionArmed));
            }
            Phase::Ignition if self.ignition_due() || in_phase_s > IGNITION_S_MAX => {
                self.nav.fold_alignment();
                self.enter(Phase::Braking, Some(Event::BrakingStarted));
            }
            Phase::Braking if self.at_gate() => {
                self.enter(Phase::PitchUp, Some(Event::PitchUpStarted));
            }
            Phase::PitchUp if self.upright() || in_phase_s > PITCH_UP_S_MAX => {
                self.enter(Phase::Terminal, Some(Event::TerminalStarted));
            }
            Phase::PitchUp | Phase::Terminal if contact => {
                self.enter(Phase::Contact, Some(Event::Contact));
            }
            Phase::Contact => self.enter(Phase::CutOff, Some(Event::EnginesCutOff)),
            Phase::CutOff if rest => {
                self.enter(Phase::Landed, Some(Event::Landed));
            }
            _ => {}
        }
    }

    fn upright(&self) -> bool {
        let R_LB = self.nav.R_LB(&self.site).si();
        let v = self.nav.v_LB_L(self.load, &self.site).si();
        R_LB[(2, 2)] > libm::cos(UPRIGHT_RAD) && libm::hypot(v.x, v.y) < UPRIGHT_M_S
    }

    fn contact(&mut self, switches: [bool; LEGS]) -> bool {
        let closed = switches.iter().filter(|closed| **closed).count();
        let counts = closed >= CONTACT_LEGS;
        self.mode.contact_cycles = if counts { self.mode.contact_cycles + 1 } else { 0 };
        self.mode.contact_cycles >= CONTACT_CYCLES
    }

    fn at_rest(&mut self, switches: [bool; LEGS]) -> bool {
        let still = self.nav.w_IB_B.norm() < REST_RAD_S && switches.iter().any(|closed| *closed);
        self.mode.rest_s = if still { self.mode.rest_s + CYCLE.s() } else { 0.0 };
        self.mode.rest_s >= REST_S
    }
}
