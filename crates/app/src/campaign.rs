//! `frigoris campaign`: one scenario many times with dispersions, and what that amounts to.
//!
//! Owns: the arguments, the progress bar, the tables. Does not own: running and counting (`campaign::runs`).

use crate::overrides::Overrides;
use crate::plain::say;
use crate::progress::bar;
use crate::shipped::{Unpacked, short_name};
use ::campaign::runs::worst::{Least, Scales, least, scales_of_fact, worse};
use ::campaign::runs::{self, CampaignError, Order, Progress, RESULT, Row, Shard, Spread, Tally};
use ::campaign::slurm::{self, Job};
use console::{Alignment, pad_str};
use miette::{IntoDiagnostic, miette};
use rig::parquet_file::Reader;
use rig::report::adapt::label;
use rig::scenario::Scenario;
use rig::stand::Stand;
use rig::statistics::Share;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Lines of progress when there is no terminal.
const PLAIN_LINES: u64 = 20;
/// Most runs, and the largest number of the first: columns of floats tell them apart, and their list has room.
const RUNS_MAX: u64 = 1_000_000_000;
/// Worst runs listed.
const WORST: usize = 5;

/// Arguments of `frigoris campaign`.
#[derive(clap::Args)]
#[command(
    after_help = "FILE is looked for as by `frigoris fly`. A folder is one campaign: what it holds of the same \
scenario, seed and program is taken, and only what is missing is flown.\n\n\
Exit code: 0 the campaign was flown, whatever became of the runs; 2 it could not be."
)]
pub struct Campaign {
    /// Scenario file, or name of a shipped scenario.
    #[arg(required_unless_present = "merge")]
    file: Option<PathBuf>,
    /// Number of runs [default: the scenario's `campaign.runs`].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=RUNS_MAX))]
    runs: Option<u64>,
    /// Number of the first run; run 0 is the reference, in which nothing is dispersed.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=RUNS_MAX))]
    first_run: u64,
    /// Folder for campaign.parquet [default: out/campaign-NAME; the first folder with --merge].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Remove what the folder holds of a campaign and fly every run anew.
    #[arg(long)]
    fresh: bool,
    /// Fly piece K of N equal pieces, and leave it for --merge.
    // Afresh would remove the other pieces too.
    #[arg(long, conflicts_with = "fresh", value_name = "K/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Make one result of what these folders hold; nothing is flown.
    #[arg(long, value_name = "FOLDER", num_args = 1.., conflicts_with_all = ["file", "shard", "fresh", "slurm", "runs", "seed", "terrain"])]
    merge: Vec<PathBuf>,
    /// Submit the campaign to Slurm: an array of shards, then the merge. A second time flies what was lost.
    #[arg(long, conflicts_with_all = ["shard", "fresh"])]
    slurm: bool,
    /// Number of shards with --slurm.
    #[arg(long, default_value_t = 8, requires = "slurm", value_parser = clap::value_parser!(u64).range(1..=1000))]
    shards: u64,
    #[command(flatten)]
    overrides: Overrides,
}

/// `K/N` with K from 1 to N.
fn shard(text: &str) -> Result<Shard, String> {
    let number = |text: &str| text.parse::<u64>().ok();
    let pair = text.split_once('/').and_then(|(k, n)| Some((number(k)?, number(n)?)));
    match pair {
        Some((number, count)) if (1..=count).contains(&number) => Ok(Shard { number, count }),
        _ => Err("K/N with K from 1 to N, as 2/8".to_string()),
    }
}

