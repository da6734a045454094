//! The report: one self-contained HTML page that shows a flight, or two side by side.
//!
//! Owns: what a page needs to know of a flight ([`FlightSheet`]), and its making ([`page`]).
//! Parts: `shell` (the document around any page's content), `adapt` (a run to a sheet), `series` (columns to curves), `plots` (which curves stand together), `page` (cards and tables),
//! `json` (how data travels into the page), `assets/` (style, script, the plotting library uPlot).
//! Refuses: judging. Verdicts arrive finished; the page shows them.

pub mod adapt;
pub mod chart;
mod json;
mod page;
mod plots;
mod relief;
mod series;
mod shell;
pub mod survey;
#[cfg(test)]
pub(crate) mod synthetic;

pub use json::Json;
pub use page::{STYLE, escape, page, write};
pub use plots::{FLOWN, PLANNED, ProfilePoint};
pub use relief::{TerrainPatch, base64};
pub use series::{Columns, FINAL_S};
pub use shell::Shell;

use icd::events::Severity;
use icd::time::Time;

/// Everything a page shows of one flight.
pub struct FlightSheet<'a> {
    /// Short name, as the scenario's file is called.
    pub name: String,
    /// Title of the scenario.
    pub title: String,
    /// Purpose of the scenario.
    pub purpose: String,
    /// Further facts for the page's head: name and value (seed, run, hash of the scenario, …).
    pub facts: Vec<(String, String)>,
    /// Planned touchdown: zero of the page's time axis.
    pub planned_touchdown: Time,
    /// Time of each row of the record, ascending.
    pub times: Vec<Time>,
    /// The record's columns.
    pub columns: &'a dyn Columns,
    /// Events in order of time.
    pub events: Vec<EventLine>,
    /// The verdict.
    pub card: VerdictCard,
    /// Figures of this flight beside the published ones; may be empty.
    pub anchors: Vec<Anchor>,
    /// Ground under the track, from wide to close; may be empty.
    pub terrain: Vec<TerrainPatch>,
}

/// One event as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLine {
    /// When it was raised.
    pub t: Time,
    /// Name in the dictionary.
    pub name: String,
    /// Its sentence.
    pub text: String,
    /// How loud.
    pub severity: Severity,
}

/// How a flight ended.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictCard {
    /// How the flight ended, in a word or two.
    pub outcome: String,
    /// How good that is for the lander.
    pub tone: Tone,
    /// The grade against the scenario's expectation: `pass`, `degraded`, `fail`, `invalid`.
    pub grade: String,
    /// The grade is *pass*.
    pub as_expected: bool,
    /// One sentence for each thing that is not as expected.
    pub reasons: Vec<String>,
    /// Every criterion with its limit and what was measured.
    pub criteria: Vec<Criterion>,
}

/// How a flight ended, for the lander.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It stands.
    Safe,
    /// It stands, or moves still, but not as it should.
    Doubtful,
    /// It is lost.
    Lost,
    /// Nothing can be said.
    Void,
}

/// A bound on a measured figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// The figure shall not exceed this.
    AtMost(f64),
    /// The figure shall not fall below this.
    AtLeast(f64),
    /// The figure shall lie between these.
    Between(f64, f64),
}

impl Limit {
    /// Distance of `measured` from the nearest bound; negative when the bound is broken.
    pub fn margin(self, measured: f64) -> f64 {
        match self {
            Limit::AtMost(max) => max - measured,
            Limit::AtLeast(min) => measured - min,
            Limit::Between(min, max) => (measured - min).min(max - measured),
        }
    }
}

/// One criterion of the verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// What is measured.
    pub what: String,
    /// Unit of limit and measurement.
    pub unit: String,
    /// The bound.
    pub limit: Limit,
    /// The figure; NaN when the flight never came so far.
    pub measured: f64,
    /// Whether the verdict rests on it.
    pub judged: bool,
}

impl Criterion {
    /// The bound is kept; a figure that was never measured keeps none.
    pub fn kept(&self) -> bool {
        self.limit.margin(self.measured) >= 0.0
    }
}

/// A figure of this flight beside the published ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Anchor {
    /// What is compared.
    pub what: String,
    /// Unit.
    pub unit: String,
    /// The published plan, as printed; empty without one.
    pub planned: String,
    /// The published flight of Mission 2, as printed; empty without one.
    pub published: String,
    /// Value of this flight; NaN when it never came so far.
    pub here: f64,
    /// Whether it lies in the band that the scenario sets; `None` when it sets none.
    pub inside: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_positive_inside_and_negative_outside() {
        assert_eq!(Limit::AtMost(2.0).margin(1.5), 0.5);
        assert_eq!(Limit::AtLeast(2.0).margin(1.5), -0.5);
        assert_eq!(Limit::Between(1.0, 4.0).margin(3.0), 1.0);
    }

    #[test]
    fn a_figure_that_was_never_measured_keeps_no_bound() {
        let criterion = Criterion {
            what: "touchdown speed".into(),
            unit: "m/s".into(),
            limit: Limit::AtMost(2.0),
            measured: f64::NAN,
            judged: true,
        };
        assert!(!criterion.kept());
    }
}
