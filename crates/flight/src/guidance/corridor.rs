//! The speed corridor: how fast one may fall towards ground that is known only so well.
//!
//! Derived: with net deceleration a_n the speed v stops within v²/2a_n, after v τ flown before the
//! braking thrust acts (turning upright, the sensor's delay). The ground may stand k σ higher than
//! believed, so the largest speed at believed altitude h obeys
//!     v²/2ηa_n + v τ = h − k σ − margin + v_c²/2ηa_n,
//! v_c being a creep speed that can be stopped at the shortest first range worth surviving.
//! The plan below the gate is the load's, (altitude, speed) with v² linear between rows, but for
//! the last metres, which are slower: a lander of 1.8 m between the feet and its centre of mass at 1.5 m topples down a
//! slope α once it brings more than g l (1 − cos(31° − α)), l = 1.8 m, 0.1 J/kg at 16°, of which v²/2 is the part that
//! can be chosen.
//! After [`crate::nav`]'s own σ has shrunk the same formula lets the planned profile pass.
//! Does not own: how large k is where propellant is short ([`super::risk`]).

use super::approach;

/// Standard deviations that the corridor keeps off the ground where propellant allows. Prototype: 3; the
/// fourth costs a healthy landing 1 kg and halves the losses when the misalignment is itself three deviations.
pub const K_SIGMA: f64 = 4.0;
/// Further margin, m.
pub const MARGIN_M: f64 = 30.0;
/// Share of the net deceleration that is counted on.
pub const ETA: f64 = 0.8;
/// Creep speed while the ground may be anywhere below, m/s. Prototype: 33 m/s can still be stopped from
/// 300 m with all engines and half a second's delay, 24 m/s with the assist engines alone; assumed 20.
pub const CREEP_M_S: f64 = 20.0;
/// Altitude deviation above which the ground counts as unknown, m.
pub const UNKNOWN_M: f64 = 20.0;
/// The same as a share of the altitude. Assumed: at three deviations the ground may be here.
pub const UNKNOWN_SHARE: f64 = 1.0 / 3.0;

/// Altitude below which the descent is slowest, m, and its speed there, m/s. Assumed: on a slope of 25° the upper
/// foot meets the ground 0.6 m before the middle of the lander would, and altitude is known to half a metre.
/// Tried on 88 landings that leant 10° and more: 12 topple at 1 m/s, 4 at 0.5 m/s, 6 at 0.3 m/s.
pub const LAST: (f64, f64) = (1.5, 0.5);

/// Rows of the plan: the load's, and one for the last metres.
pub const ROWS: usize = 6;

/// The plan below the gate: (m, m/s), ascending.
pub type Plan = [(f64, f64); ROWS];

/// The load's `profile` with its last metres.
///
/// - `last`: altitude below which the descent is slowest, m, and its speed there, m/s; `None` for the load's own.
pub fn plan(profile: &[(f64, f64); 5], last: Option<(f64, f64)>) -> Plan {
    let [first, low, lower, upper, high] = *profile;
    let last = last.unwrap_or(first);
    [(first.0, last.1), last, low, lower, upper, high]
}

/// What bounds the descent speed.
#[derive(Clone, Copy, Debug)]
pub struct Corridor {
    /// Planned altitude and descent speed.
    pub plan: Plan,
    /// Largest planned descent speed: that at the gate, m/s.
    pub gate_m_s: f64,
    /// Standard deviation of altitude, m.
    pub sigma_m: f64,
    /// Standard deviations kept off the ground.
    pub k: f64,
    /// Largest net deceleration, m/s².
    pub net_m_s2: f64,
    /// Time before it acts, s.
    pub reaction_s: f64,
}

/// Which bound gave the reference speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The plan.
    Plan,
    /// The corridor.
    Corridor,
    /// The least speed of a search for the ground.
    Creep,
}

