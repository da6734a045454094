//! What a powered descent costs against the least it could: bound, flown, where the rest went.
//!
//! `cargo run -p frigoris-rig --example dv_budget -- m2-nominal-from-ignition chang-e-3`
//! Without names: both readings of RESILIENCE. Bound and rows: see the test `dv_budget`.
#![allow(non_snake_case, clippy::print_stdout)]

#[path = "../tests/dv_budget/budget.rs"]
mod budget;

fn main() {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = ["m2-nominal-from-ignition", "m2-nominal-b-from-ignition"].map(String::from).into();
    }
    for name in names {
        println!("{name}\n{}", budget::budget(&name));
    }
}
