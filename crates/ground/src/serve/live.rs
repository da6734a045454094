//! The WebSocket: everything that happens, to each browser what it asked for.
//!
//! Owns: one listener's life. Each has a task of its own, a queue of bounded length before it (the ground's broadcast)
//! and a time limit on each message it is sent: who reads too slowly is dropped, and nobody else notices.
//! Values are told at most every [`GATHER`]; of several samples of one key in between, the newest and the worst are
//! told. At the pace of a flight that is all of them; a fast replay is thinned, and `/api/history` has the rest.
//! What was stored on board is not told, and nothing older than what was told before: both are history. After the
//! mission clock was set back, by a replay begun anew, telling begins anew as well.

use super::{Room, Shared, api};
use crate::clock::utc_ms;
use crate::values::{Channel, Level, Sample, Update};
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use icd::time::{Span, Time};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout};

/// Values are told this often at the most.
const GATHER: Duration = Duration::from_millis(40);
/// A message that is not taken within this ends the connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nothing heard of a browser for so long ends the connection; it is asked for a sign of life three times before.
const SILENCE: Duration = Duration::from_secs(60);
/// Between two of these questions.
const ASK_EVERY: Duration = Duration::from_secs(20);
/// Octets of a browser's message at the most.
const MESSAGE_MAX: usize = 64 * 1024;
/// Octets waiting to be sent to one browser at the most.
const WAITING_MAX: usize = 8 << 20;
/// Losing more than this, the mission clock was set back; less is its own correction.
const BACK: Span = Span::from_ms(5_000);

/// What a browser says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    subscribe: Vec<String>,
    unsubscribe: Vec<String>,
}

pub(super) async fn live(State(room): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(place) = room.listeners.clone().try_acquire_owned() else {
        return api::refused(StatusCode::SERVICE_UNAVAILABLE, "too many browsers listen already");
    };
    upgrade
        .max_message_size(MESSAGE_MAX)
        .max_frame_size(MESSAGE_MAX)
        .max_write_buffer_size(WAITING_MAX)
        .on_upgrade(move |socket| async move {
            let _place = place; // given back when the listener is gone
            Listener::new(socket).run(&room).await;
        })
}

struct Listener {
    socket: WebSocket,
    wanted: BTreeSet<usize>,
    gathered: BTreeMap<usize, (Sample, Option<Sample>)>,
    newest: BTreeMap<usize, Time>,
    clock: Option<Time>,
    told: Instant,
    heard: Instant,
}

/// The connection is over.
struct Over;

impl Listener {
    fn new(socket: WebSocket) -> Self {
        let now = Instant::now();
        Self {
            socket,
            wanted: BTreeSet::new(),
            gathered: BTreeMap::new(),
            newest: BTreeMap::new(),
            clock: None,
            told: now - GATHER,
            heard: now,
        }
    }

    async fn run(mut self, room: &Arc<Room>) {
        let mut updates = room.ground.subscribe();
        let mut state = room.desk.state();
        let mut commands = room.desk.commands_changing();
        let mut ask = tokio::time::interval(ASK_EVERY);
        state.mark_changed();
        loop {
            let due = self.told + GATHER;
            let gathered = !self.gathered.is_empty();
            let went = tokio::select! {
                message = self.socket.recv() => self.hear(room, message),
                update = updates.recv() => self.update(room, update, &mut updates).await,
                command = commands.recv() => match command {
                    Ok(text) => self.send(format!("{{\"command\":{text}}}")).await,
                    Err(RecvError::Lagged(_)) => Ok(()), // asked for again by whoever shows them
                    Err(RecvError::Closed) => Err(Over),
                },
                changed = state.changed() => match changed {
                    Ok(()) => {
                        let text = state.borrow_and_update().clone();
                        self.send(format!("{{\"state\":{text}}}")).await
                    }
                    Err(_) => Err(Over),
                },
                () = tokio::time::sleep_until(due), if gathered => self.tell(room).await,
                _ = ask.tick() => self.ask().await,
            };
            if went.is_err() {
                return;
            }
        }
    }

