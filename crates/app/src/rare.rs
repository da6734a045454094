//! `frigoris rare`: how probable a rare event of a scenario is, by methods that need few runs.
//!
//! Owns: the arguments, the progress, the files' names. Does not own: the methods (`campaign::rare`).

use crate::card;
use crate::fly::{Entrant, Landing, live};
use crate::output::{self, keep};
use crate::overrides::Overrides;
use crate::plain::say;
use crate::progress::bar;
use crate::shipped::{Unpacked, short_name};
use ::campaign::failures::forget;
use ::campaign::rare::descent::{Descent, Event};
use ::campaign::rare::kept::{Failure, Folder};
use ::campaign::rare::page::{Sheet, lines, page};
use ::campaign::rare::{Estimate, Method, Point, Settings, estimate};
use miette::{IntoDiagnostic, WrapErr};
use rig::record::Recording;
use rig::report::survey::survey;
use rig::scenario::Scenario;
use rig::stand::Stand;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Runs between two lines of progress when there is no terminal.
const PLAIN_RUNS: u64 = 100;
/// Failures written as files.
const FAILURES: usize = 10;

/// Arguments of `frigoris rare`.
#[derive(clap::Args)]
#[command(
    after_help = "FILE is looked for as by `frigoris fly`. Batches that are finished are kept in the folder: \
the same command goes on where it was stopped. Every failure is left as a file that --replay flies again.\n\n\
Exit code: 0 the estimate was made, whatever it is; 2 it could not be."
)]
pub struct Rare {
    /// Scenario file, or name of a shipped scenario; with --replay a failure's file.
    file: PathBuf,
    /// How.
    #[arg(long, value_enum, default_value_t = By::Subset)]
    method: By,
    /// Of what: `not-standing` (not at rest on its legs), `lost` (struck the ground), `not-landed`, or a measure above a
    /// limit, such as `miss_m>100`.
    #[arg(long, default_value = "not-standing")]
    event: String,
    /// Particles of one batch [default: subset 400, importance 200, splitting and plain 100].
    #[arg(long, value_parser = clap::value_parser!(u64).range(4..=10_000_000))]
    particles: Option<u64>,
    /// Independent batches; they run side by side, and their scatter gives the interval [default: splitting 20,
    /// subset 16, importance and plain 10].
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..=10_000))]
    batches: Option<u64>,
    /// Splitting: the fewest particles killed at a level.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    kill: u64,
    /// Splitting: moves of the inputs after each branching.
    #[arg(long, default_value_t = 10)]
    moves: u64,
    /// Subset simulation: share of the particles above the next level.
    #[arg(long, default_value_t = 0.1, value_parser = share)]
    share: f64,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Folder for rare.html and the failures [default: out/rare-NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Fly a failure that this command found, with record and report.
    #[arg(long)]
    replay: bool,
    #[command(flatten)]
    overrides: Overrides,
}

/// The methods.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum By {
    /// Adaptive multilevel splitting.
    Splitting,
    /// Subset simulation.
    Subset,
    /// Importance sampling from a mixture.
    Importance,
    /// Plain Monte Carlo: the runs of a campaign.
    Plain,
}

impl From<By> for Method {
    fn from(by: By) -> Self {
        match by {
            By::Splitting => Self::Splitting,
            By::Subset => Self::Subset,
            By::Importance => Self::Importance,
            By::Plain => Self::Plain,
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("a share between 0 and 1".to_string()),
    }
}

impl Rare {
    /// Estimates, prints, writes; always `true`: the probability is the result, not a verdict.
    pub fn run(&self) -> miette::Result<bool> {
        if self.replay {
            return self.fly_again();
        }
        let mut unpacked = Unpacked::default();
        let mut scenario = Scenario::read(&unpacked.locate(&self.file)?)?;
        self.overrides.apply(&mut scenario);
        let event = Event::read(&self.event)?;
        let name = short_name(&self.file);
        let folder =
            self.out.clone().unwrap_or_else(|| Path::new("out").join(format!("rare-{name}")));
        let stand = Stand::new(scenario)?;
        let method = Method::from(self.method);
        let descent = match method {
            Method::Plain => Descent::drawing_its_own(&stand, event),
            _ => Descent::new(&stand, event),
        };
        let began = Instant::now();
        let done = self.estimate(&descent, &stand, &folder)?;
        let replays = self.failures(&done, &stand, &folder)?;
        let sheet = Sheet {
            title: stand.scenario.title.clone(),
            event: event.to_string(),
            inputs: stand.inputs().len(),
            scenario_hash: stand.scenario.hash(),
            code: ::campaign::code().to_string(),
            command: self.command(),
            replays,
        };
        let mut stdout = std::io::stdout().lock();
        for line in lines(&done, &sheet) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let path = folder.join("rare.html");
        keep(&path, &page(&done, &sheet))?;
        let wall_s = began.elapsed().as_secs_f64();
        say(&mut stdout, &format!("\n{wall_s:.1} s, written: {}", path.display()))
            .into_diagnostic()?;
        Ok(true)
    }

