//! `frigoris terrain`: a place on the Moon in pictures and figures.
//!
//! Owns: the arguments and the files. Does not own: the survey (see `rig::site`).

use crate::overrides::Overrides;
use crate::plain::say;
use crate::shipped::Unpacked;
use icd::time::Time;
use miette::{IntoDiagnostic, WrapErr, miette};
use rig::scenario::Scenario;
use rig::site::picture::Picture;
use rig::site::{Slopes, Survey, View, page, whole_file};
use std::path::{Path, PathBuf};

/// Where the figures of ground come from when only a place or a file is named.
const GROUND: &str = "m2-nominal";
/// Endings of elevation files.
const ELEVATION: [&str; 4] = ["tif", "tiff", "lbl", "img"];

/// Arguments of `frigoris terrain`.
#[derive(clap::Args)]
#[command(
    after_help = "PLACE is a scenario (its target, its terrain, the light of its planned touchdown), a file of \
measured elevation (.tif, .lbl, .img: its whole extent), or LATITUDE,LONGITUDE in degrees. For the last two, \
generated relief and date are those of m2-nominal."
)]
pub struct Terrain {
    /// What to look at: a scenario, a file of measured elevation, or LATITUDE,LONGITUDE.
    #[arg(default_value = GROUND, allow_hyphen_values = true)]
    place: String,
    /// Side of the square, km [default: 4; of a file its smaller side].
    #[arg(long, value_parser = kilometres)]
    size_km: Option<f64>,
    /// Samples along a side.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(8..=4096))]
    pixels: u16,
    /// Time of the light, UTC, as 2025-06-05T19:17:00 [default: the scenario's planned touchdown].
    #[arg(long, value_parser = utc)]
    at: Option<Time>,
    /// Folder for relief.png, slope.png, sunlight.png and site.html [default: out/terrain-PLACE].
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

fn kilometres(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(km) if (0.01..=1000.0).contains(&km) => Ok(km),
        _ => Err("a number of kilometres from 0.01 to 1000".to_string()),
    }
}

fn utc(text: &str) -> Result<Time, String> {
    Time::from_utc(text).ok_or_else(|| "a time in UTC, as 2025-06-05T19:17:00".to_string())
}

/// Latitude and longitude in degrees.
fn coordinates(text: &str) -> Option<[f64; 2]> {
    let (latitude, longitude) = text.split_once(',')?;
    let place = [latitude.trim().parse().ok()?, longitude.trim().parse().ok()?];
    Some(place)
}

/// A scenario with the square to look at.
struct Square {
    scenario: Scenario,
    name: String,
    size_m: f64,
}

impl Terrain {
    /// Looks, prints and writes; always `true`.
    pub fn run(&self) -> miette::Result<bool> {
        let square = self.square()?;
        let t = self.at.unwrap_or(square.scenario.approach.touchdown);
        let view = View { size_m: square.size_m, pixels: usize::from(self.pixels), t };
        let survey = Survey::of(&square.scenario, &view)?
            .ok_or_else(|| miette!("--at: the ephemeris does not cover {t}"))?;
        let mut stdout = std::io::stdout().lock();
        for line in lines(&square.name, &survey) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let default = PathBuf::from(format!("out/terrain-{}", square.name));
        let folder = self.out.clone().unwrap_or(default);
        write(&folder, &square.name, &survey)?;
        let page = folder.join("site.html");
        say(&mut stdout, &format!("\nPictures and page: {}", page.display())).into_diagnostic()?;
        Ok(true)
    }

    fn square(&self) -> miette::Result<Square> {
        let mut unpacked = Unpacked::default();
        let place = Path::new(&self.place);
        let stem = || place.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let ending = place.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_elevation = ELEVATION.contains(&ending.as_str());
        let coordinates = coordinates(&self.place);
        let named = if is_elevation || coordinates.is_some() { Path::new(GROUND) } else { place };
        let mut scenario = Scenario::read(&unpacked.locate(named)?)?;
        self.overrides.apply(&mut scenario);
        let mut size_m = 4000.0;
        let mut name = if named == place { stem() } else { self.place.replace(',', "_") };
        if let Some([latitude_deg, longitude_deg]) = coordinates {
            if latitude_deg.abs() > 90.0 || longitude_deg.abs() > 360.0 {
                return Err(miette!(
                    "{}: latitude within ±90°, longitude within ±360°",
                    self.place
                ));
            }
            scenario.target_rad = [latitude_deg.to_radians(), longitude_deg.to_radians()];
        } else if is_elevation {
            (size_m, name) = (whole_file(&mut scenario, place)?, stem());
        }
        size_m = self.size_km.map_or(size_m, |km| 1000.0 * km);
        Ok(Square { scenario, name, size_m })
    }
}

/// Figures and slopes, a line each.
fn lines(name: &str, survey: &Survey) -> Vec<String> {
    let row =
        |cells: Vec<String>| cells.iter().map(|cell| format!("{cell:>12}")).collect::<String>();
    let mut out = vec![format!("{name}, light of {} UTC", survey.view.t)];
    out.extend(survey.figures().iter().map(|figure| {
        format!("  {:36} {:>10} {}", figure.label, figure.value.replace('-', "−"), figure.unit)
    }));
    out.extend([String::new(), "Slopes".to_string(), row(Slopes::head())]);
    out.extend(survey.slopes.iter().map(|slopes| row(slopes.row())));
    out
}

fn write(folder: &Path, name: &str, survey: &Survey) -> miette::Result<()> {
    let kept = |file: &str, bytes: &[u8]| {
        let path = folder.join(file);
        std::fs::write(&path, bytes)
            .into_diagnostic()
            .wrap_err_with(|| format!("{}: cannot be written", path.display()))
    };
    std::fs::create_dir_all(folder)
        .into_diagnostic()
        .wrap_err_with(|| format!("{}: cannot be made", folder.display()))?;
    kept("relief.png", &Picture::relief(survey).png().into_diagnostic()?)?;
    kept("slope.png", &Picture::slope(survey).png().into_diagnostic()?)?;
    kept("sunlight.png", &Picture::sunlight(survey).png().into_diagnostic()?)?;
    kept("site.html", page::page(name, survey).into_diagnostic()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_names() {
        assert_eq!(coordinates("-60.5, 4.6"), Some([-60.5, 4.6]));
        assert_eq!(coordinates("m2-nominal"), None);
        assert_eq!(coordinates("a,b"), None);
        assert!(kilometres("0").is_err() && kilometres("nan").is_err() && kilometres("4").is_ok());
        assert!(utc("yesterday").is_err() && utc("2025-06-05T19:17:00").is_ok());
    }
}
