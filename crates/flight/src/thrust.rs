//! What thrust there is, and what follows where it is short: another gate, another aim.
//!
//! Owns: the thrust counted on, its comparison with what is sensed, the gate of the braking solution, the
//! aim that moves beyond the target.
//! Does not own: which engine fails (`faults::engines`), how braking is solved (`guidance::braking`).
//! Derived, for the gate: with an engine out the planned one can no longer be stopped from. Braking then goes on to
//! a low gate at h, with the speed v that the corridor allows there for the thrust that is left: less is lost to
//! gravity than by a higher gate, and the tilted thrust takes both speeds away at once.
//! There the range is given up: all the thrust there is takes the shortest way, and the aim is where that ends.
//! A lander that comes lower, or finds the ground higher, gets a lower and slower gate instead of a climb back to where
//! it could dive for the planned one. With w its descent speed, t the time to go, D(v) the room that a stop from v
//! takes, and a vertical acceleration that is linear in time and ends d downwards, it gets to
//!     h − H(v) = t (w + 2 v) / 3 − d t² / 6,   H(v) = H₀ D(v) / D(v₀) + k σ,   D(v) = v² / 2 η a_n + v τ + margin.
//! Derived, for the main engine: from h at the speed v the assist engines alone stop a lander with v² ≤ 2 h (F/m − g);
//! a plan whose speeds keep to that at every altitude survives its loss wherever it happens. On reading B of RESILIENCE
//! 0.96 × 886 N, what torque leaves, over 375 to 350 kg are 0.65 to 0.8 m/s² beyond gravity: 62 m/s from 3 km.
//! Refuses: to choose ground. Where braking ends beyond the map, the lander lands where it gets to.

use crate::Flight;
use crate::command::Guide;
use crate::control::allocate;
use crate::descent::REACTION_S;
use crate::faults::engines::Frame;
use crate::guidance::braking::{Propulsion, Range};
use crate::guidance::corridor;
use crate::load::{Legacy, after};
use icd::bus::PULSE_FRAME;
use icd::events::Event;
use icd::tm::Phase;
use nalgebra::Vector3;

/// Collective that terminal descent may use; the rest is kept for attitude. Source: prototype §1.1.
pub(crate) const TERMINAL_COLLECTIVE_MAX: f64 = 0.85;
/// Smoothing of the collective that torque leaves, s, and frames between two looks at it.
const ROOF_S: f64 = 5.0;
pub(crate) const ROOF_FRAMES: u32 = 10;
/// How much faster than planned the lander turns where a lost engine has turned it away while it falls too fast.
/// Assumed: 11°/s; after its predecessor's 10°/s Chandrayaan-3 was given 25°/s.
const HURRY: f64 = 2.0;
/// How far beyond the target the approach may still fly back, m; the aim moves by what is more. Assumed.
const BACK_M: f64 = 500.0;
/// The low gate: altitude over well-known ground, m, largest descent speed and horizontal speed, m/s: what the
/// turn takes away of the latter with half of the thrust. Assumed.
const LOW_GATE_M: f64 = 700.0;
const LOW_GATE_DOWN_M_S: f64 = 28.0;
const LOW_GATE_ACROSS_M_S: f64 = 12.0;
/// Descent speed below which the gate comes no lower, m/s: some 400 m up, which leaves time to look for hazards; and
/// the altitude below which nothing brings it, m. Assumed.
const LOW_GATE_DOWN_M_S_MIN: f64 = 20.0;
const LOW_GATE_M_MIN: f64 = 250.0;
/// Downward acceleration that braking may end with, m/s²: thrust at its least pitch of 20° leaves 0.7. Assumed.
const DIVE_M_S2: f64 = 0.4;
/// Time to turn upright there, s, as at the planned gate.
const LOW_GATE_TURN_S: f64 = 6.0;
/// Standard deviations that ground may stand higher while braking dives for its gate, and the largest upward share of
/// the thrust that holds it from it. Assumed.
const HELD_SIGMAS: f64 = 1.5;
const HELD_SHARE_MAX: f64 = 0.95;
/// Altitude below which the ground underneath stands for the ground at the gate, m, and its smoothing, s.
const SEEN_M: f64 = 10_000.0;
const SEEN_S: f64 = 4.0;

