//! `frigoris fly --live`: a flight through its radio into mission control, as it would have been seen.
//!
//! Owns: the arguments, the loop, the summary. Does not own: flight, radio and stations (`rig::live`), mission control
//! (`control`), the pace (`pace`).

use crate::card;
use crate::control::{Control, To, fresh_archive};
use crate::fly::{Entrant, Landing};
use crate::pace::{Pace, Speed};
use crate::plain::say;
use crate::{mission_file, output};
use ::ground::command::key::read_key;
use icd::time::{Span, Time};
use icd::tm::Phase;
use miette::{IntoDiagnostic, Report, miette};
use rig::closed_loop::Frame;
use rig::live::{Class, Live as Loop, OnAir, Totals, mission, receiver};
use rig::record::Recording;
use rig::report::survey::survey;
use rig::stand::Stand;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Flown when nothing is named.
pub const DEFAULT: &str = "m2-live";

/// Arguments of `frigoris fly` that belong to `--live`.
#[derive(clap::Args, Clone, Debug)]
pub struct Live {
    /// Fly through the radio into mission control, in real time or at --speed; the scenario needs a table `[link]`.
    #[arg(long)]
    pub live: bool,
    #[command(flatten)]
    to: To,
    /// Radiate no commands: the flight then depends on nothing but scenario, seed and run.
    #[arg(long, requires = "live")]
    open_loop: bool,
    /// Mission time after the flight's end for which stations go on, s.
    #[arg(long, default_value_t = 600.0, requires = "live")]
    after: f64,
    /// The key that authenticates commands, 64 hexadecimal digits; made if absent [default: uplink.key in the
    /// folder of the flight].
    #[arg(long, requires = "live")]
    key: Option<PathBuf>,
}

impl Live {
    /// Flies, delivers, judges and writes. `true` when the verdict is the expected one.
    pub fn fly(
        &self,
        entrant: &Entrant,
        run: u64,
        speed: Speed,
        folder: &Path,
    ) -> miette::Result<bool> {
        let stand = Stand::new(entrant.scenario.clone())?;
        let Some(radio) = stand.radio(run)? else {
            return Err(miette!(
                help = "m2-live, m2-resilient-live and apex-1-relay have one",
                "{}: no [link], so nobody could hear it",
                entrant.scenario.path.display()
            ));
        };
        std::fs::create_dir_all(folder).into_diagnostic()?;
        let plan = folder.join("mission.json");
        output::keep(&plan, &mission::plan(&stand))?;
        let key = self.key.clone().unwrap_or_else(|| folder.join("uplink.key"));
        let receiver = receiver(read_key(&key).map_err(Report::from_err)?);
        let control = Control::open(&self.to, Some(&plan), fresh_archive(folder), Some(key))?;
        let load = stand.load(run);
        let link = Box::new(OnAir::new(radio));
        let mut flight = Loop::new(&stand, &load, run, Recording::Full, link, receiver)?;
        let units = folder.join("units.frsd");
        self.drive(&mut flight, speed, &control, &units)?;
        let totals = flight.totals();
        let mut out = std::io::stdout().lock();
        let mut tell = |line: &str| say(&mut out, line).into_diagnostic();
        tell("")?;
        let as_expected = match flight.flown() {
            Some(flown) => {
                for line in card::lines(&entrant.name, &flown.judgement, false) {
                    tell(&line)?;
                }
                flown.judgement.as_expected
            }
            None => {
                tell(&format!("{}: ended by the user before the flight was over", entrant.name))?;
                true
            }
        };
        tell("")?;
        for line in summary(&totals) {
            tell(&line)?;
        }
        for line in control.close()? {
            tell(&line)?;
        }
        if let Some(flown) = flight.flown().cloned() {
            let ground = |record| survey(&stand.environment.terrain, &stand.site, record);
            let terrain = flown.record.as_ref().map(|record| ground(record)).unwrap_or_default();
            let landing = Landing { flown, terrain };
            let written = output::write(folder, std::slice::from_ref(entrant), &[landing], true)?;
            mission_file::write(folder, &entrant.scenario)?;
            tell(&format!("written          {}", written.display()))?;
        }
        tell(&format!("to see it again  frigoris play {}", folder.display()))?;
        Ok(as_expected)
    }

