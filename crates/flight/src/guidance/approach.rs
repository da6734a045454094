//! After the high gate: turn upright, fall along the planned speed-altitude profile onto the target.
//!
//! Owns: the vertical and horizontal laws and their limits.
//! Vertical, derived: on a profile v(h) the acceleration that keeps to it is v dv/dh; a proportional
//! term returns to it. Horizontal: a return to the target at the speed p/τ_p, reached with the rate 1/τ_v;
//! the speed is bounded by what the tilt limit can take away again in the time left to the ground, so that
//! a late correction of position never costs the horizontal speed at touchdown. Both rates stay well
//! below what the attitude's slew limit can follow.

use nalgebra::Vector3;

/// Return to the target, s, and to the horizontal speed that it asks for, s.
const POSITION_S: f64 = 12.0;
const SPEED_S: f64 = 4.0;
/// The latter once the lander no longer steers for position, s.
const LAST_SPEED_S: f64 = 1.5;
/// Fastest return to the target, m/s.
const RETURN_M_S_MAX: f64 = 12.0;
/// Return rate to the vertical profile, 1/s.
const RETURN_PER_S: f64 = 0.6;
/// Below this altitude the lander no longer steers for position, m.
const NO_POSITION_M: f64 = 15.0;

/// Time that is kept for turning, s; share of the low tilt limit that may be planned with.
const TURN_S: f64 = 4.0;
const CAP: f64 = 0.5;
/// Tangent of the tilt limit at low altitude.
const LOW_TILT: f64 = 0.17;
/// How much further than what can be covered in the time left the target may lie.
const OUT_OF_REACH: f64 = 3.0;
/// Below this altitude a target that is further is let go, m.
const LET_GO_M: f64 = 100.0;
/// Room that a full stop keeps above the ground, and the least that it is computed with, m, and as a share of the
/// altitude.
const STOP_M: f64 = 40.0;
const STOP_M_MIN: f64 = 20.0;
const STOP_SHARE: f64 = 0.7;
/// Above this horizontal speed, m/s and 1/s of altitude, the descent waits until it is taken away, above a
/// floor, m, under which tilts are too small for it; share of the net deceleration counted on.
const DRIFT_M_S: f64 = 1.5;
const DRIFT_PER_S: f64 = 0.01;
const DRIFT_FLOOR_M: f64 = 40.0;
const DRIFT_SHARE: f64 = 0.5;
/// A lander that drifts may tilt as much as one at the first altitude, m, and faster than this, m/s, as at
/// the second, as long as it is higher than the least.
const DRIFTING_M_S: f64 = 5.0;
/// Above this speed, m/s, and altitude, m, it may tilt as in the turn at the gate.
const FAST_M_S: f64 = 12.0;
const FAST_M_MIN: f64 = 20.0;
const DRIFTING_AS_M: [f64; 2] = [31.0, 201.0];
const DRIFT_M_MIN: f64 = 8.0;
/// Fastest climb back to the floor, m/s, and its rate, 1/s.
const CLIMB_M_S: f64 = 3.0;
const CLIMB_PER_S: f64 = 0.2;

/// Horizontal speed that the descent need not wait for, m/s.
fn drift_m_s_max(altitude_m: f64) -> f64 {
    DRIFT_M_S + DRIFT_PER_S * altitude_m.max(0.0)
}

/// Descent speed that can end at the floor where a drift of `drift_m_s` is taken away, m/s; below it a climb.
pub fn drift_speed_m_s(altitude_m: f64, drift_m_s: f64, net_m_s2: f64) -> f64 {
    let room_m = altitude_m - DRIFT_FLOOR_M;
    if drift_m_s < drift_m_s_max(altitude_m) {
        f64::INFINITY
    } else if room_m < 0.0 {
        if drift_m_s < DRIFTING_M_S { 0.0 } else { (CLIMB_PER_S * room_m).max(-CLIMB_M_S) }
    } else {
        libm::sqrt(2.0 * DRIFT_SHARE * net_m_s2.max(0.1) * room_m)
    }
}

