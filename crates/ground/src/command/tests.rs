use super::*;
use crate::clock::utc_ms;
use icd::link::command_frame::TcFrame;
use icd::link::cop::{Accepted, Farm};
use icd::link::security::Sequence;
use serde_json::json;
use std::path::PathBuf;

fn at(s: f64) -> Time {
    Time::from_utc("2025-06-05T18:00:00").unwrap() + Span::from_s(s)
}

fn way(heard: bool) -> Way {
    Way { round_trip: Span::from_ms(2_600), timeout: Span::from_ms(6_000), heard }
}

fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("frigoris-command-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn open(folder: &Path) -> Commander {
    Commander::open(folder, &folder.join("uplink.key")).unwrap()
}

fn request(name: &str, arguments: Value) -> Request {
    Request { name: name.into(), arguments: arguments.as_object().unwrap().clone(), at: None }
}

use serde_json::Value;

/// The receiver on board, from the parts that `icd` gives both sides: code, acceptance, number used once.
struct Lander {
    key: Key,
    farm: Farm,
    sequence: Sequence,
    armed: Option<u8>,
}

impl Lander {
    fn new(folder: &Path) -> Self {
        let key = Key(key::read_key(&folder.join("uplink.key")).unwrap());
        Self { key, farm: Farm::new(), sequence: Sequence::after(0), armed: None }
    }
    fn receive(&mut self, unit: &[u8]) -> Result<Option<(Header, Order)>, Refusal> {
        let decoded = cltu::decode(unit).ok_or(Refusal::BrokenFrame)?;
        let frame = TcFrame::read(decoded.octets())?;
        if frame.content == Content::Control {
            return self.farm.accept(&frame).map(|_| None);
        }
        let (number, packet) = frame.open(&self.key)?;
        let mut sequence = self.sequence;
        sequence.take(number)?;
        assert_eq!(self.farm.accept(&frame)?, Accepted::Packet);
        self.sequence = sequence;
        tc::decode(packet).map(Some).map_err(|(_, why)| why)
    }
    /// Obeys, and answers with packets.
    fn obey(&mut self, header: Header, order: Order) -> Vec<Report> {
        let command = order.parts().0;
        match order {
            Order::Arm { code } => {
                self.armed = Some(code);
                vec![Report::Accepted(header), Report::Completed(header)]
            }
            _ if command.hazardous && self.armed.take() != Some(command.code) => {
                vec![Report::Refused(header, Refusal::NotArmed)]
            }
            _ => vec![Report::Accepted(header), Report::Started(header), Report::Completed(header)],
        }
    }
    fn word(&self) -> Clcw {
        self.farm.clcw()
    }
}

/// Lets both sides run for a while over a link that loses the frames of `lost` ticks; gives every unit radiated.
fn run(
    commander: &mut Commander,
    lander: &mut Lander,
    from_s: u32,
    for_s: u32,
    lost: &[u32],
) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for s in from_s..from_s + for_s {
        let now = at(f64::from(s));
        commander.hear_word(now, lander.word(), &way(true));
        let mut units = Vec::new();
        commander.tick(now, &way(true), &mut |unit| {
            units.push(unit.to_vec());
            Ok(u64::try_from(all.len() + units.len()).unwrap())
        });
        for (n, unit) in units.iter().enumerate() {
            commander.hear_radiated(u64::try_from(all.len() + n + 1).unwrap(), now);
            if lost.contains(&s) {
                continue;
            }
            if let Ok(Some((header, order))) = lander.receive(unit) {
                for report in lander.obey(header, order) {
                    commander.hear_report(now, report);
                }
            }
        }
        all.extend(units);
    }
    all
}

fn states(commander: &Commander, id: u64) -> Vec<&'static str> {
    let mut names: Vec<_> =
        commander.record(id).unwrap().history.iter().map(|e| e.state.name()).collect();
    names.dedup();
    names
}