    /// The loop: as many cycles as the flight has, and those after it.
    fn drive(
        &self,
        flight: &mut Loop<'_>,
        speed: Speed,
        control: &Control,
        units: &Path,
    ) -> miette::Result<()> {
        let mut kept = BufWriter::new(File::create(units).into_diagnostic()?);
        let (mut pace, mut diary) = (Pace::new(speed), Diary::default());
        let mut over: Option<Time> = None;
        while !control.interrupt.is_set() {
            pace.keep(flight.now(), &control.interrupt);
            while let Some(command) = control.line.command() {
                if !self.open_loop {
                    flight.uplink(command.station, &command.cltu, command.number);
                }
            }
            let delivered = flight.step(&mut |frame| diary.note(frame))?;
            for delivery in delivered {
                kept.write_all(&delivery.octets).into_diagnostic()?;
                if !control.line.send(delivery, || control.interrupt.is_set()) {
                    break;
                }
            }
            diary.tell()?;
            if flight.flown().is_some() {
                let end = *over.get_or_insert(flight.now());
                if flight.now() - end >= Span::from_s(self.after) {
                    break;
                }
            }
        }
        kept.flush().into_diagnostic()
    }
}

/// Phases and events on board, a line each as they happen: what the ground hears of them comes later, if it comes.
#[derive(Default)]
struct Diary {
    phase: Option<Phase>,
    told: usize,
    lines: Vec<String>,
}

impl Diary {
    fn note(&mut self, frame: &Frame<'_>) {
        let phase = frame.telemetry.phase;
        if self.phase != Some(phase) {
            self.phase = Some(phase);
            self.lines.push(format!("{}  on board: {}", frame.view.t, phase.name()));
        }
        let start = frame.view.t - Span::from_s(frame.t_s);
        for (t_s, event) in frame.events.iter().skip(self.told) {
            self.lines.push(format!("{}  on board: {}", start + Span::from_s(*t_s), event.text()));
        }
        self.told = frame.events.len();
    }

    fn tell(&mut self) -> miette::Result<()> {
        for line in self.lines.drain(..) {
            say(&mut std::io::stdout(), &line).into_diagnostic()?;
        }
        Ok(())
    }
}

/// What was sent, stored, dumped and dropped, for a person.
fn summary(totals: &Totals) -> Vec<String> {
    let share = |part: u64, of: u64| match of {
        0 => "none sent".to_string(),
        _ => format!("{:.1} % received", 100.0 * part as f64 / of as f64),
    };
    let [main, backup] = totals.frames;
    let [by_main, by_backup] = totals.received;
    let mut out = vec![
        format!("main path        {main} frames sent, {}", share(by_main, main)),
        format!("backup path      {backup} frames sent, {}", share(by_backup, backup)),
        format!(
            "stations         {} frames delivered, {} damaged; {} units in all",
            totals.delivered, totals.damaged, totals.units
        ),
    ];
    let [radiated, arrived] = totals.commands;
    if radiated > 0 {
        out.push(format!("commands         {radiated} radiated, {arrived} reached the receiver"));
    }
    out.push(format!(
        "{:<20} {:>9} {:>12} {:>14} {:>9} {:>12}",
        "packets on board", "made", "sent at once", "from the store", "dropped", "in the store"
    ));
    for (class, tally) in Class::ALL.into_iter().zip(totals.classes) {
        out.push(format!(
            "{:<20} {:>9} {:>12} {:>14} {:>9} {:>12}",
            class.name(),
            tally.made,
            tally.live,
            tally.dumped,
            tally.dropped,
            tally.stored
        ));
    }
    out.push(format!("{:<20} {} octets", "store", totals.stored_octets));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_tells_of_every_class_and_of_both_paths() {
        let mut totals = Totals { frames: [200, 0], received: [150, 0], ..Totals::default() };
        totals.classes[4].dropped = 1234;
        let text = summary(&totals).join("\n");
        for said in ["75.0 % received", "none sent", "raw cycles", "1234", "events and answers"] {
            assert!(text.contains(said), "{said}:\n{text}");
        }
    }
}
