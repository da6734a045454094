use super::*;

fn spec() -> vehicle::Velocimeter {
    // Three beams 30° off the nadir, 120° apart.
    let beam = |azimuth_deg: f64| {
        let a = azimuth_deg.to_radians();
        [0.5 * a.cos(), 0.5 * a.sin(), -(0.75_f64.sqrt())]
    };
    vehicle::Velocimeter {
        p_BA_B: [0.0; 3],
        d_B: [beam(0.0), beam(120.0), beam(240.0)],
        range_m_max: 1000.0,
        albedo_reference: 0.2,
        speed_m_s_max: 60.0,
        sigma_m_s: 0.0,
        bias_sigma_m_s: 0.0,
        scale_sigma: 0.0,
        period_s: 0.05,
        latency_s: 0.0,
    }
}

#[test]
fn a_pure_descent_shows_the_same_positive_speed_on_all_beams() {
    let mut unit = Velocimeter::new(&spec(), Time::default(), (1, 1));
    let result = unit.sense(Time::default(), || (Vector3::new(0.0, 0.0, -10.0), [true; 3]));
    let expected = 10.0 * 0.75_f64.sqrt();
    for speed in result.unwrap().speed_m_s {
        assert!((f64::from(speed) - expected).abs() < 1e-6);
    }
}

#[test]
fn a_beam_without_ground_or_too_fast_loses_lock() {
    let mut unit = Velocimeter::new(&spec(), Time::default(), (1, 1));
    let v_B = Vector3::new(90.0, 0.0, -50.0);
    let result = unit.sense(Time::default(), || (v_B, [true, true, false])).unwrap();
    // Beam 0: 45 + 43.3 m/s, too fast; beam 1: −22.5 + 43.3, fine; beam 2 sees nothing.
    assert_eq!(result.locked, [false, true, false]);
    assert!((result.speed_m_s[1] - 20.801_27).abs() < 1e-4);
    assert_eq!(result.speed_m_s[2], 0.0);
}

#[test]
fn lock_reaches_as_far_as_the_root_of_what_comes_back() {
    let lambert = |normal_albedo| Surface { normal_albedo, lommel_seeliger: 0.0 };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    near(reach_m(&spec(), lambert(0.2), 1.0, 1.0), 1000.0);
    near(reach_m(&spec(), lambert(0.05), 1.0, 1.0), 500.0);
    near(reach_m(&spec(), lambert(0.2), 0.25, 1.0), 500.0);
    // Twice through dust that passes a half: a quarter of the light, half of the range.
    near(reach_m(&spec(), lambert(0.2), 1.0, 0.5), 500.0);
    let moon = Surface { normal_albedo: 0.2, lommel_seeliger: 1.0 };
    near(reach_m(&spec(), moon, 0.25, 1.0), 1000.0);
}

#[test]
fn constant_errors_are_drawn_once_a_run_and_have_the_stated_spread() {
    let spec = vehicle::Velocimeter { bias_sigma_m_s: 0.1, scale_sigma: 0.01, ..spec() };
    let error = |run, v_m_s: f64, n| {
        let mut unit = Velocimeter::new(&spec, Time::default(), (1, run));
        let v_B = Vector3::new(0.0, 0.0, -v_m_s);
        let t = |k: i64| Time::default() + icd::time::Span::from_ms(60 * k);
        let last = (0..=n).filter_map(|k| unit.sense(t(k), || (v_B, [true; 3]))).last().unwrap();
        f64::from(last.speed_m_s[0]) - v_m_s * 0.75_f64.sqrt()
    };
    assert_eq!(error(1, 10.0, 0), error(1, 10.0, 5));
    let runs = 4000;
    let (mut bias2, mut scale2) = (0.0, 0.0);
    for run in 0..runs {
        let (still, moving) = (error(run, 0.0, 0), error(run, 10.0, 0));
        bias2 += still * still;
        scale2 += ((moving - still) / (10.0 * 0.75_f64.sqrt())).powi(2);
    }
    // Four standard errors of a variance, and the last digits of the bus.
    let tolerance = 4.0 * (2.0 / runs as f64).sqrt() + 1e-3;
    assert!((bias2 / runs as f64 / 0.01 - 1.0).abs() < tolerance, "{bias2}");
    assert!((scale2 / runs as f64 / 1e-4 - 1.0).abs() < tolerance, "{scale2}");
}