/// Planned descent speed at altitude `h_m`, and its slope dv/dh: from a table of (m, m/s) in which v²
/// is linear (constant deceleration) between rows.
pub fn profile(table: &[(f64, f64)], h_m: f64) -> (f64, f64) {
    let mut out = table.first().map_or((1.0, 0.0), |(_, v)| (*v, 0.0));
    for pair in table.windows(2) {
        let [(h0, v0), (h1, v1)] = *pair else { continue };
        if h_m >= h0 && h1 > h0 {
            let k = (v1 * v1 - v0 * v0) / (h1 - h0);
            let v = libm::sqrt((v0 * v0 + k * (h_m - h0)).max(0.01));
            out = (v, k / (2.0 * v));
        }
    }
    out
}

/// Largest tilt of the thrust from vertical at altitude `h_m`, rad.
pub fn tilt_max_rad(h_m: f64, turning: bool) -> f64 {
    let degrees = if turning {
        40.0
    } else if h_m > 200.0 {
        20.0
    } else if h_m > 30.0 {
        10.0
    } else {
        4.0
    };
    degrees * core::f64::consts::PI / 180.0
}

/// Vertical thrust acceleration that stops a fall of `fall_m_s` with some room above the ground, m/s².
pub fn stop_m_s2(fall_m_s: f64, altitude_m: f64, gravity_m_s2: f64) -> f64 {
    let fall = fall_m_s.max(0.0);
    let least_m = STOP_M_MIN.min(STOP_SHARE * altitude_m);
    fall * fall / (2.0 * (altitude_m - STOP_M).max(least_m).max(0.5)) + gravity_m_s2
}

/// What the approach knows.
#[derive(Clone, Copy, Debug)]
pub struct Approach {
    /// Position from the target, L, m (x, y used).
    pub p_L: Vector3<f64>,
    /// Velocity over ground, L, m/s.
    pub v_L: Vector3<f64>,
    /// Altitude that braking decisions use, m.
    pub altitude_m: f64,
    /// Planned descent speed here, m/s, after the corridor, and dv/dh.
    pub speed: (f64, f64),
    /// Still turning upright.
    pub turning: bool,
    /// Too fast to stop by the law: the vertical comes first, the target is dropped.
    pub stopping: bool,
    /// Largest thrust acceleration, m/s²; infinite where the fall is not to come first.
    pub most_m_s2: f64,
    /// Gravity less the centrifugal part, m/s².
    pub gravity_m_s2: f64,
}

