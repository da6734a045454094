use super::*;
use proptest::prelude::*;

/// Σ over a row.
fn total(row: Row) -> f64 {
    row.iter().map(|(_, weight)| weight).sum()
}

#[test]
fn every_row_sums_to_its_place_and_every_weight_to_one() {
    for (i, row) in A.iter().enumerate() {
        assert!((total(row) - C[i]).abs() < 3e-14, "stage {i}: {} {}", total(row), C[i]);
    }
    assert!((total(THIRD_ORDER) - 1.0).abs() < 1e-15);
    assert!(total(FIFTH_ORDER_ERROR).abs() < 1e-15);
}

#[test]
fn the_weights_integrate_powers_up_to_the_order_of_each_solution() {
    // Σ b c^k = 1/(k + 1) for k below the order, [Hairer1993] (II.1.11); 8 for the solution, 5 and 3 for
    // the embedded ones, whose next power must fail.
    let power = |row: Row, k: i32| row.iter().map(|(i, b)| b * C[*i].powi(k)).sum::<f64>();
    for k in 0..8 {
        assert!((power(A[STAGES], k) - 1.0 / f64::from(k + 1)).abs() < 1e-14, "{k}");
        if k < 5 {
            assert!(power(FIFTH_ORDER_ERROR, k).abs() < 1e-14, "{k}");
        }
        if k < 3 {
            assert!((power(THIRD_ORDER, k) - 1.0 / f64::from(k + 1)).abs() < 1e-15, "{k}");
        }
    }
    assert!(power(FIFTH_ORDER_ERROR, 5).abs() > 1e-6);
    assert!((power(THIRD_ORDER, 3) - 0.25).abs() > 1e-4);
}

#[test]
fn the_inner_stages_obey_the_simplifying_conditions() {
    // Σ a_ij c_j = c_i²/2 from the third stage on, Σ a_ij c_j² = c_i³/3 from the fourth: [Hairer1993] §II.5.
    for i in 2..STAGES_DENSE {
        let sum = |k: i32| A[i].iter().map(|(j, a)| a * C[*j].powi(k)).sum::<f64>();
        assert!((sum(1) - C[i] * C[i] / 2.0).abs() < 1e-13, "{i}");
        if i > 2 {
            assert!((sum(2) - C[i].powi(3) / 3.0).abs() < 1e-13, "{i}");
        }
    }
}

/// A planar two-body orbit of eccentricity `e`, GM = 1, a = 1, from the pericentre: the state after the
/// eccentric anomaly `anomaly`, and the time it takes.
fn kepler(e: f64, anomaly: f64) -> ([f64; 4], f64) {
    let (s, c) = anomaly.sin_cos();
    let b = (1.0 - e * e).sqrt();
    let rate = 1.0 / (1.0 - e * c);
    ([c - e, b * s, -s * rate, b * c * rate], anomaly - e * s)
}

#[allow(clippy::unnecessary_wraps)] // the shape of a system
fn two_body(_: f64, y: &[f64; 4]) -> Option<[f64; 4]> {
    let r3 = (y[0] * y[0] + y[1] * y[1]).powf(1.5);
    Some([y[2], y[3], -y[0] / r3, -y[1] / r3])
}

