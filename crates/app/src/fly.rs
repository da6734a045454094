//! `frigoris fly`: one flight or several side by side, seen live, judged at the end.
//!
//! Owns: the arguments, the threads, the pace. Does not own: the view (`panel`, `plain`), the files (`output`).

use crate::live::{self, Live};
use crate::overrides::Overrides;
use crate::pace::{Speed, speed};
use crate::panel::{Panel, Screen};
use crate::plain::{Lines, Queue, say};
use crate::shipped::Unpacked;
use crate::status::{Motion, Notice, Status};
use crate::{card, counterfactuals, mission_file, output};
use icd::time::{Span, Time};
use icd::tm::Phase;
use miette::{IntoDiagnostic, miette};
use rig::closed_loop::{self, Flown, Frame};
use rig::counterfactual::Options;
use rig::record::Recording;
use rig::report::TerrainPatch;
use rig::report::survey::survey;
use rig::scenario::{Scenario, ScenarioError};
use rig::stand::Stand;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Flown when nothing is named: the flight as it happened beside the one that survives it.
const DEFAULT: [&str; 2] = ["m2-as-flown", "m2-resilient"];
/// Time between two drawings of the live view.
const REDRAW: Duration = Duration::from_millis(100);

/// Moments that may wait to be shown before a flight waits for its audience (assumed).
const NOTICES: usize = 256;

/// Times real time at which a powered descent can be followed by eye: some 12 s (assumed).
const WATCHED: f64 = 60.0;

/// Arguments of `frigoris fly`.
#[derive(clap::Args)]
#[command(
    after_help = "A scenario is a file, or the name of one: NAME is looked for as a file, then as \
scenarios/NAME.toml below the current folder, then among the scenarios inside the program. Without a name, \
m2-as-flown and m2-resilient fly side by side; with --live m2-live flies, at real time unless --speed says \
otherwise.\n\n\
Exit code: 0 every verdict is the expected one, 1 one is not, 2 nothing could be flown."
)]
pub struct Fly {
    /// Scenario files, or names of shipped scenarios.
    files: Vec<PathBuf>,
    /// Number of the run: with the seed it fixes every random draw.
    #[arg(long, default_value_t = 0)]
    run: u64,
    /// Simulated time per real time: a number, or `max` [default: max; on a terminal the powered descent is
    /// held to 60 so that it can be watched].
    #[arg(long, value_parser = speed)]
    speed: Option<Speed>,
    /// Folder for record.parquet, telemetry.tm, uploaded.load, mission.toml, summary.json and report.html; with several flights one
    /// folder each, and a combined report.html above them [default: out, and out/NAME for one flight].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write no report.html.
    #[arg(long)]
    no_report: bool,
    /// Fly what might have been: each scenario with each of its features changed, alone and in sets, until the
    /// smallest sets that land it are found [default scenarios: m1-as-flown and m2-as-flown].
    #[arg(long)]
    counterfactuals: bool,
    /// Dispersed runs of each smallest set.
    #[arg(long, default_value_t = 20, requires = "counterfactuals")]
    dispersed: u64,
    #[command(flatten)]
    live: Live,
    #[command(flatten)]
    overrides: Overrides,
}

/// A scenario with its name on screen.
pub struct Entrant {
    /// Short name, unique among the flights.
    pub name: String,
    /// The checked scenario.
    pub scenario: Scenario,
}

/// A flight that is over.
pub struct Landing {
    /// What the test stand says.
    pub flown: Flown,
    /// The ground under it.
    pub terrain: Vec<TerrainPatch>,
}

