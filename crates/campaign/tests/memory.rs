//! The memory of a campaign does not grow with its runs. A test of its own, for the peak belongs to the process.

use campaign::runs::{Order, RESULT, Tally, each_row, fly_parts, merge, spreads};
use rig::closed_loop::Stand;
use rig::parquet_file::{Reader, Writer};
use rig::scenario::Scenario;
use std::path::Path;
use std::time::Instant;

/// A million, and the runs of one part.
const RUNS: u64 = 1_000_000;
const PART: u64 = 1000;

/// The largest memory that this process ever had, MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kb: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kb / 1024.0
}

#[test]
fn a_million_runs_take_no_more_memory_than_a_thousand() {
    let folder = std::env::temp_dir().join(format!("frigoris-{}-million", std::process::id()));
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut scenario = Scenario::read(&scenarios.join("m2-nominal-from-ignition.toml")).unwrap();
    scenario.duration_s_max = 0.5;
    let stand = Stand::new(scenario).unwrap();
    // A thousand runs are flown; the others are theirs under other numbers.
    let order = Order { part_len: PART, ..Order::new(&stand, 0..PART) };
    fly_parts(&stand, &order, &folder, |_| {}).unwrap();
    let worker_mb = peak_mb();
    let flown = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let reader = Reader::open(&flown).unwrap();
    let mut columns = reader.group(0).unwrap();
    let keys = reader.keys();
    let units: Vec<_> =
        keys.iter().map(|key| reader.fact(&format!("unit.{key}")).unwrap()).collect();
    let heads: Vec<_> = keys.iter().zip(&units).map(|(key, unit)| (&key[..], &unit[..])).collect();
    let facts = reader.facts();
    let own = |key: &&(String, String)| !key.0.starts_with("unit.") && !key.0.ends_with("_sha256");
    let facts: Vec<_> =
        facts.iter().filter(own).map(|(key, value)| (&key[..], value.clone())).collect();
    for part in 1..RUNS / PART {
        columns[0].iter_mut().for_each(|run| *run += PART as f64);
        let mut writer =
            Writer::create(&folder.join(format!("part-{part:06}.parquet")), &heads).unwrap();
        writer.group(&columns.iter().map(|values| &values[..]).collect::<Vec<_>>()).unwrap();
        writer.finish(&facts).unwrap();
    }
    let began = Instant::now();
    merge(std::slice::from_ref(&folder), &folder).unwrap();
    let merged_s = began.elapsed().as_secs_f64();
    let result = folder.join(RESULT);
    let mut tally = Tally::default();
    each_row(&result, |row| tally.add(&row)).unwrap();
    let spread = spreads(&result).unwrap();
    let size_mb = std::fs::metadata(&result).unwrap().len() as f64 / 1e6;
    std::fs::remove_dir_all(&folder).unwrap();
    let peak_mb = peak_mb();
    println!(
        "flying: {worker_mb:.0} MB; {RUNS} runs merged in {merged_s:.0} s to {size_mb:.0} MB, counted: {peak_mb:.0} MB"
    );
    assert_eq!((tally.runs, spread.is_empty()), (RUNS, false));
    assert!(worker_mb < 100.0, "two workers, 50 MB each: {worker_mb}");
    assert!(peak_mb < 500.0, "{peak_mb}");
}
