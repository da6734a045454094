//! Same scenario, same seed, same run: same bits.

use rig::closed_loop::{Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

fn stand() -> Stand {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/m2-nominal-from-ignition.toml");
    Stand::new(Scenario::read(&file).unwrap()).unwrap()
}

fn hash(stand: &Stand, run: u64) -> String {
    fly(stand, run, Recording::Full, |_| {}).unwrap().record.unwrap().hash()
}

#[test]
fn the_same_seed_gives_the_same_record_hash() {
    // Two stands: nothing may hide in what runs share.
    assert_eq!(hash(&stand(), 3), hash(&stand(), 3));
}

#[test]
fn another_run_gives_another_record() {
    let stand = stand();
    assert_ne!(hash(&stand, 0), hash(&stand, 1));
}

#[test]
fn recording_does_not_change_the_flight() {
    let stand = stand();
    let full = fly(&stand, 2, Recording::Full, |_| {}).unwrap();
    let off = fly(&stand, 2, Recording::Off, |_| {}).unwrap();
    assert!(off.record.is_none());
    assert_eq!(full.digest(), off.digest());
}