#[test]
fn a_command_is_followed_from_the_check_to_its_completion_on_board() {
    let folder = folder("follow");
    let (mut commander, mut lander) = (open(&folder), Lander::new(&folder));
    commander.hear_word(at(0.0), lander.word(), &way(true));
    let id = commander.submit(at(0.0), &request("ping", json!({}))).unwrap();
    run(&mut commander, &mut lander, 1, 5, &[]);
    let expected = ["checked", "released", "radiated", "accepted", "started", "completed"];
    assert_eq!(states(&commander, id), expected);
    let texts: Vec<_> = commander.record(id).unwrap().history.iter().map(|e| &e.text).collect();
    assert!(texts.iter().any(|text| text.contains("receiver has it")), "{texts:?}");
}

#[test]
fn a_hazardous_command_needs_its_second_step_in_time_and_by_name() {
    let folder = folder("hazard");
    let (mut commander, mut lander) = (open(&folder), Lander::new(&folder));
    commander.hear_word(at(0.0), lander.word(), &way(true));
    let divert = request("divert", json!({ "east_m": 120.0, "north_m": -40.0 }));
    let id = commander.submit(at(0.0), &divert).unwrap();
    assert!(run(&mut commander, &mut lander, 1, 5, &[]).is_empty(), "nothing goes out in one step");
    let wrong = commander.release(at(6.0), id, "reboot");
    assert_eq!(wrong, Err(CommandError::NotConfirmed("divert".into())));
    commander.release(at(7.0), id, "divert").unwrap();
    assert_eq!(
        commander.release(at(7.5), id, "divert"),
        Err(CommandError::NotWaiting { id, state: "released" })
    );
    let units = run(&mut commander, &mut lander, 8, 5, &[]);
    assert_eq!(units.len(), 2, "its arming, then the command");
    assert_eq!(commander.record(id).unwrap().state, State::Completed);
    // Too late is never.
    let late = commander.submit(at(20.0), &divert).unwrap();
    assert_eq!(commander.release(at(50.1), late, "divert"), Err(CommandError::Expired(late)));
    assert_eq!(commander.record(late).unwrap().state, State::Expired);
    // Twenty seconds of mission time each second: a person still has his thirty.
    commander.pace(20.0);
    let fast = commander.submit(at(50.5), &divert).unwrap();
    assert_eq!(commander.record(fast).unwrap().until, Some(at(50.5 + 600.0)));
    commander.pace(1.0);
    let other = commander.submit(at(60.0), &divert).unwrap();
    run(&mut commander, &mut lander, 95, 1, &[]);
    assert_eq!(commander.record(other).unwrap().state, State::Expired);
}

#[test]
fn lost_frames_are_repeated_in_order_until_each_command_ran_once() {
    let folder = folder("repeat");
    let (mut commander, mut lander) = (open(&folder), Lander::new(&folder));
    commander.hear_word(at(0.0), lander.word(), &way(true));
    let ids: Vec<u64> = (0..5)
        .map(|k| {
            let index = request("bit_rate", json!({ "index": k }));
            commander.submit(at(0.0), &index).unwrap()
        })
        .collect();
    run(&mut commander, &mut lander, 1, 40, &[1, 2, 7, 8]);
    for id in ids {
        assert_eq!(commander.record(id).unwrap().state, State::Completed);
        let completed = |e: &&Entry| e.state == State::Completed && e.text.contains("completed");
        assert_eq!(commander.record(id).unwrap().history.iter().filter(completed).count(), 1);
    }
}