/// Thrust acceleration wanted, L, m/s²; gravity is compensated.
pub fn thrust_acceleration(a: &Approach) -> Vector3<f64> {
    let (v_down, slope) = a.speed;
    let fall = -a.v_L.z;
    let up =
        fall * slope * (fall / v_down.max(0.5)).clamp(0.0, 1.5) + RETURN_PER_S * (fall - v_down);
    let near = a.altitude_m < NO_POSITION_M;
    // Time to the ground at the mean of the present and the last speed, less a turn at either end.
    let left_s = 2.0 * (a.altitude_m - NO_POSITION_M).max(0.0) / (fall.max(v_down) + 2.0) - TURN_S;
    let cap = (CAP * LOW_TILT * a.gravity_m_s2 * left_s.max(0.0)).min(RETURN_M_S_MAX);
    let mut speed = Vector3::new(a.p_L.x, a.p_L.y, 0.0) / -POSITION_S;
    // A target out of reach is let go, else the last metres would be flown sideways for nothing.
    let reach_m = cap * left_s.max(0.0);
    let away_m = libm::hypot(a.p_L.x, a.p_L.y);
    let careful = a.most_m_s2.is_finite();
    if careful && a.altitude_m < LET_GO_M {
        speed *= ((OUT_OF_REACH * reach_m - away_m) / reach_m.max(1.0)).clamp(0.0, 1.0);
    }
    let wish = libm::sqrt(speed.norm_squared());
    if a.stopping {
        speed *= 0.0;
    } else if wish > cap {
        speed *= cap / wish;
    }
    let over = Vector3::new(a.v_L.x, a.v_L.y, 0.0) - speed;
    let mut across = over / -if near { LAST_SPEED_S } else { SPEED_S };
    let vertical = (a.gravity_m_s2 + up).max(0.3 * a.gravity_m_s2);
    let drift_m_s = libm::hypot(a.v_L.x, a.v_L.y);
    let as_at_m = match drift_m_s {
        v if v > DRIFTING_M_S => DRIFTING_AS_M[1],
        v if v > drift_m_s_max(a.altitude_m) => DRIFTING_AS_M[0],
        _ => 0.0,
    };
    let low_m = if careful && a.altitude_m > DRIFT_M_MIN {
        a.altitude_m.max(as_at_m)
    } else {
        a.altitude_m
    };
    // What stops the fall comes first; the horizontal speed gets what thrust is left.
    let stop = stop_m_s2(fall, a.altitude_m, a.gravity_m_s2);
    let left = libm::sqrt((a.most_m_s2 * a.most_m_s2 - stop * stop).max(0.0));
    let fast = careful && drift_m_s > FAST_M_S && a.altitude_m > FAST_M_MIN;
    let limit = left.min(vertical * libm::tan(tilt_max_rad(low_m, a.turning || fast)));
    let size = libm::sqrt(across.norm_squared());
    if size > limit {
        across *= limit / size;
    }
    if a.stopping {
        let most2 = a.most_m_s2 * a.most_m_s2 - across.norm_squared();
        return Vector3::new(across.x, across.y, libm::sqrt(most2.max(0.0)));
    }
    Vector3::new(across.x, across.y, vertical)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: [(f64, f64); 5] =
        [(0.0, 1.0), (5.0, 1.0), (20.0, 4.7), (1000.0, 33.0), (3000.0, 76.0)];

    #[test]
    fn the_profile_passes_through_its_rows_and_keeps_its_slope() {
        for (h, v) in TABLE {
            assert!((profile(&TABLE, h).0 - v).abs() < 1e-9);
        }
        let (h, d) = (1700.0, 0.01);
        let numeric = (profile(&TABLE, h + d).0 - profile(&TABLE, h - d).0) / (2.0 * d);
        assert!((profile(&TABLE, h).1 - numeric).abs() < 1e-7);
    }

    #[test]
    fn a_drifting_lander_waits_at_the_floor_and_a_steady_one_does_not() {
        assert!(drift_speed_m_s(100.0, 2.4, 1.8) > 1e9);
        // Half of 1.8 m/s² over the 60 m to the floor.
        assert!((drift_speed_m_s(100.0, 10.0, 1.8) - libm::sqrt(108.0)).abs() < 1e-9);
        assert!(drift_speed_m_s(DRIFT_FLOOR_M, 10.0, 1.8) == 0.0);
        assert!((drift_speed_m_s(30.0, 10.0, 1.8) + 2.0).abs() < 1e-9);
        assert!(
            drift_speed_m_s(0.0, 10.0, 1.8) == -CLIMB_M_S && drift_speed_m_s(10.0, 4.0, 1.8) == 0.0
        );
    }

    #[test]
    fn a_fall_that_must_be_stopped_gets_all_thrust_upwards_and_forgets_the_target() {
        let a = Approach {
            p_L: Vector3::new(-400.0, 50.0, 800.0),
            v_L: Vector3::new(20.0, 0.0, -66.0),
            altitude_m: 800.0,
            speed: (40.0, 0.02),
            turning: true,
            stopping: true,
            most_m_s2: 3.7,
            gravity_m_s2: 1.62,
        };
        // 66²/2/760 + 1.62 = 4.49 m/s² is more than there is: nothing is left for the horizontal.
        let thrust = thrust_acceleration(&a);
        assert!((thrust - Vector3::new(0.0, 0.0, 3.7)).norm() < 1e-9, "{thrust:?}");
        // From 1540 m it takes 3.07 m/s²: √(3.7² − 3.07²) is left.
        let thrust = thrust_acceleration(&Approach { altitude_m: 1540.0, ..a });
        let need = 66.0 * 66.0 / 3000.0 + 1.62;
        assert!(
            (thrust.x + libm::sqrt(3.7 * 3.7 - need * need)).abs() < 1e-9 && thrust.y.abs() < 1e-9
        );
        assert!((libm::sqrt(thrust.norm_squared()) - 3.7).abs() < 1e-9, "{thrust:?}");
    }

    #[test]
    fn the_last_metres_of_a_stop_are_counted_as_they_are() {
        // 6.2 m/s at 14.6 m, 70 % of which are left for it: 1.88 m/s² beside gravity, more than there is to spare.
        assert!((stop_m_s2(6.2, 14.6, 1.62) - 1.62 - 6.2 * 6.2 / (2.0 * 0.7 * 14.6)).abs() < 1e-12);
        assert!((stop_m_s2(20.0, 100.0, 1.62) - 1.62 - 400.0 / 120.0).abs() < 1e-12);
        assert!(stop_m_s2(1.0, -3.0, 1.62).is_finite());
    }

    #[test]
    fn a_fast_drift_is_taken_away_at_the_tilt_of_the_turn() {
        let a = Approach {
            p_L: Vector3::new(0.0, 0.0, 40.0),
            v_L: Vector3::new(57.0, 0.0, 0.0),
            altitude_m: 40.0,
            speed: (0.0, 0.0),
            turning: false,
            stopping: false,
            most_m_s2: 3.5,
            gravity_m_s2: 1.62,
        };
        let tilt = |a: &Approach| {
            let thrust = thrust_acceleration(a);
            libm::atan2(-thrust.x, thrust.z).to_degrees()
        };
        assert!((tilt(&a) - 40.0).abs() < 1e-9, "{}", tilt(&a));
        let slow = Approach { v_L: Vector3::new(11.0, 0.0, 0.0), ..a };
        let low = Approach { altitude_m: 19.0, ..a };
        assert!((tilt(&slow) - 20.0).abs() < 1e-9 && (tilt(&low) - 20.0).abs() < 1e-9);
        // As flown nobody asks how much thrust there is, and the altitude alone counts.
        assert!((tilt(&Approach { most_m_s2: f64::INFINITY, ..a }) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_point_mass_reaches_the_target_softly_from_anywhere_in_the_gate_box() {
        for (x, y, vx, dv) in
            [(-290.0, 0.0, 35.0, 0.0), (-500.0, 100.0, 30.0, 6.0), (-100.0, -80.0, 40.0, -6.0)]
        {
            let (mut p, mut v) = (Vector3::new(x, y, 3000.0), Vector3::new(vx, 0.0, -76.0 + dv));
            let mut t = 0.0;
            while p.z > 0.0 && t < 400.0 {
                let a = Approach {
                    p_L: p,
                    v_L: v,
                    altitude_m: p.z,
                    speed: profile(&TABLE, p.z),
                    turning: t < 15.0,
                    stopping: false,
                    most_m_s2: f64::INFINITY,
                    gravity_m_s2: 1.62,
                };
                let mut thrust = thrust_acceleration(&a);
                let size = libm::sqrt(thrust.norm_squared());
                if size > 3.9 {
                    thrust *= 3.9 / size;
                }
                v += (thrust - Vector3::new(0.0, 0.0, 1.62)) * 0.02;
                p += v * 0.02;
                t += 0.02;
            }
            assert!(v.z > -1.3 && v.z < -0.7, "{v:?} after {t} s");
            let miss = libm::hypot(p.x, p.y);
            assert!(miss < 5.0 && libm::hypot(v.x, v.y) < 0.3, "{p:?} {v:?}");
        }
    }
}
