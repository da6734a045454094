//! A campaign keeps what is done, goes on where it stood, and leaves one file however it was flown.

use campaign::runs::{
    CampaignError, Order, RESULT, Row, Shard, TIMINGS, fly_parts, forget, gather, merge,
    open_shards, read_rows, run_in_parts,
};
use rig::closed_loop::{Stand, fly};
use rig::parquet_file::{Reader, Writer};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The first seconds of a descent: every draw of a run, and little of its time.
fn stand() -> Stand {
    let scenarios =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").canonicalize().unwrap();
    let mut scenario = Scenario::read(&scenarios.join("m2-nominal-from-ignition.toml")).unwrap();
    scenario.duration_s_max = 4.0;
    scenario.canonical += "[test]\nduration_s_max = 4.0\n";
    Stand::new(scenario).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("frigoris-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    let names = names(folder).into_iter().filter(|name| name.starts_with("part-"));
    names.map(|name| folder.join(name)).collect()
}

fn bytes(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join(RESULT)).unwrap()
}

fn order(stand: &Stand, shard: Option<(u64, u64)>) -> Order {
    let shard = shard.map(|(number, count)| Shard { number, count });
    Order { shard, part_len: 2, ..Order::new(stand, 1..10) }
}

/// The result of runs 1 to 9 by one process, and its octets.
fn uninterrupted(stand: &Stand, name: &str) -> (Vec<Row>, Vec<u8>) {
    let folder = folder(name);
    let rows = run_in_parts(stand, 1..10, 100, &folder, |_| {}).unwrap().rows;
    let octets = bytes(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    (rows, octets)
}

/// Writes a part again with something else in it.
fn rewrite(file: &Path, change: impl Fn(&str, &mut Vec<f64>), code: Option<&str>) {
    let reader = Reader::open(file).unwrap();
    let mut columns = reader.group(0).unwrap();
    let keys = reader.keys().to_vec();
    keys.iter().zip(&mut columns).for_each(|(key, values)| change(key, values));
    let facts: Vec<_> = reader.facts();
    let unit = |key: &String| reader.fact(&format!("unit.{key}")).unwrap();
    let heads: Vec<_> = keys.iter().map(|key| (key.clone(), unit(key))).collect();
    let heads: Vec<_> = heads.iter().map(|(key, unit)| (&key[..], &unit[..])).collect();
    let mut writer = Writer::create(file, &heads).unwrap();
    writer.group(&columns.iter().map(|values| &values[..]).collect::<Vec<_>>()).unwrap();
    let kept =
        facts.iter().filter(|(key, _)| !key.starts_with("unit.") && !key.ends_with("_sha256"));
    let facts: Vec<_> = kept
        .map(|(key, value)| match code {
            Some(code) if key == "frigoris.code" => (&key[..], code.to_string()),
            _ => (&key[..], value.clone()),
        })
        .collect();
    writer.finish(&facts).unwrap();
}

#[test]
fn a_stopped_campaign_keeps_its_parts_and_resumes_them() {
    let (stand, folder) = (stand(), folder("resume"));
    // As a campaign leaves them that was stopped after its runs 1 to 4.
    fly_parts(&stand, &order(&stand, Some((1, 2))), &folder, |_| {}).unwrap();
    assert_eq!(parts(&folder).len(), 2);
    // What a killed program was writing is no part.
    let (old, new) = ["7.half", "8.half"].map(|end| parts(&folder)[0].with_extension(end)).into();
    [&old, &new].iter().for_each(|half| std::fs::write(half, "half a file").unwrap());
    let before = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(before).unwrap();
    let told = AtomicU64::new(0);
    let resumed = run_in_parts(&stand, 1..10, 3, &folder, |progress| {
        told.fetch_add(1, Ordering::Relaxed);
        assert_eq!((progress.resumed, progress.total), (4, 9));
    });
    let resumed = resumed.unwrap();
    assert_eq!((resumed.resumed, told.into_inner(), resumed.rows.len()), (4, 5, 9));
    // Another program may be writing the younger one.
    assert!(new.exists());
    std::fs::remove_file(&new).unwrap();
    assert_eq!(names(&folder), [RESULT, TIMINGS], "parts are gone once the whole is written");
    let (rows, octets) = uninterrupted(&stand, "resume-whole");
    assert!(rows.iter().zip(&resumed.rows).all(|(a, b)| a.same_flight(b)));
    assert_eq!(bytes(&folder), octets);
    let timings = Reader::open(&folder.join(TIMINGS)).unwrap().column("wall_ms").unwrap().unwrap();
    assert!(timings.len() == 9 && timings.iter().all(|wall_ms| *wall_ms > 0.0));

    // What is finished is taken, and grows.
    let again = run_in_parts(&stand, 1..10, 3, &folder, |_| {}).unwrap();
    assert_eq!((again.resumed, bytes(&folder) == octets), (9, true));
    let more = run_in_parts(&stand, 8..12, 3, &folder, |_| {}).unwrap();
    assert_eq!((more.resumed, more.rows.len()), (2, 4));
    let all = read_rows(&folder.join(RESULT)).unwrap();
    assert!(all.iter().map(|row| row.run).eq(1..12));
    let timings = Reader::open(&folder.join(TIMINGS)).unwrap().column("wall_ms").unwrap().unwrap();
    assert!(timings.len() == 11 && timings.iter().all(|wall_ms| *wall_ms > 0.0));
    forget(&folder).unwrap();
    assert!(names(&folder).is_empty());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_part_that_is_damaged_is_set_aside_and_flown_again() {
    let (stand, folder) = (stand(), folder("damaged"));
    fly_parts(&stand, &order(&stand, None), &folder, |_| {}).unwrap();
    let all = parts(&folder);
    std::fs::write(&all[0], "half a file").unwrap();
    let mut octets = std::fs::read(&all[1]).unwrap();
    octets[200] ^= 1;
    std::fs::write(&all[1], &octets).unwrap();
    let refused = merge(std::slice::from_ref(&folder), &folder).unwrap_err();
    assert!(matches!(&refused, CampaignError::Damaged { file, .. } if all.contains(file)));
    let done = fly_parts(&stand, &order(&stand, None), &folder, |_| {}).unwrap();
    assert_eq!((done.flown, done.resumed, done.damaged.len()), (4, 5, 2));
    assert_eq!(std::fs::read(all[1].with_extension("damaged")).unwrap(), octets);
    merge(std::slice::from_ref(&folder), &folder).unwrap();
    assert_eq!(bytes(&folder), uninterrupted(&stand, "damaged-whole").1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_result_of_some_runs_remembers_what_was_asked() {
    let (stand, folder) = (stand(), folder("asked"));
    fly_parts(&stand, &order(&stand, Some((1, 2))), &folder, |_| {}).unwrap();
    gather(&folder).unwrap();
    assert_eq!(names(&folder), [RESULT, TIMINGS]);
    let lacks = merge(std::slice::from_ref(&folder), &folder).unwrap_err();
    assert!(matches!(lacks, CampaignError::Missing { count: 5, .. }), "{lacks}");
    fly_parts(&stand, &order(&stand, Some((2, 2))), &folder, |_| {}).unwrap();
    merge(std::slice::from_ref(&folder), &folder).unwrap();
    assert_eq!(bytes(&folder), uninterrupted(&stand, "asked-whole").1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn shards_merge_into_the_file_of_one_process() {
    let (stand, a, b) = (stand(), folder("shards-a"), folder("shards-b"));
    let shard = |number, folder: &Path| {
        fly_parts(&stand, &order(&stand, Some((number, 3))), folder, |_| {}).unwrap()
    };
    shard(1, &a);
    shard(3, &b);
    let both = [a.clone(), b.clone()];
    let lost = merge(&both, &a).unwrap_err();
    let CampaignError::Missing { count: 3, commands } = &lost else { panic!("{lost}") };
    assert_eq!(commands.len(), 1);
    assert!(commands[0].starts_with("frigoris campaign "), "{commands:?}");
    assert!(
        commands[0].contains("nominal-from-ignition.toml --seed ")
            && commands[0].contains(" --first-run 4 --runs 3 --out ")
    );
    assert_eq!(open_shards(&stand, &order(&stand, None), 3, &a).unwrap(), [2, 3]);
    assert_eq!(parts(&a).len() + parts(&b).len(), 4, "nothing is lost");
    // Shard 2 is flown twice, in both folders, cut in other parts: it counts once.
    shard(2, &a);
    let other = Order { part_len: 1, ..order(&stand, Some((2, 3))) };
    fly_parts(&stand, &other, &b, |_| {}).unwrap();
    let (_, octets) = uninterrupted(&stand, "shards-whole");
    for _ in 0..2 {
        merge(&both, &a).unwrap();
        assert_eq!(bytes(&a), octets);
        assert_eq!(names(&a), [RESULT, TIMINGS]);
        assert_eq!(parts(&b).len(), 5, "other folders are left as they are");
    }
    assert!(open_shards(&stand, &order(&stand, None), 3, &a).unwrap().is_empty());
    // The same run with another result is no double.
    rewrite(
        &parts(&b)[1],
        |key, values| {
            if key == "miss_m" {
                values[0] = 1.0
            }
        },
        None,
    );
    let torn = merge(&both, &a).unwrap_err();
    assert!(matches!(torn, CampaignError::Conflict { .. }), "{torn}");
    assert_eq!(bytes(&a), octets);
    std::fs::remove_dir_all(&a).unwrap();
    std::fs::remove_dir_all(&b).unwrap();
}

#[test]
fn runs_of_another_scenario_or_program_are_refused_and_kept() {
    let (stand, folder) = (stand(), folder("foreign"));
    fly_parts(&stand, &order(&stand, Some((1, 2))), &folder, |_| {}).unwrap();
    let before = names(&folder);
    let mut scenario = Scenario::clone(&stand.scenario);
    scenario.seed = 9;
    scenario.canonical += "seed = 9\n";
    let other = Stand::new(scenario).unwrap();
    let refused = run_in_parts(&other, 1..10, 2, &folder, |_| {}).unwrap_err();
    assert!(matches!(refused, CampaignError::Foreign { what: "scenario", .. }), "{refused}");
    rewrite(&parts(&folder)[1], |_, _| {}, Some("0123"));
    let refused = run_in_parts(&stand, 1..10, 2, &folder, |_| {}).unwrap_err();
    assert!(matches!(refused, CampaignError::Foreign { what: "program", .. }), "{refused}");
    let refused = merge(std::slice::from_ref(&folder), &folder).unwrap_err();
    assert!(matches!(refused, CampaignError::Foreign { what: "program", .. }), "{refused}");
    assert_eq!(names(&folder), before);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = folder("file");
    std::fs::write(&file, "in the way").unwrap();
    let refused = run_in_parts(&stand(), 0..1, 1, &file, |_| {}).unwrap_err();
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(&refused, CampaignError::Write(_)));
    assert!(refused.to_string().contains(&file.display().to_string()), "{refused}");
    let empty = merge(&[std::env::temp_dir().join("frigoris-nowhere")], &file).unwrap_err();
    assert!(matches!(&empty, CampaignError::Write(_)), "{empty}");
}

#[test]
fn one_thread_and_two_give_the_same_rows() {
    let stand = stand();
    let flown = |threads: usize| {
        let folder = folder(&format!("threads-{threads}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run_in_parts(&stand, 0..6, 4, &folder, |_| {})).unwrap();
        let octets = bytes(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        octets
    };
    assert_eq!(flown(1), flown(2));
}

#[test]
fn a_run_of_a_campaign_can_be_replayed_by_its_number() {
    let (stand, folder) = (stand(), folder("replay"));
    let campaign = run_in_parts(&stand, 4..6, 4, &folder, |_| {}).unwrap();
    // Beside the row stand the inputs of its run.
    let reader = Reader::open(&folder.join(RESULT)).unwrap();
    let drawn = stand.drawn(5);
    assert!(!drawn.is_empty());
    for (input, value) in stand.inputs().iter().zip(drawn) {
        let column = reader.column(&format!("input.{}", input.key)).unwrap().unwrap();
        assert_eq!(column[1].to_bits(), value.to_bits(), "{}", input.key);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let replayed = fly(&stand, 5, Recording::Full, |_| {}).unwrap();
    assert!(Row::of(&replayed, 0.0).same_flight(&campaign.rows[1]));
}
