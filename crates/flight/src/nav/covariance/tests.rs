//! Against dense matrices, each written out independently of the factors.

use super::*;
use crate::nav::state::Nav;
use crate::test_load::{flight_state, load};
use icd::bus::{CYCLE, Imu};
use icd::frames::{B, I};
use icd::rotation::Quaternion;

type Dense = nalgebra::SMatrix<f64, STATES, STATES>;
type Column = nalgebra::SVector<f64, STATES>;

fn transition() -> Transition {
    let R_IB = Quaternion::<I, B>::exp(Vector3::new(0.1, 0.7, -1.0)).rotation().si();
    Transition {
        dt_s: 0.1,
        dv_I: Vector3::new(0.1, -0.2, 0.3),
        R_IB,
        turn_I: R_IB * Matrix3::from_diagonal(&Vector3::new(0.01, -0.02, 0.005)),
        sensing: true,
        gradient: Matrix3::new(2e-6, 3e-7, 0.0, 3e-7, -1e-6, 1e-7, 0.0, 1e-7, -1e-6),
        q: [1e-6, 1e-12],
    }
}

/// Pseudo-random in −1..1: a linear congruential generator.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    fn row(&mut self) -> Row {
        core::array::from_fn(|_| self.next())
    }
}

/// A full covariance, correlated everywhere, and the same as a sum of outer products.
fn some(seed: u64) -> (Covariance, Dense) {
    let mut draw = Draw(seed);
    let (mut p, mut expected) = (Covariance::zero(), Dense::zeros());
    for i in 0..STATES {
        p.renew(i, 0.0, 2.0);
        expected[(i, i)] = 2.0;
    }
    for _ in 0..2 * STATES {
        let (row, c) = (draw.row(), 1.5 + draw.next());
        p.add(&row, c);
        let a = Column::from(row);
        expected += a * a.transpose() * c;
    }
    (p, expected)
}

fn assert_equal(p: &Covariance, expected: &Dense, tolerance: f64) {
    let scale = |i: usize| expected[(i, i)].abs().sqrt().max(1e-150);
    for i in 0..STATES {
        for j in 0..STATES {
            let off = (p.get(i, j) - expected[(i, j)]) / (scale(i) * scale(j));
            assert!(off.abs() < tolerance, "({i}, {j}): {} {}", p.get(i, j), expected[(i, j)]);
        }
    }
    for (j, column) in p.u.iter().enumerate() {
        assert!(column[j] == 1.0 && column[j + 1..].iter().all(|x| *x == 0.0), "column {j}");
    }
    assert!(p.least() >= 0.0);
}

/// Φ of the header's equations, block by block.
fn phi(t: &Transition) -> Dense {
    let mut phi = Dense::identity();
    let (eye, half) = (Matrix3::identity(), 0.5 * t.dt_s);
    let force = -icd::rotation::skew(t.dv_I);
    let bias = if t.sensing { t.R_IB * -t.dt_s } else { Matrix3::zeros() };
    let lean = -force * t.R_IB;
    let mut dv = nalgebra::SMatrix::<f64, 3, STATES>::zeros();
    dv.fixed_columns_mut::<3>(P).copy_from(&(t.gradient * t.dt_s));
    dv.fixed_columns_mut::<3>(THETA).copy_from(&force);
    dv.fixed_columns_mut::<3>(ACCELEROMETER).copy_from(&bias);
    dv.fixed_columns_mut::<3>(GRAVITY).copy_from(&(eye * t.dt_s));
    dv.fixed_columns_mut::<3>(ALIGNMENT).copy_from(&lean);
    dv.fixed_columns_mut::<1>(SCALE).copy_from(&-t.dv_I);
    dv.fixed_columns_mut::<2>(MISALIGNMENT).copy_from(&lean.fixed_columns::<2>(0));
    let mut position = phi.fixed_rows_mut::<3>(P);
    position += dv * half;
    let mut cross = phi.fixed_view_mut::<3, 3>(P, V);
    cross += eye * t.dt_s;
    let mut velocity = phi.fixed_rows_mut::<3>(V);
    velocity += dv;
    phi.fixed_view_mut::<3, 3>(THETA, GYRO).copy_from(&(t.R_IB * -t.dt_s));
    phi.fixed_view_mut::<3, 3>(THETA, GYRO_SCALE).copy_from(&-t.turn_I);
    phi
}

