//! Alarms as a person meets them.

use super::*;
use icd::time::Span;

fn t(s: i64) -> Time {
    Time::from_utc("2025-06-05T19:00:00").unwrap() + Span::from_ms(s * 1_000)
}

fn journal(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("alarms-{name}-{}.jsonl", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
fn an_alarm_stays_until_it_is_over_and_seen_and_survives_a_restart() {
    let path = journal("latched");
    let mut alarms = Alarms::open(&path).unwrap();
    let raised = alarms.raise("nav.tilt_rad", Level::Yellow, t(1), Some(0.3), "tilt").unwrap();
    assert!(alarms.raise("nav.tilt_rad", Level::Yellow, t(2), Some(0.3), "tilt").is_none());
    let worse = alarms.raise("nav.tilt_rad", Level::Red, t(3), Some(0.6), "tilt").unwrap();
    assert_eq!((worse.id, worse.level, worse.value), (raised.id, Level::Red, Some(0.6)));
    let over = alarms.clear("nav.tilt_rad", t(4)).unwrap();
    assert!(over.open() && !over.active());
    drop(alarms);

    let mut alarms = Alarms::open(&path).unwrap();
    // The archive is decoded again: no news.
    assert!(alarms.raise("nav.tilt_rad", Level::Yellow, t(1), Some(0.3), "tilt").is_none());
    assert!(alarms.raise("nav.tilt_rad", Level::Red, t(3), Some(0.6), "tilt").is_none());
    assert_eq!(alarms.all().collect::<Vec<_>>(), [&over]);
    let back = alarms.raise("nav.tilt_rad", Level::Yellow, t(5), None, "tilt").unwrap();
    assert_eq!((back.id, back.count, back.level), (raised.id, 2, Level::Red));
    alarms.clear("nav.tilt_rad", t(6)).unwrap();
    let seen = alarms.acknowledge(raised.id, "flight director", t(7)).unwrap();
    assert!(!seen.open());
    drop(alarms);

    let mut alarms = Alarms::open(&path).unwrap();
    assert_eq!(alarms.all().cloned().collect::<Vec<_>>(), [seen]);
    let anew = alarms.raise("nav.tilt_rad", Level::Yellow, t(8), None, "tilt").unwrap();
    assert_eq!((anew.id, anew.count), (raised.id + 1, 1));
    assert!(matches!(alarms.acknowledge(99, "nobody", t(9)), Err(AlarmError::Unknown(99))));
}

#[test]
fn what_has_become_worse_must_be_seen_again() {
    let mut alarms = Alarms::open(&journal("worse")).unwrap();
    let id = alarms.raise("a", Level::Yellow, t(1), None, "").unwrap().id;
    alarms.acknowledge(id, "fd", t(2)).unwrap();
    assert!(alarms.raise("a", Level::Red, t(3), None, "").unwrap().acknowledged.is_none());
}

#[test]
fn a_cut_last_line_is_dropped_and_with_a_damaged_one_the_journal_is_kept_beside() {
    let path = journal("cut");
    let mut alarms = Alarms::open(&path).unwrap();
    alarms.raise("a", Level::Red, t(1), Some(f64::INFINITY), "first");
    alarms.raise("b", Level::Red, t(2), None, "second");
    drop(alarms);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    assert_eq!(Alarms::open(&path).unwrap().all().count(), 1);
    let broken = [b"{\"id\": }\n", &whole[..]].concat();
    let beside = path.with_extension("damaged");
    let _ = std::fs::remove_file(&beside);
    std::fs::write(&path, &broken).unwrap();
    let alarms = Alarms::open(&path).unwrap();
    assert_eq!((alarms.all().count(), alarms.aside()), (2, Some(&*beside)));
    assert_eq!(std::fs::read(&beside).unwrap(), broken);
    assert_eq!(Alarms::open(&path).unwrap().aside(), None);
    let _ = std::fs::remove_file(&beside);
}

#[test]
fn a_thousand_sources_flapping_stay_bounded() {
    let mut alarms = Alarms::open(&journal("bounded")).unwrap();
    for k in 0..6_000i64 {
        let source = format!("source {k}");
        let alarm = alarms.raise(&source, Level::Yellow, t(k), None, "").unwrap();
        alarms.clear(&source, t(k)).unwrap();
        assert_eq!(alarm.id, u64::try_from(k).unwrap() + 1);
    }
    assert_eq!(alarms.all().count(), KEPT_MAX);
    assert!(alarms.lines <= LINES_MAX);
}

#[test]
fn what_could_not_be_written_is_written_with_the_next_that_can() {
    let path = journal("behind");
    let mut alarms = Alarms::open(&path).unwrap();
    alarms.journal = File::open(&path).unwrap(); // refuses to be written
    let id = alarms.raise("a", Level::Red, t(1), None, "first").unwrap().id;
    assert!(alarms.behind);
    alarms.path = path.with_extension("absent").join("journal");
    let error = alarms.acknowledge(id, "fd", t(2)).unwrap_err().to_string();
    assert!(error.contains("alarms cannot be kept"), "{error}");
    assert_eq!(alarms.all().next().unwrap().acknowledged, None);
    alarms.path.clone_from(&path);
    alarms.raise("b", Level::Red, t(2), None, "second").unwrap();
    drop(alarms);
    assert_eq!(Alarms::open(&path).unwrap().all().count(), 2);
}