/// What braking flies to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    /// Distance from the Moon's centre, m.
    pub radius_m: f64,
    /// Altitude, m.
    pub altitude_m: f64,
    /// Vertical speed, m/s, positive up.
    pub v_up_m_s: f64,
    /// Horizontal speed, m/s.
    pub v_horizontal_m_s: f64,
}

impl Flight<'_> {
    /// Thrust and flow of the engines that work.
    pub(crate) fn propulsion(&self) -> Propulsion {
        let vehicle = &self.load.vehicle;
        let main = (vehicle.main.thrust_N, vehicle.main.flow_kg_s());
        let n = allocate::working(vehicle, self.engines.out());
        let main = if self.engines.main_out { (0.0, 0.0) } else { main };
        Propulsion {
            main,
            assist: (n * vehicle.assist.thrust_N, n * vehicle.assist.flow_kg_s()),
            scale: self.thrust_scale,
        }
    }

    /// Compares sensed with commanded thrust; the ratio scales what guidance counts on.
    pub(crate) fn watch_thrust(&mut self) {
        let p = self.propulsion();
        let main = if self.actuators.main_open { p.main.0 } else { 0.0 };
        let duty: f64 = self.actuators.assist_on_us.iter().map(|us| f64::from(*us)).sum();
        let commanded = main + duty * 1e-6 / PULSE_FRAME.s() * self.load.vehicle.assist.thrust_N;
        let burning = matches!(self.mode.phase, Phase::Braking | Phase::PitchUp | Phase::Terminal);
        // Braking begins with an ignition; what follows it is already under way.
        let under_way =
            self.mode.phase != Phase::Braking || after(self.nav.t, self.mode.t_phase) > 2.0;
        let steady = burning && under_way && !self.inertial.void;
        let felt_N = self.nav.frame_m_s2 * self.mass_kg();
        let frame = Frame {
            vehicle: &self.load.vehicle,
            actuators: &self.actuators,
            inertia: self.inertia().0,
            w_B: self.nav.w_IB_B.si(),
            thrust_N: [felt_N, commanded * p.scale],
            t: self.nav.t,
        };
        self.engines.judge(&frame, steady && self.load.faults.bank, &mut self.announce);
        let settled = matches!(self.mode.phase, Phase::Braking | Phase::PitchUp | Phase::Terminal)
            && after(self.nav.t, self.mode.t_phase) > 2.0
            && commanded > 0.3 * self.load.vehicle.main.thrust_N;
        if !settled {
            self.monitors.thrust.update(false, Event::ThrustDeviates, &mut self.announce);
            return;
        }
        let ratio = self.nav.frame_m_s2 * self.mass_kg() / commanded;
        let watched = self.load.faults.legacy != Legacy::Vikram;
        if self.mode.phase == Phase::Braking && ratio.is_finite() && watched {
            self.thrust_scale += 0.02 * (ratio.clamp(0.8, 1.2) - self.thrust_scale);
        }
        // Single cycles see single pulses: only the braking thrust is steady enough to judge.
        let steady = self.mode.phase == Phase::Braking;
        let off = steady && (self.thrust_scale - 1.0).abs() > 0.15;
        self.monitors.thrust.update(off, Event::ThrustDeviates, &mut self.announce);
    }

    /// Net deceleration with what terminal descent may use, m/s².
    pub(crate) fn net_deceleration(&self) -> f64 {
        let p = self.propulsion();
        let thrust = p.scale * (p.main.0 + self.terminal_collective() * p.assist.0);
        thrust / self.mass_kg().max(1.0) - icd::constants::MOON_GRAVITY_M_S2
    }

    /// Largest collective: everything there is, the share kept for attitude included, once the fall is
    /// faster than the corridor or could not be stopped with less.
    pub(crate) fn collective_max(&self) -> f64 {
        if self.monitors.corridor.stands || self.guide.urgent {
            self.duty_max()
        } else {
            self.terminal_collective()
        }
    }

    /// Largest collective that terminal descent is planned with. With an engine out it is what the torque usually
    /// leaves: allocation sees to the torque first.
    pub(crate) fn terminal_collective(&self) -> f64 {
        if self.short_of_thrust() { allocate::DUTY_MAX } else { TERMINAL_COLLECTIVE_MAX }
    }

    /// Largest thrust acceleration, m/s²; as flown nobody asks.
    pub(crate) fn most_m_s2(&self) -> f64 {
        if !self.load.faults.corridor {
            return f64::INFINITY;
        }
        let p = self.propulsion();
        p.scale * (p.main.0 + self.collective_max() * p.assist.0) / self.mass_kg().max(1.0)
    }

    /// Largest collective where nothing is kept for attitude.
    pub(crate) fn duty_max(&self) -> f64 {
        if self.short_of_thrust() { allocate::DUTY_MAX_SHORT } else { allocate::DUTY_MAX }
    }

    /// Fastest turn, rad/s: faster where every second of thrust aside is one of falling, as far as the gyros follow.
    pub(crate) fn slew_rad_s(&self) -> f64 {
        let hurry =
            if self.short_of_thrust() && self.monitors.corridor.stands { HURRY } else { 1.0 };
        (hurry * self.load.vehicle.slew_rad_s_max).min(self.inertial.rate_max)
    }

    /// Braking's direction `d_I` with at least the upward share that holds the weight, where short thrust falls faster
    /// than could be stopped above ground that stands [`HELD_SIGMAS`] higher than believed: an altitude that shrinks
    /// under the lander is not dived after. `up`: vertical, `I`.
    pub(crate) fn held_up(&self, d_I: Vector3<f64>, up: Vector3<f64>) -> Vector3<f64> {
        let over = self.nav.v_ground_I(self.load).si();
        let upright = (self.nav.q_IB.rotation().si() * Vector3::z()).dot(&up).clamp(-1.0, 1.0);
        let turn_s = libm::acos(upright) / self.load.vehicle.slew_rad_s_max.max(1e-3);
        let (net, reaction_s) = (self.net_deceleration(), REACTION_S + 0.5 * turn_s);
        let corridor = self.corridor(HELD_SIGMAS, self.guide.sigma_m, net, reaction_s);
        let slow = -over.dot(&up) < corridor.safe_m_s(self.guide.altitude_m);
        if slow || !self.short_of_thrust() {
            return d_I;
        }
        let v = self.nav.v_MB_I.si();
        let across2 = (v - up * v.dot(&up)).norm_squared();
        let weight =
            -self.nav.gravity_I(self.load).dot(&up) - across2 / self.nav.p_MB_I.norm().max(1.0);
        let share = (weight / self.most_m_s2().max(0.1)).clamp(0.0, HELD_SHARE_MAX);
        let level = d_I - up * d_I.dot(&up);
        let size = libm::sqrt(level.norm_squared());
        if d_I.dot(&up) >= share || size < 1e-6 {
            return d_I;
        }
        up * share + level * (libm::sqrt(1.0 - share * share) / size)
    }

    /// An engine is out: the plan's speeds may be more than what is left can stop.
    pub(crate) fn short_of_thrust(&self) -> bool {
        self.load.faults.corridor && (self.engines.any_out() || self.engines.main_out)
    }

    /// The gate of braking over ground `radius_m` from the Moon's centre.
    pub(crate) fn gate(&self, radius_m: f64) -> Gate {
        let target = &self.load.target;
        if !self.short_of_thrust() {
            let altitude_m = target.gate_altitude_m + self.guide.raise_m;
            return Gate {
                radius_m: radius_m + altitude_m,
                altitude_m,
                v_up_m_s: target.gate_v_up_m_s,
                v_horizontal_m_s: target.gate_v_horizontal_m_s,
            };
        }
        let keep_m = self.guide.k * self.guide.sigma_m;
        let reaction_s = REACTION_S + LOW_GATE_TURN_S;
        let net = self.net_deceleration();
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let now = (self.guide.altitude_m - keep_m, -self.nav.v_ground_I(self.load).si().dot(&up));
        let tgo_s = self.solution.map_or(0.0, |s| s.tgo_s);
        let (low_m, down_m_s) = low_gate(now, tgo_s, net, reaction_s);
        let altitude_m = low_m + keep_m;
        let corridor = self.corridor(self.guide.k, self.guide.sigma_m, net, reaction_s);
        let ground_m = if self.guide.level_m > 0.0 { self.guide.level_m } else { radius_m };
        Gate {
            radius_m: ground_m + altitude_m,
            altitude_m,
            v_up_m_s: -corridor.safe_m_s(altitude_m).min(down_m_s),
            v_horizontal_m_s: LOW_GATE_ACROSS_M_S,
        }
    }

    /// The horizontal speed is down to that of the gate.
    pub(crate) fn slow_as_at_gate(&self) -> bool {
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let v = self.nav.v_ground_I(self.load).si();
        let across_m_s = libm::sqrt((v - up * v.dot(&up)).norm_squared());
        across_m_s < self.gate(0.0).v_horizontal_m_s
    }

    /// Follows the ground underneath, once it is near: `level_m` from the Moon's centre.
    pub(crate) fn follow_level(&mut self, level_m: f64) {
        let seen = self.guide.altitude_m < SEEN_M;
        let last_m = if self.guide.level_m > 0.0 { self.guide.level_m } else { level_m };
        let next_m = last_m + (level_m - last_m) * (PULSE_FRAME.s() / SEEN_S);
        self.guide.level_m = if seen { next_m } else { 0.0 };
    }

    /// Moves the aim to where thrust that is short ends, less what the approach can fly back; `beyond_rad` is how far
    /// that lies past the present aim. Returns what becomes of the range: as long as the aim is not the target all
    /// the thrust there is stays asked for, since less of it would fly the longer way for nothing.
    pub(crate) fn follow_range(&mut self, range: Range, beyond_rad: f64, converged: bool) -> Range {
        let moved = self.guide.aim_rad > 0.0;
        if converged && (range == Range::Long || moved) {
            let back_rad = BACK_M / self.site.p_MT_M.norm().max(1.0);
            self.guide.aim_rad = (self.guide.aim_rad + beyond_rad - back_rad).max(0.0);
            self.aim = self.landing.moved(self.guide.aim_rad);
        }
        if self.guide.aim_rad > 0.0 { Range::Long } else { range }
    }
}