impl Campaign {
    /// Flies and prints; always `true`: the shares are the result, not a verdict.
    pub fn run(&self) -> miette::Result<bool> {
        let Some(file) = &self.file else {
            let first = self.merge.first().ok_or_else(|| miette!("nothing to fly or to merge"))?;
            let out = self.out.as_ref().unwrap_or(first);
            if let Err(error) = runs::merge(&self.merge, out) {
                // Whole lines, to be copied.
                if let CampaignError::Missing { commands, .. } = &error {
                    commands.iter().for_each(|command| eprintln!("missing: {command}"));
                }
                return Err(error.into());
            }
            tell(out, &format!("{} folders merged", self.merge.len()))?;
            return Ok(true);
        };
        let mut unpacked = Unpacked::default();
        let mut scenario = Scenario::read(&unpacked.locate(file)?)?;
        self.overrides.apply(&mut scenario);
        let stand = Stand::new(scenario)?;
        let default = Path::new("out").join(format!("campaign-{}", short_name(file)));
        let folder = self.out.clone().unwrap_or(default);
        let typed = file.display().to_string();
        let runs = self.runs.unwrap_or(stand.scenario.campaign.runs);
        let order = Order {
            shard: self.shard,
            fly: format!("frigoris fly {}{}", slurm::quoted(&typed), self.overrides.arguments()),
            file: typed,
            ..Order::new(&stand, self.first_run..self.first_run.saturating_add(runs))
        };
        if self.slurm && self.submit(&stand, &order, &named(file), &folder)? {
            return Ok(true);
        }
        if self.fresh {
            runs::forget(&folder).map_err(CampaignError::from)?;
        }
        self.fly(&stand, &order, &folder)?;
        Ok(true)
    }

    fn fly(&self, stand: &Stand, order: &Order, folder: &Path) -> miette::Result<()> {
        let began = Instant::now();
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().into_diagnostic()?;
        let total = order.here().end - order.here().start;
        let bar = bar(Some(total), "runs  {per_sec}  {eta} left");
        let step = (total / PLAIN_LINES).max(1);
        let show = |progress: Progress| {
            bar.set_position(progress.done);
            if bar.is_hidden()
                && (progress.done.is_multiple_of(step) || progress.done == progress.total)
            {
                let line = progress_line(progress, began.elapsed().as_secs_f64());
                let _ = say(&mut std::io::stdout().lock(), &line);
            }
        };
        let done = pool.install(|| runs::fly_parts(stand, order, folder, show));
        bar.finish_and_clear();
        let done = done?;
        for damaged in &done.damaged {
            let (file, reason) = (damaged.file.display(), &damaged.reason);
            let line =
                format!("{file} was damaged and is set aside, its runs were flown again: {reason}");
            say(&mut std::io::stdout().lock(), &line).into_diagnostic()?;
        }
        let took = format!(
            "{} runs in {:.1} s, {} from before",
            done.flown,
            began.elapsed().as_secs_f64(),
            done.resumed
        );
        if let Some(Shard { number, count }) = order.shard {
            let line = format!("shard {number} of {count}: {took}\nparts: {}", folder.display());
            return say(&mut std::io::stdout().lock(), &line).into_diagnostic();
        }
        runs::gather(folder)?;
        tell(folder, &took)
    }

    /// Hands what is missing to Slurm; `false` when nothing is.
    fn submit(
        &self,
        stand: &Stand,
        order: &Order,
        named: &str,
        folder: &Path,
    ) -> miette::Result<bool> {
        let open = runs::open_shards(stand, order, self.shards, folder)?;
        if open.is_empty() {
            return Ok(false);
        }
        std::fs::create_dir_all(folder).into_diagnostic()?;
        let (first, runs) = (order.runs.start, order.runs.end - order.runs.start);
        let words =
            ["campaign", named, "--first-run", &first.to_string(), "--runs", &runs.to_string()];
        let job = Job {
            name: format!("frigoris-{}", short_name(Path::new(named))),
            program: std::env::current_exe().into_diagnostic()?,
            arguments: words
                .map(str::to_string)
                .into_iter()
                .chain(self.overrides.words())
                .collect(),
            shards: self.shards,
            open,
            threads: self.threads,
            folder: folder.canonicalize().into_diagnostic()?,
        };
        let [array, merge] = slurm::submit(&job.write()?)?;
        let (open, shards, folder) = (job.open.len(), self.shards, job.folder.display());
        let line = format!(
            "{open} of {shards} shards submitted as job {array}, the merge as job {merge}; they write to {folder}"
        );
        say(&mut std::io::stdout().lock(), &line).into_diagnostic()?;
        Ok(true)
    }
}

