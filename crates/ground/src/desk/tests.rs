use super::*;
use crate::fed::{Feed, LIGHT};
use crate::mission::Mission;
use icd::events::Event;
use icd::tm::Phase;
use std::path::{Path, PathBuf};

fn at(s: f64) -> Time {
    Time::from_utc("2025-06-05T19:16:00").unwrap() + Span::from_s(s)
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("frigoris-desk-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn open(folder: &Path, plan: &str) -> (Arc<Ground>, Arc<Desk>) {
    let mission = Mission::parse(Path::new("mission.json"), plan.into()).unwrap();
    let ground = Ground::open(crate::Options { archive: folder.to_owned(), mission }).unwrap();
    let commander = Commander::open(folder, &folder.join("uplink.key")).unwrap();
    let desk = Desk::new(ground.clone(), commander);
    (ground, desk)
}

/// Hands the desk what the ground told since the last time, and lets a moment pass.
fn work(desk: &Desk) -> Value {
    let mut updates = desk.updates.lock().unwrap().take().unwrap();
    while let Ok(update) = updates.try_recv() {
        desk.hear(&update);
    }
    *desk.updates.lock().unwrap() = Some(updates);
    desk.pass();
    desk.state_now()
}

const PLAN: &str = r#"{ "planned_touchdown_utc": "2025-06-05T19:17:00", "light_time_s": 1.28,
    "passes": [{ "station": 1, "aos_utc": "2025-06-05T12:00:00", "los_utc": "2025-06-05T23:00:00" }],
    "occultations": [{ "from_utc": "2025-06-05T19:18:00", "to_utc": "2025-06-05T19:40:00" }] }"#;

#[test]
fn after_a_restart_the_desk_knows_what_it_knew() {
    let folder = folder("restart");
    let (ground, desk) = open(&folder, PLAN);
    let mut feed = Feed::new(&ground);
    for k in 0..40 {
        let t = f64::from(k) * 0.1;
        feed.state(at(t), Phase::Terminal, 4.0 - t, -1.0);
    }
    feed.event(at(4.0), Event::Contact);
    feed.event(at(4.2), Event::EnginesCutOff);
    for k in 0..8 {
        feed.station(at(5.0 + f64::from(k) * 2.0), true);
        feed.state(at(5.0 + f64::from(k) * 2.0), Phase::Landed, 0.0, 0.0);
    }
    let before = work(&desk);
    assert_eq!(before["status"]["call"], "landed");
    drop((desk, feed, ground));
    let (_ground, again) = open(&folder, PLAN);
    let after = again.state_now();
    assert_eq!(after["last_state"], before["last_state"]);
    let contact = |state: &Value| {
        let all = state["status"]["evidence"].as_array().unwrap().clone();
        all.into_iter().find(|e| e["id"] == "soft contact")
    };
    assert!(contact(&after).is_some());
    assert_eq!(contact(&after), contact(&before));
}

#[test]
fn going_behind_the_moon_raises_no_alarm_and_is_not_extrapolated_to_the_ground() {
    let (ground, desk) = open(&folder("hidden"), PLAN);
    let mut feed = Feed::new(&ground);
    feed.state(at(100.0), Phase::DescentCoast, 80e3, -5.0);
    feed.station(at(101.3), true);
    assert_eq!(work(&desk)["signal"], "acquired");
    feed.station(at(159.0), false);
    feed.station(at(160.0), false);
    let hidden = work(&desk);
    assert_eq!(
        (&hidden["signal"], &hidden["status"]["call"]),
        (&"occulted".into(), &"in flight".into())
    );
    assert!(hidden["extrapolated"]["altitude_m"].as_f64().unwrap() > 70e3);
    assert!(ground.alarms().iter().all(|alarm| alarm.source != "ground.signal"));
}

