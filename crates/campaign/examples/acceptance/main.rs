//! The acceptance matrix of navigation and fault management: what must survive, flown many times.
//!
//! `cargo run -p frigoris-campaign --example acceptance -- [--seed N] [--runs N] [--first-run N] [--threads N]`
//! `  [--only TEXT | --only =NAME,NAME] [--tile m1=FILE] [--tile m2=FILE] [--out FOLDER] [--resume]`
//!
//! A cell is a scenario, a vehicle, a ground, a configuration and a fault; all start at braking ignition. Cells
//! of reading B are flown with the as-flown logic too, on the same sensors. Each cell's scenario stands in
//! OUT/cells, so any run can be flown again; OUT/acceptance.md and OUT/acceptance.csv hold the table. A cell
//! that is finished is not flown again with `--resume`; that the program is still the same is not asked.
//!
//! Survived: at rest on its legs, whatever the limits say (neither lost, dry, tipped over, nor timed out).
//! Landed: within the touchdown limits too, 8 degrees of tilt on generated craters included.

mod cells;

use campaign::runs::{self, Campaign, Row};
use cells::{Cell, cells};
use miette::{IntoDiagnostic, miette};
use rig::scenario::Scenario;
use rig::stand::Stand;
use rig::statistics::Share;
use rig::verdict::Outcome;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

struct Arguments {
    seed: u64,
    runs: u64,
    first_run: u64,
    threads: usize,
    only: String,
    tiles: Vec<(String, PathBuf)>,
    out: PathBuf,
    resume: bool,
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
            resume: false,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            if word == "--resume" {
                out.resume = true;
                continue;
            }
            let value = words.next().ok_or_else(|| miette!("{word} needs a value"))?;
            match word.as_str() {
                "--seed" => out.seed = value.parse().into_diagnostic()?,
                "--runs" => out.runs = value.parse().into_diagnostic()?,
                "--first-run" => out.first_run = value.parse().into_diagnostic()?,
                "--threads" => out.threads = value.parse().into_diagnostic()?,
                "--only" => out.only = value,
                "--out" => out.out = value.into(),
                "--tile" => {
                    let (of, file) =
                        value.split_once('=').ok_or_else(|| miette!("--tile m2=FILE"))?;
                    let file = PathBuf::from(file).canonicalize().into_diagnostic()?;
                    out.tiles.push((of.to_string(), file));
                }
                _ => return Err(miette!("{word} is no argument")),
            }
        }
        Ok(out)
    }
}

/// What became of a cell.
struct Line {
    cell: Cell,
    survived: Share,
    landed: Share,
    lost: u64,
    dry: u64,
    false_landed: u64,
    shut_out: u64,
    worst: String,
}

impl Line {
    fn new(cell: Cell, done: &Campaign, arguments: &Arguments, file: &Path) -> Self {
        let of = done.rows.len() as u64;
        let count =
            |is: &dyn Fn(&Row) -> bool| done.rows.iter().filter(|row| is(row)).count() as u64;
        let stands = |row: &Row| matches!(row.outcome, Outcome::Landed | Outcome::HardLanding);
        let some = |value: Option<f64>| value.is_some_and(|x| x > 0.0);
        let hardest = |row: &&Row| row.measures.v_vertical_m_s.unwrap_or(f64::INFINITY);
        let worst = done.rows.iter().filter(|row| row.outcome != Outcome::Landed);
        let worst = worst.max_by(|a, b| hardest(a).total_cmp(&hardest(b)));
        let worst = worst.map_or(String::new(), |row| {
            let (seed, run, file) = (arguments.seed, row.run, file.display());
            format!("{}: frigoris fly {file} --seed {seed} --run {run}", row.outcome.name())
        });
        Self {
            survived: Share::new(count(&stands), of),
            landed: Share::new(count(&|row| row.outcome == Outcome::Landed), of),
            lost: count(&|row| row.outcome == Outcome::Lost),
            dry: count(&|row| row.outcome == Outcome::RanDry),
            false_landed: count(&|row| some(row.measures.false_landed)),
            shut_out: count(&|row| some(row.measures.sensors_shut_out)),
            worst,
            cell,
        }
    }