fn apart(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn an_eccentric_orbit_follows_kepler_as_closely_as_asked() {
    let (start, _) = kepler(0.5, 0.0);
    let (expected, t) = kepler(0.5, 23.0);
    for (tolerance, limit) in [(1e-6, 2e-4), (1e-9, 2e-7), (1e-13, 2e-11)] {
        for sign in [1.0, -1.0] {
            let span = (0.0, sign * t);
            let end = propagate(two_body, span, start, Settings::within(tolerance), &[]).unwrap();
            let mirrored = [expected[0], sign * expected[1], sign * expected[2], expected[3]];
            let miss = apart(&end.y, &mirrored);
            assert!(miss < limit, "{tolerance}: {miss:e} in {:?}", end.cost);
            assert_eq!((end.t, end.stopped), (sign * t, false));
        }
    }
}

#[test]
fn fixed_steps_converge_with_the_eighth_power_and_dense_output_with_it() {
    let (start, _) = kepler(0.3, 0.0);
    let (exact, t) = kepler(0.3, 2.0);
    let (half, t_half) = kepler(0.3, 1.87);
    let misses = |steps: f64| {
        let loose =
            Settings { relative: 1e9, step_max: t / steps * 1.000_000_1, ..Settings::within(1.0) };
        let mut stepper = Stepper::new(two_body, (0.0, t), start, loose).unwrap();
        stepper.step = t / steps;
        let mut between = f64::NAN;
        while !stepper.done() {
            stepper.advance().unwrap();
            let dense = stepper.dense().unwrap();
            if (dense.t..dense.t + dense.step).contains(&t_half) {
                between = apart(&dense.at(t_half), &half);
            }
        }
        assert!((stepper.cost().steps as f64 - steps).abs() <= 1.0);
        (apart(stepper.y(), &exact), between)
    };
    let ((end_6, dense_6), (end_12, dense_12)) = (misses(6.0), misses(12.0));
    let (order, order_dense) = ((end_6 / end_12).log2(), (dense_6 / dense_12).log2());
    assert!((7.3..9.5).contains(&order), "{order}: {end_6:e} {end_12:e}");
    assert!(order_dense > 6.5, "{order_dense}: {dense_6:e} {dense_12:e}");
}

#[test]
fn the_dense_output_meets_the_states_and_slopes_at_both_ends() {
    let (start, _) = kepler(0.2, 0.0);
    let mut stepper = Stepper::new(two_body, (0.0, 5.0), start, Settings::within(1e-9)).unwrap();
    assert_eq!(stepper.dense().unwrap_err(), Failure::Settings);
    for _ in 0..3 {
        let before = *stepper.y();
        stepper.advance().unwrap();
        let dense = stepper.dense().unwrap();
        let t_end = dense.t + dense.step;
        assert!(apart(&dense.at(dense.t), &before) == 0.0);
        assert!(apart(&dense.at(t_end), stepper.y()) < 1e-15);
        for (t, y) in [(dense.t, before), (t_end, *stepper.y())] {
            let d = 1e-4 * dense.step;
            let slope: [f64; 4] =
                std::array::from_fn(|j| (dense.at(t + d)[j] - dense.at(t - d)[j]) / (2.0 * d));
            assert!(apart(&slope, &two_body(t, &y).unwrap()) < 1e-6, "{slope:?}");
        }
    }
}

#[test]
fn events_are_found_in_order_with_their_direction() {
    // x of the circle is a cosine: zero at π/2 falling, at 3π/2 rising; y is zero at π falling.
    let (start, _) = kepler(0.0, 0.0);
    let x = |_: f64, y: &[f64; 4]| y[0];
    let y = |_: f64, y: &[f64; 4]| y[1];
    let event = |function, direction, terminal| Event { function, direction, terminal };
    let events: [Event<'_, 4>; 3] = [
        event(&x, Direction::Either, false),
        event(&x, Direction::Rising, false),
        event(&y, Direction::Falling, false),
    ];
    let end = propagate(two_body, (0.0, 6.0), start, Settings::within(1e-13), &events).unwrap();
    let met: Vec<_> = end.crossings.iter().map(|c| (c.event, c.t)).collect();
    let pi = core::f64::consts::PI;
    let expected = [(0, 0.5 * pi), (2, pi), (0, 1.5 * pi), (1, 1.5 * pi)];
    assert_eq!(met.len(), expected.len(), "{met:?}");
    for ((k, t), (event, exact)) in met.iter().zip(expected) {
        assert!(*k == event && (t - exact).abs() < 1e-11, "{met:?}");
    }
    // Backwards the passages are met in the opposite sense.
    let back = propagate(two_body, (0.0, -6.0), start, Settings::within(1e-13), &events[1..2]);
    assert!((back.unwrap().crossings[0].t + 1.5 * pi).abs() < 1e-11);
}

#[test]
fn a_terminal_event_ends_the_integration_there() {
    let (start, _) = kepler(0.4, 0.0);
    let radial = |_: f64, y: &[f64; 4]| y[0] * y[2] + y[1] * y[3];
    let apocentre = Event { function: &radial, direction: Direction::Falling, terminal: true };
    let end =
        propagate(two_body, (0.0, 100.0), start, Settings::within(1e-13), &[apocentre]).unwrap();
    // Half a period from the pericentre; the start itself is a zero and is not counted.
    assert!(end.stopped && end.crossings.len() == 1);
    assert!((end.t - core::f64::consts::PI).abs() < 1e-11, "{}", end.t);
    assert!((end.y[0] + 1.4).abs() < 1e-11 && end.y[1].abs() < 1e-11);
}

#[test]
fn an_ephemeris_that_ends_is_an_error_with_its_time() {
    let ends = |t: f64, y: &[f64; 4]| if t < 3.0 { two_body(t, y) } else { None };
    let (start, _) = kepler(0.1, 0.0);
    let refused = propagate(ends, (0.0, 5.0), start, Settings::within(1e-9), &[]).unwrap_err();
    assert!(matches!(refused, Failure::Undefined { t } if (3.0..=5.0).contains(&t)), "{refused}");
    assert!(propagate(ends, (0.0, 2.9), start, Settings::within(1e-9), &[]).is_ok());
    let nowhere = |_: f64, _: &[f64; 4]| None;
    let refused = propagate(nowhere, (1.0, 5.0), start, Settings::within(1e-9), &[]).unwrap_err();
    assert_eq!(refused, Failure::Undefined { t: 1.0 });
}

#[test]
fn a_singularity_ends_in_an_error_and_never_in_an_endless_loop() {
    // y' = y², y(0) = 1 is infinite at t = 1.
    let explodes = |_: f64, y: &[f64; 1]| Some([y[0] * y[0]]);
    let refused = propagate(explodes, (0.0, 2.0), [1.0], Settings::within(1e-10), &[]).unwrap_err();
    assert!(
        matches!(refused, Failure::StepTooSmall { t, .. } | Failure::TooManySteps { t, .. } if (t - 1.0).abs() < 1e-3),
        "{refused}"
    );
    let nothing = |_: f64, _: &[f64; 1]| Some([f64::NAN]);
    let refused = propagate(nothing, (0.0, 2.0), [1.0], Settings::within(1e-10), &[]).unwrap_err();
    assert!(matches!(refused, Failure::StepTooSmall { .. } | Failure::TooManySteps { .. }));
    let few = Settings { steps_max: 3, ..Settings::within(1e-12) };
    let (start, _) = kepler(0.1, 0.0);
    let refused = propagate(two_body, (0.0, 50.0), start, few, &[]).unwrap_err();
    assert!(matches!(refused, Failure::TooManySteps { steps: 3, .. }), "{refused}");
}

#[test]
fn unusable_settings_and_starts_are_refused() {
    let (start, _) = kepler(0.1, 0.0);
    let run = |settings, span, y| propagate(two_body, span, y, settings, &[]).unwrap_err();
    for tolerance in [0.0, -1e-9, f64::NAN, f64::INFINITY] {
        assert_eq!(run(Settings::within(tolerance), (0.0, 1.0), start), Failure::Settings);
    }
    let still = Settings { step_max: 0.0, ..Settings::within(1e-9) };
    assert_eq!(run(still, (0.0, 1.0), start), Failure::Settings);
    let fine = Settings::within(1e-9);
    for span in [(f64::NAN, 1.0), (0.0, f64::INFINITY)] {
        assert!(matches!(run(fine, span, start), Failure::StartNotFinite { .. }));
    }
    assert!(matches!(run(fine, (0.0, 1.0), [f64::NAN; 4]), Failure::StartNotFinite { .. }));
}

#[test]
fn a_span_of_no_length_returns_the_start() {
    let (start, _) = kepler(0.1, 0.0);
    let end = propagate(two_body, (2.0, 2.0), start, Settings::within(1e-9), &[]).unwrap();
    assert_eq!((end.t, end.y, end.cost.steps), (2.0, start, 0));
}

proptest! {
    // The start is the pericentre, where a loss of phase δt counts as δt/(1 − e)² in velocity: at a
    // tolerance of 1e-12 an orbit of e = 0.787 came back 1.03e-8 off after three revolutions out and back.
    #[test]
    fn there_and_back_is_where_it_began(e in 0.0_f64..0.8, t in 0.01_f64..20.0) {
        let (start, _) = kepler(e, 0.0);
        let settings = Settings::within(1e-13);
        let there = propagate(two_body, (0.0, t), start, settings, &[]).unwrap();
        let back = propagate(two_body, (t, 0.0), there.y, settings, &[]).unwrap();
        prop_assert!(apart(&back.y, &start) < 1e-8, "{:?}", back);
    }
}
