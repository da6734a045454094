//! The acceptance matrix of navigation and fault management: what must survive, flown many times.
//!
//! `cargo run -p frigoris-campaign --example acceptance -- [--seed N] [--runs N] [--first-run N] [--threads N]`
//! `  [--only TEXT | --only =NAME,NAME] [--single-faults] [--tile m1=FILE] [--tile m2=FILE] [--out FOLDER] [--fresh]`
//! `acceptance -- --merge FOLDER,FOLDER [--out FOLDER]`
//!
//! A cell is a scenario, a vehicle, a ground, a configuration and a fault; all start at braking ignition. Cells
//! of reading B are flown with the as-flown logic too, on the same sensors. Each cell's scenario stands in
//! OUT/cells, so any run can be flown again; OUT/acceptance.md and OUT/acceptance.csv hold the table. What the
//! folder holds of a cell is taken; `--fresh` flies all of it anew. `--merge` flies nothing: it adds up cells that were
//! flown in several folders, each with other runs (`--first-run`) or other cells.
//!
//! Survived: at rest on its legs, whatever the limits say (neither lost, dry, tipped over, nor timed out).
//! Landed: within the touchdown limits too, 8 degrees of tilt on generated craters included.

mod cells;
mod table;

use campaign::runs::{self, Row, read_rows};
use cells::{Cell, cells};
use miette::{IntoDiagnostic, miette};
use rig::parquet_file::Reader;
use rig::scenario::Scenario;
use rig::stand::Stand;
use rig::statistics::Share;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use table::{Line, table, totals};

struct Arguments {
    seed: u64,
    runs: u64,
    first_run: u64,
    threads: usize,
    only: String,
    tiles: Vec<(String, PathBuf)>,
    out: PathBuf,
    fresh: bool,
    single_faults: bool,
    merge: Vec<PathBuf>,
}

impl Arguments {
    fn read() -> miette::Result<Self> {
        let mut out = Self {
            seed: 1969,
            runs: 20,
            first_run: 1,
            threads: 2,
            only: String::new(),
            tiles: vec![],
            out: "out/acceptance".into(),
            fresh: false,
            single_faults: false,
            merge: vec![],
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--fresh" => out.fresh = true,
                "--single-faults" => out.single_faults = true,
                _ => out.set(&word, words.next())?,
            }
        }
        Ok(out)
    }

    fn set(&mut self, word: &str, value: Option<String>) -> miette::Result<()> {
        let value = value.ok_or_else(|| miette!("{word} needs a value"))?;
        match word {
            "--seed" => self.seed = value.parse().into_diagnostic()?,
            "--runs" => self.runs = value.parse().into_diagnostic()?,
            "--first-run" => self.first_run = value.parse().into_diagnostic()?,
            "--threads" => self.threads = value.parse().into_diagnostic()?,
            "--only" => self.only = value,
            "--out" => self.out = value.into(),
            "--merge" => self.merge = value.split(',').map(PathBuf::from).collect(),
            "--tile" => {
                let (of, file) = value.split_once('=').ok_or_else(|| miette!("--tile m2=FILE"))?;
                let file = PathBuf::from(file).canonicalize().into_diagnostic()?;
                self.tiles.push((of.to_string(), file));
            }
            _ => return Err(miette!("{word} is no argument")),
        }
        Ok(())
    }
}

fn fly(cell: &Cell, file: &Path, arguments: &Arguments) -> miette::Result<Vec<Row>> {
    let mut scenario = Scenario::read(file)?;
    if scenario.seed != arguments.seed {
        scenario.seed = arguments.seed;
        let _ = write!(scenario.canonical, "[command line]\nseed = {}\n", arguments.seed);
    }
    let stand = Stand::new(scenario)?;
    let folder = arguments.out.join(&cell.name);
    let runs = arguments.first_run..arguments.first_run + arguments.runs;
    if arguments.fresh {
        runs::forget(&folder).into_diagnostic()?;
    }
    Ok(runs::run(&stand, runs, &folder, |_| {})?.rows)
}