fn noise(t: &Transition) -> Dense {
    let mut q = Dense::zeros();
    for i in 0..3 {
        q[(V + i, V + i)] = t.q[0];
        q[(THETA + i, THETA + i)] = t.q[1];
    }
    q
}

#[test]
fn a_sum_of_outer_products_is_what_it_says() {
    let (p, expected) = some(1);
    assert_equal(&p, &expected, 1e-13);
    let h = Draw(7).row();
    let by_hand = expected * Column::from(h);
    for (a, b) in p.times(&h).iter().zip(by_hand.iter()) {
        assert!((a - b).abs() < 1e-11 * b.abs().max(1.0));
    }
    assert!((p.hph(&h) / by_hand.dot(&Column::from(h)) - 1.0).abs() < 1e-12);
    let other = Draw(8).row();
    let [aa, bb, ab] = p.pair(&other, &h);
    assert!(aa == p.hph(&other) && bb == p.hph(&h));
    assert!((ab - by_hand.dot(&Column::from(other))).abs() < 1e-11 * (aa * bb).sqrt());
    let (a, b) = (Vector3::new(0.7, -0.1, 0.4), Vector3::new(-0.2, 0.9, 0.6));
    let mut two = EMPTY;
    two[V..V + 3].copy_from_slice(a.as_slice());
    two[TIE..TIE + 3].copy_from_slice(b.as_slice());
    assert!((p.variance_of_two((V, a), (TIE, b)) / p.hph(&two) - 1.0).abs() < 1e-12);
    let d = Vector3::new(0.3, -0.5, 0.8);
    let block = expected.fixed_view::<3, 3>(V, V);
    assert!((p.variance(V, &d) / (block * d).dot(&d) - 1.0).abs() < 1e-12);
    assert!(
        (p.trace(THETA) / expected.fixed_view::<3, 3>(THETA, THETA).trace() - 1.0).abs() < 1e-12
    );
    let turn = Matrix3::new(0.6, 0.8, 0.0, -0.8, 0.6, 0.1, 0.0, 0.3, 1.0);
    let (along, all) = p.variance_of_sum((P, &Matrix3::identity()), (TIE, &turn), &d);
    let part = |i, j| expected.fixed_view::<3, 3>(i, j).into_owned();
    let across = part(P, TIE) * turn.transpose();
    let sum = part(P, P) + across + across.transpose() + turn * part(TIE, TIE) * turn.transpose();
    assert!((along / (sum * d).dot(&d) - 1.0).abs() < 1e-12);
    assert!((all / sum.trace() - 1.0).abs() < 1e-12);
}

#[test]
fn a_row_with_few_partials_gives_the_same_bits_as_all_of_it_would() {
    let (p, _) = some(3);
    let full = Draw(9).row();
    for used in [&[][..], &[0], &[34], &[3, 4, 5], &[0, 1, 2, TERRAIN], &[7, 20, 33]] {
        let mut h = EMPTY;
        for n in used {
            h[*n] = full[*n];
        }
        for (f, column) in p.along(&h).iter().zip(&p.u) {
            assert_eq!(*f, dot(column, &h));
        }
    }
}

#[test]
fn the_sparse_step_equals_the_dense_one() {
    for sensing in [true, false] {
        let t = Transition { sensing, ..transition() };
        let (mut p, mut expected) = some(2);
        for _ in 0..20 {
            p.propagate(&t);
            expected = phi(&t) * expected * phi(&t).transpose() + noise(&t);
        }
        assert_equal(&p, &expected, 1e-12);
    }
}