    /// Whether what is asked is met: by the share that was seen.
    fn met(&self, others: &[Line]) -> &'static str {
        let share = self.survived.count as f64 / self.survived.of.max(1) as f64;
        let twin = others.iter().find(|o| o.cell.name == format!("{}-as-flown", self.cell.name));
        let fewer = twin.is_some_and(|twin| twin.survived.count > self.survived.count);
        let sound = self.cell.as_flown || self.false_landed + self.shut_out == 0;
        match self.cell.asked {
            _ if fewer => "fewer than as flown",
            _ if !sound => "no",
            Some(asked) if share < asked => "no",
            Some(_) => "yes",
            None => "",
        }
    }

    fn cells(&self, others: &[Line]) -> Vec<String> {
        let percent = |share: &Share| {
            let p = 100.0 * share.count as f64 / share.of.max(1) as f64;
            format!("{p:.1} [{:.1}, {:.1}]", 100.0 * share.low, 100.0 * share.high)
        };
        let asked = self.cell.asked.map_or(String::new(), |asked| format!("{:.1}", 100.0 * asked));
        vec![
            self.cell.name.clone(),
            self.survived.of.to_string(),
            percent(&self.survived),
            asked,
            self.met(others).to_string(),
            percent(&self.landed),
            self.lost.to_string(),
            self.dry.to_string(),
            self.false_landed.to_string(),
            self.shut_out.to_string(),
            self.worst.clone(),
        ]
    }
}

const HEADS: [&str; 11] = [
    "cell",
    "runs",
    "survived, % [95 %]",
    "asked, %",
    "met",
    "landed, % [95 %]",
    "lost",
    "dry",
    "ground announced in flight",
    "sensors shut out",
    "worst",
];

fn fly(cell: &Cell, file: &Path, arguments: &Arguments) -> miette::Result<Campaign> {
    let mut scenario = Scenario::read(file)?;
    if scenario.seed != arguments.seed {
        scenario.seed = arguments.seed;
        let _ = write!(scenario.canonical, "[command line]\nseed = {}\n", arguments.seed);
    }
    let stand = Stand::new(scenario)?;
    let folder = arguments.out.join(&cell.name);
    let runs = arguments.first_run..arguments.first_run + arguments.runs;
    if arguments.resume
        && let Some(done) = runs::finished(&stand, runs.clone(), &folder)
    {
        return Ok(done);
    }
    if !arguments.resume {
        let _ = std::fs::remove_dir_all(&folder);
    }
    Ok(runs::run(&stand, runs, &folder, |_| {})?)
}

fn table(lines: &[Line]) -> (String, String) {
    let (mut markdown, mut csv) = (format!("| {} |\n", HEADS.join(" | ")), HEADS.join(";") + "\n");
    let _ = writeln!(markdown, "|{}", "---|".repeat(HEADS.len()));
    for line in lines {
        let cells = line.cells(lines);
        let _ = writeln!(markdown, "| {} |", cells.join(" | "));
        let _ = writeln!(csv, "{}", cells.join(";"));
    }
    (markdown, csv)
}

fn main() -> miette::Result<()> {
    let arguments = Arguments::read()?;
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().into_diagnostic()?;
    let mut all = cells(&root, &arguments.tiles).into_diagnostic()?;
    let only = arguments.only.as_str();
    match only.strip_prefix('=') {
        Some(names) => all.retain(|cell| names.split(',').any(|name| name == cell.name)),
        None => all.retain(|cell| cell.name.contains(only)),
    }
    let folder = arguments.out.join("cells");
    std::fs::create_dir_all(&folder).into_diagnostic()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build();
    let pool = pool.into_diagnostic()?;
    let (began, of) = (Instant::now(), all.len());
    let mut lines: Vec<Line> = Vec::new();
    for (n, cell) in all.into_iter().enumerate() {
        let file = folder.join(format!("{}.toml", cell.name));
        std::fs::write(&file, &cell.toml).into_diagnostic()?;
        let done = pool.install(|| fly(&cell, &file, &arguments))?;
        let line = Line::new(cell, &done, &arguments, &file);
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
        let (markdown, csv) = table(&lines);
        std::fs::write(arguments.out.join("acceptance.md"), markdown).into_diagnostic()?;
        std::fs::write(arguments.out.join("acceptance.csv"), csv).into_diagnostic()?;
    }
    let unmet: Vec<&Line> =
        lines.iter().filter(|line| !matches!(line.met(&lines), "yes" | "")).collect();
    println!("\n{} of {} cells are not as asked", unmet.len(), lines.len());
    unmet.iter().for_each(|line| println!("  {}", line.cells(&lines).join("; ")));
    println!("written: {}", arguments.out.join("acceptance.md").display());
    Ok(())
}