/// Flies the cells that are asked for.
fn fly_all(root: &Path, arguments: &Arguments) -> miette::Result<Vec<Line>> {
    let mut all = cells(root, &arguments.tiles).into_diagnostic()?;
    let only = arguments.only.as_str();
    match only.strip_prefix('=') {
        Some(names) => all.retain(|cell| names.split(',').any(|name| name == cell.name)),
        None => all.retain(|cell| cell.name.contains(only)),
    }
    all.retain(|cell| cell.single || !arguments.single_faults);
    let folder = arguments.out.join("cells");
    std::fs::create_dir_all(&folder).into_diagnostic()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build();
    let pool = pool.into_diagnostic()?;
    let (began, of) = (Instant::now(), all.len());
    let mut lines: Vec<Line> = Vec::new();
    for (n, cell) in all.into_iter().enumerate() {
        let file = folder.join(format!("{}.toml", cell.name));
        std::fs::write(&file, &cell.toml).into_diagnostic()?;
        let rows = pool.install(|| fly(&cell, &file, arguments))?;
        let line = Line::new(cell, &rows, arguments.seed, &file);
        let elapsed_s = began.elapsed().as_secs_f64();
        let left_s = elapsed_s / (n + 1) as f64 * (of - n - 1) as f64;
        let Share { count, of: runs, .. } = line.survived;
        let (name, landed) = (&line.cell.name, line.landed.count);
        println!(
            "{} of {of}  {name}: {count} of {runs} survived, {landed} landed  ({left_s:.0} s left)",
            n + 1
        );
        lines.push(line);
        // Written each time: a matrix that is stopped leaves what it has.
        keep(&arguments.out, &lines)?;
    }
    Ok(lines)
}

/// Adds up the cells that several folders hold. Each must have been flown from one scenario, seed and program; a run
/// that is there twice must be the same and counts once.
fn merge(root: &Path, folders: &[PathBuf]) -> miette::Result<Vec<Line>> {
    // Which ground was measured is in the names alone.
    let tiles = ["m1", "m2"].map(|of| (of.to_string(), PathBuf::new()));
    let mut lines = Vec::new();
    for cell in cells(root, &tiles).into_diagnostic()? {
        let files = folders.iter().map(|folder| folder.join(&cell.name).join(runs::RESULT));
        let files: Vec<PathBuf> = files.filter(|file| file.exists()).collect();
        let Some(first) = files.first() else { continue };
        let mut rows: Vec<Row> = Vec::new();
        for file in &files {
            let (a, b) =
                (Reader::open(first).into_diagnostic()?, Reader::open(file).into_diagnostic()?);
            for fact in ["frigoris.scenario_hash", "frigoris.seed", "frigoris.code"] {
                if a.fact(fact) != b.fact(fact) {
                    return Err(miette!(
                        "{} and {}: {fact} differs",
                        first.display(),
                        file.display()
                    ));
                }
            }
            rows.extend(read_rows(file).into_diagnostic()?);
        }
        rows.sort_by_key(|row| row.run);
        if let Some(pair) = rows
            .windows(2)
            .find(|pair| pair[0].run == pair[1].run && !pair[0].same_flight(&pair[1]))
        {
            return Err(miette!("{}: run {} was flown twice and differs", cell.name, pair[0].run));
        }
        rows.dedup_by_key(|row| row.run);
        let seed = Reader::open(first).into_diagnostic()?.fact("frigoris.seed");
        let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or_default();
        let folder = first.parent().and_then(Path::parent).unwrap_or(Path::new("."));
        let toml = folder.join("cells").join(format!("{}.toml", cell.name));
        lines.push(Line::new(cell, &rows, seed, &toml));
    }
    Ok(lines)
}

/// Writes the tables.
fn keep(out: &Path, lines: &[Line]) -> miette::Result<()> {
    let (markdown, csv) = table(lines);
    std::fs::create_dir_all(out).into_diagnostic()?;
    std::fs::write(out.join("acceptance.md"), format!("{}\n{markdown}", totals(lines)))
        .into_diagnostic()?;
    std::fs::write(out.join("acceptance.csv"), csv).into_diagnostic()
}

fn main() -> miette::Result<()> {
    let arguments = Arguments::read()?;
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().into_diagnostic()?;
    let lines = match &arguments.merge[..] {
        [] => fly_all(&root, &arguments)?,
        folders => merge(&root, folders)?,
    };
    keep(&arguments.out, &lines)?;
    let unmet: Vec<&Line> =
        lines.iter().filter(|line| !matches!(line.met(&lines), "yes" | "")).collect();
    println!("\n{}\n{} of {} cells are not as asked", totals(&lines), unmet.len(), lines.len());
    unmet.iter().for_each(|line| println!("  {}", line.cells(&lines).join("; ")));
    println!("written: {}", arguments.out.join("acceptance.md").display());
    Ok(())
}
