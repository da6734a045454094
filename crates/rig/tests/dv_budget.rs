//! The powered descent of RESILIENCE against the least that its thrust and mass allow.
//!
//! Bound: the minimum-fuel burn between the ends of braking as flown, range free, at the largest collective that
//! braking may use, and the terminal descent as it is flown.
#![allow(non_snake_case)]

#[path = "dv_budget/budget.rs"]
mod budget;

use budget::budget;

#[test]
fn both_readings_of_the_vehicle_stay_within_three_percent_of_the_bound() {
    for name in ["m2-nominal-from-ignition", "m2-nominal-b-from-ignition"] {
        let budget = budget(name);
        println!("{name}\n{budget}");
        let ratio = budget.total_m_s() / budget.bound_m_s();
        println!(
            "{name}: {:.1} m/s flown, bound {:.1}, {:.4}",
            budget.total_m_s(),
            budget.bound_m_s(),
            ratio
        );
        // The Moon that is flown over has 60 degrees of gravity and turns: a tenth of a percent either way.
        assert!(ratio > 0.998, "{name}: cheaper than the optimum");
        assert!(ratio < 1.03, "{name}: {ratio}");
    }
}
