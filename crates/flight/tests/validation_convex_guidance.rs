//! Validation: powered descent by convex optimisation against published cases and against Clarabel.
//!
//! Sources: the Mars lander of [AcikmesePloen2007] (propellant as published there: 387.9 kg free, 390.4 kg
//! above ground, 399.5 kg with a glide slope of 4° in 81 s; seen in re-implementations), and the same lander
//! in the case of [Malyuta2022] with rotation, pointing, glide slope and speed limit. Values with more digits
//! were computed independently: 387.896 kg free, exact, by the maximum principle; 390.41, 398.13 and
//! 373.375 kg by a modelling language at finer grids.
//! Tolerances: propellant 0.1 %, duration 1 s, slack 1e-4, end 1e-3 m and m/s; against Clarabel, on the same
//! nodes, propellant 1e-6.
#![allow(missing_docs, non_snake_case)]

#[path = "reference/mod.rs"]
mod reference;
#[path = "reference/states.rs"]
mod states;

use flight::guidance::convex::{
    Course, Field, Limits, Plan, Planner, Refusal, Start, Target, verify,
};
use nalgebra::Vector3;
use reference::Wish;

const NODES: usize = 50;
const REST: Target = Target { p_L: Vector3::new(0.0, 0.0, 0.0), v_L: Vector3::new(0.0, 0.0, 0.0) };

/// Six engines of 3.1 kN, throttled 0.3 to 0.8, canted by 27°; Isp 225 s; 1905 kg, 1505 kg dry.
fn mars() -> (Start, Limits, Field) {
    let cosine = libm::cos(27f64.to_radians());
    let full = 6.0 * 3100.0 * cosine;
    let limits = Limits {
        thrust_N: [0.3 * full, 0.8 * full],
        exhaust_m_s: 225.0 * 9.80665 * cosine,
        dry_kg: 1505.0,
        pointing_rad: None,
        turning: None,
        upright: None,
        glide_slope_rad: None,
        apex_m: 0.0,
        speed_m_s: None,
        speed_per_m: 0.0,
    };
    let start = Start {
        p_L: Vector3::new(2000.0, 0.0, 1500.0),
        v_L: Vector3::new(100.0, 0.0, -75.0),
        mass_kg: 1905.0,
    };
    (start, limits, Field { gravity_m_s2: 3.7114, curvature_per_m: 0.0, w_L: Vector3::zeros() })
}

/// Rotation of 24.6229 h at 30° latitude; pointing 40°, glide slope 4°, 138.9 m/s.
fn rotating() -> (Start, Limits, Field) {
    let (start, limits, field) = mars();
    let rate = 2.0 * core::f64::consts::PI / (24.6229 * 3600.0);
    (
        Start { v_L: Vector3::new(80.0, 30.0, -75.0), ..start },
        Limits {
            pointing_rad: Some(40f64.to_radians()),
            glide_slope_rad: Some(4f64.to_radians()),
            speed_m_s: Some(138.9),
            ..limits
        },
        Field { w_L: Vector3::new(0.0, rate * libm::sqrt(0.75), rate * 0.5), ..field },
    )
}

fn above(limits: &Limits, degrees: f64) -> Limits {
    Limits { glide_slope_rad: Some(degrees.to_radians()), ..*limits }
}

#[track_caller]
fn good(plan: &Plan<NODES>, start: &Start, limits: &Limits, field: &Field) {
    let residuals = verify(plan, start, &REST, limits, field);
    assert!(residuals.position_m < 1e-3 && residuals.velocity_m_s < 1e-3, "{residuals:?}");
    assert!(plan.slack < 1e-4, "{}", plan.slack);
}

#[track_caller]
fn near(value: f64, published: f64, share: f64) {
    assert!((value / published - 1.0).abs() < share, "{value}, published {published}");
}

#[test]
fn the_mars_lander_needs_the_published_propellant_and_time() {
    let (start, limits, field) = mars();
    let mut planner = Planner::<NODES>::new(field);
    for (limits, kg, s) in [
        (limits, 387.896, 72.19),
        (above(&limits, 0.0), 390.41, 74.5),
        (above(&limits, 4.0), 398.13, 77.75),
    ] {
        for guess_s in [60.0, 72.0, 90.0] {
            planner.forget();
            let plan = planner.plan(&start, &REST, &limits, guess_s).unwrap();
            near(plan.propellant_kg, kg, 1e-3);
            assert!((plan.duration_s - s).abs() < 1.0, "{} s, published {s} s", plan.duration_s);
            good(&plan, &start, &limits, &field);
        }
    }
}

/// Published 399.5 kg. At this duration a coarser independent solution gave 399.92 kg, which the optimum
/// undercuts by 0.13 %: Clarabel, on the same nodes, agrees with the optimum.
#[test]
fn the_glide_slope_case_of_81_s_needs_the_published_propellant() {
    let (start, limits, field) = mars();
    let limits = above(&limits, 4.0);
    let mut planner = Planner::<NODES>::new(field);
    let plan = planner.plan_in(&start, &REST, &limits, 81.0).unwrap();
    near(plan.propellant_kg, 399.5, 1e-3);
    good(&plan, &start, &limits, &field);
    let asked = (&start, &REST, &limits, &field);
    let other = reference::solve(&reference::problem(
        asked,
        81.0,
        NODES,
        Some((&plan, planner.defects())),
        &Wish::LeastPropellant,
    ));
    near(plan.propellant_kg, other.propellant_kg, 1e-6);
}