/// The low gate that is `tgo_s` ahead: altitude over well-known ground, m, and descent speed, m/s.
///
/// - `now`: altitude over such ground, m, and descent speed, m/s.
/// - `net_m_s2`, `reaction_s`: deceleration of a stop after the gate, and the delay before it.
fn low_gate(now: (f64, f64), tgo_s: f64, net_m_s2: f64, reaction_s: f64) -> (f64, f64) {
    let (altitude_m, fall_m_s) = now;
    let square = 1.0 / (2.0 * corridor::ETA * net_m_s2.max(0.1));
    let room_m = |v: f64| (square * v + reaction_s) * v + corridor::MARGIN_M;
    let share = LOW_GATE_M / room_m(LOW_GATE_DOWN_M_S);
    // The positive root of p v² + q v = r.
    let p = share * square;
    let q = share * reaction_s + 2.0 / 3.0 * tgo_s;
    let level_m = altitude_m - tgo_s * (fall_m_s / 3.0 - DIVE_M_S2 * tgo_s / 6.0);
    let r = level_m - share * corridor::MARGIN_M;
    let v_m_s = (libm::sqrt((q * q + 4.0 * p * r).max(0.0)) - q) / (2.0 * p);
    if v_m_s >= LOW_GATE_DOWN_M_S_MIN {
        let v_m_s = v_m_s.min(LOW_GATE_DOWN_M_S);
        return (share * room_m(v_m_s), v_m_s);
    }
    let low_m = (share * room_m(LOW_GATE_DOWN_M_S_MIN)).min(level_m).max(LOW_GATE_M_MIN);
    let v_m_s = 1.5 * (level_m - low_m) / tgo_s.max(1.0);
    (low_m, v_m_s.clamp(0.0, LOW_GATE_DOWN_M_S_MIN))
}