impl Fly {
    /// Flies, shows, judges and writes. `true` when every verdict is the expected one.
    pub fn run(&self) -> miette::Result<bool> {
        let mut unpacked = Unpacked::default();
        if self.counterfactuals {
            let studied = match self.files.is_empty() {
                true => counterfactuals::shipped(),
                false => self.files.clone(),
            };
            let out = self.out.clone().unwrap_or_else(|| PathBuf::from("out/counterfactuals"));
            let options = Options { run: self.run, dispersed: self.dispersed };
            return counterfactuals::run(&studied, &self.overrides, &options, &out, &mut unpacked);
        }
        let entrants = self.entrants(&mut unpacked)?;
        if self.live.live {
            return self.fly_live(&entrants);
        }
        let landings = self.fly(&entrants)?;
        let colour = live();
        let mut stdout = std::io::stdout().lock();
        for (entrant, landing) in entrants.iter().zip(&landings) {
            say(&mut stdout, "").into_diagnostic()?;
            for line in card::lines(&entrant.name, &landing.flown.judgement, colour) {
                say(&mut stdout, &line).into_diagnostic()?;
            }
        }
        let single = entrants.first().filter(|_| entrants.len() == 1);
        let folder = match (&self.out, single) {
            (Some(out), _) => out.clone(),
            (None, Some(entrant)) => Path::new("out").join(&entrant.name),
            (None, None) => PathBuf::from("out"),
        };
        let written = output::write(&folder, &entrants, &landings, !self.no_report)?;
        for entrant in &entrants {
            let several = entrants.len() > 1;
            let own = if several { folder.join(&entrant.name) } else { folder.clone() };
            mission_file::write(&own, &entrant.scenario)?;
        }
        say(&mut stdout, &format!("\nwritten: {}", written.display())).into_diagnostic()?;
        Ok(landings.iter().all(|landing| landing.flown.judgement.as_expected))
    }

    fn entrants(&self, unpacked: &mut Unpacked) -> miette::Result<Vec<Entrant>> {
        let named: Vec<PathBuf> = match self.files.is_empty() {
            true if self.live.live => vec![PathBuf::from(live::DEFAULT)],
            true => DEFAULT.iter().map(PathBuf::from).collect(),
            false => self.files.clone(),
        };
        let mut entrants: Vec<Entrant> = Vec::new();
        for file in named {
            let mut scenario = Scenario::read(&unpacked.locate(&file)?)?;
            self.overrides.apply(&mut scenario);
            let plain = scenario.name();
            let twins = entrants.iter().filter(|e| e.scenario.name() == plain).count();
            let name = if twins == 0 { plain } else { format!("{plain}-{}", twins + 1) };
            entrants.push(Entrant { name, scenario });
        }
        Ok(entrants)
    }

    /// One flight through its radio into mission control.
    fn fly_live(&self, entrants: &[Entrant]) -> miette::Result<bool> {
        let [entrant] = entrants else {
            return Err(miette!("--live: one scenario at a time, {} are named", entrants.len()));
        };
        let usual = Path::new("out").join(&entrant.name);
        let folder = self.out.clone().unwrap_or(usual);
        let speed = self.speed.unwrap_or(Speed::Times(1.0));
        self.live.fly(entrant, self.run, speed, &folder)
    }

    /// Flies every entrant in its own thread while this one shows them.
    fn fly(&self, entrants: &[Entrant]) -> miette::Result<Vec<Landing>> {
        let (tell, hear) = sync_channel(NOTICES);
        std::thread::scope(|scope| {
            let flights: Vec<_> = entrants
                .iter()
                .enumerate()
                .map(|(index, entrant)| {
                    let tell = tell.clone();
                    scope.spawn(move || self.fly_one(index, &entrant.scenario, &tell))
                })
                .collect();
            drop(tell);
            let names: Vec<&str> = entrants.iter().map(|entrant| entrant.name.as_str()).collect();
            if live() {
                watch(&names, &hear)
            } else {
                print(entrants, &hear)?
            }
            let ended = flights.into_iter().map(|flight| match flight.join() {
                Ok(flown) => Ok(flown?),
                Err(panic) => std::panic::resume_unwind(panic),
            });
            ended.collect()
        })
    }

    fn fly_one(
        &self,
        index: usize,
        scenario: &Scenario,
        tell: &SyncSender<(usize, Notice)>,
    ) -> Result<Landing, ScenarioError> {
        let over = Over(index, tell);
        let stand = Stand::new(scenario.clone())?;
        let planned = scenario.approach.touchdown;
        let usual = if live() { None } else { Some(Speed::Max) };
        let mut pace = Pace { speed: self.speed.or(usual), since: None };
        let mut told = 0;
        let flown = closed_loop::fly(&stand, self.run, Recording::Full, |frame| {
            pace.keep(frame.t_s, frame.telemetry.phase);
            let status = status(frame, planned);
            let start = frame.view.t - Span::from_s(frame.t_s);
            for (t_s, event) in &frame.events[told..] {
                let _ = tell.send((index, Notice::Raised(start + Span::from_s(*t_s), *event)));
            }
            told = frame.events.len();
            let _ = tell.send((index, Notice::Moment(Box::new(status))));
        })?;
        drop(over);
        let ground = |record| survey(&stand.environment.terrain, &stand.site, record);
        let terrain = flown.record.as_ref().map(|record| ground(record)).unwrap_or_default();
        Ok(Landing { flown, terrain })
    }
}

