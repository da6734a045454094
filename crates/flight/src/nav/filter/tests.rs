//! The epoch against the batch of Schmidt's filter, and what an order from the ground does.

use super::*;
use crate::load::{MAP_ACROSS, MAP_ALONG};
use crate::nav::aid::{beam_speed, slant_range};
use crate::nav::covariance::{BEAM, GRAVITY, LEVER, P, STATES, THETA, TIE, V};
use crate::test_load::{flight_state, load};
use icd::bus::{CYCLE, Imu};
use nalgebra::{SMatrix, SVector, Vector3};

const SCALARS: usize = 6;
type Dense = SMatrix<f64, STATES, STATES>;
type Rows = SMatrix<f64, SCALARS, STATES>;

/// A state whose errors are correlated with the considered ones, and scalars that see both.
fn case() -> (Nav, [Prediction; SCALARS], [f64; SCALARS]) {
    let load = load();
    let (mut nav, _) = flight_state(&load, 1500.0, 0.4);
    for i in 0..STATES {
        let mut a = EMPTY;
        for (j, x) in a.iter_mut().enumerate() {
            *x = 1e-3 * libm::sin((i * STATES + j) as f64 * 1.7);
        }
        nav.covariance.add(&a, 1.0);
    }
    let predictions = core::array::from_fn(|i| {
        let mut h = EMPTY;
        for (j, x) in h.iter_mut().enumerate() {
            *x = libm::cos((7 * i + 3 * j) as f64);
        }
        Prediction { value: 0.3 * i as f64, h, r: 0.01 * (i + 1) as f64 }
    });
    (nav, predictions, core::array::from_fn(|i| 5.0 - 2.0 * i as f64))
}

fn fused(order: [usize; SCALARS]) -> Nav {
    let (mut nav, predictions, measured) = case();
    let mut epoch = Epoch::<SCALARS>::new();
    for i in order {
        epoch.take(&compare(&nav, &predictions[i], measured[i]), 100.0);
    }
    epoch.fuse(&mut nav);
    nav
}

/// What of the estimated state can be compared.
fn estimate(nav: &Nav) -> [f64; CONSIDERED] {
    let mut out = [0.0; CONSIDERED];
    let turn = (nav.q_IB * case().0.q_IB.inverse()).log();
    let parts = [
        nav.p_MB_I.si() - case().0.p_MB_I.si(),
        nav.v_MB_I.si() - case().0.v_MB_I.si(),
        turn,
        nav.gyro_bias,
        nav.accelerometer_bias,
        Vector3::new(nav.terrain_bias_m, 0.0, 0.0),
    ];
    for (i, x) in parts.iter().flat_map(|v| v.iter().copied()).take(16).enumerate() {
        out[i] = x;
    }
    for i in 0..3 {
        out[TIE + i] = nav.tie_M[i];
        out[GRAVITY + i] = nav.anomaly_I[i];
    }
    out
}

