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
control; of an archive, what stations sent as a plain stream of frames is not played. Units of a live flight are delivered as they were, with losses and damage; the packets of any other flight \
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
        let (what, units, left) = recording(&self.folder)?;
        let (Some(first), Some(last)) = (units.first(), units.last()) else {
            return Err(miette!("{}: nothing in it to play", self.folder.display()));
        };
        let beside = [Some(&*self.folder), self.folder.parent()].into_iter().flatten();
        let plan = beside.map(|folder| folder.join("mission.json")).find(|file| file.exists());
        let scratch = Scratch::new()?;
        let control = Control::open(&self.to, plan.as_deref(), scratch.0.clone(), None)?;
        let mut out = std::io::stdout();
        let line =
            format!("playing          {what}: {} to {}, {} units", first.at, last.at, units.len());
        say(&mut out, &line).into_diagnostic()?;
        if left > 0 {
            let line =
                format!("not played       {left} octets of the archive that are no delivery units");
            say(&mut out, &line).into_diagnostic()?;
        }
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
    /// A folder that was not there before: nobody else has put anything into it.
    fn new() -> miette::Result<Self> {
        let parent = std::env::temp_dir();
        for n in 0..1_000 {
            let folder = parent.join(format!("frigoris-play-{}-{n}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => {
                    let made = made.into_diagnostic();
                    made.wrap_err_with(|| format!("{}: cannot be made", folder.display()))?;
                    return Ok(Self(folder));
                }
            }
        }
        Err(miette!("{}: no name is left for an archive", parent.display()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a folder holds, in the order of arrival, what that is, and how many octets are none that can be played.
fn recording(folder: &Path) -> miette::Result<(String, Vec<Delivery>, usize)> {
    let read = |file: &Path| {
        let octets = std::fs::read(file).into_diagnostic();
        octets.wrap_err_with(|| format!("{}: cannot be read", file.display()))
    };
    let (units, packets) = (folder.join("units.frsd"), folder.join("telemetry.tm"));
    if units.exists() {
        return Ok((units.display().to_string(), of_units(&read(&units)?), 0));
    }
    if packets.exists() {
        return Ok((packets.display().to_string(), of_packets(&read(&packets)?), 0));
    }
    let (units, left) = archived(folder)?;
    Ok((format!("archive {}", folder.display()), units, left))
}

/// What stations delivered into an archive: each connection's octets joined, all in the order of receive times;
/// and how many octets are no units.
fn archived(folder: &Path) -> miette::Result<(Vec<Delivery>, usize)> {
    let mut reader = Reader::new(folder, Position::default()).map_err(Report::from_err)?;
    let mut streams: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    while let Some((_, _, record)) = reader.next().map_err(Report::from_err)? {
        if matches!(record.kind, Kind::Stream | Kind::Datagram) {
            streams.entry(record.stream).or_default().extend_from_slice(record.payload);
        }
    }
    let all: usize = streams.values().map(Vec::len).sum();
    let mut units: Vec<Delivery> =
        streams.into_values().flat_map(|octets| of_units(&octets)).collect();
    units.sort_by_key(|delivery| delivery.at);
    // Numbered anew: a sender's numbers have no gap.
    let octets: Vec<u8> =
        units.iter().flat_map(|delivery| delivery.octets.iter().copied()).collect();
    let left = all.saturating_sub(octets.len());
    Ok((of_units(&octets), left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_of_a_playing_is_a_folder_of_its_own_and_goes_with_it() {
        let (one, other) = (Scratch::new().unwrap(), Scratch::new().unwrap());
        assert!(one.0 != other.0 && one.0.is_dir());
        let folder = one.0.clone();
        drop(one);
        assert!(!folder.exists());
    }
}
