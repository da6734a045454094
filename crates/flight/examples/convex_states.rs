//! How often the planner finds the plan that exists: random feasible states, and random states at large.
//!
//! `cargo run -p frigoris-flight --example convex_states [states] [seed]`: prints a table.
#![allow(missing_docs, non_snake_case)]

#[path = "../tests/reference/mod.rs"]
mod reference;
#[path = "../tests/reference/states.rs"]
mod states;

use flight::guidance::convex::{Course, Field, Planner, Refusal, Start};
use nalgebra::Vector3;
use reference::Wish;

const NODES: usize = 50;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap_or(1));
    let count = arguments.next().unwrap_or(10_000);
    let seed = arguments.next().unwrap_or(1);
    feasible(count, seed);
    at_large(count / 20, seed);
}

fn feasible(count: u64, seed: u64) {
    let (limits, field, target) = (states::lander(), states::moon(), states::target());
    let mut random = states::Random(seed);
    let mut planner = Planner::<NODES>::new(field);
    let (mut planned, mut searched, mut most, mut slack) = (0, 0, 0, 0.0f64);
    let (mut solutions, mut solutions_most, mut steps_most) = (0, 0, 0);
    for i in 0..count {
        let (start, duration_s) = states::feasible(&mut random, &limits, &field, NODES);
        planner.forget();
        match planner.plan_once(&start, &target, &limits, duration_s) {
            Ok(plan) => most = most.max(plan.outcome.steps),
            Err(why) => println!("state {i}, one solution: {why:?} {start:?} {duration_s}"),
        }
        match planner.plan_in(&start, &target, &limits, duration_s) {
            Ok(plan) => {
                planned += 1;
                slack = slack.max(plan.slack);
            }
            Err(why) => println!("state {i}: {why:?} {start:?} {duration_s}"),
        }
        if i % 10 == 0 {
            match planner.divert(&start, &target, &limits) {
                Course::Planned(_) => searched += 1,
                Course::Closed(_, why) => println!("state {i}, divert: {why:?} {start:?}"),
            }
            let (now, steps) = planner.effort();
            solutions += now;
            solutions_most = solutions_most.max(now);
            steps_most = steps_most.max(steps);
        }
    }
    println!("feasible by construction: {planned} of {count} planned and verified");
    let diverts = count.div_ceil(10);
    println!("duration searched: {searched} of {diverts} diverts planned and verified");
    println!(
        "a divert takes {:.1} solutions, at the most {solutions_most}; {steps_most} steps at the most",
        f64::from(solutions) / diverts as f64
    );
    println!("most steps of a cold solution {most}, largest slack {slack:.1e}");
}

fn at_large(count: u64, seed: u64) {
    let (limits, target) = (states::lander(), states::target());
    // Uniform gravity for both: near the border of what is feasible its shape decides.
    let field = Field { curvature_per_m: 0.0, w_L: Vector3::zeros(), ..states::moon() };
    let mut random = states::Random(seed ^ 0x5555);
    let mut planner = Planner::<NODES>::new(field);
    let (mut both, mut neither, mut differ, mut unfinished, mut steps) = (0, 0, 0, 0, 0);
    for i in 0..count {
        let mut within = |size: f64| random.between(-size, size);
        let p_L = Vector3::new(within(1500.0), within(1500.0), 800.0 + within(700.0));
        let v_L = Vector3::new(within(40.0), within(40.0), within(30.0) - 25.0);
        let start = Start { p_L, v_L, mass_kg: 440.0 + within(60.0) };
        let duration_s = 45.0 + within(30.0);
        planner.forget();
        let ours = planner.plan_once(&start, &target, &limits, duration_s);
        steps = steps.max(planner.effort().1);
        let asked = (&start, &target, &limits, &field);
        let problem =
            reference::problem::<NODES>(asked, duration_s, NODES, None, &Wish::LeastPropellant);
        let theirs = reference::solve(&problem);
        match (&ours, theirs.solved(), theirs.infeasible()) {
            (Ok(_), true, _) => both += 1,
            (Err(Refusal::Infeasible { .. }), _, true) => neither += 1,
            (Err(Refusal::Unfinished(_)), ..) => {
                unfinished += 1;
                println!("state {i}: {:?} Clarabel {:?}", ours.err(), theirs.status);
            }
            _ => {
                differ += 1;
                println!("state {i}: {:?} Clarabel {:?}", ours.err(), theirs.status);
            }
        }
    }
    println!("at large: {both} solved by both, {neither} found infeasible by both");
    println!("{differ} differ, {unfinished} unfinished, most steps {steps}");
}
