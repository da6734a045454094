//! How fast to descend: the plan, the corridor, the risk that propellant allows, and the last metres.
//!
//! Owns: the reference speed after the gate, the extra altitude of the gate, the weighing of
//! [`crate::guidance::risk`] and its pace, the budget of caution, the wait for a drift to end, the way out of a hover, the speed with a foot on the ground.
//! Does not own: the formulas (`guidance`), thrust (`command`).

use crate::Flight;
use crate::guidance::approach;
use crate::guidance::braking;
use crate::guidance::corridor::{self, Bound, Corridor};
use crate::guidance::risk::{self, Outlook, Risk};
use crate::nav::covariance::{ALIGNMENT, THETA, V};
use icd::bus::PULSE_FRAME;
use icd::constants::MOON_GRAVITY_M_S2;
use icd::events::Event;
use icd::tm::Phase;
use nalgebra::Vector3;

/// Time that turning upright takes at the gate, s. Source: prototype §1.1, about 12 s.
const TURN_S: f64 = 12.0;
/// Delay between a range and the thrust that answers it, s; assumed, the sensor's own delay included.
pub(crate) const REACTION_S: f64 = 2.0;
/// Frames between two weighings of the risks.
const RISK_FRAMES: u32 = 10;
/// The same in braking, where the outlook changes slowly.
const RISK_FRAMES_BRAKING: u32 = 50;
/// Fastest change of the corridor's standard deviations, 1/s: all of them in eight seconds, assumed.
const K_PER_S: f64 = 0.5;
/// Standard deviations below which the corridor counts as relaxed, and above which no longer.
const RELAXED_K: [f64; 2] = [3.0, 3.4];
/// Error of the booked propellant as a share of what was booked: thrust and specific impulse, less what
/// the sensed acceleration says about them.
const BOOKED_SHARE: f64 = 0.004;
/// Collective of the braking solution above which the gate is raised no further.
const COLLECTIVE_SPENT: f64 = braking::COLLECTIVE_MAX - 0.01;
/// Time to the gate within which its altitude is no longer chosen anew, s. Source: prototype §4.4.
const LATCHED_S: f64 = 80.0;
/// Standard deviations of altitude by which the last metres are begun early, and how well the altitude must
/// be known for none, m.
const EARLY_SIGMAS: f64 = 2.0;
const EARLY_M: f64 = 2.0;
/// Standard deviations of the propellant that caution about an open question leaves alone.
const CAUTION_SIGMAS: f64 = 2.0;
/// Believed altitude below which contact is due, m, and the wait for it at the planned speed, s.
const HOVER_M: f64 = 5.0;
const HOVER_S: f64 = 10.0;
/// Speeds of the descent until contact, m/s: by plan, and a little under the 2 m/s that a touchdown may have.
const TOUCHDOWN_M_S: [f64; 2] = [1.0, 1.8];
/// Deviation of the horizontal speed above which the drift counts as unknown, m/s. Assumed: half of the 1 m/s that
/// a touchdown may have.
const DRIFT_SIGMA_M_S: f64 = 0.5;
/// Speed asked for once a foot is on the ground, m/s: at rest it leaves the legs 0.37 of the weight, whose
/// friction holds a lander that leans against its own thrust. Tried beside 0.5 and 1.6 m/s on 88 landings that leant 10°
/// and more: 4 topple, and 7 and 6.
const SETTLE_M_S: f64 = 1.0;
/// Hover time left with which the wait goes on at the former speed, and with which at the latter, s; and
/// the wait after which it is the latter anyhow. Assumed.
const HOVER_LEFT_S: [f64; 2] = [60.0, 20.0];
const HOVER_S_MAX: f64 = 30.0;