/// Φ is what small errors of the state do to [`Nav::propagate`], by central differences over one frame.
#[test]
fn the_step_is_the_derivative_of_the_strapdown_propagation() {
    let load = load();
    let (mut start, _) = flight_state(&load, 1500.0, 0.4);
    start.q_IB = Quaternion::<I, I>::exp(Vector3::new(0.2, -0.1, 0.3)) * start.q_IB;
    let imu = Imu {
        dtheta_B_rad: [2e-4, -5e-4, 1e-4],
        dv_B_m_s: [0.005, -0.01, 0.06],
        healthy: true,
        ..Imu::default()
    };
    let flown = |dx: &Row| {
        let mut nav = start.clone();
        nav.correct(dx);
        // Turning already: otherwise the arm of the inertial unit jerks in the first cycle.
        let rate = Vector3::from(imu.dtheta_B_rad) / CYCLE.s();
        let scaled = rate - rate.component_mul(&nav.considered.gyro_scale);
        nav.w_IB_B = icd::frames::Vector::from_si(scaled - nav.gyro_bias);
        for _ in 0..5 {
            nav.propagate(&load, &imu, nav.t + CYCLE, true);
        }
        nav
    };
    let middle = flown(&EMPTY);
    let moved = |nav: &Nav| {
        let mut x = EMPTY;
        let turn = (nav.q_IB * middle.q_IB.inverse()).log();
        for i in 0..3 {
            x[P + i] = nav.p_MB_I.si()[i] - middle.p_MB_I.si()[i];
            x[V + i] = nav.v_MB_I.si()[i] - middle.v_MB_I.si()[i];
            x[THETA + i] = turn[i];
        }
        x
    };
    let t = middle.transition(&load, 0.1);
    for state in 0..STATES {
        let step = if state < V { 100.0 } else { 1e-3 };
        let by = |k: f64| {
            let mut dx = EMPTY;
            dx[state] = k * step;
            moved(&flown(&dx))
        };
        let (up, down) = (by(1.0), by(-1.0));
        let mut column = EMPTY;
        column[state] = 1.0;
        t.onto(&mut column, STATES);
        for i in 0..DYNAMIC {
            let numeric = (up[i] - down[i]) / (2.0 * step);
            // Attitude is taken at the frame's end, which is 1.4 mrad past its middle.
            let force = if i < V { 0.0144 } else { 0.3 };
            // What a gyro error does to velocity inside the frame is refused: second order in its length.
            let gyro = (GYRO..ACCELEROMETER).contains(&state) && i < THETA;
            let inside = if gyro { 0.1 * force } else { 0.0 };
            let tolerance = 0.003 * (column[i].abs() + force) + inside;
            assert!(
                (numeric - column[i]).abs() < tolerance,
                "({i}, {state}): {numeric} {}",
                column[i]
            );
            if column[i].abs() > 0.01 {
                assert!(numeric * column[i] > 0.0, "sign of ({i}, {state})");
            }
        }
    }
}

#[test]
fn partials_carried_back_undo_the_step() {
    for sensing in [true, false] {
        // Gradient times the step squared is 2e-8: what is left out is its square.
        let t = Transition { sensing, ..transition() };
        let h = Draw(5).row();
        let mut back = h;
        t.back(&mut back);
        let again = nalgebra::RowSVector::<f64, STATES>::from(back) * phi(&t);
        for (a, b) in again.iter().zip(&h) {
            assert!((a - b).abs() < 1e-14, "{a} {b}");
        }
    }
}

#[test]
fn a_renewed_state_has_decayed_and_gained_and_taken_its_correlations_along() {
    for (keep, added) in [(0.9, 5.0), (1.0, 0.0), (0.0, 3.0), (0.0, 0.0), (1e-200, 1.0)] {
        for state in [P, GYRO + 1, TERRAIN, BEAM + 2] {
            let (mut p, expected) = some(3);
            let mut map = Dense::identity();
            map[(state, state)] = keep;
            let mut expected = map * expected * map.transpose();
            expected[(state, state)] += added;
            p.renew(state, keep, added);
            assert_equal(&p, &expected, 1e-12);
        }
    }
}

