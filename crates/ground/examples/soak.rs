//! The soak: one hour of ten times the flight rate through real sockets, 5 % of the frames corrupted, units out of
//! order, twice and between garbage.
//!
//! ```text
//! cargo run --release -p frigoris-ground --example soak                 # as fast as it goes
//! cargo run --release -p frigoris-ground --example soak -- --paced      # one hour, ten times the flight rate
//! ```
//! `--samples N` flies another length. Panics at the first octet that is missing or value that is wrong.

#[path = "../tests/support/soak.rs"]
mod soak;
#[path = "../tests/support/traffic.rs"]
#[allow(dead_code)] // the tests use more of it
mod traffic;

/// One hour at ten times the flight rate of 10 samples a second.
const SAMPLES: u64 = 3_600 * 10 * 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after =
        |name: &str| arguments.iter().position(|a| a == name).map(|at| arguments.get(at + 1));
    let samples = after("--samples").flatten().and_then(|n| n.parse().ok()).unwrap_or(SAMPLES);
    let pace_hz = after("--paced").map(|_| 100.0);
    let folder = std::env::temp_dir().join(format!("frigoris-soak-{}", std::process::id()));
    let figures = soak::run(&soak::Plan { samples, pace_hz, folder: folder.clone() });
    let _ = std::fs::remove_dir_all(folder);
    println!("{figures:#?}");
    // What is remembered is bounded: once it is full, memory is flat.
    let held = &figures.resident_kb;
    let (early, late) = held.split_at(held.len() / 2);
    let most = |held: &[u64]| held.iter().copied().max().unwrap_or(0);
    assert!(
        samples < SAMPLES / 4 || most(late) * 10 <= most(early) * 11,
        "memory grows: {held:?} kB"
    );
    println!(
        "{:.0} packets decoded a second, {:.1} MB archived a second",
        figures.packets_decoded as f64 / figures.seconds,
        figures.octets as f64 / figures.seconds / 1e6
    );
}