impl Flight<'_> {
    /// The corridor with `k` standard deviations of `sigma_m`.
    pub(crate) fn corridor(
        &self,
        k: f64,
        sigma_m: f64,
        net_m_s2: f64,
        reaction_s: f64,
    ) -> Corridor {
        let target = &self.load.target;
        let last = self.load.faults.corridor.then_some(corridor::LAST);
        let plan = corridor::plan(&target.profile, last);
        let gate_m_s = -target.gate_v_up_m_s;
        Corridor { plan, gate_m_s, sigma_m, k, net_m_s2, reaction_s }
    }

    /// The plan alone, without a corridor.
    pub(crate) fn plan(&self) -> Corridor {
        self.corridor(0.0, 0.0, self.net_deceleration(), REACTION_S)
    }

    /// Exhaust speed of the terminal descent, m/s: the main engine and half of the assist engines.
    pub(crate) fn exhaust_m_s(&self) -> f64 {
        let p = self.propulsion();
        (p.main.0 + 0.5 * p.assist.0) / (p.main.1 + 0.5 * p.assist.1).max(1e-6)
    }

    /// Standard deviation of what `left_kg` of booked propellant stands for, kg.
    pub(crate) fn propellant_sigma_kg(&self, left_kg: f64) -> f64 {
        let vehicle = &self.load.vehicle;
        let booked_kg = (vehicle.propellant_kg - left_kg).max(0.0);
        libm::hypot(vehicle.propellant_sigma_kg, BOOKED_SHARE * booked_kg)
    }

    /// What is weighed for `k`: the descent from `altitude_m` at `v_m_s`, after `burnt_kg` more.
    fn outlook(&self, k: f64, sigma_m: f64, from: (f64, f64), burnt_kg: f64) -> Outlook {
        let p = self.propulsion();
        let left_kg = (self.propellant_kg - burnt_kg).max(0.0);
        let mass_kg = self.load.vehicle.dry_kg + left_kg;
        let thrust = p.scale * (p.main.0 + self.terminal_collective() * p.assist.0);
        let net_m_s2 = thrust / mass_kg.max(1.0) - MOON_GRAVITY_M_S2;
        Outlook {
            corridor: self.corridor(k, sigma_m, net_m_s2, REACTION_S),
            altitude_m: from.0,
            v_m_s: from.1,
            mass_kg,
            propellant_kg: (left_kg, self.propellant_sigma_kg(left_kg)),
            exhaust_m_s: self.exhaust_m_s(),
            seen_m: self.load.target.gate_altitude_m,
            late: self.watch.late_probability(),
        }
    }

    /// Whether the risks are weighed in this frame.
    fn weighs(&self) -> bool {
        let braking = self.mode.phase <= Phase::Braking;
        let frames = if braking { RISK_FRAMES_BRAKING } else { RISK_FRAMES };
        self.guide.frames.is_multiple_of(frames)
    }

    /// Follows a new choice, at a bounded rate.
    fn take_risk(&mut self, risk: Option<Risk>) {
        if let Some(risk) = risk {
            self.guide.risk = risk;
        }
        let step = K_PER_S * PULSE_FRAME.s();
        self.guide.k += (self.guide.risk.k - self.guide.k).clamp(-step, step);
        let [below, above] = RELAXED_K;
        let limit = if self.guide.relaxed { above } else { below };
        let relaxed = self.guide.k < limit;
        self.announce.edge(Event::CorridorForPropellant, relaxed && !self.guide.relaxed);
        self.guide.relaxed = relaxed;
    }

    /// Standard deviation of altitude to expect at the gate without a range until then, m.
    ///
    /// Derived: an altitude error grows by the vertical speed's and, under a tilt error θ, by half of
    /// θ v_h t: braking takes v_h away within t, and θ leaves its share in the vertical.
    fn sigma_at_gate(&self, tgo_s: f64) -> f64 {
        let covariance = &self.nav.covariance;
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let v = self.nav.v_ground_I(self.load).si();
        let across_m_s = libm::sqrt((v - up * v.dot(&up)).norm_squared());
        let tilt = covariance.trace(THETA) + covariance.trace(ALIGNMENT);
        let tilt_rad = libm::sqrt(tilt.max(0.0) / 3.0);
        let v_up = libm::sqrt(covariance.variance(V, &up));
        self.guide.sigma_m + (v_up + 0.5 * tilt_rad * across_m_s) * tgo_s.max(0.0)
    }

    /// Chooses the extra altitude of the gate, `tgo_s` ahead, braking with `thrust` and `flow`.
    pub(crate) fn raise_gate(&mut self, tgo_s: f64, thrust: f64, flow: f64) {
        let target = &self.load.target;
        let (gate_m, fall) = (target.gate_altitude_m, -target.gate_v_up_m_s);
        let burnt_kg = flow * tgo_s;
        // At the gate the lander is lighter than now by what the burn still takes.
        let mass_kg = (self.mass_kg() - burnt_kg).max(self.load.vehicle.dry_kg);
        let net = thrust / mass_kg - MOON_GRAVITY_M_S2;
        let (now_m, sigma_m) = (self.guide.sigma_m, self.sigma_at_gate(tgo_s));
        let most = self.desk.tuned.corridor_sigmas;
        // Without any corridor the gate is where the plan has it.
        let raise_m = |k: f64| {
            // The whole corridor follows the deviation as it grows: thrust to spare lifts the gate with it.
            // One that propellant limits has its altitude from the start, nothing is lost on the way, and
            // counts on the thrust of the turn.
            let whole = (k - (most - 1.0)).clamp(0.0, 1.0);
            let keep_m = k * (sigma_m + whole * (now_m - sigma_m));
            let turn_s = REACTION_S + 0.5 * TURN_S + whole * (0.5 * TURN_S - REACTION_S);
            corridor::gate_raise_m(gate_m, fall, turn_s, keep_m, net) * k.clamp(0.0, 1.0)
        };
        let v_m_s = libm::hypot(fall, target.gate_v_horizontal_m_s);
        let open = self.weighs() && (tgo_s > LATCHED_S || self.mode.phase != Phase::Braking);
        let at_gate = |k: f64| self.outlook(k, sigma_m, (gate_m + raise_m(k), v_m_s), burnt_kg);
        // Near the gate a change of mind would cost more than it is worth.
        let risk = open.then(|| risk::choose(most, Some(self.guide.risk.k), at_gate));
        self.take_risk(risk);
        let raise_m = raise_m(self.guide.k);
        // A higher gate takes more thrust: without any to spare it would only be reached too fast.
        let spent = self.solution.is_some_and(|s| s.u > COLLECTIVE_SPENT);
        let lasting = self.mode.phase == Phase::Braking && spent;
        self.guide.raise_m = if lasting { raise_m.min(self.guide.raise_m) } else { raise_m };
    }

    /// Propellant beyond `sigmas` of its own deviation and what landing by the plan from `altitude_m` takes, kg.
    pub(crate) fn spare_kg(&self, altitude_m: f64, sigmas: f64) -> f64 {
        let plan = self.outlook(0.0, 0.0, (altitude_m, self.nav.v_ground_I(self.load).norm()), 0.0);
        let t_s = plan.corridor.planned_s(altitude_m.max(0.0));
        let (left_kg, sigma_kg) = plan.propellant_kg;
        left_kg - sigmas * sigma_kg - plan.propellant_for_kg(plan.v_m_s + MOON_GRAVITY_M_S2 * t_s)
    }

    /// The same at the gate of braking, after `burnt_kg` more.
    pub(crate) fn spare_at_gate_kg(&self, burnt_kg: f64, sigmas: f64) -> f64 {
        let target = &self.load.target;
        let altitude_m = target.gate_altitude_m + self.guide.raise_m;
        let v_m_s = libm::hypot(target.gate_v_up_m_s, target.gate_v_horizontal_m_s);
        let plan = self.outlook(0.0, 0.0, (altitude_m, v_m_s), burnt_kg);
        let t_s = plan.corridor.planned_s(altitude_m);
        let (left_kg, sigma_kg) = plan.propellant_kg;
        left_kg - sigmas * sigma_kg - plan.propellant_for_kg(v_m_s + MOON_GRAVITY_M_S2 * t_s)
    }

    /// Propellant for a velocity change from here, kg.
    pub(crate) fn propellant_for_kg(&self, dv_m_s: f64) -> f64 {
        self.outlook(0.0, 0.0, (0.0, 0.0), 0.0).propellant_for_kg(dv_m_s)
    }

    /// Standard deviations of the propellant that no wait may use. With an engine out more was burnt, and by a scale of
    /// thrust that was learnt before: a wait is worth less than what may be missing.
    pub(crate) fn wait_sigmas(&self) -> f64 {
        if self.short_of_thrust() { CAUTION_SIGMAS } else { 1.0 }
    }

    /// How much lower than believed the last metres are flown, m: twice the altitude's deviation, as far as
    /// the propellant bears the wait.
    fn early_m(&self, altitude_m: f64) -> f64 {
        let sigma_m = self.guide.sigma_m;
        if !(EARLY_M..=corridor::UNKNOWN_M).contains(&sigma_m) {
            return 0.0;
        }
        let hover_kg_s = self.mass_kg() * MOON_GRAVITY_M_S2 / self.exhaust_m_s().max(1.0);
        let wait_s = self.spare_kg(altitude_m, self.wait_sigmas()).max(0.0) / hover_kg_s;
        (EARLY_SIGMAS * sigma_m).min(wait_s * corridor::LAST.1)
    }

    /// Altitude that the descent speed goes by: navigation's; while it is open whether the rangefinder or
    /// navigation is wrong the lower of the two, as long as the propellant bears it.
    fn braking_altitude_m(&mut self) -> f64 {
        let nav_m = self.guide.altitude_m;
        if !self.watch.unresolved() {
            self.guide.caution_over = false;
            return nav_m;
        }
        let over = self.spare_kg(nav_m, CAUTION_SIGMAS) < 0.0;
        self.guide.caution_over |= over;
        if self.guide.caution_over { nav_m } else { self.watch.low_altitude_m(nav_m).min(nav_m) }
    }

    /// Time that the propellant lasts in a hover, less `sigmas` of its own deviation, s.
    fn hover_s_left(&self, sigmas: f64) -> f64 {
        let left_kg = self.propellant_kg - sigmas * self.propellant_sigma_kg(self.propellant_kg);
        let hover_kg_s = self.mass_kg() * MOON_GRAVITY_M_S2 / self.exhaust_m_s().max(1.0);
        left_kg / hover_kg_s
    }

    /// Descent speed until contact where contact is due but does not come, m/s.
    fn touchdown_speed_m_s(&mut self, altitude_m: f64) -> f64 {
        let due = self.mode.phase == Phase::Terminal && altitude_m < HOVER_M;
        self.guide.hover_s = if due { self.guide.hover_s + PULSE_FRAME.s() } else { 0.0 };
        let [slow, fast] = TOUCHDOWN_M_S;
        if self.contact.touches && altitude_m < HOVER_M {
            return SETTLE_M_S;
        }
        let left_s = self.hover_s_left(1.0);
        let [long, short] = HOVER_LEFT_S;
        let wait = (self.guide.hover_s - HOVER_S) / (HOVER_S_MAX - HOVER_S);
        let share = ((long - left_s) / (long - short)).clamp(0.0, 1.0);
        if wait <= 0.0 { 0.0 } else { slow + (fast - slow) * share.max(wait.min(1.0)) }
    }

    /// Planned descent speed here, bounded by the corridor; (m/s, dv/dh).
    pub(crate) fn reference_speed(&mut self, net_m_s2: f64) -> (f64, f64) {
        let up_I = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let upright = (self.nav.q_IB.rotation().si() * Vector3::z()).dot(&up_I).clamp(-1.0, 1.0);
        let turn_s = libm::acos(upright) / self.load.vehicle.slew_rad_s_max.max(1e-3);
        let reaction_s = REACTION_S + 0.5 * turn_s;
        let sigma_m = self.guide.sigma_m;
        if !self.load.faults.corridor {
            let k = self.desk.tuned.corridor_sigmas;
            let corridor = self.corridor(k, sigma_m, net_m_s2, reaction_s);
            let (safe, planned) =
                (corridor.safe_m_s(self.guide.altitude_m), corridor.planned(self.guide.altitude_m));
            self.guide.corridor_m_s = safe;
            return planned;
        }
        let altitude_m = self.braking_altitude_m();
        let most = self.desk.tuned.corridor_sigmas;
        let risk = if sigma_m <= corridor::UNKNOWN_M {
            Some(Risk { k: most, ..Risk::default() })
        } else if self.weighs() {
            let from = (altitude_m, self.nav.v_ground_I(self.load).norm());
            let outlook = |k| self.outlook(k, sigma_m, from, 0.0);
            Some(risk::choose(most, Some(self.guide.risk.k), outlook))
        } else {
            None
        };
        self.take_risk(risk);
        let corridor = self.corridor(self.guide.k, sigma_m, net_m_s2, reaction_s);
        let safe = corridor.safe_m_s(altitude_m);
        let early_m = self.early_m(altitude_m);
        let (v_m_s, slope, bound) = corridor.reference(altitude_m - early_m);
        let v_m_s = v_m_s.max(self.least_m_s());
        self.guide.corridor_m_s = safe;
        let (creeping, limited) = (bound == Bound::Creep, bound == Bound::Corridor);
        self.announce.edge(Event::CreepStarted, creeping && !self.guide.creeping);
        self.announce.edge(Event::CorridorRaised, limited && !self.guide.limited);
        self.guide.creeping = creeping;
        self.guide.limited = limited;
        let known = sigma_m <= corridor::UNKNOWN_M;
        let stopped = corridor.stopped(altitude_m);
        let (v_m_s, slope) = if self.short_of_thrust() && known && stopped.0 < v_m_s {
            stopped
        } else {
            (v_m_s, slope)
        };
        let touchdown_m_s = self.touchdown_speed_m_s(altitude_m - early_m);
        let drift_m_s = self.drift_speed_m_s(net_m_s2).min(self.divert_speed_m_s(v_m_s));
        if drift_m_s < v_m_s {
            (drift_m_s, 0.0)
        } else if touchdown_m_s > v_m_s {
            (touchdown_m_s, 0.0)
        } else {
            (v_m_s, slope)
        }
    }

    /// Least descent speed of the last metres, m/s: a lander that does not know how it drifts trips over the first
    /// foot, and the less so the sooner all of them stand.
    fn least_m_s(&self) -> f64 {
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let covariance = &self.nav.covariance;
        let across = 0.5 * (covariance.trace(V) - covariance.variance(V, &up));
        if across > DRIFT_SIGMA_M_S * DRIFT_SIGMA_M_S { TOUCHDOWN_M_S[0] } else { 0.0 }
    }

    /// Largest descent speed that a drift over the ground allows, m/s; none once waiting would take what the
    /// landing needs.
    fn drift_speed_m_s(&self, net_m_s2: f64) -> f64 {
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let v = self.nav.v_ground_I(self.load).si();
        let drift_m_s = libm::sqrt((v - up * v.dot(&up)).norm_squared());
        let altitude_m = self.guide.altitude_m;
        if self.spare_kg(altitude_m, self.wait_sigmas()) < 0.0 {
            return f64::INFINITY;
        }
        approach::drift_speed_m_s(altitude_m, drift_m_s, net_m_s2)
    }
}
