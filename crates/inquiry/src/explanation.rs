//! What happened: findings put together, flown again, ranked.
//!
//! Owns: [`Explanation`], [`Explained`]. Does not own: the findings, the flights (`rig::closed_loop`).

mod combine;
mod decide;
mod groups;
mod mechanism;
mod needed;
pub mod rank;
mod refine;
pub mod refly;

use crate::catalogue::{self, Family};
use crate::finding::{Cause, Channel, Device, Fault, Seen};
use icd::time::Time;
use rig::verdict::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How the software itself lost the lander, or helped to.
#[derive(Clone, Debug, PartialEq)]
pub struct Mechanism {
    /// What it did.
    pub kind: MechanismKind,
    /// The sensor concerned.
    pub device: Device,
    /// When it began.
    pub from: Time,
    /// What the evidence shows of it, one sentence each.
    pub seen: Vec<Seen>,
}

/// Kinds of [`Mechanism`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MechanismKind {
    /// A valid sensor was rejected after the ground below it had jumped.
    RejectedAfterTerrainStep,
    /// A valid sensor was rejected because navigation was wrong.
    RejectedByWrongNavigation,
    /// Engines were cut off above the ground: switches had closed that touched nothing.
    CutOffByFalseContact,
    /// Engines were cut off above the ground: navigation believed itself on it.
    CutOffByWrongAltitude,
    /// The descent under thrust ended for good with a restart of the computer.
    LeftOffAfterRestart,
    /// A burn ended by its longest time: its velocity change was not sensed.
    BurnEndedByTime,
}

impl MechanismKind {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::RejectedAfterTerrainStep => "valid sensor rejected after a terrain step",
            Self::RejectedByWrongNavigation => "valid sensor rejected by a wrong navigation",
            Self::CutOffByFalseContact => {
                "engines cut off above the ground by a contact that was none"
            }
            Self::CutOffByWrongAltitude => "engines cut off above the ground by a wrong altitude",
            Self::LeftOffAfterRestart => "braking not resumed after a restart",
            Self::BurnEndedByTime => "burn ended by time, its velocity change not sensed",
        }
    }

    /// Whether it says that the sensor concerned was right.
    pub const fn trusts_sensor(self) -> bool {
        matches!(self, Self::RejectedAfterTerrainStep | Self::RejectedByWrongNavigation)
    }
}

/// One explanation flown again in closed loop on the mission's models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reflown {
    /// How it ended: `rig::verdict::Outcome::name`.
    pub outcome: String,
    /// When it ended, s after the start of the flight.
    pub end_s: f64,
    /// When it first met the ground, s after the start of the flight.
    pub contact_s: Option<f64>,
    /// Where it met the ground, east and north of the target, m.
    pub ground_m: Option<[f64; 2]>,
    /// Vertical and horizontal speed there, m/s.
    pub speed_m_s: Option<[f64; 2]>,
    /// Propellant left there, kg.
    pub propellant_kg: Option<f64>,
    /// Every few seconds and at the end: time since the start, s; altitude, m; vertical speed, up positive, m/s;
    /// horizontal speed, m/s; altitude and vertical speed as navigation believed them.
    pub profile: Vec<[f64; 6]>,
    /// Events by code, with their time since the start, s.
    pub events: Vec<(f64, u16)>,
}

impl Reflown {
    /// A flight that cannot be begun: nothing of it is known.
    pub fn not_begun() -> Self {
        Self {
            outcome: Outcome::Invalid.name().to_string(),
            end_s: 0.0,
            contact_s: None,
            ground_m: None,
            speed_m_s: None,
            propellant_kg: None,
            profile: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Whether there is anything of it.
    pub fn begun(&self) -> bool {
        !self.profile.is_empty()
    }
}

/// What a posterior is made of; natural logarithms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Prior.
    pub prior: f64,
    /// Gain of each channel that it explains.
    pub channels: Vec<(Channel, f64)>,
    /// How well it flies the recorded flight again; `None` where it was not flown.
    pub reflight: Option<f64>,
}

/// Something that an explanation says beyond what was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// What would show it: a measurement, test or image.
    pub test: String,
    /// What this explanation says of it, with figures and units.
    pub says: String,
}

/// One explanation of the flight.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What failed; empty where nothing in the library did.
    pub faults: Vec<Fault>,
    /// Channels in which something happened that the library does not hold.
    pub unknown: Vec<Channel>,
    /// What the software made of it.
    pub mechanism: Option<Mechanism>,
    /// In words.
    pub name: String,
    /// Families that its faults belong to; see `catalogue`.
    pub families: Vec<Family>,
    /// Other sets of causes that cannot be told from this one; their probability is in this one's.
    pub equals: Vec<Vec<Cause>>,
    /// Posterior probability.
    pub probability: f64,
    /// Its logarithm before it was brought to a sum of one.
    pub ln_posterior: f64,
    /// What that is made of.
    pub parts: Parts,
    /// What in the evidence says so.
    pub seen: Vec<Seen>,
    /// The flight again, under this explanation.
    pub reflown: Option<Reflown>,
    /// What it says that its rivals do not.
    pub predicts: Vec<Prediction>,
}

impl Explanation {
    /// What failed, each once, ascending.
    pub fn causes(&self) -> Vec<Cause> {
        let all: BTreeSet<Cause> = self.faults.iter().map(|fault| fault.cause.clone()).collect();
        all.into_iter().collect()
    }

    /// The same, each by what stands for all that cannot be told from it: two explanations of one class are one. Empty
    /// where nothing of the library failed.
    pub fn class(&self) -> Vec<Cause> {
        let all: BTreeSet<Cause> = self.causes().iter().map(catalogue::class).collect();
        all.into_iter().collect()
    }
}

/// A family of explanations with its probability.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyShare {
    /// In words, such as `late rangefinder together with navigation too high`.
    pub name: String,
    /// Probability.
    pub probability: f64,
}

/// What would tell two explanations apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Decider {
    /// Places in [`Explained::ranking`].
    pub between: (usize, usize),
    /// The measurement, test or image.
    pub test: String,
    /// What each of the two says of it, with figures and units.
    pub says: [String; 2],
    /// By how many standard deviations the two differ, where that is a number.
    pub sigmas: Option<f64>,
}

/// What happened, as far as it can be said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explained {
    /// Explanations, most probable first; their probabilities sum to one with what is not listed.
    pub ranking: Vec<Explanation>,
    /// The same by family, most probable first.
    pub families: Vec<FamilyShare>,
    /// Probability that something is at work that the library does not hold.
    pub outside_library: f64,
    /// What the software did, whatever the cause.
    pub mechanisms: Vec<Mechanism>,
    /// What would decide between the first explanations.
    pub deciders: Vec<Decider>,
    /// Flights flown for it.
    pub flights: u64,
}
