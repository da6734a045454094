//! The live loop: nothing is lost that the store can hold, and equal runs deliver equal octets.

use super::*;
use crate::scenario::Scenario;
use icd::events::Event;
use icd::link::delivery::{self, Content};
use icd::link::frame::Frame as TmFrame;
use icd::link::packet::Packet;
use icd::link::reassemble::Packets;
use icd::link::security::{KEY_OCTETS, Key};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path as File;

/// A link that loses the lander at times; the lander knows 3 s later, and hears the ground 2 s before.
struct Scripted {
    paths: Vec<Path>,
    now: Time,
    start: Time,
    /// From, to, s.
    losses: Vec<(f64, f64)>,
    bit_rate: u32,
}

impl Scripted {
    fn lost(&self, late_s: f64, early_s: f64) -> bool {
        let t_s = (self.now - self.start).s();
        self.losses.iter().any(|(from, to)| t_s >= from + late_s && t_s < to - early_s)
    }
}

impl Link for Scripted {
    fn look(&mut self, _: &Simulation<'_>, now: Time) {
        self.now = now;
        let lost = self.lost(0.0, 0.0);
        for path in &mut self.paths {
            (path.carrier_locked, path.frame_locked) = (!lost, !lost);
        }
    }
    fn paths(&self) -> &[Path] {
        &self.paths
    }
    fn bit_rate(&self, transmitter: Transmitter) -> u32 {
        if transmitter == Transmitter::Main { self.bit_rate } else { 0 }
    }
    fn hears(&self) -> bool {
        !self.lost(3.0, 2.0)
    }
    fn contact(&self) -> bool {
        self.hears()
    }
    fn silence_s(&self) -> f64 {
        if self.hears() { 0.0 } else { 3.0 }
    }
    fn way_up_s(&self, _: u8) -> Option<f64> {
        (!self.lost(0.0, 0.0)).then_some(1.3)
    }
    fn survives(&mut self, _: usize, _: usize) -> bool {
        true
    }
    fn obey(&mut self, _: &Order, _: Time) {}
    fn hear(&mut self, _: Time) {}
}

fn stand(name: &str) -> Stand {
    let file = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    Stand::new(Scenario::read(File::new(&file)).unwrap()).unwrap()
}

fn scripted(stand: &Stand, losses: &[(f64, f64)], bit_rate: u32) -> Box<dyn Link + Send> {
    let start = stand.start(0).t;
    let path = Path {
        station: 1,
        transmitter: Transmitter::Main,
        via_relay: false,
        carrier_locked: false,
        frame_locked: false,
        cn0_dBHz: 60.0,
        doppler_Hz: 0.0,
        elevation_rad: 0.5,
        light_time_s: 1.3,
        bit_rate,
    };
    Box::new(Scripted { paths: vec![path], now: start, start, losses: losses.to_vec(), bit_rate })
}

fn receiver() -> Receiver {
    Receiver::new(Key([7; KEY_OCTETS]), 0)
}

/// Everything that a live flight delivers, with what became of it; `after_s` beyond its end.
fn deliver(
    stand: &Stand,
    link: Box<dyn Link + Send>,
    after_s: f64,
    mut each: impl FnMut(&Delivery),
) -> (Flown, Totals) {
    let load = stand.load(0);
    let mut live = Live::new(stand, &load, 0, Recording::Off, link, receiver()).unwrap();
    let mut over = None;
    loop {
        live.step(&mut |_| {}).unwrap().iter().for_each(&mut each);
        if live.flown().is_some() {
            let end = *over.get_or_insert(live.now());
            if (live.now() - end).s() >= after_s {
                return (live.flown().unwrap().clone(), live.totals());
            }
        }
    }
}

/// Lists and events with their time, as the frames of one station carry them: kind, number, time.
#[derive(Default)]
struct Heard {
    channels: [Packets; 2],
    packets: BTreeSet<(u8, u16, Time)>,
    dumped: u64,
}

impl Heard {
    fn take(&mut self, delivery: &Delivery) {
        let (unit, _) = delivery::read(&delivery.octets).unwrap();
        if unit.content != Content::Frame {
            return;
        }
        let frame = TmFrame::read(unit.payload).unwrap();
        let Some(channel) = self.channels.get_mut(usize::from(frame.channel)) else { return };
        self.dumped += u64::from(frame.channel == 1);
        let packets = &mut self.packets;
        channel.take(&frame, |octets| match packet::decode(octets).unwrap().0 {
            Packet::Housekeeping { t, list, .. } => drop(packets.insert((0, u16::from(list), t))),
            Packet::Event { t, event } => drop(packets.insert((1, event.code(), t))),
            Packet::Raw { t, .. } => drop(packets.insert((2, 0, t))),
            _ => {}
        });
    }
}

