//! Phases: when one ends and the next begins.
//!
//! Contact and landed are decided from dissimilar evidence ([`crate::faults::contact`]); navigation
//! altitude alone has no vote, but in the logic of other missions that a load can ask for.

use crate::Flight;
use crate::faults::contact::{Contact, Evidence};
use crate::faults::table;
use crate::load::{Legacy, Load, after};
use crate::orders::Chance;
use icd::bus::{CYCLE, Sensors};
use icd::events::Event;
use icd::time::Time;
use icd::tm::Phase;

/// Longest wait for the ignition solution, s: past any planned ignition, so that a solution that never
/// converges ends in a long landing and not in a coast into the ground. Assumed: the plan arms 60 to 180 s
/// ahead.
const IGNITION_S_MAX: f64 = 240.0;
/// A range counts as recent for so long, s.
const RANGED_S: f64 = 3.0;
/// Mars Polar Lander looked at its latch from 40 m on [CasaniMPL2000]; Luna 25's timer cut the burn at
/// 127 s instead of 84 s [Luna25Report2023].
const LATCH_ENABLED_M: f64 = 40.0;
const LUNA_25_LATE: f64 = 127.0 / 84.0;
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
    cut: bool,
    /// A restart has left the engines off for good: the logic of another mission.
    pub abandoned: bool,
    /// Velocity change sensed in the deorbit burn, m/s.
    pub deorbit_dv_m_s: f64,
}

impl Mode {
    /// The first phase follows from the start time and the plan.
    pub fn new(load: &Load, t: Time) -> Self {
        let coasting_down = t > load.deorbit.t_ignition;
        let phase = if coasting_down { Phase::DescentCoast } else { Phase::OrbitCoast };
        Self { phase, t_phase: t, cut: false, abandoned: false, deorbit_dv_m_s: 0.0 }
    }
}

impl Mode {
    /// The phase began with a cut-off: every valve is to be shut at once, inside a frame too.
    pub fn valves_shut(&self) -> bool {
        self.phase == Phase::Landed || self.cut || self.abandoned
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
        let contact = self.contact(sensors);
        let still = self.still(sensors);
        let dv_m_s = self.desk.hold.plan.dv_m_s;
        let chance = self.chance(in_phase_s, IGNITION_S_MAX);
        let laid_down = self.laid_down(sensors);
        match self.mode.phase {
            Phase::OrbitCoast if chance == Chance::Now => {
                self.enter(Phase::Deorbit, Some(Event::DeorbitStarted));
            }
            Phase::Deorbit | Phase::Ignition if chance == Chance::Missed => {
                self.mode.cut = true;
                let (phase, event) = self.go_back();
                self.enter(phase, Some(event));
            }
            Phase::Deorbit => {
                let f = self.nav.f_B.si();
                self.mode.deorbit_dv_m_s += f.z.max(0.0) * CYCLE.s();
                // Half a cycle's worth ahead: the valve shuts at the nearer cycle.
                let done = self.mode.deorbit_dv_m_s + 0.5 * f.z * CYCLE.s() >= dv_m_s;
                if done || in_phase_s > self.longest_deorbit_s() {
                    self.mode.cut = true;
                    self.enter(Phase::DescentCoast, Some(Event::DeorbitEnded));
                }
            }
            Phase::DescentCoast if chance == Chance::Now => {
                self.enter(Phase::Ignition, Some(Event::IgnitionArmed));
            }
            Phase::Ignition if chance == Chance::Now => {
                self.nav.fold_alignment();
                self.enter(Phase::Braking, Some(Event::BrakingStarted));
            }
            Phase::Braking if self.at_gate() => {
                self.enter(Phase::PitchUp, Some(Event::PitchUpStarted));
            }
            Phase::PitchUp if self.upright(in_phase_s) => {
                self.enter(Phase::Terminal, Some(Event::TerminalStarted));
            }
            Phase::PitchUp | Phase::Terminal if contact.is_some() => {
                let inferred = contact == Some(Contact::Inferred);
                self.announce.edge(Event::ContactInferred, inferred);
                self.mode.cut = true;
                self.begin_settling(!inferred);
                self.enter(Phase::Contact, Some(Event::Contact));
            }
            Phase::Contact if laid_down => {
                self.mode.cut = true;
                self.enter(Phase::CutOff, Some(Event::EnginesCutOff));
            }
            Phase::CutOff if still == Some(false) => {
                self.enter(Phase::Landed, Some(Event::Landed));
            }
            Phase::CutOff if still == Some(true) && self.load.faults.legacy == Legacy::None => {
                self.contact.again();
                self.enter(Phase::Terminal, Some(Event::CutOffRevoked));
            }
            _ => {}
        }
    }

