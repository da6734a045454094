//! Questions and orders over HTTP. Times: `utc` on board, `received` on Earth, milliseconds of UTC since 1970.

use super::Shared;
use crate::alarms::{Alarm, AlarmError};
use crate::clock::{from_utc_ms, utc_ms};
use crate::command::{CommandError, Request};
use crate::ground::{HistoryError, Strategy};
use crate::signal::procedure::ProcedureError;
use crate::signal::status::RULES;
use crate::values::{EventSeen, Level, Sample};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use icd::events::Severity;
use icd::time::Time;
use serde::Deserialize;
use serde_json::{Value, json};

/// Samples in one answer at the most.
const SAMPLES_MAX: usize = 100_000;
/// Samples in an answer that asks for no number.
const SAMPLES: usize = 10_000;
/// First and last millisecond that can be asked for: 1900 to 2200.
const ASKABLE_MS: (f64, f64) = (-2.2e12, 7.3e12);

/// An answer that says why not.
pub(super) fn refused(status: StatusCode, why: impl std::fmt::Display) -> Response {
    (status, Json(json!({ "error": why.to_string() }))).into_response()
}

/// Runs what may wait for the disk where waiting is allowed.
async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Response> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| refused(StatusCode::INTERNAL_SERVER_ERROR, "the answer was given up"))
}

/// A stretch of time as browsers ask for it.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    start: Option<f64>,
    end: Option<f64>,
    strategy: Option<String>,
    size: Option<f64>,
}

#[allow(clippy::cast_possible_truncation)] // clamped
fn time(ms: Option<f64>, otherwise: f64) -> Time {
    let ms = ms.filter(|ms| ms.is_finite()).unwrap_or(otherwise);
    from_utc_ms(ms.clamp(ASKABLE_MS.0, ASKABLE_MS.1) as i64)
}

impl Asked {
    fn range(&self) -> std::ops::RangeInclusive<Time> {
        time(self.start, ASKABLE_MS.0)..=time(self.end, ASKABLE_MS.1)
    }
}

/// One sample as browsers read it; null for what is no number.
pub(super) fn sample(s: &Sample) -> Value {
    json!({
        "utc": utc_ms(s.t), "value": s.value, "received": utc_ms(s.received),
        "limit": s.level.name(), "channel": s.channel.name(),
    })
}