/// A scenario as every folder and every node knows it: a file by its whole path, a shipped one by its name.
fn named(file: &Path) -> String {
    file.canonicalize().unwrap_or_else(|_| file.to_path_buf()).display().to_string()
}

/// Prints what a folder's result amounts to.
fn tell(folder: &Path, took: &str) -> miette::Result<()> {
    let file = folder.join(RESULT);
    let reader = Reader::open(&file).map_err(CampaignError::from)?;
    let fact = |key: &str| reader.fact(key).unwrap_or_default();
    let (title, fly) = (fact("frigoris.title"), fact("frigoris.fly"));
    let scales = scales_of_fact(&fact("frigoris.limits"));
    let (mut tally, mut worst) = (Tally::default(), Worst::default());
    runs::each_row(&file, |row| {
        tally.add(&row);
        worst.add(row, &scales);
    })
    .map_err(CampaignError::from)?;
    let spreads = runs::spreads(&file).map_err(CampaignError::from)?;
    let heading = format!("\n{title}\n{} runs in the result; {took}", tally.runs);
    let lines = outcomes(&tally).into_iter().chain(table(&spreads)).chain(worst.lines(&fly));
    let mut stdout = std::io::stdout().lock();
    for line in [heading].into_iter().chain(lines) {
        say(&mut stdout, &line).into_diagnostic()?;
    }
    say(&mut stdout, &format!("\nwritten: {}", file.display())).into_diagnostic()?;
    drop(stdout);
    crate::report::beside(folder, tally.runs)
}

/// The runs of the poorest grade and, among them, of the smallest margin as a share of its limit.
#[derive(Default)]
struct Worst(Vec<(Row, Least)>);

impl Worst {
    fn add(&mut self, row: Row, scales: &Scales) {
        let least = least(&row.margins, scales);
        self.0.push((row, least));
        self.0.sort_by(|(a, x), (b, y)| worse((a.grade, x, a.run), (b.grade, y, b.run)));
        self.0.truncate(WORST);
    }

    /// Each with the command that repeats it.
    fn lines(&self, fly: &str) -> Vec<String> {
        let mut out = vec![String::new(), "worst runs".to_string()];
        for (row, least) in &self.0 {
            let margin = format!("{:+.2}", least.margin).replace('-', "−");
            let what = match least.key {
                "" => "no limit measured".to_string(),
                key => format!("{}, margin {margin} {}", label(key), least.unit),
            };
            let (run, outcome, grade) = (row.run, row.outcome.name(), row.grade.name());
            out.push(format!("  run {run}: {outcome} ({grade}) {what}"));
            out.push(format!("    {fly} --run {run}"));
        }
        out
    }
}

fn progress_line(progress: Progress, elapsed_s: f64) -> String {
    let (done, total) = (progress.done as f64, progress.total as f64);
    let rate = (done - progress.resumed as f64) / elapsed_s.max(1e-9);
    let left_s = (total - done) / rate.max(1e-9);
    format!("{} of {} runs, {rate:.2} a second, {left_s:.0} s left", progress.done, progress.total)
}

fn share(name: &str, share: &Share) -> String {
    let percent = 100.0 * share.count as f64 / share.of.max(1) as f64;
    format!(
        "  {} {:>7}  {percent:>6.2} %   [{:.2}, {:.2}] %",
        pad_str(name, 16, Alignment::Left, None),
        share.count,
        100.0 * share.low,
        100.0 * share.high
    )
}

