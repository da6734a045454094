//! Limits in the phase of the flight, and who is told when a value stays outside.
//!
//! Owns: [`Limits`], the rules in force: the dictionary's ([`icd::limits`]), in place of them the plan's; and
//! [`Watch`], the memory of one value on its way to an alarm.
//! Does not own: alarms as people see them (`alarms`).
//!
//! A sample's colour is that of its own value in the phase of its own time. An alarm needs the value to be outside
//! without a break for the persistence of the limit, and to be inside for as long before it is over. Samples older
//! than the newest one of their parameter are coloured but move no watch.

use crate::mission::LimitOverride;
use crate::values::Level;
use icd::limits::{Colour, Limit};
use icd::time::{Span, Time};
use icd::tm::Phase;

/// Why the plan's limits cannot be used.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum LimitError {
    /// No such parameter.
    #[error("limits[{index}].key = \"{key}\": there is no such parameter")]
    UnknownKey {
        /// Place in the plan's list.
        index: usize,
        /// As written.
        key: String,
    },
    /// No such phase.
    #[error("limits[{index}].phases: there is no phase \"{phase}\"")]
    UnknownPhase {
        /// Place in the plan's list.
        index: usize,
        /// As written.
        phase: String,
    },
    /// Limits that cross, or are no numbers.
    #[error("limits[{index}] of {key}: {what} = {value} lies beyond {other} = {limit}")]
    Crossed {
        /// Place in the plan's list.
        index: usize,
        /// Parameter.
        key: String,
        /// The outer limit.
        what: &'static str,
        /// As written.
        value: f64,
        /// The inner limit.
        other: &'static str,
        /// As written.
        limit: f64,
    },
    /// A persistence that is no time.
    #[error("limits[{index}].persistence_s = {value} lies outside [0, 3600]")]
    Persistence {
        /// Place in the plan's list.
        index: usize,
        /// As written.
        value: f64,
    },
}

/// One rule in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Limits; of `phases` only what [`Rule::holds`] says counts.
    pub limit: Limit,
    /// Phases in which it holds, by bit.
    phases: u16,
}

impl Rule {
    /// Whether it holds in a phase.
    pub fn holds(&self, phase: Phase) -> bool {
        self.phases & bit(phase) != 0
    }
}

fn bit(phase: Phase) -> u16 {
    1 << (phase as u8)
}

impl From<&Limit> for Rule {
    fn from(limit: &Limit) -> Self {
        let phases = Phase::ALL.into_iter().filter(|phase| limit.holds(*phase)).map(bit);
        Rule { limit: *limit, phases: phases.fold(0, |all, one| all | one) }
    }
}

/// The rules of every parameter, by the parameter's index.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    rules: Vec<Vec<Rule>>,
}

