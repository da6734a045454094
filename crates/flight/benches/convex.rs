//! What a plan costs: one solution with all constraints at 50 nodes, beside Clarabel on the same problem.
//!
//! Criterion measures one state; the table printed first is over many random feasible states, each the least
//! of five repetitions, so that what else the machine does is not counted.
#![allow(missing_docs, non_snake_case)]

#[path = "../tests/reference/mod.rs"]
mod reference;
#[path = "../tests/reference/states.rs"]
mod states;

use criterion::{Criterion, criterion_group, criterion_main};
use flight::guidance::convex::{Limits, Planner, Start, Target, verify};
use reference::Wish;
use std::hint::black_box;
use std::time::Instant;

const NODES: usize = 50;
const STATES: usize = 2000;
const REPETITIONS: usize = 5;

fn least_us(mut what: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..REPETITIONS {
        let clock = Instant::now();
        what();
        least = least.min(clock.elapsed().as_secs_f64() * 1e6);
    }
    least
}

fn line(name: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{name:32} {:6} states: median {:8.0} µs, 99 % {:8.0} µs, worst {:8.0} µs",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn many_states() {
    let (limits, field, target) = (states::lander(), states::moon(), states::target());
    let mut random = states::Random(1);
    let mut planner = Planner::<NODES>::new(field);
    let (mut cold, mut whole, mut other) = (vec![], vec![], vec![]);
    for i in 0..STATES {
        let (start, duration_s) = states::feasible(&mut random, &limits, &field, NODES);
        cold.push(least_us(|| {
            planner.forget();
            black_box(planner.plan_once(&start, &target, &limits, duration_s).is_ok());
        }));
        if i % 10 == 0 {
            whole.push(least_us(|| {
                planner.forget();
                black_box(planner.plan(&start, &target, &limits, duration_s).is_ok());
            }));
            let asked = (&start, &target, &limits, &field);
            other.push(least_us(|| {
                let problem = reference::problem::<NODES>(
                    asked,
                    duration_s,
                    NODES,
                    None,
                    &Wish::LeastPropellant,
                );
                black_box(reference::solve(&problem).solved());
            }));
        }
    }
    line("one solution, cold", cold);
    line("Clarabel, set up and solved", other);
    line("plan: duration searched, verified", whole);
}

fn all_constraints() -> (Start, Target, Limits, f64) {
    let mut random = states::Random(7);
    let (limits, field) = (states::lander(), states::moon());
    let (start, duration_s) = states::feasible(&mut random, &limits, &field, NODES);
    (start, states::target(), limits, duration_s)
}

fn convex(c: &mut Criterion) {
    println!("a planner of {NODES} nodes is {} octets", size_of::<Planner<NODES>>());
    many_states();
    let (start, target, limits, duration_s) = all_constraints();
    let field = states::moon();
    let mut planner = Planner::<NODES>::new(field);
    c.bench_function("convex/one solution, cold", |b| {
        b.iter(|| {
            planner.forget();
            black_box(planner.plan_once(black_box(&start), &target, &limits, duration_s).is_ok())
        });
    });
    c.bench_function("convex/one solution, warm", |b| {
        b.iter(|| {
            black_box(planner.plan_once(black_box(&start), &target, &limits, duration_s).is_ok())
        });
    });
    let plan = planner.plan_once(&start, &target, &limits, duration_s).unwrap();
    c.bench_function("convex/verification", |b| {
        b.iter(|| black_box(verify(black_box(&plan), &start, &target, &limits, &field)));
    });
    let asked = (&start, &target, &limits, &field);
    let problem =
        reference::problem::<NODES>(asked, duration_s, NODES, None, &Wish::LeastPropellant);
    c.bench_function("convex/Clarabel, set up and solved", |b| {
        b.iter(|| black_box(reference::solve(black_box(&problem)).solved()));
    });
}

criterion_group!(benches, convex);
criterion_main!(benches);