#[test]
fn the_rotating_case_needs_the_published_propellant_and_time() {
    let (start, limits, field) = rotating();
    let mut planner = Planner::<NODES>::new(field);
    let plan = planner.plan_in(&start, &REST, &limits, 75.0).unwrap();
    near(plan.propellant_kg, 373.375, 1e-3);
    good(&plan, &start, &limits, &field);
    let plan = planner.plan(&start, &REST, &limits, 70.0).unwrap();
    near(plan.propellant_kg, 373.375, 1e-3);
    assert!((plan.duration_s - 75.0).abs() < 1.0, "{}", plan.duration_s);
    good(&plan, &start, &limits, &field);
    // Rotation matters: without it the same thrust ends tens of metres away.
    let still = Field { w_L: Vector3::zeros(), ..field };
    assert!(verify(&plan, &start, &REST, &limits, &still).position_m > 10.0);
}

#[test]
fn clarabel_finds_the_same_optimum_on_the_same_nodes() {
    let (start, limits, field) = mars();
    let (other_start, all, turning) = rotating();
    for (start, limits, field, s) in [
        (start, limits, field, 72.19),
        (start, above(&limits, 0.0), field, 74.5),
        (start, above(&limits, 4.0), field, 77.75),
        (other_start, all, field, 75.0),
        (other_start, all, turning, 75.0),
        (other_start, Limits { upright: Some((5.0, 0.2)), ..all }, field, 78.0),
    ] {
        let mut planner = Planner::<NODES>::new(field);
        let asked = (&start, &REST, &limits, &field);
        let wish = Wish::LeastPropellant;
        if field.w_L == Vector3::zeros() {
            let first = planner.plan_once(&start, &REST, &limits, s).unwrap();
            let other = reference::problem::<NODES>(asked, s, NODES, None, &wish);
            near(first.propellant_kg, reference::solve(&other).propellant_kg, 1e-6);
        }
        let plan = planner.plan_in(&start, &REST, &limits, s).unwrap();
        let other = reference::problem(asked, s, NODES, Some((&plan, planner.defects())), &wish);
        near(plan.propellant_kg, reference::solve(&other).propellant_kg, 1e-6);
    }
}

/// More states, to 10 000, by the example `convex_states`.
#[test]
fn from_random_feasible_states_the_plan_is_found_and_is_clarabels() {
    let (limits, field, target) = (states::lander(), states::moon(), states::target());
    let mut random = states::Random(2026);
    let mut planner = Planner::<NODES>::new(field);
    for i in 0..300 {
        let (start, s) = states::feasible(&mut random, &limits, &field, NODES);
        let plan = planner.plan_in(&start, &target, &limits, s).unwrap_or_else(|why| {
            panic!("state {i}: {why:?}");
        });
        assert!(plan.slack < 1e-4, "state {i}: {}", plan.slack);
        if i % 20 == 0 {
            let asked = (&start, &target, &limits, &field);
            let other = reference::problem(
                asked,
                s,
                NODES,
                Some((&plan, planner.defects())),
                &Wish::LeastPropellant,
            );
            near(plan.propellant_kg, reference::solve(&other).propellant_kg, 1e-6);
        }
    }
}

#[test]
fn what_clarabel_finds_infeasible_is_reported_infeasible() {
    let (limits, target) = (states::lander(), states::target());
    let field = Field { curvature_per_m: 0.0, w_L: Vector3::zeros(), ..states::moon() };
    let mut random = states::Random(3);
    let mut planner = Planner::<NODES>::new(field);
    let (mut feasible, mut infeasible) = (0, 0);
    for i in 0..60 {
        // Half at large, most of them hopeless; half feasible but for a shorter time.
        let mut within = |size: f64| random.between(-size, size);
        let p_L = Vector3::new(within(1500.0), within(1500.0), 800.0 + within(700.0));
        let v_L = Vector3::new(within(40.0), within(40.0), within(30.0) - 25.0);
        let mut start = Start { p_L, v_L, mass_kg: 440.0 + within(60.0) };
        let mut s = 45.0 + within(30.0);
        if i % 2 == 0 {
            (start, s) = states::feasible(&mut random, &limits, &field, NODES);
            s *= random.between(0.6, 1.2);
        }
        let ours = planner.plan_once(&start, &target, &limits, s);
        let asked = (&start, &target, &limits, &field);
        let other = reference::solve(&reference::problem::<NODES>(
            asked,
            s,
            NODES,
            None,
            &Wish::LeastPropellant,
        ));
        match ours {
            Ok(_) => assert!(other.solved(), "state {i}: {:?}", other.status),
            Err(Refusal::Infeasible { .. }) => {
                assert!(other.infeasible(), "state {i}: {:?}", other.status);
            }
            Err(why) => panic!("state {i}: {why:?}"),
        }
        feasible += usize::from(ours.is_ok());
        infeasible += usize::from(ours.is_err());
    }
    assert!(feasible > 10 && infeasible > 10, "{feasible} {infeasible}");
}

/// From 500 m and 18 m/s down: how far away a place can lie. Theory: Clarabel asked for the furthest place,
/// over all durations. Used: the furthest target to which `divert` gives a plan.
#[test]
fn a_divert_uses_the_reachable_set() {
    let (start, limits, field) = states::divert();
    for azimuth in [0.0, 1.6, 3.1] {
        let d_L = Vector3::new(libm::cos(azimuth), libm::sin(azimuth), 0.0);
        let theory = states::furthest_m(&start, &limits, &field, &d_L, NODES);
        let used = states::used_m(&start, &limits, &field, &d_L, theory);
        assert!(theory > 100.0, "{theory}");
        assert!(used >= 0.975 * theory, "{azimuth}: {used} m of {theory} m");
        let course =
            Planner::<NODES>::new(field).divert(&start, &states::at(&(d_L * 100.0)), &limits);
        assert!(matches!(course, Course::Planned(_)), "{course:?}");
    }
}
