//! A scenario as a problem: how probable it is that its lander does not stand.
//!
//! Owns: [`Event`], [`Descent`], the score. Does not own: the loop (`rig::closed_loop`), what a loss is
//! (`rig::verdict`), the inputs (`rig::stand`).
//!
//! Inputs are everything that is constant in a run ([`Stand::inputs`]), as standard normals; noise is what
//! sensors and faults draw from cycle to cycle. The score of a pulse frame is the sum of two margins, each 0 when
//! all is well:
//! - v²/(2 a (h + 2 m)), the deceleration that a stop at the ground takes over the one there is with all engines at full
//!   thrust: from 1 on no control saves the lander;
//! - |ĥ − h|/(h + 100 m), what navigation's altitude is wrong by, at most 2: what becomes of it later.
//!
//! The running score of a run is the largest so far. The event itself is +∞, so it passes all levels; an event
//! that these margins do not announce (tanks that run dry, a fall after contact) passes them in one step,
//! which costs variance, not truth. An event by a measure scores what the measure is above its limit, at the end, where
//! a fork is the same flight again: only its inputs move. A flight without that measure scores −∞.
//! A run that leaves the simulation's range of validity does not stand, as in a campaign's report, and is counted.

use super::known::normal_tail;
use super::{History, Path, Point, Problem};
use icd::constants::GM_MOON_M3_S2;
use rig::closed_loop::{Flown, Frame, Running};
use rig::measures::{Measure, measure};
use rig::record::Recording;
use rig::scenario::ScenarioError;
use rig::stand::Stand;
use rig::verdict::Outcome;

/// What is asked for the probability of.
#[derive(Clone, Copy)]
pub enum Event {
    /// Not at rest on its legs, whatever became of it.
    NotStanding,
    /// Struck the ground, with propellant left or without.
    Lost,
    /// Any other outcome than landed.
    NotLanded,
    /// A measure above a limit.
    Above {
        /// The measure.
        measure: &'static Measure,
        /// In its unit.
        limit: f64,
    },
}

/// Why an event cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Neither an outcome nor a measure with a limit.
    #[error(
        "event `{text}`: it is `not-standing`, `lost`, `not-landed`, or a measure and its limit such as `miss_m>100`"
    )]
    Unknown {
        /// As given.
        text: String,
    },
    /// No such measure.
    #[error("event `{text}`: there is no measure `{key}`")]
    NoSuchMeasure {
        /// As given.
        text: String,
        /// The measure named.
        key: String,
    },
    /// The limit is no number.
    #[error("event `{text}`: the limit `{limit}` is not a finite number")]
    NoLimit {
        /// As given.
        text: String,
        /// The limit given.
        limit: String,
    },
}

impl miette::Diagnostic for EventError {}

impl Event {
    /// Reads `not-standing`, `lost`, `not-landed` or `MEASURE>LIMIT`.
    ///
    /// # Errors
    /// Anything else.
    pub fn read(text: &str) -> Result<Self, EventError> {
        match text {
            "not-standing" => return Ok(Self::NotStanding),
            "lost" => return Ok(Self::Lost),
            "not-landed" => return Ok(Self::NotLanded),
            _ => {}
        }
        let owned = || text.to_string();
        let (key, limit) =
            text.split_once('>').ok_or_else(|| EventError::Unknown { text: owned() })?;
        let (key, limit) = (key.trim(), limit.trim());
        let measure = measure(key)
            .ok_or_else(|| EventError::NoSuchMeasure { text: owned(), key: key.to_string() })?;
        let number = limit.parse().ok().filter(|limit: &f64| limit.is_finite());
        let limit = number
            .ok_or_else(|| EventError::NoLimit { text: owned(), limit: limit.to_string() })?;
        Ok(Self::Above { measure, limit })
    }

    /// Whether a flight came to it.
    pub fn came(&self, flown: &Flown) -> bool {
        let outcome = flown.judgement.outcome;
        match self {
            Self::NotStanding => !outcome.stands(),
            Self::Lost => outcome.struck(),
            Self::NotLanded => outcome != Outcome::Landed,
            Self::Above { .. } => self.above(flown).is_some_and(|above| above > 0.0),
        }
    }

    /// What the measure is above its limit.
    fn above(&self, flown: &Flown) -> Option<f64> {
        match self {
            Self::Above { measure, limit } => Some((measure.read)(&flown.measures)? - limit),
            Self::NotStanding | Self::Lost | Self::NotLanded => None,
        }
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotStanding => f.write_str("not standing"),
            Self::Lost => f.write_str("lost"),
            Self::NotLanded => f.write_str("not landed"),
            Self::Above { measure, limit } => {
                write!(f, "{} > {limit} {}", measure.key, measure.unit)
            }
        }
    }
}

