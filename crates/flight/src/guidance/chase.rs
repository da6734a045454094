//! The chase of a small box: Vikram's guidance as far as it was told, kept so that it can fail as it failed.
//!
//! Owns: the hold before the gate, and the law that must reach the box in the time that the plan leaves.
//! As told [Vikram2023]: five engines gave more thrust than modelled; while attitude was held for the camera nothing
//! corrected it; then software that had to end inside 500 m × 500 m went on chasing its target close to the
//! ground, turning at 10°/s at most.
//! As programmed: attitude and throttle held; thrust as modelled; after the gate E guidance [Cherry1964],
//!     a = 6 (r_f − r − v t)/t² − 2 (v_f − v)/t − …, written with the zero-effort miss and velocity error:
//!     a = 6 ZEM/t² − 2 ZEV/t,   ZEM = r_f − (r + v t + g t²/2),   ZEV = v_f − (v + g t),
//! t the time that the plan takes from this altitude, and no bound on what is asked.
//! Refuses: the real law, which is not public.

use nalgebra::Vector3;

/// Time to the gate within which attitude and throttle are held, s: for 38 s as remembered of the published sequence
/// (absolute navigation, from 7.4 km to 5 km), not seen again; the rest is left for the last of braking.
const HOLD_S: [f64; 2] = [22.0, 60.0];
/// Least time to go, s. Assumed.
const LEFT_S_MIN: f64 = 6.0;
/// Vertical speed wanted at the target, m/s, as by the plan.
const LAST_M_S: f64 = -1.0;

/// Whether attitude and throttle are held, `tgo_s` before the gate.
pub fn holds(tgo_s: f64) -> bool {
    (HOLD_S[0]..HOLD_S[1]).contains(&tgo_s)
}

/// Thrust acceleration asked for, L, m/s².
///
/// - `p_L`: position from the target, m; `v_L`: velocity over ground, m/s; `left_s`: time that the plan leaves, s.
pub fn thrust_acceleration(
    p_L: Vector3<f64>,
    v_L: Vector3<f64>,
    left_s: f64,
    gravity_m_s2: f64,
) -> Vector3<f64> {
    let t = left_s.max(LEFT_S_MIN);
    let g = Vector3::new(0.0, 0.0, -gravity_m_s2);
    // Under the ground by what the last speed covers, so that the last seconds go on sinking.
    let p_end = Vector3::new(0.0, 0.0, LAST_M_S * LEFT_S_MIN);
    let miss = p_end - (p_L + v_L * t + g * (0.5 * t * t));
    let error = Vector3::new(0.0, 0.0, LAST_M_S) - (v_L + g * t);
    miss * (6.0 / (t * t)) - error * (2.0 / t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_enough_thrust_and_no_limit_of_turning_it_would_reach_the_target() {
        let g = 1.62;
        let (mut p, mut v) = (Vector3::new(-300.0, 60.0, 2000.0), Vector3::new(20.0, -3.0, -60.0));
        let dt = 0.01;
        let mut left_s = 60.0;
        while left_s > LEFT_S_MIN {
            let a = thrust_acceleration(p, v, left_s, g) - Vector3::new(0.0, 0.0, g);
            p += v * dt + a * (0.5 * dt * dt);
            v += a * dt;
            left_s -= dt;
        }
        // What is left is the last six seconds of a path that ends at rest on the target.
        let coast = p + v * LEFT_S_MIN;
        assert!(libm::hypot(p.x, p.y) < 10.0 && p.z > 0.0 && p.z < 60.0, "{p:?} {coast:?}");
        assert!(v.norm() < 12.0, "{v:?}");
    }
}
