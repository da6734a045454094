//! `frigoris campaign`: one scenario many times with dispersions, and what that amounts to.
//!
//! Owns: the arguments, the progress bar, the tables. Does not own: running and counting (`campaign::runs`).

use crate::fly::live;
use crate::overrides::Overrides;
use crate::plain::say;
use crate::shipped::{Unpacked, short_name};
use ::campaign::runs::{self, Campaign as Done, MARGINS, Progress, Row};
use console::{Alignment, pad_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::{IntoDiagnostic, WrapErr};
use rig::measures::measure;
use rig::report::adapt::label;
use rig::scenario::Scenario;
use rig::stand::Stand;
use rig::statistics::Share;
use rig::verdict::Expect;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Lines of progress when there is no terminal.
const PLAIN_LINES: u64 = 20;
/// Worst runs listed.
const WORST: usize = 5;

/// Arguments of `frigoris campaign`.
#[derive(clap::Args)]
#[command(after_help = "FILE is looked for as by `frigoris fly`.\n\n\
Exit code: 0 the campaign was flown, whatever became of the runs; 2 it could not be.")]
pub struct Campaign {
    /// Scenario file, or name of a shipped scenario.
    file: PathBuf,
    /// Number of runs.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Number of the first run; run 0 is the reference, in which nothing is dispersed.
    #[arg(long, default_value_t = 1)]
    first_run: u64,
    /// Folder for campaign.parquet [default: out/campaign-NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Go on with the finished parts of a campaign that was stopped.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    overrides: Overrides,
}

impl Campaign {
    /// Flies and prints; always `true`: the shares are the result, not a verdict.
    pub fn run(&self) -> miette::Result<bool> {
        let mut unpacked = Unpacked::default();
        let mut scenario = Scenario::read(&unpacked.locate(&self.file)?)?;
        self.overrides.apply(&mut scenario);
        let title = scenario.title.clone();
        let scales = scales(&scenario.expect);
        let default = Path::new("out").join(format!("campaign-{}", short_name(&self.file)));
        let folder = self.out.clone().unwrap_or(default);
        if !self.resume {
            forget_parts(&folder)?;
        }
        let began = Instant::now();
        let done = self.fly(scenario, &folder)?;
        let mut stdout = std::io::stdout().lock();
        let count = done.rows.len();
        let (wall_s, resumed) = (began.elapsed().as_secs_f64(), done.resumed);
        let heading =
            format!("\n{title}\n{count} runs in {wall_s:.1} s, {resumed} of them from before");
        say(&mut stdout, &heading).into_diagnostic()?;
        for line in
            outcomes(&done).into_iter().chain(spreads(&done)).chain(self.worst(&done, &scales))
        {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let written = folder.join("campaign.parquet");
        say(&mut stdout, &format!("\nwritten: {}", written.display())).into_diagnostic()?;
        drop(stdout);
        crate::report::show(&folder)?;
        Ok(true)
    }

    fn fly(&self, scenario: Scenario, folder: &Path) -> miette::Result<Done> {
        let stand = Stand::new(scenario)?;
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().into_diagnostic()?;
        let bar = bar(self.runs);
        let step = (self.runs / PLAIN_LINES).max(1);
        let began = Instant::now();
        let tell = |progress: Progress| {
            bar.set_position(progress.done);
            if bar.is_hidden()
                && (progress.done.is_multiple_of(step) || progress.done == progress.total)
            {
                let line = progress_line(progress, began.elapsed().as_secs_f64());
                let _ = say(&mut std::io::stdout().lock(), &line);
            }
        };
        let runs = self.first_run..self.first_run.saturating_add(self.runs);
        let done = pool.install(|| runs::run(&stand, runs, folder, tell));
        bar.finish_and_clear();
        Ok(done?)
    }

    /// The runs of the poorest grade and, among them, of the smallest margin as a share of its limit, each with
    /// the command that repeats it.
    fn worst(&self, done: &Done, scales: &Scales) -> Vec<String> {
        let mut rows: Vec<_> = done.rows.iter().map(|row| (row, least(row, scales))).collect();
        rows.sort_by(|(a, x), (b, y)| b.grade.cmp(&a.grade).then(x.share.total_cmp(&y.share)));
        let mut out = vec![String::new(), "worst runs".to_string()];
        for (row, least) in rows.into_iter().take(WORST) {
            let margin = format!("{:+.2}", least.margin).replace('-', "−");
            let what = format!("{}, margin {margin} {}", label(least.key), least.unit);
            out.push(format!(
                "  run {}: {} ({}) {what}",
                row.run,
                row.outcome.name(),
                row.grade.name()
            ));
            let (file, arguments) = (self.file.display(), self.overrides.arguments());
            out.push(format!("    frigoris fly {file}{arguments} --run {}", row.run));
        }
        out
    }
}

/// What each of [`MARGINS`] is measured against when margins of different units are compared.
type Scales = [f64; MARGINS.len()];

/// The limits themselves; for propellant at least 10 kg (assumed), for its limit is often zero.
fn scales(expect: &Expect) -> Scales {
    MARGINS.map(|key| match key {
        "v_vertical_m_s" => expect.v_vertical_m_s_max,
        "v_horizontal_m_s" => expect.v_horizontal_m_s_max,
        "tilt_deg" => expect.tilt_deg_max,
        "miss_m" => expect.miss_m_max,
        _ => expect.propellant_kg_min.max(10.0),
    })
}

/// The tightest margin of a run.
struct Least {
    key: &'static str,
    unit: &'static str,
    margin: f64,
    share: f64,
}

/// The margin that is least as a share of its limit; a margin that was never measured counts as none.
fn least(row: &Row, scales: &Scales) -> Least {
    let all = MARGINS.into_iter().zip(row.margins).zip(scales).map(|((key, margin), scale)| {
        let unit = measure(key).map_or("", |measure| measure.unit);
        Least { key, unit, margin, share: margin / scale.max(1e-9) }
    });
    let measured = all.filter(|least| !least.margin.is_nan());
    let none = Least { key: "no limit measured", unit: "", margin: f64::NAN, share: f64::INFINITY };
    measured.min_by(|a, b| a.share.total_cmp(&b.share)).unwrap_or(none)
}

/// Removes finished parts of earlier campaigns, so that every run is flown anew.
fn forget_parts(folder: &Path) -> miette::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("part-") && name.ends_with(".parquet") {
            let path = entry.path();
            let removed = std::fs::remove_file(&path).into_diagnostic();
            removed.wrap_err_with(|| format!("{}: cannot be removed", path.display()))?;
        }
    }
    Ok(())
}

