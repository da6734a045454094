use super::*;

fn profile(believed_error_m: f64) -> Vec<[f64; 6]> {
    let sample = |n: i32| {
        let t_s = 5.0 * f64::from(n);
        let h = 3000.0 - 10.0 * t_s;
        [t_s, h, -10.0, 0.0, h + believed_error_m, -10.0]
    };
    (0..60).map(sample).collect()
}

fn flight(outcome: Outcome, believed_error_m: f64) -> Reflown {
    Reflown {
        outcome: outcome.name().to_string(),
        end_s: 300.0,
        contact_s: None,
        ground_m: None,
        speed_m_s: None,
        propellant_kg: None,
        profile: profile(believed_error_m),
        events: vec![],
    }
}

fn recorded(error_m: f64) -> Recorded {
    let of = |[t_s, h, v, _, believed, _]: [f64; 6]| [t_s, h, 5.0, v, 0.5, believed];
    let profile = profile(error_m).into_iter().map(of).collect();
    Recorded { stands: Some(false), profile, met_m_s: None }
}

#[test]
fn a_flight_that_is_lost_the_same_way_agrees_best() {
    let as_it_was = agreement(&recorded(1000.0), &[flight(Outcome::Lost, 1000.0)]);
    let landed = agreement(&recorded(1000.0), &[flight(Outcome::Landed, 1000.0)]);
    let well_known = agreement(&recorded(1000.0), &[flight(Outcome::Lost, 0.0)]);
    assert!((as_it_was - libm::log(0.75)).abs() < 1e-12, "{as_it_was}");
    assert!((landed - libm::log(0.25)).abs() < 1e-12, "{landed}");
    assert!(well_known < as_it_was - 1.0, "{well_known}");
    assert_eq!(agreement(&recorded(1000.0), &[]), 0.0);
}

#[test]
fn a_lander_that_meets_the_ground_softly_did_not_crash() {
    let crashed = Recorded { met_m_s: Some((-29.0, 2.0)), ..recorded(1000.0) };
    let met = |v: f64| {
        let flight = Reflown { speed_m_s: Some([v, 0.5]), ..flight(Outcome::Lost, 1000.0) };
        agreement(&crashed, &[flight])
    };
    assert!((met(-29.0) - libm::log(0.75)).abs() < 1e-12);
    // By hand: 28 m/s over the root of 8.7² + 3² + 2², half its square held at 4.
    assert!((met(-29.0) - met(-1.0) - FAR).abs() < 0.2, "{}", met(-1.0));
    assert!(met(-29.0) - met(-25.0) < 0.2);
}

#[test]
fn a_place_that_nothing_says_is_known_as_navigation_was_told() {
    let start = crate::sample::healthy().mission.stand.planned_start();
    let spread = |square: f64| along_the_ground(&start, &(Matrix3::identity() * square), 25.0);
    assert_eq!(spread(f64::NAN), Matrix3::zeros());
    for (square, sigma_m) in [(1e300, 25.0), (9.0, 3.0), (-1.0, 0.0)] {
        let spread = spread(square);
        let up = start.p_MB_I.si().normalize();
        assert!((spread.norm() - sigma_m * 2.0_f64.sqrt()).abs() < 1e-6, "{spread}");
        assert!((up.transpose() * spread).norm() < 1e-6, "along the ground alone");
    }
}
