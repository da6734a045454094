//! The mission plan, `mission.json`: what planners know before the flight and give to the room.
//!
//! Owns: the file as read ([`Mission`]), its checks. Nothing of nature is in it: no truth, no random numbers.
//! Times are strings in UTC (`2025-06-05T19:17:00`, with or without `Z`) or milliseconds since 1970.
//! What the file says beyond what is read here is kept in [`Mission::text`] and handed to screens as it is.

use crate::clock;
use icd::time::Time;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Octets of a plan at the most: terrain for the 3-D view makes it large.
const OCTETS_MAX: u64 = 64 << 20;

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MissionError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {reason}")]
    Unreadable {
        /// Plan.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Larger than any plan.
    #[error("{file}: {octets} octets, but a plan has at most {OCTETS_MAX}")]
    TooLarge {
        /// Plan.
        file: PathBuf,
        /// Its size.
        octets: u64,
    },
    /// No JSON, or a key with a value of another kind.
    #[error("{file}: {reason}")]
    NotAPlan {
        /// Plan.
        file: PathBuf,
        /// Where and what, by the reader.
        reason: serde_json::Error,
    },
    /// A number outside what it can be.
    #[error("{file}: {key} = {value} lies outside [{min}, {max}]")]
    OutOfRange {
        /// Plan.
        file: PathBuf,
        /// Key, with its place in a list.
        key: String,
        /// As written.
        value: f64,
        /// Least.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// An interval that ends before it begins.
    #[error("{file}: {key} ends at {to}, before it begins at {from}")]
    Backwards {
        /// Plan.
        file: PathBuf,
        /// Key, with its place in a list.
        key: String,
        /// Begin.
        from: Time,
        /// End.
        to: Time,
    },
    /// A grid whose heights are not as many as its columns times its rows.
    #[error("{file}: terrain has {heights} heights, but {columns} columns and {rows} rows")]
    Grid {
        /// Plan.
        file: PathBuf,
        /// Heights written.
        heights: usize,
        /// Columns.
        columns: usize,
        /// Rows.
        rows: usize,
    },
}

/// An instant as the file writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utc(pub Time);

impl<'de> Deserialize<'de> for Utc {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Ms(i64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Ms(ms) => Ok(Utc(clock::from_utc_ms(ms))),
            Written::Text(text) => Time::from_utc(text.trim_end_matches('Z'))
                .map(Utc)
                .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a time in UTC"))),
        }
    }
}

/// Where the lander is to come down.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Site {
    /// Planetocentric latitude, degrees.
    pub latitude_deg: f64,
    /// East longitude, degrees.
    pub longitude_deg: f64,
    /// Name for people.
    #[serde(default)]
    pub name: String,
}

/// A pass over a station, as predicted.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Pass {
    /// The station's number.
    pub station: u8,
    /// The station's name.
    #[serde(default)]
    pub name: String,
    /// Acquisition of signal.
    pub aos_utc: Utc,
    /// Loss of signal.
    pub los_utc: Utc,
    /// Highest elevation over the station's horizon, degrees.
    #[serde(default)]
    pub max_elevation_deg: f64,
}

/// A time for which the Moon hides the lander.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Occultation {
    /// Begin.
    pub from_utc: Utc,
    /// End.
    pub to_utc: Utc,
}

/// One point of the planned corridor.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct CorridorPoint {
    /// Altitude of the feet over the ground, m.
    pub altitude_m: f64,
    /// Planned descent speed there, m/s, positive down.
    pub descent_m_s: f64,
}

/// A station that may deliver.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Station {
    /// Its number in delivery units.
    pub number: u8,
    /// Name for people.
    pub name: String,
    /// Geodetic latitude, degrees.
    #[serde(default)]
    pub latitude_deg: f64,
    /// East longitude, degrees.
    #[serde(default)]
    pub longitude_deg: f64,
}

/// Ground around the target for the 3-D view: rows from south to north, columns from west to east, frame L.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Terrain {
    /// Between neighbours, m.
    pub spacing_m: f64,
    /// From west to east.
    pub columns: usize,
    /// From south to north.
    pub rows: usize,
    /// Heights over the target, m.
    pub heights_m: Vec<f64>,
}