#[test]
fn what_a_loss_hides_comes_out_of_the_store_after_it() {
    let stand = stand("m2-nominal-from-ignition");
    let mut whole = Heard::default();
    deliver(&stand, scripted(&stand, &[], 200_000), 60.0, |delivery| whole.take(delivery));
    let mut torn = Heard::default();
    let losses = [(300.0, 360.0), (500.0, 540.0), (760.0, 800.0)];
    let link = scripted(&stand, &losses, 200_000);
    let (flown, totals) = deliver(&stand, link, 120.0, |delivery| torn.take(delivery));
    assert!(totals.classes.iter().all(|tally| tally.dropped == 0), "{totals:?}");
    let missing: Vec<_> = whole.packets.difference(&torn.packets).collect();
    assert!(missing.is_empty(), "{} missing, {:?}", missing.len(), missing.first());
    assert!(
        whole.packets.len() > 40_000 && torn.dumped > 500,
        "{} {}",
        whole.packets.len(),
        torn.dumped
    );
    // What carries the telemetry changes nothing of the flight.
    let plain = crate::closed_loop::fly(&stand, 0, Recording::Off, |_| {}).unwrap();
    assert_eq!(flown.digest(), plain.digest());
}

#[test]
fn equal_runs_deliver_equal_octets() {
    let stand = stand("m2-live");
    let hash = || {
        let mut hash = Sha256::new();
        let mut last = None;
        let link = Box::new(OnAir::new(stand.radio(0).unwrap().unwrap()));
        let (flown, totals) = deliver(&stand, link, 20.0, |delivery| {
            hash.update(delivery.at.tai_ns().to_be_bytes());
            hash.update(&delivery.octets);
            assert!(last.is_none_or(|last| last <= delivery.at), "in the order of arrival");
            last = Some(delivery.at);
        });
        (crate::scenario::hex(&hash.finalize()), flown.digest(), totals)
    };
    let (first, second) = (hash(), hash());
    assert_eq!(first, second);
    // As flown without a radio beside it.
    let plain = crate::closed_loop::fly(&stand, 0, Recording::Off, |_| {}).unwrap();
    assert_eq!(first.1, plain.digest());
    assert!(first.2.received[0] > 1000 && first.2.received[1] > 1000, "{:?}", first.2);
}

#[test]
fn the_plan_tells_what_the_scenario_plans() {
    let stand = stand("m2-live");
    let plan = mission::plan(&stand);
    for said in [
        "\"planned_touchdown_utc\":\"2025-06-05T19:17:00.000Z\"",
        "\"scid\":93",
        "\"name\":\"Goonhilly\"",
        "\"phase\":\"braking\"",
        "\"altitude_m\":1000,\"descent_m_s\":33",
        "\"columns\":121",
    ] {
        assert!(plan.contains(said), "{said}");
    }
    let light = plan.split("\"light_time_s\":").nth(1).unwrap().split(',').next().unwrap();
    let light_s: f64 = light.parse().unwrap();
    assert!((1.2..1.36).contains(&light_s), "{light_s}");
    // From the parking orbit the Moon hides the Earth once before the landing, for less than 46.5 min.
    assert_eq!(
        plan.matches("from_utc").count(),
        1,
        "{}",
        plan.split("\"corridor\"").next().unwrap()
    );
}

/// Flies a scenario with its own radio; the last essential state that any station had, and what was heard of it all.
fn with_its_radio(name: &str, after_s: f64) -> (Flown, Totals, Heard, Option<(Time, bool)>) {
    let stand = stand(name);
    let link = OnAir::new(stand.radio(0).unwrap().unwrap());
    let (mut heard, mut last) = (Heard::default(), None);
    let (flown, totals) = deliver(&stand, Box::new(link), after_s, |delivery| {
        let (unit, _) = delivery::read(&delivery.octets).unwrap();
        if unit.content != Content::Frame {
            return;
        }
        let frame = TmFrame::read(unit.payload).unwrap();
        if frame.scid == icd::link::frame::SCID {
            heard.take(delivery);
        } else if let Ok((Packet::Housekeeping { t, .. }, _)) = packet::decode(frame.data) {
            last = Some((t, true));
        }
    });
    (flown, totals, heard, last)
}