impl Corridor {
    /// Largest descent speed that still stops above the ground, m/s, at believed altitude `altitude_m`.
    pub fn safe_m_s(&self, altitude_m: f64) -> f64 {
        let room_m = (altitude_m - self.k * self.sigma_m - MARGIN_M).max(0.0);
        let a = ETA * self.net_m_s2.max(0.1);
        let late = a * self.reaction_s.max(0.0);
        let v = libm::sqrt(late * late + CREEP_M_S * CREEP_M_S + 2.0 * a * room_m) - late;
        v.max(CREEP_M_S)
    }

    /// Planned descent speed and its slope: (m/s, 1/s).
    pub fn planned(&self, altitude_m: f64) -> (f64, f64) {
        let planned = approach::profile(&self.plan, altitude_m);
        // Above the planned gate nothing is gained by falling faster than at the gate.
        if planned.0 > self.gate_m_s { (self.gate_m_s, 0.0) } else { planned }
    }

    /// Largest descent speed at `altitude_m` from which the net deceleration, less what is not counted on, comes down
    /// to the speed of the plan's lowest row above the last metres, over ground that is known; and its slope: (m/s, 1/s).
    pub fn stopped(&self, altitude_m: f64) -> (f64, f64) {
        let [_, _, (low_m, low_m_s), ..] = self.plan;
        let a = ETA * self.net_m_s2.max(0.1);
        let v = libm::sqrt(low_m_s * low_m_s + 2.0 * a * (altitude_m - low_m).max(0.0));
        (v, if altitude_m > low_m { a / v } else { 0.0 })
    }

    /// Reference descent speed at `altitude_m`, its slope dv/dh, and what bounds it: (m/s, 1/s, bound).
    ///
    /// While the ground is unknown the search for it never falls below the creep speed.
    pub fn reference(&self, altitude_m: f64) -> (f64, f64, Bound) {
        let planned = self.planned(altitude_m);
        let safe = self.safe_m_s(altitude_m);
        // Where the deviation is little against the altitude the altitude still means something.
        let unknown = self.sigma_m > UNKNOWN_M && self.sigma_m > UNKNOWN_SHARE * altitude_m;
        if unknown && safe <= CREEP_M_S {
            (CREEP_M_S, 0.0, Bound::Creep)
        } else if safe < planned.0 {
            let slope = if safe > CREEP_M_S { ETA * self.net_m_s2 / safe } else { 0.0 };
            (safe, slope, Bound::Corridor)
        } else if unknown && planned.0 < CREEP_M_S {
            (CREEP_M_S, 0.0, Bound::Plan)
        } else {
            (planned.0, planned.1, Bound::Plan)
        }
    }

    /// Time to descend by the plan alone from `altitude_m` to the ground, s.
    ///
    /// v² is linear in altitude between rows, so a row takes 2 Δh / (v₀ + v₁).
    pub fn planned_s(&self, altitude_m: f64) -> f64 {
        let mut t_s = 0.0;
        let mut top_m = 0.0;
        for pair in self.plan.windows(2) {
            let [(h0, v0), (h1, v1)] = *pair else { continue };
            let to_m = h1.min(altitude_m);
            if to_m > h0 {
                let v1 = if altitude_m < h1 { self.planned(to_m).0 } else { v1 };
                let (v0, v1) = (v0.min(self.gate_m_s), v1.min(self.gate_m_s));
                t_s += 2.0 * (to_m - h0) / (v0 + v1).max(0.1);
            }
            top_m = h1;
        }
        t_s + (altitude_m - top_m).max(0.0) / self.gate_m_s.max(1.0)
    }