    fn settings(&self, seed: u64) -> Settings {
        let (batches, particles) = self.size();
        let usual = Settings::new(seed, batches, particles);
        Settings { kill: self.kill, moves: self.moves, share: self.share, ..usual }
    }

    /// Batches and particles of each.
    fn size(&self) -> (u64, u64) {
        let (batches, particles) = Method::from(self.method).usual_size();
        (self.batches.unwrap_or(batches), self.particles.unwrap_or(particles))
    }

    fn estimate(
        &self,
        descent: &Descent<'_>,
        stand: &Stand,
        folder: &Path,
    ) -> miette::Result<Estimate> {
        let settings = self.settings(stand.scenario.seed);
        let scenario = stand.scenario.hash();
        let short = |hash: &str| hash.get(..8).unwrap_or(hash).to_string();
        let key = format!(
            "{}-{}-{}-{}x{}-{}-{}-{}",
            short(&scenario),
            short(::campaign::code()),
            in_a_name(&self.event),
            settings.batches,
            settings.particles,
            settings.kill,
            settings.moves,
            settings.share
        );
        let bar = bar(None, "{pos} runs  {per_sec}  {elapsed}");
        bar.enable_steady_tick(Duration::from_millis(200));
        let began = Instant::now();
        let ran = || {
            bar.inc(1);
            if bar.is_hidden() && bar.position().is_multiple_of(PLAIN_RUNS) {
                let rate = bar.position() as f64 / began.elapsed().as_secs_f64().max(1e-9);
                let line = format!("{} runs, {rate:.2} a second", bar.position());
                let _ = say(&mut std::io::stdout().lock(), &line);
            }
        };
        let desk = Folder::new(folder, &key, ran);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let done = pool
            .into_diagnostic()?
            .install(|| estimate(Method::from(self.method), descent, &settings, &desk));
        let trouble = desk.trouble();
        bar.finish_and_clear();
        match trouble {
            Some(trouble) => Err(trouble).wrap_err("a finished batch could not be kept"),
            None => Ok(done?),
        }
    }

    /// Writes failures, each from another batch first; returns the commands that fly them again.
    fn failures(
        &self,
        done: &Estimate,
        stand: &Stand,
        folder: &Path,
    ) -> miette::Result<Vec<String>> {
        let longest = done.batches.iter().map(|batch| batch.failures.len()).max().unwrap_or(0);
        let nth = |n: usize| done.batches.iter().filter_map(move |batch| batch.failures.get(n));
        let found: Vec<&Point> = (0..longest).flat_map(nth).take(FAILURES).collect();
        let mut commands = Vec::new();
        forget(folder)
            .map_err(|(file, reason)| miette::miette!("{}: {reason}", file.display()))
            .wrap_err("a failure of an earlier estimate cannot be removed")?;
        for (n, point) in found.into_iter().enumerate() {
            if point.inputs.is_empty() && point.history.forks.is_empty() {
                let (file, arguments) = (self.file.display(), self.overrides.arguments());
                commands
                    .push(format!("frigoris fly {file}{arguments} --run {}", point.history.run));
                continue;
            }
            let file = folder.join(format!("failure-{:02}.toml", n + 1));
            let failure = Failure {
                scenario: self.file.clone(),
                terrain: self.overrides.terrain.clone(),
                seed: stand.scenario.seed,
                scenario_hash: stand.scenario.hash(),
                event: self.event.clone(),
                point: point.clone(),
            };
            failure.write(&file)?;
            commands.push(format!("frigoris rare {} --replay", file.display()));
        }
        Ok(commands)
    }