impl Guide {
    /// Notes the largest collective that the present torque leaves.
    pub fn follow_roof(&mut self, most: f64) {
        self.roof += (most - self.roof) * (f64::from(ROOF_FRAMES) * PULSE_FRAME.s() / ROOF_S);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Load;
    use crate::test_load::{flight_in, load};

    /// In braking, 60 m/s down, `altitude_m` over the plain.
    fn braking(load: &Load, altitude_m: f64) -> Flight<'_> {
        let mut flight = flight_in(load, altitude_m, Phase::Braking);
        flight.propellant_kg = 80.0;
        (flight.guide.altitude_m, flight.guide.sigma_m) = (altitude_m, 50.0);
        flight
    }

    #[test]
    fn an_aim_beyond_the_target_comes_back_as_far_as_full_thrust_brings_it() {
        let load = load();
        let mut flight = braking(&load, 9000.0);
        let back = BACK_M / flight.site.p_MT_M.norm();
        assert_eq!(flight.follow_range(Range::Long, 0.01, true), Range::Long);
        assert!((flight.guide.aim_rad - (0.01 - back)).abs() < 1e-12);
        // Full thrust would now end before the aim: no less of it is asked for, the aim moves.
        assert_eq!(flight.follow_range(Range::Met, -0.004, true), Range::Long);
        assert!((flight.guide.aim_rad - (0.006 - 2.0 * back)).abs() < 1e-12);
        // What has not converged moves nothing.
        assert_eq!(flight.follow_range(Range::Met, -0.004, false), Range::Long);
        assert!((flight.guide.aim_rad - (0.006 - 2.0 * back)).abs() < 1e-12);
        assert_eq!(flight.follow_range(Range::Met, -0.006, true), Range::Met);
        let off = flight.aim.p_MT_M.si() - flight.site.p_MT_M.si();
        assert!(flight.guide.aim_rad == 0.0 && off.norm() < 1e-6, "{off:?}");
    }