#[test]
fn the_backup_alone_is_contact() {
    use icd::link::frame::{BEACON_FRAME, Channel, FrameWriter, SCID_BACKUP};
    use icd::link::packet::{PACKET_MAX, housekeeping};
    use icd::tm::Snapshot;
    let (ground, desk) = open(&folder("backup"), PLAN);
    let mut feed = Feed::new(&ground);
    feed.state(at(0.0), Phase::Terminal, 900.0, -40.0);
    feed.station(at(1.3), true);
    work(&desk);
    // The main transmitter is dead; a beacon comes every 5 s.
    let mut writer: FrameWriter<BEACON_FRAME> = FrameWriter::new(SCID_BACKUP);
    for k in 1..=4 {
        let t = f64::from(k) * 5.0;
        let mut s = Snapshot { t: at(t), phase: Phase::Terminal, ..Snapshot::default() };
        (s.nav.altitude_m, s.nav.v_up_m_s) = (900.0 - 40.0 * t, -40.0);
        let (mut packet, mut frame) = ([0; PACKET_MAX], [0; BEACON_FRAME]);
        let octets = housekeeping(&icd::beacon::LIST, &s, k, &mut packet);
        assert!(writer.push(Channel::RealTime, &packet[..octets]));
        writer.take(Channel::RealTime, feed.clcw, &mut frame);
        let unit = feed.unit(icd::link::delivery::Content::Frame, at(t + 1.28), &frame);
        ground.feed(&unit).unwrap();
    }
    let state = work(&desk);
    assert_eq!(state["last_state"]["altitude_m"], 100.0);
    assert_eq!(
        (&state["signal"], &state["status"]["call"]),
        (&"acquired".into(), &"in flight".into())
    );
}

#[test]
fn another_flight_on_the_same_ground_begins_with_an_empty_desk() {
    let (ground, desk) = open(&folder("another"), PLAN);
    let mut feed = Feed::new(&ground);
    feed.state(at(0.0), Phase::OrbitCoast, 80e3, 0.0);
    // Contact and landing of the flight before, later in the day: the archive still has them.
    feed.light = Span::from_s(LIGHT.s() - 900.0);
    feed.state(at(900.0), Phase::Terminal, 0.2, -1.0);
    feed.event(at(900.5), Event::Contact);
    work(&desk);
    assert!(desk.lock().picture.contact().is_some());
    desk.lock().now = Some(at(5000.0));
    desk.pass();
    let inner = desk.lock();
    assert!(inner.now.unwrap() < at(100.0));
    assert!(inner.picture.contact().is_none());
    assert!(inner.picture.last().is_none_or(|last| last.t < at(100.0)));
}

#[test]
fn the_newest_control_word_counts_and_not_the_last_to_arrive() {
    use icd::link::cop::Clcw;
    let (ground, desk) = open(&folder("words"), PLAN);
    let mut feed = Feed::new(&ground);
    feed.station(at(0.0), true);
    feed.station(at(1.0), true);
    work(&desk);
    // Station 2 is 30 ms of light further away: what it hears last left the lander before.
    let far = crate::signal::watch::Report { light_time_s: 1.31, ..Default::default() };
    desk.lock().watch.station(at(1.0), 2, far);
    let word = |station, s, expected| {
        let clcw = Clcw { expected, ..Clcw::default() };
        desk.hear(&Update::Clcw { station, received: at(s), clcw });
    };
    word(1, 1.00, 5);
    word(1, 1.10, 6);
    word(2, 1.12, 5);
    let ping = Request { name: "ping".into(), arguments: serde_json::Map::new(), at: None };
    let id = desk.submit(&ping).unwrap()["id"].as_u64().unwrap();
    word(1, 1.20, 7);
    let inner = desk.lock();
    let state = inner.commander.record(id).unwrap().state;
    assert_eq!(state, crate::command::State::Received);
}

#[test]
fn a_station_whose_clock_is_ahead_hides_no_loss() {
    let (ground, desk) = open(&folder("ahead"), PLAN);
    let mut feed = Feed::new(&ground);
    feed.state(at(0.0), Phase::Terminal, 900.0, -40.0);
    feed.station(at(1.3), true);
    assert_eq!(work(&desk)["signal"], "acquired");
    feed.light = Span::from_s(LIGHT.s() + 3600.0);
    feed.state(at(0.1), Phase::Terminal, 896.0, -40.0);
    feed.light = LIGHT;
    assert_eq!(work(&desk)["signal"], "acquired");
    feed.station(at(20.0), false);
    assert_eq!(work(&desk)["signal"], "lost");
}

#[test]
fn a_step_that_no_station_can_send_is_logged_as_not_sent() {
    use crate::signal::procedure::Outcome;
    let (ground, desk) = open(&folder("unsent"), PLAN);
    Feed::new(&ground).station(at(0.0), true);
    work(&desk);
    desk.start_procedure(true).unwrap();
    desk.next_step(None).unwrap(); // sweep
    desk.next_step(None).unwrap(); // rate fallback
    let inner = desk.lock();
    let line = inner.procedure.log().last().unwrap();
    assert_eq!((line.step, line.outcome), (2, Outcome::Refused));
    assert!(line.text.contains("no station is connected"), "{}", line.text);
}