    fn upright(&self, in_phase_s: f64) -> bool {
        if let Some(past) = self.apollo_past(Phase::PitchUp) {
            return past;
        }
        let R_LB = self.nav.R_LB(&self.aim).si();
        let v = self.nav.v_LB_L(self.load, &self.aim).si();
        let upright = R_LB[(2, 2)] > libm::cos(UPRIGHT_RAD) && libm::hypot(v.x, v.y) < UPRIGHT_M_S;
        upright || in_phase_s > PITCH_UP_S_MAX
    }

    /// What this cycle shows of the ground.
    fn evidence(&self, sensors: &Sensors) -> Evidence {
        let f = self.nav.f_B.si();
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let age_s = self.lines.rangefinder.age_s;
        Evidence {
            switches: sensors.touchdown,
            felt_m_s2: f.z,
            asked_m_s2: self.asked_m_s2(),
            force_m_s2: libm::sqrt(f.norm_squared()),
            first_foot: self.settles(),
            jets_m_s2: self.jets_m_s2(),
            rate_rad_s: self.nav.w_IB_B.norm(),
            altitude_m: (self.guide.altitude_m, self.guide.sigma_m),
            ranged: age_s < RANGED_S,
            v_up_m_s: self.nav.v_ground_I(self.load).si().dot(&up),
            wanted_m_s: -self.guide.speed_m_s,
        }
    }

    fn contact(&mut self, sensors: &Sensors) -> Option<Contact> {
        let flying = matches!(self.mode.phase, Phase::PitchUp | Phase::Terminal);
        let legacy = self.load.faults.legacy;
        let altitude_m = self.guide.altitude_m;
        if legacy == Legacy::MarsPolarLander && (flying || self.mode.phase == Phase::Braking) {
            let now = self.contact.latched(sensors.touchdown, altitude_m, LATCH_ENABLED_M);
            return (now && flying).then_some(Contact::Switches);
        }
        if !flying {
            return None;
        }
        if legacy == Legacy::Schiaparelli && altitude_m <= 0.0 {
            return Some(Contact::Inferred);
        }
        let evidence = self.evidence(sensors);
        self.contact.flying(&evidence, &mut self.announce)
    }

    /// After cut-off: rests (`Some(false)`), falls (`Some(true)`), or it is too early to tell.
    fn still(&mut self, sensors: &Sensors) -> Option<bool> {
        if self.mode.phase != Phase::CutOff {
            return None;
        }
        let evidence = self.evidence(sensors);
        self.contact.cut_off(&evidence)
    }

    /// The deorbit burn's longest time: a little over the planned one, by the believed thrust.
    fn longest_deorbit_s(&self) -> f64 {
        let p = self.propulsion();
        let thrust_N = p.main.0 + self.deorbit_collective() * p.assist.0;
        let planned_s = self.desk.hold.plan.dv_m_s * self.mass_kg() / thrust_N.max(1.0);
        let late = self.load.faults.legacy == Legacy::Luna25;
        planned_s * if late { LUNA_25_LATE } else { table::BURN.threshold }
    }
}