    #[test]
    fn short_thrust_that_falls_too_fast_holds_the_weight_and_does_not_dive() {
        let load = load();
        let flat = |flight: &Flight<'_>| {
            let up = flight.nav.p_MB_I.si() / flight.nav.p_MB_I.norm();
            (up, up.cross(&Vector3::z()).normalize())
        };
        let mut flight = braking(&load, 700.0);
        let (up, level) = flat(&flight);
        assert_eq!(flight.held_up(level, up), level, "nothing is out");
        flight.engines.main_out = true;
        let held = flight.held_up(level, up);
        // 1.62 m/s² of weight, next to nothing of it carried by the motion around the Moon.
        assert!((held.dot(&up) * flight.most_m_s2() - 1.62).abs() < 0.02, "{held:?}");
        assert!((held.norm() - 1.0).abs() < 1e-12 && held.dot(&level) > 0.0);
        let up_already = (up * 0.9 + level * libm::sqrt(0.19)).normalize();
        assert_eq!(flight.held_up(up_already, up), up_already);
        let high = braking(&load, 9000.0);
        let (up, level) = flat(&high);
        assert_eq!(high.held_up(level, up), level, "room enough");
    }

    /// Distance fallen, m, with a vertical acceleration that is linear in time, from `w` to `v` m/s downwards, ending
    /// `DIVE_M_S2` downwards.
    fn fallen_m(w: f64, v: f64, tgo_s: f64) -> f64 {
        let first = 2.0 * (w - v) / tgo_s + DIVE_M_S2;
        let n = 100_000;
        let dt_s = tgo_s / f64::from(n);
        let (mut fall, mut sum_m) = (w, 0.0);
        for i in 0..n {
            let up = first - (first + DIVE_M_S2) * (f64::from(i) + 0.5) / f64::from(n);
            sum_m += (fall - 0.5 * up * dt_s) * dt_s;
            fall -= up * dt_s;
        }
        assert!((fall - v).abs() < 1e-6);
        sum_m
    }

    #[test]
    fn the_low_gate_lies_where_the_fall_leads_and_is_the_planned_one_where_that_is_in_reach() {
        for net in [0.9, 1.7] {
            assert_eq!(low_gate((2500.0, 28.0), 47.0, net, 8.0).1, LOW_GATE_DOWN_M_S);
            let planned_m = low_gate((2500.0, 28.0), 47.0, net, 8.0).0;
            assert!((planned_m - LOW_GATE_M).abs() < 1e-9, "{planned_m}");
            let (mut slower, mut lowest) = (0, 0);
            for (h, w, tgo_s) in [(1650.0, 28.0, 45.0), (1500.0, 26.0, 42.0), (1450.0, 32.0, 33.0)]
            {
                let (low_m, v) = low_gate((h, w), tgo_s, net, 8.0);
                assert!(v <= LOW_GATE_DOWN_M_S && low_m <= LOW_GATE_M, "{low_m} {v}");
                assert!((h - low_m - fallen_m(w, v, tgo_s)).abs() < 1e-3, "{h}: {low_m} {v}");
                // Its share of the room that a stop takes is that of the planned gate.
                let room_m = |v: f64| v * v / (2.0 * corridor::ETA * net) + 8.0 * v + 30.0;
                let share = room_m(v) / room_m(LOW_GATE_DOWN_M_S);
                slower += i32::from((low_m / LOW_GATE_M - share).abs() < 1e-9);
                lowest += i32::from(v < LOW_GATE_DOWN_M_S_MIN);
            }
            assert_eq!(slower + lowest, 3);
            // Lower still: level flight where it leads, and never below the least altitude.
            assert_eq!(low_gate((500.0, 30.0), 40.0, net, 8.0), (LOW_GATE_M_MIN, 0.0));
        }
        for odd in [(100.0, 500.0), (1e7, 1.0), (-5.0, -5.0)] {
            assert!(low_gate(odd, 0.0, -1.0, 8.0).1 <= LOW_GATE_DOWN_M_S, "{odd:?}");
        }
    }

    /// Highest vertical speed, m/s, and propellant, kg, of braking on the main engine and four assist engines of
    /// reading B, over flat ground, to 12 m/s across.
    ///
    /// - `from`: altitude, m, descent speed and speed across, m/s, and mass, kg.
    fn braked(from: [f64; 4], gate: impl Fn((f64, f64), f64) -> (f64, f64)) -> (f64, f64) {
        let [height_m, fall_m_s, across_m_s, mass_kg] = from;
        let assist = 4.0 * 147.7;
        let main = (420.0, 420.0 / (320.0 * 9.80665));
        let propulsion =
            Propulsion { main, assist: (assist, assist / (275.0 * 9.80665)), scale: 1.0 };
        let (thrust, flow) = (main.0 + assist, main.1 + propulsion.assist.1);
        let (ground, gm, dt_s) = (1.7374e6, icd::constants::GM_MOON_M3_S2, PULSE_FRAME.s());
        let (mut r, mut v, mut across, mut mass) =
            (ground + height_m, -fall_m_s, across_m_s, mass_kg);
        let mut s =
            crate::guidance::braking::Solution { a: 1.0, b: -0.01, tgo_s: 45.0, u: 1.0, step: 1.0 };
        let mut top = f64::NEG_INFINITY;
        for frame in 0..1200 {
            if across < LOW_GATE_ACROSS_M_S {
                return (top, mass_kg - mass);
            }
            s.advance(dt_s);
            let (low_m, down) = gate((r - ground, -v), s.tgo_s);
            let arc = crate::guidance::braking::Arc {
                gm,
                mass_kg: mass,
                now: [r, v, across],
                gate: [ground + low_m, -down, LOW_GATE_ACROSS_M_S, 0.0],
                excess: 0.0,
            };
            if frame % 5 == 0 {
                s.solve(&arc, &propulsion, [0.7, 1.0], Range::Long);
            }
            let (up, along) = s.direction();
            let up = up.max(0.0);
            let along = along / libm::hypot(up, along);
            let up = libm::sqrt(1.0 - along * along);
            v += (thrust / mass * up - gm / (r * r) + across * across / r) * dt_s;
            across += thrust / mass * along * dt_s;
            r += v * dt_s;
            mass -= flow * dt_s;
            top = top.max(v);
        }
        unreachable!("still {across} m/s");
    }

    #[test]
    fn a_lander_that_comes_low_does_not_linger_to_dive_for_its_gate() {
        let from = [1500.0, 27.7, 110.8, 376.8];
        let (lingers, spent_kg) = braked(from, |_, _| (LOW_GATE_M, LOW_GATE_DOWN_M_S));
        let (falls, less_kg) = braked(from, |now, tgo_s| low_gate(now, tgo_s, 1.0, 8.0));
        assert!(lingers > -10.0 && falls < -17.0, "{lingers} {falls} m/s");
        assert!(spent_kg - less_kg > 1.0, "{spent_kg} {less_kg} kg");
        // With room to spare both are one.
        let from = [1700.0, 20.7, 86.3, 371.6];
        let planned = braked(from, |_, _| (LOW_GATE_M, LOW_GATE_DOWN_M_S));
        assert_eq!(braked(from, |now, tgo_s| low_gate(now, tgo_s, 1.0, 8.0)), planned);
    }

    #[test]
    fn an_engine_lost_in_the_turn_is_judged_from_its_first_second_and_in_braking_after_the_ignition()
     {
        let load = load();
        let told_after = |phase: Phase| {
            let mut flight = flight_in(&load, 2000.0, phase);
            flight.propellant_kg = 80.0;
            flight.mode.t_phase = flight.nav.t;
            (flight.actuators.main_open, flight.actuators.assist_on_us) = (true, [60_000; 6]);
            let inertia = flight.inertia().0;
            let [x, y, _] = load.vehicle.p_assist_B[1];
            let force = 0.6 * load.vehicle.assist.thrust_N;
            (1..60).find(|_| {
                flight.nav.t += PULSE_FRAME;
                // One of six at 60 % gives nothing; the others and the main engine turn the lander.
                let turn = Vector3::new(-y * force / inertia.x, x * force / inertia.y, 0.0);
                let w = flight.nav.w_IB_B.si() + turn * PULSE_FRAME.s();
                flight.nav.w_IB_B = icd::frames::Vector::from_si(w);
                let felt = load.vehicle.main.thrust_N + 5.0 * force;
                flight.nav.frame_m_s2 = felt / flight.mass_kg();
                flight.watch_thrust();
                flight.engines.out()[1]
            })
        };
        // One frame to difference the rates, one that shows it, half a second that it lasts; after 2 s of braking.
        assert_eq!(told_after(Phase::PitchUp), Some(7));
        assert_eq!(told_after(Phase::Terminal), Some(7));
        assert_eq!(told_after(Phase::Braking), Some(20 + 6));
    }

    #[test]
    fn what_a_wait_may_use_is_less_by_one_more_deviation_with_an_engine_out() {
        let load = load();
        let mut flight = braking(&load, 100.0);
        let spare = |flight: &Flight<'_>| flight.spare_kg(100.0, flight.wait_sigmas());
        assert_eq!(spare(&flight), flight.spare_kg(100.0, 1.0));
        flight.engines.give_up(2, flight.nav.t);
        let sigma_kg = flight.spare_kg(100.0, 0.0) - flight.spare_kg(100.0, 1.0);
        assert!(
            sigma_kg > 3.0
                && (flight.spare_kg(100.0, 1.0) - spare(&flight) - sigma_kg).abs() < 1e-9
        );
    }

    #[test]
    fn with_an_engine_out_all_thrust_is_counted_on_and_a_fall_too_fast_turns_faster() {
        let load = load();
        let mut flight = braking(&load, 2000.0);
        assert_eq!(flight.terminal_collective(), TERMINAL_COLLECTIVE_MAX);
        assert_eq!(flight.slew_rad_s(), load.vehicle.slew_rad_s_max);
        flight.engines.main_out = true;
        assert_eq!(flight.terminal_collective(), allocate::DUTY_MAX);
        assert_eq!(flight.slew_rad_s(), load.vehicle.slew_rad_s_max);
        flight.monitors.corridor.stands = true;
        assert_eq!(flight.slew_rad_s(), HURRY * load.vehicle.slew_rad_s_max);
        flight.inertial.rate_max = 0.02;
        assert_eq!(flight.slew_rad_s(), 0.02);
    }
}
