//! The sockets: many stations at once over TCP and UDP.
//!
//! Owns: [`listen`] and what it starts. Every octet goes into the archive as it was read; nothing here looks at it.
//!
//! TCP: a station sends units and gets acknowledgements of what is on disk, and the commands to radiate. While the
//! archive cannot be written, nothing is read: the octets wait in the station, which sends again what was not
//! acknowledged. UDP: datagrams are taken as they come; what comes while the archive cannot be written waits in the
//! system's buffer, and beyond it is lost, as with UDP it may be anywhere.
//! A connection ends if it is silent for [`SILENCE`], or does not take what is sent to it for [`STUCK`]. Beyond
//! [`CONNECTIONS_MAX`] connections, further ones are closed at once.

use crate::archive::ArchiveError;
use crate::ground::{Connection, Ground, Source};
use icd::link::delivery;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Connections at once.
pub const CONNECTIONS_MAX: usize = 256;
/// A station says something each second.
pub const SILENCE: Duration = Duration::from_secs(120);
/// Time that a station has to take what is sent to it.
pub const STUCK: Duration = Duration::from_secs(10);
/// Octets read from a connection at once.
const READ_OCTETS: usize = 1 << 16;
/// Datagrams archived at once.
const DATAGRAMS: usize = 64;
/// Octets of a datagram at the most.
const DATAGRAM_OCTETS: usize = 1 << 16;
/// After a failure of the archive, until the next attempt.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Why nothing can be received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The address cannot be listened at.
    #[error("{protocol} {address}: cannot be listened at: {reason}")]
    Address {
        /// TCP or UDP.
        protocol: &'static str,
        /// As asked for.
        address: SocketAddr,
        /// What the system says.
        reason: Error,
    },
}

/// Running sockets. They stop when this is dropped.
#[derive(Debug)]
pub struct Listening {
    /// Where units are taken over TCP.
    pub tcp: SocketAddr,
    /// Where units are taken over UDP.
    pub udp: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Listens at both addresses; port 0 takes any that is free.
pub async fn listen(
    ground: &Arc<Ground>,
    tcp: SocketAddr,
    udp: SocketAddr,
) -> Result<Listening, ReceiveError> {
    let failed =
        |protocol, address| move |reason| ReceiveError::Address { protocol, address, reason };
    let listener = TcpListener::bind(tcp).await.map_err(failed("TCP", tcp))?;
    let socket = UdpSocket::bind(udp).await.map_err(failed("UDP", udp))?;
    let tcp = listener.local_addr().map_err(failed("TCP", tcp))?;
    let udp = socket.local_addr().map_err(failed("UDP", udp))?;
    let tasks = vec![
        tokio::spawn(accept(Arc::clone(ground), listener)),
        tokio::spawn(datagrams(Arc::clone(ground), socket)),
    ];
    Ok(Listening { tcp, udp, tasks })
}

async fn accept(ground: Arc<Ground>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut served = tokio::task::JoinSet::new();
    loop {
        while served.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Full: the connection is closed as it is dropped.
                if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                    let ground = Arc::clone(&ground);
                    served.spawn(async move {
                        serve(ground, stream, peer).await;
                        drop(place);
                    });
                }
            }
            // Out of file descriptors, or the peer has gone already.
            Err(_) => tokio::time::sleep(RETRY_AFTER).await,
        }
    }
}

/// Does something with the archive where blocking is allowed, again and again until it is done.
async fn insist<T: Send + 'static>(
    ground: &Arc<Ground>,
    work: impl Fn(&Ground) -> Result<T, ArchiveError> + Send + Sync + 'static,
) -> Option<T> {
    let work = Arc::new(work);
    loop {
        let (ground, work) = (Arc::clone(ground), Arc::clone(&work));
        match tokio::task::spawn_blocking(move || work(&ground)).await {
            Ok(Ok(done)) => return Some(done),
            Ok(Err(_)) => tokio::time::sleep(RETRY_AFTER).await, // the ground has raised the alarm
            Err(_) => return None,                               // the program ends
        }
    }
}

async fn serve(ground: Arc<Ground>, socket: TcpStream, peer: SocketAddr) {
    let _ = socket.set_nodelay(true);
    let peer = peer.to_string();
    let Some(connection) = insist(&ground, move |ground| ground.connect(&peer)).await else {
        return;
    };
    let stream = connection.stream;
    let (read, write) = socket.into_split();
    let mut answering = std::pin::pin!(answer(connection, write));
    let said_all = tokio::select! {
        taken = take(&ground, stream, read) => taken.is_ok(),
        _ = &mut answering => false,
    };
    let closed = tokio::task::spawn_blocking(move || ground.disconnect(stream));
    let _ = closed.await;
    // The station may have closed its sending side alone: it is told of its last unit when that is safe, and then
    // nothing of the ground's holds the line any more.
    if said_all {
        let _ = tokio::time::timeout(STUCK, answering).await;
    }
}

/// Reads and archives until the station has gone.
async fn take(ground: &Arc<Ground>, stream: u64, mut read: OwnedReadHalf) -> std::io::Result<()> {
    let mut octets = vec![0; READ_OCTETS];
    loop {
        let silent = || Error::from(ErrorKind::TimedOut);
        let count =
            tokio::time::timeout(SILENCE, read.read(&mut octets)).await.map_err(|_| silent())??;
        let Some(piece) = octets.get(..count).filter(|piece| !piece.is_empty()) else {
            return Ok(());
        };
        let piece = piece.to_vec();
        let archived =
            insist(ground, move |ground| ground.ingest(&[(Source::Stream(stream), &piece)]));
        if archived.await.is_none() {
            return Ok(());
        }
    }
}

/// Sends acknowledgements and commands until the station has gone or is stuck.
async fn answer(mut connection: Connection, mut write: OwnedWriteHalf) -> std::io::Result<()> {
    loop {
        let octets = tokio::select! {
            changed = connection.safe.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                delivery::acknowledge(*connection.safe.borrow_and_update()).to_vec()
            }
            // Without a sender the line is about to end, and `safe` says when.
            Some(unit) = connection.outgoing.recv() => unit,
        };
        let sent = tokio::time::timeout(STUCK, write.write_all(&octets)).await;
        sent.map_err(|_| Error::from(ErrorKind::TimedOut))??;
    }
}

async fn datagrams(ground: Arc<Ground>, socket: UdpSocket) {
    let mut octets = vec![0; DATAGRAM_OCTETS];
    loop {
        // An error here is an answer to nothing that we sent.
        let Ok((count, _)) = socket.recv_from(&mut octets).await else { continue };
        let mut pieces = vec![octets.get(..count).unwrap_or_default().to_vec()];
        while pieces.len() < DATAGRAMS {
            let Ok((count, _)) = socket.try_recv_from(&mut octets) else { break };
            pieces.push(octets.get(..count).unwrap_or_default().to_vec());
        }
        let archived = insist(&ground, move |ground| {
            let pieces: Vec<_> = pieces.iter().map(|p| (Source::Datagram, p.as_slice())).collect();
            ground.ingest(&pieces)
        });
        if archived.await.is_none() {
            return;
        }
    }
}
