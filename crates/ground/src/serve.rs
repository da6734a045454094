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

use crate::command::Commander;
use crate::command::key::KeyError;
use crate::desk::Desk;
use crate::ground::Ground;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Octets of a request's body at the most.
const BODY_MAX: usize = 16 * 1024;
/// Browsers that may listen at the same time.
const LISTENERS_MAX: usize = 256;

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Key, numbers or journal of commands.
    #[error("commanding: {0}")]
    Command(#[from] KeyError),
    /// The address cannot be listened on.
    #[error("--listen {address}: {reason}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
}

/// What to serve, as a user says it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address to listen on; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Further names under which browsers reach it, with port where it is not the usual one.
    pub hosts: Vec<String>,
    /// File of the key that commands are signed with; `uplink.key` in the archive's folder without it.
    pub key: Option<PathBuf>,
    /// Folder of the console, whose pages are served in place of those inside the program. Without it only
    /// `console/node_modules` is.
    pub console: Option<PathBuf>,
}

/// A running server; stops when this is dropped.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    /// Secret for whoever may command: told once, kept nowhere.
    pub token: String,
    /// File of the key.
    pub key: PathBuf,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Opens commanding and desk of a ground and serves them, with a new token.
pub async fn listen(ground: &Arc<Ground>, options: Options) -> Result<Serving, ServeError> {
    let key = options.key.unwrap_or_else(|| ground.folder().join("uplink.key"));
    let commander = Commander::open(ground.folder(), &key)?;
    let failed = |reason| ServeError::Address { address: options.listen, reason };
    let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let token = guard::token()?;
    let (hosts, console) = (options.hosts, options.console);
    let config = Config { address, hosts, token: token.clone(), console };
    let desk = Desk::new(ground.clone(), commander);
    let router = router(desk.clone(), config);
    let server = tokio::spawn(async move {
        // Ends with the process; a connection's failure is the connection's.
        let _ = axum::serve(listener, router).await;
    });
    Ok(Serving { address, token, key, tasks: vec![server, tokio::spawn(desk.run())] })
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address that is listened on.
    pub address: SocketAddr,
    /// Further names, with port where it is not the usual one, under which browsers reach it.
    pub hosts: Vec<String>,
    /// Secret that a request must carry to change anything.
    pub token: String,
    /// Folder of the console, whose pages are served in place of those inside the program. Without it only
    /// `console/node_modules` is.
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