pub(super) async fn history(
    State(room): State<Shared>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let strategy = match asked.strategy.as_deref() {
        None | Some("latest") => Strategy::Latest,
        Some("minmax") => Strategy::MinMax,
        Some(other) => {
            return refused(
                StatusCode::BAD_REQUEST,
                format!("strategy = {other}: latest or minmax"),
            );
        }
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let size = asked.size.map_or(SAMPLES, |size| size as usize).clamp(1, SAMPLES_MAX);
    let range = asked.range();
    let answer = waiting(move || {
        let samples = room.ground.history(&key, range, strategy, size)?;
        Ok::<_, HistoryError>(Value::from_iter(samples.iter().map(sample)).to_string())
    });
    match answer.await {
        Ok(Ok(text)) => json_text(text),
        Ok(Err(why @ HistoryError::UnknownKey(_))) => refused(StatusCode::NOT_FOUND, why),
        Ok(Err(why)) => refused(StatusCode::INTERNAL_SERVER_ERROR, why),
        Err(response) => response,
    }
}

fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

/// One event as browsers read it.
pub(super) fn event(seen: &EventSeen) -> Value {
    json!({
        "utc": utc_ms(seen.t), "received": utc_ms(seen.received), "code": seen.event.code(),
        "name": seen.event.name(), "severity": severity(seen.event.severity()),
        "text": seen.event.text(), "channel": seen.channel.name(),
    })
}

/// The table of events.
pub(super) fn event_lines() -> Value {
    icd::events::Event::ALL
        .iter()
        .map(|e| {
            json!({ "code": e.code(), "name": e.name(), "severity": severity(e.severity()), "text": e.text() })
        })
        .collect()
}

pub(super) async fn events(State(room): State<Shared>, Query(asked): Query<Asked>) -> Json<Value> {
    Json(room.ground.events(asked.range()).iter().map(event).collect())
}

pub(super) async fn state(State(room): State<Shared>) -> Json<Value> {
    Json(room.desk.state_now())
}

pub(super) async fn mission(State(room): State<Shared>) -> Response {
    let text = &room.ground.mission().text;
    json_text(if text.is_empty() { "{}".to_owned() } else { text.clone() })
}

pub(super) async fn status_table() -> Json<Value> {
    let line = |rule: &crate::signal::status::Rule| {
        json!({
            "id": rule.id, "source": rule.source.name(), "when": rule.when,
            "weight": rule.weight, "why": rule.why,
        })
    };
    Json(RULES.iter().map(line).collect())
}

/// One alarm as browsers read it.
pub(super) fn alarm(alarm: &Alarm) -> Value {
    json!({
        "id": alarm.id, "key": alarm.source, "name": alarm.source,
        "severity": match alarm.level { Level::Red => "red", _ => "yellow" },
        "text": alarm.text, "value": alarm.value, "count": alarm.count,
        "raised_utc": utc_ms(alarm.raised), "since_utc": utc_ms(alarm.since),
        "cleared_utc": alarm.cleared.map(utc_ms), "active": alarm.active(),
        "acknowledged": alarm.acknowledged.is_some(),
        "acknowledged_utc": alarm.acknowledged.as_ref().map(|seen| utc_ms(seen.at)),
        "acknowledged_by": alarm.acknowledged.as_ref().map(|seen| seen.by.clone()),
    })
}

pub(super) async fn alarms(State(room): State<Shared>) -> Json<Value> {
    Json(room.ground.alarms().iter().map(alarm).collect())
}

/// Who acknowledges, as they call themselves.
#[derive(Debug, Default, Deserialize)]
struct By {
    by: Option<String>,
}

/// The body, which may be empty where everything in it is optional.
fn body<T: for<'a> Deserialize<'a>>(octets: &Bytes) -> Result<T, Box<Response>> {
    let octets: &[u8] = if octets.is_empty() { b"{}" } else { octets };
    serde_json::from_slice(octets).map_err(|why| Box::new(refused(StatusCode::BAD_REQUEST, why)))
}

pub(super) async fn acknowledge(
    State(room): State<Shared>,
    Path(id): Path<u64>,
    octets: Bytes,
) -> Response {
    let by = match body::<By>(&octets) {
        Ok(by) => {
            by.by.unwrap_or_else(|| "console".to_owned()).chars().take(60).collect::<String>()
        }
        Err(response) => return *response,
    };
    match waiting(move || room.ground.acknowledge(id, &by)).await {
        Ok(Ok(seen)) => Json(alarm(&seen)).into_response(),
        Ok(Err(why @ AlarmError::Unknown(_))) => refused(StatusCode::NOT_FOUND, why),
        Ok(Err(why)) => refused(StatusCode::INTERNAL_SERVER_ERROR, why),
        Err(response) => response,
    }
}

/// The answer to an order that was or was not taken.
fn ordered(taken: Result<Result<Value, CommandError>, Response>) -> Response {
    match taken {
        Ok(Ok(command)) => Json(command).into_response(),
        Ok(Err(why)) => {
            let status = match why {
                CommandError::NoSuchNumber(_) => StatusCode::NOT_FOUND,
                CommandError::NotWaiting { .. }
                | CommandError::Expired(_)
                | CommandError::NoClock => StatusCode::CONFLICT,
                CommandError::Disk(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            refused(status, why)
        }
        Err(response) => response,
    }
}

pub(super) async fn commands(State(room): State<Shared>) -> Json<Value> {
    Json(room.desk.commands())
}

pub(super) async fn command(State(room): State<Shared>, octets: Bytes) -> Response {
    match body::<Request>(&octets) {
        Ok(request) => ordered(waiting(move || room.desk.submit(&request)).await),
        Err(response) => {
            let noted =
                waiting(move || room.desk.note_refusal("POST /api/commands", "not readable"));
            noted.await.map_or_else(|lost| lost, |()| *response)
        }
    }
}

/// The second step names the command.
#[derive(Debug, Deserialize)]
struct Confirm {
    confirm: Option<String>,
}

pub(super) async fn release(
    State(room): State<Shared>,
    Path(id): Path<u64>,
    octets: Bytes,
) -> Response {
    match body::<Confirm>(&octets) {
        Ok(Confirm { confirm }) => {
            let confirm = confirm.unwrap_or_default();
            ordered(waiting(move || room.desk.release(id, &confirm)).await)
        }
        Err(response) => *response,
    }
}

pub(super) async fn procedure(State(room): State<Shared>) -> Json<Value> {
    Json(room.desk.procedure())
}

/// How to go on with the procedure.
#[derive(Debug, Deserialize)]
struct Steer {
    automatic: Option<bool>,
    confirm: Option<String>,
}

pub(super) async fn steer(
    State(room): State<Shared>,
    Path(word): Path<String>,
    octets: Bytes,
) -> Response {
    let Steer { automatic, confirm } = match body(&octets) {
        Ok(steer) => steer,
        Err(response) => return *response,
    };
    let done = waiting(move || match word.as_str() {
        "start" => Some(room.desk.start_procedure(automatic.unwrap_or(true))),
        "stop" => Some(room.desk.stop_procedure()),
        "next" => Some(room.desk.next_step(confirm.as_deref())),
        _ => None,
    });
    match done.await {
        Ok(Some(Ok(procedure))) => Json(procedure).into_response(),
        Ok(Some(Err(why @ ProcedureError::NotConfirmed(_)))) => {
            refused(StatusCode::UNPROCESSABLE_ENTITY, why)
        }
        Ok(Some(Err(why))) => refused(StatusCode::CONFLICT, why),
        Ok(None) => refused(StatusCode::NOT_FOUND, "start, stop or next"),
        Err(response) => response,
    }
}
