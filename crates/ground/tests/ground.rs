//! The ground as a whole: what stations deliver, in whatever order, is archived, shown rightly, and there after a
//! restart.

#[path = "support/soak.rs"]
mod soak;
#[path = "support/traffic.rs"]
mod traffic;

use ground::{Channel, Ground, Level, Mission, Options, Strategy, Update, receive};
use icd::link::delivery::{self, ACKNOWLEDGE_OCTETS, Content, acknowledged};
use icd::link::frame::ASM;
use icd::link::packet::{PACKET_MAX, housekeeping};
use icd::station::{self, Station};
use icd::time::{Span, Time};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use traffic::{Lander, Random, begin, unit};

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ground-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn open(folder: &Path, mission: &str) -> Arc<Ground> {
    let mission = Mission::parse(Path::new("mission.json"), mission.to_string()).unwrap();
    Ground::open(Options { archive: folder.to_path_buf(), mission }).unwrap()
}

/// Feeds frames as units of station 1, in the order given.
fn feed(ground: &Ground, frames: &[[u8; 1115]], number: &mut u64) {
    for frame in frames {
        *number += 1;
        ground
            .feed(&unit(1, *number, Content::Frame, begin() + Span::from_ms(1_300), frame))
            .unwrap();
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn values_in_any_order_are_those_that_were_sampled_also_after_a_restart() {
    let folder = folder("order");
    let ground = open(&folder, "{}");
    let mut lander = Lander::default();
    let mut frames = lander.frames(300);
    frames.extend(lander.flush());
    let sent: Vec<_> =
        (1..).zip(frames).map(|(n, f)| unit(1, n, Content::Frame, begin(), &f)).collect();
    // Everything twice, each unit up to 60 places from where it belongs.
    let mut random = Random(7);
    let mut order: Vec<(u64, usize)> = Vec::new();
    for k in 0..sent.len() {
        order.extend([(k as u64 + random.below(60), k), (k as u64 + random.below(60), k)]);
    }
    order.sort_unstable();
    for (_, k) in order {
        ground.feed(&sent[k]).unwrap();
    }
    let check = |ground: &Ground| {
        let link = ground.link();
        assert_eq!((link.packets, link.packets_refused), (lander.packets, 0));
        assert_eq!((link.frames_missing, link.stations[0].units), (0, sent.len() as u64));
        assert_eq!(link.stations[0].units_again, sent.len() as u64);
        assert!(traffic::check_all(ground) > 300 * 100);
        let whole = begin()..=begin() + Span::from_ms(30_000);
        let altitude =
            ground.history("nav.altitude_m", whole.clone(), Strategy::Latest, 1_000).unwrap();
        assert_eq!(altitude.len(), 300);
        assert_eq!((altitude[0].channel, altitude[0].level), (Channel::RealTime, Level::Normal));
        assert_eq!(ground.latest("phase").unwrap().t, altitude[299].t);
        assert_eq!(ground.events(whole).len(), 1);
        assert!(ground.history("nav.mood", begin()..=begin(), Strategy::Latest, 1).is_err());
    };
    check(&ground);
    drop(ground);
    check(&open(&folder, "{}"));
}

#[test]
fn what_memory_has_forgotten_is_read_from_the_archive_and_a_peak_is_always_seen() {
    let ground = open(&folder("older"), "{}");
    let mut lander = Lander::default();
    let frames = lander.frames(6_000);
    feed(&ground, &frames, &mut 0);
    let at = |ms| begin() + Span::from_ms(ms);
    // The first minute is no longer held sample by sample.
    for (from, to, count) in [(0, 20_000, 201), (55_000, 65_000, 101), (500_000, 510_000, 101)] {
        let range = at(from)..=at(to);
        let seen = ground.history("nav.p_LB_L.0", range.clone(), Strategy::MinMax, 1_000).unwrap();
        assert_eq!(seen.len(), count);
        for s in &seen {
            assert_eq!(Some(s.value), traffic::expected("nav.p_LB_L.0", s.t));
        }
        let latest = ground.history("nav.p_LB_L.0", range, Strategy::Latest, 50).unwrap();
        assert_eq!(latest, seen[seen.len() - 50..]);
    }
    let all: Vec<f64> = (0..6_000).map(|k| traffic::snapshot(k).nav.p_LB_L[0]).collect();
    let seen = ground.history("nav.p_LB_L.0", at(0)..=at(600_000), Strategy::MinMax, 200).unwrap();
    assert!(seen.len() <= 210);
    let most = |v: &mut dyn Iterator<Item = f64>| v.fold(f64::MIN, f64::max);
    assert_eq!(most(&mut seen.iter().map(|s| s.value)), most(&mut all.iter().copied()));
}

#[test]
fn a_limit_raises_an_alarm_that_waits_for_a_person_across_a_restart() {
    let folder = folder("alarms");
    // The tilt of this traffic goes up to 0.099 rad within each ten seconds.
    let plan = r#"{"limits": [{"key": "nav.tilt_rad", "yellow_high": 0.05, "red_high": 0.08, "persistence_s": 0.5}]}"#;
    let ground = open(&folder, plan);
    let mut updates = ground.subscribe();
    let mut lander = Lander::default();
    let frames = lander.frames(215);
    feed(&ground, &frames, &mut 0);
    let alarms = ground.alarms();
    let tilt = alarms.iter().find(|alarm| alarm.source == "nav.tilt_rad").unwrap();
    // Two times over the limit, nobody has seen the first: one alarm, told five times so far.
    assert_eq!((tilt.level, tilt.count, tilt.active()), (Level::Red, 2, false));
    // In single precision 0.05 is more than 0.05.
    let raised = traffic::number(tilt.raised);
    assert_eq!(raised, 50 + 5);
    let mut told = Vec::new();
    let mut yellow = 0;
    while let Ok(update) = updates.try_recv() {
        match update {
            Update::Alarm(alarm) => told.push((alarm.level, alarm.active())),
            Update::Values(values) => {
                yellow +=
                    values.values.iter().filter(|(_, _, level)| *level == Level::Yellow).count();
            }
            _ => {}
        }
    }
    assert_eq!(told.iter().filter(|told| **told == (Level::Red, false)).count(), 2);
    assert_eq!(yellow, 2 * 31);
    drop(ground);
    let ground = open(&folder, plan);
    assert_eq!(ground.alarms(), alarms);
    let seen = ground.acknowledge(tilt.id, "flight director").unwrap();
    assert!(!seen.open());
    drop(ground);
    let ground = open(&folder, plan);
    let kept = ground.alarms().into_iter().find(|alarm| alarm.id == tilt.id).unwrap();
    assert_eq!(kept.acknowledged.unwrap().by, "flight director");
}

#[test]
fn a_station_says_how_it_is_and_takes_commands() {
    let folder = folder("station");
    let ground = open(&folder, r#"{"stations": [{"number": 7, "name": "Goonhilly"}]}"#);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = runtime.block_on(receive::listen(&ground, any, any)).unwrap();
    assert!(ground.radiate(7, &[1, 2, 3]).is_err());
    let mut socket = TcpStream::connect(listening.tcp).unwrap();
    let mut out = [0; PACKET_MAX];
    let s =
        Station { t: begin(), number: 7, cn0_dBHz: 20.0, frames_good: 12, ..Station::default() };
    let octets = housekeeping(&station::LIST, &s, 1, &mut out);
    socket.write_all(&unit(7, 1, Content::Station, begin(), &out[..octets])).unwrap();
    let mut answer = [0; ACKNOWLEDGE_OCTETS];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(acknowledged(&answer), Some(1));
    let latest = ground.latest("station.7.cn0_dBHz").unwrap();
    assert_eq!((latest.value, latest.level, latest.channel), (20.0, Level::Red, Channel::Station));
    let link = ground.link();
    assert_eq!((link.stations[0].number, link.stations[0].connections), (7, 1));
    assert!(link.stations[0].values.contains(&("station.frames_good", 12.0)));
    assert!((ground.now().unwrap() - begin()).s() < 60.0);

    let mut updates = ground.subscribe();
    let number = ground.radiate(7, &[0xEB, 0x90, 5]).unwrap();
    let mut sent = vec![0; 3 + delivery::OVERHEAD];
    socket.read_exact(&mut sent).unwrap();
    let (command, _) = delivery::read(&sent).unwrap();
    assert_eq!((command.content, command.station, command.number), (Content::Command, 7, number));
    assert_eq!(command.payload, [0xEB, 0x90, 5]);
    socket.write_all(&unit(7, 2, Content::Radiated, begin(), &number.to_be_bytes())).unwrap();
    until(
        "the station's confirmation is told",
        || matches!(updates.try_recv(), Ok(Update::Radiated { station: 7, number: told, .. }) if told == number),
    );
    drop(socket);
    until("the connection is closed", || ground.link().stations[0].connections == 0);
    assert!(ground.radiate(7, &[1]).is_err());
    drop(listening);
    runtime.shutdown_timeout(Duration::from_secs(5));
    drop(ground);
    // Numbers of commands go on after a restart.
    let ground = open(&folder, "{}");
    let again = ground.connect("test").unwrap();
    let source = ground::Source::Stream(again.stream);
    ground.ingest(&[(source, &unit(7, 3, Content::BadFrame, begin(), &[]))]).unwrap();
    assert_eq!(ground.radiate(7, &[1]).unwrap(), number + 1);
}

#[test]
fn a_station_that_closes_its_sending_side_is_still_told_what_is_safe() {
    let ground = open(&folder("half-closed"), "{}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = runtime.block_on(receive::listen(&ground, any, any)).unwrap();
    for station in 1..=10 {
        let mut socket = TcpStream::connect(listening.tcp).unwrap();
        for number in 1..=20 {
            socket.write_all(&unit(station, number, Content::Station, begin(), &[0; 400])).unwrap();
        }
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answers = Vec::new();
        socket.read_to_end(&mut answers).unwrap();
        let last = answers.rchunks_exact(ACKNOWLEDGE_OCTETS).next().unwrap();
        assert_eq!(acknowledged(last.try_into().unwrap()), Some(20));
    }
}

#[test]
fn a_plain_stream_of_frames_is_read_over_both_sockets() {
    let ground = open(&folder("plain"), "{}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = runtime.block_on(receive::listen(&ground, any, any)).unwrap();
    let mut lander = Lander::default();
    let mut frames = lander.frames(40);
    frames.extend(lander.flush());
    let mut socket = TcpStream::connect(listening.tcp).unwrap();
    let datagrams = UdpSocket::bind(any).unwrap();
    for (k, frame) in frames.iter().enumerate() {
        let framed = [&ASM[..], frame].concat();
        if k % 2 == 0 {
            socket.write_all(&framed).unwrap();
        } else {
            datagrams.send_to(&framed, listening.udp).unwrap();
        }
    }
    until("all packets are decoded", || ground.link().packets == lander.packets);
    assert_eq!(ground.link().packets_refused, 0);
    traffic::check_all(&ground);
}

#[test]
fn many_stations_floods_garbage_and_clients_that_never_read_leave_the_others_alone() {
    let ground = open(&folder("flood"), "{}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = runtime.block_on(receive::listen(&ground, any, any)).unwrap();
    let tcp = listening.tcp;
    // One floods with octets that look like the beginning of units, one sends half a unit and falls silent.
    let flood = std::thread::spawn(move || {
        let mut socket = TcpStream::connect(tcp).unwrap();
        let mut random = Random(3);
        let garbage: Vec<u8> = (0..1 << 20)
            .map(|k| if k % 50 < 4 { b"FRSD"[k % 50] } else { random.below(256) as u8 })
            .collect();
        (0..4).for_each(|_| socket.write_all(&garbage).unwrap());
        4u64 << 20
    });
    let mut silent = TcpStream::connect(tcp).unwrap();
    silent.write_all(&unit(9, 1, Content::Frame, begin(), &[1; 900])[..500]).unwrap();
    let stations: Vec<_> = (20..50u8)
        .map(|number| {
            std::thread::spawn(move || {
                let mut lander = Lander::default();
                let frames = lander.frames(30);
                let mut socket = TcpStream::connect(tcp).unwrap();
                for (k, frame) in (1..).zip(&frames) {
                    socket.write_all(&unit(number, k, Content::Frame, begin(), frame)).unwrap();
                }
                if number % 5 == 0 {
                    return socket; // never reads
                }
                let mut answer = [0; ACKNOWLEDGE_OCTETS];
                loop {
                    socket.read_exact(&mut answer).unwrap();
                    if acknowledged(&answer) == Some(frames.len() as u64) {
                        return socket;
                    }
                }
            })
        })
        .collect();
    let stations: Vec<_> = stations.into_iter().map(|station| station.join().unwrap()).collect();
    let flooded = flood.join().unwrap();
    until("everything is decoded", || {
        let link = ground.link();
        link.stations.iter().filter(|s| s.frames_good > 0).count() == 30
            && link.octets_garbage + 5_000 > flooded
    });
    let link = ground.link();
    assert!(link.stations.iter().all(|s| s.frames_bad == 0));
    assert_eq!(link.packets_refused, 0);
    traffic::check_all(&ground);
    drop((stations, silent));
}

#[test]
fn minutes_of_flight_with_bad_frames_repetitions_and_lost_connections_lose_no_octet_and_show_no_wrong_value()
 {
    let figures = soak::run(&soak::Plan { samples: 3_000, pace_hz: None, folder: folder("soak") });
    assert!(figures.connections > 1 || figures.frames < 5_000, "{figures:?}");
    assert!(figures.frames_corrupted * 30 > figures.frames, "{figures:?}");
    assert!(figures.packets_decoded * 100 > figures.packets_sent * 80, "{figures:?}");
    assert!(figures.values_live > 10_000, "{figures:?}");
    assert!(figures.values_history > 100_000, "{figures:?}");
}

#[test]
fn the_time_of_a_silent_ground_is_none() {
    let ground = open(&folder("silent"), "{}");
    assert_eq!(ground.now(), None::<Time>);
    assert_eq!(ground.mission().text, "{}");
}