impl Limits {
    /// The dictionary's rules for these keys (the second is the key that the dictionary knows), and the plan's before
    /// them.
    pub fn new(
        keys: &[(&str, &'static str)],
        overrides: &[LimitOverride],
    ) -> Result<Self, LimitError> {
        let mut rules: Vec<Vec<Rule>> = Vec::with_capacity(keys.len());
        for (index, written) in overrides.iter().enumerate() {
            check(index, written)?;
            if !keys.iter().any(|(name, line)| written.key == *name || written.key == *line) {
                return Err(LimitError::UnknownKey { index, key: written.key.clone() });
            }
        }
        for (name, line) in keys {
            let mut own = Vec::new();
            for (index, written) in overrides.iter().enumerate() {
                if written.key == *name || written.key == *line {
                    own.push(rule(index, line, written)?);
                }
            }
            own.extend(icd::limits::LIMITS.iter().filter(|l| l.key == *line).map(Rule::from));
            rules.push(own);
        }
        Ok(Self { rules })
    }

    /// The rule of a parameter in a phase: the first that holds.
    pub fn rule(&self, index: usize, phase: Phase) -> Option<&Rule> {
        self.rules.get(index)?.iter().find(|rule| rule.holds(phase))
    }

    /// Every rule of a parameter, the plan's first.
    pub fn rules(&self, index: usize) -> &[Rule] {
        self.rules.get(index).map_or(&[], Vec::as_slice)
    }

    /// How a value stands in a phase. An infinite one says that there was nothing to measure, such as the strength of
    /// a carrier that is not there: it is not judged. What is not a number is red.
    pub fn level(&self, index: usize, phase: Phase, value: f64) -> Level {
        if value.is_infinite() {
            return Level::Normal;
        }
        self.rule(index, phase).map_or(Level::Normal, |rule| match rule.limit.colour(value) {
            Colour::Green => Level::Normal,
            Colour::Yellow => Level::Yellow,
            Colour::Red => Level::Red,
        })
    }
}

fn check(index: usize, written: &LimitOverride) -> Result<(), LimitError> {
    let key = || written.key.clone();
    let pairs = [
        (("red_low", written.red_low), ("yellow_low", written.yellow_low)),
        (("yellow_low", written.yellow_low), ("yellow_high", written.yellow_high)),
        (("yellow_high", written.yellow_high), ("red_high", written.red_high)),
        (("red_low", written.red_low), ("red_high", written.red_high)),
    ];
    for ((what, low), (other, high)) in pairs {
        let crossed = low.zip(high).filter(|(low, high)| low > high);
        if let Some((value, limit)) = crossed {
            return Err(LimitError::Crossed { index, key: key(), what, value, other, limit });
        }
    }
    let value = written.persistence_s.unwrap_or(0.0);
    if !(0.0..=3600.0).contains(&value) {
        return Err(LimitError::Persistence { index, value });
    }
    Ok(())
}

fn rule(index: usize, line: &'static str, written: &LimitOverride) -> Result<Rule, LimitError> {
    let mut phases = 0;
    for name in &written.phases {
        let known = Phase::ALL.into_iter().find(|phase| phase.name() == name);
        let unknown = || LimitError::UnknownPhase { index, phase: name.clone() };
        phases |= bit(known.ok_or_else(unknown)?);
    }
    if written.phases.is_empty() {
        phases = u16::MAX;
    }
    let default = icd::limits::LIMITS.iter().find(|limit| limit.key == line);
    let limit = Limit {
        key: line,
        red_low: written.red_low,
        yellow_low: written.yellow_low,
        yellow_high: written.yellow_high,
        red_high: written.red_high,
        phases: (Phase::OrbitCoast, Phase::Landed),
        persistence_s: written
            .persistence_s
            .or(default.map(|limit| limit.persistence_s))
            .unwrap_or(0.0),
    };
    Ok(Rule { limit, phases })
}

/// What a watch has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No news.
    Same,
    /// Outside for long enough, or further out than before.
    Raise(Level),
    /// Inside for long enough.
    Clear,
}

/// One value on its way to an alarm and back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    newest: Option<Time>,
    /// Since when it is at least yellow, red, inside, without a break.
    yellow: Option<Time>,
    red: Option<Time>,
    normal: Option<Time>,
    /// `None` at first: an alarm may stand from before a restart.
    told: Option<Level>,
}

impl Watch {
    /// A new sample. Older ones than the newest are no news.
    pub fn hear(&mut self, t: Time, level: Level, persistence: Span) -> Verdict {
        if self.newest.is_some_and(|newest| t <= newest) {
            return Verdict::Same;
        }
        self.newest = Some(t);
        let since = |mark: &mut Option<Time>, holds: bool| {
            *mark = if holds { Some(mark.unwrap_or(t)) } else { None };
            mark.is_some_and(|mark| t - mark >= persistence)
        };
        let yellow = since(&mut self.yellow, level >= Level::Yellow);
        let red = since(&mut self.red, level >= Level::Red);
        let normal = since(&mut self.normal, level == Level::Normal);
        if red && self.told < Some(Level::Red) {
            self.told = Some(Level::Red);
            Verdict::Raise(Level::Red)
        } else if yellow && self.told < Some(Level::Yellow) {
            self.told = Some(Level::Yellow);
            Verdict::Raise(Level::Yellow)
        } else if normal && self.told != Some(Level::Normal) {
            self.told = Some(Level::Normal);
            Verdict::Clear
        } else {
            Verdict::Same
        }
    }
}

#[cfg(test)]
#[path = "limits/tests.rs"]
mod tests;
