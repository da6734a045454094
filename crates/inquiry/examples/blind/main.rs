//! The blind test.
mod flights;
use std::io::Write;
use std::path::PathBuf;
fn main() -> miette::Result<()> {
    let arg: Vec<String> = std::env::args().collect();
    let out = PathBuf::from(&arg[1]);
    let seed: u64 = arg[2].parse().unwrap();
    let number = |n: usize| arg[n].parse::<usize>().unwrap();
    let stands = flights::bases(&out, seed)?;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(out.join("cases.jsonl"))
        .unwrap();
    for (count, wanted, first) in [(1, number(3), 1), (2, number(4), 1_000_001)] {
        flights::lost(&stands, seed, first, count, wanted, |case| {
            writeln!(file, "{}", serde_json::to_string(case).unwrap()).unwrap();
            Ok(())
        })?;
    }
    Ok(())
}
