//! What the desk shows, in JSON. The keys are the interface to browsers.

use super::{Inner, facts, ms};
use crate::command::Record;
use crate::ground::{Ground, Link};
use crate::mission::Mission;
use crate::signal::extrapolate::{LastState, extrapolate, impact};
use crate::signal::procedure::{Line, Outcome, Procedure};
use crate::signal::watch::Signal;
use icd::time::{Span, Time};
use serde_json::{Map, Value, json};

/// A number, or null where it is none: JSON has no infinity.
fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn tenth(value: f64, digits: f64) -> Value {
    number((value * digits).round() / digits)
}

/// Everything that a screen shows in its head.
pub(super) fn state(ground: &Ground, inner: &Inner) -> Value {
    let mission = ground.mission();
    let now = inner.now;
    let light_s = facts::light_s(&inner.watch, mission);
    let last = inner.picture.last();
    let there = now.map(|now| now - Span::from_s(light_s));
    let title = if mission.mission.is_empty() { &mission.title } else { &mission.mission };
    let planned = mission.planned_touchdown_utc.map(|utc| utc.0);
    json!({
        "now_utc": now.map(ms),
        "mission": title,
        "title": mission.title,
        "speed": tenth(ground.speed(), 100.0),
        "phase": last.map(|last| last.phase.name()),
        "signal": inner.signal.name(),
        "last_contact_utc": inner.watch.last_contact().map(ms),
        "last_state": last.map(|last| last_state(&last)),
        "extrapolated": extrapolated(inner, mission, last, there),
        "countdown": {
            "planned_touchdown_utc": planned.map(ms),
            "seconds": planned.zip(now).map(|(planned, now)| tenth((planned - now).s(), 1000.0)),
            "light_time_s": tenth(light_s, 1000.0),
        },
        "status": {
            "call": inner.call.name(),
            "since": ms(inner.call_since),
            "evidence": inner.evidence.iter().map(|e| json!({
                "id": e.id, "source": e.source.name(), "says": e.says, "weight": e.weight,
            })).collect::<Value>(),
        },
        "stations": stations(mission, &ground.link()),
        "next": next(mission, there),
        "procedure": procedure(&inner.procedure),
    })
}

fn last_state(last: &LastState) -> Value {
    json!({
        "utc": ms(last.t),
        "altitude_m": tenth(last.altitude_m, 100.0),
        "altitude_sigma_m": tenth(last.sigma_altitude_m, 100.0),
        "v_up_m_s": tenth(last.v_up_m_s, 100.0),
        "v_horizontal_m_s": tenth(last.v_horizontal_m_s, 100.0),
        "tilt_deg": tenth(last.tilt_rad.to_degrees(), 100.0),
        "propellant_kg": tenth(last.propellant_kg, 100.0),
        "phase": last.phase.name(),
    })
}

/// Only while nobody hears the lander: what is measured needs no reckoning.
fn extrapolated(
    inner: &Inner,
    mission: &Mission,
    last: Option<LastState>,
    there: Option<Time>,
) -> Value {
    let (Some(last), Some(there)) = (last, there) else { return Value::Null };
    if matches!(inner.signal, Signal::Acquired | Signal::Waiting) {
        return Value::Null;
    }
    let ignition = mission.ignition_utc.map(|utc| utc.0);
    let Some(state) = extrapolate(&last, ignition, there) else { return Value::Null };
    let ground = impact(&last).map(|impact| {
        json!({
            "earliest_utc": ms(impact.earliest),
            "expected_utc": impact.expected.map(ms),
            "speed_m_s": tenth(impact.speed_m_s, 10.0),
            "latest_utc": impact.latest.map(ms),
        })
    });
    let says = match (state.grounded, state.powered) {
        (true, _) => "by this reckoning on the ground",
        (false, true) => "engines taken to burn on as last seen",
        (false, false) => "no thrust: gravity alone",
    };
    json!({
        "utc": ms(there),
        "altitude_m": tenth(state.altitude_m, 10.0),
        "altitude_sigma_m": tenth(state.sigma_altitude_m, 10.0),
        "v_up_m_s": tenth(state.v_up_m_s, 100.0),
        "v_up_sigma_m_s": tenth(state.sigma_v_up_m_s, 100.0),
        "v_horizontal_m_s": tenth(state.v_horizontal_m_s, 100.0),
        "propellant_kg": tenth(state.propellant_kg, 10.0),
        "grounded": state.grounded,
        "impact": ground,
        "says": says,
    })
}