/// What is planned to happen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Moment {
    /// When.
    pub utc: Utc,
    /// Phase that begins, where one does.
    #[serde(default)]
    pub phase: Option<String>,
    /// One line for a person.
    pub text: String,
}

/// A limit in place of the dictionary's. What is not written is not checked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitOverride {
    /// Parameter.
    pub key: String,
    /// Phases in which it holds, by name; none written: all.
    #[serde(default)]
    pub phases: Vec<String>,
    /// Below it the value is yellow.
    pub yellow_low: Option<f64>,
    /// Above it the value is yellow.
    pub yellow_high: Option<f64>,
    /// Below it the value is red.
    pub red_low: Option<f64>,
    /// Above it the value is red.
    pub red_high: Option<f64>,
    /// For how long without a break before an alarm is raised, s; the dictionary's where none is written.
    pub persistence_s: Option<f64>,
}

/// The plan.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Mission {
    /// For the head of a screen.
    pub title: String,
    /// Name of the mission.
    pub mission: String,
    /// Landing site.
    pub site: Option<Site>,
    /// Planned touchdown.
    pub planned_touchdown_utc: Option<Utc>,
    /// Planned begin of the deorbit burn.
    pub deorbit_utc: Option<Utc>,
    /// Planned ignition of the braking burn.
    pub ignition_utc: Option<Utc>,
    /// Spacecraft identifier in frames.
    pub scid: Option<u16>,
    /// One-way light time at touchdown, s.
    pub light_time_s: f64,
    /// Predicted passes.
    pub passes: Vec<Pass>,
    /// Predicted occultations.
    pub occultations: Vec<Occultation>,
    /// Planned descent speed by altitude.
    pub corridor: Vec<CorridorPoint>,
    /// Limits of this flight.
    pub limits: Vec<LimitOverride>,
    /// Ground around the target.
    pub terrain: Option<Terrain>,
    /// Stations.
    pub stations: Vec<Station>,
    /// What is planned when.
    pub timeline: Vec<Moment>,
    /// The file as it is, for screens; `{}` without a plan.
    #[serde(skip)]
    pub text: String,
}

impl Mission {
    /// No plan: the ground receives and shows without one.
    pub fn none() -> Self {
        Self { text: "{}".to_string(), ..Self::default() }
    }

    /// Reads and checks a plan.
    pub fn read(file: &Path) -> Result<Self, MissionError> {
        let unreadable = |reason| MissionError::Unreadable { file: file.to_path_buf(), reason };
        let octets = std::fs::metadata(file).map_err(unreadable)?.len();
        if octets > OCTETS_MAX {
            return Err(MissionError::TooLarge { file: file.to_path_buf(), octets });
        }
        Self::parse(file, std::fs::read_to_string(file).map_err(unreadable)?)
    }

    /// Checks a plan's text; `file` is named in errors.
    pub fn parse(file: &Path, text: String) -> Result<Self, MissionError> {
        let mut mission: Mission = serde_json::from_str(&text)
            .map_err(|reason| MissionError::NotAPlan { file: file.to_path_buf(), reason })?;
        mission.text = text;
        mission.check(file)?;
        Ok(mission)
    }

