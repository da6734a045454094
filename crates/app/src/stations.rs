//! The stations' line to mission control: units go out over TCP, acknowledgements and commands come back.
//!
//! Owns: [`Line`]: what is not acknowledged waits and is sent again on the next connection, in order.
//! Does not own: units and acknowledgements (`icd::link::delivery`), what is delivered when (`rig::live`).
//! As programmed: one thread writes, one reads. When more than [`WAITING_MAX`] octets wait, the flight waits for its
//! ground.

use icd::link::delivery::{self, ACKNOWLEDGE_OCTETS, Content, NotAUnit};
use rig::live::Delivery;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Octets that wait for acknowledgement at the most.
const WAITING_MAX: usize = 16 << 20;
/// Octets written at once.
const PIECE: usize = 1 << 16;
/// Until the next attempt to connect.
const AGAIN: Duration = Duration::from_millis(250);

/// A peer has this long to take a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// A command that mission control sends: its number there, the station that is to radiate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Number of mission control's unit.
    pub number: u64,
    /// Station.
    pub station: u8,
    /// Command link transmission unit.
    pub cltu: Vec<u8>,
}

/// What became of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Units given to the line.
    pub given: u64,
    /// The last unit that mission control has on its disk.
    pub acknowledged: u64,
    /// Connections made.
    pub connections: u64,
    /// Units that were sent again on a later connection.
    pub again: u64,
}

#[derive(Debug, Default)]
struct State {
    /// Not acknowledged: number and octets.
    waiting: VecDeque<(u64, Vec<u8>)>,
    octets: usize,
    /// How many of them have been written to the present connection.
    written: usize,
    /// Number of the last unit that was ever written.
    written_ever: u64,
    commands: VecDeque<Command>,
    tally: Tally,
    /// The present connection, counted; zero while there is none.
    connection: u64,
    /// Its socket, for whoever ends it.
    socket: Option<TcpStream>,
    closing: bool,
}