#[test]
fn what_is_recorded_and_sent_again_is_refused_on_board() {
    let folder = folder("replay");
    let (mut commander, mut lander) = (open(&folder), Lander::new(&folder));
    commander.hear_word(at(0.0), lander.word(), &way(true));
    commander.submit(at(0.0), &request("no_go", json!({}))).unwrap();
    commander.submit(at(0.0), &request("go", json!({}))).unwrap();
    // The first radiation of both is lost; a listener records it, and the repetition too.
    let recorded = run(&mut commander, &mut lander, 1, 20, &[1]);
    assert_eq!(recorded.len(), 4);
    for unit in &recorded {
        assert_eq!(lander.receive(unit), Err(Refusal::Replayed));
        // With the frame number that is expected now it is no better: the number used once is signed.
        let mut frame = cltu::decode(unit).unwrap().octets().to_vec();
        frame.truncate(usize::from(u16::from_be_bytes([frame[2], frame[3]]) & 0x3FF) + 1);
        command_frame::renumber(&mut frame, lander.farm.clcw().expected);
        assert_eq!(lander.receive(&coded(&frame)), Err(Refusal::Replayed));
    }
    // Another key, or one bit: forged.
    let stranger = self::folder("stranger");
    let mut forger = open(&stranger);
    forger.send_blind(at(30.0), &request("reboot", json!({ "cold": 1 }))).unwrap();
    let mut forged = Vec::new();
    forger.tick(at(30.0), &way(false), &mut |unit| {
        forged.push(unit.to_vec());
        Ok(1)
    });
    assert_eq!(forged.len(), 2);
    assert!(forged.iter().all(|unit| lander.receive(unit) == Err(Refusal::Forged)));
}

#[test]
fn numbers_go_on_over_restarts_and_records_are_read_again() {
    let folder = folder("restart");
    let mut lander = Lander::new(&folder);
    for round in 0..4 {
        let mut commander = open(&folder);
        assert_eq!(commander.records().count(), round);
        commander.hear_word(at(0.0), lander.word(), &way(true));
        let now_s = 100 * u32::try_from(round).unwrap();
        let id = commander.submit(at(f64::from(now_s)), &request("ping", json!({}))).unwrap();
        assert_eq!(id, u64::try_from(round).unwrap() + 1);
        run(&mut commander, &mut lander, now_s + 1, 5, &[]);
        assert_eq!(commander.record(id).unwrap().state, State::Completed, "round {round}");
    }
    let again = open(&folder);
    assert!(again.records().all(|record| record.state == State::Completed));
}

#[test]
fn without_control_words_a_command_goes_blind_once() {
    let folder = folder("blind");
    let (mut commander, mut lander) = (open(&folder), Lander::new(&folder));
    let rate = request("bit_rate", json!({ "index": 0 }));
    let slow = commander.send_blind(at(0.0), &rate).unwrap();
    let reboot = commander.send_blind(at(0.0), &request("reboot", json!({ "cold": 0 }))).unwrap();
    let mut units = Vec::new();
    for s in 0..60 {
        commander.tick(at(f64::from(s)), &way(false), &mut |unit| {
            units.push(unit.to_vec());
            Ok(u64::try_from(units.len()).unwrap())
        });
    }
    assert_eq!(units.len(), 3, "rate, arming, reboot; nothing twice");
    for unit in &units {
        let (header, order) = lander.receive(unit).unwrap().unwrap();
        for report in lander.obey(header, order) {
            commander.hear_report(at(61.0), report);
        }
    }
    for id in [slow, reboot] {
        assert_eq!(commander.record(id).unwrap().state, State::Completed);
    }
    // No station: said at once, not left hanging.
    let id = commander.send_blind(at(70.0), &rate).unwrap();
    commander.tick(at(70.0), &way(false), &mut |_| Err("station 1 is not connected".into()));
    let record = commander.record(id).unwrap();
    assert_eq!(record.state, State::Failed);
    assert!(record.history.last().unwrap().text.contains("station 1 is not connected"));
}

