//! From what a person writes to an order of the dictionary, or a reason that names what is wrong.
//!
//! Owns: [`Request`], [`check`]. Does not own: ranges and choices (`icd::tc`), whether it makes sense now (on board).

use crate::clock::{from_utc_ms, utc_ms};
use icd::tc::{Argument, Command, Order, PARAMETERS, Refusal};
use icd::time::Time;
use serde_json::{Map, Value};

/// A command as a console writes it.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
pub struct Request {
    /// Name in the dictionary.
    pub name: String,
    /// Arguments by name: a number, or the name of a choice.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// When it is to be carried out on board, milliseconds of UTC since 1970; at once without it.
    #[serde(default)]
    pub at: Option<f64>,
}

/// Why a command is not sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// No such name.
    #[error("no command `{0}`")]
    UnknownCommand(String),
    /// Written as a command, but made by the time that another carries.
    #[error("`schedule` is not written by itself: give another command a time, `at`")]
    ScheduleAlone,
    /// No such argument.
    #[error("{command}: no argument `{argument}`")]
    UnknownArgument {
        /// Command.
        command: String,
        /// As written.
        argument: String,
    },
    /// Not given.
    #[error("{command}: argument `{argument}` is missing")]
    MissingArgument {
        /// Command.
        command: &'static str,
        /// Which.
        argument: &'static str,
    },
    /// Neither a number nor a choice.
    #[error("{command}: {argument} = {value} is none of: {known}")]
    NoSuchChoice {
        /// Command.
        command: &'static str,
        /// Argument.
        argument: &'static str,
        /// As written.
        value: String,
        /// What there is.
        known: String,
    },
    /// No finite number, or one that the wire cannot carry as it is.
    #[error("{command}: {argument} = {value} is not a number that can be sent")]
    NotANumber {
        /// Command.
        command: &'static str,
        /// Argument.
        argument: &'static str,
        /// As written.
        value: String,
    },
    /// Outside its range.
    #[error("{command}: {argument} = {value} {unit} lies outside [{min}, {max}]")]
    OutOfRange {
        /// Command.
        command: &'static str,
        /// Argument.
        argument: &'static str,
        /// As written.
        value: f64,
        /// Unit.
        unit: &'static str,
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// The dictionary refuses it for another reason.
    #[error("{command}: {text}")]
    Refused {
        /// Command.
        command: &'static str,
        /// Why.
        text: &'static str,
    },
    /// Its time is past, or will be when it arrives.
    #[error("{command}: its time is past before it can arrive")]
    Stale {
        /// Command.
        command: &'static str,
    },
    /// Too long to travel inside another.
    #[error("{0}: cannot be scheduled")]
    NotSchedulable(&'static str),
    /// A hazardous command needs its arming within ten seconds, so it is not scheduled.
    #[error("{0}: hazardous commands are not scheduled: their arming lasts ten seconds")]
    HazardousLater(&'static str),
    /// No command has this number.
    #[error("no command number {0}")]
    NoSuchNumber(u64),
    /// Released already, refused, or over.
    #[error("command {id} is not waiting for release: it is {state}")]
    NotWaiting {
        /// Number.
        id: u64,
        /// Where it stands.
        state: &'static str,
    },
    /// The second step names another command.
    #[error("confirm this release by the command's name, {0}")]
    NotConfirmed(String),
    /// The second step came too late.
    #[error("command {0} was not released in time: ask anew")]
    Expired(u64),
    /// Before the first delivery there is no mission time.
    #[error(
        "no station has delivered anything yet: there is no mission time and nobody to radiate"
    )]
    NoClock,
    /// Numbers or journal could not be written: nothing goes out that is not on disk.
    #[error("not sent: {0}")]
    Disk(String),
}