fn bar(runs: u64) -> ProgressBar {
    if !live() {
        return ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::hidden());
    }
    let template = "{bar:40.cyan/blue} {pos}/{len} runs  {per_sec}  {eta} left";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let target = ProgressDrawTarget::stdout();
    ProgressBar::with_draw_target(Some(runs), target).with_style(style.progress_chars("█▉░"))
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

fn outcomes(done: &Done) -> Vec<String> {
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

fn spreads(done: &Done) -> Vec<String> {
    let head = ["runs", "least", "5 %", "median", "95 %", "largest"];
    let mut out = vec![String::new(), columns("figure", &head.map(str::to_string))];
    for spread in done.spreads() {
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

    fn campaign() -> Campaign {
        Campaign {
            file: "one.toml".into(),
            runs: 3,
            first_run: 0,
            out: None,
            threads: 1,
            resume: false,
            overrides: Overrides { seed: Some(9), terrain: Vec::new() },
        }
    }

    #[test]
    fn the_worst_run_comes_first_with_the_command_that_repeats_it() {
        let margins = |m: f64| [m, 5.0, f64::NAN, 90.0, 9.0];
        let rows = vec![
            row(0, Grade::Pass, margins(0.1)),
            row(1, Grade::Fail, margins(1.0)),
            row(2, Grade::Fail, margins(-3.0)),
        ];
        let lines = campaign().worst(&Done { rows, resumed: 0 }, &[2.0, 1.0, 8.0, 100.0, 10.0]);
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
    fn the_rate_and_the_time_left_follow_from_what_is_done() {
        let progress = Progress { done: 10, total: 40, resumed: 0, outcome: Outcome::Landed };
        assert_eq!(progress_line(progress, 5.0), "10 of 40 runs, 2.00 a second, 15 s left");
        // Runs from before took no time now.
        let progress = Progress { done: 30, resumed: 20, ..progress };
        assert_eq!(progress_line(progress, 5.0), "30 of 40 runs, 2.00 a second, 5 s left");
    }
}
