//! The planner refuses what it must, and what is flown then arrives.

#![allow(clippy::panic)]

use super::*;

const FIELD: Field =
    Field { gravity_m_s2: 1.622, curvature_per_m: 5.756e-7, w_L: Vector3::new(0.0, 1e-6, 2e-6) };
const TARGET: Target =
    Target { p_L: Vector3::new(0.0, 0.0, 0.0), v_L: Vector3::new(0.0, 0.0, -1.0) };
const LIMITS: Limits = Limits {
    thrust_N: [420.0, 1716.0],
    exhaust_m_s: 2900.0,
    dry_kg: 340.0,
    pointing_rad: Some(0.78),
    turning: None,
    upright: None,
    glide_slope_rad: Some(0.2),
    apex_m: 1.0,
    speed_m_s: Some(40.0),
    speed_per_m: 0.05,
};

fn start() -> Start {
    Start {
        p_L: Vector3::new(-100.0, 20.0, 500.0),
        v_L: Vector3::new(5.0, 0.0, -18.0),
        mass_kg: 450.0,
    }
}

#[test]
fn numbers_that_mean_nothing_are_refused() {
    let mut planner = Planner::<20>::new(FIELD);
    let mut refused = |start: &Start, limits: &Limits, s: f64| {
        matches!(planner.plan(start, &TARGET, limits, s), Err(Refusal::Unsound))
    };
    let nan = Start { p_L: Vector3::new(f64::NAN, 0.0, 1.0), ..start() };
    assert!(refused(&nan, &LIMITS, 40.0));
    assert!(refused(&Start { mass_kg: 340.0, ..start() }, &LIMITS, 40.0));
    assert!(refused(&start(), &LIMITS, 0.0) && refused(&start(), &LIMITS, f64::INFINITY));
    assert!(refused(&start(), &Limits { thrust_N: [0.0, 1.0], ..LIMITS }, 40.0));
    assert!(refused(&start(), &Limits { thrust_N: [2.0, 1.0], ..LIMITS }, 40.0));
    assert!(refused(&start(), &Limits { pointing_rad: Some(-0.1), ..LIMITS }, 40.0));
    assert!(!refused(&start(), &LIMITS, 40.0));
}

#[test]
fn the_duration_found_is_the_cheapest_and_the_guess_does_not_matter() {
    let mut planner = Planner::<30>::new(FIELD);
    let best = planner.plan(&start(), &TARGET, &LIMITS, 40.0).unwrap();
    for s in [15.0, 25.0, 60.0, 110.0] {
        planner.forget();
        let plan = planner.plan(&start(), &TARGET, &LIMITS, s).unwrap();
        assert!((plan.propellant_kg / best.propellant_kg - 1.0).abs() < 1e-4, "{s}");
        let (solutions, _) = planner.effort();
        assert!(solutions <= SOLUTIONS_MAX + PASSES + 1, "{solutions}");
    }
    for factor in [0.9, 0.97, 1.03, 1.1] {
        if let Ok(plan) = planner.plan_in(&start(), &TARGET, &LIMITS, best.duration_s * factor) {
            assert!(plan.propellant_kg > best.propellant_kg * (1.0 - 1e-5), "{factor}");
        }
    }
}

#[test]
fn a_warm_start_gives_the_same_plan() {
    let mut planner = Planner::<30>::new(FIELD);
    planner.plan_in(&start(), &TARGET, &LIMITS, 45.0).unwrap();
    let warm = planner.plan_in(&start(), &TARGET, &LIMITS, 42.0).unwrap();
    planner.forget();
    let cold = planner.plan_in(&start(), &TARGET, &LIMITS, 42.0).unwrap();
    assert!((warm.propellant_kg / cold.propellant_kg - 1.0).abs() < 1e-6);
    assert!(warm.a_L.iter().zip(&cold.a_L).all(|(a, b)| (a - b).norm() < 1e-2));
}

/// Flies a course with the field of the planner; steps of 20 ms, thrust limited to what there is.
fn fly(course: &Course<30>, start: &Start, duration_s: f64) -> (Vector3<f64>, Vector3<f64>, f64) {
    let (mut p, mut v, mut mass_kg) = (start.p_L, start.v_L, start.mass_kg);
    let count = libm::round(duration_s / 0.02);
    let dt = duration_s / count;
    let mut t = 0.0;
    while t < duration_s - 0.5 * dt {
        let (half_p, half_v) = (p + v * (0.5 * dt), v);
        let thrust = course.at(t + 0.5 * dt, &half_p, &half_v);
        let a = thrust + FIELD.acceleration(&half_p, &half_v);
        p += (v + a * (0.5 * dt)) * dt;
        v += a * dt;
        mass_kg *= libm::exp(-thrust.norm() * dt / LIMITS.exhaust_m_s);
        t += dt;
    }
    (p, v, mass_kg)
}

#[test]
fn a_planned_course_arrives() {
    let mut planner = Planner::<30>::new(FIELD);
    let course = planner.divert(&start(), &TARGET, &LIMITS);
    let Course::Planned(plan) = course else { panic!("{course:?}") };
    let (p, v, mass_kg) = fly(&course, &start(), plan.duration_s);
    assert!((p - TARGET.p_L).norm() < 0.05 && (v - TARGET.v_L).norm() < 0.01, "{p:?} {v:?}");
    assert!((start().mass_kg - mass_kg - plan.propellant_kg).abs() < 0.02);
}