/// Schmidt's batch: gain of the estimated states only, covariance by Joseph's form. Dense throughout.
#[test]
fn an_epoch_equals_the_batch_of_schmidts_filter() {
    let (nav, predictions, measured) = case();
    let p = Dense::from_fn(|i, j| nav.covariance.get(i, j));
    let h = Rows::from_fn(|i, j| predictions[i].h[j]);
    let nu = SVector::<f64, SCALARS>::from_fn(|i, _| measured[i] - predictions[i].value);
    // Underweighted where the prior is wider than 100.
    let r = SMatrix::<f64, SCALARS, SCALARS>::from_diagonal(&SVector::from_fn(|i, _| {
        let hph = (h.row(i) * p * h.row(i).transpose()).x;
        predictions[i].r + if hph > 1e4 { 0.2 * hph } else { 0.0 }
    }));
    let s = h * p * h.transpose() + r;
    let mut k = p * h.transpose() * s.try_inverse().unwrap();
    for i in CONSIDERED..STATES {
        k.row_mut(i).fill(0.0);
    }
    let rest = Dense::identity() - k * h;
    let expected = rest * p * rest.transpose() + k * r * k.transpose();
    let dx = k * nu;

    let after = fused([0, 1, 2, 3, 4, 5]);
    for (i, x) in estimate(&after).iter().enumerate() {
        let sigma = p[(i, i)].sqrt();
        assert!((x - dx[i]).abs() < 1e-9 * sigma.max(1.0), "{i}: {x} {}", dx[i]);
    }
    assert_eq!(after.considered.lever, Vector3::zeros());
    for i in 0..STATES {
        for j in 0..STATES {
            let scale = (p[(i, i)] * p[(j, j)]).sqrt();
            let off = after.covariance.get(i, j) - expected[(i, j)];
            assert!(off.abs() < 1e-9 * scale, "({i}, {j}): {off} of {scale}");
        }
    }
    for i in CONSIDERED..STATES {
        let (was, is) = (p[(i, i)], after.covariance.get(i, i));
        assert!((is / was - 1.0).abs() < 1e-12, "{i}");
    }
    // The case tests nothing unless the considered states matter.
    assert!(h.columns(LEVER, 3).norm() > 0.1 && p[(P, BEAM)].abs() > 0.0);
}

#[test]
fn the_order_of_the_scalars_of_an_epoch_does_not_matter() {
    let one = fused([0, 1, 2, 3, 4, 5]);
    for order in [[5, 4, 3, 2, 1, 0], [2, 0, 5, 1, 4, 3], [3, 5, 0, 4, 2, 1]] {
        let other = fused(order);
        for (i, (a, b)) in estimate(&one).iter().zip(estimate(&other)).enumerate() {
            assert!((a - b).abs() < 1e-9 * a.abs().max(1e-3), "{i}: {a} {b}");
        }
        for i in 0..STATES {
            for j in 0..STATES {
                let (a, b) = (one.covariance.get(i, j), other.covariance.get(i, j));
                let scale = (one.covariance.get(i, i) * one.covariance.get(j, j)).sqrt();
                assert!((a - b).abs() < 1e-9 * scale, "({i}, {j})");
            }
        }
    }
}

/// Two seconds of thrust between a shot and its report: fused late, with the partials carried to now, it
/// says what it would have said at its own time.
#[test]
fn a_late_report_says_what_it_would_have_said_in_time() {
    let mut load = load();
    load.map.elevation_m = [[0.0; MAP_ACROSS]; MAP_ALONG];
    (load.vehicle.inertial.arw_rad_sqrt_s, load.vehicle.inertial.vrw_m_s_sqrt_s) = (0.0, 0.0);
    let (mut start, site) = flight_state(&load, 2500.0, 0.4);
    start.fold_alignment();
    let imu = Imu {
        dtheta_B_rad: [2e-4, -5e-4, 1e-4],
        dv_B_m_s: [0.001, -0.002, 0.06],
        healthy: true,
        ..Imu::default()
    };
    let fly = |nav: &mut Nav, frames: u32| {
        for _ in 0..frames {
            for _ in 0..5 {
                nav.propagate(&load, &imu, nav.t + CYCLE, true);
            }
            nav.propagate_covariance(&load, 0.1);
        }
    };
    fly(&mut start, 100);
    let tag = start.t;
    let report = |nav: &mut Nav| {
        let pose = nav.history.at(tag).unwrap();
        let mut epoch = Epoch::<2>::new();
        let range = slant_range::predict(&load, &site, nav, &pose).unwrap();
        let beam = beam_speed::predict(&load, nav, &pose, 1);
        epoch.take(&compare(nav, &range, range.value + 80.0), f64::INFINITY);
        epoch.take(&compare(nav, &beam, beam.value - 0.4), f64::INFINITY);
        epoch.fuse(nav);
        let after = nav.history.at(tag).unwrap();
        let left = slant_range::predict(&load, &site, nav, &after).unwrap();
        (range.value + 80.0 - left.value, (range.value + 80.0 - left.value) / libm::sqrt(range.r))
    };
    let (mut on_time, mut late, mut never) = (start.clone(), start.clone(), start);
    report(&mut on_time);
    fly(&mut on_time, 20);
    fly(&mut late, 20);
    let (left_m, _) = report(&mut late);
    fly(&mut never, 20);
    assert!(left_m.abs() < 1.0, "the past follows the correction: {left_m} m are left of 80");
    let learnt = (on_time.p_MB_I.si() - never.p_MB_I.si()).norm();
    let off = (on_time.p_MB_I.si() - late.p_MB_I.si()).norm();
    assert!(learnt > 50.0 && off < 0.01 * learnt, "{off} of {learnt} m");
    let learnt = (on_time.v_MB_I.si() - never.v_MB_I.si()).norm();
    let off = (on_time.v_MB_I.si() - late.v_MB_I.si()).norm();
    assert!(learnt > 0.05 && off < 0.01 * learnt, "{off} of {learnt} m/s");
    for i in 0..STATES {
        let [a, b] = [&on_time, &late].map(|nav| libm::sqrt(nav.covariance.get(i, i)));
        assert!((a - b).abs() < 2e-3 * a.max(1e-300), "{i}: {a} {b}");
    }
}