#[test]
fn with_the_main_transmitter_dead_the_backup_tells_the_state_to_within_a_second_of_the_impact() {
    let (flown, totals, heard, last) = with_its_radio("m2-main-transmitter-dead", 30.0);
    let start = stand("m2-main-transmitter-dead").start(0).t;
    let impact = start + Span::from_s(flown.simulated_s);
    let (last, _) = last.unwrap();
    assert!(impact - last < Span::from_ms(1_000), "{} s before", (impact - last).s());
    let main = heard.packets.iter().map(|(_, _, t)| *t).max().unwrap();
    let quiet_s = (impact - main).s();
    assert!((95.0..110.0).contains(&quiet_s), "the main path ended {quiet_s} s before, {totals:?}");
}

#[test]
fn a_far_side_landing_is_followed_through_the_relay() {
    let (flown, totals, heard, _) = with_its_radio("apex-1-relay", 60.0);
    let landed = (1, Event::Landed.code());
    assert!(flown.events.iter().any(|(_, event)| *event == Event::Landed));
    assert!(heard.packets.iter().any(|(kind, code, _)| (*kind, *code) == landed), "{totals:?}");
    assert!(totals.received[0] > 1000, "{totals:?}");
}

#[test]
fn a_command_reaches_the_computer_a_light_time_later_and_its_answers_come_back_and_a_copy_is_refused()
 {
    use icd::link::cltu::{self, CLTU_MAX};
    use icd::link::command_frame::{self, Content as Kind, TC_FRAME_MAX};
    use icd::tc::{self, Header, Report};
    let stand = stand("m2-nominal-from-ignition");
    let load = stand.load(0);
    let link = scripted(&stand, &[], 200_000);
    let mut live = Live::new(&stand, &load, 0, Recording::Off, link, receiver()).unwrap();
    let mut packet = [0; icd::bus::UPLINK_MAX];
    let octets = tc::encode(&tc::Order::Ping, Header::new(9), &mut packet);
    let mut frame = [0; TC_FRAME_MAX];
    let key = Key([7; KEY_OCTETS]);
    let sealed = command_frame::seal(&key, 1, Kind::Bypass, 0, &packet[..octets], &mut frame);
    let mut unit = [0; CLTU_MAX];
    let length = cltu::encode(&frame[..sealed.unwrap()], &mut unit);
    let (mut reports, mut radiated, mut forged) = (Vec::new(), 0, Vec::new());
    let mut channels = [Packets::new(), Packets::new()];
    let start = live.now();
    for cycle in 0..500 {
        if cycle == 50 || cycle == 100 {
            live.uplink(1, &unit[..length], 40 + cycle);
        }
        for delivery in live.step(&mut |_| {}).unwrap() {
            let (unit, _) = delivery::read(&delivery.octets).unwrap();
            radiated += u64::from(unit.content == Content::Radiated);
            let frame = TmFrame::read(unit.payload).ok().filter(|_| unit.content == Content::Frame);
            let Some(frame) = frame else { continue };
            let Some(channel) = channels.get_mut(usize::from(frame.channel)) else { continue };
            channel.take(&frame, |octets| match packet::decode(octets) {
                Ok((Packet::Report { t, report }, _)) => reports.push((t, report)),
                Ok((Packet::Event { t, event: Event::UplinkForged }, _)) => forged.push(t),
                _ => {}
            });
        }
    }
    // Radiated at 1.00 s, 1.3 s on the way, taken in the cycle after.
    let came_s: Vec<f64> = reports.iter().map(|(t, _)| (*t - start).s()).collect();
    let expected =
        [Report::Accepted(Header::new(9)), Report::Alive, Report::Completed(Header::new(9))];
    for report in expected {
        assert!(reports.iter().any(|(_, said)| *said == report), "{report:?} of {reports:?}");
    }
    assert!(came_s.iter().all(|s| (2.29..2.35).contains(s)), "{came_s:?}");
    assert_eq!((radiated, live.totals().commands), (2, [2, 2]));
    assert_eq!(live.receiver.last_refusal(), Some(tc::Refusal::Replayed));
    // The copy, radiated at 2.00 s, is told to the ground as what it is, once.
    assert_eq!(forged.len(), 1);
    assert!((3.29..3.35).contains(&(forged[0] - start).s()), "{}", (forged[0] - start).s());
}
