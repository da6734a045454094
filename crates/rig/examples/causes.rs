//! Fits the candidate causes of Mission 2: `cargo run -p frigoris-rig --example causes -- FILE...`.
//!
//! Each file names one `weak_*` fault of the rangefinder. Its factor is halved in on until the first shot
//! that is detected in the reference run is fired from 893 m of exact range; printed are the factors on both
//! sides, where that shot was fired, what it read, and where the first shot is detected on other seeds.
//! Up to the first detection the flight does not depend on the factor, and a shot that is detected stays so
//! when the echo is stronger: the range of the first one can only grow with the factor.

use icd::bus::ShotQuality;
use rig::closed_loop::{Simulation, Stand};
use rig::rangefinder_study::SEEN_M;
use rig::scenario::{Dispersed, Scenario};
use std::path::Path;
use std::sync::Arc;

/// Halvings between a millionth and one: the factor to a thousandth of itself.
const HALVINGS: usize = 14;
/// Other seeds flown with the factor found.
const SEEDS: u64 = 10;
/// Shots count below this altitude, m: noise alone may cross the threshold once in a hundred descents.
const BELOW_M: f64 = 5000.0;

/// Exact range and reading of the first shot detected in the reference run, m; zeros when none is.
fn first_detected(stand: &mut Stand, factor: f64) -> miette::Result<[f64; 2]> {
    let scenario = Arc::make_mut(&mut stand.scenario);
    let weak = scenario.faults.iter_mut().filter(|fault| fault.kind.starts_with("weak"));
    for (_, number) in weak.flat_map(|fault| &mut fault.numbers) {
        *number = Dispersed::Fixed(factor);
    }
    let load = stand.load(0);
    let mut simulation = Simulation::new(stand, &load, 0)?;
    while simulation.world().ended().is_none() {
        // A shot arrives in the cycle in which the next one is fired.
        let view = simulation.world().view();
        let exchange = simulation.step();
        if let (Some(shot), Some(exact_m)) = (exchange.sensors.rangefinder, view.range_m)
            && shot.quality == ShotQuality::Valid
            && view.altitude_m < BELOW_M
        {
            return Ok([exact_m, f64::from(shot.range_m)]);
        }
    }
    Ok([0.0; 2])
}

fn main() -> miette::Result<()> {
    for file in std::env::args().skip(1) {
        let mut stand = Stand::new(Scenario::read(Path::new(&file))?)?;
        let (mut low, mut high) = (1e-6, 1.0);
        for _ in 0..HALVINGS {
            let middle = f64::sqrt(low * high);
            if first_detected(&mut stand, middle)?[0] < SEEN_M {
                low = middle;
            } else {
                high = middle;
            }
        }
        println!("{file}");
        for factor in [low, high] {
            let [exact_m, read_m] = first_detected(&mut stand, factor)?;
            println!("  factor {factor:.3e}: fired from {exact_m:.1} m, read {read_m:.1} m");
        }
        let mut others = vec![];
        for seed in 1..=SEEDS {
            Arc::make_mut(&mut stand.scenario).seed = seed;
            others.push(first_detected(&mut stand, low)?.map(|m| format!("{m:.0}")).join(" read "));
        }
        println!("  on other seeds, m: {}", others.join(", "));
    }
    Ok(())
}
