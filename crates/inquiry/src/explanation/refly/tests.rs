use super::*;
use crate::finding::{Cause, Fitted};

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

#[test]
fn what_cannot_be_flown_costs_its_explanation_alone() {
    let mission = &crate::sample::healthy().mission;
    let work = Work::in_memory();
    let mut bench = Bench::of(mission, &Trajectory::default());
    bench.start.p_MB_I = Vector::new(f64::NAN, 0.0, 0.0);
    let cause = Cause { on: NAVIGATION.to_string(), kind: "start" };
    let from = (bench.start.t, 0.0);
    let elsewhere = [Fault { cause, numbers: vec![], from, until: None }];
    let flown = bench.fly(&work, &elsewhere, 0).unwrap();
    assert!(!flown.begun());
    let fits = agreement(&recorded(1000.0), std::slice::from_ref(&flown));
    assert!((fits - (libm::log(0.25) - 2.0 * FAR)).abs() < 1e-12, "{fits}");
    assert!(bench.fly(&work, &[], 0).is_err(), "a mission that cannot be flown is an error");
}

fn biased(sigma: f64) -> Fault {
    let key = |axis| format!("{axis}_deg_h");
    let number = |axis| Fitted { key: key(axis), value: 2.0, sigma };
    let cause = Cause { on: "gyros".to_string(), kind: "bias" };
    let from = (Time::default() + Span::from_s(100.0), 1.0);
    Fault { cause, numbers: ["x", "y", "z"].map(number).to_vec(), from, until: None }
}

#[test]
fn all_flights_but_the_first_draw_the_numbers_of_a_fault() {
    let fault = biased(0.2);
    assert_eq!(drawn(&fault, 0), fault);
    let z = |n: u64, place: usize| (drawn(&fault, n).numbers[place].value - 2.0) / 0.2;
    let square = (1..=400).map(|n| z(n, 0) * z(n, 0)).sum::<f64>() / 400.0;
    assert!((square - 1.0).abs() < 4.0 * (2.0_f64 / 400.0).sqrt(), "{square}");
    assert!((1..=9).all(|n| z(n, 0) != z(n, 1)), "every number by itself");
    // What is hardly known stays the fault that it is.
    let far = biased(1e6);
    assert!((1..=9).all(|n| (drawn(&far, n).numbers[0].value - 2.0).abs() <= HALF * 2.0));
    let short = Fault { until: Some(fault.from.0 + Span::from_ms(20)), ..fault.clone() };
    assert!((1..=9).all(|n| drawn(&short, n).from.0 < short.until.unwrap()));
}

#[test]
fn all_flights_but_the_first_draw_constants_and_start_alike_for_all_parts_of_a_set() {
    let mission = &crate::sample::healthy().mission;
    let estimate = ("nature.gyros.bias_x_deg_h".to_string(), 0.01, 1e-9);
    let trajectory = Trajectory { constants: vec![estimate], ..Trajectory::default() };
    let bench = Bench::of(mission, &trajectory);
    let values = |faults: &[Fault], freed: &[Fault], n: u64| {
        let stand = bench.stand_freed(faults, freed, n).unwrap();
        let inputs = stand.inputs().into_iter().map(|input| input.key);
        inputs.zip(stand.drawn(RUN + n)).collect::<Vec<(String, f64)>>()
    };
    let set = [biased(0.2)];
    for n in 0..3 {
        assert_eq!(values(&set, &set, n), values(&[], &set, n), "the same but for the fault");
    }
    let of = |values: &[(String, f64)], key: &str| {
        values.iter().find(|(own, _)| own == key).map(|(_, value)| *value).unwrap()
    };
    let (first, second) = (values(&[], &[], 0), values(&[], &[], 1));
    let known = "nature.gyros.bias_x_deg_h";
    assert!((of(&first, known) - 0.01).abs() < 1e-6 && (of(&second, known) - 0.01).abs() < 1e-6);
    let open = "nature.gyros.bias_y_deg_h";
    assert!(of(&first, open) != of(&second, open), "what nothing says is drawn");
    let freed = values(&[], &set, 1);
    assert!((of(&freed, known) - 0.01).abs() > 1e-6, "nothing is known of a device that failed");
    // Where a fault misleads the trajectory the start is as open as navigation was told.
    assert_eq!(bench.start_of(&set, 0), bench.told);
    let nav = &mission.nav;
    let off = |n| {
        radial_along_across(&bench.told)
            .tr_mul(&(bench.start_of(&set, n).p_MB_I.si() - bench.told.p_MB_I.si()))
    };
    for axis in 0..3 {
        let square = (1..=400).map(|n| off(n)[axis] * off(n)[axis]).sum::<f64>() / 400.0;
        let ratio = square / (nav.sigma_p_m[axis] * nav.sigma_p_m[axis]);
        assert!((ratio - 1.0).abs() < 4.0 * (2.0_f64 / 400.0).sqrt(), "{axis}: {ratio}");
    }
}