fn stations(mission: &Mission, link: &Link) -> Value {
    let mut numbers: Vec<u8> = mission.stations.iter().map(|station| station.number).collect();
    numbers.extend(link.stations.iter().map(|station| station.number));
    numbers.sort_unstable();
    numbers.dedup();
    let shown = |station_number: u8| {
        let planned = mission.stations.iter().find(|station| station.number == station_number);
        let name = planned.map_or_else(|| format!("station {station_number}"), |s| s.name.clone());
        let mut station = Map::new();
        station.insert("number".into(), station_number.into());
        station.insert("name".into(), name.into());
        let Some(seen) = link.stations.iter().find(|station| station.number == station_number)
        else {
            station.insert("connections".into(), 0.into());
            return Value::Object(station);
        };
        station.insert("connections".into(), seen.connections.into());
        station.insert("last_received_utc".into(), seen.last_received.map(ms).into());
        station.insert("last_frame_utc".into(), seen.last_frame.map(ms).into());
        for (key, value) in &seen.values {
            let name = key.strip_prefix("station.").unwrap_or(key);
            let flag = matches!(name, "carrier_locked" | "frame_locked" | "via_relay");
            if name == "elevation_rad" {
                station.insert("elevation_deg".into(), tenth(value.to_degrees(), 10.0));
            }
            if name != "number" {
                let value = if flag { Value::from(*value > 0.5) } else { number(*value) };
                station.insert(name.to_owned(), value);
            }
        }
        Value::Object(station)
    };
    numbers.into_iter().map(shown).collect()
}

/// What the plan has next.
fn next(mission: &Mission, there: Option<Time>) -> Value {
    let coming = mission.timeline.iter().filter(|m| there.is_some_and(|t| m.utc.0 > t));
    let next = coming.min_by_key(|moment| moment.utc);
    next.map_or(Value::Null, |moment| json!({ "utc": ms(moment.utc.0), "text": moment.text }))
}

/// Where the procedure stands: every step with how it ended, and the log.
pub(super) fn procedure(procedure: &Procedure) -> Value {
    use crate::signal::procedure::State;
    let running = matches!(procedure.state(), State::Running | State::Held);
    let latest = |n: usize| procedure.log().iter().rev().find(|line| line.step == n);
    let steps: Value = procedure
        .steps()
        .iter()
        .enumerate()
        .map(|(n, step)| {
            let stands = latest(n).map_or("waiting", |line| line.outcome.name());
            json!({
                "name": step.name, "text": step.text, "hazardous": step.hazardous,
                "wait_s": step.wait_s, "state": stands,
            })
        })
        .collect();
    let log: Value = procedure.log().iter().map(|line| line_of(procedure, line)).collect();
    json!({
        "state": procedure.state().name(),
        "running": running,
        "automatic": procedure.automatic(),
        "step": procedure.at(),
        "until": procedure.until().filter(|_| running).map(ms),
        "confirm": procedure.steps().get(procedure.at())
            .filter(|step| step.hazardous && procedure.state() == State::Held)
            .map(|step| step.name),
        "steps": steps,
        "log": log,
    })
}

fn line_of(procedure: &Procedure, line: &Line) -> Value {
    let name = procedure.steps().get(line.step).map_or("", |step| step.name);
    let result = match line.outcome {
        Outcome::Running => String::new(),
        other => format!(": {}", other.name()),
    };
    let detail = if line.text.is_empty() { String::new() } else { format!(" ({})", line.text) };
    json!({
        "utc": ms(line.from), "from": ms(line.from), "to": line.to.map(ms), "step": line.step,
        "name": name, "outcome": line.outcome.name(), "text": format!("{name}{detail}{result}"),
    })
}

/// One command with its history.
pub(super) fn command(record: &Record) -> Value {
    let history: Value = record
        .history
        .iter()
        .map(|e| json!({ "utc": ms(e.t), "state": e.state.name(), "text": e.text }))
        .collect();
    json!({
        "id": record.id,
        "name": record.name,
        "arguments": record.arguments,
        "at": record.at.map(ms),
        "state": record.state.name(),
        "until": record.until.filter(|_| !record.state.over()).map(ms),
        "history": history,
    })
}
