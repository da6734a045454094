//! Same scenario, same seed, same run: same bits, whatever the number of threads.

use rig::campaign::{Row, run_in_parts};
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

#[test]
fn one_thread_and_two_give_the_same_rows() {
    let stand = stand();
    let rows = |threads: usize| -> Vec<Row> {
        let name = format!("frigoris-{}-threads-{threads}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let rows = pool.install(|| run_in_parts(&stand, 0..6, 4, &folder, |_| {})).unwrap().rows;
        std::fs::remove_dir_all(&folder).unwrap();
        rows
    };
    let (one, two) = (rows(1), rows(2));
    assert_eq!(one.len(), 6);
    assert!(one.iter().zip(&two).all(|(a, b)| a.same_flight(b)));
}

#[test]
fn a_run_of_a_campaign_can_be_replayed_by_its_number() {
    let stand = stand();
    let folder = std::env::temp_dir().join(format!("frigoris-{}-replay", std::process::id()));
    let campaign = run_in_parts(&stand, 4..6, 4, &folder, |_| {}).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let replayed = fly(&stand, 5, Recording::Full, |_| {}).unwrap();
    assert!(Row::of(&replayed, 0.0).same_flight(&campaign.rows[1]));
}
