//! The ground that a divert can reach, and how much of it the planner uses.
//!
//! From 500 m, 18 m/s down and 4 m/s east, with the propellant of the last descent. Theory: Clarabel, asked for
//! the furthest place in each direction, over all durations. Used: the furthest target to
//! which the planner's divert gives a verified plan.
//! `cargo run -p frigoris-flight --example reachable [directions]`: prints a table and the share of the area.
#![allow(missing_docs, non_snake_case)]

#[path = "../tests/reference/mod.rs"]
mod reference;
#[path = "../tests/reference/states.rs"]
mod states;

use nalgebra::Vector3;

fn main() {
    let count = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(16u32);
    let (start, limits, field) = states::divert();
    let (mut theory_m2, mut used_m2) = (0.0, 0.0);
    println!("azimuth/deg  theory/m  used/m  share");
    for i in 0..count {
        let azimuth = 2.0 * core::f64::consts::PI * f64::from(i) / f64::from(count);
        let d_L = Vector3::new(libm::cos(azimuth), libm::sin(azimuth), 0.0);
        let theory = states::furthest_m(&start, &limits, &field, &d_L, 50);
        let used = states::used_m(&start, &limits, &field, &d_L, theory);
        println!("{:11.1}  {theory:8.1}  {used:6.1}  {:.4}", azimuth.to_degrees(), used / theory);
        theory_m2 += theory * theory;
        used_m2 += used * used;
    }
    println!("share of the area: {:.4}", used_m2 / theory_m2);
}
