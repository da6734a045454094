//! The file of published points.
//!
//! Owns: its keys and their limits. Does not own: what a scenario may say.
//! As written: `title`, `source`, `mission` (a scenario: what was planned; faults in it are struck out), and `[[point]]`s.
//! A point has a `name`, may have `event`, and says at least one of `after_planned_s` (time after the planned touchdown,
//! negative before it), `altitude_m`, `believed_altitude_m`, `descent_m_s`, `speed_m_s`; each with its uncertainty as
//! `{ mean, sigma }` or `{ min, max }`. Without an event and a time it stands for the moment at which the flight
//! passes its altitude.

use rig::scenario::{Dispersed, Reader, Scenario, ScenarioError, Tree};
use std::path::Path;

/// Things that are reported without saying what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The signal ends: the lander breaks up.
    LossOfSignal,
    /// First contact with the ground.
    Impact,
    /// First valid range after braking ignition.
    FirstValidRange,
    /// Navigation believes itself at the ground.
    EstimatedZero,
    /// The tanks are empty.
    PropellantEnd,
}

impl Event {
    /// All, in the order of their names.
    pub const ALL: [Self; 5] = [
        Self::LossOfSignal,
        Self::Impact,
        Self::FirstValidRange,
        Self::EstimatedZero,
        Self::PropellantEnd,
    ];

    /// Name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LossOfSignal => "loss_of_signal",
            Self::Impact => "impact",
            Self::FirstValidRange => "first_valid_range",
            Self::EstimatedZero => "estimated_zero",
            Self::PropellantEnd => "propellant_end",
        }
    }
}

/// What a point may say, by key: unit as in the key, least and largest.
pub(super) const KEYS: [(&str, f64, f64); 5] = [
    ("after_planned_s", -7200.0, 7200.0),
    ("altitude_m", -100.0, 1e5),
    ("believed_altitude_m", -1e4, 1e5),
    ("descent_m_s", -500.0, 3000.0),
    ("speed_m_s", 0.0, 3000.0),
];

/// Places in [`KEYS`].
pub(super) const TIME: usize = 0;
pub(super) const ALTITUDE: usize = 1;
pub(super) const BELIEVED: usize = 2;

/// One published point.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What it is called.
    pub name: String,
    /// What happened there, if that is what is reported.
    pub event: Option<Event>,
    /// What is said of it, in the order of the keys: time after the planned touchdown, altitude, believed altitude, descent
    /// speed, speed.
    pub says: [Option<Dispersed>; 5],
}

/// A file of points.
#[derive(Clone, Debug)]
pub struct Points {
    /// Title.
    pub title: String,
    /// Where they were published.
    pub source: String,
    /// What was planned.
    pub mission: Scenario,
    /// The points, in the order of the file.
    pub points: Vec<Point>,
    /// Every value, one line each.
    pub(super) canonical: String,
}

impl Points {
    /// Reads a file and the scenario that it names.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn read(file: &Path) -> Result<Self, ScenarioError> {
        Self::check(&Tree::read(file)?)
    }

    /// Checks what was written.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn check(tree: &Tree) -> Result<Self, ScenarioError> {
        let root = Reader::new(tree);
        let mission = Scenario::check(&root.file("mission")?)?;
        let title = root.text("title")?.to_string();
        let source = root.text("source")?.to_string();
        let points =
            root.tables("point")?.iter().map(|t| point(tree, t)).collect::<Result<_, _>>()?;
        root.finish()?;
        let lines = tree.canonical();
        let canonical = lines.lines().filter(|line| !line.starts_with("mission = "));
        let canonical = canonical.collect::<Vec<_>>().join("; ");
        Ok(Self { title, source, mission, points, canonical })
    }
}

fn point(tree: &Tree, t: &Reader<'_>) -> Result<Point, ScenarioError> {
    let name = t.text("name")?.to_string();
    let event = t.choice_if_any("event", &Event::ALL.map(Event::name))?.map(|n| Event::ALL[n]);
    let mut says = [const { None }; 5];
    for (slot, (key, min, max)) in says.iter_mut().zip(KEYS) {
        if t.has(key) {
            *slot = Some(spread(tree, t, key, (min, max))?);
        }
    }
    t.finish()?;
    let placed = event.is_some() || [TIME, ALTITUDE, BELIEVED].iter().any(|n| says[*n].is_some());
    if !placed || says.iter().all(Option::is_none) {
        // Nothing says where it stands: its altitude is what is missing.
        t.number(KEYS[ALTITUDE].0, KEYS[ALTITUDE].1, KEYS[ALTITUDE].2)?;
    }
    Ok(Point { name, event, says })
}

/// A value with its uncertainty; one without is refused.
fn spread(
    tree: &Tree,
    t: &Reader<'_>,
    key: &'static str,
    (min, max): (f64, f64),
) -> Result<Dispersed, ScenarioError> {
    let law = t.dispersed(key, min, max)?;
    match law {
        Dispersed::Normal { sigma, .. } if sigma > 0.0 => Ok(law),
        Dispersed::Uniform { .. } => Ok(law),
        _ => Err(ScenarioError::MissingKey {
            file: tree.path().to_path_buf(),
            key: format!("{}.sigma", t.key(key)),
            expected: "an uncertainty: { mean, sigma } or { min, max }".to_string(),
        }),
    }
}
