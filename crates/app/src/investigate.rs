//! `frigoris investigate`: from what a lost lander sent down to what happened, why, and what would have saved it.
//!
//! Owns: the arguments, which files belong to a recording, the lines. Does not own: the inquiry (`inquiry`), its page.

use crate::fly::live;
use crate::mission_file::MISSION;
use crate::plain::say;
use crate::shipped::Unpacked;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use inquiry::evidence::{Damage, Evidence};
use inquiry::inquiry::{Inquiry, Options, Progress, investigate};
use inquiry::mission::Mission;
use inquiry::points;
use inquiry::replayed::End;
use inquiry::report;
use inquiry::report::adapt::{Material, sheet};
use miette::{IntoDiagnostic, miette};
use rig::scenario::{Scenario, VehicleFile};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What was received, in a flight's folder.
const TELEMETRY: &str = "telemetry.tm";
/// What was uploaded, beside it.
const UPLOADED: &str = "uploaded.load";
/// Folder of the report, beside them.
const OUT: &str = "investigation";
/// The vehicle whose further sensors may be mounted to see whether they would have helped.
const SENSORS: &str = "resilience-sensors";
/// Explanations that are told on the terminal.
const TOLD: usize = 5;

/// Arguments of `frigoris investigate`.
#[derive(clap::Args)]
#[command(
    after_help = "Read are the packets, the mission's file without its faults, and the image of what was uploaded; \
of the flight itself nothing. An investigation that is stopped goes on where it was: what was flown is kept in \
work.jsonl in its folder.\n\n\
Exit code: 0 the report is written, whatever it says; 2 there is none."
)]
pub struct Investigate {
    /// File of space packets as received, or the folder of a flight: its telemetry.tm. With --points: a file of published
    /// points, or the name of a shipped one.
    telemetry: PathBuf,
    /// The mission: scenario file, or name of a shipped scenario; faults in it are left out [default: mission.toml
    /// beside the telemetry].
    #[arg(long)]
    mission: Option<PathBuf>,
    /// Image of what was uploaded [default: uploaded.load beside the telemetry, where it is].
    #[arg(long)]
    load: Option<PathBuf>,
    /// Folder for investigation.html, investigation.json and the journal of flights [default: investigation beside
    /// the telemetry].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Few flights, and nothing about what would have saved the lander.
    #[arg(long)]
    quick: bool,
    /// From published points instead of packets.
    #[arg(long, conflicts_with_all = ["mission", "load", "quick"])]
    points: bool,
    /// Flights of an inquiry from points; from 6000 on more go on where fewer stopped.
    #[arg(long, default_value_t = 16000, requires = "points")]
    flights: usize,
    /// Seed of an inquiry from points.
    #[arg(long, default_value_t = 1, requires = "points")]
    seed: u64,
    /// Threads; what they find does not depend on it [default: one a processor].
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

/// The files of one recording.
struct Files {
    telemetry: PathBuf,
    mission: PathBuf,
    load: Option<PathBuf>,
    out: PathBuf,
}

impl Investigate {
    /// Investigates, tells, writes.
    pub fn run(&self) -> miette::Result<bool> {
        if self.points {
            let options = points::Options { flights: self.flights, seed: self.seed };
            let run = || crate::points::run(&self.telemetry, self.out.as_deref(), &options);
            return self.pool()?.install(run);
        }
        let files = self.files()?;
        let mut unpacked = Unpacked::default();
        let evidence = Evidence::of_file(&files.telemetry).into_diagnostic()?;
        let mut stdout = std::io::stdout().lock();
        for line in received(&files.telemetry, &evidence) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        drop(stdout);
        let scenario = Scenario::read(&unpacked.locate(&files.mission)?)?;
        let mission = Mission::of(&scenario, files.load.as_deref()).into_diagnostic()?;
        let vehicle = unpacked.locate_vehicle(Path::new(SENSORS))?;
        let options = Options {
            folder: Some(files.out.clone()),
            code: campaign::code().to_string(),
            quick: self.quick,
            sensors: Some(VehicleFile::read(&vehicle)?),
            withheld: Vec::new(),
        };
        let steps = Steps::begin();
        let inquiry = self.pool()?.install(|| {
            investigate(mission, evidence, &options, &|progress| steps.tell(&progress))
        });
        steps.end();
        let inquiry = inquiry.map_err(|reason| miette!("{reason}"))?;
        let sheet = sheet(Material::of(&inquiry), self.facts(), vec![self.repeat(&files)]);
        let written = report::write(&files.out, &sheet);
        let mut stdout = std::io::stdout().lock();
        for line in found(&inquiry) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        for file in written.into_diagnostic()? {
            say(&mut stdout, &format!("written: {}", file.display())).into_diagnostic()?;
        }
        Ok(true)
    }

    /// As many threads as were asked for.
    fn pool(&self) -> miette::Result<rayon::ThreadPool> {
        rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().into_diagnostic()
    }

    /// The files that belong to what is named.
    fn files(&self) -> miette::Result<Files> {
        let telemetry = match self.telemetry.is_dir() {
            true => self.telemetry.join(TELEMETRY),
            false => self.telemetry.clone(),
        };
        let folder = telemetry.parent().unwrap_or(Path::new("")).to_path_buf();
        let beside = |name: &str| Some(folder.join(name)).filter(|file| file.is_file());
        let mission = self.mission.clone().or_else(|| beside(MISSION)).ok_or_else(|| {
            miette!(
                help = "name the scenario of the mission with --mission; `frigoris fly` leaves one beside its telemetry",
                "no {MISSION} beside {}",
                telemetry.display()
            )
        })?;
        let load = self.load.clone().or_else(|| beside(UPLOADED));
        let out = self.out.clone().unwrap_or_else(|| folder.join(OUT));
        Ok(Files { telemetry, mission, load, out })
    }

