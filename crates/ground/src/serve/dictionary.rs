//! The dictionary for browsers: from the tables that pack the octets.

use super::Shared;
use super::api::event_lines;
use crate::ground::Key;
use crate::limits::Rule;
use axum::Json;
use axum::extract::State;
use icd::tc::{Argument, COMMANDS, Command};
use icd::tm::{Kind, Phase};
use serde_json::{Value, json};

pub(super) async fn dictionary(State(room): State<Shared>) -> Json<Value> {
    let ground = &room.ground;
    let keys = ground.keys().iter().enumerate();
    let mission = ground.mission();
    let name = if mission.mission.is_empty() { &mission.title } else { &mission.mission };
    Json(json!({
        "mission": name,
        "parameters": keys.map(|(n, key)| parameter(key, ground.limits(n))).collect::<Value>(),
        "events": event_lines(),
        "commands": COMMANDS.iter().map(command).collect::<Value>(),
        "phases": Phase::ALL.iter().map(|p| json!({ "value": *p as u8, "string": p.name() })).collect::<Value>(),
    }))
}

fn parameter(key: &Key, rules: &[Rule]) -> Value {
    let line = key.line;
    let names = |all: &[(u8, &str)]| -> Value {
        all.iter().map(|(value, name)| json!({ "value": value, "string": name })).collect()
    };
    let (kind, enumerations) = match line.kind {
        Kind::Float => ("float", Value::Array(Vec::new())),
        Kind::Integer => ("integer", Value::Array(Vec::new())),
        Kind::Enumeration(all) => ("enumeration", names(all)),
        Kind::Bits(all) => (
            "bits",
            all.iter().enumerate().map(|(n, bit)| json!({ "value": n, "string": bit })).collect(),
        ),
    };
    let text = match key.station {
        Some(number) => format!("Station {number}: {}", line.text),
        None => line.text.to_owned(),
    };
    json!({
        "key": key.name, "name": key.name, "text": text, "unit": line.unit, "list": key.list,
        "kind": kind, "enumerations": enumerations,
        "limits": rules.first().map(limits),
        "limits_by_phase": rules.iter().map(by_phase).collect::<Value>(),
    })
}

fn limits(rule: &Rule) -> Value {
    let limit = &rule.limit;
    json!({
        "yellowLow": limit.yellow_low, "yellowHigh": limit.yellow_high,
        "redLow": limit.red_low, "redHigh": limit.red_high,
    })
}

fn by_phase(rule: &Rule) -> Value {
    let phases = Phase::ALL.into_iter().filter(|phase| rule.holds(*phase)).map(Phase::name);
    json!({ "phases": phases.collect::<Vec<_>>(), "limits": limits(rule) })
}

fn command(command: &Command) -> Value {
    json!({
        "code": command.code, "name": command.name, "text": command.text,
        "hazardous": command.hazardous,
        "arguments": command.arguments.iter().map(argument).collect::<Value>(),
    })
}

fn argument(argument: &Argument) -> Value {
    let choices = argument.choices.iter();
    json!({
        "name": argument.name, "unit": argument.unit, "min": argument.min, "max": argument.max,
        "choices": choices.map(|(value, name)| json!({ "value": value, "string": name })).collect::<Value>(),
    })
}
