//! A divert: coming to rest over a place aside, in a given time, while the descent goes on.
//!
//! Owns: the horizontal law, how long it takes, how far a lander may lean for it.
//! As published — [DSouza1997] without gravity, which the vertical law carries: from r before the place
//! at v, T before arriving there at rest,
//!     a(0) = −6 r/T² − 4 v/T,   a(T) = 6 r/T² + 2 v/T,   linear in between.
//! As programmed: the same form every frame with the time that is left, but not less than [`FLOOR_S`]:
//! from there on a spring and a damper that the attitude can follow. The time needed is the least with
//! which neither acceleration exceeds a largest one, a: with the distance d and the closing speed c
//!     a(T) ≤ a:  a T² + 2 c T − 6 d ≥ 0,      −a(0) ≤ a:  a T² + 4 c T − 6 d ≥ 0 (c < 0),
//!     a(0) ≤ a:  a T² − 4 c T + 6 d ≥ 0 (c > 0, which matters where 4 c² > 6 a d),
//! and 4 w ≤ a T for the speed w across.

use nalgebra::Vector2;

/// Least time to go of the law, s: natural frequency 0.49 rad/s, damping 0.82. Assumed: the attitude
/// follows within a second.
pub const FLOOR_S: f64 = 5.0;
/// Largest tilt above an altitude, degrees and m; less low down, where an upright attitude matters more.
const TILT_DEG: [(f64, f64); 4] =
    [(60.0, 20.0), (25.0, 14.0), (6.0, 8.0), (f64::NEG_INFINITY, 4.0)];

/// Largest tilt of the thrust from vertical in a divert, rad.
pub fn tilt_max_rad(altitude_m: f64) -> f64 {
    let row = TILT_DEG.iter().find(|(above_m, _)| altitude_m > *above_m);
    row.map_or(4.0, |(_, degrees)| *degrees) * core::f64::consts::PI / 180.0
}

/// Acceleration now and on arrival, m/s²; `r_m` from the place, `v_m_s`, both horizontal.
pub fn accelerations(r_m: Vector2<f64>, v_m_s: Vector2<f64>, time_s: f64) -> [Vector2<f64>; 2] {
    let t = time_s.max(0.1);
    let (pull, brake) = (r_m * (6.0 / (t * t)), v_m_s / t);
    [-pull - brake * 4.0, pull + brake * 2.0]
}

/// Time that the law takes with at most `most_m_s2`, s; `r_m` from the place, `v_m_s`, both horizontal.
pub fn needed_s(r_m: Vector2<f64>, v_m_s: Vector2<f64>, most_m_s2: f64) -> f64 {
    let a = most_m_s2.max(1e-3);
    let d = libm::sqrt(r_m.norm_squared());
    let ahead = r_m / -d.max(1e-3);
    let c = v_m_s.dot(&ahead);
    let across = libm::sqrt((v_m_s - ahead * c).norm_squared());
    let closing = if c <= 0.0 {
        (libm::sqrt(4.0 * c * c + 6.0 * a * d) - 2.0 * c) / a
    } else {
        (libm::sqrt(c * c + 6.0 * a * d) - c) / a
    };
    let fast = 4.0 * c * c - 6.0 * a * d;
    let stopping = if c > 0.0 && fast > 0.0 { (2.0 * c + libm::sqrt(fast)) / a } else { 0.0 };
    closing.max(stopping).max(4.0 * across / a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_arrives_at_rest_and_on_time_with_the_acceleration_that_it_foretold() {
        let (mut r, mut v) = (Vector2::new(-100.0, 20.0), Vector2::new(2.0, -1.0));
        let (time_s, dt_s) = (40.0, 0.001);
        let [_, last] = accelerations(r, v, time_s);
        for n in 0..39_900 {
            let [a, _] = accelerations(r, v, time_s - dt_s * f64::from(n));
            r += v * dt_s + a * (0.5 * dt_s * dt_s);
            v += a * dt_s;
        }
        // 0.1 s before the end: rest to within what is left of the last acceleration.
        let left = libm::sqrt(last.norm_squared()) * 0.1;
        assert!(v.norm() < 1.2 * left && r.norm() < 0.06 * left, "{r:?} {v:?}");
        let [a, _] = accelerations(r, v, 0.1);
        assert!((a - last).norm() < 0.02 * last.norm(), "{a:?} {last:?}");
    }

    #[test]
    fn the_time_needed_is_the_least_with_which_no_acceleration_is_too_large() {
        let most = 0.4;
        for (r, v) in [(60.0, -3.0), (60.0, 0.0), (60.0, 3.0), (20.0, 6.0), (5.0, 6.0), (0.0, 2.0)]
        {
            let (r, v) = (Vector2::new(-r, 0.0), Vector2::new(v, 0.0));
            let t = needed_s(r, v, most);
            let largest =
                |t: f64| accelerations(r, v, t).iter().map(|a| a.norm()).fold(0.0, f64::max);
            assert!((largest(t) - most).abs() < 1e-9, "{r:?} {v:?}: {}", largest(t));
            assert!(largest(1.1 * t) < most && largest(2.0 * t) < most);
        }
        let aslant = needed_s(Vector2::new(0.0, 0.0), Vector2::new(0.3, 0.4), most);
        assert!((aslant - 4.0 * 0.5 / most).abs() < 0.02, "{aslant}");
    }
}
