//! A campaign keeps what is done and goes on where it stood.

use campaign::runs::{CampaignError, Row, read_rows, run_in_parts};
use rig::closed_loop::{Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

fn stand() -> Stand {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/m2-nominal-from-ignition.toml");
    Stand::new(Scenario::read(&file).unwrap()).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("frigoris-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_stopped_campaign_keeps_its_parts_and_resumes_them() {
    let (stand, folder) = (stand(), folder("resume"));
    // A folder in the place of the result stops the campaign after its last part.
    let obstacle = folder.join("campaign.parquet");
    std::fs::create_dir_all(&obstacle).unwrap();
    let stopped = run_in_parts(&stand, 0..3, 2, &folder, |_| {});
    assert!(matches!(stopped, Err(CampaignError::Write(_))));
    std::fs::remove_dir(&obstacle).unwrap();

    let told = AtomicU64::new(0);
    let count = |_| {
        told.fetch_add(1, Ordering::Relaxed);
    };
    let resumed = run_in_parts(&stand, 0..3, 2, &folder, count).unwrap();
    assert_eq!((resumed.resumed, told.into_inner()), (3, 3));
    let kept = read_rows(&folder.join("campaign.parquet")).unwrap();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().zip(&resumed.rows).all(|(a, b)| a.same_flight(b)));
    assert_eq!(files(&folder), 1, "parts are gone once the whole is written");

    let fresh = run_in_parts(&stand, 0..3, 2, &folder, |_| {}).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(fresh.resumed, 0);
    assert!(fresh.rows.iter().zip(&kept).all(|(a, b)| a.same_flight(b)));
}

#[test]
fn a_part_that_is_damaged_is_flown_again() {
    let (stand, folder) = (stand(), folder("damaged"));
    let obstacle = folder.join("campaign.parquet");
    std::fs::create_dir_all(&obstacle).unwrap();
    let _ = run_in_parts(&stand, 0..2, 1, &folder, |_| {});
    std::fs::remove_dir(&obstacle).unwrap();
    let mut parts: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    parts.retain(|part| part.extension().is_some_and(|ending| ending == "parquet"));
    parts.sort();
    assert_eq!(parts.len(), 2);
    std::fs::write(&parts[0], "half a file").unwrap();
    let resumed = run_in_parts(&stand, 0..2, 1, &folder, |_| {}).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((resumed.resumed, resumed.rows.len()), (1, 2));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = folder("file");
    std::fs::write(&file, "in the way").unwrap();
    let refused = run_in_parts(&stand(), 0..1, 1, &file, |_| {});
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(&refused, Err(CampaignError::Write(_))));
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