    /// Largest believed altitude at which the reference speed does not exceed `v_m_s`, m; negative infinity
    /// where even the search is faster.
    pub fn altitude_of_speed(&self, v_m_s: f64) -> f64 {
        if v_m_s >= self.gate_m_s {
            return f64::INFINITY;
        }
        if v_m_s < CREEP_M_S {
            return f64::NEG_INFINITY;
        }
        let a = ETA * self.net_m_s2.max(0.1);
        let stop_m = (v_m_s * v_m_s - CREEP_M_S * CREEP_M_S) / (2.0 * a) + v_m_s * self.reaction_s;
        let corridor_m = stop_m + self.k * self.sigma_m + MARGIN_M;
        let mut plan_m = f64::NEG_INFINITY;
        for pair in self.plan.windows(2) {
            let [(h0, v0), (h1, v1)] = *pair else { continue };
            if v_m_s >= v0 && v1 > v0 {
                let share = (v_m_s * v_m_s - v0 * v0) / (v1 * v1 - v0 * v0);
                plan_m = h0 + share.min(1.0) * (h1 - h0);
            }
        }
        plan_m.max(corridor_m)
    }
}

/// Extra altitude of the high gate, so that turning upright and stopping fit above the worst ground.
///
/// - `gate_m`, `v_m_s`: planned altitude and descent speed there; `turn_s`: time to turn upright;
///   `keep_m`: how much higher than believed the ground may stand.
pub fn gate_raise_m(gate_m: f64, v_m_s: f64, turn_s: f64, keep_m: f64, net_m_s2: f64) -> f64 {
    let stop_m = v_m_s * v_m_s / (2.0 * ETA * net_m_s2.max(0.1)) + v_m_s * turn_s;
    (stop_m + keep_m + MARGIN_M - gate_m).clamp(0.0, 3000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: [(f64, f64); 5] =
        [(0.0, 1.0), (20.0, 4.7), (192.0, 14.0), (1000.0, 33.0), (3000.0, 76.0)];

    fn corridor(sigma_m: f64, net_m_s2: f64, reaction_s: f64) -> Corridor {
        let plan = plan(&PROFILE, Some(LAST));
        Corridor { plan, gate_m_s: 76.0, sigma_m, k: K_SIGMA, net_m_s2, reaction_s }
    }

    #[test]
    fn the_corridor_is_the_stopping_distance_turned_round() {
        // 1000 m of room, net 2 m/s² at 80 %: v² = 400 + 3200.
        let v = corridor(100.0, 2.0, 0.0).safe_m_s(1000.0 + K_SIGMA * 100.0 + MARGIN_M);
        assert!((v - 60.0).abs() < 1e-12);
    }

    #[test]
    fn a_reaction_costs_its_own_distance() {
        let v = corridor(0.0, 2.0, 5.0).safe_m_s(2000.0);
        let a = ETA * 2.0;
        let used = v * 5.0 + (v * v - CREEP_M_S * CREEP_M_S) / (2.0 * a);
        assert!((used - (2000.0 - MARGIN_M)).abs() < 1e-9, "{used}");
    }

    #[test]
    fn where_the_ground_may_be_anywhere_only_creeping_is_left() {
        let unknown = corridor(470.0, 2.1, 2.0);
        assert!((unknown.safe_m_s(1000.0) - CREEP_M_S).abs() < 1e-12);
        assert_eq!(unknown.reference(1000.0).2, Bound::Creep);
        assert_eq!(
            Corridor { k: 0.0, ..unknown }.reference(1000.0),
            (33.0, unknown.planned(1000.0).1, Bound::Plan)
        );
    }

    #[test]
    fn a_deviation_that_is_little_against_the_altitude_is_no_reason_to_search() {
        let at = |h_m| corridor(28.0, 1.0, 2.0).reference(h_m);
        let planned = corridor(28.0, 1.0, 2.0).planned(200.0);
        assert_eq!(at(200.0), (planned.0, planned.1, Bound::Plan));
        assert_eq!(at(60.0), (CREEP_M_S, 0.0, Bound::Creep));
    }

    #[test]
    fn a_known_altitude_needs_no_raise() {
        assert!(gate_raise_m(3000.0, 76.0, 12.0, 20.0, 2.2).abs() < 1e-12);
        assert!(gate_raise_m(3000.0, 76.0, 12.0, 4.0 * 470.0, 2.2) > 700.0);
    }

    #[test]
    fn the_time_of_the_plan_is_the_integral_of_the_plan() {
        let known = corridor(0.0, 2.1, 2.0);
        for h_m in [5.0, 150.0, 900.0, 2500.0, 4000.0] {
            let n = 200_000;
            let dh = h_m / f64::from(n);
            let sum: f64 = (0..n).map(|i| dh / known.planned((f64::from(i) + 0.5) * dh).0).sum();
            assert!((known.planned_s(h_m) / sum - 1.0).abs() < 1e-4, "{h_m}: {sum}");
        }
    }

    #[test]
    fn the_last_metres_are_slow_and_the_load_s_own_where_none_are_given() {
        let own = corridor(0.0, 2.1, 2.0);
        let load = Corridor { plan: plan(&PROFILE, None), ..own };
        for h_m in [-1.0, 0.3, 1.4] {
            assert!(
                (own.planned(h_m).0 - LAST.1).abs() < 1e-12 && own.planned(h_m).1.abs() < 1e-12
            );
        }
        for h_m in [0.0, 0.3, 5.0, 19.0, 500.0] {
            assert_eq!(load.planned(h_m), approach::profile(&PROFILE, h_m));
            assert!(own.planned(h_m).0 <= load.planned(h_m).0);
        }
    }

    /// Speed at 20 m of a fall from 1700 m at 41.7 m/s that keeps to `reference` as far as `net_m_s2` goes.
    fn at_20_m(net_m_s2: f64, reference: impl Fn(f64) -> (f64, f64)) -> f64 {
        let (mut h, mut v, dt_s) = (1700.0, 41.7, 0.01);
        while h > 20.0 {
            let (wanted, slope) = reference(h);
            let up = v * slope + 0.6 * (v - wanted);
            v -= up.clamp(-1.1, net_m_s2) * dt_s;
            h -= v * dt_s;
        }
        v
    }

    #[test]
    fn a_fall_on_the_assist_engines_alone_is_braked_in_time_only_without_credit_for_a_search() {
        // Reading B without its main engine: 0.95 × 886 N over 366 kg, of which torque leaves 0.93; its plan.
        let profile = [(0.0, 1.0), (20.0, 4.7), (192.0, 15.5), (1000.0, 36.0), (3000.0, 50.0)];
        let net = 0.95 * 886.2 / 366.0 - 1.62;
        let left = 0.93 * 886.2 / 366.0 - 1.62;
        let plan = plan(&profile, Some(LAST));
        let c = Corridor {
            plan,
            gate_m_s: 50.0,
            sigma_m: 1.0,
            k: K_SIGMA,
            net_m_s2: net,
            reaction_s: 2.0,
        };
        let searched = at_20_m(left, |h| (c.reference(h).0, c.reference(h).1));
        let stopped = at_20_m(left, |h| {
            let (v, slope, _) = c.reference(h);
            if c.stopped(h).0 < v { c.stopped(h) } else { (v, slope) }
        });
        assert!(searched > 6.5 && stopped < 5.0, "{searched} {stopped}");
        // The bound itself: 80 % of the net deceleration takes it to the plan at 20 m.
        for h in [20.0, 200.0, 1700.0] {
            let (v, slope) = c.stopped(h);
            let energy = v * v - 2.0 * ETA * net * (h - 20.0);
            assert!((energy - 4.7 * 4.7).abs() < 1e-9, "{h}");
            assert!(h <= 20.0 || (slope * v - ETA * net).abs() < 1e-12);
        }
    }

    #[test]
    fn the_altitude_of_a_speed_is_where_the_reference_takes_it() {
        for k in [0.0, 1.0, 4.0] {
            let c = Corridor { k, ..corridor(300.0, 2.1, 0.0) };
            for v in [21.0, 33.0, 50.0, 75.0] {
                let h_m = c.altitude_of_speed(v);
                assert!((c.reference(h_m).0 - v).abs() < 1e-6, "{k} {v}: {:?}", c.reference(h_m));
            }
            assert!(c.altitude_of_speed(19.0) < 0.0 && c.altitude_of_speed(76.0) > 1e9);
        }
    }
}
