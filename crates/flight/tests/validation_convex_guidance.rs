//! Validation: published cases of powered descent by convex optimisation.
#![allow(missing_docs, non_snake_case)]
use flight::guidance::convex::{Field, Limits, Planner, Residuals, Start, Target, verify};
use nalgebra::Vector3;
#[path = "reference/mod.rs"]
mod reference;

fn mars() -> (Start, Target, Limits, Field) {
    let alpha = 1.0 / (225.0 * 9.806_65 * libm::cos(27f64.to_radians()));
    let per = 6.0 * 3100.0 * libm::cos(27f64.to_radians());
    (
        Start {
            p_L: Vector3::new(2000.0, 0.0, 1500.0),
            v_L: Vector3::new(100.0, 0.0, -75.0),
            mass_kg: 1905.0,
        },
        Target { p_L: Vector3::zeros(), v_L: Vector3::zeros() },
        Limits {
            thrust_N: [0.3 * per, 0.8 * per],
            exhaust_m_s: 1.0 / alpha,
            dry_kg: 1505.0,
            pointing_rad: None,
            glide_slope_rad: None,
            apex_m: 0.0,
            speed_m_s: None,
            speed_per_m: 0.0,
        },
        Field { gravity_m_s2: 3.7114, curvature_per_m: 0.0, w_L: Vector3::zeros() },
    )
}

#[test]
fn explore() {
    let (start, target, limits, field) = mars();
    let mut planner = Planner::<50>::new(field);
    let show = |name: &str,
                start: &Start,
                limits: &Limits,
                planner: &mut Planner<50>,
                tf: f64,
                fixed: bool| {
        let clock = std::time::Instant::now();
        let r = if fixed {
            planner.plan_in(start, &target, limits, tf)
        } else {
            planner.plan(start, &target, limits, tf)
        };
        let took = clock.elapsed();
        match r {
            Ok(p) => println!(
                "{name}: {:.4} kg tf {:.3} slack {:.2e} {:?} effort {:?} {took:?}\n  {:?}",
                p.propellant_kg,
                p.duration_s,
                p.slack,
                p.outcome,
                planner.effort(),
                verify(
                    &p,
                    start,
                    &target,
                    limits,
                    &Field {
                        ..Field {
                            gravity_m_s2: 3.7114,
                            curvature_per_m: 0.0,
                            w_L: Vector3::zeros()
                        }
                    }
                )
            ),
            Err(e) => println!("{name}: {e:?} effort {:?} {took:?}", planner.effort()),
        }
    };
    show("free", &start, &limits, &mut planner, 72.0, false);
    show("free fixed", &start, &limits, &mut planner, 72.1938, true);
    let above = Limits { glide_slope_rad: Some(0.0), ..limits };
    show("above", &start, &above, &mut planner, 72.0, false);
    let slope = Limits { glide_slope_rad: Some(4f64.to_radians()), ..limits };
    show("slope", &start, &slope, &mut planner, 72.0, false);
    show("slope 81", &start, &slope, &mut planner, 81.0, true);
    show("short", &start, &limits, &mut planner, 40.0, true);
    let all = Limits { pointing_rad: Some(40f64.to_radians()), speed_m_s: Some(138.9), ..slope };
    let start = Start { v_L: Vector3::new(80.0, 30.0, -75.0), ..start };
    show("all", &start, &all, &mut planner, 75.0, true);
    show("all", &start, &all, &mut planner, 75.0, false);
    let _: Residuals;
    for (name, limits, tf) in [
        ("free", limits, 72.1938),
        ("above", above, 74.5),
        ("slope", slope, 77.75),
        ("slope", slope, 81.0),
        ("all", all, 75.0),
        ("short", all, 60.0),
    ] {
        let start = if name == "all" { start } else { mars().0 };
        planner.forget();
        let clock = std::time::Instant::now();
        let plan = planner.plan_once(&start, &target, &limits, tf);
        let took = clock.elapsed();
        let problem = reference::problem::<50>(
            (&start, &target, &limits, &field),
            tf,
            50,
            None,
            &reference::Wish::LeastPropellant,
        );
        let clock = std::time::Instant::now();
        let answer = reference::solve(&problem);
        let other = clock.elapsed();
        match plan {
            Ok(plan) => println!(
                "{name} {} {} {:.2e} {:?} {took:?} steps {} {:?} {other:?} {}",
                plan.propellant_kg,
                answer.propellant_kg,
                plan.propellant_kg / answer.propellant_kg - 1.0,
                plan.outcome.status,
                plan.outcome.steps,
                answer.status,
                answer.steps
            ),
            Err(e) => {
                println!("{name} {e:?} {took:?} {:?} {other:?} {}", answer.status, answer.steps)
            }
        }
    }
}