#[test]
fn every_refusal_is_in_the_journal_and_nothing_of_it_goes_out() {
    let folder = folder("journal");
    let (mut commander, mut lander) = (open(&folder), Lander::new(&folder));
    commander.hear_word(at(0.0), lander.word(), &way(true));
    assert!(commander.submit(at(0.0), &request("fly", json!({}))).is_err());
    let far = request("divert", json!({ "east_m": 9e9, "north_m": 0 }));
    assert!(commander.submit(at(0.0), &far).is_err());
    let stale = Request { at: Some(utc_ms(at(-10.0)) as f64), ..request("ping", json!({})) };
    assert_eq!(commander.submit(at(0.0), &stale), Err(CommandError::Stale { command: "ping" }));
    let later = Request { at: Some(utc_ms(at(99.0)) as f64), ..request("wave_off", json!({})) };
    assert_eq!(commander.submit(at(0.0), &later), Err(CommandError::HazardousLater("wave_off")));
    assert!(commander.release(at(0.0), 77, "divert").is_err());
    let id = commander.submit(at(0.0), &request("wave_off", json!({}))).unwrap();
    assert!(commander.release(at(1.0), id, "").is_err());
    assert!(run(&mut commander, &mut lander, 1, 50, &[]).is_empty());
    let journal = std::fs::read_to_string(folder.join("commands.jsonl")).unwrap();
    for text in [
        "no command `fly`",
        "east_m = 9000000000 m",
        "time is past",
        "not scheduled",
        "confirm this release",
        "not released within",
    ] {
        assert!(journal.contains(text), "{text} missing in\n{journal}");
    }
}

#[test]
fn a_command_with_a_time_travels_inside_a_schedule() {
    let folder = folder("schedule");
    let (mut commander, mut lander) = (open(&folder), Lander::new(&folder));
    commander.hear_word(at(0.0), lander.word(), &way(true));
    let ping = Request { at: Some(utc_ms(at(600.0)) as f64), ..request("ping", json!({})) };
    commander.submit(at(0.0), &ping).unwrap();
    let mut units = Vec::new();
    commander.tick(at(1.0), &way(true), &mut |unit| {
        units.push(unit.to_vec());
        Ok(1)
    });
    let (_, order) = lander.receive(&units[0]).unwrap().unwrap();
    let Order::Schedule(scheduled) = order else { panic!("{order:?}") };
    assert!((scheduled.at - at(600.0)).s().abs() < 1e-3);
    assert!(matches!(tc::decode(scheduled.packet()), Ok((_, Order::Ping))));
}

#[test]
fn what_a_restart_took_from_the_queue_does_not_look_as_if_it_were_under_way() {
    let folder = folder("queue");
    let mut commander = open(&folder);
    let id = commander.submit(at(0.0), &request("ping", json!({}))).unwrap();
    assert_eq!(commander.record(id).unwrap().state, State::Released);
    drop(commander);
    let again = open(&folder);
    let record = again.record(id).unwrap();
    assert_eq!(record.state, State::Failed);
    assert!(record.history.last().unwrap().text.contains("restarted"));
}

#[test]
fn hazardous_requests_that_nobody_releases_do_not_pile_up() {
    let mut commander = open(&folder("pile"));
    for k in 0..520 {
        commander.submit(at(f64::from(k)), &request("wave_off", json!({}))).unwrap();
    }
    assert!(commander.records().count() <= 500);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_a_command_is_refused_and_not_called_released() {
    let folder = folder("full");
    let mut commander = open(&folder);
    let id = commander.submit(at(0.0), &request("wave_off", json!({}))).unwrap();
    commander.journal.write_to(std::fs::OpenOptions::new().append(true).open("/dev/full").unwrap());
    assert!(matches!(commander.release(at(1.0), id, "wave_off"), Err(CommandError::Disk(_))));
    assert_eq!(commander.record(id).unwrap().state, State::Awaiting);
    let ping = commander.submit(at(2.0), &request("ping", json!({})));
    assert!(matches!(ping, Err(CommandError::Disk(_))));
    assert_eq!(commander.records().count(), 1);
}
