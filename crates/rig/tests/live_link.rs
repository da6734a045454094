//! The same flights as mission control gets them: frames of delivery units, decoded.
//!
//! GIVEN Mission 2 as flown whose main transmitter dies 100 s before the ground, WHEN it is flown live, THEN the beacon
//! received last holds a state less than a second older than the impact. GIVEN a landing in Schroedinger with two relays,
//! WHEN it is flown live, THEN housekeeping arrives through a relay until after contact.

use icd::link::delivery::{self, Content};
use icd::link::frame::{Frame, SCID, SCID_BACKUP};
use icd::link::packet::{self, Packet};
use icd::link::reassemble::Packets;
use icd::time::Time;
use rig::closed_loop::Stand;
use rig::live::{Live, OnAir, receiver};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::collections::BTreeMap;
use std::path::Path;

/// Latest on-board time of housekeeping that came down in real time from each spacecraft identifier, and when the lander
/// met the ground.
fn flown(name: &str) -> (BTreeMap<u16, Time>, Time) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let stand = Stand::new(Scenario::read(&folder.join(format!("{name}.toml"))).unwrap()).unwrap();
    let load = stand.load(0);
    let radio = stand.radio(0).unwrap().unwrap();
    let link = Box::new(OnAir::new(radio));
    let key = receiver([7; icd::link::security::KEY_OCTETS]);
    let mut live = Live::new(&stand, &load, 0, Recording::Off, link, key).unwrap();
    let (mut channels, mut latest, mut over) = (BTreeMap::new(), BTreeMap::new(), None);
    loop {
        for delivery in live.step(&mut |_| {}).unwrap() {
            let (unit, _) = delivery::read(&delivery.octets).unwrap();
            if unit.content != Content::Frame {
                continue;
            }
            let frame = Frame::read(unit.payload).unwrap();
            if frame.channel != 0 {
                continue;
            }
            let own: &mut Packets = channels.entry((unit.station, frame.scid)).or_default();
            own.take(&frame, |octets| {
                if let Packet::Housekeeping { t, .. } = packet::decode(octets).unwrap().0 {
                    let known = latest.entry(frame.scid).or_insert(t);
                    *known = (*known).max(t);
                }
            });
        }
        if live.flown().is_some() {
            let end = *over.get_or_insert(live.now());
            if (live.now() - end).s() > 5.0 {
                return (latest, live.simulation().world().touchdown().unwrap().t);
            }
        }
    }
}

#[test]
fn mission_control_has_the_state_to_within_a_second_of_impact() {
    let (latest, impact) = flown("m2-main-transmitter-dead");
    let age_s = |scid: u16| (impact - latest[&scid]).s();
    assert!(age_s(SCID_BACKUP) >= 0.0 && age_s(SCID_BACKUP) < 1.0, "{} s", age_s(SCID_BACKUP));
    assert!((age_s(SCID) - 100.0).abs() < 2.0, "{} s", age_s(SCID));
}

#[test]
fn mission_control_follows_a_landing_on_the_far_side() {
    let (latest, contact) = flown("apex-1-relay");
    assert!(
        latest[&SCID] > contact,
        "last state {} s before contact",
        (contact - latest[&SCID]).s()
    );
}
