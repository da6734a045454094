//! The speed corridor: how fast one may fall towards ground that is known only so well.
//!
//! Derived: with net deceleration a_n the speed v stops within v²/2a_n, after v τ flown before the
//! braking thrust acts (turning upright, the sensor's delay). The ground may stand k σ higher than
//! believed, so the largest speed at believed altitude h obeys
//!     v²/2ηa_n + v τ = h − k σ − margin + v_c²/2ηa_n,
//! v_c being a creep speed that can be stopped at the shortest first range worth surviving.
//! After [`crate::nav`]'s own σ has shrunk the same formula lets the planned profile pass.

/// Standard deviations that the corridor keeps off the ground. Prototype: 3; the fourth costs a healthy
/// landing 1 kg and halves the losses when the misalignment is itself three deviations.
pub const K_SIGMA: f64 = 4.0;
/// Further margin, m.
pub const MARGIN_M: f64 = 30.0;
/// Share of the net deceleration that is counted on.
pub const ETA: f64 = 0.8;
/// Creep speed while the ground may be anywhere below, m/s. Prototype: 33 m/s can still be stopped from
/// 300 m with all engines and half a second's delay, 24 m/s with the assist engines alone; assumed 20.
pub const CREEP_M_S: f64 = 20.0;

/// Largest safe descent speed, m/s.
///
/// - `altitude_m`: believed; `sigma_m`: its standard deviation; `net_m_s2`: largest net deceleration;
///   `reaction_s`: time before it acts.
pub fn speed_m_s(altitude_m: f64, sigma_m: f64, net_m_s2: f64, reaction_s: f64) -> f64 {
    let room_m = (altitude_m - K_SIGMA * sigma_m - MARGIN_M).max(0.0);
    let a = ETA * net_m_s2.max(0.1);
    let late = a * reaction_s.max(0.0);
    let v = libm::sqrt(late * late + CREEP_M_S * CREEP_M_S + 2.0 * a * room_m) - late;
    v.max(CREEP_M_S)
}

/// Extra altitude of the high gate, so that turning upright and stopping fit above the worst ground.
///
/// - `gate_m`, `v_m_s`: planned altitude and descent speed there; `turn_s`: time to turn upright.
pub fn gate_raise_m(gate_m: f64, v_m_s: f64, turn_s: f64, sigma_m: f64, net_m_s2: f64) -> f64 {
    let stop_m = v_m_s * v_m_s / (2.0 * ETA * net_m_s2.max(0.1)) + v_m_s * turn_s;
    (stop_m + K_SIGMA * sigma_m + MARGIN_M - gate_m).clamp(0.0, 3000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corridor_is_the_stopping_distance_turned_round() {
        // 1000 m of room, net 2 m/s² at 80 %: v² = 400 + 3200.
        let v = speed_m_s(1000.0 + K_SIGMA * 100.0 + MARGIN_M, 100.0, 2.0, 0.0);
        assert!((v - 60.0).abs() < 1e-12);
    }

    #[test]
    fn a_reaction_costs_its_own_distance() {
        let v = speed_m_s(2000.0, 0.0, 2.0, 5.0);
        let a = ETA * 2.0;
        let used = v * 5.0 + (v * v - CREEP_M_S * CREEP_M_S) / (2.0 * a);
        assert!((used - (2000.0 - MARGIN_M)).abs() < 1e-9, "{used}");
    }

    #[test]
    fn where_the_ground_may_be_anywhere_only_creeping_is_left() {
        assert!((speed_m_s(1000.0, 470.0, 2.1, 2.0) - CREEP_M_S).abs() < 1e-12);
    }

    #[test]
    fn a_known_altitude_needs_no_raise() {
        assert!(gate_raise_m(3000.0, 76.0, 12.0, 5.0, 2.2).abs() < 1e-12);
        assert!(gate_raise_m(3000.0, 76.0, 12.0, 470.0, 2.2) > 700.0);
    }
}