#[test]
fn folding_the_alignment_is_the_linear_map_it_says() {
    let R = transition().R_IB;
    let mut map = Dense::identity();
    map.fixed_view_mut::<3, 3>(THETA, ALIGNMENT).copy_from(&-R);
    for i in 0..3 {
        map[(ALIGNMENT + i, ALIGNMENT + i)] = 0.0;
    }
    let (mut p, expected) = some(4);
    p.fold_alignment(&R);
    assert_equal(&p, &(map * expected * map.transpose()), 1e-12);
}

/// Joseph's form: (1 − K H) P (1 − K H)ᵀ + K R Kᵀ.
#[test]
fn the_scalar_update_equals_josephs_form() {
    let (mut p, mut expected) = some(5);
    let mut draw = Draw(11);
    for i in 0..STATES {
        let h = draw.row().map(|x| if x > 0.4 { x } else { 0.0 });
        let r = libm::pow(10.0, 3.0 * draw.next());
        let row = nalgebra::RowSVector::<f64, STATES>::from(h);
        let s = (row * expected * row.transpose()).x + r;
        let k = expected * row.transpose() / s;
        let rest = Dense::identity() - k * row;
        expected = rest * expected * rest.transpose() + k * k.transpose() * r;
        let gain = p.update(&h, r);
        assert!((gain.s / s - 1.0).abs() < 1e-10, "{i}");
        assert!((Column::from(gain.k) - k).norm() < 1e-9 * k.norm(), "{i}");
        assert_equal(&p, &expected, 1e-9);
    }
}

#[test]
fn a_perfect_measurement_leaves_no_variance_along_itself() {
    let (mut p, _) = some(6);
    let mut h = EMPTY;
    h[P] = 1.0;
    h[TERRAIN] = -1.0;
    p.update(&h, 1e-30);
    assert!(p.hph(&h) < 1e-28, "{}", p.hph(&h));
}

#[test]
fn what_is_given_back_leaves_the_considered_block_as_it_was() {
    let (mut p, before) = some(8);
    let mut draw = Draw(13);
    for _ in 0..200 {
        let gain = p.update(&draw.row(), 0.01);
        p.give_back(&gain);
    }
    for i in CONSIDERED..STATES {
        for j in CONSIDERED..STATES {
            let (was, is) = (before[(i, j)], p.get(i, j));
            assert!((is - was).abs() < 1e-11 * was.abs().max(1.0), "({i}, {j}): {was} {is}");
        }
    }
}

/// 1e5 steps of every kind; measurements down to r = 1e-12 against a prior of 1e6.
#[test]
fn variances_stay_positive_and_finite_whatever_is_measured() {
    let mut p = Covariance::zero();
    for i in 0..STATES {
        p.renew(i, 0.0, 1e6);
    }
    let mut draw = Draw(17);
    for step in 0..100_000 {
        let h = draw.row().map(|x| if x > 0.5 { x } else { 0.0 });
        let gain = p.update(&h, libm::pow(10.0, -5.0 + 7.0 * draw.next()));
        p.give_back(&gain);
        match step % 10 {
            0 => p.propagate(&transition()),
            3 => p.renew(GYRO + step / 10 % 6, 0.999, 1e-16),
            6 => p.renew(TERRAIN, 0.5, 1e3),
            9 if step % 1000 == 9 => p.add(&draw.row(), 1e6),
            _ => {}
        }
        assert!(p.least() > 0.0, "step {step}: {}", p.least());
        assert!(gain.s > 0.0 && gain.k.iter().all(|k| k.is_finite()), "step {step}");
    }
    assert!(p.u.iter().flatten().all(|x| x.is_finite()));
    assert!((0..STATES).all(|i| p.get(i, i) > 0.0));
}
