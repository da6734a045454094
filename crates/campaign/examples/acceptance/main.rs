//! The acceptance matrix of navigation and fault management: what must survive, flown many times.
//!
//! `cargo run -p frigoris-campaign --example acceptance -- [--seed N] [--runs N] [--first-run N] [--threads N]`
//! `  [--only TEXT | --only =NAME,NAME] [--single-faults] [--tile m1=FILE] [--tile m2=FILE] [--out FOLDER] [--fresh]`
//! `acceptance -- --merge FOLDER,FOLDER [--out FOLDER]`
//!
//! A cell is a scenario, a vehicle, a ground, a configuration and a fault; all start at braking ignition. Cells
//! of reading B are flown with the as-flown logic too, on the same sensors. Each cell has a seed of its own, made of
//! `--seed` and its name, so that runs of different cells may be counted together; a cell and its as-flown twin share
//! theirs, so that they are compared over the same draws. Each cell's scenario stands in
//! OUT/cells, so any run can be flown again; OUT/acceptance.md and OUT/acceptance.csv hold the table. What the
//! folder holds of a cell is taken; `--fresh` flies all of it anew. `--merge` flies nothing: it adds up cells that were
//! flown in several folders, each with other runs (`--first-run`) or other cells.
//!
//! Survived: at rest on its legs, whatever the limits say (neither lost, dry, tipped over, nor timed out).
//! Landed: within the touchdown limits too, 8 degrees of tilt on generated craters included.

mod cells;
mod table;

use campaign::runs::worst::{Scales, scales, scales_of_fact};
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

    /// What flies.
    fn by(&self) -> String {
        let code = campaign::code();
        let program = code.get(..16).unwrap_or(code);
        format!("seeds of the cells from {}, program {program}", self.seed)
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

/// The runs of a cell, and what their margins are measured against.
fn fly(cell: &Cell, file: &Path, arguments: &Arguments) -> miette::Result<(Vec<Row>, Scales)> {
    let mut scenario = Scenario::read(file)?;
    let seed = cell.seed(arguments.seed);
    if scenario.seed != seed {
        scenario.seed = seed;
        let _ = write!(scenario.canonical, "[command line]\nseed = {seed}\n");
    }
    let stand = Stand::new(scenario)?;
    let folder = arguments.out.join(&cell.name);
    let runs = arguments.first_run..arguments.first_run + arguments.runs;
    if arguments.fresh {
        runs::forget(&folder).into_diagnostic()?;
    }
    let expect = stand.scenario.expect.clone();
    let scales = scales(|key| {
        Some(match key {
            "v_vertical_m_s" => expect.v_vertical_m_s_max,
            "v_horizontal_m_s" => expect.v_horizontal_m_s_max,
            "tilt_deg" => expect.tilt_deg_max,
            "miss_m" => expect.miss_m_max,
            _ => expect.propellant_kg_min,
        })
    });
    Ok((runs::run(&stand, runs, &folder, |_| {})?.rows, scales))
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
        let (rows, scales) = pool.install(|| fly(&cell, &file, arguments))?;
        let seed = cell.seed(arguments.seed);
        let line = Line::new(cell, &rows, seed, &scales, &file);
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
        keep(&arguments.out, &lines, &[arguments.by()], &[])?;
    }
    Ok(lines)
}

/// Cells that were added up.
struct Merged {
    lines: Vec<Line>,
    /// What flew them.
    flown: Vec<String>,
    /// Cells that no folder holds.
    absent: Vec<String>,
}