fn outcomes(done: &Tally) -> Vec<String> {
    let mut out = vec![
        String::new(),
        "outcome              runs     share   95 % Clopper-Pearson".to_string(),
    ];
    out.extend(done.outcomes().iter().map(|(outcome, s)| share(outcome.name(), s)));
    out.push("touchdown".to_string());
    out.extend(done.classes().iter().map(|(class, s)| share(class.name(), s)));
    out.push("grade".to_string());
    out.extend(done.grades().iter().map(|(grade, s)| share(grade.name(), s)));
    out
}

fn table(spreads: &[Spread]) -> Vec<String> {
    let head = ["runs", "least", "5 %", "median", "95 %", "largest"];
    let mut out = vec![String::new(), columns("figure", &head.map(str::to_string))];
    for spread in spreads {
        let name = format!("  {}, {}", label(spread.key), spread.unit);
        let [least, low, median, high, largest] = spread.percentiles.map(figure);
        let cells = [spread.count.to_string(), least, low, median, high, largest];
        out.push(columns(name.trim_end_matches([' ', ',']), &cells));
    }
    out
}

fn columns(name: &str, cells: &[String; 6]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>9}")).collect();
    format!("{}{cells}", pad_str(name, 50, Alignment::Left, None))
}

/// A figure of at most seven characters.
fn figure(x: f64) -> String {
    let decimals = match x.abs() {
        size if size < 100.0 => 2,
        size if size < 10_000.0 => 1,
        _ => 0,
    };
    format!("{x:.decimals$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rig::measures::Measures;
    use rig::verdict::{Grade, Outcome};

    fn row(run: u64, grade: Grade, margins: [f64; 5]) -> Row {
        let outcome = Outcome::Landed;
        Row { run, outcome, grade, measures: Measures::default(), margins, digest: 0, wall_ms: 1.0 }
    }

    #[test]
    fn the_worst_run_comes_first_with_the_command_that_repeats_it() {
        let margins = |m: f64| [m, 5.0, f64::NAN, 90.0, 9.0];
        let scales = scales_of_fact(
            "v_vertical_m_s=2,v_horizontal_m_s=1,tilt_deg=8,miss_m=100,propellant_kg=0",
        );
        assert_eq!(scales, [2.0, 1.0, 8.0, 100.0, 10.0]);
        let mut worst = Worst::default();
        worst.add(row(0, Grade::Pass, margins(0.1)), &scales);
        worst.add(row(1, Grade::Fail, margins(1.0)), &scales);
        worst.add(row(2, Grade::Fail, margins(-3.0)), &scales);
        let lines = worst.lines("frigoris fly one.toml --seed 9");
        assert!(
            lines[2].contains("run 2: landed (fail) vertical speed at contact, margin −3.00 m/s"),
            "{lines:?}"
        );
        assert_eq!(lines[3].trim(), "frigoris fly one.toml --seed 9 --run 2");
        assert!(lines[4].contains("run 1") && lines[6].contains("run 0"));
    }

    #[test]
    fn a_share_is_printed_with_its_exact_interval() {
        // 1 of 20: [0.13, 24.87] %, exact.
        let line = share("lost", &Share::new(1, 20));
        assert!(line.contains("5.00 %") && line.contains("[0.13, 24.87] %"), "{line}");
    }

    #[test]
    fn a_shard_is_one_of_several() {
        assert_eq!(shard("2/8"), Ok(Shard { number: 2, count: 8 }));
        for bad in ["0/8", "9/8", "2", "2/", "a/b", "-1/4"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_rate_and_the_time_left_follow_from_what_is_done() {
        let progress = Progress { done: 10, total: 40, resumed: 0, outcome: Outcome::Landed };
        assert_eq!(progress_line(progress, 5.0), "10 of 40 runs, 2.00 a second, 15 s left");
        // Runs from before took no time now.
        let progress = Progress { done: 30, resumed: 20, ..progress };
        assert_eq!(progress_line(progress, 5.0), "30 of 40 runs, 2.00 a second, 5 s left");
    }
}