/// Why a point could not be flown.
#[derive(Debug, thiserror::Error)]
pub enum DescentError {
    /// The run could not start or read its ground.
    #[error("run {run} could not be flown")]
    Scenario {
        /// Its number.
        run: u64,
        /// Why.
        #[source]
        reason: Box<ScenarioError>,
    },
}

impl miette::Diagnostic for DescentError {}

/// A scenario and an event of it.
#[derive(Clone)]
pub struct Descent<'a> {
    stand: &'a Stand,
    event: Event,
    /// Inputs of a point; 0 when runs draw their own.
    inputs: usize,
    /// Thrust of all engines, N.
    thrust_N: f64,
}

impl<'a> Descent<'a> {
    /// All inputs of the scenario are a point's.
    pub fn new(stand: &'a Stand, event: Event) -> Self {
        let machine = &stand.scenario.vehicle.machine;
        let assist_N: f64 = machine.assist.iter().map(|engine| engine.thrust_N).sum();
        let thrust_N = machine.main.thrust_N + assist_N;
        Self { stand, event, inputs: stand.inputs().len(), thrust_N }
    }

    /// Every run draws its own inputs, as in a campaign.
    pub fn drawing_its_own(stand: &'a Stand, event: Event) -> Self {
        Self { inputs: 0, ..Self::new(stand, event) }
    }

    /// Flies a point, whoever looks on: the stand at that point, what became of it, and the cycles it took.
    ///
    /// # Errors
    /// As [`Problem::fly`].
    #[inline(never)] // its frame is large
    pub fn flown(
        &self,
        point: &Point,
        recording: Recording,
        mut observer: impl FnMut(u64, &Frame<'_>),
    ) -> Result<(Stand, Flown, u64), DescentError> {
        let History { run, forks } = &point.history;
        let run = *run;
        let failed = |reason| DescentError::Scenario { run, reason: Box::new(reason) };
        let stand = if point.inputs.is_empty() {
            self.stand.clone()
        } else {
            self.stand.at_point(point.inputs.iter().map(|u| normal_tail(-u)).collect())
        };
        let load = stand.load(run);
        let mut running = Running::new(&stand, &load, run, recording).map_err(failed)?;
        let mut forks = forks.iter().peekable();
        let end = loop {
            while let Some(fork) = forks.next_if(|fork| fork.step <= running.cycles()) {
                running.rekey(fork.key);
            }
            let cycle = running.cycles() + 1;
            if let Some(end) = running.step(&mut |frame| observer(cycle, frame)) {
                break end;
            }
        };
        let cycles = running.cycles();
        let flown = running.finish(&stand, end).map_err(failed)?;
        drop(load);
        Ok((stand, flown, cycles))
    }

    /// The score of one pulse frame.
    pub fn score(&self, frame: &Frame<'_>) -> f64 {
        let view = frame.view;
        let radius_m = icd::constants::MOON_RADIUS_M + view.altitude_m;
        let decelerates = self.thrust_N / view.mass_kg - GM_MOON_M3_S2 / (radius_m * radius_m);
        let (height_m, down_m_s) = (view.altitude_m.max(0.0), (-view.v_up_m_s).max(0.0));
        let stop = down_m_s * down_m_s / (2.0 * decelerates.max(0.1) * (height_m + 2.0));
        let wrong_m = (frame.telemetry.nav.altitude_m - view.altitude_m).abs();
        let score = stop + (wrong_m / (height_m + 100.0)).min(2.0);
        if score.is_finite() { score } else { 0.0 }
    }
}

impl Problem for Descent<'_> {
    type Error = DescentError;

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn stepped(&self) -> bool {
        true
    }

    fn fly(&self, point: &Point) -> Result<Path, DescentError> {
        let by_margins = !matches!(self.event, Event::Above { .. });
        let mut path = if by_margins { Path::at_once(0.0) } else { Path::default() };
        let (_, flown, cycles) = self.flown(point, Recording::Off, |cycle, frame| {
            if by_margins {
                path.note(cycle, self.score(frame));
            }
        })?;
        path.invalid = flown.judgement.outcome == Outcome::Invalid;
        // At the very end: a branch from here changes nothing that the verdict rests on.
        if self.event.came(&flown) {
            path.note(cycles, f64::INFINITY);
        } else if let Some(above) = self.event.above(&flown) {
            path.note(cycles, above);
        }
        Ok(path)
    }
}