/// Says that a flight is over when it goes out of scope, on an error too: the audience waits for it.
struct Over<'a>(usize, &'a SyncSender<(usize, Notice)>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let _ = self.1.send((self.0, Notice::Over));
    }
}

/// Copies out of the loop what a screen shows.
fn status(frame: &Frame<'_>, planned: Time) -> Status {
    let (view, down) = (frame.view, frame.telemetry);
    let assist = &down.control.assist;
    Status {
        t: view.t,
        planned,
        phase: down.phase,
        truth: Motion {
            altitude_m: view.altitude_m,
            v_up_m_s: view.v_up_m_s,
            v_horizontal_m_s: view.v_horizontal_m_s,
            tilt_rad: view.tilt_rad,
            propellant_kg: view.propellant_kg,
        },
        nav: Motion {
            altitude_m: down.nav.altitude_m,
            v_up_m_s: down.nav.v_up_m_s,
            v_horizontal_m_s: down.nav.v_horizontal_m_s,
            tilt_rad: down.nav.tilt_rad,
            propellant_kg: down.nav.propellant_kg,
        },
        altitude_3_sigma_m: 3.0 * down.nav.sigma_altitude_m,
        throttle: assist.iter().sum::<f64>() / assist.len() as f64,
        main_open: down.control.main != 0,
        rangefinder: down.rangefinder,
        alarms: down.alarms,
    }
}

/// Holds simulated time back to its multiple of real time; without a speed as fast as it computes to braking, then to
/// [`WATCHED`] times real time.
struct Pace {
    speed: Option<Speed>,
    since: Option<(Instant, f64)>,
}

impl Pace {
    fn keep(&mut self, t_s: f64, phase: Phase) {
        let times = match self.speed {
            Some(Speed::Times(times)) => times,
            None if phase >= Phase::Braking => WATCHED,
            Some(Speed::Max) | None => return,
        };
        let (began, from_s) = *self.since.get_or_insert((Instant::now(), t_s));
        let due = Duration::try_from_secs_f64((t_s - from_s) / times).unwrap_or_default();
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
}

/// Whether standard output is a terminal that can be drawn on.
pub fn live() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    std::io::stdout().is_terminal() && !set("NO_COLOR") && !set("CI") && !dumb
}

/// Draws the panels until every flight is over.
fn watch(names: &[&str], hear: &Receiver<(usize, Notice)>) {
    let mut panels: Vec<Panel> = names.iter().map(|name| Panel::new(name)).collect();
    let mut screen = Screen::open();
    let mut next = Instant::now();
    loop {
        match hear.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok((index, notice)) => panels[index].hear(notice),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if Instant::now() >= next {
            screen.draw(&panels);
            next = Instant::now() + REDRAW;
        }
    }
    screen.draw(&panels);
}

/// Prints lines until every flight is over.
fn print(entrants: &[Entrant], hear: &Receiver<(usize, Notice)>) -> miette::Result<()> {
    let lines = |e: &Entrant| Lines::new(&e.name, e.scenario.approach.touchdown);
    let mut lines: Vec<Lines> = entrants.iter().map(lines).collect();
    let mut queue = Queue::new(lines.len());
    let mut stdout = std::io::stdout().lock();
    for (index, notice) in hear {
        let over = matches!(notice, Notice::Over);
        for line in queue.push(index, lines[index].hear(&notice), over) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_powered_descent_is_held_back_for_watching() {
        let mut pace = Pace { speed: None, since: None };
        let began = Instant::now();
        pace.keep(0.0, Phase::DescentCoast);
        pace.keep(3000.0, Phase::DescentCoast);
        assert!(began.elapsed() < Duration::from_millis(50));
        pace.keep(3000.0, Phase::Braking);
        pace.keep(3012.0, Phase::Braking);
        assert!(began.elapsed() >= Duration::from_millis(200));
    }
}
