//! Mission control for browsers: pages, history, one WebSocket for everything live, commands.
//!
//! Owns: [`router`], what it answers and whom. Parts: `guard` (who may), `api` (questions and orders), `live` (the
//! WebSocket), `files` (pages).
//! Does not own: what is shown (`desk`, `crate::ground`), the socket it listens on (`app`).
//!
//! It is meant for this machine and for those who hold the token; it speaks plain HTTP. To be reached from elsewhere
//! it belongs behind a proxy that adds TLS, and the name that browsers then use must be given ([`Config::hosts`]).

mod api;
mod dictionary;
mod files;
pub mod guard;
mod live;

use crate::desk::Desk;
use crate::ground::Ground;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Octets of a request's body at the most.
const BODY_MAX: usize = 16 * 1024;
/// Browsers that may listen at the same time.
const LISTENERS_MAX: usize = 256;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address that is listened on.
    pub address: SocketAddr,
    /// Further names, with port where it is not the usual one, under which browsers reach it.
    pub hosts: Vec<String>,
    /// Secret that a request must carry to change anything.
    pub token: String,
    /// Folder of the console with what npm has put there; pages that travel inside the program need none.
    pub console: Option<PathBuf>,
}

/// What every handler can reach.
pub(crate) struct Room {
    ground: Arc<Ground>,
    desk: Arc<Desk>,
    config: Config,
    hosts: Vec<String>,
    listeners: Arc<Semaphore>,
}

type Shared = Arc<Room>;

/// All routes. The desk must be running ([`Desk::run`]).
pub fn router(desk: Arc<Desk>, config: Config) -> Router {
    let room = Arc::new(Room {
        ground: desk.ground().clone(),
        desk,
        hosts: guard::hosts(&config),
        config,
        listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
    });
    Router::new()
        .route("/api/dictionary", get(dictionary::dictionary))
        .route("/api/history/{key}", get(api::history))
        .route("/api/events", get(api::events))
        .route("/api/state", get(api::state))
        .route("/api/mission", get(api::mission))
        .route("/api/status/table", get(api::status_table))
        .route("/api/alarms", get(api::alarms))
        .route("/api/alarms/{id}/acknowledge", post(api::acknowledge))
        .route("/api/commands", get(api::commands).post(api::command))
        .route("/api/commands/{id}/release", post(api::release))
        .route("/api/procedure", get(api::procedure))
        .route("/api/procedure/{word}", post(api::steer))
        .route("/api/live", get(live::live))
        .fallback(get(files::page))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(room.clone(), guard::guard))
        .with_state(room)
}

#[cfg(test)]
mod tests;
