//! What a report shows, in the report's own terms.
//!
//! Owns: [`Sheet`]. Does not own: where it comes from (`adapt`), how it looks (`page`), how programs read it (`twin`).

use crate::explanation::Explained;
use crate::finding::Grade;
use icd::time::Time;
use rig::report::chart::Chart;

/// Everything that a report shows; the page and its twin are made of it alone.
#[derive(Default)]
pub struct Sheet {
    /// Title: the mission.
    pub title: String,
    /// What it rests on.
    pub source: Source,
    /// What is asked.
    pub question: String,
    /// What is answered.
    pub answer: Answer,
    /// Further facts for the head: name and value.
    pub facts: Vec<(String, String)>,
    /// Zero of the time axis, and what happened then.
    pub zero: Option<(Time, String)>,
    /// What is known, and how.
    pub evidence: Vec<Row>,
    /// What happened when.
    pub timeline: Vec<Moment>,
    /// What happened.
    pub explained: Explained,
    /// Pictures.
    pub plots: Vec<Panel>,
    /// What would have saved the lander; empty where it was not looked for.
    pub changes: Vec<Change>,
    /// From when on the lander was lost.
    pub no_return: Option<NoReturn>,
    /// What remains unknown, a sentence each.
    pub unknown: Vec<String>,
    /// How good the evidence is: name and value.
    pub quality: Vec<(String, String)>,
    /// How it was found: step and sentences, with citations.
    pub method: Vec<(String, String)>,
    /// Commands that do it again.
    pub repeat: Vec<String>,
}

/// What an inquiry rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Packets.
    #[default]
    Telemetry,
    /// Points that were published.
    Points,
}

impl Source {
    /// For programs.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Telemetry => "telemetry",
            Self::Points => "points",
        }
    }
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// In a few words.
    pub word: String,
    /// In one paragraph.
    pub text: String,
    /// Probability of what the words say; `None` where nothing is claimed.
    pub probability: Option<f64>,
}

/// A figure with its uncertainty.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Value.
    pub value: f64,
    /// Standard deviation, same unit; `None` where it is exact as received or not known.
    pub sigma: Option<f64>,
    /// Unit, as NOTATION.md spells it.
    pub unit: String,
}

/// One line of the table of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// When; `None` for the whole flight.
    pub t: Option<Time>,
    /// How it came to be.
    pub grade: Grade,
    /// What is seen.
    pub text: String,
    /// Its figure, where it is one.
    pub figure: Option<Figure>,
    /// What it was read from or made with.
    pub source: String,
}

/// One entry of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// When it began.
    pub t: Time,
    /// When it ended, of what lasted.
    pub until: Option<Time>,
    /// Standard deviation of the time, s.
    pub sigma_s: f64,
    /// How it came to be.
    pub grade: Grade,
    /// What it was read from or made with.
    pub source: String,
    /// What happened.
    pub text: String,
}

/// One picture.
pub struct Panel {
    /// Name for programs.
    pub key: &'static str,
    /// The picture.
    pub chart: Chart,
}

/// One way in which the flight could have been different.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// What is different.
    pub what: String,
    /// Kind of change: `software`, `sensor`, `parameter`, `procedure`, `fault`, `set`; empty for none.
    pub kind: String,
    /// How the flight ends.
    pub outcome: String,
    /// It lands within the limits.
    pub saves: bool,
    /// No smaller set of these changes saves it.
    pub minimal: bool,
    /// Vertical speed at the ground, m/s, down positive.
    pub v_down_m_s: Option<f64>,
    /// Miss distance, m.
    pub miss_m: Option<f64>,
    /// Propellant left, kg.
    pub propellant_kg: Option<f64>,
}

/// A moment of the flight.
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// When.
    pub t: Time,
    /// Altitude then, m.
    pub altitude: Figure,
    /// Descent speed then, m/s, down positive.
    pub descent: Figure,
    /// How the flight ends if the best takes over then; empty where it was not flown.
    pub outcome: String,
}

/// From when on nothing could save the lander.
#[derive(Clone, Debug, PartialEq)]
pub struct NoReturn {
    /// The last moment from which it was still saved; `None` when it was lost from the first one tried on.
    pub last: Option<Fork>,
    /// The first moment after that from which it was not; `None` when it could be saved until the end.
    pub first: Option<Fork>,
    /// From when on the stopping distance was more than the altitude: no software could have stopped the descent.
    pub beyond_thrust: Option<Fork>,
    /// What was allowed to take over.
    pub by: String,
    /// What it means, a sentence or two.
    pub text: String,
}