    /// For the report's head: which program it was, and that it was quick.
    fn facts(&self) -> Vec<(String, String)> {
        let code: String = campaign::code().chars().take(12).collect();
        let program = format!("frigoris {}, code {code}", env!("CARGO_PKG_VERSION"));
        let mut facts = vec![("program".to_string(), program)];
        if self.quick {
            let extent = "quick: few flights, and none of what would have saved the lander";
            facts.push(("extent".to_string(), extent.to_string()));
        }
        facts
    }

    /// The command that investigates the same again.
    fn repeat(&self, files: &Files) -> String {
        use campaign::slurm::quoted;
        let word = |file: &Path| quoted(&file.display().to_string());
        let load = files.load.as_ref().map(|load| format!(" --load {}", word(load)));
        let quick = if self.quick { " --quick" } else { "" };
        format!(
            "frigoris investigate {} --mission {}{} --out {}{quick}",
            word(&files.telemetry),
            word(&files.mission),
            load.unwrap_or_default(),
            word(&files.out)
        )
    }
}

/// How far it is: one line of its own a step, on a terminal a line that changes.
struct Steps {
    bar: ProgressBar,
    began: Instant,
}

impl Steps {
    fn begin() -> Self {
        let bar = match live() {
            true => ProgressBar::new_spinner(),
            false => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
        };
        let style = ProgressStyle::with_template("{spinner} {elapsed}  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, began: Instant::now() }
    }

    fn tell(&self, progress: &Progress) {
        let Progress { step, what } = progress;
        let text = match what.is_empty() {
            true => step.text().to_string(),
            false => format!("{}: {what}", step.text()),
        };
        if !self.bar.is_hidden() {
            self.bar.set_message(text);
        } else {
            let elapsed_s = self.began.elapsed().as_secs_f64();
            let _ = say(&mut std::io::stdout().lock(), &format!("{elapsed_s:6.1} s  {text}"));
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// What was received, in a few lines.
fn received(file: &Path, evidence: &Evidence) -> Vec<String> {
    let Damage { octets, cut, skipped, packets, damaged, missing, repeated, reordered, skew } =
        evidence.damage;
    let mut out = vec![format!(
        "{}: {octets} octets, {packets} packets, {} cycles",
        file.display(),
        evidence.cycles.len()
    )];
    match (evidence.start(), evidence.end()) {
        (Some(start), Some(end)) => out.push(format!("  from {start} to {end} UTC")),
        _ => out.push("  nothing in it can be read as telemetry".to_string()),
    }
    let mut trouble = |count: u64, what: &str| {
        if count > 0 {
            out.push(format!("  {count} {what}"));
        }
    };
    trouble(skipped, "octets belong to no packet that can be read");
    trouble(damaged, "stretches or packets are damaged");
    trouble(missing, "packets are missing");
    trouble(repeated, "packets came again");
    trouble(reordered, "packets came out of order");
    trouble(evidence.gaps.len() as u64, "gaps between cycles");
    trouble(evidence.leaps.len() as u64, "leaps of the on-board clock, put back");
    if cut {
        out.push("  the file ends within a packet".to_string());
    }
    if skew.ns() != 0 {
        out.push(format!("  the clock of the packets is wrong by up to {} s, corrected", skew.s()));
    }
    out
}

/// What was found, in a few lines.
fn found(inquiry: &Inquiry) -> Vec<String> {
    let mut out = vec![match &inquiry.replayed.end {
        Some(End::Whole) => "Replay: bit-exact".to_string(),
        Some(End::Gap(t)) => format!("Replay: bit-exact up to a gap at {t}"),
        Some(End::Differs(t, what, ..)) => format!("Replay: differs in {what} at {t}"),
        Some(End::OtherLoad) => "Replay: not exact, what was uploaded is not known".to_string(),
        None => "Replay: no cycles were received".to_string(),
    }];
    let explained = &inquiry.explained;
    let percent = |p: f64| format!("{:5.1} %", 100.0 * p);
    if explained.ranking.is_empty() {
        out.push("What happened cannot be said from this".to_string());
    }
    for family in explained.families.iter().take(TOLD).filter(|family| family.probability > 0.01) {
        out.push(format!("{}  {}", percent(family.probability), family.name));
    }
    if !explained.ranking.is_empty() {
        out.push("In single explanations:".to_string());
    }
    for explanation in explained.ranking.iter().take(TOLD) {
        out.push(format!("{}  {}", percent(explanation.probability), explanation.name));
    }
    if explained.outside_library > 0.01 {
        let p = percent(explained.outside_library);
        out.push(format!("{p}  something that the library does not hold"));
    }
    let Some(saved) = &inquiry.saved else { return out };
    let sets: Vec<String> = saved.minimal.iter().map(|set| set.join(" with ")).collect();
    out.push(match (saved.base.stands(), sets.is_empty()) {
        (true, _) => {
            "Flown again, under this explanation it stands: chance had a part, or it is not the whole"
                .to_string()
        }
        (false, true) => "Nothing that was tried would have saved it".to_string(),
        (false, false) => format!("Would have saved it: {}", sets.join("; ")),
    });
    let lost = saved.no_return.as_ref().and_then(|no_return| no_return.lost_first.as_ref());
    if let Some(fork) = lost {
        out.push(format!(
            "Lost from {:.1} s of the flight on, at {:.0} m, {:.1} m/s down",
            fork.t_s, fork.altitude_m, fork.descent_m_s
        ));
    }
    out
}
