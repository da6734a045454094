//! The speed corridor: how fast one may fall towards ground that is known only so well.
//!
//! Derived: with net deceleration a_n the speed v stops within v²/2a_n, after v τ flown before the
//! braking thrust acts (turning upright, the sensor's delay). The ground may stand k σ higher than
//! believed, so the largest speed at believed altitude h obeys
//!     v²/2ηa_n + v τ = h − k σ − margin + v_c²/2ηa_n,
//! v_c being a creep speed that can be stopped at the shortest first range worth surviving.
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
/// Altitude below which the descent is slowest, m, and its speed there, m/s. Assumed: on a slope of 25° the
/// upper foot meets the ground 0.6 m before the middle of the lander would; the speed is a third of the lander's
/// energy of toppling on a slope of 15°, 0.1 J/kg by [`Corridor::last`]'s own account.
pub const LAST: (f64, f64) = (1.5, 0.5);

/// What bounds the descent speed.
#[derive(Clone, Copy, Debug)]
pub struct Corridor<'a> {
    /// Planned altitude and descent speed: (m, m/s), ascending.
    pub profile: &'a [(f64, f64)],
    /// Altitude below which the descent is slowest, m, and its speed there, m/s; it takes the place of the
    /// plan's first row.
    pub last: (f64, f64),
    /// How far, 0 to 1, the plan between its first and last row gives way to one deceleration: that saves time,
    /// and with it propellant, at the price of thrust.
    pub haste: f64,
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

impl Corridor<'_> {
    /// Largest descent speed that still stops above the ground, m/s, at believed altitude `altitude_m`.
    pub fn safe_m_s(&self, altitude_m: f64) -> f64 {
        let room_m = (altitude_m - self.k * self.sigma_m - MARGIN_M).max(0.0);
        let a = ETA * self.net_m_s2.max(0.1);
        let late = a * self.reaction_s.max(0.0);
        let v = libm::sqrt(late * late + CREEP_M_S * CREEP_M_S + 2.0 * a * room_m) - late;
        v.max(CREEP_M_S)
    }

    /// Neighbouring rows of the plan; the first row is the beginning of the last metres.
    fn rows(&self) -> impl Iterator<Item = [(f64, f64); 2]> {
        let last = self.last;
        let first = self.profile.first().map_or(0.0, |(h, _)| *h);
        let (low, high) = (self.profile.get(1).copied(), self.profile.last().copied());
        let ends = low.zip(high);
        let haste = self.haste;
        let hastened = move |(h, v): (f64, f64)| {
            let Some((low, high)) = ends.filter(|(low, high)| high.0 > low.0) else { return (h, v) };
            let share = (h - low.0) / (high.0 - low.0);
            let direct = low.1 * low.1 + share * (high.1 * high.1 - low.1 * low.1);
            (h, libm::sqrt((v * v + haste * (direct - v * v).max(0.0)).max(0.0)))
        };
        let rows = self.profile.windows(2).filter_map(move |pair| {
            let [low, high] = *pair else { return None };
            let low = if low.0 > first { hastened(low) } else { last };
            Some([low, hastened(high)])
        });
        core::iter::once([(first, last.1), last]).chain(rows)
    }

    /// Deceleration of the plan at full haste, m/s².
    pub fn direct_m_s2(&self) -> f64 {
        let (low, high) = (self.profile.get(1).copied(), self.profile.last().copied());
        let ends = low.zip(high).filter(|(low, high)| high.0 > low.0);
        ends.map_or(0.0, |(low, high)| (high.1 * high.1 - low.1 * low.1) / (2.0 * (high.0 - low.0)))
    }

    /// Planned descent speed and its slope: (m/s, 1/s).
    pub fn planned(&self, altitude_m: f64) -> (f64, f64) {
        let mut planned = (self.last.1, 0.0);
        for [(h0, v0), (h1, v1)] in self.rows() {
            if altitude_m >= h0 && h1 > h0 {
                planned = approach::between((h0, v0), (h1, v1), altitude_m);
            }
        }
        // Above the planned gate nothing is gained by falling faster than at the gate.
        if planned.0 > self.gate_m_s { (self.gate_m_s, 0.0) } else { planned }
    }

    /// Reference descent speed at `altitude_m`, its slope dv/dh, and what bounds it: (m/s, 1/s, bound).
    ///
    /// While the ground is unknown the search for it never falls below the creep speed.
    pub fn reference(&self, altitude_m: f64) -> (f64, f64, Bound) {
        let planned = self.planned(altitude_m);
        let safe = self.safe_m_s(altitude_m);
        let unknown = self.sigma_m > UNKNOWN_M;
        if unknown && safe <= CREEP_M_S {
            (CREEP_M_S, 0.0, Bound::Creep)
        } else if safe < planned.0 {
            (safe, ETA * self.net_m_s2 / safe, Bound::Corridor)
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
        for [(h0, _), (h1, _)] in self.rows() {
            let to_m = h1.min(altitude_m);
            if to_m > h0 {
                let (v0, v1) = (self.planned(h0).0, self.planned(to_m).0);
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
        for [(h0, v0), (h1, v1)] in self.rows() {
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

    fn corridor(sigma_m: f64, net_m_s2: f64, reaction_s: f64) -> Corridor<'static> {
        let last = LAST;
        let haste = 0.0;
        Corridor { profile: &PROFILE, last, haste, gate_m_s: 76.0, sigma_m, k: K_SIGMA, net_m_s2, reaction_s }
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
