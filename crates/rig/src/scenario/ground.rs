//! The ground of a scenario: relief, tiles, landforms.
//!
//! Owns: [`Ground`], `[terrain]` as it is written. Does not own: what ground it is (`truth::environment::terrain`).

use super::file::Tree;
use super::reader::{Read, Reader};
use super::scenario::{DEG, whole};
use std::path::PathBuf;
use truth::environment::terrain::Landform;

/// More ground than this lies under rocks nowhere, percent: the limit of `truth`'s terrain.
const ROCKS_PERCENT_MAX: f64 = 30.0;

/// The ground.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    /// Seed of the generated relief.
    pub seed: u64,
    /// Age of the surface, Gyr.
    pub age_gyr: f64,
    /// Share of the ground that rocks cover.
    pub rock_abundance: f64,
    /// Whether relief finer than the measured tiles is generated.
    pub relief: bool,
    /// Files of measured elevation.
    pub tiles: Vec<PathBuf>,
    /// Landforms that stand in for the coarse global grid, or are added to it.
    pub landforms: Vec<Landform>,
}

pub(super) fn ground(t: &Reader<'_>, file: &Tree) -> Read<Ground> {
    let tiles = t.texts("tiles")?;
    let ground = Ground {
        seed: whole(t, "seed")?,
        age_gyr: t.number("age_gyr", 0.1, 4.5)?,
        rock_abundance: 0.01 * t.number("rock_abundance_percent", 0.0, ROCKS_PERCENT_MAX)?,
        relief: t.flag("relief")?,
        tiles: tiles.iter().map(|(name, entry)| file.resolve(entry, name)).collect(),
        landforms: landforms(t)?,
    };
    t.finish()?;
    Ok(ground)
}

impl Ground {
    /// The ground of a canonical text, whose tiles are named as the file names them; `None` where a key is missing.
    ///
    /// - `setting`: the value of a key of `[terrain]`; `list`: the values of a list there.
    pub fn of_settings<'a>(
        setting: impl Fn(&str) -> Option<&'a str>,
        list: impl Fn(&str) -> Vec<String>,
    ) -> Option<Self> {
        let number = |key: &str| setting(key)?.parse::<f64>().ok();
        let landform =
            |name: &String| Landform::NAMED.into_iter().find(|landform| landform.name() == name);
        let part = |i: usize, key: &str| number(&format!("crater[{i}].{key}"));
        let crater = |i| {
            Some(Landform::Crater {
                latitude_rad: part(i, "latitude_deg")? * DEG,
                longitude_rad: part(i, "longitude_deg")? * DEG,
                relief: part(i, "relief")?,
            })
        };
        let named = list("landforms").iter().map(landform).collect::<Option<Vec<_>>>()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // a whole number in the file
        Some(Self {
            seed: number("seed")? as u64,
            age_gyr: number("age_gyr")?,
            rock_abundance: 0.01 * number("rock_abundance_percent")?,
            relief: setting("relief")? == "true",
            tiles: list("tiles").into_iter().map(PathBuf::from).collect(),
            landforms: named.into_iter().chain((0..).map_while(crater)).collect(),
        })
    }
}

fn landforms(t: &Reader<'_>) -> Read<Vec<Landform>> {
    let names = Landform::NAMED.map(Landform::name);
    let mut out = Vec::new();
    for (name, entry) in t.texts("landforms")? {
        let known = Landform::NAMED.into_iter().find(|landform| landform.name() == name);
        out.push(known.ok_or_else(|| t.unknown_choice(entry, "landforms", name, &names))?);
    }
    for crater in t.tables("crater")? {
        out.push(Landform::Crater {
            latitude_rad: crater.number("latitude_deg", -80.0, 80.0)? * DEG,
            longitude_rad: crater.number("longitude_deg", -180.0, 360.0)? * DEG,
            relief: crater.number("relief", 0.0, 3.0)?,
        });
        crater.finish()?;
    }
    Ok(out)
}