#[test]
fn where_no_plan_fits_the_closed_form_is_flown_and_arrives() {
    let mut planner = Planner::<30>::new(FIELD);
    // Nearly straight thrust and a steep cone: no way for a divert of 100 m.
    let narrow = Limits { pointing_rad: Some(0.01), glide_slope_rad: Some(1.4), ..LIMITS };
    let course = planner.divert(&start(), &TARGET, &narrow);
    let Course::Closed(law, why) = course else { panic!("planned what cannot be") };
    assert!(matches!(why, Refusal::Infeasible { .. }), "{why:?}");
    assert!(law.fits);
    let (p, v, _) = fly(&course, &start(), law.arrival_s);
    assert!((p - TARGET.p_L).norm() < 1.0 && (v - TARGET.v_L).norm() < 0.6, "{p:?} {v:?}");
    let fits =
        planner.fallback(&start(), &TARGET, &Limits { thrust_N: [1.0, 500.0], ..LIMITS }).fits;
    assert!(!fits, "500 N cannot stop 450 kg");
}

#[test]
fn the_end_is_flown_upright_where_that_is_asked() {
    let mut planner = Planner::<50>::new(FIELD);
    let free = planner.plan(&start(), &TARGET, &LIMITS, 40.0).unwrap();
    let limits = Limits { upright: Some((8.0, 0.05)), ..LIMITS };
    let plan = planner.plan(&start(), &TARGET, &limits, 40.0).unwrap();
    let most = |plan: &Plan<50>| {
        (0..=80).fold(0.0f64, |most, i| {
            let a = plan.at(plan.duration_s - 0.1 * f64::from(i));
            most.max(libm::atan2(libm::hypot(a.x, a.y), a.z))
        })
    };
    assert!(most(&free) > 0.1 && most(&plan) < 0.0501, "{} {}", most(&free), most(&plan));
    let dearer = plan.propellant_kg / free.propellant_kg;
    assert!((1.0..1.02).contains(&dearer), "{dearer}");
}

#[test]
fn what_cannot_be_is_proved_not_given_up() {
    let mut planner = Planner::<50>::new(FIELD);
    for s in [5.0, 10.0, 14.0] {
        let refusal = planner.plan_once(&start(), &TARGET, &LIMITS, s).unwrap_err();
        assert!(matches!(refusal, Refusal::Infeasible { .. }), "{s}: {refusal:?}");
        assert!(planner.effort().1 < 20);
    }
    let spent = Limits { dry_kg: 447.0, ..LIMITS };
    let refusal = planner.plan(&start(), &TARGET, &spent, 40.0).unwrap_err();
    assert!(matches!(refusal, Refusal::Infeasible { .. }), "{refusal:?}");
}

#[test]
fn a_plan_made_in_portions_is_the_plan_made_at_once() {
    let mut planner = Planner::<30>::new(FIELD);
    let at_once = planner.plan(&start(), &TARGET, &LIMITS, 40.0).unwrap();
    for steps in [1, 2, 7] {
        planner.forget();
        let mut draft = planner.begin(&start(), &TARGET, &LIMITS, Bounds::from(40.0)).unwrap();
        let (mut portions, mut searched) = (0, 0);
        loop {
            portions += 1;
            match planner.work(&mut draft, steps) {
                Progress::Ready => break,
                Progress::Searched => searched += 1,
                Progress::Working => {}
                Progress::Refused(why) => panic!("{why:?}"),
            }
        }
        let plan = planner.made().unwrap();
        assert!(searched == 1 && portions > planner.effort().1 / steps, "{portions}");
        assert!(
            plan.a_L == at_once.a_L && plan.duration_s.to_bits() == at_once.duration_s.to_bits()
        );
    }
}

#[test]
fn a_plan_may_begin_where_the_lander_is_once_the_duration_is_found() {
    let mut planner = Planner::<30>::new(FIELD);
    let mut draft = planner.begin(&start(), &TARGET, &LIMITS, Bounds::from(40.0)).unwrap();
    let now = Start {
        p_L: start().p_L + Vector3::new(1.0, -1.0, 2.0),
        v_L: start().v_L + Vector3::new(0.2, 0.1, -0.3),
        mass_kg: 449.8,
    };
    let plan = loop {
        match planner.work(&mut draft, 2) {
            Progress::Ready => break planner.made().unwrap(),
            Progress::Searched => draft.start = now,
            Progress::Working => {}
            Progress::Refused(why) => panic!("{why:?}"),
        }
    };
    let residuals = super::super::verify(plan, &now, &TARGET, &LIMITS, &FIELD);
    assert!(residuals.within(&Residuals::FLYABLE) && residuals.position_m < 1e-3, "{residuals:?}");
}

#[test]
fn thrust_leans_no_further_than_the_attitude_has_turned() {
    let mut planner = Planner::<50>::new(FIELD);
    let free = planner.plan(&start(), &TARGET, &LIMITS, 40.0).unwrap();
    let tilt = |a: Vector3<f64>| libm::atan2(libm::hypot(a.x, a.y), a.z);
    assert!(tilt(free.at(0.0)) > 0.1);
    let limits = Limits { turning: Some((0.02, 0.07)), ..LIMITS };
    let plan = planner.plan(&start(), &TARGET, &limits, 40.0).unwrap();
    for i in 0..100 {
        let t_s = 0.1 * f64::from(i);
        assert!(tilt(plan.at(t_s)) < 0.02 + 0.07 * t_s + 0.002, "{t_s} s");
    }
    let dearer = plan.propellant_kg / free.propellant_kg;
    assert!((1.0..1.02).contains(&dearer), "{dearer}");
    let residuals = super::super::verify(&free, &start(), &TARGET, &limits, &FIELD);
    assert!(residuals.pointing_rad > 0.08, "{residuals:?}");
}
