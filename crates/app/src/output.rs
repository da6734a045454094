//! What a flight leaves on disk: `record.parquet`, `telemetry.tm`, `uploaded.load`, `summary.json`, `report.html`.
//!
//! Owns: names and folders. Does not own: the formats (see `rig::record`, `rig::report`), the mission's file
//! (`mission_file`).

use crate::fly::{Entrant, Landing};
use rig::closed_loop::Flown;
use rig::measures::MEASURES;
use rig::record::Record;
use rig::report::{self, FlightSheet, Json};
use std::path::{Path, PathBuf};

/// Why results could not be kept.
#[derive(Debug, miette::Diagnostic)]
pub struct OutputError {
    file: PathBuf,
    reason: Box<dyn std::error::Error + Send + Sync>,
}

impl std::fmt::Display for OutputError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: cannot be written", self.file.display())
    }
}

impl std::error::Error for OutputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.reason)
    }
}

fn kept<T, E>(file: &Path, result: Result<T, E>) -> Result<T, OutputError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    result.map_err(|reason| OutputError { file: file.to_path_buf(), reason: Box::new(reason) })
}

/// Writes one text file, with the folders above it.
pub fn keep(path: &Path, text: &str) -> Result<(), OutputError> {
    if let Some(folder) = path.parent() {
        kept(folder, std::fs::create_dir_all(folder))?;
    }
    kept(path, std::fs::write(path, text))
}

/// Writes every flight; one flight into `folder` itself, several into a folder each with a combined page above.
///
/// Returns the file to open: the page, or the folder when no page was wanted.
pub fn write(
    folder: &Path,
    entrants: &[Entrant],
    landings: &[Landing],
    pages: bool,
) -> Result<PathBuf, OutputError> {
    let several = entrants.len() > 1;
    let mut sheets = Vec::new();
    for (entrant, landing) in entrants.iter().zip(landings) {
        let own = if several { folder.join(&entrant.name) } else { folder.to_path_buf() };
        kept(&own, std::fs::create_dir_all(&own))?;
        files(&own, entrant, landing)?;
        if pages {
            sheets.extend(sheet(entrant, landing));
            if several && !sheets.is_empty() {
                let path = own.join("report.html");
                kept(&path, report::write(&path, &sheets[sheets.len() - 1..]))?;
            }
        }
    }
    if !pages {
        return Ok(folder.to_path_buf());
    }
    let path = folder.join("report.html");
    kept(&path, report::write(&path, &sheets))?;
    Ok(path)
}

fn sheet<'a>(entrant: &Entrant, landing: &'a Landing) -> Option<FlightSheet<'a>> {
    let flown = &landing.flown;
    let record = flown.record.as_ref()?;
    let ground = landing.terrain.clone();
    let mut sheet =
        FlightSheet::of(&entrant.name, record, &flown.measures, &flown.judgement, ground);
    sheet.facts.push(("scenario hash".to_string(), entrant.scenario.hash()));
    sheet.facts.push(("record hash".to_string(), record.hash()));
    Some(sheet)
}

fn files(folder: &Path, entrant: &Entrant, landing: &Landing) -> Result<(), OutputError> {
    let Some(record) = &landing.flown.record else { return Ok(()) };
    kept(folder, record.write(folder))?;
    let path = folder.join("summary.json");
    kept(&path, std::fs::write(&path, summary(entrant, &landing.flown, record).to_script() + "\n"))
}

/// The flight in one small file for other programs.
fn summary(entrant: &Entrant, flown: &Flown, record: &Record) -> Json {
    let (judgement, header) = (&flown.judgement, &record.header);
    let measures = MEASURES.iter().map(|measure| {
        let value = (measure.read)(&flown.measures).unwrap_or(f64::NAN);
        (measure.key.to_string(), Json::Number(value))
    });
    let events = flown.events.iter().map(|(t_s, event)| {
        Json::object([("t_s", Json::Number(*t_s)), ("event", Json::text(event.name()))])
    });
    let reasons = judgement.reasons.iter().map(|reason| Json::text(reason.as_str()));
    Json::object([
        ("scenario", Json::text(entrant.name.as_str())),
        ("title", Json::text(header.title.as_str())),
        ("scenario_hash", Json::text(entrant.scenario.hash())),
        ("seed", Json::Text(header.seed.to_string())),
        ("run", Json::Text(header.run.to_string())),
        ("start_utc", Json::text(header.start.to_string())),
        ("planned_touchdown_utc", Json::text(header.planned_touchdown.to_string())),
        ("outcome", Json::text(judgement.outcome.name())),
        ("touchdown", Json::text(judgement.class.map_or("none", |class| class.name()))),
        ("grade", Json::text(judgement.grade.name())),
        ("reasons", Json::List(reasons.collect())),
        ("measures", Json::Object(measures.collect())),
        ("events", Json::List(events.collect())),
        ("load_digest", Json::text(header.load.as_str())),
        ("record_hash", Json::text(record.hash())),
    ])
}