/// The command, its order, and the values as text for the log.
pub fn check(request: &Request) -> Result<(&'static Command, Order), CommandError> {
    let command = Command::named(&request.name)
        .ok_or_else(|| CommandError::UnknownCommand(shortened(&request.name)))?;
    if command.name == "schedule" {
        return Err(CommandError::ScheduleAlone);
    }
    let known = |name: &String| command.arguments.iter().any(|argument| argument.name == name);
    if let Some(argument) = request.arguments.keys().find(|name| !known(name)) {
        return Err(CommandError::UnknownArgument {
            command: command.name.to_owned(),
            argument: shortened(argument),
        });
    }
    let mut values = Vec::new();
    for argument in command.arguments {
        let written =
            request.arguments.get(argument.name).ok_or(CommandError::MissingArgument {
                command: command.name,
                argument: argument.name,
            })?;
        values.push(value(command, argument, written)?);
    }
    let order = command.order(&values).map_err(|why| explain(command, &values, why))?;
    Ok((command, order))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

fn value(
    command: &'static Command,
    argument: &'static Argument,
    written: &Value,
) -> Result<f64, CommandError> {
    let shown = || shortened(written.as_str().unwrap_or(&written.to_string()));
    if let Some(name) = written.as_str().filter(|_| !argument.choices.is_empty()) {
        let choice = argument.choices.iter().find(|(_, known)| *known == name);
        return choice
            .map(|(value, _)| f64::from(*value))
            .ok_or_else(|| no_choice(command, argument, shown()));
    }
    let number = written.as_f64().filter(|number| number.is_finite());
    let number = number.ok_or_else(|| match argument.choices.is_empty() {
        true => CommandError::NotANumber {
            command: command.name,
            argument: argument.name,
            value: shown(),
        },
        false => no_choice(command, argument, shown()),
    })?;
    let whole =
        matches!(argument.wire, icd::tm::Wire::U8 | icd::tm::Wire::U16 | icd::tm::Wire::U32);
    if whole && number.fract() != 0.0 {
        return Err(CommandError::NotANumber {
            command: command.name,
            argument: argument.name,
            value: shown(),
        });
    }
    Ok(number)
}

fn no_choice(command: &Command, argument: &Argument, value: String) -> CommandError {
    let known: Vec<&str> = argument.choices.iter().map(|(_, name)| *name).collect();
    let (command, argument, known) = (command.name, argument.name, known.join(", "));
    CommandError::NoSuchChoice { command, argument, value, known }
}

fn explain(command: &'static Command, values: &[f64], why: Refusal) -> CommandError {
    let at = why.argument().map(usize::from);
    let (Some(argument), Some(value)) =
        (at.and_then(|at| command.arguments.get(at)), at.and_then(|at| values.get(at)).copied())
    else {
        return CommandError::Refused { command: command.name, text: why.text() };
    };
    if matches!(why, Refusal::NoSuchChoice { .. }) {
        return no_choice(command, argument, value.to_string());
    }
    // The range of a loaded value is its parameter's, which is the argument before it.
    let loaded = (command.name == "load_parameter")
        .then(|| PARAMETERS.iter().find(|p| Some(f64::from(p.id)) == values.first().copied()))
        .flatten();
    let (name, unit, min, max) = match loaded {
        Some(parameter) => (parameter.name, parameter.unit, parameter.min, parameter.max),
        None => (argument.name, argument.unit, argument.min, argument.max),
    };
    CommandError::OutOfRange { command: command.name, argument: name, value, unit, min, max }
}

/// The time of a scheduled command.
pub(super) fn stamp(
    command: &'static Command,
    at_ms: Option<f64>,
    now: Time,
) -> Result<Option<Time>, CommandError> {
    let Some(ms) = at_ms else { return Ok(None) };
    if command.hazardous {
        return Err(CommandError::HazardousLater(command.name));
    }
    let now_ms = utc_ms(now) as f64;
    // From three seconds ahead, so that light has time, to a year.
    if !(ms >= now_ms + 3_000.0 && ms <= now_ms + 3.2e10) {
        return Err(CommandError::Stale { command: command.name });
    }
    #[allow(clippy::cast_possible_truncation)] // inside the range just checked
    Ok(Some(from_utc_ms(ms as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn says(name: &str, arguments: Value) -> String {
        let arguments = arguments.as_object().unwrap().clone();
        match check(&Request { name: name.into(), arguments, at: None }) {
            Ok((command, order)) => format!("{}: {order:?}", command.name),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_value_unit_and_limit() {
        assert_eq!(says("fly", json!({})), "no command `fly`");
        assert_eq!(says("divert", json!({ "east_m": 1 })), "divert: argument `north_m` is missing");
        assert_eq!(
            says("divert", json!({ "east_m": 2500, "north_m": 0 })),
            "divert: east_m = 2500 m lies outside [-2000, 2000]"
        );
        assert_eq!(
            says("divert", json!({ "east_m": "far", "north_m": 0 })),
            "divert: east_m = far is not a number that can be sent"
        );
        assert_eq!(says("ping", json!({ "loud": 1 })), "ping: no argument `loud`");
        let choice = says("sensor_use", json!({ "sensor": "sextant", "use": "force" }));
        assert!(
            choice.starts_with("sensor_use: sensor = sextant is none of: rangefinder"),
            "{choice}"
        );
        let half = says("bit_rate", json!({ "index": 1.5 }));
        assert!(half.contains("not a number that can be sent"), "{half}");
        let load = says("load_parameter", json!({ "parameter": "reserve_kg", "value": 1e6 }));
        assert!(load.contains("reserve_kg = 1000000 kg lies outside"), "{load}");
        assert!(says("schedule", json!({})).contains("give another command a time"));
    }

    #[test]
    fn choices_go_by_name_or_number() {
        let by_name = says("transmitter", json!({ "which": "backup", "state": "on" }));
        assert_eq!(by_name, says("transmitter", json!({ "which": 1, "state": 1 })));
        assert!(by_name.contains("Backup"), "{by_name}");
        assert!(
            says("transmitter", json!({ "which": 7, "state": 1 }))
                .contains("none of: main, backup")
        );
    }
}
