//! What a step of the flight software costs: mean, percentiles and worst over a million steps of whole flights.
//!
//! `cargo bench -p frigoris-rig --bench flight_step`. Sensors are gathered from closed loops first, then fed to
//! the flight software alone. Each flight is fed several times: the steps do the same work every time, so the
//! least of a step's times is free of interruptions by others on the machine. Both are printed, as is what
//! reading the clock twice costs, which every time contains.
//! Refuses: a worst-case bound for other processors. It is a measurement on this one.

use flight::Flight;
use icd::bus::Sensors;
use rig::closed_loop::{Simulation, Stand};
use rig::load::nav_start;
use rig::scenario::Scenario;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// Flights, with the run of each: from orbit and from ignition, healthy, with faults, as flown.
const FLIGHTS: [(&str, u64); 7] = [
    ("m2-nominal", 1),
    ("m2-further-sensors", 2),
    ("m2-resilient", 3),
    ("m2-resilient-same-sensors", 4),
    ("m2-many-faults", 5),
    ("m2-as-flown", 0),
    ("m2-nominal-from-ignition", 6),
];
/// Times that each flight is fed.
const REPEATS: usize = 5;

/// Everything that the flight software reads in one flight.
fn sensors(stand: &Stand, run: u64) -> Option<Vec<Sensors>> {
    let load = stand.load(run);
    let mut simulation = Simulation::new(stand, &load, run).ok()?;
    let start = simulation.world().state().t;
    let mut out = Vec::new();
    while simulation.world().ended().is_none()
        && (simulation.world().state().t - start).s() < stand.scenario.duration_s_max
    {
        out.push(simulation.step().sensors);
    }
    Some(out)
}

/// Times of each step, ns: the least of the repeats, and the first repeat as it came.
fn times(stand: &Stand, run: u64, sensors: &[Sensors]) -> (Vec<u32>, Vec<u32>) {
    let load = stand.load(run);
    let start = nav_start(&stand.scenario, &stand.start(run), run);
    let mut least = vec![u32::MAX; sensors.len()];
    let mut first = vec![];
    for repeat in 0..REPEATS {
        let mut flight = Flight::new(&load, &start);
        for (sample, least) in sensors.iter().zip(&mut least) {
            let began = Instant::now();
            black_box(flight.step(black_box(sample)));
            let took = u32::try_from(began.elapsed().as_nanos()).unwrap_or(u32::MAX);
            *least = took.min(*least);
            if repeat == 0 {
                first.push(took);
            }
        }
    }
    (least, first)
}

fn clock_ns() -> u32 {
    let once = |_| u32::try_from(Instant::now().elapsed().as_nanos()).unwrap_or(u32::MAX);
    (0..1000).map(once).min().unwrap_or(0)
}

fn report(name: &str, times: &mut [u32]) {
    times.sort_unstable();
    let count = times.len();
    let mean = times.iter().map(|ns| f64::from(*ns)).sum::<f64>() / count.max(1) as f64;
    let at = |share: f64| {
        let place = (share * count.saturating_sub(1) as f64).round() as usize;
        times.get(place).map_or(0.0, |ns| f64::from(*ns) / 1e3)
    };
    println!("{name}, {count} steps, µs: mean {:.2}", mean / 1e3);
    for (label, share) in [("median", 0.5), ("99 %", 0.99), ("99.9 %", 0.999), ("99.99 %", 0.9999)]
    {
        println!("  {label:<8} {:8.2}", at(share));
    }
    println!("  {:<8} {:8.2}", "worst", at(1.0));
}

/// Counts in classes of a factor of two.
fn histogram(times: &[u32]) {
    println!("least of {REPEATS}, steps by time:");
    let mut upper_ns = 125;
    let mut below = 0;
    while below < times.len() {
        let here = times.partition_point(|ns| *ns < upper_ns);
        let share = (here - below) as f64 / times.len() as f64;
        if here > below {
            println!(
                "  below {:7.2} µs {:9}  {:6.2} %",
                f64::from(upper_ns) / 1e3,
                here - below,
                100.0 * share
            );
        }
        (below, upper_ns) = (here, upper_ns.saturating_mul(2));
    }
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let (mut least, mut first) = (vec![], vec![]);
    for (name, run) in FLIGHTS {
        let scenario = Scenario::read(&folder.join(format!("{name}.toml")));
        let Some(stand) = scenario.ok().and_then(|scenario| Stand::new(scenario).ok()) else {
            println!("{name}: cannot be flown");
            continue;
        };
        let Some(sensors) = sensors(&stand, run) else { continue };
        let (a, b) = times(&stand, run, &sensors);
        let worst = a.iter().max().map_or(0.0, |ns| f64::from(*ns) / 1e3);
        println!("{name}, run {run}: {} steps, worst {worst:.2} µs", a.len());
        least.extend(a);
        first.extend(b);
    }
    println!("reading the clock twice: {} ns, contained below", clock_ns());
    report("as it came", &mut first);
    report("least of the repeats", &mut least);
    histogram(&least);
}
