//! Packets for other ground systems: every packet that was received, unchanged, over TCP.
//!
//! Owns: [`listen`]. A client gets the packets of the whole archive, then those that come. Each client reads the
//! archive at its own pace, so none can slow the receiver down or lose a packet.
//! Does not own: what the packets mean to others (`export`). What clients send is thrown away: commands go through the
//! desk, which asks for a token.
//! Beyond [`CLIENTS_MAX`] clients, further ones are closed at once. A client that closes its sending side, or does not
//! take what is sent to it for [`STUCK`], is taken to have gone.

use crate::archive::reader::Reader;
use crate::archive::{ArchiveError, Position};
use crate::decode::{Decoder, Item};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks for new records.
const PAUSE: Duration = Duration::from_millis(50);
/// Clients at once.
const CLIENTS_MAX: usize = 16;
/// Time that a client has to take what is sent to it.
const STUCK: Duration = Duration::from_secs(30);
/// Octets that are gathered before they are sent.
const GATHERED: usize = 1 << 16;

/// Why a client gets no more.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Gone(#[from] std::io::Error),
}

/// Serves the packets of an archive at an address until the program ends; returns the address.
///
/// # Errors
/// The address cannot be listened at.
pub fn listen(archive: &Path, address: SocketAddr) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    let bound = listener.local_addr()?;
    let folder = archive.to_path_buf();
    std::thread::Builder::new()
        .name("packets".to_owned())
        .spawn(move || accept(&listener, &folder))?;
    Ok(bound)
}

fn accept(listener: &TcpListener, folder: &Path) {
    let places = Arc::new(());
    for client in listener.incoming().flatten() {
        let place = Arc::clone(&places);
        if Arc::strong_count(&places) > CLIENTS_MAX + 1 {
            continue;
        }
        let folder: PathBuf = folder.to_path_buf();
        // A client that cannot be served is dropped, which it sees.
        let _ = std::thread::Builder::new().spawn(move || {
            let _ = follow(&folder, client);
            drop(place);
        });
    }
}

/// From the first record to the last, then whatever is added.
fn follow(folder: &Path, mut client: TcpStream) -> Result<(), FeedError> {
    client.set_write_timeout(Some(STUCK))?;
    client.set_read_timeout(Some(PAUSE))?;
    let mut decoder = Decoder::default();
    let (mut done, mut number) = (Position { segment: 1, offset: 0 }, 0);
    let mut gathered = Vec::new();
    loop {
        // What is written just now may be half a record: it is read again from its beginning.
        let mut reader = Reader::after(folder, done, number)?;
        while let Some((_, _, record)) = reader.next()? {
            decoder.take(&record, &mut |item| {
                if let Item::Packet { octets, .. } = item {
                    gathered.extend_from_slice(octets);
                }
            });
            (done, number) = (reader.position(), reader.number());
            if gathered.len() >= GATHERED {
                client.write_all(&gathered)?;
                gathered.clear();
            }
        }
        client.write_all(&gathered)?;
        gathered.clear();
        match client.read(&mut [0; 512]) {
            Ok(0) => return Ok(()),
            Ok(_) => std::thread::sleep(PAUSE),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Archive;
    use crate::archive::record::{Kind, Record};
    use icd::link::delivery::{Content, OVERHEAD, Unit, write};
    use icd::link::frame::{Channel, FrameWriter, SCID, TM_FRAME};
    use icd::time::Time;
    use std::io::Read;

    /// The samples one after the other in frames, each in a delivery unit.
    fn stream() -> (Vec<u8>, Vec<u8>) {
        let packets = crate::export::samples();
        let (mut sent, mut units, mut at, mut number) = (Vec::new(), Vec::new(), 0, 0);
        let mut writer = FrameWriter::<TM_FRAME>::new(SCID);
        while at < packets.len() {
            let length = 7 + usize::from(u16::from_be_bytes([packets[at + 4], packets[at + 5]]));
            let packet = &packets[at..at + length];
            at += length;
            // The lander does not speak for stations.
            if packet[1] == 0x5A {
                continue;
            }
            sent.extend_from_slice(packet);
            assert!(writer.push(Channel::RealTime, packet));
            let mut frame = [0; TM_FRAME];
            writer.take(Channel::RealTime, Default::default(), &mut frame);
            number += 1;
            let received = Time::from_tai_ns(802_500_000_000_000_000 + number as i64 * 1_000_000);
            let unit =
                Unit { content: Content::Frame, station: 1, number, received, payload: &frame };
            let mut octets = vec![0; TM_FRAME + OVERHEAD];
            write(&unit, &mut octets).unwrap();
            units.extend(octets);
        }
        (sent, units)
    }

    #[test]
    fn there_is_room_for_so_many_clients_and_one_that_has_left_makes_room() {
        let name = format!("frigoris-feed-room-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let (archive, _) = Archive::open(&folder, |_, _, _| ()).unwrap();
        let address = listen(&folder, "127.0.0.1:0".parse().unwrap()).unwrap();
        let served = || {
            let mut client = TcpStream::connect(address).unwrap();
            client.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let read = client.read(&mut [0; 1]);
            (read.is_err_and(|e| e.kind() == ErrorKind::WouldBlock)).then_some(client)
        };
        let clients: Vec<_> = (0..CLIENTS_MAX).map(|_| served().unwrap()).collect();
        assert!(served().is_none(), "one too many");
        drop(clients);
        let begun = std::time::Instant::now();
        while served().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(20), "none has made room");
        }
        drop(archive);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_client_gets_every_packet_from_the_first_on_and_what_comes_later() {
        let folder = std::env::temp_dir().join(format!("frigoris-feed-{}", std::process::id()));
        let (sent, units) = stream();
        let (mut archive, _) = Archive::open(&folder, |_, _, _| ()).unwrap();
        let mut append = |octets: &[u8]| {
            for payload in octets.chunks(5_000) {
                let record = Record { kind: Kind::Stream, stream: 1, at_ns: 1, payload };
                archive.append(&[record]).unwrap();
            }
        };
        let half = units.len() / 2 + 100;
        append(&units[..half]);
        let address = listen(&folder, "127.0.0.1:0".parse().unwrap()).unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut first = vec![0; 1000];
        client.read_exact(&mut first).unwrap();
        append(&units[half..]);
        let mut rest = vec![0; sent.len() - first.len()];
        client.read_exact(&mut rest).unwrap();
        assert!([first, rest].concat() == sent, "other octets");
        drop(archive);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
