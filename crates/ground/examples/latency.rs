//! How long a value takes from the packet to the browser: fed as a station delivers it, read from the WebSocket.
//!
//! `cargo run --release -p frigoris-ground --example latency` prints median, 95 % and the longest of a thousand, in
//! ms. The desk, the archive and two further listeners that want everything are at work meanwhile.

use futures_util::{SinkExt, StreamExt};
use ground::{Ground, Mission, Options, serve};
use icd::link::cop::Clcw;
use icd::link::delivery::{self, Content, Unit};
use icd::link::frame::{Channel, FrameWriter, SCID, TM_FRAME};
use icd::link::packet::{self, PACKET_MAX};
use icd::time::{Span, Time};
use icd::tm::{self, Snapshot};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

const VALUES: u32 = 1000;

type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("frigoris-latency-{}", std::process::id()));
    let ground = Ground::open(Options { archive: folder.clone(), mission: Mission::none() })?;
    let listen = "127.0.0.1:0".parse()?;
    let options = serve::Options { listen, hosts: Vec::new(), key: None, console: None };
    let serving = serve::listen(&ground, options).await?;
    let keys: Vec<String> = ground.keys().iter().map(|key| key.name.clone()).collect();
    for _ in 0..2 {
        let mut other = socket(&serving, &keys).await?;
        tokio::spawn(async move { while other.next().await.is_some() {} });
    }
    let mut socket = socket(&serving, &["nav.altitude_m".to_owned()]).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut delays_ms = Vec::new();
    let mut writer: FrameWriter<TM_FRAME> = FrameWriter::new(SCID);
    for k in 0..VALUES {
        let t = Time::from_utc("2025-06-05T19:00:00").unwrap_or_default()
            + Span::from_ms(i64::from(k) * 100);
        let mut s = Snapshot { t, ..Snapshot::default() };
        s.nav.altitude_m = f64::from(k);
        let unit = unit(&mut writer, &s, k);
        let fed = Instant::now();
        ground.feed(&unit)?;
        loop {
            let Some(Ok(Message::Text(text))) = socket.next().await else { continue };
            if text.contains(&format!("\"value\":{k}.0}}"))
                || text.contains(&format!("\"value\":{k}.0,"))
            {
                break;
            }
        }
        delays_ms.push(fed.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(u64::from(k % 17))).await;
    }
    delays_ms.sort_by(f64::total_cmp);
    let at = |share: f64| delays_ms[((delays_ms.len() - 1) as f64 * share) as usize];
    println!(
        "packet to browser, ms: median {:.1}, 95 % {:.1}, longest {:.1}",
        at(0.5),
        at(0.95),
        at(1.0)
    );
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

async fn socket(
    serving: &serve::Serving,
    keys: &[String],
) -> Result<tokio_tungstenite::WebSocketStream<TcpStream>, Failed> {
    let stream = TcpStream::connect(serving.address).await?;
    let address = format!("ws://{}/api/live", serving.address);
    let (mut socket, _) = tokio_tungstenite::client_async(address, stream).await?;
    let wish = serde_json::json!({ "subscribe": keys }).to_string();
    socket.send(Message::Text(wish.into())).await?;
    Ok(socket)
}

fn unit(writer: &mut FrameWriter<TM_FRAME>, s: &Snapshot, count: u32) -> Vec<u8> {
    let mut packet = [0; PACKET_MAX];
    let octets = packet::housekeeping(&tm::LISTS[0], s, (count & 0x3FFF) as u16, &mut packet);
    writer.push(Channel::RealTime, &packet[..octets]);
    let mut frame = [0; TM_FRAME];
    writer.take(Channel::RealTime, Clcw::default(), &mut frame);
    let received = s.t + Span::from_ms(1_280);
    let unit = Unit {
        content: Content::Frame,
        station: 1,
        number: u64::from(count) + 1,
        received,
        payload: &frame,
    };
    let mut out = vec![0; TM_FRAME + delivery::OVERHEAD];
    delivery::write(&unit, &mut out);
    out
}