    fn check(&self, file: &Path) -> Result<(), MissionError> {
        let within = |key: &str, value: f64, min: f64, max: f64| {
            if (min..=max).contains(&value) {
                return Ok(());
            }
            let (file, key) = (file.to_path_buf(), key.to_string());
            Err(MissionError::OutOfRange { file, key, value, min, max })
        };
        let forward = |key: String, from: Utc, to: Utc| {
            if from <= to {
                return Ok(());
            }
            Err(MissionError::Backwards { file: file.to_path_buf(), key, from: from.0, to: to.0 })
        };
        if let Some(site) = &self.site {
            within("site.latitude_deg", site.latitude_deg, -90.0, 90.0)?;
            within("site.longitude_deg", site.longitude_deg, -180.0, 360.0)?;
        }
        // From a low orbit of the Moon to four times its distance.
        within("light_time_s", self.light_time_s, 0.0, 6.0)?;
        for (k, station) in self.stations.iter().enumerate() {
            within(&format!("stations[{k}].latitude_deg"), station.latitude_deg, -90.0, 90.0)?;
            within(&format!("stations[{k}].longitude_deg"), station.longitude_deg, -180.0, 360.0)?;
        }
        for (k, pass) in self.passes.iter().enumerate() {
            forward(format!("passes[{k}]"), pass.aos_utc, pass.los_utc)?;
        }
        for (k, hidden) in self.occultations.iter().enumerate() {
            forward(format!("occultations[{k}]"), hidden.from_utc, hidden.to_utc)?;
        }
        for (k, point) in self.corridor.iter().enumerate() {
            within(&format!("corridor[{k}].altitude_m"), point.altitude_m, -10_000.0, 1e6)?;
            within(&format!("corridor[{k}].descent_m_s"), point.descent_m_s, -10_000.0, 10_000.0)?;
        }
        let Some(terrain) = &self.terrain else { return Ok(()) };
        within("terrain.spacing_m", terrain.spacing_m, 1e-3, 1e5)?;
        let (heights, columns, rows) = (terrain.heights_m.len(), terrain.columns, terrain.rows);
        if columns.checked_mul(rows) != Some(heights) {
            return Err(MissionError::Grid { file: file.to_path_buf(), heights, columns, rows });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAN: &str = r#"{
        "title": "M2", "mission": "Hakuto-R Mission 2", "scid": 93, "light_time_s": 1.28,
        "site": { "latitude_deg": 60.5, "longitude_deg": -4.6, "name": "Mare Frigoris" },
        "planned_touchdown_utc": "2025-06-05T19:17:00Z",
        "passes": [{ "station": 1, "name": "Goonhilly", "aos_utc": "2025-06-05T12:00:00",
                     "los_utc": 1749164400000, "max_elevation_deg": 41.0 }],
        "corridor": [{ "altitude_m": 1000.0, "descent_m_s": 30.0 }],
        "limits": [{ "key": "nav.tilt_rad", "yellow_high": 0.1, "red_high": 0.2, "phases": ["terminal descent"] }],
        "terrain": { "spacing_m": 10.0, "columns": 2, "rows": 1, "heights_m": [0.0, 1.5] },
        "timeline": [{ "utc": "2025-06-05T19:17:00", "phase": "contact", "text": "touchdown" }],
        "something_else": [1, 2, 3]
    }"#;

    fn parse(text: &str) -> Result<Mission, String> {
        Mission::parse(Path::new("mission.json"), text.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_plan_is_read_and_its_text_is_kept() {
        let mission = parse(PLAN).unwrap();
        assert_eq!(
            mission.planned_touchdown_utc.unwrap().0,
            Time::from_utc("2025-06-05T19:17:00").unwrap()
        );
        assert_eq!(mission.passes[0].los_utc.0, Time::from_utc("2025-06-05T23:00:00").unwrap());
        assert_eq!(mission.text, PLAN);
        assert_eq!(mission.limits[0].red_high, Some(0.2));
    }

    #[test]
    fn what_is_wrong_is_named_with_file_key_value_and_limit() {
        for (from, to, said) in [
            ("60.5", "91.0", "mission.json: site.latitude_deg = 91 lies outside [-90, 90]"),
            ("1.28", "-1.0", "light_time_s = -1 lies outside [0, 6]"),
            ("\"rows\": 1", "\"rows\": 3", "2 heights, but 2 columns and 3 rows"),
            ("1749164400000", "1", "passes[0] ends at 1970"),
            ("19:17:00Z", "tomorrow", "is not a time in UTC"),
            ("\"scid\": 93", "\"scid\": \"x\"", "mission.json: invalid type: string \"x\""),
            ("red_high", "rad_high", "unknown field `rad_high`"),
        ] {
            let error = parse(&PLAN.replace(from, to)).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        let absent = Mission::read(Path::new("absent.json")).unwrap_err().to_string();
        assert!(absent.starts_with("absent.json: cannot be read"), "{absent}");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(cut in 0..PLAN.len(), with in ".{0,8}") {
            if PLAN.is_char_boundary(cut) {
                let _ = parse(&format!("{}{with}{}", &PLAN[..cut], &PLAN[cut..]));
                let _ = parse(&PLAN[..cut]);
            }
        }
    }
}
