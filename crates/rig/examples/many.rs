//! Flies a campaign and prints what it amounts to:
//! `cargo run --release -p frigoris-rig --example many -- FILE RUNS [FOLDER]`.

use rig::campaign;
use rig::closed_loop::Stand;
use rig::scenario::Scenario;
use std::path::Path;

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().map_or("scenarios/m2-nominal.toml", String::as_str);
    let runs = arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(20);
    let folder = arguments.get(2).map_or("campaign", String::as_str);
    let stand = Stand::new(Scenario::read(Path::new(file))?)?;
    let campaign = campaign::run(&stand, 0..runs, Path::new(folder), |_| {})?;
    for (outcome, share) in campaign.outcomes() {
        println!(
            "{:14} {:6} of {}  {:7.3} % .. {:7.3} %",
            outcome.name(),
            share.count,
            share.of,
            100.0 * share.low,
            100.0 * share.high
        );
    }
    println!(
        "{:40} {:>6} {:>11} {:>11} {:>11} {:>11} {:>11}",
        "", "runs", "least", "5 %", "median", "95 %", "most"
    );
    for spread in campaign.spreads() {
        let p = spread.percentiles;
        println!(
            "{:40} {:6} {:11.3} {:11.3} {:11.3} {:11.3} {:11.3} {}",
            spread.key, spread.count, p[0], p[1], p[2], p[3], p[4], spread.unit
        );
    }
    let wall_ms = campaign.rows.iter().map(|row| row.wall_ms).sum::<f64>() / runs as f64;
    println!("{wall_ms:.0} ms a run");
    Ok(())
}
