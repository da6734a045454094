//! `frigoris play`: a recorded flight, or the archive of a mission control, through the path of a live one.
//!
//! Owns: the arguments, which recording a folder holds, the loop. Does not own: units (`rig::live::recorded`), the room
//! (`control`).

use crate::control::{Control, To};
use crate::pace::{Pace, Speed, speed};
use crate::plain::say;
use ::ground::archive::Position;
use ::ground::archive::reader::Reader;
use ::ground::archive::record::Kind;
use miette::{IntoDiagnostic, Report, WrapErr, miette};
use rig::live::Delivery;
use rig::live::recorded::{of_packets, of_units};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `frigoris play`.
#[derive(clap::Args)]
#[command(
    after_help = "FOLDER is what `frigoris fly` has written, with or without --live, or an archive of mission \
control. Units of a live flight are delivered as they were, with losses and damage; the packets of any other flight \
as if one station had received them all.\n\n\
Exit code: 0 played, or ended by the user; 2 there is nothing to play."
)]
pub struct Play {
    /// Folder of a flight or of an archive.
    folder: PathBuf,
    /// Mission time per real time: a number, or `max`.
    #[arg(long, value_parser = speed, default_value = "1")]
    speed: Speed,
    #[command(flatten)]
    to: To,
}

impl Play {
    /// Plays to the end. `true` always.
    pub fn run(&self) -> miette::Result<bool> {
        let (what, units) = recording(&self.folder)?;
        let (Some(first), Some(last)) = (units.first(), units.last()) else {
            return Err(miette!("{}: nothing in it to play", self.folder.display()));
        };
        let beside = [Some(&*self.folder), self.folder.parent()].into_iter().flatten();
        let plan = beside.map(|folder| folder.join("mission.json")).find(|file| file.exists());
        let scratch = Scratch::new();
        let control = Control::open(&self.to, plan.as_deref(), scratch.0.clone(), None)?;
        let mut out = std::io::stdout();
        let line =
            format!("playing          {what}: {} to {}, {} units", first.at, last.at, units.len());
        say(&mut out, &line).into_diagnostic()?;
        let mut pace = Pace::new(self.speed);
        for delivery in units {
            pace.keep(delivery.at, &control.interrupt);
            while control.line.command().is_some() {} // nobody is there to hear it
            if !control.line.send(delivery, || control.interrupt.is_set())
                || control.interrupt.is_set()
            {
                break;
            }
        }
        for line in control.close()?.iter().filter(|line| !line.starts_with("archive")) {
            say(&mut out, line).into_diagnostic()?;
        }
        Ok(true)
    }
}

/// An archive that is gone when the playing is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("frigoris-play-{}", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a folder holds, in the order of arrival, and what that is.
fn recording(folder: &Path) -> miette::Result<(String, Vec<Delivery>)> {
    let read = |file: &Path| {
        let octets = std::fs::read(file).into_diagnostic();
        octets.wrap_err_with(|| format!("{}: cannot be read", file.display()))
    };
    let (units, packets) = (folder.join("units.frsd"), folder.join("packets.ccsds"));
    if units.exists() {
        return Ok((units.display().to_string(), of_units(&read(&units)?)));
    }
    if packets.exists() {
        return Ok((packets.display().to_string(), of_packets(&read(&packets)?)));
    }
    Ok((format!("archive {}", folder.display()), archived(folder)?))
}

/// What stations delivered into an archive: each connection's octets joined, all in the order of receive times.
fn archived(folder: &Path) -> miette::Result<Vec<Delivery>> {
    let mut reader = Reader::new(folder, Position::default()).map_err(Report::from_err)?;
    let mut streams: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    while let Some((_, _, record)) = reader.next().map_err(Report::from_err)? {
        if matches!(record.kind, Kind::Stream | Kind::Datagram) {
            streams.entry(record.stream).or_default().extend_from_slice(record.payload);
        }
    }
    let mut units: Vec<Delivery> =
        streams.into_values().flat_map(|octets| of_units(&octets)).collect();
    units.sort_by_key(|delivery| delivery.at);
    // Numbered anew: a sender's numbers have no gap.
    let octets: Vec<u8> =
        units.iter().flat_map(|delivery| delivery.octets.iter().copied()).collect();
    Ok(of_units(&octets))
}