    fn fly_again(&self) -> miette::Result<bool> {
        let failure = Failure::read(&self.file)?;
        let mut unpacked = Unpacked::default();
        let mut scenario = Scenario::read(&unpacked.locate(&failure.scenario)?)?;
        let (seed, terrain) = (Some(failure.seed), failure.terrain.clone());
        Overrides { seed, terrain }.apply(&mut scenario);
        let stand = Stand::new(scenario)?;
        let event = Event::read(&failure.event)?;
        let mut stdout = std::io::stdout().lock();
        if stand.scenario.hash() != failure.scenario_hash {
            let warning = "the scenario is no longer the one in which this failure was found";
            say(&mut stdout, warning).into_diagnostic()?;
        }
        let descent = Descent::new(&stand, event);
        let (stand, flown, _) = descent.flown(&failure.point, Recording::Full, |_, _| {})?;
        let came = if event.came(&flown) { "came" } else { "did not come" };
        let ground = |record| survey(&stand.environment.terrain, &stand.site, record);
        let terrain = flown.record.as_ref().map(|record| ground(record)).unwrap_or_default();
        let name = short_name(&self.file);
        for line in card::lines(&name, &flown.judgement, live()) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        say(&mut stdout, &format!("the event ({event}) {came}")).into_diagnostic()?;
        let folder = self.out.clone().unwrap_or_else(|| Path::new("out").join(&name));
        let entrant = Entrant { name, scenario: Scenario::clone(&stand.scenario) };
        let written = output::write(&folder, &[entrant], &[Landing { flown, terrain }], true)?;
        say(&mut stdout, &format!("\nwritten: {}", written.display())).into_diagnostic()?;
        Ok(true)
    }

    /// The command that repeats the estimate.
    fn command(&self) -> String {
        let mut out = format!("frigoris rare {}", self.file.display());
        out += &format!(" --method {} --event '{}'", Method::from(self.method).name(), self.event);
        let (batches, particles) = self.size();
        out += &format!(" --particles {particles} --batches {batches}");
        match self.method {
            By::Splitting => out += &format!(" --kill {} --moves {}", self.kill, self.moves),
            By::Subset => out += &format!(" --share {}", self.share),
            By::Importance | By::Plain => {}
        }
        out + &self.overrides.arguments()
    }
}

/// A text as part of a file's name: another text is another name.
fn in_a_name(text: &str) -> String {
    let octet = |octet: u8| match octet {
        b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
        b => format!("_{b:02x}"),
    };
    text.bytes().map(octet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repeating_command_says_what_the_method_needs() {
        let rare = Rare {
            file: "one.toml".into(),
            method: By::Splitting,
            event: "miss_m>100".into(),
            particles: Some(50),
            batches: Some(4),
            kill: 2,
            moves: 3,
            share: 0.1,
            threads: 1,
            out: None,
            replay: false,
            overrides: Overrides { seed: Some(9), terrain: Vec::new() },
        };
        assert_eq!(
            rare.command(),
            "frigoris rare one.toml --method splitting --event 'miss_m>100' --particles 50 --batches 4 \
             --kill 2 --moves 3 --seed 9"
        );
        let usual = Rare { method: By::Subset, particles: None, batches: None, ..rare };
        assert_eq!(
            usual.command(),
            "frigoris rare one.toml --method subset --event 'miss_m>100' --particles 400 --batches 16 --share 0.1 \
             --seed 9"
        );
    }

    #[test]
    fn another_event_is_another_file() {
        let events = ["x>-5", "x>.5", "x>5", "x_>5", "x>_5", "lost"];
        let names: std::collections::BTreeSet<String> = events.map(in_a_name).into();
        assert_eq!(names.len(), events.len());
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(names.iter().all(|name| name.chars().all(plain)), "{names:?}");
    }

    #[test]
    fn a_share_lies_between_none_and_all() {
        assert_eq!(share("0.2"), Ok(0.2));
        assert!(share("1").is_err() && share("nan").is_err() && share("x").is_err());
    }
}