    async fn send(&mut self, text: String) -> Result<(), Over> {
        match timeout(PATIENCE, self.socket.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }

    async fn ask(&mut self) -> Result<(), Over> {
        if self.heard.elapsed() > SILENCE {
            return Err(Over);
        }
        match timeout(PATIENCE, self.socket.send(Message::Ping(Vec::new().into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }

    fn hear(
        &mut self,
        room: &Room,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Over> {
        self.heard = Instant::now();
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return Err(Over),
        };
        let Ok(wish) = serde_json::from_str::<Wish>(&text) else { return Err(Over) };
        let find = |name: &String| room.ground.keys().iter().position(|key| key.name == *name);
        // Names that are not in the dictionary are passed over: the page may be older than the program.
        for index in wish.subscribe.iter().filter_map(find) {
            if self.wanted.insert(index) {
                let name = room.ground.keys().get(index).map_or("", |key| key.name.as_str());
                if let Some(sample) = room.ground.latest(name) {
                    self.gather(index, sample);
                }
            }
        }
        for index in wish.unsubscribe.iter().filter_map(find) {
            self.wanted.remove(&index);
            self.gathered.remove(&index);
        }
        Ok(())
    }

    /// Takes one message of the ground, and all others that wait behind it.
    async fn update(
        &mut self,
        room: &Room,
        first: Result<Update, RecvError>,
        updates: &mut Receiver<Update>,
    ) -> Result<(), Over> {
        let mut next = match first {
            Ok(update) => Some(update),
            // Too slow to be told the truth: it must begin anew.
            Err(RecvError::Lagged(_) | RecvError::Closed) => return Err(Over),
        };
        self.look(room.ground.now());
        let mut rest = 1000;
        while let Some(update) = next {
            match update {
                Update::Values(values) if values.channel != Channel::Stored => {
                    for (index, value, level) in &values.values {
                        if self.wanted.contains(index) {
                            let (t, received, channel) =
                                (values.t, values.received, values.channel);
                            let sample =
                                Sample { t, received, value: *value, level: *level, channel };
                            self.gather(*index, sample);
                        }
                    }
                }
                Update::Event(seen) => {
                    self.send(json!({ "event": api::event(&seen) }).to_string()).await?;
                }
                Update::Alarm(alarm) => {
                    self.send(json!({ "alarm": api::alarm(&alarm) }).to_string()).await?;
                }
                _ => {}
            }
            rest -= 1;
            next = if rest > 0 { updates.try_recv().ok() } else { None };
        }
        if self.told.elapsed() >= GATHER { self.tell(room).await } else { Ok(()) }
    }

    /// Looks at the mission clock: what was told of a time that is yet to come was of another run.
    fn look(&mut self, now: Option<Time>) {
        if self.clock.zip(now).is_some_and(|(before, now)| before - now > BACK) {
            self.newest.clear();
            self.gathered.clear();
        }
        self.clock = now;
    }

    fn gather(&mut self, index: usize, sample: Sample) {
        // A time on board that is yet to come must not silence what follows.
        let known = self.clock.map_or(sample.t, |now| sample.t.min(now));
        let newest = self.newest.entry(index).or_insert(known);
        if sample.t < *newest {
            return;
        }
        *newest = known.max(*newest);
        let Some((newest, worst)) = self.gathered.get_mut(&index) else {
            self.gathered.insert(index, (sample, None));
            return;
        };
        let (older, newer) =
            if sample.t >= newest.t { (*newest, sample) } else { (sample, *newest) };
        *newest = newer;
        let told = worst.map_or(Level::Normal, |worst| worst.level);
        if older.level > told && older.level > newer.level {
            *worst = Some(older);
        }
    }

    async fn tell(&mut self, room: &Room) -> Result<(), Over> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let keys = room.ground.keys();
        let mut values = Vec::new();
        for (index, (newest, worst)) in std::mem::take(&mut self.gathered) {
            let Some(key) = keys.get(index) else { continue };
            values.extend(worst.iter().chain([&newest]).map(|sample| datum(&key.name, sample)));
        }
        self.told = Instant::now();
        self.send(json!({ "values": values }).to_string()).await
    }
}

fn datum(key: &str, s: &Sample) -> Value {
    json!({
        "key": key, "utc": utc_ms(s.t), "value": s.value, "received": utc_ms(s.received),
        "limit": s.level.name(), "channel": s.channel.name(),
    })
}