/// Adds up the cells that several folders hold. Each must have been flown from one scenario, seed and program; a
/// run that is there twice must be the same and counts once.
fn merge(root: &Path, arguments: &Arguments) -> miette::Result<Merged> {
    // Which ground was measured is in the names alone.
    let tiles = ["m1", "m2"].map(|of| (of.to_string(), PathBuf::new()));
    let copies = arguments.out.join("cells");
    std::fs::create_dir_all(&copies).into_diagnostic()?;
    let (mut lines, mut flown, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells(root, &tiles).into_diagnostic()? {
        let folders = arguments.merge.iter().filter_map(|folder| {
            let file = folder.join(&cell.name).join(runs::RESULT);
            file.exists().then_some((folder, file))
        });
        let found: Vec<_> = folders.collect();
        let Some((folder, _)) = found.first() else {
            absent.push(cell.name);
            continue;
        };
        let mut rows: Vec<Row> = Vec::new();
        let mut facts: Vec<[String; 4]> = Vec::new();
        for (_, file) in &found {
            let reader = Reader::open(file).into_diagnostic()?;
            reader.verify().into_diagnostic()?;
            let fact = |key: &str| reader.fact(&format!("frigoris.{key}")).unwrap_or_default();
            facts.push(["scenario_hash", "seed", "code", "limits"].map(fact));
            rows.extend(read_rows(file).into_diagnostic()?);
        }
        if let Some(n) = facts.iter().position(|other| *other != facts[0]) {
            let (a, b) = (found[0].1.display(), found[n].1.display());
            return Err(miette!("{a} and {b} are of different scenarios, seeds or programs"));
        }
        rows.sort_by_key(|row| row.run);
        let torn = rows.windows(2).find(|w| w[0].run == w[1].run && !w[0].same_flight(&w[1]));
        if let Some(torn) = torn {
            return Err(miette!("{}: run {} was flown twice and differs", cell.name, torn[0].run));
        }
        rows.dedup_by_key(|row| row.run);
        let name = format!("{}.toml", cell.name);
        if *folder != &arguments.out {
            let own = folder.join("cells").join(&name);
            std::fs::copy(&own, copies.join(&name)).into_diagnostic()?;
        }
        let [_, seed, code, limits] = &facts[0];
        let by = format!("program {}", code.get(..16).unwrap_or("not on record"));
        if !flown.contains(&by) {
            flown.push(by);
        }
        let seed = seed.parse().unwrap_or_default();
        lines.push(Line::new(cell, &rows, seed, &scales_of_fact(limits), &copies.join(&name)));
    }
    Ok(Merged { lines, flown, absent })
}

/// Writes the tables; `flown`: by what; `absent`: cells without a result.
fn keep(out: &Path, lines: &[Line], flown: &[String], absent: &[String]) -> miette::Result<()> {
    let (markdown, csv) = table(lines);
    let mut text = format!("Flown with {}.\n\n{}\n{markdown}", flown.join("; "), totals(lines));
    if !absent.is_empty() {
        let _ = write!(text, "\n{} cells without a result: {}.\n", absent.len(), absent.join(", "));
    }
    std::fs::create_dir_all(out).into_diagnostic()?;
    std::fs::write(out.join("acceptance.md"), text).into_diagnostic()?;
    std::fs::write(out.join("acceptance.csv"), csv).into_diagnostic()
}

fn main() -> miette::Result<()> {
    let arguments = Arguments::read()?;
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().into_diagnostic()?;
    let Merged { lines, flown, absent } = if arguments.merge.is_empty() {
        let lines = fly_all(&root, &arguments)?;
        Merged { lines, flown: vec![arguments.by()], absent: Vec::new() }
    } else {
        merge(&root, &arguments)?
    };
    keep(&arguments.out, &lines, &flown, &absent)?;
    let unmet: Vec<&Line> =
        lines.iter().filter(|line| !matches!(line.met(&lines), "yes" | "")).collect();
    println!("\n{}", totals(&lines));
    unmet.iter().for_each(|line| println!("  {}", line.cells(&lines).join("; ")));
    if !absent.is_empty() {
        println!("{} cells without a result: {}", absent.len(), absent.join(", "));
    }
    println!("written: {}", arguments.out.join("acceptance.md").display());
    Ok(())
}
