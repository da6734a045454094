//! A descent on tape for `proof/processors`: `cargo run --release -p frigoris-rig --example tape -- TAPE [FILE] [RUN]`.
//!
//! Flies the scenario and writes what another processor needs to fly it again: the load as an image, and
//! every cycle as the flight software read it, in the raw packets that were downlinked. The layout stands
//! in `proof/processors/core`.

use icd::link::packet::{self, Packet};
use rig::closed_loop::{Stand, fly};
use rig::load::nav_start;
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

/// The octets behind their number.
fn section(octets: &[u8]) -> Vec<u8> {
    let count = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    [&count.to_be_bytes(), octets].concat()
}

/// The raw packets alone.
fn raw(mut packets: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    while let Ok((packet, octets)) = packet::decode(packets) {
        let (this, rest) = packets.split_at(octets);
        if matches!(packet, Packet::Raw { .. }) {
            out.extend_from_slice(this);
        }
        packets = rest;
    }
    out
}

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tape = arguments.first().map_or("descent.tape", String::as_str);
    let file = arguments.get(1).map_or("scenarios/m2-nominal-from-ignition.toml", String::as_str);
    let run = arguments.get(2).and_then(|run| run.parse().ok()).unwrap_or(0);
    let stand = Stand::new(Scenario::read(Path::new(file))?)?;
    let flown = fly(&stand, run, Recording::Full, |_| ())?;
    let packets = flown.record.map(|record| raw(&record.packets)).unwrap_or_default();
    let start = nav_start(&stand.scenario, &stand.start(run), run);
    let mut image = vec![];
    flight::load::image::pack(&stand.load(run), &start, |octets| image.extend_from_slice(octets));
    let octets = [section(&image), section(&packets)].concat();
    println!(
        "{file}, run {run}: {:?} after {:.0} s; {} octets of load, {} of raw packets",
        flown.judgement.outcome,
        flown.simulated_s,
        image.len(),
        packets.len()
    );
    std::fs::write(tape, octets).map_err(|reason| miette::miette!("{tape}: {reason}"))
}