impl State {
    fn acknowledge(&mut self, number: u64) {
        self.tally.acknowledged = self.tally.acknowledged.max(number);
        while self.waiting.front().is_some_and(|(first, _)| *first <= number) {
            if let Some((_, octets)) = self.waiting.pop_front() {
                self.octets -= octets.len();
                self.written = self.written.saturating_sub(1);
            }
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn wait<'a>(&self, state: MutexGuard<'a, State>, at_most: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, at_most);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The line.
pub struct Line {
    shared: Arc<Shared>,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Line {
    /// A line to `HOST:PORT`; connects in its own time, and again whenever the connection is lost.
    pub fn to(address: &str) -> Self {
        let shared = Arc::new(Shared::default());
        let (own, address) = (Arc::clone(&shared), address.to_string());
        let writer = std::thread::spawn(move || write(&own, &address));
        Self { shared, writer: Some(writer) }
    }

    /// Sends a unit; waits while too much waits. `false` when `give_up` says so meanwhile.
    pub fn send(&self, delivery: Delivery, give_up: impl Fn() -> bool) -> bool {
        let mut state = self.shared.lock();
        while state.octets > WAITING_MAX {
            if give_up() {
                return false;
            }
            state = self.shared.wait(state, AGAIN);
        }
        state.tally.given += 1;
        state.octets += delivery.octets.len();
        state.waiting.push_back((delivery.number, delivery.octets));
        self.shared.changed.notify_all();
        true
    }

    /// The next command that has come from mission control.
    pub fn command(&self) -> Option<Command> {
        self.shared.lock().commands.pop_front()
    }

    /// What became of it so far.
    #[cfg(test)]
    pub fn tally(&self) -> Tally {
        self.shared.lock().tally
    }

    /// Waits until all is acknowledged, at most so long, and hangs up.
    pub fn close(mut self, at_most: Duration) -> Tally {
        let until = Instant::now() + at_most;
        let mut state = self.shared.lock();
        while !state.waiting.is_empty() && Instant::now() < until {
            state = self.shared.wait(state, AGAIN);
        }
        state.closing = true;
        // The writer may wait for a peer that takes nothing, the reader for one that says nothing.
        if let Some(socket) = state.socket.take() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        let tally = state.tally;
        drop(state);
        self.shared.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        tally
    }
}

fn connect(address: &str) -> std::io::Result<(TcpStream, TcpStream)> {
    let mut failed = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok((stream.try_clone()?, stream)),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Connects and writes until the line is closed.
fn write(shared: &Arc<Shared>, address: &str) {
    loop {
        let Ok((mut stream, reading)) = connect(address) else {
            let state = shared.wait(shared.lock(), AGAIN);
            if state.closing {
                return;
            }
            drop(state);
            std::thread::sleep(AGAIN);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = {
            let mut state = shared.lock();
            state.tally.connections += 1;
            state.connection = state.tally.connections;
            state.written = 0;
            state.socket = stream.try_clone().ok();
            let ever = state.written_ever;
            state.tally.again += state.waiting.iter().filter(|(n, _)| *n <= ever).count() as u64;
            state.connection
        };
        let own = Arc::clone(shared);
        let reader = std::thread::spawn(move || read(&own, reading, connection));
        while let Some(piece) = next_piece(shared, connection) {
            if stream.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
        let _ = reader.join();
        if shared.lock().closing {
            return;
        }
    }
}

/// The next octets to be written; `None` when the connection is lost or the line is closed.
fn next_piece(shared: &Shared, connection: u64) -> Option<Vec<u8>> {
    let mut state = shared.lock();
    loop {
        if state.closing || state.connection != connection {
            return None;
        }
        let mut piece = Vec::new();
        while let Some((number, octets)) = state.waiting.get(state.written) {
            if piece.len() + octets.len() > PIECE {
                break;
            }
            piece.extend_from_slice(octets);
            (state.written, state.written_ever) =
                (state.written + 1, state.written_ever.max(*number));
        }
        if !piece.is_empty() {
            return Some(piece);
        }
        state = shared.wait(state, AGAIN);
    }
}

/// Reads acknowledgements and commands until the connection is lost.
fn read(shared: &Shared, mut stream: TcpStream, connection: u64) {
    let (mut octets, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        octets.extend_from_slice(&piece[..count]);
        let mut state = shared.lock();
        let Some(used) = take(&octets, &mut state) else { break };
        octets.drain(..used);
        drop(state);
        shared.changed.notify_all();
    }
    let mut state = shared.lock();
    if state.connection == connection {
        state.connection = 0;
    }
    drop(state);
    shared.changed.notify_all();
}

/// Takes what is whole; tells how many octets that was, `None` when it is nothing that mission control says.
fn take(octets: &[u8], state: &mut State) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = octets.get(at..).unwrap_or(&[]);
        if rest.len() < delivery::ACKNOWLEDGE.len() {
            return Some(at);
        }
        if rest.starts_with(&delivery::ACKNOWLEDGE) {
            let Some((whole, _)) = rest.split_first_chunk::<ACKNOWLEDGE_OCTETS>() else {
                return Some(at);
            };
            state.acknowledge(delivery::acknowledged(whole)?);
            at += ACKNOWLEDGE_OCTETS;
            continue;
        }
        match delivery::read(rest) {
            Ok((unit, length)) => {
                if unit.content == Content::Command {
                    let cltu = unit.payload.to_vec();
                    let (number, station) = (unit.number, unit.station);
                    state.commands.push_back(Command { number, station, cltu });
                }
                at += length;
            }
            Err(NotAUnit::Incomplete(_)) => return Some(at),
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::link::delivery::{OVERHEAD, Unit};
    use icd::time::Time;
    use std::net::TcpListener;

    fn unit(content: Content, number: u64) -> Vec<u8> {
        let payload = number.to_be_bytes();
        let received = Time::from_tai_ns(0);
        let unit = Unit { content, station: 3, number, received, payload: &payload };
        let mut out = vec![0; payload.len() + OVERHEAD];
        delivery::write(&unit, &mut out).map(|_| out).unwrap()
    }

    /// Reads whole units until the peer hangs up or `count` are there.
    fn numbers(stream: &mut TcpStream, count: usize) -> Vec<u64> {
        let (mut octets, mut piece, mut out) = (Vec::new(), [0; 512], Vec::new());
        while out.len() < count {
            match delivery::read(&octets) {
                Ok((unit, length)) => {
                    out.push(unit.number);
                    octets.drain(..length);
                }
                Err(_) => match stream.read(&mut piece) {
                    Ok(count @ 1..) => octets.extend_from_slice(&piece[..count]),
                    _ => break,
                },
            }
        }
        out
    }

    #[test]
    fn what_was_not_acknowledged_is_sent_again_in_order_on_the_next_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Line::to(&listener.local_addr().unwrap().to_string());
        for number in 1..=10 {
            let at = Time::from_tai_ns(0);
            let delivery = Delivery { at, number, octets: unit(Content::Frame, number) };
            assert!(line.send(delivery, || false));
        }
        let (mut first, _) = listener.accept().unwrap();
        assert_eq!(numbers(&mut first, 10), (1..=10).collect::<Vec<_>>());
        // Four are safe; a command comes in pieces between two acknowledgements; then the line breaks.
        let mut back = delivery::acknowledge(2).to_vec();
        back.extend(unit(Content::Command, 77));
        back.extend(delivery::acknowledge(4));
        for piece in back.chunks(7) {
            first.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        while line.tally().acknowledged < 4 {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(first);
        let (mut second, _) = listener.accept().unwrap();
        assert_eq!(numbers(&mut second, 6), (5..=10).collect::<Vec<_>>());
        let command = line.command().unwrap();
        assert_eq!((command.number, command.station, command.cltu.len()), (77, 3, 8));
        second.write_all(&delivery::acknowledge(10)).unwrap();
        let tally = line.close(Duration::from_secs(10));
        assert_eq!(tally, Tally { given: 10, acknowledged: 10, connections: 2, again: 6 });
    }

    #[test]
    fn a_peer_that_takes_nothing_does_not_keep_the_line_from_closing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Line::to(&listener.local_addr().unwrap().to_string());
        let (peer, _) = listener.accept().unwrap();
        for number in 1..=270 {
            let delivery = Delivery { at: Time::from_tai_ns(0), number, octets: vec![0; 60_000] };
            assert!(line.send(delivery, || false));
        }
        let (done, closed) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(line.close(Duration::from_millis(500))));
        let tally = closed.recv_timeout(Duration::from_secs(20)).expect("it hangs");
        assert_eq!((tally.given, tally.acknowledged), (270, 0));
        drop(peer);
    }

    #[test]
    fn a_peer_that_speaks_otherwise_is_left() {
        let mut state = State::default();
        assert_eq!(take(b"GET / HTTP/1.1", &mut state), None);
        assert_eq!(take(b"FRS", &mut state), Some(0));
        assert_eq!(take(&delivery::acknowledge(3), &mut state), Some(ACKNOWLEDGE_OCTETS));
    }
}