#[test]
fn underweighting_never_makes_the_filter_surer_than_the_full_update() {
    let (nav, predictions, measured) = case();
    let (mut full, mut under) = (nav.clone(), nav);
    let c = compare(&full, &predictions[0], measured[0]);
    fuse(&mut full, &c, f64::INFINITY);
    fuse(&mut under, &c, 0.0);
    let h = &predictions[0].h;
    assert!(under.covariance.hph(h) > full.covariance.hph(h));
    for first in [P, V, THETA] {
        let trace = |nav: &Nav| nav.covariance.trace(first);
        assert!(trace(&under) >= trace(&full));
    }
}

#[test]
fn an_inhibited_aid_is_shown_and_never_used_and_a_forced_one_always() {
    let (start, predictions, _) = case();
    let run = |usage: Use, nu: f64| {
        let mut nav = start.clone();
        let mut line = Innovation { usage, ..Innovation::default() };
        let p = &predictions[0];
        let outcome = gate_and_fuse(&mut nav, p, p.value + nu, 5.0, &mut line);
        assert!((line.nu - nu).abs() < 1e-12 && line.sigma > 0.0 && line.outcome == outcome);
        let moved = (nav.p_MB_I.si() - start.p_MB_I.si()).norm() > 0.0;
        assert_eq!(moved, outcome == Outcome::Fused);
        (outcome, line.fused, line.rejected, line.in_a_row)
    };
    assert_eq!(run(Use::Edit, 1.0), (Outcome::Fused, 1, 0, 0));
    assert_eq!(run(Use::Edit, 1e6), (Outcome::Rejected, 0, 1, 1));
    assert_eq!(run(Use::Inhibit, 1.0), (Outcome::Inhibited, 0, 0, 0));
    assert_eq!(run(Use::Force, 1e6), (Outcome::Fused, 1, 0, 0));
}

#[test]
fn edits_are_counted_in_all_and_in_a_row() {
    let mut line = Innovation::default();
    for (outcome, rejected, in_a_row) in [
        (Outcome::Rejected, 1, 1),
        (Outcome::Rejected, 2, 2),
        (Outcome::Unusable, 2, 2),
        (Outcome::Rejected, 3, 3),
        (Outcome::Fused, 3, 0),
        (Outcome::Rejected, 4, 1),
    ] {
        note(&mut line, 1.0, None, 0.0, outcome);
        assert_eq!((line.rejected, line.in_a_row), (rejected, in_a_row));
    }
}
