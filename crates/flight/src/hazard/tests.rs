//! Maps of ground that is known exactly, and what is made of them.

#![allow(clippy::cast_possible_truncation)]

use super::*;
use crate::hazard::rate::Lander;
use icd::bus::SHOTS;

const LANDER: Lander = Lander { foot_radius_m: 1.3, pad_diameter_m: 0.3, sigma_m: 0.02 };
const HALF_M: f64 = 7.0;

/// A scan of the ground `z_m(x, y)` from above its middle, all in reach.
fn scanned(half_m: f64, z_m: impl Fn(f64, f64) -> f64) -> (Scan, Option<Best>) {
    let mut scan = Scan::new();
    scan.begin([10.0, -20.0], half_m, &LANDER, 0.4);
    let reach = Reach { p_m: [10.0, -20.0], v_m_s: [0.0; 2], time_s: 20.0, most_m_s2: 10.0 };
    let mut best = None;
    for cycle in 0..3 * LINES {
        if cycle < LINES {
            let heights = core::array::from_fn(|k| {
                Some(z_m(scan.grid.aside_m(k), scan.grid.aside_m(cycle)) as f32)
            });
            scan.grid.put(cycle, &heights);
        }
        best = best.or(scan.work(cycle >= LINES, || reach));
    }
    assert!(!scan.running());
    (scan, best)
}

/// Risk at the node nearest to a place.
fn risk_at(scan: &Scan, x_m: f64, y_m: f64) -> f64 {
    let node = |m: f64| (m / scan.grid.posting_m + 31.5).round() as usize;
    f64::from(scan.risk()[node(y_m)][node(x_m)])
}

#[test]
fn level_ground_is_safe_and_the_nearest_place_is_taken() {
    let (scan, best) = scanned(HALF_M, |_, _| 3.0);
    let best = best.unwrap();
    assert!(best.risk < 1e-4, "{best:?}");
    let posting = scan.grid.posting_m;
    assert!((best.place_m[0] - 10.0).abs() < posting && (best.place_m[1] + 20.0).abs() < posting);
    assert!((best.height_m - 3.0).abs() < 1e-6);
}

#[test]
fn a_slope_is_found_as_steep_as_it_is() {
    for (degrees, safe) in [(0.0_f64, true), (5.0, true), (7.0, true), (13.0, false), (25.0, false)]
    {
        let rise = degrees.to_radians().tan();
        let (scan, _) = scanned(HALF_M, |x, y| rise * (0.6 * x + 0.8 * y));
        let risk = risk_at(&scan, 0.0, 0.0);
        assert!(if safe { risk < 0.01 } else { risk > 0.99 }, "{degrees} deg: risk {risk}");
    }
    // At the limit itself nobody knows.
    let rise = f64::from(rate::SLOPE_MAX);
    let risk = risk_at(&scanned(HALF_M, |x, _| rise * x).0, 0.0, 0.0);
    assert!((risk - 0.5).abs() < 0.01, "{risk}");
}

#[test]
fn a_rock_makes_its_surroundings_unsafe_and_nothing_else() {
    let rock = |x: f64, y: f64| {
        let d2 = ((x - 1.0).powi(2) + (y + 0.5).powi(2)) / 0.35_f64.powi(2);
        if d2 < 1.0 { 0.35 * (1.0 - d2).powi(2) } else { 0.0 }
    };
    let (scan, best) = scanned(HALF_M, rock);
    for (x, y) in [(1.0, -0.5), (0.0, 0.0), (2.0, -0.5)] {
        assert!(risk_at(&scan, x, y) > 0.5, "({x}, {y}): {}", risk_at(&scan, x, y));
    }
    assert!(risk_at(&scan, -2.5, 2.5) < 0.01 && risk_at(&scan, 1.0, 3.0) < 0.01);
    let best = best.unwrap();
    let away = libm::hypot(best.place_m[0] - 11.0, best.place_m[1] + 20.5);
    assert!(best.risk < 0.01 && away > 1.45 && away < 3.0, "{best:?}");
}

#[test]
fn one_pad_in_a_hole_is_a_slope() {
    // A pit 0.6 m deep, 0.8 m across, under one pad's place.
    let pit = |x: f64, y: f64| if libm::hypot(x - 1.3, y) < 0.4 { -0.6 } else { 0.0 };
    let risk = risk_at(&scanned(HALF_M, pit).0, 0.0, 0.0);
    assert!(risk > 0.9, "{risk}");
}

#[test]
fn a_place_out_of_reach_is_not_chosen_and_a_drift_counts() {
    let reach = Reach { p_m: [0.0; 2], v_m_s: [1.0, 0.0], time_s: 10.0, most_m_s2: 0.3 };
    // By hand: r = −10, v = 1: a(0) = 0.6 − 0.4 = 0.2, a(T) = −0.6 + 0.2 = −0.4 m/s².
    assert!((reach.share([10.0, 0.0]) - 0.4 / 0.3).abs() < 1e-12);
    // Against the drift: a(0) = −0.6 − 0.4 = −1.0.
    assert!((reach.share([-10.0, 0.0]) - 1.0 / 0.3).abs() < 1e-12);
    let mut scan = Scan::new();
    scan.begin([0.0; 2], 30.0, &LANDER, 0.4);
    let level = [Some(0.0); SHOTS];
    (0..LINES).for_each(|line| scan.grid.put(line, &level));
    let nowhere = (0..200).find_map(|_| scan.work(true, || Reach::NOWHERE));
    assert_eq!(nowhere, None);
    assert!(!scan.running());
}

#[test]
fn lost_shots_are_bridged_and_a_lost_line_is_not_trusted() {
    let mut scan = Scan::new();
    scan.begin([0.0; 2], HALF_M, &LANDER, 0.4);
    for line in 0..LINES {
        let lost = if line == 20 { 40 } else { 3 };
        scan.grid.put(line, &core::array::from_fn(|k| (k % SHOTS >= lost).then_some(1.0)));
    }
    let reach = Reach { p_m: [0.0; 2], v_m_s: [0.0; 2], time_s: 20.0, most_m_s2: 10.0 };
    while scan.running() {
        scan.work(true, || reach);
    }
    assert!(scan.risk()[20][32] > 0.99, "a line that is not known");
    assert!(scan.risk()[40][32] < 0.01);
}
